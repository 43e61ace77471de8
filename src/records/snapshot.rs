//! What a cluster shows, in one file: made by `fluxdeck snapshot`, opened by `--from` without a cluster.
//!
//! Gzipped JSON. Values of Secrets are masked before they get here; managedFields are left out.

use std::io::Read;
use std::path::Path;

use crate::files::Disk;
use fluxdeck_model::error::{Error, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The format that this build writes and reads.
const FORMAT: u32 = 1;
/// Largest snapshot read, in bytes unpacked: a broken or hostile file must not fill the memory. Fifty thousand objects of ten kilobytes.
const LARGEST: usize = 512 << 20;
/// How much denser than its text a packed snapshot may be once it is not small any more. Manifests that differ in names alone reach
/// two hundred; a file that is made to fill the memory, a thousand.
const DENSEST: usize = 400;
/// What is small, in bytes unpacked.
const SMALL: usize = 16 << 20;

/// Everything that a cluster showed at one moment.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Snapshot {
    /// The format's number.
    pub fluxdeck: u32,
    pub taken: Option<Timestamp>,
    pub context: String,
    pub kubernetes: String,
    #[serde(default)]
    pub flux: String,
    pub kinds: Vec<Recorded>,
    /// core/v1 Events of these objects.
    pub events: Vec<Value>,
}

/// One kind as it was served, with its objects.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Recorded {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub plural: String,
    pub namespaced: bool,
    /// Whether the one who recorded was refused.
    #[serde(default)]
    pub restricted: bool,
    pub objects: Vec<Value>,
}

impl Snapshot {
    pub fn new(context: String, kubernetes: String, taken: Timestamp) -> Self {
        Self { fluxdeck: FORMAT, taken: Some(taken), context, kubernetes, ..Self::default() }
    }
}

/// Writes a snapshot, for its owner alone: values of Secrets are masked, but it says what runs where. An existing file is replaced only
/// when the new one is whole.
///
/// # Errors
/// When the file cannot be written.
pub fn save(disk: &dyn Disk, snapshot: &Snapshot, path: &Path) -> Result<()> {
    pack(snapshot).and_then(|packed| disk.replace(path, &packed)).map_err(|error| {
        Error::failed(format!("cannot write the snapshot {}: {error}", path.display()), "choose a file that you may write")
    })
}

/// The snapshot as its file holds it.
fn pack(snapshot: &Snapshot) -> std::io::Result<Vec<u8>> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    serde_json::to_writer(&mut packed, snapshot)?;
    packed.finish()
}

/// Opens a snapshot.
///
/// # Errors
/// When the file cannot be read, is not a snapshot, or was written by a newer fluxdeck.
pub fn open(path: &Path) -> Result<Snapshot> {
    let failed = |why: String| {
        Error::failed(format!("cannot open the snapshot {}: {why}", path.display()), "`fluxdeck snapshot FILE` makes one")
    };
    let file = std::fs::File::open(path).map_err(|error| failed(error.to_string()))?;
    read(file).map_err(failed)
}

/// Reads a packed snapshot.
///
/// # Errors
/// Says why it is none.
pub fn read(packed: impl Read) -> std::result::Result<Snapshot, String> {
    let text = unpack(packed)?;
    let snapshot: Snapshot = serde_json::from_slice(&text).map_err(|_| "it is not a snapshot, or incomplete".to_owned())?;
    if snapshot.fluxdeck > FORMAT {
        return Err(format!("it has format {}, this fluxdeck reads up to {FORMAT}", snapshot.fluxdeck));
    }
    Ok(snapshot)
}

/// Unpacks the text of a snapshot, and stops as soon as it cannot be one.
fn unpack(packed: impl Read) -> std::result::Result<Vec<u8>, String> {
    let mut decoder = flate2::read::GzDecoder::new(Counted { inner: packed, taken: 0 });
    let (mut text, mut chunk) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        let read = decoder.read(&mut chunk).map_err(|_| "it is not a snapshot".to_owned())?;
        if read == 0 {
            return Ok(text);
        }
        text.extend_from_slice(&chunk[..read]);
        if text[0] != b'{' {
            return Err("it is not a snapshot".to_owned());
        }
        if text.len() > LARGEST || text.len() > SMALL.max(decoder.get_ref().taken * DENSEST) {
            return Err("it unpacks to more than any snapshot contains; reading stopped".to_owned());
        }
    }
}

/// Counts the bytes that were taken.
struct Counted<R> {
    inner: R,
    taken: usize,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(into)?;
        self.taken += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_made_to_fill_the_memory_is_refused_early() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut encoder, b"{\"fluxdeck\":1,\"kinds\":[").expect("written");
        for _ in 0..128 {
            std::io::Write::write_all(&mut encoder, &vec![b' '; 1 << 20]).expect("written");
        }
        let bomb = encoder.finish().expect("packed");
        let mut counted = Counted { inner: &*bomb, taken: 0 };

        let why = read(&mut counted).expect_err("refused");
        assert!(why.contains("unpacks to more"), "{why}");
        assert!(counted.taken < bomb.len() / 2, "{} of {} bytes were read", counted.taken, bomb.len());
    }
    use crate::files::{Fault, Faulty, REAL};

    #[test]
    fn a_snapshot_opens_as_it_was_saved() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("fleet.gz");
        let mut snapshot = Snapshot::new("prod".into(), "v1.36.4".into(), Timestamp::UNIX_EPOCH);
        snapshot.kinds.push(Recorded {
            kind: "Pod".into(),
            objects: vec![serde_json::json!({"metadata": {"name": "a"}})],
            ..Recorded::default()
        });
        save(REAL, &snapshot, &path).expect("saved");

        let opened = open(&path).expect("opened");
        assert_eq!(
            (opened.context.as_str(), opened.taken, opened.kinds[0].objects.len()),
            ("prod", Some(Timestamp::UNIX_EPOCH), 1)
        );
    }

    #[test]
    fn a_file_that_is_not_a_snapshot_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x");
        std::fs::write(&path, "hello").expect("written");

        assert!(open(&path).is_err_and(|error| error.message.contains("not a snapshot")));
        assert!(open(&dir.path().join("none")).is_err_and(|error| error.message.contains("cannot open")));
    }

    #[test]
    fn a_snapshot_that_cannot_be_written_leaves_the_last_one() {
        use std::os::unix::fs::PermissionsExt;
        let (dir, disk) = (tempfile::tempdir().expect("a directory"), Faulty::new());
        let path = dir.path().join("fleet.gz");
        let snapshot = |context: &str| Snapshot::new(context.into(), "v1.36.4".into(), Timestamp::UNIX_EPOCH);
        save(&disk, &snapshot("prod"), &path).expect("saved");
        disk.set(Fault::NoSpace { lands: 7 });

        assert!(save(&disk, &snapshot("staging"), &path).is_err_and(|error| error.message.contains("cannot write the snapshot")));
        assert!(open(&path).is_ok_and(|snapshot| snapshot.context == "prod"));
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    }
}
