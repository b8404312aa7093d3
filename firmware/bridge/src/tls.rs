//! Encrypted lines to the bridge: with a certificate that somebody brings, or with one of its own.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::serve::{IncomingStream, Listener};
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509NameBuilder};
use pairing::{Hex, channel_of};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::TLS13;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use crate::config::TlsConfig;

/// How long an own certificate says that it is good, in days. Boxes know its key, and look at no date.
const DAYS: u32 = 20 * 365;

/// How long a client may take to agree upon an encryption, and how many may do so at once.
const HANDSHAKE: Duration = Duration::from_secs(10);
const HANDSHAKES: usize = 256;

/// Lines that wait to be served.
const WAITING: usize = 64;

/// A certificate and its key, as text (PEM).
#[derive(Clone)]
pub struct Pem {
    /// The certificate, perhaps with those that vouch for it behind it.
    pub certificate: Vec<u8>,
    /// Its key.
    pub key: Vec<u8>,
}

/// Why there are no encrypted lines.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{key} = \"{file}\" under [tls] in bridge.toml: {source}")]
    File {
        /// The key of the settings.
        key: &'static str,
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Certificate or key cannot be used.
    #[error(
        "[tls] in bridge.toml: certificate and key cannot be used ({0}); both must be PEM files, and belong together"
    )]
    Unfit(String),
    /// No certificate of the bridge's own can be made.
    #[error("the bridge's own certificate cannot be made: {0}")]
    Made(#[from] ErrorStack),
}

/// Reads the files that the settings name; nothing where they name none.
///
/// # Errors
/// [`TlsError::File`].
pub fn brought(config: &TlsConfig) -> Result<Option<Pem>, TlsError> {
    let read = |key, file: &Path| {
        let file = file.to_owned();
        std::fs::read(&file).map_err(|source| TlsError::File { key, file, source })
    };
    let (Some(certificate), Some(key)) = (&config.certificate, &config.key) else {
        return Ok(None);
    };
    Ok(Some(Pem {
        certificate: read("certificate", certificate)?,
        key: read("key", key)?,
    }))
}

/// A new key (P-256, which browsers know as well), and a certificate that nobody vouches for.
///
/// # Errors
/// OpenSSL is broken.
pub fn make() -> Result<Pem, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let key = PKey::from_ec_key(EcKey::generate(&group)?)?;
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", "Estrade")?;
    let name = name.build();
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::MAYBE_ZERO, false)?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(&*serial.to_asn1_integer()?)?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    builder.set_not_before(&*Asn1Time::days_from_now(0)?)?;
    builder.set_not_after(&*Asn1Time::days_from_now(DAYS)?)?;
    builder.set_pubkey(&key)?;
    let names = SubjectAlternativeName::new()
        .dns("localhost")
        .build(&builder.x509v3_context(None, None))?;
    builder.append_extension(names)?;
    builder.sign(&key, MessageDigest::sha256())?;
    Ok(Pem {
        certificate: builder.build().to_pem()?,
        key: key.private_key_to_pem_pkcs8()?,
    })
}

/// What agrees upon encryption, and the hash of the key that clients see.
///
/// # Errors
/// [`TlsError::Unfit`].
pub fn acceptor(pem: &Pem) -> Result<(TlsAcceptor, Hex<32>), TlsError> {
    let unfit = |error: &dyn ToString| TlsError::Unfit(error.to_string());
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem.certificate).collect();
    let chain: Vec<CertificateDer<'static>> = chain.map_err(|error| unfit(&error))?;
    let key = PrivateKeyDer::from_pem_slice(&pem.key).map_err(|error| unfit(&error))?;
    let channel = chain
        .first()
        .and_then(|certificate| channel_of(certificate));
    let channel = channel.ok_or_else(|| unfit(&"there is no certificate in the file"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| unfit(&error))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| unfit(&error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((TlsAcceptor::from(Arc::new(config)), channel))
}

/// Lines whose encryption is agreed upon. A client that is slow in that holds up nobody else.
pub struct TlsListener {
    agreed: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl TlsListener {
    /// Of a socket that listens; its task ends with it.
    ///
    /// # Errors
    /// The socket has no address.
    pub fn start(listener: TcpListener, acceptor: TlsAcceptor) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (tell, agreed) = mpsc::channel(WAITING);
        tokio::spawn(accept(listener, acceptor, tell));
        Ok(Self { agreed, address })
    }
}

async fn accept(
    mut listener: TcpListener,
    acceptor: TlsAcceptor,
    tell: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        // As axum takes them: what fails is tried again after a pause where the machine has no files left.
        let (stream, address) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = tell.closed() => return,
        };
        // Control messages are small and wanted at once.
        let _ = stream.set_nodelay(true);
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            debug!("too many clients agree upon encryption at once; one was sent away");
            continue;
        };
        let (acceptor, tell) = (acceptor.clone(), tell.clone());
        tokio::spawn(async move {
            match timeout(HANDSHAKE, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => {
                    drop(place);
                    let _ = tell.send((stream, address)).await;
                }
                Ok(Err(error)) => debug!(%error, "no encryption was agreed upon"),
                Err(_) => debug!("a client did not agree upon encryption in time"),
            }
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.agreed.recv().await {
            Some(agreed) => agreed,
            // Its task lives as long as this does.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// Who is at the other end of an encrypted line.
#[derive(Clone, Copy)]
pub struct Peer(SocketAddr);

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Handlers ask for the address as they do on lines that are not encrypted.
pub async fn with_address(mut request: Request) -> Request {
    let peer = request.extensions().get::<ConnectInfo<Peer>>().copied();
    if let Some(ConnectInfo(Peer(address))) = peer {
        request.extensions_mut().insert(ConnectInfo(address));
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_certificate_can_be_used_and_no_two_are_the_same() {
        let one = make().unwrap();
        let (_, channel) = acceptor(&one).unwrap();
        let (_, again) = acceptor(&one).unwrap();
        assert_eq!(channel, again);
        let other = make().unwrap();
        assert_ne!(acceptor(&other).unwrap().1, channel);
        let mixed = Pem {
            key: other.key,
            ..one
        };
        assert!(matches!(acceptor(&mixed), Err(TlsError::Unfit(_))));
        let empty = Pem {
            certificate: Vec::new(),
            ..mixed
        };
        assert!(matches!(acceptor(&empty), Err(TlsError::Unfit(_))));
    }
}
