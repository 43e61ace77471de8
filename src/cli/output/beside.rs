//! Standard error: what is said beside the output. The one place that writes there, so that nothing of a cluster, a server or a program
//! gets there raw: no escape sequence, no credential.

use std::io::Write;

use super::{is_ascii, leaving};
use fluxdeck_model::domain::text::{redact, sanitise};

/// Says something, line by line.
pub(in crate::cli) fn beside(text: &str) {
    // a closed standard error cannot be reported
    let _ = std::io::stderr().lock().write_all(clean(text).as_bytes());
}

/// Puts a question; the answer is typed behind it.
pub(in crate::cli) fn ask(question: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(format!("{} ", clean(question).trim_end()).as_bytes()).and_then(|()| err.flush());
}

fn clean(text: &str) -> String {
    // the text as a whole: a key or a block of YAML goes over lines
    let lines: String = redact(text).lines().map(|line| format!("{}\n", sanitise(line))).collect();
    leaving(&lines, None, is_ascii())
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn lines_stay_lines_and_nothing_raw_gets_through() {
        let said = "cannot read \u{1b}]0;pwn\u{7}\u{1b}[31m\u{202e}it\n  from https://me:hunter2@git.example.com/f\npassword: |\n  hunter2\nend";

        assert_eq!(
            clean(said),
            "cannot read \u{fffd}]0;pwn\u{fffd}\u{fffd}[31m\u{fffd}it\n  from https://***@git.example.com/f\npassword: ***\n\nend\n"
        );
    }
}
