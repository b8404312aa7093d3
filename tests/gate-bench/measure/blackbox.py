"""What can be learnt of a command without looking inside: its look-ahead and its cost."""

import resource
import shlex
import subprocess

import numpy as np
import soundfile

import sound
from sound import RATE

PERCEIVED = 1e-4
"""An output sample that differs by more than that (three steps of 16 bits) has changed."""


class CommandFailed(Exception):
    """The command did not do what it should; its own words are in the message."""


def run(command, source, target, timeout=900):
    """Runs `command` with {in} and {out} filled in; seconds of processor it took, its children included."""
    target.unlink(missing_ok=True)
    line = command.replace("{in}", shlex.quote(str(source))).replace("{out}", shlex.quote(str(target)))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(line, shell=True, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(f"`{line}` took more than {timeout} s") from error
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode or not target.exists():
        said = (done.stderr + done.stdout).decode(errors="replace").strip()[-1500:]
        raise CommandFailed(f"`{line}` ended with {done.returncode} and said: {said or 'nothing'}")
    try:
        sound.read_mono(target)
    except (ValueError, soundfile.SoundFileError) as error:
        raise CommandFailed(f"`{line}` wrote something else than sound at 48 kHz: {error}") from error
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def look_ahead(command, source, delay, folder, cuts=(2.0, 2.703, 3.3107, 4.1061, 4.9)):
    """Milliseconds of future that the output depends on.

    The input is changed from a moment on; what changes in the output before that moment (its constant `delay`
    in samples taken off) was decided by looking ahead. `source`: [samples, channels] with speech in it. The
    change is abrupt and loud, so that any decision must change with it.
    """
    plain, changed = folder / "plain.wav", folder / "changed.wav"
    source = source[: 8 * RATE]
    other = np.roll(source, 3 * RATE, axis=0) * 1.7 + 0.02 * np.random.default_rng(0).standard_normal(source.shape)
    quiet = source[: int(0.8 * RATE)]
    rest = np.tile(quiet, (10, 1))[: len(source)]
    most = None
    for base, change in ((source, other), (rest, 2.0 * source)):
        sound.write(plain, base)
        run(command, plain, folder / "plain-out.wav")
        reference = sound.read_mono(folder / "plain-out.wav")
        for cut in cuts:
            at = int(cut * RATE)
            sound.write(changed, np.concatenate([base[:at], change[at:]]))
            run(command, changed, folder / "changed-out.wav")
            result = sound.read_mono(folder / "changed-out.wav")
            length = min(len(reference), len(result))
            differs = np.flatnonzero(np.abs(reference[:length] - result[:length]) > PERCEIVED)
            if len(differs):
                ahead = (at - (differs[0] - delay)) / RATE * 1000.0
                most = ahead if most is None else max(most, ahead)
    return most


def cpu(command, sources, folder, short_s=4):
    """Processor seconds per second of sound, start-up taken off: a long run less a short one, best of two."""
    long = np.concatenate([sound.read(source) for source in sources])
    sound.write(folder / "long.wav", long)
    sound.write(folder / "short.wav", long[: short_s * RATE])
    spent = [min(run(command, folder / name, folder / "cpu-out.wav") for _ in range(2)) for name in ("long.wav", "short.wav")]
    return max(0.0, spent[0] - spent[1]) / (len(long) / RATE - short_s)
