use std::path::Path;

use expect_test::{Expect, expect};

use super::*;
use crate::Config;

const GOOD: &str = r#"name = "Brest"
[bridge]
address = "http://192.168.1.10:8080"
token = "0123456789abcdef"
[devices]
camera = "auto"
[picture]
width = 1280
"#;

/// Each wrong file: what is another in it, and what the television says.
#[test]
fn a_file_that_is_wrong_is_told_in_the_rooms_words_with_its_line_and_its_cure() {
    wrong(
        "nome",
        ("name =", "nome ="),
        expect![[r#"
            Ligne 1 | nome …
            « nome » n’est pas un mot connu
            Écrivez « name »
        "#]],
    );
    wrong(
        "colour",
        ("[bridge]", "colour = \"blue\"\n[bridge]"),
        expect![[r#"
            Ligne 2 | colour …
            « colour » n’est pas un mot connu
            Retirez cette ligne
        "#]],
    );
    wrong(
        "no-name",
        ("name = \"Brest\"\n", ""),
        expect![[r#"
        Il manque « name »
        Écrivez name = "Brest" : entre guillemets, 40 caractères au plus
    "#]],
    );
    wrong(
        "empty-name",
        ("\"Brest\"", "\"\""),
        expect![[r#"
        Ligne 1 | name = ""
        Ce qui suit « name » ne convient pas
        Écrivez name = "Brest" : entre guillemets, 40 caractères au plus
    "#]],
    );
    wrong(
        "open-quote",
        ("\"Brest\"", "\"Brest"),
        expect![[r#"
        Ligne 1 | name = "Brest
        Ce qui suit « name » ne convient pas
        Écrivez name = "Brest" : entre guillemets, 40 caractères au plus
    "#]],
    );
    wrong(
        "no-quotes",
        ("\"Brest\"", "Brest"),
        expect![[r#"
        Ligne 1 | name = Brest
        Ce qui suit « name » ne convient pas
        Écrivez name = "Brest" : entre guillemets, 40 caractères au plus
    "#]],
    );
    wrong(
        "no-bridge",
        (
            "[bridge]\naddress = \"http://192.168.1.10:8080\"\ntoken = \"0123456789abcdef\"\n",
            "",
        ),
        expect![[r#"
            Il manque « bridge »
            Écrivez une ligne [bridge], et sous elle la ligne address
        "#]],
    );
    wrong(
        "address",
        ("http://", ""),
        expect![[r#"
        Ligne 3 | address = "192.168.1.10:8080"
        Ce qui suit « address » ne convient pas
        Écrivez address = "http://192.168.1.10:8080"
    "#]],
    );
    wrong(
        "misspelt-token",
        ("token", "tokne"),
        expect![[r#"
        Ligne 4 | tokne …
        « tokne » n’est pas un mot connu
        Écrivez « token »
    "#]],
    );
    wrong(
        "short-token",
        ("0123456789abcdef", "123"),
        expect![[r#"
            Ligne 4 | token …
            Ce qui suit « token » ne convient pas
            Recopiez le jeton de la salle depuis le fichier du pont, entre guillemets : 16 caractères au moins
        "#]],
    );
    wrong(
        "open-token",
        ("0123456789abcdef\"", "0123456789abcdef"),
        expect![[r#"
            Ligne 4 | token …
            Ce qui suit « token » ne convient pas
            Recopiez le jeton de la salle depuis le fichier du pont, entre guillemets : 16 caractères au moins
        "#]],
    );
    wrong(
        "short-invitation",
        (
            "token = \"0123456789abcdef\"\n",
            "invitation = \"A3K7P-XMNPR\"\n",
        ),
        expect![[r#"
            Ligne 4 | invitation …
            Ce qui suit « invitation » ne convient pas
            Recopiez l’invitation comme le pont l’a donnée, entre guillemets : cinq groupes de cinq signes
        "#]],
    );
    wrong(
        "twice",
        ("[bridge]", "name = \"Brest\"\n[bridge]"),
        expect![[r#"
            Ligne 2 | name = "Brest"
            « name » est écrit deux fois
            Gardez une seule des deux lignes
        "#]],
    );
    wrong(
        "language",
        ("[bridge]", "language = \"br\"\n[bridge]"),
        expect![[r#"
            Ligne 2 | language = "br"
            Ce qui suit « language » ne convient pas
            Écrivez language = "fr" ou language = "en"
        "#]],
    );
    wrong(
        "camera",
        ("\"auto\"", "\"logitech\""),
        expect![[r#"
        Ligne 6 | camera = "logitech"
        Ce qui suit « camera » ne convient pas
        Retirez la ligne : le boîtier prend l’appareil qui est branché
    "#]],
    );
    wrong(
        "width",
        ("1280", "\"large\""),
        expect![[r#"
        Ligne 8 | width = "large"
        Ce qui suit « width » ne convient pas
        Retirez la ligne : le boîtier prend la valeur habituelle
    "#]],
    );
    wrong(
        "no-equals",
        ("name = \"Brest\"", "Brest"),
        expect![[r#"
        Ligne 1 | Brest
        Cette ligne n’est pas complète
        Un mot, le signe =, puis une valeur entre guillemets : name = "Brest"
    "#]],
    );
    wrong(
        "in-english",
        ("name =", "language = \"en\"\nnome ="),
        expect![[r#"
            Line 2 | nome …
            "nome" is no word that is known
            Write "name"
        "#]],
    );
}

#[test]
fn a_file_that_is_no_text_or_not_there_is_told_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("room.toml");
    told(
        "absent",
        &load(&file),
        expect![[r#"
        Ce fichier n’est pas là
        Copiez-le sur la carte, depuis un ordinateur
    "#]],
    );
    // As a word processor writes.
    std::fs::write(&file, b"\xd0\xcf\x11\xe0name").unwrap();
    told(
        "no-text",
        &load(&file),
        expect![[r#"
        Ce fichier n’est pas un texte simple
        Enregistrez-le avec un éditeur de texte, en UTF-8, et non avec un traitement de texte
    "#]],
    );
}

#[test]
fn the_last_good_settings_stay_until_the_file_is_right_again() {
    let (folder, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = folder.path().join("room.toml");
    let load = || Config::load_or_kept(&file, state.path());
    std::fs::write(&file, "nome = 1").unwrap();
    assert!(load().is_err(), "nothing was ever good");
    std::fs::write(&file, GOOD).unwrap();
    assert_eq!(load().unwrap().mistake, None);
    std::fs::write(&file, GOOD.replace("Brest", "Brest\nRecouvrance")).unwrap();
    let kept = load().unwrap();
    assert_eq!(kept.name, "Brest");
    assert_eq!(kept.kept, state.path().join("room.kept.json"));
    let line = kept.mistake.unwrap().kept(&Words::new(Language::Fr));
    expect!["room.toml, ligne 2 : Cette ligne n’est pas complète. Les réglages d’avant restent"]
        .assert_eq(&line);
    Config::forget(state.path());
    assert!(load().is_err(), "forgotten");
}

#[test]
fn no_secret_is_on_the_television() {
    for (line, shown) in [
        ("token = \"0123456789abcdef\"", "token …"),
        ("tokne = \"0123456789abcdef\"", "tokne …"),
        ("  Token: 0123", "Token …"),
        ("jeton \"0123456789abcdef\"", "jeton …"),
        ("bridge = { token = \"0123456789abcdef\" }", "bridge …"),
        ("name = \"Brest\" tokne = \"0123456789abcdef\"", "name …"),
        ("name = \"Brest\"", "name = \"Brest\""),
        ("Brest", "Brest"),
    ] {
        assert_eq!(without_secrets(line), shown);
    }
}

#[track_caller]
fn wrong(name: &str, (before, after): (&str, &str), expect: Expect) {
    let text = GOOD.replacen(before, after, 1);
    assert_ne!(text, GOOD);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("room.toml");
    std::fs::write(&file, text).unwrap();
    told(name, &load(&file), expect);
}

fn load(file: &Path) -> Mistake {
    *Config::load(file, None).unwrap_err().mistake
}

/// What the television says, and that it can be drawn; whoever writes the words anew finds the pictures in the target's
/// folder `mistakes`.
#[track_caller]
fn told(name: &str, mistake: &Mistake, expect: Expect) {
    let view = mistake.view();
    let Scene::Mistake(says) = &view.scene else {
        panic!("{view:?}");
    };
    let place = match says.place.is_empty() {
        true => String::new(),
        false => format!("{} | {}\n", says.place, says.text),
    };
    expect.assert_eq(&format!("{place}{}\n{}\n", says.fault, says.cure));
    assert!(!format!("{says:?}").contains("0123456789abcdef"));
    pipelines::init().unwrap();
    let drawn = pipelines::draw(&view, 640, 360).unwrap();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/mistakes");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name).with_extension("png"), drawn.png).unwrap();
    }
}
