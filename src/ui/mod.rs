//! The screen: ratatui lives here and only here. Reads the state, never waits, does no I/O.

pub mod chrome;
pub mod guide;
pub mod layer;
pub mod prompt;
pub mod terminal;
pub mod theme;
pub mod views;
pub mod widgets;
