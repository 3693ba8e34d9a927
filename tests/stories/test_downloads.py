"""Declared downloads: files of the network that steps read, where they come from, and every trouble on the way.

SPDX-License-Identifier: MIT
The server is one of this machine; what it answers is changed in each story.
"""
from __future__ import annotations

import gzip
import http.server
import io
import shutil
import subprocess
import tarfile
import threading
import time
from pathlib import Path
from typing import Callable, Dict, Iterator, List

import pytest

import small
from registry import Registry, sha256
from story import Project, remove

RATES = b"7\n" + b"".join(b"%d\n" % number for number in range(30_000))

GENERATOR = """\
import os, sys
path = os.environ["CERMET_DOWNLOAD_RATES"]
with open(path) as rates, open(sys.argv[1], "w") as out:
    out.write("#define RATE " + rates.readline())
"""


def table(registry: Registry, more: str = "", path: str = "rates.csv", data: bytes = RATES) -> str:
    return (f'\n[[tool.cermet.download]]\nname = "rates"\nurl = "{registry.url}{path}"\nsha256 = "{sha256(data)}"\n'
            f'license = "CC0-1.0"\n{more}\n')


def serve(registry: Registry, path: str = "rates.csv", data: bytes = RATES) -> None:
    registry.answers["/" + path] = lambda handler, _: handler.answer(200, data)


@pytest.fixture
def project(make: Callable[..., Project], registry: Registry) -> Project:
    """A C module whose header a generator makes from a download."""
    return write_project(make, registry)


def write_project(make: Callable[..., Project], registry: Registry) -> Project:
    files = small.pure()
    files["pyproject.toml"] += table(registry) + """
[[tool.cermet.generate]]
name = "tables"
command = ["python", "make_rates.py", "small/rates.h"]
inputs = ["make_rates.py"]
outputs = ["small/rates.h"]
uses = ["download:rates"]

[[tool.cermet.c-module]]
name = "small._c"
sources = ["small/_c.c"]
uses = ["generate:tables"]
"""
    files["make_rates.py"] = GENERATOR
    files["small/_c.c"] = small.c_module("_c", '#include "rates.h"', "RATE")
    serve(registry)
    return make(files)


def value(project: Project) -> int:
    folder = project.folder.parent / "unpacked"
    remove(folder)
    shutil.unpack_archive(project.wheel, folder, "zip")
    done = subprocess.run([str(project.python), "-c", "import small._c; print(small._c.value())"], cwd=folder,
                          stdout=subprocess.PIPE, check=True, text=True)
    return int(done.stdout)


def test_a_generator_finds_its_download(project, registry, folder):
    """Fetched once, for every checkout; a build that has it needs no network. An edit of its table asks for the other."""
    first = project.build()
    assert "downloaded 1 file" in first.text and value(project) == 7
    assert registry.asked == ["/rates.csv"]
    registry.asked.clear()
    project.drop_dist()
    project.build("--offline").assert_no_compiler()
    other = project.moved(folder / "other")
    other.build("--offline")
    assert not registry.asked
    newer = b"8\n"
    project.edit("pyproject.toml", sha256(RATES), sha256(newer))
    project.drop_dist()
    serve(registry, data=newer)
    assert "generate-tables" in project.build().ran
    assert value(project) == 8


def test_a_header_and_an_archive(make, registry):
    """C tables find the header itself, or what the archive has below the directory that they name."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        entry = tarfile.TarInfo("lib-1.0/include/deep/two.h")
        entry.size = 14
        archive.addfile(entry, io.BytesIO(b"#define TWO 2\n"))
    packed = gzip.compress(tar.getvalue(), mtime=0)
    header = b"#define ONE 1\n"
    serve(registry, "one.h", header)
    serve(registry, "lib-1.0.tar.gz", packed)
    files = small.pure()
    files["pyproject.toml"] += f"""
[[tool.cermet.download]]
name = "one"
url = "{registry.url}one.h"
sha256 = "{sha256(header)}"
size = {len(header)}

[[tool.cermet.download]]
name = "lib"
url = "{registry.url}lib-1.0.tar.gz"
sha256 = "{sha256(packed)}"
unpack = "lib-1.0/include"

