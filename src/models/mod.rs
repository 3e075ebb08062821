/*!
Statistics as pure functions over slices: no Arrow, no DataFusion, no I/O.

Every formula names its paper, its units and where it does not hold.
*/

pub mod attribution;
pub mod chi_square;
pub mod components;
pub mod discovery;
pub mod event;
pub mod fit;
pub mod funnel;
pub mod journey;
pub mod lifecycle;
pub mod linear;
pub mod log_rank;
pub mod logit;
pub mod markov;
pub mod maximum;
pub mod next_node;
pub mod normal;
pub mod path;
pub mod patterns;
pub mod proportion;
pub mod quantile;
pub mod ranking;
pub mod sequence;
pub mod sessions;
pub mod shapley;
pub mod special;
pub mod survey;
pub mod survival;
pub mod tail;
pub mod value;
pub mod welch;
