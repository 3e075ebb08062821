/*!
What is known of a customer, and what every purchase model says about one.
*/

/// The purchases of a customer, times in one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct History {
    /// x: purchases after the first, those of one day counted once. A whole number.
    pub frequency: f64,
    /// t_x: time from the first to the last purchase; 0 where there was one.
    pub recency: f64,
    /// T: time from the first purchase until now.
    pub age: f64,
}

impl History {
    /// A history, if it can have happened: x is whole, 0 ≤ t_x ≤ T, and t_x = 0 where x = 0.
    pub fn new(frequency: f64, recency: f64, age: f64) -> Option<Self> {
        let is_whole = frequency >= 0.0 && frequency.fract() == 0.0;
        let is_timed = 0.0 <= recency && recency <= age && age.is_finite();
        let is_one = frequency > 0.0 || recency == 0.0;
        (is_whole && is_timed && is_one).then_some(Self { frequency, recency, age })
    }
}

/// A model of customers who buy at their own rate for as long as they stay.
///
/// What lies ahead is a product: the chance that a customer is still there, times what a customer does
/// who is.
pub trait PurchaseModel {
    /// P(alive | x, t_x, T): the chance that the customer has not left for good.
    fn p_alive(&self, history: &History) -> f64;

    /// Purchases within `horizon` of a customer with this history who is alive.
    fn purchases_if_alive(&self, horizon: f64, history: &History) -> f64;

    /// The same for several horizons.
    fn purchases_if_alive_until<const N: usize>(
        &self,
        horizons: [f64; N],
        history: &History,
    ) -> [f64; N] {
        horizons.map(|horizon| self.purchases_if_alive(horizon, history))
    }

    /// Chance of at least one purchase within `horizon` for a customer who is alive.
    fn activity_if_alive(&self, horizon: f64, history: &History) -> f64;

    /// E[X(T, T + horizon) | x, t_x, T]: purchases to expect within `horizon`.
    fn expected_purchases(&self, horizon: f64, history: &History) -> f64 {
        self.p_alive(history) * self.purchases_if_alive(horizon, history)
    }

    /// P(X(T, T + horizon) > 0 | x, t_x, T): one minus this is the probability of churn. P(alive) is
    /// not: someone alive need not buy, and BG/NBD takes everyone for alive who bought once.
    fn p_active(&self, horizon: f64, history: &History) -> f64 {
        self.p_alive(history) * self.activity_if_alive(horizon, history)
    }
}
