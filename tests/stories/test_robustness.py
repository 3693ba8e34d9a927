"""Killed builds and bad compilers: the next build is right, and no process stays behind.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

import small
import story
from story import Project, copy_tree, difference, kill_group, remove, wait_until_none


def fake_compiler(folder: Path, body: str, only_once: bool = False) -> Path:
    """A C compiler that behaves as `body` when it compiles a file of the project, and is gcc otherwise."""
    path = folder / "cc"
    marker = folder / "happened"
    guard = f'[ ! -e {marker} ] && touch {marker} && ' if only_once else ""
    path.write_text(
        "#!/bin/bash\n"
        'out=; previous=\nfor word in "$@"; do [ "$previous" = -o ] && out=$word; previous=$word; done\n'
        'case " $* " in *" -c "*part.c*)\n'
        f"    if {guard}true; then\n{body}\n    fi ;;\nesac\n"
        'exec gcc "$@"\n')
    path.chmod(0o755)
    return path


def fail_then_recover(project: Project, compiler: Path, seconds: float = 60) -> "story.Build":
    """The build fails as a failed step; with a good compiler the next one gives the right bytes."""
    fresh = Project(project.folder, project.mode, project.cache.parent / "fresh", project.python)
    fresh.build()
    right = project.wheel_bytes()
    project.drop_dist()
    begin = time.monotonic()
    failed = project.build(CC=str(compiler), check=False)
    assert failed.code == 1, f"exit code {failed.code}\n{failed.text}"
    assert time.monotonic() - begin < seconds
    assert not list(project.folder.glob("dist/*.whl"))
    again = project.build(CC=str(compiler), check=False)
    assert again.code == 1, "a failure was remembered as a success"
    project.build()
    assert project.wheel_bytes() == right
    return failed


def test_compiler_crashes(make, folder):
    failed = fail_then_recover(make(small.c_only()), fake_compiler(folder, "        kill -SEGV $$"))
    assert "part.c" in failed.err
    assert "signal 11" in failed.err or "SIGSEGV" in failed.err or "Segmentation" in failed.err, failed.err


def test_compiler_fails_with_a_message(make, folder):
    failed = fail_then_recover(make(small.c_only()), fake_compiler(folder, "        echo 'part.c:1:1: error: no' >&2; exit 1"))
    assert "part.c:1:1: error: no" in failed.err


def test_compiler_writes_half_a_file(make, folder):
    """It leaves half of an object and is killed: the half is never used."""
    body = '        gcc "$@" && head -c 200 "$out" > "$out.half" && mv -f "$out.half" "$out"; kill -9 $$'
    fail_then_recover(make(small.c_only()), fake_compiler(folder, body))


def test_compiler_says_success_and_writes_nothing(make, folder):
    failed = fail_then_recover(make(small.c_only()), fake_compiler(folder, "        exit 0"))
    assert "part" in failed.err


def test_compiler_floods(make, folder):
    """60 MB of messages: the step fails with some of them, in bounded time and memory."""
    body = "        head -c 60000000 /dev/zero | tr '\\0' 'x' | fold -w 100 >&2; exit 1"
    failed = fail_then_recover(make(small.c_only()), fake_compiler(folder, body), seconds=60)
    assert len(failed.err) < 10_000_000, f"{len(failed.err)} bytes were shown"


def test_compiler_that_warns_and_works(make, folder):
    """Warnings are shown again when the step is remembered."""
    project = make(small.c_only())
    project.edit("small/part.c", "long part", "#warning story-warning\nlong part")
    assert "story-warning" in project.build().err
    assert "story-warning" in project.build().err
    project.drop_dist()
    assert "story-warning" in project.build().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_compiler_hangs_and_the_build_is_interrupted(make, folder, number):
    """Ctrl-C leaves no process, not even one that ignores signals or has left its session."""
    project = make(small.c_only())
    mark = f"600.{os.getpid()}{time.monotonic_ns()}"  # the sleeping processes are found by it
    compiler = fake_compiler(folder, f"        trap '' INT TERM HUP\n        setsid sleep {mark} &\n        sleep {mark}; sleep {mark}")
    process = project.start(CC=str(compiler))
    end = time.monotonic() + 60
    while len(story.processes_with(mark)) < 2 and time.monotonic() < end:
        assert process.poll() is None, "the build ended by itself"
        time.sleep(0.05)
    assert len(story.processes_with(mark)) == 2
    os.kill(process.pid, number)
    begin = time.monotonic()
    out, _ = process.communicate(timeout=30)
    assert time.monotonic() - begin < 10
    assert process.returncode != 0, out.decode()
    left = wait_until_none(mark)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left, "processes stayed behind"
    project.build()


def test_failed_step_says_how_to_run_it(make):
    project = make(small.c_only())
    project.edit("small/part.c", "return PART;", "return PRAT;")
    failed = project.build(check=False)
    assert failed.code == 1
    assert "PRAT" in failed.err and "small/part.c" in failed.err


def test_keep_going_shows_every_failure(make):
    project = make(small.c_and_cython())
    project.edit("small/part.c", "return PART;", "return PRAT;")
    project.append("small/cy.pyx", "\ncdef broken(\n")
    failed = project.build("--keep-going", check=False)
    assert failed.code == 1
    assert "PRAT" in failed.err and "cy.pyx" in failed.err


# --- kill -9 ----------------------------------------------------------------------------------------------------------


def test_kill_at_random_moments(make, folder, request):
    """kill -9 of the program, or of all its processes, at any moment: the next build is right."""
    count = request.config.getoption("--kills")
    project = make(small.c_and_cython())
    texts = {value: project.read("small/part.h").replace("PART 2", f"PART {value}") for value in (2, 3)}
    right = {}
    for value, text in texts.items():
        fresh = Project(project.folder, project.mode, folder / "fresh", project.python)
        remove(fresh.cache)
        project.write("small/part.h", text)
        cold = fresh.build().seconds
        right[value] = project.wheel_bytes()
    other = texts[2].replace("PART 2", "PART 4")
    project.write("small/part.h", other)
    warm = fresh.build().seconds
    chance = random.Random(11)
    killed = 0
    for number in range(count):
        if number % 5 == 0:
            remove(project.cache)  # from nothing; else on top of what the killed ones left
        value = 2 + number % 2
        # A comment makes the text new, so that there is something to do, and the bytes stay.
        project.write("small/part.h", texts[value] + f"/* {number} */\n")
        project.drop_dist()
        process = project.start()
        time.sleep(chance.uniform(0, 1.1 * (cold if number % 5 == 0 else warm)))
        running = process.poll() is None
        killed += running
        if running and chance.random() < 0.5:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
        else:
            kill_group(process)
            process.communicate()
        build = project.build(check=False)
        assert build.code == 0, f"after kill {number}: {build.text}"
        assert project.wheel_bytes() == right[value], f"after kill {number}: {difference(project.wheel_bytes(), right[value])}"
    assert killed >= count // 4, f"only {killed} of {count} builds were killed before their end"


def test_memory_is_shared_out(make, folder):
    """Steps whose peaks do not fit together wait for each other; what they really need is learnt."""
    compiler = fake_compiler(folder, "        sleep 0.5")
    compiler.write_text(compiler.read_text().replace("part.c*", "more*"))
    more = [f"small/more{i}.c" for i in range(3)]
    project = make({**small.c_only(), **{name: f"int {name[6:11]}(void) {{ return 0; }}\n" for name in more}})
    project.edit("pyproject.toml", '"small/part.c"', ", ".join(f'"{name}"' for name in ["small/part.c", *more]))

    def most_at_once() -> int:
        built = project.build("-j4", "--memory", "700M", CC=str(compiler))
        compiled = [s for s in built.steps if s.label.startswith("cc-more")]
        assert len(compiled) == 3
        return max(sum(s.begin <= step.begin < s.end for s in compiled) for step in compiled)

    assert most_at_once() == 1, "steps that nobody knows are taken for large ones"
    for name in more:
        project.append(name, f"int edited_{name[6:11]}(void) {{ return 1; }}\n")
    assert most_at_once() > 1, "the first build did not teach how small they are"


def test_a_step_without_memory_runs_again_alone(make, folder):
    """The kernel kills the largest process: it runs again when nothing else does, and the build goes on."""
    waits = f"sleep 1.{os.getpid()}9"  # found among all processes
    beside = f"$(pgrep -c -x -f '{waits}')"
    compiler = fake_compiler(folder, f"        {waits} & sleep 0.6; [ {beside} -lt 2 ] || kill -9 $$; wait")
    compiler.write_text(compiler.read_text().replace("part.c*", "*.c*"))
    project = make(small.c_only())
    built = project.build("-j4", CC=str(compiler))
    assert "want of memory" in built.err, built.err
    steps = [s for s in built.steps if s.label.startswith(("cc-part", "cc-_c"))]
    assert sorted(s.outcome for s in steps)[-2:] == ["ran", "ran"], steps
