#!/usr/bin/env python3
"""Builds and runs the unit tests, or another program over the same sources, from src/all.cpp's list, with any compiler and any flags.

SPDX-License-Identifier: MIT
Usage: tests/build_unit.py [--cxx g++] [--flags "-O0 -g"] [--group room|file] [--tag NAME] [--build-only]
                           [--rooms base,engine,…] [--program tests/x.cpp] [-- ARGUMENT…]
A source is compiled again only if its command or the content of a file it reads has changed. `--group room` compiles
each room as one unit, which is faster; `--group file` proves that every file compiles by itself.
"""
import argparse
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WARNINGS = "-Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor"
_digests = {}


def digest(path):
    """Content digest of a file, once per run; "" where it is missing."""
    if path not in _digests:
        try:
            _digests[path] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        except OSError:
            _digests[path] = ""
    return _digests[path]


def room(name):
    parts = name.split("/")
    return "_".join(parts[:2]) if parts[0] == "languages" else parts[0]


def listed_sources():
    """Every source of src/all.cpp but the program's main."""
    text = (ROOT / "src" / "all.cpp").read_text(encoding="utf-8")
    names = re.findall(r'^\s*#\s*include "([^"]+\.cpp)"', text, re.M)
    return [name for name in names if name != "cli/main.cpp"]


def grouped(names, folder):
    """One file per room that includes the room's sources, written only when it changes."""
    rooms = {}
    for name in names:
        rooms.setdefault(room(name), []).append(name)
    units = []
    for one, members in rooms.items():
        unit = folder / f"room_{one}.cpp"
        text = "".join(f'#include "{name}"\n' for name in members)
        if not unit.exists() or unit.read_text() != text:
            unit.write_text(text)
        units.append(unit)
    return units


def parse_depfile(path):
    text = path.read_text(encoding="utf-8", errors="replace").replace("\\\n", " ")
    words = re.findall(r"(?:\\.|[^\s\\])+", text.split(":", 1)[1])
    return [word.replace("\\ ", " ").replace("\\#", "#") for word in words]


class Builder:
    def __init__(self, folder, cxx, flags, jobs):
        self.folder, self.jobs = folder, jobs
        self.compile = shlex.split(cxx) + shlex.split(f"-std=c++20 {WARNINGS} -D_GLIBCXX_ASSERTIONS {flags} -pthread")
        self.compile += ["-I", str(ROOT / "src")]
        self.link = shlex.split(cxx) + shlex.split(f"{flags} -pthread")
        self.folder.mkdir(parents=True, exist_ok=True)

    def object(self, source):
        """Compiles one source; returns (object, output of the compiler, compiled, failed)."""
        inside = source.relative_to(ROOT) if ROOT in source.parents else Path(source.name)
        stem = self.folder / str(inside).replace("/", "_")
        target, deps, stamp = (stem.with_name(stem.name + end) for end in (".o", ".d", ".json"))
        command = [*self.compile, "-MD", "-MF", str(deps), "-c", str(source), "-o", str(target)]
        if target.exists() and stamp.exists():
            known = json.loads(stamp.read_text())
            if known["command"] == command and all(digest(p) == d for p, d in known["inputs"].items()):
                return target, "", False, False
        stamp.unlink(missing_ok=True)
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0:
            inputs = {path: digest(path) for path in parse_depfile(deps)}
            stamp.write_text(json.dumps({"command": command, "inputs": inputs}))
        return target, done.stdout + done.stderr, True, done.returncode != 0

    def program(self, name, sources, libraries):
        start, broken, compiled, objects = time.monotonic(), 0, 0, []
        with ThreadPoolExecutor(self.jobs) as pool:
            for source, (target, output, ran, failed) in zip(sources, pool.map(self.object, sources)):
                objects.append(target)
                compiled += ran
                broken += failed
                if output:
                    print(output, end="")
        if broken:
            print(f"{broken} of {len(sources)} sources do not compile")
            return None
        program = self.folder / name
        newest = max(target.stat().st_mtime_ns for target in objects)
        if compiled or not program.exists() or program.stat().st_mtime_ns < newest:
            command = [*self.link, *map(str, objects), "-o", str(program), *libraries]
            if subprocess.run(command).returncode != 0:
                return None
        print(f"{name}: {compiled} of {len(sources)} sources compiled in {time.monotonic() - start:.0f} s", flush=True)
        return program


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cxx", default=os.environ.get("CXX", "g++"))
    parser.add_argument("--flags", default="-O0 -g1")
    parser.add_argument("--group", choices=["room", "file"], default="room")
    parser.add_argument("--rooms", help="only these rooms and their tests; they must need no other")
    parser.add_argument("--tag", default="unit", help="directory below build/")
    parser.add_argument("--program", help="the source of a program to build in place of the tests")
    parser.add_argument("--build-only", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("arguments", nargs="*", help="for the program that was built")
    chosen = parser.parse_args()

    folder = ROOT / "build" / chosen.tag
    builder = Builder(folder, chosen.cxx, chosen.flags, chosen.jobs)
    names = listed_sources()
    rooms = chosen.rooms.split(",") if chosen.rooms else None
    if rooms:
        names = [name for name in names if room(name) in rooms]
    library = grouped(names, folder) if chosen.group == "room" else [ROOT / "src" / name for name in names]
    if chosen.program:
        source = ROOT / chosen.program
        program = builder.program(source.stem, [source, *library], ["-ldeflate"])
    else:
        tests = sorted((ROOT / "src").rglob("*_test.cpp"))
        if rooms:
            tests = [test for test in tests if room(test.relative_to(ROOT / "src").as_posix()) in rooms]
        main_unit = ROOT / "tests" / "unit_main.cpp"
        program = builder.program("unit", [main_unit, *library, *tests], ["-ldeflate"])
    if program is None:
        return 1
    if chosen.build_only:
        print(program)
        return 0
    return subprocess.call([str(program), *chosen.arguments], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
