"""Does the bench measure right? Made-up outputs whose figures are known beforehand. Needs no synthesiser."""

import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy import signal

import sound
from measure import alignment, blackbox
from measure.row import compare, level_of, row
from measure.scene import hear
from measure.truth import truth
from sound import RATE
from synth.noises import band

SECONDS = 12


def voice(rng, seconds):
    """Something voiced and speech-like: gliding harmonics, a formant or two, four syllables a second."""
    time = np.arange(int(seconds * RATE)) / RATE
    pitch = 140 * (1 + 0.15 * np.sin(2 * np.pi * 0.7 * time) + 0.05 * np.sin(2 * np.pi * 2.3 * time + 1))
    pulses = np.diff(np.floor(np.cumsum(pitch) / RATE), prepend=0.0) + 0.002 * rng.standard_normal(len(time))
    tract = band(pulses, 450, 750, 1) + 0.5 * band(pulses, 1_100, 2_300, 1) + 0.05 * pulses
    return tract * (0.55 - 0.45 * np.cos(2 * np.pi * 4 * time)) / 0.3


def made_up(rng):
    """Stems of a scene: speech at 2..5 s and 8..10 s, a whisper at 6..7.5 s, a page at 11..11.6 s."""
    stems = {name: np.zeros(SECONDS * RATE) for name in ("speech", "early", "whisper", "page", "other")}

    def place(name, at, samples):
        stems[name][int(at * RATE) : int(at * RATE) + len(samples)] = sound.faded(samples, 0.01)

    place("speech", 2.0, 0.05 * voice(rng, 3.0))
    place("speech", 8.0, 0.05 * voice(rng, 2.0))
    stems["early"] = stems["speech"].copy()
    place("whisper", 6.0, 0.004 * band(rng.standard_normal(int(1.5 * RATE)), 500, 6_000))
    place("page", 11.0, 0.03 * band(rng.standard_normal(int(0.6 * RATE)), 800, 9_000))
    stems["ventilation"] = 3e-4 * rng.standard_normal(SECONDS * RATE)
    mixed = sum(samples for name, samples in stems.items() if name != "early")
    return stems, mixed


def figures_of(stems, mixed, output, family="S1"):
    """The whole way from an output to a row."""
    heard = [hear("made-up", family, stems, truth(stems), mixed, output, quality=True)]
    return row(heard, level_of(heard)), heard


def near(found, expected, tolerance, what):
    """Fails with both values."""
    assert found is not None and abs(found - expected) <= tolerance, f"{what}: {found}, expected {expected} ± {tolerance}"


def test_untouched_sound_is_untouched():
    stems, mixed = made_up(np.random.default_rng(1))
    figures, _ = figures_of(stems, mixed, mixed)
    for key in ("cut_whisper_db", "cut_page_db", "lost_pct", "late_mean_ms", "level_db"):
        near(figures[key], 0.0, 0.2, key)
    near(figures["leak_whisper_pct"], 100.0, 0.0, "leak")
    assert figures["stoi_clean"] > 0.97 and figures["pesq_clean"] > 2.0, figures


def test_a_known_cut_is_found_and_the_level_is_taken_off():
    stems, mixed = made_up(np.random.default_rng(2))
    output = mixed.copy()
    output[int(5.5 * RATE) : int(7.8 * RATE)] *= sound.gain(-33.0)
    output[int(10.7 * RATE) :] *= sound.gain(-47.0)
    for level in (0.0, -9.0, 6.0):
        figures, _ = figures_of(stems, mixed, output * sound.gain(level))
        near(figures["cut_whisper_db"], 33.0, 0.3, f"whisper at {level} dB")
        near(figures["cut_page_db"], 47.0, 0.3, f"page at {level} dB")
        near(figures["leak_whisper_pct"], 0.0, 0.0, "leak")
        near(figures["level_db"], level, 0.1, "level")
        near(figures["lost_pct"], 0.0, 0.2, "lost")


