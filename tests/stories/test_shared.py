"""Shared libraries inside a wheel, what modules export, programs of the project that generate its sources.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import re
import subprocess
import zipfile
from pathlib import Path
from typing import Callable, Dict, Set

import small
from story import Done, Project, difference, make_venv
from test_verify import messages, python, verify  # noqa: F401

TABLES = """
[tool.cermet.cargo]
manifest-path = "rust/Cargo.toml"

[[tool.cermet.c-library]]
name = "tree"
kind = "shared"
sources = ["native/tree.c"]
public-include = ["native/include"]

[[tool.cermet.c-library]]
name = "grove"
kind = "shared"
sources = ["native/grove.c"]
public-include = ["native/include"]
uses = ["c:tree"]

[[tool.cermet.rust-library]]
name = "core"
link = "shared"
crates = ["core-part", "more-part"]

[[tool.cermet.c-module]]
name = "small._a"
sources = ["small/_a.c"]
uses = ["c:tree", "rust:core"]

[[tool.cermet.c-module]]
name = "small.deep._b"
sources = ["small/deep/_b.c"]
uses = ["c:grove"]

[[tool.cermet.cython]]
modules = ["small/*.pyx"]
directives = { language_level = "3" }
uses = ["c:tree", "rust:core"]

[[tool.cermet.executable]]
name = "small-count"
sources = ["native/count.c"]
uses = ["c:grove"]
"""

CHECK = """\
import small._a, small.deep._b, small.cy
assert small._a.value() == 1 + 4 + 40, small._a.value()   # counts in the tree: 1
assert small.cy.value() == 2 + 4, small.cy.value()        # the same counter: 2
assert small.deep._b.value() == 300, small.deep._b.value()  # and through another library: 3
"""


def shared() -> Dict[str, str]:
    """Two libraries of C, of which one needs the other, and one of two crates, for modules of C and Cython."""
    files = small.pure()
    files["pyproject.toml"] += TABLES
    files["small/deep/__init__.py"] = ""
    files["native/include/tree.h"] = "long tree_count(void);\nlong grove_count(void);\n"
    files["native/tree.c"] = '#include "tree.h"\nstatic long count;\nlong tree_count(void) { return ++count; }\n'
    files["native/grove.c"] = '#include "tree.h"\nlong grove_count(void) { return 100 * tree_count(); }\n'
    files["native/count.c"] = '#include <stdio.h>\n#include "tree.h"\nint main(void) { printf("%ld\\n", grove_count()); return 0; }\n'
    files["small/_a.c"] = small.c_module("_a", '#include <stdint.h>\n#include "tree.h"\nint64_t core_value(void);\nint64_t more_value(void);',
                                         "tree_count() + (long)core_value() + (long)more_value()")
    files["small/deep/_b.c"] = small.c_module("_b", '#include "tree.h"', "grove_count()")
    files["small/cy.pyx"] = ('cdef extern from "tree.h":\n    long tree_count()\ncdef extern from *:\n'
                             '    """\n    #include <stdint.h>\n    int64_t core_value(void);\n    """\n    long core_value()\n'
                             "\n\ndef value():\n    return tree_count() + core_value()\n")
    files["rust/Cargo.toml"] = '[workspace]\nresolver = "2"\nmembers = ["core-part", "more-part"]\n'
    files["rust/Cargo.lock"] = ('version = 4\n\n[[package]]\nname = "core-part"\nversion = "0.1.0"\n\n'
                                '[[package]]\nname = "more-part"\nversion = "0.1.0"\n')
    for name, value in (("core", 4), ("more", 40)):
        files[f"rust/{name}-part/Cargo.toml"] = f'[package]\nname = "{name}-part"\nversion = "0.1.0"\nedition = "2021"\n'
        files[f"rust/{name}-part/src/lib.rs"] = (f'#[no_mangle]\npub extern "C" fn {name}_value() -> i64 {{\n    {value}\n}}\n')
    return files


def unpack(wheel: Path, folder: Path) -> Path:
    """The wheel's files as an installer lays them out."""
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, folder))
            path.chmod((entry.external_attr >> 16) & 0o777 or 0o644)
    return folder


