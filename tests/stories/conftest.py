"""Fixtures of the stories: modes, folders, and caches that are filled once.

SPDX-License-Identifier: MIT
    pytest tests/stories                   what ./test runs
    pytest tests/stories --long            also the long ones
    pytest tests/stories --kills 200       how often a build is killed
    CERMET_ACCEPT=1 pytest tests/stories   writes the golden error texts as they are now
"""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Callable, Dict, Iterator, Mapping, Optional

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import seeds  # noqa: E402
import small  # noqa: E402
import story  # noqa: E402
from registry import Registry  # noqa: E402
from story import MODES, WORK, Project, copy_tree, make_venv, program, remove  # noqa: E402


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also the stories that take minutes")
    parser.addoption("--kills", type=int, default=20, help="how many builds are killed at a random moment")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes minutes; runs with --long")
    if not os.access(program(), os.X_OK):
        pytest.exit(f"{program()} is missing: run `sh bootstrap.sh`, or name the program in CERMET", returncode=3)
    seeds.prepare()


def pytest_collection_modifyitems(config: pytest.Config, items: "list[pytest.Item]") -> None:
    if config.getoption("--long"):
        return
    # Not asked for is not skipped: a skip says that something is missing on this machine.
    chosen = [item for item in items if item.get_closest_marker("long") is None]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


_mount_reason: Optional[str] = None


def mount_missing() -> str:
    """Why mount mode cannot be used here; "" where it can."""
    global _mount_reason
    if _mount_reason is None:
        project = Project.from_files(small.pure(), WORK / "mount-probe" / "project", "mount", WORK / "mount-probe" / "cache")
        done = project.build(check=False)
        _mount_reason = "" if done.code == 0 else f"mount mode does not work here: {done.err.strip().splitlines()[:1]}"
        if done.code not in (0, 3):
            _mount_reason = ""  # broken, not missing: let the stories say so
        remove(project.folder.parent)
    return _mount_reason


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    if request.param == "mount" and mount_missing():
        pytest.skip(mount_missing())
    return str(request.param)


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """An empty folder of this story; it stays where the story failed."""
    path = WORK / "run" / request.node.name.replace("/", "_").replace("[", "-").replace("]", "")[:100]
    remove(path)
    path.mkdir(parents=True)
    yield path
    report = getattr(request.node, "report", None)
    if report is not None and report.passed:
        remove(path)


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A registry of crates on this machine, empty."""
    made = Registry()
    yield made
    made.stop()


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 3 MB; made bigger with `mount -o remount`."""
    place = folder / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when == "call":
        item.report = report  # type: ignore[attr-defined]


def pytest_assertrepr_compare(op: str, left: object, right: object) -> "Optional[list[str]]":
    if op != "==" or not (isinstance(left, story.Contents) and isinstance(right, story.Contents)):
        return None
    return [f"{left} == {right}", *story.difference(left, right).split("; ")]


@pytest.fixture(scope="session")
def python() -> Path:
    """An environment with Cython and nothing else; the same for all stories."""
    return seeds.cython_python()


@pytest.fixture
def make(folder: Path, mode: str, python: Path) -> Callable[..., Project]:
    """make(files): a project of this story with an empty cache of its own."""

    def from_files(files: Mapping[str, str], name: str = "project", **options: object) -> Project:
        options.setdefault("python", python)
        return Project.from_files(files, folder / name, mode, folder / "cache", **options)  # type: ignore[arg-type]

    return from_files


@pytest.fixture
def hybrid(mode: str) -> Iterator[Project]:
    """examples/hybrid, just built: at its own path, with its own cache."""
    with seeds.held(f"hybrid-{mode}"):
        yield seeds.built_example("hybrid", mode)


@pytest.fixture
def model(mode: str) -> Project:
    return seeds.built_example("model", mode)


@pytest.fixture(scope="session")
def wheelhouse() -> Path:
    """Wheels of everything that the examples need to be built, for front ends without a network."""
    house = WORK / "kept" / story.program_digest() / "wheelhouse"
    if not (house / "done").exists():
        remove(house)
        story.pack_installed("Cython", house)
        story.pack_cermet(house)
        (house / "done").write_text("")
    return house
