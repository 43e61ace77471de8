//! Lists that are merged item by item. Source: kyaml v0.21.1 `yaml/walk/associative_sequence.go`, `yaml/fns.go` (ElementSetter).
//!
//! The oddities are kyaml's: what an empty value matches, and what an item without its key does to the others.

use super::super::error::Result;
use super::super::fields;
use super::super::node::{Node, Style, Tag};
use super::super::schema::Schema;
use super::directive::{self, Directive};
use super::{Out, Sources, Walk};

/// No item can be found twice, so that a walk over the list keeps it as it is.
pub(super) fn is_settled(items: &[Node], keys: &[Box<str>]) -> bool {
    let mut seen = std::collections::HashSet::new();
    items.iter().all(|item| {
        if keys.is_empty() {
            return item.is_scalar()
                && !item.is_null()
                && !fields::value_of(item).is_empty()
                && seen.insert(vec![fields::value_of(item)]);
        }
        let values: Vec<&str> = keys.iter().map(|key| value(item, key)).collect();
        // of several keys the ones that no item has do not count: those lists take the long way
        item.is_map() && values.iter().all(|value| !value.is_empty()) && seen.insert(values)
    })
}

fn value<'n>(item: &'n Node, key: &str) -> &'n str {
    let field = if item.is_map() { item.get(key) } else { None };
    field.filter(|field| !fields::is_empty(field)).map(fields::value_of).unwrap_or_default()
}

impl<'s> Walk<'s> {
    pub(super) fn list(self, sources: Sources, schema: Schema<'s>) -> Result<Out> {
        match sources {
            Sources::Same(mut node) => match directive::take(&mut node)? {
                Directive::Delete => Ok(Out::Clear(None)),
                Directive::Replace | Directive::Merge => Ok(match self.items(node, None, true, schema)? {
                    Some(list) => Out::New(list, None),
                    None => Out::Clear(None),
                }),
            },
            Sources::Both(own, patch) => {
                let Some(own) = own.filter(|own| !own.is_null()) else {
                    let patch = patch.expect("one of both is a list");
                    // where the object has no list, a directive of the list itself is not looked at
                    let list = self.items(patch, None, true, schema)?;
                    return Ok(list.map_or(Out::Clear(None), |list| Out::New(list, None)));
                };
                self.both_lists(own, patch, schema)
            }
        }
    }

    fn both_lists(self, own: Node, patch: Option<Node>, schema: Schema<'s>) -> Result<Out> {
        if patch.as_ref().is_some_and(Node::is_null) {
            return Ok(Out::Clear(Some(own)));
        }
        let mut patch = patch;
        let directive = patch.as_mut().map_or(Ok(Directive::Merge), directive::take)?;
        match directive {
            Directive::Delete => Ok(Out::Clear(Some(own))),
            Directive::Replace => {
                let patch = patch.expect("it said so");
                Ok(match self.items(patch, None, true, schema)? {
                    Some(mut list) => {
                        list.trace = list.trace.over(&own.trace);
                        Out::New(list, Some(own))
                    }
                    None => Out::Clear(Some(own)),
                })
            }
            Directive::Merge => Ok(match self.items(own, patch, false, schema)? {
                Some(list) => Out::Own(list),
                None => Out::Clear(None),
            }),
        }
    }

    /// Merges the items of `patch` into those of `own` (`is_same`: `own` is the patch itself).
    fn items(self, mut own: Node, mut patch: Option<Node>, is_same: bool, schema: Schema<'s>) -> Result<Option<Node>> {
        let keys: Vec<&str> = schema.keys().iter().map(AsRef::as_ref).collect();
        let is_texts = keys.is_empty();
        let mut wanted = if is_texts { texts(patch.as_ref(), &own) } else { key_values(patch.as_ref(), &own, &keys) };
        let keys = if is_texts { vec![""] } else { keys };
        if keys.len() > 1 {
            unify(&mut wanted);
        }
        let mut merged = Node { tag: Tag::Seq, style: Style::Plain, ..Node::list(Vec::new(), own.trace.clone()) };
        let mut valid_keys = Vec::new();
        for values in &wanted {
            let valid_values;
            (valid_keys, valid_values) = valid(&wanted, values, &keys);
            self.item(&mut own, patch.as_mut(), &mut merged, &valid_keys, &valid_values, is_same, schema)?;
        }
        if wanted.is_empty() {
            return Ok(Some(own));
        }
        let style = own.style;
        let mut list = append(merged, &own, &valid_keys)?;
        list.style = style;
        list.trace = own.trace;
        Ok(Some(list))
    }

