//! Columns and rows: where each node is painted, and the lines between them.
//!
//! ```text
//!  ● git flux/fleet ─┬─▶ ● ks flux/infra ───▶ ✗ ks flux/apps
//!                    └─▶ ● ks flux/crds
//!  a layer            a channel: the lines of each node have a track of their own where they would touch
//! ```
//! A line that crosses another is painted over it; where lines join, they are of one node, or lead to one.

use super::Dependencies;
use super::layers::{Layers, layer, parts, without_circles};

/// Columns of a channel besides its tracks: a blank or line, the head of the arrow, a blank.
const CHANNEL: usize = 4;
/// Columns of a track.
const TRACK: usize = 2;

/// A graph as it is painted. A part of the screen shows a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphLayout {
    /// By node.
    pub spots: Vec<GraphSpot>,
    /// By link: the corners of its line, the first behind the label of what is needed, the last before that of what needs it. Empty for a
    /// link that closes a circle.
    pub routes: Vec<Vec<(usize, usize)>>,
    pub width: usize,
    pub height: usize,
}

/// Where a node is painted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GraphSpot {
    /// Its first column and its row.
    pub x: usize,
    pub y: usize,
    pub layer: usize,
}

impl GraphLayout {
    /// Lays a graph out whose labels have these widths, in columns. The links that close a circle are cut, and have no line.
    ///
    /// Costs a few sorts of the nodes; of some hundreds less than a frame.
    pub fn of(graph: &Dependencies, widths: &[usize]) -> Self {
        let nodes = graph.nodes.len();
        let kept = without_circles(nodes, &graph.pairs());
        let layers = layer(nodes, &kept);
        let stacked: Vec<_> = parts(nodes, &kept).iter().map(|part| Stacked::of(Layers::of(part, &kept, &layers))).collect();
        let depth = stacked.iter().map(|part| part.layers.order.len()).max().unwrap_or_default();
        let columns = Columns::of(depth, &stacked, widths);
        let mut layout = Self { spots: vec![GraphSpot::default(); nodes], routes: Vec::new(), width: columns.width, height: 0 };
        let mut places = vec![(0, 0); nodes];
        for (at, part) in stacked.iter().enumerate() {
            for (slot, found) in part.layers.slots.iter().enumerate().filter(|(_, slot)| !slot.passes) {
                let (layer, y) = (found.layer, layout.height + part.rows[slot]);
                layout.spots[found.node] = GraphSpot { x: columns.starts[layer], y, layer };
                places[found.node] = (at, slot);
            }
            layout.height += part.height();
        }
        let tops: Vec<_> = stacked
            .iter()
            .scan(0, |top, part| {
                let own = *top;
                *top += part.height();
                Some(own)
            })
            .collect();
        layout.routes = graph
            .links
            .iter()
            .map(|link| {
                let (part, from) = places[link.from];
                if !kept.contains(&(link.from, link.to)) {
                    return Vec::new();
                }
                let mut route = stacked[part].route((from, places[link.to].1), &columns, widths[link.from]);
                route.iter_mut().for_each(|(_, y)| *y += tops[part]);
                route
            })
            .collect();
        layout
    }
}

/// The columns of all parts.
struct Columns {
    /// The first column of each layer.
    starts: Vec<usize>,
    /// The first track of the channel behind each layer.
    channels: Vec<usize>,
    width: usize,
}

impl Columns {
    fn of(depth: usize, parts: &[Stacked], widths: &[usize]) -> Self {
        let mut made = Self { starts: Vec::new(), channels: Vec::new(), width: 0 };
        for layer in 0..depth {
            let slots = || parts.iter().flat_map(|part| part.layers.slots.iter().filter(|slot| slot.layer == layer));
            let widest = slots().filter(|slot| !slot.passes).map(|slot| widths[slot.node]).max().unwrap_or_default();
            let tracks = parts.iter().map(|part| part.tracks_in(layer)).max().unwrap_or_default();
            made.starts.push(made.width);
            made.channels.push(made.width + widest + 1);
            made.width += widest;
            if layer + 1 < depth {
                made.width += CHANNEL + tracks * TRACK;
            }
        }
        made
    }
}

/// A connected part with its rows, counted from its first one, and its tracks.
struct Stacked {
    layers: Layers,
    /// By slot.
    rows: Vec<usize>,
    /// By slot: the track of its lines in the channel behind it; none where they go straight on.
    tracks: Vec<Option<usize>>,
}

impl Stacked {
    fn of(layers: Layers) -> Self {
        let rows = rows(&layers);
        let mut made = Self { tracks: vec![None; rows.len()], layers, rows };
        for layer in 0..made.layers.order.len() {
            made.lay_tracks(layer);
        }
        made
    }

    fn height(&self) -> usize {
        self.rows.iter().max().map_or(0, |row| row + 1)
    }

    fn tracks_in(&self, layer: usize) -> usize {
        let of_layer = self.layers.order.get(layer).into_iter().flatten();
        of_layer.filter_map(|slot| self.tracks[*slot]).max().map_or(0, |track| track + 1)
    }

    /// The first and the last row that the lines of a slot touch in the channel behind it; none where they go straight on.
    fn span(&self, slot: usize) -> Option<(usize, usize)> {
        let rows = self.layers.slots[slot].below.iter().map(|below| self.rows[*below]).chain([self.rows[slot]]);
        let (first, last) = (rows.clone().min()?, rows.max()?);
        (first != last).then_some((first, last))
    }

