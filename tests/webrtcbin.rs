//! A foreign publisher: GStreamer's own WebRTC element, with its RSA certificate.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

use std::time::Duration;

use conference::wire::Role;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_sdp::SDPMessage;
use gstreamer_webrtc::{WebRTCSDPType, WebRTCSessionDescription};
use serde_json::Value;
use support::{BREST, CHAIR, Client, Running, settings, within};
use tokio::sync::oneshot;

/// Payload types far apart: webrtcbin 1.22 gives RTX the number after its video's.
const PIPELINE: &str = "
    webrtcbin name=peer bundle-policy=max-bundle
    videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=15/1
      ! x264enc tune=zerolatency speed-preset=ultrafast bitrate=200 key-int-max=30
      ! video/x-h264,profile=constrained-baseline
      ! rtph264pay aggregate-mode=zero-latency config-interval=-1
      ! application/x-rtp,media=video,encoding-name=H264,payload=96 ! peer.
    audiotestsrc is-live=true wave=ticks ! audioconvert ! audio/x-raw,channels=1,rate=48000
      ! opusenc ! rtpopuspay ! application/x-rtp,media=audio,encoding-name=OPUS,payload=111 ! peer.";

/// A pipeline that is stopped with the test, whatever its end.
struct Playing(gst::Pipeline);

impl Drop for Playing {
    fn drop(&mut self) {
        let _ = self.0.set_state(gst::State::Null);
    }
}

#[tokio::test]
async fn gstreamers_webrtcbin_publishes_by_whip() {
    gst::init().unwrap();
    let bridge = Running::start(&settings()).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let pipeline = gst::parse::launch(PIPELINE).expect(
        "webrtcbin, x264enc and opusenc are there (Debian's packages: gstreamer1.0-plugins-bad, \
         gstreamer1.0-plugins-ugly, gstreamer1.0-plugins-base, gstreamer1.0-nice)",
    );
    let pipeline = Playing(pipeline.downcast().unwrap());
    let peer = pipeline.0.by_name("peer").unwrap();
    // libnice does not offer the loopback by itself, and this machine may have nothing else.
    let agent = peer.property::<gst::Object>("ice-agent");
    assert!(agent.emit_by_name::<bool>("add-local-ip-address", &[&"127.0.0.1"]));
    pipeline.0.set_state(gst::State::Playing).unwrap();
    within(until_caps_are_known(&peer)).await;

    let offer = within(create_offer(&peer)).await;
    peer.emit_by_name::<()>("set-local-description", &[&offer, &None::<gst::Promise>]);
    let answer = estrade_tests::http()
        .build()
        .unwrap()
        .post(bridge.url("/whip"))
        .bearer_auth(BREST)
        .header("content-type", "application/sdp")
        .body(offer.sdp().as_text().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    let answer = SDPMessage::parse_buffer(answer.text().await.unwrap().as_bytes()).unwrap();
    let answer = WebRTCSessionDescription::new(WebRTCSDPType::Answer, answer);
    peer.emit_by_name::<()>("set-remote-description", &[&answer, &None::<gst::Promise>]);

    chair
        .until("Brest publishes", |s| s.room("Brest").unwrap().publishing)
        .await;
    within(until_packets_arrive(&bridge)).await;
    drop(pipeline);
    chair
        .until("Brest is gone", |s| !s.room("Brest").unwrap().publishing)
        .await;
    bridge.stop().await;
}

/// An offer made before lacks what the caps say (a=ssrc, profile-level-id).
async fn until_caps_are_known(peer: &gst::Element) {
    while !peer.sink_pads().iter().all(|pad| pad.has_current_caps()) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn create_offer(peer: &gst::Element) -> WebRTCSessionDescription {
    let (sender, receiver) = oneshot::channel();
    let promise = gst::Promise::with_change_func(move |reply| {
        let offer = reply.ok().flatten().map(|reply| {
            reply
                .get::<WebRTCSessionDescription>("offer")
                .expect("webrtcbin's reply holds the offer")
        });
        let _ = sender.send(offer);
    });
    peer.emit_by_name::<()>("create-offer", &[&None::<gst::Structure>, &promise]);
    receiver.await.unwrap().expect("webrtcbin makes an offer")
}

async fn until_packets_arrive(bridge: &Running) {
    let http = estrade_tests::http().build().unwrap();
    loop {
        let media = http.get(bridge.url("/api/media")).bearer_auth(CHAIR);
        let media: Value = media.send().await.unwrap().json().await.unwrap();
        let brest = &media["rooms"]["Brest"];
        let count = |figure: &str| brest[figure].as_u64().unwrap_or(0);
        if count("audio_packets") > 50 && count("video_packets") > 50 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
