//! The exam over our own repositories: `fixtures/exam` holds a folder for each, and `expected.tsv` the refusals, and the changes over several lines, that are
//! expected.
//!
//! Every kustomization folder of them builds. Every field of every build is asked for, with a value from the pool: it is set right, or refused
//! for the reason that the table gives. Each case is asked once as it is, and once with the line ends of Windows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::build::{Kustomize, folders};
use super::draw::{Drawer, Question};
use super::random::Random;
use super::report::{Report, table};
use super::scratch::Scratch;
use super::verdict::{Examiner, Independent, Verdict, typed};
use crate::harness::trials;

/// Asked of each case and each way to end its lines; by chance, where it has more fields.
const FIELDS: usize = 18;
const SEED: u64 = 15;

/// A line of the table: fields of a case that may be refused, or changed over several lines, and a part of what is said then.
struct Expected {
    line: usize,
    case: String,
    /// `KIND/NAME`, or `*`.
    object: String,
    /// What the field begins with, or `*`.
    field: String,
    reason: String,
}

impl Expected {
    fn is_of(&self, case: &str, question: &Question, reason: &str) -> bool {
        self.case == case
            && (self.object == "*" || self.object == question.object)
            && (self.field == "*" || question.field.starts_with(&self.field))
            && reason.contains(&self.reason)
    }
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/exam")
}

fn cases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(corpus()).expect("the corpus").flatten().map(|entry| entry.path());
    let mut found: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

fn expected() -> Vec<Expected> {
    let text = std::fs::read_to_string(corpus().join("expected.tsv")).expect("the table");
    let rows = (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let read = |(line, row): (usize, &str)| {
        let cells: Vec<_> = row.split('\t').map(str::to_owned).collect();
        let [case, object, field, reason] = cells.try_into().unwrap_or_else(|_| panic!("expected.tsv:{line}: four cells"));
        Expected { line, case, object, field, reason }
    };
    rows.map(read).collect()
}

/// What is not as it must be, and the lines of the table that were of use.
#[derive(Default)]
struct Found {
    wrong: Vec<String>,
    used: BTreeSet<usize>,
    reports: Vec<Report>,
}

struct Case<'c> {
    folder: &'c Path,
    kustomize: &'c Kustomize,
    expected: &'c [Expected],
    found: &'c Mutex<Found>,
}

impl Case<'_> {
    fn name(&self) -> String {
        self.folder.file_name().expect("a name").to_string_lossy().into_owned()
    }

    fn examine(&self, is_crlf: bool) {
        let scratch = Scratch::of(self.folder, is_crlf);
        let program = env!("CARGO_BIN_EXE_fluxdeck").into();
        let examiner = Examiner { program, kustomize: self.kustomize, scratch: &scratch };
        let mut random = Random::new(SEED + u64::from(is_crlf));
        let mut questions = Vec::new();
        let mut folders = folders(scratch.root());
        // a component is built by who names it
        folders.retain(|folder| {
            !scratch.read(&format!("{folder}/kustomization.yaml")).is_some_and(|text| text.contains("kind: Component"))
        });
        for folder in &folders {
            match self.kustomize.build(scratch.root(), folder) {
                Ok(before) => {
                    let all = Drawer::new(folder, &before).all(&mut random);
                    questions.extend(all.into_iter().map(|question| (question, before.clone())));
                }
                Err(error) => self.wrong(format!("{}/{folder} does not build: {error}", self.name())),
            }
        }
        random.shuffle(&mut questions);
        let mut report = Report { repository: self.name(), folders: (folders.len(), folders.len()), ..Report::default() };
        for (question, before) in questions.into_iter().take(FIELDS) {
            let verdict = examiner.ask(&question, &before);
            let command = typed(&question, self.folder);
            self.judge(&question, &verdict, &command);
            report.asked.push((command, verdict));
        }
        self.found.lock().expect("nobody panicked").reports.push(report);
    }

    fn judge(&self, question: &Question, verdict: &Verdict, command: &str) {
        match verdict {
            Verdict::Right { removed: 1, added: 1 } => {}
            Verdict::Right { removed, added } => self.expect(question, &format!("{removed} lines became {added}"), command),
            Verdict::Refused { reason, independent } => {
                let word = match independent {
                    Independent::Shared { is_named: true, .. } => "shared",
                    Independent::Shared { .. } => "shared, and not named",
                    Independent::Reached => "reached",
                    Independent::NotReached(_) => "not reached",
                };
                self.expect(question, &format!("{word}: {reason}"), command);
            }
            Verdict::Wrong(what) | Verdict::Crashed(what) => self.wrong(format!("{what}\n  {command}")),
        }
    }

    fn expect(&self, question: &Question, what: &str, command: &str) {
        match self.expected.iter().find(|row| row.is_of(&self.name(), question, what)) {
            Some(row) => drop(self.found.lock().expect("nobody panicked").used.insert(row.line)),
            None => self.wrong(format!("not expected: {what}\n  {command}")),
        }
    }

    fn wrong(&self, what: String) {
        self.found.lock().expect("nobody panicked").wrong.push(what);
    }
}

fn every_field_of_our_own_corpus_is_set_right_or_refused_for_the_reason_given() {
    let (kustomize, expected, found) = (Kustomize::find(), expected(), Mutex::new(Found::default()));
    let cases = cases();
    assert!(cases.len() >= 25, "{} cases", cases.len());
    let open = Mutex::new(cases.iter().flat_map(|folder| [(folder, false), (folder, true)]).collect::<Vec<_>>());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((folder, is_crlf)) = { open.lock().expect("nobody panicked").pop() } {
                    Case { folder, kustomize: &kustomize, expected: &expected, found: &found }.examine(is_crlf);
                }
            });
        }
    });
    let mut found = found.into_inner().expect("nobody panicked");
    found.reports.sort_by(|a, b| a.repository.cmp(&b.repository));
    let asked: usize = found.reports.iter().map(|report| report.asked.len()).sum();
    let unused: Vec<_> = expected.iter().filter(|row| !found.used.contains(&row.line)).map(|row| row.line).collect();
    assert!(found.wrong.is_empty(), "{}\n\n{}", found.wrong.join("\n"), table(&found.reports));
    assert!(unused.is_empty(), "expected.tsv: nothing came of lines {unused:?}");
    assert!(asked >= 500, "{asked} fields");
}

trials![every_field_of_our_own_corpus_is_set_right_or_refused_for_the_reason_given];
