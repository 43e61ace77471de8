//! One line of a controller's log.

use std::fmt;
use std::sync::LazyLock;

use jiff::Timestamp;
use regex::Regex;
use serde_json::{Deserializer, Value};

use crate::domain::Str;
use crate::domain::secrets::{MASK, is_sensitive};
use crate::domain::severity::{Severity, severity};
use crate::domain::text::sanitise;

/// How much a line says of itself that it matters (zap `zapcore.Level`, as fluxcd/pkg `runtime/logger` names them).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warning,
    Error,
}

impl LogLevel {
    pub const ALL: [Self; 5] = [Self::Trace, Self::Debug, Self::Info, Self::Warning, Self::Error];

    /// As the controllers write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warn",
            Self::Error => "error",
        }
    }

    /// Reads the word of a level; none where it is not one.
    pub fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "trace" => Some(Self::Trace),
            "debug" => Some(Self::Debug),
            "info" => Some(Self::Info),
            "warn" | "warning" => Some(Self::Warning),
            "error" | "dpanic" | "panic" | "fatal" => Some(Self::Error),
            _ => None,
        }
    }

    /// What a line in another form says of itself; none where it says nothing.
    fn of_text(line: &str) -> Option<Self> {
        match severity(line) {
            Severity::Failure => Some(Self::Error),
            Severity::Warning => Some(Self::Warning),
            Severity::Plain => None,
        }
    }
}

/// The object that a line is about, as the line names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSubject {
    /// Empty where the line does not say it.
    pub group: Str,
    pub kind: Str,
    pub namespace: Str,
    pub name: Str,
}

impl fmt::Display for LogSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = if self.namespace.is_empty() { "" } else { "/" };
        write!(f, "{} {}{between}{}", self.kind, self.namespace, self.name)
    }
}

/// How a line was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogForm {
    /// As JSON: what each part is is known.
    #[default]
    Fields,
    /// Otherwise, by a controller.
    Text,
    /// By a program of which nothing is known: it stays as it is.
    Plain,
}

/// One line of a log, fit for a terminal: no escape sequences, no credentials, no text longer than a message may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRecord {
    /// When it was written: as the line says, else as the node that kept it does.
    pub at: Option<Timestamp>,
    /// None where the line does not say it.
    pub level: Option<LogLevel>,
    /// What it says; all of it where it is not JSON.
    pub message: String,
    /// Why something failed; empty where nothing did.
    pub error: String,
    pub subject: Option<LogSubject>,
    /// All other fields in their order, with their values as text.
    pub fields: Vec<(String, String)>,
    /// How it was written.
    pub form: LogForm,
    /// The pod that wrote it; empty where only one is read.
    pub origin: Str,
}

/// klog's line: level and date, time, thread, place (k8s.io/klog/v2 `klog.go`, `formatHeader`). It says no year.
static KLOG: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ ([^\]\s]+:\d+)\] ?(.*)$").expect("it is right"));

impl LogRecord {
    /// Reads a line; `kept` is the time with which the node kept it. Costs one pass over the line, which is bounded by who read it.
    pub fn read(line: &str, kept: Option<Timestamp>) -> Self {
        let line = line.trim();
        let pairs = if line.starts_with('{') { pairs(line) } else { Vec::new() };
        // what is not a log line is text, although it begins like one
        let is_known = pairs.iter().any(|(key, _)| matches!(key.as_str(), "msg" | "message" | "level" | "error"));
        if is_known { Self::of_pairs(&pairs, kept) } else { Self::of_text(line, kept) }
    }

    fn of_text(line: &str, at: Option<Timestamp>) -> Self {
        let found = KLOG.captures(line);
        let (level, message, fields) = match &found {
            Some(found) => {
                let level = match &found[1] {
                    "I" => LogLevel::Info,
                    "W" => LogLevel::Warning,
                    _ => LogLevel::Error,
                };
                (Some(level), found.get(3).map_or("", |text| text.as_str()), vec![("place".to_owned(), clean(&found[2]))])
            }
            None => (LogLevel::of_text(line), line, Vec::new()),
        };
        Self { at, level, message: clean(message), fields, form: LogForm::Text, ..Self::default() }
    }

