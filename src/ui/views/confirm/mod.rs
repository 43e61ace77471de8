//! What an act will do, before it is done: to which objects, the side effects, the questions.
//!
//! ```text
//! ╭ suspend HelmRelease web/web ── prod-eu ───────────────────────────────╮
//! │  ! spec.suspend is set in git (by kustomize-controller): … will undo  │
//! │  · 12 objects stay as applied: drift is not corrected, and …          │
//! │  = flux suspend helmrelease web -n web                                │
//! │                                                                       │
//! │  why      [db migration                                    ]          │
//! │  until    [14:00                 ]  2026-01-01 14:00 UTC, in 3h50m    │
//! ╰ ⏎ suspend · tab next · esc nothing happens ───────────────────────────╯
//! ```
//! Made again whenever more is known; the objects stay the chosen ones, by uid.

mod text;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::form::{Filling, Taken};
use fluxdeck_model::actions::confirm::Wants;
use fluxdeck_model::actions::confirm::{Skip, WORD};
use fluxdeck_model::actions::{self, Confirmation};
use fluxdeck_model::commands::{self, Cx, Gesture, KeyScope, Screen, Subject, Transition, change_form};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::error::Error;
use fluxdeck_model::playbooks::{self, Playbook};
use fluxdeck_model::state::{Code, Confirmed, Intent, Key, State};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::CONFIRM,
    doc: "what an act will do, before it is done",
    scope: KeyScope::Dialog,
    make: |target, state| match target {
        Subject::Confirmation(shown) => Ok(Box::new(Confirm::new(*shown, state))),
        Subject::Unexpected(shown) => Ok(Box::new(Confirm { is_unseen: true, ..Confirm::new(*shown, state) })),
        _ => Err(Error::usage("there is nothing to confirm", "press a on an object")),
    },
};

const WIDTH: u16 = 92;
struct Confirm {
    shown: Confirmation,
    targets: Vec<actions::Target>,
    hidden: Vec<ObjectRef>,
    /// What was left out when it was opened.
    skipped: Vec<(ObjectRef, Skip)>,
    /// What has been asked for to say more.
    asked: Wants,
    form: Filling,
    scroll: usize,
    /// It came up by itself and was not drawn yet: the next key was meant for something else.
    is_unseen: bool,
    /// Why it does not run.
    error: Option<String>,
    /// That is because something is not known yet.
    is_early: bool,
    seen: Seen,
}

/// What it was made of.
#[derive(Clone, PartialEq)]
struct Seen {
    stamp: u64,
    rights: actions::Rights,
    owners: usize,
}

impl Seen {
    fn of(state: &State) -> Self {
        let cluster = state.cluster();
        Self { stamp: cluster.forest.stamp(), rights: cluster.rights.clone(), owners: cluster.owners.len() }
    }
}

impl Confirm {
    fn new(shown: Confirmation, state: &State) -> Self {
        let target = |planned: &actions::Planned| {
            let own = planned.steps.iter().find(|step| step.object == planned.object)?;
            Some(actions::Target { object: planned.object.clone(), uid: own.uid })
        };
        let mut made = Self {
            targets: shown.planned.iter().filter_map(target).collect(),
            hidden: shown.hidden.clone(),
            skipped: shown.skipped.clone(),
            asked: shown.wants.clone(),
            form: Filling::new(&shown.question(), &shown.answers),
            scroll: 0,
            is_unseen: false,
            error: None,
            is_early: false,
            seen: Seen::of(state),
            shown,
        };
        // what the form holds at first is an answer too
        made.typed(state);
        made
    }

    /// Computes it again from what is known now.
    fn remake(&mut self, state: &State) {
        let mut fresh = state.confirm(self.shown.action, &self.targets, &self.shown.answers, &self.hidden);
        fresh.skipped.splice(..0, self.skipped.iter().cloned());
        self.form.adopt(&fresh.question());
        self.shown = fresh;
        self.seen = Seen::of(state);
    }

