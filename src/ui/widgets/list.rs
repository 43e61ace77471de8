//! A windowed table: only the rows on the screen are made, and ratatui's `Table` paints them.
//!
//! ```text
//!   NAME          STATE    AGE  MESSAGE            columns of low priority go first when it gets narrow
//!   web/web     ✗ Failed    4m  health check fail…
//! * api/api     ● Ready     2m                     `*`: marked
//! ```
//! The view keeps the cursor as an identity and passes the row at which it stands now; the list keeps only the scroll offset and the
//! widths seen so far, so that columns do not dance while scrolling.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Row as Painted, Table, Widget};

use super::cut::{columns, cut, cut_before, cut_middle, cut_start, spelled};
use super::lit;
use crate::ui::theme::{Scope, Theme};
use fluxdeck_model::domain::query::Query;

/// Blank columns between two columns, and the gutter for marks.
const SPACING: u16 = 2;
const GUTTER: u16 = 1;
/// Columns of a heading that are kept before its column goes.
const LONGEST_HEADING: u32 = 12;

/// One column: how wide it may be and when it goes.
#[derive(Clone, Debug)]
pub struct Column {
    pub heading: Cow<'static, str>,
    /// It is cut down to this before another column goes.
    pub min: u16,
    /// It never gets wider than this; [`u16::MAX`] takes what its content needs.
    pub max: u16,
    /// The highest goes first; 0 stays always.
    pub priority: u8,
    /// Numbers and ages stand to the right.
    pub right: bool,
    pub keep: Keep,
    /// It is there only where all columns are whole.
    pub is_extra: bool,
    /// It is not cut below that while another column can go instead.
    pub whole: u16,
}

/// What is cut last of a cell that is too wide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    #[default]
    Start,
    /// Paths, and names behind what they are names of, say most at their end.
    End,
    /// Names of contexts differ at both ends.
    Ends,
    /// What is behind `≠`: the revision that is expected.
    Difference,
}

impl Keep {
    /// A cell in that many columns.
    fn cut(self, line: Line<'static>, room: usize, theme: &Theme) -> Line<'static> {
        match self {
            Self::Start => cut(line, room),
            Self::End => cut_start(line, room),
            Self::Ends => cut_middle(line, room),
            Self::Difference => cut_before(line, room, theme.sign(" ≠", " !=")),
        }
    }
}

impl Column {
    pub fn new(heading: impl Into<Cow<'static, str>>, min: u16, max: u16, priority: u8) -> Self {
        Self { heading: heading.into(), min, max, priority, right: false, keep: Keep::Start, is_extra: false, whole: 0 }
    }

    pub fn right(self) -> Self {
        Self { right: true, ..self }
    }

    pub fn whole_to(self, whole: u16) -> Self {
        Self { whole, ..self }
    }

    pub fn extra(self) -> Self {
        Self { is_extra: true, ..self }
    }

    pub fn keeping(self, keep: Keep) -> Self {
        Self { keep, ..self }
    }

    /// A cell as it is painted: cut to its room, with what the filter found in it.
    fn cell(&self, cell: Line<'static>, room: u16, theme: &Theme, query: Option<&Query>) -> Line<'static> {
        let cell = self.keep.cut(cell, room.into(), theme);
        let cell = match query {
            // letters are looked for in names alone
            Some(Query::Fuzzy(_)) if !self.heading.starts_with("NAME") => cell,
            Some(query) => lit::cell(cell, query, theme.style(Scope::Match)),
            None => cell,
        };
        aligned(cell, self)
    }
}

/// One row: a line for each column.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub cells: Vec<Line<'static>>,
    pub marked: bool,
}

impl Row {
    /// In ASCII where only that may be written.
    fn spelled(self, theme: &Theme) -> Self {
        if theme.ascii { Self { cells: self.cells.into_iter().map(spelled).collect(), ..self } } else { self }
    }
}

/// What is shown of how many rows.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    pub columns: &'a [Column],
    pub len: usize,
    /// The row at which the view's cursor stands now.
    pub cursor: Option<usize>,
    /// What the rows were filtered by: it is marked in their cells.
    pub query: Option<&'a Query>,
}

