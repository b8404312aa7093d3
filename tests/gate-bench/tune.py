"""Chooses the peers' settings: the whole of a small grid, over scenes of their own, the best score kept.

The winners are written into systems.py by hand: a setting that moves by itself is no setting.
"""

import importlib
import itertools
import shlex
import sys
import tempfile
from pathlib import Path

import sound
from measure import alignment
from measure.row import level_of, row
from measure.scene import hear
from measure.truth import truth
from synth.scenes import about, stems_of
from systems import HERE, rnnoise

sys.path.append(str(HERE / "peers"))

GRIDS = {
    "rnnoise-vad-gate": ("rnnoise", "--gate --threshold {0} --close {1} --hold-ms {2} --look-ahead-ms {3}",
                         [(0.3, 0.5, 0.7, 0.85, 0.95), (0.5, 0.9), (100, 200, 300, 450), (10, 30)]),
    "level-gate": ("level_gate", "--threshold {0} --close {1} --hold-ms {2}",
                   [(-48, -42, -36, -32, -28, -24), (6, 10, 14), (100, 200, 400)]),
    "speex-vad-gate": ("speex", "--gate --threshold {0} --hold-ms {1}", [(0.6, 0.8, 0.95, 0.99), (100, 200, 300)]),
    "webrtc-vad-gate": ("webrtc", "--gate --likelihood {0} --hold-ms {1}", [("very-low", "low", "moderate"), (0, 100, 200)]),
}  # fmt: skip
"""Peer: its module, its options, and the values tried for each. No gate may look ahead further than ours, 30 ms."""
SCORED = ("S1", "S2", "S3", "S4", "S7")
"""The families that the score is made of."""
TOLD = ("score", "cut_whisper_db", "leak_whisper_pct", "cut_page_db", "leak_page_pct", "lost_pct", "late_mean_ms")


def tune(names, scenes, work, pool, say):
    """Prints each peer's five best settings, with what they cost."""
    scenes = [scene for scene in scenes if about(scene)["family"] in SCORED]
    for name in names or GRIDS:
        script, options, values = GRIDS[name]
        settings = [options.format(*setting) for setting in itertools.product(*values)]
        before = rnnoise(work) if script == "rnnoise" else ""
        delays = delays_of(script, before, settings, scenes[0])
        jobs = [pool.submit(try_all, scene, script, before, settings, delays) for scene in scenes]
        by_scene = []
        for number, job in enumerate(jobs, 1):
            by_scene.append(job.result())
            say(f"{name}: {len(settings)} settings on {number}/{len(jobs)} scenes")
        rows = [(row(list(heard), level_of(heard)), setting) for heard, setting in zip(zip(*by_scene), settings)]
        rows.sort(key=lambda entry: -(entry[0]["score"] or 0.0))
        for figures, setting in rows[:5]:
            told = " ".join(f"{key}={figures[key]:.1f}" for key in TOLD)
            print(f"{name} {setting}: {told}", flush=True)


def outputs_of(script, before, settings, scene):
    """What a peer makes of a scene at each setting. Run in this process: starting Python would take longer than the work."""
    main = importlib.import_module(script).main
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.wav"
        for setting in settings:
            main([*shlex.split(f"{before} {setting}"), str(scene / "one.wav"), str(target)])
            yield sound.read_mono(target)


def delays_of(script, before, settings, scene):
    """The constant delay of each setting in samples, from a scene of speech alone."""
    mixed = sound.read_mono(scene / "one.wav")
    found = [alignment.constant_delay(mixed, output) for output in outputs_of(script, before, settings, scene)]
    return [delay if agreement > 0.3 else 0 for delay, agreement in found]


def try_all(scene, script, before, settings, delays):
    """Job: every setting on one scene."""
    stems, family = stems_of(scene), about(scene)["family"]
    marked, mixed = truth(stems), sound.read_mono(scene / "one.wav")
    outputs = outputs_of(script, before, settings, scene)
    aligned = (alignment.shifted(output, delay, len(mixed)) for output, delay in zip(outputs, delays))
    return [hear(scene.name, family, stems, marked, mixed, output, quality=False) for output in aligned]
