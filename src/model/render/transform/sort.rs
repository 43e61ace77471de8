//! `sortOptions`. Source: kustomize api v0.21.1 `internal/builtins/SortOrderTransformer.go`.

use super::super::error::{BuildError, Result};
use super::super::fields;
use super::super::id::{Id, ORDER_FIRST, ORDER_LAST, rank};
use super::super::kustomization::SortOptions;
use super::super::node::Node;
use super::super::resources::Resources;
use super::super::schema::BuildSchemas;

/// Sorts the result as the top kustomization wants it.
///
/// # Errors
/// An order that is none.
pub fn sort(resources: &mut Resources, options: &SortOptions, schemas: &BuildSchemas) -> Result<()> {
    let fail = |message: &str| Err(BuildError::invalid(message).at(&options.origin));
    match options.order.as_ref() {
        "fifo" if options.legacy.is_none() => Ok(()),
        "fifo" => fail("the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'"),
        "legacy" => {
            let (first, last) = match &options.legacy {
                Some((first, last)) => (texts(first), texts(last)),
                None => (ORDER_FIRST.to_vec(), ORDER_LAST.to_vec()),
            };
            resources.list.sort_by_cached_key(|resource| key(&resource.id(schemas), &first, &last));
            Ok(())
        }
        _ => fail("the field 'sortOptions.order' must be one of [fifo, legacy]"),
    }
}

fn texts(nodes: &[Node]) -> Vec<&str> {
    nodes.iter().map(fields::value_of).collect()
}

fn key(id: &Id, first: &[&str], last: &[&str]) -> (i32, String, String) {
    let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
    let own = format!("{}|{}|{}", id.gvk, or(&id.namespace, "~X"), or(&id.name, "~N"));
    (rank(&id.gvk.kind, first, last), id.gvk.sort_text(), own)
}
