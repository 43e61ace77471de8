//! The fields that git sets of an object, each with the file, line and layer that set it.
//!
//! ```text
//!  FIELD                                        VALUE          SET BY                                      LAYER
//!  spec.replicas                                3              flux/apps/production/kustomization.yaml:6   replicas
//!  spec.template.spec.containers[name=api].im…  api:1.4.2      flux/apps/base/api/deployment.yaml:18       resource
//!  over flux/apps/base/api/deployment.yaml:5 (resource)                       ← of the selected field, above the keys: what it is
//!                                                                               composed of, what shares it, what it overrode
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::{Column, Keep};
use crate::ui::widgets::picker::{Item, Picker};
use crate::ui::widgets::request::Request;
use fluxdeck_model::change::{ChangeSetting, SourceLine};
use fluxdeck_model::commands::{self, Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::text::{counted, printable, sanitise};
use fluxdeck_model::domain::{GroupKind, ObjectRef};
use fluxdeck_model::error::Error;
use fluxdeck_model::insight::declared::{Declaration, Declared, LayerPlace, PartOf};
use fluxdeck_model::kinds::masked::MASKED;
use fluxdeck_model::playbooks;
use fluxdeck_model::render::Origin;
use fluxdeck_model::render::flux::GROUP;
use fluxdeck_model::state::{Aspect, Reply, State, Ticket};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::ORIGINS,
    doc: "the fields that git sets of an object, with file, line and layer",
    scope: KeyScope::Fields,
    make: |target, _| match target {
        Subject::Object(object) => Ok(Box::new(Origins { object, body: Request::default(), picker: Picker::default() })),
        _ => Err(Error::usage("fields need an object", "open one with d, then press o")),
    },
};

struct Origins {
    object: ObjectRef,
    body: Request<Declared>,
    picker: Picker,
}

/// The longest value that is changed in a form, in bytes: what a field of it takes.
const LONGEST: usize = 1024;

/// `file:line` of a layer.
pub(super) fn place(origin: &Origin) -> String {
    match origin.file() {
        Some(file) if origin.line > 0 => format!("{file}:{}", origin.line),
        // an object of the cluster has no lines
        _ => origin.location.to_string(),
    }
}

/// What there is to say of a field beyond who set it: its parts, where it is written, what shares it, what it overrode.
pub(super) fn notes(field: &Declaration) -> Vec<String> {
    let mut notes = Vec::new();
    let part = |part: &PartOf| match part.layers.first() {
        Some(origin) => format!("{} `{}` {} ({})", part.what, part.value, place(origin), origin.layer.word()),
        None => format!("{} `{}`", part.what, part.value),
    };
    if !field.parts.is_empty() {
        notes.push(format!("composed of {}", field.parts.iter().map(part).collect::<Vec<_>>().join(" + ")));
    }
    notes.extend(field.written.as_ref().map(|origin| format!("written at {} ({})", place(origin), origin.layer.word())));
    let winner = field.winner();
    notes.extend(winner.inner().map(|inner| format!("inside the text at line {}: {}", inner.line, sanitise(&inner.path))));
    notes.extend(
        winner
            .anchor()
            .map(|anchor| format!("shared with {} (anchor &{})", counted(anchor.aliases, "other"), sanitise(&anchor.name))),
    );
    notes.extend(field.layers.iter().skip(1).map(|origin| format!("over {} ({})", place(origin), origin.layer.word())));
    notes
}

/// Opens what sets a field: the file at the line, or the object of the cluster in which it stands.
pub(super) fn open(object: &ObjectRef, place: LayerPlace, cx: &mut Cx) {
    let transition = match place {
        LayerPlace::File(place) => Transition::Open(Screen::FILE, Subject::File(object.clone(), Box::new(place))),
        LayerPlace::Remote(address) => return cx.say(format!("it is in {address}, which is not of this repository")),
        LayerPlace::Object { kind, namespace, name } => {
            let group = if &*kind == "ConfigMap" { "" } else { GROUP };
            let object = ObjectRef::new(object.cluster, GroupKind::new(group, &*kind), namespace, name);
            cx.say(format!("it is in {object}; o there shows which file makes that"));
            Transition::Open(Screen::YAML, Subject::Object(object))
        }
    };
    cx.transit(transition);
}

/// Opens the file that sets a field in the user's editor, as it is at the head of its branch.
pub(super) fn edit_file(object: &ObjectRef, place: LayerPlace, cx: &mut Cx) {
    match place {
        LayerPlace::File(place) => {
            let at = SourceLine { file: place.path.to_string(), line: place.line };
            if let Err(error) = commands::open_file(object, &at, None, cx) {
                cx.complain(error);
            }
        }
        other => open(object, other, cx),
    }
}

/// Opens the form that gives a field of an object another value in git, with its present value.
pub(super) fn change(object: &ObjectRef, field: &str, value: &str, is_masked: bool, cx: &mut Cx) {
    if is_masked {
        let hint = "edit it where it is encrypted: sops, or what made the Secret";
        return cx.complain(Error::failed(format!("`{field}` is secret: its value is neither shown nor set"), hint));
    }
    if value.len() >= LONGEST || printable(value) != value {
        let hint = "edit the file: o shows it, e there opens it";
        return cx.complain(Error::failed(format!("`{field}` does not fit a line of a form"), hint));
    }
    let (playbook, answers) = playbooks::field_setter(field, value);
    if let Err(error) = commands::open_form(playbook, std::slice::from_ref(object), answers, cx) {
        cx.complain(error);
    }
}

