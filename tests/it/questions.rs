//! The page of questions points to columns that exist and that some case asserts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use journeymart::checks::cases;

/// Every `schema.table.column` between backticks, by table.
fn answers(page: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for name in page.split('`').skip(1).step_by(2) {
        if let [schema, table, column] = name.split('.').collect::<Vec<_>>()[..] {
            found.entry(format!("{schema}.{table}")).or_default().insert(column.to_owned());
        }
    }
    found
}

#[test]
fn every_answer_is_asserted_by_a_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/questions.md")).unwrap();
    let mut asserted: BTreeSet<(String, String)> = BTreeSet::new();
    for case in cases::discover(root).unwrap() {
        for (column, value) in case.content.expect.iter().flatten() {
            if !value.is_null() {
                asserted.insert((case.table.to_string(), column.clone()));
            }
        }
    }
    let answers = answers(&page);
    assert!(answers.len() > 40, "the page lost its answers");
    let mut unproved = Vec::new();
    for (table, columns) in answers {
        for column in columns {
            if !asserted.contains(&(table.clone(), column.clone())) {
                unproved.push(format!("{table}.{column}"));
            }
        }
    }
    assert!(unproved.is_empty(), "no case asserts a value of {}", unproved.join(", "));
}
