"""What the synthetic worlds share: chance, the local calendar, files, and the truth beside them.

A world is simulated first and written afterwards. What it is asked about (`figure`) is counted
from the simulation, never from the files, so that loading and SQL are held against something else
than themselves. Nothing here depends on the clock, the machine or the version of Python.
"""

import csv
import gzip
import io
import json
import os
import random
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

FIRST_NAMES = "Anna Bram Cato Daan Eva Finn Guus Hanna Ivo Jade Kees Lotte Mees Noor Otto Pien Roos Sem Tess Wout".split()
LAST_NAMES = "Bakker Claes Dekker Evers Faber Groot Hoek Janssen Kok Linden Maes Nagel Otten Peeters Ruiter Smit Thijs Vos Wolf Zwart".split()


class Chance:
    """Decisions that a seed settles. Only `Random.random` is used, whose sequence Python guarantees."""

    def __init__(self, seed):
        self._random = random.Random(seed).random

    def yes(self, probability):
        return self._random() < probability

    def below(self, number):
        """A whole number from 0 on."""
        return int(self._random() * number)

    def between(self, low, high):
        """A whole number, both ends included."""
        return low + self.below(high - low + 1)

    def pick(self, things):
        return things[self.below(len(things))]

    def weighted(self, pairs):
        """One of the first parts of `(thing, weight)` pairs."""
        left = self._random() * sum(weight for _, weight in pairs)
        for thing, weight in pairs:
            left -= weight
            if left < 0:
                return thing
        return pairs[-1][0]


def amsterdam_hours(day):
    """Hours that clocks in Amsterdam are ahead of UTC on a day. They change in the night to the last Sunday
    of March and of October; no world has an event then."""
    start, end = (date(day.year, number, 31) for number in (3, 10))
    start, end = (last - timedelta(days=last.isoweekday() % 7) for last in (start, end))
    return 2 if start <= day < end else 1


def instant(day, seconds):
    """The moment at which local clocks show so many seconds of a day."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
    return midnight + timedelta(seconds=seconds) - timedelta(hours=amsterdam_hours(day))


def local_day(moment):
    """The local day of a moment; see `amsterdam_hours`."""
    guess = moment.date()
    return (moment + timedelta(hours=amsterdam_hours(guess))).date()


def month(day):
    return day.replace(day=1)


def quarter(day):
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def year(day):
    return day.replace(month=1, day=1)


PERIODS = (("month", month), ("quarter", quarter), ("year", year))


def add_months(day, count):
    """The same day of a later month, or its last day where it has no such day."""
    index = day.year * 12 + day.month - 1 + count
    first = date(index // 12, index % 12 + 1, 1)
    following = date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))


def utc(moment):
    """`2026-03-01 09:00:00`, as exports in UTC have it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def iso(moment):
    """`2026-03-01T09:00:00.000Z`, as event collectors have it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def offset(moment):
    """`2026-03-01 10:00:00 +0100`, in local time with its distance to UTC."""
    hours = amsterdam_hours(local_day(moment))
    return (moment + timedelta(hours=hours)).strftime(f"%Y-%m-%d %H:%M:%S +0{hours}00")


def local(moment):
    """`2026-03-01 10:00`, in local time, as a CRM shows it."""
    return (moment + timedelta(hours=amsterdam_hours(local_day(moment)))).strftime("%Y-%m-%d %H:%M")


def cents(amount):
    return Decimal(amount).scaleb(-2)


class World:
    """Files of one company and the questions that its truth answers."""

    def __init__(self, name, seed):
        self.name = name
        self.chance = Chance(seed)
        self._files = {}
        self._figures = []

    def csv(self, path, header, rows):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
        self._files[f"exports/{path}"] = text.getvalue()

    def ndjson(self, path, rows):
        self._files[f"exports/{path}"] = "".join(_compact(row) + "\n" for row in rows)

    def json(self, path, document):
        self._files[f"exports/{path}"] = _compact(document) + "\n"

    def figure(self, what, sql, rows):
        """A question to the published marts and the rows that must come back, in any order."""
        rows = [[_plain(cell) for cell in row] for row in rows]
        self._figures.append({"what": what, "sql": " ".join(sql.split()), "rows": sorted(rows, key=repr)})

    def write(self, folder):
        figures = ",\n".join(_figure(figure) for figure in self._figures)
        self._files["truth/figures.json"] = f"[\n{figures}\n]\n"
        for path, text in self._files.items():
            content = text.encode()
            if path.endswith(".gz"):
                content = gzip.compress(content, mtime=0)
            path = os.path.join(folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)


def _compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _plain(cell):
    """Dates as text, amounts as numbers with all their digits in text."""
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return f"{cell:.4f}"
    return cell


def _figure(figure):
    """One row of the answer on each line."""
    head = {"what": figure["what"], "sql": figure["sql"]}
    rows = ",\n".join(f"    {json.dumps(row)}" for row in figure["rows"])
    body = json.dumps(head, indent=1)[1:-2].replace("\n ", "\n  ")
    return f" {{{body},\n  \"rows\": [\n{rows}\n  ]}}"
