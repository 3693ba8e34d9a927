"""`cermet audit`: every external byte that a build would use, told before anything is built or fetched.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, Dict, List

import pytest

import small
from registry import CRATES_IO, Registry, manifest, sha256
from story import Project, remove

RATES = b"7\n"


@pytest.fixture
def project(folder: Path, python: Path, registry: Registry) -> Project:
    """Crates, one of them only for Windows; a download; Cython. Nothing of it but Cython is on this machine."""
    files = small.everything()
    for name, version, license_, more in (("two", "1.0.0", 'license = "Apache-2.0"\n', ""),
                                          ("windows-only", "0.3.0", 'license-file = "LICENSE.txt"\n', ""),
                                          ("one", "1.2.0", 'license = "MIT OR Apache-2.0"\n',
                                           '[dependencies]\ntwo = "1"\n[target."cfg(windows)".dependencies]\nwindows-only = "0.3"\n')):
        registry.add(name, version, "pub const VALUE: i64 = 4;\n", license_ + more)
    files["rust/core-part/Cargo.toml"] += '[dependencies]\none = "1"\n'
    files["rust/Cargo.lock"] = registry.lock(("one", "1.2.0", ["two", "windows-only"]), ("two", "1.0.0", []),
                                             ("windows-only", "0.3.0", []), local={"core-part": ["one"]})
    files["rust/.cargo/config.toml"] = registry.replacement()
    files["pyproject.toml"] += (f'\n[[tool.cermet.download]]\nname = "rates"\nurl = "{registry.url}rates.csv"\n'
                                f'sha256 = "{sha256(RATES)}"\nsize = {len(RATES)}\nlicense = "CC0-1.0"\n'
                                '\n[[tool.cermet.generate]]\nname = "tables"\ncommand = ["true"]\noutputs = ["small/t.h"]\n'
                                'uses = ["download:rates"]\n')
    registry.answers["/rates.csv"] = lambda handler, _: handler.answer(200, RATES)
    project = Project.from_files(files, folder / "project", "plain", folder / "cache", python=python)
    project.environment["CARGO_HOME"] = str(folder / "cargo-home")
    return project


def audit(project: Project, *more: str) -> Dict[str, Dict[str, Any]]:
    listed = json.loads(project.cermet("audit", "--json", "--python", str(project.python), *more).out)
    assert listed["version"] == 1 and listed["scripts-network"] in ("refused", "open")
    return {one["name"]: one for one in listed["external"]}


def line_of(project: Project, file: str, text: str) -> int:
    return project.read(file)[: project.read(file).index(text)].count("\n") + 1


def test_before_anything_is_here(project, registry):
    """Who asks and why, from where it would come; what cannot be known is null. Nobody is asked, nothing is written."""
    found = audit(project)
    assert not registry.asked and not list(project.cache.glob("pkg/crate-*"))
    assert sorted(found) == ["cython", "one", "rates", "two", "windows-only"]
    two = found["two"]
    assert (two["kind"], two["version"], two["source"]) == ("crate", "1.0.0", CRATES_IO)
    assert two["digest"] == "sha256:" + sha256(registry.crates["two", "1.0.0"])
    assert two["size"] is None and two["license"] is None and two["url"] is None
    assert two["origin"] == "mirror" and registry.url in two["from"] and not two["here"]
    assert two["index"].startswith(registry.url), "the registry says where its crates are"
    assert two["asked"] == [{"file": "rust/Cargo.lock", "line": line_of(project, "rust/Cargo.lock", 'name = "two"') - 1,
                             "why": ["core-part 0.1.0", "one 1.2.0", "two 1.0.0"]}]
    rates = found["rates"]
    assert (rates["kind"], rates["url"], rates["size"]) == ("download", registry.url + "rates.csv", len(RATES))
    assert (rates["digest"], rates["license"], rates["origin"]) == ("sha256:" + sha256(RATES), "CC0-1.0", "network")
    assert rates["asked"] == [{"file": "pyproject.toml", "line": line_of(project, "pyproject.toml", 'uses = ["download:rates"]'),
                               "why": ["[[generate]] tables", "download:rates"]}]
    cython = found["cython"]
    assert (cython["kind"], cython["origin"], cython["license"], cython["here"]) == ("python", "environment", "Apache-2.0", True)
    assert cython["size"] > 1_000_000 and cython["digest"].startswith("tree:")
    assert [one["why"][-1] for one in cython["asked"]] == ["Cython", "cython>=3"]
    assert cython["asked"][1]["line"] == line_of(project, "pyproject.toml", "requires = [")


def test_when_everything_is_here(project, registry):
    """Licenses are those of the manifests; addresses those that the registry said."""
    project.cermet("fetch")
    registry.asked.clear()
    found = audit(project, "--offline")
    assert not registry.asked
    assert {name: one["license"] for name, one in found.items() if one["kind"] == "crate"} == {
        "one": "MIT OR Apache-2.0", "two": "Apache-2.0", "windows-only": "file LICENSE.txt"}
    assert found["two"]["url"] == registry.url + "dl/two/1.0.0/download"
    assert {one["index"] for one in found.values()} == {None}, "nobody is asked"
    assert {one["origin"] for one in found.values()} == {"cache", "environment"} and all(one["here"] for one in found.values())
    assert found["rates"]["size"] == len(RATES)
    text = project.cermet("audit", "--python", str(project.python)).out
    assert "crate two 1.0.0  Apache-2.0" in text and "core-part 0.1.0 -> one 1.2.0 -> two 1.0.0" in text
    assert "5 external things: 0 to be fetched, 0 missing" in text


def test_every_place_it_can_come_from(project, registry, folder):
    """cargo's home, a vendored directory, a mirror, a file of the user's; and one that nobody has."""
    cached = folder / "cargo-home/registry/cache/ours"
    cached.mkdir(parents=True)
    (cached / "two-1.0.0.crate").write_bytes(registry.crates["two", "1.0.0"])
    two = audit(project)["two"]
    assert (two["origin"], two["size"], two["license"]) == ("cargo-home", len(registry.crates["two", "1.0.0"]), "Apache-2.0")
    mirrored = audit(project, "-C", f"mirrors.{registry.url}=http://mirror.example/")["rates"]
    assert (mirrored["origin"], mirrored["from"]) == ("mirror", "http://mirror.example/rates.csv")
    assert mirrored["source"] == registry.url + "rates.csv"
    (folder / "mine.csv").write_bytes(RATES)
    assert audit(project, "-C", f"download.rates.file={folder}/mine.csv")["rates"]["origin"] == "local-file"
    assert audit(project, "-C", f"download.rates.file={folder}/absent.csv")["rates"]["origin"] == "nowhere"
    written = project.cermet("vendor", "rust/vendor")
    project.write("rust/.cargo/config.toml", written.out.replace("rust/vendor", "vendor"))
    remove(project.path("rust/vendor/two"))
    remove(project.cache)
    found = audit(project, "-C", "vendored-downloads=rust/vendor/.downloads")
    assert (found["one"]["origin"], found["one"]["license"]) == ("vendored", "MIT OR Apache-2.0")
    assert (found["two"]["origin"], found["rates"]["origin"]) == ("nowhere", "vendored")
    failed = project.cermet("audit", "--offline", "-C", "vendored-downloads=rust/vendor/.downloads", check=False)
    assert failed.code == 3 and "not on this machine: two 1.0.0" in failed.err and "MISSING" in failed.out


def test_what_is_missing_is_listed_whole(project, registry):
    failed = project.cermet("audit", "--offline", check=False)
    assert failed.code == 3 and not registry.asked
    assert "not on this machine: one 1.2.0, two 1.0.0, windows-only 0.3.0, the download rates" in failed.err, failed.err


def test_a_workspace_without_python(folder, registry):
    """The plain one that cargo would build; and a git source by its revision."""
    registry.add("one", "1.0.0")
    git = '\n[[package]]\nname = "from-git"\nversion = "0.2.0"\nsource = "git+https://example.org/repo?branch=main#' + "a" * 40 + '"\n'
    lock = registry.lock(("one", "1.0.0", []), local={"app": ["from-git", "one"]})
    project = Project.from_files({
        "Cargo.toml": manifest("app", "0.1.0", '[dependencies]\none = "1"\nfrom-git = { git = "https://example.org/repo", branch = "main" }\n'),
        "Cargo.lock": lock.replace('\n[[package]]\nname = "one"', git + '\n[[package]]\nname = "one"'), "src/lib.rs": "",
    }, folder / "project", "plain", folder / "cache", CARGO_HOME=str(folder / "cargo-home"))
    found = {one["name"]: one for one in json.loads(project.cermet("audit", "--json").out)["external"]}
    assert (found["from-git"]["kind"], found["from-git"]["url"]) == ("git", "https://example.org/repo")
    assert found["from-git"]["digest"] == "git:" + "a" * 40 and found["from-git"]["origin"] == "network"
    assert found["one"]["url"] == "https://static.crates.io/crates/one/1.0.0/download" and found["one"]["origin"] == "network"


# --- scripts and generators have no network ---


def no_network_for_steps(project: Project) -> bool:
    return json.loads(project.cermet("audit", "--json", "--python", str(project.python)).out)["scripts-network"] == "refused"


@pytest.mark.parametrize("who", ["generator", "script"])
def test_who_asks_the_network_is_told_how_to_declare_it(folder, python, who):
    """The error names the step, what it said, and the declaration; a server of this machine is out of reach, too."""
    files = small.everything()
    if who == "generator":
        files["pyproject.toml"] += ('\n[[tool.cermet.generate]]\nname = "tables"\ncommand = ["python", "ask.py"]\ninputs = ["ask.py"]\n'
                                    'outputs = ["small/t.h"]\n')
        files["ask.py"] = "import urllib.request\nurllib.request.urlopen('http://data.example.org/rates.csv')\n"
    else:
        files["rust/core-part/build.rs"] = (
            'use std::net::ToSocketAddrs;\nfn main() {\n    "data.example.org:80".to_socket_addrs().unwrap();\n}\n')
    project = Project.from_files(files, folder / "project", "plain", folder / "cache", python=python)
    if not no_network_for_steps(project):
        pytest.skip("this kernel cannot take the network from a step")
    failed = project.build("generate:tables" if who == "generator" else "small._r", check=False)
    assert failed.code == 1 and "it has no network (`" in failed.err, failed.err
    if who == "generator":
        assert "generate tables failed" in failed.err and "[[tool.cermet.download]]" in failed.err
    else:
        assert "build script of core-part" in failed.err and "[tool.cermet.crates.core-part]" in failed.err


def test_a_server_of_this_machine_is_out_of_reach(folder, python):
    files = small.pure()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        files["pyproject.toml"] += ('\n[[tool.cermet.generate]]\nname = "tables"\ncommand = ["python", "ask.py"]\ninputs = ["ask.py"]\n'
                                    'outputs = ["small/t.h"]\n')
        files["ask.py"] = f"import socket\nsocket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 5)\n"
        project = Project.from_files(files, folder / "project", "plain", folder / "cache", python=python)
        if not no_network_for_steps(project):
            pytest.skip("this kernel cannot take the network from a step")
        assert project.build("generate:tables", check=False).code == 1
