//! A report as text, JSON, annotations of GitHub Actions, and SARIF.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Form, Report};
use crate::cli::output;
use fluxdeck_model::domain::text::{counted, sanitise_line};
use fluxdeck_model::error::Result;
use fluxdeck_model::insight::check::{Difference, Finding, Level, RULES};
use fluxdeck_model::kinds::KUSTOMIZATION;

/// Fields of one object that are listed in text.
const MOST_FIELDS: usize = 5;
/// Findings that say the same and are still printed one by one.
const FEW: usize = 3;
/// Of more than that, so many are examples.
const EXAMPLES: usize = 2;

pub fn report(report: &Report, form: Form, is_verbose: bool) -> Result<()> {
    match form {
        Form::Text => output::write(&text(report, is_verbose)),
        Form::Json => output::json(&json(report)),
        Form::Github => output::write(&github(report)),
        Form::Sarif => output::json(&sarif(report)),
    }
}

fn place(finding: &Finding) -> String {
    match (finding.file.as_str(), finding.line) {
        ("", _) => String::new(),
        (file, 0) => format!("{file}: "),
        (file, line) => format!("{file}:{line}:{}: ", finding.column),
    }
}

fn counts(report: &Report) -> String {
    let count = |level: Level| counted(report.findings.count(level), level.word());
    format!(
        "{}, {} built, {}: {}, {}, {}",
        counted(report.clusters, "cluster"),
        counted(report.built, KUSTOMIZATION.kind),
        counted(report.objects, "object"),
        count(Level::Error),
        count(Level::Warning),
        count(Level::Note)
    )
}

fn text(report: &Report, is_verbose: bool) -> String {
    let mut out = String::new();
    let groups = report.findings.groups();
    for group in &groups {
        match group.len() > FEW && !is_verbose {
            true => out.push_str(&grouped(group)),
            false => group.iter().for_each(|(finding, who)| out.push_str(&single(finding, who, is_verbose))),
        }
    }
    if let Some(differences) = &report.differences {
        out.push_str(&changes(differences));
    }
    out.push_str(&counts(report));
    out.push('\n');
    out
}

fn single(finding: &Finding, who: &[&str], is_verbose: bool) -> String {
    let (level, rule) = (finding.level.word(), finding.rule.name);
    let head = format!("{level} [{rule}] {}{}\n", place(finding), sanitise_line(&finding.message));
    head + &way_out(finding, who, if is_verbose { who.len() } else { FEW })
}

/// What to do, and where it was found; more than `most` Kustomizations are counted.
fn way_out(finding: &Finding, who: &[&str], most: usize) -> String {
    let hint = if finding.hint.is_empty() { String::new() } else { format!("      {}\n", sanitise_line(&finding.hint)) };
    let place = match who.len() {
        0 => String::new(),
        count if count <= most => format!("      in {}\n", who.join(", ")),
        many => format!("      in {}, such as {}\n", counted(many, KUSTOMIZATION.kind), who[0]),
    };
    hint + &place
}

/// Findings that say the same: the sentence once, with their number, examples and the way out.
fn grouped(group: &[(&Finding, Vec<&str>)]) -> String {
    let (first, _) = group[0];
    let (level, rule, times) = (first.level.word(), first.rule.name, group.len());
    let mut out = format!("{level} [{rule}] {} ({})\n", sanitise_line(&first.sentence), counted(times, "time"));
    for (finding, _) in group.iter().take(EXAMPLES) {
        let example = format!("{}{}", place(finding), sanitise_line(&finding.subject));
        out.push_str(&format!("      {}\n", example.trim_end_matches(": ")));
    }
    out.push_str(&format!("      and {} more: -v prints each\n", times - EXAMPLES));
    let who: BTreeSet<_> = group.iter().flat_map(|(_, who)| who).copied().collect();
    out + &way_out(first, &who.into_iter().collect::<Vec<_>>(), FEW)
}

fn changes(differences: &[Difference]) -> String {
    let mut out = if differences.is_empty() { "no object changes\n".to_owned() } else { "objects that change\n".to_owned() };
    let mut last = "";
    for difference in differences {
        if difference.kustomization != last {
            out.push_str(&format!("  {}\n", difference.kustomization));
            last = &difference.kustomization;
        }
        let shown: Vec<_> = difference.fields.iter().take(MOST_FIELDS).map(String::as_str).collect();
        let more = difference.fields.len().saturating_sub(MOST_FIELDS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let line = format!("    {} {}  {}{more}", difference.what, difference.object, shown.join(", "));
        out.push_str(sanitise_line(&line).trim_end());
        out.push('\n');
    }
    out
}

fn json(report: &Report) -> Value {
    let finding = |(finding, who): (&Finding, Vec<&str>)| {
        json!({
            "level": finding.level.word(), "rule": finding.rule.name, "message": finding.message, "hint": finding.hint,
            "file": finding.file, "line": finding.line, "column": finding.column, "kustomizations": who,
        })
    };
    let difference = |one: &Difference| json!({ "kustomization": one.kustomization, "object": one.object, "change": one.what, "fields": one.fields });
    json!({
        "clusters": report.clusters,
        "declared": report.declared,
        "notReached": report.unreached,
        "built": report.built,
        "objects": report.objects,
        "errors": report.findings.count(Level::Error),
        "warnings": report.findings.count(Level::Warning),
        "findings": report.findings.list().into_iter().map(finding).collect::<Vec<_>>(),
        "changes": report.differences.as_ref().map(|all| all.iter().map(difference).collect::<Vec<_>>()),
    })
}

/// Workflow commands: properties and messages have letters of their own to escape.
fn github(report: &Report) -> String {
    let message = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| message(text).replace(':', "%3A").replace(',', "%2C");
    let mut out = String::new();
    for (finding, who) in report.findings.list() {
        let command = if finding.level == Level::Note { "notice" } else { finding.level.word() };
        let mut properties = Vec::new();
        if !finding.file.is_empty() {
            properties.push(format!("file={}", property(&finding.file)));
        }
        if finding.line > 0 {
            properties.push(format!("line={},col={}", finding.line, finding.column));
        }
        properties.push(format!("title={}", property(finding.rule.name)));
        let text = [finding.message.as_str(), &finding.hint, &who.join(", ")];
        let text: Vec<_> = text.into_iter().filter(|part| !part.is_empty()).collect();
        out.push_str(&format!("::{command} {}::{}\n", properties.join(","), message(&text.join("; "))));
    }
    if let Some(differences) = &report.differences {
        out.push_str(&changes(differences));
    }
    out + &counts(report) + "\n"
}

fn sarif(report: &Report) -> Value {
    let result = |(finding, who): (&Finding, Vec<&str>)| {
        let text =
            if finding.hint.is_empty() { finding.message.clone() } else { format!("{}: {}", finding.message, finding.hint) };
        let mut result = json!({
            "ruleId": finding.rule.name, "level": finding.level.word(), "message": { "text": text }, "properties": { "kustomizations": who },
        });
        if !finding.file.is_empty() {
            let mut location = json!({ "artifactLocation": { "uri": uri(&finding.file), "uriBaseId": "%SRCROOT%" } });
            if finding.line > 0 {
                location["region"] = json!({ "startLine": finding.line, "startColumn": finding.column.max(1) });
            }
            result["locations"] = json!([{ "physicalLocation": location }]);
        }
        result
    };
    let rules: Vec<_> = RULES.iter().map(|rule| json!({ "id": rule.name, "shortDescription": { "text": rule.doc } })).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "fluxdeck", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "results": report.findings.list().into_iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

/// A relative reference of RFC 3986.
fn uri(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
