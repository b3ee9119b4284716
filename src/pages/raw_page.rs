//! One answer of a list operation, taken apart as far as reading on needs it. Its items stay the text that they came as.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::{Error, Origin, Result, json_path};
use crate::model::Decode;
use crate::transport::Answer;

/// Where the items can be if the answer is no plain array. The document knows `results` alone.
const WRAPPINGS: [&str; 3] = ["results", "data", "items"];

pub(super) struct Sheet {
    answer: Answer,
    origin: Origin,
    /// The property that the items are in; empty if the answer is a plain array.
    within: &'static str,
    pub(super) items: Vec<Entry>,
    pub(super) metadata: Map<String, Value>,
}

/// One item.
pub(super) struct Entry {
    /// Where in the body it is.
    span: Range<usize>,
    /// What tells it from others: its id, or all of it if it has none.
    pub(super) key: String,
    pub(super) created_at: Option<DateTime<Utc>>,
}

impl Sheet {
    /// # Errors
    /// The answer is no list.
    pub(super) fn read(answer: Answer, origin: &Origin) -> Result<Self> {
        let read = match answer.body.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => read_object(&answer.body),
            _ => read_array(&answer.body).map(|items| (items, "", Map::new())),
        };
        match read {
            Ok((items, within, metadata)) => Ok(Sheet {
                answer,
                origin: origin.clone(),
                within,
                items,
                metadata,
            }),
            Err(cause) => Err(undecodable(&answer, origin, &cause, None)),
        }
    }

    /// # Errors
    /// The item is not of this type.
    pub(super) fn read_item<T>(&self, index: usize, decode: Decode<T>) -> Result<T> {
        let text = self.text(index);
        decode(text).map_err(|cause| {
            let place = json_path::join(&format!("{}[{index}]", self.within), json_path::of(text, &cause));
            undecodable(&self.answer, &self.origin, &cause, Some(place))
        })
    }

    fn text(&self, index: usize) -> &[u8] {
        let span = self.items.get(index).map_or(0..0, |entry| entry.span.clone());
        self.answer.body.get(span).unwrap_or_default()
    }
}

fn undecodable(answer: &Answer, origin: &Origin, cause: &serde_json::Error, place: Option<String>) -> Error {
    Error::decode_answer(answer.status, &answer.headers, answer.body.clone(), cause, place)
        .at(origin)
        .after(answer.attempts)
}

/// A whole number in an object, whether it is written as a number or as a string.
pub(super) fn whole(object: &Map<String, Value>, name: &str) -> Option<u64> {
    let value = object.get(name)?;
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
    // Beyond this a float is no longer exact, and no list is that long.
    (0.0..9e15).contains(&number).then_some(number as u64)
}

fn read_array(body: &[u8]) -> serde_json::Result<Vec<Entry>> {
    let items: Vec<&RawValue> = serde_json::from_slice(body)?;
    Ok(items.into_iter().map(|item| entry(body, item)).collect())
}

fn read_object(body: &[u8]) -> serde_json::Result<(Vec<Entry>, &'static str, Map<String, Value>)> {
    let mut members: BTreeMap<String, &RawValue> = serde_json::from_slice(body)?;
    let metadata = members.remove("metadata").map(RawValue::get);
    // Only what it says of the end is needed: metadata of another form says nothing.
    let metadata = metadata.and_then(|text| serde_json::from_str(text).ok());
    let found = WRAPPINGS.into_iter().find_map(|name| Some((name, *members.get(name)?)));
    let Some((within, list)) = found else {
        return Err(serde::de::Error::missing_field("results"));
    };
    let items: Vec<&RawValue> = serde_json::from_str(list.get())?;
    let items = items.into_iter().map(|item| entry(body, item)).collect();
    Ok((items, within, metadata.unwrap_or_default()))
}

fn entry(body: &[u8], item: &RawValue) -> Entry {
    #[derive(Default, Deserialize)]
    struct Marks {
        #[serde(default)]
        id: Value,
        #[serde(default, rename = "createdAt")]
        created_at: Value,
    }

    let text = item.get();
    let marks: Marks = serde_json::from_str(text).unwrap_or_default();
    let start = text.as_ptr().addr() - body.as_ptr().addr();
    Entry {
        span: start..start + text.len(),
        key: match marks.id {
            Value::String(id) if !id.is_empty() => id,
            Value::Number(id) => id.to_string(),
            _ => text.to_owned(),
        },
        created_at: marks.created_at.as_str().and_then(moment),
    }
}

/// A point in time as the API writes it.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some(at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    fn sheet(body: &'static str) -> Result<Sheet> {
        let answer = Answer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
            attempts: 1,
        };
        Sheet::read(answer, &Origin::default())
    }

    fn keys(body: &'static str) -> Vec<String> {
        let sheet = sheet(body).unwrap();
        sheet.items.into_iter().map(|entry| entry.key).collect()
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Thing {
        id: String,
        #[serde(default)]
        notes: Vec<u8>,
    }

    fn thing(text: &[u8]) -> Result<Thing, serde_json::Error> {
        serde_json::from_slice(text)
    }

    #[test]
    fn a_list_may_be_an_array_or_be_wrapped() {
        assert_eq!(keys(r#" [{"id":"a"},{"id":"b"}]"#), ["a", "b"]);
        assert_eq!(keys(r#"{"results":[{"id":"a"}],"metadata":{}}"#), ["a"]);
        assert_eq!(keys(r#"{"data":[{"id":"a"}],"total":1}"#), ["a"]);
        assert_eq!(keys(r#"{"metadata":null,"results":[]}"#), [""; 0]);
    }

    #[test]
    fn what_has_no_id_is_told_apart_by_all_of_it() {
        assert_eq!(
            keys(r#"["x",{"id":7},{"id":""},{}]"#),
            ["\"x\"", "7", r#"{"id":""}"#, "{}"]
        );
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        for body in ["", "3", "{}", "[1", r#"{"results":3}"#, "null"] {
            assert!(sheet(body).err().unwrap().is_decode(), "{body}");
        }
    }

    #[test]
    fn an_item_that_does_not_decode_is_named_by_its_place() {
        let place = |body| sheet(body).unwrap().read_item(1, thing).unwrap_err();
        let error = place(r#"[{"id":"a"},{"id":"b","notes":[1,2,"x"]}]"#);
        assert_eq!(error.json_path(), Some("[1].notes[2]"));
        assert_eq!(error.body().unwrap()[0], b'[');
        let error = place(r#"{"results":[{"id":"a"},"x"]}"#);
        assert_eq!(error.json_path(), Some("results[1]"));
    }

    #[test]
    fn the_items_beside_it_are_read() {
        let sheet = sheet(r#"{"results": [ {"id":"a"} , "x" , {"id":"c","notes":[1]} ]}"#).unwrap();
        assert_eq!(sheet.read_item(0, thing).unwrap().id, "a");
        assert_eq!(sheet.read_item(2, thing).unwrap().notes, [1]);
    }

    #[test]
    fn numbers_in_the_metadata_may_be_written_in_any_way() {
        let sheet = sheet(r#"{"results":[],"metadata":{"a":3,"b":"4","c":5.0,"d":-1,"e":null}}"#).unwrap();
        let all = ["a", "b", "c", "d", "e", "f"].map(|name| whole(&sheet.metadata, name));
        assert_eq!(all, [Some(3), Some(4), Some(5), None, None, None]);
    }
}
