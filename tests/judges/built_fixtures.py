#!/usr/bin/env python3
"""Small workspaces that cargo and Cermet really build: wrappers, toolchains, git sources, the command line.

SPDX-License-Identifier: MIT
usage: built_fixtures.py --program PROGRAM [--mode plain|mount] [--list] [NAME…]

What neither a unit graph nor a command line can show: which rustc was called, by whom, and where the results went. Each
step of a fixture is built by both, in a checkout of its own with a home of its own; both must refuse it, or deliver files
of the same names, and programs that print the same. Names begin with the rule (docs/cargo.md) that they show; the form of
a fixture is that of rust_fixtures.py, with steps, (arguments, variables), in place of selections.
"""
from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, Mapping, NamedTuple, Tuple

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cargo_calls  # noqa: E402
import fixtures_sources  # noqa: E402
from cases import report_chosen  # noqa: E402
from command_fixtures import HOST, package, workspace  # noqa: E402
from fixtures_lock import TWO, lock  # noqa: E402
from placed_files import place_files  # noqa: E402

Step = Tuple[List[str], Dict[str, str]]


class Fixture(NamedTuple):
    files: Dict[str, object]
    steps: List[Step]


FIXTURES: Dict[str, Fixture] = {}


def fixture(name: str, files: Mapping[str, object], *steps: Step) -> None:
    FIXTURES[name] = Fixture(dict(files), list(steps) or [([], {})])


def step(*arguments: str, **variables: str) -> Step:
    return list(arguments), variables


# A script that tells its program what it sees: the ends of paths, as each side has them somewhere else.
TELLS = '''use std::{env, path::Path};
fn end(name: &str) -> String {
    env::var_os(name).filter(|value| !value.is_empty()).map_or("-".into(), |value| Path::new(&value).file_name().map_or("".into(), |end| end.to_string_lossy().into_owned()))
}
fn main() {
    let text = |name: &str| env::var(name).unwrap_or("-".into()).replace('\\u{1f}', " ");
    println!("cargo:rustc-env=SEEN={} {} {} {} {} {} {} [{}]", end("RUSTC"), end("RUSTC_WRAPPER"), end("RUSTC_WORKSPACE_WRAPPER"), end("RUSTC_LINKER"),
        text("PROFILE"), text("OPT_LEVEL"), text("DEBUG"), text("CARGO_ENCODED_RUSTFLAGS"));
}
'''
LIBRARY = '''#![allow(unexpected_cfgs)]
pub fn say() -> String { format!("NAME: {} one={} two={} three={} {:?} {:?}", env!("SEEN"), cfg!(one), cfg!(two), cfg!(three), option_env!("FROM_CONFIG"), option_env!("FROM_USER")) }
'''


def telling(name: str, rest: str = "", prefix: str = "", more: str = "", calls: Tuple[str, ...] = ()) -> Dict[str, str]:
    """A package that says how it was compiled, and what it uses too."""
    said = LIBRARY.replace("NAME", name)
    if calls:
        said = said.replace("pub fn say()", "fn own()") + "pub fn say() -> String { [own(), " + ", ".join(f"{c}::say()" for c in calls) + '].join("\\n") }\n'
    return {f"{prefix}Cargo.toml": package(name, rest, more=more), f"{prefix}src/lib.rs": said, f"{prefix}build.rs": TELLS}


def told(*dependencies: str, rest: str = "", calls: Tuple[str, ...] = ()) -> Dict[str, str]:
    """The root package with a program."""
    files = telling("top", "[dependencies]\n" + "\n".join(dependencies) + "\n" + rest, calls=calls)
    return {**files, "src/main.rs": 'fn main() { println!("{}", top::say()) }\n'}


WRAPPER = "!#!/bin/sh\nfor word do\n    if [ \"$word\" = --crate-name ]; then set -- \"$@\" --cfg CFG; break; fi\ndone\nexec \"$@\"\n"


def wrapper(cfg: str) -> str:
    return WRAPPER.replace("CFG", cfg)


