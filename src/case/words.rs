//! Refusals in words: what lacks and what to do, in Chinese and English.

use crate::case::Refusal;
use crate::case::life::Ask;
use crate::case::state::CaseState;
use crate::directory::Lang;

impl Refusal {
    /// One line for a person: the reason and the way out.
    pub fn words(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => self.zh(),
            Lang::En => self.en(),
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Stale { known, now } => {
                format!("这件记录已被他人更改（您看到的是第 {known} 版，现为第 {now} 版）；请刷新后再办")
            }
            Self::WrongState { state, verb } => match state {
                CaseState::Closed => format!("已办结，不能再做“{}”；如需继续，请先重新办理（reopen）", verb_zh(verb)),
                CaseState::Void => format!("已作废，不能再做“{}”", verb_zh(verb)),
                CaseState::Frozen => format!("转办次数过多，已冻结，不能做“{}”；请主管裁定", verb_zh(verb)),
                _ => format!("当前状态为“{}”，不能做“{}”", state_zh(*state), verb_zh(verb)),
            },
            Self::Lacks(fields) => {
                let fields: Vec<String> = fields.iter().map(|field| lacking(field, Lang::Zh)).collect();
                format!("还缺：{}；请补填后再提交", fields.join("、"))
            }
            Self::NotPermitted { reason } => format!("无权办理：{}", reason_zh(reason)),
            Self::ForbiddenPhrase(phrase) => {
                format!("办结说明不能只写“{phrase}”；请写明如何答复、告知应找哪个单位及电话，或不能办理的理由")
            }
            Self::AskedAlready { what, until } => {
                let until = until.as_ref().map_or_else(String::new, |until| format!(" {until}"));
                format!(
                    "已有一项申请在等主管批准（{}{until}）；请等主管批准或不批准后再提出",
                    ask_words(*what, Lang::Zh)
                )
            }
            Self::Unknown {
                field: "to",
                given,
                known,
            } if known.is_empty() => {
                format!("不能交给“{given}”；请填通讯录中的另一人、部门，或 outside:单位名称")
            }
            Self::Unknown {
                field: "until",
                given,
                known,
            } => format!("日期不能是 {given}：须晚于现在且在时限以内（{}）", known.join("、")),
            Self::Unknown { field, given, known } if given.is_empty() => {
                format!("还缺：{}；可选：{}", named(field, Lang::Zh), known.join("、"))
            }
            Self::Unknown { field, given, known } if known.is_empty() => {
                format!("{}不能是“{given}”；请填另一件记录的编号", named(field, Lang::Zh))
            }
            Self::Unknown { field, given, known } => {
                format!("{}没有“{given}”；可选：{}", named(field, Lang::Zh), known.join("、"))
            }
        }
    }

    fn en(&self) -> String {
        match self {
            Self::Stale { known, now } => {
                format!(
                    "somebody else changed the case first (you saw version {known}, it is {now} now); look again, then repeat"
                )
            }
            Self::WrongState { state, verb } => match state {
                CaseState::Closed => format!("the case is closed, so {verb} is not possible; reopen it first"),
                CaseState::Void => format!("the case is void, so {verb} is not possible"),
                CaseState::Frozen => {
                    format!("the case moved too often and is frozen, so {verb} waits for the supervisor's ruling")
                }
                _ => format!("the case is {}, so {verb} is not possible", state_en(*state)),
            },
            Self::Lacks(fields) => {
                let fields: Vec<String> = fields.iter().map(|field| lacking(field, Lang::En)).collect();
                format!("still lacking: {}; add it and send again", fields.join(", "))
            }
            Self::NotPermitted { reason } => format!("not permitted: {reason}"),
            Self::ForbiddenPhrase(phrase) => format!(
                "`{phrase}` alone is no answer; write what the caller was told: the result, the right office and its phone, or the reasons"
            ),
            Self::AskedAlready { what, until } => {
                let until = until
                    .as_ref()
                    .map_or_else(String::new, |until| format!(" until {until}"));
                format!(
                    "a request waits for the supervisor already: {}{until}; ask again once they have approved or declined it",
                    ask_words(*what, Lang::En)
                )
            }
            Self::Unknown {
                field: "to",
                given,
                known,
            } if known.is_empty() => {
                format!("`{given}` can't take it; name another person or department of the directory, or outside:NAME")
            }
            Self::Unknown {
                field: "until",
                given,
                known,
            } => format!(
                "the date can't be {given}: it must be to come and within the limit ({})",
                known.join(", ")
            ),
            Self::Unknown { field, given, known } if given.is_empty() => {
                format!("still lacking: {}; one of {}", named(field, Lang::En), known.join(", "))
            }
            Self::Unknown { field, given, known } if known.is_empty() => {
                format!(
                    "{} can't be `{given}`; give another case's number",
                    named(field, Lang::En)
                )
            }
            Self::Unknown { field, given, known } => {
                format!(
                    "{} has no `{given}`; known: {}",
                    named(field, Lang::En),
                    known.join(", ")
                )
            }
        }
    }
}

/// A lacking field. A reason has no list to choose from where it lacks, but is a sentence.
fn lacking(field: &str, lang: Lang) -> String {
    match (field, lang) {
        ("reason", Lang::Zh) => "理由，写一句话（reason）".to_owned(),
        ("reason", Lang::En) => "a reason, in a sentence (reason)".to_owned(),
        _ => named(field, lang),
    }
}

