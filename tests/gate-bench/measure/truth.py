"""What is really to be heard in a scene, frame by frame: from its stems, so no ear is needed.

Frames are 20 ms long (Hann window), one every 10 ms; frame i is centred on sample 480 i.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d

from sound import HOP, RATE, active_level, db

FRAME = 2 * HOP
WINDOW = np.hanning(FRAME + 1)[:-1]
FREQUENCIES = np.fft.rfftfreq(FRAME, 1 / RATE)
DISTURBERS = ("whisper", "page", "other")

JOINED = 30
"""Frames: speech with a shorter pause than 300 ms is one utterance."""
BEFORE, AFTER = 3, 30
"""Frames around an utterance that belong to nobody: 30 ms for its onset, 300 ms for the room to fall silent."""


def spectra(samples):
    """Power of each frame and frequency bin, shape [frames, 481]; a frame's sum is its mean square."""
    padded = np.concatenate([np.zeros(HOP), samples, np.zeros(FRAME)])
    count = len(samples) // HOP
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP][:count]
    power = np.abs(np.fft.rfft(frames * WINDOW, axis=1)) ** 2
    return (2.0 * power / (FRAME * np.sum(WINDOW**2))).astype(np.float32)


@dataclass
class Truth:
    """Labels of a scene, each of shape [frames], and the spectra of its stems."""

    spectra: dict
    steady: np.ndarray
    speech: np.ndarray
    speech_level: float
    utterances: list
    alone: np.ndarray
    active: dict


def truth(stems):
    """The labels of a scene."""
    power = {name: spectra(samples) for name, samples in stems.items()}
    steady = power["ventilation"].mean(axis=0)
    speech, level = speech_frames(power["early"], steady)
    utterances = joined(stretches(speech), JOINED)
    alone = np.ones(len(speech), bool)
    for first, end in utterances:
        alone[max(0, first - BEFORE) : end + AFTER] = False
    active = {name: disturber_frames(power[name], steady, local=name == "page") for name in DISTURBERS}
    return Truth(power, steady, speech, level, utterances, alone, active)


def speech_frames(early, steady):
    """Frames with somebody speaking: within 30 dB of the talker's active level, and for 20 ms at least.

    Counted are bins 6 dB over the ventilation. Also gives that active level, in dBFS.
    """
    if early.max() < 1e-12:
        return np.zeros(len(early), bool), -200.0
    levels = db(np.where(early > 4.0 * steady, early, 0.0).sum(axis=1))
    level = active_level(levels)
    speech = levels > level - 30.0
    for first, end in stretches(speech):
        if end - first < 2:
            speech[first:end] = False
    return speech, level


def disturber_frames(power, steady, local):
    """Frames with a whisper, a page or another noise, and at most 6 dB under the ventilation as a whole.

    Within 25 dB of the stem's active level; `local`, of the loudest frame less than 300 ms away: pages are
    short and differ much in level.
    """
    if power.max() < 1e-12:
        return np.zeros(len(power), bool)
    levels = db(np.where(power > 2.0 * steady, power, 0.0).sum(axis=1))
    reference = maximum_filter1d(levels, 61) if local else active_level(levels)
    audible = db(power.sum(axis=1)) > db(steady.sum()) - 6.0
    return (levels > np.maximum(reference - 25.0, -85.0)) & audible


def stretches(mask):
    """Runs of True, as (first, end)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist()))


def joined(runs, gap):
    """Runs with less than `gap` between them made one."""
    out = []
    for first, end in runs:
        if out and first - out[-1][1] < gap:
            out[-1] = (out[-1][0], end)
        else:
            out.append((first, end))
    return out
