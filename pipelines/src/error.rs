//! What can go wrong before anything runs. Once a part is started, troubles are [`crate::PartState`]s.

/// Why sound and picture cannot be had on this machine, or why a value was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// GStreamer itself does not start.
    #[error("GStreamer does not start: {0}")]
    Start(String),
    /// A GStreamer element is not installed.
    #[error("the GStreamer element `{element}` is missing: install the Debian package {package}")]
    Missing {
        /// The element's factory name.
        element: &'static str,
        /// The Debian package that holds it.
        package: &'static str,
    },
    /// A device was named in a way that is not known.
    #[error("`{given}` is no {what}: write {allowed}")]
    Device {
        /// What was written.
        given: String,
        /// What it should have been ("camera", "screen"...).
        what: &'static str,
        /// The spellings that are allowed.
        allowed: &'static str,
    },
}
