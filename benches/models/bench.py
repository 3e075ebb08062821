"""Fits and scores of BG/NBD side by side: journeymart's models and the Python package lifetimes.

    bench.py FOLDER [--customers 1000000] [--rounds 3] [--journeymart BINARY]

Draws customers from a BG/NBD process with the parameters of the CDNOW sample, their purchases collapsed
to days (a synthetic world), and lets both fit and score the same rows, taking turns. journeymart's side
is the harness in this folder, which cargo builds; with --journeymart the fit is also run as SQL over the
same rows, and the time of counting them subtracted. Prints seconds, microseconds a customer, and ratios.

Needs numpy < 2, pandas 2.1.4, scipy 1.12, setuptools and lifetimes 0.11.3.
"""

import argparse
import json
import os
import subprocess
import time
import warnings

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))

PIPELINE = """version: 1
pipeline: models
description: Synthetic purchase histories.
timezone: UTC
currency: EUR
params:
  as_of_date: {{type: date, default: 2026-01-01, description: Last day that counts.}}
locations: {{exports: "{folder}", marts: "{folder}/marts"}}
sources:
  histories:
    path: "{{exports}}/histories.csv"
    format: csv
    columns:
      frequency: {{type: int64, required: true}}
      recency: {{type: float64, required: true}}
      age: {{type: float64, required: true}}
"""


def generate(path, customers):
    """One seed, one content: purchases of 189 to 272 days, at most one a day."""
    rng = np.random.default_rng(7)
    rate = rng.gamma(0.2426, 1 / 30.895, customers)
    dropout = rng.beta(0.7929, 2.4259, customers)
    age = rng.integers(189, 273, customers).astype(float)
    frequency, recency = np.zeros(customers), np.zeros(customers)
    now, day = np.zeros(customers), np.zeros(customers)
    alive = np.ones(customers, bool)
    while alive.any():
        at = np.flatnonzero(alive)
        now[at] += rng.exponential(1.0, at.size) / np.maximum(rate[at], 1e-300)
        alive[at[now[at] > age[at]]] = False
        at = at[now[at] <= age[at]]
        today = np.ceil(now[at])
        new = today > day[at]
        frequency[at[new]] += 1
        recency[at[new]] = today[new]
        day[at] = today
        alive[at[rng.random(at.size) < dropout[at]]] = False
    with open(path, "w") as file:
        file.write("frequency,recency,age\n")
        for row in zip(frequency.astype(int), recency.astype(int), age.astype(int)):
            file.write("%d,%d,%d\n" % row)


def rust(path):
    command = ["cargo", "run", "--quiet", "--release", "--manifest-path", f"{HERE}/Cargo.toml", "--", path, "1"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: float(value) for name, value in (line.split(",") for line in lines)}


def python(path):
    warnings.filterwarnings("ignore")
    from lifetimes import BetaGeoFitter

    frequency, recency, age = np.loadtxt(path, delimiter=",", skiprows=1, unpack=True)
    took = {}

    def timed(name, run):
        start = time.perf_counter()
        result = run()
        took[name] = time.perf_counter() - start
        return result

    model = BetaGeoFitter(penalizer_coef=0.0)
    timed("bg_nbd_fit", lambda: model.fit(frequency, recency, age))
    timed("bg_nbd_p_alive", lambda: model.conditional_probability_alive(frequency, recency, age))
    ahead = model.conditional_expected_number_of_purchases_up_to_time
    timed("bg_nbd_expected_purchases", lambda: ahead(365.0, frequency, recency, age))

    def clv():
        value, before = np.zeros(len(age)), np.zeros(len(age))
        for month in range(1, 13):
            until = ahead(30.4375 * month, frequency, recency, age)
            value += 35.0 * (until - before) / 1.01**month
            before = until
        return value

    timed("bg_nbd_clv", clv)
    for k, name in enumerate(["r", "alpha", "a", "b"]):
        took[f"bg_nbd_parameter_{k}"] = float(model.params_[name])
    return took


def sql(binary, folder, question):
    start = time.perf_counter()
    command = [binary, "query", "pipelines/models.yaml", "--output", "json", question]
    output = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - start, json.loads(output)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--journeymart")
    options = parser.parse_args()
    folder = os.path.abspath(options.folder)
    os.makedirs(f"{folder}/pipelines", exist_ok=True)
    path = f"{folder}/histories.csv"
    if not os.path.exists(path):
        generate(path, options.customers)
    rounds = [(rust(path), python(path)) for _ in range(options.rounds)]
    ours = {name: min(own[name] for own, _ in rounds) for name in rounds[0][0]}
    theirs = {name: min(peer[name] for _, peer in rounds) for name in rounds[0][1]}
    customers = ours["customers"]
    print(f"{customers:.0f} customers, {ours['patterns']:.0f} distinct histories, best of {options.rounds}")
    for k, name in enumerate(["r", "alpha", "a", "b"]):
        own, peer = ours[f"bg_nbd_parameter_{k}"], theirs[f"bg_nbd_parameter_{k}"]
        print(f"{name}: {own:.7g} and {peer:.7g} by lifetimes")
    for name in [name for name in ours if name.count("_") >= 2 and "param" not in name and "log" not in name]:
        each = 1e6 * ours[name] / customers
        text = f"{name:32} {ours[name]:9.3f} s {each:8.4f} us a customer"
        if name in theirs:
            text += f"   lifetimes {theirs[name]:9.3f} s   ratio {theirs[name] / ours[name]:6.1f}"
        print(text)
    if options.journeymart:
        with open(f"{folder}/pipelines/models.yaml", "w") as file:
            file.write(PIPELINE.format(folder=folder))
        count = "select count(*), sum(frequency) from raw.histories"
        fit = "select bg_nbd_fit(frequency, recency, age) as model from raw.histories"
        binary = os.path.abspath(options.journeymart)
        sql(binary, folder, count)
        base = min(sql(binary, folder, count)[0] for _ in range(options.rounds))
        whole = min(sql(binary, folder, fit)[0] for _ in range(options.rounds))
        print(f"as SQL: {whole:.3f} s, of which {base:.3f} s reading the rows")


if __name__ == "__main__":
    main()
