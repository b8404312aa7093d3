// Lists whose order people change: by dragging with mouse or finger, or by two buttons.

import { say } from "./words.js";

/** Gives each item of a list a grip and two buttons, now and later; `moved` is called after each change of order. */
export function orderable(list, moved) {
  const equip = () => {
    for (const item of list.children) if (!item.querySelector(":scope > .moves")) addMoves(list, item, moved);
    name(list);
  };
  new MutationObserver(equip).observe(list, { childList: true });
  list.addEventListener("input", () => name(list));
  equip();
}

/** What a screen reader says of the buttons: which item they move. */
function name(list) {
  for (const item of list.children) {
    for (const button of item.querySelectorAll("[data-acts]")) {
      button.setAttribute("aria-label", say(button.dataset.acts, { name: item.dataset.name }));
    }
  }
  list.firstElementChild?.querySelector("[data-acts=move_up]")?.setAttribute("aria-disabled", "true");
  for (const item of list.children) {
    const ends = { move_up: item === list.firstElementChild, move_down: item === list.lastElementChild };
    for (const [acts, end] of Object.entries(ends)) {
      item.querySelector(`[data-acts=${acts}]`)?.setAttribute("aria-disabled", String(end));
    }
  }
}

function addMoves(list, item, moved) {
  const moves = document.createElement("div");
  moves.className = "moves";
  const grip = document.createElement("span");
  grip.className = "grip";
  grip.textContent = "⠿";
  grip.setAttribute("aria-hidden", "true");
  grip.addEventListener("pointerdown", (event) => drag(event, list, item, moved));
  moves.append(grip, mover("move_up", "↑"), mover("move_down", "↓"));
  item.prepend(moves);

  function mover(acts, sign) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.acts = acts;
    button.textContent = sign;
    button.addEventListener("click", () => {
      const other = acts === "move_up" ? item.previousElementSibling : item.nextElementSibling;
      if (!other) return;
      if (acts === "move_up") other.before(item);
      else other.after(item);
      // Moving an element takes its focus.
      button.focus();
      tell(list, item, moved);
    });
    return button;
  }
}

/** The item follows the pointer until it is let go. */
function drag(event, list, item, moved) {
  if (event.button !== 0 || item.closest("fieldset:disabled")) return;
  event.preventDefault();
  const grip = event.currentTarget;
  const before = [...list.children].indexOf(item);
  grip.setPointerCapture(event.pointerId);
  item.classList.add("dragged");
  const follow = ({ clientY }) => {
    const above = [...list.children].filter((other) => {
      const { top, height } = other.getBoundingClientRect();
      return other !== item && top + height / 2 < clientY;
    });
    const last = above.at(-1);
    if (last ? last.nextElementSibling !== item : list.firstElementChild !== item) {
      if (last) last.after(item);
      else list.prepend(item);
      grip.setPointerCapture(event.pointerId);
    }
  };
  const end = () => {
    grip.removeEventListener("pointermove", follow);
    item.classList.remove("dragged");
    if ([...list.children].indexOf(item) !== before) tell(list, item, moved);
  };
  grip.addEventListener("pointermove", follow);
  grip.addEventListener("pointerup", end, { once: true });
  grip.addEventListener("pointercancel", end, { once: true });
}

function tell(list, item, moved) {
  moved();
  name(list);
  const place = [...list.children].indexOf(item) + 1;
  const gaps = { name: item.dataset.name, place, all: list.children.length };
  document.getElementById("announce").textContent = say("moved", gaps);
}
