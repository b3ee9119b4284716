conversions! {
    CreateRobotDto Robot;
}
