"""Sessions and a three-step funnel: journeymart's functions beside DuckDB, Polars and ClickHouse.

    bench.py JOURNEYMART FOLDER [--visitors 481000] [--rounds 5] [--threads 2]

Writes synthetic events of a quarter (about 21 a visitor), publishes them once with `journeymart run`,
and lets every program read that one Parquet file and write its answer as zstd Parquet: journeymart
through `query --published --to FILE`, which reads nothing but the published file, the others in a
process of their own. The queries lie beside this file; where a peer has several, all are measured and
its fastest counts. The programs take turns, so that whatever else the machine does hits all of them.
Answers must be equal, row by row. Prints medians, the ratio to the fastest peer, and peak resident
memory.

Needs Python packages duckdb, polars, pyarrow and chdb-core.
"""

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))

PIPELINE = """version: 1
pipeline: journeys
description: Synthetic events, published as they are.
timezone: UTC
currency: EUR
params:
  as_of_date: {{type: date, default: 2026-06-30, description: Last day that counts.}}
locations: {{exports: "{folder}", marts: "{folder}/marts"}}
sources:
  events:
    path: "{{exports}}/events.parquet"
    format: parquet
    columns:
      event_id: {{type: int64, required: true}}
      visitor_id: {{type: string, required: true}}
      occurred_at: {{type: timestamp, required: true}}
      event_name: {{type: string, required: true}}
      page_path: {{type: string, required: true}}
"""

MART = """/*
description: The events in the order of time.
grain: [event_id]
sort_by: [occurred_at, event_id]
requires: []
*/
select event_id, visitor_id, occurred_at, event_name, page_path
from raw.events
"""

DUCKDB = """
import duckdb
db = duckdb.connect()
db.execute("set threads = {threads}; set preserve_insertion_order = false; set timezone = 'UTC'")
db.execute('''copy ({query}) to '{out}' (format parquet, compression zstd, compression_level 1)''')
"""

POLARS = """
import polars as pl
events = pl.scan_parquet('{events}')
{query}
result.sink_parquet('{out}', compression='zstd', compression_level=1)
"""

POLARS_SQL = "result = pl.SQLContext(events=events).execute('''{query}''')"

CHDB = """
import chdb
chdb.query('''{query} into outfile '{out}' truncate format Parquet settings max_threads = {threads},
    output_format_parquet_compression_method = 'zstd', output_format_compression_level = 1''')
"""

# Answers in one form, whatever types each program gave them.
COMPARED = {
    "sessions": "select cast(visitor_id as varchar) as visitor_id, cast(session_number as bigint) as session_number, "
    "epoch_us(started_at) as started_at, epoch_us(ended_at) as ended_at, cast(event_count as bigint) as event_count "
    "from '{out}'",
    "funnel": "select cast(visitor_id as varchar) as visitor_id, cast(depth as bigint) as depth from '{out}'",
}


