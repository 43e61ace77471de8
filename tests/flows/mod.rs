//! The whole program on a recorded cluster: keys in, frames and effects out.

pub mod driver;

mod alone;
mod demo;
mod looking;
mod recorded;
mod tables;
mod tree;
