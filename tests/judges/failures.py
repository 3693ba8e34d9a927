#!/usr/bin/env python3
"""Broken workspaces: what cargo refuses is refused, in the same class, and the text names what and where.

SPDX-License-Identifier: MIT
usage: failures.py --program PROGRAM [NAME…]

Classes, by what cargo did before it gave up: `manifest`, nothing was compiled; `rustc`, a compiler failed; `script`, a
build script ran and it, or what it printed, was wrong; `fine`, cargo builds it. Ours must end in the same class, without
a crash, and say each of the words that stand with the case: they are what somebody needs to find the mistake.
"""
from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, Mapping, NamedTuple, Tuple

sys.path.insert(0, os.path.dirname(__file__))
import cargo_calls  # noqa: E402
from cases import report  # noqa: E402
from command_fixtures import MAIN, package, script, workspace  # noqa: E402


class Case(NamedTuple):
    files: Dict[str, str]
    arguments: List[str]
    says: Tuple[str, ...]
    variables: Dict[str, str]


CASES: Dict[str, Case] = {}


def case(name: str, files: Mapping[str, str], *says: str, arguments: Tuple[str, ...] = (), **variables: str) -> None:
    CASES[name] = Case(dict(files), list(arguments), says, variables)


def one(manifest: str, **files: str) -> Dict[str, str]:
    return {"Cargo.toml": manifest, "src/lib.rs": "", **{name.replace("__", "/"): text for name, text in files.items()}}


LEAF = {"leaf/Cargo.toml": package("leaf", "[features]\nx = []"), "leaf/src/lib.rs": ""}
USES_LEAF = '[dependencies]\nleaf = { path = "leaf" }\n[workspace]\n'

case("no-manifest-syntax", one("[package\nname = 1\n"), "Cargo.toml:1")
case("no-name", one('[package]\nversion = "0.1.0"\n'), "Cargo.toml", "name")
case("wrong-type", one('[package]\nname = "a"\nversion = 1\n'), "Cargo.toml:3", "version")
case("bad-version", one('[package]\nname = "a"\nversion = "1.x"\n'), "Cargo.toml:3", "1.x")
case("unknown-edition", one(package("a", edition="1999")), "Cargo.toml:4", "1999")
case("bad-requirement", one(package("a", '[dependencies]\nleaf = { path = "leaf", version = "one" }\n[workspace]'), **{"leaf/Cargo.toml": package("leaf")}),
     "Cargo.toml", "one")
case("no-targets", {"Cargo.toml": package("a")}, "Cargo.toml", "a")
case("missing-lib-path", one(package("a", '[lib]\npath = "src/gone.rs"')), "gone.rs")
case("missing-bin", one(package("a", '[[bin]]\nname = "tool"')), "tool")
case("two-bins-of-one-name", one(package("a", '[[bin]]\nname = "t"\npath = "src/a.rs"\n[[bin]]\nname = "t"\npath = "src/b.rs"'), src__a_rs=""), "t")
case("dylib-and-cdylib", one(package("a", '[lib]\ncrate-type = ["dylib", "cdylib"]')), "dylib", "cdylib")
case("links-without-script", one(package("a", more='links = "z"')), "links", "Cargo.toml")
case("missing-script", one(package("a", more='build = "gone.rs"')), "gone.rs")
case("two-links", {"Cargo.toml": workspace("a", "b", "c"), "a/Cargo.toml": package("a", more='links = "z"'), "a/src/lib.rs": "", "a/build.rs": MAIN,
                   "b/Cargo.toml": package("b", more='links = "z"'), "b/src/lib.rs": "", "b/build.rs": MAIN,
                   "c/Cargo.toml": package("c", '[dependencies]\na = { path = "../a" }\nb = { path = "../b" }'), "c/src/lib.rs": ""},
     "links", "`?z`?")
case("cycle", {"Cargo.toml": workspace("a", "b"), "a/Cargo.toml": package("a", '[dependencies]\nb = { path = "../b" }'), "a/src/lib.rs": "",
               "b/Cargo.toml": package("b", '[dependencies]\na = { path = "../a" }'), "b/src/lib.rs": ""}, "a", "b", "cycl|itself|circle|depend")
