//! A loopback proxy between the program and a server, which fails on order as networks and load balancers do.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use std::time::Duration;

use super::{GLANCE, within};

/// What the proxy replaces in what the program sends: the same length, so that nothing moves.
type Swap = (&'static [u8], &'static [u8]);

/// How far a trapped request has come.
mod trap {
    pub const NONE: u8 = 0;
    pub const SET: u8 = 1;
    /// The request is here and goes nowhere.
    pub const REQUEST: u8 = 2;
    /// The request may pass.
    pub const PASSED: u8 = 3;
    /// The answer is here and goes nowhere.
    pub const ANSWER: u8 = 4;
    /// The connection is cut.
    pub const CUT: u8 = 5;
}

/// How long a trapped request or its answer may take to come.
const SOON: Duration = Duration::from_secs(20);

/// What a piece takes where everything is slow.
const SLOWLY: Duration = Duration::from_millis(60);

pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    /// Nothing is let through, in no direction; connections are taken and kept.
    held: AtomicBool,
    /// Everything takes its time.
    slow: AtomicBool,
    ended: AtomicBool,
    replaced: AtomicUsize,
    trap: AtomicU8,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Passes everything on to a port of this machine.
    pub fn to(port: u16) -> Self {
        Self::start(Some(port), None)
    }

    /// As [`Self::to`], replacing bytes of requests.
    pub fn rewriting(port: u16, from: &'static str, to: &'static str) -> Self {
        assert_eq!(from.len(), to.len(), "nothing may move");
        Self::start(Some(port), Some((from.as_bytes(), to.as_bytes())))
    }

    /// As [`Self::to`], stopping the first request that holds these bytes until [`Self::pass`] or [`Self::cut_trapped`].
    pub fn trapping(port: u16, needle: &'static str) -> Self {
        Self::start(Some(port), Some((needle.as_bytes(), &[])))
    }

    /// Waits until the trapped request is here.
    pub fn caught(&self) {
        self.until(trap::REQUEST);
    }

    /// Lets the trapped request through, and waits until its answer is here; that is kept.
    pub fn pass(&self) {
        self.shared.trap.store(trap::PASSED, Ordering::Relaxed);
        self.until(trap::ANSWER);
    }

    /// Lets the trapped request through, without waiting for an answer.
    pub fn pass_unanswered(&self) {
        self.shared.trap.store(trap::PASSED, Ordering::Relaxed);
    }

    /// Cuts the connection of the trapped request: what is here of it is lost.
    pub fn cut_trapped(&self) {
        self.shared.trap.store(trap::CUT, Ordering::Relaxed);
    }

    fn until(&self, state: u8) {
        let come = within(SOON, || (self.shared.trap.load(Ordering::Relaxed) == state).then_some(()));
        assert!(come.is_some(), "nothing was trapped within {} s", SOON.as_secs());
    }

    /// Takes connections and never answers.
    pub fn black_hole() -> Self {
        Self::start(None, None)
    }

    fn start(target: Option<u16>, swap: Option<Swap>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let shared = Arc::new(Shared {
            held: AtomicBool::new(target.is_none()),
            slow: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            replaced: AtomicUsize::new(0),
            trap: AtomicU8::new(if matches!(swap, Some((_, []))) { trap::SET } else { trap::NONE }),
            open: Mutex::new(Vec::new()),
        });
        let own = shared.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if own.ended.load(Ordering::Relaxed) {
                    return;
                }
                let own = own.clone();
                std::thread::spawn(move || own.pass(&client, target, swap));
            }
        });
        Self { port, shared }
    }

    /// Lets nothing through any more: the network has gone, and nobody said so.
    pub fn hold(&self) {
        self.shared.held.store(true, Ordering::Relaxed);
    }

    /// Lets each piece through only after a while: many requests after one another take long enough to be stopped among them.
    #[allow(dead_code, reason = "the live suites alone stop it among many")]
    pub fn slow(&self, is_slow: bool) {
        self.shared.slow.store(is_slow, Ordering::Relaxed);
    }

    /// Lets everything through again.
    pub fn release(&self) {
        self.shared.held.store(false, Ordering::Relaxed);
    }

    /// How many times something was replaced in requests.
    pub fn replaced(&self) -> usize {
        self.shared.replaced.load(Ordering::Relaxed)
    }

    /// Cuts every open connection.
    pub fn cut(&self) {
        for stream in self.shared.open.lock().expect("no holder panics").drain(..) {
            // the other side may have closed it
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        self.cut();
        // wakes the listener, which then leaves
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Shared {
    fn pass(&self, client: &TcpStream, target: Option<u16>, swap: Option<Swap>) {
        self.keep(client);
        self.wait();
        let Some(target) = target else { return };
        let Ok(server) = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, target))) else {
            let _ = client.shutdown(Shutdown::Both);
            return;
        };
        self.keep(&server);
        let server = &server;
        let trapped = AtomicBool::new(false);
        let trapped = &trapped;
        std::thread::scope(|scope| {
            scope.spawn(move || self.pump(client, server, swap, trapped));
            self.pump(server, client, None, trapped);
        });
    }

    /// Waits while nothing may pass.
    fn wait(&self) {
        while self.held.load(Ordering::Relaxed) && !self.ended.load(Ordering::Relaxed) {
            std::thread::sleep(GLANCE);
        }
    }

    fn keep(&self, stream: &TcpStream) {
        if let Ok(copy) = stream.try_clone() {
            self.open.lock().expect("no holder panics").push(copy);
        }
    }

    /// Stops a trapped request, or its answer; false when it is lost.
    fn trap(&self, bytes: &[u8], needle: Option<&[u8]>, trapped: &AtomicBool) -> bool {
        let is_it = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        let (from, to) = match needle {
            Some(needle) if is_it(needle) => (trap::SET, trap::REQUEST),
            None if trapped.load(Ordering::Relaxed) => (trap::PASSED, trap::ANSWER),
            _ => return true,
        };
        if self.trap.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return true;
        }
        trapped.store(true, Ordering::Relaxed);
        while self.trap.load(Ordering::Relaxed) == to && !self.ended.load(Ordering::Relaxed) {
            std::thread::sleep(GLANCE);
        }
        self.trap.load(Ordering::Relaxed) == trap::PASSED
    }

    fn pump(&self, mut from: &TcpStream, mut to: &TcpStream, swap: Option<Swap>, trapped: &AtomicBool) {
        let mut buffer = vec![0; 65_536];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            if self.slow.load(Ordering::Relaxed) {
                std::thread::sleep(SLOWLY);
            }
            self.wait();
            let bytes = &mut buffer[..count];
            let needle = swap.filter(|(_, new)| new.is_empty()).map(|(needle, _)| needle);
            if (needle.is_some() || swap.is_none()) && !self.trap(bytes, needle, trapped) {
                break;
            }
            if let Some((old, new)) = swap.filter(|(_, new)| !new.is_empty()) {
                while let Some(at) = bytes.windows(old.len()).position(|window| window == old) {
                    bytes[at..at + new.len()].copy_from_slice(new);
                    self.replaced.fetch_add(1, Ordering::Relaxed);
                }
            }
            if to.write_all(bytes).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}
