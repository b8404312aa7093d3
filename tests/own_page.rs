//! The box's own page, as a technician uses it from a phone in the hall: the code on the television, the moving plot, the
//! buttons, the log, the restart; and what machines read of it.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

#[path = "support/browser.rs"]
mod browser;

#[path = "support/console.rs"]
mod console;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use browser::{Browser, in_browser};
use console::{choose, click, type_into, window};
use estrade_tests::{Service, wait_for};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use support::{LOUDEAC, PROGRAMME, Running, settings};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpSocket};

const PATIENCE: Duration = Duration::from_secs(20);
/// Seconds: a box that begins anew has run for less.
const LIVED: u64 = 3;
/// The machine itself, by another of its addresses: for the box it is a stranger.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// The box of Loudéac, whose page the whole network reaches, and its bridge.
struct Hall {
    bridge: Running,
    room: Service,
    here: Client,
    elsewhere: Client,
    _folder: TempDir,
}

impl Hall {
    async fn open() -> Self {
        let bridge = Running::start_with(&settings(), PROGRAMME).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("room.toml");
        let text = format!(
            "name = \"Loudéac\"\n[bridge]\naddress = \"http://{}\"\ntoken = \"{LOUDEAC}\"\n\
             [devices]\ncamera = \"test\"\nmicrophones = \"test\"\nscreen = \"none\"\nloudspeaker = \"none\"\n\
             [picture]\nwidth = 320\nheight = 180\n[screen]\nwidth = 1280\nheight = 720\n\
             [web]\nlisten = \"0.0.0.0:0\"\n[measure]\nstamp = 1\n",
            bridge.http
        );
        std::fs::write(&file, text).unwrap();
        let client = || {
            estrade_tests::http()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
        };
        let hall = Self {
            bridge,
            room: Service::start("room", &file),
            here: client().build().unwrap(),
            elsewhere: client()
                .local_address(Some(ELSEWHERE.into()))
                .build()
                .unwrap(),
            _folder: folder,
        };
        let ready = async || {
            let health = hall.get(&hall.elsewhere, "healthz").await;
            (health.status() == StatusCode::OK).then_some(())
        };
        wait_for("the box is ready", PATIENCE, ready).await;
        hall
    }

    fn page(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.room.address("web").port()).into()
    }

    async fn get(&self, client: &Client, path: &str) -> Response {
        let url = format!("http://{}/{path}", self.page());
        client.get(url).send().await.unwrap()
    }

    /// What is meant, as the page sends it.
    async fn post(&self, client: &Client, path: &str, body: Value) -> Response {
        let url = format!("http://{}/{path}", self.page());
        let request = client
            .request(Method::POST, url)
            .header("x-estrade", "panel");
        request.json(&body).send().await.unwrap()
    }

    /// For how long the box runs, in seconds; for ever while it does not answer.
    async fn uptime(&self) -> u64 {
        let url = format!("http://{}/metrics", self.page());
        let Ok(answer) = self.here.get(url).send().await else {
            return u64::MAX;
        };
        let metrics = answer.text().await.unwrap_or_default();
        let mut rows = metrics.lines();
        let row = rows.find_map(|row| row.strip_prefix("estrade_room_uptime_seconds "));
        row.and_then(|seconds| seconds.parse().ok())
            .unwrap_or(u64::MAX)
    }

    /// The code at the foot of the television.
    async fn code(&self) -> String {
        let read = async || {
            let lines: Vec<String> = self
                .get(&self.here, "measure/lines")
                .await
                .json()
                .await
                .unwrap();
            let code = lines
                .iter()
                .find_map(|line| line.strip_prefix("Code du boîtier : "));
            code.map(str::to_owned)
        };
        wait_for("a code on the television", PATIENCE, read).await.0
    }
}

