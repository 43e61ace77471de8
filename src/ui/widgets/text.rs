//! A scrolled text: only the lines on the screen are looked at, however long the text and its lines are.
//!
//! ```text
//!  apiVersion: v1                  vertical and horizontal scroll, or wrapped lines; `›`: more to the right
//!  metadata:                       matches of the search stand out, the present one is underlined
//! ```

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::lines::{Styled, copy};
use super::search::{Search, round};
use crate::ui::layer::Scene;
use crate::ui::theme::Scope;
use fluxdeck_model::commands::{Cx, Gesture, Screen, Subject, Transition};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::domain::width;

/// Columns that one step to the side moves.
const SIDESTEP: usize = 16;

/// Where a text's lines come from.
#[allow(clippy::len_without_is_empty)]
pub trait Source {
    fn len(&self) -> usize;
    fn line(&self, at: usize) -> &str;
    /// Where each part of a line ends (byte index) and its scope; what is behind the last is plain.
    fn parts(&self, at: usize) -> Vec<(usize, Scope)>;
    /// The background of the whole row of a line.
    fn ground(&self, _at: usize) -> Option<Scope> {
        None
    }
}

/// Where in a text the window stands, and what is searched for.
#[derive(Default)]
pub struct Text {
    top: usize,
    /// Rows of the top line above the window, where lines are wrapped.
    skip: usize,
    left: usize,
    pub wrap: bool,
    /// Stay at the end as lines come.
    pub follow: bool,
    search: Option<Search>,
    /// The line that was looked for last, by what it says.
    sought: Option<usize>,
    width: usize,
    height: usize,
}

impl Text {
    /// A text that stays at its end as lines come.
    pub fn following(wrap: bool) -> Self {
        Self { follow: true, wrap, ..Self::default() }
    }

    /// The first line of the window.
    pub fn top(&self) -> usize {
        self.top
    }

    /// Puts the window at a line.
    pub fn begin_at(&mut self, line: usize) {
        (self.top, self.skip, self.left) = (line, 0, 0);
    }

    /// As [`Self::gesture`], for lines about an object that are wrapped already: they are copied whole. There is nothing to wrap: that key means
    /// what it means on rows, why the object is as it is.
    pub fn gesture_wrapped(&mut self, gesture: Gesture, lines: &[Styled], about: &ObjectRef, cx: &mut Cx) -> bool {
        match gesture {
            Gesture::Copy => copy(lines, cx),
            Gesture::Wrap => cx.transit(Transition::Open(Screen::WHY, Subject::Object(about.clone()))),
            gesture => return self.gesture(gesture, lines),
        }
        true
    }