/// Opens the review of the change that gives a field in git what the cluster has: a list, a map, or nothing at all.
pub(super) fn keep(object: &ObjectRef, field: &str, live: Option<&serde_json::Value>, is_masked: bool, cx: &mut Cx) {
    if is_masked {
        return change(object, field, MASKED, true, cx);
    }
    let setting = match live {
        Some(live) => ChangeSetting::Json(format!("{field}={live}")),
        None => ChangeSetting::Unset(field.to_owned()),
    };
    if let Err(error) = commands::open_review(object, vec![setting], cx) {
        cx.complain(error);
    }
}

impl Origins {
    fn selected(&self) -> Option<(&Declared, &Declaration)> {
        let declared = self.body.get()?;
        let path = self.picker.selected()?;
        Some((declared, declared.fields.iter().find(|field| field.path == path)?))
    }
}

fn item(field: &Declaration) -> Item {
    let winner = field.winner();
    let cells = vec![
        Styled::of(Style::Accent, &field.path),
        Styled::of(Style::Text, &field.value),
        Styled::of(Style::Text, place(winner)),
        Styled::of(Style::Dim, winner.layer.word()),
    ];
    Item { id: field.path.clone(), cells }
}

impl View for Origins {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn picker(&self) -> Option<&Picker> {
        Some(&self.picker)
    }

    fn picker_mut(&mut self) -> Option<&mut Picker> {
        Some(&mut self.picker)
    }

    fn target(&self) -> Subject {
        Subject::Object(self.object.clone())
    }

    fn title(&self, _: &State) -> String {
        match self.body.get() {
            Some(declared) => format!("fields at {} {}", declared.at.short(), self.object),
            None => format!("fields {}", self.object),
        }
    }

    fn count(&self, _: &State) -> String {
        if self.body.get().is_some() { self.picker.count() } else { String::new() }
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        vec![self.object.clone()]
    }

    fn opened(&mut self, cx: &mut Cx) {
        match cx.state.cluster().manifest(&self.object).filter(|manifest| manifest.object == self.object) {
            Some(manifest) => {
                let aspect = Aspect::Declared { applied_by: manifest.applied_by, fetches: true };
                self.body.ask(&self.object, aspect, cx);
            }
            None => self.body.fail(Error::failed(format!("no Flux Kustomization is known to apply {}", self.object), "")),
        }
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.body.close(cx);
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match (gesture, self.selected()) {
            (Gesture::File | Gesture::Open, Some((declared, field))) => {
                let place = declared.place(field.winner());
                open(&self.object, place, cx);
                true
            }
            (Gesture::EditFile, Some((declared, field))) => {
                let place = declared.place(field.winner());
                edit_file(&self.object, place, cx);
                true
            }
            (Gesture::Edit, Some((declared, field))) => {
                let is_masked = field.value.contains(MASKED) || declared.is_secret && !field.path.starts_with("metadata.");
                change(&self.object, &field.path, &field.value, is_masked, cx);
                true
            }
            _ => self.picker.gesture(gesture, cx),
        }
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match gesture {
            Gesture::Open | Gesture::File | Gesture::Edit | Gesture::EditFile => self.selected().map(|_| word),
            _ => Some(word),
        }
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, _: &mut Cx) {
        let read = |reply: &Reply| match reply {
            Reply::Declared(declared) => Some((**declared).clone()),
            _ => None,
        };
        if self.body.take(ticket, reply, read)
            && let Some(declared) = self.body.get()
        {
            self.picker.fill(declared.fields.iter().map(item).collect());
        }
    }

    fn message(&self, _: &State) -> Option<Styled> {
        let (declared, field) = self.selected()?;
        let unknown = match declared.unknown.is_empty() {
            true => Vec::new(),
            false => vec![format!("only the cluster knows ${{{}}}", declared.unknown.join("}, ${"))],
        };
        let winner = field.winner();
        let set = format!("{} = {}  {} ({})", field.path, field.value, place(winner), winner.layer.word());
        let parts = [vec![set], notes(field), unknown, vec![format!("applied by {}", declared.applied_by)]].concat();
        Some(Styled::of(Style::Text, parts.join("  ")))
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let columns = [
            Column::new("FIELD", 20, 60, 1).keeping(Keep::End),
            // what one came for: it is the last to be cut
            Column::new("VALUE", 16, 48, 0),
            Column::new("SET BY", 20, u16::MAX, 2).keeping(Keep::End),
            Column::new("LAYER", 8, 24, 3),
        ];
        match self.body.get() {
            Some(_) => self.picker.render(area, buf, scene, &columns, "git sets only its name"),
            None => self.body.placeholder(area, buf, scene),
        }
    }
}

#[cfg(test)]
#[path = "tests/origins.rs"]
mod tests;
