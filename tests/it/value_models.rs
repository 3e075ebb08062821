//! Customer-value models by SQL alone, against the reference numbers in `tests/data/reference`:
//! histories of the CDNOW sample, fits to them, scores of its customers, and parameters and histories
//! at the edges.

use std::{fs, path::Path, sync::LazyLock};

use datafusion::prelude::{CsvReadOptions, SessionContext};
use serde_json::{Value, json};

use crate::program::program;
use crate::slt;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The CDNOW pipeline in a folder of its own.
static CDNOW: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let mapping = "pipelines/cdnow/sql/inbound/purchases.sql";
    fs::create_dir_all(dir.path().join(mapping).parent().unwrap()).unwrap();
    for file in ["pipelines/cdnow.yaml", mapping] {
        fs::copy(root().join(file), dir.path().join(file)).unwrap();
    }
    dir
});

/// What the program answers at the end of the calibration period.
fn query(sql: &str) -> Vec<Value> {
    query_on("1997-09-30", sql)
}

fn query_on(day: &str, sql: &str) -> Vec<Value> {
    let parameter = format!("as_of_date={day}");
    let output = program(CDNOW.path())
        .env("EXPORTS", root().join("tests/data/cdnow"))
        .args(["query", "pipelines/cdnow.yaml", "--param", parameter.as_str()])
        .args(["--output", "json", sql])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn reference(file: &str) -> String {
    fs::read_to_string(root().join("tests/data/reference").join(file)).unwrap()
}

fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        value => value.as_f64().unwrap_or_else(|| panic!("{value} is no number")),
    }
}

fn assert_close(actual: f64, expected: f64, relative: f64, what: &str) {
    let is_close = (actual - expected).abs() <= relative * expected.abs();
    assert!(is_close, "{what}: {actual} instead of {expected}");
}

/// At the end of the calibration period and of the sample; what was bought between the two.
#[test]
fn histories_of_cdnow() {
    let sql = "
        select
            count(*) as customers,
            sum(frequency) as repeat_purchases,
            count(*) filter (where frequency > 0) as repeaters,
            max(frequency) as most,
            sum(recency_days) as recency_days,
            sum(age_days) as age_days,
            min(age_days) as youngest,
            max(age_days) as oldest,
            round(sum(monetary_value), 6) as spend,
            round(avg(monetary_value) filter (where frequency > 0), 6) as mean_spend
        from marts.customer_value";
    let calibration = json!({
        "customers": 2357, "repeat_purchases": 2457, "repeaters": 946, "most": 29,
        "recency_days": 112_949, "age_days": 539_779, "youngest": 189, "oldest": 272,
        "spend": 33_183.643_767, "mean_spend": 35.077_848,
    });
    assert_eq!(query_on("1997-09-30", sql), [calibration]);
    let sample = json!({
        "customers": 2357, "repeat_purchases": 4339, "repeaters": 1139, "most": 43,
        "recency_days": 307_464, "age_days": 1_183_240, "youngest": 462, "oldest": 545,
        "spend": 40_758.441_378, "mean_spend": 35.784_409,
    });
    assert_eq!(query_on("1998-06-30", sql), [sample]);
    // Equal purchases of one day are purchases too, and one purchase day.
    let sql = "
        select
            count(*) as purchases,
            count(*) - (select count(*) from core.purchase_days) as on_one_day,
            count(*) filter (where gross_amount = 0) as free,
            cast(sum(gross_amount) as double) as amount
        from inbound.orders";
    let purchases = json!({"purchases": 6919, "on_one_day": 223, "free": 8, "amount": 244_091.94});
    assert_eq!(query_on("1998-06-30", sql), [purchases]);
    let sql = "
        select
            count(*) as purchase_days,
            count(distinct customer_key) as buyers,
            cast(sum(net_amount) as double) as amount
        from core.purchase_days
        where purchase_date > date '1997-09-30'";
    let holdout = json!({"purchase_days": 1882, "buyers": 684, "amount": 70_976.39});
    assert_eq!(query_on("1998-06-30", sql), [holdout]);
}

