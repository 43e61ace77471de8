//! Logins with programs that are shell scripts.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use kube::config::ExecConfig;

use super::*;

/// A folder in which a login program lies.
struct Bench {
    dir: tempfile::TempDir,
}

const TOKEN: &str =
    r#"echo '{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": "abc"}}'"#;

impl Bench {
    fn new(script: &str) -> Self {
        let bench = Self { dir: tempfile::tempdir().expect("a folder") };
        bench.script(script);
        bench
    }

    /// Puts another program into the place of the first.
    fn script(&self, script: &str) {
        let (next, path) = (self.file("next"), self.file("tok"));
        std::fs::write(&next, format!("#!/bin/sh\ncd '{}'\necho run >> runs\n{script}\n", self.dir.path().display()))
            .expect("written");
        std::fs::set_permissions(&next, std::fs::Permissions::from_mode(0o755)).expect("set");
        std::fs::rename(next, path).expect("renamed");
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    fn runs(&self) -> usize {
        std::fs::read_to_string(self.file("runs")).map_or(0, |text| text.lines().count())
    }

    fn login(&self) -> Use {
        Logins::default().take(&mut self.user()).expect("an entry").expect("a login")
    }

    fn user(&self) -> AuthInfo {
        let exec = ExecConfig {
            api_version: Some("client.authentication.k8s.io/v1".to_owned()),
            command: Some(self.file("tok").to_string_lossy().into_owned()),
            ..ExecConfig::default()
        };
        AuthInfo { exec: Some(exec), ..AuthInfo::default() }
    }

    fn program(&self) -> Program {
        Program::new(self.user().exec.expect("an entry")).expect("a program")
    }
}

/// Whether the process whose number is in that file lives.
fn lives(file: &Path) -> bool {
    let number = std::fs::read_to_string(file).expect("the program wrote its number");
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", number.trim()));
    // a zombie is dead
    stat.is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..1000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}");
}

