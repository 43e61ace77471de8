//! Back-off: each pause is twice as long as the one before, up to a maximum.

use std::time::Duration;

/// Longest that a server may ask to be left alone (`Retry-After`): after that, one request does not hurt.
pub const LONGEST_ASKED: Duration = Duration::from_secs(300);

/// The back-off between attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pauses {
    first: Duration,
    last: Duration,
    next: Duration,
}

impl Pauses {
    pub const fn new(first: Duration, last: Duration) -> Self {
        Self { first, last, next: first }
    }

    /// After a success: the next pause is the first again.
    pub fn reset(&mut self) {
        self.next = self.first;
    }

    /// The next pause, at least as long as the server has asked for.
    pub fn next(&mut self, asked: Option<Duration>) -> Duration {
        let pause = self.next.max(asked.unwrap_or_default().min(LONGEST_ASKED));
        self.next = (self.next * 2).min(self.last);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_are_short_again_once_it_has_worked() {
        let mut pauses = Pauses::new(Duration::from_secs(1), Duration::from_secs(30));
        let seconds: Vec<_> = (0..7).map(|_| pauses.next(None).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(pauses.next(Some(Duration::from_secs(45))).as_secs(), 45);
        assert_eq!(pauses.next(Some(Duration::from_secs(3600))), LONGEST_ASKED, "a server cannot make clients wait for an hour");
        pauses.reset();
        assert_eq!(pauses.next(None).as_secs(), 1);
    }
}
