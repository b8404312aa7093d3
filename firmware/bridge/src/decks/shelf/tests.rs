use super::*;
use proptest::prelude::*;

#[test]
fn a_deck_is_missed_made_and_ready() {
    let mut shelf = shelf(&[("Anne", Some("bois.pdf")), ("Yann", None)]);
    assert_eq!(tell(&shelf), "bois.pdf missing | -");
    shelf.brought(0, deck(1, "bois 2.pdf"), Found::File);
    assert_eq!(tell(&shelf), "bois 2.pdf 0 of ? | -");
    assert_eq!(shelf.next(), Some(deck(1, "bois 2.pdf")));
    assert_eq!(shelf.next(), None, "one at a time");
    shelf.progress(0, 40);
    assert_eq!(tell(&shelf), "bois 2.pdf 0 of 40 | -");
    shelf.progress(1, 40);
    assert_eq!(tell(&shelf), "bois 2.pdf 0 of 40 | -", "not worth an event");
    shelf.progress(2, 40);
    assert_eq!(tell(&shelf), "bois 2.pdf 2 of 40 | -");
    shelf.made(40);
    assert_eq!(tell(&shelf), "bois 2.pdf ready 40 | -");
}

#[test]
fn what_was_brought_goes_along_with_its_speaker() {
    let mut shelf = shelf(&[("Anne", None), ("Anne", None), ("Yann", None)]);
    shelf.brought(1, deck(1, "a.pdf"), Found::Pages(3));
    shelf.brought(2, deck(2, "y.pdf"), Found::Pages(4));
    assert_eq!(tell(&shelf), "- | a.pdf ready 3 | y.pdf ready 4");
    shelf.plan(wanted(&programme(&[
        ("Yann", None),
        ("Anne", None),
        ("Anne", None),
    ])));
    assert_eq!(tell(&shelf), "y.pdf ready 4 | - | a.pdf ready 3");
}

#[test]
fn a_deck_may_be_called_by_its_name() {
    let mut shelf = shelf(&[("Anne", None), ("Yann", Some("a.pdf"))]);
    shelf.brought(0, deck(1, "a.pdf"), Found::Pages(3));
    assert_eq!(tell(&shelf), "a.pdf ready 3 | a.pdf ready 3");
    assert!(shelf.remove(1));
    assert_eq!(tell(&shelf), "a.pdf ready 3 | -");
    assert!(!shelf.remove(1));
    shelf.refuse("b.pdf".into(), Reason::new("x", "no"));
    shelf.plan(wanted(&programme(&[("Zoé", Some("b.pdf"))])));
    assert_eq!(tell(&shelf), "b.pdf failed: no");
}

#[test]
fn a_deck_that_fails_may_be_brought_again() {
    let mut shelf = shelf(&[("Anne", None)]);
    shelf.brought(0, deck(1, "a.pdf"), Found::File);
    shelf.next();
    shelf.failed(Reason::new("x", "too long"));
    assert_eq!(tell(&shelf), "a.pdf failed: too long");
    let again = Shelf::new(shelf.index().clone(), |_| Found::Nothing);
    assert_eq!(again.index().failed.len(), 1, "a restart keeps it");
    shelf.brought(0, deck(1, "a.pdf"), Found::File);
    assert_eq!(tell(&shelf), "a.pdf 0 of ?");
}

#[test]
fn a_deck_of_nobody_is_given_up_and_old_ones_make_room() {
    let mut shelf = shelf(&[("Anne", None)]);
    shelf.brought(0, deck(1, "a.pdf"), Found::File);
    shelf.next();
    assert!(!shelf.in_vain());
    shelf.remove(0);
    assert!(shelf.in_vain());
    assert_eq!(shelf.given_up(), Some(deck(1, "").id));
    let forgotten: Vec<Address> = (0..70)
        .flat_map(|n| shelf.brought(0, deck(n, &format!("{n}.pdf")), Found::Pages(1)))
        .collect();
    let expected: Vec<Address> = (0..6).map(|n| deck(n, "").id).collect();
    assert_eq!(forgotten, expected);
}

