//! Who may touch what is outside of the program, and the libraries that lead there: by room, folder or file, each with its reason.
//! The lists only shrink: what nothing uses any more leaves them.

use std::collections::BTreeSet;

use super::read::{self, Name, Source};

/// Something outside, and who may touch it.
pub struct Outside {
    pub what: &'static str,
    /// The paths that lead there, from the root of their crate or from any part on, and methods with a point before.
    by: &'static [&'static str],
    of: Of,
    /// A room, a folder or a file, and why.
    pub who: &'static [(&'static str, &'static str)],
}

/// Which sources are looked at: libraries are for their rooms alone, but a test may set up what it needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    All,
    Program,
    Tests,
}

const TASKS: &[&str] = &[
    "thread::spawn",
    "thread::Builder",
    "thread::scope",
    "tokio::spawn",
    "task::spawn",
    "spawn_blocking",
    "spawn_local",
    "JoinSet",
];

pub const OUTSIDE: &[Outside] = &[
    Outside {
        what: "kube",
        by: &["kube", "k8s_openapi"],
        of: Of::All,
        who: &[
            ("cluster", "it is the client"),
            (
                "demo",
                "it is the server: it hands out clients of its API in memory, and reads selectors and writes discovery as Kubernetes",
            ),
        ],
    },
    Outside {
        what: "git2",
        by: &["git2"],
        of: Of::All,
        who: &[("git", "checkouts, commits and clones"), ("demo", "the repositories of the demo, and its forge")],
    },
    Outside { what: "octocrab", by: &["octocrab"], of: Of::All, who: &[("forges/github", "it makes the requests")] },
    Outside {
        what: "ratatui",
        by: &["ratatui", "tui_tree_widget"],
        of: Of::All,
        who: &[("ui", "it draws"), ("app", "it hands the frame to the views")],
    },
    Outside {
        what: "crossterm",
        by: &["crossterm"],
        of: Of::All,
        who: &[("ui/terminal", "it takes the terminal and gives it back")],
    },
    Outside {
        what: "tokio",
        by: &["tokio", "tokio_util"],
        of: Of::All,
        who: &[
            ("cluster", "requests, their limits and pauses"),
            ("programs", "other programs are waited for"),
            ("runtime", "tasks and channels"),
            ("run", "it waits for whatever comes first"),
            ("cli", "it starts the runtime, and waits without a screen"),
            ("demo", "the API server and its controllers"),
            ("forges", "requests and their limits"),
            ("web/tests", "tests wait for requests"),
            ("catalogs", "requests and their limits"),
            ("credentials/tests", "tests wait for other programs"),
        ],
    },
    Outside {
        what: "processes",
        by: &["std::process::Command", "std::process::Child", "std::os::unix::process", "tokio::process", "process_wrap"],
        of: Of::Program,
        who: &[
            ("programs", "git, $EDITOR, second opinions, and the shell that guards the terminal"),
            ("cluster/login", "the login program that a kubeconfig names"),
            ("run", "it holds the editor that has the terminal"),
            ("demo/git/place", "a shell that removes the demo's files should we be killed"),
        ],
    },
    Outside { what: "threads and tasks", by: TASKS, of: Of::Program, who: &[("runtime", "the only room that spawns")] },
    Outside {
        what: "threads and tasks of tests",
        by: TASKS,
        of: Of::Tests,
        who: &[
            ("runtime", "tests that watch a session or a desk from outside"),
            ("cluster/tests/cause", "servers that fail for real"),
            ("programs/tests/git", "servers that fail for real"),
            ("files/real", "two who lock at once"),
            ("records/tests", "two who hold at once"),
            ("demo/git/place", "two who sweep at once"),
        ],
    },
    Outside {
        what: "the file system",
        by: &[
            "std::fs",
            "std::os::unix::fs",
            "tokio::fs",
            "tempfile",
            "tracing_appender",
            ".exists",
            ".try_exists",
            ".is_dir",
            ".is_file",
            ".is_symlink",
            ".canonicalize",
            ".read_dir",
            ".read_link",
            ".symlink_metadata",
        ],
        of: Of::Program,
        who: &[
            ("files", "all that the program keeps"),
            ("git", "checkouts, and the folder of clones"),
            ("programs/copy", "a throwaway copy for other programs"),
            ("programs/policy", "where that copy is, and its end"),
            ("programs/helm", "the same, and charts in the cache"),
            ("programs/run", "where a program is, by PATH"),
            ("programs/reference", "how large a clone gets while git fetches into it"),
            ("config", "its file, and themes"),
            ("records/snapshot", "the snapshot that is opened, wherever it is"),
            ("cluster/connect", "whether there is a kubeconfig"),
            ("cluster/login/mod", "a token file, which is read again and again"),
            ("cli/check", "which files are checked"),
            ("cli/source", "manifests that the command line names"),
            ("cli/log", "the log that FLUXDECK_LOG asks for"),
            ("cli/demo", "random numbers for the doors of the demo"),
            ("demo/git", "the repositories, and where they are"),
            ("demo/forge/pull", "a pull request, beside its repository"),
            ("demo/company", "whether the hints were dismissed"),
            ("credentials/tea", "the logins of another program"),
            ("credentials/folders", "the logins of docker and helm"),
        ],
    },
    Outside {
        what: "the clock",
        by: &["Instant::now", "SystemTime::now", "Timestamp::now", "Zoned::now"],
        of: Of::Program,
        who: &[
            ("run", "each message has its moment"),
            ("runtime", "when something arrives, how long to look, what is old enough to be removed"),
            ("cli/headless", "each message has its moment"),
            ("cli/act", "how long to follow, and which moment a time in a form means"),
            ("cli/changes", "how old changes are"),
            ("cli/jobs", "how old a job is"),
            ("cli/prs", "how old pull requests are"),
            ("cli/trust", "when it was allowed"),
            ("cli/logs", "what was written since then"),
            ("cli/snapshot", "when it was taken"),
            ("cluster/write", "how long a server may be too busy"),
            ("cluster/login", "how long a credential lasts"),
            ("records/run", "the name of a run"),
            ("git/folder", "a file that has just changed may change again within the same tick of its clock"),
            ("demo/company", "its clusters begin now"),
            ("demo/world", "its clock goes on"),
        ],
    },
    Outside {
        what: "the environment",
        by: &["std::env", "directories", "Matcher::from_env"],
        of: Of::Program,
        who: &[
            ("config", "where files are, by the XDG variables"),
            ("ui/terminal", "what the terminal can show: TERM, COLORTERM, NO_COLOR, the locale"),
            ("cluster/connect", "KUBECONFIG, the home directory, and whether it runs in a pod"),
            ("programs", "PATH, the editor, and what git is asked with"),
            ("cli/mod", "the current directory is a checkout to look in"),
            ("cli/source", "the same"),
            ("cli/trust", "the same"),
            ("cli/log", "FLUXDECK_LOG"),
            ("cli/completion", "what a shell says of the line that it has completed"),
            ("demo/git/place", "where temporary files are"),
            ("credentials", "variables that hold a token, and where the logins of another program are"),
            ("forges/network", "proxies, by the variables that curl has"),
        ],
    },
    Outside {
        what: "sockets",
        by: &[
            "TcpStream",
            "TcpListener",
            "TcpSocket",
            "UdpSocket",
            "UnixStream",
            "UnixListener",
            "HttpConnector",
            "ToSocketAddrs",
        ],
        of: Of::Program,
        who: &[
            ("cluster/client", "connections to the API server, with keepalive"),
            ("cli/demo", "the port of a demo that is served"),
            ("demo/api/serve", "the same"),
            ("forges/network", "connections to forges"),
        ],
    },
];

