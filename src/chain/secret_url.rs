//! An address that may hold a key.

/// An address whose path, query and user part are never shown.
#[derive(Clone)]
pub struct SecretUrl(url::Url);
impl SecretUrl {
    /// Whole.
    pub fn expose(&self) -> &url::Url {
        &self.0
    }
}
