//! A folder on a disk of its own that can be filled: mounted for one user's programs alone, and gone with them.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Enough for a small repository and some jobs, in KiB.
const SIZE: usize = 4096;
/// What is written comes in pages of so many bytes.
pub const PAGE: usize = 4096;
/// What fills it.
const FILLER: &str = "filler";

pub struct Room {
    /// Lives in the namespace of the mount, which ends with it.
    holder: Child,
    folder: PathBuf,
}

impl Room {
    /// Mounts a disk at a folder. None where this user may not mount anything.
    pub fn at(folder: &Path) -> Option<Self> {
        std::fs::create_dir_all(folder).expect("a folder of ours");
        let script = format!("mount -t tmpfs -o size={SIZE}k none \"$0\" && echo mounted && read -r _");
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", &script]).arg(folder);
        let mut holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut line = String::new();
        let said = BufReader::new(holder.stdout.take().expect("piped")).read_line(&mut line);
        let room = Self { holder, folder: folder.to_owned() };
        (said.is_ok() && line.trim() == "mounted").then_some(room)
    }

    /// What starts a program that sees it.
    pub fn door(&self) -> Vec<String> {
        let target = self.holder.id().to_string();
        ["nsenter", "--preserve-credentials", "--user", "--mount", "--target", &target, "--"].map(str::to_owned).into()
    }

    /// A path as everybody can reach it.
    pub fn outside(&self, path: &Path) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Leaves not a byte free.
    pub fn fill(&self) {
        let path = self.outside(&self.folder.join(FILLER));
        let mut file = std::fs::File::create(&path).expect("the disk is mounted");
        let full = (0..=SIZE).find_map(|_| file.write_all(&[0; 1024]).err()).expect("it has an end");
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull, "{full}");
    }

    /// Makes room.
    pub fn free(&self) {
        std::fs::remove_file(self.outside(&self.folder.join(FILLER))).expect("it was filled");
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // it may have ended
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
