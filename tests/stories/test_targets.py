"""Targets of a project that is no Python package: all of them at once, where they lie, and what --json says of them.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Dict

CERMET_TOML = """\
[[executable]]
name = "gen"
sources = ["native/gen.c"]

[[generate]]
name = "bounds"
command = ["tool:gen", "include/bounds.h"]
outputs = ["include/bounds.h"]

[[c-library]]
name = "words"
sources = ["native/words.cpp"]
public-include = ["include"]
public-define = { WORDS = "1" }
libraries = ["m"]

[[c-library]]
name = "tree"
kind = "shared"
sources = ["native/tree.c"]
public-include = ["include"]
uses = ["generate:bounds"]

[[c-library]]
name = "never"
when = 'cfg(target_os = "none")'
sources = ["native/never.c"]

[[executable]]
name = "count"
sources = ["native/count.c"]
uses = ["c:words", "c:tree"]

[[cython]]
modules = ["kit/*.pyx"]
uses = ["c:tree"]
"""

FILES = {
    "cermet.toml": CERMET_TOML,
    "include/words.h": "#ifdef __cplusplus\nextern \"C\"\n#endif\nint words(const char* text);\nint limit(void);\n",
    "native/gen.c": '#include <stdio.h>\nint main(int count, char** words) {\n    FILE* to = fopen(words[count - 1], "w");\n'
                    '    fprintf(to, "#define LIMIT 12\\n");\n    return fclose(to);\n}\n',
    "native/words.cpp": '#include <string>\n#include "words.h"\nint words(const char* text) { return (int)std::string(text).size(); }\n',
    "native/tree.c": '#include "bounds.h"\nint limit(void) { return LIMIT; }\n',
    "native/count.c": '#include <stdio.h>\n#include "words.h"\nint main(void) { return printf("%d %d\\n", words("abc"), limit()) < 0; }\n',
    "kit/fast.pyx": 'cdef extern from "words.h":\n    int limit()\n\n\ndef go():\n    return limit()\n',
}


def listed(project, *targets: str) -> Dict[str, Any]:
    return json.loads(project.cermet("build", *project.arguments("--json", *targets)).out)


def test_all_targets(make):
    """A C program that uses C++, a shared library beside what needs it, a module that is imported from dist/."""
    project = make(FILES)
    listing = listed(project)
    assert listing["version"] == 1
    targets = {target["name"]: target for target in listing["targets"]}
    assert list(targets) == ["c:words", "c:tree", "tool:gen", "tool:count", "kit.fast"]
    dist = project.path("dist")
    assert targets["c:words"] == {"name": "c:words", "files": [{"role": "archive", "path": f"{dist}/libwords.a"}], "c++": True,
                                  "include": [str(project.path("include"))], "compile-flags": ["-DWORDS=1"], "link-flags": ["-lm"]}
    assert targets["c:tree"]["files"] == [{"role": "shared-library", "path": f"{dist}/libtree.so"}]
    module = Path(targets["kit.fast"]["files"][0]["path"])
    assert module.parent == dist / "kit" and module.is_file()
    assert subprocess.run([str(dist / "count")], stdout=subprocess.PIPE, text=True, check=True).stdout == "3 12\n"
    code = "import sys; sys.path.insert(0, sys.argv[1]); import kit.fast; print(kit.fast.go())"
    assert subprocess.run([str(project.python), "-I", "-c", code, str(dist)], stdout=subprocess.PIPE, text=True, check=True).stdout == "12\n"


def test_what_was_read(make):
    """A null build lists the same; a header that is generated is none of the project's files."""
    project = make(FILES)
    first = listed(project, "c:tree", "c:words", "generate:bounds")
    inside = {path for path in first["read"] if path.startswith(str(project.folder))}
    assert inside == {str(project.path(name)) for name in
                      ("cermet.toml", "native/gen.c", "native/tree.c", "native/words.cpp", "include/words.h")}
    assert any(path.endswith("/bin/cc") for path in first["read"]) and "/usr/include/stdio.h" in first["read"]
    assert {"CC", "CFLAGS", "LDFLAGS"} <= set(first["environment"])
    generated = first["targets"][2]
    assert generated["files"] == [{"role": "file", "path": f"{project.path('dist')}/bounds.h"}]
    assert str(project.path("dist")) in generated["include"]
    assert listed(project, "c:tree", "c:words", "generate:bounds") == first
    done = project.build("c:tree", "c:words", "generate:bounds")
    assert not done.ran and "up to date" in done.err, done.text


def test_a_warning_is_listed_again(make):
    project = make(FILES)
    project.edit("cermet.toml", 'libraries = ["m"]', 'libraries = ["m"]\ncxx-flags = ["-Wall"]')
    project.append("native/words.cpp", "static int nobody() { return 1; }\n")
    for _ in range(2):
        said = listed(project, "c:words")["diagnostics"]
        assert [one["step"] for one in said] == ["compile words.cpp"] and "native/words.cpp:4:" in said[0]["text"], said


def test_several_targets_fail_on_their_own(make):
    project = make(FILES)
    project.append("native/tree.c", "int broken(\n")
    failed = project.build("c:words", "c:tree", "--keep-going", "--json", check=False)
    assert failed.code == 1 and failed.out == "" and "native/tree.c:" in failed.err, failed.text
    assert "cc-words" in failed.ran
    assert project.build("c:nothing", check=False).code == 2


def test_a_project_without_targets(make):
    project = make({"cermet.toml": ""})
    failed = project.build(check=False)
    assert failed.code == 2 and "there is nothing to build: cermet.toml has no targets" in failed.err, failed.text
