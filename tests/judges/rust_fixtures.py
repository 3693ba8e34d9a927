#!/usr/bin/env python3
"""Small hand-made cargo workspaces, at least one per rule of docs/cargo.md, judged against cargo's own answers.

SPDX-License-Identifier: MIT
usage: rust_fixtures.py --tool PROGRAM [--jobs N] [NAME…]
Each is compared with `cargo metadata` and, for each of its selections, with cargo's unit graph; nothing that cargo says is
stored. A fixture of NEGATIVE is one that both refuse; its second item is a part of our message. What only we refuse is in
NOT_SUPPORTED. A NAME is a fixture's or the beginning of one, as `M9`.
"""
import argparse
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import built_fixtures  # noqa: E402
import command_fixtures  # noqa: E402
import fixtures_graph  # noqa: E402
import fixtures_lock  # noqa: E402
import fixtures_manifest  # noqa: E402
import fixtures_settings  # noqa: E402
import fixtures_sources  # noqa: E402
import fixtures_targets  # noqa: E402
import metadata  # noqa: E402
from placed_files import place_files, write  # noqa: E402
import unit_graph  # noqa: E402

MODULES = (fixtures_manifest, fixtures_targets, fixtures_lock, fixtures_sources, fixtures_settings, fixtures_graph)
FIXTURES = {name: fixture for module in MODULES for name, fixture in module.FIXTURES.items()}
NEGATIVE = {name: fixture for module in MODULES for name, fixture in module.NEGATIVE.items()}

NOT_SUPPORTED = fixtures_sources.NOT_SUPPORTED

# Selections that both refuse, of fixtures that are otherwise compared.
REFUSED = {("M9-required-features", "--bin needs"), ("M15-namespaced", "--features a"),
           *((f"F7-a-package-that-is-no-member-{resolver}", "-p far -p alone") for resolver in "123")}

# Rules that neither a graph nor a command line of a fixture shows, and what judges them instead.
ELSEWHERE = {
    "tests/judges/random_workspaces.py": "F9",
    "tests/judges/rustc_commands.py": "U12",
    "tests/judges/replayed_bytes.py": "U18",
    "tests/judges/mutations.py": "U19 B13 K1 K2 K3 K4 K6 K7 K8 K11 K16",
    "tests/stories/test_nothing_changed.py": "K5",
    "tests/stories/test_another_user.py": "K9",
    "tests/stories/test_store.py": "K10",
    "tests/stories/test_reproducible.py": "K13 K15",
    "tests/stories/test_model.py": "K14",
    "tests/judges/failures.py": "B11",
    "tests/judges/crate_groups.py": "B6 B10",
    "tests/stories/test_scripts.py": "B2 B15 B16 K12",
    "tests/stories/test_trouble.py": "B14",
    "src/fetch/packages_test.cpp": "L7",
    "src/fetch/registry_test.cpp": "L8 L9",
    "src/exec/jobserver_test.cpp": "U20",
    "src/exec/executor_test.cpp": "U14",
    "tests/stories/test_shared.py": "U17",
}


def rules_shown():
    """Rules that at least one fixture names."""
    return {re.match(r"[A-Z]\d+", name).group() for name in [*FIXTURES, *NEGATIVE, *NOT_SUPPORTED, *command_fixtures.FIXTURES,
                                                         *built_fixtures.FIXTURES]}


def rules_elsewhere():
    return {rule for rules in ELSEWHERE.values() for rule in rules.split()}


