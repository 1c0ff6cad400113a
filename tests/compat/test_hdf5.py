"""HDF5 files as h5py's versions before 3 had them."""

from __future__ import annotations

import numpy as np
import pytest

h5py = pytest.importorskip("h5py", reason="h5py is not installed: it is needed for saved models of Keras only")

from theano.legacy.compat.hdf5 import File, Group  # noqa: E402


def test_texts_are_bytes_where_they_were(tmp_path):
    with File(tmp_path / "model.h5") as file:  # opened for reading and writing
        file.attrs["bytes"] = b"2.3.1"
        file.attrs["text"] = "2.3.1"
        file.attrs["number"] = 3
        inner = file.create_group("inner")
        inner.attrs["names"] = [b"dense_1", b"dense"]
        file.require_group("other").attrs["rows"] = np.array([[b"ab"], [b"c"]])
        assert file.fid.get_filesize() > 0
    with File(tmp_path / "model.h5", "r") as file:
        assert file.attrs["bytes"] == b"2.3.1" and file.attrs["text"] == "2.3.1" and file.attrs["number"] == 3
        assert isinstance(file["inner"], Group) and isinstance(file["inner"], h5py.Group)
        assert file["inner"].attrs["names"].tolist() == [b"dense_1", b"dense"]
        assert file["other"].attrs["rows"].tolist() == [[b"ab"], [b"c"]]
    with h5py.File(tmp_path / "model.h5", "r") as file:
        assert file.attrs["bytes"] == "2.3.1"  # h5py itself is as it was
