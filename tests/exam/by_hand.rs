//! The exam over any repositories, by hand: `FLUXDECK_LIVE=1 FLUXDECK_EXAM=DIR:DIR… cargo test --test live`.
//!
//! `FLUXDECK_EXAM_FIELDS` questions on each (25), by `FLUXDECK_EXAM_SEED` (1); with `FLUXDECK_EXAM_CRLF=1` all YAML files have the line ends
//! of Windows. `FLUXDECK_EXAM_PROGRAM` is examined instead of what was just built.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

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
    // a closed output is not a failure
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
    let mut ask = |times: usize, folder: &str, before: &[Value], report: &mut Report| {
        for _ in 0..times.min(wanted - report.asked.len()) {
            let Some(question) = Drawer::new(folder, before).draw(&mut random) else { break };
            let command = typed(&question, repository);
            if known.insert(command.clone()) {
                let verdict = examiner.ask(&question, before);
                say(&format!("{}  {command}", word(&verdict)));
                report.asked.push((command, verdict));
            }
        }
    };
    let mut builds: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for folder in &folders {
        report.folders.1 += 1;
        let Ok(before) = kustomize.build(scratch.root(), folder) else { continue };
        report.folders.0 += 1;
        ask(FIELDS_OF_FOLDER, folder, &before, &mut report);
        builds.insert(folder.clone(), before);
        if report.asked.len() >= wanted {
            break;
        }
    }
    // where there are few folders, each is asked for more
    let per_folder = wanted.saturating_sub(report.asked.len()).div_ceil(builds.len().max(1));
    builds.iter().for_each(|(folder, before)| ask(per_folder, folder, before, &mut report));
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
