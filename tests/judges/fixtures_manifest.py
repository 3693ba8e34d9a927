"""Workspaces for the rules of manifests (M of docs/cargo.md), and the first ones of other rooms, as data.

SPDX-License-Identifier: MIT
A fixture is a map of files and a list of `cargo build` argument lists; `@` is the directory to build in, `$` the
environment, `?` the arguments of a fixture that is refused, `!git` the directories that are repositories;
{BASE} is where the files lie. Names begin with the rule that they show.
"""


def package(name, edition="2021", version="0.1.0", more="", rest=""):
    return f'[package]\nname = "{name}"\nversion = "{version}"\nedition = "{edition}"\n{more}\n{rest}\n'


MAIN = "fn main() {}"
HOST = "x86_64-unknown-linux-gnu"
OUTSIDE = {  # beside a workspace
    "../out/Cargo.toml": package("out", rest='[dev-dependencies]\nhelp = { path = "../help" }\n'), "../out/src/lib.rs": "",
    "../other/Cargo.toml": package("other"), "../other/src/lib.rs": "", "../help/Cargo.toml": package("help", rest="[features]\nh = []\n"), "../help/src/lib.rs": ""}
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
    "M1-project-and-defaults": ({
        "Cargo.toml": '[project]\nname = "old"\n', "src/lib.rs": ""}, BOTH),
    "M1-all-that-describes": ({
        "Cargo.toml": package("told", version="1.2.3-rc.1+b.7", more='authors = ["A <a@b.c>", "B"]\ndescription = "says"\nhomepage = "https://h.invalid"\nrepository = "https://r.invalid"\n'
                              'documentation = "https://d.invalid"\nlicense = "MIT OR Apache-2.0"\nlicense-file = "L.txt"\nkeywords = ["k"]\ncategories = ["c"]\nreadme = "R.md"\n'
                              'publish = ["mine"]\nrust-version = "1.70"\ndefault-run = "told"\ninclude = ["src"]\n[package.metadata.x]\ny = [1, 2.5, true, "z", { w = -7 }]\n'),
        "src/main.rs": MAIN, "src/bin/other.rs": MAIN}, BOTH),
    "M1-readme-found": ({"Cargo.toml": package("r", more="publish = false"), "src/lib.rs": "", "README.txt": ""}, [[]]),
    "M3-no-edition": ({"Cargo.toml": '[package]\nname = "p"\nversion = "0.1.0"\n[lib]\nedition = "2018"\n', "src/lib.rs": "", "src/main.rs": MAIN}, BOTH),
    "M4-old-spellings": ({
        "Cargo.toml": package("old", more="unknown = 1", rest='[lib]\ncrate_type = ["rlib"]\n[dev_dependencies]\na = { path = "a" }\n[build_dependencies]\n'
                                      'a = { path = "a", default_features = false }\n[nonsense]\nx = 1\n'),
        "src/lib.rs": "", "build.rs": MAIN, "examples/e.rs": MAIN, "a/Cargo.toml": package("a", rest="[features]\ndefault = []\n"), "a/src/lib.rs": ""}, BOTH + [["--example", "e"]]),
    "M5-all-kinds": ({
        "Cargo.toml": package("all-kinds", rest='[[example]]\nname = "written"\npath = "ex/w.rs"\ncrate-type = ["rlib", "cdylib"]\n[[test]]\nname = "t"\nharness = false\n'),
        "src/lib.rs": "", "src/main.rs": MAIN, "src/bin/zed.rs": MAIN, "src/bin/deep/main.rs": MAIN, "src/bin/deep/more.rs": "", "examples/a-b.rs": MAIN,
        "examples/multi/main.rs": MAIN, "ex/w.rs": "", "tests/t.rs": MAIN, "tests/other/main.rs": MAIN, "benches/b.rs": MAIN, "tests/.hidden.rs": MAIN},
        BOTH + [["--example", "written"], ["--bin", "deep"]]),
    "M10-only-programs-as-a-dependency": ({
        "Cargo.toml": package("top", rest='[dependencies]\nb = { path = "b" }\n'), "src/lib.rs": "",
        "b/Cargo.toml": package("b"), "b/src/main.rs": MAIN}, BOTH),
    "M11-declarations-of-one-name": ({
        "Cargo.toml": package("top", rest='[dependencies]\na = { path = "a" }\n[build-dependencies]\na = { path = "a", features = ["b"] }\n'
                                          '[target."cfg(unix)".dependencies]\na = { path = "a", features = ["u"], optional = true }\n'
                                          '[target.x86_64-unknown-linux-gnu.dependencies]\na = { path = "a", features = ["t"] }\n[target."cfg(windows)".dev-dependencies]\na = { path = "a" }\n'),
        "src/lib.rs": "", "build.rs": MAIN, "a/Cargo.toml": package("a", rest="[features]\nb = []\nu = []\nt = []\n"), "a/src/lib.rs": ""},
        BOTH + [["--features", "a"], ["--all-features"]]),
    "M12-path-and-requirement": ({
        "Cargo.toml": package("top", rest='[dependencies]\na = { path = "a", version = "~1.2" }\nb = { path = "b", version = ">=0.3, <0.5" }\nc = { path = "c", version = "1.*" }\n'
                                          'd = { path = "d", version = "=2.0.0-rc.1" }\n'),
        "src/lib.rs": "", **{f"{n}/src/lib.rs": "" for n in "abcd"}, "a/Cargo.toml": package("a", version="1.2.9"), "b/Cargo.toml": package("b", version="0.4.1+x"),
        "c/Cargo.toml": package("c", version="1.77.0"), "d/Cargo.toml": package("d", version="2.0.0-rc.1")}, BOTH),
    "M13-explicit-package-of-the-same-name": ({
        "Cargo.toml": '[workspace]\nmembers = ["a", "b", "c"]\nresolver = "2"\n',
        "a/Cargo.toml": package("a-pkg", rest='[lib]\nname = "weird"\n'), "a/src/lib.rs": "",
        "b/Cargo.toml": package("b", rest='[dependencies]\na-pkg = { path = "../a", package = "a-pkg" }\n'), "b/src/lib.rs": "",
        "c/Cargo.toml": package("c", rest='[dependencies]\na-pkg = { path = "../a" }\n'), "c/src/lib.rs": ""}, BOTH),
    "M14-what-never-holds": ({
        "Cargo.toml": package("top", rest="".join(f"[target.'cfg({c})'.dependencies]\nd{i} = {{ path = \"d{i}\" }}\n" for i, c in enumerate(
            ['feature = "x"', "debug_assertions", "test", "true", "false", "not(windows)", 'any(unix, target_os = "none")', "all()", "any()"])) + "[features]\nx = []\n"),
        "src/lib.rs": "", **{f"d{i}/Cargo.toml": package(f"d{i}") for i in range(9)}, **{f"d{i}/src/lib.rs": "" for i in range(9)}}, BOTH + [["--features", "x"]]),
    "M16-dev-dependencies-of-members-only": ({
        "Cargo.toml": '[workspace]\nmembers = ["m"]\nresolver = "1"\n',
        "m/Cargo.toml": package("m", rest='[dependencies]\nout = { path = "../../out" }\n[dev-dependencies]\nhelp = { path = "../../help", features = ["h"] }\n'),
        "m/src/lib.rs": "", "m/examples/e.rs": MAIN, **OUTSIDE}, BOTH + [["--example", "e"]]),
    "M19-only-the-root-counts": ({
        "Cargo.toml": '[workspace]\nmembers = ["m"]\nresolver = "2"\n[profile.dev]\nopt-level = 1\n',
        "m/Cargo.toml": package("m", more='resolver = "1"', rest='[profile.dev]\nopt-level = 3\n[patch.crates-io]\nq = { path = "../q" }\n[dependencies]\nd = { path = "../d" }\n'
                                                                '[build-dependencies]\nd = { path = "../d", features = ["x"] }\n'),
        "m/src/lib.rs": "", "m/build.rs": MAIN, "d/Cargo.toml": package("d", rest="[features]\nx = []\n[profile.release]\nlto = true\n"), "d/src/lib.rs": "",
        "q/Cargo.toml": package("q"), "q/src/lib.rs": ""}, BOTH),
    "M23-nobody-asks-for-that-profile": ({
        "Cargo.toml": package("x"), "src/lib.rs": "",
        ".cargo/config.toml": '[profile.lean]\ninherits = "dev"\n[profile.lean.package.x]\nopt-level = 1\n[profile.lean.package."x@0.1.0"]\nopt-level = 2\n'}, BOTH),
    "M23-precedence": ({
        "Cargo.toml": '[workspace]\nmembers = ["m", "pm"]\nresolver = "2"\n[profile.dev]\nopt-level = 1\ncodegen-units = 9\n[profile.dev.build-override]\nopt-level = 2\n'
                      '[profile.dev.package."*"]\nopt-level = 3\ndebug = 1\n[profile.dev.package.m]\ndebug = 0\n[profile.dev.package."out@0.1"]\nopt-level = "s"\n'
                      '[profile.release.package.pm]\nopt-level = 1\nstrip = "debuginfo"\n',
        "m/Cargo.toml": package("m", rest='[dependencies]\nout = { path = "../../out" }\nother = { path = "../../other" }\npm = { path = "../pm" }\n'
                                          '[build-dependencies]\nother = { path = "../../other" }\n'), "m/src/lib.rs": "", "m/build.rs": MAIN,
        "pm/Cargo.toml": package("pm", rest="[lib]\nproc-macro = true\n"), "pm/src/lib.rs": "",
        **OUTSIDE}, BOTH),
    **{f"M24-debug-and-strip-{i}": ({
        "Cargo.toml": package("p", rest=f'[dependencies]\nd = {{ path = "d" }}\n[profile.dev]\n{line}\n[profile.release]\n{line}\n[profile.release.package.d]\ndebug = 1\n'),
        "src/main.rs": MAIN, "build.rs": MAIN, "d/Cargo.toml": package("d"), "d/src/lib.rs": ""}, BOTH) for i, line in enumerate(
            ["debug = 0", 'debug = "none"', "debug = false", 'debug = "line-directives-only"', 'debug = "line-tables-only"', 'debug = "limited"', 'debug = "full"', "debug = true",
             "strip = true", 'strip = "symbols"', 'strip = "none"', "strip = false", 'debug = 0\nstrip = "none"', 'split-debuginfo = "unpacked"'])},
    "M26-panic": ({
        "Cargo.toml": '[workspace]\nmembers = ["m", "pm", "s"]\nresolver = "2"\n[profile.dev]\npanic = "abort"\nincremental = false\n[profile.release]\npanic = "abort"\nincremental = true\n',
        "m/Cargo.toml": package("m", rest='[dependencies]\npm = { path = "../pm" }\ns = { path = "../s" }\n[build-dependencies]\ns = { path = "../s" }\n'), "m/src/main.rs": MAIN, "m/build.rs": MAIN,
        "pm/Cargo.toml": package("pm", rest='[lib]\nproc-macro = true\n[dependencies]\ns = { path = "../s" }\n'), "pm/src/lib.rs": "",
        "s/Cargo.toml": package("s"), "s/src/lib.rs": ""}, BOTH + [["--profile", "test"], ["-p", "pm"]]),
    "M27-lints": ({
        "Cargo.toml": package("l", rest='[lints.rust]\nunsafe_code = "forbid"\nunexpected_cfgs = { level = "warn", check-cfg = ["cfg(x)"] }\n[lints.clippy]\nall = { level = "allow", priority = -1 }\n'),
        "src/lib.rs": ""}, BOTH),
}

