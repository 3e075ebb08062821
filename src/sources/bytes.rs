/*!
Text searched eight bytes at a time.

What is looked for stands a few bytes away: a delimiter, the end of a string. A vectorized search
takes longer to begin than to find it.
*/

/// The first byte that is one of `wanted`, or less than `BELOW`.
pub(crate) fn find<const BELOW: u8, const N: usize>(
    bytes: &[u8],
    wanted: [u8; N],
) -> Option<usize> {
    const { assert!(BELOW <= 128, "greater limits need another way to compare") };
    /// One in each byte; times a byte: that byte eight times.
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    // Borrows make bytes after the first match look like one, never bytes before it.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & HIGH;
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = wanted
            .iter()
            .map(|byte| below(word ^ (ONES * u64::from(*byte)), 1))
            .fold(below(word, BELOW), |found, one| found | one);
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let found = rest.iter().position(|byte| *byte < BELOW || wanted.contains(byte));
    found.map(|at| words.len() * 8 + at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_of_all_that_match(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let naive = |below: u8, wanted: &[u8]| {
                bytes.iter().position(|byte| *byte < below || wanted.contains(byte))
            };
            prop_assert_eq!(find::<0x20, 2>(&bytes, [b'"', b'\\']), naive(0x20, b"\"\\"));
            prop_assert_eq!(find::<0, 3>(&bytes, [0, 128, 255]), naive(0, &[0, 128, 255]));
            prop_assert_eq!(find::<128, 0>(&bytes, []), naive(128, &[]));
        }

        /// Neighbours of what is looked for: where borrows would mislead.
        #[test]
        fn neighbours_do_not_match(bytes in prop::collection::vec(b'+'..=b'.', 0..40)) {
            let naive = bytes.iter().position(|byte| *byte == b',');
            prop_assert_eq!(find::<0, 1>(&bytes, [b',']), naive);
        }
    }
}
