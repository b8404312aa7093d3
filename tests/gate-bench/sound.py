"""Reading and writing sound, and its levels. Everything in the bench is float64 at 48 kHz, range -1..1."""

import numpy as np
import soundfile

RATE = 48_000
HOP = 480
"""Samples between two frames: 10 ms."""

FULL_SCALE_SPL = 90.0
"""Sound pressure level, in dB, that stands for 0 dBFS: speech of 60 dB at 1 m comes out at -30 dBFS."""

POWER_FLOOR = 1e-14
"""Added before a logarithm: 40 dB under one step of a 16-bit file."""


def read(path):
    """All channels of a file, shape [samples, channels]. Raises ValueError at another rate than 48 kHz, or for what is no number."""
    samples, rate = soundfile.read(path, always_2d=True)
    if rate != RATE:
        raise ValueError(f"{path}: {rate} Hz, expected {RATE} Hz")
    if not np.isfinite(samples).all():
        raise ValueError(f"{path}: holds samples that are no numbers")
    return samples


def read_mono(path):
    """The first channel of a file, shape [samples]."""
    return read(path)[:, 0]


def write(path, samples):
    """Writes 16-bit; what lies outside -1..1 is clipped, as a converter would."""
    soundfile.write(path, np.clip(samples, -1.0, 1.0), RATE, subtype="PCM_16")


def db(power):
    """Power to dB."""
    return 10.0 * np.log10(np.asarray(power) + POWER_FLOOR)


def gain(decibels):
    """dB to a factor for amplitudes."""
    return 10.0 ** (np.asarray(decibels) / 20.0)


def frame_levels(samples):
    """Level of each whole frame of 10 ms, in dBFS."""
    whole = len(samples) // HOP * HOP
    return db(np.mean(samples[:whole].reshape(-1, HOP) ** 2, axis=1))


def active_level(levels):
    """Mean level, in dBFS, of the frames that are at most 30 dB under the loudest: pauses do not count."""
    heard = levels[levels > levels.max() - 30.0]
    return float(db(np.mean(10.0 ** (heard / 10.0))))


def at_active_spl(samples, spl):
    """The sound, scaled so that its active level is `spl` dB."""
    return samples * gain(spl - FULL_SCALE_SPL - active_level(frame_levels(samples)))


def at_peak_spl(samples, spl):
    """The sound, scaled so that its highest sample stands for `spl` dB."""
    return samples * gain(spl - FULL_SCALE_SPL) / np.max(np.abs(samples))


def faded(samples, seconds=0.005):
    """The sound with both ends faded, so that cutting it made no click."""
    edge = min(int(seconds * RATE), len(samples) // 2)
    slope = 0.5 - 0.5 * np.cos(np.pi * np.arange(edge) / max(edge, 1))
    out = samples.copy()
    out[:edge] *= slope
    out[len(out) - edge :] *= slope[::-1]
    return out
