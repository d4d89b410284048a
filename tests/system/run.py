#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drives the whole program as its users do, and compares with what is recorded.

  tests/system/run.py [--record] [PATTERN]...

The tests are in tests/system/*_test.py. With patterns, only those tests run whose name holds one.
--record accepts what the program says now as the baselines (tests/system/baselines); look at the
difference before committing it. The last line reads "N passed, N failed, N skipped".
"""

import argparse
import pathlib
import sys
import time
import unittest

import harness


class Report(unittest.TestResult):
    """A line per test, with what went wrong under it."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self._begin = time.monotonic()

    def startTest(self, test):
        super().startTest(test)
        self._begin = time.monotonic()

    def _line(self, word, test, text=""):
        seconds = time.monotonic() - self._begin
        print(f"{word:8} {test.id()} ({seconds:.1f} s){text and chr(10) + text}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
        self._line("passed", test)

    def addError(self, test, err):
        super().addError(test, err)
        self._line("FAILED", test, self.errors[-1][1])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._line("FAILED", test, self.failures[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line("skipped", test, f"  {reason}")

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            recorded = self.failures if issubclass(err[0], test.failureException) else self.errors
            self._line("FAILED", subtest, recorded[-1][1])


def all_tests(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from all_tests(test)
        else:
            yield test


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
    report = Report()
    unittest.TestSuite(tests).run(report)
    failed = len({id(getattr(test, "test_case", test))
                  for test, _ in report.failures + report.errors})
    print(f"system: {report.passed} passed, {failed} failed, {len(report.skipped)} skipped")
    return 1 if failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main())
