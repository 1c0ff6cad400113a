from __future__ import annotations

from theano.runtime import abi, capi


def test_words_of_a_frame_are_disjoint_and_complete():
    inputs = [abi.ArraySpec("float64", (False, True)), abi.ObjectSpec(), abi.ArraySpec("int8", ())]
    storages = [abi.ArraySpec("float32", (False,)), abi.ObjectSpec()]
    layout = abi.FrameLayout(inputs, storages, 3)
    words = [layout.input_data(k) for k in range(3)] + [layout.input_dim(0, 0), layout.input_dim(0, 1)]
    words += [layout.storage_data(0), layout.storage_dim(0, 0), layout.storage_data(1)]
    words += [layout.slot(k) for k in range(3)] + [layout.work, layout.work_size]
    words += [layout.error_word(k) for k in range(abi.N_ERROR_WORDS)]
    words += [layout.gil + k for k in range(abi.N_GIL_WORDS)]
    assert sorted(words) == list(range(layout.words))


def test_dims_follow_the_data_word():
    layout = abi.FrameLayout([abi.ObjectSpec(), abi.ArraySpec("int8", (False,) * 3)], [], 0)
    assert [layout.input_dim(1, k) - layout.input_data(1) for k in range(3)] == [1, 2, 3]


def test_descr_words_follow_the_table():
    assert [abi.descr_word(d) for d in abi.DTYPES] == [abi.CTX[f"descr_{d}"] for d in abi.DTYPES]
    assert len(set(abi.CTX.values())) == abi.FIXED


def test_layouts_are_those_of_this_interpreter():
    assert capi.available()
