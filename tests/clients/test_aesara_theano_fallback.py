"""aesara-theano-fallback: names of Aesara for programs that run on either."""

from __future__ import annotations

import numpy as np

from tests.clients.installed import client

fallback = client("aesara_theano_fallback")


def test_names():
    import aesara_theano_fallback.tensor as at
    from aesara_theano_fallback import aesara, change_flags, ifelse, sparse
    from aesara_theano_fallback.graph import basic, fg, op

    assert not fallback.USE_AESARA
    x = at.dvector("x")
    f = aesara.function([x], [at.exp(x), ifelse(at.gt(x.sum(), 0), x, -x)])
    for found, wanted in zip(f([-1.0, 0.5]), (np.exp([-1.0, 0.5]), [1.0, -0.5])):
        np.testing.assert_allclose(found, wanted)
    with change_flags(compute_test_value="off"):
        pass
    graph = fg.FunctionGraph([x], [2 * x])
    assert issubclass(basic.Apply, object) and issubclass(op.Op, object) and len(graph.apply_nodes) >= 1
    assert sparse.csr_matrix("m").type.format == "csr"
