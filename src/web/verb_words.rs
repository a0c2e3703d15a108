//! What each form is called, what it is for, and what its button says.

use super::form::Verb;
use crate::l10n::Say;

/// Title, hint and button of a form.
pub(super) fn verb_words(say: Say, verb: Verb, asks: bool) -> (String, String, String) {
    match verb {
        Verb::Accept => (say.do_accept(), say.hint_accept(), say.button_accept()),
        Verb::Rule => (say.do_rule(), say.hint_rule(), say.button_rule()),
        Verb::Approve => (say.do_approve(), say.hint_approve(), say.button_approve()),
        Verb::Decline => (say.do_decline(), say.hint_decline(), say.button_decline()),
        Verb::Confirm => (say.do_confirm(), say.hint_confirm(), say.button_confirm()),
        Verb::Waive => (say.do_waive(), say.hint_waive(), say.button_waive()),
        Verb::Close => (say.do_close(), say.hint_close(), say.button_close()),
        Verb::Return => (say.do_return(), say.hint_return(), say.button_return()),
        Verb::HandOver => (say.do_hand_over(), say.hint_hand_over(), say.button_hand_over()),
        Verb::Contact => (say.do_contact(), say.hint_contact(), say.button_contact()),
        Verb::Register => (say.do_register(), say.hint_register(), say.button_register()),
        Verb::ToldOnce => (say.do_told_once(), say.hint_told_once(), say.button_told_once()),
        Verb::Promise => (say.do_promise(), say.hint_promise(), say.button_promise()),
        Verb::Extend => (say.do_extend(), say.hint_extend(), say.button_extend()),
        Verb::Wait => (say.do_wait(), say.hint_wait(), say.button_wait()),
        Verb::Resume => (say.do_resume(), say.hint_resume(), say.button_resume()),
        Verb::CoHandler => (say.do_co_handler(), say.hint_co_handler(), say.button_co_handler()),
        Verb::Hot => (say.do_hot(), say.hint_hot(), say.button_hot()),
        Verb::Assign => (say.do_assign(), say.hint_assign(), say.button_assign()),
        Verb::Correct => (say.do_correct(), say.hint_correct(), say.button_correct()),
        Verb::Unreasonable if asks => (
            say.do_ask_unreasonable(),
            say.hint_ask_unreasonable(),
            say.button_ask_unreasonable(),
        ),
        Verb::Unreasonable => (
            say.do_unreasonable(),
            say.hint_unreasonable(),
            say.button_unreasonable(),
        ),
        Verb::Reopen => (say.do_reopen(), say.hint_reopen(), say.button_reopen()),
        Verb::Note => (say.do_note(), say.hint_note(), say.button_note()),
        Verb::Dispute => (say.do_dispute(), say.hint_dispute(), say.button_dispute()),
        Verb::Void => (say.do_void(), say.hint_void(), say.button_void()),
    }
}
