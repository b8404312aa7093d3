// The boxes: those at the door, with the code that the chair types; those that are in; invitations.

import { because, language, say, translate } from "./words.js";
import { ask } from "./views.js";

/** How often the bridge is asked, in milliseconds. */
const EVERY = 2000;
/** Wrong codes for one request. */
const TRIES = 5;

const at = (id) => document.getElementById(id);
const cards = new Map();
let view = { rooms: [], requests: [], boxes: [], invitations: [], notices: [] };
let following = false;
let revoking = null;

/** Wires the buttons. */
export function wireBoxes() {
  at("invite").addEventListener("submit", (event) => {
    event.preventDefault();
    tell("invite-said", invite);
  });
  at("notices-read").addEventListener("click", () => tell("boxes-said", () => ask("/pairing/notices", { method: "DELETE" })));
  at("box-sure").addEventListener("close", () => {
    const key = revoking;
    revoking = null;
    if (at("box-sure").returnValue === "revoke" && key) tell("boxes-said", () => ask(`/pairing/boxes/${key}`, { method: "DELETE" }));
  });
}

/** Keeps asking the bridge, from the first time on that somebody is in. */
export function followBoxes() {
  if (following) return;
  following = true;
  const look = async () => {
    await refresh();
    setTimeout(look, EVERY);
  };
  look();
}

async function refresh() {
  try {
    view = await (await ask("/pairing")).json();
  } catch {
    // The link says whether the bridge is there.
    return;
  }
  draw();
}

function draw() {
  const { requests } = view;
  const link = document.querySelector('#views a[href="#boxes"]');
  const text = requests.length > 0 ? say("view_boxes_waiting", { n: requests.length }) : say("view_boxes");
  if (link.textContent !== text) link.textContent = text;
  drawDoor();
  drawRequests();
  drawBoxes();
  drawInvite();
  drawNotices();
}

/** On every other view: whoever leads an evening sees that somebody waits. One line, however many there are. */
function drawDoor() {
  const waiting = view.requests.filter((request) => !request.by_invitation);
  const [first] = waiting;
  const said = first ? [waiting.length > 1 ? say("boxes_want", { n: waiting.length }) : say("boxes_wants", { name: first.name })] : [];
  write(at("door"), location.hash === "#boxes" ? [] : said, (text) => {
    const link = document.createElement("a");
    link.href = "#boxes";
    link.textContent = text;
    return link;
  });
}

/** Writes a list anew if it says something else. */
function write(list, texts, make) {
  if ([...list.children].map((item) => item.dataset.said).join("\n") === texts.join("\n")) return;
  list.replaceChildren(
    ...texts.map((text, nth) => {
      const item = make(text, nth);
      item.dataset.said = text;
      return item;
    }),
  );
}

function drawRequests() {
  const ids = new Set(view.requests.map(({ id }) => id));
  for (const [id, card] of cards) {
    if (ids.has(id)) continue;
    card.root.remove();
    cards.delete(id);
  }
  for (const request of view.requests) drawRequest(cards.get(request.id) ?? addRequest(request), request);
  at("boxes-nobody").hidden = view.requests.length > 0;
}

function addRequest({ id, name, fingerprint, by_invitation }) {
  const root = at("request").content.cloneNode(true).firstElementChild;
  translate(root);
  const find = (what) => root.querySelector(what);
  const card = { root, room: find("select"), code: find("input"), said: find(".said"), same: find(".same"), tries: 0 };
  find("h3").textContent = say("boxes_wants", { name });
  find(".fingerprint").textContent = say("boxes_fingerprint", { fingerprint });
  find(".let-in").setAttribute("aria-label", say("boxes_let_in_of", { name }));
  find(".dismiss").setAttribute("aria-label", say("boxes_dismiss_of", { name }));
  for (const room of view.rooms) {
    const taken = view.boxes.some((box) => box.room === room);
    const option = new Option(taken ? say("boxes_taken", { room }) : room, room, false, room === name);
    card.room.append(option);
  }
  find("form").hidden = by_invitation;
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const body = JSON.stringify({ room: card.room.value, code: card.code.value });
    send(card, () => ask(`/pairing/requests/${id}/code`, { method: "POST", body }));
  });
  find(".dismiss").addEventListener("click", () => send(card, () => ask(`/pairing/requests/${id}`, { method: "DELETE" })));
  cards.set(id, card);
  at("requests").append(root);
  return card;
}

