//! What people do with their phones, played: a poll, and a question that is sent.

use anyhow::Context;
use conference::wire::{AudienceWish, FromClient, NextView, SceneView, State};
use serde_json::{Value, json};

use super::{PATIENCE, Player};
use crate::services::say;

/// What the poll asks, and the answers.
const POLL: (&str, [&str; 4]) = (
    "Quel métier aimeriez-vous essayer pendant une semaine ?",
    [
        "L’atelier de menuiserie",
        "La nuit à l’hôpital",
        "Le chantier de rénovation",
        "Aucun des trois",
    ],
);
/// The answers of the phones, one each.
const VOTES: [u8; 9] = [0, 1, 0, 2, 0, 1, 1, 0, 3];
/// The hands that each room raises, by answers.
const HANDS: [u16; 4] = [4, 2, 3, 1];
/// Who sends a question, and which.
const QUESTION: (&str, &str, &str) = ("Brest", "Léa", "Peut-on venir une journée pour essayer ?");

impl Player<'_> {
    /// A question comes by phone, is read and accepted: from then on it waits for its turn with the hands.
    pub(super) async fn send_question(&mut self) -> anyhow::Result<()> {
        let (room, name, text) = QUESTION;
        say(&format!("    {room} sends a question"));
        self.phone(
            "/p/question",
            json!({ "phone": id(1), "room": room, "name": name, "text": text }),
        )
        .await?;
        let came = |state: &State| state.audience.written.iter().any(|w| w.text == text);
        self.chair.until(PATIENCE, came).await?;
        let written = &self.chair.state.audience.written;
        let id = written.iter().find(|written| written.text == text);
        let id = id.context("the question has gone")?.id;
        self.wish(AudienceWish::AcceptQuestion { id }).await?;
        let room = room.to_owned();
        let due = NextView::Written { id, room };
        let next = |state: &State| state.evening.next == due;
        let next = self.chair.until(PATIENCE, next).await;
        next.context("the written question is not next")
    }

    /// Its turn has come: it is shown.
    pub(super) async fn written_question(&mut self, id: u32, room: String) -> anyhow::Result<()> {
        self.chair.advance().await?;
        let shown = |state: &State| state.audience.asked == Some(id);
        self.chair.until(PATIENCE, shown).await?;
        self.look(SceneView::Written, None).await?;
        *self.report.questions_per_room.entry(room).or_default() += 1;
        self.rest(self.pace.question).await
    }

    /// A poll: phones vote, hands are counted, the result is shown.
    pub(super) async fn poll(&mut self) -> anyhow::Result<()> {
        say("Poll");
        let (question, answers) = POLL;
        self.wish(AudienceWish::OpenPoll {
            question: question.into(),
            answers: answers.map(str::to_owned).into(),
        })
        .await?;
        let open = |state: &State| state.audience.poll.is_some();
        self.chair.until(PATIENCE, open).await?;
        self.look(SceneView::Poll, None).await?;
        let poll = self.chair.state.audience.poll.as_ref();
        let number = poll.context("the poll has gone")?.number;
        for (phone, answer) in (1..).zip(VOTES) {
            let vote = json!({ "phone": id(phone), "poll": number, "answer": answer });
            self.phone("/p/vote", vote).await?;
        }
        let rooms = self.stage.plan.rooms.len();
        for room in &self.stage.plan.rooms {
            let counts = AudienceWish::CountVotes {
                room: room.name.to_owned(),
                counts: HANDS.into(),
            };
            self.chair.say(&FromClient::Audience(counts)).await?;
        }
        let hands = HANDS.iter().map(|hands| usize::from(*hands)).sum::<usize>();
        let due = u32::try_from(VOTES.len() + hands * rooms)?;
        let counted = |state: &State| {
            let poll = state.audience.poll.as_ref();
            poll.is_some_and(|poll| poll.total == due)
        };
        let counted = self.chair.until(PATIENCE, counted).await;
        counted.context("the votes were not all counted")?;
        self.rest(self.pace.scene).await?;
        self.wish(AudienceWish::ClosePoll {}).await?;
        let closed = |state: &State| {
            let poll = state.audience.poll.as_ref();
            poll.is_some_and(|poll| !poll.open)
        };
        self.chair.until(PATIENCE, closed).await?;
        self.look(SceneView::Poll, None).await?;
        self.rest(self.pace.scene).await?;
        self.wish(AudienceWish::RemovePoll {}).await?;
        let gone = |state: &State| state.audience.poll.is_none();
        self.chair.until(PATIENCE, gone).await?;
        self.look(SceneView::Speaker, None).await
    }

    async fn wish(&mut self, wish: AudienceWish) -> anyhow::Result<()> {
        self.chair.say(&FromClient::Audience(wish)).await
    }

    /// Somebody presses a button of the phones' page.
    async fn phone(&self, path: &str, body: Value) -> anyhow::Result<()> {
        let bridge = self.stage.bridge.address("http")?;
        let sent = self.http.post(format!("http://{bridge}{path}")).json(&body);
        let answer = sent.send().await?.error_for_status();
        answer
            .map(drop)
            .with_context(|| format!("by phone, {path}"))
    }
}

/// A phone's number.
fn id(phone: u32) -> String {
    format!("{phone:032x}")
}
