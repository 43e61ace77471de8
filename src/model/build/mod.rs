//! What Flux would apply from a tree of files, and who set each field.

pub mod schema;
