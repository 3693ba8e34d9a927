#!/usr/bin/env python3
"""Small hand-made cargo workspaces, one per rule of cargo's contract, judged against cargo's unit graph.

SPDX-License-Identifier: MIT
usage: rust_fixtures.py --tool PROGRAM [NAME…]
Names begin with the rule they show. A fixture is a map of files and a list of `cargo build` argument lists.
"""
import argparse
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import unit_graph  # noqa: E402


def package(name, edition="2021", version="0.1.0", more="", rest=""):
    return f'[package]\nname = "{name}"\nversion = "{version}"\nedition = "{edition}"\n{more}\n{rest}\n'


MAIN = "fn main() {}"
HOST = "x86_64-unknown-linux-gnu"
BOTH = [[], ["--release"], ["--release", "--target", HOST]]

FIXTURES = {
    "M5-edition-2015-paths": ({
        "Cargo.toml": package("old", "2015", rest='[lib]\nname = "old"\n[[bin]]\nname = "tool"\n'),
        "src/old.rs": "", "src/main.rs": MAIN, "src/bin/ignored.rs": MAIN}, [[]]),
    "M5-edition-2015-bin": ({
        "Cargo.toml": package("old", "2015", rest='[[bin]]\nname = "tool"\n'), "src/tool.rs": MAIN}, [[]]),
    "M6-autobins-explicit": ({
        "Cargo.toml": package("auto", "2015", more='autobins = true', rest='[[bin]]\nname = "x"\npath = "src/x.rs"\n'),
        "src/lib.rs": "", "src/x.rs": MAIN, "src/bin/y.rs": MAIN, "src/bin/z/main.rs": MAIN, "src/bin/.hid.rs": MAIN}, [[]]),
    "M6-no-auto": ({
        "Cargo.toml": package("auto", more='autobins = false\nautolib = false', rest='[[bin]]\nname = "x"\npath = "src/x.rs"\n'),
        "src/lib.rs": "", "src/x.rs": MAIN, "src/main.rs": MAIN}, [[]]),
    "M7-build-names": ({
        "Cargo.toml": '[workspace]\nmembers = ["a", "b", "c"]\nresolver = "2"\n',
        "a/Cargo.toml": package("a", more='build = "scripts/gen.rs"'), "a/src/lib.rs": "", "a/scripts/gen.rs": MAIN,
        "b/Cargo.toml": package("b", more='build = false'), "b/src/lib.rs": "", "b/build.rs": MAIN,
        "c/Cargo.toml": package("c"), "c/src/lib.rs": "", "c/build.rs": MAIN}, BOTH),
    "M8-crate-types": ({
        "Cargo.toml": '[workspace]\nmembers = ["a", "b", "c", "d"]\nresolver = "2"\n[profile.release]\nlto = "thin"\n',
        "a/Cargo.toml": package("a", rest='[lib]\ncrate-type = ["cdylib", "rlib"]\n'), "a/src/lib.rs": "",
        "b/Cargo.toml": package("b", rest='[lib]\ncrate_type = ["staticlib"]\n[dependencies]\na = { path = "../a" }\n'), "b/src/lib.rs": "",
        "c/Cargo.toml": package("c", rest='[lib]\nproc-macro = true\n'), "c/src/lib.rs": "",
        "d/Cargo.toml": package("d", rest='[dependencies]\nc = { path = "../c" }\nb = { path = "../b" }\n[[example]]\nname = "e"\ncrate-type = ["cdylib"]\n'),
        "d/src/main.rs": MAIN, "d/examples/e.rs": ""}, BOTH + [["--example", "e"]]),
    "M9-required-features": ({
        "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\nresolver = "2"\n',
        "a/Cargo.toml": package("a", rest='[features]\nx = []\n'), "a/src/lib.rs": "",
        "b/Cargo.toml": package("b", rest='[dependencies]\na = { path = "../a", optional = true }\n[features]\ny = ["a/x"]\n'
                                          '[[bin]]\nname = "needs"\npath = "src/n.rs"\nrequired-features = ["a/x"]\n'
                                          '[[bin]]\nname = "plain"\npath = "src/p.rs"\n'),
        "b/src/n.rs": MAIN, "b/src/p.rs": MAIN}, [[], ["--features", "y"], ["--bin", "needs"], ["--bin", "needs", "--features", "b/y"], ["--bins"]]),
    "M13-renames": ({
        "Cargo.toml": '[workspace]\nmembers = ["a", "b", "c"]\nresolver = "2"\n',
        "a/Cargo.toml": package("a-pkg", rest='[lib]\nname = "weird"\n[features]\nf = []\n'), "a/src/lib.rs": "",
        "b/Cargo.toml": package("b", rest='[dependencies]\na-pkg = { path = "../a" }\n'), "b/src/lib.rs": "",
        "c/Cargo.toml": package("c", rest='[dependencies]\nmy-a = { path = "../a", package = "a-pkg", optional = true }\n[features]\ng = ["my-a/f"]\n'),
        "c/src/lib.rs": ""}, [[], ["-p", "c", "--features", "g"], ["--all-features"]]),
    "M15-namespaced": ({
        "Cargo.toml": package("top", rest='[dependencies]\na = { path = "a", optional = true }\nb = { path = "b", optional = true }\n'
                                          '[features]\nuse-a = ["dep:a"]\nweak = ["a?/x", "b?/x"]\nstrong = ["b/x"]\nb = ["dep:b", "extra"]\nextra = []\n'
                                          '[workspace]\n'),
        "src/lib.rs": "", "a/Cargo.toml": package("a", rest="[features]\nx = []\n"), "a/src/lib.rs": "",
        "b/Cargo.toml": package("b", rest="[features]\nx = []\n"), "b/src/lib.rs": ""},
        [[], ["--features", "weak"], ["--features", "weak,use-a"], ["--features", "strong"], ["--features", "weak,b"], ["--all-features"], ["--features", "a"]]),
    "M18-globs-and-exclude": ({
        "Cargo.toml": '[workspace]\nmembers = ["crates/*", "extra"]\nexclude = ["crates/skip"]\ndefault-members = ["extra"]\nresolver = "2"\n',
        "crates/a/Cargo.toml": package("a", rest='[dependencies]\ninner = { path = "inner" }\n'), "crates/a/src/lib.rs": "",
        "crates/a/inner/Cargo.toml": package("inner"), "crates/a/inner/src/lib.rs": "",
        "crates/skip/Cargo.toml": package("skip"), "crates/skip/src/lib.rs": "", "crates/notes": "a file",
        "extra/Cargo.toml": package("extra", rest='[dependencies]\nskip = { path = "../crates/skip" }\na = { path = "../crates/a" }\n'),
        "extra/src/main.rs": MAIN}, [[], ["--workspace"], ["--workspace", "--exclude", "a"], ["-p", "in*"]]),
    "M18-outside-workspace": ({
        "ws/Cargo.toml": '[workspace]\nmembers = ["a"]\nresolver = "2"\n',
        "ws/a/Cargo.toml": package("a", rest='[dependencies]\nout = { path = "../../other/out" }\n'), "ws/a/src/lib.rs": "",
        "other/Cargo.toml": '[workspace]\nmembers = ["out"]\n[workspace.package]\nversion = "3.1.4"\nedition = "2018"\n'
                            '[workspace.dependencies]\nside = { path = "side" }\n',
        "other/out/Cargo.toml": '[package]\nname = "out"\nversion.workspace = true\nedition.workspace = true\n[dependencies]\nside.workspace = true\n',
        "other/out/src/lib.rs": "", "other/side/Cargo.toml": package("side"), "other/side/src/lib.rs": "", "@": "ws"}, BOTH),
    "M18-root-package": ({
        "Cargo.toml": package("root", rest='[workspace]\nmembers = ["m"]\n[dependencies]\np = { path = "p" }\n'), "src/lib.rs": "",
        "m/Cargo.toml": package("m", rest='[features]\nq = []\n'), "m/src/lib.rs": "", "p/Cargo.toml": package("p"), "p/src/lib.rs": "", "p/build.rs": MAIN},
        [[], ["--workspace"], ["-p", "m"], ["-p", "m", "--features", "m/q"]]),
    "M20-inheritance": ({
        "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\nresolver = "2"\n[workspace.package]\nversion = "0.9.0"\nedition = "2021"\nreadme = "README.md"\n'
                      '[workspace.dependencies]\nb = { path = "b", features = ["one"], default-features = false }\n[workspace.lints.rust]\nunsafe_code = "deny"\n',
        "a/Cargo.toml": '[package]\nname = "a"\nversion.workspace = true\nedition = { workspace = true }\nreadme.workspace = true\n[lints]\nworkspace = true\n'
                        '[dependencies]\nb = { workspace = true, features = ["two"], optional = true }\n[build-dependencies]\nb.workspace = true\n',
        "a/src/lib.rs": "", "a/build.rs": MAIN, "README.md": "",
        "b/Cargo.toml": '[package]\nname = "b"\nversion.workspace = true\nedition.workspace = true\n[features]\ndefault = ["three"]\none = []\ntwo = []\nthree = []\n',
        "b/src/lib.rs": ""}, [[], ["--all-features"], ["-p", "a"], ["-p", "a", "--features", "b"]]),
    "M21-patch-path": ({
        "Cargo.toml": package("top", rest='[dependencies]\nnum-traits = { version = "0.2", default-features = false }\n[patch.crates-io]\nnum-traits = { path = "mine" }\n'),
        "src/lib.rs": "", "mine/Cargo.toml": package("num-traits", version="0.2.99", rest="[features]\nstd = []\ndefault = [\"std\"]\n"), "mine/src/lib.rs": ""}, BOTH),
    "M22-custom-profile": ({
        "Cargo.toml": package("p", rest='[dependencies]\nd = { path = "d" }\n[profile.lean]\ninherits = "release"\nopt-level = "z"\nstrip = true\npanic = "abort"\n'
                                        '[profile.lean.package."*"]\nopt-level = 1\n[profile.lean.package.d]\ncodegen-units = 3\n[profile.lean.build-override]\nopt-level = 2\ndebug = 1\n'
                                        '[profile.leaner]\ninherits = "lean"\nlto = true\n[workspace]\nmembers = ["d"]\n'),
        "src/lib.rs": "", "build.rs": MAIN, "d/Cargo.toml": package("d"), "d/src/lib.rs": "", "d/build.rs": MAIN},
        [["--profile", "lean"], ["--profile", "leaner"], ["--profile", "test"], ["--profile", "bench"]]),
    "M25-shared-debuginfo": ({
        "Cargo.toml": '[workspace]\nmembers = ["top", "shared", "only"]\nresolver = "2"\n',
        "top/Cargo.toml": package("top", rest='[dependencies]\nshared = { path = "../shared" }\n[build-dependencies]\nshared = { path = "../shared" }\nonly = { path = "../only" }\n'),
        "top/src/main.rs": MAIN, "top/build.rs": MAIN, "shared/Cargo.toml": package("shared"), "shared/src/lib.rs": "",
        "only/Cargo.toml": package("only"), "only/src/lib.rs": ""}, [["-p", "top"], [], ["-p", "top", "--target", HOST], ["-p", "top", "--release"]]),
    "L13-config-profile-and-flags": ({
        "Cargo.toml": package("c", rest='[profile.release]\nopt-level = 2\n'), "src/main.rs": MAIN,
        ".cargo/config.toml": '[profile.release]\nlto = "fat"\ndebug = "line-tables-only"\n[profile.release.build-override]\nopt-level = 3\n[build]\nrustflags = ["-Ctarget-cpu=native"]\n',
        "build.rs": MAIN}, BOTH),
    "L13-config-target": ({
        "Cargo.toml": package("c", rest='[dependencies]\nd = { path = "d" }\n'), "src/lib.rs": "", "d/Cargo.toml": package("d"), "d/src/lib.rs": "",
        ".cargo/config.toml": f'[profile.dev.package.d]\nopt-level = 3\n[target.{HOST}]\nlinker = "cc"\n'}, BOTH),
    "B12-links-override": ({
        "Cargo.toml": package("top", rest='[dependencies]\nn-sys = { path = "n-sys" }\n'), "src/lib.rs": "", "build.rs": MAIN,
        "n-sys/Cargo.toml": package("n-sys", more='links = "n"\nbuild = "b.rs"'), "n-sys/src/lib.rs": "", "n-sys/b.rs": MAIN,
        ".cargo/config.toml": f'[target.{HOST}.n]\nrustc-link-lib = ["m"]\nroot = "/x"\n'}, BOTH),
    "U2-links-edges": ({
        "Cargo.toml": '[workspace]\nmembers = ["top", "mid", "sys", "bsys"]\nresolver = "2"\n',
        "top/Cargo.toml": package("top", rest='[dependencies]\nmid = { path = "../mid" }\nsys = { path = "../sys" }\n[build-dependencies]\nbsys = { path = "../bsys" }\n'),
        "top/src/main.rs": MAIN, "top/build.rs": MAIN,
        "mid/Cargo.toml": package("mid", more='links = "mid"', rest='[dependencies]\nsys = { path = "../sys" }\n'), "mid/src/lib.rs": "", "mid/build.rs": MAIN,
        "sys/Cargo.toml": package("sys", more='links = "sys"'), "sys/src/lib.rs": "", "sys/build.rs": MAIN,
        "bsys/Cargo.toml": package("bsys", more='links = "bsys"'), "bsys/src/lib.rs": "", "bsys/build.rs": MAIN}, BOTH),
    "F3-proc-macro-root": ({
        "Cargo.toml": '[workspace]\nmembers = ["pm", "int", "app"]\nresolver = "2"\n',
        "pm/Cargo.toml": package("pm", rest='[lib]\nproc-macro = true\n[dependencies]\nint = { path = "../int", features = ["pmside"] }\n[features]\nx = []\n'), "pm/src/lib.rs": "",
        "int/Cargo.toml": package("int", rest='[features]\npmside = []\nappside = []\n'), "int/src/lib.rs": "",
        "app/Cargo.toml": package("app", rest='[dependencies]\npm = { path = "../pm", features = ["x"] }\nint = { path = "../int", features = ["appside"] }\n'), "app/src/main.rs": MAIN},
        BOTH + [["-p", "pm"], ["-p", "app"], ["-p", "app", "-p", "pm", "--release"]]),
    "F5-resolver-1": ({
        "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\nresolver = "1"\n',
        "a/Cargo.toml": package("a", rest='[dependencies]\nb = { path = "../b" }\n[dev-dependencies]\nb = { path = "../b", features = ["dev"] }\n'
                                          '[build-dependencies]\nb = { path = "../b", features = ["build"] }\n[target."cfg(windows)".dependencies]\nb = { path = "../b", features = ["win"] }\n'),
        "a/src/lib.rs": "", "a/build.rs": MAIN,
        "b/Cargo.toml": package("b", rest='[features]\ndev = []\nbuild = []\nwin = []\n'), "b/src/lib.rs": ""}, BOTH + [["-p", "a"]]),
    "F6-virtual-default": ({
        "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\n',
        "a/Cargo.toml": package("a", "2024", rest='[dependencies]\nb = { path = "../b" }\n[build-dependencies]\nb = { path = "../b", features = ["build"] }\n'),
        "a/src/lib.rs": "", "a/build.rs": MAIN, "b/Cargo.toml": package("b", rest='[features]\nbuild = []\n'), "b/src/lib.rs": ""}, BOTH),
}

