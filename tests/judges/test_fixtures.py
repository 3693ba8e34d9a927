"""Every rule of docs/cargo.md has a fixture or a judge of its own, and what is random is the same for the same seed."""
# SPDX-License-Identifier: MIT
import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "judges"))
import random_workspaces  # noqa: E402
import rust_fixtures  # noqa: E402
import unit_graph  # noqa: E402
import workspaces  # noqa: E402

RULES = set(re.findall(r"^\| ([A-Z]\d+) \|", (ROOT / "docs/cargo.md").read_text(encoding="utf-8"), re.M))


def test_every_rule_is_judged():
    shown, elsewhere = rust_fixtures.rules_shown(), rust_fixtures.rules_elsewhere()
    # Those of manifests, locks, features, units, build scripts and keys.
    assert {rule for rule in RULES if rule[0] in "MLFUBK"} - shown - elsewhere == set()
    assert (shown | elsewhere) - RULES == set(), "docs/cargo.md does not say what these are"
    assert shown & elsewhere == set(), "these have fixtures by now"


def test_what_judges_elsewhere_is_there():
    for path in rust_fixtures.ELSEWHERE:
        assert (ROOT / path).is_file(), path


def test_refused_selections_are_of_fixtures():
    for name, args in rust_fixtures.REFUSED:
        assert args in [" ".join(s) for s in rust_fixtures.FIXTURES[name][1]]


@pytest.mark.parametrize("seed", [3, 40, 300])
def test_a_seed_is_one_workspace(seed):
    work, selections = workspaces.make(seed, 3)
    again, others = workspaces.make(seed, 3)
    assert workspaces.files(work) == workspaces.files(again)
    assert selections == others
    assert 2 <= len(work["crates"]) <= 12


class Cargo:
    """Stands in for both sides: they differ while a crate has `links`."""

    def one(self, work, args):
        workspaces.files(work)
        wrong = any("links" in crate for crate in work["crates"])
        return ("different", ["differs"]) if wrong else ("equal", [])


def test_shrinking_keeps_what_differs():
    seed = next(s for s in range(200, 300) if any("links" in c for c in workspaces.make(s, 1)[0]["crates"]))
    work, (args,) = workspaces.make(seed, 1)
    best, lines = random_workspaces.shrink(Cargo(), work, args, "different")
    assert lines == ["differs"]
    assert len(best["work"]["crates"]) == 1 and "links" in best["work"]["crates"][0]
    assert best["args"] == [] and not best["work"]["crates"][0].get("deps")


def test_units_of_two_graphs_are_told_apart():
    profile = {"name": "dev", "strip": {"resolved": "None"}}
    target = {"src_path": "/w/src/lib.rs", "kind": ["lib"], "crate_types": ["lib"], "name": "a", "edition": "2021"}
    unit = {"pkg_id": "path+file:///w#a@0.1.0", "target": target, "profile": profile, "platform": None, "mode": "build",
            "features": [], "dependencies": []}
    graph = lambda **more: unit_graph.Graph({"units": [{**unit, **more}], "roots": [0]}, "/w")
    assert unit_graph.compare(graph(), graph()) == []
    assert unit_graph.compare(graph(), graph(features=["f"]))
    assert unit_graph.compare(graph(), graph(profile={**profile, "strip": {"deferred": {"Named": "debuginfo"}}}))
