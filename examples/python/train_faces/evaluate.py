"""Folds by part: every part is held out once, with all its faces; training never sees it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import numpy as np
from sklearn.model_selection import GroupKFold

# (train rows, test rows, seed) -> what the model says of the test rows, and mean loss by epoch on both
Fit = Callable[[np.ndarray, np.ndarray, int], tuple[np.ndarray, np.ndarray]]


@dataclasses.dataclass(frozen=True)
class Fold:
    """What was found on the faces of held-out parts."""

    test: np.ndarray  # rows
    parts: tuple[int, int]  # how many for training, how many held out
    accuracy: float
    majority: float  # of always answering the most frequent class of the training faces
    curve: np.ndarray  # (epochs, 2): mean log loss on training faces and on held-out ones
    seconds: float


@dataclasses.dataclass(frozen=True)
class Result:
    """All folds: `predicted` holds for each face what the model said that had not seen its part."""

    folds: list[Fold]
    predicted: np.ndarray
    label: np.ndarray
    part: np.ndarray
    classes: np.ndarray

    def confusion(self) -> np.ndarray:
        """(classes, classes): rows are labels, columns what was said."""
        index = {label: i for i, label in enumerate(self.classes.tolist())}
        out = np.zeros((len(index), len(index)), int)
        for label, said in zip(self.label.tolist(), self.predicted.tolist(), strict=True):
            out[index[label], index[said]] += 1
        return out

    def faultless_parts(self) -> int:
        """How many parts have no wrong face."""
        return len(np.unique(self.part)) - len(np.unique(self.part[self.predicted != self.label]))


def cross_validate(fit: Fit, label: np.ndarray, part: np.ndarray, folds: int, seed: int) -> Result:
    """Trains `folds` times from the start. The last epoch counts: held-out faces choose nothing."""
    predicted = np.full(len(label), -1, label.dtype)
    found = []
    splits = GroupKFold(folds, shuffle=True, random_state=seed).split(label, label, part)
    for train, test in splits:
        if set(part[train]) & set(part[test]):
            raise AssertionError("a part is on both sides")
        began = time.perf_counter()
        predicted[test], curve = fit(train, test, seed)
        values, counts = np.unique(label[train], return_counts=True)
        found.append(Fold(
            test=test,
            parts=(len(np.unique(part[train])), len(np.unique(part[test]))),
            accuracy=float(np.mean(predicted[test] == label[test])),
            majority=float(np.mean(label[test] == values[counts.argmax()])),
            curve=curve,
            seconds=time.perf_counter() - began,
        ))  # fmt: skip
    return Result(found, predicted, label, part, np.unique(label))
