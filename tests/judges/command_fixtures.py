#!/usr/bin/env python3
"""Small workspaces, at least one per rule on rustc's command lines and build scripts, built by cargo and compared call by call.

SPDX-License-Identifier: MIT
usage: command_fixtures.py --tool "PROGRAM internal" [--list] [NAME…]

Names begin with the rule (docs/cargo.md) that they show; NAME is a beginning of such names. A fixture is a map of files,
a list of `cargo build` argument lists, and variables that are set. What is expected is what cargo does when it runs.
"""
from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Tuple

sys.path.insert(0, os.path.dirname(__file__))
import cargo_calls  # noqa: E402
import rustc_commands  # noqa: E402
from cases import report_chosen  # noqa: E402

HOST = "x86_64-unknown-linux-gnu"
MAIN = "fn main() {}\n"


def package(name: str, rest: str = "", edition: str = "2021", version: str = "0.1.0", more: str = "") -> str:
    return f'[package]\nname = "{name}"\nversion = "{version}"\nedition = "{edition}"\n{more}\n{rest}\n'


def workspace(*members: str, rest: str = "", resolver: str = "2") -> str:
    names = ", ".join(f'"{name}"' for name in members)
    return f'[workspace]\nmembers = [{names}]\nresolver = "{resolver}"\n{rest}\n'


def script(*lines: str) -> str:
    """A build script that prints these lines; `{out}` in them is OUT_DIR."""
    out = ['fn main() {', '    let out = std::env::var("OUT_DIR").unwrap();', '    let _ = &out;']
    for line in lines:
        text = line.replace("\\", "\\\\").replace('"', '\\"')
        pieces = text.split("{out}")
        if len(pieces) == 1:
            out.append(f'    println!("{{}}", "{text}");')
        else:
            out.append(f'    println!("{"{}".join(["{}"] * len(pieces))}", ' + ", &out, ".join(f'"{p}"' for p in pieces) + ");")
    return "\n".join(out) + "\n}\n"


# A library that a build script can really make: rustc reads archives that are named with -l static=….
ARCHIVE = '    std::fs::write(format!("{out}/libNAME.a"), b"!<arch>\\n").unwrap();\n'


def makes_archive(text: str, name: str) -> str:
    return text.replace("    let _ = &out;\n", ARCHIVE.replace("NAME", name))


Fixture = Tuple[Dict[str, str], List[List[str]], Dict[str, str]]
FIXTURES: Dict[str, Fixture] = {}


def fixture(name: str, files: Mapping[str, str], arguments: Optional[List[List[str]]] = None, **variables: str) -> None:
    FIXTURES[name] = (dict(files), arguments or [[]], variables)


# A machine that rustc has a standard library for besides its own, and the distribution a compiler: "" = neither is here.
def other_machine() -> str:
    triple = "aarch64-unknown-linux-gnu"
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    there = (Path(sysroot) / "lib/rustlib" / triple / "lib").is_dir() and shutil.which("aarch64-linux-gnu-gcc")
    return triple if there else ""


OTHER = other_machine()
DEV_RELEASE = [[], ["--release"]]
BOTH_KINDS = [[], ["--target", HOST]]

# --- U: units and command lines -----------------------------------------------------------------------------------------

