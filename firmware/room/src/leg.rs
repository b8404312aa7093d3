//! One media session of the box with the bridge, kept alive: WHIP for what goes up, WHEP for what
//! comes down. HTTP and the socket are here; the session itself is [`crate::session`].

use std::future::pending;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tracing::{debug, info, warn};

use crate::backoff::Backoff;
use crate::pairing::Pass;
use crate::session::{Session, SessionError};

/// From the answer to media: ICE and DTLS take some milliseconds in a town, not seconds.
const CONNECT: Duration = Duration::from_secs(4);
/// How long the bridge may take to answer an offer.
const ANSWER: Duration = Duration::from_secs(4);
/// How long a box that stops waits for the bridge to hear of it.
const LEAVE: Duration = Duration::from_secs(1);
/// The largest answer we read, in bytes.
const MAX_ANSWER: u64 = 64 * 1024;

/// Which way the media flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the bridge (WHIP, RFC 9725).
    Up,
    /// From the bridge (WHEP).
    Down,
}

/// What came of an offer.
pub struct Reply {
    way: Way,
    attempt: u64,
    result: Result<Answer, String>,
}

struct Answer {
    sdp: String,
    resource: Url,
}

/// Where the bridge is and who we are.
#[derive(Clone)]
pub struct Bridge {
    /// `http://HOST:PORT`.
    pub address: Url,
    /// What shows that we may.
    pub pass: Pass,
    /// The HTTP client.
    pub http: Client,
}

enum State {
    Off,
    Waiting {
        until: Instant,
    },
    Asked {
        session: Box<Session>,
        socket: UdpSocket,
    },
    Open {
        session: Box<Session>,
        socket: UdpSocket,
        resource: Url,
        connect_by: Instant,
    },
}

/// One session, opened again whenever it ends until it is switched off.
pub struct Leg {
    way: Way,
    bridge: Bridge,
    replies: mpsc::Sender<Reply>,
    state: State,
    attempt: u64,
    backoff: Backoff,
}

impl Leg {
    /// A leg that is off; answers to its offers come through `replies`.
    pub fn new(way: Way, bridge: Bridge, replies: mpsc::Sender<Reply>) -> Self {
        Self {
            way,
            bridge,
            replies,
            state: State::Off,
            attempt: 0,
            backoff: Backoff::default(),
        }
    }

    /// Opens the session if it is off.
    pub fn start(&mut self, now: Instant) {
        if let State::Off = self.state {
            self.state = State::Waiting { until: now };
        }
    }

    /// Ends the session there may be and opens a new one at once.
    pub fn restart(&mut self, now: Instant) {
        self.end();
        self.backoff.succeeded();
        self.state = State::Waiting { until: now };
    }

    /// Ends the session and waits until the bridge knows, so that the others do not look at a
    /// picture that stands still; but not for long.
    pub async fn stop(&mut self) {
        if let State::Open { resource, .. } = std::mem::replace(&mut self.state, State::Off) {
            deliver_end(self.end_of(resource).timeout(LEAVE)).await;
        }
    }

    /// The session, once the bridge has answered.
    pub fn session(&mut self) -> Option<&mut Session> {
        match &mut self.state {
            State::Open { session, .. } => Some(session),
            State::Off | State::Waiting { .. } | State::Asked { .. } => None,
        }
    }

