#!/usr/bin/env python3
"""Trains the gate's network on scenes and writes its weights for the crate.

    train.py --scenes scenes [--epochs 40] --features target/release/examples/features --out ../src/network.bin

The network (about 75,000 weights, kept as 8-bit numbers with one scale per row) sees the features that the crate
itself computes, so that training and use cannot differ: a dense layer, two gated recurrent units (Cho 2014), and
three heads. At the step of hop t it answers for what leaves the gate then:
  voice   whether hop t-2 belongs to an utterance (pauses below 300 ms included),
  gains   24 amplitudes, one per band, that leave the talker of the window of hops t-2 and t-1,
  class   nothing, voice, whisper, page or impact.
One scene in ten, chosen by number, is kept for validation. The network that does best on it is kept.
Prints, per epoch, the losses, and on validation also the share of speech hops found while 2 % and 0.5 % of the whisper, page and impact hops are taken for voice.
"""
import argparse
import multiprocessing
import pathlib
import subprocess

import jax
import jax.numpy as jnp
import numpy as np
import optax

import labels

# Weights of what is kept and taken beside the loss of the gains.
KEEP, TAKE = 0.5, 0.1
DENSE, FIRST, SECOND = 72, 80, 64


def load(job):
    """One scene as so many microphones hear it: features [T, F], targets as a dict of [T, ...]."""
    path, features, channels = job
    scene = np.load(path)
    mix = scene["mix"][:channels].T.astype(np.float32) / 32768
    run = subprocess.run([features, str(channels)], input=mix.tobytes(), capture_output=True, check=True)
    x = np.frombuffer(run.stdout, np.float32).reshape(len(mix) // labels.HOP, -1)
    # The first features are the bands' levels: features.rs.
    power = 10 ** ((30 * x[:, : labels.BANDS] - 65) / 10)
    return x, labels.targets(power, scene["speech"].astype(np.float32) / 32768, scene["levels"].astype(np.float32), scene["room"])


def read(folders, features):
    """All scenes, each twice: as one microphone hears it, and as four do. Nine in ten for training, the rest for validation."""
    sets = [], []
    paths = sorted(path for folder in folders for path in folder.glob("*.npz"))
    jobs = [(path, features, channels) for path in paths for channels in (1, 4)]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for n, scene in enumerate(pool.imap(load, jobs, chunksize=8)):
            sets[n // 2 % 10 == 9].append(scene)
            if n % 200 == 199:
                print(f"{n // 2 + 1} of {len(paths)} scenes read", flush=True)
    return [(np.stack([s[0] for s in part]), {k: np.stack([s[1][k] for s in part]) for k in part[0][1]}) for part in sets]


def initial(rng, inputs):
    def matrix(rows, columns):
        return jnp.asarray(rng.standard_normal((rows, columns)) / np.sqrt(columns), jnp.float32)

    def unit(size, inputs):
        return {"w": matrix(3 * size, inputs), "u": matrix(3 * size, size), "b": jnp.zeros(3 * size), "c": jnp.zeros(3 * size)}

    return {
        "dense": {"w": matrix(DENSE, inputs), "b": jnp.zeros(DENSE)},
        "first": unit(FIRST, DENSE),
        "second": unit(SECOND, FIRST),
        "heads": {"w": matrix(labels.BANDS + 1 + labels.CLASSES, FIRST + SECOND), "b": jnp.zeros(labels.BANDS + 1 + labels.CLASSES)},
    }


def unit(p, h, wx):
    """One step of a gated recurrent unit; `wx` is the input's part."""
    n = h.shape[-1]
    uh = h @ p["u"].T + p["c"]
    r = jax.nn.sigmoid(wx[:, :n] + uh[:, :n])
    z = jax.nn.sigmoid(wx[:, n : 2 * n] + uh[:, n : 2 * n])
    new = jnp.tanh(wx[:, 2 * n :] + r * uh[:, 2 * n :])
    return (1 - z) * new + z * h


def varied(key, x):
    """The same scenes at another level, through another microphone, with a little noise on every feature."""
    level, tilt, ripple, noise = jax.random.split(key, 4)
    place = jnp.linspace(-1, 1, labels.BANDS)
    per_scene = (x.shape[0], 1, 1)
    colour = 4 * jax.random.normal(level, per_scene) + 2 * jax.random.normal(tilt, per_scene) * place
    colour += 1.5 * jax.random.normal(ripple, per_scene) * jnp.cos(5 * place + 9 * jax.random.uniform(ripple, per_scene))
    x = x.at[..., : labels.BANDS].add(colour / 30)
    return x + 0.04 * jax.random.normal(noise, x.shape)


def forward(p, x, key=None):
    """x [B, T, F] -> raw heads [B, T, bands + 1 + classes]. With a key, one dense unit in ten is left out."""
    batch = x.shape[0]
    d = jnp.tanh(x @ p["dense"]["w"].T + p["dense"]["b"])
    if key is not None:
        d = d * jax.random.bernoulli(key, 0.9, (batch, 1, DENSE)) / 0.9
    wx = d @ p["first"]["w"].T + p["first"]["b"]

    def step(state, wx):
        h1 = unit(p["first"], state[0], wx)
        h2 = unit(p["second"], state[1], h1 @ p["second"]["w"].T + p["second"]["b"])
        return (h1, h2), jnp.concatenate([h1, h2], 1)

    start = (jnp.zeros((batch, FIRST)), jnp.zeros((batch, SECOND)))
    _, h = jax.lax.scan(step, start, wx.swapaxes(0, 1), unroll=4)
    return h.swapaxes(0, 1) @ p["heads"]["w"].T + p["heads"]["b"]


def losses(p, x, t, key=None):
    if key is not None:
        key, other = jax.random.split(key)
        x = varied(other, x)
    y = forward(p, x, key)
    gains, voice, kinds = y[..., : labels.BANDS], y[..., labels.BANDS], y[..., labels.BANDS + 1 :]
    voice_loss = jnp.mean(t["voice_weight"] * optax.sigmoid_binary_cross_entropy(voice, t["voice"]))
    # Square roots: small gains matter. Taking speech away is worse than leaving noise.
    amplitude = jax.nn.sigmoid(gains)
    error = amplitude**0.5 - t["gains"] ** 0.5
    gain_loss = jnp.mean(t["gains_weight"][..., None] * error**2 * jnp.where(error < 0, 2.0, 1.0))
    keep_loss, take_loss = kept_and_taken(amplitude, t["kept"], t["taken"])
    class_loss = jnp.mean(t["class_weight"] * optax.softmax_cross_entropy_with_integer_labels(kinds, t["class"]))
    total = voice_loss + 4 * gain_loss + KEEP * keep_loss + TAKE * take_loss + 0.1 * class_loss
    return total, jnp.stack([voice_loss, gain_loss, keep_loss, take_loss, class_loss])


def kept_and_taken(amplitude, kept, taken):
    """By how much the talker falls, hop by hop, beyond 1 dB (mean of the square, in (6 dB)^2); and what is left of the
    disturbances, scene by scene, in units of 10 dB, at least -20 dB. As people hear it: a syllable that is
    lost counts however soft it is, and of the paper its loudest crackle.
    """
    whole = kept.sum(-1)
    left = (amplitude**2 * kept).sum(-1)
    fall = -10 * jnp.log10((left + 1e-12) / (whole + 1e-12))
    loss = jnp.where(whole > 1e-9, jnp.maximum(fall - 1, 0) ** 2 / 36, 0).mean()
    there = taken.sum((1, 2))
    share = (amplitude**2 * taken).sum((1, 2)) / (there + 1e-9)
    return loss, jnp.where(there > 1e-6, jnp.log10(share + 0.01), 0).mean()


def told(parts):
    return " ".join(f"{name} {value:.4f}" for name, value in zip(("voice", "gains", "keep", "take", "class"), parts))


def validate(p, x, t):
    voice = np.asarray(jax.jit(forward)(p, x)[..., labels.BANDS])
    speech, bad = voice[t["speech"] > 0], voice[t["disturbed"] > 0]
    onset = voice[t["onset"] > 0]
    found = []
    for share in (0.02, 0.005):
        threshold = np.quantile(bad, 1 - share)
        found += [100 * np.mean(speech > threshold), 100 * np.mean(onset > threshold)]
    return found


def rounded(p):
    """The weights as they will be stored: 8-bit per row."""

    def matrix(w):
        scale = jnp.max(jnp.abs(w), 1, keepdims=True) / 127
        return jnp.round(w / scale) * scale

    return jax.tree.map(lambda w: matrix(w) if w.ndim == 2 else w, p)


def write(p, path):
    """In this order: dense, first, second, heads; per matrix its rows' scales (f32), then 8-bit rows; biases f32."""
    with open(path, "wb") as out:

        def matrix(w):
            w = np.asarray(w)
            scale = np.abs(w).max(1) / 127
            out.write(scale.astype("<f4").tobytes())
            out.write(np.round(w / scale[:, None]).astype(np.int8).tobytes())

        for layer in ("dense", "first", "second", "heads"):
            for name in ("w", "u"):
                if name in p[layer]:
                    matrix(p[layer][name])
            for name in ("b", "c"):
                if name in p[layer]:
                    out.write(np.asarray(p[layer][name]).astype("<f4").tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=pathlib.Path, action="append", required=True)
    parser.add_argument("--features", required=True, help="the crate's example `features`, built")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--length", type=int, default=600, help="hops of a training sequence")
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)

    (x, t), (vx, vt) = read(args.scenes, args.features)
    print(f"{x.shape[0]} scenes for training, {vx.shape[0]} for validation, {x.shape[2]} features", flush=True)

    p = initial(rng, x.shape[2])
    print(f"{sum(w.size for w in jax.tree.leaves(p))} weights", flush=True)
    steps = max(1, x.shape[0] * x.shape[1] // (args.batch * args.length))
    schedule = optax.cosine_onecycle_schedule(args.epochs * steps, args.rate)
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule, weight_decay=1e-2))
    state = optimiser.init(p)

    @jax.jit
    def step(p, state, x, t, key):
        grads, parts = jax.grad(losses, has_aux=True)(p, x, t, key)
        updates, state = optimiser.update(grads, state, p)
        return optax.apply_updates(p, updates), state, parts

    key, best = jax.random.key(args.seed), 0.0
    for epoch in range(args.epochs):
        total = np.zeros(5)
        for _ in range(steps):
            scenes = rng.integers(0, x.shape[0], args.batch)
            starts = rng.integers(0, x.shape[1] - args.length + 1, args.batch)
            cut = lambda a: np.stack([a[s, b : b + args.length] for s, b in zip(scenes, starts)])
            key, now = jax.random.split(key)
            p, state, parts = step(p, state, cut(x), {k: cut(v) for k, v in t.items()}, now)
            total += np.asarray(parts)
        line = f"epoch {epoch + 1:3}: {told(total / steps)}"
        if epoch % 3 == 2 or epoch == args.epochs - 1:
            found = validate(rounded(p), vx, vt)
            loss = jax.jit(losses)(rounded(p), vx, vt)[1]
            line += f" | validation {told(loss)}, found at 2 %: {found[0]:.1f} (onsets {found[1]:.1f}), at 0.5 %: {found[2]:.1f} ({found[3]:.1f})"
            if sum(found) > best:
                best, kept = sum(found), p
                write(p, args.out)
                line += " kept"
        print(line, flush=True)
    p = kept
    for name, first in (("one microphone", 0), ("four", 1)):
        found = validate(rounded(p), vx[first::2], {k: v[first::2] for k, v in vt.items()})
        print(f"{name}: found at 2 %: {found[0]:.1f} (onsets {found[1]:.1f}), at 0.5 %: {found[2]:.1f} ({found[3]:.1f})")


if __name__ == "__main__":
    main()
