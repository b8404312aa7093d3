//! Small steps in the chair's console, as somebody with a mouse or a keyboard takes them.
#![allow(dead_code, reason = "each test program uses its own part")]

use std::path::Path;

use thirtyfour::{By, Key};

use crate::browser::Browser;
use crate::support::{CHAIR, PROGRAMME, Running, settings};

/// More presses than any page has places.
const MOST_TABS: usize = 120;

/// A bridge with a store in this folder.
pub async fn kept(folder: &Path) -> Running {
    let store = folder.join("evening.db");
    let settings = format!("store = \"{}\"\n{}", store.display(), settings());
    Running::start_with(&settings, PROGRAMME).await
}

/// Opens a view of the console.
pub async fn open(bridge: &Running, console: &Browser, view: &str) {
    let page = format!("/#token={CHAIR}");
    console.driver.goto(bridge.url(&page)).await.unwrap();
    console.until_text("#link", "En direct").await;
    if !view.is_empty() {
        console.run(&format!("location.hash = '{view}'")).await;
    }
}

/// Makes the page itself so large.
pub async fn window(console: &Browser, width: u32, height: u32) {
    let frame = "return [outerWidth - innerWidth, outerHeight - innerHeight]";
    let frame = console.run(frame).await;
    let with = |size: u32, n: usize| size + frame[n].as_u64().unwrap_or_default() as u32;
    let rect = console
        .driver
        .set_window_rect(0, 0, with(width, 0), with(height, 1));
    rect.await.unwrap();
    console
        .run("if (location.hash !== '#programme') scrollTo(0, 0)")
        .await;
}

pub async fn press(console: &Browser, keys: impl Into<thirtyfour::TypingData>) {
    let focused = console.driver.active_element().await.unwrap();
    focused.send_keys(keys.into()).await.unwrap();
}

/// Goes there as somebody without a mouse does.
pub async fn tab_to(console: &Browser, selector: &str) {
    let there = format!("return document.activeElement.matches({selector:?})");
    for _ in 0..MOST_TABS {
        if console.run(&there).await == true {
            return;
        }
        console
            .driver
            .action_chain()
            .send_keys(Key::Tab)
            .perform()
            .await
            .unwrap();
    }
    panic!("no Tab leads to {selector}");
}

pub async fn click(console: &Browser, selector: &str) {
    let found = console
        .driver
        .find(By::Css(selector.to_owned()))
        .await
        .unwrap();
    found.scroll_into_view().await.unwrap();
    found.click().await.unwrap();
}

pub async fn type_into(console: &Browser, selector: &str, text: &str) {
    let found = console
        .driver
        .find(By::Css(selector.to_owned()))
        .await
        .unwrap();
    found.clear().await.unwrap();
    found.send_keys(text).await.unwrap();
}

pub async fn choose(console: &Browser, selector: &str, value: &str) {
    let script = format!(
        "const choice = document.querySelector({selector:?}); choice.value = {value:?};
         choice.dispatchEvent(new Event('input', {{ bubbles: true }}));"
    );
    console.run(&script).await;
}

/// What a field of the form holds.
pub fn value(name: &str) -> String {
    format!("return document.querySelector('#plan [data-field={name}] input').value")
}

pub async fn toml(bridge: &Running) -> String {
    let request = estrade_tests::http()
        .build()
        .unwrap()
        .get(bridge.url("/programme"));
    let answer = request.bearer_auth(CHAIR).send().await.unwrap();
    answer.text().await.unwrap()
}

/// Keeps what the page looks like on a laptop and on a tablet, and asks axe-core whether everybody can use it.
pub async fn judged(console: &Browser, name: &str) {
    for (width, height) in [(1280, 800), (1024, 768)] {
        window(console, width, height).await;
        let file = format!("{name}-{width}.png");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
        console.driver.screenshot(&path).await.unwrap();
    }
    console.judge(name).await;
}
