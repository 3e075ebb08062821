//! Where the names of columns come from, and records that do not fit them.

use journeymart::{
    config::reading::{Names, Ragged, RepeatedNames},
    error::codes,
};

use super::World;

fn named(names: Names) -> World {
    World::new(&[("id", "string"), ("page", "string")]).with(|source| source.csv.names = names)
}

fn declared(names: &[&str]) -> Names {
    Names::Declared(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn declared_names_bind_files_without_a_header() {
    let world = named(declared(&["Page", "time", "ID"]));
    let loaded = world.file("a.csv", "/x,10,1\n/y,11,2\n").file("b.csv", "").load();
    assert_eq!(loaded.rows, ["1|/x", "2|/y"]);
    let error = named(declared(&["Page", "time"])).file("a.csv", "/x,10\n").error();
    assert_eq!(error.diagnostics[0].code, codes::HEADER_MISSING);
}

#[test]
fn rows_of_a_header_are_joined_and_blanks_filled_from_the_left() {
    // SurveyMonkey: one question spans a column per answer, trailing columns have no name.
    let text = "\u{feff}Respondent ID,Which have you seen?,,Gender,\n\
                ,Episode I,Episode II,Response,\n\
                3292879998,Episode I,,Male,\n\
                3292879538,,Episode II,Female\n";
    let loaded = World::new(&[("id", "string"), ("second", "string"), ("gender", "string")])
        .column("id", |column| column.from = vec!["Respondent ID".to_owned()])
        .column("second", |column| {
            column.from = vec!["Which have you seen? - Episode II".to_owned()]
        })
        .column("gender", |column| column.from = vec!["Gender - Response".to_owned()])
        .with(|source| {
            source.csv.names = Names::Header { rows: 2, join: Some(" - ".to_owned()) };
        })
        .file("a.csv", text)
        .load();
    assert_eq!(loaded.rows, ["3292879998|∅|Male", "3292879538|Episode II|Female"]);
    assert!(loaded.report.files[0].labels.is_empty());
}

#[test]
fn names_in_a_file_beside() {
    let side = || {
        named(Names::File("column_headers.tsv".to_owned())).with(|source| {
            source.csv.delimiter = b'\t';
            source.csv.quote = None;
        })
    };
    let hits = "1\t10\t/x\n2\t11\t/y\n";
    let loaded = side().beside("column_headers.tsv", "ID\ttime\tPage\n").file("h.tsv", hits).load();
    assert_eq!(loaded.rows, ["1|/x", "2|/y"]);
    let loaded = side().beside("column_headers.tsv", "ID\ntime\nPage\n").file("h.tsv", hits).load();
    assert_eq!(loaded.rows, ["1|/x", "2|/y"]);
    let error = side().file("h.tsv", hits).error();
    assert_eq!(error.diagnostics[0].code, codes::STORAGE_MISSING);
    assert!(error.to_string().contains("column_headers.tsv"), "{error}");
}

#[test]
fn other_names_in_the_file_beside_are_other_content() {
    let content_id = |names: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("names.txt"), names).unwrap();
        std::fs::write(folder.path().join("a.csv"), "1,2\n").unwrap();
        let mut source = super::source(&[("id", "string")]);
        source.path = "*.csv".to_owned();
        source.csv.names = Names::File("names.txt".to_owned());
        let found = super::discovered(&source, folder.path()).unwrap();
        assert!(found.unmatched.is_empty(), "{:?}", found.unmatched);
        found.files[0].content_id.clone()
    };
    assert_eq!(content_id("id,x"), content_id("id,x"));
    assert_ne!(content_id("id,x"), content_id("x,id"));
}

#[test]
fn names_of_a_cdm_model_follow_the_entity() {
    let model = r#"{"name": "cdm", "entities": [
        {"name": "account", "attributes": [{"name": "Id"}]},
        {"name": "contact", "attributes": [{"name": "Id"}, {"name": "createdon"}, {"name": "Page"}]}
    ]}"#;
    let world = || {
        named(Names::File("model.json".to_owned()))
            .with(|source| source.csv.ragged = Ragged::Pad)
            .beside("model.json", model)
    };
    // Columns are appended at the end; older rows are shorter.
    let loaded = world().file("Contact.csv", "1,2024-01-01\n2,2024-02-01,/x\n").load();
    assert_eq!(loaded.rows, ["1|∅", "2|/x"]);
    let error = world().file("lead.csv", "1\n").error();
    assert!(error.to_string().contains("belongs to no entity of `model.json`"), "{error}");
    assert!(error.to_string().contains("account, contact"), "{error}");
}

