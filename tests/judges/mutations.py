#!/usr/bin/env python3
"""Edits a workspace in every way that matters: what ran again is exactly what had to, and the result is a clean build's.

SPDX-License-Identifier: MIT
usage: mutations.py --program PROGRAM [--mode plain|mount] [NAME…]

Each mutation begins with the same built workspace, for cargo and for us. After the edit both build again. Cargo's calls
are noted; ours are read from the trace. A step that we ran and cargo did not is wrong unless the mutation says why; a
step that cargo ran and we did not is right only where nothing that it reads has changed: the result must be byte for
byte what a build with an empty cache gives, and the programs must print what cargo's print.
"""
from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional, Set, Tuple

sys.path.insert(0, os.path.dirname(__file__))
import cargo_calls  # noqa: E402
from cases import report  # noqa: E402

LEAF = '''//! The lowest crate.
pub fn greeting() -> &'static str { include_str!("../words/greeting.txt").trim() }
pub fn limit() -> u32 { LIMIT }
include!(concat!(env!("OUT_DIR"), "/limit.rs"));
pub fn from_environment() -> &'static str { option_env!("JUDGED_AT_COMPILE_TIME").unwrap_or("unset") }
#[cfg(feature = "loud")]
pub fn loud() -> bool { true }
#[cfg(not(feature = "loud"))]
pub fn loud() -> bool { false }
'''
LEAF_SCRIPT = '''use std::{env, fs, path::Path};
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=limit.txt");
    println!("cargo:rerun-if-env-changed=JUDGED_LIMIT");
    let limit = env::var("JUDGED_LIMIT").unwrap_or_else(|_| fs::read_to_string("limit.txt").unwrap());
    let limit: u32 = limit.trim().parse().unwrap();
    let out = Path::new(&env::var("OUT_DIR").unwrap()).join("limit.rs");
    fs::write(out, format!("const LIMIT: u32 = {limit};")).unwrap();
}
'''
# Cargo runs it for every build, as a file that it names is not there (K3); of the other it takes every file's time (K2).
QUIET_SCRIPT = 'fn main() { println!("cargo:rerun-if-changed=never-there.txt"); }\n'
LOOSE_SCRIPT = 'fn main() { println!("cargo:rustc-env=LOOSE=1"); }\n'
MACRO = '''use proc_macro::TokenStream;
#[proc_macro]
pub fn seven(_: TokenStream) -> TokenStream { "7u32".parse().unwrap() }
'''
MIDDLE = '''pub fn say() -> String { format!("{} {} {} {}", leaf::greeting(), leaf::limit(), leaf::from_environment(), leaf::loud()) }
pub mod more;
'''
APP = 'fn main() { println!("{} {} {}", middle::say(), middle::more::more(), macros::seven!()); }\n'


def package(name: str, rest: str = "", more: str = "") -> str:
    return f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{more}\n{rest}\n'


FILES = {
    "Cargo.toml": '[workspace]\nmembers = ["leaf", "middle", "macros", "app", "other", "quiet", "loose"]\nresolver = "2"\n[profile.dev]\ndebug = 0\n',
    "leaf/Cargo.toml": package("leaf", "[features]\nloud = []\n[lints.rust]\nunused = \"warn\"\n"), "leaf/src/lib.rs": LEAF,
    "leaf/build.rs": LEAF_SCRIPT, "leaf/limit.txt": "100\n", "leaf/words/greeting.txt": "hello\n",
    "middle/Cargo.toml": package("middle", '[dependencies]\nleaf = { path = "../leaf" }\n[features]\nloud = ["leaf/loud"]\n'),
    "middle/src/lib.rs": MIDDLE, "middle/src/more.rs": "pub fn more() -> u32 { 1 }\n",
    "macros/Cargo.toml": package("macros", "[lib]\nproc-macro = true\n"), "macros/src/lib.rs": MACRO,
    "app/Cargo.toml": package("app", '[dependencies]\nmiddle = { path = "../middle" }\nmacros = { path = "../macros" }\n'
                                     '[features]\nloud = ["middle/loud"]\n'), "app/src/main.rs": APP,
    "quiet/Cargo.toml": package("quiet"), "quiet/src/lib.rs": "", "quiet/build.rs": QUIET_SCRIPT,
    "loose/Cargo.toml": package("loose"), "loose/src/lib.rs": 'pub const LOOSE: &str = env!("LOOSE");\n', "loose/build.rs": LOOSE_SCRIPT, "loose/NOTES": "n\n",
    "other/Cargo.toml": package("other"), "other/src/main.rs": 'fn main() { println!("other"); }\n', "other/NOTES": "n\n",
}
QUIET = {"quiet-script", "quiet-run", "quiet"}
LOOSE = {"loose-script", "loose-run", "loose"}
ALL = {"leaf-script", "leaf-run", "leaf", "middle", "macros", "app", "other"} | QUIET | LOOSE
RUNS = {"leaf-run", "quiet-run", "loose-run"}
ABOVE_LEAF = {"leaf", "middle", "app"}


