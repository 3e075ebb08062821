"""Writes XLSX workbooks of nothing but the standard library, the same bytes every time.

A sheet is a list of rows, a row a list of cells: None, text, numbers, booleans, dates and date-times, or
Styled(value, number format) and Error("#N/A"). Rows that are None are left out, as empty rows are.
"""

import datetime as dt
import io
import re
import zipfile
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class Styled:
    def __init__(self, value, form):
        self.value, self.form = value, form


class Error:
    def __init__(self, text):
        self.text = text


def letters(column):
    name = ""
    while column >= 0:
        name, column = chr(65 + column % 26) + name, column // 26 - 1
    return name


def serial(at):
    """Days since 1899-12-30, which counts the 29 February 1900 that never was."""
    if not isinstance(at, dt.datetime):
        at = dt.datetime.combine(at, dt.time())
    return (at - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)


class Book:
    def __init__(self):
        self.sheets, self.texts, self.forms = [], {}, ["General"]

    def sheet(self, name, rows, merged=(), hidden=False):
        data = ""
        for number, row in enumerate(rows, 1):
            if row is None:
                continue
            cells = "".join(self._cell(f"{letters(at)}{number}", value) for at, value in enumerate(row))
            data += f'<row r="{number}">{cells}</row>'
        ranges = "".join(f'<mergeCell ref="{part}"/>' for part in merged)
        merged = f'<mergeCells count="{len(merged)}">{ranges}</mergeCells>' if merged else ""
        self.sheets.append((name, hidden, f'<worksheet xmlns="{MAIN}"><sheetData>{data}</sheetData>{merged}</worksheet>'))
        return self

    def _style(self, form):
        if form not in self.forms:
            self.forms.append(form)
        return self.forms.index(form)

    def _cell(self, at, value):
        style = ""
        if isinstance(value, Styled):
            style, value = f' s="{self._style(value.form)}"', value.value
        elif isinstance(value, dt.datetime):
            style = f' s="{self._style("yyyy-mm-dd hh:mm:ss")}"'
        elif isinstance(value, dt.date):
            style = f' s="{self._style("dd-mm-yyyy")}"'
        if value is None:
            return ""
        if isinstance(value, Error):
            return f'<c r="{at}"{style} t="e"><v>{value.text}</v></c>'
        if isinstance(value, bool):
            return f'<c r="{at}"{style} t="b"><v>{int(value)}</v></c>'
        if isinstance(value, str):
            place = self.texts.setdefault(value, len(self.texts))
            return f'<c r="{at}"{style} t="s"><v>{place}</v></c>'
        if isinstance(value, dt.date):
            value = serial(value)
        return f'<c r="{at}"{style}><v>{value!r}</v></c>'

    def bytes(self):
        names = range(1, len(self.sheets) + 1)
        sheets = "".join(
            f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"{" state=" + chr(34) + "hidden" + chr(34) if hidden else ""}/>'
            for n, (name, hidden, _) in zip(names, self.sheets))
        rels = "".join(f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in names)
        rels += f'<Relationship Id="rId{len(names) + 1}" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        rels += f'<Relationship Id="rId{len(names) + 2}" Type="{OFFICE}/styles" Target="styles.xml"/>'
        forms = "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{escape(form)}"/>' for n, form in enumerate(self.forms[1:]))
        xfs = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>' + "".join(
            f'<xf numFmtId="{164 + n}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' for n in range(len(self.forms) - 1))
        texts = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in self.texts)
        overrides = "".join(f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{SPREADSHEET}.worksheet+xml"/>' for n in names)
        parts = {
            "[Content_Types].xml": f'<Types xmlns="{TYPES}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{SPREADSHEET}.sheet.main+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="{SPREADSHEET}.sharedStrings+xml"/><Override PartName="/xl/styles.xml" ContentType="{SPREADSHEET}.styles+xml"/>{overrides}</Types>',
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{rels}</Relationships>',
            "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}" count="{len(self.texts)}" uniqueCount="{len(self.texts)}">{texts}</sst>',
            "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts count="{len(self.forms) - 1}">{forms}</numFmts><fonts count="1"><font/></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="{len(self.forms)}">{xfs}</cellXfs></styleSheet>',
        }
        for n, (_, _, xml) in zip(names, self.sheets):
            parts[f"xl/worksheets/sheet{n}.xml"] = xml
        return packed({name: (XML + re.sub(">\n\\s*<", "><", xml)).encode() for name, xml in parts.items()})


def packed(members):
    """A zip archive of these files, which names no time of its own."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
