//! Layers: each node behind all that it needs, circles cut, and an order in each layer in which few lines cross.
//!
//! The classical way in three steps (K. Sugiyama, S. Tagawa, M. Toda, 1981): longest paths, places for lines that pass a layer, sweeps by
//! the means of the neighbours. All lines of one node that pass a layer are one there.

use std::collections::{BTreeMap, BTreeSet};

/// Sweeps over the layers: more change little.
const SWEEPS: usize = 6;

/// A part of a graph that is connected, in layers.
#[derive(Clone, Debug, Default)]
pub(super) struct Layers {
    pub slots: Vec<Slot>,
    /// Slots by layer, in their order.
    pub order: Vec<Vec<usize>>,
}

/// A place in a layer: of a node, or of a node's lines that pass.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub node: usize,
    pub passes: bool,
    pub layer: usize,
    /// Slots of the layer before, and of the next one.
    pub above: Vec<usize>,
    pub below: Vec<usize>,
}

/// Returns the links without those that close a circle: from each node on, in their order, the one that comes back to the way.
pub(super) fn without_circles(nodes: usize, links: &[(usize, usize)]) -> BTreeSet<(usize, usize)> {
    let next = neighbours(nodes, links.iter().copied());
    let mut kept = BTreeSet::new();
    // 0: not seen, 1: on the way, 2: done
    let mut seen = vec![0u8; nodes];
    for root in 0..nodes {
        if seen[root] != 0 {
            continue;
        }
        let mut way = vec![(root, 0)];
        seen[root] = 1;
        while let Some((node, at)) = way.last_mut() {
            let (from, Some(&to)) = (*node, next[*node].get(*at)) else {
                seen[*node] = 2;
                way.pop();
                continue;
            };
            *at += 1;
            if seen[to] == 1 {
                continue;
            }
            kept.insert((from, to));
            if seen[to] == 0 {
                seen[to] = 1;
                way.push((to, 0));
            }
        }
    }
    kept
}

fn neighbours(nodes: usize, links: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut found = vec![Vec::new(); nodes];
    for (from, to) in links {
        found[from].push(to);
    }
    found
}

/// The layer of each node: behind all that it needs, and no further from what needs it than it has to be. The links have no circle.
pub(super) fn layer(nodes: usize, links: &BTreeSet<(usize, usize)>) -> Vec<usize> {
    let next = neighbours(nodes, links.iter().copied());
    let mut missing = vec![0usize; nodes];
    links.iter().for_each(|(_, to)| missing[*to] += 1);
    let needs = missing.clone();
    let mut order: Vec<usize> = (0..nodes).filter(|node| missing[*node] == 0).collect();
    let mut layers = vec![0usize; nodes];
    let mut at = 0;
    while let Some(&node) = order.get(at) {
        at += 1;
        for &to in &next[node] {
            layers[to] = layers[to].max(layers[node] + 1);
            missing[to] -= 1;
            if missing[to] == 0 {
                order.push(to);
            }
        }
    }
    for &node in order.iter().rev() {
        let first = next[node].iter().map(|to| layers[*to]).min();
        // as many lines become shorter as become longer
        if let Some(first) = first.filter(|_| needs[node] <= next[node].len()) {
            layers[node] = layers[node].max(first - 1);
        }
    }
    layers
}

/// The connected parts, each a list of nodes: the largest first, then as their first nodes are.
pub(super) fn parts(nodes: usize, links: &BTreeSet<(usize, usize)>) -> Vec<Vec<usize>> {
    let next = neighbours(nodes, links.iter().flat_map(|(from, to)| [(*from, *to), (*to, *from)]));
    let mut of = vec![usize::MAX; nodes];
    let mut found: Vec<Vec<usize>> = Vec::new();
    for root in 0..nodes {
        if of[root] != usize::MAX {
            continue;
        }
        let (mut part, mut rest) = (Vec::new(), vec![root]);
        of[root] = found.len();
        while let Some(node) = rest.pop() {
            part.push(node);
            for &other in &next[node] {
                if of[other] == usize::MAX {
                    of[other] = found.len();
                    rest.push(other);
                }
            }
        }
        part.sort_unstable();
        found.push(part);
    }
    found.sort_by_key(|part| (std::cmp::Reverse(part.len()), part[0]));
    found
}

impl Layers {
    /// Orders one connected part. `layers` has the layer of each node.
    pub fn of(part: &[usize], links: &BTreeSet<(usize, usize)>, layers: &[usize]) -> Self {
        let depth = part.iter().map(|node| layers[*node]).max().unwrap_or_default() + 1;
        let mut made = Self { slots: Vec::new(), order: vec![Vec::new(); depth] };
        // the slot of a node, or of its lines, in a layer
        let mut at: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        let mut reach: BTreeMap<usize, usize> = BTreeMap::new();
        for (from, to) in links {
            let last = reach.entry(*from).or_default();
            *last = layers[*to].max(*last);
        }
        for &node in part {
            let own = layers[node];
            for layer in own..reach.get(&node).map_or(own + 1, |last| (*last).max(own + 1)) {
                let slot = made.slots.len();
                made.slots.push(Slot { node, passes: layer != own, layer, above: Vec::new(), below: Vec::new() });
                at.insert((node, layer), slot);
                made.order[layer].push(slot);
                if layer != own {
                    made.join(at[&(node, layer - 1)], slot);
                }
            }
        }
        for (from, to) in links.iter().filter(|(from, _)| part.binary_search(from).is_ok()) {
            made.join(at[&(*from, layers[*to] - 1)], at[&(*to, layers[*to])]);
        }
        made.sort();
        made
    }

    fn join(&mut self, from: usize, to: usize) {
        self.slots[from].below.push(to);
        self.slots[to].above.push(from);
    }

    /// Moves slots to the mean of their neighbours, layer by layer, to and fro.
    fn sort(&mut self) {
        let mut places = vec![0usize; self.slots.len()];
        let place = |order: &[usize], places: &mut Vec<usize>| {
            order.iter().enumerate().for_each(|(at, slot)| places[*slot] = at);
        };
        self.order.iter().for_each(|order| place(order, &mut places));
        for sweep in 0..SWEEPS {
            let is_down = sweep % 2 == 0;
            let layers: Vec<usize> =
                if is_down { (0..self.order.len()).collect() } else { (0..self.order.len()).rev().collect() };
            for layer in layers {
                let mut order = std::mem::take(&mut self.order[layer]);
                let mean = |slot: usize| {
                    let near = if is_down { &self.slots[slot].above } else { &self.slots[slot].below };
                    match near.len() {
                        0 => places[slot] as f64,
                        count => near.iter().map(|other| places[*other]).sum::<usize>() as f64 / count as f64,
                    }
                };
                let mut keyed: Vec<_> = order.drain(..).map(|slot| (mean(slot), places[slot], slot)).collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                let order: Vec<_> = keyed.into_iter().map(|(_, _, slot)| slot).collect();
                place(&order, &mut places);
                self.order[layer] = order;
            }
        }
    }
}
