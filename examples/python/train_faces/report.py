"""What was found, as tables on stdout and pictures in a directory."""

from __future__ import annotations

import pathlib

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np
from evaluate import Result

# The classes of MFCAD, by number; its files do not name them. The order is that of the larger MFCAD++ without its round
# features, and the faces that a feature has in the data (1, 3, 4, 6, 2, 3, 2, 3, 2, 4, 5, 7, 4, 2, 3) agree.
MFCAD = (
    "chamfer", "triangular passage", "rectangular passage", "6-sided passage", "triangular through slot",
    "rectangular through slot", "rectangular through step", "2-sided through step", "slanted through step",
    "triangular pocket", "rectangular pocket", "6-sided pocket", "rectangular blind slot", "triangular blind step",
    "rectangular blind step", "stock",
)  # fmt: skip

# Text as text, and the same file for the same numbers.
plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "train_faces", "font.size": 8})


def tables(result: Result, names: dict[int, str]) -> str:
    lines = ["fold  parts trained/held out  held-out faces  accuracy  majority  seconds"]
    for number, fold in enumerate(result.folds):
        lines.append(f"{number:4}  {fold.parts[0]:13}/{fold.parts[1]:<8}  {len(fold.test):14}  {fold.accuracy:8.4f}"
                     f"  {fold.majority:8.4f}  {fold.seconds:7.1f}")  # fmt: skip
    for label, values in (("accuracy", [fold.accuracy for fold in result.folds]),
                          ("majority", [fold.majority for fold in result.folds])):  # fmt: skip
        lines.append(f"{label}: {np.mean(values):.4f} mean, {np.std(values, ddof=1):.4f} standard deviation over folds, "
                     f"{min(values):.4f} to {max(values):.4f}")  # fmt: skip
    wrong = int(np.count_nonzero(result.predicted != result.label))
    parts = len(np.unique(result.part))
    lines.append(f"{wrong} of {len(result.label)} faces wrong; {result.faultless_parts()} of {parts} parts without a wrong face")
    return "\n".join([*lines, "", *per_class(result, names)])


def per_class(result: Result, names: dict[int, str]) -> list[str]:
    """Found: how many faces of the class were called so; right: how many called so are of it."""
    confusion = result.confusion()
    lines = [f"{'class':28}  faces    found    right  lowest fold  most often taken for"]
    for i, label in enumerate(result.classes.tolist()):
        row = confusion[i]
        by_fold = [np.mean(result.predicted[rows] == label) for fold in result.folds
                   if len(rows := fold.test[result.label[fold.test] == label])]  # fmt: skip
        others = np.where(np.arange(len(row)) == i, 0, row)
        taken = f"{names[int(result.classes[others.argmax()])]} ({others.max()})" if others.max() else "-"
        said = confusion[:, i].sum()
        right = f"{row[i] / said:7.4f}" if said else "      -"
        lines.append(
            f"{label:3} {names[label]:24}  {row.sum():5}  {row[i] / row.sum():7.4f}  {right}  {min(by_fold):11.4f}  {taken}"
        )
    return lines


def pictures(result: Result, names: dict[int, str], model: str, directory: pathlib.Path) -> list[pathlib.Path]:
    """Writes confusion-MODEL.svg and loss-MODEL.svg."""
    paths = [directory / f"confusion-{model}.svg", directory / f"loss-{model}.svg"]
    for path, draw in zip(paths, (draw_confusion, draw_loss), strict=True):
        figure = draw(result, names, model)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
    return paths


def draw_confusion(result: Result, names: dict[int, str], model: str):
    counts = result.confusion()
    ticks = np.arange(len(counts))
    figure, axes = plt.subplots(figsize=(8.4, 7.4), layout="constrained")
    axes.pcolormesh(counts / counts.sum(1, keepdims=True), cmap="Blues", vmin=0, vmax=1, edgecolors="#dddddd", linewidth=0.5)
    for row, column in zip(*np.nonzero(counts), strict=True):
        share = counts[row, column] / counts[row].sum()
        axes.text(column + 0.5, row + 0.5, str(counts[row, column]), ha="center", va="center",
                  color="white" if share > 0.5 else "#b00020")  # fmt: skip
    labels = [names[label] for label in result.classes.tolist()]
    axes.set_xticks(ticks + 0.5, labels, rotation=90)
    axes.set_yticks(ticks + 0.5, labels)
    axes.invert_yaxis()
    axes.set_xlabel("said of faces of held-out parts")
    axes.set_ylabel("label")
    axes.set_title(
        f"{model}: {len(result.label)} faces of {len(np.unique(result.part))} parts, {len(result.folds)} folds by part"
    )
    return figure


def draw_loss(result: Result, _names: dict[int, str], model: str):
    curves = np.stack([fold.curve for fold in result.folds])
    epochs = np.arange(1, curves.shape[1] + 1)
    figure, axes = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
    for which, (label, colour) in enumerate((("training parts", "#1f77b4"), ("held-out parts", "#d62728"))):
        axes.fill_between(epochs, curves[:, :, which].min(0), curves[:, :, which].max(0), color=colour, alpha=0.2, linewidth=0)
        axes.plot(epochs, curves[:, :, which].mean(0), color=colour, label=label)
    axes.set_yscale("log")
    axes.set_xlabel("epoch")
    axes.set_ylabel("log loss a face")
    axes.set_title(f"{model}: mean of {len(curves)} folds; the band is from the lowest to the highest")
    axes.legend()
    return figure
