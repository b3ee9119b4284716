registry! {
    type "Arm" types::Arm;
    type "CreateRobotDto" types::CreateRobotDto;
    schema "CreateRobotDTO" types::CreateRobotDto;
    type "GripperArm" types::GripperArm;
    schema "GripperArm" types::GripperArm;
    type "Robot" types::Robot;
    schema "Robot" types::Robot;
    type "RobotStatus" types::RobotStatus;
    type "WelderArm" types::WelderArm;
    schema "WelderArm" types::WelderArm;
    response "RobotController_findAll" Vec<types::Robot>;
    request "RobotController_create" types::CreateRobotDto;
    response "RobotController_create" types::Robot;
    response "RobotController_findOne" types::Robot;
}
