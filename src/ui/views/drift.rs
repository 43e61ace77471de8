//! Where the cluster differs from git: every field, with what git says, what the cluster has, and the line that sets it.
//!
//! ```text
//!  OBJECT                FIELD            GIT     LIVE     SET BY
//!  Deployment api/api    spec.replicas    3       5        flux/apps/production/kustomization.yaml:6
//!  ConfigMap web/flags                    there   missing  flux/apps/base/web/flags.yaml
//!  Kustomization a/b     not compared                      its source, OCIRepository apps/manifests, is not a GitRepository
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::origins::{change, edit_file, keep, open, place};
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::{Column, Keep};
use crate::ui::widgets::picker::{Item, Picker};
use fluxdeck_model::commands::{self, Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::forms::Answers;
use fluxdeck_model::insight::declared::LayerPlace;
use fluxdeck_model::insight::drift::Drift;
use fluxdeck_model::kinds::masked::{self, MASKED};
use fluxdeck_model::playbooks;
use fluxdeck_model::state::State;
use fluxdeck_model::state::drift::{Drifts, ObjectDrift, Progress, line, values};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::DRIFT,
    doc: "where the cluster differs from git, field by field",
    scope: KeyScope::Fields,
    make: |_, _| Ok(Box::<DriftView>::default()),
};

#[derive(Default)]
struct DriftView {
    picker: Picker,
    /// What the rows are about, by the items' ids.
    rows: Vec<DriftRow>,
    /// The comparison and how often it had changed when the rows were made.
    made: Option<(u32, u64)>,
}

/// One row: the object and the line of git that sets the field, where it is a difference; and all of it as a sentence.
struct DriftRow {
    object: Option<ObjectRef>,
    /// The field, and what the cluster has there.
    field: Option<(String, Live)>,
    place: Option<LayerPlace>,
    message: String,
}

/// What the cluster has of a field.
enum Live {
    /// What a field of a form can hold.
    Scalar(String),
    /// A list or a map; nothing.
    Whole(Option<serde_json::Value>, bool),
}

impl DriftView {
    fn selected(&self) -> Option<&DriftRow> {
        self.rows.get(self.picker.selected()?.parse::<usize>().ok()?)
    }

    fn make(&mut self, drifts: &Drifts) {
        self.rows.clear();
        let mut items = Vec::new();
        let differences = drifts.found.iter().flat_map(|(object, found)| lines(object, found));
        let skipped = drifts.skipped.iter().map(|(what, why)| {
            let (none, dim) = (Styled::default(), |text: &str| Styled::of(Style::Dim, text));
            let cells = vec![dim(what), dim("not compared"), none.clone(), none, dim(why)];
            (cells, DriftRow { object: None, field: None, place: None, message: format!("{what} was not compared: {why}") })
        });
        for (cells, summary) in differences.chain(skipped) {
            items.push(Item { id: self.rows.len().to_string(), cells });
            self.rows.push(summary);
        }
        self.picker.fill(items);
    }
}

/// The rows of an object.
fn lines(object: &ObjectRef, found: &ObjectDrift) -> Vec<(Vec<Styled>, DriftRow)> {
    let named = Styled::of(Style::Text, object.to_string());
    let by = format!("{} at {}", found.applied_by, found.at.short());
    let summary = |field, place, message| DriftRow { object: Some(object.clone()), field, place, message };
    let Drift::Fields(fields) = &found.drift else {
        let cells = vec![named, Styled::default(), Styled::of(Style::Text, "there"), Styled::of(Style::Failed, "missing")];
        return vec![(cells, summary(None, None, format!("{by} has it, the cluster does not")))];
    };
    let row = |field: &fluxdeck_model::insight::drift::Drifted| {
        let [git, live] = values(field);
        let cells = vec![
            named.clone(),
            Styled::of(Style::Accent, &field.path),
            Styled::of(Style::Text, git),
            Styled::of(Style::Failed, live),
            Styled::of(Style::Dim, place(&field.origin)),
        ];
        let at = LayerPlace::of(&field.origin, &found.at, &*object.gk.kind == "Secret");
        (
            cells,
            summary(
                Some((field.path.clone(), live_value(field))),
                Some(at),
                format!("{}  {}  {by}", line(field), place(&field.origin)),
            ),
        )
    };
    fields.iter().map(row).collect()
}

/// The value in the cluster.
fn live_value(field: &fluxdeck_model::insight::drift::Drifted) -> Live {
    let Some(live) = &field.live else { return Live::Whole(None, false) };
    match masked::field(&field.path, live) {
        serde_json::Value::String(text) => Live::Scalar(text),
        value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_)) => Live::Scalar(value.to_string()),
        shown => Live::Whole(Some(live.clone()), shown != *live || shown.to_string().contains(MASKED)),
    }
}

impl View for DriftView {
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
        Subject::Nothing
    }

    fn title(&self, state: &State) -> String {
        format!("drift · {}", state.cluster().drifts.summary())
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        self.selected().and_then(|row| row.object.clone()).into_iter().collect()
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match (gesture, self.selected()) {
            (Gesture::File, Some(DriftRow { object: Some(object), place: Some(place), .. })) => {
                open(object, place.clone(), cx);
                true
            }
            (Gesture::EditFile, Some(DriftRow { object: Some(object), place: Some(place), .. })) => {
                edit_file(object, place.clone(), cx);
                true
            }
            // what is missing in the cluster has its files all the same
            (Gesture::EditFile, Some(DriftRow { object: Some(object), .. })) => {
                if let Err(error) =
                    commands::open_form(playbooks::file_editor(), std::slice::from_ref(object), Answers::default(), cx)
                {
                    cx.complain(error);
                }
                true
            }
            (Gesture::Open, Some(DriftRow { object: Some(object), .. })) => {
                cx.transit(Transition::Open(Screen::DETAILS, Subject::Object(object.clone())));
                true
            }
            (Gesture::Edit, Some(DriftRow { object: Some(object), field: Some((path, live)), .. })) => {
                match live {
                    Live::Scalar(live) => change(object, path, live, live.contains(MASKED), cx),
                    Live::Whole(live, is_masked) => keep(object, path, live.as_ref(), *is_masked, cx),
                }
                true
            }
            (Gesture::File | Gesture::Open | Gesture::Edit | Gesture::EditFile, Some(summary)) => {
                cx.say(summary.message.clone());
                true
            }
            _ => self.picker.gesture(gesture, cx),
        }
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match gesture {
            Gesture::Open => self.selected()?.object.as_ref().map(|_| word),
            _ => Some(word),
        }
    }

    fn refresh(&mut self, state: &State) {
        let drifts = &state.cluster().drifts;
        let now = Some((drifts.run, drifts.stamp));
        if self.made != now {
            self.made = now;
            self.make(drifts);
        }
    }

    fn message(&self, _: &State) -> Option<Styled> {
        self.selected().map(|row| Styled::of(Style::Text, &row.message))
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let columns = [
            Column::new("OBJECT", 18, 40, 0),
            Column::new("FIELD", 12, 40, 0).keeping(Keep::End),
            Column::new("GIT", 6, 22, 1),
            Column::new("LIVE", 7, 22, 0),
            Column::new("SET BY", 16, u16::MAX, 2),
        ];
        let nothing = match scene.state.cluster().drifts.progress {
            Progress::Done(_) => "the cluster matches git",
            Progress::Running { .. } => "comparing …",
            Progress::Never => "`:drift` compares the cluster with git",
        };
        self.picker.render(area, buf, scene, &columns, nothing);
    }
}

#[cfg(test)]
#[path = "tests/drift.rs"]
mod tests;
