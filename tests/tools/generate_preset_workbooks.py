"""Writes the workbooks of tests/presets: what the vendors' CSV files there hold, as their XLSX exports do.

    python3 tests/tools/generate_preset_workbooks.py tests/presets

Everything in them is synthetic. Numbers, dates and times are cells of their own kind, as spreadsheets and
vendors' exports keep them.
"""

import datetime as dt
import pathlib
import sys

import workbook

OUT = pathlib.Path(sys.argv[1])


def write(path, *sheets):
    book = workbook.Book()
    for name, rows, merged in sheets:
        book.sheet(name, rows, merged)
    (OUT / path).write_bytes(book.bytes())


def day(text):
    return dt.datetime.fromisoformat(text)


QUESTION = "How likely is it that you recommend us?"
write("surveymonkey/nps.xlsx", ("Sheet", [
    ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address", "Custom Data 1", QUESTION,
     "Which of these do you know?", None, None, "Any comment?"],
    [None] * 7 + ["Response", "Shop", "App", "Service desk", "Open-Ended Response"],
    [11402930001, 39980001, day("2026-03-02T09:00:00"), day("2026-03-02T13:02:01"), "192.0.2.1", "ann@example.com", "u-1", 9,
     "Shop", None, "Service desk", "Fast,\nfriendly"],
    [11402930002, 39980001, day("2026-03-02T10:00:00"), day("2026-03-02T00:00:30"), "192.0.2.2", None, None, None, None,
     "App"]], ["I1:K1"]))

write("typeform/nps.xlsx", ("Responses", [
    ["#", "How likely are you to recommend us?", "Why?", "email", "Response Type", "Start Date (UTC)", "Submit Date (UTC)",
     "Network ID", "Tags"],
    ["a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6", 9, "Fast, friendly", "ann@example.com", "completed", day("2026-03-02T09:00:00"),
     day("2026-03-02T09:02:01"), "f00dfeed01"],
    ["b1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6", None, None, None, "partial", day("2026-03-02T10:00:00"), day("2026-03-02T10:01:00"),
     "f00dfeed02"]], []))

write("cbs_postcode/pc6.xlsx", ("PC6", [
    ["Kerncijfers per postcode"], None,
    ["postcode6", "aantal_inwoners", "aantal_mannen", "aantal_part_huishoudens", "gemiddelde_huishoudensgrootte",
     "gemiddelde_woz_waarde_woning", "percentage_koopwoningen", "stedelijkheid"],
    ["4811AB", 120, 60, 70, 1.7, 412, 40, 1], ["4811 ac", 10] + [-99997] * 5 + [2]], []))

write("hubspot_contacts/contacts.xlsx", ("contacts", [
    ["Record ID", "First Name", "Email", "Phone Number", "Lifecycle Stage", "Postal Code", "Create Date", "Last Modified Date"],
    [51, "Ann", "ann@example.com", 31205550101, "Customer", "1012 AB", day("2026-01-05T09:30:00"), day("2026-02-01T10:00:00")],
    [52, "Bob", "bob@example.com", None, "Lead", None, day("2026-03-29T02:30:00"), day("2026-03-30T12:00:00")]], []))
