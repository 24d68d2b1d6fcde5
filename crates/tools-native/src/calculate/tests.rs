//! Tests of arithmetic: values, exactness, faults, and hostile expressions.

use proptest::prelude::*;

use super::*;

fn value(expression: &str) -> String {
    match evaluate(expression) {
        Ok(output) => output.result,
        Err(fault) => format!("fault: {fault}"),
    }
}

#[test]
fn operators_have_their_usual_order() {
    for (expression, wanted) in [
        ("1+2*3", "7"),
        ("(1+2)*3", "9"),
        ("10-4-3", "3"),
        ("100/10/5", "2"),
        ("2^3^2", "512"),
        ("-2^2", "-4"),
        ("2^-2", "0.25"),
        ("(-2)^3", "-8"),
        ("7 % 3", "1"),
        ("-7 % 3", "2"),
        ("5.5 % 2", "1.5"),
        ("1 - -1", "2"),
        ("6 ÷ 2 × 3", "9"),
        ("1_000_000 * 2", "2000000"),
        (".5 + 1.", "1.5"),
        ("1e3 + 2.5E-1", "1000.25"),
        ("2*e", "5.43656365691809"),
    ] {
        assert_eq!(value(expression), wanted, "{expression}");
    }
}

#[test]
fn decimals_and_large_integers_are_exact() {
    for (expression, wanted) in [
        ("0.1 + 0.2", "0.3"),
        ("19.99 * 3 * 1.19", "71.3643"),
        ("2^100", "1267650600228229401496703205376"),
        ("1/3 + 1/6", "0.5"),
        ("1/3 * 3", "1"),
        ("sqrt(2.25)", "1.5"),
        ("9007199254740993 + 0", "9007199254740993"),
        ("-0.05", "-0.05"),
    ] {
        let output = evaluate(expression).unwrap();
        assert_eq!((output.result.as_str(), output.exact), (wanted, true), "{expression}");
    }
    let third = evaluate("1/3").unwrap();
    assert_eq!(
        (third.result.as_str(), third.exact, third.fraction.as_deref()),
        ("0.333333333333333", false, Some("1/3"))
    );
}

#[test]
fn what_is_not_exact_says_so() {
    for (expression, wanted) in [
        ("sqrt(2)", "1.4142135623731"),
        ("2^0.5", "1.4142135623731"),
        ("2^1000", "1.07150860718627e301"),
        ("sin(pi/2)", "1"),
        ("exp(0)", "1"),
        ("1e-10 * pi", "3.14159265358979e-10"),
    ] {
        let output = evaluate(expression).unwrap();
        assert_eq!((output.result.as_str(), output.exact), (wanted, false), "{expression}");
    }
}

#[test]
fn functions_take_what_they_state() {
    for (expression, wanted) in [
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(2.345, 2)", "2.35"),
        ("floor(-1.5) + ceil(-1.5)", "-3"),
        ("max(1, 7/2, 3)", "3.5"),
        ("min(2, -1)", "-1"),
        ("sum(0.1, 0.2, 0.3)", "0.6"),
        ("avg(1, 2)", "1.5"),
        ("sum()", "0"),
        ("abs(-3) + log10(1000) + log2(8)", "9"),
        ("sqrt(1, 2)", "fault: `sqrt` takes one argument, not 2"),
        ("max()", "fault: `max` takes at least one argument, not 0"),
        ("round(1, 1.5)", "fault: `round` takes a number and 0 to 30 digits, not 2"),
        ("ln(0)", "fault: the logarithm of a number that is not above zero has no real value"),
        ("sqrt(-1)", "fault: the square root of a negative number has no real value"),
        ("(-8)^(1/3)", "fault: a root of a negative number has no real value"),
        ("system(1)", "fault: there is no function or constant `system`"),
        ("x + 1", "fault: there is no function or constant `x`"),
    ] {
        assert_eq!(value(expression), wanted, "{expression}");
    }
}

#[test]
fn faults_name_their_place() {
    for (expression, wanted) in [
        ("", "fault: an expression has 1 to 4000 bytes"),
        (" ", "fault: the end at character 2, where a number, a name or `(` was expected"),
        ("1 +", "fault: the end at character 4, where a number, a name or `(` was expected"),
        ("(1", "fault: the end at character 3, where `)` was expected"),
        ("1)", "fault: `)` at character 2, where an operator or the end was expected"),
        ("é + 1", "fault: `é` at character 1, where a number, a name or `(` was expected"),
        ("2 ** 3", "fault: `*` at character 3, where `^` for a power was expected"),
        ("1,000", "fault: `,` at character 2, where an operator or the end was expected"),
        ("1.2.3", "fault: `1.2.3` at character 1 is not a number"),
        ("0x10", "fault: `0x10` at character 1 is not a number"),
        ("2e", "fault: `2e` at character 1 is not a number"),
        ("1 + .", "fault: `.` at character 5 is not a number"),
        ("1/0", "fault: division by zero"),
        ("1 % (2-2)", "fault: division by zero"),
        ("0^-1", "fault: division by zero"),
    ] {
        assert_eq!(value(expression), wanted, "{expression}");
    }
}

#[test]
fn hostile_expressions_end_at_once() {
    for (expression, wanted) in [
        ("(".repeat(2_000), "fault: an expression is nested at most 64 levels deep"),
        ("-".repeat(2_000), "fault: an expression is nested at most 64 levels deep"),
        (vec!["9"; 500].join("^"), "fault: an expression is nested at most 64 levels deep"),
        ("sum(".repeat(500), "fault: an expression is nested at most 64 levels deep"),
        ("9".repeat(4_001), "fault: an expression has 1 to 4000 bytes"),
        ("9".repeat(400), "fault: the result is too large"),
        ("9^9^9".to_owned(), "fault: the result is too large"),
        ("1e999".to_owned(), "fault: the result is too large"),
        ("2^99999999999999999999999999".to_owned(), "fault: the result is too large"),
        ("1e308*10".to_owned(), "fault: the result is too large"),
    ] {
        assert_eq!(value(&expression), wanted);
    }
}

proptest! {
    #[test]
    fn any_text_gives_a_value_or_a_fault(text in ".{0,200}") {
        let _ = evaluate(&text);
    }

    #[test]
    fn any_sequence_of_tokens_gives_a_value_or_a_fault(
        tokens in prop::collection::vec(prop::sample::select(vec![
            "1", "0", "2.5", "1e300", "99999999999999999999", "+", "-", "*", "/", "%", "^", "(", ")",
            "sqrt(", "round(", ",", "max(", "pi", "170141183460469231731687303715884105727",
        ]), 0..40)
    ) {
        let _ = evaluate(&tokens.concat());
    }

    #[test]
    fn integers_agree_with_machine_arithmetic(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000) {
        prop_assert_eq!(value(&format!("{a} + {b}")), (a + b).to_string());
        prop_assert_eq!(value(&format!("{a} * {b}")), (a * b).to_string());
        prop_assert_eq!(value(&format!("{a} - {b}")), (a - b).to_string());
        if b != 0 {
            prop_assert_eq!(value(&format!("floor({a} / {b}) * {b} + {a} % {b}")), a.to_string());
        }
    }
}
