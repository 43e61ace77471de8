//! What takes a field back that came or went.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::compare::{is_secret, said};
use super::order::ChangeSetting;
use super::steps;
use super::wanted::{WantedField, WantedValue};
use crate::insight::field::{FieldPath, PathPart, item};
use crate::kinds::masked;
use crate::render::flux::Applied;
use crate::render::{Node, write};

/// What takes back a field that came or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inverse {
    pub setting: ChangeSetting,
    /// `FIELD=VALUE` that is to be there then, as [`super::ChangeOrder::expected`].
    pub expected: Option<String>,
}

/// What takes a field back. None where it was there before and is there after, where its value is not kept, and where nobody can say which
/// item it is.
pub fn inverse(wanted: &WantedField, before: &Applied, after: Option<&Applied>) -> Option<Inverse> {
    let after = after.filter(|_| !is_secret(before))?;
    match (wanted.is_gone(), wanted.is_inserted || wanted.field.reach(&before.node).is_err()) {
        (true, _) => back(wanted, &before.node),
        (false, true) => out(wanted, &before.node, &after.node),
        (false, false) => None,
    }
}

/// Puts in again what is gone, where it was.
fn back(wanted: &WantedField, before: &Node) -> Option<Inverse> {
    let node = wanted.field.reach(before).ok()?;
    let is_inside = wanted.field.find(before).is_err();
    let (list, last) = wanted.field.above()?;
    let place = |at: usize| Some(format!("{}[+{at}]", list.found(before).filter(|_| !is_inside)?.0));
    let written = match last {
        PathPart::Key(_) if is_inside => wanted.written.clone(),
        PathPart::Key(_) => wanted.field.found(before)?.0,
        PathPart::Index(at) => place(*at)?,
        PathPart::Item(_) => place(list.find(before).ok()?.items().iter().position(|other| other.is_same(&node))?)?,
    };
    is_open(&wanted.written, &write::json(&node).ok()?)
        .then_some(Inverse { setting: ChangeSetting::Json(format!("{written}={}", steps::ordered(&node).ok()?)), expected: None })
}

/// Takes out what came: with the maps that were made for it, as long as nothing else is in them.
fn out(wanted: &WantedField, before: &Node, after: &Node) -> Option<Inverse> {
    let known = wanted.field.parts().len() - wanted.field.nearest(before).1.len();
    let whole = |field: &FieldPath| Some((field.found(after)?.0, write::json(field.find(after).ok()?).ok()?));
    let (path, json) = match &wanted.value {
        _ if wanted.field.find(after).is_err() => (wanted.written.clone(), write::json(&*wanted.field.reach(after).ok()?).ok()?),
        // one with a name may have come at another place
        WantedValue::Json(text) if wanted.is_inserted => {
            let json: Json = serde_json::from_str(text).ok()?;
            let (list, _) = wanted.field.above()?;
            let items = list.find(after).ok()?.items();
            let is_it = |other: &Node| json.get("name").is_some() && write::json(other).is_ok_and(|other| other == json);
            match items.iter().position(is_it) {
                Some(at) => (format!("{}{}", list.found(after)?.0, item(items, at)), json),
                None => whole(&wanted.field)?,
            }
        }
        _ if wanted.is_inserted => whole(&wanted.field)?,
        _ => whole(&wanted.field.first(known + 1)).or_else(|| whole(&wanted.field))?,
    };
    is_open(&path, &json)
        .then(|| Inverse { expected: Some(format!("{path}={}", said(&json))), setting: ChangeSetting::Unset(path) })
}

/// Whether nothing of a value is secret: what is kept of it would be shown.
fn is_open(path: &str, json: &Json) -> bool {
    masked::field(path, json) == *json
}
