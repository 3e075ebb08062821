#!/usr/bin/env python3
"""Writes a project of many realistic SQL files, to time `journeymart check`.

    generate_check_project.py DIR [--files 1000] [--depth 20] [--typos 0]

A file has a header with 25 columns, 5 CTEs, 3 inputs and about 50 lines of SQL below it; files read
each other over `--depth` levels. With `--typos N`, N files misspell one column each, and the places
are printed as `file:line:column`, one a line, to compare with what `check` reports. The same
arguments always write the same files.
"""

import argparse
import pathlib
import random

# Every generated table has these columns, so that any file can read any earlier one.
KEYS = ["customer_id", "order_id"]
MEASURES = [f"amount_{index:02}" for index in range(1, 12)]
COUNTS = [f"item_count_{index:02}" for index in range(1, 9)]
FLAGS = ["is_first", "is_returned"]
TIMES = ["ordered_at", "paid_at"]
TYPES = (
    [(name, "string") for name in KEYS]
    + [(name, '"decimal(18,4)"') for name in MEASURES]
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
    columns:
"""


def header(number):
    lines = ["/*", f"description: Generated table {number}.", "grain: [customer_id, order_id]", "columns:"]
    lines += [f"  {name}: {{type: {of}, description: The {name.replace('_', ' ')}.}}" for name, of in TYPES]
    return lines + ["checks:", "  - amount_01 >= 0", "*/"]


def measures(table, names):
    return [f"        {table}.{name}," for name in names]


def body(inputs, choice):
    first, second, third = inputs
    limit = choice.randint(1, 500)
    lines = ["with", "", "orders as (", "", "    select *", f"    from {first}", f"    where ordered_at < $as_of and amount_01 < {limit}", "", "),", ""]
    lines += ["payments as (", "", "    select customer_id, order_id, max(paid_at) as paid_at,"]
    lines += ["        sum(item_count_01) as item_count_01, count(*) as payment_count"]
    lines += [f"    from {second}", "    group by customer_id, order_id", "", "),", ""]
    lines += ["returns as (", "", "    select customer_id, max(amount_02) as amount_02, bool_or(is_returned) as is_returned"]
    lines += [f"    from {third}", "    group by customer_id", "", "),", ""]
    lines += ["joined as (", "", "    select", "        orders.customer_id,", "        orders.order_id,"]
    lines += ["        orders.amount_01,", "        coalesce(returns.amount_02, orders.amount_02) as amount_02,"]
    lines += ["        " + ", ".join(f"orders.{name}" for name in MEASURES[2:]) + ","]
    lines += ["        coalesce(payments.item_count_01, 0) as item_count_01,"]
    lines += ["        " + ", ".join(f"orders.{name}" for name in COUNTS[1:]) + ","]
    lines += ["        row_number() over (partition by orders.customer_id order by orders.ordered_at) = 1 as is_first,"]
    lines += ["        coalesce(returns.is_returned, false) as is_returned,", "        orders.ordered_at,"]
    lines += ["        case when payments.payment_count > 1 then payments.paid_at else orders.paid_at end as paid_at"]
    lines += ["    from orders"]
    lines += ["    left join payments on orders.customer_id = payments.customer_id"]
    lines += ["        and orders.order_id = payments.order_id"]
    lines += ["    left join returns on orders.customer_id = returns.customer_id", "", "),", ""]
    lines += ["final as (", "", "    select", "        " + ", ".join(KEYS) + ","]
    lines += ["        " + ", ".join(f"cast({name} * 2 as decimal(18, 4)) as {name}" for name in MEASURES[:2]) + ","]
    lines += ["        " + ", ".join(MEASURES[2:]) + ",", "        " + ", ".join(COUNTS) + ","]
    lines += ["        " + ", ".join(FLAGS) + ",", "        " + ", ".join(TIMES)]
    lines += ["    from joined", "    where order_id is not null", "", ")", "", "select * from final"]
    return lines


def misspell(lines, choice):
    """Changes one letter of one column in the text, and says where."""
    places = []
    for number, line in enumerate(lines):
        for name in MEASURES[2:]:
            column = line.find(f"orders.{name}")
            if column >= 0:
                places.append((number, column, f"orders.{name}"))
    number, column, name = choice.choice(places)
    lines[number] = lines[number].replace(name, name.replace("amount", "amuont"), 1)
    return number + 1, column + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--depth", type=int, default=20)
    parser.add_argument("--typos", type=int, default=0)
    options = parser.parse_args()
    choice = random.Random(1)

    core = options.folder / "sql" / "core"
    core.mkdir(parents=True, exist_ok=True)
    pipelines = options.folder / "pipelines"
    pipelines.mkdir(exist_ok=True)
    columns = "".join(f"      {name}: {{type: {of}}}\n" for name, of in TYPES)
    (pipelines / "generated.yaml").write_text(PIPELINE + columns + "    feeds: generated_orders\n")
    inbound = options.folder / "sql" / "inbound"
    inbound.mkdir(exist_ok=True)
    contract = "".join(f"  {name}: {{type: {of}}}\n" for name, of in TYPES)
    (inbound / "generated_orders.yaml").write_text("description: Generated.\ncolumns:\n" + contract)
    names = "".join(f"    {name},\n" for name, _ in TYPES)
    (inbound / "shop.sql").write_text(f"select\n{names}from source\n")

    wrong = set(choice.sample(range(options.files), options.typos))
    for number in range(options.files):
        level = number * options.depth // options.files
        start = (level - 1) * options.files // options.depth
        end = level * options.files // options.depth
        earlier = [f"core.generated_{index:04}" for index in range(max(start, 0), end)]
        inputs = (choice.sample(earlier, min(3, len(earlier))) + ["inbound.generated_orders"] * 3)[:3]
        lines = header(number) + body(inputs, choice)
        path = core / f"generated_{number:04}.sql"
        if number in wrong:
            line, column = misspell(lines, choice)
            print(f"sql/core/{path.name}:{line}:{column}")
        path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
