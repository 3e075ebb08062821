"""Compares the published marts of the demo world with its truth.

    verify.py MARTS TRUTH [--exports DIR] [--results run_results.json]
              [--cells cells.json] [--rows rows.json] [--only-exports]

First the truth itself is checked against a second computation from the raw exports (exports.py);
then the marts are compared with the truth. Everything must be equal; identity is also reported as
precision and recall. `--results` adds the books of the run, `--cells` and `--rows` the quarantine as
`journeymart query --output json "select * from quarantine.cells"` prints it. Needs pyarrow.
"""

import argparse
import csv
import json
import os
import sys
from collections import Counter, defaultdict

from decimal import Decimal

from exports import Exports, day, local_date, utc

DECIDED = ("renewed_early", "renewed_on_time", "renewed_late", "lapsed", "cancelled_midterm")
RENEWED = DECIDED[:3]
MONTHS = {"Month": 1, "Quarter": 3, "Year": 12}


class Report:
    def __init__(self):
        self.failures = 0

    def equal(self, what, found, expected):
        if found == expected:
            print(f"ok    {what}")
            return
        self.failures += 1
        print(f"WRONG {what}")
        for line in differences(found, expected):
            print(f"      {line}")

    def note(self, text):
        print(f"      {text}")


def differences(found, expected, limit=8):
    """The first differences of two dictionaries or counters, else both values."""
    if not isinstance(expected, dict):
        return [f"found    {found}", f"expected {expected}"]
    keys = sorted(set(found) | set(expected), key=str)
    wrong = [key for key in keys if found.get(key) != expected.get(key)]
    lines = [f"{key}: found {found.get(key)}, expected {expected.get(key)}" for key in wrong[:limit]]
    return lines + [f"… {len(wrong)} differences"] * (len(wrong) > limit)


class Truth:
    def __init__(self, folder):
        self.folder = folder
        self.persons = [json.loads(line) for line in open(self.path("persons.ndjson"))]
        self.totals = json.load(open(self.path("totals.json")))
        self.orders = self.table("orders.csv")
        self.terms = self.table("terms.csv")

    def path(self, name):
        return os.path.join(self.folder, name)

    def table(self, name):
        with open(self.path(name), newline="") as file:
            return list(csv.DictReader(file))

    def renewable(self):
        """Paid terms; trials and unpaid ones are none."""
        return [
            term
            for term in self.terms
            if term["is_paid"] == "true" and term["renewal"] != "trial_excluded"
        ]


def status(term):
    """Terms that have not ended, and those within grace, are both open."""
    return "open" if term["renewal"] == "running" else term["renewal"]


# The truth against the exports --------------------------------------------------------------------


def check_exports(report, truth, exports, as_of):
    sessions = Counter(
        (cookie, start, end, count)
        for cookie, found in exports.sessions().items()
        for start, end, count in found
    )
    expected = Counter(
        (row["cookie"], micros(row["started_at"]), micros(row["ended_at"]), int(row["event_count"]))
        for row in truth.table("sessions.csv")
    )
    report.equal("sessions of the exports", sessions, expected)

    columns = ("gross_amount", "discount_amount", "refunded_amount", "net_amount")
    found = {
        order["order_id"]: (
            order["ordered_at"].astimezone(utc("2026-01-01T00:00:00Z").tzinfo),
            order["is_cancelled"],
            *(order[column] for column in columns),
        )
        for order in exports.orders()
    }
    expected = {
        row["order_id"]: (
            utc(row["ordered_at"]),
            row["is_cancelled"] == "true",
            *(Decimal(row[column]) for column in columns),
        )
        for row in truth.orders
    }
    report.equal("orders of the exports", found, expected)

    found = {
        (term["subscription_id"], term["start"]): (term["end"], term["amount"], *term["renewal"])
        for term in exports.terms(as_of)
    }
    expected = {
        (term["subscription_id"], day(term["term_start_date"])): (
            day(term["term_end_date"]),
            Decimal(term["amount"]),
            due_date(found, term),
            status(term),
        )
        for term in truth.renewable()
    }
    report.equal("terms and renewals of the exports", found, expected)

    found = {quarter: tuple(counts) for quarter, counts in exports.scores().items()}
    expected = {
        row["quarter"]: tuple(int(row[name]) for name in ("promoters", "passives", "detractors"))
        for row in truth.table("nps.csv")
    }
    report.equal("survey scores of the exports", found, expected)
    check_identity(report, truth, exports.components())


def due_date(found, term):
    """While a pause lasts nobody knows the due date; then the one found stands."""
    key = (term["subscription_id"], day(term["term_start_date"]))
    if key in found and found[key][2] is None:
        return None
    return day(term["due_date"])


def micros(text):
    second, fraction = text.rstrip("Z").split(".")
    return int(utc(f"{second}Z").timestamp()) * 1_000_000 + int(fraction)


def identifiers(person):
    """What the exports can tie to a person: cookies that were never logged in on are left out."""
    yield from (("contact", str(number)) for number in person["contact_ids"])
    for kind, value in [
        ("login", person["login"]),
        ("email", person["email"]),
        ("email", person["second_email"]),
        ("customer", person["stripe_customer"]),
    ]:
        if value:
            yield kind, value
    yield from (("cookie", cookie["cookie"]) for cookie in person["cookies"] if cookie["is_linked"])


