"""The systems under test: ours, and what a person would use instead."""

import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@dataclass
class System:
    """A command with {in} and {out}, and {threshold} where it has one to turn."""

    name: str
    command: str
    channels: int = 1
    thresholds: tuple = ()
    """Values for the trade-off curve; none: one point."""
    threshold: float | None = None
    """The one of the table's row."""
    option: str = ""
    """What stands before the threshold in the command, when there is one."""
    elastic: bool = False
    """Its delay varies: align from moment to moment."""

    def line(self, threshold=None):
        """The command at a threshold, or at its own."""
        value = self.threshold if threshold is None else threshold
        return self.command.replace("{threshold}", "" if value is None else f"{self.option}{value:g}")


def peer(script, options=""):
    """The command line of one of ours under peers/."""
    return f"{shlex.quote(sys.executable)} {shlex.quote(str(HERE / 'peers' / script))} {options} {{in}} {{out}}"


def rnnoise(work):
    """The option that says where RNNoise is."""
    return f"--program {shlex.quote(str(work / 'rnnoise/release/rnnoise-peer'))}"


def peers(work):
    """`work` holds RNNoise, built. Settings: those of `tune` where there is a grid, the makers' own elsewhere."""
    return [
        System("none", "cp {in} {out}"),
        System("webrtc-ns-high", peer("webrtc.py")),
        System("webrtc-vad-gate", peer("webrtc.py", "--gate --likelihood very-low --hold-ms 100")),
        System("speex-denoise", peer("speex.py")),
        System("speex-vad-gate", peer("speex.py", "--gate --threshold {threshold} --hold-ms 200"), thresholds=(0.6, 0.8, 0.95, 0.99), threshold=0.99),
        System("level-gate", peer("level_gate.py", "--threshold {threshold} --close 14 --hold-ms 200"), thresholds=(-44, -40, -36, -32, -28, -24, -20), threshold=-28),
        System("rnnoise", peer("rnnoise.py", rnnoise(work))),
        # From 0.5 to 0.7 the score stays within two points; 0.7 leaks a third less.
        System("rnnoise-vad-gate", peer("rnnoise.py", rnnoise(work) + " --gate --threshold {threshold} --close 0.9 --hold-ms 300 --look-ahead-ms 30"),
               thresholds=(0.3, 0.5, 0.7, 0.85, 0.95, 0.99), threshold=0.7),
    ]  # fmt: skip


OUR_THRESHOLDS = (0.2, 0.35, 0.5, 0.65, 0.8, 0.9)
"""Tried for the curve; the row is of the program's own default."""


def ours(program):
    """`estrade gate` with one and with four microphones; with a curve if it has a --threshold. None: not built."""
    if not program.exists():
        return []
    asked = subprocess.run([program, "gate", "--help"], capture_output=True, text=True, check=False)
    if asked.returncode:
        return []
    values = OUR_THRESHOLDS if "--threshold" in asked.stdout else ()
    command = f"{shlex.quote(str(program))} gate --keep-delay {{threshold}} {{in}} {{out}}"
    array = f"--channels-geometry {shlex.quote(str(HERE / 'circle.toml'))} "
    return [
        System("estrade-1", command, 1, values, option="--threshold "),
        System("estrade-4", command.replace("{in}", array + "{in}"), 4, values, option="--threshold "),
    ]
