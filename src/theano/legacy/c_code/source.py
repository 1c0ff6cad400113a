"""The C++ source of a node whose op brings C code: a function that is called with the objects of the node's inputs.

The op's methods are those of Theano: `c_code` and what surrounds it. The function is a built-in one of Python, so
compiled programs call it without Python between. It answers for what an op of a user may do wrong: a result of another
type is an error, one that shares memory with others is copied.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from theano.graph import Generic, MethodNotDefined
from theano.legacy.c_code.elemwise import ElementwiseCode
from theano.legacy.c_code.params_type import ParamsType
from theano.scalar.user import Scalar
from theano.tensor.type import TensorType

__all__ = ["CSource", "asked", "c_source", "forms_of_scalars"]

_FAIL = (
    '{ __failure = 1; if (!PyErr_Occurred()) PyErr_SetString(PyExc_RuntimeError, "Unexpected error in an Op\'s C code. '
    'No Python exception was set."); goto __done; }'
)

_HEAD = """\
#define PY_SSIZE_T_CLEAN
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#include <Python.h>
#include <numpy/arrayobject.h>
#include <numpy/arrayscalars.h>
#include <math.h>
#include <string.h>
#include <exception>
#include <new>
template <class F> struct theano_complex {
    F real, imag;
    friend theano_complex operator+(theano_complex a, theano_complex b) { return {a.real + b.real, a.imag + b.imag}; }
    friend theano_complex operator-(theano_complex a, theano_complex b) { return {a.real - b.real, a.imag - b.imag}; }
    friend theano_complex operator-(theano_complex a) { return {-a.real, -a.imag}; }
    friend theano_complex operator*(F a, theano_complex b) { return {a * b.real, a * b.imag}; }
    friend theano_complex operator*(theano_complex a, theano_complex b) {
        return {a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real};
    }
    friend bool operator==(theano_complex a, theano_complex b) { return a.real == b.real && a.imag == b.imag; }
};
typedef theano_complex<npy_float32> theano_complex64;
typedef theano_complex<npy_float64> theano_complex128;
#define THEANO_VISIBLE __attribute__((visibility("default")))
"""

# What is checked and repaired in results; a new reference, or NULL with an exception.
_RESULT = """
static PyObject *theano_result(PyObject *made, int typenum, int ndim, const char *ones, PyObject *const *in,
                               const char *may, int n, PyObject *const *before, int n_before) {
    if (made == NULL || made == Py_None) {
        PyErr_SetString(PyExc_ValueError, "the C code has left no result");
        return NULL;
    }
    if (!PyArray_Check(made)) {
        PyErr_Format(PyExc_TypeError, "the C code has made a %s instead of an array", Py_TYPE(made)->tp_name);
        return NULL;
    }
    PyArrayObject *a = (PyArrayObject *)made;
    if (PyArray_NDIM(a) != ndim || !PyArray_EquivTypenums(PyArray_TYPE(a), typenum)) {
        PyErr_Format(PyExc_TypeError, "the C code has made an array of %d dimensions and type number %d instead of %d "
                     "and %d", PyArray_NDIM(a), PyArray_TYPE(a), ndim, typenum);
        return NULL;
    }
    for (int k = 0; k < ndim; k++)
        if (ones[k] == '1' && PyArray_DIM(a, k) != 1) {
            PyErr_Format(PyExc_ValueError, "the C code has made %zd elements along axis %d, which is broadcastable",
                         (Py_ssize_t)PyArray_DIM(a, k), k);
            return NULL;
        }
    /* Of the inputs it may be those that its op says, or views of these; results share nothing. */
    int plain = PyArray_CheckExact(made) && PyArray_ISCARRAY(a), owned = PyArray_BASE(a) == NULL;
    for (int k = 0; k < n; k++) {
        plain = plain && (may[k] == '1' || in[k] != made);
        if (may[k] != '1' || !PyArray_Check(in[k])) continue;
        PyObject *base = PyArray_BASE((PyArrayObject *)in[k]);
        owned = owned || made == in[k] || PyArray_BASE(a) == in[k] || (base != NULL && PyArray_BASE(a) == base);
    }
    for (int k = 0; k < n_before; k++) {
        if (!PyArray_Check(before[k])) continue;
        PyObject *base = PyArray_BASE((PyArrayObject *)before[k]);
        plain = plain && before[k] != made && base != made && PyArray_BASE(a) != before[k];
        plain = plain && (base == NULL || PyArray_BASE(a) != base);
    }
    if (plain && owned) { Py_INCREF(made); return made; }
    PyArray_Descr *descr = PyArray_DescrFromType(typenum);
    PyObject *copy = PyArray_NewLikeArray(a, NPY_CORDER, descr, 0);
    if (copy != NULL && PyArray_CopyInto((PyArrayObject *)copy, a) < 0) Py_CLEAR(copy);
    return copy;
}
"""

# A number of Python or NumPy in memory of a NumPy type; 0, or -1 with an exception.
_NUMBER = """
static int theano_number(PyObject *value, int typenum, void *place) {
    PyArrayObject *a = (PyArrayObject *)PyArray_FromAny(
        value, PyArray_DescrFromType(typenum), 0, 0, NPY_ARRAY_CARRAY | NPY_ARRAY_FORCECAST, NULL);
    if (a == NULL) return -1;
    memcpy(place, PyArray_DATA(a), PyArray_ITEMSIZE(a));
    Py_DECREF(a);
    return 0;
}
"""

# Arrays without axes. Code that was written for numbers, `z = x + 1`, must not compile as arithmetic of pointers.
_GUARD = """
struct theano_array {
    PyArrayObject *array;
    theano_array &operator=(PyArrayObject *other) { array = other; return *this; }
    operator PyArrayObject *&() { return array; }
    template <class T> explicit operator T *() const { return (T *)array; }
    PyArrayObject **operator&() { return &array; }
    PyArrayObject *operator->() const { return array; }
    template <class T> void operator+(T) const = delete;
    template <class T> void operator-(T) const = delete;
    template <class T> void operator+=(T) = delete;
    template <class T> void operator-=(T) = delete;
    template <class T> void operator[](T) = delete;
    template <class T> void operator<(T) const = delete;
    template <class T> void operator>(T) const = delete;
    template <class T> void operator<=(T) const = delete;
    template <class T> void operator>=(T) const = delete;
    void operator++() = delete;
    void operator++(int) = delete;
    void operator--() = delete;
    void operator--(int) = delete;
};
template <class T> void operator+(T, const theano_array &) = delete;
"""

# A number as an array without axes; NULL with an exception.
_ARRAY_OF = """
static PyObject *theano_array_of(int typenum, const void *place) {
    PyObject *made = PyArray_SimpleNew(0, NULL, typenum);
    if (made != NULL) memcpy(PyArray_DATA((PyArrayObject *)made), place, PyArray_ITEMSIZE((PyArrayObject *)made));
    return made;
}
"""

_TAIL = """
static void theano_forget(PyObject *capsule) {{
    {name} *state = ({name} *)PyCapsule_GetPointer(capsule, "{name}");
    if (state != NULL) {{ state->cleanup(); delete state; }}
}}
static PyObject *theano_call(PyObject *self, PyObject *const *args, Py_ssize_t n) {{
    PyObject *capsule = PyTuple_GET_ITEM(self, 0), *failed = PyTuple_GET_ITEM(self, 1);
    {name} *state = ({name} *)PyCapsule_GetPointer(capsule, "{name}");
    if (state == NULL) return NULL;
    if (n != {n_inputs}) {{
        PyErr_Format(PyExc_TypeError, "{n_inputs} inputs are wanted, not %zd", n);
        return NULL;
    }}
    PyObject *made[{n_slots}] = {{ NULL }};
    int failure = state->run(args, made);
    if (!failure && !PyErr_Occurred()) {{
        PyObject *results = PyTuple_New({n_outputs});
        for (int k = 0; k < {n_outputs}; k++)
            if (results != NULL) PyTuple_SET_ITEM(results, k, made[k]);
            else Py_XDECREF(made[k]);
        return results;
    }}
    for (int k = 0; k < {n_outputs}; k++) Py_XDECREF(made[k]);
    PyObject *error = PyErr_GetRaisedException_(), *inputs = PyTuple_New(n);
    for (Py_ssize_t k = 0; inputs != NULL && k < n; k++) {{ Py_INCREF(args[k]); PyTuple_SET_ITEM(inputs, k, args[k]); }}
    if (error != NULL && inputs != NULL) {{
        PyObject *nothing = PyObject_CallFunctionObjArgs(failed, error, inputs, NULL);
        Py_XDECREF(nothing);
    }}
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_SystemError, "C code has failed without an exception");
    Py_XDECREF(error);
    Py_XDECREF(inputs);
    return NULL;
}}
static PyMethodDef theano_method = {{
    "{title}", (PyCFunction)(void (*)(void))theano_call, METH_FASTCALL, "The C code of a node."
}};
extern "C" THEANO_VISIBLE int theano_prepare(void) {{
    import_array1(-1);
    {init_code}
    return PyErr_Occurred() ? -1 : 0;
}}
extern "C" THEANO_VISIBLE PyObject *theano_callable(PyObject *params, PyObject *failed) {{
    {name} *state = new {name}();
    if (state->init(params)) {{ state->forget(); delete state; return NULL; }}
    PyObject *capsule = PyCapsule_New(state, "{name}", theano_forget);
    if (capsule == NULL) {{ state->cleanup(); delete state; return NULL; }}
    PyObject *self = PyTuple_Pack(2, capsule, failed);
    Py_DECREF(capsule);
    if (self == NULL) return NULL;
    PyObject *function = PyCFunction_New(&theano_method, self);
    Py_DECREF(self);
    return function;
}}
"""

_PORTABLE = """
static PyObject *PyErr_GetRaisedException_(void) {
#if PY_VERSION_HEX >= 0x030C0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (value != NULL && trace != NULL) PyException_SetTraceback(value, trace);
    Py_XDECREF(type);
    Py_XDECREF(trace);
    return value;
#endif
}
"""


class CSource:
    """What is compiled for a node: the text, and what the compiler is told.

    Attributes
    ----------
    text
        The source.
    options
        More arguments of the compiler: those of the op and of its types, folders, libraries.
    without
        Arguments that the op can't have.
    params
        The value of the op's parameters, where it has a `params_type`.
    """

    def __init__(self, text: str, options: Sequence[str], without: Sequence[str], params: Any) -> None:
        self.text, self.options, self.without, self.params = text, tuple(options), frozenset(without), params


def asked(obj: Any, method: str, default: Any, *args: Any) -> Any:
    """What a method of an op or a type says; `default` where it has none. Some take the compiler as an argument."""
    function = getattr(obj, method, None)
    if function is None:
        return default
    try:
        wanted = [
            p for p in inspect.signature(function).parameters.values()
            if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]  # fmt: skip
        if len(wanted) == len(args) + 1:
            args = (*args, None)
        return function(*args)
    except MethodNotDefined:
        return default


def _type_code(type_: Any, method: str, name: str, sub: dict[str, str]) -> str:
    """A piece of the C code of a type, for the variable `name`."""
    if isinstance(type_, TensorType):
        form = sub.get("scalars", "arrays") if type_.ndim == 0 else "arrays"
        return _OF_TENSORS[form][method].format(
            name=name, element=type_.dtype_specs()[1], fail=sub["fail"], ndim=type_.ndim,
            typenum=type_.dtype_specs()[2],
        )  # fmt: skip
    if isinstance(type_, Scalar):
        return _OF_NUMBERS[method].format(name=name, typenum=f"NPY_{type_.dtype.upper()}",
                                          element=f"npy_{type_.dtype}", fail=sub["fail"])  # fmt: skip
    if isinstance(type_, ParamsType):
        return _OF_PARAMS[method].format(name=name, struct=type_.name, fail=sub["fail"])
    if type(type_) is Generic or not hasattr(type_, f"c_{method}"):
        return _OF_OBJECTS[method].format(name=name)
    return str(getattr(type_, f"c_{method}")(name, sub))


_OF_ARRAYS = {
    "declare": "PyArrayObject *{name}; typedef {element} dtype_{name};",
    "init": "{name} = NULL;",
    "extract": """
        if (!PyArray_Check(py_{name}) || PyArray_NDIM((PyArrayObject *)py_{name}) != {ndim}
            || !PyArray_EquivTypenums(PyArray_TYPE((PyArrayObject *)py_{name}), {typenum})) {{
            PyErr_SetString(PyExc_TypeError, "an array of another type than that of the variable");
            {fail}
        }}
        {name} = (PyArrayObject *)py_{name}; Py_INCREF({name});""",
    "sync": "Py_XDECREF(py_{name}); py_{name} = (PyObject *){name}; Py_XINCREF(py_{name});",
    "cleanup": "Py_XDECREF({name});",
}
_OF_GUARDED = _OF_ARRAYS | {"declare": "theano_array {name}; typedef {element} dtype_{name};"}
_OF_SCALARS = {
    "declare": "{element} {name}; typedef {element} dtype_{name};",
    "init": "memset(&{name}, 0, sizeof({name}));",
    "extract": "if (theano_number(py_{name}, {typenum}, &{name})) {fail}",
    "sync": "Py_XDECREF(py_{name}); py_{name} = theano_array_of({typenum}, &{name});",
    "cleanup": "",
}
_OF_TENSORS = {"arrays": _OF_ARRAYS, "guarded": _OF_GUARDED, "numbers": _OF_SCALARS}
# Numbers as parameters.
_OF_NUMBERS = {
    "declare": "{element} {name}; typedef {element} dtype_{name};",
    "init": "memset(&{name}, 0, sizeof({name}));",
    "extract": "if (theano_number(py_{name}, {typenum}, &{name})) {fail}",
    "cleanup": "",
}
_OF_PARAMS = {
    "declare": "struct {struct} *{name};",
    "init": "{name} = NULL;",
    "extract": "{name} = new {struct}(); if ({name}->fill(py_{name})) {fail}",
    "cleanup": "if ({name} != NULL) {{ {name}->drop(); delete {name}; {name} = NULL; }}",
}
_OF_OBJECTS = {
    "declare": "PyObject *{name};",
    "init": "{name} = NULL;",
    "extract": "{name} = py_{name}; Py_INCREF({name});",
    "sync": "Py_XDECREF(py_{name}); py_{name} = {name}; Py_XINCREF(py_{name});",
    "cleanup": "Py_XDECREF({name});",
}


def _caught(code: str) -> str:
    """Code of a user whose C++ exceptions become Python's; they would end the process."""
    return f"""try {{
        {code}
        }} catch (const std::bad_alloc &) {{ __failure = 1; PyErr_NoMemory();
        }} catch (const std::exception &error) {{ __failure = 1; PyErr_SetString(PyExc_RuntimeError, error.what());
        }} catch (...) {{ __failure = 1; PyErr_SetString(PyExc_RuntimeError, "C++ code has thrown an exception"); }}"""


