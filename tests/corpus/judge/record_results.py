"""A pytest plugin that appends one JSON line per test and per collection error to the file CORPUS_RESULTS names."""
# SPDX-License-Identifier: MIT
import json
import os

_seen = {}
_rank = {"passed": 0, "skipped": 1, "xfailed": 1, "xpassed": 1, "failed": 2, "error": 3}


def _write(record):
    with open(os.environ["CORPUS_RESULTS"], "a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def _last_line(report):
    lines = [line for line in str(report.longrepr or "").splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def pytest_collectreport(report):
    if report.failed:
        _write({"id": report.nodeid or "(session)", "outcome": "collection error", "why": _last_line(report)})


def pytest_runtest_logreport(report):
    if hasattr(report, "wasxfail"):
        outcome = "xfailed" if report.skipped else "xpassed"
    elif report.failed:
        outcome = "failed" if report.when == "call" else "error"
    else:
        outcome = report.outcome
    before, why = _seen.get(report.nodeid, ("passed", ""))
    if _rank[outcome] > _rank[before]:
        before, why = outcome, _last_line(report)
    _seen[report.nodeid] = (before, why)
    if report.when == "teardown":
        _write({"id": report.nodeid, "outcome": before, "why": why})


def pytest_sessionfinish(session, exitstatus):
    _write({"id": "(session)", "outcome": "finished", "why": str(int(exitstatus))})
