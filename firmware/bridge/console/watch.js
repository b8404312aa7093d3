// A browser that watches, by WHEP alone.

import { say, setLanguage } from "./words.js";
import { Refused, backOff, listenButton, tokenFromAddress, watch } from "./media.js";

const at = (id) => document.getElementById(id);
const figures = [...document.querySelectorAll("#screen figure")];
setLanguage();
const hear = listenButton(at("listen"), say);

function ask(wrong) {
  at("link").textContent = "";
  at("wrong").textContent = wrong ?? "";
  at("enter").hidden = false;
  at("screen").hidden = true;
  at("token").focus();
}

function name(rooms) {
  figures.forEach((figure, index) => {
    const room = rooms[index];
    figure.querySelector("figcaption").textContent = room ?? (index === 0 ? say("waiting") : "");
    if (index > 0) figure.hidden = !room;
  });
}

async function run(token) {
  at("enter").hidden = true;
  at("screen").hidden = false;
  const patience = backOff();
  at("link").textContent = say("connecting");
  name([]);
  for (;;) {
    let session;
    try {
      session = await watch(token, figures.length, name);
    } catch (error) {
      if (error instanceof Refused && error.status === 401) return ask(say("wrong_token"));
      at("link").textContent = error instanceof Refused ? say("bridge_says", { detail: error.message }) : say("lost");
      await patience.wait();
      continue;
    }
    patience.reset();
    at("link").textContent = say("connected");
    figures.forEach((figure, index) => (figure.querySelector("video").srcObject = session.pictures[index]));
    hear(session.sounds);
    const leave = () => session.close();
    addEventListener("pagehide", leave, { once: true });
    await session.gone;
    removeEventListener("pagehide", leave);
    session.close();
    at("link").textContent = say("lost");
    await patience.wait();
  }
}

at("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  run(at("token").value.trim());
});
const token = tokenFromAddress();
if (token) run(token);
else ask();
