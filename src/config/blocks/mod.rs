/*!
The blocks in which a company says what the domain's words mean to it. Each file holds one block: its
keys, the rows it gives to `config.*` tables and, where it has predicates, the SQL made from them.
*/

pub mod bots;
pub mod funnels;
pub mod journeys;
pub mod segments;
pub mod sessions;
pub mod subscriptions;

/// A cell of a `config.*` table.
fn cell(value: impl ToString) -> Option<String> {
    Some(value.to_string())
}