def check_identity(report, truth, components):
    """Pairs of identifiers of one person that were joined, and joined pairs that are of one."""
    persons = defaultdict(set)
    for person in truth.persons:
        for identifier in identifiers(person):
            if identifier in components:
                persons[identifier].add(person["person"])
    members = defaultdict(list)
    for identifier, component in components.items():
        if identifier in persons:
            members[component].append(identifier)
    joined = right = 0
    for group in members.values():
        for index, left in enumerate(group):
            for other in group[index + 1 :]:
                joined += 1
                right += bool(persons[left] & persons[other])
    of_person = Counter(name for names in persons.values() for name in names)
    real = sum(count * (count - 1) // 2 for count in of_person.values())
    report.note(f"identity: precision {right / joined:.4f}, recall {right / real:.4f}")
    mixed = {
        frozenset(set().union(*(persons[identifier] for identifier in group)))
        for group in members.values()
    }
    shared = {person["person"] for person in truth.persons if person["device_is_shared"]}
    wrong = {group for group in mixed if len(group) > 1 and not group <= shared}
    report.equal("persons joined who share no device", wrong, set())


# The marts against the truth ----------------------------------------------------------------------


class Marts:
    def __init__(self, folder):
        self.folder = folder

    def rows(self, name):
        import pyarrow.parquet

        path = os.path.join(self.folder, f"{name}.parquet")
        return pyarrow.parquet.read_table(path).to_pylist()


def check_marts(report, truth, marts, exports):
    check_quality(report, truth, marts)
    check_web(report, truth, marts)
    check_value(report, truth, marts, exports)
    check_renewals(report, truth, marts)
    check_mrr(report, truth, marts)
    check_scores(report, truth, marts)


def check_quality(report, truth, marts):
    rows = marts.rows("data_quality")
    found = {(row["subject"], row["check_name"]): row["failed_count"] for row in rows}
    names = {
        "quarantined": "rows_quarantined",
        "filtered": "rows_filtered",
        "superseded": "rows_superseded",
        "nulled_cells": "cells_nulled",
    }
    expected = {
        (book["source"], name): int(book[column])
        for book in truth.table("books.csv")
        for name, column in names.items()
    }
    report.equal("books in data_quality", {key: found.get(key) for key in expected}, expected)
    events = {row["check_name"]: row for row in rows if row["subject"] == "core.events"}
    report.equal("events, each once", events["robot"]["row_count"], truth.totals["events"])
    without = events["no_visitor"]["failed_count"]
    report.equal("events without any id", without, truth.totals["events_without_id"])


def check_web(report, truth, marts):
    expected = defaultdict(lambda: [0, 0, set()])
    for session in truth.table("sessions.csv"):
        if not session["bot_reason"]:
            cell = expected[local_date(micros(session["started_at"]) // 1_000_000)]
            cell[0] += 1
            cell[1] += int(session["event_count"])
            cell[2].add(session["cookie"])
    found = {
        row["visit_date"]: (row["session_count"], row["event_count"], row["visitor_count"])
        for row in marts.rows("web_daily")
    }
    expected = {date: (cell[0], cell[1], len(cell[2])) for date, cell in expected.items()}
    report.equal("sessions, events and visitors a day", found, expected)


def check_value(report, truth, marts, exports):
    """The history of each customer; customers carry hashes, so the rows are compared as a bag.

    Whose a sale is, its own record tells: the order of a guest is not that of the login which the
    same person has, unless some record shows the login beside the address.
    """
    components = exports.components()
    buyers = {order["order_id"]: order["buyer"] for order in exports.orders()}
    payers = {row["id"]: ("customer", row["customer"]) for row in exports.stripe("subscriptions")}
    history = defaultdict(lambda: [0, Decimal(0), Decimal(0), set()])
    for order in truth.orders:
        if order["is_cancelled"] == "true" or order["has_buyer"] == "false":
            continue
        cell = history[components[buyers[order["order_id"]][0]]]
        cell[0] += 1
        cell[1] += Decimal(order["net_amount"])
        if Decimal(order["net_amount"]) > 0:
            cell[3].add(local_date(utc(order["ordered_at"]).timestamp()))
    for term in truth.terms:
        if term["is_paid"] == "true":
            amount = Decimal(term["amount"]) + Decimal(term["change_amount"])
            history[components[payers[term["subscription_id"]]]][2] += amount
    expected = Counter(
        (count, orders, paid, max(days, default=None))
        for count, orders, paid, days in history.values()
        if count or paid
    )
    found = Counter(
        (row["order_count"], row["order_value"], row["subscription_value"], row["last_order_date"])
        for row in marts.rows("customer_value")
        if row["order_count"] or row["subscription_value"]
    )
    report.equal("orders, revenue and last purchase of each customer", found, expected)


def check_renewals(report, truth, marts):
    expected = defaultdict(Counter)
    for term in truth.renewable():
        state = status(term)
        month = day(term["due_date"]).replace(day=1)
        cell = expected[month]
        yearly = annual(term["amount"], term["plan_id"])
        if state in DECIDED:
            cell["due_count"] += 1
            cell["due_arr_amount"] += yearly
        if state in RENEWED:
            cell["renewed_count"] += 1
            cell["renewed_early_count"] += state == "renewed_early"
            cell["renewed_late_count"] += state == "renewed_late"
            cell["renewed_arr_amount"] += annual(term["renewed_amount"], term["plan_id"])
    for term in truth.terms:
        if term["renewal"] == "trial_excluded":
            expected[day(term["term_end_date"]).replace(day=1)]["trial_ended_count"] += 1
    names = (
        "due_count", "renewed_count", "renewed_early_count", "renewed_late_count",
        "due_arr_amount", "renewed_arr_amount",
    )
    rows = [row for row in marts.rows("renewals") if row["period_unit"] == "month"]
    found = {row["period_start_date"]: tuple(row[name] or 0 for name in names) for row in rows}
    wanted = {month: tuple(expected[month][name] for name in names) for month in found}
    report.equal("terms due and renewed a month", found, wanted)


def annual(amount, plan):
    months = next(months for name, months in MONTHS.items() if plan.endswith(name))
    return Decimal(amount) * 12 / months


def check_mrr(report, truth, marts):
    expected = {
        day(row["month"]): Decimal(row["mrr"]) + Decimal(row["mrr_in_grace"])
        for row in truth.table("mrr.csv")
    }
    found = {
        row["period_start_date"]: row["end_mrr_amount"]
        for row in marts.rows("mrr")
        if row["period_unit"] == "month" and row["period_start_date"] in expected
    }
    report.equal("recurring revenue at the end of each month", found, expected)


def check_scores(report, truth, marts):
    expected = {
        row["quarter"]: (
            sum(int(row[name]) for name in ("promoters", "passives", "detractors")),
            int(row["promoters"]),
            int(row["detractors"]),
        )
        for row in truth.table("nps.csv")
    }
    found = defaultdict(lambda: (0, 0, 0))
    suppressed = set()
    for row in marts.rows("survey_scores"):
        month = row["period_start_date"]
        quarter = f"{month.year}-Q{(month.month - 1) // 3 + 1}"
        counts = (row["response_count"], row["promoter_count"], row["detractor_count"])
        if None in counts:
            suppressed.add(quarter)
            continue
        found[quarter] = tuple(a + b for a, b in zip(found[quarter], counts))
    # Months with few answers say nothing, so their quarters cannot be added up.
    for quarter in suppressed:
        found.pop(quarter, None)
        expected.pop(quarter, None)
    report.equal(f"survey answers in {len(expected)} quarters", dict(found), expected)


# Books and quarantine of the run ------------------------------------------------------------------


def check_results(report, truth, results):
    columns = (
        "rows_read", "rows_loaded", "rows_quarantined", "rows_filtered", "rows_superseded",
        "cells_nulled",
    )
    found = {
        source["source"]: tuple(source[name] for name in columns) for source in results["sources"]
    }
    expected = {
        book["source"]: tuple(int(book[name]) for name in columns)
        for book in truth.table("books.csv")
    }
    report.equal("books of the run", found, expected)


def check_quarantine(report, truth, rows, table, columns):
    """`file` is compared from the export's folder on: `shop/orders_2026-01.csv`."""
    names = {"column": "column_name"}
    found = Counter(
        tuple(
            "/".join(row["file"].split("/")[-2:]) if name == "file" else str(row[names.get(name, name)])
            for name in columns
        )
        for row in rows
    )
    expected = Counter(tuple(row[name] for name in columns) for row in truth.table(table))
    report.equal(f"quarantine: {table}", found, expected)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("marts")
    parser.add_argument("truth")
    parser.add_argument("--exports", help="raw exports; by default `exports` beside the truth")
    parser.add_argument("--results", help="run_results.json of the run")
    parser.add_argument("--cells", help="quarantine.cells as JSON")
    parser.add_argument("--rows", help="quarantine.rows as JSON")
    parser.add_argument("--only-exports", action="store_true", help="leave the marts alone")
    parser.add_argument("--as-of", type=day, default=day("2026-06-30"))
    options = parser.parse_args()

    truth = Truth(options.truth)
    folder = options.exports or os.path.join(options.truth, os.pardir, "exports")
    exports = Exports(folder)
    report = Report()
    check_exports(report, truth, exports, options.as_of)
    if options.results:
        check_results(report, truth, json.load(open(options.results)))
    if options.cells:
        columns = ("source", "file", "line", "column", "raw_value")
        check_quarantine(report, truth, json.load(open(options.cells)), "bad_cells.csv", columns)
    if options.rows:
        columns = ("source", "file", "line")
        check_quarantine(report, truth, json.load(open(options.rows)), "bad_rows.csv", columns)
    if not options.only_exports:
        check_marts(report, truth, Marts(options.marts), exports)
    print(f"{report.failures} differences" if report.failures else "all equal")
    sys.exit(1 if report.failures else 0)


if __name__ == "__main__":
    main()