    /// The word of a gesture for such lines.
    pub fn word_wrapped(gesture: Gesture, word: &'static str) -> &'static str {
        if gesture == Gesture::Wrap { Screen::WHY.name() } else { word }
    }

    /// Carries out what a gesture means to a text.
    pub fn gesture(&mut self, gesture: Gesture, source: &(impl Source + ?Sized)) -> bool {
        match gesture {
            Gesture::Down => self.down(1, source),
            Gesture::Up => self.up(1, source),
            Gesture::PageDown => self.down(self.height.saturating_sub(1).max(1), source),
            Gesture::PageUp => self.up(self.height.saturating_sub(1).max(1), source),
            Gesture::Top => {
                self.follow = false;
                (self.top, self.skip, self.left) = (0, 0, 0);
            }
            Gesture::Bottom => (self.top, self.skip) = self.last(source),
            Gesture::Left => self.left = self.left.saturating_sub(SIDESTEP),
            Gesture::Right if !self.wrap => self.left += SIDESTEP,
            Gesture::Right => {}
            Gesture::Wrap => {
                self.wrap = !self.wrap;
                (self.skip, self.left) = (0, 0);
            }
            Gesture::NextMatch => self.step(true, source),
            Gesture::PreviousMatch => self.step(false, source),
            _ => return false,
        }
        self.settle(source);
        true
    }

    /// Searches from where the window stands; an empty text ends the search.
    ///
    /// # Errors
    /// What is wrong with the expression.
    pub fn search(&mut self, text: &str, source: &(impl Source + ?Sized)) -> Result<(), String> {
        let from = self.search.take().and_then(|search| search.at).unwrap_or(self.top);
        self.search = Search::parse(text)?;
        if let Some(search) = &mut self.search {
            search.at = search.find(source, from, true);
            self.show_match(source);
        }
        self.settle(source);
        Ok(())
    }

    /// Marks what a text finds, and stays where it is.
    ///
    /// # Errors
    /// What is wrong with the expression.
    pub fn mark(&mut self, text: &str) -> Result<(), String> {
        self.search = Search::parse(text)?;
        Ok(())
    }

    /// Goes to the next line that is meant, or to the one before; round the end. Returns whether there is one.
    pub fn seek(&mut self, forward: bool, source: &(impl Source + ?Sized), is_meant: impl Fn(usize) -> bool) -> bool {
        let from = self.beside(self.sought, forward, source);
        self.sought = round(source.len(), from, forward).find(|at| is_meant(*at));
        let Some(at) = self.sought else { return false };
        self.show(at, source);
        self.settle(source);
        true
    }

    /// The search as typed.
    pub fn searched(&self) -> &str {
        self.search.as_ref().map_or("", Search::text)
    }

    /// The position of the window: `12/340 · match 3/17`.
    pub fn position(&self, source: &(impl Source + ?Sized)) -> String {
        let len = source.len();
        let last = if self.height == 0 { self.top + 1 } else { self.bottom(source) + 1 };
        let place = format!("{}/{len}", last.min(len));
        match &self.search {
            Some(search) => format!("{} · {place}", search.summary(len)),
            None => place,
        }
    }

    /// So many lines went at the beginning.
    pub fn dropped(&mut self, lines: usize) {
        if self.top < lines {
            self.skip = 0;
        }
        self.top = self.top.saturating_sub(lines);
        self.sought = self.sought.and_then(|at| at.checked_sub(lines));
        if let Some(search) = &mut self.search {
            search.dropped(lines);
        }
    }

    /// The lines are others now; the window stays where it is as far as it can.
    pub fn replaced(&mut self, source: &(impl Source + ?Sized)) {
        self.sought = None;
        if let Some(search) = &mut self.search {
            search.replaced(source.len());
        }
        self.settle(source);
    }

    /// How many columns of an area that wide hold text: a blank stands left of it where there is room.
    pub fn room(width: u16) -> u16 {
        width - u16::from(width > 8)
    }

    /// Brings the window back into the text. Costs a screen of lines, and a slice of the count of matches.
    pub fn settle(&mut self, source: &(impl Source + ?Sized)) {
        let last = self.last(source);
        if self.follow || (self.top, self.skip) > last {
            (self.top, self.skip) = last;
        }
        if let Some(search) = &mut self.search {
            search.count(source);
        }
    }

    pub fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene, source: &(impl Source + ?Sized)) {
        let area = area.intersection(buf.area);
        let margin = area.width - Self::room(area.width);
        (self.width, self.height) = (usize::from(area.width - margin), area.height.into());
        if area.is_empty() {
            return;
        }
        self.settle(source);
        if self.search.as_mut().is_some_and(|search| search.count(source)) {
            scene.next_change.set(scene.next_change.get().min(1));
        }
        let (mut at, mut skip, mut y) = (self.top, self.skip, area.y);
        while at < source.len() && y < area.bottom() {
            let line = source.line(at);
            if self.sought == Some(at) && margin > 0 {
                buf.set_string(area.x, y, scene.theme.sign("▌", "*"), scene.theme.style(Scope::Mark));
            }
            for window in self.windows(line, skip).take((area.bottom() - y).into()) {
                self.paint((area.x + margin, y), buf, scene, source, at, &window);
                if let Some(ground) = source.ground(at) {
                    let row = Rect { x: area.x + margin, y, width: area.width - margin, height: 1 };
                    scene.theme.underlay(buf, row, ground);
                }
                y += 1;
            }
            (at, skip) = (at + 1, 0);
        }
    }

    /// Paints the part `window` of a line.
    fn paint(
        &self,
        (mut x, y): (u16, u16),
        buf: &mut Buffer,
        scene: &Scene,
        source: &(impl Source + ?Sized),
        at: usize,
        window: &Window,
    ) {
        let (line, parts, right) = (source.line(at), source.parts(at), x + u16::try_from(self.width).unwrap_or(u16::MAX));
        let matches = self.search.as_ref().map_or_else(Vec::new, |search| search.ranges(line, &window.bytes));
        let mut found = scene.theme.style(Scope::Match);
        if self.search.as_ref().is_some_and(|search| search.at == Some(at)) {
            found = found.add_modifier(Modifier::UNDERLINED | Modifier::BOLD);
        }
        x += window.pad;
        let mut from = window.bytes.start;
        let (mut part, mut hit) = (parts.iter().peekable(), matches.iter().peekable());
        while from < window.bytes.end && x < right {
            while part.next_if(|(end, _)| *end <= from).is_some() {}
            while hit.next_if(|hit| hit.end <= from).is_some() {}
            let (end, scope) = part.peek().map_or((window.bytes.end, Scope::Text), |(end, scope)| (*end, *scope));
            let (end, style) = match hit.peek() {
                Some(hit) if hit.start <= from => (hit.end, found),
                Some(hit) => (end.min(hit.start), scene.theme.style(scope)),
                None => (end, scene.theme.style(scope)),
            };
            let end = end.min(window.bytes.end);
            x = buf.set_stringn(x, y, &line[from..end], (right - x).into(), style).0;
            from = end;
        }
        if !self.wrap && window.bytes.end < line.len() {
            buf.set_string(right - 1, y, scene.theme.sign("›", ">"), scene.theme.style(Scope::Dim));
        }
    }

