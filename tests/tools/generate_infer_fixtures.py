"""Writes tests/data/infer: small synthetic exports, each with something that a program gets wrong.

    python3 tests/tools/generate_infer_fixtures.py tests/data/infer

Needs pyarrow for the Parquet and Arrow files. Nothing in the files is real; names and addresses are made up, the
mail domains reserved for examples.
"""

import datetime as dt
import gzip
import io
import json
import pathlib
import random
import struct
import sys
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq

import workbook

OUT = pathlib.Path(sys.argv[1])
R = random.Random(7)
FIRST = ["Anouk", "Björn", "Chloé", "Daan", "Eline", "Françoise", "Gijs", "Zoë"]
LAST = ["de Vries", "Müller", "van 't Hof", "Jansen", "Núñez", "Bakker"]
DAY = dt.datetime(2026, 1, 3, 9, 15)


def at(n, hours=7):
    return DAY + dt.timedelta(hours=hours * n, minutes=11 * n)


def write(name, text, encoding="utf-8", end="\n"):
    data = text.replace("\n", end).encode(encoding)
    if name.endswith(".gz"):
        data = gzip.compress(data, mtime=0)
    path = OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def euro(cents):
    whole, rest = divmod(abs(cents), 100)
    return ("-" if cents < 0 else "") + f"{whole:,}".replace(",", ".") + f",{rest:02d}"


def lines(rows, sign=","):
    return "".join(sign.join(map(str, row)) + "\n" for row in rows)


# A Dutch spreadsheet: semicolons, decimal commas, euro signs, day-month-year, WAAR and ONWAAR,
# Windows-1252, two columns that someone once touched.
rows = [["Klantnummer", "Naam", "E-mail", "Postcode", "Besteldatum", "Bedrag", "Korting %", "Aantal", "Betaald", "Telefoon", "", ""]]
for n in range(40):
    first, last = FIRST[n % 8], LAST[n % 6]
    rows.append([f"{n * 37:06d}", f"{first} {last}", f"klant{n}@example.nl", f"{1011 + n * 13} A{chr(65 + n % 26)}",
                 at(n, 19).strftime("%d-%m-%Y"), f"€ {euro(1995 + n * 12345)}", f"{n % 4 * 5},0%", n % 5 + 1,
                 "WAAR" if n % 3 else "ONWAAR", f"06{10000000 + n * 7919}", "", ""])
write("excel_nl.csv", lines(rows, ";"), "windows-1252", "\r\n")

# The same program in another mood: a sep= line, a byte order mark, tabs of nothing.
rows = [["order", "placed", "total"]]
rows += [[1000 + n, at(n).strftime("%d-%m-%Y %H:%M"), euro(100 * n + 5)] for n in range(25)]
write("excel_sep.csv", "\ufeffsep=;\n" + lines(rows, ";"), end="\r\n")

# Numbers that are none.
rows = [["order_number", "ean", "shop", "weight_grams", "bag_id", "serial"]]
for n in range(60):
    rows.append([f"{n * 811:05d}", 8_710_000_000_000 + n * 7_919, f"{n % 4 + 1:03d}", 120 + n * 3,
                 f"{n % 12 + 1:016d}", 10**19 + n])
write("leading_zeros.csv", lines(rows))

# Seconds, milliseconds and microseconds since 1970; an amount of ten digits is none of them.
rows = []
for n in range(50):
    seconds = int(at(n).replace(tzinfo=dt.timezone.utc).timestamp())
    rows.append(json.dumps({"event_id": f"e{n:03d}", "occurred_at": seconds * 1000 + n, "created": seconds,
                            "event_timestamp": str(seconds * 1_000_000 + n), "views": 1_700_000_000 + n,
                            "session": -1 if n % 5 else seconds * 1000}))
write("epochs.ndjson", "\n".join(rows) + "\n")

# Dates of every kind.
rows = [["ref", "opened", "closed", "logged", "due", "birthday", "compact_date", "when_us"]]
for n in range(60):
    day = at(n, 31)
    opened = [day.strftime("%Y-%m-%d"), day.strftime("%d-%m-%Y"), day.strftime("%d/%m/%Y")][n % 3]
    logged = day.strftime("%b %-d, %Y %I:%M:%S %p") if n % 2 else day.strftime("%Y-%m-%dT%H:%M:%S+02:00")
    due = f"{n % 12 + 1:02d}/{n % 11 + 1:02d}/2026"
    rows.append([f"R{n}", opened, day.strftime("%d/%b/%Y:%H:%M:%S +0000"), f'"{logged}"', due,
                 f"{1950 + n}-03-{n % 28 + 1:02d}", day.strftime("%Y%m%d"), day.strftime("%-m/%-d/%Y %-I:%M:%S %p")])