impl Outside {
    fn is_touched_by(&self, name: &Name) -> bool {
        let is_looked_at = self.of == Of::All || name.is_of_tests == (self.of == Of::Tests);
        is_looked_at && self.by.iter().any(|by| leads(&name.path, by))
    }
}

/// Whether a path goes through that one, or a method is called so. A word without a capital is a crate.
fn leads(path: &[String], by: &str) -> bool {
    let parts: Vec<_> = by.split("::").collect();
    let is_there = |at: &[String]| at.iter().zip(&parts).all(|(a, b)| a == b) && at.len() >= parts.len();
    let is_crate = parts.len() == 1 && by.starts_with(|c: char| c.is_lowercase() || c == '.');
    if is_crate { is_there(path) } else { (0..path.len()).any(|at| is_there(&path[at..])) }
}

/// Whether a file is that room, folder or file, or is inside of it.
fn is_in(file: &str, place: &str) -> bool {
    file.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
}

/// What is touched without permission, and permission that nothing needs.
fn judged<'a>(outside: &Outside, sources: impl IntoIterator<Item = &'a Source>) -> Vec<String> {
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for source in sources {
        for name in source.names.iter().filter(|name| outside.is_touched_by(name)) {
            // the nearest place answers for it
            let place =
                outside.who.iter().map(|(place, _)| *place).filter(|place| is_in(&source.below, place)).max_by_key(|p| p.len());
            match place {
                Some(place) => drop(used.insert(place)),
                None => {
                    wrong.push(format!("{} touches {}: {}", source.below, outside.what, name.path.join("::")));
                    break;
                }
            }
        }
    }
    let idle = outside.who.iter().filter(|(place, _)| !used.contains(place));
    wrong.extend(idle.map(|(place, _)| format!("{place} may touch {}, and does not: it leaves the list", outside.what)));
    wrong
}

