"""One file as the rules see it: text, tokens without comments, includes, string literals, permissions."""
# SPDX-License-Identifier: MIT
import re
from typing import Dict, List, NamedTuple, Optional, Set, Tuple


class Finding(NamedTuple):
    path: str
    line: int
    rule: str
    text: str
    soft: bool = False


class Token(NamedTuple):
    kind: str  # "word", "number", "string", "char", "sign"
    text: str
    line: int


_TOKEN = re.compile(
    r"""
    (?P<comment>//[^\n]*(?:\\\n[^\n]*)*|/\*.*?\*/)
  | (?P<raw>(?:u8|[uUL])?R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)")
  | (?P<string>(?:u8|[uUL])?"(?:\\.|[^"\\\n])*")
  | (?P<char>(?:u8|[uUL])?'(?:\\.|[^'\\\n])+')
  | (?P<directive>^[ \t]*\#(?:\\\n|[^\n])*)
  | (?P<number>\.?\d(?:'?[\w.]|(?<=[eEpP])[+-])*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<sign>::|->|\+\+|--|&&|\|\||<<=|<=>|<=|>=|==|!=|[-+*/%&|^]=|\.\.\.|[^\s\w])
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
_ALLOW = re.compile(r"lint:\s*allow\(([\w, -]+)\)\s*(.*)")


class Source:
    """A C++ file. `path` is relative to the repository and decides the room."""

    def __init__(self, path: str, text: str):
        self.path = path
        self.text = text
        self.lines = text.split("\n")
        self.tokens: List[Token] = []
        self.includes: List[Tuple[int, str, str]] = []  # line, '<' or '"', name
        self.strings: List[Tuple[int, str]] = []
        self._allowed: Dict[int, Set[str]] = {}
        self.bare_allows: List[int] = []  # permissions that give no reason
        self._scan()

    def _scan(self) -> None:
        line, seen = 1, 0
        for match in _TOKEN.finditer(self.text):
            line += self.text.count("\n", seen, match.start())
            seen = match.start()
            kind, text = match.lastgroup or "", match.group()
            if match.group("raw"):
                kind = "raw"
            if kind == "comment":
                self._read_permission(line, text)
            elif kind == "directive":
                include = _INCLUDE.match(text)
                if include:
                    self.includes.append((line, include.group(1), include.group(2)))
                if "//" in text:
                    self._read_permission(line, text)
            elif kind in ("raw", "string"):
                self.strings.append((line, text))
                self.tokens.append(Token("string", text, line))
            else:
                self.tokens.append(Token(kind, text, line))

    def _read_permission(self, line: int, comment: str) -> None:
        for offset, part in enumerate(comment.split("\n")):
            allow = _ALLOW.search(part)
            if not allow:
                continue
            if len(allow.group(2).strip(" :*/.")) < 5:
                self.bare_allows.append(line + offset)
            for rule in allow.group(1).split(","):
                for at in (line + offset, line + offset + 1):
                    self._allowed.setdefault(at, set()).add(rule.strip())

    def allows(self, line: int, rule: str) -> bool:
        return rule in self._allowed.get(line, set())

    @property
    def is_test(self) -> bool:
        """Tests and what only they include: they may name triples, catch, and grow."""
        name = self.path.rsplit("/", 1)[-1]
        return self.path.startswith("tests/") or name.endswith(("_test.cpp", "_test.h")) or name.startswith("test_")

    @property
    def is_header(self) -> bool:
        return self.path.endswith(".h")


class Body(NamedTuple):
    """One function: the tokens of its header are [begin, open), its body is [open, close]."""

    begin: int
    open: int
    close: int
    name: str


_CONTAINERS = {"class", "struct", "union", "enum", "namespace"}
_PREFIXES = {"inline", "static", "constexpr", "typedef", "export", "const", "friend"}


def matching(tokens: List[Token], at: int) -> int:
    """The index of the bracket that closes the one at `at`; the last token where it is missing."""
    pairs = {"(": ")", "{": "}", "[": "]"}
    opener, closer, depth = tokens[at].text, pairs[tokens[at].text], 0
    for i in range(at, len(tokens)):
        if tokens[i].kind != "sign":
            continue
        if tokens[i].text == opener:
            depth += 1
        elif tokens[i].text == closer:
            depth -= 1
            if depth == 0:
                return i
    return len(tokens) - 1


def skip_angles(tokens: List[Token], at: int) -> int:
    """The index after the template arguments that open at `at` ('<'), or `at` where it is a comparison."""
    depth = 0
    for i in range(at, len(tokens)):
        text = tokens[i].text
        if text == "<":
            depth += 1
        elif text == ">":
            depth -= 1
            if depth == 0:
                return i + 1
        elif text in (";", "{", "}", "&&", "||"):
            return at
    return at


def functions(tokens: List[Token]) -> List[Body]:
    """Every function body outside of other functions, by brackets alone."""
    found: List[Body] = []
    begin = i = 0
    while i < len(tokens):
        text = tokens[i].text if tokens[i].kind == "sign" else ""
        if text in (";", "}"):
            begin = i + 1
        elif text == ":" and i > 0 and tokens[i - 1].text in ("public", "private", "protected"):
            begin = i + 1
        elif text == "(":
            i = matching(tokens, i)
        elif text == "{":
            kind = _kind_of_brace(tokens, begin, i)
            if kind == "container":
                begin = i + 1
            else:
                close = matching(tokens, i)
                if kind == "function":
                    found.append(Body(begin, i, close, _name(tokens, begin, i)))
                    begin = close + 1
                i = close
        i += 1
    return found


def _kind_of_brace(tokens: List[Token], begin: int, at: int) -> str:
    i = begin
    while i < at:
        if tokens[i].text == "template" and tokens[i + 1].text == "<":
            i = skip_angles(tokens, i + 1)
        elif tokens[i].text in _PREFIXES:
            i += 1
        else:
            break
    head = [token.text for token in tokens[i:at]]
    if not head:
        return "initializer"
    if head[0] in _CONTAINERS or (head[0] == "extern" and len(head) == 2):
        return "container"
    if "(" not in head or head[-1] in ("=", ",", "(", "return"):
        return "initializer"
    if _in_member_initializers(head):
        return "initializer"
    return "function"


def _in_member_initializers(head: List[str]) -> bool:
    """True for the brace in `X(): a{1}`: the words end in a member's name after the list's colon."""
    depth = 0
    colon = -1
    for i, text in enumerate(head):
        if text in ("(", "[", "{"):
            depth += 1
        elif text in (")", "]", "}"):
            depth -= 1
        elif text == ":" and depth == 0 and i > 0:
            colon = i
    return colon > 0 and head[-1] not in (")", "}") and len(head) - colon > 1


def _name(tokens: List[Token], begin: int, at: int) -> str:
    for i in range(begin, at):
        if tokens[i].text == "(" and i > begin:
            return tokens[i - 1].text
    return "?"


def find(tokens: List[Token], text: str, begin: int, end: int) -> Optional[int]:
    for i in range(begin, end):
        if tokens[i].text == text:
            return i
    return None