KINDS = {
    "Cargo.toml": workspace("l", "r", "c", "s", "p", "m", "app"),
    "l/Cargo.toml": package("l-lib"), "l/src/lib.rs": "pub fn l() {}",
    "r/Cargo.toml": package("r", '[lib]\ncrate-type = ["rlib"]\n[dependencies]\nl-lib = { path = "../l" }'),
    "r/src/lib.rs": "pub use l_lib::l;",
    "c/Cargo.toml": package("c", '[lib]\ncrate-type = ["cdylib"]\n[dependencies]\nr = { path = "../r" }'), "c/src/lib.rs": "",
    "s/Cargo.toml": package("s", '[lib]\ncrate-type = ["staticlib"]\n[dependencies]\nr = { path = "../r" }'), "s/src/lib.rs": "",
    "p/Cargo.toml": package("p", '[lib]\nproc-macro = true\n[dependencies]\nl-lib = { path = "../l" }'),
    "p/src/lib.rs": "extern crate proc_macro;",
    "m/Cargo.toml": package("m", '[lib]\nname = "mixed"\ncrate-type = ["cdylib", "rlib", "staticlib"]\n[dependencies]\np = { path = "../p" }'),
    "m/src/lib.rs": "",
    "app/Cargo.toml": package("app", '[dependencies]\nm = { path = "../m" }\np = { path = "../p" }\nl-lib = { path = "../l" }'),
    "app/src/lib.rs": "", "app/src/main.rs": MAIN, "app/src/bin/other-tool.rs": MAIN, "app/examples/show.rs": MAIN,
}
fixture("U8-kinds-of-crates", KINDS, [["--workspace"], ["--workspace", "--release", "--target", HOST], ["-p", "app", "--example", "show"]])
if OTHER:
    # Scripts and macros for the host, crates for the target, and what both link twice.
    fixture("U4-another-machine", {
        **KINDS, "Cargo.toml": KINDS["Cargo.toml"].replace('"app"', '"app", "both", "n"'),
        ".cargo/config.toml": f'[target.{OTHER}]\nlinker = "aarch64-linux-gnu-gcc"\nrustflags = ["-C", "target-cpu=cortex-a72"]\n',
        "both/Cargo.toml": package("both"), "both/src/lib.rs": "",
        "n/Cargo.toml": package("n-sys", '[dependencies]\nboth = { path = "../both" }\np = { path = "../p" }\n[build-dependencies]\nboth = { path = "../both" }\n'
                                         '[target.\'cfg(target_arch = "aarch64")\'.dependencies]\nl-lib = { path = "../l" }', more='links = "n"'),
        "n/src/lib.rs": "", "n/build.rs": script("cargo:out={out}", "cargo:rustc-cfg=seen"),
    }, [["--workspace", "--target", OTHER], ["--workspace", "--release", "--target", OTHER], ["-p", "n-sys", "--target", OTHER]])
fixture("U11-dylib", {
    "Cargo.toml": workspace("d", "e", "b"),
    "d/Cargo.toml": package("d", '[lib]\ncrate-type = ["dylib"]'), "d/src/lib.rs": "pub fn d() {}",
    "e/Cargo.toml": package("e", '[lib]\ncrate-type = ["dylib", "rlib"]'), "e/src/lib.rs": "pub fn e() {}",
    "b/Cargo.toml": package("b", '[dependencies]\nd = { path = "../d" }'), "b/src/main.rs": MAIN,
}, [["-p", "b"], ["--workspace"], ["-p", "e", "--release"]])
fixture("U9-outside-the-workspace", {
    "ws/Cargo.toml": workspace("a"), "ws/a/Cargo.toml": package("a", '[dependencies]\nout = { path = "../../out" }'),
    "ws/a/src/lib.rs": "", "out/Cargo.toml": package("out"), "out/src/lib.rs": "", "out/build.rs": MAIN, "@": "ws"}, DEV_RELEASE)
fixture("U5-selected-macro", {
    "Cargo.toml": workspace("p", "u"), "p/Cargo.toml": package("p", "[lib]\nproc-macro = true"), "p/src/lib.rs": "",
    "u/Cargo.toml": package("u", '[dependencies]\np = { path = "../p" }'), "u/src/lib.rs": ""}, [["--workspace", "--release"], ["-p", "u"]])
fixture("U11-editions-and-names", {
    "Cargo.toml": workspace("e15", "e18", "e24"),
    "e15/Cargo.toml": '[package]\nname = "e15"\nversion = "0.1.0"\n', "e15/src/lib.rs": "",
    "e18/Cargo.toml": package("e18-x", '[[bin]]\nname = "the-tool"\npath = "src/t.rs"\nedition = "2021"', edition="2018"),
    "e18/src/lib.rs": "", "e18/src/t.rs": MAIN,
    "e24/Cargo.toml": package("e24", edition="2024", version="1.2.3-beta.4+build.5"), "e24/src/lib.rs": ""}, DEV_RELEASE)
fixture("U13-extern-names", {
    "Cargo.toml": workspace("a", "b", "c"),
    "a/Cargo.toml": package("a-pkg", '[lib]\nname = "weird"'), "a/src/lib.rs": "",
    "b/Cargo.toml": package("b", '[dependencies]\nmy-a = { path = "../a", package = "a-pkg" }'), "b/src/lib.rs": "",
    "c/Cargo.toml": package("c", '[dependencies]\na-pkg = { path = "../a" }\nz = { path = "../b", package = "b" }\n'
                                 '[build-dependencies]\na-pkg = { path = "../a" }'),
    "c/src/lib.rs": "", "c/build.rs": MAIN}, [[], ["--release"], ["--target", HOST]])
