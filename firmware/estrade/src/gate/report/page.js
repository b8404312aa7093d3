// Shows what a moment is, under the pointer.
const lanes = document.getElementById('lanes');
const cursor = document.getElementById('cursor');
const tip = document.getElementById('tip');

function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = n => String(n).padStart(2, '0');
  const ms = String(Math.floor(seconds * 1000) % 1000).padStart(3, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const start = hours ? hours + ':' + two(minutes) : minutes;
  return start + ':' + two(whole % 60) + data.mark + ms;
}

const level = db => (db <= -120 ? '\u2212\u221e' : String(db).replace('-', '\u2212')) + ' dB';

function show(event) {
  const box = lanes.getBoundingClientRect();
  const plot = lanes.querySelector('.plot').getBoundingClientRect();
  const share = (event.clientX - plot.left) / plot.width;
  const n = Math.floor(share * data.reasons.length);
  cursor.hidden = tip.hidden = !(n >= 0 && n < data.reasons.length);
  if (tip.hidden) return;
  const [voice, before, after] = data.words;
  tip.textContent = clock(share * data.reasons.length * data.step) + '   ' + data.names[data.reasons[n]] +
    '\n' + voice + ' ' + data.voice[n] + ' %' +
    '\n' + before + ' ' + level(data.before[n]) + ', ' + after + ' ' + level(data.after[n]);
  const x = event.clientX - box.left;
  cursor.style.left = x + 'px';
  const right = x + 14 + tip.offsetWidth > box.width;
  tip.style.left = (right ? x - 14 - tip.offsetWidth : x + 14) + 'px';
  tip.style.top = Math.max(0, event.clientY - box.top - tip.offsetHeight - 14) + 'px';
}

lanes.addEventListener('pointermove', show);
lanes.addEventListener('pointerdown', show);
lanes.addEventListener('pointerleave', () => { cursor.hidden = tip.hidden = true; });
