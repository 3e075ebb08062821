//! What every aggregate promises: the same result for any order of rows, size of batches, number of
//! partitions and way of merging.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
        compute::{concat_batches, take_record_batch},
    },
    datasource::MemTable,
    logical_expr::col,
};
use journeymart::functions::ALL;

use crate::slt;

/// Numbers that look random and are the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

const ROWS: usize = 6_000;

/// A few hundred visitors with ties, nulls and repeated rows.
fn rows() -> RecordBatch {
    let mut random = Numbers(42);
    let mut visitors = Vec::new();
    let (mut at, mut number, mut score, mut text) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROWS {
        visitors.push(random.below(400) as i64);
        at.push((random.below(30) > 0).then(|| random.below(50) as i64 * 1_000_000));
        number.push((random.below(20) > 0).then(|| random.below(1 << 62) as i64 - (1 << 61)));
        score.push((random.below(10) > 0).then(|| random.below(11) as i64));
        text.push((random.below(10) > 0).then(|| format!("id{}", random.below(300))));
    }
    let columns: [(&str, ArrayRef); 5] = [
        ("visitor", Arc::new(Int64Array::from(visitors))),
        ("at", Arc::new(TimestampMicrosecondArray::from(at).with_timezone("UTC"))),
        ("number", Arc::new(Int64Array::from(number))),
        ("score", Arc::new(Int64Array::from(score))),
        ("text", Arc::new(StringArray::from(text))),
    ];
    RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, column)| (name, column, true)),
    )
    .unwrap()
}

fn shuffled(rows: &RecordBatch, seed: u64) -> RecordBatch {
    let mut random = Numbers(seed);
    let mut order: Vec<i64> = (0..rows.num_rows() as i64).collect();
    for position in (1..order.len()).rev() {
        order.swap(position, random.below(position as u64 + 1) as usize);
    }
    take_record_batch(rows, &Int64Array::from(order)).unwrap()
}

/// How one run differs from another.
struct Split {
    partitions: usize,
    batch_size: usize,
    seed: u64,
    /// Hands rows on as states of one row, without aggregating them first.
    skip_partial: bool,
    /// Input sorted by visitor, so that groups are emitted while others still come.
    sorted: bool,
}

async fn answer(sql: &str, rows: &RecordBatch, split: &Split) -> Vec<String> {
    let context = slt::session(split.partitions, split.batch_size);
    if split.skip_partial {
        for (key, value) in [("rows_threshold", "0"), ("ratio_threshold", "0.0")] {
            let set = format!(
                "set datafusion.execution.skip_partial_aggregation_probe_{key} = '{value}'"
            );
            context.sql(&set).await.unwrap().collect().await.unwrap();
        }
    }
    let mut rows = shuffled(rows, split.seed);
    if split.sorted {
        let frame = context.read_batch(rows.clone()).unwrap();
        let sorted = frame.sort(vec![col("visitor").sort(true, true)]).unwrap();
        rows = concat_batches(&rows.schema(), &sorted.collect().await.unwrap()).unwrap();
    }
    let mut partitions = vec![Vec::new(); split.partitions];
    for (position, start) in (0..rows.num_rows()).step_by(split.batch_size).enumerate() {
        let length = split.batch_size.min(rows.num_rows() - start);
        partitions[position % split.partitions].push(rows.slice(start, length));
    }
    let mut table = MemTable::try_new(rows.schema(), partitions).unwrap();
    if split.sorted {
        let order = vec![col("visitor").sort(true, true)];
        table = table.with_sort_order(vec![order; 1]);
    }
    context.register_table("events", Arc::new(table)).unwrap();
    let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
    let mut lines = slt::render(&batches);
    lines.sort();
    lines
}

