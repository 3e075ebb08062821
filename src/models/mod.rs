/*!
Statistics as pure functions over slices: no Arrow, no DataFusion, no I/O.

Every formula names its paper, its units and where it does not hold.
*/

pub mod components;
pub mod funnel;
pub mod normal;
pub mod proportion;
pub mod quantile;
