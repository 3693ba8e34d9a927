"""Shared libraries inside a wheel, what modules export, programs of the project that generate its sources.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Callable, Dict, Set

import small
from story import Done, Project, make_venv, stem
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
    project.build()
    first = project.wheel_bytes()
    other = project.moved(folder / "other place")
    other.cache = folder / "other-cache"
    other.mode = "plain"
    other.build()
    assert other.wheel_bytes() == first
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


def test_develop_shares_what_the_project_leaves_open(make: Callable[..., Project], folder: Path) -> None:
    """A library of crates is one file in a checkout that is worked on, and in every module of a wheel."""
    project = make(small.everything())
    venv = make_venv(folder / "venv", distributions=())
    library = project.folder / "small/.libs/libcore_small.so"
    project.cermet("develop", *project.arguments())
    assert library.exists()
    code = f"import sys; sys.path.insert(0, {str(project.folder)!r})\nimport small._r as r\n"
    run(venv, code + "assert r.value() == 4", folder)
    project.edit("rust/core-part/src/lib.rs", "    4\n", "    5\n")
    build = project.build(command="develop")
    assert "link-small._r" not in {stem(s.label) for s in build.steps if s.outcome == "ran"}, build.steps
    run(venv, code + "assert r.value() == 5", folder)
    project.build()
    assert not [name for name in project.wheel_names() if ".libs" in name]
    project.edit("pyproject.toml", "[[tool.cermet.rust-library]]", '[[tool.cermet.rust-library]]\nlink = "static"')
    project.cermet("develop", *project.arguments())
    assert not library.exists()


def test_values_of_cargos_configuration(make: Callable[..., Project]) -> None:
    """`cargo.config` takes what cargo's --config takes, from the project and from outside."""
    project = make(small.everything())
    manifest = 'manifest-path = "rust/Cargo.toml"'
    project.edit("pyproject.toml", manifest, manifest + '\nconfig = ["profile.release.opt-level = 1"]')
    assert "opt-level=1" in unit_command(project.build("-vv").err, "core_part")
    asked = project.build("-vv", "-C", 'cargo.config=["profile.release.opt-level = 2"]').err
    assert "opt-level=2" in unit_command(asked, "core_part")
    failed = project.build("-C", 'cargo.config=["profile release"]', check=False)
    assert failed.code == 2 and "profile release" in failed.err and "KEY = VALUE" in failed.err, failed.text


def unit_command(log: str, crate: str) -> str:
    return next(line for line in log.splitlines() if f"--crate-name {crate} " in line)


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


def test_a_program_is_built_with_its_libraries(make: Callable[..., Project]) -> None:
    """`build TARGET` puts them beside it, and it runs from there, also when nothing had to be done."""
    project = make(shared())
    for _ in range(2):
        project.drop_dist()
        project.cermet("build", *project.arguments("tool:small-count"))
        left = sorted(path.name for path in project.path("dist").iterdir())
        assert left == ["libgrove_small.so", "libtree_small.so", "small-count"]
        done = subprocess.run([str(project.path("dist/small-count"))], stdout=subprocess.PIPE, text=True, check=True)
        assert done.stdout == "100\n"


def test_a_library_that_needs_what_nobody_has_is_an_error(make: Callable[..., Project]) -> None:
    project = make(shared())
    project.edit("native/tree.c", "return ++count;", "long absent(void); return absent();")
    done = project.build(check=False)
    assert done.code == 2 and "needs symbols that nothing provides: absent" in done.text, done.text


def test_crates_of_an_archive_link_what_they_name(make: Callable[..., Project], folder: Path) -> None:
    """A library of the system that a build script names is linked into every module that uses the archive; no others."""
    files = small.everything()
    files["rust/core-part/build.rs"] = 'fn main() {\n    println!("cargo:rustc-link-lib=z");\n}\n'
    files["rust/core-part/src/lib.rs"] = (
        'extern "C" {\n    fn zlibVersion() -> *const i8;\n}\n\n#[no_mangle]\npub extern "C" fn core_value() -> i64 {\n'
        "    unsafe { (*zlibVersion() as u8 - b'0') as i64 }\n}\n")
    project = make(files)
    build = project.build()
    assert "native-static-libs" not in build.text and "link against" not in build.text, build.text
    site = unpack(build.wheel, folder / "site")
    needed = re.findall(r"NEEDED.*\[(.*)\]", dynamic(next(site.glob("small/_r.*.so"))))
    assert "libz.so.1" in needed and "libutil.so.1" not in needed and "librt.so.1" not in needed, needed
    code = f"import sys; sys.path.insert(0, {str(site)!r}); import small._r as m; print(m.value())"
    assert run(project.python, code, folder).out.strip() == "1"


