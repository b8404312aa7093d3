//! The name by which the box is found in its own network (mDNS, RFC 6762).

use std::net::SocketAddr;

use mdns_sd::{ServiceDaemon, ServiceInfo};

/// What a page is announced as (RFC 6763).
const SERVICE: &str = "_http._tcp.local.";
/// The longest part of a name (RFC 1035 section 2.3.4).
const LONGEST: usize = 63;
/// The name of a room whose own has no letter that a name may have.
const NAMELESS: &str = "estrade";

/// The box's name: `ploufragan.local` for "Ploufragan".
pub fn host_name(room: &str) -> String {
    let mut label = String::new();
    for letter in room.chars().flat_map(char::to_lowercase) {
        match plain(letter) {
            "" if label.ends_with('-') || label.is_empty() => {}
            "" => label.push('-'),
            plain => label.push_str(plain),
        }
    }
    label.truncate(LONGEST);
    let label = label.trim_end_matches('-');
    let label = if label.is_empty() { NAMELESS } else { label };
    format!("{label}.local")
}

/// Where a browser finds the page that listens there; on other machines by the box's name.
pub fn address(room: &str, listen: SocketAddr) -> String {
    let host = match listen.ip().is_loopback() {
        true => listen.ip().to_string(),
        false => host_name(room),
    };
    match listen.port() {
        80 => format!("http://{host}"),
        port => format!("http://{host}:{port}"),
    }
}

/// The letter without its accent; nothing for what no name has.
fn plain(letter: char) -> &'static str {
    const PLAIN: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
    if let Some(at) = PLAIN.find(letter) {
        return &PLAIN[at..=at];
    }
    match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => "a",
        'æ' => "ae",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => "o",
        'œ' => "oe",
        'ß' => "ss",
        'ù' | 'ú' | 'û' | 'ü' => "u",
        'ý' | 'ÿ' => "y",
        _ => "",
    }
}

/// Tells the network where the box's page is, until it is dropped.
pub struct Announced(ServiceDaemon);

impl Announced {
    /// A box that cannot be announced is still there by its address: that is no error. Another box of the same name keeps
    /// it, and this one gets a number behind its own.
    pub fn start(room: &str, port: u16) -> Option<Self> {
        let host = host_name(room);
        match announce(room, &host, port) {
            Ok(daemon) => {
                tracing::info!(%host, port, "the box's page is announced in this network");
                Some(Self(daemon))
            }
            Err(error) => {
                tracing::warn!(%host, %error, "the box's page cannot be announced; open it by the box's address");
                None
            }
        }
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        // It fails only where the daemon has ended before.
        let _ = self.0.shutdown();
    }
}

fn announce(room: &str, host: &str, port: u16) -> mdns_sd::Result<ServiceDaemon> {
    let daemon = ServiceDaemon::new()?;
    let none: [(&str, &str); 0] = [];
    let name = format!("Estrade {room}");
    let service = ServiceInfo::new(SERVICE, &name, &format!("{host}."), "", port, &none[..])?;
    daemon.register(service.enable_addr_auto())?;
    Ok(daemon)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_room_s_name_becomes_one_that_can_be_typed() {
        for (room, host) in [
            ("Ploufragan", "ploufragan.local"),
            ("Loudéac", "loudeac.local"),
            ("Salle d’Été n° 2 ", "salle-d-ete-n-2.local"),
            ("L'ŒUVRE -- Plœuc", "l-oeuvre-ploeuc.local"),
            ("Ñ ß Ÿ", "n-ss-y.local"),
            ("会議室", "estrade.local"),
            ("-", "estrade.local"),
        ] {
            assert_eq!(host_name(room), host);
        }
    }

    #[test]
    fn the_address_is_as_short_as_it_may_be() {
        for (listen, address) in [
            ("0.0.0.0:80", "http://loudeac.local"),
            ("192.168.1.7:8081", "http://loudeac.local:8081"),
            ("127.0.0.1:8081", "http://127.0.0.1:8081"),
        ] {
            assert_eq!(super::address("Loudéac", listen.parse().unwrap()), address);
        }
    }

    proptest! {
        #[test]
        fn any_room_has_a_name_that_networks_take(room in "\\PC{1,40}|œ{30,40}") {
            let host = host_name(&room);
            let label = host.strip_suffix(".local").unwrap();
            prop_assert!((1..=LONGEST).contains(&label.len()), "{host}");
            prop_assert!(!label.starts_with('-') && !label.ends_with('-'), "{host}");
            let typed = |sign: char| matches!(sign, 'a'..='z' | '0'..='9' | '-');
            prop_assert!(label.chars().all(typed), "{host}");
        }
    }
}
