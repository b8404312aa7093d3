// The wall of `estrade demo`: each room's television, meter and buttons, and the chair's grant.

const cast = await (await fetch("cast")).json();
const cards = new Map();
let state = { floor: { holder: null, queue: [] }, rooms: [] };
let control;

document.querySelector("#console").href = cast.console;
document.querySelector("#listen").onclick = listen;
document.querySelector("#revoke").onclick = () => say({ type: "revoke_floor" });
// Four rooms stand two by two; more stand in rows of at most four.
document.querySelector("#rooms").style.setProperty("--columns", cast.rooms.length > 4 ? Math.ceil(cast.rooms.length / 2) : 2);
cast.rooms.forEach(addRoom);
join();
meters();

function addRoom({ name, picture }, index) {
  const card = document.querySelector("#room").content.firstElementChild.cloneNode(true);
  // One after the other: a button must not be let go before it was pressed.
  let sent = Promise.resolve();
  const press = call => sent = sent.then(() => fetch(`rooms/${index}/${call}`, { method: "POST", headers: { "x-estrade": "panel" } })).catch(() => {});
  const flip = (button, call) => press(`${call}/${button.ariaChecked === "true" ? "off" : "on"}`);
  card.querySelector("h2").textContent = `Salle de ${name}`;
  card.querySelector("img").src = picture;
  card.querySelector("img").alt = `Le téléviseur de ${name}`;
  for (const button of card.querySelectorAll("[data-panel]")) held(button, motion => press(`panel/${button.dataset.panel}/${motion}`));
  card.querySelector(".talk").onclick = ({ currentTarget }) => flip(currentTarget, "measure/talk");
  card.querySelector(".filter").onclick = ({ currentTarget }) => flip(currentTarget, "panel/gate");
  for (const button of card.querySelectorAll("[data-noise]"))
    button.onclick = () => press(`measure/audience/${button.dataset.noise}`);
  card.querySelector(".grant").onclick = () => say({ type: "grant_floor", room: name });
  document.querySelector("#rooms").append(card);
  cards.set(name, card);
}

// A button that counts as long as it is held, by pointer and by keyboard.
function held(button, press) {
  let down = false;
  const move = to => () => { if (down !== to) press((down = to) ? "down" : "up"); };
  const key = to => event => { if ([" ", "Enter"].includes(event.key)) { event.preventDefault(); move(to)(); } };
  // Who presses neither pointer nor key clicks.
  const click = ({ detail }) => { if (detail === 0) [true, false].forEach(to => move(to)()); };
  Object.assign(button, { onclick: click, onpointerdown: move(true), onpointerup: move(false), onpointerleave: move(false), onpointercancel: move(false), onblur: move(false), onkeydown: key(true), onkeyup: key(false) });
}

function say(message) {
  if (control.readyState === WebSocket.OPEN) control.send(JSON.stringify(message));
}

function join() {
  control = new WebSocket(cast.control);
  control.onopen = () => say({ type: "hello", version: 1, role: "chair", token: cast.chair_token });
  control.onmessage = ({ data }) => hear(JSON.parse(data));
  control.onclose = () => {
    document.querySelector("#floor").textContent = "Le pont ne répond pas, nouvel essai…";
    setTimeout(join, 1000);
  };
}

function hear(message) {
  if (message.type === "snapshot") state = message.state;
  else if (message.type === "event" && message.event.change === "floor") state.floor = message.event.floor;
  else if (message.type === "event" && message.event.change === "room") state.rooms = state.rooms.map(r => r.name === message.event.room.name ? message.event.room : r);
  else if (message.type === "refused") return alertFloor(`Refusé : ${message.reason}`);
  else return;
  show();
}

// What a further room would hear: the voices of the conference, by WHEP as any player takes them.
let ear;
async function listen() {
  if (ear) {
    ear.peer.close();
    fetch(ear.session, { method: "DELETE" }).catch(() => {});
    ear = undefined;
  } else {
    const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    try {
      ear = { peer, session: await watch(peer) };
    } catch (error) {
      peer.close();
      alertFloor(`Écoute impossible : ${error.message}`);
    }
  }
  document.querySelector("#listen").setAttribute("aria-pressed", Boolean(ear));
}

async function watch(peer) {
  peer.ontrack = ({ track }) => {
    const player = new Audio();
    player.srcObject = new MediaStream([track]);
    player.play();
  };
  for (let voice = 0; voice < 3; voice++) peer.addTransceiver("audio", { direction: "recvonly" });
  await peer.setLocalDescription();
  const answer = await fetch(cast.listen, {
    method: "POST",
    headers: { Authorization: `Bearer ${cast.chair_token}`, "Content-Type": "application/sdp" },
    body: peer.localDescription.sdp,
  });
  if (answer.status !== 201) throw new Error((await answer.json()).detail);
  await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  return new URL(answer.headers.get("Location"), answer.url);
}

function alertFloor(text) { document.querySelector("#floor").textContent = text; }

function show() {
  const { holder, queue } = state.floor;
  alertFloor(holder ? `${holder} a la parole` : queue.length ? `${queue[0]} demande la parole` : "La parole est libre");
  document.querySelector("#revoke").disabled = !holder;
  for (const room of state.rooms) {
    const card = cards.get(room.name);
    if (!card) continue;
    const asking = queue.includes(room.name), holds = holder === room.name;
    card.classList.toggle("holder", holds);
    card.classList.toggle("asking", asking);
    card.querySelector(".speak").setAttribute("aria-pressed", asking || holds);
    card.querySelector(".mute").setAttribute("aria-pressed", room.status.muted);
    card.querySelector(".grant").disabled = holds || !room.present;
    card.querySelector(".state").textContent = words(room, holds, asking ? queue.indexOf(room.name) + 1 : 0);
  }
}

function words(room, holds, place) {
  if (!room.present) return "absente";
  const parts = [];
  if (holds) parts.push("a la parole");
  if (place) parts.push(`demande la parole (${place})`);
  if (room.status.muted) parts.push("micro coupé par la salle");
  else if (!room.microphone_open) parts.push("micro fermé");
  if (!room.publishing || !room.watching) parts.push("liaison en cours");
  for (const [device, name] of [["camera", "caméra"], ["microphones", "micro"]])
    if (room.status[device].state === "missing") parts.push(`${name} absent : ${room.status[device].detail}`);
  return parts.join(" · ") || "en conférence";
}

// Ten times a second: a meter that lags behind the ear explains nothing.
async function meters() {
  try {
    const all = await (await fetch("meters")).json();
    [...cards.values()].forEach((card, index) => all[index] && meter(card, all[index]));
  } catch { /* the demo stops: the meters stand still */ }
  setTimeout(meters, 100);
}

function meter(card, { level, gate, talks }) {
  const bar = card.querySelector(".level"), { ariaValueMin: least, ariaValueMax: most } = bar;
  bar.ariaValueNow = Math.round(level.rms_dbfs);
  bar.firstElementChild.style.width = `${Math.max(0, level.rms_dbfs - least) / (most - least) * 100}%`;
  card.querySelector(".gate").classList.toggle("open", gate.open);
  card.querySelector(".reason").textContent = gate.words || "…";
  card.querySelector(".filter").ariaChecked = gate.on;
  card.querySelector(".talk").ariaChecked = talks;
}
