/*!
The pattern language of sequences: `(?N)`, `.`, `.*` and `(?t op n)`.

The language is ClickHouse's. A pattern becomes a chain of places, each of which is taken by one
event and says how far after the place before it that event may lie.
*/

use crate::models::event::MAX_CONDITIONS;

/// Most places of a pattern: one bit each in the set of those that an event takes.
pub const MAX_PLACES: usize = 64;

/// A pattern, ready to be searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pub(super) places: Vec<Place>,
}

/// A place for one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) takes: Takes,
    pub(super) follows: Follows,
}

/// Which events a place accepts, and whether it uses them up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// `(?N)`: one that meets a condition, given by its bit.
    Condition(u32),
    /// `.`: any.
    Any,
    /// Any, which the next place may take too: where a time is measured from or to, beside a `.*`
    /// or at the end.
    Mark,
}

/// How far the event of a place lies after that of the place before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follows {
    /// It is the next one.
    Directly,
    /// Any number of events lie between.
    Anywhere,
    /// Any number of events and this time lie between.
    After(Relation, u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    AtMost,
    LessThan,
    AtLeast,
    MoreThan,
    Exactly,
}

impl Relation {
    /// Longer operators come before those that begin them.
    const OPERATORS: [(&'static str, Self); 5] = [
        ("<=", Self::AtMost),
        ("<", Self::LessThan),
        (">=", Self::AtLeast),
        (">", Self::MoreThan),
        ("==", Self::Exactly),
    ];

    pub(super) fn holds(self, elapsed: u64, micros: u64) -> bool {
        match self {
            Self::AtMost => elapsed <= micros,
            Self::LessThan => elapsed < micros,
            Self::AtLeast => elapsed >= micros,
            Self::MoreThan => elapsed > micros,
            Self::Exactly => elapsed == micros,
        }
    }
}

impl Place {
    /// Whether nothing at all, after the last event, satisfies it.
    pub(super) fn is_optional_at_end(self) -> bool {
        self.takes == Takes::Mark
            && match self.follows {
                Follows::Directly => false,
                Follows::Anywhere => true,
                Follows::After(relation, micros) => {
                    matches!(relation, Relation::AtMost | Relation::LessThan)
                        || (relation, micros) == (Relation::AtLeast, 0)
                }
            }
    }
}

impl Pattern {
    /// Reads a pattern over `conditions` conditions. Times are whole seconds.
    ///
    /// # Errors
    /// Says what is wrong and at which character, from 1.
    pub fn parse(text: &str, conditions: usize) -> Result<Self, String> {
        debug_assert!(conditions <= MAX_CONDITIONS);
        let mut places = Places { places: Vec::new(), next: Follows::Anywhere };
        let mut rest = text;
        while !rest.is_empty() {
            let at = text[..text.len() - rest.len()].chars().count() + 1;
            let fault = |what: String| format!("{what} at character {at} of the pattern `{text}`");
            if let Some(after) = rest.strip_prefix(".*") {
                places.star();
                rest = after;
            } else if let Some(after) = rest.strip_prefix('.') {
                places.take(Takes::Any);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("(?") {
                let Some((inner, after)) = after.split_once(')') else {
                    return Err(fault("`(?` without `)`".to_owned()));
                };
                match inner.strip_prefix('t') {
                    Some(time) => {
                        let (relation, micros) = parse_time(time).map_err(fault)?;
                        places.time(relation, micros).map_err(fault)?;
                    }
                    None => {
                        let bit = parse_condition(inner, conditions).map_err(fault)?;
                        places.take(Takes::Condition(bit));
                    }
                }
                rest = after;
            } else {
                let found = rest.chars().next().unwrap_or_default();
                return Err(fault(format!(
                    "`{found}` is none of `(?1)`, `.`, `.*` and `(?t<=60)`"
                )));
            }
        }
        places.end();
        match places.places.len() {
            0..=MAX_PLACES => Ok(Self { places: places.places }),
            length => {
                Err(format!("a pattern of {length} places; there may be at most {MAX_PLACES}"))
            }
        }
    }
}

fn parse_condition(number: &str, conditions: usize) -> Result<u32, String> {
    match number.parse::<usize>() {
        Ok(number) if (1..=conditions).contains(&number) => Ok(1 << (number - 1)),
        Ok(number) => Err(format!("`(?{number})` where the conditions are 1 to {conditions}")),
        Err(_) => Err(format!("`(?{number})` is neither a condition's number nor a time")),
    }
}

fn parse_time(text: &str) -> Result<(Relation, u64), String> {
    let operator = Relation::OPERATORS
        .iter()
        .find_map(|(sign, relation)| text.strip_prefix(sign).map(|number| (*relation, number)));
    let Some((relation, number)) = operator else {
        return Err(format!("`(?t{text})` has none of <=, <, >=, >, =="));
    };
    let seconds = number.parse::<u64>().ok();
    match seconds.and_then(|seconds| seconds.checked_mul(1_000_000)) {
        Some(micros) => Ok((relation, micros)),
        None => Err(format!("`(?t{text})` needs a number of whole seconds")),
    }
}

/// Places as they are read, and how the next one follows.
struct Places {
    places: Vec<Place>,
    next: Follows,
}

impl Places {
    fn take(&mut self, takes: Takes) {
        self.places.push(Place { takes, follows: self.next });
        self.next = match takes {
            Takes::Mark => Follows::Anywhere,
            Takes::Condition(_) | Takes::Any => Follows::Directly,
        };
    }