/// A field in words, with its name as flags and forms have it; alternatives with "or".
fn named(field: &str, lang: Lang) -> String {
    let words: Vec<&str> = field.split('|').map(|one| field_word(one, lang)).collect();
    match lang {
        Lang::Zh => format!("{}（{field}）", words.join("或")),
        Lang::En => format!("{} ({field})", words.join(" or ")),
    }
}

fn field_word(field: &str, lang: Lang) -> &str {
    let (zh, en) = match field {
        "caller_name" => ("来电人姓名", "the caller's name"),
        "anonymous" => ("注明来电人不愿留名", "that the caller gives no name"),
        "phone" => ("联系电话", "a phone to reach the caller"),
        "matter" => ("事项内容", "what it is about"),
        "duty" => ("职责归属", "whose matter it is"),
        "category" => ("事项类别", "the kind of matter"),
        "caller_told" => ("如何告知来电人去向", "what the caller was told about where it went"),
        "right_body" => ("应找的单位或人员", "the right office or person"),
        "right_phone" => ("该单位或人员的电话", "its phone"),
        "tried" => ("为查找承办单位所做的努力", "what was tried to find the right office"),
        "told_once" => ("一次性告知", "the told-once notice"),
        "outcome" => ("办理结果", "the outcome"),
        "text" => ("说明", "a sentence"),
        "reason" => ("理由", "a reason"),
        "to" => ("交给谁", "to whom"),
        "until" => ("日期", "the date"),
        "violation" => ("违反首问责任的事项", "the violation"),
        "sanction" => ("处理方式", "the sanction"),
        "of" => ("重复的是哪一件", "the case it repeats"),
        "basis" => ("依据", "the basis"),
        "procedure" => ("程序", "the procedure"),
        "materials" => ("所需材料", "the materials"),
        "limit" => ("办理时限", "the limit"),
        other => (other, other),
    };
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

fn verb_zh(verb: &str) -> &str {
    match verb {
        "register" => "登记",
        "told-once" => "一次性告知",
        "close" => "办结",
        "reopen" => "重新办理",
        "void" => "作废",
        "hand-over" => "转办",
        "accept" => "接收",
        "return" => "退回",
        "assign" => "指派",
        "rule" => "裁定",
        "contact" => "联系来电人",
        "promise" => "承诺答复",
        "wait" => "等待来电人",
        "resume" => "继续办理",
        "extend" => "延期",
        "extending what has passed" => "延期（时限已过，不再延期）",
        "decline" => "不批准",
        "approve" => "批准",
        "hot" => "标为热点",
        "correct" => "更正首问责任人",
        "unreasonable" => "标为不合理诉求",
        "co-handler" => "增加协办人",
        "chase" => "记来电人再次来电",
        "redraft" => "重算首问责任人",
        other => other,
    }
}

/// What the supervisor is asked for.
pub fn ask_words(what: Ask, lang: Lang) -> &'static str {
    let (zh, en) = match what {
        Ask::Promise => ("超过时限的承诺", "a promise beyond the limit"),
        Ask::Extension => ("延期", "an extension"),
        Ask::Unreasonable => ("不合理诉求", "that the demand is unreasonable"),
    };
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

fn state_zh(state: CaseState) -> &'static str {
    match state {
        CaseState::Open => "办理中",
        CaseState::Offered => "待接收",
        CaseState::Waiting => "待补材料",
        CaseState::Frozen => "冻结",
        CaseState::Closed => "已办结",
        CaseState::Void => "已作废",
    }
}

fn state_en(state: CaseState) -> &'static str {
    match state {
        CaseState::Open => "open",
        CaseState::Offered => "offered",
        CaseState::Waiting => "waiting",
        CaseState::Frozen => "frozen",
        CaseState::Closed => "closed",
        CaseState::Void => "void",
    }
}

/// Why something is not permitted, in a language.
pub fn reason_words(reason: &str, lang: Lang) -> &str {
    match lang {
        Lang::Zh => reason_zh(reason),
        Lang::En => reason,
    }
}

fn reason_zh(reason: &str) -> &str {
    use crate::case::permit::reason;
    match reason {
        reason::STRANGER => "通讯录中没有此人",
        reason::SWITCH_ONLY => "此项只由交换机话单和时钟写入",
        reason::WRITE => "只有承办人、协办人、首问责任人及其上级可以填写",
        reason::CLOSE => "只有承办人、承办人外出时的代理人或其上级可以办理",
        reason::CATEGORY => "选用此类别须由主管决定；请主管来设定",
        reason::OWN => "不得对本人事项作出裁定；请上一级主管办理",
        reason::OFFERED => "只有被转办的人、该部门人员或其代理人可以答复",
        reason::FORCED => "此件由上级指派，不能退回；如有异议请向其提出或提交异议（dispute）",
        reason::DISPUTE => "只有本件涉及的人员可以提出异议",
        reason::EXTENDED => "按制度不能再延期",
        reason::NO_CLOCK => "没有可以暂停的办结时限",
        reason::NO_WAIT => "制度没有规定等待来电人的情形",
        reason::WAITED => "等待来电人的时间已达制度上限",
        reason::RULE => "只有承办人的上级、管理者或管理员可以办理",
        other => other,
    }
}
