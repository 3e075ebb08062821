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
from itertools import groupby
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Amsterdam")
SESSION_GAP = 1_800_000_000
GRACE = timedelta(days=30)
# The journey `purchase` of pipelines/customer_journey.yaml: what starts it, and what silence ends it.
PURCHASE_STARTS = {
    "first_visit", "session_start", "view_item", "view_search_results", "add_to_cart",
    "begin_checkout", "add_payment_info",
}  # fmt: skip
PURCHASE_TIMEOUT = 30 * 86_400_000_000
SURVEY_LAYOUT = "%Y-%m-%d %H:%M:%S"


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
            ended = snapshot["ended_at"]
            for term, following in zip(terms, terms[1:] + [None]):
                term["renewal"] = renewal(term, following, snapshot, as_of)
                term["renewed_amount"] = following["amount"] if following else None
                term["ended_on"] = local_date(ended) if ended else None
                yield term

    def services(self, as_of):
        """Payer → days of uninterrupted service as (first day, day after the last or None).

        A renewed term passes on to the next one, a lapsed one ends when it was due, and one that was
        paid after the grace period begins with the payment.
        """
        spells = defaultdict(list)
        for _, terms in groupby(self.terms(as_of), lambda term: term["subscription_id"]):
            terms, renewed = list(terms), False
            for term, following in zip(terms, terms[1:] + [None]):
                start = term["start"] if renewed else max(term["start"], term["paid_on"])
                due, state = term["renewal"]
                renewed = state.startswith("renewed")
                end = {
                    "lapsed": due, "cancelled_midterm": term["ended_on"], "open": None,
                }.get(state, following and following["start"])  # fmt: skip
                spells[term["customer"]].append((start, end))
        return spells

    def stripe(self, name):
        rows = read_list(self.path("billing", f"{name}_*.json.gz"), "data")
        return {row["id"]: row for row in rows if row.get("livemode", True)}.values()

    # Survey --------------------------------------------------------------------------------------

    def answers(self):
        """(Quarter, respondent) → the last answer as (time, response, score)."""
        rows = read_csv(self.path("survey", "nps.csv"), header_rows=3)
        answers = latest(
            (row for row in rows if naive(row["RecordedDate"], SURVEY_LAYOUT)),
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
        return counted

    def scores(self):
        """Quarter → promoters, passives, detractors; the last answer of a respondent counts."""
        scores = defaultdict(lambda: [0, 0, 0])
        for (quarter, _), (_, _, score) in self.answers().items():
            scores[quarter][0 if score >= 9 else 1 if score >= 7 else 2] += 1
        return scores

    # Journeys ------------------------------------------------------------------------------------

    def touchpoints(self, components, robots):
        """Person → touchpoints as (microsecond, kind, name); `robots` holds the visits left out.

        A cookie's visits as (start, end). People whom nothing but a survey knows are left out too.
        """
        found = defaultdict(list)

        def add(identifier, at, kind, name):
            if identifier in components:
                found[components[identifier]].append((at, kind, name))

        for at, event in self.events():
            cookie, login = event.get("user_pseudo_id"), event.get("user_id")
            if not any(start <= at <= end for start, end in robots.get(cookie, ())):
                add(("login", login) if login else ("cookie", cookie), at, "event", event["event_name"])
        for order in self.orders():
            if order["buyer"] and not order["is_cancelled"]:
                add(order["buyer"][0], moment(order["ordered_at"]), "order", "order_placed")
        for row in self.stripe("subscriptions"):
            at = (row.get("start_date") or row["created"]) * 1_000_000
            add(("customer", row["customer"]), at, "subscription", "subscription_started")
        for row in self.deals():
            contact = ("contact", row["associatedcontactids"].split(";")[0].strip())
            stamps = [row["createdate"], row["closedate"] if row["hs_is_closed"] == "true" else ""]
            for stamp in filter(None, stamps):
                add(contact, moment(naive(stamp, "%Y-%m-%d %H:%M")), "deal", "deal")
        for row in self.tickets():
            if row["status"] != "deleted":
                at = moment(utc(row["created_at"]))
                add(("requester", row["requester_id"]), at, "ticket", "ticket_opened")
        for (_, respondent), (stamp, _, _) in self.answers().items():
            at = moment(naive(stamp, SURVEY_LAYOUT))
            add(("email", respondent.strip().lower()), at, "survey", "survey_answered")
        return {person: sorted(steps) for person, steps in found.items()}

    def deals(self):
        rows = read_csv(self.path("crm", "deals.csv"))
        sound = (row for row in rows if naive(row["createdate"], "%Y-%m-%d %H:%M"))
        return latest(sound, "hs_object_id", lambda row: row["hs_lastmodifieddate"]).values()

    def tickets(self):
        rows = read_list(self.path("support", "tickets_*.json.gz"), "tickets")
        return latest(rows, "id", lambda row: row["updated_at"]).values()

    def purchases(self, components, robots, as_of):
        """Month → journeys begun, completed by an order, abandoned, still open."""
        end = moment(datetime(as_of.year, as_of.month, as_of.day, tzinfo=ZONE) + timedelta(days=1))
        counts = defaultdict(lambda: [0, 0, 0, 0])
        for steps in self.touchpoints(components, robots).values():
            month = last = None
            for at, kind, name in steps:
                if month and at - last > PURCHASE_TIMEOUT:
                    counts[month][2] += 1
                    month = None
                if not month and (kind == "order" or name in PURCHASE_STARTS):
                    month = local_date(at // 1_000_000).replace(day=1)
                    counts[month][0] += 1
                last = at
                if month and kind == "order":
                    counts[month][1] += 1
                    month = None
            if month:
                counts[month][2 if end - last > PURCHASE_TIMEOUT else 3] += 1
        return {month: tuple(count) for month, count in counts.items()}

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


def moment(at):
    """Microseconds since 1970."""
    return int(at.timestamp()) * 1_000_000


def utc(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def day(text):
    return date.fromisoformat(text)
