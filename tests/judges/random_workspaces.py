#!/usr/bin/env python3
"""Makes random cargo workspaces from seeds and compares our metadata and unit graph with cargo's own on each.

SPDX-License-Identifier: MIT
usage: random_workspaces.py --tool PROGRAM [--seeds FROM:TO | --for SECONDS] [--selections N] [--jobs N] [--keep DIRECTORY]

Sizes grow with the seed. Where the two differ, crates, edges, features, keys and arguments are dropped while they still
do, and the smallest workspace is printed with its difference. Both failing is fine (selections are not always valid);
one side failing, or different answers, is not. The last line counts: `N passed, M failed`.
"""
import argparse
import copy
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import metadata  # noqa: E402
import unit_graph  # noqa: E402
import workspaces  # noqa: E402

GOOD = ("equal", "both-fail")


class Judge:
    """Compares workspaces in a directory of its own; cargo's answers about rustc are kept between them."""

    def __init__(self, tool, base):
        self.tool, self.base, self.count = tool, base, 0
        self.env = dict(unit_graph.environment(), CARGO_TARGET_DIR=os.path.join(base, "target"),
                        CARGO_HOME=os.path.join(base, "home"))  # nobody else's locks
        self.cfg_file = unit_graph.host_cfgs()

    def place(self, work):
        self.count += 1
        root = os.path.join(self.base, str(self.count), "ws")
        workspaces.write(work, root)
        return root

    def clean(self, root):
        shutil.rmtree(os.path.dirname(root), ignore_errors=True)

    def metadata(self, root, args):
        """As metadata.judge(); the first call of cargo in a workspace writes its lock."""
        theirs, their_error = metadata.cargo_metadata(root, args, self.env)
        ours, our_error = metadata.our_metadata(self.tool, root, args, self.cfg_file)
        if theirs is None or ours is None:
            return unit_graph.failure(theirs, their_error, ours, our_error)
        lines = metadata.compare(theirs, ours)
        return ("different" if lines else "equal"), lines

    def units(self, root, args):
        theirs, their_error = unit_graph.cargo_graph(root, args, env=self.env)
        ours, our_error = unit_graph.our_graph(self.tool, root, args, self.cfg_file)
        if theirs is None or ours is None:
            return unit_graph.failure(theirs, their_error, ours, our_error)
        lines = unit_graph.compare(unit_graph.Graph(theirs, root), unit_graph.Graph(ours, root))
        return ("different" if lines else "equal"), lines

    def one(self, work, args):
        """Verdict and lines for one list of arguments; None: of the metadata."""
        root = self.place(work)
        try:
            verdict, lines = self.metadata(root, ["--all-features"] if args is None else [])
            return (verdict, lines) if args is None else self.units(root, words(args))
        finally:
            self.clean(root)

    def seed(self, seed, selections):
        """Counts of verdicts, and what went wrong: (arguments or None, verdict, lines)."""
        work, all_args = workspaces.make(seed, selections)
        root = self.place(work)
        counts, wrong = {}, []
        try:
            for args in [None, *all_args]:
                verdict, lines = self.metadata(root, ["--all-features"]) if args is None else self.units(root, words(args))
                if args is None and not os.path.exists(os.path.join(root, "Cargo.lock")):
                    return {"invalid": 1}, []
                counts[verdict] = counts.get(verdict, 0) + 1
                if verdict not in GOOD:
                    wrong.append((args, verdict, lines))
        finally:
            self.clean(root)
        return counts, wrong


def words(args):
    return [unit_graph.host() if word == "HOST" else word for group in args for word in group]


# --- shrinking ----------------------------------------------------------------------------------------------------------

