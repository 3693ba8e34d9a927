"""What the stories are told with: a project in a folder of its own, builds of it, and what ran in each.

SPDX-License-Identifier: MIT
A `Project` is files in a folder, a cache and a mode (plain or mount). `project.build()` gives a `Build`: which steps
ran, which were remembered, the wheel. What ran is read from `--trace FILE`; where the processes themselves matter,
`build(watch=True)` runs the program under strace and lists every one that was started.
"""
from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Set, Tuple, Union

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
WORK = ROOT / "build" / "stories"
MODES = ("plain", "mount")

# Steps that this program does by itself; all others are processes.
INSIDE = ("wheel-", "sdist-", "editable-")
PROBES = ("probe-",)
NATIVE = ("cython-", "cc-", "link-", "ar-", "generate-", "pkg-config-")
# What must not start when nothing changed, and what must never start.
COMPILERS = {"rustc", "cc1", "cc1plus", "gcc", "g++", "cc", "c++", "clang", "clang++", "ld", "collect2", "as", "ar", "lld", "mold"}
FORBIDDEN = {"cargo", "cythonize", "maturin", "setuptools"}

# Variables of the person who runs the tests that would change what a build does.
CLEARED = re.compile(
    r"^(CC|CXX|AR|LD|CPPFLAGS|CFLAGS|CXXFLAGS|LDFLAGS|LDSHARED|RUSTFLAGS|RUSTC.*|CARGO_(?!HOME$).*|PYTHON.*|PIP_.*|UV_.*|CERMET_.*|"
    r"MAKEFLAGS|MFLAGS|NO_COLOR|FORCE_COLOR|SOURCE_DATE_EPOCH|VIRTUAL_ENV|LC_.*|LANG|LANGUAGE|TZ|GIT_.*)$"
)


def program() -> str:
    """The program under test: $CERMET, else what bootstrap.sh made."""
    return os.environ.get("CERMET") or str(ROOT / "build" / "cermet")


def digest(data: Union[bytes, Path]) -> str:
    return hashlib.sha256(data if isinstance(data, bytes) else data.read_bytes()).hexdigest()


_program_digest = ""


def program_digest() -> str:
    """Names everything that is kept between runs: another program, another folder."""
    global _program_digest
    if not _program_digest:
        _program_digest = digest(Path(program()))[:12]
    return _program_digest


def base_environment(**more: str) -> Dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not CLEARED.match(name)}
    environment.update(more)
    return environment


