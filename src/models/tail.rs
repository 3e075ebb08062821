/*!
Tails of distributions: how often chance alone goes as far.

The special functions are those of the crates libm and statrs.
*/

use libm::erfc;
use statrs::function::{beta::beta_reg, gamma::gamma_ur};

/// Probability that a standard normal value is at least as far from 0 as `z`.
pub fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() * std::f64::consts::FRAC_1_SQRT_2)
}

/// Probability that a chi-square value with `degrees` of freedom is `statistic >= 0` or more.
pub fn chi_square_upper(statistic: f64, degrees: u32) -> f64 {
    match statistic > 0.0 {
        true => gamma_ur(f64::from(degrees) / 2.0, statistic / 2.0),
        false => 1.0,
    }
}

/// Probability that Student's t with `degrees > 0` of freedom is at least as far from 0 as `t`.
///
/// Relative error about 1e-13 for some tens of degrees, 1e-9 for a million.
pub fn student_two_sided(t: f64, degrees: f64) -> f64 {
    if t.is_infinite() {
        return 0.0;
    }
    beta_reg(degrees / 2.0, 0.5, degrees / (degrees + t * t))
}

/// The distance from 0 within which Student's t with `degrees > 0` of freedom stays with
/// probability `confidence` within (0, 1).
///
/// Found by bisection of [`student_two_sided`], to the last bits that it carries.
pub fn student_within(confidence: f64, degrees: f64) -> f64 {
    let outside = 1.0 - confidence;
    let (mut low, mut high) = (0.0, 1.0);
    while student_two_sided(high, degrees) > outside {
        low = high;
        high *= 2.0;
    }
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return middle;
        }
        match student_two_sided(middle, degrees) > outside {
            true => low = middle,
            false => high = middle,
        }
    }
}

#[cfg(test)]
#[expect(clippy::excessive_precision, reason = "digits as the other implementation prints them")]
mod tests {
    use super::*;

    #[track_caller]
    fn close(actual: f64, expected: f64) {
        assert!((actual / expected - 1.0).abs() < 1e-12, "{actual:e} is not {expected:e}");
    }

    // `tests/tools/statistics_oracle.py` prints these, by scipy.

    #[test]
    fn normal_tails() {
        close(normal_two_sided(0.1), 0.92034432544594202);
        close(normal_two_sided(-1.959963984540054), 0.05);
        close(normal_two_sided(5.0), 5.7330314375838655e-07);
        close(normal_two_sided(11.056), 2.0503898900469082e-28);
        assert_eq!(normal_two_sided(0.0), 1.0);
    }

    #[test]
    fn chi_square_tails() {
        close(chi_square_upper(0.5, 1), 0.47950012218695337);
        close(chi_square_upper(3.841458820694124, 1), 0.049999999999999892);
        close(chi_square_upper(122.249126, 1), 2.0359827841096972e-28);
        close(chi_square_upper(7.0, 3), 0.07189777249646509);
        close(chi_square_upper(400.0, 12), 3.784523657876538e-78);
        assert_eq!(chi_square_upper(0.0, 2), 1.0);
    }

    #[test]
    fn student_tails() {
        close(student_two_sided(0.3, 4.5), 0.77753354703943134);
        close(student_two_sided(-2.0, 10.0), 0.073388034770740365);
        close(student_two_sided(12.0, 30.0), 5.5801854151992606e-13);
        let large = student_two_sided(1.96, 1e6);
        assert!((large / 0.049996067585269852 - 1.0).abs() < 1e-9, "{large}");
        assert_eq!(student_two_sided(0.0, 3.0), 1.0);
        assert_eq!(student_two_sided(f64::INFINITY, 3.0), 0.0);
    }

    #[test]
    fn student_distances() {
        close(student_within(0.95, 1.0), 12.706204736174694);
        close(student_within(0.95, 9.3), 2.2510822246844402);
        close(student_within(0.99, 60.0), 2.6602830288550368);
        close(student_within(0.5, 2.5), 0.78501368299229923);
    }
}
