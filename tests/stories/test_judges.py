"""Other people's tools judge the example's wheel and sdist.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Iterator

import pytest

import seeds
import small
import story
from story import Contents, Project, make_venv

TOOLS = Path(sys.executable).parent


def run(*words: str, cwd: Path, project: Project = None, **environment: str) -> str:  # type: ignore[assignment]
    env = project.command_environment(**environment) if project else story.base_environment(**environment)
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=600)
    assert done.returncode == 0, f"{words[0]} {words[1:3]}: exit code {done.returncode}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def built() -> Iterator[Project]:
    """examples/hybrid with wheel and sdist."""
    with seeds.held("hybrid-plain"):
        project = seeds.built_example("hybrid", "plain")
        project.build(command="sdist")
        yield project


@pytest.fixture(scope="module")
def sdist(built) -> Path:
    return next((built.folder / "dist").glob("*.tar.gz"))


def test_installer(built, folder):
    """`installer` checks the RECORD; what it installs runs from an empty folder."""
    code = ("import sys\nfrom installer.sources import WheelFile\n"
            "with WheelFile.open(sys.argv[1]) as source:\n    source.validate_record(validate_contents=True)\n")
    run(sys.executable, "-c", code, str(built.wheel), cwd=folder)
    run(sys.executable, "-m", "installer", "--destdir", str(folder / "root"), "--prefix", "/", str(built.wheel), cwd=folder)
    site = next((folder / "root").rglob("hybrid/__init__.py")).parent.parent
    (folder / "empty").mkdir()
    out = run(sys.executable, "-m", "hybrid", cwd=folder / "empty", PYTHONPATH=str(site))
    assert out.rstrip().endswith("6 parts ran")


def test_pip_installs_and_the_examples_own_tests_pass(built, folder):
    python = make_venv(folder / "venv", distributions=("pip", "pytest", "pluggy", "iniconfig", "packaging", "pygments"))
    run(str(python), "-m", "pip", "install", "-q", "--no-index", "--disable-pip-version-check", str(built.wheel), cwd=folder)
    run(str(python), "-m", "pip", "check", cwd=folder)
    shutil.copytree(built.folder / "tests", folder / "tests")
    out = run(str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=folder)
    assert " passed" in out and " failed" not in out
    assert run(str(folder / "venv" / "bin" / "hybrid"), cwd=folder).rstrip().endswith("6 parts ran")


def test_uv_installs(built, folder):
    python = make_venv(folder / "venv", distributions=())
    run(sys.executable, "-m", "uv", "pip", "install", "-q", "--offline", "--no-cache", "--python", str(python), str(built.wheel), cwd=folder)
    assert run(str(python), "-m", "hybrid", cwd=folder).rstrip().endswith("6 parts ran")


def test_check_wheel_contents(built, folder):
    run(str(TOOLS / "check-wheel-contents"), str(built.wheel), cwd=folder)


def test_twine(built, sdist, folder):
    out = run(sys.executable, "-m", "twine", "check", "--strict", str(built.wheel), str(sdist), cwd=folder)
    assert out.count("PASSED") == 2


def test_abi3audit(built, folder):
    with zipfile.ZipFile(built.wheel) as wheel:
        name = next(name for name in wheel.namelist() if "_rust." in name)
        wheel.extract(name, folder)
    assert name.endswith(".abi3.so")
    run(str(TOOLS / "abi3audit"), "--strict", "--assume-minimum-abi3", "3.9", str(folder / name), cwd=folder)


def test_abi3_wheel(make, folder):
    """A wheel whose only module keeps to the stable ABI says so, and abi3audit agrees."""
    files = small.c_only()
    files["pyproject.toml"] = files["pyproject.toml"].replace('name = "small._c"', 'name = "small._c"\nlimited-api = "3.9"')
    project = make(files)
    project.build()
    assert "-cp39-abi3-" in project.wheel.name
    run(str(TOOLS / "abi3audit"), "--strict", str(project.wheel), cwd=folder)


def test_wheel_unpacks_and_packs(built, folder):
    """The wheel that `wheel pack` makes of the unpacked files has the same RECORD."""
    run(sys.executable, "-m", "wheel", "unpack", "-d", str(folder / "unpacked"), str(built.wheel), cwd=folder)
    unpacked = next((folder / "unpacked").iterdir())
    (folder / "packed").mkdir()
    run(sys.executable, "-m", "wheel", "pack", "-d", str(folder / "packed"), str(unpacked), cwd=folder)
    packed = next((folder / "packed").glob("*.whl"))
    assert packed.name == built.wheel.name

    def record(path: Path) -> "list[str]":
        with zipfile.ZipFile(path) as wheel:
            name = next(name for name in wheel.namelist() if name.endswith(".dist-info/RECORD"))
            return sorted(wheel.read(name).decode().split())

    assert record(packed) == record(built.wheel)


def test_packaging_reads_the_metadata(built, sdist):
    from packaging.metadata import Metadata

    with zipfile.ZipFile(built.wheel) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        from_wheel = wheel.read(name)
    with tarfile.open(sdist) as archive:
        member = next(m for m in archive.getmembers() if m.name.count("/") == 1 and m.name.endswith("/PKG-INFO"))
        from_sdist = archive.extractfile(member).read()  # type: ignore[union-attr]
    metadata = Metadata.from_email(from_wheel, validate=True)
    assert metadata.name == "hybrid" and str(metadata.version) == "0.1.0"
    assert metadata.license_expression == "MIT" and metadata.license_files == ["LICENSE"]
    assert str(metadata.requires_python) == ">=3.9"
    assert metadata.provides_extra == ["test"]
    assert from_wheel == from_sdist


def test_tags_are_those_of_this_python(built):
    from packaging.tags import sys_tags
    from packaging.utils import parse_wheel_filename

    _, _, _, tags = parse_wheel_filename(built.wheel.name)
    assert set(tags) & set(sys_tags())


def test_the_sdist_has_what_the_build_reads(built, sdist, folder):
    with tarfile.open(sdist) as archive:
        archive.extractall(folder)
        assert all(not name.startswith(("/", "..")) for name in archive.getnames())
    top = next(folder.glob("hybrid-0.1.0"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "rust/Cargo.toml", "rust/Cargo.lock", "rust/hybrid-core/build.rs",
                 "rust/hybrid-core/cbindgen_c.toml", "rust/hybrid-macros/src/lib.rs", "hybrid/windows/_window.pxi",
                 "hybrid/_fast.h", "hybrid/data/instruments.json", "tests/test_hybrid.py"):
        assert (top / name).is_file(), name
    assert not list(top.rglob("*.so"))


# --- front ends and hooks ---------------------------------------------------------------------------------------------


def wheels_of(folder: Path) -> Path:
    found = list(folder.glob("*.whl"))
    assert len(found) == 1
    return found[0]


def test_build_makes_sdist_and_wheel(built, folder, wheelhouse):
    """`python -m build`: the wheel comes from the sdist, in an isolated environment, with the bytes of our own."""
    run(sys.executable, "-m", "build", "-o", str(folder / "out"), str(built.folder), cwd=folder, project=built,
        PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheelhouse), CERMET_MODE="plain")
    assert len(list((folder / "out").glob("*.tar.gz"))) == 1
    own = Project(built.folder, "plain", built.cache, Path(sys.executable), **built.environment)
    story.remove(folder / "own")
    own.build("--out-dir", str(folder / "own"))
    assert Contents(wheels_of(folder / "out")) == Contents(wheels_of(folder / "own"))


def test_pip_installs_from_source(make, folder, wheelhouse):
    project = make(small.everything())
    python = make_venv(folder / "venv", distributions=("pip",))
    run(str(python), "-m", "pip", "install", "-q", "--no-index", "--find-links", str(wheelhouse), "--disable-pip-version-check",
        str(project.folder), cwd=folder, project=project, CERMET_MODE=project.mode)
    out = run(str(python), "-c", "import small._c, small._r, small.cy; print(small._c.value(), small._r.value(), small.cy.value())",
              cwd=folder / "venv")
    assert out.split() == ["2", "4", "3"]


def test_pip_installs_editable(make, folder, wheelhouse):
    project = make(small.everything())
    python = make_venv(folder / "venv", distributions=("pip",))
    run(str(python), "-m", "pip", "install", "-q", "--no-index", "--find-links", str(wheelhouse), "--disable-pip-version-check", "-e",
        str(project.folder), cwd=folder, project=project, CERMET_MODE=project.mode)
    code = "import small, small._c, small._r, small.cy; print(small.__file__, small.value, small._c.value())"
    out = run(str(python), "-c", code, cwd=folder / "venv").split()
    assert out == [str(project.path("small/__init__.py")), "1", "2"]
    project.write("small/__init__.py", "value = 10\n")
    assert run(str(python), "-c", code, cwd=folder / "venv").split()[1] == "10"
    for path in (folder / "venv").rglob("*.pth"):
        if "small" in path.name:
            assert not re.search(r"^import\b", path.read_text(), re.M), "code in a .pth file"
    run(str(python), "-m", "pip", "uninstall", "-q", "-y", "small", cwd=folder)


HOOKS = """
import json, os, sys
from pyproject_hooks import BuildBackendHookCaller, quiet_subprocess_runner
project, out = sys.argv[1:]
caller = BuildBackendHookCaller(project, "cermet", runner=quiet_subprocess_runner)
answers = {}
for hook in ["wheel", "editable"]:
    answers[f"get_requires_for_build_{hook}"] = getattr(caller, f"get_requires_for_build_{hook}")()
    folder = os.path.join(out, f"metadata-{hook}")
    os.makedirs(folder)
    answers[f"prepare_metadata_for_build_{hook}"] = getattr(caller, f"prepare_metadata_for_build_{hook}")(folder, _allow_fallback=False)
    target = os.path.join(out, hook)
    os.makedirs(target)
    answers[f"build_{hook}"] = getattr(caller, f"build_{hook}")(target, metadata_directory=os.path.join(folder, answers[f"prepare_metadata_for_build_{hook}"]))
