/*!
Whether, how often and when the events of one visitor follow a pattern.

The behaviour of ClickHouse's `sequenceMatch`, `sequenceCount` and `sequenceMatchEvents`. A pattern
is a chain of places, and each asks only how its event lies after that of the place before, so of two
ways to fill a pattern the earlier event at each place fills it too. A search therefore needs no
backtracking: it goes once over the events and keeps, for each place, when it was filled. That costs
places × events at most, whatever the pattern.

Events that meet no condition are not part of a sequence: callers leave them out.
*/

use std::collections::VecDeque;

use super::event::Event;

mod pattern;

use pattern::{Follows, Relation, Takes};
pub use pattern::{MAX_PLACES, Pattern};

impl Pattern {
    /// Whether sorted events follow the pattern somewhere.
    pub fn matches(&self, events: &[Event]) -> bool {
        self.find(events, |_| {}).is_some()
    }

    /// How often they follow it, each time from where the time before ended.
    pub fn count(&self, events: &[Event]) -> usize {
        let (mut count, mut rest) = (0, events);
        while !rest.is_empty()
            && let Some(end) = self.find(rest, |_| {})
        {
            count += 1;
            rest = &rest[end.max(1)..];
        }
        count
    }

    /// The instants of the `(?N)` of the match that is complete first. Where there is none, of the
    /// longest beginning of the pattern that the events follow.
    pub fn instants(&self, events: &[Event]) -> Vec<i64> {
        let mut taken = Vec::with_capacity(events.len());
        self.find(events, |places| taken.push(places));
        let conditions = self.places.iter().enumerate().rev();
        let deepest = conditions
            .filter(|(_, place)| matches!(place.takes, Takes::Condition(_)))
            .find_map(|(place, _)| first_taken(&taken, place).map(|event| (place, event)));
        let Some((mut place, mut event)) = deepest else { return Vec::new() };
        let mut instants = Vec::new();
        loop {
            if let Takes::Condition(_) = self.places[place].takes {
                instants.push(events[event].at);
            }
            if place == 0 {
                break;
            }
            event = self.event_before(events, &taken, place, event);
            place -= 1;
        }
        instants.reverse();
        instants
    }

    /// The first event with which the place before may have been filled.
    fn event_before(&self, events: &[Event], taken: &[u64], place: usize, event: usize) -> usize {
        let before = place - 1;
        match self.places[place].follows {
            Follows::Directly => event - 1,
            Follows::Anywhere => first_taken(taken, before).unwrap_or(event),
            Follows::After(relation, micros) => (0..event)
                .find(|earlier| {
                    let elapsed = events[event].at.abs_diff(events[*earlier].at);
                    taken[*earlier] & (1 << before) != 0 && relation.holds(elapsed, micros)
                })
                .unwrap_or(event),
        }
    }

    /// Where the first complete match ends: the number of events up to its end. Shows the places
    /// that each event can take, until then.
    fn find(&self, events: &[Event], mut show: impl FnMut(u64)) -> Option<usize> {
        let Some(last_place) = self.places.len().checked_sub(1) else { return Some(0) };
        let optional = self.places.iter().rev().take_while(|place| place.is_optional_at_end());
        let needed = self.places.len() - optional.count();
        if events.is_empty() {
            return (needed == 0).then_some(0);
        }
        let mut filled: Vec<Filled> = (0..self.places.len())
            .map(|place| Filled::before(self.places.get(place + 1).map(|next| next.follows)))
            .collect();
        let mut before = 0;
        for (position, event) in events.iter().enumerate() {
            let taken = self.take(event, before, &mut filled);
            show(taken);
            before = taken;
            if taken & (1 << last_place) != 0 {
                let is_used_up = self.places[last_place].takes != Takes::Mark;
                return Some(position + usize::from(is_used_up));
            }
        }
        // After the last event, what may be empty is.
        let is_complete = needed > 0
            && self.places[needed - 1].takes != Takes::Mark
            && before & (1 << (needed - 1)) != 0;
        is_complete.then_some(events.len())
    }

