from __future__ import annotations

import pickle
from functools import partial
from io import BytesIO

import numpy as np
import pytest
from theano.misc import pkl_utils
from theano.misc.pkl_utils import PersistentNdarrayID, PersistentSharedVariableID, StripPickler, dump, load

import theano
import theano.tensor as T


def dumped(obj, **options):
    file = BytesIO()
    dump(obj, file, **options)
    return file.getvalue()


def test_names_of_the_entries():
    a, b = theano.shared(np.arange(3.0), name="a"), theano.shared(np.ones((2, 2)), name="a")
    taken = theano.shared(np.zeros(1), name="a_2")
    content = dumped([a, taken, b, theano.shared(np.zeros(4)), np.arange(5)])
    with np.load(BytesIO(content)) as archive:
        assert set(archive.files) == {"a", "a_2", "a_2_2", "array_0", "array_1", "pkl"}
        np.testing.assert_array_equal(archive["a"], np.arange(3.0))
    loaded = load(BytesIO(content))
    assert [v.name for v in loaded[:3]] == ["a", "a_2", "a"]
    np.testing.assert_array_equal(loaded[2].get_value(), np.ones((2, 2)))
    np.testing.assert_array_equal(loaded[4], np.arange(5))


def test_sharing_and_functions_survive():
    w = theano.shared(np.array([2.0, 3.0]), name="w")
    x = T.dvector("x")
    f = theano.function([x], (x * w).sum(), updates={w: w + 1})
    g, v = load(BytesIO(dumped((f, w))))
    assert g([1.0, 1.0]) == 5
    np.testing.assert_array_equal(v.get_value(), [3, 4])
    np.testing.assert_array_equal(w.get_value(), [2, 3])


@pytest.mark.parametrize(
    ("names", "options"),
    [(["pkl"], {}), ([None], {"allow_unnamed": False}), (["w", "w"], {"allow_duplicates": False})],
)
def test_names_that_are_refused(names, options):
    shared = [theano.shared(np.full(2, float(i)), name=n) for i, n in enumerate(names)]
    with pytest.raises(ValueError, match="can't dump"):
        dumped(shared, persistent_id=partial(PersistentSharedVariableID, **options))


def test_arrays_only():
    w = theano.shared(np.ones(2), name="w")
    content = dumped([w, np.array(["text", None], dtype=object)], persistent_id=PersistentNdarrayID)
    assert set(np.load(BytesIO(content)).files) == {"array_0", "pkl"}
    assert load(BytesIO(content))[1].tolist() == ["text", None]


def test_strip_pickler():
    x = T.dvector("x")
    y = x + 1
    y.tag.test_value, y.tag.note, y.tag.draft = np.ones(1000), "kept", "not kept"
    file = BytesIO()
    StripPickler(file, protocol=-1, extra_tag_to_remove="draft").dump((x, y))
    x2, y2 = pickle.loads(file.getvalue())
    assert vars(y2.tag) == {"note": "kept"}
    np.testing.assert_array_equal(theano.function([x2], y2)([1.0]), [2.0])
    assert len(file.getvalue()) < len(pickle.dumps((x, y)))
    assert y.tag.draft == "not kept" and y.tag.test_value is not None


def test_files_of_python_2():
    content = b"S'caf\\xe9'\np0\n."
    assert pkl_utils.CompatUnpickler(BytesIO(content)).load() == "café"
