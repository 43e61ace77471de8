//! Effective Helm values of a release: each key with the layer that it comes from; what differs between two of its releases, keys and
//! objects; and the releases that Helm keeps.
//!
//! ```text
//!  KEY                 VALUE            LAYER                              tab: the keys, the differences, the releases
//!  image.tag           "1.4.2"          spec.values
//!  password            <masked>         Secret worker-secrets (password) at password
//!  replicas            2                ConfigMap worker-values            ⏎ the file that sets it, e another value, z without defaults
//!  replicas = 2  ConfigMap worker-values  over chart default: 1            ← of the selected key, above the keys
//!
//!  RELEASE  STATUS      CHART        APP    DEPLOYED
//!  2        deployed    web 1.5.0    1.5.0  4m                             ⏎ what differs from the one before it, or from the marked one
//!  1        superseded  web 1.4.0    1.4.0  6d
//! ```

mod rows;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::rows::{Between, differences, keys, releases};
use super::origins::open;
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::widgets::lines::{Styled, copy};
use crate::ui::widgets::list::{Column, Keep};
use crate::ui::widgets::picker::Picker;
use crate::ui::widgets::request::Request;
use crate::ui::widgets::text::Text;
use fluxdeck_model::commands::{self, Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{GroupKind, ObjectRef};
use fluxdeck_model::error::Error;
use fluxdeck_model::insight::declared::Declared;
use fluxdeck_model::insight::values::{ReleaseValues, ValueKey, ValuesLayer};
use fluxdeck_model::playbooks;
use fluxdeck_model::state::{Aspect, Reply, State, Ticket};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::VALUES,
    doc: "Helm values by layers, and what differs between two releases",
    scope: KeyScope::Values,
    make: |target, _| match target {
        Subject::Object(object) => Ok(Box::new(Values::new(object))),
        _ => Err(Error::usage("values need a HelmRelease", "move to one and press V, or name it: `:values hr/web`")),
    },
};

/// The part that is shown.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Pane {
    #[default]
    Keys,
    Differences,
    Releases,
}

struct Values {
    object: ObjectRef,
    body: Request<ReleaseValues>,
    pane: Pane,
    keys: Picker,
    releases: Picker,
    /// What is compared.
    between: Between,
    lines: Vec<Styled>,
    text: Text,
    hides_defaults: bool,
    reveals: bool,
    /// The question whether to unmask was asked by the last key.
    is_asked: bool,
    /// What git says of the HelmRelease; and the key whose file is wanted, and whether that is to be edited.
    declared: Request<Declared>,
    wanted: Option<String>,
}

impl Values {
    fn new(object: ObjectRef) -> Self {
        Self {
            object,
            body: Request::default(),
            pane: Pane::Keys,
            keys: Picker::default(),
            releases: Picker::default(),
            between: Between::Pending,
            lines: Vec::new(),
            text: Text::default(),
            hides_defaults: false,
            reveals: false,
            is_asked: false,
            declared: Request::default(),
            wanted: None,
        }
    }

    fn selected(&self) -> Option<&ValueKey> {
        let path = self.keys.selected()?;
        self.body.get()?.now.keys.iter().find(|key| key.path == path)
    }

    /// Makes all rows and lines again.
    fn fill(&mut self) {
        let Some(values) = self.body.get() else { return };
        self.keys.fill(keys(values, self.hides_defaults, self.reveals));
        self.releases.fill(releases(values));
        self.lines = differences(values, self.between, self.reveals);
        self.text.replaced(&self.lines[..]);
    }

    fn compare(&mut self, between: Between) {
        (self.between, self.pane) = (between, Pane::Differences);
        self.text = Text::default();
        self.fill();
    }

    /// Both sides one step back or forward.
    fn step(&mut self, forward: bool, cx: &mut Cx) {
        let Some(values) = self.body.get() else { return };
        match self.between.step(values, forward) {
            Some(next) => self.compare(next),
            None if forward => cx.say("there is nothing newer"),
            None => cx.say("there is nothing older"),
        }
    }

    fn next_pane(&mut self) {
        self.pane = match self.pane {
            Pane::Keys => Pane::Differences,
            Pane::Differences => Pane::Releases,
            Pane::Releases => Pane::Keys,
        };
    }

    fn unmask(&mut self, was_asked: bool, cx: &mut Cx) {
        let count = self.body.get().map_or(0, ReleaseValues::secrets);
        if self.reveals {
            self.reveals = false;
            cx.say("secret values are masked again");
        } else if was_asked {
            self.reveals = true;
        } else {
            self.is_asked = true;
            return cx.say(format!("{} secret here: x once more shows them on the screen, until the view is left", be(count)));
        }
        self.fill();
    }

