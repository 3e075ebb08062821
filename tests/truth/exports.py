"""The facts behind the demo world, worked out a second time from its raw exports.

Standard library only and none of the product's code or SQL: what this module and `truth/` agree on
was computed twice, by two programs in two languages.
"""

import csv
import glob
import gzip
import io
import json
import os
import re
from collections import defaultdict
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Amsterdam")
SESSION_GAP = 1_800_000_000
GRACE = timedelta(days=30)


def read_bytes(path):
    with open(path, "rb") as file:
        content = file.read()
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def read_csv(pattern, delimiter=",", encoding="utf-8", header_rows=1):
    """Rows as dictionaries; rows with a cell too many are left out."""
    for path in sorted(glob.glob(pattern)):
        text = read_bytes(path).decode(encoding).removeprefix("\ufeff")
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        header = next(rows)
        for _ in range(header_rows - 1):
            next(rows)
        for row in rows:
            if len(row) == len(header):
                yield dict(zip(header, row))


def read_list(pattern, member):
    for path in sorted(glob.glob(pattern)):
        yield from json.loads(read_bytes(path))[member]


def latest(rows, key, order):
    """The latest version of each record."""
    kept = {}
    for row in rows:
        if not row[key]:
            continue
        if row[key] not in kept or order(row) > order(kept[row[key]]):
            kept[row[key]] = row
    return kept


def local_date(second):
    return datetime.fromtimestamp(second, ZONE).date()


def naive(text, layout):
    try:
        return datetime.strptime(text, layout).replace(tzinfo=ZONE)
    except ValueError:
        return None


