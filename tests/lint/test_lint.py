"""tools/lint finds exactly what each sample says, and every rule has a sample.

SPDX-License-Identifier: MIT
Run by pytest, or plainly: python3 tests/lint/test_lint.py
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))

from lint_rules import headers, rooms, run  # noqa: E402
from lint_rules.source import Source  # noqa: E402


def rules_of(sample: Path):
    """What fires on a sample, and what it says should."""
    text = sample.read_text(encoding="utf-8")
    as_path = re.search(r"^// as: (\S+)$", text, re.M)
    path = as_path.group(1) if as_path else "src/cli/sample.cpp"
    expected = set(re.findall(r"[\w-]+", " ".join(re.findall(r"^// expect: (.+)$", text, re.M))))
    fired = {finding.rule for finding in run.check_source(Source(path, text)) if not finding.soft}
    return fired, expected


def test_good_samples_are_clean():
    for sample in sorted((HERE / "good").glob("*.cpp")):
        fired, _ = rules_of(sample)
        assert not fired, f"{sample.name}: {fired}"


def test_bad_samples_fire_their_rule_and_no_other():
    for sample in sorted((HERE / "bad").glob("*.cpp")):
        fired, expected = rules_of(sample)
        assert expected, f"{sample.name} names no rule"
        assert fired == expected, f"{sample.name}: fired {fired}, expected {expected}"


def test_every_rule_has_a_bad_sample_or_a_test_here():
    sampled = set()
    for sample in (HERE / "bad").glob("*.cpp"):
        sampled |= rules_of(sample)[1]
    assert set(run.RULES) - sampled == {"all-cpp", "header-alone", "third-party"}


def all_cpp(text, files):
    return {f.text for f in rooms.check_all_cpp(Source("src/all.cpp", text), files)}


def test_source_list():
    files = ["src/all.cpp", "src/base/a.cpp", "src/exec/b.cpp", "src/base/a_test.cpp", "src/base/a.h"]
    right = '#include "base/a.cpp"\n#include "exec/b.cpp"\n'
    assert not all_cpp(right, files)
    assert all_cpp(right + '#include "exec/b.cpp"\n', files) == {"exec/b.cpp is listed twice"}
    assert all_cpp('#include "base/a.cpp"\n', files) == {"not listed in src/all.cpp"}
    assert all_cpp(right + '#include "exec/c.cpp"\n', files) == {"exec/c.cpp does not exist"}
    assert all_cpp('#include "exec/b.cpp"\n#include "base/a.cpp"\n', files) == {"base/a.cpp stands after room exec"}


def test_third_party_headers_have_one_door():
    one = Source("src/base/a.cpp", "#include <xxhash.h>\n")
    two = Source("src/store/b.cpp", "#include <xxhash.h>\n")
    assert not list(rooms.check_third_party([one]))
    assert [f.path for f in rooms.check_third_party([one, two])] == ["src/store/b.cpp"]


def test_headers_compile_alone():
    if not shutil.which("g++") and not shutil.which("clang++"):
        raise AssertionError("no C++ compiler found: install g++")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "src" / "base"
        base.mkdir(parents=True)
        (base / "good.h").write_text("#pragma once\n#include <string>\nstd::string f();\n")
        (base / "bad.h").write_text("#pragma once\nstd::string f();\n")
        found = list(headers.check(Path(folder), ["src/base/good.h", "src/base/bad.h"]))
        assert [f.path for f in found] == ["src/base/bad.h"], found


def test_broken_input_does_not_stop_the_lint():
    for text in ["", "{", "}", "(((", "co_await", "co_await f(", "Task<", "[", 'R"(', "/*", "x ? co_await", "'"]:
        run.check_source(Source("src/cli/sample.cpp", text))


def test_command_line():
    lint = [sys.executable, str(ROOT / "tools" / "lint")]
    listed = subprocess.run(lint + ["--list"], capture_output=True, text=True)
    assert listed.returncode == 0 and listed.stdout.split() == list(run.RULES)
    assert subprocess.run(lint + ["--nonsense"], capture_output=True).returncode == 2


if __name__ == "__main__":
    failed = 0
    for name, test in sorted(globals().items()):
        if name.startswith("test_"):
            try:
                test()
            except AssertionError as problem:
                failed += 1
                print(f"{name}: {problem}")
    sys.exit(1 if failed else 0)
