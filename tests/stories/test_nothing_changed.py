"""Whatever did not change is not built again: zero compilers, in both modes.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

import seeds
import small
import story
from story import Contents, Project, digest, make_venv, remove

# hybrid-stats includes a file by env!("OUT_DIR"): in plain mode it, and what is made from it, belongs to its checkout.
PLACE_BOUND = {"hybrid-stats", "hybrid-stats-build-run"}


def test_nothing(hybrid):
    wheel = hybrid.wheel_bytes()
    for _ in range(2):
        again = hybrid.build(watch=True)
        again.assert_no_compiler()
        assert hybrid.wheel_bytes() == wheel


def test_dist_was_deleted(hybrid):
    wheel = hybrid.wheel_bytes()
    hybrid.drop_dist()
    hybrid.build(watch=True).assert_no_compiler()
    assert hybrid.wheel_bytes() == wheel


def test_everything_was_touched(hybrid):
    wheel = hybrid.wheel_bytes()
    for path in hybrid.folder.rglob("*"):
        os.utime(path)
    hybrid.build(watch=True).assert_no_compiler()
    assert hybrid.wheel_bytes() == wheel


def test_edit_and_back(hybrid):
    """The edited state is built; going back to the first one finds everything."""
    wheel = hybrid.wheel_bytes()
    text = hybrid.read("hybrid/_fast.c")
    hybrid.write("hybrid/_fast.c", text.replace("Add values", "Sum values"))
    assert hybrid.build().ran == {"cc-_fast.c", "link-hybrid._fast"} or hybrid.wheel_bytes() != wheel
    hybrid.write("hybrid/_fast.c", text)
    hybrid.build().assert_no_compiler()
    assert hybrid.wheel_bytes() == wheel


def test_another_program_decides_for_itself(make, monkeypatch, tmp_path):
    """What one build of Cermet remembers of a whole request is no answer of another, even of the same version."""
    project = make(small.pure())

    def said() -> str:
        return project.cermet("build", *project.arguments()).out

    assert "built" in said()
    wheel = project.wheel_bytes()
    assert "up to date" in said()  # dist/, which the first build made, is in the listing of the project's own folder
    project.drop_dist()
    assert "up to date" in said()
    assert project.wheel_bytes() == wheel
    other = tmp_path / "cermet"
    other.write_bytes(Path(story.program()).read_bytes() + b"\n")
    other.chmod(0o755)
    monkeypatch.setenv("CERMET", str(other))
    assert "up to date" not in said()
    assert project.wheel_bytes() == wheel
    assert "up to date" in said()


def test_what_was_delivered_is_no_input(make):
    """A crate at the root of the project: its script runs again for any file of the package, but not for a wheel of it."""
    files = small.pure()
    files["pyproject.toml"] += '\n[[tool.cermet.executable]]\nname = "tool"\ncrate = "."\n'
    files["Cargo.toml"] = '[package]\nname = "tool"\nversion = "1.0.0"\nedition = "2021"\n'
    files["Cargo.lock"] = 'version = 4\n\n[[package]]\nname = "tool"\nversion = "1.0.0"\n'
    files["build.rs"] = 'fn main() {\n    println!("cargo::rustc-env=SAID=hello");\n}\n'
    files["src/main.rs"] = 'fn main() {\n    println!("{}", env!("SAID"));\n}\n'
    project = make(files)
    project.build()
    project.build(command="sdist")
    assert len(list((project.folder / "dist").iterdir())) == 2
    again = project.build(watch=True)
    again.assert_no_compiler()
    assert again.ran == set(), again.ran
    for name in ("more.txt", "data/a-wheel-that-it-may-read.whl"):
        project.write(name, "a file like any other")
        assert "tool-build-run" in project.build().ran, name


def git(project: Project, *words: str) -> None:
    identity = ["-c", "user.name=Story", "-c", "user.email=story@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *words], cwd=project.folder, env=story.base_environment(GIT_CONFIG_GLOBAL="/dev/null"),
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_git_checkout_away_and_back(make):
    project = make(small.everything())
    project.write(".gitignore", "/dist/\n")
    git(project, "init", "-q", "-b", "one")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "one")
    project.build()
    wheel = project.wheel_bytes()
    git(project, "checkout", "-q", "-b", "two")
    project.edit("small/part.h", "PART 2", "PART 20")
    project.edit("rust/core-part/src/lib.rs", "    4\n", "    40\n")
    git(project, "commit", "-q", "-a", "-m", "two")
    assert project.build().compilers
    assert project.wheel_bytes() != wheel
    git(project, "checkout", "-q", "one")
    project.build(watch=True).assert_no_compiler()
    assert project.wheel_bytes() == wheel
    git(project, "checkout", "-q", "two")
    project.build(watch=True).assert_no_compiler()


def assert_only_place_bound(build, project: Project) -> None:
    """In plain mode a step that observed a place, and what is made from it, may run; its reason names the place."""
    if project.mode == "mount":
        build.assert_no_compiler()
        return
    bound = [step for step in build.steps if step.label in build.compilers]
    assert {story.stem(step.label) for step in bound} <= PLACE_BOUND, bound
    for step in bound:
        assert "real path" in step.why and str(project.cache) in step.why, f"{step} does not name the place it observed"


@pytest.mark.parametrize("name", ["b", "a-checkout-at-a-much-longer-path/below/two/folders"])
def test_second_checkout_at_another_path(hybrid, folder, name):
    wheel = hybrid.wheel_bytes()
    other = hybrid.moved(folder / name)
    build = other.build(watch=True)
    assert_only_place_bound(build, other)
    assert other.wheel_bytes() == wheel
    other.build(watch=True).assert_no_compiler()


def test_second_venv_with_the_same_cython(hybrid, folder):
    wheel = hybrid.wheel_bytes()
    hybrid.python = make_venv(folder / "other" / "python")
    hybrid.build(watch=True).assert_no_compiler()
    assert hybrid.wheel_bytes() == wheel


def test_other_job_counts(hybrid):
    for jobs in (1, 2, 7):
        hybrid.jobs = jobs
        hybrid.build().assert_no_compiler()


# --- front ends -------------------------------------------------------------------------------------------------------


def front_end(tool: str, project: Project, out: Path, wheelhouse: Path, folder: Path, *more: str) -> "list[str]":
    if tool == "pip":
        return [sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-cache-dir", "--no-index",
                "--find-links", str(wheelhouse), "--no-deps", "-w", str(out), *more, str(project.folder)]
    if tool == "uv":
        return [sys.executable, "-m", "uv", "build", "-q", "--wheel", "--offline", "--no-index", "--find-links", str(wheelhouse),
                "--python", sys.executable, "-o", str(out), *more, str(project.folder)]
    return [sys.executable, "-m", "build", "--wheel", "-o", str(out), *more, str(project.folder)]


def run_front_end(tool: str, project: Project, out: Path, wheelhouse: Path, folder: Path) -> "tuple[Path, story.Watch]":
    remove(out)
    watch = story.Watch(out.parent / f"{out.name}.strace")
    environment = project.command_environment(
        UV_CACHE_DIR=str(folder / "uv-cache"), PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheelhouse), CERMET_MODE=project.mode)
    done = subprocess.run(watch.command() + front_end(tool, project, out, wheelhouse, folder), env=environment, cwd=folder,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    assert done.returncode == 0, done.stdout
    wheels = list(out.glob("*.whl"))
    assert len(wheels) == 1, wheels
    return wheels[0], watch


def compilers_in(watch: story.Watch) -> "list[story.Process]":
    return [process for process in watch.processes() if (process.name in story.COMPILERS or process.forbidden)
            and process.argv[1:] != ["--version"]]  # pip tells the index which rustc there is


@pytest.mark.parametrize("tool", ["pip", "uv", "build"])
def test_front_ends_twice(tool, make, folder, wheelhouse):
    """An isolated environment is new every time, at another path every time; nothing is compiled again."""
    project = make(small.everything(), python=None)
    first, _ = run_front_end(tool, project, folder / "first", wheelhouse, folder)
    second, watch = run_front_end(tool, project, folder / "second", wheelhouse, folder)
    assert not compilers_in(watch)
    assert Contents(first) == Contents(second)


def test_wheel_from_the_sdist(hybrid, folder):
    """The files of the sdist are those of the checkout: its wheel has the same bytes, and is not compiled again."""
    wheel = hybrid.wheel_bytes()
    hybrid.build(command="sdist")
    archive = next((hybrid.folder / "dist").glob("*.tar.gz"))
    with tarfile.open(archive) as tar:
        tar.extractall(folder / "unpacked")
    unpacked = Project(next((folder / "unpacked").iterdir()), hybrid.mode, hybrid.cache, hybrid.python, **hybrid.environment)
    build = unpacked.build(watch=True)
    assert_only_place_bound(build, unpacked)
    assert unpacked.wheel_bytes() == wheel


# --- cut off ----------------------------------------------------------------------------------------------------------


def test_a_comment_in_rust_is_cut_off(hybrid):
    """A comment at the end of a line moves nothing: the crate is compiled, what uses it is not."""
    wheel = hybrid.wheel_bytes()
    hybrid.edit("rust/hybrid-py/src/lib.rs", "let mut sum = Price { raw: 0, precision: 0 };",
                "let mut sum = Price { raw: 0, precision: 0 }; // from zero")
    build = hybrid.build()
    assert build.ran == {"hybrid-py"} or build.ran == {"_rust"}, build.ran
    assert hybrid.wheel_bytes() == wheel


def test_a_comment_in_c_is_cut_off(make):
    project = make(small.c_only())
    project.build()
    wheel = project.wheel_bytes()
    project.edit("small/part.h", "#define PART 2", "#define PART 2 /* two */")
    build = project.build()
    assert all(label.startswith("cc-") for label in build.ran), build.ran
    assert len(build.ran) == 2 and build.cut_off == build.ran
    assert project.wheel_bytes() == wheel


def test_the_checkout_is_never_written(hybrid):
    before = hybrid.files()
    hybrid.edit("rust/hybrid-core/src/ffi.rs", "/// The nearest floating-point value.", "/// The closest floating-point value.")
    changed = hybrid.files()
    hybrid.build()
    assert hybrid.files() == changed
    assert set(before) == set(changed)


def test_a_variable_of_cargo_that_was_not_there(make):
    """What cargo's configuration is made of counts, too, where no build before had such a variable."""
    project = make(small.everything())
    project.build()
    wheel = project.wheel_bytes()
    project.build().assert_no_compiler()
    for variables in ({"CARGO_PROFILE_RELEASE_OPT_LEVEL": "1"}, {"RUSTFLAGS": "--cfg seen"}):
        assert project.build(**variables).compilers, variables
        other = project.wheel_bytes()
        project.build(**variables).assert_no_compiler()
        assert project.wheel_bytes() == other
        project.build().assert_no_compiler()
        assert project.wheel_bytes() == wheel


def test_a_new_file_is_seen_where_a_mirror_stands(make):
    """In plain mode it shows all of the checkout, as it was when it was made; in both, the directory of the output."""
    files = small.pure()
    files["pyproject.toml"] += ('include = ["small/names.txt"]\n[[tool.cermet.generate]]\nname = "names"\n'
                                'command = ["/bin/sh", "-c", "ls data small/data > small/names.txt"]\n'
                                'inputs = ["data/*", "small/data/*"]\noutputs = ["small/names.txt"]\n')
    files["small/names.txt"] = ""
    files["data/a.txt"] = files["small/data/a.txt"] = ""
    project = make(files)
    project.build()
    assert not project.build().ran
    for name in ("data/b.txt", "small/data/c.txt"):
        project.write(name, "")
        time.sleep(0.1)
        project.build()
        with zipfile.ZipFile(project.wheel) as wheel:
            assert Path(name).name in wheel.read("small/names.txt").decode()
        assert not project.build().ran
