//! Which rooms the demo has, and the settings files that make them.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use toml::{Table, Value};

use super::decks::DECKS;
use super::{LOOPBACK, random_token};

/// The towns, those of the evening of 2013 first, and what somebody says there.
const TOWNS: [(&str, &str); 8] = [
    (
        "Ploufragan",
        "Bonsoir à toutes et à tous. Ici Ploufragan, nous sommes quarante-cinq dans l'amphithéâtre. \
         Ce soir, des professionnels viennent parler de leur métier, et chaque salle pourra poser ses questions.",
    ),
    (
        "Loudéac",
        "Bonjour, ici la médiathèque de Loudéac. Nous voulions savoir quelles études il faut faire \
         pour devenir infirmière, et s'il existe une formation près de chez nous.",
    ),
    (
        "Merdrignac",
        "Ici Merdrignac. Nous ne sommes que deux, mais nous avons une question : comment trouver \
         un premier stage quand on habite à la campagne et que l'on n'a pas encore le permis ?",
    ),
    (
        "Brest",
        "Brest vous écoute, nous sommes une vingtaine. Merci pour cette présentation très claire. \
         Pourriez-vous nous parler du salaire au début, et des possibilités d'évolution ensuite ?",
    ),
    (
        "Pontivy",
        "Ici Pontivy, bonsoir. Est-ce que ce métier se prête au travail à temps partiel ?",
    ),
    (
        "Carhaix",
        "Bonsoir de Carhaix. Comment se passe une journée ordinaire, du matin jusqu'au soir ?",
    ),
    (
        "Quimper",
        "Quimper à l'antenne. Quelles qualités faut-il, à votre avis, pour réussir dans ce métier ?",
    ),
    (
        "Lannion",
        "Bonsoir, c'est Lannion. Peut-on commencer ce métier à quarante ans passés ?",
    ),
];

/// Who speaks: name, trade, and the room's place.
const SPEAKERS: [(&str, &str, usize); 3] = [
    ("Anne Le Goff", "menuisière", 3),
    ("Yann Kervella", "infirmier de nuit", 1),
    ("Nolwenn Riou", "cheffe de chantier", 0),
];

/// The file of a speaker's photo.
pub fn photo(nth: usize) -> String {
    format!("portrait-{nth}.png")
}

/// One room of the demo.
pub struct PlannedRoom {
    /// Its name.
    pub name: &'static str,
    /// What is said in it.
    pub speech: &'static str,
    token: String,
}

/// All rooms, their tokens and sources.
pub struct Plan {
    /// The rooms, in order.
    pub rooms: Vec<PlannedRoom>,
    /// The chair's token.
    pub chair_token: String,
    /// Where the bridge listens, once it does.
    pub bridge: Option<SocketAddr>,
    /// What each room's microphone plays.
    pub voices: Vec<PathBuf>,
    /// What each room's camera shows; without any, the scenes of the project.
    pub pictures: Vec<PathBuf>,
    /// The file of the programme, where there is one.
    pub programme: Option<PathBuf>,
    size: (u32, u32),
    measured: bool,
}

