/*!
Numbers: whole, decimal and floating.

Decimals are read digit by digit into an integer, never through a float. Signs are those of the
column: with `decimal: ","` and `thousands: "."`, `1.234,50` is a number and `1.5` is none, because
thousands come in groups of three.
*/

use super::fault::Fault;

/// The signs a column's numbers are written with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signs {
    pub(crate) decimal: u8,
    pub(crate) thousands: Option<u8>,
}

impl Signs {
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { decimal: b'.', thousands: None };
}

/// A number as written: `digits × 10^exponent`.
#[derive(Debug, PartialEq, Eq)]
struct Written {
    negative: bool,
    digits: u128,
    exponent: i32,
    significant: u32,
}

/// Longest run of digits a `u128` always holds.
const MAX_DIGITS: u32 = 38;

fn written(cell: &[u8], signs: Signs) -> Result<Written, Fault> {
    let (negative, mut rest) = match cell {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, cell),
    };
    let mut exponent = 0i32;
    if let Some(at) = rest.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        exponent = small_integer(&rest[at + 1..])?;
        rest = &rest[..at];
    }
    let mut number = Written { negative, digits: 0, exponent, significant: 0 };
    let mut seen_digit = false;
    let mut in_fraction = false;
    // Zeros at the end of a fraction add nothing: they are held back until a digit follows.
    let mut held_zeros = 0;
    let mut group: Option<u32> = None;
    let mut leading = 0u32;
    for &byte in rest {
        if byte.is_ascii_digit() {
            seen_digit = true;
            if in_fraction && byte == b'0' {
                held_zeros += 1;
                continue;
            }
            for _ in 0..held_zeros {
                number.push(0)?;
                number.exponent -= 1;
            }
            held_zeros = 0;
            number.push(u128::from(byte - b'0'))?;
            match (in_fraction, &mut group) {
                (true, _) => number.exponent -= 1,
                (false, Some(size)) => *size += 1,
                (false, None) => leading += 1,
            }
        } else if byte == signs.decimal && !in_fraction {
            in_fraction = true;
        } else if Some(byte) == signs.thousands && !in_fraction {
            let well_placed = match group {
                None => (1..=3).contains(&leading),
                Some(size) => size == 3,
            };
            if !well_placed {
                return Err(Fault::Malformed);
            }
            group = Some(0);
        } else {
            return Err(Fault::Malformed);
        }
    }
    if !seen_digit || group.is_some_and(|size| size != 3) {
        return Err(Fault::Malformed);
    }
    Ok(number)
}

impl Written {
    fn push(&mut self, digit: u128) -> Result<(), Fault> {
        if self.digits == 0 && digit == 0 {
            return Ok(());
        }
        self.significant += 1;
        if self.significant > MAX_DIGITS {
            return Err(Fault::OutOfRange);
        }
        self.digits = self.digits * 10 + digit;
        Ok(())
    }

    /// `self × 10^shift` if that is whole.
    fn exactly(&self, shift: i32) -> Result<i128, Fault> {
        self.shifted(shift, false)
    }

    /// The integer nearest to `self × 10^shift` if that is exact or the number is a printed double.
    ///
    /// A double prints with at most 17 digits; beyond 15 the last ones are noise such as
    /// 19.990000000000002, which no one meant as an amount.
    fn nearly(&self, shift: i32) -> Result<i128, Fault> {
        self.shifted(shift, (16..=17).contains(&self.significant))
    }

    fn shifted(&self, shift: i32, round: bool) -> Result<i128, Fault> {
        if self.digits == 0 {
            return Ok(0);
        }
        let power = self.exponent.saturating_add(shift);
        let size = Some(power.unsigned_abs()).filter(|size| *size <= MAX_DIGITS);
        let value = if power >= 0 {
            let factor = 10u128.pow(size.ok_or(Fault::OutOfRange)?);
            self.digits.checked_mul(factor).ok_or(Fault::OutOfRange)?
        } else {
            let divisor = size.map(|size| 10u128.pow(size));
            let (whole, rest) = divisor
                .map_or((0, self.digits), |divisor| (self.digits / divisor, self.digits % divisor));
            match divisor {
                _ if rest == 0 => whole,
                Some(divisor) if round => {
                    let half = divisor / 2;
                    let up = rest > half || (rest == half && whole % 2 == 1);
                    whole + u128::from(up)
                }
                None if round => 0,
                _ => return Err(Fault::Inexact),
            }
        };
        let value = i128::try_from(value).map_err(|_| Fault::OutOfRange)?;
        Ok(if self.negative { -value } else { value })
    }
}

fn small_integer(cell: &[u8]) -> Result<i32, Fault> {
    std::str::from_utf8(cell).ok().and_then(|text| text.parse().ok()).ok_or(Fault::Malformed)
}

