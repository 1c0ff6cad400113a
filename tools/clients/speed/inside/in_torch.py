"""The networks in torch, with as many parameters, and Adam."""

from __future__ import annotations

import torch
from measured import measure
from torch import nn


class Reader(nn.Module):
    """Words become vectors of 64 numbers, an LSTM of 64 units reads them."""

    def __init__(self):
        super().__init__()
        self.words, self.lstm, self.score = nn.Embedding(2000, 64), nn.LSTM(64, 64, batch_first=True), nn.Linear(64, 1)

    def forward(self, words):
        """The scores of texts."""
        return self.score(self.lstm(self.words(words))[0][:, -1])


def lenet():
    """Two convolutions with pooling, 500 units, ten classes."""
    network = nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10),
    )  # fmt: skip
    return _step(network, lambda scores, kinds: nn.functional.cross_entropy(scores, kinds.long()))


def lstm():
    """As `Reader` says."""
    return _step(Reader(), nn.functional.binary_cross_entropy_with_logits)


def _step(network, cost_of):
    adam = torch.optim.Adam(network.parameters(), 0.001)

    def step(x, y):
        adam.zero_grad()
        cost = cost_of(network(torch.from_numpy(x)), torch.from_numpy(y))
        cost.backward()
        adam.step()
        return cost.item()

    return step


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_num_threads(1)
    measure({"lenet": lenet, "lstm": lstm})
