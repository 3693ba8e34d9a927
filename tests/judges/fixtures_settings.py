"""Workspaces for the rules of configuration, environment and command line (L13 to L16, M22 to M24 of docs/cargo.md), as data.

SPDX-License-Identifier: MIT
What rust_fixtures.py says of the form of a fixture counts here too. The home of both sides is `../home`.
"""
from fixtures_manifest import BOTH, HOST, MAIN, package

TWO = {"Cargo.toml": package("top", rest='[dependencies]\nd = { path = "d" }\n[workspace]\n'), "src/main.rs": MAIN, "build.rs": MAIN, "d/Cargo.toml": package("d"), "d/src/lib.rs": ""}
BY_CFG = {"Cargo.toml": package("top", rest="".join(f'[target."cfg({n})".dependencies]\n{n} = {{ path = "{n}" }}\n' for n in ("one", "two", "three", "four")) + "[workspace]\n"),
          "src/lib.rs": "", "build.rs": MAIN, **{f"{n}/Cargo.toml": package(n) for n in ("one", "two", "three", "four")}, **{f"{n}/src/lib.rs": "" for n in ("one", "two", "three", "four")},
          "?cfg": True}
UPPER = HOST.upper().replace("-", "_")


def said(files, text, **more):
    return {**files, ".cargo/config.toml": text, **more}


def cfg(name):
    return f'"--cfg", "{name}"'


