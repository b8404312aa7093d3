"""People: speech of several synthetic voices, and whispers in two kinds."""

import subprocess
import tempfile

import numpy as np
from scipy import signal
from scipy.linalg import solve_toeplitz

from sound import HOP, RATE, faded, frame_levels, gain
import soundfile

FRENCH = [
    "Bonsoir à tous, je vois que la salle est pleine, merci d'être venus aussi nombreux.",
    "Je voudrais savoir combien coûtera la réfection du toit de l'école.",
    "Chez nous, le marché du samedi a perdu la moitié de ses étals.",
    "Pourquoi ne pas faire passer la piste cyclable derrière la gare ?",
    "Six cent soixante-six saucisses sèchent sous ces six chaises.",
    "Attendez, je cherche mes lunettes, voilà, page quatorze du rapport.",
    "Le conseil a voté cette dépense au printemps, à une voix près.",
    "Oui.",
    "Non, pas du tout.",
    "Peut-être, mais qui va payer ?",
    "Franchement, fermer la poste le mercredi, c'est une faute.",
    "Ma fille prend le car à sept heures et rentre après dix-neuf heures.",
    "Chut, laissez parler madame, chacun aura son tour.",
    "Est-ce que les pêcheurs ont été consultés avant cette décision ?",
    "Hier soir encore, le chauffage de la salle des fêtes est tombé en panne.",
    "Tout à fait, et je propose que nous passions au vote.",
    "Il faut cesser de pousser ce dossier sous le tapis.",
    "Quatre familles attendent un logement depuis deux ans.",
    "Je vous remercie de votre patience, la réponse tient en trois points.",
    "Faites simple : un bus, une ligne, un horaire que l'on retient.",
    "Si l'hôpital ferme sa maternité, où iront les jeunes parents ?",
    "Que pense la commune voisine de ce projet de chaufferie au bois ?",
    "Un peu plus fort, s'il vous plaît, on ne vous entend pas au fond.",
    "Cher collègue, votre chiffre est juste, votre conclusion ne l'est pas.",
]
ENGLISH = [
    "Thank you, I will be brief, there are only two things to say.",
    "She sells fresh fish at the harbour, and the harbour needs a new crane.",
    "How far is the next station, and who pays for the shuttle?",
    "Perhaps we should first ask the people who live there.",
    "Fifty-five fishermen signed the sheet that is on the table.",
    "Yes, that is what I said.",
]

TIMBRES = ["f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m7", "m8",
           "klatt", "klatt2", "linda", "steph", "michel", "max", "belinda", "anika"]  # fmt: skip
ACCENTS = ["fr-fr", "fr-fr", "fr-fr", "fr-be", "fr-ch"]


