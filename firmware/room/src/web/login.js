// The way in: a code on the television, typed here.

import { say, words } from "./words.js";

const said = document.querySelector("#said"), code = document.querySelector("#code");

/** Sends a request that is meant; says what became of it, or goes on. */
const send = async (path, body, done) => {
  said.className = "";
  try {
    const headers = { "x-estrade": "panel", "content-type": "application/json" };
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    if (answer.ok) return done();
    const { refused, left, seconds } = await answer.json();
    said.textContent = say(`${refused}Refused`, { left, minutes: Math.ceil(seconds / 60) });
  } catch {
    said.textContent = words.away;
  }
  said.className = "wrong";
};

document.querySelector("#show").onclick = () => send("/login/code", {}, () => {
  said.textContent = words.codeShown;
  code.focus();
});
document.querySelector("#enter").onsubmit = event => {
  event.preventDefault();
  send("/login/open", { code: code.value }, () => location.replace("/"));
};