class Mutation(NamedTuple):
    name: str
    edit: Callable[[Path], Dict[str, str]]  # changes files, or gives variables
    needed: Set[str]                        # what must run
    arguments: Tuple[str, ...] = ()
    may_run: Set[str] = frozenset()         # what we run and cargo does not, and the reason is in `why`
    why: str = ""
    before: Tuple[Tuple[Tuple[str, ...], Dict[str, str]], ...] = ()  # arguments and variables of builds before the edit


MUTATIONS: List[Mutation] = []


def replaced(file: str, old: str, new: str) -> Callable[[Path], Dict[str, str]]:
    def edit(root: Path) -> Dict[str, str]:
        text = (root / file).read_text()
        assert old in text, (file, old)
        (root / file).write_text(text.replace(old, new))
        return {}
    return edit


def appended(file: str, text: str) -> Callable[[Path], Dict[str, str]]:
    def edit(root: Path) -> Dict[str, str]:
        with open(root / file, "a") as out:
            out.write(text)
        return {}
    return edit


def written(file: str, text: str) -> Callable[[Path], Dict[str, str]]:
    def edit(root: Path) -> Dict[str, str]:
        (root / file).parent.mkdir(exist_ok=True)
        (root / file).write_text(text)
        return {}
    return edit


def touched(root: Path) -> Dict[str, str]:
    for path in root.rglob("*"):
        if path.is_file() and "target" not in path.parts:
            os.utime(path, (time.time() + 5, time.time() + 5))
    return {}


def removed(file: str) -> Callable[[Path], Dict[str, str]]:
    def edit(root: Path) -> Dict[str, str]:
        (root / file).unlink()
        return {}
    return edit


def both(*edits: Callable[[Path], Dict[str, str]]) -> Callable[[Path], Dict[str, str]]:
    def edit(root: Path) -> Dict[str, str]:
        variables: Dict[str, str] = {}
        for one in edits:
            variables.update(one(root))
        return variables
    return edit


def mutation(name: str, edit: Callable[[Path], Dict[str, str]], needed: Set[str], *arguments: str, may_run: Set[str] = frozenset(),
             why: str = "", before: Tuple[Tuple[Tuple[str, ...], Dict[str, str]], ...] = ()) -> None:
    MUTATIONS.append(Mutation(name, edit, needed, arguments, may_run, why, before))


def variables(**named: str) -> Callable[[Path], Dict[str, str]]:
    return lambda root: named


# docs/cargo.md, B13: nobody is told what a macro or a script reads, so every file of a package counts that is not Rust, and
# for a script the Rust files too. What is compiled again from such a file alone gives the same bytes, and stops there.
FILES_COUNT = "every file of a package is an input of its script, every file that is not Rust of its compilations"
LEAF_STEPS = {"leaf-script", "leaf-run", "leaf"}