def forms_of_scalars(node: Any) -> tuple[str, ...]:
    """What tensors without axes may be in the C code of a node: see `c_source`."""
    types = [v.type for v in (*node.inputs, *node.outputs)]
    dtypes = {t.dtype for t in types if isinstance(t, TensorType) and not t.ndim}
    if not dtypes:
        return ("arrays",)
    return ("guarded", "arrays") if dtypes & {"float16", "bool"} else ("guarded", "numbers", "arrays")


def c_source(node: Any, scalars: str = "arrays") -> CSource:
    """The source of a node's function; NotImplementedError where its op declines to give C code.

    `scalars` says what the code finds for tensors without axes, of which it may have been written for either kind that
    Theano has: pointers to ``arrays``, ``guarded`` ones with which nobody can count, or ``numbers``.
    """
    op = node.op if hasattr(node.op, "c_code") else ElementwiseCode(node.op.scalar_op)
    n = len(node.inputs)
    ins, outs = [f"V{k}" for k in range(n)], [f"V{n + k}" for k in range(len(node.outputs))]
    params_type = getattr(op, "params_type", None)
    sub = {"fail": _FAIL, "scalars": scalars}
    params = None
    if params_type is not None:
        sub["params"] = "V_params"
        params = op.get_params(node) if hasattr(op, "get_params") else params_type.filter(op)
    # The name must not change from process to process: it is part of what the cache knows the text by.
    title = "".join(c if c.isalnum() else "_" for c in type(op).__name__)
    name = f"node_{title}"
    code = op.c_code(node, name, ins, outs, sub)
    parts = {
        "code": code,
        "code_cleanup": asked(op, "c_code_cleanup", "", node, name, ins, outs, sub),
        "init_struct": asked(op, "c_init_code_struct", "", node, name, sub),
        "cleanup_struct": asked(op, "c_cleanup_code_struct", "", node, name),
        "support_struct": asked(op, "c_support_code_struct", "", node, name),
    }
    types = [v.type for v in (*node.inputs, *node.outputs)] + ([params_type] if params_type is not None else [])
    types += [t for p in types if isinstance(p, ParamsType) for t in p.types]
    givers = [op, *dict.fromkeys(t for t in types if not isinstance(t, TensorType | Scalar) and type(t) is not Generic)]
    init = [*asked(op, "c_init_code", []), asked(op, "c_init_code_apply", "", node, name)]
    text = "\n".join(
        [
            _versions(node, givers), _HEAD, _includes(givers), _PORTABLE, _RESULT, _NUMBER,
            {"guarded": _GUARD, "numbers": _ARRAY_OF, "arrays": ""}[scalars],
            *(asked(g, "c_support_code", "") for g in reversed(givers)),
            *(_params_struct(t) for t in dict.fromkeys(types) if isinstance(t, ParamsType)),
            asked(op, "c_support_code_apply", "", node, name),
            _struct(node, name, ins, outs, parts, params_type, sub),
            _TAIL.format(
                name=name, n_inputs=len(ins), n_outputs=len(outs), n_slots=max(len(outs), 1), title=title,
                init_code="\n".join(init),
            ),
        ]
    )  # fmt: skip
    options, without = _options(givers)
    return CSource(text, options, without, params)