    /// The places that an event can take, one bit each.
    fn take(&self, event: &Event, before: u64, filled: &mut [Filled]) -> u64 {
        let mut taken = 0;
        for (place, wanted) in self.places.iter().enumerate() {
            let accepts = match wanted.takes {
                Takes::Condition(bit) => event.met & bit != 0,
                Takes::Any | Takes::Mark => true,
            };
            let is_reached = place == 0
                || match wanted.follows {
                    Follows::Directly => before & (1 << (place - 1)) != 0,
                    Follows::Anywhere => filled[place - 1].first.is_some(),
                    Follows::After(relation, micros) => {
                        filled[place - 1].has(event.at, relation, micros)
                    }
                };
            if accepts && is_reached {
                taken |= 1 << place;
                // The next place may take the same event.
                if wanted.takes == Takes::Mark {
                    filled[place].note(event.at);
                }
            }
        }
        for (place, wanted) in self.places.iter().enumerate() {
            if wanted.takes != Takes::Mark && taken & (1 << place) != 0 {
                filled[place].note(event.at);
            }
        }
        taken
    }
}

fn first_taken(taken: &[u64], place: usize) -> Option<usize> {
    taken.iter().position(|places| places & (1 << place) != 0)
}

/// When a place was filled, as far as the place after it wants to know.
#[derive(Default)]
struct Filled {
    first: Option<i64>,
    last: Option<i64>,
    /// Every instant that may still be the exact time before another; kept only where asked for.
    instants: Option<VecDeque<i64>>,
}

impl Filled {
    fn before(next: Option<Follows>) -> Self {
        let is_exact = matches!(next, Some(Follows::After(Relation::Exactly, _)));
        Self { instants: is_exact.then(VecDeque::new), ..Self::default() }
    }

    fn note(&mut self, at: i64) {
        self.first.get_or_insert(at);
        self.last = Some(at);
        if let Some(instants) = &mut self.instants {
            instants.push_back(at);
        }
    }

