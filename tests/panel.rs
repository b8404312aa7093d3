//! The box between and during evenings, as a volunteer uses it: its buttons by its own page, what the bridge makes of
//! them, and how it rests until the next evening.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use conference::wire::{AudienceWish, FromClient, Role, State};
use estrade_tests::{Service, wait_for};
use reqwest::StatusCode;
use serde_json::Value;
use support::{BREST, CHAIR, Client, LOUDEAC, PROGRAMME, Running, settings};

const PATIENCE: Duration = Duration::from_secs(20);

/// The box of Loudéac.
struct Loudeac {
    file: PathBuf,
    service: Option<Service>,
    http: reqwest::Client,
}

impl Loudeac {
    /// It may rest after a second without a button.
    fn start(folder: &Path, bridge: SocketAddr) -> Self {
        let file = folder.join("loudeac.toml");
        let text = format!(
            "name = \"Loudéac\"\n[bridge]\naddress = \"http://{bridge}\"\ntoken = \"{LOUDEAC}\"\n\
             [devices]\ncamera = \"test\"\nmicrophones = \"test\"\nscreen = \"none\"\nloudspeaker = \"none\"\n\
             [picture]\nwidth = 320\nheight = 180\n[screen]\nwidth = 640\nheight = 360\n\
             [web]\nlisten = \"127.0.0.1:0\"\n[panel]\nsounds = false\n[measure]\nstamp = 1\nquiet_seconds = 1\n"
        );
        std::fs::write(&file, text).unwrap();
        Self {
            service: Some(Service::start("room", &file)),
            file,
            http: estrade_tests::http().no_proxy().build().unwrap(),
        }
    }

    /// Pulls its plug and puts it in again.
    fn restart(&mut self) {
        self.service.take().unwrap().kill();
        self.service = Some(Service::start("room", &self.file));
    }

    fn url(&self, path: &str) -> String {
        let web = self.service.as_ref().unwrap().address("web");
        format!("http://{web}/{path}")
    }

    async fn press(&self, button: &str) {
        let request = self.http.post(self.url(&format!("panel/{button}")));
        let answer = request.header("x-estrade", "panel").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{button}");
    }

    async fn status(&self) -> Value {
        let answer = self.http.get(self.url("status")).send().await.unwrap();
        answer.json().await.unwrap()
    }

    async fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let look = async || Some(self.status().await).filter(&wanted);
        wait_for(what, PATIENCE, look).await.0
    }

    /// For how many seconds it has run; nothing while it is away.
    async fn uptime(&self) -> Option<f64> {
        let answer = self.http.get(self.url("metrics")).send().await.ok()?;
        let text = answer.text().await.ok()?;
        let find = |line: &str| {
            line.strip_prefix("estrade_room_uptime_seconds ")?
                .parse()
                .ok()
        };
        text.lines().find_map(find)
    }

    /// When the last sound came from its microphones, in nanoseconds; nothing before the first.
    async fn heard_until(&self) -> u64 {
        let url = self.url("measure/microphones");
        let answer = self.http.get(url).send().await.unwrap();
        let header = |name: &str| -> u64 {
            let value = answer.headers()[name].to_str().unwrap();
            value.parse().unwrap()
        };
        let (start, rate) = (header("x-start-ns"), header("x-rate"));
        let samples = answer.bytes().await.unwrap().len() as u64 / 2;
        start + samples * 1_000_000_000 / rate
    }

    /// Mean brightness of its television, 0 to 255.
    async fn brightness(&self) -> u64 {
        let answer = self.http.get(self.url("screen.png")).send().await.unwrap();
        let bytes = answer.bytes().await.unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes[..]))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        pixels.iter().map(|sample| u64::from(*sample)).sum::<u64>() / pixels.len() as u64
    }
}

