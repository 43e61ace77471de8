//! Tables of the screen that the user saved.

use std::path::{Path, PathBuf};

use crate::files::Disk;

const FOLDER: &str = "screens";

/// Writes a table under that name. Returns where it is.
///
/// # Errors
/// When the file cannot be written.
pub fn save(disk: &dyn Disk, dir: &Path, name: &str, text: &str) -> std::io::Result<PathBuf> {
    let folder = dir.join(FOLDER);
    disk.make_dir(&folder)?;
    let path = folder.join(file_name(name));
    disk.replace(&path, text.as_bytes())?;
    Ok(path)
}

/// A name of a cluster or a kind as one of a file: no separators, nothing hidden.
fn file_name(name: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
    format!("{}.csv", name.trim_start_matches('.').chars().map(letter).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::REAL;

    #[test]
    fn a_table_is_saved_whatever_its_cluster_is_called() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = save(REAL, dir.path(), "../arn:aws:eks/prod ks", "NAME\r\n").expect("saved");
        assert_eq!(path, dir.path().join("screens/-arn-aws-eks-prod-ks.csv"));
        assert_eq!(std::fs::read_to_string(path).expect("there"), "NAME\r\n");
    }
}
