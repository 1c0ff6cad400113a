# Made by `python -m tools.stubs`.
from theano.flag_sources import cpuCount as cpuCount
