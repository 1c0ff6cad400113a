# Made by `python -m tools.stubs`.
from theano.tensor.random.mrg_uniform import ChoiceFromUniform as _MultinomialWOReplacementFromUniform
MultinomialWOReplacementFromUniform = _MultinomialWOReplacementFromUniform
from theano.tensor.random.mrg_uniform import *
