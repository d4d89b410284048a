# SPDX-License-Identifier: Apache-2.0
"""Alert triage on the AIT Alert Data Set: see bench/triage_bench.cc for every definition."""

import json
import pathlib
import statistics
import tempfile
import zipfile

from __main__ import table

SEEDS = range(1, 6)
SHARES = (0.10, 0.055, 0.01)
# What each view does with the whole budget, and the forests without the auto-encoder.
OTHERS = {
    "rarity alone (forest)": (0.135, 0, 0),
    "conduct alone (forest)": (0, 0.135, 0),
    "whole alone (auto-encoder)": (0, 0, 0.135),
    "both forests": (0.10, 0.055, 0),
    "rarity and whole": (0.10, 0, 0.05),
}
# Shares kept, positives found and phases seen, as measured with scikit-learn 1.2.1 on the same
# meta-alerts before this was written: one forest on eight features, in hindsight.
BASELINE = {0.02: ("85.1 %", "65"), 0.05: ("94.3 %", "68"), 0.10: ("97.6 %", "76"),
            0.1259: ("98.99 %", "77"), 0.20: ("99.66 %", "78"), 0.30: ("100 %", "79")}

TEXT = """## Alert triage

**Data.** AIT Alert Data Set (Landauer et al. 2024): {alerts:,} alerts of Suricata, Wazuh and
AMiner in eight simulated networks over 4 to 6 days each, one attack in each, in phases. Alerts
of one rule on one host within 60 s of each other are one meta-alert: {metas:,}, {aggregated:.2f}
% fewer, losing none. A meta-alert is *positive* if one of its alerts has an event_label. A
*phase* is a time_label within a scenario; it is *seen* if a shown meta-alert has an alert of it.
With these definitions and a meta-alert counted on the day it ends, the figures of the baseline
below are 293 of 296 positives and 77 of 79 phases.

**Protocol.** Each scenario is a record of its own. Each day (UTC) is judged by models of the
days before it and by thresholds fixed before it begins; no label takes part, feedback is off.
The first day is learnt from and not judged: {judged:,} meta-alerts on later days are.
{first_day} A share that is "aimed at" is one of past days; what was then shown is what counts.

### Strictly day-forward

{strict}

Seeds {seeds}; mean and spread. The phases that were missed: {missed}.

No alert of the network scans in fox and russellmitchell has an event_label: within the time of
the one in russellmitchell lie only updates of a virus scanner's database, three meta-alerts of
them, in fox only records of TLS, Wazuh's summaries of these, and mail logins, of kinds that come
all day. What sees such a phase sees it by chance.

| scenario | judged | shown | positives found | phases seen |
|---|---|---|---|---|
{scenarios}

(Seed {seed}.)

### What else was tried, judged in the same way

{others}

One seed. A single forest over five to nine features together was tried first, while this was
developed: 288 to 295 positives and 73 to 78 phases, never enough of both; what made the
difference was to let rarity and conduct each have a share of their own. The auto-encoder adds
little on this data.

### In hindsight

*Hindsight*: thresholds are placed with the labels, by the score that ranks what is shown. The
papers (ICONIP 2019; IEEE Access 2020) report, on data of their own, 100 % of the significant
alerts at 12.55 % false positives, and 95.89 % at 5.86 %. False positives here, by scenario (seed
{seed}):

{points}

What a share of all judged meta-alerts would hold, per scenario the highest scores (seed {seed});
baseline: scikit-learn's Isolation Forest on eight features of the same meta-alerts, measured
before, its shares placed over all days of a scenario:

{curve}

### Speed

Reading all {alerts:,} alerts takes {read:.1f} s of processor time, judging them (fits included)
{judge:.1f} s, on one thread.

### Limits

The networks are simulated, with one attacker each, and two thirds of the alerts are floods of
one tool (dirb). The features, the three views and their shares were chosen while looking at
results on this same data, labels included, as were the gap of 60 s and the features of the
baseline; no number is set per scenario, but nothing here was tried on data not seen before. What
the model has not seen before is unusual to it: an attack that begins on the first day is part of
what it takes for usual. A person sees a meta-alert when it is first shown; a phase counts as
seen also where its alerts join a meta-alert that was shown earlier.
"""


def run(bench, files, seed, shares):
    lines = bench.run("triage_bench", seed, *shares, *files).splitlines()
    return [json.loads(line) for line in lines]


