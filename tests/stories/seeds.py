"""Caches that are filled once and then copied: only immutable steps, or one example just built.

SPDX-License-Identifier: MIT
They lie below build/stories/kept/<digest of the program>; another program starts with none. Several test runs may use
them at once: what is made once is made under a lock, and whoever builds in one of the places holds it.
"""
from __future__ import annotations

import contextlib
import fcntl
import re
import subprocess
from pathlib import Path
from typing import Iterator

import story
from story import WORK, Project, copy_cache, copy_tree, make_venv, remove

# The stories ask what ran and whether bytes are equal: nobody waits for the optimiser.
FAST = {"CFLAGS": "-O0 -g0", "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0"}


def prepare() -> None:
    """The stories' folder is a repository of its own, or its projects would lie in an ignored folder of this one."""
    WORK.mkdir(parents=True, exist_ok=True)
    if not (WORK / ".git").exists():
        subprocess.run(["git", "init", "-q", str(WORK)], check=True)


def kept() -> Path:
    prepare()
    folder = WORK / "kept" / story.program_digest()
    if not folder.exists():
        for old in (WORK / "kept").glob("*"):
            remove(old)
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def held(name: str) -> Iterator[None]:
    """No other test run is between the same two lines. Not to be entered twice."""
    prepare()
    with open(WORK / f"{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def cython_python() -> Path:
    folder = kept() / "python"
    if (folder / "done").exists():
        return folder / "bin" / "python"
    with held("python"):
        if (folder / "done").exists():
            return folder / "bin" / "python"
        python = make_venv(folder)
        # As pip leaves it: without them every start of Cython compiles half of itself.
        subprocess.run([str(python), "-m", "compileall", "-q", "-j", "2", "--invalidation-mode", "unchecked-hash",
                        str(next(folder.glob("lib/python3*/site-packages")))], check=True)
        (folder / "done").write_text("")
    return folder / "bin" / "python"


def strip_workspace(project: Project) -> None:
    """Leaves of the example what decides its immutable steps: manifests and lock. Its own crates become empty."""
    for path in project.folder.rglob("*.rs"):
        manifest = next(parent for parent in path.parents if (parent / "Cargo.toml").exists()) / "Cargo.toml"
        if path.name == "build.rs":
            path.write_text("fn main() {}\n")
        elif path.name == "lib.rs" and 'name = "_rust"' in manifest.read_text():
            path.write_text('#[no_mangle]\npub extern "C" fn PyInit__rust() -> *mut u8 {\n    std::ptr::null_mut()\n}\n')
        elif path.name == "lib.rs":
            path.write_text("")
        else:
            path.unlink()
    text = project.read("pyproject.toml")
    tables = re.split(r"^(?=\[)", text, flags=re.M)
    kept_tables = [t for t in tables if not t.startswith(("[tool.cermet.crates", "[[tool.cermet.cython", "[[tool.cermet.c-module"))]
    project.write("pyproject.toml", "".join(kept_tables))


def immutable_cache(example: str) -> Path:
    """A cache in which only the steps of registry crates are those of the example.

    It is filled at `reference_place`: in plain mode some of those steps (cbindgen's build script) observe where the cache
    lies, and would run again elsewhere.
    """
    folder = kept() / f"immutable-{example}"
    if (folder / "done").exists():
        return folder / "cache"
    with held("reference"):
        if (folder / "done").exists():
            return folder / "cache"
        remove(folder)
        project = reference_project(example)
        strip_workspace(project)
        project.build()
        remove(project.cache / "roots")
        copy_cache(project.cache, folder / "cache")
        (folder / "done").write_text("")
    return folder / "cache"


def reference_project(example: str) -> Project:
    """The example, with an empty cache, at the one place where clean builds are made: hold "reference"."""
    place = WORK / "place" / f"{example}-reference"
    remove(place)
    return Project.from_example(example, place / "project", "plain", place / "cache", python=cython_python(), **FAST)


def built_example(example: str, mode: str) -> Project:
    """The example as it was right after its first build, at a path of its own: hold "EXAMPLE-MODE".

    Every call starts again from there.
    """
    folder = kept() / f"{example}-{mode}"
    place = WORK / "place" / f"{example}-{mode}"
    project = Project(place / "project", mode, place / "cache", python=cython_python(), **FAST)
    if not (folder / "done").exists():
        remove(folder)
        remove(place)
        project.reset(example)
        copy_cache(immutable_cache(example), project.cache)
        first = project.build()
        assert first.compilers, "the first build compiled nothing"
        copy_tree(project.folder, folder / "project")
        copy_cache(project.cache, folder / "cache")
        (folder / "done").write_text("")
    copy_tree(folder / "project", project.folder)
    copy_cache(folder / "cache", project.cache)
    return project
