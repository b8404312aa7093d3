"""What the peers that open and close share: from decisions per 10 ms to a sound that is let through or not.

Each peer is a command, `python peers/NAME.py [OPTIONS] IN.wav OUT.wav`, as a system under test is.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import soundfile

RATE, HOP = 48_000, 480


def read(path):
    """The first channel, [samples], cut into whole frames as well: [frames, 480], the last one filled up."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if rate != RATE:
        sys.exit(f"{path}: {rate} Hz; these peers take {RATE} Hz")
    mono = samples[:, 0]
    return mono, np.pad(mono, (0, -len(mono) % HOP)).reshape(-1, HOP)


def write(path, samples):
    """16 bits."""
    soundfile.write(path, np.clip(samples, -1, 1), RATE, subtype="PCM_16")


def options(text):
    """A parser with the two files; `text` says what the peer is."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    return parser


def hysteresis(values, open_at, close_at, hold_frames, open_after=1):
    """Decisions per frame: opens after `open_after` values in a row over `open_at`, closes `hold_frames` after the last over `close_at`."""
    opened = np.zeros(len(values), bool)
    state, left, streak = False, 0, 0
    for frame, value in enumerate(values):
        streak = streak + 1 if value >= open_at else 0
        if streak >= open_after:
            state, left = True, hold_frames
        elif state and value >= close_at:
            left = hold_frames
        elif state:
            left -= 1
            state = left >= 0
        opened[frame] = state
    return opened


def gated(samples, opened, look_ahead_ms=0, attack_ms=3.0, release_ms=60.0):
    """`samples`, [n], let through where `opened`, [frames]; `look_ahead_ms` late, so that it opens that much early.

    The factor rises to 1 within the attack and falls to 0 within the release, both straight.
    """
    late = int(look_ahead_ms * RATE / 1000)
    target = np.repeat(opened, HOP)[: len(samples)]
    up, down = 1.0 / (attack_ms * RATE / 1000), 1.0 / (release_ms * RATE / 1000)
    factor = np.empty(len(samples), np.float32)
    at, value = 0, 0.0
    edges = np.flatnonzero(np.diff(target)) + 1
    for end in [*edges.tolist(), len(samples)]:
        steps = np.arange(1, end - at + 1)
        part = np.minimum(value + up * steps, 1.0) if end > at and target[at] else np.maximum(value - down * steps, 0.0)
        factor[at:end] = part
        value = float(part[-1]) if len(part) else value
        at = end
    return np.concatenate([np.zeros(late, np.float32), samples])[: len(samples)] * factor
