/*!
The names of columns that stand in another file: a line of delimited text, one name per line, or a
CDM `model.json`. Which file belongs to which is found by date, then by folder.
*/

use serde_json::Value;

use crate::{
    config::reading::Csv,
    error::{Error, Result, codes},
    storage::{FoundFile, Storage},
};

use super::{
    csv::header::table,
    fault::file_error,
    files::{InputFile, identify},
    open::small_text,
};

/// A file of names is small; a larger one is something else.
const MAX_BYTES: u64 = 64 << 20;

/// The files that hold names.
pub(crate) struct NameFiles {
    pattern: String,
    files: Vec<NameFile>,
}

struct NameFile {
    file: InputFile,
    held: Held,
}

/// What a file of names holds.
enum Held {
    Names(Vec<String>),
    /// The entities of a CDM model.
    Entities(Vec<(String, Vec<String>)>),
}

impl NameFiles {
    pub(crate) async fn find(pattern: &str, csv: &Csv, storage: &Storage) -> Result<Self> {
        // `lookups.tar.gz!column_headers.tsv` lies within an archive.
        let (path, member) = match pattern.split_once('!') {
            Some((path, member)) => (path, Some(member)),
            None => (pattern, None),
        };
        let found = storage.find(path).await?.files;
        let mut files = Vec::with_capacity(found.len());
        for found in found {
            files.push(read(found, csv, member).await?);
        }
        if files.is_empty() {
            let message = format!("no file matches `{pattern}`, which `names_from` names");
            return Err(Error::failed(codes::NO_FILES, message));
        }
        Ok(Self { pattern: pattern.to_owned(), files })
    }

    /// Whether this is one of them.
    pub(crate) fn contains(&self, path: &str) -> bool {
        self.files.iter().any(|names| names.file.path == path)
    }

    /// Tells every file its names. They are part of what its content means.
    pub(crate) fn apply(&self, files: &mut [InputFile]) -> Result<()> {
        for file in files {
            let names = self.of(file)?;
            let columns = names.of(file)?.to_vec();
            file.content_id = format!("{} names:{}", file.content_id, names.file.content_id);
            file.names = Some(columns.into());
        }
        Ok(())
    }

    fn of(&self, file: &InputFile) -> Result<&NameFile> {
        let mut near: Vec<&NameFile> = self.files.iter().collect();
        // Hourly exports bring the names with the first hour of a day.
        let day = |file: &InputFile| file.period.map(|period| period.date());
        let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        for nearer in [
            &(|other: &InputFile| day(other) == day(file)) as &dyn Fn(&InputFile) -> bool,
            &|other| folder(&other.path) == folder(&file.path),
        ] {
            if near.len() > 1 {
                near.retain(|names| nearer(&names.file));
            }
        }
        match near[..] {
            [one] => Ok(one),
            [] => {
                let what = format!("has no names: none of `{}` has its date", self.pattern);
                Err(file_error(codes::HEADER_MISSING, &file.path, what))
            }
            [one, other, ..] => {
                let what = format!("has no names of its own: `{one}` and `{other}` both fit");
                Err(file_error(codes::HEADER_MISSING, &file.path, what)
                    .hint("tell them apart by `{date:…}` in `names_from`, or by folders"))
            }
        }
    }
}

impl std::fmt::Display for NameFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file.path)
    }
}

impl NameFile {
    fn of(&self, file: &InputFile) -> Result<&[String]> {
        let entities = match &self.held {
            Held::Names(names) => return Ok(names),
            Held::Entities(entities) => entities,
        };
        if let [(_, names)] = entities.as_slice() {
            return Ok(names);
        }
        // A table has a folder of its own, or a file that is called like it.
        let mut parts = file.path.rsplit('/');
        let stem = parts.next().and_then(|name| name.split('.').next()).unwrap_or_default();
        let folder = parts.next().unwrap_or_default();
        let same =
            |name: &str| name.eq_ignore_ascii_case(folder) || name.eq_ignore_ascii_case(stem);
        match entities.iter().find(|(name, _)| same(name)) {
            Some((_, names)) => Ok(names),
            None => {
                let names = entities.iter().map(|(name, _)| name.as_str());
                let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
                let hint = match names.as_slice() {
                    [] => {
                        "no entity in there has a name: a manifest lists files, columns stand in \
                           `model.json` or `<entity>.cdm.json`"
                            .to_owned()
                    }
                    names => {
                        format!("its folder or name is that of an entity: {}", names.join(", "))
                    }
                };
                let what = format!("belongs to no entity of `{self}`");
                Err(file_error(codes::HEADER_MISSING, &file.path, what).hint(hint))
            }
        }
    }
}

async fn read(found: FoundFile, csv: &Csv, member: Option<&str>) -> Result<NameFile> {
    if found.size > MAX_BYTES {
        let what = format!("holds no names: it is larger than {} MiB", MAX_BYTES >> 20);
        return Err(file_error(codes::MALFORMED, &found.path, what));
    }
    let file = identify(found).await?;
    let (csv, location) = (csv.clone(), file.location.clone());
    let member = member.map(str::to_owned);
    let reading = tokio::task::spawn_blocking(move || {
        let held = held(&file, &csv, member.as_deref())?;
        Ok(NameFile { file, held })
    });
    reading.await.map_err(|error| {
        Error::failed(codes::STORAGE_READ, format!("`{location}` could not be read: {error}"))
    })?
}

fn held(file: &InputFile, csv: &Csv, member: Option<&str>) -> Result<Held> {
    let mut buffer = small_text(&csv.encoding, file, member)?;
    buffer.fill(0)?;
    if buffer.window().trim_ascii_start().starts_with(b"{") {
        while !buffer.finished() {
            buffer.fill(0)?;
        }
        let model: Value = serde_json::from_slice(buffer.window()).map_err(|error| {
            file_error(codes::MALFORMED, &file.path, format!("is no CDM model: {error}"))
        })?;
        return Ok(Held::Entities(entities(&model)));
    }
    let rows = table(&mut buffer, csv)?;
    let one_per_line = rows.len() > 1 && rows.iter().all(|row| row.len() == 1);
    Ok(Held::Names(match one_per_line {
        true => rows.into_iter().flatten().collect(),
        false => rows.into_iter().next().unwrap_or_default(),
    }))
}

fn entities(model: &Value) -> Vec<(String, Vec<String>)> {
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    items(&model["entities"])
        .iter()
        .map(|entity| (name(entity), items(&entity["attributes"]).iter().map(name).collect()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_lists_its_entities() {
        let model = serde_json::json!({"entities": [
            {"name": "contact", "attributes": [{"name": "Id"}, {"name": "email"}]},
            {"name": "empty"},
        ]});
        assert_eq!(
            entities(&model),
            [
                ("contact".to_owned(), vec!["Id".to_owned(), "email".to_owned()]),
                ("empty".to_owned(), Vec::new())
            ]
        );
        assert!(entities(&serde_json::json!([])).is_empty());
    }
}
