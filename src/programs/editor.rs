//! The user's editor, for a file at a line.

use std::io;
use std::path::Path;
use std::process::ExitStatus;

use tokio::process::Command;

use super::failure::Failure;

/// How an editor takes the line, by the name of the program. Any other takes `+LINE FILE`, as vi does.
const LINES: &[(&str, Form)] = &[
    ("code", Form::Goto),
    ("code-insiders", Form::Goto),
    ("codium", Form::Goto),
    ("cursor", Form::Goto),
    ("hx", Form::Colon),
    ("helix", Form::Colon),
    ("zed", Form::Colon),
    ("subl", Form::Colon),
];

#[derive(Clone, Copy)]
enum Form {
    /// `--wait --goto FILE:LINE`
    Goto,
    /// `FILE:LINE`
    Colon,
}

/// The command that opens a file at a line (from 1): `$VISUAL`, else `$EDITOR`, else vi. It may have arguments, as git takes it.
pub fn editor(file: &Path, line: u32) -> Command {
    let wanted =
        ["VISUAL", "EDITOR"].into_iter().filter_map(|name| std::env::var(name).ok()).find(|text| !text.trim().is_empty());
    let program = wanted.unwrap_or_else(|| "vi".to_owned());
    let mut command = Command::new("sh");
    // the shell splits the editor's own arguments; ours are its parameters and never read by it
    command.arg("-c").arg(format!("exec {program} \"$@\"")).arg("sh").args(arguments(&program, &file.to_string_lossy(), line));
    command
}

/// Opens a file at a line, and waits until the editor is through with it.
///
/// # Errors
/// As [`edited`].
pub async fn edit(file: &Path, line: u32) -> Result<(), Failure> {
    edited(editor(file, line).status().await)
}

/// What the shell ends with where it does not find a program (POSIX, Shell Command Language 2.8.2).
const NOT_FOUND: i32 = 127;

/// How editing went.
///
/// # Errors
/// The editor is not installed, cannot be started, or failed.
pub fn edited(ended: io::Result<ExitStatus>) -> Result<(), Failure> {
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) if status.code() == Some(NOT_FOUND) => Err(Failure::Missing { program: "the editor" }),
        Ok(status) => Err(Failure::Failed(format!("the editor failed ({status})"))),
        Err(error) => Err(Failure::NotStarted(error.to_string())),
    }
}

fn arguments(program: &str, file: &str, line: u32) -> Vec<String> {
    // what the shell cannot split either, it complains of
    let words = shlex::split(program).unwrap_or_default();
    let name = words.first().and_then(|word| word.rsplit('/').next());
    match LINES.iter().find(|(known, _)| Some(*known) == name).map(|(_, form)| form) {
        _ if line == 0 => vec![file.to_owned()],
        Some(Form::Goto) => ["--wait", "--goto"].map(str::to_owned).into_iter().chain([format!("{file}:{line}")]).collect(),
        Some(Form::Colon) => vec![format!("{file}:{line}")],
        None => vec![format!("+{line}"), file.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_that_is_not_installed_is_named_as_such() {
        let shell = |script: &str| edited(std::process::Command::new("sh").args(["-c", script]).status());
        assert_eq!(shell("exec true"), Ok(()));
        assert_eq!(shell("exec no-such-editor-anywhere 2>/dev/null"), Err(Failure::Missing { program: "the editor" }));
        assert!(matches!(shell("exit 3"), Err(Failure::Failed(why)) if why == "the editor failed (exit status: 3)"));
    }

    #[test]
    fn each_editor_gets_the_line_in_its_own_form() {
        for (program, line, expected) in [
            ("vi", 7, vec!["+7", "a.yaml"]),
            ("/usr/bin/nano -w", 7, vec!["+7", "a.yaml"]),
            ("code --new-window", 7, vec!["--wait", "--goto", "a.yaml:7"]),
            ("/opt/bin/hx", 7, vec!["a.yaml:7"]),
            ("'/opt/My Apps/code' -n", 7, vec!["--wait", "--goto", "a.yaml:7"]),
            ("vi", 0, vec!["a.yaml"]),
        ] {
            assert_eq!(arguments(program, "a.yaml", line), expected, "{program}");
        }
    }
}
