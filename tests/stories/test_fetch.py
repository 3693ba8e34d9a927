"""Crates come from registries without cargo: sparse indexes, tokens, replaced sources, and what goes wrong on the way.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import os
import shutil
from typing import Callable

import pytest

import small
from registry import CRATES_IO, Registry, manifest
from story import Build, Project


def project_with(make: Callable[..., Project], registry: Registry, folder, replaced: bool = False, checksum: bool = True) -> Project:  # type: ignore[no-untyped-def]
    """A library crate that needs `answer` 1.0.0, with no crate on this machine and no cargo to ask."""
    files = small.everything()
    sha256 = registry.add("answer", "1.0.0", "pub fn answer() -> i64 {\n    42\n}\n")
    source = CRATES_IO if replaced else f"sparse+{registry.url}"
    dependency = '"1"' if replaced else '{ version = "1", registry = "ours" }'
    files["rust/core-part/Cargo.toml"] += f"[dependencies]\nanswer = {dependency}\n"
    files["rust/core-part/src/lib.rs"] = '#[no_mangle]\npub extern "C" fn core_value() -> i64 {\n    answer::answer()\n}\n'
    files["rust/Cargo.lock"] = (f'version = 4\n\n[[package]]\nname = "answer"\nversion = "1.0.0"\nsource = "{source}"\n'
                                + (f'checksum = "{sha256}"\n' if checksum else "")
                                + '\n[[package]]\nname = "core-part"\nversion = "0.1.0"\ndependencies = [\n "answer",\n]\n')
    if replaced:
        config = f'[source.crates-io]\nreplace-with = "ours"\n[source.ours]\nregistry = "sparse+{registry.url}"\n'
    else:
        config = f'[registries.ours]\nindex = "sparse+{registry.url}"\n'
    files["rust/.cargo/config.toml"] = config
    project = make(files)
    home = folder / "cargo-home"
    home.mkdir(exist_ok=True)
    project.environment["CARGO_HOME"] = str(home)
    # rustc without cargo beside it.
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("rustc",):
        (tools / name).symlink_to(os.path.realpath(shutil.which(name) or name)) if not (tools / name).exists() else None
    return project


def build(project: Project, **more: object) -> Build:
    return project.build("small._r", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("replaced", [False, True], ids=["named", "replaced"])
def test_a_crate_comes_from_a_sparse_registry(make, folder, registry, replaced):
    """Its configuration, the crate; then never again, for another checkout neither. cargo's own cache stays empty."""
    project = project_with(make, registry, folder, replaced)
    first = build(project)
    assert "downloaded 1 crate" in first.text
    assert registry.asked == ["/config.json", registry.path("answer", "1.0.0")]
    registry.server.shutdown()
    other = project.moved(folder / "other")
    build(other)
    project.append("rust/core-part/src/lib.rs", "// edited\n")
    build(project, watch=True)
    assert not list((folder / "cargo-home").iterdir())


def test_the_index_knows_the_checksum_that_the_lock_lacks(make, folder, registry):
    project = project_with(make, registry, folder, checksum=False)
    build(project)
    assert "/an/sw/answer" in registry.asked


def test_other_bytes_are_refused(make, folder, registry):
    project = project_with(make, registry, folder)
    registry.add("answer", "1.0.0", "pub fn answer() -> i64 {\n    666\n}\n")
    failed = build(project, check=False)
    assert failed.code == 2 and "checksum mismatch: answer 1.0.0" in failed.err
    registry.add("answer", "1.0.0", "pub fn answer() -> i64 {\n    42\n}\n")
    build(project)


def test_a_cut_download_is_gone_on_from(make, folder, registry):
    """The connection ends in the middle: curl, or the next build, asks for the rest."""
    project = project_with(make, registry, folder)
    path = registry.path("answer", "1.0.0")
    times = []

    def cut(handler, body):
        times.append(handler.headers.get("Range"))
        if len(times) > 1:
            del registry.answers[path]
            return handler.answer(200, body)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.wfile.flush()
        handler.connection.close()

    registry.answers[path] = cut
    first = build(project, check=False)
    if first.code != 0:
        assert "cannot download answer 1.0.0" in first.err
        build(project)
    assert len(times) >= 2 and times[1] is not None and times[1].startswith("bytes="), times


