//! The same files twice: as DataFusion alone reads them with its defaults, and through a source.
//!
//! What the engine makes of them is pinned with its value: swapped, lost and invented cells, mostly
//! without an error. An upgrade that repairs one makes its test fail, which is then simplified.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, Int32Array, RecordBatch, StringArray},
        datatypes::{DataType, Field, Schema},
    },
    error::DataFusionError,
    parquet::arrow::ArrowWriter,
    prelude::{CsvReadOptions, JsonReadOptions, ParquetReadOptions, SessionConfig, SessionContext},
};
use flate2::{Compression, write::GzEncoder};
use journeymart::{
    config::{
        drift::MissingColumn,
        reading::{Format, RepeatedNames},
    },
    error::codes,
};

use super::{Loaded, World, header, printed};

enum Reader<'a> {
    Csv(CsvReadOptions<'a>),
    Json(JsonReadOptions<'a>),
    Parquet,
}

fn csv<'a>() -> Reader<'a> {
    Reader::Csv(CsvReadOptions::new())
}

fn json<'a>() -> Reader<'a> {
    Reader::Json(JsonReadOptions::default())
}

/// What DataFusion alone answers to a question about the table `t` that lies at a path.
fn alone(world: &World, path: &str, reader: Reader, sql: &str) -> Result<Vec<String>, String> {
    let path = world.scratch().join(path);
    let path = path.to_str().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // As on a machine of two cores, whatever this one has.
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
    let answer = runtime.block_on(async {
        match reader {
            Reader::Csv(options) => context.register_csv("t", path, options).await?,
            Reader::Json(options) => context.register_json("t", path, options).await?,
            Reader::Parquet => {
                context.register_parquet("t", path, ParquetReadOptions::default()).await?;
            }
        }
        context.sql(sql).await?.collect().await
    });
    answer
        .map(|batches| batches.iter().flat_map(|batch| printed(batch, "|")).collect())
        .map_err(|error: DataFusionError| error.strip_backtrace())
}

/// DataFusion alone gives nothing, and says this.
#[track_caller]
fn fails(world: &World, path: &str, reader: Reader, why: &str) {
    let error = alone(world, path, reader, "select * from t").unwrap_err();
    assert!(error.contains(why), "{error}");
}

#[test]
fn columns_in_another_order_are_swapped() {
    let world = World::new(&[("email", "string"), ("phone", "string"), ("zip", "string")])
        .folder("exports", "*", "a.csv", "email,phone,zip\na@x.nl,+31612345678,1234 AB\n")
        .beside("exports/b.csv", "email,zip,phone\nb@x.nl,4321 ZA,+31687654321\n");
    let sql = "select email, phone, zip from t order by email";
    assert_eq!(
        alone(&world, "exports", csv(), sql).unwrap(),
        ["a@x.nl|+31612345678|1234 AB", "b@x.nl|4321 ZA|+31687654321"]
    );
    let mut rows = world.load().rows;
    rows.sort();
    assert_eq!(rows, ["a@x.nl|+31612345678|1234 AB", "b@x.nl|+31687654321|4321 ZA"]);
}

#[test]
fn records_of_several_lines_are_torn_where_a_file_is_split() {
    // Halfway through the file stands the first line of some note, most likely.
    let first = "a first line that takes up nearly all of the room that a record has";
    let text: String =
        (0..20_000).map(|id| format!("{id},\"{first}\nand a second\"\r\n")).collect();
    let world = World::new(&[("id", "int64"), ("note", "string")])
        .file("a.csv", format!("id,note\n{text}"));
    // Torn in two, the record is counted twice, or the second half is refused: that depends on the
    // reader that comes first.
    let counted = alone(&world, "a.csv", csv(), "select count(*) from t");
    assert_ne!(counted, Ok(vec!["20000".to_owned()]));
    assert_eq!(world.load().rows.len(), 20_000);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn packed_files_are_passed_over() {
    let world = World::new(&[("id", "string")])
        .folder("exports", "*", "c.csv.gz", gzip("id\nc\n"))
        .beside("exports/d.csv", "id\nd\n");
    assert_eq!(alone(&world, "exports", csv(), "select id from t").unwrap(), ["d"]);
    let mut rows = world.load().rows;
    rows.sort();
    assert_eq!(rows, ["c", "d"]);
}

fn written(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn parquet(ids: ArrayRef) -> Vec<u8> {
    written(&RecordBatch::try_from_iter([("id", ids)]).unwrap())
}

#[test]
fn packed_parquet_is_not_found() {
    // PostHog's batch exports are called so.
    let file = parquet(Arc::new(StringArray::from(vec!["1"])));
    let world = World::new(&[("id", "string")])
        .with(|source| source.format = Format::Parquet)
        .folder("exports", "*", "a.parquet.zst", zstd::encode_all(&file[..], 1).unwrap());
    fails(&world, "exports", Reader::Parquet, "No files found");
    assert_eq!(world.load().rows, ["1"]);
}

#[test]
fn null_markers_are_values() {
    let text = "id,city,score\n1,#N/A,7\n2,Breda,-99\n3,Delft,8\n";
    let world = World::new(&[("id", "string"), ("city", "string"), ("score", "int64")])
        .column("city", |column| column.nulls.push("#N/A".to_owned()))
        .column("score", |column| column.nulls.push("-99".to_owned()))
        .file("a.csv", text);
    let declared = || Reader::Csv(CsvReadOptions::new().null_regex(Some("^(#N/A|-99)$".into())));
    let sql = "select city, score from t";
    assert_eq!(
        alone(&world, "a.csv", declared(), sql).unwrap(),
        ["#N/A|7", "Breda|-99", "Delft|8"]
    );
    assert_eq!(world.load().rows, ["1|∅|7", "2|Breda|∅", "3|Delft|8"]);
}

#[test]
fn a_null_marker_among_numbers_stops_everything() {
    let world = World::new(&[("id", "string"), ("score", "int64")])
        .column("score", |column| column.nulls.push("#N/A".to_owned()))
        .file("a.csv", "id,score\n1,7\n2,#N/A\n");
    let declared = Reader::Csv(CsvReadOptions::new().null_regex(Some("^#N/A$".into())));
    fails(&world, "a.csv", declared, "Error while parsing value '#N/A' as type 'Int64'");
    assert_eq!(world.load().rows, ["1|7", "2|∅"]);
}

#[test]
fn empty_text_and_no_text_are_one() {
    let world = World::new(&[("id", "string"), ("note", "string")])
        .column("note", |column| column.nulls = vec!["-".to_owned()])
        .file("a.csv", "id,note\n1,\"\"\n2,\n3,-\n");
    let sql = "select id, note from t";
    assert_eq!(alone(&world, "a.csv", csv(), sql).unwrap(), ["1|∅", "2|∅", "3|-"]);
    assert_eq!(world.load().rows, ["1|", "2|", "3|∅"]);
}

#[test]
fn identifiers_become_numbers() {
    let world = World::new(&[("order", "string"), ("zip", "string")])
        .file("a.csv", "order,zip\n00017,0123\n00018,0124\n");
    let sql = "select \"order\", zip from t";
    assert_eq!(alone(&world, "a.csv", csv(), sql).unwrap(), ["17|123", "18|124"]);
    assert_eq!(world.load().rows, ["00017|0123", "00018|0124"]);
}

#[test]
fn long_identifiers_are_rounded_to_equals() {
    let text = "{\"id\": 12345678901234567890}\n{\"id\": 12345678901234567891}\n";
    let world = ndjson(&[("id", "string")]).file("a.json", text);
    let sql = "select count(distinct id), min(id) from t";
    assert_eq!(alone(&world, "a.json", json(), sql).unwrap(), ["1|1.2345678901234567e19"]);
    assert_eq!(world.load().rows, ["12345678901234567890", "12345678901234567891"]);
}

#[test]
fn money_is_binary() {
    let world = World::new(&[("amount", "decimal(18,2)")]).file("a.csv", "amount\n0.10\n0.20\n");
    let sql = "select sum(amount) = 0.3, arrow_typeof(sum(amount)) from t";
    assert_eq!(alone(&world, "a.csv", csv(), sql).unwrap(), ["false|Float64"]);
    assert_eq!(world.load().rows, ["0.10", "0.20"]);
}

#[test]
fn columns_without_a_value_lose_their_type() {
    let world = World::new(&[("id", "int64"), ("email", "string")]).file("a.csv", "id,email\n");
    let sql = "select arrow_typeof(max(id)), arrow_typeof(max(email)) from t";
    assert_eq!(alone(&world, "a.csv", csv(), sql).unwrap(), ["Null|Null"]);
    assert_eq!(types(&world.load()), [DataType::Int64, DataType::Utf8]);
    let world = ndjson(&[("id", "int64"), ("email", "string")])
        .file("a.json", "{\"id\": 1, \"email\": null}\n");
    assert_eq!(alone(&world, "a.json", json(), sql).unwrap(), ["Int64|Null"]);
    assert_eq!(types(&world.load()), [DataType::Int64, DataType::Utf8]);
}

fn types(loaded: &Loaded) -> [DataType; 2] {
    [0, 1].map(|column| loaded.raw.column(column).data_type().clone())
}

#[test]
fn repeated_names_are_misreported() {
    let world = World::new(&[("id", "string"), ("page", "string")])
        .file("a.csv", "id,page,page\n1,/x,/y\n");
    fails(
        &world,
        "a.csv",
        csv(),
        "incorrect number of fields for line 1, expected 2 got more than 2",
    );
    let refused = world.error();
    assert_eq!(refused.diagnostics[0].code, codes::HEADER_AMBIGUOUS);
    let numbered = world.with(|source| source.csv.repeated_names = RepeatedNames::Number);
    assert_eq!(numbered.load().rows, ["1|/x"]);
}

#[test]
fn a_line_that_declares_the_separator_becomes_the_header() {
    let world = World::new(&[("id", "string"), ("amount", "decimal(18,2)")])
        .file("a.csv", "sep=;\r\nid;amount\r\n1;2.50\r\n");
    let sql = "select * from t";
    let semicolon = Reader::Csv(CsvReadOptions::new().delimiter(b';'));
    assert_eq!(alone(&world, "a.csv", semicolon, sql).unwrap(), ["id|amount", "1|2.50"]);
    assert_eq!(world.load().rows, ["1|2.50"]);
}

#[test]
fn several_rows_of_header_become_data() {
    let text = "Q1,Q2\nHow likely?,Why?\n\"{\"\"ImportId\"\":\"\"QID1\"\"}\",\"{\"\"ImportId\"\":\"\"QID2\"\"}\"\n9,Good\n";
    let world = World::new(&[("q1", "int64"), ("q2", "string")])
        .with(|source| source.csv.names = header(3))
        .file("a.csv", text);
    let sql = "select count(*), arrow_typeof(min(\"Q1\")) from t";
    assert_eq!(alone(&world, "a.csv", csv(), sql).unwrap(), ["3|Utf8"]);
    let loaded = world.load();
    assert_eq!(loaded.rows, ["9|Good"]);
    assert_eq!(loaded.report.labels[0].1[0], "How likely?");
}

#[test]
fn other_encodings_are_refused_without_a_way_out() {
    let world =
        World::new(&[("id", "string"), ("name", "string")]).file("a.csv", b"id,name\n1,Ren\xe9e\n");
    fails(&world, "a.csv", csv(), "invalid UTF-8 in field 1 near byte index 3 at line 2");
    let error = world.error();
    assert_eq!(error.diagnostics[0].code, codes::ENCODING);
    assert!(error.to_string().contains("byte 13"), "{error}");
    let declared = world.with(|source| source.csv.encoding = "windows-1252".to_owned());
    assert_eq!(declared.load().rows, ["1|Renée"]);
}

#[test]
fn utf_16_is_refused_in_spite_of_its_mark() {
    let text = "\u{feff}id,name\n1,Renée\n";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let world = World::new(&[("id", "string"), ("name", "string")]).file("a.csv", bytes);
    fails(&world, "a.csv", csv(), "invalid UTF-8 in field 0 near byte index 0 at line 1");
    assert_eq!(world.load().rows, ["1|Renée"]);
}

#[test]
fn ragged_records_stop_everything_or_are_padded_in_silence() {
    let world = World::new(&[("id", "string"), ("city", "string"), ("zip", "string")])
        .file("a.csv", "id,city,zip\n1,Breda,4811 AA\n2,2611 AB\n");
    let sql = "select id, city, zip from t";
    fails(&world, "a.csv", csv(), "Expected 3 records, found 2 records at line 3");
    let truncated = Reader::Csv(CsvReadOptions::new().truncated_rows(true));
    assert_eq!(alone(&world, "a.csv", truncated, sql).unwrap(), ["1|Breda|4811 AA", "2|2611 AB|∅"]);
    let loaded = world.load();
    assert_eq!(loaded.rows, ["1|Breda|4811 AA"]);
    assert_eq!(loaded.bad_rows, ["a.csv:3: 2 fields instead of 3: 2,2611 AB"]);
}

#[test]
fn a_column_that_a_file_lacks_moves_the_others() {
    let world = World::new(&[("id", "string"), ("email", "string"), ("city", "string")])
        .folder("exports", "*", "a.csv", "id,email,city\n1,a@x.nl,Breda\n")
        .beside("exports/b.csv", "id,city\n2,Delft\n");
    let truncated = Reader::Csv(CsvReadOptions::new().truncated_rows(true));
    let sql = "select id, email, city from t order by id";
    assert_eq!(alone(&world, "exports", truncated, sql).unwrap(), ["1|a@x.nl|Breda", "2|Delft|∅"]);
    assert_eq!(world.error().diagnostics[0].code, codes::HEADER_MISSING);
    let mut rows = world.with(|source| source.drift.missing = MissingColumn::Accept).load().rows;
    rows.sort();
    assert_eq!(rows, ["1|a@x.nl|Breda", "2|∅|Delft"]);
}

#[test]
fn one_bad_cell_stops_everything() {
    // The line that it names is one of the records, not of the file.
    let good: String = (0..1_000).map(|score| format!("{score}\n")).collect();
    let world = World::new(&[("score", "int64")]).file("a.csv", format!("score\n{good}n/a\n7\n"));
    fails(&world, "a.csv", csv(), "as type 'Int64' for column 0 at line 1001");
    let loaded = world.load();
    assert_eq!(loaded.rows.len(), 1_002);
    assert_eq!(loaded.bad_cells, ["a.csv:1002: score: n/a: int64"]);
}

fn ndjson(columns: &[(&str, &str)]) -> World {
    World::new(columns).with(|source| source.format = Format::Ndjson)
}

#[test]
fn late_keys_vanish() {
    let early: String = (0..1_000).map(|id| format!("{{\"id\": {id}}}\n")).collect();
    let world = ndjson(&[("id", "int64"), ("email", "string")])
        .file("a.json", format!("{early}{{\"id\": 1000, \"email\": \"a@x.nl\"}}\n"));
    let sql = "select * from t where id = 1000";
    assert_eq!(alone(&world, "a.json", json(), sql).unwrap(), ["1000"]);
    assert_eq!(world.load().rows[1_000], "1000|a@x.nl");
}

#[test]
fn a_key_of_two_types_stops_everything() {
    let world = ndjson(&[("id", "string")])
        .folder("exports", "*", "a.json", "{\"id\": 1}\n")
        .beside("exports/b.json", "{\"id\": \"A2\"}\n");
    fails(&world, "exports", json(), "Fail to merge schema field 'id'");
    let schema = Schema::new(vec![Field::new("id", DataType::Utf8, true)]);
    let declared = Reader::Json(JsonReadOptions::default().schema(&schema));
    fails(&world, "exports", declared, "expected string got 1");
    let mut rows = world.load().rows;
    rows.sort();
    assert_eq!(rows, ["1", "A2"]);
}

#[test]
fn documents_are_refused_as_broken_lines() {
    let text = "[\n  {\n    \"id\": 1\n  },\n  {\n    \"id\": 2\n  }\n]\n";
    let world =
        ndjson(&[("id", "int64")]).with(|source| source.format = Format::Json).file("a.json", text);
    fails(&world, "a.json", json(), "Not valid JSON: EOF while parsing a list at line 1 column 1");
    assert_eq!(world.load().rows, ["1", "2"]);
}

#[test]
fn parquet_files_of_two_types_stop_everything() {
    let world = World::new(&[("id", "string")])
        .with(|source| source.format = Format::Parquet)
        .folder("exports", "*", "a.parquet", parquet(Arc::new(Int32Array::from(vec![7]))))
        .beside("exports/b.parquet", parquet(Arc::new(StringArray::from(vec!["0008"]))));
    fails(&world, "exports", Reader::Parquet, "Fail to merge schema field 'id'");
    let mut rows = world.load().rows;
    rows.sort();
    assert_eq!(rows, ["0008", "7"]);
}

#[test]
fn parquet_columns_that_a_file_lost_are_null_without_a_word() {
    let ids = || Arc::new(StringArray::from(vec!["1"]));
    let both = RecordBatch::try_from_iter([("id", ids() as ArrayRef), ("email", ids())]).unwrap();
    let world = World::new(&[("id", "string"), ("email", "string")])
        .with(|source| source.format = Format::Parquet)
        .folder("exports", "*", "a.parquet", written(&both))
        .beside("exports/b.parquet", parquet(ids()));
    let sql = "select count(*), count(email) from t";
    assert_eq!(alone(&world, "exports", Reader::Parquet, sql).unwrap(), ["2|1"]);
    let error = world.error();
    assert_eq!(error.diagnostics[0].code, codes::HEADER_MISSING);
    assert!(error.to_string().contains("`email`"), "{error}");
}
