"""Build scripts that talk: what one provides another asks for, without `links`, and under cargo the same files build too.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import Dict

import pytest

import small

# What a client does, by hand: one JSON object a line over the socket that CERMET_CHANNEL names.
TALK = '''
use std::io::{BufRead, BufReader, Write};
use std::os::fd::FromRawFd;

struct Channel(std::fs::File, BufReader<std::fs::File>);

fn channel() -> Option<Channel> {
    let number: i32 = std::env::var("CERMET_CHANNEL").ok()?.parse().unwrap();
    let file = unsafe { std::fs::File::from_raw_fd(number) };
    let reader = BufReader::new(file.try_clone().unwrap());
    Some(Channel(file, reader))
}

impl Channel {
    #[allow(dead_code)]
    fn say(&mut self, line: &str) {
        writeln!(self.0, "{line}").unwrap();
    }
    #[allow(dead_code)]
    fn ask(&mut self, line: &str) -> String {
        self.say(line);
        let mut answer = String::new();
        self.1.read_line(&mut answer).unwrap();
        answer
    }
}
'''

PROVIDER = TALK + '''
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::create_dir_all(format!("{out}/include")).unwrap();
    std::fs::copy("shapes.h", format!("{out}/include/shapes.h")).unwrap();
    if let Some(mut channel) = channel() {
        channel.say(&format!(r#"{{"type":"provide","kind":"headers","name":"shapes","visibility":"VISIBILITY","value":{{"include":["{out}/include"]}}}}"#));
        channel.say(r#"{"type":"diagnostic","level":"warning","message":"corners are square","file":"shapes.h","line":1}"#);
    }
}
'''

ASKER = TALK + '''
fn main() {
    let answer = match channel() {
        Some(mut channel) => {
            channel.ask(r#"{"id":1,"type":"hello","protocol":[1],"client":"story 1"}"#);
            channel.ask(r#"{"id":2,"type":"require","kind":"headers","name":"NAME"}"#)
        }
        None => String::new(),
    };
    let corners = match answer.split_once("\\"include\\":[\\"") {
        Some((_, rest)) => std::fs::read_to_string(format!("{}/shapes.h", rest.split('"').next().unwrap())).unwrap(),
        None if answer.is_empty() => "cargo".to_string(),
        None => answer,
    };
    println!("cargo::rustc-env=CORNERS={}", corners.trim());
}
'''

MANIFEST = '[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n{dependencies}\n[package.metadata.cermet]\n{talk}\n'


def workspace(visibility: str = "transitive", wanted: str = "shapes", provided: str = "headers:shapes") -> Dict[str, str]:
    """top asks for what shapes provides; between them is mid, whose script does not talk."""
    return {
        "Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["top", "mid", "shapes"]\n',
        "Cargo.lock": "".join(["version = 4\n\n", '[[package]]\nname = "mid"\nversion = "0.1.0"\ndependencies = [\n "shapes",\n]\n\n',
                               '[[package]]\nname = "shapes"\nversion = "0.1.0"\n\n',
                               '[[package]]\nname = "top"\nversion = "0.1.0"\ndependencies = [\n "mid",\n]\n']),
        "shapes/Cargo.toml": MANIFEST.format(name="shapes", dependencies="", talk=f'provide = ["{provided}"]'),
        "shapes/build.rs": PROVIDER.replace("VISIBILITY", visibility),
        "shapes/shapes.h": "four\n",
        "shapes/src/lib.rs": "",
        "mid/Cargo.toml": '[package]\nname = "mid"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nshapes = { path = "../shapes" }\n',
        "mid/build.rs": "fn main() {\n    assert!(std::env::var_os(\"CERMET_CHANNEL\").is_none());\n}\n",
        "mid/src/lib.rs": "",
        "top/Cargo.toml": MANIFEST.format(name="top", dependencies='mid = { path = "../mid" }', talk=""),
        "top/build.rs": ASKER.replace("NAME", wanted),
        "top/src/main.rs": 'fn main() {\n    println!("{}", env!("CORNERS"));\n}\n',
    }


def build(project, *more: str, check: bool = True):
    return project.cermet("build", "--mode", project.mode, "-j1", *more, check=check)


def said(project) -> str:
    return subprocess.run([str(project.path("target/debug/top"))], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def test_a_fact_passes_a_crate_that_knows_nothing_of_it(make):
    """With one slot: the one that asks steps aside while the other script is compiled and runs."""
    project = make(workspace())
    first = build(project)
    assert said(project) == "four"
    assert "warning: shapes@0.1.0: shapes.h:1: corners are square" in first.err, first.text
    assert "run build script" not in build(project).err
    project.write("shapes/shapes.h", "eight\n")
    build(project)
    assert said(project) == "eight"
    project.write("shapes/notes.txt", "the script runs again, and gives the same")
    again = build(project)
    assert "run build script of shapes" in again.err and "run build script of top" not in again.err, again.text


def test_under_cargo_the_same_files_build(make):
    if shutil.which("cargo") is None:
        pytest.skip("no cargo")
    project = make(workspace())
    subprocess.run(["cargo", "build", "-q", "--offline"], cwd=project.folder, check=True, stdin=subprocess.DEVNULL)
    assert said(project) == "cargo"


@pytest.mark.parametrize("change, words", [
    ({"visibility": "direct"}, "asks for headers:shapes, which the build script of shapes v0.1.0 provides direct only"),
    ({"wanted": "shape"}, "asks for headers:shape, and nothing that it depends on provides it"),
    ({"provided": "headers:others", "wanted": "others"}, "did not provide headers:others, which its Cargo.toml says it does"),
])
def test_what_cannot_be_answered_is_told_to_the_script(make, change, words):
    """It may go on without: here it prints the answer it got, which names both ends."""
    project = make(workspace(**change))
    build(project)
    assert words in said(project), said(project)


def test_a_declaration_that_names_no_fact(make):
    project = make(workspace(provided="shapes"))
    failed = build(project, check=False)
    assert failed.code == 2 and "`shapes` is no name of a fact" in failed.err and "shapes/Cargo.toml:7" in failed.err, failed.text


# --- with the crate cermet-build, whose files lie in shims/cargo ----------------------------------------------------

CLIENT = Path(__file__).resolve().parents[2] / "shims/cargo/cermet-build"

LIBRARY_SCRIPT = '''
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::create_dir_all(format!("{out}/include")).unwrap();
    std::fs::copy("area.h", format!("{out}/include/area.h")).unwrap();
    for (program, words) in [("cc", vec!["-fPIC", "-c", "area.c", "-o", "area.o"]), ("ar", vec!["crs", "libarea.a", "area.o"])] {
        let words: Vec<String> = words.iter().map(|w| if w.ends_with(".o") || w.ends_with(".a") { format!("{out}/{w}") } else { w.to_string() }).collect();
        assert!(std::process::Command::new(program).args(&words).status().unwrap().success());
    }
    let mut build = cermet_build::Build::new();
    build.provide(cermet_build::library("area", "static", ["area"]).list("search", [out.as_str()]).include(format!("{out}/include")).transitive());
}
'''

USER_SCRIPT = '''
fn main() {
    let mut build = cermet_build::Build::new();
    let area = build.require("library", "area").unwrap();
    let header = std::fs::read_to_string(format!("{}/area.h", area.texts("include")[0])).unwrap();
    println!("cargo::rustc-env=HEADER={}", header.trim());
    println!("cargo::rustc-env=FROM={}", area.from);
}
'''


def packages(links: str, between: bool) -> Dict[str, str]:
    """app -> (wrapper ->) area: a C library whose user needs its headers."""
    client = f'cermet-build = {{ path = "{CLIENT.as_posix()}" }}'
    path = '{ path = "../%s" }'
    files = {
        "Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["app", "wrapper", "area"]\n',
        "area/Cargo.toml": f'[package]\nname = "area"\nversion = "0.1.0"\nedition = "2021"\n{links}[build-dependencies]\n{client}\n'
                           '[package.metadata.cermet]\nprovide = ["library:area"]\n',
        "area/build.rs": LIBRARY_SCRIPT,
        "area/area.c": "int area(int side) { return side * side; }\n",
        "area/area.h": "int area(int side);\n",
        "area/src/lib.rs": 'extern "C" { fn area(side: i32) -> i32; }\npub fn of(side: i32) -> i32 {\n    unsafe { area(side) }\n}\n',
        "wrapper/Cargo.toml": f'[package]\nname = "wrapper"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\narea = {path % "area"}\n',
        "wrapper/src/lib.rs": "pub use area::of;\n",
        "app/Cargo.toml": '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n'
                          f'wrapper = {path % "wrapper"}\n' + ("" if between else f'area = {path % "area"}\n') +
                          f'[build-dependencies]\n{client}\n[package.metadata.cermet]\n',
        "app/build.rs": USER_SCRIPT,
        "app/src/main.rs": 'fn main() {\n    println!("{} | {} | {}", wrapper::of(3), env!("HEADER"), env!("FROM"));\n}\n',
    }
    below = ' "cermet-build",\n "wrapper",\n' if between else ' "area",\n "cermet-build",\n "wrapper",\n'
    entry = '[[package]]\nname = "%s"\nversion = "0.1.0"\n%s\n'
    files["Cargo.lock"] = "version = 4\n\n" + entry % ("app", f"dependencies = [\n{below}]\n") + \
        entry % ("area", 'dependencies = [\n "cermet-build",\n]\n') + entry % ("cermet-build", "") + \
        (entry % ("wrapper", 'dependencies = [\n "area",\n]\n')).rstrip("\n") + "\n"
    return files


def runs(project) -> str:
    return subprocess.run([str(project.path("target/debug/app"))], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def test_a_c_library_and_who_needs_its_headers(make):
    """Through a crate between, and without `links`."""
    project = make(packages("", between=True))
    build(project)
    assert runs(project) == "9 | int area(int side); | the build script of area v0.1.0"
    project.write("area/area.h", "int area(int length);\n")
    build(project)
    assert runs(project) == "9 | int area(int length); | the build script of area v0.1.0"


def test_the_same_crates_under_cargo(make):
    """Cargo hands metadata to direct dependants of a package with `links`, and the crate uses that."""
    if shutil.which("cargo") is None:
        pytest.skip("no cargo")
    project = make(packages('links = "area"\n', between=False))
    subprocess.run(["cargo", "build", "-q", "--offline"], cwd=project.folder, check=True, stdin=subprocess.DEVNULL)
    assert runs(project) == "9 | int area(int side); | area"
    build(project)
    assert runs(project) == "9 | int area(int side); | the build script of area v0.1.0"


# --- across languages -------------------------------------------------------------------------------------------------


def with_headers() -> Dict[str, str]:
    """small.everything(), whose crate's script makes a header and a C library that a Cython module uses."""
    files = small.everything()
    files["rust/core-part/Cargo.toml"] += '[package.metadata.cermet]\nprovide = ["library:half"]\n'
    files["rust/core-part/build.rs"] = TALK + '''
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::write(format!("{out}/half.h"), "long half(long x);\\n#define HALF_OF 2\\n").unwrap();
    std::fs::write(format!("{out}/half.c"), "long half(long x) { return x / 2; }\\n").unwrap();
    for words in [vec!["cc", "-fPIC", "-c", "half.c"], vec!["ar", "crs", "libhalf.a", "half.o"]] {
        assert!(std::process::Command::new(words[0]).args(&words[1..]).current_dir(&out).status().unwrap().success());
    }
    if let Some(mut channel) = channel() {
        channel.say(&format!(r#"{{"type":"provide","kind":"library","name":"half","value":{{"link":"static","libraries":["half"],"search":["{out}"],"include":["{out}"]}}}}"#));
    }
}
'''
    files["small/cy.pyx"] = 'cdef extern from "half.h":\n    long half(long)\n    enum: HALF_OF\n\n\ndef value():\n    return half(10) + HALF_OF\n'
    files["pyproject.toml"] = files["pyproject.toml"].replace('[[tool.cermet.cython]]\n', '[[tool.cermet.cython]]\nuses = ["library:half"]\n')
    return files


IMPORT = "import sys; sys.path.insert(0, sys.argv[1]); from small import cy; print(cy.value())"


def unpacked(project, code: str) -> str:
    with zipfile.ZipFile(project.wheel) as archive, tempfile.TemporaryDirectory() as folder:
        archive.extractall(folder)
        return subprocess.run([str(project.python), "-I", "-c", code, folder], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def test_a_crate_gives_a_library_to_a_cython_module(make):
    project = make(with_headers())
    project.build()
    assert unpacked(project, IMPORT) == "7"
    assert not project.build().ran
    project.edit("rust/core-part/build.rs", "HALF_OF 2", "HALF_OF 3")
    changed = project.build()
    assert unpacked(project, IMPORT) == "8"
    assert "cc-cy" in changed.ran and "cc-_c" not in changed.ran, changed.ran


def test_a_use_that_nobody_provides(make):
    files = with_headers()
    files["pyproject.toml"] = files["pyproject.toml"].replace('"library:half"', '"library:hal"')
    failed = make(files).build(check=False)
    assert failed.code == 2, failed.text
    assert "`uses` asks for library:hal, and nothing in this project provides it" in failed.err
    assert "`library:half` is provided" in failed.err, failed.err