case("missing-path", one(package("a", '[dependencies]\nleaf = { path = "gone" }')), "gone", "Cargo.toml")
case("wrong-name-at-path", {**one(package("a", '[dependencies]\nloaf = { path = "leaf" }\n[workspace]')), **LEAF}, "loaf")
case("wrong-version-at-path", {**one(package("a", '[dependencies]\nleaf = { path = "leaf", version = "2" }\n[workspace]')), **LEAF}, "leaf", "0.1.0|2")
case("unknown-feature-of-dependency", {**one(package("a", '[dependencies]\nleaf = { path = "leaf", features = ["gone"] }\n[workspace]')), **LEAF}, "gone", "leaf")
case("unknown-feature-in-table", {**one(package("a", '[features]\nf = ["leaf/gone"]\n' + USES_LEAF)), **LEAF}, "gone")
case("feature-of-nothing", one(package("a", '[features]\nf = ["nothing"]')), "nothing", "Cargo.toml")
case("feature-of-a-dependency-that-is-not-optional", {**one(package("a", '[features]\nf = ["dep:leaf"]\n' + USES_LEAF)), **LEAF}, "leaf", "optional")
case("unknown-feature-asked-for", {**one(package("a", USES_LEAF)), **LEAF}, "gone", arguments=("--features", "gone"))
case("unknown-package-asked-for", {**one(package("a", USES_LEAF)), **LEAF}, "gone", arguments=("-p", "gone"))
case("unknown-bin-asked-for", {**one(package("a", USES_LEAF)), **LEAF}, "gone", arguments=("--bin", "gone"))
case("unknown-example-asked-for", one(package("a")), "gone", arguments=("--example", "gone"))
case("unknown-profile", one(package("a")), "gone", arguments=("--profile", "gone"))
case("required-features-of-a-bin", one(package("a", '[features]\nf = []\n[[bin]]\nname = "t"\npath = "src/t.rs"\nrequired-features = ["f"]'), src__t_rs=MAIN),
     "t", "f", arguments=("--bin", "t"))
case("newer-rust", one(package("a", more='rust-version = "1.999"')), "1.999", "a")
case("unstable-key", one('cargo-features = ["edition9"]\n' + package("a")), "cargo-features|edition9")
case("artifact-dependency", {**one(package("a", '[dependencies]\nleaf = { path = "leaf", artifact = "bin" }\n[workspace]')), **LEAF}, "artifact")
case("member-is-missing", {"Cargo.toml": workspace("a", "gone"), "a/Cargo.toml": package("a"), "a/src/lib.rs": ""}, "gone")
case("two-workspaces", {"Cargo.toml": workspace("a"), "a/Cargo.toml": package("a", "[workspace]"), "a/src/lib.rs": ""}, "a")
case("inherits-nothing", {"Cargo.toml": workspace("a"), "a/Cargo.toml": '[package]\nname = "a"\nversion.workspace = true\n', "a/src/lib.rs": ""}, "version", "a/Cargo.toml")
case("inherits-unknown-dependency", {"Cargo.toml": workspace("a"), "a/Cargo.toml": package("a", "[dependencies]\nleaf.workspace = true"), "a/src/lib.rs": ""}, "leaf")
case("two-packages-of-one-name", {"Cargo.toml": workspace("a", "b"), "a/Cargo.toml": package("a"), "a/src/lib.rs": "", "b/Cargo.toml": package("a"), "b/src/lib.rs": ""}, "a")
case("bad-configuration", {**one(package("a")), ".cargo/config.toml": "[build\n"}, r"config.toml:1")
case("bad-profile-value", one(package("a", '[profile.dev]\nopt-level = "fast"')), "fast")
case("profile-without-inherits", one(package("a", "[profile.odd]\nopt-level = 1")), "inherits", arguments=("--profile", "odd"))
case("lto-in-an-override", one(package("a", '[profile.dev.package."*"]\nlto = true')), "lto")
case("stale-lock", {**one(package("a", USES_LEAF)), **LEAF, "Cargo.lock": 'version = 4\n\n[[package]]\nname = "a"\nversion = "0.1.0"\n'}, "Cargo.lock",
     arguments=("--locked",))
