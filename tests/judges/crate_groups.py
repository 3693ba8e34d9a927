#!/usr/bin/env python3
"""Real crates in groups: cargo builds each group and is noted; our calls must be equal, and our program must print the same.

SPDX-License-Identifier: MIT
usage: crate_groups.py --program PROGRAM [--work DIRECTORY] [--fresh] [--no-build] [GROUP…]

The groups are the members of tests/corpus/crates, pinned by its Cargo.lock: crates whose build scripts probe compilers,
build C with make, cmake or cc, look for system libraries, or make code. What cargo did is kept below --work, so that a
run can go on where another ended, and a changed program is compared without building everything with cargo again.
Needs apt packages, which it installs where it may: see PACKAGES.
"""
from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import List

sys.path.insert(0, os.path.dirname(__file__))
import cargo_calls  # noqa: E402
import rustc_commands  # noqa: E402
from cases import report  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
CRATES = ROOT / "tests/corpus/crates"
GROUPS = ("core", "systems", "python", "generators", "network", "native", "transfer")
PACKAGES = {
    "generators": ["protobuf-compiler", "libclang-14-dev", "capnproto"],
    "network": ["libssl-dev", "pkg-config"],
    "transfer": ["libssl-dev", "pkg-config", "cmake"],
    "native": ["make"],
    "python": ["python3-dev"],
}


def need_packages(group: str) -> None:
    missing = [name for name in PACKAGES.get(group, [])
               if subprocess.run(["dpkg", "-s", name], capture_output=True).returncode != 0]
    if missing:
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *missing], check=True, capture_output=True,
                       env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))


def key_of(group: str) -> str:
    """Of all that decides what cargo does: another key, and it is asked again."""
    text = hashlib.sha256()
    for path in [CRATES / "Cargo.toml", CRATES / "Cargo.lock", *sorted((CRATES / group).rglob("*")), Path(cargo_calls.__file__)]:
        if path.is_file():
            text.update(path.read_bytes())
    text.update(subprocess.run([cargo_calls.toolchain("rustc"), "-vV"], capture_output=True, check=True).stdout)
    return text.hexdigest()[:16]


class Group:
    def __init__(self, name: str, program: str, work: Path):
        self.name, self.program, self.work = name, program, work / name
        self.kept = self.work / f"recording-{key_of(name)}.json"
        self.printed = self.work / f"printed-{key_of(name)}.txt"

    def recording(self, fresh: bool) -> cargo_calls.Recording:
        if self.kept.exists() and not fresh:
            return cargo_calls.Recording.load(self.kept)
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        made = cargo_calls.record_cargo(CRATES, ["-p", self.name], self.work)
        if made.status == 0:
            self.printed.write_text(run_program(self.work / "target/debug" / self.name))
            made.save(self.kept)
        shutil.rmtree(self.work / "target", ignore_errors=True)
        return made

    def commands(self, recording: cargo_calls.Recording) -> List[str]:
        try:
            found, count = rustc_commands.compare(f"{self.program} internal", CRATES, ["-p", self.name], recording)
        except rustc_commands.Failed as error:
            return [f"{self.name}: cermet fails: {error}"]
        print(f"{self.name}: {count - len(found)} of {count} calls are equal, {len(recording.scripts)} of them scripts", flush=True)
        return [f"{self.name}: {text}" for text in found]

    def build(self) -> List[str]:
        """With our own program, from an empty cache."""
        environment = cargo_calls.base_environment({"CERMET_CACHE": str(self.work / "cache")})
        begin = time.monotonic()
        done = subprocess.run([self.program, "build", "-j2", "-p", self.name, "--target-dir", str(self.work / "ours")], cwd=CRATES,
                              env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            return [f"{self.name}: cermet does not build it: {done.stdout[-2000:]}{done.stderr[-4000:]}"]
        printed = run_program(self.work / "ours/debug" / self.name)
        print(f"{self.name}: built in {time.monotonic() - begin:.0f} s", flush=True)
        said = []
        if printed != self.printed.read_text():
            said.append(f"{self.name}: cargo's program prints {self.printed.read_text()!r}, ours {printed!r}")
        for folder in ("cache", "ours"):
            cargo_calls.remove(self.work / folder)
        return said


def run_program(path: Path) -> str:
    done = subprocess.run([str(path)], capture_output=True, text=True, timeout=60)
    return f"{done.stdout}{done.stderr}exit {done.returncode}\n"


def judge(name: str, options: argparse.Namespace) -> List[str]:
    need_packages(name)
    group = Group(name, options.program, Path(options.work).resolve())
    recording = group.recording(options.fresh)
    if recording.status != 0:
        return [f"{name}: cargo does not build it: {recording.stderr[-3000:]}"]
    return group.commands(recording) + ([] if options.no_build else group.build())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--work", default=str(ROOT / "build/corpus/crates"))
    parser.add_argument("--fresh", action="store_true", help="ask cargo again")
    parser.add_argument("--no-build", action="store_true", help="compare the calls only")
    parser.add_argument("groups", nargs="*", default=[])
    options = parser.parse_args()
    if options.list:
        print("\n".join(GROUPS))
        return 0
    if not options.program:
        parser.error("--program is needed")
    return report(options.groups or GROUPS, lambda name: judge(name, options))


if __name__ == "__main__":
    sys.exit(main())