fixture("U8-features-and-check-cfg", {
    "Cargo.toml": package("f", '[features]\ndefault = ["b"]\na = []\nb = ["c-d"]\nc-d = []\n"e.f" = []\n"1+2" = []\n'
                               '[dependencies]\nopt = { path = "opt", optional = true }\n[workspace]'),
    "src/lib.rs": "", "build.rs": MAIN, "opt/Cargo.toml": package("opt"), "opt/src/lib.rs": ""},
    [[], ["--no-default-features"], ["--all-features"], ["--features", "a,opt"]])

PROFILED = {"src/lib.rs": "pub fn f() {}", "src/main.rs": MAIN, "build.rs": MAIN, "d/src/lib.rs": "", "d/Cargo.toml": package("d"),
            "h/src/lib.rs": "", "h/Cargo.toml": package("h")}


def profiled(text: str, **more: str) -> Dict[str, str]:
    manifest = package("p", '[dependencies]\nd = { path = "d" }\n[build-dependencies]\nh = { path = "h" }\n' + text + '\n[workspace]\n')
    return {**PROFILED, "Cargo.toml": manifest, **more}


fixture("U16-lto-thin", profiled('[profile.release]\nlto = "thin"'), [["--release"]])
fixture("U16-lto-fat", profiled('[profile.release]\nlto = "fat"\ncodegen-units = 1\n[profile.dev]\nlto = true'), DEV_RELEASE)
fixture("U16-lto-off", profiled('[profile.release]\nlto = "off"\n[profile.dev]\nlto = false'), DEV_RELEASE)
fixture("U15-lto-of-mixed-types", {**KINDS, "Cargo.toml": KINDS["Cargo.toml"] + '[profile.release]\nlto = "fat"\n'},
        [["--workspace", "--release"], ["-p", "c", "-p", "s", "--release"]])
fixture("M22-custom-profiles", profiled(
    '[profile.lean]\ninherits = "release"\nopt-level = "z"\nstrip = true\npanic = "abort"\nrpath = true\n'
    '[profile.lean.package."*"]\nopt-level = 1\n[profile.lean.package.d]\ncodegen-units = 3\n'
    '[profile.lean.build-override]\nopt-level = 2\ndebug = 1\n[profile.wide]\ninherits = "dev"\nopt-level = "s"\n'
    'debug-assertions = false\noverflow-checks = true\nsplit-debuginfo = "packed"'), [["--profile", "lean"], ["--profile", "wide"]])
fixture("M24-debug-levels", profiled(
    '[profile.dev]\ndebug = "line-tables-only"\nsplit-debuginfo = "unpacked"\n[profile.a]\ninherits = "dev"\ndebug = "line-directives-only"\n'
    'strip = "none"\n[profile.b]\ninherits = "release"\ndebug = "limited"\nstrip = "debuginfo"\n[profile.c]\ninherits = "release"\n'
    'debug = 2\nstrip = "symbols"\n[profile.e]\ninherits = "dev"\ndebug = false\nopt-level = 1'),
    [[], ["--profile", "a"], ["--profile", "b"], ["--profile", "c"], ["--profile", "e"]])
fixture("M23-checks", profiled(
    '[profile.dev]\noverflow-checks = false\n[profile.release]\ndebug-assertions = true\n[profile.q]\ninherits = "release"\n'
    'overflow-checks = true\nopt-level = 0'), [[], ["--release"], ["--profile", "q"]])
fixture("M23-overrides-and-environment", profiled(
    '[profile.release.package.d]\nopt-level = "s"\ndebug = true\n[profile.release.build-override]\nopt-level = 1',
    **{".cargo/config.toml": '[profile.release]\ndebug = 1\n[profile.release.package.p]\ncodegen-units = 2\n'}),
    [["--release"]], CARGO_PROFILE_RELEASE_OPT_LEVEL="2", CARGO_PROFILE_RELEASE_STRIP="symbols")
fixture("M25-shared-debuginfo", {
    "Cargo.toml": workspace("top", "shared", "only"),
    "top/Cargo.toml": package("top", '[dependencies]\nshared = { path = "../shared" }\n[build-dependencies]\n'
                                     'shared = { path = "../shared" }\nonly = { path = "../only" }'),
    "top/src/main.rs": MAIN, "top/build.rs": MAIN, "shared/Cargo.toml": package("shared"), "shared/src/lib.rs": "",
    "only/Cargo.toml": package("only"), "only/src/lib.rs": ""}, [["-p", "top"], ["-p", "top", "--target", HOST]])
fixture("M26-panic", profiled('[profile.dev]\npanic = "abort"\n[profile.release]\npanic = "abort"\nlto = true'), DEV_RELEASE)

