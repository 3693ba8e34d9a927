"""The corpus judge sees each kind of difference that it is there for, and none where there is none."""
# SPDX-License-Identifier: MIT
import importlib.machinery
import importlib.util
import json
import pathlib
import sys
import types
import zipfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "corpus"))
from judge import again, flags, page, wheels  # noqa: E402
from judge.entry import Entry, JudgeError  # noqa: E402

C_LINE = "gcc -fPIC -O3 -DA=1 -I/usr/include/python3.12 -c build/rank.c -o build/rank.o"
RUST_LINE = ("     Running `CARGO=/x rustc --crate-name ndarray --edition=2021 "
             "/home/u/.cargo/registry/src/index-1/ndarray-0.16.1/src/lib.rs --crate-type lib -C opt-level=3 "
             "--cfg 'feature=\"std\"' -C metadata=12 --out-dir /tmp/t`")
OURS = [C_LINE.replace("build/", "/cermet/out/"),
        RUST_LINE.strip()[len("Running `CARGO=/x "):-1].replace("/home/u/.cargo/registry/src/index-1/", "/cermet/pkg/crate-")]


def differences(ours):
    theirs = flags.commands_in(f"{C_LINE}\n{RUST_LINE}\n")
    mine = flags.commands_in("\n".join(ours))
    return flags.compare_c(theirs, mine, {"pkg.rank"}) + flags.compare_rust(theirs, mine)


def test_equal_commands_are_equal():
    assert differences(OURS) == []


@pytest.mark.parametrize("old, new, said", [
    ("-O3", "-O2", "'-O3'"),
    ("-DA=1 ", "", "-DA=1"),
    ("-fPIC", "-fPIC -ffast-math", "-ffast-math"),
    ("-O3", "-O3 -O0", "-O0"),
    ("rank.c", "other.c", "no C compilation"),
    ("gcc ", "clang ", "compiled with"),
    ("opt-level=3", "opt-level=1", "opt-level"),
    ("--edition=2021", "--edition=2018", "2018"),
    ("feature=\"std\"", "feature=\"rayon\"", "rayon"),
    ("--crate-name ndarray", "--crate-name other", "not compiled here"),
])
def test_a_changed_command_is_seen(old, new, said):
    assert any(old in line for line in OURS)
    found = differences([line.replace(old, new) for line in OURS])
    assert found and any(said in text for text in found), found


ENTRY = types.SimpleNamespace(left_out=["stale-native", "cython-output"], modules={"abi3": ["pkg._rust"]}, given=set,
                              content_differs={"pkg/_version.py": "its own words"}, metadata_differs={})
SOURCES = {"pkg/old.cpython-312-darwin.so": b"mach-o"}
METADATA = b"Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\nRequires-Dist: numpy<2; python_version == '3.12'\n\ntext\n"
FILES = {
    "pkg/__init__.py": b"", "pkg/a.pyx": b"x", "pkg/_version.py": b"__version__ = '1.0'\n",
    "pkg/a.cpython-312-x86_64-linux-gnu.so": b"elf", "pkg/_rust.abi3.so": b"elf",
    "pkg-1.0.dist-info/METADATA": METADATA, "pkg-1.0.dist-info/RECORD": b"",
    "pkg-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp312-cp312-linux_x86_64\n",
    "pkg-1.0.dist-info/entry_points.txt": b"[console_scripts]\nrun = pkg.a:main\n",
}
UPSTREAM = {**FILES, **SOURCES, "pkg/a.c": b"made by cython", "pkg/_version.py": b"version = __version__ = '1.0'\n"}


