/*!
The standard library, and how a project lies over it.

The library is the repository's `sql/` folder: read at run time in debug builds, an archive inside
the binary in release builds, so that an installed binary works in an empty folder. A project's
file of the same path replaces the library's, and a file under `pipelines/<name>/sql/` replaces
both.
*/

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
};

use serde::Serialize;
use walkdir::WalkDir;

use crate::error::{Error, Result, codes};

use super::parallel;

/// Where a file or table comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Project,
    Library,
}

/// One file of the `sql/` tree.
#[derive(Debug, Clone)]
pub struct SqlFile {
    /// As a user would name it: relative to the project, or `library:sql/…`.
    pub file: String,
    pub text: Arc<str>,
    pub origin: Origin,
}

/// Files by their path below `sql/`, such as `marts/renewals.sql`.
#[derive(Debug, Clone, Default)]
pub struct Library {
    files: BTreeMap<String, Arc<str>>,
}

impl Library {
    /// The library that this binary was built with.
    #[cfg(embedded_library)]
    pub fn standard() -> Result<Self> {
        const ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.zst"));
        Self::from_archive(ARCHIVE)
    }

    /// The library of the working copy that this binary was built from.
    #[cfg(not(embedded_library))]
    pub fn standard() -> Result<Self> {
        Self::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("sql"))
    }

    /// Reads a `sql/` folder; one that does not exist is empty.
    pub fn from_folder(folder: &Path) -> Result<Self> {
        Ok(Self { files: read_folder(folder)? })
    }

    #[cfg(any(embedded_library, test))]
    fn from_archive(archive: &[u8]) -> Result<Self> {
        let damaged =
            || Error::failed(codes::WORK_FOLDER, "the embedded standard library is damaged");
        let bytes = zstd::stream::decode_all(archive).map_err(|_| damaged())?;
        let mut rest = bytes.as_slice();
        let mut next = || -> Option<Option<String>> {
            if rest.is_empty() {
                return Some(None);
            }
            let (length, tail) = rest.split_first_chunk::<4>()?;
            let (part, tail) = tail.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            rest = tail;
            Some(Some(String::from_utf8(part.to_vec()).ok()?))
        };
        let mut files = BTreeMap::new();
        while let Some(path) = next().ok_or_else(damaged)? {
            let text = next().flatten().ok_or_else(damaged)?;
            files.insert(path, text.into());
        }
        Ok(Self { files })
    }

    pub fn files(&self) -> impl Iterator<Item = (&str, &Arc<str>)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text))
    }

    /// The project's files over this library's, by path below `sql/`.
    pub fn overlaid(
        &self,
        project_dir: &Path,
        pipeline: Option<&str>,
    ) -> Result<BTreeMap<String, SqlFile>> {
        let mut files: BTreeMap<String, SqlFile> = self
            .files()
            .map(|(path, text)| {
                let file = SqlFile {
                    file: format!("library:sql/{path}"),
                    text: Arc::clone(text),
                    origin: Origin::Library,
                };
                (path.to_owned(), file)
            })
            .collect();
        let own = pipeline.map(|name| format!("pipelines/{name}/sql"));
        for folder in ["sql".to_owned()].into_iter().chain(own) {
            for (path, text) in read_folder(&project_dir.join(&folder))? {
                // A project that holds the library itself (this repository) does not replace it.
                let same = files.get(&path).is_some_and(|known| known.text == text);
                let origin = if same { Origin::Library } else { Origin::Project };
                let file = SqlFile { file: format!("{folder}/{path}"), text, origin };
                files.insert(path, file);
            }
        }
        Ok(files)
    }

    /// The presets of exports that the project and this library have.
    pub fn preset_names(&self, project_dir: &Path) -> Result<Vec<String>> {
        self.names_in("presets/", project_dir)
    }

    /// The presets of journeys that the project and this library have.
    pub fn journey_preset_names(&self, project_dir: &Path) -> Result<Vec<String>> {
        self.names_in("presets/journeys/", project_dir)
    }

    /// The YAML files in a folder, without those in folders below it.
    fn names_in(&self, folder: &str, project_dir: &Path) -> Result<Vec<String>> {
        let own = files_of(&project_dir.join("sql"), "presets")?;
        let paths: BTreeSet<&str> =
            own.iter().chain(self.files.keys()).map(String::as_str).collect();
        let name = |path: &str| {
            let name = path.strip_prefix(folder)?.strip_suffix(".yaml")?;
            (!name.contains('/')).then(|| name.to_owned())
        };
        Ok(paths.into_iter().filter_map(name).collect())
    }

    /// The YAML of a preset, that of a journey as `journeys/<name>`: its file name for messages,
    /// and its text.
    pub fn preset(&self, project_dir: &Path, name: &str) -> Result<Option<(String, String)>> {
        let path = format!("presets/{name}.yaml");
        let own = project_dir.join("sql").join(&path);
        if own.is_file() {
            return Ok(Some((format!("sql/{path}"), read_file(&own)?.to_string())));
        }
        Ok(self.files.get(&path).map(|text| (format!("library:sql/{path}"), text.to_string())))
    }
}

