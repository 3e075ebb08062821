/*!
YAML text in, a validated [`Pipeline`](pipeline::Pipeline) out, with every error at once and in its place.

Leaves reading files and everything about tables to others; imports neither Arrow nor the engine.
*/

pub mod blocks;
pub mod drift;
pub mod formats;
pub mod generated;
pub mod limits;
pub mod params;
pub mod pipeline;
pub mod preset;
pub mod reading;
pub mod records;
pub mod source;
pub mod tables;
pub mod types;
pub mod xlsx;
pub mod yaml;

mod load;
mod resolve;
mod resolved;
mod wire;

pub use load::{LoadRequest, PresetText, load, load_text};

/// The JSON Schema of a pipeline file, for editors.
pub fn schema() -> serde_json::Value {
    yaml::Schema::of::<wire::PipelineConfig>().json().clone()
}
