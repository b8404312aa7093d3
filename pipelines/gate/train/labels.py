"""From a scene's stems to what the network should answer, per step of 10 ms.

The step of hop t answers for hop t-2 (voice, class) and for the window of hops t-2 and t-1 (gains), because the gate's
output is that late.
"""
import numpy as np

HOP = 480
BANDS = 24
CLASSES = 5
NOTHING, VOICE, WHISPER, PAGE, IMPACT = range(CLASSES)
EARLY, SPEECH_ALL, WHISPER_ROW, PAGE_ROW, OTHER_ROW, VENTILATION = range(6)
# Pauses shorter than this belong to the utterance; after it the gate may hold as long.
PAUSE, BEFORE = 30, 3


def erb(hz):
    return 21.4 * np.log10(1 + 0.00437 * hz)


def band_matrix():
    """[BANDS, bins]: the crate's bands (bands.rs)."""
    bins = np.arange(2, 151)
    place = np.clip((erb(bins * 50.0) - erb(75)) / (erb(7500) - erb(75)), 0, 1) * (BANDS - 1)
    below = np.minimum(np.floor(place), BANDS - 2).astype(int)
    matrix = np.zeros((BANDS, HOP + 1), np.float32)
    matrix[below, bins] += 1 - (place - below)
    matrix[below + 1, bins] += place - below
    return matrix


MATRIX = band_matrix()
# The bands above 3 kHz.
HIGH = slice(int(np.ceil((erb(3000) - erb(75)) / (erb(7500) - erb(75)) * (BANDS - 1))), BANDS)
WINDOW = np.sin((np.arange(2 * HOP) + 0.5) * np.pi / (2 * HOP)).astype(np.float32)


def spectra(x):
    """[T, bins]: the window of hops t-1 and t at step t."""
    padded = np.concatenate([np.zeros(HOP, np.float32), x])
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2 * HOP)[::HOP]
    return np.fft.rfft(frames * WINDOW) / HOP


def runs(mask):
    """Starts and ends of the stretches that are true."""
    edges = np.diff(np.concatenate([[0], mask.astype(int), [0]]))
    return list(zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)))


def late(x, hops, fill=0):
    """What is so many hops old."""
    return np.concatenate([np.full((hops, *x.shape[1:]), fill, x.dtype), x[:-hops]])


def targets(mix_power, speech, levels, ventilation):
    """What the network should answer.

    `mix_power` [T, BANDS] is what the gate hears, `levels` [6, T] in dB of full scale and `ventilation` [BANDS] are those of
    scenes.py. Powers are those of the gate's bands. `kept` and `taken` [T, BANDS] are the powers of the bands that are
    nearly all talker, and nearly all disturbance; zero elsewhere.
    """
    count = levels.shape[1]
    room = levels[VENTILATION]
    active = np.zeros(count, bool)
    if levels[EARLY].max() > -100:
        heard = levels[EARLY]
        level = 10 * np.log10(np.mean(10 ** (heard[heard > heard.max() - 30] / 10)))
        active = (heard > level - 30) & (heard > room - 3)
        for start, end in runs(active):
            if end - start < 2:
                active[start:end] = False
    utterance = active.copy()
    stretches = runs(active)
    for (_, end), (start, _) in zip(stretches, stretches[1:]):
        if start - end < PAUSE:
            utterance[end:start] = True
    either, onset = np.zeros(count, bool), np.zeros(count, bool)
    for start, end in runs(utterance):
        either[max(0, start - BEFORE) : end + PAUSE] = True
        onset[start : start + 12] = True
    either &= ~utterance

    rows = levels[[WHISPER_ROW, PAGE_ROW, OTHER_ROW]]
    loudest = rows.max(0)
    disturbed = (loudest > room - 3) & (loudest > loudest.max() - 30) & ~utterance & ~either
    kind = np.where(disturbed, WHISPER + rows.argmax(0), NOTHING)
    kind[utterance] = VOICE

    voice_weight = np.where(active, 1.0, np.where(utterance, 0.3, np.where(disturbed, 1.0, 0.3)))
    speech_power = np.abs(spectra(speech)) ** 2 @ MATRIX.T
    # A gate loses first syllables, and consonants that have no voice.
    unvoiced = speech_power[:, HIGH].sum(1) > 0.5 * speech_power.sum(1)
    voice_weight[active & (onset | unvoiced)] = 2.0
    voice_weight[either] = 0.0

    rest = np.maximum(mix_power - speech_power - ventilation, 0)
    kept = np.where(speech_power > 4 * (rest + ventilation), speech_power, 0)
    kept[~active] = 0
    taken = np.where(rest > 10 * (speech_power + ventilation), rest, 0)
    # Elsewhere the gate is closed.
    taken[~(utterance | either)] = 0
    gains = np.sqrt(np.clip(speech_power / (mix_power + 1e-11), 0, 1))
    return {
        "voice": late(utterance.astype(np.float32), 2),
        "voice_weight": late(voice_weight.astype(np.float32), 2),
        "speech": late(active, 2),
        "onset": late(onset & active, 2),
        "disturbed": late(disturbed, 2),
        "gains": late(gains.astype(np.float32), 1),
        "gains_weight": late(np.where(utterance, 1.0, 0.3).astype(np.float32), 1),
        "kept": late(kept.astype(np.float32), 1),
        "taken": late(taken.astype(np.float32), 1),
        "class": late(kind.astype(np.int32), 2),
        "class_weight": late(np.where(either, 0.0, 1.0).astype(np.float32), 2),
    }
