#!/usr/bin/env python3
"""Seeded one-place edits of examples/hybrid: after each, the right bytes, and exactly the steps whose inputs differ.

SPDX-License-Identifier: MIT
Usage: tests/stories/edits.py [--seeds 1-300] [--mode plain|mount] [--again] [--show]

Once, the unedited example is built from nothing under strace: what each step was started with, and which files it opened.
For each seed the example is as right after its first build; one place of one input file is edited. Then
  1. a reference build of the edited files is made with a cache that holds only steps of immutable packages (every 30th
     seed: with an empty cache), watched by strace: its wheel, what each step was started with, and the digests of the
     files which it opened in the build of the unedited example;
  2. the edited project is built with the cache of the first build. Its wheel must have the reference's bytes, and the
     started processes must be exactly the steps whose inputs differ between the two clean builds. A step's inputs are
     its command, the files strace saw it open below project and cache, for a step of a crate of the workspace every file
     of that crate that is not .rs, and for a build script what it declares with rerun-if-changed.
Results are kept by seed below build/edits/<digest of the program>/, so a run that was stopped goes on where it was.
--show prints the edits and builds nothing.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Set, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

import seeds  # noqa: E402
import story  # noqa: E402
from story import EXAMPLES, ROOT, WORK, Contents, Project, copy_cache, difference, remove  # noqa: E402

EXAMPLE = "hybrid"
EVERY_EMPTY = 30
# What a step is started with, but that is not part of its inputs: the jobserver of the build it runs in.
NOT_INPUT = {"MAKEFLAGS", "MFLAGS", "CARGO_MAKEFLAGS", "CERMET_JOBSERVER"}


# --- edits ------------------------------------------------------------------------------------------------------------


def input_files() -> List[str]:
    """Every file of the example that a build or its wheel can depend on."""
    listed = subprocess.run(["git", "ls-files", "-z", "."], cwd=EXAMPLES / EXAMPLE, stdout=subprocess.PIPE, text=True)
    names = [name for name in listed.stdout.split("\0") if name]
    if not names:  # an sdist has no git
        names = [p.relative_to(EXAMPLES / EXAMPLE).as_posix() for p in (EXAMPLES / EXAMPLE).rglob("*") if p.is_file()]
    return sorted(names)


class Edit:
    def __init__(self, seed: int):
        files = input_files()
        round_ = random.Random(1000003 * (seed // len(files)) + 17)
        round_.shuffle(files)
        self.seed = seed
        self.file = files[seed % len(files)]
        self.random = random.Random(seed)
        self.what = ""

    def apply(self, project: Project) -> None:
        text = project.read(self.file)
        ways = self._ways(text)
        self.what, make = self.random.choice(ways)
        changed = make(text)
        assert changed != text, f"seed {self.seed}: {self.what} does not change {self.file}"
        project.write(self.file, changed)

    # --- each way is a name and a function from text to text ---

    def _ways(self, text: str) -> "List[Tuple[str, Callable[[str], str]]]":
        name = self.file.rsplit("/", 1)[-1]
        suffix = name.rsplit(".", 1)[-1] if "." in name[1:] else ""
        if suffix == "rs":
            return self._rust(text)
        if suffix in ("pyx", "pxd", "pxi"):
            return self._cython(text)
        if suffix in ("c", "h"):
            return self._c(text)
        if suffix in ("py", "pyi"):
            return [self._comment("#"), self._append(f"\nSEED_{self.seed} = {self.seed}\n")]
        if name == "Cargo.toml" or suffix == "toml":
            return self._toml(text)
        if name == "Cargo.lock":
            return [self._comment("#", first=True), self._append(f"# seed {self.seed}\n")]
        if suffix == "json":
            return [self._append("\n" * (1 + self.seed % 3)), self._number(text)] if re.search(r": \d", text) else [self._append("\n")]
        return [self._append(f"\n# seed {self.seed}\n")]

    def _append(self, more: str) -> "Tuple[str, Callable[[str], str]]":
        return f"append {more.strip()!r}", lambda text: text + more

    def _comment(self, sign: str, first: bool = False) -> "Tuple[str, Callable[[str], str]]":
        def make(text: str) -> str:
            lines = text.splitlines(keepends=True)
            places = [0] if first or not lines else self._places(lines, sign)
            at = self.random.choice(places)
            lines.insert(at, f"{sign} seed {self.seed}\n")
            return "".join(lines)

        return f"a comment line {sign}", make

    def _places(self, lines: List[str], sign: str) -> List[int]:
        """Lines before which a comment can stand: not inside of a string, comment or continued line."""
        places, block = [0], False
        quotes = {"#": '"""', "//": None}.get(sign)
        for at, line in enumerate(lines):
            if quotes and line.count(quotes) % 2 == 1:
                block = not block
            continued = line.rstrip("\n").endswith("\\") or (sign == "//" and line.count('"') % 2 == 1)
            if not block and not continued and not line.lstrip().startswith("///"):
                places.append(at + 1)
        if not lines[-1].endswith("\n"):
            places = [p for p in places if p < len(lines)]
        return places

    def _number(self, text: str) -> "Tuple[str, Callable[[str], str]]":
        return "another number", lambda t: re.sub(r": (\d)", lambda m: f": {(int(m.group(1)) + 1) % 10}", t, count=1)

    def _word(self, pattern: str, what: str) -> "Optional[Tuple[str, Callable[[str], str]]]":
        """Text of the first group of one match gets the seed appended."""

        def make(text: str) -> str:
            match = self.random.choice(list(re.finditer(pattern, text, re.M)))
            return f"{text[:match.end(1)]} {self.seed}{text[match.end(1):]}"

        return what, make

    def _rust(self, text: str) -> "List[Tuple[str, Callable[[str], str]]]":
        ways = [self._comment("//"), self._append(f"// seed {self.seed}\n")]
        if re.search(r"^ *///? .*[a-z]$", text, re.M):
            ways.append(self._word(r"^( *///? .*[a-z])$", "words of a comment"))
        if self.file.endswith("lib.rs") and "proc_macro" not in text or self.file.endswith(("price.rs", "ffi.rs")):
            ways.append(self._append(f"\npub const SEED_{self.seed}: i32 = {self.seed};\n"))
            ways.append(self._append(f"\npub fn seed_{self.seed}(value: i32) -> i32 {{\n    value + {self.seed}\n}}\n"))
        if self.file.endswith(("ffi.rs", "hybrid-stats/src/lib.rs")):
            ways.append(self._append(f'\n/// Seed.\n#[no_mangle]\npub extern "C" fn seed_{self.seed}() -> i32 {{\n    {self.seed}\n}}\n'))
        if "WEIGHTS: usize = 8" in text:
            ways.append(("more weights", lambda t: t.replace("WEIGHTS: usize = 8", f"WEIGHTS: usize = {9 + self.seed % 7}")))
        if "thiserror" in text:
            ways.append(self._word(r'#\[error\("([a-z ]+)', "an error text"))
        return [way for way in ways if way]

    def _cython(self, text: str) -> "List[Tuple[str, Callable[[str], str]]]":
        ways = [self._append(f"# seed {self.seed}\n"), self._comment("#", first=True)]
        generated = self.file.endswith(("core.pxd", "stats.pxd"))
        if self.file.endswith(".pyx"):
            ways.append(self._append(f"\n\ndef seed_{self.seed}():\n    return {self.seed}\n"))
        if not generated:
            ways.append(self._append(f"\ncdef enum:\n    SEED_{self.seed} = {self.seed}\n"))
        if re.search(r'"""[^"]*[a-z]\."""', text):
            ways.append(self._word(r'"""([^"]*[a-z])\."""', "a docstring"))
        return [way for way in ways if way]

    def _c(self, text: str) -> "List[Tuple[str, Callable[[str], str]]]":
        ways = [self._append(f"/* seed {self.seed} */\n"), self._append(f"#define SEED_{self.seed} {self.seed}\n")]
        if self.file.endswith(".c"):
            ways.append(self._append(f"const int hybrid_seed_{self.seed} = {self.seed};\n"))
            ways.append(self._word(r'"(Prices in C)\."', "a docstring"))
        if "MAX_PRECISION 9" in text:
            ways.append(("another limit", lambda t: t.replace("MAX_PRECISION 9", f"MAX_PRECISION {self.seed % 9}", 1)))
        return [way for way in ways if way]

    def _toml(self, text: str) -> "List[Tuple[str, Callable[[str], str]]]":
        ways = [self._comment("#", first=True), self._append(f"# seed {self.seed}\n")]
        if re.search(r'^description = "', text, re.M):
            ways.append(self._word(r'^description = "([^"]*)"', "the description"))
        if "autogen_warning" in text:
            ways.append(self._word(r'^autogen_warning = "(?:/\* |# )(.*?edit\.)', "the warning of cbindgen"))
        if self.file == "pyproject.toml":
            ways.append(("a directive", lambda t: t.replace("embedsignature = true", "embedsignature = false")))
            ways.append(self._append(f'define = {{ SEED = "{self.seed}" }}\n'))  # of the last table, hybrid._fast
        if self.file == "rust/Cargo.toml":
            package = self.random.choice(["hybrid-stats", "hybrid-core", "hybrid-py"])
            ways.append(self._append(f"\n[profile.release.package.{package}]\nopt-level = {self.random.choice([1, 3])}\n"))
        return [way for way in ways if way]


