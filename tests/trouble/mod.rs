//! Every step of a change with every failure, with the program itself as a process, the user's own git and job files on a disk: on the
//! demo's forge (`hosted`). What must hold of each cell is the same: it goes on from its job file, there is one branch and one pull request, and nothing that the user said is lost.
//!
//! ```text
//!  table    steps × failures: what must happen in each cell, or why it cannot happen
//!  http     messages of HTTP, whole
//!  gate     the way to the forge, which fails on order
//!  host     what a forge has to offer to be tried
//!  person   a user with a checkout who submits one change, and what must be true in the end
//!  room     a disk without room
//!  held     a commit that is held while git makes it
//!  cells    carries a cell out
//! ```
//! The state machine alone, also with two failures after one another, is tried in `model/state/jobs/change/faults.rs`.

pub mod cells;
pub mod gate;
mod held;
pub mod host;
#[allow(dead_code, reason = "a server behind a port is asked on the bed only")]
pub mod http;
pub mod person;
mod room;
pub mod table;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use host::Host;
use table::{Failure, Step};

/// Tries all failures of a step at once, each at a host of its own; fails with the names of those that do not hold. Returns those that
/// cannot be tried on this machine.
#[must_use]
pub fn row(step: Step, host: impl Fn(&str) -> Box<dyn Host> + Sync) -> Vec<String> {
    let (failed, untried) = (Mutex::default(), Mutex::default());
    std::thread::scope(|scope| {
        for failure in Failure::ALL {
            let (failed, untried, host, case) = (&failed, &untried, &host, format!("{step:?} × {failure:?}"));
            let thread = std::thread::Builder::new().name(case.clone());
            let tried = move || match catch_unwind(AssertUnwindSafe(|| cells::tried(step, *failure, host))) {
                Ok(true) => {}
                Ok(false) => add(untried, case),
                Err(_) => add(failed, case),
            };
            thread.spawn_scoped(scope, tried).expect("a thread");
        }
    });
    let [failed, untried] = [failed, untried].map(|all: Mutex<Vec<String>>| all.into_inner().expect("no holder panics"));
    assert!(failed.is_empty(), "these do not hold: {}", failed.join(", "));
    untried
}

fn add(to: &Mutex<Vec<String>>, case: String) {
    to.lock().expect("no holder panics").push(case);
}
