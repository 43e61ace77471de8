//! How bad a line of a log is: what it says as its level, in the forms that programs write, and what is written of
//! failures where no level is said.

use std::sync::LazyLock;

use regex::Regex;

/// How bad a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    #[default]
    Plain,
    Warning,
    Failure,
}

/// Bytes of a line in which its level is looked for.
const HEAD: usize = 1024;

/// A level with its name before it: `"level":"error"`, `"severity": "ERROR"`, `level=error`, `lvl="warn"`, `"level":50` (bunyan and pino
/// count by tens; 50 is an error).
static SAID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:"(?:log\.)?(?:level|severity|lvl)"\s*:\s*|\b(?:level|severity|lvl)=)"?([a-z]+|[1-6]0\b)"#)
        .expect("it is right")
});
/// klog's line: `E1130 14:36:28.123456`; the letter is the level (k8s.io/klog v2 `klog.go`, `formatHeader`).
static KLOG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?:^|\s)([IWEF])\d{4} \d\d:\d\d:\d\d").expect("it is right"));
/// A level by itself, in capitals or brackets: `ERROR`, `[warn]`.
static ALONE: LazyLock<Regex> = LazyLock::new(|| {
    let levels = "TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERR|ERROR|CRIT|CRITICAL|SEVERE|ALERT|EMERG|FATAL|PANIC";
    Regex::new(&format!(r"\b({levels})\b|\[((?i:{levels}))\]")).expect("it is right")
});
/// What is written of failures: `error: …`, `panic: …`, `Traceback (most recent call last)`, `Exception in thread`, at the beginning or
/// before a colon.
static WRITTEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|\s)(?i:error|fatal|panic|exception):|(?:^|\s)(?:Traceback \(most|Exception in |[\w.]+(?:Error|Exception):)|^(?i:error|fatal|panic)\b")
        .expect("it is right")
});

/// Judges a line. The level that it says of itself is believed, whatever else it says.
pub fn severity(line: &str) -> Severity {
    let head = &line[..line.floor_char_boundary(HEAD)];
    let said = |found: &Regex| {
        let found = found.captures(head)?;
        found.iter().skip(1).flatten().next().map(|level| of_level(level.as_str()))
    };
    said(&SAID).or_else(|| said(&KLOG)).or_else(|| said(&ALONE)).unwrap_or_else(|| match WRITTEN.is_match(head) {
        true => Severity::Failure,
        false => Severity::Plain,
    })
}

fn of_level(level: &str) -> Severity {
    match level.to_ascii_lowercase().as_str() {
        "w" | "warn" | "warning" | "40" => Severity::Warning,
        "e" | "f" | "err" | "error" | "crit" | "critical" | "severe" | "alert" | "emerg" | "fatal" | "panic" | "dpanic"
        | "50" | "60" => Severity::Failure,
        _ => Severity::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_as_bad_as_it_says() {
        for (line, expected) in [
            (r#"{"level":"error","ts":"2026-01-01T00:00:00Z","msg":"Reconciler error"}"#, Severity::Failure),
            (r#"{"level":"info","msg":"no error: all is well"}"#, Severity::Plain),
            (r#"{"severity": "WARNING", "message": "slow"}"#, Severity::Warning),
            (r#"{"level":50,"msg":"db"}"#, Severity::Failure),
            (r#"{"level":30,"msg":"up"}"#, Severity::Plain),
            ("ts=1 level=error msg=\"cannot open\"", Severity::Failure),
            ("level=warn msg=retrying", Severity::Warning),
            ("E1130 14:36:28.123456       1 reflector.go:150] Failed to watch", Severity::Failure),
            ("I1130 14:36:28.123456       1 main.go:1] error: none", Severity::Plain),
            ("2026-01-01T00:00:00Z W1130 14:36:28.1 1 x.go:1] slow", Severity::Warning),
            ("2026-01-01 00:00:00 ERROR db is gone", Severity::Failure),
            ("2026-01-01 00:00:00 INFO request error: 404", Severity::Plain),
            ("2026/01/01 00:00:00 [error] 7#7: open() failed", Severity::Failure),
            ("[WARN] disk", Severity::Warning),
            ("panic: runtime error: index out of range", Severity::Failure),
            ("Traceback (most recent call last):", Severity::Failure),
            ("java.lang.IllegalStateException: not ready", Severity::Failure),
            ("Error connecting to the database", Severity::Failure),
            ("web: exit 1, error: cannot reach the database", Severity::Failure),
            ("GET /errors 200", Severity::Plain),
            ("terror and errors", Severity::Plain),
            ("", Severity::Plain),
        ] {
            assert_eq!(severity(line), expected, "{line}");
        }
    }

    #[test]
    fn a_long_line_is_judged_by_its_head() {
        assert_eq!(severity(&"世".repeat(2000)), Severity::Plain);
    }
}
