/*!
What a file is packed in is recognised by its first bytes, never by its name.

Unpacking streams. What comes out is held against what went in: a file of some kilobytes that
unpacks to terabytes is an attack or an accident, and stops with an error.
*/

use std::{
    fs::File,
    io::{self, BufReader, Cursor, Read, Seek},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use liblzma::{
    bufread::XzDecoder,
    stream::{CONCATENATED, Stream},
};

use crate::error::{Error, Result, codes};

use super::{
    fault::{read_error, refusal},
    files::InputFile,
    spool::scratch_file,
};

/// How many bytes one packed byte may become. Text rarely reaches 50, zeros in gzip 1,030.
pub(crate) const MAX_RATIO: u64 = 1_000;
/// Below this much unpacked content the ratio is not looked at.
pub(crate) const FREE_BYTES: u64 = 64 << 20;
/// The memory that an xz file may ask for; `xz -9` takes 65 MiB.
const XZ_MEMORY: u64 = 256 << 20;
/// A tar archive shows itself behind its first 257 bytes.
const HEAD: usize = 512;
const BLOCK: usize = 1 << 18;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
    /// Deflate without a header to know it by, as in zip archives.
    Deflate,
}

impl Packing {
    fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            // A zstd file may begin with a frame to skip (RFC 8878, 3.1.2).
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => Self::Bzip2,
            // An empty bzip2 file has an end but no block.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            _ => Self::Plain,
        }
    }

    /// Several gzip members, zstd frames, bzip2 or xz streams follow each other as one.
    pub(crate) fn unpack(
        self,
        packed: BufReader<Box<dyn Read + Send>>,
    ) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::Plain => Box::new(packed),
            Self::Gzip => Box::new(MultiGzDecoder::new(packed)),
            Self::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(packed)?),
            Self::Bzip2 => Box::new(MultiBzDecoder::new(packed)),
            Self::Xz => {
                let stream = Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)?;
                Box::new(XzDecoder::new_stream(packed, stream))
            }
            Self::Deflate => Box::new(DeflateDecoder::new(packed)),
        })
    }
}

/// A file that holds files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Archive {
    Tar,
    Zip,
}

impl Archive {
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            // The header of a member, or the end of an archive without any.
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            _ => (head.get(257..262) == Some(b"ustar")).then_some(Self::Tar),
        }
    }
}

/// The content of a file, or of an archive's member, out of what it was compressed with.
pub(crate) struct Unpacked {
    pub(crate) archive: Option<Archive>,
    pub(crate) meter: Meter,
    content: Content,
}

enum Content {
    /// As it is stored.
    Plain(Box<dyn Read + Send>),
    /// Coming out of its compression.
    Stream(Box<dyn Read + Send>),
    /// In a file that can be read in any order.
    File(File),
}

impl Unpacked {
    /// Opens a file.
    pub(crate) fn open(file: &InputFile) -> Result<Self> {
        let meter = Meter::default();
        let content = meter.packed(Box::new(file.location.open()?));
        Self::of(content, meter).map_err(|error| read_error(file, error))
    }

    pub(crate) fn of(content: Box<dyn Read + Send>, meter: Meter) -> io::Result<Self> {
        let (head, content) = peek(content)?;
        let packing = Packing::of(&head);
        if packing == Packing::Plain {
            let archive = Archive::of(&head);
            return Ok(Self { archive, meter, content: Content::Plain(content) });
        }
        let unpacked = packing.unpack(BufReader::with_capacity(BLOCK, content))?;
        let (head, content) = peek(meter.unpacked(unpacked))?;
        Ok(Self { archive: Archive::of(&head), meter, content: Content::Stream(content) })
    }

    /// What was looked at as a file already, and is no archive.
    pub(crate) fn at_hand(file: File, meter: Meter) -> Self {
        Self { archive: None, meter, content: Content::File(file) }
    }

    /// Whether it is packed as workbooks are.
    pub(crate) fn may_be_a_workbook(&self) -> bool {
        matches!(self.content, Content::File(_)) || self.archive == Some(Archive::Zip)
    }

    /// The content from front to back.
    pub(crate) fn into_stream(self) -> Box<dyn Read + Send> {
        match self.content {
            Content::Plain(content) | Content::Stream(content) => content,
            Content::File(file) => Box::new(file),
        }
    }

    /// The content as a file that can be read in any order: the very file where that is the same,
    /// else a copy without a name.
    pub(crate) fn into_file(self, of: &InputFile, scratch: &Path) -> Result<File> {
        let failed = |error: io::Error| read_error(of, error);
        let mut content = match self.content {
            Content::File(mut file) => return file.rewind().map(|()| file).map_err(failed),
            Content::Plain(content) => match of.location.local_path() {
                Some(path) if of.member.is_none() => return File::open(path).map_err(failed),
                _ => content,
            },
            Content::Stream(content) => content,
        };
        let mut copy = scratch_file(scratch).map_err(|error| {
            Error::failed(codes::WORK_FOLDER, format!("`{}`: {error}", scratch.display()))
        })?;
        io::copy(&mut content, &mut copy).map_err(failed)?;
        copy.rewind().map_err(failed)?;
        Ok(copy)
    }
}

