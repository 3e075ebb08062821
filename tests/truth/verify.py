"""Compares the published marts of the demo world with its truth.

    verify.py MARTS TRUTH [--exports DIR] [--results run_results.json]
              [--cells cells.json] [--rows rows.json] [--identities identities.json]
              [--guarded guarded.json] [--only-exports]

First the truth itself is checked against a second computation from the raw exports (exports.py);
then the marts are compared with the truth. Everything must be equal; identity is also reported as
precision and recall, and each purchase model's error on the hold-out period beside those of the
naive baselines. `--results` adds the books of the run, `--cells` and `--rows` the quarantine as
`journeymart query --output json "select * from quarantine.cells"` prints it, `--identities` whom each
identifier belongs to, as the same prints `select id_type, id_value, customer_id from core.identities`.
`--guarded` is that of the pipeline with `identity: {stitch: last_user}`, which keeps the persons of a
shared device apart: its precision must be 0.99. Needs pyarrow.
"""

import argparse
import csv
import json
import math
import os
import sys
from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal
from itertools import combinations

from exports import Exports, day, local_date, utc

DECIDED = ("renewed_early", "renewed_on_time", "renewed_late", "lapsed", "cancelled_midterm")
RENEWED = DECIDED[:3]
MONTHS = {"Month": 1, "Quarter": 3, "Year": 12}
# Of the pairs of identifiers that are said to be one person's, so many must be, with guards on.
IDENTITY_PRECISION = 0.99


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

    def at_least(self, what, found, least):
        good = found >= least
        self.failures += not good
        print(f"{'ok   ' if good else 'WRONG'} {what}: {found:.4f}, at least {least}")

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
    check_identity(report, truth, exports.components(), "the exports")


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


def people(truth, components):
    """Each identifier's persons, and the identifiers of each component; of those both know."""
    persons, members = defaultdict(set), defaultdict(set)
    for person in truth.persons:
        for identifier in identifiers(person):
            if identifier in components:
                persons[identifier].add(person["person"])
                members[components[identifier]].add(identifier)
    return persons, members


