"""Runs cargo and keeps everything that it starts: each rustc call and build-script run with arguments, directory, environment.

SPDX-License-Identifier: MIT
Cargo gets a rustc (`build.rustc`) that notes how it was called. Where it made a build script, it puts in the script's
place a program that notes how it was called and goes on to the script. So what is noted is what cargo did, not what it
says that it did. Cargo's own variables are those that it added to, or changed in, the environment that it was given.
"""
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional

# Variables of the person who runs the judges that would change what is built.
CLEARED = re.compile(r"^(CC|CXX|AR|LD|CPPFLAGS|CFLAGS|CXXFLAGS|LDFLAGS|RUST(?!UP_HOME$).*|CARGO_(?!HOME$).*|CARGO|MAKEFLAGS|MFLAGS|"
                     r"CERMET_(?!CACHE$).*|LD_LIBRARY_PATH|OUT_DIR|TARGET|HOST|PROFILE|OPT_LEVEL|NUM_JOBS|DEBUG|DEP_.*)$")

NOTE = '''
def note(kind, argv, **more):
    environ = {}
    for pair in open("/proc/self/environ", "rb").read().split(b"\\0"):
        name, equals, value = pair.decode("utf-8", "surrogateescape").partition("=")
        if equals:
            environ[name] = value
    record = dict(more, kind=kind, argv=argv, cwd=os.getcwd(), env=environ)
    with open(os.path.join(RECORDS, "%d-%d.json" % (time.time_ns(), os.getpid())), "w") as out:
        json.dump(record, out)
    return environ
'''

RUSTC = '''#!PYTHON -IS
import json, os, subprocess, sys, time
RECORDS = THE_RECORDS
REAL = THE_RUSTC
SCRIPT = THE_TEXT
''' + NOTE + '''
args = sys.argv[1:]
noted = args[:1] == ["--crate-name"] and args[1:2] != ["___"] and os.environ.get("CARGO_CRATE_NAME") == args[1]
if not noted:
    os.execv(REAL, [REAL] + args)
environ = note("rustc", args)
if not args[1].startswith("build_script_") or "bin" not in args:
    os.execve(REAL, [REAL] + args, environ)
done = subprocess.run([REAL] + args, env=environ, close_fds=False)
if done.returncode == 0:
    extra = [word[len("extra-filename="):] for word in args if word.startswith("extra-filename=")]
    made = os.path.join(args[args.index("--out-dir") + 1], args[1] + "".join(extra))
    os.rename(made, made + ".real")
    with open(made, "w") as out:
        out.write(SCRIPT.replace("THE_SCRIPT", repr(made + ".real")))
    os.chmod(made, 0o755)
sys.exit(done.returncode if done.returncode >= 0 else 1)
'''

SCRIPT = '''#!PYTHON -IS
import json, os, sys, time
RECORDS = THE_RECORDS
''' + NOTE + '''
environ = note("script", sys.argv[1:], exe=sys.argv[0])
os.execve(THE_SCRIPT, [sys.argv[0]] + sys.argv[1:], environ)
'''


def base_environment(more: Optional[Mapping[str, str]] = None) -> Dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not CLEARED.match(name)}
    environment["CARGO_INCREMENTAL"] = "0"
    environment.update(more or {})
    return environment


def toolchain(name: str) -> str:
    """rustup's stand-ins change the environment; this is the program behind them."""
    found = subprocess.run(["rustup", "which", name], capture_output=True, text=True)
    return found.stdout.strip() if found.returncode == 0 else shutil.which(name) or name


class Recording:
    """What one `cargo build` did."""

    def __init__(self, status: int, stderr: str, calls: List[Dict[str, Any]]):
        self.status = status
        self.stderr = stderr
        self.calls = calls
        self.rustc = [call for call in calls if call["kind"] == "rustc"]
        self.scripts = [call for call in calls if call["kind"] == "script"]

    def save(self, path: Path) -> None:
        path.write_text(json.dumps({"status": self.status, "stderr": self.stderr, "calls": self.calls}))

    @staticmethod
    def load(path: Path) -> "Recording":
        return Recording(**json.loads(path.read_text()))


def finished(call: Dict[str, Any], environment: Mapping[str, str]) -> Dict[str, Any]:
    """Without the variables that cargo was given, and with what a script printed."""
    call["env"] = {name: value for name, value in call["env"].items() if environment.get(name) != value}
    if call["kind"] == "script":
        output = Path(os.path.dirname(call["env"]["OUT_DIR"]), "output")
        call["stdout"] = output.read_bytes().decode("utf-8", "replace") if output.exists() else None
    return call


def replaced(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def write_tools(folder: Path) -> Path:
    records = folder / "records"
    records.mkdir(parents=True, exist_ok=True)
    common = {"PYTHON": sys.executable, "THE_RECORDS": repr(str(records)), "THE_RUSTC": repr(toolchain("rustc"))}
    common["THE_TEXT"] = repr(replaced(SCRIPT, common))
    rustc = folder / "rustc"
    rustc.write_text(replaced(RUSTC, common))
    rustc.chmod(0o755)
    return rustc


def record_cargo(directory: Path, arguments: List[str], folder: Path, more: Optional[Mapping[str, str]] = None,
                 command: str = "build", keep_target: bool = False) -> Recording:
    """Builds with an empty target directory below `folder`, or goes on with the one that is there."""
    target = folder / "target"
    if not keep_target:
        shutil.rmtree(target, ignore_errors=True)
    shutil.rmtree(folder / "records", ignore_errors=True)
    rustc = write_tools(folder)
    environment = base_environment(more)
    run = subprocess.run([toolchain("cargo"), command, "--locked", "-j1", "--config", f'build.rustc="{rustc}"', "--target-dir",
                          str(target), *arguments], cwd=directory, env=environment, capture_output=True, text=True)
    calls = [json.loads(path.read_text()) for path in sorted((folder / "records").iterdir())]
    return Recording(run.returncode, run.stderr, [finished(call, environment) for call in calls])


def remove(path: Path) -> None:
    """A folder, also where things in it are read-only."""
    if path.exists():
        subprocess.run(["chmod", "-R", "u+w", str(path)], check=False)
        shutil.rmtree(path, ignore_errors=True)
