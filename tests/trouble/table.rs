//! Steps, failures, and what must happen in each pair. No pair is left out: one that cannot happen says why.

use fluxdeck_model::state::jobs::ChangeStep;

/// An enum that knows all of its variants.
macro_rules! listed {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $one:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$of])* $one),* }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$one),*];
        }
    };
}

listed! {
    /// What a change does after it was confirmed, as the outside sees it.
    Step {
        /// The base branch is fetched, planned again, and a branch is looked for.
        Fetch,
        /// git makes the commit.
        Commit,
        Push,
        /// Has a push arrived whose answer was lost?
        FindBranch,
        Open,
        /// Is a pull request open whose answer was lost?
        FindPull,
        /// How is the pull request?
        Look,
    }
}

listed! {
    Failure {
        /// The connection breaks, and there is none from then on.
        NoNetwork,
        /// A rule of the repository refuses the push.
        RejectedPush,
        /// Somebody else pushes to the base branch.
        MovedBase,
        /// The token is not taken any more.
        ExpiredToken,
        /// 500, and nothing was done.
        ServerError,
        /// It was done, and the connection breaks before the answer.
        LostAnswer,
        /// Nobody may push to branches of that name.
        ProtectedBranch,
        /// Nothing more can be written on this machine.
        FullDisk,
        /// kill -9 while the request is under way, which does not arrive.
        KilledBefore,
        /// kill -9 when it was done, before the answer is here.
        KilledAfter,
    }
}

/// What must happen.
#[derive(Clone, Copy, Debug)]
pub enum Cell {
    /// It goes on by itself.
    GoesOn,
    /// It waits for the user and says this; once the cause is gone it is resumed.
    Waits(&'static str),
    /// As [`Self::Waits`], in the words of the rule.
    Refused,
    /// With the base changed elsewhere it goes on and says so; with the same line changed it goes back to the review.
    Planned,
    /// The forge is asked again later, by itself.
    AskedAgain,
    /// It is done, which cannot be written down: the next run finds that out.
    Unwritten,
    /// The next run finds its job, and resumes it.
    TakenUp,
    /// It cannot happen, because.
    Never(&'static str),
}

/// Where a step of the program is tried.
pub fn tried_as(step: &ChangeStep) -> Result<&'static [Step], &'static str> {
    match step {
        ChangeStep::Prepare => Ok(&[Step::Fetch, Step::Commit]),
        ChangeStep::Fork | ChangeStep::FindFork => {
            Err("this forge lets its user push; every fault of theirs is tried in the job's own tests")
        }
        ChangeStep::Push => Ok(&[Step::Push]),
        ChangeStep::FindBranch => Ok(&[Step::FindBranch]),
        ChangeStep::Open => Ok(&[Step::Open]),
        ChangeStep::FindPull => Ok(&[Step::FindPull]),
        ChangeStep::Look(_) => Ok(&[Step::Look]),
        ChangeStep::Contains { .. } | ChangeStep::Carries => {
            Err("they look at a cluster after the merge, ask again by themselves, and change nothing")
        }
    }
}

const NOTHING_PUSHED: Cell = Cell::Never("nothing is pushed in this step");
const NOT_ASKED: Cell = Cell::Never("a commit is made on this machine, and nobody is asked");

/// What must happen where a step meets a failure.
pub fn cell(step: Step, failure: Failure) -> Cell {
    match step {
        Step::Fetch => match failure {
            Failure::NoNetwork | Failure::LostAnswer => Cell::Waits("main of"),
            Failure::RejectedPush | Failure::ProtectedBranch => NOTHING_PUSHED,
            Failure::MovedBase => Cell::Planned,
            Failure::ExpiredToken => Cell::Waits("cannot be fetched"),
            Failure::ServerError => Cell::Waits("500"),
            Failure::FullDisk => Cell::Waits("No space left on device"),
            Failure::KilledBefore | Failure::KilledAfter => Cell::TakenUp,
        },
        Step::Commit => match failure {
            Failure::NoNetwork | Failure::ExpiredToken | Failure::ServerError | Failure::LostAnswer => NOT_ASKED,
            Failure::RejectedPush | Failure::ProtectedBranch => NOTHING_PUSHED,
            Failure::MovedBase => Cell::GoesOn,
            Failure::FullDisk => Cell::Waits("No space left on device"),
            Failure::KilledBefore | Failure::KilledAfter => Cell::TakenUp,
        },
        Step::Push => match failure {
            Failure::NoNetwork => Cell::Waits("cannot be asked for fluxdeck/"),
            Failure::RejectedPush | Failure::ProtectedBranch => Cell::Refused,
            Failure::MovedBase | Failure::LostAnswer => Cell::GoesOn,
            Failure::ExpiredToken => Cell::Waits("cannot be pushed"),
            Failure::ServerError => Cell::Waits("has not arrived"),
            Failure::FullDisk => Cell::Waits("nothing was sent"),
            Failure::KilledBefore | Failure::KilledAfter => Cell::TakenUp,
        },
        Step::FindBranch => match failure {
            Failure::NoNetwork | Failure::ExpiredToken | Failure::LostAnswer => Cell::Waits("cannot be asked for fluxdeck/"),
            Failure::RejectedPush | Failure::ProtectedBranch => NOTHING_PUSHED,
            Failure::MovedBase => Cell::GoesOn,
            Failure::ServerError => Cell::Waits("500"),
            Failure::FullDisk => Cell::Waits("nothing was sent"),
            Failure::KilledBefore | Failure::KilledAfter => Cell::TakenUp,
        },
        Step::Open => match failure {
            Failure::NoNetwork => Cell::Waits("the forge cannot be asked for the pull request"),
            Failure::RejectedPush | Failure::ProtectedBranch => NOTHING_PUSHED,
            Failure::MovedBase | Failure::LostAnswer => Cell::GoesOn,
            Failure::ExpiredToken => Cell::Waits("the pull request cannot be opened"),
            Failure::ServerError => Cell::Waits("the forge has no pull request for the branch"),
            Failure::FullDisk => Cell::Waits("nothing was sent"),
            Failure::KilledBefore | Failure::KilledAfter => Cell::TakenUp,
        },
        Step::FindPull => match failure {
            Failure::NoNetwork | Failure::ExpiredToken | Failure::LostAnswer => {
                Cell::Waits("the forge cannot be asked for the pull request")
            }
            Failure::RejectedPush | Failure::ProtectedBranch => NOTHING_PUSHED,
            Failure::MovedBase => Cell::GoesOn,
            Failure::ServerError => Cell::Waits("500"),
            Failure::FullDisk => Cell::Unwritten,
            Failure::KilledBefore | Failure::KilledAfter => Cell::TakenUp,
        },
        Step::Look => match failure {
            Failure::NoNetwork | Failure::ExpiredToken | Failure::ServerError | Failure::LostAnswer => Cell::AskedAgain,
            Failure::RejectedPush | Failure::ProtectedBranch => NOTHING_PUSHED,
            Failure::MovedBase => Cell::GoesOn,
            Failure::FullDisk => Cell::Unwritten,
            Failure::KilledBefore | Failure::KilledAfter => Cell::TakenUp,
        },
    }
}
