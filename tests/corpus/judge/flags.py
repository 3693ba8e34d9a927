"""Flags: finds the C and rustc commands in build logs and compares what decides the code they generate."""
# SPDX-License-Identifier: MIT
#
# Input is text: setuptools' and cargo's verbose output, Cermet's --verbose output, a Chrome trace. Left out of the
# comparison is what must differ: places (mapped prefixes, outputs, depfiles, search paths of this machine), rustc's
# metadata hashes and message formats. Differences are sentences; the list is sorted by module.
import collections
import json
import os
import re
import shlex
import shutil

_C_COMPILER = re.compile(r"(?:.*-)?(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+)(?:-[\d.]+)?$")
_C_SOURCE = re.compile(r".*\.(c|cc|cpp|cxx|C)$")
_WITH_VALUE = {"-o", "-MF", "-MT", "-MQ", "-x"}
_PLACES = re.compile(r"-f(file|debug|macro|profile|coverage)-(prefix-map|compilation-dir)=|-M[DMPFTQ]*$")
_HARMLESS_C = re.compile(r"-(pipe|fdiagnostics-.*|fno-diagnostics-.*)$")
_RUST_IGNORED = {"metadata", "extra-filename", "incremental", "linker", "save-temps"}


def commands_in(text):
    """argv lists of every compiler command that a log shows."""
    found = []
    for line in text.splitlines():
        line = line.strip()
        running = re.match(r"Running `(.*)`$", line)
        line = running.group(1) if running else line.lstrip("$+ ").strip()
        if not re.search(r"\s-", line) or not re.search(r"gcc|g\+\+|\bcc\b|clang|rustc", line):
            continue
        try:
            argv = shlex.split(line)
        except ValueError:
            continue
        found.append(argv)
    return [argv for argv in map(_without_environment, found) if _is_compiler(argv)]


def commands_in_trace(file):
    """argv lists in a Chrome trace: any "argv" or "command" below an event's args."""
    try:
        with open(file, encoding="utf-8") as stream:
            data = json.load(stream)
    except (OSError, ValueError):
        return []
    events = data.get("traceEvents", []) if isinstance(data, dict) else data
    found = []
    for event in events:
        args = event.get("args") if isinstance(event, dict) else None
        for name in ("argv", "command"):
            value = args.get(name) if isinstance(args, dict) else None
            if isinstance(value, list):
                found.append([str(word) for word in value])
            elif isinstance(value, str):
                try:
                    found.append(shlex.split(value))
                except ValueError:
                    pass
    return [argv for argv in map(_without_environment, found) if _is_compiler(argv)]


def _without_environment(argv):
    """argv after `cd x &&`, `env`, `NAME=value` and a launcher's `--`."""
    while argv:
        first = os.path.basename(argv[0])
        if first == "cd" and "&&" in argv:
            argv = argv[argv.index("&&") + 1:]
        elif re.match(r"[A-Za-z_]\w*=", argv[0]):
            argv = argv[1:]
        elif first == "env":
            argv = argv[1:]
            while argv and argv[0] == "-i":
                argv = argv[1:]
        else:
            break
    return argv


def _is_compiler(argv):
    if not argv:
        return False
    name = os.path.basename(argv[0])
    return name == "rustc" or bool(_C_COMPILER.match(name))


def _expand(argv):
    words = []
    for word in argv:
        if word.startswith("@") and os.path.isfile(word[1:]):
            with open(word[1:], encoding="utf-8") as file:
                words += shlex.split(file.read())
        else:
            words.append(word)
    return words


def _include_role(directory):
    """What an include directory is, wherever it lies: "numpy/_core/include", "python", or "" (of this project)."""
    directory = directory.rstrip("/")
    if re.search(r"/include/python3\.\d+t?$", directory):
        return "python"
    match = re.search(r"(?:site|dist)-packages/(.+)$", directory)
    match = match or re.search(r"/cermet/pkg/[^/]+/(.+)$", directory)
    match = match or re.search(r"/((?:[^/]+/)?_?core/include)$", directory)
    return match.group(1) if match else ""


