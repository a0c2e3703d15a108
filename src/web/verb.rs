//! What a form can do: the names of the command line.

/// One thing to do with a case, by its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Take what is offered.
    Accept,
    /// Rule on a frozen case.
    Rule,
    /// Grant what was asked.
    Approve,
    /// Not grant what was asked, or not agree with a dispute.
    Decline,
    /// A violation counts.
    Confirm,
    /// A violation is excused.
    Waive,
    /// Done.
    Close,
    /// Give back what is offered, or what the switch put through.
    Return,
    /// Offer it to somebody.
    HandOver,
    /// The caller was spoken to.
    Contact,
    /// Write down name and matter.
    Register,
    /// What the caller was told, once.
    ToldOnce,
    /// The caller was promised an answer by a date.
    Promise,
    /// Wait for the caller.
    Wait,
    /// Go on after waiting.
    Resume,
    /// A later deadline.
    Extend,
    /// Let somebody help.
    CoHandler,
    /// Show it to the supervisor at once.
    Hot,
    /// Give it to somebody by force.
    Assign,
    /// Name another first answerer.
    Correct,
    /// The demand is unreasonable.
    Unreasonable,
    /// Take up again.
    Reopen,
    /// A remark.
    Note,
    /// Not agree with what the case says of oneself.
    Dispute,
    /// Was none.
    Void,
}

impl Verb {
    /// All, in the order of the page.
    pub const ALL: [Self; 25] = [
        Self::Accept,
        Self::Rule,
        Self::Approve,
        Self::Decline,
        Self::Close,
        Self::Confirm,
        Self::Waive,
        Self::Resume,
        Self::Return,
        Self::HandOver,
        Self::Contact,
        Self::Register,
        Self::ToldOnce,
        Self::Promise,
        Self::Wait,
        Self::Extend,
        Self::CoHandler,
        Self::Hot,
        Self::Assign,
        Self::Correct,
        Self::Unreasonable,
        Self::Reopen,
        Self::Note,
        Self::Dispute,
        Self::Void,
    ];

    /// As in the field `do`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Rule => "rule",
            Self::Approve => "approve",
            Self::Decline => "decline",
            Self::Confirm => "confirm",
            Self::Waive => "waive",
            Self::Close => "close",
            Self::Return => "return",
            Self::HandOver => "hand-over",
            Self::Contact => "contact",
            Self::Register => "register",
            Self::ToldOnce => "told-once",
            Self::Promise => "promise",
            Self::Wait => "wait",
            Self::Resume => "resume",
            Self::Extend => "extend",
            Self::CoHandler => "co-handler",
            Self::Hot => "hot",
            Self::Assign => "assign",
            Self::Correct => "correct",
            Self::Unreasonable => "unreasonable",
            Self::Reopen => "reopen",
            Self::Note => "note",
            Self::Dispute => "dispute",
            Self::Void => "void",
        }
    }

    /// The verb of a `do` field, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.as_str() == text)
    }

    /// The field its sentence is in.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Return
            | Self::Assign
            | Self::Rule
            | Self::Correct
            | Self::Decline
            | Self::Unreasonable
            | Self::Confirm
            | Self::Waive
            | Self::Void => "reason",
            _ => "text",
        }
    }

    /// Those that most people came for: shown without being asked for.
    pub fn is_main(self) -> bool {
        matches!(self, Self::Accept | Self::Rule | Self::Approve | Self::Close)
    }
}
