//! The evening of 2013, played: a chair that presses its large button, rooms that raise their hands, and, where it
//! is measured, somebody who looks at every television after each step.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use conference::wire::{DeckState, FromClient, ItemKind, NextView, PhotoState, SceneView, State};
use room::scenes::Pages;
use serde::{Deserialize, Serialize};

use super::chair::Chair;
use super::decks::DECKS;
use super::report::Worst;
use super::televisions::Brought;
use super::{Stage, http, televisions};
use crate::services::say;

mod phones;

/// How many people came to each room in January 2013, and to rooms that were not there then.
const PEOPLE: [u16; 4] = [45, 20, 2, 20];
/// In the questions after each talk: who raises a hand, and who has a question when asked.
const HANDS: [(&str, &[&str]); 3] = [
    ("Ploufragan", &["Loudéac", "Merdrignac"]),
    ("Brest", &[]),
    ("Merdrignac", &["Loudéac"]),
];
/// A page must be on all screens within this, in milliseconds.
const SLIDE_MS: f64 = 200.0;
/// A television has this long to show what is due: a fade, a key frame, and a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(8);
/// All decks must be in all rooms within this.
const DECKS_WITHIN: Duration = Duration::from_secs(60);
/// The room whose television is saved: it only listens.
const LISTENER: usize = 2;
const LOOK_AGAIN: Duration = Duration::from_millis(150);

/// What came of it; `docs/evening.schema.json` describes it.
#[derive(Debug, Default, Serialize)]
pub struct TonightReport {
    /// Whether everything was as it should be.
    pub ok: bool,
    /// What was not, in words.
    pub failures: Vec<String>,
    /// Televisions that were compared with the scene due, one each step.
    pub scenes_checked: u32,
    /// From the press to the page on the last of the screens.
    pub slide_to_all_screens_ms: Worst,
    /// Questions that each room asked.
    pub questions_per_room: BTreeMap<String, u32>,
}

/// How long somebody looks at things before the next step.
#[derive(Clone, Copy)]
pub struct Pace {
    /// At a scene.
    pub scene: Duration,
    /// At a page.
    pub page: Duration,
    /// At a question.
    pub question: Duration,
}

impl Pace {
    /// No longer than it takes to check.
    pub const HURRIED: Self = Self {
        scene: Duration::ZERO,
        page: Duration::ZERO,
        question: Duration::ZERO,
    };
    /// As people watch a film.
    pub const WATCHED: Self = Self {
        scene: Duration::from_secs(7),
        page: Duration::from_secs(5),
        question: Duration::from_secs(9),
    };
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct PageSeen {
    deck: u8,
    page: u32,
    shown_ns: u64,
}

/// What the televisions are looked at for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// Not at all: people do.
    Watch,
    /// To compare them with what is due, after each step.
    Check,
    /// To save one picture of each scene to this folder.
    Save(PathBuf),
}

struct Player<'a> {
    stage: &'a Stage,
    http: reqwest::Client,
    chair: Chair,
    pace: Pace,
    /// What is compared with; nothing where nobody looks.
    brought: Brought,
    aim: Aim,
    slides: Vec<f64>,
    report: TonightReport,
}

/// Plays the evening.
pub async fn play(stage: &Stage, pace: Pace, aim: Aim) -> anyhow::Result<TonightReport> {
    let bridge = stage.bridge.address("http")?;
    let mut player = Player {
        stage,
        http: http()?,
        chair: Chair::join(bridge, &stage.plan.chair_token).await?,
        pace,
        brought: Brought::default(),
        aim,
        slides: Vec::new(),
        report: TonightReport::default(),
    };
    player.before().await?;
    while player.step().await? {}
    Ok(player.conclude())
}

