"""Builds for another machine: compilers and the Python of the target come as records, and an emulator imports what was built.

SPDX-License-Identifier: MIT
The target is arm64: a cross compiler and an emulator of the distribution, and its Python unpacked by tools/other_python.py.
What of these is missing is said; `./test --all` installs them.
"""
from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Callable, Dict, List

import pytest

import small
from story import ROOT, Build, Project
from test_abi import auditwheel, platforms

sys.path.insert(0, str(ROOT / "tools"))
import other_python  # noqa: E402

TARGET = "aarch64-unknown-linux-gnu"
GNU = "aarch64-linux-gnu"
TOOLS = [f"{GNU}-gcc", f"{GNU}-g++", "qemu-aarch64-static"]
HERE = platform.machine()


def need(*programs: str) -> None:
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; `./test --all` installs them")


def need_rust_for(triple: str) -> None:
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    if not (Path(sysroot) / "lib/rustlib" / triple / "lib").is_dir():
        pytest.skip(f"rustc has no standard library for {triple}; `rustup target add {triple}` installs it")


@pytest.fixture(scope="session")
def arm() -> Path:
    """Debian's Python for arm64: usr/ and build-details.json."""
    need(*TOOLS)
    try:
        return other_python.prepare("arm64")
    except other_python.Missing as problem:
        pytest.skip(str(problem))


