/*!
Which of the ways to write numbers fits a column, told by the loader's own number reader.
*/

use super::tally::{Place, Tally};
use crate::sources::{Signs, decimal, float64, int64};

/// Signs that numbers are written with: decimal, thousands.
pub(crate) const STYLES: [(char, Option<char>); 4] =
    [('.', None), (',', None), ('.', Some(',')), (',', Some('.'))];

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
    pub(crate) signed: [Fit; 4],
    /// What no style reads.
    pub(crate) others: Tally,
}

impl Numbers {
    /// Takes a value that is neither empty nor padded.
    pub(crate) fn add(&mut self, value: &str, place: Place) {
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
        let mut fits_any = false;
        for (style, fit) in STYLES.iter().zip(&mut self.signed) {
            let signs = signs(*style);
            if float64(bytes, signs).is_err() {
                continue;
            }
            fits_any = true;
            fit.values += 1;
            fit.fractions += u64::from(int64(bytes, signs).is_err() || has_decimals(bytes, signs));
            fit.beyond_two += u64::from(decimal(bytes, signs, 18, 2, 0).is_err());
            fit.beyond_four += u64::from(decimal(bytes, signs, 18, 4, 0).is_err());
        }
        if !fits_any {
            self.others.add(value, place);
        } else if bytes.iter().any(|byte| matches!(byte, b'e' | b'E')) {
            self.exponents.add(value, place);
        }
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

/// `5.0` is a whole number, but was written as a decimal one.
fn has_decimals(value: &[u8], signs: Signs) -> bool {
    value.contains(&signs.decimal)
}

fn signs((decimal, thousands): (char, Option<char>)) -> Signs {
    Signs { decimal: decimal as u8, thousands: thousands.map(|sign| sign as u8) }
}
