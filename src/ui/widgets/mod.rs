//! What views are made of: a windowed table, a scrolled text with its search, styled lines, lines about an object, a request.

pub mod about;
pub mod lines;
pub mod list;
pub mod request;
pub mod ring;
pub mod search;
#[cfg(test)]
pub mod testing;
pub mod text;
