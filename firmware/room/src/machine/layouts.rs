//! What *Écran* does outside a poll: this room sees the same scene in another way, until the scene changes. Pure.

use std::time::{Duration, Instant};

use conference::wire::SceneView;
use pipelines::{Line, Role};

use super::{Link, Machine};

/// So long the television says which layout it has.
const SAID: Duration = Duration::from_secs(4);

/// What this room sees in place of what the others see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The page alone.
    Page,
    /// Who speaks alone.
    Speaker,
    /// All rooms.
    Mosaic,
}

/// The layout that somebody chose, and for which scene.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    scene: SceneView,
    /// Nothing: as the others see it.
    layout: Option<Layout>,
    said_until: Instant,
}

impl Machine {
    /// The next one, and after the last what the others see.
    pub(super) fn next_layout(&mut self, now: Instant) {
        let layouts = self.layouts();
        if layouts.is_empty() {
            return;
        }
        let next = match self.layout_now() {
            None => 0,
            Some(now) => layouts.iter().position(|l| *l == now).map_or(0, |n| n + 1),
        };
        self.layout = Some(Chosen {
            scene: self.state.evening.scene.clone(),
            layout: layouts.get(next).copied(),
            said_until: now + SAID,
        });
    }

    /// Whether *Écran* can change anything.
    pub(super) fn has_layouts(&self) -> bool {
        !self.layouts().is_empty()
    }

    /// What is seen in place of the scene, while that is the one it was chosen for.
    pub(super) fn layout_now(&self) -> Option<Layout> {
        let layout = self.chosen_now()?.layout?;
        self.layouts().contains(&layout).then_some(layout)
    }

    /// When the television stops saying which layout it has.
    pub(super) fn layout_due(&self, now: Instant) -> Option<Instant> {
        Some(self.chosen_now()?.said_until).filter(|due| *due > now)
    }

    pub(super) fn layout_line(&self, now: Instant) -> Option<Line> {
        self.chosen_now().filter(|chosen| now < chosen.said_until)?;
        let id = match self.layout_now() {
            None => "layout-conference",
            Some(Layout::Page) => "layout-page",
            Some(Layout::Speaker) => "layout-speaker",
            Some(Layout::Mosaic) => "layout-mosaic",
        };
        Some(Line {
            text: self.words.say(id),
            role: Role::Neutral,
        })
    }

    fn chosen_now(&self) -> Option<&Chosen> {
        let chosen = self.layout.as_ref()?;
        (chosen.scene == self.state.evening.scene).then_some(chosen)
    }

    fn layouts(&self) -> &'static [Layout] {
        let sight = self.sight_of_conference();
        if self.link != Link::Up {
            return &[];
        }
        match &self.state.evening.scene {
            SceneView::Slides if sight.second_screen => &[Layout::Mosaic],
            // Who speaks sees who listens in any case.
            SceneView::Slides if sight.speaks_here() => &[Layout::Page, Layout::Mosaic],
            SceneView::Slides => &[Layout::Page, Layout::Speaker, Layout::Mosaic],
            SceneView::Speaker if sight.speaks_here() => &[],
            SceneView::Speaker | SceneView::Question => &[Layout::Mosaic],
            SceneView::Mosaic => &[Layout::Speaker],
            SceneView::Standby
            | SceneView::Welcome { .. }
            | SceneView::Speakers
            | SceneView::FollowUp
            | SceneView::Poll
            | SceneView::Written => &[],
        }
    }
}
