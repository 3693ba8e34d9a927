// ImportProgram: the Python program that imports modules one by one and tells of each how it went.
// SPDX-License-Identifier: MIT
// argv: a JSON file with [kind, name, wheel path] rows and the first row to do. One JSON line before and after each row,
// so that a row that ends the process is known. Runs on every Python from 3.7 on.
#pragma once

namespace cermet::cli {

inline constexpr const char* k_import_program = R"PY(
import importlib, json, os, sys
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
def say(**what):
    answers.write(json.dumps(what) + "\n")
    answers.flush()
def one(kind, name, path):
    module, _, attribute = name.partition(":")
    found = importlib.import_module(module)
    for part in attribute.split(".") if attribute else ():
        found = getattr(found, part)
    if path:
        there = os.path.realpath(getattr(found, "__file__", None) or "")
        if not there.replace(os.sep, "/").endswith("/" + path):
            raise ImportError("Python imports %s in its place" % there)
with open(sys.argv[1], encoding="utf-8") as file:
    rows = json.load(file)
for index in range(int(sys.argv[2]), len(rows)):
    say(begin=index)
    error = missing = ""
    try:
        one(*rows[index])
    except BaseException as caught:
        error = "%s: %s" % (type(caught).__name__, caught)
        if isinstance(caught, ModuleNotFoundError):
            missing = caught.name or ""
    say(end=index, error=error, missing=missing)
os._exit(0)
)PY";

}  // namespace cermet::cli
