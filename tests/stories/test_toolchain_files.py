"""The toolchain's record covers what every compilation and link stands on: assembler, linker, start files, the C library.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import small


def told_by_gcc(file: str) -> Path:
    return Path(subprocess.run(["gcc", f"-print-file-name={file}"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip())


def test_the_record_names_them(make):
    project = make(small.c_only())
    record = json.loads(project.cermet("toolchain", "--json").out)["c"]
    assert {"as", "ld"} <= {Path(path).name for path in record["programs"]}, record["programs"]
    names = {Path(path).name for path in record["files"]}
    assert {"crti.o", "libc.so.6"} <= names or "ld-musl" in str(names), names


def test_another_start_file_links_again(make, folder):
    """As after an upgrade of the C library, whose version may stay: here a directory that gcc searches first."""
    first = folder / "first"
    first.mkdir()
    shutil.copy(told_by_gcc("crti.o"), first / "crti.o")
    project = make(small.c_only())
    compiler = f"gcc -B{first}/"
    project.build(CC=compiler)
    assert not project.build(CC=compiler).ran
    with (first / "crti.o").open("ab") as file:
        file.write(b"\0")  # beyond the last section: the linker does not mind
    changed = project.build(CC=compiler)
    assert "link-small._c" in changed.ran, changed.ran
    assert not project.build(CC=compiler).ran