#[tokio::test]
async fn everybody_waits_for_the_one_run_and_its_credential_is_used_again() {
    let bench = Bench::new(&format!("sleep 0.2\n{TOKEN}"));
    let login = bench.login();

    let all = futures::future::join_all((0..20).map(|_| login.for_request(PATIENCE))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    login.wait().await.expect("logged in");
    assert_eq!(bench.runs(), 1);
}

#[tokio::test]
async fn users_who_say_the_same_share_a_login_and_others_do_not() {
    let (bench, other) = (Bench::new(TOKEN), Bench::new(TOKEN));
    let logins = Logins::default();
    for user in [bench.user(), bench.user(), other.user()] {
        let login = logins.take(&mut user.clone()).expect("an entry").expect("a login");
        login.wait().await.expect("logged in");
    }
    assert_eq!((bench.runs(), other.runs()), (1, 1));
}

#[tokio::test]
async fn a_failure_says_what_helps_first_is_remembered_and_ends_with_the_repair() {
    let bench =
        Bench::new("echo '{\"token\": \"PLANTED\"}'\nprintf '\\033[31mplease log in at https://me:PLANTED@sso/' >&2\nexit 3");
    let login = bench.login();

    for _ in 0..10 {
        let failed = login.for_request(PATIENCE).await.expect_err("it failed");
        assert!(failed.message.starts_with("\u{fffd}[31mplease log in"), "{failed}");
        assert!(
            failed.message.contains("`tok` failed: exit status: 3") && !format!("{failed:?}").contains("PLANTED"),
            "{failed}"
        );
    }
    assert_eq!(bench.runs(), 1, "no process for each request");
    bench.script(TOKEN);
    assert!(login.for_request(PATIENCE).await.is_err(), "it is remembered");
    locked(&login.state).failed.as_mut().expect("a failure").1 -= REMEMBERED;
    login.for_request(PATIENCE).await.expect("it was repaired");
}

#[tokio::test]
async fn a_request_does_not_wait_for_a_person_and_the_program_runs_on() {
    let bench = Bench::new(&format!("while [ ! -e go ]; do sleep 0.02; done\n{TOKEN}"));
    let login = bench.login();
    // the clock of the test stands for the person; what is started needs the real one
    let failed = login.for_request(PATIENCE).await.expect_err("it waits for somebody");

    assert!(failed.is_waiting && failed.message == "waiting for the login program `tok`", "{failed}");
    std::fs::write(bench.file("go"), "").expect("written");
    login.wait().await.expect("logged in");
    assert_eq!(bench.runs(), 1);
}

#[tokio::test]
async fn one_that_hangs_is_ended_at_its_limit_with_what_it_started() {
    let bench = Bench::new("sleep 1000 & echo $! > child\necho $$ > parent\nwait");
    let failed = log_in(&bench.program(), false, Duration::from_secs(1)).await.expect_err("it hangs");

    assert_eq!(failed.message, "the login program `tok` did not end within 1 s");
    until("both are ended", || !lives(&bench.file("child")) && !lives(&bench.file("parent"))).await;
}

#[tokio::test]
async fn with_its_last_connection_a_login_is_ended() {
    let bench = Bench::new("sleep 1000 & echo $! > child\nwait");
    let (logins, child) = (Logins::default(), bench.file("child"));
    let login = logins.take(&mut bench.user()).expect("an entry").expect("a login");
    let other = login.clone();
    let waiting = tokio::time::timeout(Duration::from_millis(300), login.wait()).await;
    assert!(waiting.is_err());
    until("it runs", || child.exists()).await;

    drop(login);
    assert!(lives(&child), "somebody uses it still");
    drop(other);
    until("it is ended", || !lives(&child)).await;
}

#[tokio::test]
async fn giving_up_ends_it_and_the_next_request_starts_again() {
    let bench = Bench::new("echo $$ > parent\nsleep 1000");
    let login = bench.login();
    assert!(tokio::time::timeout(Duration::from_millis(300), login.wait()).await.is_err());
    until("it runs", || bench.file("parent").exists()).await;

    login.cancel();
    until("it is ended", || !lives(&bench.file("parent"))).await;
    bench.script(TOKEN);
    login.for_request(PATIENCE).await.expect("the next one works");
    assert_eq!(bench.runs(), 2);
}

/// Two connections may show the same credential: who connects again does not leave a second program beside the first.
#[tokio::test]
async fn giving_up_ends_it_for_all_who_wait_and_they_wait_for_the_next() {
    let bench = Bench::new("echo $$ > parent\nsleep 1000");
    let login = bench.login();
    let again = async {
        until("it runs", || bench.file("parent").exists()).await;
        bench.script(&format!("sleep 0.2\n{TOKEN}"));
        login.cancel();
        until("it is ended", || !lives(&bench.file("parent"))).await;
        login.wait().await
    };
    let (waiting, again) = tokio::join!(login.wait(), again);
    again.expect("logged in");
    waiting.expect("logged in too");
    assert_eq!(bench.runs(), 2, "one run for both");
}

#[tokio::test]
async fn a_program_that_always_asks_is_not_run_without_a_terminal() {
    let bench = Bench::new(TOKEN);
    let mut user = bench.user();
    user.exec.as_mut().expect("an entry").interactive_mode = Some(kube::config::ExecInteractiveMode::Always);
    let login = Logins::default().take(&mut user).expect("an entry").expect("a login");

    let failed = login.wait().await.expect_err("there is no terminal for it");
    assert!(failed.message.contains("interactiveMode: Always") && bench.runs() == 0, "{failed}");
}

/// An act over the program's own client, while it waits for a person: nothing has left, and that is said within the request's time.
#[tokio::test]
async fn a_request_that_only_waited_for_a_login_was_not_sent() {
    let bench = Bench::new("sleep 1000");
    for (milliseconds, login) in [(600, bench.login()), (20_000, bench.login())] {
        let limit = Duration::from_millis(milliseconds);
        let mut config = kube::Config::new("http://127.0.0.1:9/".parse().expect("an address"));
        config.connect_timeout = Some(limit);
        let client = client(config, login).expect("a client");
        let request = http::Request::get("/version").body(Vec::new()).expect("a request");
        let began = Instant::now();
        let answer = crate::cluster::send::ask::<serde_json::Value>(&client, request, limit).await;
        let crate::cluster::send::Unanswered::Unsent(failure) = answer.expect_err("no login") else { panic!("it was not sent") };
        assert_eq!(failure.to_string(), "waiting for the login program `tok`");
        assert!(began.elapsed() < limit.min(Duration::from_secs(8)));
    }
}

#[tokio::test]
async fn a_secret_at_the_end_of_what_is_kept_is_whole_or_not_there() {
    let line = "x".repeat(1023);
    let fill = format!("awk 'BEGIN {{ for (i = 0; i < 255; i++) print \"{line}\" }}' >&2");
    // the limit falls into the password, with and without lines before it
    for (before, said) in [(fill.as_str(), "xxx"), ("printf '%0261900d ' 0 >&2", "the login program")] {
        let planted = format!("{before}\nprintf '%0900d https://me:PLANTED%0200dPLANTED@sso/ ' 0 0 >&2\nexit 3");
        let failed = Bench::new(&planted).login().wait().await.expect_err("it failed");
        assert!(failed.message.contains(said) && !failed.message.contains("PLANT"), "{failed}");
    }
}

#[tokio::test]
async fn it_has_no_terminal_and_no_input() {
    let bench = Bench::new(&format!(
        "(: < /dev/tty) 2>/dev/null && echo yes > tty\n[ -z \"$(cat)\" ] || echo yes > input\nps -o sid= -p $$ > session\n{TOKEN}"
    ));
    bench.login().wait().await.expect("logged in");

    assert!(!bench.file("tty").exists() && !bench.file("input").exists());
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let own = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(3)).unwrap_or_default();
    let session = std::fs::read_to_string(bench.file("session")).unwrap_or_default();
    assert_ne!(session.trim(), own, "it has a session of its own");
}

