"""Workspaces whose Cargo.lock is not beside their manifest.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import small

PART = '[package]\nname = "other-part"\nversion = "0.1.0"\nedition = "2021"\n'


def without_lock(make):
    project = make(small.everything())
    project.delete("rust/Cargo.lock")
    return project


def test_cargo_resolves_a_missing_lock_once(make):
    project = without_lock(make)
    build = project.build("--offline")
    assert "there is no Cargo.lock for rust/Cargo.toml: cargo resolved one" in build.err
    assert not project.path("rust/Cargo.lock").exists()
    project.drop_dist()
    again = project.build("--offline", watch=True)
    again.assert_no_compiler()
    assert not [process for process in again.processes() if process.forbidden]


def test_a_new_member_is_added_to_the_lock(make):
    project = without_lock(make)
    project.build("--offline")
    project.write("rust/other-part/Cargo.toml", PART)
    project.write("rust/other-part/src/lib.rs", "pub fn three() -> i64 {\n    3\n}\n")
    project.edit("rust/Cargo.toml", '["core-part"]', '["core-part", "other-part"]')
    project.append("rust/core-part/Cargo.toml", '\n[dependencies]\nother-part = { path = "../other-part" }\n')
    project.edit("rust/core-part/src/lib.rs", "    4\n", "    other_part::three() + 1\n")
    build = project.build("--offline")
    assert any("other-part" in step.description for step in build.steps if step.started)


def test_the_project_s_own_lock_takes_over(make):
    project = without_lock(make)
    project.build("--offline")
    project.write("rust/Cargo.lock", small.everything()["rust/Cargo.lock"])
    build = project.build("--offline", watch=True)
    assert "cargo resolved one" not in build.err
    build.assert_no_compiler()


def test_a_lock_of_another_name(make):
    project = without_lock(make)
    project.write("locks/rust.lock", small.everything()["rust/Cargo.lock"])
    project.edit("pyproject.toml", 'manifest-path = "rust/Cargo.toml"',
                    'manifest-path = "rust/Cargo.toml"\nlock-file = "locks/rust.lock"')
    build = project.build("--offline", "--locked")
    assert "cargo resolved one" not in build.err
    assert not project.path("rust/Cargo.lock").exists()
