"""What lies outside of a project and decides results: assembler, linker, start files, the C library, headers of the system.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import small
from story import Project


def told_by_gcc(file: str) -> Path:
    return Path(subprocess.run(["gcc", f"-print-file-name={file}"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip())


def test_the_record_names_them(make):
    project = make(small.c_only())
    record = json.loads(project.cermet("toolchain", "--json").out)["c"]
    assert {"as", "ld"} <= {Path(path).name for path in record["programs"]}, record["programs"]
    names = {Path(path).name for path in record["files"]}
    assert {"crti.o", "libc.so.6"} <= names or "ld-musl" in str(names), names


def test_another_start_file_links_again(make, folder):
    """As after an upgrade of the C library, whose version may stay: here a directory that gcc searches first."""
    first = folder / "first"
    first.mkdir()
    shutil.copy(told_by_gcc("crti.o"), first / "crti.o")
    project = make(small.c_only())
    compiler = f"gcc -B{first}/"
    project.build(CC=compiler)
    assert not project.build(CC=compiler).ran
    with (first / "crti.o").open("ab") as file:
        file.write(b"\0")  # beyond the last section: the linker does not mind
    changed = project.build(CC=compiler)
    assert "link-small._c" in changed.ran, changed.ran
    assert not project.build(CC=compiler).ran


COMPILES = '''
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    let compiler = std::env::var("CC").unwrap_or("cc".into());
    let object = format!("{out}/half.o");
    let words = ["-fPIC", "-ISYSTEM", "-c", "half.c", "-o", &object];
    assert!(std::process::Command::new(compiler).args(words).status().unwrap().success());
    assert!(std::process::Command::new("ar").args(["crsD", &format!("{out}/libhalf.a"), &object]).status().unwrap().success());
    println!("cargo::rerun-if-changed=half.c");
    println!("cargo::rustc-link-search=native={out}");
    println!("cargo::rustc-link-lib=static=half");
}
'''


@pytest.mark.parametrize("compiler", ["gcc", "clang-14"])
def test_headers_that_a_script_compiles_with(make, folder, compiler):
    """The script names its sources only; what its compilers read of the system is known all the same."""
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    system = folder / "system"
    system.mkdir()
    (system / "unit.h").write_text("#define UNIT 2\n")
    project = make({
        "Cargo.toml": '[package]\nname = "half"\nversion = "0.1.0"\nedition = "2021"\n',
        "Cargo.lock": 'version = 4\n\n[[package]]\nname = "half"\nversion = "0.1.0"\n',
        "build.rs": COMPILES.replace("SYSTEM", str(system)),
        "half.c": "#include <unit.h>\nint half(int x) { return x / UNIT; }\n",
        "src/main.rs": 'extern "C" { fn half(x: i32) -> i32; }\nfn main() {\n    println!("{}", unsafe { half(12) });\n}\n',
    })

    def build() -> str:
        return project.cermet("build", "--mode", project.mode, CC=compiler).err

    def said() -> str:
        return subprocess.run([str(project.path("target/debug/half"))], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    build()
    assert said() == "6" and "run build script" not in build()
    (system / "unit.h").write_text("#define UNIT 3\n")
    build()
    assert said() == "4"
    listing = json.loads(project.cermet("graph", "--mode", project.mode, "--steps", "--json", CC=compiler).out)
    script = next(node for node in listing["nodes"] if node["id"].startswith("step:half-build-run"))
    assert str(system / "unit.h") in script["reads"], script["reads"]


def test_libraries_that_a_script_names(make, folder):
    """`rustc-link-lib` of a library that the system has: another file behind the name is linked."""
    system = folder / "system"
    system.mkdir()

    def library(divisor: int) -> None:
        (system / "half.c").write_text(f"int half(int x) {{ return x / {divisor}; }}\n")
        subprocess.run(["cc", "-fPIC", "-c", "half.c"], cwd=system, check=True)
        (system / "libhalf.a").unlink(missing_ok=True)
        subprocess.run(["ar", "crsD", "libhalf.a", "half.o"], cwd=system, check=True)

    library(2)
    lock = "".join(f'\n[[package]]\nname = "{name}"\nversion = "0.1.0"\n{uses}' for name, uses in
                   (("half-sys", ""), ("top", 'dependencies = [\n "half-sys",\n]\n')))
    project = make({
        "Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["half-sys", "top"]\n',
        "Cargo.lock": "version = 4\n" + lock,
        "half-sys/Cargo.toml": '[package]\nname = "half-sys"\nversion = "0.1.0"\nedition = "2021"\nlinks = "half"\n',
        "half-sys/build.rs": f'fn main() {{\n    println!("cargo::rustc-link-search=native={system}");\n    println!("cargo::rustc-link-lib=half");\n}}\n',
        "half-sys/src/lib.rs": 'extern "C" { fn half(x: i32) -> i32; }\npub fn of(x: i32) -> i32 {\n    unsafe { half(x) }\n}\n',
        "top/Cargo.toml": '[package]\nname = "top"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nhalf-sys = { path = "../half-sys" }\n',
        "top/src/main.rs": 'fn main() {\n    println!("{}", half_sys::of(12));\n}\n',
    })

    def build_and_run() -> str:
        project.cermet("build", "--mode", project.mode)
        return subprocess.run([str(project.path("target/debug/top"))], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    assert build_and_run() == "6"
    library(3)
    assert build_and_run() == "4"


def test_a_place_with_a_space(folder, mode, python):
    """gcc would end the name of its notes there."""
    project = Project.from_files(small.everything(), folder / "a project", mode, folder / "a cache", python=python)
    project.build()
    assert not project.build().ran
