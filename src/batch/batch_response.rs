//! What a batch's answer tells of each customer. It lists calls and refusals apart, in no order that is promised.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

pub(super) struct Answered {
    /// One for each customer that was sent.
    pub(super) customers: Vec<Told>,
    /// Calls of which it can't be told whose they are.
    pub(super) unmatched: Vec<Box<RawValue>>,
    pub(super) limits: Limits,
}

/// What the answer tells of one customer.
pub(super) enum Told {
    Call(Box<RawValue>),
    Refused(String),
    Nothing,
}

/// How many calls may run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Limits {
    /// How many more may be started.
    pub(super) remaining: Option<u64>,
    /// How many may run at once.
    pub(super) at_once: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    customer: Value,
    error: Value,
}

/// # Errors
/// The answer is neither a call nor a batch.
pub(super) fn read(body: &[u8], sent: &[Value]) -> serde_json::Result<Answered> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_slice(body)?;
    let limits = members.get("subscriptionLimits").map(|text| limits(text.get()));
    let mut calls: Vec<Box<RawValue>> = match members.get("results") {
        Some(results) => serde_json::from_str(results.get())?,
        None if members.contains_key("id") => vec![RawValue::from_string(String::from_utf8_lossy(body).into_owned())?],
        None if members.contains_key("errors") => Vec::new(),
        None => return Err(serde::de::Error::missing_field("results")),
    };
    let mut refusals: Vec<Refusal> = match members.get("errors").map(|errors| errors.get()) {
        None | Some("null") => Vec::new(),
        Some(errors) => serde_json::from_str(errors)?,
    };
    let mut told: Vec<Option<Told>> = sent.iter().map(|_| None).collect();
    let free = |told: &[Option<Told>], whose: &Value| {
        let mut pairs = sent.iter().zip(told);
        pairs.position(|(sent, told)| told.is_none() && fits(sent, whose))
    };
    refusals.retain(|refusal| match free(&told, &refusal.customer) {
        Some(index) => {
            told[index] = Some(Told::Refused(sentence(&refusal.error)));
            false
        }
        None => true,
    });
    let mut left = Vec::new();
    for call in calls.drain(..) {
        match free(&told, &customer_of(&call)) {
            Some(index) => told[index] = Some(Told::Call(call)),
            None => left.push(call),
        }
    }
    let open = told.iter().filter(|told| told.is_none()).count();
    // What is left can be told apart by its order, if it is of one kind and there is one for each.
    if open == left.len() && refusals.is_empty() {
        let calls = left.drain(..).map(Told::Call);
        told.iter_mut()
            .filter(|told| told.is_none())
            .zip(calls)
            .for_each(|(told, call)| *told = Some(call));
    } else if open == refusals.len() && left.is_empty() {
        let refused = refusals.iter().map(|refusal| Told::Refused(sentence(&refusal.error)));
        told.iter_mut()
            .filter(|told| told.is_none())
            .zip(refused)
            .for_each(|(told, refused)| *told = Some(refused));
    }
    Ok(Answered {
        customers: told.into_iter().map(|told| told.unwrap_or(Told::Nothing)).collect(),
        unmatched: left,
        limits: limits.unwrap_or_default(),
    })
}

/// Whether a customer in an answer is the one that was sent: they have something in common, and nothing that differs.
fn fits(sent: &Value, told: &Value) -> bool {
    let (Some(sent), Some(told)) = (sent.as_object(), told.as_object()) else {
        return false;
    };
    // Overrides may come back with more in them than was sent.
    let is_plain = |value: &Value| !value.is_object() && !value.is_array();
    let mut common = sent
        .iter()
        .filter(|(_, value)| is_plain(value))
        .filter_map(|(name, value)| Some((value, told.get(name)?)))
        .peekable();
    common.peek().is_some() && common.all(|(sent, told)| sent == told)
}

fn customer_of(call: &RawValue) -> Value {
    #[derive(Deserialize)]
    struct Of {
        #[serde(default)]
        customer: Value,
    }
    serde_json::from_str(call.get()).map_or(Value::Null, |of: Of| of.customer)
}

fn sentence(error: &Value) -> String {
    match error {
        Value::String(text) => text.clone(),
        Value::Null => "no reason was given".to_owned(),
        Value::Object(fields) => match fields.get("message") {
            Some(Value::String(text)) => text.clone(),
            _ => error.to_string(),
        },
        other => other.to_string(),
    }
}

