"""Typed loading side by side: journeymart, DuckDB and Polars read the same export and write Parquet.

    bench.py JOURNEYMART FOLDER [--rows 5000000] [--rounds 5] [--threads 2]

Writes a synthetic orders export as CSV and as NDJSON, then lets each program load it with the same
declared types and write one zstd Parquet file. The programs take turns, so that whatever else the
machine does hits all of them. journeymart keeps bad rows and cells in quarantine and checks the
books; the others are asked for their plain strict reading. Prints medians, ratios to the fastest
peer, and peak resident memory.

Needs Python packages duckdb, polars and pyarrow.
"""

import argparse
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import time

COLUMNS = {
    # name: (journeymart, DuckDB, Polars)
    "order_id": ("string", "VARCHAR", "String"),
    "customer_email": ("string", "VARCHAR", "String"),
    "ordered_at": ("timestamp", "TIMESTAMPTZ", "Datetime('us', 'UTC')"),
    "ordered_on": ("date", "DATE", "Date"),
    "quantity": ("int64", "BIGINT", "Int64"),
    "net_amount": ("decimal(18,4)", "DECIMAL(18,4)", "Decimal(18, 4)"),
    "discount": ("float64", "DOUBLE", "Float64"),
    "is_first": ("bool", "BOOLEAN", "Boolean"),
    "country": ("string", "VARCHAR", "String"),
    "page_url": ("string", "VARCHAR", "String"),
    "note": ("string", "VARCHAR", "String"),
}

PIPELINE = """version: 1
pipeline: load
description: One export, typed and published.
timezone: UTC
currency: EUR
params:
  as_of_date: {{type: date, default: 2026-01-01, description: Last day that counts.}}
locations: {{exports: "{data}", marts: "{out}"}}
sources:
  orders_export:
    path: "{{exports}}/orders.{suffix}"
    format: {format}
    columns:
{columns}
"""

MART = """/*
description: The export as loaded.
grain: [order_id]
requires: []
*/
select {columns}
from raw.orders_export
"""

DUCKDB = """
import duckdb
db = duckdb.connect()
db.execute("set threads = {threads}; set preserve_insertion_order = false; set timezone = 'UTC'")
db.execute("copy (select * from {reader}('{path}', columns = {columns}{options})) to '{out}' (format parquet, compression zstd)")
"""

POLARS = """
import polars as pl
from polars import String, Datetime, Date, Int64, Decimal, Float64, Boolean
{frame}.sink_parquet('{out}', compression='zstd')
"""


def generate(folder, rows):
    """One seed, one content: the same rows as CSV and as NDJSON."""
    rng = random.Random(7)
    csv_path, json_path = (os.path.join(folder, f"orders.{suffix}") for suffix in ("csv", "ndjson"))
    if os.path.exists(csv_path) and os.path.exists(json_path):
        return
    with open(csv_path + ".part", "w") as csv_file, open(json_path + ".part", "w") as json_file:
        csv_file.write(",".join(COLUMNS) + "\n")
        for row in range(rows):
            day, second = rng.randrange(1, 29), rng.randrange(86_400)
            date = f"2025-{rng.randrange(1, 13):02}-{day:02}"
            at = f"{date}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
            cents, discount = rng.randrange(100, 90_000), rng.randrange(0, 40) / 100
            customer, product = rng.randrange(1_000_000), rng.randrange(5_000)
            note = "" if row % 3 else f"deliver, please, after {row % 12} o'clock"
            country, first = ("NL", "BE", "DE", "FR")[row % 4], row % 7 == 0
            url = f"https://shop.example/products/{product}?utm_source=mail"
            amount, email = f"{cents // 100}.{cents % 100:02}", f"c{customer}@example.com"
            quantity = 1 + product % 5
            csv_file.write(
                f'O{row:09},{email},{at},{date},{quantity},{amount},{discount},{str(first).lower()},'
                f'{country},{url},{chr(34) + note + chr(34) if note else ""}\n'
            )
            json_file.write(
                f'{{"order_id":"O{row:09}","customer_email":"{email}","ordered_at":"{at}","ordered_on":"{date}",'
                f'"quantity":{quantity},"net_amount":{amount},"discount":{discount},"is_first":{str(first).lower()},'
                f'"country":"{country}","page_url":"{url}"' + (f',"note":"{note}"' if note else "") + "}\n"
            )
    os.rename(csv_path + ".part", csv_path)
    os.rename(json_path + ".part", json_path)


