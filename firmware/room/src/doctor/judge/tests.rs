use std::path::PathBuf;

use board::Button;
use board::health::{Clock, Disk, Health, Memory, Power, Since, Spare, Wear};
use conference::wire::{Device, Status};
use expect_test::{Expect, expect};
use pipelines::Glance;

use super::super::facts::{Choice, Live, Panel};
use super::*;
use crate::config::Language;
use crate::doctor::worst;
use crate::words::Words;

/// A box to which nothing is wanting.
fn well() -> Facts {
    let running = || Device::Running("it".into());
    Facts {
        settings: Settings::Well("room.toml".into()),
        name: "Brest".into(),
        service: Service::Runs("http://192.168.1.31".into()),
        live: Live {
            status: Status {
                camera: running(),
                microphones: running(),
                screen: running(),
                loudspeaker: running(),
                ..Status::default()
            },
            second_screen: Device::None,
            glance: Some(glance(90.0, 40.0)),
            channels: vec![-40.0, -41.0],
            chirp: Some(true),
            stuck: None,
            sessions: Some(sessions(true)),
        },
        camera: Choice::Chosen("UVC Camera (/dev/video0)".into()),
        microphones: Choice::Chosen("Array (hw:2,0)".into()),
        loudspeaker: Choice::Chosen("plughw:1,0, vc4hdmi0".into()),
        screen: Choice::Chosen("HDMI-A-1".into()),
        second_screen: None,
        lacks: Ok(vec![]),
        encoder: Some(("v4l2h264enc", true)),
        panel: Panel::Well {
            place: "pi4, /dev/gpiochip0 by rppal".into(),
            stuck: None,
        },
        addresses: vec![("eth0".into(), "192.168.1.31".into())],
        gateway: true,
        bridge: Some(Bridge {
            here: true,
            address: "http://bridge.example:8080".into(),
            answer: there("Brest", "0.1.0", 0),
        }),
        health: healthy(),
        not_writable: None,
        versions: ["0.1.0", "Debian GNU/Linux 13", "6.12.1", "GStreamer 1.26.2"].map(str::to_owned),
    }
}

fn healthy() -> Health {
    Health {
        model: Some("Raspberry Pi 4 Model B Rev 1.4".into()),
        temperature: Some(52.3),
        power: power(Since::Never, Since::Never),
        disks: vec![disk(21_400_000_000)],
        clock: Clock::Synchronised,
        memory: memory(900_000_000),
        load: Some(0.7),
        ..Health::default()
    }
}

fn power(under_voltage: Since, throttled: Since) -> Option<Power> {
    Some(Power {
        under_voltage,
        throttled: Some(throttled),
    })
}

fn memory(free: u64) -> Option<Memory> {
    let size = 2_000_000_000;
    Some(Memory { size, free })
}

fn disk(free: u64) -> Disk {
    Disk {
        folder: PathBuf::from("/"),
        size: 32_000_000_000,
        free,
    }
}

fn glance(mean: f32, spread: f32) -> Glance {
    Glance {
        mean,
        spread,
        changed: true,
    }
}

fn sessions(watching: bool) -> Sessions {
    Sessions {
        linked: true,
        publishing: true,
        watching,
    }
}

fn there(room: &str, version: &str, ahead: i64) -> Answer {
    Answer::There {
        room: room.into(),
        version: version.into(),
        ms: 3,
        ahead,
    }
}

/// What is said of such a box, but for what is well.
fn check(change: impl Fn(&mut Facts), expect: Expect) {
    let mut facts = well();
    change(&mut facts);
    let words = Words::new(Language::Fr);
    let findings = judge(&facts);
    let bad = findings.iter().filter(|found| found.sign != Sign::Ok);
    let said = bad.map(|found| {
        let (check, code, sign) = (found.check, found.code(), found.sign);
        let cure = found.cure(&words);
        let cure = cure.unwrap_or_else(|| panic!("{code} has no cure"));
        format!(
            "{check} {code} {sign:?}: {}\n  {cure}\n",
            found.text(&words)
        )
    });
    expect.assert_eq(&said.collect::<String>());
}

