#!/usr/bin/env python3
"""Compares our rustc calls and build-script runs with those that cargo really makes, and prints the smallest difference.

SPDX-License-Identifier: MIT
usage: rustc_commands.py --tool "PROGRAM internal" DIRECTORY [cargo build arguments…]

Cargo builds the workspace and everything that it starts is noted. What its scripts printed is given to ours, so that
directives, their scopes and DEP_ values are ours to make. Then every call must be equal, word by word in order, with
its directory and every variable that cargo sets; apart from the values of -C metadata, -C extra-filename and --out-dir,
-L dependency=…, and where packages and outputs lie. Exit 0: equal; 1: different; 2: one of them failed.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

sys.path.insert(0, os.path.dirname(__file__))
import cargo_calls  # noqa: E402

Call = Dict[str, Any]

TAKES_VALUE = {"-C", "-L", "-l", "--extern", "--out-dir", "--cfg", "--check-cfg", "--target", "--crate-type", "--crate-name",
               "--cap-lints"}
# The jobserver's, and the library path, of which only what scripts made is compared.
NOT_COMPARED = {"CARGO_MAKEFLAGS", "LD_LIBRARY_PATH"}
PLACED = {"CARGO", "RUSTC", "RUSTDOC"}  # programs: both sides have them, each its own
RUN_KEY = ("CARGO_PKG_NAME", "CARGO_PKG_VERSION", "CARGO_CFG_FEATURE", "TARGET", "OPT_LEVEL", "DEBUG", "PROFILE",
           "CARGO_CFG_DEBUG_ASSERTIONS")


def words(argv: List[str]) -> List[str]:
    """Flags together with their values."""
    found, rest = [], iter(argv)
    for word in rest:
        found.append(f"{word} {next(rest, '')}" if word in TAKES_VALUE else word)
    return found


def value_of(argv: List[str], flag: str) -> str:
    """Of `--out-dir DIR` or of `-C extra-filename=-12`, told apart by the flag's last character."""
    for before, word in zip([""] + argv, argv):
        if flag.endswith("=") and word.startswith(flag):
            return word[len(flag):]
        if before == flag:
            return word
    return ""


class Side:
    """The calls of one side, in words that both sides share."""

    def __init__(self, calls: List[Call], root: str):
        self.calls = calls
        self.root = root
        self.places: List[Tuple[str, str]] = []  # a path's beginning, and what stands for it
        self.files: Dict[str, str] = {}          # a library's path without its ending, and what stands for it

    def learn(self) -> None:
        for call in self.calls:
            env = call["env"]
            package = f'{env["CARGO_PKG_NAME"]}-{env["CARGO_PKG_VERSION"]}'
            directory = env["CARGO_MANIFEST_DIR"]
            if not (os.path.normpath(directory) + "/").startswith(self.root + "/"):
                for path in (directory, os.path.normpath(directory)):
                    self.places.append((path, f"<{package}>"))
            if call["kind"] == "script":
                self.places.append((env["OUT_DIR"], f"<out of {run_name(call)}>"))
        known = {path for path, _ in self.places}
        for call in self.calls:  # of a script that configuration replaces, or what [env] says: that may be any word
            if os.path.isabs(call["env"].get("OUT_DIR", "")) and call["env"]["OUT_DIR"] not in known:
                self.places.append((call["env"]["OUT_DIR"], f'<out of {call["env"]["CARGO_PKG_NAME"]}>'))
        self.places = sorted(set(self.places), key=lambda place: -len(place[0]))
        for call in self.calls:
            if call["kind"] == "rustc":
                argv = call["argv"]
                stem = value_of(argv, "--crate-name") + value_of(argv, "extra-filename=")
                own = json.dumps([w for w in self.normal_words(call, externs=False)])
                self.files[os.path.join(value_of(argv, "--out-dir"), stem)] = hashlib.sha256(own.encode()).hexdigest()[:6]

    def text(self, text: str) -> str:
        for path, name in self.places:
            text = text.replace(path, name)
        return text

    def extern(self, word: str) -> str:
        flag, _, path = word.partition("=")
        if not path:
            return word
        folder, name = os.path.split(path)
        stem, ending = os.path.splitext(name)
        unit = self.files.get(os.path.join(folder, stem[3:] if stem.startswith("lib") else stem), "nobody's")
        return f"{flag}={re.sub('-[0-9a-f]{16}$', '', stem)}{ending} ({unit})"

    def normal_words(self, call: Call, externs: bool = True) -> List[str]:
        found = []
        for word in words(call["argv"]):
            if word.startswith(("-C metadata=", "--out-dir ", "-L dependency=", "--diagnostic-width")):
                continue
            if word.startswith("-C extra-filename="):
                word = "-C extra-filename"
            if word.startswith("--extern "):
                if not externs:
                    continue
                word = self.extern(word)
            found.append(self.text(word))
        return found

    def normal_environment(self, call: Call) -> Dict[str, str]:
        found = {}
        for name, value in call["env"].items():
            if name == "LD_LIBRARY_PATH" and call["kind"] == "script":
                made = [part for part in self.text(value).split(":") if part.startswith("<out of")]
                if made:
                    found[name] = ":".join(made)
            if name not in NOT_COMPARED:
                found[name] = f"<{name}>" if name in PLACED else self.text(value)
        return found

    def normal(self) -> List[Call]:
        return [{"kind": call["kind"], "name": name_of(call), "cwd": self.text(call["cwd"]),
                 "argv": self.normal_words(call) if call["kind"] == "rustc" else [],
                 "env": self.normal_environment(call)} for call in self.calls]


