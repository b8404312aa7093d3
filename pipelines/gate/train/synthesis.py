"""Sounds of a room made from nothing, or from a voice: whispers, pages, coughs, knocks, ventilation.

All give float arrays, mono, 48 kHz, of no particular level.
"""
import subprocess

import numpy as np
from scipy import signal
from scipy.io import wavfile

import sound

RATE = sound.RATE
TEXTS = (
    "Bonjour à tous et merci d'être venus si nombreux ce soir.",
    "Tu as vu l'heure ? On rentre tout de suite après, d'accord ?",
    "C'est à quelle page déjà, je ne trouve plus mes affaires.",
    "Chut, écoute un peu, il explique les inscriptions et les stages.",
    "Passe-moi le programme s'il te plaît, je voudrais vérifier la salle.",
    "Attends, il a dit combien d'années d'études, six ou sept ?",
    "Je crois que c'est la fille de Sophie, celle qui travaille à Brest.",
    "Pff, c'est long, ça finit quand cette histoire ?",
    "J'ai deux questions, la première sur les salaires, la seconde sur le logement.",
    "Mon fils voudrait devenir menuisier, par où doit-il commencer ?",
    "On m'a proposé un contrat de six mois, puis un poste fixe à l'usine.",
    "Les horaires changent chaque semaine, il faut aimer bouger.",
    "Ici, à Loudéac, nous sommes une vingtaine dans la salle du haut.",
    "Vous m'entendez bien ? Je parle peut-être trop loin du micro.",
    "Avant cela j'étais infirmière de nuit dans un hôpital de campagne.",
    "Le plus dur, c'est le froid du matin, pas le poids des caisses.",
    "Aucun diplôme n'est demandé, seulement de savoir lire un plan.",
    "Huit heures trente, rendez-vous devant la mairie avec vos dossiers.",
    "Oui, bien sûr.",
    "Non, jamais.",
    "Excusez-moi, où se trouve le vestiaire ?",
    "Ce chantier emploie quarante personnes, dont douze apprentis.",
    "Faut-il le permis pour livrer des fleurs au marché ?",
    "Nos voisins de Merdrignac lèvent la main, écoutons leur question.",
    "Chacun choisit son chemin, et personne ne devrait choisir seul.",
    "Si vous cherchez une formation, passez nous voir jeudi après-midi.",
)


