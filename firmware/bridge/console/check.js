// The ready check: asked for by a button, its findings on each room's card, with what to do about each red light.

import { language, say } from "./words.js";

/** What a room is checked for, in the order in which it is shown. */
const THINGS = ["camera", "sound", "decks", "network", "clock"];

const at = (id) => document.getElementById(id);

/** Wires the button; `act` sends a message. */
export function wireCheck(act) {
  at("check").addEventListener("click", () => {
    // It stays where the keyboard's focus is: the bridge takes no second check while one runs.
    if (at("check").getAttribute("aria-disabled") !== "true") act({ type: "check_rooms" });
  });
}

/** How many rooms are ready, once they were asked. */
export function drawCheck(rooms) {
  const checked = rooms.filter((room) => room.check);
  const waiting = checked.filter((room) => room.check.state === "asked").length;
  at("check").setAttribute("aria-disabled", String(waiting > 0));
  let said = "";
  if (waiting > 0) {
    said = say("check_runs", { done: checked.length - waiting, all: checked.length });
  } else if (checked.length > 0) {
    const ready = rooms.filter((room) => isReady(room)).length;
    const time = new Date(checked[0].check.at_ms).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
    said = say("check_done", { ready, all: rooms.length, time });
  }
  // Else a screen reader says it again at each level.
  if (at("check-said").textContent !== said) at("check-said").textContent = said;
}

function isReady({ present, check }) {
  return present && check?.state === "answered" && THINGS.every((thing) => check.report[thing].light !== "wrong");
}

/** What the last check found of a room, in its part of the card. */
export function drawFindings(place, { check }) {
  const now = JSON.stringify(check ?? null);
  if (place.dataset.shown === now) return;
  place.dataset.shown = now;
  place.replaceChildren(...(check ? findings(check) : []));
}

function findings(check) {
  if (check.state !== "answered") {
    return [line("p", check.state === "asked" ? "unknown" : "wrong", say(`check_${check.state}`))];
  }
  const list = document.createElement("ul");
  list.append(...THINGS.map((thing) => finding(thing, check.report[thing])));
  return [list];
}

function finding(thing, { light, code, value }) {
  const item = line("li", light, `${say(`thing_${thing}`)} ${say(`found_${code}`, { n: inWords(code, value) })}`);
  if (light === "wrong") {
    const cure = document.createElement("p");
    cure.className = "cure";
    cure.textContent = say(`cure_${code}`);
    item.append(cure);
  }
  return item;
}

/** The light as a sign and as a word, too: nobody needs to tell red from green. */
function line(kind, light, text) {
  const item = document.createElement(kind);
  item.dataset.light = light;
  const sign = document.createElement("span");
  sign.className = "unseen";
  sign.textContent = say(`light_${light}`);
  item.append(sign, text);
  return item;
}

function inWords(code, value) {
  if (value === undefined) return "";
  return code.startsWith("clock_") ? (value / 1000).toLocaleString(language, { maximumFractionDigits: 1 }) : String(value);
}
