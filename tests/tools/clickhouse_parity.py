"""Journey functions and ClickHouse's, over the same random logs.

    clickhouse_parity.py JOURNEYMART FOLDER [--logs 1000] [--seed 1]

Writes short logs full of ties, nulls and events that meet several conditions or none, asks
journeymart and ClickHouse (the PyPI package chdb-core) the same questions and compares every answer:
windowFunnel in all 24 combinations of modes, sequenceMatch, sequenceCount and sequenceMatchEvents for
random patterns, sequenceNextNode for every direction, base and length, retention. Ends with 1 if an
answer differs.

Two things are not compared as they are:

- ClickHouse leaves the order of events of one instant to the order of rows where journeymart defines
  it, so ClickHouse is given the rows in that order.
- windowFunnel with strict_deduplication and strict_once together goes by the order of rows even so,
  where two events of a step share an instant: ClickHouse may let the second one pass, journeymart
  takes it as the repetition it is. Such answers are counted, not compared.
"""

import argparse
import datetime
import itertools
import json
import os
import random
import subprocess
import sys

import chdb

CONDITIONS = 4
VALUES = ["A", "B", "C", "D", "null"]
FLAGS = ["strict_deduplication", "strict_order", "strict_increase", "strict_once", "allow_reentry"]
PATTERNS = 25
PARTS = ["(?1)", "(?2)", "(?3)", "(?4)", ".", ".*", "(?t<=2)", "(?t<3)", "(?t>=2)", "(?t>1)", "(?t==3)"]

PIPELINE = """version: 1
pipeline: parity
description: Random logs.
timezone: UTC
currency: EUR
params:
  as_of_date: {type: date, default: 2026-01-01, description: Last day that counts.}
locations: {exports: ., marts: out}
sources:
  logs:
    path: "{exports}/logs.csv"
    format: csv
    key: [row_number]
    columns:
      row_number: {type: int64, required: true}
      log: {type: int64, required: true}
      second: {type: int64, required: true}
      occurred_at: {type: timestamp, required: true}
      met: {type: int64, required: true}
      is_base: {type: bool, required: true}
      value: {type: string}
"""


def write_logs(folder, logs, rng):
    """Logs of up to 12 events within 15 seconds; returns the seconds and conditions of each."""
    events, row = {}, 0
    with open(os.path.join(folder, "logs.csv"), "w") as file:
        file.write("row_number,log,second,occurred_at,met,is_base,value\n")
        for log in range(logs):
            events[log] = []
            for _ in range(rng.randrange(1, 13)):
                second = rng.randrange(15)
                met = rng.choice([0, 1, 2, 4, 8, rng.randrange(16)])
                base = rng.choice(["true", "false", "true"])
                value = rng.choice(VALUES)
                file.write(f"{row},{log},{second},1970-01-01T00:00:{second:02}Z,{met},{base},{value}\n")
                events[log].append((second, met))
                row += 1
    return events


def is_valid(pattern):
    """A time needs an event, `.` or `.*` before it."""
    before = ".*"
    for part in pattern:
        if part.startswith("(?t") and before.startswith("(?t"):
            return False
        before = part
    return True


def patterns(rng):
    while True:
        pattern = [rng.choice(PARTS) for _ in range(rng.randrange(1, 7))]
        if is_valid(pattern):
            yield "".join(pattern)


def conditions(count, place):
    """The same conditions in both dialects."""
    ours = ", ".join(f"(met & {1 << bit}) > 0" for bit in range(count))
    theirs = ", ".join(f"bitTest(met, {bit})" for bit in range(count))
    separator = ", " if count else ""
    return (separator + ours, separator + theirs) if place == "after" else (ours, theirs)


def funnels(rng):
    """Name, our expression, theirs; and whether ties make theirs depend on the order of rows."""
    for flags in itertools.product([False, True], repeat=len(FLAGS)):
        modes = [name for name, flag in zip(FLAGS, flags) if flag]
        if "allow_reentry" in modes and "strict_order" not in modes:
            continue
        ours, theirs = conditions(rng.choice([2, 3, 4]), "after")
        window = rng.randrange(0, 16)
        mode = f"'{','.join(modes)}', " if modes else ""
        their_modes = "".join(f", '{name}'" for name in modes)
        yield (
            f"windowFunnel({window}{their_modes})",
            f"window_funnel({window}, {mode}occurred_at{ours})",
            f"windowFunnel({window}{their_modes})(second{theirs})",
            {"strict_deduplication", "strict_once"} <= set(modes),
        )


def sequences(rng):
    ours, theirs = conditions(CONDITIONS, "after")
    for pattern in itertools.islice(patterns(rng), PATTERNS):
        for our_name, their_name in [
            ("sequence_match", "sequenceMatch"),
            ("sequence_count", "sequenceCount"),
            ("sequence_match_events", "sequenceMatchEvents"),
        ]:
            yield (
                f"{their_name}('{pattern}')",
                f"{our_name}('{pattern}', occurred_at{ours})",
                f"{their_name}('{pattern}')(second{theirs})",
                False,
            )


