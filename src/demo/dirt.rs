/*!
How dirty the exports are: every rate in one place, in thousandths of the records it applies to.

Spoilt rows are always *copies*: the sound record is exported too, so the truth stays within reach
and the quarantine is known to the line.
*/

use super::rng::{Rng, Stream};

/// Web events written twice.
pub(crate) const EVENT_TWICE: u64 = 8;
/// Web events that arrive late and stand at the end of their day's file.
pub(crate) const EVENT_LATE: u64 = 15;
/// Copies of web events whose JSON is cut off.
pub(crate) const EVENT_CUT_OFF: u64 = 1;
/// Copies of web events whose time stamp is no number.
pub(crate) const EVENT_BAD_TIME: u64 = 1;
/// Web events whose engagement time is no number: the cell is lost, the event is not.
pub(crate) const EVENT_BAD_ENGAGEMENT: u64 = 2;
/// Visits of which nothing may be known: no cookie, no session, no login.
pub(crate) const VISIT_WITHOUT_CONSENT: u64 = 50;
/// Pairs of persons who share a device.
pub(crate) const SHARED_DEVICE: u64 = 60;

/// Records that are exported again, unchanged.
pub(crate) const RECORD_TWICE: u64 = 8;
/// Records that an earlier export holds in an older version.
pub(crate) const RECORD_UPDATED: u64 = 60;
/// Copies of records with a required cell that cannot be read.
pub(crate) const RECORD_BAD_REQUIRED: u64 = 4;
/// Copies of records with a cell too many.
pub(crate) const RECORD_BAD_SHAPE: u64 = 4;
/// Records with an optional cell that cannot be read.
pub(crate) const RECORD_BAD_CELL: u64 = 8;

/// What happens to one exported record. At most one thing, so that counts stay additive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blemish {
    None,
    Twice,
    Updated,
    BadRequired,
    BadShape,
    BadCell,
}

/// An export whose records can be blemished. A new one gets a new variant at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Export {
    Orders,
    OrderLines,
    Refunds,
    Contacts,
    Companies,
    Deals,
    StripeCustomers,
    StripeSubscriptions,
    StripeInvoices,
    Answers,
    Tickets,
    Users,
}

/// Draws the blemish of the `part`-th record of an entity in one export.
pub(crate) fn blemish(seed: u64, export: Export, entity: u64, part: u64) -> Blemish {
    let mut rng = Rng::keyed(seed, Stream::RecordDirt, entity, (export as u64) << 32 | part);
    let mut drawn = rng.below(1_000);
    for (rate, blemish) in [
        (RECORD_TWICE, Blemish::Twice),
        (RECORD_UPDATED, Blemish::Updated),
        (RECORD_BAD_REQUIRED, Blemish::BadRequired),
        (RECORD_BAD_SHAPE, Blemish::BadShape),
        (RECORD_BAD_CELL, Blemish::BadCell),
    ] {
        if drawn < rate {
            return blemish;
        }
        drawn -= rate;
    }
    Blemish::None
}
