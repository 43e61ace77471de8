//! A log that is written faster than anybody reads, without a cluster or a terminal: how many lines are read and shown in a second, and how
//! long a key waits meanwhile.

use std::time::{Duration, Instant};

use fluxdeck::app::App;
use fluxdeck::cluster::Lines;
use fluxdeck_model::state::{Aspect, Effect, Input, Key, Message, Reply, Ticket};
use jiff::Timestamp;
use ratatui::buffer::Buffer;

use crate::cluster::Failure;

const LINES: usize = 500_000;
/// Lines that are handed on at once, and how long the loop takes messages before it looks at keys: as the program does.
const BATCH: usize = 512;
const TURN: Duration = Duration::from_millis(4);

/// Measures with an engine that knows pods, and prints a line a figure.
pub fn run(app: &mut App, screen: &mut Buffer) -> Result<(), Failure> {
    let text = written();
    let begin = Instant::now();
    let lines = futures::executor::block_on(read(text.as_bytes()))?;
    println!("log: {:.0} lines a second read", lines.len() as f64 / begin.elapsed().as_secs_f64());

    let ticket = open(app)?;
    let replies: Vec<_> = lines.chunks(BATCH).map(|lines| Reply::Log(lines.to_vec())).collect();
    let (begin, mut longest, mut keys) = (Instant::now(), Duration::ZERO, 0);
    let mut replies = replies.into_iter().peekable();
    while replies.peek().is_some() {
        // a key that came as the turn began, in every turn
        let turn = Instant::now();
        while turn.elapsed() < TURN
            && let Some(reply) = replies.next()
        {
            app.update(Timestamp::UNIX_EPOCH, Message::Reply(ticket, reply));
        }
        press(app, ["k", "j", "pgup", "G"][keys % 4]);
        app.draw(screen);
        longest = longest.max(turn.elapsed());
        keys += 1;
    }
    let a_second = lines.len() as f64 / begin.elapsed().as_secs_f64();
    let longest = longest.as_secs_f64() * 1_000.0;
    println!("log: {a_second:.0} lines a second shown with {keys} keys, the longest wait for a frame {longest:.1} ms");
    Ok(())
}

/// What a container writes, with the times that the API server puts before it.
fn written() -> String {
    let line = |at: usize| {
        let (second, part) = (at / 100_000, at % 100_000);
        format!("2026-01-01T00:00:{second:02}.{part:05}0000Z level=info method=GET path=/api/items?page={at} status=200 ms=12\n")
    };
    (0..LINES).map(line).collect()
}

async fn read(log: &[u8]) -> Result<Vec<String>, Failure> {
    let (mut lines, mut read) = (Lines::new(log), Vec::with_capacity(LINES));
    while let Some(line) = lines.next().await? {
        read.push(line.text(false).to_owned());
    }
    Ok(read)
}

/// Opens the log of the first pod.
fn open(app: &mut App) -> Result<Ticket, Failure> {
    [":", "p", "o", "enter", "l"].iter().for_each(|key| press(app, key));
    let ticket = app.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Look { ticket, aspect: Aspect::Logs(_), .. } => Some(ticket),
        _ => None,
    });
    ticket.ok_or_else(|| "no log was asked for".into())
}

fn press(app: &mut App, key: &str) {
    app.input(Timestamp::UNIX_EPOCH, Input::Key(Key::parse(key).expect("a key")));
    while app.work(|| true) {}
}
