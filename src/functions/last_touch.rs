/*!
`last_touch(ts, value [, sequence])`: the value at the last instant of a group.
*/

use datafusion::logical_expr::AggregateUDF;

use super::{
    Build, Function, FunctionDoc,
    touch::{End, aggregate, coerce, groups},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "last_touch",
        syntax: "last_touch(ts, value [, sequence])",
        summary: "The value with the greatest time stamp of a group.",
        semantics: "The mirror image of `first_touch`: of the events of the last instant the one with the \
                    greatest `sequence`, then with the greatest value, counts, so the result does \
                    not depend on the order of rows. Types and nulls as there.",
        complexity: "O(1) a row; 32 bytes a group (48 for decimals), each text that was ever the \
                     last one once.",
        example: "select session_id, last_touch(occurred_at, page_path, event_sequence) as exit_page \
                  from core.touchpoints group by session_id",
        source: "SQL last_value with an order that is total.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    aggregate(
        FUNCTION.doc.name,
        |given| coerce(FUNCTION.doc.syntax, given),
        |call| groups(call, End::Last),
    )
    .into()
}
