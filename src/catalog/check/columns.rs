/*!
What a query returns against what its file, its contract or BI tools expect.
*/

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, Schema},
    sql::sqlparser::ast::Query,
};

use crate::{
    config::types::ColumnType,
    engine::types::declared_type,
    error::{Diagnostic, codes},
    publish::boundary,
};

use super::{
    super::{
        contract::{Contract, SOURCE_COLUMNS},
        data::PLACE_COLUMNS,
        node::Node,
        sql::select_place,
    },
    surprises::output_place,
};

/// A type as headers spell it, or as Arrow does.
fn shown(of: &DataType) -> String {
    declared_type(of).map_or_else(|| of.to_string(), |of| of.to_string())
}

/// Compares the columns that a header declares with those that come back: names, order, types.
pub(super) fn compare(node: &Node, query: &Query, schema: &Schema) -> Vec<Diagnostic> {
    let declared = &node.header.columns;
    let mut found = Vec::new();
    let returned: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    for (index, name) in returned.iter().enumerate() {
        let span = || output_place(query, name);
        if returned[..index].contains(name) {
            let message = format!("column `{name}` is returned twice");
            found.push(node.error(codes::SCHEMA_MISMATCH, span(), message));
        } else if !declared.is_empty()
            && !declared.keys().any(|known| known.eq_ignore_ascii_case(name))
        {
            let message = format!("column `{name}` is returned but not declared in the header");
            found.push(
                node.error(codes::SCHEMA_MISMATCH, span(), message)
                    .did_you_mean(name, declared.keys().map(String::as_str)),
            );
        }
    }
    for (name, column) in declared {
        let place = |key: &str| node.header_place(&["columns", name, key]);
        let Some(field) =
            schema.fields().iter().find(|field| field.name().eq_ignore_ascii_case(name))
        else {
            let message = format!("column `{name}` is declared but not returned");
            let fault = Diagnostic::error(codes::SCHEMA_MISMATCH, message).at(place(""));
            found.push(fault.did_you_mean(name, returned.iter().copied()));
            continue;
        };
        let is_null = field.data_type() == &DataType::Null;
        if !is_same(&column.column_type, field.data_type()) {
            let message = format!(
                "column `{name}` is declared {}, but the query returns {}",
                column.column_type,
                if is_null { "null without a type".to_owned() } else { shown(field.data_type()) },
            );
            let hint =
                format!("cast it in the query, or declare `type: {}`", shown(field.data_type()));
            let fault = Diagnostic::error(codes::SCHEMA_MISMATCH, message).at(place("type"));
            found.push(match is_null {
                true => fault.hint("cast it: `cast(null as …)`"),
                false => fault.hint(hint),
            });
        }
    }
    if found.is_empty()
        && let Some((expected, _)) = declared
            .keys()
            .zip(&returned)
            .find(|(declared, name)| !declared.eq_ignore_ascii_case(name))
    {
        let message =
            format!("column `{expected}` stands elsewhere in the query than in the header");
        let fault = Diagnostic::error(codes::SCHEMA_MISMATCH, message);
        found.push(
            fault
                .at(node.header_place(&["columns", expected]))
                .hint(format!("the query returns {}", returned.join(", "))),
        );
    }
    found
}

fn is_same(declared: &ColumnType, planned: &DataType) -> bool {
    let declared = match declared {
        ColumnType::Json => &ColumnType::String,
        other => other,
    };
    declared_type(planned).as_ref() == Some(declared)
}

/// The names that the header mentions beside the columns must exist.
pub(super) fn named_columns(node: &Node, schema: &Schema) -> Vec<Diagnostic> {
    let known: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let lists = [("grain", &node.header.grain), ("sort_by", &node.header.sort_by)];
    let mut found = Vec::new();
    for (key, names) in lists {
        for (index, name) in names.iter().enumerate() {
            if !known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                let place = node.header_place(&[key, &index.to_string()]);
                let message = format!("`{key}` names `{name}`, which the query does not return");
                found.push(
                    Diagnostic::error(codes::UNKNOWN_COLUMN, message)
                        .at(place)
                        .did_you_mean(name, known.iter().copied()),
                );
            }
        }
    }
    for name in known.iter().filter(|name| PLACE_COLUMNS.contains(name)) {
        let message = format!("`{name}` depends on how files are laid out and stays in raw tables");
        found.push(
            Diagnostic::error(codes::REFUSED_SQL, message)
                .at(crate::error::Location::line(&*node.file, 1))
                .hint("name the columns instead of `select *`"),
        );
    }
    found
}

/// What a mapping returns must fit its contract.
pub(super) fn fits_contract(
    node: &Node,
    query: &Query,
    schema: &Schema,
    name: &str,
    contract: &Contract,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for field in schema.fields() {
        let span = || output_place(query, field.name());
        match contract.columns.get(field.name()) {
            None if SOURCE_COLUMNS.contains(&field.name().as_str()) => {
                let message = format!("`{}` is added by the engine", field.name());
                found
                    .push(node.error(codes::SCHEMA_MISMATCH, span(), message).hint("leave it out"));
            }
            None => {
                let message = format!("contract `{name}` has no column `{}`", field.name());
                found.push(
                    node.error(codes::UNKNOWN_COLUMN, span(), message)
                        .did_you_mean(field.name(), contract.columns.keys().map(String::as_str)),
                );
            }
            Some(column) if !converts(field.data_type(), &column.column_type) => {
                let message = format!(
                    "column `{}` is {}, where contract `{name}` wants {}",
                    field.name(),
                    shown(field.data_type()),
                    column.column_type
                );
                found.push(
                    node.error(codes::SCHEMA_MISMATCH, span(), message).hint(
                        "declare the type at the source, so that bad cells are accounted for",
                    ),
                );
            }
            Some(_) => {}
        }
    }
    for (column, _) in contract.columns.iter().filter(|(_, column)| column.required) {
        if schema.index_of(column).is_err() {
            let message = format!(
                "contract `{name}` requires `{column}`, which this mapping does not return"
            );
            found.push(node.error(codes::SCHEMA_MISMATCH, select_place(query), message));
        }
    }
    found
}

/// Conversions that cannot fail on a row, or fail only where a number is too large.
fn converts(from: &DataType, to: &ColumnType) -> bool {
    use ColumnType as T;

    let Some(planned) = declared_type(from) else {
        return from == &DataType::Null
            || matches!((from, to), (DataType::Timestamp(..), T::Timestamp));
    };
    match (&planned, to) {
        (T::List(_) | T::Struct(_), T::String | T::Json) => false,
        (_, T::String) => true,
        (T::String, T::Json) => true,
        (T::Int64, T::Float64 | T::Decimal(..)) | (T::Decimal(..), T::Decimal(..) | T::Float64) => {
            true
        }
        (T::Date, T::Timestamp) => true,
        (planned, to) => planned == to,
    }
}

/// Types that BI tools cannot read from Parquet.
pub(super) fn mart_types(node: &Node, query: &Query, schema: &Schema) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for field in schema.fields() {
        if let Err(error) = boundary(&Schema::new(vec![Arc::clone(field)])) {
            let place = || node.locate(output_place(query, field.name()));
            found.extend(error.diagnostics.into_iter().map(|fault| fault.at(place())));
        }
    }
    found
}
