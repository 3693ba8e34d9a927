"""Wheels: compares upstream's wheel with Cermet's: modules, files, METADATA, entry points, tags."""
# SPDX-License-Identifier: MIT
#
# Each check gives (differences, notices): differences fail the judge, notices are shown once. `packaging` reads the
# metadata; everything else is the standard library. Knows nothing of how the wheels were made.
import configparser
import fnmatch
import re
import runpy
import tempfile
import tomllib
import zipfile

NATIVE = (".so", ".pyd", ".dylib", ".dll")
OPTIONS = "cermet-overrides.toml"  # only in wheels of ours that were built with more than their files say
MADE_BY_CYTHON = (".c", ".cpp", ".html")


class Wheel:
    """A wheel's files, split into payload and .dist-info."""

    def __init__(self, path):
        self.path = str(path)
        with zipfile.ZipFile(path) as archive:
            files = {n: archive.read(n) for n in archive.namelist() if not n.endswith("/")}
        infos = {n.split("/")[0] for n in files if n.split("/")[0].endswith(".dist-info")}
        self.info_name = infos.pop() if len(infos) == 1 else ""
        prefix = self.info_name + "/"
        self.info = {n[len(prefix):]: b for n, b in files.items() if n.startswith(prefix)}
        self.files = {n: b for n, b in files.items() if not n.startswith(prefix)}
        if not self.info_name or "METADATA" not in self.info or "WHEEL" not in self.info:
            raise ValueError(f"{path}: no .dist-info with METADATA and WHEEL")

    def natives(self):
        return {n for n in self.files if n.endswith(NATIVE)}

    def modules(self, left_out=()):
        """Dotted module name -> native file."""
        return {module_of(n): n for n in sorted(self.natives() - set(left_out))}


def module_of(path):
    head, _, name = path.rpartition("/")
    return ".".join(filter(None, [head.replace("/", "."), name.split(".")[0]]))


def stale_natives(wheel, sources):
    """Native files of a wheel that were not built: they lie in the sdist with the same bytes."""
    return sorted(n for n in wheel.natives() if sources.get(n) == wheel.files[n])


def cython_output(wheel):
    """Generated C and annotation pages lying beside the Cython source they were made of."""
    stems = {n.rsplit(".", 1)[0] for n in wheel.files if n.endswith((".pyx", ".pxi"))}
    return sorted(n for n in wheel.files if n.endswith(MADE_BY_CYTHON) and n.rsplit(".", 1)[0] in stems)


def compare_modules(upstream, ours, entry, expected, sources):
    differences, notices = [], []
    stale = stale_natives(upstream, sources) if "stale-native" in entry.left_out else []
    if stale:
        notices.append(f"left out: {len(stale)} stale native files that upstream's sdist and wheel carry, "
                       f"{stale[0]} …")
    theirs, mine = upstream.modules(stale), ours.modules()
    for name in stale_natives(ours, sources):
        differences.append(f"module: {name} was not built, it lay in the sources")
    for name in sorted(expected - theirs.keys()):
        differences.append(f"module: upstream's wheel lacks {name}, which entry.toml expects")
    for name in sorted(theirs.keys() - mine.keys()):
        differences.append(f"module: {name} is missing")
    for name in sorted(mine.keys() - theirs.keys()):
        differences.append(f"module: {name} ({mine[name]}) is in Cermet's wheel only")
    for name in sorted(theirs.keys() & mine.keys()):
        a, b = (f.rpartition("/")[2].split(".", 1)[1] for f in (theirs[name], mine[name]))
        if a != b and name in entry.modules.get("abi3", []) and b.startswith("abi3."):
            notices.append(f"module: {name} is named .{b} here and .{a} upstream (abi3 either way)")
        elif a != b:
            differences.append(f"module: {name} is named .{b}, upstream .{a}")
    if len(mine) != len(ours.natives()):
        differences.append("module: one module is built twice under two suffixes")
    return differences, notices


def _version_in(data):
    with tempfile.NamedTemporaryFile(suffix=".py") as file:
        file.write(data)
        file.flush()
        return runpy.run_path(file.name).get("__version__")