class Exports:
    def __init__(self, root):
        self.root = root

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    # Web -----------------------------------------------------------------------------------------

    def events(self):
        """Every event once: time, name, cookie, login."""
        for path in sorted(glob.glob(self.path("web", "*.ndjson.gz"))):
            seen = set()
            for line in read_bytes(path).split(b"\n"):
                if not line or line in seen:
                    continue
                seen.add(line)
                try:
                    event = json.loads(line)
                    at = int(event["event_timestamp"])
                except ValueError:
                    continue
                yield at, event

    def sessions(self):
        """Cookie → sessions as (start, end, events), split by half an hour of silence."""
        times = defaultdict(list)
        for at, event in self.events():
            if cookie := event.get("user_pseudo_id"):
                times[cookie].append(at)
        sessions = {}
        for cookie, stamps in times.items():
            stamps.sort()
            found = [[stamps[0], stamps[0], 1]]
            for stamp in stamps[1:]:
                if stamp - found[-1][1] > SESSION_GAP:
                    found.append([stamp, stamp, 1])
                else:
                    found[-1][1] = stamp
                    found[-1][2] += 1
            sessions[cookie] = [tuple(session) for session in found]
        return sessions

    # Shop ----------------------------------------------------------------------------------------

    def orders(self):
        def sound(row):
            return naive(row["ordered_at"], "%d-%m-%Y %H:%M")

        rows = read_csv(self.path("shop", "orders_*.csv"), ";", "windows-1252")
        orders = latest(
            filter(sound, rows), "order_id", lambda row: naive(row["updated_at"], "%d-%m-%Y %H:%M")
        )
        refunded = defaultdict(Decimal)
        refunds = latest(
            (
                row
                for row in read_csv(self.path("shop", "refunds.csv"))
                if re.fullmatch(r"\d+\.\d\d", row["amount"])
            ),
            "refund_id",
            lambda row: 0,
        )
        for refund in refunds.values():
            refunded[refund["order_id"]] += Decimal(refund["amount"])
        for number, row in orders.items():
            gross = Decimal(row["gross_amount"].replace(",", "."))
            discount = Decimal(row["discount_amount"].replace(",", "."))
            back = min(refunded[number], gross - discount)
            ends = (("login", row["customer_no"]), ("email", row["email"].strip().lower()))
            yield {
                "order_id": number,
                "buyer": [end for end in ends if end[1]],
                "ordered_at": sound(row),
                "is_cancelled": bool(row["cancelled_at"]),
                "gross_amount": gross,
                "discount_amount": discount,
                "refunded_amount": back,
                "net_amount": gross - discount - back,
            }

    # Billing -------------------------------------------------------------------------------------

    def terms(self, as_of):
        """Paid terms and how each was renewed, from invoice lines and subscription snapshots."""
        subscriptions = {row["id"]: row for row in self.stripe("subscriptions")}
        paid = defaultdict(dict)
        for invoice in self.stripe("invoices"):
            if invoice["status"] != "paid":
                continue
            for line in invoice["lines"]["data"]:
                if line["proration"] or line["amount"] == 0:
                    continue
                start = local_date(line["period"]["start"])
                paid[line["subscription"]][start] = {
                    "subscription_id": line["subscription"],
                    "customer": invoice["customer"],
                    "start": start,
                    "end": local_date(line["period"]["end"]),
                    "amount": Decimal(line["amount"]) / 100,
                    "paid_on": local_date(invoice["status_transitions"]["paid_at"]),
                }
        for identifier, terms in paid.items():
            terms = [terms[start] for start in sorted(terms)]
            snapshot = subscriptions[identifier]
            for term, following in zip(terms, terms[1:] + [None]):
                term["renewal"] = renewal(term, following, snapshot, as_of)
                term["renewed_amount"] = following["amount"] if following else None
                yield term

    def stripe(self, name):
        rows = read_list(self.path("billing", f"{name}_*.json.gz"), "data")
        return {row["id"]: row for row in rows if row.get("livemode", True)}.values()

    # Survey --------------------------------------------------------------------------------------

    def scores(self):
        """Quarter → promoters, passives, detractors; the last answer of a respondent counts."""
        rows = read_csv(self.path("survey", "nps.csv"), header_rows=3)
        layout = "%Y-%m-%d %H:%M:%S"
        answers = latest(
            (row for row in rows if naive(row["RecordedDate"], layout)),
            "ResponseId",
            lambda row: row["RecordedDate"],
        )
        counted = {}
        for row in answers.values():
            if row["Status"] != "0" or row["Finished"] != "1" or row["Q1"] in ("", "-99"):
                continue
            at = row["RecordedDate"]
            quarter = f"{at[:4]}-Q{(int(at[5:7]) - 1) // 3 + 1}"
            respondent = row["RecipientEmail"] or row["ResponseId"]
            counted[quarter, respondent] = max(
                counted.get((quarter, respondent), ("", "", 0)),
                (at, row["ResponseId"], int(row["Q1"])),
            )
        scores = defaultdict(lambda: [0, 0, 0])
        for (quarter, _), (_, _, score) in counted.items():
            scores[quarter][0 if score >= 9 else 1 if score >= 7 else 2] += 1
        return scores

    # Identity ------------------------------------------------------------------------------------

    def edges(self):
        """Pairs of identifiers that one record shows together."""
        for _, event in self.events():
            cookie, login = event.get("user_pseudo_id"), event.get("user_id")
            if cookie:
                yield ("cookie", cookie), ("login", login) if login else ("cookie", cookie)
        for order in self.orders():
            if buyer := order["buyer"]:
                yield buyer[0], buyer[-1]
        contacts = latest(
            read_csv(self.path("crm", "contacts_*.csv")),
            "hs_object_id",
            lambda row: row["lastmodifieddate"],
        )
        for number, row in contacts.items():
            contact = ("contact", number)
            yield contact, ("email", row["email"].lower())
            if row["phone"]:
                yield contact, ("phone", re.sub("[^0-9+]", "", row["phone"]))
            for address in filter(None, row["hs_additional_emails"].split(";")):
                yield contact, ("email", address.lower())
            for other in filter(None, row["hs_merged_object_ids"].split(";")):
                yield contact, ("contact", other)
            if row["shop_customer_number"]:
                yield contact, ("login", row["shop_customer_number"])
        for row in self.stripe("customers"):
            if row.get("deleted"):
                continue
            yield ("customer", row["id"]), ("email", row["email"].lower())
            if login := row["metadata"].get("user_id"):
                yield ("customer", row["id"]), ("login", login)
        for row in read_list(self.path("support", "users_*.json.gz"), "users"):
            yield ("requester", row["id"]), ("email", row["email"].lower())
            if row["external_id"]:
                yield ("requester", row["id"]), ("login", row["external_id"])

    def components(self):
        """Identifier → representative of the person it belongs to."""
        parent = {}

        def find(end):
            parent.setdefault(end, end)
            while parent[end] != end:
                parent[end] = parent[parent[end]]
                end = parent[end]
            return end

        for left, right in self.edges():
            parent[find(left)] = find(right)
        return {end: find(end) for end in list(parent)}


def renewal(term, following, snapshot, as_of):
    """The status of a term by the rules of the renewals mart, for invoices without contracts."""
    due = term["end"]
    paused = snapshot["metadata"].get("paused_at")
    resumed = snapshot["metadata"].get("resumed_at")
    if paused and term["start"] < local_date(int(paused)) <= term["end"]:
        if not resumed:
            return None, "open"
        due += local_date(int(resumed)) - local_date(int(paused))
    if following:
        lag = (following["paid_on"] - due).days
        if lag < 0:
            return due, "renewed_early"
        if lag <= GRACE.days:
            return due, "renewed_on_time" if lag == 0 else "renewed_late"
    ended = snapshot["ended_at"]
    if not following and ended and local_date(ended) < term["end"]:
        return due, "cancelled_midterm"
    return due, "lapsed" if due + GRACE <= as_of else "open"


def utc(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def day(text):
    return date.fromisoformat(text)