impl Player<'_> {
    /// Waits for decks and photos, counts the people, looks at the televisions before the start.
    async fn before(&mut self) -> anyhow::Result<()> {
        say("Waiting for the decks to be in every room…");
        let there = self.chair.until(DECKS_WITHIN, decks_are_everywhere).await;
        there.context("the decks did not come to all rooms")?;
        if self.aim != Aim::Watch {
            self.fetch_brought().await?;
        }
        for (n, room) in self.stage.plan.rooms.iter().enumerate() {
            let people = PEOPLE.get(n).copied().unwrap_or(12);
            let room = room.name.to_owned();
            self.chair
                .say(&FromClient::CountPeople { room, people })
                .await?;
        }
        let counted = |state: &State| state.rooms.iter().all(|room| room.people.is_some());
        self.chair.until(PATIENCE, counted).await?;
        self.look(SceneView::Standby, None).await
    }

    async fn fetch_brought(&mut self) -> anyhow::Result<()> {
        let address = format!("http://{}", self.stage.bridge.address("http")?);
        let bridge = (address.as_str(), self.stage.plan.chair_token.as_str());
        let folder = self.stage.folder();
        for id in ready_photos(&self.chair.state) {
            let path = format!("/photos/{id}");
            let file = televisions::fetch(&self.http, bridge, &path, folder).await?;
            self.brought.photos.push((id, file));
        }
        for (id, count) in ready_decks(&self.chair.state) {
            let mut pages = Pages::new();
            for page in 0..count {
                let path = format!("/decks/{id}/pages/{page}");
                let file = televisions::fetch(&self.http, bridge, &path, folder).await?;
                pages.push(Some(file));
            }
            self.brought.decks.push((id, pages));
        }
        Ok(())
    }

    /// One press of the chair's large button, and what follows from it; false when the evening is over.
    async fn step(&mut self) -> anyhow::Result<bool> {
        match self.chair.state.evening.next.clone() {
            NextView::End => return Ok(false),
            NextView::Item { item } => {
                if self.is_closing(item) {
                    if self.chair.state.audience.written.is_empty() {
                        self.send_question().await?;
                        return Ok(true);
                    }
                    self.poll().await?;
                }
                self.begin(item).await?;
            }
            NextView::Greet { room } => {
                self.chair.advance().await?;
                say(&format!("  {room} is greeted"));
                self.look(SceneView::Welcome { room: Some(room) }, None)
                    .await?;
                self.rest(self.pace.scene).await?;
            }
            NextView::Question { room } => self.question(room).await?,
            NextView::EndQuestion => {
                self.chair.advance().await?;
                self.look(SceneView::Speaker, None).await?;
            }
            NextView::Written { id, room } => self.written_question(id, room).await?,
            NextView::Offer { room } => self.offer(&room).await?,
        }
        Ok(true)
    }

    fn is_closing(&self, item: usize) -> bool {
        let item = self.chair.state.programme.items.get(item);
        item.is_some_and(|item| item.kind == ItemKind::Closing)
    }

    async fn begin(&mut self, item: usize) -> anyhow::Result<()> {
        let programme = &self.chair.state.programme;
        let view = programme
            .items
            .get(item)
            .cloned()
            .context("an unknown item")?;
        let speaker = view
            .speaker
            .and_then(|n| Some((n, programme.speakers.get(n)?.clone())));
        self.chair.advance().await?;
        match (view.kind, speaker) {
            (ItemKind::Talk, Some((n, speaker))) => {
                say(&format!("{} speaks from {}", speaker.name, speaker.room));
                self.talk(n).await?;
            }
            (ItemKind::Questions, Some((n, _))) => {
                say("  Questions");
                self.look(SceneView::Speaker, None).await?;
                self.raise(HANDS.get(n).map_or("", |(hand, _)| hand))
                    .await?;
            }
            (kind, _) => {
                let scene = scene_of(kind);
                say(&format!("{kind:?}"));
                self.look(scene, None).await?;
                self.rest(self.pace.scene).await?;
            }
        }
        Ok(())
    }

    /// Every page of the deck of a speaker.
    async fn talk(&mut self, speaker: usize) -> anyhow::Result<()> {
        self.look(SceneView::Slides, Some(0)).await?;
        self.rest(self.pace.page).await?;
        let pages = u16::try_from(DECKS[speaker].pages.len())?;
        for page in 1..pages {
            self.turn(speaker, page).await?;
            self.look(SceneView::Slides, Some(page)).await?;
            self.rest(self.pace.page).await?;
        }
        Ok(())
    }

    async fn turn(&mut self, speaker: usize, page: u16) -> anyhow::Result<()> {
        let pressed = pipelines::monotonic_ns();
        self.chair.say(&FromClient::TurnPage { page }).await?;
        self.chair
            .until(PATIENCE, |state| state.evening.page == Some(page))
            .await?;
        if self.aim != Aim::Check {
            return Ok(());
        }
        let deck = u8::try_from(speaker + 1)?;
        let mut last = 0;
        for room in 0..self.stage.plan.rooms.len() {
            match self.page_shown(room, (deck, page.into()), pressed).await? {
                Some(shown) => last = last.max(shown - pressed),
                None => {
                    let name = self.stage.plan.rooms[room].name;
                    self.fail(format!(
                        "{name} did not show page {} of deck {deck}",
                        page + 1
                    ));
                }
            }
        }
        let ms = last as f64 / 1e6;
        self.slides.push(ms);
        if ms > SLIDE_MS {
            self.fail(format!(
                "page {} of deck {deck} took {ms:.0} ms to all screens, where {SLIDE_MS} is the most",
                page + 1
            ));
        }
        Ok(())
    }

    /// When a page was first seen on a television.
    async fn page_shown(
        &mut self,
        room: usize,
        (deck, page): (u8, u32),
        after: u64,
    ) -> anyhow::Result<Option<u64>> {
        let url = format!("http://{}/measure/pages", self.stage.web(room)?);
        let until = tokio::time::Instant::now() + PATIENCE;
        while tokio::time::Instant::now() < until {
            let seen: Vec<PageSeen> = self.http.get(&url).send().await?.json().await?;
            let found = seen
                .iter()
                .find(|seen| seen.deck == deck && seen.page == page && seen.shown_ns > after);
            if let Some(seen) = found {
                return Ok(Some(seen.shown_ns));
            }
            self.chair.listen_for(LOOK_AGAIN).await?;
        }
        Ok(None)
    }

    async fn question(&mut self, room: String) -> anyhow::Result<()> {
        self.chair.advance().await?;
        let holder = |state: &State| state.floor.holder.as_deref() == Some(&room);
        self.chair.until(PATIENCE, holder).await?;
        say(&format!("    {room} asks"));
        self.look(SceneView::Question, None).await?;
        *self.report.questions_per_room.entry(room).or_default() += 1;
        self.rest(self.pace.question).await
    }

    /// A room is asked whether it has a question: some have, and press their button.
    async fn offer(&mut self, room: &str) -> anyhow::Result<()> {
        self.chair.advance().await?;
        let item = &self.chair.state.programme.items[self.chair.state.evening.at];
        let answers = item
            .speaker
            .and_then(|n| HANDS.get(n))
            .map_or(&[][..], |(_, answers)| answers);
        if answers.contains(&room) {
            self.raise(room).await?;
        }
        self.rest(self.pace.scene / 2).await
    }

    /// Somebody in a room presses the button Parole.
    async fn raise(&mut self, room: &str) -> anyhow::Result<()> {
        let Some(index) = self
            .stage
            .plan
            .rooms
            .iter()
            .position(|planned| planned.name == room)
        else {
            return Ok(());
        };
        let url = format!("http://{}/panel/speak", self.stage.web(index)?);
        let pressed = self
            .http
            .post(url)
            .header("x-estrade", "panel")
            .send()
            .await?;
        pressed
            .error_for_status()
            .context("pressing the button Parole")?;
        let asks = |state: &State| state.floor.queue.iter().any(|asking| asking == room);
        self.chair.until(PATIENCE, asks).await?;
        self.chair.settle().await
    }

    async fn rest(&mut self, time: Duration) -> anyhow::Result<()> {
        if time.is_zero() {
            return Ok(());
        }
        self.chair.listen_for(time).await
    }

    /// Compares every television with the scene that is due now.
    async fn look(&mut self, scene: SceneView, page: Option<u16>) -> anyhow::Result<()> {
        match self.aim.clone() {
            Aim::Watch => return Ok(()),
            Aim::Save(folder) => return self.save(&folder, &scene, page).await,
            Aim::Check => {}
        }
        for room in 0..self.stage.plan.rooms.len() {
            let name = self.stage.plan.rooms[room].name;
            self.report.scenes_checked += 1;
            if let Err(reason) = self.compare(room, &scene, page).await? {
                let step = self.report.scenes_checked;
                self.fail(format!("{name}, step {step}, {scene:?}: {reason}"));
            }
        }
        Ok(())
    }

    /// Saves what a listening room's television shows, once a scene.
    async fn save(
        &mut self,
        folder: &Path,
        scene: &SceneView,
        page: Option<u16>,
    ) -> anyhow::Result<()> {
        let name = match scene {
            SceneView::Standby => "standby",
            SceneView::Welcome { room: Some(_) } => "welcome",
            SceneView::Welcome { room: None } | SceneView::Speakers => "speakers",
            SceneView::Speaker => "speaker",
            SceneView::Slides => "slides",
            SceneView::Question => "question",
            SceneView::Mosaic => "mosaic",
            SceneView::FollowUp => "followup",
            SceneView::Poll => "poll",
            SceneView::Written => "written",
        };
        let file = folder.join(format!("{name}.jpg"));
        // Of a deck a page with a chart; of the rest the first that comes.
        if *scene == (SceneView::Welcome { room: None })
            || page.is_some_and(|page| page != 2)
            || file.exists()
        {
            return Ok(());
        }
        if let Err(reason) = self.compare(LISTENER, scene, page).await? {
            bail!("{name}: {reason}");
        }
        let url = format!("http://{}/screen.jpg", self.stage.web(LISTENER)?);
        let picture = self
            .http
            .get(url)
            .send()
            .await?
            .error_for_status()?
            .bytes()
            .await?;
        std::fs::write(&file, &picture).with_context(|| format!("writing {}", file.display()))
    }

    async fn compare(
        &mut self,
        room: usize,
        scene: &SceneView,
        page: Option<u16>,
    ) -> anyhow::Result<Result<(), String>> {
        let url = format!("http://{}/screen.png", self.stage.web(room)?);
        let until = tokio::time::Instant::now() + PATIENCE;
        // A box looks at the clock once a second.
        for late_ms in [0, 500, 1000].into_iter().cycle() {
            let mut due = self.chair.state.clone();
            due.evening.scene = scene.clone();
            if page.is_some() {
                due.evening.page = page;
            }
            let plan = &self.stage.plan;
            let view = televisions::view_due(&due, plan.rooms[room].name, &self.brought, late_ms);
            let view = view.context("a room that the bridge does not know")?;
            let shown = self.http.get(&url).send().await?.bytes().await?;
            let outcome = tokio::task::block_in_place(|| televisions::compare(&view, plan, &shown));
            if outcome.is_ok() || tokio::time::Instant::now() >= until {
                if outcome.is_err() {
                    self.keep(room, &view, &shown);
                }
                return Ok(outcome);
            }
            self.chair.listen_for(LOOK_AGAIN).await?;
        }
        bail!("a cycle of looks came to its end")
    }

    /// Keeps a television that was wrong, and what was due, for people to look at.
    fn keep(&self, room: usize, view: &pipelines::View, shown: &[u8]) {
        let Some(folder) = std::env::var_os("ESTRADE_WRONG_PICTURES") else {
            return;
        };
        let step = self.report.scenes_checked;
        let file =
            |what: &str| std::path::Path::new(&folder).join(format!("{step}-{room}-{what}.png"));
        let (width, height) = self.stage.plan.size();
        if let Ok(due) = pipelines::draw(view, width, height) {
            let _ = std::fs::write(file("due"), &due.png);
        }
        let _ = std::fs::write(file("shown"), shown);
    }

    fn fail(&mut self, failure: String) {
        say(&format!("    not as it should be: {failure}"));
        self.report.failures.push(failure);
    }

    fn conclude(mut self) -> TonightReport {
        self.report.slide_to_all_screens_ms = Worst::of(&self.slides);
        if let Aim::Save(_) = self.aim {
            // Whoever saves pictures has no report.
            self.report.ok = true;
            return self.report;
        }
        for room in &self.stage.plan.rooms {
            if !self.report.questions_per_room.contains_key(room.name) {
                let failure = format!("{} had no question", room.name);
                self.report.failures.push(failure);
            }
        }
        if self.aim == Aim::Check && self.report.scenes_checked == 0 {
            self.report
                .failures
                .push("no television was looked at".into());
        }
        self.report.ok = self.report.failures.is_empty();
        self.report
    }
}

