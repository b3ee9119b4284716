//! Tests of the validator, by documents of a few lines.

use std::time::{Duration, Instant};

use serde_json::json;

use super::*;

fn messages(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(|problem| problem.message.clone()).collect()
}

/// A validator of schemas, and the messages of a value.
fn validator(schemas: Value) -> impl Fn(&Value, &Value) -> Vec<String> {
    let document = json!({ "paths": {}, "components": { "schemas": schemas } });
    let validator = Validator::new(Document::new(document).expect("the document is sound"));
    move |schema, value| messages(&validator.check(schema, value, Undeclared::Refused))
}

#[test]
fn nested_indistinguishable_branches_are_checked_in_linear_time() {
    let any = json!({ "oneOf": [{ "$ref": "#/components/schemas/A" }, { "$ref": "#/components/schemas/B" }] });
    let branch = json!({ "type": "object", "properties": { "in": any } });
    let problems = validator(json!({ "A": branch, "B": branch, "Any": any }));
    let tower = (0..60).fold(json!(5), |tower, _| json!({ "in": tower }));
    let schema = json!({ "$ref": "#/components/schemas/Any" });
    assert_eq!(problems(&schema, &tower), Vec::<String>::new());
}

#[test]
fn the_closest_of_indistinguishable_branches_is_reported() {
    let problems = validator(json!({
        "Cat": { "type": "object", "required": ["purrs"], "properties": { "purrs": { "type": "boolean" } } },
        "Dog": { "type": "object", "required": ["barks", "name"],
            "properties": { "barks": { "type": "boolean" }, "name": { "type": "string" } } },
    }));
    let schema = json!({ "oneOf": [{ "$ref": "#/components/schemas/Cat" }, { "$ref": "#/components/schemas/Dog" }] });
    assert_eq!(
        problems(&schema, &json!({ "barks": true, "name": 5 })),
        ["name must be a string"]
    );
    assert_eq!(problems(&schema, &json!(5)), ["body must be an object"]);
}

#[test]
fn an_untagged_branch_takes_values_of_unknown_tags() {
    let problems = validator(json!({
        "Named": { "type": "object", "required": ["on"],
            "properties": { "on": { "type": "string", "enum": ["end"] }, "name": { "type": "string" } } },
        "Tagged": { "type": "object", "required": ["on"],
            "properties": { "on": { "type": "string", "enum": ["start"] } } },
        "Other": { "type": "object", "required": ["on"],
            "properties": { "on": { "type": "string" }, "seconds": { "type": "number" } } },
    }));
    let branch = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let schema = json!({ "oneOf": [branch("Named"), branch("Other"), branch("Tagged")] });
    let fits = |value: Value| problems(&schema, &value);
    assert_eq!(fits(json!({ "on": "end", "name": "x" })), Vec::<String>::new());
    assert_eq!(fits(json!({ "on": "timeout", "seconds": 5 })), Vec::<String>::new());
    assert_eq!(
        fits(json!({ "on": "end", "seconds": 5 })),
        ["property seconds should not exist"]
    );
    assert_eq!(
        fits(json!({ "on": "timeout", "name": "x" })),
        ["property name should not exist"]
    );
}

/// Returns the problems of a body of the one operation, `make`.
fn request(schema: Value, body: &Value) -> Vec<Problem> {
    let content = json!({ "application/json": { "schema": schema } });
    let operation = json!({ "operationId": "make", "requestBody": { "content": content } });
    let document = Document::new(json!({ "paths": { "/thing": { "post": operation } } }));
    let validator = Validator::new(document.expect("the document is sound"));
    validator.request("make", body).expect("it has the operation")
}

fn thing() -> Value {
    json!({ "type": "object", "required": ["zone"], "properties": {
        "zone": { "type": "string", "maxLength": 3 },
        "parts": { "type": "array", "items": { "type": "object", "properties": {
            "size": { "type": "number", "minimum": 1 }, "color": { "type": "string", "enum": ["red", "blue"] },
        } } },
        "names": { "type": "array", "items": { "type": "string", "minLength": 2 } },
        "apple": { "type": "integer" },
        "details": { "type": "object" },
    } })
}

#[test]
fn what_should_not_exist_comes_first_then_the_document_decides() {
    let body = json!({
        "apple": "x", "xyz": 1, "parts": [{ "color": "green", "weight": 1, "size": 0 }, 5], "abc": 2, "zone": "long",
    });
    let problems = request(thing(), &body);
    assert_eq!(
        messages(&problems),
        [
            "parts.0.property weight should not exist",
            "property xyz should not exist",
            "property abc should not exist",
            "zone must be shorter than or equal to 3 characters",
            "parts.0.size must not be less than 1",
            "parts.0.color must be one of the following values: red, blue",
            "parts.each value in nested property parts must be either object or array",
            "apple must be an integer number",
        ]
    );
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/parts/0/weight",
            "/xyz",
            "/abc",
            "/zone",
            "/parts/0/size",
            "/parts/0/color",
            "/parts/1",
            "/apple"
        ]
    );
}

