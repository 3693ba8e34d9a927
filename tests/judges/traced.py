"""What the processes of one build did, from strace's logs: who started whom, files read and written, hosts asked for.

SPDX-License-Identifier: MIT
One log for each thread. A process belongs to the step that TMPDIR names where it was started; what it starts belongs there too.
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
    return ["strace", "-ff", "-qq", "-y", "-v", "-s", "1000000", "--seccomp-bpf", "-e", f"trace={CALLS}", "-e", "signal=none",
            "-o", str(folder / "p")]


class Started:
    """A process that a step started."""

    def __init__(self, label: str, process: Process):
        self.label = label
        self.path, self.argv, self.environment = process.path, process.argv, process.environment


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
        logs = {log.name[2:]: log for log in folder.glob("p.*")}
        parents: Dict[str, str] = {}
        own: Dict[str, str] = {}
        programs: Dict[str, str] = {}  # process -> the last that it became
        for pid, log in logs.items():
            for line in _lines(log):
                child = _CHILD.match(line)
                if child:
                    parents[child.group(1)] = pid
                elif line.startswith("execve(") and line.endswith("= 0"):
                    process = _process(line)
                    programs[pid] = process.path
                    if process.label:
                        own[pid] = process.label
        for pid, log in logs.items():
            at: Optional[str] = pid
            while at is not None and at not in own:
                at = parents.get(at)
            maker: Optional[str] = pid  # threads, and processes that start no program, are what made them
            while maker is not None and maker not in programs:
                maker = parents.get(maker)
            self._log(own[at] if at is not None else "", log, programs[maker] if maker is not None else "")

    def _log(self, label: str, log: Path, program: str) -> None:
        reads, written = self.reads.setdefault(label, set()), self.written.setdefault(label, set())
        for line in _lines(log):
            if line.startswith("execve("):
                if line.endswith("= 0"):
                    process = _process(line)
                    program = process.path
                    reads.add(os.path.normpath(process.path))
                    self.started.append(Started(label, process))
            elif line.startswith("open"):
                match = _OPEN.match(line)
                if match is None or "O_DIRECTORY" in match.group(2) or "O_PATH" in match.group(2):
                    continue
                path = _unescape(match.group(3))
                if "O_WRONLY" in match.group(2) or "O_RDWR" in match.group(2):
                    written.add(path)
                else:
                    reads.add(path)
                    self.openers.setdefault((label, path), set()).add((program, _unescape(match.group(1))))
            elif line.startswith("rename"):
                match = _RENAME.match(line)
                if match:
                    written.add(_unescape(match.group(1)))
            elif line.startswith("connect("):
                match = _ADDRESS.match(line)
                if match and not match.group(2).startswith("127.") and match.group(2) != "::1":
                    self.addresses.add((label, match.group(2), int(match.group(1))))
            elif line.startswith("send"):
                self._queries(line)

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


def _lines(log: Path) -> Iterator[str]:
    with log.open(encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            yield line.rstrip("\n")