LINTS = ('[lints.rust]\nunused = { level = "warn", priority = -1 }\nunused_must_use = "deny"\nunsafe_code = "forbid"\n'
         'unexpected_cfgs = { level = "warn", check-cfg = ["cfg(loom)", \'cfg(foo, values("bar"))\'] }\n'
         '[lints.clippy]\nall = "allow"\npedantic = { level = "warn", priority = -1 }\n[lints.rustdoc]\nbroken_intra_doc_links = "deny"\n')
fixture("M27-lints", {
    "Cargo.toml": workspace("a", "b", rest=LINTS.replace("[lints.", "[workspace.lints.")),
    "a/Cargo.toml": package("a", LINTS + '[dependencies]\nb = { path = "../b" }'), "a/src/lib.rs": "", "a/build.rs": MAIN,
    "b/Cargo.toml": package("b", "[lints]\nworkspace = true"), "b/src/lib.rs": "", "b/src/main.rs": MAIN}, DEV_RELEASE)

# --- U: variables -------------------------------------------------------------------------------------------------------

DESCRIBED = ('authors = ["A <a@x>", "B"]\ndescription = "Say \\"hi\\",\\n  twice"\nhomepage = "https://x/h"\nrepository = "https://x/r"\n'
             'license = "MIT OR Apache-2.0"\nrust-version = "1.70"\nreadme = "docs/READ.md"\nkeywords = ["k"]\n')
fixture("U8-variables-of-packages", {
    "Cargo.toml": package("v-v", '[[bin]]\nname = "b-b"\npath = "src/b.rs"\n[workspace]\nmembers = ["w"]\n'
                                 '[workspace.package]\nversion = "3.2.1"\nauthors = ["W"]\nreadme = "README.txt"\nlicense-file = "LICENSE.md"\n'
                                 'rust-version = "1.75.0"\n', version="1.2.3-alpha.1+b7", more=DESCRIBED),
    "src/lib.rs": "", "src/b.rs": MAIN, "build.rs": MAIN, "docs/READ.md": "", "README.txt": "", "LICENSE.md": "", "examples/ex.rs": MAIN,
    "w/Cargo.toml": '[package]\nname = "w"\nversion.workspace = true\nauthors.workspace = true\nreadme.workspace = true\n'
                    'license-file.workspace = true\nrust-version.workspace = true\nedition = "2018"\n',
    "w/src/lib.rs": "", "w/build.rs": MAIN}, [["--workspace"], ["--example", "ex"]])
fixture("U8-readme-defaults", {
    "Cargo.toml": workspace("a", "b", "c", "d"),
    "a/Cargo.toml": package("a"), "a/src/lib.rs": "", "a/README.md": "", "b/Cargo.toml": package("b"), "b/src/lib.rs": "", "b/README": "",
    "c/Cargo.toml": package("c", more="readme = false"), "c/src/lib.rs": "", "c/README.md": "",
    "d/Cargo.toml": package("d", more='readme = true\nlicense-file = "../L"'), "d/src/lib.rs": "", "L": "", "d/README.md": ""})
fixture("U8-primary-packages", {
    "Cargo.toml": workspace("a", "b"), "a/Cargo.toml": package("a", '[dependencies]\nb = { path = "../b" }'), "a/src/main.rs": MAIN,
    "b/Cargo.toml": package("b"), "b/src/lib.rs": "", "b/build.rs": MAIN}, [["-p", "a"], ["-p", "b"], ["--workspace"]])

# --- L: configuration ---------------------------------------------------------------------------------------------------

CONFIGURED = {"Cargo.toml": package("c", '[build-dependencies]\nh = { path = "h" }\n[workspace]'), "src/main.rs": MAIN, "build.rs": MAIN,
              "h/Cargo.toml": package("h"), "h/src/lib.rs": ""}


def configured(text: str) -> Dict[str, str]:
    return {**CONFIGURED, ".cargo/config.toml": text}


fixture("L14-flags-of-the-environment", configured('[build]\nrustflags = ["--cfg", "fromfile"]\n'), BOTH_KINDS, RUSTFLAGS=" --cfg one  --cfg two ")
fixture("L14-encoded-flags", CONFIGURED, BOTH_KINDS, CARGO_ENCODED_RUSTFLAGS="--cfg\x1fx=\"a b\"", RUSTFLAGS="--cfg not")
fixture("L14-flags-of-build", configured('[build]\nrustflags = ["--cfg", "fromfile"]\n'), BOTH_KINDS)
fixture("L14-flags-as-text", configured('[build]\nrustflags = "--cfg a -C debuginfo=1"\n'))
fixture("L14-flags-of-targets", configured(
    f'[target.{HOST}]\nrustflags = ["--cfg", "exact"]\n[target."cfg(unix)"]\nrustflags = ["--cfg", "unixish"]\n'
    '[target."cfg(exact)"]\nrustflags = ["--cfg", "second"]\n[target."cfg(windows)"]\nrustflags = ["--cfg", "never"]\n'
    '[build]\nrustflags = ["--cfg", "lost"]\n'), BOTH_KINDS)
