/*!
Tar archives, read from front to back without ever going back.
*/

use std::{
    io::{self, Read},
    sync::Arc,
};

use parking_lot::Mutex;
use tar::{Header, PaxExtensions};

use super::Members;

const BLOCK: usize = 512;
/// A long name takes some hundred bytes; whoever declares more is no packer.
const MAX_EXTENSION: u64 = 1 << 20;

pub(crate) struct TarMembers {
    stream: Arc<Mutex<Stream>>,
}

struct Stream {
    content: Box<dyn Read + Send>,
    /// Bytes of the current member that were not read yet.
    left: u64,
    /// Bytes that fill its last block.
    padding: u64,
}

impl TarMembers {
    pub(crate) fn new(content: Box<dyn Read + Send>) -> Self {
        let stream = Stream { content, left: 0, padding: 0 };
        Self { stream: Arc::new(Mutex::new(stream)) }
    }
}

impl Members for TarMembers {
    fn next(&mut self) -> io::Result<Option<String>> {
        let mut stream = self.stream.lock();
        // What an extension says of the entry after it.
        let (mut long_name, mut long_size) = (None, None);
        loop {
            let Some(header) = stream.next_header()? else { return Ok(None) };
            let kind = header.entry_type();
            let size = header.entry_size()?;
            if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
                let text = stream.extension(size)?;
                if kind.is_gnu_longname() {
                    long_name = text.split(|byte| *byte == 0).next().map(<[u8]>::to_vec);
                    continue;
                }
                for extension in PaxExtensions::new(&text) {
                    let extension = extension?;
                    match extension.key_bytes() {
                        b"path" => long_name = Some(extension.value_bytes().to_vec()),
                        b"size" => {
                            let size = extension.value().ok().and_then(|size| size.parse().ok());
                            long_size = Some(size.ok_or_else(|| invalid("a size is no number"))?);
                        }
                        _ => {}
                    }
                }
                continue;
            }
            stream.begin(long_size.take().unwrap_or(size));
            let name = long_name.take().unwrap_or_else(|| header.path_bytes().into_owned());
            if kind.is_file() || kind.is_contiguous() {
                let name = String::from_utf8_lossy(&name);
                return Ok(Some(name.strip_prefix("./").unwrap_or(&name).to_owned()));
            }
            if kind.is_gnu_sparse() {
                return Err(invalid("sparse files in tar archives are not supported"));
            }
        }
    }

    fn content(&mut self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Content(Arc::clone(&self.stream))))
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

impl Stream {
    fn begin(&mut self, size: u64) {
        self.left = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
    }

    /// Passes over the rest of the current member; `None` at the end of the archive.
    fn next_header(&mut self) -> io::Result<Option<Header>> {
        let rest = self.left.saturating_add(self.padding);
        let skipped = io::copy(&mut self.content.by_ref().take(rest), &mut io::sink())?;
        if skipped < rest {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.begin(0);
        let mut header = Header::new_old();
        let block = header.as_mut_bytes();
        let mut filled = 0;
        while filled < BLOCK {
            match self.content.read(&mut block[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        match filled {
            // Two empty blocks end an archive; some packers write none.
            0 => return Ok(None),
            BLOCK if block.iter().all(|byte| *byte == 0) => return Ok(None),
            BLOCK => {}
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        // The sum counts its own eight bytes as blanks.
        let sum = block.iter().map(|byte| u32::from(*byte)).sum::<u32>();
        let own = block[148..156].iter().map(|byte| u32::from(*byte)).sum::<u32>();
        if header.cksum()? != sum - own + 8 * u32::from(b' ') {
            return Err(invalid("a header of the tar archive is damaged"));
        }
        Ok(Some(header))
    }

    fn extension(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if size > MAX_EXTENSION {
            return Err(invalid("a header of the tar archive is too long"));
        }
        self.begin(size);
        let mut text = vec![0; size as usize];
        self.content.read_exact(&mut text)?;
        self.left = 0;
        Ok(text)
    }
}

/// The current member of a stream.
struct Content(Arc<Mutex<Stream>>);

impl Read for Content {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut stream = self.0.lock();
        let most = usize::try_from(stream.left).unwrap_or(usize::MAX).min(out.len());
        let count = stream.content.read(&mut out[..most])?;
        if count == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        stream.left -= count as u64;
        Ok(count)
    }
}