def test_a_server_that_is_busy_is_asked_again(make, folder, registry):
    project = project_with(make, registry, folder)
    path = registry.path("answer", "1.0.0")
    times = []

    def busy(handler, body):
        times.append(1)
        if len(times) < 3:
            return handler.answer(503, b"")
        return handler.answer(200, body)

    registry.answers[path] = busy
    build(project)
    assert len(times) == 3


def test_a_missing_version_is_named(make, folder, registry):
    project = project_with(make, registry, folder)
    del registry.crates["answer", "1.0.0"]
    failed = build(project, check=False)
    assert failed.code == 3 and "cannot download answer 1.0.0" in failed.err and "404" in failed.err


def test_tokens(make, folder, registry):
    """From the environment, or from where `cargo login` keeps them; without one the error says how to get one."""
    project = project_with(make, registry, folder)
    registry.token = "secret"
    failed = build(project, check=False)
    assert failed.code == 3 and "cargo login" in failed.err, failed.err
    assert "secret" not in failed.text
    (folder / "cargo-home" / "credentials.toml").write_text('[registries.ours]\ntoken = "wrong"\n')
    assert build(project, check=False).code == 3
    watched = build(project, watch=True, CARGO_REGISTRIES_OURS_TOKEN="secret")
    assert all("secret" not in " ".join(process.argv) for process in watched.processes())


def test_offline_is_said_before_anything_is_asked(make, folder, registry):
    project = project_with(make, registry, folder)
    failed = project.build("--offline", "small._r", check=False)
    assert failed.code == 3 and "answer 1.0.0" in failed.err
    assert not registry.asked


def test_only_what_the_target_needs_is_downloaded(make, folder, registry):
    """Not for other platforms, features that are off, or other members; `cermet fetch` brings those too."""
    project = project_with(make, registry, folder, replaced=True)
    registry.add("deepest", "1.0.0", "pub const VALUE: i64 = 42;\n")
    registry.add("deeper", "1.0.0", "pub use deepest::VALUE;\n", '[dependencies]\ndeepest = "1"\n')
    for name in ("windows-only", "optional-thing", "for-tests", "others"):
        registry.add(name, "1.0.0")
    registry.add("answer", "1.0.0", "pub fn answer() -> i64 {\n    deeper::VALUE\n}\n",
                 '[dependencies]\ndeeper = "1"\noptional-thing = { version = "1", optional = true }\n'
                 '[target."cfg(windows)".dependencies]\nwindows-only = "1"\n')
    project.append("rust/core-part/Cargo.toml", '[dev-dependencies]\nfor-tests = "1"\n')
    project.edit("rust/Cargo.toml", '"core-part"', '"core-part", "other-part"')
    project.write("rust/other-part/Cargo.toml", manifest("other-part", "0.1.0", '[dependencies]\nothers = "1"\n'))
    project.write("rust/other-part/src/lib.rs", "")
    project.write("rust/Cargo.lock", registry.lock(
        ("answer", "1.0.0", ["deeper", "optional-thing", "windows-only"]), ("deeper", "1.0.0", ["deepest"]), ("deepest", "1.0.0", []),
        ("windows-only", "1.0.0", []), ("optional-thing", "1.0.0", []), ("for-tests", "1.0.0", []), ("others", "1.0.0", []),
        local={"core-part": ["answer", "for-tests"], "other-part": ["others"]}))
    build(project)
    assert registry.downloads() == ["answer", "deeper", "deepest"]
    registry.asked.clear()
    assert "fetched 4 of 7 packages" in project.cermet("fetch").out
    assert sorted(registry.downloads()) == ["for-tests", "optional-thing", "others", "windows-only"]
