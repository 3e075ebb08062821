/*!
BG/BB: customers who buy or not at each of n given opportunities, and may leave between them.

P. S. Fader, B. G. S. Hardie and J. Shang, "Customer-Base Analysis in a Discrete-Time Noncontractual
Setting", Marketing Science 29 (2010). For yearly donations, conferences, anything that can be bought
once a period.

While alive, a customer buys at an opportunity with a probability that differs between customers as a
beta distribution with parameters α and β; before each opportunity the customer leaves with a
probability that differs as one with parameters γ and δ. A history is `(x, t_x, n)`: x purchases at n
opportunities after the first purchase, the last one at opportunity t_x; all whole, x ≤ t_x ≤ n.
*/

use super::{
    super::{fit::Fit, patterns::Patterns},
    history::{History, PurchaseModel},
};

/// Parameters of the probabilities to buy and of those to leave; numbers without unit.
pub const PARAMETERS: [&str; 4] = ["alpha", "beta", "gamma", "delta"];

/// The model with its parameters. Its horizons are whole numbers of opportunities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BgBb {
    pub alpha: f64,
    pub beta: f64,
    pub gamma: f64,
    pub delta: f64,
}

/// The model with these parameters.
pub fn model([alpha, beta, gamma, delta]: [f64; 4]) -> BgBb {
    BgBb { alpha, beta, gamma, delta }
}

/// Most opportunities of a history or a horizon: each takes a step.
pub const MOST_OPPORTUNITIES: f64 = 100_000.0;

/// Whether a history can have happened at whole opportunities, not too many.
pub fn is_possible(history: &History) -> bool {
    let History { frequency, recency, age } = *history;
    let is_whole = recency.fract() == 0.0 && age.fract() == 0.0;
    is_whole && frequency <= recency && age <= MOST_OPPORTUNITIES
}

/// Fits α, β, γ and δ to histories `(x, t_x, n)` by maximum likelihood.
///
/// O(opportunities) for each pattern and step.
pub fn fit(histories: &Patterns<[f64; 3]>) -> Fit {
    let customers = histories.observations();
    let [purchases, opportunities] = histories.sum(|[x, _, n]| [*x, *n]);
    if purchases == 0.0 {
        return Fit::impossible(customers, "no customer bought again");
    }
    if purchases == opportunities {
        return Fit::impossible(customers, "every customer bought at every opportunity");
    }
    let most = histories.iter().map(|([.., n], _)| *n as usize).max().unwrap_or(0);
    Fit::positive(&PARAMETERS, &[1.0; 4], customers, |parameters, gradient| {
        let [alpha, beta, gamma, delta] = [0, 1, 2, 3].map(|k| parameters[k]);
        let likelihood = Likelihood::new(&BgBb { alpha, beta, gamma, delta }, most);
        let [value, slopes @ ..] = histories.sum(|history| likelihood.terms(history));
        gradient.copy_from_slice(&slopes);
        value
    })
}

impl PurchaseModel for BgBb {
    /// The chance to be still there at opportunity n + 1.
    fn p_alive(&self, history: &History) -> f64 {
        let [x, recency, n] = [history.frequency, history.recency, history.age];
        // How much likelier it is that the customer left after each opportunity since the last
        // purchase than that the customer is still there after all of them.
        let (mut left, mut ratio) = (0.0, 1.0);
        let mut after = n - 1.0;
        while after >= recency {
            // One silent opportunity less, and one dropout in place of a stay.
            ratio *= (self.alpha + self.beta + after) / (self.beta + after - x);
            left += ratio * self.gamma / (self.delta + after);
            ratio *= (self.gamma + self.delta + after) / (self.delta + after);
            after -= 1.0;
        }
        let stays = (self.delta + n) / (self.gamma + self.delta + n);
        stays / (1.0 + left)
    }

