#!/usr/bin/env python3
"""Compares our Rust unit graph with cargo's own --unit-graph and prints the smallest difference.

SPDX-License-Identifier: MIT
usage: unit_graph.py --tool PROGRAM DIRECTORY [cargo build arguments…]

PROGRAM is `cermet internal` or the test driver: it is called as
`PROGRAM unit-graph --manifest-path … --cfg-file … ARGS`. Exit 0: equal; 1: different; 2: one of them failed.
"""
import argparse
import hashlib
import json
import os
import shlex
import subprocess
import sys
import tempfile


def cargo_graph(directory, args, cargo="cargo"):
    env = dict(os.environ, RUSTC_BOOTSTRAP="1")
    run = subprocess.run(
        [cargo, "build", "-Z", "unstable-options", "--unit-graph", "--offline", "--locked", *args],
        cwd=directory, env=env, capture_output=True, text=True)
    return (json.loads(run.stdout) if run.returncode == 0 else None), run.stderr


def our_graph(tool, directory, args, cfg_file):
    run = subprocess.run(
        [*shlex.split(tool), "unit-graph", "--manifest-path", os.path.join(directory, "Cargo.toml"),
         "--cfg-file", cfg_file, *args], capture_output=True, text=True)
    return (json.loads(run.stdout) if run.returncode == 0 else None), run.stderr


def package(pkg_id, root):
    url, _, fragment = pkg_id.rpartition("#")
    if "@" in fragment:
        name, version = fragment.rsplit("@", 1)
    else:
        name, version = url.rstrip("/").rpartition("/")[2], fragment
    if url.startswith("path+file://"):
        url = "path:" + os.path.relpath(url[len("path+file://"):], root)
    return [name, version, url]


def strip(value):
    inner = value.get("resolved", value.get("deferred"))
    return "none" if inner == "None" else inner["Named"]


def source_path(unit, root):
    path = unit["target"]["src_path"]
    if unit["pkg_id"].startswith("path+"):
        return os.path.relpath(path, root)
    if "/registry/src/" in path:
        return "/".join(path.split("/registry/src/")[-1].split("/")[2:])
    return "/".join(path.split("/pkg/")[-1].split("/")[1:])  # the cache's own copy


def own(unit, root):
    profile = {k: v for k, v in unit["profile"].items() if k not in ("name", "codegen_backend")}
    profile["strip"] = strip(profile["strip"])
    target = unit["target"]
    return {
        "package": package(unit["pkg_id"], root),
        "kind": target["kind"], "crate_types": target["crate_types"], "name": target["name"],
        "src": source_path(unit, root), "edition": target["edition"],
        "mode": unit["mode"], "platform": unit["platform"],
        "features": sorted(unit["features"]), "profile": profile,
    }


class Graph:
    """Units with a bottom-up (Merkle) key: equal keys mean equal sub-graphs."""

    def __init__(self, data, root):
        self.units = data["units"]
        self.root = root
        self.keys = {}
        self.owns = [own(u, root) for u in self.units]
        for index in range(len(self.units)):
            self.key(index)
        self.roots = sorted(self.keys[i] for i in data["roots"])

    def deps(self, index):
        return sorted((d["extern_crate_name"], d["public"], d["noprelude"], self.key(d["index"]))
                      for d in self.units[index]["dependencies"])

    def key(self, index):
        if index not in self.keys:
            text = json.dumps([self.owns[index], self.deps(index)], sort_keys=True)
            self.keys[index] = hashlib.sha256(text.encode()).hexdigest()
        return self.keys[index]

    def describe(self, index):
        o = self.owns[index]
        deps = [(d["extern_crate_name"], self.owns[d["index"]]["package"][:2], self.owns[d["index"]]["mode"],
                 self.owns[d["index"]]["features"]) for d in self.units[index]["dependencies"]]
        return o, sorted(deps, key=str)


def differences(theirs, ours):
    """Units of one side whose key the other lacks, lowest in the graph first."""
    out = []
    for side, a, b in (("cargo", theirs, ours), ("cermet", ours, theirs)):
        known = set(b.keys.values())
        for index in range(len(a.units)):
            if a.keys[index] in known:
                continue
            if all(a.keys[d["index"]] in known for d in a.units[index]["dependencies"]):
                out.append((side, a, index))
    return out


def compare(theirs, ours):
    if sorted(theirs.keys.values()) == sorted(ours.keys.values()) and theirs.roots == ours.roots:
        return []
    lines = [f"units: cargo {len(theirs.units)}, cermet {len(ours.units)}; roots: cargo {len(theirs.roots)}, "
             f"cermet {len(ours.roots)}"]
    for side, graph, index in differences(theirs, ours)[:6]:
        o, deps = graph.describe(index)
        lines.append(f"only {side}: {json.dumps(o)}\n   deps {deps}")
    return lines


def host_cfgs():
    # cargo's own probe runs with RUSTC_BOOTSTRAP=1, which adds unstable cfgs.
    env = dict(os.environ, RUSTC_BOOTSTRAP="1")
    text = subprocess.run(["rustc", "--print", "cfg"], env=env, capture_output=True, text=True, check=True).stdout
    handle = tempfile.NamedTemporaryFile("w", suffix=".cfg", delete=False)
    handle.write(text)
    handle.close()
    return handle.name


def judge(tool, directory, args, cfg_file):
    """(verdict, lines): verdict is equal, different, both-fail, cargo-fails, cermet-fails."""
    directory = os.path.realpath(directory)
    theirs, their_error = cargo_graph(directory, args)
    ours, our_error = our_graph(tool, directory, args, cfg_file)
    if theirs is None and ours is None:
        return "both-fail", [their_error.strip().split("\n")[0], our_error.strip().split("\n")[0]]
    if theirs is None:
        return "cargo-fails", [their_error]
    if ours is None:
        return "cermet-fails", [our_error]
    lines = compare(Graph(theirs, directory), Graph(ours, directory))
    return ("different" if lines else "equal"), lines or [f"{len(theirs['units'])} units"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True)
    parser.add_argument("directory")
    options, args = parser.parse_known_args()
    verdict, lines = judge(options.tool, options.directory, args, host_cfgs())
    print(verdict + ": " + "\n".join(lines))
    return {"equal": 0, "different": 1}.get(verdict, 2)


if __name__ == "__main__":
    sys.exit(main())
