//! Where a sink's files lie.

use std::path::PathBuf;

use serde::Deserialize;

use super::Context;

/// A path as written in the configuration: relative to the folder of the configuration file, `{chain}` standing for the
/// chain's name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Place(String);

/// Why a text is not a place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPlace {
    /// It is empty.
    #[error("a path must not be empty")]
    Empty,
    /// It ends where a file's name should be.
    #[error("{0:?} names a folder, not a file")]
    Folder(String),
    /// It holds a placeholder that stands for nothing.
    #[error("{0:?} holds braces, but only {{chain}} stands for something")]
    Placeholder(String),
}

impl TryFrom<String> for Place {
    type Error = NotAPlace;

    fn try_from(text: String) -> Result<Self, NotAPlace> {
        match &text {
            text if text.trim().is_empty() => Err(NotAPlace::Empty),
            text if text.ends_with('/') => Err(NotAPlace::Folder(text.clone())),
            text if text.replace("{chain}", "").contains(['{', '}']) => {
                Err(NotAPlace::Placeholder(text.clone()))
            }
            _ => Ok(Self(text)),
        }
    }
}

impl Place {
    /// The path that it means for one sink.
    pub fn resolve(&self, context: &Context) -> PathBuf {
        context.folder.join(self.0.replace("{chain}", &context.chain))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::sink::story;

    #[test]
    fn a_relative_path_starts_in_the_data_folder_and_names_the_chain() {
        let context = story::context(Path::new("/data"));
        let place = Place::try_from("blocks/{chain}.jsonl".to_owned()).unwrap();
        assert_eq!(place.resolve(&context), Path::new("/data/blocks/ethereum.jsonl"));
        let absolute = Place::try_from("/elsewhere/blocks.jsonl".to_owned()).unwrap();
        assert_eq!(absolute.resolve(&context), Path::new("/elsewhere/blocks.jsonl"));
    }

    #[test]
    fn a_placeholder_that_means_nothing_is_refused() {
        for wrong in ["", "  ", "folder/", "{network}.jsonl", "{chain.jsonl"] {
            assert!(Place::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
