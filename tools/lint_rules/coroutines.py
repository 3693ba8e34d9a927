"""The coroutine laws: plain awaits, values in and out, no lambdas, locks or exceptions in a rule, no named Task."""
# SPDX-License-Identifier: MIT
# Why: g++ 12 silently miscompiles most other shapes (double frees, wrong values). docs/hacking.md tells the story.
from typing import Iterator, List, Optional, Tuple

from .source import Body, Finding, Source, Token, functions, matching, skip_angles

_CO_WORDS = {"co_await", "co_return", "co_yield"}
_LOCKS = {"lock_guard", "unique_lock", "scoped_lock", "shared_lock", "mutex", "shared_mutex", "recursive_mutex"}
_VIEWS = {"string_view", "span", "FunctionRef"}
_CONTROL = {"if", "while", "for", "switch", "constexpr"}
# co_await may stand as the second argument of these, which put it alone into a statement of its own.
_MACROS = {"CO_TRY", "CO_TRY_VOID"}


def check(source: Source) -> Iterator[Finding]:
    tokens = source.tokens
    if not any(token.text == "Task" or token.text in _CO_WORDS for token in tokens):
        return
    bodies = functions(tokens)
    yield from _awaits(source, bodies)
    yield from _parameters(source)
    yield from _lambdas(source)
    for body in bodies:
        if _has_co_word(tokens, body.open, body.close):
            yield from _inside(source, body)
        yield from _named_tasks(source, body)


# --- law 2: the plain await ---------------------------------------------------------------------------------------


def _awaits(source: Source, bodies: List[Body]) -> Iterator[Finding]:
    tokens = source.tokens
    done = -1
    for i, token in enumerate(tokens):
        if token.text != "co_await" or i <= done or (i > 0 and tokens[i - 1].text == "operator"):
            continue
        problem, done = _await_problem(tokens, i)
        if problem:
            yield Finding(source.path, token.line, problem[0], problem[1])


def _await_problem(tokens: List[Token], at: int) -> Tuple[Optional[Tuple[str, str]], int]:
    """What is wrong with the statement around the co_await at `at`, and its last token."""
    begin, opener = _statement_begin(tokens, at)
    end = _statement_end(tokens, at)
    awaits = [i for i in range(begin, end) if tokens[i].text == "co_await"]
    if len(awaits) > 1:
        return ("await-twice", "one co_await per statement"), end
    if opener == "condition":
        return ("await-condition", "await into a named local first, then test it"), end
    for i in range(begin, end):
        text = tokens[i].text
        if text == "[" and _is_binding(tokens, i):
            return ("await-binding", "no structured binding of an awaited value"), end
        if text == "[" and _is_lambda(tokens, i):
            return ("await-lambda", "no lambda in a statement with co_await: name a function"), end
        if text == "?":
            return ("await-ternary", "no ternary in a statement with co_await: name a local"), end
        if text == "new":
            return ("await-new", "no new in a statement with co_await"), end
        if text in ("{", "}"):
            return ("await-braces", "no braces in a statement with co_await: use a constructor or name a local"), end
    if opener in ("{", "({") or opener == "argument":
        name = "await-braces" if opener != "argument" else "await-shape"
        return (name, "the statement must be `[Type name = | co_return] co_await call(plain args);`"), end
    if not _plain_left(tokens, begin, at):
        return ("await-shape", "left of co_await only `Type name =` or co_return may stand"), end
    if not _plain_call(tokens, at + 1, end):
        return ("await-shape", "right of co_await only one call may stand"), end
    return None, end