def total(results, key):
    return sum(result[key] for result in results)


def phases(results, state):
    return [f"{name} in {result['scenario']}" for result in results
            for name, found in result["phases"].items() if found == state]


def summary(results):
    """Share shown, recall, reduction of alerts, phases seen."""
    return (100 * total(results, "shown") / total(results, "judged"),
            100 * total(results, "found") / total(results, "positives"),
            100 - 100 * total(results, "shown") / total(results, "judged_alerts"),
            len(phases(results, "seen")))


def mean_and_spread(values, digits):
    return f"{statistics.mean(values):.{digits}f} ± {statistics.stdev(values):.{digits}f}"


def strict_table(runs):
    shares, recalls, reductions, seen = zip(*map(summary, runs))
    return table(["", "ours", "target", "baseline (hindsight)"], [
        ["meta-alerts shown", mean_and_spread(shares, 2) + " %", "at most 12.59 %", "12.59 %"],
        ["positives shown", mean_and_spread(recalls, 2) + " %", "at least 99 %", "98.99 %"],
        ["fewer items than alerts", mean_and_spread(reductions, 3) + " %", "at least 99 %",
         "99.70 %"],
        ["phases seen, of 79", mean_and_spread(seen, 1), "at least 77, aim 79", "77"]])


def others_table(bench, files):
    rows = []
    for name, shares in OTHERS.items():
        shown, recall, _, seen = summary(run(bench, files, SEEDS[0], shares))
        rows.append([name, " / ".join(f"{100 * share:g}" for share in shares), f"{shown:.2f} %",
                     f"{recall:.2f} %", seen])
    return table(["views", "shares aimed at, %", "shown", "positives", "phases"], rows)


def curve_table(results):
    rows = []
    positives = total(results, "positives")
    for i, (share, (recall, seen)) in enumerate(BASELINE.items()):
        found = sum(result["curve"][i][1] for result in results)
        ours = sum(result["curve"][i][2] for result in results)
        rows.append([f"{100 * share:g} %", f"{100 * found / positives:.2f} %", recall, ours, seen])
    return table(["shown", "positives, ours", "baseline", "phases, ours", "baseline"], rows)


def scenario_rows(results):
    return "\n".join(
        f"| {result['scenario']} | {result['judged']:,} | "
        f"{100 * result['shown'] / result['judged']:.2f} % | "
        f"{result['found']} of {result['positives']} | "
        f"{sum(state == 'seen' for state in result['phases'].values())} of "
        f"{sum(state != 'first day' for state in result['phases'].values())} |"
        for result in results)


def points_table(results):
    rows = [[result["scenario"], *(f"{100 * point:.2f} %" for point in result["points"])]
            for result in results]
    rows.append(["baseline (range)", "", "2.8 to 13.6 %"])
    rows.append(["papers (own data)", "12.55 %", "5.86 %"])
    return table(["", "at 100 % recall", "at 95.89 % recall"], rows)


def missed_text(runs):
    missed = {}
    for results in runs:
        for phase in phases(results, "missed"):
            missed[phase] = missed.get(phase, 0) + 1
    return ", ".join(f"{phase} ({times} of {len(runs)} seeds)"
                     for phase, times in sorted(missed.items())) or "none"


def first_day_text(results):
    alone = phases(results, "first day")
    return ("No phase lies on a first day alone." if not alone else
            "Phases on a first day alone, which cannot be judged: " + ", ".join(alone) + ".")


def measure(bench):
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(bench.data / "alerts-ait-ads" / "alerts_csv.zip") as archive:
            archive.extractall(folder)
        files = sorted(pathlib.Path(folder).glob("**/*_alerts.txt"))
        runs = [run(bench, files, seed, SHARES) for seed in SEEDS]
        others = others_table(bench, files)
    first = runs[0]
    alerts, metas = total(first, "alerts"), total(first, "metas")
    return TEXT.format(
        alerts=alerts, metas=metas, aggregated=100 - 100 * metas / alerts,
        judged=total(first, "judged"), first_day=first_day_text(first),
        strict=strict_table(runs), seeds=f"{SEEDS[0]} to {SEEDS[-1]}", seed=SEEDS[0],
        missed=missed_text(runs), scenarios=scenario_rows(first), others=others,
        points=points_table(first), curve=curve_table(first),
        read=total(first, "read_seconds"), judge=total(first, "judge_seconds"))