[[tool.cermet.c-module]]
name = "small._c"
sources = ["small/_c.c"]
uses = ["download:one", "download:lib"]
"""
    files["small/_c.c"] = small.c_module("_c", '#include "one.h"\n#include "deep/two.h"', "ONE + TWO")
    project = make(files)
    project.build()
    assert value(project) == 3
    assert sorted(registry.asked) == ["/lib-1.0.tar.gz", "/one.h"]
    project.edit("pyproject.toml", "lib-1.0/include", "absent")
    failed = project.build(check=False)
    assert failed.code == 2 and "has nothing below absent" in failed.err and "pyproject.toml:" in failed.err, failed.err


# --- the table ---


@pytest.mark.parametrize("change, says", [
    (("https://", "ftp://"), "is no URL of a file"),
    (('sha256 = "', 'sha256 = "zz'), "is no sha256"),
    (('uses = ["download:rates"]', 'uses = ["download:rate"]'), "did you mean 'rates'?"),
    (('license = "CC0-1.0"', 'size = "big"'), "'size' takes a whole number"),
    (('license = "CC0-1.0"', "size = -1"), "'size' takes a whole number"),
    (('license = "CC0-1.0"', 'licence = "CC0-1.0"'), "did you mean 'license'?"),
])
def test_what_a_table_may_say(make, registry, change, says):
    project = write_project(make, registry)
    project.edit("pyproject.toml", registry.url, "https://example.org/")
    project.edit("pyproject.toml", *change)
    failed = project.build(check=False)
    assert failed.code == 2 and says in failed.err and "pyproject.toml:" in failed.err, failed.err
    assert not registry.asked


# --- troubles: one mode is enough, nothing of it is a step ---


@pytest.fixture
def plain(folder: Path, python: Path, registry: Registry) -> Project:
    def make(files: Dict[str, str]) -> Project:
        return Project.from_files(files, folder / "project", "plain", folder / "cache", python=python)

    return write_project(make, registry)


def nothing_is_kept(project: Project) -> None:
    assert not list((project.cache / "pkg").glob("download-*")), "bytes that nobody wanted are in the cache"


def test_other_bytes_are_refused(plain, registry):
    """Nothing of them is kept, the place of the declaration is named; the right ones are taken later."""
    serve(registry, data=RATES + b"x")
    failed = plain.build(check=False)
    assert failed.code == 2 and "checksum mismatch: the download rates" in failed.err, failed.err
    assert sha256(RATES) in failed.err and sha256(RATES + b"x") in failed.err and "pyproject.toml:" in failed.err
    nothing_is_kept(plain)
    serve(registry)
    plain.build()


def test_another_size_than_declared(plain, registry):
    plain.edit("pyproject.toml", 'license = "CC0-1.0"', f"size = {len(RATES) + 1}")
    failed = plain.build(check=False)
    assert failed.code == 2 and f"has {len(RATES)} bytes, declared are {len(RATES) + 1}" in failed.err, failed.err
    nothing_is_kept(plain)


def test_a_redirect_to_another_host_is_told(plain, registry):
    """Its bytes are pinned, so anybody may give them."""
    second = Registry()
    try:
        serve(second, "other/rates.csv")

        def elsewhere(handler, _):
            handler.send_response(302)
            handler.send_header("Location", second.url + "other/rates.csv")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        registry.answers["/rates.csv"] = elsewhere
        built = plain.build()
        assert f"the download rates came from {second.url[7:-1]}, where {registry.url}rates.csv leads" in built.err, built.err
        assert value(plain) == 7
    finally:
        second.stop()


def test_a_circle_of_redirects(plain, registry):
    def around(handler, _):
        handler.send_response(302)
        handler.send_header("Location", "/rates.csv")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    registry.answers["/rates.csv"] = around
    failed = plain.build(check=False)
    assert failed.code == 3 and "redirect" in failed.err, failed.err


def test_a_body_that_is_cut_off_is_gone_on_from(plain, registry):
    ranges: List[object] = []

    def cut(handler, _):
        ranges.append(handler.headers.get("Range"))
        if len(ranges) > 1:
            return handler.answer(200, RATES)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(RATES)))
        handler.end_headers()
        handler.wfile.write(RATES[:1000])
        handler.wfile.flush()
        handler.connection.close()

    registry.answers["/rates.csv"] = cut
    built = plain.build()
    assert ranges == [None, "bytes=1000-"] and "downloading the download rates again" in built.err


def test_a_body_that_is_always_cut_off(plain, registry):
    """Without a length nobody notices but the checksum."""
    def short(handler, _):
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(RATES[:1000])
        handler.close_connection = True

    registry.answers["/rates.csv"] = short
    failed = plain.build(check=False)
    assert failed.code == 2 and "checksum mismatch" in failed.err, failed.err
    nothing_is_kept(plain)


@pytest.mark.parametrize("kind", ["said", "unsaid", "chunked"])
def test_a_body_larger_than_declared(plain, registry, kind):
    """It is not taken: not when the server says its length, not when it never ends."""
    written: List[int] = []
    cap = 100_000
    plain.edit("pyproject.toml", 'license = "CC0-1.0"', f"size = {cap}")

    def endless(handler, _):
        handler.send_response(200)
        if kind == "said":
            handler.send_header("Content-Length", str(1 << 40))
        elif kind == "chunked":
            handler.send_header("Transfer-Encoding", "chunked")
        else:
            handler.send_header("Connection", "close")
        handler.end_headers()
        piece = b"x" * 10_000
        try:
            for _ in range(100_000):
                handler.wfile.write(b"2710\r\n" + piece + b"\r\n" if kind == "chunked" else piece)
                written.append(len(piece))
        except OSError:
            handler.close_connection = True

    registry.answers["/rates.csv"] = endless
    failed = plain.build(check=False)
    assert failed.code == 3 and f"it has more than the {cap} bytes that are taken" in failed.err, failed.err
    assert sum(written) < 50 << 20 and failed.seconds < 30
    nothing_is_kept(plain)
    assert not list((plain.cache / "downloads").glob("*.part"))


def test_a_bomb_is_not_unpacked(plain, registry):
    """3 GB of zeros: more than an archive may hold."""
    bomb = plain.folder.parent / "bomb.tar.gz"
    make = ("import tarfile, sys\n"
            "class Zeros:\n    def read(self, n=-1):\n        return bytes(n)\n"
            "with tarfile.open(sys.argv[1], 'w:gz', compresslevel=1) as tar:\n"
            "    info = tarfile.TarInfo('zeros')\n    info.size = 3 << 30\n    tar.addfile(info, Zeros())\n")
    subprocess.run(["python3", "-c", make, str(bomb)], check=True)
    data = bomb.read_bytes()
    serve(registry, "bomb.tar.gz", data)
    text = plain.read("pyproject.toml")
    plain.write("pyproject.toml", text.replace(table(registry), table(registry, 'unpack = "."', "bomb.tar.gz", data)))
    failed = plain.build(check=False)
    assert failed.code == 2 and "bomb.tar.gz" in failed.err and "pyproject.toml:" in failed.err, failed.err
    assert not list((plain.cache / "pkg").glob("unpacked-*"))


def test_busy_servers_are_asked_again(plain, registry):
    """429 with the time to come again, then 5xx, then the file."""
    times: List[float] = []

    def busy(handler, _):
        times.append(time.monotonic())
        if len(times) == 1:
            handler.send_response(429)
            handler.send_header("Retry-After", "2")
            handler.send_header("Content-Length", "0")
            return handler.end_headers()
        return handler.answer(503 if len(times) == 2 else 200, RATES if len(times) > 2 else b"")

    registry.answers["/rates.csv"] = busy
    built = plain.build()
    assert len(times) == 3 and times[1] - times[0] > 1.9, times
    assert "again: the server answered 429" in built.err and "again: the server answered 503" in built.err


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_final(plain, registry, status):
    registry.answers["/rates.csv"] = lambda handler, _: handler.answer(status, b"")
    failed = plain.build(check=False)
    assert failed.code == 3 and f"the server answered {status}" in failed.err and "cargo" not in failed.err, failed.err
    assert len(registry.asked) == 1 and "pyproject.toml:" in failed.err


@pytest.fixture
def proxy() -> Iterator["tuple[str, List[str]]"]:
    """A proxy that answers for every host, and what it was asked."""
    asked: List[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:  # noqa: N802
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(RATES)))
            self.end_headers()
            self.wfile.write(RATES)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", asked
    server.shutdown()
    server.server_close()


def test_proxies_of_the_environment(plain, registry, proxy):
    url, asked = proxy
    plain.edit("pyproject.toml", registry.url, "http://nowhere.invalid/")
    plain.build(http_proxy=url, no_proxy="")
    assert asked == ["http://nowhere.invalid/rates.csv"]


def test_an_index_is_not_looked_for_elsewhere(plain, registry):
    """Bytes without a checksum come from the host that was asked, or not at all."""
    files = small.everything()
    registry.add("answer", "1.0.0", "pub fn answer() -> i64 {\n    4\n}\n")
    files["rust/core-part/Cargo.toml"] += '[dependencies]\nanswer = "1"\n'
    files["rust/Cargo.lock"] = registry.lock(("answer", "1.0.0", []), local={"core-part": ["answer"]})
    files["rust/.cargo/config.toml"] = registry.replacement()
    project = Project.from_files(files, plain.folder.parent / "rusty", "plain", plain.cache, python=plain.python)
    project.environment["CARGO_HOME"] = str(plain.folder.parent / "cargo-home")
    second = Registry()
    config = registry.body("/config.json")
    try:
        second.answers["/config.json"] = lambda handler, _: handler.answer(200, config)

        def lead(to: str) -> None:
            def redirect(handler, _):
                handler.send_response(301)
                handler.send_header("Location", to)
                handler.send_header("Content-Length", "0")
                handler.end_headers()

            registry.answers["/config.json"] = redirect

        lead(second.url + "config.json")
        failed = project.cermet("fetch", check=False)
        assert failed.code == 3 and f"leads to {second.url}config.json" in failed.err, failed.err
        assert "another host" in failed.err and not second.asked
        registry.answers["/moved.json"] = lambda handler, _: handler.answer(200, config)
        lead(registry.url + "moved.json")
        project.cermet("fetch")
        assert not second.asked
    finally:
        second.stop()


# --- from elsewhere ---


def test_mirrors_and_files_of_the_user(plain, registry):
    """From an overrides file, a variable or -C; the bytes are the same, or refused."""
    registry.answers.clear()
    registry.asked.clear()
    serve(registry, "mirror/rates.csv")
    overrides = plain.folder.parent / "overrides.toml"
    overrides.write_text(f'[mirrors]\n"{registry.url}" = "{registry.url}mirror/"\n"http://other/" = "http://no/"\n')
    plain.build("--overrides", str(overrides))
    assert registry.asked == ["/mirror/rates.csv"]
    remove(plain.cache)
    registry.asked.clear()
    mine = plain.folder.parent / "mine.csv"
    mine.write_bytes(RATES)
    overrides.write_text('[download.rates]\nfile = "mine.csv"\n')
    plain.drop_dist()
    plain.build("--overrides", str(overrides), "--offline")
    assert value(plain) == 7
    mine.write_bytes(b"9\n")
    remove(plain.cache)
    failed = plain.build("-C", f"download.rates.file={mine}", check=False)
    assert failed.code == 2 and "checksum mismatch" in failed.err and "mine.csv" in failed.err, failed.err
    assert not registry.asked


def test_fetch_and_vendor(plain, registry, folder):
    """`fetch` brings downloads too; what `vendor` writes is enough for a build with no network and an empty cache."""
    done = plain.cermet("fetch")
    assert "fetched 1 of 1 download" in done.out
    assert "up to date: 1 download" in plain.cermet("fetch", "--offline").out
    vendored = plain.cermet("vendor")
    assert 'vendored-downloads = "vendor/.downloads"' in vendored.err
    assert [path.read_bytes() for path in plain.path("vendor/.downloads").iterdir()] == [RATES]
    registry.stop()
    remove(plain.cache)
    failed = plain.build("--offline", check=False)
    assert failed.code == 3 and "not on this machine: the download rates" in failed.err, failed.err
    plain.edit("pyproject.toml", "[tool.cermet]\n", '[tool.cermet]\nvendored-downloads = "vendor/.downloads"\n')
    plain.build("--offline")
    assert value(plain) == 7
    next(plain.path("vendor/.downloads").iterdir()).write_bytes(b"changed")
    remove(plain.cache)
    failed = plain.build("--offline", check=False)
    assert failed.code == 2 and "checksum mismatch" in failed.err


def test_offline_lists_everything_before_anything_runs(folder, python, registry):
    """Crates of every table and every download that is used, in one error; no step has run, nobody was asked."""
    files = small.everything()
    registry.add("two", "1.0.0", "pub const TWO: i64 = 2;\n")
    registry.add("one", "1.0.0", "pub use two::TWO;\n", '[dependencies]\ntwo = "1"\n')
    files["rust/core-part/Cargo.toml"] += '[dependencies]\none = "1"\n'
    files["rust/Cargo.lock"] = registry.lock(("one", "1.0.0", ["two"]), ("two", "1.0.0", []), local={"core-part": ["one"]})
    files["rust/.cargo/config.toml"] = registry.replacement()
    files["pyproject.toml"] += table(registry) + table(registry).replace('"rates"', '"unused"')
    files["pyproject.toml"] = files["pyproject.toml"].replace('modules = ["small/*.pyx"]', 'modules = ["small/*.pyx"]\nuses = ["download:rates"]')
    project = Project.from_files(files, folder / "project", "plain", folder / "cache", python=python)
    project.environment["CARGO_HOME"] = str(folder / "cargo-home")
    registry.asked.clear()
    failed = project.build("--offline", check=False)
    assert failed.code == 3 and "not on this machine: one 1.0.0, the download rates, two 1.0.0" in failed.err, failed.err
    assert failed.err.count("error:") == 1 and not failed.ran, (failed.err, failed.ran)
    fetching = project.cermet("fetch", "--offline", check=False)
    assert fetching.code == 3 and "one 1.0.0, two 1.0.0, the download rates, the download unused" in fetching.err, fetching.err
    assert not registry.asked
    serve(registry)
    project.cermet("fetch")
    project.build("--offline")
    vendored = project.cermet("vendor", "rust/vendor")
    project.write("rust/.cargo/config.toml", vendored.out.replace("rust/vendor", "vendor"))
    registry.stop()
    remove(project.cache)
    remove(folder / "cargo-home")
    project.build("--offline", "-C", "vendored-downloads=rust/vendor/.downloads")
