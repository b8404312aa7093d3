//! One view of each scene, with the texts of an evening, and the hard cases: many, long, missing.

use std::path::Path;

use pipelines::faces::portrait;
use pipelines::scene::{
    Answer, Check, Diagnostics, Hands, Joining, Mistake, Mosaic, Note, Page, Person, Phones, Poll,
    Question, Resting, Scene, Seen, Slides, Speaker, Speakers, Standby, Time, Welcome, Written,
};
use pipelines::{Line, Role, VideoSlot, View};

/// Names of pictures and their views, as the television of Merdrignac shows them. `page` is a page of a deck.
pub fn samples(page: &Path) -> Vec<(&'static str, View)> {
    let mut all = vec![
        ("name", view(Scene::Name)),
        ("mistake", view(mistake("Ligne 9"))),
        ("mistake-no-line", view(mistake(""))),
        ("joining", view(joining(true, ""))),
        (
            "joining-wrong-code",
            View {
                lines: vec![
                    line(
                        "Pas de micro : les autres salles ne vous entendent pas",
                        Role::Warning,
                    ),
                    line(
                        "Pas de caméra : les autres salles ne vous voient pas",
                        Role::Warning,
                    ),
                ],
                ..view(joining(true, "Ce n’était pas ce code. Encore 4 essais"))
            },
        ),
        (
            "joining-revoked",
            view(joining(
                false,
                "L’animateur a retiré à ce boîtier le droit d’entrer",
            )),
        ),
        ("standby", view(standby(3))),
        ("standby-8-speakers", view(standby(8))),
        (
            "welcome-nobody-yet",
            view(welcome("Les métiers de demain", "Bienvenue", None)),
        ),
        (
            "welcome",
            view(welcome("Ploufragan", "Bienvenue à", Some(VideoSlot::Main))),
        ),
        (
            "welcome-here",
            view(welcome("Merdrignac", "Bienvenue à", None)),
        ),
        ("speaker", view(speaker())),
        ("slides", view(slides(Some(page)))),
        ("slides-not-there", view(slides(None))),
        ("question", view(question())),
        ("mosaic", view(mosaic(3))),
        ("mosaic-6-rooms", view(mosaic(5))),
        ("followup", view(note())),
    ];
    for (name, n) in [
        ("speakers-1", 1),
        ("speakers-2", 2),
        ("speakers", 3),
        ("speakers-4", 4),
        ("speakers-6", 6),
        ("speakers-8", 8),
        ("speakers-12", 12),
    ] {
        all.push((name, view(speakers(n))));
    }
    let folder = page.parent().expect("a page lies in a folder");
    for (name, n, places) in [
        ("speakers-1-photo", 1, &[0][..]),
        ("speakers-2-photos", 2, &[0, 1]),
        ("speakers-3-photos", 3, &[0, 1, 2]),
        ("speakers-4-photos", 4, &[1, 3]),
        ("speakers-8-photos", 8, &[0, 1, 3, 4, 6, 7]),
    ] {
        all.push((name, view(with_photos(folder, n, places))));
    }
    all.extend(with_phones());
    let results = [
        ("52 voix", 44),
        ("30 voix", 25),
        ("36 voix", 31),
        ("0 voix", 0),
    ];
    let long = "Quand on n’a pas de diplôme et qu’on a déjà quarante ans, est-ce qu’un patron prend encore quelqu’un \
        en apprentissage, et est-ce qu’on peut vivre de ce qu’on gagne pendant les deux premières années, avec une \
        famille et un loyer à payer à Loudéac ou dans les environs, sans voiture ?";
    all.extend([
        ("poll", view(poll(None, true))),
        ("poll-by-hand", view(poll(None, false))),
        ("poll-result", view(poll(Some(results), false))),
        (
            "written",
            view(written("Faut-il un diplôme pour commencer chez vous ?")),
        ),
        ("written-long", view(written(long))),
    ]);
    all.push(("poll-hands", view(counted(false))));
    all.push(("poll-hands-phones", view(counted(true))));
    all.push(("message", with_message()));
    all.extend(of_the_buttons(page));
    all.push(("resting", view(resting(0))));
    all.push(("resting-later", view(resting(17))));
    all.push(("diagnostics", view(diagnostics(2))));
    all.push(("diagnostics-8-microphones", diagnostics_muted()));
    all.push(("slides-muted", muted(page)));
    all.push(("applause", applause()));
    all.push(("hand-raised", hand_raised()));
    all.extend(split(page));
    all
}

