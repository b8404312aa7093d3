"""What is not a voice: paper, keys, doors, chairs, coughs, ventilation. Shape [samples], peak 1, any length."""

import numpy as np
from scipy import signal

from sound import RATE, faded
from synth.voices import normal


def band(samples, low, high, order=2):
    """Band-limited, in Hz."""
    return signal.sosfilt(signal.butter(order, [low, high], "bandpass", fs=RATE, output="sos"), samples)


def noise(rng, seconds):
    """White noise."""
    return rng.standard_normal(int(seconds * RATE))


def smooth_envelope(rng, samples, per_second, roughness):
    """A slowly varying factor around 1, shape [samples]: friction is never even."""
    points = max(3, int(samples / RATE * per_second) + 2)
    return np.exp(np.interp(np.linspace(0, points - 1, samples), np.arange(points), rng.normal(0, roughness, points)))


def crackle(rng, samples, per_second, decay_ms):
    """Envelope of many small snaps, heavy-tailed in strength, each dying away within `decay_ms`."""
    hits = np.zeros(samples)
    count = rng.poisson(max(1.0, samples / RATE * per_second))
    np.add.at(hits, rng.integers(0, samples, count), rng.pareto(1.8, count) + 0.2)
    decay = np.exp(-np.arange(int(5 * decay_ms * RATE / 1000)) / (decay_ms * RATE / 1000))
    return np.minimum(signal.oaconvolve(hits, decay)[:samples], 25.0)


def rise_and_fall(samples, peak_at):
    """A gesture: from nothing to 1 at the share `peak_at` of its length, and back."""
    time = np.linspace(0, 1, samples)
    return np.where(time < peak_at, time / peak_at, (1 - time) / (1 - peak_at)) ** 1.3


def paper_colour(rng, samples):
    """The spectrum of thin sheets: from some hundred Hz to beyond 10 kHz, with a few broad resonances."""
    coloured = band(samples, rng.uniform(250, 900), rng.uniform(9_000, 17_000), 1)
    for _ in range(3):
        centre = rng.uniform(800, 7_000)
        coloured = coloured + 0.8 * band(samples, centre * 0.8, centre * 1.25, 1)
    return coloured


def page(rng):
    """One of four: a page turned, a sheet slid over others, a rustle, a sheet crumpled."""
    return normal(faded([turned, slid, rustled, crumpled][rng.choice(4, p=[0.45, 0.2, 0.2, 0.15])](rng)))


def turned(rng):
    """The sheet is lifted (crackling friction), then falls: a soft low flap."""
    seconds = rng.uniform(0.35, 1.0)
    length = int(seconds * RATE)
    drag = paper_colour(rng, noise(rng, seconds)[:length]) * (0.3 + crackle(rng, length, rng.uniform(120, 500), 3.0))
    drag *= rise_and_fall(length, rng.uniform(0.4, 0.8)) * smooth_envelope(rng, length, 15, 0.5)
    flap = band(noise(rng, 0.12), 120, rng.uniform(1_200, 3_500), 1) * np.exp(-np.arange(int(0.12 * RATE)) / (0.018 * RATE))
    out = np.concatenate([normal(drag), np.zeros(int(0.15 * RATE))])
    at = int(length * rng.uniform(0.7, 0.98))
    out[at : at + len(flap)] += rng.uniform(0.3, 1.0) * normal(flap)
    return out


def slid(rng):
    """Sheet over sheet: friction with hardly a crackle."""
    seconds = rng.uniform(0.3, 0.9)
    length = int(seconds * RATE)
    friction = band(noise(rng, seconds)[:length], rng.uniform(900, 2_500), rng.uniform(7_000, 15_000), 1)
    return friction * rise_and_fall(length, rng.uniform(0.2, 0.6)) * smooth_envelope(rng, length, 30, 0.35)


def rustled(rng):
    """Paper handled without aim: several bouts of snaps."""
    seconds = rng.uniform(0.6, 1.6)
    length = int(seconds * RATE)
    bouts = np.clip(smooth_envelope(rng, length, 6, 1.2) - 0.4, 0, 4)
    return paper_colour(rng, noise(rng, seconds)[:length]) * crackle(rng, length, rng.uniform(60, 220), 2.0) * bouts


def crumpled(rng):
    """Dense strong snaps."""
    seconds = rng.uniform(0.4, 1.2)
    length = int(seconds * RATE)
    return paper_colour(rng, noise(rng, seconds)[:length]) * crackle(rng, length, rng.uniform(400, 900), 1.2) * rise_and_fall(length, 0.5)


def ringing(rng, seconds, frequencies, decay_ms):
    """Damped tones from one blow, each with its own strength."""
    time = np.arange(int(seconds * RATE)) / RATE
    out = np.zeros(len(time))
    for frequency in frequencies:
        decay = decay_ms / 1000 * rng.uniform(0.6, 1.4)
        out += rng.uniform(0.3, 1.0) * np.exp(-time / decay) * np.sin(2 * np.pi * frequency * time + rng.uniform(0, 6.28))
    return out