    fn of_pairs(pairs: &[(String, Value)], kept: Option<Timestamp>) -> Self {
        let mut record = Self { at: kept, ..Self::default() };
        let mut subject = LogSubject::default();
        for (key, value) in pairs {
            let text = || str_of(value);
            match key.as_str() {
                "ts" | "time" | "timestamp" => record.at = moment(value).or(kept),
                "level" => record.level = LogLevel::parse(value.as_str().unwrap_or_default()),
                "msg" | "message" => record.message = text(),
                "error" => record.error = text(),
                "controllerKind" | "reconciler kind" => subject.kind = text().into(),
                "controllerGroup" | "reconciler group" => subject.group = text().into(),
                "name" => subject.name = text().into(),
                "namespace" => subject.namespace = text().into(),
                _ => {}
            }
        }
        // controller-runtime names the object under its kind, too
        let nested = pairs.iter().find(|(key, value)| value.is_object() && *key == *subject.kind).map(|(_, value)| value);
        if let Some(nested) = nested.filter(|_| subject.name.is_empty()) {
            subject.name = str_of(&nested["name"]).into();
            subject.namespace = str_of(&nested["namespace"]).into();
        }
        let is_named = !subject.kind.is_empty() && !subject.name.is_empty();
        let kind = subject.kind.clone();
        record.subject = is_named.then_some(subject);
        let is_said = |key: &str| match key {
            "level" => record.level.is_some(),
            "ts" | "time" | "timestamp" => record.at.is_some(),
            "msg" | "message" | "error" => true,
            "controllerKind" | "reconciler kind" | "controllerGroup" | "reconciler group" | "name" | "namespace" => is_named,
            key => is_named && *key == *kind,
        };
        let rest = pairs.iter().filter(|(key, _)| !is_said(key));
        record.fields = rest.flat_map(|(key, value)| flat(key, value)).collect();
        record
    }

    /// A line of any program, which is fit for a terminal already.
    pub fn plain(text: String, at: Option<Timestamp>) -> Self {
        Self { at, message: text, form: LogForm::Plain, ..Self::default() }
    }

    pub fn is_plain(&self) -> bool {
        self.form == LogForm::Plain
    }

    /// The field of that name, as text.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The revision that it is about.
    pub fn revision(&self) -> &str {
        self.field("revision").unwrap_or_default()
    }

    /// As the flux CLI prints it: time, level, object, message, error (flux2 `cmd/flux/logs.go`, `logRequest`).
    pub fn line(&self) -> String {
        let at = self.at.map_or_else(|| "-".to_owned(), |at| at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string());
        let object = self.subject.as_ref().map_or_else(String::new, |subject| match subject.namespace.is_empty() {
            true => format!("{}/{} ", subject.kind, subject.name),
            false => format!("{}/{}.{} ", subject.kind, subject.name, subject.namespace),
        });
        let level = self.level.map_or("-", LogLevel::word);
        format!("{at} {level} {object}- {} {}", self.message, self.error).trim_end().to_owned()
    }
}

/// The keys and values of an object of JSON. One that is cut off is read up to there: what was read of the last value counts.
fn pairs(line: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut rest = line.trim_start().strip_prefix('{').unwrap_or_default();
    while let Some((key, behind)) = next::<String>(rest) {
        let Some(behind) = behind.trim_start().strip_prefix(':') else { break };
        match next::<Value>(behind) {
            Some((value, behind)) => {
                found.push((key, value));
                match behind.trim_start().strip_prefix(',') {
                    Some(behind) => rest = behind,
                    None => break,
                }
            }
            None => {
                if let Some(begun) = behind.trim_start().strip_prefix('"') {
                    found.push((key, Value::String(begun.to_owned())));
                }
                break;
            }
        }
    }
    found
}

/// The value at the beginning of a text, and what is behind it; none where it is not whole.
fn next<T: serde::de::DeserializeOwned>(text: &str) -> Option<(T, &str)> {
    let mut values = Deserializer::from_str(text).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, &text[values.byte_offset()..]))
}

fn moment(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.parse().ok(),
        // zap's own default: seconds with a fraction
        Value::Number(number) => {
            let seconds = number.as_f64().filter(|seconds| seconds.is_finite() && seconds.abs() < 1e11)?;
            #[allow(clippy::cast_possible_truncation)]
            let micros = (seconds * 1e6) as i64;
            Timestamp::from_microsecond(micros).ok()
        }
        _ => None,
    }
}

/// A field, and each entry of one that is a map: kustomize-controller writes what it applied so (`output`).
fn flat(key: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(entries) if entries.len() == 2 && entries.contains_key("name") && entries.contains_key("namespace") => {
            vec![(clean(key), format!("{}/{}", str_of(&entries["namespace"]), str_of(&entries["name"])))]
        }
        Value::Object(entries) if !entries.is_empty() => {
            let entry = |(inner, value): (&String, &Value)| pair(&format!("{key}.{inner}"), value);
            entries.iter().take(MOST_ENTRIES).map(entry).collect()
        }
        value => vec![pair(key, value)],
    }
}

/// Entries of a map that are shown of one field.
const MOST_ENTRIES: usize = 100;

/// A field with its value; one whose name says that it is a credential is masked.
fn pair(key: &str, value: &Value) -> (String, String) {
    let is_masked = key.split('.').any(is_sensitive) && !value.is_null();
    (clean(key), if is_masked { MASK.to_owned() } else { str_of(value) })
}

fn str_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => clean(text),
        value => clean(&value.to_string()),
    }
}

fn clean(text: &str) -> String {
    sanitise(text).into_owned()
}
