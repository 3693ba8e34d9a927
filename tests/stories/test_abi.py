"""Binary interfaces: platform tags that are audited, libraries that do not fit a link, modules that Python cannot load.

SPDX-License-Identifier: MIT
Every library here is made by a real compiler; where none of the kind is installed the story is skipped. `./test --all`
installs them.
"""
from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

import small
from story import Project
from test_verify import verify


def need(*programs: str) -> None:
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; `./test --all` installs them")


def run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.fixture
def package(folder: Path, python: Path) -> Callable[..., Project]:
    """package(files): a project in plain mode; what is found does not depend on the mode."""

    def from_files(files: Dict[str, str], **environment: str) -> Project:
        return Project.from_files(files, folder / "project", "plain", folder / "cache", python=python, **environment)

    return from_files


def one_module(before: str, expression: str, table: str = "", source: str = "c") -> Dict[str, str]:
    files = small.pure()
    files["pyproject.toml"] += f'\n[[tool.cermet.c-module]]\nname = "small._c"\nsources = ["small/_c.{source}"]\n{table}'
    text = small.c_module("_c", before, expression)
    if source == "cpp":
        text = text.replace("{0, 0, 0, 0}", "{nullptr, nullptr, 0, nullptr}")
    files[f"small/_c.{source}"] = text
    return files


# --- platform tags ---

THREADS = "#include <pthread.h>\nstatic void* idle(void* p) { return p; }\nstatic long start(void) { pthread_t t; " \
          "return pthread_create(&t, 0, idle, 0) + pthread_join(t, 0); }"
STRINGS = "#include <cstdlib>\n#include <stdexcept>\n#include <string>\nstatic long size() { std::string s(40, 'x'); " \
          "s += std::getenv(\"PATH\"); if (s.empty()) throw std::runtime_error(s); return (long)s.size(); }"
RUST = 'use std::collections::HashMap;\n#[no_mangle]\npub extern "C" fn core_value() -> i64 {\n' \
       '    let t = std::thread::spawn(|| std::env::vars().collect::<HashMap<_, _>>().len());\n    t.join().unwrap() as i64\n}\n'


def rust_package() -> Dict[str, str]:
    files = small.everything()
    files["rust/core-part/src/lib.rs"] = RUST
    return files


def wheels() -> Dict[str, Dict[str, str]]:
    z = 'link-flags = ["-Wl,--no-as-needed", "-l:libz.so.1"]\n'
    return {
        "plain": one_module("", "1"),
        "threads": one_module(THREADS, "start()"),
        "newest": one_module("#include <stdlib.h>", "(long)arc4random()"),
        "c++": one_module(STRINGS, "size()", source="cpp"),
        "zlib": one_module("extern const char* zlibVersion(void);", "zlibVersion()[0]", z),
        "foreign": one_module("", "2", 'link-flags = ["-Wl,--no-as-needed", "-l:libcrypt.so.1"]\n'),
        "rust": rust_package(),
    }


