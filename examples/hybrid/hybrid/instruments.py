"""The instruments that ship with the package, read from its own data."""
# SPDX-License-Identifier: MIT
import json
from pathlib import Path
from typing import Any, Dict


def load() -> Dict[str, Any]:
    """Name of an instrument -> its precision and example prices."""
    path = Path(__file__).parent / "data" / "instruments.json"
    with path.open(encoding="utf-8") as file:
        instruments: Dict[str, Any] = json.load(file)
    return instruments
