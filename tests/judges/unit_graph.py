#!/usr/bin/env python3
"""Compares our Rust unit graph with cargo's own --unit-graph and prints the smallest difference.

SPDX-License-Identifier: MIT
usage: unit_graph.py --tool PROGRAM DIRECTORY [cargo build arguments…]

PROGRAM is `cermet internal` or the test driver: it is called as
`PROGRAM unit-graph --manifest-path … --cfg-file … ARGS`. Exit 0: equal; 1: different; 2: one of them failed.
"""
import argparse
import functools
import hashlib
import json
import os
import shlex
import subprocess
import sys
import tempfile


@functools.cache
def sysroot():
    return subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip()


def cargo():
    """The toolchain's own cargo: a proxy before it would look for a rust-toolchain file in each directory."""
    own = os.path.join(sysroot(), "bin", "cargo")
    return own if os.access(own, os.X_OK) else "cargo"


@functools.cache
def host():
    printed = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    return next(line[len("host: "):] for line in printed.splitlines() if line.startswith("host: "))


def environment():
    # The unit graph is an unstable option, and cargo asks rustc with the same environment.
    return dict(os.environ, RUSTC_BOOTSTRAP="1", PATH=os.path.join(sysroot(), "bin") + os.pathsep + os.environ["PATH"])


def cargo_graph(directory, args, locked=True, env=None):
    run = subprocess.run(
        [cargo(), "build", "-Z", "unstable-options", "--unit-graph", "--offline", *(["--locked"] if locked else []),
         *args], cwd=directory, env=env or environment(), capture_output=True, text=True, timeout=300)
    return (json.loads(run.stdout) if run.returncode == 0 else None), run.stderr


def our_graph(tool, directory, args, cfg_file):
    run = subprocess.run(
        [*shlex.split(tool), "unit-graph", "--manifest-path", os.path.join(directory, "Cargo.toml"),
         "--cfg-file", cfg_file, "--host", host(), *args], capture_output=True, text=True)
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


@functools.cache
def package_directory(directory):
    """The nearest one with a manifest."""
    while directory != "/" and not os.path.exists(os.path.join(directory, "Cargo.toml")):
        directory = os.path.dirname(directory)
    return directory


def source_path(unit, root):
    """Path packages from the workspace's root, others from their own: each side keeps those somewhere else."""
    path = unit["target"]["src_path"]
    if unit["pkg_id"].startswith("path+"):
        return os.path.relpath(path, root)
    return os.path.relpath(path, package_directory(os.path.dirname(path)))


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
    # RUSTC_BOOTSTRAP=1 adds unstable cfgs: they are what cargo is told too.
    text = subprocess.run(["rustc", "--print", "cfg"], env=environment(), capture_output=True, text=True,
                          check=True).stdout
    handle = tempfile.NamedTemporaryFile("w", suffix=".cfg", delete=False)
    handle.write(text)
    handle.close()
    return handle.name


def failure(theirs, their_error, ours, our_error):
    """The verdict when at least one side gave nothing."""
    if theirs is None and ours is None:
        return "both-fail", [their_error.strip().split("\n")[0], our_error.strip().split("\n")[0]]
    return ("cargo-fails", [their_error]) if theirs is None else ("cermet-fails", [our_error])


def judge(tool, directory, args, cfg_file):
    """(verdict, lines): verdict is equal, different, both-fail, cargo-fails, cermet-fails."""
    directory = os.path.realpath(directory)
    theirs, their_error = cargo_graph(directory, args)
    ours, our_error = our_graph(tool, directory, args, cfg_file)
    if theirs is None or ours is None:
        return failure(theirs, their_error, ours, our_error)
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
