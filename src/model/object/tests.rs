//! Calls of `model!` and `created_from!` by hand, and what the types do.

use serde_json::{Value, json};

use crate::model::{Nullable, created_from, model, read_body};

model! {
    /// A robot, as it is read.
    Robot { "kind" = "robot" }
    new { id: one String }
    required [1]
    /// The axes that it moves on.
    0 axes "axes" opt list i64;
    /// The id, which only the server sets.
    1 id "id" req one String;
    /// The name.
    2 name "name" opt one String;
    /// The short name; `null` clears it.
    3 nickname "nickname" null one String;
}

model! {
    /// The body that creates a robot.
    CreateRobot { "kind" = "robot" }
    new { name: one String }
    required [1]
    /// The axes that it moves on.
    0 axes "axes" opt list i64;
    /// The name, which a robot must have.
    1 name "name" req one String;
    /// The short name; `null` clears it.
    2 nickname "nickname" null one String;
}

created_from! { CreateRobot Robot }

fn robot(value: &Value) -> Robot {
    read_body(value.to_string().as_bytes()).unwrap().value
}

#[test]
fn setters_fill_the_fields_and_the_tag_is_written() {
    let robot = Robot::new("a").id("b").name("Ada").axes([1, 2]).nickname("A");
    assert_eq!(
        serde_json::to_value(robot).unwrap(),
        json!({ "kind": "robot", "axes": [1, 2], "id": "b", "name": "Ada", "nickname": "A" })
    );
}

#[test]
fn unknown_properties_and_nulls_are_kept_and_written() {
    let value = json!({ "kind": "robot", "id": "a", "name": null, "nickname": null, "new": 1 });
    let robot = robot(&value);
    assert_eq!(robot.nickname, Nullable::Null);
    assert_eq!(Value::Object(robot.extra.clone()), json!({ "name": null, "new": 1 }));
    assert_eq!(serde_json::to_value(robot).unwrap(), value);
}

#[test]
fn a_tag_with_another_value_is_kept() {
    let value = json!({ "kind": "drone", "id": "a" });
    let robot = robot(&value);
    assert_eq!(Value::Object(robot.extra.clone()), json!({ "kind": "drone" }));
    assert_eq!(serde_json::to_value(robot).unwrap(), value);
}

#[test]
fn a_required_property_and_a_tag_must_be_there() {
    let error = |text: &str| read_body::<Robot>(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        error(r#"{"kind": "robot"}"#),
        "expected an object with `id`, found one without it"
    );
    assert_eq!(
        error(r#"{"id": "a"}"#),
        "expected an object with `kind`, found one without it"
    );
}

#[test]
fn debug_leaves_out_absent_fields() {
    let robot = Robot::new("a").axes([1]);
    assert_eq!(format!("{robot:?}"), r#"Robot { axes: [1], id: "a" }"#);
}

#[test]
fn a_create_body_leaves_out_what_is_read_only() {
    let mut robot = Robot::new("a").name("Ada").axes([1]).nickname("A");
    robot.extra.insert("new".to_owned(), json!({ "x": 1 }));
    let mut expected = CreateRobot::new("").name("Ada").axes([1]).nickname("A");
    expected.extra.insert("new".to_owned(), json!({ "x": 1 }));
    assert_eq!(CreateRobot::from(robot), expected);
}

#[test]
fn a_value_that_does_not_fit_the_body_is_kept() {
    // `name` can be read as `null`, and must be a string to create.
    let body = CreateRobot::from(robot(
        &json!({ "kind": "drone", "id": "a", "name": null, "axes": [1], "new": 1 }),
    ));
    assert_eq!((body.name.as_str(), &body.axes), ("", &Some(vec![1])));
    assert_eq!(
        Value::Object(body.extra),
        json!({ "kind": "drone", "name": null, "new": 1 })
    );
}

#[test]
fn a_required_property_that_was_not_read_stays_blank() {
    let body = CreateRobot::from(Robot::new("a").axes([1]));
    assert_eq!((body.name.as_str(), body.axes), ("", Some(vec![1])));
}

#[test]
fn a_body_keeps_values_nested_deeper_than_json_is_read() {
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
    let mut robot = Robot::new("a").name("Ada").axes([1]);
    robot.extra.insert("deep".to_owned(), deep.clone());
    let body = CreateRobot::from(robot);
    assert_eq!((body.name.as_str(), &body.axes), ("Ada", &Some(vec![1])));
    assert_eq!(body.extra["deep"], deep);
}
