#!/usr/bin/env python3
"""Stage 0 from nothing, measured: fails above 90 s of the compiler's time or 2 GB of memory.

SPDX-License-Identifier: MIT
Usage: tests/check_bootstrap.py [--fresh] [CXX]      without --fresh an up-to-date stage 0 is believed
"""
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECONDS, MEGABYTES = 90, 2000


def main():
    words = [word for word in sys.argv[1:] if word != "--fresh"]
    if "--fresh" in sys.argv:
        (ROOT / "build" / "stage0" / "stamp").unlink(missing_ok=True)
    environment = dict(os.environ, CXX=words[0]) if words else None
    start = time.monotonic()
    done = subprocess.run(["sh", "bootstrap.sh", "--stage0"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="")
    if done.returncode != 0 or "up to date" in done.stdout:
        return done.returncode
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor, memory = used.ru_utime + used.ru_stime, used.ru_maxrss / 1000  # ru_maxrss: kB on Linux
    wall = time.monotonic() - start
    print(f"stage 0: {wall:.0f} s, {processor:.0f} s of processor time, {memory:.0f} MB")
    return 1 if processor > SECONDS or memory > MEGABYTES else 0


if __name__ == "__main__":
    sys.exit(main())
