//! The rates as a whole: bounded memory, and the ways in which passwords are guessed.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use gathering_app::{Error, Result, Unauthenticated};
use proptest::prelude::*;

use super::{table::Kept, *};
use crate::{client::Client, network::Network};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = 24 * 60 * MINUTE;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000 * SECOND + micros)
}

fn rate(text: &str) -> Option<Rate> {
    Some(text).map(|text| text.parse().unwrap())
}

/// An address of its own for each number: IPv6 networks for the odd ones.
fn address(n: u32) -> IpAddr {
    match n % 2 {
        0 => IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + n)),
        _ => IpAddr::V6(Ipv6Addr::from((0x2001_0db8_u128 << 96) | (u128::from(n) << 64) | 0x1234)),
    }
}

fn network(n: u32) -> IpAddr {
    network_of(address(n))
}

fn network_of(address: IpAddr) -> IpAddr {
    Network::of(Some(Client { address, https: false })).0
}

fn guarded() -> Rates {
    Rates::new(RateLimits {
        sign_in: rate("10/m burst 30"),
        failed_pair: rate("10/h"),
        failed_account: rate("30/h"),
        failed_total: rate("60/m burst 100"),
        ..RateLimits::default()
    })
}

const WRONG: Result<(), Error> = Err(Error::Unauthenticated(Unauthenticated::WrongCredentials));

/// Whether a sign-in is let through to the password, which is then right or wrong.
fn tries(rates: &Rates, email: &str, from: IpAddr, now: i64, right: bool) -> bool {
    let Ok(attempt) = rates.attempt(email, from, at(now)) else { return false };
    attempt.end(if right { &Ok(()) } else { &WRONG }, at(now));
    true
}

fn failures_let_through(rates: &Rates, many: u32, one: impl Fn(u32) -> (String, IpAddr)) -> usize {
    let let_through = |n: &u32| {
        let (email, from) = one(*n);
        tries(rates, &email, from, 0, false)
    };
    (0..many).filter(let_through).count()
}

#[test]
fn a_million_addresses_take_the_memory_of_none() {
    let limits = RateLimits { sign_in: rate("10/m burst 30"), ..RateLimits::default() };
    let rates = Rates::new(limits);
    let before = rates.bytes();
    assert_eq!(before, (8 + 1) * 1024 * 1024 + 512 * 1024);
    let spent = network(7);
    for _ in 0..30 {
        let standing = rates.stranger(RateClass::SignIn, spent, at(0)).unwrap();
        assert!(standing.admit().is_ok());
    }
    let mut refused = 0;
    for n in 1_000..1_001_000 {
        let now = at(i64::from(n / 100));
        let standing = rates.stranger(RateClass::SignIn, network(n), now).unwrap();
        refused += u32::from(standing.admit().is_err());
    }
    assert_eq!(rates.bytes(), before);
    // Nobody pays for so many others, and nobody is forgotten for them who had spent what they had.
    assert_eq!(refused, 0);
    let standing = rates.stranger(RateClass::SignIn, spent, at(10_010)).unwrap();
    assert!(standing.admit().is_err());
}

#[test]
fn an_ipv6_address_counts_with_its_network_and_an_ipv4_address_however_it_is_written() {
    let limits = RateLimits { no_token: rate("1/h"), ..RateLimits::default() };
    for (first, second, same) in [
        ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true),
        ("2001:db8::1", "2001:db8:0:1::1", false),
        ("10.0.0.1", "::ffff:10.0.0.1", true),
        ("10.0.0.1", "10.0.0.2", false),
    ] {
        let rates = Rates::new(limits);
        let ask = |text: &str| {
            rates.no_token(network_of(text.parse().unwrap()), at(0)).unwrap().admit().is_ok()
        };
        assert!(ask(first));
        assert_eq!(ask(second), !same, "{first} and {second}");
    }
}

