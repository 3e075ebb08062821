/*!
A fingerprint names a result by everything that it depends on: equal fingerprints, equal rows.

Never part of one: paths, times, threads, the machine.
*/

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// 64 hexadecimal digits of SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Starts a fingerprint of one kind of thing.
    pub fn of(kind: &str) -> Builder {
        Builder(Sha256::new()).with("kind", kind)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Collects labelled parts; lengths are hashed too, so that parts cannot run into each other.
#[derive(Debug)]
pub struct Builder(Sha256);

impl Builder {
    #[must_use]
    pub fn with(mut self, label: &str, value: impl AsRef<[u8]>) -> Self {
        for part in [label.as_bytes(), value.as_ref()] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
        self
    }

    pub fn finish(self) -> Fingerprint {
        Fingerprint(self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let one = Fingerprint::of("node").with("ab", "c").finish();
        let other = Fingerprint::of("node").with("a", "bc").finish();
        assert_ne!(one, other);
        assert_eq!(one, Fingerprint::of("node").with("ab", "c").finish());
        assert_eq!(one.as_str().len(), 64);
    }
}