#[test]
fn a_line_names_the_fields_and_may_change_its_mind() {
    let log = "#Version: 1.0\r\n\
               #Fields: date time id page\r\n\
               2026-01-01\t10:00\t1\t/x\r\n\
               #Software: restarted \"\r\n\
               #Fields: page id\r\n\
               /y\t2\r\n\
               /z\t3\tmore\r\n";
    let world = || {
        named(Names::Line("#Fields:".to_owned())).with(|source| {
            source.csv.delimiter = b'\t';
            source.csv.quote = None;
            source.csv.comment = Some(b'#');
        })
    };
    let loaded = world().file("a.log", log).load();
    assert_eq!(loaded.rows, ["1|/x", "2|/y"]);
    assert_eq!(loaded.bad_rows, ["a.log:7: 3 fields instead of 2: /z\t3\tmore"]);
    assert_eq!(super::printed(&loaded.raw.project(&[3]).unwrap(), ""), ["3", "6"]);
    let loaded = world().file("a.log", "#Version: 1.0\n#Fields: id page\n").load();
    assert!(loaded.rows.is_empty());
    for text in ["", "#Version: 1.0\n", "1\t/x\n#Fields: id page\n"] {
        let error = world().file("a.log", text).error();
        assert_eq!(error.diagnostics[0].code, codes::HEADER_MISSING, "{text:?}");
        assert!(error.to_string().starts_with("`a.log` has no line `#Fields:`"), "{error}");
    }
    let error = world().file("a.log", "#Fields: id page\n1\t/x\n#Fields: id\n2\n").error();
    assert_eq!(error.diagnostics[0].code, codes::HEADER_MISSING);
}

#[test]
fn comments_are_declared() {
    let text = "# ----\n# Report, \"x\n\n# Start date: 20260101\nID,Page\n1,/x\n# Total\n#2,/y\n";
    let world = |comment| {
        World::new(&[("id", "string"), ("page", "string")])
            .with(|source| source.csv.comment = comment)
    };
    assert_eq!(world(Some(b'#')).file("a.csv", text).load().rows, ["1|/x"]);
    // Typeform calls its first column `#`: without a declaration it is a name like any other.
    let loaded = world(None)
        .column("id", |column| column.from = vec!["#".to_owned()])
        .file("a.csv", "#,Page\n1,/x\n#2,/y\n")
        .load();
    assert_eq!(loaded.rows, ["1|/x", "#2|/y"]);
}

#[test]
fn excel_writes_separators_blanks_and_rows_of_nothing() {
    // Windows writes `sep=` first; after the last filled row come rows of delimiters; columns that
    // once held something stay, and their delimiters are left out now and then.
    let text = "sep=;\r\nID;Page;;\r\n1;/x;;\r\n2;/y\r\n3;/z;\r\n4;/w;;;\r\n;;;\r\n;;;\r\n";
    let loaded = World::new(&[("id", "string"), ("page", "string")]).file("a.csv", text).load();
    assert_eq!(loaded.rows, ["1|/x", "2|/y", "3|/z"]);
    assert_eq!(loaded.bad_rows, ["a.csv:6: 5 fields instead of 4: 4;/w;;;"]);
    assert_eq!(loaded.report.books.rows_read, 4);
}

#[test]
fn old_macs_end_lines_with_a_return() {
    let loaded = World::new(&[("id", "string"), ("page", "string")])
        .file("a.csv", "id,page\r1,\"two\rlines\"\r2,/y\r")
        .load();
    assert_eq!(loaded.rows, ["1|two\rlines", "2|/y"]);
    assert_eq!(super::printed(&loaded.raw.project(&[3]).unwrap(), ""), ["2", "4"]);
}

#[test]
fn repeated_names_are_refused_or_numbered() {
    let text = "ID,Page,Comment,Page\n1,/x,c,/y\n";
    let error = World::new(&[("id", "string"), ("page", "string")]).file("a.csv", text).error();
    assert_eq!(error.diagnostics[0].code, codes::HEADER_AMBIGUOUS);
    let loaded = World::new(&[("id", "string"), ("page", "string"), ("page_2", "string")])
        .with(|source| source.csv.repeated_names = RepeatedNames::Number)
        .file("a.csv", text)
        .load();
    assert_eq!(loaded.rows, ["1|/x|/y"]);
    // Names that only case keeps apart, beside one that has a number already.
    let loaded = World::new(&[("email", "string"), ("email_3", "string"), ("email_4", "string")])
        .with(|source| source.csv.repeated_names = RepeatedNames::Number)
        .file("a.csv", "Email,email_2,EMAIL,eMail\na,b,c,d\n")
        .load();
    assert_eq!(loaded.rows, ["a|c|d"]);
}

#[test]
fn ragged_records_are_quarantined_or_padded() {
    let text = "id,x,page\n1,a,/x\n2,b\n3\n4,d,/y,\n5,e,/z,more\n";
    let world = |ragged| {
        World::new(&[("id", "string"), ("page", "string")])
            .with(|source| source.csv.ragged = ragged)
            .file("a.csv", text)
            .load()
    };
    let strict = world(Ragged::Quarantine);
    assert_eq!(strict.rows, ["1|/x"]);
    assert_eq!(strict.bad_rows.len(), 4);
    let padded = world(Ragged::Pad);
    assert_eq!(padded.rows, ["1|/x", "2|∅", "3|∅", "4|/y"]);
    assert_eq!(padded.bad_rows, ["a.csv:6: 4 fields instead of 3: 5,e,/z,more"]);
}

#[test]
fn garbage_of_ten_million_columns_is_refused() {
    let wide = ",".repeat(10_000_000);
    let error = World::new(&[("id", "string")]).file("a.csv", format!("id{wide}\n1\n")).error();
    assert_eq!(error.diagnostics[0].code, codes::MALFORMED);
    assert!(error.to_string().contains("more than 100000 columns"), "{error}");
    let loaded =
        World::new(&[("id", "string")]).file("a.csv", format!("id\n1\nx{wide}\n2\n")).load();
    assert_eq!(loaded.rows, ["1", "2"]);
    assert_eq!(loaded.report.books.rows_quarantined, 1);
}