# A crate's metadata holds a digest of its sources (docs/cargo.md, R4), so what stands on a compiled crate is compiled
# again after each edit of it; what is above that only where its bytes changed.
mutation("nothing", lambda root: {}, set())
mutation("touch-every-file", touched, set())
mutation("comment-in-a-program", appended("app/src/main.rs", "// note\n"), {"app"})
mutation("body-in-a-program", replaced("app/src/main.rs", "{} {} {}", "{} {}  {}"), {"app"})
mutation("comment-in-a-module", appended("middle/src/more.rs", "// note\n"), {"middle", "app"})
mutation("public-signature", both(replaced("middle/src/more.rs", "-> u32 { 1 }", "-> u64 { 1 }")), {"middle", "app"})
mutation("body-of-the-lowest-crate", replaced("leaf/src/lib.rs", "{ LIMIT }", "{ LIMIT + 1 }"), ABOVE_LEAF, may_run={"leaf-run"}, why=FILES_COUNT)
mutation("body-of-a-macro", replaced("macros/src/lib.rs", "7u32", "8u32"), {"macros", "app"})
mutation("comment-in-a-script", appended("leaf/build.rs", "// note\n"), {"leaf-script", "leaf-run"})
mutation("script-that-writes-another-file", replaced("leaf/build.rs", "= {limit};", "= 2 * {limit};"), {"leaf-script", "leaf-run", *ABOVE_LEAF})
mutation("file-that-a-script-names", replaced("leaf/limit.txt", "100", "101"), {"leaf-run", *ABOVE_LEAF},
         may_run={"leaf-script"}, why=FILES_COUNT)
mutation("file-that-a-script-names-other-bytes-same-output", replaced("leaf/limit.txt", "100", " 100"), {"leaf-run"},
         may_run={"leaf-script", "leaf"}, why=FILES_COUNT)
mutation("variable-that-a-script-names", variables(JUDGED_LIMIT="7"), {"leaf-run", *ABOVE_LEAF})
mutation("variable-that-nobody-reads", variables(JUDGED_BY_NOBODY="7"), set())
mutation("variable-of-the-configuration", written(".cargo/config.toml", '[env]\nJUDGED_AT_COMPILE_TIME = "set"\n'), ABOVE_LEAF, may_run=ALL,
         why="a variable that everything gets is in the key of everything")
mutation("included-file", replaced("leaf/words/greeting.txt", "hello", "good day"), ABOVE_LEAF, may_run={"leaf-script", "leaf-run"}, why=FILES_COUNT)
mutation("feature", lambda root: {}, ABOVE_LEAF | LEAF_STEPS, "--features", "app/loud")
mutation("profile-value", replaced("Cargo.toml", "debug = 0", "debug = 0\noverflow-checks = false"), ALL)
mutation("profile-of-others", appended("Cargo.toml", "[profile.release]\nlto = true\n"), set())
mutation("version-of-a-package", both(replaced("leaf/Cargo.toml", '0.1.0', '0.1.1'), removed("Cargo.lock")),
         {"leaf-script", "leaf-run", *ABOVE_LEAF}, may_run=RUNS, why="a script may ask for `cargo metadata`, which is another")
mutation("lints", replaced("leaf/Cargo.toml", 'unused = "warn"', 'unused = "allow"'), {"leaf", "leaf-script"}, may_run={"leaf-run"}, why=FILES_COUNT)
mutation("comment-in-a-manifest", appended("leaf/Cargo.toml", "# note\n"), set(), may_run=LEAF_STEPS, why=FILES_COUNT)
mutation("description-in-a-manifest", replaced("leaf/Cargo.toml", 'edition', 'description = "d"\nedition'), set(), may_run=LEAF_STEPS | RUNS,
         why="it is a variable of each of them, and stands in `cargo metadata`")
mutation("file-that-nobody-reads", replaced("other/NOTES", "n", "m"), set(), may_run={"other"}, why=FILES_COUNT)
mutation("new-module", both(appended("middle/src/lib.rs", "pub mod fresh;\n"), lambda root: (root / "middle/src/fresh.rs").write_text("") and {} or {}),
         {"middle", "app"})
mutation("new-file-beside-the-sources", lambda root: (root / "middle/src/unused.rs").write_text("not rust") and {} or {}, set())
mutation("new-dependency", both(replaced("other/Cargo.toml", 'edition = "2021"', 'edition = "2021"\n[dependencies]\nleaf = { path = "../leaf" }'),
                                removed("Cargo.lock")), {"other"}, may_run=RUNS, why="a script may ask for `cargo metadata`, which is another")
mutation("other-flags", variables(RUSTFLAGS="--cfg judged"), ALL)
mutation("only-one-package", lambda root: {}, set(), "-p", "leaf")

