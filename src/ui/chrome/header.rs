//! The first line: which cluster and namespaces one looks at and whether that is live; then the counts.
//!
//! ```text
//!  prod-eu › all namespaces   ● live · flux 2.9.4 · k8s 1.36            ✗ 2 ◐ 1 ◌ 1 ‖ 1 ● 118
//!  arn:aws:eks:e…payments-prod › all ns ● live                                    ✗ 2 ◐ 1 ◌ 1
//!  arn:…-prod › all ns ✗ stale 12:04:11                                    40 columns: no counts
//! ```
//! A narrow screen gives up, in this order: versions, long words, the counts of what is well, those of what is not, letters in the middle of
//! the context, letters of the namespaces. How old the picture is always stays.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::ui::layer::Scene;
use crate::ui::theme::Scope;
use crate::ui::widgets::cut::columns;
use fluxdeck_model::domain::Health;
use fluxdeck_model::domain::width::{self, Cut, fit};
use fluxdeck_model::state::{Cluster, Link};

/// Columns of a context that are worth more than the counts: with so many, both ends of most names can be read.
const CONTEXT: usize = 28;
/// Columns that are spent on blanks before the connection where there are so many.
const WIDE_BLANKS: usize = 2;

/// How wordy the line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Words {
    Long,
    Short,
    /// The fewest.
    Terse,
}

/// Which states are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    All,
    /// Those that need, or may need, a look.
    Trouble,
    Worst,
    None,
}

/// Ever less; the first that leaves room for the context is taken, or the last.
const LEVELS: [(Words, Counted); 5] = [
    (Words::Long, Counted::All),
    (Words::Short, Counted::All),
    (Words::Short, Counted::Trouble),
    (Words::Short, Counted::Worst),
    (Words::Terse, Counted::None),
];

/// The parts of the line, each as wide as it is.
struct Parts<'a> {
    context: &'a str,
    /// Of the context.
    style: Style,
    /// Behind the context, in its style.
    mark: &'static str,
    namespaces: String,
    link: Vec<Span<'static>>,
    /// What limits or changes what the user may do.
    limits: Vec<Span<'static>>,
    counts: Vec<Span<'static>>,
}

/// Context, namespaces, connection, versions, and how many objects are in which state.
pub fn header(area: Rect, buf: &mut Buffer, scene: &Scene) {
    if area.height == 0 {
        return;
    }
    let width = usize::from(area.width);
    let all = || LEVELS.iter().map(|(words, counted)| Parts::of(scene, *words, *counted));
    let has_room = |parts: &Parts| parts.room(width) >= width::of(parts.context).min(CONTEXT);
    let Some(mut parts) = all().find(has_room).or_else(|| all().next_back()) else { return };
    let missing = parts.fixed().saturating_sub(width);
    if missing > 0 {
        let left = width::of(&parts.namespaces).saturating_sub(missing);
        parts.namespaces = namespaces(scene.state.cluster(), Words::Terse, left);
    }
    let room = parts.room(width);
    let counts = Line::from(std::mem::take(&mut parts.counts));
    // the areas do not overlap, whatever is in them
    let right = u16::try_from(columns(&counts)).unwrap_or(area.width).min(area.width);
    parts.line(scene, room).render(Rect { width: area.width - right, ..area }, buf);
    counts.render(Rect { x: area.right() - right, width: right, ..area }, buf);
}

impl<'a> Parts<'a> {
    fn of(scene: &'a Scene, words: Words, counted: Counted) -> Self {
        let cluster = scene.state.cluster();
        let (theme, policy) = (scene.theme, scene.state.policy());
        // production is seen before it is read, and read where there are no colours
        let (style, mark) = match (policy.production, words) {
            (true, Words::Terse) => (theme.style(Scope::Failed).add_modifier(Modifier::REVERSED), " PROD"),
            (true, _) => (theme.style(Scope::Failed).add_modifier(Modifier::REVERSED), " PRODUCTION "),
            (false, _) => (theme.style(Scope::Accent), ""),
        };
        let room = match words {
            Words::Long => 30,
            Words::Short => 20,
            Words::Terse => 12,
        };
        let user = cluster.server.acting_as.as_ref().map(|user| fit(user, if words == Words::Terse { 8 } else { 24 }));
        let user = user.map(|user| Span::styled(format!(" as {user}"), theme.style(Scope::Progressing)));
        let readonly = policy.readonly.then(|| Span::styled(" READ-ONLY", theme.style(Scope::Mark)));
        Self {
            context: if cluster.context.is_empty() { "connecting" } else { &cluster.context },
            style,
            mark,
            namespaces: namespaces(cluster, words, room),
            link: link(scene, words),
            limits: user.into_iter().chain(readonly).collect(),
            counts: counts(scene, counted),
        }
    }