def next_nodes(length):
    ours, theirs = conditions(length, "after")
    for direction, base in [
        ("forward", "head"), ("forward", "first_match"), ("forward", "last_match"),
        ("backward", "tail"), ("backward", "first_match"), ("backward", "last_match"),
    ]:
        if length == 0 and base.endswith("match"):
            continue
        yield (
            f"sequenceNextNode('{direction}', '{base}'), {length} conditions",
            f"sequence_next_node('{direction}', '{base}', occurred_at, nullif(value, 'null'), is_base{ours})",
            f"sequenceNextNode('{direction}', '{base}')(second, nullIf(value, 'null'), is_base{theirs})",
            False,
        )


def retentions():
    for count in (2, 3, 4):
        ours, theirs = conditions(count, "alone")
        yield f"retention, {count} conditions", f"retention({ours})", f"retention({theirs})", False


def ask_us(journeymart, folder, expressions):
    columns = ", ".join(f"{expression} as q{number}" for number, expression in enumerate(expressions))
    sql = f"select log, {columns} from raw.logs group by log order by log"
    answer = subprocess.run(
        [journeymart, "query", "--project-dir", folder, "--output", "json", "--quiet", sql],
        capture_output=True, text=True,
    )
    if answer.returncode != 0:
        sys.exit(answer.stderr)
    return [[row[f"q{number}"] for number in range(len(expressions))] for row in json.loads(answer.stdout)]


def ask_them(folder, expressions, order):
    types = "row_number UInt64, log UInt32, second UInt32, occurred_at String, met UInt8, is_base Bool, value String"
    path = os.path.join(folder, "logs.csv")
    rows = f"(select * from file('{path}', 'CSVWithNames', '{types}') order by log, second, {order})"
    columns = ", ".join(f"{expression} as q{number}" for number, expression in enumerate(expressions))
    answer = chdb.query(
        f"select {columns} from {rows} group by log order by log "
        "settings max_threads = 1, query_plan_remove_redundant_sorting = 0, allow_experimental_funnel_functions = 1",
        "JSONCompact",
    )
    return json.loads(str(answer))["data"]


def plain(value):
    """One form for what the two print differently: counts, truth values, time stamps and lists."""
    if isinstance(value, list):
        return [plain(element) for element in value]
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value.isdigit():
        return int(value)
    if isinstance(value, str) and value.startswith("1970-"):
        return int(datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp())
    return value


def repeats_a_step_at_once(events):
    return any(
        left[0] == right[0] and left[1] & right[1]
        for left, right in itertools.combinations(events, 2)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("journeymart")
    parser.add_argument("folder")
    parser.add_argument("--logs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    folder, journeymart = os.path.abspath(given.folder), os.path.abspath(given.journeymart)
    os.makedirs(os.path.join(folder, "pipelines"), exist_ok=True)
    with open(os.path.join(folder, "pipelines", "parity.yaml"), "w") as file:
        file.write(PIPELINE)
    rng = random.Random(given.seed)
    events = write_logs(folder, given.logs, rng)
    groups = [
        ("windowFunnel", list(funnels(rng)), "met"),
        ("sequenceMatch, sequenceCount, sequenceMatchEvents", list(sequences(rng)), "met"),
        ("retention", list(retentions()), "row_number"),
    ]
    for length in range(4):
        order = f"value, 2 * bitAnd(met, {2 ** length - 1}) + is_base"
        groups.append((f"sequenceNextNode, {length} conditions", list(next_nodes(length)), order))
    differing = 0
    for title, questions, order in groups:
        ours = ask_us(journeymart, folder, [question[1] for question in questions])
        theirs = ask_them(folder, [question[2] for question in questions], order)
        assert len(ours) == len(theirs) == given.logs, (len(ours), len(theirs))
        compared = undefined = 0
        for log, (our_row, their_row) in enumerate(zip(ours, theirs)):
            for (name, _, _, by_rows), our, their in zip(questions, our_row, their_row):
                if by_rows and repeats_a_step_at_once(events[log]):
                    undefined += plain(our) != plain(their)
                    continue
                compared += 1
                if plain(our) != plain(their):
                    differing += 1
                    print(f"{name}: log {log} {sorted(events[log])}: journeymart {our}, ClickHouse {their}")
        known = f", {undefined} differ where ClickHouse goes by the order of rows" if undefined else ""
        print(f"{title}: {len(questions)} questions, {compared} answers compared{known}")
    print(f"{differing} answers differ")
    sys.exit(differing > 0)


if __name__ == "__main__":
    main()
