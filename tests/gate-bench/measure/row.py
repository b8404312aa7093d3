"""From what was heard in the scenes to a system's row, and from two rows to what can be said of them."""

from dataclasses import dataclass

import numpy as np

from measure.truth import DISTURBERS
from sound import db

MOST_CUT = 60.0
"""dB; a scene counts as cut by that much at most: digital silence must not outweigh all others."""
LEAKS_UNDER = 20.0
"""dB; a frame cut by less has leaked."""
LOST_OVER = 10.0
"""dB; a speech frame cut by more is lost."""
OPEN_WITHIN = 6.0
"""dB; an utterance has begun to be heard when the output is that near to it."""
CLEAN, DISTURBED = ("S1", "S7"), ("S4", "S5")


@dataclass
class Column:
    """`key` in JSON; `title` in a table; `better`: +1 more, -1 less, 0 neither."""

    key: str
    title: str
    better: int
    digits: int = 1


CUT = [
    *(Column(f"cut_{kind}_db", f"{kind} cut dB", 1) for kind in DISTURBERS),
    *(Column(f"leak_{kind}_pct", f"{kind} leak %", -1) for kind in DISTURBERS),
    Column("under_whisper_db", "whisper under speech dB", 1),
    Column("under_page_db", "page under speech dB", 1),
]
KEPT = [
    Column("lost_pct", "speech lost %", -1),
    Column("lost_unvoiced_pct", "unvoiced lost %", -1),
    Column("lost_far_pct", "far lost %", -1),
    Column("late_mean_ms", "onset late ms", -1, 0),
    Column("late_p95_ms", "p95 ms", -1, 0),
    Column("pesq_clean", "PESQ clean", 1, 2),
    Column("pesq_disturbed", "PESQ disturbed", 1, 2),
    Column("stoi_clean", "STOI clean", 1, 3),
    Column("stoi_disturbed", "STOI disturbed", 1, 3),
    Column("si_sdr_clean_db", "SI-SDR clean dB", 1),
    Column("si_sdr_disturbed_db", "SI-SDR disturbed dB", 1),
]
WHOLE = [
    Column("score", "score", 1, 0),
    Column("level_db", "level dB", 0),
    Column("spread_db", "spread dB", 0),
]
"""What the scenes tell of the two together."""
COMMAND = [
    Column("look_ahead_ms", "look-ahead ms", 0, 0),
    Column("delay_ms", "delay ms", 0, 0),
    Column("cpu", "CPU s/s", -1, 4),
]
"""Of the command as such, not of its scenes."""
COLUMNS = [*CUT, *KEPT, *WHOLE]


def level_of(scenes):
    """The gain a system gives to speech that nothing disturbs, in dB: the median over its frames."""
    gains = [scene.gains for scene in scenes if scene.family in CLEAN and scene.gains is not None]
    return float(np.median(np.concatenate(gains))) if gains else 0.0


def row(scenes, level):
    """The figures of a system; None where no scene tells. `level`: its gain, taken off first."""
    figures = {column.key: None for column in COLUMNS}
    for kind in DISTURBERS:
        alone = [scene.alone[kind] for scene in scenes if kind in scene.alone]
        if alone:
            cuts = [capped(part.power_in, part.power_out, level) for part in alone]
            frames = np.concatenate([part.cuts for part in alone]) + level
            figures[f"cut_{kind}_db"] = float(np.mean(cuts))
            figures[f"leak_{kind}_pct"] = 100.0 * float(np.mean(frames < LEAKS_UNDER))
        under = [scene.under[kind] for scene in scenes if kind in scene.under]
        if under and kind != "other":
            figures[f"under_{kind}_db"] = float(np.mean([capped(*powers, level) for powers in under]))
    figures |= speech_figures([scene for scene in scenes if scene.gains is not None], level)
    for name, families in (("clean", CLEAN), ("disturbed", DISTURBED)):
        for source, key in (("pesq", f"pesq_{name}"), ("stoi", f"stoi_{name}"), ("si_sdr", f"si_sdr_{name}_db")):
            values = [getattr(scene, source) for scene in scenes if scene.family in families]
            values = [value for value in values if value is not None]
            figures[key] = float(np.mean(values)) if values else None
    figures["level_db"] = level
    figures["score"] = score(figures)
    return figures


