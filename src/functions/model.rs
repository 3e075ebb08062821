/*!
Fitted models as SQL values: what a fit returns and a score takes.

A model is a struct `{model, parameters, standard_errors, log_likelihood, n, converged, reason}`.
Scores read `parameters`, and nothing else where there is nothing else, so that a model can be written
down: `named_struct('parameters', named_struct('r', 0.24, 'alpha', 4.41, 'a', 0.79, 'b', 2.43))`.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{
            Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, ListArray,
            StringArray, StructArray,
        },
        buffer::NullBuffer,
        compute::cast,
        datatypes::{DataType, Field, Fields, Float64Type},
    },
    common::exec_err,
    error::Result,
    logical_expr::ColumnarValue,
};

use super::{
    argument::{Arguments, at},
    store::list::{Offsets, list_of},
};
use crate::models::{
    fit::Fit,
    value::{bg_bb, bg_nbd, gamma_gamma, mbg_nbd, pareto_nbd, sbg},
};

/// A kind of model: its name and those of its parameters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// None where they are a list, as the intercept and coefficients of a logistic model are.
    pub(super) parameters: &'static [&'static str],
    /// Where such a model comes from, for those who gave something else.
    pub(super) hint: &'static str,
}

pub(super) const BG_NBD: &Kind = &Kind {
    name: "bg_nbd",
    parameters: &bg_nbd::PARAMETERS,
    hint: "; `bg_nbd_fit(frequency, recency, age)` makes one",
};
pub(super) const MBG_NBD: &Kind = &Kind {
    name: "mbg_nbd",
    parameters: &mbg_nbd::PARAMETERS,
    hint: "; `mbg_nbd_fit(frequency, recency, age)` makes one",
};
pub(super) const PARETO_NBD: &Kind = &Kind {
    name: "pareto_nbd",
    parameters: &pareto_nbd::PARAMETERS,
    hint: "; `pareto_nbd_fit(frequency, recency, age)` makes one",
};
pub(super) const BG_BB: &Kind = &Kind {
    name: "bg_bb",
    parameters: &bg_bb::PARAMETERS,
    hint: "; `bg_bb_fit(frequency, recency, opportunities)` makes one",
};
pub(super) const GAMMA_GAMMA: &Kind = &Kind {
    name: "gamma_gamma",
    parameters: &gamma_gamma::PARAMETERS,
    hint: "; `gamma_gamma_fit(frequency, monetary)` makes one",
};
pub(super) const SBG: &Kind = &Kind {
    name: "sbg",
    parameters: &sbg::PARAMETERS,
    hint: "; `sbg_fit(periods, is_lost)` makes one",
};
pub(super) const LOGIT: &Kind =
    &Kind { name: "logit", parameters: &[], hint: "; `logit_fit(label, feature, …)` makes one" };

impl Kind {
    /// The type of a fit.
    pub(super) fn data_type(&self) -> DataType {
        DataType::Struct(self.fields())
    }

    fn fields(&self) -> Fields {
        Fields::from(vec![
            Field::new("model", DataType::Utf8, true),
            Field::new("parameters", self.parameter_type(), true),
            Field::new("standard_errors", self.parameter_type(), true),
            Field::new("log_likelihood", DataType::Float64, true),
            Field::new("n", DataType::Int64, true),
            Field::new("converged", DataType::Boolean, true),
            Field::new("reason", DataType::Utf8, true),
        ])
    }

    fn parameter_type(&self) -> DataType {
        match self.is_list() {
            true => list_of(DataType::Float64),
            false => DataType::Struct(self.parameter_fields()),
        }
    }

    fn parameter_fields(&self) -> Fields {
        self.parameters.iter().map(|name| Field::new(*name, DataType::Float64, true)).collect()
    }

    fn is_list(&self) -> bool {
        self.parameters.is_empty()
    }

    /// Whether a struct of this type holds the parameters.
    pub(super) fn is_in(&self, given: &DataType) -> bool {
        let DataType::Struct(fields) = given else { return false };
        let Some((_, parameters)) = fields.find("parameters") else { return false };
        match parameters.data_type() {
            DataType::List(item) => self.is_list() && item.data_type().is_numeric(),
            DataType::Struct(fields) => {
                let has = |name: &&str| {
                    fields.find(name).is_some_and(|(_, field)| field.data_type().is_numeric())
                };
                !self.is_list() && self.parameters.iter().all(has)
            }
            _ => false,
        }
    }

    /// Fits as a column.
    pub(super) fn array(&self, fits: &[Fit]) -> Result<ArrayRef> {
        let name = StringArray::from_iter_values(fits.iter().map(|_| self.name));
        let likelihood: Float64Array = fits.iter().map(|fit| fit.log_likelihood).collect();
        let n = Int64Array::from_iter_values(fits.iter().map(|fit| fit.observations as i64));
        let converged: BooleanArray = fits.iter().map(|fit| Some(fit.converged())).collect();
        let reason: StringArray = fits.iter().map(|fit| fit.failure.as_deref()).collect();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(name),
            self.parameter_array(fits, |fit| &fit.parameters)?,
            self.parameter_array(fits, |fit| &fit.standard_errors)?,
            Arc::new(likelihood),
            Arc::new(n),
            Arc::new(converged),
            Arc::new(reason),
        ];
        Ok(Arc::new(StructArray::try_new(self.fields(), columns, None)?))
    }

    /// Parameters or their errors; null where there are none.
    fn parameter_array(&self, fits: &[Fit], numbers: fn(&Fit) -> &Vec<f64>) -> Result<ArrayRef> {
        let nulls = NullBuffer::from_iter(fits.iter().map(|fit| !numbers(fit).is_empty()));
        if self.is_list() {
            let mut offsets = Offsets::default();
            let mut values = Vec::new();
            for fit in fits {
                values.extend_from_slice(numbers(fit));
                offsets.end_at(values.len())?;
            }
            let all = offsets.lists(Arc::new(Float64Array::from(values)));
            let (field, offsets, values, _) = all.as_list::<i32>().clone().into_parts();
            return Ok(Arc::new(ListArray::try_new(field, offsets, values, Some(nulls))?));
        }
        let column = |k: usize| -> ArrayRef {
            Arc::new(fits.iter().map(|fit| numbers(fit).get(k).copied()).collect::<Float64Array>())
        };
        let columns = (0..self.parameters.len()).map(column).collect();
        Ok(Arc::new(StructArray::try_new(self.parameter_fields(), columns, Some(nulls))?))
    }
}

/// A column of models, one a row, or one for all rows.
pub(super) struct Models {
    fields: StructArray,
    name: Option<StringArray>,
    converged: Option<BooleanArray>,
    is_constant: bool,
}

impl Models {
    pub(super) fn new(arguments: &Arguments, position: usize) -> Result<Self> {
        let value = &arguments.values[position];
        let array = match value {
            ColumnarValue::Array(array) => Arc::clone(array),
            ColumnarValue::Scalar(scalar) => scalar.to_array()?,
        };
        let fields = array.as_struct().clone();
        let name = fields.column_by_name("model").map(|column| cast(column, &DataType::Utf8));
        let converged = fields.column_by_name("converged").map(|c| cast(c, &DataType::Boolean));
        Ok(Self {
            name: name.transpose()?.map(|column| column.as_string::<i32>().clone()),
            converged: converged.transpose()?.map(|column| column.as_boolean().clone()),
            is_constant: matches!(value, ColumnarValue::Scalar(_)),
            fields,
        })
    }

    /// The model of a row: its place, and its name where it has one. None where it is null or did not
    /// converge.
    fn usable(&self, row: usize) -> Option<usize> {
        let row = if self.is_constant { 0 } else { row };
        let parameters = self.fields.column_by_name("parameters")?;
        let is_known = self.fields.is_valid(row) && parameters.is_valid(row);
        let has_converged = self.converged.as_ref().is_none_or(|c| c.is_valid(row) && c.value(row));
        (is_known && has_converged).then_some(row)
    }

    fn name(&self, row: usize) -> Option<&str> {
        self.name.as_ref().filter(|name| name.is_valid(row)).map(|name| name.value(row))
    }

    /// A reader for models of these kinds, of which there is at least one.
    pub(super) fn of<const N: usize>(
        &self,
        kinds: &'static [&'static Kind],
    ) -> Result<Parameters<'_, N>> {
        let kind = kinds.iter().find(|kind| kind.is_in(self.fields.data_type()));
        let all = self.fields.column_by_name("parameters");
        let (Some(kind), Some(all)) = (kind, all) else {
            return exec_err!("a model without parameters");
        };
        let column = |k: usize| -> Result<Float64Array> {
            let column = all.as_struct().column_by_name(kind.parameters[k]);
            let column = column.map(|column| cast(column, &DataType::Float64)).transpose()?;
            Ok(column.map_or_else(
                || Float64Array::new_null(all.len()),
                |column| column.as_primitive::<Float64Type>().clone(),
            ))
        };
        let columns = (0..N).map(column).collect::<Result<Vec<_>>>()?;
        Ok(Parameters { models: self, kind, kinds, columns })
    }

    /// The coefficients of a row's logistic model.
    pub(super) fn coefficients(&self, row: usize) -> Result<Option<Float64Array>> {
        let Some(row) = self.usable(row) else { return Ok(None) };
        if let Some(name) = self.name(row).filter(|name| *name != LOGIT.name) {
            return exec_err!("a {name} where a {} is wanted", LOGIT.name);
        }
        let Some(all) = self.fields.column_by_name("parameters") else { return Ok(None) };
        let list = cast(&all.as_list::<i32>().value(row), &DataType::Float64)?;
        Ok(Some(list.as_primitive::<Float64Type>().clone()))
    }
}

/// Models whose parameters are N positive numbers.
pub(super) struct Parameters<'a, const N: usize> {
    models: &'a Models,
    /// What a model without a name is taken for.
    kind: &'static Kind,
    kinds: &'static [&'static Kind],
    columns: Vec<Float64Array>,
}

impl<const N: usize> Parameters<'_, N> {
    /// The kind and the parameters of a row's model; none where it is null or did not converge.
    pub(super) fn at(&self, row: usize) -> Result<Option<(&'static Kind, [f64; N])>> {
        let Some(row) = self.models.usable(row) else { return Ok(None) };
        let kind = match self.models.name(row) {
            None => self.kind,
            Some(name) => match self.kinds.iter().find(|kind| kind.name == name) {
                Some(kind) => kind,
                None => return exec_err!("a {name} where a {} is wanted", self.wanted()),
            },
        };
        let mut parameters = [0.0; N];
        for (k, (parameter, column)) in parameters.iter_mut().zip(&self.columns).enumerate() {
            let Some(value) = at(column, row) else { return Ok(None) };
            if !(value > 0.0 && value.is_finite()) {
                let name = kind.parameters[k];
                return exec_err!("parameter {name} of a {} is {value}, not above 0", kind.name);
            }
            *parameter = value;
        }
        Ok(Some((kind, parameters)))
    }

    fn wanted(&self) -> String {
        self.kinds.iter().map(|kind| kind.name).collect::<Vec<_>>().join(" or ")
    }
}
