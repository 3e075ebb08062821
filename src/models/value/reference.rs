/*!
Reference numbers that the tests of several models share: `tests/data/reference/README.md` says where
they come from.
*/

use std::collections::BTreeMap;

use super::{
    super::fit::Fit,
    clv::{Months, clv},
    history::{History, PurchaseModel},
};

/// Fits of models to CDNOW histories in days / 7 (`B`), in days (`C`), and in weeks rounded to two
/// digits (`A`).
pub(super) struct Cdnow {
    /// x, t_x and T in days, and the mean value of repeat days.
    customers: Vec<([f64; 3], f64)>,
}

/// Purchases of the CDNOW sample until 1997-09-30.
pub(super) fn cdnow() -> Cdnow {
    let mut days: BTreeMap<&str, BTreeMap<i64, f64>> = BTreeMap::new();
    let text = include_str!("../../../tests/data/cdnow/CDNOW_sample.txt");
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let date = &line[12..20];
        let amount: f64 = line[23..].trim().parse().unwrap();
        if date <= "19970930" {
            *days.entry(&line[7..11]).or_default().entry(day_of_1997(date)).or_default() += amount;
        }
    }
    let end = day_of_1997("19970930");
    let customers = days
        .values()
        .map(|days| {
            let (first, last) = (*days.keys().next().unwrap(), *days.keys().last().unwrap());
            let repeats = (days.len() - 1) as f64;
            let spent: f64 = days.values().skip(1).sum();
            let history = [repeats, (last - first) as f64, (end - first) as f64];
            (history, if repeats == 0.0 { 0.0 } else { spent / repeats })
        })
        .collect();
    Cdnow { customers }
}

fn day_of_1997(date: &str) -> i64 {
    const DAYS_BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let month: usize = date[4..6].parse().unwrap();
    let day: i64 = date[6..8].parse().unwrap();
    DAYS_BEFORE[month - 1] + day
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

impl Cdnow {
    pub(super) fn weeks(&self) -> Vec<([f64; 3], u64)> {
        self.customers.iter().map(|([x, t, age], _)| ([*x, t / 7.0, age / 7.0], 1)).collect()
    }

    pub(super) fn days(&self) -> Vec<([f64; 3], u64)> {
        self.customers.iter().map(|(history, _)| (*history, 1)).collect()
    }

    pub(super) fn rounded_weeks(&self) -> Vec<([f64; 3], u64)> {
        let weeks = self.weeks().into_iter();
        weeks.map(|([x, t, age], n)| ([x, rounded(t), rounded(age)], n)).collect()
    }

    pub(super) fn spend(&self) -> Vec<([f64; 2], u64)> {
        let repeat = self.customers.iter().filter(|([x, ..], _)| *x > 0.0);
        repeat.map(|([x, ..], mean)| ([*x, *mean], 1)).collect()
    }
}

/// The exact fit called `name`, as numbers: parameters in the given order, their errors, likelihood.
pub(super) fn published(name: &str, parameters: &[&str]) -> (Vec<f64>, Vec<f64>, f64) {
    let fits: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/data/reference/model_fits.json"))
            .unwrap();
    let number = |value: &serde_json::Value| value.as_str().unwrap().parse::<f64>().unwrap();
    let fit = &fits[name];
    let each = |of: &str| parameters.iter().map(|key| number(&fit[of][*key])).collect();
    (each("params"), each("se"), number(&fit["loglik"]))
}

/// That a fit is the published one: parameters to 1e-6, errors to 1e-6, log-likelihood to 1e-7.
pub(super) fn assert_published(fit: &Fit, name: &str, parameters: &[&str]) {
    let (expected, errors, log_likelihood) = published(name, parameters);
    assert!(fit.converged(), "{name}: {fit:?}");
    for (k, parameter) in parameters.iter().enumerate() {
        assert_close(fit.parameters[k], expected[k], 1e-6, &format!("{name} {parameter}"));
        assert_close(
            fit.standard_errors[k],
            errors[k],
            1e-6,
            &format!("{name} error of {parameter}"),
        );
    }
    let difference = fit.log_likelihood.unwrap() - log_likelihood;
    assert!(difference.abs() < 1e-7, "{name}: log-likelihood differs by {difference}");
}

pub(super) fn assert_close(actual: f64, expected: f64, relative: f64, what: &str) {
    let is_close = (actual - expected).abs() <= relative * expected.abs();
    assert!(is_close, "{what}: {actual} instead of {expected}");
}

/// Rows of a CSV file by column name.
pub(super) fn rows(text: &'static str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap()
}

/// Scores of eleven customers by the exact fit in weeks, in columns that begin with `prefix`.
pub(super) fn assert_customers(model: &impl PurchaseModel, prefix: &str) {
    for row in rows(include_str!("../../../tests/data/reference/percustomer_reference.csv")) {
        let [x, recency, age] =
            ["frequency", "recency_days", "T_days"].map(|column| number(&row, column));
        let history = History::new(x, recency / 7.0, age / 7.0).unwrap();
        let name = format!("{prefix} of customer {}", row["customer_id"]);
        let check = |actual, column: &str| {
            assert_close(actual, number(&row, &format!("{prefix}_{column}")), 1e-11, &name);
        };
        check(model.p_alive(&history), "p_alive");
        check(model.expected_purchases(39.0, &history), "cet39w");
        check(model.expected_purchases(52.0, &history), "cet52w");
        let value = number(&row, "gg_expected_avg_profit");
        let months = Months { count: 12, length: 4.345, discount_rate: 0.01 };
        check(clv(model, value, &history, &months), "clv12m_W4.345");
        // The other convention of the table: months of 30 days.
        check(clv(model, value, &history, &Months { length: 30.0 / 7.0, ..months }), "clv12m_D30");
    }
}

/// Extreme parameters, in column `parameters`, and histories.
pub(super) fn assert_edge_cases<M: PurchaseModel>(
    model: fn([f64; 4]) -> M,
    parameters: &str,
    prefix: &str,
) {
    for row in rows(include_str!("../../../tests/data/reference/numeric_stress.csv")) {
        let parameters: Vec<f64> =
            row[parameters].split(' ').map(|number| number.parse().unwrap()).collect();
        let model = model(parameters.try_into().unwrap());
        let [x, recency, age] = ["x", "tx", "T"].map(|column| number(&row, column));
        let history = History::new(x, recency, age).unwrap();
        for (actual, column) in [
            (model.p_alive(&history), "p_alive"),
            (model.expected_purchases(number(&row, "t"), &history), "cet"),
        ] {
            let name = format!("{prefix}_{column} of {}", row["case"]);
            assert_close(actual, number(&row, &format!("{prefix}_{column}")), 1e-11, &name);
        }
    }
}

/// Totals over all customers of the sample: P(alive), and purchases in 39 weeks.
pub(super) fn assert_totals(model: &impl PurchaseModel, alive: f64, purchases: f64) {
    let (mut alive_sum, mut purchase_sum) = (0.0, 0.0);
    for ([x, recency, age], _) in cdnow().weeks() {
        let history = History::new(x, recency, age).unwrap();
        alive_sum += model.p_alive(&history);
        purchase_sum += model.expected_purchases(39.0, &history);
    }
    assert!((alive_sum - alive).abs() < 1e-6, "{alive_sum} alive");
    assert!((purchase_sum - purchases).abs() < 1e-6, "{purchase_sum} purchases");
}
