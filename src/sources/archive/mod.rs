/*!
Archives: files that hold files. Their members are read one after the other, each as if it lay in a
folder of its own; messages, quarantine and `_file` call one `archive.zip!member.csv`.
*/

use std::{
    io::{self, Read},
    sync::Arc,
};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::{
    config::source::Source,
    error::{Error, Result, codes},
};

use super::{
    chunk::{Chunk, Pending, RecordReader},
    fault::{file_error, read_error},
    files::InputFile,
    load::LoadOptions,
    open::open_content,
    unpack::{Archive, Meter, Unpacked},
};

mod tar;

/// A file within an archive.
pub(crate) struct Member {
    /// Its path in the archive.
    pub(crate) name: String,
    /// As it is stored; may itself be compressed.
    pub(crate) content: Box<dyn Read + Send>,
}

/// The files of an archive, one after the other; the content of one is gone when the next is asked
/// for.
pub(crate) trait Members: Send {
    fn next(&mut self) -> io::Result<Option<Member>>;
}

pub(crate) fn members(unpacked: Unpacked, archive: Archive) -> Box<dyn Members> {
    match archive {
        Archive::Tar => Box::new(tar::TarMembers::new(unpacked.content)),
    }
}

/// Which members are read.
pub(crate) struct Wanted {
    /// None: the only one there is.
    patterns: Option<GlobSet>,
    shown: Vec<String>,
}

impl Wanted {
    pub(crate) fn new(patterns: &[String]) -> Result<Self> {
        let invalid = |error: globset::Error| {
            Error::usage(codes::INVALID_VALUE, format!("`members`: {error}"))
        };
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            // A name alone may lie in any folder of the archive.
            let anywhere = if pattern.contains('/') { "" } else { "**/" };
            let pattern = format!("{anywhere}{pattern}");
            let glob = GlobBuilder::new(&pattern).literal_separator(true).build();
            set.add(glob.map_err(invalid)?);
        }
        let set = set.build().map_err(invalid)?;
        let patterns_given = !patterns.is_empty();
        Ok(Self { patterns: patterns_given.then_some(set), shown: patterns.to_vec() })
    }

    fn takes(&self, name: &str) -> bool {
        match &self.patterns {
            Some(patterns) => patterns.is_match(name),
            None => !is_clutter(name),
        }
    }

    fn is_open(&self) -> bool {
        self.patterns.is_none()
    }
}

/// What packers and desktops add of their own.
fn is_clutter(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    name.starts_with("__MACOSX/") || last.starts_with("._") || last == ".DS_Store"
}

/// The only member of that name, for files that describe others.
pub(crate) fn the_member(
    file: &InputFile,
    unpacked: Unpacked,
    archive: Archive,
    name: Option<&str>,
) -> Result<(InputFile, Unpacked)> {
    let wanted = Wanted::new(&name.map(str::to_owned).into_iter().collect::<Vec<_>>())?;
    let meter = unpacked.meter.clone();
    let mut members = members(unpacked, archive);
    while let Some(member) = members.next().map_err(|error| read_error(file, error))? {
        if wanted.takes(&member.name) {
            let file = file.member(&member.name);
            let unpacked =
                Unpacked::of(member.content, meter).map_err(|error| read_error(&file, error))?;
            return Ok((file, unpacked));
        }
    }
    let what = format!("holds no member `{}`", name.unwrap_or("*"));
    Err(file_error(codes::NO_FILES, &file.path, what))
}

/// The records of all wanted members.
pub(crate) struct ArchiveReader {
    members: Box<dyn Members>,
    wanted: Wanted,
    source: Arc<Source>,
    file: InputFile,
    options: LoadOptions,
    meter: Meter,
    /// The member being read, and what its rows call it.
    open: Option<(Arc<str>, Box<dyn RecordReader>)>,
    /// The first member that was read.
    first: Option<String>,
    /// Some that were passed over.
    others: Vec<String>,
    labels: Vec<Vec<String>>,
}

