//! The terminal program as a guest in a terminal: there at once, silent when nothing happens, and gone without a trace.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use portable_pty::CommandBuilder;
use regex::bytes::Regex;

use crate::harness::trials;
use crate::support::program::Fluxdeck;
use crate::support::proxy::Proxy;
use crate::support::terminal::{SMALL, Terminal, WIDE};
use crate::support::within;

const SOON: Duration = Duration::from_secs(10);
/// How much of the recorded fleet is ready.
const WELL: &str = "● 168";

/// The recorded fleet, with everything in it years old: no age changes while one looks.
fn old_fleet(user: &Fluxdeck) -> PathBuf {
    let mut text = String::new();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fleet.snapshot.gz");
    let file = std::fs::File::open(fixture).expect("the recorded fleet");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzipped text");
    let time = regex::Regex::new(r"20\d\d-(\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)").expect("a pattern");
    let path = user.file("old.gz");
    let mut packed = flate2::write::GzEncoder::new(std::fs::File::create(&path).expect("a file"), flate2::Compression::fast());
    packed.write_all(time.replace_all(&text, "2020-$1").as_bytes()).expect("written");
    packed.finish().expect("written");
    path
}

/// The fleet on the screen, at rest.
fn opened(user: &Fluxdeck, size: (u16, u16)) -> Terminal {
    let path = old_fleet(user);
    let mut screen = user.open(&["--from", path.to_str().expect("a path")], size);
    // all of it: a pause alone may be one of reading
    screen.until("the whole tree", SOON, |text| text.contains("snapshot") && text.contains(WELL));
    while screen.read(Duration::from_millis(300)) {}
    screen
}

fn the_first_frame_comes_before_any_answer_and_keys_work_meanwhile() {
    let hole = Proxy::black_hole();
    let user = Fluxdeck::new();
    let config = format!(
        "{{apiVersion: v1, kind: Config, current-context: far-away, contexts: [{{name: far-away, context: {{cluster: c, user: u}}}}], \
         clusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{}'}}}}], users: [{{name: u, user: {{}}}}]}}",
        hole.port
    );
    let file = user.write("kubeconfig", &config).display().to_string();
    let user = user.set("KUBECONFIG", &file);
    for size in [WIDE, SMALL] {
        let mut screen = user.open(&["--request-timeout", "2s"], size);
        let took = screen.until_shows("connecting", SOON);
        assert!(took < Duration::from_secs(1), "{took:?}");
        screen.until_shows("far-away", SOON);
        screen.keys("?");
        screen.until_shows("help", Duration::from_secs(1));
        screen.keys("\x1b");
        // never an exit: what to do is on the screen
        screen.until_shows("unreachable", SOON);
        screen.until_shows("cannot reach", SOON);
        assert!(screen.is_running());
    }
}

fn what_is_wrong_with_a_kubeconfig_is_on_the_screen() {
    let user = Fluxdeck::new();
    let broken = user.write("broken", "clusters: [").display().to_string();
    for (arguments, words) in [
        (&["--kubeconfig", "/nowhere/config"][..], "/nowhere/config"),
        (&["--kubeconfig", &broken], "cannot read the kubeconfig"),
        (&[], "there is no kubeconfig"),
    ] {
        let mut screen = user.open(arguments, SMALL);
        screen.until_shows(words, SOON);
        assert!(screen.is_running(), "never an exit");
        screen.keys(":q\r");
        screen.end(SOON);
    }
}

fn an_idle_screen_writes_nothing() {
    let user = Fluxdeck::new();
    let mut screen = opened(&user, WIDE);
    let before = screen.written.len();
    screen.stays("idle", Duration::from_secs(5), |_| true);

    assert_eq!(screen.written.len() - before, 0, "{:?}", String::from_utf8_lossy(&screen.written[before..]));
}

fn every_way_out_gives_the_terminal_back() {
    let user = Fluxdeck::new();
    type Way = fn(&mut Terminal);
    let ways: [(&str, u32, Way); 4] = [
        (":q", 0, |screen| screen.keys(":q\r")),
        ("ctrl-c", 0, |screen| screen.keys("\x03")),
        ("SIGTERM", 143, |screen| screen.signal("TERM")),
        ("SIGHUP", 0, |screen| screen.signal("HUP")),
    ];
    for (way, code, leave) in ways {
        let mut screen = opened(&user, SMALL);
        assert!(screen.screen().alternate_screen() && screen.screen().hide_cursor(), "the screen is ours");
        leave(&mut screen);
        let status = screen.end(Duration::from_secs(5));
        assert_eq!(status.exit_code(), code, "{way}: {status}");
        screen.assert_given_back();
    }
}

