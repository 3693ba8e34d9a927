"""Called from cargo: a packaged cermet-build makes Cermet from its own sources, and a build.rs builds a cermet.toml.

SPDX-License-Identifier: MIT
The crate comes from a local registry that holds its .crate; cargo is offline and has a home of its own. One workspace
serves all tests, because making Cermet takes a minute of one core: each test leaves it as it found it.
"""
from __future__ import annotations

import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Optional

import pytest

from story import ROOT, WORK, base_environment, program, remove

SCRIPT = "fn main() {\n    cermet_build::targets().build();\n}\n"

AREA_HEADER = "int area(int side);\nint length(const char* text);\n"
AREA_C = '#include "area.h"\nint area(int side) { return side * side; }\n'

APP_SCRIPT = '''\
fn main() {
    let built = cermet_build::targets().build();
    assert_eq!(built.target("tool:gen").unwrap().programs.len(), 1);
    let include = std::env::var("DEP_AREA_INCLUDE").unwrap();
    let header = std::fs::read_to_string(format!("{include}/area.h")).unwrap();
    println!("cargo::rustc-env=HEADER={}", header.lines().next().unwrap());
}
'''

APP_MAIN = '''\
extern "C" {
    fn tree_limit() -> i32;
}
fn main() {
    println!("{} {} | {} | {}", area::of(3), area::length("abcd"), unsafe { tree_limit() }, env!("HEADER"));
    if std::env::args().len() == 1 {
        let generator = std::process::Command::new(env!("CERMET_BIN_GEN")).arg("/dev/stdout").output().unwrap();
        print!("{}", String::from_utf8(generator.stdout).unwrap());
    }
}
'''

SNAKE_MAIN = '''\
fn main() {
    let run = std::process::Command::new(env!("PYTHON"))
        .env("PYTHONPATH", env!("CERMET_PYTHONPATH"))
        .args(["-c", "import kit.fast; print(kit.fast.area_of(5))"])
        .output()
        .unwrap();
    print!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
}
'''


def manifest(name: str, more: str = "") -> str:
    return (f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{more}\n'
            '[build-dependencies]\ncermet-build = "0.1"\n')


def workspace() -> Dict[str, str]:
    """app → area, each with C of its own; snake has a Cython module."""
    return {
        "Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["app", "area", "snake"]\n',
        "area/Cargo.toml": manifest("area", 'links = "area"'),
        "area/build.rs": SCRIPT,
        "area/cermet.toml": '[[c-library]]\nname = "area"\nsources = ["native/*.c", "native/*.cpp"]\npublic-include = ["include"]\n'
                            'c-flags = ["-Wall"]\nlibraries = ["m"]\n',
        "area/include/area.h": AREA_HEADER,
        "area/native/area.c": AREA_C,
        "area/native/length.cpp": '#include <string>\nextern "C" {\n#include "area.h"\n}\n'
                                  'int length(const char* text) { return (int)std::string(text).size(); }\n',
        "area/src/lib.rs": 'use std::ffi::{c_char, CString};\nextern "C" {\n    fn area(side: i32) -> i32;\n    #[link_name = "length"]\n'
                           '    fn c_length(text: *const c_char) -> i32;\n}\npub fn of(side: i32) -> i32 {\n    unsafe { area(side) }\n}\n'
                           'pub fn length(text: &str) -> i32 {\n    let text = CString::new(text).unwrap();\n    unsafe { c_length(text.as_ptr()) }\n}\n',
        "area/NOTES.txt": "nothing reads this\n",
        "app/Cargo.toml": manifest("app", '[dependencies]\narea = { path = "../area" }'),
        "app/build.rs": APP_SCRIPT,
        "app/cermet.toml": '[[executable]]\nname = "gen"\nsources = ["native/gen.c"]\n\n'
                           '[[generate]]\nname = "bounds"\ncommand = ["tool:gen", "native/bounds.h"]\noutputs = ["native/bounds.h"]\n\n'
                           '[[c-library]]\nname = "tree"\nkind = "shared"\nsources = ["native/tree.c"]\ninclude-dirs = ["native"]\n'
                           'uses = ["generate:bounds"]\n',
        "app/native/gen.c": '#include <stdio.h>\nint main(int count, char** words) {\n    FILE* to = fopen(words[count - 1], "w");\n'
                            '    fprintf(to, "#define LIMIT 12\\n");\n    return fclose(to);\n}\n',
        "app/native/tree.c": '#include "bounds.h"\nint tree_limit(void) { return LIMIT; }\n',
        "app/src/main.rs": APP_MAIN,
        "snake/Cargo.toml": manifest("snake"),
        "snake/build.rs": SCRIPT.replace("\n}", '\n    println!("cargo::rustc-env=PYTHON={}", std::env::var("PYO3_PYTHON").unwrap());\n}'),
        "snake/cermet.toml": '[[c-library]]\nname = "square"\nsources = ["native/square.c"]\npublic-include = ["native"]\n\n'
                             '[[cython]]\nmodules = ["kit/*.pyx"]\nuses = ["c:square"]\n',
        "snake/native/square.h": "int square(int side);\n",
        "snake/native/square.c": '#include "square.h"\nint square(int side) { return side * side; }\n',
        "snake/kit/fast.pyx": 'cdef extern from "square.h":\n    int square(int)\n\n\ndef area_of(side):\n    return square(side)\n',
        "snake/src/main.rs": SNAKE_MAIN,
    }


