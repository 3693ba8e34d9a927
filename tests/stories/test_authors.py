"""What authors of packages do, with the same files under cargo and under Cermet: a C library whose headers others need
though crates lie between, and a crate that makes a tool which others run to generate code.

SPDX-License-Identifier: MIT
(A data file from the network is in test_fetch_message.py; a script written from docs/protocol.md alone in
tests/judges/shell_provider.py, with a real -sys crate.)
"""
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Dict, List

import pytest

import small
from test_facts import values

CLIENT = Path(__file__).resolve().parents[2] / "shims/cargo/cermet-build"
BUILDERS = ("cargo", "cermet")


def lock(packages: Dict[str, List[str]]) -> str:
    text = "version = 4\n"
    for name, uses in sorted(packages.items()):
        text += f'\n[[package]]\nname = "{name}"\nversion = "0.1.0"\n'
        if uses:
            text += "dependencies = [\n" + "".join(f' "{use}",\n' for use in sorted(uses)) + "]\n"
    return text


def manifest(name: str, uses: Dict[str, List[str]], more: str = "", links: str = "") -> str:
    """`uses`: "dependencies" and "build-dependencies" -> names of crates beside it, or of the client."""
    text = f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n' + (f'links = "{links}"\n' if links else "")
    for table, names in uses.items():
        text += f"[{table}]\n"
        for one in names:
            text += f'{one} = {{ path = "{CLIENT.as_posix() if one == "cermet-build" else "../" + one}" }}\n'
    return text + more


