/*!
Special functions that likelihoods of counts are made of.

Likelihoods need differences such as ln Γ(z + k) − ln Γ(z), which lose all digits as `z` grows if they
are taken literally; here they are taken from the difference of the asymptotic series. Everything is
computed with `libm`, whose results, unlike those of the system's mathematics library, have the same
bits on every machine.
*/

/// Where the asymptotic series below have full precision.
const LARGE: f64 = 12.0;

/// ln Γ(z) for z > 0.
pub fn ln_gamma(z: f64) -> f64 {
    libm::lgamma(z)
}

/// ln B(a, b) for a, b > 0.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    ln_gamma(small) - ln_rising(large, small)
}

/// The derivative of ln Γ(z), for z > 0.
///
/// DLMF 5.5.2 until z is large, then 5.11.2.
pub fn digamma(z: f64) -> f64 {
    let mut z = z;
    let mut below = 0.0;
    while z < LARGE {
        below += 1.0 / z;
        z += 1.0;
    }
    libm::log(z) - 0.5 / z - digamma_tail(z) - below
}

/// ln of the rising factorial (z)ₖ = Γ(z + k) / Γ(z), for z > 0 and real k ≥ 0.
///
/// DLMF 5.5.1 until z is large, then the difference of 5.11.1. Absolute error about 1e-15 (1 + k).
pub fn ln_rising(z: f64, k: f64) -> f64 {
    if k == 0.0 {
        return 0.0;
    }
    let mut z = z;
    let mut ratio = 1.0;
    while z < LARGE {
        ratio *= z / (z + k);
        z += 1.0;
    }
    (z - 0.5) * libm::log1p(k / z)
        + k * (libm::log(z + k) - 1.0)
        + (ln_gamma_tail(z + k) - ln_gamma_tail(z))
        + libm::log(ratio)
}

/// The derivative of [`ln_rising`] by z: ψ(z + k) − ψ(z).
pub fn digamma_rising(z: f64, k: f64) -> f64 {
    let mut z = z;
    let mut below = 0.0;
    while z < LARGE {
        below += k / (z * (z + k));
        z += 1.0;
    }
    libm::log1p(k / z) + 0.5 * k / (z * (z + k)) + (digamma_tail(z) - digamma_tail(z + k)) + below
}

/// ln Γ(z) − [(z − ½) ln z − z + ½ ln 2π].
fn ln_gamma_tail(z: f64) -> f64 {
    let inverse = 1.0 / z;
    let square = inverse * inverse;
    let terms = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
    ];
    inverse * terms.iter().rev().fold(0.0, |sum, term| sum * square + term)
}

/// ln z − 1/(2z) − ψ(z).
fn digamma_tail(z: f64) -> f64 {
    let square = 1.0 / (z * z);
    let terms = [
        1.0 / 12.0,
        -1.0 / 120.0,
        1.0 / 252.0,
        -1.0 / 240.0,
        1.0 / 132.0,
        -691.0 / 32_760.0,
        1.0 / 12.0,
    ];
    square * terms.iter().rev().fold(0.0, |sum, term| sum * square + term)
}

