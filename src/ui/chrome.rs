//! Two lines on top, one or two at the bottom; the rest belongs to the view.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::layer::{Scene, View};
use super::prompt::Prompt;
use super::theme::Scope;
use super::widgets::cut::columns;
use super::widgets::lines::Styled;
use fluxdeck_model::actions::{self, Action, Case, Offer};
use fluxdeck_model::commands::{self, Command, keys_of};
use fluxdeck_model::domain::Health;
use fluxdeck_model::domain::width::{self, Cut, fit};
use fluxdeck_model::state::Link;

/// Below this width the first line says the same in fewer words.
const NARROW: u16 = 100;

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

/// Context, namespaces, connection, versions, and how many objects are in which state.
pub fn header(area: Rect, buf: &mut Buffer, scene: &Scene) {
    if area.height == 0 {
        return;
    }
    let cluster = scene.state.cluster();
    let theme = scene.theme;
    let total = cluster.forest.total();
    let counts: Vec<_> = Health::ALL.into_iter().filter(|health| total.of(*health) > 0).collect();
    let mut right = Vec::new();
    for health in counts {
        right.push(Span::styled(format!("{} {} ", theme.glyph(health), total.of(health)), theme.health(health)));
    }
    let right = Line::from(right);
    let context = if cluster.context.is_empty() { "connecting" } else { &cluster.context };
    let namespaces = match &cluster.namespaces {
        None if area.width < NARROW => "all ns".to_owned(),
        None => "all namespaces".to_owned(),
        Some(some) => some.iter().map(|name| &**name).collect::<Vec<_>>().join(","),
    };
    let policy = scene.state.policy();
    // production is seen before it is read, and read where there are no colours
    let (style, mark) = match policy.production {
        true => (theme.style(Scope::Failed).add_modifier(Modifier::REVERSED), " PRODUCTION "),
        false => (theme.style(Scope::Accent), ""),
    };
    let mut left = vec![
        Span::styled(format!(" {}{mark}", width::cut(context, 32, Cut::Middle)), style),
        Span::styled(format!(" {} {}", theme.sign("›", ">"), fit(&namespaces, 30)), theme.style(Scope::Header)),
    ];
    if let Some(user) = &cluster.server.acting_as {
        left.push(Span::styled(format!(" as {user}"), theme.style(Scope::Progressing)));
    }
    if policy.readonly {
        left.push(Span::styled(" READ-ONLY", theme.style(Scope::Mark)));
    }
    left.push(Span::raw(if area.width < NARROW { " " } else { "   " }));
    left.extend(link(scene, area.width < NARROW));
    let versions = [("flux", &cluster.server.flux), ("k8s", &cluster.server.kubernetes)]
        .into_iter()
        .filter(|(_, version)| !version.is_empty());
    let versions: Vec<_> = versions.map(|(name, version)| format!("{name} {}", version.trim_start_matches('v'))).collect();
    let room = usize::from(area.width)
        .saturating_sub(left.iter().map(|span| width::of(&span.content)).sum::<usize>() + columns(&right) + 3);
    let versions = format!(" · {}", versions.join(" · "));
    if width::of(&versions) > 3 && width::of(&versions) <= room {
        left.push(Span::styled(versions, theme.style(Scope::Dim)));
    }
    let width = u16::try_from(columns(&right)).unwrap_or(area.width).min(area.width);
    let left_area = Rect { width: area.width - width, ..area };
    Line::from(left).render(left_area, buf);
    right.render(Rect { x: area.x + area.width - width, width, ..area }, buf);
}

