"""Scenes: who makes which sound when, in which room; mixed, and kept apart as stems.

A scene is a folder: `one.wav` (what one microphone hears), `four.wav` (the circle), `stems.flac` (the parts of
`one.wav`, in the order of STEMS) and `scene.json`.
"""

import hashlib
import json
import shutil
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

import sound
from sound import RATE
from synth import noises, rooms
from synth.voices import Person

STEMS = ["speech", "early", "whisper", "page", "other", "ventilation"]
"""`early` is the direct sound of the speech and 40 ms of reflections: it says when somebody speaks."""

FAMILIES = {
    "S1": "speech alone: normal, soft, fast",
    "S2": "whispers alone",
    "S3": "pages alone",
    "S4": "whispers and pages in the pauses of speech",
    "S5": "whispers and pages under speech",
    "S6": "keys, doors, chairs, coughs",
    "S7": "a talker at 3 to 4 m",
}


@dataclass
class Order:
    """One scene to make. `spl`: of speech at 1 m in dB, drawn when None."""

    family: str
    number: int
    seconds: float
    spl: float | None = None
    fast: bool = False

    def name(self):
        """Also the folder's name."""
        return f"{self.family}-{self.number}"


def plan(kind):
    """The scenes of `full`, `quick` or `tune` (those from which the peers' settings are chosen)."""
    counts, seconds = {
        "full": ({"S1": 6, "S2": 5, "S3": 4, "S4": 5, "S5": 5, "S6": 4, "S7": 4}, 16.0),
        "quick": ({"S1": 2, "S2": 1, "S3": 1, "S4": 1, "S5": 1, "S6": 1, "S7": 1}, 12.0),
        "tune": ({"S1": 3, "S2": 3, "S3": 2, "S4": 3, "S5": 1, "S6": 2, "S7": 2}, 14.0),
    }[kind]
    soft_to_loud = [60.0, 52.0, 57.0, 63.0, 54.0, 59.0]
    orders = []
    for family, count in counts.items():
        for number in range(count):
            order = Order(family, number, seconds)
            if family == "S1":
                order.spl = soft_to_loud[number % 6]
                order.fast = number % 3 == 2
            orders.append(order)
    return orders


@dataclass
class Scene:
    """A scene being made. `stems[name]`: [4, samples]."""

    room: rooms.Room
    samples: int
    rng: np.random.Generator
    stems: dict = field(default_factory=dict)
    events: list = field(default_factory=list)

    def __post_init__(self):
        self.stems = {name: np.zeros((4, self.samples)) for name in STEMS}
        apart = np.linalg.norm(self.room.microphones[:, None] - self.room.microphones[None], axis=2)
        level = self.rng.uniform(-62.0, -50.0)
        self.stems["ventilation"] = sound.gain(level) * noises.ventilation(self.rng, self.samples, apart)

    def put(self, stem, dry, at, seat, what):
        """Lets `dry` (as at 1 m) sound from a seat, `at` seconds; says when it ends, in seconds."""
        start = int(at * RATE)
        for microphone in range(4):
            wet = signal.oaconvolve(dry, seat.response[microphone])[: self.samples - start]
            self.stems[stem][microphone, start : start + len(wet)] += wet
        if stem == "speech":
            response = seat.response[0]
            direct = int(np.argmax(np.abs(response)))
            wet = signal.oaconvolve(dry, response[: direct + int(0.04 * RATE)])[: self.samples - start]
            self.stems["early"][0, start : start + len(wet)] += wet
        end = at + len(dry) / RATE
        self.events.append(
            {"what": what, "stem": stem, "from_s": round(at, 3), "to_s": round(end, 3), "metres": round(seat.metres, 2),
             "degrees": round(seat.degrees, 1)})  # fmt: skip
        return end


class Cast:
    """Who is in the room; each call makes one sound and says when it ends."""

    def __init__(self, scene, order):
        self.scene, self.rng, self.room = scene, scene.rng, scene.room
        self.person = Person(self.rng, order.fast)
        seats = self.room.of("far" if order.family == "S7" else "near")
        self.seat = seats[self.rng.integers(len(seats))]
        self.spl = order.spl or float(self.rng.uniform(57.0, 63.0))
        self.neighbours = [Person(self.rng) for _ in range(3)]

    def any_seat(self, role):
        """One of the seats of a role."""
        seats = self.room.of(role)
        return seats[self.rng.integers(len(seats))]

    def room_left(self, at):
        """Seconds before the end, one left for the reverberation."""
        return self.scene.samples / RATE - at - 0.8

    def fitting(self, make, at, most):
        """A sound of at most `most` seconds that ends with the scene; the last of ten tries is cut."""
        most = min(most, self.room_left(at))
        for _ in range(10):
            dry = make()
            if len(dry) <= most * RATE:
                return dry
        return sound.faded(dry[: max(int(most * RATE), 1)], 0.02)

    def speak(self, at, most=6.0):
        """The talker says a sentence."""
        dry = sound.at_active_spl(self.fitting(self.person.speech, at, most), self.spl + self.rng.uniform(-1, 1))
        return self.scene.put("speech", dry, at, self.seat, self.person.name())

    def whisper(self, at, most=4.0):
        """Somebody in the audience whispers."""
        who = self.neighbours[self.rng.integers(3)]
        dry = sound.at_active_spl(self.fitting(who.whisper, at, most), self.rng.uniform(37.0, 46.0))
        return self.scene.put("whisper", dry, at, self.any_seat("audience"), "whisper")

    def page(self, at):
        """Paper."""
        dry = self.fitting(lambda: noises.page(self.rng), at, 1.7)
        return self.scene.put("page", sound.at_peak_spl(dry, self.rng.uniform(54.0, 66.0)), at, self.any_seat("page"), "page")

    def other(self, at, what):
        """A key, a door, a chair or a cough."""
        make, softest, loudest = noises.OTHERS[what]
        seat = self.any_seat({"keys": "page", "door": "door"}.get(what, "audience"))
        dry = self.fitting(lambda: make(self.rng), at, 3.0)
        return self.scene.put("other", sound.at_peak_spl(dry, self.rng.uniform(softest, loudest)), at, seat, what)


