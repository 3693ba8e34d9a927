"""The same inputs give the same bytes, whoever builds them, where, and how many steps run at once.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import os
import tarfile
import zipfile
from pathlib import Path

import pytest

import small
import story
from story import Contents, Project

RANDOM_SCRIPT = """fn main() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::write(out + "/now.rs", format!("pub const NOW: u128 = {now};")).unwrap();
}
"""


class Archives:
    def __init__(self, project: Project):
        self.wheel = project.wheel_bytes()
        self.sdist = Contents(next((project.folder / "dist").glob("*.tar.gz")))


def archives(project: Project, **environment: str) -> Archives:
    """Wheel and sdist, with nothing remembered."""
    story.remove(project.cache)
    project.drop_dist()
    project.build(**environment)
    project.build(command="sdist", **environment)
    return Archives(project)


def same(left: Archives, right: Archives) -> None:
    assert left.wheel == right.wheel
    assert left.sdist == right.sdist


def locales() -> "list[str]":
    import subprocess

    names = subprocess.run(["locale", "-a"], stdout=subprocess.PIPE, text=True, check=False).stdout.split()
    return [name for name in names if name not in ("C", "POSIX")][:2] or ["C"]


def test_every_condition(make, folder, mode, python):
    """Other folder, -j1 and -j2, umask, locale, time zone, user's name: one project, the same bytes."""
    project = make(small.everything())
    first = archives(project)
    project.jobs = 1
    same(first, archives(project, LC_ALL=locales()[0], LANG=locales()[-1], TZ="Asia/Kathmandu", USER="somebody", COLUMNS="40"))
    project.jobs = 2
    old = os.umask(0o077)
    try:
        elsewhere = project.moved(folder / "a much longer path" / "with folders" / "x")
        elsewhere.cache = folder / "another cache"
        for path in elsewhere.folder.rglob("*"):
            os.utime(path, (1, 1))
        same(first, archives(elsewhere, TZ="America/St_Johns"))
    finally:
        os.umask(old)


def test_modes_agree(folder, python):
    """Plain and mount mode give the same bytes."""
    import conftest

    if conftest.mount_missing():
        pytest.skip(conftest.mount_missing())
    made = [archives(Project.from_files(small.everything(), folder / mode, mode, folder / f"cache-{mode}", python=python))
            for mode in story.MODES]
    same(*made)


def test_hybrid_agrees_between_modes():
    import conftest
    import seeds

    if conftest.mount_missing():
        pytest.skip(conftest.mount_missing())
    wheels = []
    for mode in story.MODES:
        with seeds.held(f"hybrid-{mode}"):
            wheels.append(seeds.built_example("hybrid", mode).wheel_bytes())
    assert wheels[0] == wheels[1]


def test_workers_agree_with_single_processes(make):
    project = make(small.c_and_cython())
    project.build()
    wheel = project.wheel_bytes()
    story.remove(project.cache)
    project.drop_dist()
    project.build("--no-workers")
    assert project.wheel_bytes() == wheel


def test_source_date_epoch(make):
    project = make(small.c_only())
    project.edit("small/part.c", "long part", 'const char* when(void) { return __DATE__ " " __TIME__; }\nlong part')
    project.build(SOURCE_DATE_EPOCH="1700000000")
    wheel = project.wheel_bytes()
    with zipfile.ZipFile(project.wheel) as archive:
        assert {info.date_time for info in archive.infolist()} == {(2023, 11, 14, 22, 13, 20)}
        module = next(name for name in archive.namelist() if "_c." in name)
        assert b"Nov 14 2023 22:13:20" in archive.read(module)
    project.build(command="sdist", SOURCE_DATE_EPOCH="1700000000")
    with tarfile.open(next((project.folder / "dist").glob("*.tar.gz"))) as archive:
        assert {info.mtime for info in archive.getmembers()} == {1700000000}
    project.drop_dist()
    project.build()
    assert project.wheel_bytes() != wheel
    project.drop_dist()
    project.build(SOURCE_DATE_EPOCH="1700000000")
    assert project.wheel_bytes() == wheel


def test_no_place_of_this_machine_is_in_the_wheel(hybrid):
    with zipfile.ZipFile(hybrid.wheel) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            for place in (hybrid.folder, hybrid.cache, Path.home() / ".cargo", story.ROOT):
                assert os.fsencode(place) not in data, f"{name} names {place}"


def test_modes_of_files(make):
    """Whether a file was executable or private here does not get into the wheel or the sdist."""
    project = make(small.pure())
    project.path("small/__init__.py").chmod(0o600)
    project.build()
    wheel = project.wheel_bytes()
    project.path("small/__init__.py").chmod(0o644)
    project.drop_dist()
    project.build()
    assert project.wheel_bytes() == wheel


def test_a_step_that_gives_other_bytes_each_time(make):
    """--check runs every step twice: what is deterministic passes; what is not is named, fails, and keeps its first result."""
    project = make(small.everything())
    first = project.build()
    again = project.build("--check", "100")
    assert first.ran | {"cc-_c", "cc-cy", "cython-small.cy"} <= again.ran <= again.cut_off, again.text
    project.write("rust/core-part/build.rs", RANDOM_SCRIPT)
    project.append("rust/core-part/src/lib.rs", 'include!(concat!(env!("OUT_DIR"), "/now.rs"));\n')
    for _ in range(2):
        checked = project.build("--check", "100", check=False)
        assert checked.code == 1, checked.text
        assert "run build script of core-part v0.1.0 gave other bytes when it ran again: out/now.rs" in checked.err, checked.text
        assert "error: 1 of " in checked.err and "gave other bytes when they ran again" in checked.err, checked.text
        bytes_of_first = project.wheel_bytes()
        assert project.build().ran == set()
        assert project.wheel_bytes() == bytes_of_first
    wrong = project.build("--check", "0", check=False)
    assert wrong.code == 2 and "--check takes a number from 1 to 100, not 0" in wrong.err
