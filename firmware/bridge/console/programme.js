// The programme, on the chair's console: a form that the bridge checks and keeps.

import { because, language, say } from "./words.js";
import { ask, keep } from "./views.js";
import { orderable } from "./order.js";
import { photoPart } from "./photos.js";

const TOML = "application/toml";
const at = (id) => document.getElementById(id);
/** The bridge's rooms, by name. */
let rooms = [];
/** What the bridge said of the programme when it was last looked at. */
let seen = null;
/** What the form held when it was filled, as text; nothing before. */
let filled = null;
let keeps = true;
let begun = false;
/** One thing at a time goes to the bridge. */
let busy = Promise.resolve();
/** Photo, deck and former name of a speaker: what stands in no field. */
const files = new WeakMap();

/** Wires form and buttons. */
export function wirePlan() {
  for (const [name, type] of [["title", "text"], ["date", "date"], ["time", "time"]]) {
    const input = document.createElement("input");
    input.type = type;
    field(at("plan").querySelector(`[data-field=${name}]`), name, input);
  }
  orderable(at("plan-rooms"), changed);
  orderable(at("plan-speakers"), changed);
  at("plan").addEventListener("input", changed);
  at("plan").addEventListener("submit", (event) => {
    event.preventDefault();
    act(save);
  });
  at("plan-undo").addEventListener("click", () => act(load));
  at("add-speaker").addEventListener("click", () => {
    const item = addSpeaker({ name: "", trade: "", town: "", room: "", minutes: 20, questions: 10 });
    changed();
    item.querySelector("input").focus();
  });
  at("copy").addEventListener("click", () => act(() => model("?copy=next_month", "plan_copied")));
  at("open").addEventListener("click", () => act(() => model("", "plan_opened")));
  at("import").addEventListener("click", () => at("import-file").click());
  at("import-file").addEventListener("change", () => act(readFile));
  at("export").addEventListener("click", () => act(() => giveFile("/programme", TOML, "programme.toml")));
  at("calendar").addEventListener("click", () => act(() => giveFile("/evening.ics", "text/calendar", "evening.ics")));
  addEventListener("beforeunload", (event) => {
    if (isChanged()) event.preventDefault();
  });
}

/** The view comes to be seen. */
export function showPlan() {
  act(async () => {
    await list();
    if (!isChanged()) await load();
  });
}

/** Follows what the bridge says: it may be another console that changed the programme, or the evening that begins. */
export function drawPlan(state) {
  rooms = state.rooms.map((room) => room.name);
  keeps = state.bridge.keeps;
  begun = state.evening.at !== 0;
  const other = seen !== null && seen !== state.programme;
  seen = state.programme;
  lock();
  if (other && !at("programme").hidden) act(follow);
}

function lock() {
  at("plan-fields").disabled = at("plan-save").disabled = at("copy").disabled = at("open").disabled = at("import").disabled = begun;
  const note = begun ? "plan_begun" : keeps ? "" : "plan_not_kept";
  if (at("plan-note").dataset.note !== note) {
    at("plan-note").dataset.note = note;
    at("plan-note").textContent = note && say(note);
  }
}

/** After what was asked before it; what goes wrong is said. */
function act(what) {
  busy = busy.then(async () => {
    try {
      await what();
    } catch (error) {
      if (error.mistakes?.length) tellMistakes(error.mistakes);
      else tell(error.status === 409 ? "plan_begun" : "bridge_says", { detail: because(error) }, true);
    }
  });
}

function tell(word, gaps = {}, bad = false) {
  at("plan-said").textContent = word && say(word, gaps);
  at("plan-said").classList.toggle("wrong", bad);
}

// --- With the bridge ---------------------------------------------------------------------------

async function load() {
  fill(await (await ask("/programme")).json());
  filled = text();
  changed();
  tell("");
}

/** Another console may have changed it: an untouched form follows, a changed one is left to its writer. */
async function follow() {
  const now = await (await ask("/programme")).json();
  if (JSON.stringify(now) === filled) return;
  await list();
  if (!isChanged()) await load();
  else tell("plan_other", {}, true);
}

async function save() {
  clearMistakes();
  const headers = { "Content-Type": "application/json" };
  const kept = await ask("/programme", { method: "PUT", headers, body: text() });
  const draft = JSON.stringify(await kept.json());
  if (draft !== text()) fill(JSON.parse(draft));
  filled = draft;
  changed();
  tell(keeps ? "plan_saved" : "plan_saved_not_kept");
  await list();
}

async function list() {
  const programmes = await (await ask("/programmes")).json();
  const chosen = at("models").value;
  at("models").replaceChildren(
    ...programmes.map(({ id, title, starts }) => new Option(starts ? `${day(starts)} · ${title}` : title, id)),
  );
  if (programmes.some(({ id }) => String(id) === chosen)) at("models").value = chosen;
  at("models").disabled = programmes.length === 0;
}

function day(starts) {
  return new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(new Date(starts));
}

async function model(how, word) {
  if (!at("models").value) return tell("plan_no_model", {}, true);
  fill(await (await ask(`/programmes/${at("models").value}${how}`)).json());
  changed();
  tell(word);
}

/** What is kept, which is not what is being written. */
async function giveFile(path, accept, name) {
  await keep(await ask(path, { accept }), name);
  tell(isChanged() ? "plan_file_without_changes" : "plan_file");
}

async function readFile() {
  const [file] = at("import-file").files;
  at("import-file").value = "";
  if (!file) return;
  const read = await ask("/programme/draft", { method: "POST", headers: { "Content-Type": TOML }, body: file });
  fill(await read.json());
  changed();
  tell("plan_imported", { file: file.name });
}

// --- The form ------------------------------------------------------------------------------------

