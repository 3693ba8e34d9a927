#!/usr/bin/env python3
"""Every target of this rustc: what its triple says, by our only parser of triples, is what `rustc --print cfg` says.

SPDX-License-Identifier: MIT
usage: triples.py --program PROGRAM
"""
from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, List

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cargo_calls  # noqa: E402

NAMES = ("arch", "vendor", "os", "env", "abi", "pointer_width", "endian")


def rustc(*words: str) -> str:
    return subprocess.run([cargo_calls.toolchain("rustc"), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=True).stdout


def of_rustc(target: str) -> Dict[str, str]:
    """The target_… values; those that rustc leaves out are empty, as `cfg!` takes them."""
    said = {name: "" for name in NAMES}
    for line in rustc("--print", "cfg", "--target", target).splitlines():
        name, _, value = line.partition("=")
        if name.removeprefix("target_") in said and name.startswith("target_"):
            said[name[len("target_"):]] = value.strip('"')
    return said


def judge(program: str) -> List[str]:
    targets = rustc("--print", "target-list").split()
    done = subprocess.run([program, "internal", "targets", *targets], stdout=subprocess.PIPE, text=True, check=True)
    ours = json.loads(done.stdout)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        theirs = dict(zip(targets, pool.map(of_rustc, targets)))
    wrong = [f"{target}: {name}: rustc {theirs[target][name]!r}, cermet {ours[target][name]!r}"
             for target in targets for name in NAMES if theirs[target][name] != ours[target][name]]
    return wrong + [f"{target}: read and written again it is {ours[target]['rust']}" for target in targets
                    if ours[target]["rust"] != target]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    wrong = judge(os.path.abspath(parser.parse_args().program))
    print("\n".join(wrong) or "every target is as rustc says")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
