# SPDX-License-Identifier: Apache-2.0
"""Real applications: how fast they are read, and what a model of Drebin-215 says of them."""

import json
import pathlib
import statistics
import subprocess
import tempfile

from __main__ import table

ROUNDS = 5
SEEDS = range(1, 6)
TEXT = """## Real applications

The {count} files of the data folder `apk` are test files of androguard and two applications of
Appium's: APKs, DEX files and compiled manifests, many of them malformed on purpose.
{read} are read; of {broken} the program remarks that something is missing or odd.

{speed}

Seconds are of one processor, of the fastest of {rounds} rounds over the files in memory; of an
APK the manifest and all code are unfolded, and the code of every method is walked.

A model was fitted to Drebin-215 (`yagura malware train`) with each of {seeds} seeds. On the fifth
of its distinct applications that was held out it is right in {accuracy}; it calls {fpr} of the
benign ones malware and finds {recall} of the malware. The {applications} APKs are benign or made
for tests. What the models say of them:

{verdicts}

*Called malware* is by how many of the {seeds} models; each is a false alarm. {alarms} The
manifests alone are not judged here: most of what a model of Drebin-215 goes by is code, which
they do not show.
"""


def spread(values):
    mean, deviation = statistics.mean(values), statistics.stdev(values)
    return f"{100 * mean:.1f} ± {100 * deviation:.1f} %"


def run(bench, *arguments):
    """What the program prints; damaged files make it end with 3."""
    done = subprocess.run([str(bench.yagura), "malware", *map(str, arguments)],
                          stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 3):
        raise RuntimeError(f"yagura malware ended with {done.returncode}")
    return json.loads(done.stdout)


def speed(bench, groups):
    rows = []
    for name, files in groups:
        said = dict(line.split() for line in
                    bench.run("apk_bench", ROUNDS, *files).splitlines())
        seconds, size = float(said["fastest"]), int(said["bytes"])
        rows.append([name, len(files), f"{size / 1e6:.1f} MB", f"{int(said['methods']):,}",
                     f"{len(files) / seconds:,.0f}", f"{size / 1e6 / seconds:.0f}"])
    return table(["", "files", "size", "methods", "files/s", "MB/s"], rows)


def measure(bench):
    folder = bench.data / "apk"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    apks = [path for path in files if path.suffix == ".apk" and path.parent == folder]
    manifests = [path for path in files if path.suffix == ".xml"]
    data = bench.data / "android" / "drebin215.csv.gz"
    models, said = [], {}
    with tempfile.TemporaryDirectory() as scratch:
        for seed in SEEDS:
            model = pathlib.Path(scratch) / "model"
            models.append(run(bench, "train", data, "--model", model, "--seed", seed,
                              "--format", "json"))
            for one in run(bench, "apk", "--model", model, "--format", "json", *apks):
                said.setdefault(pathlib.Path(one["file"]).name, []).append(one)
    everything = run(bench, "apk", "--format", "json", *files)
    read = sum("error" not in one for one in everything)
    if len(everything) != len(files):
        raise RuntimeError(f"{len(files)} files were named and {len(everything)} told of")
    rows, alarms = [], 0
    for name, verdicts in said.items():
        judged = [one for one in verdicts if one["verdict"] is not None]
        called = sum(one["verdict"] == "malware" for one in judged)
        alarms += called > 0
        rows.append([name, len(verdicts[0]["permissions"]), f"{verdicts[0]['methods']:,}",
                     len(judged[0]["reasons"]) if judged else 0,
                     f"{statistics.mean(one['probability'] for one in judged):.3f}"
                     if judged else "no verdict",
                     called if judged else ""])
    return TEXT.format(
        count=len(files), read=read, applications=len(apks), rounds=ROUNDS, seeds=len(SEEDS),
        broken=sum(1 for one in everything if one.get("remarks")),
        speed=speed(bench, [("APKs", apks), ("manifests", manifests)]),
        accuracy=spread([one["accuracy"] for one in models]),
        fpr=spread([one["false_positive_rate"] for one in models]),
        recall=spread([one["recall"] for one in models]),
        verdicts=table(["application", "permissions", "methods", "features shown",
                        "mean probability", "called malware"], rows),
        alarms=f"At least one calls {alarms} of the {len(apks)} malware." if alarms
        else "None calls any of them malware.")
