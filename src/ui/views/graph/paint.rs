//! Painting a window of the graph: first the lines, then the labels over them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::Graph;
use crate::ui::layer::Scene;
use crate::ui::theme::{Scope as Style, Theme};
use fluxdeck_model::domain::Health;
use fluxdeck_model::domain::width::{self, fit};
use fluxdeck_model::insight::dependencies::Passage;

const NORTH: u8 = 1;
const EAST: u8 = 2;
const SOUTH: u8 = 4;
const WEST: u8 = 8;
const FLAT: u8 = EAST | WEST;
const UPRIGHT: u8 = NORTH | SOUTH;

/// What is in one cell: the ends of the lines in it, whose they are, and how much they stand out.
#[derive(Clone, Copy, Default)]
struct Ends {
    mask: u8,
    owner: usize,
    rank: Rank,
}

/// How a line looks; of lines that join, the greatest counts.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    passage: Option<Passage>,
    /// It begins or ends at the cursor.
    is_near: bool,
}

impl Rank {
    fn style(self, theme: &Theme) -> ratatui::style::Style {
        let style = match self.passage {
            Some(Passage::Blocked) => theme.style(Style::Failed),
            Some(Passage::Unknown) => theme.style(Style::Unknown),
            _ if self.is_near => theme.style(Style::Accent),
            _ => theme.style(Style::Dim),
        };
        if self.is_near { style.remove_modifier(Modifier::DIM).add_modifier(Modifier::BOLD) } else { style }
    }
}

/// The cells of the window.
struct Window {
    cells: Vec<Ends>,
    /// The first column and row, and the size.
    from: (usize, usize),
    size: (usize, usize),
}

impl Window {
    fn cell(&mut self, (x, y): (usize, usize)) -> Option<&mut Ends> {
        let (x, y) = (x.checked_sub(self.from.0)?, y.checked_sub(self.from.1)?);
        if x >= self.size.0 || y >= self.size.1 { None } else { self.cells.get_mut(y * self.size.0 + x) }
    }

    /// Adds ends to a cell. Lines of one owner join, and lines along one way; a line across another passes over it.
    fn add(&mut self, at: (usize, usize), mask: u8, owner: usize, rank: Rank) {
        let Some(cell) = self.cell(at) else { return };
        let is_within = |mask: u8, all: u8| mask & !all == 0;
        let is_passed_over = cell.owner != owner && is_within(cell.mask, FLAT) && is_within(mask, UPRIGHT);
        if cell.mask == 0 || is_passed_over {
            *cell = Ends { mask, owner, rank };
        } else if cell.owner == owner || !(is_within(cell.mask, UPRIGHT) && is_within(mask, FLAT)) {
            *cell = Ends { mask: cell.mask | mask, owner: cell.owner, rank: cell.rank.max(rank) };
        }
    }

    /// Adds a line by its corners: it comes from the left, and ends in the head of an arrow.
    fn line(&mut self, corners: &[(usize, usize)], owner: usize, rank: Rank) {
        for (at, corner) in corners.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| corners[at]);
            let mask = before.map_or(WEST, |before| toward(*corner, before))
                | corners.get(at + 1).map_or(EAST, |next| toward(*corner, *next));
            self.add(*corner, mask, owner, rank);
            if let Some(before) = before {
                self.between(before, *corner, owner, rank);
            }
        }
    }

    /// Adds what is between two corners, as far as it is on the screen.
    fn between(&mut self, (x, y): (usize, usize), (to_x, to_y): (usize, usize), owner: usize, rank: Rank) {
        if y == to_y {
            let (first, last) = (x.min(to_x) + 1, x.max(to_x));
            for x in first.max(self.from.0)..last.min(self.from.0 + self.size.0) {
                self.add((x, y), FLAT, owner, rank);
            }
        } else {
            let (first, last) = (y.min(to_y) + 1, y.max(to_y));
            for y in first.max(self.from.1)..last.min(self.from.1 + self.size.1) {
                self.add((x, y), UPRIGHT, owner, rank);
            }
        }
    }
}

/// The end of a line that leads from one cell towards another; none where they are the same.
fn toward((x, y): (usize, usize), (to_x, to_y): (usize, usize)) -> u8 {
    match (to_x.cmp(&x), to_y.cmp(&y)) {
        (std::cmp::Ordering::Greater, _) => EAST,
        (std::cmp::Ordering::Less, _) => WEST,
        (_, std::cmp::Ordering::Greater) => SOUTH,
        (_, std::cmp::Ordering::Less) => NORTH,
        _ => 0,
    }
}

