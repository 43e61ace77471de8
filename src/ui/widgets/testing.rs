//! Drawing into buffers and reading them back, for the tests of widgets and views.

use std::cell::Cell;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use serde_json::{Value, json};

use crate::ui::layer::{Scene, View};
use crate::ui::theme::{BUILTIN, Depth, Theme};
use fluxdeck_model::commands::{self, Cx, Outbox, Transition};
use fluxdeck_model::domain::{Coverage, Delta, GroupKind, ObjectRef, Scope};
use fluxdeck_model::kinds::{self, Reader, Wire};
use fluxdeck_model::state::{Beginning, Effect, Engine, Message, News, State};

/// The moment at which tests draw.
pub const NOW: &str = "2026-01-01T00:10:00Z";

/// A state and a theme to draw with.
pub struct World {
    engine: Engine,
    pub theme: Theme,
    out: Outbox,
}

impl Default for World {
    fn default() -> Self {
        Self::with(Beginning::default())
    }
}

impl World {
    /// A world that begins so, at [`NOW`].
    pub fn with(beginning: Beginning) -> Self {
        let beginning = Beginning { now: NOW.parse().expect("a time"), is_projected: true, ..beginning };
        Self { engine: Engine::new(beginning), theme: theme(), out: Outbox::default() }
    }

    pub fn state(&self) -> &State {
        self.engine.state()
    }

    /// The cluster sends news.
    pub fn news(&mut self, news: News) {
        let (id, epoch) = (self.state().active, self.state().cluster().epoch);
        self.update(Message::Cluster(id, epoch, news));
    }

    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        self.update_at(self.engine.state().clock, message)
    }

    pub fn update_at(&mut self, at: Timestamp, message: Message) -> Vec<Effect> {
        let effects = self.engine.update(at, message).effects;
        self.engine.work(|| true);
        effects
    }

    /// Puts an object into the cluster; metadata that it leaves out is that of `apps/web`.
    pub fn put(&mut self, kind: &str, object: &Value) -> ObjectRef {
        let kind = kinds::by_name(kind)[0];
        let mut whole = object.clone();
        let mut metadata =
            json!({"name": "web", "namespace": "apps", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"});
        for (key, value) in object["metadata"].as_object().into_iter().flatten() {
            metadata[key] = value.clone();
        }
        metadata["uid"] = format!("{}/{}/{}", kind.kind, metadata["namespace"], metadata["name"]).into();
        whole["metadata"] = metadata;
        let wire: Wire = serde_json::from_value(whole).expect("an object of the API");
        let gk = GroupKind::new(kind.group, kind.kind);
        let object = Reader::new(self.state().active, gk, kind.versions[0], kind).read(&wire, self.state().clock);
        let id = object.id.clone();
        let scope = Scope { gk: id.gk.clone(), namespace: None };
        if self.state().cluster().store.coverage().all(|(known, _)| *known != scope) {
            self.apply(Delta::Coverage(scope, Coverage::Complete));
        }
        self.apply(Delta::Upsert(Box::new(object)));
        id
    }

    /// Says how far a kind is known.
    pub fn cover(&mut self, kind: &str, coverage: Coverage) {
        let kind = kinds::by_name(kind)[0];
        self.apply(Delta::Coverage(Scope { gk: GroupKind::new(kind.group, kind.kind), namespace: None }, coverage));
    }

    pub fn apply(&mut self, delta: Delta) {
        self.news(News::Deltas(vec![delta]));
    }

    /// Does something with a view, and what it wanted of the engine. Returns the effects of that, and how it wanted the views changed.
    pub fn act<R>(&mut self, act: impl FnOnce(&mut Cx) -> R) -> (Vec<Effect>, Vec<Transition>) {
        let scope = commands::KeyScope::Tree;
        act(&mut Cx { state: self.engine.state(), scope, targets: Vec::new(), out: &mut self.out });
        let intents = std::mem::take(&mut self.out.intents);
        let effects = intents.into_iter().flat_map(|intent| self.update(Message::Do(intent))).collect();
        (effects, std::mem::take(&mut self.out.transitions))
    }

    /// The lines that a view shows.
    pub fn show(&mut self, view: &mut dyn View, width: u16, height: u16) -> Vec<String> {
        view.refresh(self.engine.state());
        lines(&self.draw(width, height, |area, buf, scene| view.render(area, buf, scene)))
    }

    pub fn draw(&mut self, width: u16, height: u16, paint: impl FnOnce(Rect, &mut Buffer, &Scene)) -> Buffer {
        let mut buf = Buffer::empty(area(width, height));
        let next_change = Cell::new(i64::MAX);
        paint(buf.area, &mut buf, &Scene { state: self.engine.state(), theme: &self.theme, next_change: &next_change });
        buf
    }
}

pub fn theme() -> Theme {
    Theme::builtin(BUILTIN[0].0, Depth::True, false).expect("the first theme")
}

pub fn area(width: u16, height: u16) -> Rect {
    Rect::new(0, 0, width, height)
}

/// The lines of a buffer without the blanks at their ends; the second half of a wide character does not count as one.
pub fn lines(buf: &Buffer) -> Vec<String> {
    let line = |y: u16| {
        let mut line = String::new();
        let mut covered = 0;
        for x in 0..buf.area.width {
            if covered == 0 {
                line.push_str(buf[(x, y)].symbol());
                covered = fluxdeck_model::domain::width::of(buf[(x, y)].symbol()).saturating_sub(1);
            } else {
                covered -= 1;
            }
        }
        line.trim_end().to_owned()
    };
    (0..buf.area.height).map(line).collect()
}
