"""`pydotprint`: a graph as a picture, drawn by Graphviz through pydot."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply, Constant, FunctionGraph, Variable
from theano.graph.shown import shown
from theano.printing.dot_text import DotText

__all__ = ["dot_source", "pydotprint"]


def pydotprint(
    fct: Any,
    outfile: str | None = None,
    compact: bool = True,
    format: str = "png",
    with_ids: bool = False,
    high_contrast: bool = True,
    cond_highlight: Any = None,
    colorCodes: Any = None,
    max_label_size: int = 70,
    scan_graphs: bool = False,
    var_with_name_simple: bool = False,
    print_output_file: bool = True,
    return_image: bool = False,
) -> Any:
    """Write a picture of a graph to a file. Needs pydot and Graphviz.

    Parameters
    ----------
    fct
        Compiled function, function graph, variable, or list of variables.
    outfile, format
        Where to write, and in which of Graphviz' formats.
    with_ids, max_label_size
        Number the nodes; cut labels.
    return_image
        Return the picture's bytes instead of writing them.
    compact, high_contrast, cond_highlight, colorCodes, scan_graphs, var_with_name_simple
        Accepted for older programs.
    print_output_file
        Whether the name of the file is printed.

    Returns
    -------
    None or bytes
        See `return_image`.

    Raises
    ------
    RuntimeError
        If pydot or Graphviz is missing.

    Examples
    --------
    >>> pydotprint(T.dscalar("x") + 1, outfile="f.png")     # doctest: +SKIP
    """
    try:
        import pydot
    except ImportError as error:
        raise RuntimeError(
            "Failed to import pydot. You must install graphviz and pydot for `pydotprint` to work: `pip install "
            "pydot`, and the program dot of Graphviz. theano.printing.debugprint needs neither."
        ) from error
    (picture,) = pydot.graph_from_dot_data(dot_source(fct, with_ids=with_ids, max_label_size=max_label_size))
    if outfile is None:
        outfile = f"theano.pydotprint.{format}"
    try:
        if return_image:
            return picture.create(prog="dot", format=format)
        picture.write(outfile, prog="dot", format=format)
    except FileNotFoundError as error:
        if error.filename not in (None, "dot"):
            raise  # it is the folder of `outfile` that is missing
        raise RuntimeError(
            "pydotprint needs the program dot of Graphviz, which is not on the PATH. Install Graphviz (Debian, Ubuntu: "
            "apt install graphviz; macOS: brew install graphviz; conda install graphviz; Windows: "
            "graphviz.org/download). "
            "theano.printing.debugprint needs no program."
        ) from error
    if print_output_file:
        print("The output file is available at", outfile)
    return None


def dot_source(fct: Any, with_ids: bool = False, max_label_size: int = 70) -> str:
    """The graph in Graphviz' language.

    Parameters
    ----------
    fct
        Compiled function, function graph, variable, or list of variables.
    with_ids : bool
        Whether nodes are numbered.
    max_label_size : int
        Labels are cut to so many letters.

    Returns
    -------
    str
        The text.

    Raises
    ------
    TypeError
        `fct` is something else.

    Examples
    --------
    >>> print(dot_source(T.dscalar("x") + T.dscalar("y")))
    digraph theano {
    ...
    }
    """
    outputs = _outputs(fct)
    names: dict[Apply | Variable, str] = {}
    dot = DotText()

    def declare(thing: Apply | Variable, label: str, **style: str) -> str:
        name = names[thing] = f"n{len(names)}"
        label = f"{label} id={len(names) - 1}" if with_ids else label
        if len(label) > max_label_size:
            label = label[: max_label_size - 3] + "..."
        dot.box(name, label=label, **style)
        return name

    def source(v: Variable) -> str:
        if v.owner is not None:
            return names[v.owner]
        if v in names:
            return names[v]
        return declare(v, str(v), shape="box", color="plum" if isinstance(v, Constant) else "limegreen")

    stack: list[tuple[Apply, bool]] = [(v.owner, False) for v in reversed(outputs) if v.owner is not None]
    while stack:
        node, ready = stack.pop()
        if node in names:
            continue
        if not ready:
            stack.append((node, True))
            stack.extend(
                (v.owner, False) for v in node.inputs if v.owner is not None and v.owner not in names
            )
            continue
        sources = [source(v) for v in node.inputs]
        name = declare(node, str(node.op), shape="ellipse")
        for i, (v, origin) in enumerate(zip(node.inputs, sources, strict=True)):
            dot.edge(origin, name, label=f"{i} {v.type}")
    for k, v in enumerate(outputs):
        origin = source(v)
        dot.box(f"out{k}", label=v.name or v.type, shape="box", color="dodgerblue")
        dot.edge(origin, f"out{k}")
    return str(dot)


def _outputs(fct: Any) -> list[Variable]:
    if isinstance(fct, Variable):
        return [fct]
    if isinstance(fct, list | tuple):
        return list(fct)
    fgraph = fct if isinstance(fct, FunctionGraph) else getattr(getattr(fct, "maker", None), "fgraph", None)
    if fgraph is None:
        raise TypeError(f"pydotprint expects a compiled function, a graph or variables, found {shown(fct)}")
    return list(fgraph.outputs)
