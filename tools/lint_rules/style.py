"""First lines, size budgets, triple literals, exceptions, names of one machine."""
# SPDX-License-Identifier: MIT
import re
from typing import Iterator

from .source import Finding, Source, functions

FILE_SOFT, FILE_HARD = 400, 800
FUNCTION_SOFT, FUNCTION_HARD = 40, 80

_CPU = r"(?:x86_64|amd64|i[3-6]86|aarch64|arm64|arm(?:v\d\w*)?|thumb\w+|riscv\d+\w*|powerpc\w*|ppc64\w*|s390x|mips\w*|wasm32|loongarch64)"
_REST = r"(?:unknown|pc|apple|none|linux|windows|uwp|fortanix|sun|ibm|wasi|darwin|macos|gnu|musl)"
_TRIPLE = re.compile(rf"(?<![\w-]){_CPU}-{_REST}(?:-\w+)*")
_SPDX = "SPDX-License-Identifier: MIT"
# Files that must catch what a third-party parser throws say so by including it.
_THROWERS = re.compile(r"^(toml\+\+/|nlohmann/|CLI/|fmt/)")


def check(source: Source) -> Iterator[Finding]:
    yield from _first_lines(source)
    yield from _sizes(source)
    yield from _triples(source)
    yield from _exceptions(source)
    for line in source.bare_allows:
        yield Finding(source.path, line, "allow-reason", "a permission names its reason")


def _first_lines(source: Source) -> Iterator[Finding]:
    first = source.lines[0]
    if not first.startswith("// ") or len(first) < 24 or _SPDX in first:
        yield Finding(source.path, 1, "first-line", "line 1 says in one sentence what the file is for")
    if len(source.lines) < 2 or source.lines[1] != "// " + _SPDX:
        yield Finding(source.path, 2, "first-line", f"line 2 is `// {_SPDX}`")


def _sizes(source: Source) -> Iterator[Finding]:
    count = len(source.lines) - (1 if source.lines[-1] == "" else 0)
    soft = source.is_test  # a test file may grow; its cases stay readable one by one
    if count > FILE_HARD:
        yield Finding(source.path, count, "file-size", f"{count} lines, more than {FILE_HARD}", soft)
    elif count > FILE_SOFT:
        yield Finding(source.path, count, "file-size", f"{count} lines, more than {FILE_SOFT}", True)
    for body in functions(source.tokens):
        size = source.tokens[body.close].line - source.tokens[body.open].line + 1
        line = source.tokens[body.open].line
        if size > FUNCTION_HARD:
            yield Finding(source.path, line, "function-size", f"{body.name}: {size} lines, more than {FUNCTION_HARD}", soft)
        elif size > FUNCTION_SOFT:
            yield Finding(source.path, line, "function-size", f"{body.name}: {size} lines, more than {FUNCTION_SOFT}", True)


def _triples(source: Source) -> Iterator[Finding]:
    if source.is_test or source.path.startswith("src/platform/"):
        return
    for line, text in source.strings:
        match = _TRIPLE.search(text)
        if match:
            yield Finding(source.path, line, "triple", f"{match.group()}: only platform/ knows triples")


def _exceptions(source: Source) -> Iterator[Finding]:
    if source.is_test:
        return
    may_catch = any(quote == "<" and _THROWERS.match(name) for _, quote, name in source.includes)
    for token in source.tokens:
        if token.text == "throw":
            yield Finding(source.path, token.line, "throw", "errors are values")
        elif token.text in ("try", "catch") and not may_catch:
            yield Finding(source.path, token.line, "throw", "only the .cpp around a third-party parser catches")
