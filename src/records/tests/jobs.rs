//! Jobs on a disk that works, and on one that fails at every place in every way.

use std::time::Duration;

use super::*;
use crate::files::{Fault, Faulty, REAL};

fn place() -> (tempfile::TempDir, Arc<dyn Disk>) {
    (tempfile::tempdir().expect("a directory"), files::real())
}

fn later() -> SystemTime {
    SystemTime::now() + Duration::from_secs(3600)
}

fn taken(disk: &Arc<dyn Disk>, dir: &Path) -> Option<(Held, String)> {
    match take(disk, dir, "one").expect("read") {
        Taken::Held(held, bytes) => Some((held, String::from_utf8(bytes).expect("text"))),
        Taken::Elsewhere | Taken::Gone => None,
    }
}

/// As [`taken`], of a job that was let go.
fn freed(disk: &Arc<dyn Disk>, dir: &Path) -> (Held, String) {
    taken(disk, dir).expect("free")
}

/// The names in the folder of jobs.
fn names(dir: &Path) -> Vec<String> {
    files::names(REAL, &dir.join(DIR)).expect("read")
}

/// What the file of the one job holds, byte for byte.
fn on_disk(dir: &Path) -> Option<Vec<u8>> {
    std::fs::read(dir.join("jobs/one.job")).ok()
}

#[test]
fn a_job_is_read_back_as_it_was_written() {
    let (dir, disk) = place();
    let mut held = create(&disk, dir.path(), "one", b"begun\n").expect("created");
    held.append(b"sent\nanswered\n").and_then(|()| held.append(b"done\n")).expect("written");
    drop(held);

    let (mut held, text) = freed(&disk, dir.path());
    assert_eq!(text, "begun\nsent\nanswered\ndone\n");
    held.append(b"seen\n").and_then(|()| held.append(b"over\n")).expect("written");
    held.replace(b"in short\n").and_then(|()| held.append(b"and on\n")).expect("written");
    drop(held);
    assert_eq!(freed(&disk, dir.path()).1, "in short\nand on\n");
    assert_eq!(names(dir.path()), ["one.job", "one.lock"]);
}

#[test]
fn a_job_has_one_holder_until_it_is_let_go_or_removed() {
    let (dir, disk) = place();
    let held = create(&disk, dir.path(), "one", b"begun\n").expect("created");
    assert!(matches!(take(&disk, dir.path(), "one"), Ok(Taken::Elsewhere)));
    assert!(create(&disk, dir.path(), "one", b"another\n").is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists));
    drop(held);
    assert!(create(&disk, dir.path(), "one", b"another\n").is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists));

    let (held, text) = freed(&disk, dir.path());
    assert_eq!(text, "begun\n");
    held.remove().expect("removed");
    assert!(matches!(take(&disk, dir.path(), "one"), Ok(Taken::Gone)));
    assert!(names(dir.path()).is_empty(), "the lock went with it");
    create(&disk, dir.path(), "one", b"again\n").expect("the id is free");
}

#[test]
fn a_job_that_is_taken_up_says_what_its_last_holder_wrote_after_somebody_looked() {
    let (dir, disk) = place();
    let mut held = create(&disk, dir.path(), "one", b"begun\n").expect("created");
    let seen = load(&*disk, dir.path()).expect("read");
    held.append(b"sent\n").expect("written");
    drop(held);

    assert_eq!(seen[0].bytes.as_deref().expect("read"), b"begun\n");
    assert_eq!(freed(&disk, dir.path()).1, "begun\nsent\n");
}

#[test]
fn jobs_are_listed_with_who_holds_them() {
    let (dir, disk) = place();
    assert!(load(&*disk, dir.path()).expect("a folder that is missing holds none").is_empty());
    let _held = create(&disk, dir.path(), "two", b"second\n").expect("created");
    drop(create(&disk, dir.path(), "one", b"first\n").expect("created"));
    std::fs::write(dir.path().join("jobs/.one.job.7-0.part"), "half").expect("written");
    std::fs::create_dir(dir.path().join("jobs/odd.job")).expect("made");

    let found = load(&*disk, dir.path()).expect("read");
    let shown: Vec<_> = found.iter().map(|job| (job.id.as_str(), job.bytes.as_deref().ok(), job.is_elsewhere)).collect();
    let (first, second) = (b"first\n".as_slice(), b"second\n".as_slice());
    assert_eq!(shown, [("odd", None, false), ("one", Some(first), false), ("two", Some(second), true)]);
}

