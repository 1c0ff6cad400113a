# Made by `python -m tools.stubs`.
from theano.tensor.random.mrg_uniform import ChoiceFromUniform as MultinomialWOReplacementFromUniform
from theano.tensor.random.mrg_uniform import *