# A member, a path dependency that is none, and a crate of a vendored registry.
FAMILY = {
    **{f"ws/{k}": v for k, v in told('mid = { path = "mid" }', 'far = { path = "../far" }', 'kept = "1"', rest='[workspace]\nmembers = ["mid"]\n', calls=("mid", "far", "kept")).items()},
    **telling("mid", prefix="ws/mid/"), **telling("far", prefix="far/"), "@": "ws",
    **{k: v.replace("0.1.0", "1.0.0") for k, v in telling("kept", prefix="kept/kept/").items()}, "kept/kept/.cargo-checksum.json": '{"files":{},"package":null}',
    "ws/.cargo/config.toml": '[source.crates-io]\nreplace-with = "kept"\n[source.kept]\ndirectory = "../kept"\n',
    "ws/one.sh": wrapper("one"), "ws/two.sh": wrapper("two"), "tools/three.sh": wrapper("three")}


def configured(files: Mapping[str, object], text: str) -> Dict[str, object]:
    where = "ws/.cargo/config.toml" if "@" in files else ".cargo/config.toml"
    return {**files, where: str(files.get(where, "")) + text}


# --- wrappers -----------------------------------------------------------------------------------------------------------

fixture("L15-wrapper-of-the-environment", FAMILY, step(RUSTC_WRAPPER="{ROOT}/one.sh"), step(), step(RUSTC_WRAPPER=""))
fixture("L15-workspace-wrapper-of-the-environment", FAMILY, step(RUSTC_WORKSPACE_WRAPPER="{ROOT}/two.sh"), step(RUSTC_WORKSPACE_WRAPPER=""))
fixture("L15-both-wrappers", FAMILY, step(RUSTC_WRAPPER="{ROOT}/one.sh", RUSTC_WORKSPACE_WRAPPER="{ROOT}/two.sh"), step("--release", RUSTC_WRAPPER="{ROOT}/one.sh", RUSTC_WORKSPACE_WRAPPER="{ROOT}/two.sh"))
fixture("L15-wrappers-of-the-configuration", configured(FAMILY, '[build]\nrustc-wrapper = "./one.sh"\nrustc-workspace-wrapper = "../tools/three.sh"\n'), step(),
        step(RUSTC_WRAPPER="{ROOT}/two.sh"), step(RUSTC_WRAPPER=""), step(CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER="./two.sh"), step("--config", 'build.rustc-wrapper="two.sh"', PATH="{ROOT}:{PATH}"))
fixture("L15-a-wrapper-by-name", FAMILY, step(RUSTC_WRAPPER="one.sh", PATH="{ROOT}:{PATH}"))
fixture("L15-a-wrapper-that-is-not-there", FAMILY, step(RUSTC_WRAPPER="gone.sh"), step(RUSTC_WORKSPACE_WRAPPER="/gone/gone.sh"))
fixture("L15-a-wrapper-that-fails", {**FAMILY, "ws/one.sh": '!#!/bin/sh\ncase "$*" in *"--crate-name far"*) echo no >&2; exit 4;; esac\nexec "$@"\n'}, step(RUSTC_WRAPPER="{ROOT}/one.sh"))
fixture("L15-another-rustc", {**FAMILY, "ws/rustc-one": '!#!/bin/sh\nexec {RUSTC} "$@" --cfg one\n'}, step(RUSTC="{ROOT}/rustc-one"), step(CARGO_BUILD_RUSTC="{ROOT}/rustc-one"), step("--config", 'build.rustc="./rustc-one"'))

# --- toolchains ---------------------------------------------------------------------------------------------------------


def toolchains(*names: str, default: str = "one") -> Dict[str, object]:
    """rustup's home with toolchains that are this one, and say which they are."""
    files: Dict[str, object] = {"rustup/settings.toml": f'version = "12"\ndefault_toolchain = "{default}"\nprofile = "minimal"\n\n[overrides]\n'}
    links = {}
    for name in names:
        files[f"rustup/toolchains/{name}/bin/rustc"] = f'!#!/bin/sh\nexec {{RUSTC}} "$@" --cfg {name}\n'
        links[f"rustup/toolchains/{name}/lib"] = "{SYSROOT}/lib"
        links[f"rustup/toolchains/{name}/bin/cargo"] = "{SYSROOT}/bin/cargo"
    return {**files, "!link": links, "!rustup": True}


