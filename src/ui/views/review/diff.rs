//! A patch as lines to read: each file by its path, each line with its number and its sign.
//!
//! ```text
//!  flux/apps/production/kustomization.yaml
//!      5   resources: [../base/web, ../base/api]
//!      6 - replicas: [{name: api, count: 3}]
//!      6 + replicas: [{name: api, count: 5}]
//! ```

use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::change::ProposedFile;
use fluxdeck_model::domain::text::{redact, sanitise_line};

/// How many lines of a hunk are left, and the number of the next one: before and after.
#[derive(Default)]
struct Hunk {
    left: (usize, usize),
    next: (usize, usize),
}

/// The lines of a patch, as `git apply` takes it, of these files in their order. Costs a look at all of it.
pub fn lines(patch: &str, files: &[ProposedFile]) -> Vec<Styled> {
    let mut out: Vec<Styled> = Vec::new();
    let (mut hunk, mut path, mut note, mut hunks) = (Hunk::default(), String::new(), "", 0);
    let (mut files, mut file) = (files.iter(), None);
    for line in patch.lines() {
        if hunk.left != (0, 0) {
            out.push(hunk.line(line, file));
        } else if let Some(next) = Hunk::read(line) {
            if hunks > 0 {
                out.push(Styled::of(Style::Dim, "      …"));
            }
            (hunk, hunks) = (next, hunks + 1);
        } else if line.starts_with("diff ") {
            (path, note, hunks) = (String::new(), "", 0);
            if !out.is_empty() {
                out.push(Styled::default());
            }
        } else if let Some(before) = line.strip_prefix("--- ") {
            file = files.next();
            path = before.strip_prefix("a/").unwrap_or(before).to_owned();
        } else if let Some(after) = line.strip_prefix("+++ ") {
            if let Some(after) = after.strip_prefix("b/").or(after.starts_with('"').then_some(after)) {
                after.clone_into(&mut path);
            }
            let head = Styled::of(Style::Accent, format!(" {}", sanitise_line(&path)));
            out.push(head.and(Style::Dim, note));
        } else if line.starts_with("new file") {
            note = "  new file";
        } else if line.starts_with("deleted file") {
            note = "  deleted";
        } else if !line.starts_with("index ") {
            out.push(Styled::of(Style::Dim, format!("       {}", sanitise_line(line))));
        }
    }
    out
}

impl Hunk {
    /// Reads `@@ -4,3 +4,3 @@`.
    fn read(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("@@ ")?.split(' ');
        let mut range = |sign: char| {
            let range = words.next()?.strip_prefix(sign)?;
            let (from, count) = range.split_once(',').unwrap_or((range, "1"));
            Some((from.parse::<usize>().ok()?, count.parse::<usize>().ok()?))
        };
        let ((from, count), (to, more)) = (range('-')?, range('+')?);
        Some(Self { left: (count, more), next: (from, to) })
    }

    fn line(&mut self, line: &str, file: Option<&ProposedFile>) -> Styled {
        // a line without a sign is shown as it is
        let is_signed = line.starts_with([' ', '+', '-', '\\']);
        let (sign, text) = if is_signed { line.split_at(1) } else { (" ", line) };
        let before = self.next.0;
        let (number, style) = match sign {
            "-" => (self.before(), Style::Failed),
            "+" => (self.after(), Style::Ready),
            "\\" => return Styled::of(Style::Dim, format!("       {}", sanitise_line(line))),
            _ => {
                self.before();
                (self.after(), Style::Text)
            }
        };
        // what is changed is seen as it is; what is around it was not written for this
        let covered = file.filter(|_| sign == " ").map_or(text.into(), |file| file.covered.shown(before, text));
        let text = if sign == " " { redact(&covered) } else { text.into() };
        let text = format!("{sign} {}", sanitise_line(&text));
        Styled::of(Style::Dim, format!(" {number:>5} ")).and(style, text)
    }

    fn before(&mut self) -> usize {
        self.left.0 = self.left.0.saturating_sub(1);
        self.next.0 = self.next.0.saturating_add(1);
        self.next.0 - 1
    }

    fn after(&mut self) -> usize {
        self.left.1 = self.left.1.saturating_sub(1);
        self.next.1 = self.next.1.saturating_add(1);
        self.next.1 - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(patch: &str) -> Vec<String> {
        lines(patch, &[]).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn lines_have_their_numbers_and_a_removed_line_is_never_taken_for_a_header() {
        let patch = "diff --git a/a/k.yaml b/a/k.yaml\nindex 1..2 100644\n--- a/a/k.yaml\n+++ b/a/k.yaml\n@@ -5,3 +5,3 @@ x\n e: 1\n--- old\n++++ new\n z: 1\n\\ No newline at end of file\n@@ -20 +20,2 @@\n a\n+b\ndiff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n";
        let expected = [
            " a/k.yaml",
            "     5   e: 1",
            "     6 - -- old",
            "     6 + +++ new",
            "     7   z: 1",
            "       \\ No newline at end of file",
            "      …",
            "    20   a",
            "    21 + b",
            "",
            " n  new file",
            "     1 + x",
        ];
        assert_eq!(text(patch), expected);
    }

    #[test]
    fn no_credential_around_a_change_is_shown() {
        let patch = "+++ b/a\n@@ -1,3 +1,3 @@\n note: ghp_0123456789abcdefghijABCDEFGHIJ012345\n-a: 1\n+a: 2\n url: https://me:hunter2@h/x\n";
        assert_eq!(text(patch), [" a", "     1   note: ***", "     2 - a: 1", "     2 + a: 2", "     3   url: https://***@h/x"]);
    }

    #[test]
    fn of_a_secret_only_what_changes_is_shown() {
        let before = "kind: Secret\ndata:\n  a: hunter2\nmetadata:\n  labels:\n    x: y\n";
        let file = ProposedFile::of("a", Some(before.as_bytes()), (1, 1));
        let patch = "--- a/a\n+++ b/a\n@@ -3,4 +3,4 @@\n   a: hunter2\n metadata:\n   labels:\n-    x: y\n+    x: z\n";
        let shown: Vec<_> = lines(patch, &[file]).into_iter().map(|line| line.text).collect();
        assert_eq!(shown[..2], [" a", "     3     a: ***"]);
        assert_eq!(shown[4..], ["     6 -     x: y", "     6 +     x: z"]);
    }

    #[test]
    fn a_hostile_patch_stays_text() {
        for patch in [
            "@@ -1 +1 @@\n+\u{1b}[2J\u{202e}x\n",
            "+++ b/\u{1b}]0;x\u{7}\n",
            "\u{1b}[31mx",
            "@@ -18446744073709551615,1 +1 @@\n-x\n",
        ] {
            assert!(text(patch).concat().chars().all(|letter| !letter.is_control() && letter != '\u{202e}'), "{patch:?}");
        }
        assert_eq!(text("@@ -1,2 +1,2 @@\n\u{e9}x\n\n"), ["     1   \u{e9}x", "     2   "].map(str::to_owned));
    }
}
