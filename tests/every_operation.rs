//! Every operation of the document, through its own method of the typed client, against the local Vapi: requests that the document
//! allows are taken, and responses decode with nothing unknown in them.
#![cfg(vapi_op = "CallController_create")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use vapi::types;
use vapi::{Client, Upload};
use vapi_emulator::{Emulator, OperationInfo};

/// The response of an operation.
struct Decoded {
    shown: String,
    written: Value,
}

impl Decoded {
    fn with(value: &(impl Debug + Serialize)) -> Decoded {
        Decoded {
            shown: format!("{value:?}"),
            written: serde_json::to_value(value).unwrap(),
        }
    }
}

/// The caller: path parameters by name, and the bodies to choose from.
struct Asking<'a> {
    ids: &'a BTreeMap<String, String>,
    bodies: Vec<Value>,
}

impl Asking<'_> {
    fn path(&self, name: &str) -> String {
        self.ids
            .get(name)
            .unwrap_or_else(|| panic!("no value for {name}"))
            .clone()
    }

    /// Returns a required parameter, whatever its type.
    #[allow(dead_code, reason = "a document may have none")]
    fn parameter<T: DeserializeOwned>(&self, name: &str) -> T {
        let candidates = [json!("application/json"), json!(true), json!(1), json!({})];
        let found = candidates
            .into_iter()
            .find_map(|value| serde_json::from_value(value).ok());
        found.unwrap_or_else(|| panic!("no value for {name}"))
    }

    /// Returns the first body that the type can hold.
    fn body<T: DeserializeOwned>(&self) -> T {
        let mut read = self.bodies.iter().map(|body| T::deserialize(body));
        let first = read.next().expect("there is a body");
        first.or_else(|error| read.find_map(Result::ok).ok_or(error)).unwrap()
    }

    fn upload(&self) -> Upload {
        Upload::bytes("menu.txt", "Soup of the day.")
    }
}

macro_rules! argument {
    ($asking:ident path $name:literal) => {
        $asking.path($name)
    };
    ($asking:ident parameter $name:literal $type:ty) => {
        $asking.parameter::<$type>($name)
    };
    ($asking:ident body $type:ty) => {
        $asking.body::<$type>()
    };
    ($asking:ident upload) => {
        $asking.upload()
    };
}

macro_rules! outcome {
    (value $call:expr) => {
        $call.await.map(|value| Decoded::with(&value))
    };
    (nothing $call:expr) => {
        $call.await.map(|()| Decoded::with(&Value::Null))
    };
    (download $call:expr) => {
        $call.bytes().await.map(|bytes| Decoded::with(&json!(bytes.len())))
    };
}

