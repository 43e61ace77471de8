//! What an act will do, before it is done: to which objects, to which not and why, the side effects, and what must be typed.
//!
//! A [`Confirmation`] is made from the state at one time, for objects fixed by uid. When more is known (rights, field owners) it
//! is made again. It may only grow stricter: an object that was replaced meanwhile is left out, never swapped.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::guards::{self, Consequence, Grade};
use super::rights::{Ask, Right, Rights, refused};
use super::{Action, Case, Fit, Step, Verb, Weight};
use crate::domain::text::counted;
use crate::domain::{ObjectRef, Policy, Store, Str, Uid};
use crate::error::{Error, ErrorKind};
use crate::forms::{Answers, Field, Form, InputKind};
use crate::kinds::FieldOwner;

/// The field of the word that has to be typed.
pub const WORD: &str = "confirm";

/// One chosen object, fixed by its uid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub object: ObjectRef,
    pub uid: Uid,
}

/// The input of a confirmation besides its objects.
pub struct Circumstances<'a> {
    pub store: &'a Store,
    pub policy: &'a Policy,
    /// The context's name, which production asks to type.
    pub context: &'a str,
    /// The Kubernetes user.
    pub who: &'a str,
    pub now: Timestamp,
    pub rights: &'a Rights,
    /// The managers of contested fields, where they were looked up.
    pub owners: &'a BTreeMap<ObjectRef, Option<Vec<FieldOwner>>>,
    /// Targets that the screen does not show at present (a filter, a fold).
    pub hidden: &'a [ObjectRef],
}

/// What an act will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    pub action: &'static Action,
    /// The action's form, for the planned objects.
    pub form: Form,
    pub answers: Answers,
    pub planned: Vec<Planned>,
    /// Objects that it does not fit, or that may not be touched, with the reason.
    pub skipped: Vec<(ObjectRef, Skip)>,
    /// Planned objects by kind and namespace.
    pub counts: BTreeMap<(Str, Str), usize>,
    /// Planned objects that the screen does not show.
    pub hidden: Vec<ObjectRef>,
    pub consequences: Vec<Consequence>,
    pub demand: Demand,
    /// Why nothing can be done at all.
    pub refusal: Option<Error>,
    pub wants: Wants,
}

/// One object's part of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    pub object: ObjectRef,
    pub steps: Vec<Step>,
    /// The equivalent `flux` or `kubectl` line, quoted for a shell.
    pub line: String,
}

/// Why an object is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skip {
    Gone,
    /// Another object has its name now.
    Replaced,
    /// The action does not fit it: never [`Fit::Yes`].
    Unfit(Fit),
    /// RBAC forbids that verb on this object.
    Denied(Verb, ObjectRef),
}

impl Skip {
    /// Whether it is left out because it is already in that state.
    pub fn is_already(&self) -> bool {
        matches!(self, Self::Unfit(Fit::Already(_)))
    }
}

impl std::fmt::Display for Skip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Gone => f.write_str("it is not there any more"),
            Self::Replaced => f.write_str("another object has taken its name"),
            Self::Unfit(fit) => f.write_str(fit.reason().unwrap_or_default()),
            Self::Denied(verb, id) => f.write_str(&refused(*verb, id)),
        }
    }
}

/// The user's consent before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    Nothing,
    Yes,
    /// Type exactly this.
    Type(String),
}

/// Facts that would complete the confirmation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// Access reviews that are missing.
    pub rights: Vec<Ask>,
    /// Fields whose managers have not been looked up, by object.
    pub owners: Vec<(ObjectRef, String)>,
}