    /// Opens what the selected row is about: where a key is set, what differs from a release.
    fn open(&mut self, cx: &mut Cx) {
        match self.pane {
            Pane::Keys => match self.selected().map(|key| (key.path.clone(), key.layer.clone())) {
                Some((path, layer)) => self.open_layer(&path, &layer, cx),
                None => {
                    if let Some(first) = self.body.get().map(Between::first) {
                        self.compare(first);
                    }
                }
            },
            Pane::Releases => {
                let number = |text: &str| text.parse::<u64>().ok();
                let marked = self.releases.marks.iter().next().and_then(|mark| number(mark));
                let found = self.releases.selected().and_then(number);
                if let (Some(values), Some(found)) = (self.body.get(), found) {
                    let between = Between::of(values, found, marked);
                    self.compare(between);
                }
            }
            Pane::Differences => {}
        }
    }

    fn open_layer(&mut self, path: &str, layer: &ValuesLayer, cx: &mut Cx) {
        if let Some((kind, name)) = layer.object() {
            let object = ObjectRef::new(self.object.cluster, GroupKind::new("", kind), self.object.namespace.clone(), name);
            let is_in_git = cx.state.cluster().manifest(&object).is_some();
            let screen = if is_in_git { Screen::ORIGINS } else { Screen::YAML };
            if !is_in_git {
                cx.say(format!("no Flux Kustomization is known to apply {object}"));
            }
            return cx.transit(Transition::Open(screen, Subject::Object(object)));
        }
        match layer {
            ValuesLayer::Inline => match cx.state.cluster().manifest(&self.object).filter(|it| it.object == self.object) {
                Some(manifest) => {
                    self.wanted = Some(format!("spec.values.{path}"));
                    let aspect = Aspect::Declared { applied_by: manifest.applied_by, fetches: true };
                    self.declared.ask(&self.object, aspect, cx);
                    cx.say("reading the repository …");
                }
                None => cx.say(format!("no Flux Kustomization is known to apply {}", self.object)),
            },
            ValuesLayer::Release(number) => {
                cx.say(format!("release {number} has it; no layer that is there today says so"));
            }
            _ => cx.say(format!("{path} is a default of the chart: e sets another value over it")),
        }
    }

    /// Opens the file of the wanted key, once git was read.
    fn open_wanted(&mut self, cx: &mut Cx) {
        let (Some(declared), Some(path)) = (self.declared.get(), self.wanted.take()) else { return };
        // a list's items are known by name there
        let (head, _) = path.split_once('[').unwrap_or((&path, ""));
        let exact = declared.fields.iter().find(|field| field.path == path);
        let is_near = |path: &str| path.strip_prefix(head).is_some_and(|rest| rest.starts_with(['.', '[']));
        let field = exact.or_else(|| declared.fields.iter().find(|field| is_near(&field.path)));
        match field.map(|field| declared.place(field.winner())) {
            Some(place) => open(&self.object, place, cx),
            None => {
                cx.say(format!("git says no {path}: somebody else set it"));
                cx.transit(Transition::Open(Screen::ORIGINS, Subject::Object(self.object.clone())));
            }
        }
    }

    /// Opens the form that gives the selected key another value in git.
    fn edit(&self, key: &ValueKey, cx: &mut Cx) {
        if key.is_secret {
            let hint = "edit it where it is encrypted: sops, or what made the Secret";
            return cx.complain(Error::failed(format!("`{}` is secret: its value is neither shown nor set", key.path), hint));
        }
        let value = if key.is_removal { String::new() } else { key.plain() };
        let (playbook, answers) = playbooks::value_setter(&key.path, &value);
        if let Err(error) = commands::open_form(playbook, std::slice::from_ref(&self.object), answers, cx) {
            cx.complain(error);
        }
    }
}

fn be(count: usize) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(count, "value"))
}

impl View for Values {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn picker(&self) -> Option<&Picker> {
        match self.pane {
            Pane::Keys => Some(&self.keys),
            Pane::Releases => Some(&self.releases),
            Pane::Differences => None,
        }
    }

    fn picker_mut(&mut self) -> Option<&mut Picker> {
        match self.pane {
            Pane::Keys => Some(&mut self.keys),
            Pane::Releases => Some(&mut self.releases),
            Pane::Differences => None,
        }
    }

    fn target(&self) -> Subject {
        Subject::Object(self.object.clone())
    }

    fn title(&self, _: &State) -> String {
        let what = match self.pane {
            Pane::Keys if self.hides_defaults => "values that are not defaults of".to_owned(),
            Pane::Keys => "values".to_owned(),
            Pane::Differences => format!("{} of", self.between.words()),
            Pane::Releases => "releases".to_owned(),
        };
        format!("{what} {}", self.object)
    }

    fn count(&self, _: &State) -> String {
        match self.pane {
            _ if self.body.get().is_none() => String::new(),
            Pane::Keys => self.keys.count_of("key"),
            Pane::Releases => self.releases.count_of("release"),
            Pane::Differences => self.text.position(&self.lines[..]),
        }
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        vec![self.object.clone()]
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.body.ask(&self.object, Aspect::Values, cx);
    }

