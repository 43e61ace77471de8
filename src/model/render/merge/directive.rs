//! `$patch: delete | replace | merge`, in a map or as an item of a list. Source: kyaml v0.21.1 `yaml/merge2/smpdirective.go`.

use super::super::error::{BuildError, Result};
use super::super::fields;
use super::super::node::Node;
use super::list;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Directive {
    Merge,
    Replace,
    Delete,
}

const KEY: &str = "$patch";

fn read(text: &str) -> Option<Directive> {
    match text {
        "merge" => Some(Directive::Merge),
        "replace" => Some(Directive::Replace),
        "delete" => Some(Directive::Delete),
        _ => None,
    }
}

fn value(patch: &Node) -> Option<&Node> {
    if patch.is_list() {
        let item = patch.items().iter().find(|item| item.is_map() && item.get(KEY).is_some())?;
        return if item.entries().len() > 1 { None } else { item.get(KEY) };
    }
    patch.get(KEY)
}

/// What a patch asks for, if it says anything known.
pub(super) fn peek(patch: &Node) -> Option<Directive> {
    read(fields::value_of(value(patch)?))
}

/// Takes the directive out of the patch; merge when there is none.
pub(super) fn take(patch: &mut Node) -> Result<Directive> {
    let Some(found) = value(patch) else { return Ok(Directive::Merge) };
    let text = fields::value_of(found).to_owned();
    let Some(directive) = read(&text) else {
        return Err(BuildError::invalid(format!("unknown patch strategy '{text}'")).at(found.origin()));
    };
    if patch.is_list() {
        list::set_item(patch, &[KEY], &[&text], None)?;
    } else {
        fields::clear(patch, KEY)?;
    }
    Ok(directive)
}
