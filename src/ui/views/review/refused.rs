//! A change that is not proposed: why, and the other ways, each with what else would change; where several build the object, which is meant.
//!
//! ```text
//!  ✗ refused   production and staging share it
//!  other ways: ⏎ takes the selected one
//!  > 1  flux/apps/base/api/deployment.yaml:5  resource     also changes
//!         also changes staging/flux-system/apps:
//!    2  flux/apps/production/kustomization.yaml  new patch   nothing else changes
//!  built by several: which one is meant?
//!    3  only production/flux-system/apps  Deployment api/api
//!  by hand    E opens flux/apps/base/api/deployment.yaml:5 in $EDITOR
//! ```

use super::choose::offer;
use super::summary::Facts;
use crate::ui::theme::{Scope as Style, Theme};
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::change::{Alternative, BuildChoice, ChangeOrder, ChangeRefusal, SourceLine, WayChoice};
use fluxdeck_model::domain::text::{sanitise, sanitise_line};

/// The lines of a refusal, and the line of each row that can be selected: the ways, then the builds.
pub fn lines(
    refusal: &ChangeRefusal,
    offers: &[(String, bool)],
    selected: usize,
    theme: &Theme,
    width: usize,
) -> (Vec<Styled>, Vec<usize>) {
    let mut facts = Facts::new(theme, width);
    let head = Styled::of(Style::Accent, format!(" {}", sanitise_line(&refusal.object)));
    facts.line(head.and(Style::Text, format!("  {}", sanitise_line(&refusal.field))));
    facts.fact(&format!("{} refused", theme.sign("✗", "x")), Style::Failed, &refusal.why);
    // it is in the words of the command line; here what it says is listed
    if !refusal.is_open() {
        facts.fact("", Style::Text, &refusal.hint);
    }
    if let Some(place) = refusal.by_hand(selected) {
        facts.fact("by hand", Style::Text, &by_hand(place, &refusal.order));
    }
    facts.line(Styled::default());
    let heading_of_ways = match (refusal.ways.is_empty(), refusal.builds.is_empty()) {
        (false, _) if refusal.ways.iter().any(WayChoice::is_open) => " other ways, and what each does besides",
        (false, _) => " places that set it: none of them can be changed from here",
        (true, true) => " there is no other way",
        (true, false) => "",
    };
    if !heading_of_ways.is_empty() {
        facts.line(Styled::of(Style::Heading, heading_of_ways));
    }
    let mut starts = Vec::new();
    for (number, way) in refusal.ways.iter().enumerate() {
        starts.push(facts.lines.len());
        let is_selected = number == selected;
        facts.lines.extend(heading(number, way, is_selected).wrapped(6, width));
        let details = match &way.result {
            Ok(besides) => besides.iter().map(|line| (Style::Text, line.clone())).collect(),
            Err(why) => vec![(Style::Dim, why.clone())],
        };
        for (style, line) in details {
            let line = Styled::of(style, format!("        {}", sanitise(line.trim_end())));
            facts.lines.extend(line.wrapped(10, width));
        }
    }
    if !refusal.builds.is_empty() {
        facts.line(Styled::of(Style::Heading, " built by several: which one is meant?"));
    }
    for (number, choice) in (refusal.ways.len()..).zip(&refusal.builds) {
        starts.push(facts.lines.len());
        let line = build(number, choice, number == selected);
        facts.lines.extend(line.wrapped(10, width));
    }
    for caution in &refusal.cautions {
        facts.warn(&caution.text);
        if let Some(other) = &caution.instead {
            let number = starts.len();
            starts.push(facts.lines.len());
            facts.lines.extend(instead(number, other, number == selected).wrapped(10, width));
        }
    }
    if !offers.is_empty() {
        facts.line(Styled::of(Style::Heading, " of several fields"));
    }
    for one in offers {
        let number = starts.len();
        starts.push(facts.lines.len());
        facts.lines.extend(row(number, &offer(one), number == selected).wrapped(10, width));
    }
    (facts.lines, starts)
}

fn instead(number: usize, other: &Alternative, is_selected: bool) -> Styled {
    row(number, &format!("instead: {}", sanitise_line(&other.to_string())), is_selected)
}

/// Something that enter takes.
fn row(number: usize, words: &str, is_selected: bool) -> Styled {
    let (mark, text) = if is_selected { (Style::Key, Style::Mark) } else { (Style::Dim, Style::Text) };
    Styled::of(mark, format!(" {} {}  ", if is_selected { ">" } else { " " }, number + 1)).and(text, words)
}

fn build(number: usize, choice: &BuildChoice, is_selected: bool) -> Styled {
    row(number, &format!("only {}", sanitise_line(&choice.build)), is_selected)
        .and(Style::Dim, format!("  {}", sanitise_line(&choice.object)))
}

fn heading(number: usize, way: &WayChoice, is_selected: bool) -> Styled {
    let is_open = way.result.is_ok();
    let (mark, text) = match (is_selected, is_open) {
        (true, true) => (Style::Key, Style::Mark),
        (true, false) => (Style::Key, Style::Disabled),
        (false, true) => (Style::Dim, Style::Text),
        (false, false) => (Style::Dim, Style::Disabled),
    };
    let word = match (&way.result, way.is_wide) {
        (Err(_), _) => ("cannot be taken", Style::Disabled),
        (Ok(_), true) => ("changes more", Style::Failed),
        (Ok(_), false) => ("changes nothing else", Style::Ready),
    };
    Styled::of(mark, format!(" {} {}  ", if is_selected { ">" } else { " " }, number + 1))
        .and(text, format!("{}  {}", sanitise_line(&way.place.to_string()), sanitise_line(&way.word)))
        .and(word.1, format!("  {}", word.0))
}

/// What the key for the editor does.
fn by_hand(at: &SourceLine, order: &ChangeOrder) -> String {
    match &order.by_hand {
        Some(_) => format!("E opens {at} in $EDITOR again, with what you typed"),
        None if order.site.base.is_empty() => format!("E opens {at} in $EDITOR"),
        None => format!("E opens {at} in $EDITOR, as it is at the head of {}", order.site.base),
    }
}