async function send(card, what) {
  try {
    await what();
    card.code.value = "";
  } catch (error) {
    card.said.textContent = because(error);
    return;
  }
  await refresh();
}

function drawRequest(card, request) {
  const named = view.requests.filter(({ name }) => name === request.name);
  card.same.hidden = named.length < 2;
  if (request.by_invitation) card.said.textContent = say("boxes_by_invitation");
  else if (request.trying) card.said.textContent = say("boxes_trying");
  else if (request.tries > card.tries) card.said.textContent = say("boxes_wrong", { left: TRIES - request.tries });
  else if (card.said.textContent === say("boxes_trying")) card.said.textContent = "";
  card.tries = request.tries;
}

function drawBoxes() {
  at("boxes-table").hidden = view.boxes.length === 0;
  at("boxes-none").hidden = view.boxes.length > 0;
  const texts = view.boxes.map((box) => JSON.stringify([box, seen(box)]));
  write(at("boxes-in"), texts, (_, nth) => row(view.boxes[nth]));
}

function row({ key, room, fingerprint, since_ms, there, seen_ms }) {
  const line = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = room;
  const cells = [fingerprint, when(since_ms), seen({ there, seen_ms })].map((text) => {
    const cell = document.createElement("td");
    cell.textContent = text;
    return cell;
  });
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = say("boxes_revoke");
  button.setAttribute("aria-label", say("boxes_revoke_of", { room }));
  button.addEventListener("click", () => {
    revoking = key;
    at("box-sure-title").textContent = say("boxes_sure", { room });
    at("box-sure").returnValue = "";
    at("box-sure").showModal();
  });
  const last = document.createElement("td");
  last.append(button);
  line.append(head, ...cells, last);
  return line;
}

function seen({ there, seen_ms }) {
  return there ? say("boxes_there") : when(seen_ms);
}

function when(ms) {
  return new Date(ms).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
}

function drawInvite() {
  write(at("invite-rooms"), view.rooms, (room) => {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.value = room;
    label.append(box, ` ${room}`);
    return label;
  });
  const told = view.invitations.map(({ name, rooms, until_ms }) => {
    const named = rooms.map(({ room, spent }) => (spent ? say("boxes_spent", { room }) : room)).join(", ");
    const good = until_ms > view.now_ms;
    return `${name} · ${say(good ? "boxes_until" : "boxes_over", { rooms: named, when: when(until_ms) })}`;
  });
  at("invitations-part").hidden = told.length === 0;
  write(at("invitations"), told, (text, nth) => {
    const { name } = view.invitations[nth];
    const item = document.createElement("li");
    const words = document.createElement("span");
    words.textContent = text;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = say("boxes_withdraw");
    button.setAttribute("aria-label", say("boxes_withdraw_of", { name }));
    button.addEventListener("click", () => tell("boxes-said", () => ask(`/pairing/invitations/${name}`, { method: "DELETE" })));
    item.append(words, button);
    return item;
  });
}

async function invite() {
  const rooms = [...at("invite-rooms").querySelectorAll("input:checked")].map((box) => box.value);
  const body = JSON.stringify({ rooms, hours: at("invite-hours").valueAsNumber });
  const { invitation } = await (await ask("/pairing/invitations", { method: "POST", body })).json();
  at("invited").hidden = false;
  at("invitation").textContent = invitation;
}

function drawNotices() {
  at("notices-part").hidden = view.notices.length === 0;
  const told = view.notices.map(({ incident, who, fingerprint, times, at_ms }) => {
    const what = say(`boxes_${incident}`, { who, fingerprint });
    return say(times > 1 ? "boxes_notice_times" : "boxes_notice", { when: when(at_ms), what, n: times });
  });
  write(at("notices-of-boxes"), told, (text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  });
}

async function tell(where, what) {
  at(where).textContent = "";
  try {
    await what();
  } catch (error) {
    at(where).textContent = because(error);
  }
  await refresh();
}
