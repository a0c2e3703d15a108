//! A visit, or a call that no switch printed, registered by hand: its case is complete at once.

use jiff::Timestamp;

use crate::call::Certainty;
use crate::case::event::{Holding, Opening};
use crate::case::opening;
use crate::case::policy::Policy;
use crate::case::state::CaseKind;
use crate::directory::Directory;
use crate::ids::{CategoryId, PersonId};

/// The opening of a visit that `person` received at `at`. `None` only of a policy without categories, or for a
/// stranger in a directory without departments.
pub fn visit(
    person: &PersonId,
    category: Option<CategoryId>,
    at: Timestamp,
    policy: &Policy,
    directory: &Directory,
) -> Option<Opening> {
    let known = category.filter(|id| policy.categories.contains_key(id));
    Some(Opening {
        kind: CaseKind::Visit,
        call: None,
        holding: Holding {
            first_answerer: Some(person.clone()),
            certainty: Certainty::Certain,
            handler: person.clone(),
            department: opening::department_of(directory, person)?,
            how: "received".to_owned(),
            extension: None,
            clock_base: at,
            clock_flagged: false,
        },
        caller_number: None,
        caller_key: None,
        caller_name: None,
        category: known.or_else(|| opening::default_category(policy))?,
        duty: None,
        received_at: at,
        policy: (policy.id.clone(), policy.version.clone()),
    })
}