proptest! {
    /// Whatever is done in whatever order: a deck is shown as ready only if it was made, one is made at a time, and a
    /// restart shows the same.
    #[test]
    fn the_shelf_stays_sound(steps in prop::collection::vec((0_u8..8, 0_usize..4, 0_u8..4), 0..60)) {
        let speakers = [("Anne", None), ("Yann", Some("1.pdf")), ("Zoé", None)];
        let mut shelf = shelf(&speakers);
        let mut made: BTreeMap<Address, u16> = BTreeMap::new();
        let mut making = None;
        for (what, speaker, n) in steps {
            let deck = deck(n, &format!("{n}.pdf"));
            let found = made.get(&deck.id).map_or(Found::File, |pages| Found::Pages(*pages));
            match what {
                0 | 1 => drop(shelf.brought(speaker, deck, found)),
                2 => drop(shelf.take_in(deck, found)),
                3 => drop(shelf.remove(speaker)),
                4 => {
                    let next = shelf.next();
                    prop_assert!(next.is_none() || making.is_none());
                    making = next.or(making);
                }
                5 => shelf.progress(u16::from(n), 9),
                6 => {
                    shelf.made(9);
                    if let Some(Known { id, .. }) = making.take() {
                        made.insert(id, 9);
                    }
                }
                _ => {
                    shelf.failed(Reason::new("x", "no"));
                    making = None;
                }
            }
            for view in shelf.views().into_iter().flatten() {
                if let DeckState::Ready { id, pages } = view.state {
                    prop_assert_eq!(made.get(&Address::parse(&id).unwrap()), Some(&pages));
                }
            }
        }
        let mut again = Shelf::new(shelf.index().clone(), |id| {
            made.get(id).map_or(Found::File, |pages| Found::Pages(*pages))
        });
        again.plan(wanted(&programme(&speakers)));
        for (before, after) in shelf.views().into_iter().zip(again.views()) {
            // What was being made is begun again.
            let settled = |view: Option<DeckView>| {
                view.filter(|view| !matches!(view.state, DeckState::Rendering { .. }))
            };
            prop_assert_eq!(settled(before), settled(after));
        }
    }
}

fn shelf(speakers: &[(&str, Option<&str>)]) -> Shelf {
    let mut shelf = Shelf::new(Index::default(), |_| Found::Nothing);
    shelf.plan(wanted(&programme(speakers)));
    shelf
}

fn programme(speakers: &[(&str, Option<&str>)]) -> Programme {
    let mut text = "title = \"Essai\"\nrooms = [\"Brest\"]\n".to_owned();
    for (name, deck) in speakers {
        text += &format!("[[speaker]]\nname = \"{name}\"\nroom = \"Brest\"\n");
        if let Some(deck) = deck {
            text += &format!("deck = \"{deck}\"\n");
        }
    }
    Programme::parse("test", &text).unwrap()
}

fn deck(n: u8, name: &str) -> Known {
    Known {
        id: Address::of(&[n; 32]),
        name: name.into(),
    }
}

fn tell(shelf: &Shelf) -> String {
    let views = shelf.views().into_iter().map(|view| match view {
        None => "-".into(),
        Some(DeckView { name, state }) => match state {
            DeckState::Missing => format!("{name} missing"),
            DeckState::Rendering { done, pages: None } => format!("{name} {done} of ?"),
            DeckState::Rendering {
                done,
                pages: Some(pages),
            } => format!("{name} {done} of {pages}"),
            DeckState::Ready { pages, .. } => format!("{name} ready {pages}"),
            DeckState::Failed(reason) => format!("{name} failed: {reason}"),
        },
    });
    views.collect::<Vec<String>>().join(" | ")
}