fn view(scene: Scene) -> View {
    View {
        room: "Merdrignac".into(),
        scene,
        ..View::default()
    }
}

fn with_message() -> View {
    View {
        message: Some("Reprise dans cinq minutes : restez avec nous".into()),
        lines: vec![line("Brest a la parole", Role::Neutral)],
        ..view(mosaic(3))
    }
}

/// As the box writes it, at its loudest (`room::machine`).
fn applause() -> View {
    View {
        lines: vec![line("Applaudissements ●●●●●", Role::Neutral)],
        ..view(speaker())
    }
}

/// Without a programme: who has the floor is a room, and this one is next. The line covers neither's name.
fn hand_raised() -> View {
    let mut scene = speaker();
    if let Scene::Speaker(speaker) = &mut scene {
        speaker.name.clear();
        speaker.trade.clear();
    }
    View {
        lines: vec![line(
            "Parole demandée : vous êtes les prochains",
            Role::Warning,
        )],
        ..view(scene)
    }
}

fn muted(page: &Path) -> View {
    View {
        lines: vec![
            line("Micro coupé", Role::Muted),
            line("Parole demandée : vous êtes les prochains", Role::Warning),
        ],
        ..view(slides(Some(page)))
    }
}

fn line(text: &str, role: Role) -> Line {
    Line {
        text: text.into(),
        role,
    }
}

fn seen(slot: VideoSlot, name: &str) -> Seen {
    Seen {
        slot,
        name: name.into(),
    }
}

fn others() -> Vec<Seen> {
    let rooms = ["Ploufragan", "Loudéac", "Brest"];
    (0..)
        .zip(rooms)
        .map(|(n, name)| seen(VideoSlot::Thumb(n), name))
        .collect()
}

fn standby(speakers: usize) -> Scene {
    let check = |text: &str, well| Check {
        text: text.into(),
        well,
        meter: (text == "Micro").then(|| "ouvert".into()),
    };
    Scene::Standby(Box::new(Standby {
        clock: "18:12".into(),
        title: "Les métiers de demain".into(),
        when: "Jeudi 3 décembre à 18 h 30".into(),
        speakers: people(speakers)
            .into_iter()
            .map(|person| (person.name, format!("{}, {}", person.trade, person.town)))
            .collect(),
        checks_title: "Cette salle".into(),
        checks: vec![
            check("Caméra", Some(true)),
            check("Micro", Some(true)),
            check("Haut-parleur absent", Some(false)),
            check("Réseau", Some(true)),
            check("Diaporamas 1/3", None),
        ],
        others_title: "Salles présentes : 3 sur 4".into(),
        others: others(),
        phones: None,
    }))
}

fn welcome(name: &str, greeting: &str, picture: Option<VideoSlot>) -> Scene {
    Scene::Welcome(Welcome {
        greeting: greeting.into(),
        name: name.into(),
        note: "45 personnes".into(),
        picture,
        others: if picture.is_some() {
            Vec::new()
        } else {
            others()
        },
    })
}

fn people(n: usize) -> Vec<Person> {
    let person = |(name, trade, town): &(&str, &str, &str)| Person {
        name: (*name).into(),
        trade: (*trade).into(),
        town: (*town).into(),
        photo: None,
    };
    [
        ("Anne Le Goff", "menuisière", "Brest"),
        ("Yann Kervella", "infirmier de nuit", "Loudéac"),
        (
            "Marie-Christine Le Bihan-Kerguelen",
            "responsable de la rénovation thermique des bâtiments publics",
            "Saint-Quay-Portrieux",
        ),
        ("Nolwenn Riou", "cheffe de chantier", ""),
        ("Ibrahim Diallo", "", "Lorient"),
        ("Gwenaëlle Ø. Åström", "conductrice de bus", "Rennes"),
        ("Paul", "apprenti", "Quimper"),
        ("Soizic Le Dantec", "maraîchère bio", "Paimpol"),
        ("Erwan Tanguy", "soudeur", "Brest"),
        ("Léna Morvan", "ingénieure éolien", "Brest"),
        ("Hervé Quéré", "pâtissier", "Carhaix"),
        ("Aziliz Le Roux", "aide-soignante", "Pontivy"),
    ]
    .iter()
    .take(n)
    .map(person)
    .collect()
}