def perform(cast, family):
    """Fills the scene."""
    rng, at = cast.rng, float(cast.rng.uniform(0.9, 1.5))
    others = list(noises.OTHERS)
    turn = int(rng.integers(4))
    while cast.room_left(at) > 1.5:
        match family:
            case "S1" | "S7":
                at = cast.speak(at) + rng.uniform(0.7, 1.6)
            case "S2":
                at = cast.whisper(at, 6.0) + rng.uniform(0.5, 1.3)
            case "S3":
                at = cast.page(at) + rng.uniform(0.3, 1.2)
            case "S4":
                at = cast.speak(at, 3.5) + rng.uniform(0.5, 0.8)
                for sort in rng.permutation(2)[: rng.integers(1, 3)]:
                    if cast.room_left(at) > 1.0:
                        at = (cast.whisper(at, 3.0) if sort else cast.page(at)) + rng.uniform(0.25, 0.5)
                at += 0.4
            case "S5":
                start = at + rng.uniform(0.2, 0.6)
                at = cast.speak(at)
                while start < at - 0.5:
                    sort = rng.random() < 0.5
                    start = (cast.whisper(start, min(2.5, at - start)) if sort else cast.page(start)) + rng.uniform(0.15, 0.4)
                at = max(at, start) + rng.uniform(0.6, 1.2)
            case "S6":
                turn += 1
                at = cast.other(at, others[turn % 4]) + rng.uniform(0.4, 1.1)
            case _:
                raise ValueError(family)


def make(order, seed, folder):
    """Makes one scene in `folder`."""
    rng = np.random.default_rng([seed, zlib.crc32(order.name().encode())])
    scene = Scene(rooms.room(rng), int(order.seconds * RATE), rng)
    perform(Cast(scene, order), order.family)
    # The synthesisers' voices end at 8 or 11 kHz; so does each scene as a whole, lest the missing top give voices away.
    limit = float(rng.choice([7_200.0, 10_400.0, 10_400.0]))
    low_pass = signal.butter(8, limit, fs=RATE, output="sos")
    stems = {name: signal.sosfilt(low_pass, samples, axis=1) for name, samples in scene.stems.items()}
    heard = sum(samples for name, samples in stems.items() if name != "early")
    folder.mkdir(parents=True)
    sound.write(folder / "one.wav", heard[0])
    sound.write(folder / "four.wav", heard.T)
    apart = np.stack([stems[name][0] for name in STEMS], axis=1)
    soundfile.write(folder / "stems.flac", np.clip(apart, -1, 1), RATE, subtype="PCM_24")
    about = {"family": order.family, "seconds": order.seconds, "rt60_s": round(scene.room.rt60, 2), "size_m": np.round(scene.room.size, 2).tolist(),
             "speech_spl_at_1m": order.spl, "band_limit_hz": limit, "events": scene.events}  # fmt: skip
    (folder / "scene.json").write_text(json.dumps(about, indent=1))


def generator_hash():
    """Changes with anything that could change a scene."""
    here = Path(__file__).parent
    files = [here.parent / "sound.py", here.parent / "requirements.txt", *sorted(here.glob("*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def cached(kind, seed, work, pool, say):
    """The folders of a kind's scenes, made now unless this generator made them before."""
    home = work / "scenes" / f"{kind}-{seed}-{generator_hash()}"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        orders = plan(kind)
        jobs = [pool.submit(make, order, seed, home / order.name()) for order in orders]
        for number, (job, order) in enumerate(zip(jobs, orders), 1):
            job.result()
            say(f"scene {number}/{len(jobs)}: {order.name()}, {FAMILIES[order.family]}")
        (home / "complete").touch()
    return sorted(path.parent for path in home.glob("*/scene.json"))


def stems_of(folder):
    """The stems of a scene by name, each [samples]."""
    apart = sound.read(folder / "stems.flac")
    return {name: apart[:, number] for number, name in enumerate(STEMS)}


def about(folder):
    """A scene's description."""
    return json.loads((folder / "scene.json").read_text())