FIXTURES = {
    "L13-home": ({**TWO, "../home/config.toml": "[profile.dev]\nopt-level = 1\ndebug = 1\n", ".cargo/config.toml": "[profile.dev]\nopt-level = 2\n"}, BOTH),
    "L13-home-without-an-ending": ({**TWO, "../home/config": "[profile.dev]\nopt-level = 1\n", "../home/config.toml": "[profile.dev]\nopt-level = 3\n"}, BOTH),
    "L13-included": (said(TWO, 'include = [{ path = "a.toml" }, { path = "gone.toml", optional = true }, "sub/b.toml"]\n[profile.dev]\ndebug = 1\n', **{
        ".cargo/a.toml": '[profile.dev]\nopt-level = 1\ndebug = 0\ncodegen-units = 3\n', ".cargo/sub/b.toml": 'include = ["c.toml"]\n[profile.dev]\nopt-level = 2\n',
        ".cargo/sub/c.toml": "[profile.dev]\nopt-level = 3\noverflow-checks = false\n"}), BOTH),
    "L13-included-flags-are-joined": (said(BY_CFG, f'include = ["a.toml"]\n[build]\nrustflags = [{cfg("one")}]\n', **{".cargo/a.toml": f'[build]\nrustflags = [{cfg("two")}]\n'}), BOTH),
    "L13-arrays-of-files-are-joined": ({**{f"ws/{k}" if k[0] != "?" else k: v for k, v in BY_CFG.items()}, "@": "ws", ".cargo/config.toml": f'[build]\nrustflags = [{cfg("one")}]\n',
                                        "ws/.cargo/config.toml": f'[build]\nrustflags = [{cfg("two")}]\n'}, BOTH),
    "L13-one-value-of-the-command-line": (TWO, [["--config", "profile.dev.opt-level=2"], ["--config", 'profile.dev.package.d.opt-level="s"', "--config", "profile.dev.debug=0"],
                                               ["--config", "profile.release.debug=1", "--config", "profile.release.lto=true", "--release"]]),
    "L13-a-file-of-the-command-line": ({**TWO, "more/c.toml": "[profile.dev]\nopt-level = 2\n", "more/d.toml": "[profile.dev]\nopt-level = 3\n"},
                                       [["--config", "more/c.toml"], ["--config", "more/c.toml", "--config", "more/d.toml"], ["--config", "more/d.toml", "--config", "profile.dev.opt-level=1"],
                                        ["--config", "profile.dev.opt-level=1", "--config", "more/d.toml"]]),
    "L13-the-command-line-before-everything": (said(TWO, "[profile.dev]\nopt-level = 1\n[profile.dev.package.d]\nopt-level = 1\n", **{"$": {"CARGO_PROFILE_DEV_OPT_LEVEL": "2"}}),
                                               [[], ["--config", "profile.dev.opt-level=3"], ["--config", "profile.dev.package.d.opt-level=3"], ["--config", "profile.release.opt-level=1", "--release"]]),
    "L13-flags-of-the-command-line": (said(BY_CFG, f'[build]\nrustflags = [{cfg("one")}]\n'), [["--config", f'build.rustflags=[{cfg("two")}]'], [],
                                                                                             ["--config", f'target.{HOST}.rustflags=[{cfg("four")}]']]),
    "L13-variables-of-profiles": ({**TWO, "$": {"CARGO_PROFILE_DEV_DEBUG": "line-tables-only", "CARGO_PROFILE_DEV_CODEGEN_UNITS": "5", "CARGO_PROFILE_DEV_OVERFLOW_CHECKS": "false",
                                               "CARGO_PROFILE_DEV_PANIC": "abort", "CARGO_PROFILE_RELEASE_STRIP": "none", "CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS": "true",
                                               "CARGO_PROFILE_RELEASE_RPATH": "true", "CARGO_PROFILE_RELEASE_INCREMENTAL": "true", "CARGO_PROFILE_RELEASE_SPLIT_DEBUGINFO": "packed"}}, BOTH),
    "L13-variables-of-overrides": ({**TWO, "Cargo.toml": TWO["Cargo.toml"] + "[profile.dev.package.d]\nopt-level = 1\n",
                                    "$": {"CARGO_PROFILE_DEV_BUILD_OVERRIDE_DEBUG": "1", "CARGO_PROFILE_DEV_PACKAGE_d_OPT_LEVEL": "3", "CARGO_PROFILE_DEV_PACKAGE_D_OPT_LEVEL": "2"}}, BOTH),
    "L13-variables-of-a-profile-of-ones-own": ({**TWO, "Cargo.toml": TWO["Cargo.toml"] + '[profile.very-lean]\ninherits = "release"\n',
                                                "$": {"CARGO_PROFILE_VERY_LEAN_OPT_LEVEL": "z", "CARGO_PROFILE_VERY_LEAN_LTO": "fat"}}, [["--profile", "very-lean"]]),
    "L13-a-profile-only-of-the-configuration": (said(TWO, '[profile.mine]\ninherits = "dev"\nopt-level = 2\n[profile.mine.build-override]\nopt-level = 1\n'), [["--profile", "mine"]]),
    "L13-a-profile-in-both": (said({**TWO, "Cargo.toml": TWO["Cargo.toml"] + '[profile.mine]\ninherits = "release"\nlto = true\ndebug = 2\n[profile.mine.package.d]\nopt-level = 1\ndebug = 0\n'},
                                   '[profile.mine]\ninherits = "dev"\nopt-level = 2\n[profile.mine.package.d]\nopt-level = 3\n[profile.mine.package."*"]\ncodegen-units = 2\n'), [["--profile", "mine"]]),
    "L14-file-and-variable-of-a-target": (said(BY_CFG, f'[target.{HOST}]\nrustflags = [{cfg("one")}]\n[build]\nrustflags = [{cfg("four")}]\n',
                                               **{"$": {f"CARGO_TARGET_{UPPER}_RUSTFLAGS": "--cfg two"}}), BOTH),
    "L14-file-and-variable-of-build": (said(BY_CFG, f'[build]\nrustflags = [{cfg("one")}]\n', **{"$": {"CARGO_BUILD_RUSTFLAGS": "--cfg two"}}), BOTH),
    "L14-text-and-variable-of-build": (said(BY_CFG, '[build]\nrustflags = "--cfg one"\n', **{"$": {"CARGO_BUILD_RUSTFLAGS": "--cfg two"}}), BOTH),
    "L14-empty-flags-of-the-environment": (said(BY_CFG, f'[build]\nrustflags = [{cfg("one")}]\n', **{"$": {"RUSTFLAGS": ""}}), BOTH),
    "L14-empty-encoded-flags": (said(BY_CFG, f'[build]\nrustflags = [{cfg("one")}]\n', **{"$": {"CARGO_ENCODED_RUSTFLAGS": "", "RUSTFLAGS": "--cfg two"}}), BOTH),
    "L14-empty-flags-of-a-target": (said(BY_CFG, f'[target.{HOST}]\nrustflags = []\n[build]\nrustflags = [{cfg("one")}]\n'), BOTH),
    "L14-a-target-and-a-cfg-are-joined": (said(BY_CFG, f'[target.{HOST}]\nrustflags = [{cfg("one")}]\n[target."cfg(unix)"]\nrustflags = [{cfg("two")}]\n'
                                                       f'[target.\'cfg(all(unix, target_pointer_width = "64"))\']\nrustflags = "--cfg three"\n[target."cfg(not(unix))"]\nrustflags = [{cfg("four")}]\n'), BOTH),
    "L14-a-text-over-a-text": ({**{f"ws/{k}" if k[0] != "?" else k: v for k, v in BY_CFG.items()}, "@": "ws", ".cargo/config.toml": '[build]\nrustflags = "--cfg one"\n',
                                "ws/.cargo/config.toml": '[build]\nrustflags = "--cfg two"\n'}, BOTH),
    "L14-a-cfg-of-ones-own-flags": (said(BY_CFG, f'[target."cfg(one)"]\nrustflags = [{cfg("two")}]\n', **{"$": {f"CARGO_TARGET_{UPPER}_RUSTFLAGS": "--cfg one"}}), BOTH),
    "L14-target-features-are-cfgs": ({**BY_CFG, "Cargo.toml": package("top", rest='[target.\'cfg(target_feature = "avx2")\'.dependencies]\none = { path = "one" }\n[workspace]\n'),
                                      "$": {"RUSTFLAGS": "-C target-feature=+avx2"}}, BOTH),
    "L14-panic-of-flags": ({**BY_CFG, "Cargo.toml": package("top", rest='[target.\'cfg(panic = "abort")\'.dependencies]\none = { path = "one" }\n[target.\'cfg(panic = "unwind")\'.dependencies]\n'
                                                                          'two = { path = "two" }\n[workspace]\n'), "$": {"RUSTFLAGS": "-C panic=abort"}}, BOTH),
    "L15-target-of-the-configuration": (said(TWO, f'[build]\ntarget = "{HOST}"\n'), [[], ["--release"], ["--target", HOST]]),
    "L15-targets-as-a-list": (said(TWO, f'[build]\ntarget = ["{HOST}"]\n'), [[], ["--release"]]),
    "L15-target-of-a-variable": (said(TWO, '[build]\ntarget = "gone-gone-gone"\n', **{"$": {"CARGO_BUILD_TARGET": HOST}}), [[], ["--release"]]),
    "L15-target-of-the-command-line": (TWO, [["--config", f'build.target="{HOST}"']]),
    "L15-host-tuple": (TWO, [["--target", "host-tuple"], ["--config", 'build.target="host-tuple"']]),
    # What depends on the machine is the target's, build scripts and macros are the host's.
    "L15-another-machine": (said(BY_CFG, f'[target.{HOST}]\nrustflags = [{cfg("one")}]\n[target.aarch64-unknown-linux-gnu]\nrustflags = [{cfg("two")}]\n'),
                            [["--target", "aarch64-unknown-linux-gnu"], ["--release", "--target", "aarch64-unknown-linux-gnu"], []]),
    "L15-unknown-keys": (said(TWO, '[nonsense]\na = 1\n[build]\nmore = "x"\n[unstable]\nmtime-on-use = true\n[term]\nquiet = true\n[alias]\nb = "build"\n[net]\nretry = 7\n[http]\nproxy = "x"\n'), BOTH),
    "L15-incremental": (said(TWO, "[build]\nincremental = false\n"), [["--release"]]),
    "M22-test-and-bench": ({**TWO, "Cargo.toml": TWO["Cargo.toml"] + "[profile.test]\nopt-level = 1\n[profile.bench]\ndebug = 1\n"},
                           [["--profile", "test"], ["--profile", "bench"], ["--profile", "dev"], ["--profile", "release"]]),
    "M22-chains": ({**TWO, "Cargo.toml": TWO["Cargo.toml"] + '[profile.c]\ninherits = "b"\nopt-level = 1\n[profile.b]\ninherits = "a"\npanic = "abort"\n[profile.a]\ninherits = "test"\ndebug = 0\n'
                                                             '[profile.a.package.d]\nopt-level = 3\n'}, [["--profile", "c"], ["--profile", "b"]]),
    "M23-build-override-and-packages": ({
        "Cargo.toml": package("top", rest='[dependencies]\nd = { path = "d" }\n[build-dependencies]\nd = { path = "d" }\n[profile.release.build-override]\nopt-level = 2\ncodegen-units = 4\n'
                                          '[profile.release.package.d]\nopt-level = 1\n[profile.dev.package."d:0.1.0"]\nopt-level = 3\n[profile.dev.build-override]\ndebug = 2\n[workspace]\n'),
        "src/main.rs": MAIN, "build.rs": MAIN, "d/Cargo.toml": package("d"), "d/src/lib.rs": "", "d/build.rs": MAIN}, BOTH),
    "M24-words-and-numbers": ({**TWO, "Cargo.toml": TWO["Cargo.toml"] + '[profile.dev]\nopt-level = "z"\nlto = "thin"\ndebug = "none"\n[profile.release]\nopt-level = "s"\nlto = "off"\nstrip = "debuginfo"\ncodegen-units = 1\n'}, BOTH),
}


