#!/usr/bin/env python3
"""Real crates under the rules of rules/: each built each way, and the library itself says what it is.

SPDX-License-Identifier: MIT
usage: crate_rules.py --program PROGRAM [--work DIRECTORY] [--python PYTHON] [CASE…]

The crates are the registry's at pinned versions, and nobody changes them or the package: what differs are rules. Cases are
those of crate_rule_cases.py, and `wheel`: a wheel on libz-sys built three ways, from the crate's copy, the system's library
and a copy that the same graph compiles, marks in its version, and gives to a Cython module too. What is judged: the version
that the library says at run time, what the linker bound (readelf), that no source was written. Needs cargo, readelf, a C
compiler and what each case names; what is missing fails that case, and is named with its Debian package.
"""
from __future__ import annotations

import argparse
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

sys.path.insert(0, os.path.dirname(__file__))
import cargo_calls  # noqa: E402
from crate_rule_cases import CASES, Case, Way  # noqa: E402
from needed import need_cython  # noqa: E402

RULES = Path(__file__).resolve().parents[2] / "rules"

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
    """Of every source."""
    return {path.relative_to(project).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(project.rglob("*")) if path.is_file() and "dist" not in path.relative_to(project).parts}


def versions(python: str, wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as folder:
        archive.extractall(folder)
        return subprocess.run([python, "-I", "-c", CODE, folder], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def judge_wheel(program: str, work: Path, python: str) -> Iterator[Tuple[str, str]]:
    project = work / "squeeze"
    project.mkdir(parents=True)
    own = write_project(project)
    system = subprocess.run(["pkg-config", "--modversion", "zlib"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    expected = {"bundled": own, "system": system, "graph": own + ".graph"}
    before = digests(project)
    for way, overrides in WAYS.items():
        file = work / f"{way}.toml"
        file.write_text(overrides)
        subprocess.run([program, "build", "-q", "--python", python, "--overrides", str(file)], cwd=project, check=True)
        wheel = next((project / "dist").glob("*.whl"))
        said = versions(python, wheel)
        wanted = f"{expected[way]} {own}.graph"
        shutil.rmtree(project / "dist")
        yield f"wheel, {way}", f"{said}" if said == wanted else f"FAILED: {said}, expected {wanted}"
    yield "wheel, its tree", "untouched" if digests(project) == before else "FAILED: it was written"


# --- small programs, one for each crate ---


def missing(need: str) -> bool:
    kind, name = need.split(":", 1)
    if kind == "program":
        return shutil.which(name) is None
    if kind == "file":
        return not glob.glob(name)
    return subprocess.run(["pkg-config", "--exists", name], check=False).returncode != 0


def write_probe(project: Path, name: str, case: Case, way: Way) -> None:
    version = way.version or case.version
    manifest = case.manifest or f'[dependencies.{name}]\nversion = "={version}"\n{case.dependency}'
    files = {
        "Cargo.toml": '[package]\nname = "probe"\nversion = "0.1.0"\nedition = "2021"\n'
                      f"[features]\n{case.features}{manifest}",
        "cermet.toml": '[[executable]]\nname = "probe"\ncrate = "./"\n' + case.files.get("more.toml", ""),
        **{path: text for path, text in {**case.files, **way.files}.items() if path not in ("head.rs", "more.toml")},
    }
    if case.code:
        files["src/main.rs"] = case.files.get("head.rs", "") + f"fn main() {{\n{case.code}}}\n"
    for path, text in files.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text)
    subprocess.run([cargo_calls.toolchain("cargo"), "generate-lockfile", "-q"], cwd=project, check=True)


def dynamic(file: Path) -> str:
    return subprocess.run(["readelf", "-dW", str(file)], check=True, stdout=subprocess.PIPE, text=True).stdout


def needed(program: Path) -> List[str]:
    return re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic(program))


def run_probe(project: Path, case: Case, python: str) -> str:
    env = dict(os.environ)
    if case.library_path:
        subprocess.run([python, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "--python-version", "3.11",
                        "-d", str(project.parent / "wheels"), case.library_path.split("/")[0]], check=True)
        wheel = next((project.parent / "wheels").glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(project.parent / "wheels")
        directory = project.parent / "wheels" / case.library_path.split("/", 1)[1]
        env["LD_LIBRARY_PATH"] = str(directory)
        for library in directory.glob("*.so.*"):  # the name that is bound, as ldconfig makes it
            bound = re.search(r"\(SONAME\).*\[(.*)\]", dynamic(library))
            if bound is not None and not (directory / bound.group(1)).exists():
                (directory / bound.group(1)).symlink_to(library.name)
    command = [str(project / "dist/probe")]
    if case.module:
        command = [python, "-I", "-c", "import sys; sys.path.insert(0, sys.argv[1]); import probe; print(probe.said())", str(project / "dist")]
    ran = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, env=env)
    return ran.stdout.strip() if ran.returncode == 0 else f"exit code {ran.returncode}"


def judge_way(program: str, work: Path, name: str, case: Case, label: str, python: str) -> str:
    """What the program said, or FAILED and why."""
    way = case.ways[label]
    project = work / f"{name}-{label.replace(' ', '-')}" / "probe"
    write_probe(project, name, case, way)
    rules = [str(RULES / f"{one}.toml") for one in way.rules]
    overrides = project.parent / "overrides.toml"
    overrides.write_text((f"crate-rules = {json.dumps(rules)}\n" if rules else "") + way.overrides)
    before = digests(project)
    built = subprocess.run([program, "build", "-q", "--profile", "dev", "--python", python, "--overrides", str(overrides)], cwd=project, check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if built.returncode != 0:
        return f"FAILED: it cannot be built\n{built.stdout}"
    if digests(project) != before:
        return "FAILED: its sources were written"
    libraries = needed(next((project / "dist").glob("probe*")))
    for head in way.linked:
        if not any(library.startswith(head) for library in libraries):
            return f"FAILED: {head} is not linked, but {' '.join(libraries)}"
    for head in way.unlinked:
        if any(library.startswith(head) for library in libraries):
            return f"FAILED: {head} is linked: {' '.join(libraries)}"
    said = run_probe(project, case, python)
    wanted = way.said if isinstance(way.said, str) else way.said()
    return said if said.startswith(wanted) else f"FAILED: it said {said!r}, expected {wanted!r}"


def judge_case(program: str, work: Path, name: str, python: str) -> Iterator[Tuple[str, str]]:
    case = CASES[name]
    absent = [f"{need.split(':', 1)[1]} is not here: apt-get install {package}" for need, package in case.needs if missing(need)]
    for label in case.ways:
        if absent:
            yield f"{name}, {label}", f"FAILED: {'; '.join(absent)}"
        else:
            yield f"{name} {case.ways[label].version or case.version}, {label}", judge_way(program, work, name, case, label, python)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--work", type=Path, default=Path("build/crate-rules"))
    parser.add_argument("--python", default=sys.executable, help="has Cython")
    parser.add_argument("cases", nargs="*", help=f"without any: wheel {' '.join(CASES)}")
    arguments = parser.parse_args()
    if "wheel" in arguments.cases or not arguments.cases:
        need_cython(arguments.python)
    chosen = arguments.cases or ["wheel", *CASES]
    unknown = [name for name in chosen if name != "wheel" and name not in CASES]
    if unknown:
        parser.error(f"there is no case {', '.join(unknown)}")
    program = str(Path(arguments.program).resolve())
    passed = failed = 0
    for name in chosen:
        work = arguments.work.resolve() / name
        shutil.rmtree(work, ignore_errors=True)
        results = judge_wheel(program, work, arguments.python) if name == "wheel" else judge_case(program, work, name, arguments.python)
        for what, said in results:
            print(f"{what}: {said}", flush=True)
            passed, failed = (passed, failed + 1) if said.startswith("FAILED") else (passed + 1, failed)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