fixture("L14-flags-of-a-target-variable", configured('[build]\nrustflags = "--cfg lost"\n'), BOTH_KINDS,
        CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="--cfg fromvariable")
fixture("L14-flags-of-a-build-variable", CONFIGURED, BOTH_KINDS, CARGO_BUILD_RUSTFLAGS="--cfg fromvariable")
fixture("L15-linker", configured(f'[target.{HOST}]\nlinker = "cc"\n'), BOTH_KINDS)
fixture("L15-linker-of-a-cfg", configured('[target.\'cfg(target_os = "linux")\']\nlinker = "cc"\n[target."cfg(windows)"]\nlinker = "no"\n'), BOTH_KINDS)
fixture("L15-linker-of-an-unreadable-cfg", configured('[target."cfg(target_os = \'linux\')"]\nlinker = "cc"\n'), BOTH_KINDS)
fixture("L15-linker-of-a-variable", CONFIGURED, BOTH_KINDS, CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER="cc")
fixture("L15-env", configured(
    '[env]\nPLAIN = "p"\nTHERE = "file"\nFORCED = { value = "file", force = true }\nPLACE = { value = "some/dir", relative = true }\n'
    'CARGO_PKG_NAME = "no"\nOUT_DIR = "no"\nTARGET = "mine"\n'), [[]], THERE="user", FORCED="user")
fixture("L13-nested-configuration", {
    "Cargo.toml": workspace("a"), "a/Cargo.toml": package("a"), "a/src/main.rs": MAIN, "a/build.rs": MAIN,
    ".cargo/config.toml": 'include = ["more.toml"]\n[build]\nrustflags = ["--cfg", "outer"]\n[env]\nX = "outer"\nY = "outer"\n',
    ".cargo/more.toml": '[build]\nrustflags = ["--cfg", "included"]\n[env]\nY = "included"\nZ = "included"\n',
    "a/.cargo/config.toml": '[build]\nrustflags = ["--cfg", "not-read-from-the-root"]\n'})
fixture("L13-profile-in-configuration", configured('[profile.dev]\nopt-level = 1\n[profile.release]\nlto = "thin"\n'), DEV_RELEASE)

# --- B: build scripts ---------------------------------------------------------------------------------------------------

DIRECTIVES = ("cargo:rustc-cfg=flag", 'cargo:rustc-cfg=key="value"', "cargo:rustc-check-cfg=cfg(flag, key, values(\"value\"))",
              "cargo:rustc-env=GREETING=hello  world=1", "cargo:rustc-env=EMPTY=", "cargo:rerun-if-changed=build.rs",
              "cargo:rerun-if-env-changed=NOBODY", "cargo:warning=this is said", "  cargo:rustc-cfg=indented  ", "noise", "cargo:rustc-cfg= spaced", "cargo:rustc-link-search= /opt/spaced",
              "cargo:root=/some/where", "cargo:KEY-with-dash = spaced ", "cargo:include={out}/include")
fixture("B7-old-directives", {
    "Cargo.toml": workspace("s", "u"), "s/Cargo.toml": package("s", more='links = "s-y"'), "s/src/lib.rs": "", "s/src/main.rs": MAIN,
    "s/build.rs": script(*DIRECTIVES), "s/examples/e.rs": MAIN,
    "u/Cargo.toml": package("u", '[dependencies]\ns = { path = "../s" }'), "u/src/lib.rs": "", "u/build.rs": MAIN},
    [["--workspace"], ["-p", "s", "--example", "e"]])
fixture("B7-new-directives", {
    "Cargo.toml": workspace("s", "u"), "s/Cargo.toml": package("s", more='links = "s"\nrust-version = "1.77"'), "s/src/lib.rs": "",
    "s/build.rs": script(*[line.replace("cargo:", "cargo::", 1) for line in DIRECTIVES if "=" in line and "root" not in line
                           and "KEY" not in line and "include" not in line], "cargo::metadata=root=/r=s", "cargo::metadata=a b= c "),
    "u/Cargo.toml": package("u", '[dependencies]\ns = { path = "../s" }'), "u/src/main.rs": MAIN, "u/build.rs": MAIN}, [["--workspace"]])
