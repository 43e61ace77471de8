//! From what is there to what it is to be: which fields are set, added and taken out, in an order in which each path still leads to its field.
//!
//! Items of lists are known by their names where all have one, else by what they hold: of a list that was rewritten only those items change
//! that are others. First come values, then what comes and goes, in each list from its end, and at last new names of items.

use serde_json::Value as Json;

use super::compare::said;
use super::value::{self, FieldType, Typed};
use super::wanted::{WantedField, WantedValue};
use crate::error::{Error, Result};
use crate::insight::field::item;
use crate::render::fields::below;
use crate::render::node::{Entry, Node, Value};
use crate::render::write;

/// Items of two lists that are compared with each other, at most: more are compared place by place.
const COMPARED: usize = 1 << 20;
const NAME: &str = "name";

/// What has to be done at a path so that one value becomes the other; nothing where they mean the same.
///
/// # Errors
/// A plain value would become a list or a map, or a list would have another order.
pub fn between(old: &Node, new: &Node, path: &str) -> Result<Vec<WantedField>> {
    let mut steps = Steps::default();
    steps.nodes(old, new, path)?;
    Ok(steps.set.into_iter().chain(steps.moved).chain(steps.renamed).collect())
}

/// Of fields that are wanted those that are a list or a map in the place of another one: what differs between the two.
///
/// # Errors
/// As [`between`].
pub fn rewritten(fields: Vec<WantedField>, object: &Node) -> Result<Vec<WantedField>> {
    let mut found = Vec::new();
    for wanted in fields {
        let now = wanted.field.reach(object).ok().filter(|now| !wanted.is_inserted && !now.is_scalar());
        let new = match &wanted.value {
            WantedValue::Json(json) if now.is_some() => Some(value::read(json)?).filter(|new| !new.is_null()),
            _ => None,
        };
        match now.zip(new) {
            Some((now, new)) => found.extend(between(&now, &new, &wanted.written)?),
            None => found.push(wanted),
        }
    }
    Ok(found)
}

#[derive(Default)]
struct Steps {
    /// What leaves every path as it is.
    set: Vec<WantedField>,
    moved: Vec<WantedField>,
    renamed: Vec<WantedField>,
}

/// What an item of a list becomes; by the places before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Kept(usize, usize),
    Gone(usize),
    /// Before the item at the first place.
    New(usize, usize),
}

impl Steps {
    fn nodes(&mut self, old: &Node, new: &Node, path: &str) -> Result<()> {
        match (&old.value, &new.value) {
            (Value::Map(old), Value::Map(_)) => self.maps(old, new, path),
            (Value::List(old), Value::List(new)) => self.lists(old, new, path),
            (Value::Scalar(_), Value::Scalar(_)) => {
                let (was, json) = (write::json(old)?, write::json(new)?);
                if was != json {
                    self.set.push(match old.is_null() {
                        true => added(path, new)?,
                        false => WantedField::new(path, &said(&json))?,
                    });
                }
                Ok(())
            }
            _ => {
                let word = |node: &Node| match &node.value {
                    Value::Map(_) => "a map",
                    Value::List(_) => "a list",
                    Value::Scalar(_) => "a plain value",
                };
                let hint = "take it out first, and add it in a change of its own";
                Err(Error::failed(format!("`{path}` is {} and would be {}", word(old), word(new)), hint))
            }
        }
    }

    fn maps(&mut self, old: &[Entry], new: &Node, path: &str) -> Result<()> {
        let key = |entry: &Entry| below(path, entry.key.text().unwrap_or_default());
        for entry in old {
            match new.get(entry.key.text().unwrap_or_default()) {
                // nothing behind a key is the same to a cluster as no key
                Some(value) if !value.is_null() || entry.value.is_null() => self.nodes(&entry.value, value, &key(entry))?,
                _ => self.moved.push(WantedField::gone(&key(entry))?),
            }
        }
        let is_new = |entry: &&Entry| {
            let name = entry.key.text();
            !entry.value.is_null() && old.iter().all(|old| old.key.text() != name)
        };
        for entry in new.entries().iter().filter(is_new) {
            self.set.push(added(&key(entry), &entry.value)?);
        }
        Ok(())
    }

    fn lists(&mut self, old: &[Node], new: &[Node], path: &str) -> Result<()> {
        let are_named = names(old).zip(names(new)).is_some();
        let steps = if are_named { by_name(old, new, path)? } else { by_content(old, new)? };
        let place = |at: usize| if are_named { item(old, at) } else { format!("[{at}]") };
        for step in &steps {
            let Step::Kept(at, to) = step else { continue };
            let (was, is) = (&old[*at], &new[*to]);
            let path = format!("{path}{}", place(*at));
            let first = self.set.len();
            self.nodes(was, is, &path)?;
            if are_named && was.get(NAME).and_then(Node::text) != is.get(NAME).and_then(Node::text) {
                let name = below(&path, NAME);
                let renamed = self.set[first..].iter().position(|one| one.written == name).map(|at| self.set.remove(first + at));
                self.renamed.extend(renamed);
            }
        }
        // what goes first: what comes before it takes its place then
        let rank = |step: &Step| match step {
            Step::Kept(at, _) => (*at, 0, 0),
            Step::Gone(at) => (*at, 2, 0),
            Step::New(at, to) => (*at, 1, *to),
        };
        let mut steps = steps;
        steps.sort_by_key(|step| std::cmp::Reverse(rank(step)));
        for step in steps {
            match step {
                Step::Kept(..) => {}
                Step::Gone(at) => self.moved.push(WantedField::gone(&format!("{path}{}", place(at)))?),
                Step::New(at, to) => self.moved.push(added(&format!("{path}[+{at}]"), &new[to])?),
            }
        }
        Ok(())
    }
}