#[test]
fn classes_and_callers_are_counted_apart() {
    let limits = RateLimits { read: rate("1/h"), write: rate("1/h"), ..RateLimits::default() };
    let rates = Rates::new(limits);
    let project = gathering_domain::ProjectId::from_uuid(uuid::Uuid::nil());
    let caller = |actor| Caller::new(actor, gathering_domain::Role::Owner, project);
    let user = |n: u128| gathering_domain::Actor::User {
        user_id: gathering_domain::UserId::from_uuid(uuid::Uuid::from_u128(n)),
    };
    let ask = |class, n| rates.caller(class, &caller(user(n)), at(0)).map(|s| s.admit().is_ok());
    assert_eq!(ask(RateClass::Read, 1), Some(true));
    assert_eq!(ask(RateClass::Read, 1), Some(false));
    assert_eq!(ask(RateClass::Write, 1), Some(true));
    assert_eq!(ask(RateClass::Read, 2), Some(true));
    // Neither has a rate.
    assert_eq!(ask(RateClass::Stream, 1), None);
    assert_eq!(ask(RateClass::Free, 1), None);
}

#[test]
fn one_account_is_guessed_no_faster_from_many_addresses() {
    let rates = guarded();
    let let_through =
        failures_let_through(&rates, 5_000, |n| ("ada@example.com".to_owned(), network(n)));
    assert_eq!(let_through, 30);
}

#[test]
fn one_address_guesses_ten_times_and_leaves_the_account_to_others() {
    let rates = guarded();
    let let_through =
        failures_let_through(&rates, 5_000, |_| ("ada@example.com".to_owned(), network(1)));
    assert_eq!(let_through, 10);
    assert!(tries(&rates, "ada@example.com", network(2), 0, true));
}

#[test]
fn an_address_from_which_it_went_well_is_not_locked_out_by_others() {
    let rates = guarded();
    assert!(tries(&rates, "ada@example.com", network(0), 0, true));
    failures_let_through(&rates, 5_000, |n| ("ada@example.com".to_owned(), network(n + 1)));
    failures_let_through(&rates, 5_000, |n| (format!("{n}@example.com"), network(n + 1)));
    assert!(!tries(&rates, "ada@example.com", network(9_999), 0, true));
    assert!(tries(&rates, " Ada@Example.com", network(0), 0, true));
    // Its own failures are its own.
    let from_here =
        failures_let_through(&rates, 100, |_| ("ada@example.com".to_owned(), network(0)));
    assert_eq!(from_here, 10);
    // Others wait no longer than until one failure is forgotten, and not for ever.
    assert!(!tries(&rates, "ada@example.com", network(9_999), MINUTE, true));
    assert!(tries(&rates, "ada@example.com", network(9_999), 2 * MINUTE, true));
    // What was familiar is not for ever either.
    assert!(tries(&rates, "bob@example.com", network(0), DAY, true));
    let later = 32 * DAY;
    for n in 0..30 {
        assert!(tries(&rates, "bob@example.com", network(100 + n), later, false));
    }
    assert!(!tries(&rates, "bob@example.com", network(0), later, true));
}

#[test]
fn many_addresses_with_one_try_each_on_many_accounts_are_slowed_together() {
    let rates = guarded();
    assert!(tries(&rates, "ada@example.com", network(0), 0, true));
    let stuffed =
        failures_let_through(&rates, 5_000, |n| (format!("{n}@example.com"), network(n + 1)));
    assert_eq!(stuffed, 100);
    assert!(tries(&rates, "ada@example.com", network(0), 0, true));
    assert!(!tries(&rates, "bob@example.com", network(6_000), 0, true));
    assert!(tries(&rates, "bob@example.com", network(6_000), SECOND, true));
}

#[test]
fn one_site_cannot_use_up_the_failures_of_all() {
    let rates = guarded();
    let of_site = |n: u32| {
        let network = (0x2001_0db8_0007_u128 << 80) | (u128::from(n) << 64);
        IpAddr::V6(Ipv6Addr::from(network))
    };
    let stuffed = failures_let_through(&rates, 5_000, |n| (format!("{n}@example.com"), of_site(n)));
    assert_eq!(stuffed, 25);
    assert!(tries(&rates, "ada@example.com", network(2), 0, true));
    assert!(tries(&rates, "ada@example.com", network(3), 0, true), "another site");
}

