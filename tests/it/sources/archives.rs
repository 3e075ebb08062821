//! Files within files.

use std::io::{Cursor, Write};

use flate2::{Compression, write::GzEncoder};
use journeymart::{
    config::reading::{Format, Names},
    error::codes,
};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

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
        if name.contains("..") {
            // The crate would not write such a name.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            archive.append(&header, *content).unwrap();
        } else {
            archive.append_data(&mut header, name, *content).unwrap();
        }
    }
    archive.into_inner().unwrap()
}

fn zip_with(members: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        match name.strip_suffix('/') {
            Some(folder) => archive.add_directory(folder, options).unwrap(),
            None => archive.start_file(*name, options).unwrap(),
        }
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn deflated() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    zip_with(members, deflated())
}

/// The bytes with every `from` as `to`, which is as long: what no packer would write.
fn patched(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    for at in 0..bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
    bytes
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
    let third = gzip("id,page\n4,\n");
    let files: [(&str, &[u8]); 5] = [
        ("export/", b""),
        ("export/a.csv", b"id,page\n1,/x\n2,/y,more\n"),
        ("export/readme.txt", b"not this"),
        ("export/b.csv", b"page,id\n/z,3\n"),
        (&long, &third),
    ];
    let stored = deflated().compression_method(CompressionMethod::Stored);
    for (name, archive) in [
        ("e.tar", tar(&files)),
        ("e.tgz", gzip(tar(&files))),
        ("e.zip", zip(&files)),
        ("stored.zip", zip_with(&files, stored)),
        ("large.zip", zip_with(&files, deflated().large_file(true))),
        // Not at hand as a file: it is unpacked into the work folder first.
        ("e.zip.gz", gzip(zip(&files))),
    ] {
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
        zip(&[("subscribed.csv", b"Email\na@x.nl\nb@x.nl\n"), ("cleaned.csv", b"Email\nc@x.nl\n")]);
    let loaded = world().file("audience.zip", archive).load();
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
    let one: [(&str, &[u8]); 2] = [("__MACOSX/._a.csv", b"\0"), ("./a.csv", b"id,page\n1,/x\n")];
    assert_eq!(events().file("e.tar", tar(&one)).load().rows, ["1|/x"]);
    assert_eq!(events().file("e.zip", zip(&one)).load().rows, ["1|/x"]);
    let two = tar(&[("a.csv", b"id,page\n1,/x\n"), ("b.csv", b"id,page\n2,/y\n")]);
    let error = events().file("e.tar", &two).error();
    assert!(error.to_string().contains("several files: `a.csv`, `b.csv`"), "{error}");
    assert!(error.to_string().contains("members"), "{error}");
    let error = members(&["*.tsv"]).file("e.tar", two).error();
    assert_eq!(error.diagnostics[0].code, codes::NO_FILES);
    assert!(error.to_string().contains("it holds `a.csv`, `b.csv`"), "{error}");
    for empty in [tar(&[("empty/", b"")]), zip(&[("empty/", b"")]), zip(&[])] {
        let error = events().file("e", empty).error();
        assert!(error.to_string().starts_with("`e` holds no file"), "{error}");
    }
    let nested = tar(&[("inner.zip", &zip(&[("a.csv", b"id,page\n")]))]);
    let error = events().file("e.tar", nested).error();
    assert!(error.to_string().starts_with("`e.tar!inner.zip` is an archive within"), "{error}");
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
fn damaged_zip_archives_say_so() {
    let text: String = (0..2000).map(|n| format!("{n},/page/{n}\n")).collect();
    let files: [(&str, &[u8]); 2] = [("a.csv", text.as_bytes()), ("b.csv", b"id,page\n1,/x\n")];
    let archive = zip(&files);
    let error = |archive: &[u8]| members(&["a.csv"]).file("e.zip", archive).error();
    for keep in [40, archive.len() / 2, archive.len() - 23] {
        let error = error(&archive[..keep]);
        assert_eq!(error.diagnostics[0].code, codes::TRUNCATED, "{keep}: {error}");
    }
    // Within the directory, and where it says that the first member is.
    let directory = archive.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    for (at, why) in [(0, "cannot be decompressed"), (42, "names a place where no member is")] {
        let mut damaged = archive.clone();
        damaged[directory + at] ^= 1;
        let error = error(&damaged).to_string();
        assert!(error.starts_with("`e.zip") && error.contains(why), "{error}");
    }
    let stored = deflated().compression_method(CompressionMethod::Stored);
    let flipped = patched(&zip_with(&files, stored), b"/page/77\n", b"/page/78\n");
    let told = error(&flipped).to_string();
    assert!(told.starts_with("`e.zip!a.csv` cannot be decompressed: its checksum"), "{told}");
}

#[test]
fn members_that_are_not_read_are_named() {
    let files: [(&str, &[u8]); 2] = [("xx/a.csv", b"id,page\n1,/x\n"), ("xx/b.csv", b"locked")];
    let archive = zip(&files);
    let header =
        |archive: &[u8], mark: &[u8; 4]| archive.windows(4).rposition(|four| four == mark).unwrap();
    let (local, entry) = (header(&archive, b"PK\x03\x04"), header(&archive, b"PK\x01\x02"));
    // The second member: a flag says that it is encrypted, or a number how it is compressed.
    let mut encrypted = archive.clone();
    encrypted[local + 6] |= 1;
    encrypted[entry + 8] |= 1;
    let mut imploded = archive.clone();
    imploded[local + 8] = 6;
    imploded[entry + 10] = 6;
    for (archive, why) in [
        (&encrypted, "`e.zip!xx/b.csv` is encrypted"),
        (&imploded, "`e.zip!xx/b.csv` is compressed in a way that is not read: Implode"),
    ] {
        assert_eq!(members(&["a.csv"]).file("e.zip", archive).load().rows, ["1|/x"]);
        let error = members(&["*.csv"]).file("e.zip", archive).error();
        assert_eq!(error.diagnostics[0].code, codes::MALFORMED);
        assert!(error.to_string().starts_with(why), "{error}");
    }
}

#[test]
fn names_that_nobody_would_pack_stop_an_archive() {
    const CONTENT: &[u8] = b"id,page\n1,/x\n";
    let zipped = zip(&[("xx/a.csv", CONTENT), ("xx/b.csv", b"")]);
    let climbing =
        [tar(&[("a.csv", CONTENT), ("../b.csv", b"")]), patched(&zipped, b"xx/b.csv", b"../b.csv")];
    let twice = [
        tar(&[("xx/a.csv", CONTENT), ("xx/a.csv", b"")]),
        patched(&zipped, b"xx/b.csv", b"xx/a.csv"),
    ];
    for (archives, why) in [
        (climbing, "`e` holds a member that climbs out of it: `../b.csv`"),
        (twice, "`e` holds two members named `xx/a.csv`"),
    ] {
        for archive in archives {
            let error = members(&["a.csv"]).file("e", archive).error();
            assert_eq!(error.diagnostics[0].code, codes::MALFORMED);
            assert!(error.to_string().starts_with(why), "{error}");
        }
    }
}

#[test]
fn archives_of_many_members_are_read_up_to_a_limit() {
    let archive = |count: usize, name: &str| {
        let names: Vec<String> = (0..count).map(|n| format!("{n}{name}.txt")).collect();
        let mut members: Vec<(&str, &[u8])> =
            names.iter().map(|name| (name.as_str(), b"" as _)).collect();
        members.push(("a.csv", b"id,page\n1,/x\n"));
        members
            .iter()
            .fold(ZipWriter::new(Cursor::new(Vec::new())), |mut archive, (name, content)| {
                archive.start_file(*name, deflated()).unwrap();
                archive.write_all(content).unwrap();
                archive
            })
            .finish()
            .unwrap()
            .into_inner()
    };
    // More than the 65,535 that an archive can count without its 64-bit extension.
    assert_eq!(members(&["*.csv"]).file("e.zip", archive(70_000, "")).load().rows, ["1|/x"]);
    let error = members(&["*.csv"]).file("e.zip", archive(300, &"n".repeat(60_000))).error();
    assert!(error.to_string().starts_with("`e.zip` holds too many members"), "{error}");
}

#[test]
fn names_may_lie_in_an_archive_beside() {
    // Adobe's feeds: hits without a header, names in the archive of lookups.
    let lookups: [(&str, &[u8]); 2] =
        [("browser.tsv", b"1\tFirefox\n"), ("column_headers.tsv", b"page\tid\n")];
    for (name, lookups) in
        [("lookup_data.tar.gz", gzip(tar(&lookups))), ("lookup_data.zip", zip(&lookups))]
    {
        let loaded = events()
            .with(|source| {
                source.csv.delimiter = b'\t';
                source.csv.names = Names::File(format!("{name}!column_headers.tsv"));
            })
            .beside(name, lookups)
            .file("01-site_2026-01-01.tsv.gz", gzip("/x\t1\n"))
            .load();
        assert_eq!(loaded.rows, ["1|/x"]);
    }
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

#[test]
fn an_archive_whose_members_share_their_content_is_a_bomb() {
    // 2 GB in 100 names of the same 20 MB, of which none alone unpacks to 1000 times its size.
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("a.csv", deflated()).unwrap();
    archive.write_all(b"id,page\n").unwrap();
    archive.write_all(format!("1,{}\n", "a".repeat(1_000_000)).repeat(20).as_bytes()).unwrap();
    for n in 1..100 {
        archive.shallow_copy_file("a.csv", &format!("{n}.csv")).unwrap();
    }
    let error = members(&["*"]).file("e.zip", archive.finish().unwrap().into_inner()).error();
    assert!(error.to_string().contains("unpacks to more than 1000 times its size"), "{error}");
    assert!(error.to_string().starts_with("`e.zip!"), "{error}");
}
