"""Text of every kind: no path of one machine, no mirror, no private word in anything that is committed."""
# SPDX-License-Identifier: MIT
import re
from typing import Iterator, List, Tuple

from .source import Finding

# Homes and work directories of one machine, package mirrors behind a firewall.
_NAMES: List[Tuple[str, str]] = [
    (r"(?<![\w.~/-])/" + "wor" + r"k(?![\w-])", "a directory of one machine"),
    (r"(?<![\w.~/-])/" + "roo" + r"t(?![\w-])", "a home directory of one machine"),
    (r"artifac" + r"tory", "a package mirror"),
    (r"\.\./sha" + r"red/(?:research|design)", "a file outside of the repository"),
]
_PATTERN = re.compile("|".join(f"({pattern})" for pattern, _ in _NAMES))
_ALLOW = re.compile(r"lint:\s*allow\(machine-path\)\s*\S+")
_SKIP = ("Cargo.lock",)


def check_text(path: str, text: str) -> Iterator[Finding]:
    if path.endswith(_SKIP):
        return
    before = ""
    for number, line in enumerate(text.split("\n"), 1):
        match = _PATTERN.search(line)
        if match and not _ALLOW.search(line) and not _ALLOW.search(before):
            what = _NAMES[(match.lastindex or 1) - 1][1]
            yield Finding(path, number, "machine-path", f"{match.group()!r} is {what}")
        before = line
