//! The endpoints of one account, balanced: the next request goes where the fewest are under way.

use std::sync::Arc;

use crate::chain::family::{Client, Family};
use crate::chain::transport::{SocketTransport, Transport};

/// The endpoints of one provider.
pub struct Endpoints {
    clients: Vec<Seat>,
    sockets: Vec<Arc<dyn SocketTransport>>,
    next_socket: usize,
}

struct Seat {
    client: Arc<dyn Client>,
    in_flight: usize,
    failures_in_a_row: u32,
}

/// Which endpoint a request went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint(usize);

impl Endpoints {
    /// Clients for the addresses of one account.
    pub fn new(
        family: &dyn Family,
        http: Vec<Arc<dyn Transport>>,
        sockets: Vec<Arc<dyn SocketTransport>>,
    ) -> Self {
        let seat = |transport| Seat { client: family.client(transport), in_flight: 0, failures_in_a_row: 0 };
        Self { clients: http.into_iter().map(seat).collect(), sockets, next_socket: 0 }
    }

    /// How many endpoints take requests.
    pub fn count(&self) -> usize {
        self.clients.len()
    }

    /// The endpoint for the next request: one that works rather than one that failed, then the idlest.
    pub fn choose(&mut self) -> Option<(Endpoint, Arc<dyn Client>)> {
        let burden = |(_, seat): &(usize, &mut Seat)| (seat.failures_in_a_row.min(3), seat.in_flight);
        let (index, seat) = self.clients.iter_mut().enumerate().min_by_key(burden)?;
        seat.in_flight += 1;
        Some((Endpoint(index), seat.client.clone()))
    }

    /// A request came back.
    pub fn returned(&mut self, endpoint: Endpoint, health: Health) {
        let Some(seat) = self.clients.get_mut(endpoint.0) else { return };
        seat.in_flight = seat.in_flight.saturating_sub(1);
        seat.failures_in_a_row = match health {
            Health::Works => 0,
            Health::Failed => seat.failures_in_a_row.saturating_add(1),
        };
    }

    /// The socket to connect to next, each in turn.
    pub fn next_socket(&mut self) -> Option<Arc<dyn SocketTransport>> {
        let count = self.sockets.len();
        let socket = self.sockets.get(self.next_socket.checked_rem(count)?).cloned();
        self.next_socket = self.next_socket.wrapping_add(1);
        socket
    }
}

/// What a request told about its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It answered.
    Works,
    /// It did not.
    Failed,
}