# --- what modules export ---


def with_rust_module() -> Dict[str, str]:
    """A module that is a crate of its own, with a second crate that exports a function too."""
    files = small.pure()
    files["pyproject.toml"] += '\n[[tool.cermet.rust-module]]\nname = "small._m"\ncrate = "rust/module"\nlimited-api = "no"\n'
    files["rust/Cargo.toml"] = '[workspace]\nresolver = "2"\nmembers = ["module", "helper"]\n'
    files["rust/Cargo.lock"] = ('version = 4\n\n[[package]]\nname = "helper"\nversion = "0.1.0"\n\n'
                                '[[package]]\nname = "module"\nversion = "0.1.0"\ndependencies = [\n "helper",\n]\n')
    files["rust/helper/Cargo.toml"] = '[package]\nname = "helper"\nversion = "0.1.0"\nedition = "2021"\n'
    files["rust/helper/src/lib.rs"] = '#[no_mangle]\npub extern "C" fn helper_value() -> i64 {\n    5\n}\n'
    files["rust/module/Cargo.toml"] = ('[package]\nname = "module"\nversion = "0.1.0"\nedition = "2021"\n\n'
                                       '[dependencies]\nhelper = { path = "../helper" }\n')
    files["rust/module/src/lib.rs"] = (
        '#[no_mangle]\npub extern "C" fn PyInit__m() -> *mut u8 {\n    std::ptr::null_mut()\n}\n\n'
        '#[no_mangle]\npub extern "C" fn my_api() -> i64 {\n    helper::helper_value()\n}\n')
    return files


def test_exports_of_rust_modules(make: Callable[..., Project], folder: Path) -> None:
    """A module of Rust exports its init function; `exports` adds names, "*" keeps what rustc exports."""
    project = make(with_rust_module())

    def offered(more: str) -> Set[str]:
        project.write("pyproject.toml", with_rust_module()["pyproject.toml"] + more)
        project.drop_dist()
        site = unpack(project.build().wheel, folder / "site")
        return defined(next(site.glob("small/_m.*.so")))

    assert offered("") == {"PyInit__m"}
    assert offered('exports = ["my_api"]\n') == {"PyInit__m", "my_api"}
    assert offered('exports = ["*"]\n') == {"PyInit__m", "my_api", "helper_value"}
    project.drop_dist()
    project.write("pyproject.toml", with_rust_module()["pyproject.toml"] + 'exports = ["my_apy"]\n')
    done = project.build(check=False)
    assert done.code == 2 and "`exports` names my_apy, and module small/_m" in done.text, done.text


# --- programs of the project ---

TOOL_TABLES = """
[[tool.cermet.executable]]
name = "maker"
install = false
%s

[[tool.cermet.generate]]
name = "numbers"
command = ["tool:maker", "small/numbers.h"]
outputs = ["small/numbers.h"]

[[tool.cermet.c-module]]
name = "small._n"
sources = ["small/_n.c"]
uses = ["generate:numbers"]
"""

MAKER_C = '#include <stdio.h>\n#include "tree.h"\nint main(int c, char** v) { FILE* f = fopen(v[c - 1], "w"); fprintf(f, "#define NUMBER %ld\\n", 6 + tree_count()); return fclose(f); }\n'
MAKER_RS = 'fn main() {\n    std::fs::write(std::env::args().nth(1).unwrap(), "#define NUMBER 8\\n").unwrap();\n}\n'


def generated_by(table: str) -> Dict[str, str]:
    files = small.pure()
    files["pyproject.toml"] += TOOL_TABLES % table
    files["small/_n.c"] = small.c_module("_n", '#include "numbers.h"', "NUMBER")
    return files


