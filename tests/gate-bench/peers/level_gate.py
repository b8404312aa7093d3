"""A level gate with the controls of OBS Studio's: what most people switch on. It knows nothing but loudness."""

import numpy as np

from gating import HOP, gated, hysteresis, options, read, write


def levels(samples):
    """Peak envelope in dBFS, one value a frame: falls by 60 dB in 200 ms, so that it does not see the single wave."""
    peaks = np.abs(np.pad(samples, (0, -len(samples) % HOP))).reshape(-1, HOP).max(axis=1)
    decibels = 20 * np.log10(peaks + 1e-7)
    fall = 60.0 / 200.0 * 10.0
    out = np.empty_like(decibels)
    last = -140.0
    for frame, value in enumerate(decibels):
        last = out[frame] = max(value, last - fall)
    return out


def main(words=None):
    """The command; `words` in place of the command line's."""
    parser = options(__doc__)
    parser.add_argument("--threshold", type=float, default=-34.0, help="level in dBFS that opens")
    parser.add_argument("--close", type=float, default=6.0, help="it closes that many dB lower")
    parser.add_argument("--hold-ms", type=int, default=200)
    parser.add_argument("--attack-ms", type=float, default=5.0)
    parser.add_argument("--release-ms", type=float, default=150.0)
    arguments = parser.parse_args(words)
    samples, _ = read(arguments.source)
    opened = hysteresis(levels(samples), arguments.threshold, arguments.threshold - arguments.close, arguments.hold_ms // 10)
    write(arguments.target, gated(samples, opened, 0, arguments.attack_ms, arguments.release_ms))


if __name__ == "__main__":
    main()
