/* hybrid._fast: a C extension module that calls the Rust library through its generated header. */
/* SPDX-License-Identifier: MIT */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "_fast.h"
#include "core.h"

/* sum_prices(iterable, precision) -> float: exact addition in Rust's fixed point. */
static PyObject* sum_prices(PyObject* self, PyObject* args) {
    PyObject* values = NULL;
    int precision = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "Oi", &values, &precision)) return NULL;
    if (precision < 0 || precision > HYBRID_FAST_MAX_PRECISION) {
        PyErr_Format(PyExc_ValueError, "precision must be 0 to %d", HYBRID_FAST_MAX_PRECISION);
        return NULL;
    }
    PyObject* iterator = PyObject_GetIter(values);
    if (iterator == NULL) return NULL;
    Price sum = price_new(0.0, (uint8_t)precision);
    PyObject* item;
    while ((item = PyIter_Next(iterator)) != NULL) {
        double value = PyFloat_AsDouble(item);
        Py_DECREF(item);
        if (value == -1.0 && PyErr_Occurred()) break;
        sum = price_add(sum, price_new(value, (uint8_t)precision));
    }
    Py_DECREF(iterator);
    if (PyErr_Occurred()) return NULL;
    return PyFloat_FromDouble(price_to_f64(sum));
}

static PyMethodDef methods[] = {
    {"sum_prices", sum_prices, METH_VARARGS, "Add values exactly, rounded to a precision."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "hybrid._fast", "Prices in C.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__fast(void) { return PyModuleDef_Init(&module); }