def c_compiles(commands):
    """Stem of the C file -> list of (flags, includes, compiler) of its compilations."""
    result = collections.defaultdict(list)
    for argv in commands:
        if os.path.basename(argv[0]) == "rustc" or "-c" not in argv:
            continue
        flags, includes, sources, words = [], [], [], iter(_expand(argv)[1:])
        for word in words:
            if word in _WITH_VALUE:
                value = next(words, "")
                if word == "-x":
                    flags.append("-x" + value)
            elif word in ("-I", "-isystem", "-iquote"):
                includes.append(_include_role(next(words, "")))
            elif word.startswith("-I"):
                includes.append(_include_role(word[2:]))
            elif word in ("-D", "-U"):
                flags.append(word + next(words, ""))
            elif _C_SOURCE.match(word) and not word.startswith("-"):
                sources.append(word)
            elif word == "-c" or _PLACES.match(word) or _HARMLESS_C.match(word):
                continue
            else:
                flags.append(word)
        for source in sources:
            stem = os.path.splitext(os.path.basename(source))[0]
            result[stem].append((flags, sorted(set(filter(None, includes))), argv[0]))
    return result


def compare_c(upstream, ours, modules):
    """Differences in C flags of the named modules (dotted names)."""
    theirs, mine = c_compiles(upstream), c_compiles(ours)
    differences = []
    for module in sorted(modules):
        stem = module.rpartition(".")[2]
        if not theirs.get(stem):
            differences.append(f"{module}: no C compilation in upstream's log")
        elif not mine.get(stem):
            differences.append(f"{module}: no C compilation in Cermet's log or trace")
        else:
            differences += _compare_flags(module, theirs[stem], mine[stem])
    return differences


def _compare_flags(module, theirs, mine):
    order = lambda run: (run[0], run[1])
    if len(theirs) != len(mine):
        return [f"{module}: {len(theirs)} C compilations upstream, {len(mine)} here"]
    return [d for pair in zip(sorted(theirs, key=order), sorted(mine, key=order)) for d in _compare_run(module, *pair)]


def _compare_run(module, theirs, mine):
    (a, a_includes, a_cc), (b, b_includes, b_cc) = theirs, mine
    lost = [f for f in a if f not in b]
    extra = [f for f in b if f not in a]
    found = []
    if lost or extra:
        found.append(f"{module}: C flags missing {shlex.join(lost)!r}, added {shlex.join(extra)!r}")
    elif _effective(a) != _effective(b):
        found.append(f"{module}: C flags in another order: {shlex.join(a)} against {shlex.join(b)}")
    missing = [i for i in a_includes if i not in b_includes]
    if missing:
        found.append(f"{module}: include directories missing: {', '.join(missing)}")
    if _tool(a_cc) != _tool(b_cc):
        found.append(f"{module}: compiled with {a_cc} upstream and {b_cc} here")
    return found


def _effective(flags):
    """Flags with a repeated one counted once, where it stands last."""
    return list(reversed(dict.fromkeys(reversed(flags))))


def _tool(name):
    found = shutil.which(name) or shutil.which(os.path.basename(name))
    return os.path.basename(os.path.realpath(found)) if found else os.path.basename(name)


