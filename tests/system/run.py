#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drives the whole program as its users do, and compares with what is recorded.

  tests/system/run.py [--record] [PATTERN]...

The tests are in tests/system/*_test.py. With patterns, only those tests run whose name holds one.
--record accepts what the program says now as the baselines (tests/system/baselines); look at the
difference before committing it. One test runs on each core.
The last line reads "N passed, N failed, N skipped".
"""

import argparse
import multiprocessing
import os
import pathlib
import shutil
import sys
import tempfile
import time
import unittest
from typing import NamedTuple

import harness


class Report(unittest.TestResult):
    """A line per test, with what went wrong under it."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self.failed = set()
        self.lines = []
        self._begin = time.monotonic()

    def _line(self, word, test, text=""):
        seconds = time.monotonic() - self._begin
        self.lines.append(f"{word:8} {test.id()} ({seconds:.1f} s){text and chr(10) + text}")

    def _failed(self, test, text):
        self.failed.add(getattr(test, "test_case", test).id())
        self._line("FAILED", test, text)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
        self._line("passed", test)

    def addError(self, test, err):
        super().addError(test, err)
        self._failed(test, self.errors[-1][1])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._failed(test, self.failures[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line("skipped", test, f"  {reason}")

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            recorded = self.failures if issubclass(err[0], test.failureException) else self.errors
            self._failed(subtest, recorded[-1][1])


class Outcome(NamedTuple):
    passed: int
    failed: int
    skipped: int
    lines: list


def all_tests(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from all_tests(test)
        else:
            yield test


def run_one(name):
    """Runs one test in a process of the pool, which was forked from this one."""
    report = Report()
    unittest.defaultTestLoader.loadTestsFromName(name).run(report)
    return Outcome(report.passed, len(report.failed), len(report.skipped), report.lines)


# Those that take longest begin first, so that no core waits for them at the end.
def length(name):
    return next((i for i, part in enumerate(["Killed", "SamePackets", ""]) if part in name), 0)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="accept what the program says now")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    options = parser.parse_args()
    harness.SystemTest.recording = options.record

    folder = pathlib.Path(__file__).resolve().parent
    found = unittest.defaultTestLoader.discover(str(folder), "*_test.py")
    tests = [test for test in all_tests(found)
             if not options.patterns or any(p in test.id() for p in options.patterns)]
    names = sorted((test.id() for test in tests), key=length)
    # In one folder, so that nothing is left behind, whatever became of the tests.
    scratch = tempfile.mkdtemp(prefix="yagura-system-")
    tempfile.tempdir = scratch
    outcomes = []
    try:
        with multiprocessing.get_context("fork").Pool(os.cpu_count() or 1) as pool:
            for outcome in pool.imap_unordered(run_one, names):
                print("\n".join(outcome.lines), flush=True)
                outcomes.append(outcome)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"system: {sum(outcome.passed for outcome in outcomes)} passed, {failed} failed, "
          f"{sum(outcome.skipped for outcome in outcomes)} skipped")
    return 1 if failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main())