#[tokio::test]
async fn what_it_prints_is_bounded_and_what_it_leaves_behind_is_not_waited_for() {
    let bench = Bench::new("head -c 3000000 /dev/zero");
    let failed = log_in(&bench.program(), false, LIMIT).await.expect_err("garbage");
    assert_eq!(failed.message, "the login program `tok` prints more than any credential");

    bench.script(&format!("sleep 60 &\n{TOKEN}"));
    let began = Instant::now();
    log_in(&bench.program(), false, LIMIT).await.expect("a credential");
    assert!(began.elapsed() < Duration::from_secs(20), "the pipe that is held open is not waited for");
}

#[tokio::test]
async fn it_is_run_again_when_its_credential_ends_or_is_refused_once_a_minute() {
    let soon = r#"echo '{"kind": "ExecCredential", "status": {"token": "abc", "expirationTimestamp": "2020-01-01T00:00:00Z"}}'"#;
    let bench = Bench::new(soon);
    let login = bench.login();
    for _ in 0..3 {
        login.wait().await.expect("logged in");
    }
    assert_eq!(bench.runs(), 1, "what ends at once is used for some seconds all the same");
    locked(&login.state).current.as_mut().expect("a credential").1 -= LEAST;
    bench.script(TOKEN);
    let second = login.credential().await.expect("logged in");
    assert_eq!(bench.runs(), 2);

    login.refuse(&second);
    let third = login.credential().await.expect("logged in");
    login.refuse(&second);
    login.refuse(&third);
    login.wait().await.expect("logged in");
    assert_eq!(bench.runs(), 3, "a refusal is believed once a minute");
}