#[test]
fn fits_of_cdnow() {
    let fits = query(
        "select
            bg_nbd_fit(frequency, recency_days / 7.0, age_days / 7.0) as bg_nbd_weeks,
            mbg_nbd_fit(frequency, recency_days / 7.0, age_days / 7.0) as mbg_nbd_weeks,
            pareto_nbd_fit(frequency, recency_days / 7.0, age_days / 7.0) as pareto_nbd_weeks,
            bg_nbd_fit(frequency, recency_days, age_days) as bg_nbd_days,
            mbg_nbd_fit(frequency, recency_days, age_days) as mbg_nbd_days,
            pareto_nbd_fit(frequency, recency_days, age_days) as pareto_nbd_days,
            gamma_gamma_fit(frequency, monetary_value) as gamma_gamma,
            corr(frequency, monetary_value) filter (where frequency > 0) as correlation
        from marts.customer_value",
    );
    // As the sample's own summary has them: weeks and money of two digits, half a cent rounded up.
    let rounded = query(
        "with customers as (
            select
                frequency,
                round(recency_days / 7.0, 2) as recency,
                round(age_days / 7.0, 2) as age,
                round(monetary_value + 1e-9, 2) as spend
            from marts.customer_value
        )
        select
            bg_nbd_fit(frequency, recency, age) as bg_nbd_rounded,
            mbg_nbd_fit(frequency, recency, age) as mbg_nbd_rounded,
            pareto_nbd_fit(frequency, recency, age) as pareto_nbd_rounded,
            gamma_gamma_fit(frequency, spend) as gamma_gamma_rounded,
            corr(frequency, spend) filter (where frequency > 0) as correlation
        from customers",
    );
    let published: Value = serde_json::from_str(&reference("model_fits.json")).unwrap();
    for (fits, name) in [(&fits, "gammagamma|B_exact"), (&rounded, "gammagamma|A_rounded")] {
        let correlation = number(&fits[0]["correlation"]);
        assert_close(correlation, number(&published[name]["corr_x_m"]), 1e-9, name);
    }
    for (column, name, customers) in [
        ("bg_nbd_rounded", "bgnbd|A_rounded_weeks", 2357),
        ("mbg_nbd_rounded", "mbgnbd|A_rounded_weeks", 2357),
        ("pareto_nbd_rounded", "paretonbd|A_rounded_weeks", 2357),
        ("gamma_gamma_rounded", "gammagamma|A_rounded", 946),
        ("bg_nbd_weeks", "bgnbd|B_days_div_7", 2357),
        ("mbg_nbd_weeks", "mbgnbd|B_days_div_7", 2357),
        ("pareto_nbd_weeks", "paretonbd|B_days_div_7", 2357),
        ("bg_nbd_days", "bgnbd|C_days", 2357),
        ("mbg_nbd_days", "mbgnbd|C_days", 2357),
        ("pareto_nbd_days", "paretonbd|C_days", 2357),
        ("gamma_gamma", "gammagamma|B_exact", 946),
    ] {
        let fits = if column.ends_with("_rounded") { &rounded } else { &fits };
        let (fit, expected) = (&fits[0][column], &published[name]);
        assert_eq!((&fit["converged"], &fit["reason"]), (&Value::Bool(true), &Value::Null));
        assert_eq!(fit["n"], customers, "{column}");
        let difference = number(&fit["log_likelihood"]) - number(&expected["loglik"]);
        assert!(difference.abs() < 1e-6, "{column}: log-likelihood differs by {difference}");
        for (parameter, value) in expected["params"].as_object().unwrap() {
            let what = format!("{column} {parameter}");
            assert_close(number(&fit["parameters"][parameter]), number(value), 1e-6, &what);
            let (actual, error) = (&fit["standard_errors"][parameter], &expected["se"][parameter]);
            assert_close(number(actual), number(error), 1e-5, &what);
        }
    }
}