impl Plan {
    /// A plan of `rooms` rooms with fresh tokens. Measured rooms mark their pictures and record their
    /// sound; people who look at the wall are spared the marks.
    pub fn new(rooms: usize, size: (u32, u32), measured: bool) -> anyhow::Result<Self> {
        let rooms = TOWNS
            .iter()
            .take(rooms)
            .map(|(name, speech)| {
                Ok(PlannedRoom {
                    name,
                    speech,
                    token: random_token()?,
                })
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Self {
            rooms,
            chair_token: random_token()?,
            bridge: None,
            voices: Vec::new(),
            pictures: Vec::new(),
            programme: None,
            size,
            measured,
        })
    }

    /// Width and height of cameras and televisions, in pixels.
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// The programme of January 2013, with three speakers of today; in smaller demos they share the rooms there are.
    pub fn evening_toml(&self) -> String {
        let speakers =
            SPEAKERS
                .iter()
                .zip(&DECKS)
                .enumerate()
                .map(|(nth, ((name, trade, room), deck))| {
                    let mut table = Table::new();
                    table.insert("name".into(), (*name).into());
                    table.insert("trade".into(), (*trade).into());
                    table.insert(
                        "room".into(),
                        self.rooms[room % self.rooms.len()].name.into(),
                    );
                    table.insert("minutes".into(), 15.into());
                    table.insert("questions".into(), 10.into());
                    table.insert("photo".into(), photo(nth).into());
                    table.insert("deck".into(), deck.file.into());
                    Value::Table(table)
                });
        let rooms = self.rooms.iter().map(|room| room.name.into());
        let mut table = Table::new();
        table.insert("title".into(), "Les métiers de demain".into());
        table.insert("rooms".into(), Value::Array(rooms.collect()));
        table.insert("speaker".into(), Value::Array(speakers.collect()));
        table.to_string()
    }

    /// Whether pictures and pages bear marks.
    pub fn measured(&self) -> bool {
        self.measured
    }

    /// The number drawn into the pictures of a room.
    pub fn stamp(index: usize) -> u8 {
        // 0 is left out so that a black picture is nobody's.
        u8::try_from(index + 1).unwrap_or(u8::MAX)
    }

    /// The bridge's settings.
    pub fn bridge_toml(&self) -> String {
        let rooms = self.rooms.iter().map(|room| {
            let mut table = Table::new();
            table.insert("name".into(), room.name.into());
            table.insert("token".into(), room.token.clone().into());
            Value::Table(table)
        });
        let mut table = Table::new();
        let free_port = || Value::from(format!("{LOOPBACK}:0"));
        table.insert("listen".into(), free_port());
        table.insert("media".into(), free_port());
        table.insert("chair_token".into(), self.chair_token.clone().into());
        table.insert("rooms".into(), Value::Array(rooms.collect()));
        if let Some(programme) = &self.programme {
            table.insert("programme".into(), programme.display().to_string().into());
            table.insert("decks".into(), "decks-of-the-bridge".into());
            table.insert("store".into(), "evening.db".into());
            let mut phones = Table::new();
            phones.insert("address".into(), format!("http://{LOOPBACK}:0").into());
            table.insert("phones".into(), Value::Table(phones));
        }
        table.to_string()
    }

    /// A room's settings.
    pub fn room_toml(&self, index: usize) -> anyhow::Result<String> {
        let bridge = self.bridge.context("the bridge has no address yet")?;
        let room = &self.rooms[index];
        let file = |path: &PathBuf| format!("file:{}", path.display());
        let camera = self.pictures.get(index).map_or("test".into(), file);
        let voice = self.voices.get(index).map_or("test".into(), file);
        let (width, height) = self.size;
        let size = || {
            [("width", width), ("height", height)]
                .map(|(key, value)| (key, Value::Integer(value.into())))
                .to_vec()
        };
        let mut table = Table::new();
        table.insert("name".into(), room.name.into());
        let sections = [
            (
                "bridge",
                vec![
                    ("address", Value::from(format!("http://{bridge}"))),
                    ("token", room.token.clone().into()),
                ],
            ),
            (
                "devices",
                vec![
                    ("camera", camera.into()),
                    ("microphones", voice.into()),
                    ("screen", "none".into()),
                    ("loudspeaker", "none".into()),
                ],
            ),
            (
                "picture",
                [size(), vec![("kbit_per_second", 1200.into())]].concat(),
            ),
            // A demo on a real box leaves that box's own television, buttons and sounds alone.
            ("screen", [size(), vec![("cec", false.into())]].concat()),
            (
                "panel",
                vec![("pins", "none".into()), ("sounds", false.into())],
            ),
            ("decks", vec![("folder", format!("decks-{index}").into())]),
            ("web", vec![("listen", format!("{LOOPBACK}:0").into())]),
        ];
        // The virtual audience is always there; marks and recordings only where something is measured.
        let stamp = ("stamp", i64::from(Self::stamp(index)).into());
        let measure = (
            "measure",
            self.measured.then_some(stamp).into_iter().collect(),
        );
        for (name, pairs) in sections.into_iter().chain([measure]) {
            let section: Table = pairs
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect();
            table.insert(name.into(), Value::Table(section));
        }
        Ok(table.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_it_writes_are_good_ones() {
        let mut plan = Plan::new(4, (640, 360), true).unwrap();
        plan.bridge = Some(SocketAddr::new(LOOPBACK, 4000));
        plan.voices = vec![PathBuf::from("/tmp/a \"quoted\" voice.wav"); 4];
        bridge::Config::parse(&plan.bridge_toml(), "bridge.toml").unwrap();
        for index in 0..4 {
            let text = plan.room_toml(index).unwrap();
            let config = room::Config::parse("room.toml", &text).unwrap();
            assert_eq!(config.name, plan.rooms[index].name);
        }
    }
}
