//! Whom a box believes at the other end of an encrypted line: a bridge for which a public authority vouches, or the one
//! whose key it learned when it was paired.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pairing::{Hex, channel_of};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::TLS13;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

/// Which keys are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Those for which an authority vouches, one that this machine trusts.
    Public,
    /// The one with this hash, and no other, whoever vouches for it.
    Pinned(Hex<32>),
    /// As [`Self::Public`]; else the first that is seen, and from then on that one. What it is worth the exchange over
    /// the code shows, which is about its hash, too.
    First(Option<Hex<32>>),
}

/// The rule, and what came of it.
#[derive(Debug)]
struct State {
    rule: Rule,
    /// The last that came had another key.
    refused: bool,
}

/// Judges the bridge's certificate; several connections share one, and its rule may change.
#[derive(Debug)]
pub struct Trust {
    state: Mutex<State>,
    /// None on a machine that knows no authorities.
    public: Option<Verifier>,
    provider: Arc<CryptoProvider>,
}

/// Makes TLS ready for whoever makes an HTTP client in this process; may be called again.
pub fn ready() {
    // Only the first call does something.
    let _ = ring::default_provider().install_default();
}

impl Trust {
    /// With this rule.
    pub fn new(rule: Rule) -> Arc<Self> {
        let provider = Arc::new(ring::default_provider());
        Arc::new(Self {
            state: Mutex::new(State {
                rule,
                refused: false,
            }),
            public: Verifier::new(Arc::clone(&provider)).ok(),
            provider,
        })
    }

    /// What connections are made with.
    ///
    /// # Errors
    /// The library does not know TLS 1.3.
    pub fn client(self: &Arc<Self>) -> Result<ClientConfig, Error> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider));
        let builder = builder.with_protocol_versions(&[&TLS13])?;
        let verifier = Arc::clone(self) as Arc<dyn ServerCertVerifier>;
        let builder = builder
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        Ok(builder.with_no_client_auth())
    }

    /// From now on.
    pub fn set(&self, rule: Rule) {
        let mut state = self.state();
        state.rule = rule;
        state.refused = false;
    }

    /// The hash of the key that is believed though nobody vouches for it.
    pub fn channel(&self) -> Option<Hex<32>> {
        match self.state().rule {
            Rule::Public => None,
            Rule::Pinned(hash) => Some(hash),
            Rule::First(seen) => seen,
        }
    }

    /// Whether another key was refused since this was last asked.
    pub fn take_refused(&self) -> bool {
        std::mem::take(&mut self.state().refused)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the rule lets this key pass, given whether an authority vouches for it.
    fn lets_pass(&self, hash: Hex<32>, vouched: bool) -> bool {
        let mut state = self.state();
        let passes = match state.rule {
            Rule::Public => vouched,
            Rule::Pinned(pinned) => hash == pinned,
            Rule::First(Some(seen)) => hash == seen,
            Rule::First(None) => true,
        };
        if state.rule == Rule::First(None) && !vouched {
            state.rule = Rule::First(Some(hash));
        }
        state.refused |= !passes;
        passes
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let unknown = Error::InvalidCertificate(CertificateError::BadEncoding);
        let hash = channel_of(certificate).ok_or(unknown)?;
        let vouch = |verifier: &Verifier| {
            let verified = verifier.verify_server_cert(certificate, others, name, ocsp, now);
            verified.is_ok()
        };
        match self.lets_pass(hash, self.public.as_ref().is_some_and(vouch)) {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(Error::InvalidCertificate(
                CertificateError::ApplicationVerificationFailure,
            )),
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("only TLS 1.3 is spoken".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Hex<32> = Hex([1; 32]);
    const OTHER: Hex<32> = Hex([2; 32]);

    #[test]
    fn a_key_that_was_learned_is_the_only_one_that_passes() {
        let trust = Trust::new(Rule::Pinned(ONE));
        assert!(trust.lets_pass(ONE, false));
        assert!(!trust.take_refused());
        assert!(!trust.lets_pass(OTHER, true));
        assert!(trust.take_refused());
        assert!(!trust.take_refused());
        trust.set(Rule::Public);
        assert!(trust.lets_pass(OTHER, true));
        assert!(!trust.lets_pass(ONE, false));
    }

    #[test]
    fn the_first_key_stays_until_the_next_attempt() {
        let trust = Trust::new(Rule::First(None));
        assert!(trust.lets_pass(OTHER, true));
        assert_eq!(trust.channel(), None, "an authority vouches for it");
        assert!(trust.lets_pass(ONE, false));
        assert_eq!(trust.channel(), Some(ONE));
        assert!(!trust.lets_pass(OTHER, true));
        trust.set(Rule::First(None));
        assert!(trust.lets_pass(OTHER, false));
        assert_eq!(trust.channel(), Some(OTHER));
    }
}
