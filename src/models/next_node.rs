/*!
What comes right after, or right before, a chain of events.

The behaviour of ClickHouse's `sequenceNextNode`.
*/

/// An event, as far as its chain is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Whether a chain may begin here.
    pub is_base: bool,
    /// The conditions it meets, one bit each.
    pub met: u32,
}

/// Which way a chain goes in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Forward,
    Backward,
}

/// Where a chain begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Base {
    /// The first event.
    Head,
    /// The last event.
    Tail,
    /// The first event that meets the first condition.
    FirstMatch,
    /// The last event that meets the first condition.
    LastMatch,
}

/// The position of the event next to a chain: from the base on, one event after the other meets one
/// of `conditions` conditions after the other. None where the base or a condition fails, or where
/// nothing comes next. Without conditions it is the base.
pub fn next_node(
    nodes: &[Node],
    conditions: usize,
    direction: Direction,
    base: Base,
) -> Option<usize> {
    let begins = |node: &Node| node.is_base && node.met & 1 != 0;
    let base = match base {
        Base::Head => Some(0),
        Base::Tail => nodes.len().checked_sub(1),
        Base::FirstMatch => nodes.iter().position(begins),
        Base::LastMatch => nodes.iter().rposition(begins),
    }?;
    let place = |steps: usize| match direction {
        Direction::Forward => base.checked_add(steps).filter(|place| *place < nodes.len()),
        Direction::Backward => base.checked_sub(steps),
    };
    let is_chain = (0..conditions)
        .all(|step| place(step).is_some_and(|place| nodes[place].met & (1 << step) != 0));
    let next = place(conditions)?;
    (nodes[base].is_base && is_chain).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Conditions met by the events of a log, all of which may be a base.
    fn nodes(met: &[u32]) -> Vec<Node> {
        met.iter().map(|met| Node { is_base: true, met: *met }).collect()
    }

    #[test]
    fn chains_go_both_ways_from_every_base() {
        let log = nodes(&[1, 1, 2, 1, 2, 0]);
        assert_eq!(next_node(&log, 1, Direction::Forward, Base::Head), Some(1));
        assert_eq!(next_node(&log, 2, Direction::Forward, Base::Head), None);
        assert_eq!(next_node(&log, 2, Direction::Forward, Base::LastMatch), Some(5));
        assert_eq!(next_node(&log, 1, Direction::Backward, Base::LastMatch), Some(2));
        assert_eq!(next_node(&log, 1, Direction::Backward, Base::FirstMatch), None);
        assert_eq!(next_node(&log, 0, Direction::Backward, Base::Tail), Some(5));
        assert_eq!(next_node(&log, 1, Direction::Backward, Base::Tail), None);
        assert_eq!(next_node(&[], 0, Direction::Forward, Base::Head), None);
        assert_eq!(next_node(&[], 0, Direction::Backward, Base::Tail), None);
    }

    #[test]
    fn a_chain_begins_only_where_it_may() {
        let mut log = nodes(&[1, 1, 0]);
        log[0].is_base = false;
        assert_eq!(next_node(&log, 1, Direction::Forward, Base::Head), None);
        assert_eq!(next_node(&log, 1, Direction::Forward, Base::FirstMatch), Some(2));
    }
}
