/*!
Batches of sorted touchpoints in, batches of steps out.

A step knows when the next one happened, and that may stand in the next batch: the last batch of steps
is held until then.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{
            Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray,
            TimestampMicrosecondArray, UInt32Array,
        },
        compute::take_record_batch,
        datatypes::{Int64Type, SchemaRef, TimestampMicrosecondType},
    },
    error::Result,
};

use super::position;
use crate::{
    functions::{argument::at, store::list::instants},
    models::journey::{Place, Touch, Walk},
};

pub(super) struct Walker {
    schema: SchemaRef,
    /// Journey and customer of the last row.
    key: Option<(Option<String>, Option<i64>)>,
    walk: Walk,
    /// What the last step was called.
    event_name: Option<String>,
    held: Option<Steps>,
}

/// What is read of a batch.
struct Columns<'a> {
    journey: &'a StringArray,
    customer_key: &'a Int64Array,
    occurred_at: &'a TimestampMicrosecondArray,
    event_name: &'a StringArray,
    stage_number: &'a Int64Array,
    can_start: &'a BooleanArray,
    ends: &'a BooleanArray,
    timeout_seconds: &'a Int64Array,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Self {
        let column = |name| batch.column(position(name));
        Self {
            journey: column("journey").as_string(),
            customer_key: column("customer_key").as_primitive::<Int64Type>(),
            occurred_at: column("occurred_at").as_primitive::<TimestampMicrosecondType>(),
            event_name: column("event_name").as_string(),
            stage_number: column("stage_number").as_primitive::<Int64Type>(),
            can_start: column("can_start").as_boolean(),
            ends: column("ends").as_boolean(),
            timeout_seconds: column("timeout_seconds").as_primitive::<Int64Type>(),
        }
    }
}

fn text(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

/// A null condition is false.
fn holds(column: &BooleanArray, row: usize) -> bool {
    column.is_valid(row) && column.value(row)
}

/// Rows that are steps, and their places.
struct Steps {
    rows: RecordBatch,
    places: Vec<Place>,
    is_repeat: Vec<bool>,
    next_step_at: Vec<Option<i64>>,
}

impl Walker {
    pub(super) fn new(schema: SchemaRef) -> Self {
        Self { schema, key: None, walk: Walk::default(), event_name: None, held: None }
    }

    /// Takes sorted rows; returns steps that are complete.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<Option<RecordBatch>> {
        if batch.num_rows() == 0 {
            return Ok(None);
        }
        let columns = Columns::of(batch);
        let (mut kept, mut places) = (Vec::new(), Vec::new());
        let (mut is_repeat, mut next_step_at) = (Vec::new(), Vec::new());
        for row in 0..batch.num_rows() {
            self.turn_to(text(columns.journey, row), at(columns.customer_key, row));
            let Some(occurred_at) = at(columns.occurred_at, row) else { continue };
            let touch = Touch {
                at: occurred_at,
                can_start: holds(columns.can_start, row),
                ends: holds(columns.ends, row),
                stage: at(columns.stage_number, row),
            };
            let timeout = at(columns.timeout_seconds, row).unwrap_or(i64::MAX);
            let Some(place) = self.walk.step(touch, timeout.saturating_mul(1_000_000)) else {
                continue;
            };
            let name = text(columns.event_name, row);
            let is_first = place.step == 1;
            is_repeat.push(!is_first && name.is_some() && name == self.event_name.as_deref());
            self.event_name = name.map(str::to_owned);
            if !is_first {
                let held = self.held.as_mut().and_then(|held| held.next_step_at.last_mut());
                if let Some(next) = next_step_at.last_mut().or(held) {
                    *next = Some(occurred_at);
                }
            }
            kept.push(row as u32);
            places.push(place);
            next_step_at.push(None);
        }
        let rows = take_record_batch(batch, &UInt32Array::from(kept))?;
        let steps = Steps { rows, places, is_repeat, next_step_at };
        let complete = self.held.replace(steps);
        complete.map(|steps| self.finished(steps)).transpose()
    }

    /// A row of another journey or customer begins anew.
    fn turn_to(&mut self, journey: Option<&str>, customer: Option<i64>) {
        let is_same = self
            .key
            .as_ref()
            .is_some_and(|(last, key)| *key == customer && last.as_deref() == journey);
        if !is_same {
            self.key = Some((journey.map(str::to_owned), customer));
            self.walk = Walk::default();
        }
    }

    /// The steps that are left.
    pub(super) fn finish(&mut self) -> Result<Option<RecordBatch>> {
        let left = self.held.take();
        left.map(|steps| self.finished(steps)).transpose()
    }

    fn finished(&self, steps: Steps) -> Result<RecordBatch> {
        let number = |read: fn(&Place) -> i64| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(steps.places.iter().map(read)))
        };
        let flag = |read: fn(&Place) -> bool| -> ArrayRef {
            Arc::new(BooleanArray::from(steps.places.iter().map(read).collect::<Vec<bool>>()))
        };
        let next: TimestampMicrosecondArray = steps.next_step_at.into();
        let mut columns = steps.rows.columns().to_vec();
        columns.extend([
            number(|place| place.instance),
            instants(steps.places.iter().map(|place| place.started_at).collect()),
            number(|place| place.same_start),
            number(|place| place.step),
            Arc::new(steps.places.iter().map(|place| place.stage_visit).collect::<Int64Array>()),
            Arc::new(next.with_timezone("UTC")),
            Arc::new(BooleanArray::from(steps.is_repeat)),
            flag(|place| place.is_backward),
            flag(|place| place.is_skip),
        ]);
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}
