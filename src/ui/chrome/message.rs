//! The line above the keys: the sentence that matters, in two lines where it needs them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::Scene;
use crate::ui::prompt::Prompt;
use crate::ui::theme::Scope;
use crate::ui::widgets::cut::cut;
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::state::Link;

/// The most lines that one sentence takes.
const LINES: usize = 2;

/// Lines for the prompt; else for what is wrong with the connection and, below it, a notice; else for the selected object's message. Where
/// there is room for one only, the connection's comes first: without it nothing on the screen is what it seems.
pub fn message(area: Rect, buf: &mut Buffer, scene: &Scene, prompt: Option<&Prompt>, selected: Option<&Styled>) {
    if area.is_empty() {
        return;
    }
    if let Some(prompt) = prompt {
        return prompt.render(area, buf, scene.theme);
    }
    let room = room(area.width);
    let mut y = area.y;
    for sentence in sentences(scene, selected) {
        let left = usize::from(area.bottom() - y).min(LINES);
        for line in rows(&sentence, room, left) {
            buf.set_line(area.x + 1, y, &cut(line.painted(scene.theme), room), area.width - 1);
            y += 1;
        }
    }
}

/// How many lines the message needs: the important part of a refusal is at its end.
pub fn message_lines(scene: &Scene, prompt: Option<&Prompt>, selected: Option<&Styled>, width: u16) -> u16 {
    let notice = scene.state.notice.as_ref().and_then(|notice| notice.left(scene.state.clock));
    scene.next_change.set(notice.map_or(i64::MAX, |left| left.max(1)).min(scene.next_change.get()));
    if prompt.is_some() {
        return 1;
    }
    let lines: usize = sentences(scene, selected).iter().map(|sentence| rows(sentence, room(width), LINES).len()).sum();
    u16::try_from(lines).unwrap_or(u16::MAX).max(1)
}

fn room(width: u16) -> usize {
    usize::from(width).saturating_sub(1).max(1)
}

/// The rows of a sentence, `most` at most. The last one holds all that is left, and is cut when it is painted.
fn rows(sentence: &Styled, room: usize, most: usize) -> Vec<Styled> {
    let rows = sentence.clone().wrapped(0, room);
    let Some(last) = most.checked_sub(1).filter(|last| rows.len() > last + 1) else {
        return rows.into_iter().take(most).collect();
    };
    let mut kept: Vec<_> = rows[..last].to_vec();
    // two words of the rest are enough to fill the row, and to show that there is more
    let rest = rows[last..].iter().take(2).fold(Styled::default(), |line, row| {
        let line = if line.text.is_empty() { line } else { line.and(Scope::Text, " ") };
        line.and_all(row)
    });
    kept.push(rest);
    kept
}

/// What is to be said, from the top.
fn sentences(scene: &Scene, selected: Option<&Styled>) -> Vec<Styled> {
    let trouble = trouble(&scene.state.cluster().link).map(|trouble| Styled::of(Scope::Failed, trouble));
    let notice = scene.state.notice.as_ref();
    let notice = notice.map(|notice| Styled::of(if notice.is_error { Scope::Error } else { Scope::Accent }, &notice.text));
    let standing: Vec<_> = trouble.into_iter().chain(notice).collect();
    let said = if standing.is_empty() { selected.cloned().into_iter().collect() } else { standing };
    if scene.theme.ascii { said.iter().map(Styled::spelled).collect() } else { said }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::widgets::testing::{World, lines};

    fn drawn(said: &str, (width, height): (u16, u16)) -> (u16, Vec<String>) {
        let said = Styled::of(Scope::Failed, said);
        let mut wanted = 0;
        let buf = World::default().draw(width, height, |area, buf, scene| {
            wanted = message_lines(scene, None, Some(&said), width);
            message(area, buf, scene, None, Some(&said));
        });
        (wanted, lines(&buf))
    }

    #[test]
    fn a_sentence_takes_the_lines_it_needs_two_at_most_and_is_cut_visibly() {
        for (said, size, wanted, shown) in [
            ("Ready: all is well", (30, 1), 1, vec![" Ready: all is well"]),
            ("Failed: the database is not there", (30, 2), 2, vec![" Failed: the database is not", " there"]),
            ("Failed: the database is not there", (30, 1), 2, vec![" Failed: the database is not …"]),
            ("one two three four five six seven", (12, 2), 2, vec![" one two", " three four…"]),
        ] {
            let expected: Vec<_> = shown.into_iter().map(str::to_owned).collect();
            assert_eq!(drawn(said, size), (wanted, expected), "{said}");
        }
    }

    #[test]
    fn no_size_is_too_small() {
        for size in [(0, 0), (1, 1), (2, 2), (3, 1)] {
            drawn("Failed: why", size);
        }
    }
}