    /// The mean chance to buy, times the opportunities that come before leaving. The paper gives it in
    /// closed form; as a sum it has no singularity at γ = 1.
    fn purchases_if_alive(&self, horizon: f64, history: &History) -> f64 {
        let [x, n] = [history.frequency, history.age];
        let (mut alive, mut sum, mut ahead) = (1.0, 0.0, 1.0);
        while ahead <= horizon {
            sum += alive;
            alive *= (self.delta + n + ahead) / (self.gamma + self.delta + n + ahead);
            ahead += 1.0;
        }
        (self.alpha + x) / (self.alpha + self.beta + n) * sum
    }

    /// The chances that the next purchase comes at each opportunity of the horizon, added up.
    fn activity_if_alive(&self, horizon: f64, history: &History) -> f64 {
        let [x, n] = [history.frequency, history.age];
        let (mut alive, mut sum, mut ahead) = (1.0, 0.0, 1.0);
        let mut first = (self.alpha + x) / (self.alpha + self.beta + n);
        while ahead <= horizon {
            sum += alive * first;
            alive *= (self.delta + n + ahead) / (self.gamma + self.delta + n + ahead);
            first *= (self.beta + n - x + ahead - 1.0) / (self.alpha + self.beta + n + ahead);
            ahead += 1.0;
        }
        sum
    }
}

/// ln (z)ₖ and its derivative by z for k = 0, 1, …
struct Rising {
    ln: Vec<f64>,
    slope: Vec<f64>,
}

impl Rising {
    fn new(z: f64, most: usize) -> Self {
        let (mut ln, mut slope) = (vec![0.0], vec![0.0]);
        for k in 0..most {
            let factor = z + k as f64;
            ln.push(ln[k] + libm::log(factor));
            slope.push(slope[k] + 1.0 / factor);
        }
        Self { ln, slope }
    }
}

/// The log-likelihood of histories: alive to the end, or gone after any of the
/// opportunities since the last purchase.
struct Likelihood {
    gamma: f64,
    alpha: Rising,
    beta: Rising,
    alpha_beta: Rising,
    delta: Rising,
    gamma_delta: Rising,
}

impl Likelihood {
    /// For histories of at most so many opportunities.
    fn new(model: &BgBb, most: usize) -> Self {
        Self {
            gamma: model.gamma,
            alpha: Rising::new(model.alpha, most),
            beta: Rising::new(model.beta, most),
            alpha_beta: Rising::new(model.alpha + model.beta, most),
            delta: Rising::new(model.delta, most),
            gamma_delta: Rising::new(model.gamma + model.delta, most + 1),
        }
    }

    /// The value and its derivatives by α, β, γ and δ.
    fn terms(&self, history: &[f64; 3]) -> [f64; 5] {
        let [x, recency, n] = history.map(|value| value as usize);
        let mut sum = self.life(x, n, 0.0, n);
        for end in recency..n {
            sum = sum.or(self.life(x, end, 1.0, end + 1));
        }
        let [by_alpha, by_beta, by_gamma, by_delta] = sum.slopes;
        [sum.ln, by_alpha, by_beta, by_gamma, by_delta]
    }

    /// A life of x purchases at `opportunities`, ended by a dropout (1.0) or not (0.0), in which the
    /// customer was `trials` times about to leave.
    fn life(&self, x: usize, opportunities: usize, dropout: f64, trials: usize) -> Life {
        let silent = opportunities - x;
        let bought = self.alpha.ln[x] + self.beta.ln[silent] - self.alpha_beta.ln[opportunities];
        let stayed = self.delta.ln[opportunities] - self.gamma_delta.ln[trials];
        let both = self.alpha_beta.slope[opportunities];
        let all = self.gamma_delta.slope[trials];
        Life {
            ln: bought + stayed + dropout * libm::log(self.gamma),
            slopes: [
                self.alpha.slope[x] - both,
                self.beta.slope[silent] - both,
                dropout / self.gamma - all,
                self.delta.slope[opportunities] - all,
            ],
        }
    }
}