def capped(power_in, power_out, level):
    """How far it was cut, in dB."""
    return float(min(db(power_in) - db(power_out) + level, MOST_CUT))


def speech_figures(scenes, level):
    """What became of speech."""
    if not scenes:
        return {}
    lost = np.concatenate([scene.gains - level < -LOST_OVER for scene in scenes])
    unvoiced = np.concatenate([scene.unvoiced for scene in scenes])
    far = [scene.gains - level < -LOST_OVER for scene in scenes if scene.family == "S7"]
    late = [lateness(gains - level) for scene in scenes for gains in scene.onsets]
    outputs = [scene.speech_level + float(np.median(scene.gains)) for scene in scenes if scene.family in CLEAN]
    return {
        "lost_pct": 100.0 * float(np.mean(lost)),
        "lost_unvoiced_pct": 100.0 * float(np.mean(lost[unvoiced])) if unvoiced.any() else None,
        "lost_far_pct": 100.0 * float(np.mean(np.concatenate(far))) if far else None,
        "late_mean_ms": float(np.mean(late)) if late else None,
        "late_p95_ms": float(np.percentile(late, 95)) if late else None,
        "spread_db": max(outputs) - min(outputs) if outputs else None,
    }


def lateness(gains):
    """Milliseconds from an utterance's start until it is heard; its whole length when it never is."""
    with np.errstate(invalid="ignore"):
        open_at = np.flatnonzero(gains > -OPEN_WITHIN)
    return 10.0 * (open_at[0] if len(open_at) else len(gains))


def score(figures):
    """0 to 100: geometric mean of what is cut and what is kept. A convenience for tuning; read the row."""
    needed = ["cut_whisper_db", "cut_page_db", "leak_whisper_pct", "leak_page_pct", "lost_pct", "late_mean_ms"]
    if any(figures[key] is None for key in needed):
        return None
    cut = [min(figures[f"cut_{kind}_db"], 40.0) / 40.0 for kind in ("whisper", "page")]
    dry = [1.0 - figures[f"leak_{kind}_pct"] / 100.0 for kind in ("whisper", "page")]
    kept = np.exp(-figures["lost_pct"] / 5.0 - figures["late_mean_ms"] / 100.0)
    return 100.0 * float(np.sqrt(max(0.0, np.mean(cut + dry)) * kept))


def compare(scenes_a, level_a, scenes_b, level_b, draws=1000, seed=0):
    """Paired bootstrap: for each column (difference a - b, 2.5 %, 97.5 %), over scenes drawn again and again.

    Both systems get the same scenes in each draw, as many of each family as there are (Efron and Tibshirani,
    "An introduction to the bootstrap", 1993, section 13.3). The levels stay as they were found.
    """
    rng = np.random.default_rng(seed)
    by_family = {}
    for number, scene in enumerate(scenes_a):
        by_family.setdefault(scene.family, []).append(number)
    keys = [column.key for column in COLUMNS if column.better]
    differences = {key: [] for key in keys}
    for _ in range(draws):
        drawn = np.concatenate([rng.choice(numbers, len(numbers)) for numbers in by_family.values()])
        row_a, row_b = row([scenes_a[n] for n in drawn], level_a), row([scenes_b[n] for n in drawn], level_b)
        for key in keys:
            if row_a[key] is not None and row_b[key] is not None:
                differences[key].append(row_a[key] - row_b[key])
    whole_a, whole_b = row(scenes_a, level_a), row(scenes_b, level_b)
    return {
        key: (whole_a[key] - whole_b[key], *np.percentile(values, [2.5, 97.5]).tolist())
        for key, values in differences.items()
        if values
    }
