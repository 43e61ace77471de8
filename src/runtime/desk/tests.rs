use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::runtime::RemoteStore;
use fluxdeck_model::error::Error;

/// A folder without git, which a worker opens as it is.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("a.yaml"), "kind: ConfigMap\n").expect("written");
    dir
}

/// Keeps a worker busy until the sender sends.
fn hold(worker: &Worker) -> (std::sync::mpsc::Sender<()>, Asked<()>) {
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let work = move |_: &mut Bench| {
        let _ = wait.recv();
        Ok(())
    };
    (go_on, worker.ask(None, Box::new(work)))
}

fn noting(count: &Arc<AtomicUsize>) -> Work<usize> {
    let count = count.clone();
    Box::new(move |_| Ok(count.fetch_add(1, Ordering::SeqCst)))
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_is_never_worked_on() {
    let dir = folder();
    let worker = Worker::start(dir.path(), Checkout::open, RemoteStore::default()).expect("a thread");
    let (go_on, held) = hold(&worker);
    let worked = Arc::new(AtomicUsize::new(0));
    // a view asks again and again, each time in place of what it asked before; then it is closed
    let mut view = None;
    for _ in 0..3 {
        view.replace(worker.ask(None, noting(&worked)));
    }
    let closed = tokio::spawn(worker.ask(None, noting(&worked)).answer());
    tokio::task::yield_now().await;
    closed.abort();
    assert!(closed.await.is_err_and(|error| error.is_cancelled()));
    go_on.send(()).expect("it waits");
    held.answer().await.expect("it is answered");

    let Answer::Given(latest) = view.expect("the last").answer().await.expect("it is answered") else { panic!("it is here") };

    assert_eq!(latest, Ok(0), "nothing was worked on before");
    worker.ask(None, Box::new(|_| Ok(()))).answer().await.expect("what was asked before is over");
    assert_eq!(worked.load(Ordering::SeqCst), 1);
}

#[test]
fn what_breaks_is_an_answer_and_the_next_question_starts_fresh() {
    let dir = folder();
    let worker = Worker::start(dir.path(), Checkout::open, RemoteStore::default()).expect("a thread");
    let build = |bench: &mut Bench| {
        let Bench { checkout, builder, .. } = bench;
        let view = checkout.view(None)?;
        builder.build(view.tree())?;
        Ok(builder.weight())
    };
    let warm = worker.wait(build).expect("it can be built");

    let broken: Result<()> = worker.wait(|_| panic!("a fault"));
    assert!(broken.is_err_and(|error| error.message == "reading git broke down"));
    assert_eq!(worker.weight(), 0, "nothing of it is kept");
    assert_eq!(worker.wait(build), Ok(warm));
}

#[test]
fn a_worker_ends_with_its_owner_after_what_it_was_asked() {
    let dir = folder();
    let worker = Worker::start(dir.path(), Checkout::open, RemoteStore::default()).expect("a thread");
    let (go_on, held) = hold(&worker);
    let last = worker.ask(None, Box::new(|_| Ok(7)));
    drop(worker);
    go_on.send(()).expect("it waits");

    assert!(matches!(last.wait(), Ok(Answer::Given(Ok(7)))));
    drop(held);
}

/// Records when it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn the_thread_of_a_dropped_repository_ends() {
    let dir = folder();
    let worker = Worker::start(dir.path(), Checkout::open, RemoteStore::default()).expect("a thread");
    let gone = Arc::new(AtomicBool::new(false));
    let marker = Dropped(gone.clone());
    let (go_on, held) = hold(&worker);
    let never = worker.ask(
        None,
        Box::new(move |_| {
            drop(marker);
            Ok(())
        }),
    );
    drop((never, worker));
    go_on.send(()).expect("it waits");
    drop(held);

    let begin = std::time::Instant::now();
    while !gone.load(Ordering::SeqCst) {
        assert!(begin.elapsed() < Duration::from_secs(30), "the thread goes on");
        std::thread::yield_now();
    }
}

#[test]
fn a_folder_that_cannot_be_opened_says_so_each_time() {
    let dir = folder();
    let nowhere = dir.path().join("nowhere");
    let worker = Worker::start(&nowhere, Checkout::open, RemoteStore::default()).expect("a thread");
    let ask = || -> Result<()> { worker.wait(|_| Ok(())) };
    let error: Error = ask().expect_err("there is no folder");
    assert!(error.message.contains("is not a folder"), "{error}");

    std::fs::create_dir(&nowhere).expect("made");
    assert_eq!(ask(), Ok(()));
}
