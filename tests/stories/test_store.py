"""A damaged, full, shared or read-only cache: repaired or reported, never a wrong result.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import os
import random
import subprocess
import time
from pathlib import Path

import pytest

import small
import story
from story import Contents, Project, copy_tree, difference, remove

KINDS = ("removed", "truncated", "overwritten", "flipped")


def damage(path: Path, kind: str, seed: int) -> None:
    """Hard links of the file are damaged with it, as a failing disk would."""
    if kind == "removed":
        path.unlink()
        return
    data = bytearray(path.read_bytes())
    before = path.stat()
    if kind == "truncated":
        data = data[: len(data) // 2]
    elif kind == "overwritten":
        data = bytearray(random.Random(seed).randbytes(len(data) + 7)) if hasattr(random.Random, "randbytes") else bytearray(b"x" * (len(data) + 7))
    else:
        flip(data, seed)
    os.chmod(path, 0o644)
    with path.open("r+b") as file:
        file.write(bytes(data))
        file.truncate(len(data))
    os.chmod(path, before.st_mode)


def flip(data: bytearray, seed: int) -> None:
    if data:
        at = random.Random(seed).randrange(len(data))
        data[at] ^= 1 << (seed % 8)


def flip_unseen(path: Path, seed: int = 1) -> None:
    """One bit, with size and times of modification as before."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    flip(data, seed)
    os.chmod(path, 0o644)
    with path.open("r+b") as file:
        file.write(bytes(data))
    os.chmod(path, before.st_mode)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size and path.stat().st_mtime_ns == before.st_mtime_ns


def cache_files(cache: Path) -> "list[Path]":
    return sorted(path for path in cache.rglob("*") if path.is_file() and not path.is_symlink())


def settle(project: Project) -> "tuple[Contents, Contents, str]":
    """The wheels of the project and of an edited version of it, built without a past, and the edit."""
    project.build()
    first = project.wheel_bytes()
    text = project.read("small/part.h")
    edited = text.replace("PART 2", "PART 22")
    other = Project(project.folder, project.mode, project.cache.parent / "cache-of-the-reference", project.python)
    project.write("small/part.h", edited)
    project.drop_dist()
    other.build()
    second = project.wheel_bytes()
    project.write("small/part.h", text)
    project.drop_dist()
    return first, second, edited


def assert_right_or_reported(project: Project, right: Contents, what: str) -> None:
    project.drop_dist()
    build = project.build(check=False)
    for _ in range(5):
        if build.code == 0:
            break
        # Reported: an error that says what is wrong with which file. Its hint is followed.
        assert build.code in (1, 3) and "error" in build.err, f"{what}: exit code {build.code}\n{build.text}"
        if "written by another version" in build.err:
            remove(project.cache)
        build = project.build(check=False)
    assert build.code == 0, f"{what}: {build.text}"
    assert project.wheel_bytes() == right, f"{what}: {difference(project.wheel_bytes(), right)}"


def spoil(project: Project, folder: Path, kinds: "tuple[str, ...]", count: int) -> None:
    first, second, edited = settle(project)
    text = project.read("small/part.h")
    kept = folder / "kept"
    copy_tree(project.cache, kept)
    chosen = random.Random(7)
    names = [path.relative_to(kept) for path in cache_files(kept)]
    cases = [(name, kind) for name in names for kind in kinds]
    if count and count < len(cases):
        cases = chosen.sample(cases, count)
    for number, (name, kind) in enumerate(cases):
        copy_tree(kept, project.cache)
        damage(project.cache / name, kind, number)
        what = f"{name} was {kind}"
        project.write("small/part.h", text)
        assert_right_or_reported(project, first, what)
        project.write("small/part.h", edited)
        assert_right_or_reported(project, second, what + ", then an edit")


def test_any_file_of_the_cache(make, folder):
    spoil(make(small.c_only()), folder, KINDS, 24)


@pytest.mark.long
def test_every_file_of_the_cache(make, folder):
    spoil(make(small.everything()), folder, KINDS, 0)


def test_everything_at_once(make):
    """All files of the cache that hold results are overwritten."""
    project = make(small.c_only())
    first, second, edited = settle(project)
    for number, path in enumerate(cache_files(project.cache)):
        damage(path, "overwritten", number)
    assert_right_or_reported(project, first, "everything was overwritten")
    project.write("small/part.h", edited)
    assert_right_or_reported(project, second, "everything was overwritten, then an edit")


def large_blobs(project: Project) -> "list[Path]":
    """Blobs that hold modules and objects: ELF files of the cache, outside of the checkouts' own folders."""
    return [path for path in cache_files(project.cache / "blobs") if path.read_bytes()[:4] == b"\x7fELF"]


