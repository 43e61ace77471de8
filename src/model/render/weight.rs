//! The approximate memory of nodes in bytes: it bounds how much of a build is cached. Shared nodes count in equal parts for each
//! holder, so that the sum over the cache is close to its real size.

use std::sync::Arc;

use super::node::{Entry, Node, Text, Trace, Value};

/// The two counts of an `Arc`.
const COUNTS: usize = 2 * size_of::<usize>();

/// All nodes of a list.
pub fn all<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> usize {
    nodes.into_iter().map(node).sum()
}

fn node(node: &Node) -> usize {
    size_of::<Node>() + behind(node)
}

/// What a node points to. Names of files are shared by so many that they do not count.
fn behind(node: &Node) -> usize {
    let mut places = 0;
    node.trace.any(&mut |_| {
        places += 1;
        false
    });
    let past = (places - 1) * (size_of::<Trace>() + COUNTS);
    let value = match &node.value {
        Value::Scalar(text) => shared(text, text.len()),
        Value::List(items) => shared(items, room(items) + items.iter().map(behind).sum::<usize>()),
        Value::Map(entries) => shared(entries, room(entries) + entries.iter().map(entry).sum::<usize>()),
    };
    past + value
}

fn entry(entry: &Entry) -> usize {
    behind(&entry.key) + behind(&entry.value)
}

/// What a vector takes, its free places with it: one that grew item by item has as many again.
fn room<T>(items: &Vec<T>) -> usize {
    size_of::<Vec<T>>() + items.capacity() * size_of::<T>()
}

fn shared<T: ?Sized>(of: &Arc<T>, bytes: usize) -> usize {
    (COUNTS + bytes) / Arc::strong_count(of)
}

/// A text with its place in a map or a set.
pub fn text(text: &Text) -> usize {
    size_of::<Text>() + shared(text, text.len())
}

#[cfg(test)]
mod tests {
    use super::super::node::Layer;
    use super::super::read::{self, TextPlace};
    use super::*;

    fn nodes(text: &str) -> Vec<Node> {
        read::documents(text.as_bytes(), &TextPlace::file(&"a.yaml".into(), Layer::Resource)).expect("YAML")
    }

    #[test]
    fn what_is_shared_weighs_once() {
        let alone = nodes("kind: ConfigMap\ndata: {a: \"0123456789\", b: [1, 2, 3]}\n");
        let before = all(&alone);
        let copy = alone.clone();
        let (first, second) = (all(&alone), all(&copy));

        assert!(before > 10 * size_of::<Node>(), "{before}");
        assert!(first == second && first < before, "{first} of {before}");
        assert!((first + second).abs_diff(before) <= 2 * size_of::<Node>(), "{first} + {second} of {before}");
    }

    #[test]
    fn a_text_weighs_what_is_in_it() {
        let long = nodes(&format!("data: {}\n", "x".repeat(10_000)));
        assert_eq!(all(&long).abs_diff(all(&nodes("data: x\n"))), 9_999);
    }
}