write("mixed_dates.csv", lines(rows))

# Months first: one column shows it, the other does not.
rows = [["ticket_id", "signed_up", "renewed"]]
rows += [[f"T-{n}", f"{n % 12 + 1}/{n % 28 + 1}/2026", f"{n % 12 + 1}/{n % 9 + 1}/2026"] for n in range(40)]
write("us_dates.csv", lines(rows))

# Objects in objects, keys that come late, lists, pairs, an object whose keys are data.
rows = []
for n in range(80):
    row = {"messageId": f"m-{n:04d}", "type": "track" if n % 3 else "page", "anonymousId": f"a{n % 9}",
           "timestamp": at(n, 1).strftime("%Y-%m-%dT%H:%M:%S.") + f"{n:03d}Z",
           "context": {"ip": f"192.0.2.{n}", "page": {"path": f"/p/{n % 7}", "search": ""},
                       "campaign": None if n % 4 else {"source": "news", "medium": "email"}},
           "properties": {"price": 9.5 + n / 4, "quantity": n % 3 + 1, "tags": ["a", "b"][: n % 3], "lines": [{"sku": "X"}]},
           "params": [{"key": "page", "value": "x"}, {"key": "lang", "value": "nl"}],
           "stock": {f"w{n}_{k}": k for k in range(3)}, "mixed": n if n % 2 else {"n": n}, "nothing": None}
    if n == 79:
        row["late"] = {"consent": True, "given_at": "2026-05-01T10:00:00Z"}
    rows.append(json.dumps(row, ensure_ascii=n % 2 == 0))
write("nested.ndjson.gz", "\n".join(rows) + "\n")

# An answer of an interface, printed for people.
items = [{"id": 9_007_199_254_740_993 + n, "customer": {"number": f"{n:04d}"}, "active": n % 2 == 0,
          "score": n % 11, "updated_at": at(n).strftime("%Y-%m-%dT%H:%M:%SZ")} for n in range(20)]
write("envelope.json", json.dumps({"meta": {"next": None, "links": [{"rel": "self"}]}, "result": {"items": items}}, indent=2))

# Parquet brings types; text in it may still be a date, and ids may be numbers.
table = pa.table({
    "order_id": pa.array(range(5_000, 5_040), pa.int64()),
    "placed_at": pa.array([at(n) for n in range(40)], pa.timestamp("us", "UTC")),
    "local_time": pa.array([at(n) for n in range(40)], pa.timestamp("ms")),
    "total": pa.array([round(10 + n * 1.15, 2) for n in range(40)], pa.float64()),
    "paid": pa.array([n % 2 == 0 for n in range(40)]),
    "ship_date": pa.array([at(n).strftime("%d-%m-%Y") for n in range(40)]),
    "properties": pa.array([json.dumps({"n": n}) for n in range(40)]),
    "address": pa.array([{"city": "Gouda", "zip": f"{n:04d} AB"} for n in range(40)]),
    "tags": pa.array([["x", "y"]] * 40),
})
pq.write_table(table, OUT / "orders.parquet", compression="zstd", store_schema=False)

write("header_only.csv", "id,Name,Created At\n")
write("empty.csv", "")
write("blank.csv", "\n\n  \n")
(OUT / "garbage.bin").write_bytes(bytes(R.randrange(256) for _ in range(4096)))

# Lines above the header, and a footer that is no row.
rows = [["Month", "Visits", "Revenue"]]
rows += [[f"2026-{n % 12 + 1:02d}-01", 1000 + n * 31, f"{n * 17}.50"] for n in range(24)]
write("preamble.csv", "# Monthly report\n# Made for: Koffie BV\n\n" + lines(rows) + "Total of 24 months\n")

