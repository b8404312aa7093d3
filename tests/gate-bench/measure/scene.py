"""One output against its scene, all but the level: that is known only when all scenes have been heard."""

import warnings
from dataclasses import dataclass, field

import numpy as np
from pesq import PesqError, pesq
from pystoi import stoi
from scipy import signal

from measure.truth import DISTURBERS, FREQUENCIES, spectra
from sound import HOP, db

FEWEST = 10
"""A figure from fewer frames than that says nothing."""
UNVOICED_ABOVE = 3_000.0
"""Hz; a speech frame with more than 60 % of its power above is counted as unvoiced."""


@dataclass
class Alone:
    """A disturber while nobody speaks: power in and out summed over its frames, and each frame's cut in dB."""

    power_in: float
    power_out: float
    cuts: np.ndarray


@dataclass
class Heard:
    """All that was measured on one scene. Gains and cuts in dB, before the level is taken off."""

    scene: str
    family: str
    alone: dict = field(default_factory=dict)
    under: dict = field(default_factory=dict)
    gains: np.ndarray | None = None
    unvoiced: np.ndarray | None = None
    onsets: list = field(default_factory=list)
    """Per utterance, the gain by 10 ms frame from its true start on; NaN where speech cannot be told apart."""
    speech_level: float | None = None
    pesq: float | None = None
    stoi: float | None = None
    si_sdr: float | None = None


def hear(name, family, stems, truth, mixed, output, quality):
    """Measures `output`, which is aligned with `mixed`; both [samples]. `quality`: also PESQ, STOI and SI-SDR."""
    heard = Heard(name, family)
    before, after = spectra(mixed), spectra(output)
    for kind in DISTURBERS:
        frames = truth.active[kind] & truth.alone
        if frames.sum() >= FEWEST:
            power_in, power_out = before[frames].sum(axis=1), after[frames].sum(axis=1)
            heard.alone[kind] = Alone(float(power_in.sum()), float(power_out.sum()), db(power_in) - db(power_out))
        own = under_speech(truth, kind)
        if own is not None:
            heard.under[kind] = (float(before[own].sum()), float(after[own].sum()))
    if truth.speech.any():
        hear_speech(heard, truth, after)
        if quality:
            judge_quality(heard, stems, truth, mixed, output)
    return heard


def under_speech(truth, kind):
    """Bins, shape [frames, bins], that the disturber owns (10 dB over all else) while somebody speaks."""
    frames = truth.active[kind] & ~truth.alone
    if frames.sum() < FEWEST or not truth.speech.any():
        return None
    rest = truth.spectra["speech"] + truth.steady
    own = (truth.spectra[kind] > 10.0 * rest) & frames[:, None]
    return own if own.sum() > 50 else None


def hear_speech(heard, truth, after):
    """Gain of each speech frame, over the bins where speech is 6 dB above everything else."""
    clean = truth.spectra["speech"]
    rest = sum(truth.spectra[name] for name in (*DISTURBERS, "ventilation"))
    own = clean > 4.0 * rest
    power = np.where(own, clean, 0.0).sum(axis=1)
    gains = db(np.where(own, after, 0.0).sum(axis=1)) - db(power)
    levels = db(power)
    known = truth.speech & (own.sum(axis=1) >= 3) & (levels > truth.speech_level - 25.0)
    high = np.where(own, clean, 0.0)[:, FREQUENCIES > UNVOICED_ABOVE].sum(axis=1)
    heard.gains = gains[known]
    heard.unvoiced = (high > 0.6 * power)[known]
    heard.speech_level = truth.speech_level
    for first, end in truth.utterances:
        # Breath and reverberation aside: an utterance starts with its first frame within 20 dB of the active level.
        firm = np.flatnonzero(known[first:end] & (levels[first:end] > truth.speech_level - 20.0))
        if len(firm) >= FEWEST:
            start = first + firm[0]
            heard.onsets.append(np.where(known[start:end], gains[start:end], np.nan))


def judge_quality(heard, stems, truth, mixed, output):
    """PESQ (wide band, ITU-T P.862.2), STOI and SI-SDR against the speech as it reverberates in the room."""
    clean = stems["speech"]
    clean_16k, output_16k = signal.resample_poly(clean, 1, 3), signal.resample_poly(output, 1, 3)
    try:
        heard.pesq = float(pesq(16_000, clean_16k.astype(np.float32), output_16k.astype(np.float32), "wb"))
    except (PesqError, ValueError):
        heard.pesq = 1.0  # it hears no utterance, or nothing at all: the worst there is
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a silent output
        heard.stoi = float(stoi(clean_16k, output_16k, 16_000))
    frames = np.convolve(truth.speech, np.ones(26), "same") > 0
    heard.si_sdr = si_sdr(clean, output, np.repeat(frames, HOP))


def si_sdr(clean, output, kept):
    """Scale-invariant signal-to-distortion ratio in dB over the samples `kept` (Le Roux et al., 2019)."""
    length = min(len(clean), len(output), len(kept))
    clean, output = clean[:length][kept[:length]], output[:length][kept[:length]]
    target = (output @ clean) / (clean @ clean + 1e-12) * clean
    return float(db(np.sum(target**2) + 1e-12) - db(np.sum((output - target) ** 2) + 1e-12))
