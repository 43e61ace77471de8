//! A wish for a value turned back into wishes for the scalars that it is made of, or refused.
//!
//! Each step of a [`Composition`] is walked backwards: which part would have to read something else so that the whole reads as wished? Where
//! exactly one does, and the step forwards gives the wish again, the scalar of that part is turned back in its turn, down to scalars that
//! stand in a file. Whether the change is wide (others are made of the same scalar) is not asked here, nor how a file is edited.

use std::fmt;

use super::generate::pairs::unquoted;
use super::node::{Form, Layer, Location, Node, Tag, Text};
use super::origin::Origin;
use super::resolve::{self, Yaml};
use super::substitute::{self, Variables};
use super::trace::{Composition, Joint, Part, Role, Scalar, Template, Trace};
use super::transform::{images, variables};

/// A scalar that has to read something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it stands.
    pub origin: Origin,
    /// What it reads now; its type has to stay.
    pub old: Text,
    pub tag: Tag,
    pub new: String,
    /// Which part of the value it is; none for the value as a whole.
    pub role: Option<Role>,
}

/// Why a wish cannot be turned back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A list or a map.
    NoScalar,
    /// No value stands there: a generator, kustomize or Flux made it.
    Made(Origin),
    /// The labels that tell which Flux Kustomization applies an object.
    Owner,
    Secret(Origin),
    /// It stands in an object of the cluster.
    Live(Origin),
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
    Parts(Vec<Role>),
    /// Each of several parts would.
    Ambiguous(Vec<Role>),
    /// The wish would be read as something else on its way.
    Unreadable(Role),
    /// What came out is not the text of its parts: it was read as another type.
    Retyped,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |roles: &[Role]| roles.iter().map(Role::word).collect::<Vec<_>>().join(", ");
        match self {
            Self::NoScalar => f.write_str("a list or a map has no single value"),
            Self::Made(origin) => write!(f, "no file holds it: it is made by {} ({})", origin.location, origin.layer.word()),
            Self::Owner => f.write_str("Flux writes it to tell which Kustomization applies the object"),
            Self::Secret(origin) => write!(f, "it comes from a Secret ({}), whose values are not set", origin.location),
            Self::Live(origin) => write!(f, "it stands in {} of the cluster: change what makes that", origin.location),
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
type Wish = (usize, String);

/// Turns a wish for a scalar back. Nothing has to change where it reads as wished already.
///
/// `is_substituted`: Flux substitutes variables in its object (see [`super::flux::Applied::is_substituted`]), so that a `$` has to be escaped.
///
/// # Errors
/// Why it cannot be turned back.
pub fn turn_back(node: &Node, wish: &str, is_substituted: bool) -> Result<Vec<Change>, Refusal> {
    let text = node.shared_text().ok_or(Refusal::NoScalar)?;
    if text.as_ref() == wish {
        return Ok(Vec::new());
    }
    let is_late = matches!(node.origin().layer, Layer::FluxMetadata | Layer::FluxOwner);
    let is_done = node.trace.composition().is_some_and(|made| matches!(made.joint, Joint::Substitution(_)));
    let own = Scalar { trace: node.trace.clone(), text: text.clone(), tag: node.tag.clone(), is_name: false };
    let changes = match is_substituted && !is_late && !is_done {
        true => back(&own, &substitute::escaped(wish), None),
        false => back(&own, wish, None),
    }?;
    // what the value is made of in several steps would change in all of them
    match changes.iter().find(|change| times(&node.trace, &change.origin) > 1) {
        Some(change) => Err(Refusal::Parts(change.role.iter().cloned().collect())),
        None => Ok(changes),
    }
}

/// How many scalars of which a value is made stand at a place.
fn times(trace: &Trace, place: &Origin) -> usize {
    match trace.composition() {
        Some(made) => made.scalars.iter().map(|scalar| times(&scalar.trace, place)).sum(),
        None => usize::from(trace.origin.is_at(place)),
    }
}

/// A change of a scalar that stands somewhere as it is.
fn change(scalar: &Scalar, wish: &str, role: Option<&Role>) -> Result<Change, Refusal> {
    let Scalar { trace, text, tag, is_name } = scalar;
    settable(&trace.origin)?;
    if *is_name {
        return Err(Refusal::Identity(trace.origin.clone()));
    }
    // where it is a part, or a setting's number, its type is not that of the whole
    let is_typed = matches!(tag, Tag::Int | Tag::Float | Tag::Bool | Tag::Null | Tag::Timestamp);
    let stays = role.is_some() || trace.origin.layer == Layer::Replicas;
    if is_typed && stays && resolve::plain(wish, Yaml::V3).tag() != *tag {
        return Err(Refusal::Retyped);
    }
    let (origin, role) = (trace.origin.clone(), role.cloned());
    Ok(Change { origin, old: text.clone(), tag: tag.clone(), new: wish.to_owned(), role })
}

/// One step backwards, or a change where there is none.
fn back(scalar: &Scalar, wish: &str, role: Option<&Role>) -> Result<Vec<Change>, Refusal> {
    let Scalar { trace, text, is_name, .. } = scalar;
    let Some(made) = trace.composition() else { return Ok(vec![change(scalar, wish, role)?]) };
    if made.text() != text.as_ref() {
        return Err(if made.joint == Joint::Structured { Refusal::Structured } else { Refusal::Retyped });
    }
    let mut done: Vec<(Vec<Change>, Vec<Role>)> = Vec::new();
    let mut refused = None;
    for wishes in wishes(made, trace, wish)? {
        match all(made, &wishes, *is_name) {
            Ok(changes) => done.push((changes, wishes.iter().filter_map(|(at, _)| made.role_of(*at)).collect())),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    let roles = || made.parts.iter().map(|part| part.role.clone()).filter(|role| *role != Role::Separator).collect();
    match done.len() {
        0 => Err(refused.unwrap_or_else(|| Refusal::Parts(roles()))),
        1 => Ok(done.remove(0).0),
        _ => Err(Refusal::Ambiguous(done.into_iter().flat_map(|(_, roles)| roles).collect())),
    }
}

/// Turns all of them back. `is_name`: they make the name of an object, of which a prefix and a suffix may change.
fn all(made: &Composition, wishes: &[Wish], is_name: bool) -> Result<Vec<Change>, Refusal> {
    let mut changes: Vec<Change> = Vec::new();
    for (at, wish) in wishes {
        let role = made.role_of(*at);
        let is_affix = matches!(role, Some(Role::Prefix | Role::Suffix));
        let scalar = Scalar { is_name: (is_name || made.scalars[*at].is_name) && !is_affix, ..made.scalars[*at].clone() };
        for change in back(&scalar, wish, role.as_ref())? {
            match changes.iter().find(|other| other.origin.is_at(&change.origin)) {
                Some(other) if other.new != change.new => {
                    return Err(Refusal::Parts(role.into_iter().chain(other.role.clone()).collect()));
                }
                Some(_) => {}
                None => changes.push(change),
            }
        }
    }
    Ok(changes)
}

/// Whether a value stands there that may be set.
fn settable(origin: &Origin) -> Result<(), Refusal> {
    match (origin.layer, origin.form, &*origin.location) {
        (Layer::FluxOwner, ..) => Err(Refusal::Owner),
        (Layer::Secret, ..) => Err(Refusal::Secret(origin.clone())),
        (Layer::Build, ..) | (_, Form::Maker, _) => Err(Refusal::Made(origin.clone())),
        (.., Location::Object { .. }) => Err(Refusal::Live(origin.clone())),
        _ => Ok(()),
    }
}

/// The ways in which the parts may make the wish.
fn wishes(made: &Composition, trace: &Trace, wish: &str) -> Result<Vec<Vec<Wish>>, Refusal> {
    match &made.joint {
        Joint::Hash => return Err(Refusal::Hash),
        Joint::Reference => return Err(Refusal::Reference(trace.origin.clone())),
        Joint::Structured => return Err(Refusal::Structured),
        Joint::Image => return image(made, trace, wish).map(|wishes| vec![wishes]),
        _ => {}
    }
    let mut found: Vec<Vec<Wish>> = Vec::new();
    let mut unreadable = None;
    for part in made.parts.iter().filter(|part| part.role.is_settable()) {
        let Some(wished) = wished(made, part, wish) else { continue };
        match one(made, part, wished, wish) {
            Some(one) if found.iter().all(|found| *found != [one.clone()]) => found.push(vec![one]),
            Some(_) => {}
            None => unreadable = unreadable.or_else(|| Some(part.role.clone())),
        }
    }
    match unreadable {
        Some(role) if found.is_empty() => Err(Refusal::Unreadable(role)),
        _ => Ok(found),
    }
}

/// What a part has to read so that everything reads as wished. A part may be there several times.
fn wished<'w>(made: &Composition, part: &Part, wish: &'w str) -> Option<&'w str> {
    let is_it = |other: &&Part| other.cut == part.cut;
    let times = made.parts.iter().filter(is_it).count();
    let others: usize = made.parts.iter().filter(|other| !is_it(other)).map(|other| other.text.len()).sum();
    let before: usize = made.parts.iter().take_while(|other| !is_it(other)).map(|other| other.text.len()).sum();
    let length = wish.len().checked_sub(others)?;
    let wished = wish.get(before..before + length / times)?;
    let whole: String = made.parts.iter().map(|other| if is_it(&other) { wished } else { other.text.as_ref() }).collect();
    (whole == wish).then_some(wished)
}

/// What the scalar of a part has to read, where everything reads as wished then.
fn one(made: &Composition, part: &Part, wished: &str, wish: &str) -> Option<Wish> {
    let (at, range) = part.cut.as_ref()?;
    let scalar = |text: &str| {
        let mut whole = made.scalars[*at].text.to_string();
        whole.replace_range(range.clone(), text);
        whole
    };
    let written = match (&made.joint, &part.role) {
        (Joint::Substitution(_), Role::Text) => scalar(&substitute::escaped(wished)),
        (Joint::Vars, Role::Text) => scalar(&wished.replace('$', "$$")),
        _ => scalar(wished),
    };
    let is_right = match &made.joint {
        Joint::Substitution(template) => substituted(made, template, *at, &written).as_deref() == Some(wish),
        Joint::Vars => filled(made, *at, &written) == wish,
        Joint::Replacement { delimiter } => match (&part.role, delimiter) {
            (Role::Piece(delimiter), _) => !wished.contains(delimiter.as_ref()),
            (Role::Text, Some(delimiter)) => {
                let count = |text: &str| text.matches(delimiter.as_ref()).count();
                count(wished) == count(&part.text)
            }
            _ => true,
        },
        Joint::Pair => {
            let form = made.scalars[*at].trace.origin.form;
            if pair(&written, form) != Some(wish) {
                // quotes around it are taken off
                let quoted = scalar(&format!("\"{wished}\""));
                return (form == Form::Yaml && pair(&quoted, form) == Some(wish)).then_some((*at, quoted));
            }
            true
        }
        Joint::Affix => !(wished.is_empty() && part.role == Role::Text),
        _ => true,
    };
    is_right.then_some((*at, written))
}

/// The value of `NAME=value`.
fn pair(text: &str, form: Form) -> Option<&str> {
    let (_, value) = text.split_once('=')?;
    match form {
        Form::Line => (!value.contains('\n') && !value.ends_with('\r')).then_some(value),
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
            (Role::Variable(own), Some((number, _))) if **own == *name => Some(text(*number).to_owned()),
            (Role::Derived(own), _) if **own == *name => Some(part.text.to_string()),
            _ => None,
        })
    };
    variables::filled(text(0), &value)
}