#[test]
fn what_is_outside_is_touched_where_the_lists_say_so() {
    let wrong: Vec<_> = OUTSIDE.iter().flat_map(|outside| judged(outside, read::PROGRAM.iter())).collect();
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_pure_core_touches_nothing() {
    let pure = |outside: &'static Outside| Outside { who: &[], of: Of::Program, ..*outside };
    let wrong: Vec<_> = OUTSIDE.iter().flat_map(|outside| judged(&pure(outside), read::MODEL.iter())).collect();
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_permission_has_a_reason() {
    for outside in OUTSIDE {
        for (place, why) in outside.who {
            assert!(!why.is_empty(), "{place}: {}", outside.what);
        }
    }
}

/// Each way to the outside, in sources of rooms of which `a` and `b/c.rs` may go there.
#[test]
fn every_way_outside_is_judged() {
    let outside = Outside {
        what: "it",
        by: &["kube", "std::process::Command", "thread::spawn", "Instant::now", "TcpStream", ".exists"],
        of: Of::Program,
        who: &[("a", "why"), ("b/c", "why")],
    };
    let fine = |below: &str| Source { below: below.to_owned(), names: read::names("fn f() { kube::x() }", &["x"]) };
    for (text, is_touched) in [
        ("use kube::Client;", true),
        ("use kube;", true),
        ("use other::kube::Client; use crate::kube::Client;", false),
        ("use std::process::{Command, Stdio};", true),
        ("use std::process; fn f() { process::Command::new(a) }", true),
        ("use std::process as p; fn f() { p::Command::new(a) }", true),
        ("use std::process::{Stdio, ExitStatus};", false),
        ("fn f() { std::thread::spawn(g) }", true),
        ("use std::thread; fn f() { thread::spawn(g) }", true),
        ("use std::thread::sleep;", false),
        ("use std::time::Instant; fn f(a: Instant) {}", false),
        ("use std::time::Instant; fn f() { Instant::now() }", true),
        ("use std::time::Instant as Moment; const NOW: fn() -> Moment = Moment::now;", true),
        ("use tokio::time; fn f() { time::Instant::now() }", true),
        ("json!({ \"at\": tokio::time::Instant::now() });", true),
        ("fn f(a: &std::net::TcpStream) {}", true),
        ("fn f(a: &Path) { a.exists() }", true),
        ("fn f(a: &Path) { vec![a.join(b).exists()] }", true),
        ("fn exists() { exists() }", false),
        ("// kube::Client\nconst A: &str = \"std::process::Command a.exists()\";", false),
        ("#[cfg(test)] mod tests { use kube::Client; }", false),
        ("#[cfg(not(test))] mod other { use kube::Client; }", true),
    ] {
        let source = Source { below: "b/d.rs".to_owned(), names: read::names(text, &["b", "d"]) };
        let judged = judged(&outside, &[source, fine("a/x.rs"), fine("b/c.rs")]);
        assert_eq!(!judged.is_empty(), is_touched, "{text}: {judged:?}");
    }
    let with_tests = Outside { of: Of::All, ..outside };
    let of_tests = Outside { of: Of::Tests, who: &[], ..outside };
    let tests = Source { below: "b/d.rs".to_owned(), names: read::names("#[cfg(test)] use kube::Client;", &["b"]) };
    assert_eq!(judged(&with_tests, &[tests, fine("a.rs"), fine("b/c/e.rs")]), ["b/d.rs touches it: kube::Client"]);
    let tests = Source { below: "b/d.rs".to_owned(), names: read::names("#[cfg(test)] use kube::Client;", &["b"]) };
    assert_eq!(judged(&of_tests, &[tests, fine("a.rs")]), ["b/d.rs touches it: kube::Client"]);
    let idle = judged(&with_tests, &[fine("a/x.rs"), fine("b/cc.rs")]);
    assert_eq!(idle, ["b/cc.rs touches it: kube::x", "b/c may touch it, and does not: it leaves the list"]);
}
