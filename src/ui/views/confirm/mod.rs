//! What will happen, before it happens: to which objects, what follows from it, what is asked.
//!
//! ```text
//! ╭ suspend HelmRelease web/web ── prod-eu ───────────────────────────────╮
//! │  ! spec.suspend is set in git (by kustomize-controller): … will undo  │
//! │  · 12 objects stay as applied: nothing corrects or updates them       │
//! │  = flux suspend helmrelease web -n web                                │
//! │                                                                       │
//! │  why    [db migration                                    ]            │
//! │  until  [14:00                ]  2026-01-01 14:00 UTC, in 3h50m       │
//! ╰ ⏎ suspend · tab next · esc nothing happens ───────────────────────────╯
//! ```
//! Made again whenever more is known; the objects stay those that were chosen, by uid.

mod text;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::field::Field;
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::actions::confirm::Wants;
use fluxdeck_model::actions::{self, Confirmation, Demand, Form, Grade, until};
use fluxdeck_model::commands::{Cx, Gesture, Scope, Target, Transition};
use fluxdeck_model::domain::{ObjectRef, duration};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::{Code, Confirmed, Intent, Key, State};

pub const SPEC: ViewSpec = ViewSpec {
    name: "confirm",
    doc: "what an act will do, before it is done",
    scope: Scope::Dialog,
    make: |target, state| match target {
        Target::Confirmation(shown) => Ok(Box::new(Confirm::new(*shown, state))),
        Target::Unexpected(shown) => Ok(Box::new(Confirm { is_unseen: true, ..Confirm::new(*shown, state) })),
        _ => Err(Error::usage("there is nothing to confirm", "press a on an object")),
    },
};

const WIDTH: u16 = 92;
/// Columns of the labels before fields.
const LABEL: usize = 10;

/// What a field asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    Reason,
    Until,
    Replicas,
    /// The word that has to be typed.
    Word,
}

struct Confirm {
    shown: Confirmation,
    targets: Vec<actions::Target>,
    hidden: Vec<ObjectRef>,
    /// What was left out when it was opened.
    skipped: Vec<(ObjectRef, String)>,
    /// What has been asked for to say more.
    asked: Wants,
    fields: Vec<(Asks, Field)>,
    at: usize,
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
        let text = |text: &Option<String>| Field::with(text.clone().unwrap_or_default());
        let mut fields = match shown.action.form {
            Form::Nothing => Vec::new(),
            Form::Suspension => vec![(Asks::Reason, text(&shown.answers.reason)), (Asks::Until, Field::default())],
            Form::Replicas => {
                vec![(Asks::Replicas, text(&shown.answers.replicas.map(|replicas| replicas.to_string())))]
            }
        };
        if matches!(shown.demand, Demand::Type(_)) {
            fields.push((Asks::Word, Field::default()));
        }
        Self {
            targets: shown.planned.iter().filter_map(target).collect(),
            hidden: shown.hidden.clone(),
            skipped: shown.skipped.clone(),
            asked: shown.wants.clone(),
            fields,
            at: 0,
            scroll: 0,
            is_unseen: false,
            error: None,
            is_early: false,
            seen: Seen::of(state),
            shown,
        }
    }

    /// Works it out anew from what is known now.
    fn remake(&mut self, state: &State) {
        let mut fresh = state.confirm(self.shown.action, &self.targets, &self.shown.answers, &self.hidden);
        fresh.skipped.splice(..0, self.skipped.iter().cloned());
        // a field that is there stays: what was typed is not taken away
        if matches!(fresh.demand, Demand::Type(_)) && self.fields.iter().all(|(asks, _)| *asks != Asks::Word) {
            self.fields.push((Asks::Word, Field::default()));
        }
        self.shown = fresh;
        self.seen = Seen::of(state);
    }

    fn text(&self, wished: Asks) -> &str {
        self.fields.iter().find(|(asks, _)| *asks == wished).map_or("", |(_, field)| field.text().trim())
    }

    /// Reads the fields into the answers.
    fn answer(&mut self, state: &State) -> Result<(), Error> {
        let mut answers = self.shown.answers.clone();
        if self.shown.action.form == Form::Suspension {
            let (reason, when) = (self.text(Asks::Reason), self.text(Asks::Until));
            answers.reason = (!reason.is_empty()).then(|| reason.to_owned());
            answers.until = if when.is_empty() { None } else { Some(until(when, state.clock, &zone(state))?) };
        }
        if self.shown.action.form == Form::Replicas {
            let count = self.text(Asks::Replicas);
            let wrong = || Error::usage(format!("`{count}` is no number of replicas"), "type a number from 0 on");
            answers.replicas = if count.is_empty() { None } else { Some(count.parse().map_err(|_| wrong())?) };
        }
        self.shown.answers = answers;
        Ok(())
    }

    /// What is wrong with what was typed so far, or what it was understood as.
    fn understood(&self, asks: Asks, state: &State) -> Option<Styled> {
        let text = self.text(asks);
        match asks {
            _ if text.is_empty() && asks != Asks::Word => {
                let hint = match asks {
                    Asks::Until => "4h, 2d, 14:00 or a date; may stay empty",
                    Asks::Reason => "may stay empty",
                    _ => "",
                };
                Some(Styled::of(Style::Dim, hint))
            }
            Asks::Until => Some(match until(text, state.clock, &zone(state)) {
                Ok(moment) => {
                    let left = duration::age(moment.as_second() - state.clock.as_second()).0;
                    Styled::of(Style::Dim, format!("{}, in {left}", moment.strftime("%Y-%m-%d %H:%M UTC")))
                }
                Err(error) => Styled::of(Style::Error, error.to_string()),
            }),
            Asks::Replicas if text.parse::<u32>().is_err() => Some(Styled::of(Style::Error, "no number")),
            _ => None,
        }
    }

    /// Whether it turned out that nothing can be done at all.
    fn is_void(&self) -> bool {
        self.shown.planned.is_empty()
    }

    fn heading(&self) -> String {
        match (self.is_void(), self.targets.as_slice()) {
            (false, _) => self.shown.title(),
            (true, [one]) => format!("{} {}", self.shown.action.name, one.object),
            (true, many) => format!("{} {} objects", self.shown.action.name, many.len()),
        }
    }

    fn loses_something(&self) -> bool {
        self.shown.action.verb == "delete" || self.shown.consequences.iter().any(|consequence| consequence.grade == Grade::Danger)
    }

    fn accept(&mut self, is_sure: bool, cx: &mut Cx) {
        self.is_early = false;
        self.error = self.answer(cx.state).err().map(|error| error.to_string());
        if self.error.is_some() {
            return;
        }
        if let Some(refusal) = &self.shown.refusal {
            self.error = Some(refusal.to_string());
        } else if !self.shown.is_settled() {
            self.is_early = true;
            self.error = Some("one moment: the API server is still asked whether you may, and what git says".to_owned());
        } else if !is_sure && self.fields.is_empty() && self.loses_something() {
            self.error = Some("something is lost: press y if you mean it".to_owned());
        } else {
            let typed = self.text(Asks::Word).to_owned();
            match cx.state.accepted(&self.shown, &typed) {
                Ok(confirmation) => {
                    cx.intend(Intent::Start(Box::new(Confirmed::of(confirmation))));
                    cx.transit(Transition::Close);
                }
                Err(error) => self.error = Some(error.to_string()),
            }
        }
    }

    fn leave(cx: &mut Cx) {
        cx.say("nothing was done");
        cx.transit(Transition::Close);
    }
}

