//! Which rooms are seen where: one plan per viewer.
//!
//! The room on the floor fills every other room's main slot; it sees the one before it.
//! The other rooms stand in the small slots, and keep their place while they are there. The one before always has a
//! place: it is the speaker, whom a room asks.

use conference::RoomId;

/// Small slots of a viewer.
pub const THUMBS: usize = 4;

/// What the plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'a> {
    /// The rooms with a picture, in the programme's order.
    pub present: &'a [RoomId],
    /// The room on the floor. It need not have a picture yet: the wish for it is kept.
    pub holder: Option<RoomId>,
    /// The room on the floor before.
    pub last_holder: Option<RoomId>,
}

/// The rooms a viewer sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the main slot.
    pub main: Option<RoomId>,
    /// In the small slots.
    pub thumbs: [Option<RoomId>; THUMBS],
}

impl Plan {
    /// The plan that follows this one for a viewer in room `own` (`None`: in no room).
    pub fn next(&self, stage: &Stage<'_>, own: Option<RoomId>) -> Plan {
        let main = main(stage, own);
        let fits =
            |room: RoomId| Some(room) != own && Some(room) != main && stage.present.contains(&room);
        let mut thumbs = self.thumbs.map(|room| room.filter(|room| fits(*room)));
        let before = stage
            .last_holder
            .filter(|room| fits(*room) && !thumbs.contains(&Some(*room)));
        if let Some(room) = before {
            let free = thumbs.iter().position(Option::is_none);
            thumbs[free.unwrap_or(THUMBS - 1)] = Some(room);
        }
        for room in stage.present.iter().copied().filter(|room| fits(*room)) {
            if thumbs.contains(&Some(room)) {
                continue;
            }
            let Some(free) = thumbs.iter_mut().find(|slot| slot.is_none()) else {
                break;
            };
            *free = Some(room);
        }
        Plan { main, thumbs }
    }
}

fn main(stage: &Stage<'_>, own: Option<RoomId>) -> Option<RoomId> {
    let other = |room: &RoomId| Some(*room) != own;
    let last = stage
        .last_holder
        .filter(|room| stage.present.contains(room));
    let first = stage.present.iter().copied().find(other);
    stage.holder.filter(other).or(last.filter(other)).or(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: RoomId = RoomId(0);
    const B: RoomId = RoomId(1);
    const C: RoomId = RoomId(2);
    const D: RoomId = RoomId(3);

    fn stage(holder: Option<RoomId>, last_holder: Option<RoomId>) -> Stage<'static> {
        Stage {
            present: &[A, B, C, D],
            holder,
            last_holder,
        }
    }

    fn plan(stage: &Stage<'_>, own: Option<RoomId>) -> Plan {
        Plan::default().next(stage, own)
    }

    #[test]
    fn the_holder_fills_the_main_slot_of_the_others() {
        for own in [Some(A), Some(C), Some(D), None] {
            assert_eq!(plan(&stage(Some(B), Some(A)), own).main, Some(B));
        }
    }

    #[test]
    fn the_holder_sees_the_one_before_it() {
        assert_eq!(plan(&stage(Some(B), Some(C)), Some(B)).main, Some(C));
        assert_eq!(
            plan(&stage(Some(B), Some(RoomId(9))), Some(B)).main,
            Some(A),
            "who left"
        );
        assert_eq!(
            plan(&stage(Some(B), Some(B)), Some(B)).main,
            Some(A),
            "itself"
        );
    }

    #[test]
    fn a_free_floor_keeps_the_last_holder() {
        assert_eq!(plan(&stage(None, Some(C)), Some(A)).main, Some(C));
        assert_eq!(plan(&stage(None, Some(C)), Some(C)).main, Some(A));
        assert_eq!(plan(&stage(None, None), Some(A)).main, Some(B));
    }

    #[test]
    fn a_holder_without_picture_is_wished_for() {
        let stage = Stage {
            present: &[A, C],
            holder: Some(B),
            last_holder: None,
        };
        assert_eq!(plan(&stage, Some(A)).main, Some(B));
    }

    #[test]
    fn thumbs_are_the_others_in_order() {
        assert_eq!(
            plan(&stage(Some(B), None), Some(A)).thumbs,
            [Some(C), Some(D), None, None]
        );
    }

    #[test]
    fn a_thumb_stays_where_it_is_when_another_leaves() {
        let before = plan(&stage(Some(A), None), None);
        assert_eq!(before.thumbs, [Some(B), Some(C), Some(D), None]);
        let stage = Stage {
            present: &[A, C, D],
            holder: Some(A),
            last_holder: None,
        };
        assert_eq!(
            before.next(&stage, None).thumbs,
            [None, Some(C), Some(D), None]
        );
    }

    #[test]
    fn the_former_holder_takes_the_place_of_the_new_one() {
        let before = plan(&stage(Some(A), None), Some(D));
        assert_eq!(before.thumbs, [Some(B), Some(C), None, None]);
        assert_eq!(
            before.next(&stage(Some(B), Some(A)), Some(D)).thumbs,
            [Some(A), Some(C), None, None]
        );
    }

    #[test]
    fn who_is_asked_is_seen_however_many_rooms_there_are() {
        let rooms: Vec<RoomId> = (0..9).map(RoomId).collect();
        let stage = Stage {
            present: &rooms,
            holder: Some(RoomId(1)),
            last_holder: Some(RoomId(8)),
        };
        let thumbs = plan(&stage, Some(A)).thumbs;
        assert!(thumbs.contains(&Some(RoomId(8))), "{thumbs:?}");
    }

    fn room() -> impl Strategy<Value = RoomId> {
        (0..7_u16).prop_map(RoomId)
    }

    proptest! {
        #[test]
        fn nobody_sees_itself_or_anyone_twice(
            steps in prop::collection::vec(
                (prop::collection::btree_set(room(), 0..7), prop::option::of(room()), prop::option::of(room())),
                1..10,
            ),
            own in prop::option::of(room()),
        ) {
            let mut plan = Plan::default();
            for (present, holder, last_holder) in steps {
                let present: Vec<RoomId> = present.into_iter().collect();
                let next = plan.next(&Stage { present: &present, holder, last_holder }, own);
                let shown: Vec<RoomId> = next.thumbs.into_iter().flatten().chain(next.main).collect();
                for (at, room) in shown.iter().enumerate() {
                    prop_assert!(Some(*room) != own);
                    prop_assert!(!shown[..at].contains(room));
                }
                for (before, after) in plan.thumbs.iter().zip(next.thumbs) {
                    let stays = before.is_some_and(|room| present.contains(&room) && next.main != Some(room))
                        && (last_holder.is_none() || after != last_holder);
                    prop_assert!(!stays || *before == after, "a thumb moved");
                }
                let others = present.iter().filter(|room| Some(**room) != own).count();
                prop_assert!(shown.len() >= others.min(THUMBS + 1), "a slot is left empty");
                plan = next;
            }
        }
    }
}
