// The page for people's phones: votes, questions, applause. It asks every few seconds, and keeps nothing but its number.

const WORDS = {
  fr: {
    poll: "Vote", poll_none: "Pas de vote en ce moment.", ask: "Votre question",
    text: "Question, en une ou deux phrases", room: "Où êtes-vous ?", choose: "Choisissez…",
    name: "Votre prénom (facultatif)", send: "Envoyer la question", applause: "Applaudissements", clap: "Applaudir",
    privacy: "Sans compte. Votre question est lue par l’animateur avant d’être affichée.",
    voted: "C’est voté : {answer}. Vous pouvez encore changer.", result: "Vote terminé.", votes: "{n} voix",
    sent: "Merci ! Votre question est arrivée.", lost: "Pas de connexion. La page réessaie toute seule.",
    wait: "Attendez un peu, puis réessayez.", late: "Le vote est terminé.", full: "Trop de questions attendent : posez la vôtre à voix haute.",
    patience: "Vos questions attendent déjà d’être lues, ou la dernière vient de partir : attendez un peu.", wrong: "Cela n’a pas marché. Rechargez la page.",
  },
  en: {
    poll: "Poll", poll_none: "There is no poll now.", ask: "Your question",
    text: "Question, in one or two sentences", room: "Where are you?", choose: "Choose…",
    name: "Your first name (optional)", send: "Send the question", applause: "Applause", clap: "Clap",
    privacy: "No account. The chair reads your question before it is shown.",
    voted: "You voted: {answer}. You can still change.", result: "The poll is closed.", votes: "{n} votes",
    sent: "Thank you! Your question has arrived.", lost: "No connection. The page tries again by itself.",
    wait: "Wait a little, then try again.", late: "The poll is closed.", full: "Too many questions wait: ask yours aloud.",
    patience: "Your questions wait to be read, or the last one has just gone: wait a little.", wrong: "That did not work. Load the page anew.",
  },
};
/** How often the page asks, in milliseconds; some more each time, so that a hall does not ask at once. */
const EVERY = 3000;
/** Claps a second at the most. */
const CLAP_EVERY = 300;

const at = (id) => document.getElementById(id);
const language = navigator.languages?.find((tag) => /^(fr|en)\b/.test(tag))?.slice(0, 2) ?? "fr";
const say = (word, values = {}) => WORDS[language][word].replace(/\{(\w+)\}/g, (_, name) => values[name]);
const phone = sessionStorage.getItem("estrade.phone") ?? draw();
let poll = null;
let mine = null;
let drawn = "";

document.documentElement.lang = language;
for (const part of document.querySelectorAll("[data-word]")) part.textContent = say(part.dataset.word);

/** A number that nobody can guess: this phone, as long as the page is open. */
function draw() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const drawn = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem("estrade.phone", drawn);
  return drawn;
}

async function look() {
  try {
    const answer = await fetch("/p/state");
    if (!answer.ok) throw new Error(answer.status);
    show(await answer.json());
    at("link").textContent = "";
  } catch {
    at("link").textContent = say("lost");
  }
  setTimeout(look, EVERY + Math.random() * 1000);
}

function show({ title, rooms, poll: now }) {
  at("title").textContent = document.title = title;
  const select = at("room");
  if (select.options.length !== rooms.length + 1) {
    select.replaceChildren(new Option(say("choose"), ""), ...rooms.map((room) => new Option(room, room)));
    // The QR code on a television says in which room it hangs.
    const place = Number(location.hash.slice(1));
    if (rooms[place - 1]) select.selectedIndex = place;
  }
  if (now?.number !== poll?.number) {
    mine = null;
    at("voted").textContent = "";
  }
  poll = now;
  const text = JSON.stringify([now, mine]);
  if (text !== drawn) {
    drawn = text;
    showPoll();
  }
}

function showPoll() {
  at("poll").hidden = !poll;
  at("poll-none").hidden = Boolean(poll);
  if (!poll) return;
  at("poll-question").textContent = poll.question || say("poll");
  const buttons = at("answers").children;
  if (buttons.length !== poll.answers.length || at("answers").dataset.poll !== String(poll.number)) {
    at("answers").dataset.poll = poll.number;
    at("answers").replaceChildren(...poll.answers.map((_, nth) => answerButton(nth)));
  }
  for (const [nth, { text, votes }] of poll.answers.entries()) {
    const count = poll.open ? "" : ` — ${say("votes", { n: votes })}`;
    buttons[nth].textContent = `${"ABCD"[nth]}. ${text}${count}`;
    buttons[nth].setAttribute("aria-pressed", String(mine === nth));
    buttons[nth].disabled = !poll.open;
  }
  if (!poll.open) at("voted").textContent = say("result");
}

function answerButton(nth) {
  const button = document.createElement("button");
  button.type = "button";
  button.addEventListener("click", () => vote(nth));
  return button;
}

async function vote(nth) {
  const { number, answers } = poll;
  const no = await send("/p/vote", { phone, poll: number, answer: nth });
  if (poll?.number !== number) return;
  if (!no) mine = nth;
  tell("voted", no ? say({ 409: "late", 429: "wait" }[no] ?? "wrong") : say("voted", { answer: `${"ABCD"[nth]}. ${answers[nth].text}` }), no);
  showPoll();
}

at("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  const no = await send("/p/question", { phone, room: at("room").value, name: at("name").value.trim(), text: at("text").value });
  if (!no) at("text").value = "";
  tell("asked", say(no ? ({ 409: "full", 429: "patience" }[no] ?? "wrong") : "sent"), no);
});

let clapped = 0;
at("clap").addEventListener("click", () => {
  const now = Date.now();
  if (now - clapped < CLAP_EVERY) return;
  clapped = now;
  send("/p/applause", { phone });
});

/** Sends it; nothing if it was taken, else the number of the "no". */
async function send(path, body) {
  try {
    const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    return answer.ok ? null : answer.status;
  } catch {
    return 429;
  }
}

function tell(id, text, bad) {
  at(id).textContent = text;
  at(id).classList.toggle("bad", Boolean(bad));
}

look();
