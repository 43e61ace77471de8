//! The rows and lines of the view of values.

use super::super::review::diff;
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::picker::Item;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::insight::values::{ReleaseValues, StoredRelease, ValueKey, ValuesChange};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Between {
    /// The newest release, and what would be released now.
    Pending,
    /// Two releases by their numbers.
    Releases(u64, u64),
}

impl Between {
    /// What is most likely of interest: what is not released yet, else the last release.
    pub fn first(values: &ReleaseValues) -> Self {
        match (values.pending_words(), values.releases.as_slice()) {
            (None, [newest, before, ..]) => Self::Releases(before.number, newest.number),
            _ => Self::Pending,
        }
    }

    /// A release and the marked one, in their order; without one, the release before it.
    pub fn of(values: &ReleaseValues, number: u64, marked: Option<u64>) -> Self {
        let before = values.releases.iter().map(|release| release.number).find(|other| *other < number);
        let other = marked.filter(|marked| *marked != number).or(before).unwrap_or(number);
        Self::Releases(other.min(number), other.max(number))
    }

    /// Both one step further; none at the end.
    pub fn step(self, values: &ReleaseValues, forward: bool) -> Option<Self> {
        let numbers: Vec<_> = values.releases.iter().map(|release| release.number).collect();
        let pair = |at: usize| Some(Self::Releases(*numbers.get(at + 1)?, *numbers.get(at)?));
        match (self, forward) {
            (Self::Pending, true) => None,
            (Self::Pending, false) => pair(0),
            (Self::Releases(_, newer), _) => {
                let at = numbers.iter().position(|number| *number == newer)?;
                match forward {
                    true if at == 0 => Some(Self::Pending),
                    true => pair(at - 1),
                    false => pair(at + 1),
                }
            }
        }
    }

    /// The same, where these releases are still kept.
    pub fn still_of(self, values: &ReleaseValues) -> Self {
        match self {
            Self::Releases(before, after) if values.release(before).is_none() || values.release(after).is_none() => {
                Self::first(values)
            }
            same => same,
        }
    }

    pub fn words(self) -> String {
        match self {
            Self::Pending => "not released yet".to_owned(),
            Self::Releases(before, after) => format!("release {before} → {after}"),
        }
    }
}

/// The keys; above them what is not released yet, below them what is not known.
pub(super) fn keys(values: &ReleaseValues, hides_defaults: bool, reveals: bool) -> Vec<Item> {
    let remark = |id: String, head: &str, scope: Style, text: &str| Item {
        id,
        cells: vec![Styled::of(Style::Dim, head), Styled::default(), Styled::of(scope, text)],
    };
    let pending = values.pending_words();
    let above = pending.iter().map(|text| remark("\u{1}pending".to_owned(), "not released", Style::Progressing, text));
    let row = |key: &ValueKey| {
        let scope = if key.layer.is_default() { Style::Dim } else { Style::Text };
        Item {
            id: key.path.clone(),
            cells: vec![
                Styled::of(Style::Accent, &key.path),
                Styled::of(scope, key.shown(reveals)),
                Styled::of(Style::Dim, key.layer.word()),
            ],
        }
    };
    let is_meant = |key: &&ValueKey| !hides_defaults || !key.layer.is_default();
    let rows = values.now.keys.iter().filter(is_meant).map(row);
    let gaps = values.gaps.iter().enumerate();
    let below = gaps.map(|(at, gap)| remark(format!("\u{1}gap{at}"), "not known", Style::Unknown, gap));
    above.chain(rows).chain(below).collect()
}

/// A key in a sentence: its value, its layer, and what it overrides.
pub(super) fn about(key: &ValueKey, reveals: bool) -> Styled {
    let over = key.over.iter().map(|over| format!("  over {}: {}", over.layer.word(), over.shown(reveals)));
    let text = format!("{} = {}  {}{}", key.path, key.shown(reveals), key.layer.word(), over.collect::<String>());
    Styled::of(Style::Text, text)
}

/// The releases, the newest first.
pub(super) fn releases(values: &ReleaseValues) -> Vec<Item> {
    values.releases.iter().map(item).collect()
}

fn item(release: &StoredRelease) -> Item {
    let scope = match release.status.as_str() {
        "deployed" => Style::Ready,
        "failed" => Style::Failed,
        status if status.starts_with("pending") => Style::Progressing,
        _ => Style::Dim,
    };
    let at = release.deployed.map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string());
    let cells = vec![
        Styled::of(Style::Accent, release.number.to_string()),
        Styled::of(scope, &release.status),
        Styled::of(Style::Text, release.chart_and_version()),
        Styled::of(Style::Text, &release.app_version),
        Styled::of(Style::Dim, at),
    ];
    Item { id: release.number.to_string(), cells }
}

/// What differs: keys, then objects.
pub(super) fn differences(values: &ReleaseValues, between: Between, reveals: bool) -> Vec<Styled> {
    let mut lines = Vec::new();
    let changes = match between {
        Between::Pending => values.pending_changes(),
        Between::Releases(before, after) => {
            if let (Some(old), Some(new)) = (values.release(before), values.release(after)) {
                lines.push(head(old, new));
                lines.push(Styled::default());
            }
            values.changes(before, after)
        }
    };
    let none = match between {
        Between::Pending if values.releases.is_empty() => "no release is known to compare with",
        Between::Pending => "what is there now is what was released last",
        Between::Releases(..) => "the values are the same",
    };
    match changes.len() {
        0 => lines.push(Styled::of(Style::Text, none)),
        count => lines.push(Styled::of(Style::Heading, counted(count, "key"))),
    }
    lines.extend(changes.iter().map(|change| line(change, reveals)));
    if let Between::Releases(before, after) = between {
        let patch = values.manifests(before, after);
        lines.push(Styled::default());
        match patch.objects {
            0 => lines.push(Styled::of(Style::Text, "the manifests are the same")),
            count => lines.push(Styled::of(Style::Heading, format!("{} of the manifest", counted(count, "object")))),
        }
        lines.extend(patch.gap.iter().map(|gap| Styled::of(Style::Unknown, gap)));
        lines.extend(diff::read(&patch.text, &[]).lines);
    }
    lines
}

fn head(old: &StoredRelease, new: &StoredRelease) -> Styled {
    let one = |release: &StoredRelease| format!("release {} {} {}", release.number, release.status, release.chart_and_version());
    Styled::of(Style::Dim, one(old)).and(Style::Dim, " → ").and(Style::Text, one(new))
}

fn line(change: &ValuesChange, reveals: bool) -> Styled {
    let (sign, scope) = match change.sign() {
        '+' => ("+ ", Style::Added),
        '-' => ("- ", Style::Removed),
        _ => ("~ ", Style::Progressing),
    };
    let layer = change.layer().map(|layer| format!("  {}", layer.word())).unwrap_or_default();
    Styled::of(scope, sign)
        .and(Style::Accent, &change.path)
        .and(Style::Text, format!("  {}", change.shown(reveals)))
        .and(Style::Dim, layer)
}
