//! What a box shows its bridge with each request: the token of its settings, or that of its session, which changes.

use std::sync::Arc;

use reqwest::RequestBuilder;
use tokio::sync::{mpsc, watch};

/// The handle to it.
#[derive(Clone, Debug)]
pub struct Pass {
    token: watch::Receiver<Option<Arc<str>>>,
    refused: Option<mpsc::Sender<Arc<str>>>,
}

/// Where sessions come from.
pub struct Issuer {
    /// The token, or none.
    pub token: watch::Sender<Option<Arc<str>>>,
    /// Tokens that the bridge does not take.
    pub refused: mpsc::Receiver<Arc<str>>,
}

impl Pass {
    /// The token of the settings.
    pub fn fixed(token: &str) -> Self {
        // What was sent last stays when nobody sends any more.
        let (_, token) = watch::channel(Some(token.into()));
        Self {
            token,
            refused: None,
        }
    }

    /// Whether it is the settings', and stays.
    pub fn is_fixed(&self) -> bool {
        self.refused.is_none()
    }

    /// None yet: it is the issuer's to say.
    pub fn issued() -> (Self, Issuer) {
        let (token, watched) = watch::channel(None);
        let (refuse, refused) = mpsc::channel(1);
        let pass = Self {
            token: watched,
            refused: Some(refuse),
        };
        (pass, Issuer { token, refused })
    }

    /// The token now; empty while there is none.
    pub fn token(&self) -> Arc<str> {
        self.token.borrow().clone().unwrap_or_default()
    }

    /// The token, once there is another one than `than`.
    pub async fn other(&self, than: Option<&str>) -> Arc<str> {
        let mut token = self.token.clone();
        loop {
            let now = token.borrow_and_update().clone();
            match now {
                Some(now) if Some(&*now) != than => return now,
                Some(_) | None => {}
            }
            if token.changed().await.is_err() {
                // The box stops.
                return std::future::pending().await;
            }
        }
    }

    /// Shows it; the bridge says no where there is none.
    pub fn show(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(self.token())
    }

    /// The bridge does not take this token. Says whether another one may come.
    pub fn refused(&self, token: &str) -> bool {
        let Some(refused) = &self.refused else {
            return false;
        };
        // One that waits there says the same.
        let _ = refused.try_send(token.into());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_session_s_token_changes_and_that_of_the_settings_does_not() {
        let fixed = Pass::fixed("of-the-settings");
        assert_eq!(&*fixed.token(), "of-the-settings");
        assert!(!fixed.refused("of-the-settings"));
        let (pass, mut issuer) = Pass::issued();
        assert_eq!(&*pass.token(), "");
        issuer.token.send_replace(Some("first".into()));
        assert_eq!(&*pass.other(None).await, "first");
        assert!(pass.refused("first"));
        assert_eq!(issuer.refused.recv().await.as_deref(), Some("first"));
        issuer.token.send_replace(Some("second".into()));
        assert_eq!(&*pass.other(Some("first")).await, "second");
    }
}
