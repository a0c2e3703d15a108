//! Sentences of the mails, and those that mails and pages share.

use super::catalogue;

catalogue! { COMMON;
    // The subject.
    mark { "首问", "First answer" }
    overdue { "逾期", "Overdue" }
    due_soon { "将到期", "Due" }
    due_now { "到期", "Due now" }
    offered_to_you { "转给您", "Offered to you" }
    assigned_to_you { "指派给您", "Assigned to you" }
    put_through_to_you { "转接给您", "Put through to you" }
    returned_to_you { "退回给您", "Returned to you" }
    bounced { "邮件未送达", "Mail not delivered" }
    hot_case { "热点", "Hot" }
    to_rule { "请您裁定", "Your ruling" }
    no_number { "号码未显示", "number withheld" }

    // The letter.
    dear(name) { "{name}，您好：", "Dear {name}," }
    dear_nobody { "您好：", "Good day," }
    head_overdue(id, what, when) { "#{id} 已逾期：应在{when} 前{what}。", "#{id} is overdue: {what} was due {when}." }
    head_due(id, what, when) { "#{id} 请在{when} 前{what}。", "#{id}: {what} is due {when}." }
    head_offered(id) { "#{id} 转办给您，请接收或退回。", "#{id} is offered to you: please accept or return it." }
    head_assigned(id) { "#{id} 由主管指派给您办理。", "#{id} has been assigned to you by the supervisor." }
    head_put_through(id) { "#{id} 的来电人已转接给您，现由您办理。", "The caller of #{id} was put through to you; you handle it now." }
    head_returned(id) { "#{id} 被退回给您，仍由您办理。", "#{id} was returned to you; you handle it." }
    head_bounced(id) { "#{id} 的承办人邮箱无法送达，因此通知您。", "The mail about #{id} could not reach its handler, so you are told." }
    head_hot(id) { "#{id} 被标为热点，请您关注并协调。", "#{id} was marked as hot; please look and coordinate." }
    head_to_rule(id) { "#{id} 等待您的裁定或批准。", "#{id} waits for your ruling or approval." }
    in_copy { "此件抄送给您，由承办人办理。", "You are in copy; the handler is to act." }
    urged(rung) { "督办第 {rung} 级", "urging, rung {rung}" }
    digest_head(cases) { "有 {cases}需要您处理，最急的在前。", "You have {cases} to see to, the most urgent first." }
    not_registered { "尚未登记", "nothing registered yet" }
    matter { "事项", "Matter" }
    caller { "来电人", "Caller" }
    why_you { "为何是您", "Why you" }
    you_answered(ext, when) { "您在{when} 用分机 {ext} 首先接听", "you answered first, on extension {ext}, {when}" }
    you_answered_no_ext(when) { "您在{when} 首先接听", "you answered first, {when}" }
    you_handle(name, ext, when) { "您是承办人；{name} 在{when} 用分机 {ext} 首先接听", "you are the handler; {name} answered first, on extension {ext}, {when}" }
    you_handle_no_ext(name, when) { "您是承办人；{name} 在{when} 首先接听", "you are the handler; {name} answered first, {when}" }
    you_call_back(ext, when) { "{when} 打到分机 {ext} 的电话无人接听，由您回电", "the call to extension {ext}, {when}, was missed; calling back is yours" }
    you_call_back_no_ext(when) { "{when} 的来电无人接听，由您回电", "the call of {when} was missed; calling back is yours" }
    you_visit(when) { "{when} 登记的来访由您承办", "the visit of {when} is yours to handle" }
    you_by_lead(when) { "{when} 的来电不能确定由谁首接，由您先行承办", "who answered the call of {when} first is not sure; you handle it for now" }
    you_deputy(name) { "{name} 不在或收不到邮件，请您代为办理", "{name} is away or can't be mailed; please act in their place" }
    you_supervise(name) { "承办人 {name} 逾期未办，请您督办", "{name} handles it and is late; please see to it" }
    you_copy(name) { "承办人是 {name}，您收到抄送", "{name} handles it; you are in copy" }
    how_sure { "确定程度", "How sure" }
    deadline_label { "时限", "Deadline" }
    also_due { "还有", "And" }
    deadline_is(what, when) { "{what}，{when} 前", "{what}, by {when}" }
    computed { "计算依据", "Computed" }
    rang_again { "再次来电", "Rang again" }
    first_answerer { "首问责任人", "First answerer" }
    handler { "承办人", "Handler" }
    nobody_sure { "尚不确定", "not sure yet" }
    open_case(id) { "办理 #{id}", "Open #{id}" }
    open_list { "一次处理全部", "Open the whole list" }
    list_line { "全部待办（可一次办结多件）：", "Everything that is yours (several can be closed at once):" }
    footer_link { "链接只供您本人使用，30 天内有效。打开链接不会改变任何内容，在页面上提交才算数。", "The links are yours alone and work for 30 days. Opening one changes nothing; only what you send on the page counts." }
    footer_auto { "本邮件由系统自动发出，请勿回复。", "This mail was sent automatically; please don't reply." }

    // Letters to the administrator.
    test_subject { "测试邮件", "Test mail" }
    test_text { "这是一封测试邮件：邮件服务工作正常。", "This is a test: mail works." }
    dead_subject(address) { "邮箱无法送达：{address}", "Dead address: {address}" }
    dead_text(address) { "邮件服务器拒收发往 {address} 的邮件。今后不再发往该地址，其督办邮件改发给下一位可送达的人员。", "The mail server refused mail to {address}. Nothing more is sent there; what was for it goes to the next person up the line whose address takes mail." }
    dead_way_out { "请在人员名录中更正地址并重新加载配置；如该地址已恢复，请运行 firstanswer outbox retry。", "Mend the address in the directory and reload; if the address works again, run: firstanswer outbox retry" }
    given_up_subject(address) { "邮件五天未能送达：{address}", "Not delivered for five days: {address}" }
    given_up_text(address, subject) { "发往 {address} 的邮件“{subject}”五天内未能送达，已停止重试。", "The mail “{subject}” to {address} could not be delivered for five days; it is no longer tried." }
    given_up_way_out { "排除故障后请运行 firstanswer outbox retry。", "When the cause is mended, run: firstanswer outbox retry" }
    server_said(why) { "原因：{why}", "Why: {why}" }
}
