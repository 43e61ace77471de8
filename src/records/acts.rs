//! The log of acts on disk: one line of JSON when an act is asked for, one when it has come to its end. Only appended to.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use fluxdeck_model::state::jobs::Act;

const FILE: &str = "acts.jsonl";
/// Size from which a new file is begun; the last one is kept beside it.
const LARGEST: u64 = 4 << 20;

/// How far back the beginning of an act is looked for: a bulk of more objects than that shows its acts twice.
const WINDOW: usize = 5000;

/// Where the log is.
pub fn acts_file(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

/// Adds a line. Readable by its owner only: it says what runs where.
///
/// # Errors
/// When the file cannot be written.
pub fn record(dir: &Path, act: &Act) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::create_dir_all(dir)?;
    let file = acts_file(dir);
    if std::fs::metadata(&file).is_ok_and(|meta| meta.len() > LARGEST) {
        std::fs::rename(&file, dir.join(format!("{FILE}.1")))?;
    }
    let mut line = serde_json::to_vec(act).map_err(std::io::Error::other)?;
    line.push(b'\n');
    // one write: lines of two programs never mix
    OpenOptions::new().create(true).append(true).mode(0o600).open(file)?.write_all(&line)
}

/// Reads the youngest acts, the oldest of them first, each with what is known of its end.
pub fn recorded(dir: Option<&Path>, most: usize) -> Vec<Act> {
    let text = |name: &str| dir.and_then(|dir| std::fs::read_to_string(dir.join(name)).ok()).unwrap_or_default();
    let mut acts: Vec<Act> = Vec::new();
    let files = [text(&format!("{FILE}.1")), text(FILE)];
    // a line cut short by a full disk is left out
    for act in files.iter().flat_map(|text| text.lines()).filter_map(|line| serde_json::from_str::<Act>(line).ok()) {
        match acts.iter_mut().rev().take(WINDOW).find(|known| known.is_same(&act)) {
            Some(known) => *known = act,
            None => acts.push(act),
        }
    }
    acts.split_off(acts.len().saturating_sub(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(object: &str, outcome: Option<&str>) -> Act {
        Act {
            at: jiff::Timestamp::UNIX_EPOCH,
            context: "prod".into(),
            user: "ana".into(),
            action: "suspend".into(),
            object: object.into(),
            line: "flux suspend kustomization apps -n flux-system".into(),
            outcome: outcome.map(Into::into),
            ended: None,
        }
    }

    #[test]
    fn an_act_is_one_entry_with_its_end() {
        let dir = tempfile::tempdir().expect("a directory");
        let state = dir.path().join("state");
        for line in [act("a", None), act("b", None), act("a", Some("done: suspended"))] {
            record(&state, &line).expect("written");
        }
        std::fs::OpenOptions::new()
            .append(true)
            .open(acts_file(&state))
            .and_then(|mut file| file.write_all(b"{\"at\":"))
            .expect("cut");

        assert_eq!(recorded(Some(&state), 10), [act("a", Some("done: suspended")), act("b", None)]);
        assert_eq!(recorded(Some(&state), 1), [act("b", None)]);
        assert!(recorded(None, 10).is_empty());
    }

    #[test]
    fn only_its_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        record(dir.path(), &act("a", None)).expect("written");

        let mode = std::fs::metadata(acts_file(dir.path())).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