#[tokio::test]
async fn a_file_with_a_token_is_read_again_without_its_line_end_and_kept_when_it_is_gone() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("token");
    let mut user = AuthInfo { token_file: Some(path.to_string_lossy().into_owned()), ..AuthInfo::default() };
    let login = Logins::default().take(&mut user).expect("an entry").expect("a login");
    let shown = async || login.credential().await.map(|credential| credential.header.clone().expect("a header"));
    let ends = || {
        let ended = Credential { header: bearer("old"), certificate: None, expires: Some(Timestamp::UNIX_EPOCH) };
        locked(&login.state).current = Some((Arc::new(ended), Instant::now() - LEAST));
    };

    assert!(shown().await.is_err_and(|failed| failed.message.contains("cannot read the token")));
    locked(&login.state).failed = None;
    std::fs::write(&path, "abc\n").expect("written");
    assert_eq!(shown().await.expect("a token"), "Bearer abc");
    ends();
    std::fs::write(&path, "def\n").expect("written");
    assert_eq!(shown().await.expect("a token"), "Bearer def");
    ends();
    std::fs::remove_file(&path).expect("removed");
    for _ in 0..3 {
        assert_eq!(shown().await.expect("the last one"), "Bearer old", "for everybody, however lately it failed");
    }
    std::fs::write(&path, "ghi\n").expect("written");
    locked(&login.state).failed.as_mut().expect("a failure").1 -= REMEMBERED;
    assert_eq!(shown().await.expect("a token"), "Bearer ghi");
}

/// As client-go (`transport/round_trippers.go`, NewBearerAuthWithRefreshRoundTripper).
#[tokio::test]
async fn a_file_with_a_token_precedes_the_token_beside_it_and_the_token_a_program() {
    let bench = Bench::new(TOKEN);
    let path = bench.file("token");
    let entry = |text: &str| {
        let mut user: AuthInfo = serde_json::from_str(text).expect("a user");
        user.exec = bench.user().exec;
        user
    };
    let both = format!(r#"{{"token": "beside", "tokenFile": "{}"}}"#, path.display());
    let shown = async |login: &Use| login.credential().await.expect("a token").header.clone().expect("a header");

    let mut user = entry(&both);
    let login = Logins::default().take(&mut user).expect("an entry").expect("a login");
    assert!(token(&user).is_none() && user.exec.is_none(), "kube shows nothing of its own");
    assert_eq!(shown(&login).await, "Bearer beside", "the file is not there");
    std::fs::write(&path, "file\n").expect("written");
    locked(&login.state).failed = None;
    assert_eq!(shown(&login).await, "Bearer file");

    let logins = Logins::default();
    let of = |text: &str| logins.take(&mut entry(text)).expect("an entry");
    assert!(of(r#"{"token": "abc"}"#).is_none() && of(r#"{"token": "abc", "tokenFile": ""}"#).is_none());
    assert_eq!(of(r#"{"token": "", "tokenFile": ""}"#).expect("a login").program().as_deref(), Some("tok"));
    // two users with the same file share nothing where their own tokens differ
    let others = [both.as_str(), &both.replace("beside", "other")].map(|text| of(text).expect("a login"));
    assert!(!Arc::ptr_eq(&others[0].0, &others[1].0));
}

#[tokio::test]
async fn a_failed_login_says_how_to_try_again_on_the_screen_and_in_a_command() {
    let bench = Bench::new("echo please log in >&2; exit 1");
    for (logins, then) in [(Logins::default(), "then press ctrl-r"), (Logins::of_command(), "then run the command again")] {
        let login = logins.take(&mut bench.user()).expect("an entry").expect("a login");
        let failed = login.wait().await.expect_err("it fails");
        let others = ["ctrl-r", "command again"].iter().filter(|way| failed.hint.contains(**way)).count();
        assert!(failed.hint.starts_with(AGAIN) && failed.hint.ends_with(then) && others == 1, "{}", failed.hint);
    }
}