/// The connection: glyph, word and, where something is wrong, why.
fn link(scene: &Scene, is_narrow: bool) -> Vec<Span<'static>> {
    let cluster = scene.state.cluster();
    let theme = scene.theme;
    let sign = |health: Health, text: String| vec![Span::styled(format!("{} {text}", theme.glyph(health)), theme.health(health))];
    let (done, all) = cluster.progress();
    match &cluster.link {
        Link::Connecting => sign(Health::Progressing, "connecting".to_owned()),
        Link::LoggingIn(_) => sign(Health::Progressing, "logging in".to_owned()),
        Link::Live if done < all => sign(Health::Progressing, format!("reading {done}/{all}")),
        Link::Live => sign(Health::Ready, "live".to_owned()),
        Link::Partly { .. } if is_narrow => sign(Health::Failed, "live in part".to_owned()),
        Link::Partly { kinds, .. } => sign(Health::Failed, format!("live but {kinds}")),
        Link::Stale { since, .. } => {
            let since = since.strftime(if is_narrow { "%H:%M:%S" } else { "%H:%M:%S UTC" });
            sign(Health::Failed, format!("stale since {since}"))
        }
        Link::Unauthorised(_) => sign(Health::Failed, "unauthorised".to_owned()),
        Link::Unreachable(_) => sign(Health::Failed, "unreachable".to_owned()),
        Link::Recorded(_) if is_narrow => sign(Health::Suspended, "snapshot".to_owned()),
        Link::Recorded(taken) => {
            let taken = taken.map(|taken| taken.strftime(" of %Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default();
            sign(Health::Suspended, format!("snapshot{taken}"))
        }
    }
}

/// Crumbs, filter and count.
pub fn title(area: Rect, buf: &mut Buffer, scene: &Scene, layers: &[Box<dyn View>]) {
    let Some(top) = layers.last().filter(|_| area.height > 0) else { return };
    let theme = scene.theme;
    let filter = top.filter(scene.state);
    let filter = if filter.is_empty() { filter } else { format!("   /{filter}") };
    let restricted = match scene.state.cluster().restricted().len() {
        0 => String::new(),
        count => format!("   {count} lists restricted (:kinds)"),
    };
    let count = format!(" {} ", top.count(scene.state));
    let width = u16::try_from(width::of(&count)).unwrap_or(area.width).min(area.width);
    let room = usize::from(area.width - width).saturating_sub(1 + width::of(&filter) + width::of(&restricted));
    let titles: Vec<_> = layers.iter().map(|layer| layer.title(scene.state)).collect();
    let crumbs = titles.join(theme.sign(" › ", " > "));
    // where one is matters more than where one came from
    let crumbs = if width::of(&crumbs) > room { titles.last().cloned().unwrap_or_default() } else { crumbs };
    let spans = vec![
        Span::styled(format!(" {}", fit(&crumbs, room)), theme.style(Scope::Text)),
        Span::styled(filter, theme.style(Scope::Mark)),
        Span::styled(restricted, theme.style(Scope::Unknown)),
    ];
    Line::from(spans).render(Rect { width: area.width - width, ..area }, buf);
    buf.set_stringn(area.x + area.width - width, area.y, count, width.into(), theme.style(Scope::Dim));
}

/// Lines for the prompt; else for what is wrong with the connection and, below it, a notice; else for the selected object's message. Where
/// there is room for one only, the connection's comes first: without it nothing on the screen is what it seems.
pub fn message(area: Rect, buf: &mut Buffer, scene: &Scene, prompt: Option<&Prompt>, selected: Option<String>) {
    if area.height == 0 {
        return;
    }
    let theme = scene.theme;
    if let Some(prompt) = prompt {
        return prompt.render(area, buf, theme);
    }
    let mut standing = standing(scene);
    if standing.is_empty() {
        standing.push((selected.unwrap_or_default(), Scope::Dim));
    }
    let room = usize::from(area.width).saturating_sub(1);
    if area.height == 1 {
        let (text, scope) = &standing[0];
        buf.set_stringn(area.x, area.y, format!(" {}", fit(text, room)), area.width.into(), theme.style(*scope));
        return;
    }
    let mut y = area.y;
    for (text, scope) in standing {
        let wanted = usize::from(lines_of(&text, area.width));
        for line in Styled::of(scope, text).wrapped(0, room).into_iter().take(wanted) {
            if y < area.bottom() {
                buf.set_line(area.x + 1, y, &line.painted(theme), area.width - 1);
                y += 1;
            }
        }
    }
}

/// How many lines the message needs: the important part of a refusal is at its end.
pub fn message_lines(scene: &Scene, prompt: Option<&Prompt>, width: u16) -> u16 {
    let notice = scene.state.notice.as_ref().and_then(|notice| notice.left(scene.state.clock));
    scene.next_change.set(notice.map_or(i64::MAX, |left| left.max(1)).min(scene.next_change.get()));
    match prompt {
        Some(_) => 1,
        None => standing(scene).iter().map(|(text, _)| lines_of(text, width)).sum::<u16>().max(1),
    }
}

/// The message lines that do not depend on the selection, from the top.
fn standing(scene: &Scene) -> Vec<(String, Scope)> {
    let trouble = trouble(&scene.state.cluster().link).map(|trouble| (trouble, Scope::Failed));
    let notice = scene.state.notice.as_ref();
    let notice = notice.map(|notice| (notice.text.clone(), if notice.is_error { Scope::Error } else { Scope::Accent }));
    trouble.into_iter().chain(notice).collect()
}

/// One line, or two for what does not fit.
fn lines_of(text: &str, width: u16) -> u16 {
    1 + u16::from(width::of(text) + 1 > usize::from(width))
}

/// Whether the message line has something that must be shown even on a narrow screen.
pub fn is_urgent(scene: &Scene, prompt: Option<&Prompt>) -> bool {
    prompt.is_some() || !standing(scene).is_empty()
}

fn trouble(link: &Link) -> Option<String> {
    match link {
        Link::Stale { since, why } => {
            Some(format!("what you see is from {}: {why}; trying again", since.strftime("%H:%M:%S UTC")))
        }
        Link::Partly { kinds, since: Some(since), why } => {
            Some(format!("{kinds}: what you see is from {}: {why}; trying again", since.strftime("%H:%M:%S UTC")))
        }
        Link::Partly { kinds, since: None, why } => Some(format!("{kinds} could not be read: {why}; trying again")),
        Link::Unauthorised(error) | Link::Unreachable(error) => Some(error.to_string()),
        Link::LoggingIn(program) => Some(format!("waiting for the login program `{program}`")),
        Link::Connecting | Link::Live | Link::Recorded(_) => None,
    }
}

/// Whether the key line of that scope is about the selected object.
pub fn acts_in(scope: commands::KeyScope) -> bool {
    matches!(scope, commands::KeyScope::Tree | commands::KeyScope::Table | commands::KeyScope::Text)
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
    let mut words = acts(scene, top);
    let acting = words.len();
    // what is always needed keeps its place at the end
    let help = commands::all().filter(|command| command.name == "help").map(of_view).next();
    let mut here: Vec<_> = commands::all().filter(is_here).collect();
    here.sort_by_key(|command| command.name != "actions");
    words.extend(here.into_iter().map(of_view).skip(usize::from(acting == 0 && acts_in(scope))));
    words.extend(commands::all().filter(everywhere).filter(|command| command.name != "help").map(of_view));
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

/// A key and what it does.
struct Word {
    key: String,
    text: &'static str,
    is_open: bool,
}

fn of_view(command: &'static Command) -> Word {
    Word { key: first_key(command), text: command.footer, is_open: true }
}

/// What can be done to the selected object by one key.
fn acts(scene: &Scene, top: &dyn View) -> Vec<Word> {
    let (state, scope) = (scene.state, top.spec().scope);
    let selected = if acts_in(scope) { top.selection(state) } else { Vec::new() };
    let Some(case) = selected.first().and_then(|id| Case::new(&state.cluster().store, id, "", state.clock)) else {
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