def paths(tree, here=()):
    """Every element of the tree that can be dropped, large ones first."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    children = [((*here, k), v) for k, v in items]
    yield from (path for path, _ in reversed(children))
    for path, value in children:
        yield from paths(value, path)


def without(tree, path):
    copied = copy.deepcopy(tree)
    at = copied
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]
    return copied


def shrink(judge, work, args, verdict, limit=1500):
    """The smallest workspace found that gives the same verdict, with its lines."""
    best, lines, tries = {"work": work, "args": args}, [], 0
    smaller = True
    while smaller and tries < limit:
        smaller = False
        for path in list(paths(best)):
            if len(path) == 1 or path[-1] in ("name", "to", "table", "key", "crates", "root"):
                continue
            try:
                candidate = without(best, path)
            except (KeyError, IndexError, TypeError):
                continue  # gone with something larger
            tries += 1
            try:
                now, found = judge.one(candidate["work"], candidate["args"])
            except (KeyError, StopIteration, ValueError):
                continue  # what is left is no workspace
            if now == verdict:
                best, lines, smaller = candidate, found, True
            if tries >= limit:
                break
    return best, lines


def brief(seed, args, verdict, lines):
    call = "cargo metadata --all-features" if args is None else "cargo build " + " ".join(words(args))
    return "\n".join([f"--- seed {seed}: {verdict}: {call}", *lines[:6]])


def report(judge, seed, work, args, verdict, lines):
    best, found = shrink(judge, work, args, verdict)
    text = [brief(seed, args, verdict, lines[:2]), "the smallest that still does so:"]
    for path, content in sorted(workspaces.files(best["work"]).items()):
        text.append(f"# {path}" + ("\n" + content.strip() if content.strip() and path.endswith(".toml") else ""))
    return "\n".join([*text, brief(seed, best["args"], verdict, (found or lines)[:8])])


# --- running ------------------------------------------------------------------------------------------------------------

def begin(tool, base):
    global judge_here
    judge_here = Judge(tool, os.path.join(base, str(os.getpid())))


def judge_seed(job):
    seed, selections, shrinks = job
    counts, wrong = judge_here.seed(seed, selections)
    work, _ = workspaces.make(seed, selections)
    texts = [report(judge_here, seed, work, *one) if shrinks and index == 0 else brief(seed, *one)
             for index, one in enumerate(wrong)]
    return seed, counts, texts


def jobs(options, begun):
    """Seeds in order, until the time is up."""
    first, last = (int(x) for x in options.seeds.split(":"))
    for seed in range(first, last):
        if options.seconds and time.monotonic() - begun > options.seconds:
            return
        yield seed, options.selections, not options.no_shrink


def run(options, base):
    """Few seeds are handed out at a time, so that --for ends when it says."""
    begun, totals, bad, seeds = time.monotonic(), {}, 0, 0
    with multiprocessing.Pool(options.jobs, begin, (options.tool, base)) as pool:
        coming = jobs(options, begun)
        waiting = []
        while True:
            while len(waiting) < 2 * options.jobs and bad < options.stop_after:
                job = next(coming, None)
                if job is None:
                    break
                waiting.append(pool.apply_async(judge_seed, (job,)))
            if not waiting:
                break
            seed, counts, texts = waiting.pop(0).get()
            seeds += 1
            for verdict, count in counts.items():
                totals[verdict] = totals.get(verdict, 0) + count
            bad += len(texts)
            for text in texts:
                print(text, flush=True)
    print(f"{seeds} workspaces in {time.monotonic() - begun:.0f} s: " + json.dumps(dict(sorted(totals.items()))))
    print(f"{sum(totals.get(v, 0) for v in GOOD)} passed, {bad} failed")
    return 1 if bad or not totals.get("equal") else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--seeds", default="1:1000000")
    parser.add_argument("--for", dest="seconds", type=float, default=0)
    parser.add_argument("--selections", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", default="", help="write the workspace of the first seed here, and end")
    parser.add_argument("--stop-after", type=int, default=3)
    parser.add_argument("--no-shrink", action="store_true")
    options = parser.parse_args()
    if options.keep:
        work, all_args = workspaces.make(int(options.seeds.split(":")[0]), options.selections)
        workspaces.write(work, os.path.join(options.keep, "ws"))
        print("\n".join(" ".join(words(args)) for args in all_args))
        return 0
    if options.seeds == "1:1000000" and not options.seconds:
        parser.error("give --seeds or --for")
    base = tempfile.mkdtemp(prefix="cermet-random-")
    try:
        return run(options, base)
    finally:
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