def remove(path: Path) -> None:
    """A file, link or folder, also where files are read-only."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path, onerror=_force)


def _force(function: Any, path: str, _: Any) -> None:
    os.chmod(os.path.dirname(path), 0o755)
    if os.path.lexists(path):
        os.chmod(path, 0o755, follow_symlinks=os.chmod not in os.supports_follow_symlinks)
        function(path)


def copy_tree(source: Path, target: Path) -> None:
    """An exact copy: times, modes and hard links between its files are kept."""
    remove(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)


def copy_cache(source: Path, target: Path) -> None:
    """A cache to go on from. Its blobs and outputs are never written again, so links do; its logs are."""
    remove(target)
    target.mkdir(parents=True)
    for entry in sorted(source.iterdir()):
        how = "-al" if entry.is_dir() and entry.name not in ("locks", "leases", "tmp") else "-a"
        subprocess.run(["cp", how, str(entry), str(target / entry.name)], check=True)


# --- what ran ---------------------------------------------------------------------------------------------------------


class Step:
    """One step of a build, as the trace tells it."""

    def __init__(self, name: str, arguments: Mapping[str, Any], begin: float = 0, end: float = 0):
        self.description = name
        self.begin, self.end = begin, end  # microseconds of the build
        self.label = str(arguments.get("label", name))
        self.outcome = str(arguments.get("outcome", ""))
        self.why = str(arguments.get("why", ""))

    @property
    def started(self) -> bool:
        return self.outcome not in ("hit", "")

    @property
    def inside(self) -> bool:
        return self.label.startswith(INSIDE)

    def __repr__(self) -> str:
        return f"<{self.label} {self.outcome}: {self.why}>"


def kind_of(label: str) -> str:
    for prefix in INSIDE + PROBES + NATIVE:
        if label.startswith(prefix):
            return prefix.rstrip("-")
    return "rust"


def stem(label: str) -> str:
    """The label without the eight digits of its identity."""
    return re.sub(r"-[0-9a-f]{8,16}$", "", label)


def read_trace(path: Path) -> List[Step]:
    if not path.exists():
        return []
    trace = json.loads(path.read_text())
    events = trace["traceEvents"] if isinstance(trace, dict) else trace
    return [Step(event.get("name", ""), event.get("args", {}), event["ts"], event["ts"] + event["dur"]) for event in events
            if event.get("ph") == "X" and "outcome" in event.get("args", {})]


class Process:
    """One execve that strace saw."""

    def __init__(self, program_path: str, argv: List[str], environment: Dict[str, str]):
        self.path = program_path
        self.name = os.path.basename(program_path)
        self.argv = argv
        self.environment = environment
        self.label = os.path.basename(environment.get("TMPDIR", "")) if "/tmp/" in environment.get("TMPDIR", "") else ""

    @property
    def forbidden(self) -> bool:
        """A tool whose work is done here. Build scripts call this program by the name cargo; that is none."""
        return self.name in FORBIDDEN and "/tool/cermet-" not in self.path

    def __repr__(self) -> str:
        return f"<{self.path} {' '.join(self.argv[1:6])}>"


class Watch:
    """Processes and opened files of one run of a command, from strace's logs (one for each process)."""

    CALLS = "execve,clone,clone3,fork,vfork"
    FILES = ",open,openat,openat2"

    def __init__(self, folder: Path, files: bool = False):
        self.folder = folder
        self.files = files
        remove(folder)
        folder.mkdir(parents=True)

    def command(self) -> List[str]:
        calls = self.CALLS + (self.FILES if self.files else "")
        return ["strace", "-ff", "-qq", "-y", "-v", "-s", "1000000", "--seccomp-bpf", "-e", f"trace={calls}",
                "-e", "signal=none", "-o", str(self.folder / "p")]

    def processes(self) -> List[Process]:
        found = []
        for lines in self._logs().values():
            for line in lines:
                if line.startswith("execve(") and line.rstrip().endswith("= 0"):
                    found.append(_process(line))
        return found

    def _logs(self) -> Dict[str, List[str]]:
        """Each process' lines, parents before their children: numbers say nothing, they begin anew at some point."""
        logs = {log.name[2:]: list(_lines(log)) for log in self.folder.glob("p.*")}
        children = {pid: [match.group(1) for match in map(_CHILD.match, lines) if match] for pid, lines in logs.items()}
        waiting = sorted(set(logs) - {child for some in children.values() for child in some}, reverse=True)
        ordered: Dict[str, List[str]] = {}
        while waiting:
            pid = waiting.pop()
            if pid in logs and pid not in ordered:
                ordered[pid] = logs[pid]
                waiting += reversed(children[pid])
        return ordered

    def reads(self) -> Dict[str, Set[str]]:
        """Files opened or executed, and not written by the same step: label -> paths."""
        parents: Dict[str, str] = {}
        own: Dict[str, str] = {}  # process -> label
        opened: List[Tuple[str, str, bool]] = []
        logs = self._logs()
        for pid, lines in logs.items():
            for line in lines:
                child = _CHILD.match(line)
                if child:
                    parents[child.group(1)] = pid
        for pid, lines in logs.items():
            for line in lines:
                if line.startswith("execve(") and line.rstrip().endswith("= 0"):
                    label = _process(line).label
                    if label:
                        own[pid] = label
        for pid, lines in logs.items():
            at: Optional[str] = pid
            while at is not None and at not in own:
                at = parents.get(at)
            if at is None:
                continue
            for line in lines:
                if line.startswith("execve(") and line.rstrip().endswith("= 0"):
                    opened.append((own[at], _process(line).path, False))  # the kernel reads the program
                match = re.match(r"open\w*\(.*?, (?:\{flags=)?(O_[A-Z_|0-9]+).*\) = \d+<(.*)>$", line)
                if match and "O_DIRECTORY" not in match.group(1):
                    writes = "O_WRONLY" in match.group(1) or "O_RDWR" in match.group(1)
                    opened.append((own[at], _unescape(match.group(2)), writes))
        written = {(label, path) for label, path, writes in opened if writes}
        reads: Dict[str, Set[str]] = {label: set() for label in own.values()}
        for label, path, writes in opened:
            if not writes and (label, path) not in written:
                reads[label].add(path)
        return reads


def _lines(log: Path) -> Iterator[str]:
    with log.open(encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            yield line.rstrip("\n")


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{1,3}|x[0-9a-f]{2}|.)", _escape, text)


def _escape(match: "re.Match[str]") -> str:
    word = match.group(1)
    if word[0] == "x" and len(word) == 3:
        return chr(int(word[1:], 16))
    if word[0].isdigit():
        return chr(int(word, 8))
    return {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "f": "\f"}.get(word, word)


