// The run of the evening on the chair's console: what runs, what comes next, how much time is left.

import { say } from "./words.js";

/** Minutes that one press gives or takes. */
const STEP = 1;

const at = (id) => document.getElementById(id);
let programme = null;
let evening = null;
/** How far this browser's clock is behind the bridge's, in milliseconds. */
let behind = 0;

/** Wires the buttons; `act` sends a message. */
export function wireRun(act) {
  at("next").addEventListener("click", () => act({ type: "advance" }));
  at("undo").addEventListener("click", () => act({ type: "undo" }));
  at("less").addEventListener("click", () => act({ type: "add_time", minutes: -STEP }));
  at("more").addEventListener("click", () => act({ type: "add_time", minutes: STEP }));
  at("items").addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button) act({ type: "go_to", item: Number(button.dataset.item) });
  });
  setInterval(drawTimer, 250);
}

/** The bridge's clock, in milliseconds since 1970, as it is now. */
export function setClock(now) {
  behind = now - Date.now();
}

/** Draws where the evening is. */
export function drawRun(state) {
  if (programme !== state.programme) {
    programme = state.programme;
    document.querySelector("h1").textContent = document.title = programme.title;
    at("items").replaceChildren(...programme.items.map(itemButton));
  }
  evening = state.evening;
  at("now").textContent = itemName(evening.at);
  at("next-what").textContent = nextName(evening.next);
  at("next").disabled = evening.next.does === "end";
  at("undo").disabled = !evening.can_undo;
  at("less").hidden = at("more").hidden = evening.ends_ms === null;
  at("to-report").hidden = !["closing", "follow_up"].includes(programme.items[evening.at].kind);
  at("offered").textContent = evening.offered ? say("offered", { room: evening.offered }) : "";
  for (const [place, item] of [...at("items").children].entries()) {
    const runs = place === evening.at;
    item.classList.toggle("done", place < evening.at);
    if (runs) item.firstElementChild.setAttribute("aria-current", "step");
    else item.firstElementChild.removeAttribute("aria-current");
  }
  drawTimer();
}

function itemButton(_, place) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.item = place;
  button.textContent = itemName(place);
  item.append(button);
  return item;
}

function itemName(place) {
  const { kind, speaker } = programme.items[place];
  return say(`item_${kind}`, { name: programme.speakers[speaker]?.name ?? "" });
}

function nextName({ does, item, room }) {
  return does === "item" ? itemName(item) : say(`next_${does}`, { room });
}

/** Time left, or time over; said aloud only when a warning is due. */
function drawTimer() {
  if (!evening) return;
  const timer = at("timer");
  timer.classList.toggle("soon", evening.warning !== null);
  if (evening.ends_ms === null) {
    timer.textContent = "";
    return;
  }
  const left = evening.ends_ms - (Date.now() + behind);
  timer.textContent = say(left >= 0 ? "time_left" : "time_over", { time: clock(Math.abs(left)) });
}

function clock(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
