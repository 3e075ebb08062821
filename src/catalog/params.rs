/*!
Typed parameters: what `$name` stands for, and putting it into a statement.

A placeholder node of the syntax tree is replaced by a typed literal, never by text, so a value can
neither inject SQL nor change its type, and every place in the file stays where it was.
*/

use std::{collections::BTreeMap, ops::ControlFlow};

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use datafusion::sql::sqlparser::{
    ast::{
        CastKind, DataType, ExactNumberInfo, Expr, Function, FunctionArg, FunctionArgExpr,
        FunctionArgumentList, FunctionArguments, Ident, ObjectName, Query, UnaryOperator,
        Value as Literal, ValueWithSpan, VisitorMut,
    },
    tokenizer::Span,
};

use crate::{
    config::{
        params::{Param, ParamValue},
        types::ColumnType,
    },
    engine::arrow_type,
    functions::local_day_start::day_start,
};

use super::walk;

/// The end of the last local day that counts, exclusive: the next local midnight, as an instant.
/// Where clocks skip midnight, the day starts at the first instant after it.
pub fn as_of(as_of_date: NaiveDate, timezone: Tz) -> DateTime<Utc> {
    let next = as_of_date.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
    day_start(next, timezone)
}

/// Names with their values.
pub type Values = BTreeMap<String, Param>;

/// A value of the engine's own.
pub fn own(ty: ColumnType, value: ParamValue) -> Param {
    Param { ty, value, description: None }
}

/// What binding found.
#[derive(Debug, Default)]
pub struct Bound {
    /// The parameters that the query uses.
    pub used: Values,
    /// Placeholders without a value, with their places.
    pub unknown: Vec<(String, Span)>,
}

/// Replaces every `$name` of a query by its value.
pub fn bind(query: &mut Query, values: &Values) -> Bound {
    let mut binder = Binder { values, bound: Bound::default() };
    walk::change(query, &mut binder);
    binder.bound
}

struct Binder<'a> {
    values: &'a Values,
    bound: Bound,
}

impl VisitorMut for Binder<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Value(ValueWithSpan { value: Literal::Placeholder(name), span }) = expr {
            let name = name.trim_start_matches('$').to_lowercase();
            match self.values.get(&name) {
                Some(value) => {
                    *expr = literal(value, *span);
                    self.bound.used.insert(name, value.clone());
                }
                None => self.bound.unknown.push((name, *span)),
            }
        }
        ControlFlow::Continue(())
    }
}

fn literal(param: &Param, span: Span) -> Expr {
    let plain = |value: Literal| Expr::Value(ValueWithSpan { value, span });
    let text = |text: String| plain(Literal::SingleQuotedString(text));
    // Through text, since a numeric literal would lose the type: `2` is an integer.
    let typed = |data_type: DataType| Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(text(param.value.to_string())),
        data_type,
        format: None,
        array: false,
    };
    match &param.value {
        ParamValue::String(value) => text(value.clone()),
        ParamValue::Bool(value) => plain(Literal::Boolean(*value)),
        ParamValue::Int64(value) => number(value.unsigned_abs().to_string(), *value < 0, span),
        ParamValue::Float64(_) => typed(DataType::Double(ExactNumberInfo::None)),
        ParamValue::Date(_) => typed(DataType::Date),
        ParamValue::Decimal { .. } | ParamValue::Timestamp(_) => call(
            "arrow_cast",
            vec![text(param.value.to_string()), text(arrow_type(&param.ty).to_string())],
            span,
        ),
    }
}

fn number(digits: String, negative: bool, span: Span) -> Expr {
    let number = Expr::Value(ValueWithSpan { value: Literal::Number(digits, false), span });
    match negative {
        true => Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(number) },
        false => number,
    }
}

fn call(name: &str, args: Vec<Expr>, span: Span) -> Expr {
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::with_span(span, name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: args
                .into_iter()
                .map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)))
                .collect(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_ends_at_local_midnight() {
        for (zone, date, expected) in [
            (Tz::Europe__Amsterdam, "2026-06-30", "2026-06-30T22:00:00+00:00"),
            (Tz::Europe__Amsterdam, "2026-03-29", "2026-03-29T22:00:00+00:00"),
            (Tz::UTC, "2026-12-31", "2027-01-01T00:00:00+00:00"),
            // Clocks went from 00:00 to 01:00 on 2018-11-04: the day began at 01:00 (-02).
            (Tz::America__Sao_Paulo, "2018-11-03", "2018-11-04T03:00:00+00:00"),
        ] {
            assert_eq!(as_of(date.parse().unwrap(), zone).to_rfc3339(), expected, "{zone} {date}");
        }
    }

    #[test]
    fn placeholders_become_literals_and_text_stays_text() {
        let sql = "select $name, $Since, $n, $unknown from core.a where x < $at";
        let mut query = super::super::sql::parse("x.sql", &sql.into()).unwrap();
        let values = Values::from([
            ("name".into(), own(ColumnType::String, ParamValue::String("' or 1 = 1 --".into()))),
            (
                "since".into(),
                own(ColumnType::Date, ParamValue::Date("2026-01-31".parse().unwrap())),
            ),
            ("n".into(), own(ColumnType::Int64, ParamValue::Int64(-3))),
            ("at".into(), own(ColumnType::Timestamp, ParamValue::Timestamp(1_500_000))),
            ("spare".into(), own(ColumnType::Bool, ParamValue::Bool(true))),
        ]);
        let bound = bind(&mut query, &values);
        assert_eq!(
            query.to_string(),
            "SELECT ''' or 1 = 1 --', CAST('2026-01-31' AS DATE), -3, $unknown \
             FROM core.a WHERE x < arrow_cast('1970-01-01T00:00:01.500Z', 'Timestamp(µs, \"UTC\")')"
        );
        assert_eq!(bound.used.keys().collect::<Vec<_>>(), ["at", "n", "name", "since"]);
        assert_eq!(bound.unknown.len(), 1);
        assert_eq!((bound.unknown[0].1.start.line, bound.unknown[0].1.start.column), (1, 27));
    }
}
