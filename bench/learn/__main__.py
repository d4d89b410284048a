#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what the learning parts are worth, on public data, and writes docs/learning.md.

  bench/learn [--only PART]... [--no-oracles]

Each part is a module beside this one with a function `measure(bench)` that returns its section of
the document: what is measured and how, ours, the baseline, the paper, and where we fall short. With
--only those parts are measured, and the sections of the others stay as they are. The data is that
of YAGURA_SHARED_DATA (else ../shared/data); what Debian's oracles (scikit-learn, R's glasso) say is
measured in the same run where they can be had: see oracles.py.

Run by scripts/bench-learn, which builds what is measured.
"""

import argparse
import datetime
import importlib
import os
import pathlib
import platform
import re
import subprocess
import sys

from oracles import Oracles

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PARTS = ["forest", "triage", "synchrony", "campaigns", "streams", "android", "apk"]
DOCUMENT = ROOT / "docs" / "learning.md"
HEADING = """# Learning: what it is worth, measured

`make bench-learn` writes this page; each section comes from one run. *Ours* is this program;
*baseline* is an established implementation on the same data, in the same run where the oracle could
be installed, else as measured before; *paper* is what the authors of a method state of their own
data. Figures that depend on a seed are means with the spread (standard deviation) over the seeds
named. The data sets are public; those without a licence to pass on are not in this repository.
"""
# Before each section stands which part it is of, and when and where it was measured.
MARK = "<!-- {part}: measured {day} on {machine} -->"
MARKED = re.compile(r"^<!-- (\w+): measured .* -->$", re.M)


class Bench:
    """What a part needs: the data, the programs and the oracles."""

    def __init__(self, oracles):
        self.root = ROOT
        self.data = pathlib.Path(os.environ.get("YAGURA_SHARED_DATA",
                                                ROOT / "../shared/data")).resolve() / "ml"
        self.build = pathlib.Path(os.environ.get("YAGURA_BENCH_BUILD", ROOT / "build" / "bench"))
        self.yagura = self.build / "yagura"
        self.oracles = oracles

    def run(self, program, *arguments, stdin=None):
        """What a program of bench/ prints; it must succeed."""
        command = [str(self.build / "bench" / program), *map(str, arguments)]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                              input=stdin).stdout


def table(header, rows):
    """A table in Markdown."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [header, *rows]]
    lines.insert(1, "|" + "---|" * len(header))
    return "\n".join(lines)


def read_sections():
    """The sections that the document holds, by part."""
    text = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    marks = list(MARKED.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return {mark[1]: text[mark.start():end].strip() + "\n" for mark, end in zip(marks, ends)}


def machine():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return f"{len(names)} × {names[0]}, Linux {platform.release()}" if names else platform.machine()


def main():
    parser = argparse.ArgumentParser(usage="bench/learn [--only PART]... [--no-oracles]")
    parser.add_argument("--only", action="append", choices=PARTS, default=[])
    parser.add_argument("--no-oracles", action="store_true")
    arguments = parser.parse_args()
    bench = Bench(Oracles(None if arguments.no_oracles else ROOT / "build" / "oracles"))
    if not bench.data.is_dir():
        print(f"bench-learn: there is no {bench.data}; set YAGURA_SHARED_DATA", file=sys.stderr)
        return 1
    sections = read_sections()
    for part in arguments.only or PARTS:
        print(f"bench-learn: {part}", file=sys.stderr, flush=True)
        section = importlib.import_module(part).measure(bench)
        mark = MARK.format(part=part, day=datetime.date.today(), machine=machine())
        sections[part] = f"{mark}\n{section.strip()}\n"
        in_order = [sections[known] for known in PARTS if known in sections]
        DOCUMENT.write_text("\n".join([HEADING, *in_order]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
