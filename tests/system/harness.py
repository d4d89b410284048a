# SPDX-License-Identifier: Apache-2.0
"""What the system tests have in common: the program, data folders, captures, baselines.

Nothing of Yagura's own code is used: the program is driven as its users drive it, and captures are
taken apart and written by the few lines below.
"""

import contextlib
import csv
import difflib
import functools
import gzip
import io
import json
import os
import pathlib
import re
import shutil
import sqlite3
import struct
import subprocess
import tempfile
import unittest
import zlib
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = pathlib.Path(os.environ.get("YAGURA_BINARY", ROOT / "build/release/yagura")).resolve()
CAPTURES = ROOT / "data" / "captures"
SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED_DATA", ROOT / "../shared/data")) / "telescope"
BASELINES = pathlib.Path(__file__).resolve().parent / "baselines"
TIME_LIMIT = 300  # seconds; a command that needs more is stuck

DONE, FAILED, USAGE, DONE_IN_PART = 0, 1, 2, 3

EMPTY_PCAP = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)

# What differs between two data folders that saw the same: the transaction and the day of storing.
UNCOMPARED = {"commit", "stored"}
# Of the schema, and what a service judges behind its reading (synchrony_test.py compares it).
UNCOMPARED_TABLES = {"schema_version", "synchrony_window"}


class Finished(NamedTuple):
    code: int
    out: str
    err: str


class DataFolder:
    """One data folder, and the program working on it."""

    known_tables = {}

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def command(self, *arguments):
        return [str(BINARY), *map(str, arguments), "--data", str(self.path)]

    def try_run(self, *arguments, stdin=b""):
        """Runs `yagura ARGUMENTS... --data FOLDER`, whatever its exit status."""
        done = subprocess.run(self.command(*arguments), input=stdin, capture_output=True,
                              timeout=TIME_LIMIT, check=False)
        return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())

    def run(self, *arguments, stdin=b""):
        """The same, but anything but success is an error of the test."""
        done = self.try_run(*arguments, stdin=stdin)
        if done.code != DONE:
            raise AssertionError(f"yagura {' '.join(map(str, arguments))}: exit {done.code}\n"
                                 f"{done.out[-2000:]}{done.err[-2000:]}")
        return done

    def start(self, *arguments, **options):
        """Starts it without waiting."""
        return subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **options)

    def read(self, *captures, dark, sensor=None, stdin=b""):
        return self.run(*read_arguments(captures, dark, sensor), stdin=stdin)

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--format", "json").out)

    def sql(self, statement):
        """The rows of a query, each a dictionary of texts."""
        return list(csv.DictReader(io.StringIO(self.run("sql", statement, "--format", "csv").out)))

    def tables(self):
        """{table: its columns in order} of everything Yagura stores."""
        if not DataFolder.known_tables:
            for row in self.sql("SELECT table, name FROM system.columns "
                                "WHERE database = currentDatabase() ORDER BY table, position"):
                DataFolder.known_tables.setdefault(row["table"], []).append(row["name"])
        return DataFolder.known_tables

    def fingerprints(self):
        """{table: number and hash of its rows}: equal for folders that saw the same packets."""
        sheets = self.rows("number_sheets")
        known = {"number_sheets": f"{len(sheets)} rows, hash "
                                  f"{sum(zlib.crc32(row.encode()) for row in sheets)}"}
        parts = [f"SELECT '{table}' AS name, concat(toString(count()), ' rows, hash ', "
                 f"toString(sum(sipHash64(row)))) AS seen FROM ({rows_as_text(table, columns)})"
                 for table, columns in self.compared_tables().items()
                 if table != "number_sheets"]
        return known | {row["name"]: row["seen"] for row in self.sql(" UNION ALL ".join(parts))}

    def rows(self, table):
        """The rows of one table as texts, in order; of sheets their numbers."""
        if table == "number_sheets":
            return numbers_of_sheets(self.sql(
                "SELECT concat_ws(' ', level, time, dimension, class, survey) AS key, values, "
                "hex(packets) AS packets, hex(hosts) AS hosts FROM number_sheets"))
        query = rows_as_text(table, self.compared_tables()[table])
        return [row["row"] for row in self.sql(f"SELECT * FROM ({query}) ORDER BY row")]

    def compared_tables(self):
        return {table: [name for name in columns if name not in UNCOMPARED]
                for table, columns in self.tables().items() if table not in UNCOMPARED_TABLES}


