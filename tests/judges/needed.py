"""What a judge cannot do without, said before it begins.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import subprocess
import sys


def need_cython(python: str) -> None:
    """Ends with 3, as for all that cannot be judged, where this Python has none."""
    if subprocess.run([python, "-c", "import Cython"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        print(f"{python} has no Cython: name one that has with --python, or start this with it", file=sys.stderr)
        sys.exit(3)
