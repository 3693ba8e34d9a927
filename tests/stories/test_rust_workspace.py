"""Cargo workspaces without a Python package: what is built, where it goes, what is said, beside cargo itself.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping

import pytest

from story import Build, Project, base_environment, copy_tree

ROOT_MANIFEST = """\
[workspace]
members = ["greet", "words", "tool"]
resolver = "2"

[workspace.package]
version = "0.3.1"
edition = "2021"

[workspace.lints.rust]
unused_variables = "allow"

[package]
name = "hello-app"
version.workspace = true
edition.workspace = true

[features]
loud = []

[dependencies]
greet = { path = "greet" }

[profile.lean]
inherits = "release"
opt-level = "s"
"""

LOCK = """\
version = 4

[[package]]
name = "greet"
version = "0.3.1"
dependencies = ["words"]

[[package]]
name = "hello-app"
version = "0.3.1"
dependencies = ["greet"]

[[package]]
name = "tool"
version = "0.3.1"

[[package]]
name = "words"
version = "0.3.1"
"""

MAIN = """\
use std::collections::HashMap;

fn main() {
    let name = if cfg!(feature = "loud") { "WORLD" } else { "world" };
    println!("{}", greet::greeting(name));
    println!("{} {} {}", file!(), env!("CARGO_PKG_VERSION"), cfg!(debug_assertions));
}
"""


def member(name: str, more: str = "") -> str:
    return f'[package]\nname = "{name}"\nversion.workspace = true\nedition.workspace = true\n{more}'


def workspace() -> Dict[str, str]:
    """A program with a dash in its name, a library with a build script, a proc-macro, a member with two programs."""
    return {
        "Cargo.toml": ROOT_MANIFEST,
        "Cargo.lock": LOCK,
        "src/main.rs": MAIN,
        "examples/demo.rs": 'fn main() {\n    println!("{}", greet::greeting("demo"));\n}\n',
        "greet/Cargo.toml": member("greet", '\n[lib]\ncrate-type = ["lib", "cdylib"]\n\n[dependencies]\nwords = { path = "../words" }\n'
                                            "\n[lints]\nworkspace = true\n"),
        "greet/build.rs": 'fn main() {\n    println!("cargo::rustc-env=GREETING=Hello");\n'
                          '    println!("cargo::warning=this is a greeting");\n}\n',
        "greet/src/lib.rs": "words::constant!();\n\npub fn greeting(name: &str) -> String {\n    let unused = 1;\n"
                            '    format!("{}, {name}{}", env!("GREETING"), "!".repeat(MARKS))\n}\n\nfn nobody() {}\n',
        "words/Cargo.toml": member("words", "\n[lib]\nproc-macro = true\n"),
        "words/src/lib.rs": "extern crate proc_macro;\n\n#[proc_macro]\npub fn constant(_: proc_macro::TokenStream) -> proc_macro::TokenStream {\n"
                            '    "const MARKS: usize = 2;".parse().unwrap()\n}\n',
        "tool/Cargo.toml": member("tool", '\n[[bin]]\nname = "extra"\npath = "src/extra.rs"\nrequired-features = ["more"]\n\n[features]\nmore = []\n'),
        "tool/src/main.rs": 'fn main() {\n    println!("tool");\n}\n',
        "tool/src/extra.rs": 'fn main() {\n    println!("extra");\n}\n',
    }


class RustProject(Project):
    """A cargo workspace: there is no Python to name, and results are in target/."""

    def arguments(self, *more: str) -> List[str]:
        return ["--mode", self.mode, *more]

    def run(self, name: str, *arguments: str) -> str:
        return subprocess.run([str(self.path(name)), *arguments], cwd=self.folder, check=True, stdout=subprocess.PIPE,
                              text=True).stdout

    def cargo(self, *arguments: str, cwd: str = ".", **environment: str) -> "subprocess.CompletedProcess[str]":
        """cargo's own answer, for a copy of this workspace."""
        copy = self.folder.parent / "cargo"
        if not copy.exists():
            copy_tree(self.folder, copy)
            shutil.rmtree(copy / "target", ignore_errors=True)
        return subprocess.run(["cargo", *arguments], cwd=copy / cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=base_environment(CARGO_INCREMENTAL="0", CARGO_TERM_COLOR="never", **environment))

    def cargo_folder(self) -> Path:
        return self.folder.parent / "cargo"


