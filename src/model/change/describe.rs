//! A change in words: what changes besides, and what a pull request says of it.

use super::compare::BuildDifference;
use super::order::ChangeOrder;
use super::proof::ChangeProof;
use super::proposal::ProposedField;
use super::rendered::{ObjectFate, RenderedBuild, RenderedField};
use super::ways::image_name;
use super::{Caution, ChangePlan, Check, CheckResult, TakenBack, TakenCommit};
use crate::domain::text::{counted, printable, sanitise_line};

/// Differences named of one build; the rest is counted.
const MOST: usize = 12;
/// The longest first line of a commit; forges cut longer ones.
const TITLE: usize = 72;
/// Most lines of what is built then in a pull request.
const FOLDED: usize = 300;

/// What changes besides the wanted fields: a line each, in columns, fit for a terminal.
pub fn besides(proof: &ChangeProof) -> Vec<String> {
    changes(proof).lines().map(str::to_owned).collect()
}

fn changes(proof: &ChangeProof) -> String {
    let mut out = String::new();
    for one in &proof.renamed {
        let follow = match proof.followed {
            1 => "1 reference follows".to_owned(),
            count => format!("{count} references follow"),
        };
        out.push_str(&format!("follows     {} {} is called {} ({follow})\n", one.kind, one.from, one.to));
    }
    for (build, one) in &proof.said {
        out.push_str(&format!("said by     {} of {build}\n", difference(one)));
    }
    if !proof.inside.is_empty() {
        out.push_str(&listed("also changes", &proof.inside));
    }
    for (build, differences) in &proof.elsewhere {
        out.push_str(&listed(&format!("also changes {build}:"), differences));
    }
    for (word, builds) in [("breaks", &proof.broken), ("stops", &proof.stopped)] {
        builds.iter().for_each(|(build, why)| out.push_str(&format!("{word:<12}{build}: {}\n", sanitise_line(why))));
    }
    out
}

/// What is built then, a line each: who builds it, each object, each field. Of a text of several lines only that it differs.
pub fn rendered(all: &[RenderedBuild]) -> Vec<String> {
    let mut lines = Vec::new();
    for build in all {
        lines.push(build.builds.join(", "));
        lines.extend(build.lost.iter().map(|why| format!("  {why}")));
        for object in &build.objects {
            let sign = match object.fate {
                ObjectFate::New => '+',
                ObjectFate::Gone => '-',
                ObjectFate::Changed => '~',
            };
            lines.push(format!("  {sign} {}", object.object));
            // of what comes or goes whole its name is enough
            let fields = object.fields.iter().filter(|_| object.fate == ObjectFate::Changed);
            lines.extend(fields.map(|field| format!("    {}", rendered_field(field))));
            if object.more > 0 {
                lines.push(format!("    and {}", counted(object.more, "more field")));
            }
        }
        if build.more > 0 {
            lines.push(format!("  and {}", counted(build.more, "more object")));
        }
    }
    lines.iter().map(|line| sanitise_line(line).into_owned()).collect()
}

fn rendered_field(field: &RenderedField) -> String {
    let RenderedField { path, before, after } = field;
    if field.is_masked() {
        return format!("{path}: another value, not shown");
    }
    if [before, after].into_iter().flatten().any(|text| text.contains('\n')) {
        let lines = |text: &Option<String>| counted(text.as_deref().unwrap_or_default().lines().count(), "line");
        return format!("{path}: another text, {} -> {}", lines(before), lines(after));
    }
    let value = |value: &Option<String>| value.as_deref().map_or_else(|| "nothing".to_owned(), line);
    format!("{path}: {} -> {}", value(before), value(after))
}

fn listed(head: &str, differences: &[BuildDifference]) -> String {
    let mut out = format!("{head}\n");
    for one in differences.iter().take(MOST) {
        out.push_str(&format!("  {}\n", difference(one)));
    }
    if differences.len() > MOST {
        out.push_str(&format!("  … and {} more\n", differences.len() - MOST));
    }
    out
}