answers["get_requires_for_build_sdist"] = caller.get_requires_for_build_sdist()
target = os.path.join(out, "sdist")
os.makedirs(target)
answers["build_sdist"] = caller.build_sdist(target)
print(json.dumps(answers))
"""


def test_every_hook(make, folder):
    project = make(small.everything())
    environment = folder / "venv"
    python = make_venv(environment, distributions=("Cython", "pyproject-hooks"))
    site = next(environment.glob("lib/python3*/site-packages"))
    shutil.copytree(story.ROOT / "shims/pep517/cermet", site / "cermet", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "out").mkdir()
    out = run(str(python), "-c", HOOKS, str(project.folder), str(folder / "out"), cwd=folder, project=project,
              CERMET=story.program(), CERMET_MODE=project.mode)
    answers = json.loads(out.splitlines()[-1])
    assert answers["get_requires_for_build_wheel"] == [] and answers["get_requires_for_build_sdist"] == []
    info = answers["prepare_metadata_for_build_wheel"]
    assert info == "small-1.0.dist-info"
    metadata = (folder / "out" / "metadata-wheel" / info / "METADATA").read_bytes()
    with zipfile.ZipFile(folder / "out" / "wheel" / answers["build_wheel"]) as wheel:
        assert wheel.read(f"{info}/METADATA") == metadata
    with zipfile.ZipFile(folder / "out" / "editable" / answers["build_editable"]) as wheel:
        assert wheel.read(f"{info}/METADATA") == metadata
    assert (folder / "out" / "sdist" / answers["build_sdist"]).is_file()


def test_prepare_metadata_needs_no_compiler(make, folder):
    project = make(small.everything())
    environment = folder / "venv"
    python = make_venv(environment, distributions=("Cython", "pyproject-hooks"))
    site = next(environment.glob("lib/python3*/site-packages"))
    shutil.copytree(story.ROOT / "shims/pep517/cermet", site / "cermet", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "out").mkdir()
    (folder / "bin").mkdir()
    code = ("import sys\nfrom pyproject_hooks import BuildBackendHookCaller\n"
            "caller = BuildBackendHookCaller(sys.argv[1], 'cermet')\n"
            "print(caller.prepare_metadata_for_build_wheel(sys.argv[2], _allow_fallback=False))\n")
    watch = story.Watch(folder / "strace")
    out = run(*watch.command(), str(python), "-c", code, str(project.folder), str(folder / "out"), cwd=folder, project=project,
              CERMET=story.program(), CERMET_MODE=project.mode, PATH=f"{folder / 'bin'}:{os.path.dirname(shutil.which('strace') or '')}")
    assert out.split()[-1] == "small-1.0.dist-info"
    assert not {process.name for process in watch.processes()} & story.COMPILERS


# --- Pythons ----------------------------------------------------------------------------------------------------------

PYTHONS = story.find_pythons()


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.11", "3.12", "3.13"])
def test_python(version, folder, python):
    """Built for that Python, with that Python's Cython, and imported by it. What does not see Python is built once."""
    if version not in PYTHONS:
        pytest.skip(f"there is no Python {version} with headers on this machine")
    shared = story.WORK / "run" / "pythons"
    if version == next(iter(PYTHONS)):
        story.remove(shared)
    their = make_venv(folder / "venv", PYTHONS[version])
    project = Project.from_files(small.everything(), shared / "project", "plain", shared / "cache", python=their)
    project.drop_dist()
    build = project.build()
    assert f"-cp{version.replace('.', '')}-" in project.wheel.name
    if version != next(iter(PYTHONS)):
        assert "core-part" not in build.ran, "Rust that does not see Python was built again"
    with zipfile.ZipFile(project.wheel) as wheel:
        wheel.extractall(folder / "site")
    out = run(PYTHONS[version], "-c", "import small._c, small._r, small.cy; print(small._c.value(), small._r.value(), small.cy.value())",
              cwd=folder / "site")
    assert out.split() == ["2", "4", "3"]


