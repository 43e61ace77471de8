//! Every case is built to the byte as kustomize builds it; where kustomize fails, so do we, and name a file.

use std::path::{Path, PathBuf};

use fluxdeck_model::render::{self, Options, Result, write};

use super::disk::Disk;

/// The folders of a corpus.
pub fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found: Vec<_> = std::fs::read_dir(folder).expect("the corpus").flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

pub fn name(case: &Path) -> String {
    case.file_name().expect("a name").to_string_lossy().into_owned()
}

fn built(case: &Path) -> Result<String> {
    let path = if case.join("overlay").is_dir() { "overlay" } else { "" };
    let output = render::build(&Disk { root: case.to_owned() }, path, &Options::default())?;
    write::all(output.objects.iter().map(|built| &built.node))
}

/// Where a case differs from what is expected of it.
pub fn difference(case: &Path, text: Result<String>) -> Option<String> {
    let read = |name: &str| std::fs::read_to_string(case.join(name)).ok();
    match (text, read("expected.yaml"), read("expected.error")) {
        (Ok(got), Some(wanted), None) => (got != wanted).then(|| lines(&got, &wanted)),
        (Ok(_), None, Some(error)) => Some(format!("no error, where this is expected: {error}")),
        (Err(error), Some(_), None) => Some(format!("an error, where none is expected: {error}")),
        (Err(error), None, Some(_)) => error.file.is_none().then(|| format!("an error without a file: {error}")),
        _ => Some("not exactly one expectation: run tests/live/oracle update".to_owned()),
    }
}

/// The first line that differs, with its context.
fn lines(got: &str, wanted: &str) -> String {
    let at = got.lines().zip(wanted.lines()).take_while(|(a, b)| a == b).count();
    let part =
        |text: &str| text.lines().skip(at.saturating_sub(2)).take(6).map(|line| format!("    {line}\n")).collect::<String>();
    format!("line {}\n  got\n{}  expected\n{}", at + 1, part(got), part(wanted))
}

#[test]
fn every_case_of_the_corpus_is_built_as_kustomize_builds_it() {
    let cases = cases("tests/fixtures/render");
    assert!(cases.len() >= 150, "{} cases", cases.len());
    let wrong: Vec<_> =
        cases.iter().filter_map(|case| Some(format!("{}: {}", name(case), difference(case, built(case))?))).collect();
    assert!(wrong.is_empty(), "{} of {} cases differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
