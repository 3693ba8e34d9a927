"""`cermet graph`: what needs what, and who told what to whom, as text, JSON and SVG.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import json
import re
import shutil
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, Dict, List, Set, Tuple

import pytest

import small
import test_channel
from story import Project, read_trace

SVG = "{http://www.w3.org/2000/svg}"


def graph(project: Project, *words: str) -> Any:
    """The graph as JSON, of a package."""
    return json.loads(project.cermet("graph", *project.arguments("--json", *words)).out)


def crates_graph(project: Project, *words: str) -> Any:
    """The graph as JSON, of a plain Rust workspace."""
    return json.loads(project.cermet("graph", "--mode", project.mode, "--json", *words).out)


def plain(name: str) -> str:
    """A node's id without the digits of its label."""
    return re.sub(r"-[0-9a-f]{8}$", "", name)


def edges(listing: Any) -> Set[Tuple[str, str]]:
    return {(plain(edge["from"]), plain(edge["to"])) for edge in listing["edges"]}


def boxes(svg: str) -> Set[str]:
    """The ids of the nodes of a drawing, and that each box lies in it."""
    root = ET.fromstring(svg)
    assert root.tag == SVG + "svg"
    found = set()
    for node in root.iter(SVG + "g"):
        if node.get("class") != "node":
            continue
        box = node.find(SVG + "rect")
        assert box is not None and node.find(SVG + "title") is not None
        assert 0 <= float(box.get("x", "-1")) <= float(root.get("width", "0")) - float(box.get("width", "0"))
        assert 0 <= float(box.get("y", "-1")) <= float(root.get("height", "0")) - float(box.get("height", "0"))
        found.add(node.get("id", ""))
    return found


def test_a_package_of_all_languages(make):
    project = make(small.everything())
    text = project.cermet("graph", *project.arguments()).out
    assert text.splitlines() == [
        f"wheel {next(line for line in text.splitlines() if line.startswith('wheel ')).split()[1]}",
        "├── module small._c",
        "│   └── header small/part.h",
        "├── module small._r",
        "│   └── library rust:core",
        "│       └── crate core-part v0.1.0",
        "└── module small.cy",
        "    └── header small/cy.pxi",
    ]
    assert not project.path("dist").exists(), "the graph delivers nothing"
    project.build()
    assert project.wheel.name == text.split()[1]

    listing = graph(project)
    assert listing["version"] == 1 and listing["roots"] == ["wheel"]
    assert edges(listing) == {
        ("wheel", "module:small._c"), ("wheel", "module:small._r"), ("wheel", "module:small.cy"), ("wheel", "library:rust:core"),
        ("module:small._c", "header:small/part.h"), ("module:small.cy", "header:small/cy.pxi"),
        ("module:small._r", "library:rust:core"), ("library:rust:core", "crate:core-part"),
    }
    kinds = {plain(node["id"]): (node["kind"], node["name"]) for node in listing["nodes"]}
    assert kinds["crate:core-part"] == ("crate", "core-part v0.1.0") and kinds["module:small.cy"] == ("module", "small.cy")
    assert listing["places"]["/cermet/ws"] == str(project.folder)

    drawn = boxes(project.cermet("graph", *project.arguments("--svg")).out)
    assert drawn == {node["id"] for node in listing["nodes"]}


def test_targets_narrow_it(make):
    project = make(small.everything())
    assert edges(graph(project, "rust:core")) == {("library:rust:core", "crate:core-part")}
    both = graph(project, "small._c", "rust:core")
    assert both["roots"] == ["module:small._c", "library:rust:core"]
    unknown = project.cermet("graph", *project.arguments("small._d"), check=False)
    assert unknown.code == 2 and unknown.out == "" and "did you mean small._" in unknown.err, unknown.text


def test_a_project_without_a_package(make):
    project = make({
        "cermet.toml": '[[executable]]\nname = "hello"\nsources = ["hello.c"]\nuses = ["c:greet"]\n\n'
                       '[[c-library]]\nname = "greet"\nsources = ["greet.c"]\npublic-include = ["."]\n',
        "hello.c": '#include "greet.h"\nint main(void) { return greet(); }\n',
        "greet.c": '#include "greet.h"\nint greet(void) { return 0; }\n',
        "greet.h": "int greet(void);\n",
    })
    assert edges(graph(project)) == {("program:hello", "library:c:greet"), ("program:hello", "header:greet.h"),
                                     ("library:c:greet", "header:greet.h")}


def test_a_header_that_a_step_made_leads_to_its_maker(make):
    files = small.c_only()
    files["pyproject.toml"] += ('uses = ["generate:limits"]\n\n[[tool.cermet.generate]]\nname = "limits"\n'
                                'command = ["cp", "small/bounds.in", "small/bounds.h"]\ninputs = ["small/bounds.in"]\n'
                                'outputs = ["small/bounds.h"]\n')
    files["small/bounds.in"] = "#define LIMIT 3\n"
    files["small/part.h"] = '#include "bounds.h"\n' + files["small/part.h"]
    found = edges(graph(make(files)))
    assert {("module:small._c", "header:small/bounds.h"), ("header:small/bounds.h", "generator:limits"),
            ("module:small._c", "generator:limits")} <= found, found


