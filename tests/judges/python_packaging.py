#!/usr/bin/env python3
# Judges of the Python packaging code: packaging, pyproject-metadata, installer, twine, auditwheel and git give the verdicts.
# SPDX-License-Identifier: MIT
"""Usage: python_packaging.py --driver PATH [--seed N] [--cases N] [--only NAME] [--venv DIR]

Drives the compiled tests/python_packaging_driver.cpp with seeded random cases and compares every answer with a reference
tool. Sets up its own virtual environment (default build/judges-venv) when it is not run inside one that has the tools.
"""
import argparse
import base64
import csv
import hashlib
import io
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile

TOOLS = ["packaging>=26", "pyproject-metadata>=0.12", "installer>=1", "check-wheel-contents", "twine", "wheel",
         "auditwheel>=6.8", "abi3audit", "tomli", "setuptools"]
ROOT = pathlib.Path(__file__).resolve().parents[2]


def ensure_tools(directory):
    try:
        import auditwheel, installer, packaging.ranges, pyproject_metadata, tomli, twine  # noqa: F401, E401
        return
    except ImportError:
        pass
    python = pathlib.Path(directory) / "bin" / "python"
    if os.path.realpath(sys.prefix) == os.path.realpath(directory):
        sys.exit("the judges' environment lacks tools even after installing them")
    if not python.exists():
        venv.create(directory, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "-q", *TOOLS], check=True)
    os.execv(python, [str(python), *sys.argv])


