"""Speex's preprocessor (libspeexdsp): noise suppression, and with `--gate` its voice detector as a gate behind it."""

import ctypes
import ctypes.util
import sys

import numpy as np

from gating import HOP, RATE, gated, hysteresis, options, read, write

SET_DENOISE, SET_VAD, SET_PROB_START, SET_PROB_CONTINUE, SET_NOISE_SUPPRESS = 0, 4, 14, 16, 18
"""Requests of speex_preprocess.h."""


def preprocessed(samples, threshold, suppress_db):
    """The suppressed sound, [n], and its detector's answer per frame."""
    try:
        speex = ctypes.CDLL("libspeexdsp.so.1")
    except OSError:
        sys.exit("libspeexdsp.so.1 is missing: apt-get install libspeexdsp1")
    speex.speex_preprocess_state_init.restype = ctypes.c_void_p
    speex.speex_preprocess_state_init.argtypes = [ctypes.c_int, ctypes.c_int]
    speex.speex_preprocess_ctl.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    speex.speex_preprocess_run.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    state = speex.speex_preprocess_state_init(HOP, RATE)
    requests = {SET_DENOISE: 1, SET_VAD: 1, SET_NOISE_SUPPRESS: suppress_db,
                SET_PROB_START: int(100 * threshold), SET_PROB_CONTINUE: int(60 * threshold)}  # fmt: skip
    for request, value in requests.items():
        speex.speex_preprocess_ctl(state, request, ctypes.byref(ctypes.c_int(value)))
    frames = np.ascontiguousarray(np.clip(samples, -1, 1) * 32767.0).astype(np.int16)
    voice = [speex.speex_preprocess_run(state, frames.ctypes.data + frame * HOP * 2) for frame in range(len(frames))]
    return frames.reshape(-1) / np.float32(32767.0), np.array(voice, np.float32)


def main(words=None):
    """The command; `words` in place of the command line's."""
    parser = options(__doc__)
    parser.add_argument("--gate", action="store_true", help="also silence what its voice detector takes for no speech")
    parser.add_argument("--threshold", type=float, default=0.95, help="probability of voice that opens, 0..0.99")
    parser.add_argument("--hold-ms", type=int, default=200)
    parser.add_argument("--suppress-db", type=int, default=-15, help="how far noise is taken down at most; -15 is Speex's own")
    arguments = parser.parse_args(words)
    samples, frames = read(arguments.source)
    suppressed, voice = preprocessed(frames, arguments.threshold, arguments.suppress_db)
    suppressed = suppressed[: len(samples)]
    if arguments.gate:
        # Speex detects in the frame it hands out, which is one frame old: no more delay is needed.
        suppressed = gated(suppressed, hysteresis(voice, 1, 1, arguments.hold_ms // 10))
    write(arguments.target, suppressed)


if __name__ == "__main__":
    main()