/// What a table remembers between frames.
#[derive(Clone, Debug, Default)]
pub struct List {
    offset: usize,
    page: usize,
    /// The widest content of each column so far, with the width of the area for which that holds.
    seen: Vec<u16>,
    width: u16,
}

impl List {
    /// How many rows the last frame had room for.
    pub fn page(&self) -> usize {
        self.page.max(1)
    }

    /// The first row on the screen.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Scrolls by so many rows: as many as have come or gone above.
    pub fn scroll(&mut self, by: isize) {
        self.offset = self.offset.saturating_add_signed(by);
    }

    /// Forgets widths: other rows, other columns.
    pub fn forget(&mut self) {
        self.seen.clear();
    }

    /// Scrolls so that the cursor is on the screen and the window is full.
    fn settle(&mut self, height: usize, len: usize, cursor: Option<usize>) {
        self.page = height;
        if let Some(cursor) = cursor {
            self.offset = self.offset.clamp((cursor + 1).saturating_sub(height.max(1)), cursor);
        }
        self.offset = self.offset.min(len.saturating_sub(height));
    }

    /// Paints header and visible rows; `row` is asked for those only.
    pub fn render(&mut self, area: Rect, buf: &mut Buffer, theme: &Theme, rows: Rows, row: impl FnMut(usize) -> Row) {
        let Rows { columns, len, cursor, query } = rows;
        let area = area.intersection(buf.area);
        let with_header = area.height > 1;
        self.settle(usize::from(area.height) - usize::from(with_header), len, cursor);
        if area.is_empty() {
            return;
        }
        let visible = self.offset..(self.offset + self.page).min(len);
        let rows: Vec<_> = visible.clone().map(row).map(|row| row.spelled(theme)).collect();
        self.measure(area.width, columns, &rows);
        let widths = shares(columns, &self.seen, area.width.saturating_sub(GUTTER));
        let shown: Vec<_> = (0..columns.len()).filter(|at| widths[*at] > 0).collect();
        let marked: Vec<_> = rows.iter().map(|row| row.marked).collect();
        let painted = rows.into_iter().map(|mut row| {
            row.cells.resize(columns.len(), Line::default());
            let cells = shown.iter().map(|at| columns[*at].cell(std::mem::take(&mut row.cells[*at]), widths[*at], theme, query));
            Painted::new(cells).style(theme.style(if row.marked { Scope::Mark } else { Scope::Text }))
        });
        let mut table = Table::new(painted, shown.iter().map(|at| Constraint::Length(widths[*at]))).column_spacing(SPACING);
        if with_header {
            let heading =
                |at: &usize| aligned(cut(Line::raw(columns[*at].heading.to_string()), widths[*at].into()), &columns[*at]);
            table = table.header(Painted::new(shown.iter().map(heading)).style(theme.style(Scope::Heading)));
        }
        Widget::render(table, Rect { x: area.x + GUTTER, width: area.width - GUTTER, ..area }, buf);
        for (y, _) in (area.y + u16::from(with_header)..).zip(marked).filter(|(_, marked)| *marked) {
            buf.set_string(area.x, y, theme.sign("▌", "*"), theme.style(Scope::Mark));
        }
        if let Some(cursor) = cursor.filter(|cursor| visible.contains(cursor)) {
            let line = u16::try_from(cursor - self.offset).unwrap_or_default() + u16::from(with_header);
            theme.select(buf, Rect { y: area.y + line, height: 1, ..area });
        }
    }

