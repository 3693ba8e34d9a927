"""Runs one judge over its cases, one after the other, and says how many passed: the last line of what a judge prints.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import argparse
import time
from typing import Callable, Iterable, List


def report(cases: Iterable[str], judge: Callable[[str], List[str]]) -> int:
    """A judge gives what is wrong with a case: nothing means that it passed. The answer is the program's exit status."""
    passed, failed, begin = 0, 0, time.monotonic()
    for name in cases:
        said = judge(name)
        passed += not said
        failed += bool(said)
        if said:
            print("\n".join(said), flush=True)
    print(f"{passed} passed, {failed} failed ({time.monotonic() - begin:.0f} s)", flush=True)
    return 1 if failed or not passed else 0


def report_chosen(parser: argparse.ArgumentParser, cases: Iterable[str],
                  judge: Callable[[argparse.Namespace, str], List[str]]) -> int:
    """A judge's command line: --list names the cases, names choose those that begin so; without any it is all of them."""
    parser.add_argument("--list", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    chosen = [name for name in cases if not options.names or name.startswith(tuple(options.names))]
    if options.list:
        print("\n".join(chosen))
        return 0
    return report(chosen, lambda name: judge(options, name))
