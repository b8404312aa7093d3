#!/usr/bin/env python3
"""Makes labelled scenes for training: evenings of 16 s in simulated rooms.

    scenes.py --recordings recordings --rooms rooms --out scenes [--count 1300] [--seed 1] [--without PREFIX ...]

Levels at the microphone, 0 dBFS being 90 dB SPL: speech 48 to 65 dB SPL at 1 m, whispers 34 to 48, pages 50 to 68 at
their peak, other noises 48 to 80, ventilation -72 to -48 dBFS.

Each scene is one .npz: `mix` int16 of shape [4, samples] (48 kHz), `speech` int16 [samples] (what the first microphone
hears of the talker, room included), and `levels` float16 [6, frames of 10 ms] in dB of full scale at the first
microphone of: speech without its reverberation (first 40 ms), speech, whisper, page, other, ventilation; and
`room` float32 [bands], the ventilation's mean power per band of the gate.
--without leaves out recordings whose name or speaker begins with PREFIX, to be tested on them.
"""
import argparse
import multiprocessing
import pathlib

import numpy as np
import soundfile
from scipy import signal

import labels
import sound
import synthesis

SECONDS = 16
SAMPLES = SECONDS * sound.RATE
STEMS = ("early", "speech", "whisper", "page", "other", "ventilation")

class Recordings:
    """Files by class; speech by speaker, drawn by the square root of how much there is of each."""

    def __init__(self, root, without):
        def wanted(path):
            return not any(path.name.startswith(prefix) or path.parent.name.startswith(prefix) for prefix in without)

        self.files = {kind: sorted(p for p in (root / kind).rglob("*.flac") if wanted(p)) for kind in sound.KINDS}
        self.speakers = {}
        for path in self.files["speech"]:
            self.speakers.setdefault(path.parent.name, []).append(path)
        self.names = sorted(self.speakers)
        amount = np.array([sum(soundfile.info(p).duration for p in self.speakers[name]) for name in self.names])
        self.weights = np.sqrt(np.minimum(amount, 600)) / np.sqrt(np.minimum(amount, 600)).sum()

    def speaker(self, rng):
        return self.names[rng.choice(len(self.names), p=self.weights)]

    def speech(self, rng, speaker, seconds):
        """A phrase, cut where it is quiet, at another speed and through another microphone."""
        x, _ = soundfile.read(self.speakers[speaker][rng.integers(len(self.speakers[speaker]))])
        n = int(seconds * sound.RATE)
        if len(x) > n:
            start = rng.integers(0, len(x) - n)
            levels = np.convolve(sound.frame_db(x[start : start + n]), np.ones(8) / 8, "same")
            first = int(np.argmin(levels[:100])) if len(levels) > 200 else 0
            last = len(levels) - 100 + int(np.argmin(levels[-100:])) if len(levels) > 200 else len(levels)
            x = x[start + first * sound.HOP : start + last * sound.HOP]
        return x

    def any(self, rng, kind, most_seconds):
        x, _ = soundfile.read(self.files[kind][rng.integers(len(self.files[kind]))])
        n = int(most_seconds * sound.RATE)
        if len(x) > n:
            start = rng.integers(0, len(x) - n)
            x = sound.faded(x[start : start + n], 0.01)
        return x


class Scene:
    """Stems of one room under construction."""

    def __init__(self, room, rng):
        self.rng = rng
        self.responses = room["responses"].astype(np.float32)
        self.roles = room["role"]
        self.early = np.zeros(SAMPLES)
        self.stems = {name: np.zeros((4, SAMPLES)) for name in STEMS[1:]}

    def place(self, role):
        return self.rng.choice(np.flatnonzero(self.roles == role))

    def put(self, stem, x, seconds, source):
        """Plays a sound from a place; gives the time of its end."""
        at = int(seconds * sound.RATE)
        length = min(SAMPLES - at, len(x) + self.responses.shape[2] - 1)
        if length > 0 and len(x):
            heard = signal.oaconvolve(x[None, :], self.responses[source], axes=1)
            self.stems[stem][:, at : at + length] += heard[:, :length]
            if stem == "speech":
                direct = self.responses[source, 0]
                first = signal.oaconvolve(x, direct[: np.argmax(np.abs(direct)) + 1920])[:length]
                self.early[at : at + len(first)] += first
        return seconds + len(x) / sound.RATE


