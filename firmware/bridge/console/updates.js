// The boxes' update: sent to the bridge, shown, withdrawn; which version each box has, and how far it is.

import { because, say } from "./words.js";
import { ask } from "./views.js";

/** The bridge takes no more: said before it is sent. */
const MOST_MEGABYTES = 600;

const tooLarge = { code: "update_too_large", values: { most: MOST_MEGABYTES }, detail: `the file has more than ${MOST_MEGABYTES} MB` };
const at = (id) => document.getElementById(id);
let drawn = null;

/** Wires the buttons. */
export function wireUpdates() {
  at("update-choose").addEventListener("click", () => at("update-file").click());
  at("update-file").addEventListener("change", () => {
    const [file] = at("update-file").files;
    if (file) bring(file);
    at("update-file").value = "";
  });
  at("update-withdraw").addEventListener("click", async () => {
    // The button goes with the update.
    at("update-choose").focus();
    tell("");
    try {
      await ask("/update", { method: "DELETE" });
    } catch (error) {
      tell(because(error), true);
    }
  });
}

/** What is offered, and the boxes, one a line; nothing is touched while nothing has changed. */
export function drawUpdates({ update, rooms }) {
  const lines = rooms.map(({ name, present, status }) => [name, present ? status.version || "–" : "–", present ? stateOf(status) : say("update_away")]);
  const now = JSON.stringify([update, lines]);
  if (drawn === now) return;
  drawn = now;
  at("update-offer").textContent = update ? say("update_offered", { version: update.version, size: Math.ceil(update.bytes / 1_000_000) }) : say("update_none");
  at("update-withdraw").hidden = !update;
  at("update-boxes").replaceChildren(...lines.map(row));
}

function row([name, ...texts]) {
  const line = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = name;
  const cells = texts.map((text) => {
    const cell = document.createElement("td");
    cell.textContent = text;
    return cell;
  });
  line.append(head, ...cells);
  return line;
}

function stateOf({ version: runs, update }) {
  if (!update) return "–";
  const { state, why, version, percent } = update;
  return say(state === "failed" ? `update_failed_${why}` : `update_${state}`, { version, percent, runs });
}

function bring(file) {
  if (file.size > MOST_MEGABYTES * 1_000_000) {
    tell(because(tooLarge), true);
    return;
  }
  // XMLHttpRequest, because fetch tells nothing of a body that is on its way.
  const request = new XMLHttpRequest();
  const bar = at("update-bar");
  request.open("POST", `/update?${new URLSearchParams({ name: file.name.slice(-100) })}`);
  request.setRequestHeader("authorization", `Bearer ${sessionStorage.getItem("estrade.chair")}`);
  request.upload.onprogress = ({ loaded, total }) => {
    const sent = total ? loaded / total : 0;
    bar.value = sent;
    // By tenths: a screen reader reads each change.
    tell(say("update_sending", { percent: Math.floor(sent * 10) * 10 }));
  };
  request.onload = () => arrived(request);
  request.onerror = request.ontimeout = () => tell(say("update_lost"), true);
  request.onloadend = () => {
    bar.hidden = true;
    at("update-choose").disabled = false;
  };
  bar.hidden = false;
  bar.value = 0;
  bar.setAttribute("aria-label", say("update_progress"));
  at("update-choose").disabled = true;
  request.send(file);
}

function arrived(request) {
  let answer = {};
  try {
    answer = JSON.parse(request.responseText);
  } catch {
    // Not of the bridge, but of something on the way to it.
  }
  if (request.status === 201) tell(say("update_brought"));
  else tell(answer.detail ? because(answer) : say("update_lost"), true);
}

function tell(text, bad = false) {
  at("update-said").textContent = text;
  at("update-said").classList.toggle("wrong", bad);
}
