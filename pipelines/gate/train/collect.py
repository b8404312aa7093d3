#!/usr/bin/env python3
"""Gathers recordings for training into a folder: speech/<speaker>/*.flac, other/*.flac, whisper/*.flac, page/*.flac, noise/*.flac.

    collect.py --out recordings [--add DIR ...]

Speech and small noises come from Debian's archive (`apt-get download`, nothing is installed): telephone prompts and
children's games, spoken by people in many languages. --add takes a folder of your own recordings, laid out as above;
its files need not have the same rate or format. Needs ffmpeg, dpkg-deb and apt-get.
"""
import argparse
import pathlib
import subprocess
import tempfile

import numpy as np
import soundfile

import sound

# package -> (class, pattern under the package, levels of the path that name the speaker)
PACKAGES = {
    "asterisk-core-sounds-fr-g722": ("speech", "usr/share/asterisk/sounds/*/**/*.g722", 4),
    "asterisk-core-sounds-en-g722": ("speech", "usr/share/asterisk/sounds/*/**/*.g722", 4),
    "asterisk-core-sounds-es-g722": ("speech", "usr/share/asterisk/sounds/*/**/*.g722", 4),
    "asterisk-core-sounds-it-g722": ("speech", "usr/share/asterisk/sounds/*/**/*.g722", 4),
    "asterisk-core-sounds-ru-g722": ("speech", "usr/share/asterisk/sounds/*/**/*.g722", 4),
    "ktuberling-data": ("speech", "usr/share/ktuberling/sounds/*/*", 4),
    "klettres-data": ("speech", "usr/share/klettres/*/**/*.ogg", 3),
    "bucklespring-data": ("other", "usr/share/bucklespring/wav/*.wav", None),
    "minetest-data": ("other", "usr/share/games/minetest/games/**/*.ogg", None),
}
# Sounds of games that no room makes.
UNLIKELY = ("fire", "water", "lava", "tnt", "hurt", "music", "boom", "steam", "bubble")
PIECE_SECONDS = 60


def decode(path):
    """Any sound file as mono float at 48 kHz."""
    run = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-ac", "1", "-ar", str(sound.RATE), "-f", "f32le", "-"],
        capture_output=True,
    )
    return np.frombuffer(run.stdout, np.float32).astype(np.float64)


def clean_enough(x):
    """Whether a recording of speech is at least 35 dB above its own noise."""
    if len(x) < sound.RATE // 5:
        return False
    levels = sound.frame_db(x)
    return levels.max() - np.percentile(levels, 3) > 35


def unpack(package, where):
    subprocess.run(["apt-get", "download", package], cwd=where, check=True, capture_output=True)
    (archive,) = where.glob(f"{package}_*.deb")
    subprocess.run(["dpkg-deb", "-x", archive, where / package], check=True)
    return where / package


def gather(root, kind, pattern, speaker_level, out, source):
    """Writes one class of one source; speech as long pieces per speaker, the rest file by file."""
    by_speaker = {}
    for path in sorted(p for p in root.glob(pattern) if p.is_file()):
        if kind == "other" and any(word in path.name for word in UNLIKELY):
            continue
        x = sound.trimmed(decode(path))
        if kind != "speech":
            if len(x) > sound.RATE // 50:
                write(out / kind / f"{source}_{path.stem}.flac", x)
            continue
        if clean_enough(x):
            name = path.relative_to(root).parts[speaker_level]
            by_speaker.setdefault(name, []).append(x / np.abs(x).max())
    rng = np.random.default_rng(1)
    for name, parts in by_speaker.items():
        rng.shuffle(parts)
        joined = sound.joined(parts, rng)
        for n in range(0, len(joined), PIECE_SECONDS * sound.RATE):
            write(out / "speech" / f"{source}_{name}" / f"{n // sound.RATE:05}.flac", joined[n : n + PIECE_SECONDS * sound.RATE])
        print(f"  {source}_{name}: {len(joined) / sound.RATE:.0f} s", flush=True)


def write(path, x):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.9 * x / max(np.abs(x).max(), 1e-9), sound.RATE, subtype="PCM_16")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--add", type=pathlib.Path, action="append", default=[])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for package, (kind, pattern, level) in PACKAGES.items():
            print(package, flush=True)
            gather(unpack(package, pathlib.Path(scratch)), kind, pattern, level, args.out, package.split("-data")[0])
    for folder in args.add:
        for kind in sound.KINDS:
            for path in sorted(p for p in (folder / kind).rglob("*") if p.is_file()):
                # The part before the last underscore names the speaker, as in vctk_p246_035.
                place = f"speech/{folder.name}_{path.stem.rsplit('_', 1)[0]}" if kind == "speech" else kind
                write(args.out / place / f"{folder.name}_{path.stem}.flac", decode(path))


if __name__ == "__main__":
    main()