fn speakers(n: usize) -> Scene {
    Scene::Speakers(Speakers {
        title: "Les métiers de demain".into(),
        heading: "Ce soir avec".into(),
        speakers: people(n),
    })
}

/// The same with photos of those whose places these are, in this folder.
fn with_photos(folder: &Path, n: usize, places: &[usize]) -> Scene {
    let mut people = people(n);
    for place in places {
        let file = folder.join(format!("{place}.png"));
        std::fs::write(&file, portrait(*place).expect("a portrait")).expect("a file");
        people[*place].photo = Some(file);
    }
    Scene::Speakers(Speakers {
        title: "Les métiers de demain".into(),
        heading: "Ce soir avec".into(),
        speakers: people,
    })
}

fn speaker() -> Scene {
    Scene::Speaker(Speaker {
        seen: Some(seen(VideoSlot::Main, "Brest")),
        name: "Anne Le Goff".into(),
        trade: "menuisière".into(),
        ..Speaker::default()
    })
}

fn slides(page: Option<&Path>) -> Scene {
    Scene::Slides(Box::new(Slides {
        page: deck_page(page),
        count: "3 / 12".into(),
        seen: Some(seen(VideoSlot::Main, "Brest")),
        name: "Anne Le Goff".into(),
        trade: "menuisière".into(),
        time: Some(Time {
            left: "12:30".into(),
            short: false,
        }),
    }))
}

fn deck_page(file: Option<&Path>) -> Page {
    Page {
        file: file.map(Into::into),
        notice: "Le diaporama de ce poste arrive".into(),
        near: Vec::new(),
    }
}