def noise(n, rng, slope=0.0):
    """Gaussian noise whose power falls by `slope` dB per octave."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    octaves = np.log2(np.maximum(np.fft.rfftfreq(n, 1 / RATE), 20) / 1000)
    return np.fft.irfft(spectrum * 10 ** (-slope * octaves / 20), n)


def band(x, low, high, order=2):
    """Between two frequencies in Hz."""
    return signal.sosfilt(signal.butter(order, [low, min(high, 23_500)], "band", fs=RATE, output="sos"), x)


def whispered(x, rng):
    """A voice without its voicing: linear prediction, noise for the glottis (order 20 at 16 kHz, 25 ms).

    As in real whispers the formants move up a little, the spectrum below 500 Hz is more or less thin, and vowels
    are weaker than consonants by more than in speech. Often there is the breath itself too: low noise that comes
    and goes with the words.
    """
    rate, order, hop = 16_000, 20, 100
    y = signal.resample_poly(x, 1, 3)
    y = signal.lfilter([1, -0.97], 1, y)
    window = np.hanning(4 * hop)
    out = np.zeros(len(y) + 8 * hop)
    shift = rng.uniform(1.0, 1.12)
    breath = rng.standard_normal(len(out))
    weaker = rng.uniform(0.0, 0.35)
    for start in range(0, len(y) - 4 * hop, 2 * hop):
        frame = y[start : start + 4 * hop] * window
        power = frame @ frame
        if power < 1e-9:
            continue
        r = np.correlate(frame, frame, "full")[len(frame) - 1 :][: order + 1]
        r = r * np.exp(-0.5 * (2 * np.pi * 40 / rate * np.arange(order + 1)) ** 2)
        r[0] *= 1.0005
        a = np.concatenate([[1], -np.linalg.solve(signal_toeplitz(r[:order]), r[1:])])
        if shift > 1.02:
            roots = np.roots(a)
            angle = np.angle(roots)
            moved = np.abs(roots) * np.exp(1j * np.sign(angle) * np.minimum(np.abs(angle) * shift, 3.1))
            a = np.real(np.poly(moved))
        low_share = np.sum(np.abs(np.fft.rfft(frame))[: int(1200 / rate * len(frame))] ** 2) / np.sum(np.abs(np.fft.rfft(frame)) ** 2)
        piece = signal.lfilter([1], a, breath[start : start + 4 * hop])
        piece *= np.sqrt(power / max(piece @ piece, 1e-12)) * (1 - weaker * low_share)
        out[start : start + 4 * hop] += piece * window
    out = signal.lfilter([1], [1, -rng.uniform(0.6, 0.9)], out)
    out = signal.sosfilt(signal.butter(1, rng.choice([60, rng.uniform(60, 500)]), "high", fs=rate, output="sos"), out)
    if rng.random() < 0.5:
        slow = signal.butter(1, rng.uniform(2, 6), fs=rate, output="sos")
        envelope = np.maximum(signal.sosfiltfilt(slow, np.abs(out)), 0)
        breath = signal.sosfilt(signal.butter(2, rng.uniform(150, 700), fs=rate, output="sos"), rng.standard_normal(len(out)))
        breath = breath / np.std(breath) * envelope
        out += breath * rng.uniform(0.3, 2.0) * np.sqrt(np.mean(out**2) / (np.mean(breath**2) + 1e-20))
    return signal.resample_poly(out[: len(y)], 3, 1)


def signal_toeplitz(column):
    index = np.abs(np.subtract.outer(np.arange(len(column)), np.arange(len(column))))
    return column[index]


def espeak(text, voice, words_per_minute, pitch):
    """espeak-ng reads a text; voices as `fr`, `fr+whisper`, `fr+f2`; pitch 0 to 99."""
    command = ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "-p", str(pitch), "--stdout", text]
    run = subprocess.run(command, capture_output=True, check=True)
    # The header of a pipe carries no length.
    rate = int.from_bytes(run.stdout[24:28], "little")
    x = np.frombuffer(run.stdout[44 : 44 + 2 * ((len(run.stdout) - 44) // 2)], "<i2") / 32768
    return signal.resample_poly(x, RATE, rate)


def page(rng):
    """A turning page: fingers slide, the sheet crackles and flaps over, then settles."""
    seconds = rng.uniform(0.25, 1.4)
    n = int(seconds * RATE)
    t = np.linspace(0, 1, n)
    slide = noise(n, rng, rng.uniform(-2, 4)) * np.exp(-(((t - rng.uniform(0.1, 0.4)) / rng.uniform(0.08, 0.25)) ** 2))
    slide = band(slide, rng.uniform(300, 1500), rng.uniform(6000, 20_000), 1)
    crackle = np.zeros(n)
    for at in rng.integers(0, n, rng.poisson(rng.uniform(20, 220) * seconds)):
        length = int(rng.uniform(0.0005, 0.006) * RATE)
        piece = rng.standard_normal(length) * np.exp(-np.linspace(0, 5, length)) * rng.exponential()
        crackle[at : at + length] += piece[: n - at]
    crackle = band(crackle, rng.uniform(400, 2000), rng.uniform(8000, 22_000), 1) * np.sin(np.pi * t) ** rng.uniform(0.5, 2)
    flap = np.zeros(n)
    at, length = int(rng.uniform(0.4, 0.8) * n), int(rng.uniform(0.02, 0.12) * RATE)
    thump = noise(length, rng, rng.uniform(3, 8)) * np.exp(-np.linspace(0, rng.uniform(3, 7), length))
    flap[at : at + length] += thump[: n - at]
    parts = [part / (np.abs(part).max() + 1e-9) for part in (slide, crackle, flap)]
    weights = rng.dirichlet([1.2, 1.2, 0.7])
    return sound.faded(sum(weight * part for weight, part in zip(weights, parts)), 0.003)


def rustle(rng):
    """Clothes or a bag: slow bursts of soft noise."""
    n = int(rng.uniform(0.4, 2.5) * RATE)
    envelope = np.abs(signal.sosfiltfilt(signal.butter(2, rng.uniform(2, 15), fs=RATE, output="sos"), rng.standard_normal(n)))
    return sound.faded(band(noise(n, rng, rng.uniform(-3, 4)), rng.uniform(150, 1500), rng.uniform(3000, 16_000), 1) * envelope, 0.03)


def cough(rng):
    """One to four coughs: a burst, a noisy breath through the formants, often a short rough voiced tail."""
    out = []
    formants = [rng.uniform(500, 900), rng.uniform(1100, 1800), rng.uniform(2300, 3200), rng.uniform(3500, 4500)]
    for _ in range(rng.integers(1, 5)):
        burst, breath, voiced = (int(s * RATE) for s in (rng.uniform(0.02, 0.06), rng.uniform(0.08, 0.25), rng.uniform(0, 0.2)))
        n = burst + breath + voiced
        t = np.arange(n) / RATE
        attack = np.exp(-np.linspace(0, 4, burst))
        envelope = np.concatenate([attack, rng.uniform(0.25, 0.6) * np.exp(-np.linspace(0, 2, breath)), np.zeros(voiced)])
        x = noise(n, rng, rng.uniform(-2, 3)) * envelope
        if voiced > 2000:
            pitch = rng.uniform(120, 420) * (1 - 0.3 * np.linspace(0, 1, n))
            phase = np.cumsum(pitch * (1 + 0.06 * noise(n, rng, 9) / 3)) / RATE
            pulses = (np.diff(np.floor(phase), prepend=0) > 0) * rng.uniform(0.4, 1.0, n)
            tail = np.concatenate([np.zeros(burst + breath // 2), np.hanning(2 * (voiced + breath - breath // 2))[voiced + breath - breath // 2 :]])
            x += 25 * rng.uniform(0.05, 0.6) * pulses * tail[:n]
        y = 0.25 * x
        for f in formants:
            width = rng.uniform(120, 350)
            r = np.exp(-np.pi * width / RATE)
            y += signal.lfilter([1 - r], [1, -2 * r * np.cos(2 * np.pi * f / RATE), r * r], x)
        out += [sound.faded(y / (np.abs(y).max() + 1e-9) * rng.uniform(0.4, 1), 0.001), np.zeros(int(rng.uniform(0.05, 0.35) * RATE))]
        del t
    return np.concatenate(out)


def knock(rng):
    """Something hard against something: damped modes and a click, once or a few times (cup, pen, chair, door)."""
    heavy = rng.random()
    lowest = 60 * 30**heavy
    out = []
    for _ in range(rng.choice([1, 1, 2, 3, 6])):
        n = int(rng.uniform(0.05, 0.5) * RATE)
        t = np.arange(n) / RATE
        x = noise(n, rng, 3) * np.exp(-t / rng.uniform(0.001, 0.01)) * 0.5
        for _ in range(rng.integers(2, 9)):
            f = lowest * rng.uniform(1, 12)
            if f < 20_000:
                x += rng.exponential() * np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) * np.exp(-t / rng.uniform(0.005, 0.12))
        out += [sound.faded(x / np.abs(x).max() * rng.uniform(0.3, 1), 0.0005), np.zeros(int(rng.uniform(0.02, 0.5) * RATE))]
    return np.concatenate(out)


def scrape(rng):
    """A chair's foot or a drawer: stick and slip, with a pitch that is no voice's."""
    n = int(rng.uniform(0.2, 1.2) * RATE)
    rate = rng.uniform(30, 500) * np.exp(0.4 * np.cumsum(rng.standard_normal(n)) / np.sqrt(RATE))
    phase = np.cumsum(rate * (1 + 0.3 * rng.standard_normal(n))) / RATE
    slips = (np.diff(np.floor(phase), prepend=0) > 0) * rng.exponential(1.0, n)
    x = slips * 8 + 0.3 * rng.standard_normal(n)
    y = np.zeros(n)
    for _ in range(rng.integers(3, 8)):
        f, width = rng.uniform(150, 6000), rng.uniform(40, 600)
        r = np.exp(-np.pi * width / RATE)
        y += rng.exponential() * signal.lfilter([1 - r], [1, -2 * r * np.cos(2 * np.pi * f / RATE), r * r], x)
    return sound.faded(y / np.abs(y).max(), 0.02)


def breath(rng):
    """A sigh or a sniff."""
    n = int(rng.uniform(0.15, 0.9) * RATE)
    x = band(noise(n, rng, rng.uniform(-1, 4)), rng.uniform(200, 1200), rng.uniform(2500, 9000), 1)
    return sound.faded(x * np.hanning(n) ** rng.uniform(0.5, 2), 0.01)


def ventilation(seconds, rng):
    """Steady noise of a room: ventilation, a projector's fan, a trace of the mains."""
    n = int(seconds * RATE)
    x = noise(n, rng, rng.uniform(2, 8))
    x /= np.std(x)
    for _ in range(rng.integers(0, 4)):
        f = rng.choice([50, 100, 150, rng.uniform(80, 1200)])
        x += rng.uniform(0, 0.3) * np.sin(2 * np.pi * f * np.arange(n) / RATE)
    slow = signal.sosfiltfilt(signal.butter(1, 0.3, fs=RATE, output="sos"), rng.standard_normal(n))
    return x * (1 + 0.1 * slow / (np.std(slow) + 1e-9))