fn zone(state: &State) -> jiff::tz::TimeZone {
    state.settings.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC)
}

impl View for Confirm {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Target {
        Target::Confirmation(Box::new(self.shown.clone()))
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
        let fields = self.fields.len();
        if self.is_unseen {
            return true;
        }
        match (key.code, key.ctrl) {
            (Code::Esc, _) | (Code::Char('c'), true) => Self::leave(cx),
            (Code::Char('n' | 'q'), false) if fields == 0 => Self::leave(cx),
            (Code::Enter, _) => self.accept(false, cx),
            (Code::Char('y'), false) if fields == 0 => self.accept(true, cx),
            (Code::Tab, _) if fields > 0 => self.at = (self.at + 1) % fields,
            (Code::BackTab, _) if fields > 0 => self.at = (self.at + fields - 1) % fields,
            (Code::Down, _) => self.scroll += 1,
            (Code::Up, _) => self.scroll = self.scroll.saturating_sub(1),
            (Code::PageDown, _) => self.scroll += 10,
            (Code::PageUp, _) => self.scroll = self.scroll.saturating_sub(10),
            _ => {
                if let Some((_, field)) = self.fields.get_mut(self.at)
                    && field.key(key)
                {
                    self.typed(cx);
                }
            }
        }
        true
    }

    fn paste(&mut self, text: &str, cx: &mut Cx) {
        if let Some((_, field)) = self.fields.get_mut(self.at) {
            field.paste(text);
            self.typed(cx);
        }
    }

    fn heard(&mut self, cx: &mut Cx) {
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
            let more = format!("{} {} more lines", scene.theme.sign("↓", "v"), body.len() - self.scroll - room);
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
        for (y, line) in (inner.bottom() - foot_height..inner.bottom()).zip(&foot) {
            let place = Rect { y, height: 1, ..inner };
            buf.set_line(inner.x, y, &line.line.painted(scene.theme), inner.width);
            if let Some(at) = line.field {
                let label = u16::try_from(LABEL).unwrap_or(0).min(place.width);
                let wished = if line.line.text.trim_end().len() > LABEL { 24 } else { place.width };
                let width = wished.min(place.width - label);
                let place = Rect { x: place.x + label, width, ..place };
                self.fields[at].1.render(place, buf, scene.theme, at == self.at);
            }
        }
    }
}

impl Confirm {
    /// What was typed changes what is shown, and takes back what was said about it.
    fn typed(&mut self, cx: &Cx) {
        self.error = None;
        if self.answer(cx.state).is_ok() {
            self.remake(cx.state);
        }
    }
}
