//! Which lines of the files each field changes, once all of them have changed: so that a person can leave one out by its lines.

use std::sync::Arc;

use super::edited::EditedFiles;
use crate::render::node::Text;
use crate::render::tree::Tree;

/// Lines of a file as it is then, from 1; none (`start == end`) where lines only go: those that were before `start`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineSpan {
    pub file: String,
    pub start: usize,
    pub end: usize,
}

impl LineSpan {
    pub fn has(&self, file: &str, line: usize) -> bool {
        self.file == file && (self.start == line || self.start < line && line < self.end)
    }
}

/// A field, and the lines that it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldLines {
    /// What the field is called where it is left out.
    pub name: String,
    pub spans: Vec<LineSpan>,
}

/// Keeps up with fields that change one after the other.
#[derive(Default)]
pub struct ChangedLines {
    /// Of each field.
    all: Vec<FieldLines>,
}

impl ChangedLines {
    /// The next field, with the files that differ from the repository before it and after it.
    pub fn add(&mut self, name: String, tree: &dyn Tree, before: &EditedFiles, after: &EditedFiles) {
        let mut spans = Vec::new();
        for (file, new) in after.iter().filter(|(file, bytes)| before.get(*file) != Some(bytes)) {
            let old = before.get(file).cloned().unwrap_or_else(|| tree.read(file).ok());
            let bytes = |bytes: &Option<Arc<[u8]>>| bytes.clone().unwrap_or_else(|| Arc::from([]));
            spans.extend(self.span(file, &bytes(&old), &bytes(new)));
        }
        self.all.push(FieldLines { name, spans });
    }

    pub fn all(self) -> Vec<FieldLines> {
        self.all
    }

    /// From the first line that differs to the last; what is below moves with it.
    fn span(&mut self, file: &Text, old: &[u8], new: &[u8]) -> Option<LineSpan> {
        let lines = |bytes: &[u8]| bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        let (old, new) = (lines(old), lines(new));
        let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let most = old.len().min(new.len()) - head;
        let tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
        if head == old.len() && head == new.len() {
            return None;
        }
        let (start, was, end) = (head + 1, old.len() - tail + 1, new.len() - tail + 1);
        let moved = |line: usize| if line >= was { line + end - was } else { line };
        for span in self.all.iter_mut().flat_map(|field| &mut field.spans).filter(|span| span.file == **file) {
            (span.start, span.end) = (moved(span.start), moved(span.end));
        }
        Some(LineSpan { file: file.to_string(), start, end })
    }
}

/// Which field a line belongs to: of several the one that changes the fewest.
pub fn field_of(all: &[FieldLines], file: &str, line: usize) -> Option<usize> {
    let spans = all.iter().enumerate().flat_map(|(at, field)| field.spans.iter().map(move |span| (at, span)));
    let found = spans.filter(|(_, span)| span.has(file, line)).min_by_key(|(_, span)| span.end - span.start);
    found.map(|(field, _)| field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tree::Memory;

    #[test]
    fn lines_are_those_of_the_file_as_it_is_in_the_end() {
        let tree = Memory::new([("a", "1\n2\n3\n4\n")]);
        let files = |text: &str| EditedFiles::from([("a".into(), Some(text.as_bytes().into()))]);
        let mut lines = ChangedLines::default();
        // the last line changes, then two come above it, then the second goes
        let steps = [EditedFiles::new(), files("1\n2\n3\nx\n"), files("1\n2\ny\nz\n3\nx\n"), files("1\ny\nz\n3\nx\n")];
        steps.windows(2).for_each(|pair| lines.add(String::new(), &tree, &pair[0], &pair[1]));
        let all = lines.all();
        let spans: Vec<_> = all.iter().flat_map(|field| &field.spans).map(|span| (span.start, span.end)).collect();
        assert_eq!(spans, [(5, 6), (2, 4), (2, 2)]);
        let fields: Vec<_> = (1..=5).map(|line| field_of(&all, "a", line)).collect();
        assert_eq!(fields, [None, Some(2), Some(1), None, Some(0)]);
        assert_eq!(field_of(&all, "b", 5), None);
    }
}