def _versions(node: Any, givers: Sequence[Any]) -> str:
    """A comment with the versions of the code: what a user raises where a header or library has changed."""
    own = asked(givers[0], "c_code_cache_version_apply", None, node)
    own = asked(givers[0], "c_code_cache_version", ()) if own is None else own
    listed = [own, *(asked(g, "c_code_cache_version", ()) for g in givers[1:])]
    return "// " + " ".join(str(listed).split())


def _includes(givers: Sequence[Any]) -> str:
    listed = dict.fromkeys(header for g in givers for header in asked(g, "c_headers", []) or [])
    return "".join(f"#include {h}\n" if h[0] in '<"' else f'#include "{h}"\n' for h in listed)


def _options(givers: Sequence[Any]) -> tuple[list[str], list[str]]:
    def all_of(method: str) -> list[str]:
        return list(dict.fromkeys(item for g in givers for item in asked(g, method, []) or []))

    folders = all_of("c_lib_dirs")
    options = [
        *all_of("c_compile_args"), *(f"-I{d}" for d in all_of("c_header_dirs")), *(f"-L{d}" for d in folders),
        *(f"-Wl,-rpath,{d}" for d in folders), *(f"-l{n}" for n in all_of("c_libraries")),
    ]  # fmt: skip
    return options, all_of("c_no_compile_args")


