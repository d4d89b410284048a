# SPDX-License-Identifier: Apache-2.0
"""Android malware: a committee of small networks on three public feature sets.

bench/android_bench.cc measures ours; scikit-learn's networks and forests are the baseline. The sets
are handed to both as the same text: names, then numbers, the label (1: malware) last.
"""

import csv
import gzip
import io
import json
import statistics
import zipfile

SEEDS = 5
BASELINE_SEED = 1

# Measured beforehand with scikit-learn 1.2.1, as the script below does it, for a run without it.
EARLIER = {
    ("Drebin-215", "all"): {"MLP": (0.98896, 0.98504, 0.00760, 0.99815),
                            "forest": (0.98883, 0.98477, 0.00401, 0.99872)},
    ("Drebin-215", "distinct"): {"MLP": (0.97299, 0.94252, 0.01552, 0.99288),
                                 "forest": (0.97313, 0.94142, 0.00812, 0.99331)},
    ("TUANDROMD", "all"): {"MLP": (0.99171, 0.99481, 0.02336, 0.99915),
                           "forest": (0.99507, 0.99691, 0.01224, 0.99956)},
    ("TUANDROMD", "distinct"): {"MLP": (0.95303, 0.87347, 0.01509, 0.97623),
                                "forest": (0.96667, 0.91129, 0.00943, 0.98320)},
    ("KronoDroid", "all"): {"MLP": (0.97214, 0.97362, 0.02653, 0.99256),
                            "forest": (0.97510, 0.97640, 0.02234, 0.99553)},
    ("KronoDroid", "distinct"): {"MLP": (0.94690, 0.94254, 0.03989, 0.98520),
                                 "forest": (0.95304, 0.94939, 0.03763, 0.98911)},
}

ORACLE = r"""
import json, sys, time
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier

folds, distinct, seed = int(sys.argv[1]), sys.argv[2] == "distinct", int(sys.argv[3])
sys.stdin.readline()
table = np.loadtxt(sys.stdin, delimiter=",", dtype=np.float32)
x, y = np.log2(1 + table[:, :-1]), table[:, -1].astype(int)
if distinct:
    first = np.sort(np.unique(x, axis=0, return_index=True)[1])
    x, y = x[first], y[first]
models = {
    "MLP": lambda: MLPClassifier((200, 100), early_stopping=True, random_state=seed),
    "forest": lambda: RandomForestClassifier(200, random_state=seed),
}
result = {}
for name, make in models.items():
    scores, fitting, scoring = np.zeros(len(y)), 0, 0
    for fit, test in StratifiedKFold(folds, shuffle=True, random_state=seed).split(x, y):
        start = time.process_time()
        model = make().fit(x[fit], y[fit])
        fitted = time.process_time()
        scores[test] = model.predict_proba(x[test])[:, 1]
        fitting, scoring = fitting + fitted - start, scoring + time.process_time() - fitted
    said = scores >= 0.5
    tn, fp, fn, tp = confusion_matrix(y, said).ravel()
    result[name] = [accuracy_score(y, said), f1_score(y, said), fp / (fp + tn),
                    roc_auc_score(y, scores), fitting / folds, len(y) / scoring]
print(json.dumps(result))
"""


def drebin(folder):
    with gzip.open(folder / "drebin215.csv.gz", "rt") as file:
        rows = csv.reader(file)
        yield next(rows)
        for row in rows:  # five cells of a column are "?"
            yield [*("0" if cell == "?" else cell for cell in row[:-1]),
                   "1" if row[-1] == "S" else "0"]


def tuandromd(folder):
    with gzip.open(folder / "tuandromd.csv.gz", "rt") as file:
        rows = csv.reader(file)
        yield next(rows)
        for row in rows:
            yield [*row[:-1], "1" if row[-1] == "malware" else "0"]


def kronodroid(folder):
    with zipfile.ZipFile(folder / "kronodroid_real_device.csv.zip") as archive:
        with archive.open(archive.namelist()[0]) as file:
            yield from csv.reader(io.TextIOWrapper(file))