class Driver:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, op, **fields):
        self.process.stdin.write(json.dumps({"op": op, **fields}).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the driver died on {op} {fields!r}")
        return json.loads(line)


class Score:
    def __init__(self):
        self.passed = self.failed = 0
        self.name = ""

    def check(self, what, got, want):
        if got == want:
            self.passed += 1
            return
        self.failed += 1
        if self.failed <= 40:
            print(f"FAIL {self.name}: {what}\n  got  {got!r}\n  want {want!r}")


# ---- generators -------------------------------------------------------------------------------------------------------

def some_version(r):
    digits = lambda: r.choice(["0", "1", "2", "10", "007", str(r.randrange(1000)), "20240101123456789012345"])
    sep = lambda: r.choice(["", "", ".", "-", "_"])
    case = lambda s: r.choice([s, s, s.upper(), s.title()])
    out = r.choice(["", "", "", "v", "V"]) + r.choice(["", "", "", "1!", "0!"])
    out += ".".join(digits() for _ in range(r.choice([1, 2, 2, 3, 3, 4])))
    if r.random() < 0.35:
        out += sep() + case(r.choice("a b c rc alpha beta pre preview".split())) + sep() + r.choice(["", digits()])
    if r.random() < 0.3:
        out += r.choice(["-" + digits(), sep() + case(r.choice("post rev r".split())) + sep() + r.choice(["", digits()])])
    if r.random() < 0.3:
        out += sep() + case("dev") + sep() + r.choice(["", digits()])
    if r.random() < 0.25:
        out += "+" + r.choice([".", "-", "_"]).join(
            r.choice(["abc", "1", "007", "a1", "Z", "ubuntu", "10", "9"]) for _ in range(r.randrange(1, 4)))
    if r.random() < 0.05:
        out = r.choice([" ", "\t"]) + out + r.choice(["", "\n"])
    if r.random() < 0.08:
        at = r.randrange(len(out) + 1)
        out = out[:at] + r.choice(["x", ".", "-", "+", " ", "é", "!", "_", "*", "dev", "a"]) + out[at:]
    return out


def near_version(r):
    out = r.choice(["1", "1.0", "1.1", "1.0.0", "1.0.1", "2", "0.9", "1!1.0", "0", "1.10", "0.0", "3.8", "3.12"])
    out += r.choice(["", "", "", "a1", "b2", "rc1", "a0"]) + r.choice(["", "", "", ".post1", ".post0", ".post2"])
    out += r.choice(["", "", "", ".dev0", ".dev1"]) + r.choice(["", "", "", "+local", "+1", "+1.abc"])
    return out


def some_specifier(r):
    op = r.choice(["==", "!=", "<=", ">=", "<", ">", "~=", "==="])
    version = near_version(r) if r.random() < 0.9 else some_version(r)
    if op in ("<=", ">=", "<", ">", "~=") and r.random() < 0.9:
        version = version.split("+")[0]
    if op in ("==", "!=") and r.random() < 0.3:
        version = r.choice(["1", "1.0", "1.1", "2.0.0", "0", "1!1"]) + ".*"
    return op + r.choice(["", " ", "  "]) + version


VARIABLES = ["python_version", "python_full_version", "os_name", "sys_platform", "platform_release", "platform_system",
             "platform_version", "platform_machine", "platform_python_implementation", "implementation_name",
             "implementation_version", "extra", "os.name", "sys.platform", "platform.machine", "python_implementation"]


def some_comparison(r):
    variable = r.choice(VARIABLES)
    value = r.choice(["3.8", "3.12", "3.12.1", "linux", "posix", "win32", "x86_64", "CPython", "cpython", "Test_Extra",
                      "3.8 3.12", "", "6.1.0-13-amd64", "a'b", "3", "3.1*", "3.12.*", "darwin"])
    quote = '"' if "'" in value else r.choice("'\"")
    literal = quote + value + quote
    op = r.choice(["==", "!=", "<", "<=", ">", ">=", "in", "not in", "==", "~=", "==="])
    left, right = (variable, literal) if r.random() < 0.7 else (literal, variable)
    space = r.choice([" ", "  "]) if op in ("in", "not in") else r.choice(["", " ", "  "])
    return f"{left}{space}{op}{space}{right}"


def some_marker(r, depth=0):
    parts = [some_comparison(r)]
    while r.random() < 0.45 and len(parts) < 5:
        parts += [r.choice(["and", "or"]),
                  f"({some_marker(r, depth + 1)})" if r.random() < 0.4 and depth < 4 else some_comparison(r)]
    out = " ".join(parts)
    return f"({out})" if r.random() < 0.1 else out


def some_requirement(r):
    out = r.choice(["", " "]) + r.choice(["foo", "Foo.Bar", "a_b-c", "x1", "zope.interface", "A", "foo-", "-foo", "naïve"])
    if r.random() < 0.3:
        names = ["a", "B.c", "d_e", "test", "a"]
        out += r.choice(["", " "]) + "[" + r.choice([",", " , "]).join(r.sample(names, r.randrange(0, 4))) + "]"
    kind = r.random()
    if kind < 0.5:
        spec = r.choice([",", ", ", " , "]).join(some_specifier(r) for _ in range(r.randrange(1, 4)))
        out += r.choice(["", " "]) + (f"({spec})" if r.random() < 0.2 else spec) + r.choice(["", "", ","])
    elif kind < 0.65:
        out += r.choice([" @ ", "@"]) + r.choice(["https://x.org/a.whl", "file:///a b", "git+https://x/y@v1#egg=z", ""])
    if r.random() < 0.4:
        out += r.choice([" ; ", ";", "; "]) + some_marker(r)
    if r.random() < 0.06:
        at = r.randrange(len(out) + 1)
        out = out[:at] + r.choice([";", "(", ")", "[", ",", "'", "@", "\\", " and "]) + out[at:]
    return out


# ---- judges -----------------------------------------------------------------------------------------------------------

def judge_versions(d, s, r, n):
    from packaging.version import InvalidVersion, Version
    for _ in range(n):
        text = some_version(r)
        try:
            v = Version(text)
            want = {"text": str(v), "public": v.public, "base": v.base_version, "prerelease": v.is_prerelease,
                    "postrelease": v.is_postrelease}
        except InvalidVersion:
            want = "invalid"
        got = d("version", text=text)
        s.check(text, "invalid" if "error" in got else got, want)
    for _ in range(n):
        a, b = near_version(r), near_version(r)
        x, y = Version(a), Version(b)
        s.check((a, b), d("compare", a=a, b=b)["order"], (x > y) - (x < y))


def judge_specifiers(d, s, r, n):
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    for _ in range(n):
        text = r.choice([",", ", "]).join(some_specifier(r) for _ in range(r.choice([1, 1, 1, 2, 3])))
        versions = [near_version(r) for _ in range(12)]
        got = d("specifier", set=text, versions=versions)
        try:
            wanted = SpecifierSet(text)
        except InvalidSpecifier:
            s.check(text, "error" in got, True)
            continue
        s.check(text, got.get("text"), str(wanted))
        # === compares text: the reference is asked with the normalised text, as ours is.
        from packaging.version import Version
        s.check((text, versions), got.get("contains"), [wanted.contains(Version(v), prereleases=True) for v in versions])


def judge_markers(d, s, r, n):
    from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
    environments = []
    for python, machine in [("3.12.1", "x86_64"), ("3.8.20", "aarch64"), ("3.13.0rc1", "arm64"), ("3.14.0a1+", "x86_64")]:
        environments.append({
            "implementation_name": "cpython", "implementation_version": python, "os_name": "posix",
            "platform_machine": machine, "platform_python_implementation": "CPython", "platform_release": "6.1.0-13-amd64",
            "platform_system": "Linux", "platform_version": "#1 SMP", "python_full_version": python,
            "python_version": ".".join(python.split(".")[:2]), "sys_platform": "linux", "extra": r.choice(["", "test-extra"])})
    for _ in range(n):
        text = some_marker(r)
        if r.random() < 0.05:
            at = r.randrange(len(text) + 1)
            text = text[:at] + r.choice(["(", ")", "'", " and ", "x", "\\"]) + text[at:]
        environment = r.choice(environments)
        got = d("marker", text=text, environment=environment)
        try:
            marker = Marker(text)
        except (InvalidMarker, ValueError):
            s.check(text, "error" in got, True)
            continue
        try:
            printed = str(marker)
        except ValueError:  # both sorts of quotes: the reference reads but cannot print it
            s.check(text, "error" in got, True)
            continue
        s.check(text, got.get("text"), printed)
        try:
            s.check((text, environment), got.get("value"), marker.evaluate(dict(environment)))
        except (UndefinedComparison, UndefinedEnvironmentName):
            pass


def judge_requirements(d, s, r, n):
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name
    for _ in range(n):
        text = some_requirement(r)
        got = d("requirement", text=text)
        try:
            requirement = Requirement(text)
            printed = str(requirement)
        except (InvalidRequirement, ValueError):
            s.check(text, "error" in got, True)
            continue
        s.check(text, got.get("text"), printed)
        s.check(text, got.get("normal"), canonicalize_name(requirement.name))


def judge_licenses(d, s, r, n):
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
    words = ["mit", "MIT", "apache-2.0", "GPL-3.0-or-later", "bsd-3-clause", "LicenseRef-My.Own-1", "licenseref-x", "and",
             "OR", "or", "AND", "with", "WITH", "(", ")", "Classpath-exception-2.0", "gpl-2.0+", "nonsense", "LLVM-exception",
             "LicenseRef-a_b", "0BSD"]
    for i in range(n):
        if i % 2:
            text = " ".join(r.choice(words) for _ in range(r.randrange(1, 7)))
        else:
            ids = ["mit", "Apache-2.0", "gpl-2.0-only with classpath-exception-2.0", "(isc OR zlib)", "LicenseRef-Z",
                   "apache-2.0 WITH llvm-exception", "((bsd-2-clause))"]
            text = r.choice([" and ", " OR ", " or "]).join(r.choice(ids) for _ in range(r.randrange(1, 5)))
        try:
            want = canonicalize_license_expression(text)
        except InvalidLicenseExpression:
            want = None
        s.check(text, d("license", text=text).get("text"), want)


def toml_string(text):
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def some_pyproject(r, directory):
    """A valid pyproject.toml for which the reference and the specification agree."""
    lines = ["[project]", f"name = {toml_string(r.choice(['foo', 'Foo.Bar_baz', 'a-b', 'X9']))}",
             f"version = {toml_string(r.choice(['1.0', '1.0RC1', '2!1.0.post3', '0.0.1.dev4+g123']))}"]
    text = lambda: r.choice(["Some words", "ünïcødé ✓", "with: colon", 'a "quoted" one', "x" * 300])
    if r.random() < 0.7:
        lines.append(f"description = {toml_string(text())}")
    kind = r.randrange(5)
    body = r.choice(["# Title\n\nText ✓\n", "plain", "a\r\nb\r\n", "From me\n>From\n", "é\n\n\n"])
    if kind == 0:
        name = r.choice(["README.md", "readme.rst", "docs/R.md"])
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_bytes(body.encode())
        lines.append(f'readme = "{name}"')
    elif kind == 1:
        (directory / "about").write_bytes(body.encode())
        lines.append('readme = { file = "about", content-type = "text/plain" }')
    elif kind == 2:
        lines.append(f'readme = {{ text = {toml_string(body.replace(chr(13), ""))}, content-type = "text/markdown" }}')
    if r.random() < 0.6:
        lines.append(f'requires-python = "{r.choice([">=3.9", "<4, >=3.8", ">=3.9,!=3.10.*"])}"')
    spdx = r.random() < 0.5
    if spdx:
        lines.append(f'license = "{r.choice(["MIT", "Apache-2.0 OR MIT", "LicenseRef-Own"])}"')
    elif r.random() < 0.4:
        lines.append(f"license = {{ text = {toml_string(r.choice(['MIT', 'Line 1' + chr(10) + 'Line 2', 'A' + chr(10) * 2 + 'B']))} }}")
    elif r.random() < 0.3:
        spdx = True
    if spdx and r.random() < 0.7:
        for name in ["LICENSE.txt", "COPYING", "licenses/third.txt", "licenses/deep/x.md"]:
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(name)
        lines.append("license-files = " + r.choice(['["LICENSE.txt"]', '["LICEN*", "licenses/**/*"]', '["COPYING", "licenses/*.txt"]']))
    people = ['{ name = "Ann Other" }', '{ name = "Bob", email = "bob@example.org" }', '{ name = "C, D.", email = "c@d.e" }',
              '{ name = "Zoë Ünal", email = "z@example.org" }']
    for role in ("authors", "maintainers"):
        if r.random() < 0.5:
            lines.append(f"{role} = [{', '.join(r.sample(people, r.randrange(0, 4)))}]")
    if r.random() < 0.5:
        lines.append(f"keywords = {json.dumps(r.sample(['one', 'two words', 'trois', 'fünf'], r.randrange(0, 4)), ensure_ascii=False)}")
    if r.random() < 0.5:
        lines.append('classifiers = ["Programming Language :: Python", "Topic :: Software Development"]')
    good = ["numpy>=2", "foo[b,a]==1.0 ; python_version<'3.9'", "x @ https://x.org/x.whl", "Y>1 ; os_name=='nt' and sys_platform=='win32'",
            "z ; (os_name=='nt' or os_name=='posix') and python_version>'3'", "w>=1,<2;os_name=='a' or os_name=='b'"]
    if r.random() < 0.7:
        lines.append(f"dependencies = {json.dumps(r.sample(good, r.randrange(0, 5)))}")
    if r.random() < 0.3:
        lines.append('import-names = ["foo", "foo.bar", "_foo; private"]')
    elif r.random() < 0.2:
        lines.append("import-names = []")
    if r.random() < 0.2:
        lines.append('import-namespaces = ["ns"]')
    if r.random() < 0.4:
        lines += ["[project.urls]", 'Homepage = "https://example.org"', '"Bug Tracker" = "https://example.org/b?a=1,2"']
    if r.random() < 0.4:
        lines += ["[project.scripts]", 'tool = "foo.cli:main"', '"other-tool" = "foo:run.it"']
    if r.random() < 0.3:
        lines += ["[project.gui-scripts]", 'gui = "foo.gui:main"']
    if r.random() < 0.4:
        lines += ['[project.entry-points."pytest11"]', 'plug = "foo.plug"', '[project.entry-points."a.b"]', 'x = "foo:X [opt]"']
    if r.random() < 0.6:
        lines += ["[project.optional-dependencies]"]
        for extra in r.sample(["test", "Dev.Tools", "a_b"], r.randrange(1, 4)):
            lines.append(f'"{extra}" = {json.dumps(r.sample(good, r.randrange(0, 4)))}')
    (directory / "pyproject.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def entry_points_of(metadata):
    out = {g: dict(e) for g, e in metadata.entrypoints.items() if e}
    for name, entries in (("console_scripts", metadata.scripts), ("gui_scripts", metadata.gui_scripts)):
        if entries:
            out[name] = dict(entries)
    return out


def judge_metadata(d, s, r, n):
    import configparser
    import warnings
    import tomli
    from packaging.metadata import Metadata
    from pyproject_metadata import StandardMetadata
    warnings.simplefilter("ignore")
    for _ in range(n):
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            some_pyproject(r, directory)
            source = (directory / "pyproject.toml").read_text(encoding="utf-8")
            reference = StandardMetadata.from_pyproject(tomli.loads(source), project_dir=directory)
            want = reference.as_rfc822().as_bytes().decode()
            got = d("metadata", directory=name)
            if "license-files" not in source and (directory / "LICENSE.txt").exists():
                continue
            s.check(source, got.get("metadata", got), want)
            Metadata.from_email(got.get("metadata", ""), validate=True)
            parsed = Metadata.from_email(got["pkg_info"], validate=True)
            s.check("PKG-INFO's version", parsed.metadata_version >= "2.2", True)
            parser = configparser.RawConfigParser(delimiters=("=",))
            parser.optionxform = str
            parser.read_string(got["entry_points"])
            s.check(source, {g: dict(parser.items(g)) for g in parser.sections()}, entry_points_of(reference))


BAD_PROJECTS = [
    ('name = "x"', "version is missing"), ('version = "1"', "name is missing"), ('name = "-x"\nversion = "1"', "not a valid"),
    ('name = "x"\nversion = "one"', "not a version"), ('name = "x"\nversion = 1', "must be a string"),
    ('name = "x"\nversion = "1"\nnam = 2', "unknown key"), ('name = "x"\nversion = "1"\ndynamic = ["version"]', "dynamic"),
    ('name = "x"\nversion = "1"\ndynamic = ["nonsense"]', "unknown key"), ('name = "x"\ndynamic = ["name", "version"]', "dynamic"),
    ('name = "x"\nversion = "1"\ndynamic = ["readme"]', "nothing provides"), ('name = "x"\ndynamic = ["version"]', "nothing provides"),
    ('name = "x"\nversion = "1"\nreadme = "no.md"', "does not exist"), ('name = "x"\nversion = "1"\nreadme = "a.doc"', "not known"),
    ('name = "x"\nversion = "1"\nreadme = "../x.md"', "inside the project"), ('name = "x"\nversion = "1"\nlicense = "MITT"', "unknown licence"),
    ('name = "x"\nversion = "1"\nlicense-files = ["NO*"]', "matches no file"), ('name = "x"\nversion = "1"\nlicense-files = ["../L"]', "leaves"),
    ('name = "x"\nversion = "1"\nlicense = "MIT"\nclassifiers = ["License :: OSI Approved"]', "cannot stand"),
    ('name = "x"\nversion = "1"\nlicense = { text = "a" }\nlicense-files = []', "cannot be used"),
    ('name = "x"\nversion = "1"\nrequires-python = "3.9"', "not a version specifier"),
    ('name = "x"\nversion = "1"\ndependencies = ["a b"]', "cannot read"), ('name = "x"\nversion = "1"\ndependencies = "a"', "array"),
    ('name = "x"\nversion = "1"\n[project.optional-dependencies]\na_b = []\n"a.b" = []', "twice"),
    ('name = "x"\nversion = "1"\n[project.scripts]\nt = "a b"', "not an entry point"),
    ('name = "x"\nversion = "1"\n[project.scripts]\nt = "a"', "not an entry point"),
    ('name = "x"\nversion = "1"\n[project.entry-points.console_scripts]\nt = "a:b"', "not allowed"),
    ('name = "x"\nversion = "1"\n[project.urls]\n"' + "u" * 33 + '" = "h"', "32"),
    ('name = "x"\nversion = "1"\nauthors = [{ nam = "a" }]', "unknown key"), ('name = "x"\nversion = "1"\nauthors = ["a"]', "tables"),
    ('name = "x"\nversion = "1"\nimport-names = ["a.b"]', "beside it"), ('name = "x"\nversion = "1"\nimport-names = ["a-b"]', "not an import"),
]


def judge_bad_projects(d, s, r, n):
    for body, part in BAD_PROJECTS:
        with tempfile.TemporaryDirectory() as name:
            pathlib.Path(name, "pyproject.toml").write_text("# a comment\n[project]\n" + body + "\n")
            got = d("metadata", directory=name)
            s.check((body, got), part in got.get("error", "") and got["line"] >= 2, True)


def probe(d, python):
    program = d("probe")["program"]
    return json.loads(subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout)


def judge_tags(d, s, r, n):
    import sysconfig
    from packaging import tags
    from packaging.utils import parse_wheel_filename
    record = probe(d, sys.executable)
    own = str(next(t for t in tags.sys_tags() if "linux_" in t.platform and not t.platform.startswith("many")))
    got = d("tags", interpreter=record, abi="version", platforms=[])
    s.check("own tag", got.get("text"), own)
    s.check("own suffix", got.get("suffix"), sysconfig.get_config_var("EXT_SUFFIX"))
    stable = d("tags", interpreter=record, abi="stable", minor=9, platforms=[])
    s.check("abi3 is supported here", tags.Tag(*stable["text"].split("-")) in set(tags.sys_tags()), True)
    s.check("abi3 suffix", stable["suffix"], ".abi3.so")
    s.check("pure", d("tags", interpreter=record, abi="none", platforms=[])["text"], "py3-none-any")
    s.check("programs", d("tags", interpreter=record, abi="none", platforms=["linux_x86_64"])["text"], "py3-none-linux_x86_64")
    many = d("tags", interpreter=record, abi="stable", minor=9, platforms=["manylinux_2_17_x86_64", "manylinux2014_x86_64"])
    s.check("many", many["text"], "cp39-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64")
    _, _, _, expanded = parse_wheel_filename(f"x-1-{many['text']}.whl")
    s.check("expanded", many["expanded"], sorted(map(str, expanded)))
    s.check("floor above", "error" in d("tags", interpreter=record, abi="stable", minor=99, platforms=[]), True)
    free = dict(record, version=[3, 15, 0], abiflags="t", gil_disabled=True, ext_suffix=".cpython-315t-x86_64-linux-gnu.so")
    s.check("free", d("tags", interpreter=free, abi="version", platforms=["linux_x86_64"])["text"], "cp315-cp315t-linux_x86_64")
    s.check("abi3 on free", "error" in d("tags", interpreter=free, abi="stable", minor=9, platforms=[]), True)
    both = d("tags", interpreter=free, abi="both", minor=15, platforms=["linux_x86_64"])
    s.check("abi3.abi3t", both["text"], "cp315-abi3.abi3t-linux_x86_64")
    s.check("abi3t suffix", both["suffix"], ".abi3t-%s.so" % record["multiarch"] if record["multiarch"] else ".abi3t.so")


def compile_module(directory, name="core", flags=(), source=None, suffix=None):
    import sysconfig
    source = source or f"""#include <Python.h>
#include <math.h>
static struct PyModuleDef def = {{PyModuleDef_HEAD_INIT, "{name}", 0, -1, 0}};
PyMODINIT_FUNC PyInit_{name}(void) {{ volatile double x = 2; return pow(x, x) > 0 ? PyModule_Create(&def) : 0; }}
"""
    c = pathlib.Path(directory) / (name + (".cpp" if "-lstdc++" in flags else ".c"))
    c.write_text(source)
    out = pathlib.Path(directory) / (name + (suffix or sysconfig.get_config_var("EXT_SUFFIX")))
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", f"-I{sysconfig.get_config_var('INCLUDEPY')}", str(c), *flags, "-o", str(out), "-lm"],
                   check=True)
    return out


def full_content(path):
    with zipfile.ZipFile(path) as z:
        return [(i.filename, i.external_attr >> 16, z.read(i)) for i in z.infolist()]


def check_record(s, path):
    with zipfile.ZipFile(path) as z:
        names = z.namelist()
        s.check("zip test", z.testzip(), None)
        info = next(n for n in names if n.endswith(".dist-info/RECORD"))
        s.check("RECORD last", names[-1], info)
        payload = [n for n in names if ".dist-info/" not in n]
        s.check("payload sorted and first", names[:len(payload)], sorted(payload, key=lambda n: n.encode()))
        rows = list(csv.reader(io.StringIO(z.read(info).decode())))
        s.check("RECORD's rows", sorted(row[0] for row in rows), sorted(names))
        for name, digest, size in rows:
            if name == info:
                continue
            data = z.read(name)
            want = "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            s.check(name, (digest, size), (want, str(len(data))))
        for item in z.infolist():
            s.check(item.filename, (item.external_attr >> 16) in (0o100644, 0o100755) and item.create_system == 3, True)
            s.check(item.filename, bool(item.flag_bits & 0x800) and not item.flag_bits & 8 and not item.extra, True)


def judge_wheels(d, s, r, n):
    from installer.sources import WheelFile
    record = probe(d, sys.executable)
    with tempfile.TemporaryDirectory() as name:
        base = pathlib.Path(name)
        module = compile_module(base)
        tool = base / "tool"
        tool.write_text("#!python\nprint('ran')\n")
        (base / "LICENSE").write_text("the licence")
        (base / "pyproject.toml").write_text(
            '[project]\nname = "My.Pkg"\nversion = "1.0RC1"\nlicense = "MIT"\nlicense-files = ["LICENSE"]\nreadme = "R.md"\n'
            'description = "d"\n[project.scripts]\nhello = "my_pkg:main"\n')
        (base / "R.md").write_text("# Hi\n")
        tags = d("tags", interpreter=record, abi="version", platforms=[])["text"]
        files = [{"path": "my_pkg/__init__.py", "bytes": "def main(): print('hello')\nfrom . import core\n"},
                 {"path": f"my_pkg/{module.name}", "host_path": str(module), "executable": True},
                 {"path": "my_pkg/py.typed", "bytes": ""}, {"path": "my_pkg/dätä, \"x\".txt", "bytes": "ü" * 4000},
                 {"path": "my_pkg/sub/__init__.py", "bytes": "x = 1\n" * 100}]
        scripts = [{"path": "tool", "host_path": str(tool)}]
        built = {}
        for threads in (1, 2, 7):
            out = base / f"out{threads}"
            r.shuffle(files)
            got = d("wheel", directory=name, tags=tags, files=files, scripts=scripts, out=str(out), threads=threads)
            s.check(got, got.get("problems"), [])
            built[threads] = pathlib.Path(got["path"])
        s.check("same bytes from 1, 2 and 7 threads", len({p.read_bytes() for p in built.values()}), 1)
        wheel = built[1]
        s.check("name", wheel.name, f"my_pkg-1.0rc1-{tags}.whl")
        check_record(s, wheel)
        with WheelFile.open(wheel) as source:
            source.validate_record(validate_contents=True)
        s.passed += 1
        run = lambda *a, **k: subprocess.run([str(x) for x in a], capture_output=True, text=True, **k)
        done = run(sys.executable, "-m", "check_wheel_contents", wheel)
        s.check(("check-wheel-contents", done.stdout), done.returncode, 0)
        done = run(sys.executable, "-m", "twine", "check", "--strict", wheel)
        s.check(("twine", done.stdout), done.returncode, 0)
        done = run("unzip", "-tq", wheel) if shutil.which("unzip") else run("true")
        s.check(("unzip", done.stdout), done.returncode, 0)
        run(sys.executable, "-m", "wheel", "unpack", wheel, "-d", base / "unpacked", check=True)
        (base / "packed").mkdir()
        done = run(sys.executable, "-m", "wheel", "pack", base / "unpacked" / "my_pkg-1.0rc1", "-d", base / "packed")
        s.check(("wheel pack", done.stderr), done.returncode, 0)
        content = lambda p: {i.filename: zipfile.ZipFile(p).read(i) for i in zipfile.ZipFile(p).infolist()
                             if not i.filename.endswith(("RECORD", "WHEEL"))}
        s.check("wheel unpack and pack", content(next((base / "packed").iterdir())), content(wheel))
        environment = base / "venv"
        venv.create(environment, with_pip=True)
        done = run(environment / "bin/pip", "install", "--no-index", "--no-deps", wheel)
        s.check(("pip install", done.stderr), done.returncode, 0)
        done = run(environment / "bin/python", "-c", "import my_pkg.core, my_pkg.sub; my_pkg.main()", cwd="/")
        s.check(done.stderr, done.stdout, "hello\n")
        s.check("script", run(environment / "bin/hello").stdout, "hello\n")
        s.check("data script", run(environment / "bin/tool").stdout, "ran\n")
        damaged = base / "damaged" / wheel.name
        damaged.parent.mkdir()
        data = bytearray(wheel.read_bytes())
        for at in r.sample(range(len(data)), 60):
            copy = bytearray(data)
            copy[at] ^= 1 << r.randrange(8)
            damaged.write_bytes(copy)
            try:  # bits that no reader looks at may differ
                same = full_content(damaged) == full_content(wheel)
            except Exception:
                same = False
            s.check(("flipped bit at", at), d("check_wheel", path=str(damaged))["problems"] != [] or same, True)
        bad = d("wheel", directory=name, tags=tags, files=[{"path": "../x", "bytes": ""}], scripts=[], out=name)
        s.check("escaping path", "error" in bad, True)
        bad = d("wheel", directory=name, tags=tags, files=[{"path": "a", "bytes": ""}, {"path": "a/b", "bytes": ""}], scripts=[], out=name)
        s.check("file and directory", "error" in bad, True)


def judge_sdists(d, s, r, n):
    with tempfile.TemporaryDirectory() as name:
        base = pathlib.Path(name)
        (base / "pyproject.toml").write_text('[project]\nname = "My-Pkg"\nversion = "2.0"\n')
        files = [{"path": "pyproject.toml", "host_path": str(base / "pyproject.toml")}, {"path": "run.sh", "bytes": "x", "executable": True},
                 {"path": "src/" + "long/" * 60 + "é.py", "bytes": "1"}, {"path": "d/" + "y" * 120, "bytes": ""},
                 {"path": "p" * 90 + "/" + "q" * 90, "bytes": "split"}, {"path": "big", "bytes": "z" * 100000}]
        out = base / "out"
        out.mkdir()
        got = d("sdist", directory=name, files=files, out=str(out))
        path = pathlib.Path(got["path"])
        s.check("name", path.name, "my_pkg-2.0.tar.gz")
        first = path.read_bytes()
        r.shuffle(files)
        d("sdist", directory=name, files=files, out=str(out))
        s.check("same bytes", path.read_bytes() == first, True)
        s.check("gzip header: no time, no name", first[3:8], b"\0" * 5)
        with tarfile.open(path) as t:
            members = t.getmembers()
            s.check("members", sorted(m.name for m in members), sorted("my_pkg-2.0/" + p for p in [f["path"] for f in files] + ["PKG-INFO"]))
            for m in members:
                s.check(m.name, (m.uid, m.gid, m.uname, m.gname, m.isreg(), m.mode in (0o644, 0o755)), (0, 0, "", "", True, True))
            t.extractall(base / "x", filter="data") if hasattr(tarfile, "data_filter") else t.extractall(base / "x")
        s.check("content", (base / "x/my_pkg-2.0/big").read_text(), "z" * 100000)
        done = subprocess.run([sys.executable, "-m", "twine", "check", str(path)], capture_output=True, text=True)
        s.check(done.stdout, done.returncode, 0)
        s.check("read back", len(d("untar", path=str(path))["files"]), len(files) + 1)
        for case in range(60):
            archive = base / f"t{case}.tar.gz"
            kind = r.choice(["pax", "gnu", "ustar"])
            bad = r.choice([None, None, "link", "hard", "dots", "absolute", "top", "twice", "device"])
            want = {}
            form = {"pax": tarfile.PAX_FORMAT, "gnu": tarfile.GNU_FORMAT, "ustar": tarfile.USTAR_FORMAT}[kind]
            with tarfile.open(archive, "w:gz", format=form) as t:
                def add(name, data=b"", **fields):
                    item = tarfile.TarInfo(name)
                    item.size = len(data)
                    for key, value in fields.items():
                        setattr(item, key, value)
                    t.addfile(item, io.BytesIO(data))
                add("top", type=tarfile.DIRTYPE, mode=0o755)
                for i in range(r.randrange(1, 6)):
                    length = r.choice([3, 60, 99, 100, 101, 140]) if kind != "ustar" else r.choice([3, 60, 90])
                    member, data = f"top/{i}" + "n" * length, os.urandom(r.choice([0, 1, 511, 512, 513, 3000]))
                    add(member, data, mode=r.choice([0o644, 0o755]))
                    want[member] = hashlib.sha256(data).hexdigest()
                if bad == "link": add("top/l", type=tarfile.SYMTYPE, linkname="x")
                if bad == "hard": add("top/h", type=tarfile.LNKTYPE, linkname="top/0")
                if bad == "dots": add("top/../../evil", b"x")
                if bad == "absolute": add("/evil", b"x")
                if bad == "top": add("other/x", b"x")
                if bad == "twice": add(next(iter(want)), b"x")
                if bad == "device": add("top/dev", type=tarfile.CHRTYPE)
            got = d("untar", path=str(archive))
            if bad:
                s.check((kind, bad, got), "error" in got, True)
            else:
                s.check(kind, {f["path"]: f["digest"] for f in got.get("files", [])}, want)


def judge_elf(d, s, r, n):
    from elftools.elf.dynamic import DynamicSection
    from elftools.elf.elffile import ELFFile
    import sysconfig
    paths = []
    for folder in (sysconfig.get_config_var("DESTSHARED"), "/usr/lib/x86_64-linux-gnu", "/usr/bin", "/lib/aarch64-linux-gnu"):
        if folder and os.path.isdir(folder):
            found = [os.path.join(folder, f) for f in sorted(os.listdir(folder))]
            found = [f for f in found if os.path.isfile(f) and not os.path.islink(f) and open(f, "rb").read(4) == b"\x7fELF"]
            paths += r.sample(found, min(len(found), max(10, n // 40)))
    for path in paths:
        got = d("elf", path=path)
        with open(path, "rb") as handle:
            elf = ELFFile(handle)
            dynamic = elf.get_section_by_name(".dynamic")
            if not isinstance(dynamic, DynamicSection):
                continue
            needed = [t.needed for t in dynamic.iter_tags("DT_NEEDED")]
            s.check(path, got.get("needed"), needed)
            symbols = elf.get_section_by_name(".dynsym")
            undefined = sorted(x.name for x in symbols.iter_symbols() if x.name and x["st_shndx"] == "SHN_UNDEF")
            s.check((path, "undefined"), sorted(x.split("@")[0] for x in got["undefined"]), undefined)
            exported = sorted(x.name for x in symbols.iter_symbols() if x.name and x["st_shndx"] != "SHN_UNDEF"
                              and x["st_info"]["bind"] != "STB_LOCAL" and x["st_other"]["visibility"] in ("STV_DEFAULT", "STV_PROTECTED"))
            s.check((path, "exported"), sorted(x.split("@")[0] for x in got["exported"]), exported)
            versions = elf.get_section_by_name(".gnu.version_r")
            needs = {}
            if versions is not None:
                for verneed, auxes in versions.iter_versions():
                    needs.setdefault(verneed.name, set()).update(a.name for a in auxes)
            s.check((path, "versions"), {k: set(v) for k, v in (got["needs"] or {}).items()}, needs)
    for _ in range(n):  # broken bytes never crash the driver
        if not paths:
            break
        data = bytearray(open(r.choice(paths), "rb").read(20000))
        for _ in range(r.randrange(1, 20)):
            data[r.randrange(min(len(data), 4000))] = r.randrange(256)
        with tempfile.NamedTemporaryFile() as f:
            f.write(data[:r.choice([60, 200, 5000, 20000])])
            f.flush()
            s.check("broken", isinstance(d("elf", path=f.name), dict), True)


def judge_manylinux(d, s, r, n):
    record = probe(d, sys.executable)
    cxx = '#include <Python.h>\n#include <ctime>\n#include <string>\n#include <stdexcept>\n' \
          'static PyModuleDef def = {PyModuleDef_HEAD_INIT, "core", 0, -1, 0};\n' \
          'extern "C" PyMODINIT_FUNC PyInit_core(void) { std::string s(40, (char)time(0)); ' \
          'if (s[0] == 1) throw std::runtime_error(s); return PyModule_Create(&def); }\n'
    cases = [("plain", (), None), ("c++", ("-lstdc++",), cxx),
             ("z", ("-Wl,--no-as-needed", "-l:libz.so.1"), None), ("ssl", ("-Wl,--no-as-needed", "-l:libssl.so.3"), None),
             ("thread", ("-pthread",),
              '#include <Python.h>\n#include <pthread.h>\nstatic struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "core", 0, -1, 0};\n'
              'static void *f(void *p) { return p; }\nPyMODINIT_FUNC PyInit_core(void) { pthread_t t; pthread_create(&t, 0, f, 0); '
              'pthread_join(t, 0); return PyModule_Create(&def); }\n')]
    tags = d("tags", interpreter=record, abi="version", platforms=[])["text"]
    for name, flags, source in cases:
        with tempfile.TemporaryDirectory() as folder:
            base = pathlib.Path(folder)
            (base / "pyproject.toml").write_text('[project]\nname = "many"\nversion = "1"\n')
            try:
                module = compile_module(base, flags=flags, source=source)
            except subprocess.CalledProcessError:
                print(f"note: the case {name} cannot be compiled here")
                continue
            wheel = d("wheel", directory=folder, tags=tags, scripts=[], out=folder,
                      files=[{"path": "many/" + module.name, "host_path": str(module)}, {"path": "many/__init__.py", "bytes": ""}])["path"]
            mine = d("elf", path=str(module))["platforms"][0]
            done = subprocess.run([sys.executable, "-m", "auditwheel", "show", "--json", wheel], capture_output=True, text=True)
            theirs = json.loads(done.stdout)["overall_tag"]
            theirs = "linux_x86_64" if theirs == "linux" else theirs
            s.check((name, done.stdout), mine, theirs)


def judge_gitignore(d, s, r, n):
    names = ["a", "b", "foo", "bar", "x.c", "y.py", "a b", "#h", "!i", "back", "é", "[z]", "build", "doc.txt", "ab"]
    pieces = ["a", "b", "foo", "bar", "*.c", "*.py", "*", "?", "**", "[ab]", "[!a]", "f*", "*o", "a b", "build", "x.?", "[a-f]*", "\\#h",
              "\\!i", "doc.*", "**b", "a**", "[[:alpha:]]", "[]x]", "é", "\\[z]", "ab", "[^b]*", "*.t?t", "fo\\o"]

    def pattern():
        parts = [r.choice(pieces) for _ in range(r.choice([1, 1, 1, 2, 2, 3]))]
        out = "/".join(parts)
        out = r.choice(["", "", "", "!"]) + r.choice(["", "", "/"]) + out + r.choice(["", "", "/", " ", "\\ ", "  "])
        return r.choice([out] * 12 + ["# comment", "", "!", "/", "foo\r", "a/", "**/", "/**", "[a", "\\", "a\\"])

    for case in range(max(4, n // 40)):
        with tempfile.TemporaryDirectory() as folder:
            base = pathlib.Path(folder)
            subprocess.run(["git", "init", "-q", folder], check=True)
            directories = [""]
            for _ in range(r.randrange(2, 10)):
                directories.append(os.path.join(r.choice(directories), r.choice(names)))
            for directory in directories:
                (base / directory).mkdir(parents=True, exist_ok=True)
            for _ in range(r.randrange(10, 50)):
                path = base / r.choice(directories) / r.choice(names)
                if not path.exists():
                    path.write_text("")
            for directory in r.sample(directories, min(len(directories), r.randrange(1, 4))):
                (base / directory / ".gitignore").write_text("\n".join(pattern() for _ in range(r.randrange(1, 8))) + r.choice(["\n", ""]))
            if r.random() < 0.3:
                (base / ".git/info/exclude").write_text(pattern() + "\n")
            paths = []
            for top, dirs, files in os.walk(base):
                if ".git" in dirs:
                    dirs.remove(".git")
                for entry in dirs + files:
                    full = os.path.join(top, entry)
                    paths.append({"path": os.path.relpath(full, base), "directory": os.path.isdir(full)})
            done = subprocess.run(["git", "-c", "core.excludesFile=/dev/null", "check-ignore", "--no-index", "-z", "--stdin"], cwd=base,
                                  input="\0".join(p["path"] for p in paths).encode(), capture_output=True)
            ignored = set(done.stdout.decode().split("\0"))
            got = d("gitignore", root=folder, paths=paths)
            rules = {str(f.relative_to(base)): f.read_text() for f in base.rglob(".gitignore")}
            for path, answer in zip(paths, got["ignored"]):
                s.check((path, rules), answer, path["path"] in ignored)
            done = subprocess.run(["git", "-c", "core.excludesFile=/dev/null", "-c", "core.quotePath=false", "ls-files", "-z", "--others",
                                   "--exclude-standard"], cwd=base, capture_output=True)
            s.check(("list", rules), sorted(got["listed"]), sorted(x for x in done.stdout.decode().split("\0") if x))


def judge_discovery(d, s, r, n):
    def tree(folder, paths):
        for path in paths:
            full = pathlib.Path(folder, path)
            full.parent.mkdir(parents=True, exist_ok=True)
            full.write_text("")
    cases = [
        ("flat", "my-pkg", ["my_pkg/__init__.py", "my_pkg/a.py", "my_pkg/x.so", "my_pkg/d.txt", "tests/__init__.py"], {},
         {"files": ["my_pkg/__init__.py", "my_pkg/a.py"], "stale": ["my_pkg/x.so"]}),
        ("src", "My.Pkg", ["src/my_pkg/__init__.py", "src/my_pkg/py.typed", "src/my_pkg/s.pyi"], {},
         {"files": ["my_pkg/__init__.py", "my_pkg/py.typed", "my_pkg/s.pyi"], "packages": ["src/my_pkg"]}),
        ("module", "tool", ["tool.py", "setup.py", "other.py"], {}, {"files": ["tool.py"]}),
        ("both", "p", ["p/__init__.py", "src/p/__init__.py"], {}, {"error": "several packages"}),
        ("none", "p", ["q/__init__.py", "r.py"], {}, {"error": "found: q, r.py"}),
        ("empty", "p", ["README"], {}, {"error": "no Python package"}),
        ("built only", "p", ["src/lib.rs"], {"produced": ["p.abi3.so"]}, {"files": []}),
        ("include", "p", ["p/__init__.py", "p/a.pyx", "p/b.pxd", "p/c.txt"], {"include": ["**/*.pyx", "p/c.txt"], "exclude": []},
         {"files": ["p/__init__.py", "p/a.pyx", "p/c.txt"]}),
        ("include nothing", "p", ["p/__init__.py"], {"include": ["p/no.txt"]}, {"error": "matches no file"}),
        ("exclude", "p", ["p/__init__.py", "p/tests/t.py"], {"exclude": ["p/tests"]}, {"files": ["p/__init__.py"]}),
        ("namespace", "google-cloud-x", ["google/cloud/x/__init__.py"], {}, {"files": ["google/cloud/x/__init__.py"]}),
        ("python root", "p", ["python/p/__init__.py"], {"packages": ["python/p"]}, {"files": ["p/__init__.py"]}),
        ("told root", "q", ["lib/a/b/c.py"], {"packages": ["lib:a/b"]}, {"files": ["a/b/c.py"]}),
        ("missing", "p", ["src/p/__init__.py"], {"packages": ["p"]}, {"error": "no package or module"}),
        ("inside", "p", ["p/__init__.py", "p/q/__init__.py"], {"packages": ["p", "p/q"]}, {"error": "inside"}),
    ]
    for what, name, paths, config, want in cases:
        with tempfile.TemporaryDirectory() as folder:
            tree(folder, paths)
            got = d("discover", root=folder, name=name, **config)
            if "error" in want:
                s.check((what, got), want["error"] in got.get("error", ""), True)
            else:
                for key, value in want.items():
                    s.check((what, key, got), got.get(key), value)


JUDGES = [judge_versions, judge_specifiers, judge_markers, judge_requirements, judge_licenses, judge_metadata, judge_bad_projects,
          judge_tags, judge_wheels, judge_sdists, judge_elf, judge_manylinux, judge_gitignore, judge_discovery]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--only")
    parser.add_argument("--venv", default=str(ROOT / "build" / "judges-venv"))
    options = parser.parse_args()
    ensure_tools(options.venv)
    driver, total, bad = Driver(options.driver), 0, 0
    for judge in JUDGES:
        name = judge.__name__[6:]
        if options.only and options.only != name:
            continue
        score = Score()
        score.name = name
        judge(driver, score, random.Random(f"{options.seed} {name}"), options.cases)
        print(f"{name}: {score.passed} passed, {score.failed} failed", flush=True)
        total += score.passed
        bad += score.failed
    print(f"{total} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
