//! A box without a token in its settings: it gets to know its bridge by a code or an invitation ([`joining`], pure), keeps
//! what it learned ([`files`]), and has sessions from then on ([`pass`]).

use std::sync::Arc;
use std::time::Instant;

use pairing::wire::{Ask, Greeting, Hail, MAX_BODY};
use pairing::{Hex, Key, VERSION};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tracing::{debug, error, info, warn};

use crate::tls::{Rule, Trust};
use crate::{Joins, Line, machine};

pub mod facts;
pub mod files;
mod joining;
mod pass;

use facts::{Input, Known, No, Output, Reply, Request, Told};
pub use files::Files;
use joining::Joining;
pub use pass::{Issuer, Pass};

/// How long the bridge may take.
const ANSWER: std::time::Duration = std::time::Duration::from_secs(5);

/// What the task is made of.
pub struct Wiring {
    /// Who this box is, what it knows of its bridge, where tokens go.
    pub joins: Joins,
    /// Where that is kept.
    pub files: Files,
    /// The bridge.
    pub address: Url,
    /// As the settings write it.
    pub written: String,
    /// The line on which it is asked.
    pub line: Line,
    /// Whom everything else of the box believes to be the bridge.
    pub trust: Arc<Trust>,
    /// Where facts go.
    pub inputs: mpsc::Sender<machine::Input>,
}

/// Joins the bridge, and stays there, until the task is ended.
pub async fn run(wiring: Wiring) {
    let Wiring {
        joins: Joins {
            own,
            known,
            mut issuer,
        },
        files,
        address,
        written,
        line,
        trust,
        inputs,
    } = wiring;
    let mut rule = known.as_ref().map_or(Rule::Public, Known::rule);
    let Ok(seed) = random() else {
        error!("no random numbers from the operating system: this box cannot be paired");
        return;
    };
    let mut joining = Joining::new(own, known, seed, now());
    let bridge = Bridge { address, line };
    let mut request: Option<Request> = None;
    let mut asking = Box::pin(bridge.send(None));
    loop {
        while let Some(output) = joining.poll_output() {
            match output {
                Output::Send(next) => {
                    if matches!(next, Request::Hail(_) | Request::Claim(_)) {
                        bridge.line.trust.set(rule);
                    }
                    asking = Box::pin(bridge.send(Some(next.clone())));
                    request = Some(next);
                }
                Output::Keep(known) => {
                    rule = known.rule();
                    trust.set(rule);
                    keep(&files, &written, &known).await;
                    let joined = machine::Input::Named(known.room);
                    if inputs.send(joined).await.is_err() {
                        return;
                    }
                }
                Output::Token(token) => {
                    issuer.token.send_replace(token.map(Arc::from));
                }
                Output::Tell(told) => {
                    note(&told);
                    if inputs.send(machine::Input::Joining(told)).await.is_err() {
                        return;
                    }
                }
            }
        }
        let due = joining.poll_timeout();
        let fact = tokio::select! {
            reply = &mut asking, if request.is_some() => {
                request = None;
                asking = Box::pin(bridge.send(None));
                Some(Input::Replied(reply))
            }
            Some(token) = issuer.refused.recv() => {
                let current = issuer.token.borrow().clone();
                (current.as_deref() == Some(&*token)).then_some(Input::TokenRefused)
            }
            () = crate::until(due) => None,
        };
        match fact {
            Some(fact) => joining.handle_input(fact, now()),
            None => joining.handle_timeout(now()),
        }
    }
}

/// What a person in the room would notice; never the code.
fn note(told: &Told) {
    match told {
        Told::Nothing => {}
        Told::Code { note, .. } => info!(?note, "the television shows a code for the chair"),
        Told::Pause => warn!("the code was tried too often; another one comes"),
        Told::Refused(why) => warn!(?why, "the bridge does not let this box in"),
    }
}

