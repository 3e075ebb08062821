/*!
The integral behind Pareto/NBD: ∫ (a + u)^(−p) (b + u)^(−q) du.

The published formulas write it as a difference of Gauss hypergeometric functions, in one form where
α > β and another where α < β, and lose digits where the two nearly cancel. It is computed directly
here, in all cases alike: over the logarithm of the smaller of a + u and b + u the integrand is
log-concave and analytic in a strip of width 2π, so that Gauss-Legendre rules over pieces on which it
changes by a small factor leave nothing but rounding.
*/

/// (a + u)^(−p) (b + u)^(−q) for u ≥ 0; all four above 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Density {
    pub(super) a: f64,
    pub(super) p: f64,
    pub(super) b: f64,
    pub(super) q: f64,
}

/// A point of the domain, in the terms that derivatives need.
pub(super) struct Point {
    pub(super) ln_a: f64,
    pub(super) ln_b: f64,
    pub(super) inverse_a: f64,
    pub(super) inverse_b: f64,
}

/// A Gauss-Legendre rule, its abscissas above 0 and their weights, and the pieces it is good for.
struct Rule<const HALF: usize> {
    nodes: [(f64, f64); HALF],
    /// The longest piece.
    length: f64,
    /// The greatest change of the integrand's logarithm.
    change: f64,
}