def counts_of(written):
    """{place: count} of counts as the store's sheets hold them (src/telescope/packed_counts.h)."""
    counts = {}
    while written:
        block, less, width = struct.unpack_from("<HBB", written)
        written = written[4:]
        places = range(less + 1)
        if width & 0x80:
            bits = int.from_bytes(written[:32], "little")
            places = []
            while bits:
                lowest = bits & -bits
                places.append(lowest.bit_length() - 1)
                bits ^= lowest
            written = written[32:]
        width &= 0x7F
        for i, place in enumerate(places):
            count = int.from_bytes(written[i * width:(i + 1) * width], "little", signed=width == 8)
            at = block * 256 + place
            counts[at] = counts.get(at, 0) + count
        written = written[len(places) * width:]
    return counts


def numbers_of_sheets(rows):
    """Each number in the sheets as one text, added up, without zeros."""
    sums = {}
    for row in rows:
        values = [int(value) for value in row["values"].strip("[]").split(",") if value]
        for measure in ("packets", "hosts"):
            for place, count in counts_of(bytes.fromhex(row[measure])).items():
                key = (row["key"], measure, values[place] if values else place)
                sums[key] = sums.get(key, 0) + count
    return sorted(f"{key} {measure} {value} {count}"
                  for (key, measure, value), count in sums.items() if count != 0)


def rows_as_text(table, columns):
    """A query for each row of the table as one text."""
    if table in ("numbers", "port_numbers"):  # rows of one key add up: they are compared added up
        keys = ", ".join(name for name in columns if name not in ("packets", "hosts"))
        sums = "sum(packets) AS p, sum(hosts) AS h"
        if table == "port_numbers":
            keys += ", place"
            sums = "sum(n) AS p, sum(m) AS h"
            table += " ARRAY JOIN packets AS n, hosts AS m, arrayEnumerate(packets) AS place"
        return (f"SELECT toString(({keys}, {sums})) AS row "
                f"FROM {table} GROUP BY {keys} HAVING p != 0 OR h != 0")
    final = " FINAL" if table in ("sensor", "organisation") else ""
    shown = ", ".join(f"hex({name})" if name == "payload" else f"`{name}`" for name in columns)
    return f"SELECT toString(({shown})) AS row FROM {table}{final}"


def read_arguments(captures, dark, sensor=None):
    prefixes = [dark] if isinstance(dark, str) else dark
    arguments = ["telescope", "read"]
    for prefix in prefixes:
        arguments += ["--dark", prefix]
    if sensor:
        arguments += ["--sensor", sensor]
    return [*arguments, *captures]


