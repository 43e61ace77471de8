//! What views are made of: a windowed table, a scrolled text with its search, styled lines, YAML in colours, what two texts have in
//! common, lines about an object, a list that grows, what a filter found, a request, dialogs with their fields, and what rows say about acts.

pub mod about;
pub mod cut;
pub mod dialog;
pub mod differ;
pub mod editor;
pub mod field;
pub mod form;
pub mod growing;
pub mod lines;
pub mod list;
pub mod lit;
pub mod picker;
pub mod progress;
pub mod request;
pub mod ring;
pub mod search;
pub mod sentence;
pub mod sieve;
pub mod split;
#[cfg(test)]
pub mod testing;
pub mod text;
pub mod yaml;
