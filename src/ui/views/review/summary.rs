//! What a proposal is, in lines: everything to decide besides the diff. All texts in it are from outside: each is sanitised here.

use crate::ui::theme::{Scope as Style, Theme};
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::change::{self, Check, CheckResult, ForgeChoice, Proposal, ProposedField, TakenCommit, prefix};
use fluxdeck_model::domain::text::{counted, printable, sanitise, sanitise_line};
use fluxdeck_model::kinds;

use jiff::Timestamp;

/// Columns of the labels.
const LABEL: usize = 12;

/// Lines with a label, wrapped.
pub struct Facts<'a> {
    pub theme: &'a Theme,
    pub width: usize,
    pub lines: Vec<Styled>,
}

impl<'a> Facts<'a> {
    pub fn new(theme: &'a Theme, width: usize) -> Self {
        Self { theme, width, lines: Vec::new() }
    }

    /// A line without a label.
    pub fn line(&mut self, line: Styled) {
        self.lines.extend(line.wrapped(1, self.width));
    }

    /// A label with a text; nothing where the text is empty.
    pub fn fact(&mut self, label: &str, style: Style, text: &str) {
        if !text.is_empty() {
            let line = Styled::of(Style::Dim, format!(" {label}")).upto(LABEL).and(style, sanitise(text));
            self.lines.extend(line.wrapped(LABEL, self.width));
        }
    }

    /// The same with one label for several.
    pub fn facts(&mut self, label: &str, style: Style, texts: impl IntoIterator<Item = String>) {
        for (number, text) in texts.into_iter().enumerate() {
            self.fact(if number == 0 { label } else { "" }, style, &text);
        }
    }

    /// Something to look at before one goes on.
    pub fn warn(&mut self, text: &str) {
        if !text.is_empty() {
            let line = Styled::of(Style::Progressing, " ! ").and(Style::Progressing, sanitise(text));
            self.lines.extend(line.wrapped(3, self.width));
        }
    }

    /// A check that failed or was not run has its reason; of those that passed the names are enough.
    pub fn checks(&mut self, checks: &[Check]) {
        let passed = checks.iter().filter(|check| check.result == CheckResult::Passed);
        let passed: Vec<_> = passed.map(|check| &*check.name).collect();
        if !passed.is_empty() {
            self.check(CheckResult::Passed, &passed.join(", "));
        }
        for result in [CheckResult::Failed, CheckResult::Warned, CheckResult::UnderWay, CheckResult::NotRun] {
            for check in checks.iter().filter(|check| check.result == result) {
                let why = if check.why.is_empty() { String::new() } else { format!(": {}", check.why) };
                self.check(result, &format!("{}{why}", check.name));
            }
        }
    }

    fn check(&mut self, result: CheckResult, text: &str) {
        let (sign, style) = match result {
            CheckResult::Passed => (self.theme.sign("✓", "+"), Style::Ready),
            CheckResult::Failed => (self.theme.sign("✗", "x"), Style::Failed),
            CheckResult::Warned => ("!", Style::Progressing),
            CheckResult::NotRun => (self.theme.sign("–", "-"), Style::Unknown),
            CheckResult::UnderWay => (self.theme.sign("◐", "~"), Style::Progressing),
        };
        let words = if matches!(result, CheckResult::Failed | CheckResult::Warned) { style } else { Style::Text };
        let line = Styled::of(style, format!(" {sign} {}", result.word())).upto(LABEL).and(words, sanitise(text));
        self.lines.extend(line.wrapped(LABEL, self.width));
    }
}