SETS = [("Drebin-215", drebin, 10), ("TUANDROMD", tuandromd, 10), ("KronoDroid", kronodroid, 3)]


def percent(value, spread=None):
    return f"{100 * value:.2f}" + ("" if spread is None else f" ± {100 * spread:.2f}")


def mean_and_spread(values):
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0


class Ours:
    """What android_bench prints: a list of values by name."""

    def __init__(self, text):
        lines = [line.split() for line in text.splitlines()]
        self.values = {name: [float(value) for value in values] for name, *values in lines}

    def mean(self, name):
        return mean_and_spread(self.values[name])[0]

    def row(self, name):
        figures = [percent(*mean_and_spread(self.values[measure]))
                   for measure in ["accuracy", "f1", "fpr"]]
        mean, spread = mean_and_spread(self.values["auc"])
        return [*name, *figures, f"{mean:.4f} ± {spread:.4f}"]


def baseline_row(name, figures):
    times = [f"{figures[4]:.1f}", f"{figures[5]:,.0f}"] if len(figures) > 4 else ["", ""]
    return [*name, *map(percent, figures[:3]), f"{figures[3]:.4f}", *times]


def measure_set(bench, name, folds, text, rows, behind):
    """Appends the rows of the table, and what baseline is more accurate than ours; returns our
    figures of all rows and of the distinct ones."""
    ours = []
    for which in ["all", "distinct"]:
        title = f"{name}, {which}, {folds}-fold"
        figures = Ours(bench.run("android_bench", folds, which, SEEDS, stdin=text))
        rows.append([*figures.row([title, "**ours**"]), f"{figures.mean('fit_seconds'):.1f}",
                     f"{figures.mean('rows_per_second'):,.0f}"])
        baseline = EARLIER[name, which]
        if bench.oracles.there:
            baseline = json.loads(bench.oracles.python(ORACLE, folds, which, BASELINE_SEED,
                                                       stdin=text.encode()))
        rows += [baseline_row([title, f"sklearn {model}"], baseline[model]) for model in baseline]
        behind += [f"{name}, {which}: {model} by {percent(baseline[model][0] - mean)} points"
                   for mean in [figures.mean("accuracy")] for model in baseline
                   if baseline[model][0] > mean]
        ours.append(figures)
    return ours


def measure(bench):
    from __main__ import table
    texts = {name: "\n".join(map(",".join, read(bench.data / "android"))) + "\n"
             for name, read, _ in SETS}
    rows, behind, figures = [], [], {}
    for name, _, folds in SETS:
        figures[name] = measure_set(bench, name, folds, texts[name], rows, behind)
    unseen = [Ours(bench.run("android_bench", "unseen", which, SEEDS,
                             stdin=texts["Drebin-215"])).row([which])
              for which in ["all", "distinct"]]
    every, distinct = figures["Drebin-215"]
    return TEXT.format(
        seeds=SEEDS,
        oracles="in the same run, one seed" if bench.oracles.there else "measured before",
        table=table(["set", "model", "accuracy %", "F1 %", "FPR %", "AUC", "fit, s/fold",
                     "rows/s"], rows),
        unseen=table(["Drebin-215", "accuracy %", "F1 %", "FPR %", "AUC"], unseen),
        copies=percent(every.mean("copies_in_fit")),
        rows=f"{every.mean('rows'):,.0f}", distinct=f"{distinct.mean('rows'):,.0f}",
        sparse=f"{every.mean('rows_per_second'):,.0f}",
        hashed=f"{every.mean('hashed_rows_per_second'):,.0f}",
        targets=targets(every, distinct),
        behind="; ".join(behind) or "nowhere")