# Labels under the names, as survey tools write them.
rows = [["ResponseNumber", "Started", "Q1", "Q2"], ["Response Number", "Start time", "How likely are you to recommend us?", "Why?"]]
rows += [[n + 1, at(n).strftime("%Y-%m-%d %H:%M:%S"), [-99, 7, 8, 9, 10][n % 5], f"\"Because, {n}\""] for n in range(30)]
write("labels.csv", lines(rows))

# Merged cells above, options below.
rows = [["Respondent ID", "Start Date", "Which do you drink?", "", "", "Anything else?"],
        ["", "", "Coffee", "Tea", "Water", "Open-Ended Response"]]
for n in range(30):
    rows.append([11_000_000_000 + n * 991, at(n).strftime("%m/%d/%Y %I:%M:%S %p"), "Coffee" if n % 2 else "",
                 "Tea" if n % 3 else "", "", "fine" if n % 4 else ""])
write("merged_header.csv", lines(rows))

# A file a day; a column comes on the second day, and they stand in another order.
for n in range(3):
    header = ["sku", "stock", "price"] if n == 0 else ["price", "sku", "stock", "supplier"]
    rows = [header]
    for k in range(12):
        row = {"sku": f"S-{k:02d}", "stock": k * (n + 1), "price": f"{k}.{n}5", "supplier": "Acme" if k % 2 else "Bean & Co"}
        rows.append([row[name] for name in header])
    write(f"daily/stock_{dt.date(2026, 1, 30) + dt.timedelta(days=n):%Y%m%d}.csv", lines(rows))

# Everything that is suspicious.
rows = [["id", "phone", "score", "segment", "e_mail", "email", "fixed", "nothing", "mixed", "amount", "Name", "name "]]
rows[0][-1] = "notes"
for n in range(60):
    rows.append([n + 1, "6.1E+09" if n % 20 == 0 else f"+316{10000000 + n}", -99 if n % 10 == 0 else n % 11,
                 "(not set)" if n % 7 == 0 else "ab"[n % 2], f"x{n}@example.com", f"y{n}@example.com", "EUR", "",
                 n if n % 2 else f"about {n}", "#N/A" if n % 9 == 0 else f"{n}.10", f"Kees {n}",
                 f"call {n} or mail to z{n}@example.org" if n % 3 == 0 else "-"])
write("suspicious.csv", lines(rows))

rows = [["Datum", "Kanaal", "Kosten"]] + [[f"{n % 28 + 1:02d}.0{n % 9 + 1}.2026", f"kanaal {n % 3}", f"{n},5"] for n in range(30)]
(OUT / "utf16.tsv").write_bytes(("\ufeff" + lines(rows, "\t")).encode("utf-16-le"))

write("no_header.csv", lines([[f"u{n:04d}", at(n).strftime("%Y-%m-%d"), n * 3, "NL" if n % 2 else "BE"] for n in range(30)]))

# Records in versions, and one that was sent twice.
rows = [["contact_id", "stage", "updated_at"]]
for n in range(40):
    rows.append([f"C{n}", "lead", at(n).strftime("%Y-%m-%dT%H:%M:%SZ")])
    if n % 4 == 0:
        rows.append([f"C{n}", "customer", at(n + 90).strftime("%Y-%m-%dT%H:%M:%SZ")])
rows.append(rows[5])
write("versions.csv", lines(rows))

# Quotes, line breaks and delimiters in values; backslashes escape.
rows = [["id", "comment", "rating"]]
rows += [[n, f'"said \\"{n}\\"\nand | left"', n % 5 + 1] for n in range(30)]
write("escaped.psv", lines(rows, "|"))

# A header with a name that stands there twice.
rows = [["id", "value", "value", "note"]] + [[n, n * 2, f"{n}.5", f"n{n}"] for n in range(20)]
write("repeated_names.csv", lines(rows))

# Access logs: with referrer and agent, without, and as a content network writes them.
PATHS = ["/", "/shop?utm_source=news&utm_medium=email", "/shop/42", "/checkout", "/robots.txt"]
AGENTS = ["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
          "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) \\\"in quotes\\\"", "curl/8.9.1"]
