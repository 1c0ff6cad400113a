# Made by `python -m tools.stubs`.
from theano.graph import ShapeError as ShapeError
from theano.tensor.checks.static_value import NotScalarConstantError as NotScalarConstantError
