calls! {
    "RobotController_findAll" robots list  value;
    "RobotController_create" robots create [body types::CreateRobotDto] value;
    "RobotController_findOne" robots get [path "id"] value;
}
