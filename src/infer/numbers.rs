/*!
Which of the ways to write numbers fits a column, told by the loader's own number reader.
*/

use super::tally::{Place, Tally};
use crate::sources::{Signs, decimal, float64, int64, plainly_spaced};

/// Signs that numbers are written with: decimal, thousands. A space means the no-break spaces too.
pub(crate) const STYLES: [(char, Option<char>); 6] = [
    ('.', None),
    (',', None),
    ('.', Some(',')),
    (',', Some('.')),
    (',', Some(' ')),
    ('.', Some(' ')),
];
/// The signs that stand before decimals in one country and before thousands in another.
const DOUBLE: [char; 2] = ['.', ','];

/// How well one style fits.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Fit {
    /// Values that are numbers in this style.
    pub(crate) values: u64,
    /// Those of them that are no whole numbers.
    pub(crate) fractions: u64,
    /// Those whose decimals do not fit `decimal(18,2)`, `decimal(18,4)`.
    pub(crate) beyond_two: u64,
    pub(crate) beyond_four: u64,
}

/// A column whose every sign stands before three digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grouping {
    pub(crate) sign: char,
    /// Some number holds the sign twice, so that it is none of decimals.
    pub(crate) certain: bool,
}

impl Grouping {
    /// The place in [`STYLES`] of the style that takes the sign for one of thousands.
    pub(crate) fn style(self) -> usize {
        STYLES.iter().position(|(_, thousands)| *thousands == Some(self.sign)).unwrap_or(0)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// Whole numbers as any style writes them.
    pub(crate) whole: u64,
    pub(crate) least: Option<i64>,
    pub(crate) greatest: Option<i64>,
    pub(crate) negative: u64,
    /// Digits behind a leading zero: `0123`.
    pub(crate) leading_zeros: u64,
    /// More digits than an integer holds.
    pub(crate) too_long: u64,
    /// Numbers such as `6.1E+09`.
    pub(crate) exponents: Tally,
    /// Numbers with a sign in them, by style.
    pub(crate) signed: [Fit; STYLES.len()],
    /// Numbers that hold a point or a comma.
    marked: u64,
    /// Of these the ones with one of them before every three digits, and with several such groups.
    in_groups: [u64; DOUBLE.len()],
    in_several: u64,
    /// What no style reads.
    pub(crate) others: Tally,
}

impl Numbers {
    /// Takes a value that is neither empty nor padded.
    pub(crate) fn add(&mut self, value: &str, place: Place) {
        let value = &*plainly_spaced(value);
        let bytes = value.as_bytes();
        self.negative += u64::from(value.starts_with('-'));
        let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            self.leading_zeros += u64::from(digits.len() > 1 && digits.starts_with('0'));
            match int64(bytes, signs(STYLES[0])) {
                Ok(number) => {
                    self.whole += 1;
                    self.least = Some(self.least.map_or(number, |least| least.min(number)));
                    self.greatest =
                        Some(self.greatest.map_or(number, |greatest| greatest.max(number)));
                }
                Err(_) => self.too_long += 1,
            }
            return;
        }
        // As those of a telephone number are: `012 345 678`.
        self.leading_zeros += u64::from(digits.starts_with('0') && digits.contains(' '));
        let mut fits_any = false;
        for (style, fit) in STYLES.iter().zip(&mut self.signed) {
            let signs = signs(*style);
            if float64(bytes, signs).is_err()
                || style.1.is_some_and(|sign| is_below_one(digits, sign))
            {
                continue;
            }
            fits_any = true;
            fit.values += 1;
            fit.fractions += u64::from(int64(bytes, signs).is_err() || has_decimals(bytes, signs));
            fit.beyond_two += u64::from(decimal(bytes, signs, 18, 2, 0).is_err());
            fit.beyond_four += u64::from(decimal(bytes, signs, 18, 4, 0).is_err());
        }
        if fits_any {
            self.mark(digits);
        }
        if !fits_any {
            self.others.add(value, place);
        } else if bytes.iter().any(|byte| matches!(byte, b'e' | b'E')) {
            self.exponents.add(value, place);
        }
    }