    /// When [`Self::handle_timeout`] is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Off => None,
            State::Waiting { until } => Some(*until),
            State::Asked { session, .. } => session.poll_timeout(),
            State::Open {
                session,
                connect_by,
                ..
            } => {
                let connect_by = Some(*connect_by).filter(|_| !session.is_connected());
                session.poll_timeout().into_iter().chain(connect_by).min()
            }
        }
    }

    /// Lets time pass.
    pub async fn handle_timeout(&mut self, now: Instant) {
        match &mut self.state {
            State::Waiting { until } if now >= *until => self.ask(now).await,
            State::Off | State::Waiting { .. } => {}
            State::Asked { session, .. } => session.handle_timeout(now),
            State::Open {
                session,
                connect_by,
                ..
            } => {
                session.handle_timeout(now);
                if now >= *connect_by && !session.is_connected() {
                    warn!(way = ?self.way, "no media path to the bridge within 4 s: is its UDP port open?");
                    self.failed(now);
                }
            }
        }
    }

    /// The next datagram; never returns while there is no socket.
    pub async fn receive(&self, buffer: &mut [u8]) -> (usize, SocketAddr) {
        loop {
            let State::Open { socket, .. } = &self.state else {
                return pending().await;
            };
            // An error here is an ICMP answer to something sent before; ICE decides what it means.
            if let Ok(received) = socket.recv_from(buffer).await {
                return received;
            }
        }
    }

    /// Another datagram that has arrived already.
    pub fn try_receive(&self, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        match &self.state {
            State::Open { socket, .. } => socket.try_recv_from(buffer).ok(),
            State::Off | State::Waiting { .. } | State::Asked { .. } => None,
        }
    }

    /// Sends a datagram; one that the network does not take is lost, as any may be.
    pub fn transmit(&self, to: SocketAddr, bytes: &[u8]) {
        if let State::Open { socket, .. } = &self.state {
            let _ = socket.try_send_to(bytes, to);
        }
    }

    /// Takes the bridge's answer.
    pub fn take_reply(&mut self, reply: Reply, now: Instant) {
        let (mut session, socket) = match std::mem::replace(&mut self.state, State::Off) {
            State::Asked { session, socket } if reply.attempt == self.attempt => (session, socket),
            other @ (State::Off
            | State::Waiting { .. }
            | State::Asked { .. }
            | State::Open { .. }) => {
                // An answer to an offer that we gave up: it changes nothing of what has begun since.
                self.state = other;
                if let Ok(answer) = reply.result {
                    self.delete(answer.resource);
                }
                return;
            }
        };
        let accepted = reply.result.and_then(|answer| {
            session
                .accept(&answer.sdp, now)
                .map(|()| answer.resource)
                .map_err(|error| error.to_string())
        });
        match accepted {
            Ok(resource) => {
                self.state = State::Open {
                    session,
                    socket,
                    resource,
                    connect_by: now + CONNECT,
                };
            }
            Err(reason) => {
                info!(way = ?self.way, %reason, "the bridge took no media session");
                self.failed(now);
            }
        }
    }

    /// Which leg an answer is for.
    pub fn way_of(reply: &Reply) -> Way {
        reply.way
    }

    /// The session is connected: the next failure waits the shortest time again.
    pub fn connected(&mut self) {
        self.backoff.succeeded();
    }

    /// Gives the session up and tries again later.
    pub fn failed(&mut self, now: Instant) {
        self.end();
        self.state = State::Waiting {
            until: now + self.backoff.failed(),
        };
    }

    async fn ask(&mut self, now: Instant) {
        self.attempt += 1;
        match self.offer(now).await {
            Ok((session, socket, offer)) => {
                self.post(offer);
                self.state = State::Asked {
                    session: Box::new(session),
                    socket,
                };
            }
            Err(reason) => {
                debug!(way = ?self.way, %reason, "no media session");
                self.failed(now);
            }
        }
    }

    async fn offer(&self, now: Instant) -> Result<(Session, UdpSocket, String), String> {
        let socket = local_socket(&self.bridge.address)
            .await
            .map_err(|error| error.to_string())?;
        let local = socket.local_addr().map_err(|error| error.to_string())?;
        let made: Result<_, SessionError> = match self.way {
            Way::Up => Session::publish(local, now),
            Way::Down => Session::watch(local, now),
        };
        let (session, offer) = made.map_err(|error| error.to_string())?;
        Ok((session, socket, offer))
    }

    fn post(&self, offer: String) {
        let (bridge, way, attempt) = (self.bridge.clone(), self.way, self.attempt);
        let replies = self.replies.clone();
        tokio::spawn(async move {
            let result = post(&bridge, way, offer).await;
            // When the box stops nobody waits for the answer any more.
            let _ = replies
                .send(Reply {
                    way,
                    attempt,
                    result,
                })
                .await;
        });
    }

    fn end(&mut self) {
        if let State::Open { resource, .. } = std::mem::replace(&mut self.state, State::Off) {
            self.delete(resource);
        }
    }

    /// Tells the bridge that a session is over; if it does not hear it, ICE will tell it.
    fn delete(&self, resource: Url) {
        tokio::spawn(deliver_end(self.end_of(resource).timeout(ANSWER)));
    }

    fn end_of(&self, resource: Url) -> RequestBuilder {
        self.bridge.pass.show(self.bridge.http.delete(resource))
    }
}

