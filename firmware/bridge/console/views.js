// The console's views, by the address: the evening first, the programme, the report, the boxes.

const VIEWS = ["evening", "programme", "report", "boxes"];
const at = (id) => document.getElementById(id);

/** Shows the view that the address names; calls `shown[name]` when one comes to be seen. */
export function wireViews(shown) {
  const show = () => {
    const named = location.hash.slice(1);
    const view = VIEWS.includes(named) ? named : "evening";
    const language = at("language");
    language.href = language.href.replace(/#.*|$/, view === "evening" ? "" : `#${view}`);
    for (const name of VIEWS) at(name).hidden = name !== view;
    for (const link of at("views").querySelectorAll("a")) {
      if (link.hash === `#${view}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    shown[view]?.();
  };
  addEventListener("hashchange", () => {
    if (at("views").hidden) return;
    show();
    // Not at the element of that name, but at its top, with the views in sight.
    scrollTo(0, 0);
  });
  return {
    open() {
      at("views").hidden = false;
      show();
    },
    close() {
      at("views").hidden = true;
      for (const name of VIEWS) at(name).hidden = true;
    },
  };
}

/** Asks the bridge as the chair. A refusal is an error with its reason, and `mistakes` where there are any. */
export async function ask(path, { accept = "application/json", ...rest } = {}) {
  const token = sessionStorage.getItem("estrade.chair");
  const headers = { Authorization: `Bearer ${token}`, Accept: accept, ...rest.headers };
  const response = await fetch(path, { ...rest, headers });
  if (response.ok) return response;
  const { detail, code, values, mistakes = [] } = await response.json().catch(() => ({ detail: response.statusText }));
  throw Object.assign(new Error(detail), { status: response.status, detail, code, values, mistakes });
}

/** Lets the browser keep an answer as a file, under the name that the bridge gives it or this one. */
export async function keep(response, otherwise) {
  const named = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = named?.[1] ?? otherwise;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