def forget_all_but_the_secret(file):
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.execute("PRAGMA foreign_keys = OFF")
        tables = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
            "AND name NOT IN ('secret', 'last_commit_id')").fetchall()
        for table, in tables:
            known = " WHERE id != 1" if table == "organisation" else ""  # 1 is `unknown`
            database.execute(f'DELETE FROM "{table}"{known}')
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@functools.cache
def seed():
    """A state file that knows nothing but a secret."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="yagura-seed-"))
    empty = folder / "empty.pcap"
    empty.write_bytes(EMPTY_PCAP)
    DataFolder(folder / "data").read(empty, dark="192.0.2.0/24")
    forget_all_but_the_secret(folder / "data" / "state.db")
    return folder / "data" / "state.db"


class SystemTest(unittest.TestCase):
    """A test with a scratch folder of its own."""

    recording = False  # --record: write the baselines instead of comparing with them
    maxDiff = 20_000

    def setUp(self):
        if not BINARY.exists():
            self.fail(f"there is no {BINARY}: build it first, or name another in YAGURA_BINARY")
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="yagura-test-"))
        self.addCleanup(shutil.rmtree, self.scratch, ignore_errors=True)
        self._folders = 0

    def data_folder(self):
        """A new data folder. All those of a process have one secret: samples are drawn, and dark
        addresses hashed, with a key that is otherwise each folder's own."""
        self._folders += 1
        path = self.scratch / f"data-{self._folders}"
        path.mkdir()
        shutil.copy(seed(), path / "state.db")
        return DataFolder(path)

    def plain_data_folder(self):
        """A data folder of which nothing is known yet."""
        return DataFolder(self.scratch / "plain")

    def capture(self, name):
        path = CAPTURES / name
        self.assertTrue(path.exists(), f"{path} is missing")
        return path

    def shared_capture(self, name):
        """A capture that is not shipped; without ../shared/data the test is skipped, loudly."""
        path = SHARED / "pcap" / name
        if not path.exists():
            self.skipTest(f"{path} is missing: set YAGURA_SHARED_DATA to the shared data")
        return path

    def write(self, name, data):
        path = self.scratch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def generate(self, name, *flags):
        """A synthetic capture and its ground truth."""
        capture, truth = self.scratch / name, self.scratch / f"{name}.json"
        done = subprocess.run(
            [str(BINARY), "generate", *map(str, flags), "--truth", str(truth), str(capture)],
            capture_output=True, timeout=TIME_LIMIT, check=False)
        self.assertEqual(DONE, done.returncode, done.stderr.decode())
        return capture, json.loads(truth.read_text(encoding="utf-8"))

    def assert_same_rows(self, expected, folder, context):
        """Both data folders hold the same rows, table by table."""
        wanted, seen = expected.fingerprints(), folder.fingerprints()
        for table in wanted:
            if wanted[table] != seen[table]:
                lines = difflib.unified_diff(expected.rows(table), folder.rows(table), "expected",
                                             "seen", n=0, lineterm="")
                shown = "\n".join(line for line, _ in zip(lines, range(40)))
                self.fail(f"{context}: rows of {table} differ: {seen[table]} instead of "
                          f"{wanted[table]}:\n{shown}")

    def assert_baseline(self, name, text):
        """`text` is what tests/system/baselines/NAME.txt holds; --record writes it there."""
        text = text.replace(str(self.scratch), "SCRATCH").replace(str(ROOT), "ROOT")
        path = BASELINES / f"{name}.txt"
        if SystemTest.recording:
            BASELINES.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        self.assertTrue(path.exists(), f"there is no {path}: tests/system/run.py --record makes it")
        expected = path.read_text(encoding="utf-8")
        if expected != text:
            diff = "".join(difflib.unified_diff(expected.splitlines(True), text.splitlines(True),
                                                f"baselines/{name}.txt", "now"))
            self.fail(f"differs from its baseline (--record accepts it):\n{diff}")

    def assert_says(self, pattern, done):
        """The one line a command ended with says `pattern` (any case)."""
        self.assertRegex(done.err, re.compile(pattern, re.IGNORECASE))
        self.assertNotIn("\n\n", done.err)


class Capture(NamedTuple):
    """A pcap file taken apart: its header and its packet records, headers included."""

    header: bytes
    packets: list

    def part(self, begin, end):
        return self.header + b"".join(self.packets[begin:end])

    def parts(self, borders):
        """The pieces between the given packet numbers, as bytes of whole pcap files."""
        edges = [0, *borders, len(self.packets)]
        return [self.part(begin, end) for begin, end in zip(edges, edges[1:])]


def take_apart(path):
    """Reads a little-endian pcap file."""
    data = pathlib.Path(path).read_bytes()
    magic, = struct.unpack_from("<I", data)
    if magic not in (0xA1B2C3D4, 0xA1B23C4D):
        raise AssertionError(f"{path}: not a little-endian pcap")
    packets, offset = [], 24
    while offset < len(data):
        captured, = struct.unpack_from("<I", data, offset + 8)
        packets.append(data[offset:offset + 16 + captured])
        offset += 16 + captured
    return Capture(data[:24], packets)


def gzipped(data):
    return gzip.compress(data, mtime=0)


def zstd_compressed(data):
    done = subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True)
    return done.stdout


@contextlib.contextmanager
def killed_at_the_end(process):
    """Whatever happens in the block, the process is gone behind it."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
