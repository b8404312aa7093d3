//! People on the first television, a page on the second, for a board with two of them: what to run where no
//! conference is at hand. `cargo run -p pipelines --example two_screens [SECONDS]`, without a desktop.
//! Plug and unplug the second meanwhile: the first goes on, and what the parts say is printed.

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::time::Duration;

use pipelines::devices::{DeckSink, ScreenSink};
use pipelines::{Event, Screen, ScreenConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args()
        .nth(1)
        .map_or(Ok(60), |text| text.parse::<u64>())?;
    let folder = std::env::temp_dir();
    let page = samples::page(&folder);
    pipelines::init()?;
    let screen = Screen::start(
        ScreenConfig {
            sink: ScreenSink::Kms,
            deck: DeckSink::Kms,
            width: 1920,
            height: 1080,
            fps: 25,
            read_stamps: false,
            latency_ms: 80,
        },
        say,
    );
    let views = samples::samples(&page);
    let view = |name: &str| views.iter().find(|(of, _)| *of == name);
    let (people, deck) = (view("split-people"), view("split-deck"));
    screen.set_view(people.ok_or("no people")?.1.clone());
    for second in 0..seconds {
        let calm = view("split-deck-calm").filter(|_| second % 10 >= 8);
        screen
            .deck()
            .set_view(calm.or(deck).ok_or("no page")?.1.clone());
        let (_keep, never) = std::sync::mpsc::channel::<()>();
        let _ = never.recv_timeout(Duration::from_secs(1));
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a tool to be read")]
fn say(event: Event) {
    if let Event::Part { part, state } = event {
        println!("{part:?}: {state:?}");
    }
}