#[tokio::test]
async fn a_stranger_sees_nothing_before_the_code_of_the_television_is_typed() {
    let hall = Hall::open().await;
    let (here, elsewhere) = (&hall.here, &hall.elsewhere);
    for path in [
        "status",
        "screen.jpg",
        "gate",
        "log.txt",
        "measure/lines",
        "nowhere",
    ] {
        let answer = hall.get(elsewhere, path).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    for path in ["panel/mute", "restart", "panel/volume/0"] {
        let answer = hall.post(elsewhere, path, json!({})).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let door = hall.get(elsewhere, "").await;
    assert_eq!(
        (door.status(), &door.headers()["location"]),
        (StatusCode::SEE_OTHER, &"/login".parse().unwrap())
    );
    assert_eq!(hall.get(here, "status").await.status(), StatusCode::OK);

    // Another site's page cannot make the television show anything.
    let unasked = elsewhere.post(format!("http://{}/login/code", hall.page()));
    assert_eq!(
        unasked.send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    let asked = hall.post(elsewhere, "login/code", json!({})).await;
    assert_eq!(asked.status(), StatusCode::NO_CONTENT);
    let code = hall.code().await;
    let wrong = hall
        .post(elsewhere, "login/open", json!({ "code": "1234" }))
        .await;
    assert_eq!(wrong.status(), StatusCode::FORBIDDEN);
    let said: Value = wrong.json().await.unwrap();
    assert_eq!(said, json!({ "refused": "wrong", "left": 4 }));
    let opened = hall
        .post(elsewhere, "login/open", json!({ "code": code }))
        .await;
    assert_eq!(opened.status(), StatusCode::NO_CONTENT);
    let cookie = opened.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("; HttpOnly; SameSite=Strict;"), "{cookie}");
    let session = cookie.split(';').next().unwrap();
    let url = format!("http://{}/status", hall.page());
    let status = elsewhere
        .get(url)
        .header("cookie", session)
        .send()
        .await
        .unwrap();
    assert_eq!(status.status(), StatusCode::OK);
    // It opens once, and is gone from the television.
    let again = hall
        .post(elsewhere, "login/open", json!({ "code": code }))
        .await;
    assert_eq!(
        again.json::<Value>().await.unwrap(),
        json!({ "refused": "none" })
    );
    let gone = async || {
        let lines: Vec<String> = hall.get(here, "measure/lines").await.json().await.unwrap();
        lines.iter().all(|line| !line.contains(&code)).then_some(())
    };
    wait_for("the code is gone from the television", PATIENCE, gone).await;

    let log = hall.get(here, "log.txt").await.text().await.unwrap();
    assert!(log.contains("joined the bridge"), "{log}");
    for secret in [LOUDEAC, &code, &code.replace(' ', ""), session] {
        assert!(!log.contains(secret), "{secret} in: {log}");
    }
    hall.bridge.stop().await;
}

#[tokio::test]
async fn whoever_watches_many_boxes_reads_how_this_one_is_and_restarts_it() {
    let hall = Hall::open().await;
    let (here, elsewhere) = (&hall.here, &hall.elsewhere);
    let metrics = hall.get(elsewhere, "metrics").await;
    assert_eq!(
        metrics.headers()["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let metrics = metrics.text().await.unwrap();
    for row in [
        "estrade_room_info{version=\"0.1.0\",room=\"Loudéac\"} 1",
        "estrade_room_linked 1",
        "estrade_room_part_running{part=\"camera\"} 1",
        "estrade_room_part_restarts_total{part=\"camera\"} 0",
    ] {
        assert!(
            metrics.lines().any(|line| line == row),
            "{row} in {metrics}"
        );
    }
    let threads = metrics
        .lines()
        .find_map(|line| line.strip_prefix("process_threads "));
    assert!(threads.unwrap().parse::<u32>().unwrap() > 5);

    let volume = hall.post(here, "panel/volume/35", json!({})).await;
    assert_eq!(volume.status(), StatusCode::NO_CONTENT);
    let set = async || {
        let status: Value = hall.get(here, "status").await.json().await.unwrap();
        (status["volume"] == 35).then_some(())
    };
    wait_for("the volume of the page", PATIENCE, set).await;

    let old = async || (hall.uptime().await >= LIVED).then_some(());
    wait_for("the box has run for a while", PATIENCE, old).await;
    let asked = hall.post(here, "restart", json!({})).await;
    assert_eq!(asked.status(), StatusCode::NO_CONTENT);
    let anew = async || (hall.uptime().await < LIVED).then_some(());
    wait_for("the box begins anew", PATIENCE, anew).await;

    hall.bridge.stop().await;
    let alone = async || {
        let url = format!("http://{}/healthz", hall.room.address("web"));
        let health = elsewhere.get(url).send().await.unwrap();
        let status = health.status();
        let health: Value = health.json().await.unwrap();
        let said = health["reasons"][0] == "the bridge is out of reach";
        (status == StatusCode::SERVICE_UNAVAILABLE && said).then_some(())
    };
    wait_for("a box without its bridge is not ready", PATIENCE, alone).await;
}

#[tokio::test]
async fn a_technician_comes_in_with_a_phone_and_sees_what_the_gate_does() {
    let hall = Hall::open().await;
    let page = elsewhere(hall.page()).await;
    in_browser(async |phone| {
        window(phone, 420, 900).await;
        phone.driver.goto(format!("http://{page}/")).await.unwrap();
        enters(&hall, phone).await;
        sees(&hall, phone).await;
    })
    .await;
    hall.bridge.stop().await;
}

/// By a wrong code, then by the right one.
async fn enters(hall: &Hall, phone: &Browser) {
    click(phone, "#show").await;
    phone
        .until_text(
            "#said",
            "Le code est en bas du téléviseur pendant deux minutes.",
        )
        .await;
    phone.judge("own-page-login").await;
    type_into(phone, "#code", "0").await;
    click(phone, "#enter button").await;
    phone
        .until_text("#said", "Ce n’est pas ce code. Essais restants : 4.")
        .await;
    choose(phone, "#code", "").await;
    type_into(phone, "#code", &hall.code().await).await;
    click(phone, "#enter button").await;
    phone.until_text("#name", "Loudéac").await;
}

async fn sees(hall: &Hall, phone: &Browser) {
    let green = "const { width, height } = plot;
        const points = plot.getContext('2d').getImageData(0, 0, width, height).data;
        let green = 0;
        for (let n = 0; n < points.length; n += 4) green += points[n] === 0x35 && points[n + 1] === 0xc4;
        return green / (width * height);";
    phone
        .until("the open gate moves through the plot", green, |share| {
            share.as_f64() > Some(0.03)
        })
        .await;
    phone.judge("own-page").await;
    // Somebody turns a page while nobody speaks: it stays in the plot.
    for path in ["measure/talk/off", "measure/audience/page"] {
        let asked = hall.post(&hall.here, path, json!({})).await;
        assert!(asked.status().is_success(), "{path}");
    }
    let page = async || {
        let lately: Value = hall
            .get(&hall.here, "gate?after=0")
            .await
            .json()
            .await
            .unwrap();
        let mut readings = lately["readings"].as_array().unwrap().iter();
        readings
            .find(|reading| reading["reason"] == "page" && reading["open"] == false)
            .map(|_| ())
    };
    wait_for("a closed gate, because of a page", PATIENCE, page).await;
    hall.post(&hall.here, "measure/talk/on", json!({})).await;
    kept(phone, "own-page-phone").await;
    window(phone, 1280, 960).await;
    let drawn = "return plot.width === Math.round(plot.clientWidth * devicePixelRatio)";
    phone
        .until("the plot in its new size", drawn, |drawn| drawn == true)
        .await;
    kept(phone, "own-page").await;
    click(phone, "[data-panel=mute]").await;
    let state = "return document.querySelector('#state').innerText";
    phone
        .until("the mute", state, |text| {
            text.as_str()
                .is_some_and(|text| text.contains("coupés par la salle"))
        })
        .await;
    phone.until_text("#reason", "Micro coupé").await;
    click(phone, "#examine").await;
    let found = "return document.querySelector('#findings').innerText";
    phone
        .until("what the doctor finds", found, |text| {
            let text = text.as_str().unwrap_or_default();
            text.contains("Pont") && text.lines().count() > 5
        })
        .await;
    phone.judge("own-page-doctor").await;
    click(phone, "#restart").await;
    click(phone, "#sure button[value='restart']").await;
    // The one that comes back knows no session.
    phone
        .until("the way in", "return location.pathname", |path| {
            path == "/login"
        })
        .await;
}

/// A picture to look at, and for docs/own-page.md.
async fn kept(browser: &Browser, name: &str) {
    let picture = browser.driver.screenshot_as_png().await.unwrap();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
    std::fs::write(file, picture).unwrap();
}

/// A way to the box by which everybody is a stranger.
async fn elsewhere(page: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            tokio::spawn(async move {
                let socket = TcpSocket::new_v4()?;
                socket.bind((ELSEWHERE, 0).into())?;
                let mut to = socket.connect(page).await?;
                tokio::io::copy_bidirectional(&mut from, &mut to).await
            });
        }
    });
    address
}
