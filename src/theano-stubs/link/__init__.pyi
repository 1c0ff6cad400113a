# Made by `python -m tools.stubs`.
from theano.gof.link import *
from theano.gof.vm import Loop as Loop
from theano.gof.vm import LoopGC as LoopGC
from theano.gof.vm import Stack as Stack
from theano.gof.vm import VM as VM
from theano.gof.vm import config as config
