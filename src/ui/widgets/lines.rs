//! Lines made of parts with a scope each: what texts are built from before anything is painted.

use ratatui::text::{Line, Span};

use super::text::Source;
use crate::ui::theme::{Scope, Theme};
use fluxdeck_model::commands::Cx;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{ascii, width};

/// A line as plain text, for search and copying, and the scope of each part of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Styled {
    pub text: String,
    /// Where a part ends (byte index) and its scope, in order.
    parts: Vec<(usize, Scope)>,
    /// The background of its whole row.
    ground: Option<Scope>,
}

/// Puts the whole text on the clipboard.
pub fn copy(lines: &[Styled], cx: &mut Cx) {
    let text: Vec<_> = lines.iter().map(|line| line.text.trim_end()).collect();
    cx.copy(text.join("\n"), format!("copied {}", counted(text.len(), "line")));
}

impl Styled {
    pub fn of(scope: Scope, text: impl AsRef<str>) -> Self {
        Self::default().and(scope, text)
    }

    /// Adds a part.
    pub fn and(mut self, scope: Scope, text: impl AsRef<str>) -> Self {
        self.text.push_str(text.as_ref());
        self.parts.push((self.text.len(), scope));
        self
    }

    /// Adds a text with parts of its own: where each ends (byte index of that text), in order; what is behind the last is plain.
    pub fn and_parts(mut self, text: &str, parts: &[(usize, Scope)]) -> Self {
        let before = self.text.len();
        self.text.push_str(text);
        self.parts.extend(parts.iter().map(|(end, scope)| (end + before, *scope)));
        if parts.last().is_none_or(|(end, _)| *end < text.len()) {
            self.parts.push((self.text.len(), Scope::Text));
        }
        self
    }

    /// With a sign in place of the blank that it begins with.
    pub fn marked(&self, sign: &str, scope: Scope) -> Self {
        let Some(rest) = self.text.strip_prefix(' ') else { return self.clone() };
        let parts: Vec<_> = self.parts.iter().map(|(end, scope)| (end.saturating_sub(1), *scope)).collect();
        Self { ground: self.ground, ..Self::of(scope, sign).and_parts(rest, &parts) }
    }

    /// Gives its row a background.
    pub fn on(self, ground: Scope) -> Self {
        Self { ground: Some(ground), ..self }
    }

    /// Adds the parts of another line.
    pub fn and_all(mut self, other: &Self) -> Self {
        let before = self.text.len();
        self.text.push_str(&other.text);
        self.parts.extend(other.parts.iter().map(|(end, scope)| (end + before, *scope)));
        self
    }

    /// Fills with blanks up to that column; always at least one, so that what follows stands apart.
    pub fn upto(self, column: usize) -> Self {
        let blanks = column.saturating_sub(self.width()).max(usize::from(!self.text.is_empty()));
        self.and(Scope::Text, " ".repeat(blanks))
    }

    /// In ASCII.
    pub fn spelled(&self) -> Self {
        let mut start = 0;
        self.parts.iter().fold(Self { ground: self.ground, ..Self::default() }, |line, (end, scope)| {
            let part = &self.text[std::mem::replace(&mut start, *end)..*end];
            line.and(*scope, ascii::spelled(part))
        })
    }

    pub fn width(&self) -> usize {
        width::of(&self.text)
    }

    /// The background of its row, if it has one.
    pub fn ground(&self) -> Option<Scope> {
        self.ground
    }

    pub fn parts(&self) -> &[(usize, Scope)] {
        &self.parts
    }

    /// As ratatui paints it.
    pub fn painted(&self, theme: &Theme) -> Line<'static> {
        let starts = std::iter::once(0).chain(self.parts.iter().map(|(end, _)| *end));
        let span = |(start, (end, scope)): (usize, &(usize, Scope))| {
            Span::styled(self.text[start..*end].to_owned(), theme.style(*scope))
        };
        Line::from_iter(starts.zip(&self.parts).map(span))
    }

    /// Breaks the line at words so that it fits `width`; lines after the first stand `indent` columns in.
    pub fn wrapped(self, indent: usize, width: usize) -> Vec<Self> {
        let width = width.max(1);
        let indent = if width < indent + 12 { 0 } else { indent };
        let mut out = Vec::new();
        let mut from = 0;
        loop {
            let (lead, rest) = (if out.is_empty() { 0 } else { indent }, &self.text[from..]);
            let fits = width::row(rest, width - lead);
            let to = if fits == rest.len() {
                self.text.len()
            } else {
                from + breakpoint(rest, fits, if out.is_empty() { indent } else { 0 })
            };
            out.push(self.piece(from, to, lead));
            from = to + self.text[to..].len() - self.text[to..].trim_start_matches(' ').len();
            if from >= self.text.len() {
                return out;
            }
        }
    }

    fn piece(&self, from: usize, to: usize, lead: usize) -> Self {
        let mut piece = Self { ground: self.ground, ..Self::default() };
        if lead > 0 {
            piece = piece.and(Scope::Text, " ".repeat(lead));
        }
        let mut start = 0;
        for (end, scope) in &self.parts {
            let (a, b) = (start.max(from), (*end).min(to));
            if a < b {
                piece = piece.and(*scope, &self.text[a..b]);
            }
            start = *end;
        }
        piece
    }
}