_CHILD = re.compile(r"(?:clone3?|v?fork)\(.*= (\d+)$")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


def _process(line: str) -> Process:
    begin = line.index("[")
    path = _STRING.search(line, 0, begin)
    # argv and the environment are lists of strings; the first list ends at the first ], outside of a string.
    position = begin
    lists: List[List[str]] = []
    while len(lists) < 2:
        position = line.index("[", position) + 1
        words: List[str] = []
        while line[position] != "]":
            match = _STRING.match(line, position)
            if match:
                words.append(_unescape(match.group(1)))
                position = match.end()
            else:
                position += 1
        lists.append(words)
    environment = dict(word.split("=", 1) for word in lists[1] if "=" in word)
    return Process(_unescape(path.group(1)) if path else "", lists[0], environment)


class Done:
    """A finished command."""

    def __init__(self, code: int, out: str, err: str, seconds: float):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds

    @property
    def text(self) -> str:
        return self.out + self.err


class Build(Done):
    """A finished build: what ran in it and the wheel it left."""

    steps: List[Step]
    watch: Optional[Watch]
    project: "Project"

    def labels(self, *kinds: str) -> Set[str]:
        """Steps whose process was started: all, or those of some kinds."""
        return {step.label for step in self.steps
                if step.started and not step.inside and (not kinds or kind_of(step.label) in kinds)}

    @property
    def ran(self) -> Set[str]:
        """Names of the steps that were started, without the digits of their identity, without probes."""
        return {stem(label) for label in self.labels() if kind_of(label) != "probe"}

    @property
    def compilers(self) -> Set[str]:
        return {label for label in self.labels() if kind_of(label) != "probe"}

    @property
    def cut_off(self) -> Set[str]:
        return {stem(step.label) for step in self.steps if step.outcome == "cut-off"}

    def step(self, name: str) -> Step:
        found = [step for step in self.steps if stem(step.label) == name or step.label == name]
        assert len(found) == 1, f"{len(found)} steps are called {name}: {[step.label for step in self.steps]}"
        return found[0]

    @property
    def wheel(self) -> Path:
        return self.project.wheel

    def processes(self) -> List[Process]:
        assert self.watch is not None, "build(watch=True)"
        return self.watch.processes()

    def programs(self) -> Set[str]:
        return {process.name for process in self.processes()}

    def assert_no_compiler(self) -> None:
        assert not self.compilers, f"ran: {[step for step in self.steps if step.label in self.compilers]}"
        if self.watch is not None:
            started = [process for process in self.processes() if process.name in COMPILERS or process.forbidden]
            assert not started, f"started: {started}"


# --- projects ---------------------------------------------------------------------------------------------------------


