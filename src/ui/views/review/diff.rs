//! A patch as lines to read: each file by its path, each line with its number and its sign, in the colours of YAML. Of a line that was
//! changed the old one is above the new one, and the words that differ stand out.
//!
//! ```text
//!  flux/apps/production/kustomization.yaml
//!      5   resources: [../base/web, ../base/api]
//!      6 - replicas: [{name: api, count: 3}]
//!      6 + replicas: [{name: api, count: 5}]
//! ```

use std::ops::Range;

use crate::ui::theme::Scope as Style;
use crate::ui::widgets::differ::{Words, words};
use crate::ui::widgets::lines::{Styled, over};
use crate::ui::widgets::yaml::Colours;
use fluxdeck_model::change::ProposedFile;
use fluxdeck_model::domain::text::{redact, sanitise_line};

/// A patch to read.
#[derive(Default)]
pub struct Diff {
    pub lines: Vec<Styled>,
    /// Of each line what it changes; none of one that only shows what is around.
    pub places: Vec<Option<DiffPlace>>,
}

/// Where a line of a patch changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiffPlace {
    /// By the file's number in the patch.
    pub file: usize,
    /// The line that is there then; of one that is gone the line that has its place.
    pub line: usize,
}

/// Reads a patch, as `git apply` takes it, of these files in their order. Costs a look at all of it.
pub fn read(patch: &str, files: &[ProposedFile]) -> Diff {
    let mut reader = Reader { files, ..Reader::default() };
    let (mut path, mut note, mut hunks) = (String::new(), "", 0);
    for line in patch.lines() {
        if reader.hunk.left != (0, 0) {
            reader.line(line);
            continue;
        }
        reader.flush();
        if let Some(next) = Hunk::read(line) {
            if hunks > 0 {
                reader.say(Styled::of(Style::Dim, "      …"));
            }
            (reader.hunk, reader.old, reader.new, hunks) = (next, Colours::default(), Colours::default(), hunks + 1);
        } else if line.starts_with("diff ") {
            (path, note, hunks) = (String::new(), "", 0);
            reader.file += usize::from(!reader.out.lines.is_empty());
            if !reader.out.lines.is_empty() {
                reader.say(Styled::default());
            }
        } else if let Some(before) = line.strip_prefix("--- ") {
            path = before.strip_prefix("a/").unwrap_or(before).to_owned();
        } else if let Some(after) = line.strip_prefix("+++ ") {
            if let Some(after) = after.strip_prefix("b/").or(after.starts_with('"').then_some(after)) {
                after.clone_into(&mut path);
            }
            reader.is_yaml = [".yaml", ".yml", ".json"].iter().any(|end| path.trim_end_matches('"').ends_with(end));
            let head = Styled::of(Style::Accent, format!(" {}", sanitise_line(&path)));
            reader.say(head.and(Style::Dim, note));
        } else if line.starts_with("new file") {
            note = "  new file";
        } else if line.starts_with("deleted file") {
            note = "  deleted";
        } else if !line.starts_with("index ") {
            reader.say(Styled::of(Style::Dim, format!("       {}", sanitise_line(line))));
        }
    }
    reader.flush();
    reader.out
}

/// How many lines of a hunk are left, and the number of the next one: before and after.
#[derive(Default)]
struct Hunk {
    left: (usize, usize),
    next: (usize, usize),
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

/// A line that goes or comes.
struct Changed {
    number: usize,
    text: String,
    /// What git says of its end.
    note: Option<String>,
}

#[derive(Default)]
struct Reader<'a> {
    files: &'a [ProposedFile],
    /// The file's number.
    file: usize,
    is_yaml: bool,
    hunk: Hunk,
    /// What goes and what comes at one place.
    gone: Vec<Changed>,
    come: Vec<Changed>,
    /// What the lines above open, before and after.
    old: Colours,
    new: Colours,
    out: Diff,
}

