// The report of the evening, on the chair's console: to read, to print, to keep.

import { because, language, say } from "./words.js";
import { ask, keep } from "./views.js";

const at = (id) => document.getElementById(id);

/** Wires the buttons. */
export function wireReport() {
  at("report-print").addEventListener("click", () => print());
  at("report-page").addEventListener("click", () => tell(async () => keep(await page(), `${say("report_file")}.html`)));
  at("report-data").addEventListener("click", () => tell(async () => keep(await ask("/report"), `${say("report_file")}.json`)));
}

/** Fetches the report anew and shows it. */
export function showReport() {
  return tell(async () => {
    const text = await (await page()).text();
    const { body } = new DOMParser().parseFromString(text, "text/html");
    at("report-shown").replaceChildren(...document.importNode(body.firstElementChild, true).childNodes);
  });
}

function page() {
  const offset = -new Date().getTimezoneOffset();
  return ask(`/report?lang=${language}&utc_offset=${offset}`, { accept: "text/html" });
}

async function tell(what) {
  at("report-said").textContent = "";
  try {
    await what();
  } catch (error) {
    at("report-said").textContent = say("bridge_says", { detail: because(error) });
  }
}
