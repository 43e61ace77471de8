//! A change that is not proposed: why, and the other ways, each with what else would change.
//!
//! ```text
//!  ✗ refused   production and staging share it
//!  other ways: ⏎ takes the selected one
//!  > 1  flux/apps/base/api/deployment.yaml:5  resource     also changes
//!         also changes staging/flux-system/apps:
//!    2  flux/apps/production/kustomization.yaml  new patch   nothing else changes
//! ```

use super::summary::Facts;
use crate::ui::theme::{Scope as Style, Theme};
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::change::{ChangeRefusal, WayChoice};
use fluxdeck_model::domain::text::{sanitise, sanitise_line};

/// The lines of a refusal, and the line of each way's heading.
pub fn lines(refusal: &ChangeRefusal, selected: usize, theme: &Theme, width: usize) -> (Vec<Styled>, Vec<usize>) {
    let mut facts = Facts::new(theme, width);
    let head = Styled::of(Style::Accent, format!(" {}", sanitise_line(&refusal.object)));
    facts.line(head.and(Style::Text, format!("  {}", sanitise_line(&refusal.field))));
    facts.fact(&format!("{} refused", theme.sign("✗", "x")), Style::Failed, &refusal.why);
    facts.fact("", Style::Text, &refusal.hint);
    facts.line(Styled::default());
    facts.line(Styled::of(
        Style::Heading,
        match refusal.ways.len() {
            0 => " there is no other way",
            _ => " other ways, and what each does besides",
        },
    ));
    let mut starts = Vec::new();
    for (number, way) in refusal.ways.iter().enumerate() {
        starts.push(facts.lines.len());
        let is_selected = number == selected;
        facts.line(heading(number, way, is_selected));
        let details = match &way.result {
            Ok(besides) => besides.iter().map(|line| (Style::Text, line.clone())).collect(),
            Err(why) => vec![(Style::Dim, why.clone())],
        };
        for (style, line) in details {
            let line = Styled::of(style, format!("        {}", sanitise(line.trim_end())));
            facts.lines.extend(line.wrapped(10, width));
        }
    }
    (facts.lines, starts)
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
        .and(text, format!("{}  {}", sanitise_line(&way.place), sanitise_line(&way.word)))
        .and(word.1, format!("  {}", word.0))
}