async fn keep(files: &Files, address: &str, known: &Known) {
    info!(room = %known.room, bridge = %known.bridge.fingerprint(), "paired with the bridge");
    let (files, address, known) = (files.clone(), address.to_owned(), known.clone());
    let kept = tokio::task::spawn_blocking(move || files.keep(&address, &known)).await;
    if let Ok(Err(error)) = kept {
        error!(%error, "the pairing cannot be kept: after a restart this box must be paired anew");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "codes and sessions end by the clock"
)]
fn now() -> Instant {
    Instant::now()
}

/// The bridge, for a box that has no token yet.
struct Bridge {
    address: Url,
    line: Line,
}

impl Bridge {
    /// Sends a request; without one it waits for ever.
    async fn send(&self, request: Option<Request>) -> Result<Reply, No> {
        let Some(request) = request else {
            return std::future::pending().await;
        };
        match self.exchange(request).await {
            Err(No::Silent) if self.line.trust.take_refused() => Err(No::OtherChannel),
            reply => reply,
        }
    }

    async fn exchange(&self, request: Request) -> Result<Reply, No> {
        match request {
            Request::Ask(ask) => self.ask(ask).await,
            Request::Look(id) => {
                let path = format!("pairing/requests/{id}");
                let request = self.line.http.get(self.url(&path)?);
                Ok(Reply::Standing(answer(request).await?))
            }
            Request::Answer(id, answer) => {
                let path = format!("pairing/requests/{id}");
                Ok(Reply::Paired(self.post(&path, &answer).await?))
            }
            Request::Hail(hail) => Ok(Reply::Greeting(self.post("pairing/greeting", &hail).await?)),
            Request::Claim(claim) => {
                Ok(Reply::Session(self.post("pairing/session", &claim).await?))
            }
        }
    }

    /// Each attempt believes whom it sees first, and no other to its end: what the exchange is about is that key, too.
    async fn ask(&self, mut ask: Ask) -> Result<Reply, No> {
        let encrypted = self.address.scheme() == "https";
        if encrypted {
            self.line.trust.set(Rule::First(None));
            // Whose key it is is seen before it is told.
            let seen: serde_json::Value = answer(self.line.http.get(self.url("healthz")?)).await?;
            tracing::trace!(%seen, "the bridge's key is seen");
            ask.channel = self.line.trust.channel();
        }
        let channel = ask.channel;
        let asked = self.post("pairing", &ask).await?;
        Ok(Reply::Asked(asked, channel))
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl serde::Serialize,
    ) -> Result<T, No> {
        answer(self.line.http.post(self.url(path)?).json(body)).await
    }

    fn url(&self, path: &str) -> Result<Url, No> {
        self.address.join(path).map_err(|_| No::Silent)
    }
}

/// The bridge's answer, or its no.
async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, No> {
    let sent = request.timeout(ANSWER).send().await;
    let mut answer = sent.map_err(|error| {
        debug!(%error, "no answer about pairing");
        No::Silent
    })?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|_| No::Silent)? {
        body.extend_from_slice(&piece);
        if body.len() > MAX_BODY {
            return Err(No::Refused(String::new()));
        }
    }
    if status.is_success() {
        return serde_json::from_slice(&body).map_err(|_| No::Refused(String::new()));
    }
    // A bridge that stops, or something before it that stands in for it.
    if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        return Err(No::Silent);
    }
    let said: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let code = said["code"].as_str().unwrap_or_default();
    Err(No::Refused(code.to_owned()))
}

/// Whether the bridge at this address is the one that we know, and still knows us.
///
/// # Errors
/// [`No`].
pub async fn hail(http: &Client, address: &Url, key: &Key, known: &Known) -> Result<bool, No> {
    let nonce = Hex(random().map_err(|_| No::Silent)?);
    let hail = Hail {
        version: VERSION,
        key: Hex(key.public().0),
        nonce,
    };
    let url = address.join("pairing/greeting").map_err(|_| No::Silent)?;
    let greeting: Greeting = answer(http.post(url).json(&hail)).await?;
    let words = pairing::greeting(known.bridge, key.public(), &nonce, &greeting.nonce);
    Ok(known.bridge.signed(&words, &greeting.signature))
}

/// A key, and a seed for what a box draws.
///
/// # Errors
/// The operating system gives no random numbers.
pub fn random() -> Result<[u8; 32], getrandom::Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(seed)
}
