//! Anyone's open pull requests of the repositories that the cluster's sources lead to: who, what, how far, and what each touches here.
//!
//! ```text
//!  REPOSITORY  PR    TITLE                          AUTHOR  STATE       CHECKS  REVIEWS     AGE  TOUCHES
//!  ops/fleet   #14   checkout: 2.4.0 in production  ben     ◌ open      2/2     1 approval   2h  production/flux-system/apps (1)
//!  ops/fleet   #11   more memory for the cache      cleo    ‖ draft     1/2                  3d  nothing that is built
//!                    GitRepository apps/charts              not asked                            git.example.com is not a forge …
//! ```

use jiff::Timestamp;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pull::SENT;
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::{Column, Keep};
use crate::ui::widgets::picker::{Item, Picker};
use fluxdeck_model::change::PullPlace;
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject, Transition, explain_first};
use fluxdeck_model::domain::text::{sanitise, sanitise_line};
use fluxdeck_model::domain::{Pull, duration};
use fluxdeck_model::state::pulls::{OpenPull, PullProgress, PullRepository, PullTouches};
use fluxdeck_model::state::{Intent, State};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::PULLS,
    doc: "open pull requests, anyone's",
    scope: KeyScope::Pulls,
    make: |_, _| Ok(Box::<Pulls>::default()),
};

#[derive(Default)]
struct Pulls {
    picker: Picker,
    /// In how many seconds an age changes.
    next_change: i64,
    is_ascii: bool,
}

/// The state with its glyph.
pub(super) fn signed(pull: &Pull, is_ascii: bool) -> Styled {
    let (health, word) = pull.standing();
    Styled::of(health.into(), format!("{} {word}", if is_ascii { health.ascii() } else { health.glyph() }))
}

/// The identity of a row.
fn id_of(url: &str, number: u64) -> String {
    format!("{url}#{number}")
}

impl Pulls {
    fn selected<'s>(&self, state: &'s State) -> Option<(&'s PullRepository, &'s OpenPull)> {
        let id = self.picker.selected()?;
        let (url, number) = id.rsplit_once('#')?;
        state.cluster().pulls.find(url, number.parse().ok()?)
    }

    fn row(&mut self, repository: &PullRepository, open: &OpenPull, now: Timestamp) -> Item {
        let pull = &open.pull;
        let plain = |text: &str| Styled::of(Style::Text, sanitise_line(text));
        let (age, next) = match pull.opened {
            Some(at) => duration::age((now.as_second() - at.as_second()).max(0)),
            None => (String::new(), i64::MAX),
        };
        self.next_change = self.next_change.min(next);
        let checks = pull.checks.filter(|checks| checks.count() > 0);
        let touches = match &open.touches {
            PullTouches::Awaited => Styled::of(Style::Dim, "…"),
            PullTouches::NotKnown(why) => Styled::of(Style::Unknown, format!("not known: {}", sanitise_line(why))),
            PullTouches::Known(summary) if summary.builds.is_empty() => Styled::of(Style::Dim, summary.words()),
            PullTouches::Known(summary) => plain(&summary.words()),
        };
        let fork = if pull.is_fork { " (fork)" } else { "" };
        let cells = vec![
            plain(&repository.site.name()),
            Styled::of(Style::Accent, format!("#{}", pull.number)),
            plain(&pull.title),
            plain(&format!("{}{fork}", pull.author)),
            signed(pull, self.is_ascii),
            plain(&checks.map(|checks| format!("{}/{}", checks.passed, checks.count())).unwrap_or_default()),
            plain(&pull.reviews.map(|reviews| reviews.words()).unwrap_or_default()),
            Styled::of(Style::Dim, age),
            touches,
        ];
        Item { id: id_of(&repository.site.url, pull.number), cells }
    }
}

/// A row for what is not listed, in a word and why.
fn unlisted(name: &str, word: &'static str, why: &str) -> Item {
    let none = Styled::default;
    let dim = |text: &str| Styled::of(Style::Dim, sanitise_line(text));
    let cells = vec![none(), none(), dim(name), none(), Styled::of(Style::Unknown, word), none(), none(), none(), dim(why)];
    Item { id: name.to_owned(), cells }
}

/// Explains the first object that a pull request changes and that is not well.
pub(super) fn why(place: &PullPlace, cx: &mut Cx) {
    let objects = cx.state.cluster().pulls.changed_by(&place.site.url, place.number);
    if let Err(error) = explain_first(&objects, cx) {
        cx.say(error.message);
    }
}

