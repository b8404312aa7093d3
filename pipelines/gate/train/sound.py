"""Small tools on sound: numpy arrays of float, mono, 48 kHz, full scale 1.0 (90 dB SPL at the microphone)."""
import numpy as np
from scipy import signal

RATE = 48_000
HOP = 480
FULL_SCALE_SPL = 90.0
KINDS = ("speech", "whisper", "page", "other", "noise")


def frame_db(x):
    """Level of each 10 ms in dB of full scale."""
    frames = len(x) // HOP
    return 10 * np.log10((x[: frames * HOP].reshape(frames, HOP) ** 2).mean(1) + 1e-14)


def active_level(x):
    """Mean level over the frames within 30 dB of the loudest, in dB of full scale."""
    levels = frame_db(x)
    return 10 * np.log10(np.mean(10 ** (levels[levels > levels.max() - 30] / 10)))


def at_spl(x, spl):
    """Scaled so that its active level is `spl`, in dB SPL."""
    return x * 10 ** ((spl - FULL_SCALE_SPL - active_level(x)) / 20)


def at_peak_spl(x, spl):
    """Scaled so that its highest sample is `spl`, in dB SPL."""
    return x * 10 ** ((spl - FULL_SCALE_SPL) / 20) / max(np.abs(x).max(), 1e-9)


def trimmed(x, below=45):
    """Without the silence before and after, `below` dB under the loudest frame."""
    if len(x) < 4 * HOP:
        return x
    levels = frame_db(x)
    loud = np.flatnonzero(levels > levels.max() - below)
    return x[max(0, loud[0] - 2) * HOP : (loud[-1] + 4) * HOP]


def faded(x, seconds=0.005):
    """With short ramps at both ends."""
    n = min(int(seconds * RATE), len(x) // 2)
    y = x.copy()
    y[:n] *= np.linspace(0, 1, n)
    y[len(y) - n :] *= np.linspace(1, 0, n)
    return y


def joined(parts, rng):
    """Phrases made of short recordings, with pauses as people make between words."""
    out = []
    for x in parts:
        out += [faded(x), np.zeros(int(rng.choice([0.05, 0.12, 0.25, 0.7]) * rng.uniform(0.5, 1.5) * RATE))]
    return np.concatenate(out)


def stretched(x, factor):
    """Played `factor` times faster: pitch and formants rise alike, as in another person."""
    up, down = 100, round(100 * factor)
    return signal.resample_poly(x, up, down)


def coloured(x, rng, most_db=5.0):
    """Through a smooth random equaliser: another microphone, another mouth."""
    centres = np.array([0, 100, 300, 800, 2000, 4500, 9000, 24_000])
    gains = 10 ** (rng.uniform(-most_db, most_db, len(centres)) / 20)
    taps = signal.firwin2(513, centres / 24_000, gains)
    return signal.oaconvolve(x, taps, mode="same")


def low_passed(x, hz):
    """As from a recorder of that bandwidth."""
    return signal.sosfilt(signal.butter(8, hz, fs=RATE, output="sos"), x, axis=-1)
