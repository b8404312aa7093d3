// Poll, written questions and applause on the chair's console.

import { say } from "./words.js";

const LETTERS = "ABCD";
const at = (id) => document.getElementById(id);
let state = null;
let announced = null;

/** Wires the forms; `act` sends a message. */
export function wireAudience(act) {
  const wish = (wish, more = {}) => act({ type: "audience", wish, ...more });
  at("poll-answers").append(...[...LETTERS].map(answerField));
  at("poll-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const answers = [...at("poll-answers").querySelectorAll("input")].map((input) => input.value.trim());
    wish("open_poll", { question: at("poll-question").value.trim(), answers: answers.filter(Boolean) });
  });
  at("poll-close").addEventListener("click", () => wish("close_poll"));
  at("poll-remove").addEventListener("click", () => wish("remove_poll"));
  at("hands-rooms").addEventListener("submit", (event) => {
    event.preventDefault();
    const inputs = [...event.target.querySelectorAll("input")];
    wish("count_votes", { room: event.target.dataset.room, counts: inputs.map((input) => input.valueAsNumber || 0) });
  });
  at("written").addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    const id = Number(button.closest("li").dataset.id);
    wish(button.dataset.wish, button.dataset.wish === "end_question" ? {} : { id });
  });
}

function answerField(letter) {
  const label = element("label", say("poll_answer", { letter }));
  const input = document.createElement("input");
  input.maxLength = 40;
  input.autocomplete = "off";
  label.append(input);
  return label;
}

/** Draws all of it. */
export function drawAudience({ audience, applause, rooms }) {
  at("applause").value = applause;
  if (state === audience) return;
  state = audience;
  at("phone-page").textContent = audience.page ? say("phone_page", { page: audience.page }) : say("no_phone_page");
  drawPoll(audience.poll, rooms);
  drawWritten(audience);
}

function drawPoll(poll, rooms) {
  at("poll-form").hidden = Boolean(poll?.open);
  at("poll-send").textContent = say(poll ? "poll_again" : "poll_open");
  at("poll-on").hidden = !poll;
  if (!poll) return;
  at("poll-asks").textContent = poll.question;
  at("poll-state").textContent = say(poll.open ? "poll_is_open" : "poll_is_closed");
  at("poll-close").hidden = at("hands").hidden = !poll.open;
  at("poll-total").textContent = say("poll_total", { n: poll.total });
  at("poll-bars").replaceChildren(...poll.answers.map((answer, nth) => bar(answer, nth, poll.total)));
  if (at("hands-rooms").dataset.poll === String(poll.number)) return;
  at("hands-rooms").dataset.poll = poll.number;
  at("hands-rooms").replaceChildren(...rooms.map((room) => hands(room.name, poll)));
}

function bar({ text, votes }, nth, total) {
  const item = element("li", `${LETTERS[nth]}. ${text} — ${say("poll_votes", { n: votes })}`);
  const meter = document.createElement("meter");
  meter.max = Math.max(total, 1);
  meter.value = votes;
  meter.setAttribute("aria-hidden", "true");
  item.append(meter);
  return item;
}

/** One room's hands: a number for each answer. */
function hands(room, poll) {
  const form = document.createElement("form");
  form.dataset.room = room;
  form.append(element("strong", room));
  const before = poll.hands.find((hands) => hands.room === room)?.counts;
  for (const nth of poll.answers.keys()) {
    const label = element("label", LETTERS[nth]);
    const input = document.createElement("input");
    Object.assign(input, { type: "number", min: 0, max: 9999, inputMode: "numeric", value: before?.[nth] ?? "" });
    input.setAttribute("aria-label", say("hands_of", { room, letter: LETTERS[nth] }));
    label.append(input);
    form.append(label);
  }
  form.append(element("button", say("hands_send", { room })));
  return form;
}

/** Items stay while their question does, so that the keyboard's focus stays. */
function drawWritten({ written, asked, more }) {
  const list = at("written");
  const before = new Map([...list.children].map((item) => [item.dataset.id, item]));
  const items = written.map((question) => {
    const item = before.get(String(question.id)) ?? writtenItem(question);
    const shown = question.id === asked;
    item.dataset.state = question.state;
    item.querySelector(".state").textContent = say(shown ? "written_shown" : `written_${question.state}`);
    for (const button of item.querySelectorAll("button")) {
      const { wish } = button.dataset;
      button.hidden =
        (wish === "end_question") !== shown && (wish === "end_question" || wish === "ask_question") ||
        (wish === "accept_question" && question.state !== "waiting" && question.state !== "refused") ||
        (wish === "refuse_question" && question.state !== "waiting" && question.state !== "accepted");
    }
    return item;
  });
  if (items.some((item, nth) => list.children[nth] !== item) || list.children.length !== items.length) list.replaceChildren(...items);
  at("no-written").hidden = written.length > 0;
  at("more-written").textContent = more > 0 ? say("written_more", { n: more }) : "";
  announce(written);
}

const WISHES = { accept_question: "accept", ask_question: "ask", end_question: "end_asked", refuse_question: "refuse" };

function writtenItem({ id, room, name, text }) {
  const item = document.createElement("li");
  item.dataset.id = id;
  const from = element("p", say(name ? "written_from_name" : "written_from", { name, room }) + " · ");
  const state = element("span", "");
  state.className = "state";
  from.append(state);
  const acts = document.createElement("div");
  acts.className = "acts";
  for (const [wish, word] of Object.entries(WISHES)) {
    const button = element("button", say(word));
    button.type = "button";
    button.dataset.wish = wish;
    button.setAttribute("aria-label", `${say(word)} : ${text.slice(0, 40)}`);
    if (wish === "ask_question") button.className = "main";
    acts.append(button);
  }
  item.append(element("blockquote", text), from, acts);
  return item;
}

/** Says aloud that a question has come. */
function announce(written) {
  const last = Math.max(0, ...written.map(({ id }) => id));
  const before = announced;
  announced = last;
  if (before === null || last <= before) return;
  const { room } = written.find(({ id }) => id === last);
  at("announce").textContent = say("written_new", { room });
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