    /// Reads the fields into the answers.
    fn answer(&mut self, state: &State) -> Result<(), Error> {
        self.shown.answers = self.form.answers(&state.person_clock())?;
        Ok(())
    }

    /// Whether it turned out that nothing can be done at all.
    fn is_void(&self) -> bool {
        self.shown.planned.is_empty()
    }

    fn heading(&self) -> String {
        match (self.is_void(), self.targets.as_slice()) {
            (false, _) => self.shown.title(),
            (true, [one]) => format!("{} {}", self.shown.action.name, one.object),
            (true, many) => format!("{} {}", self.shown.action.name, counted(many.len(), "object")),
        }
    }

    fn accept(&mut self, is_sure: bool, cx: &mut Cx) {
        self.is_early = false;
        self.error = None;
        if self.answer(cx.state).is_err() {
            // the field itself says what is wrong with it
            return self.form.go_to_fault(&cx.state.person_clock());
        }
        if let Some(refusal) = &self.shown.refusal {
            self.error = Some(refusal.to_string());
        } else if !self.shown.is_settled() {
            self.is_early = true;
            self.error = Some("one moment: still checking your rights and what git sets".to_owned());
        } else if !is_sure && self.form.is_empty() && self.shown.loses_something() {
            self.error = Some("something will be lost: press y to confirm".to_owned());
        } else {
            let typed = self.form.text(WORD).to_owned();
            match cx.state.accepted(&self.shown, &typed) {
                Ok(confirmation) => {
                    cx.intend(Intent::Start(Box::new(Confirmed::of(confirmation))));
                    cx.transit(Transition::Close);
                }
                Err(error) => {
                    self.error = Some(error.to_string());
                    self.form.go_to_fault(&cx.state.person_clock());
                }
            }
        }
    }

    /// The playbook that does the same in git: it has the action's name. None where it is not offered for the object.
    fn playbook(&self, state: &State) -> Option<&'static Playbook> {
        let playbook = playbooks::find(self.shown.action.name)?;
        let objects: Vec<_> = self.targets.iter().map(|target| target.object.clone()).collect();
        change_form(playbook, &objects, state).is_ok().then_some(playbook)
    }

    /// The object whose fields hold it in git, where the playbook is not for that: what a chart made is changed in its HelmRelease.
    fn maker(&self, state: &State) -> Option<ObjectRef> {
        let [target] = self.targets.as_slice() else { return None };
        playbooks::find(self.shown.action.name)?;
        commands::maker(&target.object, state)
    }

    /// Leaves for the form that does the same in git, with what was typed here; or for the fields of what makes the object.
    fn in_git(&mut self, cx: &mut Cx) {
        let Some(playbook) = self.playbook(cx.state) else {
            if self.maker(cx.state).is_some() {
                cx.transit(Transition::Close);
                if let Err(error) = commands::open_fields(&self.targets[0].object, cx) {
                    cx.complain(error);
                }
            }
            return;
        };
        // what cannot be read yet is typed there
        self.answer(cx.state).ok();
        let objects: Vec<_> = self.targets.iter().map(|target| target.object.clone()).collect();
        cx.transit(Transition::Close);
        if let Err(error) = commands::open_form(playbook, &objects, self.shown.answers.clone(), cx) {
            cx.complain(error);
        }
    }

    fn leave(cx: &mut Cx) {
        cx.say("nothing was done");
        cx.transit(Transition::Close);
    }
}

