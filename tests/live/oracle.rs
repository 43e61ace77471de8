//! `tests/live/oracle`: kustomize and the libraries inside Flux, asked without a cluster.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::bed;

/// `oracle` ends so where there is no Go to build it with.
const CANNOT: i32 = 77;

/// What it says, if it ended well. Where it cannot be built the test is skipped.
pub fn ask(arguments: &[&str], folder: Option<&Path>) -> Result<String, String> {
    if !bed::is_requested() {
        bed::skip(bed::NOT_REQUESTED);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(root.join("tests/live/oracle"));
    command.args(arguments).current_dir(folder.unwrap_or(root)).stdin(Stdio::null());
    let ran = command.output().expect("bash runs the oracle");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if ran.status.code() == Some(CANNOT) {
        bed::skip("the oracle cannot be built: no Go");
    }
    if ran.status.success() { Ok(text(&ran.stdout)) } else { Err(text(&ran.stderr)) }
}