/// Nodes and weights as in any table, for instance DLMF 3.5, and checked below.
const EIGHT: Rule<4> = Rule {
    nodes: [
        (0.183_434_642_495_649_8, 0.362_683_783_378_362),
        (0.525_532_409_916_329, 0.313_706_645_877_887_3),
        (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
        (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
    ],
    length: 1.2,
    change: 3.0,
};
const SIXTEEN: Rule<8> = Rule {
    nodes: [
        (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
        (0.281_603_550_779_258_9, 0.182_603_415_044_923_6),
        (0.458_016_777_657_227_4, 0.169_156_519_395_002_54),
        (0.617_876_244_402_643_7, 0.149_595_988_816_576_73),
        (0.755_404_408_355_003, 0.124_628_971_255_533_87),
        (0.865_631_202_387_831_7, 0.095_158_511_682_492_78),
        (0.944_575_023_073_232_6, 0.062_253_523_938_647_89),
        (0.989_400_934_991_649_9, 0.027_152_459_411_754_095),
    ],
    length: 2.0,
    change: 8.0,
};

/// Pieces that add less than e to this do not count.
const NEGLIGIBLE: f64 = -40.0;

impl Density {
    /// The logarithm of the integral from `from` to `to`, and the means of what `terms` gives for
    /// points weighted by the density. An integral of nothing has the logarithm minus infinity and
    /// means of 0.
    pub(super) fn integrate<const N: usize>(
        &self,
        from: f64,
        to: f64,
        terms: impl Fn(&Point) -> [f64; N],
    ) -> (f64, [f64; N]) {
        let start = self.a.min(self.b) + from;
        let span = Span { from, start, ln_start: libm::log(start) };
        let width = libm::log1p((to - from) / start);
        let mut sum = Sum { top: f64::NEG_INFINITY, weight: 0.0, terms: [0.0; N] };
        let (mut here, mut slope) = (0.0, self.slope(from, start));
        while here < width {
            let (length, end) = self.piece(&span, here, slope, width - here);
            let change = length * slope.abs().max(end.abs());
            match length <= EIGHT.length && change <= EIGHT.change {
                true => self.add_piece(&mut sum, &span, here, length, &EIGHT.nodes, &terms),
                false => self.add_piece(&mut sum, &span, here, length, &SIXTEEN.nodes, &terms),
            }
            (here, slope) = (here + length, end);
            if slope < 0.0 && here < width && self.height(&span, here) < sum.top + NEGLIGIBLE {
                break;
            }
        }
        if sum.weight == 0.0 {
            return (f64::NEG_INFINITY, [0.0; N]);
        }
        (sum.top + libm::log(sum.weight), sum.terms.map(|term| term / sum.weight))
    }

    fn add_piece<const N: usize>(
        &self,
        sum: &mut Sum<N>,
        span: &Span,
        here: f64,
        length: f64,
        nodes: &[(f64, f64)],
        terms: impl Fn(&Point) -> [f64; N],
    ) {
        let half = 0.5 * length;
        for (abscissa, weight) in nodes {
            for abscissa in [-abscissa, *abscissa] {
                let at = here + half * (1.0 + abscissa);
                let point = self.point(span, at);
                sum.add(self.height_of(span, at, &point), weight * half, terms(&point));
            }
        }
    }

    /// The length of the next piece, and the slope of the logarithm at its end. The slope falls all
    /// along and is never steeper than p + q + 1.
    fn piece(&self, span: &Span, here: f64, slope: f64, rest: f64) -> (f64, f64) {
        let shortest = SIXTEEN.change / (self.p + self.q + 1.0);
        let mut length = rest.min(SIXTEEN.length);
        loop {
            let u = span.u(here + length);
            let end = self.slope(u, u - span.from + span.start);
            if length * slope.abs().max(end.abs()) <= SIXTEEN.change || length <= shortest {
                return (length, end);
            }
            length = (0.5 * length).max(shortest);
        }
    }

    /// The derivative of the integrand's logarithm by the logarithm of `small`, the smaller of a + u
    /// and b + u.
    fn slope(&self, u: f64, small: f64) -> f64 {
        1.0 - small * (self.p / (self.a + u) + self.q / (self.b + u))
    }

    fn height(&self, span: &Span, at: f64) -> f64 {
        self.height_of(span, at, &self.point(span, at))
    }

    /// The logarithm of the integrand.
    fn height_of(&self, span: &Span, at: f64, point: &Point) -> f64 {
        span.ln_start + at - self.p * point.ln_a - self.q * point.ln_b
    }

    fn point(&self, span: &Span, at: f64) -> Point {
        let u = span.u(at);
        let ln_small = span.ln_start + at;
        let (ln_a, ln_b) = match self.a < self.b {
            true => (ln_small, libm::log(self.b + u)),
            false => (libm::log(self.a + u), ln_small),
        };
        Point { ln_a, ln_b, inverse_a: 1.0 / (self.a + u), inverse_b: 1.0 / (self.b + u) }
    }
}

/// What is integrated over: `start` is the smaller of a + u and b + u at u = `from`, and places are
/// told by how far its logarithm has grown.
struct Span {
    from: f64,
    start: f64,
    ln_start: f64,
}

impl Span {
    fn u(&self, at: f64) -> f64 {
        self.from + self.start * libm::expm1(at)
    }
}

/// A sum of numbers given by their logarithms, relative to the largest so far.
struct Sum<const N: usize> {
    top: f64,
    weight: f64,
    terms: [f64; N],
}

impl<const N: usize> Sum<N> {
    fn add(&mut self, height: f64, weight: f64, terms: [f64; N]) {
        if height > self.top {
            let shrink = libm::exp(self.top - height);
            self.weight *= shrink;
            self.terms.iter_mut().for_each(|term| *term *= shrink);
            self.top = height;
        }
        let weight = weight * libm::exp(height - self.top);
        self.weight += weight;
        for (sum, term) in self.terms.iter_mut().zip(terms) {
            *sum += weight * term;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules of n points are exact for polynomials below degree 2n: ∫ x^k over (-1, 1) is 2 / (k + 1)
    /// for even k.
    #[test]
    fn rules_are_exact_for_polynomials() {
        for nodes in [EIGHT.nodes.as_slice(), &SIXTEEN.nodes] {
            for k in (0..4 * nodes.len() as i32).step_by(2) {
                let sum: f64 = nodes.iter().map(|(x, w)| 2.0 * w * x.powi(k)).sum();
                assert!((sum - 2.0 / f64::from(k + 1)).abs() < 1e-15, "{k}");
            }
        }
    }

    /// With a = b there is one power: ∫ (a + u)^(−n) du = [(a + from)^(1 − n) − (a + to)^(1 − n)] / (n − 1).
    #[test]
    fn one_power_has_a_closed_form() {
        for (a, n, from, to) in [
            (10.0, 2.15, 0.0, 39.0),
            (0.008, 1.3, 0.0, 500.0),
            (4.0, 501.6, 100.0, 100.5),
            (4.0, 1001.6, 10.0, 520.0),
            (1e-3, 0.4, 0.0, 1e6),
            (7.0, 3.0, 5.0, 5.0 + 1e-9),
        ] {
            let density = Density { a, p: n / 3.0, b: a, q: n - n / 3.0 };
            let (ln_value, []) = density.integrate(from, to, |_| []);
            let whole = -((n - 1.0) * (a + from).ln()) - (n - 1.0f64).abs().ln();
            let share: f64 = -(n - 1.0) * ((to - from) / (a + from)).ln_1p();
            let expected = whole + share.exp_m1().abs().ln();
            assert!(
                (ln_value - expected).abs() < 2e-13 * (1.0 + expected.abs()),
                "{a} {n}: {ln_value} {expected}"
            );
        }
    }

    /// With p = 2 and q = 1 partial fractions give
    /// ∫ = 1 / (b − a) (1 / (a + from) − 1 / (a + to)) − 1 / (b − a)² ln[((a + to) (b + from)) / ((a + from) (b + to))].
    #[test]
    fn two_powers_have_one_by_partial_fractions() {
        for (a, b) in [(1.0, 3.0), (3.0, 1.0), (1e-4, 50.0), (50.0, 1e-4)] {
            let (from, to) = (0.5, 80.0);
            let density = Density { a, p: 2.0, b, q: 1.0 };
            let (ln_value, [mean]) = density.integrate(from, to, |point| [point.inverse_a]);
            let gap: f64 = b - a;
            let ends = 1.0 / (a + from) - 1.0 / (a + to);
            let log = ((a + to) * (b + from) / ((a + from) * (b + to))).ln();
            let value = ends / gap - log / (gap * gap);
            assert!((ln_value - value.ln()).abs() < 1e-12, "{a} {b}");
            let cubic = Density { p: 3.0, ..density }.integrate(from, to, |_| []).0;
            assert!((mean - (cubic - ln_value).exp()).abs() < 1e-13 * mean, "{a} {b}");
        }
    }

    #[test]
    fn an_integral_over_nothing_is_nothing() {
        let density = Density { a: 1.0, p: 1.5, b: 2.0, q: 1.5 };
        assert_eq!(density.integrate(3.0, 3.0, |_| [1.0]), (f64::NEG_INFINITY, [0.0]));
    }
}