fixture("B8-link-scopes", {
    "Cargo.toml": workspace("n", "u", "v", "w"),
    "n/Cargo.toml": package("n-sys", more='links = "n"'), "n/src/lib.rs": "", "n/src/main.rs": MAIN, "n/src/bin/second.rs": MAIN,
    "n/examples/ex.rs": MAIN,
    "n/build.rs": makes_archive(script(
        "cargo:rustc-link-search=native={out}", "cargo:rustc-link-search=/usr/lib", "cargo:rustc-link-lib=static=n",
        "cargo:rustc-link-lib=dylib=m", "cargo:rustc-link-arg=-Wl,-z,now", "cargo:rustc-link-arg-bins=-Wl,--build-id",
        "cargo:rustc-link-arg-bin=second=-Wl,-z,relro", "cargo:rustc-link-arg-examples=-Wl,-O1",
        "cargo:rustc-flags=-l pthread -L /usr/local/lib -ldl"), "n"),
    "u/Cargo.toml": package("u", '[lib]\ncrate-type = ["rlib"]\n[dependencies]\nn-sys = { path = "../n" }'), "u/src/lib.rs": "",
    "v/Cargo.toml": package("v", '[lib]\ncrate-type = ["cdylib"]\n[dependencies]\nu = { path = "../u" }'), "v/src/lib.rs": "",
    "w/Cargo.toml": package("w", '[dependencies]\nu = { path = "../u" }\n[build-dependencies]\nn-sys = { path = "../n" }'),
    "w/src/main.rs": MAIN, "w/build.rs": script("cargo:rustc-link-search=/opt", "cargo:rustc-link-arg=-Wl,--as-needed")},
    [["--workspace"], ["-p", "n-sys", "--example", "ex"], ["--workspace", "--target", HOST]])
fixture("B8-cdylib-arguments", {
    "Cargo.toml": workspace("a", "b", "c"),
    "a/Cargo.toml": package("a", '[lib]\ncrate-type = ["cdylib", "rlib"]'), "a/src/lib.rs": "",
    "a/build.rs": script("cargo:rustc-link-arg-cdylib=-Wl,-z,now", "cargo:rustc-cdylib-link-arg=-Wl,-z,relro", "cargo:rustc-link-arg=-Wl,-O1"),
    "b/Cargo.toml": package("b", '[lib]\ncrate-type = ["cdylib"]\n[dependencies]\na = { path = "../a" }'), "b/src/lib.rs": "",
    "b/build.rs": script("cargo:rustc-link-arg-cdylib=-Wl,--no-undefined"),
    "c/Cargo.toml": package("c", '[dependencies]\na = { path = "../a" }'), "c/src/main.rs": MAIN}, [["--workspace"], ["-p", "b"]])
fixture("B8-libraries-of-a-program", {
    "Cargo.toml": package("p"), "src/main.rs": MAIN, "src/bin/q.rs": MAIN,
    "build.rs": script("cargo:rustc-link-lib=m", "cargo:rustc-link-search=native=/usr/lib", "cargo:rustc-link-lib=dylib:+verbatim=libdl.so.2")})
fixture("B8-linking-macros-and-dylibs", {
    "Cargo.toml": workspace("p", "d", "u"),
    "p/Cargo.toml": package("p", "[lib]\nproc-macro = true"), "p/src/lib.rs": "",
    "p/build.rs": script("cargo:rustc-link-arg=-Wl,-O1", "cargo:rustc-link-search=/opt/p", "cargo:rustc-link-lib=m", "cargo:rustc-cfg=p"),
    "d/Cargo.toml": package("d", '[lib]\ncrate-type = ["dylib"]'), "d/src/lib.rs": "",
    "d/build.rs": script("cargo:rustc-link-arg=-Wl,-O1", "cargo:rustc-link-search=/opt/d"),
    "u/Cargo.toml": package("u", '[dependencies]\np = { path = "../p" }\nd = { path = "../d" }'), "u/src/main.rs": MAIN}, [["--workspace"]])
fixture("B9-order-of-scripts", {
    "Cargo.toml": workspace("z", "a", "m", "top"),
    **{f"{n}/Cargo.toml": package(f"{n}-sys", more=f'links = "{n}"', rest="" if n != "m" else '[dependencies]\nz-sys = { path = "../z" }')
       for n in "zam"},
    **{f"{n}/src/lib.rs": "" for n in "zam"},
    **{f"{n}/build.rs": script(f"cargo:rustc-link-search=native=/opt/{n}", f"cargo:rustc-link-search={{out}}/{n}",
                               "cargo:rustc-link-arg-cdylib=-Wl,-O1", f"cargo:value={n}") for n in "zam"},
    "top/Cargo.toml": package("top", '[lib]\ncrate-type = ["cdylib"]\n[dependencies]\nz-sys = { path = "../z" }\na-sys = { path = "../a" }\n'
                                     'm-sys = { path = "../m" }'),
    "top/src/lib.rs": "", "top/build.rs": script("cargo:rustc-link-search=/opt/top", "cargo:rustc-link-search={out}")}, [["--workspace"]])
