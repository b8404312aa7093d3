// The speakers' decks on the chair's console: brought, followed until they are ready, shown in small, turned.

import { because, say } from "./words.js";

/** The bridge takes no more: said before it is sent. */
const MOST_BYTES = 200_000_000;
const tooLarge = { code: "deck_too_large", values: { most: 200 }, detail: "the file has more than 200 MB; make its pictures smaller, and export it anew" };

const at = (id) => document.getElementById(id);
const cards = [];
/** What is being sent, by speaker: how much of it, 0 to 1, or what went wrong. */
const sending = new Map();
/** Small pictures that were fetched: addresses in this browser, by deck and page. */
const pictures = new Map();
let token = null;
let act = () => {};
/** What speakers wrote below their slides, by deck: a text for each page, or nothing yet. */
const notes = new Map();
let speakers = [];
let evening = null;
/** The deck that the televisions show. */
let openDeck = null;

/** Wires the page's keys; `send` sends a message of the control protocol. */
export function wireDecks(send) {
  act = send;
  at("page-before").addEventListener("click", () => turn(-1));
  at("page-after").addEventListener("click", () => turn(1));
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
    const step = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
    if (step === undefined || !slidesAreOn() || at("evening").hidden) return;
    event.preventDefault();
    turn(step);
  });
  // A file that is dropped beside a deck's place must not take the page away.
  for (const kind of ["dragover", "drop"]) {
    addEventListener(kind, (event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    });
  }
}

/** The chair's token, which lets decks in and pages out. */
export function openDecks(chair) {
  token = chair;
}

/**
 * The programme as it is now. Where only decks have changed the object stays, so that what was drawn of the rest stays,
 * and with it the keyboard's focus.
 */
export function withDecks(before, now) {
  const rest = ({ speakers, ...programme }) => JSON.stringify([programme, speakers.map(({ deck, ...speaker }) => speaker)]);
  if (!before || rest(before) !== rest(now)) return now;
  before.speakers = now.speakers;
  return before;
}

/** Draws the decks as they are. */
export function drawDecks(state) {
  speakers = state.programme.speakers;
  evening = state.evening;
  at("decks-part").hidden = speakers.length === 0;
  while (cards.length < speakers.length) cards.push(addCard(cards.length));
  while (cards.length > speakers.length) cards.pop().root.remove();
  const shown = shownSpeaker(state.programme.items);
  for (const card of cards) drawCard(card, card.place === shown);
  drawTurner(shown);
}

/** The speaker whose deck is open on the televisions. */
function shownSpeaker(items) {
  return evening.page === null ? null : (items[evening.at]?.speaker ?? null);
}

const slidesAreOn = () => evening?.scene.name === "slides" && evening.page !== null;

const openPages = (shown) => speakers[shown]?.deck?.pages ?? 0;

function turn(step) {
  const page = (evening?.page ?? 0) + step;
  if (evening?.page === null || page < 0 || page >= Number(at("turner").dataset.pages)) return;
  act({ type: "turn_page", page });
}

function drawTurner(shown) {
  const pages = shown === null ? 0 : openPages(shown);
  at("turner").hidden = pages === 0;
  openDeck = pages === 0 ? null : speakers[shown].deck.id;
  drawNotes(openDeck);
  at("turner").dataset.pages = pages;
  if (pages === 0) return;
  const page = evening.page;
  set(at("page-now"), say("page_of", { page: page + 1, pages }));
  // Not `disabled`: the keyboard's focus would be lost at the last page.
  at("page-before").setAttribute("aria-disabled", page === 0);
  at("page-after").setAttribute("aria-disabled", page + 1 === pages);
}

/** The speaker's notes to the page that is shown; the place stays while the deck has any, so that nothing jumps. */
function drawNotes(deck) {
  if (deck && !notes.has(deck)) fetchNotes(deck);
  const texts = notes.get(deck) ?? [];
  at("notes").hidden = texts.length === 0;
  set(at("notes-now"), texts[evening.page] || say("no_notes"));
}

