#!/usr/bin/env python3
"""A wheel on a real -sys crate, libz-sys, built three ways from outside: its own library, the system's, and one of the graph.

SPDX-License-Identifier: MIT
usage: crate_rules.py --program PROGRAM [--work DIRECTORY] [--python PYTHON]

The crate is the registry's, and nobody changes it or the package: what differs is an overrides file. The judge is zlib
itself, which says its version at run time: that of the crate's copy, of pkg-config, and of a copy that is compiled by the
same graph, has a mark in its version, and serves a Cython module too. Needs a C compiler, pkg-config, zlib1g-dev, cargo.
"""
from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Dict

sys.path.insert(0, os.path.dirname(__file__))
import cargo_calls  # noqa: E402

VERSION = "1.1.31"
FILES = {
    "pyproject.toml": '''\
[build-system]
requires = ["cermet", "cython>=3"]
build-backend = "cermet"

[project]
name = "squeeze"
version = "1.0"

[tool.cermet]
packages = ["squeeze"]

[tool.cermet.cargo]
manifest-path = "rust/Cargo.toml"

[[tool.cermet.c-library]]
name = "z"
sources = ["third_party/zlib/*.c"]
public-include = ["third_party/zlib"]
define = { STDC = true, _LARGEFILE64_SOURCE = true }

[[tool.cermet.rust-library]]
name = "core"
crates = ["core-part"]

[[tool.cermet.c-module]]
name = "squeeze._rust"
sources = ["squeeze/_rust.c"]
uses = ["rust:core"]

[[tool.cermet.cython]]
modules = ["squeeze/*.pyx"]
uses = ["c:z"]
''',
    "squeeze/__init__.py": "",
    "squeeze/cython_part.pyx": '''\
cdef extern from "zlib.h":
    const char* zlibVersion()


def version():
    return zlibVersion().decode()
''',
    "squeeze/_rust.c": '''\
#define PY_SSIZE_T_CLEAN
#include <Python.h>
const char* core_version(void);
static PyObject* version(PyObject* self, PyObject* none) {
    (void)self, (void)none;
    return PyUnicode_FromString(core_version());
}
static PyMethodDef methods[] = {{"version", version, METH_NOARGS, 0}, {0, 0, 0, 0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "squeeze._rust", 0, 0, methods, 0, 0, 0, 0};
PyMODINIT_FUNC PyInit__rust(void) { return PyModule_Create(&module); }
''',
    "rust/Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["core-part"]\n',
    "rust/core-part/Cargo.toml": f'[package]\nname = "core-part"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nlibz-sys = "={VERSION}"\n',
    "rust/core-part/src/lib.rs": '''\
#[no_mangle]
pub extern "C" fn core_version() -> *const std::ffi::c_char {
    unsafe { libz_sys::zlibVersion() }
}
''',
}
WAYS = {
    "bundled": '[crates.libz-sys]\nenv = { LIBZ_SYS_STATIC = "1" }\n',
    "system": 'provide = { "library:z" = "sys:zlib" }\n[crates.libz-sys]\nlibrary = "library:z"\n',
    "graph": 'provide = { "library:z" = "c:z" }\n[crates.libz-sys]\nlibrary = "library:z"\n',
}
CODE = "import sys; sys.path.insert(0, sys.argv[1]); from squeeze import _rust, cython_part; print(_rust.version(), cython_part.version())"


def crate_sources(project: Path) -> Path:
    """The crate as cargo brought it for the lock."""
    subprocess.run([cargo_calls.toolchain("cargo"), "fetch", "-q", "--manifest-path", str(project / "rust/Cargo.toml")], check=True)
    home = Path(os.environ.get("CARGO_HOME", str(Path.home() / ".cargo")))
    return next(home.glob(f"registry/cache/*/libz-sys-{VERSION}.crate"))


def write_project(project: Path) -> str:
    """Gives the version of the crate's own zlib."""
    for name, text in FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    third_party = project / "third_party/zlib"
    third_party.mkdir(parents=True)
    with tarfile.open(crate_sources(project)) as archive:
        for member in archive.getmembers():
            if re.fullmatch(r"libz-sys-[^/]+/src/zlib/[^/]+\.[ch]", member.name):
                source = archive.extractfile(member)
                assert source is not None
                (third_party / Path(member.name).name).write_bytes(source.read())
    header = third_party / "zlib.h"
    own = re.search(r'#define ZLIB_VERSION "([^"]+)"', header.read_text())
    assert own is not None
    header.write_text(header.read_text().replace(own.group(0), own.group(0)[:-1] + '.graph"'))
    return own.group(1)


def digests(project: Path) -> Dict[str, str]:
    return {path.relative_to(project).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(project.rglob("*")) if path.is_file() and "dist" not in path.relative_to(project).parts}


def versions(python: str, wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as folder:
        archive.extractall(folder)
        return subprocess.run([python, "-I", "-c", CODE, folder], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--work", type=Path, default=Path("build/crate-rules"))
    parser.add_argument("--python", default=sys.executable, help="has Cython")
    arguments = parser.parse_args()
    project = arguments.work.resolve() / "squeeze"
    shutil.rmtree(project.parent, ignore_errors=True)
    project.mkdir(parents=True)
    own = write_project(project)
    system = subprocess.run(["pkg-config", "--modversion", "zlib"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    expected = {"bundled": own, "system": system, "graph": own + ".graph"}
    before = digests(project)
    failed = 0
    for way, overrides in WAYS.items():
        file = project.parent / f"{way}.toml"
        file.write_text(overrides)
        subprocess.run([arguments.program, "build", "-q", "--python", arguments.python, "--overrides", str(file)], cwd=project, check=True)
        wheel = next((project / "dist").glob("*.whl"))
        said = versions(arguments.python, wheel)
        wanted = f"{expected[way]} {own}.graph"
        shutil.rmtree(project / "dist")
        print(f"{way}: {said}" + ("" if said == wanted else f", expected {wanted}"), flush=True)
        failed += said != wanted
    if digests(project) != before:
        print("the package's tree was written")
        failed += 1
    print(f"{len(WAYS) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
