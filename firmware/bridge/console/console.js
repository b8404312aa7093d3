// The chair's console: shows what the bridge says, asks for what the chair wants, decides nothing.

import { say, setLanguage, translate } from "./words.js";
import { drawRun, setClock, wireRun } from "./run.js";
import { backOff, listenButton, tokenFromAddress, watch } from "./media.js";

const VERSION = 1;
/** Main and four thumbs: what one viewer can be shown. */
const PICTURES = 5;
/** The quietest level that the meter shows, in dBov. */
const QUIETEST = -60;

const at = (id) => document.getElementById(id);
const cards = new Map();
let state = { floor: { holder: null, last_holder: null, queue: [] }, rooms: [] };
let socket = null;
let known = null;
let pictures = null;
let announced = null;

setLanguage();
const hear = listenButton(at("listen"), say);

// --- The token -----------------------------------------------------------------------------

function ask(wrong) {
  sessionStorage.removeItem("estrade.chair");
  at("link").textContent = "";
  at("wrong").textContent = wrong ?? "";
  at("enter").hidden = false;
  at("evening").hidden = true;
  at("token").focus();
}

at("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  run(at("token").value.trim());
});

// --- The control connection ------------------------------------------------------------------

function run(token) {
  sessionStorage.setItem("estrade.chair", token);
  at("enter").hidden = true;
  const patience = backOff();
  const connect = () => {
    at("link").textContent = say(known ? "lost" : "connecting");
    const address = new URL("/control", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    socket = new WebSocket(address);
    let refused = false;
    socket.onopen = () => tell({ type: "hello", version: VERSION, role: "chair", token, ...(known && { resume: known }) });
    socket.onmessage = (message) => {
      const said = JSON.parse(message.data);
      if (said.type === "welcome") {
        patience.reset();
        open(token, said);
      } else if (said.type === "error" && ["token", "version"].includes(said.code)) {
        refused = true;
        ask(said.code === "token" ? say("wrong_token") : say("bridge_says", { detail: said.detail }));
      } else {
        follow(said);
      }
    };
    socket.onclose = async () => {
      if (refused) return;
      at("link").textContent = say("lost");
      at("link").classList.add("bad");
      await patience.wait();
      connect();
    };
  };
  connect();
}

function tell(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function open(token, { session, now_ms }) {
  setClock(now_ms);
  if (known?.session !== session) known = { session, seq: 0 };
  at("evening").hidden = false;
  at("link").textContent = say("connected");
  at("link").classList.remove("bad");
  if (!pictures) pictures = show(token);
}

function follow(said) {
  switch (said.type) {
    case "snapshot":
      state = said.state;
      known.seq = said.seq;
      break;
    case "event":
      known.seq = said.seq;
      if (said.event.change === "floor") state.floor = said.event.floor;
      else if (said.event.change === "evening") state.evening = said.event.evening;
      else state.rooms = state.rooms.map((room) => (room.name === said.event.room.name ? said.event.room : room));
      break;
    case "levels":
      for (const card of cards.values()) card.level = null;
      for (const { room, dbov } of said.levels) if (cards.has(room)) cards.get(room).level = dbov;
      for (const card of cards.values()) drawLevel(card);
      return;
    case "refused":
      at("refused").textContent = say("refused", { reason: say(said.reason) });
      return;
    case "error":
      at("refused").textContent = say("bridge_says", { detail: said.detail });
      return;
  }
  draw();
}

function act(message) {
  at("refused").textContent = "";
  tell(message);
}

// --- The pictures ------------------------------------------------------------------------------

/** Keeps one WHEP session, and puts each slot's picture on the card of the room that is in it. */
async function show(token) {
  const patience = backOff();
  for (;;) {
    try {
      let streams = [];
      let rooms = [];
      const place = () => {
        for (const [name, card] of cards) {
          const stream = streams[rooms.indexOf(name)] ?? null;
          if (card.video.srcObject !== stream) card.video.srcObject = stream;
          card.root.classList.toggle("seen", stream !== null);
        }
      };
      const session = await watch(token, PICTURES, (names) => {
        rooms = names;
        place();
      });
      streams = session.pictures;
      place();
      hear(session.sounds);
      patience.reset();
      const leave = () => session.close();
      addEventListener("pagehide", leave, { once: true });
      await session.gone;
      removeEventListener("pagehide", leave);
      session.close();
      rooms = [];
      place();
    } catch {
      // Pictures are an aid; the conference goes on without them and they are tried again.
    }
    await patience.wait();
  }
}

// --- The page ----------------------------------------------------------------------------------

function draw() {
  for (const room of state.rooms) drawCard(cards.get(room.name) ?? addCard(room.name), room);
  const { holder, queue } = state.floor;
  at("holder").textContent = holder ? say("floor_held", { room: holder }) : say("floor_free");
  at("holder").classList.toggle("held", holder !== null);
  at("revoke").hidden = holder === null;
  at("nobody").hidden = queue.length > 0;
  drawQueue(queue);
  drawRun(state);
  announce(holder, queue);
}

at("revoke").addEventListener("click", () => act({ type: "revoke_floor" }));
wireRun(act);

function addCard(name) {
  const root = at("card").content.cloneNode(true).firstElementChild;
  translate(root);
  const find = (what) => root.querySelector(what);
  const card = {
    name,
    root,
    video: find("video"),
    badge: find(".badge"),
    bar: find(".bar"),
    troubles: find(".troubles"),
    grant: button(find(".grant"), "grant", name, { type: "grant_floor", room: name }),
    revoke: button(find(".revoke"), "revoke", name, { type: "revoke_floor" }),
    deny: button(find(".deny"), "deny", name, { type: "deny_request", room: name }),
    level: null,
  };
  root.dataset.room = name;
  find("h3").textContent = name;
  find(".level").setAttribute("aria-label", say("level_of", { room: name }));
  at("rooms").append(root);
  cards.set(name, card);
  return card;
}

const WHOLE = { grant: "grant_to", revoke: "revoke_from", deny: "deny_to" };

function button(element, word, room, message) {
  element.textContent = say(word);
  element.setAttribute("aria-label", say(WHOLE[word], { room }));
  element.addEventListener("click", () => act(message));
  return element;
}

function stateOf(room) {
  if (state.floor.holder === room.name) {
    if (!room.present) return "floor_lost";
    return room.status.muted ? "floor_muted" : "floor";
  }
  if (!room.present) return room.publishing ? "browser" : "absent";
  if (state.floor.queue.includes(room.name)) return "asks";
  if (room.status.muted) return "muted";
  return room.publishing && room.watching ? "here" : "connecting";
}

function troublesOf(room) {
  const troubles = ["camera", "microphones", "screen", "loudspeaker"]
    .filter((device) => room.status[device].state === "missing")
    .map((device) => say(`trouble_${device}`, { detail: room.status[device].detail }));
  if (room.present && !room.publishing) troubles.push(say("trouble_not_publishing"));
  if (room.present && !room.watching) troubles.push(say("trouble_not_watching"));
  return troubles;
}

function drawCard(card, room) {
  const now = stateOf(room);
  const asks = state.floor.queue.includes(room.name);
  card.root.dataset.state = now;
  card.badge.textContent = say(`state_${now}`);
  card.grant.hidden = !room.present || state.floor.holder === room.name;
  card.revoke.hidden = state.floor.holder !== room.name;
  card.deny.hidden = !asks;
  card.troubles.replaceChildren(
    ...troublesOf(room).map((trouble) => {
      const item = document.createElement("li");
      item.textContent = trouble;
      return item;
    }),
  );
  if (!room.publishing) card.level = null;
  drawLevel(card);
}

function drawLevel(card) {
  const part = card.level === null ? 0 : Math.max(0, 1 - card.level / QUIETEST);
  card.bar.style.clipPath = `inset(0 ${(100 * (1 - part)).toFixed(1)}% 0 0)`;
}

/** The queue keeps its elements while a room stays in it, so that the keyboard's focus stays. */
function drawQueue(queue) {
  const list = at("queue");
  const before = new Map([...list.children].map((item) => [item.dataset.room, item]));
  list.replaceChildren(...queue.map((name) => before.get(name) ?? queueItem(name)));
}

function queueItem(name) {
  const item = document.createElement("li");
  item.dataset.room = name;
  const room = document.createElement("span");
  room.textContent = name;
  const grant = button(document.createElement("button"), "grant", name, { type: "grant_floor", room: name });
  grant.className = "main";
  const deny = button(document.createElement("button"), "deny", name, { type: "deny_request", room: name });
  item.append(room, grant, deny);
  return item;
}

/** Says aloud what changed about the floor. */
function announce(holder, queue) {
  const before = announced;
  announced = { holder, queue };
  if (before === null) return;
  const asked = queue.find((name) => !before.queue.includes(name));
  if (holder !== before.holder) at("announce").textContent = holder ? say("floor_held", { room: holder }) : say("floor_back");
  else if (asked) at("announce").textContent = say("asks_now", { room: asked });
}

const token = tokenFromAddress() ?? sessionStorage.getItem("estrade.chair");
if (token) run(token);
else ask();
