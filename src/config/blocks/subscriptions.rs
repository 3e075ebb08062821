/*!
`subscriptions:` settles the questions on which definitions of churn and MRR differ.
*/

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell;
use crate::config::tables::Row;

/// How subscriptions are counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Subscriptions {
    /// Days after a term's end within which it can be renewed; a longer gap is churn at the term's end.
    #[schemars(range(max = 366))]
    pub renewal_grace_days: u32,
    /// Days that an unpaid subscription still counts.
    #[schemars(range(max = 366))]
    pub past_due_grace_days: u32,
    /// What a paused subscription is.
    pub paused_policy: PausedPolicy,
    /// What a discount does to MRR.
    pub discount_policy: DiscountPolicy,
    /// The day on which churn counts.
    pub churn_recognition: ChurnRecognition,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self {
            renewal_grace_days: 30,
            past_due_grace_days: 14,
            paused_policy: PausedPolicy::default(),
            discount_policy: DiscountPolicy::default(),
            churn_recognition: ChurnRecognition::default(),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PausedPolicy {
    /// Out of MRR while it lasts, and neither churn nor new.
    #[default]
    Excluded,
    /// Still in MRR.
    Counted,
    /// Churn, and new when it ends.
    Churn,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiscountPolicy {
    /// Only a discount without end lowers MRR.
    #[default]
    Forever,
    /// Every discount lowers MRR; its end is expansion.
    AsBilled,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChurnRecognition {
    /// When the cancellation takes effect in the billing system.
    Cancelled,
    /// When the paid service ends.
    #[default]
    ServiceEnd,
    /// When the customer asked for it.
    Requested,
}

impl Subscriptions {
    pub(in crate::config) fn rows(&self) -> Vec<Row> {
        let paused = match self.paused_policy {
            PausedPolicy::Excluded => "excluded",
            PausedPolicy::Counted => "counted",
            PausedPolicy::Churn => "churn",
        };
        let discount = match self.discount_policy {
            DiscountPolicy::Forever => "forever",
            DiscountPolicy::AsBilled => "as_billed",
        };
        let churn = match self.churn_recognition {
            ChurnRecognition::Cancelled => "cancelled",
            ChurnRecognition::ServiceEnd => "service_end",
            ChurnRecognition::Requested => "requested",
        };
        vec![vec![
            cell(self.renewal_grace_days),
            cell(self.past_due_grace_days),
            cell(paused),
            cell(discount),
            cell(churn),
        ]]
    }
}
