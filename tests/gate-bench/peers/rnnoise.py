"""RNNoise (Valin, "A hybrid DSP/deep learning approach to real-time full-band speech enhancement", 2018).

As a noise suppressor, or (`--gate`) with its voice detector as the gate of the untouched sound.
"""

import ctypes
import importlib.util
import sys
from pathlib import Path

import numpy as np

from gating import HOP, gated, hysteresis, options, read, write


def library():
    """RNNoise in C, as it lies in the wheel `pyrnnoise`; that package's Python is not used."""
    found = importlib.util.find_spec("pyrnnoise")
    if found is None:
        sys.exit("RNNoise is missing: pip install --no-deps -r requirements.txt")
    rnnoise = ctypes.CDLL(str(Path(found.submodule_search_locations[0]) / "librnnoise.so"))
    rnnoise.rnnoise_create.restype = ctypes.c_void_p
    rnnoise.rnnoise_create.argtypes = [ctypes.c_void_p]
    rnnoise.rnnoise_process_frame.restype = ctypes.c_float
    rnnoise.rnnoise_process_frame.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    return rnnoise


def denoised(frames):
    """The suppressed sound, [n], and the probability of voice per frame, [frames]."""
    rnnoise = library()
    state = rnnoise.rnnoise_create(None)
    # It works in the range of 16-bit integers.
    scaled = np.ascontiguousarray(frames * 32768.0, np.float32)
    out, voice = np.empty_like(scaled), np.empty(len(scaled), np.float32)
    for frame in range(len(scaled)):
        at = frame * HOP * 4
        voice[frame] = rnnoise.rnnoise_process_frame(state, out.ctypes.data + at, scaled.ctypes.data + at)
    return out.reshape(-1) / 32768.0, voice


def main():
    parser = options(__doc__)
    parser.add_argument("--gate", action="store_true", help="gate the untouched sound by the voice detector")
    parser.add_argument("--threshold", type=float, default=0.9, help="probability of voice that opens, 0..1")
    parser.add_argument("--close", type=float, default=0.5, help="the one that keeps open, as a share of the threshold")
    parser.add_argument("--hold-ms", type=int, default=200)
    parser.add_argument("--look-ahead-ms", type=int, default=20)
    arguments = parser.parse_args()
    samples, frames = read(arguments.source)
    suppressed, voice = denoised(frames)
    if arguments.gate:
        opened = hysteresis(voice, arguments.threshold, arguments.threshold * arguments.close, arguments.hold_ms // 10)
        write(arguments.target, gated(samples, opened, arguments.look_ahead_ms))
    else:
        write(arguments.target, suppressed[: len(samples)])


if __name__ == "__main__":
    main()