/// Name, tag and digest are told apart as kustomize does it.
fn image(made: &Composition, trace: &Trace, wish: &str) -> Result<Vec<Wish>, Refusal> {
    let of = |roles: &[Role]| made.parts.iter().filter(|part| roles.contains(&part.role)).collect::<Vec<_>>();
    let [name, tag, digest] = images::split(wish).map(|range| &wish[range]);
    let mut changed: Vec<(&Part, String)> = Vec::new();
    for (what, wished, roles) in [
        ("name", name, &[Role::Name, Role::Matched][..]),
        ("tag", tag, &[Role::Tag, Role::TagSuffix]),
        ("digest", digest, &[Role::Digest]),
    ] {
        let parts = of(roles);
        let old: String = parts.iter().map(|part| part.text.as_ref()).collect();
        if old == wished {
            continue;
        }
        if old.is_empty() || wished.is_empty() {
            return Err(Refusal::Missing(what));
        }
        let change = match parts.as_slice() {
            [part] => (*part, wished),
            [tag, suffix] => match (wished.strip_prefix(tag.text.as_ref()), wished.strip_suffix(suffix.text.as_ref())) {
                (Some(rest), _) if !rest.is_empty() => (*suffix, rest),
                (_, Some(rest)) if !rest.is_empty() => (*tag, rest),
                _ => return Err(Refusal::Parts(vec![tag.role.clone(), suffix.role.clone()])),
            },
            _ => return Err(Refusal::Missing(what)),
        };
        if change.0.role == Role::Matched {
            return Err(Refusal::Matched(trace.origin.clone()));
        }
        if !is_image_part(what, change.1) {
            return Err(Refusal::Unreadable(change.0.role.clone()));
        }
        changed.push((change.0, change.1.to_owned()));
    }
    // from the end on, so that places before it stay
    changed.sort_by_key(|(part, _)| std::cmp::Reverse(part.cut.as_ref().map(|(_, range)| range.start)));
    let mut wishes: Vec<Wish> = Vec::new();
    for (part, new) in changed {
        let Some((at, range)) = part.cut.clone() else { return Err(Refusal::Parts(vec![part.role.clone()])) };
        let known = wishes.iter().position(|(other, _)| *other == at).unwrap_or_else(|| {
            wishes.push((at, made.scalars[at].text.to_string()));
            wishes.len() - 1
        });
        wishes[known].1.replace_range(range, &new);
    }
    Ok(wishes)
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