async function fetchNotes(deck) {
  notes.set(deck, []);
  const answer = await fetch(`/decks/${deck}/notes`, { headers: { authorization: `Bearer ${token}` } }).catch(() => null);
  // Most decks have none; a bridge that is out of reach is asked again.
  if (answer?.status === 404) return;
  if (!answer?.ok) return notes.delete(deck);
  notes.set(deck, await answer.json());
  if (openDeck === deck) drawNotes(deck);
}

// --- A speaker's card ----------------------------------------------------------------------------

function addCard(place) {
  const root = at("deck").content.cloneNode(true).firstElementChild;
  const find = (what) => root.querySelector(what);
  const card = { place, root, name: find("h3"), file: find(".file"), said: find(".said"), bar: find("progress"),
    strip: find(".pages"), choose: find(".choose"), remove: find(".remove"), input: find("input"), deck: null };
  root.dataset.speaker = place;
  card.choose.textContent = say("bring_deck");
  card.remove.textContent = say("remove_deck");
  card.choose.addEventListener("click", () => card.input.click());
  card.remove.addEventListener("click", () => remove(card));
  card.input.addEventListener("change", () => {
    if (card.input.files[0]) bring(card, card.input.files[0]);
    card.input.value = "";
  });
  root.addEventListener("dragenter", () => root.classList.add("over"));
  root.addEventListener("dragleave", ({ relatedTarget }) => root.classList.toggle("over", root.contains(relatedTarget)));
  root.addEventListener("drop", (event) => {
    root.classList.remove("over");
    if (event.dataTransfer.files[0]) bring(card, event.dataTransfer.files[0]);
  });
  card.strip.addEventListener("click", ({ target }) => {
    const page = target.closest("button");
    if (page && card.root.classList.contains("shown")) act({ type: "turn_page", page: Number(page.dataset.page) });
  });
  at("decks").append(root);
  return card;
}

function drawCard(card, isShown) {
  const speaker = speakers[card.place];
  const deck = speaker.deck ?? null;
  // What went wrong is said until the deck is another one, or another file is tried.
  if (sending.get(card.place)?.about !== undefined && sending.get(card.place).about !== JSON.stringify(deck)) sending.delete(card.place);
  const sent = sending.get(card.place);
  set(card.name, speaker.name);
  set(card.file, deck?.name ?? say("no_deck"));
  card.input.setAttribute("aria-label", say("bring_deck_of", { name: speaker.name }));
  card.choose.setAttribute("aria-label", say("bring_deck_of", { name: speaker.name }));
  card.remove.setAttribute("aria-label", say("remove_deck_of", { name: speaker.name }));
  card.remove.hidden = deck === null;
  card.strip.setAttribute("aria-label", say("pages_of", { name: speaker.name }));
  card.bar.setAttribute("aria-label", say("progress_of", { name: speaker.name }));
  card.root.dataset.state = sent?.failed ? "failed" : sent ? "sending" : (deck?.state ?? "none");
  set(card.said, sent ? sentence(sent) : deckSentence(deck));
  drawBar(card.bar, sent, deck);
  card.root.classList.toggle("shown", isShown);
  drawStrip(card, deck, isShown);
}

function sentence({ failed, part }) {
  // By tenths: a screen reader reads each change.
  return failed ? failed : say("deck_sending", { percent: Math.floor(part * 10) * 10 });
}

function deckSentence(deck) {
  switch (deck?.state) {
    case "missing": return say("deck_missing");
    case "rendering": return deck.pages === null ? say("deck_opening") : say("deck_rendering", deck);
    case "ready": return say(deck.pages === 1 ? "deck_ready_1" : "deck_ready", deck);
    case "failed": return because(deck);
    default: return say("deck_none");
  }
}