    /// The columns of everything but the context.
    fn fixed(&self) -> usize {
        let spans = |spans: &[Span]| spans.iter().map(|span| width::of(&span.content)).sum::<usize>();
        // a blank before the context, a sign with blanks before the namespaces, a blank before the connection and before the counts
        let blanks = 1 + 3 + 1 + usize::from(!self.counts.is_empty());
        let words = width::of(self.mark) + width::of(&self.namespaces);
        blanks + words + spans(&self.link) + spans(&self.limits) + spans(&self.counts)
    }

    /// The columns that are left for the context.
    fn room(&self, width: usize) -> usize {
        width.saturating_sub(self.fixed())
    }

    /// The line but for the counts; there are so many columns for the context and what may be behind the connection.
    fn line(self, scene: &Scene, room: usize) -> Line<'static> {
        let (cluster, theme) = (scene.state.cluster(), scene.theme);
        // a letter or two of a name say nothing
        let context = if room < 3 { "".into() } else { width::cut(self.context, room, Cut::Middle) };
        let left = room.saturating_sub(width::of(&context));
        // a part of the cluster must not be taken for all of it
        let scope = if cluster.namespaces.is_some() { Scope::Mark } else { Scope::Header };
        let mut line = vec![
            Span::styled(format!(" {context}{}", self.mark), self.style),
            Span::styled(format!(" {} ", theme.sign("›", ">")), theme.style(Scope::Header)),
            Span::styled(self.namespaces, theme.style(scope)),
        ];
        line.extend(self.limits);
        line.push(Span::raw(if left >= WIDE_BLANKS { "   " } else { " " }));
        line.extend(self.link);
        let versions = versions(cluster);
        if width::of(&versions) + WIDE_BLANKS <= left {
            line.push(Span::styled(versions, theme.style(Scope::Dim)));
        }
        Line::from(line)
    }
}

fn versions(cluster: &Cluster) -> String {
    let versions = [("flux", &cluster.server.flux), ("k8s", &cluster.server.kubernetes)];
    let known = versions.into_iter().filter(|(_, version)| !version.is_empty());
    known.map(|(name, version)| format!(" · {name} {}", version.trim_start_matches('v'))).collect()
}

/// `all namespaces`, `web`, `shop,web`; the first and how many more where they are too many for the room.
fn namespaces(cluster: &Cluster, words: Words, room: usize) -> String {
    let Some(some) = &cluster.namespaces else {
        return fit(if words == Words::Long { "all namespaces" } else { "all ns" }, room).into_owned();
    };
    let all = some.iter().map(|name| &**name).collect::<Vec<_>>().join(",");
    match some.iter().next() {
        Some(first) if some.len() > 1 && width::of(&all) > room => {
            let more = format!(" +{}", some.len() - 1);
            format!("{}{more}", width::cut(first, room.saturating_sub(more.len()), Cut::Middle))
        }
        _ => width::cut(&all, room, Cut::Middle).into_owned(),
    }
}

/// How many objects are in which state, the worst first.
fn counts(scene: &Scene, counted: Counted) -> Vec<Span<'static>> {
    let counts = scene.state.cluster().looked_at();
    let present = Health::ALL.into_iter().filter(|health| counts.of(*health) > 0);
    let is_meant = |health: &Health| match counted {
        Counted::All => true,
        Counted::Trouble => !matches!(health, Health::Ready | Health::Unknown),
        Counted::Worst => !matches!(health, Health::Ready | Health::Unknown) && Some(*health) == counts.worst(),
        Counted::None => false,
    };
    let theme = scene.theme;
    let span = |health: Health| Span::styled(format!("{} {} ", theme.glyph(health), counts.of(health)), theme.health(health));
    present.filter(is_meant).map(span).collect()
}

