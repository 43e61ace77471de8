//! Ranges of versions, by the rules of Masterminds/semver v3.4 (its README, "Checking Version Constraints"; #267 for pre-releases).
//!
//! Terms with blanks or commas between them all have to hold; `||` is between alternatives. A term is an operator and a version, of which
//! parts may be missing or be `x`, `X`, `*`: then the operator is about the parts that are there. `1.2 - 1.4` is `>=1.2 <=1.4`, and needs the
//! blanks. A pre-release is only in an alternative of which one term names a pre-release, and then all of its terms take them.

use semver::Version;

use super::terms::terms;

/// A range of versions, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRange {
    alternatives: Vec<Vec<Term>>,
}

/// An operator and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub operator: Operator,
    /// With zeros for the parts that are missing.
    pub base: Version,
    pub parts: Parts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Above,
    Below,
    AtLeast,
    AtMost,
    Tilde,
    Caret,
}

/// How many numbers a term has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    None,
    Major,
    Minor,
    All,
}

impl VersionRange {
    /// Reads a range. An empty one is `*`: so Flux takes a version that is not set. None if it cannot be read.
    pub fn of(text: &str) -> Option<Self> {
        let text = if text.is_empty() { "*" } else { text };
        let alternatives = text.split("||").enumerate().map(|(at, text)| terms(text, at == 0));
        Some(Self { alternatives: alternatives.collect::<Option<_>>()? })
    }

    /// Whether it has a version.
    pub fn has(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|terms| {
            let is_looked_at = version.pre.is_empty() || terms.iter().any(|term| !term.base.pre.is_empty());
            is_looked_at && terms.iter().all(|term| term.has(version))
        })
    }
}

impl Term {
    fn has(&self, version: &Version) -> bool {
        let (base, against) = (&self.base, version.cmp_precedence(&self.base));
        match self.operator {
            Operator::Equal if self.parts == Parts::All => against.is_eq(),
            Operator::Equal | Operator::Tilde => against.is_ge() && self.is_close(version),
            Operator::Unequal => !self.is_same(version),
            Operator::Above => match self.parts {
                Parts::Major => version.major > base.major,
                Parts::Minor => (version.major, version.minor) > (base.major, base.minor),
                Parts::None | Parts::All => against.is_gt(),
            },
            Operator::Below => against.is_lt(),
            Operator::AtLeast => against.is_ge(),
            Operator::AtMost => match self.parts {
                Parts::Major => version.major <= base.major,
                // of `<=*` too, which is `<=0.0`
                Parts::None | Parts::Minor => (version.major, version.minor) <= (base.major, base.minor),
                Parts::All => against.is_le(),
            },
            Operator::Caret => against.is_ge() && self.is_compatible(version),
        }
    }

    /// Whether the numbers agree that `~` keeps; it keeps none of `~0.0.0`, which is `>=0.0.0`.
    fn is_close(&self, version: &Version) -> bool {
        let Version { major, minor, patch, .. } = self.base;
        match self.parts {
            Parts::None => true,
            Parts::All if (major, minor, patch) == (0, 0, 0) => true,
            Parts::Major => version.major == major,
            Parts::Minor | Parts::All => (version.major, version.minor) == (major, minor),
        }
    }

    /// Whether the numbers agree that `^` keeps: those up to the first that is not zero. `^*` is `^0.0.0`.
    fn is_compatible(&self, version: &Version) -> bool {
        let Version { major, minor, patch, .. } = self.base;
        let ours = (version.major, version.minor, version.patch);
        match self.parts {
            _ if major > 0 => ours.0 == major,
            Parts::Major => ours.0 == 0,
            _ if minor > 0 || self.parts == Parts::Minor => (ours.0, ours.1) == (0, minor),
            _ => ours == (0, 0, patch),
        }
    }

    /// Whether the parts that are there are the same.
    fn is_same(&self, version: &Version) -> bool {
        let base = &self.base;
        match self.parts {
            Parts::Major => version.major == base.major,
            Parts::Minor => (version.major, version.minor, &version.pre) == (base.major, base.minor, &base.pre),
            Parts::None | Parts::All => version.cmp_precedence(base).is_eq(),
        }
    }
}
