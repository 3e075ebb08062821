/*!
What BG/NBD and MBG/NBD share: purchases of a customer who may leave after each of them.

While alive, a customer buys at a rate λ that differs between customers as a gamma distribution with
shape r and rate α. After a purchase the customer leaves for good with a probability p that differs as
a beta distribution with parameters a and b. The two models differ in one thing, the [`Dropout`].

Scores hold for all r, α, a, b > 0 and every [`History`], to about 1e-13.
*/

use super::{
    super::{
        fit::Fit,
        patterns::Patterns,
        special::{digamma_rising, ln_gamma, ln_rising},
    },
    history::{History, PurchaseModel},
};

pub(super) const PARAMETERS: [&str; 4] = ["r", "alpha", "a", "b"];

/// When a customer may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropout {
    /// After each repeat purchase: BG/NBD.
    AfterRepeat,
    /// After each purchase, the first one too: MBG/NBD.
    AfterEvery,
}

/// A model with its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaGeometric {
    pub dropout: Dropout,
    pub r: f64,
    /// In units of time.
    pub alpha: f64,
    pub a: f64,
    pub b: f64,
}

impl BetaGeometric {
    /// Chances to leave that a customer with `x` repeat purchases has had.
    fn chances(&self, x: f64) -> f64 {
        match self.dropout {
            Dropout::AfterRepeat => x,
            Dropout::AfterEvery => x + 1.0,
        }
    }

    /// The logarithm of the odds that the last purchase was the last for good, but for the silence
    /// that followed.
    fn ln_odds_of_leaving(&self, chances: f64) -> f64 {
        libm::log(self.a / (self.b + chances - 1.0))
    }

    /// Fits the parameters to histories `(x, t_x, T)`.
    pub(super) fn fit(dropout: Dropout, histories: &Patterns<[f64; 3]>) -> Fit {
        let customers = histories.observations();
        let [purchases, time] = histories.sum(|[x, _, age]| [*x, *age]);
        if purchases == 0.0 {
            return Fit::impossible(customers, "no customer bought again");
        }
        if time == 0.0 {
            return Fit::impossible(customers, "no time has passed");
        }
        let start = [1.0, time / purchases, 1.0, 1.0];
        let most = histories.iter().next_back().map_or(0.0, |([x, ..], _)| *x);
        Fit::positive(&PARAMETERS, &start, customers, |parameters, gradient| {
            let [r, alpha, a, b] = [0, 1, 2, 3].map(|k| parameters[k]);
            let likelihood = Likelihood::new(Self { dropout, r, alpha, a, b }, most);
            let [value, slopes @ ..] = histories.sum(|history| likelihood.terms(history));
            gradient.copy_from_slice(&slopes);
            value
        })
    }
}

impl PurchaseModel for BetaGeometric {
    /// 1 / (1 + a / (b + k − 1) ((α + T) / (α + t_x))^(r + x)), k chances to leave; 1 without any.
    fn p_alive(&self, history: &History) -> f64 {
        let chances = self.chances(history.frequency);
        if chances == 0.0 {
            return 1.0;
        }
        let silence = libm::log1p((history.age - history.recency) / (self.alpha + history.recency));
        let odds =
            self.a / (self.b + chances - 1.0) * libm::exp((self.r + history.frequency) * silence);
        1.0 / (1.0 + odds)
    }

    /// (a + B − 1) / (a − 1) [1 − ((α + T) / (α + T + t))^(r + x) ₂F₁(r + x, B; a + B − 1; t / (α + T + t))],
    /// with B = b and the chances to leave so far, but computed without the singularity at a = 1 and
    /// without the cancellation for small t.
    ///
    /// Someone who never left would have N further chances to buy, N negative binomial with shape r + x
    /// and mean (r + x) t / (α + T). Of n chances the customer takes those that come before leaving:
    /// Dₙ = Σₖ E[(1 − p)ᵏ], k < n, with p beta distributed by a and B. The answer is E[D_N], a sum of
    /// positive terms.
    fn purchases_if_alive(&self, horizon: f64, history: &History) -> f64 {
        let [purchases] = self.purchases_if_alive_until([horizon], history);
        purchases
    }

    fn purchases_if_alive_until<const N: usize>(
        &self,
        horizons: [f64; N],
        history: &History,
    ) -> [f64; N] {
        let shape = self.r + history.frequency;
        let b = self.b + self.chances(history.frequency);
        let chances = Chances { shape, a: self.a, b };
        let ratios = horizons.map(|horizon| horizon / (self.alpha + history.age));
        match ratios.iter().all(|ratio| chances.are_few(*ratio)) {
            true => chances.purchases_by_series(ratios),
            false => ratios.map(|ratio| chances.purchases_by_integral(ratio)),
        }
    }