function fill(draft) {
  clearMistakes();
  input("title").value = draft.title;
  const [date, time] = (draft.starts ?? "T").split("T");
  input("date").value = date;
  input("time").value = time.slice(0, 5);
  const others = rooms.filter((name) => !draft.rooms.includes(name));
  const items = [...draft.rooms.map((name) => room(name, true)), ...others.map((name) => room(name, false))];
  at("plan-rooms").replaceChildren(...items);
  at("plan-speakers").replaceChildren();
  for (const speaker of draft.speakers) addSpeaker(speaker);
}

/** What the form holds, as the bridge takes it. */
function text() {
  const value = (name, item = at("plan")) => item.querySelector(`[data-field=${name}] :is(input, select)`).value;
  const number = (name, item) => Number.parseInt(value(name, item), 10);
  const [date, time] = [value("date"), value("time")];
  const speakers = [...at("plan-speakers").children].map((item) => ({
    name: value("name", item).trim(),
    trade: value("trade", item).trim(),
    town: value("town", item).trim(),
    room: value("room", item),
    minutes: number("minutes", item),
    questions: number("questions", item),
    ...files.get(item),
  }));
  const invited = [...at("plan-rooms").children].filter((item) => item.querySelector("input").checked);
  return JSON.stringify({
    title: value("title").trim(),
    starts: date || time ? `${date}T${time}:00` : null,
    rooms: invited.map((item) => item.dataset.name),
    speakers,
  });
}

function isChanged() {
  return filled !== null && filled !== text();
}

function changed() {
  at("plan-undo").hidden = !isChanged();
  const speakers = [...at("plan-speakers").children];
  for (const [place, item] of speakers.entries()) {
    item.dataset.name = item.querySelector("input").value.trim() || say("plan_speaker", { place: place + 1 });
  }
  const minutes = speakers.flatMap((item) => [...item.querySelectorAll("[type=number]")]);
  const sum = minutes.reduce((sum, { valueAsNumber }) => sum + (valueAsNumber || 0), 0);
  at("plan-length").textContent = say("plan_length", { minutes: sum });
}

function input(name) {
  return at("plan").querySelector(`[data-field=${name}] input`);
}

let fields = 0;

/** A label, its field, and room for what is wrong with it. */
function field(root, name, control, most = 60) {
  const label = document.createElement("label");
  label.textContent = say(`plan_${name}`);
  control.id = `plan-field-${++fields}`;
  if (control.type === "text") Object.assign(control, { maxLength: most, autocomplete: "off" });
  label.htmlFor = control.id;
  const mistake = document.createElement("p");
  mistake.className = "mistake";
  mistake.id = `${control.id}-mistake`;
  control.setAttribute("aria-describedby", mistake.id);
  root.dataset.field = name;
  root.classList.add("field");
  root.append(label, control, mistake);
  return root;
}

function room(name, invited) {
  const item = document.createElement("li");
  item.dataset.name = name;
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = invited;
  label.append(box, ` ${name}`);
  item.append(label);
  return item;
}

function addSpeaker(speaker) {
  const item = document.createElement("li");
  files.set(item, { photo: speaker.photo ?? null, deck: speaker.deck ?? null, was: speaker.was ?? null });
  const body = document.createElement("div");
  body.className = "fields";
  for (const name of ["name", "trade", "town"]) {
    const control = document.createElement("input");
    control.type = "text";
    control.value = speaker[name];
    body.append(field(document.createElement("div"), name, control));
  }
  body.append(field(document.createElement("div"), "room", roomChoice(speaker.room)));
  for (const name of ["minutes", "questions"]) {
    const control = document.createElement("input");
    Object.assign(control, { type: "number", min: name === "minutes" ? 1 : 0, max: 180, value: speaker[name] });
    body.append(field(document.createElement("div"), name, control));
  }
  const told = document.createElement("p");
  told.className = "quiet";
  told.textContent = speaker.deck ? say("plan_deck", { file: speaker.deck }) : "";
  const photo = photoPart(item, speaker.photo ?? null, (name) => {
    files.get(item).photo = name;
  });
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "remove";
  remove.dataset.acts = "plan_remove";
  remove.textContent = say("plan_remove_short");
  remove.addEventListener("click", () => {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    changed();
    (next?.querySelector("input") ?? at("add-speaker")).focus();
  });
  item.append(body, photo, told, remove);
  at("plan-speakers").append(item);
  return item;
}

function roomChoice(chosen) {
  const choice = document.createElement("select");
  const known = rooms.includes(chosen) || !chosen ? rooms : [...rooms, chosen];
  choice.append(new Option(say("plan_choose"), ""), ...known.map((name) => new Option(name, name)));
  choice.value = chosen;
  return choice;
}

// --- What is wrong --------------------------------------------------------------------------------

function clearMistakes() {
  for (const place of at("plan").querySelectorAll(".mistake")) place.textContent = "";
  for (const control of at("plan").querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
}

function tellMistakes(mistakes) {
  for (const { field: path, mistake, ...gaps } of mistakes) {
    const place = placeOf(path);
    place.querySelector(":scope > .mistake").textContent = say(`mistake_${mistake}`, gaps);
    place.querySelector(":scope > :is(input, select)")?.setAttribute("aria-invalid", "true");
  }
  tell("plan_wrong", { count: mistakes.length }, true);
  const first = at("plan").querySelector("[aria-invalid]") ?? placeOf(mistakes[0].field);
  first.scrollIntoView({ block: "center" });
  first.focus();
}

function placeOf(path) {
  const [name, place, part] = path.split(".");
  if (part) return at("plan-speakers").children[place].querySelector(`[data-field=${part}]`);
  return at("plan").querySelector(`[data-field=${name === "starts" ? "date" : name}]`);
}
