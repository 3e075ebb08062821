/*!
Exit codes: what a scheduler may rely on.
*/

use crate::error::Kind;

/// Done.
pub(crate) const DONE: u8 = 0;

/// The exit code of a failure.
pub(crate) fn code(kind: Kind) -> u8 {
    match kind {
        Kind::Failed => 1,
        Kind::Usage => 2,
        Kind::Checks => 3,
        Kind::Budget => 4,
        Kind::Conflict => 5,
        // EX_TEMPFAIL of sysexits.h.
        Kind::Retryable => 75,
        // 128 + the signal's number, as shells report it.
        Kind::Interrupted => 130,
        Kind::Terminated => 143,
    }
}
