use http::Method;
use serde::Deserialize;
use vapi::Client;
use vapi::http;
use vapi::operation::{Decoded, Endpoint, Operation, Undecodable};

#[derive(Debug, Deserialize, PartialEq)]
pub struct Thing {
    pub id: String,
    #[serde(default)]
    pub messages: Vec<Message>,
}

#[derive(Debug, Deserialize, PartialEq)]
pub struct Message {
    pub role: String,
    pub time: u64,
}

macro_rules! endpoint {
    ($name:ident, $id:literal, $method:ident, $path:literal) => {
        pub struct $name;

        impl Endpoint for $name {
            const ID: &'static str = $id;
            const METHOD: Method = Method::$method;
            const PATH: &'static str = $path;
            type Output = Thing;

            fn decode(body: &[u8]) -> Result<Decoded<Thing>, Undecodable> {
                let thing: Thing = serde_json::from_slice(body)?;
                Ok(thing.into())
            }
        }
    };
}

endpoint!(CreateThing, "ThingController_create", POST, "/thing");
endpoint!(GetThing, "ThingController_findOne", GET, "/thing/{id}");
endpoint!(UpdateThing, "ThingController_update", PATCH, "/thing/{id}");
endpoint!(ReplaceThing, "ThingController_replace", PUT, "/thing/{id}");
endpoint!(UploadThing, "FileController_create", POST, "/file");

pub struct DeleteThing;

impl Endpoint for DeleteThing {
    const ID: &'static str = "ThingController_remove";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/thing/{id}";
    type Output = ();

    fn decode(_: &[u8]) -> Result<Decoded<()>, Undecodable> {
        Ok(().into())
    }
}

pub fn create(client: &Client) -> Operation<CreateThing> {
    Operation::new(client).body(&serde_json::json!({ "name": "a" }))
}

pub fn get(client: &Client, id: &str) -> Operation<GetThing> {
    Operation::new(client).path("id", id)
}

pub fn update(client: &Client, id: &str) -> Operation<UpdateThing> {
    Operation::new(client)
        .path("id", id)
        .body(&serde_json::json!({ "name": null }))
}

pub fn replace(client: &Client, id: &str) -> Operation<ReplaceThing> {
    Operation::new(client)
        .path("id", id)
        .body(&serde_json::json!({ "name": "b" }))
}

pub fn delete(client: &Client, id: &str) -> Operation<DeleteThing> {
    Operation::new(client).path("id", id)
}