def _params_struct(params_type: ParamsType) -> str:
    """The struct of parameters, with what fills and drops it."""
    fields = list(zip(params_type.fields, params_type.types, strict=True))
    sub = {"fail": _FAIL}
    declared = "\n    ".join(f"PyObject *py_{n}; {_type_code(t, 'declare', n, sub)}" for n, t in fields)
    begun = "\n        ".join(f"py_{n} = NULL; {_type_code(t, 'init', n, sub)}" for n, t in fields)
    taken = "\n        ".join(
        f'py_{n} = PyDict_GetItemString(params, "{n}"); if (py_{n} == NULL) {_FAIL} Py_INCREF(py_{n});\n'
        f"        {{ {_type_code(t, 'extract', n, sub)} }}"
        for n, t in fields
    )
    dropped = "\n        ".join(f"{_type_code(t, 'cleanup', n, sub)} Py_XDECREF(py_{n});" for n, t in fields)
    return f"""
struct {params_type.name} {{
    {declared}
    int fill(PyObject *params) {{
        int __failure = 0;
        {begun}
        {taken}
        goto __done;
    __done:
        return __failure;
    }}
    void drop() {{
        {dropped}
    }}
}};
"""


def _struct(
    node: Any, name: str, ins: Sequence[str], outs: Sequence[str], parts: dict[str, str], params_type: Any,
    sub: dict[str, str],
) -> str:  # fmt: skip
    """The state of a node, with the functions that make it, drop it, and compute."""
    has_params = params_type is not None
    declared = extracted = forgotten = ""
    if has_params:
        declared = "PyObject *py_V_params; " + _type_code(params_type, "declare", "V_params", sub)
        extracted = "{ " + _type_code(params_type, "extract", "V_params", sub) + " }"
        forgotten = _type_code(params_type, "cleanup", "V_params", sub) + " Py_CLEAR(py_V_params);"
    begun = _type_code(params_type, "init", "V_params", sub) if has_params else ""
    keep = "py_V_params = params; Py_INCREF(params);" if has_params else ""
    return f"""
struct {name} {{
    {declared}
    {parts["support_struct"]}
    int init(PyObject *params) {{
        int __failure = 0;
        {keep}
        {begun}
        {extracted}
        {_caught(parts["init_struct"])}
        goto __done;
    __done:
        return __failure;
    }}
    void forget() {{
        {forgotten}
    }}
    void cleanup() {{
        {{ {parts["cleanup_struct"]}
        }}
        forget();
    }}
    {_run(node, ins, outs, parts, sub)}
}};
"""


