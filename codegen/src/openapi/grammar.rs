//! The OpenAPI 3.0 documents that openapiv3 accepts, as tables.
//!
//! serde makes a parser of each type of openapiv3, in the crate that reads one: they were a quarter of this crate's functions.

use openapiv3::StatusCode;

use super::expected::Expected::{
    self, Any, Choice, Flag, FlagOr, List, Number, Object, Pick, Reference, Size, Table, Tagged, Text, Word,
};
use super::expected::Key;
use super::expected::Need::{Optional, Present, Required};

/// Returns the status that a key of a responses object names: a code, as `200` does, or a range, as `4XX` does.
pub(crate) fn status(key: &str) -> Option<StatusCode> {
    match key.as_bytes() {
        [digit @ b'0'..=b'9', b'x' | b'X', b'x' | b'X'] => Some(StatusCode::Range(u16::from(digit - b'0'))),
        [_, _, _] => {
            let code = key.parse().ok().filter(|code| (100..1000).contains(code));
            code.map(StatusCode::Code)
        }
        _ => None,
    }
}

/// A whole document.
pub(super) static DOCUMENT: Expected = Object(&[&[
    Key("openapi", Required, &Text),
    Key("info", Required, &INFO),
    Key("servers", Present, &SERVERS),
    Key(
        "paths",
        Required,
        &Pick(|path| path.starts_with('/'), &Reference(&PATH_ITEM)),
    ),
    Key("components", Optional, &COMPONENTS),
    Key("security", Optional, &SECURITY),
    Key("tags", Present, &TAGS),
    Key("externalDocs", Optional, &EXTERNAL_DOCS),
]]);

pub(crate) static INFO: Expected = Object(&[&[
    Key("title", Required, &Text),
    Key("description", Optional, &Text),
    Key("termsOfService", Optional, &Text),
    Key(
        "contact",
        Optional,
        &Object(&[&[
            Key("name", Optional, &Text),
            Key("url", Optional, &Text),
            Key("email", Optional, &Text),
        ]]),
    ),
    Key(
        "license",
        Optional,
        &Object(&[&[Key("name", Required, &Text), Key("url", Optional, &Text)]]),
    ),
    Key("version", Required, &Text),
]]);

pub(crate) static SERVERS: Expected = List(&SERVER);

static SERVER: Expected = Object(&[&[
    Key("url", Required, &Text),
    Key("description", Optional, &Text),
    Key(
        "variables",
        Optional,
        &Table(&Object(&[&[
            Key("enum", Present, &List(&Text)),
            Key("default", Required, &Text),
            Key("description", Optional, &Text),
        ]])),
    ),
]]);

pub(crate) static TAGS: Expected = List(&Object(&[&[
    Key("name", Required, &Text),
    Key("description", Optional, &Text),
    Key("externalDocs", Optional, &EXTERNAL_DOCS),
]]));

pub(crate) static EXTERNAL_DOCS: Expected =
    Object(&[&[Key("description", Optional, &Text), Key("url", Required, &Text)]]);

pub(crate) static SECURITY: Expected = List(&Table(&List(&Text)));

static COMPONENTS: Expected = Object(&[&[
    Key("schemas", Present, &Table(&SCHEMA_OR_REFERENCE)),
    Key("responses", Present, &Table(&Reference(&RESPONSE))),
    Key("parameters", Present, &Table(&Reference(&PARAMETER))),
    Key("examples", Present, &EXAMPLES),
    Key("requestBodies", Present, &Table(&Reference(&REQUEST_BODY))),
    Key("headers", Present, &HEADERS),
    Key("securitySchemes", Present, &SECURITY_SCHEMES),
    Key("links", Present, &LINKS),
    Key("callbacks", Present, &SHARED_CALLBACKS),
]]);

pub(crate) static SECURITY_SCHEMES: Expected = Table(&Reference(&Tagged(
    "type",
    &[
        (
            "apiKey",
            Object(&[&[
                Key("in", Required, &Word(&["query", "header", "cookie"])),
                Key("name", Required, &Text),
                Key("description", Optional, &Text),
            ]]),
        ),
        (
            "http",
            Object(&[&[
                Key("scheme", Required, &Text),
                Key("bearerFormat", Optional, &Text),
                Key("description", Optional, &Text),
            ]]),
        ),
        (
            "oauth2",
            Object(&[&[Key("flows", Required, &FLOWS), Key("description", Optional, &Text)]]),
        ),
        (
            "openIdConnect",
            Object(&[&[
                Key("openIdConnectUrl", Required, &Text),
                Key("description", Optional, &Text),
            ]]),
        ),
    ],
)));

