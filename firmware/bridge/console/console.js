// The chair's console: shows what the bridge says, asks for what the chair wants, decides nothing.

import { because, say, setLanguage, translate } from "./words.js";
import { drawCheck, drawFindings, wireCheck } from "./check.js";
import { drawDecks, openDecks, wireDecks, withDecks } from "./decks.js";
import { drawRun, setClock, wireRun } from "./run.js";
import { drawScreens, showsOf, wireScreens } from "./screens.js";
import { drawAudience, wireAudience } from "./audience.js";
import { drawPlan, showPlan, wirePlan } from "./programme.js";
import { showReport, wireReport } from "./report.js";
import { followBoxes, wireBoxes } from "./boxes.js";
import { drawUpdates, wireUpdates } from "./updates.js";
import { wireViews } from "./views.js";
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
const views = wireViews({ programme: showPlan, report: showReport });
const hear = listenButton(at("listen"), say);

// --- The token -----------------------------------------------------------------------------

function ask(wrong) {
  sessionStorage.removeItem("estrade.chair");
  at("link").textContent = "";
  at("wrong").textContent = wrong ?? "";
  at("enter").hidden = false;
  views.close();
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
        ask(said.code === "token" ? say("wrong_token") : say("wrong_version"));
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
  openDecks(token);
  followBoxes();
  if (known?.session !== session) known = { session, seq: 0 };
  if (at("views").hidden) views.open();
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
      if (said.event.change === "room") {
        state.rooms = state.rooms.map((room) => (room.name === said.event.room.name ? said.event.room : room));
      } else {
        // Each other change is named as the part of the state that it replaces.
        const part = said.event[said.event.change];
        state[said.event.change] = said.event.change === "programme" ? withDecks(state.programme, part) : part;
      }
      break;
    case "levels":
      for (const card of cards.values()) card.level = null;
      for (const { room, dbov } of said.levels) if (cards.has(room)) cards.get(room).level = dbov;
      for (const card of cards.values()) drawLevel(card);
      return;
    case "refused":
      at("refused").textContent = say("refused", { reason: because(said.reason) });
      return;
    case "error":
      at("refused").textContent = say(`error_${said.code}`);
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
  drawCount();
  drawCheck(state.rooms);
  drawTroubles();
  const { holder, queue } = state.floor;
  at("holder").textContent = holder ? say("floor_held", { room: holder }) : say("floor_free");
  at("holder").classList.toggle("held", holder !== null);
  at("revoke").hidden = holder === null;
  drawQueue(state.evening.askers, state.audience.written);
  drawRun(state);
  drawScreens(state);
  drawPlan(state);
  drawDecks(state);
  drawAudience(state);
  drawUpdates(state);
  announce(holder, queue);
}

at("revoke").addEventListener("click", () => act({ type: "revoke_floor" }));
wireRun(act);
wireCheck(act);
wireDecks(act);
wireScreens(act);
wirePlan();
wireAudience(act);
wireReport();
wireBoxes();
wireUpdates();

/** How many rooms are there, and how many people in them. */
function drawCount() {
  const there = state.rooms.filter((room) => room.present).length;
  const counted = state.rooms.filter((room) => room.people !== null);
  const count = counted.reduce((sum, room) => sum + room.people, 0);
  const parts = [say("rooms_there", { there, all: state.rooms.length })];
  if (counted.length > 0) parts.push(say("people_there", { count }));
  at("rooms-title").textContent = parts.join(" · ");
}