def _recorded(wheel):
    """What a wheel of ours says it was built with: variables, and paths of options as they are."""
    table = tomllib.loads(wheel.info.get(OPTIONS, b"").decode())
    return set(table.get("env", {}).get("set", {})) | (set(table) - {"record", "env"})


def compare_files(upstream, ours, entry, sources):
    differences, notices = [], []
    skipped = set(upstream.natives())
    if "cython-output" in entry.left_out:
        made = cython_output(upstream)
        skipped |= set(made)
        if made:
            notices.append(f"left out: {len(made)} files that Cython wrote beside its sources upstream, {made[0]} …")
    theirs = {n: b for n, b in upstream.files.items() if n not in skipped}
    mine = {n: b for n, b in ours.files.items() if not n.endswith(NATIVE)}
    differences += [f"file: {n} is missing" for n in sorted(theirs.keys() - mine.keys())]
    differences += [f"file: {n} is in Cermet's wheel only" for n in sorted(mine.keys() - theirs.keys())]
    for name in sorted(theirs.keys() & mine.keys()):
        if theirs[name] == mine[name]:
            continue
        rule = next((p for p in entry.content_differs if fnmatch.fnmatch(name, p)), None)
        if rule is None:
            differences.append(f"file: {name} has other bytes")
            continue
        a, b = _version_in(theirs[name]), _version_in(mine[name])
        if a != b:
            differences.append(f"file: {name} says version {b}, upstream {a}")
        else:
            notices.append(f"{name} has other bytes: {entry.content_differs[rule]}")
    infos = [set(w.info) - {"RECORD", "top_level.txt", OPTIONS} for w in (upstream, ours)]
    recorded, given = _recorded(ours), entry.given()
    if recorded != given:
        differences.append(f"dist-info: {OPTIONS} says {sorted(recorded) or 'nothing'}, and the build was given {sorted(given) or 'nothing'}")
    elif given:
        notices.append(f"{OPTIONS} says that {', '.join(sorted(given))} were given")
    bills = sorted(n for n in infos[0] - infos[1] if n.startswith("sboms/"))
    if "sbom" in entry.left_out and bills:
        infos[0] -= set(bills)
        notices.append(f"left out: {', '.join(bills)}, which upstream's back end writes by itself (PEP 770 asks for none)")
    differences += [f"dist-info: {n} is missing" for n in sorted(infos[0] - infos[1])]
    differences += [f"dist-info: {n} is in Cermet's wheel only" for n in sorted(infos[1] - infos[0])]
    for name in sorted(n for n in infos[0] & infos[1] if n.startswith("licenses/")):
        if upstream.info[name] != ours.info[name]:
            differences.append(f"dist-info: {name} has other bytes")
    return differences, notices


def _normal(field, value):
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    if field == "requires_dist":
        return sorted(_requirement(Requirement(text)) for text in value)
    if field == "requires_python":
        return str(SpecifierSet(value))
    if field == "description":
        return value.rstrip("\n")
    if isinstance(value, list):
        return sorted(value)
    return value


def _requirement(requirement):
    from packaging.utils import canonicalize_name

    marker = str(requirement.marker or "")
    # A group of one needs no parentheses; both spellings mean the same.
    marker = re.sub(r"\(([^()]*)\)", lambda m: m[0] if re.search(r"\b(and|or)\b", m[1]) else m[1], marker)
    terms = sorted(marker.split(" and ")) if " or " not in marker else [marker]
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    where = f"@ {requirement.url}" if requirement.url else str(requirement.specifier)
    return f"{canonicalize_name(requirement.name)}{extras}{where}" + (f"; {' and '.join(terms)}" if marker else "")


