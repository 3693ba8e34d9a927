"""One edit by name, and exactly the steps it must start.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

import small
import story
from story import Project, make_venv

WINDOWS = ["mean", "least", "most", "spread"]


def rust(build) -> "set[str]":
    return {name for name in build.ran if story.kind_of(name + "-00000000") == "rust"}


def cython(build) -> "set[str]":
    return {name[len("cython-"):] for name in build.ran if name.startswith("cython-")}


def linked(build) -> "set[str]":
    return {name for name in build.ran if name.startswith("link-")}


def compiled(build) -> "set[str]":
    return {name[len("cc-"):] for name in build.ran if name.startswith("cc-")}


def value_of(project: Project) -> str:
    """small._c.value() of the wheel, as it is after an installation."""
    site = project.folder.parent / "site"
    story.remove(site)
    with zipfile.ZipFile(project.wheel) as wheel:
        wheel.extractall(site)
    command = [str(project.python), "-c", "import small._c; print(small._c.value())"]
    return subprocess.run(command, cwd=site, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def test_rs_body(hybrid):
    """The body of a function of the PyO3 crate: that crate, nothing else."""
    hybrid.edit("rust/hybrid-py/src/lib.rs", "self.ticks += 1;", "self.ticks += 1 + 0 * self.ticks;")
    build = hybrid.build()
    assert rust(build) == build.ran and len(build.ran) == 1, build.ran


def test_rs_body_of_the_library(hybrid):
    """A body of the library: its crates and the modules that link it; no header changes, so no Cython and no C."""
    hybrid.edit("rust/hybrid-core/src/price.rs", "(value * 10f64.powi(i32::from(precision))).round() as i64",
                "(value * 10f64.powi(i32::from(precision)) + 0.0).round() as i64")
    build = hybrid.build()
    assert not cython(build)
    assert not [name for name in build.ran if name.startswith("cc-")], build.ran
    assert "hybrid-core" in rust(build)
    assert "hybrid-core-build-script" not in build.ran


def test_exported_signature(hybrid):
    """A changed C signature: header and pxd are written anew, and all that reads them is built again."""
    hybrid.edit("rust/hybrid-core/src/ffi.rs", "pub extern \"C\" fn hybrid_core_abi() -> i32 {\n    crate::ABI.parse().unwrap_or(-1)",
                "pub extern \"C\" fn hybrid_core_abi() -> i64 {\n    crate::ABI.parse().unwrap_or(-1)")
    build = hybrid.build()
    assert "hybrid-core-build-run" in build.ran
    assert cython(build) == {"hybrid.prices", "hybrid.orders", "hybrid.windows.mean"}
    assert any("_fast" in name and name.startswith("cc-") for name in build.ran), build.ran
    assert "int64_t hybrid_core_abi(void);" in hybrid.wheel_text("hybrid/includes/core.h")
    assert "int32_t hybrid_core_abi(void);" in hybrid.read("hybrid/includes/core.h"), "the checkout was written"


def test_pxi(hybrid):
    """Exactly the four window modules include it."""
    for name in WINDOWS[1:]:
        text = hybrid.read("hybrid/windows/mean.pyx").split("def mean_price")[0].replace("Mean", name.title())
        hybrid.write(f"hybrid/windows/{name}.pyx", text)
    hybrid.build()
    hybrid.edit("hybrid/windows/_window.pxi", "a window needs room for one value", "a window needs room")
    build = hybrid.build()
    assert cython(build) == {f"hybrid.windows.{name}" for name in WINDOWS}
    assert rust(build) == set()
    assert len(linked(build)) == len(WINDOWS)
    assert len(build.ran) == 3 * len(WINDOWS), build.ran


def test_macro_only_its_group(make):
    files = small.c_and_cython()
    files["pyproject.toml"] += ('\n[[tool.cermet.c-module]]\nname = "small._d"\nsources = ["small/_d.c"]\n'
                                'define = { GROUP = "1" }\n')
    files["small/_d.c"] = small.c_module("_d", "", "GROUP")
    project = make(files)
    project.build()
    project.edit("pyproject.toml", 'GROUP = "1"', 'GROUP = "2"')
    build = project.build()
    assert len(build.ran) == 2 and all("_d" in name for name in build.ran), build.ran
    assert not cython(build)


def test_cython_upgrade(hybrid, folder):
    """Another Cython: every Cython module, no Rust step."""
    hybrid.python = make_venv(folder / "python")
    site = next((folder / "python").glob("lib/python3*/site-packages"))
    info = next(site.glob("[Cc]ython-*.dist-info"))
    old = re.match(r"[Cc]ython-(.*)\.dist-info", info.name).group(1)
    new = old + ".post1"
    metadata = info / "METADATA"
    metadata.write_text(metadata.read_text().replace(f"\nVersion: {old}\n", f"\nVersion: {new}\n", 1))
    # The version is in every C file that Cython writes.
    shadow = site / "Cython" / "Shadow.py"
    shadow.write_text(shadow.read_text().replace(f'__version__ = "{old}"', f'__version__ = "{new}"'))
    rows = (info / "RECORD").read_text().splitlines() if (info / "RECORD").exists() else []
    changed = ("Cython/Shadow.py", f"{info.name}/METADATA")
    (info / "RECORD").write_text("".join(f"{row.split(',')[0]},,\n" if row.startswith(changed) else row + "\n" for row in rows))
    info.rename(site / info.name.replace(old, new))
    build = hybrid.build()
    assert cython(build) == {"hybrid.prices", "hybrid.orders", "hybrid.windows.mean"}
    assert rust(build) == set()


def test_module_added_removed_renamed(make):
    project = make(small.c_and_cython())
    project.build()
    names = project.wheel_names()
    project.write("small/added.pyx", "def value():\n    return 5\n")
    build = project.build()
    assert cython(build) == {"small.added"} and len(build.ran) == 3, build.ran
    assert any(name.startswith("small/added.") for name in project.wheel_names())
    project.rename("small/added.pyx", "small/renamed.pyx")
    build = project.build()
    assert cython(build) == {"small.renamed"} and len(build.ran) == 3, build.ran
    assert not any(name.startswith("small/added.") for name in project.wheel_names())
    project.delete("small/renamed.pyx")
    build = project.build()
    assert not build.ran
    assert project.wheel_names() == names


def test_a_python_module(make):
    project = make(small.c_only())
    project.build()
    project.write("small/added.py", "value = 5\n")
    assert not project.build().ran
    assert "small/added.py" in project.wheel_names()
    project.delete("small/added.py")
    assert not project.build().ran
    assert "small/added.py" not in project.wheel_names()


def environment_project(make) -> Project:
    files = small.everything()
    files["pyproject.toml"] += '\n[tool.cermet.crates.core-part]\npass-env = ["STORY_LISTED"]\n'
    files["rust/core-part/src/lib.rs"] = (
        "#[no_mangle]\npub extern \"C\" fn core_value() -> i64 {\n"
        "    if option_env!(\"STORY_LISTED\").is_some() { 5 } else if option_env!(\"STORY_OTHER\").is_some() { 6 } else { 4 }\n}\n")
    return make(files)


def test_environment_variable_in_the_allow_list(make):
    project = environment_project(make)
    project.build()
    wheel = project.wheel_bytes()
    build = project.build(STORY_LISTED="1")
    assert "core-part" in build.ran
    assert not cython(build)
    assert project.wheel_bytes() != wheel
    project.build().assert_no_compiler()
    assert project.wheel_bytes() == wheel


def test_environment_variable_outside_of_the_allow_list(make):
    project = environment_project(make)
    project.build()
    wheel = project.wheel_bytes()
    project.build(STORY_OTHER="1").assert_no_compiler()
    assert project.wheel_bytes() == wheel
    # Nor does it get in when the step runs for another reason.
    project.append("rust/core-part/src/lib.rs", "pub const OTHER: i32 = 1;\n")
    assert project.build(STORY_OTHER="1").ran
    assert b"STORY_OTHER" not in project.wheel_bytes()


def test_c_flags_from_the_environment(make):
    project = make(small.everything())
    project.build()
    build = project.build(CFLAGS="-DSTORY_FLAG=1")
    assert rust(build) == set() and not cython(build)
    assert [name for name in build.ran if name.startswith("cc-")]


def test_unity(make):
    """`unity = true`: the sources of one language are one step; another language's are another."""
    files = small.c_only()
    files["pyproject.toml"] = files["pyproject.toml"].replace(
        'sources = ["small/_c.c", "small/part.c"]',
        'sources = ["small/_c.c", "small/part.c", "more/more.cpp"]\ninclude-dirs = ["small"]\nunity = true')
    files["more/more.cpp"] = 'extern "C" {\n#include "part.h"\nlong more() { return part() + 1; }\n}\n'
    files["small/_c.c"] = small.c_module("_c", '#include "part.h"\nlong more(void);', "10 * part() + more()")
    project = make(files)
    first = project.build()
    assert compiled(first) == {"small-1", "more"}
    assert value_of(project) == "23"
    project.edit("small/_c.c", "10 *", "20 *")
    assert compiled(project.build()) == {"small-1"}
    assert value_of(project) == "43"
    project.edit("more/more.cpp", "+ 1", "+ 2")
    assert compiled(project.build()) == {"more"}
    assert value_of(project) == "44"
    project.edit("small/part.h", "PART 2", "PART 3")
    assert compiled(project.build()) == {"small-1", "more"}
    assert value_of(project) == "65"