    /// Whether it was filled at a time that stands in this relation to a later one.
    fn has(&mut self, at: i64, relation: Relation, micros: u64) -> bool {
        let from = match relation {
            Relation::AtMost | Relation::LessThan => self.last,
            Relation::AtLeast | Relation::MoreThan => self.first,
            Relation::Exactly => {
                let instants = self.instants.get_or_insert_default();
                while instants.front().is_some_and(|front| at.abs_diff(*front) > micros) {
                    instants.pop_front();
                }
                instants.front().copied()
            }
        };
        from.is_some_and(|from| relation.holds(at.abs_diff(from), micros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: u32 = 1;
    const B: u32 = 2;
    const C: u32 = 4;

    /// Events of these seconds.
    fn log(events: &[(i64, u32)]) -> Vec<Event> {
        events.iter().map(|(second, met)| Event { at: second * 1_000_000, met: *met }).collect()
    }

    fn all(pattern: &str, events: &[(i64, u32)]) -> (bool, usize, Vec<i64>) {
        let (pattern, events) = (Pattern::parse(pattern, 3).unwrap(), log(events));
        let instants = pattern.instants(&events).into_iter().map(|at| at / 1_000_000);
        (pattern.matches(&events), pattern.count(&events), instants.collect())
    }

    /// As ClickHouse 26.9 answers.
    #[test]
    fn measured_edges() {
        let log = [(0, A), (1, A), (2, C), (3, B)];
        assert_eq!(all("(?1).(?2)", &log), (true, 1, vec![1, 3]));
        // What follows the last condition does not change its instants.
        assert_eq!(all("(?1)(?t<=5)", &[(0, A), (10, B), (11, A)]), (true, 1, vec![0]));
        assert_eq!(all("(?1)(?t>5)", &[(0, A), (10, B), (11, A)]), (true, 1, vec![0]));
        assert_eq!(all("(?1).", &[(0, A)]), (false, 0, vec![0]));
        assert_eq!(all("(?t>5)(?1)", &[(0, A), (10, B), (11, A)]), (true, 1, vec![11]));
        let late = [(0, A), (10, B), (11, A), (17, B)];
        assert_eq!(all("(?1).*(?t>5)(?2)", &late), (true, 1, vec![0, 17]));
        assert_eq!(all("", &[]), (true, 0, vec![]));
        assert_eq!(all("(?t<=5)", &[]), (true, 0, vec![]));
        assert_eq!(all("(?t>5)", &[]), (false, 0, vec![]));
        let pairs = [(0, A), (1, B), (2, A), (3, B), (9, A)];
        assert_eq!(all("(?1)(?t==1)", &pairs), (true, 2, vec![0]));
    }

    /// A repeated `.*` with times, over events that all match, and nearly fill it: the case in which
    /// backtracking tries every combination.
    #[test]
    fn no_pattern_blows_up() {
        let events: Vec<(i64, u32)> = (0..20_000).map(|second| (second, A)).collect();
        let pattern = "(?1).*".repeat(30) + "(?1)(?t<=1)(?2)";
        assert_eq!(all(&pattern, &events), (false, 0, (0..31).collect()));
        let exact = "(?1)(?t==3)".repeat(8) + "(?2)";
        assert!(!all(&exact, &events).0);
        // Seconds 0, 11 (the time ends, and `.` takes it) and 12: 13 events each.
        assert_eq!(all("(?1)(?t>10).*(?t<=2).(?1)", &events).1, 20_000 / 13);
    }

    /// The definition, tried by brute force: places filled one after the other, in every way.
    fn by_search(pattern: &Pattern, events: &[Event], place: usize, from: Option<usize>) -> bool {
        let Some(wanted) = pattern.places.get(place) else { return true };
        let before = place.checked_sub(1).map(|before| pattern.places[before].takes);
        let start = match (from, before) {
            (Some(event), Some(Takes::Mark)) => event,
            (Some(event), _) => event + 1,
            (None, _) => 0,
        };
        (start..events.len()).any(|event| {
            let accepts = match wanted.takes {
                Takes::Condition(bit) => events[event].met & bit != 0,
                Takes::Any | Takes::Mark => true,
            };
            let follows = match (from, wanted.follows) {
                (None, _) | (_, Follows::Anywhere) => true,
                (Some(from), Follows::Directly) => event == from + 1,
                (Some(from), Follows::After(relation, micros)) => {
                    relation.holds(events[event].at.abs_diff(events[from].at), micros)
                }
            };
            accepts && follows && by_search(pattern, events, place + 1, Some(event))
        }) || (start == events.len()
            && before != Some(Takes::Mark)
            && pattern.places[place..].iter().all(|place| place.is_optional_at_end()))
    }

    #[test]
    fn one_pass_finds_what_every_way_of_filling_finds() {
        let mut state = 7u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        let parts = [
            "(?1)", "(?2)", "(?3)", ".", ".*", "(?t<=2)", "(?t<2)", "(?t>=2)", "(?t>1)", "(?t==2)",
        ];
        let (mut found, mut tried) = (0, 0);
        while tried < 20_000 {
            let text: String =
                (0..1 + random(6)).map(|_| parts[random(parts.len() as u64) as usize]).collect();
            let Ok(pattern) = Pattern::parse(&text, 3) else { continue };
            let mut events: Vec<Event> = (0..random(8))
                .map(|_| Event { at: random(9) as i64 * 1_000_000, met: 1 + random(7) as u32 })
                .collect();
            events.sort();
            let expected = by_search(&pattern, &events, 0, None);
            assert_eq!(pattern.matches(&events), expected, "{text} {events:?}");
            tried += 1;
            found += usize::from(expected);
        }
        assert!(found > tried / 5 && found < tried * 4 / 5, "{found} of {tried} match");
    }
}
