#!/usr/bin/env python3
"""Writes a project of many realistic SQL files, to time `journeymart check` and to test what it says.

    generate_check_project.py DIR [--files 1000] [--depth 20] [--typos 0]
    generate_check_project.py DIR --compare DIAGNOSTICS

A file returns 25 columns, has 5 CTEs, reads 3 tables and is 50 lines long, or 79 where the header
declares the columns too, as two of five do; files read each other over `--depth` levels. With
`--typos N`, N files misspell one column each, and `DIR/typos.txt` holds the places as
`file:line:column`. `--compare` exits with 1 unless these are the places of the errors, no more and
no less, in what `journeymart --log-format json check` wrote to standard error. The same arguments
always write the same files.
"""

import argparse
import json
import pathlib
import random
import sys

# Every generated table has these columns, so that any file can read any earlier one.
KEYS = ["customer_id", "order_id"]
AMOUNTS = [f"amount_{index:02}" for index in range(1, 12)]
COUNTS = [f"item_count_{index:02}" for index in range(1, 9)]
FLAGS = ["is_first", "is_returned"]
TIMES = ["ordered_at", "paid_at"]
TYPES = (
    [(name, "string") for name in KEYS]
    + [(name, '"decimal(18,4)"') for name in AMOUNTS]
    + [(name, "int64") for name in COUNTS]
    + [(name, "bool") for name in FLAGS]
    + [(name, "timestamp") for name in TIMES]
)

PIPELINE = """\
version: 1
pipeline: generated
timezone: Europe/Amsterdam
currency: EUR
params:
  as_of_date: {type: date, default: 2026-06-30}
sources:
  shop:
    path: "exports/*.csv"
    format: csv
    feeds: generated_orders
    columns:
"""

FILE = """\
/*
description: Generated table {number}.
grain: [customer_id, order_id]
{columns}checks:
  - amount_01 >= 0
*/
with

orders as (
    select * from {first}
    where ordered_at < $as_of and amount_01 < {limit}
),

payments as (
    select customer_id, order_id, max(paid_at) as paid_at,
        sum(item_count_01) as item_count_01, count(*) as payment_count
    from {second}
    group by customer_id, order_id
),

returns as (
    select customer_id, max(amount_02) as amount_02, bool_or(is_returned) as is_returned
    from {third}
    group by customer_id
),

joined as (
    select orders.customer_id, orders.order_id, orders.amount_01,
        coalesce(returns.amount_02, orders.amount_02) as amount_02,
        {order_amounts},
        coalesce(payments.item_count_01, 0) as item_count_01,
        {order_counts},
        row_number() over (partition by orders.customer_id order by orders.ordered_at) = 1 as is_first,
        coalesce(returns.is_returned, false) as is_returned, orders.ordered_at,
        case when payments.payment_count > 1 then payments.paid_at else orders.paid_at end as paid_at
    from orders
    left join payments
        on orders.customer_id = payments.customer_id and orders.order_id = payments.order_id
    left join returns on orders.customer_id = returns.customer_id
),

final as (
    select customer_id, order_id, cast(amount_01 * 2 as decimal(18, 4)) as amount_01,
        {amounts},
        {counts}, is_first, is_returned, ordered_at, paid_at
    from joined
    where order_id is not null
)

select * from final
"""


def sql(number, inputs, choice):
    declared = "".join(
        f"  {name}: {{type: {of}, description: The {name.replace('_', ' ')}.}}\n" for name, of in TYPES
    )
    first, second, third = inputs
    return FILE.format(
        number=number,
        columns=f"columns:\n{declared}" if number % 5 < 2 else "",
        first=first,
        second=second,
        third=third,
        limit=choice.randint(1, 500),
        order_amounts=", ".join(f"orders.{name}" for name in AMOUNTS[2:]),
        order_counts=", ".join(f"orders.{name}" for name in COUNTS[1:]),
        amounts=", ".join(AMOUNTS[1:]),
        counts=", ".join(COUNTS),
    )


def misspell(text, choice):
    """Swaps two letters of one column, and says where the column stands."""
    name = f"orders.{choice.choice(AMOUNTS[2:])}"
    start = text.index(name)
    line = text.count("\n", 0, start) + 1
    column = start - text.rfind("\n", 0, start)
    return text[:start] + text[start:].replace("amount", "amuont", 1), f"{line}:{column}"


def generate(options):
    choice = random.Random(1)
    core = options.folder / "sql" / "core"
    inbound = options.folder / "sql" / "inbound"
    pipelines = options.folder / "pipelines"
    for folder in (core, inbound, pipelines):
        folder.mkdir(parents=True, exist_ok=True)
    columns = "".join(f"      {name}: {{type: {of}}}\n" for name, of in TYPES)
    (pipelines / "generated.yaml").write_text(PIPELINE + columns)
    contract = "".join(f"  {name}: {{type: {of}}}\n" for name, of in TYPES)
    (inbound / "generated_orders.yaml").write_text(f"description: Generated.\ncolumns:\n{contract}")
    names = ",\n    ".join(name for name, _ in TYPES)
    (inbound / "shop.sql").write_text(f"select\n    {names}\nfrom source\n")

    wrong = set(choice.sample(range(options.files), options.typos))
    places = []
    for number in range(options.files):
        level = number * options.depth // options.files
        start = max(level - 1, 0) * options.files // options.depth
        end = level * options.files // options.depth
        earlier = [f"core.generated_{index:04}" for index in range(start, end)]
        inputs = (choice.sample(earlier, min(3, len(earlier))) + ["inbound.generated_orders"] * 3)[:3]
        text = sql(number, inputs, choice)
        path = core / f"generated_{number:04}.sql"
        if number in wrong:
            text, place = misspell(text, choice)
            places.append(f"sql/core/{path.name}:{place}\n")
        path.write_text(text)
    (options.folder / "typos.txt").write_text("".join(places))


def compare(options):
    expected = set((options.folder / "typos.txt").read_text().split())
    found = set()
    for line in filter(None, options.compare.read_text().splitlines()):
        diagnostic = json.loads(line)
        if diagnostic["severity"] == "error":
            at = diagnostic.get("location") or {"file": diagnostic["message"], "line": 0, "column": 0}
            found.add(f"{at['file']}:{at['line']}:{at['column']}")
    for place in sorted(expected - found):
        print(f"not reported: {place}")
    for place in sorted(found - expected):
        print(f"no typo: {place}")
    print(f"{len(expected & found)} of {len(expected)} typos reported at their places")
    sys.exit(expected != found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--depth", type=int, default=20)
    parser.add_argument("--typos", type=int, default=0)
    parser.add_argument("--compare", type=pathlib.Path, metavar="DIAGNOSTICS")
    options = parser.parse_args()
    compare(options) if options.compare else generate(options)


if __name__ == "__main__":
    main()
