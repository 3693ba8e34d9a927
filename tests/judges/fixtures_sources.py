"""Workspaces for the rules of where crates come from: git, patches, replacements, directories (L and M of docs/cargo.md), as data.

SPDX-License-Identifier: MIT
What rust_fixtures.py says of the form of a fixture counts here too. A repository is a list of steps: files to write and
commit, or words for git.
"""
from fixtures_lock import REPLACED, TWO, lock, vendored
from fixtures_manifest import BOTH, MAIN, package

REPO = "file://{BASE}/repo"
LIB = {"Cargo.toml": package("lib-a", version="1.0.0"), "src/lib.rs": ""}


def lib(version, name="lib-a", rest="", prefix="", build=False):
    return {f"{prefix}Cargo.toml": package(name, version=version, rest=rest), f"{prefix}src/lib.rs": "", **({f"{prefix}build.rs": MAIN} if build else {})}


def uses(*lines, rest="", name="top"):
    return {"ws/Cargo.toml": package(name, rest="[dependencies]\n" + "\n".join(lines) + "\n" + rest), "ws/src/lib.rs": "", "@": "ws"}


# Two branches, a tag and a commit that nothing names any more, each with its own version.
HISTORY = [lib("1.0.0"), ["tag", "v1"], ["checkout", "-q", "-b", "side/branch+x"], lib("2.0.0", rest="[features]\nsecond = []\n"),
           ["tag", "-a", "-m", "annotated", "v2"], ["checkout", "-q", "master"], lib("3.0.0")]

INNER = {"Cargo.toml": '[workspace]\nmembers = ["a", "b"]\nexclude = ["apart"]\n[workspace.package]\nversion = "4.5.6"\nedition = "2018"\nrust-version = "1.60"\n'
                       '[workspace.dependencies]\nb = { path = "b", default-features = false }\napart = { path = "apart" }\n[profile.dev]\nopt-level = 3\n',
         "a/Cargo.toml": '[package]\nname = "a"\nversion.workspace = true\nedition.workspace = true\nrust-version.workspace = true\n'
                         '[dependencies]\nb = { workspace = true, features = ["two"] }\napart.workspace = true\nup = { path = "../elsewhere/deep/up" }\n',
         "a/src/lib.rs": "", "b/Cargo.toml": '[package]\nname = "b"\nversion.workspace = true\n[features]\ndefault = ["one"]\none = []\ntwo = []\n',
         "b/src/lib.rs": "", "b/build.rs": MAIN, **lib("0.1.0", "apart", prefix="apart/"), **lib("0.2.0", "up", prefix="elsewhere/deep/up/")}