def _statement_begin(tokens: List[Token], at: int) -> Tuple[int, str]:
    """First token of the statement, and what kind of place it is: '' (a statement), 'condition', 'argument', '{'."""
    i = at - 1
    while i >= 0:
        text = tokens[i].text if tokens[i].kind == "sign" else ""
        if text in (")", "]"):
            opener = _matching_back(tokens, i)
            if text == ")" and opener > 0 and tokens[opener - 1].text in _CONTROL:
                return i + 1, ""
            i = opener - 1
            continue
        if text == "}":
            opener = _matching_back(tokens, i)
            if _is_block(tokens, opener):
                return i + 1, ""
            i = opener - 1
            continue
        if text == "(":
            before = tokens[i - 1].text if i > 0 else ""
            if before in _CONTROL:
                return i + 1, "condition"
            if before in _MACROS:
                return i + 1, "macro"
            begin, place = _statement_begin(tokens, i)
            return begin, place or "argument"
        if text == "[":
            begin, place = _statement_begin(tokens, i)
            return begin, place or "argument"
        if text == "{":
            if _is_block(tokens, i):
                statement_expression = i > 0 and tokens[i - 1].text == "("
                return i + 1, "({" if statement_expression else ""
            begin, place = _statement_begin(tokens, i)
            return begin, place or "{"
        if text == ";" or tokens[i].text in ("else", "do"):
            # `for (init; co_await f(); step)`: the semicolon lies inside of the control's parentheses.
            return i + 1, "condition" if _inside_control(tokens, i) else ""
        if text == ":" and not _is_ternary_colon(tokens, i):
            return i + 1, "condition" if _inside_control(tokens, i) else ""
        i -= 1
    return 0, ""


def _statement_end(tokens: List[Token], at: int) -> int:
    depth = 0
    for i in range(at, len(tokens)):
        text = tokens[i].text if tokens[i].kind == "sign" else ""
        if text in ("(", "[", "{"):
            depth += 1
        elif text in (")", "]", "}"):
            depth -= 1
            if depth < 0:
                # The end of the bracket that the statement lies in; go on to the semicolon unless it is a body's.
                if text == "}" and not _rest_is_expression(tokens, i):
                    return i
                depth = 0
        elif text == ";" and depth == 0:
            return i
    return len(tokens)


def _rest_is_expression(tokens: List[Token], at: int) -> bool:
    return at + 1 < len(tokens) and tokens[at + 1].text in (",", ")", ";", "}")


def _matching_back(tokens: List[Token], at: int) -> int:
    pairs = {")": "(", "]": "[", "}": "{"}
    closer, opener, depth = tokens[at].text, pairs[tokens[at].text], 0
    for i in range(at, -1, -1):
        if tokens[i].kind != "sign":
            continue
        if tokens[i].text == closer:
            depth += 1
        elif tokens[i].text == opener:
            depth -= 1
            if depth == 0:
                return i
    return 0


def _is_block(tokens: List[Token], at: int) -> bool:
    """True where the brace opens statements; false for an initializer list."""
    if at == 0:
        return True
    before = tokens[at - 1]
    if before.kind in ("string", "number"):
        return before.kind == "string"  # extern "C" {
    if before.text in (")", "{", "}", ";", "else", "do", "try", "const", "noexcept", "override", "final", "mutable"):
        return True
    if before.text == "(":
        return True  # statement expression
    if before.text == ":":
        return not _is_ternary_colon(tokens, at - 1)  # case 1: {
    if before.text in ("=", ",", "return", "co_return", "[", "]", "?"):
        return before.text == "]"
    # `-> Type {` of a lambda or function, or `Type{…}`.
    i = at - 1
    while i >= 0 and (tokens[i].kind == "word" or tokens[i].text in ("::", "<", ">", ",", "&", "*")):
        if tokens[i].text in ("namespace", "class", "struct", "enum", "union"):
            return True
        i -= 1
    return i >= 0 and tokens[i].text == "->"


def _inside_control(tokens: List[Token], at: int) -> bool:
    depth = 0
    for i in range(at, -1, -1):
        text = tokens[i].text if tokens[i].kind == "sign" else ""
        if text in (")", "]", "}"):
            depth += 1
        elif text in ("(", "[", "{"):
            if depth == 0:
                return text == "(" and i > 0 and tokens[i - 1].text in _CONTROL
            depth -= 1
    return False