/// The first bytes, and a reader that still has them.
fn peek(mut content: Box<dyn Read + Send>) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let mut head = Vec::with_capacity(HEAD);
    content.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    let again = Cursor::new(head.clone()).chain(content);
    Ok((head, Box::new(again)))
}

/// Counts what goes into unpacking a file and what comes out of it, through all layers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    packed: AtomicU64,
    unpacked: AtomicU64,
}

impl Meter {
    /// Counts the packed bytes that are read from here.
    pub(crate) fn packed(&self, content: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        Box::new(Packed { content, meter: self.clone() })
    }

    /// The whole of a packed file counts, in whatever order it is read.
    pub(crate) fn count_packed(&self, bytes: u64) {
        self.0.packed.fetch_max(bytes, Ordering::Relaxed);
    }

    /// Watches the unpacked bytes that are read from here.
    pub(crate) fn unpacked(&self, content: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        Box::new(Watched { content, meter: self.clone() })
    }
}

struct Packed {
    content: Box<dyn Read + Send>,
    meter: Meter,
}

impl Read for Packed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(out)?;
        self.meter.0.packed.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

struct Watched {
    content: Box<dyn Read + Send>,
    meter: Meter,
}

impl Read for Watched {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(out)?;
        let counts = &self.meter.0;
        let unpacked = counts.unpacked.fetch_add(count as u64, Ordering::Relaxed) + count as u64;
        let packed = counts.packed.load(Ordering::Relaxed);
        if unpacked > FREE_BYTES && unpacked / MAX_RATIO > packed {
            return Err(refusal(
                format!("unpacks to more than {MAX_RATIO} times its size"),
                "no export does; if it is right, unpack it yourself and load the result",
            ));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        zstd::encode_all(text, 3).unwrap()
    }

    fn bzip2(text: &[u8]) -> Vec<u8> {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn xz(text: &[u8]) -> Vec<u8> {
        let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    type Packer = fn(&[u8]) -> Vec<u8>;

    const PACKERS: [Packer; 4] = [gzip, zstd, bzip2, xz];

    fn open(bytes: Vec<u8>) -> io::Result<Unpacked> {
        let meter = Meter::default();
        Unpacked::of(meter.packed(Box::new(Cursor::new(bytes))), meter)
    }

    fn read(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        open(bytes)?.into_stream().read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn content_decides() {
        assert_eq!(read(b"a,b\n1,2\n".to_vec()).unwrap(), b"a,b\n1,2\n");
        assert_eq!(read(b"BZh9 is a name\n".to_vec()).unwrap(), b"BZh9 is a name\n");
        assert_eq!(read(Vec::new()).unwrap(), b"");
        for pack in PACKERS {
            assert_eq!(read(pack(b"one")).unwrap(), b"one");
            assert_eq!(read(pack(b"")).unwrap(), b"");
        }
    }

    #[test]
    fn members_and_frames_follow_each_other() {
        for pack in PACKERS {
            let packed = [pack(b"one,"), pack(b""), pack(b"two")].concat();
            assert_eq!(read(packed).unwrap(), b"one,two");
        }
        let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        assert_eq!(read([skipped, zstd(b"one,"), zstd(b"two")].concat()).unwrap(), b"one,two");
    }

    #[test]
    fn every_truncation_is_noticed() {
        let text: Vec<u8> = (0..20_000u32).flat_map(|n| n.to_string().into_bytes()).collect();
        for packed in PACKERS.map(|pack| pack(&text)) {
            for keep in [14, packed.len() / 2, packed.len() - 9, packed.len() - 1] {
                let error = read(packed[..keep].to_vec()).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{keep}: {error}");
            }
        }
    }

    #[test]
    fn what_unpacks_without_end_is_stopped() {
        // 8 GB of zeros in some hundred kilobytes of zstd.
        let frame = zstd::encode_all(io::repeat(0).take(64 << 20), 1).unwrap();
        let mut content = open(frame.repeat(128)).unwrap().into_stream();
        let mut block = vec![0; 1 << 20];
        let mut total = 0u64;
        let error = loop {
            match content.read(&mut block) {
                Ok(0) => panic!("{total} bytes"),
                Ok(count) => total += count as u64,
                Err(error) => break error,
            }
        };
        assert!(error.to_string().contains("more than 1000 times its size"), "{error}");
        // The packed bytes are read in blocks, each of which vouches for its ratio.
        assert!((FREE_BYTES..2 * MAX_RATIO * BLOCK as u64).contains(&total), "{total}");
    }

    #[test]
    fn an_archive_is_seen_through_its_compression() {
        let mut block = vec![0; 1024];
        block[257..262].copy_from_slice(b"ustar");
        assert_eq!(open(block.clone()).unwrap().archive, Some(Archive::Tar));
        assert_eq!(open(gzip(&block)).unwrap().archive, Some(Archive::Tar));
        assert_eq!(open(gzip(b"ustar")).unwrap().archive, None);
        assert_eq!(open(zstd(b"PK\x03\x04")).unwrap().archive, Some(Archive::Zip));
        assert_eq!(open(b"PK,amount\n".to_vec()).unwrap().archive, None);
    }
}
