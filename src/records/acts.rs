//! The log of acts on disk: one line of JSON before an act is requested, one when it has come further, one when it has come to its end.
//! Only appended to.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::run::{self, Run};
use crate::files::Disk;
use fluxdeck_model::domain::{Act, ActEnd};

const FILE: &str = "acts.jsonl";
/// Size from which a new file is begun; the last one is kept beside it.
const LARGEST: u64 = 4 << 20;

/// An act as it is written: with the run of the program that does it.
#[derive(Serialize, Deserialize)]
struct Line<A> {
    #[serde(flatten)]
    act: A,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<String>,
}

/// Where the log is.
pub fn acts_file(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

/// Adds a line. Readable by its owner only: it says what runs where. A log, not a record that something rests on: the last lines may be
/// lost with the power.
///
/// # Errors
/// When the file cannot be written.
pub fn record(disk: &dyn Disk, dir: &Path, run: Option<&Run>, act: &Act) -> std::io::Result<()> {
    disk.make_dir(dir)?;
    let file = acts_file(dir);
    if disk.look(&file).is_ok_and(|look| look.len > LARGEST) {
        disk.rename(&file, &dir.join(format!("{FILE}.1")))?;
    }
    let line = Line { act, run: run.map(|run| run.name().to_owned()) };
    let mut line = serde_json::to_vec(&line).map_err(std::io::Error::other)?;
    line.push(b'\n');
    disk.append(&file, &line)
}

/// Reads the youngest acts, the oldest of them first, each with what is known of its end: of one whose program is gone, that it is not
/// known, and how far it had come.
pub fn recorded(disk: &dyn Disk, dir: Option<&Path>, most: usize) -> Vec<Act> {
    let Some(dir) = dir else { return Vec::new() };
    let bytes = |name: &str| disk.read(&dir.join(name)).unwrap_or_default();
    let files = [bytes(&format!("{FILE}.1")), bytes(FILE)];
    let mut lines: Vec<Line<Act>> = Vec::new();
    let mut known = HashMap::new();
    // a line cut short by a full disk is left out
    let found = files.iter().flat_map(|bytes| bytes.split(|byte| *byte == b'\n'));
    for line in found.filter_map(|line| serde_json::from_slice::<Line<Act>>(line).ok()) {
        let act = &line.act;
        let at = *known.entry((act.at, act.action.clone(), act.object.clone(), act.context.clone())).or_insert(lines.len());
        match lines.get_mut(at) {
            Some(known) => *known = line,
            None => lines.push(line),
        }
    }
    let youngest = lines.split_off(lines.len().saturating_sub(most));
    let mut over = HashMap::new();
    let mut is_over = |run: &str| *over.entry(run.to_owned()).or_insert_with(|| run::is_over(disk, dir, run));
    youngest.into_iter().map(|line| settled(line, &mut is_over)).collect()
}

/// An act with the end that it must have had.
fn settled(line: Line<Act>, is_over: &mut impl FnMut(&str) -> bool) -> Act {
    let Line { mut act, run } = line;
    if act.outcome.is_none() && run.is_some_and(|run| is_over(&run)) {
        act.outcome = Some(format!("unknown: the program ended {}", act.last));
        act.end = Some(ActEnd::Unknown);
    }
    act
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{self, REAL};

    fn act(object: &str, outcome: Option<&str>) -> Act {
        Act {
            at: jiff::Timestamp::UNIX_EPOCH,
            context: "prod".into(),
            user: "ana".into(),
            action: "suspend".into(),
            object: object.into(),
            line: "flux suspend kustomization apps -n flux-system".into(),
            outcome: outcome.map(Into::into),
            end: outcome.map(|_| ActEnd::Done),
            last: if outcome.is_none() { "while it was requested: what came of it is not known".into() } else { String::new() },
            ended: None,
        }
    }

    #[test]
    fn an_act_is_one_entry_with_its_end() {
        let dir = tempfile::tempdir().expect("a directory");
        let state = dir.path().join("state");
        for line in [act("a", None), act("b", None), act("a", Some("done: suspended"))] {
            record(REAL, &state, None, &line).expect("written");
        }
        REAL.append(&acts_file(&state), b"{\"at\":").expect("cut");

        assert_eq!(recorded(REAL, Some(&state), 10), [act("a", Some("done: suspended")), act("b", None)]);
        assert_eq!(recorded(REAL, Some(&state), 1), [act("b", None)]);
        assert!(recorded(REAL, None, 10).is_empty());
    }

    #[test]
    fn of_a_program_that_is_gone_the_log_says_what_is_not_known_and_of_one_that_lives_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let run = Run::begin(files::real(), dir.path()).expect("written").expect("locks");
        record(REAL, dir.path(), Some(&run), &act("a", None)).expect("written");
        record(REAL, dir.path(), Some(&run), &act("b", Some("done: suspended"))).expect("written");
        let outcomes = || recorded(REAL, Some(dir.path()), 10).into_iter().map(|act| (act.outcome, act.end)).collect::<Vec<_>>();

        let done = (Some("done: suspended".to_owned()), Some(ActEnd::Done));
        assert_eq!(outcomes(), [(None, None), done.clone()]);
        drop(run);
        let unknown = "unknown: the program ended while it was requested: what came of it is not known".to_owned();
        assert_eq!(outcomes(), [(Some(unknown), Some(ActEnd::Unknown)), done]);
    }

    #[test]
    fn only_its_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        record(REAL, dir.path(), None, &act("a", None)).expect("written");

        let mode = std::fs::metadata(acts_file(dir.path())).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