    #[allow(clippy::too_many_arguments)]
    fn item(
        self,
        own: &mut Node,
        patch: Option<&mut Node>,
        merged: &mut Node,
        keys: &[&str],
        values: &[&str],
        is_same: bool,
        schema: Schema<'s>,
    ) -> Result<()> {
        let found_keys = valid(&[values.iter().map(|value| (*value).to_owned()).collect()], values, keys);
        let at = find(own, &found_keys.0, &found_keys.1);
        let theirs = match patch {
            Some(patch) => taken(patch, &found_keys.0, &found_keys.1)?,
            None => None,
        };
        let mine = at.map(|at| {
            let slot = &mut own.items_mut().expect("a list")[at];
            let hole = Node::null(slot.trace.clone());
            std::mem::replace(slot, hole)
        });
        let sources = match (is_same, mine) {
            (true, Some(mine)) => Sources::Same(mine),
            (_, mine) => Sources::Both(mine, theirs),
        };
        let out = self.go(sources, schema.items())?;
        let (mut value, back, is_own) = match out {
            Out::Clear(old) => (None, old, false),
            Out::Own(node) => (Some(node), None, true),
            Out::Keep(node) => (Some(node), None, false),
            Out::New(node, _) if is_same => (Some(node), None, true),
            Out::New(node, old) => (Some(node), old, false),
        };
        let is_gone = value.as_ref().is_none_or(|value| value.is_null() || value.is_map() && value.entries().is_empty());
        if !is_gone && let Some(value) = &mut value {
            complete(value, keys, values)?;
        }
        if let Some(at) = at {
            let slot = &mut own.items_mut().expect("a list")[at];
            *slot = match (&value, back) {
                (Some(value), None) if is_own => value.clone(),
                (_, Some(old)) => old,
                (Some(value), None) => value.clone(),
                (None, None) => slot.clone(),
            };
        }
        if is_gone {
            for _ in keys {
                set_item(own, keys, values, None)?;
            }
            return Ok(());
        }
        set_item(merged, keys, values, value)
    }
}

/// The patch's item with these values. Its directive counts once: the same item may be meant again by values that became the same.
fn taken(patch: &mut Node, keys: &[&str], values: &[&str]) -> Result<Option<Node>> {
    let Some(at) = find(patch, keys, values) else { return Ok(None) };
    let item = patch.items()[at].clone();
    if item.is_map() && directive::peek(&item).is_some() {
        directive::take(&mut patch.items_mut().expect("a list")[at])?;
    }
    Ok(Some(item))
}

/// Writes the keys into an item that lacks them.
fn complete(value: &mut Node, keys: &[&str], values: &[&str]) -> Result<()> {
    for (key, text) in keys.iter().zip(values) {
        let is_there = value.is_map() && value.get(key).is_some();
        if is_there || text.is_empty() {
            continue;
        }
        let scalar = Node::scalar(*text, Tag::None, value.trace.clone());
        if key.is_empty() {
            fields::set_scalar(value, scalar)?;
        } else {
            fields::set(value, key, scalar)?;
        }
    }
    Ok(())
}

/// The values of the keys of every item, those of the patch first, each only once.
fn key_values(patch: Option<&Node>, own: &Node, keys: &[&str]) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    for item in patch.map(Node::items).unwrap_or_default().iter().chain(own.items()) {
        let values: Vec<String> = keys.iter().map(|key| value(item, key).to_owned()).collect();
        if !found.contains(&values) {
            found.push(values);
        }
    }
    found
}

fn texts(patch: Option<&Node>, own: &Node) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    for item in patch.map(Node::items).unwrap_or_default().iter().chain(own.items()) {
        let values = vec![fields::value_of(item).to_owned()];
        if !found.contains(&values) {
            found.push(values);
        }
    }
    found
}

