"""Rules for crates: what they give to build scripts that nobody changes, and what they say in place of one.

SPDX-License-Identifier: MIT
The real crates are the judge's (tests/judges/crate_rules.py); here each word of a rule is tried on a crate of a few lines.
"""
from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Dict

import pytest

import small
from test_audit import no_network_for_steps
from test_downloads import RATES, serve, table
from test_facts import values

LIBRARY = 'include!(concat!(env!("OUT_DIR"), "/value.rs"));\n#[no_mangle]\npub extern "C" fn core_value() -> i64 {\n    VALUE\n}\n'


def script(body: str) -> str:
    """One that writes the value that the module gives; `value` is its text."""
    return ('fn main() {\n' + body + '    let out = std::env::var("OUT_DIR").unwrap();\n'
            '    std::fs::write(format!("{out}/value.rs"), format!("const VALUE: i64 = {};", value.trim())).unwrap();\n}\n')


def add_half(files: Dict[str, str]) -> None:
    """A C library of the project, provided to crates as `library:half`."""
    files["clib/include/half.h"] = "long half(long);\n"
    files["clib/half.c"] = '#include "half.h"\nlong half(long x) { return x / 2; }\n'
    files["pyproject.toml"] = files["pyproject.toml"].replace("[tool.cermet]\n", '[tool.cermet]\nprovide = { "library:half" = "c:half" }\n')
    files["pyproject.toml"] += '\n[[tool.cermet.c-library]]\nname = "half"\nsources = ["clib/half.c"]\npublic-include = ["clib/include"]\n'


def with_script(body: str, rule: str) -> Dict[str, str]:
    files = small.everything()
    files["rust/core-part/build.rs"] = script(body)
    files["rust/core-part/src/lib.rs"] = LIBRARY
    files["pyproject.toml"] += f"\n[tool.cermet.crates.core-part]\n{rule}"
    return files


def printing(folder: Path, text: str) -> Path:
    """A program that prints this, in a directory of its own."""
    path = folder / "bin/how-many"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {text}\n")
    path.chmod(0o755)
    return path.parent


def runs(build):
    return [step for step in build.steps if step.started and step.description.startswith("run build script")]


ASK_TOOL = '    let value = String::from_utf8(std::process::Command::new("how-many").output().unwrap().stdout).unwrap();\n'


def test_a_tool_of_the_machine(make, folder):
    """On the PATH of the script, and its bytes count; one that is missing is said at once."""
    project = make(with_script(ASK_TOOL, 'tools = ["how-many"]\n'))
    failed = project.build(check=False)
    assert failed.code == 3 and "how-many is needed by the rule for the crate core-part, and is not installed" in failed.err, failed.text
    assert "pyproject.toml" in failed.err
    path = {"PATH": f"{printing(folder, '7')}:{os.environ['PATH']}"}
    project.build(**path)
    assert values(project, "_r") == "7"
    assert not project.build(**path).ran
    printing(folder, "8")
    assert len(runs(project.build(**path))) == 1
    assert values(project, "_r") == "8"


def test_a_tool_of_the_project(make):
    files = with_script(ASK_TOOL.replace('"how-many"', 'std::env::var("ASK").unwrap()'), 'env = { ASK = "tool:how-many" }\n')
    files["how.c"] = "#include <stdio.h>\nint main(void) { return puts(\"9\") < 0; }\n"
    files["pyproject.toml"] += '\n[[tool.cermet.executable]]\nname = "how-many"\nsources = ["how.c"]\ninstall = false\n'
    project = make(files)
    project.build()
    assert values(project, "_r") == "9"
    project.edit("how.c", '"9"', '"10"')
    project.build()
    assert values(project, "_r") == "10"


def test_a_download_where_the_script_looks_for_one(make, registry):
    """The script knows a variable of its own, and nothing of Cermet."""
    serve(registry)
    read = '    let value = std::fs::read_to_string(std::env::var("NAME").unwrap()).unwrap().lines().next().unwrap().to_string();\n'
    files = with_script(read.replace("NAME", "RATES_FILE"), 'env = { RATES_FILE = "download:rates" }\n')
    files["pyproject.toml"] += table(registry)
    project = make(files)
    project.build()
    assert values(project, "_r") == RATES.decode().split("\n", 1)[0]
    project.write("rust/core-part/build.rs", script(read.replace("NAME", "CERMET_DOWNLOAD_RATES")))
    project.edit("pyproject.toml", 'env = { RATES_FILE = "download:rates" }', 'uses = ["download:rates"]')
    project.build()
    assert values(project, "_r") == "7"
    project.edit("pyproject.toml", 'uses = ["download:rates"]', 'uses = ["download:prices"]')
    failed = project.build(check=False)
    assert failed.code == 2 and "download:prices" in failed.err and "pyproject.toml" in failed.err, failed.text


