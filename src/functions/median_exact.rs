/*!
`median_exact(value)`: the middle value of a group.
*/

use datafusion::{arrow::datatypes::DataType, logical_expr::AggregateUDF};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
    quantile_exact::{Quantiles, aggregate, groups},
};

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "median_exact",
        syntax: "median_exact(value)",
        summary: "Median of a group, as Float64, the same for any order of rows.",
        semantics: "quantile_exact(value, 0.5): the mean of the two middle values where their number \
                    is even. Nulls do not count; null where no value is left.",
        complexity: "O(n) a group; 16 bytes a value, 32 for decimals.",
        example: "select median_exact(duration_seconds) from core.sessions group by channel",
        source: "Hyndman and Fan 1996, definition 7.",
    },
    build: Build::Aggregate(build),
};

fn build() -> AggregateUDF {
    aggregate(
        FUNCTION.doc,
        |given| Parameters::new(FUNCTION.doc.syntax, &[Argument::Measure]).coerce(given),
        |_| DataType::Float64,
        |call| groups(call, Quantiles::One(0.5)),
    )
    .into()
}
