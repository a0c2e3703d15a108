//! The fold looks at nothing but the legs.

use proptest::prelude::*;

use super::*;

fn any_leg() -> impl Strategy<Value = Leg> {
    let station = prop::sample::select(vec!["8031", "8032", "8033", "8500", "8600", "8000", "8999"]);
    (station, 0i64..120, 0i64..40, 0i64..90, any::<bool>()).prop_map(|(station, offset, ring, talk, picked_up)| {
        let start = format!("09:{:02}:{:02}", offset / 60, offset % 60);
        if picked_up {
            answered(station, &start, ring, talk)
        } else {
            missed(station, &start, ring)
        }
    })
}

fn legs(one_start: bool) -> impl Strategy<Value = Vec<PlacedLeg>> {
    prop::collection::vec(any_leg(), 1..7).prop_map(move |legs| {
        let legs = (1..).zip(legs).map(|(order, mut leg)| {
            if one_start {
                leg.marks.one_start = true;
                leg.start = Stamp::local(wall("09:00:00"));
                let ring = jiff::SignedDuration::from_secs(leg.ring_seconds.unwrap_or(0));
                leg.answered_at = leg.answered_at.map(|_| Stamp::local(wall("09:00:00") + ring));
            }
            put(leg, order)
        });
        legs.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_order_of_handing_over_does_not_matter(
        (legs, shuffled) in prop_oneof![legs(true), legs(false)]
            .prop_flat_map(|legs| (Just(legs.clone()), Just(legs).prop_shuffle()))
    ) {
        prop_assert_eq!(folded(&legs), folded(&shuffled));
    }

    /// A switch prints legs of one start in their order: what comes later was answered later.
    #[test]
    fn a_later_segment_never_changes_the_first_answerer(legs in legs(true)) {
        let whole = folded(&legs);
        for seen in 1..legs.len() {
            let call = folded(&legs[..seen]);
            if call.answered_by.is_some() {
                prop_assert_eq!(&call.answered_by, &whole.answered_by);
                prop_assert_eq!((call.person, call.answered_at), (whole.person.clone(), whole.answered_at));
            }
        }
    }

    /// With times of their own only an earlier answer, or one of the same second, takes the first place.
    #[test]
    fn a_later_answer_never_changes_the_first_answerer(legs in legs(false)) {
        let (last, before) = legs.split_last().unwrap();
        if !before.is_empty() {
            let (call, whole) = (folded(before), folded(&legs));
            let later = last.answered_at.zip(call.answered_at).is_none_or(|(last, first)| last > first);
            if later && call.answered_by.is_some() {
                prop_assert_eq!(call.answered_by, whole.answered_by);
                prop_assert_eq!(call.person, whole.person);
            }
        }
    }

    #[test]
    fn a_person_is_named_only_with_an_answer_and_put_throughs_follow_it(legs in prop_oneof![legs(true), legs(false)]) {
        let call = folded(&legs);
        prop_assert!(call.person.is_none() || call.answered_by.is_some());
        prop_assert!(call.answered_by.is_none() || call.disposition == Disposition::Answered);
        for to in &call.put_through {
            prop_assert!(Some(to.at) >= call.answered_at);
        }
    }
}