class Project:
    """A project's folder with the cache, mode and Python it is built with."""

    def __init__(self, folder: Path, mode: str, cache: Path, python: Optional[Path] = None, **environment: str):
        self.folder = folder
        self.mode = mode
        self.cache = cache
        self.python = Path(python) if python else Path(sys.executable)
        self.environment = environment
        self.jobs = 0

    # --- files ---

    @classmethod
    def from_example(cls, name: str, folder: Path, mode: str, cache: Path, **options: Any) -> "Project":
        project = cls(folder, mode, cache, **options)
        project.reset(name)
        return project

    @classmethod
    def from_files(cls, files: Mapping[str, str], folder: Path, mode: str, cache: Path, **options: Any) -> "Project":
        project = cls(folder, mode, cache, **options)
        for path, text in files.items():
            project.write(path, text)
        return project

    def reset(self, example: str) -> None:
        """The example as it is in the repository, nothing else."""
        remove(self.folder)
        source = EXAMPLES / example
        shutil.copytree(source, self.folder, ignore=shutil.ignore_patterns("build", "dist", "target", "__pycache__", "*.so"))

    def path(self, name: str) -> Path:
        return self.folder / name

    def read(self, name: str) -> str:
        return self.path(name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def append(self, name: str, text: str) -> None:
        self.write(name, self.read(name) + text)

    def edit(self, name: str, old: str, new: str, count: int = 1) -> None:
        text = self.read(name)
        assert text.count(old) >= 1, f"{name} does not contain {old!r}"
        self.write(name, text.replace(old, new, count))

    def delete(self, name: str) -> None:
        remove(self.path(name))

    def rename(self, old: str, new: str) -> None:
        self.path(new).parent.mkdir(parents=True, exist_ok=True)
        self.path(old).rename(self.path(new))

    def files(self) -> Dict[str, str]:
        """Every file that is not below dist/: name -> digest."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and not name.startswith(("dist/", ".git/")):
                found[name] = digest(path)
        return found

    def moved(self, folder: Path) -> "Project":
        """A second checkout of the same files, with the same cache."""
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("dist", ".git"))
        other = Project(folder, self.mode, self.cache, self.python, **self.environment)
        return other

    # --- commands ---

    def command_environment(self, **more: str) -> Dict[str, str]:
        environment = base_environment(CERMET_CACHE=str(self.cache), **self.environment)
        environment.update(more)
        return {name: value for name, value in environment.items() if value is not None}  # None takes a variable away

    def cermet(self, *arguments: str, check: bool = True, timeout: float = 600, watch: Optional[Watch] = None,
               cwd: Optional[Path] = None, **environment: str) -> Done:
        command = (watch.command() if watch else []) + [program(), *arguments]
        begin = time.monotonic()
        done = subprocess.run(command, cwd=cwd or self.folder, env=self.command_environment(**environment),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)
        answer = Done(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"),
                      time.monotonic() - begin)
        assert not check or answer.code == 0, f"exit code {answer.code} of {' '.join(arguments)}:\n{answer.text}"
        return answer

    def arguments(self, *more: str) -> List[str]:
        words = ["--mode", self.mode, "--python", str(self.python), *more]
        return words + (["-j", str(self.jobs)] if self.jobs else [])

    def build(self, *more: str, watch: Union[bool, str] = False, command: str = "build", check: bool = True,
              **environment: str) -> Build:
        """`cermet build`; watch=True lists started processes, watch="files" also the files they open."""
        trace = self.folder.parent / f"{self.folder.name}.trace.json"
        remove(trace)
        watching = Watch(self.folder.parent / f"{self.folder.name}.strace", watch == "files") if watch else None
        done = self.cermet(command, *self.arguments("--trace", str(trace), *more), watch=watching, check=check, **environment)
        build = Build(done.code, done.out, done.err, done.seconds)
        build.project = self
        build.watch = watching
        build.steps = read_trace(trace)
        return build

    def start(self, *more: str, command: str = "build", **environment: str) -> "subprocess.Popen[bytes]":
        """A build in a process group of its own, running."""
        return subprocess.Popen([program(), command, *self.arguments(*more)], cwd=self.folder,
                                env=self.command_environment(**environment), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)

    def explain(self, target: str = "") -> str:
        words = [target] if target else []
        return self.cermet("explain", *self.arguments(*words)).text

    # --- results ---

    @property
    def wheel(self) -> Path:
        wheels = list((self.folder / "dist").glob("*.whl"))
        assert len(wheels) == 1, f"{len(wheels)} wheels in dist: {wheels}"
        return wheels[0]

    def wheel_bytes(self) -> "Contents":
        return Contents(self.wheel)

    def drop_dist(self) -> None:
        remove(self.folder / "dist")

    def wheel_text(self, name: str) -> str:
        with zipfile.ZipFile(self.wheel) as wheel:
            return wheel.read(name).decode()

    def wheel_names(self) -> List[str]:
        with zipfile.ZipFile(self.wheel) as wheel:
            return sorted(wheel.namelist())


class Contents:
    """A file's bytes, to be compared. pytest draws a diff of unequal `bytes`; for two wheels that takes hours."""

    def __init__(self, path: Path):
        self.name = path.name
        self.data = path.read_bytes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Contents) and self.data == other.data

    def __hash__(self) -> int:
        return hash(self.data)

    def __contains__(self, part: bytes) -> bool:
        return part in self.data

    def __repr__(self) -> str:
        return f"<{self.name}, {len(self.data)} bytes, {digest(self.data)[:12]}>"


def difference(left: Contents, right: Contents) -> str:
    """What differs between two wheels, for people."""
    if left == right:
        return "nothing"
    if not (zipfile.is_zipfile(io.BytesIO(left.data)) and zipfile.is_zipfile(io.BytesIO(right.data))):
        return f"{left} and {right}"
    names = []
    with zipfile.ZipFile(io.BytesIO(left.data)) as a, zipfile.ZipFile(io.BytesIO(right.data)) as b:
        for name in sorted(set(a.namelist()) | set(b.namelist())):
            if name not in a.namelist() or name not in b.namelist():
                names.append(f"only in one: {name}")
            elif a.read(name) != b.read(name):
                names.append(f"differs: {name}")
    return "; ".join(names) or "the order, times or compression of the archive"