@pytest.fixture
def rust(folder: Path, mode: str) -> Callable[..., RustProject]:
    if shutil.which("cargo") is None or shutil.which("rustc") is None:
        pytest.skip("Rust is not installed")

    def from_files(files: Mapping[str, str] = workspace(), name: str = "project", **options: Any) -> RustProject:
        project = RustProject.from_files(files, folder / name, mode, folder / "cache", **options)
        assert isinstance(project, RustProject)
        return project

    return from_files


PROGRESS = re.compile(r"^(\[\d+/\d+\] |\d+ ran|up to date| +(Compiling|Finished|Dirty|Fresh|Locking|Adding) )")


def said(text: str) -> List[str]:
    """What was said of the code: the lines besides progress. Several crates are compiled at once, so in no order."""
    return sorted(line.strip() for line in text.splitlines() if line.strip() and not PROGRESS.match(line))


def results(folder: Path) -> Dict[str, bool]:
    """Names of what a profile's directory holds for the user -> whether it can be run."""
    found = {}
    for place in (folder, folder / "examples"):
        for path in place.iterdir() if place.is_dir() else []:
            # Beside a program cargo has its list of sources; in examples/ also the names with a hash.
            if path.is_file() and path.suffix != ".d" and not path.name.startswith(".") and not re.search(r"-[0-9a-f]{16}", path.name):
                found[path.relative_to(folder).as_posix()] = os.access(path, os.X_OK)
    return found


# --- what is built ----------------------------------------------------------------------------------------------------


def test_a_workspace_is_built_as_cargo_builds_it(rust):
    project = rust()
    build = project.build("--workspace", "--examples", "--bins", "--lib")
    cargo = project.cargo("build", "--workspace", "--examples", "--bins", "--lib")
    assert cargo.returncode == 0, cargo.stderr
    assert results(project.path("target/debug")) == results(project.cargo_folder() / "target/debug")
    for name in ("hello-app", "tool", "examples/demo"):
        own = project.run("target/debug/" + name)
        cargos = subprocess.run([str(project.cargo_folder() / "target/debug" / name)], stdout=subprocess.PIPE, text=True)
        assert own == cargos.stdout
    assert said(build.err) == said(cargo.stderr)
    assert "warning: greet@0.3.1: this is a greeting" in build.err
    assert '(run `cargo fix --bin "hello-app" -p hello-app` to apply 1 suggestion)' in build.err


def test_nothing_changed_says_the_same_again(rust):
    project = rust()
    first = project.build()
    again = project.build(watch=True)
    again.assert_no_compiler()
    assert "up to date" in again.err
    assert said(again.err) == said(first.err)
    again = project.build("-q")
    assert again.err == ""
    assert "hit" in project.cermet("explain", "--mode", project.mode, "greet").out
    project.delete("target")
    again = project.build()
    again.assert_no_compiler()
    assert project.run("target/debug/hello-app").startswith("Hello, world!!\n")


def test_an_edit_builds_what_stands_on_it(rust):
    project = rust()
    project.build("--workspace")
    project.edit("tool/src/main.rs", '"tool"', '"a tool"')
    build = project.build("--workspace")
    assert build.ran == {"tool"}
    # What did not run says what it said before.
    assert "function `nobody` is never used" in build.err
    assert project.run("target/debug/tool") == "a tool\n"
    project.edit("greet/build.rs", "Hello", "Good day")
    build = project.build("--workspace")
    assert build.ran == {"greet-build-script", "greet-build-run", "greet", "hello-app"}
    assert project.run("target/debug/hello-app").startswith("Good day, world!!\n")
    project.edit("words/src/lib.rs", "= 2;", "= 3;")
    build = project.build("--workspace")
    assert build.ran == {"words", "greet", "hello-app"}
    assert project.run("target/debug/hello-app").startswith("Good day, world!!!\n")


def test_what_does_not_compile_is_said_as_cargo_says_it(rust):
    project = rust()
    project.edit("src/main.rs", "greet::greeting(name)", "greet::greeting(5)")
    build = project.build(check=False)
    cargo = project.cargo("build")
    assert build.code == 1 and cargo.returncode == 101
    own, cargos = said(build.err), said(cargo.stderr)
    missing = [line for line in cargos if line not in own]
    assert not missing, build.err
    assert 'error: could not compile `hello-app` (bin "hello-app") due to 1 previous error; 1 warning emitted' in build.err
    project.edit("src/main.rs", "greet::greeting(5)", "greet::greeting(name)")
    assert project.build().code == 0


