#[allow(unused_imports)]
pub use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};
#[allow(unused_imports)]
use progenitor_client::{ClientHooks, OperationInfo, RequestBuilderExt};
#[derive(Clone, Debug)]
/**Client for Robots

Version: 1*/
pub struct Client {
    pub(crate) baseurl: String,
    pub(crate) client: reqwest::Client,
    pub(crate) inner: crate::raw::Shared,
}
impl Client {
    /// Construct a new client with an existing `reqwest::Client`,
    /// allowing more control over its configuration.
    ///
    /// `baseurl` is the base URL provided to the internal
    /// `reqwest::Client`, and should include a scheme and hostname,
    /// as well as port and a path stem if applicable.
    #[inline]
    pub fn new_with_client(
        baseurl: &str,
        client: reqwest::Client,
        inner: crate::raw::Shared,
    ) -> Self {
        Self {
            baseurl: baseurl.to_string(),
            client,
            inner,
        }
    }
}
impl ClientInfo<crate::raw::Shared> for Client {
    #[inline]
    fn api_version() -> &'static str {
        "1"
    }
    #[inline]
    fn baseurl(&self) -> &str {
        self.baseurl.as_str()
    }
    #[inline]
    fn client(&self) -> &reqwest::Client {
        &self.client
    }
    #[inline]
    fn inner(&self) -> &crate::raw::Shared {
        &self.inner
    }
}
const _: () = {
    #[allow(dead_code)]
    fn assert_client_hooks()
    where
        Client: ClientHooks<crate::raw::Shared>,
    {}
};
#[allow(clippy::all)]
impl Client {
    /**The operation `RobotController_findAll`.

`GET /robot`

Sends a `GET` request to `/robot`

Arguments:
- `limit`: The parameter `limit`. At least 0.
*/
    #[inline]
    pub async fn robot_controller_find_all<'a>(
        &'a self,
        limit: Option<i64>,
    ) -> Result<ResponseValue<::std::vec::Vec<types::Robot>>, Error<()>> {
        let url = format!("{}/robot", self.baseurl,);
        let request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("limit", &limit))
            .build()?;
        self.exec_and_decode(request, "robot_controller_find_all").await
    }
    /**The operation `RobotController_create`.

`POST /robot`

Sends a `POST` request to `/robot`

*/
    #[inline]
    pub async fn robot_controller_create<'a>(
        &'a self,
        body: &'a types::CreateRobotDto,
    ) -> Result<ResponseValue<types::Robot>, Error<()>> {
        let url = format!("{}/robot", self.baseurl,);
        let request = self
            .client
            .post(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .json(&body)
            .build()?;
        self.exec_and_decode(request, "robot_controller_create").await
    }
    /**The operation `RobotController_findOne`.

`GET /robot/{id}`

Sends a `GET` request to `/robot/{id}`

Arguments:
- `id`: The parameter `id`.
*/
    #[inline]
    pub async fn robot_controller_find_one<'a>(
        &'a self,
        id: &'a str,
    ) -> Result<ResponseValue<types::Robot>, Error<()>> {
        let url = format!("{}/robot/{}", self.baseurl, crate::raw::checked_id(& id.to_string())?,);
        let request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .build()?;
        self.exec_and_decode(request, "robot_controller_find_one").await
    }
}
/// Items consumers will typically use such as the Client.
pub mod prelude {
    #[allow(unused_imports)]
    pub use super::Client;
}