# --- what a clean build did -------------------------------------------------------------------------------------------


class Clean:
    """A watched clean build: what each step was started with, what it opened if that was watched, and digests of that."""

    def __init__(self, steps: Dict[str, Dict[str, Any]], files: Dict[str, str]):
        self.steps = steps  # label -> {"command": digest, "reads": [path]}
        self.files = files  # path -> digest

    @classmethod
    def of(cls, project: Project, watch: story.Watch, also: Iterable[str] = ()) -> "Clean":
        """`also`: more files whose digests are wanted."""
        commands: Dict[str, Any] = {}
        for process in watch.processes():
            # The first process of a step is the step itself.
            if process.label and process.label not in commands:
                environment = sorted((n, v) for n, v in process.environment.items() if n not in NOT_INPUT)
                commands[process.label] = hashlib.sha256(repr((process.argv, environment)).encode()).hexdigest()
        reads = watch.reads()
        roots = (str(project.folder) + "/", str(project.cache) + "/")
        steps, files = {}, {}
        crates = workspace_crates(project)
        for label, command in commands.items():
            own = f"/{label}/"
            paths = {path for path in reads.get(label, set()) if path.startswith(roots) and own not in path}
            for name, folder in crates.items():
                if story.kind_of(label) == "rust" and re.match(rf"(?:{name})(?:-build-run|-build-script)?-[0-9a-f]{{8}}$", label):
                    paths |= {str(path) for path in folder.rglob("*") if path.is_file() and path.suffix != ".rs"}
                    if "-build-run-" in label:
                        paths |= declared_by(folder / "build.rs")
            paths = {path for path in paths if Path(path).is_file()}
            steps[label] = {"command": command, "reads": sorted(paths)}
            for path in paths:
                if path not in files:
                    files[path] = story.digest(Path(path))
        for path in also:
            files[path] = story.digest(Path(path)) if Path(path).is_file() else "absent"
        return cls(steps, files)

    def to_json(self) -> Dict[str, Any]:
        return {"steps": self.steps, "files": self.files}


