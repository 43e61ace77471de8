//! Who gives the terminal back when the program is killed and cannot: a shell that waits for the end of a pipe.
//!
//! A program that leaves by itself says so before the pipe ends, and the shell does nothing. It costs a process that sleeps. Where none
//! can be started, a killed program leaves the terminal as it was, as other programs do.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// Leaves the alternate screen, shows the cursor and turns bracketed paste off at once. The terminal modes are reset only if no shell has done
/// so. Every interactive shell turns signals back on before it edits a line, and a reset would then break its line editing. A shell needs
/// a moment for that, so the modes are checked only after that moment.
const SCRIPT: &str = r"trap '' TTOU TTIN HUP
read -r _ && exit
exec >/dev/tty </dev/tty || exit
printf '\033[?2004l\033[?25h\033[?1049l'
sleep 0.3
case $(stty -a) in *-isig*) stty sane ;; esac";

/// Watches over the terminal until it is dropped.
pub struct Guard(Option<Child>);

impl Guard {
    pub fn start() -> Self {
        let mut command = Command::new("/bin/sh");
        // a group of its own: what the terminal sends to us is not meant for it
        command.args(["-c", SCRIPT]).env_clear().env("PATH", "/usr/bin:/bin").current_dir("/").process_group(0);
        Self(command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(guard) = &mut self.0 {
            // one that is gone needs no word
            let _ = guard.stdin.take().map(|mut pipe| pipe.write_all(b"\n"));
            let _ = guard.wait();
        }
    }
}
