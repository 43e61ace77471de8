//! What a change does to what is built, in lines: by what builds it, each object, and each of its fields, before and after.
//!
//! ```text
//!  production/flux-system/apps
//!    ~ Deployment api/api
//!        spec.replicas: 3 → 5
//!    + ConfigMap api/env  new
//!        data.MODE: fast
//!  staging/flux-system/apps: the same
//! ```

use std::ops::Range;

use crate::ui::theme::{Scope as Style, Theme};
use crate::ui::widgets::differ::{Words, words};
use crate::ui::widgets::lines::{Styled, over};
use fluxdeck_model::change::{ObjectFate, RenderedBuild, RenderedField, RenderedObject};
use fluxdeck_model::domain::aligned::{Aligned as Step, steps};
use fluxdeck_model::domain::text::{counted, sanitise_line};

/// Columns of the margin of a field.
const INDENT: usize = 8;

/// The lines, for that width. `unproven`: what cannot be built before or after, and why.
pub fn lines(rendered: &[RenderedBuild], unproven: &[(String, String)], theme: &Theme, width: usize) -> Vec<Styled> {
    let mut out = Vec::new();
    for build in rendered {
        if !out.is_empty() {
            out.push(Styled::default());
        }
        of_build(build, theme, width, &mut out);
    }
    if rendered.is_empty() {
        let text = " nothing that is built from this repository changes, as far as it can be built";
        out.extend(Styled::of(Style::Text, text).wrapped(1, width));
    }
    if !unproven.is_empty() {
        out.push(Styled::default());
        let names: Vec<_> = unproven.iter().map(|(build, _)| build.as_str()).collect();
        let text = format!(" ? not known of {}: the summary says why", sanitise_line(&names.join(", ")));
        out.extend(Styled::of(Style::Unknown, text).wrapped(3, width));
    }
    out
}

fn of_build(build: &RenderedBuild, theme: &Theme, width: usize, out: &mut Vec<Styled>) {
    let (first, rest) = build.builds.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let mut head = Styled::of(Style::Accent, format!(" {}", sanitise_line(first)));
    if !rest.is_empty() {
        head = head.and(Style::Text, format!("  and the same in {}", sanitise_line(&rest.join(", "))));
    }
    out.extend(head.wrapped(3, width));
    if let Some(why) = &build.lost {
        out.extend(Styled::of(Style::Failed, format!("   {} {}", theme.sign("✗", "x"), sanitise_line(why))).wrapped(5, width));
    }
    for object in &build.objects {
        of_object(object, theme, width, out);
    }
    if build.more > 0 {
        out.push(Styled::of(Style::Dim, format!("   and {}", counted(build.more, "more object"))));
    }
}

fn of_object(object: &RenderedObject, theme: &Theme, width: usize, out: &mut Vec<Styled>) {
    let (sign, style, word) = match object.fate {
        ObjectFate::New => ("+", Style::Ready, "  new"),
        ObjectFate::Gone => ("-", Style::Failed, "  gone"),
        ObjectFate::Changed => ("~", Style::Progressing, ""),
    };
    let head = Styled::of(style, format!("   {sign} ")).and(Style::Heading, sanitise_line(&object.object)).and(style, word);
    out.extend(head.wrapped(5, width));
    for field in &object.fields {
        of_field(field, theme, width, out);
    }
    if object.more > 0 {
        out.push(Styled::of(Style::Dim, format!("{:INDENT$}and {}", "", counted(object.more, "more field"))));
    }
}

fn of_field(field: &RenderedField, theme: &Theme, width: usize, out: &mut Vec<Styled>) {
    let (before, after) = (field.before.as_deref(), field.after.as_deref());
    let sign = match (before, after) {
        (None, _) => ("+ ", Style::Ready),
        (_, None) => ("- ", Style::Failed),
        _ => ("  ", Style::Text),
    };
    let head = Styled::of(Style::Text, " ".repeat(INDENT - 2)).and(sign.1, sign.0);
    let head = head.and(Style::Accent, sanitise_line(&field.path)).and(Style::Dim, ":");
    if [before, after].into_iter().flatten().any(|text| text.contains('\n')) {
        out.extend(head.wrapped(INDENT + 2, width));
        return text(before.unwrap_or_default(), after.unwrap_or_default(), out);
    }
    let line = match (before, after) {
        (Some(_), Some(after)) if field.is_masked() => head.and(Style::Text, format!(" another value, not shown: {after}")),
        (Some(before), Some(after)) => {
            let (before, after) = (value(before), value(after));
            let Words { gone, come } = words(&before, &after).unwrap_or_else(|| Words::all(&before, &after));
            let head = marked(head.and(Style::Text, " "), &before, &gone, Style::Removed);
            marked(head.and(Style::Dim, format!(" {} ", theme.sign("→", "->"))), &after, &come, Style::Added)
        }
        (None, Some(one)) | (Some(one), None) => head.and(Style::Text, format!(" {}", value(one))),
        (None, None) => head,
    };
    out.extend(line.wrapped(INDENT + 2, width));
}

fn marked(line: Styled, text: &str, ranges: &[Range<usize>], scope: Style) -> Styled {
    line.and_parts(text, &over(&[(text.len(), Style::Text)], ranges, scope))
}

/// A value on one line; an empty one so that it is seen.
fn value(text: &str) -> String {
    if text.is_empty() { "\"\"".to_owned() } else { sanitise_line(text).into_owned() }
}

/// A text of several lines: those that differ, with one around them.
fn text(before: &str, after: &str, out: &mut Vec<Styled>) {
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let steps = steps(&old, &new);
    let differs = |at: usize| steps.get(at).is_some_and(|step| !matches!(step, Step::Same(..)));
    let mut is_skipping = false;
    for (at, step) in steps.iter().enumerate() {
        let (sign, style, line, ground) = match step {
            Step::Gone(at) => ("- ", Style::Failed, old[*at], Some(Style::RemovedLine)),
            Step::New(at) => ("+ ", Style::Ready, new[*at], Some(Style::AddedLine)),
            Step::Same(place, _) if differs(at + 1) || at > 0 && differs(at - 1) => ("  ", Style::Dim, old[*place], None),
            Step::Same(..) => {
                if !is_skipping {
                    out.push(Styled::of(Style::Dim, format!("{:INDENT$}…", "")));
                }
                is_skipping = true;
                continue;
            }
        };
        is_skipping = false;
        let words = of_step(&steps, at, &old, &new);
        let scope = if sign == "- " { Style::Removed } else { Style::Added };
        let head = Styled::of(Style::Text, " ".repeat(INDENT)).and(style, sign);
        let line = marked(head, &sanitise_line(line), &words, scope);
        out.push(match ground {
            Some(ground) => line.on(ground),
            None => line,
        });
    }
}

/// The words that differ in a line that goes right before the one that it became, or comes right after.
fn of_step(steps: &[Step], at: usize, old: &[&str], new: &[&str]) -> Vec<Range<usize>> {
    let pair = match (at.checked_sub(1).and_then(|before| steps.get(before)), &steps[at], steps.get(at + 1)) {
        (_, Step::Gone(a), Some(Step::New(b))) => Some((*a, *b, true)),
        (Some(Step::Gone(a)), Step::New(b), _) => Some((*a, *b, false)),
        _ => None,
    };
    let found = pair.and_then(|(a, b, is_gone)| {
        let Words { gone, come } = words(&sanitise_line(old[a]), &sanitise_line(new[b]))?;
        Some(if is_gone { gone } else { come })
    });
    found.unwrap_or_default()
}

#[cfg(test)]
#[path = "tests/rendered.rs"]
mod tests;
