//! The terminal: taken and given back in every way there is of leaving, written to only where the screen changed, and what its bytes mean.

mod decoder;
mod notification;
mod sequence;

use std::io::{BufWriter, Stdout, Write};

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use crossterm::{execute, queue};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

pub use decoder::Decoder;

use super::theme::Depth;
use fluxdeck_model::domain::{NotifyBy, width};

/// Largest text that goes to the clipboard, in bytes: some terminals drop more (k9s has the same bound).
const CLIPBOARD: usize = 74_000;

/// The screen while it is ours. Dropping it gives the terminal back.
pub struct Screen {
    backend: CrosstermBackend<BufWriter<Stdout>>,
    /// What the terminal shows.
    shown: Buffer,
    next: Buffer,
}

/// What is different between two frames: cells with their places.
type Changed<'a> = Vec<(u16, u16, &'a Cell)>;

/// Adds the second half of each wide letter that gives way to a narrow one: some terminals show there again what was below the letter.
fn wipe_halves<'a>(before: &Buffer, after: &'a Buffer, changed: &mut Changed<'a>) {
    let is_wide = |cell: &Cell| width::of(cell.symbol()) > 1;
    let is_half = |(x, y, cell): &&(u16, u16, &Cell)| is_wide(&before[(*x, *y)]) && !is_wide(cell) && x + 1 < after.area.width;
    let halves: Vec<_> = changed.iter().filter(is_half).map(|(x, y, _)| (x + 1, *y)).collect();
    for (x, y) in halves {
        if changed.iter().all(|(column, row, _)| (*column, *row) != (x, y)) {
            changed.push((x, y, &after[(x, y)]));
        }
    }
    changed.sort_by_key(|(x, y, _)| (*y, *x));
}

