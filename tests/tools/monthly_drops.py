"""Writes the exports of the demo world as they grow: twelve folders, each with a month more than the last.

    monthly_drops.py EXPORTS OUT [SEED]

OUT/01 … OUT/12 hold what a company that exports everything anew each time would have: dated files of
the months so far, and of the others the rows of those months. The last one holds every row. With a
SEED the months come in that seed's order, as drops that were delayed do. A row without a readable
date belongs to the first month.
"""

import csv
import gzip
import json
import os
import random
import re
import sys
from datetime import datetime, timezone

from csv_records import records

FIRST = (2025, 7)
MONTHS = 12
# The column that dates a row, and how many rows the header takes.
CSV_DATES = {"contacts_": ("createdate", 1), "companies": ("createdate", 1), "deals": ("createdate", 1),
             "refunds": ("refunded_at", 1), "nps": ("RecordedDate", 3), "spend": ("date", 1),
             "consents": ("decided_at", 1)}  # fmt: skip


def main(source, out, seed=None):
    months = list(range(1, MONTHS + 1))
    if seed is not None:
        random.Random(int(seed)).shuffle(months)
    files = list(dated(source))
    for drop in range(1, MONTHS + 1):
        present = set(months[:drop])
        for path, head, rows, tail, separator in files:
            kept = [row for month, row in rows if month in present]
            # A dated file whose month is not there yet is not there.
            if not kept and not head:
                continue
            target = os.path.join(out, f"{drop:02}", path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            content = head + separator.join(kept) + tail
            opened = gzip.open(target, "wb", compresslevel=1) if path.endswith(".gz") else open(target, "wb")
            with opened as file:
                file.write(content)
    print(" ".join(str(month) for month in months))


def dated(source):
    """(path, head, [(month, row)], tail, separator) of every file."""
    order_months = {}
    paths = [os.path.join(folder, name) for folder, _, names in os.walk(source) for name in names]
    # Articles belong to the months of their orders, which are read first.
    for path in sorted(paths, key=lambda path: (path.endswith("order_lines.csv"), path)):
        name, relative = os.path.basename(path), os.path.relpath(path, source)
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
            content = file.read()
        stamp = re.search(r"_(\d{4})-?(\d\d)", name)
        if name.startswith(("events_", "orders_")):
            month = number(int(stamp[1]), int(stamp[2]))
            for line in content.splitlines():
                order_months[line.split(b";")[0]] = month
            yield relative, b"", [(month, content)], b"", b""
        elif name == "order_lines.csv":
            header, *rows = records(content)
            yield relative, header, [(order_months.get(row.split(b",")[0], 1), row) for row in rows], b"", b""
        elif name.endswith(".csv"):
            column, lines = next(date for start, date in CSV_DATES.items() if name.startswith(start))
            rows = records(content)
            names = next(csv.reader([rows[0].decode("utf-8-sig")]))
            at = names.index(column)
            yield relative, b"".join(rows[:lines]), [(of_row(row, at), row) for row in rows[lines:]], b"", b""
        else:
            head, body = content.split(b"[\n", 1)
            body, tail = body.rsplit(b"\n]", 1)
            rows = body.split(b",\n")
            yield relative, head + b"[\n", [(of_document(row), row) for row in rows], b"\n]" + tail, b",\n"


def of_row(row, at):
    cells = next(csv.reader([row.decode("utf-8", "replace")], strict=False), [])
    found = re.match(r"(\d{4})-(\d\d)", cells[at]) if at < len(cells) else None
    return number(int(found[1]), int(found[2])) if found else 1


def of_document(row):
    document = json.loads(row)
    created = document.get("created_at") or document.get("created")
    if isinstance(created, int):
        created = datetime.fromtimestamp(created, timezone.utc).isoformat()
    return number(int(created[:4]), int(created[5:7])) if created else 1


def number(year, month):
    """The place of a month in the world, from 1; what happened before it belongs to the first."""
    return min(max((year - FIRST[0]) * 12 + month - FIRST[1] + 1, 1), MONTHS)


main(*sys.argv[1:])
