//! Every step of a change with every failure, on the demo's forge.

#![allow(clippy::print_stdout, reason = "what this machine cannot try is not passed over in silence")]

use fluxdeck_model::state::jobs::ChangeStep;

use crate::hosted::Hosted;
use crate::trouble::table::{Cell, Failure, Step, cell, tried_as};
use crate::trouble::{cells, row};

fn on_the_demo(step: Step) {
    let untried = row(step, |name| Box::new(Hosted::new(name)));
    // where nothing can be mounted the live suites say so
    untried.iter().for_each(|case| println!("{case} is not tried: no disk can be mounted here"));
}

macro_rules! steps {
    ($($name:ident $step:ident)*) => {
        /// The steps that are tried.
        const TRIED: &[Step] = &[$(Step::$step),*];

        $(#[test]
        fn $name() {
            on_the_demo(Step::$step);
        })*
    };
}

steps! {
    whatever_fails_while_the_base_is_fetched_and_planned_again_the_change_goes_on Fetch
    whatever_fails_while_the_commit_is_made_the_change_goes_on Commit
    whatever_fails_while_the_branch_is_pushed_the_change_goes_on Push
    whatever_fails_while_a_lost_push_is_looked_up_the_change_goes_on FindBranch
    whatever_fails_while_the_pull_request_is_opened_the_change_goes_on Open
    whatever_fails_while_a_lost_pull_request_is_looked_up_the_change_goes_on FindPull
    whatever_fails_while_the_pull_request_is_followed_the_change_goes_on Look
}

#[test]
fn no_step_of_a_change_and_no_failure_is_left_out() {
    assert_eq!(TRIED, Step::ALL);
    let of_program = [
        ChangeStep::Prepare,
        ChangeStep::Fork,
        ChangeStep::FindFork,
        ChangeStep::Push,
        ChangeStep::FindBranch,
        ChangeStep::Open,
        ChangeStep::FindPull,
        ChangeStep::Look(1),
        ChangeStep::Contains { revision: String::new() },
        ChangeStep::Carries,
    ];
    let tried: Vec<_> = of_program.iter().filter_map(|step| tried_as(step).ok()).flatten().copied().collect();
    assert_eq!(tried, Step::ALL);
    assert!(of_program.iter().filter_map(|step| tried_as(step).err()).all(|why| !why.is_empty()));
    for (step, failure) in Step::ALL.iter().flat_map(|step| Failure::ALL.iter().map(move |failure| (*step, *failure))) {
        match cell(step, failure) {
            Cell::Never(words) | Cell::Waits(words) => assert!(!words.is_empty(), "{step:?} × {failure:?} is empty"),
            Cell::GoesOn | Cell::Refused | Cell::Planned | Cell::AskedAgain | Cell::Unwritten | Cell::TakenUp => {}
        }
    }
}

#[test]
fn a_request_of_a_killed_program_that_arrives_late_changes_nothing_any_more() {
    for step in [Step::Push, Step::Open] {
        cells::arrives_late(step, &Hosted::new(&format!("late-{step:?}")));
    }
}

#[test]
fn a_change_that_waited_while_its_base_moved_is_planned_again() {
    for (name, is_same) in [("waited", false), ("waited-same", true)] {
        cells::moved_while_it_waited(&Hosted::new(name), is_same);
    }
}

#[test]
fn that_somebody_else_has_changed_the_same_line_is_shown_and_neither_is_overwritten() {
    cells::conflicts(&Hosted::new("conflict"));
}

#[test]
fn a_change_that_cannot_be_written_down_sends_nothing_and_says_so() {
    if !cells::is_not_written_down(&Hosted::new("unwritten")) {
        println!("it is not tried: no disk can be mounted here");
    }
}
