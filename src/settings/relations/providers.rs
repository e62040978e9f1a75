//! One provider at a time.

use std::collections::BTreeSet;
use std::path::Path;

use crate::chain::network::PlainHttp;
use crate::settings::notes::Notes;
use crate::settings::provider::{authority, headers};
use crate::settings::raw::provider::RawProvider;

pub(super) fn check(provider: &RawProvider, folder: &Path, notes: &Notes) {
    let (weight, per_second) = (&provider.weight, &provider.rate_limit.per_second);
    if *weight.get_ref() <= 0.0 {
        let help = "1.0 is usual, 1.5 prefers a node of your own, 0.3 keeps a paid one in reserve";
        notes.error(&weight.span(), "`weight` must be greater than 0", help);
    }
    if *per_second.get_ref() <= 0.0 {
        let help = "write what the account allows; 0.5 is one request in two seconds";
        notes.error(&per_second.span(), "`per_second` must be greater than 0", help);
    }
    if let Some(burst) = provider.rate_limit.burst.as_ref().filter(|burst| *burst.get_ref() == 0) {
        notes.error(
            &burst.span(),
            "`burst` must be at least 1",
            "it is how many requests may go out at once",
        );
    }
    owner(provider, notes);
    wire(provider, notes);
    if let Err((span, why)) = headers(provider) {
        notes.error(&span, why.to_string(), "write headers = { x-api-key = \"file:PATH\" }, or \"${VAR}\"");
    }
    if let (Some(Err(why)), Some(path)) = (authority(provider, folder), &provider.ca_file) {
        let help = "name a file with the authority's certificate; a relative path starts in the folder of the settings file";
        notes.error(&path.span(), why.to_string(), help);
    }
}

fn owner(provider: &RawProvider, notes: &Notes) {
    let owners: BTreeSet<String> =
        provider.endpoints.get_ref().iter().map(|url| url.get_ref().0.operator()).collect();
    if provider.operator.is_none() && owners.len() > 1 {
        let first = provider.operated_by().unwrap_or_default();
        let message =
            format!("the endpoints lie in different domains; `{first}` counts as the operator of all");
        let help = "make a provider of each operator, or name the one behind all of them: operator = \"…\"";
        notes.warn(&provider.endpoints.span(), message, help);
    }
}

fn wire(provider: &RawProvider, notes: &Notes) {
    let http = provider.endpoints.get_ref().iter().map(|url| (&url.get_ref().0, url.span()));
    let sockets = provider.ws.iter().map(|url| (&url.get_ref().0, url.span()));
    let refused = *provider.plain_http.get_ref() == PlainHttp::Refused;
    for (url, span) in http.chain(sockets) {
        if refused && !url.is_encrypted() && !url.is_loopback() {
            let help = "use https:// or wss://; if the wire is your own, write plain_http = \"allowed\"";
            notes.error(&span, "this address is not encrypted: who is on the wire reads its key", help);
        }
    }
}