static FLOWS: Expected = Object(&[&[
    Key("implicit", Optional, &Object(&[&FLOW, &[AUTHORIZATION_URL]])),
    Key("password", Optional, &Object(&[&FLOW, &[TOKEN_URL]])),
    Key("clientCredentials", Optional, &Object(&[&FLOW, &[TOKEN_URL]])),
    Key(
        "authorizationCode",
        Optional,
        &Object(&[&FLOW, &[AUTHORIZATION_URL, TOKEN_URL]]),
    ),
]]);
const AUTHORIZATION_URL: Key = Key("authorizationUrl", Required, &Text);
const TOKEN_URL: Key = Key("tokenUrl", Required, &Text);
static FLOW: [Key; 2] = [
    Key("refreshUrl", Optional, &Text),
    Key("scopes", Required, &Table(&Text)),
];

static PATH_ITEM: Expected = Object(&[&[
    Key("summary", Optional, &Text),
    Key("description", Optional, &Text),
    Key("get", Optional, &OPERATION),
    Key("put", Optional, &OPERATION),
    Key("post", Optional, &OPERATION),
    Key("delete", Optional, &OPERATION),
    Key("options", Optional, &OPERATION),
    Key("head", Optional, &OPERATION),
    Key("patch", Optional, &OPERATION),
    Key("trace", Optional, &OPERATION),
    Key("servers", Present, &SERVERS),
    Key("parameters", Present, &PARAMETERS),
]]);

static OPERATION: Expected = Object(&[&[
    Key("tags", Present, &List(&Text)),
    Key("summary", Optional, &Text),
    Key("description", Optional, &Text),
    Key("externalDocs", Optional, &EXTERNAL_DOCS),
    Key("operationId", Optional, &Text),
    Key("parameters", Present, &PARAMETERS),
    Key("requestBody", Optional, &Reference(&REQUEST_BODY)),
    Key("responses", Required, &RESPONSES),
    Key("callbacks", Present, &CALLBACKS),
    Key("deprecated", Present, &Flag),
    Key("security", Optional, &SECURITY),
    Key("servers", Present, &SERVERS),
]]);

pub(crate) static CALLBACKS: Expected = Table(&CALLBACK);
pub(crate) static SHARED_CALLBACKS: Expected = Table(&Reference(&CALLBACK));
static CALLBACK: Expected = Table(&PATH_ITEM);

static PARAMETERS: Expected = List(&Reference(&PARAMETER));

static PARAMETER: Expected = Tagged(
    "in",
    &[
        ("query", Choice(&[&PARAMETER_DATA, &QUERY], &SCHEMA_OR_CONTENT)),
        ("header", Choice(&[&PARAMETER_DATA, &HEADER], &SCHEMA_OR_CONTENT)),
        ("path", Choice(&[&PARAMETER_DATA, &PATH], &SCHEMA_OR_CONTENT)),
        ("cookie", Choice(&[&PARAMETER_DATA, &COOKIE], &SCHEMA_OR_CONTENT)),
    ],
);
static PARAMETER_DATA: [Key; 7] = [
    Key("name", Required, &Text),
    Key("description", Optional, &Text),
    Key("required", Present, &Flag),
    Key("deprecated", Optional, &Flag),
    Key("example", Optional, &Any),
    Key("examples", Present, &EXAMPLES),
    Key("explode", Optional, &Flag),
];
static SCHEMA_OR_CONTENT: [Key; 2] = [
    Key("schema", Required, &SCHEMA_OR_REFERENCE),
    Key("content", Required, &CONTENT),
];
static QUERY: [Key; 3] = [
    Key("style", Present, &QUERY_STYLE),
    Key("allowReserved", Present, &Flag),
    Key("allowEmptyValue", Optional, &Flag),
];
static HEADER: [Key; 1] = [Key("style", Present, &Word(&["simple"]))];
static PATH: [Key; 1] = [Key("style", Present, &Word(&["matrix", "label", "simple"]))];
static COOKIE: [Key; 1] = [Key("style", Present, &Word(&["form"]))];
static QUERY_STYLE: Expected = Word(&["form", "spaceDelimited", "pipeDelimited", "deepObject"]);

