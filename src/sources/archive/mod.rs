/*!
Archives: files that hold files. Their members are read one after the other, each as if it lay in a
folder of its own; messages, quarantine and `_file` call one `archive.zip!member.csv`.
*/

use std::{
    collections::HashSet,
    io::{self, Read},
    ops::ControlFlow,
    path::Path,
    sync::Arc,
};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::{
    config::{reading::Format, source::Source},
    error::{Error, Result, codes},
};

use super::{
    chunk::{Chunk, Pending, RecordReader},
    drift::Seen,
    fault::{file_error, read_error, refusal},
    files::InputFile,
    load::LoadOptions,
    open::open_content,
    unpack::{Archive, Meter, Unpacked},
};

mod tar;
mod zip;

pub(crate) use zip::ZipMembers;

/// The files of an archive, one after the other.
pub(crate) trait Members: Send {
    /// The path of the next member in the archive. The content of the one before is gone then.
    fn next(&mut self) -> io::Result<Option<String>>;

    /// The content of that member as it was before it was packed; may itself be compressed.
    fn content(&mut self) -> io::Result<Box<dyn Read + Send>>;
}

/// What packs files together.
pub(crate) enum Opened {
    Members(Box<dyn Members>),
    /// One document of many parts, such as a workbook.
    Package(Unpacked),
}

/// Opens an archive, which is copied to `scratch` where it cannot be read from front to back and is
/// not at hand as a file.
pub(crate) fn open(
    file: &InputFile,
    unpacked: Unpacked,
    archive: Archive,
    scratch: &Path,
) -> Result<Opened> {
    let members: Box<dyn Members> = match archive {
        Archive::Tar => Box::new(tar::TarMembers::new(unpacked.into_stream())),
        Archive::Zip => {
            let failed = |error: io::Error| read_error(file, error);
            let meter = unpacked.meter.clone();
            meter.count_packed(file.size);
            let content = unpacked.into_file(file, scratch)?;
            let shared = content.try_clone().map_err(failed)?;
            let members = ZipMembers::open(shared, meter.clone()).map_err(failed)?;
            if members.are_a_package() {
                return Ok(Opened::Package(Unpacked::at_hand(content, meter)));
            }
            Box::new(members)
        }
    };
    Ok(Opened::Members(Box::new(Sound { members, seen: HashSet::new(), names: 0 })))
}

/// The error of a document where files were expected.
pub(crate) fn package(file: &InputFile) -> Error {
    let what = "is a workbook or another Office document";
    file_error(codes::MALFORMED, &file.path, what).hint("a workbook is read with `format: xlsx`")
}

/// What the names of an archive's members, or the directory that lists them, may take in bytes.
const MAX_NAMES: usize = 16 << 20;
/// What a name takes beside its letters.
const NAME: usize = 48;

/// Members whose names can be relied on.
struct Sound {
    members: Box<dyn Members>,
    seen: HashSet<String>,
    names: usize,
}

impl Members for Sound {
    fn next(&mut self) -> io::Result<Option<String>> {
        let Some(name) = self.members.next()? else { return Ok(None) };
        self.names += NAME + name.len();
        if self.names > MAX_NAMES {
            return Err(too_many());
        }
        if climbs(&name) {
            let hint = "no export does; whoever packed it meant to overwrite other files";
            return Err(refusal(format!("holds a member that climbs out of it: `{name}`"), hint));
        }
        if !self.seen.insert(name.clone()) {
            return Err(twice(&name));
        }
        Ok(Some(name))
    }

    fn content(&mut self) -> io::Result<Box<dyn Read + Send>> {
        self.members.content()
    }
}

fn too_many() -> io::Error {
    let what =
        format!("holds too many members: their names take more than {} MiB", MAX_NAMES >> 20);
    refusal(what, "pack fewer files into one archive")
}

fn twice(name: &str) -> io::Error {
    refusal(format!("holds two members named `{name}`"), "which of them counts would be a guess")
}