def test_a_perfect_gate_is_perfect():
    stems, mixed = made_up(np.random.default_rng(3))
    figures, _ = figures_of(stems, mixed, stems["speech"] + 1e-6 * mixed)
    near(figures["cut_whisper_db"], 60.0, 0.1, "whisper")
    near(figures["cut_page_db"], 60.0, 0.1, "page")
    near(figures["lost_pct"], 0.0, 0.2, "lost")
    near(figures["late_mean_ms"], 0.0, 0.1, "late")
    assert figures["pesq_clean"] > 4.4 and figures["stoi_clean"] > 0.99 and figures["score"] > 98, figures


def test_the_leak_is_the_share_of_time_that_was_let_through():
    stems, mixed = made_up(np.random.default_rng(4))
    output = mixed.copy()
    output[int(6.45 * RATE) : int(7.7 * RATE)] = 0.0
    figures, _ = figures_of(stems, mixed, output)
    near(figures["leak_whisper_pct"], 30.0, 1.5, "leak of 450 ms in 1500")


def test_lost_and_late_speech_is_counted():
    stems, mixed = made_up(np.random.default_rng(5))
    output = mixed.copy()
    output[int(1.9 * RATE) : int(2.2 * RATE)] = 0.0
    figures, heard = figures_of(stems, mixed, output)
    near(figures["late_mean_ms"], 75.0, 40.0, "two onsets, one some 150 ms late after its first pitch period, one in time")
    known = len(heard[0].gains)
    near(figures["lost_pct"], 100.0 * 20 / known, 300.0 / known, "about 200 of the first 300 ms are loud enough to count")
    silent, _ = figures_of(stems, mixed, 0.0 * mixed)
    assert silent["stoi_clean"] < 0.5 and silent["pesq_clean"] < 1.5, silent


