//! The formulas of an insight: expressions over the results of its queries.

use std::sync::LazyLock;

use exmex::{BinOp, Express, FlatEx, MakeOperators, Operator, ops_factory};
use regex::{Captures, Regex};
use serde_json::{Map, Value, json};

const fn binary(apply: fn(f64, f64) -> f64, prio: i64) -> BinOp<f64> {
    BinOp {
        apply,
        prio,
        // Two numbers beside a commutative operator would be combined first: `6 / 3 * 2` would be one.
        is_commutative: false,
    }
}

// exmex's own operators lack `%`, and have no level that `*` and `/` share.
ops_factory!(
    FormulaOperators,
    f64,
    Operator::make_bin_unary("+", binary(|a, b| a + b, 0), |a| a),
    Operator::make_bin_unary("-", binary(|a, b| a - b, 0), |a| -a),
    Operator::make_bin("*", binary(|a, b| a * b, 1)),
    Operator::make_bin("/", binary(|a, b| a / b, 1)),
    Operator::make_bin("%", binary(f64::rem_euclid, 1)),
    Operator::make_bin("^", binary(f64::powf, 2)),
    Operator::make_bin("min", binary(f64::min, 0)),
    Operator::make_bin("max", binary(f64::max, 0)),
    Operator::make_unary("abs", f64::abs),
    Operator::make_unary("ceil", f64::ceil),
    Operator::make_unary("exp", f64::exp),
    Operator::make_unary("floor", f64::floor),
    Operator::make_unary("log", f64::ln),
    Operator::make_unary("log10", f64::log10),
    Operator::make_unary("log2", f64::log2),
    Operator::make_unary("round", f64::round),
    Operator::make_unary("sqrt", f64::sqrt)
);

/// The name of a query, in braces. Every row of an insight is searched for it.
static IN_BRACES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\{\{\s*(?:\[\s*['"]?(.*?)['"]?\s*\]|([^{}\[\]]*?))\s*\}\}"#).expect("the pattern is valid")
});

/// Evaluates a formula. A query is named `{{calls}}`, `{{['all calls']}}` or, if the name is a word, `calls`. The result is
/// null if it is no number, as for a division by zero.
///
/// # Errors
///
/// Returns a sentence for a formula that cannot be read, or that names an unknown query.
pub(super) fn evaluate(formula: &str, names: &[String], row: &Map<String, Value>) -> Result<Value, String> {
    let number = |name: &str| row.get(name).and_then(Value::as_f64);
    let mut unknown = None;
    let mut expression = IN_BRACES
        .replace_all(formula, |captures: &Captures<'_>| {
            let name = captures
                .get(1)
                .or_else(|| captures.get(2))
                .map_or("", |name| name.as_str());
            number(name).map_or_else(
                || {
                    unknown.get_or_insert_with(|| name.to_owned());
                    String::new()
                },
                literal,
            )
        })
        .into_owned();
    if let Some(name) = unknown {
        return Err(format!("formula names no query: {name}"));
    }
    for name in names.iter().filter(|name| is_word(name)) {
        if let (Some(value), Ok(word)) = (number(name), Regex::new(&format!(r"\b{name}\b"))) {
            expression = word.replace_all(&expression, literal(value)).into_owned();
        }
    }
    let result = FlatEx::<f64, FormulaOperators>::parse(&expression).and_then(|formula| formula.eval(&[]));
    match result {
        Ok(result) if result.is_finite() => Ok(json!(result)),
        Ok(_) => Ok(Value::Null),
        Err(_) => Err(format!("formula is not a valid mathematical expression: {formula}")),
    }
}

/// Returns a number as a formula has it. It is never written with an exponent.
fn literal(number: f64) -> String {
    format!("({number})")
}

fn is_word(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_evaluated_over_queries() {
        let names = ["booked".to_owned(), "all calls".to_owned(), "loss".to_owned()];
        let row = Map::from_iter([
            ("booked".to_owned(), json!(3)),
            ("all calls".to_owned(), json!(12)),
            ("loss".to_owned(), json!(-0.5)),
        ]);
        let cases = [
            ("{{booked}} / {{['all calls']}} * 100", json!(25.0)),
            ("({{ booked }} * 10) + {{[all calls]}}", json!(42.0)),
            ("booked % 2 + 1", json!(2.0)),
            ("7 * booked % 2", json!(1.0)),
            ("2 ^ booked - {{loss}}", json!(8.5)),
            ("max({{booked}}, 5)", json!(5.0)),
            ("{{booked}} / 0", Value::Null),
        ];
        for (formula, expected) in cases {
            assert_eq!(evaluate(formula, &names, &row), Ok(expected), "{formula}");
        }
    }

    #[test]
    fn a_formula_that_makes_no_sense_is_refused() {
        let (names, row) = (["n".to_owned()], Map::from_iter([("n".to_owned(), json!(1))]));
        assert_eq!(
            evaluate("{{m}} + 1", &names, &row),
            Err("formula names no query: m".to_owned())
        );
        for formula in ["{{n}} +", "n n", "", "system('x')"] {
            assert!(evaluate(formula, &names, &row).is_err(), "{formula}");
        }
    }
}
