//! From one failure to the next: on the rows there are, and into those that are closed.

use super::TreeView;
use fluxdeck_model::commands::Cx;
use fluxdeck_model::domain::{Health, NodeId};
use fluxdeck_model::insight::why::Sight;
use fluxdeck_model::state::Cluster;
use fluxdeck_model::state::projection::{Fold, Row};

/// Where the next failure is.
enum Found {
    /// On that row.
    Row(usize),
    /// Below a closed row.
    Below(NodeId),
}

impl TreeView {
    /// Goes to the next row that fails, or to the one before; round the end. Below a closed row it is what makes that fail.
    pub(super) fn step_to_failure(&mut self, forward: bool, cx: &mut Cx) {
        let cluster = cx.state.cluster();
        let rows = cluster.tree.rows.rows();
        let sight = Sight::new(&cluster.store, &cluster.forest, cx.state.clock);
        let below = |row: &Row| {
            let node = row.node().filter(|_| row.via.is_none() && row.fold == Fold::Closed)?;
            let is_bad = cluster.forest.health(node).is_some_and(Health::is_failing);
            let is_bad = is_bad || cluster.forest.below(node).worst().is_some_and(Health::is_failing);
            // most rows are well: they cost no walk
            is_bad.then(|| sight.cause_below(node)).flatten()
        };
        // a closed row that fails is passed last by what is below it
        let inside = rows.get(self.at).filter(|_| forward).and_then(below).map(Found::Below);
        let on = |at: usize| match &rows[at] {
            row if is_failing(cluster, row) => Some(Found::Row(at)),
            row => below(row).map(Found::Below),
        };
        let found = inside.or_else(|| match forward {
            true => (self.at + 1..rows.len()).chain(0..self.at).find_map(on),
            false => (0..self.at).rev().chain((self.at + 1..rows.len()).rev()).find_map(on),
        });
        match found {
            Some(Found::Row(at)) => self.go(at, cx.state),
            Some(Found::Below(node)) => self.jump(node, cx),
            None if rows.get(self.at).is_some_and(|row| is_failing(cluster, row)) => cx.say("nothing else fails here"),
            None => cx.say("nothing fails here"),
        }
    }
}

fn is_failing(cluster: &Cluster, row: &Row) -> bool {
    let node = row.node().filter(|_| row.via.is_none());
    node.and_then(|node| cluster.forest.health(node)).is_some_and(Health::is_failing)
}
