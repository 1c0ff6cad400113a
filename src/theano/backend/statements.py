"""Which method of a printer, and of the interpreter, is for which statement."""

from __future__ import annotations

from typing import Any

from theano.loops import stmt as st

# The statements of kernels, then those of main.
METHODS: dict[type, str] = {
    st.Let: "let", st.Load: "load", st.Store: "store", st.Prefetch: "prefetch", st.For: "loop", st.If: "branch",
    st.Local: "local", st.CallKernel: "call_kernel",
    st.FrameWord: "frame_word", st.ContextWord: "context_word", st.Check: "check", st.Workspace: "workspace",
    st.Carve: "carve", st.NewArray: "new_array", st.CallBack: "call_back", st.ArrayHeader: "array_header",
    st.HoldObject: "hold_object", st.Release: "release", st.Move: "move", st.SetStorage: "set_storage",
    st.Call: "call", st.Copy: "copy", st.Poll: "poll", st.Commit: "commit", st.ReleaseGil: "release_gil",
    st.TakeGil: "take_gil", st.Slices: "slices", st.Work: "work",
    st.Spend: "spend",
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
