"""A cache that another user filled, at another path, with another copy of the toolchain.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator, List

import pytest

import small
import story
from story import Project

NOBODY = 65534


class Somebody(Project):
    """A project that its own user builds, with nothing of the first user's environment."""

    def command_environment(self, **more: str) -> "dict[str, str]":
        return {"CERMET_CACHE": str(self.cache), **self.environment, **more}

    def build(self, *more: str, **options: object) -> story.Build:  # type: ignore[override]
        """As Project.build, in the other user's name."""
        trace = self.folder.parent / f"{self.folder.name}.trace.json"
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", self.environment["CERMET"],
                   "build", *self.arguments("--trace", str(trace), *more)]
        done = subprocess.run(command, cwd=self.folder, env=self.command_environment(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600)
        build = story.Build(done.returncode, done.stdout.decode(), done.stderr.decode(), 0.0)
        assert build.code == 0, build.text
        build.project = self
        build.steps = story.read_trace(trace)
        return build


def linked(source: Path, target: Path) -> None:
    """The same files under another path: hard links where one file system holds both."""
    target.mkdir(parents=True, exist_ok=True)
    if subprocess.run(["cp", "-al", f"{source}/.", str(target)], stderr=subprocess.DEVNULL).returncode != 0:
        subprocess.run(["cp", "-a", f"{source}/.", str(target)], check=True)


def owned(path: Path) -> None:
    for name in [path, *path.rglob("*")]:
        os.chown(name, NOBODY, NOBODY, follow_symlinks=False)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that everybody can enter, with a Python and a Rust toolchain that everybody can run."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can become another user, with setpriv")
    made = Path(tempfile.mkdtemp(prefix="cermet-users-", dir="/var/tmp"))
    made.chmod(0o755)
    shutil.copy2(story.program(), made / "cermet")
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    linked(Path(sysroot), made / "rust")
    base = Path(sys.base_prefix)
    python = base / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    if not all(p.stat().st_mode & 0o001 for p in python.resolve().parents):
        linked(base, made / "python")
        python = made / "python" / "bin" / python.name
    subprocess.run([str(python), "-m", "venv", "--without-pip", str(made / "venv")], check=True)
    packages = Path(next(p for p in sys.path if p.endswith("site-packages")))
    linked(packages, made / "venv" / packages.relative_to(sys.prefix))
    yield made
    story.remove(made)


def test_another_users_cache(place: Path, mode: str) -> None:
    """Another uid, home, path, -j and copy of the toolchain. Mount mode runs nothing; the plain mode only what names its root."""
    python = place / "venv" / "bin" / "python"
    first = Project.from_files(small.everything(), place / f"first-{mode}" / "project", mode, place / f"cache-{mode}", python=python)
    cold = first.build()
    home = place / f"home-{mode}"
    home.mkdir()
    other = Somebody(place / f"somewhere-{mode}" / "quite" / "else", mode, place / f"their-cache-{mode}", python,
                     CERMET=str(place / "cermet"), HOME=str(home), PATH=f"{place}/rust/bin:/usr/bin:/bin")
    shutil.copytree(first.folder, other.folder, ignore=shutil.ignore_patterns("dist"))
    shutil.copytree(first.cache, other.cache, symlinks=True)
    for path in (home, other.cache, other.folder.parent.parent):
        owned(path)
    other.jobs = 1
    warm = other.build()
    ran: List[str] = [story.stem(step.label) for step in warm.steps if step.started]
    assert {story.kind_of(step.label) for step in cold.steps} >= {"rust", "cython", "cc", "link"}
    if mode == "mount":
        assert ran == []
    else:
        # What names no root is never compiled again: C of the translated modules, and crates from a registry.
        assert not [label for label in ran if label.startswith(("cython-", "cc-"))], warm.steps
    assert other.wheel.stat().st_uid == NOBODY
    assert other.wheel_bytes() == first.wheel_bytes()
