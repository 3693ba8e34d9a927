#!/usr/bin/env python3
"""A shell script, written from docs/protocol.md alone, gives zlib to a real -sys crate and to a Cython module, without a network.

SPDX-License-Identifier: MIT
usage: shell_provider.py --program PROGRAM [--work DIRECTORY] [--python PYTHON]

The crate libz-sys is the registry's and stays as it is. The script asks for the sources of zlib as a declared download,
compiles them with the C compiler that it is told, and provides the library. Everything that the network has is brought
by `cermet vendor`; the builds have an empty cache, an empty CARGO_HOME, one slot (-j1) and, by `unshare -n`, no network. An
overrides file then puts the system's library in its place, in both. The judge is zlib, which says its version at run time.
Needs a C compiler, pkg-config, zlib1g-dev, unshare and, to make the lock and to vendor, the network.
"""
from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import List

sys.path.insert(0, os.path.dirname(__file__))
import cargo_calls  # noqa: E402
import crate_rules  # noqa: E402
from needed import need_cython  # noqa: E402

SCRIPT = r'''
set -eu
ask() {
    printf '%s\n' "$1" >&"$CERMET_CHANNEL"
    IFS= read -r reply <&"$CERMET_CHANNEL"
    case $reply in '{"answer":'*) ;; *) printf '%s\n' "$reply" >&2; exit 1 ;; esac
}
say() { printf '%s\n' "$1" >&"$CERMET_CHANNEL"; }
text() { rest=${reply#*"\"$1\":\""}; printf '%s' "${rest%%\"*}"; }

ask '{"id":1,"type":"hello","protocol":[1],"client":"zlib.sh"}'
ask '{"id":2,"type":"require","kind":"tool","name":"cc"}'
cc=$(text program)
ask '{"id":3,"type":"option","name":"mark","kind":"text","default":".script","about":"What the version ends with."}'
mark=$(text value)
ask '{"id":4,"type":"fetch","name":"zlib"}'
tar xzf "$(text path)" -C "$OUT_DIR"
sources=$(echo "$OUT_DIR"/libz-sys-*/src/zlib)
mkdir "$OUT_DIR/include" "$OUT_DIR/lib"
sed "s/\(#define ZLIB_VERSION \"[^\"]*\)\"/\1$mark\"/" "$sources/zlib.h" > "$OUT_DIR/include/zlib.h"
cp "$sources/zconf.h" "$OUT_DIR/include/"
for file in "$sources"/*.c; do
    "$cc" -O2 -fPIC -DSTDC -D_LARGEFILE64_SOURCE -I"$OUT_DIR/include" -include "$OUT_DIR/include/zlib.h" -c "$file" \
        -o "$OUT_DIR/lib/$(basename "$file" .c).o" -ffile-prefix-map="$OUT_DIR"=zlib
done
ar crsD "$OUT_DIR/lib/libz.a" "$OUT_DIR"/lib/*.o
rm -r "$OUT_DIR"/libz-sys-* "$OUT_DIR"/lib/*.o
say "{\"type\":\"output\",\"path\":\"$OUT_DIR/include\",\"role\":\"header\"}"
say '{"type":"note","message":"zlib is ready"}'
say "{\"type\":\"provide\",\"kind\":\"library\",\"name\":\"z\",\"value\":{\"link\":\"static\",\"libraries\":[\"z\"],\
\"search\":[\"$OUT_DIR/lib\"],\"include\":[\"$OUT_DIR/include\"]}}"
'''
TABLES = '''
[[tool.cermet.download]]
name = "zlib"
url = "https://static.crates.io/crates/libz-sys/{version}/download"
sha256 = "{sha256}"
size = {size}
license = "Zlib"

[[tool.cermet.generate]]
name = "z"
command = ["sh", "zlib.sh"]
inputs = ["zlib.sh"]
uses = ["download:zlib"]
provides = ["library:z"]

[tool.cermet.crates.libz-sys]
library = "library:z"
'''
SYSTEM = 'provide = { "library:z" = "sys:zlib" }\n'


