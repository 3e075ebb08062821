/*!
Walks over syntax trees.

sqlparser compiles its walk anew for every type of visitor, some four thousand functions each time.
Here it is compiled once to read and once to change, for visitors behind a pointer.
*/

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, ObjectName, Query, Select, Statement, TableFactor, ValueWithSpan, Visit as _,
    VisitMut as _, Visitor, VisitorMut,
};

/// Shows every part of a query to a visitor.
pub(super) fn read(query: &Query, visitor: &mut dyn Visitor<Break = ()>) {
    // A visitor that breaks off has seen what it wanted.
    let _ = query.visit(&mut Reading(visitor));
}

/// Lets a visitor change every part of a query.
pub(super) fn change(query: &mut Query, visitor: &mut dyn VisitorMut<Break = ()>) {
    let _ = query.visit(&mut Changing(visitor));
}

struct Reading<'a>(&'a mut dyn Visitor<Break = ()>);

struct Changing<'a>(&'a mut dyn VisitorMut<Break = ()>);

/// Passes every step on.
macro_rules! pass_on {
    ($($step:ident: $part:ty,)*) => {
        impl Visitor for Reading<'_> {
            type Break = ();

            $(fn $step(&mut self, part: &$part) -> ControlFlow<()> {
                self.0.$step(part)
            })*
        }

        impl VisitorMut for Changing<'_> {
            type Break = ();

            $(fn $step(&mut self, part: &mut $part) -> ControlFlow<()> {
                self.0.$step(part)
            })*
        }
    };
}

pass_on! {
    pre_visit_query: Query,
    post_visit_query: Query,
    pre_visit_select: Select,
    post_visit_select: Select,
    pre_visit_relation: ObjectName,
    post_visit_relation: ObjectName,
    pre_visit_table_factor: TableFactor,
    post_visit_table_factor: TableFactor,
    pre_visit_expr: Expr,
    post_visit_expr: Expr,
    pre_visit_statement: Statement,
    post_visit_statement: Statement,
    pre_visit_value: ValueWithSpan,
    post_visit_value: ValueWithSpan,
}
