"""The smallest fixtures: a package with one C, one Cython and one Rust part, each without dependencies; texts only.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

from typing import Dict

PYPROJECT = """\
[build-system]
requires = ["cermet", "cython>=3"]
build-backend = "cermet"

[project]
name = "small"
version = "1.0"
requires-python = ">=3.9"

[tool.cermet]
packages = ["small"]
"""

C_TABLE = """
[[tool.cermet.c-module]]
name = "small._c"
sources = ["small/_c.c", "small/part.c"]
"""

CYTHON_TABLE = """
[[tool.cermet.cython]]
modules = ["small/*.pyx"]
directives = { language_level = "3" }
"""

RUST_TABLE = """
[tool.cermet.cargo]
manifest-path = "rust/Cargo.toml"

[[tool.cermet.rust-library]]
name = "core"
crates = ["core-part"]

[[tool.cermet.c-module]]
name = "small._r"
sources = ["small/_r.c"]
uses = ["rust:core"]
"""

MODULE = """\
#define PY_SSIZE_T_CLEAN
#include <Python.h>
%(before)s
static PyObject* value(PyObject* self, PyObject* none) {
    (void)self, (void)none;
    return PyLong_FromLong(%(expression)s);
}
static PyMethodDef methods[] = {{"value", value, METH_NOARGS, 0}, {0, 0, 0, 0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "small.%(name)s", 0, 0, methods, 0, 0, 0, 0};
PyMODINIT_FUNC PyInit_%(name)s(void) { return PyModule_Create(&module); }
"""


def c_module(name: str, before: str, expression: str) -> str:
    return MODULE % {"name": name, "before": before, "expression": expression}


def pure() -> Dict[str, str]:
    """No compiler at all."""
    return {"pyproject.toml": PYPROJECT, "small/__init__.py": "value = 1\n"}


def c_only() -> Dict[str, str]:
    """One C module of two sources and a header."""
    files = pure()
    files["pyproject.toml"] += C_TABLE
    files["small/part.h"] = "#define PART 2\nlong part(void);\n"
    files["small/part.c"] = '#include "part.h"\nlong part(void) { return PART; }\n'
    files["small/_c.c"] = c_module("_c", '#include "part.h"', "part()")
    return files


def c_and_cython() -> Dict[str, str]:
    files = c_only()
    files["pyproject.toml"] += CYTHON_TABLE
    files["small/cy.pyx"] = 'include "cy.pxi"\n\n\ndef value():\n    return LIMIT\n'
    files["small/cy.pxi"] = "cdef enum:\n    LIMIT = 3\n"
    return files


def everything() -> Dict[str, str]:
    """With a crate that has no dependencies and no build script."""
    files = c_and_cython()
    files["pyproject.toml"] += RUST_TABLE
    files["rust/Cargo.toml"] = '[workspace]\nresolver = "2"\nmembers = ["core-part"]\n'
    files["rust/Cargo.lock"] = 'version = 4\n\n[[package]]\nname = "core-part"\nversion = "0.1.0"\n'
    files["rust/core-part/Cargo.toml"] = '[package]\nname = "core-part"\nversion = "0.1.0"\nedition = "2021"\n'
    files["rust/core-part/src/lib.rs"] = "#[no_mangle]\npub extern \"C\" fn core_value() -> i64 {\n    4\n}\n"
    files["small/_r.c"] = c_module("_r", "#include <stdint.h>\nint64_t core_value(void);", "(long)core_value()")
    return files
