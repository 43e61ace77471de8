//! Turns the wanted text of a value back into new texts of the scalars that it is made of, or refuses.
//!
//! Each step of a [`Composition`] is walked backwards: which part would have to change so that the whole reads as wanted? Where
//! exactly one does, and the step forwards gives the wanted text, the scalar of that part is turned back in its turn, down to scalars
//! that are written in a file. Whether others are made of the same scalar does not belong here, nor how a file is edited.

use std::fmt;

use super::generate::pairs::unquoted;
use super::node::{Layer, Location, Node, Notation, Tag, Text};
use super::origin::Origin;
use super::resolve::{self, Yaml};
use super::substitute::{self, Variables};
use super::trace::{Composition, Joint, Part, PartRole, SourceScalar, Template, Trace};
use super::transform::{images, variables};

/// A scalar that has to read something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalarChange {
    /// Where it stands.
    pub origin: Origin,
    /// What it reads now; its type has to stay.
    pub old: Text,
    pub tag: Tag,
    pub new: String,
    /// Which part of the value it is; none for the value as a whole.
    pub role: Option<PartRole>,
}

/// Why a wanted text cannot be turned back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnBackRefusal {
    /// A list or a map.
    NoScalar,
    /// No file has the value: a generator, kustomize or Flux made it.
    Made(Origin),
    /// The labels that name the Flux Kustomization that applies an object.
    Owner,
    Secret(Origin),
    /// It is in an object of the cluster.
    Live(Origin),
    /// It is set in a remote resource.
    Remote(Origin),
    /// It ends with the hash of a content.
    Hash,
    /// It follows another object's name.
    Reference(Origin),
    /// It is copied from an object's name, which is not changed for that.
    Identity(Origin),
    /// It is written into a YAML or JSON text.
    Structured,
    /// An entry of `images` finds the image by this name.
    Matched(Origin),
    /// The image has no tag (or digest), or would have none.
    Missing(&'static str),
    /// No single part makes the difference.
    Parts(Vec<PartRole>),
    /// Each of several parts would.
    Ambiguous(Vec<PartRole>),
    /// The wanted text would be read as something else on its way.
    Unreadable(PartRole),
    /// What came out is not the text of its parts: it was read as another type.
    Retyped,
}

impl fmt::Display for TurnBackRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |roles: &[PartRole]| roles.iter().map(PartRole::word).collect::<Vec<_>>().join(", ");
        match self {
            Self::NoScalar => f.write_str("a list or a map has no single value"),
            Self::Made(origin) => write!(f, "no file holds it: it is made by {} ({})", origin.location, origin.layer.word()),
            Self::Owner => f.write_str("Flux sets it to name the Kustomization that applies the object"),
            Self::Secret(origin) => write!(f, "it comes from a Secret ({}), whose values are not set", origin.location),
            Self::Remote(origin) => write!(f, "it is set in {}, which is not of this repository", origin.location),
            Self::Live(origin) => write!(f, "it is in {} of the cluster: change what makes that", origin.location),
            Self::Hash => f.write_str("the name ends with the hash of its content"),
            Self::Reference(origin) => {
                write!(f, "it follows the name of the object that {}:{} means", origin.location, origin.line)
            }
            Self::Identity(origin) => {
                write!(f, "it is the name of an object, set at {}:{}", origin.location, origin.line)
            }
            Self::Structured => f.write_str("a replacement writes into this text"),
            Self::Matched(origin) => {
                write!(f, "images in {}:{} finds the image by its name: set newName there", origin.location, origin.line)
            }
            Self::Missing(what) => write!(f, "a {what} would have to be added or taken away"),
            Self::Parts(roles) => write!(f, "no single part of it would do: it is composed of {}", words(roles)),
            Self::Ambiguous(roles) => write!(f, "each of several parts would do: {}", words(roles)),
            Self::Unreadable(role) => write!(f, "as {} it would be read as something else", role.word()),
            Self::Retyped => f.write_str("it is read as another type than it is written"),
        }
    }
}

/// A scalar by its number, and what it has to read.
type Rewrite = (usize, String);

