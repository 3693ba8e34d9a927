"""Page: the parts of docs/compatibility.md, each written by the runner that made its comparisons."""
# SPDX-License-Identifier: MIT
import json
import pathlib

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "compatibility.md"
INTRODUCTION = """# Compatibility

What was compared with the tools whose work Cermet does, entry by entry. The tables are written by the runners that made
the comparisons; nobody edits them.
"""


def replace_part(name, table, page=PAGE):
    """Puts `table` in the place of the page's part of that name; what others wrote there stays."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    text = page.read_text(encoding="utf-8") if page.is_file() else INTRODUCTION
    if begin not in text:
        text = f"{text.rstrip()}\n\n{begin}\n{end}\n"
    before, _, rest = text.partition(begin)
    page.write_text(f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def packages(results, known=(), page=PAGE):
    """The table entry × judge × figure of tests/corpus/run, from the result.json of every entry that was judged.

    Rows of `known` entries ("name version") that were judged elsewhere, and have no result here, stay as the page has them.
    """
    return _table(results, known, page, "## Packages", [
        "Written by `tests/corpus/run NAME --write-docs`: wheels of one sdist, built with Cermet and by its own back end or",
        "its authors, and what was found when they were compared. Times are of one run on a machine that did other work too."],
        ["package", "Python"])


def programs(results, known=(), page=PAGE):
    """The same of tests/corpus/programs/run."""
    return _table(results, known, page, "## Programs", [
        "Written by `tests/corpus/programs/run --write-docs`: programs of crates.io, built by cargo and with Cermet, and what",
        "was found when they were compared. Times are of one run on a machine that did other work too."], ["program"])


def _table(results, known, page, title, introduction, heads):
    rows = _rows_of_page(known, page, title)
    for file in results:
        kept = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))
        if heads[0] not in kept:
            continue
        who = f"| {' | '.join(kept[head.lower()] for head in heads)} |"
        rows[kept[heads[0]]] = lines = []
        for notice in kept["notices"]:
            judge, colon, found = notice.partition(": ")
            lines.append(f"{who} {judge if colon else 'also'} | {(found if colon else notice).replace('|', '/')} |")
        lines.append(f"{who} all | {counted(kept['differences'])} |")
    head = [title, "", *introduction, "", f"| {' | '.join(heads)} | judge | found |", "|---" * (len(heads) + 2) + "|"]
    return "\n".join(head + [line for name in sorted(rows) for line in rows[name]])


def _rows_of_page(known, page, title):
    """Entry -> its lines below `title`, of those that are still known."""
    found, inside = {}, False
    for line in page.read_text(encoding="utf-8").splitlines() if page.is_file() else []:
        inside = line == title if line.startswith("## ") else inside
        name = line.split("|")[1].strip() if inside and line.startswith("| ") else ""
        if name in known:
            found.setdefault(name, []).append(line)
    return found


def counted(differences):
    return {0: "no difference", 1: "1 difference"}.get(len(differences), f"{len(differences)} differences")
