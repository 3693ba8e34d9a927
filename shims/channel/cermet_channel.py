"""For generators and build scripts in Python: state facts and ask for others' over Cermet's channel; standard library only.

SPDX-License-Identifier: MIT

    import cermet_channel

    build = cermet_channel.connect()          # None where nobody listens: the script is run by hand
    area = build.require("library", "area")   # its value: a dict as docs/reference/messages.md describes it
    build.provide("headers", "shapes", {"include": [out + "/include"]}, visibility="transitive")

One file, to be copied beside the script. The protocol is docs/protocol.md of Cermet. A question that cannot be answered
raises `Refused` with the text for who runs the build; a broken channel raises OSError. Not for several threads.
"""
from __future__ import annotations

import json
import os
import socket
from typing import Any, Dict, Iterable, Mapping, Optional, Union

PROTOCOL = 1

Scalar = Union[bool, int, str]


class Refused(Exception):
    """The answer to a question is an error: its text."""


class Channel:
    """A script's way to others. One per script, as the descriptor is."""

    def __init__(self, descriptor: int, client: str = "cermet_channel.py 1"):
        self._socket = socket.socket(fileno=descriptor)
        self._lines = self._socket.makefile("r", encoding="utf-8", newline="\n")
        self._questions = 0
        self._ask({"type": "hello", "protocol": [PROTOCOL], "client": client})

    def require(self, kind: str, name: str, optional: bool = False) -> Optional[Dict[str, Any]]:
        """The value of a fact; with `optional` None where nobody provides it, else Refused."""
        answer = self._ask({"type": "require", "kind": kind, "name": name, "optional": optional})
        return None if answer is None else answer["value"]

    def provide(self, kind: str, name: str, value: Mapping[str, Any], visibility: str = "direct") -> None:
        """States a fact. Paths in `value` are absolute."""
        self._say({"type": "provide", "kind": kind, "name": name, "visibility": visibility, "value": dict(value)})

    def option(self, name: str, default: Scalar, choices: Iterable[str] = (), about: str = "") -> Scalar:
        """What was decided from outside, in the default's type; with `choices` it is one of them."""
        kind = "boolean" if isinstance(default, bool) else "number" if isinstance(default, int) else "text"
        message: Dict[str, Any] = {"type": "option", "name": name, "kind": kind, "default": default, "about": about}
        if choices:
            message.update(kind="choice", choices=list(choices))
        value: Scalar = self._ask(message)["value"]
        return value

    def fetch(self, name: str) -> str:
        """The path of a download that is declared for this script."""
        path: str = self._ask({"type": "fetch", "name": name})["path"]
        return path

    def watch(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """When this file or directory changes, the script runs again. Said before it is read."""
        self._ask({"type": "watch", "path": os.path.abspath(path)})

    def variable(self, name: str) -> str:
        """A variable of the user's, empty where it is not set. When it changes, the script runs again."""
        value: str = self._ask({"type": "watch", "variable": name})["value"]
        return value

    def output(self, path: Union[str, "os.PathLike[str]"], role: str) -> None:
        """What a file or directory that the script made is for: header, library, program, source, data or licence."""
        self._say({"type": "output", "path": os.path.abspath(path), "role": role})

    def diagnostic(self, level: str, message: str, file: str = "", line: int = 0, hint: str = "") -> None:
        """A message for who runs the build: an `error` makes the script fail in the end, a `warning` or `note` does not."""
        told: Dict[str, Any] = {"type": "diagnostic", "level": level, "message": message}
        told.update({key: value for key, value in (("file", file), ("line", line), ("hint", hint)) if value})
        self._say(told)

    def note(self, message: str) -> None:
        """A line for who looks closely: shown with --verbose."""
        self._say({"type": "note", "message": message})

    def _say(self, message: Mapping[str, Any]) -> None:
        self._socket.sendall(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def _ask(self, message: Dict[str, Any]) -> Any:
        self._questions += 1
        self._say({**message, "id": self._questions})
        line = self._lines.readline()
        if not line:
            raise OSError("Cermet does not answer any more")
        reply = json.loads(line)
        if "error" in reply:
            raise Refused(reply["error"])
        return reply["answer"]


def connect() -> Optional[Channel]:
    """The channel of this process; None where there is none."""
    descriptor = os.environ.get("CERMET_CHANNEL", "")
    return Channel(int(descriptor)) if descriptor.isdigit() else None
