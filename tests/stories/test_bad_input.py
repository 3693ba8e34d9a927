"""Bad input and odd places: the error texts are golden, and what should work does.

SPDX-License-Identifier: MIT
golden/NAME.txt is the exit code and the error's text, without the progress lines before it. CERMET_ACCEPT=1 writes
them anew.
"""
from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict

import pytest

import small
import story
from story import Project, make_venv, remove

GOLDEN = Path(__file__).resolve().parent / "golden"


def neutral(text: str, project: Project) -> str:
    """Names of places and versions of tools out of the text. Nothing else may differ between machines."""
    rustc = subprocess.run(["rustc", "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout.split()
    names = {
        str(project.folder): "<project>",
        os.fsencode(project.folder).decode(errors="replace"): "<project>",
        str(project.cache): "<cache>",
        str(project.python): "<python>",
        os.path.realpath(project.python): "<python>",
        str(project.python.parent.parent): "<environment>",
        str(project.folder.parent): "<folder>",
    }
    for path, name in sorted(names.items(), key=lambda item: -len(item[0])):
        text = text.replace(path, name)
    if len(rustc) > 1:
        text = re.sub(rf"\b{re.escape(rustc[1])}\b", "<version of rustc>", text)
    version = platform.python_version()  # that of the environment, which the tests' own Python made
    text = re.sub(rf"\b{re.escape(version)}\b", "<version of Python>", text)
    text = re.sub(r"\bcpython-\d+-[\w-]+\.so\b", "<suffix>.so", text)
    # What ran beside it, and how long, differs from run to run; so does the command to run a step by hand.
    begin = re.search(r"^error: ", text, re.M)
    text = text[begin.start():] if begin else text
    text = re.sub(r"run it by hand: .*", "run it by hand: <command>", text)
    return re.sub(r"\b\d+(\.\d+)? ?m?s\b", "<time>", text)


def check(name: str, project: Project, *arguments: str, code: int = 2, command: str = "build", **environment: str) -> str:
    done = project.build(*arguments, command=command, check=False, **environment)
    text = f"exit code {done.code}\n{neutral(done.err, project)}"
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("CERMET_ACCEPT") == "1":
        path.write_text(text)
    assert done.code == code, f"exit code {done.code}, not {code}\n{done.text}"
    assert path.exists(), f"{path.name} is missing; CERMET_ACCEPT=1 writes it:\n{text}"
    assert text == path.read_text()
    assert not list(project.folder.glob("dist/*.whl"))
    return text


def with_pyproject(files: Dict[str, str], more: str = "", old: str = "", new: str = "") -> Dict[str, str]:
    text = files["pyproject.toml"]
    assert not old or old in text
    files["pyproject.toml"] = text.replace(old, new) + more if old else text + more
    return files


# --- what the configuration says --------------------------------------------------------------------------------------


def test_unknown_key(make):
    check("unknown-key", make(with_pyproject(small.c_only(), 'sorces = ["x.c"]\n')))


def test_unknown_table(make):
    check("unknown-table", make(with_pyproject(small.pure(), '\n[[tool.cermet.cyton]]\nmodules = ["a.pyx"]\n')))


def test_wrong_type(make):
    check("wrong-type", make(with_pyproject(small.c_only(), old='sources = ["small/_c.c", "small/part.c"]', new="sources = 7")))


def test_broken_toml(make):
    check("broken-toml", make(with_pyproject(small.pure(), "\n[tool.cermet\n")))


def test_wrong_metadata(make):
    check("wrong-metadata", make(with_pyproject(small.pure(), old='version = "1.0"', new='version = "one"')))


def test_wrong_config_setting(make):
    check("wrong-config-setting", make(small.c_only()), "-C", "c-modul.0.sources=x.c")


def test_two_packages(make):
    files = with_pyproject(small.pure(), old='packages = ["small"]\n', new="")
    del files["small/__init__.py"]
    files["one/__init__.py"] = files["two/__init__.py"] = ""
    check("two-packages", make(files))


def test_no_package(make):
    files = with_pyproject(small.pure(), old='packages = ["small"]\n', new="")
    del files["small/__init__.py"]
    check("no-package", make(files))


def test_module_without_source(make):
    files = small.c_and_cython()
    del files["small/cy.pyx"]
    check("module-without-source", make(files))


def test_c_module_without_source(make):
    files = small.c_only()
    del files["small/part.c"]
    check("c-module-without-source", make(files))


def test_module_listed_twice_differently(make):
    more = '\n[[tool.cermet.cython]]\nmodules = ["small/cy.pyx"]\ndirectives = { language_level = "2" }\n'
    check("module-listed-twice", make(with_pyproject(small.c_and_cython(), more)))


def test_missing_cimport(make):
    project = make(small.c_and_cython())
    project.write("small/cy.pyx", "from small.nowhere cimport thing\n\n\ndef value():\n    return thing()\n")
    check("missing-cimport", project, code=1)


def test_missing_header(make):
    project = make(small.c_only())
    project.edit("small/part.h", "#define", '#include "nowhere.h"\n#define')
    text = project.build(check=False)
    assert text.code == 1 and "nowhere.h" in text.err and "small/part.h" in text.err


def test_unknown_use(make):
    check("unknown-use", make(with_pyproject(small.c_only(), 'uses = ["rust:cor"]\n')))


def test_undefined_symbol(make):
    project = make(small.c_only())
    project.edit("small/part.c", "long part(void) { return PART; }", "long other(void) { return PART; }")
    check("undefined-symbol", project)


def test_no_init_function(make):
    project = make(small.c_only())
    project.edit("small/_c.c", "PyInit__c", "PyInit_c")
    check("no-init-function", project)


# --- Rust -------------------------------------------------------------------------------------------------------------


def test_missing_rust_feature(make):
    project = make(small.everything())
    project.edit("pyproject.toml", 'crates = ["core-part"]', 'crates = ["core-part"]\nfeatures = ["fast"]')
    check("missing-rust-feature", project)


def test_missing_crate(make):
    project = make(small.everything())
    project.edit("pyproject.toml", 'crates = ["core-part"]', 'crates = ["core-prt"]')
    check("missing-crate", project)


def test_stale_lock(make):
    project = make(small.everything())
    project.append("rust/core-part/Cargo.toml", '\n[dependencies]\nitoa = "1"\n')
    check("stale-lock", project, "--locked")


def test_two_versions_of_a_declared_output(make):
    """Two targets whose features differ run one build script twice; both runs write the same file of the tree."""
    project = make(small.everything())
    project.append("pyproject.toml", (
        '\n[tool.cermet.crates.core-part]\noutputs = ["small/made.h"]\n'
        '\n[[tool.cermet.rust-library]]\nname = "wide"\ncrates = ["core-part"]\nfeatures = ["wide"]\n'
        '\n[[tool.cermet.c-module]]\nname = "small._w"\nsources = ["small/_w.c"]\nuses = ["rust:wide"]\n'))
    project.append("rust/core-part/Cargo.toml", "\n[features]\nwide = []\n")
    project.write("rust/core-part/build.rs", (
        'fn main() {\n    let wide = std::env::var_os("CARGO_FEATURE_WIDE").is_some();\n'
        '    std::fs::write("../../small/made.h", format!("#define WIDE {}\\n", u8::from(wide))).unwrap();\n}\n'))
    project.write("small/_w.c", small.c_module("_w", '#include "made.h"', "WIDE"))
    check("two-versions-of-an-output", project)


def test_missing_lock(make):
    project = make(small.everything())
    project.append("rust/core-part/Cargo.toml", '\n[dependencies]\nitoa = "1"\n')
    project.delete("rust/Cargo.lock")
    check("missing-lock", project, "--locked")


def vendored(make) -> Project:
    """One dependency from a folder of vendored crates, so that no network is needed."""
    project = make(small.everything())
    project.append("rust/core-part/Cargo.toml", '\n[dependencies]\ntiny = "1"\n')
    project.write("rust/.cargo/config.toml",
                  '[source.crates-io]\nreplace-with = "vendored"\n\n[source.vendored]\ndirectory = "vendor"\n')
    project.write("rust/vendor/tiny/Cargo.toml", '[package]\nname = "tiny"\nversion = "1.0.0"\nedition = "2021"\n')
    project.write("rust/vendor/tiny/src/lib.rs", "pub const TINY: i64 = 1;\n")
    package = hashlib.sha256(b"tiny").hexdigest()
    files = {name: story.digest(project.path(f"rust/vendor/tiny/{name}")) for name in ("Cargo.toml", "src/lib.rs")}
    project.write("rust/vendor/tiny/.cargo-checksum.json", json.dumps({"files": files, "package": package}))
    project.write("rust/Cargo.lock", (
        'version = 4\n\n[[package]]\nname = "core-part"\nversion = "0.1.0"\ndependencies = [\n "tiny",\n]\n\n'
        '[[package]]\nname = "tiny"\nversion = "1.0.0"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n'
        f'checksum = "{package}"\n'))
    return project


def test_vendored_crate_works(make):
    project = vendored(make)
    assert "tiny" in project.build().ran
    project.build().assert_no_compiler()


def test_checksum_mismatch_of_a_vendored_file(make):
    project = vendored(make)
    project.append("rust/vendor/tiny/src/lib.rs", "// changed\n")
    check("checksum-mismatch-file", project)


def test_checksum_mismatch_with_the_lock(make):
    project = vendored(make)
    project.edit("rust/Cargo.lock", hashlib.sha256(b"tiny").hexdigest(), hashlib.sha256(b"other").hexdigest())
    check("checksum-mismatch-lock", project)


def test_rustc_older_than_rust_version(make):
    project = make(small.everything())
    project.edit("rust/core-part/Cargo.toml", 'edition = "2021"', 'edition = "2021"\nrust-version = "1.999"')
    check("rustc-too-old", project, code=3)


def test_rust_does_not_compile(make):
    project = make(small.everything())
    project.edit("rust/core-part/src/lib.rs", "    4\n", "    four\n")
    failed = project.build(check=False)
    assert failed.code == 1
    assert "four" in failed.err and "lib.rs:3" in failed.err


# --- the machine ------------------------------------------------------------------------------------------------------


def test_no_compiler(make, folder):
    (folder / "bin").mkdir()
    check("no-compiler", make(small.c_only()), code=3, PATH=str(folder / "bin"))


def test_compiler_that_is_not_there(make):
    check("compiler-not-there", make(small.c_only()), code=3, CC="nocc")


def test_no_rustc(make, folder):
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    for tool in ("gcc", "cc", "g++", "ld", "as", "ar"):
        found = shutil.which(tool)
        if found:
            (bin_folder / tool).symlink_to(found)
    check("no-rustc", make(small.everything()), code=3, PATH=str(bin_folder), RUSTC=None)  # type: ignore[arg-type]


def test_python_too_old(make):
    project = make(small.pure())
    project.edit("pyproject.toml", ">=3.9", ">=3.99")
    check("python-too-old", project, code=3)


def test_python_is_not_there(make, folder):
    project = make(small.pure())
    project.python = folder / "nopython"
    check("python-not-there", project)


def test_missing_build_requirement(make, folder):
    project = make(small.c_and_cython(), python=make_venv(folder / "bare", distributions=()))
    check("missing-build-requirement", project, code=3)


def test_build_requirement_of_another_version(make):
    project = make(small.c_and_cython())
    project.edit("pyproject.toml", "cython>=3", "cython>=99")
    done = project.build(check=False)
    assert done.code == 3
    assert re.search(r"cython>=99", done.err, re.I)


def test_no_such_directory(make):
    check("no-such-directory", make(small.pure()), "--directory", "nowhere")


def test_no_project(make, folder):
    project = make({"readme.txt": "nothing\n"})
    check("no-project", project)


# --- odd files --------------------------------------------------------------------------------------------------------


def test_non_utf8_path(make):
    project = make(small.pure())
    name = os.fsencode(project.folder) + b"/small/data\xff.py"
    try:
        with open(name, "wb") as file:
            file.write(b"value = 1\n")
    except OSError as problem:
        pytest.skip(f"this file system has no such names: {problem}")
    check("non-utf8-path", project)
    os.unlink(name)


def test_symlink_loop(make):
    project = make(small.pure())
    project.path("small/loop.py").symlink_to("loop.py")
    check("symlink-loop", project)


def test_folder_that_links_to_its_parent(make):
    project = make(small.c_only())
    project.path("small/self").symlink_to(".")
    done = project.build(check=False)
    assert done.code in (0, 2), done.text
    if done.code == 0:
        assert not any(name.startswith("small/self/") for name in project.wheel_names())


def test_unreadable_file(make):
    project = make(small.pure())
    project.write("small/secret.py", "value = 1\n")
    project.path("small/secret.py").chmod(0)
    if os.geteuid() == 0:
        # Root may read everything, unless it gives that up.
        command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", story.program(), "build", *project.arguments()]
        done = subprocess.run(command, cwd=project.folder, env=project.command_environment(), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        text = f"exit code {done.returncode}\n{neutral(done.stderr, project)}"
        path = GOLDEN / "unreadable-file.txt"
        if os.environ.get("CERMET_ACCEPT") == "1":
            path.write_text(text)
        assert done.returncode in (2, 3)
        assert text == path.read_text()
    else:
        check("unreadable-file", project)


def test_empty_pyproject(make):
    check("empty-pyproject", make({"pyproject.toml": "", "small/__init__.py": ""}))


# --- what works -------------------------------------------------------------------------------------------------------


def test_path_with_spaces_and_unicode(make, folder, mode, python):
    plain = make(small.everything())
    plain.build()
    odd = Project.from_files(small.everything(), folder / "ein Ordner, größer: 'x' \"y\" $HOME 数" / "a b", mode,
                             folder / "cache of ß", python=python)
    assert odd.build().compilers
    assert odd.wheel_bytes() == plain.wheel_bytes()
    odd.build().assert_no_compiler()


def test_sources_with_spaces_and_unicode(make):
    files = small.c_only()
    files["small/ä part 数.c"] = files.pop("small/part.c")
    files["pyproject.toml"] = files["pyproject.toml"].replace("small/part.c", "small/ä part 数.c")
    project = make(files)
    project.build()
    project.edit("small/part.h", "PART 2", "PART 3")
    assert len([name for name in project.build().ran if name.startswith("cc-")]) == 2


def test_without_home(make):
    project = make(small.everything())
    rustup = {"RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup")),
              "CARGO_HOME": os.environ.get("CARGO_HOME", str(Path.home() / ".cargo"))}
    project.build(HOME=None, **rustup)  # type: ignore[arg-type]
    wheel = project.wheel_bytes()
    project.drop_dist()
    project.build().assert_no_compiler()
    assert project.wheel_bytes() == wheel


def test_without_home_and_cache(make):
    """No HOME, no CERMET_CACHE: a folder for temporary files is used."""
    project = make(small.pure())
    project.build(HOME=None, CERMET_CACHE=None, XDG_CACHE_HOME=None)  # type: ignore[arg-type]
    assert project.wheel_names()


@pytest.mark.parametrize("words,code", [
    (["buld"], 2), (["build", "--jbs", "2"], 2), (["build", "-j", "0"], 2), (["build", "nosuch.module"], 2), ([], 0), (["--help"], 0),
    (["build", "--help"], 0), (["--version"], 0), (["cache", "stat"], 0), (["cache", "sta"], 2)])
def test_command_line(make, words, code):
    project = make(small.pure())
    done = project.cermet(*words, check=False)
    assert done.code == code, done.text
    assert done.text.strip()