/** What is wrong with the bridge itself. */
function drawTroubles() {
  const told = state.bridge.troubles.map(({ kind, why }) => say(`trouble_${kind}`, { detail: because(why) }));
  const list = at("troubles");
  if ([...list.children].map((line) => line.textContent).join() === told.join()) return;
  list.replaceChildren(
    ...told.map((text) => {
      const line = document.createElement("p");
      line.textContent = text;
      return line;
    }),
  );
}

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
    checked: find(".checked"),
    shows: find(".shows"),
    people: find(".people"),
    count: find(".count"),
    greet: button(find(".greet"), "greet", name, { type: "greet", room: name }),
    grant: button(find(".grant"), "grant", name, { type: "grant_floor", room: name }),
    revoke: button(find(".revoke"), "revoke", name, { type: "revoke_floor" }),
    deny: button(find(".deny"), "deny", name, { type: "deny_request", room: name }),
    level: null,
  };
  root.dataset.room = name;
  find("h3").textContent = name;
  const count = find(".count input");
  count.setAttribute("aria-label", say("people_in", { room: name }));
  count.addEventListener("change", () => {
    const people = count.valueAsNumber;
    if (Number.isInteger(people) && count.checkValidity()) act({ type: "count_people", room: name, people });
    else count.reportValidity();
  });
  find(".level").setAttribute("aria-label", say("level_of", { room: name }));
  at("rooms").append(root);
  cards.set(name, card);
  return card;
}

const WHOLE = { greet: "greet_room", grant: "grant_to", revoke: "revoke_from", deny: "deny_to" };

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
  drawPeople(card, room);
  card.shows.textContent = room.present ? showsOf(room, state.evening) : "";
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
  drawFindings(card.checked, room);
  if (!room.publishing) card.level = null;
  drawLevel(card);
}

/** Rooms are counted and greeted before the first talk; afterwards the number only stands there. */
function drawPeople(card, room) {
  const { kind } = state.programme.items[state.evening.at];
  const counts = kind === "lobby" || kind === "welcome";
  card.count.hidden = !counts;
  card.greet.hidden = kind !== "welcome" || !room.present;
  const greeted = state.evening.scene.name === "welcome" && state.evening.scene.room === room.name;
  card.greet.setAttribute("aria-pressed", String(greeted));
  card.people.textContent = counts || room.people === null ? "" : say("people_there", { count: room.people });
  const input = card.count.querySelector("input");
  // Not while somebody writes in it.
  if (document.activeElement !== input) input.value = room.people ?? "";
}

function drawLevel(card) {
  const part = card.level === null ? 0 : Math.max(0, 1 - card.level / QUIETEST);
  card.bar.style.clipPath = `inset(0 ${(100 * (1 - part)).toFixed(1)}% 0 0)`;
}

/** The queue keeps its elements while an asker stays in it, so that the keyboard's focus stays. */
function drawQueue(askers, questions) {
  const list = at("queue");
  const before = new Map([...list.children].map((item) => [item.dataset.asker, item]));
  const items = askers.map(({ room, written }) => {
    const asker = written === undefined ? room : `#${written}`;
    return before.get(asker) ?? queueItem(asker, room, written, questions);
  });
  if (items.length !== list.children.length || items.some((item, nth) => list.children[nth] !== item)) list.replaceChildren(...items);
  at("nobody").hidden = items.length > 0;
}

function queueItem(asker, name, written, questions) {
  const item = document.createElement("li");
  item.dataset.asker = asker;
  const room = document.createElement("span");
  const text = questions.find(({ id }) => id === written)?.text;
  room.textContent = text ? say("asks_in_writing", { room: name, text }) : name;
  const acts = ["grant", "deny"].map((word) => {
    if (written === undefined) {
      const message = word === "grant" ? { type: "grant_floor", room: name } : { type: "deny_request", room: name };
      return button(document.createElement("button"), word, name, message);
    }
    const act = word === "grant" ? "ask" : "refuse";
    const wish = { type: "audience", wish: `${act}_question`, id: written };
    const made = button(document.createElement("button"), act, name, wish);
    made.setAttribute("aria-label", `${say(act)} : ${text?.slice(0, 40) ?? name}`);
    return made;
  });
  acts[0].className = "main";
  item.append(room, ...acts);
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
