//! A container that ends, again and again or for good.

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::domain::text::counted;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::brief;
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule { name: "crash", doc: "a container ends with an error, or cannot be started", find };

/// What a runtime says of a command that it cannot start (opencontainers/runc `libcontainer`).
static START: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"exec: "([^"]+)": (executable file not found|stat [^:]+: no such file|no such file|permission denied)"#)
        .expect("a pattern")
});

fn find(clue: &Clue) -> Option<Diagnosis> {
    let container = clue.container()?;
    let name = &container.name;
    if let Some(found) = [&container.said, &container.message].into_iter().find_map(|text| START.captures(text)) {
        let why = if &found[2] == "permission denied" { "may not be executed" } else { "is not in its image" };
        let says = format!("container {name} cannot be started: its command {} {why}{}", &found[1], times(container.restarts));
        return Some(clue.diagnose(says).press(&[Remedy::File, Remedy::Events]));
    }
    let last = clue
        .evidence
        .and_then(|evidence| evidence.log.get())
        .and_then(|log| log.lines.iter().rev().find(|line| !line.trim().is_empty()));
    let said = match (&*container.said, last) {
        ("", Some(line)) => brief(line),
        (said, _) => brief(said),
    };
    let quoted = if said.is_empty() { String::new() } else { format!(" (\"{said}\")") };
    let says = match container.exit {
        Some(0) => format!("container {name} ends although it should run{quoted}{}", times(container.restarts)),
        Some(code) => {
            format!("container {name} exits {code}{}{quoted}{}", meaning(code, &container.ended_by), times(container.restarts))
        }
        None => format!(
            "container {name} cannot be started: {}",
            brief(if container.message.is_empty() { &container.reason } else { &container.message })
        ),
    };
    Some(clue.diagnose(says).press(&[Remedy::Logs, Remedy::File]))
}

/// What a code means beyond the program's own: signals, and what shells say (POSIX `exit`, 126 and 127; 128 and the number of a signal).
fn meaning(code: i64, ended_by: &str) -> &'static str {
    match (code, ended_by) {
        (_, "ContainerCannotRun" | "StartError") => " (it cannot be run)",
        (126, _) => " (its command cannot be executed)",
        (127, _) => " (its command is not found)",
        (137, _) => " (killed)",
        (139, _) => " (segmentation fault)",
        (143, _) => " (terminated)",
        _ => "",
    }
}

/// `, restarted 7 times`.
pub(super) fn times(restarts: u32) -> String {
    match restarts {
        0 => String::new(),
        1 => ", restarted once".to_owned(),
        restarts => format!(", restarted {}", counted(restarts, "time")),
    }
}
