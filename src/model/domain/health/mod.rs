//! The one verdict on an object, and how verdicts are combined below a parent.

pub mod flux;
pub mod kstatus;

use jiff::Timestamp;

use super::object::Condition;

/// What the generic rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// `metadata.deletionTimestamp`.
    pub deleted: Option<Timestamp>,
    pub generation: Option<i64>,
    /// `status.observedGeneration`.
    pub observed: Option<i64>,
    /// In the order of `status.conditions`.
    pub conditions: &'a [Condition],
}

impl<'a> Inputs<'a> {
    pub fn condition(&self, kind: &str) -> Option<&'a Condition> {
        self.conditions.iter().find(|condition| &*condition.kind == kind)
    }

    /// The condition of that type when its status is `True`.
    pub fn holds(&self, kind: &str) -> Option<&'a Condition> {
        self.condition(kind).filter(|condition| &*condition.status == "True")
    }
}

/// The health of an object, most urgent first: the order in which a parent shows what is below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// The last attempt failed; the controller tries again.
    Failed,
    /// The controller gave up until the object, its values or its source change.
    Stalled,
    /// Deleted, and still there.
    Terminating,
    /// Work under way.
    Progressing,
    /// Waits for a dependency or a source.
    Waiting,
    /// The controller has to leave the object alone.
    Suspended,
    /// Nothing is known: never reconciled, missing, or not readable.
    Unknown,
    Ready,
}

impl Health {
    pub const ALL: [Self; 8] = [
        Self::Failed,
        Self::Stalled,
        Self::Terminating,
        Self::Progressing,
        Self::Waiting,
        Self::Suspended,
        Self::Unknown,
        Self::Ready,
    ];

    /// The word on screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Failed => "Failed",
            Self::Stalled => "Stalled",
            Self::Terminating => "Terminating",
            Self::Progressing => "Progressing",
            Self::Waiting => "Waiting",
            Self::Suspended => "Suspended",
            Self::Unknown => "Unknown",
            Self::Ready => "Ready",
        }
    }

    /// The value in JSON output and after `--status`.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Stalled => "stalled",
            Self::Terminating => "terminating",
            Self::Progressing => "progressing",
            Self::Waiting => "waiting",
            Self::Suspended => "suspended",
            Self::Unknown => "unknown",
            Self::Ready => "ready",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|health| health.slug().eq_ignore_ascii_case(slug))
    }

    pub fn glyph(self) -> char {
        match self {
            Self::Failed => '✗',
            Self::Stalled => '⊘',
            Self::Terminating => '⌫',
            Self::Progressing => '◐',
            Self::Waiting => '◌',
            Self::Suspended => '‖',
            Self::Unknown => '?',
            Self::Ready => '●',
        }
    }

    pub fn ascii(self) -> char {
        match self {
            Self::Failed => 'x',
            Self::Stalled => '#',
            Self::Terminating => 'D',
            Self::Progressing => '~',
            Self::Waiting => '.',
            Self::Suspended => '=',
            Self::Unknown => '?',
            Self::Ready => 'o',
        }
    }

    /// What needs attention.
    pub fn is_failing(self) -> bool {
        matches!(self, Self::Failed | Self::Stalled)
    }
}

/// How many objects of each health: a subtree's, a kind's or a cluster's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u32; 8]);

impl Counts {
    pub fn one(health: Health) -> Self {
        let mut counts = Self::default();
        counts.0[health as usize] = 1;
        counts
    }

    pub fn of(&self, health: Health) -> u32 {
        self.0[health as usize]
    }

    pub fn total(&self) -> u32 {
        self.0.iter().sum()
    }

    /// The most urgent health counted, if any.
    pub fn worst(&self) -> Option<Health> {
        Health::ALL.into_iter().find(|health| self.of(*health) > 0)
    }

    pub fn is_empty(&self) -> bool {
        self.total() == 0
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }
}

impl std::ops::SubAssign for Counts {
    fn sub_assign(&mut self, other: Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine -= theirs;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_a_subtree_is_the_most_urgent() {
        let mut counts = Counts::one(Health::Ready);
        counts += Counts::one(Health::Suspended);
        counts += Counts::one(Health::Stalled);

        assert_eq!(counts.worst(), Some(Health::Stalled));
        counts -= Counts::one(Health::Stalled);
        assert_eq!(counts.worst(), Some(Health::Suspended));
        assert_eq!(counts.total(), 2);
    }

    #[test]
    fn every_slug_reads_back() {
        for health in Health::ALL {
            assert_eq!(Health::from_slug(health.slug()), Some(health));
        }
    }
}
