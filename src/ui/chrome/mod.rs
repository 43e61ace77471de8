//! Two lines on top, two or three at the bottom; the rest belongs to the view.

mod header;
mod message;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::layer::{Scene, View};
use super::theme::Scope;
use super::widgets::cut::columns;
use super::widgets::sentence;
use fluxdeck_model::actions::{self, Action, Case, Offer};
use fluxdeck_model::commands::{self, Command, Handler, Screen, keys_of};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::width::{self, fit};
use fluxdeck_model::domain::{ObjectRef, ascii};

pub use header::header;
pub use message::{message, message_lines};

/// Where everything is on the screen.
pub struct Frame {
    pub header: Rect,
    pub title: Rect,
    /// The demo's hints.
    pub guide: Rect,
    pub body: Rect,
    pub message: Rect,
    pub keys: Rect,
}

impl Frame {
    /// Divides the screen. Small screens give up the keys first, then the message, then the header: the body comes first.
    /// `message` is how many lines it wants.
    pub fn of(area: Rect, hide_header: bool, with_guide: bool, message: u16) -> Self {
        let line = |y: u16, shown: bool| Rect {
            x: area.x,
            y: area.y + y.min(area.height.saturating_sub(1)),
            width: area.width,
            height: shown.into(),
        };
        let header = !hide_header && area.height >= 4;
        let title = area.height >= 3;
        let keys = area.height >= 8;
        let guide = with_guide && area.height >= 16;
        let message = if area.height >= 16 { message } else { message.min(u16::from(area.height >= 6)) };
        let above = u16::from(header) + u16::from(title);
        let top = above + u16::from(guide);
        let bottom = u16::from(keys) + message;
        let height = area.height.saturating_sub(top + bottom);
        Self {
            header: line(0, header),
            title: line(u16::from(header), title),
            guide: line(above, guide),
            body: Rect { x: area.x, y: area.y + top.min(area.height), width: area.width, height },
            message: Rect { height: message, ..line(top + height, message > 0) },
            keys: line(top + height + message, keys),
        }
    }
}

/// Crumbs, filter and count; and the connection where the first line is hidden and something is wrong with it.
pub fn title(frame: &Frame, buf: &mut Buffer, scene: &Scene, layers: &[Box<dyn View>]) {
    let area = frame.title;
    let Some(top) = layers.last().filter(|_| area.height > 0) else { return };
    let theme = scene.theme;
    let filter = top.filter(scene.state);
    let filter = if filter.is_empty() { filter } else { format!("   /{filter}") };
    let is_unsaid = frame.header.height == 0 && scene.state.cluster().lost().is_some();
    let lost = if is_unsaid { header::link(scene, header::Words::Terse) } else { Vec::new() };
    let count = Span::styled(format!(" {} ", top.count(scene.state)), theme.style(Scope::Dim));
    let right = Line::from_iter(lost.into_iter().chain([count]));
    let width = usize::from(area.width);
    let right_width = columns(&right).min(width);
    // where one is matters most, then what is left out, then where one came from
    let titles: Vec<_> = layers.iter().map(|layer| layer.title(scene.state)).collect();
    let own = titles.last().map_or(0, |title| width::of(title));
    let room = width.saturating_sub(right_width + 1);
    let filter = fit(&filter, room.saturating_sub(own.min(room / 2))).into_owned();
    let room = room.saturating_sub(width::of(&filter));
    let restricted = match scene.state.cluster().restricted().len() {
        0 => String::new(),
        count => format!("   {} restricted (:kinds)", counted(count, "list")),
    };
    let restricted = if own + width::of(&restricted) <= room { restricted } else { String::new() };
    let room = room.saturating_sub(width::of(&restricted));
    let spans = vec![
        Span::styled(format!(" {}", crumbs(&titles, theme.sign(" › ", " > "), room)), theme.style(Scope::Text)),
        Span::styled(filter, theme.style(Scope::Mark)),
        Span::styled(restricted, theme.style(Scope::Unknown)),
    ];
    let right_width = u16::try_from(right_width).unwrap_or(area.width);
    Line::from(spans).render(Rect { width: area.width - right_width, ..area }, buf);
    right.render(Rect { x: area.right() - right_width, width: right_width, ..area }, buf);
}

/// A title behind another one: what both end with, the object that they are about, is said once.
fn without_object<'a>(title: &'a str, before: &str) -> &'a str {
    let starts = title.match_indices(' ').map(|(at, _)| at);
    let object = starts.filter(|at| before.ends_with(&title[*at..]) || before == &title[at + 1..]).min();
    object.map_or(title, |at| &title[..at])
}

/// The way to the present view, its end first where not all of it fits. An object is named once: by the first title that is shown.
fn crumbs(titles: &[String], between: &str, room: usize) -> String {
    let way = |from: usize| {
        let said = titles[from..].iter().enumerate().map(|(at, title)| match at {
            0 => title.as_str(),
            at => without_object(title, &titles[from + at - 1]),
        });
        let lead = if from > 0 { format!("{}{between}", width::CUT) } else { String::new() };
        format!("{lead}{}", said.collect::<Vec<_>>().join(between))
    };
    let ways = (0..titles.len()).map(way);
    let Some(last) = titles.last() else { return String::new() };
    ways.into_iter().find(|way| width::of(way) <= room).unwrap_or_else(|| fit(last, room).into_owned())
}

/// Whether the key line of that scope is about the selected object.
pub fn acts_in(scope: commands::KeyScope) -> bool {
    use commands::KeyScope as K;
    matches!(scope, K::Tree | K::Table | K::Text | K::Why | K::Graph)
}