/// The two screens of a room that has a second one: people on the first, the page on the other, the message on both.
fn split(page: &Path) -> [(&'static str, View); 6] {
    let message = Some("Reprise dans cinq minutes : restez avec nous".to_owned());
    let calm = Scene::Note(Note {
        title: "Les métiers de demain".into(),
        text: "Merdrignac".into(),
    });
    let told = View {
        message: message.clone(),
        ..view(Scene::Page(deck_page(Some(page))))
    };
    let people = View {
        message,
        lines: vec![line("Micro coupé", Role::Muted)],
        ..view(speaker())
    };
    [
        ("split-deck", view(Scene::Page(deck_page(Some(page))))),
        ("split-deck-not-there", view(Scene::Page(deck_page(None)))),
        ("split-deck-message", told),
        ("split-deck-calm", view(calm)),
        ("split-people", view(speaker())),
        ("split-people-message", people),
    ]
}

fn question() -> Scene {
    Scene::Question(Question {
        heading: "Question de Loudéac".into(),
        large: Some(seen(VideoSlot::Main, "Loudéac")),
        small: Some(seen(VideoSlot::Thumb(2), "Brest")),
        name: "Anne Le Goff".into(),
        trade: "menuisière".into(),
        phones: None,
    })
}

fn phones(words: &str) -> Phones {
    Phones {
        address: "http://192.168.1.20:8080/p#3".into(),
        words: words.into(),
    }
}

/// The scenes with the way to the phones' page.
fn with_phones() -> [(&'static str, View); 3] {
    let ask = || Some(phones("Vos questions par téléphone"));
    let mut before = standby(3);
    if let Scene::Standby(standby) = &mut before {
        standby.phones = ask();
    }
    let mut asked = question();
    if let Scene::Question(question) = &mut asked {
        question.phones = ask();
    }
    let mut between = speaker();
    if let Scene::Speaker(speaker) = &mut between {
        speaker.phones = ask();
    }
    [
        ("standby-phones", view(before)),
        ("question-phones", view(asked)),
        ("speaker-phones", view(between)),
    ]
}

fn poll(results: Option<[(&str, u8); 4]>, with_phones: bool) -> Scene {
    let texts = [
        "L’atelier de menuiserie",
        "Le chantier de rénovation thermique",
        "La nuit à l’hôpital",
        "Aucun",
    ];
    Scene::Poll(Box::new(Poll {
        heading: if results.is_some() {
            "Résultat du vote"
        } else {
            "Vote"
        }
        .into(),
        question: "Quel métier aimeriez-vous essayer pendant une semaine ?".into(),
        answers: (0..4)
            .map(|nth| Answer {
                text: texts[nth].into(),
                result: results.map(|all| (all[nth].0.into(), all[nth].1)),
                hands: None,
            })
            .collect(),
        total: "118 voix".into(),
        how: if results.is_some() {
            "Merci d’avoir voté"
        } else {
            "Par téléphone, ou levez la main"
        }
        .into(),
        hint: match with_phones {
            true => "Mains levées : « Écran » pour compter".into(),
            false => String::new(),
        },
        phones: with_phones.then(|| phones("Votez ici")),
    }))
}

/// The hands for the second answer are being counted.
fn counted(with_phones: bool) -> Scene {
    let mut scene = poll(None, with_phones);
    if let Scene::Poll(poll) = &mut scene {
        poll.how = "Combien de mains pour B ?".into();
        poll.hint = "« + » et « − » pour compter, puis « Écran »".into();
        let counts = [12, 5, 0, 0];
        for (nth, (answer, count)) in poll.answers.iter_mut().zip(counts).enumerate() {
            answer.hands = Some(Hands {
                count,
                counted_now: nth == 1,
            });
        }
    }
    scene
}

/// What the buttons do, told on the scenes on which they do it.
fn of_the_buttons(page: &Path) -> [(&'static str, View); 4] {
    let offered = || line("Une question ? « Parole » : oui, « − » : non", Role::Ask);
    let with = |scene, line: Option<Line>, volume| View {
        lines: line.into_iter().collect(),
        volume,
        ..view(scene)
    };
    [
        ("offered", with(speaker(), Some(offered()), None)),
        (
            "offered-slides",
            with(slides(Some(page)), Some(offered()), None),
        ),
        ("volume", with(speaker(), None, Some(65))),
        (
            "volume-off",
            with(slides(Some(page)), Some(offered()), Some(0)),
        ),
    ]
}

fn resting(step: u16) -> Scene {
    Scene::Resting(Resting {
        room: "Merdrignac".into(),
        clock: "3:07".into(),
        heading: "Prochaine soirée".into(),
        when: "Jeudi 3 décembre à 18 h 30".into(),
        title: "Les métiers de demain".into(),
        step,
    })
}

/// As the box writes it (`room::mistake`).
fn mistake(place: &str) -> Scene {
    let or = |with: &str, without: &str| {
        let words = if place.is_empty() { without } else { with };
        words.to_owned()
    };
    Scene::Mistake(Box::new(Mistake {
        title: "Fichier room.toml : à corriger".into(),
        place: place.into(),
        text: or("adress …", ""),
        fault: or("« adress » n’est pas un mot connu", "Il manque « token »"),
        cure: or(
            "Écrivez « address »",
            "Recopiez le jeton de la salle depuis le fichier du pont : token = \"…\", 16 caractères au moins",
        ),
        after: "Le boîtier repart dès que le fichier est corrigé".into(),
    }))
}

/// As the box writes it (`room::machine::joining`).
fn joining(code: bool, fault: &str) -> Scene {
    let (code, cure) = match code {
        true => (
            // The widest signs there are.
            ("MW4".into(), "GMW".into()),
            "Donnez ce code à l’animateur de la soirée : il le tape dans sa console",
        ),
        false => (
            Default::default(),
            "Demandez à l’animateur. Pour jumeler de nouveau : page du boîtier, « Jumeler de nouveau », ou les cinq boutons pendant 22 secondes",
        ),
    };
    Scene::Joining(Box::new(Joining {
        title: "Merdrignac : à jumeler avec le pont".into(),
        code,
        cure: cure.into(),
        fault: fault.into(),
        foot: "Pont : http://192.168.1.10:8080 · empreinte du boîtier 3F9A-1C02".into(),
    }))
}

/// As the box writes it (`room::machine`).
fn diagnostics(microphones: usize) -> Scene {
    let finding = |text: &str, well| Check {
        text: text.into(),
        well: Some(well),
        meter: None,
    };
    Scene::Diagnostics(Box::new(Diagnostics {
        title: "Diagnostic : Merdrignac".into(),
        clock: "18:12".into(),
        no_camera: String::new(),
        focus: "Mise au point".into(),
        sharpness: ("nette".into(), "floue".into()),
        microphones: (1..=microphones).map(|n| format!("Micro {n}")).collect(),
        findings: vec![
            finding(
                "Le pont http://bridge.example:8080 ne répond pas : délai dépassé",
                false,
            ),
            finding("Alimentation trop faible en ce moment", false),
            Check {
                well: None,
                ..finding("L’horloge ne suit pas l’heure du réseau", false)
            },
            finding("Caméra : Logitech BRIO (/dev/video0)", true),
            finding("Micros : ReSpeaker 4 Mic Array (hw:2,0), 4 voies", true),
            finding("Télévision sur HDMI-A-1", true),
            finding("Réseau : eth0, 192.168.1.31", true),
            finding("Température 61 °C", true),
            finding("Disque : 21 Go libres", true),
        ],
        trial: "Haut-parleur : le son d’essai a été entendu".into(),
        hint: "« − » essaie le haut-parleur, « Écran » termine".into(),
        foot: "http://merdrignac.local · Estrade 0.1.0 · Raspberry Pi 4 Model B Rev 1.4".into(),
    }))
}

fn diagnostics_muted() -> View {
    let mut scene = diagnostics(8);
    if let Scene::Diagnostics(diagnostics) = &mut scene {
        diagnostics.no_camera = "Aucune caméra branchée".into();
        diagnostics.trial.clear();
    }
    View {
        lines: vec![line("Micro coupé", Role::Muted)],
        ..view(scene)
    }
}

fn written(text: &str) -> Scene {
    Scene::Written(Box::new(Written {
        heading: "Question écrite, de Loudéac".into(),
        text: text.into(),
        author: "Léa".into(),
        seen: Some(seen(VideoSlot::Main, "Brest")),
        name: "Anne Le Goff".into(),
        trade: "menuisière".into(),
    }))
}

fn mosaic(n: usize) -> Scene {
    let names = ["Ploufragan", "Loudéac", "Brest", "Saint-Brieuc", "Quimper"];
    Scene::Mosaic(Mosaic {
        heading: "Merci à tous".into(),
        rooms: (0..n)
            .map(|nth| match nth {
                0 => seen(VideoSlot::Main, names[0]),
                nth => seen(VideoSlot::Thumb(nth - 1), names[nth]),
            })
            .collect(),
        own: ("Merdrignac".into(), "2 personnes".into()),
        more: if n > 4 {
            "et 9 autres salles".into()
        } else {
            String::new()
        },
    })
}

fn note() -> Scene {
    Scene::Note(Note {
        title: "La suite, ici à Merdrignac".into(),
        text: "Les conseillers vous attendent dans la salle pour vos questions.".into(),
    })
}

/// Makes a page of a deck, 16 to 9, in a folder.
pub fn page(folder: &Path) -> std::path::PathBuf {
    let mut fonts = resvg::usvg::fontdb::Database::new();
    fonts.load_system_fonts();
    let options = resvg::usvg::Options {
        fontdb: std::sync::Arc::new(fonts),
        ..resvg::usvg::Options::default()
    };
    let tree = resvg::usvg::Tree::from_str(PAGE, &options).expect("a page");
    let mut pixels = resvg::tiny_skia::Pixmap::new(1920, 1080).expect("its pixels");
    resvg::render(
        &tree,
        resvg::tiny_skia::Transform::identity(),
        &mut pixels.as_mut(),
    );
    let file = folder.join("page.png");
    pixels.save_png(&file).expect("a file");
    file
}

const PAGE: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="1920" height="1080" font-family="DejaVu Sans">
<rect width="1920" height="1080" fill="#fbf8f1"/><rect width="1920" height="180" fill="#7a4a25"/>
<text x="90" y="120" font-size="84" font-weight="bold" fill="#ffffff">Une journée à l’atelier</text>
<g font-size="60" fill="#2c2118"><text x="120" y="330">• 7 h 30 : choisir le bois</text><text x="120" y="440">• 9 h : débiter, raboter</text><text x="120" y="550">• 14 h : assembler</text><text x="120" y="660">• 16 h : poser chez le client</text></g>
<g fill="#c98b4b"><rect x="1150" y="700" width="110" height="200"/><rect x="1300" y="560" width="110" height="340"/><rect x="1450" y="430" width="110" height="470"/><rect x="1600" y="330" width="110" height="570"/></g>
<path d="M1110 900 H1760" stroke="#2c2118" stroke-width="6"/><text x="1150" y="980" font-size="44" fill="#2c2118">apprentis, 2019 à 2022</text></svg>"##;
