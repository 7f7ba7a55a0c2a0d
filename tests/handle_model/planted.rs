//! The models find what they are for: each fails when the protocol is made to do that thing wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::defect::{Defect, plant};
use crate::{calls, closes, views};

fn finds(defect: Defect, model: fn()) {
    plant(Some(defect));
    let outcome = catch_unwind(AssertUnwindSafe(|| loom::model(model)));
    plant(None);
    assert!(outcome.is_err(), "{defect:?} was not found");
}

#[test]
fn a_generation_that_is_not_compared_is_found() {
    finds(Defect::SkipGeneration, closes::a_handle_is_stale);
}

#[test]
fn a_closer_that_does_not_wait_is_found_by_a_call() {
    finds(Defect::SkipDrain, calls::a_call_and_a_close);
}

#[test]
fn a_closer_that_does_not_wait_is_found_by_a_view() {
    finds(Defect::SkipDrain, views::a_view_and_a_close);
}