    fn measure(&mut self, width: u16, columns: &[Column], rows: &[Row]) {
        if self.width != width || self.seen.len() != columns.len() {
            self.width = width;
            self.seen = columns.iter().map(|column| size(&Line::raw(&*column.heading))).collect();
        }
        for row in rows {
            for (seen, cell) in self.seen.iter_mut().zip(&row.cells) {
                *seen = (*seen).max(size(cell));
            }
        }
        for (seen, column) in self.seen.iter_mut().zip(columns) {
            *seen = (*seen).max(size(&Line::raw(&*column.heading)));
        }
    }
}

fn size(line: &Line) -> u16 {
    u16::try_from(columns(line)).unwrap_or(u16::MAX)
}

/// How wide each column is; 0 for those that had to go.
fn shares(columns: &[Column], seen: &[u16], width: u16) -> Vec<u16> {
    // a heading of one word says what it is only where it is whole
    let heading = |column: &Column| u32::from(size(&Line::raw(&*column.heading))).min(LONGEST_HEADING);
    let want = |(column, seen): (&Column, &u16)| u32::from(column.max.min((*seen).max(column.min))).max(heading(column));
    let wanted: Vec<u32> = columns.iter().zip(seen).map(want).collect();
    // what is in it is all that it needs
    let least = |at: usize| match columns[at].is_extra {
        true => wanted[at],
        false => {
            let least = columns[at].min.max(columns[at].whole).min(seen[at]);
            u32::from(least).max(heading(&columns[at])).clamp(1, wanted[at].max(1))
        }
    };
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    let width = u32::from(width);
    let spacing = |shown: &[usize]| u32::from(SPACING) * u32::try_from(shown.len().saturating_sub(1)).unwrap_or_default();
    while shown.iter().map(|at| wanted[*at]).sum::<u32>() + spacing(&shown) > width
        && let Some(at) = shown.iter().rposition(|at| columns[*at].is_extra)
    {
        shown.remove(at);
    }
    while shown.iter().map(|at| least(*at)).sum::<u32>() + spacing(&shown) > width {
        // of two equals the right one goes first
        let Some((at, _)) =
            shown.iter().enumerate().filter(|(_, at)| columns[**at].priority > 0).max_by_key(|(_, at)| columns[**at].priority)
        else {
            break;
        };
        shown.remove(at);
    }
    let mut shares = vec![0; columns.len()];
    let mut left = width.saturating_sub(spacing(&shown));
    for at in &shown {
        shares[*at] = least(*at).min(left);
        left -= shares[*at];
    }
    // what is left goes to the important ones first
    let mut by_rank = shown.clone();
    by_rank.sort_by_key(|at| columns[*at].priority);
    for at in by_rank {
        let more = wanted[at].saturating_sub(shares[at]).min(left);
        shares[at] += more;
        left -= more;
    }
    shares.into_iter().map(|share| u16::try_from(share).unwrap_or(u16::MAX)).collect()
}

