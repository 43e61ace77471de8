//! Runs the suites as `cargo test` does and takes its flags, with one thing more: a test that finds out that it cannot run here stands as
//! ignored, by name and with the reason. With `FLUXDECK_LIVE=required` it has failed.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::Cell;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Completion, Failed, run};

use crate::support::bed::{self, Skipped};

/// A test: its name below the suites, and what it does. It has failed when it panics.
pub type Trial = (&'static str, fn());

/// Declares the tests of a file. A function that is missing here is dead code, which the lints do not let pass.
macro_rules! trials {
    ($($name:ident),* $(,)?) => {
        pub const TRIALS: &[crate::harness::Trial] = &[$((concat!(module_path!(), "::", stringify!($name)), $name)),*];
    };
}
pub(crate) use trials;

thread_local! {
    /// Which test this thread runs.
    static AT: Cell<&'static str> = const { Cell::new("") };
}

/// How long each test took, what it waited for the bed included.
static TOOK: Mutex<Vec<(Duration, &'static str)>> = Mutex::new(Vec::new());
/// How many tests run at a time, for each bed.
const THREADS_OF_A_BED: usize = 2;
/// How many of the slowest tests are named at the end.
const SLOWEST: usize = 10;
/// Most lines of a failure that are printed at the end: a screen, and what was expected.
const MOST_LINES: usize = 60;

/// Runs what the arguments choose of the suites.
pub fn main(suites: &[&[Trial]]) -> ExitCode {
    std::panic::set_hook(Box::new(report));
    let trials = suites.iter().copied().flatten().map(|&(name, body)| {
        let name = name.trim_start_matches("live::suites::");
        libtest_mimic::Trial::ignorable_test(name, move || attempt(name, body))
    });
    let trials = trials.collect();
    let mut arguments = Arguments::from_args();
    // a test mostly waits for controllers
    arguments.test_threads = arguments.test_threads.or(Some(THREADS_OF_A_BED * bed::count()));
    let conclusion = run(&arguments, trials);
    slowest();
    conclusion.exit_code()
}

/// Names the slowest tests: the suites are the longest part of a landing, and have to stay short.
fn slowest() {
    let mut took = std::mem::take(&mut *TOOK.lock().unwrap_or_else(PoisonError::into_inner));
    took.sort_unstable_by(|one, other| other.cmp(one));
    for (time, name) in took.iter().take(SLOWEST).filter(|(time, _)| time.as_secs() > 0) {
        // a closed output is not a failure
        let _ = writeln!(std::io::stdout(), "{:>5} s  {name}", time.as_secs());
    }
}

fn attempt(name: &'static str, body: fn()) -> Result<Completion, Failed> {
    AT.set(name);
    let begin = Instant::now();
    let ended = catch_unwind(AssertUnwindSafe(body));
    TOOK.lock().unwrap_or_else(PoisonError::into_inner).push((begin.elapsed(), name));
    let Err(panic) = ended else { return Ok(Completion::Completed) };
    match panic.downcast::<Skipped>() {
        Ok(skipped) if bed::is_required() => Err(format!("skipped, although FLUXDECK_LIVE=required: {}", skipped.0).into()),
        Ok(skipped) => Ok(Completion::ignored_with(skipped.0)),
        // what failed is printed once more at the end, where it is looked for
        Err(panic) => Err(Failed::from(words(&*panic).lines().take(MOST_LINES).collect::<Vec<_>>().join("\n"))),
    }
}

/// What a test panicked with.
fn words(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words")
}

/// Says which test panicked: the threads have no names. That a test is skipped is not a fault.
fn report(panic: &PanicHookInfo<'_>) {
    if panic.payload().is::<Skipped>() {
        return;
    }
    let text = panic.payload_as_str().unwrap_or("a panic without words");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    // a closed output is not a failure
    let _ = writeln!(std::io::stderr(), "\n{} panicked at {place}:\n{text}\n{}", AT.get(), Backtrace::capture());
}
