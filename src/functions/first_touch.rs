/*!
`first_touch(ts, value [, sequence])`: the value at the first instant of a group.
*/

use datafusion::logical_expr::AggregateUDF;

use super::{
    Build, Function, FunctionDoc,
    touch::{End, aggregate, coerce, groups},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "first_touch",
        syntax: "first_touch(ts, value [, sequence])",
        summary: "The value with the smallest time stamp of a group.",
        semantics: "Events of one instant come in the order of `sequence` (a whole number, null last), \
                    then of their values, so the result does not depend on the order of rows. Text, \
                    integers, decimals, dates and time stamps. Rows with a null ts or value are \
                    ignored, so the first known value counts; null where none is left.",
        complexity: "O(1) a row; 32 bytes a group (48 for decimals), each text that was ever the \
                     first one once.",
        example: "select customer_key, first_touch(occurred_at, utm_source, event_sequence) as \
                  acquisition_source from core.touchpoints group by customer_key",
        source: "SQL first_value with an order that is total.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    aggregate(
        FUNCTION.doc.name,
        |given| coerce(FUNCTION.doc.syntax, given),
        |call| groups(call, End::First),
    )
    .into()
}
