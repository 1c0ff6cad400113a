"""pyfms: factorization machines."""

from __future__ import annotations

import numpy as np

from tests.clients.installed import client

pyfms = client("pyfms")


def test_classifier_learns_products(tmp_path):
    draw = np.random.RandomState(0)
    data = draw.randn(200, 6)
    kinds = (data[:, 0] * data[:, 1] > 0).astype(int)
    model = pyfms.Classifier(6, k=4)
    model.fit(data, kinds, nb_epoch=300, verbosity=0)
    assert (model.predict(data).ravel() == kinds).mean() > 0.85
    model.save_weights(str(tmp_path / "weights"))
    again = pyfms.Classifier(6, k=4)
    again.load_weights(str(tmp_path / "weights"))
    np.testing.assert_array_equal(again.predict_proba(data), model.predict_proba(data))


def test_regressor():
    draw = np.random.RandomState(1)
    data = draw.randn(200, 5)
    wanted = 1 + data[:, 0] - 2 * data[:, 3] + data[:, 1] * data[:, 2]
    model = pyfms.Regressor(5, k=3)
    model.fit(data, wanted, nb_epoch=1500, verbosity=0)
    assert ((model.predict(data).ravel() - wanted) ** 2).mean() < 0.2 * wanted.var()
