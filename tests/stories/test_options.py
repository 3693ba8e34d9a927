"""What can be set from outside: every knob is listed, set in three ways, recorded in the wheel, and said again from there.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any, Dict, List

import pytest

import small
from story import program

OPTIONS = """
[tool.cermet.options.fast]
default = true
doc = "Trade size for speed."
[tool.cermet.options.limit]
type = "number"
default = 5
[tool.cermet.options.flavour]
type = "choice"
choices = ["plain", "spicy"]
[tool.cermet.options.greeting]
type = "text"
default = "hello"

[[tool.cermet.c-module]]
name = "small._hot"
sources = ["small/_hot.c"]
when = 'cfg(all(unix, option = "flavour=spicy"))'

[tool.cermet.crates.core-part]
env = { GREETING = "option:greeting" }
"""

LIBRARY = """\
#[no_mangle]
pub extern "C" fn core_value() -> i64 {
    let fast = if cfg!(feature = "fast") { 1000 } else { 0 };
    let spicy = if cfg!(feature = "spicy") { 2000 } else { 0 };
    fast + spicy + env!("GREETING").len() as i64
}
"""

SCRIPT = """\
fn main() {
    println!("cargo::rerun-if-env-changed=STORY_VALUE");
    let value = std::env::var("STORY_VALUE").unwrap_or_default();
    println!("cargo::rustc-env=STORY={value}");
}
"""


def files() -> Dict[str, str]:
    made = small.everything()
    made["pyproject.toml"] = made["pyproject.toml"].replace(
        'sources = ["small/_c.c", "small/part.c"]\n',
        'sources = ["small/_c.c", "small/part.c"]\ndefine = { LIMIT = "option:limit", FAST = "option:fast" }\n').replace(
        'crates = ["core-part"]\n', 'crates = ["core-part"]\nfeatures = ["option:fast", "option:flavour"]\n') + OPTIONS
    made["small/_c.c"] = small.c_module("_c", "#ifndef FAST\n#define FAST 0\n#endif", "LIMIT * 10 + FAST")
    made["small/_hot.c"] = small.c_module("_hot", "", "1")
    made["rust/core-part/Cargo.toml"] += '\n[features]\ndefault = ["std"]\nstd = []\nfast = []\nplain = []\nspicy = ["std"]\n'
    made["rust/Cargo.toml"] += '[profile.release]\nopt-level = 1\n'
    made["rust/core-part/src/lib.rs"] = LIBRARY
    made["rust/core-part/build.rs"] = SCRIPT
    return made


def values(project) -> List[Any]:
    """What the modules of the wheel say: of C, of Rust, and whether the hot one is there."""
    place = project.folder.parent / "installed"
    subprocess.run(["rm", "-rf", str(place)], check=True)
    with zipfile.ZipFile(project.wheel) as wheel:
        wheel.extractall(place)
    code = ("import importlib.util, small._c, small._r\n"
            "print(small._c.value(), small._r.value(), importlib.util.find_spec('small._hot') is not None)")
    done = subprocess.run([str(project.python), "-c", code], cwd=place, stdout=subprocess.PIPE, text=True, check=True)
    limit, rust, hot = done.stdout.split()
    return [int(limit), int(rust), hot == "True"]


def built(project, *more: str, **environment: str):
    project.drop_dist()
    project.build(*more, **environment)
    return values(project)


def record(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as opened:
        names = [name for name in opened.namelist() if name.endswith("/cermet-overrides.toml")]
        return opened.read(names[0]).decode() if names else ""


def listed(project, *words: str, **environment: str) -> Dict[str, Dict[str, Any]]:
    done = project.cermet("options", "--json", *project.arguments(*words), **environment)
    answer = json.loads(done.out)
    assert answer["version"] == 1
    return {knob["name"]: knob for knob in answer["options"]}


def test_a_typed_option_reaches_features_macros_variables_and_conditions(make):
    project = make(files())
    assert built(project) == [51, 1005, False]
    assert built(project, "-C", "options.fast=off", "-C", "options.flavour=spicy", "-C", "options.greeting=hi",
                 "-C", "options.limit=7") == [70, 2002, True]


def test_three_ways_in_rising_precedence(make):
    project = make(files())
    project.write("distro.toml", "[options]\nlimit = 1\ngreeting = 'a'\nfast = false\n")
    assert built(project, "--overrides", "distro.toml") == [10, 1, False]
    variables = {"CERMET_OPTIONS__LIMIT": "2", "CERMET_OPTIONS__GREETING": "bb"}
    assert built(project, "--overrides", "distro.toml", **variables) == [20, 2, False]
    assert built(project, "--overrides", "distro.toml", "-C", "options.limit=3", **variables) == [30, 2, False]
    knobs = listed(project, "--overrides", "distro.toml", "-C", "options.limit=3", **variables)
    assert [knobs[f"options.{name}"]["origin"] for name in ("fast", "limit", "greeting", "flavour")] == [
        "distro.toml:4", "-C options.limit=3", "CERMET_OPTIONS__GREETING", "default"]


# What is said wrongly, what the message must say, and the nearest right one.
WRONG = [
    ("options.fsat", "true", "no option called 'fsat'", "did you mean 'fast'?"),
    ("options.fast", "perhaps", "'fast' takes true or false, not 'perhaps'", ""),
    ("options.flavour", "spicey", "'flavour' takes one of plain, spicy, not 'spicey'", "did you mean 'spicy'?"),
    ("options.limit", "many", "'limit' takes a number, not 'many'", ""),
    ("profile.release.c-flag", "-O1", "unknown key 'c-flag'", "did you mean 'c-flags'?"),
    ("default-profil", "dev", "", "default-profile"),
    ("default-profile", "relase", "there is no profile 'relase'", "did you mean 'release'?"),
    ("rust-library.cor.link", "static", "called 'cor'", "did you mean 'core'?"),
    ("rust-library.core.link", "statick", "takes one of static, shared, not 'statick'", "did you mean 'static'?"),
    ("rust-library.core.features", "fats", "has the feature `fats`", "did you mean `fast`?"),
    ("crates.core-prat.deny-run", "true", "there is no crate called 'core-prat'", "did you mean 'core-part'?"),
    ("cargo.config", "profile.release.opt-level=9", "opt-level", ""),
]


def said_in(way: str, project, key: str, value: str) -> "tuple[List[str], Dict[str, str]]":
    if way == "option":
        return ["-C", f"{key}={value}"], {}
    if way == "variable":
        name = key.upper().replace("-", "_").replace(".", "__")
        return [], {f"CERMET_{name}": value}
    plain = value in ("true", "false")
    lists = key.endswith(("features", "c-flag", "cargo.config"))
    text = value if plain else f"['{value}']" if lists else f"'{value}'"
    project.write("distro.toml", f"{key} = {text}\n")
    return ["--overrides", "distro.toml"], {}


@pytest.mark.parametrize("way", ["option", "variable", "file"])
def test_wrong_names_and_values(make, way):
    project = make(files())
    for key, value, message, hint in WRONG:
        words, variables = said_in(way, project, key, value)
        done = project.cermet("options", *project.arguments(*words), check=False, **variables)
        assert done.code == 2, f"{way} {key}={value}: {done.text}"
        assert message in done.err and hint in done.err.lower().replace("_", "-"), f"{way} {key}={value}: {done.err}"
        assert {"option": "-C ", "variable": "CERMET_", "file": "distro.toml"}[way] in done.err or "feature" in message, done.err


def test_the_wheel_records_what_was_said_from_outside(make, folder, mode):
    project = make(files())
    project.build()
    assert record(project.wheel) == ""
    default = project.wheel_bytes()
    project.drop_dist()
    words = ["-C", "options.limit=7", "-C", "profile.dev.c-flags=-O0 -g", "--profile", "dev", "-C", "cargo.locked=true"]
    project.build(*words, CFLAGS="-DSTORY", STORY_VALUE="seven")
    said = record(project.wheel)
    assert [line for line in said.splitlines() if not line.startswith("#")] == [
        "record = 1", 'default-profile = "dev"', "options.limit = 7", 'profile.dev.c-flags = ["-O0", "-g"]',
        'env.set.CFLAGS = "-DSTORY"', 'env.set.STORY_VALUE = "seven"']
    wheel, bytes_ = project.wheel, project.wheel_bytes()
    # The same said in other ways, in another checkout: the same wheel.
    other = project.moved(folder / "other")
    other.write("distro.toml", "default-profile = 'dev'\n[options]\nlimit = 7\n[env]\nset = { CFLAGS = '-DSTORY' }\n")
    other.build("--overrides", "distro.toml", CERMET_PROFILE__DEV__C_FLAGS='["-O0", "-g"]', STORY_VALUE="seven")
    assert other.wheel_bytes() == bytes_
    # From the record, and from a copy of it: the same wheel.
    for source in (str(wheel), "record.toml"):
        other.write("record.toml", said)
        other.drop_dist()
        other.build("--overrides", source)
        assert other.wheel_bytes() == bytes_, source
    project.drop_dist()
    project.build()
    assert project.wheel_bytes() == default
    # A wheel without a record: nothing was said, and nothing is.
    other.drop_dist()
    other.build("--overrides", str(project.wheel))
    assert other.wheel_bytes() == default


def test_a_record_holds_no_places_of_a_machine_and_no_secrets(make, folder):
    project = make(files())
    project.edit("pyproject.toml", 'env = { GREETING', 'pass-env = ["STORY_TOKEN"]\nenv = { GREETING')
    environment = {"CFLAGS": f"-I{folder}", "STORY_TOKEN": "hush", "STORY_VALUE": "/usr/share"}
    project.build(**environment)
    text = record(project.wheel)
    assert 'unrecorded = ["env.set.CFLAGS","env.set.STORY_TOKEN"]' in text
    assert str(folder) not in text and "hush" not in text and 'env.set.STORY_VALUE = "/usr/share"' in text
    wheel = project.wheel.rename(folder / project.wheel.name)
    done = project.build("--overrides", str(wheel), check=False)
    assert done.code == 2 and "lacks the value of the variable CFLAGS" in done.err, done.err
    project.build("--overrides", str(wheel), CFLAGS=environment["CFLAGS"], STORY_TOKEN="hush")
    assert project.wheel.read_bytes() == wheel.read_bytes()


def test_a_front_end_says_the_same(make, folder):
    project = make(files())
    project.build("-C", "options.limit=7")
    out = folder / "out"
    out.mkdir()
    request = {"directory": str(out), "python": str(project.python), "path": [], "config_settings": {"options.limit": "7"}}
    done = subprocess.run([program(), "pep517", "build_wheel", "--mode", project.mode], cwd=project.folder,
                          input=json.dumps(request), env=project.command_environment(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    assert json.loads(done.stdout)["ok"], done.stdout + done.stderr
    assert (out / project.wheel.name).read_bytes() == project.wheel.read_bytes()


def test_every_knob_is_listed(make):
    project = make(files())
    before = project.cermet("options", "--json", *project.arguments())
    assert json.loads(before.out)["known-after-a-build"] == ["core-part v0.1.0"]
    project.build(STORY_VALUE="seven")
    knobs = listed(project, CFLAGS="-DSTORY", STORY_VALUE="eight")
    assert all(set(knob) >= {"group", "name", "type", "default", "value", "origin", "consumers"} for knob in knobs.values())

    option = knobs["options.flavour"]
    assert (option["type"], option["default"], option["value"]) == ("one of plain, spicy", '"plain"', '"plain"')
    assert option["consumers"] == ["c-module.small._hot.when", "rust-library.core.features"]
    assert knobs["options.fast"]["about"] == "Trade size for speed."

    features = knobs["rust-library.core.features"]
    assert features["value"] == '["fast", "plain"]' and features["consumers"] == ["rust:core"]
    line = project.read("pyproject.toml").splitlines().index('features = ["option:fast", "option:flavour"]') + 1
    assert features["origin"] == f"pyproject.toml:{line}"
    assert knobs["packages"]["consumers"] == ["the wheel"]

    fast, spicy, std = (knobs[f"core-part@0.1.0/{name}"] for name in ("fast", "spicy", "std"))
    assert (fast["value"], fast["default"], fast["by"]) == ("true", "false", ["rust:core"])
    assert (spicy["value"], spicy["origin"]) == ("false", "default")
    assert (std["value"], std["default"], std["by"]) == ("true", "true", ["its feature default"])

    assert knobs["cargo.profile.release.opt-level"]["value"] == '"1"'
    assert knobs["cargo.profile.release.opt-level"]["origin"] == "rust/Cargo.toml:5"
    assert knobs["cargo.profile.release.lto"]["origin"] == "default"

    assert knobs["CFLAGS"]["value"] == '"-DSTORY"' and knobs["CFLAGS"]["origin"] == "environment"
    assert "every build script" in knobs["CFLAGS"]["consumers"] and "every C target" in knobs["CFLAGS"]["consumers"]
    assert knobs["CC"]["value"] and knobs["--python"]["value"] == json.dumps(str(project.python))
    assert knobs["STORY_VALUE"]["value"] == '"eight"'
    assert knobs["STORY_VALUE"]["consumers"] == ["build script of core-part v0.1.0"]

    text = project.cermet("options", *project.arguments()).out
    for words in ("options.fast = true", "core-part@0.1.0: default fast plain std  [off: spicy]", "STORY_VALUE",
                  "more have their defaults"):
        assert words in text, text
    one = project.cermet("options", *project.arguments("flavour")).out
    assert one.startswith("options.flavour = \"plain\"\n") and "used by   c-module.small._hot.when, rust-library.core.features" in one, one


def test_switches_of_crates_with_scripts(make):
    project = make(files())
    assert knobs_of_crate(listed(project)) == {"crates.core-part.env": 'pyproject.toml', "crates.core-part.deny-run": "default"}
    project.edit("pyproject.toml", '[tool.cermet.crates.core-part]\nenv = { GREETING = "option:greeting" }\n', "")
    switch = listed(project)["crates.core-part.deny-run"]
    assert (switch["group"], switch["type"], switch["default"]) == ("crates", "true or false", "false")


def knobs_of_crate(knobs: Dict[str, Dict[str, Any]]) -> Dict[str, str]:
    return {name: knobs[name]["origin"].partition(":")[0] for name in ("crates.core-part.env", "crates.core-part.deny-run")}


def test_a_plain_rust_workspace(make):
    project = make({
        "Cargo.toml": '[package]\nname = "tool"\nversion = "0.1.0"\nedition = "2021"\n[features]\nextra = []\n[profile.dev]\ndebug = 0\n',
        "Cargo.lock": 'version = 4\n\n[[package]]\nname = "tool"\nversion = "0.1.0"\n',
        "build.rs": SCRIPT,
        "src/main.rs": 'fn main() {\n    println!("{}", env!("STORY"));\n}\n',
    })
    project.cermet("build", "--mode", project.mode, "-F", "extra")
    done = project.cermet("options", "--json", "--mode", project.mode, "-F", "extra")
    knobs = {knob["name"]: knob for knob in json.loads(done.out)["options"]}
    assert knobs["tool@0.1.0/extra"]["value"] == "true" and knobs["tool@0.1.0/extra"]["by"] == [f"workspace {project.folder.name}"]
    assert knobs["cargo.profile.dev.debug"]["origin"] == "Cargo.toml:8"
    assert "build script of tool v0.1.0" in knobs["STORY_VALUE"]["consumers"]
    assert knobs["--profile"]["value"] == '"dev"'
