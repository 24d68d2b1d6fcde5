//! A process that stops: what inputs have written is handed out, and nothing begins.

use gathering_domain::MicroUsd;
use gathering_engine::{Grants, Input, Limits, Reservation};

use crate::driver::{Driver, costly, key};

#[test]
fn money_that_was_granted_for_an_attempt_that_never_began_goes_back() {
    let mut driver = Driver::with(vec![costly("a", 60)], |started| {
        started.limits = Limits { cost: Some(MicroUsd(100)), ..Limits::default() };
        started.origin.budgeted = true;
    });
    assert_eq!(driver.step().actions.len(), 1, "the shared budget is asked");
    assert!(driver.input(Input::Reserved { key: key("a"), answer: Reservation::Granted }));
    let written = driver.execution.written();
    assert_eq!(written.grants, Grants { returned: vec![key("a")], ..Grants::default() });
    assert!(written.actions.is_empty() && written.entries.is_empty());
}
