/*!
The blocks in which a company says what the domain's words mean to it. Each file holds one block: its
keys, the rows it gives to `config.*` tables and, where it has predicates, the SQL made from them.
*/

pub mod attribution;
pub mod bots;
pub mod changes;
pub mod enrich;
pub mod experiments;
pub mod funnels;
pub mod identity;
pub(super) mod journey_preset;
pub mod journeys;
pub mod segments;
pub mod sessions;
pub mod subscriptions;
pub mod surveys;
pub mod tasks;

/// A cell of a `config.*` table.
fn cell(value: impl ToString) -> Option<String> {
    Some(value.to_string())
}
