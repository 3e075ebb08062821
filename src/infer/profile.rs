/*!
What one column holds, gathered cell by cell in bounded memory. Decides nothing.
*/

use std::borrow::Cow;

use super::{
    numbers::Numbers,
    tally::{Distinct, Place, Tally, hash_of},
    times::Times,
    values::{is_null_marker, looks_like_email, looks_like_phone},
};
use crate::sources::{Tape, strip};

/// Kinds that a format with types told its values apart by.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds {
    pub(crate) bools: u64,
    pub(crate) numbers: u64,
    pub(crate) texts: u64,
    pub(crate) lists: u64,
    pub(crate) objects: u64,
}

/// What the elements of lists are.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Elements {
    pub(crate) scalars: u64,
    pub(crate) nested: u64,
    /// Objects of two members, one of which is called `key`, `name` or `id`.
    pub(crate) pairs: u64,
}

/// A kind of a single value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text of a format without types.
    Cell,
    Bool,
    Number,
    Text,
    List,
    Object,
}

#[derive(Debug)]
pub(crate) struct Profile {
    /// Values that are not empty.
    pub(crate) values: u64,
    pub(crate) kinds: Kinds,
    pub(crate) elements: Elements,
    pub(crate) words: Tally,
    /// Of these the texts that people write where there is no value.
    pub(crate) markers: Tally,
    pub(crate) numbers: Numbers,
    pub(crate) times: Times,
    pub(crate) distinct: Distinct,
    pub(crate) emails: u64,
    /// Texts with an address somewhere in them.
    pub(crate) mentions: u64,
    pub(crate) phones: u64,
    pub(crate) addresses: u64,
    /// The currency signs beside numbers, and the numbers that have one.
    pub(crate) marks: Tally,
    /// Numbers with a percent sign.
    pub(crate) percents: u64,
    /// Digits that an apostrophe keeps from being taken for a number.
    pub(crate) guarded: u64,
    /// Objects and arrays written into a cell of text.
    pub(crate) documents: u64,
    /// Texts of several words.
    pub(crate) sentences: u64,
    pub(crate) longest: usize,
    /// Values with white space around them.
    pub(crate) padded: u64,
}

/// What people write beside an amount.
const MARKS: [&str; 7] = ["€", "$", "£", "EUR", "USD", "GBP", "CHF"];

/// Longer values are neither numbers nor dates nor worth telling apart.
const SHORT: usize = 256;

impl Profile {
    /// `distinct` limits the values that are told apart.
    pub(crate) fn new(distinct: usize) -> Self {
        Self {
            values: 0,
            kinds: Kinds::default(),
            elements: Elements::default(),
            words: Tally::default(),
            markers: Tally::default(),
            numbers: Numbers::default(),
            times: Times::default(),
            distinct: Distinct::new(distinct),
            emails: 0,
            mentions: 0,
            phones: 0,
            addresses: 0,
            marks: Tally::default(),
            percents: 0,
            guarded: 0,
            documents: 0,
            sentences: 0,
            longest: 0,
            padded: 0,
        }
    }

    /// Takes the next value that is not empty.
    pub(crate) fn add(&mut self, cell: &str, kind: Kind, place: Place, tape: &mut Tape) {
        self.values += 1;
        self.longest = self.longest.max(cell.len());
        self.distinct.add(hash_of(cell));
        match kind {
            Kind::Cell => {}
            Kind::Bool => self.kinds.bools += 1,
            Kind::Number => self.kinds.numbers += 1,
            Kind::Text => self.kinds.texts += 1,
            Kind::List => self.kinds.lists += 1,
            Kind::Object => self.kinds.objects += 1,
        }
        if matches!(kind, Kind::List | Kind::Object) {
            return;
        }
        let value = cell.trim();
        self.padded += u64::from(value.len() < cell.len());
        self.words.add(value, place);
        if is_null_marker(value) {
            self.markers.add(value, place);
        }
        if value.len() > SHORT {
            self.sentences += u64::from(value.contains(' '));
            self.documents += u64::from(is_document(value, tape));
            return;
        }
        let bare = self.bare(value, place);
        self.numbers.add(&bare, place);
        self.times.add(value, place);
        if looks_like_email(value) {
            self.emails += 1;
        } else if value.contains('@') {
            self.mentions += u64::from(value.split_whitespace().any(looks_like_email));
        }
        self.phones += u64::from(looks_like_phone(value));
        self.addresses += u64::from(value.len() > 6 && value.parse::<std::net::IpAddr>().is_ok());
        self.sentences += u64::from(value.bytes().filter(|byte| *byte == b' ').count() >= 4);
        self.documents += u64::from(is_document(value, tape));
    }

    /// The number without the sign beside it.
    fn bare<'a>(&mut self, value: &'a str, place: Place) -> Cow<'a, str> {
        let digits = value.bytes().any(|byte| byte.is_ascii_digit());
        if !digits {
            return Cow::Borrowed(value);
        }
        if let Some(number) = value.strip_suffix('%') {
            self.percents += 1;
            return Cow::Borrowed(number.trim_end());
        }
        let guarded = value.strip_prefix('\'').is_some_and(|rest| rest.starts_with(is_digit));
        self.guarded += u64::from(guarded);
        let Some(mark) = MARKS.iter().find(|mark| value.contains(**mark)) else {
            return Cow::Borrowed(value);
        };
        let bare = strip(value, &[(*mark).to_owned()]);
        if bare.len() < value.len() && bare.trim_start_matches('-').starts_with(is_digit) {
            self.marks.add(mark, place);
            return Cow::Owned(bare.into_owned());
        }
        Cow::Borrowed(value)
    }
}

/// A JSON object or array as text.
fn is_document(value: &str, tape: &mut Tape) -> bool {
    matches!(value.as_bytes().first(), Some(b'{' | b'['))
        && tape.parse(value, 0, value.len()).is_ok()
}

fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}