fixture("B5-values-of-links", {
    "Cargo.toml": workspace("n", "mid", "top", "side"),
    "n/Cargo.toml": package("n-sys", more='links = "n-lib"'), "n/src/lib.rs": "",
    "n/build.rs": script("cargo:first-key=1", "cargo:Mixed_Case=2", "cargo:dir={out}", "cargo:first-key=again"),
    "mid/Cargo.toml": package("mid", '[dependencies]\nn-sys = { path = "../n" }', more='links = "mid"'), "mid/src/lib.rs": "",
    "mid/build.rs": script("cargo:own=3"),
    "top/Cargo.toml": package("top", '[dependencies]\nmid = { path = "../mid" }\n[build-dependencies]\nside = { path = "../side" }'),
    "top/src/main.rs": MAIN, "top/build.rs": MAIN,
    "side/Cargo.toml": package("side", '[dependencies]\nn-sys = { path = "../n" }', more='links = "side"'), "side/src/lib.rs": "",
    "side/build.rs": script("cargo:unseen=1")}, [["--workspace"], ["-p", "top", "--target", HOST]])
fixture("B5-optional-and-renamed-links", {
    "Cargo.toml": workspace("n", "u"),
    "n/Cargo.toml": package("n-sys", more='links = "n"'), "n/src/lib.rs": "", "n/build.rs": script("cargo:k=v"),
    "u/Cargo.toml": package("u", '[dependencies]\nrenamed = { path = "../n", package = "n-sys", optional = true }\n'
                                 '[dev-dependencies]\nrenamed = { path = "../n", package = "n-sys" }'),
    "u/src/lib.rs": "", "u/build.rs": MAIN}, [["-p", "u"], ["-p", "u", "--features", "renamed"]])
fixture("B12-overridden", {
    "Cargo.toml": workspace("n", "u"), "n/Cargo.toml": package("n-sys", more='links = "n"'), "n/src/lib.rs": "",
    "n/build.rs": 'fn main() { panic!("it must not run") }',
    "u/Cargo.toml": package("u", '[lib]\ncrate-type = ["cdylib"]\n[dependencies]\nn-sys = { path = "../n" }'), "u/src/lib.rs": "", "u/build.rs": MAIN,
    ".cargo/config.toml": f'[target.{HOST}.n]\nrustc-link-lib = ["m", "dl"]\nrustc-link-search = ["/opt/n"]\nrustc-cfg = ["over", \'k="v"\']\n'
                          'rustc-check-cfg = ["cfg(over)"]\nrustc-env = { A = "1", B = "2" }\nrustc-flags = "-L /opt/flags -l z"\nroot = "/r"\n'
                          'other-key = "o"\nrustc-link-arg-cdylib = ["-Wl,-O1"]\nrustc-link-arg = ["-Wl,-z,now"]\n'}, [["-p", "u", "--target", HOST], ["--lib", "-p", "n-sys"]])
fixture("B3-scripts-on-both-sides", {
    "Cargo.toml": workspace("s", "u"), "s/Cargo.toml": package("s", "[features]\nx = []\n\"y-z.w\" = []\n", more='links = "ess"'),
    "s/src/lib.rs": "", "s/build.rs": script("cargo:made={out}"),
    "u/Cargo.toml": package("u", '[dependencies]\ns = { path = "../s", features = ["x"] }\n[build-dependencies]\ns = { path = "../s", features = ["y-z.w"] }'),
    "u/src/main.rs": MAIN, "u/build.rs": MAIN},
    [[], ["--release"], ["--target", HOST], ["--release", "--target", HOST]])
fixture("B3-scripts-and-profiles", {
    "Cargo.toml": package("s", '[profile.dev]\nopt-level = 2\ndebug = 0\n[profile.release]\ndebug = "line-tables-only"\ndebug-assertions = true\n'
                               '[profile.x]\ninherits = "release"\nopt-level = "s"\npanic = "abort"\n[profile.y]\ninherits = "x"\n'),
    "src/lib.rs": "", "build.rs": MAIN}, [[], ["--release"], ["--profile", "x"], ["--profile", "y"]])
