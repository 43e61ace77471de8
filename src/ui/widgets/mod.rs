//! What views are made of: a windowed table, a scrolled text, lines about an object. They know themes, not the state's screens.

pub mod list;
#[cfg(test)]
pub mod testing;