macro_rules! calls {
    ($($id:literal $handle:ident $method:ident $([$($argument:tt)*])* $outcome:ident;)*) => {
        /// The ids of the operations that have a method.
        const METHODS: &[&str] = &[$($id),*];

        /// Calls the method of the operation.
        async fn call(vapi: &Client, id: &str, asking: &Asking<'_>) -> vapi::Result<Decoded> {
            match id {
                $($id => Box::pin(async {
                    outcome!($outcome vapi.$handle().$method($(argument!(asking $($argument)*)),*))
                })
                .await,)*
                _ => panic!("no method for {id}"),
            }
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/calls.rs"));

/// The operations by the shape of their paths, each resource made when something below it is asked for.
struct World {
    local: Emulator,
    /// Serves the client's own version of the document, if `local` serves another one.
    own: Option<Emulator>,
    vapi: Client,
    operations: Vec<OperationInfo>,
}

impl World {
    async fn start() -> World {
        World::with(support::local().await)
    }

    fn with((local, vapi): (Emulator, Client)) -> World {
        let operations = local.operations();
        World {
            local,
            own: None,
            vapi,
            operations,
        }
    }

    fn on(&self, path: &str, method: &str) -> Option<&OperationInfo> {
        let mut operations = self.operations.iter();
        operations.find(|operation| operation.path == path && operation.method == method)
    }

    async fn ask(&self, operation: &OperationInfo, ids: &BTreeMap<String, String>) -> vapi::Result<Decoded> {
        let body = |local: &Emulator| {
            let mut body = local.minimal_request(&operation.id).unwrap_or_default();
            // A run without a simulation has no items.
            if operation.id == "SimulationRunController_create" {
                body["simulations"] = json!([{ "type": "simulation" }]);
            }
            body
        };
        // What is no longer required is missing in a body of the newer version: an older client sends it.
        let bodies = [Some(&self.local), self.own.as_ref()]
            .into_iter()
            .flatten()
            .map(body)
            .collect();
        call(&self.vapi, &operation.id, &Asking { ids, bodies }).await
    }

    /// Ids for the parameters of a path: of resources made for it, each below the one before.
    async fn ids(&self, path: &str) -> BTreeMap<String, String> {
        let mut ids = BTreeMap::new();
        let mut so_far = String::new();
        for segment in path.split('/').skip(1) {
            if let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                let id = match name {
                    "provider" => "11labs".to_owned(),
                    "resourceName" => "pronunciation-dictionary".to_owned(),
                    _ => self.new_id(&so_far, &ids).await,
                };
                ids.insert(name.to_owned(), id);
            }
            so_far = format!("{so_far}/{segment}");
        }
        ids
    }

    /// Returns the id of a new resource of a collection, or of the first where none can be made by itself.
    async fn new_id(&self, collection: &str, ids: &BTreeMap<String, String>) -> String {
        let make = self.on(collection, "POST").or_else(|| self.on(collection, "GET"));
        let make = make.unwrap_or_else(|| panic!("nothing makes what is in {collection}"));
        let decoded = self.ask(make, ids).await.unwrap().written;
        let id = decoded
            .pointer("/id")
            .or(decoded.pointer("/0/id"))
            .and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("no id in {decoded}")).to_owned()
    }
}

#[tokio::test]
async fn every_method_decodes_its_response() {
    let world = World::start().await;
    let mut decoded = 0;
    for operation in &world.operations {
        let ids = world.ids(&operation.path).await;
        if operation.path.starts_with("/call/{id}/") {
            // Until it is over there is nothing to download.
            world.local.advance(Duration::from_secs(3600)).await;
        }
        let outcome = match world.ask(operation, &ids).await {
            Ok(outcome) => outcome,
            Err(error) => panic!("{}: {error}\n{error:?}", operation.id),
        };
        assert!(
            !outcome.shown.contains("Unknown("),
            "{}: {}",
            operation.id,
            outcome.shown
        );
        decoded += 1;
    }
    assert_eq!(decoded, 137);
}

/// The operations that the vendor changed so that one version of the client cannot use another version of the API, with the reasons.
const CHANGED: &[(&str, &str)] = &[
    ("PhoneNumberController_update", "its body has a `provider` since 2026"),
    (
        "StructuredOutputController_run",
        "it responded with a structured output, and since 2026 with results",
    ),
    ("ToolController_update", "its body has a `type` since 2026"),
];

/// Serves another version of the document, `VAPI_SERVED`, to the client of this one: each operation that both have is called, and each
/// resource that is read comes back as it was sent.
#[tokio::test]
#[ignore = "needs ../shared/upstream"]
async fn another_version_of_the_document_loses_nothing() {
    let document = |name: &str| std::env::var_os(name).unwrap_or_else(|| panic!("{name} names a document"));
    let serve = |document| {
        let local = Emulator::builder().allow_unknown_ids(true).allow_incomplete_calls(true);
        local.allow_origin("*").spec_file(document).start()
    };
    let local = serve(document("VAPI_SERVED")).await.unwrap();
    let vapi = support::builder(&local.base_url())
        .api_key(local.api_key())
        .build()
        .unwrap();
    let world = World {
        own: Some(serve(document("VAPI_OPENAPI")).await.unwrap()),
        ..World::with((local, vapi))
    };
    let (mut called, mut compared, mut changed, mut lost) = (0, 0, Vec::new(), Vec::new());
    for operation in &world.operations {
        if !METHODS.contains(&operation.id.as_str()) {
            continue;
        }
        let ids = world.ids(&operation.path).await;
        if operation.path.starts_with("/call/{id}/") {
            world.local.advance(Duration::from_secs(3600)).await;
        }
        called += 1;
        let decoded = match world.ask(operation, &ids).await {
            Ok(decoded) => decoded.written,
            Err(error) => {
                match CHANGED.iter().find(|(id, _)| *id == operation.id) {
                    Some((id, reason)) => changed.push(format!("{id} ({reason}): {error}")),
                    None => lost.push(format!("{}: {error}", operation.id)),
                }
                continue;
            }
        };
        let is_download = operation.path.starts_with("/call/{id}/");
        if operation.method == "GET" && !is_download {
            compared += 1;
            let mut path = operation.path.clone();
            for (name, id) in &ids {
                path = path.replace(&format!("{{{name}}}"), id);
            }
            let sent: Value = world.vapi.request(vapi::http::Method::GET, &path).send().await.unwrap();
            if decoded != sent {
                lost.push(format!("{}: {sent} was read as {decoded}", operation.id));
            }
        }
    }
    println!(
        "{called} operations called, {compared} responses compared, {} incompatible:",
        changed.len()
    );
    println!("{}", changed.join("\n"));
    assert!(lost.is_empty(), "{}", lost.join("\n"));
    assert!(called > 30 && compared > 15, "{called}, {compared}");
}