    /// The rows of a line on the screen, without the first `skip`.
    fn windows<'a>(&'a self, line: &'a str, skip: usize) -> Box<dyn Iterator<Item = Window> + 'a> {
        if self.wrap {
            let mut from = Some(0);
            let rows = std::iter::from_fn(move || {
                let start = from?;
                let end = start + width::row(&line[start..], self.width);
                from = (end < line.len()).then_some(end);
                Some(Window { bytes: start..end, pad: 0 })
            });
            return Box::new(rows.skip(skip));
        }
        let (start, pad) = width::skip(line, self.left);
        let end = start + width::row(&line[start..], self.width.saturating_sub(pad));
        Box::new(std::iter::once(Window { bytes: start..end, pad: u16::try_from(pad).unwrap_or_default() }))
    }

    /// How many rows a line takes.
    fn rows(&self, line: &str) -> usize {
        match self.wrap {
            true if line.is_ascii() => line.len().div_ceil(self.width.max(1)).max(1),
            true => self.windows(line, 0).count(),
            false => 1,
        }
    }

    fn down(&mut self, rows: usize, source: &(impl Source + ?Sized)) {
        self.skip += rows;
        while self.top + 1 < source.len() && self.skip >= self.rows(source.line(self.top)) {
            self.skip -= self.rows(source.line(self.top));
            self.top += 1;
        }
    }

    fn up(&mut self, rows: usize, source: &(impl Source + ?Sized)) {
        self.follow = false;
        let mut rows = rows;
        while rows > self.skip && self.top > 0 {
            rows -= self.skip + 1;
            self.top -= 1;
            self.skip = self.rows(source.line(self.top)) - 1;
        }
        self.skip = self.skip.saturating_sub(rows);
    }

    /// The window's place at the end of the text.
    fn last(&self, source: &(impl Source + ?Sized)) -> (usize, usize) {
        let mut left = self.height.max(1);
        for at in (0..source.len()).rev() {
            let rows = self.rows(source.line(at));
            if rows >= left {
                return (at, rows - left);
            }
            left -= rows;
        }
        (0, 0)
    }

    /// The last line on the screen.
    fn bottom(&self, source: &(impl Source + ?Sized)) -> usize {
        let mut rows = self.skip + self.height;
        let mut at = self.top;
        while at < source.len() {
            rows = rows.saturating_sub(self.rows(source.line(at)));
            if rows == 0 {
                return at;
            }
            at += 1;
        }
        source.len().saturating_sub(1)
    }

    fn step(&mut self, forward: bool, source: &(impl Source + ?Sized)) {
        let from = self.beside(self.search.as_ref().and_then(|search| search.at), forward, source);
        let Some(search) = &mut self.search else { return };
        search.at = search.find(source, from, forward);
        self.show_match(source);
    }

    /// The line from which one looks on: beside the last one if that is on the screen, else from the edge of the window.
    fn beside(&self, last: Option<usize>, forward: bool, source: &(impl Source + ?Sized)) -> usize {
        let (top, bottom, len) = (self.top, self.bottom(source), source.len());
        match last.filter(|at| (top..=bottom).contains(at)) {
            Some(at) if forward => (at + 1) % len.max(1),
            Some(at) => at.checked_sub(1).unwrap_or(len.saturating_sub(1)),
            None if forward => top,
            None => bottom,
        }
    }

    /// Whether a line is on the screen.
    pub fn is_shown(&self, at: usize, source: &(impl Source + ?Sized)) -> bool {
        (self.top..=self.bottom(source)).contains(&at)
    }

    /// Scrolls to a line if it is not on the screen.
    pub fn show(&mut self, at: usize, source: &(impl Source + ?Sized)) {
        self.follow = false;
        if at < self.top || at > self.bottom(source) || (at == self.top && self.skip > 0) {
            (self.top, self.skip) = (at, 0);
            self.up(self.height / 3, source);
        }
    }

    /// Scrolls to the present match if it is not on the screen.
    fn show_match(&mut self, source: &(impl Source + ?Sized)) {
        let Some((at, search)) = self.search.as_ref().and_then(|search| Some((search.at?, search))) else { return };
        let column = search.first(source.line(at)).map_or(0, |byte| width::of(&source.line(at)[..byte]));
        self.show(at, source);
        if !self.wrap && !(self.left..self.left + self.width.saturating_sub(1)).contains(&column) {
            self.left = if column < self.width { 0 } else { column.saturating_sub(self.width / 3) };
        }
    }
}

/// A part of a line that fills one row: its bytes, and blanks before it where half a wide character was cut off.
struct Window {
    bytes: Range<usize>,
    pad: u16,
}

#[cfg(test)]
#[path = "tests/text.rs"]
mod tests;