    /// 1 − ((α + T) / (α + T + t))^(r + x).
    fn activity_if_alive(&self, horizon: f64, history: &History) -> f64 {
        let shape = self.r + history.frequency;
        -libm::expm1(-shape * libm::log1p(horizon / (self.alpha + history.age)))
    }
}

/// Chances to buy within a horizon: their number is negative binomial with `shape` and mean
/// `shape × ratio`, and a customer stays after a chance taken with a probability of mean b / (a + b).
struct Chances {
    shape: f64,
    a: f64,
    b: f64,
}

impl Chances {
    /// Whether the series takes no more steps than the integral, and its first term can be
    /// represented: P(N = 0) is above e^(−shape × ratio).
    fn are_few(&self, ratio: f64) -> bool {
        self.shape * ratio < 600.0 && ratio < 20.0
    }

    /// For several ratios at once, because all but the probabilities is the same for each.
    fn purchases_by_series<const N: usize>(&self, ratios: [f64; N]) -> [f64; N] {
        /// Terms between two looks at what is missing.
        const STRIDE: usize = 8;
        let Self { shape, a, b } = *self;
        let successes = ratios.map(|ratio| ratio / (1.0 + ratio));
        let greatest = successes.iter().copied().fold(0.0, f64::max);
        // P(N = n), E[(1 − p)^(n − 1)] and Dₙ at n = 1.
        let mut probabilities = ratios.map(|ratio| libm::exp(-shape * libm::log1p(ratio)));
        for (probability, success) in probabilities.iter_mut().zip(successes) {
            *probability *= shape * success;
        }
        let (mut stays, mut taken) = (1.0, 1.0);
        let mut sums = [0.0; N];
        let mut n = 1.0;
        loop {
            for _ in 0..STRIDE {
                // One division in place of two: this loop is what scoring takes.
                let all = a + b + n - 1.0;
                let inverse = 1.0 / ((n + 1.0) * all);
                let growth = (shape + n) * all * inverse;
                for k in 0..N {
                    sums[k] += probabilities[k] * taken;
                    probabilities[k] *= successes[k] * growth;
                }
                stays *= (b + n - 1.0) * (n + 1.0) * inverse;
                taken += stays;
                n += 1.0;
            }
            // From here on a term is at most this times the one before it, so what is missing is less
            // than a geometric series.
            let growth = greatest * (1.0 + shape.max(1.0) / n) * (1.0 + 1.0 / n);
            let negligible = 1e-16 * (1.0 - growth);
            if growth < 1.0 && (0..N).all(|k| probabilities[k] * taken <= negligible * sums[k]) {
                return sums;
            }
        }
    }

    /// E[(1 − (1 + pw)^(−shape)) / p] over p, with w the ratio, by the trapezoidal rule over the
    /// logarithm of the odds of p. The integrand is analytic in a strip, so that the error falls
    /// exponentially with the step (L. N. Trefethen and J. A. C. Weideman, SIAM Review 56, 2014);
    /// both tails are geometric series.
    fn purchases_by_integral(&self, ratio: f64) -> f64 {
        const STEP: f64 = 0.25;
        let Self { shape, a, b } = *self;
        let constant = ln_rising(b, a) - ln_gamma(a);
        let density = |y: f64| {
            let (ln_p, ln_stay) = (-libm::log1p(libm::exp(-y)), -libm::log1p(libm::exp(y)));
            let bracket = -libm::expm1(-shape * libm::log1p(ratio * libm::exp(ln_p)));
            libm::exp((a - 1.0) * ln_p + b * ln_stay + constant) * bracket
        };
        let left = -39.0 - libm::log(1.0 + b + shape * ratio);
        let steps = ((39.0 + libm::log(1.0 + a) - left) / STEP).ceil();
        let right = left + steps * STEP;
        let mut sum = density(left) / -libm::expm1(-a * STEP);
        let mut step = 1.0;
        while step < steps {
            sum += density(left + step * STEP);
            step += 1.0;
        }
        sum += density(right) / -libm::expm1(-b * STEP);
        STEP * sum
    }
}

/// The log-likelihood of histories under given parameters:
///
/// ln (r)ₓ + r ln α + ln (b)ₖ − ln (a + b)ₖ − (r + x) ln(α + T) + ln(1 + a / (b + k − 1) ((α + T) / (α + t_x))^(r + x))
///
/// with k chances to leave and without the last term where there was none.
struct Likelihood {
    model: BetaGeometric,
    ln_alpha: f64,
    /// What depends on x alone, for the first ones.
    by_frequency: Vec<ByFrequency>,
}

