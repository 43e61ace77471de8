//! The floor of the harness: a program on the same terminal libraries that changes one cell per
//! key and does nothing else. What it takes, no program on them can undercut.

use crossterm::event::{Event, EventStream, KeyCode, KeyEventKind};
use futures::StreamExt;
use ratatui::{
    DefaultTerminal, Frame,
    layout::Position,
    style::{Color, Style},
};

use crate::cluster::Failure;

pub async fn run() -> Result<(), Failure> {
    let mut terminal = ratatui::init();
    let result = answer_keys(&mut terminal).await;
    ratatui::restore();
    result
}

/// Until `q`. The event stream is the one that an asynchronous program uses.
async fn answer_keys(terminal: &mut DefaultTerminal) -> Result<(), Failure> {
    let mut events = EventStream::new();
    let mut keys = 0_usize;
    terminal.draw(|frame| draw(frame, keys))?;
    while let Some(event) = events.next().await {
        match event? {
            Event::Key(key) if key.kind == KeyEventKind::Press => {
                if key.code == KeyCode::Char('q') {
                    return Ok(());
                }
                keys += 1;
                terminal.draw(|frame| draw(frame, keys))?;
            }
            Event::Resize(..) => {
                terminal.draw(|frame| draw(frame, keys))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A screen full of text of which one cell follows the keys.
fn draw(frame: &mut Frame, keys: usize) {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    for row in area.top()..area.bottom() {
        buffer.set_stringn(
            0,
            row,
            format!("cell {row:03} Kustomization flux-system/apps Ready"),
            usize::from(area.width),
            Style::new(),
        );
    }
    if let Some(cell) = buffer.cell_mut(Position::ORIGIN) {
        cell.set_char(char::from(b'a' + (keys % 26) as u8)).set_fg(Color::Green);
    }
}
