/*!
`retention(cond1, …)`: who came back.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array},
        datatypes::{DataType, UInt32Type},
    },
    error::Result,
    logical_expr::{AggregateUDF, EmitTo, GroupsAccumulator},
};

use super::{
    Build, Function, FunctionDoc,
    aggregate::{Aggregate, null},
    argument::{Argument, Parameters},
    filter::kept,
    store::{
        list::{Offsets, list_of},
        marked::bits,
    },
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "retention",
        syntax: "retention(cond1, …, condn)",
        summary: "For each condition whether it was met by a group that met the first, as a list.",
        semantics: "The first Boolean says whether any row meets cond1, each other one whether \
                    moreover any row, the same or another, meets its condition. Null conditions are \
                    false, 1 to 32 conditions. All false without rows.",
        complexity: "O(conditions) a row; 4 bytes a group.",
        example: "select visitor_key, retention(started_date = date '2026-06-01', started_date = date \
                  '2026-06-02') from core.sessions group by visitor_key",
        source: "ClickHouse retention, behaviour of 26.9.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    Aggregate {
        name: FUNCTION.doc.name,
        coerce: |given| {
            let required = &[Argument::Condition];
            Parameters::with_conditions(FUNCTION.doc.syntax, required).coerce(given)
        },
        returns: |_| list_of(DataType::Boolean),
        empty: null,
        state: |_| vec![DataType::UInt32],
        keeps_rows: false,
        groups: |call| Ok(Box::new(Met { conditions: call.types.len(), met: Vec::new() })),
    }
    .into()
}

/// The conditions that each group met, one bit each.
#[derive(Clone)]
struct Met {
    conditions: usize,
    met: Vec<u32>,
}

impl GroupsAccumulator for Met {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        let each = self.convert_to_state(values, filter)?;
        self.merge_batch(&each, groups, total_groups)
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        groups: &[usize],
        total_groups: usize,
    ) -> Result<()> {
        self.met.resize(total_groups, 0);
        for (met, group) in states[0].as_primitive::<UInt32Type>().values().iter().zip(groups) {
            self.met[*group] |= met;
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let (mut kept, mut offsets) = (Vec::new(), Offsets::default());
        for met in emit_to.take_needed(&mut self.met) {
            let is_entered = met & 1 != 0;
            kept.extend((0..self.conditions).map(|bit| is_entered && met & (1 << bit) != 0));
            offsets.end_at(kept.len())?;
        }
        Ok(offsets.lists(Arc::new(BooleanArray::from(kept))))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![Arc::new(UInt32Array::from(emit_to.take_needed(&mut self.met)))])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let mut met = bits(values, values[0].len());
        if let Some(kept) = kept(filter, None) {
            for (row, met) in met.iter_mut().enumerate() {
                *met *= u32::from(kept.is_valid(row));
            }
        }
        Ok(vec![Arc::new(UInt32Array::from(met))])
    }

    fn size(&self) -> usize {
        self.met.capacity() * size_of::<u32>()
    }
}