def _is_ternary_colon(tokens: List[Token], at: int) -> bool:
    depth = 0
    for i in range(at - 1, -1, -1):
        text = tokens[i].text
        if text in (")", "]", "}"):
            depth += 1
        elif text in ("(", "[", "{"):
            depth -= 1
            if depth < 0:
                return False
        elif depth == 0 and text in (";", "case", "default"):
            return False
        elif depth == 0 and text == "?":
            return True
    return False


def _is_lambda(tokens: List[Token], at: int) -> bool:
    before = tokens[at - 1] if at > 0 else Token("sign", ";", 0)
    if tokens[at - 1].text == "[" or (at + 1 < len(tokens) and tokens[at + 1].text == "["):
        return False  # [[attribute]]
    if before.kind in ("word", "string"):
        return before.text in ("return", "co_return", "co_await", "case")
    return before.text not in (")", "]", ">")


def _is_binding(tokens: List[Token], at: int) -> bool:
    i = at - 1
    while i >= 0 and tokens[i].text in ("&", "&&"):
        i -= 1
    return i >= 0 and tokens[i].text == "auto"


def _plain_left(tokens: List[Token], begin: int, at: int) -> bool:
    left = tokens[begin:at]
    if not left or (len(left) == 1 and left[0].text == "co_return"):
        return True
    if left[0].text in ("case", "default"):
        return False
    if begin >= 2 and tokens[begin - 1].text == "(" and tokens[begin - 2].text in _MACROS:
        return len(left) == 2 and left[0].kind == "word" and left[1].text == ","
    if len(left) < 3 or left[-1].text != "=" or left[-2].kind != "word":
        return False
    kinds = left[:-2]
    if kinds[-1].kind != "word" and kinds[-1].text not in (">", "&", "&&", "*"):
        return False
    return all(t.kind in ("word", "number") or t.text in ("::", "<", ">", ",", "&", "&&", "*") for t in kinds)


def _plain_call(tokens: List[Token], begin: int, end: int) -> bool:
    """`name(…)`, `a.b<T>(…)`, `a(…).b(…)`: a chain of names that ends in a call."""
    if begin < end and tokens[end - 1].text == ")" and end < len(tokens) and _closes_macro(tokens, end - 1):
        end -= 1
    i, called = begin, False
    while i < end:
        token = tokens[i]
        if token.kind == "word" or token.text in ("::", ".", "->"):
            called = False
            i += 1
        elif token.text == "<":
            after = skip_angles(tokens, i)
            if after == i:
                return False
            i = after
        elif token.text == "(":
            i = matching(tokens, i) + 1
            called = True
        elif token.text == "[" and i > begin:
            i = matching(tokens, i) + 1
        else:
            return False
    return called


def _closes_macro(tokens: List[Token], at: int) -> bool:
    opener = _matching_back(tokens, at)
    return opener > 0 and tokens[opener - 1].text in _MACROS


# --- law 3: values in ---------------------------------------------------------------------------------------------


def _parameters(source: Source) -> Iterator[Finding]:
    """Functions that return Task<…>: every declaration and definition."""
    tokens = source.tokens
    for i, token in enumerate(tokens):
        if token.text != "Task" or i + 1 >= len(tokens) or tokens[i + 1].text != "<":
            continue
        after = skip_angles(tokens, i + 1)
        j = after
        while j + 1 < len(tokens) and (tokens[j].kind == "word" or tokens[j].text == "::"):
            j += 1
        if j == after or j >= len(tokens) or tokens[j].text != "(":
            continue
        yield from _check_parameters(source, j, matching(tokens, j))


def _check_parameters(source: Source, opener: int, closer: int) -> Iterator[Finding]:
    for token in source.tokens[opener + 1 : closer]:
        if token.text in ("&", "&&"):
            yield Finding(source.path, token.line, "coroutine-params", "a coroutine takes values, not references")
        elif token.text in _VIEWS:
            yield Finding(
                source.path, token.line, "coroutine-params", f"a coroutine takes owners, not a {token.text}"
            )


# --- law 4: no lambda coroutines, no locks; law 6: no exceptions, no named task -------------------------------------


