//! How a value got where it is: what set it, what it is composed of, what it overrode.
//!
//! Most values were set as a whole at one place. Some are composed of parts (the tag of `images:` after the name of a manifest, a
//! text around `${variables}`, a prefix before a name): their [`Composition`] says from which scalar each part is cut, so that a
//! wanted value can be turned back into a new text of one part (`turn_back`).

use std::ops::Range;
use std::sync::Arc;

use super::node::{Style, Tag, Text};
use super::origin::{Layer, Origin};

/// The place that decides a value, its parts and the values that it overrode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    pub origin: Origin,
    past: Option<Arc<Past>>,
}

/// What few traces have.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Past {
    composition: Option<Composition>,
    overrode: Option<Trace>,
}

/// The parts of a value, in order: their texts make the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composition {
    pub joint: Joint,
    /// The scalars of which the parts are cut; first the one in which the others were put, where there is one.
    pub scalars: Vec<SourceScalar>,
    pub parts: Vec<Part>,
}

/// What put the parts together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joint {
    /// `images`: a name, a tag, a digest.
    Image,
    /// `namePrefix`, `nameSuffix`.
    Affix,
    /// A name and the hash of what it names.
    Hash,
    /// The name of another object, which follows its changes.
    Reference,
    /// `replacements`: another field, or a piece of it, which may be put in the place of a piece.
    Replacement { delimiter: Option<Text> },
    /// `replacements` into YAML or JSON text inside a field.
    Structured,
    /// `vars`: a text around `$(NAME)`.
    Vars,
    /// `postBuild`: a text around `${name}`.
    Substitution(Template),
    /// `NAME=value` of a generator.
    Pair,
    /// A part of a path (`ValueAddTransformer`).
    Path,
}

/// How a text with variables is written before it is substituted: what comes out is read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub tag: Tag,
    pub style: Style,
    pub is_tagged: bool,
    /// The variables whose values are the scalars behind the first.
    pub names: Vec<Text>,
    /// Variables without a value may have one in the cluster.
    pub has_unknown: bool,
}

/// A scalar of which parts are cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceScalar {
    /// Who set it, and what it is composed of itself.
    pub trace: Trace,
    pub text: Text,
    pub tag: Tag,
    /// It says who an object is: with another text another object is meant.
    pub is_name: bool,
}

/// A part of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub role: PartRole,
    pub text: Text,
    /// The scalar, by its number, and the bytes of it that are this part; none for what is made.
    pub cut: Option<(usize, Range<usize>)>,
}

/// What a part is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartRole {
    /// An image's name.
    Name,
    /// An image's name by which an entry of `images` found it.
    Matched,
    Tag,
    TagSuffix,
    Digest,
    /// The separator between two parts: `:`, `@`, `-`.
    Separator,
    Prefix,
    Suffix,
    /// The former text: a name without its prefix, the text around variables or around a piece.
    Text,
    Variable(Text),
    /// The default of a variable without value.
    Default(Text),
    /// What an operator makes of a variable (`${name^^}`).
    Derived(Text),
    /// A variable that only the cluster knows, as it is written.
    Unknown(Text),
    /// Another field's value.
    Copy,
    /// A piece of another field's value, between these delimiters.
    Piece(Text),
    /// A value of a generator.
    Value,
    Hash,
    /// The name of the object that is meant.
    Referent,
}

impl PartRole {
    /// Its name for users.
    pub fn word(&self) -> String {
        match self {
            Self::Name | Self::Matched => "name".to_owned(),
            Self::Tag => "tag".to_owned(),
            Self::TagSuffix => "tag suffix".to_owned(),
            Self::Digest => "digest".to_owned(),
            Self::Separator => "separator".to_owned(),
            Self::Prefix => "prefix".to_owned(),
            Self::Suffix => "suffix".to_owned(),
            Self::Text => "text".to_owned(),
            Self::Variable(name) => format!("variable {name}"),
            Self::Default(name) => format!("default of {name}"),
            Self::Derived(name) => format!("made of {name}"),
            Self::Unknown(name) => format!("unknown variable {name}"),
            Self::Copy => "copied value".to_owned(),
            Self::Piece(delimiter) => format!("piece between `{delimiter}`"),
            Self::Value => "value".to_owned(),
            Self::Hash => "hash".to_owned(),
            Self::Referent => "name of the object".to_owned(),
        }
    }

    /// A wanted text of it can be turned back into a new text of its scalar.
    pub fn is_settable(&self) -> bool {
        !matches!(self, Self::Matched | Self::Separator | Self::Derived(_) | Self::Unknown(_) | Self::Hash | Self::Referent)
    }
}

impl Trace {
    /// Set as a whole at this place.
    pub fn new(origin: Origin) -> Self {
        Self { origin, past: None }
    }

