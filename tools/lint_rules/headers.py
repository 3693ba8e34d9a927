"""Every header compiles alone: it includes what it needs."""
# SPDX-License-Identifier: MIT
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator, List

from .source import Finding

FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-x", "c++"]


def check(root: Path, headers: List[str]) -> Iterator[Finding]:
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++") or "c++"

    def alone(path: str) -> List[Finding]:
        # Through stdin, so that `#pragma once` in a main file is no warning.
        text = f'#include "{path[len("src/"):]}"\n'
        command = compiler.split() + FLAGS + ["-I", str(root / "src"), "-"]
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        if done.returncode == 0 and not done.stderr:
            return []
        first = (done.stderr.strip().split("\n") or ["no output"])
        wrong = next((line for line in first if "error" in line or "warning" in line), first[0])
        return [Finding(path, 1, "header-alone", wrong)]

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for findings in pool.map(alone, headers):
            yield from findings
