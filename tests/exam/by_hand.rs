//! The exam over any repositories, by hand: `FLUXDECK_LIVE=1 FLUXDECK_EXAM=DIR:DIR… cargo test --test live`.
//!
//! `FLUXDECK_EXAM_FIELDS` questions on each (25), by `FLUXDECK_EXAM_SEED` (1); with `FLUXDECK_EXAM_CRLF=1` all YAML files have the line ends
//! of Windows. `FLUXDECK_EXAM_PROGRAM` is examined instead of what was just built.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::build::{Kustomize, folders};
use super::draw::Drawer;
use super::random::Random;
use super::report::{Report, table};
use super::scratch::Scratch;
use super::verdict::{Examiner, Verdict, typed};

/// So many fields of one folder at most: as many folders as there are questions, where there are enough.
const FIELDS_OF_FOLDER: usize = 2;

/// Where `FLUXDECK_EXAM` names repositories: they are examined instead of the suites being run.
pub fn asked_for() -> Option<Vec<PathBuf>> {
    Some(std::env::split_paths(&std::env::var_os("FLUXDECK_EXAM")?).collect())
}

pub fn main(repositories: &[PathBuf]) -> ExitCode {
    let kustomize = Kustomize::find();
    let mut reports = Vec::new();
    for repository in repositories {
        let report = examine(repository, &kustomize);
        say(&table(std::slice::from_ref(&report)));
        reports.push(report);
    }
    if reports.len() > 1 {
        say(&format!("\n# All\n{}", table(&reports)));
    }
    if reports.iter().any(Report::is_wrong) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn say(text: &str) {
    // nobody there to read is no failure
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn examine(repository: &Path, kustomize: &Kustomize) -> Report {
    let wanted = setting("FLUXDECK_EXAM_FIELDS", 25);
    let mut random = Random::new(setting("FLUXDECK_EXAM_SEED", 1) as u64);
    let scratch = Scratch::of(repository, setting("FLUXDECK_EXAM_CRLF", 0) == 1);
    let program = std::env::var_os("FLUXDECK_EXAM_PROGRAM").map_or_else(|| env!("CARGO_BIN_EXE_fluxdeck").into(), PathBuf::from);
    let examiner = Examiner { program, kustomize, scratch: &scratch };
    let mut report = Report { repository: name(repository), ..Report::default() };
    let mut folders = folders(scratch.root());
    random.shuffle(&mut folders);
    let mut known = BTreeSet::new();
    for folder in folders {
        report.folders.1 += 1;
        let Ok(before) = kustomize.build(scratch.root(), &folder) else { continue };
        report.folders.0 += 1;
        for _ in 0..FIELDS_OF_FOLDER {
            if report.asked.len() == wanted {
                return report;
            }
            let Some(question) = Drawer::new(&folder, &before).draw(&mut random) else { break };
            let command = typed(&question, repository);
            if known.insert(command.clone()) {
                let verdict = examiner.ask(&question, &before);
                say(&format!("{}  {command}", word(&verdict)));
                report.asked.push((command, verdict));
            }
        }
    }
    report
}

fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Right { removed: 1, added: 1 } => "right".to_owned(),
        Verdict::Right { removed, added } => format!("right ({removed} lines became {added})"),
        Verdict::Wrong(what) => format!("WRONG ({what})"),
        Verdict::Crashed(what) => format!("CRASHED ({what})"),
        Verdict::Refused { reason, independent } => format!("refused ({reason}; {independent:?})"),
    }
}

fn name(repository: &Path) -> String {
    repository.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned())
}
