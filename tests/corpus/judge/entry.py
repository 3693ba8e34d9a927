"""Entry: one package of the corpus as its folder describes it, its sources with Cermet's configuration, interpreters."""
# SPDX-License-Identifier: MIT
#
# An entry's folder holds entry.toml (what it is and what may differ), overlay.toml (the configuration), build.txt and
# test.txt (pinned requirements) and README.md. Knows nothing of builds and comparisons. Fails with JudgeError.
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib

REQUIRED = {"name", "version", "sha256", "python", "modules"}
OPTIONAL = {"source-root", "left-out", "content-differs", "metadata-differs", "skip-imports", "may-write", "tests",
            "upstream-wheel", "compiler", "smoke", "native-share", "edit", "variant", "vendored", "other-user", "overlay", "also",
            "quick", "environment", "cache-of"}
LEFT_OUT_RULES = {"stale-native", "cython-output", "sbom"}


class JudgeError(Exception):
    """The check could not be made: wrong usage, a missing tool, a failed download. Not a difference."""


class Entry:
    """What entry.toml says, checked."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        file = self.folder / "entry.toml"
        if not file.is_file():
            known = sorted(p.parent.name for p in self.folder.parent.glob("*/entry.toml"))
            raise JudgeError(f"no corpus entry {self.folder.name!r}; known: {', '.join(known)}")
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        if missing := REQUIRED - data.keys():
            raise JudgeError(f"{file}: missing {', '.join(sorted(missing))}")
        if unknown := data.keys() - REQUIRED - OPTIONAL:
            raise JudgeError(f"{file}: unknown {', '.join(sorted(unknown))}")
        self.name, self.version, self.sha256 = data["name"], data["version"], data["sha256"]
        self.python = data["python"]
        self.source_root = data.get("source-root", ".")
        self.modules = data["modules"]
        self.tests = data.get("tests")  # none: the sdist carries no tests, `smoke` stands in
        self.upstream_wheel = data.get("upstream-wheel")  # the published wheel, where a build of it takes hours
        self.compiler = data.get("compiler", "")
        self.smoke = data.get("smoke", "")  # a program of the folder that prints the same with both wheels
        self.native_share = data.get("native-share")
        self.edits = data.get("edit", [])
        self.variants = data.get("variant", [])
        self.environment = data.get("environment", {})  # variables of every build
        self.cache_of = data.get("cache-of", "")  # another entry, which compiles much of the same: its cache is used
        self.quick = data.get("quick", {})  # variables of a quicker profile, for what compiles much of the graph again
        self.vendored = data.get("vendored", False)  # built again offline, from Cermet's sdist and vendored crates
        self.other_user = data.get("other-user", False)  # built again by another user, from a copy of the cache
        self.also = data.get("also", [])  # entries that belong to this one
        self.overlay_of = data.get("overlay", {})  # another entry's overlay.toml, with other texts in places
        if not self.tests and not self.smoke:
            raise JudgeError(f"{file}: neither tests nor smoke")
        self.left_out = data.get("left-out", [])
        if bad := set(self.left_out) - LEFT_OUT_RULES:
            raise JudgeError(f"{file}: left-out knows {sorted(LEFT_OUT_RULES)}, not {sorted(bad)}")
        self.content_differs = data.get("content-differs", {})
        self.metadata_differs = data.get("metadata-differs", {})
        self.may_write = data.get("may-write", [])
        self.skip_imports = data.get("skip-imports", {})

    def given(self):
        """Variables that every build with Cermet is given, which its wheel has to say."""
        return set(self.environment) | ({"CC", "CXX"} if self.compiler else set())

    def overlay(self):
        """The configuration: overlay.toml, or another entry's with each text of `replace` in place of its key."""
        if not self.overlay_of:
            return self.text("overlay.toml")
        text = (self.folder.parent / self.overlay_of["of"] / "overlay.toml").read_text(encoding="utf-8")
        for old, new in self.overlay_of.get("replace", {}).items():
            if old not in text:
                raise JudgeError(f"{self.folder.name}: {old!r} is not in the overlay of {self.overlay_of['of']}")
            text = text.replace(old, new)
        return text

    def text(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    def path(self, name):
        return self.folder / name

    def expected_modules(self, tree):
        """Dotted names that the wheel must hold: one per Cython source that the rule finds, and those named."""
        expected = self.cython_modules(tree) | set(self.modules.get("rust", []))
        if not expected:
            raise JudgeError(f"{self.folder.name}: [modules] names no module")
        return expected

    def cython_modules(self, tree):
        """Dotted names, one per Cython source that the rule finds; none where [modules] has no such rule."""
        rule, root = self.modules.get("cython"), pathlib.Path(tree) / self.source_root
        if rule is None:
            return set()
        found = {
            ".".join(p.relative_to(root).with_suffix("").parts) for p in root.glob(rule["from"])
        }
        if len(found) != rule["count"]:
            raise JudgeError(f"{rule['from']} finds {len(found)} sources, entry.toml says {rule['count']}")
        return found


def _table_of(line):
    match = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(#.*)?$", line)
    return match.group(1).replace('"', "").replace("'", "") if match else None


def overlaid(original, overlay):
    """pyproject.toml's text with [build-system] and [tool.cermet] replaced by the overlay's, everything else kept."""
    kept, dropping = [], False
    for line in original.splitlines(keepends=True):
        table = _table_of(line)
        if table is not None and not (dropping and table.startswith(("'", '"'))):
            dropping = table == "build-system" or table.split(".")[:2] == ["tool", "cermet"]
        if not dropping:
            kept.append(line)
    text = "".join(kept).rstrip("\n") + "\n\n" + overlay
    before, after, ours = (tomllib.loads(t) for t in (original, text, overlay))
    if set(ours) - {"build-system", "tool"} or set(ours.get("tool", {})) - {"cermet"}:
        raise JudgeError("overlay.toml may hold [build-system] and [tool.cermet] only")
    for data in (before, after):
        data.pop("build-system", None)
        data.get("tool", {}).pop("cermet", None)
    if before != after:
        raise JudgeError("the overlay changed more of pyproject.toml than its configuration")
    return text


def unpack(sdist, directory):
    """Unpacks an sdist and gives its one top directory."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    with tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(directory)
    tops = list(directory.iterdir())
    if len(tops) != 1 or not tops[0].is_dir():
        raise JudgeError(f"{sdist}: one directory expected, found {[p.name for p in tops]}")
    return tops[0]


def snapshot(tree):
    """Path -> SHA-256 of every file below `tree`."""
    digests = {}
    for directory, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(directory, name)
            digests[os.path.relpath(path, tree)] = digest(path)
    return digests


def digest(path):
    if os.path.islink(path):
        return "link:" + os.readlink(path)
    sha = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            sha.update(block)
    return sha.hexdigest()


def find_python(version):
    """A working pythonX.Y: on PATH, else among pyenv's, else beside the running one. Returns its real path."""
    name = f"python{version}"
    candidates = [shutil.which(name)]
    roots = [os.environ.get("PYENV_ROOT"), os.path.expanduser("~/.pyenv")]
    for root in filter(None, roots):
        found = pathlib.Path(root, "versions").glob(f"{version}.*/bin/{name}")
        order = lambda p: [int(n) for n in re.findall(r"\d+", p.parts[-3])]
        candidates += sorted(found, key=order, reverse=True)
    candidates.append(pathlib.Path(sys.executable).parent / name)
    for candidate in filter(None, candidates):
        done = subprocess.run(
            [str(candidate), "-c", "import sys, ssl, ensurepip; print(sys.executable)"],
            capture_output=True, text=True, check=False,
        ) if os.path.exists(candidate) else None
        if done and done.returncode == 0:
            # A pyenv shim answers too, but only where that version is switched on; its own path is the real one.
            return os.path.realpath(done.stdout.strip())
    raise JudgeError(
        f"{name} not found (looked on PATH, in pyenv's versions and beside {sys.executable}); "
        f"install Python {version} with its venv module"
    )