# What cargo decides by times, paths and one directory for all (docs/cargo.md, K).
NOTHING = lambda root: {}
LOUD = (("--features", "app/loud"), {})
FLAGS = ((), {"RUSTFLAGS": "--cfg judged"})
METADATA = "a script may ask for `cargo metadata`, which is another"
mutation("same-bytes-again", lambda root: [path.write_bytes(path.read_bytes()) for path in root.rglob("*.rs") if "target" not in path.parts] and {}, set())
mutation("other-permissions", lambda root: [path.chmod(0o640) for path in root.rglob("*") if path.is_file() and "target" not in path.parts] and {}, set())
mutation("forth-and-back", NOTHING, set(), before=((("--release",), {}), LOUD))
mutation("other-flags-and-back", NOTHING, set(), before=(FLAGS,))
mutation("other-flags-a-second-time", variables(RUSTFLAGS="--cfg judged"), set(), before=(FLAGS, ((), {})))
mutation("features-and-back", NOTHING, set(), before=(LOUD, (("-p", "leaf", "--features", "leaf/loud"), {})))
mutation("another-number-of-jobs", variables(CARGO_BUILD_JOBS="3"), set())
mutation("a-longer-path-with-the-same-tools", variables(PATH="/nowhere/at/all" + os.pathsep + os.environ["PATH"]), set())
mutation("another-path-of-pkg-config", variables(PKG_CONFIG_PATH="/nowhere/at/all"), set(), may_run=RUNS, why="helpers of scripts read it without saying so")
mutation("another-home", lambda root: {"HOME": str(root.parent / "home"), "CARGO_HOME": os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo")),
                                       "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", os.path.expanduser("~/.rustup"))}, set())
mutation("comment-in-a-script-of-nobody", appended("quiet/build.rs", "// note\n"), {"quiet-script", "quiet-run"}, may_run={"quiet"}, why=FILES_COUNT)
mutation("the-missing-file-comes", written("quiet/never-there.txt", "now\n"), {"quiet-run"}, may_run=QUIET, why=FILES_COUNT)
mutation("file-of-a-script-that-names-none", replaced("loose/NOTES", "n", "m"), {"loose-run"}, may_run=LOOSE, why=FILES_COUNT)
mutation("feature-that-another-member-has", appended("other/Cargo.toml", "[features]\nnobody = []\n"), set(), may_run=RUNS | {"other"}, why=METADATA)


# --- the two sides ------------------------------------------------------------------------------------------------------


def write(root: Path) -> None:
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    lock(root)


def lock(root: Path) -> None:
    if not (root / "Cargo.lock").exists():
        subprocess.run([cargo_calls.toolchain("cargo"), "generate-lockfile", "--offline"], cwd=root, check=True, capture_output=True,
                       env=cargo_calls.base_environment())


def step_of(crate: str, package_name: str) -> str:
    return f"{package_name}-script" if crate.startswith("build_script_") else package_name


def cargo_ran(recording: cargo_calls.Recording) -> Set[str]:
    ran = {step_of(call["env"]["CARGO_CRATE_NAME"], call["env"]["CARGO_PKG_NAME"]) for call in recording.rustc}
    return ran | {call["env"]["CARGO_PKG_NAME"] + "-run" for call in recording.scripts}


class Ours:
    def __init__(self, program: str, mode: str, folder: Path):
        self.program, self.mode, self.folder = program, mode, folder

    def build(self, root: Path, cache: Path, arguments: List[str], more: Dict[str, str]) -> Set[str]:
        trace = self.folder / "trace.json"
        trace.unlink(missing_ok=True)
        environment = cargo_calls.base_environment({**more, "CERMET_CACHE": str(cache)})
        run = subprocess.run([self.program, "build", "--mode", self.mode, "--trace", str(trace), *arguments], cwd=root, env=environment,
                             capture_output=True, text=True)
        if run.returncode != 0:
            raise RuntimeError(run.stdout + run.stderr)
        return steps(trace)


def steps(trace: Path) -> Set[str]:
    """What really ran: a result that was remembered, from this cache or another, did not."""
    if not trace.exists():
        return set()
    found = set()
    events = json.loads(trace.read_text())
    for event in events["traceEvents"] if isinstance(events, dict) else events:
        outcome = event.get("args", {}).get("outcome", "hit")
        if event.get("ph") != "X" or outcome in ("hit", ""):
            continue
        words = event["name"]
        compiled = re.match(r"compile (\S+) v\S+( \(build script\))?", words)
        ran = re.match(r"run build script of (\S+) v", words)
        if compiled:
            found.add(compiled[1] + ("-script" if compiled[2] else ""))
        if ran:
            found.add(ran[1] + "-run")
    return found