/// Where to break a text of which `fits` bytes fit: at the last blank behind the label (which is `label` columns wide), else right there.
fn breakpoint(text: &str, fits: usize, label: usize) -> usize {
    if text[fits..].starts_with(' ') {
        return fits;
    }
    let label = Some(width::head(text, label)).filter(|at| *at < text.len()).unwrap_or(0);
    match text[..fits].rfind(' ') {
        Some(at) if at > label && !text[..at].trim().is_empty() => at,
        _ => fits,
    }
}

impl Source for [Styled] {
    fn len(&self) -> usize {
        <[Styled]>::len(self)
    }

    fn line(&self, at: usize) -> &str {
        &self[at].text
    }

    fn parts(&self, at: usize) -> Vec<(usize, Scope)> {
        self[at].parts.clone()
    }

    fn ground(&self, at: usize) -> Option<Scope> {
        self[at].ground
    }
}

/// The same parts, with these bytes in another scope; the ranges are in order.
pub fn over(parts: &[(usize, Scope)], ranges: &[std::ops::Range<usize>], scope: Scope) -> Vec<(usize, Scope)> {
    let (mut found, mut start): (Vec<(usize, Scope)>, _) = (Vec::new(), 0);
    for (end, own) in parts {
        let begin = start;
        for range in ranges.iter().filter(|range| range.start < *end && range.end > begin) {
            let (from, to) = (range.start.max(start), range.end.min(*end));
            if from > start {
                found.push((from, *own));
            }
            found.push((to, scope));
            start = to;
        }
        if start < *end {
            found.push((*end, *own));
            start = *end;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, indent: usize, width: usize) -> Vec<String> {
        Styled::of(Scope::Text, text).wrapped(indent, width).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn lines_break_at_words_and_hang() {
        for (text, indent, width, expected) in [
            ("", 0, 10, vec![""]),
            ("short", 0, 10, vec!["short"]),
            ("one two three", 0, 8, vec!["one two", "three"]),
            ("message  one two three four", 9, 21, vec!["message  one two", "         three four"]),
            ("abcdefghij", 0, 4, vec!["abcd", "efgh", "ij"]),
            ("label    abcdefghijklmnopqrstu", 9, 21, vec!["label    abcdefghijkl", "         mnopqrstu"]),
            ("世界世界", 0, 5, vec!["世界", "世界"]),
            ("too narrow to hang", 9, 10, vec!["too narrow", "to hang"]),
            ("世", 0, 1, vec!["世"]),
        ] {
            assert_eq!(wrapped(text, indent, width), expected, "{text}");
        }
    }

    #[test]
    fn a_scope_is_laid_over_parts() {
        let parts = [(2, Scope::Dim), (6, Scope::Accent), (9, Scope::Text)];
        for (ranges, expected) in [
            (vec![], parts.to_vec()),
            (vec![1..3, 9..9], vec![(1, Scope::Dim), (2, Scope::Added), (3, Scope::Added), (6, Scope::Accent), (9, Scope::Text)]),
            (vec![0..2, 6..9], vec![(2, Scope::Added), (6, Scope::Accent), (9, Scope::Added)]),
            (
                vec![3..4, 5..6],
                vec![
                    (2, Scope::Dim),
                    (3, Scope::Accent),
                    (4, Scope::Added),
                    (5, Scope::Accent),
                    (6, Scope::Added),
                    (9, Scope::Text),
                ],
            ),
        ] {
            assert_eq!(over(&parts, &ranges, Scope::Added), expected, "{ranges:?}");
        }
    }

    #[test]
    fn parts_keep_their_scopes_over_a_break() {
        let lines = Styled::of(Scope::Key, "key ").and(Scope::Failed, "red words").wrapped(0, 8);
        let parts = |at: usize| lines[at].parts().iter().map(|(_, scope)| *scope).collect::<Vec<_>>();
        assert_eq!((parts(0), parts(1)), (vec![Scope::Key, Scope::Failed], vec![Scope::Failed]));
    }
}
