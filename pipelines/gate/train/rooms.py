#!/usr/bin/env python3
"""Impulse responses of rooms, by the image source method (pyroomacoustics) with a diffuse tail.

    rooms.py --out rooms [--rooms 36] [--seed 1]

Each room holds one circle of 4 microphones (radius 32 mm) on a table, and people around it: 4 who may talk, 4 in the
audience, 3 places where paper lies. Writes rooms/<n>.npz: `responses` of shape [source, microphone, sample], where
1.0 is a source's level at 1 m, `role` and `azimuth` (degrees) and `distance` (m) of each source.
"""
import argparse
import multiprocessing
import pathlib

import numpy as np
import pyroomacoustics as pra

import sound


def make(job):
    out, n, seed = job
    rng = np.random.default_rng([seed, n])
    size = np.array([rng.uniform(4, 13), rng.uniform(3.5, 9), rng.uniform(2.4, 4)])
    rt60 = rng.uniform(0.3, 0.8)
    absorption, order = pra.inverse_sabine(rt60, size)
    room = pra.ShoeBox(size, fs=sound.RATE, materials=pra.Material(min(absorption, 0.95)), max_order=min(order, 10), air_absorption=True)
    centre = np.array([size[0] * rng.uniform(0.35, 0.65), size[1] * rng.uniform(0.35, 0.65), rng.uniform(0.74, 0.9)])
    turn = rng.uniform(0, 2 * np.pi)
    angles = turn + np.arange(4) * np.pi / 2
    room.add_microphone_array(centre[:, None] + 0.032 * np.array([np.cos(angles), np.sin(angles), 0 * angles]))
    roles, azimuths, distances = [], [], []
    wanted = [("talker", 0.6, 4.5, 1.1, 1.7)] * 4 + [("audience", 0.8, 4.0, 1.0, 1.4)] * 4 + [("paper", 0.5, 3.5, 0.75, 0.95)] * 3
    for role, near, far, low, high in wanted:
        for _ in range(200):
            distance, azimuth = rng.uniform(near, far), rng.uniform(0, 2 * np.pi)
            place = centre + distance * np.array([np.cos(azimuth), np.sin(azimuth), 0])
            place[2] = rng.uniform(low, high)
            if np.all(place > 0.25) and np.all(place < size - 0.25):
                room.add_source(place)
                roles.append(role)
                azimuths.append(np.degrees(azimuth - turn) % 360)
                distances.append(distance)
                break
    room.compute_rir()
    length = int(sound.RATE * min(0.7, rt60 * 1.1))
    t = np.arange(length) / sound.RATE
    responses = np.zeros((len(roles), 4, length), np.float32)
    for source in range(len(roles)):
        start = int(sound.RATE * (distances[source] / 343 + min(0.06, 0.2 * rt60)))
        for microphone in range(4):
            h = np.zeros(length)
            image = room.rir[microphone][source][:length]
            h[: len(image)] = image
            # The image sources end too soon: go on with noise that decays as the room does.
            level = np.sqrt(np.mean(h[start : start + 960] ** 2) + 1e-20)
            tail = rng.standard_normal(length) * level * 10 ** (-3 * (t - start / sound.RATE) / rt60)
            share = np.clip((np.arange(length) - start) / (0.03 * sound.RATE), 0, 1)
            responses[source, microphone] = h * np.sqrt(1 - share) + tail * np.sqrt(share)
    np.savez(out / f"{n}.npz", responses=responses.astype(np.float16), role=roles, azimuth=azimuths, distance=distances)
    return f"room {n}: {size.round(1)} m, {rt60:.2f} s, {len(roles)} places"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--rooms", type=int, default=36)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with multiprocessing.Pool(2) as pool:
        for line in pool.imap(make, [(args.out, n, args.seed) for n in range(args.rooms)]):
            print(line, flush=True)


if __name__ == "__main__":
    main()