# --- the commands -----------------------------------------------------------------------------------------------------


def test_verify(make):
    project = make(small.everything())
    done = project.cermet("verify", *project.arguments())
    assert done.code == 0


def test_develop(make, folder):
    project = make(small.everything())
    project.python = make_venv(folder / "venv")
    before = project.files()
    project.build(command="develop")
    code = "import small, small._c, small.cy; print(small._c.value(), small.cy.value())"
    assert run(str(project.python), "-c", code, cwd=project.folder).split() == ["2", "3"]
    project.edit("small/part.h", "PART 2", "PART 20")
    project.build(command="develop")
    assert run(str(project.python), "-c", code, cwd=project.folder).split() == ["20", "3"]
    placed = {name for name in set(project.files()) - set(before) if "__pycache__" not in name}
    assert placed and all(name.endswith(".so") for name in placed), placed
    # A module that is no longer built is taken away again.
    project.delete("small/cy.pyx")
    project.edit("pyproject.toml", small.CYTHON_TABLE, "")
    project.build(command="develop")
    assert not [name for name in project.files() if "cy." in name and name.endswith(".so")]


def test_toolchain_as_json(make):
    project = make(small.everything())
    answer = json.loads(project.cermet("toolchain", "--json", *project.arguments()).out)
    assert answer["version"] == 1
    assert {"c", "c++", "rust", "python"} <= set(answer)
    assert answer["rust"]["version"]
    assert answer["rust"]["version"] in project.cermet("toolchain", *project.arguments()).out


