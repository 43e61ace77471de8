//! What the panel lists: actions in the cluster and playbooks through git, as they are declared, and whether they can be done.

use fluxdeck_model::actions::{Action, Offer};
use fluxdeck_model::commands::{NOTIFY, change_form, commit_command, commit_known, fields_command, maker};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::playbooks::Playbook;
use fluxdeck_model::state::State;

/// What can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// In the cluster, now.
    Act(&'static Action),
    /// Through git.
    Change(&'static Playbook),
    /// To be notified of them; no longer, where that is so already.
    Notify { is_watched: bool },
    /// The fields that git sets, each to be changed there.
    Fields,
    /// The commit of its revision.
    Commit,
}

impl Choice {
    /// Key, label, name and doc, as they are declared.
    pub fn texts(self) -> [&'static str; 4] {
        match self {
            Self::Act(action) => [action.key, action.label, action.name, action.doc],
            Self::Notify { is_watched } => {
                let [key, label, name, doc] = NOTIFY;
                [key, if is_watched { "notify me no longer" } else { label }, name, doc]
            }
            Self::Change(playbook) => [playbook.key, playbook.label, playbook.name, playbook.doc],
            Self::Fields => {
                let (key, doc) = fields_command();
                [key, "fields and their files", "show the fields of", doc]
            }
            Self::Commit => {
                let (key, doc) = commit_command();
                [key, "commit", "show the commit of", doc]
            }
        }
    }

    pub fn is_change(self) -> bool {
        matches!(self, Self::Change(_) | Self::Fields | Self::Commit)
    }
}

pub struct Entry {
    pub choice: Choice,
    /// To how many of the objects it can be done.
    pub open: usize,
    /// Why not to the others; of a change that can be made: what there is to know before.
    pub note: Option<String>,
}

impl Entry {
    /// None where the action means nothing to any of the objects.
    pub fn of_action(action: &'static Action, objects: &[ObjectRef], state: &State) -> Option<Self> {
        let offers: Vec<_> = objects.iter().filter_map(|object| state.offer(action, object)).collect();
        let open = offers.iter().filter(|offer| **offer == Offer::Open).count();
        let barred = offers.iter().find_map(|offer| if let Offer::Barred(why) = offer { Some(why) } else { None });
        let senseless = offers.iter().find_map(Offer::reason).map(str::to_owned);
        let means_something = open > 0 || barred.is_some();
        let note = barred.cloned().or(senseless);
        means_something.then_some(Self { choice: Choice::Act(action), open, note })
    }

    /// None where none of the objects is here.
    pub fn of_notify(objects: &[ObjectRef], state: &State) -> Option<Self> {
        let here: Vec<_> = objects.iter().filter(|object| state.cluster().store.object_of(object).is_some()).collect();
        let is_watched = here.iter().all(|object| state.is_watched(object));
        (!here.is_empty()).then_some(Self { choice: Choice::Notify { is_watched }, open: objects.len(), note: None })
    }

    /// None where git has neither the object nor what makes it.
    pub fn of_fields(objects: &[ObjectRef], state: &State) -> Option<Self> {
        let [object] = objects else { return None };
        state.cluster().manifest(object)?;
        let note = maker(object, state).map(|maker| format!("of {maker}"));
        Some(Self { choice: Choice::Fields, open: 1, note })
    }

    /// None where no repository is known that it comes from.
    pub fn of_commit(objects: &[ObjectRef], state: &State) -> Option<Self> {
        let [object] = objects else { return None };
        let by = commit_known(object, state)?;
        let note = (by != *object).then(|| format!("of {by}"));
        Some(Self { choice: Choice::Commit, open: 1, note })
    }

    /// None where the playbook means nothing to the objects.
    pub fn of_playbook(playbook: &'static Playbook, objects: &[ObjectRef], state: &State) -> Option<Self> {
        let choice = Choice::Change(playbook);
        let is_off_topic = |objects: &[&ObjectRef]| {
            let mut known = objects.iter().filter_map(|object| state.cluster().store.object_of(object)).peekable();
            known.peek().is_some() && known.all(|object| (playbook.present)(object).is_off_topic)
        };
        match change_form(playbook, objects, state) {
            Ok(form) if is_off_topic(&std::iter::once(&form.object).chain(&form.also).collect::<Vec<_>>()) => None,
            Err(Offer::Barred(_)) if is_off_topic(&objects.iter().collect::<Vec<_>>()) => None,
            Ok(form) => {
                let other = (objects.first() != Some(&form.object)).then(|| format!("of {}", form.object));
                let present = form.present(state).text;
                let draft = state.draft(&form.draft_of()).map(|_| "draft".to_owned());
                let parts: Vec<_> = draft.into_iter().chain(other.or((!present.is_empty()).then_some(present))).collect();
                let note = (!parts.is_empty()).then(|| parts.join(", "));
                Some(Self { choice, open: objects.len(), note })
            }
            Err(Offer::Barred(why)) => Some(Self { choice, open: 0, note: Some(why) }),
            Err(_) => None,
        }
    }
}
