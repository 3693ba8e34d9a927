"""A sparse registry on this machine, for stories about fetching.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import json
import re
import tarfile
import threading
from typing import Callable, Dict, List, Mapping, Optional, Tuple

CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def manifest(name: str, version: str, more: str = "") -> str:
    return f'[package]\nname = "{name}"\nversion = "{version}"\nedition = "2021"\n\n{more}'


def pack_crate(name: str, version: str, files: Mapping[str, str], top: str = "") -> bytes:
    """A .crate as registries serve it; `top`: another directory than the right one."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{top or f'{name}-{version}'}/{path}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(tar.getvalue(), mtime=0)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def index_path(name: str) -> str:
    if len(name) <= 3:
        return f"/{len(name)}/{name[0]}/{name}" if len(name) == 3 else f"/{len(name)}/{name}"
    return f"/{name[:2]}/{name[2:4]}/{name}"


Answer = Callable[[http.server.BaseHTTPRequestHandler, bytes], None]


class Registry:
    """A sparse registry; `answers` changes what it says."""

    def __init__(self) -> None:
        self.crates: Dict[Tuple[str, str], bytes] = {}
        self.needs: Dict[Tuple[str, str], List[Dict[str, object]]] = {}
        self.token: Optional[str] = None
        self.asked: List[str] = []
        # Path -> function of (handler, body): it answers in place of the registry.
        self.answers: Dict[str, Answer] = {}
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:  # noqa: N802
                registry.asked.append(self.path)
                if registry.token is not None and self.headers.get("Authorization") != registry.token:
                    return self.answer(401, b"")
                body = registry.body(self.path)
                if self.path in registry.answers:
                    return registry.answers[self.path](self, body or b"")
                return self.answer(404, b"") if body is None else self.answer(200, body)

            def answer(self, status: int, body: bytes) -> None:
                begin = 0
                wanted = self.headers.get("Range", "")
                if status == 200 and wanted.startswith("bytes="):
                    begin = int(wanted[6:].split("-")[0])
                    status = 206 if begin < len(body) else 416
                tag = '"' + sha256(body)[:16] + '"'
                if status == 200 and self.headers.get("If-None-Match") == tag:
                    registry.asked[-1] += " known"
                    status = 304
                self.send_response(status)
                self.send_header("ETag", tag)
                if status == 206:
                    self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
                body = body[begin:] if status in (200, 206) else b""
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def add(self, name: str, version: str, code: str = "", more: str = "", **files: str) -> str:
        """Gives the checksum. `more`: text for the end of its manifest."""
        plain = more[more.find("[dependencies]"):].split("\n[")[0] if "[dependencies]" in more else ""
        self.needs[name, version] = [{"name": needed, "req": wanted if wanted[0] in "=<>~*" else "^" + wanted, "features": [], "optional": False,
                                      "default_features": True, "target": None, "kind": "normal"}
                                     for needed, wanted in re.findall(r'^([\w-]+) = "([^"]+)"$', plain, re.MULTILINE)]
        return self.put(name, version, {"Cargo.toml": manifest(name, version, more), "src/lib.rs": code, **files})

    def put(self, name: str, version: str, files: Mapping[str, str], top: str = "") -> str:
        self.crates[name, version] = pack_crate(name, version, files, top)
        return sha256(self.crates[name, version])

    def path(self, name: str, version: str) -> str:
        return f"/dl/{name}/{version}/download"

    def downloads(self) -> List[str]:
        """Names of the crates that were asked for, in order."""
        return [path.split("/")[2] for path in self.asked if path.startswith("/dl/")]

    def body(self, path: str) -> Optional[bytes]:
        if path == "/config.json":
            return json.dumps({"dl": self.url + "dl", "auth-required": self.token is not None}).encode()
        rows = b""
        for (name, version), crate in self.crates.items():
            if path == self.path(name, version):
                return crate
            if path == index_path(name):
                row = {"name": name, "vers": version, "cksum": sha256(crate), "deps": self.needs.get((name, version), []),
                       "features": {}, "yanked": False}
                rows += json.dumps(row).encode() + b"\n"
        return rows or None

    def lock(self, *packages: "Tuple[str, str, List[str]]", local: "Mapping[str, List[str]]") -> str:
        """A Cargo.lock: (name, version, dependencies) of this registry, and local packages of version 0.1.0."""
        entries = []
        for name, version, needs in packages:
            entries.append((name, f'version = "{version}"\nsource = "{CRATES_IO}"\n'
                                  f'checksum = "{sha256(self.crates[name, version])}"\n', needs))
        for name, needs in local.items():
            entries.append((name, 'version = "0.1.0"\n', list(needs)))
        text = "version = 4\n"
        for name, body, needs in sorted(entries):
            text += f'\n[[package]]\nname = "{name}"\n{body}'
            if needs:
                text += "dependencies = [\n" + "".join(f' "{one}",\n' for one in sorted(needs)) + "]\n"
        return text

    def replacement(self) -> str:
        """Configuration of cargo that puts it in the place of crates.io."""
        return f'[source.crates-io]\nreplace-with = "ours"\n[source.ours]\nregistry = "sparse+{self.url}"\n'
