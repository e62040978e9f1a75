//! The road to a node: a port of our own that can be closed, or go silent, while the node behind it lives on.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What happens to those who take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// They get through.
    Flows,
    /// They are turned away, and whoever is on it is cut off.
    Refused,
    /// They stand: connections are taken and nothing comes through, in either direction.
    Stands,
}

/// A road.
pub struct Road {
    /// Where it begins.
    pub address: SocketAddr,
    node: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    traffic: Traffic,
    travellers: Vec<TcpStream>,
}

impl Road {
    /// A road to a node, on which traffic flows.
    pub fn to(node: SocketAddr) -> Self {
        let state = State { traffic: Traffic::Flows, travellers: Vec::new() };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let road = Self {
            address: listener.local_addr().expect("it is bound"),
            node,
            state: Arc::new(Mutex::new(state)),
        };
        road.open(listener);
        road
    }

    /// Changes what happens on it.
    pub fn set(&self, traffic: Traffic) {
        let mut state = self.state.lock().unwrap();
        let before = std::mem::replace(&mut state.traffic, traffic);
        for traveller in state.travellers.drain(..) {
            let _it_may_have_left = traveller.shutdown(Shutdown::Both);
        }
        drop(state);
        if before == Traffic::Refused && traffic != Traffic::Refused {
            self.open(TcpListener::bind(self.address).expect("its port is still free"));
        }
    }

    fn open(&self, listener: TcpListener) {
        listener.set_nonblocking(true).expect("a socket takes options");
        let (state, node) = (self.state.clone(), self.node);
        thread::spawn(move || {
            while state.lock().unwrap().traffic != Traffic::Refused {
                match listener.accept() {
                    Ok((traveller, _)) => carry(&traveller, node, &state),
                    Err(_) => thread::sleep(Duration::from_millis(2)),
                }
            }
        });
    }
}

impl Drop for Road {
    fn drop(&mut self) {
        self.set(Traffic::Refused);
    }
}

fn carry(traveller: &TcpStream, node: SocketAddr, state: &Arc<Mutex<State>>) {
    traveller.set_nonblocking(false).expect("a socket takes options");
    let Ok(node) = TcpStream::connect(node) else { return };
    let both = || Some([traveller.try_clone().ok()?, node.try_clone().ok()?]);
    let (Some([from, to]), Some([back_to, back_from]), Some(known)) = (both(), both(), both()) else {
        return;
    };
    state.lock().unwrap().travellers.extend(known);
    for (from, to) in [(from, to), (back_from, back_to)] {
        let state = state.clone();
        thread::spawn(move || pass(from, to, &state));
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, state: &Mutex<State>) {
    let mut bytes = [0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        let stands = state.lock().unwrap().traffic == Traffic::Stands;
        if !stands && to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _it_may_have_left = to.shutdown(Shutdown::Both);
}