class Place:
    """A fixture written to a directory, with its lock, its environment and whom to ask."""

    def __init__(self, base, tool, files, cfg_file):
        self.tool = tool
        self.root = os.path.realpath(os.path.join(base, "base", files.get("@", ".")))
        self.base = os.path.join(base, "base")
        place_files(self.base, files)
        own = files.get("$", {})
        self.env = dict(unit_graph.environment(), CARGO_HOME=os.path.join(base, "home"), **own)
        # Flags of the user can change what rustc says of its target: then both sides ask it.
        self.cfg = [] if files.get("?cfg") else ["--cfg-file", cfg_file, "--host", unit_graph.host()]
        if "Cargo.lock" not in files and files.get("!lock", True):
            # A repository of the fixture must be fetched; nothing else is.
            words = ["fetch"] if "!git" in files else ["generate-lockfile", "--offline"]
            subprocess.run([unit_graph.cargo(), *words], cwd=self.root, env=self.env, capture_output=True, check=False)
        write(self.base, files.get("!then", {}), self.base)

    def ours(self, what, args):
        words = [*self.tool.split(), what, "--manifest-path", os.path.join(self.root, "Cargo.toml"), *self.cfg, *args]
        run = subprocess.run(words, env=self.env, capture_output=True, text=True, check=False)
        return (unit_graph.json.loads(run.stdout) if run.returncode == 0 else None), run.stderr

    def units(self, args):
        theirs, their_error = unit_graph.cargo_graph(self.root, args, env=self.env)
        ours, our_error = self.ours("unit-graph", args)
        if theirs is None or ours is None:
            return (*unit_graph.failure(theirs, their_error, ours, our_error), our_error)
        lines = unit_graph.compare(unit_graph.Graph(theirs, self.root), unit_graph.Graph(ours, self.root))
        return ("different" if lines else "equal"), lines, ""

    def metadata(self, args):
        theirs, their_error = metadata.cargo_metadata(self.root, args, self.env, locked=True)
        ours, our_error = self.ours("metadata", args)
        if theirs is None or ours is None:
            return unit_graph.failure(theirs, their_error, ours, our_error)
        lines = metadata.compare(theirs, ours)
        return ("different" if lines else "equal"), lines


def judge(job):
    """Counts of what passed, and the texts of what did not, of one fixture."""
    tool, name, cfg_file = job
    texts, passed = [], 0
    with tempfile.TemporaryDirectory(prefix="cermet-fixture-") as base:
        if name in NEGATIVE:
            files, message = NEGATIVE[name]
            verdict, lines, error = Place(base, tool, files, cfg_file).units(files.get("?", []))
            if verdict == "both-fail" and message in error:
                return 1, []
            return 0, [f"{name}: {verdict}, wanted {message!r} in:\n{error}" + "\n".join(lines)]
        if name in NOT_SUPPORTED:
            files, message = NOT_SUPPORTED[name]
            verdict, lines, error = Place(base, tool, files, cfg_file).units([])
            if verdict == "cermet-fails" and re.search(message, error, re.S):
                return 1, []
            return 0, [f"{name}: {verdict}, wanted {message!r} in:\n{error}" + "\n".join(lines)]
        files, selections = FIXTURES[name]
        place = Place(base, tool, files, cfg_file)
        for args in ["--no-deps"], [], ["--all-features"], ["--filter-platform", unit_graph.host()]:
            verdict, lines = place.metadata(args)
            passed += verdict == "equal"
            if verdict != "equal":
                texts.append(f"{name}: metadata {args}: {verdict}\n" + "\n".join(lines[:8]))
        for args in selections:
            verdict, lines, _ = place.units(args)
            expected = "both-fail" if (name, " ".join(args)) in REFUSED else "equal"
            passed += verdict == expected
            if verdict != expected:
                texts.append(f"{name} {args}: {verdict}\n" + "\n".join(lines))
    return passed, texts


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    cfg_file = unit_graph.host_cfgs()
    chosen = [n for n in [*FIXTURES, *NEGATIVE, *NOT_SUPPORTED]
              if not options.names or any(n == o or n.startswith(o + "-") for o in options.names)]
    passed, failed = 0, 0
    with multiprocessing.Pool(options.jobs) as pool:
        for good, texts in pool.imap(judge, [(options.tool, name, cfg_file) for name in chosen]):
            passed += good
            failed += len(texts)
            for text in texts:
                print(text, flush=True)
    print(f"{len(chosen)} fixtures")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
