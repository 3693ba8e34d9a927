#!/usr/bin/env python3
"""Pythons to build for that no package manager installs here: one of another machine, and variants made from source.

SPDX-License-Identifier: MIT
Usage: tools/other_python.py NAME      prints the directory that it is in; exit code 3 and the reason where it cannot be had
  arm64      Debian's Python for arm64, unpacked, never installed: its prefix is DIRECTORY/usr, beside it build-details.json
  313d 313t  CPython 3.13 of Debian's source package: a debug build, and one without the global lock
Everything lies below build/pythons, once. apt fetches, with lists of its own, from where this machine's apt does.
"""
from __future__ import annotations

import glob
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict, List

ROOT = Path(__file__).resolve().parents[1] / "build" / "pythons"
PACKAGES = ["libpython{v}-dev", "libpython{v}-minimal", "libpython{v}-stdlib", "libpython{v}", "python{v}-minimal", "libexpat1", "zlib1g"]
VARIANTS = {"313d": ["--with-pydebug"], "313t": ["--disable-gil"]}
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
SOURCE_SUITE, SOURCE_PACKAGE = "trixie", "python3.13"


class Missing(Exception):
    """What cannot be had here, in one line."""


def run(*command: str, cwd: Path, log: str = "log", **environment: str) -> str:
    done = subprocess.run(command, cwd=cwd, env=dict(os.environ, **environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    (cwd / log).write_text(done.stdout)
    if done.returncode != 0:
        raise Missing(f"`{' '.join(command[:3])} …` failed: {(done.stdout.strip().splitlines() or ['nothing said'])[-1]} (in {cwd / log})")
    return done.stdout


def own_archive() -> Dict[str, str]:
    """The archive that this machine's apt takes packages from, its suite, and the keys that it is signed with."""
    if not shutil.which("apt-get"):
        raise Missing("there is no apt-get: only Debian and its like have these packages")
    form = "$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)\t$(ORIGIN)"
    listed = subprocess.run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"], stdout=subprocess.PIPE, text=True).stdout
    codename = re.search(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text(), re.M)
    for line in listed.splitlines():
        uri, release, component, origin = (line.split("\t") + [""] * 4)[:4]
        if component == "main" and origin == "Debian" and codename and release == codename[1]:
            return {"uri": uri, "suite": release, "keys": KEYS if Path(KEYS).exists() else ""}
    raise Missing("apt knows no Debian archive; is it Debian, and was `apt-get update` run?")


def private_apt(folder: Path, line: str, archive: Dict[str, str], architecture: str) -> Dict[str, str]:
    """An apt that knows this one line; the machine's own lists are not touched."""
    for part in ("lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    signed = f"[signed-by={archive['keys']}] " if archive["keys"] else ""
    (folder / "sources.list").write_text(line.format(signed=signed, **archive))
    (folder / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{folder}/sources.list";\nDir::Etc::sourceparts "/dev/null";\nDir::State::lists "{folder}/lists";\n'
        f'Dir::Cache "{folder}/cache";\nAPT::Architecture "{architecture}";\nAPT::Architectures {{ "{architecture}"; }};\n'
        'APT::Sandbox::User "root";\n')
    environment = {"APT_CONFIG": str(folder / "apt.conf")}
    run("apt-get", "update", "-q", cwd=folder, log="update.log", **environment)
    return environment


def details(version: str) -> Dict[str, object]:
    """What Python 3.14 and newer install themselves (PEP 739)."""
    suffix = f".cpython-{version.replace('.', '')}-aarch64-linux-gnu.so"
    major, minor = (int(part) for part in version.split("."))
    info = {"major": major, "minor": minor, "micro": 2, "releaselevel": "final", "serial": 0}
    return {
        "schema_version": "1.0", "base_prefix": "usr", "base_interpreter": f"bin/python{version}", "platform": "linux-aarch64",
        "language": {"version": version, "version_info": info},
        "implementation": {"name": "cpython", "version": info, "cache_tag": f"cpython-{major}{minor}", "_multiarch": "aarch64-linux-gnu"},
        "abi": {"flags": [], "extension_suffix": suffix, "stable_abi_suffix": ".abi3.so"},
        "libpython": {"dynamic": f"lib/aarch64-linux-gnu/libpython{version}.so.1.0", "link_extensions": False},
        "c_api": {"headers": f"include/python{version}"},
    }


def arm64(folder: Path) -> None:
    archive = own_archive()
    found = re.search(r"(3\.\d+)", subprocess.run(["apt-cache", "depends", "python3"], stdout=subprocess.PIPE, text=True).stdout)
    if not found:
        raise Missing("apt-cache does not say which Python is Debian's")
    environment = private_apt(folder, "deb {signed}{uri} {suite} main\n", archive, "arm64")
    run("apt-get", "download", "-q", *(name.format(v=found[1]) for name in PACKAGES), cwd=folder, **environment)
    for package in sorted(folder.glob("*.deb")):
        run("dpkg", "-x", str(package), str(folder), cwd=folder)
        package.unlink()
    (folder / "build-details.json").write_text(json.dumps(details(found[1]), indent=1) + "\n")


def from_source(folder: Path, options: List[str]) -> None:
    archive = own_archive()
    environment = private_apt(folder, f"deb-src {{signed}}{{uri}} {SOURCE_SUITE} main\n", archive, "amd64")
    run("apt-get", "source", "-q", "--download-only", SOURCE_PACKAGE, cwd=folder, **environment)
    for old in glob.glob(str(folder / "Python-*")):
        shutil.rmtree(old)
    run("tar", "-xf", str(next(folder.glob("*.orig.tar.xz"))), cwd=folder)
    source = next(folder.glob("Python-*"))
    run("./configure", f"--prefix={folder}/usr", *options, "--without-ensurepip", "--disable-test-modules", "CFLAGS=-O0", cwd=source)
    run("make", f"-j{os.environ.get('JOBS', os.cpu_count() or 1)}", cwd=source, log="make.log")
    run("make", "install", cwd=source, log="install.log")
    shutil.rmtree(source)


def prepare(name: str) -> Path:
    """The directory; made the first time. Raises Missing."""
    folder = ROOT / name
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        if name == "arm64":
            arm64(folder)
        else:
            from_source(folder, VARIANTS[name])
        (folder / "complete").write_text("")
    return folder


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("arm64", *VARIANTS):
        sys.exit(__doc__)
    try:
        print(prepare(sys.argv[1]))
    except Missing as problem:
        print(f"{sys.argv[1]}: {problem}", file=sys.stderr)
        sys.exit(3)