NEGATIVE = {  # both must refuse; the second item is a part of our message
    "M7-links-without-script": ({"Cargo.toml": package("x", more='links = "y"'), "src/lib.rs": ""}, "no build script"),
    "M10-no-targets": ({"Cargo.toml": package("x")}, "no targets"),
    "M8-mixed-dylib": ({"Cargo.toml": package("x", rest='[lib]\ncrate-type = ["dylib", "cdylib"]\n'), "src/lib.rs": ""}, "cannot be combined"),
    "M12-two-git-refs": ({"Cargo.toml": package("x", rest='[dependencies]\ny = { git = "https://e.invalid/y", tag = "a", rev = "b" }\n'), "src/lib.rs": ""}, "more than one"),
    "M15-unknown-dep": ({"Cargo.toml": package("x", rest='[features]\na = ["dep:nope"]\n'), "src/lib.rs": ""}, "no such dependency"),
    "M15-unknown-feature": ({"Cargo.toml": package("x", rest='[features]\na = ["b"]\n'), "src/lib.rs": ""}, "neither a dependency nor another feature"),
    "M18-missing-member": ({"Cargo.toml": '[workspace]\nmembers = ["gone"]\n'}, "has no Cargo.toml"),
    "M20-not-inherited": ({"Cargo.toml": '[package]\nname = "x"\nversion.workspace = true\n', "src/lib.rs": ""}, "no workspace was found"),
    "M22-unknown-inherits": ({"Cargo.toml": package("x", rest='[profile.q]\nopt-level = 1\n'), "src/lib.rs": "", "?": ["--profile", "q"]}, "does not say what it inherits"),
    "M23-lto-in-override": ({"Cargo.toml": package("x", rest='[profile.dev.build-override]\nlto = true\n'), "src/lib.rs": ""}, "cannot be set in a profile override"),
    "F7-missing-feature": ({"Cargo.toml": package("x", rest='[features]\nserde = []\n'), "src/lib.rs": "", "?": ["--features", "sedre"]}, "did you mean `serde`"),
}


