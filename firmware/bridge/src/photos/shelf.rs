//! Which photos there are, by their names. Pure.

use std::collections::BTreeMap;

use conference::Programme;
use conference::wire::{PhotoState, PhotoView, Reason};
use serde::{Deserialize, Serialize};

use crate::address::Address;

/// Most photos that are kept: two years of monthly evenings with ten speakers each, 0.1 GB. One that a speaker of now is
/// named with is kept in any case.
const MOST_PHOTOS: usize = 240;

/// What a programme says of its speakers' photos, in order.
pub fn wanted(programme: &Programme) -> Vec<Option<String>> {
    let speakers = programme.speakers.iter();
    speakers.map(|speaker| speaker.photo.clone()).collect()
}

/// The shelf's file: what a restart must know beside the pictures themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// All photos, the one that was brought last in front; no name twice.
    pub photos: Vec<Photo>,
}

/// A photo and its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Photo {
    /// The picture's address.
    pub id: Address,
    /// Its length.
    pub bytes: u64,
    /// Name of the file that was brought.
    pub name: String,
}

/// All photos and all speakers.
#[derive(Debug, Default)]
pub struct Shelf {
    speakers: Vec<Option<String>>,
    index: Index,
    /// Files beside the programme that cannot be photos, by name.
    refused: BTreeMap<String, Reason>,
}

impl Shelf {
    /// The shelf as it was left.
    pub fn new(index: Index) -> Self {
        Self {
            index,
            ..Self::default()
        }
    }

    /// Another programme.
    pub fn plan(&mut self, speakers: Vec<Option<String>>) {
        self.speakers = speakers;
    }

    /// Somebody brought a photo. Gives its name, another one where there is another photo of that name already, and the
    /// photos that make room for it.
    pub fn brought(&mut self, mut photo: Photo) -> (String, Vec<Address>) {
        photo.name = self.free_name(&photo);
        let name = photo.name.clone();
        (name, self.take_in(photo))
    }

    /// A photo lies beside the programme. Gives the photos that make room for it.
    pub fn take_in(&mut self, photo: Photo) -> Vec<Address> {
        self.refused.remove(&photo.name);
        let before: Vec<Address> = self.ids();
        self.index.photos.retain(|known| known.name != photo.name);
        self.index.photos.insert(0, photo);
        while self.index.photos.len() > MOST_PHOTOS {
            let held = |name: &String| self.speakers.iter().flatten().any(|held| held == name);
            let old = self.index.photos.iter();
            let Some(old) = old.skip(1).rposition(|photo| !held(&photo.name)) else {
                break;
            };
            self.index.photos.remove(old + 1);
        }
        let left = self.ids();
        let gone = before.into_iter().filter(|id| !left.contains(id));
        gone.collect()
    }

    /// What lies beside the programme under this name cannot be a photo.
    pub fn refuse(&mut self, name: String, reason: Reason) {
        self.refused.insert(name, reason);
    }

    /// What there is of this name.
    pub fn find(&self, name: &str) -> PhotoState {
        let mut photos = self.index.photos.iter();
        match (
            self.refused.get(name),
            photos.find(|photo| photo.name == name),
        ) {
            (Some(reason), _) => PhotoState::Failed(reason.clone()),
            (None, Some(photo)) => PhotoState::Ready {
                id: photo.id.as_str().to_owned(),
                bytes: photo.bytes,
            },
            (None, None) => PhotoState::Missing,
        }
    }

    /// All speakers' photos, in the order of the programme.
    pub fn views(&self) -> Vec<Option<PhotoView>> {
        let view = |name: &String| PhotoView {
            name: name.clone(),
            state: self.find(name),
        };
        let speakers = self.speakers.iter();
        speakers.map(|name| name.as_ref().map(view)).collect()
    }

    /// What a restart must know.
    pub fn index(&self) -> &Index {
        &self.index
    }