/// A value where nothing is yet.
fn added(path: &str, value: &Node) -> Result<WantedField> {
    let json = write::json(value)?;
    let text = said(&json);
    // what reads as it is meant is written as people write it
    let is_plain = value.is_scalar() && Typed::read(&text, FieldType::Any).is_ok_and(|typed| typed.json() == json);
    let value = if is_plain { WantedValue::Text(text) } else { WantedValue::Json(ordered(value)?) };
    WantedField::of(path, value)
}

/// As JSON, its keys in their order.
pub fn ordered(node: &Node) -> Result<String> {
    let text = |text: &str| Json::from(text).to_string();
    Ok(match &node.value {
        Value::Map(entries) => {
            let one = |entry: &Entry| Ok(format!("{}:{}", text(entry.key.text().unwrap_or_default()), ordered(&entry.value)?));
            format!("{{{}}}", entries.iter().map(one).collect::<Result<Vec<_>>>()?.join(","))
        }
        Value::List(items) => format!("[{}]", items.iter().map(ordered).collect::<Result<Vec<_>>>()?.join(",")),
        Value::Scalar(_) => write::json(node)?.to_string(),
    })
}

/// The names of all items; none where one has none, or two have the same.
fn names(items: &[Node]) -> Option<Vec<String>> {
    let name = |at: usize| Some(item(items, at)).filter(|name| name.starts_with("[name="));
    (0..items.len()).map(name).collect()
}

fn by_name(old: &[Node], new: &[Node], path: &str) -> Result<Vec<Step>> {
    let (was, now) = (names(old).unwrap_or_default(), names(new).unwrap_or_default());
    let place = |name: &String| was.iter().position(|other| other == name);
    let common: Vec<usize> = now.iter().filter_map(place).collect();
    if !common.is_sorted() {
        let hint = "the order of a list is changed in the file: `:origins` names it";
        return Err(Error::failed(format!("`{path}` would have another order"), hint));
    }
    // another name at the same place, and the rest as it was
    let is_renamed = |at: usize| {
        let is_alone = old.len() == new.len() && !now.contains(&was[at]) && !was.contains(&now[at]);
        is_alone
            && old[at]
                .entries()
                .iter()
                .any(|entry| new[at].get(entry.key.text().unwrap_or_default()).is_some_and(|value| value.is_same(&entry.value)))
    };
    let mut steps: Vec<Step> = (0..old.len())
        .map(|at| match now.iter().position(|name| *name == was[at]) {
            Some(to) => Step::Kept(at, to),
            None if is_renamed(at) => Step::Kept(at, at),
            None => Step::Gone(at),
        })
        .collect();
    for to in (0..now.len()).filter(|to| !was.contains(&now[*to])) {
        if steps.contains(&Step::Kept(to, to)) {
            continue;
        }
        let next = now[to..].iter().find_map(place).unwrap_or(old.len());
        steps.push(Step::New(next, to));
    }
    Ok(steps)
}

/// By the longest sequence of items that stay; of those between the ones that have something in common are the same items.
fn by_content(old: &[Node], new: &[Node]) -> Result<Vec<Step>> {
    let jsons =
        |items: &[Node]| Ok(items.iter().map(write::json).collect::<std::result::Result<Vec<Json>, _>>()?) as Result<Vec<Json>>;
    let (was, now) = (jsons(old)?, jsons(new)?);
    let mut steps = Vec::new();
    let (mut from, mut to) = (0, 0);
    for (at, place) in common(&was, &now).into_iter().chain([(was.len(), now.len())]) {
        let (mut here, mut there) = (from, to);
        while here < at || there < place {
            let is_pair = here < at && there < place && (at - here == place - there || is_akin(&was[here], &now[there]));
            if is_pair {
                steps.push(Step::Kept(here, there));
                (here, there) = (here + 1, there + 1);
            } else if there < place && place - there > at - here {
                steps.push(Step::New(here, there));
                there += 1;
            } else {
                steps.push(Step::Gone(here));
                here += 1;
            }
        }
        if at < was.len() {
            steps.push(Step::Kept(at, place));
        }
        (from, to) = (at + 1, place + 1);
    }
    // a list cannot become a map in the place of an item
    let is_other = |one: &Json, other: &Json| one.is_object() != other.is_object() || one.is_array() != other.is_array();
    let split = |step: Step| match step {
        Step::Kept(at, to) if is_other(&was[at], &now[to]) => vec![Step::Gone(at), Step::New(at, to)],
        step => vec![step],
    };
    Ok(steps.into_iter().flat_map(split).collect())
}