case("lock-of-the-future", {**one(package("a")), "Cargo.lock": 'version = 99\n\n[[package]]\nname = "a"\nversion = "0.1.0"\n'}, "Cargo.lock", "99")
case("damaged-lock", {**one(package("a")), "Cargo.lock": "version = 4\n[[package\n"}, "Cargo.lock:2")
case("wrong-source", one(package("a"), **{"src/lib.rs": "fn f( {"}), r"src/lib.rs:1")
case("type-error", one(package("a"), **{"src/lib.rs": "pub fn f() -> u32 { \"x\" }"}), r"src/lib.rs:1", "mismatched types")
case("macro-panics", {"Cargo.toml": workspace("m", "a"), "m/Cargo.toml": package("m", "[lib]\nproc-macro = true"),
                      "m/src/lib.rs": "#[proc_macro]\npub fn m(_: proc_macro::TokenStream) -> proc_macro::TokenStream { panic!(\"the macro says no\") }",
                      "a/Cargo.toml": package("a", '[dependencies]\nm = { path = "../m" }'), "a/src/lib.rs": "m::m!();"}, "the macro says no", "a/src/lib.rs:1")
case("denied-lint", one(package("a", '[lints.rust]\nunused_variables = "deny"'), **{"src/lib.rs": "pub fn f() { let x = 1; }"}), "unused")
case("link-fails", {"Cargo.toml": package("a"), "src/main.rs": 'unsafe extern "C" { fn nowhere_to_be_found(); }\nfn main() { unsafe { nowhere_to_be_found() } }'},
     "nowhere_to_be_found")
case("script-does-not-compile", one(package("a"), **{"build.rs": "fn main() { 1 }"}), "build.rs:1")
case("script-panics", one(package("a"), **{"build.rs": 'fn main() { eprintln!("on stderr"); panic!("the script says no") }'}), "the script says no", "on stderr", "build script")
case("script-exits", one(package("a"), **{"build.rs": 'fn main() { println!("printed before"); std::process::exit(3) }'}), "build script", "3")
case("script-says-error", one(package("a"), **{"build.rs": script("cargo::error=the first reason", "cargo::error=the second reason")}), "the first reason", "the second reason")
for name, line, words in (
        ("unknown-directive", "cargo::rustc-nonsense=1", ("rustc-nonsense",)),
        ("unknown-link-arg", "cargo:rustc-link-arg-nonsense=1", ()),
        ("directive-without-equals", "cargo::rustc-cfg", ("rustc-cfg",)),
        ("bad-rustc-flags", "cargo:rustc-flags=-C opt-level=3", ("rustc-flags",)),
        ("cut-rustc-flags", "cargo:rustc-flags=-l", ("rustc-flags",)),
        ("bad-rustc-env", "cargo:rustc-env=NAME", ("rustc-env",)),
        ("bootstrap", "cargo:rustc-env=RUSTC_BOOTSTRAP=1", ("RUSTC_BOOTSTRAP",)),
        ("bad-metadata", "cargo::metadata=NAME", ("metadata",)),
        ("bins-without-bins", "cargo:rustc-link-arg-bins=-Wl,-O1", ("bin",)),
        ("unknown-bin", "cargo:rustc-link-arg-bin=t=-Wl,-O1", ("t",)),
        ("bin-without-argument", "cargo:rustc-link-arg-bin=t", ("rustc-link-arg-bin",)),
        ("examples-without-examples", "cargo:rustc-link-arg-examples=-Wl,-O1", ("example",)),
        ("tests-without-tests", "cargo:rustc-link-arg-tests=-Wl,-O1", ("test",)),
        ("benches-without-benches", "cargo:rustc-link-arg-benches=-Wl,-O1", ("bench",)),
        ("cdylib-without-cdylib", "cargo:rustc-link-arg-cdylib=-Wl,-O1", ())):
    case(f"directive-{name}", one(package("a"), **{"build.rs": script(line)}), *words)
