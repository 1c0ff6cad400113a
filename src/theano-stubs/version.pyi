# Made by `python -m tools.stubs`.
from theano import __version__ as _version
version = _version
from theano import __version__ as _short_version
short_version = _short_version
from theano import __version__ as _full_version
full_version = _full_version