/// Turns the wanted text of a scalar back. Nothing has to change where it already reads so.
///
/// `is_substituted`: Flux substitutes variables in its object (see [`super::flux::Applied::is_substituted`]), so that a `$` has to be escaped.
///
/// # Errors
/// Why it cannot be turned back.
pub fn turn_back(node: &Node, wanted: &str, is_substituted: bool) -> Result<Vec<ScalarChange>, TurnBackRefusal> {
    let text = node.shared_text().ok_or(TurnBackRefusal::NoScalar)?;
    if text.as_ref() == wanted {
        return Ok(Vec::new());
    }
    let is_late = matches!(node.origin().layer, Layer::FluxMetadata | Layer::FluxOwner);
    let is_done = node.trace.composition().is_some_and(|made| matches!(made.joint, Joint::Substitution(_)));
    let own = SourceScalar { trace: node.trace.clone(), text: text.clone(), tag: node.tag.clone(), is_name: false };
    let changes = match is_substituted && !is_late && !is_done {
        true => back(&own, &substitute::escaped(wanted), None),
        false => back(&own, wanted, None),
    }?;
    // what the value is made of in several steps would change in all of them
    match changes.iter().find(|change| times(&node.trace, &change.origin) > 1) {
        Some(change) => Err(TurnBackRefusal::Parts(change.role.iter().cloned().collect())),
        None => Ok(changes),
    }
}

/// How many of the scalars that a value is made of are at a place.
fn times(trace: &Trace, place: &Origin) -> usize {
    match trace.composition() {
        Some(made) => made.scalars.iter().map(|scalar| times(&scalar.trace, place)).sum(),
        None => usize::from(trace.origin.is_at(place)),
    }
}

/// A change of a scalar that stands somewhere as it is.
fn change(scalar: &SourceScalar, wanted: &str, role: Option<&PartRole>) -> Result<ScalarChange, TurnBackRefusal> {
    let SourceScalar { trace, text, tag, is_name } = scalar;
    settable(&trace.origin)?;
    if *is_name {
        return Err(TurnBackRefusal::Identity(trace.origin.clone()));
    }
    // where it is a part, or a setting's number, its type is not that of the whole
    let is_typed = matches!(tag, Tag::Int | Tag::Float | Tag::Bool | Tag::Null | Tag::Timestamp);
    let stays = role.is_some() || trace.origin.layer == Layer::Replicas;
    if is_typed && stays && resolve::plain(wanted, Yaml::V3).tag() != *tag {
        return Err(TurnBackRefusal::Retyped);
    }
    let (origin, role) = (trace.origin.clone(), role.cloned());
    Ok(ScalarChange { origin, old: text.clone(), tag: tag.clone(), new: wanted.to_owned(), role })
}

