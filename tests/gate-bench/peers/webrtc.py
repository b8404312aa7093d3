"""WebRTC's audio processing, through GStreamer's `webrtcdsp`: noise suppression, and with `--gate` its voice detector.

The detector tells by messages when voice comes and goes, first when it comes; they gate the suppressed sound.
"""

import re
import subprocess
import sys

import numpy as np

from gating import HOP, RATE, gated, hysteresis, options, read, write

TOLD = re.compile(r"voice-activity, stream-time=\(guint64\)(\d+), stream-has-voice=\(boolean\)(true|false)")


def processed(source, target, likelihood):
    """Writes the suppressed sound; what the detector said, as (frame, voice)."""
    line = ["gst-launch-1.0", "-m", "filesrc", f"location={source}", "!", "wavparse", "!", "audioconvert", "!"]
    line += ["audio/x-raw,format=S16LE,channels=1", "!", "webrtcdsp", "echo-cancel=false", "gain-control=false"]
    line += ["high-pass-filter=true", "noise-suppression=true", "noise-suppression-level=high"]
    if likelihood:
        line += ["voice-detection=true", f"voice-detection-likelihood={likelihood}"]
    line += ["!", "wavenc", "!", "filesink", f"location={target}"]
    try:
        done = subprocess.run(line, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        sys.exit("gst-launch-1.0 is missing: apt-get install gstreamer1.0-tools gstreamer1.0-plugins-bad")
    if done.returncode:
        sys.exit(f"{' '.join(line)}: {done.stderr[-800:]}")
    return [(int(time) * RATE // HOP // 10**9, voice == "true") for time, voice in TOLD.findall(done.stdout)]


def main(words=None):
    """The command; `words` in place of the command line's."""
    parser = options(__doc__)
    parser.add_argument("--gate", action="store_true", help="silence what the voice detector takes for no speech")
    parser.add_argument("--likelihood", default="very-low", help="very-low, low, moderate or high: how readily it says voice")
    parser.add_argument("--hold-ms", type=int, default=200)
    arguments = parser.parse_args(words)
    told = processed(arguments.source, arguments.target, arguments.likelihood if arguments.gate else None)
    if arguments.gate:
        samples, frames = read(arguments.target)
        voice = np.zeros(len(frames))
        for frame, value in told:
            voice[frame:] = value
        write(arguments.target, gated(samples, hysteresis(voice, 1, 1, arguments.hold_ms // 10)))


if __name__ == "__main__":
    main()
