"""The build backend `cermet`: every PEP 517 and PEP 660 hook is one call of the program of the same name.

SPDX-License-Identifier: MIT
There is no logic here. A hook's request goes to `cermet pep517 HOOK` as JSON on stdin, the answer is JSON on stdout,
progress is the program's stderr, passed through. docs/protocol.md has the fields.
"""
import json
import os
import subprocess
import sys
from typing import Any, Dict, List, Optional

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

Settings = Optional[Dict[str, Any]]


class BuildError(SystemExit):
    """A failed hook. As a SystemExit it reaches the user of pip, build and uv as its text, without a traceback."""


def get_requires_for_build_wheel(config_settings: Settings = None) -> List[str]:
    return _call("get_requires_for_build_wheel", None, config_settings)


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Settings = None) -> str:
    return _call("prepare_metadata_for_build_wheel", metadata_directory, config_settings)


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: Optional[str] = None
) -> str:
    return _call("build_wheel", wheel_directory, config_settings, metadata_directory)


def get_requires_for_build_editable(config_settings: Settings = None) -> List[str]:
    return _call("get_requires_for_build_editable", None, config_settings)


def prepare_metadata_for_build_editable(metadata_directory: str, config_settings: Settings = None) -> str:
    return _call("prepare_metadata_for_build_editable", metadata_directory, config_settings)


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: Optional[str] = None
) -> str:
    return _call("build_editable", wheel_directory, config_settings, metadata_directory)


def get_requires_for_build_sdist(config_settings: Settings = None) -> List[str]:
    return _call("get_requires_for_build_sdist", None, config_settings)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    return _call("build_sdist", sdist_directory, config_settings)


def _call(hook: str, directory: Optional[str], settings: Settings, metadata: Optional[str] = None) -> Any:
    request = {
        "protocol": 1,
        "hook": hook,
        "directory": directory and os.path.abspath(directory),
        "metadata_directory": metadata and os.path.abspath(metadata),
        "config_settings": settings or {},
        "python": sys.executable,
        "path": [os.path.abspath(entry) for entry in sys.path if isinstance(entry, str)],
    }
    program = find_program()
    sys.stdout.flush()
    try:
        child = subprocess.Popen([program, "pep517", hook], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    except OSError as problem:
        raise BuildError(f"error: cannot run {program}: {problem.strerror}") from None
    try:
        output, _ = child.communicate(json.dumps(request).encode())
    except KeyboardInterrupt:
        child.wait()  # the terminal interrupted it too; it ends its own children first
        raise SystemExit(130) from None
    return _answer(output, child.returncode)


def _answer(output: bytes, code: int) -> Any:
    try:
        answer = json.loads(output)
        if answer["ok"]:
            return answer["result"]
        text = answer["error"]
    except (ValueError, KeyError, TypeError):
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        text = f"error: cermet {how} and gave no answer"
    raise BuildError(str(text).rstrip("\n"))


def find_program() -> str:
    """The program that belongs to this package: $CERMET, or the one installed with it, or this checkout's own."""
    chosen = os.environ.get("CERMET")
    if chosen:
        return os.path.abspath(chosen)
    name = "cermet.exe" if os.name == "nt" else "cermet"
    package = os.path.dirname(os.path.abspath(__file__))
    checkout = os.path.dirname(os.path.dirname(os.path.dirname(package)))
    if os.path.isfile(os.path.join(checkout, "bootstrap.sh")):
        return _of_checkout(checkout)
    candidates = [os.path.join(package, "bin", name)]
    # An installed wheel: site-packages is at most four levels below the prefix that has the scripts.
    folder = package
    for _ in range(5):
        folder = os.path.dirname(folder)
        candidates += [os.path.join(folder, "bin", name), os.path.join(folder, "Scripts", name)]
    for candidate in candidates:
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    raise BuildError(
        f"error: the program cermet is not installed beside its package {package}\n"
        "  hint: reinstall cermet, or name the program in the environment variable CERMET"
    )


def _of_checkout(checkout: str) -> str:
    """Cermet building itself: the finished program, or the first stage, which bootstrap.sh makes when it is missing."""
    finished = os.path.join(checkout, "build", "cermet")
    if os.path.isfile(finished):
        return finished
    sys.stdout.flush()
    try:
        done = subprocess.run(["sh", os.path.join(checkout, "bootstrap.sh"), "--stage0"], stdout=sys.stderr.fileno())
    except OSError as problem:
        raise BuildError(f"error: cannot run sh bootstrap.sh: {problem.strerror}") from None
    if done.returncode != 0:
        raise BuildError("error: sh bootstrap.sh --stage0 failed, see above")
    return os.path.join(checkout, "build", "stage0", "cermet")
