"""The plots: the trade-off, the cuts, and one scene to look at."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import sound
from measure.alignment import shifted
from measure.truth import spectra, stretches, truth
from sound import db
from synth.scenes import about, stems_of

COLOURS = {"none": "#888888", "webrtc-ns-high": "#8c6bb1", "webrtc-vad-gate": "#c994c7", "speex-denoise": "#b8860b", "speex-vad-gate": "#e0b050",
           "level-gate": "#6b8e23", "rnnoise": "#6baed6", "rnnoise-vad-gate": "#2171b5", "estrade-1": "#d94801", "estrade-4": "#a50f15"}  # fmt: skip
LABELS = {"speech": "#238b45", "whisper": "#2171b5", "page": "#d94801", "other": "#777777"}


def draw(results, folders, target):
    """Writes trade-off.png, cuts.png and scene.png."""
    target.mkdir(parents=True, exist_ok=True)
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "figure.dpi": 110})
    if results:
        trade_off(results, target / "trade-off.png")
        cuts(results, target / "cuts.png")
        scene(results, folders, target / "scene.png")


def colour(name):
    """Each system keeps its own in all plots."""
    return COLOURS.get(name, "#000000")


def save(figure, path):
    """Without the date, so that the same figures give the same file."""
    figure.savefig(path, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)


def trade_off(results, path):
    """Speech lost against whisper cut: up and to the left is better."""
    figure, axes = plt.subplots(figsize=(7.5, 4.8))
    for result in results:
        name, figures = result.system.name, result.figures
        if figures["lost_pct"] is None or figures["cut_whisper_db"] is None:
            continue
        line = sorted((point["lost_pct"], point["cut_whisper_db"], point["threshold"]) for point in result.curve)
        if line:
            lost, cut, _ = zip(*line)
            axes.plot(lost, cut, "-", color=colour(name), lw=1.2, marker=".", ms=5, alpha=0.8)
        axes.plot(figures["lost_pct"], figures["cut_whisper_db"], "o", ms=8, color=colour(name), label=name)
    axes.set(xlabel="speech frames lost, %", ylabel="whisper cut by, dB")
    axes.set_xscale("symlog", linthresh=1.0)
    ticks = [0, 0.5, 1, 2, 5, 10, 20, 50, 100]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xlim(-0.1, 110)
    axes.set_ylim(-3, 63)
    axes.grid(alpha=0.25)
    axes.annotate("better", xy=(0.01, 0.99), xytext=(0.09, 0.9), xycoords="axes fraction", arrowprops={"arrowstyle": "->", "color": "#555555"}, color="#555555")
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    axes.set_title("What a whisper's silence costs: large dots as set, lines as the threshold is turned", loc="left", fontsize=10)
    save(figure, path)


def cuts(results, path):
    """Whisper, page and other noises: how far cut, and how much of the time not."""
    names = [result.system.name for result in results]
    figure, both = plt.subplots(1, 2, figsize=(9.5, 0.42 * len(names) + 1.6), sharey=True)
    for axes, prefix, unit, title in ((both[0], "cut", "_db", "cut by, dB: longer is better"), (both[1], "leak", "_pct", "leak, % of the time: shorter is better")):
        for offset, kind in enumerate(("whisper", "page", "other")):
            values = [result.figures[f"{prefix}_{kind}{unit}"] or 0.0 for result in results]
            place = np.arange(len(names)) + 0.26 * (offset - 1)
            bars = axes.barh(place, values, 0.24, color=LABELS[kind], label=kind if kind != "other" else "keys, doors, chairs, coughs")
            axes.bar_label(bars, fmt="%.0f", fontsize=6.5, padding=2)
        axes.set_title(title, loc="left", fontsize=10)
        axes.set_xlim(0, 68 if prefix == "cut" else 112)
    both[0].set_yticks(np.arange(len(names)), names)
    both[0].invert_yaxis()
    handles, labels = both[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=3, frameon=False, bbox_to_anchor=(0.5, -0.06))
    figure.tight_layout()
    save(figure, path)


def scene(results, folders, path):
    """A scene with whispers and pages in the pauses, before and after."""
    chosen = [folder for folder in folders if about(folder)["family"] == "S4"][0]
    by_name = {result.system.name: result for result in results}
    shown = [by_name[name] for name in ("rnnoise-vad-gate", "estrade-1", "estrade-4") if name in by_name] or results[-1:]
    marked = truth(stems_of(chosen))
    mixed = sound.read_mono(chosen / "one.wav")
    pictures = [("as the microphone hears it", mixed)]
    for result in shown:
        output = sound.read_mono(result.outputs / f"{chosen.name}.wav")
        pictures.append((f"{result.system.name}", shifted(output, result.delay, len(mixed))))
    rows = len(pictures) + 1
    figure, axes = plt.subplots(rows, 1, figsize=(9.5, 0.7 + 1.75 * len(pictures)), sharex=True, height_ratios=[0.45] + [1] * len(pictures))
    labels = {"speech": marked.speech} | marked.active
    for number, kind in enumerate(("speech", "whisper", "page")):
        spans = [(first / 100, (end - first) / 100) for first, end in stretches(labels[kind])]
        axes[0].broken_barh(spans, (2 - number + 0.1, 0.8), color=LABELS[kind])
    axes[0].set_yticks([2.5, 1.5, 0.5], ["speech", "whisper", "page"])
    axes[0].set_ylim(0, 3)
    for place, (title, samples) in zip(axes[1:], pictures):
        power = db(spectra(samples)).T[:221]
        place.imshow(power, origin="lower", aspect="auto", extent=(0, power.shape[1] / 100, 0, 11), vmin=-110, vmax=-45, cmap="magma", interpolation="bilinear")
        place.set_ylabel("kHz")
        place.set_title(title, loc="left", fontsize=9)
    axes[-1].set_xlabel("seconds")
    figure.tight_layout()
    save(figure, path)