/// A part of the likelihood and its derivatives by r, a and b.
#[derive(Clone, Copy)]
struct ByFrequency {
    value: f64,
    by_r: f64,
    by_a: f64,
    by_b: f64,
    ln_odds: f64,
}

/// Frequencies whose parts are worth keeping.
const FREQUENT: usize = 256;

impl Likelihood {
    /// For histories with at most so many purchases.
    fn new(model: BetaGeometric, most: f64) -> Self {
        let ln_alpha = libm::log(model.alpha);
        let mut likelihood = Self { model, ln_alpha, by_frequency: Vec::new() };
        let frequent = (0..=FREQUENT.min(most as usize)).map(|x| x as f64);
        likelihood.by_frequency = frequent.map(|x| likelihood.by_frequency(x)).collect();
        likelihood
    }

    fn by_frequency(&self, x: f64) -> ByFrequency {
        let BetaGeometric { r, a, b, .. } = self.model;
        let chances = self.model.chances(x);
        let both = digamma_rising(a + b, chances);
        ByFrequency {
            value: ln_rising(r, x) + r * self.ln_alpha + ln_rising(b, chances)
                - ln_rising(a + b, chances),
            by_r: digamma_rising(r, x) + self.ln_alpha,
            by_a: -both,
            by_b: digamma_rising(b, chances) - both,
            ln_odds: self.model.ln_odds_of_leaving(chances),
        }
    }

    /// The value and its derivatives by r, α, a and b.
    fn terms(&self, &[x, recency, age]: &[f64; 3]) -> [f64; 5] {
        let BetaGeometric { r, alpha, a, b, .. } = self.model;
        let known = self.by_frequency.get(x as usize).copied();
        let part = known.unwrap_or_else(|| self.by_frequency(x));
        let shape = r + x;
        let ln_age = libm::log(alpha + age);
        let mut value = part.value - shape * ln_age;
        let mut by_r = part.by_r - ln_age;
        let mut by_alpha = r / alpha - shape / (alpha + age);
        let (mut by_a, mut by_b) = (part.by_a, part.by_b);
        let chances = self.model.chances(x);
        if chances > 0.0 {
            let silence = libm::log1p((age - recency) / (alpha + recency));
            let ln_odds = part.ln_odds + shape * silence;
            // The odds and the probability of having left, without overflow.
            let small = libm::exp(-ln_odds.abs());
            value += ln_odds.max(0.0) + libm::log1p(small);
            let left = if ln_odds > 0.0 { 1.0 } else { small } / (1.0 + small);
            by_r += left * silence;
            by_alpha += left * shape * (1.0 / (alpha + age) - 1.0 / (alpha + recency));
            by_a += left / a;
            by_b -= left / (b + chances - 1.0);
        }
        [value, by_r, by_alpha, by_a, by_b]
    }
}

#[cfg(test)]
mod tests {
    use super::{super::reference::assert_close, *};

    /// Two ways to the same number, where either is accurate.
    #[test]
    fn series_and_integral_agree() {
        for (shape, a, b) in [
            (0.24, 0.8, 2.4),
            (30.2, 1.0, 31.4),
            (2.2, 1e-6, 3.0),
            (0.3, 0.2, 0.1),
            (400.0, 3.0, 400.0),
        ] {
            let chances = Chances { shape, a, b };
            for ratio in [1e-6, 0.02, 1.0, 15.0].into_iter().filter(|ratio| chances.are_few(*ratio))
            {
                let [series] = chances.purchases_by_series([ratio]);
                let integral = chances.purchases_by_integral(ratio);
                assert_close(series, integral, 1e-12, &format!("{shape} {a} {b} {ratio}"));
            }
        }
    }

    /// Without dropout all chances are taken; with p = 1 almost surely just the first one is.
    #[test]
    fn purchases_at_the_ends_of_dropout() {
        let history = History::new(3.0, 20.0, 40.0).unwrap();
        let model =
            |a, b| BetaGeometric { dropout: Dropout::AfterRepeat, r: 1.0, alpha: 10.0, a, b };
        let all = (1.0 + 3.0) * 25.0 / (10.0 + 40.0);
        assert_close(
            model(1e-13, 5.0).purchases_if_alive(25.0, &history),
            all,
            1e-12,
            "none leaves",
        );
        let one = model(1e15, 1e-3);
        let active = one.activity_if_alive(25.0, &history);
        assert_close(one.purchases_if_alive(25.0, &history), active, 1e-12, "all leave");
        // 1 − (50 / 75)^4.
        assert_close(active, 65.0 / 81.0, 1e-14, "active");
    }
}