/// How many names a message lists.
const SHOWN: usize = 10;

impl ArchiveReader {
    /// Opens the first member too, so that its header is judged.
    pub(crate) fn open(
        source: &Source,
        file: &InputFile,
        unpacked: Unpacked,
        archive: Archive,
        options: &LoadOptions,
    ) -> Result<Self> {
        let meter = unpacked.meter.clone();
        let mut reader = Self {
            members: members(unpacked, archive),
            wanted: Wanted::new(&source.members)?,
            source: Arc::new(source.clone()),
            file: file.clone(),
            options: options.clone(),
            meter,
            open: None,
            first: None,
            others: Vec::new(),
            labels: Vec::new(),
        };
        reader.advance()?;
        reader.labels = reader.open.as_ref().map(|(_, open)| open.labels()).unwrap_or_default();
        Ok(reader)
    }

    /// Opens the next wanted member, if there is one.
    fn advance(&mut self) -> Result<()> {
        self.open = None;
        loop {
            let next = self.members.next().map_err(|error| read_error(&self.file, error))?;
            let Some(member) = next else { return self.end() };
            if !self.wanted.takes(&member.name) {
                if self.others.len() < SHOWN {
                    self.others.push(member.name);
                }
                continue;
            }
            if self.wanted.is_open()
                && let Some(first) = &self.first
            {
                let what = format!("holds several files: `{first}`, `{}`", member.name);
                return Err(file_error(codes::MALFORMED, &self.file.path, what)
                    .hint("say which are meant: `members: \"*.csv\"`"));
            }
            let file = self.file.member(&member.name);
            self.first.get_or_insert(member.name);
            let unpacked = Unpacked::of(member.content, self.meter.clone())
                .map_err(|error| read_error(&file, error))?;
            if unpacked.archive.is_some() {
                let what = "is an archive within an archive";
                return Err(
                    file_error(codes::MALFORMED, &file.path, what).hint("unpack the outer one")
                );
            }
            let open = open_content(&self.source, &file, unpacked, &self.options)?;
            self.open = Some((file.path.into(), open));
            return Ok(());
        }
    }

    fn end(&self) -> Result<()> {
        if self.first.is_some() {
            return Ok(());
        }
        let what = match self.wanted.shown.join("`, `") {
            none if none.is_empty() => "holds no file".to_owned(),
            patterns => format!("holds no member that matches `{patterns}`"),
        };
        let error = file_error(codes::NO_FILES, &self.file.path, what);
        Err(match self.others.join("`, `") {
            none if none.is_empty() => error,
            others => error.hint(format!("it holds `{others}`")),
        })
    }
}

impl RecordReader for ArchiveReader {
    fn labels(&self) -> Vec<Vec<String>> {
        self.labels.clone()
    }

    fn next_records(&mut self, limit: usize) -> Result<Option<Pending>> {
        while let Some((name, open)) = &mut self.open {
            if let Some(pending) = open.next_records(limit)? {
                let file = Some(Arc::clone(name));
                return Ok(Some(Box::new(move || Ok(Chunk { file, ..pending()? }))));
            }
            self.advance()?;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_may_lie_in_any_folder() {
        let takes = |patterns: &[&str], name: &str| {
            let patterns: Vec<String> = patterns.iter().map(|text| (*text).to_owned()).collect();
            Wanted::new(&patterns).unwrap().takes(name)
        };
        assert!(takes(&["*.csv"], "a.csv") && takes(&["*.csv"], "2024/deep/a.csv"));
        assert!(!takes(&["*.csv"], "a.csv.bak"));
        assert!(takes(&["2024/*.csv"], "2024/a.csv") && !takes(&["2024/*.csv"], "2023/a.csv"));
        assert!(takes(&["a.csv", "b.csv"], "b.csv"));
        assert!(takes(&[], "a.csv") && !takes(&[], "__MACOSX/._a.csv") && !takes(&[], ".DS_Store"));
        assert!(Wanted::new(&["[".to_owned()]).is_err());
    }
}
