//! The response to a batch. It lists calls and refusals separately, in no guaranteed order.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The calls and refusals of a batch, matched to its customers.
pub(super) struct BatchResponse {
    /// One result for each customer in the request.
    pub(super) customers: Vec<CustomerResult>,
    /// Calls that cannot be matched to a customer.
    pub(super) unmatched: Vec<Box<RawValue>>,
    pub(super) limits: ConcurrencyLimits,
}

/// The part of a response that is about one customer.
pub(super) enum CustomerResult {
    Call(Box<RawValue>),
    Refused(String),
    Missing,
}

/// The numbers of calls that the account may run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct ConcurrencyLimits {
    /// The number of calls that may be started now.
    pub(super) remaining: Option<u64>,
    /// The number of calls that may run at once.
    pub(super) total: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    customer: Value,
    error: Value,
}

impl BatchResponse {
    /// Reads the response to a request with these customers.
    ///
    /// # Errors
    ///
    /// The response is neither a call nor a batch.
    pub(super) fn read(body: &[u8], sent: &[Value]) -> serde_json::Result<Self> {
        let members: BTreeMap<String, &RawValue> = serde_json::from_slice(body)?;
        let limits = members.get("subscriptionLimits").map(|text| limits(text.get()));
        let calls: Vec<Box<RawValue>> = match members.get("results") {
            Some(results) => serde_json::from_str(results.get())?,
            None if members.contains_key("id") => {
                vec![RawValue::from_string(String::from_utf8_lossy(body).into_owned())?]
            }
            None if members.contains_key("errors") => Vec::new(),
            None => return Err(serde::de::Error::missing_field("results")),
        };
        let refusals: Vec<Refusal> = match members.get("errors").map(|errors| errors.get()) {
            None | Some("null") => Vec::new(),
            Some(errors) => serde_json::from_str(errors)?,
        };
        let (customers, unmatched) = assign(sent, calls, refusals);
        Ok(BatchResponse {
            customers,
            unmatched,
            limits: limits.unwrap_or_default(),
        })
    }

    /// Returns the result of a request for one customer; `Missing` if there are more calls than customers.
    #[cfg(vapi_type = "CallOrBatch")]
    pub(super) fn into_only_result(mut self) -> CustomerResult {
        match self.customers.pop() {
            Some(CustomerResult::Call(_)) if !self.unmatched.is_empty() => CustomerResult::Missing,
            Some(result) => result,
            None => CustomerResult::Missing,
        }
    }
}

/// Assigns calls and refusals to the customers, and returns the calls that fit none.
fn assign(
    sent: &[Value],
    calls: Vec<Box<RawValue>>,
    mut refusals: Vec<Refusal>,
) -> (Vec<CustomerResult>, Vec<Box<RawValue>>) {
    let mut results: Vec<Option<CustomerResult>> = sent.iter().map(|_| None).collect();
    let free = |results: &[Option<CustomerResult>], customer: &Value| {
        let mut pairs = sent.iter().zip(results);
        pairs.position(|(sent, result)| result.is_none() && matches(sent, customer))
    };
    refusals.retain(|refusal| match free(&results, &refusal.customer) {
        Some(index) => {
            results[index] = Some(CustomerResult::Refused(sentence(&refusal.error)));
            false
        }
        None => true,
    });
    let mut unmatched = Vec::new();
    for call in calls {
        match free(&results, &customer_of(&call)) {
            Some(index) => results[index] = Some(CustomerResult::Call(call)),
            None => unmatched.push(call),
        }
    }
    // The rest is assigned by its order, if it is all calls or all refusals and there is one for each customer.
    let open = results.iter().filter(|result| result.is_none()).count();
    let rest: Vec<CustomerResult> = if open == unmatched.len() && refusals.is_empty() {
        unmatched.drain(..).map(CustomerResult::Call).collect()
    } else if open == refusals.len() && unmatched.is_empty() {
        let sentences = refusals.iter().map(|refusal| sentence(&refusal.error));
        sentences.map(CustomerResult::Refused).collect()
    } else {
        Vec::new()
    };
    let empty = results.iter_mut().filter(|result| result.is_none());
    empty.zip(rest).for_each(|(result, rest)| *result = Some(rest));
    let results = results
        .into_iter()
        .map(|result| result.unwrap_or(CustomerResult::Missing));
    (results.collect(), unmatched)
}