def test_cache_stat(make):
    project = make(small.c_only())
    project.build()
    answer = json.loads(project.cermet("cache", "stat", "--json").out)
    assert answer["version"] == 1 and answer["blobs"] > 0 and answer["roots"] == 1
    assert str(project.cache) in project.cermet("cache", "stat").out


def test_ide(make):
    project = make(small.everything())
    before = project.files()
    project.cermet("ide", *project.arguments())
    commands = json.loads(project.read("compile_commands.json"))
    files = {os.path.realpath(os.path.join(entry["directory"], entry["file"])) for entry in commands}
    assert str(project.path("small/part.c").resolve()) in files
    for entry in commands:
        words = entry.get("arguments") or entry["command"].split()
        assert not any("/cermet/" in word for word in words if not word.startswith(("-ffile-prefix-map", "-fdebug-prefix-map"))), entry
    rust = json.loads(project.read("rust-project.json"))
    roots = {os.path.realpath(crate["root_module"]) for crate in rust["crates"]}
    assert str(project.path("rust/core-part/src/lib.rs").resolve()) in roots
    assert set(project.files()) - set(before) == {
        "compile_commands.json", "rust-project.json", "cermet.gdb", "cermet.lldb"}


def test_build_one_target(make, folder):
    project = make(small.everything())
    done = project.build("--out-dir", str(folder / "out"), "small._c")
    assert {name for name in done.ran if name.startswith("link-")} == {"link-small._c"}
    assert [path.name.split(".")[0] for path in (folder / "out").iterdir()] == ["_c"]
    assert not done.labels("rust")