def test_an_unseen_flip_is_found_by_cache_verify(make):
    project = make(small.c_only())
    project.build()
    wheel = project.wheel_bytes()
    assert project.cermet("cache", "verify").out.strip().endswith(" 0 damaged")
    victims = large_blobs(project)
    assert victims
    for path in victims:
        flip_unseen(path)
    done = project.cermet("cache", "verify", check=False)
    assert done.code == 1
    assert done.out.count("damaged, removed: ") >= len({story.digest(path) for path in victims if path.exists()})
    for path in victims:
        assert path.stem in done.out  # executable twins are called <digest>.x
    project.drop_dist()
    project.build()
    assert project.wheel_bytes() == wheel


def test_an_unseen_flip_does_not_get_into_a_wheel(make):
    """The bytes are hashed on their way into the wheel, whatever their size and time say."""
    project = make(small.c_only())
    project.build()
    wheel = project.wheel_bytes()
    project.write("small/extra.py", "extra = 1\n")  # so the wheel itself is not remembered
    other = Project(project.folder, project.mode, project.cache.parent / "fresh", project.python)
    other.build()
    with_extra = project.wheel_bytes()
    for path in large_blobs(project):
        flip_unseen(path)
    assert_right_or_reported(project, with_extra, "modules were flipped")
    project.delete("small/extra.py")
    assert_right_or_reported(project, wheel, "modules were flipped")


def test_an_unseen_flip_does_not_get_into_a_link(make):
    """One object is damaged, the other one is edited: the link must not take the damaged one."""
    project = make(small.c_only())
    first, second, edited = settle(project)
    for path in large_blobs(project):
        flip_unseen(path, seed=3)
    assert_right_or_reported(project, first, "objects were flipped")
    project.write("small/part.h", edited)
    assert_right_or_reported(project, second, "objects were flipped, then an edit")


def test_a_kept_wheel_that_was_flipped(make):
    project = make(small.pure())
    project.build()
    wheel = project.wheel_bytes()
    for path in cache_files(project.cache):
        if Contents(path) == wheel:
            flip_unseen(path)
    assert_right_or_reported(project, wheel, "the kept wheel was flipped")


def test_a_kept_target_that_was_flipped(make):
    """The remembered answer to `build TARGET` names bytes that are damaged: they are never used, and made again."""
    project = make(small.c_only())
    project.build("small._c")
    module = next(project.path("dist").glob("_c.*"))
    right = Contents(module)
    for path in cache_files(project.cache):
        if Contents(path) == right:
            flip_unseen(path)
    remove(module)
    project.build("small._c", check=False)  # reported, when the step's own copy was believed
    project.build("small._c")
    assert Contents(module) == right


def test_the_whole_cache_is_removed(make):
    project = make(small.c_and_cython())
    project.build()
    wheel = project.wheel_bytes()
    remove(project.cache)
    project.drop_dist()
    assert project.build().compilers
    assert project.wheel_bytes() == wheel


def test_output_that_was_removed_from_the_checkouts_own_folder(make):
    project = make(small.c_only())
    project.build()
    wheel = project.wheel_bytes()
    remove(project.cache / "roots")
    project.drop_dist()
    project.build(watch=True).assert_no_compiler()
    assert project.wheel_bytes() == wheel


# --- space ------------------------------------------------------------------------------------------------------------


def test_disk_full(small_disk, make):
    """Whatever amount of space is left: an error that says so, or the right wheel; with more space all is well."""
    project = make(small.c_only())
    project.build()
    wheel = project.wheel_bytes()
    project.cache = small_disk / "cache"
    codes = set()
    for left in (0, 8, 64, 200, 400, 800, 1600):  # kB
        remove(project.cache)
        project.drop_dist()
        filler = small_disk / "filler"
        filler.write_bytes(b"")
        usage = os.statvfs(small_disk)
        filler.write_bytes(b"x" * max(0, usage.f_bavail * usage.f_frsize - left * 1024))
        build = project.build(check=False)
        codes.add(build.code)
        if build.code == 0:
            assert project.wheel_bytes() == wheel
        else:
            assert build.code in (1, 3), build.text
            assert "full" in build.text or "No space left" in build.text or "space" in build.text, build.text
        filler.unlink()
        project.drop_dist()
        project.build()
        assert project.wheel_bytes() == wheel
    assert 3 in codes or 1 in codes


def as_nobody(project: Project) -> "list[str]":
    """Root may write read-only folders; nobody may not."""
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []


