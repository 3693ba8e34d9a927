"""The smallest project with every kind of edge: two checkouts of different path lengths have equal keys and equal bytes.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import os
import subprocess
import sys
import zipfile

import pytest

import seeds
import story
from story import Project


def checkout(name, folder, mode, python, cache="cache"):
    return Project.from_example("model", folder / name, mode, folder / cache, python=python)


def test_runs(model, folder):
    with zipfile.ZipFile(model.wheel) as wheel:
        wheel.extractall(folder / "site")
    done = subprocess.run([sys.executable, "-m", "model"], cwd=folder, env=story.base_environment(PYTHONPATH=str(folder / "site")),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    assert "model.clamp and model._count ran" in done.stdout


def test_second_checkout_starts_no_process(folder, mode, python):
    """At a path of another length; in plain mode too, because the script does not observe OUT_DIR."""
    one = checkout("a", folder, mode, python)
    one.build()
    two = checkout("a-second-checkout/at/a/path/of/another/length", folder, mode, python)
    build = two.build(watch=True)
    build.assert_no_compiler()
    assert not build.labels(), build.steps
    assert one.wheel_bytes() == two.wheel_bytes()


def test_equal_keys_and_equal_bytes(folder, python):
    """Both modes, two places, no cache shared: the same steps by label, the same bytes."""
    builds, wheels = [], []
    for mode in story.MODES:
        import conftest

        if mode == "mount" and conftest.mount_missing():
            pytest.skip(conftest.mount_missing())
        for name in ("a", "a-much-longer-name/of/a/folder"):
            project = checkout(f"{mode}/{name}", folder, mode, python, cache=f"cache-{mode}-{len(name)}")
            builds.append(project.build())
            wheels.append(project.wheel_bytes())
    for build, wheel in zip(builds, wheels):
        assert build.labels() == builds[0].labels()
        assert wheel == wheels[0]


def test_modes_share_their_steps(folder, python):
    """What plain mode built, mount mode finds, and the other way round."""
    import conftest

    if conftest.mount_missing():
        pytest.skip(conftest.mount_missing())
    for first, second in (("plain", "mount"), ("mount", "plain")):
        one = checkout(f"{first}-first", folder, first, python, cache=f"cache-{first}")
        one.build()
        one.mode = second
        wheel = one.wheel_bytes()
        one.drop_dist()
        one.build(watch=True).assert_no_compiler()
        assert one.wheel_bytes() == wheel


def test_a_comment_in_the_build_script_is_cut_off(model):
    wheel = model.wheel_bytes()
    model.edit("rust/model-core/build.rs", "const LIMIT: i64 = 100;", "const LIMIT: i64 = 100; // a round number")
    build = model.build()
    assert build.ran == {"model-core-build-script", "model-core-build-run"}, build.ran
    assert "model-core-build-run" in build.cut_off
    assert model.wheel_bytes() == wheel


def test_another_limit(model):
    """The script's header changes: the crate, the Cython and the C module follow; the macro does not."""
    model.edit("rust/model-core/build.rs", "const LIMIT: i64 = 100;", "const LIMIT: i64 = 150;")
    build = model.build()
    assert "model-macros" not in build.ran
    assert {"model-core-build-script", "model-core-build-run", "model-core"} <= build.ran
    assert "cython-model.clamp" in build.ran or any(name.startswith("cc-") for name in build.ran)
    assert sum(name.startswith("link-") for name in build.ran) == 2
    assert "MODEL_LIMIT 100" in model.read("model/model_limits.h"), "the checkout was written"


def test_the_macro(model):
    """Its output stays: the crate that calls it is compiled again and everything after it is cut off or runs."""
    model.edit("rust/model-macros/src/lib.rs", "takes one integer", "takes one number")
    build = model.build()
    assert {"model-macros", "model-core"} <= build.ran
    assert "model-core-build-script" not in build.ran


def test_no_cargo(model):
    """rustc is driven directly: cargo is never started, neither are setuptools or cythonize."""
    story.remove(model.cache)
    model.drop_dist()
    build = model.build(watch=True)
    assert "rustc" in build.programs()
    assert not [process for process in build.processes() if process.forbidden]


def test_without_cargo_on_path(model, folder):
    tools = folder / "bin"
    tools.mkdir()
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    (tools / "rustc").symlink_to(os.path.join(sysroot, "bin", "rustc"))
    story.remove(model.cache)
    wheel = model.wheel_bytes()
    model.drop_dist()
    model.build(PATH=f"{tools}:/usr/bin:/bin")
    assert model.wheel_bytes() == wheel


def test_explain_names_the_input(model):
    model.edit("model/_count.c", "count += model_clamp", "count +=  model_clamp")
    build = model.build()
    step = next(step for step in build.steps if step.label.startswith("cc-") and step.started)
    assert "_count.c" in step.why, step
    assert "_count.c" in model.explain(step.label)
