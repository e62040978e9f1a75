//! Where a fault can be played.

use super::Fault;

/// The worlds in which a fault can exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Venue {
    /// In memory under paused time, and over loopback sockets.
    Everywhere,
    /// Only over sockets.
    Loopback {
        /// What memory has not.
        why: &'static str,
    },
    /// Only in memory.
    Memory {
        /// What sockets have not.
        why: &'static str,
    },
}

impl Venue {
    pub(super) const fn of(fault: Fault) -> Self {
        let why = match fault {
            Fault::PooledClosed => "no connection is kept in memory",
            Fault::Http2BlackHole => "there is no HTTP/2 in memory",
            Fault::NameUnknown => "no name is resolved in memory",
            Fault::BadCertificate => "nothing is encrypted in memory",
            Fault::WrongClock => {
                return Self::Memory { why: "the machine's clock is not a test's to set" };
            }
            _ => return Self::Everywhere,
        };
        Self::Loopback { why }
    }

    /// Whether it can be played in memory.
    pub const fn in_memory(self) -> bool {
        matches!(self, Self::Everywhere | Self::Memory { .. })
    }
}