def value_of(project: Project, folder: Path, module: str) -> str:
    site = unpack(project.build().wheel, folder / "site")
    code = f"import sys; sys.path.insert(0, {str(site)!r}); import small.{module} as m; print(m.value())"
    return run(project.python, code, folder).out.strip()


def test_a_program_of_c_generates(make: Callable[..., Project], folder: Path) -> None:
    """A program that needs a shared library of the project writes a header; its edit runs it again, and no more."""
    files = generated_by('sources = ["native/maker.c"]\nuses = ["c:tree"]')
    files["pyproject.toml"] += TABLES.split("[[tool.cermet.c-library]]")[1].join(["\n[[tool.cermet.c-library]]", ""])
    files.update({name: text for name, text in shared().items() if name.startswith("native/") and "count" not in name})
    files["native/maker.c"] = MAKER_C
    project = make(files)
    assert value_of(project, folder, "_n") == "7"
    assert not project.path("small/numbers.h").exists()
    project.edit("native/maker.c", "#include <stdio.h>", "#include <stdio.h>\n// another line\n")
    build = project.build()
    assert build.ran <= {"cc-maker", "link-maker"}, build.ran
    project.edit("native/maker.c", "6 +", "60 +")
    build = project.build()
    assert build.ran == {"cc-maker", "link-maker", "generate-numbers", "cc-_n", "link-small._n"}, build.ran


def crate_with(*programs: str) -> Dict[str, str]:
    files = {"rust/Cargo.toml": '[package]\nname = "tools"\nversion = "0.1.0"\nedition = "2021"\n',
             "rust/Cargo.lock": 'version = 4\n\n[[package]]\nname = "tools"\nversion = "0.1.0"\n'}
    for name in programs:
        files[f"rust/src/bin/{name}.rs"] = MAKER_RS
    return files


def test_the_only_program_of_a_crate_generates(make: Callable[..., Project], folder: Path) -> None:
    """Without `bin` a crate's only binary is meant; of several, the candidates are named."""
    files = generated_by('crate = "rust/"')
    files.update(crate_with("write-numbers"))
    project = make(files)
    assert value_of(project, folder, "_n") == "8"
    for path, text in crate_with("other").items():
        project.write(path, text)
    done = project.build(check=False)
    assert done.code == 2, done.text
    assert "the crate tools has several binaries, and none is called maker" in done.text, done.text
    assert "say which with `bin`: other, write-numbers" in done.text, done.text
    project.edit("pyproject.toml", 'crate = "rust/"', 'crate = "rust/"\nbin = "writ-numbers"')
    done = project.build(check=False)
    assert "the crate tools has no binary called writ-numbers" in done.text, done.text
    project.edit("pyproject.toml", 'bin = "writ-numbers"', 'bin = "other"')
    assert value_of(project, folder, "_n") == "8"


def test_an_unknown_tool_is_an_error(make: Callable[..., Project]) -> None:
    project = make(generated_by('sources = ["native/maker.c"]'))
    project.edit("pyproject.toml", "tool:maker", "tool:makr")
    done = project.build(check=False)
    assert done.code == 2 and "'command' names tool:makr, but there is no executable called 'makr'" in done.text, done.text
    assert "maker" in done.text


# --- what is read ---


def test_globs_among_the_inputs_of_a_crate(make: Callable[..., Project]) -> None:
    """A file that comes, changes or goes and matches runs the build script again; others do not."""
    files = small.everything()
    files["pyproject.toml"] += '\n[tool.cermet.crates.core-part]\ninputs = ["data/**/*.txt"]\n'
    files["rust/core-part/build.rs"] = (
        'fn main() {\n    let mut n = 0;\n    for entry in std::fs::read_dir("../../data").unwrap() {\n'
        '        n += entry.unwrap().path().to_str().unwrap().ends_with(".txt") as i64;\n    }\n'
        '    println!("cargo:rustc-env=FILES={n}");\n}\n')
    files["rust/core-part/src/lib.rs"] += '\n#[no_mangle]\npub extern "C" fn files() -> u8 {\n    env!("FILES").as_bytes()[0]\n}\n'
    files["data/a.txt"] = "a"
    project = make(files)
    project.build()
    project.write("data/b.txt", "b")
    assert "core-part-build-run" in project.build().ran
    project.write("data/c.csv", "c")
    assert not project.build().ran
    project.write("data/b.txt", "bb")
    assert "core-part-build-run" in project.build().ran
    project.delete("data/a.txt")
    project.delete("data/b.txt")
    done = project.build(check=False)
    assert done.code == 2 and "no file matches" in done.text and "data/**/*.txt" in done.text, done.text


