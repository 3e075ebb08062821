/*!
Documentation of tables as Markdown: a page for each schema, and one that leads to all tables.
*/

use std::collections::BTreeMap;

use crate::run::manifest::{Manifest, ManifestColumn, ManifestTable, Setting};

/// A file of the documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Below the folder of the documentation.
    pub path: String,
    pub text: String,
}

/// Schemas in the order of the data flow, with what they hold.
const SCHEMAS: [(&str, &str); 9] = [
    ("raw", "Exports as they were typed."),
    ("mappings", "Exports, brought to contracts."),
    ("quarantine", "Rows and cells that could not be read."),
    ("config", "What the pipeline settles."),
    ("lookups", "Small tables kept by hand."),
    ("inbound", "Contracts, where all exports of a kind meet."),
    ("core", "Customers, contacts, sessions, orders, subscriptions, surveys."),
    ("journeys", "Journeys, stages and funnels."),
    ("segments", "Groups of customers."),
];
const MARTS: (&str, &str) = ("marts", "What is published.");

/// Every page, each link of which leads to another one.
pub fn pages(manifest: &Manifest) -> Vec<Page> {
    let mut schemas: BTreeMap<&str, Vec<&ManifestTable>> = BTreeMap::new();
    let mut readers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for table in &manifest.tables {
        schemas.entry(schema(&table.name)).or_default().push(table);
        for input in &table.inputs {
            readers.entry(input).or_default().push(&table.name);
        }
    }
    let mut index = format!(
        "# Tables of {}\n\nWritten by `journeymart docs` from the headers of the SQL files.\n",
        manifest.pipeline
    );
    let mut pages = Vec::new();
    // Readers look for what is published first.
    for (schema, about) in [MARTS].into_iter().chain(SCHEMAS) {
        let Some(tables) = schemas.remove(schema) else { continue };
        index += &format!("\n## {schema}\n\n{about}\n\n");
        let mut text = format!("# {schema}\n\n{about} [All tables](README.md)\n");
        for table in tables {
            let about = table.description.as_deref().unwrap_or("");
            index += &format!("- {}: {}\n", link(&table.name), first_sentence(about));
            let none = Vec::new();
            text += &section(table, readers.get(table.name.as_str()).unwrap_or(&none));
        }
        pages.push(Page { path: format!("{schema}.md"), text });
    }
    debug_assert!(schemas.is_empty(), "a schema without a page");
    pages.push(Page { path: "README.md".into(), text: index });
    pages
}

fn section(table: &ManifestTable, readers: &[&str]) -> String {
    let mut text = format!("\n## <a id=\"{0}\"></a>{0}\n", table.name);
    for said in [&table.description, &table.definition].into_iter().flatten() {
        text += &format!("\n{said}\n");
    }
    if let Some(authority) = &table.authority {
        text += &format!("\nAfter {authority}\n");
    }
    let mut facts = Vec::new();
    if !table.grain.is_empty() {
        facts.push(format!("- one row for each {}", coded(&table.grain)));
    }
    if !table.inputs.is_empty() {
        facts.push(format!("- reads {}", links(table.inputs.iter().map(String::as_str))));
    }
    if !readers.is_empty() {
        facts.push(format!("- is read by {}", links(readers.iter().copied())));
    }
    for Setting { name, value, description } in &table.settings {
        let about = description.as_ref().map_or_else(String::new, |it| format!(": {it}"));
        facts.push(format!("- depends on `{name} = {value}`{about}"));
    }
    if !facts.is_empty() {
        text += &format!("\n{}\n", facts.join("\n"));
    }
    text += "\n| column | type | meaning | made of |\n|---|---|---|---|\n";
    for column in &table.columns {
        text += &row(column);
    }
    text
}

fn row(column: &ManifestColumn) -> String {
    let mut meaning: Vec<String> = column.description.iter().cloned().collect();
    if let Some(definition) = &column.definition {
        meaning.push(format!("*{}*", definition.trim()));
    }
    if let Some(authority) = &column.authority {
        meaning.push(format!("After {}", authority.trim()));
    }
    meaning.extend(column.edge_cases.iter().cloned());
    let unit = column.unit.as_ref().map_or_else(String::new, |unit| format!(", {unit}"));
    let from: Vec<String> = column.from.iter().map(|from| format!("`{from}`")).collect();
    format!(
        "| `{}` | {}{unit} | {} | {} |\n",
        column.name,
        cell(&column.column_type),
        cell(&meaning.join("<br>")),
        from.join(", ")
    )
}

fn schema(table: &str) -> &str {
    table.split_once('.').map_or("", |(schema, _)| schema)
}

fn link(table: &str) -> String {
    format!("[{table}]({}.md#{table})", schema(table))
}

fn links<'a>(tables: impl Iterator<Item = &'a str>) -> String {
    tables.map(link).collect::<Vec<_>>().join(", ")
}

fn coded(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Text that a table's cell can hold.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn first_sentence(text: &str) -> String {
    let text = text.replace('\n', " ");
    match text.find(". ") {
        Some(end) => text[..=end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let table = |name: &str, inputs: &[&str]| ManifestTable {
            name: name.into(),
            kind: "sql".into(),
            file: String::new(),
            description: Some("One. Two.".into()),
            definition: None,
            authority: None,
            grain: vec!["id".into()],
            inputs: inputs.iter().map(|&name| name.into()).collect(),
            settings: Vec::new(),
            columns: vec![ManifestColumn {
                name: "rate".into(),
                column_type: "float64".into(),
                description: Some("a | b\nc".into()),
                unit: Some("per day".into()),
                definition: Some("a / b".into()),
                authority: Some("Somebody".into()),
                edge_cases: vec!["Null without b.".into()],
                from: vec!["core.a.b".into()],
            }],
            used: Vec::new(),
        };
        Manifest {
            schema_version: 1,
            pipeline: "shop".into(),
            tables: vec![table("core.a", &[]), table("marts.m", &["core.a"])],
        }
    }

    #[test]
    fn a_table_says_what_it_is_and_what_is_around_it() {
        let pages = pages(&manifest());
        let paths: Vec<&str> = pages.iter().map(|page| page.path.as_str()).collect();
        assert_eq!(paths, ["marts.md", "core.md", "README.md"]);
        let [marts, core, index] = pages.as_slice() else { panic!("three pages") };
        assert!(index.text.contains("- [marts.m](marts.md#marts.m): One.\n"), "{}", index.text);
        assert!(core.text.contains("- is read by [marts.m](marts.md#marts.m)"), "{}", core.text);
        assert!(marts.text.contains("- reads [core.a](core.md#core.a)"), "{}", marts.text);
        assert!(
            marts.text.contains(
                "| `rate` | float64, per day | a \\| b c<br>*a / b*<br>After Somebody<br>Null \
                 without b. | `core.a.b` |\n"
            ),
            "{}",
            marts.text
        );
    }
}
