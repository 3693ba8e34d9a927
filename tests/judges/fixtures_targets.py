"""More workspaces for the rules of manifests: keys, targets, inheritance, roots (M1 to M20 of docs/cargo.md), as data.

SPDX-License-Identifier: MIT
What rust_fixtures.py says of the form of a fixture counts here too.
"""
from fixtures_manifest import BOTH, HOST, MAIN, package

LIB = {"src/lib.rs": ""}


def one(rest="", more="", edition="2021", **files):
    named = {name.replace("__", "/").replace("_rs", ".rs").replace("_toml", ".toml"): text for name, text in files.items()}
    return {"Cargo.toml": package("x", edition, more=more, rest=rest), **(named or LIB)}


def member(name, manifest="", edition="2021", more="", **files):
    return {f"{name}/Cargo.toml": package(name, edition, more=more, rest=manifest), f"{name}/src/lib.rs": "", **files}


INHERITED = '''[workspace]
members = ["a/deep"]
resolver = "2"
[workspace.package]
version = "3.2.1"
authors = ["A", "B <b@c.d>"]
description = "d"
documentation = "https://d.invalid"
readme = "docs/READ.md"
homepage = "https://h.invalid"
repository = "https://r.invalid"
license = "MIT"
license-file = "L.txt"
keywords = ["k"]
categories = ["c"]
publish = false
edition = "2018"
rust-version = "1.60"
include = ["src"]
exclude = ["no"]
[workspace.dependencies]
s = { path = "s", features = ["one"], default-features = false }
t = { path = "t", package = "t-real" }
[workspace.lints.rust]
unsafe_code = "deny"
'''
KEYS = ("version authors description documentation readme homepage repository license license-file keywords categories publish edition rust-version "
        "include exclude").split()

