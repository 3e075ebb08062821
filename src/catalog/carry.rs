/*!
Columns that a source carries: a mapping hands them on although its SQL does not name them.

They are put into every select on the way from the source's rows to what the mapping returns. A
select that groups rows or removes equal ones has no row to take them from, and ends the way.
*/

use datafusion::sql::sqlparser::ast::{
    Cte, Expr, GroupByExpr, Ident, Query, Select, SelectItem, SetExpr, SetOperator, SetQuantifier,
    TableFactor, With,
};

use super::sql::folded;

/// Carries columns of `raw.*` through a mapping; whether there was a way.
pub(super) fn through(query: &mut Query, names: &[String]) -> bool {
    let mut carried = query.clone();
    let found = carry_query(&mut carried, names, &mut Vec::new());
    if found {
        *query = carried;
    }
    found
}

/// A CTE in sight, and whether it carries already.
struct Known {
    cte: Cte,
    carries: bool,
}

fn carry_query(query: &mut Query, names: &[String], outer: &mut Vec<Known>) -> bool {
    let own = query.with.as_ref().map_or(0, |with| with.cte_tables.len());
    for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
        outer.push(Known { cte: cte.clone(), carries: false });
    }
    let found = carry_body(&mut query.body, names, outer);
    let known = outer.split_off(outer.len() - own);
    if let Some(With { cte_tables, .. }) = &mut query.with {
        *cte_tables = known.into_iter().map(|known| known.cte).collect();
    }
    found
}

fn carry_body(body: &mut SetExpr, names: &[String], known: &mut Vec<Known>) -> bool {
    match body {
        SetExpr::Select(select) => carry_select(select, names, known),
        SetExpr::Query(query) => carry_query(query, names, known),
        SetExpr::SetOperation {
            left,
            op: SetOperator::Union,
            set_quantifier: SetQuantifier::All,
            right,
        } => carry_body(left, names, known) && carry_body(right, names, known),
        _ => false,
    }
}

fn carry_select(select: &mut Select, names: &[String], known: &mut Vec<Known>) -> bool {
    let groups = match &select.group_by {
        GroupByExpr::All(_) => true,
        GroupByExpr::Expressions(keys, _) => !keys.is_empty(),
    };
    if groups || select.distinct.is_some() {
        return false;
    }
    let factors = select.from.iter_mut().flat_map(|table| {
        let joined = table.joins.iter_mut().map(|join| &mut join.relation);
        std::iter::once(&mut table.relation).chain(joined)
    });
    let mut from = None;
    for factor in factors {
        from = carry_factor(factor, names, known);
        if from.is_some() {
            break;
        }
    }
    let Some(from) = from else { return false };
    let is_whole = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_));
    if select.projection.iter().any(is_whole) {
        return true;
    }
    for name in names {
        let is_there = select.projection.iter().any(|item| match item {
            SelectItem::UnnamedExpr(Expr::Identifier(own)) => folded(own) == *name,
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => {
                parts.last().is_some_and(|own| folded(own) == *name)
            }
            SelectItem::ExprWithAlias { alias, .. } => folded(alias) == *name,
            _ => false,
        });
        if !is_there {
            let column = Expr::CompoundIdentifier(vec![from.clone(), Ident::new(name)]);
            select.projection.push(SelectItem::UnnamedExpr(column));
        }
    }
    true
}

/// The name by which a select reaches the carried columns of a relation.
fn carry_factor(
    factor: &mut TableFactor,
    names: &[String],
    known: &mut Vec<Known>,
) -> Option<Ident> {
    match factor {
        TableFactor::Derived { subquery, alias, .. } => {
            let alias = alias.as_ref()?.name.clone();
            carry_query(subquery, names, known).then_some(alias)
        }
        TableFactor::Table { name, alias, args: None, .. } => {
            let own = name.0.last()?.as_ident()?.clone();
            let shown = alias.as_ref().map_or(own.clone(), |alias| alias.name.clone());
            match name.0.as_slice() {
                [schema, _] => (folded(schema.as_ident()?) == "raw").then_some(shown),
                _ => carry_cte(&folded(&own), names, known).then_some(shown),
            }
        }
        _ => None,
    }
}

/// A CTE sees only those before it.
fn carry_cte(name: &str, names: &[String], known: &mut Vec<Known>) -> bool {
    let Some(at) = known.iter().rposition(|known| folded(&known.cte.alias.name) == name) else {
        return false;
    };
    if known[at].carries {
        return true;
    }
    let later = known.split_off(at + 1);
    let found = known.pop().is_some_and(|mut own| {
        own.carries = carry_query(&mut own.cte.query, names, known);
        let carries = own.carries;
        known.push(own);
        carries
    });
    known.extend(later);
    found
}

#[cfg(test)]
mod tests {
    use super::super::{mapping::redirect, sql::parse};

    use super::*;

    fn carried(sql: &str) -> Option<String> {
        let mut query = parse("x.sql", &sql.into()).unwrap();
        redirect(&mut query, "shop");
        let before = query.to_string();
        let found = through(&mut query, &["coupon".to_owned()]);
        assert!(found || query.to_string() == before);
        found.then(|| query.to_string())
    }

    #[test]
    fn columns_travel_along_the_rows() {
        for (sql, expected) in [
            ("select id from source", "SELECT id, source.coupon FROM raw.\"shop\" AS source"),
            ("select * from source", "SELECT * FROM raw.\"shop\" AS source"),
            (
                "select id, upper(coupon) as coupon from source as s",
                "SELECT id, upper(coupon) AS coupon FROM raw.\"shop\" AS s",
            ),
            (
                "with a as (select id from source), b as (select a.id from lookups.x join a on a.id = x.id) select * from b",
                "WITH a AS (SELECT id, source.coupon FROM raw.\"shop\" AS source), \
                 b AS (SELECT a.id, a.coupon FROM lookups.x JOIN a ON a.id = x.id) SELECT * FROM b",
            ),
            (
                "with a as (select id from source) select id from a union all select id from (select id from a) as t",
                "WITH a AS (SELECT id, source.coupon FROM raw.\"shop\" AS source) SELECT id, a.coupon FROM a \
                 UNION ALL SELECT id, t.coupon FROM (SELECT id, a.coupon FROM a) AS t",
            ),
        ] {
            assert_eq!(carried(sql).as_deref(), Some(expected), "{sql}");
        }
    }

    #[test]
    fn rows_that_are_taken_together_carry_nothing() {
        for sql in [
            "select id, count(*) as n from source group by id",
            "select distinct id from source",
            "select id from source union select id from source",
            "with a as (select id from source group by id) select * from a",
            "select id from core.orders",
        ] {
            assert_eq!(carried(sql), None, "{sql}");
        }
    }
}