    fn ids(&self) -> Vec<Address> {
        let photos = self.index.photos.iter();
        photos.map(|photo| photo.id.clone()).collect()
    }

    /// Telephones call every photo the same.
    fn free_name(&self, photo: &Photo) -> String {
        let free = |name: &String| {
            let mut photos = self.index.photos.iter();
            let same = photos.find(|known| known.name == *name);
            same.is_none_or(|known| known.id == photo.id)
        };
        let (stem, ending) = match photo.name.rsplit_once('.') {
            Some((stem, ending)) => (stem, format!(".{ending}")),
            None => (photo.name.as_str(), String::new()),
        };
        let others = (2..).map(|n| format!("{stem}-{n}{ending}"));
        let mut names = std::iter::once(photo.name.clone()).chain(others);
        // There is always another number.
        names.find(free).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_of_the_same_name_do_not_take_each_others_place() {
        let mut shelf = Shelf::default();
        shelf.plan(vec![Some("image.jpg".into()), None, Some("x.png".into())]);
        assert_eq!(shelf.brought(photo(1, "image.jpg")).0, "image.jpg");
        assert_eq!(shelf.brought(photo(2, "image.jpg")).0, "image-2.jpg");
        assert_eq!(shelf.brought(photo(3, "image.jpg")).0, "image-3.jpg");
        assert_eq!(shelf.brought(photo(2, "image.jpg")).0, "image-2.jpg");
        assert_eq!(shelf.brought(photo(1, "image.jpg")).0, "image.jpg");
        assert_eq!(shelf.brought(photo(4, "image")).0, "image");
        assert_eq!(tell(&shelf), "image.jpg 1 | - | x.png missing");
    }

    #[test]
    fn a_file_beside_the_programme_takes_the_place_of_what_it_was_before() {
        let mut shelf = Shelf::default();
        shelf.plan(vec![Some("anne.jpg".into())]);
        shelf.take_in(photo(1, "anne.jpg"));
        assert_eq!(
            shelf.take_in(photo(2, "anne.jpg")),
            [photo(1, "").id],
            "nobody names the old one"
        );
        assert_eq!(tell(&shelf), "anne.jpg 2");
        shelf.refuse("anne.jpg".into(), Reason::new("photo_broken", "broken"));
        assert_eq!(tell(&shelf), "anne.jpg failed: broken");
        assert!(
            shelf
                .take_in(photo(3, "anne.jpg"))
                .contains(&photo(2, "").id)
        );
        assert_eq!(tell(&shelf), "anne.jpg 3");
    }

    #[test]
    fn the_oldest_photo_that_nobody_is_named_with_makes_room() {
        let mut shelf = Shelf::default();
        shelf.plan(vec![Some("0.jpg".into())]);
        for n in 0..MOST_PHOTOS {
            assert_eq!(shelf.brought(photo(n, &format!("{n}.jpg"))).1, []);
        }
        assert_eq!(shelf.brought(photo(1000, "a.jpg")).1, [photo(1, "").id]);
        // A picture that has another name still stays.
        shelf.brought(photo(3, "again.jpg"));
        assert_eq!(shelf.brought(photo(1001, "b.jpg")).1, []);
        assert!(tell(&shelf).starts_with("0.jpg 0"));
    }

    fn photo(n: usize, name: &str) -> Photo {
        Photo {
            id: Address::parse(&format!("{n:064}")).unwrap(),
            bytes: 10,
            name: name.into(),
        }
    }

    fn tell(shelf: &Shelf) -> String {
        let views = shelf.views().into_iter().map(|view| match view {
            None => "-".into(),
            Some(PhotoView { name, state }) => match state {
                PhotoState::Missing => format!("{name} missing"),
                PhotoState::Ready { id, .. } => {
                    format!("{name} {}", id.parse::<u64>().unwrap())
                }
                PhotoState::Failed(reason) => format!("{name} failed: {reason}"),
            },
        });
        views.collect::<Vec<String>>().join(" | ")
    }
}