#[test]
fn what_an_account_is_known_to_have_used_is_familiar_to_it() {
    let rates = guarded();
    failures_let_through(&rates, 5_000, |n| ("ada@example.com".to_owned(), network(n + 1)));
    let refused = rates.attempt("ada@example.com", network(0), at(0)).err().unwrap();
    assert!(refused.of_strangers);
    rates.knows(" Ada@Example.com", network(0), at(-29 * DAY));
    assert!(tries(&rates, "ada@example.com", network(0), 0, true));
    // Its own failures are still its own, and nobody is to look for more.
    failures_let_through(&rates, 100, |_| ("ada@example.com".to_owned(), network(0)));
    let refused = rates.attempt("ada@example.com", network(0), at(0)).err().unwrap();
    assert!(!refused.of_strangers);
}

#[test]
fn the_store_is_asked_for_few_whose_rate_is_spent() {
    let rates = guarded();
    let asked = |networks: std::ops::Range<u32>, each: u32| {
        let looks = networks.flat_map(|n| std::iter::repeat_n(network(n), each as usize));
        looks.filter(|network| rates.may_look(Look::Account, *network, at(0))).count()
    };
    assert_eq!(asked(0..1, 1_000), 60);
    assert_eq!(asked(1..1_000, 1), 440);
    assert!(rates.may_look(Look::Account, network(2_000), at(SECOND)));
    assert!(rates.may_look(Look::Account, network(0), at(SECOND)));
}

#[test]
fn one_address_that_tries_many_accounts_is_stopped_by_the_rate_of_its_sign_ins() {
    let rates = guarded();
    let spray = |n: u32| {
        let standing = rates.stranger(RateClass::SignIn, network(2), at(0)).unwrap();
        standing.admit().is_ok() && tries(&rates, &format!("{n}@example.com"), network(2), 0, false)
    };
    assert_eq!((0..1_000).filter(|n| spray(*n)).count(), 30);
}

#[test]
fn what_was_not_a_failure_costs_nothing() {
    let rates = guarded();
    let busy: Result<(), Error> =
        Err(Error::Busy { what: "sign-in", retry_after: Duration::from_secs(1) });
    for n in 0..1_000 {
        let attempt = rates.attempt("ada@example.com", network(n % 3), at(0)).unwrap();
        attempt.end(&busy, at(0));
    }
    assert!(tries(&rates, "ada@example.com", network(0), 0, false));
}

#[test]
fn tries_at_the_same_time_do_not_go_beyond_the_rate() {
    let rates = guarded();
    let under_way: Vec<_> =
        (0..50).filter_map(|n| rates.attempt("ada@example.com", network(n), at(0)).ok()).collect();
    assert_eq!(under_way.len(), 30);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// However small the table, and whoever pushes out whom: nobody is let through whom a table of
    /// everybody would refuse.
    #[test]
    fn a_full_table_lets_through_no_more_than_an_endless_one(
        visits in proptest::collection::vec((0_u32..800, 1_u32..6, 0_i64..200), 1..3_000),
    ) {
        let limit: Rate = "20/s burst 4".parse().unwrap();
        // 512 entries for 800 keys, most of which have spent what they had.
        let (table, keys) = (Table::of(1), Keys::new());
        let mut exact = HashMap::<u32, Kept>::new();
        let mut now = 0;
        for (n, requests, pause) in visits {
            now += pause;
            let hash = keys.hash(&Key::NoToken(network(n)));
            let of = exact.entry(n).or_insert(Kept { value: 0, own: false });
            for _ in 0..requests {
                let small = table.update(hash, |kept| ask(limit, "read", at(now), kept));
                if small.admit().is_ok() {
                    let (standing, value) = ask(limit, "read", at(now), *of);
                    prop_assert!(standing.admit().is_ok());
                    *of = Kept { value: value.unwrap(), own: true };
                }
            }
        }
    }
}