    /// A time that stands before it ends at an event of its own.
    fn star(&mut self) {
        self.end();
        self.next = Follows::Anywhere;
    }

    fn time(&mut self, relation: Relation, micros: u64) -> Result<(), String> {
        match self.next {
            Follows::Directly => {}
            // The time runs from where the `.*` stops, or from anywhere at the beginning.
            Follows::Anywhere => self.take(Takes::Mark),
            Follows::After(..) => return Err("a time right after a time".to_owned()),
        }
        self.next = Follows::After(relation, micros);
        Ok(())
    }

    fn end(&mut self) {
        if let Follows::After(..) = self.next {
            self.take(Takes::Mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        Pattern::parse(text, 2).unwrap_err()
    }

    #[test]
    fn faults_say_what_and_where() {
        let cases = [
            ("(?1)(?3)", "`(?3)` where the conditions are 1 to 2 at character 5"),
            ("(?0)", "`(?0)` where the conditions are 1 to 2 at character 1"),
            ("é", "`é` is none of `(?1)`, `.`, `.*` and `(?t<=60)` at character 1"),
            ("(?1) (?2)", "` ` is none of"),
            ("(?1)(?t=5)(?2)", "`(?t=5)` has none of <=, <, >=, >, == at character 5"),
            ("(?1)(?t>-1)", "needs a number of whole seconds"),
            ("(?1)(?t>99999999999999999)", "needs a number of whole seconds"),
            ("(?1)(?t>1)(?t<5)(?2)", "a time right after a time at character 11"),
            ("(?1)(?2", "`(?` without `)` at character 5"),
            ("(?)", "`(?)` is neither a condition's number nor a time"),
        ];
        for (text, expected) in cases {
            assert!(fault(text).contains(expected), "{text}: {}", fault(text));
        }
    }

    #[test]
    fn a_pattern_has_at_most_64_places() {
        assert!(Pattern::parse(&".".repeat(64), 1).is_ok());
        assert!(fault(&".".repeat(65)).contains("a pattern of 65 places"));
    }

    #[test]
    fn stars_and_times_become_marks_where_nothing_is_taken() {
        let mark = |follows| Place { takes: Takes::Mark, follows };
        let first = |follows| Place { takes: Takes::Condition(1), follows };
        let hour = Follows::After(Relation::MoreThan, 3_600_000_000);
        let places = |text| Pattern::parse(text, 1).unwrap().places;
        assert_eq!(places(".*.*"), []);
        assert_eq!(places("(?1).*"), [first(Follows::Anywhere)]);
        assert_eq!(places("(?1)(?t>3600)"), [first(Follows::Anywhere), mark(hour)]);
        assert_eq!(places("(?t>3600)(?1)"), [mark(Follows::Anywhere), first(hour)]);
        assert_eq!(
            places("(?1)(?t>3600).*(?1)"),
            [first(Follows::Anywhere), mark(hour), first(Follows::Anywhere)]
        );
    }
}
