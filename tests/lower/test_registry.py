"""What is loaded late is found by the module that an operation is defined in."""

from __future__ import annotations

from importlib import import_module

import pytest

from theano.lower.ops import registry


@pytest.mark.parametrize("ops, lowering", registry._LATER.items())
def test_modules_that_are_loaded_late_define_operations_that_are_lowered(ops, lowering):
    functions = vars(import_module(lowering)).values()
    lowered = [cls for cls, function in registry._TABLE.items() if function in functions]
    assert any(cls.__module__ == ops for cls in lowered)