/// Items that agree in the keys that both have are the same: what one lacks is taken from the other.
fn unify(all: &mut [Vec<String>]) {
    for a in 0..all.len() {
        // as it was before this round: what it takes over from others does not count in it
        let own = all[a].clone();
        for b in 0..all.len() {
            let (mut has_common, mut result, mut is_match) = (false, Vec::new(), true);
            for (left, right) in own.iter().zip(&all[b]) {
                if left == right {
                    has_common = true;
                } else if !left.is_empty() && !right.is_empty() {
                    is_match = false;
                    break;
                }
                result.push(if left.is_empty() { right.clone() } else { left.clone() });
            }
            if is_match && has_common {
                all[a].clone_from(&result);
                all[b] = result;
            }
        }
    }
}

/// The keys that any item has a value for, and this item's values for them; all of them where no item has any.
fn valid<'k, V: AsRef<str>>(all: &[Vec<String>], values: &'k [V], keys: &[&'k str]) -> (Vec<&'k str>, Vec<&'k str>) {
    let is_used = |at: usize| all.iter().any(|values| values.get(at).is_some_and(|value| !value.is_empty()));
    let has_any = (0..keys.len()).any(is_used);
    let kept = (0..keys.len()).filter(|at| !has_any || is_used(*at));
    kept.map(|at| (keys[at], values[at].as_ref())).unzip()
}

/// The first item with these values.
fn find(list: &Node, keys: &[&str], values: &[&str]) -> Option<usize> {
    list.items().iter().position(|item| {
        if keys[0].is_empty() {
            return fields::value_of(item) == values[0];
        }
        let is_value = |(key, wanted): (&&str, &&str)| item.get(key).is_some_and(|field| fields::value_of(field) == *wanted);
        item.is_map() && keys.iter().zip(values).all(is_value)
    })
}

/// kyaml's ElementSetter: replaces the items found by these values, removes them where no item is given, appends where none is found.
pub(super) fn set_item(list: &mut Node, keys: &[&str], values: &[&str], item: Option<Node>) -> Result<()> {
    let is_for_maps = keys.first().is_some_and(|key| !key.is_empty()) && values.first().is_some_and(|value| !value.is_empty());
    let mut is_found = false;
    let items = std::mem::take(list.items_mut().expect("a list"));
    let mut kept = Vec::with_capacity(items.len() + 1);
    for existing in items {
        if existing.is_null() || existing.is_map() && existing.entries().is_empty() {
            continue;
        }
        if is_for_maps && !existing.is_map() {
            kept.push(existing);
            continue;
        }
        if !is_item(&existing, keys, values)? {
            if !values.is_empty() {
                kept.push(existing);
            }
            continue;
        }
        is_found = true;
        kept.extend(item.clone());
    }
    if let Some(item) = item.filter(|item| !item.is_null() && !is_found) {
        kept.push(item);
    }
    *list.items_mut().expect("a list") = kept;
    Ok(())
}

fn is_item(existing: &Node, keys: &[&str], values: &[&str]) -> Result<bool> {
    if values.is_empty() {
        return Ok(false);
    }
    for (key, wanted) in keys.iter().zip(values) {
        let is_match = if key.is_empty() {
            fields::expect_scalar(existing)?;
            fields::value_of(existing) == *wanted
        } else {
            // an empty value is not a value to compare with: the key just has to be there
            fields::field(existing, key)?.is_some_and(|field| wanted.is_empty() || fields::value_of(field) == *wanted)
        };
        if !is_match {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The object's items over the merged ones, which brings those that were not merged in.
fn append(mut merged: Node, own: &Node, keys: &[&str]) -> Result<Node> {
    for item in own.items() {
        if keys.first().is_none_or(|key| key.is_empty()) {
            set_item(&mut merged, &[""], &[fields::value_of(item)], Some(item.clone()))?;
            continue;
        }
        let mut values = Vec::new();
        for key in keys {
            match fields::field(item, key)? {
                Some(field) => values.push(fields::value_of(field)),
                None => merged.items_mut().expect("a list").push(item.clone()),
            }
        }
        if keys.len() > 1 {
            set_item(&mut merged, keys, &values, None)?;
        }
        set_item(&mut merged, keys, &values, Some(item.clone()))?;
    }
    Ok(merged)
}