async fn deliver_end(request: RequestBuilder) {
    if let Err(error) = request.send().await {
        debug!(%error, "the end of a session was not delivered");
    }
}

async fn post(bridge: &Bridge, way: Way, offer: String) -> Result<Answer, String> {
    let path = match way {
        Way::Up => "whip",
        Way::Down => "whep",
    };
    let url = bridge
        .address
        .join(path)
        .map_err(|error| error.to_string())?;
    let token = bridge.pass.token();
    let mut response = bridge
        .http
        .post(url.clone())
        .bearer_auth(&token)
        .header(CONTENT_TYPE, "application/sdp")
        .timeout(ANSWER)
        .body(offer)
        .send()
        .await
        .map_err(|error| error.to_string())?;
    let status = response.status();
    if status == StatusCode::UNAUTHORIZED {
        bridge.pass.refused(&token);
    }
    let location = response
        .headers()
        .get(LOCATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| url.join(value).ok());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| error.to_string())? {
        body.extend_from_slice(&chunk);
        if body.len() as u64 > MAX_ANSWER {
            return Err("the bridge's answer is too long".into());
        }
    }
    let text = String::from_utf8_lossy(&body).into_owned();
    match (status, location) {
        (StatusCode::CREATED, Some(resource)) => Ok(Answer {
            sdp: text,
            resource,
        }),
        (StatusCode::CREATED, None) => Err("the bridge's answer has no Location".into()),
        (status, _) => Err(format!("{status}: {text}")),
    }
}

/// A socket on the address by which this machine reaches the bridge, so that the candidate in the
/// offer is one that the bridge can answer to.
async fn local_socket(bridge: &Url) -> std::io::Result<UdpSocket> {
    let host = bridge.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = bridge.port_or_known_default().unwrap_or(80);
    let mut last = std::io::Error::other("the bridge's name has no address");
    for remote in tokio::net::lookup_host((host, port)).await? {
        match route_to(remote).await {
            Ok(local) => return UdpSocket::bind((local, 0)).await,
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn route_to(remote: SocketAddr) -> std::io::Result<IpAddr> {
    let any: IpAddr = match remote {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    // Connecting a UDP socket sends nothing: the kernel only looks up the way.
    let probe = UdpSocket::bind((any, 0)).await?;
    probe.connect(remote).await?;
    Ok(probe.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_to_an_offer_that_was_given_up_ends_nothing() {
        crate::tls::ready();
        let bridge = Bridge {
            address: Url::parse("http://127.0.0.1:9").unwrap(),
            pass: Pass::fixed(""),
            http: Client::builder().no_proxy().build().unwrap(),
        };
        let (replies, _answers) = mpsc::channel(8);
        let mut leg = Leg::new(Way::Up, bridge, replies);
        let late = || Reply {
            way: Way::Up,
            attempt: 1,
            result: Err("too late".into()),
        };
        let now = crate::now();
        leg.start(now);
        leg.handle_timeout(now).await;
        assert!(matches!(leg.state, State::Asked { .. }));
        leg.restart(now);
        leg.take_reply(late(), now);
        assert_eq!(leg.poll_timeout(), Some(now), "it still wants to ask");
        leg.handle_timeout(now).await;
        leg.take_reply(late(), now);
        assert!(
            matches!(leg.state, State::Asked { .. }),
            "it waits for its own answer"
        );
    }
}