def _run(node: Any, ins: Sequence[str], outs: Sequence[str], parts: dict[str, str], sub: dict[str, str]) -> str:
    """The function that computes: objects in, new references to objects out; 0, or 1 with an exception."""
    named = [*zip(ins, (v.type for v in node.inputs)), *zip(outs, (v.type for v in node.outputs))]
    lines = [f"PyObject *py_{n}; {_type_code(t, 'declare', n, sub)}" for n, t in named]
    lines += [f"py_{n} = NULL; {_type_code(t, 'init', n, sub)}" for n, t in named]
    for k, (n, v) in enumerate(zip(ins, node.inputs)):
        lines.append(f"py_{n} = in[{k}]; Py_INCREF(py_{n});")
        lines.append("{ " + _type_code(v.type, "extract", n, sub) + " }")
    lines += [_caught(parts["code"]), "goto __done;", "__done:", f"{{ {parts['code_cleanup']}\n}}"]
    lines.append("if (!__failure && PyErr_Occurred()) __failure = 1;")
    for k, (n, v) in enumerate(zip(outs, node.outputs)):
        lines.append(f"if (!__failure) {{ {_type_code(v.type, 'sync', n, sub)} {_delivered(n, k, v.type, node)} }}")
    lines += [f"{_type_code(t, 'cleanup', n, sub)} Py_XDECREF(py_{n});" for n, t in named]
    body = "\n        ".join(lines)
    return f"""int run(PyObject *const *in, PyObject **out) {{
        int __failure = 0;
        {body}
        return __failure;
    }}"""


def _delivered(name: str, k: int, type_: Any, node: Any) -> str:
    if not isinstance(type_, TensorType):
        return f"out[{k}] = py_{name} == NULL ? Py_None : py_{name}; Py_INCREF(out[{k}]);"
    ones = "".join("1" if one else "0" for one in type_.broadcastable)
    allowed = {*node.op.view_map.get(k, ()), *node.op.destroy_map.get(k, ())}
    n = len(node.inputs)
    may = "".join("1" if i in allowed else "0" for i in range(n))
    made = f'theano_result(py_{name}, {type_.dtype_specs()[2]}, {type_.ndim}, "{ones}", in, "{may}", {n}, out, {k})'
    return f"out[{k}] = {made}; if (out[{k}] == NULL) __failure = 1;"
