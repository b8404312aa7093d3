//! What facts mean: a finding for each thing, in the order in which a technician goes through them. Pure.

mod devices;
mod machine;

use super::facts::{Answer, Bridge, Facts, Service, Sessions, Settings};
use super::{Fact, Finding, Sign};

/// The bridge says its time to the second: what differs by less says nothing.
const CLOCK_OFF: u64 = 3;

/// Everything that was found.
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = vec![settings(facts)];
    findings.extend(service(&facts.service));
    findings.extend(machine::packages(facts));
    findings.extend(devices::judge(facts));
    findings.push(network(facts));
    if let Some(bridge) = &facts.bridge {
        findings.push(self::bridge(bridge, facts));
        findings.extend(encryption(bridge));
        findings.extend(media(facts));
    }
    findings.push(clock(facts));
    findings.extend(machine::judge(facts));
    findings
}

fn text(text: impl Into<String>) -> Fact {
    Fact::Text(text.into())
}

fn finding(
    check: &'static str,
    sign: Sign,
    message: &'static str,
    facts: Vec<(&'static str, Fact)>,
) -> Finding {
    Finding {
        check,
        message,
        sign,
        facts,
    }
}

fn settings(facts: &Facts) -> Finding {
    let finding = |sign, message, facts| finding("settings", sign, message, facts);
    match &facts.settings {
        Settings::Well(file) => {
            let facts = vec![("file", text(file)), ("room", text(&facts.name))];
            finding(Sign::Ok, "doctor-settings-well", facts)
        }
        Settings::Wrong(reason) => {
            let facts = vec![("reason", text(reason))];
            finding(Sign::Fault, "doctor-settings-wrong", facts)
        }
        Settings::None => finding(Sign::Warning, "doctor-settings-none", vec![]),
    }
}

fn service(service: &Service) -> Option<Finding> {
    let finding = |sign, message, address: &str| {
        finding("box", sign, message, vec![("address", text(address))])
    };
    Some(match service {
        Service::Runs(address) => finding(Sign::Ok, "doctor-box-runs", address),
        Service::Closed(address) => finding(Sign::Warning, "doctor-box-closed", address),
        Service::Silent(address) => finding(Sign::Fault, "doctor-box-silent", address),
        Service::Off => return None,
    })
}

fn network(facts: &Facts) -> Finding {
    let reached = facts
        .bridge
        .as_ref()
        .is_some_and(|bridge| !matches!(bridge.answer, Answer::NoSuchName(_) | Answer::Silent(_)));
    let named = facts
        .addresses
        .iter()
        .map(|(interface, address)| format!("{interface} {address}"));
    let addresses = vec![("addresses", text(named.collect::<Vec<_>>().join(", ")))];
    let finding = |sign, message, facts| finding("network", sign, message, facts);
    let without = facts.addresses.is_empty();
    match (without, reached) {
        // A bridge on the box itself needs no network.
        (true, true) => finding(Sign::Ok, "doctor-network-own", vec![]),
        // Routes may outlive the cable: they count for nothing.
        (true, false) => finding(Sign::Fault, "doctor-network-none", vec![]),
        (false, false) if !facts.gateway => {
            finding(Sign::Warning, "doctor-network-no-gateway", addresses)
        }
        (false, _) => finding(Sign::Ok, "doctor-network-well", addresses),
    }
}

fn bridge(bridge: &Bridge, facts: &Facts) -> Finding {
    let address = ("address", text(&bridge.address));
    let finding = |sign, message, facts| finding("bridge", sign, message, facts);
    let ours = &facts.versions[0];
    match &bridge.answer {
        Answer::NoSuchName(host) => finding(
            Sign::Fault,
            "doctor-bridge-no-name",
            vec![("host", text(host))],
        ),
        Answer::Silent(reason) => {
            let facts = vec![address, ("reason", text(reason))];
            finding(Sign::Fault, "doctor-bridge-silent", facts)
        }
        Answer::Strange(reason) => {
            let facts = vec![address, ("reason", text(reason))];
            finding(Sign::Fault, "doctor-bridge-strange", facts)
        }
        Answer::TokenRefused => {
            let facts = vec![("room", text(&facts.name))];
            finding(Sign::Fault, "doctor-token-refused", facts)
        }
        Answer::NotPaired => finding(Sign::Warning, "doctor-not-paired", vec![]),
        Answer::Revoked => finding(Sign::Fault, "doctor-revoked", vec![]),
        Answer::Another => finding(Sign::Fault, "doctor-bridge-another", vec![address]),
        Answer::There { room, .. } if *room != facts.name => {
            let facts = vec![("other", text(room)), ("room", text(&facts.name))];
            finding(Sign::Fault, "doctor-token-of-another", facts)
        }
        Answer::There { version, .. } if version != ours => {
            let facts = vec![address, ("theirs", text(version)), ("ours", text(ours))];
            finding(Sign::Warning, "doctor-bridge-version", facts)
        }
        Answer::There { ms, .. } => {
            let facts = vec![address, ("ms", Fact::Number(*ms))];
            finding(Sign::Ok, "doctor-bridge-well", facts)
        }
    }
}

/// Sound and picture are encrypted in any case (DTLS); what rooms ask for, decks and tokens are where the address says so.
fn encryption(bridge: &Bridge) -> Option<Finding> {
    let open = bridge.address.starts_with("http://") && !bridge.here;
    open.then(|| finding("link", Sign::Warning, "doctor-link-open", vec![]))
}

/// Whether media flows, which goes by UDP: firewalls that let the page through may hold it back.
fn media(facts: &Facts) -> Option<Finding> {
    let Sessions {
        linked,
        publishing,
        watching,
    } = facts.live.sessions?;
    let finding = |sign, message| finding("media", sign, message, vec![]);
    match (linked, publishing && watching) {
        (false, _) => None,
        (true, true) => Some(finding(Sign::Ok, "doctor-media-well")),
        (true, false) => Some(finding(Sign::Fault, "doctor-media-blocked")),
    }
}

fn clock(facts: &Facts) -> Finding {
    let ahead = facts
        .bridge
        .as_ref()
        .and_then(|bridge| match bridge.answer {
            Answer::There { ahead, .. } => Some(ahead),
            Answer::NoSuchName(_)
            | Answer::Silent(_)
            | Answer::Strange(_)
            | Answer::TokenRefused
            | Answer::NotPaired
            | Answer::Revoked
            | Answer::Another => None,
        });
    let off = ahead.map(i64::unsigned_abs).filter(|off| *off >= CLOCK_OFF);
    if let Some(off) = off {
        let seconds = usize::try_from(off).unwrap_or(usize::MAX);
        let facts = vec![("seconds", Fact::Number(seconds))];
        return finding("clock", Sign::Fault, "doctor-clock-off", facts);
    }
    machine::clock(facts.health.clock)
}

#[cfg(test)]
pub(super) mod tests;
