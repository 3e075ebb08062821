/*!
What a workbook unpacks to, looked at before anything of it is kept.

`calamine` holds the texts and styles of a workbook in memory and its sheets cell by cell, and takes
their word for how many there are. Everything is unpacked here once, into nothing, so that a workbook
that is damaged or made to hurt ends in an error.
*/

use std::{
    fs::File,
    io::{self, Read},
    sync::LazyLock,
};

use memchr::memmem;
use regex::bytes::Regex;

use crate::sources::{
    archive::{Members, ZipMembers},
    buffer::MAX_RECORD,
    fault::refusal,
    unpack::Meter,
};

/// Everything but the sheets: texts, styles, relations.
const MAX_HELD: u64 = 512 << 20;
const BLOCK: usize = 1 << 18;
/// What a pattern may need of the block before.
const OVERLAP: usize = 256;

/// Where spreadsheets keep their sheets.
static SHEET: LazyLock<Regex> =
    LazyLock::new(|| pattern("^(?i:xl/worksheets/sheet[0-9]{0,9}[.]xml)$"));
/// The beginning of a cell, with or without the name of its namespace.
static CELL: LazyLock<Regex> = LazyLock::new(|| pattern(r"<(?:[A-Za-z_][\w.-]{0,63}:)?c[\s/>]"));
static FORMULA: LazyLock<Regex> = LazyLock::new(|| pattern(r"<(?:[A-Za-z_][\w.-]{0,63}:)?f[\s/>]"));
/// A row or cell beyond the last column, XFD, or far beyond the last row, whose number overflows.
static NOWHERE: LazyLock<Regex> = LazyLock::new(|| {
    let number = r#"r\s{0,9}=\s{0,9}["'](?:[A-Za-z]{4}|[A-Za-z]{0,3}[0-9]{9})"#;
    pattern(&format!(r"<(?:[A-Za-z_][\w.-]{{0,63}}:)?(?:c|row)\s(?:[^<>]{{0,128}}\s)?{number}"))
});
/// How many texts there are, for which memory is taken.
static COUNT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"uniqueCount\s{0,9}=\s{0,9}["'](\d{1,30})"#));

fn pattern(text: &str) -> Regex {
    Regex::new(&format!("(?-u){text}")).expect("a regular expression")
}

/// Whether a formula stands in any sheet, once everything was found harmless.
pub(super) fn check(mut file: File, packed: u64) -> io::Result<bool> {
    let mut head = Vec::new();
    file.by_ref().take(8).read_to_end(&mut head)?;
    if !head.starts_with(b"PK") {
        return Err(otherwise(&head, &mut file)?);
    }
    let meter = Meter::default();
    meter.count_packed(packed);
    let mut members = ZipMembers::open(file, meter)?;
    let mut held = 0;
    let mut formulas = false;
    while let Some(name) = members.next()? {
        let mut content = members.content()?;
        match SHEET.is_match(name.as_bytes()) {
            true => formulas |= sheet(&mut content)?,
            false => part(&mut content, &mut held)?,
        }
    }
    Ok(formulas)
}

/// Why a file is no workbook.
fn otherwise(head: &[u8], file: &mut File) -> io::Result<io::Error> {
    // The containers of older Office; encrypted workbooks are kept in one (MS-OFFCRYPTO 2.3).
    if !head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        let hint = "is it CSV that is called so? its first bytes are not those of a workbook";
        return Ok(refusal("is no XLSX workbook", hint));
    }
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut encrypted = false;
    each_window(file, |window, _| {
        encrypted |= memmem::find(window, &name).is_some();
        Ok(())
    })?;
    Ok(match encrypted {
        true => refusal(
            "is protected by a password",
            "files are read without passwords: save it without one",
        ),
        false => refusal(
            "is no XLSX workbook but an older Office document",
            "open it in a spreadsheet and save it as .xlsx",
        ),
    })
}