def wheel(path, files):
    path.mkdir()
    with zipfile.ZipFile(path / "pkg-1.0-cp312-cp312-linux_x86_64.whl", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return wheels.Wheel(path / "pkg-1.0-cp312-cp312-linux_x86_64.whl")


def compared(tmp_path, files):
    upstream, ours = wheel(tmp_path / "upstream", UPSTREAM), wheel(tmp_path / "ours", files)
    found = [wheels.compare_modules(upstream, ours, ENTRY, {"pkg.a", "pkg._rust"}, SOURCES),
             wheels.compare_files(upstream, ours, ENTRY, SOURCES), wheels.compare_metadata(upstream, ours, ENTRY),
             wheels.compare_entry_points(upstream, ours), wheels.compare_tags(upstream, ours, ENTRY)]
    return [text for pair in found for text in pair[0]]


def test_equal_wheels_are_equal(tmp_path):
    assert compared(tmp_path, FILES) == []


@pytest.mark.parametrize("name, data, said", [
    ("pkg/a.cpython-312-x86_64-linux-gnu.so", None, "module: pkg.a is missing"),
    ("pkg/b.abi3.so", b"elf", "pkg.b (pkg/b.abi3.so) is in Cermet's wheel only"),
    ("pkg/old.cpython-312-darwin.so", b"mach-o", "was not built"),
    ("pkg/a.pyx", None, "file: pkg/a.pyx is missing"),
    ("pkg/a.pyx", b"y", "other bytes"),
    ("pkg/more.py", b"", "pkg/more.py is in Cermet's wheel only"),
    ("pkg/_version.py", b"__version__ = '2.0'\n", "says version 2.0"),
    ("pkg-1.0.dist-info/METADATA", METADATA.replace(b"<2", b"<3"), "requires_dist"),
    ("pkg-1.0.dist-info/METADATA", METADATA.replace(b"text", b"other"), "description"),
    ("pkg-1.0.dist-info/entry_points.txt", b"", "run = pkg.a:main is missing"),
    ("pkg-1.0.dist-info/WHEEL", FILES["pkg-1.0.dist-info/WHEEL"].replace(b"cp312-cp312", b"cp312-abi3"), "tag:"),
    ("pkg-1.0.dist-info/WHEEL", FILES["pkg-1.0.dist-info/WHEEL"].replace(b"false", b"true"), "Root-Is-Purelib"),
])
def test_a_changed_wheel_is_seen(tmp_path, name, data, said):
    files = {n: b for n, b in {**FILES, name: data}.items() if b is not None}
    found = compared(tmp_path, files)
    assert found and any(said in text for text in found), found


STABLE = types.SimpleNamespace(left_out=["sbom"], modules={"abi3": ["pkg._rust"]}, given=lambda: {"CC"}, content_differs={},
                               metadata_differs={})
RUST_ONLY = {n: b for n, b in FILES.items() if not n.startswith("pkg/a.")}
RECORD = "pkg-1.0.dist-info/cermet-overrides.toml"
GIVEN = {RECORD: b'record = 1\nenv.set.CC = "clang"\n'}


def in_one_wheel(tmp_path, changed, upstream=RUST_ONLY):
    theirs, ours = wheel(tmp_path / "upstream", upstream), wheel(tmp_path / "ours", {**RUST_ONLY, **GIVEN, **changed})
    found = [wheels.compare_files(theirs, ours, STABLE, {}), wheels.compare_metadata(theirs, ours, STABLE),
             wheels.compare_tags(theirs, ours, STABLE)]
    return [text for pair in found for text in pair[0]]


TAGS = "pkg-1.0.dist-info/WHEEL"


def test_a_wheel_says_what_it_was_given(tmp_path):
    assert in_one_wheel(tmp_path, {}) == []
    for name, text in [("nothing", b""), ("more", GIVEN[RECORD] + b'strict = true\n')]:
        (tmp_path / name).mkdir()
        found = in_one_wheel(tmp_path / name, {RECORD: text})
        assert len(found) == 1 and "the build was given ['CC']" in found[0], found


def test_a_stable_module_may_have_the_wider_tag(tmp_path):
    wider = {TAGS: FILES[TAGS].replace(b"cp312-cp312", b"cp312-abi3")}
    assert in_one_wheel(tmp_path, wider) == []
    (tmp_path / "other").mkdir()
    other = {TAGS: FILES[TAGS].replace(b"cp312-cp312", b"cp311-abi3")}
    assert any("tag:" in text for text in in_one_wheel(tmp_path / "other", other))


def test_names_of_requirements_are_compared_normalised(tmp_path):
    assert in_one_wheel(tmp_path, {"pkg-1.0.dist-info/METADATA": METADATA.replace(b"numpy", b"NumPy")}) == []


def test_a_bill_of_materials_of_upstream_is_left_out(tmp_path):
    bill = {"pkg-1.0.dist-info/sboms/pkg.cyclonedx.json": b"{}"}
    assert in_one_wheel(tmp_path, {}, {**RUST_ONLY, **bill}) == []
    (tmp_path / "turned").mkdir()
    assert in_one_wheel(tmp_path / "turned", bill) != []


def test_wheels_are_alike_but_for_native_code(tmp_path):
    one = wheel(tmp_path / "one", RUST_ONLY).path
    (tmp_path / "two").mkdir()
    for place, changed, alike in (("native", {"pkg/_rust.abi3.so": b"other"}, True), ("module", {"pkg/__init__.py": b"x = 1\n"}, False),
                                  ("more", {"pkg/more.py": b""}, False), ("metadata", {TAGS: FILES[TAGS] + b"X: y\n"}, False)):
        assert again.alike(one, wheel(tmp_path / "two" / place, {**RUST_ONLY, **changed}).path) is alike, place


def test_a_package_needs_no_cython(tmp_path):
    words = 'name = "p"\nversion = "1"\nsha256 = ""\npython = "3.12"\nsmoke = "s"\n[modules]\n'
    (tmp_path / "entry.toml").write_text(words + 'rust = ["p._p"]\n')
    assert Entry(tmp_path).expected_modules(tmp_path) == {"p._p"}
    (tmp_path / "entry.toml").write_text(words)
    with pytest.raises(JudgeError, match="names no module"):
        Entry(tmp_path).expected_modules(tmp_path)


def loaded(name, path):
    """A program without an ending, as a module."""
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


programs = loaded("programs", pathlib.Path(__file__).resolve().parents[1] / "corpus" / "programs" / "run")


def test_uses_of_a_program_are_expanded(tmp_path):
    for name in ("b.rs", "a.rs", "a.toml"):
        (tmp_path / name).write_text("")
    uses = [{"line": "p -V"}, {"line": "p {path}", "each": "*.rs", "beside": {".toml": "--config {beside}"}}]
    assert list(programs.lines_of(uses, tmp_path)) == ["p -V", "p --config a.toml a.rs", "p b.rs"]
    with pytest.raises(JudgeError):
        list(programs.lines_of([{"line": "p {path}", "each": "*.none"}], tmp_path))


@pytest.mark.parametrize("mine, said", [
    ([0, "a\nb\n", ""], ""),
    ([1, "a\nb\n", ""], "status: 1, with cargo's 0"),
    ([0, "a\nc\n", ""], "output: line 2: 'c', with cargo's 'b'"),
    ([0, "a\nb\n", "oh"], "messages: line 1: 'oh', with cargo's 'None'"),
])
def test_a_changed_program_is_seen(mine, said):
    found, _ = programs.compare_uses({"p x": [0, "a\nb\n", ""]}, {"p x": mine})
    assert [text for text in found if said in text] if said else found == []


def test_a_program_that_only_fails_proves_nothing():
    assert programs.compare_uses({"p": [2, "", "no"]}, {"p": [2, "", "no"]})[0] == ["use: no line succeeds"]


WANTED = {"name": "shared", "prints": "9", "native-share": 0.5}
FOUND = {"printed": "9", "native": 40, "build_wall": 1.0, "ran": ["link-a"], "back": {"ran": ["wheel-pkg"], "same": True}}


@pytest.mark.parametrize("changed, said", [
    ({}, ""),
    ({"printed": "16"}, "prints '16'"),
    ({"native": 60}, "0.60 of upstream's native bytes"),
    ({"back": {"ran": ["cython-a"], "same": True}}, "going back ran ['cython-a']"),
    ({"back": {"ran": [], "same": False}}, "another wheel"),
])
def test_a_variant_is_judged(changed, said):
    found, _ = again.judge_variant(WANTED, {**FOUND, **changed}, 100)
    assert [text for text in found if said in text] if said else found == []


@pytest.mark.parametrize("found, compiles, said", [
    ({"same": True, "ran": ["probe-rustc", "wheel-pkg"]}, False, ""),
    ({"same": True, "ran": ["cc-a"]}, True, ""),
    ({"same": True, "ran": ["cc-a"]}, False, "1 steps ran, cc-a first"),
    ({"same": False, "ran": []}, True, "another wheel"),
])
def test_a_build_at_another_place_is_judged(found, compiles, said):
    differences, _ = again.judge_place("other user", {"build_wall": 1.0, **found}, compiles)
    assert [text for text in differences if said in text] if said else differences == []


def test_an_overlay_of_another_entry(tmp_path):
    for name in ("new", "old"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "overlay.toml").write_text('requires = ["cython==3.2"]\n')
    words = 'name = "p"\nversion = "1"\nsha256 = ""\npython = "3.12"\nsmoke = "s"\nmodules = {}\n[overlay]\nof = "new"\n'
    (tmp_path / "old" / "entry.toml").write_text(words + '[overlay.replace]\n"3.2" = "3.1"\n')
    assert Entry(tmp_path / "old").overlay() == 'requires = ["cython==3.1"]\n'
    (tmp_path / "old" / "entry.toml").write_text(words + '[overlay.replace]\n"3.3" = "3.1"\n')
    with pytest.raises(JudgeError, match="3.3"):
        Entry(tmp_path / "old").overlay()


def test_each_runner_writes_its_own_part(tmp_path):
    file = tmp_path / "compatibility.md"
    page.replace_part("graphs", "one", file)
    page.replace_part("packages", "two", file)
    page.replace_part("graphs", "three", file)
    text = file.read_text()
    assert text.startswith("# Compatibility") and "one" not in text
    assert text.index("three") < text.index("<!-- packages: begin -->\ntwo\n<!-- packages: end -->")


def test_what_was_found_becomes_rows(tmp_path):
    kept = {"package": "p 1", "python": "3.12", "notices": ["smoke: 7 lines", "nothing else"], "differences": ["x"]}
    (tmp_path / "result.json").write_text(json.dumps(kept))
    rows = page.packages([tmp_path / "result.json"]).splitlines()[-3:]
    assert rows == ["| p 1 | 3.12 | smoke | 7 lines |", "| p 1 | 3.12 | also | nothing else |", "| p 1 | 3.12 | all | 1 difference |"]


def test_rows_that_another_machine_made_stay(tmp_path):
    file = tmp_path / "compatibility.md"
    row = lambda name, found: f"| {name} | 3.12 | all | {found} |"
    page.replace_part("packages", "\n".join(["## Packages", "", row("a 1", "old"), row("b 1", "old"), row("gone 1", "old")]), file)
    page.replace_part("programs", "\n".join(["## Programs", "", row("c 1", "another table's")]), file)
    kept = {"package": "a 1", "python": "3.12", "notices": [], "differences": []}
    (tmp_path / "result.json").write_text(json.dumps(kept))
    rows = page.packages([tmp_path / "result.json"], ["a 1", "b 1", "c 1"], file).splitlines()[-2:]
    assert rows == [row("a 1", "no difference"), row("b 1", "old")]