/// The mart itself is scored by the model that foretold the second half of these 272 days best.
const SCORES: &str = "
    with fits as (
        select
            bg_nbd_fit(frequency, recency_days / 7.0, age_days / 7.0) as bg_nbd,
            mbg_nbd_fit(frequency, recency_days / 7.0, age_days / 7.0) as mbg_nbd,
            pareto_nbd_fit(frequency, recency_days / 7.0, age_days / 7.0) as pareto_nbd,
            gamma_gamma_fit(frequency, monetary_value) as spend
        from marts.customer_value
    ),
    customers as (
        select
            cast(identities.id_value as bigint) as id,
            frequency as x,
            recency_days / 7.0 as t_x,
            age_days / 7.0 as t,
            monetary_value as m
        from marts.customer_value
        inner join core.identities on customer_value.customer_id = identities.customer_id
    ),
    scores as (
        select
            id,
            gamma_gamma_expected_value(spend, x, m) as gg_expected_avg_profit,
            bg_nbd_p_alive(bg_nbd, x, t_x, t) as bgnbd_p_alive,
            bg_nbd_expected_purchases(bg_nbd, 39, x, t_x, t) as bgnbd_cet39w,
            bg_nbd_expected_purchases(bg_nbd, 52, x, t_x, t) as bgnbd_cet52w,
            clv(bg_nbd, spend, x, t_x, t, m, 0.01, 12, 4.345) as \"bgnbd_clv12m_W4.345\",
            clv(bg_nbd, spend, x, t_x, t, m, 0.01, 12, 30 / 7.0) as \"bgnbd_clv12m_D30\",
            mbg_nbd_p_alive(mbg_nbd, x, t_x, t) as mbgnbd_p_alive,
            mbg_nbd_expected_purchases(mbg_nbd, 39, x, t_x, t) as mbgnbd_cet39w,
            mbg_nbd_expected_purchases(mbg_nbd, 52, x, t_x, t) as mbgnbd_cet52w,
            clv(mbg_nbd, spend, x, t_x, t, m, 0.01, 12, 4.345) as \"mbgnbd_clv12m_W4.345\",
            clv(mbg_nbd, spend, x, t_x, t, m, 0.01, 12, 30 / 7.0) as \"mbgnbd_clv12m_D30\",
            pareto_nbd_p_alive(pareto_nbd, x, t_x, t) as paretonbd_p_alive,
            pareto_nbd_expected_purchases(pareto_nbd, 39, x, t_x, t) as paretonbd_cet39w,
            pareto_nbd_expected_purchases(pareto_nbd, 52, x, t_x, t) as paretonbd_cet52w,
            clv(pareto_nbd, spend, x, t_x, t, m, 0.01, 12, 4.345) as \"paretonbd_clv12m_W4.345\",
            clv(pareto_nbd, spend, x, t_x, t, m, 0.01, 12, 30 / 7.0) as \"paretonbd_clv12m_D30\"
        from customers
        cross join fits
    )";