def check_identity(report, truth, components, source):
    """Pairs of identifiers of one person that were joined, and joined pairs that are of one."""
    persons, members = people(truth, components)
    joined = right = 0
    for group in members.values():
        for left, other in combinations(group, 2):
            joined += 1
            right += bool(persons[left] & persons[other])
    of_person = Counter(name for names in persons.values() for name in names)
    real = sum(count * (count - 1) // 2 for count in of_person.values())
    precision, recall = right / joined, right / real
    report.note(f"identity of {source}: precision {precision:.4f}, recall {recall:.4f}")
    mixed = {
        frozenset(set().union(*(persons[identifier] for identifier in group)))
        for group in members.values()
    }
    shared = {person["person"] for person in truth.persons if person["device_is_shared"]}
    wrong = {group for group in mixed if len(group) > 1 and not group <= shared}
    report.equal(f"persons joined by {source} who share no device", wrong, set())
    return precision


def components_of(file):
    return {
        (row["id_type"].removeprefix("demo."), row["id_value"]): row["customer_id"]
        for row in json.load(open(file))
    }


def check_identities(report, truth, components, exports):
    """Whom the pipeline takes each identifier for; the second computation must say the same."""
    check_identity(report, truth, components, "core.identities")
    expected = {
        end: label for end, label in exports.components().items() if end in components
    }
    known = {end: components[end] for end in expected}
    groups = [
        Counter(frozenset(group) for group in people(truth, found)[1].values())
        for found in (known, expected)
    ]
    report.equal("who is one person", *groups)


# The marts against the truth ----------------------------------------------------------------------


class Marts:
    def __init__(self, folder):
        self.folder = folder

    def rows(self, name):
        import pyarrow.parquet

        path = os.path.join(self.folder, f"{name}.parquet")
        return pyarrow.parquet.read_table(path).to_pylist()


def check_marts(report, truth, marts, exports, as_of):
    check_quality(report, truth, marts)
    check_web(report, truth, marts)
    check_value(report, truth, marts, exports)
    check_renewals(report, truth, marts)
    check_churn(report, marts, exports, as_of)
    check_mrr(report, truth, marts)
    check_scores(report, truth, marts)
    check_funnel(report, truth, marts)
    check_journeys(report, truth, marts, exports, as_of)
    check_models(report, truth, marts, exports, as_of)


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


def check_churn(report, marts, exports, as_of):
    """Customers with service at the start of a month, those without at its end, those who left in it.

    When a term was renewed, cut off or lapsed, the truth has said already (see check_exports).
    """
    components = exports.components()
    spells = defaultdict(list)
    for payer, found in exports.services(as_of).items():
        spells[components["customer", payer]].extend(found)
    customers = [uninterrupted(found) for found in spells.values()]
    rows = [row for row in marts.rows("churn") if row["period_unit"] == "month"]
    names = ("start_customer_count", "churned_customer_count", "interrupted_customer_count")
    found = {row["period_start_date"]: tuple(row[name] for name in names) for row in rows}
    wanted = {}
    for month in found:
        following = (month + timedelta(days=32)).replace(day=1)
        staying = [spells for spells in customers if served(spells, month)]
        churned = [spells for spells in staying if not served(spells, following)]
        left = [
            spells
            for spells in staying
            if any(end and month <= end < following for _, end in spells)
        ]
        wanted[month] = (len(staying), len(churned), len(left))
    report.equal("subscribers, and those of them who left, a month", found, wanted)
    report.note(f"churned in {len(wanted)} months: {sum(count[1] for count in wanted.values())}")


def uninterrupted(spells):
    """Spells of service without those that another one continues; an end of None is open."""
    joined = []
    for start, end in sorted(spells, key=lambda spell: spell[0]):
        if end and end <= start:
            continue
        if joined and (joined[-1][1] is None or start <= joined[-1][1]):
            last = joined[-1][1]
            joined[-1] = (joined[-1][0], last and end and max(last, end))
        else:
            joined.append((start, end))
    return joined


def served(spells, date):
    """Whether there was service on the day before."""
    return any(start < date and (end is None or date <= end) for start, end in spells)


def check_mrr(report, truth, marts):
    expected = {
        day(row["month"]): Decimal(row["mrr"]) + Decimal(row["mrr_in_grace"])
        for row in truth.table("mrr.csv")
    }
    # All of it is in one currency.
    for mart in ["mrr", "mrr_total"]:
        found = {
            row["period_start_date"]: row["end_mrr_amount"]
            for row in marts.rows(mart)
            if row["period_unit"] == "month" and row["period_start_date"] in expected
        }
        report.equal(f"recurring revenue at the end of each month ({mart})", found, expected)


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


def check_funnel(report, truth, marts):
    expected = {
        (day(row["month"]), row["step"]): int(row["session_count"])
        for row in truth.table("funnel.csv")
    }
    found = {
        (row["period_start_date"], row["step"]): row["reached_count"]
        for row in marts.rows("funnel_steps")
        if row["funnel"] == "checkout" and row["segment"] == "all"
    }
    report.equal("visits that reached each step of the checkout a month", found, expected)


def check_journeys(report, truth, marts, exports, as_of):
    """Journeys begun in each month and what became of them, walked through a second time."""
    robots = defaultdict(list)
    for session in truth.table("sessions.csv"):
        if session["bot_reason"]:
            span = micros(session["started_at"]), micros(session["ended_at"])
            robots[session["cookie"]].append(span)
    expected = exports.purchases(exports.components(), robots, as_of)
    names = ("instance_count", "converted_count", "abandoned_count", "open_count")
    found = {
        row["period_start_date"]: tuple(row[name] for name in names)
        for row in marts.rows("journey_conversion")
        if row["journey"] == "purchase"
    }
    report.equal("purchase journeys, and those that led to an order, a month", found, expected)
    begun, converted = (sum(count[place] for count in expected.values()) for place in (0, 1))
    report.note(f"purchase journeys: {begun}, of which {converted} led to an order")


def check_models(report, truth, marts, exports, as_of):
    """The hold-out period and both baselines are worked out again; errors of the models are printed."""
    components = exports.components()
    buyers = {order["order_id"]: order["buyer"] for order in exports.orders()}
    days = defaultdict(lambda: defaultdict(Decimal))
    for order in truth.orders:
        if order["is_cancelled"] == "false" and order["has_buyer"] == "true":
            if Decimal(order["net_amount"]) > 0:
                date = local_date(utc(order["ordered_at"]).timestamp())
                buyer = components[buyers[order["order_id"]][0]]
                days[buyer][date] += Decimal(order["net_amount"])
    first = min(min(dates) for dates in days.values())
    middle = first + (as_of - first) // 2
    horizon = (as_of - middle).days
    histories = []
    for dates in days.values():
        known = sorted(date for date in dates if date <= middle)
        if known:
            repeats = [float(dates[date]) for date in known[1:]]
            value = sum(repeats) / len(repeats) if repeats else 0.0
            came = [float(amount) for date, amount in dates.items() if date > middle]
            histories.append((len(repeats), (middle - known[0]).days, value, came))
    repeated = sum(x for x, _, _, _ in histories)
    rate = repeated / sum(age for _, age, _, _ in histories)
    worth = sum(x * value for x, _, value, _ in histories) / repeated

    def error(pairs):
        return math.sqrt(sum((wanted - came) ** 2 for wanted, came in pairs) / len(histories))

    expected = {}
    for model, foretold in [
        ("past_rate", [(x * horizon / age if age else 0, value) for x, age, value, _ in histories]),
        ("average_rate", [(rate * horizon, worth)] * len(histories)),
    ]:
        orders = [(count, len(came)) for (count, _), (*_, came) in zip(foretold, histories)]
        amounts = [
            (count * value, sum(came)) for (count, value), (*_, came) in zip(foretold, histories)
        ]
        expected[model] = {
            "customer_count": len(histories),
            "holdout_days": horizon,
            "actual_orders": sum(came for _, came in orders),
            "expected_orders": sum(wanted for wanted, _ in orders),
            "root_mean_square_error": error(orders),
            "actual_net_amount": sum(came for _, came in amounts),
            "expected_net_amount": sum(wanted for wanted, _ in amounts),
            "amount_root_mean_square_error": error(amounts),
        }
    rows = {row["model"]: row for row in marts.rows("model_scores")}
    report.equal(
        "hold-out period and naive baselines",
        {model: {name: round(float(rows[model][name]), 5) for name in row} for model, row in expected.items()},
        {model: {name: round(value, 5) for name, value in row.items()} for model, row in expected.items()},
    )
    for model, row in sorted(rows.items()):
        if row["expected_orders"] is None:
            report.note(f"hold-out of {model}: no prediction, {row['reason']}")
            continue
        kind = " (baseline)" if row["is_baseline"] else ", chosen" if row["is_chosen"] else ""
        report.note(
            f"hold-out of {model}{kind}: {row['expected_orders']:.1f} of {row['actual_orders']} orders"
            f" ({row['total_error_ratio']:+.1%}), error of a customer"
            f" {row['root_mean_square_error']:.4f}"
        )
        if row["expected_net_amount"] is not None:
            report.note(
                f"    value {row['expected_net_amount']:.0f} of {row['actual_net_amount']:.0f}"
                f" ({row['amount_error_ratio']:+.1%}), error of a customer"
                f" {row['amount_root_mean_square_error']:.2f}"
            )


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
    parser.add_argument("--identities", help="core.identities as JSON")
    parser.add_argument("--guarded", help="the same with `identity: {stitch: last_user}`")
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
    if options.identities:
        check_identities(report, truth, components_of(options.identities), exports)
    if options.guarded:
        precision = check_identity(report, truth, components_of(options.guarded), "last_user")
        report.at_least("precision with guards on", precision, IDENTITY_PRECISION)
    if not options.only_exports:
        check_marts(report, truth, Marts(options.marts), exports, options.as_of)
    print(f"{report.failures} differences" if report.failures else "all equal")
    sys.exit(1 if report.failures else 0)


if __name__ == "__main__":
    main()
