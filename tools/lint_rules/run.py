"""Collects the files, runs the rules over them, prints the findings."""
# SPDX-License-Identifier: MIT
import subprocess
import sys
from pathlib import Path
from typing import Iterable, List

from . import coroutines, headers, names, rooms, style
from .source import Finding, Source

ROOT = Path(__file__).resolve().parents[2]
RULES = (
    "all-cpp allow-reason await-binding await-braces await-condition await-lambda await-new await-shape await-ternary "
    "await-twice coroutine-lambda coroutine-lock coroutine-params coroutine-try file-size first-line function-size "
    "header-alone header-include language-private machine-path room-order task-variable third-party throw triple"
).split()
# Samples that break rules on purpose, and the rules themselves.
_EXEMPT = ("tests/lint/", "tools/lint_rules/names.py")


def check_source(source: Source) -> List[Finding]:
    """Every rule that looks at one C++ file alone."""
    found: List[Finding] = []
    for rule in (rooms.check, coroutines.check, style.check):
        found += rule(source)
    found += names.check_text(source.path, source.text)
    return [finding for finding in found if not source.allows(finding.line, finding.rule)]


def committed_files(root: Path) -> List[str]:
    """Paths git knows or would add, or every file where this is no git checkout."""
    command = ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0:
            return sorted({path for path in done.stdout.split("\0") if path and (root / path).is_file()})
    except OSError:
        pass
    skip = {"build", "dist", ".git", "target", "__pycache__"}
    found = []
    for path in root.rglob("*"):
        relative = path.relative_to(root)
        if path.is_file() and not skip.intersection(relative.parts):
            found.append(relative.as_posix())
    return sorted(found)


def read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def check_repository(root: Path, only: Iterable[str], alone: bool) -> List[Finding]:
    paths = [path for path in committed_files(root) if not path.startswith(_EXEMPT)]
    cpp = [path for path in paths if path.startswith(("src/", "tests/", "fuzz/", "bench/")) and path.endswith((".cpp", ".h"))]
    sources = [Source(path, read(root / path)) for path in cpp]
    found: List[Finding] = []
    for source in sources:
        found += check_source(source)
    for path in paths:
        if path not in cpp:
            found += names.check_text(path, read(root / path))
    found += rooms.check_third_party(sources)
    for source in sources:
        if source.path == "src/all.cpp":
            found += rooms.check_all_cpp(source, cpp)
    chosen = set(only)
    if alone:
        wanted = [path for path in cpp if path.startswith("src/") and path.endswith(".h")]
        found += headers.check(root, [path for path in wanted if not chosen or path in chosen])
    return [finding for finding in found if not chosen or finding.path in chosen]


def main(arguments: List[str]) -> int:
    options = {word for word in arguments if word.startswith("-")}
    unknown = options - {"--headers", "--soft", "--list"}
    if unknown:
        print(f"tools/lint: unknown option {sorted(unknown)[0]}; there are --headers, --soft and --list", file=sys.stderr)
        return 2
    if "--list" in options:
        print("\n".join(RULES))
        return 0
    only = [Path(word).resolve().relative_to(ROOT).as_posix() for word in arguments if not word.startswith("-")]
    found = sorted(set(check_repository(ROOT, only, "--headers" in options)))
    hard = [finding for finding in found if not finding.soft]
    for finding in found if "--soft" in options else hard:
        mark = " (soft)" if finding.soft else ""
        print(f"{finding.path}:{finding.line}: {finding.rule}{mark}: {finding.text}")
    print(f"lint: {len(hard)} broken, {len(found) - len(hard)} over a soft budget")
    return 1 if hard else 0
