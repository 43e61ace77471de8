//! What a screen shows of a store, kept up as deltas arrive: the forest with its counts, what a filter matches, and the flat rows.
//!
//! Three layers, so that each change costs as little as it can: a status change walks one path to the root, a filter re-tests one
//! object, and rows are made again only when folds, structure, matches or the sort order changed.

mod bits;
mod forest;
mod home;
mod matches;
mod rows;
mod table;
#[cfg(test)]
mod tests;
mod words;

pub use bits::Bits;
pub use forest::{Forest, Root};
pub use matches::{Filter, Matches};
pub use rows::{Fold, Folds, Heading, Row, RowId, Sort, SortBy, TreeRows, Via, What};
pub use table::{Table, TableSort, cell, heading};
pub use words::{haystack, message_at, message_of, named, revision_of, word_of};
