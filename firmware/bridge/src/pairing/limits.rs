//! How often an address may ask for something about pairing. Pure.

use std::net::IpAddr;
use std::time::Instant;

use crate::phones::limits::{Buckets, household};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To join: it stands in the console.
    Join,
    /// How a request stands; an answer in an exchange.
    Follow,
    /// A session.
    Session,
}

/// All limits.
#[derive(Debug)]
pub struct Limits {
    joins: Buckets<IpAddr>,
    follows: Buckets<IpAddr>,
    sessions: Buckets<IpAddr>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // All boxes of a bridge that is set up in one workshop, and no more than they need: each asks once a code.
            joins: Buckets::new(0.5, 40.0),
            // Each follows its request once a second.
            follows: Buckets::new(40.0, 120.0),
            // Two for a session. After a restart of the bridge all boxes of a town hall come at once.
            sessions: Buckets::new(5.0, 80.0),
        }
    }
}

impl Limits {
    /// Whether somebody at this address may.
    pub fn may(&mut self, wish: Wish, address: IpAddr, now: Instant) -> bool {
        let buckets = match wish {
            Wish::Join => &mut self.joins,
            Wish::Follow => &mut self.follows,
            Wish::Session => &mut self.sessions,
        };
        buckets.take(household(address), now)
    }
}
