"""What instances of Theano's rewrites, databases, features, linkers and errors of DebugMode have: names that a class
does not show."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from theano.gof import cc, destroyhandler, fg, link, opt, optdb, toolbox, vm

import theano
import theano.tensor as T
from theano.compile import debugmode, mode, monitormode
from theano.rewrite.engine.named import NAMED
from theano.rewrite.engine.registry import RULES

DEVIATIONS = (Path(__file__).parents[2] / "docs" / "deviations.md").read_text()

x = T.dscalar("x")
y = T.exp(x)
GRAPH = fg.FunctionGraph([x], [y], clone=False)
SUB = opt.OpSub(T.exp, T.log)


def function(node: Any) -> Any:
    return None


INSTANCES: dict[str, tuple[Any, str]] = {
    "OpSub": (SUB, "op1 op2 transfer_tags reentrant retains_inputs"),
    "OpRemove": (opt.OpRemove(T.exp), "op reentrant"),
    "PatternSub": (
        opt.PatternSub((T.exp, "a"), "a"),
        "in_pattern out_pattern op allow_multiple_clients skip_identities_fn pdb get_nodes values_eq_approx",
    ),
    "FromFunctionLocalOptimizer": (opt.FromFunctionLocalOptimizer(function), "transform requirements tracks"),
    "FromFunctionOptimizer": (opt.FromFunctionOptimizer(function), "apply requirements"),
    "LocalOptGroup": (
        opt.LocalOptGroup(SUB),
        "opts reentrant retains_inputs apply_all_opts profile process_count applied_true node_created",
    ),
    "LocalMetaOptimizer": (opt.LocalMetaOptimizer(), "verbose track_dict tag_dict optimizers"),
    "NavigatorOptimizer": (opt.NavigatorOptimizer(SUB), "local_opt ignore_newtrees failure_callback"),
    "TopoOptimizer": (opt.TopoOptimizer(SUB), "order local_opt ignore_newtrees failure_callback"),
    "EquilibriumOptimizer": (
        opt.EquilibriumOptimizer([SUB]),
        "local_optimizers_map local_optimizers_all global_optimizers final_optimizers cleanup_optimizers max_use_ratio "
        "tracks_on_change_inputs",
    ),
    "SeqOptimizer": (opt.SeqOptimizer(), "failure_callback"),
    "ChangeTracker": (opt.ChangeTracker(), "changed nb_imported"),
    "Updater": (opt.Updater(None, None, None), "importer pruner chin name"),
    "DB": (optdb.DB(), "name"),
    "EquilibriumDB": (optdb.EquilibriumDB(), "ignore_newtrees tracks_on_change_inputs"),
    "LocalGroupDB": (optdb.LocalGroupDB(), "failure_callback apply_all_opts profile local_opt"),
    "SequenceDB": (optdb.SequenceDB(), "failure_callback"),
    "ProxyDB": (optdb.ProxyDB(optdb.DB()), "db"),
    "TopoDB": (optdb.TopoDB(optdb.DB()), "db order ignore_newtrees failure_callback"),
    "Query": (optdb.Query([]), "include require exclude subquery position_cutoff extra_optimizations"),
    "History": (toolbox.History(), "history"),
    "GetCheckpoint": (toolbox.GetCheckpoint(toolbox.History(), GRAPH), "h fgraph"),
    "LambdExtract": (toolbox.LambdExtract(GRAPH, y.owner, 0, x), "fgraph node i r reason"),
    "NoOutputFromInplace": (toolbox.NoOutputFromInplace(), "first_idx last_idx"),
    "PrintListener": (toolbox.PrintListener(), "active"),
    "DestroyHandler": (destroyhandler.DestroyHandler(), "do_imports_on_attach algo fgraph"),
    "FunctionGraph": (GRAPH, "inputs outputs apply_nodes variables update_mapping"),
    "AddFeatureOptimizer": (mode.AddFeatureOptimizer(toolbox.History()), "feature"),
    "PrintCurrentFunctionGraph": (mode.PrintCurrentFunctionGraph("here"), "header"),
    "Mode": (theano.Mode(), "linker optimizer provided_linker provided_optimizer call_time fn_time"),
    "MonitorMode": (monitormode.MonitorMode(), "pre_func post_func"),
    "DebugMode": (
        theano.compile.DebugMode(),
        "stability_patience check_c_code check_py_code check_isfinite check_preallocated_output "
        "require_matching_strides",
    ),
    "BadDestroyMap": (debugmode.BadDestroyMap(y.owner, 0, 1, 2, "py"), "node idx old_val new_val perform"),
    "BadViewMap": (debugmode.BadViewMap(y.owner, 0, []), "node output_idx out_storage in_alias_idx out_alias_idx"),
    "BadThunkOutput": (
        debugmode.BadThunkOutput(y, "a", 1, "b", 2), "r thunk1 val1 thunk2 val2 inputs_val str_diagnostic"
    ),
    "BadOptimization": (
        toolbox.BadOptimization(y), "old_r new_r old_r_val new_r_val reason old_graph new_graph full_err"
    ),
    "InvalidValueError": (debugmode.InvalidValueError(y), "r v client_node hint specific_hint full_err"),
    "PerformLinker": (link.PerformLinker(), "allow_gc fgraph schedule"),
    "WrapLinker": (link.WrapLinker([link.PerformLinker()], print), "linkers wrapper fgraph"),
    "OpWiseCLinker": (cc.OpWiseCLinker(), "allow_gc fallback_on_perform fgraph nice_errors schedule"),
    "DualLinker": (cc.DualLinker(), "checker fgraph schedule"),
    "CLinker": (cc.CLinker(), "fgraph schedule"),
    "VM_Linker": (
        vm.VM_Linker(),
        "allow_gc use_cloop callback callback_input lazy schedule c_thunks allow_partial_eval updated_vars fgraph",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", INSTANCES)
def test_attributes(name: str) -> None:
    thing, names = INSTANCES[name]
    missing = [attribute for attribute in names.split() if not hasattr(thing, attribute)]
    assert not missing


def test_texts_of_what_debug_mode_finds() -> None:
    found = toolbox.BadOptimization(y, x, 1, 2, "mine", "graph a", "graph b")
    assert isinstance(found, debugmode.DebugModeError) and str(found) == found.full_err == found.str_diagnostic()
    for part in ("(mine)", "value as written: 1", "value rewritten:  2", "graph as written:\ngraph a", "graph b"):
        assert part in str(found)
    assert "(rewriting)" in str(toolbox.BadOptimization(y))
    other = debugmode.BadThunkOutput(y, "py", 1, "c", 2)
    assert other.offending_op() == T.exp and "py: 1" in other.str_diagnostic() == str(other)
    assert debugmode.InvalidValueError(y, hint="mine").full_err.count("mine") == 1


def test_values_that_are_about_equal() -> None:
    assert debugmode.check_eq(x, np.array(1.0), np.array(1.0 + 1e-12))
    assert not debugmode.check_eq(x, np.array(1.0), np.array(1.1))
    loose = T.dscalar()
    loose.tag.values_eq_approx = lambda a, b: abs(a - b) < 0.5
    assert debugmode.check_eq(loose, 1.0, 1.1) and not debugmode.check_eq(loose, 1.0, 2.0)


def test_names_that_stand_for_nothing() -> None:
    """The names of which docs/deviations.md says that they leave out nothing are names of no rule."""
    table = DEVIATIONS.split("| names of Theano's rewrites that leave out nothing")[1].split("\n\n")[0]
    names = {name for row in table.splitlines()[2:] for name in re.findall(r"`(\S+)`", row.split("|")[1])}
    assert len(names) > 40 and names.isdisjoint(tag for rule in RULES.values() for tag in (rule.name, *rule.tags))
    assert names.isdisjoint(name for known in NAMED.values() for name in known)
    assert not any(name in theano.compile.optdb for name in names)
