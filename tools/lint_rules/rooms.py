"""Rooms: who may include whom, what headers may include, third-party headers behind one door, the one source list."""
# SPDX-License-Identifier: MIT
import re
from typing import Dict, Iterator, List, Optional, Set, Tuple

from .source import Finding, Source

# room -> number; a room includes only rooms with a lower number, and itself
NUMBERS: Dict[str, int] = {
    "base": 0,
    "platform": 1,
    "engine": 1,
    "facts": 1,
    "options": 2,
    "store": 2,
    "exec": 3,
    "fetch": 4,
    "talk": 5,
    "languages/c": 6,
    "languages/cython": 6,
    "languages/rust": 6,
    "languages/python": 6,
    "report": 6,
    "cli": 7,
}
# language -> languages whose public header it may include
LANGUAGES: Dict[str, Set[str]] = {
    "languages/cython": {"languages/c"},
    "languages/rust": {"languages/c"},  # rustc links with the C toolchain, and build scripts are told of it
    "languages/python": {"languages/c", "languages/cython", "languages/rust"},
}

# What a header may include of the standard library; the rest costs every file tens of thousands of lines.
STD_IN_HEADERS = set(
    "array atomic bit chrono compare concepts condition_variable coroutine cstddef cstdint cstring deque "
    "initializer_list limits list map memory mutex new optional set span string string_view thread tuple type_traits "
    "unordered_map unordered_set utility variant vector".split()
)
# Third-party headers: each is included by exactly one .cpp of ours.
THIRD_PARTY = re.compile(r"^(toml\+\+/|nlohmann/|CLI/|fmt/|xxhash|libdeflate|doctest/)")


def room_of(path: str) -> Optional[str]:
    """src/languages/rust/units/x.h -> languages/rust; None outside of the rooms."""
    parts = path.split("/")
    if parts[0] != "src" or len(parts) < 3:
        return None
    if parts[1] == "languages":
        return "/".join(parts[1:3]) if len(parts) > 3 else None
    return parts[1]


def public_header(room: str) -> str:
    """languages/rust/rust.h: what other languages may include of a language."""
    return f"{room}/{room.rsplit('/', 1)[-1]}.h"


def check(source: Source) -> Iterator[Finding]:
    room = room_of(source.path)
    if room is None:
        if source.path.startswith("src/") and source.path != "src/all.cpp":
            yield Finding(source.path, 1, "room-order", "this file lies in no room")
        return
    if room not in NUMBERS:
        yield Finding(source.path, 1, "room-order", f"{room} is no room")
        return
    for line, quote, name in source.includes:
        if quote == '"':
            yield from _ours(source, room, line, name)
        elif source.is_header and not source.is_test:
            yield from _in_header(source, line, name)


def _ours(source: Source, room: str, line: int, name: str) -> Iterator[Finding]:
    other = room_of("src/" + name)
    if name.endswith(".cpp"):
        yield Finding(source.path, line, "room-order", "only src/all.cpp includes a .cpp")
    elif other is None or other not in NUMBERS:
        yield Finding(source.path, line, "room-order", f'"{name}": includes are written from src/, room first')
    elif other == room:
        return
    elif room.startswith("languages/") and other.startswith("languages/"):
        if other not in LANGUAGES.get(room, set()):
            yield Finding(source.path, line, "room-order", f"{room} must not know {other}")
        elif name != public_header(other):
            yield Finding(
                source.path, line, "language-private", f"of {other} only {public_header(other)} may be included"
            )
    elif NUMBERS[other] >= NUMBERS[room]:
        yield Finding(
            source.path, line, "room-order", f"{room} ({NUMBERS[room]}) must not include {other} ({NUMBERS[other]})"
        )


def _in_header(source: Source, line: int, name: str) -> Iterator[Finding]:
    if THIRD_PARTY.match(name) or "/" in name or name.endswith(".h"):
        yield Finding(source.path, line, "header-include", f"<{name}> belongs into one .cpp, not into a header")
    elif name not in STD_IN_HEADERS:
        yield Finding(source.path, line, "header-include", f"<{name}> is too heavy for a header")


def check_third_party(sources: List[Source]) -> Iterator[Finding]:
    """Each third-party header has one door."""
    doors: Dict[str, List[Tuple[str, int]]] = {}
    for source in sources:
        if source.is_test or not source.path.startswith("src/"):
            continue
        for line, quote, name in source.includes:
            if quote == "<" and THIRD_PARTY.match(name) and not name.startswith("doctest/"):
                doors.setdefault(name.split("/")[0], []).append((source.path, line))
    for name, places in doors.items():
        first = sorted(places)[0][0]
        for path, line in sorted(places):
            if path != first:
                yield Finding(path, line, "third-party", f"<{name}> has its door in {first} already")


def check_all_cpp(all_cpp: Source, sources: List[str]) -> Iterator[Finding]:
    """src/all.cpp lists every non-test .cpp of src once, lower rooms first."""
    listed: Dict[str, int] = {}
    highest = (0, "")
    for line, quote, name in all_cpp.includes:
        if quote != '"' or not name.endswith(".cpp"):
            continue
        if name in listed:
            yield Finding(all_cpp.path, line, "all-cpp", f"{name} is listed twice")
        listed[name] = line
        room = room_of("src/" + name)
        if room in NUMBERS:
            if NUMBERS[room] < highest[0]:
                yield Finding(all_cpp.path, line, "all-cpp", f"{name} stands after room {highest[1]}")
            highest = max(highest, (NUMBERS[room], room))
    wanted = {path[len("src/") :] for path in sources if _belongs(path)}
    for name in sorted(wanted - set(listed)):
        yield Finding("src/" + name, 1, "all-cpp", "not listed in src/all.cpp")
    for name in sorted(set(listed) - wanted):
        yield Finding(all_cpp.path, listed[name], "all-cpp", f"{name} does not exist")


def _belongs(path: str) -> bool:
    return (
        path.startswith("src/")
        and path.endswith(".cpp")
        and not path.endswith("_test.cpp")
        and path != "src/all.cpp"
    )
