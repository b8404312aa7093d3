"""Runs systems over scenes and measures them, on all processors."""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import sound
from measure import alignment, blackbox
from measure.row import level_of, row
from measure.scene import hear
from measure.truth import truth
from synth.scenes import about, stems_of


@dataclass
class Result:
    """All of one system: its figures, what they were made of, and where its outputs lie."""

    system: object
    figures: dict
    heard: list
    level: float
    outputs: Path
    delay: int = 0
    curve: list = field(default_factory=list)
    failure: str | None = None


def source_of(folder, channels):
    """The file a system gets."""
    return folder / ("one.wav" if channels == 1 else "four.wav")


def play(command, channels, folder, outputs):
    """Job: one scene through one command. Gives the delay found in it, in samples, and how sure that is."""
    target = outputs / f"{folder.name}.wav"
    blackbox.run(command, source_of(folder, channels), target)
    if about(folder)["family"] != "S1":
        return 0, 0.0
    return alignment.constant_delay(sound.read_mono(folder / "one.wav"), sound.read_mono(target))


def measure(folder, outputs, delay, elastic, quality):
    """Job: one output against its scene."""
    stems = stems_of(folder)
    mixed, output = sound.read_mono(folder / "one.wav"), sound.read_mono(outputs / f"{folder.name}.wav")
    if elastic:
        output = alignment.unwarped(output, alignment.local_delays(mixed, output), len(mixed))
    else:
        output = alignment.shifted(output, delay, len(mixed))
    return hear(folder.name, about(folder)["family"], stems, truth(stems), mixed, output, quality)


def apart(command, channels, scenes, delay):
    """Job: look-ahead and cost, which are measured on few scenes."""
    speech = [scene for scene in scenes if about(scene)["family"] == "S1"][:1] or scenes[:1]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        ahead = blackbox.look_ahead(command, sound.read(source_of(speech[0], channels)), delay, folder)
        cost = blackbox.cpu(command, [source_of(scene, channels) for scene in scenes[:4]], folder)
    return ahead, cost


def assess(system, scenes, outputs, pool, quality=True, curve=True):
    """One system over all scenes. A command that fails gives a result with its failure, and no figures."""
    shutil.rmtree(outputs, ignore_errors=True)
    outputs.mkdir(parents=True)
    try:
        heard, delay = pass_through(system, system.line(), scenes, outputs, pool, quality)
        result = Result(system, {}, heard, level_of(heard), outputs, delay)
        figures = pool.submit(apart, system.line(), system.channels, scenes, delay) if quality else None
        if curve:
            for threshold in system.thresholds:
                result.curve.append(point(system, threshold, scenes, outputs / "curve", pool))
        result.figures = row(heard, result.level)
        if figures:
            result.figures["look_ahead_ms"], result.figures["cpu"] = figures.result()
        result.figures["delay_ms"] = delay / 48.0
        return result
    except blackbox.CommandFailed as error:
        return Result(system, {}, [], 0.0, outputs, failure=str(error))


def pass_through(system, command, scenes, outputs, pool, quality):
    """What was heard in each scene, and the command's constant delay in samples: the median of what S1 tells."""
    jobs = [pool.submit(play, command, system.channels, scene, outputs) for scene in scenes]
    found = [job.result() for job in jobs]
    sure = [delay for delay, agreement in found if agreement > 0.3]
    delay = int(np.median(sure)) if sure else 0
    jobs = [pool.submit(measure, scene, outputs, delay, system.elastic, quality) for scene in scenes]
    return [job.result() for job in jobs], delay


def point(system, threshold, scenes, outputs, pool):
    """One point of the trade-off curve: the few figures it is about."""
    outputs.mkdir(exist_ok=True)
    wanted = [scene for scene in scenes if about(scene)["family"] in ("S1", "S2", "S4", "S7")]
    heard, _ = pass_through(system, system.line(threshold), wanted, outputs, pool, quality=False)
    figures = row(heard, level_of(heard))
    keys = ("cut_whisper_db", "leak_whisper_pct", "lost_pct", "late_mean_ms")
    return {"threshold": threshold} | {key: figures[key] for key in keys}