/// Everything to decide about a proposal, besides its diff.
pub fn lines(proposal: &Proposal, is_unfolded: bool, theme: &Theme, width: usize, now: Timestamp) -> Vec<Styled> {
    let mut facts = Facts::new(theme, width);
    heading(proposal, &mut facts);
    if let Some(back) = &proposal.order.taken_back {
        let label = if back.is_whole { "reverts" } else { "takes back" };
        facts.facts(label, Style::Text, back.commits.iter().map(TakenCommit::words));
    }
    facts.checks(&proposal.checks);
    if let Some(question) = proposal.policy.as_ref().filter(|question| !question.is_allowed) {
        facts.warn(&format!("P: which programs {} wants to run as checks, and whether they may", question.repository));
    }
    cautions(proposal, &mut facts);
    facts.fact("touches", Style::Text, &proposal.build);
    facts.fact("built then", Style::Text, &built(proposal));
    facts.fact("read by", Style::Text, &proposal.readers.join(", "));
    facts.facts("known also", Style::Unknown, proposal.elsewhere.iter().map(|one| one.words(&proposal.files, now)));
    // lines of a list are indented
    let is_serious = proposal.order.is_wide || proposal.has_failed();
    facts.facts(
        "besides",
        if is_serious { Style::Failed } else { Style::Text },
        proposal.besides.iter().map(|line| line.trim_end().to_owned()),
    );
    facts.facts("set at", Style::Text, proposal.fields.iter().map(|field| format!("{} ({})", field.place, field.layer)));
    let files = proposal.files.iter().map(|file| {
        let new = if file.is_new { " (new)" } else { "" };
        format!("{}{new}  +{} -{}", file.path, file.added, file.removed)
    });
    facts.facts("files", Style::Text, files);
    let draft = if proposal.pull.is_draft { " (draft)" } else { "" };
    facts.fact("title", Style::Text, &format!("{}{draft}", proposal.pull.title));
    if proposal.pull.merges_later {
        facts.fact("auto-merge", Style::Text, "on: the forge merges it once its checks have passed");
    }
    if let Some(owners) = &proposal.owners {
        facts.fact("owners", Style::Text, &format!("{} ({})", owners.names.join(", "), owners.said_by));
    }
    facts.fact("labels", Style::Text, &proposal.pull.labels.join(", "));
    facts.fact("reviewers", Style::Text, &proposal.pull.reviewers.join(", "));
    facts.fact("why", Style::Text, &proposal.order.reason);
    facts.fact("author", Style::Text, &author(proposal));
    facts.fact("forge", Style::Text, &forge(&proposal.forge));
    if let Some(offer) = proposal.fork.as_ref().filter(|_| proposal.open.is_none()) {
        let text = format!("you may not push to {}: {}", proposal.order.site.name(), offer.words());
        facts.fact("push", Style::Progressing, &text);
    }
    // the checks name them already: the reasons come last
    unproven(proposal, is_unfolded, &mut facts);
    let otherwise = if proposal.source.is_some() { " (U: another repository)" } else { "" };
    facts.fact("found by", Style::Dim, &format!("{}{otherwise}", proposal.order.site.found_by));
    facts.lines
}

/// Whether what is not proven is more than a line.
pub fn folds(proposal: &Proposal) -> bool {
    proposal.unproven.len() > 1
}

/// What is not proven, in one line unless it is unfolded: most often it is one reason for many.
fn unproven(proposal: &Proposal, is_unfolded: bool, facts: &mut Facts<'_>) {
    let all = &proposal.unproven;
    match all.first() {
        Some((_, why)) if folds(proposal) && !is_unfolded => {
            let same = all.iter().filter(|(_, other)| other == why).count();
            let rest = if same < all.len() { format!("; {} for other reasons", all.len() - same) } else { String::new() };
            let why = why.lines().next().unwrap_or_default();
            facts.fact(
                "not proven",
                Style::Unknown,
                &format!("{} (z lists them): {why}{rest}", counted(all.len(), kinds::KUSTOMIZATION.kind)),
            );
        }
        _ => facts.facts("not proven", Style::Unknown, all.iter().map(|(build, why)| format!("{build}: {why}"))),
    }
}

/// How much of what is built is another one then; nothing where it is one object.
fn built(proposal: &Proposal) -> String {
    match change::extent(&proposal.rendered) {
        (0 | 1, _) => String::new(),
        (objects, builds) => format!("{} change in {}", counted(objects, "object"), counted(builds, kinds::KUSTOMIZATION.kind)),
    }
}

