//! Every target over its corpus and over mutations of that, always the same ones.

use std::{fs, path::Path};

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut paths: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 2, "{} holds no corpus", folder.display());
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

/// A change to some bytes; places are wrapped around their end.
#[derive(Debug, Clone)]
enum Edit {
    Set(usize, u8),
    Insert(usize, &'static str),
    Remove(usize, usize),
    Repeat(usize, usize),
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let count = bytes.len();
        let place = |at: usize| at % (count + 1);
        match *self {
            Self::Set(at, byte) if count > 0 => bytes[at % count] = byte,
            Self::Insert(at, text) => {
                bytes.splice(place(at)..place(at), text.bytes());
            }
            Self::Remove(at, length) => {
                bytes.drain(place(at)..(place(at) + length).min(count));
            }
            Self::Repeat(at, length) => {
                let again = bytes[place(at)..(place(at) + length).min(count)].to_vec();
                bytes.extend(again);
            }
            Self::Set(..) => {}
        }
    }
}

/// What such texts hinge on.
static WORDS: [&str; 24] = [
    "\n", "\r\n", "\r", ",", ";", "\t", "\"", "\"\"", "\\", "'", "#", "sep=", "{", "}", "[", "]",
    ":", "\\u00e9", "null", "é", "0", "-", "%", "\u{feff}",
];

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let place = 0usize..4096;
    let length = 1usize..24;
    let edit = prop_oneof![
        (place.clone(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        (place.clone(), prop::sample::select(&WORDS[..]))
            .prop_map(|(at, word)| Edit::Insert(at, word)),
        (place.clone(), length.clone()).prop_map(|(at, length)| Edit::Remove(at, length)),
        (place, length).prop_map(|(at, length)| Edit::Repeat(at, length)),
    ];
    prop::collection::vec(edit, 1..6)
}

fn check(target: &str, door: fn(&[u8])) {
    let corpus = corpus(target);
    corpus.iter().for_each(|data| door(data));
    // PROPTEST_CASES asks for more.
    let cases = Config::default().cases.max(1_000);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mutated = (prop::sample::select(corpus), edits());
    let tried = TestRunner::new_with_rng(config, rng).run(&mutated, |(mut data, edits)| {
        edits.iter().for_each(|edit| edit.apply(&mut data));
        door(&data);
        Ok::<(), TestCaseError>(())
    });
    if let Err(error) = tried {
        panic!("{target}: {error}");
    }
}

#[test]
fn csv() {
    check("csv", super::csv);
}

#[test]
fn date_templates() {
    check("date_templates", super::date_templates);
}

#[test]
fn dialect() {
    check("dialect", super::dialect);
}

#[test]
fn json() {
    check("json", super::json);
}

#[test]
fn timestamps() {
    check("timestamps", super::timestamps);
}