fn aligned(line: Line<'static>, column: &Column) -> Line<'static> {
    if column.right { line.right_aligned() } else { line.left_aligned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::widgets::testing::{area, lines, theme};

    fn columns() -> Vec<Column> {
        vec![
            Column::new("NAME", 8, 30, 0),
            Column::new("STATE", 7, 12, 1),
            Column::new("AGE", 3, 6, 2).right(),
            Column::new("MESSAGE", 10, u16::MAX, 3),
        ]
    }

    fn row(at: usize) -> Row {
        let cells = [
            format!("apps/web-{at}"),
            "Ready".to_owned(),
            format!("{at}m"),
            "applied revision main@86058ad, all is well".to_owned(),
        ];
        Row { cells: cells.into_iter().map(Line::raw).collect(), marked: at == 1 }
    }

    fn drawn(width: u16, height: u16, len: usize, cursor: usize) -> Vec<String> {
        let mut buf = Buffer::empty(area(width, height));
        List::default().render(
            area(width, height),
            &mut buf,
            &theme(),
            Rows { columns: &columns(), len, cursor: Some(cursor), query: None },
            row,
        );
        lines(&buf)
    }

    #[test]
    fn wide_enough_shows_every_column() {
        assert_eq!(
            drawn(80, 4, 3, 0),
            [
                " NAME        STATE    AGE  MESSAGE",
                " apps/web-0  Ready     0m  applied revision main@86058ad, all is well",
                "▌apps/web-1  Ready     1m  applied revision main@86058ad, all is well",
                " apps/web-2  Ready     2m  applied revision main@86058ad, all is well",
            ]
        );
    }

    #[test]
    fn narrow_cuts_then_drops_by_priority() {
        assert_eq!(drawn(48, 2, 1, 0)[1], " apps/web-0  Ready     0m  applied revision mai…");
        assert_eq!(drawn(36, 2, 1, 0)[1], " apps/web-0  Ready    0m  applied r…");
        assert_eq!(drawn(20, 2, 1, 0), [" NAME        STATE", " apps/web-0  Ready"].map(str::to_owned));
        assert_eq!(drawn(9, 2, 1, 0), [" NAME", " apps/we…"]);
    }

    #[test]
    fn headings_are_whole_and_what_is_extra_is_there_where_nothing_is_cut() {
        let columns =
            [Column::new("NAME", 4, 20, 0), Column::new("RESTARTS↑", 8, 8, 1), Column::new("NODE", 0, u16::MAX, 2).extra()];
        let seen = [10, 9, 12];
        assert_eq!(shares(&columns, &seen, 40), [10, 9, 12]);
        assert_eq!(shares(&columns, &seen, 34), [10, 9, 0]);
        assert_eq!(shares(&columns, &seen, 18), [7, 9, 0], "the name is cut before a heading is");
    }

    #[test]
    fn only_visible_rows_are_made_and_the_cursor_is_among_them() {
        let mut asked = Vec::new();
        let mut list = List::default();
        let mut buf = Buffer::empty(area(40, 5));
        list.render(
            buf.area,
            &mut buf,
            &theme(),
            Rows { columns: &columns(), len: 1_000_000, cursor: Some(500_000), query: None },
            |at| {
                asked.push(at);
                row(at)
            },
        );
        assert_eq!(asked, [499_997, 499_998, 499_999, 500_000]);
        assert_eq!((list.offset(), list.page()), (499_997, 4));
    }

    #[test]
    fn a_list_that_shrank_fills_the_window_again() {
        let mut list = List::default();
        let mut buf = Buffer::empty(area(40, 5));
        list.render(buf.area, &mut buf, &theme(), Rows { columns: &columns(), len: 100, cursor: Some(99), query: None }, row);
        list.render(buf.area, &mut buf, &theme(), Rows { columns: &columns(), len: 6, cursor: Some(5), query: None }, row);
        assert_eq!(list.offset(), 2);
    }

    #[test]
    fn no_size_is_too_small() {
        for (width, height) in [(0, 0), (1, 1), (1, 5), (20, 5), (3, 2)] {
            drawn(width, height, 10, 5);
            drawn(width, height, 0, 0);
        }
        // an area beyond the buffer, as a resize in between makes it
        let mut buf = Buffer::empty(area(5, 2));
        List::default().render(
            area(80, 24),
            &mut buf,
            &theme(),
            Rows { columns: &columns(), len: 10, cursor: Some(9), query: None },
            row,
        );
    }

    #[test]
    fn a_path_keeps_its_end() {
        let text = |width| Keep::End.cut(Line::raw("apps/web/世/k.yaml:11"), width, &theme()).spans[0].content.to_string();
        for (width, expected) in
            [(21, "apps/web/世/k.yaml:11"), (12, "…/k.yaml:11"), (13, "…世/k.yaml:11"), (14, "…/世/k.yaml:11"), (1, "…"), (0, "")]
        {
            assert_eq!(text(width), expected, "{width}");
        }
    }
}
