//! Calls of `tagged_union!` and the macros beside it by hand, and what the types do.

use serde_json::{Value, json};

use crate::model::{
    JsonKind, Object, Shape, boxed_variant, created_from, model, names, plain_variant, read_body, shared_property,
    tagged_union,
};

model! {
    /// An arm that grips.
    GripperArm { "type" = "gripper" }
    new { reach: one i64 }
    required [1]
    /// The id, which only the server sets.
    0 id "id" opt one String;
    /// The reach.
    1 reach "reach" req one i64;
}

model! {
    /// An arm that welds.
    WelderArm { "type" = "welder" }
    new {}
    required []
    /// The reach.
    0 reach "reach" opt one i64;
}

model! {
    /// The body that creates an arm that grips.
    CreateGripperArm { "type" = "gripper" }
    new { reach: one i64 }
    required [0]
    /// The reach.
    0 reach "reach" req one i64;
}

tagged_union! {
    /// An arm.
    Arm tag Some("type");
    /// An arm that grips.
    0 Gripper Box<GripperArm> = Shape { kind: JsonKind::Object, tags: &[("type", names!["gripper"])], object: Some(<GripperArm as Object>::TABLE) };
    /// An arm that welds.
    1 Welder Box<WelderArm> = Shape { kind: JsonKind::Object, tags: &[("type", names!["welder"])], object: Some(<WelderArm as Object>::TABLE) };
}
boxed_variant! { Arm Gripper GripperArm }
boxed_variant! { Arm Welder WelderArm }
shared_property! { Arm reach "reach" i64 { Gripper req Welder opt } }

tagged_union! {
    /// The body that creates an arm. Welders are no longer made.
    CreateArm tag Some("type");
    /// An arm that grips.
    0 Gripper Box<CreateGripperArm> = Shape { kind: JsonKind::Object, tags: &[("type", names!["gripper"])], object: Some(<CreateGripperArm as Object>::TABLE) };
}
boxed_variant! { CreateArm Gripper CreateGripperArm }
created_from! { CreateGripperArm GripperArm }
created_from! { try CreateArm Arm { Gripper Gripper } }

tagged_union! {
    /// A tool: its name, or an arm.
    Tool tag None;
    /// A name.
    0 Name String = Shape { kind: JsonKind::String, tags: &[], object: None };
    /// An arm.
    1 Arm Box<GripperArm> = Shape { kind: JsonKind::Object, tags: &[("type", names!["gripper"])], object: Some(<GripperArm as Object>::TABLE) };
}
plain_variant! { Tool Name String }
boxed_variant! { Tool Arm GripperArm }

fn arm(value: &Value) -> Arm {
    read_body(value.to_string().as_bytes()).unwrap().value
}

#[test]
fn the_tag_names_the_variant_wherever_it_stands() {
    for text in [r#"{"type":"gripper","reach":2}"#, r#"{"reach":2,"type":"gripper"}"#] {
        let arm: Arm = read_body(text.as_bytes()).unwrap().value;
        assert_eq!(arm, GripperArm::new(1).reach(2).into());
    }
}

#[test]
fn an_unknown_variant_is_kept_as_it_came() {
    let value = json!({ "type": "painter", "reach": 2 });
    assert_eq!(arm(&value), Arm::Unknown(value.clone()));
    assert_eq!(serde_json::to_value(arm(&value)).unwrap(), value);
}

#[test]
fn a_variant_without_a_required_property_is_unknown() {
    let value = json!({ "type": "gripper" });
    assert_eq!(arm(&value), Arm::Unknown(value.clone()));
}

#[test]
fn a_shared_property_is_read_from_each_variant() {
    assert_eq!(Arm::from(GripperArm::new(2)).reach(), Some(&2));
    assert_eq!(Arm::from(WelderArm::new().reach(3)).reach(), Some(&3));
    assert_eq!(Arm::from(WelderArm::new()).reach(), None);
    assert_eq!(arm(&json!({ "type": "painter", "reach": 2 })).reach(), None);
}

#[test]
fn an_untagged_union_is_read_by_its_kind() {
    let name: Tool = read_body(br#""saw""#).unwrap().value;
    assert_eq!(name, "saw".into());
    let arm: Tool = read_body(br#"{"type":"gripper","reach":2}"#).unwrap().value;
    assert_eq!(arm, GripperArm::new(2).into());
}

#[test]
fn a_variant_that_cannot_be_created_is_returned() {
    let welder = Arm::from(WelderArm::new());
    assert_eq!(CreateArm::try_from(welder.clone()), Err(Box::new(welder)));
    let gripper = Arm::from(GripperArm::new(2).id("a"));
    assert_eq!(
        CreateArm::try_from(gripper),
        Ok(CreateGripperArm::new(1).reach(2).into())
    );
}
