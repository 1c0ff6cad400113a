"""Which method of a printer, and of the interpreter, is for which statement."""

from __future__ import annotations

from typing import Any

from theano.loops import host as hs
from theano.loops import stmt as st

# The statements of kernels, then those of main.
METHODS: dict[type, str] = {
    st.Let: "let", st.Load: "load", st.Store: "store", st.Prefetch: "prefetch", st.For: "loop", st.If: "branch",
    st.Local: "local", hs.CallKernel: "call_kernel",
    hs.FrameWord: "frame_word", hs.ContextWord: "context_word", hs.Check: "check", hs.Workspace: "workspace",
    hs.Carve: "carve", hs.NewArray: "new_array", hs.CallBack: "call_back", hs.ArrayHeader: "array_header",
    hs.HoldObject: "hold_object", hs.Release: "release", hs.Move: "move", hs.SetStorage: "set_storage",
    hs.Call: "call", hs.Copy: "copy", hs.Poll: "poll", hs.Commit: "commit", hs.ReleaseGil: "release_gil",
    hs.TakeGil: "take_gil", hs.Slices: "slices", hs.Work: "work",
    hs.Spend: "spend",
}  # fmt: skip


class Visitor:
    """Goes through blocks: a method for each statement that may stand there."""

    def block(self, stmts: list[st.Stmt]) -> None:
        for stmt in stmts:
            self.statement(stmt)

    def statement(self, stmt: Any) -> None:
        method = getattr(self, METHODS[type(stmt)], None)
        if method is None:
            raise TypeError(f"{type(stmt).__name__} is not a statement of a kernel")
        method(stmt)
