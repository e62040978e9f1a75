//! Under which names the server may be asked.
//!
//! A web page whose name is made to resolve to our address can talk to us through its reader's browser, but only under that
//! name. So names are answered only if they are known. An address needs no resolving: nobody can rebind it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The names and addresses that are answered.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    bound: IpAddr,
    names: Vec<String>,
}

impl Hosts {
    /// Those that belong to the address listened on, and `more`.
    pub(super) fn new(bound: IpAddr, more: &[String]) -> Self {
        let names = more.iter().map(|name| name.to_ascii_lowercase()).collect();
        Self { bound: bound.to_canonical(), names }
    }

    /// Whether a `Host` header, with or without a port, is one of ours.
    pub(super) fn knows(&self, host: &str) -> bool {
        let Some(name) = without_port(host) else { return false };
        let name = name.to_ascii_lowercase();
        self.names.contains(&name) || self.is_own(&name)
    }

    fn is_own(&self, name: &str) -> bool {
        let own = self.bound.is_loopback() || self.bound.is_unspecified();
        match address(name) {
            None => own && name == "localhost",
            Some(address) => {
                address == self.bound || self.bound.is_unspecified() || (own && is_usual_loopback(address))
            }
        }
    }
}

fn is_usual_loopback(address: IpAddr) -> bool {
    address == Ipv4Addr::LOCALHOST || address == Ipv6Addr::LOCALHOST
}

/// An address as it stands in a URL: in brackets if it is of version 6.
fn address(name: &str) -> Option<IpAddr> {
    match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(v6) => v6.parse::<Ipv6Addr>().ok().map(|v6| IpAddr::V6(v6).to_canonical()),
        None => name.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

fn without_port(host: &str) -> Option<&str> {
    let after_address = host.rfind(']').map_or(0, |end| end + 1);
    let Some(colon) = host[after_address..].find(':').map(|colon| after_address + colon) else {
        return Some(host);
    };
    let (name, port) = (&host[..colon], &host[colon + 1..]);
    port.bytes().all(|byte| byte.is_ascii_digit()).then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Hosts;

    fn bound(address: &str) -> Hosts {
        Hosts::new(address.parse().unwrap(), &["Metrics.example.org".to_owned()])
    }

    #[test]
    fn loopback_is_asked_under_its_own_names_only() {
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            let hosts = bound(address);
            for known in ["localhost", "LocalHost:8383", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8383"] {
                assert!(hosts.knows(known), "{known} at {address}");
            }
            for forged in [
                "",
                "evil.example",
                "evil.example:8383",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "192.168.0.1",
                "localhost:8383@evil.example",
                "localhost:evil.example",
                "evil.example:localhost",
                "[::1].evil.example",
                "[::1]evil:1",
                "::1",
                "[::2]",
                "0.0.0.0",
                "2130706433",
            ] {
                assert!(!hosts.knows(forged), "{forged} at {address}");
            }
        }
    }

    #[test]
    fn names_that_the_operator_wrote_down_are_answered_everywhere() {
        for address in ["127.0.0.1", "0.0.0.0", "10.0.0.7"] {
            assert!(bound(address).knows("metrics.example.ORG:443"));
            assert!(!bound(address).knows("example.org"));
        }
    }

    #[test]
    fn one_address_is_asked_by_that_address() {
        let hosts = bound("10.0.0.7");
        assert!(hosts.knows("10.0.0.7:8383"));
        assert!(!hosts.knows("10.0.0.8:8383"));
        assert!(!hosts.knows("localhost"));
    }

    #[test]
    fn all_addresses_are_asked_by_any_address_but_by_no_strange_name() {
        for hosts in [bound("0.0.0.0"), bound("::")] {
            for known in ["10.0.0.8:8383", "[fd00::7]", "localhost:8383", "127.0.0.1"] {
                assert!(hosts.knows(known), "{known}");
            }
            assert!(!hosts.knows("evil.example"));
        }
    }

    proptest! {
        #[test]
        fn no_other_name_is_ever_known(name in "[a-z0-9.:@\\[\\]-]{0,40}") {
            let name = format!("{name}.example");
            prop_assert!(!bound("127.0.0.1").knows(&name));
        }

        #[test]
        fn any_text_is_judged(name in any::<String>()) {
            let _ = bound("0.0.0.0").knows(&name);
        }
    }
}