REFUSED = [("M9-required-features", ["--bin", "needs"]), ("M15-namespaced", ["--features", "a"])]


def write(base, files):
    for name, text in files.items():
        if name in ("@", "?"):
            continue
        path = os.path.join(base, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as handle:
            handle.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    cfg_file = unit_graph.host_cfgs()
    passed, failed = 0, 0
    for name, (files, selections) in FIXTURES.items():
        if options.names and name not in options.names:
            continue
        with tempfile.TemporaryDirectory(prefix="cermet-fixture-") as base:
            write(base, files)
            root = os.path.join(base, files.get("@", "."))
            subprocess.run(["cargo", "generate-lockfile", "--offline"], cwd=root, capture_output=True, check=False)
            for args in selections:
                verdict, lines = unit_graph.judge(options.tool, root, args, cfg_file)
                fails = (name, args) in REFUSED
                expected = "both-fail" if fails else "equal"
                if verdict == expected:
                    passed += 1
                else:
                    failed += 1
                    print(f"{name} {args}: {verdict}\n" + "\n".join(lines))
    for name, (files, message) in NEGATIVE.items():
        if options.names and name not in options.names:
            continue
        with tempfile.TemporaryDirectory(prefix="cermet-fixture-") as base:
            write(base, files)
            subprocess.run(["cargo", "generate-lockfile", "--offline"], cwd=base, capture_output=True, check=False)
            verdict, lines = unit_graph.judge(options.tool, base, files.get("?", []), cfg_file)
            ours, error = unit_graph.our_graph(options.tool, base, files.get("?", []), cfg_file)
            if verdict == "both-fail" and message in error:
                passed += 1
            else:
                failed += 1
                print(f"{name}: {verdict}, wanted {message!r} in:\n{error}" + "\n".join(lines))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