def auditwheel(wheel: Path) -> str:
    done = subprocess.run([sys.executable, "-m", "auditwheel", "show", "--json", str(wheel)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    tag: str = json.loads(done.stdout)["overall_tag"]
    return tag


def platforms(wheel: Path) -> List[str]:
    return wheel.name[: -len(".whl")].split("-")[-1].split(".")


def arch() -> str:
    return sysconfig.get_platform().replace("-", "_").split("_", 1)[1]


@pytest.mark.parametrize("name", sorted(wheels()))
def test_auto_is_what_auditwheel_says(package: Callable[..., Project], name: str) -> None:
    """Also: the tag itself may be promised, the next older one may not, and verify finds the promise kept."""
    project = package(wheels()[name])
    done = project.build("--compatibility", "auto")
    theirs = auditwheel(project.wheel)
    if theirs.startswith("linux"):
        assert platforms(project.wheel) == [f"linux_{arch()}"]
        assert f"the tag stays linux_{arch()}: small/_c" in done.text, done.text
        return
    assert theirs in platforms(project.wheel)
    promise = theirs[: -len(arch()) - 1]
    project.delete("dist")
    project.build("--compatibility", promise)
    assert theirs in platforms(project.wheel)
    older = f"manylinux_2_{int(promise.split('_')[2]) - 1}"
    refused = project.build("-C", f"compatibility={older}", check=False)
    assert refused.code == 2, refused.text
    assert f"promise {promise}, which the wheel keeps" in refused.err, refused.err


def test_a_broken_promise_names_symbol_library_and_who_calls_it(package: Callable[..., Project]) -> None:
    files = one_module("long begin(void);", "begin()", 'libraries = ["foo"]\nlibrary-dirs = ["vendor"]\n')
    files["pyproject.toml"] = files["pyproject.toml"].replace(
        'packages = ["small"]', 'packages = ["small"]\ncompatibility = "manylinux_2_17"')
    files["vendor/foo.c"] = THREADS.replace("static long start", "long begin")
    project = package(files)
    run("gcc", "-fPIC", "-c", "foo.c", cwd=project.path("vendor"))
    run("ar", "crs", "libfoo.a", "foo.o", cwd=project.path("vendor"))
    refused = project.build(check=False)
    assert refused.code == 2
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    assert 'error: the wheel does not keep the promise of compatibility = "manylinux_2_17"' in refused.err
    assert "--> pyproject.toml:12" in refused.err
    assert f"because: small/_c{suffix} needs pthread_create, pthread_join@GLIBC_2.34 (libc.so.6)" in refused.err
    assert "vendor/libfoo.a(foo.o) calls pthread_create" in refused.err
    assert "hint: build where the C library is older, or promise manylinux_2_34, which the wheel keeps" in refused.err


def test_who_says_the_promise(package: Callable[..., Project]) -> None:
    """The key, then the variable, then -C and the option; a wrong value is an error that says what there is."""
    files = one_module("", "1")
    files["pyproject.toml"] = files["pyproject.toml"].replace(
        'packages = ["small"]', 'packages = ["small"]\ncompatibility = "manylinux_2_28"')
    project = package(files)
    for words, variables, tag in [((), {}, "manylinux_2_28"), ((), {"CERMET_COMPATIBILITY": "manylinux_2_31"}, "manylinux_2_31"),
                                  (("-C", "compatibility=manylinux_2_30"), {"CERMET_COMPATIBILITY": "linux"}, "manylinux_2_30"),
                                  (("-C", "compatibility=auto", "--compatibility", "linux"), {}, "linux")]:
        project.delete("dist")
        project.build(*words, **variables)
        assert platforms(project.wheel) == [f"{tag}_{arch()}"]
    project.delete("dist")
    project.build("--compatibility", "manylinux2014")
    assert sorted(platforms(project.wheel)) == [f"manylinux2014_{arch()}", f"manylinux_2_17_{arch()}"]
    project.edit("pyproject.toml", "manylinux_2_28", "manylinux_2_28_x86_64")
    refused = project.build(check=False)
    assert refused.code == 2
    assert "--> pyproject.toml:12" in refused.err and "'compatibility' takes auto, linux, manylinux_2_N" in refused.err


def test_verify_holds_the_tag_against_the_files(package: Callable[..., Project]) -> None:
    files = one_module(THREADS, "start()")
    files["pyproject.toml"] = files["pyproject.toml"].replace(
        'packages = ["small"]', 'packages = ["small"]\ncompatibility = "manylinux_2_36"')
    assert verify(package(files))["findings"] == []


def test_a_program_for_musl(package: Callable[..., Project]) -> None:
    """Linked as distributions with musl link: with their name of the C library."""
    need("musl-gcc")
    files = small.pure()
    files["pyproject.toml"] += '\n[[tool.cermet.executable]]\nname = "small-say"\nsources = ["say.c"]\n'
    files["say.c"] = '#include <stdio.h>\nint main(void) { return puts("small") < 0; }\n'
    files["vendor/libc.c"] = "void puts(void) {}\nvoid __libc_start_main(void) {}\n"
    project = package(files, CC="musl-gcc")
    project.build("--compatibility", "auto")
    assert platforms(project.wheel) == [auditwheel(project.wheel)] == [f"linux_{arch()}"]  # needs libc.so, as Debian's does
    name = f"libc.musl-{arch()}.so.1"
    run("gcc", "-shared", "-fPIC", "-fno-builtin", "-w", "-nostdlib", "libc.c", "-o", name, f"-Wl,-soname,{name}",
        cwd=project.path("vendor"))
    project.append("pyproject.toml", f'link-flags = ["-nodefaultlibs", "vendor/{name}"]\n')
    project.delete("dist")
    project.build("--compatibility", "auto")
    assert re.fullmatch(rf"musllinux_1_\d_{arch()}", platforms(project.wheel)[0])
    assert auditwheel(project.wheel) in platforms(project.wheel)
    refused = project.build("--compatibility", "manylinux_2_36", check=False)
    assert refused.code == 2 and "because: small-say is built for musl" in refused.err
    refused = project.build("--compatibility", "musllinux_1_0", check=False)
    assert refused.code == 2 and "because: the compiler's C library is musl 1." in refused.err


# --- libraries that a link takes ---

WITH_FOO = 'library-dirs = ["vendor"]\nlibraries = ["foo"]\n'


def taking_foo(table: str = WITH_FOO, before: str = "long foo(void);", expression: str = "foo()", source: str = "c",
               code: str = "long foo(void) { return 7; }\n", suffix: str = "c") -> Dict[str, str]:
    files = one_module(before, expression, table, source)
    files[f"vendor/foo.{suffix}"] = code
    return files


def archive(project: Project, *compiler: str, source: str = "foo.c", name: str = "libfoo.a") -> None:
    run(*compiler, "-fPIC", "-c", source, "-o", "foo.o", cwd=project.path("vendor"))
    project.delete(f"vendor/{name}")
    run("ar", "crs", name, "foo.o", cwd=project.path("vendor"))


def refused(project: Project, conflict: str, *records: str, place: str = "pyproject.toml:17", said: str = "") -> str:
    done = project.build(check=False)
    assert done.code == 2, done.text
    assert not [label for label in done.ran if label.startswith("link-")], "it was linked all the same"
    head = next(line for line in done.err.splitlines() if line.startswith("error: "))
    assert head.endswith(conflict), done.err
    assert f"--> {place}" in done.err, done.err
    for record in records:
        assert re.search(rf"because: .*{re.escape(record)}", done.err), done.err
    assert said in done.err, done.err
    return done.err


def test_a_library_for_another_machine(make: Callable[..., Project]) -> None:
    need("aarch64-linux-gnu-gcc")
    project = make(taking_foo())
    archive(project, "aarch64-linux-gnu-gcc")
    text = refused(project, "small._c cannot be linked with vendor/libfoo.a: it is for aarch64, not for x86_64",
                   "vendor/libfoo.a(foo.o): aarch64, 64 bit, little endian",
                   "small._c, compiled by /usr/bin/gcc", "x86_64, 64 bit, little endian, linux, glibc",
                   said="because: -lfoo is said by `libraries`")
    assert "Python cp3" in text
    archive(project, "gcc")
    project.build()


def test_a_shared_library_for_another_machine(package: Callable[..., Project]) -> None:
    need("aarch64-linux-gnu-gcc")
    project = package(taking_foo('link-flags = ["vendor/libfoo.so"]\n'))
    run("aarch64-linux-gnu-gcc", "-shared", "-fPIC", "foo.c", "-o", "libfoo.so", cwd=project.path("vendor"))
    refused(project, "it is for aarch64, not for x86_64", place="pyproject.toml:16",
            said="because: vendor/libfoo.so is said by `link-flags`")


def test_a_c_library_says_it_before_whoever_uses_it(package: Callable[..., Project]) -> None:
    need("aarch64-linux-gnu-gcc")
    files = taking_foo('uses = ["c:tree"]\n', "long tree(void);", "tree()")
    files["pyproject.toml"] += f'\n[[tool.cermet.c-library]]\nname = "tree"\nsources = ["tree.c"]\n{WITH_FOO}'
    files["tree.c"] = "long foo(void);\nlong tree(void) { return foo(); }\n"
    project = package(files)
    archive(project, "aarch64-linux-gnu-gcc")
    refused(project, "tree cannot be linked with vendor/libfoo.a: it is for aarch64, not for x86_64",
            place="pyproject.toml:22")


def test_a_library_that_pkg_config_names(package: Callable[..., Project]) -> None:
    need("aarch64-linux-gnu-gcc", "pkg-config")
    files = taking_foo('uses = ["sys:foo"]\n')
    project = package(files)
    vendor = project.path("vendor")
    project.write("vendor/foo.pc", f"Name: foo\nDescription: foo\nVersion: 1\nLibs: -L{vendor} -lfoo\n")
    project.environment["PKG_CONFIG_PATH"] = str(vendor)
    archive(project, "aarch64-linux-gnu-gcc")
    refused(project, "it is for aarch64, not for x86_64", place="pyproject.toml:16",
            said="because: -lfoo is said by `uses` sys:foo")


def test_another_library_behind_the_same_name_is_linked(make: Callable[..., Project]) -> None:
    """What -l means is an input of the link."""
    project = make(taking_foo())
    archive(project, "gcc")
    project.build()
    assert project.build().ran == set()
    project.edit("vendor/foo.c", "7", "8")
    archive(project, "gcc")
    assert project.build().ran == {"link-small._c"}
    run("gcc", "-shared", "-fPIC", "foo.c", "-o", "libfoo.so", cwd=project.path("vendor"))  # it goes before the archive
    assert project.build().ran == {"link-small._c"}
    assert project.build().ran == set()


def test_musl_in_a_link_for_glibc(package: Callable[..., Project]) -> None:
    need("musl-gcc")
    project = package(taking_foo(code="#include <stdlib.h>\nlong foo(void) { return atoi(getenv(\"HOME\")); }\n"))
    run("musl-gcc", "-shared", "-fPIC", "foo.c", "-o", "libfoo.so", cwd=project.path("vendor"))
    refused(project, "vendor/libfoo.so: it is built for musl, not for glibc", "linux, musl", "linux, glibc 2.")


def test_glibc_in_a_link_for_musl(package: Callable[..., Project]) -> None:
    need("musl-gcc")
    files = small.pure()
    files["pyproject.toml"] += '\n[[tool.cermet.executable]]\nname = "small-say"\nsources = ["say.c"]\n' + WITH_FOO
    files["say.c"] = "long foo(void);\nint main(void) { return (int)foo(); }\n"
    files["vendor/foo.c"] = "#include <stdio.h>\nlong foo(void) { long x = 0; scanf(\"%ld\", &x); return x; }\n"
    project = package(files, CC="musl-gcc")
    archive(project, "gcc")
    refused(project, "vendor/libfoo.a: it is built for glibc, not for musl", "linux, musl 1.")


def test_a_newer_glibc_than_there_is(package: Callable[..., Project]) -> None:
    project = package(taking_foo(code="long later(void);\nlong foo(void) { return later(); }\n"))
    project.write("vendor/libc.c", "long later(void) { return 1; }\n")
    project.write("vendor/libc.map", "GLIBC_2.99 { later; };\n")
    vendor = project.path("vendor")
    run("gcc", "-shared", "-fPIC", "-nostdlib", "libc.c", "-o", "libc.so.6", "-Wl,-soname,libc.so.6",
        "-Wl,--version-script=libc.map", cwd=vendor)
    run("gcc", "-shared", "-fPIC", "-nostdlib", "foo.c", "-o", "libfoo.so", "./libc.so.6", cwd=vendor)
    text = refused(project, "", "vendor/libfoo.so: ", "glibc 2.99")
    assert re.search(r"^error: .*: it needs glibc 2\.99, and there is glibc 2\.\d\d$", text, re.M), text


GREET = "#include <string>\nstd::string greet(const std::string& name) { return name + \"!\"; }\n" \
        "extern \"C\" long foo(void) { return (long)greet(\"a\").size(); }\n"
CALL_GREET = "#include <string>\nstd::string greet(const std::string& name);"
CALL_FOO = "#include <string>\nextern \"C\" long foo(void);\nstatic std::string twice(const std::string& s) { return s + s; }"


def test_the_old_strings_of_libstdcxx(package: Callable[..., Project]) -> None:
    project = package(taking_foo(before=CALL_GREET, expression='(long)greet("x").size()', source="cpp", code=GREET, suffix="cpp"))
    archive(project, "g++", "-D_GLIBCXX_USE_CXX11_ABI=0", source="foo.cpp")
    refused(project, "it has pre-cxx11 strings, not cxx11 ones (_GLIBCXX_USE_CXX11_ABI)",
            "libstdc++ with pre-cxx11 strings", "libstdc++ with cxx11 strings")
    archive(project, "g++", source="foo.cpp")
    project.build()


def test_libcxx_in_a_link_for_libstdcxx(package: Callable[..., Project]) -> None:
    need("clang++-14")
    if not Path("/usr/lib/llvm-14/include/c++/v1/string").exists():
        pytest.skip("not installed: libc++-14-dev; `./test --all` installs it")
    project = package(taking_foo(before=CALL_GREET, expression='(long)greet("x").size()', source="cpp", code=GREET, suffix="cpp"))
    archive(project, "clang++-14", "-stdlib=libc++", source="foo.cpp")
    refused(project, "it is C++ of libc++, not of libstdc++", ", libc++", "libstdc++ with cxx11 strings")


def test_a_c_interface_may_hide_any_cxx(package: Callable[..., Project]) -> None:
    """C++ with other strings inside is nobody's business where only C is called and offered."""
    project = package(taking_foo(before='extern "C" long foo(void);', expression="foo()", source="cpp",
                                 code=GREET, suffix="cpp"))
    archive(project, "g++", "-D_GLIBCXX_USE_CXX11_ABI=0", source="foo.cpp")
    project.build()


def test_rust_of_another_rustc(package: Callable[..., Project]) -> None:
    """An .rlib can only be read by the rustc that made it; this one says that it is of another."""
    files = rust_package()
    files["pyproject.toml"] += 'link-flags = ["vendor/libother.rlib"]\n'
    files["vendor/other.rs"] = "pub fn other() -> i64 {\n    5\n}\n"
    project = package(files)
    run("rustc", "--crate-type", "rlib", "other.rs", cwd=project.path("vendor"))
    rlib = project.path("vendor/libother.rlib")
    mine = re.search(rb"rustc version (\d+\.\d+)", rlib.read_bytes())
    assert mine is not None
    rlib.write_bytes(rlib.read_bytes().replace(mine.group(0), b"rustc version 1.0" + b"9" * (len(mine.group(1)) - 3)))
    done = project.build(check=False)
    assert done.code == 2, done.text
    assert "small._r cannot be linked with vendor/libother.rlib: it is Rust of rustc 1.0" in done.err


@pytest.mark.parametrize("name, conflict", [
    ("_other.cpython-36-x86_64-linux-gnu.so", "it is for Python's ABI cp36, not for cp3"),
    ("_other.cpython-313t-x86_64-linux-gnu.so", "it is for Python's ABI cp313t, not for cp3"),
    ("libpython3.7d.so", "it is for Python's ABI cp37d, not for cp3"),
], ids=["version", "free-threaded", "debug"])
def test_a_library_for_another_python(package: Callable[..., Project], name: str, conflict: str) -> None:
    project = package(taking_foo(f'link-flags = ["vendor/{name}"]\n'))
    run("gcc", "-shared", "-fPIC", "foo.c", "-o", name, cwd=project.path("vendor"))
    done = project.build(check=False)
    assert done.code == 2 and conflict in done.err, done.text


@pytest.mark.parametrize("symbol, tag", [("_Py_MergeZeroLocalRefcount", "cp3*t"), ("_Py_NegativeRefcount", "cp3*d")],
                         ids=["free-threaded", "debug"])
def test_objects_for_another_kind_of_python(package: Callable[..., Project], symbol: str, tag: str) -> None:
    """What Python's own headers write into free-threaded and debug builds gives them away."""
    project = package(taking_foo(code=f"void {symbol}(void);\nlong foo(void) {{ {symbol}(); return 7; }}\n"))
    archive(project, "gcc")
    refused(project, f"it is for Python's ABI {tag}, not for cp3{sys.version_info[1]}")


def test_a_part_of_one_version_in_a_module_for_all(package: Callable[..., Project]) -> None:
    name = f"_other.cpython-3{sys.version_info[1]}-x86_64-linux-gnu.so"
    project = package(taking_foo(f'limited-api = "3.9"\nlink-flags = ["vendor/{name}"]\n'))
    run("gcc", "-shared", "-fPIC", "foo.c", "-o", name, cwd=project.path("vendor"))
    refused(project, f"it is for Python's ABI cp3{sys.version_info[1]}, not for abi3", place="pyproject.toml:17")


# --- what build scripts have rustc link ---

LINK_FOO = """fn main() {
    let vendor = std::path::Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../vendor");
    println!("cargo::rustc-link-search=native={}\\ncargo::rustc-link-lib=%s", vendor.display());
}
"""
OWN_FOO = """use std::process::Command;
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    let run = |program: &str, words: &[&str]| assert!(Command::new(program).args(words).status().unwrap().success());
    run("aarch64-linux-gnu-gcc", &["-fPIC", "-c", "foo.c", "-o", &format!("{out}/foo.o")]);
    run("ar", &["crs", &format!("{out}/libfoo.a"), &format!("{out}/foo.o")]);
    println!("cargo::rustc-link-search={out}\\ncargo::rustc-link-lib=static=foo");
}
"""


def script_taking_foo(said: str, code: str = "long foo(void) { return 7; }\n") -> Dict[str, str]:
    files = rust_package()
    files["rust/core-part/build.rs"] = LINK_FOO.replace("%s", said)
    files["rust/core-part/src/lib.rs"] = 'extern "C" {\n    fn foo() -> core::ffi::c_long;\n}\n#[no_mangle]\npub extern "C" fn core_value() -> i64 {\n' \
                                         "    unsafe { foo() as i64 }\n}\n"
    files["vendor/foo.c"] = code
    return files


def script_refused(project: Project, conflict: str, *words: str) -> None:
    """Before any rustc reads the library."""
    done = project.build(check=False)
    assert done.code == 2, done.text
    assert not {"core_part", "core-part"} & {label for label in done.ran if "build_script" not in label}, done.ran
    head = next(line for line in done.err.splitlines() if line.startswith("error: "))
    assert head.startswith("error: the crate core-part v0.1.0 cannot be linked with ") and head.endswith(conflict), done.err
    for word in ("--> rust/core-part/Cargo.toml", "is said by its build script: cargo::rustc-link-lib=", "the crate core-part v0.1.0, linked by ", *words):
        assert word in done.err, f"{word!r} is not in\n{done.err}"


def test_a_script_names_a_library_for_another_machine(make: Callable[..., Project]) -> None:
    need("aarch64-linux-gnu-gcc")
    project = make(script_taking_foo("static=foo"))
    archive(project, "aarch64-linux-gnu-gcc")
    script_refused(project, "vendor/libfoo.a: it is for aarch64, not for x86_64", "vendor/libfoo.a(foo.o): aarch64, 64 bit, little endian",
                   "x86_64, 64 bit, little endian, linux, glibc", "-lfoo is said by its build script: cargo::rustc-link-lib=static=foo")
    archive(project, "gcc")
    project.build()
    assert project.build().compilers == set()
    # Another file behind the same name is another library.
    project.edit("vendor/foo.c", "7", "8")
    archive(project, "gcc")
    assert any("core" in label for label in project.build().ran)


def test_a_script_makes_a_library_for_another_machine(package: Callable[..., Project]) -> None:
    """Its own compiler was the wrong one: what lies in OUT_DIR is read too."""
    need("aarch64-linux-gnu-gcc")
    files = script_taking_foo("")
    files["rust/core-part/build.rs"] = OWN_FOO
    files["rust/core-part/foo.c"] = files.pop("vendor/foo.c")
    script_refused(package(files), "libfoo.a: it is for aarch64, not for x86_64", "libfoo.a(foo.o): aarch64")


def test_a_script_names_a_library_for_musl(package: Callable[..., Project]) -> None:
    need("musl-gcc")
    project = package(script_taking_foo("dylib=foo", "#include <stdlib.h>\nlong foo(void) { return atoi(getenv(\"HOME\")); }\n"))
    run("musl-gcc", "-shared", "-fPIC", "foo.c", "-o", "libfoo.so", cwd=project.path("vendor"))
    script_refused(project, "vendor/libfoo.so: it is built for musl, not for glibc", "linux, musl")


def test_a_script_names_a_library_of_a_newer_glibc(package: Callable[..., Project]) -> None:
    project = package(script_taking_foo("foo", "long later(void);\nlong foo(void) { return later(); }\n"))
    project.write("vendor/libc.c", "long later(void) { return 1; }\n")
    project.write("vendor/libc.map", "GLIBC_2.99 { later; };\n")
    vendor = project.path("vendor")
    run("gcc", "-shared", "-fPIC", "-nostdlib", "libc.c", "-o", "libc.so.6", "-Wl,-soname,libc.so.6",
        "-Wl,--version-script=libc.map", cwd=vendor)
    run("gcc", "-shared", "-fPIC", "-nostdlib", "foo.c", "-o", "libfoo.so", "./libc.so.6", cwd=vendor)
    project.delete("vendor/libc.so.6")
    done = project.build(check=False)
    assert done.code == 2 and re.search(r"libfoo\.so: it needs glibc 2\.99, and there is glibc 2\.\d\d$", done.err, re.M), done.text


# --- modules that Python cannot load ---


@pytest.mark.parametrize("compiler, conflict", [("aarch64-linux-gnu-gcc", "it is for aarch64, not for x86_64"),
                                                ("musl-gcc", "it is built for musl, not for glibc")],
                         ids=["machine", "musl"])
def test_a_module_that_this_python_cannot_load(package: Callable[..., Project], compiler: str, conflict: str) -> None:
    need(compiler)
    files = one_module("", "1")
    files["small/_c.c"] = "void* PyInit__c(void) { return 0; }\n"  # a distribution's Python.h is for its own compiler
    project = package(files, CC=compiler)
    done = project.build(check=False)
    assert done.code == 2, done.text
    assert "cannot load small/_c" in done.err and conflict in done.err, done.err
    assert "--> pyproject.toml:13" in done.err


# --- the records ---


def test_the_records_of_the_toolchain(package: Callable[..., Project]) -> None:
    project = package(small.everything())
    answer: Dict[str, Any] = json.loads(project.cermet("toolchain", *project.arguments("--json")).out)
    assert answer["version"] == 1
    c, cxx, rust, python = (answer[name] for name in ("c", "c++", "rust", "python"))
    assert c["abi"]["arch"] == arch() and c["abi"]["libc"] == "glibc" and c["libc"]["version"].startswith("2.")
    assert cxx["runtime"]["c++-library"] == "libstdc++" and cxx["runtime"]["cxx11-abi"] is True
    assert cxx["abi"]["c++-strings"] == "cxx11"
    assert c["runtime"]["sizes"]["pointer"] * 8 == c["abi"]["pointer-width"]
    verbose = subprocess.run(["rustc", "-vV"], check=True, stdout=subprocess.PIPE, text=True).stdout
    said = dict(line.split(": ", 1) for line in verbose.splitlines() if ": " in line)
    assert (rust["version"], rust["commit"], rust["llvm"], rust["host"]) == (
        said["release"], said["commit-hash"], said["LLVM version"], said["host"])
    assert rust["host"] in rust["targets"] and Path(rust["sysroot"]).is_dir()
    details = python["build-details"]
    assert details["abi"]["extension_suffix"] == sysconfig.get_config_var("EXT_SUFFIX")
    assert details["language"]["version"] == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert details["platform"] == sysconfig.get_platform()
    assert python["abi"]["python"] == f"cp{sys.version_info[0]}{sys.version_info[1]}"


def test_the_records_of_other_compilers(package: Callable[..., Project]) -> None:
    need("musl-gcc", "aarch64-linux-gnu-gcc")
    project = package(small.c_only())
    for compiler, libc, machine in [("musl-gcc", "musl", arch()), ("aarch64-linux-gnu-gcc", "glibc", "aarch64")]:
        answer = json.loads(project.cermet("toolchain", *project.arguments("--json"), CC=compiler).out)
        assert answer["c"]["abi"]["libc"] == libc and answer["c"]["abi"]["arch"] == machine
        assert re.match(r"\d+\.\d+", answer["c"]["libc"]["version"])
