//! An autoscaler sets the number of replicas again: what is written in git holds until it looks next.

use super::query::{CautionQuery, Placed, is_same, number_at};
use super::scalers::scaler_of;
use super::{Alternative, FoundCautions};
use crate::insight::named::shown;

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    for (object, wanted) in scaled(query) {
        for other in query.beside(object.build, true) {
            let Some(scaler) = scaler_of(other.node(), object.node()) else { continue };
            let most = number_at(other.node(), &["spec", scaler.most]);
            let limit = match (wanted.parse::<i64>(), most) {
                (Ok(wanted), Some(most)) if wanted > most => format!("; its {} is {most}", scaler.most),
                _ => String::new(),
            };
            let field = format!("spec.{}", scaler.least);
            let is_meant = query.meant.is_some_and(|meant| is_same(meant.node(), object.node()));
            let name = if is_meant { "it".to_owned() } else { shown(object.node()) };
            let text = format!("{} scales {name} too, and sets another number again{limit}", shown(other.node()));
            found.offer(text, Some(Alternative::of(query, other, &field, Some(wanted.clone()))));
        }
    }
}

/// The objects whose number changes, with their new one. That of the object that is meant may not change yet: it is refused.
fn scaled<'a>(query: &CautionQuery<'a>) -> Vec<(Placed<'a>, String)> {
    let path = ["spec", "replicas"];
    let wanted = query.wants("spec.replicas").filter(|wanted| !wanted.is_gone()).map(|wanted| wanted.value.text().to_owned());
    let both = query.changes.iter().filter(|change| change.applied().is_some()).filter_map(|change| change.both());
    let changed = both.filter(|(before, after)| before.json(&path).is_some() && before.json(&path) != after.json(&path));
    let changed = changed.filter_map(|(_, after)| Some((after, number_at(after.node(), &path)?.to_string())));
    query.meant.zip(wanted).into_iter().chain(changed).collect()
}