HOMES = {"RUSTUP_HOME": "{BASE}/rustup"}
CHAINS = {**FAMILY, **toolchains("one", "two", "three")}
TOML = '[toolchain]\nchannel = "{}"\n'
fixture("L15-the-default-toolchain", CHAINS, step(**HOMES))
fixture("L15-a-toolchain-file", {**CHAINS, "ws/rust-toolchain.toml": TOML.format("two")}, step(**HOMES), step(RUSTUP_TOOLCHAIN="three", **HOMES))
fixture("L15-an-old-toolchain-file", {**CHAINS, "ws/rust-toolchain": "two\n"}, step(**HOMES))
fixture("L15-a-toolchain-file-above", {**CHAINS, "rust-toolchain.toml": TOML.format("three")}, step(**HOMES))
fixture("L15-the-nearest-toolchain-file", {**CHAINS, "rust-toolchain.toml": TOML.format("three"), "ws/rust-toolchain.toml": TOML.format("two")}, step(**HOMES))
fixture("L15-two-toolchain-files", {**CHAINS, "ws/rust-toolchain": "three", "ws/rust-toolchain.toml": TOML.format("two")}, step(**HOMES))
fixture("L15-an-old-name-with-a-table", {**CHAINS, "ws/rust-toolchain": TOML.format("two")}, step(**HOMES))
fixture("L15-a-toolchain-by-its-path", {**CHAINS, "ws/rust-toolchain.toml": '[toolchain]\npath = "../rustup/toolchains/three"\n'}, step(**HOMES))
fixture("L15-a-toolchain-file-of-a-member", {**CHAINS, "ws/mid/rust-toolchain.toml": TOML.format("two")}, step(**HOMES))
fixture("L15-an-override", {**CHAINS, "rustup/settings.toml": CHAINS["rustup/settings.toml"] + '"{ROOT}" = "three"\n', "ws/rust-toolchain.toml": TOML.format("two")}, step(**HOMES))
fixture("L15-an-override-above-a-file", {**CHAINS, "rustup/settings.toml": CHAINS["rustup/settings.toml"] + '"{BASE}" = "three"\n', "ws/rust-toolchain.toml": TOML.format("two")}, step(**HOMES))
fixture("L15-a-toolchain-that-is-not-there", {**CHAINS, "ws/rust-toolchain.toml": TOML.format("four")}, step(**HOMES))
fixture("L15-a-toolchain-file-without-a-channel", {**CHAINS, "ws/rust-toolchain.toml": '[toolchain]\ncomponents = []\n'}, step(**HOMES))
fixture("L15-a-toolchain-file-that-is-no-toml", {**CHAINS, "ws/rust-toolchain.toml": '[toolchain\nchannel = "two"\n'}, step(**HOMES))
fixture("L15-an-empty-toolchain-file", {**CHAINS, "ws/rust-toolchain": "\n"}, step(**HOMES))

# --- the command line ---------------------------------------------------------------------------------------------------

ALONE = {**told(rest="[features]\nf = []\n[workspace]\n"), "src/bin/other.rs": "fn main() {}\n", "examples/ex.rs": "fn main() {}\n"}
CONFIG = '[build]\nrustflags = ["--cfg", "one"]\n[env]\nFROM_CONFIG = "file"\nFROM_USER = "file"\n'
fixture("L13-values-of-the-command-line", configured(ALONE, CONFIG), step(FROM_USER="user"), step("--config", 'env.FROM_CONFIG="said"'), step("--config", 'env.FROM_USER={value="forced"}'),
        step("--config", 'env.FROM_USER.value="forced"', "--config", "env.FROM_USER.force=true", FROM_USER="user"), step("--config", 'build.rustflags=["--cfg", "two"]'),
        step("--config", 'build.rustflags=["--cfg", "two"]', RUSTFLAGS="--cfg three"), step("--config", "profile.dev.opt-level=2", CARGO_PROFILE_DEV_OPT_LEVEL="1"))
