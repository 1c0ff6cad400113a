#section support_code_struct

int calls;

#section init_code_struct

calls = 0;

#section code

calls++;
npy_intp none = 0;
Py_XDECREF(OUTPUT_0);
OUTPUT_0 = (PyArrayObject *)PyArray_ZEROS(0, &none, NPY_INT64, 0);
if (OUTPUT_0 == NULL) FAIL;
*(npy_int64 *)PyArray_DATA(OUTPUT_0) = calls * ITEMSIZE_INPUT_0;

