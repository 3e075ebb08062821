/*!
An event as funnels and sequences see it: an instant and the conditions it meets.
*/

/// Most conditions that an event is compared with.
pub const MAX_CONDITIONS: usize = 32;

/// One event. Sorted events of one instant come in the order of the conditions they meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// Microseconds since 1970-01-01 UTC.
    pub at: i64,
    /// The conditions it meets, one bit each, the first condition lowest.
    pub met: u32,
}