/// Determines what `action` would do to these objects.
pub fn confirm(action: &'static Action, targets: &[Target], answers: &Answers, around: &Circumstances) -> Confirmation {
    let mut made = Confirmation {
        action,
        form: Form::nothing(),
        answers: answers.clone(),
        planned: Vec::new(),
        skipped: Vec::new(),
        counts: BTreeMap::new(),
        hidden: Vec::new(),
        consequences: Vec::new(),
        demand: Demand::Nothing,
        refusal: None,
        wants: Wants::default(),
    };
    let (mut root, mut cases) = (None, Vec::new());
    for target in targets {
        let Some(case) = Case::new(around.store, &target.object, around.who, around.now) else {
            made.skipped.push((target.object.clone(), Skip::Gone));
            continue;
        };
        if case.object.uid != target.uid {
            made.skipped.push((target.object.clone(), Skip::Replaced));
            continue;
        }
        if !made.plan(&case, around) {
            continue;
        }
        if action.weight == Weight::Grave && guards::is_root(case.store, case.node) {
            root = Some(target.object.name.to_string());
        }
        cases.push(case);
    }
    made.form = (action.form)(&cases);
    made.hidden = around.hidden.iter().filter(|id| made.planned.iter().any(|planned| planned.object == **id)).cloned().collect();
    made.demand = made.demands(root, around);
    made.refusal = made.refuse(around);
    made
}

/// A line with its context, so that it does not depend on the kubeconfig's current one when it is pasted.
fn in_context(line: &str, context: &str) -> String {
    if context.is_empty() {
        return line.to_owned();
    }
    // a NUL cannot be in an argument; it is shown as it is
    let word = shlex::Quoter::new().allow_nul(true).quote(context).unwrap_or_else(|_| context.into());
    let flag = format!(" --context {word}");
    line.split(" && ").map(|command| format!("{command}{flag}")).collect::<Vec<_>>().join(" && ")
}

impl Confirmation {
    /// Adds one object; false when it is left out.
    fn plan(&mut self, case: &Case, around: &Circumstances) -> bool {
        let id = &case.object.id;
        let fit = (self.action.fits)(case, &self.answers);
        if fit != Fit::Yes {
            self.skipped.push((id.clone(), Skip::Unfit(fit)));
            return false;
        }
        match around.rights.to(self.action, case) {
            (Right::Denied, at) => {
                self.skipped.push((id.clone(), Skip::Denied(self.action.verb, at)));
                return false;
            }
            (Right::Unknown(ask), _) if !self.wants.rights.contains(&ask) => self.wants.rights.push(ask),
            _ => {}
        }
        if let Some(field) = guards::contested_field(self.action, case).filter(|_| !around.owners.contains_key(id)) {
            self.wants.owners.push((id.clone(), field));
        }
        self.consequences.extend((self.action.consequences)(case));
        let looked_up = around.owners.get(id).map(Option::as_deref);
        self.consequences.extend(guards::undone(self.action, case, looked_up));
        if self.action.weight == Weight::Grave && guards::is_root(case.store, case.node) {
            let text = format!("{id} is the root: everything that Flux applies here depends on it");
            self.consequences.push(Consequence::new(Grade::Danger, text));
        }
        *self.counts.entry((id.gk.kind.clone(), id.namespace.clone())).or_default() += 1;
        let steps = (self.action.steps)(case, &self.answers);
        let line = in_context(&(self.action.line)(case, &self.answers), around.context);
        self.planned.push(Planned { object: id.clone(), steps, line });
        true
    }

    /// The word to type: a root's name everywhere; in production the context's, except to reconcile a single object.
    fn demands(&self, root: Option<String>, around: &Circumstances) -> Demand {
        let is_grave = self.action.weight == Weight::Grave || self.planned.len() > 1;
        match root {
            Some(name) => Demand::Type(name),
            None if around.policy.production && (is_grave || self.action.weight == Weight::Waking) => {
                Demand::Type(around.context.to_owned())
            }
            None if is_grave || around.policy.production || self.is_remarkable() => Demand::Yes,
            None => Demand::Nothing,
        }
    }

    /// Whether a consequence needs to be shown first even for a harmless action.
    fn is_remarkable(&self) -> bool {
        self.consequences.iter().any(|consequence| consequence.grade > Grade::Note)
    }

