# Made by `python -m tools.stubs`.
from theano import __version__ as full_version
from theano import __version__ as short_version
from theano import __version__ as version