impl View for Confirm {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Confirmation(Box::new(self.shown.clone()))
    }

    fn title(&self, _: &State) -> String {
        self.shown.action.name.to_owned()
    }

    fn is_dialog(&self) -> bool {
        true
    }

    fn gesture(&mut self, _: Gesture, _: &mut Cx) -> bool {
        false
    }

    fn key(&mut self, key: Key, cx: &mut Cx) -> bool {
        if self.is_unseen {
            return true;
        }
        let is_plain = self.form.is_empty();
        match (key.code, key.ctrl) {
            (Code::Char('g'), true) => {
                self.in_git(cx);
                return true;
            }
            (Code::Esc, _) | (Code::Char('c'), true) => {
                Self::leave(cx);
                return true;
            }
            (Code::Char('n' | 'q'), false) if is_plain => {
                Self::leave(cx);
                return true;
            }
            (Code::Char('y'), false) if is_plain => {
                self.accept(true, cx);
                return true;
            }
            _ => {}
        }
        match (self.form.key(key), key.code) {
            (Taken::Changed, _) => self.typed(cx.state),
            (Taken::Moved, _) => {}
            (Taken::No, Code::Enter) => self.accept(false, cx),
            (Taken::No, Code::Down) => self.scroll += 1,
            (Taken::No, Code::Up) => self.scroll = self.scroll.saturating_sub(1),
            (Taken::No, Code::PageDown) => self.scroll += 10,
            (Taken::No, Code::PageUp) => self.scroll = self.scroll.saturating_sub(10),
            (Taken::No, _) => {}
        }
        true
    }

    fn paste(&mut self, text: &str, cx: &mut Cx) {
        self.form.paste(text);
        self.typed(cx.state);
    }

    fn changed(&mut self, cx: &mut Cx) {
        if self.seen != Seen::of(cx.state) {
            self.remake(cx.state);
        }
        // a namespace that refused is asked for the one object
        if !self.shown.is_settled() && self.asked != self.shown.wants {
            self.asked = self.shown.wants.clone();
            cx.intend(Intent::Inquire(Box::new(self.shown.wants.clone())));
        }
        // what was typed wrong stays wrong, whatever else happens
        if self.is_early && self.shown.is_settled() {
            (self.error, self.is_early) = (None, false);
        }
    }

    fn refresh(&mut self, state: &State) {
        if self.seen != Seen::of(state) {
            self.remake(state);
        }
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        self.is_unseen = false;
        let width = Dialog::room(area, WIDTH);
        let body = self.body(width.into(), scene);
        let foot = self.foot(width.into(), scene);
        let height = u16::try_from(body.len() + foot.len()).unwrap_or(u16::MAX);
        let title = format!("{} {} {}", self.heading(), scene.theme.sign("──", "--"), scene.state.cluster().context);
        let keys = self.keys(scene);
        let keys: Vec<_> = keys.iter().map(|(key, word)| (*key, &**word)).collect();
        let inner = Dialog { title: &title, keys: &keys }.render(area, buf, scene, (width, height));
        // the fields stay in sight; what is above them scrolls
        let foot_height = u16::try_from(foot.len()).unwrap_or(u16::MAX).min(inner.height);
        let room = usize::from(inner.height - foot_height);
        self.scroll = self.scroll.min(body.len().saturating_sub(room));
        let visible = body.iter().skip(self.scroll).take(room);
        for (y, line) in (inner.y..).zip(visible) {
            buf.set_line(inner.x, y, &line.painted(scene.theme), inner.width);
        }
        if body.len() > self.scroll + room && room > 0 {
            let below = counted(body.len() - self.scroll - room, "more line");
            let more = format!("{} {below}", scene.theme.sign("↓", "v"));
            let y = inner.y + inner.height - foot_height - 1;
            buf.set_style(Rect { y, height: 1, ..inner }, scene.theme.style(Style::Dim));
            buf.set_stringn(
                inner.x,
                y,
                format!("{more:<0$}", usize::from(inner.width)),
                inner.width.into(),
                scene.theme.style(Style::Mark),
            );
        }
        let clock = scene.state.person_clock();
        for (y, line) in (inner.bottom() - foot_height..inner.bottom()).zip(&foot) {
            self.form.render(line, Rect { y, height: 1, ..inner }, buf, scene, &clock);
        }
    }
}

impl Confirm {
    /// What was typed changes what is shown, and takes back what was said about it.
    fn typed(&mut self, state: &State) {
        self.error = None;
        let before = self.shown.answers.clone();
        if !self.form.is_empty() && self.answer(state).is_ok() && self.shown.answers != before {
            self.remake(state);
        }
    }
}
