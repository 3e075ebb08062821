/*!
Compression is recognised by the first bytes of a file, never by its name.
*/

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

/// What a file is packed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    pub(crate) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            // A zstd file may begin with a frame to skip (RFC 8878, 3.1.2).
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }

    pub(crate) fn is_plain(self) -> bool {
        self == Self::Plain
    }
}

/// The unpacked content of a file. Several gzip members or zstd frames follow each other as one.
pub(crate) fn unpack(file: Box<dyn Read + Send>) -> io::Result<(Packing, Box<dyn Read + Send>)> {
    let mut file = BufReader::with_capacity(1 << 18, file);
    let packing = Packing::of(file.fill_buf()?);
    let content: Box<dyn Read + Send> = match packing {
        Packing::Plain => Box::new(file),
        Packing::Gzip => Box::new(MultiGzDecoder::new(file)),
        Packing::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(file)?),
    };
    Ok((packing, content))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let (_, mut content) = unpack(Box::new(Cursor::new(bytes)))?;
        let mut out = Vec::new();
        content.read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn content_decides() {
        assert_eq!(read(b"a,b\n1,2\n".to_vec()).unwrap(), b"a,b\n1,2\n");
        assert_eq!(read(Vec::new()).unwrap(), b"");
        assert_eq!(read(gzip(b"one")).unwrap(), b"one");
        assert_eq!(read(zstd::encode_all(&b"two"[..], 1).unwrap()).unwrap(), b"two");
    }

    #[test]
    fn members_and_frames_follow_each_other() {
        assert_eq!(read([gzip(b"one,"), gzip(b""), gzip(b"two")].concat()).unwrap(), b"one,two");
        let frame = |text: &[u8]| zstd::encode_all(text, 1).unwrap();
        let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        assert_eq!(read([skipped, frame(b"one,"), frame(b"two")].concat()).unwrap(), b"one,two");
    }

    #[test]
    fn every_truncation_is_noticed() {
        let text: Vec<u8> = (0..20_000u32).flat_map(|n| n.to_string().into_bytes()).collect();
        for packed in [gzip(&text), zstd::encode_all(&text[..], 3).unwrap()] {
            for keep in [12, packed.len() / 2, packed.len() - 9, packed.len() - 1] {
                let error = read(packed[..keep].to_vec()).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{keep}: {error}");
            }
        }
    }
}
