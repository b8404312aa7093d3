// A speaker's photo in the programme's form: chosen or dropped, seen in small, taken away. The bridge makes it a square.

import { because, say } from "./words.js";
import { ask } from "./views.js";

/** The bridge takes no more: said before it is sent. */
const MOST_MEGABYTES = 15;

const tooLarge = { code: "photo_too_large", values: { most: MOST_MEGABYTES }, detail: `the file has more than ${MOST_MEGABYTES} MB; make the photo smaller` };

/** Gives a speaker's row its photo, named so or null; `changed` is told the name of another one. */
export function photoPart(item, name, changed) {
  const root = document.getElementById("photo").content.cloneNode(true).firstElementChild;
  const find = (what) => root.querySelector(what);
  const part = { root, item, changed, name: null, picture: find("img"), choose: find(".choose"), remove: find(".remove-photo"),
    input: find("input"), said: find(".said"), bar: find("progress"), request: null };
  part.remove.textContent = say("photo_remove_short");
  part.choose.addEventListener("click", () => part.input.click());
  part.remove.addEventListener("click", () => {
    part.request?.abort();
    set(part, null);
    tell(part, "");
    // The button goes with the photo.
    part.choose.focus();
  });
  part.input.addEventListener("change", () => {
    if (part.input.files[0]) bring(part, part.input.files[0]);
    part.input.value = "";
  });
  item.addEventListener("dragenter", (event) => item.classList.toggle("over", takes(item, event)));
  item.addEventListener("dragleave", ({ relatedTarget }) => item.classList.toggle("over", item.contains(relatedTarget) && item.classList.contains("over")));
  item.addEventListener("drop", (event) => {
    item.classList.remove("over");
    if (takes(item, event)) bring(part, event.dataTransfer.files[0]);
  });
  show(part, name);
  if (name) look(part);
  return root;
}

/** Once the evening runs the form is closed. */
const takes = (item, { dataTransfer }) => dataTransfer.types.includes("Files") && !item.closest("fieldset:disabled");

/** Another name, told to the form, which labels the buttons anew. */
function set(part, name) {
  show(part, name);
  part.changed(name);
  part.item.dispatchEvent(new Event("input", { bubbles: true }));
}

function show(part, name) {
  part.name = name;
  part.root.classList.toggle("there", name !== null);
  part.choose.dataset.acts = name ? "photo_change" : "photo_add";
  part.choose.textContent = say(`${part.choose.dataset.acts}_short`);
  part.remove.hidden = name === null;
  part.picture.hidden = true;
  part.picture.alt = name ? say("photo_file", { file: name }) : "";
}

/** A picture's address cannot carry a token; so it is fetched with one, and shown from here. */
async function look(part) {
  const name = part.name;
  try {
    const answer = await ask(`/photos?${new URLSearchParams({ name })}`, { accept: "image/png" });
    const picture = await answer.blob();
    if (part.name !== name) return;
    part.picture.onload = () => URL.revokeObjectURL(part.picture.src);
    part.picture.src = URL.createObjectURL(picture);
    part.picture.hidden = false;
  } catch (error) {
    if (part.name === name) tell(part, `${say("photo_file", { file: name })} – ${because(error)}`, true);
  }
}

function tell(part, text, bad = false) {
  part.said.textContent = text;
  part.said.classList.toggle("wrong", bad);
}

function bring(part, file) {
  part.request?.abort();
  if (file.size > MOST_MEGABYTES * 1_000_000) {
    tell(part, because(tooLarge), true);
    return;
  }
  // XMLHttpRequest, because fetch tells nothing of a body that is on its way.
  const request = new XMLHttpRequest();
  part.request = request;
  request.open("POST", `/photos?${new URLSearchParams({ name: file.name.slice(-100) })}`);
  request.setRequestHeader("authorization", `Bearer ${sessionStorage.getItem("estrade.chair")}`);
  request.upload.onprogress = ({ loaded, total }) => {
    const sent = total ? loaded / total : 0;
    part.bar.value = sent;
    // By tenths: a screen reader reads each change.
    tell(part, sent < 1 ? say("photo_sending", { percent: Math.floor(sent * 10) * 10 }) : say("photo_making"));
  };
  request.onload = () => arrived(part, request);
  request.onerror = request.ontimeout = () => tell(part, say("photo_lost"), true);
  request.onloadend = () => {
    part.bar.hidden = true;
    part.request = null;
  };
  part.bar.hidden = false;
  part.bar.value = 0;
  part.bar.setAttribute("aria-label", say("photo_progress"));
  request.send(file);
}

function arrived(part, request) {
  let answer = {};
  try {
    answer = JSON.parse(request.responseText);
  } catch {
    // Not of the bridge, but of something on the way to it.
  }
  if (request.status !== 201) return tell(part, answer.detail ? because(answer) : say("photo_lost"), true);
  set(part, answer.name);
  tell(part, say("photo_brought"));
  look(part);
}