@pytest.mark.parametrize("words", [
    ["-p", "tool"],
    ["-p", "tool", "--features", "more"],
    ["--package=tool", "--bin", "extra", "-F", "tool/more"],
    ["--features", "loud", "--bin", "hello-app"],
    ["--workspace", "--exclude", "greet"],
    ["--example", "demo"],
    ["-p", "greet", "--lib", "--release"],
    ["--profile", "lean", "-p", "hello-app", "-p", "tool"],
    ["--manifest-path", "tool/Cargo.toml", "--all-features"],
], ids=lambda words: "_".join(words).replace("/", "."))
def test_what_is_chosen_is_what_cargo_chooses(rust, words, mode):
    if mode == "mount" and words[0] == "-p" and len(words) == 2:
        pytest.skip("the choice is the same in both modes")
    project = rust()
    project.build(*words)
    cargo = project.cargo("build", *words)
    assert cargo.returncode == 0, cargo.stderr
    for profile in ("debug", "release", "lean"):
        assert results(project.path("target") / profile) == results(project.cargo_folder() / "target" / profile)


def test_a_member_s_directory_means_that_member(rust):
    project = rust()
    done = project.cermet("build", "--mode", project.mode, cwd=project.path("tool/src"))
    assert results(project.path("target/debug")) == {"tool": True}
    assert done.out == f"{project.path('target/debug/tool')}\n"


def test_wrong_choices_are_usage_errors(rust):
    project = rust()
    for words, text in [
        (["-p", "tol"], "did you mean `tool`?"),
        (["--bin", "hello"], "has the bin `hello`"),
        (["--features", "lud"], "did you mean `loud`?"),
        (["--exclude", "tool"], "--exclude can only be used together with --workspace"),
        (["tool"], "name packages with -p"),
        (["--tests"], "use `cargo build`"),
        (["--manifest-path", "nowhere/Cargo.toml"], "does not exist"),
    ]:
        done = project.build(*words, check=False)
        assert done.code == 2 and text in done.err, (words, done.code, done.err)
    assert not project.path("target").exists()


@pytest.mark.parametrize("command", ["test", "doc", "run", "bench", "check", "clippy", "install", "publish"])
def test_what_cargo_does_is_left_to_it(rust, command, mode):
    if mode == "mount":
        pytest.skip("nothing is built")
    done = rust().cermet(command, "--release", check=False)
    assert done.code == 2 and f"run `cargo {command}`" in done.err


# --- where it goes ----------------------------------------------------------------------------------------------------


def test_results_go_where_cargo_would_put_them(rust):
    project = rust()
    project.build("-p", "tool", CARGO_TARGET_DIR="elsewhere")
    assert results(project.path("elsewhere/debug")) == {"tool": True}
    project.build("-p", "tool", "--target-dir", "given", CARGO_TARGET_DIR="elsewhere").assert_no_compiler()
    assert results(project.path("given/debug")) == {"tool": True}
    project.write(".cargo/config.toml", '[build]\ntarget-dir = "configured"\n')
    project.build("-p", "tool").assert_no_compiler()
    assert results(project.path("configured/debug")) == {"tool": True}
    project.build("-p", "tool", "-o", "out").assert_no_compiler()
    assert sorted(path.name for path in project.path("out").iterdir()) == ["tool"]
    # What lies in a target directory is nobody's input, though git does not ignore it.
    project.build("-p", "hello-app")
    project.write("configured/debug/more.txt", "not read\n")
    project.build("-p", "hello-app").assert_no_compiler()
    assert not project.path("target").exists()


def test_a_target_that_is_the_host_has_a_directory_of_its_own(rust):
    project = rust()
    version = subprocess.run(["rustc", "-vV"], stdout=subprocess.PIPE, text=True, check=True).stdout
    host = next(line.split()[1] for line in version.splitlines() if line.startswith("host:"))
    project.build("--target", host)
    assert project.run(f"target/{host}/debug/hello-app").startswith("Hello, world!!\n")
    done = project.build("--target", "no-such-machine", check=False)
    assert done.code == 3 and "has no standard library for no-such-machine" in done.err


# --- configuration ----------------------------------------------------------------------------------------------------

FLAGS_MAIN = """\
fn main() {
    println!("{} {} {:?}", cfg!(one), cfg!(two), option_env!("FROM_CONFIG"));
}
"""


def one_program(main: str = FLAGS_MAIN, more: str = "") -> Dict[str, str]:
    return {
        "Cargo.toml": f'[package]\nname = "one"\nversion = "0.1.0"\nedition = "2021"\n{more}',
        "Cargo.lock": 'version = 4\n\n[[package]]\nname = "one"\nversion = "0.1.0"\n',
        "src/main.rs": main,
    }