fixture("L13-files-of-the-command-line", {**configured(ALONE, CONFIG), "more.toml": '[env]\nFROM_CONFIG = "more"\nFROM_USER = { value = "here", relative = true }\n[profile.dev]\ndebug = 0\n'},
        step("--config", "more.toml"), step("--config", "./more.toml", "--config", 'env.FROM_CONFIG="last"'), step("--config", "gone.toml"))
fixture("L13-where-results-go", ALONE, step("--target-dir", "elsewhere"), step(CARGO_TARGET_DIR="by/variable"), step(CARGO_BUILD_TARGET_DIR="by-build"),
        step("--config", 'build.target-dir="by-config"'), step("--config", 'build.target-dir="by-config"', CARGO_BUILD_TARGET_DIR="by-variable"),
        step("--config", 'build.target-dir="by-config"', CARGO_TARGET_DIR="by-variable"), step("--target-dir", "first", CARGO_TARGET_DIR="second"))
fixture("L13-where-results-go-as-configured", configured(ALONE, '[build]\ntarget-dir = "configured"\n'), step(), step(CARGO_BUILD_TARGET_DIR="by-variable"), step("--target-dir", "said"))
fixture("L15-for-a-target", configured(ALONE, CONFIG), step("--target", HOST), step("--release", "--target", HOST), step("--target", "host-tuple"), step(CARGO_BUILD_TARGET=HOST),
        step("--config", f'build.target="{HOST}"'), step("--config", f'build.target=["{HOST}"]'))
fixture("L15-a-linker", {**configured(ALONE, f'[target.{HOST}]\nlinker = "./link.sh"\n'), "link.sh": '!#!/bin/sh\nexec cc "$@"\n'}, step(), step("--target", HOST),
        step(CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER="cc"), step("--config", f'target.{HOST}.linker="cc"', CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER="gone"))
fixture("B3-flags-that-a-script-sees", ALONE, step(RUSTFLAGS="--cfg one  --cfg two"), step(CARGO_ENCODED_RUSTFLAGS="--cfg\x1fone\x1f--cfg\x1ftwo"))
fixture("M22-directories-of-profiles", {**ALONE, "Cargo.toml": ALONE["Cargo.toml"] + '[profile.lean]\ninherits = "release"\nopt-level = "s"\n'},
        step(), step("--release"), step("--profile", "lean"), step("--profile", "bench"), step("--profile", "test"), step("--profile", "dev"))
fixture("U11-what-is-delivered", {
    "Cargo.toml": workspace("a-b", "c"), "a-b/Cargo.toml": package("a-b", '[lib]\ncrate-type = ["cdylib", "staticlib", "rlib"]\n[[bin]]\nname = "the-tool"\npath = "src/t.rs"\n'), "a-b/src/lib.rs": "",
    "a-b/src/t.rs": 'fn main() { println!("t") }', "a-b/examples/an-ex.rs": 'fn main() { println!("e") }',
    "c/Cargo.toml": package("c", '[dependencies]\na-b = { path = "../a-b" }\n[lib]\ncrate-type = ["dylib"]\n[[example]]\nname = "lib-ex"\ncrate-type = ["cdylib"]\n'), "c/src/lib.rs": "", "c/examples/lib-ex.rs": ""},
    step(), step("-p", "c"), step("--bins"), step("-p", "a-b", "--lib"), step("--examples"), step("--workspace", "--examples", "--bins", "--lib"))

# --- sources ------------------------------------------------------------------------------------------------------------

GIT = {**told(f'lib-a = {{ git = "{fixtures_sources.REPO}" }}', calls=("lib_a",)), "!fetch": True}


def at_root(files: Mapping[str, object]) -> Dict[str, object]:
    """Of `ws` alone, so that repositories lie beside it."""
    return {**{(f"ws/{k}" if k[0] not in "@!" else k): v for k, v in files.items()}, "@": "ws"}


def library(version: str, name: str = "lib-a", rest: str = "", prefix: str = "") -> Dict[str, str]:
    return {k: v.replace('version = "0.1.0"', f'version = "{version}"') for k, v in telling(name, rest, prefix).items()}


HISTORY = [library("1.0.0"), ["tag", "v1"], ["checkout", "-q", "-b", "side/x"], {**library("2.0.0"), "src/lib.rs": LIBRARY.replace("NAME", "the side")}, ["checkout", "-q", "master"],
           {"src/lib.rs": LIBRARY.replace("NAME", "the newest")}]
