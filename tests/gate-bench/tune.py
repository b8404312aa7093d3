"""Chooses the peers' settings: the whole of a small grid, over scenes of their own, the best score kept.

The winners are written into systems.py by hand: a setting that moves by itself is no setting.
"""

import itertools
import tempfile
from pathlib import Path

import sound
from measure import alignment, blackbox
from measure.row import level_of, row
from measure.scene import hear
from measure.truth import truth
from synth.scenes import about, stems_of
from systems import peer, rnnoise

GRIDS = {
    "rnnoise-vad-gate": ("rnnoise.py", "--gate --threshold {0} --close {1} --hold-ms {2} --look-ahead-ms {3}",
                         [(0.7, 0.85, 0.93, 0.97), (0.3, 0.6, 0.9), (100, 200, 300), (10, 30)]),
    "level-gate": ("level_gate.py", "--threshold {0} --close {1} --hold-ms {2}",
                   [(-48, -44, -40, -36, -32), (3, 6, 10), (100, 200, 400)]),
    "speex-vad-gate": ("speex.py", "--gate --threshold {0} --hold-ms {1}", [(0.6, 0.8, 0.95, 0.99), (100, 200, 300)]),
    "webrtc-vad-gate": ("webrtc.py", "--gate --likelihood {0} --hold-ms {1}", [("very-low", "low", "moderate"), (0, 100, 200)]),
}  # fmt: skip
"""Peer: its command, its options, and the values tried for each. No gate may look ahead further than ours, 30 ms."""
SCORED = ("S1", "S2", "S3", "S4", "S7")
"""The families that the score is made of."""


def tune(names, scenes, work, pool, say):
    """Prints each peer's five best settings, with what they cost."""
    scenes = [scene for scene in scenes if about(scene)["family"] in SCORED]
    for name in names or GRIDS:
        script, options, values = GRIDS[name]
        settings = [options.format(*setting) for setting in itertools.product(*values)]
        before = f"{rnnoise(work)} " if script == "rnnoise.py" else ""
        commands = [peer(script, before + setting) for setting in settings]
        delays = list(pool.map(delay_of, commands, [scenes[0]] * len(commands)))
        jobs = [pool.submit(try_all, scene, commands, delays) for scene in scenes]
        by_scene = []
        for number, job in enumerate(jobs, 1):
            by_scene.append(job.result())
            say(f"{name}: {len(commands)} settings on {number}/{len(jobs)} scenes")
        rows = [(row(list(heard), level_of(heard)), setting) for heard, setting in zip(zip(*by_scene), settings)]
        rows.sort(key=lambda entry: -(entry[0]["score"] or 0.0))
        for figures, setting in rows[:5]:
            told = " ".join(f"{key}={figures[key]:.1f}" for key in
                            ("score", "cut_whisper_db", "leak_whisper_pct", "cut_page_db", "leak_page_pct", "lost_pct", "late_mean_ms"))  # fmt: skip
            print(f"{name} {setting}: {told}", flush=True)


def delay_of(command, scene):
    """Job: its constant delay in samples, from speech alone."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.wav"
        blackbox.run(command, scene / "one.wav", target)
        found, agreement = alignment.constant_delay(sound.read_mono(scene / "one.wav"), sound.read_mono(target))
    return found if agreement > 0.3 else 0


def try_all(scene, commands, delays):
    """Job: what each command makes of a scene."""
    stems, family = stems_of(scene), about(scene)["family"]
    marked, mixed = truth(stems), sound.read_mono(scene / "one.wav")
    heard = []
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.wav"
        for command, delay in zip(commands, delays):
            blackbox.run(command, scene / "one.wav", target)
            output = alignment.shifted(sound.read_mono(target), delay, len(mixed))
            heard.append(hear(scene.name, family, stems, marked, mixed, output, quality=False))
    return heard
