//! The pure core of fluxdeck: everything that can be decided without asking anybody.
pub mod domain;
pub mod kinds;
