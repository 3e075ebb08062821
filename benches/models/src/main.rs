//! Times of fits and scores: `models-bench HISTORIES.csv ROUNDS`, with columns frequency, recency, age
//! in days. Prints `what,seconds` lines, the best of all rounds; scores are seconds for all customers on
//! one core.

use std::{env, fs, hint::black_box, time::Instant};

#[path = "../../../src/models/mod.rs"]
#[allow(dead_code, unused_imports, reason = "only some models are timed")]
mod models;

use models::{
    fit::Fit,
    patterns::Patterns,
    value::{
        History, PurchaseModel, bg_nbd,
        clv::{Months, clv},
        mbg_nbd, pareto_nbd,
    },
};

type Fitter = fn(&Patterns<[f64; 3]>) -> Fit;

fn best(rounds: usize, mut run: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..rounds {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let text = fs::read_to_string(&arguments[1]).expect("a file of histories");
    let rounds: usize = arguments[2].parse().expect("a number of rounds");
    let histories: Vec<[f64; 3]> = text
        .lines()
        .skip(1)
        .map(|line| {
            let numbers: Vec<f64> = line.split(',').map(|n| n.parse().expect("a number")).collect();
            [numbers[0], numbers[1], numbers[2]]
        })
        .collect();
    println!("customers,{}", histories.len());
    let patterns = || Patterns::new(histories.iter().map(|history| (*history, 1)).collect());
    println!("patterns,{}", patterns().iter().count());
    let fitters: [(&str, Fitter); 3] =
        [("bg_nbd", bg_nbd::fit), ("mbg_nbd", mbg_nbd::fit), ("pareto_nbd", pareto_nbd::fit)];
    let mut fits = Vec::new();
    for (name, fitter) in fitters {
        let mut fit = None;
        // From the rows of customers: sorting and joining them is part of it.
        let seconds = best(rounds, || fit = Some(fitter(&patterns())));
        let fit = fit.expect("at least one round");
        println!("{name}_fit,{seconds}");
        for (k, parameter) in fit.parameters.iter().enumerate() {
            println!("{name}_parameter_{k},{parameter}");
        }
        println!("{name}_log_likelihood,{}", fit.log_likelihood.expect("a fit"));
        fits.push(<[f64; 4]>::try_from(fit.parameters).expect("four parameters"));
    }
    let customers: Vec<History> = histories
        .iter()
        .map(|[x, recency, age]| History::new(*x, *recency, *age).expect("a history"))
        .collect();
    scores("bg_nbd", rounds, &bg_nbd::model(fits[0]), &customers);
    scores("mbg_nbd", rounds, &mbg_nbd::model(fits[1]), &customers);
    scores("pareto_nbd", rounds, &pareto_nbd::model(fits[2]), &customers);
}

fn scores(name: &str, rounds: usize, model: &impl PurchaseModel, customers: &[History]) {
    let months = Months { count: 12, length: 30.4375, discount_rate: 0.01 };
    let all = |score: &dyn Fn(&History) -> f64| {
        best(rounds, || {
            black_box(customers.iter().map(|customer| score(customer)).sum::<f64>());
        })
    };
    println!("{name}_p_alive,{}", all(&|customer| model.p_alive(customer)));
    println!("{name}_expected_purchases,{}", all(&|c| model.expected_purchases(365.0, c)));
    println!("{name}_p_active,{}", all(&|customer| model.p_active(365.0, customer)));
    println!("{name}_clv,{}", all(&|customer| clv(model, 35.0, customer, &months)));
}
