// What the televisions show, on the chair's console: the scene, another one by hand, a message to all rooms.

import { say } from "./words.js";

/** The scenes that can be chosen, as the bridge names them. */
const SCENES = ["standby", "welcome", "speakers", "speaker", "slides", "question", "mosaic", "follow_up"];
/** The scenes that come and go with the poll and the written question. */
const BY_ITSELF = ["poll", "written"];
/** The scenes in which one room is seen large. */
const WITH_A_ROOM = ["welcome", "speaker", "slides", "question"];

const at = (id) => document.getElementById(id);
let shown = null;

/** Wires the buttons; `act` sends a message. */
export function wireScreens(act) {
  at("scenes").append(...SCENES.map((name) => sceneButton(name, act)));
  at("scene-back").addEventListener("click", () => act({ type: "choose_scene", scene: null }));
  at("say").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = at("message").value.trim();
    if (text) act({ type: "say", text });
    else at("message").focus();
  });
  at("unsay").addEventListener("click", () => {
    act({ type: "say", text: null });
    at("message").focus();
  });
}

function sceneButton(name, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.scene = name;
  button.textContent = upper(say(`scene_${name}`));
  const scene = name === "welcome" ? { name, room: null } : { name };
  button.addEventListener("click", () => act({ type: "choose_scene", scene }));
  return button;
}

/** Draws what all televisions show. */
export function drawScreens({ evening }) {
  at("scene").textContent = upper(sceneName(evening.scene));
  at("scene-why").textContent = BY_ITSELF.includes(evening.scene.name) ? "" : say(evening.chosen ? "scene_chosen" : "scene_programme");
  at("scene-why").className = evening.chosen ? "chosen" : "quiet";
  at("scene-back").hidden = !evening.chosen;
  for (const button of at("scenes").children) {
    button.setAttribute("aria-pressed", String(button.dataset.scene === evening.scene.name));
  }
  if (shown === evening.message) return;
  // Shown now, by whichever console: what was written here has been sent.
  if (evening.message === at("message").value.trim()) at("message").value = "";
  shown = evening.message;
  at("message-shown").textContent = shown ?? "";
  at("message-shown").hidden = at("unsay").hidden = shown === null;
}

/** What the television of one room shows, in words. */
export function showsOf(room, { scene }) {
  if (!room.watching) return say("shows_nothing");
  if (room.shows.main && WITH_A_ROOM.includes(scene.name)) {
    return say("shows_room", { scene: sceneName(scene), room: room.shows.main });
  }
  return say("shows_scene", { scene: sceneName(scene) });
}

function sceneName({ name, room }) {
  return room ? say("scene_welcome_room", { room }) : say(`scene_${name}`);
}

function upper(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