#[test]
fn looking_does_not_block_the_holder() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let (dir, disk) = place();
    drop(create(&disk, dir.path(), "one", b"begun\n").expect("created"));
    let is_over = AtomicBool::new(false);
    let held = std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    load(&*disk, dir.path()).expect("read");
                }
            });
        }
        let held = (0..300).filter(|_| taken(&disk, dir.path()).is_some()).count();
        is_over.store(true, Ordering::SeqCst);
        held
    });
    assert_eq!(held, 300, "a job without a holder was reported as held");
    assert!(!load(&*disk, dir.path()).expect("read")[0].is_elsewhere, "and none of them holds it now");
}

#[test]
fn an_id_is_a_files_name_and_what_is_written_are_lines() {
    let (dir, disk) = place();
    for id in ["", ".one", "../one", "a/b", "a\0b"] {
        assert!(create(&disk, dir.path(), id, b"x\n").is_err_and(|error| error.kind() == io::ErrorKind::InvalidInput), "{id}");
    }
    let refused = |result: io::Result<()>| result.is_err_and(|error| error.kind() == io::ErrorKind::InvalidInput);
    let mut held = create(&disk, dir.path(), "one", b"begun\n").expect("created");
    assert!(refused(held.append(b"half")) && refused(held.append(b"")) && refused(held.replace(b"half")));
    held.append(b"whole\n").expect("written");
    assert_eq!(on_disk(dir.path()).expect("there"), b"begun\nwhole\n");
}

#[test]
fn a_file_that_something_else_changed_is_not_added_to() {
    let (dir, disk) = place();
    let mut held = create(&disk, dir.path(), "one", b"begun\n").expect("created");
    REAL.append(&held.at.job, b"foreign").expect("written");

    assert!(held.append(b"sent\n").is_err_and(|error| error.to_string().contains("changed by another program")));
    held.append(b"sent\n").expect("rewritten");
    assert_eq!(on_disk(dir.path()).expect("there"), b"begun\nsent\n");
}

#[test]
fn what_is_over_and_old_is_swept_and_nothing_else() {
    let (dir, disk) = place();
    for (id, text) in [("over", "over\n"), ("open", "open\n"), ("held", "over\n")] {
        drop(create(&disk, dir.path(), id, text.as_bytes()).expect("created"));
    }
    let Ok(Taken::Held(held, _)) = take(&disk, dir.path(), "held") else { panic!("it is free") };
    let jobs = dir.path().join(DIR);
    for left in ["gone.lock", ".one.job.7-0.part"] {
        REAL.append(&jobs.join(left), b"").expect("written");
    }
    let new = REAL.try_lock(&jobs.join("new.lock")).expect("locks");
    let is_over = |_: &str, bytes: &[u8]| bytes == b"over\n";

    let all = names(dir.path());
    sweep(&disk, dir.path(), SystemTime::UNIX_EPOCH, is_over).expect("swept");
    assert_eq!(names(dir.path()), all, "all of it is too young");
    sweep(&disk, dir.path(), later(), is_over).expect("swept");
    assert_eq!(names(dir.path()), ["held.job", "held.lock", "new.lock", "open.job", "open.lock"]);
    drop((held, new));
    sweep(&disk, dir.path(), later(), is_over).expect("swept");
    assert_eq!(names(dir.path()), ["open.job", "open.lock"]);
    sweep(&disk, &dir.path().join("none"), later(), is_over).expect("nothing is there to sweep");
}

#[test]
fn after_a_failed_fsync_everything_is_rewritten() {
    let (dir, faulty) = (tempfile::tempdir().expect("a directory"), Faulty::new());
    let disk: Arc<dyn Disk> = Arc::new(faulty.clone());
    let mut held = create(&disk, dir.path(), "one", b"begun\n").expect("created");
    // opened, measured, written, synced
    faulty.hit(faulty.operations() + 4, Fault::NoSync);
    assert!(held.append(b"sent\n").is_err());
    assert_eq!(on_disk(dir.path()).expect("there"), b"begun\n", "what was not confirmed is not left for others");
    held.append(b"answered\n").expect("written");

    faulty.cut_power().expect("cut");
    assert_eq!(on_disk(dir.path()).expect("there"), b"begun\nanswered\n");
}