def other(rng, recordings):
    """Keys, coughs, knocks, scrapes, breaths, rustle: a sound and its peak level in dB SPL."""
    kind = rng.choice(["recorded", "cough", "knock", "scrape", "breath", "rustle"], p=[0.3, 0.25, 0.18, 0.1, 0.07, 0.1])
    if kind == "recorded" and recordings.files["other"]:
        parts = []
        for _ in range(rng.integers(1, 8)):
            parts += [recordings.any(rng, "other", 2.5), np.zeros(int(rng.uniform(0.02, 0.4) * sound.RATE))]
            if len(parts[-2]) > sound.RATE:
                break
        x = sound.stretched(np.concatenate(parts), rng.uniform(0.8, 1.25))
        return sound.coloured(x, rng), rng.uniform(50, 74)
    make = getattr(synthesis, str(kind) if kind != "recorded" else "knock")
    low, high = {"cough": (62, 80), "breath": (44, 58), "rustle": (46, 62)}.get(str(kind), (54, 76))
    return sound.coloured(make(rng), rng), rng.uniform(low, high)


def as_recorded(x, rng):
    """With the hiss and hum of a recorder, and its bandwidth: whispers and pages are soft, so theirs is heard."""
    level = 10 ** (-rng.uniform(8, 35) / 20) * np.sqrt(np.mean(x**2))
    hiss = synthesis.noise(len(x), rng, rng.uniform(-1, 5))
    hum = np.zeros(len(x))
    for harmonic in range(1, rng.integers(1, 9)):
        hum += rng.exponential() / harmonic * np.sin(2 * np.pi * rng.choice([50, 60]) * harmonic * np.arange(len(x)) / sound.RATE + rng.uniform(0, 6))
    x = x + level * (hiss / np.std(hiss) + rng.uniform(0, 0.7) * hum / (np.std(hum) + 1e-9))
    x = sound.low_passed(x, rng.uniform(4500, 20_000)) if rng.random() < 0.5 else x
    return sound.faded(x, 0.03)


def whisper(rng, recordings, seconds):
    kind = rng.random()
    if kind < 0.2 and recordings.files["whisper"]:
        x = recordings.any(rng, "whisper", seconds)
    elif kind < 0.4:
        voice = rng.choice(["fr", "en", "de", "es"]) + rng.choice(["+whisper", "+whisperf"])
        x = synthesis.espeak(str(rng.choice(synthesis.TEXTS)), str(voice), rng.integers(120, 200), rng.integers(15, 85))[: int(seconds * sound.RATE)]
    else:
        x = synthesis.whispered(recordings.speech(rng, recordings.speaker(rng), seconds), rng)
    if rng.random() < 0.5 and len(x) > 4800:
        x = as_recorded(x, rng)
    return sound.coloured(sound.stretched(x, rng.uniform(0.85, 1.2)), rng), rng.uniform(34, 48)


def page(rng, recordings):
    # A few recordings, heard again and again, would only be learned by heart.
    if rng.random() < min(0.4, 0.1 * len(recordings.files["page"])):
        x = sound.stretched(recordings.any(rng, "page", 2), rng.uniform(0.75, 1.3))
    else:
        x = synthesis.page(rng)
    if rng.random() < 0.3 and len(x) > 4800:
        x = as_recorded(x, rng)
    return sound.coloured(x, rng), rng.uniform(50, 68)