def commands(journeymart, folder, suffix, threads):
    """Per program the command and the Parquet file it leaves."""
    path = os.path.join(folder, f"orders.{suffix}")
    project, marts = os.path.join(folder, f"project-{suffix}"), os.path.join(folder, f"marts-{suffix}")
    os.makedirs(os.path.join(project, "pipelines"), exist_ok=True)
    os.makedirs(os.path.join(project, "sql", "marts"), exist_ok=True)
    declared = "\n".join(f'      {name}: {{type: "{ours}"}}' for name, (ours, _, _) in COLUMNS.items())
    with open(os.path.join(project, "pipelines", "load.yaml"), "w") as file:
        file.write(PIPELINE.format(data=folder, out=marts, suffix=suffix, format=suffix, columns=declared))
    with open(os.path.join(project, "sql", "marts", "orders_loaded.sql"), "w") as file:
        file.write(MART.format(columns=", ".join(COLUMNS)))
    duck_out, polars_out = (os.path.join(folder, f"{name}-{suffix}.parquet") for name in ("duckdb", "polars"))
    duck_columns = "{" + ", ".join(f"'{name}': '{duck}'" for name, (_, duck, _) in COLUMNS.items()) + "}"
    if suffix == "csv":
        reader, options = "read_csv", ", header = true"
        # Polars reads time stamps with an offset and decimals of a CSV as text and casts them.
        plain = {name: polars for name, (_, _, polars) in COLUMNS.items()}
        plain["ordered_at"] = "String"
        schema = "{" + ", ".join(f"'{name}': {polars}" for name, polars in plain.items()) + "}"
        frame = f"pl.scan_csv('{path}', schema={schema})"
    else:
        reader, options = "read_json", ", format = 'newline_delimited'"
        plain = {name: polars for name, (_, _, polars) in COLUMNS.items()}
        plain.update({"ordered_at": "String", "ordered_on": "String", "net_amount": "Float64"})
        schema = "{" + ", ".join(f"'{name}': {polars}" for name, polars in plain.items()) + "}"
        frame = f"pl.scan_ndjson('{path}', schema={schema})"
        frame += ".with_columns(pl.col('ordered_on').str.to_date('%Y-%m-%d'), pl.col('net_amount').cast(Decimal(18, 4)))"
    frame += ".with_columns(pl.col('ordered_at').str.to_datetime('%Y-%m-%dT%H:%M:%SZ', time_unit='us', time_zone='UTC'))"
    return {
        "journeymart": (
            [journeymart, "run", "--project-dir", project, os.path.join(project, "pipelines", "load.yaml"),
             "--full-refresh", "--quiet", "--threads", str(threads), "--select", "marts.orders_loaded"],
            os.path.join(marts, "orders_loaded.parquet"),
            [os.path.join(project, ".journeymart"), marts],
        ),
        "duckdb": (
            [sys.executable, "-c", DUCKDB.format(threads=threads, reader=reader, path=path, out=duck_out,
                                                 columns=duck_columns, options=options)],
            duck_out,
            [duck_out],
        ),
        "polars": (
            [sys.executable, "-c", POLARS.format(frame=frame, out=polars_out)],
            polars_out,
            [polars_out],
        ),
    }


def measure(command, leftovers, threads):
    """Seconds and peak resident bytes of one run from nothing."""
    for path in leftovers:
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.remove(path)
    environment = dict(os.environ, POLARS_MAX_THREADS=str(threads))
    started = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command[0]} failed:\n{errors.decode()}")
    return time.monotonic() - started, usage.ru_maxrss * 1024


def check(outputs, rows):
    """All three hold the same rows."""
    import duckdb

    sums = {}
    for name, path in outputs.items():
        sums[name] = duckdb.sql(
            f"select count(*), count(note), sum(quantity), sum(net_amount), count(distinct customer_email), "
            f"min(epoch_us(ordered_at)), max(ordered_on), count(*) filter (is_first) from '{path}'"
        ).fetchall()[0]
    assert len(set(sums.values())) == 1 and sums["duckdb"][0] == rows, sums


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("journeymart")
    parser.add_argument("folder")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    folder = os.path.abspath(given.folder)
    os.makedirs(folder, exist_ok=True)
    generate(folder, given.rows)
    for suffix in ("csv", "ndjson"):
        programs = commands(os.path.abspath(given.journeymart), folder, suffix, given.threads)
        seconds, peaks = {name: [] for name in programs}, {name: 0 for name in programs}
        for _ in range(given.rounds):
            for name, (command, _, leftovers) in programs.items():
                took, peak = measure(command, leftovers, given.threads)
                seconds[name].append(took)
                peaks[name] = max(peaks[name], peak)
        check({name: output for name, (_, output, _) in programs.items()}, given.rows)
        medians = {name: statistics.median(times) for name, times in seconds.items()}
        best = min(medians["duckdb"], medians["polars"])
        for name, median in medians.items():
            print(f"{suffix:7} {name:12} median {median:7.2f} s  {median / best:5.2f} of the faster peer  peak {peaks[name] >> 20:5} MiB")


if __name__ == "__main__":
    main()
