// The box's page: what it shows moves, and its buttons press.

import { plot } from "./plot.js";
import { say, words } from "./words.js";

const find = selector => document.querySelector(selector);
const language = document.documentElement.lang;

// One after the other: a button must not be let go before it was pressed.
let sent = Promise.resolve();
const post = path => sent = sent.then(() => fetch(path, { method: "POST", headers: { "x-estrade": "panel" } })).catch(() => {});
const press = path => post(`/panel/${path}`).then(answer => {
  find("#refused").hidden = answer?.status !== 409;
});

for (const button of document.querySelectorAll("[data-panel]")) {
  let down = false;
  const move = to => () => { if (down !== to) press(`${button.dataset.panel}/${(down = to) ? "down" : "up"}`); };
  const key = to => event => { if ([" ", "Enter"].includes(event.key)) { event.preventDefault(); move(to)(); } };
  // Who presses neither pointer nor key clicks.
  const click = ({ detail }) => { if (detail === 0) [true, false].forEach(to => move(to)()); };
  Object.assign(button, { onclick: click, onpointerdown: move(true), onpointerup: move(false), onpointerleave: move(false), onpointercancel: move(false), onblur: move(false), onkeydown: key(true), onkeyup: key(false) });
}
find("#count").onclick = () => {
  const { value, validity } = find("#people");
  if (value && validity.valid) press(`people/${value}`);
};
const volume = find("#volume"), percent = find("#percent");
// While a finger is on it, it shows what the finger does.
let moving = false;
volume.oninput = () => { moving = true; percent.value = `${volume.value} %`; };
volume.onchange = () => press(`volume/${volume.value}`).then(() => { moving = false; });
const gate = find("#gate");
gate.onclick = () => press(`gate/${gate.ariaChecked === "true" ? "off" : "on"}`);
find("#examine").onclick = async () => {
  const said = find("#examining"), list = find("#findings");
  said.textContent = words.examining;
  try {
    const findings = await (await fetch("/doctor")).json();
    list.hidden = false;
    list.replaceChildren(...findings.map(({ sign, text, cure }) => {
      const line = document.createElement("li"), help = document.createElement("small");
      Object.assign(line, { className: sign, textContent: text });
      help.textContent = cure ?? "";
      line.append(help);
      return line;
    }));
    const wrong = findings.filter(({ sign }) => sign !== "ok").length;
    said.textContent = wrong ? say("found", { n: wrong }) : words.allWell;
  } catch {
    said.textContent = words.away;
  }
};
find("#picture").onclick = () => {
  press("diagnostics/on");
  find("#examining").textContent = words.pictured;
};
const sure = find("#sure");
find("#restart").onclick = () => sure.showModal();
sure.onclose = () => {
  if (sure.returnValue !== "restart") return;
  link(words.restarting, false);
  post("/restart");
};

const anew = find("#pair-sure");
find("#pair").onclick = () => anew.showModal();
anew.onclose = async () => {
  if (anew.returnValue !== "pair") return;
  const answer = await post("/pair-anew");
  find("#paired").textContent = answer?.status === 409 ? words.pairFixed : words.pairing;
};

const link = (text, well) => Object.assign(find("#link"), { textContent: text, className: well ? "" : "bad" });

/** What is said of a device, and whether that is well. */
const device = ({ state, detail }) => [(words[state] ?? state) + (detail ?? ""), state !== "missing"];
const evening = ({ starts, title }) => `${new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" }).format(new Date(starts))}, ${title}`;
const rate = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });

const rows = s => {
  const microphones = device(s.devices.microphones);
  return [
    [words.box, s.resting ? words.rests : words.awake],
    [words.next, s.upcoming ? evening(s.upcoming) : words.unplanned],
    [words.bridge, s.linked ? words.linked : words.unlinked, s.linked],
    [words.sending, s.publishing ? words.running_ : words.stopped, s.publishing],
    [words.receiving, s.watching ? words.running_ : words.stopped, s.watching],
    [words.network, s.carries_bps ? say("carries", { n: rate.format(s.carries_bps / 1e6) }) : words.unmeasured],
    [words.camera, ...device(s.devices.camera)],
    [words.microphones, (s.devices.muted ? words.muted : "") + microphones[0], microphones[1]],
    [words.television, ...device(s.devices.screen)],
    // Most rooms do without.
    [words.second, device(s.deck_screen)[0]],
    [words.loudspeaker, ...device(s.devices.loudspeaker)],
    [words.address, s.address],
    [words.version, s.version],
  ];
};

