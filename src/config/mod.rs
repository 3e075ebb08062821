/*!
YAML text in, a validated [`Pipeline`](pipeline::Pipeline) out, with every error at once and in its place.

Leaves reading files and everything about tables to others; imports neither Arrow nor the engine.
*/

pub mod formats;
pub mod source;
pub mod types;
pub mod yaml;
