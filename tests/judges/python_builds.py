#!/usr/bin/env python3
"""Packages for Pythons that were built from source (a debug build, one without the global lock) or are of another machine.

SPDX-License-Identifier: MIT
usage: python_builds.py --program PROGRAM [--work DIRECTORY] [--only 313d|313t|arm64]

tools/other_python.py builds CPython 3.13 twice from Debian's source package (minutes, once; below build/pythons). The judges
are these interpreters: what was built for one of them is imported by it, refused by the others, and says by its own macros
what it was compiled for. The environment has Cython copied from the Python that runs this, and nothing else. PyO3's crates
come from ~/.cargo or from the registry. For arm64 a PyO3 module is built with the distribution's cross compiler and imported in
an emulator. The last line is `N passed, N failed, N skipped`; a Python that cannot be built counts as failed, a missing cross
compiler, emulator or standard library as skipped, with its name.
"""
from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Dict, List, Tuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [os.path.dirname(__file__), str(ROOT / "tools"), str(ROOT / "tests/stories")]
import other_python  # noqa: E402
from needed import need_cython  # noqa: E402
from story import install_copy  # noqa: E402

HERE = platform.machine()
VARIANTS = {"313d": ("d", {"debug": "true", "gil_disabled": "false"}), "313t": ("t", {"debug": "false", "gil_disabled": "true"})}
OTHER = {"313d": "313t", "313t": "313d"}
FLAGS = """
#ifdef Py_DEBUG
#define DEBUG 1
#else
#define DEBUG 0
#endif
#ifdef Py_GIL_DISABLED
#define FREE 1
#else
#define FREE 0
#endif
"""
MODULE = """
static PyObject* value(PyObject* self, PyObject* none) {
    (void)self, (void)none;
    return Py_BuildValue("iis", DEBUG, FREE, SUFFIX);
}
static PyMethodDef methods[] = {{"value", value, METH_NOARGS, 0}, {0, 0, 0, 0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "own.%s", 0, 0, methods, 0, 0, 0, 0};
PyMODINIT_FUNC PyInit_%s(void) { return PyModule_Create(&module); }
"""
FILES = {
    "pyproject.toml": """\
[build-system]
requires = ["cermet", "cython>=3"]
build-backend = "cermet"

[project]
name = "own"
version = "1.0"

[[tool.cermet.generate]]
name = "told"
command = ["python", "told.py", "own/told.h"]
inputs = ["told.py", "cermet_channel.py"]
outputs = ["own/told.h"]

[[tool.cermet.c-module]]
name = "own._c"
sources = ["own/_c.c"]
uses = ["generate:told"]

[[tool.cermet.cython]]
modules = ["own/*.pyx"]
directives = { language_level = "3" }
""",
    # What the graph tells of the Python: compiled into a module, which must agree with the interpreter that loads it.
    "told.py": "import cermet_channel, sys\nabi = cermet_channel.connect().require('abi', 'python')['record']\n"
               "with open(sys.argv[1], 'w') as out:\n    out.write('#define SUFFIX \"%s\"\\n' % abi['ext_suffix'])\n",
    "own/__init__.py": "",
    "own/_c.c": '#define PY_SSIZE_T_CLEAN\n#include <Python.h>\n#include "told.h"\n' + FLAGS + MODULE % ("_c", "_c"),
    "own/cy.pyx": "def value(n):\n    return [n] * 2\n",
}
RUST = {
    "Cargo.toml": """\
[package]
name = "own-rust"
version = "0.1.0"
edition = "2021"

[lib]
name = "_rust"
crate-type = ["cdylib"]

[dependencies]
pyo3 = "=0.28.3"

[build-dependencies]
pyo3-build-config = "=0.28.3"
""",
    "build.rs": "fn main() {\n    pyo3_build_config::use_pyo3_cfgs();\n}\n",
    "src/lib.rs": """use pyo3::prelude::*;

#[pyfunction]
fn value() -> (bool, bool) {
    (cfg!(py_sys_config = "Py_DEBUG"), cfg!(Py_GIL_DISABLED))
}

#[pymodule(gil_used = false)]
fn _rust(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(value, module)?)
}
""",
}


