#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every test of the house, leg by leg, and one sum at the end.

  tests/run.py [LEG]...     those legs alone; without names, all

A leg that fails does not stop the others. The last line reads "N passed, N failed, N skipped" over
all legs; the exit status is 0 only if none failed. What was skipped is named with its reason.
"""

import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORES = str(os.cpu_count() or 1)
FUZZ_SECONDS = os.environ.get("YAGURA_FUZZ_SECONDS", "10")
SUM = re.compile(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?")


class Outcome(NamedTuple):
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Outcome(*(a + b for a, b in zip(self, other)))

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def run(*command, environment=None):
    """Runs a command with its output shown; returns its exit status and its last lines."""
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", env={**os.environ, **(environment or {})})
    lines = []
    for line in process.stdout:
        print(line, end="", flush=True)
        lines = lines[-200:] + [line]
    return process.wait(), "".join(lines)


def one(*command):
    """A command that is one test: it passes if its exit status is 0."""
    status, _ = run(*command)
    return Outcome(passed=int(status == 0), failed=int(status != 0))


def summed(*command):
    """A command that says "N passed, N failed[, N skipped]" itself."""
    status, output = run(*command)
    said = SUM.findall(output)
    if not said:
        return Outcome(failed=1)
    outcome = Outcome(*(int(number or 0) for number in said[-1]))
    if status != 0 and outcome.failed == 0:  # it fell over after its tests
        outcome += Outcome(failed=1)
    return outcome


def unittests(*command):
    status, output = run(*command)
    count = int((re.findall(r"^Ran (\d+) tests? in", output, re.M) or ["0"])[-1])
    problems = sum(int(number) for number in re.findall(r"(?:failures|errors)=(\d+)", output))
    skipped = int((re.findall(r"skipped=(\d+)", output) or ["0"])[-1])
    if status != 0 and problems == 0:
        problems = 1
    return Outcome(max(0, count - problems - skipped), problems, skipped)


def ctest(preset):
    """Builds a preset and runs its unit tests."""
    status, _ = run("scripts/build", preset)
    if status != 0:
        return Outcome(failed=1)
    report = ROOT / "build" / preset / "tests.xml"
    report.unlink(missing_ok=True)
    run("ctest", "--test-dir", f"build/{preset}", "-j", CORES, "-Q", "--no-tests=error",
        "--output-junit", str(report), environment={"UBSAN_OPTIONS": "print_stacktrace=1"})
    if not report.exists():
        return Outcome(failed=1)
    outcome = Outcome()
    for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
        state, output = case.get("status"), case.findtext("system-out") or ""
        outcome += Outcome(passed=state == "run", failed=state == "fail",
                           skipped=state not in ("run", "fail"))
        if state == "fail":
            print(f"FAILED: {case.get('name')}\n{last_lines(output)}")
        elif state != "run":
            print(f"skipped: {case.get('name')}: {skip_reason(output)}")
    return outcome


def last_lines(output):
    return "\n".join("  " + line for line in output.splitlines()[-80:])


def skip_reason(output):
    """The text a test gave to GTEST_SKIP."""
    match = re.search(r": Skipped\n(.*?)\n\n?\[  SKIPPED", output, re.S)
    return " ".join(match[1].split()) if match else "no reason given"


def node_tests(folder):
    """The tests of a folder that Node.js runs."""
    status, output = run("node", "--test", "--test-reporter=spec", *sorted(
        str(path.relative_to(ROOT)) for path in (ROOT / folder).glob("*.test.mjs")))
    said = {word: int(number) for word, number in
            re.findall(r"^\S+ (pass|fail|cancelled|skipped) (\d+)$", output, re.M)}
    failed = said.get("fail", 0) + said.get("cancelled", 0)
    if "pass" not in said or (status != 0 and failed == 0):
        failed += 1
    return Outcome(said.get("pass", 0), failed, said.get("skipped", 0))


LEGS = {
    "rules": lambda: one("scripts/tidy"),
    "rules-test": lambda: unittests("python3", "tests/tidy_test.py"),
    "headers": lambda: one("scripts/tidy", "--headers"),
    "layout": lambda: one("scripts/lint", "layout"),
    "release": lambda: ctest("release"),
    "system": lambda: summed("python3", "tests/system/run.py"),
    "console": lambda: node_tests("console/tests"),
    "browser": lambda: node_tests("tests/browser"),
    "asan": lambda: ctest("asan"),
    "fuzz": lambda: summed("scripts/fuzz", FUZZ_SECONDS),
    # All sources take 20 minutes of two cores (`make lint`): here what the branch changed last.
    "clang-tidy": lambda: one("scripts/lint", "tidy", "--changed"),
}


def main():
    names = sys.argv[1:] or list(LEGS)
    unknown = [name for name in names if name not in LEGS]
    if unknown:
        print(f"test: there is no leg {unknown[0]}; there are {', '.join(LEGS)}", file=sys.stderr)
        return 2
    if not pathlib.Path(os.environ.get("YAGURA_SHARED_DATA", ROOT / "../shared/data")).is_dir():
        print("NOTE: there is no ../shared/data: the tests that compare with its captures are "
              "skipped")
    outcomes = {}
    for name in names:
        print(f"\n=== {name}", flush=True)
        begin = time.monotonic()
        outcomes[name] = LEGS[name]()
        print(f"=== {name}: {outcomes[name]} ({time.monotonic() - begin:.0f} s)", flush=True)

    print("\n=== all legs")
    for name, outcome in outcomes.items():
        print(f"{name:12} {outcome}")
    total = sum(outcomes.values(), Outcome())
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