def wrong(text, words, **more):
    return {**TWO, ".cargo/config.toml": text, **more}, words


NEGATIVE = {
    "L13-not-toml": wrong("[build\n", "config.toml:1"),
    "L13-included-is-not-there": wrong('include = ["gone.toml"]\n', "gone.toml"),
    "L13-included-by-itself": wrong('include = ["config.toml"]\n', "include"),
    "L13-a-list-over-a-text": ({**{f"ws/{k}": v for k, v in TWO.items()}, "@": "ws", ".cargo/config.toml": '[build]\ntarget-dir = "a"\n', "ws/.cargo/config.toml": '[build]\ntarget-dir = ["b"]\n'}, "target-dir"),
    "L13-a-text-over-a-list": ({**{f"ws/{k}": v for k, v in TWO.items()}, "@": "ws", ".cargo/config.toml": '[build]\nrustflags = ["-g"]\n',
                                "ws/.cargo/config.toml": '[build]\nrustflags = "-g"\n'}, "rustflags"),
    "L13-a-table-of-the-command-line": ({**TWO, "?": ["--config", "profile.release={debug=1, lto=true}", "--release"]}, "table"),
    "L13-a-wrong-type": wrong("[profile.dev]\nopt-level = [1]\n", "opt-level"),
    "L13-a-variable-that-is-no-number": ({**TWO, "$": {"CARGO_PROFILE_DEV_CODEGEN_UNITS": "many"}}, "codegen-units"),
    "L13-a-value-that-is-none": ({**TWO, "?": ["--config", "profile.dev.opt-level"]}, "profile.dev.opt-level"),
    "L13-a-value-of-nothing": ({**TWO, "?": ["--config", "a.toml"]}, "a.toml"),
    "L13-two-values-in-one": ({**TWO, "?": ["--config", "build.jobs=1\nbuild.target='x'"]}, "cargo's configuration"),
    "L14-flags-that-rustc-refuses": ({**TWO, "?cfg": True, "$": {"RUSTFLAGS": "--no-such-flag"}}, "no-such-flag"),
    "L15-an-unknown-target": ({**TWO, "?cfg": True, "?": ["--target", "gone-gone-gone"]}, "gone-gone-gone"),
    "L15-two-linkers": wrong('[target."cfg(unix)"]\nlinker = "a"\n[target."cfg(not(windows))"]\nlinker = "b"\n', "linker", **{"?cfg": True}),
    "M22-inherits-in-a-circle": ({**TWO, "Cargo.toml": TWO["Cargo.toml"] + '[profile.a]\ninherits = "b"\n[profile.b]\ninherits = "a"\n', "?": ["--profile", "a"]}, "a"),
    "M22-inherits-from-nothing": ({**TWO, "Cargo.toml": TWO["Cargo.toml"] + '[profile.a]\ninherits = "gone"\n', "?": ["--profile", "a"]}, "gone"),
    "M22-dev-inherits": ({**TWO, "Cargo.toml": TWO["Cargo.toml"] + '[profile.dev]\ninherits = "release"\n'}, "inherits"),
    "M22-a-reserved-name": ({**TWO, "Cargo.toml": TWO["Cargo.toml"] + '[profile.doc]\nopt-level = 1\n[profile.build]\ninherits = "dev"\n'}, "build"),
    "M22-debug-is-a-directory": ({**TWO, "Cargo.toml": TWO["Cargo.toml"] + '[profile.debug]\ninherits = "dev"\n'}, "debug"),
    "M23-panic-in-an-override": ({**TWO, "Cargo.toml": TWO["Cargo.toml"] + '[profile.dev.package.d]\npanic = "abort"\n'}, "panic"),
    "M23-rpath-in-an-override": ({**TWO, "Cargo.toml": TWO["Cargo.toml"] + '[profile.dev.build-override]\nrpath = true\n'}, "rpath"),
    "M23-an-override-in-an-override": ({**TWO, "Cargo.toml": TWO["Cargo.toml"] + "[profile.dev.package.d.package.e]\nopt-level = 1\n"}, "package"),
    "M24-an-unknown-debug": ({**TWO, "Cargo.toml": TWO["Cargo.toml"] + "[profile.dev]\ndebug = 7\n"}, "debug"),
    "M24-an-unknown-panic": ({**TWO, "Cargo.toml": TWO["Cargo.toml"] + '[profile.dev]\npanic = "never"\n'}, "never"),
}