/// Returns whether a customer in a response is the one in the request: they share a property, and none differs.
fn matches(sent: &Value, received: &Value) -> bool {
    let (Some(sent), Some(received)) = (sent.as_object(), received.as_object()) else {
        return false;
    };
    // Overrides may come back with more properties than were sent.
    let is_plain = |value: &Value| !value.is_object() && !value.is_array();
    let mut common = sent
        .iter()
        .filter(|(_, value)| is_plain(value))
        .filter_map(|(name, value)| Some((value, received.get(name)?)))
        .peekable();
    common.peek().is_some() && common.all(|(sent, received)| sent == received)
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

fn limits(text: &str) -> ConcurrencyLimits {
    let limits: Value = serde_json::from_str(text).unwrap_or_default();
    let number = |name: &str| {
        limits[name]
            .as_f64()
            .filter(|number| *number >= 0.0)
            .map(|number| number as u64)
    };
    let is_blocked = limits["concurrencyBlocked"] == true;
    ConcurrencyLimits {
        remaining: if is_blocked {
            Some(0)
        } else {
            number("remainingConcurrentCalls")
        },
        total: number("concurrencyLimit"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn customers(numbers: &[&str]) -> Vec<Value> {
        numbers.iter().map(|number| json!({ "number": number })).collect()
    }

    /// Returns for each customer the id of the call, the refusal in brackets, or `?`; and `+` for each unmatched call.
    fn results(sent: &[Value], response: Value) -> Vec<String> {
        let response = BatchResponse::read(response.to_string().as_bytes(), sent).unwrap();
        let results = response.customers.iter().map(|result| match result {
            CustomerResult::Call(call) => serde_json::from_str::<Value>(call.get()).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned(),
            CustomerResult::Refused(why) => format!("({why})"),
            CustomerResult::Missing => "?".to_owned(),
        });
        results
            .chain(response.unmatched.iter().map(|_| "+".to_owned()))
            .collect()
    }

    #[test]
    fn each_customer_gets_their_own_result_in_any_order() {
        let response = json!({
            "results": [
                {"id": "c", "customer": {"number": "3"}},
                {"id": "a", "customer": {"number": "1", "name": "added by the server"}},
            ],
            "errors": [{"customer": {"number": "2"}, "error": "no"}]
        });
        assert_eq!(results(&customers(&["1", "2", "3"]), response), ["a", "(no)", "c"]);
    }

    #[test]
    fn calls_without_customers_are_assigned_by_order() {
        let response = json!({"results": [{"id": "a"}, {"id": "b"}]});
        assert_eq!(results(&customers(&["1", "2"]), response), ["a", "b"]);
        let rewritten = json!({"results": [{"id": "a", "customer": {"number": "+1"}}], "errors": [
            {"customer": {"number": "2"}, "error": "no"}
        ]});
        assert_eq!(results(&customers(&["1", "2"]), rewritten), ["a", "(no)"]);
    }

    #[test]
    fn ambiguous_calls_are_not_assigned() {
        let response = json!({"results": [{"id": "a"}], "errors": [{"error": "no"}]});
        assert_eq!(results(&customers(&["1", "2"]), response), ["?", "?", "+"]);
        let response = json!({"results": [{"id": "a"}], "errors": []});
        assert_eq!(results(&customers(&["1", "2"]), response), ["?", "?", "+"]);
    }

    #[test]
    fn a_number_that_is_called_twice_has_two_calls() {
        let response = json!({"results": [
            {"id": "a", "customer": {"number": "1"}},
            {"id": "b", "customer": {"number": "1"}}
        ]});
        assert_eq!(results(&customers(&["1", "1"]), response), ["a", "b"]);
    }

    #[test]
    fn a_single_call_is_the_result_of_a_single_customer() {
        assert_eq!(results(&customers(&["1"]), json!({"id": "a"})), ["a"]);
    }

    #[test]
    fn other_responses_are_errors() {
        for body in [
            json!({}),
            json!([]),
            json!({"results": 3}),
            json!({"message": "queued"}),
        ] {
            assert!(BatchResponse::read(body.to_string().as_bytes(), &[]).is_err(), "{body}");
        }
    }

    #[test]
    fn a_blocked_call_means_that_no_concurrency_remains() {
        let read = |limits: Value| {
            let response = json!({"results": [], "subscriptionLimits": limits});
            let limits = BatchResponse::read(response.to_string().as_bytes(), &[])
                .unwrap()
                .limits;
            (limits.remaining, limits.total)
        };
        let blocked = json!({"concurrencyBlocked": true, "concurrencyLimit": 10, "remainingConcurrentCalls": 1});
        assert_eq!(read(blocked), (Some(0), Some(10)));
        assert_eq!(read(json!({"remainingConcurrentCalls": 4.0})), (Some(4), None));
        assert_eq!(read(json!(null)), (None, None));
    }
}