for how, words in (("default-branch", ""), ("branch", ', branch = "side/x"'), ("tag", ', tag = "v1"'), ("revision", ', rev = "{HEAD:repo}"')):
    fixture(f"L12-{how}", {**at_root({**GIT, "Cargo.toml": GIT["Cargo.toml"].replace('repo" }', f'repo"{words} }}')}), "!git": {"repo": HISTORY}}, step(), step("--offline"), step("--release"))
fixture("L12-submodules", {**at_root(GIT), "!git": {
    "sub": [library("0.7.0", "in-sub")], "repo": [{**library("1.0.0", rest='[dependencies]\nin-sub = { path = "deps/sub" }\n'),
                                                   "src/lib.rs": LIBRARY.replace("NAME", "with a submodule").replace("pub fn say()", "fn own()") +
                                                   'pub fn say() -> String { [own(), in_sub::say()].join("\\n") }\n'},
                                                  ["submodule", "add", "-q", "file://{BASE}/sub", "deps/sub"], ["commit", "-q", "-m", "submodule"]]}}, step(), step("--offline"))
fixture("L12-submodule-by-a-relative-address", {**at_root(GIT), "!git": {
    "sub": [library("0.7.0", "in-sub")], "repo": [library("1.0.0", rest='[dependencies]\nin-sub = { path = "sub" }\n'), ["submodule", "add", "-q", "../sub", "sub"],
                                                  ["commit", "-q", "-m", "submodule"]]}}, step())
fixture("L12-workspace-in-a-repository", {**at_root({**told(f'a = {{ git = "{fixtures_sources.REPO}" }}'), "!fetch": True}), "!git": {"repo": [fixtures_sources.INNER]}}, step(), step("--release"))
fixture("L12-patched", {**at_root({**GIT, "Cargo.toml": GIT["Cargo.toml"] + '[patch."file://{BASE}/repo"]\nlib-a = { path = "mine" }\n[workspace]\n', **library("3.1.0", prefix="mine/")}),
                        "!git": {"repo": HISTORY}}, step())
VENDORED = {**TWO, **lock(4), "src/main.rs": "fn main() {}\n"}
fixture("L10-a-changed-file", {**VENDORED, "vendor/two/.cargo-checksum.json": '{"files":{"src/lib.rs":"' + "0" * 64 + '"},"package":null}'}, step())
fixture("L10-a-missing-file", {**VENDORED, "vendor/two/.cargo-checksum.json": '{"files":{"src/gone.rs":"' + "0" * 64 + '"},"package":null}'}, step())


# --- the judge ----------------------------------------------------------------------------------------------------------


