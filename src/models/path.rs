/*!
Paths of touches, and what is done to them before they are compared or credited.

The transformations are those of Google's fractribution (Apache-2.0), which Snowplow's attribution
package took over.
*/

use std::{collections::HashSet, hash::Hash};

/// Equal neighbours become one: A, A, B, A is A, B, A.
pub fn exposure_path<T: PartialEq + Copy>(path: &[T]) -> Vec<T> {
    let mut kept = path.to_vec();
    kept.dedup();
    kept
}

/// Only first occurrences stay: A, A, B, A is A, B.
pub fn first_path<T: Eq + Hash + Copy>(path: &[T]) -> Vec<T> {
    let mut seen = HashSet::new();
    path.iter().copied().filter(|touch| seen.insert(*touch)).collect()
}

/// A touch goes wherever it stands, unless nothing would be left.
pub fn remove_if_not_all<T: PartialEq + Copy>(path: &[T], removed: T) -> Vec<T> {
    match path.iter().any(|touch| *touch != removed) {
        true => path.iter().copied().filter(|touch| *touch != removed).collect(),
        false => path.to_vec(),
    }
}

/// A touch goes from the end, however often it stands there, unless nothing would be left.
pub fn remove_if_last_and_not_all<T: PartialEq + Copy>(path: &[T], removed: T) -> Vec<T> {
    match path.iter().rposition(|touch| *touch != removed) {
        Some(last) => path[..=last].to_vec(),
        None => path.to_vec(),
    }
}

/// The last `length` touches; all of them if it is 0.
pub fn trim_long_path<T: Copy>(path: &[T], length: usize) -> Vec<T> {
    match length {
        0 => path.to_vec(),
        _ => path[path.len().saturating_sub(length)..].to_vec(),
    }
}
