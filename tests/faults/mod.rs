//! What can be wrong between the program and a cluster, tried against the program's own engine, session and runtime: every fault of the
//! demo's list against every way of using the program (`table`), and what was found broken once, each by name (`found`).
//!
//! Nothing here waits: the clock of the runtime is paused and moves when nothing else is left to do, the demo's goes with it.

mod cells;
mod found;
mod ground;
mod hand;
mod line;
mod not_yet;
mod port;
mod table;