#[test]
fn a_torn_line_is_taken_back_at_once() {
    let (dir, faulty) = (tempfile::tempdir().expect("a directory"), Faulty::new());
    let disk: Arc<dyn Disk> = Arc::new(faulty.clone());
    let mut held = create(&disk, dir.path(), "one", b"begun\n").expect("created");
    faulty.set(Fault::NoSpace { lands: 3 });
    assert!(held.append(b"sent\n").is_err_and(|error| error.kind() == io::ErrorKind::StorageFull));
    assert_eq!(on_disk(dir.path()).expect("there"), b"begun\n");

    faulty.repair();
    let before = faulty.operations();
    held.append(b"sent\n").expect("there is room again");
    assert_eq!(faulty.operations() - before, 4, "it is added to, for that needs less room than rewriting it");
    assert_eq!(on_disk(dir.path()).expect("there"), b"begun\nsent\n");
}

#[test]
fn what_the_last_holder_did_not_get_to_the_disk_is_rewritten_by_the_next() {
    let (dir, faulty) = (tempfile::tempdir().expect("a directory"), Faulty::new());
    let disk: Arc<dyn Disk> = Arc::new(faulty.clone());
    let mut held = create(&disk, dir.path(), "one", b"begun\n").expect("created");
    // killed in the fsync, which failed
    faulty.hit(faulty.operations() + 4, Fault::NoSync);
    faulty.hit(faulty.operations() + 5, Fault::Killed { lands: 0 });
    assert!(held.append(b"sent\n").is_err());
    drop(held);
    faulty.repair();

    let (mut held, text) = freed(&disk, dir.path());
    assert_eq!(text, "begun\nsent\n");
    held.append(b"answered\n").expect("written");
    faulty.cut_power().expect("cut");
    assert_eq!(on_disk(dir.path()).expect("there"), b"begun\nsent\nanswered\n");
}

#[test]
fn a_job_that_could_not_be_written_down_is_none() {
    for fault in [Fault::NoSpace { lands: 3 }, Fault::NoSync, Fault::ReadOnly] {
        for nth in 1..=8 {
            let (dir, faulty) = (tempfile::tempdir().expect("a directory"), Faulty::new());
            let disk: Arc<dyn Disk> = Arc::new(faulty.clone());
            faulty.hit(nth, fault);
            if create(&disk, dir.path(), "one", b"begun\n").is_err() {
                assert!(names(dir.path()).is_empty(), "{fault:?} at {nth} leaves {:?}", names(dir.path()));
                create(&disk, dir.path(), "one", b"begun\n").expect("the id is free");
            }
        }
    }
}

/// What a run of the program knows of the one job: what was confirmed to it, and what was not.
#[derive(Default)]
struct Known {
    confirmed: Option<Vec<u8>>,
    /// Since the last confirmation: lines to be added, and whole files to be written.
    added: Vec<Vec<u8>>,
    replaced: Vec<Vec<u8>>,
}

impl Known {
    fn confirm(&mut self, bytes: Vec<u8>) {
        *self = Self { confirmed: Some(bytes), ..Self::default() };
    }

    /// Whether a file may hold this: what was confirmed and at most a part of what was under way, or what was to take its place.
    fn allows(&self, found: Option<&[u8]>) -> bool {
        let Some(found) = found else { return self.confirmed.is_none() };
        let behind = self.confirmed.as_deref().and_then(|confirmed| found.strip_prefix(confirmed));
        behind.is_some_and(|behind| behind.is_empty() || self.added.iter().any(|lines| lines.starts_with(behind)))
            || self.replaced.iter().any(|lines| lines == found)
    }
}

/// Creates a job and adds to it ten times, whatever fails; in between it is rewritten once, early: that heals what went wrong before.
/// Checks after each step whether another run gets it.
fn work(disk: &Arc<dyn Disk>, dir: &Path) -> Known {
    let mut known = Known::default();
    let first = b"begun\n".to_vec();
    known.replaced.push(first.clone());
    let Ok(mut held) = create(disk, dir, "one", &first) else { return known };
    known.confirm(first);
    for n in 0..11_u8 {
        let confirmed = known.confirmed.clone().unwrap_or_default();
        let lines = format!("{n}: {}\nand more\n", "x".repeat(n.into())).into_bytes();
        if n == 3 {
            let short = b"in short\n".to_vec();
            known.replaced.push(short.clone());
            if held.replace(&short).is_ok() {
                known.confirm(short);
            }
        } else {
            known.added.push(lines.clone());
            if held.append(&lines).is_ok() {
                known.confirm([confirmed, lines].concat());
            }
        }
        assert!(matches!(take(&files::real(), dir, "one"), Ok(Taken::Elsewhere)), "a second one holds it");
    }
    known
}