def processes_with(mark: str) -> List[int]:
    """Living processes with this text in their command."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark.encode() in (entry / "cmdline").read_bytes() and "\nState:\tZ" not in (entry / "status").read_text():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def wait_until_none(mark: str, seconds: float = 10) -> List[int]:
    """Those that still live after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        living = processes_with(mark)
        if not living or time.monotonic() > end:
            return living
        time.sleep(0.05)


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


# --- Python environments ----------------------------------------------------------------------------------------------


def make_venv(folder: Path, python: Union[str, Path] = sys.executable, distributions: Iterable[str] = ("Cython",)) -> Path:
    """A virtual environment with copies of distributions that the running Python has. Gives its interpreter."""
    remove(folder)
    subprocess.run([str(python), "-m", "venv", "--without-pip", str(folder)], check=True)
    site = next(folder.glob("lib/python3*/site-packages"))
    for name in distributions:
        install_copy(name, site)
    return folder / "bin" / "python"


def installed_files(name: str) -> Tuple[Path, List[str]]:
    """Where a distribution lies and the files of it below there, as its RECORD lists them."""
    from importlib.metadata import distribution

    found = distribution(name)
    site = Path(str(found.locate_file("")))
    files = [str(file) for file in found.files or [] if not str(file).startswith("..") and "__pycache__" not in str(file)]
    return site, files


def install_copy(name: str, site: Path) -> None:
    source, files = installed_files(name)
    for file in files:
        target = site / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / file, target)


def pack_wheel(folder: Path, stem_: str, tag: str, files: Mapping[str, bytes], executable: Iterable[str] = ()) -> Path:
    """A wheel made of files, with a RECORD."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{stem_}.dist-info"
    rows = io.StringIO()
    table = csv.writer(rows, lineterminator="\n")
    path = folder / f"{stem_}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100755 if name in executable else 0o100644) << 16
            wheel.writestr(entry, data)
            table.writerow([name, "", ""])
        table.writerow([f"{info}/RECORD", "", ""])
        wheel.writestr(f"{info}/RECORD", rows.getvalue())
    return path


def pack_installed(name: str, folder: Path) -> Path:
    """A wheel of a distribution that the running Python has."""
    site, files = installed_files(name)
    info = next(file for file in files if file.endswith(".dist-info/WHEEL")).split("/")[0]
    tags = re.findall(r"^Tag: (.*)$", (site / info / "WHEEL").read_text(), re.M)
    parts = [".".join(sorted({tag.split("-")[at] for tag in tags})) for at in range(3)]
    kept = {file: (site / file).read_bytes() for file in files
            if os.path.basename(file) not in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")}
    programs = [file for file in kept if os.access(site / file, os.X_OK)]  # the bit is part of the identity
    return pack_wheel(folder, info[: -len(".dist-info")], "-".join(parts), kept, programs)


def pack_cermet(folder: Path) -> Path:
    """The program and its build backend as a wheel, so that front ends can install them without a network."""
    files = {f"cermet/{path.name}": path.read_bytes() for path in (ROOT / "shims/pep517/cermet").iterdir() if path.is_file()}
    files["cermet/bin/cermet"] = Path(program()).read_bytes()
    files["cermet-0.1.0.dist-info/METADATA"] = b"Metadata-Version: 2.1\nName: cermet\nVersion: 0.1.0\n"
    files["cermet-0.1.0.dist-info/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: stories\nRoot-Is-Purelib: false\nTag: py3-none-any\n"
    return pack_wheel(folder, "cermet-0.1.0", "py3-none-any", files, ["cermet/bin/cermet"])


def find_pythons() -> Dict[str, str]:
    """Interpreters from 3.9 to 3.13 that are there and have their headers: "3.9" -> path."""
    found: Dict[str, str] = {}
    for minor in range(9, 14):
        name = f"3.{minor}"
        candidates = [shutil.which(f"python{name}")] + sorted(str(p) for p in Path.home().glob(f".pyenv/versions/{name}.*/bin/python"))
        for candidate in candidates:
            if candidate is None:
                continue
            code = ("import os,sys,sysconfig;"
                    "print('%d.%d'%sys.version_info[:2],os.path.exists(sysconfig.get_path('include')+'/Python.h'),os.path.realpath(sys.executable))")
            done = subprocess.run([candidate, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            words = done.stdout.split()
            if done.returncode == 0 and words[:2] == [name, "True"]:
                found[name] = words[2]
                break
    return found