/// The logarithm of a probability and its derivatives.
struct Life {
    ln: f64,
    slopes: [f64; 4],
}

impl Life {
    /// One or the other.
    fn or(self, other: Self) -> Self {
        let greater = self.ln.max(other.ln);
        let (this, that) = (libm::exp(self.ln - greater), libm::exp(other.ln - greater));
        let both = this + that;
        let mut slopes = [0.0; 4];
        for (k, slope) in slopes.iter_mut().enumerate() {
            *slope = (this * self.slopes[k] + that * other.slopes[k]) / both;
        }
        Self { ln: greater + libm::log(both), slopes }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::reference::{assert_close, assert_published, published, rows},
        *,
    };

    fn donations() -> Patterns<[f64; 3]> {
        let rows = rows(include_str!("../../../tests/data/reference/donations.csv"));
        let patterns = rows.iter().map(|row| {
            let history = ["frequency", "recency", "periods"].map(|c| row[c].parse().unwrap());
            (history, row["weights"].parse().unwrap())
        });
        Patterns::new(patterns.collect())
    }

    fn published_model() -> BgBb {
        model(published("bgbb|donations", &PARAMETERS).0.try_into().unwrap())
    }

    /// 1.204, 0.750, 0.657, 2.783 with −33,225.6 in the paper.
    #[test]
    fn fit_of_the_donations() {
        let fit = fit(&donations());
        assert_eq!(fit.observations, 11_104);
        assert_published(&fit, "bgbb|donations", &PARAMETERS);
    }

    /// R's BTYD vignette gives 0.1302 and 3.6280 for the next ten opportunities of a customer who never
    /// bought again, and of one who bought four times, last at the fifth of six.
    #[test]
    fn scores_of_the_donations() {
        let model = published_model();
        let never = History::new(0.0, 0.0, 6.0).unwrap();
        let often = History::new(4.0, 5.0, 6.0).unwrap();
        assert_close(model.expected_purchases(10.0, &never), 0.130_22, 5e-5, "never");
        assert_close(model.expected_purchases(10.0, &often), 3.628_0, 5e-5, "often");
    }

    /// All ways in which four opportunities after two can turn out, counted one by one with the
    /// probabilities of buying and leaving integrated on a grid.
    #[test]
    fn scores_by_enumeration() {
        let model = BgBb { alpha: 1.0, beta: 2.0, gamma: 1.0, delta: 3.0 };
        let steps = 2_000;
        let (mut seen, mut alive, mut purchases, mut active) = (0.0, 0.0, 0.0, 0.0);
        for i in 0..steps {
            for j in 0..steps / 10 {
                let buy = (f64::from(i) + 0.5) / f64::from(steps);
                let leave = (f64::from(j) + 0.5) / f64::from(steps / 10);
                // Beta(1, 2) and Beta(1, 3).
                let weight = (1.0 - buy) * (1.0 - leave).powi(2);
                let stay = 1.0 - leave;
                // Bought at the first of two opportunities, not at the second.
                let there = stay * stay * buy * (1.0 - buy);
                seen += weight * (there + stay * buy * leave);
                alive += weight * there * stay;
                let bought: f64 = (1..=4).map(|k| stay.powi(k) * buy).sum();
                purchases += weight * there * bought;
                let first: f64 =
                    (1..=4).map(|k| stay.powi(k) * buy * (1.0 - buy).powi(k - 1)).sum();
                active += weight * there * first;
            }
        }
        let history = History::new(1.0, 1.0, 2.0).unwrap();
        assert_close(model.p_alive(&history), alive / seen, 1e-4, "alive");
        assert_close(model.expected_purchases(4.0, &history), purchases / seen, 1e-4, "purchases");
        assert_close(model.p_active(4.0, &history), active / seen, 1e-4, "active");
    }
}
