tagged_union! {
    /// The type `Arm`.
    Arm tag Some("type");
    /// The variant in which `type` is `gripper`.
    0 Gripper Box<GripperArm> = Shape { kind: JsonKind::Object, tags: &[("type", names!["gripper"])], object: Some(<GripperArm as crate::model::Object>::TABLE) };
    /// The variant in which `type` is `welder`.
    1 Welder Box<WelderArm> = Shape { kind: JsonKind::Object, tags: &[("type", names!["welder"])], object: Some(<WelderArm as crate::model::Object>::TABLE) };
}
boxed_variant! { Arm Gripper GripperArm }
boxed_variant! { Arm Welder WelderArm }

model! {
    /// The type `CreateRobotDto`.
    ///
    /// In the document: `CreateRobotDTO`.
    CreateRobotDto {  }
    new { name: one String }
    required [1]
    /// The property `arms`.
    0 arms "arms" opt list Arm;
    /// The property `name`.
    1 name "name" req one String;
    /// The property `apiKey`.
    2 api_key "apiKey" opt one Secret;
    /// The property `labels`.
    3 labels "labels" opt map String;
}

model! {
    /// The type `GripperArm`.
    GripperArm { "type" = "gripper" }
    new { reach: one Number }
    required [0]
    /// The property `reach`.
    0 reach "reach" req one Number;
    /// The property `fingers`.
    1 fingers "fingers" opt one i64;
}

model! {
    /// The type `Robot`.
    Robot {  }
    new { id: one String }
    required [0]
    /// The property `id`.
    0 id "id" req one String;
    /// The property `arms`.
    1 arms "arms" opt list Arm;
    /// The property `name`.
    2 name "name" opt one String;
    /// The property `apiKey`.
    3 api_key "apiKey" opt one Secret;
    /// The property `labels`.
    4 labels "labels" opt map String;
    /// The property `status`.
    5 status "status" opt one RobotStatus;
    /// The property `createdAt`.
    6 created_at "createdAt" opt one Timestamp;
}

open_enum! {
    /// A value of `Robot.status`.
    RobotStatus {
        0 AtWork "at-work"
        1 Idle "idle"
    }
}

model! {
    /// The type `WelderArm`.
    WelderArm { "type" = "welder" }
    new {  }
    required []
    /// The property `reach`.
    0 reach "reach" opt one Number;
    /// The property `volts`.
    1 volts "volts" opt one Number;
}

shared_property! { Arm reach "reach" Number { Gripper req Welder opt } }
created_from! { CreateRobotDto Robot }
