"""Workspaces for the rules of features and units (F and U of docs/cargo.md), as data.

SPDX-License-Identifier: MIT
The cases of F8 are named as cargo's own tests of its feature resolver name them, and written anew.
"""
from fixtures_manifest import BOTH, HOST, MAIN, package

OTHER = '[target."cfg(windows)".'  # the head of a table of a target that is not this one


def crate(name, rest="", more="", edition="2021", lib=True, main=False, build=False):
    files = {f"{name}/Cargo.toml": package(name, edition, more=more, rest=rest)}
    for wanted, path, text in ((lib, "src/lib.rs", ""), (main, "src/main.rs", MAIN), (build, "build.rs", MAIN)):
        if wanted:
            files[f"{name}/{path}"] = text
    return files


def workspace(*crates, resolver="2", rest=""):
    files = {}
    for one in crates:
        files.update(one)
    members = sorted({path.split("/")[0] for path in files})
    listed = ", ".join(f'"{m}"' for m in members)
    return {"Cargo.toml": f'[workspace]\nmembers = [{listed}]\nresolver = "{resolver}"\n{rest}', **files}


def deps(*lines, table="dependencies"):
    """`name`, or `name = more`: path dependencies of one table."""
    out = [f"[{table}]" if not table.startswith("[") else table]
    for line in lines:
        name, _, more = line.partition(" = ")
        out.append(f'{name} = {{ path = "../{name}"{", " + more if more else ""} }}')
    return "\n".join(out) + "\n"


def on_windows(*lines, table="dependencies"):
    return deps(*lines, table=f"{OTHER}{table}]")


FEATURES = "[features]\n"
PLAIN = [[], ["--release"], ["--target", HOST]]


def with_resolvers(name, crates, selections, outside=None):
    """The same under the resolver that unites and under those that keep apart; `outside`: beside the workspace."""
    def files(resolver):
        inside = workspace(*crates, resolver=resolver)
        return inside if outside is None else {**{f"ws/{path}": text for path, text in inside.items()}, **outside, "@": "ws"}
    return {f"{name}-{resolver}": (files(resolver), selections) for resolver in "123"}


