//! How many nodes answer at a provider's endpoints.

/// How many nodes answer at a provider's endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backends {
    /// One, or many that keep together.
    #[default]
    One,
    /// Many behind a load balancer, some of which lag: one connection may show what another does not.
    Many,
}

impl Backends {
    /// How many times further than elsewhere a head may go back without offence, where the user says that many nodes answer.
    const LENIENCE: u64 = 8;

    /// By how many blocks a head may go back without offence, if it may go back by `usual` where one node answers.
    pub const fn drift(self, usual: u64) -> u64 {
        match self {
            Self::One => usual,
            Self::Many => usual.saturating_mul(Self::LENIENCE),
        }
    }
}
