//! How long an answer's headers ask to be left alone.
//!
//! `Retry-After` counts seconds or names a moment (RFC 9110, section 10.2.3). A moment is measured against the answer's own
//! `Date`: both are of the server's clock, so it does not matter whether ours is right.

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// The wait in seconds; nothing without the header, or if nobody can tell from when the moment counts. A moment that is past
/// is no wait.
pub(in crate::chain) fn seconds(headers: &HeaderMap) -> Option<u64> {
    let stated = text(headers, &RETRY_AFTER)?;
    stated.parse().ok().or_else(|| {
        let wait = moment(stated)? - moment(text(headers, &DATE)?)?;
        Some(wait.whole_seconds().try_into().unwrap_or(0))
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// The preferred form of HTTP is a form of mail's. The two that are obsolete are not read.
fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc2822).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn read(retry_after: &'static str, date: Option<&'static str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static(retry_after));
        date.map(|date| headers.insert(DATE, HeaderValue::from_static(date)));
        seconds(&headers)
    }

    #[test]
    fn seconds_are_taken_as_they_stand() {
        assert_eq!(read("7", None), Some(7));
        assert_eq!(read(" 120 ", Some("Wed, 21 Oct 2015 07:28:00 GMT")), Some(120));
        assert_eq!(seconds(&HeaderMap::new()), None);
    }

    #[test]
    fn a_moment_counts_from_the_servers_own_now() {
        let now = Some("Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(read("Wed, 21 Oct 2015 07:28:30 GMT", now), Some(30));
        assert_eq!(read("Thu, 22 Oct 2015 07:28:00 GMT", now), Some(86_400));
    }

    #[test]
    fn a_moment_that_is_past_is_no_wait() {
        assert_eq!(read("Wed, 21 Oct 2015 07:27:00 GMT", Some("Wed, 21 Oct 2015 07:28:00 GMT")), Some(0));
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        for stated in ["soon", "-3", "1.5", "", "99999999999999999999999"] {
            assert_eq!(read(stated, Some("Wed, 21 Oct 2015 07:28:00 GMT")), None, "{stated}");
        }
        assert_eq!(read("Wed, 21 Oct 2015 07:28:00 GMT", None), None);
    }
}