#[test]
fn a_problem_says_what_was_expected_and_found() {
    let body = json!({ "zone": "long", "parts": [{ "color": "green" }], "names": ["a"], "details": "none" });
    let said: Vec<(String, String)> = request(thing(), &body)
        .into_iter()
        .map(|problem| (problem.expected, problem.found))
        .collect();
    let expected = [
        ("at most 3 characters", "\"long\""),
        ("one of: red, blue", "\"green\""),
        ("at least 2 characters", "\"a\""),
        ("an object", "\"none\""),
    ];
    assert_eq!(said, expected.map(|(one, other)| (one.to_owned(), other.to_owned())));
    let missing = &request(thing(), &json!({}))[0];
    assert_eq!(
        (missing.path.as_str(), missing.found.as_str(), missing.message.as_str()),
        ("/zone", "nothing", "zone should not be null or undefined")
    );
}

#[test]
fn elements_of_a_list_are_spoken_of_as_each_value() {
    let body = json!({ "zone": "a", "names": [5, "b", 6] });
    assert_eq!(
        messages(&request(thing(), &body)),
        [
            "each value in names must be a string",
            "each value in names must be longer than or equal to 2 characters",
            "each value in names must be a string",
        ]
    );
}

#[test]
fn nested_objects_have_a_sentence_of_their_own() {
    let schema = json!({ "type": "object", "properties": {
        "voice": { "type": "object", "properties": { "plan": thing() } }, "metadata": { "type": "object" },
    } });
    assert_eq!(
        messages(&request(schema.clone(), &json!({ "voice": "x", "metadata": "y" }))),
        [
            "nested property voice must be either object or array",
            "metadata must be an object"
        ]
    );
    assert_eq!(
        messages(&request(schema.clone(), &json!({ "voice": { "plan": 5 } }))),
        ["voice.nested property plan must be either object or array"]
    );
    assert_eq!(messages(&request(schema, &json!("x"))), ["body must be an object"]);
}

#[test]
fn formats_and_patterns_are_checked() {
    let text = |rule: Value| {
        let mut schema = json!({ "type": "string" });
        schema
            .as_object_mut()
            .expect("it is one")
            .extend(rule.as_object().expect("it is one").clone());
        json!({ "type": "object", "properties": { "it": schema } })
    };
    for (rule, good, bad, message) in [
        (
            json!({ "format": "uuid" }),
            "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
            "mine",
            "it must be a UUID",
        ),
        (
            json!({ "format": "date-time" }),
            "2026-01-31",
            "soon",
            "it must be a valid ISO 8601 date string",
        ),
        (
            json!({ "format": "email" }),
            "a@example.com",
            "a",
            "it must be an email",
        ),
        (
            json!({ "format": "uri" }),
            "https://example.com",
            "a b",
            "it must be a URL address",
        ),
        (
            json!({ "pattern": "/^[a-z]{1,3}$/" }),
            "abc",
            "a b",
            "it must match /^[a-z]{1,3}$/ regular expression",
        ),
        (json!({ "pattern": "ROLE_PATTERN" }), "anything", "", ""),
        (json!({ "format": "binary" }), "anything", "", ""),
    ] {
        assert_eq!(
            messages(&request(text(rule.clone()), &json!({ "it": good }))),
            Vec::<String>::new()
        );
        let refused = messages(&request(text(rule), &json!({ "it": bad })));
        let expected: Vec<&str> = Some(message)
            .into_iter()
            .filter(|message| !message.is_empty())
            .collect();
        assert_eq!(refused, expected);
    }
}

#[test]
fn a_number_is_checked_unless_its_check_is_off() {
    let schema = json!({ "type": "object", "properties": {
        "number": { "type": "string", "format": "e164" }, "numberE164CheckEnabled": { "type": "boolean" },
    } });
    let hint = "number must be a valid phone number in the E.164 format. Hot tip, you may be missing the country code (Eg. US: +1).";
    for (body, expected) in [
        (json!({ "number": "5555550123" }), vec![hint]),
        (
            json!({ "number": "5555550123", "numberE164CheckEnabled": true }),
            vec![hint],
        ),
        (
            json!({ "number": "5555550123", "numberE164CheckEnabled": false }),
            vec![],
        ),
        (json!({ "number": "+15555550123" }), vec![]),
        (json!({ "number": null }), vec![]),
    ] {
        assert_eq!(messages(&request(schema.clone(), &body)), expected, "{body}");
    }
}

