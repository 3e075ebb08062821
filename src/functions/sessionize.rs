/*!
`sessionize(ts, rules [, campaign [, zone]])`: numbers the visits within a window partition.

A window function that never looks ahead, so DataFusion runs it in bounded memory. What it costs is
the sort of all rows by visitor and time, and most queries then group by the session, which sorts or
hashes again. Where only the sessions are wanted, `sessions` saves both.
*/

use std::{ops::Range, sync::Arc};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, Int64Array},
        datatypes::{DataType, Field, FieldRef, TimestampMicrosecondType},
    },
    common::{ScalarValue, exec_err, plan_err},
    error::Result,
    logical_expr::{
        LimitEffect, PartitionEvaluator, Signature, WindowUDF, WindowUDFImpl,
        function::{PartitionEvaluatorArgs, WindowUDFFieldArgs},
    },
    physical_expr::{PhysicalExpr, expressions::Literal},
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
    session_rules::{self, SessionRules},
};
use crate::models::sessions::Visits;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "sessionize",
        syntax: "sessionize(ts, rules [, campaign [, zone]])",
        summary: "Number of the visit a row belongs to, from 1.",
        semantics: "Window function over `(partition by visitor order by ts, ...)`. `rules` says when \
                    a visit ends: a gap (interval without months, or whole seconds), or a text as \
                    `sessions` takes it, with the same arguments beside it: 'ga4', 'ua', \
                    'gap=900,midnight'. It is the same in every row of a partition; `zone` is a \
                    constant. A silence of exactly the gap does not end a visit, and events of one \
                    instant are never parted. A null ts gets null and is passed over. Rows that do \
                    not come in ascending order of ts are an error.",
        complexity: "O(1) a row after the sort; one visit of state a partition, and as many time \
                    stamps as a rate is about.",
        example: "select sessionize(occurred_at, interval '30 minutes') over (partition by visitor_id \
                  order by occurred_at, event_id) from core.touchpoints",
        source: "Google Analytics 4 and Snowplow sessions: 30 minutes without activity end a session; \
                 other vendors' as for `sessions`.",
    },
    build: Build::Window(build),
};

const TS: usize = 0;
const RULES: usize = 1;
const CAMPAIGN: usize = 2;
const ZONE: usize = 3;

fn build() -> WindowUDF {
    WindowUDF::new_from_impl(Sessionize { signature: Parameters::signature() })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Sessionize {
    signature: Signature,
}

impl WindowUDFImpl for Sessionize {
    fn name(&self) -> &str {
        FUNCTION.doc.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let required: &[Argument] = match session_rules::is_text(given.get(RULES)) {
            true => &[Argument::Instant, Argument::Text],
            false => &[Argument::Instant, Argument::Span],
        };
        let optional = &[Argument::Text, Argument::Text];
        Parameters { syntax: FUNCTION.doc.syntax, required, optional, rest: None }.coerce(given)
    }

    fn field(&self, arguments: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(arguments.name(), DataType::Int64, true)))
    }

    fn partition_evaluator(
        &self,
        arguments: PartitionEvaluatorArgs,
    ) -> Result<Box<dyn PartitionEvaluator>> {
        let exprs = arguments.input_exprs();
        let constant = |index: usize| exprs.get(index).map(|expr| expr.downcast_ref::<Literal>());
        let zone = match constant(ZONE) {
            Some(None) => {
                return plan_err!("the zone of `{}` must be a constant", FUNCTION.doc.syntax);
            }
            Some(Some(zone)) => Some(zone.value().clone()),
            None => None,
        };
        let mut sessions = Sessions {
            has_campaign: exprs.len() > CAMPAIGN,
            zone,
            rules: None,
            varies: constant(RULES).flatten().is_none(),
            visits: None,
            last: None,
            number: 0,
            campaign: Campaign::default(),
        };
        if let Some(rules) = constant(RULES).flatten() {
            sessions.begin(rules.value().clone())?;
        }
        Ok(Box::new(sessions))
    }

    fn limit_effect(&self, _arguments: &[Arc<dyn PhysicalExpr>]) -> LimitEffect {
        LimitEffect::None
    }
}

#[derive(Debug)]
struct Sessions {
    has_campaign: bool,
    zone: Option<ScalarValue>,
    /// The rules of the partition; none before its first row where they come with the rows.
    rules: Option<(ScalarValue, SessionRules)>,
    /// Whether each row has to say the same.
    varies: bool,
    visits: Option<Visits>,
    /// Time of the last row that had one.
    last: Option<i64>,
    /// Number of the current visit.
    number: i64,
    campaign: Campaign,
}

/// The last campaign and its number: another one gets the next number.
#[derive(Debug, Default)]
struct Campaign {
    name: String,
    number: u32,
}

impl Campaign {
    fn number(&mut self, name: &str) -> u32 {
        if self.name != name {
            name.clone_into(&mut self.name);
            self.number += 1;
        }
        self.number
    }
}

impl Sessions {
    fn begin(&mut self, value: ScalarValue) -> Result<SessionRules> {
        let syntax = FUNCTION.doc.syntax;
        let rules = SessionRules::read(syntax, &value, self.has_campaign, self.zone.as_ref())?;
        self.visits = Some(Visits::new(rules.rules));
        self.rules = Some((value, rules));
        Ok(rules)
    }

    /// The rules that hold in this row: those of the first one.
    fn rules(&mut self, rules: &ArrayRef, row: usize) -> Result<SessionRules> {
        match &self.rules {
            Some((value, _)) if self.varies && !value.eq_array(rules, row)? => exec_err!(
                "the rules of `{}` must be the same in every row of a partition",
                FUNCTION.doc.syntax
            ),
            Some((_, rules)) => Ok(*rules),
            None => self.begin(ScalarValue::try_from_array(rules, row)?),
        }
    }

    fn next(&mut self, values: &[ArrayRef], row: usize) -> Result<Option<i64>> {
        let instants = values[TS].as_primitive::<TimestampMicrosecondType>();
        if instants.is_null(row) {
            return Ok(None);
        }
        let at = instants.value(row);
        if self.last.replace(at).is_some_and(|last| at < last) {
            return exec_err!(
                "`{}` met rows out of order: the window needs `order by` the same time stamp, \
                 ascending",
                FUNCTION.doc.syntax
            );
        }
        let rules = self.rules(&values[RULES], row)?;
        let campaign = values.get(CAMPAIGN).filter(|_| rules.rules.campaign_change);
        let campaign = campaign
            .map(|campaigns| campaigns.as_string::<i32>())
            .filter(|campaigns| campaigns.is_valid(row))
            .map(|campaigns| self.campaign.number(campaigns.value(row)));
        let hit = rules.hit(at, campaign)?;
        let begins = self.visits.as_mut().is_some_and(|visits| visits.begins(hit));
        self.number += i64::from(begins);
        Ok(Some(self.number))
    }
}

impl PartitionEvaluator for Sessions {
    fn is_causal(&self) -> bool {
        true
    }

    fn supports_bounded_execution(&self) -> bool {
        true
    }

    fn evaluate(&mut self, values: &[ArrayRef], range: &Range<usize>) -> Result<ScalarValue> {
        self.next(values, range.start).map(ScalarValue::Int64)
    }

    fn evaluate_all(&mut self, values: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        let numbers =
            (0..rows).map(|row| self.next(values, row)).collect::<Result<Int64Array>>()?;
        Ok(Arc::new(numbers))
    }
}
