"""Workspaces for the rules of locks, sources and configuration (L of docs/cargo.md), as data.

SPDX-License-Identifier: MIT
A registry is stood in for by directories of crates: cargo takes those without any network. What rust_fixtures.py says of
the form of a fixture counts here too.
"""
import hashlib

from fixtures_manifest import BOTH, HOST, MAIN, package

CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def checksum(name):
    return hashlib.sha256(name.encode()).hexdigest()


def vendored(name, version="1.0.0", rest="", place="vendor", directory=None, package_sum=True, files=()):
    """A crate of a directory source. Without files in its list it may hold anything, as distributions ship them."""
    base = f"{place}/{directory or name}"
    given = f'"{checksum(name + version)}"' if package_sum else "null"
    listed = ", ".join(f'"{path}": "{hashlib.sha256(text.encode()).hexdigest()}"' for path, text in files)
    return {f"{base}/Cargo.toml": package(name, version=version, rest=rest), f"{base}/src/lib.rs": "",
            f"{base}/.cargo-checksum.json": f'{{"files":{{{listed}}},"package":{given}}}'}


REPLACED = {".cargo/config.toml": '[source.crates-io]\nreplace-with = "here"\n[source.here]\ndirectory = "vendor"\n'}
TWO = {"Cargo.toml": package("top", rest='[dependencies]\none = "1"\n'), "src/lib.rs": "", **REPLACED,
       **vendored("one", rest='[dependencies]\ntwo = { version = "1", features = ["f"] }\n'), **vendored("two", rest="[features]\nf = []\n")}


def lock(version):
    """The lock of TWO as older cargos wrote it."""
    head = "" if version < 3 else f"version = {version}\n\n"
    full = version == 1

    def entry(name, dependencies):
        own = [f'name = "{name}"', f'version = "{"0.1.0" if name == "top" else "1.0.0"}"']
        if name != "top":
            own.append(f'source = "{CRATES_IO}"')
            if not full:
                own.append(f'checksum = "{checksum(name + "1.0.0")}"')
        if dependencies:
            own.append("dependencies = [\n" + "".join(f' "{d} 1.0.0 ({CRATES_IO})",\n' if full else f' "{d}",\n'
                                                      for d in dependencies) + "]")
        return "[[package]]\n" + "\n".join(own) + "\n"

    text = head + "\n".join([entry("one", ["two"]), entry("top", ["one"]), entry("two", [])])
    if full:
        text += "\n[metadata]\n" + "".join(f'"checksum {n} 1.0.0 ({CRATES_IO})" = "{checksum(n + "1.0.0")}"\n' for n in ("one", "two"))
    return {"Cargo.lock": text}


