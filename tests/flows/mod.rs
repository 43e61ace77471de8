//! The whole program on a recorded cluster: keys in, frames and effects out.

pub mod driver;

mod checks;
mod files;
mod looking;
mod recorded;
mod tables;
mod tree;
