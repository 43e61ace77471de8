//! What a sweep counts, and the table of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::super::Refusal;

/// The results over one repository.
#[derive(Debug, Default)]
pub struct Tally {
    pub name: String,
    pub files: usize,
    pub refused_files: BTreeMap<String, usize>,
    /// Scalars in these files, as far as `render` reads them.
    pub in_refused_files: BTreeMap<String, usize>,
    /// Scalars on one line, and those of them that were set.
    pub single: usize,
    pub set: usize,
    /// Why the others were not.
    pub refused_single: BTreeMap<String, usize>,
    /// Scalars over several lines, those of them that were set, and those whose bytes were the same once they were set back.
    pub several: usize,
    pub several_set: usize,
    pub several_back: usize,
    /// Keys and items that were added and taken out again.
    pub added: usize,
    pub removed: usize,
    /// Origins of `render` that were found; those in texts inside of `|`, and what was set there.
    pub located: usize,
    pub located_inside: usize,
    pub set_inside: usize,
    pub refused: BTreeMap<String, usize>,
    /// What must not be.
    pub wrong: Vec<String>,
}

impl Tally {
    pub fn of(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Of 100 scalars on one line so many are refused, those in encrypted files apart: these must be.
    pub fn refused_percent(&self) -> f64 {
        let encrypted = self.in_refused_files.get("Encrypted").copied().unwrap_or_default();
        let unread = self.in_refused_files.values().sum::<usize>() - encrypted;
        (self.single - self.set + unread) as f64 * 100.0 / (self.single + unread).max(1) as f64
    }

    fn row(&self) -> String {
        let kinds = |of: &BTreeMap<String, usize>| {
            let kinds: Vec<_> = of.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
            if kinds.is_empty() { "-".to_owned() } else { kinds.join(", ") }
        };
        format!(
            "| {} | {} | {} | {} | {} | {} | {:.2} | {} | {}, {} | {}, {} | {}, {} | {} | {} |",
            self.name,
            self.files,
            kinds(&self.in_refused_files),
            self.single,
            self.set,
            kinds(&self.refused_single),
            self.refused_percent(),
            self.several,
            self.several_set,
            self.several_back,
            self.added,
            self.removed,
            self.located_inside,
            self.set_inside,
            kinds(&self.refused),
            self.wrong.len()
        )
    }
}

/// In Markdown.
pub fn table(tallies: &[Tally]) -> String {
    let mut out = "| repository | files | scalars in refused files | scalars on one line | set | refused | refused, % | on several lines | set, and back to the same bytes | \
                   added, taken out | in texts, set | refused, all | wrong |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for tally in tallies {
        let _ = writeln!(out, "{}", tally.row());
    }
    for wrong in tallies.iter().flat_map(|tally| &tally.wrong) {
        let _ = writeln!(out, "- wrong: {wrong}");
    }
    out
}

/// The kind of a refusal.
pub fn reason(refusal: &Refusal) -> String {
    let text = format!("{refusal:?}");
    let word = |text: &str| text.split([' ', '{', '(']).next().unwrap_or_default().to_owned();
    match refusal {
        Refusal::Inside { refusal, .. } => format!("Inside {}", reason(refusal)),
        _ => word(&text),
    }
}
