"""Build scripts and the user's environment: what a script names it gets, in the same build.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import small

SCRIPT = '''fn main() {
    println!("cargo:rerun-if-env-changed=STORY_VALUE");
    println!("cargo:rerun-if-env-changed=PATH");
    let value = std::env::var("STORY_VALUE").unwrap_or_else(|_| "4".into());
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::write(format!("{out}/value.rs"), format!("const VALUE: i64 = {value};")).unwrap();
    println!("cargo:rustc-env=STORY_OUT={out}");
}
'''
LIBRARY = '''include!(concat!(env!("OUT_DIR"), "/value.rs"));
#[no_mangle]
pub extern "C" fn core_value() -> i64 {
    assert_eq!(env!("OUT_DIR"), env!("STORY_OUT"));
    VALUE
}
'''


def with_script(make):
    files = small.everything()
    files["rust/core-part/build.rs"] = SCRIPT
    files["rust/core-part/src/lib.rs"] = LIBRARY
    return make(files)


def runs(build):
    return [step for step in build.steps if step.started and step.description.startswith("run build script")]


def test_a_variable_that_a_script_names(make):
    project = with_script(make)
    assert len(runs(project.build())) == 1
    unset = project.wheel.read_bytes()
    assert len(runs(project.build(STORY_VALUE="7"))) == 1, "what it printed without the variable is remembered"
    assert project.wheel.read_bytes() != unset
    assert not runs(project.build(STORY_VALUE="7"))
    assert len(runs(project.build(STORY_VALUE="8"))) == 1
    assert not runs(project.build())
    assert project.wheel.read_bytes() == unset


def test_a_script_that_holds_its_place_is_bound_to_it(make, folder, mode):
    """`env!` writes a path into the script's program: where paths differ, so does it, and nobody shares its result."""
    files = small.everything()
    files["rust/core-part/build.rs"] = 'fn main() {\n    assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).is_dir());\n}\n'
    project = make(files)
    assert len(runs(project.build())) == 1
    other = project.moved(folder / "other")
    assert len(runs(other.build())) == (1 if mode == "plain" else 0)
    assert other.wheel_bytes() == project.wheel_bytes()


def test_it_is_given_in_the_first_build_too(make):
    project = with_script(make)
    assert len(runs(project.build(STORY_VALUE="7"))) == 2
    assert not runs(project.build(STORY_VALUE="7"))


def test_a_variable_that_nobody_names(make):
    project = with_script(make)
    project.build()
    assert not project.build(STORY_OTHER="7").ran


NAMING = '''fn main() {
    for path in ["../../shared/limit.txt", "../../shared/tables", "../..", "never-there.txt", "LIMIT_FILE"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let limit = std::fs::read_to_string("../../shared/limit.txt").unwrap();
    let tables = std::fs::read_dir("../../shared/tables").unwrap().count();
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::write(format!("{out}/value.rs"), format!("const VALUE: i64 = {} + {tables};", limit.trim())).unwrap();
    println!("cargo:rustc-env=STORY_OUT={out}");
}
'''


def test_files_elsewhere_that_a_script_names(make, folder):
    """Also outside of the checkout. A directory that builds write into is not watched, nor is one around the package."""
    system = folder / "limit-of-the-system.txt"
    system.write_text("1")
    files = small.everything()
    files["rust/core-part/build.rs"] = NAMING.replace("LIMIT_FILE", system.as_posix())
    files["rust/core-part/src/lib.rs"] = LIBRARY
    files["shared/limit.txt"] = "3\n"
    files["shared/tables/a.txt"] = ""
    project = make(files)
    assert len(runs(project.build())) == 1
    assert not project.build().ran
    first = project.wheel.read_bytes()
    project.write("shared/limit.txt", "4\n")
    assert len(runs(project.build())) == 1
    assert project.wheel.read_bytes() != first
    project.write("shared/limit.txt", "3\n")
    assert not runs(project.build()), "what it printed for the first text is remembered"
    assert project.wheel.read_bytes() == first
    project.write("shared/tables/b.txt", "")
    assert len(runs(project.build())) == 1
    project.write("unrelated.txt", "")
    assert not runs(project.build())
    system.write_text("2")
    assert len(runs(project.build())) == 1
