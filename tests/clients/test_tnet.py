"""tnet: networks built like those of torch."""

from __future__ import annotations

import numpy as np

from tests.clients.installed import blobs, client

tnet = client("tnet")


def test_network():
    from tnet import nn
    from tnet.dataset import BatchDataset, Dataset, DatasetIterator, ShuffleDataset
    from tnet.optimizers import MinibatchTrainer, SGDOptimizer

    data, kinds = blobs()

    class Blobs(Dataset):
        size = len(data)

        def __init__(self):
            super().__init__()
            self.add_attribute("input", np.ndarray)
            self.add_attribute("target", np.ndarray)

        def _get(self, idx):
            return data[idx], kinds[idx].astype(np.int32)

    np.random.seed(0)
    model = nn.Sequential().add(nn.Linear(16, 12)).add(nn.ReLU()).add(nn.Dropout(0.1)).add(nn.Linear(12, 3))
    model.training()
    trainer = MinibatchTrainer(model, nn.CrossEntropyCriterion(), SGDOptimizer())
    losses = []
    trainer.on_forward += lambda _, args: losses.append(float(args.criterion_output))
    batches = DatasetIterator(BatchDataset(ShuffleDataset(Blobs()), batch_size=40))
    trainer.train(batches, learning_rate=0.5, max_epoch=80)
    assert np.mean(losses[-6:]) < 0.7 * np.mean(losses[:6])
    model.evaluate()
    assert (np.asarray(model.forward(data)).argmax(axis=1) == kinds).mean() > 0.8
