//! `tests/live/oracle`: kustomize and the libraries inside Flux, asked without a cluster.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// `oracle` ends so where there is no Go to build it with.
const CANNOT: i32 = 77;

/// What it says, if it ended well. None: the test is skipped, which was said.
pub fn ask(arguments: &[&str], folder: Option<&Path>) -> Option<Result<String, String>> {
    let wished = std::env::var("FLUXDECK_LIVE").unwrap_or_default();
    if wished.is_empty() {
        skipped("set FLUXDECK_LIVE=1; needs Go");
        return None;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(root.join("tests/live/oracle"));
    command.args(arguments).current_dir(folder.unwrap_or(root)).stdin(Stdio::null());
    let ran = command.output().expect("bash runs the oracle");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if ran.status.code() == Some(CANNOT) {
        assert!(wished != "required", "skipped, although FLUXDECK_LIVE=required: no Go");
        skipped("no Go");
        return None;
    }
    Some(if ran.status.success() { Ok(text(&ran.stdout)) } else { Err(text(&ran.stderr)) })
}

/// Not a print macro: the test harness hides those of tests that pass. Nobody there to read is no failure.
fn skipped(why: &str) {
    let test = std::thread::current().name().unwrap_or("a live test").to_owned();
    let _ = writeln!(std::io::stderr(), "skipped: {test} ({why})");
}