fn difference(one: &BuildDifference) -> String {
    let BuildDifference { object, field, before, after, .. } = one;
    let value =
        |value: &Option<String>| value.as_deref().map_or_else(|| "nothing".to_owned(), |text| sanitise_line(text).into_owned());
    match (field, after) {
        (Some(field), _) => format!("{object} {field}: {} -> {}", value(before), value(after)),
        (None, Some(_)) => format!("{object} is new"),
        (None, None) => format!("{object} is gone"),
    }
}

/// What the change is called: the user's words, else object, field and values. One line.
pub fn title(order: &ChangeOrder, object: &str, fields: &[ProposedField]) -> String {
    if !order.title.is_empty() {
        return line(&order.title);
    }
    if let Some(back) = &order.taken_back {
        return cut(&back.title(object));
    }
    if let Some(edit) = order.by_hand.as_ref().filter(|_| !is_of_one(object, fields)) {
        return cut(&format!("Edit {}", edit.file));
    }
    let what = match fields {
        [one, ..] if is_one_change(fields) => {
            let field = one.field.rsplit_once("].").map_or(one.field.as_str(), |(_, last)| last);
            let field = field.strip_prefix("spec.").unwrap_or(field);
            // of several objects each may have had another value
            let Some(after) = &one.after else { return cut(&format!("{object}: {field} taken out")) };
            let values = match one.before.as_ref().filter(|_| fields.iter().all(|other| other.before == one.before)) {
                Some(before) => {
                    let (before, after) = tails(field, before, after);
                    format!("{} -> {}", short(before), short(after))
                }
                None => format!("= {}", short(after)),
            };
            format!("{field} {values}")
        }
        many => format!("change {}", counted(many.len(), "field")),
    };
    cut(&format!("{object}: {what}"))
}

/// One line that a forge shows whole.
fn cut(title: &str) -> String {
    let title = line(title);
    if title.chars().count() <= TITLE {
        return title;
    }
    // the values are below, whole
    let cut: String = title.chars().take(TITLE - 1).collect();
    format!("{cut}…")
}

/// Whether one field of the object that is named is all that changes in what builds it.
fn is_of_one(object: &str, fields: &[ProposedField]) -> bool {
    matches!(fields, [one] if one.of.as_ref().is_some_and(|of| of.to_string() == object))
}

/// Whether the same is set for each of several objects.
fn is_one_change(fields: &[ProposedField]) -> bool {
    fields.iter().enumerate().all(|(at, one)| {
        (&one.field, &one.after) == (&fields[0].field, &fields[0].after) && fields[..at].iter().all(|other| other.of != one.of)
    })
}

/// Whether the fields are of several objects, so that each has to be named.
fn are_of_several(fields: &[ProposedField]) -> bool {
    fields.iter().any(|one| one.of != fields[0].of)
}

/// The object of a field, in front of it, where there are several.
pub fn prefix(one: &ProposedField, fields: &[ProposedField]) -> String {
    let of = one.of.as_ref().filter(|_| are_of_several(fields));
    of.map(|of| format!("{} ", sanitise_line(&of.to_string()))).unwrap_or_default()
}

/// Of two images with one name what differs: `1.4.1` and `1.5.0`. A title has no room for registries.
fn tails<'a>(field: &str, before: &'a str, after: &'a str) -> (&'a str, &'a str) {
    let name = image_name(before);
    let tail = |image: &'a str| image.strip_prefix(name)?.strip_prefix([':', '@']);
    let is_image = field.rsplit('.').next() == Some("image") && name == image_name(after);
    tail(before).zip(tail(after)).filter(|_| is_image).unwrap_or((before, after))
}

/// The text of a pull request: a person's words, then what the plan and its checks say, which others may still be asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullText {
    /// Why it is wanted, in the person's words; may be empty.
    why: String,
    head: String,
    tail: String,
    /// What the repository asks a person to fill in; may be empty.
    template: String,
}

impl PullText {
    /// The whole text. `written`: a person's own, in place of why it is wanted and of the repository's template; empty for those.
    pub fn with(&self, written: &str, checks: &[Check]) -> String {
        let facts = self.facts(checks);
        match (written.trim(), self.why.as_str(), self.template.as_str()) {
            ("", "", "") => facts,
            ("", "", template) => format!("{facts}\n---\n\n{template}"),
            ("", why, "") => format!("{why}\n\n{facts}"),
            ("", why, template) => format!("{why}\n\n{facts}\n---\n\n{template}"),
            (written, ..) => format!("{written}\n\n---\n\n{facts}"),
        }
    }

