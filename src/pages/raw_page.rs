//! One response of a list operation, split as far as paging needs it. Its items stay the text that came.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::Result;
use crate::model::{Decode, Decoded};
use crate::transport::RawResponse;

/// The properties in which the items can be, if the response is not an array. The document knows `results` alone.
const WRAPPINGS: [&str; 3] = ["results", "data", "items"];

/// A page before its items are decoded.
pub(super) struct RawPage {
    response: RawResponse,
    /// The property with the items; empty if the response is an array.
    wrapping: &'static str,
    pub(super) items: Vec<RawItem>,
    pub(super) metadata: Map<String, Value>,
}

/// An item before it is decoded.
pub(super) struct RawItem {
    /// Its position in the body.
    span: Range<usize>,
    /// Its id, or its whole text if it has none: two items with one key are the same item.
    pub(super) key: String,
    pub(super) created_at: Option<DateTime<Utc>>,
}

impl RawPage {
    /// Splits a response into its items.
    ///
    /// # Errors
    ///
    /// The response is not a list.
    pub(super) fn read(response: RawResponse) -> Result<Self> {
        let read = match response.body.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => read_object(&response),
            _ => read_array(&response, &response.body).map(|items| (items, "", Map::new())),
        };
        match read {
            Ok((items, wrapping, metadata)) => Ok(RawPage {
                response,
                wrapping,
                items,
                metadata,
            }),
            Err(cause) => Err(response.undecodable(&cause, None)),
        }
    }

    /// Decodes one item.
    ///
    /// # Errors
    ///
    /// The item is not of this type.
    pub(super) fn read_item<T>(&self, index: usize, decode: Decode<T>) -> Result<T> {
        let (span, path) = self.part(index);
        self.response.decode_part(span, &path, decode)
    }

    /// Decodes several items.
    ///
    /// # Errors
    ///
    /// One of the items is not of this type.
    pub(super) fn read_items<T>(
        &self,
        indices: impl Iterator<Item = usize>,
        decode: Decode<T>,
    ) -> Result<Decoded<Vec<T>>> {
        self.response
            .decode_parts(indices.map(|index| self.part(index)), decode)
    }

    /// Returns the position of an item in the body, and its JSON path.
    fn part(&self, index: usize) -> (Range<usize>, String) {
        let span = self.items.get(index).map_or(0..0, |item| item.span.clone());
        (span, format!("{}[{index}]", self.wrapping))
    }
}

/// Returns a whole number from an object, whether it is written as a number or as a string.
pub(super) fn whole(object: &Map<String, Value>, name: &str) -> Option<u64> {
    let value = object.get(name)?;
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
    // A float is not exact beyond this, and no list is that long.
    (0.0..9e15).contains(&number).then_some(number as u64)
}

fn read_array(response: &RawResponse, text: &[u8]) -> serde_json::Result<Vec<RawItem>> {
    let items: Vec<&RawValue> = serde_json::from_slice(text)?;
    Ok(items.into_iter().map(|item| read_item(response, item)).collect())
}

fn read_object(response: &RawResponse) -> serde_json::Result<(Vec<RawItem>, &'static str, Map<String, Value>)> {
    let mut members: BTreeMap<String, &RawValue> = serde_json::from_slice(&response.body)?;
    // Metadata of another form than expected is ignored: all that is read from it is whether the list goes on.
    let metadata = members.remove("metadata").map(RawValue::get);
    let metadata = metadata.and_then(|text| serde_json::from_str(text).ok());
    let found = WRAPPINGS.into_iter().find_map(|name| Some((name, *members.get(name)?)));
    let Some((wrapping, list)) = found else {
        return Err(serde::de::Error::missing_field("results"));
    };
    let items = read_array(response, list.get().as_bytes())?;
    Ok((items, wrapping, metadata.unwrap_or_default()))
}

fn read_item(response: &RawResponse, item: &RawValue) -> RawItem {
    #[derive(Default, Deserialize)]
    struct ItemKeys {
        #[serde(default)]
        id: Value,
        #[serde(default, rename = "createdAt")]
        created_at: Value,
    }

    let text = item.get();
    let keys: ItemKeys = serde_json::from_str(text).unwrap_or_default();
    RawItem {
        span: response.span_of(item),
        key: match keys.id {
            Value::String(id) if !id.is_empty() => id,
            Value::Number(id) => id.to_string(),
            _ => text.to_owned(),
        },
        created_at: keys.created_at.as_str().and_then(parse_time),
    }
}

/// Parses a point in time as the API writes it.
pub(super) fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some(at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Undecodable;

    fn page(body: &'static str) -> Result<RawPage> {
        RawPage::read(RawResponse::ok(body))
    }

    fn keys(body: &'static str) -> Vec<String> {
        let page = page(body).unwrap();
        page.items.into_iter().map(|item| item.key).collect()
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Thing {
        id: String,
        #[serde(default)]
        notes: Vec<u8>,
    }

    fn thing(text: &[u8]) -> Result<Decoded<Thing>, Undecodable> {
        let thing: Thing = serde_json::from_slice(text)?;
        Ok(thing.into())
    }

    #[test]
    fn a_list_may_be_an_array_or_be_wrapped() {
        assert_eq!(keys(r#" [{"id":"a"},{"id":"b"}]"#), ["a", "b"]);
        assert_eq!(keys(r#"{"results":[{"id":"a"}],"metadata":{}}"#), ["a"]);
        assert_eq!(keys(r#"{"data":[{"id":"a"}],"total":1}"#), ["a"]);
        assert_eq!(keys(r#"{"metadata":null,"results":[]}"#), [""; 0]);
    }

    #[test]
    fn items_without_id_differ_by_their_text() {
        assert_eq!(
            keys(r#"["x",{"id":7},{"id":""},{}]"#),
            ["\"x\"", "7", r#"{"id":""}"#, "{}"]
        );
    }

    #[test]
    fn a_response_that_is_not_a_list_is_an_error() {
        for body in ["", "3", "{}", "[1", r#"{"results":3}"#, "null"] {
            assert!(page(body).err().unwrap().is_decode(), "{body}");
        }
    }

    #[test]
    fn an_undecodable_item_is_named_by_its_path() {
        let error_of = |body| page(body).unwrap().read_item(1, thing).unwrap_err();
        let error = error_of(r#"[{"id":"a"},{"id":"b","notes":[1,2,"x"]}]"#);
        assert_eq!(error.json_path(), Some("[1].notes[2]"));
        assert_eq!(error.body().unwrap()[0], b'[');
        let error = error_of(r#"{"results":[{"id":"a"},"x"]}"#);
        assert_eq!(error.json_path(), Some("results[1]"));
    }

    #[test]
    fn the_items_beside_a_wrong_one_are_read() {
        let page = page(r#"{"results": [ {"id":"a"} , "x" , {"id":"c","notes":[1]} ]}"#).unwrap();
        assert_eq!(page.read_item(0, thing).unwrap().id, "a");
        assert_eq!(page.read_item(2, thing).unwrap().notes, [1]);
    }

    #[test]
    fn numbers_in_the_metadata_may_be_text() {
        let page = page(r#"{"results":[],"metadata":{"a":3,"b":"4","c":5.0,"d":-1,"e":null}}"#).unwrap();
        let all = ["a", "b", "c", "d", "e", "f"].map(|name| whole(&page.metadata, name));
        assert_eq!(all, [Some(3), Some(4), Some(5), None, None, None]);
    }
}
