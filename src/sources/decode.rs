/*!
Any declared encoding becomes UTF-8. A byte order mark wins over the declaration.

UTF-8 itself passes through unchecked: chunks are validated where they become text, off the reading
thread. Every other encoding is converted here and stops at the first byte it does not know.
*/

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

use super::fault::InvalidByte;

/// A reader of UTF-8, and the name of the encoding the file is really in.
pub(crate) fn decode(
    mut content: Box<dyn Read + Send>,
    declared: &'static Encoding,
) -> io::Result<(&'static Encoding, u64, Box<dyn Read + Send>)> {
    let mut head = [0u8; 3];
    let mut filled = 0;
    while filled < head.len() {
        match content.read(&mut head[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    let (encoding, mark) = Encoding::for_bom(&head[..filled]).unwrap_or((declared, 0));
    let rest = io::Cursor::new(head[mark..filled].to_vec()).chain(content);
    let text: Box<dyn Read + Send> = if encoding == UTF_8 {
        Box::new(rest)
    } else {
        Box::new(Converted {
            content: rest,
            decoder: encoding.new_decoder_without_bom_handling(),
            pending: Vec::new(),
            consumed: mark as u64,
            ready: Vec::new(),
            served: 0,
            finished: false,
        })
    };
    Ok((encoding, mark as u64, text))
}

struct Converted<R> {
    content: R,
    decoder: Decoder,
    /// Bytes read but not yet converted, and where they stand in the file.
    pending: Vec<u8>,
    consumed: u64,
    /// Converted text, of which the first `served` bytes are handed out.
    ready: Vec<u8>,
    served: usize,
    finished: bool,
}

const BLOCK: usize = 1 << 16;

impl<R: Read> Converted<R> {
    /// Converts the next block.
    fn convert(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            self.pending.resize(BLOCK, 0);
            let read = self.content.read(&mut self.pending)?;
            self.pending.truncate(read);
            self.finished = read == 0;
        }
        self.ready.resize(BLOCK, 0);
        self.served = 0;
        let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
            &self.pending,
            &mut self.ready,
            self.finished,
        );
        self.ready.truncate(written);
        self.pending.drain(..read);
        self.consumed += read as u64;
        if let DecoderResult::Malformed(bad, after) = result {
            let encoding = self.decoder.encoding().name();
            let offset = self.consumed - u64::from(bad) - u64::from(after);
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                InvalidByte { offset, encoding },
            ));
        }
        Ok(())
    }
}

impl<R: Read> Read for Converted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.served == self.ready.len() {
            if self.finished {
                return Ok(0);
            }
            self.convert()?;
        }
        let count = out.len().min(self.ready.len() - self.served);
        out[..count].copy_from_slice(&self.ready[self.served..self.served + count]);
        self.served += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{UTF_16LE, WINDOWS_1252};
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], declared: &'static Encoding) -> io::Result<Vec<u8>> {
        let (_, _, mut text) = decode(Box::new(io::Cursor::new(bytes.to_vec())), declared)?;
        let mut out = Vec::new();
        text.read_to_end(&mut out).map(|_| out)
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn declared_encodings_and_marks() {
        assert_eq!(read(b"caf\xe9 \x80 5", WINDOWS_1252).unwrap(), "café € 5".as_bytes());
        assert_eq!(read(b"\xef\xbb\xbfa,b", WINDOWS_1252).unwrap(), b"a,b");
        let marked = [&[0xff, 0xfe][..], &utf16("é😀")].concat();
        assert_eq!(read(&marked, UTF_8).unwrap(), "é😀".as_bytes());
        assert_eq!(read(&utf16("é😀"), UTF_16LE).unwrap(), "é😀".as_bytes());
        assert_eq!(read(b"", UTF_16LE).unwrap(), b"");
        assert_eq!(read(b"\xef", UTF_8).unwrap(), b"\xef");
    }

    #[test]
    fn invalid_bytes_are_placed() {
        // A lone trail surrogate as the third unit, behind a mark.
        let bytes = [&[0xff, 0xfe][..], &utf16("ab"), &[0x00, 0xdc], &utf16("c")].concat();
        let error = read(&bytes, UTF_8).unwrap_err();
        let invalid = error.get_ref().unwrap().downcast_ref::<InvalidByte>().unwrap();
        assert_eq!(invalid.offset, 6);
    }

    proptest! {
        #[test]
        fn long_texts_survive_their_blocks(text in "\\PC{0,200}", times in 1usize..800) {
            let text = text.repeat(times);
            prop_assert_eq!(read(&utf16(&text), UTF_16LE).unwrap(), text.as_bytes());
        }
    }
}
