// WHIP (RFC 9725) and WHEP, as any player would speak them: one POST, one DELETE.

/** The bridge said no; `status` and its words. */
export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** The connections that are open, for whoever wants their figures. */
export const open = new Set();

/** Opens a session; resolves to its address once the answer is applied. */
async function offerTo(endpoint, token, peer) {
  await peer.setLocalDescription();
  // The bridge is ICE-lite: it learns our addresses from our checks, so none is waited for.
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/sdp" },
    body: peer.localDescription.sdp,
  });
  if (response.status !== 201) {
    const problem = await response.json().catch(() => ({ detail: response.statusText }));
    throw new Refused(response.status, problem.detail);
  }
  const session = new URL(response.headers.get("Location"), response.url);
  await peer.setRemoteDescription({ type: "answer", sdp: await response.text() });
  return session;
}

function connection() {
  const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  open.add(peer);
  return peer;
}

/** Ends a session, even while the page is being closed. */
function close(peer, session) {
  open.delete(peer);
  peer.close();
  if (session) fetch(session, { method: "DELETE", keepalive: true }).catch(() => {});
}

/** Resolves when a connection is of no use any more. */
function lost(peer) {
  return new Promise((resolve) => {
    peer.addEventListener("connectionstatechange", () => {
      if (["failed", "closed"].includes(peer.connectionState)) resolve();
    });
  });
}

/**
 * Receives `videos` pictures (main first) and three sounds.
 * `shows` is called with the names of the rooms in the slots, whenever they change.
 */
export async function watch(token, videos, shows) {
  const peer = connection();
  const slots = Array.from({ length: videos }, () => peer.addTransceiver("video", { direction: "recvonly" }));
  const sounds = Array.from({ length: 3 }, () => peer.addTransceiver("audio", { direction: "recvonly" }));
  const gone = lost(peer);
  let session;
  try {
    session = await offerTo("/whep", token, peer);
  } catch (error) {
    close(peer);
    throw error;
  }
  const names = new EventSource(`${session}/shows`);
  names.onmessage = (message) => {
    const { main, thumbs } = JSON.parse(message.data);
    shows([main, ...thumbs]);
  };
  return {
    peer,
    gone,
    pictures: slots.map((slot) => new MediaStream([slot.receiver.track])),
    sounds: sounds.map((sound) => new MediaStream([sound.receiver.track])),
    close() {
      names.close();
      close(peer, session);
    },
  };
}

/** The layers that a box sends: large, and small for the strips of the others. */
const LAYERS = [
  { rid: "main", maxBitrate: 2_500_000, maxFramerate: 25 },
  { rid: "thumb", maxBitrate: 120_000, maxFramerate: 10, scaleResolutionDownBy: 4 },
];

/** Sends one picture in two layers, and one sound. */
export async function publish(token, stream) {
  const peer = connection();
  for (const track of stream.getTracks()) {
    const sendEncodings = track.kind === "video" ? LAYERS : [];
    peer.addTransceiver(track, { direction: "sendonly", streams: [stream], sendEncodings });
  }
  const gone = lost(peer);
  try {
    const session = await offerTo("/whip", token, peer);
    return { peer, gone, close: () => close(peer, session) };
  } catch (error) {
    close(peer);
    throw error;
  }
}

/** Waits longer after each failure, from half a second to eight, never two clients in step. */
export function backOff() {
  let failures = 0;
  return {
    reset: () => (failures = 0),
    wait: () => {
      const longest = Math.min(8000, 500 * 2 ** failures++);
      return new Promise((resolve) => setTimeout(resolve, longest * (0.5 + Math.random() / 2)));
    },
  };
}

/** The token from the address (`#token=…`), which is then wiped from it. */
export function tokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

/** A button that turns the sounds of a session on and off; off at first, as browsers want it. */
export function listenButton(button, say) {
  const players = [];
  const show = () => {
    const on = button.getAttribute("aria-pressed") === "true";
    button.textContent = say(on ? "silence" : "listen");
    for (const player of players) player.muted = !on;
  };
  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    show();
  });
  show();
  return (sounds) => {
    for (const old of players.splice(0)) old.srcObject = null;
    for (const sound of sounds) {
      const player = new Audio();
      player.muted = true;
      player.srcObject = sound;
      player.play().catch(() => {});
      players.push(player);
    }
    button.hidden = false;
    show();
  };
}