case("directive-error-in-the-old-form", one(package("a"), **{"build.rs": script("cargo:error=only a value")}))
case("directive-new-form-for-old-rust", one(package("a", more='rust-version = "1.70"'), **{"build.rs": script("cargo::rustc-cfg=x")}), "1.77")
case("override-with-warning", {**one(package("a", more='links = "z"')), "build.rs": MAIN, ".cargo/config.toml": '[target.x86_64-unknown-linux-gnu.z]\nwarning = "w"\n'}, "warning")
case("two-linkers", {**one(package("a")), ".cargo/config.toml": '[target."cfg(unix)"]\nlinker = "cc"\n[target.\'cfg(target_os = "linux")\']\nlinker = "cc"\n'}, "linker")


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name.replace("_rs", ".rs")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def cargo_class(files: Mapping[str, str], arguments: List[str], folder: Path, variables: Mapping[str, str]) -> Tuple[str, str]:
    """Cargo resolves a missing lock itself, and says then what is wrong with the dependencies."""
    root = folder / "cargo"
    write(root, files)
    if "Cargo.lock" not in files:
        subprocess.run([cargo_calls.toolchain("cargo"), "generate-lockfile", "--offline"], cwd=root, capture_output=True,
                       env=cargo_calls.base_environment(variables))
    done = cargo_calls.record_cargo(root, [word for word in arguments if word != "--locked"] + ["--offline"], folder / "tools", variables)
    if done.status == 0:
        return "fine", done.stderr
    if not done.rustc:
        return "manifest", done.stderr
    return ("rustc" if "could not compile" in done.stderr else "script"), done.stderr


def our_class(program: str, arguments: List[str], folder: Path, root: Path, variables: Mapping[str, str]) -> Tuple[str, str]:
    trace = folder / "trace.json"
    environment = cargo_calls.base_environment({**variables, "CERMET_CACHE": str(folder / "cache")})
    run = subprocess.run([program, "build", "--mode", "plain", "--trace", str(trace), *arguments], cwd=root, env=environment, capture_output=True,
                         text=True)
    said = run.stdout + run.stderr
    if run.returncode == 0:
        return "fine", said
    if run.returncode < 0 or run.returncode == 70 or "this is a bug" in said:
        return f"crash ({run.returncode})", said
    events = json.loads(trace.read_text()) if trace.exists() else []
    names = [event.get("name", "") for event in (events["traceEvents"] if isinstance(events, dict) else events)
             if "outcome" in event.get("args", {})]
    if any(name.startswith("run build script") for name in names):
        return "script", said
    return ("rustc" if any(name.startswith("compile ") for name in names) else "manifest"), said


def judge(program: str, name: str) -> List[str]:
    it = CASES[name]
    with tempfile.TemporaryDirectory(prefix="cermet-failure-") as text:
        folder = Path(text).resolve()
        theirs, their_words = cargo_class(it.files, it.arguments, folder, it.variables)
        # Ours starts from the lock that cargo wrote, if it wrote one: no cargo is asked.
        root = folder / "ours"
        write(root, it.files)
        lock = folder / "cargo/Cargo.lock"
        if lock.exists() and not (root / "Cargo.lock").exists():
            (root / "Cargo.lock").write_bytes(lock.read_bytes())
        ours, words = our_class(program, it.arguments, folder, root, it.variables)
        said = []
        if ours != theirs:
            said.append(f"{name}: cargo ends with {theirs}, cermet with {ours}\n  cargo: {their_words.strip()}\n  cermet: {words.strip()}")
        elif theirs != "fine":
            plain = re.sub(r"\x1b\[[0-9;]*m", "", words)
            said += [f"{name}: the text does not say {word!r}:\n  {plain.strip()}" for word in it.says if not re.search(word, plain)]
        return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    chosen = [name for name in CASES if not options.names or name.startswith(tuple(options.names))]
    return report(chosen, lambda name: judge(options.program, name))


if __name__ == "__main__":
    sys.exit(main())
