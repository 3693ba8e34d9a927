"""Who answers when a fact is asked for: build scripts, generators, targets of the project, the system, and who says which.

The packages here know nothing of Cermet: a crate half-sys, as -sys crates are, and a Cython module need one C library.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import json
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import Dict

import pytest

import small

HALF_C = "long half(long x) { return x / 2; }\nlong half_from(void) { return FROM; }\n"
HALF_H = "long half(long x);\nlong half_from(void);\n"

# As -sys crates do: its own copy is compiled, unless something else is said from outside.
BUNDLED = '''
use std::process::Command;
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    for words in [vec!["cc", "-fPIC", "-DFROM=1", "-c", "half.c", "-o", "OUT/half.o"], vec!["ar", "crs", "OUT/libhalf.a", "OUT/half.o"]] {
        let words: Vec<String> = words.iter().map(|word| word.replace("OUT", &out)).collect();
        assert!(Command::new(&words[0]).args(&words[1..]).status().unwrap().success());
    }
    println!("cargo:rustc-link-search=native={out}");
    println!("cargo:rustc-link-lib=static=half");
    println!("cargo:include={}", std::env::current_dir().unwrap().display());
}
'''
# Of the crate above it: what half-sys says about itself reaches it as with any script.
ABOVE = '''
fn main() {
    println!("cargo:rustc-env=INCLUDE={}", std::env::var("DEP_HALF_INCLUDE").unwrap());
}
'''
LIBRARY = '''
extern "C" { fn half(x: i64) -> i64; fn half_from() -> i64; }
#[no_mangle]
pub extern "C" fn core_value() -> i64 {
    assert!(!env!("INCLUDE").is_empty());
    unsafe { 10 * half_from() + half(8) }
}
'''

C_LIBRARY = '''
[[tool.cermet.c-library]]
name = "half"
sources = ["clib/half.c"]
public-include = ["clib/include"]
define = { FROM = "2" }
'''


def package() -> Dict[str, str]:
    """small.everything(), whose crate stands on half-sys."""
    files = small.everything()
    files["rust/Cargo.toml"] = '[workspace]\nresolver = "2"\nmembers = ["core-part", "half-sys"]\n'
    files["rust/Cargo.lock"] = 'version = 4\n\n[[package]]\nname = "core-part"\nversion = "0.1.0"\ndependencies = [\n "half-sys",\n]\n\n' \
                               '[[package]]\nname = "half-sys"\nversion = "0.1.0"\n'
    files["rust/half-sys/Cargo.toml"] = '[package]\nname = "half-sys"\nversion = "0.1.0"\nedition = "2021"\nlinks = "half"\n'
    files["rust/half-sys/build.rs"] = BUNDLED
    files["rust/half-sys/half.c"] = HALF_C
    files["rust/half-sys/half.h"] = HALF_H
    files["rust/half-sys/src/lib.rs"] = ""
    files["rust/core-part/Cargo.toml"] += '[dependencies]\nhalf-sys = { path = "../half-sys" }\n'
    files["rust/core-part/build.rs"] = ABOVE
    files["rust/core-part/src/lib.rs"] = "extern crate half_sys;\n" + LIBRARY
    return files


def with_cython(files: Dict[str, str], how: str) -> Dict[str, str]:
    files["small/cy.pyx"] = 'cdef extern from "half.h":\n    long half(long)\n    long half_from()\n\n\ndef value():\n    return 10 * half_from() + half(6)\n'
    files["pyproject.toml"] = files["pyproject.toml"].replace("[[tool.cermet.cython]]\n", f'[[tool.cermet.cython]]\nuses = ["{how}"]\n')
    return files


def values(project, *modules: str) -> str:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import importlib; " \
           "print(*[importlib.import_module('small.' + name).value() for name in sys.argv[2:]])"
    with zipfile.ZipFile(project.wheel) as archive, tempfile.TemporaryDirectory() as folder:
        archive.extractall(folder)
        return subprocess.run([str(project.python), "-I", "-c", code, folder, *modules], stdout=subprocess.PIPE, text=True,
                              check=True).stdout.strip()


def system_half(folder: Path) -> Path:
    """A library as a distribution installs it, with its pkg-config file; the directory of that."""
    root = folder / "system"
    (root / "include").mkdir(parents=True)
    (root / "half.c").write_text(HALF_C)
    (root / "include/half.h").write_text(HALF_H)
    subprocess.run(["cc", "-fPIC", "-DFROM=3", "-c", "half.c"], cwd=root, check=True)
    subprocess.run(["ar", "crs", "libhalf.a", "half.o"], cwd=root, check=True)
    (root / "half.pc").write_text(f"Name: half\nDescription: a half\nVersion: 1.0\nCflags: -I{root}/include\nLibs: -L{root} -lhalf\n")
    return root


def test_one_sys_crate_three_ways(make, folder):
    """Bundled, of the system, and built by the same graph that gives it to a Cython module; said in overrides files."""
    project = make(with_cython({**package(), "clib/half.c": HALF_C, "clib/include/half.h": HALF_H}, "c:half"))
    project.append("pyproject.toml", C_LIBRARY)
    before = project.files()
    project.build()
    assert values(project, "_r", "cy") == "14 23", "the crate's own library"
    folder.joinpath("graph.toml").write_text('provide = { "library:half" = "c:half" }\n[crates.half-sys]\nlibrary = "library:half"\n')
    built = project.build("--overrides", str(folder / "graph.toml"))
    assert values(project, "_r", "cy") == "24 23", "the project's library, in both"
    assert not any("build script of half-sys" in step.description for step in built.steps if step.started)
    assert not project.build("--overrides", str(folder / "graph.toml")).ran
    folder.joinpath("system.toml").write_text('provide = { "library:half" = "sys:half" }\n[crates.half-sys]\nlibrary = "library:half"\n')
    root = system_half(folder)
    project.build("--overrides", str(folder / "system.toml"), PKG_CONFIG_PATH=str(root))
    assert values(project, "_r", "cy") == "34 23", "the system's library"
    assert project.files() == before


def test_a_changed_library_reaches_both(make, folder):
    project = make(with_cython({**package(), "clib/half.c": HALF_C, "clib/include/half.h": HALF_H}, "library:half"))
    project.append("pyproject.toml", C_LIBRARY + '[tool.cermet.provide]\n"library:half" = "c:half"\n[tool.cermet.crates.half-sys]\nlibrary = "library:half"\n')
    project.build()
    assert values(project, "_r", "cy") == "24 23"
    project.edit("clib/half.c", "return x / 2", "return x / 2 + 1")
    changed = project.build()
    assert values(project, "_r", "cy") == "25 24"
    assert "cc-_c" not in changed.ran, changed.ran


RULES = '''
[crates."half-sys <0.2"]
library = "library:half"
[crates."half-sys >=0.2"]
when = "cfg(windows)"
deny-run = true
[crates.not-in-this-graph]
env = { A = "1" }
'''


def test_rules_of_a_file_and_versions(make):
    """Written for many packages: what fits no crate here is no error; the first rule that fits a version counts."""
    files = with_cython({**package(), "clib/half.c": HALF_C, "clib/include/half.h": HALF_H, "rules/sys.toml": RULES}, "c:half")
    files["pyproject.toml"] = files["pyproject.toml"].replace("[tool.cermet]\n", '[tool.cermet]\ncrate-rules = ["rules/*.toml"]\nprovide = { "library:half" = "c:half" }\n') + C_LIBRARY
    project = make(files)
    project.build()
    assert values(project, "_r", "cy") == "24 23"
    project.build("-C", 'crates.half-sys <0.2.provides.rustc-cfg=story')
    assert values(project, "_r", "cy") == "24 23", "a rule of a file is changed like any other"
    for name in ("rust/half-sys/Cargo.toml", "rust/Cargo.lock"):
        text = project.read(name)
        at = text.index('name = "half-sys"')
        project.write(name, text[:at] + text[at:].replace('version = "0.1.0"', 'version = "0.2.0"', 1))
    project.build()
    assert values(project, "_r", "cy") == "14 23", "the crate's own library"
    project.write("rules/sys.toml", '[crates."half-sys below 2"]\ndeny-run = true\n')
    failed = project.build(check=False)
    assert failed.code == 2 and "`below 2` is no requirement on versions of the crate half-sys" in failed.err, failed.text
    assert "rules/sys.toml" in failed.err
    project.write("rules/sys.toml", '\n[crates.half-sys]\nwhen = "os_name is windows"\n')
    failed = project.build(check=False)
    assert failed.code == 2 and "rules/sys.toml:3" in failed.err and "os_name is windows" in failed.err, failed.text
    project.write("rules/sys.toml", "packages = []\n")
    failed = project.build(check=False)
    assert failed.code == 2 and "a file of crate rules has only tables [crates.NAME]" in failed.err, failed.text


GENERATOR = '''\
# Written from docs/protocol.md alone: a library made by a shell script, told over the channel.
set -eu
ask() { printf '%s\\n' "$1" >&"$CERMET_CHANNEL"; IFS= read -r reply <&"$CERMET_CHANNEL"; }
say() { printf '%s\\n' "$1" >&"$CERMET_CHANNEL"; }
ask '{"id": 1, "type": "hello", "protocol": [1], "client": "half.sh"}'
ask '{"id": 2, "type": "option", "name": "from", "kind": "number", "default": 5}'
from=${reply#*'"value":'}
from=${from%%\\}*}
ask "{\\"id\\": 3, \\"type\\": \\"watch\\", \\"path\\": \\"$PWD/clib/half.c\\"}"
mkdir -p "$OUT_DIR/include"
cp clib/include/half.h "$OUT_DIR/include/"
cc -fPIC -DFROM="$from" -c clib/half.c -o "$OUT_DIR/half.o"
ar crsD "$OUT_DIR/libhalf.a" "$OUT_DIR/half.o"
rm "$OUT_DIR/half.o"
say "{\\"type\\": \\"output\\", \\"path\\": \\"$OUT_DIR/include\\", \\"role\\": \\"header\\"}"
say '{"type": "note", "message": "half is a library of one function"}'
say "{\\"type\\": \\"provide\\", \\"kind\\": \\"library\\", \\"name\\": \\"half\\", \\"value\\": {\\"link\\": \\"static\\", \\"libraries\\": [\\"half\\"], \\"search\\": [\\"$OUT_DIR\\"], \\"include\\": [\\"$OUT_DIR/include\\"]}}"
'''
GENERATE_TABLE = '''
[[tool.cermet.generate]]
name = "half"
command = ["sh", "half.sh"]
inputs = ["half.sh", "clib/include/half.h"]
provides = ["library:half"]

[tool.cermet.crates.half-sys]
library = "library:half"
'''


def with_generator() -> Dict[str, str]:
    files = with_cython({**package(), "clib/half.c": HALF_C, "clib/include/half.h": HALF_H, "half.sh": GENERATOR}, "library:half")
    files["pyproject.toml"] += GENERATE_TABLE
    return files


def test_a_shell_script_provides_a_library(make, folder):
    """To an unmodified -sys crate and to a Cython module; with one slot; its option and its place are set from outside."""
    project = make(with_generator())
    first = project.build("-j1", "-v")
    assert values(project, "_r", "cy") == "54 53"
    assert "half: half is a library of one function" in first.err, first.err
    assert not project.build("-j1").ran
    project.build("-C", "generate.half.options.from=6")
    assert values(project, "_r", "cy") == "64 63"
    listed = json.loads(project.cermet("options", "--json", "-C", "generate.half.options.from=6").out)["options"]
    asked = next(knob for knob in listed if knob["name"] == "generate.half.options.from")
    assert (asked["type"], asked["default"], asked["value"]) == ("number", "5", "6") and asked["consumers"] == ["generate:half"], asked
    assert not any(name.startswith("generate-") for name in project.build().ran), "the answer of the first build is remembered"
    assert values(project, "_r", "cy") == "54 53"
    project.edit("clib/half.c", "return x / 2", "return x / 2 + 1")
    project.build()
    assert values(project, "_r", "cy") == "55 54", "it watches this file, which is no input"
    root = system_half(folder)
    folder.joinpath("system.toml").write_text('provide = { "library:half" = "sys:half" }\n')
    project.build("--overrides", str(folder / "system.toml"), PKG_CONFIG_PATH=str(root))
    assert values(project, "_r", "cy") == "34 33"


@pytest.mark.parametrize("option, words", [
    ("from=many", ["takes a whole number, not `many`", "pyproject.toml"]),
    ("form=6", ["the generator half has no option `form`", "did you mean from?"]),
])
def test_options_that_cannot_be(make, option, words):
    project = make(with_generator())
    name, value = option.split("=")
    project.edit("pyproject.toml", 'provides = ["library:half"]', f'provides = ["library:half"]\noptions = {{ {name} = "{value}" }}')
    failed = project.build(check=False)
    assert failed.code != 0 and all(word in failed.err for word in words), failed.text


def test_two_that_provide_one_name(make):
    files = with_generator()
    files["pyproject.toml"] += GENERATE_TABLE.split("[tool.cermet.crates")[0].replace('"half"', '"other"')
    failed = make(files).build(check=False)
    assert failed.code == 2, failed.text
    assert "library:half is provided by the generator half and by the generator other" in failed.err, failed.err
    assert "`provide` of the configuration can say which one is meant" in failed.err


@pytest.mark.parametrize("change, words", [
    ('provide = { "library:half" = "c:hafl" }', "there is no c-library called 'hafl'"),
    ('provide = { "library:half" = "library:other" }', "which is a fact itself"),
    ('provide = { "half" = "c:half" }', "'provide' names half, which is no fact"),
])
def test_what_provide_may_say(make, change, words):
    files = with_generator()
    files["pyproject.toml"] = files["pyproject.toml"].replace("[tool.cermet]\n", "[tool.cermet]\n" + change + "\n") + C_LIBRARY
    failed = make(files).build(check=False)
    assert failed.code == 2 and words in failed.err and "pyproject.toml" in failed.err, failed.text


def test_a_declared_fact_that_is_not_provided(make):
    files = with_generator()
    files["half.sh"] = "true\n"
    failed = make(files).build(check=False)
    assert failed.code == 2 and "the generator half did not provide library:half" in failed.err, failed.text


RECORDS = '''import json, os, socket, sys
channel = socket.socket(fileno=int(os.environ["CERMET_CHANNEL"])).makefile("rw")
told = {}
for number, fact in enumerate(["abi:c", "abi:python", "abi:rust", "tool:cc", "tool:python"]):
    kind, name = fact.split(":")
    print(json.dumps({"id": number, "type": "require", "kind": kind, "name": name}), file=channel, flush=True)
    told[fact] = json.loads(channel.readline())["answer"]["value"]
assert told["abi:python"]["record"]["soabi"] == __import__("sysconfig").get_config_var("SOABI")
assert told["tool:python"]["program"] == sys.executable, told["tool:python"]
assert os.access(told["tool:cc"]["program"], os.X_OK)
assert told["abi:c"]["record"]["arch"] == told["abi:rust"]["record"]["arch"] == os.uname().machine
with open("small/part.h", "w") as out:
    out.write("/* %s %s */\\n" % (told["abi:c"]["record"]["libc"], told["abi:rust"]["record"]["release"]))
    out.write("#define PART %d\\nlong part(void);\\n" % len(told))
'''


def test_toolchains_are_facts(make):
    files = small.everything()
    files["records.py"] = RECORDS
    files["pyproject.toml"] = files["pyproject.toml"].replace('"small/part.c"]', '"small/part.c"]\nuses = ["generate:records"]') + '''
[[tool.cermet.generate]]
name = "records"
command = ["python", "records.py"]
inputs = ["records.py"]
outputs = ["small/part.h"]
'''
    project = make(files)
    project.build()
    assert values(project, "_c") == "5"
    assert not project.build().ran
    changed = project.build(CC="cc -DOTHER")
    assert any(label.startswith("generate-records") for label in changed.ran), changed.ran


def test_a_generator_asks_for_what_a_script_provides(make):
    """The other way round: facts go from a crate to a generator, which waits without holding a place."""
    files = small.everything()
    files["rust/core-part/Cargo.toml"] += '[package.metadata.cermet]\nprovide = ["config:limits"]\n'
    files["rust/core-part/build.rs"] = '''
use std::io::Write;
use std::os::fd::FromRawFd;
fn main() {
    let number: i32 = std::env::var("CERMET_CHANNEL").unwrap().parse().unwrap();
    let mut channel = unsafe { std::fs::File::from_raw_fd(number) };
    writeln!(channel, r#"{{"type":"provide","kind":"config","name":"limits","value":{{"values":{{"max":"7"}}}}}}"#).unwrap();
}
'''
    files["tables.py"] = '''import json, os, socket
channel = socket.socket(fileno=int(os.environ["CERMET_CHANNEL"])).makefile("rw")
print(json.dumps({"id": "a", "type": "require", "kind": "config", "name": "limits"}), file=channel, flush=True)
answer = json.loads(channel.readline())["answer"]
with open("small/part.h", "w") as out:
    out.write("#define PART %s\\nlong part(void);\\n" % answer["value"]["values"]["max"])
'''
    files["pyproject.toml"] += '''
[[tool.cermet.generate]]
name = "tables"
command = ["python", "tables.py"]
inputs = ["tables.py"]
outputs = ["small/part.h"]
'''
    files["pyproject.toml"] = files["pyproject.toml"].replace('"small/part.c"]', '"small/part.c"]\nuses = ["generate:tables"]')
    project = make(files)
    project.build("-j1")
    assert values(project, "_c") == "7"
    project.edit("rust/core-part/build.rs", '"max":"7"', '"max":"8"')
    project.build("-j1")
    assert values(project, "_c") == "8"


WAITS = '''import json, os, socket
channel = socket.socket(fileno=int(os.environ["CERMET_CHANNEL"])).makefile("rw")
print(json.dumps({"id": 1, "type": "require", "kind": "config", "name": "OTHER"}), file=channel, flush=True)
answer = json.loads(channel.readline())
assert "error" not in answer, answer["error"]
'''


@pytest.mark.parametrize("slots", ["-j1", "-j2"])
def test_two_that_wait_for_each_other(make, slots):
    """Each asks for what the other provides, when it runs: a cycle that nobody can see before. It ends, and is shown."""
    files = small.everything()
    files["one.py"] = WAITS.replace("OTHER", "second")
    files["two.py"] = WAITS.replace("OTHER", "first")
    for name, fact in (("one", "first"), ("two", "second")):
        files["pyproject.toml"] += f'\n[[tool.cermet.generate]]\nname = "{name}"\ncommand = ["python", "{name}.py"]\ninputs = ["{name}.py"]\nprovides = ["config:{fact}"]\n'
    files["pyproject.toml"] = files["pyproject.toml"].replace('"small/part.c"]', '"small/part.c"]\nuses = ["generate:one"]')
    failed = make(files).build(slots, check=False)
    assert failed.code != 0 and "these need each other in a cycle" in failed.err, failed.text
    assert "generating one" in failed.err and "generating two" in failed.err and "search-fact" not in failed.err, failed.text
