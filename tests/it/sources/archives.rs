//! Files within files.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use journeymart::{
    config::reading::{Format, Names},
    error::codes,
};

use super::World;

pub(crate) fn gzip(text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        if name.ends_with('/') {
            header.set_entry_type(tar::EntryType::Directory);
        }
        archive.append_data(&mut header, name, *content).unwrap();
    }
    archive.into_inner().unwrap()
}

fn events() -> World {
    World::new(&[("id", "string"), ("page", "string")])
}

fn members(patterns: &[&str]) -> World {
    let patterns = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    events().with(|source| source.members = patterns)
}

#[test]
fn members_are_read_as_if_they_lay_beside_each_other() {
    // The second member orders its columns otherwise, the third is compressed once more.
    let long = format!("{}/c.csv.gz", "folder".repeat(30));
    let archive = tar(&[
        ("export/", b""),
        ("export/a.csv", b"id,page\n1,/x\n2,/y,more\n"),
        ("export/readme.txt", b"not this"),
        ("export/b.csv", b"page,id\n/z,3\n"),
        (&long, &gzip("id,page\n4,\n")),
    ]);
    for (name, archive) in [("e.tar", archive.clone()), ("e.tgz", gzip(&archive))] {
        let loaded = members(&["*.csv", "*.csv.gz"]).file(name, archive).load();
        assert_eq!(loaded.rows, ["1|/x", "3|/z", "4|∅"]);
        assert_eq!(
            loaded.bad_rows,
            [format!("{name}!export/a.csv:3: 3 fields instead of 2: 2,/y,more")]
        );
        assert_eq!(
            super::printed(&loaded.raw.project(&[2, 3]).unwrap(), ":"),
            [
                format!("{name}!export/a.csv:2"),
                format!("{name}!export/b.csv:2"),
                format!("{name}!{long}:2")
            ]
        );
        assert_eq!(loaded.report.files.len(), 1, "the books are those of the archive");
    }
}

#[test]
fn the_name_of_a_member_is_a_column() {
    // Mailchimp says in the file's name whether its addresses are subscribed.
    let world = || {
        World::new(&[("status", "string"), ("email", "string")])
            .column("status", |column| column.from = vec!["_member".to_owned()])
            .with(|source| source.members = vec!["*".to_owned()])
    };
    let archive =
        tar(&[("subscribed.csv", b"Email\na@x.nl\nb@x.nl\n"), ("cleaned.csv", b"Email\nc@x.nl\n")]);
    let loaded = world().file("audience.tar", archive).load();
    assert_eq!(
        loaded.rows,
        ["subscribed.csv|a@x.nl", "subscribed.csv|b@x.nl", "cleaned.csv|c@x.nl"]
    );
    let loaded = world().file("unsubscribed.csv", "Email\nd@x.nl\n").load();
    assert_eq!(loaded.rows, ["unsubscribed.csv|d@x.nl"]);
}

#[test]
fn older_versions_in_members_are_counted_in_their_archive() {
    let archive =
        tar(&[("a.csv", b"id,page\n1,/x\n2,/x\n" as &[u8]), ("b.csv", b"id,page\n1,/z\n")]);
    let loaded = members(&["*"])
        .with(|source| source.key = vec!["id".to_owned()])
        .file("e.tar", archive)
        .load();
    assert_eq!(loaded.rows.len(), 2);
    assert_eq!(loaded.report.files[0].books.rows_superseded, 1);
}

#[test]
fn which_member_is_meant_is_never_guessed() {
    let one = tar(&[("__MACOSX/._a.csv", b"\0"), ("./a.csv", b"id,page\n1,/x\n")]);
    assert_eq!(events().file("e.tar", one).load().rows, ["1|/x"]);
    let two = tar(&[("a.csv", b"id,page\n1,/x\n"), ("b.csv", b"id,page\n2,/y\n")]);
    let error = events().file("e.tar", &two).error();
    assert!(error.to_string().contains("several files: `a.csv`, `b.csv`"), "{error}");
    assert!(error.to_string().contains("members"), "{error}");
    let error = members(&["*.tsv"]).file("e.tar", two).error();
    assert_eq!(error.diagnostics[0].code, codes::NO_FILES);
    assert!(error.to_string().contains("it holds `a.csv`, `b.csv`"), "{error}");
    let error = events().file("e.tar", tar(&[("empty/", b"")])).error();
    assert!(error.to_string().starts_with("`e.tar` holds no file"), "{error}");
    let nested = tar(&[("inner.tar", &tar(&[("a.csv", b"id,page\n")]))]);
    let error = events().file("e.tar", nested).error();
    assert!(error.to_string().starts_with("`e.tar!inner.tar` is an archive within"), "{error}");
}

#[test]
fn damaged_archives_say_so() {
    let archive = tar(&[("a.csv", b"id,page\n1,/x\n"), ("b.txt", &[b'x'; 2000])]);
    for keep in [600, 1_300, 3_000] {
        let error = members(&["*.csv"]).file("e.tar", &archive[..keep]).error();
        assert_eq!(error.diagnostics[0].code, codes::TRUNCATED, "{keep}: {error}");
    }
    let mut flipped = archive.clone();
    flipped[5] ^= 1;
    let error = members(&["*.csv"]).file("e.tar", flipped).error();
    assert!(error.to_string().contains("header of the tar archive is damaged"), "{error}");
    let error = members(&["*"]).file("e.tar", tar(&[("a.csv", b"id\n")])).error();
    assert!(error.to_string().starts_with("`e.tar!a.csv` has no column `page`"), "{error}");
}

#[test]
fn names_may_lie_in_an_archive_beside() {
    // Adobe's feeds: hits without a header, names in the archive of lookups.
    let lookups =
        gzip(tar(&[("browser.tsv", b"1\tFirefox\n"), ("column_headers.tsv", b"page\tid\n")]));
    let loaded = events()
        .with(|source| {
            source.csv.delimiter = b'\t';
            source.csv.names = Names::File("lookup_data.tar.gz!column_headers.tsv".to_owned());
        })
        .beside("lookup_data.tar.gz", lookups)
        .file("01-site_2026-01-01.tsv.gz", gzip("/x\t1\n"))
        .load();
    assert_eq!(loaded.rows, ["1|/x"]);
}

#[test]
fn every_compression_is_recognised_by_content() {
    let text = "id,page\n1,/x\n2,/y\n";
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(text.as_bytes()).unwrap();
    let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
    xz.write_all(text.as_bytes()).unwrap();
    for (name, content) in [("a.csv", bzip2.finish().unwrap()), ("b.csv.gz", xz.finish().unwrap())]
    {
        assert_eq!(events().file(name, content).load().rows, ["1|/x", "2|/y"], "{name}");
    }
}

#[test]
fn a_bomb_is_stopped_and_named() {
    // 256 frames of 64 MB of zeros, each a few kilobytes.
    let frame = zstd::encode_all(std::io::Read::take(std::io::repeat(0), 64 << 20), 1).unwrap();
    let error = events()
        .with(|source| source.format = Format::Parquet)
        .file("a.parquet", frame.repeat(256))
        .error();
    assert_eq!(error.diagnostics[0].code, codes::MALFORMED);
    assert!(
        error.to_string().starts_with("`a.parquet` unpacks to more than 1000 times"),
        "{error}"
    );
}