/// A whole number. `5.0` is one, `5.5` and `1.2E+18` (a destroyed identifier) are none.
pub(crate) fn int64(cell: &[u8], signs: Signs) -> Result<i64, Fault> {
    if let Some(value) = short_int(cell) {
        return Ok(value);
    }
    if cell.iter().any(|byte| matches!(byte, b'e' | b'E')) {
        return Err(Fault::Malformed);
    }
    let value = match written(cell, signs)?.exactly(0) {
        Err(Fault::Inexact) => return Err(Fault::Malformed),
        other => other?,
    };
    i64::try_from(value).map_err(|_| Fault::OutOfRange)
}

/// The common case: an optional minus and up to 18 digits.
fn short_int(cell: &[u8]) -> Option<i64> {
    let (negative, digits) = match cell {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, cell),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut value = 0i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

/// The unscaled integer of `decimal(precision, scale)`; `minor_units` digits are shifted out first.
pub(crate) fn decimal(
    cell: &[u8],
    signs: Signs,
    precision: u8,
    scale: i8,
    minor_units: u32,
) -> Result<i128, Fault> {
    let shift = i32::from(scale) - i32::try_from(minor_units).map_err(|_| Fault::OutOfRange)?;
    let value = match short_decimal(cell, signs) {
        Some(number) => number.nearly(shift)?,
        None => written(cell, signs)?.nearly(shift)?,
    };
    if value.unsigned_abs() >= 10u128.pow(u32::from(precision)) {
        return Err(Fault::OutOfRange);
    }
    Ok(value)
}

/// The common case: up to 15 digits around one decimal sign.
fn short_decimal(cell: &[u8], signs: Signs) -> Option<Written> {
    let (negative, rest) = match cell {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, cell),
    };
    if rest.is_empty() || rest.len() > 16 {
        return None;
    }
    let mut digits = 0u64;
    let mut point = None;
    for (at, byte) in rest.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            digits = digits * 10 + u64::from(digit);
        } else if *byte == signs.decimal && point.is_none() {
            point = Some(at);
        } else {
            return None;
        }
    }
    let fraction = point.map_or(0, |at| rest.len() - at - 1);
    if rest.len() == usize::from(point.is_some()) || rest.len() > 15 + usize::from(point.is_some())
    {
        return None;
    }
    Some(Written { negative, digits: digits.into(), exponent: -(fraction as i32), significant: 15 })
}