def test_a_rule_file_with_its_download_and_its_provider(make, registry):
    serve(registry)
    read = '    let value = std::fs::read_to_string(std::env::var("RATES_FILE").unwrap()).unwrap().lines().next().unwrap().to_string();\n'
    files = with_script(read, "")
    files["pyproject.toml"] = files["pyproject.toml"].replace("\n[tool.cermet.crates.core-part]\n", "")
    files["pyproject.toml"] = files["pyproject.toml"].replace("[tool.cermet]\n", '[tool.cermet]\ncrate-rules = ["rules/*.toml"]\n')
    files["rules/core.toml"] = ('provide = { "library:unused" = "sys:never-looked-for" }\n' + table(registry).replace("tool.cermet.", "")
                                + '[crates.core-part]\nenv = { RATES_FILE = "download:rates" }\n')
    project = make(files)
    listed = json.loads(project.cermet("audit", "--json", "--python", str(project.python)).out)
    assert [one["name"] for one in listed["external"] if one["kind"] == "download"] == ["rates"]
    project.build()
    assert values(project, "_r") == "7"


def test_members_of_a_fact(make):
    files = with_script('    let value = std::fs::read_to_string(std::env::var("HALF").unwrap() + "/half.txt").unwrap();\n',
                        'env = { HALF = "library:half:include" }\n')
    add_half(files)
    files["clib/include/half.txt"] = "5\n"
    project = make(files)
    project.build()
    assert values(project, "_r") == "5"
    project.edit("pyproject.toml", "library:half:include", "library:half:version")
    failed = project.build(check=False)
    assert failed.code == 2 and "library:half has no `version`" in failed.err, failed.text
    assert "with include, libraries, link, search" in failed.err, failed.text


def with_helper(read: str, rule: str) -> Dict[str, str]:
    """The script of core-part is built with the crate helper, of which the rule speaks."""
    files = with_script(read, 'env = { UNUSED = "1" }\n')
    files["rust/Cargo.toml"] = '[workspace]\nresolver = "2"\nmembers = ["core-part", "helper"]\n'
    files["rust/Cargo.lock"] = ('version = 4\n\n[[package]]\nname = "core-part"\nversion = "0.1.0"\ndependencies = [\n "helper",\n]\n\n'
                                '[[package]]\nname = "helper"\nversion = "0.1.0"\n')
    files["rust/helper/Cargo.toml"] = '[package]\nname = "helper"\nversion = "0.1.0"\nedition = "2021"\n'
    files["rust/helper/src/lib.rs"] = 'pub fn word() -> String { std::env::var("HELPER_WORD").unwrap_or("1".into()) }\n'
    files["rust/core-part/Cargo.toml"] += '[build-dependencies]\nhelper = { path = "../helper" }\n'
    files["pyproject.toml"] += "\n[tool.cermet.crates.helper]\nfor-users = true\n" + rule
    return files


def test_for_all_that_use_a_crate(make):
    """The rule is for a crate that scripts are built with; whose scripts these are, nobody has to know."""
    project = make(with_helper("    let value = helper::word();\n", 'env = { HELPER_WORD = "6" }\n'))
    project.build()
    assert values(project, "_r") == "6"
    project.build("-C", 'crates.core-part.env.HELPER_WORD=7')
    assert values(project, "_r") == "7", "the rule of the script's own crate goes first"
    project.edit("pyproject.toml", "for-users = true", "for-users = false")
    project.build()
    assert values(project, "_r") == "1"


def test_what_users_of_a_crate_look_into_strictly(make):
    """A glob of such a rule opens its directory as one of the script's own rule does."""
    files = with_helper('    let value = std::fs::read_dir("../../lists").unwrap().count().to_string();\n', 'inputs = ["lists/*.txt"]\n')
    files["lists/one.txt"] = files["lists/two.txt"] = ""
    project = make(files)
    project.build("--strict")
    assert values(project, "_r") == "2"
    project.edit("pyproject.toml", "for-users = true", "for-users = false")
    failed = project.build("--strict", check=False)
    assert failed.code == 1 and "was not let read lists" in failed.err, failed.text