/// Nobody can tidy up after a kill -9 but a watcher: an interactive shell restores the modes itself, others do not.
fn a_killed_program_gives_the_terminal_back_too() {
    for (shell, arguments) in [("bash", &["--norc", "--noprofile", "-i"][..]), ("sh", &["-i"][..])] {
        for keys in ["", "d", ":theme ", "?", "!", ":ctx staging\r"] {
            let user = Fluxdeck::new().set("PS1", "shell> ");
            let mut command = CommandBuilder::new(shell);
            command.args(arguments);
            let mut screen = user.open_command(command, WIDE);
            screen.until_shows("shell>", SOON);
            screen.keys(&format!("{} demo; echo over; cat\r", env!("CARGO_BIN_EXE_fluxdeck")));
            screen.until("the tree", SOON, |text| text.contains("flux-system/flux-system") && text.contains("live"));
            screen.keys(keys);
            screen.until("some screen", SOON, |text| text.contains("try"));
            let children = Command::new("pgrep").args(["-P", &screen.process().to_string()]).output().expect("pgrep");
            let child = String::from_utf8_lossy(&children.stdout).trim().to_owned();
            let killed = Command::new("kill").args(["-KILL", &child]).status().expect("kill");
            assert!(killed.success());

            // `cat` has the terminal now: nobody edits a line
            screen.until("what comes after", SOON, |text| text.contains("over"));
            let restored = within(SOON, || {
                while screen.read(Duration::ZERO) {}
                let shown = screen.screen();
                (!shown.alternate_screen() && !shown.hide_cursor()).then_some(())
            });
            assert!(restored.is_some(), "{shell} {keys:?}: still on the other screen");
            within(SOON, || screen.is_cooked().then_some(())).expect("the modes are restored");
            screen.assert_given_back();
        }
    }
}

fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again() {
    let user = Fluxdeck::new().set("PS1", "shell> ");
    let path = old_fleet(&user);
    let mut shell = CommandBuilder::new("bash");
    shell.args(["--norc", "--noprofile", "-i"]);
    let mut screen = user.open_command(shell, WIDE);
    screen.until_shows("shell>", SOON);
    screen.keys(&format!("{} --from {}\r", env!("CARGO_BIN_EXE_fluxdeck"), path.display()));
    screen.until("the tree", SOON, |text| text.contains("flux-system/flux-system") && text.contains("snapshot"));

    screen.keys("\x1a");
    screen.until("the shell", SOON, |text| text.contains("Stopped"));
    assert!(!screen.screen().alternate_screen() && !screen.screen().hide_cursor(), "the shell has the terminal");
    screen.keys("echo still $((40+2))\r");
    screen.until_shows("still 42", SOON);

    screen.keys("fg\r");
    screen.until("the tree again", SOON, |text| text.contains("flux-system/flux-system") && text.contains("snapshot"));
    assert!(screen.screen().alternate_screen());
    screen.keys("?");
    screen.until_shows("help", SOON);
    screen.keys(":q\r");
    screen.until("the shell", SOON, |text| text.trim_end().ends_with("shell>"));
}

fn resizing_in_any_way_breaks_nothing() {
    let user = Fluxdeck::new();
    let mut screen = opened(&user, WIDE);
    let before = screen.text();

    let sizes = [(20, 5), (1, 1), (200, 60), (80, 24), (2, 50), (300, 3), (20, 5), (1, 1), (119, 29), (10, 10)];
    for round in 0..3 {
        for size in sizes {
            screen.resize(size);
            screen.keys(["j", "k", "G"][round]);
            screen.read(Duration::from_millis(5));
        }
        assert!(screen.is_running(), "round {round}");
    }
    // small screens at rest, with a prompt, help and a table
    for size in [(20, 5), (1, 1)] {
        screen.resize(size);
        for keys in ["j", "?", "\x1b", ":ks\r", "/web\r", "\x1b", "\x1b", "\r", "\x1b", "-", "g"] {
            screen.keys(keys);
            screen.read(Duration::from_millis(50));
        }
        assert!(screen.is_running(), "{size:?}");
    }
    screen.keys(":tree\rg");
    screen.resize(WIDE);
    screen.until("the whole tree", SOON, |text| text.contains("flux-system/flux-system") && text.lines().count() >= 25);
    let head = |text: &str| text.lines().next().map(str::to_owned);
    assert_eq!(head(&screen.text()), head(&before));
    screen.keys("\x03");
    screen.end(SOON);
    screen.assert_given_back();
}

fn no_color_means_no_color() {
    // everything but attributes (bold, dim, underlined, reversed …) and their ends
    let colour = Regex::new(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9\d|10[0-7])(?:;\d+)*m").expect("a pattern");
    for (variable, coloured) in [("NO_COLOR", false), ("SOME_COLOR", true)] {
        let user = Fluxdeck::new().set(variable, "1");
        let mut screen = opened(&user, WIDE);
        screen.keys("j?");
        screen.until_shows("help", SOON);
        screen.keys(":ks\r");
        screen.until_shows("kustomizations", SOON);
        assert_eq!(colour.is_match(&screen.written), coloured, "{variable}=1");
    }
}

trials![
    the_first_frame_comes_before_any_answer_and_keys_work_meanwhile,
    what_is_wrong_with_a_kubeconfig_is_on_the_screen,
    an_idle_screen_writes_nothing,
    every_way_out_gives_the_terminal_back,
    a_killed_program_gives_the_terminal_back_too,
    ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again,
    resizing_in_any_way_breaks_nothing,
    no_color_means_no_color,
];
