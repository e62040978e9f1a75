//! A JSON object whose values are not read yet: fields nobody asks for cost nothing and break nothing.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON object, its values unread.
#[derive(Default)]
pub struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// Reads an object; anything else is an object without fields.
    pub fn read(json: &'a [u8]) -> Self {
        serde_json::from_slice(json).unwrap_or_default()
    }

    /// An object with one field.
    pub fn of(key: &'static str, value: &'a RawValue) -> Self {
        Self(vec![(key.into(), value)])
    }

    /// A field's value.
    pub fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
    }

    /// The elements of a field that is an array.
    pub fn list(&self, key: &str) -> Option<Vec<&'a RawValue>> {
        serde_json::from_str(self.get(key)?.get()).ok()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Object<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some((Key(name), value)) = map.next_entry()? {
            fields.push((name, value));
        }
        Ok(Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::Object;

    #[test]
    fn fields_are_found_and_strangers_are_no_matter() {
        let object = Object::read(br#"{"a\n":{"x":[1,{}]}, "list":[1,"two"], "a": "b"}"#);
        assert_eq!(object.get("a").map(|raw| raw.get()), Some("\"b\""));
        assert_eq!(object.list("list").map(|list| list.len()), Some(2));
        assert!(object.list("a").is_none() && object.get("none").is_none());
        assert!(Object::read(b"[1]").get("a").is_none());
    }
}