#[tokio::test]
async fn a_volunteer_passes_counts_hands_and_people_and_changes_the_volume() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), PROGRAMME).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let _brest = Client::join(&bridge, Role::Room, BREST).await;
    let mut loudeac = Loudeac::start(folder.path(), bridge.http);
    let there = |state: &State| state.room("Loudéac").unwrap().present;
    chair.until("the box is there", there).await;

    // Questions after Anne's talk: Brest is hers, Loudéac is asked.
    chair.say(FromClient::GoTo { item: 4 }).await;
    chair.say(FromClient::Advance {}).await;
    let offered = |state: &State| state.evening.offered.as_deref() == Some("Loudéac");
    chair.until("Loudéac is asked", offered).await;
    loudeac.until("so it knows", does("offer")).await;
    loudeac.press("minus").await;
    chair
        .until("it has no question", |s| s.evening.offered.is_none())
        .await;
    assert_eq!(chair.state.floor.queue, Vec::<String>::new());

    let poll = AudienceWish::OpenPoll {
        question: "Qui vient en bus ?".into(),
        answers: vec!["moi".into(), "pas moi".into()],
    };
    chair.say(FromClient::Audience(poll)).await;
    chair
        .until("a poll", |state| state.audience.poll.is_some())
        .await;
    loudeac.until("it counts", does("hands")).await;
    count(&mut chair, &loudeac).await;

    loudeac.press("people/22").await;
    let people = |state: &State| state.room("Loudéac").unwrap().people == Some(22);
    chair.until("the people of Loudéac", people).await;

    let close = AudienceWish::RemovePoll {};
    chair.say(FromClient::Audience(close)).await;
    chair
        .until("no poll", |state| state.audience.poll.is_none())
        .await;
    loudeac.until("the poll is gone", does("volume")).await;
    loudeac.press("minus/down").await;
    loudeac
        .until("the volume runs", |s| s["volume"].as_u64() <= Some(60))
        .await;
    loudeac.press("minus/up").await;
    let volume = loudeac.status().await["volume"].as_u64().unwrap();
    let file = folder.path().join("loudeac.kept.json");
    let kept = format!("\"volume\":{volume},");
    let written = async || {
        std::fs::read_to_string(&file)
            .ok()?
            .contains(&kept)
            .then_some(())
    };
    wait_for("the volume is written down", PATIENCE, written).await;
    loudeac.restart();
    assert_eq!(loudeac.status().await["volume"], volume);
    bridge.stop().await;
}

/// What − and + do.
fn does(what: &str) -> impl Fn(&Value) -> bool {
    move |status| status["steps"] == what
}

/// Two hands for the first answer, one for the second: the last press is of − because there was one too many.
async fn count(chair: &mut Client, loudeac: &Loudeac) {
    let hands = |state: &State| {
        let poll = state.audience.poll.as_ref()?;
        let own = poll.hands.iter().find(|hands| hands.room == "Loudéac")?;
        Some(own.counts.clone())
    };
    for button in ["plus", "plus", "screen", "plus", "plus", "minus", "screen"] {
        loudeac.press(button).await;
    }
    chair
        .until("the hands of Loudéac", |s| hands(s) == Some(vec![2, 1]))
        .await;
}

#[tokio::test]
async fn between_evenings_the_box_rests_and_wakes_for_people_and_for_the_chair() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings();
    let far = "2099-12-03T18:30:00";
    let programme = PROGRAMME.replace("2026-12-03T18:30:00", far);
    let bridge = Running::start_in(folder.path(), &settings, &programme).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    assert_eq!(chair.state.upcoming.as_ref().unwrap().starts, far);
    let mut loudeac = Loudeac::start(folder.path(), bridge.http);
    let rests = |status: &Value| status["resting"] == true;
    let status = loudeac.until("it rests", rests).await;
    assert_eq!(status["upcoming"]["title"], "Les métiers du bois");

    // Its television is dark, and nothing comes from its microphones.
    let dark = async || (loudeac.brightness().await < 8).then_some(());
    wait_for("a dark television", PATIENCE, dark).await;
    let silent = async || {
        let before = loudeac.heard_until().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        (loudeac.heard_until().await == before).then_some(())
    };
    wait_for("microphones that are off", PATIENCE, silent).await;
    assert_eq!(loudeac.status().await["level"]["rms_dbfs"], -127.0);

    // A press wakes it and does nothing else; then it rests again.
    loudeac.press("speak").await;
    let awake = loudeac.until("awake", |s| s["resting"] == false).await;
    assert_eq!(awake["room"]["present"], true);
    let bright = async || (loudeac.brightness().await >= 8).then_some(());
    wait_for("a bright television", PATIENCE, bright).await;
    loudeac.until("it rests again", rests).await;
    // Had it raised a hand, the chair would have heard of that before.
    loudeac.press("people/2").await;
    let people = |state: &State| state.room("Loudéac").unwrap().people == Some(2);
    chair.until("the people of Loudéac", people).await;
    assert_eq!(chair.state.floor.queue, Vec::<String>::new());

    // It knows the next evening without the bridge, too.
    let address = bridge.http;
    bridge.stop().await;
    loudeac.restart();
    let status = loudeac.until("it rests without the bridge", rests).await;
    assert_eq!(status["linked"], false);
    assert_eq!(status["upcoming"]["starts"], far);

    let same = settings.replacen("127.0.0.1:0", &address.to_string(), 1);
    let bridge = Running::start_in(folder.path(), &same, &programme).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    loudeac.until("back", |s| s["linked"] == true).await;
    assert_eq!(loudeac.status().await["resting"], true);
    chair.say(FromClient::Advance {}).await;
    loudeac
        .until("the evening wakes it", |s| s["resting"] == false)
        .await;
    bridge.stop().await;
}