combined, common, cdn = [], [], []
for n in range(60):
    when = at(n, 1).strftime("%d/%b/%Y:%H:%M:%S +0100")
    line = f'192.0.2.{n % 7} - {"anna" if n % 9 == 0 else "-"} [{when}] "GET {PATHS[n % 5]} HTTP/1.1" {[200, 200, 304, 404][n % 4]} {n * 311 or "-"}'
    common.append(line)
    combined.append(f'{line} "{"-" if n % 3 else "https://example.org/"}" "{AGENTS[n % 3]}"')
    fields = [at(n, 1).strftime("%Y-%m-%d"), at(n, 1).strftime("%H:%M:%S"), "AMS58-P1", 900 + n, f"192.0.2.{n % 7}", "GET",
              "d111111abcdef8.cloudfront.net", PATHS[n % 5].split("?")[0], [200, 200, 304, 404][n % 4], "-",
              AGENTS[n % 2].replace(" ", "%2520").replace("\\\"", "%2522"), "utm_source=news" if n % 5 == 1 else "-", "-", "Hit",
              f"id-{n:04d}==", "www.example.com", "https", 300 + n, f"0.{n:03d}"]
    cdn.append("\t".join(map(str, fields)))
write("access_combined.log", "\n".join(combined) + "\n")
write("access_common.log.gz", "\n".join(common) + "\n")
FIELDS = ("date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) "
          "cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken")
write("cdn.log.gz", f"#Version: 1.0\n#Fields: {FIELDS}\n" + "\n".join(cdn) + "\n")

# Avro and Arrow bring types too.
def varint(number):
    number, out = (number << 1) ^ (number >> 63), b""
    while number > 127:
        number, out = number >> 7, out + bytes([number & 127 | 128])
    return out + bytes([number])


def text(value):
    return varint(len(value.encode())) + value.encode()