def test_every_command_line_is_told(make: Callable[..., Project], folder: Path) -> None:
    """-vv prints each command that ran so that a shell runs it, and nothing for what was remembered."""
    project = make(small.everything())
    told = re.findall(r"^  (out=.*?)\n(?=\[|\d+ ran)", project.build("-vv").err, re.M | re.S)  # some have several lines
    for word in ("cython", "part.c", "rustc", "-shared", "--crate-name core_part"):
        assert any(word in line for line in told), (word, told)
    for line in told:
        done = subprocess.run(["/bin/sh", "-c", line], env={"PATH": os.environ["PATH"], "TMPDIR": str(folder)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, f"{line}\n{done.stdout}"
    assert project.cermet("cache", "verify").code == 0 and not project.build().ran, "nothing of the cache was touched"
    project.edit("small/part.h", "2", "22")
    assert "  out=" not in project.build("-v").err
    project.edit("small/part.h", "22", "222")
    again = [line for line in project.build("-vv").err.splitlines() if line.startswith("  out=")]
    assert len(again) == 3, again  # two objects and a link


# --- what an sdist cannot leave out ---


def test_what_the_wheel_needs_cannot_be_excluded(make: Callable[..., Project]) -> None:
    """Sources that the tables name, Python files, and after a build every header that a compiler has read."""
    project = make(small.everything())
    plain = project.read("pyproject.toml")

    def sdist(pattern: str) -> Done:
        project.write("pyproject.toml", plain.replace("[tool.cermet]", f'[tool.cermet]\nsdist-exclude = ["{pattern}"]', 1))
        return project.cermet("sdist", *project.arguments(), check=False)

    assert sdist("docs/**").code == 0
    for pattern, path in (("small/*.c", "small/_c.c"), ("**/*.pyx", "small/cy.pyx"), ("small/__init__.py", "small/__init__.py")):
        done = sdist(pattern)
        assert done.code == 2 and f"`sdist-exclude` leaves {path} out of the sdist" in done.text, done.text
        assert f'"{pattern}"' in done.text and "pyproject.toml:" in done.text, done.text
    assert sdist("small/part.h").code == 0  # nobody knows yet
    project.build()
    for pattern, path in (("small/*.h", "small/part.h"), ("**/*.pxi", "small/cy.pxi"), ("rust/core-part/src", "rust/core-part/src/lib.rs")):
        done = sdist(pattern)
        assert done.code == 2 and f"`sdist-exclude` leaves {path} out of the sdist" in done.text, done.text


# --- which Python ---


def test_a_script_that_chooses_a_python(make: Callable[..., Project], folder: Path) -> None:
    """A shim is asked for its interpreter; one that starts none is named."""
    project = make(small.c_only())
    interpreter = project.python
    shim = folder / "shim"
    shim.write_text('#!/bin/sh\nexec "$CHOSEN" "$@"\n')
    shim.chmod(0o755)
    project.python = shim
    assert "-cp3" in project.build(CHOSEN=str(interpreter)).wheel.name
    project.python = interpreter
    assert not project.build().ran, "the same interpreter"
    project.python = shim
    done = project.build(check=False)
    assert done.code == 3 and "is a script, and it does not start a Python here" in done.text, done.text


EMBEDDING = """
[tool.cermet.cargo]
manifest-path = "rust/Cargo.toml"

[[tool.cermet.rust-module]]
name = "small._x"
crate = "extension"

[[tool.cermet.executable]]
name = "small-host"
crate = "host"
"""

# The name by which build scripts are known to look for Python; the real one would need a registry.
EMBEDDING_CRATES = {
    "pyo3-build-config": ("", "", "pub fn facts() -> String {\n"
                          '    let file = std::fs::read_to_string(std::env::var("PYO3_CONFIG_FILE").unwrap()).unwrap();\n'
                          '    format!("{} {}", std::env::var("PYO3_BUILD_EXTENSION_MODULE").is_ok(), file.contains("lib_dir="))\n}\n'),
    "binding": ('[build-dependencies]\npyo3-build-config = { path = "../pyo3-build-config" }\n',
                'fn main() {\n    println!("cargo:rustc-env=FACTS={}", pyo3_build_config::facts());\n}\n',
                'pub const FACTS: &str = env!("FACTS");\n'),
    "extension": ('[lib]\ncrate-type = ["cdylib"]\n[dependencies]\nbinding = { path = "../binding" }\n', "",
                  '#[no_mangle]\npub extern "C" fn PyInit__x() -> *mut u8 {\n    println!("{}", binding::FACTS);\n    std::process::exit(0)\n}\n'),
    "host": ('[dependencies]\nbinding = { path = "../binding" }\n', "", 'fn main() {\n    println!("{}", binding::FACTS);\n}\n'),
}


def test_a_module_and_a_program_ask_one_crate_for_python(make: Callable[..., Project], folder: Path) -> None:
    """A module must not link libpython and a program must, so the script that both depend on answers each of them."""
    files = small.pure()
    files["pyproject.toml"] += EMBEDDING
    files["rust/Cargo.toml"] = f'[workspace]\nresolver = "2"\nmembers = {sorted(EMBEDDING_CRATES)}\n'.replace("'", '"')
    needs = {"binding": "pyo3-build-config", "extension": "binding", "host": "binding"}
    files["rust/Cargo.lock"] = "version = 4\n"
    for name, (manifest, script, code) in sorted(EMBEDDING_CRATES.items()):
        files["rust/Cargo.lock"] += f'\n[[package]]\nname = "{name}"\nversion = "0.1.0"\n'
        if name in needs:
            files["rust/Cargo.lock"] += f'dependencies = [\n "{needs[name]}",\n]\n'
        files[f"rust/{name}/Cargo.toml"] = f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{manifest}'
        files[f"rust/{name}/src/{'main' if name == 'host' else 'lib'}.rs"] = code
        if script:
            files[f"rust/{name}/build.rs"] = script
    project = make(files)
    build = project.build()
    assert sorted(stem for label in build.labels("rust") if (stem := label.rpartition("-")[0]) == "binding-build-run") == ["binding-build-run"] * 2
    assert len([label for label in build.labels("rust") if label.startswith("binding-build-script")]) == 1
    site = unpack(build.wheel, folder / "site")
    python = str(project.python)
    done = subprocess.run([python, "-c", "import small._x"], cwd=site, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "true false\n"
    host = next(site.glob("*.data/scripts/small-host"))
    assert subprocess.run([str(host)], stdout=subprocess.PIPE, text=True, check=True).stdout == "false true\n"


def test_a_rust_program_needs_no_python(make: Callable[..., Project], folder: Path) -> None:
    """A project that is no Python package is built where there is no Python."""
    project = make({"cermet.toml": '[[executable]]\nname = "hello"\ncrate = "."\n',
                    "Cargo.toml": '[package]\nname = "hello"\nversion = "0.1.0"\nedition = "2021"\n',
                    "Cargo.lock": 'version = 4\n\n[[package]]\nname = "hello"\nversion = "0.1.0"\n',
                    "src/main.rs": 'fn main() {\n    println!("hello");\n}\n'})
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    tools = folder / "tools"
    tools.mkdir()
    (tools / "rustc").symlink_to(f"{sysroot}/bin/rustc")
    for name in ("cc", "ld", "as"):
        (tools / name).symlink_to(os.path.realpath(shutil.which(name) or name))
    project.cermet("build", "hello", "--mode", project.mode, "-o", str(folder / "out"), PATH=str(tools))
    program = next((folder / "out").iterdir())
    assert subprocess.run([str(program)], check=True, stdout=subprocess.PIPE, text=True).stdout == "hello\n"
