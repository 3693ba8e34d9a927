"""`cermet fetch` and `cermet vendor`: whole locks brought to this machine, what of them a build needs, and every trouble.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tarfile
import threading
import time
from pathlib import Path
from typing import Callable, Dict, List

import pytest

import story
from registry import Registry, manifest, pack_crate, sha256
from story import Project, remove


@pytest.fixture
def workspace(folder: Path, registry: Registry) -> Project:
    """A crate `app` that needs `one`, which needs `two`; nothing is on this machine, cargo neither."""
    registry.add("two", "1.0.0", "pub fn two() -> i64 {\n    2\n}\n", **{"data/big.txt": "".join(sha256(bytes([one % 251, one // 251])) for one in range(8000))})
    registry.add("one", "1.2.0", "pub fn one() -> i64 {\n    two::two() - 1\n}\n", '[dependencies]\ntwo = "1"\n')
    files = {
        "Cargo.toml": manifest("app", "0.1.0", '[dependencies]\none = "1"\n'),
        "Cargo.lock": registry.lock(("one", "1.2.0", ["two"]), ("two", "1.0.0", []), local={"app": ["one"]}),
        "src/lib.rs": "",
        ".cargo/config.toml": registry.replacement(),
    }
    home = folder / "cargo-home"
    home.mkdir()
    tools = folder / "tools"
    tools.mkdir()
    for name in "curl git sh sed basename dirname uname cat grep tr cut expr ls rm mkdir".split():
        (tools / name).symlink_to(os.path.realpath(shutil.which(name) or name))
    return Project.from_files(files, folder / "project", "plain", folder / "cache", CARGO_HOME=str(home), PATH=str(tools))


def packages(project: Project) -> List[str]:
    return sorted(path.name for path in (project.cache / "pkg").iterdir() if path.is_dir())


def test_fetch_brings_everything_once(workspace, registry, folder):
    """Then a build needs no network, another checkout neither; --json lists what is there."""
    first = workspace.cermet("fetch")
    assert "fetched 2 of 2 packages" in first.out
    assert sorted(registry.downloads()) == ["one", "two"]
    registry.asked.clear()
    assert "up to date: 2 packages" in workspace.cermet("fetch", "--offline").out
    assert workspace.moved(folder / "other").cermet("fetch").code == 0
    assert not registry.asked
    listed = json.loads(workspace.cermet("fetch", "--json").out)[0]
    assert [one["name"] for one in listed["packages"]] == ["one", "two"]
    assert (Path(listed["packages"][0]["directory"]) / "src/lib.rs").is_file()
    assert not list((folder / "cargo-home").iterdir())


def test_fetch_below_the_workspace(workspace):
    """As cargo: the Cargo.toml here or above, or the one that is named."""
    workspace.write("deep/er/file.txt", "")
    assert workspace.cermet("fetch", cwd=workspace.path("deep/er")).code == 0
    assert workspace.cermet("fetch", "--manifest-path", "project/Cargo.toml", cwd=workspace.folder.parent).code == 0
    failed = workspace.cermet("fetch", cwd=workspace.folder.parent, check=False)
    assert failed.code == 2 and "there is no Cargo.toml in" in failed.err


def test_the_index_is_asked_by_its_tag(workspace, registry):
    workspace.cermet("fetch")
    remove(workspace.cache / "pkg")
    registry.asked.clear()
    workspace.cermet("fetch")
    assert registry.asked[0] == "/config.json known", registry.asked


def test_locked_offline_frozen(workspace, registry):
    """As in cargo; without a lock and without cargo the error says what to run."""
    failed = workspace.cermet("fetch", "--offline", check=False)
    assert failed.code == 3 and "not on this machine: one 1.2.0, two 1.0.0" in failed.err
    assert workspace.cermet("fetch", "--frozen", check=False).code == 3
    assert not registry.asked
    workspace.cermet("fetch", "--locked")
    workspace.cermet("fetch", "--frozen")
    workspace.edit("Cargo.toml", 'one = "1"', 'one = "2"')
    stale = workspace.cermet("fetch", "--locked", check=False)
    assert stale.code == 2 and "Cargo.lock gives package `app` no `one` matching" in stale.err
    workspace.delete("Cargo.lock")
    failed = workspace.cermet("fetch", "--locked", check=False)
    assert failed.code == 2 and "there is no Cargo.lock" in failed.err and "cargo generate-lockfile" in failed.err
    failed = workspace.cermet("fetch", check=False)
    assert failed.code == 3 and "cargo is not installed" in failed.err


def test_a_version_that_the_registry_does_not_have(workspace, registry):
    """The others are kept."""
    del registry.crates["two", "1.0.0"]
    failed = workspace.cermet("fetch", check=False)
    assert failed.code == 3 and "cannot download two 1.0.0" in failed.err and "404" in failed.err
    assert "downloads failed" not in failed.err
    assert [name.split("-")[1] for name in packages(workspace)] == ["one"]
    lock = workspace.read("Cargo.lock")
    workspace.write("Cargo.lock", "\n".join(line for line in lock.splitlines() if not line.startswith("checksum")))
    failed = workspace.cermet("fetch", check=False)
    assert failed.code != 0 and "two" in failed.err


def test_the_registry_is_down(workspace, registry):
    registry.stop()
    workspace.append(".cargo/config.toml", "[net]\nretry = 0\n")
    failed = workspace.cermet("fetch", check=False)
    assert failed.code == 3 and "cannot download config.json of a registry from" in failed.err, failed.err
    assert failed.err.count(registry.url) == 1


def test_the_registry_is_slow(workspace, registry):
    """http.timeout counts, as for cargo."""
    def hang(handler, body):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[:10])
        handler.wfile.flush()
        time.sleep(20)

    registry.answers[registry.path("one", "1.2.0")] = hang
    workspace.append(".cargo/config.toml", "[net]\nretry = 0\n[http]\ntimeout = 1\n")
    failed = workspace.cermet("fetch", check=False)
    assert failed.code == 3 and "cannot download one 1.2.0" in failed.err
    assert failed.seconds < 15
    assert [name.split("-")[1] for name in packages(workspace)] == ["two"]
    del registry.answers[registry.path("one", "1.2.0")]
    workspace.cermet("fetch")


def test_how_often_it_is_tried(workspace, registry):
    """net.retry; a server can say when to come again."""
    times = []

    def busy(handler, body):
        times.append(time.monotonic())
        handler.send_response(429)
        handler.send_header("Retry-After", "1")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    registry.answers[registry.path("one", "1.2.0")] = busy
    failed = workspace.cermet("fetch", check=False, CARGO_NET_RETRY="2")
    assert failed.code == 3 and "429" in failed.err
    assert len(times) == 3 and times[1] - times[0] > 0.9 and times[2] - times[1] > 0.9, times
    assert "downloading one 1.2.0 again: the server answered 429" in failed.err


@pytest.mark.parametrize("bad", ["top", "link", "parent", "truncated", "not an archive"])
def test_a_crate_that_is_none(workspace, registry, bad, folder):
    """Its checksum is right, and still nothing of it is believed, and nothing is written anywhere."""
    files = {"Cargo.toml": manifest("one", "1.2.0", ""), "src/lib.rs": ""}
    crate = pack_crate("one", "1.2.0", files, top="other-1.2.0" if bad == "top" else "")
    if bad == "truncated":
        crate = crate[: len(crate) // 2]
    if bad == "not an archive":
        crate = b"<html>Welcome to the hotel</html>"
    if bad in ("link", "parent"):
        import gzip
        import io
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as archive:
            entry = tarfile.TarInfo("one-1.2.0/Cargo.toml" if bad == "link" else "one-1.2.0/../../escaped")
            if bad == "link":
                entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(entry)
        crate = gzip.compress(tar.getvalue())
    old = sha256(registry.crates["one", "1.2.0"])
    registry.crates["one", "1.2.0"] = crate
    workspace.edit("Cargo.lock", old, sha256(crate))
    failed = workspace.cermet("fetch", check=False)
    assert failed.code in (2, 3) and "one-1.2.0" in failed.err, failed.err
    assert not [path for path in folder.rglob("escaped")]
    assert not [name for name in packages(workspace) if "one-" in name]


def test_an_interrupted_fetch_goes_on(workspace, registry):
    """Killed in the middle of a download: the next one asks for the rest."""
    path = registry.path("two", "1.0.0")
    begun = threading.Event()
    ranges = []

    def stall(handler, body):
        ranges.append(handler.headers.get("Range"))
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.wfile.flush()
        begun.set()
        time.sleep(10)

    registry.answers[path] = stall
    running = subprocess.Popen([story.program(), "fetch"], cwd=workspace.folder, env=workspace.command_environment(),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               start_new_session=True)
    assert begun.wait(60)
    parts = workspace.cache / "downloads"
    for _ in range(200):
        if any(part.stat().st_size > 0 for part in parts.glob("two-*.part")):
            break
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert not story.wait_until_none(str(workspace.cache))
    have = next(parts.glob("two-*.part")).stat().st_size

    def rest(handler, body):
        ranges.append(handler.headers.get("Range"))
        handler.answer(200, body)

    registry.answers[path] = rest
    workspace.cermet("fetch")
    assert 0 < have < len(registry.crates["two", "1.0.0"]) and ranges == [None, f"bytes={have}-"]
    assert not list(parts.glob("*.part"))


def test_two_fetches_at_once(workspace, registry, folder):
    """Each crate is downloaded once; the second one finds it."""
    def slowly(handler, body):
        time.sleep(1)
        handler.answer(200, body)

    registry.answers[registry.path("one", "1.2.0")] = slowly
    other = workspace.moved(folder / "other")
    running = [subprocess.Popen([story.program(), "fetch"], cwd=project.folder, env=project.command_environment(),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
               for project in (workspace, other)]
    texts = [b"".join(process.communicate(timeout=120)).decode() for process in running]
    assert [process.returncode for process in running] == [0, 0], texts
    assert sorted(registry.downloads()) == ["one", "two"]


def test_a_full_disk_while_unpacking(workspace, registry, small_disk):
    """An error that says so; nothing half unpacked is believed; with more space it goes on."""
    text = "".join(f"{number:07}\n" for number in range(400_000))  # 3 MB, a few hundred kB as a crate
    old = sha256(registry.crates["two", "1.0.0"])
    new = registry.add("two", "1.0.0", "pub fn two() -> i64 {\n    2\n}\n", **{"data/big.txt": text})
    workspace.edit("Cargo.lock", old, new)
    workspace.cache = small_disk / "cache"
    failed = workspace.cermet("fetch", check=False)
    assert failed.code == 3 and ("full" in failed.err or "No space" in failed.err or "space" in failed.err), failed.err
    subprocess.run(["mount", "-o", "remount,size=30m", str(small_disk)], check=True)
    workspace.cermet("fetch")
    assert len(packages(workspace)) == 2


def test_a_provider_of_tokens_is_named(workspace, registry):
    """Only cargo can ask it; the variable goes before it."""
    registry.token = "secret"
    workspace.append(".cargo/config.toml", f'[registries.ours]\nindex = "sparse+{registry.url}"\n'
                                           'credential-provider = "cargo:libsecret"\n')
    failed = workspace.cermet("fetch", check=False)
    assert failed.code == 3 and "cargo:libsecret" in failed.err and "CARGO_REGISTRIES_OURS_TOKEN" in failed.err, failed.err
    workspace.cermet("fetch", CARGO_REGISTRIES_OURS_TOKEN="secret")


def test_a_local_registry(workspace, registry, folder):
    """Its crates by their checksums, nothing else asked; a missing one is named."""
    place = folder / "local"
    for (name, version), crate in registry.crates.items():
        place.mkdir(exist_ok=True)
        (place / f"{name}-{version}.crate").write_bytes(crate)
    workspace.write(".cargo/config.toml", f'[source.crates-io]\nreplace-with = "mine"\n[source.mine]\nlocal-registry = "{place}"\n')
    workspace.cermet("fetch")
    remove(workspace.cache)
    (place / "two-1.0.0.crate").write_bytes(b"damaged")
    failed = workspace.cermet("fetch", check=False)
    assert failed.code == 3 and "two 1.0.0" in failed.err and "Cargo.lock says" in failed.err, failed.err
    assert not registry.asked


@pytest.mark.parametrize("sums", ["none", "empty", "no package", "wrong"])
def test_a_directory_as_distributions_ship_it(workspace, registry, folder, sums):
    """Without checksums of files, or of the package: as it is. With wrong ones: an error."""
    vendor = folder / "vendored"
    for name, version, needs in (("one", "1.2.0", '[dependencies]\ntwo = "1"\n'), ("two", "1.0.0", "")):
        crate = vendor / f"{name}-{version}"
        (crate / "src").mkdir(parents=True)
        (crate / "Cargo.toml").write_text(manifest(name, version, needs))
        (crate / "src/lib.rs").write_text("")
        listed: Dict[str, object] = {"files": {}, "package": sha256(registry.crates[name, version])}
        if sums == "no package":
            del listed["package"]
        if sums == "wrong":
            listed["files"] = {"src/lib.rs": "0" * 64}
        if sums != "none":
            (crate / ".cargo-checksum.json").write_text(json.dumps(listed))
    workspace.write(".cargo/config.toml", f'[source.crates-io]\nreplace-with = "mine"\n[source.mine]\ndirectory = "{vendor}"\n')
    done = workspace.cermet("fetch", check=False)
    if sums == "wrong":
        assert done.code == 2 and "src/lib.rs has been changed" in done.err, done.err
    else:
        assert done.code == 0, done.text
    assert not registry.asked


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"]
    return subprocess.run(["git", *who, *words], cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


@pytest.fixture
def repository(folder: Path) -> Path:
    """A workspace with a submodule: `inner` inherits, and includes a file of the submodule."""
    part = folder / "part"
    part.mkdir()
    (part / "text.txt").write_text("from a submodule")
    git(part, "init", "-q", "-b", "main")
    git(part, "add", "-A")
    git(part, "commit", "-qm", "a part")
    place = folder / "repository"
    for name, text in {
        "Cargo.toml": '[workspace]\nmembers = ["inner"]\n[workspace.package]\nversion = "0.3.1"\nedition = "2021"\n'
                      '[workspace.dependencies]\ntwo = { version = "1", features = [] }\n[workspace.lints.rust]\nunsafe_code = "forbid"\n',
        "inner/Cargo.toml": '# inner\n[package]\nname = "inner"\nversion.workspace = true\nedition.workspace = true\n'
                            "[dependencies]\ntwo.workspace = true\n[lints]\nworkspace = true\n",
        "inner/src/lib.rs": 'pub const TEXT: &str = include_str!("../part/text.txt");\npub fn two() -> i64 {\n    two::two()\n}\n',
    }.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    git(place, "init", "-q", "-b", "main")
    git(place, "submodule", "--quiet", "add", str(part), "inner/part")
    git(place, "add", "-A")
    git(place, "commit", "-qm", "all")
    return place


def use_git(workspace: Project, registry: Registry, repository: Path) -> str:
    revision = git(repository, "rev-parse", "HEAD")
    workspace.append("Cargo.toml", f'inner = {{ git = "file://{repository}", branch = "main" }}\n')
    entry = (f'\n[[package]]\nname = "inner"\nversion = "0.3.1"\nsource = "git+file://{repository}?branch=main#{revision}"\n'
             'dependencies = [\n "two",\n]\n')
    workspace.write("Cargo.lock", registry.lock(("one", "1.2.0", ["two"]), ("two", "1.0.0", []), local={"app": ["inner", "one"]})
                    .replace('\n[[package]]\nname = "one"', entry + '\n[[package]]\nname = "one"'))
    workspace.write("src/lib.rs", "pub fn three() -> i64 {\n    one::one() + inner::two() + inner::TEXT.len() as i64\n}\n")
    workspace.environment.update(GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="protocol.file.allow", GIT_CONFIG_VALUE_0="always")
    return revision


def test_git_at_a_revision_with_submodules(workspace, registry, repository, folder):
    """Fetched once; a revision that the clone has needs no network; one that nobody has is named."""
    use_git(workspace, registry, repository)
    listed = json.loads(workspace.cermet("fetch", "--json").out)[0]["packages"]
    inner = next(Path(one["directory"]) for one in listed if one["name"] == "inner")
    assert (inner / "part/text.txt").read_text() == "from a submodule"
    (repository / "inner/src/lib.rs").write_text("// newer\n")
    git(repository, "commit", "-qam", "newer")
    remove(workspace.cache / "pkg")
    assert workspace.cermet("fetch", "--offline", check=False).code == 3  # the crates; not the checkout
    workspace.cermet("fetch")
    old = workspace.read("Cargo.lock")
    workspace.write("Cargo.lock", old.replace(old[old.index("main#") + 5:][:40], "0" * 40))
    failed = workspace.cermet("fetch", check=False)
    assert failed.code in (2, 3) and "0000000" in failed.err, failed.err


needs_cargo = pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo is not installed")


def with_cargo(project: Project, folder: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """The judge: the user's cargo with the project's configuration and an empty home."""
    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        environment = story.base_environment(CARGO_HOME=str(folder / "judge-home"), CARGO_TARGET_DIR=str(folder / "judge-target"),
                                             **{name: value for name, value in project.environment.items() if name.startswith("GIT_")})
        return subprocess.run(["cargo", *words], cwd=project.folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return run


def tree(place: Path) -> Dict[str, str]:
    return {path.relative_to(place).as_posix(): story.digest(path) for path in sorted(place.rglob("*")) if path.is_file()}


@needs_cargo
def test_vendor_writes_what_cargo_writes(workspace, registry, folder):
    """Directories, checksums and configuration; then cargo builds from it, offline and frozen."""
    registry.add("one", "0.9.0", "", "", **{".gitignore": "x\n", "sub/.gitignore": "y\n", "sub/.gitattributes": "y\n", "sub/.git": "",
                                             "sub/.cargo-ok": "", ".github/x.yml": "", "sub/.cargo-checksum.json": "{}", "a.orig": "z", "a b.txt": "1"})
    registry.add("three", "0.1.0", "", '[dependencies]\none = "0.9"\n')
    workspace.append("Cargo.toml", 'three = "0.1"\n')
    lock = registry.lock(("one", "0.9.0", []), ("one", "1.2.0", ["two"]), ("two", "1.0.0", []), ("three", "0.1.0", ["one 0.9.0"]),
                         local={"app": ["one 1.2.0", "three"]})
    workspace.write("Cargo.lock", lock)
    cargo = with_cargo(workspace, folder)
    theirs = cargo("vendor", "--locked", "--respect-source-config", "theirs")
    assert theirs.returncode == 0, theirs.stderr
    ours = workspace.cermet("vendor", "ours")
    assert tree(workspace.path("ours")) == tree(workspace.path("theirs"))
    workspace.write("ours/mine/notes.txt", "kept")
    workspace.write("ours/gone/.cargo-checksum.json", "{}")
    assert workspace.cermet("vendor", "ours").out == ours.out
    assert workspace.path("ours/mine/notes.txt").is_file() and not workspace.path("ours/gone").exists()
    assert "[source.crates-io]\nreplace-with = \"vendored-sources\"" in ours.out
    workspace.write(".cargo/config.toml", ours.out)
    built = cargo("build", "--offline", "--frozen")
    assert built.returncode == 0, built.stderr
    registry.asked.clear()
    assert "up to date" in workspace.cermet("fetch", "--frozen").out
    assert not registry.asked


@needs_cargo
def test_vendored_git_sources_need_no_workspace(workspace, registry, repository, folder):
    use_git(workspace, registry, repository)
    ours = workspace.cermet("vendor")
    assert 'branch = "main"\n' in ours.out and (workspace.path("vendor/inner/part/text.txt")).is_file()
    workspace.write(".cargo/config.toml", ours.out)
    remove(repository)
    remove(folder / "part")
    registry.stop()
    built = with_cargo(workspace, folder)("build", "--offline", "--frozen")
    assert built.returncode == 0, built.stderr
    remove(workspace.cache)
    assert workspace.cermet("fetch", "--frozen").code == 0