SYSTEM = "Name: half\nDescription: a half\nVersion: {version}\nRequires: other >= 1\nCflags: {flags}\nLibs:\n"


def test_a_newer_library_of_the_system(make, folder):
    """pkg-config's files are what is known of it: a script that looks for it runs again, and so do compilers."""
    read = '    let value = String::from_utf8(std::process::Command::new("pkg-config").args(["--modversion", "half"]).output().unwrap().stdout).unwrap();\n'
    files = with_script(read, 'uses = ["sys:half"]\n')
    files["pyproject.toml"] = files["pyproject.toml"].replace('sources = ["small/_c.c", "small/part.c"]\n',
                                                              'sources = ["small/_c.c", "small/part.c"]\nuses = ["sys:half"]\n')
    files["small/part.h"] = "long part(void);\n"
    project = make(files)
    (folder / "pc").mkdir()
    (folder / "pc/half.pc").write_text(SYSTEM.format(version="3", flags="-DPART=3"))
    (folder / "pc/other.pc").write_text("Name: other\nDescription: another\nVersion: 1\nCflags:\nLibs:\n")
    path = {"PKG_CONFIG_PATH": str(folder / "pc")}
    project.build(**path)
    assert values(project, "_r", "_c") == "3 3"
    assert not project.build(**path).ran
    (folder / "pc/half.pc").write_text(SYSTEM.format(version="4", flags="-DPART=4"))
    project.build(**path)
    assert values(project, "_r", "_c") == "4 4"
    (folder / "pc/other.pc").write_text("Name: other\nDescription: another\nVersion: 1\nCflags: -DPART=5\nLibs:\n")
    (folder / "pc/half.pc").write_text(SYSTEM.format(version="4", flags=""))
    project.build(**path)
    assert values(project, "_r", "_c") == "4 5", "what it requires counts too"


def test_the_network_for_one_script(make, registry):
    serve(registry)
    host = registry.url.split("/")[2]
    body = ('    use std::io::{Read, Write};\n'
            f'    let mut to = std::net::TcpStream::connect("{host}").expect("no server");\n'
            f'    write!(to, "GET /rates.csv HTTP/1.0\\r\\n\\r\\n").unwrap();\n'
            '    let mut told = String::new();\n    to.read_to_string(&mut told).unwrap();\n'
            '    let value = told.split("\\r\\n\\r\\n").nth(1).unwrap().lines().next().unwrap().to_string();\n')
    project = make(with_script(body, "network = false\n"))
    if not no_network_for_steps(project):
        pytest.skip("this kernel cannot take the network from a step")
    assert project.build(check=False).code == 1
    project.edit("pyproject.toml", "network = false", "network = true")
    project.build()
    assert values(project, "_r") == "7"
    said = project.cermet("audit", "--python", str(project.python)).out
    assert "but the build script of core-part may use it" in said and "pyproject.toml:" in said, said
    listed = json.loads(project.cermet("audit", "--json", "--python", str(project.python)).out)
    assert [one["crate"] for one in listed["scripts-with-network"]] == ["core-part"]


def test_headers_that_a_script_leaves_in_its_own_directory(make):
    files = with_script('    let value = "4";\n    let dir = std::env::var("OUT_DIR").unwrap() + "/include";\n'
                        '    std::fs::create_dir_all(&dir).unwrap();\n'
                        '    std::fs::write(dir + "/made.h", "#define MADE 30\\n").unwrap();\n', 'headers = ["include/*.h"]\n')
    files["small/_r.c"] = files["small/_r.c"].replace("#include <stdint.h>", '#include <stdint.h>\n#include "made.h"').replace(
        "(long)core_value()", "MADE + (long)core_value()")
    project = make(files)
    project.build()
    assert values(project, "_r") == "34"
    project.edit("rust/core-part/build.rs", "MADE 30", "MADE 40")
    project.build()
    assert values(project, "_r") == "44"