def test_read_only_cache(make, folder):
    """What is in it is used; what is not is built and kept for this build only."""
    project = make(small.c_only())
    project.build()
    wheel = project.wheel_bytes()
    before = {path: story.digest(path) for path in cache_files(project.cache)}
    modes = {path: path.stat().st_mode for path in project.cache.rglob("*") if path.is_dir()}
    if os.geteuid() == 0:
        done = subprocess.run(["mount", "--bind", str(project.cache), str(project.cache)], stderr=subprocess.PIPE, text=True)
        if done.returncode == 0:
            done = subprocess.run(["mount", "-o", "remount,bind,ro", str(project.cache)], stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            pytest.skip(f"a folder cannot be mounted read-only here: {done.stderr.strip()}")
    else:
        for path in modes:
            path.chmod(0o555)
    try:
        project.drop_dist()
        project.build()
        assert project.wheel_bytes() == wheel
        project.edit("small/part.h", "PART 2", "PART 22")
        project.drop_dist()
        project.build()
        assert project.wheel_bytes() != wheel
        edited = project.wheel_bytes()
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", "-l", str(project.cache)], check=True)
        else:
            for path, value in modes.items():
                path.chmod(value)
    assert {path: story.digest(path) for path in cache_files(project.cache)} == before
    project.drop_dist()
    project.build()
    assert project.wheel_bytes() == edited


# --- others at the same time ------------------------------------------------------------------------------------------


def finish(process: "subprocess.Popen[bytes]") -> None:
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 0, out.decode(errors="replace")


def test_two_builds_of_one_checkout_at_once(make):
    project = make(small.everything())
    processes = [project.start() for _ in range(2)]
    for process in processes:
        finish(process)
    wheel = project.wheel_bytes()
    fresh = Project(project.folder, project.mode, project.cache.parent / "fresh", project.python)
    project.drop_dist()
    fresh.build()
    assert project.wheel_bytes() == wheel


def test_two_checkouts_at_once_build_each_step_once(make, folder):
    """The second build waits for steps of the first one and takes its bytes."""
    one = make(small.c_only(), "one")
    two = make(small.c_only(), "two")
    compiler = folder / "cc"
    compiler.write_text('#!/bin/sh\ncase " $* " in *" -c "*) sleep 1 ;; esac\nexec gcc "$@"\n')
    compiler.chmod(0o755)
    traces = [folder / "one.json", folder / "two.json"]
    processes = [project.start("--trace", str(trace), CC=str(compiler)) for project, trace in zip((one, two), traces)]
    for process in processes:
        finish(process)
    assert one.wheel_bytes() == two.wheel_bytes()
    ran = [step.label for trace in traces for step in story.read_trace(trace) if step.started and step.label.startswith("cc-")]
    assert len(ran) == 2, f"a source was compiled twice: {ran}"


def test_gc_beside_a_build(make):
    project = make(small.everything())
    project.build()
    wheel = project.wheel_bytes()
    for number in range(3):
        remove(project.cache / "roots")
        project.drop_dist()
        process = project.start()
        while process.poll() is None:
            project.cermet("cache", "gc", "--max-size", "1M", check=False)
            time.sleep(0.05)
        finish(process)
        assert project.wheel_bytes() == wheel


def test_gc_makes_room_and_the_next_build_is_right(make):
    project = make(small.everything())
    project.build()
    wheel = project.wheel_bytes()
    project.cermet("cache", "gc", "--max-size", "1")
    project.drop_dist()
    project.build()
    assert project.wheel_bytes() == wheel


def test_another_release_repeats_nothing(make, folder, monkeypatch):
    """Other bytes of the program itself are no reason to compile anything again; build scripts' $CARGO included."""
    files = small.everything()
    files["rust/core-part/build.rs"] = 'fn main() {\n    println!("cargo:rustc-env=CARGO_IS={}", std::env::var("CARGO").unwrap());\n}\n'
    project = make(files)
    project.build()
    first = project.wheel_bytes()
    project.drop_dist()
    newer = folder / "cermet"
    newer.write_bytes(Path(story.program()).read_bytes() + b"of another day")
    newer.chmod(0o755)
    monkeypatch.setenv("CERMET", str(newer))
    again = project.build()
    again.assert_no_compiler()
    assert not {step.label for step in again.steps if step.started and not step.inside}, again.steps
    assert project.wheel_bytes() == first


def test_what_the_cache_could_not_do_is_said(make):
    """A build that its cache could not follow is still a build, and names the reason."""
    project = make(small.pure())
    project.build()
    size = project.cache / "size"
    size.unlink()
    size.mkdir()
    project.write("small/more.py", "MORE = 1\n")
    build = project.build()
    assert f"note: old results could not be removed from the cache: cannot write {size}: Is a directory" in build.err
