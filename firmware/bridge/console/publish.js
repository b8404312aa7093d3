// A browser that takes the place of a room's box, by WHIP alone.

import { say, setLanguage } from "./words.js";
import { Refused, backOff, publish, tokenFromAddress } from "./media.js";

const at = (id) => document.getElementById(id);
setLanguage();

const WISHES = {
  video: { width: 1280, height: 720, frameRate: 25 },
  audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true },
};

function ask(wrong) {
  at("link").textContent = "";
  at("wrong").textContent = wrong ?? "";
  at("enter").hidden = false;
  at("screen").hidden = true;
  at("token").focus();
}

async function run(token) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia(WISHES);
  } catch (error) {
    return ask(say("no_devices", { detail: error.message }));
  }
  at("preview").srcObject = stream;
  at("enter").hidden = true;
  at("screen").hidden = false;
  let stopped = false;
  let session;
  const stop = () => {
    stopped = true;
    session?.close();
  };
  at("stop").onclick = stop;
  addEventListener("pagehide", stop);
  const patience = backOff();
  at("link").textContent = say("connecting");
  let why;
  while (!stopped) {
    try {
      session = await publish(token, stream);
      patience.reset();
      at("link").textContent = say("connected");
      // Closing on our side raises no event, so stop is awaited, too.
      await Promise.race([session.gone, new Promise((resolve) => at("stop").addEventListener("click", resolve))]);
      session.close();
    } catch (error) {
      if (error instanceof Refused && error.status < 500) {
        why = error.status === 401 ? say("wrong_token") : say("bridge_says", { detail: error.message });
        break;
      }
    }
    if (!stopped) {
      at("link").textContent = say("lost");
      await patience.wait();
    }
  }
  removeEventListener("pagehide", stop);
  for (const track of stream.getTracks()) track.stop();
  ask(why);
}

at("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  run(at("token").value.trim());
});
const token = tokenFromAddress();
if (token) run(token);
else ask();
