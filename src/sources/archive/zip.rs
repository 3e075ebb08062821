/*!
Zip archives. What they hold stands in a directory at their end, so that they are files which can be
read in any order; members are still unpacked from front to back.

The `zip` crate reads the directory. Members are cut out and unpacked here: what the crate would hand
out borrows the archive, and a member has to live by itself.
*/

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    sync::Arc,
};

use flate2::Crc;
use memchr::memmem;
use zip::{CompressionMethod, ZipArchive, read::ZipArchiveMetadata, read::ZipFileEntry};

use super::{MAX_NAMES, Members, too_many};
use crate::sources::{
    fault::refusal,
    unpack::{Meter, Packing},
};

/// What stands before the content of a member, without its name and extra fields (APPNOTE 4.3.7).
const LOCAL_HEADER: usize = 30;
/// The same in the directory (APPNOTE 4.3.12).
const DIRECTORY_HEADER: usize = 46;
/// The end of an archive: 22 bytes and a comment (APPNOTE 4.3.16).
const LONGEST_END: u64 = 22 + u16::MAX as u64;
const BLOCK: usize = 1 << 18;

pub(crate) struct ZipMembers {
    file: File,
    directory: Arc<ZipArchiveMetadata>,
    /// How many members were named so far.
    named: usize,
    meter: Meter,
}

impl ZipMembers {
    pub(crate) fn open(file: File, meter: Meter) -> io::Result<Self> {
        let mut budget = Budget { file: BufReader::new(file), left: MAX_NAMES as u64 };
        let opened = ZipArchive::new(&mut budget).map(|archive| {
            let repeats = archive.has_duplicate_names();
            (archive.metadata(), repeats.then(|| archive.central_directory_start()))
        });
        let exhausted = budget.left == 0;
        let mut file = budget.file.into_inner();
        let (directory, repeats) = match opened {
            Ok(opened) => opened,
            Err(_) if exhausted => return Err(too_many()),
            Err(_) if !has_end(&mut file)? => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
        };
        match repeats {
            Some(start) => Err(repeated(&mut file, start)?),
            None => Ok(Self { file, directory, named: 0, meter }),
        }
    }

    /// Whether they are the parts of one document (ECMA-376 part 2, 6.2.3).
    pub(crate) fn are_a_package(&self) -> bool {
        let names = (0..self.directory.len()).filter_map(|at| self.directory.entry(at).ok());
        names.into_iter().any(|entry| entry.name_raw() == b"[Content_Types].xml")
    }
}

impl Members for ZipMembers {
    fn next(&mut self) -> io::Result<Option<String>> {
        while self.named < self.directory.len() {
            let entry = self.directory.entry(self.named)?;
            self.named += 1;
            if entry.is_file() {
                let name = entry.name()?;
                // Some packers of Windows write its own separators.
                return Ok(Some(name.replace('\\', "/")));
            }
        }
        Ok(None)
    }

    fn content(&mut self) -> io::Result<Box<dyn Read + Send>> {
        let entry = self.directory.entry(self.named - 1)?;
        if entry.encrypted() {
            let hint = "files are read without passwords: unpack it, or export it without one";
            return Err(refusal("is encrypted", hint));
        }
        let packing = packing(&entry)?;
        let at = content_start(&mut self.file, &entry)?;
        let stored = Stored { file: self.file.try_clone()?, at, left: entry.compressed_size() };
        let stored: Box<dyn Read + Send> = Box::new(stored);
        let unpacked = packing.unpack(BufReader::with_capacity(BLOCK, stored))?;
        Ok(Box::new(Proven {
            content: self.meter.unpacked(unpacked),
            found: Crc::new(),
            sum: entry.crc32(),
        }))
    }
}

fn packing(entry: &ZipFileEntry) -> io::Result<Packing> {
    Ok(match entry.compression() {
        CompressionMethod::STORE => Packing::Plain,
        CompressionMethod::DEFLATE => Packing::Deflate,
        CompressionMethod::BZIP2 => Packing::Bzip2,
        CompressionMethod::ZSTD => Packing::Zstd,
        CompressionMethod::XZ => Packing::Xz,
        other => {
            let hint = "pack it as every tool can read it, with deflate";
            return Err(refusal(format!("is compressed in a way that is not read: {other}"), hint));
        }
    })
}

/// Where the content of a member begins: behind a header of its own, whose length only itself says.
fn content_start(file: &mut File, entry: &ZipFileEntry) -> io::Result<u64> {
    let mut header = [0; LOCAL_HEADER];
    file.seek(SeekFrom::Start(entry.header_start()))?;
    file.read_exact(&mut header)?;
    if !header.starts_with(b"PK\x03\x04") {
        let what = "the directory of the archive names a place where no member is";
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    let variable = u64::from(short(&header, 26)) + u64::from(short(&header, 28));
    Ok(entry.header_start() + LOCAL_HEADER as u64 + variable)
}

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// Whether the mark that ends every archive is there.
fn has_end(file: &mut File) -> io::Result<bool> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(LONGEST_END)))?;
    let mut end = Vec::new();
    file.take(LONGEST_END).read_to_end(&mut end)?;
    Ok(memmem::find(&end, b"PK\x05\x06").is_some())
}

/// The refusal of a directory that names a member twice. The crate keeps the last one alone, and
/// tells no more than that there were others.
fn repeated(file: &mut File, directory: u64) -> io::Result<io::Error> {
    file.seek(SeekFrom::Start(directory))?;
    let mut directory = BufReader::new(file);
    let mut seen = HashSet::new();
    loop {
        let mut header = [0; DIRECTORY_HEADER];
        directory.read_exact(&mut header)?;
        let mut name = vec![0; short(&header, 28).into()];
        directory.read_exact(&mut name)?;
        let rest = u64::from(short(&header, 30)) + u64::from(short(&header, 32));
        io::copy(&mut directory.by_ref().take(rest), &mut io::sink())?;
        if !seen.insert(name.clone()) {
            return Ok(super::twice(&String::from_utf8_lossy(&name)));
        }
    }
}

/// A file of whose bytes only so many may be read.
struct Budget {
    file: BufReader<File>,
    left: u64,
}

impl Read for Budget {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(out)?;
        self.left = self.left.saturating_sub(count as u64);
        if self.left == 0 { Err(too_many()) } else { Ok(count) }
    }
}

impl Seek for Budget {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// A piece of a file. Its place is looked up at every read, because the archive shares it.
struct Stored {
    file: File,
    at: u64,
    left: u64,
}

impl Read for Stored {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        self.file.seek(SeekFrom::Start(self.at))?;
        let count = self.file.read(&mut out[..most])?;
        if count == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

/// Content that is held against its checksum when it ends.
struct Proven {
    content: Box<dyn Read + Send>,
    found: Crc,
    sum: u32,
}

impl Read for Proven {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(out)?;
        self.found.update(&out[..count]);
        if count == 0 && !out.is_empty() && self.found.sum() != self.sum {
            let what = "its checksum is not that of its content";
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        Ok(count)
    }
}
