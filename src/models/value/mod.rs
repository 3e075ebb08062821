/*!
What customers are worth: models of when they buy, what they spend and how long they stay.

| model | buying | leaving | for |
|---|---|---|---|
| [`bg_nbd`] | at any time | after a repeat purchase | shops |
| [`mbg_nbd`] | at any time | after any purchase | shops |
| [`pareto_nbd`] | at any time | at any time | shops |
| [`bg_bb`] | at given opportunities | between them | donations, events |
| [`sbg`] | | at a renewal | subscriptions |
| [`gamma_gamma`] | spend of a purchase | | beside one of the first four |

Every model is fitted by maximum likelihood to many customers and then scores each of them. Time may
be in any unit; horizons and rates are then in the same one. A score is a number for every history in
the model's domain, also where the published closed form divides zero by zero or takes the difference
of nearly equal numbers: each file says how.
*/

pub mod bg_bb;
mod beta_geometric;
pub mod bg_nbd;
pub mod clv;
mod dropout_integral;
pub mod gamma_gamma;
mod history;
pub mod mbg_nbd;
pub mod pareto_nbd;
#[cfg(test)]
mod reference;
pub mod sbg;

pub use beta_geometric::{BetaGeometric, Dropout};
pub use history::{History, PurchaseModel};
