//! One file a view, one line in [`ALL`].

mod actions;
mod acts;
mod commit;
mod confirm;
mod contexts;
mod controller_logs;
mod details;
mod document;
mod drift;
mod edit;
mod events;
mod file;
mod form;
mod graph;
mod help;
mod job;
mod jobs;
mod kinds;
mod leave;
mod logs;
mod namespaces;
mod objects;
mod origins;
pub mod preview;
mod printed;
mod pull;
mod pulls;
mod pulse;
mod review;
mod scenes;
mod timeline;
mod trace;
mod tree;
mod unrecorded;
mod values;
mod why;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Widget, Wrap};

use super::layer::{Scene, View, ViewSpec};
use super::theme::Scope;
use fluxdeck_model::commands::{Screen, Subject};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::state::{Link, State};

/// Every view, in the order of help.
pub const ALL: &[&ViewSpec] = &[
    &tree::SPEC,
    &objects::SPEC,
    &printed::SPEC,
    &pulse::SPEC,
    &why::SPEC,
    &trace::SPEC,
    &graph::SPEC,
    &details::SPEC,
    &document::SPEC,
    &events::SPEC,
    &timeline::SPEC,
    &origins::SPEC,
    &file::SPEC,
    &commit::SPEC,
    &drift::SPEC,
    &values::SPEC,
    &logs::SPEC,
    &controller_logs::SPEC,
    &actions::SPEC,
    &confirm::SPEC,
    &form::SPEC,
    &edit::SPEC,
    &review::SPEC,
    &pulls::SPEC,
    &pull::SPEC,
    &unrecorded::SPEC,
    &jobs::SPEC,
    &job::SPEC,
    &acts::SPEC,
    &leave::SPEC,
    &contexts::SPEC,
    &namespaces::SPEC,
    &kinds::SPEC,
    &scenes::SPEC,
    &help::SPEC,
];

/// Makes that view.
///
/// # Errors
/// When the view cannot be opened on that target.
pub fn make(screen: Screen, target: Subject, state: &State) -> Result<Box<dyn View>> {
    let spec = ALL.iter().find(|spec| spec.screen == screen);
    let spec = spec.ok_or_else(|| Error::usage(format!("there is no view `{}`", screen.name()), "`?` lists the views"))?;
    (spec.make)(target, state)
}

/// Says in an empty list why it is empty.
fn say_why_empty(area: Rect, buf: &mut Buffer, scene: &Scene) {
    let cluster = scene.state.cluster();
    let (done, all) = cluster.progress();
    let (text, hint) = match &cluster.link {
        Link::Connecting => (format!("connecting to {} …", cluster.context), String::new()),
        Link::LoggingIn(program) => (
            format!("waiting for the login program `{program}` of {} …", cluster.context),
            "it may have opened a browser; `:ctx` chooses another cluster".to_owned(),
        ),
        Link::Unauthorised(error) | Link::Unreachable(error) => (error.message.clone(), error.hint.clone()),
        _ if done < all => (format!("reading … {done} of {}", counted(all, "kind")), String::new()),
        _ if cluster.server.served.is_empty() => (
            "this cluster has no Flux".to_owned(),
            "`fluxdeck check --pre` says whether Flux can be installed; `:ctx` chooses another cluster".to_owned(),
        ),
        _ if !cluster.tree.text.is_empty() || cluster.tree.health.is_some() => {
            ("nothing matches".to_owned(), "esc clears the filter".to_owned())
        }
        _ if cluster.namespaces.is_some() => ("nothing in these namespaces".to_owned(), "0 shows all".to_owned()),
        _ if !cluster.restricted().is_empty() => {
            ("you may not list Flux objects everywhere".to_owned(), "name your namespaces: `:ns a,b` or `-n a,b`".to_owned())
        }
        _ => ("nothing here".to_owned(), String::new()),
    };
    placeholder(&text, &hint, area, buf, scene);
}

/// Writes a sentence and what to do about it into an empty pane.
fn placeholder(text: &str, hint: &str, area: Rect, buf: &mut Buffer, scene: &Scene) {
    let lines = vec![
        Line::styled(text.to_owned(), scene.theme.style(Scope::Text)),
        Line::styled(hint.to_owned(), scene.theme.style(Scope::Dim)),
    ];
    let inner = Rect {
        x: area.x + 2.min(area.width),
        y: area.y + 1.min(area.height),
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(1),
    };
    Paragraph::new(lines).wrap(Wrap { trim: true }).render(inner, buf);
}