FIXTURES = {
    "L12-default-branch": ({**uses(f'lib-a = {{ git = "{REPO}" }}'), "!git": {"repo": HISTORY}}, BOTH),
    "L12-branch": ({**uses(f'lib-a = {{ git = "{REPO}", branch = "side/branch+x", features = ["second"] }}'), "!git": {"repo": HISTORY}}, BOTH),
    "L12-tag": ({**uses(f'lib-a = {{ git = "{REPO}", tag = "v1" }}'), "!git": {"repo": HISTORY}}, BOTH),
    "L12-annotated-tag": ({**uses(f'lib-a = {{ git = "{REPO}", tag = "v2" }}'), "!git": {"repo": HISTORY}}, BOTH),
    "L12-revision": ({**uses(f'lib-a = {{ git = "{REPO}", rev = "{{HEAD:repo}}" }}'), "!git": {"repo": HISTORY}}, BOTH),
    "L12-revision-as-a-reference": ({**uses(f'lib-a = {{ git = "{REPO}", rev = "refs/tags/v1" }}'), "!git": {"repo": HISTORY}}, BOTH),
    "L12-several-references-of-one-repository": ({
        **uses(f'one = {{ git = "{REPO}", tag = "v1", package = "lib-a" }}', f'two = {{ git = "{REPO}", branch = "side/branch+x", package = "lib-a" }}',
               f'three = {{ git = "{REPO}", package = "lib-a" }}'), "!git": {"repo": HISTORY}}, BOTH),
    "L12-requirement-beside-git": ({**uses(f'lib-a = {{ git = "{REPO}", version = "3" }}'), "!git": {"repo": HISTORY}}, BOTH),
    "L12-workspace-in-a-repository": ({**uses(f'a = {{ git = "{REPO}" }}'), "!git": {"repo": [INNER]}}, BOTH),
    "L12-two-crates-of-a-repository": ({**uses(f'a = {{ git = "{REPO}" }}', f'b = {{ git = "{REPO}", default-features = false }}'), "!git": {"repo": [INNER]}}, BOTH),
    "L12-address-with-an-ending": ({**uses('lib-a = { git = "file://{BASE}/repo.git" }'), "!git": {"repo.git": [LIB]}}, BOTH),
    "L12-a-repository-that-names-another": ({
        **uses(f'mid = {{ git = "{REPO}" }}'), "!git": {
            "other": [LIB], "repo": [lib("1.0.0", "mid", rest='[dependencies]\nlib-a = { git = "file://{BASE}/other" }\n')]}}, BOTH),
    "L12-submodules": ({
        **uses(f'a = {{ git = "{REPO}" }}', f'in-sub = {{ git = "{REPO}" }}'), "!git": {
            "sub": [lib("0.7.0", "in-sub", build=True)],
            "repo": [lib("1.0.0", "a", rest='[dependencies]\nin-sub = { path = "deps/sub" }\n[workspace]\nexclude = ["deps"]\n'),
                     ["submodule", "add", "-q", "file://{BASE}/sub", "deps/sub"], ["commit", "-q", "-m", "submodule"]]}}, BOTH),
    "L12-submodule-by-a-relative-address": ({
        **uses(f'a = {{ git = "{REPO}" }}'), "!git": {
            "sub": [lib("0.7.0", "in-sub")],
            "repo": [lib("1.0.0", "a", rest='[dependencies]\nin-sub = { path = "sub" }\n'),
                     ["submodule", "add", "-q", "../sub", "sub"], ["commit", "-q", "-m", "submodule"]]}}, BOTH),
    "L12-submodule-that-is-left-out": ({
        **uses(f'a = {{ git = "{REPO}" }}'), "!git": {
            "sub": [{"big": "data"}],
            "repo": [lib("1.0.0", "a"), ["submodule", "add", "-q", "file://{BASE}/sub", "sub"],
                     ["config", "-f", ".gitmodules", "submodule.sub.update", "none"], ["commit", "-qam", "submodule"]]}}, BOTH),
    "L12-a-repository-in-a-workspace": ({
        "Cargo.toml": '[workspace]\nmembers = ["m"]\nresolver = "2"\n[workspace.dependencies]\nlib-a = { git = "file://{BASE}/repo", tag = "v1" }\n',
        "m/Cargo.toml": package("m", rest="[dependencies]\nlib-a.workspace = true\n[build-dependencies]\nlib-a.workspace = true\n"), "m/src/lib.rs": "", "m/build.rs": MAIN,
        "!git": {"repo": HISTORY}}, BOTH),
    "L12-files-that-git-ignores-inside": ({
        **uses(f'a = {{ git = "{REPO}" }}'), "!git": {"repo": [{**lib("1.0.0", "a"), ".hidden/Cargo.toml": "not a manifest", "broken/Cargo.toml": "[package\n"}]}}, BOTH),
    "L11-git-replaced-by-a-directory": ({
        **uses(f'lib-a = {{ git = "{REPO}", tag = "v1" }}'), "!git": {"repo": HISTORY},
        "!then": {"ws/.cargo/config.toml": f'[source."{REPO}?tag=v1"]\ngit = "{REPO}"\ntag = "v1"\nreplace-with = "here"\n[source.here]\ndirectory = "vendor"\n',
                  "ws/vendor/lib-a/Cargo.toml": package("lib-a", version="1.0.0"), "ws/vendor/lib-a/src/lib.rs": "",
                  "ws/vendor/lib-a/.cargo-checksum.json": '{"files":{},"package":null}'}}, BOTH),
    "L11-a-source-that-nobody-needs": ({**TWO, ".cargo/config.toml": REPLACED[".cargo/config.toml"] + '[source.more]\ndirectory = "gone"\n'}, BOTH),
    "L11-home-replaces": ({**{k: v for k, v in TWO.items() if k != ".cargo/config.toml"}, **lock(4),
                           "../home/config.toml": '[source.crates-io]\nreplace-with = "here"\n[source.here]\ndirectory = "{BASE}/vendor"\n'}, BOTH),
    "M21-patch-adds-a-version": ({
        "Cargo.toml": package("top", rest='[dependencies]\none = "1"\nnewer = { package = "one", version = "2" }\n[patch.crates-io]\none = { path = "mine" }\n'), "src/lib.rs": "",
        **REPLACED, **vendored("one", rest='[dependencies]\ntwo = "1"\n'), **vendored("two"), **lib("2.5.0", "one", prefix="mine/")}, BOTH),
    "M21-patch-of-what-others-need": ({
        **TWO, "Cargo.toml": package("top", rest='[dependencies]\none = "1"\n[patch.crates-io]\ntwo = { path = "mine" }\n'),
        **lib("1.9.0", "two", prefix="mine/", rest="[features]\nf = []\n")}, BOTH),
    "M21-patch-by-another-name": ({
        "Cargo.toml": package("top", rest='[dependencies]\none = "1"\n[patch.crates-io]\nold = { path = "old", package = "one" }\nnew = { path = "new", package = "one" }\n'), "src/lib.rs": "",
        **REPLACED, **vendored("one"), **lib("1.1.0", "one", prefix="old/"), **lib("2.0.0", "one", prefix="new/")}, BOTH),
    "M21-unused-patch": ({
        **TWO, "Cargo.toml": package("top", rest='[dependencies]\none = "1"\n[patch.crates-io]\none = { path = "mine" }\n'), **lib("3.0.0", "one", prefix="mine/")}, BOTH),
    "M21-patch-by-git": ({**TWO, "Cargo.toml": package("top", rest=f'[dependencies]\none = "1"\n[patch.crates-io]\none = {{ git = "{REPO}", branch = "next" }}\n'),
                          "!git": {"repo": [lib("0.9.0", "one"), ["checkout", "-q", "-b", "next"], lib("1.7.0", "one", rest='[dependencies]\ntwo = "1"\n')]}}, BOTH),
    "M21-patch-of-a-git-source": ({
        **uses(f'a = {{ git = "{REPO}" }}', rest=f'[patch."{REPO}"]\na = {{ path = "../mine" }}\n'), "!git": {"repo": [INNER]}, **lib("4.9.0", "a", prefix="mine/")}, BOTH),
    "M21-patch-of-a-crate-inside-a-git-source": ({
        **uses(f'a = {{ git = "{REPO}" }}', rest=f'[patch."{REPO}"]\nb = {{ path = "../mine" }}\n'), "!git": {"repo": [INNER]},
        **lib("4.9.0", "b", prefix="mine/", rest="[features]\ntwo = []\n")}, BOTH),
    "M21-patch-in-the-configuration": ({
        **TWO, ".cargo/config.toml": REPLACED[".cargo/config.toml"] + '[patch.crates-io]\none = { path = "mine" }\n', **lib("1.4.0", "one", prefix="mine/")}, BOTH),
    "M21-patch-of-the-configuration-goes-before": ({
        **TWO, "Cargo.toml": TWO["Cargo.toml"] + '[patch.crates-io]\none = { path = "theirs" }\n',
        ".cargo/config.toml": REPLACED[".cargo/config.toml"] + '[patch.crates-io]\none = { path = "mine" }\n',
        **lib("1.4.0", "one", prefix="mine/"), **lib("1.5.0", "one", prefix="theirs/")}, BOTH),
    "M21-patch-with-a-feature-and-a-member": ({
        "Cargo.toml": '[workspace]\nmembers = ["m", "one"]\nresolver = "2"\n[patch.crates-io]\none = { path = "one" }\n', **REPLACED, **vendored("three", rest='[dependencies]\none = "1"\n'),
        "m/Cargo.toml": package("m", rest='[dependencies]\none = { version = "1", features = ["f"] }\nthree = "1"\n'), "m/src/lib.rs": "",
        **lib("1.2.3", "one", prefix="one/", rest="[features]\nf = []\n")}, BOTH),
    "M23-packages-by-their-addresses": ({
        **uses(f'lib-a = {{ git = "{REPO}", tag = "v1" }}', 'one = "1"', rest=f'[profile.dev.package."{REPO}#lib-a"]\nopt-level = 2\n[profile.release.package."{REPO}#lib-a@1.0.0"]\ndebug = 1\n'
               '[profile.dev.package."https://github.com/rust-lang/crates.io-index#one"]\nopt-level = 3\n'),
        "ws/.cargo/config.toml": REPLACED[".cargo/config.toml"], **vendored("one", place="ws/vendor"), "!git": {"repo": HISTORY}}, BOTH),
    "M12-pre-releases": ({
        "Cargo.toml": package("top", rest='[dependencies]\none = "1.0.0-alpha.2"\ntwo = "1"\n'), "src/lib.rs": "", **REPLACED,
        **vendored("one", version="1.0.0-rc.1", directory="one-rc"), **vendored("one", version="1.0.0-alpha.1", directory="one-alpha"),
        **vendored("two", version="1.1.0-beta", directory="two-beta"), **vendored("two", version="1.0.5+meta.1", directory="two")}, BOTH),
    "M12-requirements-of-all-kinds": ({
        "Cargo.toml": package("top", rest="[dependencies]\n" + "".join(f'{n} = "{r}"\n' for n, r in zip("abcdefgh", (
            "0.0.3", "^0.2.1", "~1.4", "= 2.0.1", "*", "1.2.*", ">= 1.2, < 1.5", "0")))), "src/lib.rs": "", **REPLACED,
        **{k: v for n, versions in zip("abcdefgh", (("0.0.3", "0.0.4"), ("0.2.9", "0.3.0"), ("1.4.7", "1.5.0"), ("2.0.1", "2.0.2"), ("7.0.0",), ("1.2.8", "1.3.0"),
                                                    ("1.1.9", "1.4.9", "1.5.0"), ("0.9.1", "1.0.0")))
           for version in versions for k, v in vendored(n, version=version, directory=f"{n}-{version}").items()}}, BOTH),
    "M12-path-in-a-vendored-crate": ({**TWO, **vendored("one", rest='[dependencies]\ntwo = { version = "1", features = ["f"], path = "../nowhere/two" }\n')}, BOTH),
    "L2-two-sources-of-one-name-and-version": ({
        **uses('one = "1"', f'other = {{ git = "{REPO}", package = "one" }}', 'mine = { path = "mine", package = "one" }'),
        "ws/.cargo/config.toml": REPLACED[".cargo/config.toml"], **vendored("one", place="ws/vendor"), **lib("1.0.1", "one", prefix="ws/mine/"),
        "!git": {"repo": [lib("1.0.0", "one")]}}, BOTH),
    "L10-checksums-of-all-files": ({**TWO, **vendored("two", rest="[features]\nf = []\n", files=[("src/lib.rs", ""), ("Cargo.toml", package("two", version="1.0.0", rest="[features]\nf = []\n"))])}, BOTH),
    "L10-a-link-to-a-vendored-directory": ({**{k: v for k, v in TWO.items() if not k.startswith("vendor/two/")}, "!link": {"vendor/two": "../apart/two"},
                                            **vendored("two", rest="[features]\nf = []\n", place="apart")}, BOTH),
}

