/* model._count: counts the values that clamping would change. */
/* SPDX-License-Identifier: MIT */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "model_limits.h"

static PyObject* clamped(PyObject* self, PyObject* values) {
    long long count = 0;
    PyObject* item;
    PyObject* iterator = PyObject_GetIter(values);
    (void)self;
    if (iterator == NULL) return NULL;
    while ((item = PyIter_Next(iterator)) != NULL) {
        long long value = PyLong_AsLongLong(item);
        Py_DECREF(item);
        if (value == -1 && PyErr_Occurred()) break;
        count += model_clamp(value) != value;
    }
    Py_DECREF(iterator);
    return PyErr_Occurred() ? NULL : PyLong_FromLongLong(count);
}

static PyMethodDef methods[] = {
    {"clamped", clamped, METH_O, "How many of the values lie outside of the limits."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "model._count", "Counting in C.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__count(void) { return PyModuleDef_Init(&module); }