def emulated(arm: Path, code: str, *path: Path) -> str:
    """What that Python prints, under the emulator."""
    libraries = f"{arm}/usr/lib/{GNU}:{arm}/lib/{GNU}"
    settings = {"LD_LIBRARY_PATH": libraries, "PYTHONHOME": f"{arm}/usr", "PYTHONPATH": ":".join(str(one) for one in path)}
    words: List[str] = []
    for name, value in settings.items():
        words += ["-E", f"{name}={value}"]
    program = next((arm / "usr/bin").glob("python3.*"))
    done = subprocess.run(["qemu-aarch64-static", "-L", f"/usr/{GNU}", *words, str(program), "-S", "-B", "-c", code],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout.strip()


def unpacked(project: Project) -> Path:
    folder = project.folder.parent / "site"
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(project.wheel) as wheel:
        wheel.extractall(folder)
    return folder


def machine_of(path: Path) -> str:
    return {0x3E: "x86_64", 0xB7: "aarch64"}[int.from_bytes(path.read_bytes()[18:20], "little")]


# One part of each kind. The generator is a program of this project: it runs here, and says of what machine it is; the library
# that it shares with a module is built for both.
FILES = {
    "pyproject.toml": small.PYPROJECT + """
[[tool.cermet.c-library]]
name = "tree"
sources = ["native/tree.c"]
public-include = ["native"]

[[tool.cermet.c-library]]
name = "shared"
kind = "shared"
sources = ["native/shared.cpp"]
public-include = ["native"]

[[tool.cermet.executable]]
name = "generator"
sources = ["native/generator.c"]
uses = ["c:tree"]
install = false

[[tool.cermet.generate]]
name = "tables"
command = ["tool:generator", "small/tables.h"]
outputs = ["small/tables.h"]

[[tool.cermet.generate]]
name = "words"
command = ["python", "native/words.py", "small/words.h"]
inputs = ["native/words.py"]
outputs = ["small/words.h"]

[[tool.cermet.c-module]]
name = "small._c"
sources = ["small/_c.c"]
uses = ["c:tree", "generate:tables", "generate:words"]

[[tool.cermet.c-module]]
name = "small._cxx"
sources = ["small/_cxx.cpp"]
uses = ["c:shared"]

[[tool.cermet.cython]]
modules = ["small/*.pyx"]
language = "c++"
directives = { language_level = "3" }
""",
    "native/tree.h": "const char* machine(void);\nlong shared_size(void);\n",
    "native/tree.c": '#include "tree.h"\nconst char* machine(void) {\n#if defined(__aarch64__)\n    return "aarch64";\n#elif defined(__x86_64__)\n'
                     '    return "x86_64";\n#else\n    return "other";\n#endif\n}\n',
    "native/shared.cpp": '#include <stdexcept>\n#include <string>\nextern "C" long shared_size(void) {\n    try { throw std::runtime_error("five!"); }\n'
                         "    catch (const std::exception& e) { return (long)std::string(e.what()).size(); }\n}\n",
    "native/generator.c": '#include <stdio.h>\n#include "tree.h"\nint main(int count, char** words) {\n    (void)count;\n    FILE* out = fopen(words[1], "w");\n'
                          '    fprintf(out, "#define MADE_ON \\"%s\\"\\n", machine());\n    return fclose(out);\n}\n',
    "native/words.py": "import platform, sys\nopen(sys.argv[1], 'w').write('#define WRITTEN_ON \"%s\"\\n' % platform.machine())\n",
    "small/__init__.py": "",
    "small/_c.c": small.c_module("_c", '#include "tree.h"\n#include "tables.h"\n#include "words.h"\n', "0").replace(
        "PyLong_FromLong(0)", 'Py_BuildValue("sss", MADE_ON, WRITTEN_ON, machine())'),
    "small/_cxx.cpp": small.c_module("_cxx", 'extern "C" long shared_size(void);', "shared_size()").replace("{0, 0, 0, 0}", "{nullptr, nullptr, 0, nullptr}"),
    "small/cy.pyx": "from libcpp.string cimport string\n\ndef value(int n):\n    cdef string text = b'ab'\n    text.append(b'c')\n    return text * n if False else (text.decode() * n)\n",
}
ASK = "import json, small._c, small._cxx, small.cy; print(json.dumps([small._c.value(), small._cxx.value(), small.cy.value(2)]))"


def record(arm: Path) -> str:
    return f"""
[tool.cermet.toolchain.{GNU}]
python = "{arm}/build-details.json"
include-dirs = ["{arm}/usr/include"]
"""


@pytest.fixture
def package(folder: Path, python: Path) -> Callable[..., Project]:
    def from_files(files: Dict[str, str], mode: str = "plain", **environment: str) -> Project:
        return Project.from_files(files, folder / "project", mode, folder / "cache", python=python, **environment)

    return from_files


def with_record(arm: Path, files: Dict[str, str]) -> Dict[str, str]:
    return {**files, "pyproject.toml": files["pyproject.toml"] + record(arm)}


def cross(project: Project, *more: str, target: str = TARGET, **environment: str) -> Build:
    project.drop_dist()
    return project.build("--target", target, *more, **environment)


def test_a_wheel_for_another_machine(arm: Path, mode: str, package: Callable[..., Project]) -> None:
    project = package(with_record(arm, FILES), mode)
    build = cross(project)
    assert project.wheel.name.endswith("-linux_aarch64.whl"), project.wheel.name
    site = unpacked(project)
    native = sorted(site.rglob("*.so"))
    assert len(native) == 4 and {machine_of(path) for path in native} == {"aarch64"}
    assert all(f"-{GNU}.so" in path.name for path in native if ".libs" not in path.parts)
    assert json.loads(emulated(arm, ASK, site)) == [[HERE, HERE, "aarch64"], 5, "abcabc"]
    assert "linux_aarch64" in (next(site.glob("*.dist-info")) / "WHEEL").read_text()
    # Nothing but the target's own is built anew for this machine: the generator and what it is made of is the same.
    again = project.build()
    names = {step.description for step in again.steps if step.label in again.compilers}
    assert not any("generator" in name for name in names), names
    assert "cythonize small.cy" not in names, names
    assert cross(project).compilers == set()
    # Another spelling of the triple is the same target.
    assert cross(project, target=GNU).compilers == set()
    assert build.code == 0


def test_plain_variables_are_the_build_machines(arm: Path, package: Callable[..., Project]) -> None:
    """CFLAGS reaches the generator, CFLAGS_<triple> what is shipped; neither reaches the other."""
    files = with_record(arm, FILES)
    files["native/generator.c"] = "#ifdef FOR_TARGET\n#error wrong machine\n#endif\n#ifndef FOR_BUILD\n#error no flags\n#endif\n" + files["native/generator.c"]
    files["small/_c.c"] = "#ifdef FOR_BUILD\n#error wrong machine\n#endif\n#ifndef FOR_TARGET\n#error no flags\n#endif\n" + files["small/_c.c"]
    project = package(files)
    suffix = TARGET.replace("-", "_")
    cross(project, CFLAGS="-DFOR_BUILD", **{f"CFLAGS_{suffix}": "-DFOR_TARGET"})
    assert json.loads(emulated(arm, ASK, unpacked(project)))[0] == [HERE, HERE, "aarch64"]


def test_the_tag_is_audited_with_the_targets_libraries(arm: Path, package: Callable[..., Project]) -> None:
    project = package(with_record(arm, FILES))
    cross(project, "--compatibility", "auto")
    name = project.wheel.name
    assert "-manylinux_2_" in name and name.endswith("_aarch64.whl"), name
    assert auditwheel(project.wheel) in platforms(project.wheel)
    project.drop_dist()
    done = project.build("--target", TARGET, "--compatibility", "manylinux_2_5", check=False)
    assert done.code == 2 and "does not keep the promise" in done.err, done.text


def test_the_records_of_the_target(arm: Path, package: Callable[..., Project]) -> None:
    project = package(with_record(arm, small.c_only()))
    answer = json.loads(project.cermet("toolchain", *project.arguments("--json", "--target", TARGET)).out)
    assert answer["c"]["abi"]["arch"] == answer["c++"]["abi"]["arch"] == "aarch64"
    assert answer["c"]["archiver"].endswith(f"{GNU}-ar")
    ours, theirs = answer["python"]["build-details"], json.loads((arm / "build-details.json").read_text())
    for name in ("platform", "language", "implementation"):
        assert ours[name] == theirs[name], name
    assert ours["abi"]["extension_suffix"] == theirs["abi"]["extension_suffix"]
    assert ours["c_api"]["headers"] == f"{arm}/usr/{theirs['c_api']['headers']}"
    assert ours["libpython"]["dynamic"] == f"{arm}/usr/{theirs['libpython']['dynamic']}"


# --- what cannot be built ---


def refused(project: Project, *words: str, code: int = 2, target: str = TARGET, command: str = "build", **environment: str) -> str:
    done = project.build("--target", target, command=command, check=False, **environment)
    assert done.code == code, done.text
    for word in words:
        assert word in done.err, f"{word!r} is not in\n{done.err}"
    return done.err


def test_refusals_name_what_is_missing(arm: Path, package: Callable[..., Project]) -> None:
    project = package(small.c_only())
    refused(project, "nothing describes the Python of aarch64-unknown-linux-gnu", "[tool.cermet.toolchain.aarch64-unknown-linux-gnu]")
    refused(project, "is not a target triple", target="arm!")
    project = package(with_record(arm, small.c_only()))
    suffix = TARGET.replace("-", "_")
    refused(project, f"gcc is for {HERE}-unknown-linux-gnu, and {TARGET} is built for", **{f"CC_{suffix}": "gcc"})
    refused(project, f"no compiler for {TARGET}: nowhere-gcc is not found on PATH", code=3, **{f"CC_{suffix}": "nowhere-gcc"})
    for command in ("verify", "develop"):
        refused(project, TARGET, command=command)
    other = {**small.c_only(), "pyproject.toml": small.c_only()["pyproject.toml"] + record(arm).replace(GNU + "]", "powerpc64le-linux-gnu]")}
    project = package(other)
    refused(project, "the Python that `python` names is for linux-aarch64, and powerpc64le-unknown-linux-gnu is built for",
            "--> pyproject.toml:", target="powerpc64le-linux-gnu")


def test_a_library_of_this_machine_in_a_link_for_another(arm: Path, package: Callable[..., Project]) -> None:
    files = with_record(arm, small.c_only())
    files["pyproject.toml"] = files["pyproject.toml"].replace('"small/part.c"]', '"small/part.c"]\nlibraries = ["foo"]\nlibrary-dirs = ["vendor"]')
    files["vendor/foo.c"] = "long foo(void) { return 1; }\n"
    project = package(files)
    vendor = project.path("vendor")
    subprocess.run(["gcc", "-c", "foo.c"], cwd=vendor, check=True)
    subprocess.run(["ar", "crs", "libfoo.a", "foo.o"], cwd=vendor, check=True)
    refused(project, f"vendor/libfoo.a: it is for {HERE}, not for aarch64", "small._c, compiled by", f"{GNU}-gcc")


def test_distributions_of_this_machine_are_not_the_targets(arm: Path, package: Callable[..., Project], folder: Path, python: Path) -> None:
    """A distribution with native parts must be the target's; one without fits every machine."""
    site = Path(subprocess.run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('platlib'))"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip())
    files = with_record(arm, small.c_only())
    files["pyproject.toml"] = files["pyproject.toml"].replace('"small/part.c"]', '"small/part.c"]\nuses = ["py:heads"]')
    files["small/_c.c"] = "#include <heads.h>\n" + files["small/_c.c"]
    project = package(files)
    theirs = folder / "theirs"

    def install(where: Path, tag: str) -> None:
        (where / "heads/include").mkdir(parents=True, exist_ok=True)
        (where / "heads/include/heads.h").write_text("#define HEADS 1\n")
        info = where / "heads-1.0.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: heads\nVersion: 1.0\n")
        (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n")
        (info / "RECORD").write_text(f"heads/include/heads.h,,\nheads-1.0.dist-info/METADATA,,\nheads-1.0.dist-info/WHEEL,,{tag}\nheads-1.0.dist-info/RECORD,,\n")

    try:
        install(site, f"cp311-cp311-linux_{HERE}")
        refused(project, f"the build environment's heads 1.0 is for linux_{HERE}, and {TARGET} is built for", "site-packages", code=3)
        install(theirs, "cp311-cp311-linux_aarch64")
        cross(project, "-C", f"toolchain.{GNU}.site-packages={theirs}")
        install(site, "py3-none-any")
        cross(project)
    finally:
        shutil.rmtree(site / "heads", ignore_errors=True)
        shutil.rmtree(site / "heads-1.0.dist-info", ignore_errors=True)


# --- Rust ---

LOCK = """version = 4

[[package]]
name = "core-part"
version = "0.1.0"
dependencies = [
 "helper",
 "stamp",
]

[[package]]
name = "helper"
version = "0.1.0"

[[package]]
name = "stamp"
version = "0.1.0"
dependencies = [
 "helper",
]
"""


def with_rust(files: Dict[str, str]) -> Dict[str, str]:
    """A crate with a build script that compiles C, a procedural macro, and a crate that both sides link."""
    head = '[package]\nversion = "0.1.0"\nedition = "2021"\n'
    return {
        **files,
        "rust/Cargo.lock": LOCK,
        "rust/Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["core-part", "stamp", "helper"]\n',
        "rust/helper/Cargo.toml": head + 'name = "helper"\n',
        "rust/helper/src/lib.rs": "pub const ARCH: &str = if cfg!(target_arch = \"aarch64\") { \"aarch64\" } else { \"x86_64\" };\n",
        "rust/stamp/Cargo.toml": head + 'name = "stamp"\n[lib]\nproc-macro = true\n[dependencies]\nhelper = { path = "../helper" }\n',
        "rust/stamp/src/lib.rs": "#[proc_macro]\npub fn expanded_on(_: proc_macro::TokenStream) -> proc_macro::TokenStream {\n"
                                 "    format!(\"{:?}\", helper::ARCH).parse().unwrap()\n}\n",
        "rust/core-part/Cargo.toml": head + 'name = "core-part"\n[dependencies]\nhelper = { path = "../helper" }\nstamp = { path = "../stamp" }\n'
                                            '[build-dependencies]\nhelper = { path = "../helper" }\n',
        "rust/core-part/part.c": "#ifdef __aarch64__\nlong part(void) { return 64; }\n#else\nlong part(void) { return 86; }\n#endif\n",
        "rust/core-part/build.rs": """use std::{env, process::Command};
fn run(program: &str, words: &[&str]) {
    assert!(Command::new(program).args(words).status().unwrap().success());
}
fn main() {
    let var = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let (target, host, out) = (var("TARGET"), var("HOST"), var("OUT_DIR"));
    assert_eq!(var("CARGO_CFG_TARGET_ARCH"), target.split('-').next().unwrap());
    assert!(host.starts_with(helper::ARCH), "{host}");
    let machine = target.replace('-', "_");
    let (cc, ar) = if target == host { ("cc".into(), "ar".into()) } else { (var(&format!("CC_{machine}")), var(&format!("AR_{machine}"))) };
    run(&cc, &["-c", "-fPIC", "part.c", "-o", &format!("{out}/part.o")]);
    run(&ar, &["crs", &format!("{out}/libpart.a"), &format!("{out}/part.o")]);
    println!("cargo::rustc-link-search={out}\\ncargo::rustc-link-lib=static=part\\ncargo::rustc-env=SCRIPT_ON={}", helper::ARCH);
    println!("cargo::rerun-if-changed=part.c");
}
""",
        "rust/core-part/src/lib.rs": """extern "C" { fn part() -> core::ffi::c_long; }
#[no_mangle]
pub extern "C" fn core_part() -> core::ffi::c_long { unsafe { part() } }
#[no_mangle]
pub extern "C" fn core_words() -> *const core::ffi::c_char {
    concat!(env!("SCRIPT_ON"), " ", stamp::expanded_on!(), "\\0").as_ptr().cast()
}
#[no_mangle]
pub extern "C" fn core_own() -> bool { helper::ARCH == "aarch64" }
""",
    }


def rust_package(arm: Path) -> Dict[str, str]:
    files = with_rust(small.pure())
    files["pyproject.toml"] += small.RUST_TABLE + record(arm)
    files["small/_r.c"] = small.c_module("_r", "#include <stdbool.h>\nlong core_part(void);\nconst char* core_words(void);\nbool core_own(void);", "0").replace(
        "PyLong_FromLong(0)", 'Py_BuildValue("lsi", core_part(), core_words(), (int)core_own())')
    return files


def test_crates_for_the_target_and_their_helpers_for_the_host(arm: Path, mode: str, package: Callable[..., Project]) -> None:
    need_rust_for(TARGET)
    project = package(rust_package(arm), mode)
    cross(project)
    site = unpacked(project)
    assert json.loads(emulated(arm, "import json, small._r; print(json.dumps(small._r.value()))", site)) == [64, f"{HERE} {HERE}", 1]
    # As cargo has it, a helper for both machines is compiled twice; for this machine alone, where flags agree, once.
    assert cross(project).compilers == set()


def with_questions(arm: Path) -> Dict[str, str]:
    """The script of a crate on both sides asks for a library of the project, and whose interfaces it builds for."""
    files = with_rust(small.pure())
    client = (ROOT / "shims/cargo/cermet-build").as_posix()
    files["pyproject.toml"] = files["pyproject.toml"].replace("[tool.cermet]\n", '[tool.cermet]\nprovide = { "library:tree" = "c:tree" }\n')
    files["pyproject.toml"] += small.RUST_TABLE + record(arm)
    files["pyproject.toml"] += '\n[[tool.cermet.c-library]]\nname = "tree"\nsources = ["native/tree.c"]\n'
    files["pyproject.toml"] += '\n[tool.cermet.crates.core-part]\nenv = { TREE = "library:tree:search" }\n'
    files["native/tree.h"], files["native/tree.c"] = FILES["native/tree.h"], FILES["native/tree.c"]
    files["rust/Cargo.lock"] = LOCK.replace('name = "helper"\nversion = "0.1.0"\n', 'name = "helper"\nversion = "0.1.0"\ndependencies = [\n "cermet-build",\n]\n').replace(
        '[[package]]\nname = "core-part"', '[[package]]\nname = "cermet-build"\nversion = "0.1.0"\n\n[[package]]\nname = "core-part"')
    files["rust/helper/Cargo.toml"] += f'[build-dependencies]\ncermet-build = {{ path = "{client}" }}\n[package.metadata.cermet]\n'
    files["rust/helper/build.rs"] = """fn main() {
    let mut build = cermet_build::Build::new();
    let tree = build.require("library", "tree").unwrap();
    for directory in tree.texts("search") {
        println!("cargo::rustc-link-search=native={directory}");
    }
    println!("cargo::rustc-link-lib=static=tree");
    let mut told = Vec::new();
    for name in ["c", "rust", "python"] {
        let abi = build.require("abi", name).unwrap();
        told.push(abi.value.get("record").and_then(|record| record.get("arch")).and_then(|arch| arch.text()).unwrap().to_string());
    }
    println!("cargo::rustc-env=TOLD={}", told.join(" "));
}
"""
    files["rust/helper/src/lib.rs"] += """extern "C" { fn machine() -> *const core::ffi::c_char; }
pub fn words() -> String {
    let linked = unsafe { core::ffi::CStr::from_ptr(machine()) }.to_str().unwrap();
    format!("{linked} {}", env!("TOLD"))
}
"""
    files["rust/stamp/src/lib.rs"] = ("#[proc_macro]\npub fn expanded_on(_: proc_macro::TokenStream) -> proc_macro::TokenStream {\n"
                                      "    format!(\"{:?}\", helper::words()).parse().unwrap()\n}\n")
    files["rust/core-part/build.rs"] = 'fn main() {\n    println!("cargo::rustc-env=SCRIPT_ON={}", std::env::var("TREE").unwrap().is_empty());\n}\n'
    files["rust/core-part/src/lib.rs"] = """#[no_mangle]
pub extern "C" fn core_words() -> *const core::ffi::c_char {
    let text = format!("{}, {}\\0", stamp::expanded_on!(), helper::words());
    Box::leak(text.into_boxed_str()).as_ptr().cast()
}
"""
    files["small/_r.c"] = small.c_module("_r", "const char* core_words(void);", "0").replace("PyLong_FromLong(0)", 'Py_BuildValue("s", core_words())')
    return files


def test_scripts_on_both_sides_are_told_of_their_machine(arm: Path, mode: str, package: Callable[..., Project]) -> None:
    need_rust_for(TARGET)
    project = package(with_questions(arm), mode)
    cross(project)
    said = emulated(arm, "import small._r; print(small._r.value())", unpacked(project))
    assert said == f"{' '.join([HERE] * 4)}, {' '.join(['aarch64'] * 4)}"


def test_scripts_for_the_target_find_its_pkg_config(arm: Path, package: Callable[..., Project], tmp_path: Path) -> None:
    """By the variable that the pkg-config crate looks for, and takes for leave to answer; scripts for this machine do not."""
    need_rust_for(TARGET)
    files = with_questions(arm)
    files["pyproject.toml"] = files["pyproject.toml"].replace(f"[tool.cermet.toolchain.{GNU}]\n", f'[tool.cermet.toolchain.{GNU}]\npkg-config = ["{tmp_path}/answers"]\n')
    name = f"PKG_CONFIG_{TARGET.replace('-', '_')}"
    for crate in ("core-part", "helper"):
        files[f"rust/{crate}/build.rs"] = files[f"rust/{crate}/build.rs"].replace("fn main() {\n", f"""fn main() {{
    let own = std::env::var("TARGET").unwrap().starts_with("aarch64");
    assert_eq!(std::env::var("{name}").ok(), own.then(|| "{tmp_path}/answers".to_string()));
""")
    project = package(files)
    cross(project)
    assert "/elsewhere" in cross(project, check=False, **{name: "/elsewhere"}).err


def test_a_standard_library_that_is_not_there(arm: Path, package: Callable[..., Project]) -> None:
    files = rust_package(arm)
    files["pyproject.toml"] = files["pyproject.toml"].replace(GNU + "]", "s390x-linux-gnu]\ncc = ['s390x-gcc']")
    project = package(files)
    details = json.loads((arm / "build-details.json").read_text().replace("aarch64", "s390x"))
    project.write("s390x.json", json.dumps({**details, "base_prefix": str(arm / "usr")}))
    done = project.build("--target", "s390x-unknown-linux-gnu", "rust:core", "-C", "toolchain.s390x-linux-gnu.python=s390x.json", check=False)
    assert done.code == 3, done.text
    assert "has no standard library for s390x-unknown-linux-gnu" in done.err and "rustup target add s390x-unknown-linux-gnu" in done.err, done.err


def test_a_workspace_for_another_machine(folder: Path, mode: str) -> None:
    """`cermet build --target` in a plain workspace, as cargo's: linker and C compiler by cargo's own means."""
    need(*TOOLS)
    need_rust_for(TARGET)
    files = {name[5:]: text for name, text in with_rust({}).items()}
    files["Cargo.toml"] = files["Cargo.toml"].replace('"helper"]', '"helper", "say"]')
    files["Cargo.lock"] = files["Cargo.lock"].replace('[[package]]\nname = "stamp"', '[[package]]\nname = "say"\nversion = "0.1.0"\ndependencies = [\n "core-part",\n]\n\n[[package]]\nname = "stamp"', 1)
    files["say/Cargo.toml"] = '[package]\nname = "say"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\ncore-part = { path = "../core-part" }\n'
    files["say/src/main.rs"] = "fn main() {\n    println!(\"{} {}\", core_part::core_part(), core_part::core_own());\n}\n"
    files[".cargo/config.toml"] = f'[target.{TARGET}]\nlinker = "{GNU}-gcc"\n'
    project = Project.from_files(files, folder / "project", mode, folder / "cache")
    suffix = TARGET.replace("-", "_")
    environment = {f"CC_{suffix}": f"{GNU}-gcc", f"AR_{suffix}": f"{GNU}-ar"}
    done = project.cermet("build", "--mode", mode, "--target", TARGET, check=False, **environment)
    assert done.code == 0, done.text
    program = project.path(f"target/{TARGET}/debug/say")
    assert machine_of(program) == "aarch64"
    said = subprocess.run(["qemu-aarch64-static", "-L", f"/usr/{GNU}", str(program)], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert said == "64 true\n"
    missing = project.cermet("build", "--mode", mode, "--target", "s390x-unknown-linux-gnu", check=False)
    assert missing.code == 3 and "has no standard library for s390x-unknown-linux-gnu" in missing.err, missing.text


def test_a_program_without_any_python(folder: Path, mode: str) -> None:
    """No record at all: GNU's names of programs say which they are."""
    need(*TOOLS)
    files = {"cermet.toml": '[[executable]]\nname = "say"\nsources = ["say.c"]\n\n[[executable]]\nname = "say-c++"\nsources = ["say.cpp"]\n',
             "say.c": '#include <stdio.h>\nint main(void) { return puts("hello") < 0; }\n',
             "say.cpp": '#include <iostream>\nint main() { std::cout << "hello\\n"; }\n'}
    project = Project.from_files(files, folder / "project", mode, folder / "cache")
    project.cermet("build", "--mode", mode, "--target", TARGET)
    for name in ("say", "say-c++"):
        program = project.path(f"dist/{name}")
        assert machine_of(program) == "aarch64"
        said = subprocess.run(["qemu-aarch64-static", "-L", f"/usr/{GNU}", str(program)], stdout=subprocess.PIPE, text=True, check=True).stdout
        assert said == "hello\n"
    assert os.path.basename(project.cermet("build", "--mode", mode).out.strip().splitlines()[-1])