APP_SAYS = "9 4 | 12 | int area(int side);\n#define LIMIT 12\n"


class Workspace:
    """Files, a registry with the crate, and cargo in an environment without Cermet."""

    def __init__(self, folder: Path, crate: Path, python: Path):
        self.folder = folder
        for name, text in workspace().items():
            self.write(name, text)
        registry = folder / "registry"
        index = registry / "index" / "ce" / "rm" / "cermet-build"
        index.parent.mkdir(parents=True)
        shutil.copy(crate, registry)
        entry = {"name": "cermet-build", "vers": "0.1.0", "deps": [], "features": {}, "yanked": False,
                 "cksum": sha256(crate.read_bytes()).hexdigest()}
        index.write_text(json.dumps(entry) + "\n")
        self.write(".cargo/config.toml", '[source.crates-io]\nreplace-with = "here"\n[source.here]\n'
                                         f'local-registry = "{registry}"\n')
        # Whoever looks for these headers in the system, and not in the crate, finds an error.
        for header in ("toml++/toml.h", "nlohmann/json.hpp", "xxhash.h"):
            self.write(f"system/{header}", "#error this is not the crate's header\n")
        self.environment = base_environment(CARGO_HOME=str(folder / "home"), CARGO_NET_OFFLINE="true", PYO3_PYTHON=str(python),
                                            PATH=path_without_cermet(), CXX=f"g++ -isystem {folder / 'system'}")
        self.environment.pop("CERMET", None)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def cargo(self, *words: str, check: bool = True, environment: Optional[Mapping[str, str]] = None) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(["cargo", *words], cwd=self.folder, env=environment or self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done

    def app(self, *words: str) -> str:
        return str(self.cargo("run", "-q", "-p", "app", *words).stdout)

    def compiled(self, package: str) -> List[str]:
        """Which packages the next build of this one finds changed."""
        lines = self.cargo("build", "-v", "-p", package).stderr.splitlines()
        return [line.split()[1] for line in lines if line.startswith("   Compiling ")]

    def programs(self) -> List[Path]:
        return sorted(self.folder.glob("target/cermet/*/cermet"))


def path_without_cermet() -> str:
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not os.path.exists(os.path.join(folder, "cermet")))


@pytest.fixture(scope="module")
def crate() -> Path:
    if shutil.which("cargo") is None:
        pytest.skip("no cargo")
    folder = WORK / "called-from-cargo" / "package"
    remove(folder)
    subprocess.run([str(ROOT / "tools" / "package_crate"), str(folder)], check=True, stdout=subprocess.DEVNULL)
    return folder / "cermet-build-0.1.0.crate"


@pytest.fixture(scope="module")
def cargo(crate: Path, python: Path) -> Iterator[Workspace]:
    """Built once: area and app together, so that two scripts want Cermet at the same time."""
    folder = WORK / "called-from-cargo" / "workspace"
    remove(folder)
    made = Workspace(folder, crate, python)
    made.cargo("build", "-p", "app", "-p", "snake")
    yield made
    remove(folder)


