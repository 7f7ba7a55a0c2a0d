"""A small graph network (torch): faces are nodes, adjacencies carry messages, in plain torch.

A node begins with what is known of its face alone; each layer lets it hear its neighbours over their
common edge, so that after four layers it has heard faces four edges away. All parts are one graph
without links between them: nothing of a held-out part reaches another, and its labels stay out of the loss.
"""

from __future__ import annotations

import os

import numpy as np
import torch
from torch import nn

EPOCHS, HIDDEN, LAYERS, RATE, DECAY = 80, 64, 4, 1e-2, 1e-2
CLIP = 5.0


class Layer(nn.Module):
    """h' = norm(h + f(h, sum and largest of the messages)); a message is g(h, h of the neighbour, edge)."""

    def __init__(self, hidden: int, edge: int):
        super().__init__()
        self.message = nn.Sequential(nn.Linear(2 * hidden + edge, hidden), nn.ReLU())
        self.update = nn.Sequential(nn.Linear(3 * hidden, hidden), nn.ReLU())
        self.norm = nn.LayerNorm(hidden)

    def forward(self, h: torch.Tensor, to: torch.Tensor, source: torch.Tensor, edge: torch.Tensor) -> torch.Tensor:
        message = self.message(torch.cat([h[to], h[source], edge], 1))
        nothing = torch.zeros_like(h)
        added = nothing.index_add(0, to, message)
        # Messages are not negative: a face that hears nothing keeps 0.
        largest = nothing.scatter_reduce(0, to[:, None].expand_as(message), message, "amax")
        return self.norm(h + self.update(torch.cat([h, added, largest], 1)))


class Network(nn.Module):
    def __init__(self, node: int, edge: int, classes: int):
        super().__init__()
        self.read = nn.Sequential(nn.Linear(node, HIDDEN), nn.ReLU())
        self.layers = nn.ModuleList(Layer(HIDDEN, edge) for _ in range(LAYERS))
        self.classify = nn.Linear(HIDDEN, classes)

    def forward(self, nodes: torch.Tensor, to: torch.Tensor, source: torch.Tensor, edge: torch.Tensor) -> torch.Tensor:
        h = self.read(nodes)
        for layer in self.layers:
            h = layer(h, to, source, edge)
        return self.classify(h)


def trainer(nodes: np.ndarray, edges: np.ndarray, to: np.ndarray, source: np.ndarray, label: np.ndarray):
    """A `Fit` for nodes (n, k), edges (2m, e) from `source` to `to`, and the labels of the nodes."""
    classes, target = np.unique(label, return_inverse=True)
    links = torch.as_tensor(to), torch.as_tensor(source), torch.as_tensor(edges)
    target = torch.as_tensor(target)

    def fit(train: np.ndarray, test: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        torch.manual_seed(seed)
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))  # on a busy machine more wait for one another
        mean, spread = nodes[train].mean(0), nodes[train].std(0) + 1e-6
        x = torch.as_tensor(((nodes - mean) / spread).clip(-CLIP, CLIP))
        model = Network(nodes.shape[1], edges.shape[1], len(classes))
        optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS)
        seen, held_out = torch.as_tensor(train), torch.as_tensor(test)
        curve = []
        for _ in range(EPOCHS):
            optimizer.zero_grad()
            out = model(x, *links)
            loss = nn.functional.cross_entropy(out[seen], target[seen])
            with torch.no_grad():
                curve.append([loss.item(), nn.functional.cross_entropy(out[held_out], target[held_out]).item()])
            loss.backward()
            optimizer.step()
            schedule.step()
        with torch.no_grad():
            return classes[model(x, *links)[held_out].argmax(1).numpy()], np.array(curve)

    return fit
