"""Runs the named modules' tests with unittest (load_tests and all) and records results as record_results.py does."""
# SPDX-License-Identifier: MIT
import collections
import json
import os
import sys
import unittest

_times = collections.Counter()


class Recorder(unittest.TestResult):
    def _record(self, test, outcome, why=""):
        _times[test.id()] += 1
        number = f"#{_times[test.id()]}" if _times[test.id()] > 1 else ""  # one test run with several modules
        with open(os.environ["CORPUS_RESULTS"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"id": test.id() + number, "outcome": outcome, "why": str(why)[:300]}) + "\n")

    def addSuccess(self, test):
        self._record(test, "passed")

    def addFailure(self, test, err):
        self._record(test, "failed", err[1])

    def addError(self, test, err):
        broken = isinstance(test, unittest.loader._FailedTest)
        self._record(test, "collection error" if broken else "error", err[1])

    def addSkip(self, test, reason):
        self._record(test, "skipped", reason)

    def addExpectedFailure(self, test, err):
        self._record(test, "xfailed", err[1])

    def addUnexpectedSuccess(self, test):
        self._record(test, "xpassed")


sys.path.insert(0, os.getcwd())
unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:]).run(Recorder())
