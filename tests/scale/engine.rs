//! The engine alone, without a cluster or a terminal: how long tier L takes from wire to rows, and what a change, a fold and a filter cost.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fluxdeck::app::App;
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::domain::{ClusterId, Coverage, Delta, GroupKind, Scope};
use fluxdeck_model::kinds::{self, Reader, Wire};
use fluxdeck_model::state::{Beginning, Epoch, Input, Key, Message, News, Settings};
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Value, json};

use crate::cluster::Failure;
use crate::generate::{Fleet, Tier};

/// Objects of a page, as the program asks for them.
const PAGE: usize = 500;
/// Changes that are fed to measure how many the engine takes in a second.
const CHANGES: usize = 50_000;
/// Pods that are broken when why is asked.
const BROKEN: usize = 5_000;

type Objects = BTreeMap<GroupKind, (String, Vec<String>)>;

/// Measures tier L and prints one line a figure.
pub fn run() -> Result<(), Failure> {
    let objects = texts()?;
    let count: usize = objects.values().map(|(_, texts)| texts.len()).sum();
    let settings = Settings { theme: "dark".into(), ..Settings::default() };
    let mut app =
        App::new(Beginning { settings, ..Beginning::default() }, Depth::True, Vec::new()).map_err(|error| error.to_string())?;
    let mut screen = Buffer::empty(Rect::new(0, 0, 180, 50));

    let (mut reading, mut applying, mut longest) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut readers = BTreeMap::new();
    for (gk, (version, texts)) in &objects {
        let mut reader = Reader::new(ClusterId(0), gk.clone(), version, kinds::rules(&gk.group, &gk.kind));
        for page in texts.chunks(PAGE) {
            let begin = Instant::now();
            let read: Vec<_> = page.iter().map(|text| read(&mut reader, text)).collect::<Result<_, _>>()?;
            reading += begin.elapsed();
            let begin = Instant::now();
            feed(&mut app, vec![Delta::Listed { generation: 1, objects: read }]);
            applying += begin.elapsed();
            longest = longest.max(begin.elapsed());
        }
        let scope = Scope { gk: gk.clone(), namespace: None };
        feed(&mut app, vec![Delta::Complete { scope: scope.clone(), generation: 1 }, Delta::Coverage(scope, Coverage::Complete)]);
        readers.insert(gk.clone(), reader);
    }
    println!(
        "engine, tier L: {count} objects read in {} ms, applied in {} ms, longest page {:.1} ms",
        reading.as_millis(),
        applying.as_millis(),
        millis(longest)
    );

    let mut timed = |what: &str, keys: &[&str], app: &mut App| {
        for key in keys {
            let begin = Instant::now();
            app.input(Timestamp::UNIX_EPOCH, Input::Key(Key::parse(key).expect("a key")));
            app.draw(&mut screen);
            let first = begin.elapsed();
            while app.work(|| true) {}
            app.draw(&mut screen);
            println!("{what} `{key}`: frame after {:.2} ms, finished after {:.2} ms", millis(first), millis(begin.elapsed()));
        }
    };
    timed("first frame", &["g"], &mut app);
    timed("moving", &["j", "pgdn", "G", "g"], &mut app);
    timed("unfold all", &["Z", "G", "k", "z"], &mut app);
    timed("filter", &["/", "p", "a", "y", "m", "esc"], &mut app);
    break_pods(&objects, &mut readers, &mut app)?;
    timed(&format!("why, {BROKEN} pods broken"), &["!", "w", "j", "w", "j", "esc", "esc", "!"], &mut app);
    changes(&objects, &mut readers, &mut app, &mut screen)?;
    crate::logs::run(&mut app, &mut screen)
}

/// Lets pods crash, so that there is something to explain: `w` on one object, and again for all that is broken.
fn break_pods(objects: &Objects, readers: &mut BTreeMap<GroupKind, Reader>, app: &mut App) -> Result<(), Failure> {
    let gk = GroupKind::new("", "Pod");
    let (Some((_, texts)), Some(reader)) = (objects.get(&gk), readers.get_mut(&gk)) else { return Err("tier L has pods".into()) };
    for page in texts.iter().take(BROKEN).collect::<Vec<_>>().chunks(PAGE) {
        let mut deltas = Vec::with_capacity(PAGE);
        for text in page {
            let mut object: Value = serde_json::from_str(text)?;
            let container = json!({"name": "app", "ready": false, "restartCount": 7, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "cannot open config"}}});
            object["status"]["conditions"] = json!([{"type": "Ready", "status": "False"}]);
            object["status"]["containerStatuses"] = json!([container]);
            deltas.push(Delta::Upsert(Box::new(read(reader, &object.to_string())?)));
        }
        feed(app, deltas);
    }
    Ok(())
}

/// Feeds changed objects and counts how many are taken in a second, frames drawn ten times a second in between.
fn changes(
    objects: &Objects,
    readers: &mut BTreeMap<GroupKind, Reader>,
    app: &mut App,
    screen: &mut Buffer,
) -> Result<(), Failure> {
    let gk = GroupKind::new("", "Pod");
    let (Some((_, texts)), Some(reader)) = (objects.get(&gk), readers.get_mut(&gk)) else { return Err("tier L has pods".into()) };
    let mut deltas = Vec::with_capacity(CHANGES);
    for at in 0..CHANGES {
        // every object changes each time that it comes
        let phase = if (at / texts.len() + at).is_multiple_of(2) { "\"phase\":\"Pending\"" } else { "\"phase\":\"Running\"" };
        let text = texts[at % texts.len()].replacen("\"phase\":\"Running\"", phase, 1);
        deltas.push(Delta::Upsert(Box::new(read(reader, &text)?)));
    }
    let (begin, mut drawn, mut longest, mut frames) = (Instant::now(), Instant::now(), Duration::ZERO, 0);
    let mut deltas = deltas.into_iter().peekable();
    while deltas.peek().is_some() {
        feed(app, deltas.by_ref().take(256).collect());
        if drawn.elapsed() > Duration::from_millis(100) {
            let frame = Instant::now();
            app.draw(screen);
            longest = longest.max(frame.elapsed());
            (drawn, frames) = (Instant::now(), frames + 1);
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!("changes: {:.0} a second with {frames} frames, the longest {:.1} ms", CHANGES as f64 / seconds, millis(longest));
    Ok(())
}

fn feed(app: &mut App, deltas: Vec<Delta>) {
    app.update(Timestamp::UNIX_EPOCH, Message::Cluster(ClusterId(0), Epoch::default(), News::Deltas(deltas)));
}

fn read(reader: &mut Reader, text: &str) -> Result<fluxdeck_model::domain::Object, Failure> {
    let wire: Wire = serde_json::from_str(text)?;
    Ok(reader.read(&wire, Timestamp::UNIX_EPOCH))
}

/// The fleet as the API would send it, by kind.
fn texts() -> Result<Objects, Failure> {
    let mut objects = Objects::new();
    for object in Fleet::new(Tier::L, 1).objects() {
        let version = object["apiVersion"].as_str().unwrap_or_default();
        let (group, version) = version.rsplit_once('/').unwrap_or(("", version));
        let gk = GroupKind::new(group, object["kind"].as_str().unwrap_or_default());
        let of_kind = objects.entry(gk).or_insert_with(|| (version.to_owned(), Vec::new()));
        of_kind.1.push(object.to_string());
    }
    Ok(objects)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
