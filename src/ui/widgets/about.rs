//! What the state knows of one object, as lines in sections: for the details, and in part for the preview.
//!
//! Costs the object's edges and inventory; nothing is fetched.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::lines::Styled;
use super::sentence;
use crate::ui::layer::Scene;
use crate::ui::theme::Scope;
use fluxdeck_model::domain::health::Counts;
use fluxdeck_model::domain::store::Presence;
use fluxdeck_model::domain::text::{counted, sanitise_line};
use fluxdeck_model::domain::{Coverage, Health, NodeId, Object, Relation, Str};
use fluxdeck_model::kinds::{Column, Role};
use fluxdeck_model::state::Cluster;
use fluxdeck_model::state::projection::{message_of, named, word_of};

/// Columns of the labels on the left.
const LABEL: usize = 15;
/// Objects listed under one label, and children in trouble.
const MOST: usize = 40;

/// Sections about one node, collected line by line.
pub struct About<'a> {
    scene: &'a Scene<'a>,
    cluster: &'a Cluster,
    node: NodeId,
    pub sections: Sections,
}

/// Headings, and labels with their values beside them.
pub struct Sections {
    width: usize,
    pub lines: Vec<Styled>,
}

impl Sections {
    pub fn new(width: usize) -> Self {
        Self { width, lines: Vec::new() }
    }

    /// A heading, with a blank line above all but the first.
    pub fn heading(&mut self, text: &str) {
        if !self.lines.is_empty() {
            self.lines.push(Styled::default());
        }
        self.lines.push(Styled::of(Scope::Heading, text));
    }

    /// A label and its value, wrapped beside it; nothing where there is no value.
    pub fn field(&mut self, label: &str, scope: Scope, value: &str) {
        if !value.is_empty() {
            self.line(label, &Styled::of(scope, value));
        }
    }

    /// As [`Self::field`], for a value of several parts.
    pub fn line(&mut self, label: &str, value: &Styled) {
        let line = Styled::of(Scope::Dim, format!(" {label}")).upto(LABEL).and_all(value);
        self.lines.extend(line.wrapped(LABEL, self.width));
    }
}

impl<'a> About<'a> {
    pub fn new(scene: &'a Scene<'a>, node: NodeId, width: usize) -> Self {
        Self { scene, cluster: scene.state.cluster(), node, sections: Sections::new(width) }
    }

