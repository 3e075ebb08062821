//! Twelve subscription terms with every edge case of renewals, run from the export to published
//! marts: each metric that was worked out by hand comes out as it should.
//!
//! `tests/data/reference/README.md` says where the numbers are from. Early, late and lapsed renewals,
//! growth, decline, a return, a term of three years and a trial; opening 2024-01-01, closing
//! 2025-01-01, 30 days of grace.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::program::program;

const PIPELINE: &str = "\
version: 1
pipeline: terms
description: Twelve subscription terms.
timezone: UTC
currency: USD
min_cell: 0
params:
  as_of_date: {type: date, default: 2025-01-31, description: Last day that counts.}
locations: {exports: exports, marts: marts}
subscriptions: {renewal_grace_days: 30}
sources:
  contracts:
    path: \"{exports}/*.csv\"
    format: csv
    key: [subscription_id]
    feeds: subscriptions
    columns:
      subscription_id: {type: string, required: true, description: Number of the term.}
      customer_id: {type: string, required: true, description: Who pays.}
      previous_id: {type: string, description: The term it continues.}
      kind: {type: string, required: true, description: 'initial, renewal, reactivation or trial.'}
      start_date: {type: date, required: true, description: First day.}
      end_date_exclusive: {type: date, required: true, description: Day after the last.}
      arr: {type: \"decimal(18,2)\", required: true, description: Price a year.}
      is_trial: {type: bool, required: true, description: Whether it is a trial.}
";

const MAPPING: &str = "\
select
    subscription_id,
    'contracts.customer' as buyer_type,
    customer_id as buyer_id,
    case when kind = 'renewal' then previous_id end as parent_subscription_id,
    'basic' as plan_id,
    case when is_trial then 'trialing' else 'active' end as status,
    local_day_start(start_date, 'UTC') as started_at,
    start_date as term_start_date,
    end_date_exclusive as term_end_date,
    'year' as interval,
    arr as amount,
    'USD' as currency,
    case when is_trial then local_day_start(start_date, 'UTC') end as trial_start_at,
    case when is_trial then local_day_start(end_date_exclusive, 'UTC') end as trial_end_at,
    case when is_trial then local_day_start(end_date_exclusive, 'UTC') end as ended_at
from source
";

/// A project with the twelve rows, run once.
struct Published(tempfile::TempDir);

fn reference(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/reference").join(file)
}

fn expected() -> Value {
    let text = fs::read_to_string(reference("subscriptions_12row_expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

impl Published {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (file, text) in
            [("pipelines/terms.yaml", PIPELINE), ("sql/inbound/contracts.sql", MAPPING)]
        {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::create_dir(dir.path().join("exports")).unwrap();
        let table = dir.path().join("exports/subscriptions.csv");
        fs::copy(reference("subscriptions_12row.csv"), table).unwrap();
        let published = Self(dir);
        published.journeymart(&["run"]);
        published
    }

    fn journeymart(&self, arguments: &[&str]) -> String {
        let output = program(self.0.path()).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Rows of a mart as it was published.
    fn mart(&self, sql: &str) -> Vec<Value> {
        let text = self.journeymart(&["query", "--published", "--output", "json", sql]);
        serde_json::from_str(&text).unwrap()
    }

    /// Rows computed from any table.
    fn table(&self, sql: &str) -> Vec<Value> {
        serde_json::from_str(&self.journeymart(&["query", "--output", "json", sql])).unwrap()
    }
}

/// Numbers of rows and of decimals in text are compared as what they are.
#[track_caller]
fn same(name: &str, actual: &Value, expected: &Value) {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    match (number(actual), number(expected)) {
        (Some(actual), Some(expected)) => {
            assert!((actual - expected).abs() < 1e-12, "{name}: {actual} is not {expected}");
        }
        _ => assert_eq!(actual, expected, "{name}"),
    }
}

#[test]
fn twelve_rows_from_export_to_marts() {
    let published = Published::new();
    let expected = expected();
    let metric = |name: &str| expected[name].clone();

    let mrr = &published.mart(
        "select * from marts.mrr where period_unit = 'year' and period_start_date = '2024-01-01'",
    )[0];
    for (column, wanted) in [
        ("start_arr_amount", metric("opening_arr")),
        ("start_customer_count", metric("opening_customers")),
        ("end_arr_amount", metric("closing_arr_all")),
        ("gross_revenue_retention_rate", metric("GRR")),
        ("net_revenue_retention_ratio", metric("NRR_ex_reactivation")),
        ("net_revenue_retention_with_reactivation_ratio", metric("NRR_incl_reactivation")),
        ("net_revenue_retention_with_reactivation_ratio", metric("NRR_snapshot")),
        ("gross_revenue_retention_snapshot_rate", metric("GRR_snapshot_min")),
        ("is_complete", json!(true)),
    ] {
        same(column, &mrr[column], &wanted);
    }

    let churn = &published.mart(
        "select *, 1 - rate(interrupted_customer_count, start_customer_count) as continuous,
             1 - logo_churn_rate as snapshot
         from marts.churn where period_unit = 'year' and period_start_date = '2024-01-01'",
    )[0];
    same("logo retention", &churn["continuous"], &metric("logo_retention_continuous"));
    same("logo retention", &churn["snapshot"], &metric("logo_retention_snapshot"));

    let renewals = &published.mart(
        "select * from marts.renewals
         where period_unit = 'year' and period_start_date = '2024-01-01'",
    )[0];
    for (column, wanted) in [
        ("due_count", json!(5)),
        ("renewed_count", json!(4)),
        ("renewed_early_count", metric("early")),
        ("renewed_late_count", metric("late_in_grace")),
        ("renewal_rate", metric("renewal_rate_count")),
        ("on_time_renewal_rate", metric("renewal_rate_on_time")),
        ("due_arr_amount", metric("arr_due")),
        ("gross_renewal_rate", metric("renewal_rate_arr_gross")),
        ("net_renewal_ratio", metric("renewal_rate_arr_net")),
        ("mean_lag_days", metric("mean_lag_days")),
        ("trial_ended_count", json!(1)),
        ("trial_converted_count", json!(0)),
        ("is_complete", json!(true)),
    ] {
        same(column, &renewals[column], &wanted);
    }
    // What was lost of renewals is what was lost of revenue.
    let kept = published.mart(
        "select 1 - rate(lost_arr_amount, start_arr_amount) as kept
         from marts.renewals inner join marts.mrr using (period_unit, period_start_date, currency)
         where mrr.period_unit = 'year' and mrr.period_start_date = '2024-01-01'",
    );
    same("GRR of renewals", &kept[0]["kept"], &metric("GRR"));
}

#[test]
fn renewals_of_each_quarter_and_term() {
    let published = Published::new();
    let expected = expected();
    let quarters = published.mart(
        "select period_start_date, renewed_count, due_count, renewal_rate from marts.renewals
         where period_unit = 'quarter' and date_part('year', period_start_date) = 2024
         order by period_start_date",
    );
    for (quarter, row) in (1..).zip(&quarters) {
        let said = match row["renewal_rate"] {
            Value::Null => format!("null ({} due)", row["due_count"]),
            _ => format!("{}/{}", row["renewed_count"], row["due_count"]),
        };
        assert_eq!(said, expected["by_due_quarter"][format!("2024Q{quarter}")]);
    }
    assert_eq!(quarters.len(), 4);
    for (list, condition) in [("due", "true"), ("renewed", "starts_with(status, 'renewed')")] {
        let terms = published.table(&format!(
            "select subscription_id from core.renewals
             where due_date between '2024-01-01' and '2024-12-31' and origin != 'trial'
                 and {condition}
             order by subscription_id"
        ));
        let terms: Vec<&Value> = terms.iter().map(|row| &row["subscription_id"]).collect();
        assert_eq!(json!(terms), expected[list], "{list}");
    }
}

#[test]
fn movements_and_the_revenue_of_each_month() {
    let published = Published::new();
    let expected = expected();
    let events = published.table(
        "select movement_date, identities.id_value as customer, kind,
             abs(arr_change_amount) as amount
         from core.mrr_movements
         inner join core.identities on mrr_movements.customer_key = identities.customer_key
         where movement_date between '2024-01-01' and '2024-12-31'
         order by movement_date",
    );
    let wanted = expected["events"].as_array().unwrap();
    assert_eq!(events.len(), wanted.len());
    for (event, wanted) in events.iter().zip(wanted) {
        for (position, column) in ["movement_date", "customer", "kind", "amount"].iter().enumerate()
        {
            same(column, &event[*column], &wanted[position]);
        }
    }
    for (kind, amount) in expected["movements"].as_object().unwrap() {
        let sum: f64 = wanted
            .iter()
            .filter(|event| event[2] == kind.as_str())
            .map(|event| event[3].as_f64().unwrap())
            .sum();
        same(kind, &json!(sum), amount);
    }
    // Bridged: as served. Strict: until the term itself ends, whatever follows in grace.
    for (list, end) in [
        ("arr_first_of_month_bridged", "service.service_end_date"),
        (
            "arr_first_of_month_strict",
            "least(coalesce(service.service_end_date, terms.term_end_date), terms.term_end_date)",
        ),
    ] {
        for (day, wanted) in expected[list].as_object().unwrap() {
            let row = published.table(&format!(
                "select sum(service.arr_amount) as arr
                 from core.subscription_service as service
                 inner join core.subscription_terms as terms
                     on service.subscription_id = terms.subscription_id
                     and service.term_start_date = terms.term_start_date
                 where service.service_start_date <= date '{day}'
                     and coalesce({end} > date '{day}', true)"
            ));
            same(&format!("{list} {day}"), &row[0]["arr"], wanted);
        }
    }
}

/// Cohorts by the quarter of the first paid day, looked at on the last day of each quarter.
#[test]
fn cohorts_keep_what_they_keep() {
    let published = Published::new();
    let rows = published.table(
        "with
         firsts as (
             select customer_key, min(movement_date) as first_date from core.mrr_movements
             group by customer_key
         ),
         quarter_ends as (
             select period_end_date - 1 as as_of from core.periods
             where period_unit = 'quarter' and period_end_date between '2023-04-01' and '2025-01-01'
         ),
         days as (
             select firsts.customer_key, period_start(first_date, 'quarter') as cohort, as_of,
                 coalesce(sum(arr_change_amount), 0) as arr,
                 count(*) filter (where kind = 'churn') as churn_count
             from firsts
             cross join quarter_ends
             inner join core.mrr_movements
                 on firsts.customer_key = mrr_movements.customer_key and movement_date <= as_of
             group by firsts.customer_key, cohort, as_of
         ),
         kept as (
             select *,
                 min(arr) over so_far as least_arr,
                 first_value(arr) over so_far as first_arr
             from days
             window so_far as (
                 partition by customer_key order by as_of
                 rows between unbounded preceding and current row
             )
         )
         select cohort, as_of, count(*) as size, count(*) filter (where arr > 0) as logos,
             count(*) filter (where churn_count = 0) as logos_continuous, sum(arr) as arr,
             rate(sum(arr) * 100, sum(first_arr)) as nrr_pct,
             rate(sum(least(least_arr, first_arr)) * 100, sum(first_arr)) as grr_pct
         from kept group by cohort, as_of order by cohort, as_of",
    );
    let text = fs::read_to_string(reference("expected_triangle_12row.csv")).unwrap();
    let lines: Vec<Vec<&str>> =
        text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), lines.len());
    for (row, line) in rows.iter().zip(&lines) {
        let [_, size, _, as_of, logos, continuous, _, _, arr, nrr, grr] = line[..] else {
            panic!("{line:?}")
        };
        assert_eq!(row["as_of"], as_of);
        for (column, wanted) in
            [("size", size), ("logos", logos), ("logos_continuous", continuous), ("arr", arr)]
        {
            same(&format!("{column} of {line:?}"), &row[column], &json!(wanted));
        }
        for (column, wanted) in [("nrr_pct", nrr), ("grr_pct", grr)] {
            let (actual, wanted) = (row[column].as_f64().unwrap(), wanted.parse::<f64>().unwrap());
            // The file holds ten digits.
            assert!((actual - wanted).abs() < 1e-6, "{column} of {line:?}: {actual}");
        }
    }
}

/// One of six first paid spells ended, after 366 days: 2024 is a leap year.
#[test]
fn survival_of_first_spells() {
    let published = Published::new();
    let points = published.table(
        "with
         spells as (
             select customer_key, min(movement_date) as first_date,
                 min(movement_date) filter (where kind = 'churn') as end_date
             from core.mrr_movements group by customer_key
         ),
         curve as (
             select unnest(kaplan_meier(
                 coalesce(end_date, date '2025-01-01') - first_date, end_date is not null
             )) as point
             from spells
         )
         select point['duration'] as duration, point['at_risk_count'] as at_risk,
             point['event_count'] as events, point['survival'] as survival
         from curve where point['event_count'] > 0",
    );
    assert_eq!(points.len(), 1, "{points:?}");
    let point = &points[0];
    same("duration", &point["duration"], &json!(366));
    same("at risk", &point["at_risk"], &json!(6));
    same("events", &point["events"], &json!(1));
    same("survival", &point["survival"], &json!(5.0 / 6.0));
}