fn heading(proposal: &Proposal, facts: &mut Facts<'_>) {
    let arrow = facts.theme.sign("→", "->");
    let mut head = Styled::of(Style::Accent, format!(" {}", sanitise_line(&proposal.object)));
    match proposal.fields.as_slice() {
        [one] => head = head.and(Style::Text, format!("  {}", field_change(one, arrow))),
        [] => head = head.and(Style::Text, format!("  {}", unfielded(proposal))),
        many => head = head.and(Style::Text, format!("  {}", counted(many.len(), "field"))),
    }
    facts.line(head);
    if let many @ [_, _, ..] = proposal.fields.as_slice() {
        let line = |one: &ProposedField| format!("   {}{}", prefix(one, many), field_change(one, arrow));
        many.iter().for_each(|one| facts.line(Styled::of(Style::Text, line(one))));
    }
    for out in &proposal.left_out {
        let text = format!("   {} {} left out", facts.theme.sign("–", "-"), sanitise_line(&out.field));
        facts.line(Styled::of(Style::Suspended, text));
    }
    let site = &proposal.order.site;
    let where_to = format!(
        " {}  {}@{} {arrow} {}",
        sanitise_line(&site.name()),
        sanitise_line(&site.base),
        sanitise_line(short(&proposal.base)),
        sanitise_line(&proposal.branch)
    );
    facts.line(Styled::of(Style::Dim, where_to));
}

/// What is there to say where no field of an object becomes another one.
fn unfielded(proposal: &Proposal) -> &'static str {
    match change::extent(&proposal.rendered) {
        (0, _) => "nothing that is built changes",
        _ => "whole objects come or go",
    }
}

/// `spec.replicas 3 → 5`.
fn field_change(field: &ProposedField, arrow: &str) -> String {
    let before = field.before.as_deref().unwrap_or("nothing");
    format!(
        "{} {} {arrow} {}",
        sanitise_line(&field.field),
        value(before),
        field.after.as_deref().map_or_else(|| "taken out".to_owned(), value)
    )
}

/// A value on one line; where it is long or empty, so that one sees it.
pub fn value(text: &str) -> String {
    if text.is_empty() { "\"\"".to_owned() } else { printable(text).into_owned() }
}

fn cautions(proposal: &Proposal, facts: &mut Facts<'_>) {
    if let Some(pull) = &proposal.open {
        facts.warn(&format!("the same change is open as #{}: {}", pull.number, pull.url));
    }
    facts.warn(&proposal.order.site.caution);
    if let Some(why) = &proposal.merged_by_hand {
        facts.warn(&format!("auto-merge stays off: {why}"));
    }
    for caution in &proposal.cautions {
        facts.warn(&caution.text);
        if let Some(other) = &caution.instead {
            let line =
                Styled::of(Style::Key, "   i").and(Style::Text, format!(" instead: {}", sanitise_line(&other.to_string())));
            facts.lines.extend(line.wrapped(5, facts.width));
        }
    }
    if let Some(ahead) = proposal.ahead.filter(|ahead| *ahead > 0) {
        let commits = counted(ahead, "commit");
        facts.warn(&format!("{} is {commits} ahead of what the cluster has applied", proposal.order.site.base));
    }
}

fn author(proposal: &Proposal) -> String {
    let author = &proposal.author;
    let signed = if author.is_signed { "signed" } else { "not signed" };
    let off = if author.is_signed_off { ", signed off" } else { "" };
    format!("{}, {signed}{off}", author.author)
}

fn forge(forge: &ForgeChoice) -> String {
    match forge {
        ForgeChoice::Known { name, repository, token } => format!("{name} {repository}, token: {token}"),
        ForgeChoice::None { why, page: Some(page) } => format!("none that can be asked: {why}; open it at {page}"),
        ForgeChoice::None { why, page: None } => format!("none that can be asked: {why}"),
    }
}

/// The text of the pull request, as it was written.
pub fn body(proposal: &Proposal, width: usize) -> Vec<Styled> {
    let title = Styled::of(Style::Accent, format!(" {}", sanitise_line(&proposal.pull.title)));
    let text = proposal.pull.body.lines().map(|line| Styled::of(Style::Text, format!(" {}", sanitise_line(line))));
    std::iter::once(title).chain(std::iter::once(Styled::default())).chain(text).flat_map(|line| line.wrapped(1, width)).collect()
}

fn short(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}
