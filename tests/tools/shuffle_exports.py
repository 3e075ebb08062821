"""Writes the same exports with rows in another order and files split.

    shuffle_exports.py EXPORTS OUT SEED [PARTS]

The lines of NDJSON files and the rows of CSV files with one header row are shuffled; files whose
pattern allows several are split in PARTS, by default two. Documents and files with several header rows are copied.
"""

import gzip
import os
import random
import shutil
import sys

from csv_records import records

LINES = (".ndjson.gz",)
SPLIT_CSV = ("contacts_", "orders_")
SHUFFLED_CSV = ("contacts_", "orders_", "order_lines", "refunds", "deals", "companies", "spend", "consents")


def main(source, target, seed, parts=2):
    rng = random.Random(int(seed))
    shutil.rmtree(target, ignore_errors=True)
    for folder, _, names in os.walk(source):
        out = os.path.join(target, os.path.relpath(folder, source))
        os.makedirs(out, exist_ok=True)
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.endswith(LINES):
                with gzip.open(path, "rb") as file:
                    lines = file.read().splitlines(keepends=True)
                rng.shuffle(lines)
                with gzip.open(os.path.join(out, name), "wb", compresslevel=1) as file:
                    file.writelines(lines)
            elif name.endswith(".csv") and name.startswith(SHUFFLED_CSV):
                with open(path, "rb") as file:
                    header, *lines = records(file.read())
                rng.shuffle(lines)
                count = int(parts) if name.startswith(SPLIT_CSV) else 1
                for part in range(count):
                    rows, more = lines[part::count], f"_more{part}" if part else ""
                    if rows or not part:
                        with open(os.path.join(out, name.replace(".csv", f"{more}.csv")), "wb") as file:
                            file.writelines([header, *rows])
            else:
                shutil.copy(path, os.path.join(out, name))


main(*sys.argv[1:])
