//! The result, as a table in Markdown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use regex::Regex;

use super::verdict::{Independent, Verdict};

/// The questions on one repository.
#[derive(Default)]
pub struct Report {
    pub repository: String,
    /// The command as it is typed, with its verdict.
    pub asked: Vec<(String, Verdict)>,
    /// Folders that kustomize builds, and all.
    pub folders: (usize, usize),
}

#[derive(Default)]
struct Counts {
    right: usize,
    /// Of these.
    several: usize,
    wrong: usize,
    crashed: usize,
    shared: usize,
    /// Of these.
    unnamed: usize,
    reached: usize,
    not_reached: usize,
}

impl Report {
    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (_, verdict) in &self.asked {
            counts.several += usize::from(matches!(verdict, Verdict::Right { removed, added } if (*removed, *added) != (1, 1)));
            let is_unnamed = matches!(verdict, Verdict::Refused { independent: Independent::Shared { is_named: false, .. }, .. });
            counts.unnamed += usize::from(is_unnamed);
            let count = match verdict {
                Verdict::Right { .. } => &mut counts.right,
                Verdict::Wrong(_) => &mut counts.wrong,
                Verdict::Crashed(_) => &mut counts.crashed,
                Verdict::Refused { independent: Independent::Shared { .. }, .. } => &mut counts.shared,
                Verdict::Refused { independent: Independent::Reached, .. } => &mut counts.reached,
                Verdict::Refused { independent: Independent::NotReached(_), .. } => &mut counts.not_reached,
            };
            *count += 1;
        }
        counts
    }

    /// Whether anything is what must never be.
    pub fn is_wrong(&self) -> bool {
        let counts = self.counts();
        counts.wrong + counts.crashed > 0
    }

    fn row(&self, asked: &[&Self]) -> String {
        let mut all = Counts::default();
        for one in asked.iter().map(|report| report.counts()) {
            all.right += one.right;
            all.several += one.several;
            all.wrong += one.wrong;
            all.crashed += one.crashed;
            all.shared += one.shared;
            all.unnamed += one.unnamed;
            all.reached += one.reached;
            all.not_reached += one.not_reached;
        }
        let Counts { right, several, wrong, crashed, shared, unnamed, reached, not_reached } = all;
        let unshared = right + wrong + crashed + reached + not_reached;
        let percent = if unshared == 0 { "-".to_owned() } else { format!("{:.1}", right as f64 * 100.0 / unshared as f64) };
        let (built, folders) = asked.iter().fold((0, 0), |sum, one| (sum.0 + one.folders.0, sum.1 + one.folders.1));
        format!(
            "| {} | {built} of {folders} | {} | {right} | {several} | {wrong} | {crashed} | {shared} | {unnamed} | {reached} | {not_reached} | {percent} |\n",
            self.repository,
            unshared + shared
        )
    }
}

pub fn table(reports: &[Report]) -> String {
    let mut out = "| repository | folders tried | fields | right | of these over several lines | wrong | crashed | refused: shared | of these without a name of the others | refused: a plain replacement does it | \
                   refused: a plain replacement does not | right of not shared, % |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    reports.iter().for_each(|report| out.push_str(&report.row(&[report])));
    if reports.len() > 1 {
        out.push_str(&Report { repository: "all".to_owned(), ..Report::default() }.row(&reports.iter().collect::<Vec<_>>()));
    }
    let asked = || reports.iter().flat_map(|report| &report.asked);
    for (command, verdict) in asked() {
        match verdict {
            Verdict::Wrong(what) => out.push_str(&format!("\n- **wrong**: {what}\n  `{command}`\n")),
            Verdict::Crashed(what) => out.push_str(&format!("\n- **crashed**: {what}\n  `{command}`\n")),
            Verdict::Right { removed, added } if (*removed, *added) != (1, 1) => {
                out.push_str(&format!("\n- right, {removed} lines became {added}\n  `{command}`\n"));
            }
            Verdict::Right { .. } | Verdict::Refused { .. } => {}
        }
    }
    let mut groups: BTreeMap<(&str, String), Vec<(&str, &str)>> = BTreeMap::new();
    for (command, verdict) in asked() {
        let Verdict::Refused { reason, independent } = verdict else { continue };
        let (word, what) = match independent {
            Independent::Shared { first, is_named: true } => ("shared", first.as_str()),
            Independent::Shared { first, .. } => ("shared, and the others are not named", first.as_str()),
            Independent::Reached => ("a plain replacement does it", ""),
            Independent::NotReached(why) => ("a plain replacement does not", why.as_str()),
        };
        groups.entry((word, general(reason))).or_default().push((command, what));
    }
    for ((word, reason), commands) in groups {
        let _ = writeln!(out, "\n- {} refused ({word}): {reason}", commands.len());
        for (command, what) in commands.iter().take(if word == "shared" { 1 } else { 4 }) {
            let _ = writeln!(out, "  `{command}` {what}");
        }
    }
    out
}

/// A reason without the names of this one case.
fn general(reason: &str) -> String {
    let names = [(r"`[^`]*`", "`…`"), (r"[^\s:,]*/[^\s,]*", "…"), (r"\d+", "N")];
    names.into_iter().fold(reason.to_owned(), |text, (pattern, with)| {
        Regex::new(pattern).expect("a pattern").replace_all(&text, with).into_owned()
    })
}