def defined(file: Path) -> Set[str]:
    """Symbols that the file offers to the dynamic linker."""
    listed = subprocess.run(["nm", "-D", "--defined-only", str(file)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {line.split()[-1] for line in listed.splitlines()}


def code_in(file: Path) -> Set[str]:
    """All symbols that the file defines, also local ones."""
    listed = subprocess.run(["nm", "--defined-only", str(file)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {line.split()[-1] for line in listed.splitlines()}


def dynamic(file: Path) -> str:
    return subprocess.run(["readelf", "-d", str(file)], check=True, stdout=subprocess.PIPE, text=True).stdout


def run(interpreter: Path, code: str, cwd: Path) -> Done:
    done = subprocess.run([str(interpreter), "-I", "-c", code], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    return Done(done.returncode, done.stdout, done.stderr, 0)


def test_shared_libraries_lie_in_the_wheel_once(make: Callable[..., Project], folder: Path) -> None:
    """Code of a shared library is in one file, all modules and commands find it where they are installed."""
    project = make(shared())
    wheel = project.build().wheel
    libraries = [name for name in project.wheel_names() if "/.libs/" in name]
    assert libraries == [f"small/.libs/lib{name}_small.so" for name in ("core", "grove", "tree")]
    venv = make_venv(folder / "venv", distributions=())
    site = next((folder / "venv").glob("lib/python3*/site-packages"))
    unpack(wheel, site)
    natives = {path.relative_to(site).as_posix(): path for path in site.rglob("*.so")}
    for symbol, owner in (("tree_count", "tree"), ("grove_count", "grove"), ("core_value", "core"), ("more_value", "core")):
        holders = [name for name, path in natives.items() if symbol in code_in(path)]
        assert holders == [f"small/.libs/lib{owner}_small.so"], (symbol, holders)
    for name, path in natives.items():
        text = dynamic(path)
        assert str(folder) not in text and "/cermet" not in text and "rpath:" not in text
        if ".libs" in name:
            assert f"soname: [{path.name}]" in text
    module = next(path for name, path in natives.items() if name.startswith("small/deep/_b"))
    assert re.search(r"runpath: \[\$ORIGIN/\.\./\.libs[]:]", dynamic(module)), dynamic(module)
    run(venv, CHECK, folder)
    scripts = next(site.glob("*.data/scripts/small-count"))
    installed = folder / "venv" / "bin" / "small-count"
    scripts.rename(installed)
    assert subprocess.run([str(installed)], stdout=subprocess.PIPE, text=True, check=True, cwd=folder).stdout == "100\n"


def test_shared_libraries_are_reproducible_and_verified(make: Callable[..., Project], folder: Path, python: Path) -> None:  # noqa: F811
    """Another checkout and the other mode give the same wheel; verify knows libraries of the wheel."""
    project = make(shared())
    first = project.build().wheel.read_bytes()
    other = project.moved(folder / "other place")
    other.cache = folder / "other-cache"
    other.mode = "plain"
    second = other.build().wheel.read_bytes()
    assert first == second, difference(first, second)
    project.python = python
    answer = verify(project)
    assert answer["findings"] == [], messages(answer)


def test_develop_places_shared_libraries(make: Callable[..., Project], folder: Path) -> None:
    """Editable modules find the libraries; a library that is no longer shared is taken out of the tree."""
    project = make(shared())
    venv = make_venv(folder / "venv", distributions=())
    project.cermet("develop", *project.arguments())
    code = f"import sys; sys.path.insert(0, {str(project.folder)!r})\n"
    run(venv, code + CHECK, folder)
    project.edit("native/tree.c", "++count", "(count += 2)")
    build = project.build(command="develop")
    links = {"link-grove", "link-small._a", "link-small.deep._b", "link-small.cy"}
    assert build.ran == {"cc-tree", "link-tree"} | links and build.cut_off == links, (build.ran, build.cut_off)
    run(venv, code + "import small._a; assert small._a.value() == 2 + 44, small._a.value()", folder)
    project.edit("pyproject.toml", 'kind = "shared"\nsources = ["native/tree.c"]', 'sources = ["native/tree.c"]')
    project.edit("pyproject.toml", 'kind = "shared"\nsources = ["native/grove.c"]', 'sources = ["native/grove.c"]')
    project.cermet("develop", *project.arguments())
    assert [path.name for path in sorted((project.folder / "small/.libs").iterdir())] == ["libcore_small.so"]
    run(venv, code + "import small._a; assert small._a.value() == 2 + 44", folder)
    wheel = project.build()
    assert "left out 3 native files" in wheel.text, wheel.text  # the modules that lie there, no library


def test_exports_of_shared_libraries(make: Callable[..., Project], folder: Path) -> None:
    """`exports` of a shared library is all it offers, of C and of Rust."""
    project = make(shared())
    project.edit("pyproject.toml", 'crates = ["core-part", "more-part"]', 'crates = ["core-part", "more-part"]\nexports = ["core_*", "more_value"]')
    project.append("native/tree.c", "long tree_more(void) { return 7; }\n")
    project.edit("pyproject.toml", 'sources = ["native/tree.c"]', 'sources = ["native/tree.c"]\nexports = ["tree_count"]')
    project.append("rust/more-part/src/lib.rs", '#[no_mangle]\npub extern "C" fn more_hidden() -> i64 {\n    1\n}\n')
    site = unpack(project.build().wheel, folder / "site")
    assert defined(site / "small/.libs/libtree_small.so") == {"tree_count"}
    assert defined(site / "small/.libs/libcore_small.so") == {"core_value", "more_value"}


def test_a_library_that_needs_what_nobody_has_is_an_error(make: Callable[..., Project]) -> None:
    project = make(shared())
    project.edit("native/tree.c", "return ++count;", "long absent(void); return absent();")
    done = project.build(check=False)
    assert done.code == 2 and "needs symbols that nothing provides: absent" in done.text, done.text