class Person:
    """One speaker: keeps timbre, pitch, tempo and size of the vocal tract over a scene."""

    def __init__(self, rng, fast=False):
        self.rng = rng
        self.timbre = TIMBRES[rng.integers(len(TIMBRES))]
        self.accent = ACCENTS[rng.integers(len(ACCENTS))]
        self.words_per_minute = int(rng.uniform(205, 240) if fast else rng.uniform(135, 185))
        self.pitch = int(rng.uniform(25, 75))
        # A longer or shorter vocal tract moves all formants: more speakers out of the same voices.
        self.stretch = int(rng.integers(94, 107))
        self.engine = "flite" if rng.random() < 0.2 else "espeak-ng"
        self.flite_voice = ["slt", "rms", "awb", "kal16"][rng.integers(4)]

    def name(self):
        """For the scene's description."""
        who = self.flite_voice if self.engine == "flite" else f"{self.accent}+{self.timbre}"
        return f"{self.engine} {who}"

    def speech(self):
        """One sentence aloud, shape [samples], peak 1."""
        if self.engine == "flite":
            text = ENGLISH[self.rng.integers(len(ENGLISH))]
            stretch = self.words_per_minute / 160.0
            raw = spoken(["flite", "-voice", self.flite_voice, "--setf", f"duration_stretch={1 / stretch:.2f}", "-t", text, "-o"])
        else:
            text = FRENCH[self.rng.integers(len(FRENCH))]
            raw = self._espeak(f"{self.accent}+{self.timbre}", text)
        return self._lively(raw)

    def whisper(self):
        """One sentence under one's breath, shape [samples], peak 1: espeak-ng's own whisper, or a whispered voice."""
        text = FRENCH[self.rng.integers(len(FRENCH))]
        if self.rng.random() < 0.4:
            timbre = ["whisper", "whisperf"][self.rng.integers(2)]
            return self._lively(self._espeak(f"{self.accent}+{timbre}", text))
        return self._lively(whispered(self._espeak(f"{self.accent}+{self.timbre}", text), self.rng))

    def _espeak(self, voice, text):
        return spoken(["espeak-ng", "-v", voice, "-s", str(self.words_per_minute), "-p", str(self.pitch), text, "-w"])

    def _lively(self, samples):
        """Another vocal tract, and a level that wanders by some dB as people's does."""
        samples = signal.resample_poly(samples, self.stretch, 100)
        points = max(2, int(len(samples) / RATE / 0.4) + 2)
        drift = np.interp(np.linspace(0, points - 1, len(samples)), np.arange(points), self.rng.normal(0, 1.5, points))
        return normal(faded(trimmed(samples * gain(drift))))


def spoken(command):
    """Runs a synthesiser whose last argument is the file to write; at 48 kHz, shape [samples], peak 1."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run([*command, file.name], check=True, capture_output=True)
        samples, rate = soundfile.read(file.name)
    common = np.gcd(RATE, rate)
    return normal(signal.resample_poly(samples, RATE // common, rate // common))


def normal(samples):
    """Scaled to a peak of 1."""
    return samples / (np.max(np.abs(samples)) + 1e-12)


def trimmed(samples):
    """Without the silence a synthesiser puts before and after."""
    levels = frame_levels(samples)
    heard = np.flatnonzero(levels > levels.max() - 45.0)
    return samples[heard[0] * HOP : (heard[-1] + 1) * HOP]


def whispered(samples, rng):
    """The same words without a voice: linear prediction keeps the vocal tract, noise replaces the glottis.

    Frames of 25 ms every 10 ms, order 24 at 24 kHz (autocorrelation method: Makhoul, "Linear prediction: a
    tutorial review", 1975). Whispering weakens what lies under some 600 Hz (Jovicic and Saric, "Acoustic
    analysis of consonants in whispered speech", 2008): a first-order high-pass does that here.
    """
    low = signal.resample_poly(samples, 1, 2)
    low = np.append(low[0], low[1:] - 0.9 * low[:-1])
    size, hop, order = 600, 240, 24
    window = np.hanning(size)
    noise = rng.standard_normal(len(low) + size)
    out = np.zeros(len(low) + size)
    for at in range(0, len(low) - size, hop):
        frame = low[at : at + size] * window
        spectrum = np.abs(np.fft.rfft(frame, 2 * size)) ** 2
        correlation = np.fft.irfft(spectrum)[: order + 1]
        if correlation[0] < 1e-7:
            continue
        correlation[0] *= 1.0001
        predictor = solve_toeplitz(correlation[:order], correlation[1:])
        error = correlation[0] - predictor @ correlation[1:]
        strength = np.sqrt(max(error, 0.0) / np.sum(window**2))
        # The filter is started before the frame, so that it rings as it would have.
        start = max(0, at - 100)
        breath = signal.lfilter([strength], np.append(1.0, -predictor), noise[start : at + size])
        out[at : at + size] += breath[at - start :] * window
    out = signal.lfilter([1.0], [1.0, -0.75], out[: len(low)])
    out = signal.sosfilt(signal.butter(1, rng.uniform(450, 800), "highpass", fs=24_000, output="sos"), out)
    return normal(signal.resample_poly(out, 2, 1))