FIXTURES = {
    **with_resolvers("F1-sides-are-kept-apart", [
        crate("top", deps("shared = features = [\"normal\"]") + deps("shared = features = [\"build\"]", table="build-dependencies"), main=True, build=True),
        crate("shared", FEATURES + "normal = []\nbuild = []\n", build=True)], PLAIN),
    **with_resolvers("F2-weak-features-wait", [
        crate("top", deps("dep = optional = true", "other = optional = true") + FEATURES + 'early = ["dep?/f"]\non = ["dep:dep"]\nchain = ["other/up", "early"]\n'),
        crate("dep", FEATURES + "f = []\n"), crate("other", FEATURES + "up = []\n")],
        PLAIN + [["-p", "top", "--features", "early"], ["-p", "top", "--features", "on,early"], ["-p", "top", "--features", "early,on"],
                 ["-p", "top", "--features", "chain"], ["-p", "top", "--features", "top/on"]]),
    "F3-below-a-proc-macro": (workspace(
        crate("app", deps("pm", "deep = features = [\"app\"]")), crate("pm", "[lib]\nproc-macro = true\n" + deps("mid")),
        crate("mid", deps("deep = features = [\"mid\"]")), crate("deep", FEATURES + "app = []\nmid = []\n")), PLAIN),
    "F4-each-side-asks-its-own-platform": (workspace(
        crate("app", deps("a", "b") + f"[target.{HOST}.build-dependencies]\na = {{ path = \"../a\", features = [\"host\"] }}\n", build=True),
        crate("a", FEATURES + "host = []\n" + f"[target.{HOST}.dependencies]\nb = {{ path = \"../b\", features = [\"here\"] }}\n"),
        crate("b", FEATURES + "here = []\n")), PLAIN),
    **with_resolvers("F6-key-decides", [crate("a", deps("b") + deps('b = features = ["x"]', table="build-dependencies"), build=True),
                                        crate("b", FEATURES + "x = []\n")], PLAIN),
    "F6-edition-of-the-root-decides": ({
        "Cargo.toml": package("root", "2018", rest='[workspace]\nmembers = ["b"]\n[dependencies]\nb = { path = "b" }\n[build-dependencies]\nb = { path = "b", features = ["x"] }\n'),
        "src/lib.rs": "", "build.rs": MAIN, "b/Cargo.toml": package("b", "2024", rest="[features]\nx = []\n"), "b/src/lib.rs": ""}, BOTH),
    "F6-edition-2024-of-the-root": ({
        "Cargo.toml": package("root", "2024", rest='[workspace]\nmembers = ["b"]\n[dependencies]\nb = { path = "b" }\n[build-dependencies]\nb = { path = "b", features = ["x"] }\n'),
        "src/lib.rs": "", "build.rs": MAIN, "b/Cargo.toml": package("b", "2015", rest="[features]\nx = []\n"), "b/src/lib.rs": ""}, BOTH),
    **with_resolvers("F7-selection-unites", [
        crate("a", deps('s = features = ["a"]') + FEATURES + "both = []\nonly = []\n"), crate("b", deps('s = features = ["b"]') + FEATURES + "both = []\n"),
        crate("s", FEATURES + "a = []\nb = []\n")],
        [["-p", "a"], ["-p", "b"], ["--workspace"], ["-p", "a", "-p", "b", "--features", "both"], ["-p", "a", "-p", "b", "--features", "a/only,both"],
         ["--workspace", "--exclude", "a"], ["-p", "b", "--no-default-features"]]),
    "F7-features-of-the-current-package": ({
        "Cargo.toml": package("root", "2018", rest='[workspace]\nmembers = ["m"]\n[dependencies]\nm = { path = "m", optional = true }\n[features]\nx = []\n'),
        "src/lib.rs": "", "m/Cargo.toml": package("m", rest="[features]\nx = []\ny = []\n"), "m/src/lib.rs": ""},
        [["--features", "x"], ["--features", "m/y"], ["-p", "m", "--features", "m/y"], ["--workspace", "--features", "x"], ["-p", "m", "--features", "x"]]),
    **with_resolvers("F8-inactivate-targets", [
        crate("top", deps("common = features = [\"f1\"]") + on_windows("common = features = [\"f2\"]") + '[target.\'cfg(any())\'.dependencies]\ncommon = { path = "../common", features = ["f3"] }\n'),
        crate("common", FEATURES + "f1 = []\nf2 = []\nf3 = []\n")], PLAIN),
    **with_resolvers("F8-inactive-target-optional", [
        crate("top", deps("common", "dep2 = optional = true") + on_windows("dep1 = optional = true") + FEATURES + 'foo1 = ["dep1/f"]\nfoo2 = ["dep2"]\n'),
        crate("dep1", deps("common = features = [\"f1\"]") + FEATURES + "f = []\n"), crate("dep2", deps("common = features = [\"f2\"]")),
        crate("common", FEATURES + "f1 = []\nf2 = []\n")], PLAIN + [["-p", "top", "--features", "foo1,foo2"], ["-p", "top", "--all-features"]]),
    **with_resolvers("F8-itarget-proc-macro", [
        crate("top", deps("pm") + on_windows("pm")), crate("pm", "[lib]\nproc-macro = true\n" + on_windows("gone") + deps("here")), crate("gone"), crate("here")], PLAIN),
    **with_resolvers("F8-decouple-host-deps", [
        crate("top", deps("common") + deps('common = features = ["f1"]', table="build-dependencies"), build=True), crate("common", FEATURES + "f1 = []\n")],
        PLAIN + [["-p", "top"]]),
    **with_resolvers("F8-decouple-host-deps-nested", [
        crate("top", deps("common") + deps("bdep", table="build-dependencies"), build=True), crate("bdep", deps('common = features = ["f1"]')),
        crate("common", FEATURES + "f1 = []\n")], [["-p", "top"], ["-p", "top", "--release"]]),
    **with_resolvers("F8-decouple-dev-deps", [
        crate("top", deps("common") + deps('common = features = ["f1"]', table="dev-dependencies"), main=True) | {"top/examples/ex.rs": MAIN},
        crate("common", FEATURES + "f1 = []\n")], PLAIN + [["-p", "top"], ["--example", "ex"]]),
    **with_resolvers("F8-build-script-runtime-features", [
        crate("top", deps("common") + deps('common = features = ["build"]', table="build-dependencies"), build=True),
        crate("common", FEATURES + "build = []\n", build=True)], PLAIN + [["-p", "top", "--features", "common/build"]]),
    **with_resolvers("F8-cyclical-dev-dep", [
        crate("top", deps("common") + FEATURES + "dev = []\n", lib=True) | {"top/examples/ex.rs": MAIN},
        crate("common", deps('top = features = ["dev"]', table="dev-dependencies"))], PLAIN + [["-p", "top", "--example", "ex"]]),
    **with_resolvers("F8-required-features-host-dep", [
        crate("top", '[[bin]]\nname = "x"\nrequired-features = ["bdep/f1"]\n' + deps("bdep", table="build-dependencies"), build=True) | {"top/src/bin/x.rs": MAIN},
        crate("bdep", FEATURES + "f1 = []\n")], [["-p", "top"], ["-p", "top", "--features", "bdep/f1"], ["-p", "top", "--bin", "x", "--features", "bdep/f1"]]),
    **with_resolvers("F8-disabled-shared-host-dep", [
        crate("top", deps("common = features = [\"somefeat\"]") + deps("bdep", table="build-dependencies"), build=True),
        crate("bdep", deps("common")), crate("common", deps("somedep = optional = true") + FEATURES + 'somefeat = ["somedep"]\n'), crate("somedep")],
        [["-p", "top"], ["-p", "top", "--release"]]),
    **with_resolvers("F8-required-features-inactive-dep", [
        crate("top", '[[bin]]\nname = "x"\nrequired-features = ["feat1"]\n' + on_windows("bar") + FEATURES + "feat1 = []\n") | {"top/src/bin/x.rs": MAIN},
        crate("bar")], [["-p", "top"], ["-p", "top", "--features", "feat1"]]),
    **with_resolvers("F8-decouple-proc-macro", [
        crate("top", deps('common = features = ["normal"]', "pm")), crate("pm", "[lib]\nproc-macro = true\n" + deps('common = features = ["pmside"]')),
        crate("common", FEATURES + "normal = []\npmside = []\n")], PLAIN + [["-p", "top"], ["-p", "pm"]]),
    **with_resolvers("F8-proc-macro-ws", [
        crate("pm", "[lib]\nproc-macro = true\n" + FEATURES + "feat1 = []\n"), crate("top", deps('pm = features = ["feat1"]'))],
        PLAIN + [["-p", "pm"], ["-p", "top"], ["-p", "pm", "-p", "top"]]),
    **with_resolvers("F8-has-dev-dep-for-test", [
        crate("top", deps("dep") + deps('dep = features = ["f1"]', table="dev-dependencies")) | {"top/examples/ex.rs": MAIN},
        crate("dep", FEATURES + "f1 = []\n")], [["-p", "top"], ["-p", "top", "--example", "ex"]]),
    **with_resolvers("F8-build-dep-activated", [
        crate("top", deps("dep") + deps("dep", table="build-dependencies"), build=True),
        crate("dep", deps("feat = optional = true", table="build-dependencies") + FEATURES + 'f = ["feat"]\n', build=True), crate("feat")],
        PLAIN + [["-p", "top", "--features", "dep/f"]]),
    **with_resolvers("F8-shared-dep-same-but-dependencies", [
        crate("bin1", deps('dep') + deps('dep', table="build-dependencies"), main=True, lib=False, build=True),
        crate("dep", deps("sub")), crate("sub", deps("feat = optional = true")), crate("pm", "[lib]\nproc-macro = true\n" + deps('sub = features = ["feat"]')),
        crate("bin2", deps("dep", "pm"), main=True, lib=False), crate("feat")], PLAIN + [["-p", "bin1", "-p", "bin2"]]),
    **with_resolvers("F8-pm-with-int-shared", [
        crate("top", deps("pm = features = [\"from\"]", "shared")), crate("pm", '[lib]\nproc-macro = true\n' + deps("shared") + FEATURES + 'from = ["shared/b"]\n'),
        crate("shared", FEATURES + 'b = []\n')], [["-p", "top"], ["-p", "pm"], ["--workspace"], ["--workspace", "--release"]]),
    **with_resolvers("F8-dep-with-optional-host-deps-activated", [
        crate("top", deps("serde_like") + deps("pm", table="build-dependencies"), build=True),
        crate("serde_like", deps("pm = optional = true") + FEATURES + 'derive = ["pm"]\ndefault = ["derive"]\n', build=True),
        crate("pm", "[lib]\nproc-macro = true\n" + deps("quote")), crate("quote")], PLAIN + [["-p", "top", "--no-default-features"]]),
    **with_resolvers("F8-dont-unify-proc-macro-example-from-dependency", [
        crate("top", deps("dep")), crate("dep", deps("common") + '[[example]]\nname = "pmex"\ncrate-type = ["proc-macro"]\n') | {"dep/examples/pmex.rs": ""},
        crate("common", FEATURES + "f = []\n")], PLAIN + [["-p", "top"], ["-p", "dep"]]),
    **with_resolvers("F8-all-features-merges-with-features", [
        crate("top", deps("dep") + FEATURES + 'feat1 = ["dep/a"]\n'), crate("dep", FEATURES + "a = []\nb = []\n")],
        [["-p", "top", "--all-features", "--features", "dep/b"], ["-p", "top", "--all-features", "--features", "feat1"]]),
    # What a feature of a selected package asks of its dev-dependency, when only another package asks for that feature.
    **with_resolvers("F5-asked-of-a-dev-dependency", [
        crate("user", deps('mid = features = ["more"]')),
        crate("mid", deps("tool", table="dev-dependencies") + FEATURES + 'more = ["tool/extra"]\n') | {"mid/examples/ex.rs": MAIN},
        crate("tool", deps("deep = optional = true") + FEATURES + 'extra = ["deep/f"]\n', build=True), crate("deep", FEATURES + "f = []\n")],
        [["--workspace"], ["-p", "user", "-p", "mid"], ["-p", "user", "-p", "mid", "-p", "tool"], ["-p", "user", "-p", "tool"],
         ["-p", "mid", "-p", "tool", "--features", "mid/more"], ["-p", "user", "-p", "mid", "--examples"],
         ["-p", "mid", "--example", "ex", "--features", "more"]]),
    **with_resolvers("F7-a-package-that-is-no-member", [
        crate("top", deps("opt = optional = true") + '[dependencies.far]\npath = "../../far"\n' + FEATURES + 'x = ["far/f", "opt"]\nfar2 = []\n'),
        crate("opt", '[dependencies]\nfar = { path = "../../far", features = ["g"] }\n'), crate("alone")],
        [["-p", "far"], ["-p", "far", "-p", "top"], ["-p", "far", "-p", "opt"], ["-p", "top", "--features", "x"], ["-p", "far", "-p", "alone"]], outside=crate("far", FEATURES + "f = []\ng = []\n")),
    "F7-no-member-beside-a-root-package": ({
        "ws/Cargo.toml": package("root", "2018", rest='[workspace]\nmembers = ["m"]\n[dependencies]\nm = { path = "m" }\nfar = { path = "../far", optional = true }\n[features]\nx = ["far/f"]\n'),
        "ws/src/lib.rs": "", "ws/m/Cargo.toml": package("m", rest='[dependencies]\nfar = { path = "../../far" }\n[features]\ny = ["far/f"]\n'), "ws/m/src/lib.rs": "",
        "far/Cargo.toml": package("far", rest="[features]\nf = []\n"), "far/src/lib.rs": "", "@": "ws"},
        [["-p", "far"], ["-p", "far", "--features", "x"], ["-p", "far", "-p", "m"], ["-p", "m", "-p", "far", "--features", "m/y"]]),
    **with_resolvers("F7-required-features-of-dependencies", [
        crate("top", deps("d = optional = true", "pm", "w = optional = true") + deps("b", table="build-dependencies")
              + FEATURES + 'on = ["d"]\nweak = ["w?/f"]\n'
              + "".join(f'[[bin]]\nname = "{n}"\npath = "src/main.rs"\nrequired-features = ["{f}"]\n' for n, f in
                        [("x1", "d/f"), ("x2", "pm/f"), ("x3", "b/f"), ("x4", "w/f"), ("x5", "d/g")]), main=True, build=True),
        crate("d", FEATURES + "f = []\ng = []\n"), crate("pm", "[lib]\nproc-macro = true\n" + FEATURES + "f = []\n"), crate("b", FEATURES + "f = []\n"),
        crate("w", FEATURES + "f = []\n"),
        crate("other", deps('d = features = ["f"]', 'pm = features = ["f"]', 'w = features = ["f"]', 'b = features = ["f"]'))],
        [["--workspace"], ["-p", "top"], ["-p", "top", "-p", "other"], ["-p", "top", "-p", "other", "--features", "on"],
         ["-p", "top", "-p", "other", "--features", "weak"], ["-p", "top", "--features", "on,d/g"], ["-p", "top", "--features", "b/f,pm/f"]]),
    **with_resolvers("F7-what-makes-a-feature-of-a-name", [
        crate("a", '[build-dependencies]\nx = { path = "../x", optional = true }\n[target."cfg(unix)".dev-dependencies]\nx = { path = "../x" }\n' + FEATURES + 'f = ["dep:x"]\n', build=True),
        crate("b", deps("x = optional = true")), crate("x")], [["-p", "a", "-p", "b", "--features", "x"], ["--workspace", "--features", "x,f"]]),
    "F7-selected-by-kind-and-name": (workspace(
        crate("a", main=True, lib=False) | {"a/src/bin/one.rs": MAIN, "a/examples/ea.rs": MAIN}, crate("b", main=True) | {"b/src/bin/two.rs": MAIN, "b/examples/eb.rs": MAIN}),
        [["-p", "a", "--bins", "--bin", "two"], ["--bins", "--bin", "none"], ["--bin", "t*"], ["--bin", "[ao]*", "--example", "e?"], ["--examples", "--example", "none"]]),
    "U1-same-unit-by-two-ways": (workspace(crate("a", deps("b", "c")), crate("b", deps("c")), crate("c")), PLAIN),
    "U3-script-with-the-features-it-serves": (workspace(
        crate("top", deps('d = features = ["t"]') + deps('d = features = ["h"]', table="build-dependencies"), build=True),
        crate("d", FEATURES + "t = []\nh = []\n", build=True)), BOTH),
    "U4-units-of-both-sides-are-one": (workspace(
        crate("top", deps("same", "split") + deps("same", 'split = features = ["x"]', table="build-dependencies"), build=True),
        crate("same", deps("leaf")), crate("split", FEATURES + "x = []\n"), crate("leaf")), BOTH + [["--target", HOST]]),
    "U5-a-selected-proc-macro": (workspace(crate("pm", "[lib]\nproc-macro = true\n"), crate("user", deps("pm"))),
                                 BOTH + [["-p", "pm", "--release"], ["-p", "user", "--release"]]),
    "U6-two-outputs-of-one-name": (workspace(crate("a", '[[bin]]\nname = "tool"\npath = "t.rs"\n') | {"a/t.rs": MAIN},
                                             crate("b", '[[bin]]\nname = "tool"\npath = "t.rs"\n') | {"b/t.rs": MAIN}), BOTH),
    "U7-profile-of-a-run": (workspace(
        crate("top", deps("d"), build=True), crate("d", build=True),
        rest='[profile.release]\nlto = true\npanic = "abort"\ncodegen-units = 3\nstrip = true\nrpath = true\n[profile.release.package.d]\nopt-level = 1\ndebug = 2\n'
             'overflow-checks = true\n[profile.dev.build-override]\nopt-level = 2\ndebug-assertions = false\n'), BOTH),
}

NEGATIVE = {
    "F7-unknown-in-one-of-several": ({**workspace(crate("a", FEATURES + "x = []\n"), crate("b")), "?": ["--workspace", "--features", "z"]}, "has the feature `z`"),
    "U2-two-packages-with-one-links": (workspace(crate("a", deps("b"), more='links = "n"', build=True), crate("b", more='links = "n"', build=True)) | {
        "Cargo.lock": 'version = 4\n[[package]]\nname = "a"\nversion = "0.1.0"\ndependencies = ["b"]\n[[package]]\nname = "b"\nversion = "0.1.0"\n'}, "`links`"),
}
