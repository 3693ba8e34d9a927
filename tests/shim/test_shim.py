"""The PEP 517 shim: every hook is one call, errors reach users of pip, build and uv without a traceback.

SPDX-License-Identifier: MIT
A small Python program stands in for the binary; it answers as docs/protocol.md says.
"""
import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIM = ROOT / "shims" / "pep517"
HOOKS = [
    ("get_requires_for_build_wheel", False),
    ("prepare_metadata_for_build_wheel", True),
    ("build_wheel", True),
    ("get_requires_for_build_editable", False),
    ("prepare_metadata_for_build_editable", True),
    ("build_editable", True),
    ("get_requires_for_build_sdist", False),
    ("build_sdist", True),
]
ERROR = "error: no module named here: 'x.pyx'\n  --> pyproject.toml:7\n  hint: write it, or take it out of `modules`"


def make_program(folder: Path, body: str) -> Path:
    program = folder / "cermet"
    program.write_text(f"#!{sys.executable}\nimport json, sys, os\n" + textwrap.dedent(body))
    program.chmod(0o755)
    return program


def make_project(folder: Path) -> Path:
    """A project that uses this repository's shim in-tree; the stand-in program comes from $CERMET."""
    project = folder / "project"
    shutil.copytree(SHIM / "cermet", project / "backend" / "cermet", ignore=shutil.ignore_patterns("__pycache__"))
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "cermet"\nbackend-path = ["backend"]\n'
        '[project]\nname = "sample"\nversion = "1"\n'
    )
    return project


def clean_environment(**more):
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "CERMET")}
    environment.update(more)
    return environment


FAILS = f'print("compiling", file=sys.stderr)\nprint(json.dumps({{"ok": False, "error": {ERROR!r}}}))\nsys.exit(1)\n'
# Writes a true wheel, so that a front end is satisfied.
WORKS = """
    request = json.load(sys.stdin)
    hook = request["hook"]
    if hook.startswith("get_requires"):
        result = []
    elif hook in ("build_wheel", "build_editable"):
        import zipfile
        result = "sample-1-py3-none-any.whl"
        with zipfile.ZipFile(os.path.join(request["directory"], result), "w") as wheel:
            wheel.writestr("sample.py", "x = 1\\n")
            wheel.writestr("sample-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: sample\\nVersion: 1\\n")
            wheel.writestr("sample-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
            wheel.writestr("sample-1.dist-info/RECORD", "sample.py,,\\nsample-1.dist-info/METADATA,,\\nsample-1.dist-info/WHEEL,,\\nsample-1.dist-info/RECORD,,\\n")
    elif hook.startswith("prepare_metadata"):
        result = "sample-1.dist-info"
        os.makedirs(os.path.join(request["directory"], result), exist_ok=True)
        with open(os.path.join(request["directory"], result, "METADATA"), "w") as file:
            file.write("Metadata-Version: 2.1\\nName: sample\\nVersion: 1\\n")
    print(json.dumps({"ok": True, "result": result}))
"""


def call(hook, arguments, program, **options):
    """One hook in a fresh interpreter: (exit code, what it returned, stderr)."""
    code = f"import json, cermet; print('RESULT' + json.dumps(cermet.{hook}(*{arguments!r})))"
    environment = clean_environment(CERMET=str(program), PYTHONPATH=str(SHIM), PYTHONDONTWRITEBYTECODE="1")
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, **options)
    result = json.loads(done.stdout.split("RESULT")[1]) if "RESULT" in done.stdout else None
    return done.returncode, result, done.stderr


@pytest.mark.parametrize("hook,writes", HOOKS)
def test_request(tmp_path, hook, writes):
    program = make_program(tmp_path, 'print(json.dumps({"ok": True, "result": [sys.argv[1:], json.load(sys.stdin)]}))')
    arguments = (["out"] if writes else []) + [{"profile": "dev", "define": ["a", "b"]}]
    code, result, _ = call(hook, arguments, program, cwd=tmp_path)
    assert code == 0
    (argv, request) = result
    assert argv == ["pep517", hook]
    assert request["protocol"] == 1 and request["hook"] == hook
    assert request["directory"] == (str(tmp_path / "out") if writes else None)
    assert request["config_settings"] == {"profile": "dev", "define": ["a", "b"]}
    assert request["metadata_directory"] is None
    assert os.path.samefile(request["python"], sys.executable)
    assert str(SHIM) in request["path"] and all(os.path.isabs(entry) for entry in request["path"])