SCHEMA = json.dumps({"type": "record", "name": "event", "fields": [
    {"name": "event_id", "type": "string"}, {"name": "customer", "type": ["null", "string"]},
    {"name": "occurred_at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "day", "type": {"type": "int", "logicalType": "date"}}, {"name": "amount", "type": "double"},
    {"name": "consent", "type": "boolean"}, {"name": "tags", "type": {"type": "array", "items": "string"}}]})
MARK = bytes(R.randrange(256) for _ in range(16))
block = b""
for n in range(40):
    moment = at(n).replace(tzinfo=dt.timezone.utc)
    block += text(f"e{n:03d}") + (varint(1) + text(f"{n * 37:06d}") if n % 4 else varint(0))
    block += varint(int(moment.timestamp()) * 1_000_000) + varint((moment.date() - dt.date(1970, 1, 1)).days)
    block += struct.pack("<d", round(5 + n * 1.15, 2)) + bytes([n % 2]) + varint(2) + text("a") + text("b") + varint(0)
header = varint(2) + text("avro.schema") + text(SCHEMA) + text("avro.codec") + text("null") + varint(0)
(OUT / "events.avro").write_bytes(b"Obj\x01" + header + MARK + varint(40) + varint(len(block)) + block + MARK)
sales = table.select(["order_id", "placed_at", "total", "paid", "ship_date"])
with pa.OSFile(str(OUT / "sales.arrow"), "wb") as out, pa.ipc.new_file(out, sales.schema) as writer:
    writer.write_table(sales)

# Archives: one table in parts beside another and a file that is none; a dump of one table.
parts = {}
for part in range(2):
    rows = [["order_no", "customer_no", "placed_on", "total"]]
    rows += [[f"{part * 20 + n:05d}", f"{n % 6:04d}", at(n).strftime("%Y-%m-%d"), f"{n}.95"] for n in range(20)]
    parts[f"export/orders-{part + 1:04d}.csv"] = lines(rows).encode()
rows = [["customer_no", "email", "city"]] + [[f"{n:04d}", f"klant{n}@example.nl", "Gouda" if n % 2 else "Hoorn"] for n in range(6)]
parts["export/customers.csv"] = lines(rows, ";").encode()
parts["__MACOSX/export/._customers.csv"] = b"\0\5\x16\7"
(OUT / "shop_export.zip").write_bytes(workbook.packed(parts))
out = io.BytesIO()
with tarfile.open(fileobj=out, mode="w") as archive:
    rows = [{"ticket": n, "opened_at": at(n).strftime("%Y-%m-%dT%H:%M:%SZ"), "tags": ["a"]} for n in range(25)]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    member = tarfile.TarInfo("dump/tickets.ndjson")
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
(OUT / "tickets.tar.gz").write_bytes(gzip.compress(out.getvalue(), mtime=0))

# Workbooks: what a CRM writes, with a title above; and several sheets, one with merged cells and one hidden.
Styled, Error = workbook.Styled, workbook.Error
rows = [["Deals per 30 juni 2026"], [None, "Exported by", "Anouk"], None,
        ["Deal ID", "Postcode", "Company", "Amount", "Probability", "Created", "Won", "Last contact", "Segment", "Remark"]]
for n in range(40):
    rows.append([5001 + n * 3, Styled(1011 + n * 13 if n % 5 else 123, "00000"), f"{LAST[n % 6]} & Zn", 1995.5 + n * 123.45,
                 Styled((n % 11) / 10, "0%"), at(n).date(), n % 3 == 0, at(n) if n % 7 else None,
                 Error("#N/A") if n % 9 == 0 else "AB"[n % 2], "call back" if n % 6 == 0 else None])
(OUT / "deals.xlsx").write_bytes(workbook.Book().sheet("Deals", rows, merged=["A1:D1"]).bytes())
orders = [["Order", "", "Amounts", "", "Placed"], ["No.", "Channel", "Net", "VAT", "at"]]
orders += [[f"{n * 811:05d}", "web" if n % 2 else "shop", n * 10.25, n * 2.15, at(n)] for n in range(30)]
refunds = [["refund_id", "order_no", "refunded_on", "reason"]]
refunds += [[f"R-{n}", f"{n * 811:05d}", at(n).strftime("%d-%m-%Y"), "too late" if n % 2 else None] for n in range(12)]
book = workbook.Book().sheet("Orders", orders, merged=["A1:B1", "C1:D1"]).sheet("Refunds 2026", refunds)
(OUT / "month.xlsx").write_bytes(book.sheet("Lists", [["web"], ["shop"]], hidden=True).bytes())

# Thousands signs that look like decimals, in a file that says nothing else of either, and in one that does.
rows = [["Filiaal", "Omzet", "Bezoekers"], ["Utrecht", "2.037", "3.053"], ["Gouda", "950", "812"],
        ["Zwolle", "12.500", "1.204"], ["Breda", "1.250", "1.003"], ["Ede", "8.120", "640"]]
write("thousands.csv", lines(rows, ";"))
rows = [["shop", "weight", "visits", "litres"], ["Utrecht", "0.125", '"4,500"', "2.250"], ["Gouda", "1.375", '"1,250"', "1.125"],
        ["Zwolle", "2.500", "950", "4.375"], ["Breda", "1.750", '"12,125"', "3.500"]]
write("measured.csv", lines(rows))

# A report that a spreadsheet saved: titles padded with delimiters, no-break spaces in amounts.
rows = [["Rapport omzet"] + [""] * 4, ["Periode: 2026"] + [""] * 4, [""] * 5, ["Ordernr", "Klantnr", "Huisnr", "Bedrag", "Besteldatum"]]
for n in range(12):
    cents = 120050 + n * 1234567
    amount = f"{cents // 100:,}".replace(",", "\u00a0\u202f"[n % 2]) + f",{cents % 100:02d}\u00a0€"
    rows.append([5001 + n * 3, 101 + n % 4, n % 5 + 1, amount, f"{13 + n}-03-2026"])
write("titled_report.csv", lines(rows, ";"))

# What is called an export and is none.
write("feed.xml", '<?xml version="1.0" encoding="UTF-8"?>\n<orders>\n  <order id="1000"><total>19.95</total></order>\n'
      '  <order id="1001"><total>5.00</total></order>\n</orders>\n')
write("web_page.xls", '<html xmlns:x="urn:schemas-microsoft-com:office:excel">\n'
      '<head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head>\n'
      '<body><table>\n<tr><td>order</td><td>total</td></tr>\n<tr><td>1000</td><td>19,95</td></tr>\n</table></body></html>\n')

# Error cells of every kind, and a column of nothing else.
rows = [["deal_id", "stage", "amount", "score", "lookup"]]
for n in range(20):
    rows.append([f"D-{n}", Error("#NULL!") if n % 7 == 0 else "AB"[n % 2], Error("#N/A") if n % 4 == 0 else n + 10.25,
                 Error("#NUM!") if n % 5 == 0 else n, Error("#REF!")])
(OUT / "errors.xlsx").write_bytes(workbook.Book().sheet("Deals", rows).bytes())
