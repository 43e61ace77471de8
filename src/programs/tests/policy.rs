use fluxdeck_model::render::tree::Memory;

use super::*;

fn folder(files: &[(&str, &str)]) -> PolicyFolder {
    let tree = Memory::new([("apps/web.yaml", "replicas: 2\n"), ("ci/check.sh", "#!/bin/sh\necho $1; exit 3\n")]);
    let files: Vec<_> = files.iter().map(|(path, text)| ((*path).to_owned(), Some(text.as_bytes().to_vec()))).collect();
    let changed: Vec<_> = files.iter().map(|(path, _)| path.clone()).collect();
    PolicyFolder::new(&tree, &files, changed).expect("a copy")
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

async fn ran(command: &[&str]) -> (Option<i32>, String) {
    let folder = folder(&[("apps/web.yaml", "replicas: 5\n"), ("new/a.yaml", "a: 1\n")]);
    let (code, said) = folder.run(&words(command)).await.expect("it ends");
    (code, said.trim().to_owned())
}

#[tokio::test]
async fn a_program_sees_the_changed_files_and_what_changed() {
    assert_eq!(ran(&["cat", "apps/web.yaml"]).await, (Some(0), "replicas: 5".to_owned()));
    assert_eq!(ran(&["sh", "-c", "cat $FLUXDECK_CHANGED"]).await, (Some(0), "apps/web.yaml\nnew/a.yaml".to_owned()));
    assert_eq!(ran(&["./ci/check.sh", "no; echo shell"]).await, (Some(3), "no; echo shell".to_owned()), "no shell reads a word");
    assert_eq!(ran(&["sh", "-c", "kill -9 $$"]).await.0, None);
}

#[tokio::test]
async fn a_program_gets_no_variable_of_the_user_and_no_input() {
    let (_, said) = ran(&["sh", "-c", "env; read -r line || echo no input"]).await;
    let names: Vec<_> = said.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    let known = [
        "PATH",
        "HOME",
        "TMPDIR",
        "FLUXDECK_CHANGED",
        "LC_ALL",
        "TERM",
        "NO_COLOR",
        "GIT_TERMINAL_PROMPT",
        "PWD",
        "SHLVL",
        "_",
        "OLDPWD",
    ];
    let unknown: Vec<_> = names.iter().filter(|name| !known.contains(*name) && !KEPT.contains(*name)).collect();
    assert!(unknown.is_empty() && said.ends_with("no input"), "{unknown:?} {said}");
    assert!(said.lines().any(|line| line.starts_with("HOME=") && line.ends_with("/home")), "{said}");
}

#[tokio::test]
async fn a_program_that_is_not_there_or_leads_out_of_the_copy_is_not_run() {
    let folder = folder(&[]);
    for (command, why) in [
        ("no-such-program", "no-such-program is not installed"),
        ("./ci/none.sh", "./ci/none.sh is not installed"),
        ("../../../bin/sh", "../../../bin/sh is not installed"),
    ] {
        assert_eq!(folder.run(&words(&[command])).await, Err(why.to_owned()));
    }
}

#[tokio::test]
async fn one_that_does_not_end_is_ended_with_what_it_started_and_the_folder_goes() {
    let folder = folder(&[]);
    let ended = folder.run_within(&words(&["sh", "-c", "sleep 600 & echo $! > $HOME/child; wait"]), Duration::from_secs(1)).await;
    assert_eq!(ended, Err("it did not end within 1 s".to_owned()));
    let child = std::fs::read_to_string(folder.home().join("child")).expect("it was started");
    let is_alive = || {
        std::process::Command::new("kill").args(["-0", child.trim()]).stderr(Stdio::null()).status().is_ok_and(|it| it.success())
    };
    // one that has ended is there until somebody has looked at it
    let is_waited_for = || {
        let state = std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        state.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
    };
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while is_alive() && !is_waited_for() {
        assert!(std::time::Instant::now() < until, "its child lives on");
        tokio::task::yield_now().await;
    }
    let tree = folder.tree();
    drop(folder);
    assert!(!tree.exists());
}

#[test]
fn the_copy_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[]);
    let mode = std::fs::metadata(folder.dir.path()).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