    fn object(&self) -> Option<&'a Object> {
        self.cluster.store.object(self.node)
    }

    pub fn name(&mut self) {
        let reference = self.cluster.store.reference(self.node);
        self.sections.lines.extend(Styled::of(Scope::Accent, reference.to_string()).wrapped(1, self.sections.width));
    }

    /// Kind and name, when it came to be, what its kind says of itself.
    pub fn identity(&mut self) {
        self.name();
        let reference = self.cluster.store.reference(self.node);
        let Some(object) = self.object() else { return };
        let group = if reference.gk.group.is_empty() { String::new() } else { format!("{}/", reference.gk.group) };
        self.sections.field("version", Scope::Text, &format!("{group}{}", object.version));
        self.sections.field("created", Scope::Text, &self.moment(object.created));
        let kind = self.cluster.forest.kind(self.node);
        for column in kind.columns {
            if let Column::Cell(heading, at) | Column::Wide(heading, at) = column {
                let value = object.facts.cells.get(*at).map_or("", |cell| cell);
                self.sections.field(&heading.to_lowercase(), Scope::Text, value);
            }
        }
        if let Some((ready, wanted)) = object.facts.ready {
            self.sections.field("ready", Scope::Text, &format!("{ready} of {wanted}"));
        }
        if object.facts.restarts > 0 {
            self.sections.field("restarts", Scope::Text, &object.facts.restarts.to_string());
        }
        if object.facts.remote {
            self.sections.field("target", Scope::Text, "another cluster (spec.kubeConfig): what it applied is not seen here");
        }
        let labels: Vec<_> = object.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        self.sections.field("labels", Scope::Dim, &labels.join(" "));
    }

    /// State, reason, since when, the whole message, and who suspended it.
    pub fn state(&mut self) {
        let (store, forest) = (&self.cluster.store, &self.cluster.forest);
        let health = forest.health(self.node).unwrap_or(Health::Unknown);
        let word = word_of(store, forest, self.node);
        let mut state = Styled::of(health.into(), format!("{} {word}", self.scene.theme.glyph(health)));
        if let Some(object) = self.object() {
            let reason = &*object.verdict.reason;
            if !reason.is_empty() && reason != word {
                state = state.and(Scope::Text, format!("  {reason}"));
            }
            if object.facts.requested {
                state = state.and(Scope::Progressing, "  a reconciliation was requested");
            }
        }
        self.sections.line("state", &state);
        let Some(object) = self.object() else {
            self.sections.field("", Scope::Text, &message_of(store, forest, self.node));
            if store.presence(self.node) == Presence::Restricted {
                self.sections.field("", Scope::Dim, "ask for the right to get and list this kind in this namespace");
            }
            return;
        };
        self.sections.field("since", Scope::Text, &self.moment(object.verdict.since));
        let below = forest.below(self.node);
        if let Some(cause) = sentence::why(self.scene.state, self.node) {
            let of = if cause.object == *store.reference(self.node) {
                String::new()
            } else {
                format!("{}: ", sentence::short(&cause.object))
            };
            self.sections.field("why", cause.health.into(), &format!("{of}{} (w: the whole way)", cause.says));
        }
        let scope = if health.is_failing() { health.into() } else { Scope::Text };
        self.sections.field("message", scope, &object.verdict.message);
        self.suspension(object);
        self.freshness();
        if !below.is_empty() {
            let counts = self.counts(Styled::default(), &below);
            self.sections.line("below", &counts);
        }
    }

    /// Open pull requests that change the object, as far as they were looked up, and each field that they change.
    pub fn pulls(&mut self) {
        let pulls = &self.cluster.pulls;
        for one in pulls.touching(self.cluster.store.reference(self.node)) {
            let Some((repository, open)) = pulls.find(&one.url, one.number) else { continue };
            let draft = if open.pull.is_draft { ", draft" } else { "" };
            let line = format!("{}#{} by {}{draft}: {}", repository.site.name(), one.number, open.pull.author, open.pull.title);
            self.sections.field("proposed", Scope::Text, &sanitise_line(&line));
            one.lines.iter().for_each(|line| self.sections.field("", Scope::Accent, &sanitise_line(line)));
        }
    }

    /// Says so if the object is not watched: the details may be old.
    fn freshness(&mut self) {
        let seen = match self.cluster.store.known_by(self.node) {
            Some(Coverage::Polled(seconds)) => format!("listed every {seconds} s, not watched"),
            None => "found when its owner was opened, not watched: → on the owner looks again".to_owned(),
            Some(_) => return,
        };
        self.sections.field("seen", Scope::Dim, &seen);
    }

    fn suspension(&mut self, object: &Object) {
        let Some(suspension) = &object.suspension else { return };
        let mut parts = Vec::new();
        parts.extend(suspension.by.as_ref().map(|by| format!("by {by}")));
        parts.extend(suspension.reason.as_ref().map(|reason| format!("\"{reason}\"")));
        if let Some(until) = suspension.until {
            let overdue = if until < self.scene.state.clock { ", overdue" } else { "" };
            parts.push(format!("until {}{overdue}", self.scene.state.person_clock().moment(until)));
        }
        let text = if parts.is_empty() { "yes; nothing says by whom or why".to_owned() } else { parts.join(", ") };
        self.sections.field("suspended", Scope::Suspended, &text);
        if let Some(frozen) = suspension.frozen.filter(|frozen| *frozen != Health::Ready) {
            self.sections.field("", frozen.into(), &format!("was {} when it was suspended", frozen.word().to_lowercase()));
        }
    }

    /// The current revision, the attempted one, and the one that its source has fetched.
    pub fn revisions(&mut self) {
        let Some(object) = self.object() else { return };
        let is_applier = self.cluster.forest.kind(self.node).role == Role::Applier;
        let facts = &object.facts;
        let show = |about: &mut Self, label: &str, revision: Option<&Str>| {
            about.sections.field(label, Scope::Text, revision.map_or("", |revision| revision));
        };
        show(self, if is_applier { "applied" } else { "revision" }, facts.revision.as_ref());
        show(self, "attempted", facts.attempted.as_ref());
        let link = |relation| self.cluster.store.out(self.node).iter().find(|link| link.relation == relation);
        if let Some(source) = link(Relation::Chart).or_else(|| link(Relation::Source)).filter(|_| is_applier) {
            let fetched = self.cluster.store.object(source.node).and_then(|source| source.facts.revision.as_ref());
            show(self, "fetched", fetched);
        }
    }

    pub fn conditions(&mut self) {
        let Some(object) = self.object().filter(|object| !object.conditions.is_empty()) else { return };
        self.sections.heading("Conditions");
        for condition in &object.conditions {
            let scope = match (&*condition.status, &*condition.kind) {
                ("True", "Stalled") | ("False", "Ready" | "Healthy" | "Released" | "TestSuccess") => Scope::Failed,
                ("True", "Reconciling") | ("Unknown", _) => Scope::Progressing,
                ("True", _) => Scope::Ready,
                _ => Scope::Text,
            };
            let mut text = Styled::of(scope, &condition.status).and(Scope::Text, format!("  {}", condition.reason));
            text = text.and(Scope::Dim, format!("  {}", self.scene.age(condition.since)));
            self.sections.line(&condition.kind, &text);
            // the deciding condition's message is shown above already
            if condition.message != object.verdict.message {
                self.sections.field("", Scope::Text, &condition.message);
            }
        }
    }

    /// Edges both ways, each end with its health; `is_wanted` chooses among the relations.
    pub fn relations(&mut self, is_wanted: impl Fn(Relation) -> bool) {
        let store = &self.cluster.store;
        let mut found: BTreeMap<(bool, Relation), Vec<NodeId>> = BTreeMap::new();
        for link in store.out(self.node).iter().filter(|link| link.relation != Relation::Applies) {
            found.entry((true, link.relation)).or_default().push(link.node);
        }
        for link in store.incoming(self.node).iter().filter(|link| link.relation != Relation::ManagedBy) {
            found.entry((false, link.relation)).or_default().push(link.node);
        }
        found.entry((false, Relation::Owns)).or_default().extend(store.owners(self.node));
        // a label says what the inventory already proves
        if found.contains_key(&(false, Relation::Applies)) {
            found.remove(&(true, Relation::ManagedBy));
        }
        for ((outgoing, relation), mut nodes) in found.into_iter().filter(|((_, relation), _)| is_wanted(*relation)) {
            nodes.sort_by(|a, b| store.reference(*a).cmp(store.reference(*b)));
            nodes.dedup();
            let word = if outgoing { relation.word() } else { relation.reverse() };
            self.nodes(word, &nodes);
        }
    }

    fn nodes(&mut self, label: &str, nodes: &[NodeId]) {
        for (at, node) in nodes.iter().take(MOST).enumerate() {
            let line = self.named(*node, false);
            self.sections.line(if at == 0 { label } else { "" }, &line);
        }
        if nodes.len() > MOST {
            self.sections.field("", Scope::Dim, &format!("and {} more", nodes.len() - MOST));
        }
    }

    /// Glyph and name of a node; what is wrong with it, unless all is well.
    fn named(&self, node: NodeId, with_message: bool) -> Styled {
        let (store, forest) = (&self.cluster.store, &self.cluster.forest);
        let health = forest.health(node).unwrap_or(Health::Unknown);
        let line = Styled::of(health.into(), format!("{} ", self.scene.theme.glyph(health)))
            .and(Scope::Text, named(store, forest, node, false));
        if store.presence(node) == Presence::Present && health == Health::Ready {
            return line;
        }
        let line = line.and(health.into(), format!("  {}", word_of(store, forest, node)));
        if with_message { line.and(Scope::Dim, format!("  {}", message_of(store, forest, node))) } else { line }
    }

    /// What it applied or owns: counts by kind, how it is known, and who of them is in trouble.
    pub fn inventory(&mut self) {
        let (store, forest) = (&self.cluster.store, &self.cluster.forest);
        let applied = store.out(self.node).iter().filter(|link| link.relation == Relation::Applies).map(|link| link.node);
        let mut children: Vec<_> = applied.chain(store.found_children(self.node).iter().copied()).collect();
        let by = self.object().map_or("", |object| object.facts.children_by);
        let heading = if children.is_empty() { "Owns" } else { "Inventory" };
        if children.is_empty() {
            children.extend(store.owned(self.node));
        }
        if children.is_empty() && by.is_empty() {
            return;
        }
        children.sort_by(|a, b| store.reference(*a).cmp(store.reference(*b)));
        children.dedup();
        let by = if by.is_empty() { String::new() } else { format!(", found by {by}") };
        self.sections.heading(&format!("{heading}: {}{by}", counted(children.len(), "object")));
        let mut kinds: BTreeMap<String, (u32, Counts)> = BTreeMap::new();
        for child in &children {
            let (count, counts) = kinds.entry(store.reference(*child).gk.kind.to_string()).or_default();
            *count += 1;
            *counts += forest.health(*child).map_or_else(Counts::default, Counts::one);
        }
        for (kind, (count, counts)) in kinds {
            let line = Styled::of(Scope::Text, format!(" {kind}")).upto(LABEL.max(28)).and(Scope::Text, format!("{count:>4}  "));
            let line = self.counts(line, &counts);
            self.sections.lines.push(line);
        }
        let mut trouble: Vec<_> =
            children.into_iter().filter(|child| forest.health(*child).is_some_and(|health| health != Health::Ready)).collect();
        trouble.sort_by_key(|child| forest.health(*child));
        if !trouble.is_empty() {
            self.sections.lines.push(Styled::default());
        }
        for child in trouble.iter().take(MOST) {
            let line = self.named(*child, true);
            self.sections.lines.extend(Styled::of(Scope::Text, " ").and_all(&line).wrapped(5, self.sections.width));
        }
        if trouble.len() > MOST {
            self.sections.lines.push(Styled::of(Scope::Dim, format!(" and {} more", trouble.len() - MOST)));
        }
    }

    /// `✗ 2 ● 11`.
    fn counts(&self, line: Styled, counts: &Counts) -> Styled {
        let present = Health::ALL.into_iter().filter(|health| counts.of(*health) > 0);
        present.fold(line, |line, health| {
            line.and(health.into(), format!("{} {}  ", self.scene.theme.glyph(health), counts.of(health)))
        })
    }

    /// `4m ago, 2026-01-01 00:06:00 UTC`.
    fn moment(&self, of: Option<Timestamp>) -> String {
        of.map_or_else(String::new, |time| format!("{} ago, {}", self.scene.age(of), time.strftime("%Y-%m-%d %H:%M:%S UTC")))
    }
}
