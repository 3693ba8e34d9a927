#!/usr/bin/env python3
"""Our rustc calls with cargo's metadata values give cargo's bytes; with our own values, the same symbols and programs.

SPDX-License-Identifier: MIT
usage: replayed_bytes.py --program PROGRAM [--tool "PROGRAM internal"] [NAME…]

Cargo builds a workspace twice at one path: only files that are the same both times are compared. Then our calls are made
by hand at that path, with the values of -C metadata, -C extra-filename and --out-dir that cargo gave to the same units, and
our scripts run with our variables. Every library, program and file of OUT_DIR must be byte for byte what cargo made. At
last PROGRAM builds the workspace its own way: shared libraries export the same symbols, programs print the same.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

sys.path.insert(0, os.path.dirname(__file__))
import cargo_calls  # noqa: E402
import command_fixtures  # noqa: E402
import mutations  # noqa: E402
import rustc_commands  # noqa: E402
from cases import report  # noqa: E402

Call = Dict[str, Any]
EXPORTING = {
    "Cargo.toml": command_fixtures.workspace("c", "dep", rest='[profile.release]\nlto = "thin"\n'),
    "dep/Cargo.toml": command_fixtures.package("dep"), "dep/src/lib.rs": "#[no_mangle]\npub extern \"C\" fn from_below() -> i32 { 1 }\n",
    "c/Cargo.toml": command_fixtures.package("c", '[lib]\ncrate-type = ["cdylib"]\n[dependencies]\ndep = { path = "../dep" }'),
    "c/src/lib.rs": "#[no_mangle]\npub extern \"C\" fn exported() -> i32 { dep::from_below() }\n",
    "c/build.rs": command_fixtures.script("cargo:rustc-link-arg-cdylib=-Wl,-z,now"),
    "c/src/main.rs": 'fn main() { println!("{}", dep::from_below()); }\n',
}
CASES: Dict[str, Tuple[Mapping[str, str], List[str]]] = {
    "programs-scripts-and-macros": (mutations.FILES, []),
    "programs-scripts-and-macros-release": (mutations.FILES, ["--release"]),
    "kinds-of-crates": (command_fixtures.KINDS, ["--workspace"]),
    "exported-symbols": (EXPORTING, ["--release"]),
}


def digests(target: Path) -> Dict[str, str]:
    """Libraries, programs and what scripts made. Where a recorder stands in a script's place, the script itself counts."""
    found = {}
    for path in sorted(target.rglob("*")):
        name = str(path.relative_to(target))
        if not path.is_file() or ".fingerprint" in name or "/incremental/" in name:
            continue
        program = not path.suffix and ("/deps/" in name or path.name.startswith("build_script_"))
        if path.suffix in (".rlib", ".rmeta", ".so", ".a", ".real") or program or "/out/" in name:
            found[name[:-5] if name.endswith(".real") else name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


class Replay:
    """Makes our calls at cargo's paths."""

    def __init__(self, root: Path, folder: Path, recording: cargo_calls.Recording):
        self.root, self.folder, self.recording = root, folder, recording
        self.paths: List[Tuple[str, str]] = []
        self.pairs: List[Tuple[Call, Call]] = []

    def match(self, tool: str, arguments: List[str]) -> List[str]:
        problems: List[str] = []
        ours = rustc_commands.our_calls(tool, self.root, arguments, cargo_calls.base_environment(), self.recording, problems)
        theirs = self.recording.calls
        keys = []
        for calls in (theirs, ours):
            side = rustc_commands.Side(calls, str(self.root))
            side.learn()
            keys.append([json.dumps(call, sort_keys=True) for call in side.normal()])
        for call, key in zip(theirs, keys[0]):
            if key not in keys[1]:
                return problems + [f"{rustc_commands.name_of(call)}: the calls differ: see rustc_commands.py"]
            index = keys[1].index(key)
            keys[1][index] = ""
            self.pairs.append((call, ours[index]))
        for cargo, our in self.pairs:
            if cargo["kind"] == "script":
                self.paths.append((our["env"]["OUT_DIR"], cargo["env"]["OUT_DIR"]))
                continue
            crate = rustc_commands.value_of(cargo["argv"], "--crate-name")
            stems = [os.path.join(rustc_commands.value_of(call["argv"], "--out-dir"), prefix + crate +
                                  rustc_commands.value_of(call["argv"], "extra-filename=")) for prefix in ("lib", "") for call in (our, cargo)]
            self.paths += [(stems[0], stems[1]), (stems[2], stems[3]),
                           (rustc_commands.value_of(our["argv"], "--out-dir"), rustc_commands.value_of(cargo["argv"], "--out-dir"))]
        self.paths.sort(key=lambda pair: -len(pair[0]))
        return problems

    def text(self, text: str) -> str:
        for ours, theirs in self.paths:
            text = text.replace(ours, theirs)
        return text

    def run(self) -> List[str]:
        tools = {"CARGO": cargo_calls.toolchain("cargo"), "RUSTC": cargo_calls.toolchain("rustc"), "RUSTDOC": cargo_calls.toolchain("rustdoc")}
        for cargo, our in self.pairs:
            env = cargo_calls.base_environment({name: tools.get(name) or self.text(value) for name, value in our["env"].items()})
            said = self.script(cargo, env) if cargo["kind"] == "script" else self.rustc(cargo, our, tools["RUSTC"], env)
            if said:
                return said
        return []

    def rustc(self, cargo: Call, our: Call, rustc: str, env: Dict[str, str]) -> List[str]:
        argv = []
        for word in our["argv"]:
            for flag in ("metadata=", "extra-filename="):
                if word.startswith(flag):
                    word = flag + rustc_commands.value_of(cargo["argv"], flag)
            argv.append(self.text(word))
        os.makedirs(rustc_commands.value_of(argv, "--out-dir"), exist_ok=True)
        done = subprocess.run([rustc, *argv], cwd=self.text(our["cwd"]), env=env, capture_output=True, text=True)
        return [f"{rustc_commands.name_of(cargo)}: our call fails: {done.stderr[-2000:]}"] if done.returncode else []

    def script(self, cargo: Call, env: Dict[str, str]) -> List[str]:
        os.makedirs(env["OUT_DIR"], exist_ok=True)
        made = [call for call, _ in self.pairs if call["kind"] == "rustc" and call["env"]["CARGO_MANIFEST_DIR"] == cargo["env"]["CARGO_MANIFEST_DIR"]
                and call["env"]["CARGO_CRATE_NAME"].startswith("build_script_")]
        argv = made[0]["argv"]
        program = os.path.join(rustc_commands.value_of(argv, "--out-dir"), argv[1] + rustc_commands.value_of(argv, "extra-filename="))
        done = subprocess.run([program], cwd=cargo["cwd"], env=env, capture_output=True, text=True)
        if done.returncode or done.stdout != cargo["stdout"]:
            return [f"{rustc_commands.name_of(cargo)}: cargo's prints {cargo['stdout']!r}, ours {done.stdout!r}{done.stderr}"]
        return []


def symbols(path: Path) -> List[str]:
    printed = subprocess.run(["nm", "-D", "--defined-only", str(path)], capture_output=True, text=True, check=True).stdout
    return sorted(re.sub(r"[0-9a-f]{16}", "*", line.split()[-1]) for line in printed.splitlines())  # a macro's name holds its metadata


def compare_own_build(program: str, root: Path, folder: Path, arguments: List[str], target: Path) -> List[str]:
    ours = folder / "ours"
    environment = cargo_calls.base_environment({"CERMET_CACHE": str(folder / "cache")})
    done = subprocess.run([program, "build", "--target-dir", str(ours), *arguments], cwd=root, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        return [f"cermet does not build it: {done.stderr[-2000:]}"]
    said = []
    profile = "release" if "--release" in arguments else "debug"
    for path in sorted((target / profile).iterdir()):
        mine = ours / profile / path.name
        if not path.is_file() or path.suffix == ".d" or path.name.startswith("."):
            continue
        if not mine.exists():
            said.append(f"{path.name}: cermet has not made it")
        elif path.suffix == ".so" and symbols(path) != symbols(mine):
            said.append(f"{path.name}: cargo's exports {symbols(path)}, ours {symbols(mine)}")
        elif not path.suffix and mutations.output_of(path) != mutations.output_of(mine):
            said.append(f"{path.name}: cargo's prints {mutations.output_of(path)!r}, ours {mutations.output_of(mine)!r}")
    return said


def judge(program: str, tool: str, name: str) -> List[str]:
    files, arguments = CASES[name]
    with tempfile.TemporaryDirectory(prefix="cermet-replay-") as text:
        folder = Path(text).resolve()
        root = command_fixtures.write(folder / "w", files)
        first = cargo_calls.record_cargo(root, arguments, folder)
        once = digests(folder / "target")
        recording = cargo_calls.record_cargo(root, arguments, folder)
        twice = digests(folder / "target")
        assert first.status == 0 and recording.status == 0, recording.stderr
        agreed = {path: digest for path, digest in twice.items() if once.get(path) == digest}
        shutil.move(folder / "target", folder / "cargo-target")
        replay = Replay(root, folder, recording)
        said = replay.match(tool, arguments) or replay.run()
        ours = {} if said else digests(folder / "target")
        for path, digest in agreed.items():
            # What cargo copies to where people look is the file in deps/.
            if not said and path.count("/") > 1 and ours.get(path) != digest:
                said.append(f"{path}: " + ("other bytes than cargo's" if path in ours else "our calls do not make it"))
        said += compare_own_build(program, root, folder, arguments, folder / "cargo-target")
        if not said:
            print(f"{name}: {len(agreed)} files are equal", flush=True)
        return [f"{name}: {text}" for text in said]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--tool", help="what is asked for calls, when it is not PROGRAM internal")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    chosen = [name for name in CASES if not options.names or name in options.names]
    return report(chosen, lambda name: judge(options.program, options.tool or f"{options.program} internal", name))


if __name__ == "__main__":
    sys.exit(main())