/// The most useful keys: what can be done to the selected object (greyed where it cannot), then those of the view. Dialogs have theirs
/// in their frame.
pub fn keys(area: Rect, buf: &mut Buffer, scene: &Scene, top: &dyn View) {
    let scope = top.spec().scope;
    if area.height == 0 || scope == commands::KeyScope::Dialog {
        return;
    }
    let theme = scene.theme;
    // where one is already needs no key
    let leads_on = |command: &&Command| !command.footer.is_empty() && command.footer != top.spec().screen.name();
    let is_here = |command: &&Command| leads_on(command) && command.scopes.contains(&scope);
    let everywhere = |command: &&Command| !command.footer.is_empty() && command.scopes.contains(&commands::KeyScope::Everywhere);
    let selected = if acts_in(scope) { top.selection(scene.state).into_iter().next() } else { None };
    let mut words = acts(scene, scope, selected.as_ref());
    let acting = words.len();
    // what is always needed keeps its place at the end
    let help = commands::all().filter(|command| command.name == "help").map(plain).next();
    let is_of_use = |command: &&Command| command.name != "actions" || acting > 0 || !acts_in(scope);
    let mut here: Vec<_> = commands::all().filter(is_here).filter(is_of_use).collect();
    let is_explained = explains(scene, selected.as_ref());
    here.sort_by_key(|command| match command.footer == Screen::WHY.name() {
        true => usize::from(!is_explained) * 2,
        false => 1 + usize::from(command.name != "actions"),
    });
    words.extend(here.into_iter().filter_map(|command| word(command, scene, top)));
    words.extend(commands::all().filter(everywhere).filter(|command| command.name != "help").map(plain));
    if theme.ascii {
        words.iter_mut().for_each(|word| word.key = ascii::spelled(&word.key).into_owned());
    }
    let width = |word: &Word| width::of(&word.key) + width::of(word.text) + 3;
    let reserved = help.as_ref().map_or(0, width);
    let mut used = 1;
    let mut spans = vec![Span::raw(" ")];
    let room = usize::from(area.width) + 2;
    let fitting = words.into_iter().take_while(|word| {
        used += width(word);
        used + reserved <= room
    });
    for word in fitting.collect::<Vec<_>>().into_iter().chain(help) {
        let (key, text) = if word.is_open { (Scope::Key, Scope::Dim) } else { (Scope::Disabled, Scope::Disabled) };
        let mut style = theme.style(key);
        if !word.is_open {
            // colours may be few: what is barred is also struck
            style = style.add_modifier(Modifier::CROSSED_OUT);
        }
        spans.push(Span::styled(word.key, style));
        spans.push(Span::styled(format!(" {}  ", word.text), theme.style(text)));
    }
    Line::from(spans).render(area, buf);
}

/// Whether why the selected object is as it is comes first: something is wrong with it.
fn explains(scene: &Scene, selected: Option<&ObjectRef>) -> bool {
    let node = selected.and_then(|id| scene.state.cluster().store.find(id));
    node.is_some_and(|node| sentence::wants_why(scene.state, node))
}

/// A key and what it does.
struct Word {
    key: String,
    text: &'static str,
    is_open: bool,
}

fn plain(command: &'static Command) -> Word {
    Word { key: first_key(command), text: command.footer, is_open: true }
}

/// The word of a command of the view, as that has it at present.
fn word(command: &'static Command, scene: &Scene, top: &dyn View) -> Option<Word> {
    let Handler::Gesture(gesture) = command.run else { return Some(plain(command)) };
    let text = top.word(gesture, command.footer, scene.state)?;
    Some(Word { text, is_open: !top.is_barred(gesture, scene.state), ..plain(command) })
}

/// What can be done to the selected object by one key.
fn acts(scene: &Scene, scope: commands::KeyScope, selected: Option<&ObjectRef>) -> Vec<Word> {
    let state = scene.state;
    let Some(case) = selected.and_then(|id| Case::new(&state.cluster().store, id, "", state.clock)) else {
        return Vec::new();
    };
    let (policy, rights) = (state.policy(), &state.cluster().rights);
    let is_bound = |(key, _): &(&'static str, &'static Action)| {
        commands::all().any(|command| command.scopes.contains(&scope) && command.keys.contains(key))
    };
    let word = |(key, action): (&'static str, &'static Action)| Word {
        key: commands::pretty(key),
        text: action.label.trim_end_matches('…'),
        is_open: actions::offer(action, &case, &policy, rights) == Offer::Open,
    };
    actions::handy(&case).into_iter().filter(is_bound).map(word).collect()
}

fn first_key(command: &Command) -> String {
    keys_of(command).split(' ').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crumbs_name_an_object_once_and_keep_their_end() {
        let titles = ["tree by sources", "describe ks flux-system/apps", "yaml ks flux-system/apps"].map(str::to_owned);
        for (room, expected) in [
            (60, "tree by sources › describe ks flux-system/apps › yaml"),
            (40, "… › describe ks flux-system/apps › yaml"),
            (34, "… › yaml ks flux-system/apps"),
            (26, "yaml ks flux-system/apps"),
            (10, "yaml ks f…"),
        ] {
            assert_eq!(crumbs(&titles, " › ", room), expected, "{room}");
        }
        let review = ["tree", "scale Deployment web/web", "review scale Deployment web/web"].map(str::to_owned);
        assert_eq!(crumbs(&review, " › ", 80), "tree › scale Deployment web/web › review");
        assert_eq!(crumbs(&["a b".to_owned(), "c b".to_owned(), "d e".to_owned()], " › ", 80), "a b › c › d e");
        assert_eq!(crumbs(&[], " › ", 80), "");
    }
}