#[test]
fn scores_of_cdnow_customers() {
    let sql = format!("{SCORES} select * from scores");
    let scores = query(&sql);
    assert_eq!(scores.len(), 2357);
    let mut reader =
        csv::Reader::from_path(root().join("tests/data/reference/percustomer_reference.csv"))
            .unwrap();
    let columns = reader.headers().unwrap().clone();
    let mut compared = 0;
    for row in reader.records() {
        let row = row.unwrap();
        let found = scores.iter().find(|score| number(&score["id"]).to_string() == row[0]);
        let found = found.unwrap_or_else(|| panic!("no customer {}", &row[0]));
        for (column, expected) in columns.iter().zip(&row) {
            if let Some(actual) = found.get(column) {
                let what = format!("{column} of customer {}", &row[0]);
                assert_close(number(actual), expected.parse().unwrap(), 1e-6, &what);
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 11 * 16);
    // Totals over all 2,357, as published.
    for (column, expected) in [
        ("gg_expected_avg_profit", 83_089.607_622),
        ("bgnbd_p_alive", 1_917.277_671),
        ("bgnbd_cet39w", 1_653.408_698),
        ("bgnbd_clv12m_W4.345", 71_507.951_757),
        ("bgnbd_clv12m_D30", 70_726.720_077),
        ("mbgnbd_p_alive", 1_057.636_371),
        ("mbgnbd_cet39w", 1_576.728_302),
        ("mbgnbd_clv12m_W4.345", 67_774.139_661),
        ("paretonbd_p_alive", 1_051.875_247),
        ("paretonbd_cet39w", 1_665.513_107),
        ("paretonbd_clv12m_W4.345", 72_315.607_248),
    ] {
        let total: f64 = scores.iter().map(|score| number(&score[column])).sum();
        assert_close(total, expected, 1e-6, column);
    }
}

async fn with_table(name: &str, file: &str) -> SessionContext {
    let context = slt::session(2, 8192);
    let path = root().join("tests/data/reference").join(file);
    context.register_csv(name, path.to_str().unwrap(), CsvReadOptions::new()).await.unwrap();
    context
}

/// Rows that differ from the reference by more than a billionth.
async fn differences(context: &SessionContext, sql: &str) -> Vec<String> {
    slt::render(&context.sql(sql).await.unwrap().collect().await.unwrap())
}

#[tokio::test]
async fn edge_cases_of_parameters_and_histories() {
    let context = with_table("cases", "numeric_stress.csv").await;
    let parameter = |column: &str, names: [&str; 4]| {
        let numbers: Vec<String> = names
            .iter()
            .enumerate()
            .map(|(k, name)| {
                format!("'{name}', cast(split_part({column}, ' ', {}) as double)", k + 1)
            })
            .collect();
        format!("named_struct('parameters', named_struct({}))", numbers.join(", "))
    };
    let beta_geometric = parameter("bg_params", ["r", "alpha", "a", "b"]);
    let pareto = parameter("pareto_params", ["r", "alpha", "s", "beta"]);
    for (function, column, model) in [
        ("bg_nbd", "bg", &beta_geometric),
        ("mbg_nbd", "mbg", &beta_geometric),
        ("pareto_nbd", "pareto", &pareto),
    ] {
        let sql = format!(
            "with scores as (
                select
                    *,
                    {function}_p_alive({model}, x, tx, \"T\") as alive,
                    {function}_expected_purchases({model}, t, x, tx, \"T\") as purchases
                from cases
            )
            select \"case\", alive, {column}_p_alive, purchases, {column}_cet
            from scores
            where not coalesce(
                abs(alive - {column}_p_alive) <= 1e-9 * {column}_p_alive
                and abs(purchases - {column}_cet) <= 1e-9 * {column}_cet,
                false
            )"
        );
        assert_eq!(differences(&context, &sql).await, Vec::<String>::new(), "{function}");
    }
    let count = differences(&context, "select count(*) as cases from cases").await;
    assert_eq!(count, ["18"]);
}

#[tokio::test]
async fn renewals_of_both_segments() {
    let context = with_table("survival", "sbg_survival_input.csv").await;
    let projection = root().join("tests/data/reference/sbg_projection.csv");
    let options = CsvReadOptions::new();
    context.register_csv("projection", projection.to_str().unwrap(), options).await.unwrap();
    // 1,000 customers of each segment: who left in years 1 to 7, and who is still there after 7.
    let sql = "
        create table fits as
        with counts as (
            select 'regular' as segment, year, cast(round(10 * regular_pct) as bigint) as n from survival
            union all
            select 'high_end', year, cast(round(10 * high_end_pct) as bigint) from survival
        ),
        lives as (
            select later.segment, later.year, true as is_lost, earlier.n - later.n as customers
            from counts as later
            inner join counts as earlier
                on later.segment = earlier.segment and later.year = earlier.year + 1
            where later.year <= 7
            union all
            select segment, year, false, n from counts where year = 7
        )
        select segment, sbg_fit(year, is_lost, customers) as model from lives group by segment";
    context.sql(sql).await.unwrap().collect().await.unwrap();
    let sql = "
        select projection.segment, year, sbg_survival(model, year) as survival
        from projection
        inner join fits on projection.segment = fits.segment
        where abs(100 * sbg_survival(model, year) - sbg_survival) > 1e-7 * sbg_survival
            or (year > 0 and abs(sbg_retention(model, greatest(year, 1)) - sbg_retention)
                > 1e-7 * sbg_retention)";
    assert_eq!(differences(&context, sql).await, Vec::<String>::new());
    let sql = "
        select segment
        from fits
        inner join (
            values
                ('regular', 0.704077298, 1.182043026, -1680.26518846, 6.57565505627),
                ('high_end', 0.668088351, 3.806094964, -1611.15814739, 7.34472122995)
        ) as published(name, alpha, beta, log_likelihood, derl)
            on segment = name
        where abs(model['parameters']['alpha'] / alpha - 1) < 1e-8
            and abs(model['parameters']['beta'] / beta - 1) < 1e-8
            and abs(model['log_likelihood'] - log_likelihood) < 1e-6
            and abs(derl(model, 7, 0.1) / derl - 1) < 1e-8
        order by segment";
    assert_eq!(differences(&context, sql).await, ["high_end", "regular"]);
}
