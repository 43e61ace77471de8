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
use fluxdeck_model::domain::text::sanitise_line;

/// How many lines of a hunk are left, and the number of the next one: before and after.
#[derive(Default)]
struct Hunk {
    left: (usize, usize),
    next: (usize, usize),
}

/// The lines of a patch, as `git apply` takes it. Costs a look at all of it.
pub fn lines(patch: &str) -> Vec<Styled> {
    let mut out: Vec<Styled> = Vec::new();
    let (mut hunk, mut path, mut note, mut hunks) = (Hunk::default(), String::new(), "", 0);
    for line in patch.lines() {
        if hunk.left != (0, 0) {
            out.push(hunk.line(line));
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

    fn line(&mut self, line: &str) -> Styled {
        // a line without a sign is shown as it is
        let is_signed = line.starts_with([' ', '+', '-', '\\']);
        let (sign, text) = if is_signed { line.split_at(1) } else { (" ", line) };
        let (number, style) = match sign {
            "-" => (self.before(), Style::Failed),
            "+" => (self.after(), Style::Ready),
            "\\" => return Styled::of(Style::Dim, format!("       {}", sanitise_line(line))),
            _ => {
                self.before();
                (self.after(), Style::Text)
            }
        };
        let text = format!("{sign} {}", sanitise_line(text));
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
        lines(patch).into_iter().map(|line| line.text).collect()
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