def run_key(call: Call) -> Tuple[str, ...]:
    return tuple(call["env"].get(name, "") for name in RUN_KEY)


def run_name(call: Call) -> str:
    name, version, *rest = run_key(call)
    return " ".join([f"{name}-{version}", *[part for part in rest if part]])


def name_of(call: Call) -> str:
    env = call["env"]
    package = f'{env["CARGO_PKG_NAME"]} {env["CARGO_PKG_VERSION"]}'
    if call["kind"] == "script":
        return f"{package}: run of its build script"
    types = [after for before, after in zip(call["argv"], call["argv"][1:]) if before == "--crate-type"]
    return f"{package}: {env['CARGO_CRATE_NAME']} ({','.join(types)})"


# --- ours ---------------------------------------------------------------------------------------------------------------


class Failed(Exception):
    pass


def ask(tool: str, directory: Path, arguments: List[str], environment: Mapping[str, str]) -> List[Call]:
    run = subprocess.run([*shlex.split(tool), "rust-commands", "--manifest-path", str(directory / "Cargo.toml"), *arguments],
                         capture_output=True, text=True, env=dict(environment), cwd=directory)
    if run.returncode != 0:
        raise Failed(run.stderr)
    units = [unit for unit in json.loads(run.stdout) if not unit["overridden"] or not unit["run"]]
    for unit in units:
        unit["kind"] = "script" if unit["run"] else "rustc"
        unit["argv"] = unit["argv"][1:]
        unit["env"]["CARGO"] = "cargo"
    return units


def give_outputs(theirs: List[Call], ours: List[Call], problems: List[str]) -> List[Dict[str, Any]]:
    """What cargo's scripts printed, for our runs, with our paths in place of cargo's."""
    groups: Dict[Tuple[str, ...], List[List[Call]]] = defaultdict(lambda: [[], []])
    for side, calls in enumerate((theirs, ours)):
        for call in calls:
            groups[run_key(call)][side].append(call)
    pairs = []
    for cargo_runs, our_runs in groups.values():
        if len(cargo_runs) != len(our_runs):
            call = (cargo_runs + our_runs)[0]
            problems.append(f"{run_name(call)}: cargo runs its script {len(cargo_runs)} times, cermet {len(our_runs)} times")
        pairs += zip(cargo_runs, our_runs)
    replaced = []
    for cargo_run, our_run in pairs:
        replaced.append((cargo_run["env"]["OUT_DIR"], our_run["env"]["OUT_DIR"]))
        replaced.append((cargo_run["cwd"], our_run["cwd"]))
    replaced.sort(key=lambda pair: -len(pair[0]))
    given = []
    for cargo_run, our_run in pairs:
        printed = cargo_run["stdout"] or ""
        for old, new in replaced:
            printed = printed.replace(old, new)
        given.append({"unit": our_run["unit"], "stdout": printed})
    return given


