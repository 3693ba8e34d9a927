"""The judge of rustc's command lines sees what it is there for; and some of its fixtures, as ./test --all runs all of them."""
# SPDX-License-Identifier: MIT
import copy
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import command_fixtures  # noqa: E402
import rustc_commands  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = (os.environ.get("CERMET") or str(ROOT / "build/cermet")) + " internal"


def call(kind, argv, **env):
    package = {"CARGO_PKG_NAME": "p", "CARGO_PKG_VERSION": "1.0.0", "CARGO_MANIFEST_DIR": "/w/p", "CARGO_CRATE_NAME": "p"}
    return {"kind": kind, "argv": argv, "cwd": "/w", "env": {**package, **env}}


def calls(out):
    lib = ["--crate-name", "p", "p/src/lib.rs", "--crate-type", "lib", "-C", "metadata=1" + out, "-C", "extra-filename=-1" + out * 15,
           "--out-dir", f"/{out}/deps", "-L", f"dependency=/{out}/deps"]
    app = ["--crate-name", "app", "p/src/main.rs", "--crate-type", "bin", "--out-dir", f"/{out}/deps", "--extern",
           f"p=/{out}/deps/libp-1{out * 15}.rlib", "-L", f"native=/{out}/build/p/out", "--cfg", "a", "--cfg", "b"]
    run = call("script", [], OUT_DIR=f"/{out}/build/p/out", TARGET="t", LD_LIBRARY_PATH=f"/{out}/build/p/out:/usr/{out}")
    return [call("rustc", lib), call("rustc", app, CARGO_CRATE_NAME="app", OUT_DIR=f"/{out}/build/p/out"), run]


def found(change):
    ours = copy.deepcopy(calls("b"))
    change(ours)
    sides = []
    for one in (calls("a"), ours):
        side = rustc_commands.Side(one, "/w")
        side.learn()
        sides.append(side.normal())
    return "\n".join(rustc_commands.differences(*sides))


def test_equal_calls_are_equal():
    assert found(lambda ours: None) == ""


def swap(ours):
    argv = ours[1]["argv"]
    argv[-3], argv[-1] = argv[-1], argv[-3]


@pytest.mark.parametrize("change, said", [
    (lambda ours: ours[0]["argv"].append("--test"), "--test"),
    (lambda ours: ours[0]["argv"].remove("p/src/lib.rs"), "p/src/lib.rs"),
    (swap, "another order"),
    (lambda ours: ours[0].update(cwd="/w/p"), "directory"),
    (lambda ours: ours[0]["env"].update(MORE="1"), "variable MORE"),
    (lambda ours: ours[2]["env"].pop("TARGET"), "TARGET"),
    (lambda ours: ours[2]["env"].update(LD_LIBRARY_PATH="/usr/b"), "LD_LIBRARY_PATH"),
    (lambda ours: ours[1]["argv"].__setitem__(8, "p=/b/deps/libother-1.rlib"), "libother"),
    (lambda ours: ours[1]["argv"].__setitem__(10, "native=/elsewhere"), "/elsewhere"),
    (lambda ours: ours.pop(0), "only cargo"),
    (lambda ours: ours.append(call("rustc", ["--crate-name", "more"], CARGO_CRATE_NAME="more")), "only cermet"),
])
def test_a_changed_call_is_seen(change, said):
    assert said in found(change)


SOME = ["U8-kinds-of-crates", "M23-overrides-and-environment", "M27-lints", "L14-flags-of-targets", "L15-env", "B7-new-directives", "B8-link-scopes",
        "B9-order-of-scripts", "B12-overridden", "U10-crates-of-a-registry"]


@pytest.mark.parametrize("name", SOME)
def test_as_cargo_calls_it(name):
    files, selections, variables = command_fixtures.FIXTURES[name]
    status, lines = command_fixtures.judge(TOOL, name, selections[:1])
    assert status == 0, "\n".join(lines)
