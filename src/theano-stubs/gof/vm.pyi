# Made by `python -m tools.stubs`.
from theano.compile.linkers import VM_Linker as VM_Linker
from theano.configdefaults import config as config
from theano.legacy.compile.thunk_vm import *