/// One step backwards, or a change where there is none.
fn back(scalar: &SourceScalar, wanted: &str, role: Option<&PartRole>) -> Result<Vec<ScalarChange>, TurnBackRefusal> {
    let SourceScalar { trace, text, is_name, .. } = scalar;
    let Some(made) = trace.composition() else { return Ok(vec![change(scalar, wanted, role)?]) };
    if made.text() != text.as_ref() {
        return Err(if made.joint == Joint::Structured { TurnBackRefusal::Structured } else { TurnBackRefusal::Retyped });
    }
    let mut done: Vec<(Vec<ScalarChange>, Vec<PartRole>)> = Vec::new();
    let mut refused = None;
    for rewrites in rewrites(made, trace, wanted)? {
        match all(made, &rewrites, *is_name) {
            Ok(changes) => done.push((changes, rewrites.iter().filter_map(|(at, _)| made.role_of(*at)).collect())),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    let roles = || made.parts.iter().map(|part| part.role.clone()).filter(|role| *role != PartRole::Separator).collect();
    match done.len() {
        0 => Err(refused.unwrap_or_else(|| TurnBackRefusal::Parts(roles()))),
        1 => Ok(done.remove(0).0),
        _ => Err(TurnBackRefusal::Ambiguous(done.into_iter().flat_map(|(_, roles)| roles).collect())),
    }
}

/// Turns all of them back. `is_name`: they make the name of an object, of which a prefix and a suffix may change.
fn all(made: &Composition, rewrites: &[Rewrite], is_name: bool) -> Result<Vec<ScalarChange>, TurnBackRefusal> {
    let mut changes: Vec<ScalarChange> = Vec::new();
    for (at, wanted) in rewrites {
        let role = made.role_of(*at);
        let is_affix = matches!(role, Some(PartRole::Prefix | PartRole::Suffix));
        let scalar = SourceScalar { is_name: (is_name || made.scalars[*at].is_name) && !is_affix, ..made.scalars[*at].clone() };
        for change in back(&scalar, wanted, role.as_ref())? {
            match changes.iter().find(|other| other.origin.is_at(&change.origin)) {
                Some(other) if other.new != change.new => {
                    return Err(TurnBackRefusal::Parts(role.into_iter().chain(other.role.clone()).collect()));
                }
                Some(_) => {}
                None => changes.push(change),
            }
        }
    }
    Ok(changes)
}

/// Whether there is a value that may be set.
fn settable(origin: &Origin) -> Result<(), TurnBackRefusal> {
    match (origin.layer, origin.form, &*origin.location) {
        (Layer::FluxOwner, ..) => Err(TurnBackRefusal::Owner),
        (Layer::Secret, ..) => Err(TurnBackRefusal::Secret(origin.clone())),
        (Layer::Build, ..) | (_, Notation::Maker, _) => Err(TurnBackRefusal::Made(origin.clone())),
        (.., Location::Object { .. }) => Err(TurnBackRefusal::Live(origin.clone())),
        (.., Location::Remote(_)) => Err(TurnBackRefusal::Remote(origin.clone())),
        _ => Ok(()),
    }
}

/// The ways in which the parts can give the wanted text.
fn rewrites(made: &Composition, trace: &Trace, wanted: &str) -> Result<Vec<Vec<Rewrite>>, TurnBackRefusal> {
    match &made.joint {
        Joint::Hash => return Err(TurnBackRefusal::Hash),
        Joint::Reference => return Err(TurnBackRefusal::Reference(trace.origin.clone())),
        Joint::Structured => return Err(TurnBackRefusal::Structured),
        Joint::Image => return image(made, trace, wanted).map(|rewrites| vec![rewrites]),
        _ => {}
    }
    let mut found: Vec<Vec<Rewrite>> = Vec::new();
    let mut unreadable = None;
    for part in made.parts.iter().filter(|part| part.role.is_settable()) {
        let Some(needed) = needed(made, part, wanted) else { continue };
        match one(made, part, needed, wanted) {
            Some(one) if found.iter().all(|found| *found != [one.clone()]) => found.push(vec![one]),
            Some(_) => {}
            None => unreadable = unreadable.or_else(|| Some(part.role.clone())),
        }
    }
    match unreadable {
        Some(role) if found.is_empty() => Err(TurnBackRefusal::Unreadable(role)),
        _ => Ok(found),
    }
}

/// What a part has to read so that the whole reads as wanted. A part may occur several times.
fn needed<'w>(made: &Composition, part: &Part, wanted: &'w str) -> Option<&'w str> {
    let is_it = |other: &&Part| other.cut == part.cut;
    let times = made.parts.iter().filter(is_it).count();
    let others: usize = made.parts.iter().filter(|other| !is_it(other)).map(|other| other.text.len()).sum();
    let before: usize = made.parts.iter().take_while(|other| !is_it(other)).map(|other| other.text.len()).sum();
    let length = wanted.len().checked_sub(others)?;
    let needed = wanted.get(before..before + length / times)?;
    let whole: String = made.parts.iter().map(|other| if is_it(&other) { needed } else { other.text.as_ref() }).collect();
    (whole == wanted).then_some(needed)
}

/// What the scalar of a part has to read, if the whole then reads as wanted.
fn one(made: &Composition, part: &Part, needed: &str, wanted: &str) -> Option<Rewrite> {
    let (at, range) = part.cut.as_ref()?;
    let scalar = |text: &str| {
        let mut whole = made.scalars[*at].text.to_string();
        whole.replace_range(range.clone(), text);
        whole
    };
    let written = match (&made.joint, &part.role) {
        (Joint::Substitution(_), PartRole::Text) => scalar(&substitute::escaped(needed)),
        (Joint::Vars, PartRole::Text) => scalar(&needed.replace('$', "$$")),
        _ => scalar(needed),
    };
    let is_right = match &made.joint {
        Joint::Substitution(template) => substituted(made, template, *at, &written).as_deref() == Some(wanted),
        Joint::Vars => filled(made, *at, &written) == wanted,
        Joint::Replacement { delimiter } => match (&part.role, delimiter) {
            (PartRole::Piece(delimiter), _) => !needed.contains(delimiter.as_ref()),
            (PartRole::Text, Some(delimiter)) => {
                let count = |text: &str| text.matches(delimiter.as_ref()).count();
                count(needed) == count(&part.text)
            }
            _ => true,
        },
        Joint::Pair => {
            let form = made.scalars[*at].trace.origin.form;
            if pair(&written, form) != Some(wanted) {
                // quotes around it are taken off
                let quoted = scalar(&format!("\"{needed}\""));
                return (form == Notation::Yaml && pair(&quoted, form) == Some(wanted)).then_some((*at, quoted));
            }
            true
        }
        Joint::Affix => !(needed.is_empty() && part.role == PartRole::Text),
        _ => true,
    };
    is_right.then_some((*at, written))
}