NEGATIVE = {
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
    "M2-unstable-key": ({"Cargo.toml": 'cargo-features = ["metabuild"]\n' + package("x", more='metabuild = ["y"]'), "src/lib.rs": ""}, "nightly"),
    "M10-two-programs-of-one-name": ({"Cargo.toml": package("x", rest='[[bin]]\nname = "a"\npath = "a.rs"\n[[bin]]\nname = "a"\npath = "b.rs"\n'), "a.rs": MAIN, "b.rs": MAIN}, "are named `a`"),
    "M10-two-files-for-one-program": ({"Cargo.toml": package("x"), "src/bin/a.rs": MAIN, "src/bin/a/main.rs": MAIN}, "are named `a`"),
    "M13-two-names-for-one-crate": ({"Cargo.toml": package("x", rest='[dependencies]\na = { path = "c", package = "c" }\nb = { path = "c", package = "c" }\n'), "src/lib.rs": "",
                                     "c/Cargo.toml": package("c"), "c/src/lib.rs": ""}, "under two names"),
    "M13-two-names-in-two-tables": ({"Cargo.toml": package("x", rest='[dependencies]\na = { path = "c", package = "c" }\n[build-dependencies]\nc = { path = "c" }\n'), "src/lib.rs": "", "build.rs": MAIN,
                                     "c/Cargo.toml": package("c"), "c/src/lib.rs": "", "Cargo.lock": 'version = 4\n[[package]]\nname = "c"\nversion = "0.1.0"\n[[package]]\nname = "x"\nversion = "0.1.0"\ndependencies = ["c"]\n'}, "under two names"),
    "M17-artifact-dependency": ({"Cargo.toml": package("x", rest='[dependencies]\na = { path = "a", artifact = "bin" }\n'), "src/lib.rs": "",
                                 "a/Cargo.toml": package("a"), "a/src/main.rs": MAIN}, "nightly"),
    "M18-not-listed": ({"Cargo.toml": '[workspace]\nmembers = ["a"]\n', "a/Cargo.toml": package("a"), "a/src/lib.rs": "", "b/Cargo.toml": package("b"), "b/src/lib.rs": "", "@": "b"}, "believes it is in a workspace"),
    "M23-two-overrides-of-one-package": ({"Cargo.toml": package("x", rest='[profile.bench.package.x]\nopt-level = 1\n[profile.bench.package."x@0.1.0"]\nopt-level = 2\n'), "src/lib.rs": ""}, "both name the package x"),
}
