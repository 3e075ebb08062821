//! The synthetic world: the same bytes everywhere, and a truth that the exports bear out.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use journeymart::demo::{DemoOptions, write};

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/demo")
}

fn small() -> DemoOptions {
    DemoOptions { customers: 400, events_per_customer: 20, ..DemoOptions::default() }
}

/// Every file below `exports` and `truth`, by its path.
fn contents(root: &Path) -> BTreeMap<String, Vec<u8>> {
    ["exports", "truth"]
        .iter()
        .flat_map(|folder| walkdir::WalkDir::new(root.join(folder)))
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            (name, fs::read(&path).unwrap())
        })
        .collect()
}

/// The bytes, decompressed if they are gzip.
fn plain(bytes: &[u8]) -> Vec<u8> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return bytes.to_vec();
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
}

/// The lines of an export, decompressed and decoded.
fn lines(root: &Path, file: &str) -> Vec<String> {
    let plain = plain(&fs::read(root.join("exports").join(file)).unwrap());
    let text = match file.starts_with("shop/orders_") {
        true => encoding_rs::WINDOWS_1252.decode(&plain).0.into_owned(),
        false => String::from_utf8(plain).unwrap(),
    };
    text.lines().map(str::to_owned).collect()
}

/// A CSV file of the truth, without its header. No cell of the files read here is quoted.
fn truth(root: &Path, file: &str) -> Vec<Vec<String>> {
    fs::read_to_string(root.join("truth").join(file))
        .unwrap()
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect()
}

#[test]
fn the_committed_world_is_what_the_generator_writes() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &small()).unwrap();
    let (written, kept) = (contents(folder.path()), contents(&committed()));
    assert_eq!(written.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>());
    for (name, bytes) in &kept {
        // What gzip makes of equal content is up to the library's version and the processor.
        assert!(plain(&written[name]) == plain(bytes), "{name} differs: write the world again");
    }
    let size: usize = kept.values().map(Vec::len).sum();
    assert!(size < 2_000_000, "the committed world has grown to {size} bytes");
}

#[test]
fn threads_change_nothing_and_the_seed_everything() {
    let options = DemoOptions { customers: 60, months: 2, ..small() };
    let write_with = |options: &DemoOptions| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), options).unwrap();
        contents(folder.path())
    };
    let alone = write_with(&DemoOptions { threads: 1, ..options.clone() });
    assert!(alone == write_with(&DemoOptions { threads: 5, ..options.clone() }));
    let other = write_with(&DemoOptions { seed: 2, ..options });
    assert_ne!(alone["exports/shop/refunds.csv"], other["exports/shop/refunds.csv"]);
    assert_ne!(alone["truth/sessions.csv"], other["truth/sessions.csv"]);
}

#[test]
fn web_rows_are_as_many_as_the_books_say() {
    let root = committed();
    let rows: usize = contents(&root)
        .keys()
        .filter_map(|name| name.strip_prefix("exports/web/"))
        .map(|name| lines(&root, &format!("web/{name}")).len())
        .sum();
    let books = truth(&root, "books.csv");
    let web = books.iter().find(|book| book[0] == "web").unwrap();
    assert_eq!(web[1], rows.to_string());
}

#[test]
fn every_bad_cell_stands_where_the_truth_says() {
    let root = committed();
    let cells = truth(&root, "bad_cells.csv");
    assert!(cells.len() >= 20, "only {} bad cells", cells.len());
    for cell in cells {
        let [_, file, line, _, raw] = &cell[..] else { panic!("odd row {cell:?}") };
        let found = &lines(&root, file)[line.parse::<usize>().unwrap() - 1];
        assert!(found.contains(raw.as_str()), "{file}:{line} does not hold {raw}: {found}");
    }
}

#[test]
fn every_row_marked_cut_off_is_no_json() {
    let root = committed();
    let mut seen = 0;
    for row in truth(&root, "bad_rows.csv") {
        let [source, file, line, column] = &row[..] else { panic!("odd row {row:?}") };
        if source != "web" || !column.is_empty() {
            continue;
        }
        let found = &lines(&root, file)[line.parse::<usize>().unwrap() - 1];
        assert!(serde_json::from_str::<serde_json::Value>(found).is_err(), "{file}:{line}");
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn sizes_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for options in [DemoOptions { customers: 0, ..small() }, DemoOptions { months: 61, ..small() }]
    {
        let error = write(folder.path(), &options).unwrap_err();
        assert_eq!(error.kind, journeymart::error::Kind::Usage);
        assert!(error.to_string().contains("must be from 1 to"), "{error}");
    }
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}