/// Calls of every aggregate, and of `sum`, which the engine replaces.
const AGGREGATES: &[&str] = &[
    "sum(number % 1000000)",
    "sum(distinct score)",
    "sum(score) filter (where number > 0)",
    "nps(score)",
    "nps_se(score)",
    "csat(score, 10)",
    "ces_mean(score) filter (where score between 1 and 7)",
    "ces_index(score) filter (where score between 1 and 7)",
    "ces_top3(score) filter (where score between 1 and 7)",
    "quantile_exact(number, 0.9)",
    "quantile_exact(number, [0.5, 0.9, 0]) filter (where score > 3)",
    "median_exact(cast(score as decimal(18, 4)))",
    "median_exact(number / 3.0) filter (where score > 3)",
    "chi2_p(score, (number % 1000 + 1000) / 7.0)",
    "kaplan_meier(number % 100 + 100, score > 3)",
    "nelson_aalen(number % 100 + 100, score > 3) filter (where score < 9)",
    "km_median(score - 5, number > 0) filter (where score >= 5)",
    "km_median_low(score / 7.0, number > 0)",
    "km_median_high(score / 7.0, number > 0, 0.5)",
    "log_rank(number % 100, score > 3, right(text, 1)) filter (where number % 100 >= 0)",
    "markov_attribution(make_array(right(text, 1), left(right(text, 2), 1)), score, 1)",
    "markov_attribution(make_array(right(text, 1), left(right(text, 2), 1)), 1, score, 2)",
    "shapley_attribution(make_array(text, right(text, 1), 'x'), score)",
    "shapley_attribution(make_array(right(text, 1), left(right(text, 2), 1)), score, 1)",
    "window_funnel(10, at, score > 3, score > 5, score = 9)",
    "window_funnel(10, 'strict_order', at, score > 3, score > 5, score = 9)",
    "window_funnel(10, 'strict_deduplication,strict_increase', at, score > 3, score > 5, score = 9)",
    "window_funnel(10, 'strict_once', at, score > 3, score > 5, score > 4, score = 9)",
    "funnel_steps(10, at, score > 3, score > 5, score = 9)",
    "funnel_steps(10, 'strict_order,strict_once', at, score > 3, score > 5, score = 9)",
    "sequence_match('(?1).(?2)(?t<=3)(?3)', at, score > 3, score > 5, score = 9)",
    "sequence_count('(?1)(?t==2)(?2)', at, score > 3, score > 5)",
    "sequence_match_events('(?1)(?t>=4)(?2).*(?3)', at, score > 3, score > 5, score = 9)",
    "sequence_next_node('forward', 'first_match', at, text, score > 2, score > 4, score > 1)",
    "retention(score = 1, score = 2, number > 0)",
    "path_agg(at, text)",
    "path_agg(at, text, score, true, 5) filter (where number > 0)",
    "transition(at, text, score)",
    "lifecycle(at, 'day', 'UTC')",
    "first_touch(at, text)",
    "last_touch(at, number, score)",
    "last_touch(at, cast(score as decimal(18, 4))) filter (where number > 0)",
    "sessions(3, at)",
    "sessions('gap=9, campaign_change', at, text)",
    "roc_auc(score > 5, number % 7)",
    "top_share(score, number % 7, 0.3)",
    "bg_nbd_fit(score, case when score > 0 then visitor % 40 else 0 end, 40)",
    "mbg_nbd_fit(score, case when score > 0 then visitor % 40 else 0 end, 40)",
    "pareto_nbd_fit(score, case when score > 0 then visitor % 40 else 0 end, 40)",
    "bg_bb_fit(score % 4, case when score % 4 > 0 then 3 + score % 3 else 0 end, 6)",
    "gamma_gamma_fit(score, 1 + visitor % 9 + score)",
    "sbg_fit(1 + score, number % 3 = 0)",
    "sbg_fit(1 + score, number % 3 = 0, visitor % 5)",
    "logit_fit(number % 3 = 0, score, visitor % 7 + score * score / 10.0)",
];

/// Functions that look at rows in groups, as windows or as relations.
const QUERIES: &[&str] = &[
    "select * from identity_components((
        select 'web.cookie' as left_type, text as left_value, 'shop.login' as right_type,
            cast(visitor as varchar) as right_value, at as seen_at from events), 20)",
    "select * from identity_merges((
        select 'web.cookie' as left_type, text as left_value, 'shop.login' as right_type,
            cast(visitor as varchar) as right_value, at as seen_at from events))",
    "select * from journey_steps((
        select 'j' as journey, visitor as customer_key, at as occurred_at, score as event_sequence,
            'event' as kind, 'web' as namespace,
            coalesce(text, '') || coalesce(cast(number as varchar), '') as event_id,
            text as event_name, score as stage_number, score > 3 as can_start,
            number > 0 as ends, 2 as timeout_seconds from events))",
    "select visitor, at, sessionize(at, 3) over (partition by visitor order by at) as result
        from events",
    "select visitor, score, benjamini_hochberg(score / 10.0) over (partition by visitor) as result
        from events",
];

#[test]
fn every_function_of_several_rows_is_held_to_it() {
    for function in ALL.iter().filter(|function| function.kind() != "scalar") {
        let call = format!("{}(", function.doc.name);
        let is_tried = AGGREGATES.iter().any(|aggregate| aggregate.starts_with(&call))
            || QUERIES.iter().any(|query| query.contains(&format!(" {call}")));
        assert!(is_tried, "{} has no query here", function.doc.name);
    }
}

#[tokio::test]
async fn aggregates_do_not_depend_on_order_or_split() {
    let rows = rows();
    let mut queries: Vec<String> = QUERIES.iter().map(|query| (*query).to_owned()).collect();
    for aggregate in AGGREGATES {
        queries.push(format!("select {aggregate} as result from events"));
        queries.push(format!("select visitor, {aggregate} as result from events group by visitor"));
    }
    let plain =
        Split { partitions: 1, batch_size: ROWS, seed: 1, skip_partial: false, sorted: false };
    let splits = [
        Split { partitions: 1, batch_size: 7, seed: 2, ..plain },
        Split { partitions: 2, batch_size: 1000, seed: 3, ..plain },
        Split { partitions: 8, batch_size: 100, seed: 4, ..plain },
        Split { partitions: 8, batch_size: 100, seed: 5, skip_partial: true, ..plain },
        Split { partitions: 1, batch_size: 100, seed: 6, sorted: true, ..plain },
    ];
    for sql in queries {
        let expected = answer(&sql, &rows, &plain).await;
        assert!(!expected.is_empty());
        for split in &splits {
            let actual = answer(&sql, &rows, split).await;
            assert!(
                actual == expected,
                "{sql}\n{} partitions, batches of {}, seed {}, skip_partial {}, sorted {}",
                split.partitions,
                split.batch_size,
                split.seed,
                split.skip_partial,
                split.sorted
            );
        }
    }
}