impl Reader<'_> {
    fn say(&mut self, line: Styled) {
        self.out.lines.push(line);
        self.out.places.push(None);
    }

    /// A line of a hunk.
    fn line(&mut self, line: &str) {
        // a line without a sign is shown as it is
        let is_signed = line.starts_with([' ', '+', '-', '\\']);
        let (sign, text) = if is_signed { line.split_at(1) } else { (" ", line) };
        match sign {
            // what is changed is seen as it is; what is around it was not written for this
            "-" => {
                let number = self.hunk.before();
                self.gone.push(Changed { number, text: sanitise_line(text).into_owned(), note: None });
            }
            "+" => {
                let number = self.hunk.after();
                self.come.push(Changed { number, text: sanitise_line(text).into_owned(), note: None });
            }
            "\\" => match self.come.last_mut().or(self.gone.last_mut()) {
                Some(changed) => changed.note = Some(line.to_owned()),
                None => self.say(note(line)),
            },
            _ => self.around(text),
        }
    }

    fn around(&mut self, text: &str) {
        self.flush();
        let (before, number) = (self.hunk.before(), self.hunk.after());
        let covered = self.files.get(self.file).map_or(text.into(), |file| file.covered.shown(before, text));
        let text = sanitise_line(&redact(&covered)).into_owned();
        self.old.is_in_block(&text);
        let parts = self.parts(&text, false);
        self.say(Styled::of(Style::Dim, format!(" {number:>5}   ")).and_parts(&text, &parts));
    }

    /// The parts of a line that is there before, or after.
    fn parts(&mut self, text: &str, is_gone: bool) -> Vec<(usize, Style)> {
        let colours = if is_gone { &mut self.old } else { &mut self.new };
        if self.is_yaml { colours.line(text) } else { vec![(text.len(), Style::Text)] }
    }

    /// Writes what goes and what comes: a line that was changed beside what it became, where each has its own.
    fn flush(&mut self) {
        let (gone, come) = (std::mem::take(&mut self.gone), std::mem::take(&mut self.come));
        let pairs = pairs(&gone, &come);
        let has_each = gone.len() == come.len() && pairs.len() == gone.len();
        let line_of = |at: usize, pairs: &[Pair]| {
            let paired = pairs.iter().find(|pair| pair.gone == at).map(|pair| come[pair.come].number);
            paired.or_else(|| come.first().map(|one| one.number)).unwrap_or(self.hunk.next.1)
        };
        let lines: Vec<_> = (0..gone.len()).map(|at| line_of(at, &pairs)).collect();
        let none = Vec::new();
        let words_gone = |at: usize| pairs.iter().find(|pair| pair.gone == at).map_or(&none, |pair| &pair.words.gone);
        let words_come = |at: usize| pairs.iter().find(|pair| pair.come == at).map_or(&none, |pair| &pair.words.come);
        if has_each {
            for at in 0..gone.len() {
                self.changed(&gone[at], lines[at], words_gone(at), true);
                self.changed(&come[at], come[at].number, words_come(at), false);
            }
            return;
        }
        for (at, one) in gone.iter().enumerate() {
            self.changed(one, lines[at], words_gone(at), true);
        }
        for (at, one) in come.iter().enumerate() {
            self.changed(one, one.number, words_come(at), false);
        }
    }

    fn changed(&mut self, one: &Changed, line: usize, words: &[Range<usize>], is_gone: bool) {
        let (sign, style, word, ground) = match is_gone {
            true => ("-", Style::Failed, Style::Removed, Style::RemovedLine),
            false => ("+", Style::Ready, Style::Added, Style::AddedLine),
        };
        let parts = over(&self.parts(&one.text, is_gone), words, word);
        let head = Styled::of(style, format!(" {:>5} {sign} ", one.number));
        self.say(head.and_parts(&one.text, &parts).on(ground));
        let place = DiffPlace { file: self.file, line };
        *self.out.places.last_mut().expect("it was written just now") = Some(place);
        if let Some(text) = &one.note {
            self.say(note(text));
        }
    }
}

fn note(text: &str) -> Styled {
    Styled::of(Style::Dim, format!("       {}", sanitise_line(text)))
}

/// A line that became another one, and the words that differ in each.
struct Pair {
    gone: usize,
    come: usize,
    words: Words,
}

/// Each line that goes with the first that it may have become, in order.
fn pairs(gone: &[Changed], come: &[Changed]) -> Vec<Pair> {
    let (mut found, mut from) = (Vec::new(), 0);
    for (at, old) in gone.iter().enumerate() {
        let next = (from..come.len()).find_map(|at| Some((at, words(&old.text, &come[at].text)?)));
        if let Some((come, words)) = next {
            found.push(Pair { gone: at, come, words });
            from = come + 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(patch: &str) -> Vec<String> {
        read(patch, &[]).lines.into_iter().map(|line| line.text).collect()
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
        let shown: Vec<_> = read(patch, &[file]).lines.into_iter().map(|line| line.text).collect();
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

    #[test]
    fn a_changed_line_is_above_what_it_became_and_its_words_stand_out() {
        let patch = "diff --git a/w.yaml b/w.yaml\n--- a/w.yaml\n+++ b/w.yaml\n@@ -3,4 +3,4 @@\n resources:\n-  cpu: 500m # a\n-  memory: 1Gi\n+  cpu: 1 # a\n+  memory: 2Gi\n x: y\n";
        let diff = read(patch, &[]);
        let lines: Vec<_> = diff.lines.iter().map(|line| &*line.text).collect();
        let expected = [
            " w.yaml",
            "     3   resources:",
            "     4 -   cpu: 500m # a",
            "     4 +   cpu: 1 # a",
            "     5 -   memory: 1Gi",
            "     5 +   memory: 2Gi",
            "     6   x: y",
        ];
        assert_eq!(lines, expected);
        let mut from = 0;
        let parts = diff.lines[3]
            .parts()
            .iter()
            .map(|(end, scope)| (&diff.lines[3].text[std::mem::replace(&mut from, *end)..*end], *scope));
        let words: Vec<_> = parts.filter(|(text, _)| !text.trim().is_empty()).collect();
        let expected =
            [("     4 + ", Style::Ready), ("cpu", Style::Accent), (":", Style::Dim), ("1", Style::Added), ("# a", Style::Dim)];
        assert_eq!(words, expected);
        let places: Vec<_> = diff.places.iter().map(|place| place.map(|place| place.line)).collect();
        assert_eq!(places, [None, None, Some(4), Some(4), Some(5), Some(5), None]);
    }
}