@pytest.mark.parametrize("jobs", ["many", "0", "2 and more"])
def test_a_number_of_jobs_that_is_none_is_an_error(rust, jobs):
    done = rust(one_program()).build(check=False, CARGO_BUILD_JOBS=jobs)
    assert done.code == 2 and f"build.jobs of cargo's configuration is '{jobs}'" in done.err


def test_a_variable_that_rustc_is_not_given_is_said(rust):
    """cargo hands the whole environment on; here a crate is told what it looked for, also when nothing is compiled."""
    project = rust(one_program('fn main() {\n    println!("{:?}", option_env!("STORY_WORD"));\n}\n'))
    assert "STORY_WORD" not in project.build().err
    done = project.build(STORY_WORD="hey")
    assert "one@0.1.0 looks for the variable STORY_WORD, which is set here, but rustc is not given it" in done.err
    assert "crates.one] pass-env" in done.err
    given = project.build("-C", 'crates.one.pass-env=["STORY_WORD"]', STORY_WORD="hey")
    assert "STORY_WORD" not in given.err
    assert project.run("target/debug/one") == 'Some("hey")\n'
    project.write("src/main.rs", 'fn main() {\n    println!("{}", env!("STORY_WORD"));\n}\n')
    failed = project.build(check=False, STORY_WORD="hey")
    assert failed.code == 1 and "hint: a step sees the variables that pass-env names" in failed.err


def test_flags_come_from_one_place_and_a_change_is_seen(rust):
    project = rust(one_program())

    def built(**environment: str) -> str:
        project.build(**environment)
        cargo = project.cargo("build", **environment)
        assert cargo.returncode == 0, cargo.stderr
        cargos = subprocess.run([str(project.cargo_folder() / "target/debug/one")], stdout=subprocess.PIPE, text=True).stdout
        own = project.run("target/debug/one")
        assert own == cargos
        return own

    assert built() == "false false None\n"
    assert built(RUSTFLAGS="--cfg one") == "true false None\n"
    assert built() == "false false None\n"
    assert built(CARGO_ENCODED_RUSTFLAGS="--cfg\x1ftwo", RUSTFLAGS="--cfg one") == "false true None\n"
    assert built(CARGO_BUILD_RUSTFLAGS="--cfg one --cfg two") == "true true None\n"
    for copy in (project.folder, project.cargo_folder()):
        (copy / ".cargo").mkdir()
        (copy / ".cargo/config.toml").write_text('[build]\nrustflags = ["--cfg", "two"]\n\n[env]\nFROM_CONFIG = "yes"\n')
    assert built() == 'false true Some("yes")\n'
    assert built(RUSTFLAGS="") == 'false false Some("yes")\n'
    assert built(FROM_CONFIG="own") == 'false true Some("own")\n'


def test_configuration_above_the_checkout_counts(rust, folder):
    project = rust(one_program())
    (folder / ".cargo").mkdir()
    (folder / ".cargo/config.toml").write_text('[build]\nrustflags = ["--cfg", "one"]\n')
    project.build()
    assert project.run("target/debug/one") == "true false None\n"
    (folder / ".cargo/config.toml").write_text("")
    project.build()
    assert project.run("target/debug/one") == "false false None\n"
    project.build("--config", 'build.rustflags = ["--cfg", "two"]')
    assert project.run("target/debug/one") == "false true None\n"


def test_profiles_of_the_environment(rust):
    project = rust(one_program("fn main() {\n    println!(\"{}\", cfg!(debug_assertions));\n}\n"))
    project.build()
    assert project.run("target/debug/one") == "true\n"
    project.build(CARGO_PROFILE_DEV_DEBUG_ASSERTIONS="false")
    assert project.run("target/debug/one") == "false\n"
    project.build("--release", CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS="true")
    assert project.run("target/release/one") == "true\n"


WRAPPER = '#!/bin/sh\nfor word do\n    if [ "$word" = --crate-name ]; then set -- "$@" --cfg {cfg}; break; fi\ndone\nexec "$@"\n'


def script(project: Project, name: str, text: str) -> Path:
    project.write(name, text)
    project.path(name).chmod(0o755)
    return project.path(name)