/// What every television shows in an item, by the table of the design.
fn scene_of(kind: ItemKind) -> SceneView {
    match kind {
        ItemKind::Lobby => SceneView::Standby,
        ItemKind::Welcome => SceneView::Welcome { room: None },
        ItemKind::Speakers => SceneView::Speakers,
        ItemKind::Talk => SceneView::Slides,
        ItemKind::Questions => SceneView::Speaker,
        ItemKind::Closing => SceneView::Mosaic,
        ItemKind::FollowUp => SceneView::FollowUp,
    }
}

/// Addresses and numbers of pages of the decks that can be shown.
fn ready_decks(state: &State) -> Vec<(String, u16)> {
    let decks = state
        .programme
        .speakers
        .iter()
        .filter_map(|speaker| speaker.deck.as_ref());
    decks
        .filter_map(|deck| match &deck.state {
            DeckState::Ready { id, pages } => Some((id.clone(), *pages)),
            DeckState::Missing | DeckState::Rendering { .. } | DeckState::Failed { .. } => None,
        })
        .collect()
}

/// Addresses of the photos that can be shown.
fn ready_photos(state: &State) -> Vec<String> {
    let photos = state.programme.speakers.iter();
    let photos = photos.filter_map(|speaker| speaker.photo.as_ref());
    photos
        .filter_map(|photo| match &photo.state {
            PhotoState::Ready { id, .. } => Some(id.clone()),
            PhotoState::Missing | PhotoState::Failed(_) => None,
        })
        .collect()
}

fn decks_are_everywhere(state: &State) -> bool {
    let decks = ready_decks(state);
    ready_photos(state).len() == state.programme.speakers.len()
        && decks.len() == state.programme.speakers.len()
        && state
            .rooms
            .iter()
            .all(|room| decks.iter().all(|(id, _)| room.status.decks.contains(id)))
}

/// Fails loudly where the evening cannot be played.
pub fn needs_four_rooms(rooms: usize) -> anyhow::Result<()> {
    if rooms != 4 {
        bail!("the evening of 2013 had four rooms: leave out --rooms, or give --rooms 4");
    }
    Ok(())
}
