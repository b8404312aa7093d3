use super::*;

const ROOMS: [&str; 2] = ["Brest", "Loudéac"];

fn programme(title: &str, day: &str) -> Programme {
    let text = format!("title = \"{title}\"\nstarts = {day}T18:30:00\nrooms = [\"Brest\"]");
    Programme::parse("test", &text).unwrap()
}

fn january() -> Programme {
    programme("Janvier", "2026-01-15")
}

fn open(file: &Path, settings: Option<&Programme>, now_ms: u64) -> Opened {
    let rooms = ROOMS.map(str::to_owned);
    let given = Given {
        file: settings,
        rooms: &rooms,
        title: "Estrade",
    };
    Store::open(Some(file), given, now_ms).unwrap()
}

fn titles(store: &Store) -> Vec<String> {
    let kept = store.programmes().unwrap().into_iter();
    kept.map(|kept| kept.programme.title).collect()
}

#[test]
fn what_was_written_is_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evening.db");
    let mut opened = open(&file, Some(&january()), 1000);
    assert_eq!(opened.entries, []);
    opened.store.write(2000, Entry::Advanced).unwrap();
    let step = Entry::WentTo { item: 2 };
    opened.store.write(3000, step.clone()).unwrap();
    assert!(
        matches!(Lock::take(&file), Err(StoreError::Taken(_))),
        "two bridges cannot have one store"
    );
    drop(opened);
    let again = open(&file, Some(&january()), 4000);
    assert_eq!(again.entries, [(2000, Entry::Advanced), (3000, step)]);
    assert_eq!(again.first, january());
}

#[test]
fn another_programme_or_another_day_is_another_evening() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evening.db");
    let mut opened = open(&file, Some(&january()), 1000);
    opened.store.write(2000, Entry::Advanced).unwrap();
    drop(opened);
    let mut opened = open(&file, Some(&january()), 2000 + OVER_AFTER_MS);
    assert_eq!(opened.entries, []);
    let later = 3000 + OVER_AFTER_MS;
    opened.store.write(later, Entry::Advanced).unwrap();
    drop(opened);
    let other = programme("Autre", "2026-01-15");
    assert_eq!(open(&file, Some(&other), later + 1).entries, []);
}

#[test]
fn an_evening_whose_programme_was_changed_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evening.db");
    let mut opened = open(&file, Some(&january()), 1000);
    let february = programme("Février", "2026-02-19");
    let changed = Entry::ProgrammeChanged {
        programme: february.write(),
    };
    opened.store.keep_programme(&february, 2000).unwrap();
    opened.store.write(2000, changed.clone()).unwrap();
    drop(opened);
    let again = open(&file, Some(&january()), 3000);
    assert_eq!(again.entries, [(2000, changed)]);
    assert_eq!(again.first, january());
    assert_eq!(titles(&again.store), ["Février", "Janvier"]);
}

#[test]
fn the_settings_programme_counts_again_once_it_is_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evening.db");
    let opened = open(&file, Some(&january()), 9000);
    let same_day = programme("Janvier, corrigé", "2026-01-15");
    // The clock was set back: what is kept last counts all the same.
    opened.store.keep_programme(&same_day, 10).unwrap();
    assert_eq!(titles(&opened.store), ["Janvier, corrigé"]);
    drop(opened);
    let opened = open(&file, Some(&january()), 10_000);
    assert_eq!(opened.first, same_day);
    drop(opened);
    let march = programme("Mars", "2026-03-19");
    let opened = open(&file, Some(&march), 11_000);
    assert_eq!(opened.first, march);
    assert_eq!(titles(&opened.store), ["Mars", "Janvier, corrigé"]);
}

#[test]
fn a_programme_of_rooms_that_are_no_more_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evening.db");
    let opened = open(&file, None, 1000);
    let text = "title = \"Paris\"\nrooms = [\"Paris\"]";
    let paris = Programme::parse("test", text).unwrap();
    opened.store.keep_programme(&paris, 2000).unwrap();
    drop(opened);
    let opened = open(&file, None, 3000);
    assert_eq!(opened.first.rooms, ROOMS);
    assert!(opened.unfit.unwrap().detail.contains("Paris"));
}

#[test]
fn what_cannot_be_read_is_put_aside_and_programmes_are_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evening.db");
    std::fs::write(
        &file,
        "no database at all, but long enough to look like one",
    )
    .unwrap();
    let mut opened = open(&file, None, 1000);
    assert!(
        opened
            .aside
            .unwrap()
            .detail
            .contains("evening.db.unreadable-1")
    );
    opened.store.keep_programme(&january(), 1000).unwrap();
    opened.store.write(2000, Entry::Advanced).unwrap();
    let spoil = "UPDATE entry SET what = '{\"what\":\"flown_away\"}'";
    opened.store.connection.execute(spoil, []).unwrap();
    drop(opened.store);
    // The evening that was spoilt is of this programme, so it would be read again.
    let connection = Connection::open(&file).unwrap();
    let set = "UPDATE evening SET programme = ?1";
    connection.execute(set, [january().write()]).unwrap();
    drop(connection);
    let again = open(&file, None, 3000);
    assert!(
        again
            .aside
            .unwrap()
            .detail
            .contains("evening.db.unreadable-2")
    );
    assert_eq!(again.entries, []);
    assert_eq!(again.first, january(), "its programmes could be read");
    assert!(folder.path().join("evening.db.unreadable-1").exists());
}

#[test]
fn steps_that_could_not_be_written_are_written_later_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evening.db");
    let mut opened = open(&file, None, 1000);
    let other = Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    opened.store.write(2000, Entry::Advanced).unwrap_err();
    opened.store.write(3000, Entry::Undone).unwrap_err();
    assert!(opened.store.is_behind());
    other.execute_batch("ROLLBACK").unwrap();
    opened.store.write(4000, Entry::Advanced).unwrap();
    assert!(!opened.store.is_behind());
    let (_, entries) = opened.store.evening().unwrap();
    let times: Vec<u64> = entries.iter().map(|(at_ms, _)| *at_ms).collect();
    assert_eq!(times, [2000, 3000, 4000]);
}

#[test]
fn a_store_that_cannot_be_is_named() {
    let rooms = ROOMS.map(str::to_owned);
    let given = Given {
        file: None,
        rooms: &rooms,
        title: "Estrade",
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no/such/folder/evening.db");
    let error = Store::open(Some(&file), given, 0).err().unwrap();
    assert!(error.to_string().contains("evening.db"), "{error}");
}

#[test]
fn another_evening_begins_and_the_report_is_of_the_last_that_was_held() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evening.db");
    let mut opened = open(&file, Some(&january()), 1000);
    opened.store.write(2000, Entry::Advanced).unwrap();
    let february = programme("Février", "2026-02-15");
    opened.store.keep_programme(&february, 3000).unwrap();
    opened.store.begin(&february, 3000).unwrap();
    opened.store.write(3500, Entry::Undone).unwrap();
    let (first, entries) = opened.store.evening().unwrap();
    assert_eq!((first, entries), (january(), vec![(2000, Entry::Advanced)]));
    drop(opened);
    let mut opened = open(&file, Some(&january()), 4000);
    assert_eq!(opened.first, february);
    assert_eq!(opened.entries, [(3500, Entry::Undone)]);
    opened.store.write(5000, Entry::Advanced).unwrap();
    let (first, entries) = opened.store.evening().unwrap();
    assert_eq!((first, entries.len()), (february, 2));
}