def declared_by(script: Path) -> Set[str]:
    """The files that a script's directives name: the ones it prints as they stand in its text."""
    named = re.findall(r'rerun-if-changed=([^"{}]+)"', script.read_text()) if script.is_file() else []
    return {str(path) for name in named for path in [script.parent / name, *(script.parent / name).rglob("*")] if path.is_file()}


def workspace_crates(project: Project) -> Dict[str, Path]:
    """Names of the steps of each crate of the workspace, as a pattern -> its folder."""
    crates = {}
    for manifest in project.folder.glob("rust/*/Cargo.toml"):
        text = manifest.read_text()
        names = [re.search(r'^name = "(.*)"', text, re.M).group(1)]  # type: ignore[union-attr]
        library = re.search(r'^\[lib\]\n(?:.*\n)*?name = "(.*)"', text, re.M)
        if library:
            names.append(library.group(1))
        crates["|".join(re.escape(name) for name in names)] = manifest.parent
    return crates


def differing(before: Clean, after: Clean) -> Dict[str, str]:
    """Steps of the later build whose inputs are not those of the earlier one: label -> why."""
    answer = {}
    for label, step in after.steps.items():
        old = before.steps.get(label)
        if old is None:
            answer[label] = "a new step"
        elif old["command"] != step["command"]:
            answer[label] = "its command"
        else:
            for path in old["reads"]:
                if before.files[path] != after.files[path]:
                    answer[label] = path
                    break
    return answer


# --- one seed ---------------------------------------------------------------------------------------------------------


def results_folder() -> Path:
    return ROOT / "build" / "edits" / story.program_digest()


def clean_build(edit: Optional[Edit], empty: bool, before: Optional[Clean]) -> "Tuple[Project, Clean]":
    """A watched build without any step of the workspace in its cache; "reference" is held."""
    immutable = seeds.immutable_cache(EXAMPLE)
    project = seeds.reference_project(EXAMPLE)
    if not empty:
        copy_cache(immutable, project.cache)
    if edit is not None:
        edit.apply(project)
    build = project.build("--no-workers", watch="files" if before is None else True)
    assert build.watch is not None
    forbidden = [process for process in build.processes() if process.forbidden]
    assert not forbidden, f"started: {forbidden}"
    return project, Clean.of(project, build.watch, before.files if before else ())


def pristine() -> Clean:
    path = results_folder() / "pristine.json"
    if not path.exists():
        _, clean = clean_build(None, False, None)
        save(path, clean.to_json())
    kept = json.loads(path.read_text())
    return Clean(kept["steps"], kept["files"])


def save(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(value, indent=1))
    temporary.replace(path)


