/*!
Pages about a project for people: what its tables mean and where their columns come from. Reads no
data; everything stands in the manifest.
*/

mod tables;

pub use tables::{Page, pages};
