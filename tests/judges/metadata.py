#!/usr/bin/env python3
"""Compares what our model says of a workspace with `cargo metadata` and prints the smallest difference (judge J1).

SPDX-License-Identifier: MIT
usage: metadata.py --tool PROGRAM DIRECTORY [--no-deps] [--filter-platform T] [--features F] …

PROGRAM is `cermet internal`. Packages are compared in every field (targets, features, dependencies with kind, target,
rename, features, …), then the graph that was resolved. Exit 0: equal; 1: different; 2: one of them failed.
"""
import argparse
import json
import os
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import unit_graph  # noqa: E402


def cargo_metadata(directory, args, env=None, locked=False):
    command = [unit_graph.cargo(), "metadata", "--format-version", "1", "--offline", *(["--locked"] if locked else [])]
    run = subprocess.run([*command, *args], cwd=directory, env=env or unit_graph.environment(), capture_output=True,
                         text=True)
    return (json.loads(run.stdout) if run.returncode == 0 else None), run.stderr


def our_metadata(tool, directory, args, cfg_file):
    run = subprocess.run([*shlex.split(tool), "metadata", "--manifest-path", os.path.join(directory, "Cargo.toml"),
                          "--cfg-file", cfg_file, "--host", unit_graph.host(), *args], capture_output=True, text=True)
    return (json.loads(run.stdout) if run.returncode == 0 else None), run.stderr


def portable(value, place):
    """The same with paths from the package's directory, which each side has somewhere else."""
    if isinstance(value, str):
        return value.removeprefix(place)
    if isinstance(value, list):
        return [portable(v, place) for v in value]
    if isinstance(value, dict):
        return {k: portable(v, place) for k, v in value.items()}
    return value


def ordered(values):
    return sorted(values, key=lambda v: json.dumps(v, sort_keys=True))


def package(data):
    """A package with lists whose order means nothing sorted."""
    data = dict(data)
    data["dependencies"] = ordered(data["dependencies"])
    if data["source"] is not None:
        place = os.path.dirname(data["manifest_path"]) + "/"
        for name in ("manifest_path", "targets", "dependencies"):
            data[name] = portable(data[name], place)
    return data


def node(data):
    deps = [{**d, "dep_kinds": ordered(d["dep_kinds"])} for d in data["deps"]]
    return {**data, "deps": ordered(deps), "dependencies": sorted(data["dependencies"]),
            "features": sorted(data["features"])}


def first_difference(path, theirs, ours):
    """The innermost place where two JSON values part, as one line."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted(theirs.keys() | ours.keys()):
            if key not in theirs or key not in ours:
                side, other = ("cargo", theirs) if key in theirs else ("cermet", ours)
                return f"{path}.{key}: only {side} has it: {json.dumps(other[key])[:300]}"
            if theirs[key] != ours[key]:
                return first_difference(f"{path}.{key}", theirs[key], ours[key])
    if isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) == len(ours):
            for index, (a, b) in enumerate(zip(theirs, ours)):
                if a != b:
                    return first_difference(f"{path}[{index}]", a, b)
        only = [("cargo", v) for v in theirs if v not in ours] + [("cermet", v) for v in ours if v not in theirs]
        return f"{path}: " + "; ".join(f"only {side}: {json.dumps(v)[:300]}" for side, v in only[:4])
    return f"{path}: cargo {json.dumps(theirs)[:300]}, cermet {json.dumps(ours)[:300]}"


def compare_lists(what, theirs, ours):
    a = {v["id"]: v for v in theirs}
    b = {v["id"]: v for v in ours}
    lines = [f"{what} {i}: only cargo has it" for i in sorted(a.keys() - b.keys())]
    lines += [f"{what} {i}: only cermet has it" for i in sorted(b.keys() - a.keys())]
    return lines + [first_difference(f"{what} {i}", a[i], b[i]) for i in sorted(a.keys() & b.keys()) if a[i] != b[i]]


def compare(theirs, ours):
    lines = compare_lists("package", map(package, theirs["packages"]), map(package, ours["packages"]))
    if theirs["resolve"] is not None and ours["resolve"] is not None:
        lines += compare_lists("node", map(node, theirs["resolve"]["nodes"]), map(node, ours["resolve"]["nodes"]))
        if theirs["resolve"]["root"] != ours["resolve"]["root"]:
            lines.append(first_difference("resolve.root", theirs["resolve"]["root"], ours["resolve"]["root"]))
    elif theirs["resolve"] != ours["resolve"]:
        lines.append("resolve: only one of them has it")
    for key in ("workspace_members", "workspace_default_members"):
        if sorted(theirs[key]) != sorted(ours[key]):
            lines.append(first_difference(key, sorted(theirs[key]), sorted(ours[key])))
    for key in ("workspace_root", "metadata", "version"):
        if theirs[key] != ours[key]:
            lines.append(first_difference(key, theirs[key], ours[key]))
    return lines


def judge(tool, directory, args, cfg_file):
    """(verdict, lines): verdict is equal, different, both-fail, cargo-fails, cermet-fails."""
    directory = os.path.realpath(directory)
    theirs, their_error = cargo_metadata(directory, args, locked=True)
    ours, our_error = our_metadata(tool, directory, args, cfg_file)
    if theirs is None or ours is None:
        return unit_graph.failure(theirs, their_error, ours, our_error)
    lines = compare(theirs, ours)
    return ("different" if lines else "equal"), lines or [f"{len(theirs['packages'])} packages"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True)
    parser.add_argument("directory")
    options, args = parser.parse_known_args()
    verdict, lines = judge(options.tool, options.directory, args, unit_graph.host_cfgs())
    print(verdict + ": " + "\n".join(lines[:12]))
    return {"equal": 0, "different": 1}.get(verdict, 2)


if __name__ == "__main__":
    sys.exit(main())
