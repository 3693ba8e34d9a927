"""Ten of the seeded edits; `tests/stories/edits.py` runs all.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import pytest

import edits

SEEDS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)


@pytest.mark.parametrize("seed", SEEDS)
def test_seed(seed, mode):
    answer = edits.run_seed(seed, mode)
    assert not answer["problems"], edits.describe(answer)


def test_edits_are_edits(folder):
    """Every one of the 300 changes its file, and each file of the example is edited."""
    files = set()
    for seed in range(1, 301):
        edit = edits.Edit(seed)
        project = edits.Project.from_files({}, folder / "project", "plain", folder / "cache")
        source = edits.EXAMPLES / edits.EXAMPLE / edit.file
        project.write(edit.file, source.read_text(encoding="utf-8"))
        edit.apply(project)
        files.add(edit.file)
    assert files == set(edits.input_files())
