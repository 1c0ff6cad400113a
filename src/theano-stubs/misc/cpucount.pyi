# Made by `python -m tools.stubs`.
from theano.legacy.names.flag_sources import cpuCount as cpuCount