/// A finite double.
pub(crate) fn float64(cell: &[u8], signs: Signs) -> Result<f64, Fault> {
    let plain = signs.decimal == b'.' && signs.thousands.is_none();
    // `written` refuses what Rust also calls a float: `inf`, `nan`, `1_0`.
    if !plain
        || !cell.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
    {
        match written(cell, signs) {
            Ok(_) | Err(Fault::OutOfRange) => {}
            Err(fault) => return Err(fault),
        }
    }
    let parsed = if plain {
        std::str::from_utf8(cell).ok().and_then(|text| text.parse::<f64>().ok())
    } else {
        let text: String = cell
            .iter()
            .filter(|byte| Some(**byte) != signs.thousands)
            .map(|byte| if *byte == signs.decimal { '.' } else { char::from(*byte) })
            .collect();
        text.parse().ok()
    };
    match parsed {
        Some(value) if value.is_finite() => Ok(value),
        Some(_) => Err(Fault::OutOfRange),
        None => Err(Fault::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DUTCH: Signs = Signs { decimal: b',', thousands: Some(b'.') };

    #[test]
    fn whole_numbers() {
        for (cell, expected) in [
            ("0", Ok(0)),
            ("-0", Ok(0)),
            ("+7", Ok(7)),
            ("00017", Ok(17)),
            ("5.0", Ok(5)),
            ("5.", Ok(5)),
            ("9223372036854775807", Ok(i64::MAX)),
            ("-9223372036854775808", Ok(i64::MIN)),
            ("9223372036854775808", Err(Fault::OutOfRange)),
            ("99999999999999999999999999999999999999999", Err(Fault::OutOfRange)),
            ("5.5", Err(Fault::Malformed)),
            ("1617691790.431476", Err(Fault::Malformed)),
            ("1.2E+18", Err(Fault::Malformed)),
            ("1e3", Err(Fault::Malformed)),
            ("", Err(Fault::Malformed)),
            ("-", Err(Fault::Malformed)),
            (".", Err(Fault::Malformed)),
            ("--1", Err(Fault::Malformed)),
            ("1 000", Err(Fault::Malformed)),
            ("1,000", Err(Fault::Malformed)),
            ("0x10", Err(Fault::Malformed)),
            ("١٢", Err(Fault::Malformed)),
        ] {
            assert_eq!(int64(cell.as_bytes(), Signs::PLAIN), expected, "{cell}");
        }
        assert_eq!(int64(b"1.234.567", DUTCH), Ok(1_234_567));
        assert_eq!(int64(b"1.5", DUTCH), Err(Fault::Malformed));
    }

    #[test]
    fn decimals_keep_every_digit() {
        let read = |cell: &str, signs| decimal(cell.as_bytes(), signs, 18, 4, 0);
        for (cell, expected) in [
            ("19.99", Ok(199_900)),
            ("-0.0001", Ok(-1)),
            ("0.1", Ok(1_000)),
            (".5", Ok(5_000)),
            ("1e3", Ok(10_000_000)),
            ("1.5E-3", Ok(15)),
            ("1.50000000000000000000000000000000000000000000", Ok(15_000)),
            ("0e999999", Ok(0)),
            ("99999999999999.9999", Ok(999_999_999_999_999_999)),
            ("100000000000000", Err(Fault::OutOfRange)),
            ("1e999999", Err(Fault::OutOfRange)),
            ("0.00001", Err(Fault::Inexact)),
            ("1e-40", Err(Fault::Inexact)),
            ("1.2.3", Err(Fault::Malformed)),
            ("€ 5", Err(Fault::Malformed)),
            ("1e", Err(Fault::Malformed)),
            ("e5", Err(Fault::Malformed)),
            ("NaN", Err(Fault::Malformed)),
        ] {
            assert_eq!(read(cell, Signs::PLAIN), expected, "{cell}");
        }
        for (cell, expected) in [
            ("1.234,56", Ok(12_345_600)),
            ("1234,56", Ok(12_345_600)),
            ("-1.234.567", Ok(-12_345_670_000)),
            ("1.5", Err(Fault::Malformed)),
            ("12.34,5", Err(Fault::Malformed)),
            ("1234.567", Err(Fault::Malformed)),
            (".123", Err(Fault::Malformed)),
            ("1,5.000", Err(Fault::Malformed)),
        ] {
            assert_eq!(read(cell, DUTCH), expected, "{cell}");
        }
        assert_eq!(decimal(b"1999", Signs::PLAIN, 18, 4, 2), Ok(199_900));
        let most = "99999999999999999999999999999999999999";
        assert_eq!(decimal(most.as_bytes(), Signs::PLAIN, 38, 0, 0), Ok(10i128.pow(38) - 1));
    }

    #[test]
    fn the_noise_of_a_printed_double_is_rounded_and_nothing_else() {
        // 3 * 13.993333333333334, 0.1 + 0.2, and the float 12.34 widened to a double.
        for (cell, expected) in [
            ("41.980000000000004", Ok(4198)),
            ("0.30000000000000004", Ok(30)),
            ("12.340000152587891", Ok(1234)),
            ("12.345", Err(Fault::Inexact)),
            ("123456789012345678.901", Err(Fault::Inexact)),
        ] {
            assert_eq!(decimal(cell.as_bytes(), Signs::PLAIN, 38, 2, 0), expected, "{cell}");
        }
    }

    #[test]
    fn floats_are_finite() {
        assert_eq!(float64(b"1.5e3", Signs::PLAIN), Ok(1500.0));
        assert_eq!(float64(b"1.234,5", DUTCH), Ok(1234.5));
        assert_eq!(float64(b"1e999", Signs::PLAIN), Err(Fault::OutOfRange));
        for cell in ["inf", "NaN", "-Infinity", "1_0", "", "1,5", "."] {
            assert_eq!(float64(cell.as_bytes(), Signs::PLAIN), Err(Fault::Malformed), "{cell}");
        }
    }

    proptest! {
        #[test]
        fn every_decimal_survives_its_text(unscaled in -(10i128.pow(18) - 1)..10i128.pow(18)) {
            let sign = if unscaled < 0 { "-" } else { "" };
            let size = unscaled.unsigned_abs();
            let text = format!("{sign}{}.{:04}", size / 10_000, size % 10_000);
            prop_assert_eq!(decimal(text.as_bytes(), Signs::PLAIN, 18, 4, 0), Ok(unscaled));
            prop_assert_eq!(decimal(text.replace('.', ",").as_bytes(), DUTCH, 18, 4, 0), Ok(unscaled));
        }

        #[test]
        fn whole_numbers_agree_with_rust(value: i64, noise in "[-+0-9.eE ]{0,24}") {
            prop_assert_eq!(int64(value.to_string().as_bytes(), Signs::PLAIN), Ok(value));
            if let Ok(read) = noise.parse::<i64>() {
                prop_assert_eq!(int64(noise.as_bytes(), Signs::PLAIN), Ok(read));
            }
            let _ = decimal(noise.as_bytes(), DUTCH, 38, 10, 0);
        }
    }
}
