#!/usr/bin/env python3
"""What a build of a real package read, against what Cermet says of it: file edges, external bytes, variables of scripts.

SPDX-License-Identifier: MIT
usage: file_edges.py [--program P] [--python P] [--work DIR] [--keep | --resume] [--argument ARG]… PROJECT
       file_edges.py [--program P] [--work DIR] [--argument ARG]… --corpus NAME     an entry of tests/corpus, without optimising

The judge is strace: the package is built once, in plain mode with an empty cache, and every file that a process of a step
opened for reading must be
- an edge of that step in `cermet graph --steps --json` (or something that the step itself wrote),
- of a toolchain: what the probes of this build found and read, which is in the keys of all that use it,
- or of the table IGNORED below, which says why.
Every crate, sdist and download that was read, and every host that was asked for, must be in what `cermet audit --json` said
before anything was built. The build scripts that ran are run once more, outside of
Cermet, with an `getenv` that notes what they ask for: `cermet options --json` must list it. What is missing is printed,
grouped by step. Exit codes: 0 nothing is missing · 1 something is · 3 the check could not be made.
"""
from __future__ import annotations

import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Set, Tuple

sys.path.insert(0, os.path.dirname(__file__))
import traced  # noqa: E402

HERE = Path(__file__).resolve().parent
# Read by programs of the system wherever they run; none of it decides what a step writes.
IGNORED = [
    (r"/(dev|proc|sys)/.*", "devices and what the kernel says of itself"),
    (r"/etc/ld\.so\.(cache|preload)|/lib(64)?/ld-linux[^/]*", "the dynamic loader: where it finds libraries, not what they are"),
    (r"/(etc|usr/share)/locale.*|/usr/lib/locale/.*|.*/gconv/gconv-modules.*", "texts for people; steps run in C.UTF-8"),
    (r"/usr/share/zoneinfo/.*|/etc/localtime", "time zones; steps run in UTC"),
    (r"/etc/(passwd|group|nsswitch\.conf|host\.conf|hosts|resolv\.conf|gai\.conf)", "names of users and hosts"),
    (r"/etc/ssl/openssl\.cnf|/usr/lib/ssl/openssl\.cnf", "Python's ssl module is imported, and connects to nothing"),
    (r"/etc/debian_version|/etc/lsb-release|/(etc|usr/lib)/os-release", "clang asks which distribution this is; it says so to the probe too"),
    (r".*/bfd-plugins/[^/]+\.so|.*/LLVMgold\.so", "plugins that binutils try on every file; only objects for link-time optimisation are theirs"),
    (r"/(usr/)?bin/uname", "what the kernel says of itself: Python's platform module starts it"),
    (r".*/roots/[0-9a-f]+/jobserver-[0-9-]+", "the jobserver's pipe"),
]
# A probe asks a toolchain who it is; its answer is in the keys of all that use the toolchain, and these only carry it.
CARRIERS = r"/(usr/)?bin/(sh|dash|bash|sed|tail|tr|ldd|env)"


def corpus_project(name: str, work: Path) -> Tuple[Path, str, Dict[str, str]]:
    """The sources of an entry of the corpus with its configuration, the Python that it is built with, and its compilers."""
    sys.path.insert(0, str(HERE.parent / "corpus"))
    from judge.entry import Entry, overlaid, unpack  # type: ignore[import-not-found]
    from judge.steps import Steps  # type: ignore[import-not-found]

    entry = Entry(HERE.parent / "corpus" / name)
    steps = Steps(entry, HERE.parents[1] / "build" / "corpus")
    python = steps.build_environment()["python"]
    tree = unpack(steps.sdist()["file"], work.parent / f"{work.name}-sources")
    file = tree / "pyproject.toml"
    file.write_text(overlaid(file.read_text(encoding="utf-8"), entry.overlay()), encoding="utf-8")
    return tree, python, {**steps.compilers(), **entry.environment, "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0"}


