"""The pages keep what they promise: links lead somewhere, configurations load, quoted errors are the program's own.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "ARCHITECTURE.md", *ROOT.glob("docs/**/*.md")])
PROGRAM = Path(os.environ.get("CERMET") or ROOT / "build" / "cermet")
HEAD = """[build-system]
requires = ["cermet", "cython>=3.1"]
build-backend = "cermet"

[project]
name = "sample"
version = "1.0"

"""


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def anchors(page: Path) -> set[str]:
    """As GitHub makes them: lower case, signs dropped, spaces to dashes."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text())):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            broken.append(target)
        elif anchor and anchor not in anchors(file):
            broken.append(target)
    assert not broken


def toml_blocks() -> list[str]:
    blocks = []
    for page in (ROOT / "README.md", ROOT / "docs" / "guide.md"):
        blocks += re.findall(r"^```toml\n(.*?)^```", page.read_text(), re.M | re.S)
    return blocks


@pytest.mark.parametrize("block", toml_blocks(), ids=lambda block: re.sub(r"\W+", "-", block[:40]).strip("-"))
def test_configurations_load(block, tmp_path):
    """The program reads the block and then fails on the target that it is asked for, not before."""
    if not os.access(PROGRAM, os.X_OK):
        pytest.skip(f"{PROGRAM} is missing: run `sh bootstrap.sh`")
    arguments = []
    if block.startswith("# cermet.toml"):
        (tmp_path / "cermet.toml").write_text(block)
    elif block.startswith("# distro.toml"):
        (tmp_path / "pyproject.toml").write_text(HEAD)
        (tmp_path / "distro.toml").write_text(block)
        arguments = ["--overrides", "distro.toml"]
    else:
        (tmp_path / "pyproject.toml").write_text(block if "[build-system]" in block else HEAD + block)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CERMET_")}
    environment["CERMET_CACHE"] = str(tmp_path / "cache")
    done = subprocess.run([PROGRAM, "build", "--mode", "plain", "tool:no-such-program", *arguments], cwd=tmp_path,
                          env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert "error: no executable is called no-such-program" in done.stdout, done.stdout


def literals() -> list[str]:
    """Each source with what stands between two literals of a call taken out: a message in one piece."""
    texts = []
    for source in sorted((ROOT / "src").rglob("*.cpp")):
        if source.stem.endswith("_test"):
            continue
        text = re.sub(r"^\s*//.*$", "", source.read_text(), flags=re.M)
        text = re.sub(r'(?<!\\)"\s+"', "", text)  # adjacent literals are one
        texts.append(text.replace('\\"', '"'))
    return texts


QUOTED = re.findall(r"^### `([^`]+)`", (ROOT / "docs" / "troubleshooting.md").read_text(), re.M)


def test_there_are_errors():
    assert len(QUOTED) >= 25


def holds(text: str, pieces: list[str]) -> bool:
    for first in re.finditer(re.escape(pieces[0]), text):
        at = first.end()
        for piece in pieces[1:]:
            at = text.find(piece, at, at + 600)
            if at < 0:
                break
            at += len(piece)
        if at >= 0:
            return True
    return False


@pytest.mark.parametrize("quoted", QUOTED)
def test_quoted_errors_are_real(quoted):
    """Every piece between the placeholders stands in one and the same source, in this order.

    How a process ended is said elsewhere than what it was: the parts around "failed: " are looked for by themselves.
    """
    sources = literals()
    for part in quoted.split(" failed: "):
        pieces = [piece for piece in part.split("…") if re.search(r"\w", piece)]
        assert not pieces or any(holds(text, pieces) for text in sources), pieces


def test_rules_of_cargo_that_sources_name() -> None:
    """Sources name the rules of cargo's contract by number: docs/cargo.md says what each of them is."""
    rules = set(re.findall(r"^\| ([A-Z]\d+) \|", (ROOT / "docs/cargo.md").read_text(), re.M))
    for source in sorted(ROOT.glob("src/languages/rust/**/*")):
        if source.suffix not in (".h", ".cpp"):
            continue
        for number, line in enumerate(source.read_text().splitlines(), 1):
            comment = line.partition("//")[2]
            named = set(re.findall(r"\b([MLFUBR]\d{1,2})\b", comment))
            assert named <= rules, f"{source.relative_to(ROOT)}:{number} names {sorted(named - rules)}"


@pytest.mark.parametrize("page, asked", [("messages.md", "messages-reference"), ("messages.schema.json", "messages-schema")])
def test_pages_that_are_made(page: str, asked: str) -> None:
    """CERMET_ACCEPT=1 writes them."""
    made = subprocess.run([str(PROGRAM), "internal", asked], stdout=subprocess.PIPE, text=True, check=True).stdout
    path = ROOT / "docs/reference" / page
    if os.environ.get("CERMET_ACCEPT") == "1":
        path.write_text(made, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == made, f"{page} is stale"
