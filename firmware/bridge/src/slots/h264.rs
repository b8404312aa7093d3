//! Where a picture starts that can be decoded alone, in H.264 over RTP (RFC 6184).

/// What a packet's payload starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// A sequence parameter set: a decoder can start here.
    Parameters,
    /// A key frame's first slice (IDR). Its parameter sets, if it has any, came before.
    KeyFrame,
    /// Anything else.
    None,
}

const IDR: u8 = 5;
const SPS: u8 = 7;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
const FU_START: u8 = 0x80;
const TYPE: u8 = 0x1f;

/// What this RTP payload starts. Any bytes are allowed.
pub fn start(payload: &[u8]) -> Start {
    let [header, rest @ ..] = payload else {
        return Start::None;
    };
    match header & TYPE {
        STAP_A => aggregate(rest),
        FU_A => match rest.first() {
            Some(fragment) if fragment & FU_START != 0 => of_type(fragment & TYPE),
            Some(_) | None => Start::None,
        },
        single => of_type(single),
    }
}

/// The units of a STAP-A (RFC 6184 section 5.7.1): 16 bits of size, then the unit.
fn aggregate(mut rest: &[u8]) -> Start {
    let mut found = Start::None;
    while let [high, low, unit @ ..] = rest {
        let size = usize::from(u16::from_be_bytes([*high, *low]));
        let Some((unit, after)) = unit.split_at_checked(size) else {
            break;
        };
        match unit
            .first()
            .map_or(Start::None, |header| of_type(header & TYPE))
        {
            Start::Parameters => return Start::Parameters,
            Start::KeyFrame => found = Start::KeyFrame,
            Start::None => {}
        }
        rest = after;
    }
    found
}

fn of_type(unit: u8) -> Start {
    match unit {
        SPS => Start::Parameters,
        IDR => Start::KeyFrame,
        _ => Start::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_frame_is_found_in_every_packetization() {
        assert_eq!(start(&[0x67, 0x42]), Start::Parameters);
        assert_eq!(start(&[0x65, 0x88]), Start::KeyFrame);
        assert_eq!(start(&[0x78, 0, 2, 0x67, 1, 0, 1, 0x68]), Start::Parameters);
        assert_eq!(start(&[0x78, 0, 1, 0x06, 0, 1, 0x65]), Start::KeyFrame);
        assert_eq!(start(&[0x7c, 0x85, 1]), Start::KeyFrame);
    }

    #[test]
    fn the_rest_of_a_picture_is_no_start() {
        assert_eq!(start(&[0x41, 0x9a]), Start::None);
        assert_eq!(start(&[0x68]), Start::None);
        assert_eq!(start(&[0x7c, 0x05, 1]), Start::None, "a later fragment");
        assert_eq!(start(&[0x7c, 0x45, 1]), Start::None, "the last fragment");
        assert_eq!(start(&[0x78, 0, 9, 0x67]), Start::None, "a cut aggregate");
        assert_eq!(start(&[]), Start::None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(payload in prop::collection::vec(any::<u8>(), 0..64)) {
            start(&payload);
        }
    }
}
