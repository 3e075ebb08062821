/*!
JSON: one object per line, arrays, enveloped arrays, streams of documents.
*/

pub(crate) mod cell;
pub(crate) mod tape;