fn limits(text: &str) -> Limits {
    let says: Value = serde_json::from_str(text).unwrap_or_default();
    let number = |name: &str| {
        says[name]
            .as_f64()
            .filter(|number| *number >= 0.0)
            .map(|number| number as u64)
    };
    let is_blocked = says["concurrencyBlocked"] == true;
    Limits {
        remaining: if is_blocked {
            Some(0)
        } else {
            number("remainingConcurrentCalls")
        },
        at_once: number("concurrencyLimit"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn customers(numbers: &[&str]) -> Vec<Value> {
        numbers.iter().map(|number| json!({ "number": number })).collect()
    }

    /// The id of the call, the refusal in brackets, or `?`.
    fn told(sent: &[Value], answer: Value) -> Vec<String> {
        let answered = read(answer.to_string().as_bytes(), sent).unwrap();
        let said = answered.customers.iter().map(|told| match told {
            Told::Call(call) => serde_json::from_str::<Value>(call.get()).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned(),
            Told::Refused(why) => format!("({why})"),
            Told::Nothing => "?".to_owned(),
        });
        said.chain(answered.unmatched.iter().map(|_| "+".to_owned())).collect()
    }

    #[test]
    fn each_customer_gets_what_is_theirs_whatever_the_order() {
        let answer = json!({
            "results": [
                {"id": "c", "customer": {"number": "3"}},
                {"id": "a", "customer": {"number": "1", "name": "added by the server"}},
            ],
            "errors": [{"customer": {"number": "2"}, "error": "no"}]
        });
        assert_eq!(told(&customers(&["1", "2", "3"]), answer), ["a", "(no)", "c"]);
    }

    #[test]
    fn calls_that_do_not_say_whose_they_are_go_by_order_if_there_is_one_for_each() {
        let answer = json!({"results": [{"id": "a"}, {"id": "b"}]});
        assert_eq!(told(&customers(&["1", "2"]), answer), ["a", "b"]);
        let rewritten = json!({"results": [{"id": "a", "customer": {"number": "+1"}}], "errors": [
            {"customer": {"number": "2"}, "error": "no"}
        ]});
        assert_eq!(told(&customers(&["1", "2"]), rewritten), ["a", "(no)"]);
    }

    #[test]
    fn what_cannot_be_told_apart_is_not_guessed() {
        let answer = json!({"results": [{"id": "a"}], "errors": [{"error": "no"}]});
        assert_eq!(told(&customers(&["1", "2"]), answer), ["?", "?", "+"]);
        let answer = json!({"results": [{"id": "a"}], "errors": []});
        assert_eq!(told(&customers(&["1", "2"]), answer), ["?", "?", "+"]);
    }

    #[test]
    fn a_number_that_is_called_twice_has_two_calls() {
        let answer = json!({"results": [
            {"id": "a", "customer": {"number": "1"}},
            {"id": "b", "customer": {"number": "1"}}
        ]});
        assert_eq!(told(&customers(&["1", "1"]), answer), ["a", "b"]);
    }

    #[test]
    fn a_single_call_is_the_answer_for_a_single_customer() {
        assert_eq!(told(&customers(&["1"]), json!({"id": "a"})), ["a"]);
    }

    #[test]
    fn what_is_neither_is_an_error() {
        for body in [
            json!({}),
            json!([]),
            json!({"results": 3}),
            json!({"message": "queued"}),
        ] {
            assert!(read(body.to_string().as_bytes(), &[]).is_err(), "{body}");
        }
    }

    #[test]
    fn a_call_that_is_held_back_means_that_no_slot_is_free() {
        let read = |limits: Value| {
            let answer = json!({"results": [], "subscriptionLimits": limits});
            let limits = read(answer.to_string().as_bytes(), &[]).unwrap().limits;
            (limits.remaining, limits.at_once)
        };
        let blocked = json!({"concurrencyBlocked": true, "concurrencyLimit": 10, "remainingConcurrentCalls": 1});
        assert_eq!(read(blocked), (Some(0), Some(10)));
        assert_eq!(read(json!({"remainingConcurrentCalls": 4.0})), (Some(4), None));
        assert_eq!(read(json!(null)), (None, None));
    }
}