class Judged:
    """One build and everything that the program says of it."""

    def __init__(self, options: argparse.Namespace):
        self.program = os.path.abspath(options.program)
        self.project = Path(options.project).resolve()
        self.work = Path(options.work).resolve()
        self.words = ["--mode", "plain", "--no-workers", *options.argument]
        if options.python:
            self.words += ["--python", os.path.abspath(options.python)]
        self.cache = self.work / "cache"
        self.environment = dict(os.environ, CERMET_CACHE=str(self.cache), LC_ALL="C.UTF-8")
        self.environment.update(options.environment)
        if options.cargo_home:
            self.environment["CARGO_HOME"] = os.path.abspath(options.cargo_home)

    def build(self, keep: bool, resume: bool) -> None:
        if not keep:
            self.attempt(resume)
        self.audit, self.graph, self.options, self.toolchain = (json.loads((self.work / f"{name}.json").read_text())
                                                                for name in ("audit", "graph", "options", "toolchain"))
        self.traced = traced.Traced(sorted(self.work.glob("strace-*")))

    def attempt(self, resume: bool) -> None:
        if not resume:
            shutil.rmtree(self.work, ignore_errors=True)
            self.work.mkdir(parents=True)
            self.said("audit", "--json")
            shutil.rmtree(self.cache)  # so that nothing of it serves the build, and every probe is seen
        logs = self.work / f"strace-{len(list(self.work.glob('strace-*')))}"
        logs.mkdir()
        command = traced.command(logs) + [self.program, "build", *self.words, "--out-dir", str(self.work / "dist")]
        subprocess.run(command, cwd=self.project, env=self.environment, check=True, stdin=subprocess.DEVNULL)
        self.said("graph", "--steps", "--json")
        self.said("options", "--json", *self.observing())
        self.said("toolchain", "--json")

    def observing(self) -> List[str]:
        help_text = subprocess.run([self.program, "options", "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
        return ["--observe"] if "--observe" in help_text else []

    def said(self, command: str, *more: str) -> None:
        with open(self.work / f"{command}.json", "w", encoding="utf-8") as out:
            subprocess.run([self.program, command, *self.words, *more], cwd=self.project, env=self.environment, check=True, stdout=out,
                           stdin=subprocess.DEVNULL)


# --- files ------------------------------------------------------------------------------------------------------------


class Edges:
    """Files that each step may read, in paths of this machine."""

    def __init__(self, graph: Any, toolchain: Any):
        self.places = sorted(graph["places"].items(), reverse=True)
        self.steps = {node["id"][len("step:"):]: node for node in graph["nodes"] if node["kind"] == "step"}
        self.told = {label: {self.real(path) for path in node["reads"] + node["tools"] + node["writes"]} for label, node in self.steps.items()}
        self.below: Dict[str, Set[str]] = collections.defaultdict(set)
        for edge in graph["edges"]:
            if edge["from"].startswith("step:") and edge["to"].startswith("step:"):
                self.below[edge["from"][5:]].add(edge["to"][5:])
        # Toolchains outside of the system's directories have places, whose names are digests of their records.
        self.toolchains = tuple(str(host) + "/" for canonical, host in self.places if canonical.startswith("/cermet/tool/"))
        self.packages = self.real("/cermet/pkg") + "/crate-"
        # A mirror of the checkout stands in its place where declared outputs lie in it.
        self.mirror = os.path.dirname(self.real("/cermet/out")) + "/mirror/"
        self.record: Set[str] = set()
        for label, told in self.told.items():
            if label.startswith("probe-"):
                self.record |= told
        for language in ("c", "c++"):
            one = toolchain[language]
            self.record |= {self.real(path) for path in [one["command"][0], one["archiver"], *one["programs"], *one["files"]]}

    def told_as(self, path: str) -> str:
        return self.real("/cermet/ws/" + path[len(self.mirror):]) if path.startswith(self.mirror) else path

    def real(self, path: str) -> str:
        for canonical, host in self.places:
            if path == canonical or path.startswith(canonical + "/"):
                return str(host) + path[len(canonical):]
        return path

    def all_below(self, label: str) -> Set[str]:
        found: Set[str] = set()
        waiting = [label]
        while waiting:
            for one in self.below[waiting.pop()] - found:
                found.add(one)
                waiting.append(one)
        return found


def covered(path: str, told: Set[str]) -> bool:
    if path in told or os.path.realpath(path) in told:
        return True
    return any(path.startswith(one) for one in told if one.endswith("/"))


def reason(path: str) -> str:
    for pattern, why in IGNORED:
        if re.fullmatch(pattern, path):
            return why
    return ""


class Loaded:
    """Shared objects that the dynamic loader maps for a program, and for the modules that the program loads."""

    def __init__(self, seen: traced.Traced):
        self.seen = seen
        self.needed: Dict[str, Set[str]] = {}
        self.modules: Dict[Tuple[str, str], Set[str]] = collections.defaultdict(set)  # (step, program) -> what it loads itself
        for (label, path), openers in seen.openers.items():
            if re.search(r"\.so(\.|$)", path):
                for program, _ in openers:
                    self.modules[label, program].add(path)

    def by_ldd(self, path: str) -> Set[str]:
        if path not in self.needed:
            if not os.path.isfile(path):  # a program of its own, removed since
                return set()
            with open(path, "rb") as file:
                first = file.readline(200)
            if first.startswith(b"#!"):
                self.needed[path] = self.by_ldd(first[2:].split()[0].decode())
                return self.needed[path]
            said = subprocess.run(["ldd", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
            self.needed[path] = set(re.findall(r"=> (/\S+)", said)) | set(re.findall(r"^\s+(/\S+) \(", said, re.M))
        return self.needed[path]

    def only_mapped(self, label: str, path: str) -> bool:
        """By every process of the step that opened it: asked for under the very name that the loader found."""
        openers = self.seen.openers.get((label, path), set())
        return bool(openers) and all(self.mapped(label, program, name) for program, name in openers)

    def mapped(self, label: str, program: str, name: str) -> bool:
        versioned = re.search(r"\.so\.\d[^/]*$", name) is not None  # a linker asks for libz.so, a loader for libz.so.1
        for needed in map(self.by_ldd, {program, *self.modules[label, program]}):
            if name in needed or (versioned and os.path.realpath(name) in map(os.path.realpath, needed)):
                return True
        return False


def missing_edges(judged: Judged, edges: Edges) -> Tuple[Dict[str, List[str]], "collections.Counter[str]"]:
    missing: Dict[str, List[str]] = {}
    ignored: "collections.Counter[str]" = collections.Counter()
    loaded = Loaded(judged.traced)
    record = edges.record | {os.path.realpath(path) for path in edges.record}
    for label, reads in sorted(judged.traced.reads.items()):
        if not label or (label not in edges.steps and len(list(judged.work.glob("strace-*"))) > 1):
            continue  # of an earlier attempt, and replaced since
        told, written = edges.told.get(label, set()), judged.traced.written[label]
        above: Optional[Set[str]] = None
        for path in sorted(map(edges.told_as, reads)):
            if f"/{label}/" in path or path in written or os.path.isdir(path) or covered(path, told) or covered(path, record):
                continue
            why = reason(path)
            if not why and label.startswith("probe-") and (path.startswith(edges.toolchains) or re.fullmatch(CARRIERS, path)):
                why = "what probes read of the toolchain that they ask, and the shell they ask with"
            if not why and loaded.only_mapped(label, path):
                why = "shared objects that the dynamic loader maps for a program that is known"
            if not why and (path.endswith(".rs") or path.startswith(edges.packages)):
                # rustc shows and locates what a macro of another crate made, or what that includes; that crate's .rmeta names
                # the file by its hash.
                if above is None:
                    above = set().union(*(edges.told[one] for one in edges.all_below(label)), set())
                if covered(path, above):
                    why = "files of crates that the step uses in compiled form; rustc checks their hashes in the .rmeta"
            if why:
                ignored[why] += 1
            else:
                missing.setdefault(label, []).append(path)
    return missing, ignored


# --- external bytes ---------------------------------------------------------------------------------------------------


def packages_read(judged: Judged, edges: Edges) -> Dict[str, str]:
    """"crate serde 1.0.228" -> a file of it that was read, for everything that lies in the store of packages."""
    store = edges.real("/cermet/pkg") + "/"
    found: Dict[str, str] = {}
    for reads in judged.traced.reads.values():
        for path in reads:
            if path.startswith(store) and "/" in path[len(store):]:  # beside them lie marks, "NAME.ok"
                match = re.match(r"(crate|py|git|download)-(.+?)-(\d+(?:\.[^/]*?|[^/.-]*))-[0-9a-f]{8}/", path[len(store):])
                name = f"{match.group(1)} {match.group(2)} {match.group(3)}" if match else path[len(store):].split("/")[0]
                found.setdefault(name, path)
    return found


def audit_names(audit: Any) -> Set[str]:
    kinds = {"crate": "crate", "python": "py", "git": "git"}
    return {f"{kinds.get(one['kind'], one['kind'])} {one['name']} {one['version']}" for one in audit["external"]}


def hosts_asked(judged: Judged) -> Set[str]:
    """By name servers, and by the commands that may use the network."""
    hosts = set(judged.traced.names)
    for one in judged.traced.started:
        for word in one.argv:
            for url in re.findall(r"https?://[^\s\"']+", word):
                hosts.add(urllib.parse.urlsplit(url).hostname or "")
    return {host for host in hosts if "." in host}


def audit_hosts(audit: Any) -> Set[str]:
    hosts = set()
    for one in audit["external"]:
        for key in ("url", "index", "source"):
            text = str(one.get(key) or "")
            host = urllib.parse.urlsplit(text[text.find("+") + 1:]).hostname
            if host:
                hosts.add(host)
    return hosts


# --- variables of build scripts ---------------------------------------------------------------------------------------

# The standard library's own questions: to Rust's runtime, not to the build.
OWN = {"RUST_BACKTRACE", "RUST_LIB_BACKTRACE", "RUST_MIN_STACK", "RUST_TEST_NOCAPTURE"}


def build_hook(folder: Path) -> Path:
    library = folder / "getenv_hook.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", str(library), str(HERE / "getenv_hook.c")], check=True)
    return library


def scripts_of(judged: Judged) -> List[traced.Started]:
    """One start of each build script that ran."""
    found: Dict[str, traced.Started] = {}
    for one in judged.traced.started:
        if "OUT_DIR" in one.environment and re.search(r"/build[_-]script[^/]*$", one.path) and one.label not in found:
            found[one.label] = one
    return list(found.values())


def variables_read(judged: Judged) -> Dict[str, Set[str]]:
    """Variable -> scripts that asked libc for it and were not given it by the build."""
    found: Dict[str, Set[str]] = collections.defaultdict(set)
    with tempfile.TemporaryDirectory() as scratch:
        hook, heard = build_hook(Path(scratch)), 0
        for number, script in enumerate(scripts_of(judged)):
            out, log = Path(scratch) / f"out{number}", Path(scratch) / f"log{number}"
            out.mkdir()
            environment = {name: value for name, value in script.environment.items() if name != "CERMET_CHANNEL"}
            environment.update(OUT_DIR=str(out), TMPDIR=scratch, LD_PRELOAD=str(hook), GETENV_LOG=str(log), GETENV_OF=script.path)
            subprocess.run([script.path], cwd=environment["CARGO_MANIFEST_DIR"], env=environment, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            shutil.rmtree(out, ignore_errors=True)
            names = set(log.read_text().split("\n")) - {""} if log.exists() else set()
            heard += len(names)
            for name in names - set(script.environment) - OWN:
                found[name].add(script.label)
        if heard == 0 and scripts_of(judged):
            raise SystemExit("the hook heard no build script ask for anything")
    return found


def set_by_cargo(name: str) -> bool:
    """Names that belong to the build system: it says them to scripts, nobody else may."""
    return bool(re.match(r"(CARGO_FEATURE_|CARGO_CFG_|CARGO_PKG_|DEP_)", name)) or name in ("OUT_DIR", "LD_PRELOAD", "GETENV_LOG", "GETENV_OF")


# --- the verdict ------------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", nargs="?", default="")
    parser.add_argument("--corpus", default="", metavar="NAME")
    parser.add_argument("--program", default=str(HERE.parents[1] / "build/cermet"))
    parser.add_argument("--python", default="")
    parser.add_argument("--work", default="build/file-edges")
    parser.add_argument("--cargo-home", default="", help="an empty directory: then every crate comes from the network")
    parser.add_argument("--argument", action="append", default=[], metavar="ARG", help="one more argument of every command")
    parser.add_argument("--keep", action="store_true", help="judge the build that is there")
    parser.add_argument("--resume", action="store_true", help="build on with the cache that is there; its earlier logs count too")
    options = parser.parse_args()
    if shutil.which("strace") is None:
        print("there is no strace", file=sys.stderr)
        return 3
    options.environment = {}
    if options.corpus:
        work = Path(options.work).resolve()
        options.project, options.python, options.environment = corpus_project(options.corpus, work)
        options.argument += ["-C", "profile.release.c-flags=-O0"]
    if not options.project:
        parser.error("PROJECT or --corpus NAME")
    judged = Judged(options)
    judged.build(options.keep, options.resume)
    edges = Edges(judged.graph, judged.toolchain)
    if not set(judged.traced.reads) & set(edges.steps):
        print("strace saw no step: is everything remembered, or is another tracer there?", file=sys.stderr)
        return 3
    failed = 0

    missing, ignored = missing_edges(judged, edges)
    resumed = len(list(judged.work.glob("strace-*"))) > 1
    unknown = [] if resumed else sorted(set(judged.traced.reads) - set(edges.steps) - {""})
    opened = sum(len(reads) for label, reads in judged.traced.reads.items() if label)
    print(f"files: {opened} read by {len(judged.traced.reads) - 1} steps")
    for why, count in ignored.most_common():
        print(f"  {count} ignored: {why}")
    for label in unknown:
        print(f"  step {label} is not in the graph")
    for label, paths in missing.items():
        print(f"  {label} reads, and the graph does not say so:")
        for path in paths:
            print(f"    {path}")
    failed += sum(map(len, missing.values())) + len(unknown)

    read, listed = packages_read(judged, edges), audit_names(judged.audit)
    print(f"packages: {len(read)} read, {len(listed)} audited")
    for name in sorted(set(read) - listed):
        print(f"  {name} is read and not audited: {read[name]}")
        failed += 1
    unread = sorted(listed - set(read))
    if unread:  # `audit` lists what the lock names, as `fetch` and `vendor` bring it
        print(f"  {len(unread)} are audited for other targets and features, and nothing of them was read: {', '.join(unread[:5])} …")

    asked, known = hosts_asked(judged), audit_hosts(judged.audit)
    print(f"hosts: {', '.join(sorted(asked)) or 'none'}; audited: {', '.join(sorted(known)) or 'none'}")
    for host in sorted(asked - known):
        print(f"  {host} is asked and not audited")
        failed += 1
    for label, address, port in sorted(judged.traced.addresses):
        if label or not asked:
            print(f"  {label or 'the program'} connects to {address}, port {port}")
            failed += 1

    variables = {name: who for name, who in variables_read(judged).items() if not set_by_cargo(name)}
    knobs = {one["name"] for one in judged.options["options"]}
    print(f"variables: {len(variables)} read by {len(scripts_of(judged))} build scripts and not given by the build")
    for name, who in sorted(variables.items()):
        if name not in knobs:
            print(f"  {name} is not listed; read by {', '.join(sorted(who)[:3])}")
            failed += 1
    print("nothing is missing" if failed == 0 else f"{failed} missing")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
