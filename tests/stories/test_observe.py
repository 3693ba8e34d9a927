"""What scripts read without saying so: seen (`--observe`), declared from what was seen, and refused where it is not (`--strict`).

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
import zipfile
from typing import Any, Dict, List

import pytest

import small
from story import program
from test_rust_workspace import rust  # noqa: F401 (a fixture)

SCRIPT = r"""
use std::{env, fs, process::Command};

fn run(words: &[&str]) -> String {
    let done = Command::new(words[0]).args(&words[1..]).output().unwrap();
    assert!(done.status.success(), "{}: {}", words[0], String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn main() {
    println!("cargo:rerun-if-env-changed=STORY_TOLD");
    let out = env::var("OUT_DIR").unwrap();
    let own = fs::read_to_string("own.txt").unwrap();
    let limit = fs::read_to_string("../shared/limit.txt").unwrap();
    let tables = fs::read_dir("../shared/tables").unwrap().count();
    let first = fs::read_to_string("../shared/tables/1.txt").unwrap();
    let by_perl = run(&["perl", "-e", "open F, '<../shared/perl.txt' or die $!; print <F>"]);
    let by_python = run(&["python3", "-c", "print(open('../shared/python.txt').read(), end='')"]);
    run(&["cc", "-c", "-include", "../shared/of_cc.h", "-o", &format!("{out}/a.o"), "a.c"]);
    run(&["cc", "-static", "-o", &format!("{out}/reader"), "reader.c"]);
    let by_static = run(&[&format!("{out}/reader")]);
    let value = env::var("STORY_VALUE").unwrap_or_else(|_| "0".into());
    let told = env::var("STORY_TOLD").unwrap_or_else(|_| "0".into());
    let all: i64 = [own, limit, first, by_perl, by_python, by_static, value, told]
        .iter().map(|text| text.trim().parse::<i64>().unwrap()).sum();
    fs::write(format!("{out}/value.rs"), format!("const VALUE: i64 = {all} + {tables};")).unwrap();
}
"""
LIBRARY = """\
include!(concat!(env!("OUT_DIR"), "/value.rs"));
#[no_mangle]
pub extern "C" fn core_value() -> i64 {
    VALUE
}
"""
# Neither the C library's open() nor a dynamic linker that could load a library first.
READER = r"""
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    char text[16];
    long file = syscall(SYS_openat, AT_FDCWD, "../shared/static.txt", O_RDONLY);
    if (file < 0) return 1;
    return write(1, text, (unsigned long)read((int)file, text, sizeof text)) < 0;
}
"""
GENERATOR = """
[[tool.cermet.generate]]
name = "number"
command = ["python", "tools/number.py", "small/number.h"]
inputs = ["tools/number.py"]
outputs = ["small/number.h"]
"""
NUMBER = """\
import sys
with open("tools/number.txt") as file, open(sys.argv[1], "w") as to:
    to.write(f"#define NUMBER {int(file.read())}\\n")
"""


def files() -> Dict[str, str]:
    made = small.everything()
    made["pyproject.toml"] = made["pyproject.toml"].replace(
        'sources = ["small/_c.c", "small/part.c"]\n',
        'sources = ["small/_c.c", "small/part.c"]\nuses = ["generate:number"]\n') + GENERATOR
    made["small/_c.c"] = small.c_module("_c", '#include "number.h"', "NUMBER")
    made["small/number.h"] = ""
    made["tools/number.py"] = NUMBER
    made["tools/number.txt"] = "9\n"
    made["rust/core-part/build.rs"] = SCRIPT
    made["rust/core-part/src/lib.rs"] = LIBRARY
    made["rust/core-part/own.txt"] = "1\n"
    made["rust/core-part/a.c"] = "int a = OF_CC;\n"
    made["rust/core-part/reader.c"] = READER
    made["rust/shared/of_cc.h"] = "#define OF_CC 1\n"
    for value, name in ((2, "limit"), (4, "perl"), (8, "python"), (16, "static")):
        made[f"rust/shared/{name}.txt"] = f"{value}\n"
    for number in range(10):
        made[f"rust/shared/tables/{number}.txt"] = "32\n"
    made["rust/shared/nobody.txt"] = "nobody reads this\n"
    return made


VALUE = 1 + 2 + 4 + 8 + 16 + 32 + 10


def values(project) -> List[int]:
    """What the modules of C and of Rust say."""
    place = project.folder.parent / "installed"
    shutil.rmtree(place, ignore_errors=True)
    with zipfile.ZipFile(project.wheel) as wheel:
        wheel.extractall(place)
    done = subprocess.run([str(project.python), "-c", "import small._c, small._r; print(small._c.value(), small._r.value())"],
                          cwd=place, stdout=subprocess.PIPE, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


def observed(project, *more: str, check: bool = True, **environment: str) -> Dict[str, Any]:
    done = project.cermet("audit", "--observe", "--json", *project.arguments(*more), check=check, **environment)
    answer = json.loads(done.out)
    assert answer["version"] == 1
    return {"toml": tomllib.loads(answer["toml"]), "error": done.err, "code": done.code, "runs": answer["scripts-run"],
            **{one["table"]: one for one in answer["scripts"]}}


def runs(build):
    return [step for step in build.steps if step.started and step.description.startswith(("run build script", "generate "))]


def test_what_is_seen_is_declared_and_then_it_builds_strictly(make):
    project = make(files())
    refused = project.build("--strict", check=False)
    assert refused.code == 1
    done = project.cermet("audit", "--observe", "--write", "hermetic.toml", *project.arguments(), STORY_VALUE="100")
    assert "reads rust/shared/limit.txt" in done.out and "looks for STORY_VALUE: set, and not given" in done.out
    written = tomllib.loads(project.read("hermetic.toml"))
    assert written == {
        "crates": {"core-part": {
            "inputs": [f"rust/shared/{name}" for name in ("limit.txt", "of_cc.h", "perl.txt", "python.txt", "static.txt", "tables/*")],
            "pass-env": ["STORY_VALUE"]}},
        "generate": {"number": {"inputs": ["tools/number.py", "tools/number.txt"]}},
    }
    strict = ["--strict", "--overrides", "hermetic.toml"]
    assert len(runs(project.build(*strict))) == 2
    assert values(project) == [9, VALUE]
    assert not runs(project.build(*strict))
    project.build(*strict, STORY_VALUE="100")
    assert values(project) == [9, VALUE + 100]
    for name in ("limit.txt", "tables/more.txt"):
        project.write(f"rust/shared/{name}", "2\n\n")
        assert len(runs(project.build(*strict))) == 1
    project.write("rust/shared/nobody.txt", "")
    assert not runs(project.build(*strict))


def test_a_strict_script_is_told_what_it_was_not_let_read(make):
    project = make(files())
    build = project.build("--strict", "-k", check=False)
    assert build.code == 1
    assert "run build script of core-part v0.1.0 failed" in build.err and "generate number failed" in build.err
    assert ("hint: in strict mode it was not let read rust/shared/limit.txt: declare it in `inputs` of "
            "[tool.cermet.crates.core-part]") in build.err
    assert ("hint: in strict mode it was not let read tools/number.txt: declare it in `inputs` of the "
            "[[tool.cermet.generate]] that makes number") in build.err
    project.build()
    refused = project.build("-C", "strict=true", check=False)
    assert refused.code == 1, "what a script gave when it could read everything is no answer"
    assert not runs(project.build()), "and what it gave then is still remembered"


def test_the_configuration_can_say_strict(make):
    made = small.everything()
    made["pyproject.toml"] = made["pyproject.toml"].replace('packages = ["small"]\n', 'packages = ["small"]\nstrict = true\n')
    made["rust/core-part/build.rs"] = 'fn main() {\n    std::fs::read("../../pyproject.toml").unwrap();\n}\n'
    project = make(made)
    assert "not let read pyproject.toml" in project.build(check=False).err
    project.build("-C", "strict=false")
    project.append("pyproject.toml", '\n[tool.cermet.crates.core-part]\ninputs = ["pyproject.toml"]\n')
    project.build()


def test_what_git_ignores_is_not_of_the_package(make):
    made = small.everything()
    made["rust/core-part/build.rs"] = 'fn main() {\n    std::fs::read("local.txt").unwrap();\n}\n'
    made["rust/core-part/local.txt"] = "of this machine\n"
    made["rust/core-part/.gitignore"] = "local.txt\n"
    project = make(made)
    project.build()
    refused = project.build("--strict", check=False)
    assert refused.code == 1 and "was not let read rust/core-part/local.txt" in refused.err


def test_watching_changes_nothing_that_is_remembered(make):
    project = make(files())
    project.build()
    wheel = project.wheel_bytes()
    project.drop_dist()
    first = observed(project)
    assert first["runs"] == 2
    assert [one["name"] for one in first["crates.core-part"]["variables"] if one["own"]] == ["STORY_VALUE"]
    assert observed(project)["runs"] == 2, "it is seen by running, so it runs each time"
    assert not project.build().ran
    assert project.wheel_bytes() == wheel


def test_options_lists_the_variables_that_scripts_look_for(make):
    project = make(files())

    def listed(*more: str) -> Dict[str, Dict[str, Any]]:
        answer = json.loads(project.cermet("options", "--json", *project.arguments(*more), STORY_VALUE="5", STORY_TOLD="6").out)
        assert answer["version"] == 1 and (not more or answer["known-after-a-build"] == [])
        return {knob["name"]: knob for knob in answer["options"]}

    assert "STORY_VALUE" not in listed()
    knobs = listed("--observe")
    script = "build script of core-part v0.1.0"
    seen = knobs["STORY_VALUE"]
    assert (seen["origin"], seen["consumers"], seen["by"], seen["value"]) == ("seen", [script], [script], None)
    told = knobs["STORY_TOLD"]
    assert (told["origin"], told["consumers"], told["by"], told["value"]) == ("environment", [script], [script], '"6"')
    assert f"{script} (cc1)" in knobs["CPATH"]["by"] or f"{script} (x86_64-linux-gnu-gcc-12)" in knobs["CPATH"]["by"]
    assert "OUT_DIR" not in knobs and "CERMET_OBSERVED" not in knobs
    assert "seen: " + script in project.cermet("options", "--observe", *project.arguments()).out


CALLER = """\
use std::net::{TcpStream, ToSocketAddrs};
fn main() {
    let _ = "crates.example.invalid:443".to_socket_addrs();
    TcpStream::connect("192.0.2.7:443").unwrap();
}
"""


def test_who_wants_the_network_is_told_whom_it_wanted(make):
    made = small.everything()
    made["rust/core-part/build.rs"] = CALLER
    project = make(made)
    refused = project.build(check=False)
    assert refused.code == 1
    assert "hint: it has no network (" in refused.err and "it tried to reach" in refused.err and "192.0.2.7 port 443" in refused.err
    assert "[tool.cermet.crates.core-part]" in refused.err
    seen = observed(project, check=False)
    assert seen["code"] == 1 and "crates.example.invalid" in seen["error"], "the name too, where the C library was asked"
    assert seen["crates.core-part"]["hosts"] == ["crates.example.invalid"]
    assert "192.0.2.7 port 443" in seen["crates.core-part"]["addresses"]
    text = project.cermet("audit", "--observe", *project.arguments(), check=False).out
    assert '# url = "https://crates.example.invalid/' in text


def test_without_landlock_strict_is_refused_in_one_line(make):
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    project = make(small.everything())
    done = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=landlock_create_ruleset", "-e",
                           "inject=landlock_create_ruleset:error=EOPNOTSUPP", program(), "build", "--strict",
                           *project.arguments()], cwd=project.folder, env=project.command_environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3
    assert "error: strict mode is not possible here: this kernel has no Landlock" in done.stderr


def test_a_plain_workspace_can_be_strict(rust):
    project = rust({
        "Cargo.toml": '[package]\nname = "plain"\nversion = "0.1.0"\nedition = "2021"\n',
        "Cargo.lock": 'version = 4\n\n[[package]]\nname = "plain"\nversion = "0.1.0"\n',
        "src/main.rs": "fn main() {}\n",
        "build.rs": 'fn main() {\n    std::fs::read("/tmp").err();\n    std::fs::read_dir("/tmp").unwrap();\n}\n',
    })
    project.build()
    refused = project.build("--strict", check=False)
    assert refused.code == 1 and "was not let read /tmp: declare it" in refused.err
    seen = observed(project)
    assert seen["crates.plain"]["directories"] == ["/tmp"]


def test_scripts_of_real_crates_need_no_declaration(hybrid):
    """pyo3, cbindgen, cc, autocfg: what they read is their package, what is told to them, toolchains and the system."""
    wheel = hybrid.wheel_bytes()
    strict = hybrid.build("--strict")
    assert len(runs(strict)) > 5
    assert hybrid.wheel_bytes() == wheel
    seen = observed(hybrid)
    tables = [one for name, one in seen.items() if name.startswith(("crates.", "generate."))]
    assert tables and not any(one["files"] or one["directories"] for one in tables)
    assert set(seen["toml"].get("crates", {})) <= {"hybrid-core", "hybrid-stats"}, "nobody sets what other scripts look for"
