"""RNNoise 0.1 (Valin, "A hybrid DSP/deep learning approach to real-time full-band speech enhancement", 2018).

As a noise suppressor, or (`--gate`) with its voice detector as the gate of the untouched sound.
"""

import functools
import subprocess
from pathlib import Path

import numpy as np

from gating import HOP, gated, hysteresis, options, read, write


@functools.lru_cache(maxsize=1)
def denoised(program, source):
    """The suppressed sound, [n], and the probability of voice per frame, [frames]; kept for the next setting."""
    _, frames = read(source)
    done = subprocess.run([program], input=np.ascontiguousarray(frames, "<f4").tobytes(), capture_output=True, check=True)
    out = np.frombuffer(done.stdout, "<f4").reshape(-1, HOP + 1)
    return out[:, :HOP].reshape(-1), out[:, HOP]


def main(words=None):
    """The command; `words` in place of the command line's."""
    parser = options(__doc__)
    parser.add_argument("--gate", action="store_true", help="gate the untouched sound by the voice detector")
    parser.add_argument("--threshold", type=float, default=0.9, help="probability of voice that opens, 0..1")
    parser.add_argument("--close", type=float, default=0.5, help="the one that keeps open, as a share of the threshold")
    parser.add_argument("--hold-ms", type=int, default=200)
    parser.add_argument("--look-ahead-ms", type=int, default=20)
    parser.add_argument("--program", type=Path, required=True, help="the filter built from peers/rnnoise")
    arguments = parser.parse_args(words)
    samples, _ = read(arguments.source)
    suppressed, voice = denoised(arguments.program, arguments.source)
    if arguments.gate:
        opened = hysteresis(voice, arguments.threshold, arguments.threshold * arguments.close, arguments.hold_ms // 10)
        write(arguments.target, gated(samples, opened, arguments.look_ahead_ms))
    else:
        write(arguments.target, suppressed[: len(samples)])


if __name__ == "__main__":
    main()
