//! What tests of the whole program share: the program itself without a screen and in a pseudo terminal, the test bed, a proxy that can
//! fail as networks do, and waiting without sleeping blindly.

pub mod bed;
pub mod program;
pub mod proxy;
pub mod terminal;

use std::time::{Duration, Instant};

/// How often something is looked at again while it is waited for.
pub const GLANCE: Duration = Duration::from_millis(20);

/// Looks again and again until there is something; none after `limit`.
pub fn within<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(GLANCE);
    }
}
