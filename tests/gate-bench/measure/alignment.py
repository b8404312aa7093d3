"""How late an output is: once and for all, or from moment to moment."""

import numpy as np
from scipy import signal

from sound import HOP, RATE, db

FRAME = 2 * HOP


def constant_delay(source, output, longest=RATE // 2):
    """The lag, in samples, at which two sounds agree best, and how well, 0..1."""
    length = min(len(source), len(output))
    correlation = signal.correlate(output[:length], source[:length], method="fft")
    lags = np.arange(1 - length, length)
    near = np.abs(lags) <= longest
    best = np.argmax(np.abs(correlation[near]))
    scale = np.linalg.norm(source[:length]) * np.linalg.norm(output[:length])
    return int(lags[near][best]), float(np.abs(correlation[near][best]) / (scale + 1e-12))


def shifted(output, delay, length):
    """The output with a constant delay taken off, `length` samples."""
    moved = output[delay:] if delay >= 0 else np.concatenate([np.zeros(-delay), output])
    return np.pad(moved, (0, max(0, length - len(moved))))[:length]


def local_delays(source, output, longest_ms=250, jump=0.35, drift=0.005):
    """Delay of each 10 ms frame of `source` in `output`, in samples: for systems that play late and catch up.

    Each frame, 40 ms of sound at 8 kHz, is looked for in the output (normalised cross-correlation, weighted by
    how loud the frame is); of all paths through the delays the one with the best sum is taken, where a change
    costs `drift` per millisecond and `jump` at most (Sakoe and Chiba, "Dynamic programming algorithm
    optimization for spoken word recognition", 1978). Then each frame is refined to the sample.
    """
    scores, step = frame_scores(source, output, longest_ms)
    lags = best_path(scores, jump, drift * step / (RATE / 1000)) * step
    return refined(source, output, lags, step)


def frame_scores(source, output, longest_ms):
    """Agreement, shape [frames, lags], and the samples per lag."""
    step = RATE // 8_000
    low_source, low_output = signal.resample_poly(source, 1, step), signal.resample_poly(output, 1, step)
    hop, half, lags = HOP // step, 160, longest_ms * 8
    frames = len(source) // HOP
    padded_source = np.pad(low_source, (half, 2 * half))
    padded_output = np.pad(low_output, (half, 2 * half + lags + max(0, len(low_source) - len(low_output))))
    size = 1 << int(np.ceil(np.log2(2 * half + lags)))
    loudest = np.max(np.abs(source)) + 1e-9
    scores = np.zeros((frames, lags), np.float32)
    for frame in range(frames):
        at = frame * hop
        wanted = padded_source[at : at + 2 * half]
        found = padded_output[at : at + 2 * half + lags]
        cross = np.fft.irfft(np.fft.rfft(found, size) * np.conj(np.fft.rfft(wanted, size)), size)[:lags]
        energy = np.concatenate([[0.0], np.cumsum(found**2)])
        window = energy[2 * half : 2 * half + lags] - energy[:lags]
        power = wanted @ wanted
        weight = np.clip((db(power / (2 * half)) - db(loudest**2) + 50.0) / 30.0, 0.0, 1.0)
        # What was cut to nearly nothing cannot be found, and must not pull the path about.
        floor = 1e-4 * power + 1e-9
        scores[frame] = weight * cross / np.sqrt((power + 1e-12) * (window + floor))
    return scores, step


def best_path(scores, jump, drift):
    """The lag of each frame on the best path; from one lag to the next costs `drift`, and never more than `jump`."""
    frames, lags = scores.shape
    ramp = drift * np.arange(lags)
    total = scores[0].astype(float)
    came_from = np.zeros((frames, lags), np.int32)
    everywhere = np.arange(lags)
    for frame in range(1, frames):
        # From below, from above, or by a jump from the best of all.
        up, up_from = running_best(total + ramp)
        down, down_from = running_best((total - ramp)[::-1])
        up, down = up - ramp, down[::-1] + ramp
        down_from = lags - 1 - down_from[::-1]
        best = int(np.argmax(total))
        choices = np.stack([up, down, np.full(lags, total[best] - jump)])
        origins = np.stack([up_from, down_from, np.full(lags, best)])
        choice = np.argmax(choices, axis=0)
        came_from[frame] = origins[choice, everywhere]
        total = choices[choice, everywhere] + scores[frame]
    path = np.zeros(frames, int)
    path[-1] = int(np.argmax(total))
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path


def running_best(values):
    """The best value up to each place, and where it was."""
    best = np.maximum.accumulate(values)
    fresh = np.concatenate([[True], values[1:] > best[:-1]])
    return best, np.maximum.accumulate(np.where(fresh, np.arange(len(values)), 0))


def refined(source, output, lags, step):
    """The same delays, each moved by less than `step` samples to the best fit."""
    padded_source, padded_output = np.pad(source, HOP), np.pad(output, (HOP + step, 2 * RATE))
    out = lags.copy()
    for frame, lag in enumerate(lags):
        at = frame * HOP
        wanted = padded_source[at : at + FRAME]
        found = padded_output[at + lag : at + lag + FRAME + 2 * step]
        if len(found) < FRAME + 2 * step or not found.any():
            continue
        fits = np.correlate(found, wanted, "valid")
        out[frame] = max(0, lag + int(np.argmax(fits)) - step)
    return out


def unwarped(output, delays, length):
    """The output with each frame put back where it belongs: overlap-add of 20 ms Hann frames, `length` samples."""
    window = np.hanning(FRAME + 1)[:-1]
    padded = np.pad(output, (HOP, int(max(delays, default=0)) + length + FRAME))
    out = np.zeros(length + 2 * FRAME)
    for frame, delay in enumerate(delays):
        at = frame * HOP
        out[at : at + FRAME] += window * padded[at + delay : at + delay + FRAME]
    return out[HOP : HOP + length]