class Checkout:
    """One side's files, home and toolchains."""

    def __init__(self, folder: Path, files: Mapping[str, object]):
        self.base = folder / "base"
        self.home = folder / "home"
        self.root = (self.base / str(files.get("@", "."))).resolve()
        sysroot = Path(cargo_calls.toolchain("rustc")).parents[1]
        self.words = {"{BASE}": str(self.base), "{ROOT}": str(self.root), "{RUSTC}": str(sysroot / "bin/rustc"), "{SYSROOT}": str(sysroot), "{PATH}": os.environ["PATH"]}
        told_files = {name: self.filled(value) for name, value in files.items()}
        place_files(str(self.base), {name: value[1:] if isinstance(value, str) and value.startswith("!#!") else value for name, value in told_files.items()
                                                   if name != "!link"})
        for name, value in told_files.items():
            if isinstance(value, str) and value.startswith("!#!"):
                (self.base / name).chmod(0o755)
        for name, target in told_files.get("!link", {}).items():
            (self.base / name).symlink_to(target)

    def filled(self, value):
        if isinstance(value, str):
            return cargo_calls.replaced(value, self.words)
        return {name: self.filled(text) for name, text in value.items()} if isinstance(value, dict) and not any(isinstance(v, list) for v in value.values()) else value

    def environment(self, variables: Mapping[str, str]) -> Dict[str, str]:
        more = {"CARGO_HOME": str(self.home), **{name: self.filled(value) for name, value in variables.items()}}
        return cargo_calls.base_environment(more)

    def delivered(self) -> Dict[str, str]:
        """Where results lie, and what programs among them print."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            relative = path.relative_to(self.root)
            if not path.is_file() or path.suffix == ".d" or not {"debug", "release", "lean"} & set(relative.parts) or {"deps", "build", "incremental", ".fingerprint", ".git"} & set(relative.parts):
                continue
            if path.name.startswith(".") or re.search(r"-[0-9a-f]{16}($|\.)", path.name):
                continue
            program = os.access(path, os.X_OK) and not path.suffix
            found[str(relative)] = subprocess.run([str(path)], capture_output=True, text=True).stdout if program else ""
        return found

    def clean(self) -> None:
        for path in [path for path in self.root.rglob("CACHEDIR.TAG")]:
            shutil.rmtree(path.parent, ignore_errors=True)


def locked(checkout: Checkout, files: Mapping[str, object]) -> None:
    words = ["fetch"] if "!git" in files else ["generate-lockfile", "--offline"]
    if not (checkout.root / "Cargo.lock").exists():
        subprocess.run([cargo_calls.toolchain("cargo"), *words], cwd=checkout.root, capture_output=True, env=checkout.environment({}))


class Judge:
    def __init__(self, program: str, mode: str, folder: Path, files: Mapping[str, object]):
        self.program, self.mode, self.cache = program, mode, folder / "cache"
        self.theirs = Checkout(folder / "cargo", files)
        locked(self.theirs, files)
        # A lock names its repositories by their places, so both sides have those of cargo's.
        self.ours = Checkout(folder / "ours", {name: value for name, value in files.items() if name != "!git"})
        for path in self.theirs.root.rglob("Cargo.*"):
            if path.name in ("Cargo.lock", "Cargo.toml"):
                text = path.read_text().replace(str(self.theirs.base), str(self.ours.base)) if "!git" not in files else path.read_text()
                (self.ours.root / path.relative_to(self.theirs.root)).write_text(text)
        self.cargo = "cargo" if "!rustup" in files else cargo_calls.toolchain("cargo")

    def run(self, one: Step) -> List[str]:
        arguments, variables = one
        shown = " ".join([*(f"{name}={value}" for name, value in variables.items()), *arguments]) or "(no arguments)"
        for checkout in (self.theirs, self.ours):
            checkout.clean()
        theirs = subprocess.run([self.cargo, "build", *arguments], cwd=self.theirs.root, env=self.theirs.environment(variables), capture_output=True, text=True, timeout=300)
        environment = {**self.ours.environment(variables), "CERMET_CACHE": str(self.cache)}
        ours = subprocess.run([self.program, "build", "--mode", self.mode, *arguments], cwd=self.ours.root, env=environment, capture_output=True, text=True, timeout=300)
        said = re.sub(r"\x1b\[[0-9;]*m", "", ours.stdout + ours.stderr).strip()
        if (theirs.returncode == 0) != (ours.returncode == 0) or ours.returncode < 0 or ours.returncode == 70:
            return [f"{shown}: cargo ends with {theirs.returncode}, cermet with {ours.returncode}\n  cargo: {theirs.stderr.strip()}\n  cermet: {said}"]
        a, b = self.theirs.delivered(), self.ours.delivered()
        return [f"{shown}: {name}: cargo {a.get(name, 'nothing')!r}, cermet {b.get(name, 'nothing')!r}" for name in sorted({*a, *b}) if a.get(name) != b.get(name)]


def judge(program: str, mode: str, name: str) -> List[str]:
    files, steps = FIXTURES[name]
    if "!rustup" in files and shutil.which("rustup") is None:
        print(f"{name}: not judged: there is no rustup", flush=True)
        return []
    with tempfile.TemporaryDirectory(prefix="cermet-built-") as folder:
        judged = Judge(program, mode, Path(folder).resolve(), files)
        return [f"{name}: {line}" for one in steps for line in judged.run(one)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--mode", default="plain")
    return report_chosen(parser, FIXTURES, lambda options, name: judge(os.path.abspath(options.program), options.mode, name))


if __name__ == "__main__":
    sys.exit(main())