def make(job):
    recordings, rooms, out, n, seed, only = job
    rng = np.random.default_rng([seed, n])
    scene = Scene(np.load(rooms[rng.integers(len(rooms))]), rng)
    speaker, talker, spl = recordings.speaker(rng), scene.place("talker"), rng.uniform(48, 65)
    speed, equaliser, noisy = rng.uniform(0.85, 1.2), int(rng.integers(1 << 30)), rng.random() < 0.2

    def say(t):
        x = sound.stretched(recordings.speech(rng, speaker, rng.uniform(1.5, 6)), speed)
        # One voice keeps its colour through the scene.
        x = sound.coloured(x, np.random.default_rng(equaliser))
        if noisy and len(x) > 4800:
            x = sound.faded(x + 10 ** (-rng.uniform(32, 45) / 20) * np.sqrt(np.mean(x**2)) * synthesis.noise(len(x), rng, 3), 0.05)
        return scene.put("speech", sound.at_spl(x, spl + rng.uniform(-2, 2)), t, talker) if len(x) else t

    def disturb(t, what):
        if what == "whisper":
            x, level = whisper(rng, recordings, rng.uniform(1.2, 4))
            return scene.put("whisper", sound.at_spl(x, level), t, scene.place("audience")) if len(x) > 4800 else t
        if what == "page":
            x, level = page(rng, recordings)
            return scene.put("page", sound.at_peak_spl(x, level), t, scene.place("paper"))
        x, level = other(rng, recordings)
        role = "audience" if rng.random() < 0.6 else "paper"
        return scene.put("other", sound.at_peak_spl(x, level), t, scene.place(role))

    kinds = ["whisper", "page", "other"]
    plan = rng.choice(["speech", "disturbed", "between", "whisper", "page", "other"], p=[0.22, 0.25, 0.25, 0.1, 0.08, 0.1])
    plan = only or plan
    t = rng.uniform(0.2, 2.0)
    while t < SECONDS - 1:
        if plan in kinds:
            t = disturb(t, plan if rng.random() < 0.85 else rng.choice(kinds)) + rng.uniform(0.3, 1.5)
        elif plan == "speech":
            t = say(t) + rng.uniform(0.4, 2)
        elif plan == "between":
            # What comes right after a talker's end is often the page that he turns.
            t = say(t) + rng.uniform(0.05, 1.2)
            for _ in range(rng.integers(1, 3)):
                t = disturb(t, rng.choice(kinds, p=[0.45, 0.3, 0.25])) + rng.uniform(0.1, 0.7)
        else:
            start = t
            t = say(t)
            at = start + rng.uniform(-0.3, 0.8)
            while at < t - 0.3:
                at = disturb(max(at, 0), rng.choice(kinds, p=[0.4, 0.35, 0.25])) + rng.uniform(0.1, 0.8)
            t += rng.uniform(0.5, 1.5)
        if plan not in kinds and rng.random() < 0.1:
            speaker, talker, spl = recordings.speaker(rng), scene.place("talker"), rng.uniform(48, 65)
            speed, equaliser = rng.uniform(0.85, 1.2), int(rng.integers(1 << 30))
    finish(scene, recordings, rng, out / f"{n:05}.npz")
    return str(plan)


def finish(scene, recordings, rng, path):
    """Adds ventilation, bandwidth, the microphones' gain; writes the scene."""
    if rng.random() < 0.5 and recordings.files["noise"]:
        x = np.tile(recordings.any(rng, "noise", SECONDS), 4)[:SAMPLES]
    else:
        x = synthesis.ventilation(SECONDS, rng)
    hum = signal.sosfilt(signal.butter(2, 350, fs=sound.RATE, output="sos"), x)
    for microphone in range(4):
        other_part = np.roll(x, rng.integers(SAMPLES))
        low = signal.sosfilt(signal.butter(2, 350, fs=sound.RATE, output="sos"), other_part)
        scene.stems["ventilation"][microphone] = hum + other_part - low
    level = rng.uniform(-72, -48)
    scene.stems["ventilation"] *= 10 ** (level / 20) / np.std(scene.stems["ventilation"][0])
    gain = 10 ** (rng.normal(0, 3) / 20)
    width = rng.choice([24_000, 7500, 8000, 11_000, 15_000], p=[0.6, 0.1, 0.1, 0.1, 0.1])
    stems = {"early": scene.early[None], **scene.stems}
    for name in stems:
        stems[name] = gain * (sound.low_passed(stems[name], width) if width < 24_000 else stems[name])
    mix = sum(stems[name] for name in STEMS[1:])
    mix += rng.standard_normal(mix.shape) * 10 ** (-88 / 20)
    levels = np.stack([sound.frame_db(stems[name][0]) for name in STEMS])
    room = (np.abs(labels.spectra(stems["ventilation"][0])) ** 2 @ labels.MATRIX.T).mean(0)
    to_int = lambda x: np.clip(np.round(x * 32768), -32768, 32767).astype(np.int16)
    np.savez(path, mix=to_int(mix), speech=to_int(stems["speech"][0]), levels=levels.astype(np.float16), room=room.astype(np.float32))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=pathlib.Path, required=True)
    parser.add_argument("--rooms", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=1300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("speech", "disturbed", "between", "whisper", "page", "other"), help="scenes of this kind")
    parser.add_argument("--without", action="append", default=[])
    args = parser.parse_args()
    recordings = Recordings(args.recordings, args.without)
    rooms = sorted(args.rooms.glob("*.npz"))
    args.out.mkdir(parents=True, exist_ok=True)
    with multiprocessing.Pool(2) as pool:
        jobs = [(recordings, rooms, args.out, n, args.seed, args.only) for n in range(args.count)]
        for done, _ in enumerate(pool.imap_unordered(make, jobs), 1):
            if done % 20 == 0:
                print(f"{done} of {args.count} scenes", flush=True)


if __name__ == "__main__":
    main()
