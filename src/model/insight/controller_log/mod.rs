//! Logs of Flux's controllers: a line as a record, and whether it concerns an object.
//!
//! ```text
//!  record   one line: time, level, message, error, the object it is about, all other fields
//!  concern  what a log is read for: an object and what it makes; which controllers write of it
//!  sieve    what a person asks for by flags, as the flux CLI does
//! ```
//! The controllers of Flux write JSON, a line for each thing that happens (fluxcd/pkg `runtime/logger`, controller-runtime
//! `pkg/internal/controller`); libraries that they are made of write klog's text. A line in neither form stays as the text that it is.

mod concern;
mod record;
mod sieve;
#[cfg(test)]
mod tests;

pub use concern::{LogConcern, has_controller, pods_below};
pub use record::{LogForm, LogLevel, LogRecord, LogSubject};
pub use sieve::LogSieve;
