"""A crate that needs a large data file from the network: declared in its Cargo.toml, asked for by its script, never by itself.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Dict, Iterator

import pytest

from registry import Registry

CLIENT = Path(__file__).resolve().parents[2] / "shims/cargo/cermet-build"
DATA = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(5 * 1024 * 1024 // 32))
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture()
def server() -> Iterator[Registry]:
    registry = Registry()
    registry.answers["/words.bin"] = lambda handler, _: handler.answer(200, DATA)  # type: ignore[attr-defined]
    yield registry
    registry.stop()


def package(server: Registry, sha256: str = SHA256, declared: bool = True) -> Dict[str, str]:
    url = f"{server.url}words.bin"
    fetch = f'fetch = [{{ name = "words", url = "{url}", sha256 = "{sha256}", size = {len(DATA)}, license = "CC0-1.0" }}]\n' if declared else ""
    return {
        "Cargo.toml": '[package]\nname = "words"\nversion = "0.1.0"\nedition = "2021"\n[build-dependencies]\n'
                      f'cermet-build = {{ path = "{CLIENT.as_posix()}" }}\n[package.metadata.cermet]\n{fetch}',
        "Cargo.lock": 'version = 4\n\n[[package]]\nname = "cermet-build"\nversion = "0.1.0"\n\n'
                      '[[package]]\nname = "words"\nversion = "0.1.0"\ndependencies = [\n "cermet-build",\n]\n',
        "build.rs": f'''
fn main() {{
    let mut build = cermet_build::Build::new();
    let path = build.fetch("words", "{url}", "{sha256}").unwrap_or_else(|text| {{ eprintln!("{{text}}"); std::process::exit(1) }});
    println!("cargo::rustc-env=WORDS={{}}", std::fs::read(path).unwrap().len());
}}
''',
        "src/main.rs": 'fn main() {\n    println!("{}", env!("WORDS"));\n}\n',
    }


def build(project, *more: str, check: bool = True):
    return project.cermet("build", "--mode", project.mode, *more, check=check)


def said(project) -> str:
    return subprocess.run([str(project.path("target/debug/words"))], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def test_it_comes_once(make, server):
    project = make(package(server))
    build(project)
    assert said(project) == str(len(DATA))
    assert server.asked == ["/words.bin"]
    shutil.rmtree(project.path("target"))
    project.append("build.rs", "// the script is compiled and runs again\n")
    build(project, "--offline")
    assert server.asked == ["/words.bin"] and said(project) == str(len(DATA))


def test_under_cargo_it_comes_too(make, server):
    if shutil.which("cargo") is None:
        pytest.skip("no cargo")
    project = make(package(server))
    subprocess.run(["cargo", "build", "-q", "--offline"], cwd=project.folder, check=True, stdin=subprocess.DEVNULL)
    assert said(project) == str(len(DATA))


def test_offline_it_is_named(make, server):
    project = make(package(server))
    failed = build(project, "--offline", check=False)
    assert failed.code == 3 and not server.asked and "the download words of words v0.1.0 is not on this machine, and --offline" in failed.err, failed.text


@pytest.mark.parametrize("change, words", [
    ({"declared": False}, "the build script of words v0.1.0 fetches `words`, which it does not declare"),
    ({"sha256": "00" * 32}, "words.bin"),
])
def test_what_is_not_fetched(make, server, change, words):
    project = make(package(server, **change))
    failed = build(project, check=False)
    assert failed.code != 0 and words in failed.err, failed.text
    assert not project.path("target/debug/words").exists()


def test_a_declaration_that_is_no_list(make, server):
    """What is meant as a declaration is never passed over."""
    project = make(package(server, declared=False))
    project.append("Cargo.toml", 'fetch = "https://example.org/words.bin"\n')
    for command in (["build", "--mode", project.mode], ["audit"]):
        failed = project.cermet(*command, check=False)
        assert failed.code == 2 and "`fetch` of [package.metadata.cermet] is no list" in failed.err, failed.text
        assert "Cargo.toml:7" in failed.err, failed.text


def test_another_file_than_declared(make, server):
    """The script may not say other things than its manifest, which is what is audited."""
    project = make(package(server))
    project.edit("build.rs", SHA256, "11" * 32)
    failed = build(project, check=False)
    assert failed.code != 0 and "is declared with another sha256" in failed.err and not server.asked, failed.text


def test_it_is_audited_fetched_and_vendored(make, folder, server):
    """Before anything is built, and then a build without a network, with an empty cache, finds it."""
    project = make(package(server))
    listed = project.cermet("audit", "--json")
    entry = next(one for one in json.loads(listed.out)["external"] if one["kind"] == "download")
    assert entry["name"] == "words/words" and entry["digest"] == "sha256:" + SHA256 and entry["license"] == "CC0-1.0", entry
    assert entry["size"] == len(DATA) and entry["url"].endswith("/words.bin") and not server.asked
    missing = project.cermet("fetch", "--offline", check=False)
    assert missing.code != 0 and "words/words" in missing.err, missing.text
    project.cermet("fetch")
    assert server.asked == ["/words.bin"]
    build(project, "--offline")
    assert said(project) == str(len(DATA))