/// The headers of a response. A header has no name or `explode` of its own.
pub(crate) static HEADERS: Expected = Table(&Reference(&Choice(
    &[
        &HEADER,
        &[
            Key("description", Optional, &Text),
            Key("required", Present, &Flag),
            Key("deprecated", Optional, &Flag),
            Key("example", Optional, &Any),
            Key("examples", Present, &EXAMPLES),
        ],
    ],
    &SCHEMA_OR_CONTENT,
)));

pub(crate) static EXAMPLES: Expected = Table(&Reference(&Object(&[&[
    Key("summary", Optional, &Text),
    Key("description", Optional, &Text),
    Key("value", Optional, &Any),
    Key("externalValue", Optional, &Text),
]])));

pub(crate) static LINKS: Expected = Table(&Reference(&Choice(
    &[&[
        Key("description", Optional, &Text),
        Key("requestBody", Optional, &Any),
        Key("parameters", Present, &Table(&Any)),
        Key("server", Optional, &SERVER),
    ]],
    &[
        Key("operationRef", Required, &Text),
        Key("operationId", Required, &Text),
    ],
)));

static REQUEST_BODY: Expected = Object(&[&[
    Key("description", Optional, &Text),
    Key("content", Present, &CONTENT),
    Key("required", Present, &Flag),
]]);

static RESPONSES: Expected = Pick(|key| key == "default" || status(key).is_some(), &Reference(&RESPONSE));

static RESPONSE: Expected = Object(&[&[
    Key("description", Required, &Text),
    Key("headers", Present, &HEADERS),
    Key("content", Present, &CONTENT),
    Key("links", Present, &LINKS),
]]);

static CONTENT: Expected = Table(&Object(&[&[
    Key("schema", Optional, &SCHEMA_OR_REFERENCE),
    Key("example", Optional, &Any),
    Key("examples", Present, &EXAMPLES),
    Key(
        "encoding",
        Present,
        &Table(&Object(&[&[
            Key("contentType", Optional, &Text),
            Key("headers", Present, &HEADERS),
            Key("style", Optional, &QUERY_STYLE),
            Key("explode", Present, &Flag),
            Key("allowReserved", Present, &Flag),
        ]])),
    ),
]]));

static SCHEMA_OR_REFERENCE: Expected = Reference(&SCHEMA);
static SCHEMA: Expected = Object(&[
    &[
        Key("nullable", Present, &Flag),
        Key("readOnly", Present, &Flag),
        Key("writeOnly", Present, &Flag),
        Key("deprecated", Present, &Flag),
        Key("externalDocs", Optional, &EXTERNAL_DOCS),
        Key("example", Optional, &Any),
        Key("title", Optional, &Text),
        Key("description", Optional, &Text),
        Key(
            "discriminator",
            Optional,
            &Object(&[&[
                Key("propertyName", Required, &Text),
                Key("mapping", Present, &Table(&Text)),
            ]]),
        ),
        Key("default", Optional, &Any),
    ],
    &KEYWORDS,
]);

/// The keywords that decide which kind of schema a schema is.
pub(super) static KEYWORDS: [Key; 24] = [
    Key("type", Optional, &Text),
    Key("pattern", Optional, &Text),
    Key("multipleOf", Optional, &Number),
    Key("exclusiveMinimum", Optional, &Flag),
    Key("exclusiveMaximum", Optional, &Flag),
    Key("minimum", Optional, &Number),
    Key("maximum", Optional, &Number),
    Key("properties", Optional, &Table(&SCHEMA_OR_REFERENCE)),
    Key("required", Optional, &List(&Text)),
    Key("additionalProperties", Optional, &FlagOr(&SCHEMA_OR_REFERENCE)),
    Key("minProperties", Optional, &Size),
    Key("maxProperties", Optional, &Size),
    Key("items", Optional, &SCHEMA_OR_REFERENCE),
    Key("minItems", Optional, &Size),
    Key("maxItems", Optional, &Size),
    Key("uniqueItems", Optional, &Flag),
    Key("enum", Optional, &List(&Any)),
    Key("format", Optional, &Text),
    Key("minLength", Optional, &Size),
    Key("maxLength", Optional, &Size),
    Key("oneOf", Optional, &List(&SCHEMA_OR_REFERENCE)),
    Key("allOf", Optional, &List(&SCHEMA_OR_REFERENCE)),
    Key("anyOf", Optional, &List(&SCHEMA_OR_REFERENCE)),
    Key("not", Optional, &SCHEMA_OR_REFERENCE),
];