    /// Put together; `lost` is the former text that is not part of it, or not all of it.
    pub fn composed(origin: Origin, composition: Composition, lost: Option<&Trace>) -> Self {
        Self { origin, past: Some(Arc::new(Past { composition: Some(composition), overrode: lost.cloned() })) }
    }

    /// The same, its place acting as another layer.
    #[must_use]
    pub fn as_layer(&self, layer: Layer) -> Self {
        Self { origin: self.origin.as_layer(layer), past: self.past.clone() }
    }

    /// This trace on top of what was there before. The same origin is not listed twice in a row.
    #[must_use]
    pub fn over(self, below: &Trace) -> Self {
        let overrode = match self.overrode() {
            _ if self.origin == below.origin => below.overrode().cloned(),
            None => Some(below.clone()),
            // its own history first, then what it replaced
            Some(own) => Some(own.clone().over(below)),
        };
        let composition = match self.origin == below.origin && self.composition().is_none() {
            true => below.composition().cloned(),
            false => self.composition().cloned(),
        };
        let past = (composition.is_some() || overrode.is_some()).then(|| Arc::new(Past { composition, overrode }));
        Self { origin: self.origin, past }
    }

    /// The parts of the value; none where it was set as a whole.
    pub fn composition(&self) -> Option<&Composition> {
        self.past.as_ref()?.composition.as_ref()
    }

    /// What set a value, for users: where a step had nothing to put in (a text without any of the `vars`), what was before it.
    pub fn seen(&self) -> &Trace {
        let only = self.composition().and_then(|made| match made.parts.as_slice() {
            [Part { role: PartRole::Text, cut: Some((at, range)), .. }] => {
                Some(&made.scalars[*at]).filter(|own| *range == (0..own.text.len()))
            }
            _ => None,
        });
        only.map_or(self, |own| own.trace.seen())
    }

    /// The former text, which no longer counts.
    pub fn overrode(&self) -> Option<&Trace> {
        self.past.as_ref()?.overrode.as_ref()
    }

    /// The place that decides first, then each overridden one. Places of parts are not among them.
    pub fn chain(&self) -> impl Iterator<Item = &Origin> {
        std::iter::successors(Some(self), |trace| trace.overrode()).map(|trace| &trace.origin)
    }

    /// Whether anything is so of any place that the value depends on, parts and overridden values included.
    pub fn any(&self, is_so: &mut dyn FnMut(&Origin) -> bool) -> bool {
        is_so(&self.origin)
            || self.composition().is_some_and(|made| made.scalars.iter().any(|scalar| scalar.trace.any(is_so)))
            || self.overrode().is_some_and(|below| below.any(is_so))
    }

    /// The same, with everything at the position that `place` gives.
    pub(super) fn moved(&self, place: &dyn Fn(&Origin) -> Origin) -> Self {
        let past = self.past.as_ref().map(|past| {
            let mut past = Past::clone(past);
            past.overrode = past.overrode.map(|below| below.moved(place));
            for scalar in past.composition.iter_mut().flat_map(|made| &mut made.scalars) {
                scalar.trace = scalar.trace.moved(place);
            }
            Arc::new(past)
        });
        Self { origin: place(&self.origin), past }
    }
}

impl Composition {
    pub fn new(joint: Joint) -> Self {
        Self { joint, scalars: Vec::new(), parts: Vec::new() }
    }

    /// Adds a scalar and says its number.
    pub fn scalar(&mut self, trace: Trace, text: &Text, tag: Tag) -> usize {
        self.scalars.push(SourceScalar { trace, text: text.clone(), tag, is_name: false });
        self.scalars.len() - 1
    }

    /// Adds a part that is made.
    pub fn made(&mut self, role: PartRole, text: &str) {
        self.parts.push(Part { role, text: text.into(), cut: None });
    }

    /// Adds a scalar as a part.
    pub fn whole(&mut self, role: PartRole, scalar: usize) {
        let text = self.scalars[scalar].text.clone();
        let length = text.len();
        self.parts.push(Part { role, text, cut: Some((scalar, 0..length)) });
    }

    /// Adds a part that is cut out of a scalar; nothing where nothing is cut.
    pub fn cut(&mut self, role: PartRole, scalar: usize, range: Range<usize>) {
        if !range.is_empty() {
            let text = self.scalars[scalar].text[range.clone()].into();
            self.parts.push(Part { role, text, cut: Some((scalar, range)) });
        }
    }

    /// What the parts that are cut out of a scalar are.
    pub fn role_of(&self, scalar: usize) -> Option<PartRole> {
        let is_of = |part: &&Part| part.cut.as_ref().is_some_and(|(at, _)| *at == scalar);
        self.parts.iter().find(is_of).map(|part| part.role.clone())
    }

    /// What the parts make together.
    pub fn text(&self) -> String {
        self.parts.iter().map(|part| part.text.as_ref()).collect()
    }
}
