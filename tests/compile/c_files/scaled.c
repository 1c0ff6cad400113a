#section support_code

static double twice(double x) { return 2 * x; }

#section support_code_apply

int APPLY_SPECIFIC(scaled)(PyArrayObject *x, PyArrayObject **z, PARAMS_TYPE *params) {
    Py_XDECREF(*z);
    *z = (PyArrayObject *)PyArray_EMPTY(1, PyArray_DIMS(x), TYPENUM_OUTPUT_0, 0);
    if (*z == NULL) return 1;
    if (params->factor == 0) {
        PyErr_SetString(PyExc_ZeroDivisionError, "the factor is zero");
        return 1;
    }
    for (npy_intp i = 0; i < PyArray_DIM(x, 0); i++)
        ((DTYPE_OUTPUT_0 *)PyArray_DATA(*z))[i] = twice(((DTYPE_INPUT_0 *)PyArray_GETPTR1(x, i))[0]) / params->factor;
    return 0;
}