def _lambdas(source: Source) -> Iterator[Finding]:
    tokens = source.tokens
    for i, token in enumerate(tokens):
        if token.text != "[" or token.kind != "sign" or not _is_lambda(tokens, i):
            continue
        close = matching(tokens, i)
        body = close + 1
        if body < len(tokens) and tokens[body].text == "<":
            body = skip_angles(tokens, body)
        parameters = body if body < len(tokens) and tokens[body].text == "(" else None
        while body < len(tokens) and tokens[body].text not in ("{", ";", ")", "}"):
            body = matching(tokens, body) + 1 if tokens[body].text in ("(", "[") else body + 1
        if body >= len(tokens) or tokens[body].text != "{":
            continue
        end = matching(tokens, body)
        if not _has_co_word(tokens, body, end):
            continue
        if close > i + 1:
            yield Finding(source.path, token.line, "coroutine-lambda", "a lambda that is a coroutine must not capture")
        if parameters is not None:
            yield from _check_parameters(source, parameters, matching(tokens, parameters))


def _has_co_word(tokens: List[Token], begin: int, end: int) -> bool:
    """A co_ word of this body itself, not of a lambda inside."""
    i = begin + 1
    while i < end:
        if tokens[i].text in _CO_WORDS and tokens[i - 1].text != "operator":
            return True
        if tokens[i].text == "[" and _is_lambda(tokens, i):
            j = matching(tokens, i) + 1
            while j < end and tokens[j].text not in ("{", ";", ")"):
                j = matching(tokens, j) + 1 if tokens[j].text in ("(", "[") else j + 1
            i = matching(tokens, j) if j < end and tokens[j].text == "{" else i
        i += 1
    return False


def _inside(source: Source, body: Body) -> Iterator[Finding]:
    tokens = source.tokens
    for i in range(body.open, body.close):
        token = tokens[i]
        if token.text in _LOCKS:
            yield Finding(source.path, token.line, "coroutine-lock", "a rule owns no locks: blocking work goes to exec")
        elif token.text in ("try", "catch"):
            yield Finding(source.path, token.line, "coroutine-try", "nothing throws through a task")
        elif token.text in ("lock", "try_lock") and tokens[i - 1].text in (".", "->") and tokens[i + 1].text == "(":
            yield Finding(source.path, token.line, "coroutine-lock", "a rule owns no locks: blocking work goes to exec")


def _named_tasks(source: Source, body: Body) -> Iterator[Finding]:
    tokens = source.tokens
    makers = _makers(tokens)
    for i in range(body.open, body.close):
        token = tokens[i]
        if token.text == "Task" and tokens[i + 1].text == "<":
            after = skip_angles(tokens, i + 1)
            while after < body.close and tokens[after].text in ("&", "&&", "const"):
                after += 1
            if tokens[after].kind == "word" and tokens[after + 1].text in ("=", "{", "(", ";"):
                yield Finding(source.path, token.line, "task-variable", "a Task is awaited where it is made, never named")
        elif token.text == "auto":
            j = i + 1
            while tokens[j].text in ("&", "&&"):
                j += 1
            if tokens[j].kind == "word" and tokens[j + 1].text == "=" and _calls(tokens, j + 2, makers):
                yield Finding(source.path, token.line, "task-variable", "a Task is awaited where it is made, never named")


def _makers(tokens: List[Token]) -> set:
    """Names of the functions that this file declares with a Task as result."""
    names = set()
    for i, token in enumerate(tokens):
        if token.text == "Task" and i + 1 < len(tokens) and tokens[i + 1].text == "<":
            after = skip_angles(tokens, i + 1)
            if after + 1 < len(tokens) and tokens[after].kind == "word" and tokens[after + 1].text == "(":
                names.add(tokens[after].text)
    return names


def _calls(tokens: List[Token], at: int, names: set) -> bool:
    if not (tokens[at].kind == "word" and tokens[at].text in names and tokens[at + 1].text == "("):
        return False
    close = matching(tokens, at + 1)
    return close + 1 < len(tokens) and tokens[close + 1].text == ";"
