//! Roll back: commits that changed an object taken back, from the newest to the one that is chosen; or that one with all that it did.

use super::{AssignmentTarget, Playbook, PlaybookStart, PresentState};
use crate::change::{ChangeSetting, PastVersions, WantedChange};
use crate::domain::{CommitNote, GroupKind, duration};
use crate::error::Result;
use crate::forms::{Answers, Choice, Choices, Clock, Field, Form, InputKind};
use crate::kinds;

/// The field for the commit.
pub(super) const VERSION: &str = "version";
const SCOPE: &str = "scope";
const AUTOMATION: &str = "automation";
const OBJECT: &str = "object";
const COMMIT: &str = "commit";
const KEEP: &str = "keep";
const SUSPEND: &str = "suspend";

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "roll-back",
    command: "roll-back",
    doc: "Take back the commits that changed an object, down to a chosen one: what belongs to it, or all of that commit",
    key: "B",
    label: "roll back…",
    keys: &[],
    start: PlaybookStart::Form,
    offers: |_| Ok(()),
    present: |_| PresentState::default(),
    form: |_| form(),
    on_offer: super::not_on_offer,
    assigns_to: AssignmentTarget::FormField,
    wanted: |_, _| Ok(WantedChange::Own(Vec::new())),
};

/// What is to be taken back, before it was looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackWant {
    /// The oldest commit that is taken back, by any name of it; none: the newest that changed the object.
    pub version: Option<String>,
    /// Only that commit, with all that it did.
    pub is_whole: bool,
    /// Image automation that would write over it is suspended too.
    pub suspends: bool,
}

fn form() -> Form {
    let choice = |all: &[(&str, &str)]| InputKind::Choice {
        from: Choices::Now(all.iter().map(|(value, note)| Choice::new(*value, *note)).collect()),
        free: false,
    };
    let version = InputKind::Choice { from: Choices::Now(Vec::new()), free: true };
    let version =
        Field::new(VERSION, VERSION, "the oldest commit that is taken back; empty: the newest that changed it", version);
    let scope =
        choice(&[(OBJECT, "what belongs to this object"), (COMMIT, "that commit alone, with all that it did: git revert")]);
    let scope = Field::new(SCOPE, SCOPE, "object: what belongs to it; commit: all that the commit did", scope);
    let automation = choice(&[(KEEP, "it stays as it is"), (SUSPEND, "what would write over this is suspended, in git")]);
    let automation = Field::new(AUTOMATION, "image automation", "keep, or suspend what would write over it", automation);
    Form::of([version.optional(), scope.default(OBJECT), automation.default(KEEP)])
}

impl BackWant {
    /// Reads the settings of an order.
    ///
    /// # Errors
    /// An unknown field, or a value that cannot be read.
    pub fn read(settings: &[ChangeSetting], clock: &Clock) -> Result<Self> {
        let answers = match PLAYBOOK.read(settings, clock)? {
            super::Assigned::Answers(answers) => answers,
            super::Assigned::Fields(_) => Answers::default(),
        };
        Ok(Self {
            version: answers.text(VERSION).filter(|text| !text.is_empty()).map(str::to_owned),
            is_whole: answers.text(SCOPE) == Some(COMMIT),
            suspends: answers.text(AUTOMATION) == Some(SUSPEND),
        })
    }

    /// As settings, with the commit that was found.
    pub fn settings(&self, version: &str) -> Vec<ChangeSetting> {
        let mut all = vec![ChangeSetting::set(format!("{VERSION}={version}"))];
        all.extend(self.is_whole.then(|| ChangeSetting::set(format!("{SCOPE}={COMMIT}"))));
        all.extend(self.suspends.then(|| ChangeSetting::set(format!("{AUTOMATION}={SUSPEND}"))));
        all
    }
}

/// Whether what an object of that kind applies is meant, and not its own manifest alone.
pub(super) fn is_of_content(gk: &GroupKind) -> bool {
    *gk == kinds::KUSTOMIZATION.gk()
}

/// The earlier versions as what can be chosen from, the newest first: the commit, and who made it, when and why.
pub fn choices(versions: &PastVersions, clock: &Clock) -> Vec<Choice> {
    let age = |note: &CommitNote| {
        let seconds = clock.now.as_second().saturating_sub(note.at?.as_second()).max(0);
        Some(format!("{} ago", duration::age(seconds).0))
    };
    let one = |note: &CommitNote| {
        let pull = note.pull.filter(|pull| !note.subject.contains(&pull.to_string())).map(|pull| format!("({pull})"));
        let parts = [age(note), Some(format!("{}:", note.author)), Some(note.subject.clone()), pull];
        Choice::new(note.short(), parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    };
    versions.commits.iter().map(one).collect()
}