def write_project(project: Path) -> str:
    """Gives the version of the crate's own zlib."""
    files = dict(crate_rules.FILES)
    tables = re.split(r"\n(?=\[)", files["pyproject.toml"])
    kept = [table for table in tables if not table.startswith("[[tool.cermet.c-library]]")]
    files["pyproject.toml"] = "\n".join(kept).replace('uses = ["c:z"]', 'uses = ["library:z"]')
    files["zlib.sh"] = SCRIPT
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    packed = crate_rules.crate_sources(project)  # makes the lock too
    own = ""
    with tarfile.open(packed) as archive:
        header = archive.extractfile(f"libz-sys-{crate_rules.VERSION}/src/zlib/zlib.h")
        assert header is not None
        match = re.search(rb'#define ZLIB_VERSION "([^"]+)"', header.read())
        assert match is not None
        own = match.group(1).decode()
    with (project / "pyproject.toml").open("a") as out:
        out.write(TABLES.format(version=crate_rules.VERSION, sha256=crate_rules.hashlib.sha256(packed.read_bytes()).hexdigest(),
                                size=packed.stat().st_size))
    return own


def alone() -> List[str]:
    """A command that starts another one without a network."""
    words = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    interfaces = subprocess.run([*words, "cat", "/proc/net/dev"], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert not re.search(r"^\s*(eth|en|wl)", interfaces, re.M), interfaces
    return words


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--work", type=Path, default=Path("build/shell-provider"))
    parser.add_argument("--python", default=sys.executable, help="has Cython")
    arguments = parser.parse_args()
    need_cython(arguments.python)
    work = arguments.work.resolve()
    program, python = os.path.abspath(arguments.program), os.path.abspath(arguments.python)
    project = work / "squeeze"
    shutil.rmtree(work, ignore_errors=True)
    project.mkdir(parents=True)
    own = write_project(project)
    system = subprocess.run(["pkg-config", "--modversion", "zlib"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def environment(name: str) -> "dict[str, str]":
        home = work / f"home-{name}"
        home.mkdir(exist_ok=True)
        rustup = os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup"))
        base = {key: value for key, value in os.environ.items() if not cargo_calls.CLEARED.match(key)}
        return dict(base, CERMET_CACHE=str(work / f"cache-{name}"), CARGO_HOME=str(home), RUSTUP_HOME=rustup)

    vendored = subprocess.run([program, "vendor", "--python", python], cwd=project, env=environment("vendor"), check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    (project / ".cargo").mkdir()
    (project / ".cargo/config.toml").write_text(vendored.stdout)
    line = re.search(r"^vendored-downloads = .*$", vendored.stderr, re.M)
    assert line is not None, vendored.stderr
    before = crate_rules.digests(project)
    there = line.group(0).replace('"vendor/', f'"{project}/vendor/')  # paths of an overrides file are relative to it
    overrides = {"script": there + "\n", "system": there + "\n" + SYSTEM}
    for name, text in overrides.items():
        (work / f"{name}.toml").write_text(text)
    failed = 0
    for way, file, words, wanted in [("script", "script", [], f"{own}.script {own}.script"),
                                     ("option", "script", ["-C", "generate.z.options.mark=.marked"], f"{own}.marked {own}.marked"),
                                     ("system", "system", [], f"{system} {system}"),
                                     ("script again", "script", [], f"{own}.script {own}.script")]:
        words = ["--overrides", str(work / f"{file}.toml"), *words]
        command = [*alone(), program, "build", "-j1", "--python", python, *words]
        subprocess.run(command, cwd=project, env=environment("build"), check=True)
        wheel = next((project / "dist").glob("*.whl"))
        said = crate_rules.versions(python, wheel)
        shutil.rmtree(project / "dist")
        print(f"{way}: {said}" + ("" if said == wanted else f", expected {wanted}"), flush=True)
        failed += said != wanted
    if crate_rules.digests(project) != before:
        print("the package's tree was written")
        failed += 1
    print(f"{5 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
