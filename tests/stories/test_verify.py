"""Proving a package: what `cermet verify` finds, what `cermet ide` writes, distributions that lie outside.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

import seeds
import small
from story import Project, make_venv


def verify(project: Project, *more: str, code: int = 0) -> Dict[str, Any]:
    done = project.cermet("verify", *project.arguments("--offline", "--json", *more), check=False)
    assert done.code == code, done.text
    answer: Dict[str, Any] = json.loads(done.out)
    return answer


def messages(answer: Dict[str, Any]) -> List[str]:
    return [f"{one['check']}: {one['message']}" for one in answer["findings"]]


def one_line(text: str, answer: Dict[str, Any]) -> None:
    found = messages(answer)
    assert any(text in line for line in found), f"{text!r} is not in {found}"


@pytest.fixture(scope="module")
def python() -> Path:
    """An environment with Cython and a pip, which then serves every clean environment."""
    folder = seeds.kept() / "python-with-pip"
    if not (folder / "done").exists():
        make_venv(folder, distributions=("Cython", "pip"))
        (folder / "done").write_text("")
    return folder / "bin" / "python"


# --- verify: nothing found ---


def test_a_whole_package_has_no_findings(make: Callable[..., Project]) -> None:
    """Every module imports, the sdist gives the same wheel, and a second verify starts no compiler."""
    project = make(small.everything())
    before = project.files()
    answer = verify(project)
    assert answer["findings"] == [] and answer["checks"] > 25
    text = project.build("--offline", command="verify")
    assert text.out.splitlines()[-1] == f"{answer['checks']} checks, 0 findings"
    text.assert_no_compiler()
    assert project.files() == before, "verify wrote into the checkout"


def test_a_pure_package_is_verified(make: Callable[..., Project]) -> None:
    assert verify(make(small.pure()))["findings"] == []


# --- verify: each finding ---


@pytest.fixture
def package(folder: Path, python: Path) -> Callable[..., Project]:
    """package(files, edits…): a project in plain mode; what is found does not depend on the mode."""

    def from_files(files: Dict[str, str], **more: str) -> Project:
        files.update({name.replace("__", "/").replace("_py", ".py"): text for name, text in more.items()})
        return Project.from_files(files, folder / "project", "plain", folder / "cache", python=python)

    return from_files


def test_a_needed_file_that_git_ignores(package: Callable[..., Project]) -> None:
    project = package(small.c_only())
    project.write(".gitignore", "dist/\n*.h\n")
    subprocess.run(["git", "init", "-q"], cwd=project.folder, check=True)
    answer = verify(project, code=1)
    one_line("sources: small/part.h is needed by the build, but git ignores it (.gitignore:2)", answer)
    one_line("sdist: the wheel cannot be built from the sdist", answer)


def test_a_tracked_file_may_match_an_ignore_pattern(package: Callable[..., Project]) -> None:
    project = package(small.c_only())
    project.write(".gitignore", "dist/\n*.h\n")

    project.edit("pyproject.toml", 'packages = ["small"]', 'packages = ["small"]\nsdist-include = ["small/*.h"]')
    subprocess.run(["git", "init", "-q"], cwd=project.folder, check=True)
    subprocess.run(["git", "add", "-f", "small/part.h"], cwd=project.folder, check=True)
    assert verify(project)["findings"] == []


def test_an_sdist_that_lacks_a_source(package: Callable[..., Project]) -> None:
    project = package(small.c_only())
    project.edit("pyproject.toml", 'packages = ["small"]', 'packages = ["small"]\nsdist-exclude = ["small/part.h"]')
    answer = verify(project, code=1)
    one_line("sdist: the build needs files that the sdist does not hold: small/part.h", answer)
    one_line("sdist: the wheel cannot be built from the sdist", answer)


def test_modules_that_do_not_import(package: Callable[..., Project]) -> None:
    """One is broken, one ends the interpreter, one needs what is not there; the others are tried all the same."""
    project = package(small.c_only())
    project.write("small/broken.py", "raise RuntimeError('not today')\n")
    project.write("small/dies.py", "import os\nos.abort()\n")
    project.write("small/needs.py", "import no_such_module\n")
    project.write("small/zlast.py", "raise ValueError('also tried')\n")
    project.write("small/tests/test_it.py", "import pytest_is_not_there\n")
    project.write("small/tests/__init__.py", "")
    answer = verify(project, code=1)
    one_line("imports: small.broken cannot be imported: RuntimeError: not today", answer)
    one_line("imports: small.dies cannot be imported: the interpreter was ended by signal 6", answer)
    one_line("imports: small.needs cannot be imported without no_such_module", answer)
    one_line("imports: small.zlast cannot be imported: ValueError: also tried", answer)
    assert len(answer["findings"]) == 4
    assert any("small.tests.test_it was not imported" in note for note in answer["notes"])


def test_an_entry_point_that_leads_nowhere(package: Callable[..., Project]) -> None:
    project = package(small.pure())
    project.edit("pyproject.toml", "[tool.cermet]", '[project.scripts]\nsmall = "small:main"\n\n[tool.cermet]')
    one_line("imports: small:main cannot be imported: AttributeError", verify(project, code=1))


def test_a_requirement_that_was_not_installed(package: Callable[..., Project]) -> None:
    project = package(small.c_only())
    project.edit("pyproject.toml", 'requires-python = ">=3.9"', 'requires-python = ">=3.9"\ndependencies = ["elsewhere"]')
    project.write("small/__init__.py", "import elsewhere\n")
    answer = verify(project, code=1)
    one_line("cannot be imported without elsewhere", answer)
    assert "--offline" in answer["findings"][0]["hint"]
    assert any("--offline was given" in note for note in answer["notes"])


def test_a_module_that_breaks_the_limited_api(package: Callable[..., Project]) -> None:
    files = small.c_only()
    files["pyproject.toml"] = files["pyproject.toml"].replace('name = "small._c"', 'name = "small._c"\nlimited-api = "3.9"')
    before = '#include "part.h"\nPyObject** _PyObject_GetDictPtr(PyObject*);'
    files["small/_c.c"] = small.c_module("_c", before, "_PyObject_GetDictPtr(none) != 0 ? 1 : part()")
    answer = verify(package(files), code=1)
    one_line("stable ABI: small/_c.abi3.so is built for the limited API of Python 3.9, but uses _PyObject_GetDictPtr", answer)


def test_a_library_of_the_system_offers_its_symbols(package: Callable[..., Project]) -> None:
    """libdeflate gives its symbols no versions, so they are looked for in the library itself."""
    files = small.c_only()
    files["pyproject.toml"] += 'libraries = ["deflate"]\n'
    files["small/_c.c"] = small.c_module("_c", '#include <libdeflate.h>\n#include "part.h"', "part() + (long)libdeflate_crc32(0, 0, 0)")
    project = package(files)
    assert verify(project)["findings"] == []
    project.edit("pyproject.toml", 'libraries = ["deflate"]\n', "")
    done = project.build(check=False)
    assert done.code == 2 and "needs symbols that nothing provides: libdeflate_crc32" in done.err


def test_a_stale_module_is_left_out_and_told(package: Callable[..., Project]) -> None:
    project = package(small.pure())
    project.write("small/_old.abi3.so", "of another build")
    answer = verify(project)
    assert answer["findings"] == [] and any("small/_old.abi3.so" in note for note in answer["notes"])


# --- distributions that are compiled against ---


def install(site: Path, name: str, files: Dict[str, str], record: bool = True, **info: str) -> None:
    """An installed distribution made of files; without RECORD where nobody lists them."""
    folder = site / f"{name}-2.0.dist-info"
    files = dict(files)
    for file, text in info.items():
        files[f"{folder.name}/{file}"] = text
    files[f"{folder.name}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.0\n"
    for path, text in files.items():
        target = site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    if record:
        rows = "".join(f"{path},,\n" for path in [*files, f"{folder.name}/RECORD"])
        (folder / "RECORD").write_text(rows)


def uses_widget() -> Dict[str, str]:
    files = small.c_only()
    files["pyproject.toml"] += 'uses = ["py:widget"]\n'
    files["small/_c.c"] = small.c_module("_c", '#include "widget.h"\n#include "part.h"', "part() + WIDGET")
    return files


HEADER = "#define WIDGET 7\n"


def test_what_is_compiled_against_must_be_required(folder: Path) -> None:
    python = make_venv(folder / "venv", distributions=("Cython", "pip"))
    site = next((folder / "venv").glob("lib/python3*/site-packages"))
    install(site, "widget", {"widget/include/widget.h": HEADER, "widget/_core.so": ""})
    project = Project.from_files(uses_widget(), folder / "project", "plain", folder / "cache", python=python)
    one_line("requirements: modules are compiled against widget 2.0 (pyproject.toml:", verify(project, code=1))
    project.edit("pyproject.toml", 'requires-python = ">=3.9"', 'requires-python = ">=3.9"\ndependencies = ["widget<2"]')
    one_line("but the wheel requires widget<2", verify(project, code=1))
    project.edit("pyproject.toml", "widget<2", "widget")
    assert verify(project)["findings"] == []


@pytest.mark.parametrize("kind", ["editable", "unlisted"])
def test_distributions_outside_count_by_content(folder: Path, mode: str, kind: str) -> None:
    """Editable, or without a RECORD: the headers lie where they lie, and each build sees what is in them now."""
    python = make_venv(folder / "venv", distributions=("Cython", "pip"))
    site = next((folder / "venv").glob("lib/python3*/site-packages"))
    header = site / "widget" / "include" / "widget.h"
    if kind == "editable":
        tree = folder / "widget tree"
        header = tree / "widget" / "include" / "widget.h"
        header.parent.mkdir(parents=True)
        header.write_text(HEADER)
        url = json.dumps({"url": tree.as_uri(), "dir_info": {"editable": True}})
        install(site, "widget", {"_widget.pth": f"{tree}\n"}, **{"direct_url.json": url})
    else:
        install(site, "widget", {"widget/include/widget.h": HEADER}, record=False)
    project = Project.from_files(uses_widget(), folder / "project", mode, folder / "cache", python=python)
    project.build()
    first = project.wheel_bytes()
    project.build().assert_no_compiler()
    header.write_text("#define WIDGET 8\n")
    assert project.build().ran == {"cc-_c", "link-small._c"}
    assert project.wheel_bytes() != first
    header.write_text(HEADER)
    project.build().assert_no_compiler()
    assert project.wheel_bytes() == first


# --- ide ---


def test_editors_get_commands_that_work(make: Callable[..., Project]) -> None:
    project = make(small.everything())
    before = set(project.files())
    project.cermet("ide", *project.arguments())
    written = set(project.files()) - before
    assert written == {"compile_commands.json", "rust-project.json", "cermet.gdb", "cermet.lldb"}
    commands = json.loads(project.read("compile_commands.json"))
    names = [Path(entry["file"]).name for entry in commands]
    assert sorted(names) == ["_c.c", "_r.c", "cy.c", "part.c"]
    for entry in commands:
        assert "/cermet/" not in json.dumps(entry).replace(str(project.cache), "")
        subprocess.run([*entry["arguments"], "-fsyntax-only", "-o", "/dev/null"], cwd=entry["directory"], check=True)
    assert str(project.path("small/_c.c")) in [entry["file"] for entry in commands]
    rust = json.loads(project.read("rust-project.json"))
    roots = {crate["display_name"]: crate for crate in rust["crates"]}
    assert roots["core_part"]["root_module"] == str(project.path("rust/core-part/src/lib.rs"))
    assert roots["core_part"]["is_workspace_member"]
    assert [rust["crates"][dep["crate"]]["display_name"] for dep in roots["core"]["deps"]] == ["core_part"]
    assert f"set substitute-path /cermet/ws {project.folder}\n" in project.read("cermet.gdb")


def test_editors_get_what_is_known_of_a_broken_project(make: Callable[..., Project]) -> None:
    project = make(small.c_only())
    project.append("small/_c.c", "int broken = ;\n")
    done = project.cermet("ide", *project.arguments("-o", "out"), check=False)
    assert done.code == 1 and "small/_c.c" in done.err
    assert [Path(entry["file"]).name for entry in json.loads(project.read("out/compile_commands.json"))] == ["_c.c", "part.c"]


def test_the_examples_headers_are_found_by_editors(model: Project) -> None:
    """A header that a build script writes lies in the cache; the commands of editors find it there."""
    model.cermet("ide", *model.arguments("-o", "out"))
    commands = json.loads(model.read("out/compile_commands.json"))
    assert str(model.path("model/_count.c")) in [entry["file"] for entry in commands]
    for entry in commands:
        subprocess.run([*entry["arguments"], "-fsyntax-only", "-o", "/dev/null"], cwd=entry["directory"], check=True)


# --- errors ---


def test_errors_name_the_users_own_paths(make: Callable[..., Project]) -> None:
    project = make(small.c_and_cython())
    project.append("pyproject.toml", "pakages = []\n")
    done = project.build(check=False)
    assert done.code == 2 and "--> pyproject.toml:" in done.err and "/cermet/" not in done.err
    project.edit("pyproject.toml", "pakages = []\n", "")
    project.append("small/cy.pyx", "def f(:\n")
    done = project.build("-k", check=False)
    told = done.err.split("run it by hand")[0]
    assert done.code == 1 and "--> small/cy.pyx" in told and "/cermet/" not in told