def generate(folder, visitors):
    """One seed, one content: visits of a few events each, spread over a quarter."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = os.path.join(folder, "events.parquet")
    if os.path.exists(path):
        return
    rng = np.random.default_rng(7)
    visits = rng.geometric(0.4, visitors)
    events = rng.geometric(0.12, visits.sum())
    visitor = np.repeat(np.repeat(np.arange(visitors), visits), events)
    quarter = 90 * 86_400
    starts = np.repeat(rng.integers(0, quarter, visits.sum()), events) * 1_000_000
    silence = (rng.exponential(40, len(visitor)) * 1_000_000).astype(np.int64)
    # Silences add up within a visit.
    total = np.cumsum(silence)
    first = np.repeat(np.cumsum(events) - events, events)
    micros = 1_775_001_600_000_000 + starts + total - total[first]
    names = np.array(["page_view", "view_item", "add_to_cart", "purchase"])[
        rng.choice(4, len(visitor), p=[0.74, 0.17, 0.06, 0.03])
    ]
    # As Google Analytics numbers browsers: a random number and a second.
    client = rng.integers(1_000_000_000, 2_000_000_000, visitors)
    since = rng.integers(1_700_000_000, 1_775_000_000, visitors)
    ids = np.array([f"{left}.{right}" for left, right in zip(client, since)])
    order = np.argsort(micros, kind="stable")
    pages = np.array([f"/products/{page}" for page in range(2_000)])
    table = pa.table({
        "event_id": pa.array(np.arange(len(visitor))),
        "visitor_id": pa.array(ids[visitor[order]]),
        "occurred_at": pa.array(micros[order]).cast(pa.timestamp("us", "UTC")),
        "event_name": pa.array(names[order]),
        "page_path": pa.array(pages[rng.integers(0, len(pages), len(visitor))]),
    })
    pq.write_table(table, path + ".part", compression="zstd")
    os.rename(path + ".part", path)


def publish(journeymart, folder):
    """The published file, which everyone reads."""
    for name, text in [("pipelines/journeys.yaml", PIPELINE.format(folder=folder)), ("sql/marts/events.sql", MART)]:
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    subprocess.run(
        [journeymart, "run", "--project-dir", folder, "--select", "marts.events", "--quiet"],
        check=True, stdout=subprocess.DEVNULL,
    )
    return os.path.join(folder, "marts", "events.parquet")


def commands(question, journeymart, folder, events, threads):
    """Per query the command and the file it writes."""
    found = {}
    for name in sorted(os.listdir(HERE)):
        if not name.startswith(question):
            continue
        with open(os.path.join(HERE, name)) as file:
            query = file.read()
        variant = name.removeprefix(question + "_").rsplit(".", 1)[0]
        out = os.path.join(folder, f"{question}_{variant}.parquet")
        if variant == "journeymart":
            command = [journeymart, "query", "--project-dir", folder, "--published", "--threads", str(threads),
                       "--quiet", "--to", out, query]
        else:
            program = variant.split("_")[0]
            query = query.replace("{events}", events)
            if name.endswith(".sql") and program == "polars":
                query = POLARS_SQL.format(query=query)
            template = {"duckdb": DUCKDB, "polars": POLARS, "chdb": CHDB}[program]
            command = [sys.executable, "-c", template.format(query=query, out=out, events=events, threads=threads)]
        found[variant] = (command, out)
    return found


def measure(command, out, threads):
    """Seconds and peak resident bytes of one run from nothing."""
    if os.path.exists(out):
        os.remove(out)
    started = time.monotonic()
    process = subprocess.Popen(
        command, env=dict(os.environ, POLARS_MAX_THREADS=str(threads)),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0 or not os.path.exists(out):
        sys.exit(f"{command[:3]} failed:\n{errors.decode()}")
    return time.monotonic() - started, usage.ru_maxrss * 1024


def check(question, outputs):
    """Every answer holds the rows of the first."""
    import duckdb

    ours = COMPARED[question].format(out=outputs["journeymart"])
    rows = duckdb.sql(f"select count(*) from ({ours})").fetchall()[0][0]
    for variant, out in outputs.items():
        theirs = COMPARED[question].format(out=out)
        difference = duckdb.sql(
            f"select count(*) from (({ours} except all {theirs}) union all ({theirs} except all {ours}))"
        ).fetchall()[0][0]
        assert difference == 0, f"{question}: {variant} differs in {difference} of {rows} rows"
    return rows


def apart(function, *arguments):
    """Runs in a process of its own: what the programs are measured by starts at the memory of this one."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("journeymart")
    parser.add_argument("folder")
    parser.add_argument("--visitors", type=int, default=481_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    folder, journeymart = os.path.abspath(given.folder), os.path.abspath(given.journeymart)
    os.makedirs(folder, exist_ok=True)
    apart(generate, folder, given.visitors)
    events = publish(journeymart, folder)
    for question in COMPARED:
        programs = commands(question, journeymart, folder, events, given.threads)
        seconds, peaks = {name: [] for name in programs}, {name: 0 for name in programs}
        for _ in range(given.rounds):
            for name, (command, out) in programs.items():
                took, peak = measure(command, out, given.threads)
                seconds[name].append(took)
                peaks[name] = max(peaks[name], peak)
        rows = apart(check, question, {name: out for name, (_, out) in programs.items()})
        medians = {name: statistics.median(times) for name, times in seconds.items()}
        best = min((name for name in medians if name != "journeymart"), key=medians.get)
        print(f"{question}: {rows} rows, equal in all answers; fastest peer {best}")
        for name, median in sorted(medians.items(), key=lambda item: item[1]):
            print(
                f"  {name:16} median {median:6.2f} s  {median / medians[best]:5.2f}  "
                f"peak {peaks[name] >> 20:5} MiB  {peaks[name] / peaks[best]:5.2f}"
            )


if __name__ == "__main__":
    main()