def test_steps_are_those_that_ran(make, mode):
    """Labels as in the trace; who reads what another step wrote stands above it; strace finds no file that is missing."""
    if mode == "mount" or shutil.which("strace") is None:
        pytest.skip("plain mode only, where strace sees real paths" if mode == "mount" else "no strace")
    project = make(small.everything())
    built = project.build("--no-workers", watch="files")
    listing = graph(project, "--no-workers", "--steps")
    steps = {node["id"][len("step:"):]: node for node in listing["nodes"] if node["kind"] == "step"}
    assert set(steps) == {step.label for step in built.steps}

    def stepped(label: str) -> Set[str]:
        return {plain(edge["to"]) for edge in listing["edges"] if plain(edge["from"]) == label}

    assert {"step:cc-part", "step:cc-_c"} <= stepped("step:link-small._c"), listing["edges"]
    assert stepped("step:cc-part") >= {"file:small/part.c", "file:small/part.h"}
    assert stepped("step:cython-small.cy") >= {"file:small/cy.pyx", "file:small/cy.pxi"}

    def real(path: str) -> str:
        for canonical, host in sorted(listing["places"].items(), reverse=True):
            if path == canonical or path.startswith(canonical + "/"):
                return str(host) + path[len(canonical):]
        return path

    assert built.watch is not None
    roots = (str(project.folder) + "/", str(project.cache) + "/")
    checked = 0
    for label, opened in built.watch.reads().items():
        told = {real(path) for path in steps[label]["reads"] + steps[label]["tools"]}
        own = f"/{label}/"
        for path in opened:
            if path.startswith(roots) and own not in path and Path(path).is_file():
                assert path in told or any(one.endswith("/") and path.startswith(one) for one in told), (label, path)
                checked += 1
    assert checked > 8, "strace saw nothing"


# --- facts ------------------------------------------------------------------------------------------------------------


def told(listing: Any, fact: str) -> "Dict[str, Any]":
    found = [one for one in listing["facts"] if one["fact"] == fact]
    assert len(found) == 1, [one["fact"] for one in listing["facts"]]
    return dict(found[0])


def names(parties: "List[Dict[str, str]]") -> List[str]:
    return [party["name"] for party in parties]


def test_who_told_what_to_whom_between_scripts(make):
    project = make(test_channel.workspace())
    listing = crates_graph(project, "--facts")
    fact = told(listing, "headers:shapes")
    assert fact["visibility"] == "transitive" and len(fact["digest"]) == 64
    assert fact["from"]["name"] == "script shapes v0.1.0" and names(fact["to"]) == ["script top v0.1.0"]
    assert fact["value"]["include"][0].endswith("/out/include")
    assert {("script:top-build-run", "script:shapes-build-run"), ("crate:top", "script:top-build-run"),
            ("crate:top", "crate:mid"), ("crate:mid", "crate:shapes")} <= edges(listing), edges(listing)
    ids = {node["id"] for node in listing["nodes"]}
    assert fact["from"]["id"] in ids and fact["to"][0]["id"] in ids

    text = project.cermet("graph", "--mode", project.mode, "--facts").out
    assert f"headers:shapes  transitive  {fact['digest'][:12]}\n    from  script shapes v0.1.0\n    to    script top v0.1.0\n" in text

    svg = project.cermet("graph", "--mode", project.mode, "--facts", "--svg").out
    drawn = boxes(svg)
    assert {fact["from"]["id"], fact["to"][0]["id"]} <= drawn
    assert any(name.startswith("fact:headers:shapes:") for name in drawn)
    said = f"headers:shapes {fact['digest'][:8]}"
    assert f"<title>{said} → shapes v0.1.0</title>" in svg and f"<title>top v0.1.0 → {said}</title>" in svg

    project.write("shapes/notes.txt", "the script runs again, and says the same")
    assert told(crates_graph(project, "--facts"), "headers:shapes")["digest"] == fact["digest"]


def test_a_question_without_an_answer(make):
    project = make(test_channel.workspace(wanted="shape"))
    listing = crates_graph(project, "--facts")
    asked = told(listing, "headers:shape")
    assert "digest" not in asked and names(asked["to"]) == ["script top v0.1.0"]
    assert "nothing that it depends on provides it" in asked["to"][0]["refused"]
    assert told(listing, "headers:shapes")["to"] == []
    text = project.cermet("graph", "--mode", project.mode, "--facts").out
    assert "    to    nobody\n" in text and "script top v0.1.0: refused, " in text