#[tokio::test]
async fn the_next_programme_takes_its_place_when_the_one_that_counts_is_past() {
    let folder = tempfile::tempdir().unwrap();
    let next = PROGRAMME
        .replace("2026-12-03", "2099-01-07")
        .replace("Les métiers du bois", "Les métiers du soin")
        .replace("Anne Le Goff", "Yann Kervella");
    let bridge = Running::start_in(folder.path(), &settings(), &next).await;
    bridge.stop().await;
    let past = PROGRAMME.replace("2026-12-03", "2025-12-04");
    let bridge = Running::start_in(folder.path(), &settings(), &past).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    chair
        .until("the next programme", |state| {
            state.programme.title == "Les métiers du soin"
        })
        .await;
    let starts = Some("2099-01-07T18:30:00");
    assert_eq!(chair.state.programme.starts.as_deref(), starts);
    let upcoming = |state: &State| state.upcoming.as_ref().map(|next| next.starts.clone());
    assert_eq!(upcoming(&chair.state).as_deref(), starts);
    // It stays after a restart, and a programme that is to come gives way to none.
    bridge.stop().await;
    let bridge = Running::start_in(folder.path(), &settings(), &past).await;
    let chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    assert_eq!(chair.state.programme.title, "Les métiers du soin");
    bridge.stop().await;
}

#[tokio::test]
async fn lights_follow_the_conference_and_two_held_buttons_make_the_box_begin_anew() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), PROGRAMME).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let loudeac = Loudeac::start(folder.path(), bridge.http);
    let shows = |signal: &'static str| move |s: &Value| s["lights"]["signal"] == signal;
    loudeac.until("ready", shows("ready")).await;

    loudeac.press("speak").await;
    let hand = loudeac.until("its hand is raised", shows("hand")).await;
    assert_eq!(hand["lights"]["colour"], "amber");
    assert!(hand["lights"]["blinks"].as_array().unwrap().len() > 1);
    let room = "Loudéac".to_owned();
    chair.say(FromClient::GrantFloor { room }).await;
    let floor = loudeac.until("it has the floor", shows("floor")).await;
    assert_eq!(floor["lights"]["colour"], "green");

    loudeac.press("mute").await;
    let muted = loudeac.until("it is muted", shows("muted")).await;
    assert_eq!(muted["lights"]["mute"], true);
    assert_eq!(muted["lights"]["blinks"].as_array().unwrap().len(), 1);

    // The mute is taken back by the button that joins it, and stands again after the restart.
    for button in ["mute", "speak"] {
        loudeac.press(&format!("{button}/down")).await;
    }
    let said = async || {
        let lines = loudeac.http.get(loudeac.url("measure/lines")).send().await;
        let lines: Vec<String> = lines.unwrap().json().await.unwrap();
        let says = |line: &String| line.contains("Redémarrage dans");
        lines.iter().any(says).then_some(())
    };
    wait_for("it says what will happen", PATIENCE, said).await;
    // It may be away for less than a look at it takes: its clock says that it began anew.
    let before = loudeac.uptime().await.unwrap();
    let anew = async || {
        loudeac
            .uptime()
            .await
            .filter(|now| *now < before)
            .map(|_| ())
    };
    wait_for("the box to begin anew", PATIENCE, anew).await;
    let back = async || {
        let answer = loudeac.http.get(loudeac.url("status")).send().await.ok()?;
        let status: Value = answer.json().await.ok()?;
        (status["linked"] == true).then_some(status)
    };
    let (status, _) = wait_for("the box to be back", PATIENCE, back).await;
    assert_eq!(status["devices"]["muted"], true);
    bridge.stop().await;
}