def test_speech_under_a_page_is_told_from_the_page():
    rng = np.random.default_rng(6)
    stems, _ = made_up(rng)
    start = int(2.5 * RATE)
    stems["page"][start : start + RATE] = 0.03 * band(rng.standard_normal(RATE), 4_000, 9_000, 4)
    mixed = sum(samples for name, samples in stems.items() if name != "early")
    low_pass = signal.butter(8, 3_500, fs=RATE, output="sos")
    output = mixed.copy()
    piece = slice(start - RATE // 10, start + RATE + RATE // 10)
    output[piece] = signal.sosfiltfilt(low_pass, mixed)[piece]
    figures, _ = figures_of(stems, mixed, output)
    assert figures["under_page_db"] > 15 and figures["lost_pct"] < 2, figures


def test_a_known_delay_is_found():
    _, mixed = made_up(np.random.default_rng(7))
    for delay in (0, 480, 1_440, 7_777):
        output = np.concatenate([np.zeros(delay), mixed])[: len(mixed)] * 0.5
        found, agreement = alignment.constant_delay(mixed, output)
        assert (found, agreement > 0.9) == (delay, True), (found, delay, agreement)
        assert np.array_equal(alignment.shifted(output, found, len(mixed))[: -delay or None], 0.5 * mixed[: -delay or None])


def caught_up(mixed, starts):
    """Played 120 ms late from each start, in frames, on, and then every 40 ms a pitch period less late until it is
    30 ms again, as an elastic buffer does (WSOLA). Gives the sound and the delay of each 10 ms frame in samples."""
    known = np.full(len(mixed) // 480, 30 * 48)
    for start in starts:
        delay = 120 * 48
        for frame in range(start, start + 200, 4):
            known[frame : frame + 4] = delay
            here = mixed[frame * 480 + 1_920 :][:960]
            alike = [here @ mixed[frame * 480 + 1_920 + skip :][:960] for skip in range(192, 528)]
            delay = max(30 * 48, delay - 192 - int(np.argmax(alike)))
    window = np.hanning(961)[:-1]
    output = np.zeros(len(mixed) + 2 * RATE)
    padded = np.pad(mixed, 480)
    for frame, delay in enumerate(known):
        at = frame * 480 + delay - 480
        output[at : at + 960] += window * padded[frame * 480 : frame * 480 + 960]
    return output, known


def test_a_known_warp_is_found():
    stems, mixed = made_up(np.random.default_rng(8))
    output, known = caught_up(mixed, (200, 800))
    found = alignment.local_delays(mixed, output)
    off = np.abs(found - known)[truth(stems).speech]
    assert np.mean(off <= 48) > 0.9, f"only {100 * np.mean(off <= 48):.0f} % of the speech frames within 1 ms"
    local, _ = figures_of(stems, mixed, alignment.unwarped(output, found, len(mixed)))
    constant, _ = figures_of(stems, mixed, alignment.shifted(output, 30 * 48, len(mixed)))
    assert local["lost_pct"] < 1.5 and local["late_mean_ms"] <= 10, local
    assert constant["late_mean_ms"] > 40, constant


def test_a_local_alignment_hides_no_loss():
    stems, mixed = made_up(np.random.default_rng(9))
    output = mixed.copy()
    output[int(2.5 * RATE) : int(3.5 * RATE)] = 0.0
    aligned = alignment.unwarped(output, alignment.local_delays(mixed, output), len(mixed))
    plain, _ = figures_of(stems, mixed, output)
    local, _ = figures_of(stems, mixed, aligned)
    near(local["lost_pct"], plain["lost_pct"], 2.0, "lost")


def test_a_bootstrap_sees_a_difference_and_sees_none():
    stems, mixed = made_up(np.random.default_rng(10))
    rng = np.random.default_rng(11)
    marked = truth(stems)
    one, same, better = [], [], []
    for number in range(8):
        for group, cut in ((one, 20 + rng.normal()), (same, 20 + rng.normal()), (better, 26 + rng.normal())):
            output = mixed.copy()
            output[int(5.5 * RATE) : int(7.8 * RATE)] *= sound.gain(-cut)
            group.append(hear(f"{number}", "S4", stems, marked, mixed, output, quality=False))
    _, low, high = compare(better, 0.0, one, 0.0, draws=200)["cut_whisper_db"]
    assert low > 3 and high < 9, (low, high)
    _, low, high = compare(same, 0.0, one, 0.0, draws=200)["cut_whisper_db"]
    assert low < 0.7 and high > -0.7, (low, high)


def test_look_ahead_and_failure_of_a_command():
    rng = np.random.default_rng(12)
    script = (
        "import sys, numpy as np, soundfile as s; x, r = s.read(sys.argv[1]); e = np.cumsum(np.append(0, x**2));"
        "n = np.arange(len(x)); g = e[np.minimum(n + 960, len(x))] - e[np.maximum(n - 960, 0)] > .02;"
        "s.write(sys.argv[2], np.append(np.zeros(960), x * g)[:len(x)], r)"
    )
    with tempfile.TemporaryDirectory() as folder:
        command = f'{sys.executable} -c "{script}" {{in}} {{out}}'
        speech = np.concatenate([1e-3 * rng.standard_normal(RATE), 0.1 * voice(rng, 7.0)])[:, None]
        found = blackbox.look_ahead(command, speech, 960, Path(folder), cuts=(2.0, 3.3107))
        assert 5.0 <= found <= 20.01, found
        try:
            blackbox.run("echo broken >&2; false", Path(folder) / "a", Path(folder) / "b")
        except blackbox.CommandFailed as error:
            assert "broken" in str(error)
        else:
            raise AssertionError("a command that fails is a failure")


def main():
    """Runs them all; an AssertionError ends the bench."""
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    for name, test in tests:
        try:
            test()
        except AssertionError as error:
            sys.exit(f"the bench itself measures wrong, {name.removeprefix('test_').replace('_', ' ')}: {error}")
    print(f"the bench's own measures: {len(tests)} checks passed")


if __name__ == "__main__":
    main()
