//! A list that grows at its end: the cursor is an identity, and follows the end as long as it is there.

use super::list::List;
use fluxdeck_model::commands::Gesture;

/// Cursor and scroll of such a list.
pub struct Growing<K> {
    cursor: Option<K>,
    at: usize,
    /// What comes next gets the cursor.
    pub follows: bool,
    pub list: List,
}

impl<K: Clone + PartialEq> Growing<K> {
    pub fn following() -> Self {
        Self { cursor: None, at: 0, follows: true, list: List::default() }
    }

    /// The row of the cursor.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Moves, follows and stays; `key`: by what a row is known. Returns whether the gesture meant that.
    pub fn gesture(&mut self, gesture: Gesture, len: usize, key: impl Fn(usize) -> K) -> bool {
        let page = self.list.page().saturating_sub(1).max(1);
        let to = match gesture {
            Gesture::Down => self.at + 1,
            Gesture::Up => self.at.saturating_sub(1),
            Gesture::PageDown => self.at + page,
            Gesture::PageUp => self.at.saturating_sub(page),
            Gesture::Top => 0,
            Gesture::Bottom => usize::MAX,
            Gesture::Follow if self.follows => {
                self.follows = false;
                return true;
            }
            Gesture::Follow => usize::MAX,
            _ => return false,
        };
        self.go(to, len, key);
        true
    }

    /// Puts the cursor on a row; on the last one it follows.
    pub fn go(&mut self, to: usize, len: usize, key: impl Fn(usize) -> K) {
        self.at = to.min(len.saturating_sub(1));
        self.follows = self.at + 1 >= len;
        if len > 0 {
            self.cursor = Some(key(self.at));
        }
    }

    /// Finds the cursor again after rows have come, gone or moved; what is on the screen does not move.
    pub fn settle(&mut self, len: usize, key: impl Fn(usize) -> K) {
        if len == 0 {
            self.at = 0;
            return;
        }
        if self.follows {
            self.at = len - 1;
            self.cursor = Some(key(self.at));
            return;
        }
        let found = self.cursor.as_ref().and_then(|cursor| {
            let is_it = |at: &usize| key(*at) == *cursor;
            // nearly always it is where it was
            let here = Some(self.at).filter(|at| *at < len && is_it(at));
            here.or_else(|| (0..len).find(is_it))
        });
        match found {
            Some(found) => {
                self.list.scroll(found.cast_signed() - self.at.cast_signed());
                self.at = found;
            }
            None => {
                self.at = self.at.min(len - 1);
                self.cursor = Some(key(self.at));
            }
        }
    }

    /// Puts the cursor on the last row for which that holds, if there is one.
    pub fn find(&mut self, len: usize, key: impl Fn(usize) -> K, is_it: impl Fn(&K) -> bool) {
        if !self.follows
            && let Some(at) = (0..len).rev().find(|at| is_it(&key(*at)))
        {
            self.at = at;
            self.cursor = Some(key(at));
        }
    }

    pub fn cursor(&self) -> Option<&K> {
        self.cursor.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_follows_the_end_until_it_is_moved_and_again_once_it_is_there() {
        let mut rows = vec!['a', 'b', 'c'];
        let mut growing = Growing::following();
        growing.settle(rows.len(), |at| rows[at]);
        assert_eq!((growing.at(), growing.cursor()), (2, Some(&'c')));
        rows.push('d');
        growing.settle(rows.len(), |at| rows[at]);
        assert_eq!(growing.cursor(), Some(&'d'));

        assert!(growing.gesture(Gesture::Up, rows.len(), |at| rows[at]));
        rows.push('e');
        rows.remove(0);
        growing.settle(rows.len(), |at| rows[at]);
        assert_eq!((growing.at(), growing.cursor(), growing.follows), (1, Some(&'c'), false));

        growing.gesture(Gesture::Bottom, rows.len(), |at| rows[at]);
        rows.push('f');
        growing.settle(rows.len(), |at| rows[at]);
        assert_eq!(growing.cursor(), Some(&'f'));
        growing.gesture(Gesture::Follow, rows.len(), |at| rows[at]);
        rows.push('g');
        growing.settle(rows.len(), |at| rows[at]);
        assert_eq!(growing.cursor(), Some(&'f'), "it stays where it was asked to");
    }

    #[test]
    fn a_row_that_is_gone_leaves_the_cursor_at_its_place() {
        let mut rows = vec!['a', 'b', 'c'];
        let mut growing = Growing::following();
        growing.settle(rows.len(), |at| rows[at]);
        growing.gesture(Gesture::Top, rows.len(), |at| rows[at]);
        rows.remove(0);
        growing.settle(rows.len(), |at| rows[at]);
        assert_eq!(growing.cursor(), Some(&'b'));
        growing.settle(0, |_| 'x');
        growing.settle(rows.len(), |at| rows[at]);
        assert_eq!(growing.cursor(), Some(&'b'));
    }
}
