//! The events of the property test: in a program, on its disk, its cluster and its connection.

use proptest::prelude::*;

use super::server::{Mood, NAMES};

/// What is started.
pub const ACTIONS: [&str; 5] = ["reconcile", "suspend", "resume", "resume-and-reconcile", "delete"];

/// Something that happens. `who` is one of the two programs; what it is about is picked among what there is.
#[derive(Clone, Debug)]
pub enum Happening {
    Start {
        who: usize,
        action: usize,
        first: usize,
        count: usize,
        parallel: usize,
        waits: bool,
    },
    Commit {
        who: usize,
    },
    /// An errand reaches the server, or not.
    Errand {
        who: usize,
        which: usize,
        fate: Fate,
    },
    /// A reply is received, and once more later if it is doubled.
    Receive {
        who: usize,
        which: usize,
        is_doubled: bool,
    },
    /// An answer gets lost.
    Lose {
        who: usize,
        which: usize,
    },
    Watch {
        who: usize,
    },
    Reconcile {
        name: usize,
        is_good: bool,
    },
    Replace {
        name: usize,
    },
    Delete {
        name: usize,
    },
    Connection {
        who: usize,
        is_lost: bool,
        is_left: bool,
    },
    Later {
        seconds: i64,
    },
    Steer {
        who: usize,
        which: usize,
        how: How,
    },
    Disk {
        is_full: bool,
    },
    /// A program is killed and starts again; what it had on the wire arrives later, or not.
    Crash {
        who: usize,
        cut: usize,
        arrives: bool,
    },
    /// What is still on the wire arrives.
    Arrive {
        which: usize,
    },
    Load {
        who: usize,
    },
    TakeUp {
        who: usize,
    },
}

#[derive(Clone, Copy, Debug)]
pub enum Fate {
    Answered(Mood),
    /// It arrives, and its answer does not.
    Unanswered,
    /// It does not arrive, and nobody can say so.
    Lost,
    /// It stays on its way when its answer is given up: it arrives later, or not.
    Late,
    Unsent,
}

impl Mood {
    fn any() -> impl Strategy<Value = Self> {
        prop_oneof![6 => Just(Self::Willing), 1 => Just(Self::Conflict), 1 => Just(Self::Refuses)]
    }
}

#[derive(Clone, Copy, Debug)]
pub enum How {
    Stop,
    Leave,
    GiveUp,
    WatchOn,
    GoOn,
    Allow,
}

pub fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    let who = || 0..2usize;
    let index = || 0..1000usize;
    let fate = prop_oneof![
        8 => Mood::any().prop_map(Fate::Answered),
        2 => Just(Fate::Unanswered),
        1 => Just(Fate::Lost),
        2 => Just(Fate::Late),
        1 => Just(Fate::Unsent),
    ];
    let how = prop_oneof![
        1 => Just(How::Stop),
        1 => Just(How::Leave),
        1 => Just(How::GiveUp),
        2 => Just(How::WatchOn),
        4 => Just(How::GoOn),
        1 => Just(How::Allow),
    ];
    prop_oneof![
        4 => (who(), 0..ACTIONS.len(), 0..NAMES.len(), 1..=NAMES.len(), 1..4usize, any::<bool>())
            .prop_map(|(who, action, first, count, parallel, waits)| Start { who, action, first, count, parallel, waits }),
        10 => who().prop_map(|who| Commit { who }),
        10 => (who(), index(), fate).prop_map(|(who, which, fate)| Errand { who, which, fate }),
        10 => (who(), index(), prop::bool::weighted(0.2)).prop_map(|(who, which, is_doubled)| Receive { who, which, is_doubled }),
        1 => (who(), index()).prop_map(|(who, which)| Lose { who, which }),
        6 => who().prop_map(|who| Watch { who }),
        4 => (0..NAMES.len(), prop::bool::weighted(0.7)).prop_map(|(name, is_good)| Reconcile { name, is_good }),
        1 => (0..NAMES.len()).prop_map(|name| Replace { name }),
        1 => (0..NAMES.len()).prop_map(|name| Delete { name }),
        2 => (who(), any::<bool>(), prop::bool::weighted(0.3))
            .prop_map(|(who, is_lost, is_left)| Connection { who, is_lost, is_left }),
        3 => prop_oneof![1..40i64, Just(300), Just(400)].prop_map(|seconds| Later { seconds }),
        4 => (who(), index(), how).prop_map(|(who, which, how)| Steer { who, which, how }),
        2 => prop::bool::weighted(0.4).prop_map(|is_full| Disk { is_full }),
        3 => (who(), 0..100_000usize, any::<bool>()).prop_map(|(who, cut, arrives)| Crash { who, cut, arrives }),
        2 => index().prop_map(|which| Arrive { which }),
        2 => who().prop_map(|who| Load { who }),
        4 => who().prop_map(|who| TakeUp { who }),
    ]
}
