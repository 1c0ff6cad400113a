"""Names of Theano-PyMC and Aesara: where PyMC3 3.11 and aesara-theano-fallback look for them."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.legacy.names.aliases import AliasModule
from theano.legacy.names.places import NEWER

# What they import, and where it is in Theano.
IMPORTS = {
    "theano.graph.basic": {"Apply": "theano.gof", "Constant": "theano.gof", "Variable": "theano.gof",
                           "graph_inputs": "theano.graph", "walk": None, "ancestors": "theano.gof.graph",
                           "clone": "theano.gof.graph", "io_toposort": "theano.gof.graph"},
    "theano.graph.op": {"Op": "theano.gof", "get_test_value": "theano.gof.op"},
    "theano.graph.fg": {"FunctionGraph": "theano.gof", "MissingInputError": "theano.gof.fg"},
    "theano.graph.opt": {"local_optimizer": "theano.gof", "PatternSub": "theano.gof", "optimizer": None,
                         "EquilibriumOptimizer": "theano.gof", "TopoOptimizer": "theano.gof"},
    "theano.graph.optdb": {"Query": "theano.gof", "SequenceDB": "theano.gof", "EquilibriumDB": "theano.gof"},
    "theano.graph.toolbox": {"ReplaceValidate": "theano.gof.toolbox", "History": "theano.gof.toolbox"},
    "theano.graph.type": {"Type": "theano.gof", "Generic": "theano.gof", "generic": "theano.gof"},
    "theano.graph.params_type": {"ParamsType": "theano.gof", "Params": "theano.gof.params_type"},
    "theano.graph.null_type": {"NullType": "theano.gof.null_type"},
    "theano.graph.utils": {"TestValueError": None, "MethodNotDefined": "theano.gof.utils"},
    "theano.graph.sched": {"sort_apply_nodes": "theano.gof.sched"},
    "theano.link": {"PerformLinker": "theano.gof", "CLinker": "theano.gof", "VM_Linker": "theano.gof"},
    "theano.link.basic": {"Container": "theano.gof.link", "PerformLinker": "theano.gof.link"},
    "theano.link.c.basic": {"CLinker": "theano.gof.cc", "OpWiseCLinker": "theano.gof.cc"},
    "theano.link.c.op": {"COp": "theano.gof.op", "ExternalCOp": None, "OpenMPOp": "theano.gof.op"},
    "theano.link.c.params_type": {"ParamsType": "theano.gof"},
    "theano.link.c.type": {"CDataType": "theano.gof.type", "EnumList": "theano.gof.type"},
    "theano.link.utils": {"raise_with_op": "theano.gof.link"},
    "theano.link.vm": {"VM_Linker": "theano.gof.vm"},
    "theano.compile.function.types": {"Function": "theano.compile", "FunctionMaker": "theano.compile"},
    "theano.compile.function.pfunc": {"pfunc": "theano.compile.pfunc", "rebuild_collect_shared": "theano.compile"},
    "theano.compile.builders": {"OpFromGraph": "theano"},
    "theano.compile.ops": {"as_op": "theano"},
    "theano.compile.sharedvalue": {"SharedVariable": "theano.compile"},
    "theano.assert_op": {"Assert": "theano.tensor.opt"},
    "theano.breakpoint": {"PdbBreakpoint": "theano.tests.breakpoint"},
    "theano.raise_op": {"Raise": None},
    "theano.scan": {"scan": "theano", "until": "theano.scan_module"},
    "theano.scan.basic": {"scan": "theano"},
    "theano.scan.op": {"Scan": "theano.scan_module.scan_op"},
    "theano.legacy.scan.utils": {"safe_new": "theano.scan_module.scan_utils", "until": "theano.scan_module"},
    "theano.scan.views": {"map": "theano", "reduce": "theano", "foldl": "theano"},
    "theano.scan.checkpoints": {"scan_checkpoints": "theano"},
    "theano.scalar.math": {"GammaLn": "theano.scalar.basic_scipy", "Psi": "theano.scalar.basic_scipy"},
    "theano.tensor.basic_opt": {"ShapeFeature": "theano.tensor.opt", "register_canonicalize": "theano.tensor.opt"},
    "theano.tensor.exceptions": {"NotScalarConstantError": "theano.tensor", "ShapeError": None},
    "theano.tensor.type": {"TensorType": "theano.tensor"},
    "theano.tensor.var": {"TensorVariable": "theano.tensor", "TensorConstant": "theano.tensor"},
    "theano.sandbox.rng_mrg": {"MRG_RandomStream": None},
    "theano.gradient": {"verify_grad": "theano.tensor"},
    "theano.configparser": {"change_flags": "theano"},
    "theano.ifelse": {"ifelse": None},
}  # fmt: skip


@pytest.mark.parametrize("module", IMPORTS)
def test_names(module):
    found = importlib.import_module(module)
    for name, old in IMPORTS[module].items():
        space = {}
        exec(f"from {module} import {name}", space)
        thing = space[name]
        assert getattr(found, name) is thing and (callable(thing) or thing is theano.gof.generic)
        if old is not None:
            assert getattr(importlib.import_module(old), name) is thing


@pytest.mark.parametrize("module", NEWER)
def test_every_row_is_needed(module):
    found = importlib.import_module(module)
    assert isinstance(found, AliasModule) and sys.modules[module] is found
    assert [name for name in dir(found) if not name.startswith("_") and not inspect.ismodule(getattr(found, name))]
    with pytest.raises(AttributeError, match="has no attribute 'no_such_name'"):
        found.no_such_name  # noqa: B018


def test_modules_without_an_import():
    """``import theano`` is all that a program says; in a process of its own, where nothing has asked before."""
    code = """
import sys, theano
assert not [m for m in sys.modules if m.startswith(("theano.link", "theano.graph.opt", "theano.scan.basic"))]
print(theano.graph.opt.local_optimizer is theano.gof.local_optimizer, theano.graph.basic.Apply is theano.Apply,
      theano.link.PerformLinker is theano.gof.PerformLinker, theano.graph.toolbox.History.__name__,
      theano.graph.fg.FunctionGraph.__name__, theano.breakpoint.PdbBreakpoint.__name__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True", "History", "FunctionGraph", "PdbBreakpoint"]


def test_as_the_fallback_does():
    """The statements of aesara-theano-fallback, and an op as libraries write it for both."""
    space, tensor = {}, {}
    exec("from theano.graph import *", space)
    exec("from theano.tensor import *\nfrom theano.tensor import slinalg", tensor)
    basic, op = space["basic"], space["op"]
    assert tensor["slinalg"] is T.slinalg and tensor["exp"] is T.exp
    with theano.config.change_flags(floatX="float32"):
        assert T.vector().dtype == "float32"
    assert space["fg"].FunctionGraph is theano.FunctionGraph and op.ExternalCOp is op.COp

    class Twice(op.Op):
        __props__ = ()

        def make_node(self, x):
            x = T.as_tensor_variable(x)
            return basic.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, outputs):
            outputs[0][0] = 2 * inputs[0]

        def grad(self, inputs, gradients):
            return [2 * gradients[0]]

    x = T.dvector("x")
    assert theano.function([x], Twice()(x))(np.arange(3.0)).tolist() == [0, 2, 4]
    assert list(basic.graph_inputs([Twice()(x)])) == [x]
