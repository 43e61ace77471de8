//! What a scenario writes down, with everything taken out that differs from run to run.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// Text that differs between runs, and its placeholder.
static VARIABLE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"\b[0-9a-f]{40}\b", "<commit>"),
        (r"sha256:[0-9a-f]{64}", "<digest>"),
        (r"\+[0-9a-f]{12}\b", "+<digest>"),
        (r"\b(\d+h)?(\d+m)?\d+\.\d+(ms|µs|s)\b", "<duration>"),
        (r"127\.0\.0\.1:\d+", "<forge>"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uid>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<time>"),
        (r"resource version: \d+( \(\d+\))?", "resource version: <version>"),
        (r" \|  \| Last Helm logs:.*", ""),
    ]
    .map(|(pattern, instead)| (Regex::new(pattern).expect("a pattern"), instead))
    .into()
});

/// An event that the bed's recorder drops once it has sent it too often, every two seconds since the bed is up (client-go
/// `EventSourceObjectSpamFilter`): whether it is sent depends only on the age of the bed.
const KEPT_BACK: &str = "Dependencies do not meet ready condition";

#[derive(Default)]
pub struct Transcript {
    lines: Vec<String>,
}

impl Transcript {
    pub fn note(&mut self, line: impl AsRef<str>) {
        self.lines.push(steady(line.as_ref()));
    }

    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    /// A refusal: code, reason and message, and what its details name.
    pub fn refusal(&mut self, what: &str, (code, status): &(u16, Value)) {
        let text = |field: &str| status[field].as_str().unwrap_or_default();
        let details = |field: &str| status["details"][field].as_str().unwrap_or_default();
        let about = [details("group"), details("kind"), details("name")].join(" ");
        self.note(format!("{what}: {code} {} [{}] {}", text("reason"), about.trim(), text("message")));
    }

    /// What an object of Flux says of itself.
    pub fn object(&mut self, what: &str, object: &Value) {
        let field = |pointer: &str| object.pointer(pointer).cloned().unwrap_or_default();
        let is_seen = field("/metadata/generation") == field("/status/observedGeneration");
        let requested = field("/metadata/annotations/reconcile.fluxcd.io~1requestedAt");
        let is_handled = !requested.is_null() && requested == field("/status/lastHandledReconcileAt");
        self.note(format!("{what}: observed={is_seen} handled={is_handled}"));
        for condition in object.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten() {
            let text = |field: &str| condition[field].as_str().unwrap_or_default().to_owned();
            self.note(format!("  {}={} {}: {}", text("type"), text("status"), text("reason"), text("message")));
        }
        for entry in object.pointer("/status/inventory/entries").and_then(Value::as_array).into_iter().flatten() {
            self.note(format!("  inventory {}", entry["id"].as_str().unwrap_or_default()));
        }
        for pointer in [
            "/status/lastAppliedRevision",
            "/status/lastAttemptedRevision",
            "/status/artifact/revision",
            "/status/history/0/lastReconciledStatus",
        ] {
            if let Some(text) = field(pointer).as_str() {
                self.note(format!("  {pointer} {text}"));
            }
        }
        for pointer in [
            "failures",
            "installFailures",
            "upgradeFailures",
            "lastAttemptedReleaseAction",
            "lastHandledForceAt",
            "lastHandledResetAt",
        ] {
            let value = field(&format!("/status/{pointer}"));
            if !value.is_null() {
                let value = if value == requested { "as requested".into() } else { value };
                self.note(format!("  {pointer} {value}"));
            }
        }
        for release in object
            .pointer("/status/history")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|it| it["chartName"].is_string())
        {
            let text = |field: &str| release[field].as_str().unwrap_or_default().to_owned();
            self.note(format!(
                "  release {} {} {}@{}",
                release["action"],
                text("status"),
                text("chartName"),
                text("chartVersion")
            ));
        }
    }

    /// Events that are new, or were sent again.
    pub fn events(&mut self, before: &Value, after: &Value) {
        let all = |list: &Value| list["items"].as_array().cloned().unwrap_or_default();
        let same = |event: &Value| {
            all(before).iter().any(|old| old["metadata"]["uid"] == event["metadata"]["uid"] && old["count"] == event["count"])
        };
        let mut lines = BTreeSet::new();
        let is_kept_back = |event: &Value| event["message"].as_str().is_some_and(|message| message.starts_with(KEPT_BACK));
        for event in all(after).iter().filter(|event| !same(event) && !is_kept_back(event)) {
            let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
            lines.insert(steady(&format!(
                "  event {} {}: {}",
                text("type"),
                text("reason"),
                text("message").replace('\n', " | ")
            )));
        }
        for line in lines {
            self.note(line);
        }
    }
}

/// A line without what differs from run to run.
fn steady(line: &str) -> String {
    let replace = |line: String, (pattern, instead): &(Regex, &str)| pattern.replace_all(&line, *instead).into_owned();
    VARIABLE.iter().fold(line.trim_end().to_owned(), replace)
}