def keys(rng):
    """Someone types: each stroke a click at the press, a thump of the table, a fainter click at the release."""
    seconds = rng.uniform(1.2, 2.6)
    out = np.zeros(int((seconds + 0.4) * RATE))
    tones = rng.uniform(1_400, 6_500, 5)
    at = 0.0
    while at < seconds:
        strength = rng.uniform(0.4, 1.0)
        for start, share, low in ((at, 1.0, 0.5), (at + rng.uniform(0.06, 0.12), 0.45, 0.1)):
            click = ringing(rng, 0.06, tones * rng.uniform(0.97, 1.03, 5), 5.0)
            click += 1.5 * band(noise(rng, 0.06), 1_000, 9_000, 1) * np.exp(-np.arange(int(0.06 * RATE)) / (0.003 * RATE))
            click += low * ringing(rng, 0.06, rng.uniform(90, 240, 2), 12.0)
            place = int(start * RATE)
            out[place : place + len(click)] += strength * share * click
        at += rng.gamma(4.0, 0.045)
    return normal(faded(out))


def door(rng):
    """A latch clicks, then the leaf hits its frame and the wall answers low."""
    latch = ringing(rng, 0.2, rng.uniform(700, 4_500, 4), 12.0)
    thump = ringing(rng, 0.6, rng.uniform(45, 190, 5), 70.0) * 2.0
    thump += band(noise(rng, 0.6), 60, 900, 1) * np.exp(-np.arange(int(0.6 * RATE)) / (0.04 * RATE))
    gap = int(rng.uniform(0.03, 0.16) * RATE)
    out = np.zeros(gap + len(thump))
    out[: min(len(latch), len(out))] += 0.4 * latch[: len(out)]
    out[gap:] += thump
    return normal(faded(out, 0.002))


def chair(rng):
    """A chair drawn over the floor: stick and slip some hundred times a second, its legs resounding."""
    seconds = rng.uniform(0.35, 1.1)
    length = int(seconds * RATE)
    rate = rng.uniform(70, 320) * smooth_envelope(rng, length, 10, 0.25)
    slips = (np.diff(np.floor(np.cumsum(rate) / RATE), prepend=0.0) > 0) * rng.uniform(0.3, 1.0, length)
    body = ringing(rng, 0.08, rng.uniform(180, 2_600, 7), 9.0)
    scrape = signal.oaconvolve(slips, body)[:length] + 0.05 * band(noise(rng, seconds)[:length], 300, 5_000, 1)
    return normal(faded(scrape * rise_and_fall(length, rng.uniform(0.3, 0.7)), 0.01))


def cough(rng):
    """One to three coughs: a burst, noise through the vocal tract, often a short voiced tail."""
    out = []
    formants = np.array([650, 1_300, 2_600, 3_600]) * rng.uniform(0.85, 1.2)
    for _ in range(rng.integers(1, 4)):
        seconds = rng.uniform(0.22, 0.4)
        length = int(seconds * RATE)
        time = np.arange(length) / RATE
        burst = np.exp(-time / 0.012) * noise(rng, seconds)[:length]
        breath = noise(rng, seconds)[:length] * np.exp(-time / rng.uniform(0.07, 0.13)) * 0.5
        pitch = rng.uniform(110, 320) * np.exp(-time / 0.5)
        pulses = np.diff(np.floor(np.cumsum(pitch) / RATE), prepend=0.0)
        voice = 9.0 * rng.uniform(0.0, 1.0) * pulses * np.exp(-(((time - seconds * 0.55) / (seconds * 0.2)) ** 2))
        source = burst + breath + voice
        tract = sum(band(source, f * 0.88, f * 1.12, 1) for f in formants) + 0.15 * source
        out += [faded(tract, 0.001), np.zeros(int(rng.uniform(0.06, 0.2) * RATE))]
    return normal(np.concatenate(out))


OTHERS = {"keys": (keys, 52.0, 62.0), "door": (door, 60.0, 72.0), "chair": (chair, 58.0, 70.0), "cough": (cough, 68.0, 78.0)}
"""Name: how it is made, and the range of its peak at 1 m in dB SPL."""


def ventilation(rng, samples, distances):
    """Steady noise from everywhere, shape [microphones, samples], each of variance 1.

    `distances` between the microphones, in metres, shape [m, m]. Their coherence at frequency f is that of a
    diffuse field, sin(x)/x with x = 2 pi f d / c (Cook et al., "Measurement of correlation coefficients in
    reverberant sound fields", 1955), made by a Cholesky factor at each frequency.
    """
    size = 1 << int(np.ceil(np.log2(samples)))
    frequency = np.fft.rfftfreq(size, 1 / RATE)
    count = len(distances)
    # The coherence changes slowly with frequency: one factor serves 20 Hz.
    coarse = np.arange(0.0, RATE / 2 + 20.0, 20.0)
    coherence = np.sinc(2 * coarse[:, None, None] * distances / 343.0) + 1e-4 * np.eye(count)
    factor = np.linalg.cholesky(coherence)[(frequency / 20.0).astype(int)]
    white = rng.standard_normal((len(frequency), count)) + 1j * rng.standard_normal((len(frequency), count))
    slope = rng.uniform(1.0, 1.7)
    colour = 1.0 / (np.maximum(frequency, 60.0) ** slope + rng.uniform(300, 1_200) ** slope)
    for harmonic in range(1, 4):
        centre = rng.uniform(80, 140) * harmonic
        colour *= 1.0 + 3.0 / harmonic * np.exp(-(((frequency - centre) / 4.0) ** 2))
    out = np.fft.irfft(np.einsum("fij,fj->if", factor, white) * colour, size)[:, :samples]
    return out / np.std(out[0])