def test_the_crate_holds_what_it_needs_and_says_whose_it_is(crate):
    names = subprocess.run(["tar", "tzf", str(crate)], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    inside = {name.split("/", 1)[1] for name in names}
    assert {"cermet/src/all.cpp", "cermet/headers/toml++/toml.h", "cermet/headers/xxhash.h", "LICENSE"} <= inside
    assert {f"cermet/licenses/{name}.txt" for name in ("tomlplusplus", "nlohmann-json", "xxhash")} <= inside
    assert not [name for name in inside if name.endswith("_test.cpp")]
    text = subprocess.run(["tar", "xzOf", str(crate), "cermet-build-0.1.0/Cargo.toml"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert 'license = "BSD-2-Clause AND BSD-3-Clause AND MIT"' in text


def test_c_and_cpp_are_linked(cargo):
    """A static library of C and C++ below a dependency, a shared one, a program, a generated header, `links`' values."""
    assert cargo.app() == APP_SAYS


def test_cermet_is_made_once(cargo):
    """Three packages, two of them at the same time, and another profile."""
    before = cargo.programs()
    assert len(before) == 1
    stamp = before[0].stat().st_mtime_ns
    said = [path for path in cargo.folder.glob("target/debug/build/*/stderr") if "making Cermet" in path.read_text()]
    assert len(said) == 1, said
    assert cargo.app("--release", "-j1") == APP_SAYS
    assert cargo.programs() == before and before[0].stat().st_mtime_ns == stamp
    assert not (Path(cargo.environment["CARGO_HOME"]) / "cermet").exists()


def test_a_cython_module(cargo):
    assert cargo.cargo("run", "-q", "-p", "snake").stdout == "25\n"
    cargo.edit("snake/kit/fast.pyx", "square(side)", "square(side) + 1")
    assert cargo.cargo("run", "-q", "-p", "snake").stdout == "26\n"
    cargo.edit("snake/kit/fast.pyx", "square(side) + 1", "square(side)")
    assert cargo.cargo("run", "-q", "-p", "snake").stdout == "25\n"


def test_edits(cargo):
    """A source, a header that nobody named, a new file that a glob matches; and a file that nothing reads."""
    cargo.app()
    assert cargo.compiled("app") == []
    cargo.write("area/NOTES.txt", "still nothing\n")
    cargo.write("app/NOTES.txt", "new\n")
    assert cargo.compiled("app") == []
    cargo.edit("area/native/area.c", "side * side", "side * side + 1")
    assert cargo.compiled("app") == ["area", "app"]
    assert cargo.app() == APP_SAYS.replace("9 4", "10 4")
    cargo.write("area/include/area.h", "#define MORE 2\n" + AREA_HEADER)
    assert cargo.compiled("app") == ["area", "app"]
    cargo.write("area/include/area.h", AREA_HEADER)
    cargo.write("area/native/area.c", '#include "area.h"\nint other(int side);\nint area(int side) { return other(side); }\n')
    cargo.write("area/native/other.c", "int other(int side);\nint other(int side) { return side; }\n")
    assert cargo.app() == APP_SAYS.replace("9 4", "3 4")
    (cargo.folder / "area/native/other.c").unlink()
    cargo.write("area/native/area.c", AREA_C)
    cargo.edit("app/native/gen.c", "LIMIT 12", "LIMIT 13")
    assert cargo.app() == APP_SAYS.replace("12", "13")
    cargo.edit("app/native/gen.c", "LIMIT 13", "LIMIT 12")
    assert cargo.app() == APP_SAYS
    assert cargo.compiled("app") == []


def test_flags_of_the_environment_and_of_cargo(cargo):
    """Another CFLAGS is another result; cargo's level stands before it."""
    cargo.edit("area/native/area.c", "side * side", "side * side + EXTRA")
    done = cargo.cargo("run", "-q", "-p", "app", environment={**cargo.environment, "CFLAGS": "-DEXTRA=5"})
    assert done.stdout == APP_SAYS.replace("9 4", "14 4")
    done = cargo.cargo("run", "-q", "-p", "app", environment={**cargo.environment, "CFLAGS": "-DEXTRA=6"})
    assert done.stdout == APP_SAYS.replace("9 4", "15 4")
    cargo.write("area/native/area.c", '#include "area.h"\n#ifdef __OPTIMIZE__\n#define EXTRA 1\n#else\n#define EXTRA 0\n#endif\n'
                                      "int area(int side) { return side * side + EXTRA; }\n")
    assert cargo.app() == APP_SAYS and cargo.app("--release") == APP_SAYS.replace("9 4", "10 4")
    cargo.edit("area/native/area.c", "__OPTIMIZE__", "FROM_OUTSIDE")
    cargo.write("distro.toml", '[profile.dev]\ndefine = { FROM_OUTSIDE = "1" }\n')
    overridden = {**cargo.environment, "CERMET_OVERRIDES": str(cargo.folder / "distro.toml")}
    assert cargo.cargo("run", "-q", "-p", "app", environment=overridden).stdout == APP_SAYS.replace("9 4", "10 4")
    cargo.write("area/native/area.c", AREA_C)
    assert cargo.app() == APP_SAYS


def test_a_failure_shows_the_compilers_error(cargo):
    cargo.write("area/native/area.c", '#include "area.h"\nint area(int side) { return sid * side; }\n')
    failed = cargo.cargo("build", "-p", "app", check=False)
    assert failed.returncode == 101
    assert "native/area.c:2:" in failed.stderr and "undeclared" in failed.stderr, failed.stderr
    assert "failed to run custom build command for `area" in failed.stderr and "panicked" not in failed.stderr, failed.stderr
    cargo.write("area/native/area.c", AREA_C)
    assert cargo.app() == APP_SAYS


def test_a_wrong_key_is_shown_with_its_place(cargo):
    cargo.edit("area/cermet.toml", "sources =", "source =")
    failed = cargo.cargo("build", "-p", "app", check=False)
    assert "cermet.toml:3" in failed.stderr and "sources" in failed.stderr, failed.stderr
    cargo.edit("area/cermet.toml", "source =", "sources =")
    assert cargo.app() == APP_SAYS


def test_a_warning_is_shown(cargo):
    cargo.write("area/native/area.c", AREA_C + "static int nobody(void) { return 1; }\n")
    assert "unused-function" in cargo.cargo("build", "-p", "app").stderr
    cargo.write("area/native/area.c", AREA_C)
    assert cargo.app() == APP_SAYS


def test_a_cermet_that_is_there_is_used(cargo):
    """Named by CERMET, and found on PATH where its version fits."""
    named = {**cargo.environment, "CERMET": program()}
    assert cargo.cargo("run", "-q", "-p", "app", "--target-dir", "named", environment=named).stdout == APP_SAYS
    assert not list(cargo.folder.glob("named/cermet/*/cermet")) and (cargo.folder / "named/cermet/cache").is_dir()
    tools = cargo.folder / "tools"
    tools.mkdir()
    (tools / "cermet").symlink_to(program())
    installed = {**cargo.environment, "PATH": f"{tools}{os.pathsep}{cargo.environment['PATH']}"}
    assert cargo.cargo("run", "-q", "-p", "app", "--target-dir", "found", environment=installed).stdout == APP_SAYS
    assert not list(cargo.folder.glob("found/cermet/*/cermet"))
    missing = {**cargo.environment, "CERMET": "/nowhere/cermet"}
    failed = cargo.cargo("build", "-p", "app", "--target-dir", "named", environment=missing, check=False)
    assert "CERMET names /nowhere/cermet, which is no program" in failed.stderr, failed.stderr


def test_the_same_scripts_under_cermet(cargo, mode):
    """Cermet runs them and is there already: nothing is made. In mount mode paths of programs are only true inside."""
    target = f"cermet-{mode}"
    environment = {**cargo.environment, "CERMET_CACHE": str(cargo.folder / f"cache-{mode}"), "CERMET_MODE": mode}
    command = [program(), "build", "-p", "app", "--target-dir", target, "--offline"]

    def build() -> str:
        done = subprocess.run(command, cwd=cargo.folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        libraries = ":".join(str(path) for path in (cargo.folder / f"cache-{mode}").glob("roots/*/out/app-build-run-*/out/cermet"))
        return subprocess.run([str(cargo.folder / target / "debug" / "app"), "briefly"], env={**environment, "LD_LIBRARY_PATH": libraries},
                              stdout=subprocess.PIPE, text=True, check=True).stdout

    assert build() == "9 4 | 12 | int area(int side);\n"
    cargo.edit("area/native/area.c", "side * side", "side * side + 1")
    assert build() == "10 4 | 12 | int area(int side);\n"
    cargo.write("area/native/area.c", AREA_C)
    assert build() == "9 4 | 12 | int area(int side);\n"
    assert not list(cargo.folder.glob(f"{target}/cermet"))