FIXTURES = {
    "M1-switches": (one("[[example]]\nname = \"e\"\npath = \"ex/e.rs\"\n", "autoexamples = false\nautotests = false\nautobenches = false\nautobins = false\nautolib = false",
                        src__lib_rs="", src__main_rs=MAIN, src__bin__b_rs=MAIN, examples__f_rs=MAIN, ex__e_rs=MAIN, tests__t_rs=MAIN, benches__b_rs=MAIN), [["--examples"]]),
    "M1-publish-and-build-true": (one(more='publish = true\nbuild = true\nexclude = ["src"]', src__lib_rs="", build_rs=MAIN), BOTH),
    "M1-a-build-metadata-version": ({"Cargo.toml": package("x", version="0.0.0-0+a.b-c"), **LIB}, [[]]),
    "M1-project-beside-package": ({"Cargo.toml": package("a") + '[project]\nname = "b"\n', **LIB}, [[]]),
    "M1-odd-names": ({"Cargo.toml": '[workspace]\nmembers = ["*"]\nresolver = "2"\n', **member("a-b_c"), **member("_d"), **member("E9")}, [[]]),
    "M4-the-new-spelling-wins": (one('[lib]\ncrate-type = ["rlib"]\ncrate_type = ["cdylib"]\n[dev-dependencies]\na = { path = "a" }\n[dev_dependencies]\nb = { path = "b" }\n',
                                     src__lib_rs="", a__Cargo_toml=package("a"), a__src__lib_rs="", b__Cargo_toml=package("b"), b__src__lib_rs=""), [[]]),
    "M4-unknown-keys-everywhere": (one('[lib]\nodd = 1\n[dependencies.a]\npath = "a"\nodd = 2\n[features]\n[profile.dev]\nodd = 3\n[badges]\nz = { y = "1" }\n[package.odd]\nx = 1\n',
                                       src__lib_rs="", a__Cargo_toml=package("a"), a__src__lib_rs=""), [[]]),
    "M5-a-library-elsewhere": (one('[lib]\nname = "other_name"\npath = "code/all.rs"\n', code__all_rs="", src__main_rs=MAIN), BOTH),
    "M5-a-program-of-another-name-at-main": (one('[[bin]]\nname = "tool"\npath = "src/main.rs"\n', src__main_rs=MAIN, src__bin__more_rs=MAIN), BOTH),
    "M5-programs-are-found-by-name": (one('[[bin]]\nname = "a"\n[[bin]]\nname = "b"\n[[bin]]\nname = "x"\n', src__bin__a_rs=MAIN, src__bin__b__main_rs=MAIN, src__main_rs=MAIN), BOTH),
    "M5-library-and-program-of-one-name": (one(src__lib_rs="", src__main_rs=MAIN), BOTH + [["--lib"], ["--bins"], ["--bin", "x"]]),
    "M6-edition-2015-one-written": (one('[[bin]]\nname = "w"\npath = "w.rs"\n[[example]]\nname = "e"\npath = "e.rs"\n', edition="2015", src__lib_rs="", w_rs=MAIN, e_rs=MAIN,
                                        src__bin__found_rs=MAIN, examples__found_rs=MAIN, tests__t_rs=MAIN), [[], ["--examples"]]),
    "M6-edition-2015-switched-on": (one('[[bin]]\nname = "w"\npath = "w.rs"\n', "autobins = true", edition="2015", src__lib_rs="", w_rs=MAIN, src__bin__found_rs=MAIN), [[]]),
    "M6-written-and-found-at-one-path": (one('[[bin]]\nname = "renamed"\npath = "src/bin/found.rs"\n', src__lib_rs="", src__bin__found_rs=MAIN, src__bin__more_rs=MAIN), [[]]),
    "M7-a-script-elsewhere-and-one-here": (one(more='build = "gen/make.rs"', src__lib_rs="", build_rs="not rust", gen__make_rs=MAIN), BOTH),
    "M8-macro-by-its-crate-type": (one('[lib]\ncrate-type = ["proc-macro"]\n'), BOTH),
    "M8-all-kinds-at-once": (one('[lib]\ncrate-type = ["lib", "rlib", "staticlib", "cdylib"]\n'), BOTH),
    "M8-libraries-among-examples": (one('[[example]]\nname = "e"\ncrate-type = ["staticlib", "rlib"]\n[[example]]\nname = "p"\nproc-macro = true\n', src__lib_rs="", examples__e_rs="", examples__p_rs=""),
                                    [["--examples"], ["--example", "e"]]),
    "M8-a-dylib": ({"Cargo.toml": '[workspace]\nmembers = ["a", "b"]\nresolver = "2"\n', **member("a", '[lib]\ncrate-type = ["dylib"]\n'),
                    **member("b", '[dependencies]\na = { path = "../a" }\n')}, BOTH),
    "M8-types-go-before-being-a-macro": (one('[lib]\nproc-macro = true\ncrate-type = ["rlib"]\n'), [[], ["--release"]]),
    "M9-required-features-that-nobody-has": (one('[[bin]]\nname = "b"\nrequired-features = ["gone"]\n', src__lib_rs="", src__bin__b_rs=MAIN), [[], ["--bins"]]),
    "M9-required-features-of-examples": (one('[features]\nf = []\n[[example]]\nname = "e"\nrequired-features = ["f"]\n[[bin]]\nname = "b"\nrequired-features = ["f", "default"]\n',
                                             src__lib_rs="", src__bin__b_rs=MAIN, examples__e_rs=MAIN), [[], ["--examples"], ["--features", "f"], ["--features", "f", "--examples"], ["--bins"]]),
    "M10-one-file-in-two-targets": (one('[[bin]]\nname = "a"\npath = "m.rs"\n[[bin]]\nname = "b"\npath = "m.rs"\n', m_rs=MAIN), [[], ["--bin", "a"]]),
    "M14-a-triple-of-another-machine": (one('[target.x86_64-pc-windows-msvc.dependencies]\na = { path = "a" }\n[target.aarch64-apple-darwin.build-dependencies]\na = { path = "a" }\n',
                                            src__lib_rs="", build_rs=MAIN, a__Cargo_toml=package("a"), a__src__lib_rs=""), BOTH),
    "M14-all-that-a-cfg-can-say": (one("".join(f"[target.'cfg({c})'.dependencies]\n{n} = {{ path = \"{n}\" }}\n" for n, c in zip("abcdefgh", (
        'target_arch = "x86_64"', 'all(unix, not(target_os = "macos"))', 'any(windows, target_env = "gnu")', 'target_pointer_width = "32"', 'target_has_atomic = "64"', 'target_family = "unix"',
        'not(any())', ' all( unix , ) '))), src__lib_rs="", **{f"{n}__Cargo_toml": package(n) for n in "abcdefgh"}, **{f"{n}__src__lib_rs": "" for n in "abcdefgh"}), BOTH),
    "M15-edition-2024-and-implicit-features": (one('[dependencies]\na = { path = "a", optional = true }\nb = { path = "b", optional = true }\n[features]\nf = ["a"]\ng = ["b/x"]\nh = ["dep:b"]\n', edition="2024",
                                                   src__lib_rs="", a__Cargo_toml=package("a"), a__src__lib_rs="", b__Cargo_toml=package("b", rest="[features]\nx = []\n"), b__src__lib_rs=""),
                                               [[], ["--features", "f"], ["--features", "g"], ["--features", "h"], ["--features", "a"], ["--all-features"]]),
    "M15-odd-names-of-features": (one('[features]\n"a.b" = []\n"c+d" = ["a.b"]\n"1" = []\n_u = ["1"]\ndefault = ["c+d"]\n'), [[], ["--features", "_u"], ["--no-default-features"]]),
    "M15-default-of-a-dependency": ({"Cargo.toml": '[workspace]\nmembers = ["a", "b", "c"]\nresolver = "2"\n', **member("a", '[features]\ndefault = ["d"]\nd = []\ne = []\n'),
                                     **member("b", '[dependencies]\na = { path = "../a", default-features = false, features = ["default"] }\n'),
                                     **member("c", '[dependencies]\na = { path = "../a", default-features = false }\n[features]\nx = ["a/default"]\n')},
                                    [["-p", "b"], ["-p", "c"], ["-p", "c", "--features", "x"], []]),
    "M18-a-pointer-to-the-root": ({"@": "apart/m", "root/Cargo.toml": '[workspace]\nmembers = ["../apart/m"]\nresolver = "1"\n[profile.dev]\nopt-level = 1\n',
                                   "apart/m/Cargo.toml": package("m", more='workspace = "../../root"'), "apart/m/src/lib.rs": ""}, [[]]),
    "M18-default-members": ({"Cargo.toml": '[workspace]\nmembers = ["a", "b", "c"]\ndefault-members = ["b", "a"]\nresolver = "2"\n', **member("a"), **member("b"), **member("c")},
                            [[], ["--workspace"], ["-p", "c"], ["--workspace", "--exclude", "b"]]),
    "M18-default-members-beside-a-root-package": ({"Cargo.toml": package("root", rest='[workspace]\nmembers = ["a"]\ndefault-members = [".", "a"]\n'), **LIB, **member("a")}, [[], ["-p", "root"]]),
    "M18-globs-of-default-members": ({"Cargo.toml": '[workspace]\nmembers = ["c/*", "d"]\ndefault-members = ["c/*"]\nresolver = "2"\n',
                                      "c/x/Cargo.toml": package("x"), "c/x/src/lib.rs": "", "c/y/Cargo.toml": package("y"), "c/y/src/lib.rs": "", **member("d")}, [[], ["--workspace"]]),
    "M18-an-excluded-package-builds-alone": ({"@": "out", "Cargo.toml": '[workspace]\nmembers = ["a"]\nexclude = ["out"]\n[profile.dev]\nopt-level = 3\n', **member("a"), **member("out")}, [[]]),
    "M18-from-a-member": ({"@": "a", "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\nresolver = "2"\n[profile.dev]\nopt-level = 2\n', **member("a"), **member("b")}, [[], ["--workspace"], ["-p", "b"]]),
    "M18-a-workspace-in-a-workspace": ({"@": "in", "Cargo.toml": '[workspace]\nmembers = ["a"]\nexclude = ["in"]\n', **member("a"),
                                        "in/Cargo.toml": '[workspace]\nmembers = ["b"]\nresolver = "2"\n', "in/b/Cargo.toml": package("b", rest='[dependencies]\na = { path = "../../a" }\n'), "in/b/src/lib.rs": ""}, [[]]),
    "M18-path-dependencies-are-members": ({"Cargo.toml": package("root", rest='[workspace]\n[dependencies]\na = { path = "x/a" }\n[target."cfg(windows)".dependencies]\nb = { path = "x/b" }\n'), **LIB,
                                           "x/a/Cargo.toml": package("a", rest='[dev-dependencies]\nc = { path = "../c" }\n'), "x/a/src/lib.rs": "", "x/b/Cargo.toml": package("b"), "x/b/src/lib.rs": "",
                                           "x/c/Cargo.toml": package("c"), "x/c/src/lib.rs": ""}, [[], ["--workspace"], ["-p", "c"]]),
    "M19-resolver-of-a-dependency": ({**one('[dependencies]\na = { path = "a" }\n[workspace]\nresolver = "1"\n'), **member("a", more='resolver = "2"', edition="2024")}, BOTH),
    "M20-all-keys": ({"Cargo.toml": INHERITED, "docs/READ.md": "", "L.txt": "",
                      "a/deep/Cargo.toml": '[package]\nname = "deep"\n' + "".join(f"{k}.workspace = true\n" for k in KEYS) + '[lints]\nworkspace = true\n[dependencies]\ns = { workspace = true, features = ["two"] }\n'
                                           '[build-dependencies]\ns.workspace = true\n[dev-dependencies]\nt = { workspace = true }\n[target."cfg(unix)".dependencies]\nt = { workspace = true, optional = true }\n'
                                           '[features]\nz = ["t/q", "dep:t"]\n',
                      "a/deep/src/lib.rs": "", "a/deep/build.rs": MAIN, **member("s", "[features]\none = []\ntwo = []\ndefault = []\n"),
                      "t/Cargo.toml": package("t-real", rest="[features]\nq = []\n"), "t/src/lib.rs": ""}, BOTH + [["--features", "z"]]),
    "M20-default-features-of-a-member": ({"Cargo.toml": '[workspace]\nmembers = ["m"]\nresolver = "2"\n[workspace.dependencies]\na = { path = "a", default-features = false }\nb = { path = "b" }\n',
                                          **member("m", '[dependencies]\na = { workspace = true, default-features = true }\nb = { workspace = true, default-features = false }\n'),
                                          **member("a", "[features]\ndefault = [\"x\"]\nx = []\n"), **member("b", "[features]\ndefault = [\"x\"]\nx = []\n")}, [[]]),
    "M20-a-member-says-it-itself": ({"Cargo.toml": '[workspace]\nmembers = ["m"]\nresolver = "2"\n[workspace.package]\nversion = "9.9.9"\nedition = "2018"\n', **member("m")}, [[]]),
    "M20-found-by-the-pointer": ({"@": "apart", "root/Cargo.toml": '[workspace]\nmembers = ["../apart"]\n[workspace.package]\nversion = "5.0.0"\n',
                                  "apart/Cargo.toml": '[package]\nname = "apart"\nworkspace = "../root"\nversion.workspace = true\nedition = "2021"\n', "apart/src/lib.rs": ""}, [[]]),
    "M27-order-and-other-tools": (one('[lints.rust]\nb = "deny"\na = { level = "warn", priority = 1 }\nc = { level = "allow", priority = -5 }\n[lints.other]\nz = "forbid"\n[lints.rustdoc]\nq = "warn"\n[lints.cargo]\nw = "warn"\n'), [[]]),
    "M3-a-version-that-is-old-enough": (one(more='rust-version = "1.56"'), [[]]),
    "M2-what-is-left-out-with-a-warning": (one('[dependencies]\na = { path = "a", public = true }\n[hints]\nmostly-unused = true\n', src__lib_rs="", a__Cargo_toml=package("a"), a__src__lib_rs=""), [[]]),
}


def refused(words, *args, **kw):
    return (one(*args, **kw), words)


NEGATIVE = {
    "M1-no-name": ({"Cargo.toml": '[package]\nversion = "1.0.0"\n', **LIB}, "name"),
    "M1-an-empty-name": ({"Cargo.toml": package(""), **LIB}, "name"),
    "M1-a-name-with-a-space": ({"Cargo.toml": package("a b"), **LIB}, "a b"),
    "M1-a-name-that-begins-with-a-digit": ({"Cargo.toml": package("1a"), **LIB}, "1a"),
    "M1-a-keyword": ({"Cargo.toml": package("x", rest='[lib]\nname = "a-b"\n'), **LIB}, "a-b"),
    "M1-project-in-edition-2024": ({"Cargo.toml": '[project]\nname = "a"\nversion = "1.0.0"\nedition = "2024"\n', **LIB}, "project"),
    "M1-default-run-of-nothing": refused("gone", more='default-run = "gone"', src__main_rs=MAIN),
    "M1-neither-package-nor-workspace": ({"Cargo.toml": "[dependencies]\n", **LIB}, "package"),
    "M1-a-rust-version-that-is-none": refused("rust-version", more='rust-version = "^1.60"'),
    "M2-default-target": refused("default-target", more=f'default-target = "{HOST}"'),
    "M2-forced-target": refused("forced-target", more=f'forced-target = "{HOST}"'),
    "M2-metabuild": refused("metabuild", more='metabuild = ["a"]'),
    "M2-several-scripts": refused("build", more='build = ["a.rs", "b.rs"]', src__lib_rs="", a_rs=MAIN, b_rs=MAIN),
    "M2-path-bases": refused("base", '[dependencies]\na = { path = "a", base = "b" }\n', src__lib_rs="", a__Cargo_toml=package("a"), a__src__lib_rs=""),
    "M2-flags-of-a-profile": refused("rustflags", '[profile.dev]\nrustflags = ["-g"]\n'),
    "M2-another-back-end": refused("codegen-backend", '[profile.dev]\ncodegen-backend = "cranelift"\n'),
    "M2-trimmed-paths": refused("trim-paths", "[profile.dev]\ntrim-paths = true\n"),
    "M2-another-file-name": refused("filename", '[[bin]]\nname = "b"\nfilename = "007"\n', src__bin__b_rs=MAIN),
    "M3-too-new-an-edition": refused("2027", edition="2027"),
    "M3-a-version-before-the-edition": refused("1.55", more='rust-version = "1.55"'),
    "M3-a-version-before-the-edition-2024": refused("1.84", more='rust-version = "1.84"', edition="2024"),
    "M4-crate-type-in-edition-2024": refused("crate_type", '[lib]\ncrate_type = ["rlib"]\n', edition="2024"),
    "M4-proc-macro-in-edition-2024": refused("proc_macro", "[lib]\nproc_macro = true\n", edition="2024"),
    "M4-dev-dependencies-in-edition-2024": refused("dev_dependencies", "[dev_dependencies]\n", edition="2024"),
    "M4-build-dependencies-in-edition-2024": refused("build_dependencies", "[build_dependencies]\n", edition="2024"),
    "M4-default-features-in-edition-2024": refused("default_features", '[dependencies]\na = { path = "a", default_features = false }\n', edition="2024",
                                                   src__lib_rs="", a__Cargo_toml=package("a"), a__src__lib_rs=""),
    "M5-a-library-without-a-file": refused("lib", '[lib]\nname = "y"\n', src__main_rs=MAIN),
    "M5-old-place-in-a-new-edition": refused("lib", '[lib]\nname = "y"\n', src__y_rs="", src__main_rs=MAIN),
    "M5-a-program-without-a-name": refused("name", '[[bin]]\npath = "src/b.rs"\n', src__b_rs=MAIN),
    "M5-a-program-without-a-file": refused("gone", '[[bin]]\nname = "gone"\n', src__lib_rs=""),
    "M5-a-program-named-as-a-directory": refused("deps", '[[bin]]\nname = "deps"\npath = "src/b.rs"\n', src__b_rs=MAIN),
    "M5-a-test-without-a-file": refused("gone", '[[test]]\nname = "gone"\n', src__lib_rs=""),
    "M7-a-script-and-metabuild": refused("metabuild", more='build = "b.rs"\nmetabuild = "a"', src__lib_rs="", b_rs=MAIN),
    "M8-a-macro-and-more": refused("proc-macro", '[lib]\ncrate-type = ["proc-macro", "rlib"]\n'),
    "M8-a-program-with-a-crate-type": refused("crate-type", '[[bin]]\nname = "b"\ncrate-type = ["cdylib"]\n', src__bin__b_rs=MAIN),
    "M8-a-program-that-is-a-macro": refused("proc-macro", '[[bin]]\nname = "b"\nproc-macro = true\n', src__bin__b_rs=MAIN),
    "M10-two-examples-of-one-name": refused("e", '[[example]]\nname = "e"\npath = "a.rs"\n[[example]]\nname = "e"\npath = "b.rs"\n', src__lib_rs="", a_rs=MAIN, b_rs=MAIN),
    "M13-a-dependency-that-is-itself": refused("x", '[dependencies]\nx = { path = "." }\n'),
    "M14-a-cfg-that-is-none": refused("cfg", "[target.'cfg(unix'.dependencies]\n"),
    "M14-a-cfg-with-a-word-too-many": refused("cfg", "[target.'cfg(unix windows)'.dependencies]\n"),
    "M15-a-feature-of-a-feature": refused("dep", '[features]\na = ["dep:b/c"]\n[dependencies]\nb = { path = "b", optional = true }\n', src__lib_rs="", b__Cargo_toml=package("b"), b__src__lib_rs=""),
    "M15-a-feature-in-a-circle-with-a-slash": refused("/", '[features]\n"a/b" = []\n'),
    "M15-a-feature-named-dep": refused("dep:", '[features]\n"dep:b" = []\n'),
    "M15-a-weak-one-that-is-not-optional": refused("b", '[features]\na = ["b?/c"]\n[dependencies]\nb = { path = "b" }\n', src__lib_rs="", b__Cargo_toml=package("b", rest="[features]\nc = []\n"), b__src__lib_rs=""),
    **{f"M15-a-name-with-{word}": refused(f"{sign}a", f'[features]\n"{sign}a" = []\n') for word, sign in (("plus", "+"), ("minus", "-"), ("dot", "."), ("space", " "), ("colon", ":"))},
    "M15-an-optional-dev-dependency": refused("optional", '[dev-dependencies]\nb = { path = "b", optional = true }\n', src__lib_rs="", b__Cargo_toml=package("b"), b__src__lib_rs=""),
    "M15-an-optional-dependency-nobody-can-ask-for": refused("a", '[dependencies]\nb = { path = "b" }\n[features]\na = ["b"]\n', src__lib_rs="", b__Cargo_toml=package("b"), b__src__lib_rs=""),
    "M15-a-feature-of-the-name-of-a-dependency": refused("b", '[dependencies]\nb = { path = "b", optional = true }\n[features]\nb = []\n', src__lib_rs="", b__Cargo_toml=package("b"), b__src__lib_rs=""),
    "M18-resolver-said-twice": refused("resolver", '[workspace]\nresolver = "2"\n', more='resolver = "2"'),
    "M18-an-unknown-resolver": refused("resolver", '[workspace]\nresolver = "9"\n'),
    "M18-default-members-that-are-none": refused("gone", '[workspace]\ndefault-members = ["gone"]\n'),
    "M18-a-pointer-to-nothing": refused("gone", more='workspace = "../gone"'),
    "M18-a-root-that-points": refused("workspace", '[workspace]\n', more='workspace = ".."'),
    **{f"M18-{key}-of-a-virtual-root": ({"Cargo.toml": f'[workspace]\nmembers = []\n[{key}]\n'}, key.split(".")[0]) for key in (
        "lib", "dev-dependencies", "build-dependencies", "target.x", "lints", "badges")},
    "M18-dependencies-of-a-virtual-root": ({"Cargo.toml": '[workspace]\nmembers = []\n[dependencies]\na = "1"\n'}, "dependencies"),
    "M18-features-of-a-virtual-root": ({"Cargo.toml": '[workspace]\nmembers = []\n[features]\na = []\n'}, "features"),
    "M20-nothing-to-inherit": ({"Cargo.toml": '[workspace]\nmembers = ["m"]\n', "m/Cargo.toml": '[package]\nname = "m"\nversion = "1.0.0"\nedition.workspace = true\n', "m/src/lib.rs": ""}, "edition"),
    "M20-an-optional-one-in-the-workspace": ({"Cargo.toml": '[workspace]\nmembers = ["m"]\n[workspace.dependencies]\na = { path = "a", optional = true }\n', **member("m")}, "optional"),
    "M20-default-features-in-edition-2024": ({"Cargo.toml": '[workspace]\nmembers = ["m"]\nresolver = "2"\n[workspace.dependencies]\na = { path = "a" }\n', **member("a"),
                                              **member("m", "[dependencies]\na = { workspace = true, default-features = false }\n", edition="2024")}, "default-features"),
    "M20-not-inherited-on-purpose": ({"Cargo.toml": '[workspace]\nmembers = ["m"]\n[workspace.package]\nversion = "1.0.0"\n',
                                      "m/Cargo.toml": '[package]\nname = "m"\nversion.workspace = false\n', "m/src/lib.rs": ""}, "workspace"),
    "M20-lints-and-more": ({"Cargo.toml": '[workspace]\nmembers = ["m"]\n[workspace.lints.rust]\na = "warn"\n', **member("m", '[lints]\nworkspace = true\n[lints.rust]\nb = "warn"\n')}, "lints"),
    **{f"M22-a-profile-named-{name}": refused(name.strip('"'), f'[profile.{name}]\ninherits = "dev"\n') for name in ("check", "target", "cargo-x", "build-override", "Debug", '"a.b"')},
    "M23-an-override-of-programs-of-the-build-in-another": refused("build-override", "[profile.dev.package.d.build-override]\nopt-level = 1\n"),
    "M27-an-unknown-level": refused("loud", '[lints.rust]\na = "loud"\n'),
}