def test_wrappers_are_called_in_place_of_rustc(rust):
    project = rust(one_program())
    wrapper = script(project, "wrap.sh", WRAPPER.format(cfg="one"))
    own = script(project, "own.sh", WRAPPER.format(cfg="two"))
    project.build(RUSTC_WRAPPER=str(wrapper))
    assert project.run("target/debug/one") == "true false None\n"
    project.build(RUSTC_WORKSPACE_WRAPPER=str(own))
    assert project.run("target/debug/one") == "false true None\n"
    project.write(".cargo/config.toml", '[build]\nrustc-wrapper = "wrap.sh"\nrustc-workspace-wrapper = "./own.sh"\n')
    done = project.build(check=False)
    assert done.code == 3 and "there is no program wrap.sh" in done.err  # a bare name is looked up on PATH
    project.edit(".cargo/config.toml", '"wrap.sh"', '"./wrap.sh"')
    project.build()
    assert project.run("target/debug/one") == "true true None\n"
    script(project, "wrap.sh", WRAPPER.format(cfg="three"))
    assert "one" in project.build().ran
    assert project.run("target/debug/one") == "false true None\n"
    project.build(RUSTC_WRAPPER="", CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER="")
    assert project.run("target/debug/one") == "false false None\n"


def test_another_rustc_and_another_linker(rust):
    project = rust(one_program())
    rustc = subprocess.run(["rustc", "--print=sysroot"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    other = script(project, "other.sh", f'#!/bin/sh\nexec {rustc}/bin/rustc --cfg one "$@"\n')
    project.build(RUSTC=str(other))
    assert project.run("target/debug/one") == "true false None\n"
    project.build()
    assert project.run("target/debug/one") == "false false None\n"
    script(project, "linker.sh", '#!/bin/sh\necho "this is the linker" >&2\nexit 7\n')
    project.write(".cargo/config.toml", "[target.'cfg(unix)']\nlinker = \"./linker.sh\"\n")
    done = project.build(check=False)
    assert done.code == 1 and "this is the linker" in done.err


def test_the_toolchain_file_counts_from_where_the_user_is(rust):
    project = rust()
    project.write("rust-toolchain.toml", '[toolchain]\nchannel = "1.2.3"\n')
    done = project.build(check=False)
    assert done.code == 3, done.err
    assert "1.2.3" in done.err and "rust-toolchain.toml" in done.err


def test_lints_of_the_workspace(rust):
    files = workspace()
    files["Cargo.toml"] = files["Cargo.toml"].replace('unused_variables = "allow"', 'unused_variables = "deny"')
    project = rust(files)
    done = project.build(check=False)
    cargo = project.cargo("build")
    assert done.code == 1 and cargo.returncode == 101
    assert "error: unused variable: `unused`" in done.err
    assert "could not compile `greet` (lib) due to 1 previous error" in done.err


def test_a_virtual_workspace_builds_its_default_members(rust):
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["parts/*"]\ndefault-members = ["parts/b"]\nresolver = "2"\n',
        "Cargo.lock": 'version = 4\n\n[[package]]\nname = "a"\nversion = "0.1.0"\n\n[[package]]\nname = "b"\nversion = "0.1.0"\n',
    }
    for name in ("a", "b"):
        files[f"parts/{name}/Cargo.toml"] = f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n'
        files[f"parts/{name}/src/main.rs"] = f'fn main() {{\n    println!("{name}");\n}}\n'
    project = rust(files)
    assert project.build().ran == {"b"}
    assert project.build("--workspace").ran == {"a"}
    assert results(project.path("target/debug")) == {"a": True, "b": True}


# --- editors, and projects of Cermet's --------------------------------------------------------------------------------


def test_ide_writes_what_rust_analyzer_reads(rust):
    project = rust()
    project.cermet("ide", "--mode", project.mode, "--workspace")
    crates = json.loads(project.read("rust-project.json"))["crates"]
    by_name = {crate["display_name"]: crate for crate in crates}
    assert {"hello_app", "greet", "words", "tool", "build_script_build"} <= set(by_name)
    assert by_name["hello_app"]["root_module"] == str(project.path("src/main.rs"))
    named = {dep["name"]: crates[dep["crate"]]["display_name"] for dep in by_name["greet"]["deps"]}
    assert named == {"words": "words"}
    assert by_name["words"]["is_proc_macro"] and Path(by_name["words"]["proc_macro_dylib_path"]).is_file()
    assert all(crate["is_workspace_member"] for crate in crates)


def test_a_program_of_a_project_has_its_own_name(rust):
    files = one_program()
    files["cermet.toml"] = '[[executable]]\nname = "my-one"\ncrate = "."\n'
    project = rust(files)
    project.cermet("build", "--mode", project.mode, "my-one")
    assert sorted(path.name for path in project.path("dist").iterdir()) == ["my-one"]
    assert project.run("dist/my-one") == "false false None\n"
    done = project.cermet("build", "--mode", project.mode, "--release", check=False)
    assert done.code == 2 and "--release is for Rust workspaces" in done.err