def rust_units(commands):
    """(crate name, version or "", kind) -> list of what decides the code."""
    units = collections.defaultdict(list)
    for argv in commands:
        if os.path.basename(argv[0]) != "rustc":
            continue
        words = _expand(argv)[1:]
        unit = {"C": {}, "cfg": [], "l": [], "edition": "2015"}
        name, kind, source, test = "", [], "", False
        i = 0
        while i < len(words):
            word, value, step = _rust_option(words, i)
            i += step
            if word == "--crate-name":
                name = value
            elif word == "--crate-type":
                kind += value.split(",")
            elif word == "--edition":
                unit["edition"] = value
            elif word == "--cfg":
                unit["cfg"].append(value)
            elif word == "-l":
                unit["l"].append(value)
            elif word in ("-C", "--codegen"):
                key, _, setting = value.partition("=")
                key = key.replace("_", "-")
                if key not in _RUST_IGNORED and not key.startswith("link-arg"):
                    unit["C"][key] = setting
            elif word == "-O":
                unit["C"]["opt-level"] = "3"
            elif word == "-g":
                unit["C"]["debuginfo"] = "2"
            elif word == "--test":
                test = True
            elif not word.startswith("-") and word.endswith(".rs"):
                source = word
        if not name or not source or test:
            continue  # rustc -vV, --print: questions, not compilations
        unit["cfg"].sort()
        unit["l"].sort()
        units[(name, _package(source), "+".join(sorted(kind)) or "bin")].append(unit)
    return units


_RUST_VALUES = ("--crate-name", "--crate-type", "--edition", "--cfg", "--check-cfg", "--codegen", "--extern",
                "--out-dir", "--target", "--emit", "--cap-lints", "--error-format", "--json", "--remap-path-prefix",
                "--color", "--sysroot", "--warn", "--allow", "--deny", "--forbid", "--print")


def _rust_option(words, i):
    """(option, value, how many words it took)."""
    word = words[i]
    after = words[i + 1] if i + 1 < len(words) else ""
    if word.startswith("--") and "=" in word:
        option, _, value = word.partition("=")
        return option, value, 1
    if word in _RUST_VALUES:
        return word, after, 2
    if re.match(r"-[CLlWADFoZ]", word):
        return (word, after, 2) if len(word) == 2 else (word[:2], word[2:], 1)
    return word, "", 1


def _package(source):
    """The package directory's name of a registry crate's source, "" for the project's own."""
    match = re.search(r"/registry/src/[^/]+/([^/]+)/", source) or re.search(
        r"/cermet/pkg/([^/]+)/", source) or re.search(r"/([A-Za-z][\w-]*-\d+\.\d+\.\d+[^/]*)/(?:.*/)?[^/]+\.rs$", source)
    return match.group(1) if match else ""


def _match_packages(upstream, ours):
    """Renames our package places ("crate-pyo3-0.26.0-1a2b3c4d") to upstream's ("pyo3-0.26.0")."""
    names = sorted({package for _, package, _ in upstream if package}, key=len, reverse=True)
    renamed = collections.defaultdict(list)
    for (name, package, kind), units in ours.items():
        bare = re.sub(r"-[0-9a-f]{8}$", "", package)
        same = next((n for n in names if bare == n or bare.endswith("-" + n)), bare)
        renamed[(name, same, kind)] += units
    return renamed


def compare_rust(upstream, ours):
    """Differences in edition, features, cfg and code generation options of every crate compiled."""
    theirs = rust_units(upstream)
    mine = _match_packages(theirs, rust_units(ours))
    differences = []
    for key in sorted(theirs.keys() | mine.keys()):
        label = f"rustc {key[1] or key[0]} ({key[0]}, {key[2]})"
        a, b = theirs.get(key, []), mine.get(key, [])
        if not b:
            differences.append(f"{label}: not compiled here")
        elif not a:
            differences.append(f"{label}: not compiled upstream")
        else:
            differences += _compare_units(label, a, b)
    return differences


def _compare_units(label, a, b):
    order = lambda unit: json.dumps(unit, sort_keys=True)
    a, b = sorted(a, key=order), sorted(b, key=order)
    if len(a) != len(b):
        return [f"{label}: compiled {len(a)} times upstream, {len(b)} times here"]
    found = []
    for left, right in zip(a, b):
        for part in left:
            if left[part] != right[part]:
                found.append(f"{label}: {part} {left[part]} upstream, {right[part]} here")
    return found