    /// What a person edits: what they have written, else why it is wanted with the template.
    pub fn begun(&self, written: &str) -> String {
        let parts = if written.trim().is_empty() { vec![&*self.why, &*self.template] } else { vec![written] };
        parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
    }

    /// What is said in any case. A check that nobody has answered yet was not run.
    pub fn facts(&self, checks: &[Check]) -> String {
        let mut out = format!("{}\n| check | result | |\n|---|---|---|\n", self.head);
        for check in checks {
            let (sign, why) = match check.result {
                CheckResult::Passed => ("passed", cell(&check.why)),
                CheckResult::Failed => ("**failed**", cell(&check.why)),
                CheckResult::Warned => ("**warning**", cell(&check.why)),
                CheckResult::NotRun => ("not run", cell(&check.why)),
                CheckResult::UnderWay => ("not run", "no answer had come when this was submitted".to_owned()),
            };
            out.push_str(&format!("| {} | {sign} | {why} |\n", cell(&check.name)));
        }
        out.push_str(&self.tail);
        out
    }

    /// The same with the template of the repository.
    #[must_use]
    pub fn ending(self, template: &str) -> Self {
        Self { template: template.to_owned(), ..self }
    }
}

/// What was accepted although a check had failed, for the head of a pull request; nothing where none had.
pub fn overridden(failed: &[&Check]) -> String {
    let line = |check: &&Check| format!("> - {}: {}\n", cell(&check.name), cell(&check.why));
    match failed {
        [] => String::new(),
        all => format!(
            "> **Overridden:** {} had failed, and this was submitted all the same.\n{}",
            counted(all.len(), "check"),
            all.iter().map(line).collect::<String>()
        ),
    }
}

/// The text of the pull request: why, what, what else, what was checked, and on which commit. Markdown; no value of a Secret is in it.
pub fn body(order: &ChangeOrder, plan: &ChangePlan, fields: &[ProposedField], base: &str) -> PullText {
    let mut out = format!("{} of {}\n", plan.object, code(&plan.build));
    if let Some(edit) = &order.by_hand {
        out.push_str(&format!("\n{} was edited by hand: what is built then follows from that.\n", code(&edit.file)));
    }
    if let Some(back) = &order.taken_back {
        out.push_str(&taken_back(back, &plan.object));
    }
    if !fields.is_empty() {
        out.push_str("\n| field | old | new | set at |\n|---|---|---|---|\n");
    }
    for one in fields {
        let before = one.before.as_deref().map_or_else(|| "nothing".to_owned(), code);
        out.push_str(&format!(
            "| {}{} | {before} | {} | {} ({}) |\n",
            cell(&prefix(one, fields)),
            code(&one.field),
            one.after.as_deref().map_or_else(|| "taken out".to_owned(), code),
            code(&one.place),
            cell(&one.layer)
        ));
    }
    let proofs = || plan.proofs();
    let list = |out: &mut String, head: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            out.push_str(&format!("\n**{head}**\n"));
            lines.iter().for_each(|one| out.push_str(&format!("- {}\n", cell(one.trim()))));
        }
    };
    list(&mut out, "What to know before it is merged", warnings(order, plan));
    list(&mut out, "Also changes", proofs().flat_map(besides).collect());
    let mut readers: Vec<_> = proofs().flat_map(|proof| &proof.readers).map(|name| code(name)).collect();
    readers.sort();
    readers.dedup();
    list(&mut out, "The same files are read by", readers);
    let unproven = proofs().flat_map(|proof| &proof.unproven).map(|(build, why)| format!("{build}: {why}"));
    let mut unproven: Vec<_> = unproven.collect();
    unproven.sort();
    unproven.dedup();
    list(&mut out, "Not proven", unproven);
    out.push_str(&folded("What is built then", &rendered(&plan.rendered)));
    let tail = format!("\nBuilt on {} of `{}` by fluxdeck {}.\n", short_id(base), order.site.base, env!("CARGO_PKG_VERSION"));
    PullText { why: printable(&order.reason).into_owned(), head: out, tail, template: String::new() }
}