def test_facts_cross_languages(make):
    """A crate's script gives a library to a Cython module; a table's `uses` are facts of the same kind; so are tools."""
    project = make(test_channel.with_headers())
    listing = graph(project, "--facts")
    half = told(listing, "library:half")
    assert half["from"]["name"] == "script core-part v0.1.0" and names(half["to"]) == ["module small.cy"]
    core = told(listing, "rust:core")
    assert core["from"]["name"] == "library rust:core" and names(core["to"]) == ["module small._r", "wheel"]
    assert re.search(r"/libcore\S*\.a$", core["value"]["archives"][0]), core
    assert "library rust:core" in names(told(listing, "tool:rustc")["to"])
    compilers = [one for one in listing["facts"] if one["fact"] == "tool:cc"]  # Python's own, and the one rustc links with
    assert any("module small._c" in names(one["to"]) for one in compilers), compilers
    header = [node for node in listing["nodes"] if node["kind"] == "header" and node["name"] == "half.h"]
    assert len(header) == 1 and header[0]["id"].endswith("/out/half.h"), header
    assert {("module:small.cy", "script:core-part-build-run"), ("module:small.cy", header[0]["id"]),
            (header[0]["id"], "script:core-part-build-run")} <= edges(listing)
    project.edit("rust/core-part/src/lib.rs", "    4\n", "    5\n")
    again = graph(project, "--facts")
    assert told(again, "rust:core")["digest"] != core["digest"]
    assert told(again, "library:half")["digest"] == half["digest"]


def test_metadata_of_links_is_told_too(make):
    manifest = '[package]\nname = "%s"\nversion = "0.1.0"\nedition = "2021"\n%s\n'
    project = make({
        "Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["user", "z-sys"]\n',
        "Cargo.lock": 'version = 4\n\n[[package]]\nname = "user"\nversion = "0.1.0"\ndependencies = [\n "z-sys",\n]\n\n'
                      '[[package]]\nname = "z-sys"\nversion = "0.1.0"\n',
        "z-sys/Cargo.toml": manifest % ("z-sys", 'links = "z"'),
        "z-sys/build.rs": 'fn main() {\n    println!("cargo::metadata=root=/usr");\n}\n',
        "z-sys/src/lib.rs": "",
        "user/Cargo.toml": manifest % ("user", '[dependencies]\nz-sys = { path = "../z-sys" }'),
        "user/build.rs": 'fn main() {\n    assert_eq!(std::env::var("DEP_Z_ROOT").unwrap(), "/usr");\n}\n',
        "user/src/lib.rs": "",
    })
    fact = told(crates_graph(project, "--facts"), "links:z")
    assert fact["value"] == {"root": "/usr"} and fact["visibility"] == "direct"
    assert fact["from"]["name"] == "script z-sys v0.1.0" and names(fact["to"]) == ["script user v0.1.0"]


# --- when it fails, and when it is big --------------------------------------------------------------------------------


def test_a_failed_step_leaves_the_graph_that_is_known(make):
    files = small.everything()
    files["small/part.c"] = '#include "part.h"\nlong part(void) { return PART }\n'
    project = make(files)
    done = project.cermet("graph", *project.arguments("-k", "--json"), check=False)
    assert done.code == 1 and "part.c" in done.err, done.text
    found = edges(json.loads(done.out))
    assert ("wheel", "module:small._c") in found and ("module:small._r", "library:rust:core") in found


def test_options_that_exclude_each_other(make):
    done = make(small.pure()).cermet("graph", "--json", "--svg", check=False)
    assert done.code == 2 and "--svg and --json exclude each other" in done.err


def test_a_big_graph_is_drawn_fast(make):
    """Three hundred generators that read each other's headers: the drawing takes no time beside what JSON takes."""
    files = {"out/README": "made by the generators\n"}
    count = 300
    tables = []
    for i in range(count):
        uses = json.dumps([f"generate:g{j}" for j in sorted({i // 2, i // 7} - {i})])
        tables.append(f'[[generate]]\nname = "g{i}"\ncommand = ["cp", "in/{i}.in", "out/{i}.h"]\n'
                      f'inputs = ["in/{i}.in"]\noutputs = ["out/{i}.h"]\nuses = {uses}\n')
        files[f"in/{i}.in"] = f"{i}\n"
    files["cermet.toml"] = "\n".join(tables)
    project = make(files)
    words = project.arguments()
    project.cermet("graph", *words)
    listing = graph(project)
    assert len([node for node in listing["nodes"] if node["kind"] == "generator"]) == count
    begin = time.monotonic()
    json_text = project.cermet("graph", *words, "--json").out
    of_json = time.monotonic() - begin
    begin = time.monotonic()
    svg = project.cermet("graph", *words, "--svg").out
    of_svg = time.monotonic() - begin
    assert boxes(svg) == {node["id"] for node in json.loads(json_text)["nodes"]}
    assert of_svg < of_json + 2, (of_svg, of_json)
