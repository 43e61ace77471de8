//! What a pull request is and does, in lines. All texts in it are from outside: each is sanitised here.

use crate::ui::theme::{Scope as Style, Theme};
use crate::ui::views::pulls::signed;
use crate::ui::views::review::summary::Facts;
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::change::{PullEffect, PullReview, TouchedBuild};
use fluxdeck_model::domain::duration;
use fluxdeck_model::domain::text::{counted, sanitise_line};

use jiff::Timestamp;

/// Everything to decide about it, besides its diff.
pub fn lines(review: &PullReview, theme: &Theme, width: usize, now: Timestamp) -> Vec<Styled> {
    let mut facts = Facts::new(theme, width);
    heading(review, &mut facts, now);
    match &review.effect {
        Ok(effect) => effects(effect, review, &mut facts),
        Err(error) => facts.warn(&format!("what it does is not known: {}", error.message)),
    }
    facts.fact("forge", Style::Text, &super::forge(&review.forge));
    match (&review.user, &review.approval) {
        (Some(user), Ok(())) => facts.fact("as", Style::Text, user),
        (Some(user), Err(why)) => facts.fact("as", Style::Text, &format!("{user}; {why}")),
        (None, Err(why)) => facts.fact("as", Style::Unknown, &format!("nobody: {why}")),
        (None, Ok(())) => {}
    }
    facts.lines
}

fn heading(review: &PullReview, facts: &mut Facts<'_>, now: Timestamp) {
    let pull = &review.pull;
    let number = format!(" {}#{}", sanitise_line(&review.place.site.name()), pull.number);
    facts.line(Styled::of(Style::Accent, number).and(Style::Text, format!("  {}", sanitise_line(&pull.title))));
    let arrow = facts.theme.sign("→", "->");
    let age = pull.opened.map(|at| duration::age((now.as_second() - at.as_second()).max(0)).0);
    let age = age.map(|age| format!(", {age} ago")).unwrap_or_default();
    let fork = if pull.is_fork { " of a fork" } else { "" };
    let commit = pull.head_commit.get(..7).unwrap_or_default();
    let from = format!(" by {}{age}: {}@{commit}{fork} {arrow} {}", pull.author, pull.head, pull.base);
    facts.line(Styled::of(Style::Dim, sanitise_line(&from)));
    let mut state = Styled::of(Style::Text, " ").and_all(&signed(pull, facts.theme.ascii));
    for text in [pull.checks.map(|checks| checks.words()), pull.reviews.map(|reviews| reviews.words())].into_iter().flatten() {
        if !text.is_empty() {
            state = state.and(Style::Dim, format!("  {text}"));
        }
    }
    facts.line(state);
}

fn effects(effect: &PullEffect, review: &PullReview, facts: &mut Facts<'_>) {
    if effect.has_conflict {
        let base = &review.pull.base;
        facts.warn(&format!(
            "it cannot be merged as it is: {base} has other changes in the same lines; shown is its branch alone"
        ));
    }
    for build in effect.builds.iter().filter_map(|build| Some((build, build.broken.as_ref()?))) {
        facts.fact("breaks", Style::Failed, &format!("{}: {}", build.0.name, build.1));
    }
    for caution in &effect.cautions {
        facts.warn(&caution.text);
    }
    let touched = |build: &&TouchedBuild| build.broken.is_none();
    let words = |build: &TouchedBuild| {
        let changed = counted(build.differences.len(), "difference");
        format!("{}  {changed}", build.name)
    };
    let (here, elsewhere): (Vec<_>, Vec<_>) = effect.builds.iter().filter(touched).partition(|build| build.applier.is_some());
    facts.facts("here", Style::Text, here.into_iter().map(words));
    facts.facts("elsewhere", Style::Text, elsewhere.into_iter().map(words));
    if effect.builds.is_empty() {
        facts.fact("touches", Style::Text, "nothing that is built of this repository");
    }
    let files = effect.files.iter().map(|file| {
        let new = if file.is_new { " (new)" } else { "" };
        format!("{}{new}  +{} -{}", file.path, file.added, file.removed)
    });
    facts.facts("files", Style::Text, files);
    if effect.behind > 0 {
        let behind = counted(effect.behind, "commit");
        facts.fact("behind", Style::Text, &format!("{behind} of {}, with which it was merged for this", review.pull.base));
    }
    facts.facts("not proven", Style::Unknown, effect.unproven.iter().map(|(build, why)| format!("{build}: {why}")));
}

/// What its author wrote.
pub fn text(review: &PullReview, width: usize) -> Vec<Styled> {
    let title = Styled::of(Style::Accent, format!(" {}", sanitise_line(&review.pull.title)));
    let text = review.text.lines().map(|line| Styled::of(Style::Text, format!(" {}", sanitise_line(line))));
    let nothing = review.text.trim().is_empty().then(|| Styled::of(Style::Dim, " nothing is written below the title"));
    let all = std::iter::once(title).chain(std::iter::once(Styled::default())).chain(text).chain(nothing);
    all.flat_map(|line| line.wrapped(1, width)).collect()
}
