//! The keys that must not be told, one for each place that can hold one. None holds hexadecimal for long: hashes do, and would be
//! taken for them.

/// In the path of an address.
pub const PATH: &str = "CANARY1_Zq7vT2mKx9Lw4RjN8sHi3GpY";
/// In its query.
pub const QUERY: &str = "CANARY2_uW5gQn1Xz6tJr0Pk7yVh2MsL";
/// Its user.
pub const USER: &str = "CANARY3_Ty3nKp8Gw1RxSq6vZj4LmH9u";
/// Its password.
pub const PASSWORD: &str = "CANARY4_hN2sYx7Mv5Pk0TzJq9rWg4Ll";
/// In a header.
pub const HEADER: &str = "CANARY5_Rk8jUz1Qx5nGw3Tm7yVp2SsH";
/// What readers of the pages show.
pub const TOKEN: &str = "CANARY6_vP6xJm9Lt0Yq4WnZk1Gr7Hsu";

/// All of them.
pub const ALL: [&str; 6] = [PATH, QUERY, USER, PASSWORD, HEADER, TOKEN];

/// An address with a key wherever one fits.
pub fn keyed(scheme: &str, host: &str) -> String {
    format!("{scheme}://{USER}:{PASSWORD}@{host}/v2/{PATH}?key={QUERY}")
}
