/*!
The files that a pattern matches, and those that lie beside them unmatched.
*/

use chrono::NaiveDateTime;

use super::{
    Storage,
    location::{Entry, Location},
    pattern::Pattern,
};
use crate::error::{Error, Result, codes};

/// What lies where a pattern looks.
#[derive(Debug, Default)]
pub struct Found {
    /// In order of path.
    pub files: Vec<FoundFile>,
    /// Files where matches lie that the pattern does not match, as the user would write them. A
    /// caller with several patterns leaves out what another one matched.
    pub unmatched: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct FoundFile {
    pub location: Location,
    /// As the user would write it: the pattern's fixed part and what was found below.
    pub path: String,
    pub size: u64,
    /// The store's own mark of this content; none on local disks, whose times say nothing of it.
    pub version: Option<String>,
    /// The start of the period that the pattern's template matched.
    pub period: Option<NaiveDateTime>,
}

impl Storage {
    /// Finds what `pattern` matches: `*` within a name, `**` for folders, `{date:YYYYMMDD}`.
    ///
    /// A file or local folder that does not exist is an error (`STORAGE_MISSING`); a folder in
    /// which nothing matches is not.
    pub async fn find(&self, pattern: &str) -> Result<Found> {
        // The query of a presigned URL may hold any character and is no pattern.
        if pattern.starts_with("https://") || pattern.starts_with("http://") {
            return self.find_on_web(pattern).await;
        }
        let parsed = Pattern::parse(pattern).map_err(|why| {
            Error::usage(codes::STORAGE_URL, format!("pattern `{pattern}` cannot be read: {why}"))
        })?;
        if parsed.is_single() {
            return self.find_one(pattern).await;
        }
        let folder = self.location(&parsed.folder)?;
        if folder.local_path().is_some_and(|path| !path.exists()) {
            let missing = format!("folder `{}` does not exist", parsed.folder);
            return Err(Error::usage(codes::STORAGE_MISSING, missing));
        }
        let entries = match parsed.is_flat() {
            true => folder.children().await?.0,
            false => folder.list().await?,
        };
        let mut found = Found::default();
        for entry in entries {
            match parsed.matches(&entry.name) {
                Some(period) => found.files.push(FoundFile::new(entry, period)),
                None if parsed.is_beside(&entry.name) => {
                    found.unmatched.push(entry.location.to_string());
                }
                None => {}
            }
        }
        Ok(found)
    }

    async fn find_on_web(&self, address: &str) -> Result<Found> {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        if path.contains(['*', '{']) {
            let message = format!("`{path}`: a web server cannot list files");
            return Err(Error::usage(codes::STORAGE_URL, message).hint("name each file"));
        }
        self.find_one(address).await
    }

    async fn find_one(&self, path: &str) -> Result<Found> {
        let location = self.location(path)?;
        if location.local_path().is_some_and(|path| path.is_dir()) {
            let message = format!("`{location}` is a folder");
            let hint = format!("name the files in it: `{}/*`", path.trim_end_matches('/'));
            return Err(Error::usage(codes::STORAGE_URL, message).hint(hint));
        }
        let Some(entry) = location.head().await? else {
            let missing = format!("`{location}` does not exist");
            return Err(Error::usage(codes::STORAGE_MISSING, missing));
        };
        Ok(Found { files: vec![FoundFile::new(entry, None)], unmatched: Vec::new() })
    }
}

impl FoundFile {
    fn new(entry: Entry, period: Option<NaiveDateTime>) -> Self {
        let version = entry.version.filter(|_| entry.location.local_path().is_none());
        Self {
            path: entry.location.to_string(),
            location: entry.location,
            size: entry.size,
            version,
            period,
        }
    }
}