/// The sign of those ends.
fn sign(mask: u8) -> &'static str {
    const NW: u8 = NORTH | WEST;
    const NE: u8 = NORTH | EAST;
    const SW: u8 = SOUTH | WEST;
    const SE: u8 = SOUTH | EAST;
    const NES: u8 = NORTH | EAST | SOUTH;
    const NWS: u8 = NORTH | WEST | SOUTH;
    const EWS: u8 = EAST | WEST | SOUTH;
    const NEW: u8 = NORTH | EAST | WEST;
    match mask {
        0 => " ",
        NW => "╯",
        NE => "╰",
        SW => "╮",
        SE => "╭",
        NES => "├",
        NWS => "┤",
        EWS => "┬",
        NEW => "┴",
        mask if mask & UPRIGHT == 0 => "─",
        mask if mask & FLAT == 0 => "│",
        _ => "┼",
    }
}

impl Graph {
    /// Paints what of the graph is in the window.
    pub(super) fn paint(&self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        // a blank before the first column, as in lists
        let area = Rect { x: area.x + 1.min(area.width), width: area.width.saturating_sub(1), ..area };
        let size = (usize::from(area.width), usize::from(area.height));
        let mut window = Window { cells: vec![Ends::default(); size.0 * size.1], from: self.offset, size };
        let cursor = self.at();
        let mut heads: Vec<(usize, usize)> = Vec::new();
        for (link, route) in self.graph.links.iter().zip(&self.layout.routes) {
            let is_near = cursor.is_some_and(|at| link.from == at || link.to == at);
            window.line(route, link.from, Rank { is_near, passage: Some(link.passage) });
            heads.extend(route.last().copied());
        }
        for (at, cell) in window.cells.iter().enumerate().filter(|(_, cell)| cell.mask != 0) {
            let (x, y) = (area.x + column(at % size.0), area.y + column(at / size.0));
            buf.set_string(x, y, sign(cell.mask), cell.rank.style(scene.theme));
        }
        for head in heads {
            if let Some(cell) = window.cell(head) {
                let (x, y) = (head.0 - self.offset.0, head.1 - self.offset.1);
                let style = cell.rank.style(scene.theme);
                buf.set_string(area.x + column(x), area.y + column(y), scene.theme.sign("►", ">"), style);
            }
        }
        for at in 0..self.graph.nodes.len() {
            self.label(at, area, buf, scene, cursor == Some(at));
        }
    }

    /// Paints a node's sign and name, as far as they are in the window.
    fn label(&self, at: usize, area: Rect, buf: &mut Buffer, scene: &Scene, is_selected: bool) {
        let (spot, node) = (self.layout.spots[at], &self.graph.nodes[at]);
        let Some(y) = spot.y.checked_sub(self.offset.1).filter(|y| *y < usize::from(area.height)) else { return };
        let health = node.health.unwrap_or(Health::Unknown);
        let text = format!("{} {}", scene.theme.glyph(health), self.labels[at]);
        // what is to the left of the window is left out
        let hidden = self.offset.0.saturating_sub(spot.x);
        let x = spot.x.saturating_sub(self.offset.0);
        if hidden >= width::of(&text) || x >= usize::from(area.width) {
            return;
        }
        let (from, blanks) = width::skip(&text, hidden);
        let room = usize::from(area.width) - x;
        let shown = fit(&text[from..], room.saturating_sub(blanks));
        let (x, y) = (area.x + column(x), area.y + column(y));
        let name = match (node.health, self.matches(at)) {
            (_, true) => scene.theme.style(Style::Match),
            (None, _) => scene.theme.style(Style::Dim),
            _ => scene.theme.style(Style::Text),
        };
        buf.set_string(x + column(blanks), y, &shown, name);
        if hidden == 0 {
            buf.set_string(x, y, scene.theme.glyph(health).to_string(), scene.theme.health(health));
        }
        if is_selected {
            let columns = column(width::of(&shown) + blanks);
            scene.theme.select(buf, Rect { x, y, width: columns, height: 1 });
        }
    }
}

/// A place on the screen: what is painted is within it.
fn column(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}