    fn refuse(&self, around: &Circumstances) -> Option<Error> {
        let name = self.action.name;
        if around.policy.readonly {
            return Some(Error::new(
                ErrorKind::Failed,
                format!("read-only: {name} would write to the cluster"),
                "`--readonly`, or `readonly = true` in the configuration, forbids it",
            ));
        }
        if around.policy.is_recorded {
            return Some(Error::failed(format!("a snapshot cannot be changed: {name} needs a cluster"), "leave out --from"));
        }
        if self.planned.is_empty() {
            return Some(match self.skipped.as_slice() {
                [] => Error::failed(format!("nothing to {name}"), "select an object"),
                [(id, why)] => {
                    let is_denied = matches!(why, Skip::Denied(..) | Skip::Unfit(Fit::Forbidden(_)));
                    let kind = if is_denied { ErrorKind::Denied } else { ErrorKind::Failed };
                    Error::new(kind, format!("cannot {name} {id}: {why}"), "")
                }
                [(id, why), rest @ ..] => {
                    Error::failed(format!("cannot {name} any of them: {id}: {why}; and {} more", rest.len()), "")
                }
            });
        }
        let most = around.policy.most?;
        (self.planned.len() > most).then(|| {
            Error::failed(
                format!("{} at once: `{}` allows {most}", counted(self.planned.len(), "object"), around.context),
                "mark fewer, or raise `most` of the context in the configuration",
            )
        })
    }

    /// Consequences with the same words once, and how often, the gravest first; the objects are those of all of them.
    pub fn grouped(&self) -> Vec<(Consequence, usize)> {
        type Merged = (Vec<ObjectRef>, usize);
        let mut found: BTreeMap<(Reverse<Grade>, &str), Merged> = BTreeMap::new();
        for consequence in &self.consequences {
            let (objects, times) = found.entry((Reverse(consequence.grade), &consequence.text)).or_default();
            objects.extend(consequence.objects.iter().cloned());
            *times += 1;
        }
        let merged = |((Reverse(grade), text), (mut objects, times)): (_, Merged)| {
            let text: &str = text;
            objects.sort();
            objects.dedup();
            (Consequence { grade, text: text.to_owned(), objects }, times)
        };
        found.into_iter().map(merged).collect()
    }

    /// `suspend HelmRelease web/web`, `suspend 3 objects`.
    pub fn title(&self) -> String {
        match self.planned.as_slice() {
            [one] => format!("{} {}", self.action.name, one.object),
            many => format!("{} {}", self.action.name, counted(many.len(), "object")),
        }
    }

    /// Whether all facts are known that the user, or a rule, may need before it runs.
    pub fn is_settled(&self) -> bool {
        self.wants == Wants::default()
    }

    /// Whether nothing is left to do because all objects are already in that state.
    pub fn is_done_already(&self) -> bool {
        self.planned.is_empty() && !self.skipped.is_empty() && self.skipped.iter().all(|(_, why)| why.is_already())
    }

    /// Whether it loses something: an accidental key must not do that.
    pub fn loses_something(&self) -> bool {
        self.action.verb == Verb::Delete || self.consequences.iter().any(|consequence| consequence.grade == Grade::Danger)
    }

    /// The whole form: the action's fields, and the word to type.
    pub fn question(&self) -> Form {
        let mut form = self.form.clone();
        if let Demand::Type(word) = &self.demand {
            let help = format!("type {word} to {}", self.title());
            form.fields.push(Field::new(WORD, "", help, InputKind::Word(word.clone())));
        }
        form
    }

    /// Whether it may run with this input.
    ///
    /// # Errors
    /// Why not: a refusal, a wrong word, an unanswered form.
    pub fn accept(&self, typed: &str) -> Result<(), Error> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        if let Demand::Type(word) = &self.demand
            && typed.trim() != word
        {
            return Err(Error::usage(format!("type `{word}` to {}", self.title()), "nothing was done"));
        }
        self.form.complete(&self.answers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_the_context_as_one_word_of_a_shell() {
        for (line, context, expected) in [
            ("flux resume ks a", "", "flux resume ks a"),
            ("flux resume ks a", "kind-dev", "flux resume ks a --context kind-dev"),
            ("a && b", "eu", "a --context eu && b --context eu"),
            ("a", "arn:aws:eks:eu-1:12:cluster/x", "a --context arn:aws:eks:eu-1:12:cluster/x"),
            ("a", "my cluster", "a --context 'my cluster'"),
            ("a", "it's; rm", "a --context \"it's; rm\""),
        ] {
            assert_eq!(in_context(line, context), expected);
        }
        for hostile in ["$(rm) `rm` \\", "a\nb && c", "!x ^y ~ *", "\"'\"'", "größe 世"] {
            assert_eq!(shlex::split(&in_context("a", hostile)).expect("words"), ["a", "--context", hostile]);
        }
    }
}
