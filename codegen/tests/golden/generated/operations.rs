/// The operations on `robots`.
#[derive(Clone, Debug)]
pub struct Robots {
    pub(crate) client: Client,
}

impl Client {
    /// The operations on `robots`.
    pub fn robots(&self) -> Robots {
        Robots { client: self.clone() }
    }
}

impl Robots {
    /// The operation `RobotController_findAll`.
    ///
    /// `GET /robot`
    ///
    /// [`RobotsList`](prepared::RobotsList) has the response, the errors and the optional parameters.
    #[inline]
    pub fn list(&self) -> prepared::RobotsList {
        Operation::new(&self.client)
    }

    /// The operation `RobotController_create`.
    ///
    /// `POST /robot`
    ///
    /// [`RobotsCreate`](prepared::RobotsCreate) has the response, the errors and the optional parameters.
    #[inline]
    pub fn create(&self, body: impl Into<types::CreateRobotDto>) -> prepared::RobotsCreate {
        Operation::new(&self.client).body(&body.into())
    }

    /// The operation `RobotController_findOne`.
    ///
    /// `GET /robot/{id}`
    ///
    /// [`RobotsGet`](prepared::RobotsGet) has the response, the errors and the optional parameters.
    #[inline]
    pub fn get(&self, id: impl AsRef<str>) -> prepared::RobotsGet {
        Operation::new(&self.client).path("id", id.as_ref())
    }

}

/// The operations as types, each with what the document says of it.
pub mod endpoint {
    use super::*;

    endpoint!(RobotsList "RobotController_findAll" GET "/robot" -> Vec<types::Robot>);
    endpoint!(RobotsCreate "RobotController_create" POST "/robot" -> types::Robot);
    endpoint!(RobotsGet "RobotController_findOne" GET "/robot/{id}" -> types::Robot);
}

/// The operations as the methods of the resources return them: prepared, and sent when they are awaited.
///
/// Each page lists the parameters, the response and the errors of one operation.
pub mod prepared {
    use super::*;

    /// The operation [`vapi.robots().list(…)`](Robots::list): `GET /robot`.
    ///
    /// | id | `RobotController_findAll` |
    /// | --- | --- |
    /// | response | [`Vec<Robot>`](types::Robot) |
    /// | optional parameters | `limit` |
    /// | errors | an [`Error`](crate::Error) for every status but 2xx |
    /// | retries | after 408, 429, 5xx, and a connection that failed or broke |
    /// | streams | `stream()` for the items, `pages()` for the pages: see [`pages`](crate::pages) |
    pub type RobotsList = Operation<endpoint::RobotsList>;

    /// The operation [`vapi.robots().create(…)`](Robots::create): `POST /robot`.
    ///
    /// | id | `RobotController_create` |
    /// | --- | --- |
    /// | response | [`Robot`](types::Robot) |
    /// | errors | an [`Error`](crate::Error) for every status but 2xx |
    /// | retries | after 429, and if no connection was made: never when it may have been done |
    pub type RobotsCreate = Operation<endpoint::RobotsCreate>;

    /// The operation [`vapi.robots().get(…)`](Robots::get): `GET /robot/{id}`.
    ///
    /// | id | `RobotController_findOne` |
    /// | --- | --- |
    /// | response | [`Robot`](types::Robot) |
    /// | errors | an [`Error`](crate::Error) for every status but 2xx |
    /// | retries | after 408, 429, 5xx, and a connection that failed or broke |
    pub type RobotsGet = Operation<endpoint::RobotsGet>;

}

impl prepared::RobotsList {
    /// The parameter `limit`. At least 0.
    pub fn limit(self, limit: impl Into<i64>) -> Self {
        self.query_value::<i64>("limit", limit.into())
    }

}

/// Every operation: its id, method, path, and the names of its methods here.
#[doc(hidden)]
pub const OPERATIONS: &[OperationNames] = &[
    OperationNames { id: "RobotController_findAll", method: "GET", path: "/robot", handle: "robots", name: "list", raw: "robot_controller_find_all" },
    OperationNames { id: "RobotController_create", method: "POST", path: "/robot", handle: "robots", name: "create", raw: "robot_controller_create" },
    OperationNames { id: "RobotController_findOne", method: "GET", path: "/robot/{id}", handle: "robots", name: "get", raw: "robot_controller_find_one" },
];
list!(RobotsList types::Robot, Limited);