/// Takes the job up in the next run, and adds to it.
fn go_on(disk: &Arc<dyn Disk>, dir: &Path, case: &str) {
    let Some((mut held, text)) = taken(disk, dir) else { return };
    assert!(text.is_empty() || text.ends_with('\n'), "{case}");
    held.append(b"taken up\n").expect("the faults are over");
    assert_eq!(on_disk(dir).expect("there"), format!("{text}taken up\n").into_bytes(), "{case}");
}

/// Works with a fault planned by `plan`; then the power fails or not; then the next run goes on.
fn survive(case: &str, plan: impl Fn(&Faulty)) -> u64 {
    let mut operations = 0;
    for is_cut in [false, true] {
        let (dir, faulty) = (tempfile::tempdir().expect("a directory"), Faulty::new());
        let disk: Arc<dyn Disk> = Arc::new(faulty.clone());
        plan(&faulty);
        let known = work(&disk, dir.path());
        operations = faulty.operations();
        faulty.repair();
        if is_cut {
            faulty.cut_power().expect("cut");
        }
        let found = on_disk(dir.path());
        let text = found.as_deref().map(String::from_utf8_lossy);
        assert!(known.allows(found.as_deref()), "{case}, cut {is_cut}: found {text:?}");
        go_on(&disk, dir.path(), case);
        let mut tries = 0..100;
        while tries.next().is_some() && !names(dir.path()).is_empty() {
            sweep(&disk, dir.path(), later(), |_, _| true).expect("swept");
            // a process that another test starts has our lock between fork and exec: what is held stays, and goes with the next sweep
            if !names(dir.path()).is_empty() {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        }
        assert!(names(dir.path()).is_empty(), "{case}: {:?} is left", names(dir.path()));
    }
    operations
}

#[test]
fn what_was_confirmed_is_there_whatever_fails_and_whenever() {
    let all = survive("nothing fails", |_| {});
    assert!(all > 50, "{all} operations are too few to be all of them");
    let faults = [
        Fault::Killed { lands: 0 },
        Fault::Killed { lands: 5 },
        Fault::Killed { lands: 1000 },
        Fault::NoSpace { lands: 0 },
        Fault::NoSpace { lands: 5 },
        Fault::NoSync,
        Fault::ReadOnly,
    ];
    for fault in faults {
        for nth in 1..=all {
            survive(&format!("{fault:?} at {nth}"), |disk| disk.hit(nth, fault));
        }
    }
}

#[test]
fn what_was_confirmed_is_there_when_the_next_things_fail_too() {
    let all = survive("nothing fails", |_| {});
    let faults = [Fault::NoSpace { lands: 3 }, Fault::NoSync, Fault::ReadOnly];
    for (first, second) in faults.iter().flat_map(|first| faults.iter().map(move |second| (*first, *second))) {
        for nth in 1..=all {
            survive(&format!("{first:?} at {nth}, then {second:?} twice"), |disk| {
                disk.hit(nth, first);
                disk.hit(nth + 1, second);
                disk.hit(nth + 2, second);
            });
        }
    }
}

#[test]
fn a_disk_that_fails_from_some_moment_on_keeps_what_was_confirmed_until_then() {
    for fault in [Fault::NoSpace { lands: 4 }, Fault::NoSync, Fault::ReadOnly] {
        let case = format!("{fault:?} from the beginning");
        survive(&case, |disk| disk.set(fault));
        let (dir, faulty) = (tempfile::tempdir().expect("a directory"), Faulty::new());
        let disk: Arc<dyn Disk> = Arc::new(faulty.clone());
        let mut held = create(&disk, dir.path(), "one", b"begun\n").expect("created");
        faulty.set(fault);
        for _ in 0..3 {
            assert!(held.append(b"sent\n").is_err(), "{case}");
        }
        faulty.repair();
        held.append(b"at last\n").expect("written");
        faulty.cut_power().expect("cut");
        assert_eq!(on_disk(dir.path()).expect("there"), b"begun\nat last\n", "{case}");
    }
}