/// Gauss's hypergeometric function ₂F₁(1, b; c; z) for c ≥ b > 0 and 0 ≤ z < 1.
///
/// Gauss's continued fraction (DLMF 15.7.5) by the modified Lentz method. It takes about
/// 9 / √(1 − z) steps, where the power series needs 36 / (1 − z) terms.
pub fn hypergeometric_1(b: f64, c: f64, z: f64) -> f64 {
    // 1 / (1 − k₁z / (1 − k₂z / (1 − …))): `above` and `below` are the two ratios that Lentz keeps.
    let (mut value, mut above, mut below) = (1.0, 1.0, 0.0);
    let mut step = 0.0;
    loop {
        let half = step / 2.0;
        let k = if step == 0.0 {
            b / c
        } else if step % 2.0 == 0.0 {
            (b + half) * (c - 1.0 + half) / ((c + step - 1.0) * (c + step))
        } else {
            let half = half + 0.5;
            half * (c - b + half - 1.0) / ((c + step - 1.0) * (c + step))
        };
        above = 1.0 - k * z / above;
        below = 1.0 / (1.0 - k * z * below);
        let factor = above * below;
        value *= factor;
        step += 1.0;
        // Rounding alone may keep it from being exactly 1.
        if (factor - 1.0).abs() <= 4.0 * f64::EPSILON {
            return 1.0 / value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(actual: f64, expected: f64, relative: f64) {
        assert!((actual - expected).abs() <= relative * expected.abs(), "{actual} {expected}");
    }

    /// ψ(1) = −γ, ψ(½) = −γ − 2 ln 2, ψ(10) = −γ + 1 + 1/2 + … + 1/9.
    #[test]
    fn digamma_at_its_known_points() {
        let euler = 0.577_215_664_901_532_9;
        assert_close(digamma(1.0), -euler, 1e-15);
        assert_close(digamma(0.5), -euler - 2.0 * 2f64.ln(), 1e-15);
        let harmonic: f64 = (1..10).map(|k| 1.0 / f64::from(k)).sum();
        assert_close(digamma(10.0), harmonic - euler, 1e-15);
    }

    /// For whole k the rising factorial is a product and its derivative a sum.
    #[test]
    fn rising_factorials_are_products() {
        for z in [1e-8, 0.3, 1.0, 7.5, 12.0, 400.0, 1e9] {
            for k in [0u32, 1, 2, 9, 40] {
                let factors = (0..k).map(|i| z + f64::from(i));
                let product: f64 = factors.clone().map(f64::ln).sum();
                let sum: f64 = factors.map(f64::recip).sum();
                let k = f64::from(k);
                assert!((ln_rising(z, k) - product).abs() < 4e-15 * (1.0 + product.abs() + k));
                assert_close(digamma_rising(z, k), sum, 1e-14);
            }
        }
    }

    /// B(½, ½) = π, B(3, 4) = 2! 3! / 6!; B(1, z) = 1 / z however large z is.
    #[test]
    fn beta_functions() {
        assert_close(ln_beta(0.5, 0.5), std::f64::consts::PI.ln(), 1e-14);
        assert_close(ln_beta(3.0, 4.0), (12.0f64 / 720.0).ln(), 1e-14);
        assert_close(ln_beta(1e12, 1.0), -(1e12f64.ln()), 1e-14);
    }

    /// ₂F₁(1, 1; 2; z) = −ln(1 − z) / z; ₂F₁(1, b; b; z) = 1 / (1 − z); DLMF 15.4.1 and 15.4.6.
    /// ₂F₁(1, ½; 3/2; z) = artanh(√z) / √z, DLMF 15.4.2.
    #[test]
    fn hypergeometric_functions_that_are_elementary() {
        for z in [0.0f64, 1e-9, 0.3, 0.9, 0.999, 1.0 - 1e-6] {
            let logarithm = if z == 0.0 { 1.0 } else { -(-z).ln_1p() / z };
            assert_close(hypergeometric_1(1.0, 2.0, z), logarithm, 2e-11);
            assert_close(hypergeometric_1(3.7, 3.7, z), 1.0 / (1.0 - z), 1e-9);
            let root = z.sqrt();
            let artanh = if z == 0.0 { 1.0 } else { (root.ln_1p() - 0.5 * (-z).ln_1p()) / root };
            assert_close(hypergeometric_1(0.5, 1.5, z), artanh, 2e-11);
        }
    }

    /// The power series, summed until nothing changes.
    #[test]
    fn hypergeometric_functions_by_their_series() {
        for (b, c) in [(0.2, 0.9), (8.2, 8.9), (1.0, 12.5), (300.0, 300.7)] {
            for z in [0.1, 0.909_090_9, 0.99] {
                let (mut sum, mut term) = (0.0, 1.0);
                for n in 0..8_000 {
                    sum += term;
                    let n = f64::from(n);
                    term *= (b + n) / (c + n) * z;
                }
                assert_close(hypergeometric_1(b, c, z), sum, 1e-12);
            }
        }
    }
}