fn read_folder(folder: &Path) -> Result<BTreeMap<String, Arc<str>>> {
    let paths = files_of(folder, "")?;
    let texts = parallel::map(&paths, |path| read_file(&folder.join(path)));
    paths.into_iter().zip(texts).map(|(path, text)| Ok((path, text?))).collect()
}

/// The paths below a `sql/` folder of the files that mean something, sorted; those in `part` of it.
fn files_of(folder: &Path, part: &str) -> Result<Vec<String>> {
    let mut files = Vec::new();
    if !folder.join(part).is_dir() {
        return Ok(files);
    }
    for entry in WalkDir::new(folder.join(part)).follow_links(true).sort_by_file_name() {
        let entry = entry.map_err(|error| Error::usage(codes::WORK_FOLDER, error.to_string()))?;
        let known = entry.path().extension().is_some_and(|ending| {
            ["sql", "yaml", "csv"].iter().any(|known| ending.eq_ignore_ascii_case(known))
        });
        if !entry.file_type().is_file() || !known {
            continue;
        }
        let relative = entry.path().strip_prefix(folder).expect("below the folder");
        files.push(relative.to_string_lossy().replace('\\', "/"));
    }
    Ok(files)
}

fn read_file(path: &Path) -> Result<Arc<str>> {
    fs::read_to_string(path).map(Into::into).map_err(|error| {
        Error::usage(codes::WORK_FOLDER, format!("cannot read {}: {error}", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_hold_paths_and_texts() {
        let mut bytes = Vec::new();
        for part in ["core/a.sql", "select 1", "marts/ü.sql", ""] {
            bytes.extend((part.len() as u32).to_le_bytes());
            bytes.extend(part.as_bytes());
        }
        let archive = zstd::bulk::compress(&bytes, 3).unwrap();
        let library = Library::from_archive(&archive).unwrap();
        let files: Vec<_> = library.files().map(|(path, text)| (path, &**text)).collect();
        assert_eq!(files, [("core/a.sql", "select 1"), ("marts/ü.sql", "")]);

        let cut = zstd::bulk::compress(&bytes[..bytes.len() - 2], 3).unwrap();
        assert!(Library::from_archive(&cut).is_err());
    }

    #[test]
    fn the_nearest_file_wins_and_equal_text_stays_the_librarys() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let library = Library {
            files: [("a", "0"), ("b", "0"), ("c", "0"), ("d", "0")]
                .map(|(name, text)| (format!("core/{name}.sql"), text.into()))
                .into(),
        };
        write("sql/core/b.sql", "1");
        write("sql/core/c.sql", "1");
        write("sql/core/d.sql", "0");
        write("sql/core/notes.txt", "not SQL");
        write("pipelines/shop/sql/core/c.sql", "2");

        let shown = |pipeline: Option<&str>| -> Vec<_> {
            let files = library.overlaid(folder.path(), pipeline).unwrap();
            files
                .into_values()
                .map(|file| (file.file, file.text.to_string(), file.origin))
                .collect()
        };
        let expected = |c: (&str, &str)| {
            [
                ("library:sql/core/a.sql", "0", Origin::Library),
                ("sql/core/b.sql", "1", Origin::Project),
                (c.0, c.1, Origin::Project),
                ("sql/core/d.sql", "0", Origin::Library),
            ]
            .map(|(file, text, origin)| (file.to_owned(), text.to_owned(), origin))
            .to_vec()
        };
        assert_eq!(shown(None), expected(("sql/core/c.sql", "1")));
        assert_eq!(shown(Some("shop")), expected(("pipelines/shop/sql/core/c.sql", "2")));
    }
}