    /// Gives the lines of a layer's slots their tracks: what comes in at a row turns off before what leaves at the same row begins there,
    /// and no two that share a row are on one track.
    fn lay_tracks(&mut self, layer: usize) {
        let nets: Vec<_> = self.layers.order[layer].iter().copied().filter(|slot| self.span(*slot).is_some()).collect();
        let into = |slot: usize| self.layers.slots[slot].below.iter().map(|below| self.rows[*below]);
        // those that have to be on an earlier track than this one
        let before = |net: usize| {
            let turns = |other: &usize| {
                let row = self.rows[*other];
                *other != net && into(net).any(|to| to == row) && !into(*other).any(|to| to == row)
            };
            nets.iter().copied().filter(turns).collect::<Vec<_>>()
        };
        let mut waiting: Vec<(usize, Vec<usize>)> = nets.iter().map(|net| (*net, before(*net))).collect();
        let mut taken: Vec<(usize, (usize, usize))> = Vec::new();
        let mut tracks: Vec<(usize, usize)> = Vec::new();
        while !waiting.is_empty() {
            let is_free = |(_, before): &(usize, Vec<usize>)| before.iter().all(|net| tracks.iter().any(|(done, _)| done == net));
            // where each waits for another, lines overlap at one row
            let next = waiting.iter().position(is_free).unwrap_or(0);
            let (net, before) = waiting.remove(next);
            let span = self.span(net).expect("only nets with a span are laid");
            let least = tracks.iter().filter(|(done, _)| before.contains(done)).map(|(_, track)| track + 1).max().unwrap_or(0);
            let touches =
                |track: usize| taken.iter().any(|(on, (first, last))| *on == track && *first <= span.1 && span.0 <= *last);
            let track = (least..).find(|track| !touches(*track)).expect("there is always one more track");
            taken.push((track, span));
            tracks.push((net, track));
        }
        for (net, track) in tracks {
            self.tracks[net] = Some(track);
        }
    }

    /// The corners of the line between two slots of nodes. `label`: the columns of the first one's label.
    fn route(&self, (from, to): (usize, usize), columns: &Columns, label: usize) -> Vec<(usize, usize)> {
        let target = &self.layers.slots[to];
        let mut corners = vec![(columns.starts[self.layers.slots[from].layer] + label + 1, self.rows[from])];
        let mut at = from;
        loop {
            let slot = &self.layers.slots[at];
            let next = match slot.layer + 1 == target.layer {
                true => to,
                // the same node's lines in the next layer
                false => match slot
                    .below
                    .iter()
                    .find(|below| self.layers.slots[**below].passes && self.layers.slots[**below].node == slot.node)
                {
                    Some(next) => *next,
                    None => return corners,
                },
            };
            if self.rows[next] != self.rows[at]
                && let Some(track) = self.tracks[at]
            {
                let x = columns.channels[slot.layer] + track * TRACK + 1;
                corners.extend([(x, self.rows[at]), (x, self.rows[next])]);
            }
            if next == to {
                corners.push((columns.starts[target.layer].saturating_sub(2), self.rows[to]));
                return corners;
            }
            at = next;
        }
    }
}

/// The row of each slot: near those of its neighbours, in the order of its layer, one row each.
fn rows(layers: &Layers) -> Vec<usize> {
    let mut rows = vec![0.0; layers.slots.len()];
    for order in &layers.order {
        order.iter().enumerate().for_each(|(at, slot)| rows[*slot] = at as f64);
    }
    let depth = layers.order.len();
    let passes = (1..depth).map(|layer| (layer, true)).chain((0..depth).rev().map(|layer| (layer, false)));
    for (layer, is_down) in passes.chain((1..depth).map(|layer| (layer, true))) {
        let wanted: Vec<f64> = layers.order[layer]
            .iter()
            .map(|slot| {
                let near = if is_down { &layers.slots[*slot].above } else { &layers.slots[*slot].below };
                middle(near.iter().map(|other| rows[*other]).collect()).unwrap_or(rows[*slot])
            })
            .collect();
        for (slot, row) in layers.order[layer].iter().zip(spread(&wanted)) {
            rows[*slot] = row;
        }
    }
    let least = rows.iter().copied().fold(f64::INFINITY, f64::min);
    rows.into_iter().map(|row| (row - least) as usize).collect()
}

/// The middle one of several rows, the upper one of two.
fn middle(mut rows: Vec<f64>) -> Option<f64> {
    rows.sort_by(f64::total_cmp);
    rows.get(rows.len().saturating_sub(1) / 2).copied()
}

/// Rows as near to the wanted ones as they can be in this order, at least one apart: regression by pooling neighbours that want to pass each
/// other (M. Ayer and others, 1955).
fn spread(wanted: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (at, row) in wanted.iter().enumerate() {
        pools.push((row - at as f64, 1));
        while let [.., (before, some), (last, others)] = pools[..]
            && before > last
        {
            let count = some + others;
            let mean = (before * some as f64 + last * others as f64) / count as f64;
            pools.truncate(pools.len() - 2);
            pools.push((mean, count));
        }
    }
    let shifts = pools.into_iter().flat_map(|(mean, count)| std::iter::repeat_n(mean.round(), count));
    shifts.enumerate().map(|(at, shift)| shift + at as f64).collect()
}