/// Which commits are taken back, and how much of them.
fn taken_back(back: &TakenBack, object: &str) -> String {
    let what = match back.is_whole {
        true => "This reverts, with all that it did:".to_owned(),
        false => format!("This takes back what belongs to {object} of:"),
    };
    let one = |commit: &TakenCommit| format!("- {} {} by {}\n", commit.id, code(&commit.subject), cell(&commit.author));
    format!("\n{what}\n\n{}", back.commits.iter().map(one).collect::<String>())
}

/// What merging does or does not do, and what could be changed instead.
fn warnings(order: &ChangeOrder, plan: &ChangePlan) -> Vec<String> {
    let caution = |caution: &Caution| match &caution.instead {
        Some(other) => format!("{} (instead: {other})", caution.text),
        None => caution.text.clone(),
    };
    let site = Some(&order.site.caution).filter(|text| !text.is_empty()).cloned();
    site.into_iter().chain(plan.cautions.iter().map(caution)).collect()
}

/// Lines below a heading that a person unfolds; as they are, whatever signs of Markdown are in them.
fn folded(head: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let text = lines.iter().take(FOLDED).map(|line| format!("{line}\n")).collect::<String>();
    let rest = match lines.len().saturating_sub(FOLDED) {
        0 => String::new(),
        rest => format!("and {}\n", counted(rest, "more line")),
    };
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("\n<details><summary>{head}</summary>\n\n{fence}\n{text}{rest}{fence}\n\n</details>\n")
}

/// The message of the commit: the title, why, and the fields.
pub fn message(order: &ChangeOrder, title: &str, fields: &[ProposedField]) -> String {
    let mut out = format!("{title}\n");
    if !order.reason.is_empty() {
        out.push_str(&format!("\n{}\n", printable(&order.reason)));
    }
    if let Some(back) = &order.taken_back {
        out.push('\n');
        let what = if back.is_whole { "This reverts commit" } else { "This takes back lines of commit" };
        back.commits
            .iter()
            .for_each(|commit| out.push_str(&format!("{what} {} (\"{}\" by {}).\n", commit.id, commit.subject, commit.author)));
    }
    if !fields.is_empty() {
        out.push('\n');
    }
    for one in fields {
        let before = one.before.as_deref().unwrap_or("nothing");
        out.push_str(&format!(
            "{}{}: {} -> {} ({})\n",
            prefix(one, fields),
            one.field,
            line(before),
            line(one.after.as_deref().unwrap_or("taken out")),
            one.place
        ));
    }
    out
}

fn short_id(id: &str) -> String {
    id.get(..12).unwrap_or(id).to_owned()
}

/// One line without what a terminal or a forge would take for more than text.
fn line(text: &str) -> String {
    sanitise_line(text.trim()).into_owned()
}

fn short(value: &str) -> String {
    const MOST: usize = 30;
    let value = line(value);
    if value.chars().count() <= MOST { value } else { format!("{}…", value.chars().take(MOST).collect::<String>()) }
}

/// Text in a cell of a table in Markdown: what would end the cell, mention a person or make a link is shown as it is written.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for letter in line(text).chars() {
        if matches!(letter, '|' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '\\' | '#' | '@' | '!') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// A value as code in a cell. Within, only the back quote and the bar have a meaning.
fn code(text: &str) -> String {
    let text = line(text).replace('|', "\\|");
    if text.is_empty() {
        return "empty".to_owned();
    }
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_of_two_tags_of_an_image_has_the_tags() {
        for (field, before, after, expected) in [
            ("image", "a.b:5000/c/d:1.4.1", "a.b:5000/c/d:1.5.0", ("1.4.1", "1.5.0")),
            ("spec.image", "d:1", "d@sha256:aa", ("1", "sha256:aa")),
            ("image", "d", "d:1", ("d", "d:1")),
            ("image", "c:1", "d:1", ("c:1", "d:1")),
            ("replicas", "d:1", "d:2", ("d:1", "d:2")),
        ] {
            assert_eq!(tails(field, before, after), expected, "{before} {after}");
        }
    }
}
