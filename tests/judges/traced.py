"""What the processes of one build did, from strace's logs: who started whom, files read and written, hosts asked for.

SPDX-License-Identifier: MIT
One log for each number of a process or thread. A process belongs to the step that TMPDIR names where it was started; what it starts belongs there too.
Paths are those of the machine, so the build is one in plain mode.
"""
from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Optional, Set, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "stories"))
from story import Process, _CHILD, _process, _unescape  # noqa: E402

CALLS = "execve,clone,clone3,fork,vfork,open,openat,openat2,rename,renameat,renameat2,connect,sendto,sendmmsg"
_OPEN = re.compile(r'open\w*\((?:\w+(?:<.*?>)?, )?"((?:[^"\\]|\\.)*)", (?:\{flags=)?(O_[A-Z_|0-9]+).*\) = \d+<(.*)>(\(deleted\))?$')
_RENAME = re.compile(r'rename\w*\(.*"((?:[^"\\]|\\.)*)"(?:, \w+)?\) = 0$')
_ADDRESS = re.compile(r'connect\(.*sa_family=AF_INET6?, sin6?_port=htons\((\d+)\).*?(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"')
_QUERY = re.compile(r'"((?:[^"\\]|\\.)*)"')


def command(folder: Path) -> List[str]:
    return ["strace", "-ff", "-A", "-q", "-ttt", "-y", "-v", "-s", "1000000", "--seccomp-bpf", "-e", f"trace={CALLS}", "-e", "signal=none",
            "-o", str(folder / "p")]


class Started:
    """A process that a step started."""

    def __init__(self, label: str, process: Process):
        self.label = label
        self.path, self.argv, self.environment = process.path, process.argv, process.environment


class _Life:
    """One process or thread: numbers of processes begin anew after a while, so one log may hold several lives."""

    def __init__(self, begin: float):
        self.begin = begin
        self.events: List[Tuple[str, ...]] = []
        self.children: List[Tuple[str, float]] = []
        self.parent: Optional["_Life"] = None
        self.label = ""  # of the step that began here
        self.program = ""  # the last that it became


class Traced:
    """`folders`: of one build, and of its earlier attempts; a step's files are those of all."""

    def __init__(self, folders: Iterable[Path]):
        self.reads: Dict[str, Set[str]] = {}  # step -> paths; "": the program itself and what it starts beside steps
        self.written: Dict[str, Set[str]] = {}
        # (step, path) -> (program, the name it asked for): links are resolved in `path`, not in the name.
        self.openers: Dict[Tuple[str, str], Set[Tuple[str, str]]] = {}
        self.started: List[Started] = []
        self.addresses: Set[Tuple[str, str, int]] = set()  # (step, address, port) of connections, but to this machine
        self.names: Set[str] = set()  # of hosts that a name server was asked for
        for folder in folders:
            self._folder(folder)

    def _folder(self, folder: Path) -> None:
        lives = {log.name[2:]: list(self._lives(log)) for log in sorted(folder.glob("p.*"))}
        for some in lives.values():
            for life in some:
                for pid, when in life.children:
                    born = [one for one in lives.get(pid, []) if one.begin >= when and one.parent is None]
                    if born:
                        min(born, key=lambda one: one.begin).parent = life
        for some in lives.values():
            for life in some:
                self._take(life)

    def _lives(self, log: Path) -> Iterator[_Life]:
        life: Optional[_Life] = None
        with log.open(encoding="utf-8", errors="surrogateescape") as file:
            for whole in file:
                stamp, _, line = whole.rstrip("\n").partition(" ")
                if life is None:
                    life = _Life(float(stamp))
                if line.startswith("+++ "):
                    yield life
                    life = None
                else:
                    self._note(life, float(stamp), line)
        if life is not None:
            yield life

    def _note(self, life: _Life, when: float, line: str) -> None:
        child = _CHILD.match(line)
        if child:
            # The child may run before the call that made it returns; both have the time of their begin.
            life.children.append((child.group(1), when))
        elif line.startswith("execve("):
            if line.endswith("= 0"):
                process = _process(line)
                life.program = process.path
                life.label = process.label or life.label
                life.events.append(("program", str(len(self.started))))
                self.started.append(Started(process.label, process))
        elif line.startswith("open"):
            match = _OPEN.match(line)
            if match and "O_DIRECTORY" not in match.group(2) and "O_PATH" not in match.group(2):
                writes = "O_WRONLY" in match.group(2) or "O_RDWR" in match.group(2)
                life.events.append(("write" if writes else "read", _unescape(match.group(3)), _unescape(match.group(1))))
        elif line.startswith("rename"):
            match = _RENAME.match(line)
            if match:
                life.events.append(("write", _unescape(match.group(1)), ""))
        elif line.startswith("connect("):
            match = _ADDRESS.match(line)
            if match and not match.group(2).startswith("127.") and match.group(2) != "::1":
                life.events.append(("connect", match.group(2), match.group(1)))
        elif line.startswith("send"):
            self._queries(line)

    def _take(self, life: _Life) -> None:
        """What a process did is what the step did that it, or the nearest process above it, began."""
        above: Optional[_Life] = life
        while above is not None and not above.label:
            above = above.parent
        label = above.label if above is not None else ""
        maker: Optional[_Life] = life  # threads, and processes that start no program, are what made them
        while maker is not None and not maker.program:
            maker = maker.parent
        program = maker.program if maker is not None else ""
        reads, written = self.reads.setdefault(label, set()), self.written.setdefault(label, set())
        for kind, name, *more in life.events:
            if kind == "program":
                started = self.started[int(name)]
                started.label, program = label, started.path
                reads.add(os.path.normpath(program))
            elif kind == "write":
                written.add(name)
            elif kind == "read":
                reads.add(name)
                self.openers.setdefault((label, name), set()).add((program, more[0]))
            else:
                self.addresses.add((label, name, int(more[0])))

    def _queries(self, line: str) -> None:
        """Names in questions to a name server: a header of 12 bytes, then labels with their lengths."""
        for match in _QUERY.finditer(line):
            data = _unescape(match.group(1)).encode("latin-1", "replace")
            if len(data) < 17 or data[4:12] != b"\0\1\0\0\0\0\0\0":
                continue
            labels, at = [], 12
            while at < len(data) and data[at]:
                labels.append(data[at + 1 : at + 1 + data[at]].decode("latin-1"))
                at += 1 + data[at]
            self.names.add(".".join(labels))