impl View for Pulls {
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
        let pulls = &state.cluster().pulls;
        let age = match pulls.progress {
            PullProgress::Done(at) => {
                let (age, _) = duration::age((state.clock.as_second() - at.as_second()).max(0));
                format!(" · looked up {age} ago")
            }
            _ => String::new(),
        };
        format!("pull requests · {}{age}", pulls.summary())
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        let chosen = self.selected(cx.state).map(|(repository, open)| (repository.place(&open.pull), open.pull.clone()));
        match (gesture, chosen) {
            (Gesture::Again, _) => cx.intend(Intent::LookForPulls),
            (Gesture::Open, Some((place, _))) => cx.transit(Transition::Open(Screen::PULL, Subject::Pull(Box::new(place)))),
            (Gesture::Page, Some((_, pull))) => cx.say(sanitise(&pull.url)),
            (Gesture::CopyPage, Some((_, pull))) => {
                let notice = format!("copied {}", sanitise(&pull.url));
                cx.copy(pull.url, notice);
            }
            (Gesture::Why, Some((place, _))) => why(&place, cx),
            (Gesture::Open | Gesture::Page | Gesture::CopyPage | Gesture::Why, None) => cx.say("there is no pull request here"),
            (gesture, _) if SENT.contains(&gesture) => cx.say("open it first: enter shows what it does"),
            _ => return self.picker.gesture(gesture, cx),
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, state: &State) -> Option<&'static str> {
        match gesture {
            Gesture::NextPane => None,
            gesture if SENT.contains(&gesture) => None,
            Gesture::Open | Gesture::Page => self.selected(state).map(|_| word),
            _ => Some(word),
        }
    }

    fn refresh(&mut self, state: &State) {
        self.next_change = i64::MAX;
        let pulls = &state.cluster().pulls;
        let mut items: Vec<_> = pulls.all().map(|(repository, open)| self.row(repository, open, state.clock)).collect();
        // what cannot be asked is known first: the cursor begins with a pull request all the same
        let is_over = matches!(pulls.progress, PullProgress::Done(_)) || !items.is_empty();
        for repository in pulls.repositories.iter().filter(|_| is_over) {
            match &repository.pulls {
                Err(error) => items.push(unlisted(&repository.site.name(), "not asked", &error.to_string())),
                Ok(pulls) if repository.has_more => {
                    let why = format!("only the newest {} are shown", pulls.len());
                    items.push(unlisted(&repository.site.name(), "more", &why));
                }
                Ok(_) => {}
            }
        }
        items.extend(pulls.skipped.iter().filter(|_| is_over).map(|(source, why)| unlisted(source, "not asked", why)));
        self.picker.fill(items);
    }

    fn message(&self, state: &State) -> Option<Styled> {
        let Some((_, open)) = self.selected(state) else {
            let unasked = self.picker.selected()?;
            let pulls = &state.cluster().pulls;
            let why = pulls.skipped.iter().find(|(name, _)| name == unasked).map(|(_, why)| why.clone());
            let failed = || {
                let found = pulls.repositories.iter().find(|one| one.site.name() == unasked)?;
                found.pulls.as_ref().err().map(ToString::to_string)
            };
            return why.or_else(failed).map(|why| Styled::of(Style::Text, format!("{unasked}: {}", sanitise(&why))));
        };
        let title = Styled::of(Style::Accent, sanitise_line(&open.pull.title));
        Some(match &open.touches {
            PullTouches::Awaited => title.and(Style::Dim, ": looking what it touches…"),
            PullTouches::NotKnown(why) => title.and(Style::Unknown, format!(": {}", sanitise_line(why))),
            PullTouches::Known(summary) => match summary.cautions.first() {
                Some(caution) => title.and(Style::Progressing, format!(": {}", sanitise_line(caution))),
                None => title.and(Style::Dim, format!(": {}", sanitise_line(&summary.words()))),
            },
        })
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        if self.is_ascii != scene.theme.ascii {
            self.is_ascii = scene.theme.ascii;
            self.refresh(scene.state);
        }
        scene.next_change.set(scene.next_change.get().min(self.next_change));
        let pulls = &scene.state.cluster().pulls;
        if let PullProgress::Done(at) = pulls.progress {
            let _ = scene.age(Some(at));
        }
        let columns = [
            Column::new("REPOSITORY", 9, 30, 5).keeping(Keep::End),
            Column::new("PR", 3, 7, 0),
            Column::new("TITLE", 18, 70, 0),
            Column::new("AUTHOR", 6, 20, 1),
            Column::new("STATE", 10, 12, 0),
            Column::new("CHECKS", 6, 7, 4),
            Column::new("REVIEWS", 8, 34, 6),
            Column::new("AGE", 3, 8, 2).right(),
            Column::new("TOUCHES", 12, u16::MAX, 3),
        ];
        let nothing = match pulls.progress {
            PullProgress::Never => "r looks up the open pull requests",
            PullProgress::Running => "looking up the open pull requests…",
            PullProgress::Done(_) if pulls.repositories.is_empty() => "no source of this cluster leads to a forge",
            PullProgress::Done(_) => "there are no open pull requests",
        };
        self.picker.render(area, buf, scene, &columns, nothing);
    }
}
