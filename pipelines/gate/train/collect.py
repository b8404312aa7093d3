#!/usr/bin/env python3
"""Gathers recordings for training into a folder: speech/<speaker>/*.flac, other/*.flac, whisper/*.flac, page/*.flac, noise/*.flac.

    collect.py --out recordings [--add DIR ...]

Speech and small noises come from Debian's archive (`apt-get download`, nothing is installed): telephone prompts and
children's games, spoken by people in many languages. Some talkers are espeak-ng, lest the network take a voice for a
whisper because it comes from a synthesiser, as many of the whispers do. --add takes a folder of your own recordings, laid out as above;
its files need not have the same rate or format. Needs ffmpeg, espeak-ng, dpkg-deb and apt-get.
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import tempfile

import numpy as np
import soundfile

import sound
import synthesis

ASTERISK = ("speech", "usr/share/asterisk/sounds/*/**/*.g722", r"sounds/([^/]+)/")
# package -> [(class, pattern under the package, what in the path names the speaker)]
PACKAGES = {
    **{f"asterisk-core-sounds-{language}-g722": [ASTERISK] for language in ("fr", "en", "es", "it", "ru")},
    "ktuberling-data": [("speech", "usr/share/ktuberling/sounds/*/*", r"sounds/([^/]+)/")],
    "klettres-data": [("speech", "usr/share/klettres/*/**/*.ogg", r"klettres/([^/]+)/")],
    "tuxpaint-stamps-default": [("speech", "usr/share/tuxpaint/stamps/**/*_desc*.ogg", r"_desc_?(\w*)\.ogg")],
    "bucklespring-data": [("other", "usr/share/bucklespring/wav/*.wav", None)],
    "minetest-data": [("other", "usr/share/games/minetest/games/**/*.ogg", None)],
    "tuxpaint-data": [("other", f"usr/share/tuxpaint/sounds/{name}*.wav", None) for name in ("eraser", "paint", "keyclick")],
    "scratch": [
        ("other", f"usr/share/scratch/Media/Sounds/{name}*", None)
        for name in ("Human/Cough", "Human/Sneeze", "Human/F", "Human/Slurp", "Effects/Door", "Effects/Typing", "Effects/Rattle")
    ],
    "pokerth-data": [("page", "usr/share/games/pokerth/sounds/default/dealtwocards.wav", None)],
}
# Sounds of games that no room makes.
UNLIKELY = ("fire", "water", "lava", "tnt", "hurt", "music", "boom", "steam", "bubble")
# Talkers by espeak-ng. The bench has others of its timbres, and another synthesiser: they stay unheard.
LANGUAGES = ("fr", "fr-be", "fr-ch", "en", "de", "es", "it", "nl")
TIMBRES = (
    "m6 aunty benjamin boris David Denis ed Gustave Henrique iven Jacky john Lee Marco Michael "
    "Miguel Nguyen paul quincy steph2 Storm norbert sandro Andrea Annie Alicia grandma klatt4"
).split()
PIECE_SECONDS = 60
# A voice is known after so many prompts; more would only take time.
FILES_PER_SPEAKER = 400


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
    """Its files, or nothing where this Debian does not have it."""
    run = subprocess.run(["apt-get", "download", package], cwd=where, capture_output=True, text=True)
    if run.returncode:
        print(f"  left out, not to be had: {run.stderr.strip().splitlines()[-1]}", flush=True)
        return None
    (archive,) = where.glob(f"{package}_*.deb")
    subprocess.run(["dpkg-deb", "-x", archive, where / package], check=True)
    return where / package


def gather(root, kind, pattern, speaker, out, source):
    """Writes one class of one source; speech as long pieces per speaker, the rest file by file."""
    rng = np.random.default_rng(1)
    files = {}
    for path in sorted(p for p in root.glob(pattern) if p.is_file()):
        if kind != "other" or not any(word in path.name for word in UNLIKELY):
            name = re.search(speaker, str(path.relative_to(root)))[1] if speaker else ""
            files.setdefault(name, []).append(path)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for name, paths in files.items():
            if kind != "speech":
                for path, x in zip(paths, pool.map(decode, paths)):
                    if len(x := sound.trimmed(x)) > sound.RATE // 50:
                        write(out / kind / f"{source}_{path.stem}.flac", x)
                continue
            rng.shuffle(paths)
            heard = (sound.trimmed(x) for x in pool.map(decode, paths[:FILES_PER_SPEAKER]))
            parts = [x / np.abs(x).max() for x in heard if clean_enough(x)]
            if parts:
                write_pieces(out, f"{source}_{name}", sound.joined(parts, rng))


def synthesise(out):
    """One talker per timbre, reading some texts at a tempo and pitch of its own: all together a fifth of what is drawn."""
    for n, timbre in enumerate(TIMBRES):
        rng = np.random.default_rng(n)
        voice = f"{LANGUAGES[n % len(LANGUAGES)]}+{timbre}"
        tempo, pitch = rng.integers(120, 200), rng.integers(15, 75)
        heard = (sound.trimmed(synthesis.espeak(text, voice, tempo, pitch)) for text in rng.permutation(synthesis.TEXTS)[:10])
        write_pieces(out, f"espeak_{timbre}", sound.joined([x / np.abs(x).max() for x in heard], rng))


def write_pieces(out, speaker, x):
    for n in range(0, len(x), PIECE_SECONDS * sound.RATE):
        write(out / "speech" / speaker / f"{n // sound.RATE:05}.flac", x[n : n + PIECE_SECONDS * sound.RATE])
    print(f"  {speaker}: {len(x) / sound.RATE:.0f} s", flush=True)


def write(path, x):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.9 * x / max(np.abs(x).max(), 1e-9), sound.RATE, subtype="PCM_16")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--add", type=pathlib.Path, action="append", default=[])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for package, parts in PACKAGES.items():
            print(package, flush=True)
            root = unpack(package, pathlib.Path(scratch))
            for kind, pattern, speaker in parts if root else ():
                gather(root, kind, pattern, speaker, args.out, package.removesuffix("-data"))
    print("espeak-ng", flush=True)
    synthesise(args.out)
    for folder in args.add:
        for kind in sound.KINDS:
            for path in sorted(p for p in (folder / kind).rglob("*") if p.is_file()):
                # The part before the last underscore names the speaker, as in vctk_p246_035.
                place = f"speech/{folder.name}_{path.stem.rsplit('_', 1)[0]}" if kind == "speech" else kind
                write(args.out / place / f"{folder.name}_{path.stem}.flac", decode(path))


if __name__ == "__main__":
    main()
