//! A line for the user. It ends by itself: it is soon read, and must not hide what is below it for ever.

use jiff::Timestamp;

use super::{Link, State};
use crate::error::Error;

/// How long a notice is shown, in seconds: long enough to read two lines.
const LASTS: i64 = 10;

/// A line to the user; gone with the next key, or before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub is_error: bool,
    /// When it was shown.
    pub at: Timestamp,
    pub ends: Ends,
}

/// What ends a notice besides a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Time.
    Soon,
    /// The next state of the connection, or time.
    WithLink,
    /// The reply that an act waits for, or its failure.
    WithAnswer,
    /// Nothing: an error has to be read.
    WithKey,
}

impl Notice {
    /// In how many seconds it ends by itself, if it does. A clock that was set back does not make it stay.
    pub fn left(&self, clock: Timestamp) -> Option<i64> {
        let passed = clock.as_second() - self.at.as_second();
        let is_timed = matches!(self.ends, Ends::Soon | Ends::WithLink);
        is_timed.then(|| if passed < 0 { 0 } else { (LASTS - passed).max(0) })
    }
}

impl State {
    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.say_until(Ends::Soon, text);
    }

    pub(super) fn say_until(&mut self, ends: Ends, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), is_error: false, at: self.clock, ends });
    }

    pub(super) fn complain(&mut self, error: &Error) {
        self.notice = Some(Notice { text: error.to_string(), is_error: true, at: self.clock, ends: Ends::WithKey });
    }

    /// Ends an expired notice.
    pub(super) fn tidy_notice(&mut self) {
        let clock = self.clock;
        self.notice.take_if(|notice| notice.left(clock) == Some(0));
    }

    /// Ends a notice that waits for the connection.
    pub(super) fn notice_link(&mut self) {
        let link = &self.cluster().link;
        let (is_new, is_down) = (*link != Link::Connecting, self.cluster().lost().is_some());
        self.notice.take_if(|notice| notice.ends == Ends::WithLink && is_new || notice.ends == Ends::WithAnswer && is_down);
    }

    /// Ends a notice about a pending reply.
    pub(super) fn notice_answer(&mut self) {
        self.notice.take_if(|notice| notice.ends == Ends::WithAnswer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_ends_by_itself_and_an_error_with_a_key() {
        let at: Timestamp = crate::kinds::testing::NOW.parse().expect("a time");
        let after = |seconds: i64| at.checked_add(jiff::SignedDuration::from_secs(seconds)).expect("a time");
        let notice = |ends| Notice { text: "so it is".into(), is_error: false, at, ends };
        for (ends, seconds, left) in [
            (Ends::Soon, 0, Some(10)),
            (Ends::Soon, 9, Some(1)),
            (Ends::WithLink, 10, Some(0)),
            (Ends::Soon, 8 * 3600, Some(0)),
            (Ends::Soon, -3600, Some(0)),
            (Ends::WithAnswer, 60, None),
            (Ends::WithKey, 60, None),
        ] {
            assert_eq!(notice(ends).left(after(seconds)), left, "{ends:?} after {seconds}");
        }
    }
}
