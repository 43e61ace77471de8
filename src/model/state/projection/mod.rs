//! What a screen shows of a store, updated by deltas: the forest with its counts, the matches of a filter, and the flat rows.
//!
//! Three layers, so that each change costs as little as possible: a status change walks one path to the root, a filter tests one
//! object again, and rows are made again only if folds, structure, matches or the sort order changed.

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
pub use rows::{Fold, Folds, Heading, Row, RowContent, RowId, Sort, SortBy, TreeRows, Via};
pub use table::{Table, TableSort, cell, heading};
pub use words::{haystack, message_at, message_of, named, own_message, revision_of, word_of};