def test_metadata_directory_is_absolute(tmp_path):
    program = make_program(tmp_path, 'print(json.dumps({"ok": True, "result": json.load(sys.stdin)}))')
    _, request, _ = call("build_wheel", ["out", None, "meta"], program, cwd=tmp_path)
    assert request["metadata_directory"] == str(tmp_path / "meta")
    assert request["config_settings"] == {}


def test_error_is_its_text(tmp_path):
    program = make_program(tmp_path, FAILS)
    code, _, stderr = call("build_wheel", ["out"], program)
    assert code == 1
    assert stderr == "compiling\n" + ERROR + "\n"


@pytest.mark.parametrize(
    "body,text",
    [
        ("os.kill(os.getpid(), 9)", "killed by signal 9"),
        ("sys.exit(70)", "ended with exit code 70"),
        ("print('no json')", "gave no answer"),
        ("print('[]')", "gave no answer"),
        ("print('{}')", "gave no answer"),
    ],
)
def test_no_answer(tmp_path, body, text):
    code, _, stderr = call("build_wheel", ["out"], make_program(tmp_path, body))
    assert code == 1 and text in stderr and "Traceback" not in stderr


def test_missing_program(tmp_path):
    code, _, stderr = call("build_wheel", ["out"], tmp_path / "nowhere")
    assert code == 1 and "cannot run" in stderr and "Traceback" not in stderr


@pytest.mark.parametrize("place", ["cermet/bin", "../../../bin", "bin"])
def test_installed_program_is_found(tmp_path, place):
    """Inside of the package, in a prefix's bin, in the bin of `pip install --target`."""
    site = tmp_path / "prefix" / "lib" / "python3" / "site-packages"
    shutil.copytree(SHIM / "cermet", site / "cermet", ignore=shutil.ignore_patterns("__pycache__"))
    folder = (site / place).resolve()
    folder.mkdir(parents=True)
    program = make_program(folder, 'print(json.dumps({"ok": True, "result": sys.argv[0]}))')
    code = "import cermet; print(cermet.build_sdist('out'))"
    environment = clean_environment(PYTHONPATH=str(site), PYTHONDONTWRITEBYTECODE="1")
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == str(program), done.stderr


def test_not_installed_is_said(tmp_path):
    shutil.copytree(SHIM / "cermet", tmp_path / "a" / "b" / "c" / "d" / "e" / "cermet")
    environment = clean_environment(PYTHONPATH=str(tmp_path / "a" / "b" / "c" / "d" / "e"))
    code = "import cermet; cermet.build_sdist('out')"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "not installed beside" in done.stderr and "Traceback" not in done.stderr


def front_ends(project: Path, out: Path):
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    commands = {
        "pip": pip + ["wheel", "--no-deps", "-w", str(out), str(project)],
        "build": [sys.executable, "-m", "build", "--wheel", "-o", str(out), str(project)],
        "uv": [sys.executable, "-m", "uv", "build", "--wheel", "-o", str(out), str(project)],
    }
    return commands


@pytest.mark.parametrize("name", ["pip", "build", "uv"])
def test_front_end_builds(tmp_path, name):
    project, program = make_project(tmp_path), make_program(tmp_path, WORKS)
    command = front_ends(project, tmp_path / "out")[name]
    environment = clean_environment(CERMET=str(program))
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "out" / "sample-1-py3-none-any.whl").is_file()


@pytest.mark.parametrize("name", ["pip", "build", "uv"])
def test_front_end_shows_the_error(tmp_path, name):
    project, program = make_project(tmp_path), make_program(tmp_path, FAILS)
    command = front_ends(project, tmp_path / "out")[name]
    environment = clean_environment(CERMET=str(program))
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    shown = done.stdout + done.stderr
    assert done.returncode != 0
    for line in ERROR.split("\n"):
        assert line.strip() in shown, shown
    assert "BuildError" not in shown and "cermet/__init__.py" not in shown, shown
