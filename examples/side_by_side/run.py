"""A LeNet, an LSTM that reads words, and an autoencoder, in Theano, Lasagne or Keras, learning the same.

    python examples/side_by_side/run.py theano lasagne keras [--epochs N] [--figure FILE]

Needs scikit-learn for the digits, Lasagne 0.1 and Keras 2.3.1 for what is in them (docs/clients.md: how to install
them), and matplotlib for the figure, which shows how costs fall. Prints the share of right answers, or the error, on
what it has not seen.
"""

from __future__ import annotations

import argparse
import importlib
import os
import time
from typing import Any

import numpy as np
from data import digits, sentences


def learn(network: Any, data: tuple[np.ndarray, ...], epochs: int, batch: int = 32) -> list[float]:
    """The mean cost of each epoch; batches in a new order each time."""
    draw, costs = np.random.default_rng(0), []
    for _ in range(epochs):
        order = draw.permutation(len(data[0]))
        rows = [order[k : k + batch] for k in range(0, len(order) - batch + 1, batch)]
        costs.append(float(np.mean([network(*(part[chosen] for part in data)) for chosen in rows])))
    return costs


def main() -> None:
    """Let the networks of each library learn, print what they reached, and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="+", choices=["theano", "lasagne", "keras"], metavar="theano|lasagne|keras")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--figure")
    given = parser.parse_args()
    os.environ.setdefault("KERAS_BACKEND", "theano")
    os.environ.setdefault("THEANO_FLAGS", "floatX=float32")
    curves = {name: learn_all(name, given.epochs) for name in given.libraries}
    if given.figure:
        draw_figure(curves, given.figure)


def learn_all(name: str, epochs: int) -> dict[str, list[float]]:
    """Costs of the three networks in a library."""
    if name != "theano":
        import theano.compat.clients

        theano.compat.clients.enable()
    library = importlib.import_module(f"with_{name}")
    (pictures, kinds), (words, answers) = digits(), sentences()
    flat = pictures.reshape(len(pictures), 64)
    right = lambda answer, wanted: (answer == wanted).mean()  # noqa: E731
    curves = {}
    for network, data, held, judge in (
        ("lenet", (pictures, kinds), 300, right),
        ("lstm", (words, answers), 200, right),
        ("autoencoder", (flat,), 300, lambda answer, wanted: ((answer - wanted) ** 2).mean()),
    ):
        start = time.process_time()
        step, predict = getattr(library, network)()
        curves[network] = learn(step, tuple(part[held:] for part in data), epochs)
        score = judge(np.asarray(predict(data[0][:held])), data[-1][:held])
        print(f"{name} {network}: {score:.3f} after {time.process_time() - start:.1f} s of CPU", flush=True)
    return curves


def draw_figure(curves: dict[str, dict[str, list[float]]], file: str) -> None:
    """Costs over epochs: a panel for each network, a line for each library."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 3, figsize=(9, 2.8), layout="constrained")
    for library, networks in curves.items():
        for panel, (network, costs) in zip(panels, networks.items(), strict=True):
            panel.semilogy(np.arange(1, len(costs) + 1), costs, label=library)
            panel.set(title=network, xlabel="epoch")
            panel.xaxis.get_major_locator().set_params(integer=True)
    panels[0].set_ylabel("cost")
    panels[0].legend(frameon=False)
    figure.savefig(file, dpi=110)


if __name__ == "__main__":
    main()
