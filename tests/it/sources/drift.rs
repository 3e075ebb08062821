//! Columns that come, go and change their type from file to file.

use std::{io::Write, sync::Arc};

use datafusion::{
    arrow::{
        array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray},
        ipc::writer::FileWriter,
    },
    parquet::arrow::ArrowWriter,
};
use journeymart::{
    config::{
        drift::{AddedColumn, MissingColumn, RetypedColumn},
        reading::Format,
    },
    error::codes,
    sources::Change,
};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{Loaded, World};

fn orders() -> World {
    World::new(&[("id", "string"), ("total", "decimal(18,2)")])
}

/// What is told of the files: `warned change column (file, files)`.
fn told(loaded: &Loaded) -> Vec<String> {
    let told = loaded.report.drift.iter().map(|found| {
        let warned = if found.warned { "warned" } else { "noted" };
        format!("{warned} {:?} {} ({}, {})", found.change, found.column, found.file, found.files)
    });
    told.collect()
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let nullable = columns.into_iter().map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(nullable).unwrap()
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = batch(columns);
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn arrow(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = batch(columns);
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn a_column_that_comes_is_told_once_other_files_lack_it() {
    let world = || {
        orders()
            .file("1.csv", "id,total,note\na,1,x\n")
            .file("2.csv", "note,tier,total,id\nx,gold,2,b\n")
            .file("3.csv", "id,total,tier,note\nc,3,gold,x\n")
    };
    let loaded = world().load();
    assert_eq!(loaded.rows.len(), 3);
    assert_eq!(told(&loaded), ["warned Added tier (2.csv, 2)"]);
    // What no file lacks was left out on purpose, but is known to the next run.
    let undeclared: Vec<(&str, &str)> = loaded
        .report
        .undeclared
        .iter()
        .map(|(name, file)| (name.as_str(), file.as_str()))
        .collect();
    assert_eq!(undeclared, [("note", "1.csv"), ("tier", "2.csv")]);
    let loaded = world().with(|source| source.drift.added = AddedColumn::Ignore).load();
    assert_eq!(told(&loaded), ["noted Added tier (2.csv, 2)"]);
    let error = world().with(|source| source.drift.added = AddedColumn::Error).error();
    let said: Vec<String> = error.diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "source `shop`: `1.csv` and 2 more files have a column `note`, which is not declared",
            "source `shop`: `2.csv` and 1 more file have a column `tier`, which is not declared",
        ]
    );
    assert_eq!(error.diagnostics[0].code, codes::DRIFT);
}

#[test]
fn a_column_that_goes_is_listed_where_it_may() {
    let loaded = orders()
        .with(|source| source.drift.missing = MissingColumn::Accept)
        .file("1.csv", "id,total\na,1\n")
        .file("2.csv", "id\nb\n")
        .load();
    assert_eq!(told(&loaded), ["noted Missing total (2.csv, 1)"]);
    let mut rows = loaded.rows;
    rows.sort();
    assert_eq!(rows, ["a|1.00", "b|∅"]);
    assert_eq!(loaded.report.drift[0].change, Change::Missing);
}

#[test]
fn members_are_files_of_their_own() {
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in [("a.csv", "id,total\na,1\n"), ("b.csv", "id,total,tier\nb,2,gold\n")] {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    let loaded = orders()
        .with(|source| source.members = vec!["*.csv".to_owned()])
        .file("export.zip", archive.finish().unwrap().into_inner())
        .load();
    assert_eq!(told(&loaded), ["warned Added tier (export.zip!b.csv, 1)"]);
}

#[test]
fn a_column_that_changes_its_type_is_cast_and_told() {
    let ids = |ids: Vec<&str>| -> (&str, ArrayRef) { ("id", Arc::new(StringArray::from(ids))) };
    let whole = || parquet(vec![ids(vec!["a"]), ("total", Arc::new(Int64Array::from(vec![1])))]);
    let narrow = || parquet(vec![ids(vec!["b"]), ("total", Arc::new(Int32Array::from(vec![2])))]);
    let text = || {
        let totals = StringArray::from(vec!["3.50", "many"]);
        parquet(vec![ids(vec!["c", "d"]), ("total", Arc::new(totals))])
    };
    let world = |files: &[(&str, Vec<u8>)]| {
        let world = orders().with(|source| source.format = Format::Parquet);
        files.iter().fold(world, |world, (name, content)| world.file(name, content))
    };
    // A width is no other type.
    assert!(told(&world(&[("1", whole()), ("2", narrow())]).load()).is_empty());
    let files = [("1", whole()), ("2", narrow()), ("3", text())];
    let loaded = world(&files).load();
    assert_eq!(told(&loaded), ["warned Retyped total (3, 1)"]);
    assert_eq!(loaded.report.drift[0].message, "`total` holds text in `3`, and integers in `1`");
    assert_eq!(loaded.bad_cells, ["3:2: total: many: decimal(18,2)"]);
    let mut rows = loaded.rows;
    rows.sort();
    assert_eq!(rows, ["a|1.00", "b|2.00", "c|3.50", "d|∅"]);
    let cast = world(&files).with(|source| source.drift.retyped = RetypedColumn::Cast).load();
    assert_eq!(told(&cast), ["noted Retyped total (3, 1)"]);
    let error = world(&files).with(|source| source.drift.retyped = RetypedColumn::Error).error();
    assert_eq!(error.to_string(), "source `shop`: `total` holds text in `3`, and integers in `1`");
    // Floats are no integers: identifiers would have lost their end.
    let floats = arrow(vec![ids(vec!["e"]), ("total", Arc::new(Float64Array::from(vec![5.5])))]);
    let integers = arrow(vec![ids(vec!["f"]), ("total", Arc::new(Int64Array::from(vec![6])))]);
    let loaded = world(&[("1", floats), ("2", integers)])
        .with(|source| source.format = Format::Arrow)
        .load();
    assert_eq!(loaded.report.drift[0].message, "`total` holds integers in `2`, and floats in `1`");
}

#[test]
fn json_values_that_change_their_type_are_told_and_absent_members_are_not() {
    let world = |second: &str| {
        World::new(&[("id", "string"), ("total", "decimal(18,2)"), ("slot", "string")])
            .column("slot", |column| column.from = vec!["value.*".to_owned()])
            .with(|source| source.format = Format::Ndjson)
            .file("1.ndjson", "{\"id\": \"a\", \"total\": 1, \"note\": 1, \"value\": {\"int\": 1}}\n{\"id\": \"b\", \"total\": 2.5}\n")
            .file("2.ndjson", second)
    };
    // A null is of no type, and a slot is meant for several.
    let quiet = "{\"id\": \"c\", \"total\": null, \"value\": {\"text\": \"x\"}, \"more\": 1}\n";
    assert!(told(&world(quiet).load()).is_empty());
    let loaded = world("{\"id\": \"c\", \"total\": 1}\n{\"id\": 7, \"total\": \"3\"}\n").load();
    assert_eq!(
        told(&loaded),
        ["warned Retyped id (2.ndjson, 1)", "warned Retyped total (2.ndjson, 1)"]
    );
    assert_eq!(
        loaded.report.drift[0].message,
        "`id` holds numbers and text in `2.ndjson`, and text in `1.ndjson`"
    );
}