FIXTURES = {
    "L1-version-1": ({**TWO, **lock(1)}, BOTH),
    "L1-version-2": ({**TWO, **lock(2)}, BOTH),
    "L1-version-3": ({**TWO, **lock(3)}, BOTH),
    "L1-version-4": ({**TWO, **lock(4)}, BOTH),
    "L2-short-and-long-ids": ({
        "Cargo.toml": package("top", rest='[dependencies]\none = "1"\nold = { version = "0.9", package = "one" }\nmine = { path = "mine" }\n'),
        "src/lib.rs": "", **REPLACED, **vendored("one"), **vendored("one", version="0.9.0", directory="one-old"),
        "mine/Cargo.toml": package("mine", rest='[dependencies]\none = "0.9"\n'), "mine/src/lib.rs": ""}, BOTH),
    "L3-two-versions-matched-by-requirement": ({
        "Cargo.toml": package("top", rest='[dependencies]\na = { version = "1.0", package = "one" }\nb = { version = "2.0", package = "one", features = ["f"] }\n'
                                          '[build-dependencies]\na = { version = ">=1, <2", package = "one" }\n'),
        "src/lib.rs": "", "build.rs": MAIN, **REPLACED, **vendored("one", version="1.2.0", directory="one-1"),
        **vendored("one", version="2.1.0", directory="one-2", rest="[features]\nf = []\n")}, BOTH),
    "L4-all-platforms-and-features": ({
        "Cargo.toml": package("top", rest='[dependencies]\none = { version = "1", optional = true }\n[target."cfg(windows)".dependencies]\ntwo = "1"\n'
                                          '[dev-dependencies]\nthree = "1"\n[features]\nmore = ["one/f"]\n'),
        "src/lib.rs": "", **REPLACED, **vendored("one", rest='[features]\nf = ["dep:four"]\n[dependencies]\nfour = { version = "1", optional = true }\n'),
        **vendored("two"), **vendored("three"), **vendored("four")}, BOTH + [["--features", "more"], ["--all-features"]]),
    "L10-vendored-directories-of-any-name": ({
        "Cargo.toml": package("top", rest='[dependencies]\none = "1"\n'), "src/lib.rs": "", **REPLACED,
        **vendored("one", directory="librust-one-dev", package_sum=False, rest='[dependencies]\ntwo = "1"\n'),
        **vendored("two", directory="anything", files=[("src/lib.rs", "")]), "vendor/no-crate/README": "not a crate"}, BOTH),
    "L11-replacement-in-chains": ({
        **{k: v for k, v in TWO.items() if k != ".cargo/config.toml"},
        ".cargo/config.toml": '[source.crates-io]\nreplace-with = "first"\n[source.first]\nregistry = "sparse+https://first.invalid/"\n'
                              'replace-with = "second"\n[source.second]\ndirectory = "vendor"\n'}, BOTH),
    "L12-crates-of-a-git-source": ({
        "ws/Cargo.toml": package("top", rest='[dependencies]\nmine = { git = "file://{BASE}/repo" }\ndeep = { git = "file://{BASE}/repo", features = ["f"] }\n'),
        "ws/src/lib.rs": "", "@": "ws", "!git": ["repo"],
        "repo/Cargo.toml": '[workspace]\nmembers = ["mine"]\n[workspace.package]\nversion = "1.1.0"\nedition = "2018"\n[workspace.dependencies]\nside = { path = "side" }\n',
        "repo/mine/Cargo.toml": '[package]\nname = "mine"\nversion.workspace = true\nedition.workspace = true\n[dependencies]\nside.workspace = true\n[dev-dependencies]\nnever = "1"\n',
        "repo/mine/src/lib.rs": "", "repo/side/Cargo.toml": package("side"), "repo/side/src/lib.rs": "",
        "repo/other/deep/Cargo.toml": package("deep", rest="[workspace]\n[features]\nf = []\n"), "repo/other/deep/src/lib.rs": "", "repo/other/deep/build.rs": MAIN}, BOTH),
    "L13-nearer-configuration-wins": ({
        ".cargo/config.toml": '[profile.dev]\nopt-level = 1\ncodegen-units = 7\n[profile.release]\ndebug = 1\n',
        "ws/.cargo/config.toml": '[profile.dev]\nopt-level = 2\n', "ws/m/.cargo/config.toml": '[profile.dev]\nopt-level = 3\n',
        "ws/Cargo.toml": '[workspace]\nmembers = ["m"]\nresolver = "2"\n', "ws/m/Cargo.toml": package("m"), "ws/m/src/lib.rs": "", "@": "ws"}, BOTH),
    "L13-extension-less-name-wins": ({
        "Cargo.toml": package("c"), "src/lib.rs": "", ".cargo/config": "[profile.dev]\nopt-level = 1\n",
        ".cargo/config.toml": "[profile.dev]\nopt-level = 2\n"}, BOTH),
    "L13-environment-over-files": ({
        "Cargo.toml": package("c", rest="[profile.release]\nlto = true\n"), "src/lib.rs": "", "build.rs": MAIN,
        ".cargo/config.toml": "[profile.dev]\nopt-level = 2\n",
        "$": {"CARGO_PROFILE_DEV_OPT_LEVEL": "1", "CARGO_PROFILE_RELEASE_LTO": "thin", "CARGO_INCREMENTAL": "0",
              "CARGO_PROFILE_DEV_BUILD_OVERRIDE_OPT_LEVEL": "3"}}, BOTH),
    "L14-flags-decide-dependencies": ({
        "Cargo.toml": package("top", rest='[target."cfg(extra)".dependencies]\none = { path = "one" }\n[target."cfg(other)".dependencies]\ntwo = { path = "two" }\n'
                                          '[target."cfg(extra)".build-dependencies]\none = { path = "one" }\n'),
        "src/lib.rs": "", "build.rs": MAIN, "one/Cargo.toml": package("one"), "one/src/lib.rs": "", "two/Cargo.toml": package("two"), "two/src/lib.rs": "",
        ".cargo/config.toml": '[build]\nrustflags = ["--cfg", "extra"]\n', "?cfg": True}, BOTH),
    "L14-environment-replaces-configuration": ({
        "Cargo.toml": package("top", rest='[target."cfg(extra)".dependencies]\none = { path = "one" }\n[target."cfg(other)".dependencies]\ntwo = { path = "two" }\n'),
        "src/lib.rs": "", "one/Cargo.toml": package("one"), "one/src/lib.rs": "", "two/Cargo.toml": package("two"), "two/src/lib.rs": "",
        ".cargo/config.toml": '[build]\nrustflags = ["--cfg", "extra"]\n', "?cfg": True, "$": {"RUSTFLAGS": "--cfg other"}}, BOTH),
    "L16-flags-of-a-target-are-asked-twice": ({
        "Cargo.toml": package("top", rest='[target."cfg(extra)".dependencies]\none = { path = "one" }\n[target."cfg(deep)".dependencies]\ntwo = { path = "two" }\n'),
        "src/lib.rs": "", "one/Cargo.toml": package("one"), "one/src/lib.rs": "", "two/Cargo.toml": package("two"), "two/src/lib.rs": "",
        ".cargo/config.toml": f'[target.{HOST}]\nrustflags = ["--cfg", "extra"]\n[target."cfg(extra)"]\nrustflags = ["--cfg", "deep"]\n', "?cfg": True}, BOTH),
}

NEGATIVE = {
    "L1-unknown-version": ({**TWO, "Cargo.lock": "version = 9\n"}, "version is not one of"),
    "L3-stale-lock": ({**TWO, "Cargo.toml": package("top", rest='[dependencies]\ntwo = "1"\n'), **lock(4)}, "stale"),
    "L5-no-lock": ({"Cargo.toml": package("top"), "src/lib.rs": "", "!lock": False}, "no Cargo.lock"),
    "L6-wrong-checksum": ({**TWO, "Cargo.lock": lock(4)["Cargo.lock"].replace(checksum("two1.0.0"), checksum("other"))}, "checksum"),
    "L11-replacement-is-not-there": ({**TWO, **lock(4), ".cargo/config.toml": '[source.crates-io]\nreplace-with = "gone"\n'}, "gone"),
}