def our_calls(tool: str, directory: Path, arguments: List[str], environment: Mapping[str, str], theirs: cargo_calls.Recording,
              problems: List[str]) -> List[Call]:
    runs = [call for call in ask(tool, directory, arguments, environment) if call["kind"] == "script"]
    given = give_outputs(theirs.scripts, runs, problems)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as scripts:
        json.dump(given, scripts)
        scripts.flush()
        return ask(tool, directory, [*arguments, "--scripts", scripts.name], environment)


# --- differences --------------------------------------------------------------------------------------------------------


def first_difference(cargo: Call, cermet: Call) -> List[str]:
    said = []
    for index, (a, b) in enumerate(zip(cargo["argv"] + [None], cermet["argv"] + [None])):
        if a != b:
            said.append(f"word {index}: cargo {a!r}, cermet {b!r}")
            missing = list((Counter(cargo["argv"]) - Counter(cermet["argv"])).elements())
            more = list((Counter(cermet["argv"]) - Counter(cargo["argv"])).elements())
            said.append(f"only cargo: {missing}, only cermet: {more}" if missing or more else "the same words in another order")
            break
    if cargo["cwd"] != cermet["cwd"]:
        said.append(f"directory: cargo {cargo['cwd']}, cermet {cermet['cwd']}")
    for name in sorted({*cargo["env"], *cermet["env"]}):
        a, b = cargo["env"].get(name), cermet["env"].get(name)
        if a != b:
            said.append(f"variable {name}: cargo {a!r}, cermet {b!r}")
    return said


def differences(theirs: List[Call], ours: List[Call]) -> List[str]:
    left = defaultdict(list)
    for call in ours:
        left[json.dumps(call, sort_keys=True)].append(call)
    odd = []
    for call in theirs:
        same = left[json.dumps(call, sort_keys=True)]
        same.pop() if same else odd.append(call)
    rest = [call for calls in left.values() for call in calls]
    found = []
    for call in odd:
        near = [other for other in rest if other["name"] == call["name"]]
        if not near:
            found.append((0, f"{call['name']}: only cargo: {' '.join(call['argv'][:12])}"))
            continue
        best = min(near, key=lambda other: len(first_difference(call, other)) +
                   sum((Counter(call["argv"]) - Counter(other["argv"])).values()))
        rest.remove(best)
        said = first_difference(call, best)
        found.append((len(said), f"{call['name']}:\n    " + "\n    ".join(said)))
    found += [(0, f"{call['name']}: only cermet: {' '.join(call['argv'][:12])}") for call in rest]
    return [text for _, text in sorted(found, key=lambda one: one[0])]


def compare(tool: str, directory: Path, arguments: List[str], theirs: cargo_calls.Recording,
            more: Optional[Mapping[str, str]] = None) -> Tuple[List[str], int]:
    """(differences, calls compared). Failed: ours refuses what cargo builds."""
    problems: List[str] = []
    environment = cargo_calls.base_environment(more)
    ours = our_calls(tool, directory, arguments, environment, theirs, problems)
    for call in ours:
        # cargo adds what it sets; a variable that is the user's own, unchanged, is on no list of cargo's.
        call["env"] = {name: value for name, value in call["env"].items() if environment.get(name) != value}
    sides = []
    for calls in (theirs.rustc + theirs.scripts, ours):
        side = Side(calls, str(directory))
        side.learn()
        sides.append(side.normal())
    return problems + differences(*sides), len(theirs.rustc) + len(theirs.scripts)


def judge(tool: str, directory: Path, arguments: List[str], folder: Path,
          more: Optional[Mapping[str, str]] = None) -> Tuple[int, List[str]]:
    """Exit status and lines for people."""
    theirs = cargo_calls.record_cargo(directory, arguments, folder, more)
    if theirs.status != 0:
        return 2, ["cargo: " + theirs.stderr]
    try:
        found, count = compare(tool, directory, arguments, theirs, more)
    except Failed as error:
        return 2, [f"cermet: {error}"]
    return (1, found) if found else (0, [f"{count} calls are equal"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True)
    parser.add_argument("directory")
    options, arguments = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="cermet-calls-") as folder:
        status, lines = judge(options.tool, Path(options.directory).resolve(), arguments, Path(folder))
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
