//! The bridge as one thing: sockets bound, tasks wired, and stopped.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::{map_request, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use conference::wire::TroubleKind;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tracing::{error, info};

use crate::actor::{Actor, Desk};
use crate::config::{Config, MAX_ROOMS};
use crate::decks::{Decks, FolderError, Librarian, Place};
use crate::media::{Media, MediaHandle};
use crate::pairing::{self, PairingError, Pairings};
use crate::phones::Door;
use crate::photos::{self, Keeper, Photos};
use crate::problem::Problem;
use crate::sessions::MAX_VIEWERS;
use crate::sfu::{NoCertificate, SfuConfig};
use crate::stage::{PhonesView, Stage};
use crate::store::{Given, Store, StoreError};
use crate::tls::{self, Peer, TlsError, TlsListener};
use crate::updates::{self, Updates};
use crate::{auth, calendar, control, decks, figures, pages, phones, programmes, report, whip};

/// How long requests that are under way may take when the bridge stops.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// Why a bridge cannot work.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// An address of `bridge.toml` cannot be used.
    #[error("{key} = \"{address}\" in bridge.toml: {}", why(.source, .address))]
    Bind {
        /// The key of the settings.
        key: &'static str,
        /// Its value.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// This machine's addresses cannot be listed.
    #[error("cannot list this machine's addresses: {0}; write them into bridge.toml: announce")]
    Addresses(io::Error),
    /// No DTLS certificate could be made.
    #[error(transparent)]
    Certificate(#[from] NoCertificate),
    /// The operating system gave no random numbers.
    #[error("no random numbers from the operating system: {0}")]
    Random(getrandom::Error),
    /// The evening cannot be written down.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The decks cannot be kept.
    #[error(transparent)]
    Decks(#[from] FolderError),
    /// The photos cannot be kept.
    #[error(transparent)]
    Photos(#[from] photos::FolderError),
    /// The boxes' update cannot be kept.
    #[error(transparent)]
    Updates(#[from] updates::FolderError),
    /// There are no encrypted lines.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Boxes cannot be paired.
    #[error(transparent)]
    Pairing(#[from] PairingError),
    /// This program does not know where it lies.
    #[error("this program's own file cannot be found: {0}")]
    Program(io::Error),
    /// The HTTP server ended by itself.
    #[error("the HTTP server stopped: {0}")]
    Http(io::Error),
}

fn why(source: &io::Error, address: &SocketAddr) -> String {
    let (ip, port, kind) = (address.ip(), address.port(), source.kind());
    if kind == io::ErrorKind::AddrInUse {
        format!("port {port} is taken; stop the program that has it, or choose another port")
    } else if kind == io::ErrorKind::AddrNotAvailable {
        format!("{ip} is not an address of this machine")
    } else if kind == io::ErrorKind::PermissionDenied {
        format!("port {port} is not allowed to this user; choose one above 1023")
    } else {
        source.to_string()
    }
}

/// One moment by the clock that runs evenly, and by the one on the wall, in milliseconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "read once, to tell people the time of day"
)]
fn both_clocks() -> (Instant, u64) {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let ms = since_1970.unwrap_or_default().as_millis();
    (Instant::now(), u64::try_from(ms).unwrap_or_default())
}

/// What every request handler needs.
#[derive(Clone)]
pub(crate) struct App {
    pub config: Arc<Config>,
    pub desk: Desk,
    pub decks: Decks,
    pub photos: Photos,
    pub updates: Updates,
    pub pairings: Pairings,
    pub media: MediaHandle,
    /// Who may come in by phone, and how often.
    pub door: Door,
    /// What phones see.
    pub phones: watch::Receiver<PhonesView>,
    /// One moment by both clocks.
    pub clock: (Instant, u64),
}

/// A bridge with its sockets bound, ready to serve.
pub struct Bridge {
    config: Config,
    http: TcpListener,
    tls: Option<TcpListener>,
    media: UdpSocket,
    http_addr: SocketAddr,
    tls_addr: Option<SocketAddr>,
    media_addr: SocketAddr,
}

impl Bridge {
    /// Binds both sockets.
    ///
    /// # Errors
    /// A port is taken or an address is not this machine's; said in words.
    pub async fn bind(config: Config) -> Result<Self, BridgeError> {
        let failed = |key, address| {
            move |source| BridgeError::Bind {
                key,
                address,
                source,
            }
        };
        let (listen, media_at) = (config.listen, config.media);
        let http = TcpListener::bind(listen)
            .await
            .map_err(failed("listen", listen))?;
        let http_addr = http.local_addr().map_err(failed("listen", listen))?;
        let tls = match &config.tls {
            Some(tls) => {
                let bound = TcpListener::bind(tls.listen).await;
                Some(bound.map_err(failed("[tls] listen", tls.listen))?)
            }
            None => None,
        };
        let tls_addr = match &tls {
            Some(tls) => Some(tls.local_addr().map_err(failed("[tls] listen", listen))?),
            None => None,
        };
        let media = UdpSocket::bind(media_at)
            .await
            .map_err(failed("media", media_at))?;
        let media_addr = media.local_addr().map_err(failed("media", media_at))?;
        Ok(Self {
            config,
            http,
            tls,
            media,
            http_addr,
            tls_addr,
            media_addr,
        })
    }

    /// Where the console, WHIP, WHEP and `/control` are.
    pub fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// Where the same is on encrypted lines.
    pub fn tls_addr(&self) -> Option<SocketAddr> {
        self.tls_addr
    }

    /// Where sound and picture arrive.
    pub fn media_addr(&self) -> SocketAddr {
        self.media_addr
    }

    /// Serves until `shutdown` is done.
    ///
    /// # Errors
    /// The world failed, not a client: one client's fault never ends the bridge.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), BridgeError> {
        let (stop, stopped) = watch::channel(false);
        let clock = both_clocks();
        let (mut stage, store) = begin(&self.config, clock)?;
        let port = self.http_addr.port();
        stage.set_page(self.config.phones.as_ref().map(|phones| phones.page(port)));
        let session = random_id().map_err(BridgeError::Random)?;
        let sfu = SfuConfig {
            candidates: candidates(&self.config.announce, self.media_addr)?,
            max_peers: MAX_VIEWERS + 4 * MAX_ROOMS,
        };
        let (media, handle, events) = Media::new(self.media, sfu)?;
        let place = place(&self.config)?;
        let (keeper, photos) = Keeper::open(place.as_ref().map(place_of_photos))?;
        let (librarian, decks) = Librarian::open(place)?;
        let updates = Updates::open(self.config.updates.clone())?;
        let brought = (decks.clone(), photos.clone(), updates.clone());
        let (actor, desk) = Actor::new(stage, session, handle.clone(), events, store, brought);
        let phones = actor.phones();
        let pairings = Pairings::open(&self.config, clock)?;
        let encrypted = match (self.tls, &self.config.tls) {
            (Some(listener), Some(tls)) => {
                let acceptor = pairings.acceptor(tls).await?;
                Some(TlsListener::start(listener, acceptor).map_err(BridgeError::Http)?)
            }
            (_, _) => None,
        };
        let media = tokio::spawn(media.run(until_told(stopped.clone())));
        let evening = tokio::spawn(actor.run(until_told(stopped.clone())));
        let keeping = tokio::spawn(librarian.run(until_told(stopped.clone())));
        let with_photos = tokio::spawn(keeper.run(until_told(stopped.clone())));
        let app = App {
            config: Arc::new(self.config),
            desk,
            decks,
            photos,
            updates,
            pairings,
            media: handle,
            door: Door::default(),
            phones,
            clock,
        };
        info!(http = %self.http_addr, tls = ?self.tls_addr, media = %self.media_addr, "the bridge is open");

        let listener = self.http.tap_io(|stream| {
            // Control messages are small and wanted at once.
            let _ = stream.set_nodelay(true);
        });
        let service = router(app);
        let encrypted = encrypted.map(|listener| {
            let service = service.clone().layer(map_request(tls::with_address));
            let service = service.into_make_service_with_connect_info::<Peer>();
            let served = axum::serve(listener, service);
            let served = served.with_graceful_shutdown(until_told(stopped.clone()));
            tokio::spawn(served.into_future())
        });
        let service = service.into_make_service_with_connect_info::<SocketAddr>();
        let http = axum::serve(listener, service).with_graceful_shutdown(until_told(stopped));
        let mut http = tokio::spawn(http.into_future());
        let ended = tokio::select! {
            ended = &mut http => Some(ended),
            () = shutdown => None,
        };
        let _ = stop.send(true);
        let ended = match ended {
            Some(ended) => Some(ended),
            None => tokio::time::timeout(STOP_WITHIN, &mut http).await.ok(),
        };
        http.abort();
        if let Some(encrypted) = encrypted {
            encrypted.abort();
        }
        let _ = evening.await;
        let _ = keeping.await;
        let _ = with_photos.await;
        let _ = media.await;
        match ended {
            Some(Ok(Err(error))) => Err(BridgeError::Http(error)),
            Some(_) | None => Ok(()),
        }
    }
}

/// Where decks are kept; nowhere without a folder in the settings.
fn place(config: &Config) -> Result<Option<Place>, BridgeError> {
    let Some(folder) = config.decks.clone() else {
        return Ok(None);
    };
    let program = match &config.program {
        Some(program) => program.clone(),
        None => std::env::current_exe().map_err(BridgeError::Program)?,
    };
    Ok(Some(Place {
        folder,
        beside: config.beside.clone(),
        program,
    }))
}

/// Photos lie in the decks folder.
fn place_of_photos(decks: &Place) -> photos::Place {
    photos::Place {
        folder: decks.folder.join("photos"),
        beside: decks.beside.clone(),
        program: decks.program.clone(),
    }
}

/// The evening that is under way, or a new one, and where it is written down.
fn begin(config: &Config, clock: (Instant, u64)) -> Result<(Stage, Store), BridgeError> {
    let names = config.room_names();
    let given = Given {
        file: config.evening.as_ref(),
        rooms: &names,
        title: &config.title,
    };
    let opened = Store::open(config.store.as_deref(), given, clock.1)?;
    let mut stage = Stage::new(names, &opened.first, config.floor.into(), clock);
    if !opened.entries.is_empty() {
        info!(
            steps = opened.entries.len(),
            "the evening goes on where it was"
        );
    }
    stage.resume(&opened.entries, clock.0);
    stage.set_keeps(config.store.is_some());
    if let Some(aside) = opened.aside {
        error!(%aside, "the store could not be read: it was put aside, and the evening begins anew");
        stage.trouble(TroubleKind::MovedAside, aside);
    }
    if let Some(why) = opened.unfit {
        error!(%why, "the programme in the store does not go with bridge.toml and is not used");
        stage.trouble(TroubleKind::ProgrammeUnfit, why);
    }
    Ok((stage, opened.store))
}

/// Where peers are told to send to.
fn candidates(announce: &[IpAddr], media: SocketAddr) -> Result<Vec<SocketAddr>, BridgeError> {
    let addresses = if !announce.is_empty() {
        announce.to_vec()
    } else if !media.ip().is_unspecified() {
        vec![media.ip()]
    } else {
        own_addresses(media.is_ipv4())?
    };
    let at_port = |ip| SocketAddr::new(ip, media.port());
    Ok(addresses.into_iter().map(at_port).collect())
}

/// This machine's addresses of one family; loopback only when there is no other.
fn own_addresses(v4: bool) -> Result<Vec<IpAddr>, BridgeError> {
    let interfaces = if_addrs::get_if_addrs().map_err(BridgeError::Addresses)?;
    let (loopback, others): (Vec<IpAddr>, Vec<IpAddr>) = interfaces
        .iter()
        .filter(|interface| interface.ip().is_ipv4() == v4 && (v4 || !interface.is_link_local()))
        .map(if_addrs::Interface::ip)
        .partition(IpAddr::is_loopback);
    Ok(if others.is_empty() { loopback } else { others })
}

fn router(app: App) -> Router {
    let phones = phones::routes(app.config.phones.is_some());
    Router::new()
        .route("/control", get(control::connect))
        .route("/healthz", get(healthz))
        .route("/room", get(room))
        .route("/api/media", get(figures::media))
        .merge(decks::routes())
        .merge(photos::routes())
        .merge(updates::routes())
        .merge(pairing::routes())
        .merge(kept().layer(map_response(pages::harden)))
        .merge(pages::routes())
        .merge(phones)
        .merge(whip::routes())
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .with_state(app)
}

/// What the bridge keeps: programmes, the evening's calendar and report.
fn kept() -> Router<App> {
    programmes::routes()
        .route("/evening.ics", get(calendar::get))
        .route("/report", get(report::get))
}

async fn healthz() -> axum::Json<serde_json::Value> {
    axum::Json(serde_json::json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// Whose token this is, for a box that checks itself: nobody takes a seat by asking.
async fn room(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let name = auth::room(&app, &headers)?;
    let told = serde_json::json!({ "room": name, "version": env!("CARGO_PKG_VERSION") });
    Ok(axum::Json(told).into_response())
}

async fn not_found(uri: Uri) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        format!("there is nothing at {}", uri.path()),
    )
}

async fn not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this address does not take this method; the Allow header lists the ones it takes",
    )
}

async fn until_told(mut stop: watch::Receiver<bool>) {
    // An error means that the bridge is gone, which is a stop, too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// 128 bits that nobody can guess, in hexadecimal.
pub(crate) fn random_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