def build(project, builder: str) -> str:
    """Builds the workspace offline; what was said."""
    if builder == "cargo":
        if shutil.which("cargo") is None:
            pytest.skip("no cargo")
        done = subprocess.run(["cargo", "build", "--offline", "--locked"], cwd=project.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout
        return done.stdout
    return project.cermet("build", "--mode", project.mode, "-j1", "--locked").err


def says(project, program: str) -> str:
    return subprocess.run([str(project.path("target/debug") / program)], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


# --- a C library, and two who need its headers --------------------------------------------------------------------------

AREA_SCRIPT = '''
use std::process::Command;
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::create_dir_all(format!("{out}/include")).unwrap();
    std::fs::copy("area.h", format!("{out}/include/area.h")).unwrap();
    let (object, archive) = (format!("{out}/area.o"), format!("{out}/libarea.a"));
    assert!(Command::new("cc").args(["-fPIC", "-c", "area.c", "-o", &object]).status().unwrap().success());
    assert!(Command::new("ar").args(["crsD", &archive, &object]).status().unwrap().success());
    println!("cargo::rerun-if-changed=area.c");
    println!("cargo::rerun-if-changed=area.h");
    let mut build = cermet_build::Build::new();
    build.provide(cermet_build::library("area", "static", ["area"]).list("search", [out.as_str()]).include(format!("{out}/include")).transitive());
}
'''
# Compiles C of its own against the library's header. Where nobody answers, which is under cargo, the crate itself says where
# its headers are: it is a build dependency there, compiled before this script.
DEPENDANT_SCRIPT = '''
use std::process::Command;
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    let mut build = cermet_build::Build::new();
    let include = match build.require("library", "area") {
        Ok(area) => area.texts("include")[0].to_string(),
        Err(_) => wrapper::AREA_INCLUDE.to_string(),
    };
    println!("cargo::rerun-if-changed=own.c");
    println!("cargo::rustc-env=FOUND={}", if build.is_cermet() { "told" } else { "compiled in" });
    let object = format!("{out}/own.o");
    let archive = format!("{out}/libown_NAME.a");
    assert!(Command::new("cc").args(["-fPIC", "-c", "own.c", "-o", &object, "-I", &include]).status().unwrap().success());
    assert!(Command::new("ar").args(["crsD", &archive, &object]).status().unwrap().success());
    println!("cargo::rustc-link-search=native={out}");
    println!("cargo::rustc-link-lib=static=own_NAME");
}
'''
DEPENDANT_MAIN = '''
extern "C" { fn own_NAME() -> i32; }
fn main() {
    println!("{} {} {}", unsafe { own_NAME() }, wrapper::of(3), env!("FOUND"));
}
'''


def library_and_dependants() -> Dict[str, str]:
    """first and second -> wrapper -> area; no manifest has `links`."""
    files = {
        "Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["first", "second", "wrapper", "area"]\n',
        "Cargo.lock": lock({"area": ["cermet-build"], "cermet-build": [], "wrapper": ["area"],
                            "first": ["cermet-build", "wrapper"], "second": ["cermet-build", "wrapper"]}),
        "area/Cargo.toml": manifest("area", {"build-dependencies": ["cermet-build"]},
                                    '[package.metadata.cermet]\nprovide = ["library:area"]\n'),
        "area/build.rs": AREA_SCRIPT,
        "area/area.c": '#include "area.h"\nint area(int side) { return side * side; }\n',
        "area/area.h": "#define AREA_UNIT 1\nint area(int side);\n",
        "area/src/lib.rs": 'extern "C" { fn area(side: i32) -> i32; }\npub fn of(side: i32) -> i32 {\n    unsafe { area(side) }\n}\n'
                           'pub const INCLUDE: &str = concat!(env!("OUT_DIR"), "/include");\n',
        "wrapper/Cargo.toml": manifest("wrapper", {"dependencies": ["area"]}),
        "wrapper/src/lib.rs": "pub use area::of;\npub use area::INCLUDE as AREA_INCLUDE;\n",
    }
    for name, factor in (("first", 10), ("second", 100)):
        files[f"{name}/Cargo.toml"] = manifest(name, {"dependencies": ["wrapper"], "build-dependencies": ["cermet-build", "wrapper"]},
                                               "[package.metadata.cermet]\n")
        files[f"{name}/build.rs"] = DEPENDANT_SCRIPT.replace("NAME", name)
        files[f"{name}/own.c"] = f"#include <area.h>\nint own_{name}(void) {{ return {factor} * AREA_UNIT; }}\n"
        files[f"{name}/src/main.rs"] = DEPENDANT_MAIN.replace("NAME", name)
    return files


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_c_library_and_two_who_need_its_headers(make, builder):
    project = make(library_and_dependants())
    build(project, builder)
    found = "compiled in" if builder == "cargo" else "told"
    assert (says(project, "first"), says(project, "second")) == (f"10 9 {found}", f"100 9 {found}")
    project.edit("area/area.h", "UNIT 1", "UNIT 2")
    build(project, builder)
    if builder == "cermet":  # cargo does not know that their scripts read it
        assert (says(project, "first"), says(project, "second")) == (f"20 9 {found}", f"200 9 {found}")


# --- a crate that makes a tool, and those who generate code with it ------------------------------------------------------

# Cargo hands a crate's program to nobody's build script, so the script compiles it, for the machine that builds.
TOOL_SCRIPT = '''
use std::process::Command;
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    let program = format!("{out}/wordgen{}", std::env::consts::EXE_SUFFIX);
    let rustc = std::env::var_os("RUSTC").unwrap();
    let words = ["--edition=2021", "-Cdebuginfo=0", "tool/main.rs", "-o", &program];
    assert!(Command::new(rustc).args(words).status().unwrap().success());
    println!("cargo::rerun-if-changed=tool/main.rs");
    let mut build = cermet_build::Build::new();
    build.output(&program, "program");
    build.provide(cermet_build::tool("wordgen", &program).text("version", "0.1.0").transitive());
}
'''
TOOL = '''
// Words, one a line -> constants of Rust, or macros of C.
fn main() {
    let mut words = std::env::args().skip(1);
    let (language, path) = (words.next().unwrap(), words.next().unwrap());
    for (number, word) in std::fs::read_to_string(path).unwrap().lines().enumerate() {
        match language.as_str() {
            "rust" => println!("pub const {word}: i32 = {};", number + FIRST),
            _ => println!("#define {word} {}", number + FIRST),
        }
    }
}
const FIRST: usize = 1;
'''
GENERATING_SCRIPT = '''
use std::process::Command;
fn main() {
    let mut build = cermet_build::Build::new();
    let tool = build.require("tool", "wordgen").unwrap();
    let program = tool.text("program").unwrap();
    let printed = Command::new(program).args(["rust", "words.txt"]).output().unwrap();
    assert!(printed.status.success());
    std::fs::write(format!("{}/words.rs", std::env::var("OUT_DIR").unwrap()), printed.stdout).unwrap();
    println!("cargo::rerun-if-changed=words.txt");
}
'''
USES_WORDS = 'include!(concat!(env!("OUT_DIR"), "/words.rs"));\n'


def generator_crate() -> Dict[str, str]:
    return {
        "wordgen/Cargo.toml": manifest("wordgen", {"build-dependencies": ["cermet-build"]},
                                       '[package.metadata.cermet]\nprovide = ["tool:wordgen"]\n', links="wordgen"),
        "wordgen/build.rs": TOOL_SCRIPT,
        "wordgen/tool/main.rs": TOOL,
        "wordgen/src/lib.rs": "",
    }


def generator_and_users() -> Dict[str, str]:
    """`links` is for cargo, which hands metadata to direct dependants of a package that has it."""
    files = {
        **generator_crate(),
        "Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["left", "right", "wordgen"]\n',
        "Cargo.lock": lock({"cermet-build": [], "wordgen": ["cermet-build"], "left": ["cermet-build", "wordgen"],
                            "right": ["cermet-build", "wordgen"]}),
    }
    for name, words in (("left", "RED\nGREEN\n"), ("right", "NORTH\nEAST\nSOUTH\n")):
        files[f"{name}/Cargo.toml"] = manifest(name, {"dependencies": ["wordgen"], "build-dependencies": ["cermet-build"]},
                                               "[package.metadata.cermet]\n")
        files[f"{name}/build.rs"] = GENERATING_SCRIPT
        files[f"{name}/words.txt"] = words
        last = words.split()[-1]
        files[f"{name}/src/main.rs"] = USES_WORDS + f'fn main() {{\n    println!("{{}}", {last});\n}}\n'
    return files


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_tool_that_two_generate_code_with(make, builder):
    project = make(generator_and_users())
    build(project, builder)
    assert (says(project, "left"), says(project, "right")) == ("2", "3")
    project.write("left/words.txt", "RED\nBLUE\nYELLOW\nGREEN\n")
    said = build(project, builder)
    assert (says(project, "left"), says(project, "right")) == ("4", "3")
    if builder == "cermet":
        assert "run build script of left" in said and "run build script of right" not in said, said


def test_a_changed_tool_runs_its_users_again(make):
    project = make(generator_and_users())
    build(project, "cermet")
    assert "run build script" not in build(project, "cermet")
    project.edit("wordgen/tool/main.rs", "FIRST: usize = 1", "FIRST: usize = 11")
    build(project, "cermet")
    assert (says(project, "left"), says(project, "right")) == ("12", "13")
    project.edit("wordgen/tool/main.rs", "// Words, one a line", "// Words, one each line")
    said = build(project, "cermet")
    assert "run build script of wordgen" in said, said
    assert "run build script of left" not in said and "run build script of right" not in said, "the same tool came out"


GENERATE = '''\
import os, subprocess
import cermet_channel
build = cermet_channel.connect()
tool = build.require("tool", "wordgen")["program"]
with open("small/words.h", "wb") as out:
    subprocess.run([tool, "c", "small/words.txt"], stdout=out, check=True)
'''


def test_the_tool_serves_a_generator_of_a_package(make):
    """A crate of the same graph makes it: the C module's header is written by it, and follows it."""
    files = small.everything()
    for name, text in generator_crate().items():
        files[f"rust/{name}"] = text
    files["rust/Cargo.toml"] = '[workspace]\nresolver = "2"\nmembers = ["core-part", "wordgen"]\n'
    files["rust/Cargo.lock"] = lock({"cermet-build": [], "wordgen": ["cermet-build"], "core-part": ["wordgen"]})
    files["rust/core-part/Cargo.toml"] += '[dependencies]\nwordgen = { path = "../wordgen" }\n'
    files["cermet_channel.py"] = (CLIENT.parents[1] / "channel/cermet_channel.py").read_text()
    files["words.py"] = GENERATE
    files["small/words.txt"] = "ONE\nTWO\nTHREE\n"
    files["small/_c.c"] = small.c_module("_c", '#include "words.h"', "THREE")
    files["pyproject.toml"] = files["pyproject.toml"].replace('"small/part.c"]', '"small/part.c"]\nuses = ["generate:words"]') + '''
[[tool.cermet.generate]]
name = "words"
command = ["python", "words.py"]
inputs = ["words.py", "cermet_channel.py", "small/words.txt"]
outputs = ["small/words.h"]
'''
    project = make(files)
    project.build("-j1")
    assert values(project, "_c") == "3"
    assert not project.build("-j1").ran
    project.edit("rust/wordgen/tool/main.rs", "FIRST: usize = 1", "FIRST: usize = 21")
    changed = project.build("-j1")
    assert values(project, "_c") == "23"
    assert "cc-part" not in changed.ran, changed.ran
