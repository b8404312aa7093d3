"""Chooses the peers' settings: the whole of a small grid, over scenes of their own, the best score kept.

The winners are written into systems.py by hand: a setting that moves by itself is no setting.
"""

import itertools

from bench import pass_through
from measure.row import level_of, row
from systems import System, peer

GRIDS = {
    "rnnoise-vad-gate": ("rnnoise.py", "--gate --threshold {0} --close {1} --hold-ms {2} --look-ahead-ms {3}",
                         [(0.5, 0.7, 0.8, 0.9, 0.95, 0.98), (0.3, 0.6, 0.9), (100, 200, 300), (10, 30)]),
    "level-gate": ("level_gate.py", "--threshold {0} --close {1} --hold-ms {2}",
                   [(-52, -48, -44, -40, -36, -32), (3, 6, 10), (100, 200, 400)]),
    "speex-vad-gate": ("speex.py", "--gate --threshold {0} --hold-ms {1}", [(0.6, 0.8, 0.95, 0.99), (100, 200, 300)]),
    "webrtc-vad-gate": ("webrtc.py", "--gate --likelihood {0} --hold-ms {1}", [("very-low", "low", "moderate"), (0, 100, 200)]),
}  # fmt: skip
"""Peer: its command, its options, and the values tried for each."""


def tune(names, scenes, outputs, pool, say):
    """Prints each peer's five best settings, with what they cost."""
    for name in names or GRIDS:
        script, options, values = GRIDS[name]
        rows = []
        settings = list(itertools.product(*values))
        for number, setting in enumerate(settings, 1):
            folder = outputs / name
            folder.mkdir(parents=True, exist_ok=True)
            command = peer(script, options.format(*setting))
            heard, _ = pass_through(System(name, command), command, scenes, folder, pool, quality=False)
            rows.append((row(heard, level_of(heard)), setting))
            if number % 10 == 0:
                say(f"{name}: {number}/{len(settings)}")
        rows.sort(key=lambda entry: -(entry[0]["score"] or 0.0))
        for figures, setting in rows[:5]:
            told = " ".join(f"{key}={figures[key]:.1f}" for key in
                            ("score", "cut_whisper_db", "leak_whisper_pct", "cut_page_db", "leak_page_pct", "lost_pct", "late_mean_ms"))  # fmt: skip
            print(f"{name} {options.format(*setting)}: {told}", flush=True)