/// The value of `NAME=value`.
fn pair(text: &str, form: Notation) -> Option<&str> {
    let (_, value) = text.split_once('=')?;
    match form {
        Notation::Line => (!value.contains('\n') && !value.ends_with('\r')).then_some(value),
        _ => Some(unquoted(value)),
    }
}

/// What everything reads after Flux's substitution where one scalar reads something else.
fn substituted(made: &Composition, template: &Template, at: usize, written: &str) -> Option<Text> {
    let text = |number: usize| if number == at { written } else { &made.scalars[number].text };
    let mut known = Variables::default();
    for (number, name) in (1..).zip(&template.names) {
        known.set(name, text(number), made.scalars[number].trace.clone());
    }
    if template.has_unknown {
        known.may_miss_some();
    }
    let own = Node::scalar(text(0), template.tag.clone(), made.scalars[0].trace.clone());
    let own = Node { style: template.style, is_tagged: template.is_tagged, ..own };
    substitute::filled_scalar(&own, &known).ok().flatten()
}

/// The same with kustomize's `vars`.
fn filled(made: &Composition, at: usize, written: &str) -> String {
    let text = |number: usize| if number == at { written } else { &made.scalars[number].text };
    let value = |name: &str| {
        made.parts.iter().find_map(|part| match (&part.role, &part.cut) {
            (PartRole::Variable(own), Some((number, _))) if **own == *name => Some(text(*number).to_owned()),
            (PartRole::Derived(own), _) if **own == *name => Some(part.text.to_string()),
            _ => None,
        })
    };
    variables::filled(text(0), &value)
}

/// Name, tag and digest are split as kustomize does it.
fn image(made: &Composition, trace: &Trace, wanted: &str) -> Result<Vec<Rewrite>, TurnBackRefusal> {
    let of = |roles: &[PartRole]| made.parts.iter().filter(|part| roles.contains(&part.role)).collect::<Vec<_>>();
    let [name, tag, digest] = images::split(wanted).map(|range| &wanted[range]);
    let mut changed: Vec<(&Part, String)> = Vec::new();
    for (what, needed, roles) in [
        ("name", name, &[PartRole::Name, PartRole::Matched][..]),
        ("tag", tag, &[PartRole::Tag, PartRole::TagSuffix]),
        ("digest", digest, &[PartRole::Digest]),
    ] {
        let parts = of(roles);
        let old: String = parts.iter().map(|part| part.text.as_ref()).collect();
        if old == needed {
            continue;
        }
        if old.is_empty() || needed.is_empty() {
            return Err(TurnBackRefusal::Missing(what));
        }
        let change = match parts.as_slice() {
            [part] => (*part, needed),
            [tag, suffix] => match (needed.strip_prefix(tag.text.as_ref()), needed.strip_suffix(suffix.text.as_ref())) {
                (Some(rest), _) if !rest.is_empty() => (*suffix, rest),
                (_, Some(rest)) if !rest.is_empty() => (*tag, rest),
                _ => return Err(TurnBackRefusal::Parts(vec![tag.role.clone(), suffix.role.clone()])),
            },
            _ => return Err(TurnBackRefusal::Missing(what)),
        };
        if change.0.role == PartRole::Matched {
            return Err(TurnBackRefusal::Matched(trace.origin.clone()));
        }
        if !is_image_part(what, change.1) {
            return Err(TurnBackRefusal::Unreadable(change.0.role.clone()));
        }
        changed.push((change.0, change.1.to_owned()));
    }
    // from the end on, so that places before it stay
    changed.sort_by_key(|(part, _)| std::cmp::Reverse(part.cut.as_ref().map(|(_, range)| range.start)));
    let mut rewrites: Vec<Rewrite> = Vec::new();
    for (part, new) in changed {
        let Some((at, range)) = part.cut.clone() else { return Err(TurnBackRefusal::Parts(vec![part.role.clone()])) };
        let known = rewrites.iter().position(|(other, _)| *other == at).unwrap_or_else(|| {
            rewrites.push((at, made.scalars[at].text.to_string()));
            rewrites.len() - 1
        });
        rewrites[known].1.replace_range(range, &new);
    }
    Ok(rewrites)
}

/// What `images` finds again.
fn is_image_part(what: &str, text: &str) -> bool {
    let is_word = |text: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.{}-$".contains(letter));
    match what {
        "tag" => is_word(text),
        "digest" => text.strip_prefix("sha256:").is_some_and(is_word),
        _ => !text.chars().any(char::is_whitespace),
    }
}
