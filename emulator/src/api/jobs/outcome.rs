//! The evaluations of a simulation: what a structured output extracted, compared with what the scenario expects.

use serde_json::{Map, Value, json};

use crate::script::CallResults;
use crate::text::ids;

/// Returns the results of a simulation, `{passed, evaluations}`. What the script of the call does not extract is what the
/// scenario expects, unless the script says that the call was no success.
pub(super) fn results(
    evaluations: &[Value],
    results: &CallResults,
    stored_output: impl Fn(&Value) -> Option<Value>,
) -> Value {
    let succeeds = is_success(results);
    let evaluations: Vec<Value> = evaluations
        .iter()
        .map(|evaluation| {
            let id = &evaluation["structuredOutputId"];
            let output = stored_output(id).unwrap_or_else(|| evaluation["structuredOutput"].clone());
            evaluate(evaluation, &output, &results.structured_outputs, succeeds)
        })
        .collect();
    let is_failure = |evaluation: &Value| evaluation["required"] == true && evaluation["passed"] == false;
    let passed = match evaluations.is_empty() {
        true => succeeds,
        false => !evaluations.iter().any(is_failure),
    };
    json!({ "passed": passed, "evaluations": evaluations })
}

/// Returns whether a script lets its call succeed.
pub(super) fn is_success(results: &CallResults) -> bool {
    let evaluation = results.analysis.get("successEvaluation");
    !evaluation.is_some_and(|evaluation| *evaluation == false || *evaluation == "false")
}

fn evaluate(evaluation: &Value, output: &Value, scripted: &Map<String, Value>, succeeds: bool) -> Value {
    let (comparator, expected) = (evaluation["comparator"].as_str().unwrap_or("="), &evaluation["value"]);
    let name = output["name"].as_str().unwrap_or("Evaluation");
    let id = [&evaluation["structuredOutputId"], &output["id"]]
        .into_iter()
        .find_map(Value::as_str)
        .map_or_else(ids::uuid, str::to_owned);
    let result = scripted
        .get(&id)
        .or_else(|| scripted.values().find(|result| result["name"] == name))
        .map(|found| at_path(&found["result"], evaluation["path"].as_str()));
    let extracted = match result {
        Some(extracted) => extracted.clone(),
        None => example(comparator, expected, succeeds),
    };
    let mut evaluated = json!({
        "structuredOutputId": id,
        "name": name,
        "comparator": comparator,
        "expectedValue": expected,
        "passed": compare(&extracted, comparator, expected),
        "required": evaluation["required"] != false,
        "extractedValue": extracted,
    });
    for (property, value) in [
        ("path", &evaluation["path"]),
        ("description", &output["description"]),
        ("schema", &output["schema"]),
    ] {
        if !value.is_null() {
            evaluated[property] = value.clone();
        }
    }
    evaluated
}

/// Returns the part of a result at a path of names, `order.items.0`.
fn at_path<'a>(result: &'a Value, path: Option<&str>) -> &'a Value {
    let steps = path.unwrap_or_default().split('.').filter(|step| !step.is_empty());
    steps.fold(result, |value, step| match step.parse::<usize>() {
        Ok(index) if value.is_array() => &value[index],
        _ => &value[step],
    })
}

/// Returns whether a value is as expected. Values of different types are unequal, and neither is greater.
fn compare(extracted: &Value, comparator: &str, expected: &Value) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = match (extracted, expected) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        _ => extracted
            .as_f64()
            .zip(expected.as_f64())
            .and_then(|(a, b)| a.partial_cmp(&b)),
    };
    match comparator {
        "!=" => order != Some(Equal),
        ">" => order == Some(Greater),
        "<" => order == Some(Less),
        ">=" => matches!(order, Some(Greater | Equal)),
        "<=" => matches!(order, Some(Less | Equal)),
        _ => order == Some(Equal),
    }
}

/// Returns a value that is as expected, or one that is not; null where no value can be.
fn example(comparator: &str, expected: &Value, fits: bool) -> Value {
    let different = match expected {
        Value::Bool(value) => json!(!value),
        Value::Number(number) => json!(number.as_f64().unwrap_or_default() + 1.0),
        Value::String(text) => json!(format!("not {text}")),
        _ => Value::Null,
    };
    let less = json!(expected.as_f64().unwrap_or_default() - 1.0);
    let candidates = [expected.clone(), different, less, Value::Null];
    let found = candidates
        .into_iter()
        .find(|candidate| compare(candidate, comparator, expected) == fits);
    found.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_compared_by_their_kind() {
        let cases = [
            (json!(3), "=", json!(3.0), true),
            (json!(3), ">", json!(3), false),
            (json!(3), ">=", json!(3), true),
            (json!("a"), "<", json!("b"), true),
            (json!(true), "!=", json!(false), true),
            (json!("3"), "=", json!(3), false),
            (json!(null), "!=", json!("x"), true),
        ];
        for (extracted, comparator, expected, passes) in cases {
            assert_eq!(
                compare(&extracted, comparator, &expected),
                passes,
                "{extracted} {comparator} {expected}"
            );
        }
    }

    #[test]
    fn examples_fit_or_do_not_fit() {
        for comparator in ["=", "!=", ">", "<", ">=", "<="] {
            for fits in [true, false] {
                let example = example(comparator, &json!(7), fits);
                assert_eq!(compare(&example, comparator, &json!(7)), fits, "{example} {comparator}");
            }
        }
    }

    #[test]
    fn scripted_results_are_found_by_name_and_path() {
        let mut scripted = CallResults::default();
        scripted.structured_outputs.insert(
            "so-1".into(),
            json!({ "name": "order", "result": { "items": [{ "count": 2 }] } }),
        );
        let evaluation = |required: bool, value: i64| {
            json!({
                "structuredOutput": { "name": "order" }, "path": "items.0.count", "comparator": "=", "value": value,
                "required": required,
            })
        };
        let outcome = |evaluation: Value| results(&[evaluation], &scripted, |_| None)["passed"].clone();
        assert_eq!(outcome(evaluation(true, 2)), true);
        assert_eq!(outcome(evaluation(true, 3)), false);
        assert_eq!(outcome(evaluation(false, 3)), true);
    }
}