#[test]
fn a_secret_is_not_shown() {
    let schema = json!({ "type": "object", "properties": { "apiKey": { "type": "string", "maxLength": 3 } } });
    let problems = request(schema, &json!({ "apiKey": "hush-hush", "authToken": "hush-hush" }));
    assert_eq!(problems.len(), 2);
    assert!(
        problems.iter().all(|problem| problem.found == "a string"),
        "{problems:?}"
    );
}

fn lists() -> Validator {
    let query = |name: &str, schema: Value| json!({ "name": name, "in": "query", "schema": schema });
    let document = json!({ "paths": { "/thing/{id}": { "get": {
        "operationId": "list",
        "parameters": [
            { "name": "id", "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } },
            query("page", json!({ "type": "number", "minimum": 1 })),
            query("limit", json!({ "type": "number", "maximum": 10 })),
            query("order", json!({ "type": "string", "enum": ["ASC", "DESC"] })),
            query("ids", json!({ "type": "array", "items": { "type": "integer" } })),
        ],
        "responses": {
            "200": { "content": { "application/json": { "schema": thing() } } },
            "4XX": { "content": { "application/json": { "schema": { "type": "object", "required": ["message"], "properties": {} } } } },
        },
    } } } });
    Validator::new(Document::new(document).expect("the document is sound"))
}

#[test]
fn a_query_is_checked_in_the_order_of_the_document() {
    let pairs = [
        ("order", "up"),
        ("limit", "2.5"),
        ("page", "0"),
        ("cursor", "x"),
        ("ids", "1"),
        ("ids", "b"),
    ];
    let problems = lists().query("list", &pairs).expect("it has the operation");
    assert_eq!(
        messages(&problems),
        [
            "page must not be less than 1",
            "limit must be an integer number",
            "order must be one of the following values: ASC, DESC",
            "ids must be an integer number",
        ]
    );
    assert_eq!(problems[0].path, "/page");
}

#[test]
fn a_path_is_checked_by_the_formats_of_its_parameters() {
    let problems = |id: &str| messages(&lists().path("list", &[("id", id)]).expect("it has the operation"));
    assert_eq!(problems("mine"), ["id must be a UUID"]);
    assert_eq!(problems("00000000-0000-0000-0000-000000000000"), Vec::<String>::new());
}

#[test]
fn a_response_may_have_more_than_the_document() {
    let validator = lists();
    let body = json!({ "zone": "a", "new": 1, "parts": [{ "new": 2, "size": "x" }] });
    let problems = validator.response("list", 201, &body).expect("it has the operation");
    assert_eq!(
        problems.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(),
        ["/parts/0/size"]
    );
    let problems = validator.response("list", 404, &json!({})).expect("it has the status");
    assert_eq!(problems[0].path, "/message");
    let unknown = validator
        .response("list", 500, &json!({}))
        .expect_err("it has no such status");
    assert_eq!(
        unknown.to_string(),
        "the document has no response with the status `500 of list`"
    );
    let unknown = validator
        .request("make", &json!({}))
        .expect_err("it has no such operation");
    assert_eq!(unknown.to_string(), "the document has no operation `make`");
}

#[test]
fn a_webhook_is_judged_with_or_without_its_envelope() {
    let hang = json!({ "type": "object", "required": ["type", "timestamp"], "properties": {
        "type": { "type": "string", "enum": ["hang"] }, "timestamp": { "type": "number" },
    } });
    let document = json!({ "paths": {}, "components": { "schemas": {
        "Hang": hang,
        "ServerMessage": { "type": "object", "properties": {
            "message": { "oneOf": [{ "$ref": "#/components/schemas/Hang" }] },
        } },
    } } });
    let validator = Validator::new(Document::new(document).expect("the document is sound"));
    let message = json!({ "type": "hang", "timestamp": "now", "call": {} });
    let paths = |value: &Value| {
        let problems = validator.webhook("hang", value).expect("it has the message");
        problems.into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(paths(&message), ["/timestamp"]);
    assert_eq!(paths(&json!({ "message": message })), ["/message/timestamp"]);
    assert!(validator.webhook("ring", &message).is_err());
}

#[test]
fn a_million_unknown_properties_are_refused_soon() {
    let body: Value = [("zone".to_owned(), json!("a"))]
        .into_iter()
        .chain((0..1_000_000).map(|index| (format!("p{index}"), json!(1))))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let before = Instant::now();
    let problems = request(thing(), &body);
    // A debug build takes some ten times as long as a release build.
    assert!(before.elapsed() < Duration::from_secs(10), "{:?}", before.elapsed());
    // A value as large as this gets its first problem alone.
    assert_eq!(messages(&problems), ["property p0 should not exist"]);
}