/// Whether both are maps with an entry in common.
fn is_akin(one: &Json, other: &Json) -> bool {
    let (Some(one), Some(other)) = (one.as_object(), other.as_object()) else { return false };
    one.iter().any(|(key, value)| other.get(key) == Some(value))
}

/// The places of a longest common sequence; of very long ones only what they begin and end with.
pub fn common<T: PartialEq>(old: &[T], new: &[T]) -> Vec<(usize, usize)> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (rest, others) = (&old[head..], &new[head..]);
    let tail = rest.iter().rev().zip(others.iter().rev()).take_while(|(a, b)| a == b).count();
    let (rest, others) = (&rest[..rest.len() - tail], &others[..others.len() - tail]);
    let mut found: Vec<_> = (0..head).map(|at| (at, at)).collect();
    if rest.len().saturating_mul(others.len()) <= COMPARED {
        let width = others.len() + 1;
        let mut longest = vec![0_u32; (rest.len() + 1) * width];
        for at in (0..rest.len()).rev() {
            for to in (0..others.len()).rev() {
                longest[at * width + to] = match rest[at] == others[to] {
                    true => longest[(at + 1) * width + to + 1] + 1,
                    false => longest[(at + 1) * width + to].max(longest[at * width + to + 1]),
                };
            }
        }
        let (mut at, mut to) = (0, 0);
        while at < rest.len() && to < others.len() {
            if rest[at] == others[to] {
                found.push((head + at, head + to));
                (at, to) = (at + 1, to + 1);
            } else if longest[(at + 1) * width + to] >= longest[at * width + to + 1] {
                at += 1;
            } else {
                to += 1;
            }
        }
    }
    found.extend((0..tail).map(|at| (old.len() - tail + at, new.len() - tail + at)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::value::read;

    fn steps(old: &str, new: &str) -> Vec<String> {
        let all = between(&read(old).expect(old), &read(new).expect(new), "a").expect(new);
        all.iter().map(|one| one.setting().flag().1.to_owned() + if one.is_gone() { "-" } else { "" }).collect()
    }

    #[test]
    fn only_items_that_are_others_change() {
        for (old, new, expected) in [
            (r#"["a","b","c"]"#, r#"["a","c"]"#, &["a[1]-"][..]),
            (r#"["a","b","c"]"#, r#"["a","x","b","c"]"#, &["a[+1]=x"]),
            (r#"["a","b","c"]"#, r#"["a","x","c"]"#, &["a[1]=x"]),
            (r#"["a","b","c","d"]"#, r#"["x","y","b","d","e"]"#, &["a[0]=y", "a[+4]=e", "a[2]-", "a[+0]=x"]),
            (r#"["a"]"#, r#"["a","b","true"]"#, &["a[+1]=\"true\"", "a[+1]=b"]),
            (r#"["a","b"]"#, "[]", &["a[1]-", "a[0]-"]),
            (r#"[{"p":1,"x":1},{"p":2}]"#, r#"[{"p":2},{"p":3}]"#, &["a[+2]={\"p\":3}", "a[0]-"]),
            (r#"[{"p":1,"x":1},{"p":2}]"#, r#"[{"p":1,"x":2},{"p":2},{"p":3}]"#, &["a[0].x=2", "a[+2]={\"p\":3}"]),
            (r#"[{"name":"a"},{"name":"b","v":1}]"#, r#"[{"name":"b","v":2}]"#, &["a[name=b].v=2", "a[name=a]-"]),
            (
                r#"[{"name":"a"},{"name":"b"}]"#,
                r#"[{"name":"c","i":1},{"name":"a"},{"name":"d"},{"name":"b"}]"#,
                &["a[+1]={\"name\":\"d\"}", "a[+0]={\"name\":\"c\",\"i\":1}"],
            ),
            (r#"[{"name":"a","i":1,"j":2}]"#, r#"[{"name":"b","i":1,"j":3}]"#, &["a[name=a].j=3", "a[name=a].name=b"]),
            (r#"{"x":1,"y":{"z":2}}"#, r#"{"x":null,"y":{}}"#, &["a.x-", "a.y.z-"]),
            (r#"{"x":1}"#, r#"{"x":1,"s":"1.10","e":{},"l":["true"]}"#, &["a.s=\"1.10\"", "a.e={}", "a.l=[\"true\"]"]),
            (r#"[["a"],{"x":1}]"#, r#"[{"x":1},["a"]]"#, &["a[+2]=[\"a\"]", "a[0]-"]),
        ] {
            assert_eq!(steps(old, new), *expected, "{old} -> {new}");
        }
        for (old, new) in [(r#"{"x":1}"#, r#"{"x":{}}"#), (r#"[{"name":"a"},{"name":"b"}]"#, r#"[{"name":"b"},{"name":"a"}]"#)] {
            between(&read(old).expect(old), &read(new).expect(new), "a").expect_err(new);
        }
    }
}
