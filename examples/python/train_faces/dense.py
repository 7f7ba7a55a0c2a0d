"""A small dense network on one row of features a face (scikit-learn): needs no torch.

What the graph tells is in the features: regions and neighbours are counted there.
"""

from __future__ import annotations

import numpy as np
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

EPOCHS, HIDDEN, BATCH, DECAY = 30, 64, 128, 1e-3
CLIP = 5.0  # standard deviations: nothing that training has not seen may shout


def trainer(rows: np.ndarray, label: np.ndarray):
    """A `Fit` for rows (n, k) and their labels."""
    classes = np.unique(label)

    def fit(train: np.ndarray, test: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        scale = StandardScaler().fit(rows[train])
        seen, held_out = (scale.transform(rows[which]).clip(-CLIP, CLIP) for which in (train, test))
        model = MLPClassifier(HIDDEN, alpha=DECAY, batch_size=BATCH, random_state=seed)
        curve = []
        with threadpool_limits(1):  # matrices this small are slower on several
            for _ in range(EPOCHS):
                model.partial_fit(seen, label[train], classes=classes)
                curve.append([
                    log_loss(label[which], model.predict_proba(x), labels=classes)
                    for which, x in ((train, seen), (test, held_out))
                ])  # fmt: skip
            return model.predict(held_out), np.array(curve)

    return fit