impl Screen {
    /// Takes the terminal; a panic gives it back before it is reported.
    ///
    /// # Errors
    /// When the terminal cannot be switched.
    pub fn take() -> std::io::Result<Self> {
        let earlier = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // a broken background task must not tear the screen down; the one that draws must
            if std::thread::current().name() == Some("main") {
                give_back();
                earlier(panic);
            }
            tracing::error!(%panic, "a task broke");
        }));
        enter()?;
        let mut screen = Self {
            backend: CrosstermBackend::new(BufWriter::with_capacity(1 << 16, std::io::stdout())),
            shown: Buffer::default(),
            next: Buffer::default(),
        };
        screen.resize()?;
        Ok(screen)
    }

    pub fn area(&self) -> Rect {
        self.next.area
    }

    /// Whether the terminal still has the size that is drawn for.
    ///
    /// # Errors
    /// When the terminal cannot be asked.
    pub fn fits(&self) -> std::io::Result<bool> {
        let (width, height) = size()?;
        Ok(self.next.area == Rect::new(0, 0, width.max(1), height.max(1)))
    }

    /// Fits the buffers to the terminal and redraws everything next time.
    ///
    /// # Errors
    /// When the terminal cannot be asked.
    pub fn resize(&mut self) -> std::io::Result<()> {
        let (width, height) = size()?;
        let area = Rect::new(0, 0, width.max(1), height.max(1));
        self.shown = Buffer::empty(area);
        self.next = Buffer::empty(area);
        queue!(self.backend, Clear(ClearType::All))?;
        std::io::Write::flush(&mut self.backend)
    }

    /// Draws a frame and writes what differs from the one before; writes nothing when nothing does.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Buffer)) -> std::io::Result<()> {
        self.next.reset();
        paint(&mut self.next);
        let mut changed = self.shown.diff(&self.next);
        if changed.is_empty() {
            return Ok(());
        }
        wipe_halves(&self.shown, &self.next, &mut changed);
        self.backend.draw(changed.into_iter())?;
        std::io::Write::flush(&mut self.backend)?;
        std::mem::swap(&mut self.shown, &mut self.next);
        Ok(())
    }

    /// Puts text on the clipboard by OSC 52; false when it is too long.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn copy(&mut self, text: &str) -> std::io::Result<bool> {
        if text.len() > CLIPBOARD {
            return Ok(false);
        }
        execute!(self.backend, CopyToClipboard::to_clipboard_from(text))?;
        Ok(true)
    }

    /// Asks the terminal to notify its user.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn notify(&mut self, by: NotifyBy, text: &str, is_in_tmux: bool) -> std::io::Result<()> {
        self.backend.write_all(notification::sequence(by, text, is_in_tmux).as_bytes())?;
        std::io::Write::flush(&mut self.backend)
    }

    /// Stops the process as ctrl-z does in a shell, and takes the terminal again when it goes on.
    ///
    /// # Errors
    /// When the terminal cannot be switched.
    pub fn suspend(&mut self) -> std::io::Result<()> {
        self.give_back();
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        self.take_back()
    }

    /// Leaves the terminal to another program, until [`Self::take_back`].
    pub fn give_back(&mut self) {
        give_back();
    }

    /// Takes the terminal again, and redraws everything next time.
    ///
    /// # Errors
    /// When the terminal cannot be switched.
    pub fn take_back(&mut self) -> std::io::Result<()> {
        enter()?;
        self.resize()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter() -> std::io::Result<()> {
    enable_raw_mode()?;
    execute!(std::io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)
}

/// Leaves no trace. Errors are of no use to anybody here: the terminal may be gone.
fn give_back() {
    let mut out = std::io::stdout();
    let _ = execute!(out, DisableBracketedPaste, Show, LeaveAlternateScreen);
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// How many colours the terminal shows, by NO_COLOR, COLORTERM and TERM.
pub fn depth() -> Depth {
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    let term = var("TERM");
    if !var("NO_COLOR").is_empty() || term == "dumb" {
        Depth::None
    } else if matches!(var("COLORTERM").as_str(), "truecolor" | "24bit") || term.contains("direct") {
        Depth::True
    } else if term.contains("256") {
        Depth::Indexed
    } else {
        Depth::Sixteen
    }
}

/// The theme for the terminal's background: asked once, before it is ours; a terminal that does not answer is taken to be dark.
pub fn fitting_theme() -> &'static str {
    use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};
    let mut options = QueryOptions::default();
    options.timeout = std::time::Duration::from_millis(150);
    match theme_mode(options) {
        _ if matches!(depth(), Depth::Sixteen | Depth::None) => "ansi16",
        Ok(ThemeMode::Light) => "light",
        _ => "dark",
    }
}

/// How wide the terminal is that standard output goes to; none where it goes to another program or a file.
pub fn columns() -> Option<usize> {
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
    is_terminal.then(size)?.ok().map(|(columns, _)| usize::from(columns)).filter(|columns| *columns > 0)
}

/// Whether only ASCII may be written: the locale is not UTF-8, or the console cannot show more.
pub fn is_ascii_only() -> bool {
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.is_empty());
    let utf8 = locale.is_none_or(|value| value.to_lowercase().replace('-', "").contains("utf8"));
    !utf8 || std::env::var("TERM").is_ok_and(|term| term == "linux")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_letter_that_goes_is_wiped_with_both_halves() {
        let buffer = |text: &str| Buffer::with_lines([text]);
        let wiped = |before: &str, after: &str| {
            let (before, after) = (buffer(before), buffer(after));
            let mut changed = before.diff(&after);
            wipe_halves(&before, &after, &mut changed);
            changed.into_iter().map(|(x, _, cell)| (x, cell.symbol().to_owned())).collect::<Vec<_>>()
        };
        let cells = |all: &[(u16, &str)]| all.iter().map(|(x, text)| (*x, (*text).to_owned())).collect::<Vec<_>>();
        assert_eq!(wiped("a漢 b", "a   b"), cells(&[(1, " "), (2, " ")]));
        assert_eq!(wiped("a漢字b", "ax  yb"), cells(&[(1, "x"), (2, " "), (3, " "), (4, "y")]));
        assert_eq!(wiped("a漢b", "a字b"), cells(&[(1, "字")]));
        assert_eq!(wiped("ab", "cb"), cells(&[(0, "c")]));
    }
}