    fn changed(&mut self, cx: &mut Cx) {
        self.body.renew(&self.object, Aspect::Values, cx);
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.body.close(cx);
        self.declared.close(cx);
        self.reveals = false;
        self.fill();
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        let was_asked = std::mem::take(&mut self.is_asked);
        match (gesture, self.pane) {
            (Gesture::NextPane, _) => self.next_pane(),
            (Gesture::Unmask, _) => self.unmask(was_asked, cx),
            (Gesture::Older | Gesture::Newer, _) => self.step(gesture == Gesture::Newer, cx),
            (Gesture::Defaults, Pane::Keys) => {
                self.hides_defaults = !self.hides_defaults;
                self.fill();
            }
            (Gesture::Open, Pane::Keys | Pane::Releases) | (Gesture::File, Pane::Keys) => self.open(cx),
            (Gesture::Edit, Pane::Keys) => {
                if let Some(key) = self.selected() {
                    self.edit(key, cx);
                }
            }
            (Gesture::Mark, Pane::Releases) => {
                // one is compared with one other
                let is_marked = self.releases.selected().is_some_and(|one| self.releases.marks.contains(one));
                self.releases.marks.clear();
                if !is_marked {
                    self.releases.mark();
                }
            }
            (Gesture::ClearMarks, Pane::Releases) => self.releases.marks.clear(),
            (Gesture::Copy, Pane::Differences) => copy(&self.lines, cx),
            (gesture, Pane::Differences) => return self.text.gesture(gesture, &self.lines[..]),
            (gesture, Pane::Keys) => return self.keys.gesture(gesture, cx),
            (gesture, Pane::Releases) => return self.releases.gesture(gesture, cx),
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match (gesture, self.pane) {
            (Gesture::NextPane, Pane::Keys) => Some("differences"),
            (Gesture::NextPane, Pane::Differences) => Some("releases"),
            (Gesture::NextPane, Pane::Releases) => Some("keys"),
            (Gesture::Open, Pane::Keys) => self.selected().map(|_| "where it is set"),
            (Gesture::Open, Pane::Releases) => self.releases.selected().map(|_| "differences"),
            (Gesture::Open, Pane::Differences) | (Gesture::File, _) => None,
            (Gesture::Defaults, Pane::Keys) => Some(if self.hides_defaults { "with defaults" } else { "no defaults" }),
            (Gesture::Edit, Pane::Keys) => self.selected().map(|_| word),
            (Gesture::Unmask, _) if self.reveals => Some("mask"),
            (Gesture::Defaults | Gesture::Edit, _) => None,
            (Gesture::Older | Gesture::Newer, Pane::Keys | Pane::Releases) => None,
            _ => Some(word),
        }
    }

    fn filter(&self, _: &State) -> String {
        self.picker().map_or_else(|| self.text.searched().to_owned(), Picker::filter)
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        match self.picker_mut() {
            Some(picker) => picker.set_filter(text),
            None => self.text.search(text, &self.lines[..]),
        }
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, cx: &mut Cx) {
        let read = |reply: &Reply| match reply {
            Reply::Values(values) => Some((**values).clone()),
            _ => None,
        };
        if self.body.take(ticket, reply, read) {
            if let Some(values) = self.body.get() {
                let is_first = self.lines.is_empty();
                self.between = if is_first { Between::first(values) } else { self.between.still_of(values) };
            }
            self.fill();
        }
        let read = |reply: &Reply| match reply {
            Reply::Declared(declared) => Some((**declared).clone()),
            _ => None,
        };
        if self.declared.take(ticket, reply, read) {
            match reply {
                Reply::Failed(error) => cx.complain(error.clone()),
                _ => self.open_wanted(cx),
            }
        }
    }

    fn message(&self, _: &State) -> Option<Styled> {
        match self.pane {
            Pane::Keys => Some(rows::about(self.selected()?, self.reveals)),
            Pane::Differences | Pane::Releases => None,
        }
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        if self.body.get().is_none() {
            return self.body.placeholder(area, buf, scene);
        }
        match self.pane {
            Pane::Keys => {
                let columns = [
                    Column::new("KEY", 18, 60, 1).keeping(Keep::End),
                    Column::new("VALUE", 14, 48, 0),
                    Column::new("LAYER", 16, u16::MAX, 2),
                ];
                let nothing = if self.hides_defaults { "all of them are defaults of the chart" } else { "it has no values" };
                self.keys.render(area, buf, scene, &columns, nothing);
            }
            Pane::Releases => {
                let columns = [
                    Column::new("RELEASE", 7, 8, 0).right(),
                    Column::new("STATUS", 8, 16, 0),
                    Column::new("CHART", 10, 40, 0),
                    Column::new("APP", 4, 20, 2),
                    Column::new("DEPLOYED", 16, 20, 1),
                ];
                self.releases.render(area, buf, scene, &columns, "no release of it can be read");
            }
            Pane::Differences => self.text.render(area, buf, scene, &self.lines[..]),
        }
    }
}

#[cfg(test)]
#[path = "../tests/values.rs"]
mod tests;