def programs(root: Path) -> Dict[str, bytes]:
    folder = root / "target/debug"
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file() and path.suffix in ("", ".so", ".rlib")
            and not path.name.startswith(".") and path.name != "CACHEDIR.TAG"}


def output_of(path: Path) -> Optional[str]:
    return subprocess.run([str(path)], capture_output=True, text=True).stdout if path.exists() else None


def copy(source: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
    return target


class Judge:
    """Two built workspaces at constant paths, put back before each mutation."""

    def __init__(self, program: str, mode: str, folder: Path):
        self.folder = folder
        self.ours = Ours(program, mode, folder)
        self.cargo_root, self.root = folder / "cargo/w", folder / "ours/w"
        self.kept = folder / "kept"
        write(self.kept / "w")
        self.put_back(first=True)
        first = cargo_calls.record_cargo(self.cargo_root, [], folder / "tools")
        assert first.status == 0 and cargo_ran(first) == ALL, (first.stderr, cargo_ran(first))
        ran = self.ours.build(self.root, folder / "cache", [], {})
        assert ran == ALL, ran
        copy(folder / "tools/target", self.kept / "target")
        copy(folder / "cache", self.kept / "cache")
        copy(self.root / "target", self.kept / "our-target")

    def put_back(self, first: bool = False) -> None:
        for root in (self.cargo_root, self.root):
            root.parent.mkdir(parents=True, exist_ok=True)
            copy(self.kept / "w", root)
        if not first:
            copy(self.kept / "target", self.folder / "tools/target")
            copy(self.kept / "cache", self.folder / "cache")
            copy(self.kept / "our-target", self.root / "target")

    def judge(self, one: Mutation) -> List[str]:
        try:
            return self.wrong(one)
        except RuntimeError as error:
            return [f"{one.name}: {error}"]

    def wrong(self, one: Mutation) -> List[str]:
        self.put_back()
        said = []
        for arguments, named in one.before:
            cargo_calls.record_cargo(self.cargo_root, list(arguments), self.folder / "tools", named, keep_target=True)
            self.ours.build(self.root, self.folder / "cache", list(arguments), named)
        more = one.edit(self.cargo_root)
        one.edit(self.root)
        lock(self.cargo_root)
        lock(self.root)
        theirs = cargo_calls.record_cargo(self.cargo_root, list(one.arguments), self.folder / "tools", more, keep_target=True)
        if theirs.status != 0:
            return [f"{one.name}: cargo fails: {theirs.stderr}"]
        cargo = cargo_ran(theirs)
        ran = self.ours.build(self.root, self.folder / "cache", list(one.arguments), more)
        if one.needed - cargo:
            said.append(f"{one.name}: cargo did not run {sorted(one.needed - cargo)}: the judge expects too much")
        if one.needed - ran:
            said.append(f"{one.name}: did not run {sorted(one.needed - ran)}")
        if ran - cargo - one.may_run:
            said.append(f"{one.name}: ran {sorted(ran - cargo - one.may_run)}, which cargo did not")
        if ran - one.needed - one.may_run:
            said.append(f"{one.name}: ran {sorted(ran - one.needed - one.may_run)}, which was not needed")
        return said + self.compare_with_clean(one, more)

    def compare_with_clean(self, one: Mutation, more: Dict[str, str]) -> List[str]:
        said = []
        made = programs(self.root)
        shutil.rmtree(self.root / "target")
        clean = self.folder / "clean-cache"
        shutil.rmtree(clean, ignore_errors=True)
        self.ours.build(self.root, clean, list(one.arguments), more)
        for name, data in programs(self.root).items():
            if made.get(name) != data:
                said.append(f"{one.name}: {name} is not what a clean build gives")
            theirs = output_of(self.folder / "tools/target/debug" / name) if "." not in name else None
            if theirs is not None and theirs != output_of(self.root / "target/debug" / name):
                said.append(f"{one.name}: {name} prints something else than cargo's")
        return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--mode", default="plain")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    chosen = {one.name: one for one in MUTATIONS if not options.names or one.name in options.names}
    with tempfile.TemporaryDirectory(prefix="cermet-mutations-") as folder:
        judge = Judge(options.program, options.mode, Path(folder).resolve())
        return report(chosen, lambda name: judge.judge(chosen[name]))


if __name__ == "__main__":
    sys.exit(main())