def compare_metadata(upstream, ours, entry):
    from packaging.metadata import Metadata, parse_email

    differences, notices, parsed = [], [], []
    for who, wheel in (("upstream's", upstream), ("Cermet's", ours)):
        raw, unparsed = parse_email(wheel.info["METADATA"])
        if unparsed:
            differences.append(f"metadata: {who} METADATA has fields nobody knows: {sorted(unparsed)}")
        try:
            Metadata.from_email(wheel.info["METADATA"], validate=True)
        except Exception as error:  # an ExceptionGroup of InvalidMetadata
            reasons = "; ".join(str(e) for e in getattr(error, "exceptions", [error]))
            found = f"metadata: {who} METADATA is not valid: {reasons}"
            (differences if wheel is ours else notices).append(found)
        parsed.append(raw)
    theirs, mine = parsed
    for field in sorted(theirs.keys() | mine.keys()):
        a, b = (_normal(field, raw[field]) if field in raw else None for raw in (theirs, mine))
        if a == b:
            continue
        said = _field_difference(field, a, b)
        if field in entry.metadata_differs:
            notices.append(f"{said} ({entry.metadata_differs[field]})")
        else:
            differences.append(said)
    return differences, notices


def _field_difference(field, a, b):
    if isinstance(a, list) and isinstance(b, list):
        lost = [x for x in a if x not in b]
        added = [x for x in b if x not in a]
        return f"metadata: {field}: missing {lost}, added {added}"
    short = lambda value: repr(value) if len(repr(value)) < 120 else repr(value)[:117] + "…"
    return f"metadata: {field}: {short(b)}, upstream {short(a)}"


def _entry_points(wheel):
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str
    parser.read_string(wheel.info.get("entry_points.txt", b"").decode("utf-8"))
    squeeze = lambda text: re.sub(r"\s+", "", text)
    return {(s, k, squeeze(v)) for s in parser.sections() for k, v in parser.items(s)}


def compare_entry_points(upstream, ours):
    a, b = _entry_points(upstream), _entry_points(ours)
    show = lambda point: f"[{point[0]}] {point[1]} = {point[2]}"
    return ([f"entry point: {show(p)} is missing" for p in sorted(a - b)]
            + [f"entry point: {show(p)} is in Cermet's wheel only" for p in sorted(b - a)]), []


def _tags(wheel):
    text = wheel.info["WHEEL"].decode("utf-8")
    tags = re.findall(r"^Tag: *(\S+)", text, re.M)
    pure = re.search(r"^Root-Is-Purelib: *(\S+)", text, re.M)
    return {tuple(t.split("-", 2)) for t in tags}, pure.group(1).lower() if pure else ""


def _family(platform):
    """linux_x86_64 and manylinux_2_34_x86_64 are one family: the latter says more about the same machine."""
    match = re.match(r"(?:manylinux(?:_\d+_\d+|1|2010|2014)|linux)_(.+)$", platform)
    return "linux " + match.group(1) if match else platform


def compare_tags(upstream, ours, entry):
    (a, a_pure), (b, b_pure) = _tags(upstream), _tags(ours)
    differences, notices = [], []
    join = lambda tags: ".".join(sorted("-".join(t) for t in tags))
    if a != b:
        families = [{(t[0], t[1], _family(t[2])) for t in tags} for tags in (a, b)]
        # A back end may name a wheel for one Python though every module of it keeps to the stable ABI.
        stable = set(ours.modules()) == set(entry.modules.get("abi3", []))
        same_but_abi = {(t[0], "abi3" if t[1] == t[0] else t[1], t[2]) for t in families[0]} == families[1]
        if families[0] == families[1]:
            notices.append(f"tag: {join(b)}, upstream {join(a)}: the same interpreter, ABI and machine")
        elif stable and same_but_abi:
            notices.append(f"tag: {join(b)}, upstream {join(a)}: all modules are abi3, so later Pythons may use it too")
        else:
            differences.append(f"tag: {join(b)}, upstream {join(a)}")
    if a_pure != b_pure:
        differences.append(f"tag: Root-Is-Purelib {b_pure}, upstream {a_pure}")
    if ours.path.rpartition("/")[2].split("-")[:2] != upstream.path.rpartition("/")[2].split("-")[:2]:
        differences.append(f"tag: file name {ours.path.rpartition('/')[2]}, upstream {upstream.path.rpartition('/')[2]}")
    return differences, notices