def reference(seed: int) -> Dict[str, Any]:
    """The edited project built without the past: both modes are compared with it. Kept by seed."""
    path = results_folder() / f"reference-{seed:04}.json"
    wheel = results_folder() / f"reference-{seed:04}.whl"
    if path.exists() and wheel.exists():
        return json.loads(path.read_text())  # type: ignore[no-any-return]
    seeds.immutable_cache(EXAMPLE)  # made at the same place: first
    with seeds.held("reference"):
        edit = Edit(seed)
        begin = time.monotonic()
        before = pristine()
        project, after = clean_build(edit, seed % EVERY_EMPTY == 0, before)
        expected = differing(before, after)
        wheel.parent.mkdir(parents=True, exist_ok=True)
        wheel.write_bytes(project.wheel_bytes().data)
        if seed % EVERY_EMPTY == 0:  # steps of immutable packages are not those of the workspace
            local = set(before.steps) | {label for label in after.steps if is_local(label, project)}
            expected = {label: why for label, why in expected.items() if label in local}
        save(path, {"file": edit.file, "what": edit.what, "name": project.wheel.name, "expected": expected,
                    "seconds": round(time.monotonic() - begin, 1)})
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def is_local(label: str, project: Project) -> bool:
    if story.kind_of(label) != "rust":
        return story.kind_of(label) != "probe"
    patterns = list(workspace_crates(project)) + ["core", "core-root", "merged.*"]
    return any(re.match(rf"(?:{p})(?:-build-run|-build-script)?-[0-9a-f]{{8}}$", label) for p in patterns)


def run_seed(seed: int, mode: str, again: bool = False) -> Dict[str, Any]:
    """The answer has "problems": empty when all is well."""
    path = results_folder() / f"{mode}-{seed:04}.json"
    if path.exists() and not again:
        kept: Dict[str, Any] = json.loads(path.read_text())
        if not kept["problems"]:
            return kept
    if again:
        (results_folder() / f"reference-{seed:04}.json").unlink(missing_ok=True)
    wanted = reference(seed)
    with seeds.held(f"{EXAMPLE}-{mode}"):
        answer = compare(seed, mode, wanted)
    save(path, answer)
    return answer


def compare(seed: int, mode: str, wanted: Dict[str, Any]) -> Dict[str, Any]:
    """The edited project built with the cache of its first build, against the reference."""
    project = seeds.built_example(EXAMPLE, mode)
    edit = Edit(seed)
    edit.apply(project)
    build = project.build(check=False)
    problems = []
    started = {label for label in build.labels() if story.kind_of(label) != "probe"}
    if build.code != 0:
        problems.append(f"exit code {build.code}: {shortened(build.text)}")
    else:
        right = Contents(results_folder() / f"reference-{seed:04}.whl")
        if project.wheel.name != wanted["name"]:
            problems.append(f"the wheel is called {project.wheel.name}, not {wanted['name']}")
        elif project.wheel_bytes() != right:
            problems.append(f"the wheel is wrong: {difference(project.wheel_bytes(), right)}")
        expected = {label for label in wanted["expected"] if story.kind_of(label) != "probe"}
        for label in sorted(started - expected):
            problems.append(f"{label} ran, and none of its inputs differs: {build.step(label).why}")
        for label in sorted(expected - started):
            problems.append(f"{label} did not run, and its input differs: {wanted['expected'][label]}")
    return {"seed": seed, "mode": mode, "file": wanted["file"], "what": wanted["what"], "problems": problems,
            "started": sorted(started), "seconds": round(build.seconds, 2)}


def shortened(text: str) -> str:
    """A build's words with long lines cut: commands fill pages, and the error stands before them."""
    return "\n".join(line if len(line) <= 400 else line[:400] + " …" for line in text.splitlines())[-6000:]


def describe(answer: Dict[str, Any]) -> str:
    text = f"seed {answer['seed']} {answer['mode']}: {answer['file']}, {answer['what']}: "
    if answer["problems"]:
        return text + "".join(f"\n    {problem}" for problem in answer["problems"])
    return text + f"{len(answer['started'])} steps, {answer['seconds']} s"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", default="1-300", help="7, 1-300 or 1-10,20")
    parser.add_argument("--mode", choices=story.MODES, action="append")
    parser.add_argument("--again", action="store_true", help="do not believe kept results")
    parser.add_argument("--show", action="store_true", help="print the edits, build nothing")
    options = parser.parse_args()
    numbers: List[int] = []
    for part in options.seeds.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    if options.show:
        for number in numbers:
            edit = Edit(number)
            project = Project.from_example(EXAMPLE, WORK / "show" / "project", "plain", WORK / "show" / "cache")
            edit.apply(project)
            print(f"seed {number}: {edit.file}: {edit.what}")
        return 0
    good = bad = 0
    for mode in options.mode or story.MODES:
        for number in numbers:
            answer = run_seed(number, mode, options.again)
            print(describe(answer), flush=True)
            good, bad = good + (not answer["problems"]), bad + bool(answer["problems"])
    print(f"{good} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
