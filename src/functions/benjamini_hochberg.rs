/*!
`benjamini_hochberg(p)`: p values of many tests, adjusted so that few findings are false.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, Float64Array},
        datatypes::{DataType, Field, FieldRef, Float64Type},
    },
    common::exec_err,
    error::Result,
    logical_expr::{
        LimitEffect, PartitionEvaluator, Signature, WindowUDF, WindowUDFImpl,
        function::{PartitionEvaluatorArgs, WindowUDFFieldArgs},
    },
    physical_expr::PhysicalExpr,
};

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Parameters},
};
use crate::models::discovery::benjamini_hochberg;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "benjamini_hochberg",
        syntax: "benjamini_hochberg(p)",
        summary: "q value of each test of a family: the share of false findings to expect if it and \
                  all tests with smaller p values are called findings.",
        semantics: "Window function over the p values of a partition, whose order does not matter: \
                    `over (partition by family)`, or `over ()` for all rows. Equal p values get \
                    equal q values. A null p value gets null and does not count as a test; one \
                    outside 0–1 is an error. Holds for independent and positively dependent tests.",
        complexity: "O(n log n) a partition; 24 bytes a row.",
        example: "select touchpoint, benjamini_hochberg(p_value) over (partition by outcome) as q_value from contrasts",
        source: "Benjamini and Hochberg, JRSS B 57 (1995) 289–300.",
    },
    build: Build::Window(build),
};

const PARAMETERS: Parameters = Parameters::new(FUNCTION.doc.syntax, &[Argument::Float]);

fn build() -> WindowUDF {
    WindowUDF::new_from_impl(Adjust { signature: Parameters::signature() })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Adjust {
    signature: Signature,
}

impl WindowUDFImpl for Adjust {
    fn name(&self) -> &str {
        FUNCTION.doc.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        PARAMETERS.coerce(given)
    }

    fn field(&self, arguments: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(arguments.name(), DataType::Float64, true)))
    }

    fn partition_evaluator(
        &self,
        _arguments: PartitionEvaluatorArgs,
    ) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Family))
    }

    fn limit_effect(&self, _arguments: &[Arc<dyn PhysicalExpr>]) -> LimitEffect {
        LimitEffect::Unknown
    }
}

/// A whole partition is looked at, at once.
#[derive(Debug)]
struct Family;

impl PartitionEvaluator for Family {
    fn evaluate_all(&mut self, values: &[ArrayRef], _rows: usize) -> Result<ArrayRef> {
        let p_values = values[0].as_primitive::<Float64Type>();
        let known: Vec<f64> = p_values.iter().flatten().collect();
        if let Some(wrong) = known.iter().find(|p| !(0.0..=1.0).contains(*p)) {
            return exec_err!("`{}` needs p from 0 to 1, not {wrong}", FUNCTION.doc.syntax);
        }
        let mut adjusted = benjamini_hochberg(&known).into_iter();
        let rows = (0..p_values.len()).map(|row| p_values.is_valid(row).then(|| adjusted.next()));
        Ok(Arc::new(rows.map(Option::flatten).collect::<Float64Array>()))
    }
}
