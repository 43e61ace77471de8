//! Copying where tmux has the terminal.

use super::*;
use crate::programs::run::find;
use crate::programs::tmux::copy_by;

const TEXT: &str = "kubectl get ks -A\nPLANTED \u{e9}\n";

#[tokio::test]
async fn a_copied_text_is_an_input_of_tmux_and_no_argument() {
    let bed = Bed::new();
    let (tmux, said) = (bed.dir.path().join("bin/tmux"), bed.dir.path().join("said"));
    bed.program(&tmux, &format!("{{ echo \"$@\"; cat; }} > {}", said.display()));
    copy_by(&tmux, TEXT).await.expect("copied");
    assert_eq!(std::fs::read_to_string(said).expect("it ran"), format!("load-buffer -w -\n{TEXT}"));

    bed.program(&tmux, "echo 'unknown option -- w' >&2; exit 1");
    let why = copy_by(&tmux, TEXT).await.expect_err("it is an old one");
    assert_eq!(why.to_string(), "unknown option -- w");
}

/// With the user's own, where one is installed: a server of the test's, whose socket the variable names as tmux itself does.
#[tokio::test]
async fn tmux_itself_has_the_text_in_a_buffer_then() {
    let Some(tmux) = find("tmux") else { return };
    let bed = Bed::new();
    let socket = bed.dir.path().join("socket");
    let on_it = |arguments: &[&str]| {
        let mut command = std::process::Command::new(&tmux);
        command.arg("-S").arg(&socket).args(["-f", "/dev/null"]).args(arguments).env_remove("TMUX").output().expect("tmux runs")
    };
    assert!(on_it(&["new-session", "-d", "sleep 60"]).status.success());
    let wrapper = bed.dir.path().join("bin/tmux");
    bed.program(&wrapper, &format!("TMUX='{},1,0' exec '{}' \"$@\"", socket.display(), tmux.display()));
    let copied = copy_by(&wrapper, TEXT).await;
    let shown = on_it(&["show-buffer"]);
    on_it(&["kill-server"]);
    copied.expect("copied");
    assert_eq!(String::from_utf8_lossy(&shown.stdout), TEXT);
}