def test_system_header(make, folder):
    """A header outside of the project, by include-dirs: upgrading it rebuilds what read it, and only that."""
    headers = folder / "headers"
    headers.mkdir()
    (headers / "distant.h").write_text("#define DISTANT 1\n")
    files = small.c_only()
    files["pyproject.toml"] += f'\n[[tool.cermet.c-module]]\nname = "small._d"\nsources = ["small/_d.c"]\ninclude-dirs = ["{headers}"]\n'
    files["small/_d.c"] = small.c_module("_d", "#include <distant.h>", "DISTANT")
    project = make(files)
    project.build()
    wheel = project.wheel_bytes()
    project.build().assert_no_compiler()
    (headers / "distant.h").write_text("#define DISTANT 2\n")
    build = project.build()
    assert len(build.ran) == 2 and all("_d" in name for name in build.ran), build.ran
    assert project.wheel_bytes() != wheel
    # A header that appears before the one that was found shadows it.
    (headers / "unrelated.h").write_text("\n")
    project.build().assert_no_compiler()


def test_a_header_that_shadows_another(make):
    files = small.c_only()
    files["first/.keep"] = ""
    files["second/shadow.h"] = "#define SHADOW 1\n"
    files["small/_c.c"] = small.c_module("_c", '#include "part.h"\n#include <shadow.h>', "part() + SHADOW")
    files["pyproject.toml"] = files["pyproject.toml"].replace(
        'sources = ["small/_c.c", "small/part.c"]', 'sources = ["small/_c.c", "small/part.c"]\ninclude-dirs = ["first", "second"]')
    project = make(files)
    project.build()
    wheel = project.wheel_bytes()
    project.write("first/shadow.h", "#define SHADOW 10\n")
    assert project.build().ran
    assert project.wheel_bytes() != wheel
    project.delete("first/shadow.h")
    project.build().assert_no_compiler()
    assert project.wheel_bytes() == wheel


def test_a_pxd_that_appears(make):
    """Cython looked for cy.pxd and did not find it; when it appears, the module is translated again."""
    project = make(small.c_and_cython())
    project.build()
    project.write("small/cy.pxd", "cpdef object value()\n")
    project.edit("small/cy.pyx", "def value", "cpdef object value")
    assert cython(project.build()) == {"small.cy"}
    project.write("small/cy.pxd", "cpdef object value()\n\ncdef int other = 0\n")
    assert cython(project.build()) == {"small.cy"}