    /// Counts where a number has its points and commas.
    fn mark(&mut self, digits: &str) {
        self.marked += u64::from(digits.contains(DOUBLE));
        for (sign, count) in DOUBLE.into_iter().zip(&mut self.in_groups) {
            let groups = groups(digits, sign);
            *count += u64::from(groups > 0);
            self.in_several += u64::from(groups > 1);
        }
    }

    /// The sign that stands before three digits in every number that holds a sign: `950`, `1.250`.
    pub(crate) fn grouping(&self) -> Option<Grouping> {
        let all = |(_, count): &(char, u64)| *count > 0 && *count == self.marked;
        let (sign, _) = DOUBLE.into_iter().zip(self.in_groups).find(all)?;
        Some(Grouping { sign, certain: self.in_several > 0 })
    }

    /// Values that hold a decimal or thousands sign.
    pub(crate) fn with_sign(&self) -> u64 {
        self.signed.iter().map(|fit| fit.values).max().unwrap_or(0)
    }

    /// Values that are numbers in this style.
    pub(crate) fn fitting(&self, style: usize) -> u64 {
        self.whole + self.too_long + self.signed[style].values
    }
}

/// Nobody writes a zero before thousands: `0.125` is a fraction.
fn is_below_one(digits: &str, sign: char) -> bool {
    digits.strip_prefix('0').is_some_and(|rest| rest.starts_with(sign))
}

/// How many groups of three digits follow the first one; none where anything else does.
fn groups(digits: &str, sign: char) -> usize {
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = digits.split(sign);
    let first = parts.next().unwrap_or_default();
    let opens = (1..=3).contains(&first.len()) && !first.starts_with('0') && is_digits(first);
    let mut count = 0;
    for part in parts {
        if !opens || part.len() != 3 || !is_digits(part) {
            return 0;
        }
        count += 1;
    }
    count
}

/// `5.0` is a whole number, but was written as a decimal one.
fn has_decimals(value: &[u8], signs: Signs) -> bool {
    value.contains(&signs.decimal)
}

fn signs((decimal, thousands): (char, Option<char>)) -> Signs {
    Signs { decimal: decimal as u8, thousands: thousands.map(|sign| sign as u8) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouping(values: &[&str]) -> Option<Grouping> {
        let mut numbers = Numbers::default();
        for value in values {
            numbers.add(value, Place { file: 0, line: 1 });
        }
        numbers.grouping()
    }

    #[test]
    fn thousands_stand_in_groups_of_three() {
        let found = |sign, certain| Some(Grouping { sign, certain });
        for (values, expected) in [
            (&["2.037"] as &[_], found('.', false)),
            (&["950", "1.250", "12.500"], found('.', false)),
            (&["4,500", "-1,250"], found(',', false)),
            (&["1.250.000", "950"], found('.', true)),
            // A fraction, two digits, four, a second sign, and no sign at all.
            (&["0.125", "1.375"], None),
            (&["1.250", "1.25"], None),
            (&["1.2500"], None),
            (&["1234.567"], None),
            (&["1.250,50"], None),
            (&["1.250", "1,250"], None),
            (&["1250"], None),
        ] {
            assert_eq!(grouping(values), expected, "{values:?}");
        }
    }

    #[test]
    fn no_break_spaces_stand_before_thousands() {
        let mut numbers = Numbers::default();
        for value in ["1\u{202f}200,50", "12\u{a0}345\u{a0}678,00", "7,25"] {
            numbers.add(value, Place { file: 0, line: 1 });
        }
        let fits: Vec<u64> = numbers.signed.iter().map(|fit| fit.values).collect();
        assert_eq!(fits, [0, 1, 0, 1, 3, 0]);
        assert_eq!(numbers.others.total(), 0);
    }

    #[test]
    fn a_zero_before_a_sign_makes_it_one_of_decimals() {
        let mut numbers = Numbers::default();
        numbers.add("0.125", Place { file: 0, line: 1 });
        let fits: Vec<u64> = numbers.signed.iter().map(|fit| fit.values).collect();
        assert_eq!(fits, [1, 0, 1, 0, 0, 1]);
    }
}