fixture("B4-cfgs", {"Cargo.toml": package("s", "[features]\ndefault = [\"f-g\"]\nf-g = []\nh = []"), "src/lib.rs": "", "build.rs": MAIN},
        [[], ["--features", "h", "--target", HOST]], RUSTFLAGS='--cfg mine --cfg key="a" --cfg key="b" -C target-feature=+avx2 --cfg with-dash="x"'.replace('with-dash', 'with_dash'))
fixture("B1-script-names", {
    "Cargo.toml": workspace("a", "b"), "a/Cargo.toml": package("a", more='build = "scripts/gen-it.rs"'), "a/src/lib.rs": "", "a/scripts/gen-it.rs": MAIN,
    "b/Cargo.toml": package("b", '[build-dependencies]\na = { path = "../a" }', more='default-run = "b"'), "b/src/main.rs": MAIN, "b/build.rs": MAIN})
fixture("B9-bootstrap-by-the-user", {"Cargo.toml": package("s"), "src/lib.rs": "", "build.rs": script("cargo:rustc-env=RUSTC_BOOTSTRAP=1", "cargo:rustc-cfg=x")},
        [[]], RUSTC_BOOTSTRAP="1")
fixture("U21-libraries-that-scripts-made", {
    "Cargo.toml": workspace("n", "u"), "n/Cargo.toml": package("n-sys", more='links = "n"'), "n/src/lib.rs": "",
    "n/build.rs": script("cargo:rustc-link-search=native={out}/lib", "cargo:rustc-link-search={out}", "cargo:rustc-link-search=/opt/none",
                         "cargo:rustc-link-search=all={out}/all"),
    "u/Cargo.toml": package("u", '[build-dependencies]\nn-sys = { path = "../n" }'), "u/src/main.rs": MAIN, "u/build.rs": MAIN})

# --- registries: vendored, so that nothing is downloaded ----------------------------------------------------------------

VENDORED = {
    "@": "ws", "ws/.cargo/config.toml": '[source.crates-io]\nreplace-with = "kept"\n[source.kept]\ndirectory = "../kept"\n',
    "ws/Cargo.toml": package("top", '[dependencies]\nregistered = "1"\n[workspace]'), "ws/src/main.rs": MAIN,
    "kept/registered/Cargo.toml": package("registered", LINTS + '[dependencies]\nunder = "0.3"', version="1.4.0"),
    "kept/registered/src/lib.rs": "fn unused() {}", "kept/registered/build.rs": script("cargo:rustc-cfg=fromscript", "cargo:rustc-link-search={out}"),
    "kept/registered/.cargo-checksum.json": '{"files":{},"package":null}',
    "kept/under/Cargo.toml": package("under", '[lib]\ncrate-type = ["dylib", "rlib"]', version="0.3.1", edition="2018"),
    "kept/under/src/lib.rs": "", "kept/under/.cargo-checksum.json": '{"files":{},"package":null}',
}
fixture("U10-crates-of-a-registry", VENDORED, [[], ["--release", "--target", HOST]])


# --- the judge ----------------------------------------------------------------------------------------------------------


def write(folder: Path, files: Mapping[str, str]) -> Path:
    root = folder
    for name, text in files.items():
        if name == "@":
            root = folder / text
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if not (root / "Cargo.lock").exists():
        subprocess.run([cargo_calls.toolchain("cargo"), "generate-lockfile", "--offline"], cwd=root, check=True, capture_output=True,
                       env=cargo_calls.base_environment())
    return root


def judge(tool: str, name: str, selections: Optional[List[List[str]]] = None) -> Tuple[int, List[str]]:
    """The worst exit status of a fixture's selections, and what is to be said."""
    files, all_selections, variables = FIXTURES[name]
    worst, said = 0, []
    with tempfile.TemporaryDirectory(prefix="cermet-fixture-") as folder:
        root = write(Path(folder).resolve() / "files", files)
        for number, arguments in enumerate(selections or all_selections):
            status, lines = rustc_commands.judge(tool, root, arguments, Path(folder).resolve() / f"cargo-{number}", variables)
            worst = max(worst, status)
            shown = " ".join(arguments) or "(no arguments)"
            said += [f"{name} {shown}: {line}" for line in lines]
    return worst, said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True)

    def wrong(options: argparse.Namespace, name: str) -> List[str]:
        status, lines = judge(options.tool, name)
        return lines if status else []

    return report_chosen(parser, FIXTURES, wrong)


if __name__ == "__main__":
    sys.exit(main())
