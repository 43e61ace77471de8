//! Where an object comes from, up to the source, the commit, the file and the line.
//!
//! ```text
//!  ✗ Pod web/web-7d9c54-88vtw  Failed
//!   declared      Deployment web/web  flux/apps/base/web/deployment.yaml:2 at 86058ad (o: its fields)
//!  owned by ✗ Deployment web/web  Failed
//!  applied by ● Kustomization flux-system/apps  Ready
//!   path          ./flux/apps/production
//!  fetched from ● GitRepository flux-system/fleet  Ready
//!   url           https://git.example.test/ops/fleet
//!   revision      main@86058ad
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::origins::place;
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::about::Sections;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::request::{Answer, Request};
use crate::ui::widgets::sentence::brief;
use crate::ui::widgets::text::Text;
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject};
use fluxdeck_model::domain::{Health, ObjectRef};
use fluxdeck_model::error::Error;
use fluxdeck_model::insight::declared::Declared;
use fluxdeck_model::insight::trace::{Ancestor, Tie, lineage};
use fluxdeck_model::state::{Aspect, Manifest, Reply, State, Ticket};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::TRACE,
    doc: "where an object comes from: owner, applier, source, commit, file and line",
    scope: KeyScope::Text,
    make: |target, _| match target {
        Subject::Object(object) => Ok(Box::new(Trace::new(object))),
        _ => Err(Error::usage("only objects can be traced", "move to one, or name it: `:trace deploy/web`")),
    },
};

struct Trace {
    object: ObjectRef,
    manifest: Option<Manifest>,
    declared: Request<Declared>,
    lines: Vec<Styled>,
    text: Text,
}

impl Trace {
    fn new(object: ObjectRef) -> Self {
        Self { object, manifest: None, declared: Request::default(), lines: Vec::new(), text: Text::default() }
    }

    fn lines(&self, width: usize, scene: &Scene) -> Vec<Styled> {
        let cluster = scene.state.cluster();
        let mut sections = Sections::new(width);
        let Some(node) = cluster.store.find(&self.object) else {
            return vec![Styled::of(Style::Text, format!("{} is not among the objects that are read", self.object))];
        };
        let found = lineage(&cluster.store, node);
        for (at, one) in found.ancestors.iter().enumerate() {
            ancestor(&mut sections, one, width, scene);
            if at == 0 {
                self.declared(&mut sections);
            }
        }
        if let Some(gap) = &found.gap {
            sections.field("not known", Style::Unknown, gap);
        }
        sections.lines
    }

    /// The file and the line that declare it, or what made it.
    fn declared(&self, sections: &mut Sections) {
        let Some(manifest) = &self.manifest else { return };
        let of = if manifest.object == self.object { String::new() } else { format!("{}  ", manifest.object) };
        match &self.declared.answer {
            Answer::Waiting => sections.field("declared", Style::Dim, &format!("{of}reading the repository …")),
            Answer::Failed(error) => {
                sections.field("declared", Style::Error, &format!("{of}{}", error.message));
                sections.field("", Style::Dim, &error.hint);
            }
            Answer::Here(declared) => {
                let at = declared.origin.as_ref().map_or_else(|| "made by a generator".to_owned(), place);
                let line = Styled::of(Style::Text, of).and(Style::Reference, at);
                sections.line("declared", &line.and(Style::Text, format!(" at {} (o: its fields)", declared.at.short())));
            }
        }
    }
}

fn ancestor(sections: &mut Sections, one: &Ancestor, width: usize, scene: &Scene) {
    let health = one.health.unwrap_or(Health::Unknown);
    let lead = if one.tie == Tie::Itself { String::new() } else { format!("{} ", one.tie.word()) };
    let name = Styled::of(Style::Dim, lead)
        .and(health.into(), format!("{} ", scene.theme.glyph(health)))
        .and(Style::Accent, one.object.to_string())
        .and(health.into(), format!("  {}", one.health.map_or("not there", Health::word)));
    sections.lines.extend(name.wrapped(2, width));
    for (label, value) in &one.facts {
        sections.field(label, Style::Text, &brief(value));
    }
    if let Some(since) = one.since {
        sections.field("since", Style::Dim, &format!("{} ago", scene.age(Some(since))));
    }
}

impl View for Trace {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Object(self.object.clone())
    }

    fn title(&self, _: &State) -> String {
        format!("trace {}", self.object)
    }

    fn count(&self, _: &State) -> String {
        if self.lines.is_empty() { String::new() } else { self.text.position(&self.lines[..]) }
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        vec![self.object.clone()]
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.manifest = cx.state.cluster().manifest(&self.object);
        if let Some(Manifest { object, applied_by }) = self.manifest.clone() {
            self.declared.ask(&object, Aspect::Declared { applied_by, fetches: true }, cx);
        }
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.declared.close(cx);
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        self.text.gesture_wrapped(gesture, &self.lines, &self.object, cx)
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        Some(Text::word_wrapped(gesture, word))
    }

    fn filter(&self, _: &State) -> String {
        self.text.searched().to_owned()
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        self.text.search(text, &self.lines[..])
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, _: &mut Cx) {
        let read = |reply: &Reply| match reply {
            Reply::Declared(declared) => Some((**declared).clone()),
            _ => None,
        };
        self.declared.take(ticket, reply, read);
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let area = area.intersection(buf.area);
        let lines = self.lines(Text::room(area.width).into(), scene);
        if lines != self.lines {
            self.lines = lines;
            self.text.replaced(&self.lines[..]);
        }
        self.text.render(area, buf, scene, &self.lines[..]);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ui::widgets::testing::World;
    use fluxdeck_model::state::Effect;

    #[test]
    fn what_is_above_an_object_is_listed_and_git_is_asked_for_its_file() {
        let mut world = World::default();
        world.put("ks", &json!({"spec": {"path": "./apps"}, "status": {"inventory": {"entries": [{"id": "apps_web_apps_Deployment", "v": "v1"}]}}}));
        let object = world.put("deploy", &json!({}));
        let mut view = Trace::new(object);
        let (effects, _) = world.act(|cx| view.opened(cx));
        let [Effect::Look { ticket, aspect: Aspect::Declared { applied_by, fetches: true }, .. }] = &effects[..] else {
            panic!("{effects:?}")
        };
        assert_eq!(applied_by.to_string(), "Kustomization apps/web");
        let ticket = *ticket;
        let lines = world.show(&mut view, 80, 16);
        for part in [" applied by ? Kustomization apps/web", "  path          ./apps", "reading the repository"] {
            assert!(lines.iter().any(|line| line.starts_with(part) || line.contains(part.trim())), "{part}: {lines:#?}");
        }
        world.act(|cx| view.reply(ticket, &Reply::Failed(Error::failed("no checkout has it", "")), cx));
        assert!(world.show(&mut view, 80, 16).iter().any(|line| line.contains("no checkout has it")));
    }

    #[test]
    fn no_size_is_too_small() {
        let mut world = World::default();
        let object = world.put("deploy", &json!({}));
        let mut view = Trace::new(object);
        for (width, height) in [(0, 0), (1, 1), (20, 5)] {
            world.show(&mut view, width, height);
        }
    }
}