class Judge:
    def __init__(self, program: str, work: Path):
        self.program, self.work = program, work
        self.passed = self.failed = self.skipped = 0
        self.pythons: Dict[str, Path] = {}
        self.wheels: Dict[str, Path] = {}

    def check(self, what: str, good: bool, said: str = "") -> bool:
        self.passed, self.failed = self.passed + good, self.failed + (not good)
        print(f"{'ok  ' if good else 'FAIL'} {what}" + ("" if good or not said else "\n     " + "\n     ".join(said.splitlines()[-12:])), flush=True)
        return good

    def environment(self, name: str) -> Path:
        """A virtual environment of this Python, with Cython."""
        base = next((other_python.prepare(name) / "usr/bin").glob("python3.[0-9]*[0-9]"))
        folder = self.work / f"venv-{name}"
        subprocess.run([str(base), "-m", "venv", "--without-pip", str(folder)], check=True)
        install_copy("Cython", next(folder.glob("lib/python3*/site-packages")))
        return folder / "bin/python"

    def run(self, project: Path, *words: str, **more: str) -> Tuple[int, str]:
        clean = {name: value for name, value in os.environ.items() if not re.match(r"^(CC|CXX|CFLAGS|LDFLAGS|PYTHON.*|CERMET_.*|RUSTFLAGS)$", name)}
        done = subprocess.run([self.program, *words], cwd=project, env={**clean, "CERMET_CACHE": str(self.work / "cache"), **more},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return done.returncode, done.stdout + ("" if "--json" in words else done.stderr)

    def project(self, name: str, files: Dict[str, str]) -> Path:
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        shutil.copy(ROOT / "shims/channel/cermet_channel.py", folder / "cermet_channel.py")
        return folder

    def wheel_of(self, project: Path) -> Path:
        return next((project / "dist").glob("*.whl"))

    def build(self, what: str, project: Path, *words: str) -> bool:
        shutil.rmtree(project / "dist", ignore_errors=True)
        code, said = self.run(project, "build", *words)
        return self.check(what, code == 0, said)

    def ask(self, python: Path, wheel: Path, code: str) -> Tuple[int, str]:
        site = Path(tempfile.mkdtemp(dir=self.work))
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
        done = subprocess.run([str(python), "-c", code], cwd=site, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return done.returncode, done.stdout.strip() + (done.stderr if done.returncode else "")

    def refused(self, what: str, project: Path, python: Path, *words: str, arguments: Tuple[str, ...] = ()) -> None:
        code, said = self.run(project, "build", "--python", str(python), *arguments)
        missing = [word for word in words if word not in said]
        self.check(what, code == 2 and not missing, f"exit code {code}, without {missing}:\n{said}")

    # --- one variant ---

    def wheel(self, name: str) -> None:
        """Its tag, its modules' names, what they say of themselves; a second build runs nothing."""
        flag, told = VARIANTS[name]
        python, project = self.pythons[name], self.project("own", FILES)
        if not self.build(f"{name}: a wheel with C and Cython is built", project, "--python", str(python)):
            return
        wheel = self.wheel_of(project)
        self.wheels[name] = shutil.copy(wheel, self.work / f"{name}.whl")
        tag = f"cp313-cp313{flag}-linux_{HERE}"
        self.check(f"{name}: its tag is {tag}", wheel.name == f"own-1.0-{tag}.whl", wheel.name)
        suffix = f".cpython-313{flag}-{HERE}-linux-gnu.so"
        native = [file for file in zipfile.ZipFile(wheel).namelist() if file.endswith(".so")]
        self.check(f"{name}: its modules are called *{suffix}", len(native) == 2 and all(file.endswith(suffix) for file in native), str(native))
        code, said = self.ask(python, wheel, "import own._c, own.cy, sys; print(own._c.value(), own.cy.value(3), sys.version_info[:2])")
        values = (int(flag == "d"), int(flag == "t"), suffix)
        self.check(f"{name}: it is imported, and was compiled for what the interpreter is", code == 0 and said == f"{values} [3, 3] (3, 13)", said)
        header = (self.run(project, "toolchain", "--json", "--python", str(python))[1])
        record = json.loads(header)["python"]
        self.check(f"{name}: the graph's record of it says so", {key: str(record["record"][key]).lower() for key in told} == told
                   and record["build-details"]["abi"]["flags"] == [flag], header)
        code, said = self.run(project, "build", "--python", str(python))
        self.check(f"{name}: nothing changed, nothing runs", code == 0 and "up to date" in said, said)
        audited = self.run(project, "verify", "--python", str(python))
        self.check(f"{name}: verify has no findings", audited[0] == 0 and "0 findings" in audited[1], audited[1])

    def limited(self, name: str) -> None:
        files = {**FILES, "pyproject.toml": FILES["pyproject.toml"].replace('name = "own._c"', 'name = "own._c"\nlimited-api = "3.9"')}
        project, python = self.project("limited", files), self.pythons[name]
        if name == "313t":
            self.refused("313t: the limited API is refused before anything is compiled", project, python, "free-threaded Python 3.13", "cannot load abi3 modules")
        elif self.build("313d: a module for the limited API is built", project, "--python", str(python)):
            code, said = self.ask(python, self.wheel_of(project), "import own._c; print(own._c.__file__)")
            self.check("313d: and imported", code == 0 and said.endswith("_c.abi3.so"), said)

    def mixed(self, name: str) -> None:
        """Parts that were built for the other Python: refused before the link, with both records and who asks for the part."""
        other = OTHER[name]
        theirs, ours = f"cp313{VARIANTS[other][0]}", f"cp313{VARIANTS[name][0]}"
        table = '\nlink-flags = ["vendor/{}"]\n'
        for kind in ("module", "objects"):
            file = f"_other.cpython-313{VARIANTS[other][0]}-{HERE}-linux-gnu.so" if kind == "module" else "libother.a"
            said = FILES["pyproject.toml"].replace('uses = ["generate:told"]\n', 'uses = ["generate:told"]' + table.format(file))
            project = self.project("mixed", {**FILES, "pyproject.toml": said})
            vendor = project / "vendor"
            vendor.mkdir()
            (vendor / "other.c").write_text("#include <Python.h>\nvoid take(PyObject* one) { Py_DECREF(one); Py_INCREF(one); }\n")
            headers = next((other_python.prepare(other) / "usr/include").glob("python3*"))
            compile_ = ["gcc", "-fPIC", f"-I{headers}", "other.c"]
            if kind == "module":
                subprocess.run([*compile_, "-shared", "-o", file], cwd=vendor, check=True)
            else:
                subprocess.run([*compile_, "-c", "-o", "other.o"], cwd=vendor, check=True)
                subprocess.run(["ar", "crs", file, "other.o"], cwd=vendor, check=True)
            shown = theirs if kind == "module" else "it is for Python's ABI cp3"
            self.refused(f"{name}: {kind} for {other} in a link are refused", project, self.pythons[name], f"own._c cannot be linked with vendor/{file}",
                         shown, f"Python {ours}", "--> pyproject.toml:", "is said by `link-flags`")
        if other in self.wheels:
            code, said = self.ask(self.pythons[name], self.wheels[other], "import own._c")
            self.check(f"{name}: its importer does not see modules of {other}", code != 0 and "No module named" in said, said)

    def described(self, name: str) -> None:
        """The same Python known only as data: build-details.json, while another Python runs Cython."""
        project = self.project("described", FILES)
        answer = json.loads(self.run(project, "toolchain", "--json", "--python", str(self.pythons[name]))[1])
        (project / "build-details.json").write_text(json.dumps(answer["python"]["build-details"]))
        triple = f"{HERE}-linux-gnu"
        key = f"toolchain.{triple}.python=build-details.json"
        if self.build(f"{name}: described by build-details.json, with Cython run by {platform.python_version()}", project, "--python", sys.executable, "-C", key):
            wheel = self.wheel_of(project)
            code, said = self.ask(self.pythons[name], wheel, "import own._c, own.cy; print(own._c.value()[:2])")
            flag = VARIANTS[name][0]
            self.check(f"{name}: its tag and what was compiled are the described one's", f"-cp313{flag}-" in wheel.name and code == 0
                       and said == str((int(flag == "d"), int(flag == "t"))), f"{wheel.name}: {said}")

    def rust(self, name: str) -> None:
        flag, _ = VARIANTS[name]
        files = {**FILES, **{f"rust/{path}": text for path, text in RUST.items()}}
        files["pyproject.toml"] += '\n[[tool.cermet.rust-module]]\nname = "own._rust"\ncrate = "rust/."\n'
        project = self.project("rusty", files)
        if not self.build(f"{name}: a PyO3 module is built", project, "--python", str(self.pythons[name])):
            return
        code, said = self.ask(self.pythons[name], self.wheel_of(project), "import own._rust, sysconfig; print(own._rust.value(), own._rust.__file__)")
        wanted = f"({flag == 'd'}, {flag == 't'})"
        self.check(f"{name}: it is imported, and PyO3 knew Py_DEBUG and Py_GIL_DISABLED", code == 0 and said.startswith(wanted)
                   and f".cpython-313{flag}-" in said, said)


    # --- another machine ---

    def arm64(self) -> None:
        triple = "aarch64-unknown-linux-gnu"
        sysroot = subprocess.run(["rustc", "--print", "sysroot"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        missing = [name for name in ("aarch64-linux-gnu-gcc", "qemu-aarch64-static") if not shutil.which(name)]
        if not (Path(sysroot) / "lib/rustlib" / triple).is_dir():
            missing.append(f"rustc's standard library for {triple}")
        try:
            arm = other_python.prepare("arm64")
        except other_python.Missing as problem:
            missing.append(str(problem))
        if missing:
            self.skipped += 1
            print(f"skip arm64: there is no {', no '.join(missing)}")
            return
        table = f'\n[[tool.cermet.rust-module]]\nname = "own._rust"\ncrate = "rust/."\n\n[tool.cermet.toolchain.{triple}]\npython = "{arm}/build-details.json"\n'
        head = FILES["pyproject.toml"].split("[[tool.cermet.generate]]")[0]
        project = self.project("arm64", {"pyproject.toml": head + table, "own/__init__.py": "", **{f"rust/{path}": text for path, text in RUST.items()}})
        if not self.build("arm64: a PyO3 module is built", project, "--python", sys.executable, "--target", triple):
            return
        wheel = self.wheel_of(project)
        site = self.work / "arm64-site"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
        libraries = f"{arm}/usr/lib/aarch64-linux-gnu:{arm}/lib/aarch64-linux-gnu"
        program = next((arm / "usr/bin").glob("python3.*"))
        done = subprocess.run(["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu", "-E", f"LD_LIBRARY_PATH={libraries}", "-E", f"PYTHONHOME={arm}/usr", str(program),
                               "-S", "-c", "import own._rust, platform; print(own._rust.value(), platform.machine())"], cwd=site, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.check("arm64: it is imported in the emulator, and its tag is linux_aarch64", done.returncode == 0
                   and done.stdout.strip() == "(False, False) aarch64" and wheel.name.endswith("-linux_aarch64.whl"), f"{wheel.name}: {done.stdout}")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--work", default=str(ROOT / "build" / "python-builds"))
    parser.add_argument("--only", choices=[*sorted(VARIANTS), "arm64"])
    words = parser.parse_args()
    need_cython(sys.executable)
    work = Path(words.work)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    judge = Judge(os.path.abspath(words.program), work)
    names: List[str] = [name for name in sorted(VARIANTS) if words.only in (None, name)]
    if words.only in (None, "arm64"):
        judge.arm64()
    for name in sorted(VARIANTS) if names else ():
        try:
            judge.pythons[name] = judge.environment(name)
        except (other_python.Missing, subprocess.CalledProcessError, StopIteration) as problem:
            judge.check(f"{name}: CPython is built from source", False, str(problem))
    for name in names:
        for part in (judge.wheel, judge.limited, judge.described, judge.rust) if name in judge.pythons else ():
            part(name)
    for name in names if len(judge.pythons) == len(VARIANTS) else ():
        judge.mixed(name)
    print(f"{judge.passed} passed, {judge.failed} failed, {judge.skipped} skipped")
    return 1 if judge.failed or not judge.passed else 0


if __name__ == "__main__":
    sys.exit(main())