/// Whether a path leads out of the folder that it is taken from.
fn climbs(name: &str) -> bool {
    let drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    drive || name.starts_with('/') || name.split('/').any(|part| part == "..")
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

/// Shows every part of a file that is read: the file itself, or those of its members that the
/// patterns take. Stops where `show` says so.
pub(crate) fn each_part(
    file: &InputFile,
    patterns: &[String],
    scratch: &Path,
    mut show: impl FnMut(&InputFile, Unpacked) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let unpacked = Unpacked::open(file)?;
    let Some(archive) = unpacked.archive else { return show(file, unpacked).map(drop) };
    let meter = unpacked.meter.clone();
    let mut members = match open(file, unpacked, archive, scratch)? {
        Opened::Members(members) => members,
        Opened::Package(unpacked) => return show(file, unpacked).map(drop),
    };
    let wanted = Wanted::new(patterns)?;
    while let Some(name) = members.next().map_err(|error| read_error(file, error))? {
        if wanted.takes(&name) {
            let file = file.member(&name);
            let content =
                members.content().and_then(|content| Unpacked::of(content, meter.clone()));
            if show(&file, content.map_err(|error| read_error(&file, error))?)?.is_break() {
                break;
            }
        }
    }
    Ok(())
}

/// The names of the members that an archive holds, without what packers add of their own; none for
/// a file that is no archive.
pub(crate) fn member_names(file: &InputFile, scratch: &Path) -> Result<Option<Vec<String>>> {
    let unpacked = Unpacked::open(file)?;
    let Some(archive) = unpacked.archive else { return Ok(None) };
    let Opened::Members(mut members) = open(file, unpacked, archive, scratch)? else {
        return Ok(None);
    };
    let mut names = Vec::new();
    while let Some(name) = members.next().map_err(|error| read_error(file, error))? {
        if !is_clutter(&name) {
            names.push(name);
        }
    }
    Ok(Some(names))
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
    /// What the members that were read hold.
    seen: Vec<(String, Seen)>,
}

/// How many names a message lists.
const SHOWN: usize = 10;

impl ArchiveReader {
    /// Opens the first member too, so that its header is judged.
    pub(crate) fn open(
        source: &Source,
        file: &InputFile,
        members: Box<dyn Members>,
        meter: Meter,
        options: &LoadOptions,
    ) -> Result<Self> {
        let mut reader = Self {
            members,
            wanted: Wanted::new(&source.members)?,
            source: Arc::new(source.clone()),
            file: file.clone(),
            options: options.clone(),
            meter,
            open: None,
            first: None,
            others: Vec::new(),
            labels: Vec::new(),
            seen: Vec::new(),
        };
        reader.advance()?;
        reader.labels = reader.open.as_ref().map(|(_, open)| open.labels()).unwrap_or_default();
        Ok(reader)
    }

    /// Opens the next wanted member, if there is one.
    fn advance(&mut self) -> Result<()> {
        self.seen.extend(self.open.take().into_iter().flat_map(|(_, open)| open.seen()));
        loop {
            let next = self.members.next().map_err(|error| read_error(&self.file, error))?;
            let Some(name) = next else { return self.end() };
            if !self.wanted.takes(&name) {
                if self.others.len() < SHOWN {
                    self.others.push(name);
                }
                continue;
            }
            if self.wanted.is_open()
                && let Some(first) = &self.first
            {
                let what = format!("holds several files: `{first}`, `{name}`");
                return Err(file_error(codes::MALFORMED, &self.file.path, what)
                    .hint("say which are meant: `members: \"*.csv\"`"));
            }
            let file = self.file.member(&name);
            self.first.get_or_insert(name);
            let content = self.members.content();
            let unpacked = content
                .and_then(|content| Unpacked::of(content, self.meter.clone()))
                .map_err(|error| read_error(&file, error))?;
            // A workbook is packed as archives are.
            if unpacked.archive.is_some() && self.source.format != Format::Xlsx {
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

    fn seen(&self) -> Vec<(String, Seen)> {
        self.seen.clone()
    }

    fn next_records(&mut self, limit: usize) -> Result<Option<Pending>> {
        while let Some((name, open)) = &mut self.open {
            if let Some(pending) = open.next_records(limit)? {
                let name = Arc::clone(name);
                return Ok(Some(Box::new(move || {
                    let chunk = pending()?;
                    // The rows of a workbook say their sheet too.
                    Ok(Chunk { file: Some(chunk.file.unwrap_or(name)), ..chunk })
                })));
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
    fn paths_that_lead_out_are_seen() {
        for name in ["../a.csv", "a/../../b.csv", "/etc/passwd", "..", "c:/a.csv", "D:a.csv"] {
            assert!(climbs(name), "{name}");
        }
        for name in ["a.csv", "a/b..csv", "..a/b.csv", "12:30.csv", "é:x"] {
            assert!(!climbs(name), "{name}");
        }
    }

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
