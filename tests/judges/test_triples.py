"""Our only parser of target triples against rustc's own list."""
# SPDX-License-Identifier: MIT
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/judges"))
import triples  # noqa: E402


def test_every_target_of_rustc():
    assert triples.judge(os.environ.get("CERMET") or str(ROOT / "build/cermet")) == []