# Refused on purpose, and cargo builds them (docs/cargo.md, M21): it must be said where, and what else to do.
NOT_SUPPORTED = {
    "M21-replaced": ({**TWO, "Cargo.toml": package("top", rest='[dependencies]\none = "1"\n[replace]\n"two:1.0.0" = { path = "mine" }\n'),
                      **lib("1.0.0", "two", prefix="mine/", rest="[features]\nf = []\n")}, r"\[replace\].*Cargo.toml:\d+.*\[patch\]"),
    "M21-paths-of-the-configuration": ({**TWO, ".cargo/config.toml": 'paths = ["mine"]\n' + REPLACED[".cargo/config.toml"],
                                        **lib("1.0.0", "two", prefix="mine/", rest="[features]\nf = []\n")}, r"`paths`.*config.toml:\d+.*\[patch\]"),
}

NEGATIVE = {
    "L11-a-source-that-is-defined-already": ({**TWO, **lock(4), ".cargo/config.toml": '[source.other]\nregistry = "https://github.com/rust-lang/crates.io-index"\n'
                                                                                     'replace-with = "here"\n[source.here]\ndirectory = "vendor"\n'}, "crates-io"),
    "L12-no-such-branch": ({**uses(f'lib-a = {{ git = "{REPO}", branch = "gone" }}'), "!git": {"repo": HISTORY}}, "no Cargo.lock"),
    "L12-not-in-the-repository": ({**uses(f'other = {{ git = "{REPO}" }}'), "!git": {"repo": HISTORY}}, "no Cargo.lock"),
    "L10-not-json": ({**TWO, **lock(4), "vendor/two/.cargo-checksum.json": "{"}, ".cargo-checksum.json"),
    "L10-not-there": ({**{k: v for k, v in TWO.items() if not k.startswith("vendor/two")}, **lock(4)}, "holds no two 1.0.0"),
    "L1-a-package-twice": ({**TWO, "Cargo.lock": lock(4)["Cargo.lock"] + lock(4)["Cargo.lock"].split("\n\n", 1)[1]}, "Cargo.lock"),
    "L3-edge-to-nothing": ({**TWO, "Cargo.lock": lock(4)["Cargo.lock"].replace(' "two",', ' "three",')}, "three"),
    "M11-two-sources-of-one-name": ({"Cargo.toml": package("x", rest='[dependencies]\na = { path = "a" }\n[build-dependencies]\na = { path = "b" }\n'), "src/lib.rs": "", "build.rs": MAIN,
                                     "a/Cargo.toml": package("a"), "a/src/lib.rs": "", "b/Cargo.toml": package("a"), "b/src/lib.rs": ""}, "a"),
    "M12-neither-version-nor-place": ({"Cargo.toml": package("x", rest="[dependencies]\na = {}\n"), "src/lib.rs": ""}, "a"),
    "M12-path-and-git": ({"Cargo.toml": package("x", rest='[dependencies]\na = { path = "a", git = "https://e.invalid" }\n'), "src/lib.rs": "", "a/Cargo.toml": package("a"), "a/src/lib.rs": ""}, "git"),
    "M12-git-and-registry": ({"Cargo.toml": package("x", rest='[dependencies]\na = { git = "https://e.invalid", registry = "r" }\n'), "src/lib.rs": ""}, "registry"),
    "M12-unknown-registry": ({"Cargo.toml": package("x", rest='[dependencies]\na = { version = "1", registry = "gone" }\n'), "src/lib.rs": ""}, "gone"),
    "M12-branch-without-git": ({"Cargo.toml": package("x", rest='[dependencies]\na = { version = "1", branch = "b" }\n'), "src/lib.rs": ""}, "branch"),
    "M21-patch-of-an-unknown-registry": ({"Cargo.toml": package("x", rest='[patch.gone]\na = { path = "a" }\n'), "src/lib.rs": "", "a/Cargo.toml": package("a"), "a/src/lib.rs": ""}, "gone"),
    "M21-patch-that-points-to-itself": ({**TWO, **lock(4), "Cargo.toml": package("top", rest='[dependencies]\none = "1"\n[patch.crates-io]\none = "1"\n')}, "one"),
}