def test_what_a_rule_says_in_place_of_a_script(make):
    """Denied, and replaced: the directives, with a place in one of them; features that nobody switched on."""
    files = with_script('    panic!("not to be run");\n    #[allow(unreachable_code)]\n    let value = "0";\n',
                        'deny-run = true\nfeatures = ["more"]\n[tool.cermet.crates.core-part.provides]\n'
                        'rustc-env = ["WORD=7"]\nrustc-cfg = ["said"]\nrustc-link-search = ["library:half:search"]\n'
                        'rustc-link-lib = ["static=half"]\n')
    files["rust/core-part/Cargo.toml"] += "[features]\nmore = []\n"
    files["rust/core-part/src/lib.rs"] = ('extern "C" { fn half(x: i64) -> i64; }\n#[no_mangle]\npub extern "C" fn core_value() -> i64 {\n'
                                          '    let more = if cfg!(feature = "more") && cfg!(said) { 100 } else { 0 };\n'
                                          '    more + unsafe { half(env!("WORD").parse::<i64>().unwrap() * 2) }\n}\n')
    add_half(files)
    project = make(files)
    project.build()
    assert values(project, "_r") == "107"


def test_what_a_script_is_let_read(make):
    """Variables of the user's and files outside its package, by a glob: a new one counts."""
    files = with_script('    let count = std::fs::read_dir("../../data").unwrap().count();\n'
                        '    let value = format!("{}{count}", std::env::var("STORY_WORD").unwrap_or_default());\n',
                        'pass-env = ["STORY_WORD"]\ninputs = ["data/*.txt"]\n')
    files["data/a.txt"] = ""
    project = make(files)
    project.build()
    assert values(project, "_r") == "1"
    project.write("data/b.txt", "")
    project.build()
    assert values(project, "_r") == "2"
    project.build(STORY_WORD="4")
    assert values(project, "_r") == "42"


def test_features_of_a_crate_that_others_depend_on(make):
    """Of any crate of the graph, at the versions that the rule is for; also one that takes an optional dependency in."""
    files = with_script('    let value = "0";\n', "")
    files["rust/Cargo.toml"] = '[workspace]\nresolver = "2"\nmembers = ["core-part", "sys", "more"]\n'
    files["rust/Cargo.lock"] = ('version = 4\n\n[[package]]\nname = "core-part"\nversion = "0.1.0"\ndependencies = [\n "sys",\n]\n\n'
                                '[[package]]\nname = "more"\nversion = "0.1.0"\n\n'
                                '[[package]]\nname = "sys"\nversion = "0.1.0"\ndependencies = [\n "more",\n]\n')
    for name, table in (("sys", '[features]\nbundled = ["dep:more"]\n[dependencies]\nmore = { path = "../more", optional = true }\n'), ("more", "")):
        files[f"rust/{name}/Cargo.toml"] = f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{table}'
    files["rust/more/src/lib.rs"] = "pub fn value() -> i64 { 8 }\n"
    files["rust/sys/src/lib.rs"] = ('#[cfg(feature = "bundled")]\npub use more::value;\n'
                                    '#[cfg(not(feature = "bundled"))]\npub fn value() -> i64 { 3 }\n')
    files["rust/core-part/Cargo.toml"] += '[dependencies]\nsys = { path = "../sys" }\n'
    files["rust/core-part/src/lib.rs"] = '#[no_mangle]\npub extern "C" fn core_value() -> i64 {\n    sys::value()\n}\n'
    project = make(files)
    project.build()
    assert values(project, "_r") == "3"
    project.append("pyproject.toml", '\n[tool.cermet.crates."sys <0.2"]\nfeatures = ["bundled"]\n')
    project.build()
    assert values(project, "_r") == "8"
    project.edit("pyproject.toml", '"bundled"', '"bundeld"')
    failed = project.build(check=False)
    assert failed.code == 2 and "package sys 0.1.0 has no feature `bundeld`" in failed.err, failed.text


def test_an_output_inside_its_own_package(make):
    """A checked-in copy in the crate's own directory, which its compilation looks through, is not what the script wrote."""
    files = with_script('    let value = "4";\n    std::fs::write("made.h", "#define MADE 30\\n").unwrap();\n',
                        'outputs = ["rust/core-part/made.h"]\n')
    files["rust/core-part/made.h"] = "#define MADE 20\n"
    files["small/_r.c"] = files["small/_r.c"].replace("#include <stdint.h>", '#include <stdint.h>\n#include "made.h"').replace(
        "(long)core_value()", "MADE + (long)core_value()")
    project = make(files)
    project.build()
    assert values(project, "_r") == "34"
    assert project.read("rust/core-part/made.h") == "#define MADE 20\n"
    project.edit("rust/core-part/build.rs", "MADE 30", "MADE 40")
    project.build()
    assert values(project, "_r") == "44"