#[test]
fn a_box_to_which_nothing_is_wanting_is_well_in_every_line() {
    let findings = judge(&well());
    assert_eq!(worst(&findings), Sign::Ok, "{findings:?}");
    let words = Words::new(Language::Fr);
    let said: Vec<String> = findings.iter().map(|found| found.text(&words)).collect();
    expect![[r#"
        Réglages : room.toml, salle « Brest »
        Le boîtier tourne, sa page répond : http://192.168.1.31
        Image encodée par la carte (v4l2h264enc)
        Caméra : UVC Camera (/dev/video0)
        Micros : Array (hw:2,0), 2 voies
        Haut-parleur : les micros l’ont entendu
        Télévision : HDMI-A-1
        Boutons et lumières : pi4, /dev/gpiochip0 by rppal
        Réseau : eth0 192.168.1.31
        Pont : http://bridge.example:8080, 3 ms
        Son et image passent
        Horloge à l’heure du réseau
        Température : 52 °C
        Alimentation suffisante
        Disque / : 21 Go libres
        Estrade 0.1.0 · Debian GNU/Linux 13 · noyau 6.12.1 · GStreamer 1.26.2 · Raspberry Pi 4 Model B Rev 1.4"#]].assert_eq(&said.join("\n"));
}

#[test]
fn devices_that_are_not_there() {
    check(
        |facts| {
            for choice in [
                &mut facts.camera,
                &mut facts.microphones,
                &mut facts.loudspeaker,
                &mut facts.screen,
            ] {
                *choice = Choice::Absent;
            }
            facts.second_screen = Some(Choice::Absent);
        },
        expect![[r#"
            camera camera-absent Fault: Aucune caméra branchée
              Branchez une caméra USB ; le boîtier la prend tout seul
            microphones microphones-absent Fault: Aucun micro branché
              Branchez un micro USB ; le boîtier le prend tout seul
            loudspeaker loudspeaker-absent Fault: Aucun haut-parleur : ni HDMI, ni prise audio
              Allumez la télévision et vérifiez son câble HDMI, ou branchez un haut-parleur USB
            screen screen-absent Fault: Aucune télévision branchée
              Allumez la télévision et vérifiez son câble HDMI
            second-screen second-screen-absent Fault: Deuxième écran : aucune deuxième télévision branchée
              Branchez-la, ou écrivez deck_screen = "auto" dans room.toml
        "#]],
    );
}

#[test]
fn names_of_what_is_not_there() {
    let wrong = |wanted: &str, there: &[&str]| Choice::WrongName {
        wanted: wanted.into(),
        there: there.iter().map(|name| (*name).to_owned()).collect(),
    };
    check(
        |facts| {
            let there = ["alsa:hw:2,0 (Array (USB Audio))", "alsa:hw:3,0 (Cam)"];
            facts.microphones = wrong("alsa:hw:5,0", &there);
            facts.camera = wrong("v4l2:/dev/video9", &[]);
        },
        expect![[r#"
            camera wrong-name-alone Fault: Caméra : « v4l2:/dev/video9 » n’est pas là, et rien d’autre non plus
              Branchez l’appareil, ou corrigez son nom dans room.toml ("auto" prend ce qui est là)
            microphones wrong-name Fault: Micros : « alsa:hw:5,0 » n’est pas là ; il y a alsa:hw:2,0 (Array (USB Audio)), alsa:hw:3,0 (Cam)
              Dans room.toml, écrivez microphones = "alsa:hw:2,0", ou microphones = "auto"
        "#]],
    );
}

#[test]
fn devices_that_give_nothing_of_use() {
    check(
        |facts| {
            facts.live.glance = Some(glance(17.0, 1.0));
            facts.live.channels = vec![-40.0, -127.0, -42.0, -127.0];
            facts.live.chirp = Some(false);
            facts.panel = Panel::Well {
                place: "pi4".into(),
                stuck: Some(Button::Mute),
            };
        },
        expect![[r#"
            camera camera-black Warning: Caméra : son image est noire
              Ôtez le cache de l’objectif, allumez la lumière
            microphones channels-dead Warning: Micros : rien sur la voie 2, 4 de Array (hw:2,0)
              Vérifiez la prise de ce micro ; les autres voies marchent
            loudspeaker chirp-not-heard Warning: Haut-parleur : les micros ne l’ont pas entendu
              Montez le volume de la télévision ou du haut-parleur ; vérifiez que la télévision est sur la bonne entrée
            panel panel-stuck Warning: Boutons : « Micro » enfoncé alors que personne n’appuie
              Décoincez le bouton, ou vérifiez qu’aucun fil ne touche la masse
        "#]],
    );
    check(
        |facts| {
            facts.live.status.camera = Device::Missing("Device '/dev/video0' is busy".into());
            facts.live.channels = vec![-127.0];
            facts.panel = Panel::Wrong("/dev/gpiochip0: Permission denied".into());
        },
        expect![[r#"
            camera broken Fault: Caméra : ne marche pas (Device '/dev/video0' is busy)
              Débranchez, rebranchez, et arrêtez tout autre programme qui s’en sert
            microphones microphones-dead Fault: Micros : Array (hw:2,0) ne donne que du silence
              Montez le niveau de capture (alsamixer, F4) et vérifiez l’interrupteur du micro
            panel panel-wrong Fault: Boutons : /dev/gpiochip0: Permission denied
              Vérifiez le câblage et la ligne pins du fichier room.toml
        "#]],
    );
}

#[test]
fn the_way_to_the_bridge() {
    let answers = [
        Answer::NoSuchName("bridge.example".into()),
        Answer::Silent("Connection refused (os error 111)".into()),
        Answer::Strange("404 Not Found".into()),
        Answer::TokenRefused,
        Answer::NotPaired,
        Answer::Revoked,
        Answer::Another,
        there("Loudéac", "0.1.0", 0),
        there("Brest", "0.2.0", 0),
        there("Brest", "0.1.0", -3600),
    ];
    let codes = answers.map(|answer| {
        let mut facts = well();
        facts.bridge.as_mut().unwrap().answer = answer;
        let findings = judge(&facts);
        let bad = findings.iter().filter(|found| found.sign != Sign::Ok);
        bad.map(Finding::code).collect::<Vec<_>>().join(" ")
    });
    assert_eq!(
        codes,
        [
            "bridge-no-name",
            "bridge-silent",
            "bridge-strange",
            "token-refused",
            "not-paired",
            "revoked",
            "bridge-another",
            "token-of-another",
            "bridge-version",
            "clock-off",
        ]
    );
    check(
        |facts| facts.bridge.as_mut().unwrap().here = false,
        expect![[r#"
            link link-open Warning: La liaison avec le pont n’est pas chiffrée
              Sur un réseau qui n’est pas le vôtre : [tls] dans bridge.toml, et une adresse https:// dans room.toml
        "#]],
    );
    check(
        |facts| facts.live.sessions = Some(sessions(false)),
        expect![[r#"
            media media-blocked Fault: Son et image ne passent pas, alors que le pont répond
              Demandez l’ouverture vers le pont de son port UDP (media dans bridge.toml)
        "#]],
    );
    check(
        |facts| {
            (facts.addresses, facts.gateway) = (vec![], false);
            let bridge = facts.bridge.as_mut().unwrap();
            bridge.answer = Answer::NoSuchName("bridge.example".into());
        },
        expect![[r#"
            network network-none Fault: Pas de réseau : aucune adresse
              Branchez le câble réseau, ou corrigez le Wi-Fi ; la prise doit clignoter
            bridge bridge-no-name Fault: Pont : le nom « bridge.example » est inconnu
              Vérifiez l’adresse dans room.toml ; sinon le DNS de ce réseau ne marche pas
        "#]],
    );
}

#[test]
fn a_machine_that_is_hot_starved_full_and_worn() {
    check(
        |facts| {
            facts.health = Health {
                temperature: Some(86.4),
                power: power(Since::Now, Since::Now),
                disks: vec![disk(12_000_000)],
                clock: Clock::Free,
                errors: vec![("mmcblk0p4".into(), 3)],
                wear: vec![Wear {
                    device: "mmcblk0".into(),
                    used: Some(90),
                    spare: Some(Spare::Normal),
                }],
                memory: memory(40_000_000),
                ..healthy()
            };
        },
        expect![[r#"
            clock clock-free Warning: L’horloge ne suit pas l’heure du réseau
              timedatectl set-ntp true ; le port UDP 123 doit être ouvert vers l’extérieur
            heat heat-hot Fault: Température : 86 °C, le boîtier ralentit
              Dégagez les ouïes, vérifiez le ventilateur, éloignez le boîtier de la chaleur
            power power-low Fault: Alimentation trop faible en ce moment
              Prenez l’alimentation d’origine de la carte et un câble court ; débranchez ce qui tire trop en USB
            disk disk-full Fault: Disque / plein : 0.01 Go libres
              Faites de la place : « journalctl --vacuum-size=50M », puis videz le dossier des diaporamas
            disk disk-errors Fault: Système de fichiers mmcblk0p4 : 3 erreurs
              Sauvegardez room.toml et changez la carte ; « fsck » répare en attendant
            disk disk-worn Warning: Mémoire mmcblk0 usée à 90 %
              Changez-la avant la prochaine saison
            memory memory-little Warning: Mémoire vive : 0.04 Go libres seulement
              Arrêtez ce qui tourne à côté du boîtier
        "#]],
    );
    check(
        |facts| {
            facts.health = Health {
                temperature: Some(76.0),
                power: power(Since::Before, Since::Never),
                disks: vec![disk(300_000_000)],
                load: Some(3.0),
                ..healthy()
            };
            facts.not_writable = Some("/var/lib/estrade".into());
        },
        expect![[r#"
            heat heat-warm Warning: Température : 76 °C, c’est beaucoup
              Dégagez les ouïes du boîtier, éloignez-le du soleil et des radiateurs
            power power-was-low Warning: Alimentation trop faible par moments depuis la mise en marche
              Prenez l’alimentation d’origine de la carte et un câble court
            disk disk-tight Warning: Disque / : 0.30 Go libres seulement
              Faites de la place : les diaporamas d’une soirée peuvent ne pas tenir ; baissez budget_mb dans room.toml
            disk disk-read-only Fault: /var/lib/estrade ne peut pas être écrit : volume et prochaine soirée seront oubliés
              La carte s’est peut-être protégée après une erreur : redémarrez, sinon changez-la
            memory busy Warning: Le processeur ne suffit pas
              Arrêtez ce qui tourne à côté, ou baissez [picture] et [screen] dans room.toml
        "#]],
    );
}

#[test]
fn settings_packages_and_a_box_that_is_down() {
    check(
        |facts| {
            facts.settings = Settings::Wrong("room.toml, line 2: unknown key 'nome'".into());
            facts.service = Service::Silent("http://127.0.0.1:8081".into());
            facts.lacks = Ok(vec![
                ("x264enc", "gstreamer1.0-plugins-ugly"),
                ("alsasrc", "gstreamer1.0-alsa"),
                ("alsasink", "gstreamer1.0-alsa"),
            ]);
        },
        expect![[r#"
            settings settings-wrong Fault: Réglages : room.toml, line 2: unknown key 'nome'
              Corrigez le fichier, puis relancez : le reste a été examiné comme sans réglages
            box box-silent Fault: Le boîtier doit tourner ici, et sa page http://127.0.0.1:8081 ne répond pas
              « journalctl -u estrade-room -n 50 » dit pourquoi ; « systemctl restart estrade-room » le relance
            packages packages-missing Fault: GStreamer n’a pas : x264enc, alsasrc, alsasink
              apt-get install gstreamer1.0-alsa gstreamer1.0-plugins-ugly
        "#]],
    );
    check(
        |facts| {
            facts.settings = Settings::None;
            facts.service = Service::Closed("http://127.0.0.1".into());
            facts.lacks = Err("no plugin registry".into());
        },
        expect![[r#"
            settings settings-none Warning: Aucun fichier de réglages : les appareils branchés sont examinés, pas le pont
              Donnez-le : estrade doctor room.toml
            box box-closed Warning: Le boîtier tourne, mais sa page (http://127.0.0.1) demande qui vous êtes : ses appareils n’ont pas été examinés
              Ouvrez cette page avec le mot de passe du technicien, ou tenez « Écran » 3 secondes
            packages library-broken Fault: GStreamer ne démarre pas : no plugin registry
              apt-get install --reinstall libgstreamer1.0-0 gstreamer1.0-plugins-base
        "#]],
    );
}
