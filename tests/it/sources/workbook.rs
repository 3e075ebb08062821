//! A workbook made of its parts, so that what no spreadsheet would write can be made too.

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{Cursor, Write as _},
};

use journeymart::config::xlsx::column_letters;
use zip::{ZipWriter, write::SimpleFileOptions};

use self::Cell::{Blank, Bool, Error, Formula, Inline, Iso, Number, Shared, Styled};

/// A cell as a workbook stores it.
#[derive(Clone, Copy)]
pub(super) enum Cell {
    /// A text that is kept once for all cells that hold it.
    Shared(&'static str),
    Inline(&'static str),
    Number(f64),
    /// A number by its style: how dates, times, percentages and postal codes are told apart.
    Styled(f64, Style),
    Bool(bool),
    Error(&'static str),
    /// What a formula computed, if it was ever computed.
    Formula(Option<&'static str>),
    /// A day or time written out, as strict workbooks do.
    Iso(&'static str),
    /// Nothing but a colour.
    Blank,
}

/// The places of the number formats in [`STYLES`].
#[derive(Clone, Copy)]
pub(super) enum Style {
    Date = 1,
    DateTime,
    Duration,
    Percent,
    Postcode,
    Time,
}

const STYLES: &str = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<numFmts count="3"><numFmt numFmtId="164" formatCode="dd\-mm\-yyyy\ hh:mm"/><numFmt numFmtId="165" formatCode="[h]:mm:ss"/>
<numFmt numFmtId="166" formatCode="00000"/></numFmts>
<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>
<cellXfs count="7"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="10"/>
<xf numFmtId="166"/><xf numFmtId="21"/></cellXfs></styleSheet>"#;

/// Rows by their number.
pub(super) type Rows<'a> = &'a [(u32, &'a [Cell])];

#[derive(Default)]
pub(super) struct Book {
    /// Name, state, `<sheetData>`.
    pub(super) sheets: Vec<(String, &'static str, String)>,
    pub(super) shared: Vec<&'static str>,
    pub(super) places: HashMap<&'static str, usize>,
    pub(super) is_1904: bool,
}

impl Book {
    pub(super) fn sheet(self, name: &str, rows: Rows<'_>) -> Self {
        self.any_sheet(name, "visible", rows)
    }

    pub(super) fn any_sheet(mut self, name: &str, state: &'static str, rows: Rows<'_>) -> Self {
        let mut data = String::new();
        for (number, cells) in rows {
            write!(data, "<row r=\"{number}\">").unwrap();
            for (column, cell) in cells.iter().enumerate() {
                let at = format!("{}{number}", column_letters(column as u32));
                data += &self.cell(&at, *cell);
            }
            data += "</row>";
        }
        self.sheets.push((name.to_owned(), state, data));
        self
    }

    pub(super) fn cell(&mut self, at: &str, cell: Cell) -> String {
        match cell {
            Shared(text) => {
                let next = self.shared.len();
                let place = *self.places.entry(text).or_insert(next);
                if place == next {
                    self.shared.push(text);
                }
                format!("<c r=\"{at}\" t=\"s\"><v>{place}</v></c>")
            }
            Inline(text) => format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
            Number(number) => format!("<c r=\"{at}\"><v>{number}</v></c>"),
            Styled(number, style) => {
                format!("<c r=\"{at}\" s=\"{}\"><v>{number}</v></c>", style as usize)
            }
            Bool(value) => format!("<c r=\"{at}\" t=\"b\"><v>{}</v></c>", u8::from(value)),
            Error(error) => format!("<c r=\"{at}\" t=\"e\"><v>{error}</v></c>"),
            Formula(Some(result)) => format!("<c r=\"{at}\"><f>A1+1</f><v>{result}</v></c>"),
            Formula(None) => format!("<c r=\"{at}\"><f>A1+1</f></c>"),
            Iso(text) => format!("<c r=\"{at}\" t=\"d\" s=\"1\"><v>{text}</v></c>"),
            Blank => format!("<c r=\"{at}\" s=\"1\"/>"),
        }
    }

    pub(super) fn parts(&self) -> Vec<(String, String)> {
        let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let package = "http://schemas.openxmlformats.org/package/2006/relationships";
        let mut sheets = String::new();
        let mut relations = String::new();
        let mut parts = vec![("[Content_Types].xml".to_owned(), "<Types/>".to_owned())];
        for (number, (name, state, data)) in (1..).zip(&self.sheets) {
            let id = format!("sheetId=\"{number}\" r:id=\"rId{number}\"");
            write!(sheets, "<sheet name=\"{name}\" {id} state=\"{state}\"/>").unwrap();
            let target = format!("worksheets/sheet{number}.xml");
            let of = format!("Type=\"{office}/worksheet\" Target=\"{target}\"");
            write!(relations, "<Relationship Id=\"rId{number}\" {of}/>").unwrap();
            let xml =
                format!("<worksheet xmlns=\"{main}\"><sheetData>{data}</sheetData></worksheet>");
            parts.push((format!("xl/{target}"), xml));
        }
        let shared: String =
            self.shared.iter().map(|text| format!("<si><t>{text}</t></si>")).collect();
        let count = self.shared.len();
        let date_1904 = u8::from(self.is_1904);
        for (name, xml) in [
            (
                "_rels/.rels",
                format!(
                    "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
                ),
            ),
            (
                "xl/workbook.xml",
                format!(
                    "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><workbookPr date1904=\"{date_1904}\"/><sheets>{sheets}</sheets></workbook>"
                ),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                format!("<Relationships xmlns=\"{package}\">{relations}</Relationships>"),
            ),
            (
                "xl/sharedStrings.xml",
                format!("<sst xmlns=\"{main}\" uniqueCount=\"{count}\">{shared}</sst>"),
            ),
            ("xl/styles.xml", STYLES.to_owned()),
        ] {
            parts.push((name.to_owned(), xml));
        }
        parts
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        packed(&self.parts())
    }

    /// The workbook with one text in its parts as another.
    pub(super) fn with(&self, from: &str, to: &str) -> Vec<u8> {
        let mut parts = self.parts();
        assert!(parts.iter().any(|(_, xml)| xml.contains(from)), "{from}");
        parts.iter_mut().for_each(|(_, xml)| *xml = xml.replace(from, to));
        packed(&parts)
    }
}

pub(super) fn packed(parts: &[(String, String)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, xml) in parts {
        archive.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        archive.write_all(xml.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