/** Lamps as on the box: the status light blinks in its own way, the others are on or off. */
let lights;
const lamp = name => find(`[data-panel=${name}] i`);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const blink = () => {
  if (!lights) return;
  let at = Date.now() % lights.blinks.reduce((sum, part) => sum + part, 0), dark = false;
  for (const part of lights.blinks) {
    if (at < part) break;
    [at, dark] = [at - part, !dark];
  }
  lamp("speak").className = dark && !still.matches ? "" : lights.colour;
};
setInterval(blink, 50);
const shine = now => {
  lights = now;
  lamp("mute").className = lights.mute ? "red" : "";
  for (const name of ["screen", "minus", "plus"]) lamp(name).className = lights.useful.includes(name) ? "white" : "";
  find("#signal").textContent = words.signals[lights.signal];
};

const deck = find("#deck");
const show = s => {
  deck.hidden = s.deck_screen.state !== "running";
  // A still picture, looked at once a second at the most.
  if (!deck.hidden) deck.src = `/deck.jpg?${Math.floor(Date.now() / 1000)}`;
  document.title = `${s.name} · Estrade`;
  find("#name").textContent = s.name;
  find("#people").placeholder = s.room?.people ?? "";
  shine(s.lights);
  find("#steps").textContent = words[`steps${s.steps[0].toUpperCase()}${s.steps.slice(1)}`];
  if (!moving) [volume.value, percent.value] = [s.volume, `${s.volume} %`];
  find("#state").replaceChildren(...rows(s).flatMap(([name, value, well = true]) => {
    const dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = name;
    Object.assign(dd, { textContent: value, className: well ? "" : "bad" });
    return [dt, dd];
  }));
  link(words.live, true);
};

const each = find("#each");
/** One meter for each microphone, where there are several. */
const channels = levels => {
  each.hidden = levels.length < 2;
  if (each.hidden) return;
  if (each.childElementCount !== levels.length) {
    each.replaceChildren(...levels.map((_, n) => {
      const label = document.createElement("label"), bar = document.createElement("meter");
      Object.assign(bar, { min: -70, max: 0 });
      label.append(`${n + 1}`, bar);
      return label;
    }));
  }
  levels.forEach((level, n) => { each.children[n].firstElementChild.value = level; });
};
const meter = ({ level, microphones_dbfs, gate: { on, open, words: reason } }) => {
  const bar = find("#level"), { ariaValueMin: least, ariaValueMax: most } = bar;
  bar.ariaValueNow = Math.round(level.rms_dbfs);
  bar.firstElementChild.style.width = `${Math.max(0, level.rms_dbfs - least) / (most - least) * 100}%`;
  find("#meter").classList.toggle("open", open);
  find("#reason").textContent = reason || "…";
  channels(microphones_dbfs);
  gate.ariaChecked = on;
  gate.textContent = on ? words.gate : words.gateOff;
};

/** Asks again and again. A session that has ended leads back to the way in. */
const follow = async (path, show, pause) => {
  for (;;) {
    try {
      const answer = await fetch(path());
      if (answer.status === 401) location.replace("/login");
      show(await answer.json());
    } catch {
      link(words.away, false);
    }
    await new Promise(done => setTimeout(done, pause));
  }
};

const draw = plot(find("#plot"));
let after = 0;
const lately = answer => {
  // A box that restarted may count from another moment.
  after = answer.readings.at(-1)?.at ?? Math.min(after, answer.now);
  draw(answer);
};
follow(() => "/status", show, 500);
follow(() => "/meter", meter, 100);
follow(() => `/gate?after=${after}`, lately, 200);
