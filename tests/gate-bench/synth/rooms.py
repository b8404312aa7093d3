"""Simulated rooms: impulse responses from seats to a circle of four microphones on the table."""

from dataclasses import dataclass

import numpy as np
import pyroomacoustics
from scipy import signal

from sound import RATE

RADIUS = 0.032
"""Of the microphones' circle, in metres."""
SPEED = 343.0
"""Of sound, in m/s."""


@dataclass
class Seat:
    """Where a sound comes from. `response`: [4, taps], amplitude 1 for the direct sound at 1 m."""

    role: str
    metres: float
    degrees: float
    response: np.ndarray


@dataclass
class Room:
    """One room with its seats; `microphones` in metres, shape [4, 3]."""

    size: tuple
    rt60: float
    microphones: np.ndarray
    seats: list

    def of(self, role):
        """The seats of a role."""
        return [seat for seat in self.seats if seat.role == role]


PLAN = [("near", 0.8, 1.3, 1.1, 1.5), ("near", 1.3, 2.4, 1.1, 1.6), ("far", 2.9, 3.6, 1.1, 1.5), ("far", 3.4, 4.0, 1.1, 1.6),
        ("audience", 1.0, 1.8, 1.0, 1.35), ("audience", 1.5, 2.8, 1.0, 1.35), ("audience", 2.2, 3.8, 1.0, 1.35),
        ("page", 0.8, 1.6, 0.76, 0.95), ("page", 1.4, 3.5, 0.76, 0.95), ("door", 2.4, 3.8, 0.6, 1.6)]  # fmt: skip
"""Role, least and most distance, least and most height, all in metres."""


def room(rng):
    """A room drawn at random: 5 to 11 m long, RT60 of 0.40 to 0.65 s."""
    size = (rng.uniform(5.6, 11.0), rng.uniform(4.6, 8.5), rng.uniform(2.5, 3.4))
    rt60 = float(rng.uniform(0.40, 0.65))
    absorption, _ = pyroomacoustics.inverse_sabine(rt60, size)
    box = pyroomacoustics.ShoeBox(
        size, fs=RATE, materials=pyroomacoustics.Material(min(absorption, 0.95)), max_order=11, air_absorption=True
    )
    centre = np.array([size[0] * rng.uniform(0.38, 0.62), size[1] * rng.uniform(0.38, 0.62), rng.uniform(0.74, 0.85)])
    angles = rng.uniform(0, 2 * np.pi) + np.pi / 2 * np.arange(4)
    microphones = centre + RADIUS * np.stack([np.cos(angles), np.sin(angles), np.zeros(4)], axis=1)
    box.add_microphone_array(microphones.T)
    places = [(role, place_seat(rng, size, centre, *limits)) for role, *limits in PLAN]
    for _, place in places:
        box.add_source(place)
    box.compute_rir()
    seats = []
    for number, (role, place) in enumerate(places):
        offset = place - centre
        metres = float(np.linalg.norm(offset))
        images = [box.rir[microphone][number] for microphone in range(4)]
        response = with_tail(rng, images, metres, rt60) / free_field()
        seats.append(Seat(role, metres, float(np.degrees(np.arctan2(offset[1], offset[0])) % 360), response))
    return Room(size, rt60, microphones, seats)


def place_seat(rng, size, centre, least, most, lowest, highest):
    """A point at such a distance, at least 30 cm from every wall; nearer where the room is too small."""
    for attempt in range(1000):
        metres = rng.uniform(least, most) * (1.0 if attempt < 300 else 0.999**attempt)
        angle = rng.uniform(0, 2 * np.pi)
        height = rng.uniform(lowest, highest)
        flat = np.sqrt(max(metres**2 - (height - centre[2]) ** 2, 0.01))
        place = np.array([centre[0] + flat * np.cos(angle), centre[1] + flat * np.sin(angle), height])
        if all(0.3 < place[axis] < size[axis] - 0.3 for axis in range(2)):
            return place
    raise AssertionError("a seat within 30 cm of the table always fits")


def with_tail(rng, images, metres, rt60):
    """Image sources up to 50 ms after the direct sound, then diffuse decay; shape [4, taps].

    The image method grows with the cube of time; what it leaves out is dense enough to be noise (Lehmann and
    Johansson, "Diffuse reverberation model for efficient image-source simulation", 2010). Each octave decays
    at its own pace: high ones faster, as in furnished rooms.
    """
    taps = int(RATE * (rt60 * 1.1 + metres / SPEED))
    start = int(RATE * (0.05 + metres / SPEED))
    blend = int(RATE * 0.02)
    time = np.arange(taps) / RATE
    fade = np.clip((np.arange(taps) - start) / blend, 0.0, 1.0)
    out = np.zeros((4, taps))
    edges = [20, 250, 500, 1_000, 2_000, 4_000, 8_000, 23_000]
    pace = [1.15, 1.05, 1.0, 1.0, 0.92, 0.75, 0.55]
    for microphone, image in enumerate(images):
        image = np.pad(image, (0, max(0, taps - len(image))))[:taps]
        out[microphone] = image * np.sqrt(1.0 - fade)
        for low, high, factor in zip(edges, edges[1:], pace):
            sos = signal.butter(3, [low, high], "bandpass", fs=RATE, output="sos")
            seen = signal.sosfilt(sos, image)[start - blend : start + blend]
            decay = 10.0 ** (-3.0 * (time - start / RATE) / (rt60 * factor))
            wash = signal.sosfilt(sos, rng.standard_normal(taps))
            wash *= np.sqrt(np.mean(seen**2) / (np.mean(wash**2) + 1e-30))
            out[microphone] += wash * decay * np.sqrt(fade)
    return out


def free_field(cache=[]):  # noqa: B006: computed once
    """Amplitude of the simulator's direct sound at 1 m."""
    if not cache:
        box = pyroomacoustics.ShoeBox((10, 10, 10), fs=RATE, max_order=0, air_absorption=False)
        box.add_microphone([5.0, 5.0, 5.0])
        box.add_source([6.0, 5.0, 5.0])
        box.compute_rir()
        cache.append(float(np.sqrt(np.sum(box.rir[0][0] ** 2))))
    return cache[0]