/// Passes over a sheet; whether it holds a formula.
fn sheet(content: &mut dyn Read) -> io::Result<bool> {
    let mut formulas = false;
    // Where the last cell begins, and how much was read before the window.
    let (mut cell, mut before) = (0u64, 0u64);
    each_window(content, |window, kept| {
        formulas = formulas || FORMULA.is_match(window);
        if NOWHERE.is_match(window) {
            let hint = "the last cell of a sheet is XFD1048576; what wrote this file is broken";
            return Err(refusal("holds a cell that no sheet has", hint));
        }
        let begins = |at: usize| before + at as u64 - kept as u64;
        for found in CELL.find_iter(window) {
            cell = cell.max(begins(found.start()));
        }
        before += (window.len() - kept) as u64;
        match before - cell > MAX_RECORD as u64 {
            true => Err(refusal(
                format!("holds a cell of more than {} MiB", MAX_RECORD >> 20),
                "a spreadsheet keeps 32,767 signs in a cell",
            )),
            false => Ok(()),
        }
    })?;
    Ok(formulas)
}

/// Passes over anything else.
fn part(content: &mut dyn Read, held: &mut u64) -> io::Result<()> {
    each_window(content, |window, kept| {
        *held += (window.len() - kept) as u64;
        if *held > MAX_HELD {
            return Err(refusal(
                format!("holds more than {} MiB of texts beside its sheets", MAX_HELD >> 20),
                "export it as CSV, which needs no memory for them",
            ));
        }
        let count = |found: regex::bytes::Captures<'_>| {
            let digits = std::str::from_utf8(&found[1]).ok()?;
            digits.parse::<u128>().ok()
        };
        match COUNT.captures_iter(window).filter_map(count).max() {
            Some(count) if count * 8 > u128::from(MAX_HELD) => {
                Err(refusal(format!("claims to hold {count} texts"), "no spreadsheet can"))
            }
            _ => Ok(()),
        }
    })
}

/// Shows content block by block, each behind the end of the one before, whose length is told.
fn each_window(
    content: &mut dyn Read,
    mut show: impl FnMut(&[u8], usize) -> io::Result<()>,
) -> io::Result<()> {
    let mut window = vec![0; OVERLAP + BLOCK];
    let mut kept = 0;
    loop {
        let count = content.read(&mut window[kept..])?;
        if count == 0 {
            return Ok(());
        }
        let end = kept + count;
        show(&window[..end], kept)?;
        let next = end.min(OVERLAP);
        window.copy_within(end - next..end, 0);
        kept = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_measured_from_one_beginning_to_the_next() {
        let cells = |text: usize, count: usize| {
            let cell =
                format!("<x:c r=\"A1\" t=\"inlineStr\"><is><t>{}</t></is></x:c>", "a".repeat(text));
            sheet(&mut cell.repeat(count).as_bytes())
        };
        assert!(!cells(1 << 20, 40).unwrap());
        let error = cells(MAX_RECORD + 1, 1).unwrap_err();
        assert!(error.to_string().contains("a cell of more than 32 MiB"), "{error}");
        // Marks within the text of a cell do not end it.
        let runs = format!("<c><is>{}</is></c>", "<r><t>aaaaaaaa</t></r>".repeat(2 << 20));
        assert!(sheet(&mut runs.as_bytes()).is_err());
    }

    #[test]
    fn formulas_are_seen_wherever_blocks_end() {
        for at in [0, OVERLAP + BLOCK - 1, OVERLAP + BLOCK, 3 * BLOCK - 2] {
            let sheet_of = |mark: &str| {
                let blank = "<c/>".repeat(at / 4 + 1);
                format!("{}{mark}{blank}", &blank[..at]).into_bytes()
            };
            assert!(sheet(&mut sheet_of("<f>1+1</f>").as_slice()).unwrap(), "{at}");
            assert!(!sheet(&mut sheet_of("<ff/>").as_slice()).unwrap(), "{at}");
        }
    }

    #[test]
    fn a_count_is_no_reason_to_take_memory() {
        let mut held = 0;
        part(&mut &b"<sst uniqueCount=\"1000000\">"[..], &mut held).unwrap();
        assert_eq!(held, 27);
        let error =
            part(&mut &b"<sst uniqueCount = '9999999999999999'>"[..], &mut held).unwrap_err();
        assert!(error.to_string().contains("claims to hold 9999999999999999 texts"), "{error}");
    }
}