def targets(every, distinct):
    """Target by target, whether it was reached."""
    wanted = [
        ("accuracy on all rows ≥ 99.0 %", every.mean("accuracy") >= 0.99,
         percent(every.mean("accuracy")) + " %"),
        ("accuracy on all rows, aim 99.2 %", every.mean("accuracy") >= 0.992,
         percent(every.mean("accuracy")) + " %"),
        ("FPR on all rows ≤ 0.5 %", every.mean("fpr") <= 0.005, percent(every.mean("fpr")) + " %"),
        ("accuracy on distinct rows ≥ 97.5 %", distinct.mean("accuracy") >= 0.975,
         percent(distinct.mean("accuracy")) + " %"),
        ("accuracy on distinct rows, aim 97.6 %", distinct.mean("accuracy") >= 0.976,
         percent(distinct.mean("accuracy")) + " %"),
        ("fit of a fold ≤ 5 s", every.mean("fit_seconds") <= 5,
         f"{every.mean('fit_seconds'):.1f} s"),
        ("rows of Drebin-215 scored, from ready sparse rows, ≥ 500,000 /s",
         every.mean("rows_per_second") >= 500_000,
         f"{every.mean('rows_per_second'):,.0f} /s"),
    ]
    return "\n".join(f"- {name}: {value}, {'reached' if reached else 'missed'}"
                     for name, reached, value in wanted)


TEXT = """## Android malware

What an application asks for and calls, as columns of 0 and 1 (Drebin-215, TUANDROMD) or with
counts of system calls (KronoDroid), tells malware from other applications. *Ours* is a committee
(`src/learn/committee.h`) of four networks with 128 and 32 hidden units, the same options for
every set: 20 epochs of Adam with a rate falling from 0.005 to 0, dropout 0.1, a tenth of each
label smoothed away, no early stop. Malware is what scores at least 0.55 (fixed for all sets); an
FPR is the share of benign applications that are called malware. A number x enters as log2(1 + x),
nothing is standardised.

Cross-validation is stratified; every row is judged once, by a committee that was fitted to the
other folds, and figures are over all rows. Ours are means ± spread (standard deviation) over
{seeds} seeds, each with folds of its own; scikit-learn 1.2.1 ({oracles}) has its networks of
(200, 100) units with early stopping and forests of 200 trees. The comparison is not an even one:
our options and our threshold of 0.55 were tuned on Drebin-215, the baseline has its defaults, the
usual threshold of 0.5 and one seed. A higher threshold alone lowers the FPR; the AUC, which knows
no threshold, is the fairer measure. *Distinct* keeps the first of each
set of equal rows, with its label, whatever the others say. Five cells of Drebin-215 are "?" and
count as 0. Times are processor seconds of one thread on a machine that was doing other work as
well.

{table}

Where a baseline is more accurate than ours: {behind}.

The paper behind this part (Sun et al., SAC 2019) states for 49,045 benign and 12,685 malicious
applications of its own an F-measure from 0.968 to 0.995 and an FPR from 0.48 to 3.3 %, over its
classifiers, the multilayer perceptron the best; that data is not public, so these figures and
ours cannot be compared number by number. On Drebin-215, published AutoML results are accuracies
of 98.7 to 98.8 % (Auto-Sklearn, AutoGluon; hold-out).

Against the targets for Drebin-215:

{targets}

Scored from sparse rows, {sparse} rows of Drebin-215 a second; from the names of features, each
hashed to one of 16,384 columns, {hashed} rows a second. Both on one thread.

The options and the bound of 0.55 were chosen on Drebin-215 alone, by cross-validation within nine
tenths of its rows and within nine tenths of its distinct rows; folds of the table hold those rows
again, so it may flatter us a little. Tried there, while choosing and not in this
run, and not better by more than the spread: more
dropout (0.2, 0.3), none, more smoothing (0.15, 0.2), layers of 192 units, three layers, batches
of 64 and 256, 30 epochs; of networks of 64 and 32 units, one alone, or four without smoothing,
were 0.2 to 0.4 points worse on distinct rows than four with both. What remained of each table,
judged by a committee fitted to the other nine tenths ({seeds} seeds; a row that one table left
out may be among those the other chose by):

{unseen}

**Limits.** Random folds put relatives of a test application into the fit: {copies} % of the rows
of Drebin-215 have an exact copy among the rows they are judged by ({distinct} of {rows} are
distinct), and families of malware are not kept apart. There is no split by time, so that what
these figures say of applications that appear later is nothing: Drebin's are of 2010 to 2012.
Three distinct rows of Drebin-215 occur with both labels, so nobody reaches more than 99.9 % on
all rows.
"""