/// The connection: glyph, word and, where something is wrong, why.
pub(super) fn link(scene: &Scene, words: Words) -> Vec<Span<'static>> {
    let cluster = scene.state.cluster();
    let theme = scene.theme;
    let sign = |health: Health, text: String| vec![Span::styled(format!("{} {text}", theme.glyph(health)), theme.health(health))];
    let (done, all) = cluster.progress();
    match &cluster.link {
        Link::Connecting => sign(Health::Progressing, "connecting".to_owned()),
        Link::LoggingIn(_) => sign(Health::Progressing, "logging in".to_owned()),
        Link::Live if done < all => sign(Health::Progressing, format!("reading {done}/{all}")),
        Link::Live => sign(Health::Ready, "live".to_owned()),
        Link::Partly { kinds, .. } if words == Words::Long => sign(Health::Failed, format!("live but {}", fit(kinds, 40))),
        Link::Partly { .. } => sign(Health::Failed, "live in part".to_owned()),
        Link::Stale { since, .. } => {
            let since = match words {
                Words::Long => since.strftime("since %H:%M:%S UTC"),
                Words::Short => since.strftime("since %H:%M:%S"),
                Words::Terse => since.strftime("%H:%M:%S"),
            };
            sign(Health::Failed, format!("stale {since}"))
        }
        Link::Unauthorised(_) => sign(Health::Failed, "unauthorised".to_owned()),
        Link::Unreachable(_) => sign(Health::Failed, "unreachable".to_owned()),
        Link::Recorded(Some(taken)) if words == Words::Long => {
            sign(Health::Suspended, format!("snapshot of {}", taken.strftime("%Y-%m-%d %H:%M UTC")))
        }
        Link::Recorded(_) => sign(Health::Suspended, "snapshot".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ui::widgets::testing::{World, lines};
    use fluxdeck_model::domain::pattern::Pattern;
    use fluxdeck_model::domain::{Guarded, Policy};
    use fluxdeck_model::state::{Beginning, News, Settings};

    const ARN: &str = "arn:aws:eks:eu-west-1:111122223333:cluster/payments-";

    /// A cluster of that context with objects in many states, seen last at noon.
    fn world(context: &str, namespaces: &[&str], settings: Settings) -> World {
        let namespaces = (!namespaces.is_empty()).then(|| namespaces.iter().map(|name| (*name).into()).collect());
        let mut world = World::with(Beginning { context: context.to_owned(), namespaces, settings, ..Beginning::default() });
        for at in 0..40 {
            let status = json!({"observedGeneration": 1, "conditions": [{"type": "Ready", "status": if at % 3 == 0 { "False" } else { "True" }}]});
            let (name, suspend) = (format!("web-{at}"), at % 4 == 0);
            world.put("ks", &json!({"metadata": {"name": name}, "spec": {"suspend": suspend}, "status": status}));
        }
        let since = "2026-01-01T12:04:11Z".parse().expect("a time");
        world.news(News::Link(Link::Stale { since, why: "connection refused".to_owned() }));
        world
    }

    fn drawn(world: &mut World, width: u16) -> String {
        lines(&world.draw(width, 1, header)).concat()
    }

    #[test]
    fn two_contexts_that_differ_at_their_ends_differ_at_every_width() {
        for width in [180, 160, 120, 100, 80, 60, 40] {
            let lines: Vec<_> =
                ["prod", "test"].map(|end| drawn(&mut world(&format!("{ARN}{end}"), &[], Settings::default()), width)).into();
            assert!(lines[0].contains("prod ›"), "{width}: {}", lines[0]);
            assert_ne!(lines[0], lines[1], "{width}");
        }
        let whole = format!("{ARN}prod");
        assert!(drawn(&mut world(&whole, &[], Settings::default()), 160).contains(&whole), "as wide as there is room");
    }

    #[test]
    fn how_old_the_picture_is_and_the_namespace_are_never_lost() {
        let production = Guarded {
            pattern: Pattern::parse("*").expect("a pattern"),
            policy: Policy { production: true, readonly: true, ..Policy::default() },
        };
        let guarded = Settings { guarded: vec![production], ..Settings::default() };
        for settings in [Settings::default(), guarded] {
            for context in ["prod-eu".to_owned(), format!("{ARN}prod")] {
                for width in [200, 160, 120, 100, 90, 80, 70, 60, 50, 40] {
                    let many = ["payments-backend", "shop", "web"];
                    for (namespaces, shown) in [(&[][..], "all"), (&["web"][..], "› web"), (&many[..], "+2")] {
                        let line = drawn(&mut world(&context, namespaces, settings.clone()), width);
                        let is_whole = line.contains(&many.join(","));
                        assert!(line.contains("12:04:11") && line.contains("stale"), "{width}: {line}");
                        assert!(line.contains(shown) || is_whole, "{width}: {line}");
                        assert!(fluxdeck_model::domain::width::of(&line) <= width.into(), "{width}: {line}");
                    }
                }
            }
        }
    }

    #[test]
    fn counts_give_way_from_the_end_and_are_of_the_namespaces() {
        let counts =
            |width, namespaces: &[&str]| drawn(&mut world(&format!("{ARN}prod"), namespaces, Settings::default()), width);
        assert!(counts(180, &[]).ends_with("✗ 10 ‖ 10 ● 20"), "{}", counts(180, &[]));
        assert!(counts(72, &[]).ends_with("✗ 10 ‖ 10"), "{}", counts(72, &[]));
        assert!(!counts(40, &[]).contains("10"), "{}", counts(40, &[]));
        assert!(!counts(180, &["elsewhere"]).contains("10"), "{}", counts(180, &["elsewhere"]));
        assert!(counts(180, &["apps"]).ends_with("✗ 10 ‖ 10 ● 20"), "{}", counts(180, &["apps"]));
    }
}
