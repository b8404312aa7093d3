// What the gate did in the last seconds: level, how sure of a voice, open or closed, and why.

import { say, words } from "./words.js";

/** Seconds that are seen. */
const SPAN = 45;
/** The least level that is drawn, in dB of full scale. */
const LEAST = -70;
/** Without a reading for so long, in ms, there is nothing to draw. */
const GAP = 400;
const INK = { paper: "#0b1117", line: "#ffffff30", text: "#a9b7c4", open: "#35c46a", closed: "#6d7c8a", voice: "#ffc94d", dark: "#07140c" };

/** Draws on a canvas; gives what takes in each answer of /gate. */
export const plot = canvas => {
  let seen = [];
  const draw = now => {
    const { clientWidth: width, clientHeight: height } = canvas, scale = devicePixelRatio || 1;
    Object.assign(canvas, { width: width * scale, height: height * scale });
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const floor = height - 42, across = at => width - (now - at) / 1000 / SPAN * width;
    const up = share => floor - Math.min(1, Math.max(0, share)) * (floor - 6);
    const level = dbfs => up((dbfs - LEAST) / -LEAST);
    pen.font = '12px "DejaVu Sans", sans-serif';
    pen.fillStyle = INK.paper;
    pen.fillRect(0, 0, width, height);
    for (const [a, b] of pairs(seen)) {
      const left = across(a.at), right = across(b.at);
      pen.fillStyle = a.open ? INK.open : INK.closed;
      pen.fillRect(left, level(b.level), right - left + .5, floor - level(b.level));
    }
    pen.beginPath();
    for (const [a, b] of pairs(seen)) {
      pen.moveTo(across(a.at), up(a.voice));
      pen.lineTo(across(b.at), up(b.voice));
    }
    Object.assign(pen, { strokeStyle: INK.voice, lineWidth: 1.6 });
    pen.stroke();
    for (const { from, to, open, words } of reasons(seen)) {
      const left = across(from), wide = across(to) - left;
      pen.fillStyle = open ? INK.open : INK.closed;
      pen.fillRect(left, floor + 4, Math.max(1, wide - 1), 18);
      if (pen.measureText(words).width + 8 > wide) continue;
      pen.fillStyle = INK.dark;
      pen.fillText(words, left + 4, floor + 17);
    }
    marks(pen, { width, height, level });
    if (seen.length === 0) {
      pen.fillStyle = INK.text;
      pen.fillText(words.nothingHeard, 12, floor / 2);
    }
  };
  return ({ now, readings }) => {
    seen = [...seen, ...readings].filter(({ at }) => at > now - SPAN * 1000 && at <= now);
    draw(now);
  };
};

/** Levels and times, over all the rest. */
const marks = (pen, { width, height, level }) => {
  for (const dbfs of [-60, -40, -20]) {
    const text = `${dbfs} dB`.replace("-", "−");
    pen.fillStyle = INK.line;
    pen.fillRect(0, level(dbfs), width, 1);
    pen.fillStyle = INK.paper;
    pen.fillRect(0, level(dbfs) - 16, pen.measureText(text).width + 8, 16);
    pen.fillStyle = INK.text;
    pen.fillText(text, 4, level(dbfs) - 4);
  }
  pen.fillStyle = INK.text;
  for (const n of [30, 15]) {
    pen.fillText(say("seconds", { n }), width * (1 - n / SPAN), height - 5);
  }
  pen.textAlign = "right";
  pen.fillText(words.now, width - 4, height - 5);
  pen.textAlign = "left";
};

/** Neighbours in time. */
const pairs = seen => seen.slice(1).map((b, n) => [seen[n], b]).filter(([a, b]) => b.at - a.at < GAP);

/** Stretches of one reason. */
const reasons = seen => {
  const all = [];
  for (const [a, b] of pairs(seen)) {
    const last = all.at(-1);
    if (last?.reason === a.reason && last.to === a.at) last.to = b.at;
    else all.push({ reason: a.reason, words: a.words, open: a.open, from: a.at, to: b.at });
  }
  return all;
};