/** One bar for both: the file on its way is the first half, its pages are the second. */
function drawBar(bar, sent, deck) {
  const making = deck?.state === "rendering";
  bar.hidden = sent ? Boolean(sent.failed) : !making;
  if (sent && !sent.failed) bar.value = sent.part / 2;
  else if (making) bar.value = 0.5 + (deck.pages ? deck.done / deck.pages / 2 : 0);
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// --- Pages in small ------------------------------------------------------------------------------

function drawStrip(card, deck, isShown) {
  const ready = deck?.state === "ready" ? deck : null;
  card.strip.hidden = ready === null;
  if (card.deck !== (ready?.id ?? null)) {
    card.deck = ready?.id ?? null;
    card.strip.replaceChildren(...Array.from({ length: ready?.pages ?? 0 }, (_, page) => pageButton(ready.id, page)));
  }
  for (const [page, item] of [...card.strip.children].entries()) {
    const button = item.firstElementChild;
    const isOpen = isShown && evening.page === page;
    button.setAttribute("aria-disabled", !isShown);
    // One stop for the keyboard, not sixty; arrows turn from there.
    button.tabIndex = isOpen ? 0 : -1;
    if (isOpen === button.hasAttribute("aria-current")) continue;
    if (isOpen) {
      button.setAttribute("aria-current", "page");
      // In the strip only: the page itself must not jump under the chair's hand.
      card.strip.scrollTo({ left: item.offsetLeft - card.strip.offsetLeft - card.strip.clientWidth / 3 });
    } else button.removeAttribute("aria-current");
  }
}

function pageButton(id, page) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.page = page;
  const picture = document.createElement("img");
  picture.alt = say("page", { page: page + 1 });
  picture.width = 160;
  const number = document.createElement("span");
  number.textContent = page + 1;
  number.ariaHidden = "true";
  button.append(picture, number);
  item.append(button);
  // Sixty pages of ten decks are fetched as they come into sight.
  sights.observe(picture);
  picture.dataset.source = `/decks/${id}/thumbs/${page}`;
  return item;
}

const sights = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) {
    if (!isIntersecting) continue;
    sights.unobserve(target);
    fetchPicture(target);
  }
}, { rootMargin: "200px" });

/** A picture's address cannot carry a token; so it is fetched with one, and shown from here. */
async function fetchPicture(picture) {
  const source = picture.dataset.source;
  try {
    if (!pictures.has(source)) {
      const answer = await fetch(source, { headers: { authorization: `Bearer ${token}` } });
      if (!answer.ok) throw new Error(String(answer.status));
      pictures.set(source, URL.createObjectURL(await answer.blob()));
    }
    picture.src = pictures.get(source);
  } catch {
    // Its number stands there; it is tried again when it comes into sight again.
    setTimeout(() => sights.observe(picture), 5000);
  }
}

// --- Bringing and taking away ----------------------------------------------------------------------

function bring(card, file) {
  const place = card.place;
  const follow = (now) => {
    if (now?.failed) sending.set(place, { ...now, about: JSON.stringify(speakers[place]?.deck ?? null) });
    else if (now) sending.set(place, now);
    else sending.delete(place);
    drawCard(card, card.root.classList.contains("shown"));
  };
  if (file.size > MOST_BYTES) {
    follow({ failed: because(tooLarge) });
    return;
  }
  // XMLHttpRequest, because fetch tells nothing of a body that is on its way.
  const request = new XMLHttpRequest();
  request.open("POST", `/decks?${new URLSearchParams({ speaker: place, name: file.name.slice(0, 100) })}`);
  request.setRequestHeader("authorization", `Bearer ${token}`);
  request.upload.onprogress = ({ loaded, total }) => follow({ part: total ? loaded / total : 0 });
  request.onload = () => follow(request.status === 202 ? null : { failed: detailOf(request.responseText) });
  request.onerror = request.ontimeout = () => follow({ failed: say("deck_lost") });
  follow({ part: 0 });
  request.send(file);
}

async function remove(card) {
  sending.delete(card.place);
  // The button goes with the deck.
  card.choose.focus();
  try {
    await fetch(`/decks?speaker=${card.place}`, { method: "DELETE", headers: { authorization: `Bearer ${token}` } });
  } catch {
    sending.set(card.place, { failed: say("deck_lost") });
  }
  drawCard(card, card.root.classList.contains("shown"));
}

function detailOf(text) {
  try {
    return because(JSON.parse(text));
  } catch {
    return say("deck_lost");
  }
}
