//! The selected object beside or below a list: why it is in its state. From the state alone, nothing is fetched.
//!
//! ```text
//! │ Kustomization flux-system/apps
//! │  state         ✗ Failed  HealthCheckFailed
//! │  message       health check failed after 2m:
//! │                [HelmRelease/web/web status: 'Failed']
//! │  source        ● GitRepository flux-system/fleet
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, Borders, Widget};

use crate::ui::layer::Scene;
use crate::ui::theme::Scope;
use crate::ui::widgets::about::About;
use crate::ui::widgets::text::Text;
use fluxdeck_model::domain::{NodeId, Relation};

/// Paints it, with a border towards the list: on the left where it is beside it, above where it is below.
pub fn render_preview(area: Rect, buf: &mut Buffer, scene: &Scene, object: Option<NodeId>) {
    let area = area.intersection(buf.area);
    let border = if area.x > 0 { Borders::LEFT } else { Borders::TOP };
    let mut block = Block::new().borders(border).border_style(scene.theme.style(Scope::Border));
    if scene.theme.ascii {
        block = block.border_set(ratatui::symbols::border::Set {
            vertical_left: "|",
            horizontal_top: "-",
            ..ratatui::symbols::border::PLAIN
        });
    }
    let inner = block.inner(area);
    block.render(area, buf);
    let Some(node) = object.filter(|_| !inner.is_empty()) else { return };
    let room = Text::room(inner.width);
    let mut about = About::new(scene, node, room.into());
    about.name();
    about.state();
    about.pulls();
    about.revisions();
    about.relations(|relation| {
        !matches!(relation, Relation::Applies | Relation::Owns | Relation::EventSource | Relation::Triggers)
    });
    about.conditions();
    about.inventory();
    for (y, line) in (inner.y..inner.bottom()).zip(&about.sections.lines) {
        buf.set_line(inner.x + inner.width - room, y, &line.painted(scene.theme), room);
    }
}
