//! Sentences of the pages.

use super::catalogue;

catalogue! { PAGE;
    // Frames.
    product { "首问责任", "First answer" }
    skip_to_form { "跳到办理表单", "Skip to the form" }
    to_list { "我的全部待办", "All that is mine" }
    yours_alone(name) { "{name} 的页面，请勿转发链接", "{name}'s page; please don't pass the link on" }

    // The case.
    case_title(id) { "#{id} 首问责任记录", "Case #{id}" }
    call_at(when) { "{when} 来电", "called {when}" }
    missed_at(when) { "{when} 来电，无人接听", "called {when}, nobody answered" }
    visit_at(when) { "{when} 来访", "came {when}" }
    late_by(span) { "已逾期 {span}", "overdue by {span}" }
    left(span) { "还有 {span}", "{span} left" }
    no_deadline { "没有待办时限", "nothing is due" }
    met_at(when) { "已完成，{when}", "done {when}" }
    met_late_at(when) { "逾期完成，{when}", "done late, {when}" }
    ended { "已结束", "ended" }
    who_title { "情况", "The call" }
    deadlines_title { "时限", "Deadlines" }
    history_title { "经过", "What happened" }
    nobody_answered { "无人接听", "nobody answered" }
    extension(ext) { "分机 {ext}", "extension {ext}" }
    since(when) { "自{when} 起", "since {when}" }
    phone { "联系电话", "Phone" }
    told_once_title { "一次性告知", "Told once" }
    chased(times) { "来电人再次来电 {times}", "the caller rang again {times}" }
    differs { "后来的话单与首问责任人不一致，主管可以更正。", "Later lines name somebody else as first answerer; a supervisor may correct it." }
    flagged { "交换机时钟超前，时限按收到话单的时间计算。", "The switch's clock was ahead; deadlines run from when its line arrived." }
    closed_banner(who, when) { "已由 {who} 于{when} 办结", "Closed by {who}, {when}" }
    voided_banner(who, when) { "已由 {who} 于{when} 作废", "Voided by {who}, {when}" }
    last_change(who, when) { "最近：{who}，{when}", "Latest: {who}, {when}" }
    kept_title { "您填写的内容（未保存）", "What you wrote (not saved)" }
    moved_title(id) { "#{id} 已不在您处", "#{id} is no longer yours" }
    moved_text(name) { "现在由 {name} 承办。这个链接只能查看，不能再办理。", "{name} handles it now. This link still shows that, but can't act." }
    moved_dispute(name) { "现在由 {name} 承办，您不能再办理；对记录中关于您的认定，可以在下面提出异议。", "{name} handles it now, so you can't act on it; with what it says of you, you may still disagree below." }
    looks_text(name) { "由 {name} 承办；下面是您作为上级可以做的。", "{name} handles it; below is what you may do above them." }

    // Forms.
    do_close { "办结", "Close" }
    do_register { "登记", "Register" }
    do_told_once { "一次性告知", "Told once" }
    do_note { "备注", "Note" }
    do_reopen { "重新办理", "Reopen" }
    hint_close { "选结果，写一句话，办结。", "Pick the outcome, write one sentence, done." }
    hint_close_told_once { "已非来电当日：请先在下面“一次性告知”里记下告知的内容，再办结。", "Not the day of the call any more: first write down under “Told once” what the caller was told, then close." }
    hint_register { "先记下姓名和事项，稍后再办结。", "Write down name and matter now, close later." }
    hint_told_once { "记下一次告知来电人的全部内容。", "What the caller was told, once and in full." }
    hint_note { "只留一句话，不改变状态。", "One remark; nothing else changes." }
    hint_reopen { "事情没有办完时重新开始。", "If it turns out not to be done." }
    button_close { "办结", "Close" }
    button_register { "保存登记", "Save" }
    button_told_once { "保存告知内容", "Save what was told" }
    button_note { "保存备注", "Save the note" }
    button_reopen { "重新办理", "Reopen" }
    do_accept { "接收", "Accept" }
    hint_accept { "接收后由您承办。", "From then on it is yours." }
    button_accept { "接收", "Accept" }
    do_return { "退回", "Return" }
    hint_return { "不该由您办时说明理由退回。", "If it is not yours, say why." }
    button_return { "退回", "Return" }
    do_hand_over { "转办", "Hand over" }
    hint_hand_over { "转给职责所在的人或部门，对方接收后才算转出。", "To whom it belongs; it stays yours until they accept." }
    button_hand_over { "转办", "Hand over" }
    do_contact { "已联系来电人", "Spoke to the caller" }
    hint_contact { "记下与来电人说了什么。", "What was said." }
    button_contact { "保存联系记录", "Save" }
    do_promise { "承诺答复日期", "Promise a date" }
    hint_promise { "已答应来电人在某日前答复。", "The caller was promised an answer by a date." }
    button_promise { "保存承诺", "Save the promise" }
    do_wait { "等待来电人", "Wait for the caller" }
    hint_wait { "等来电人补材料等；办结时限暂停，其他时限照常。", "For papers and the like; the clock of closing stops, the others run on." }
    button_wait { "开始等待", "Wait" }
    label_wait_reason { "为什么等", "Why" }
    label_wait_for { "等什么", "What is waited for" }
    label_wait_until { "最迟等到", "Until, at the latest" }
    do_resume { "继续办理", "Go on" }
    hint_resume { "办结时限重新计时。", "The clock of closing runs again." }
    button_resume { "继续办理", "Go on" }
    waits_text(reason, until, text) { "等待来电人（{reason}），最迟到 {until}：{text}。办结时限暂停。", "Waits for the caller ({reason}), until {until} at the latest: {text}. The clock of closing stands." }
    do_extend { "申请延期", "Ask for more time" }
    hint_extend { "到期之前申请，由上级批准。", "Before it is due; the supervisor approves." }
    button_extend { "提交延期", "Send" }
    do_co_handler { "请人协办", "Let somebody help" }
    hint_co_handler { "协办人也能登记、备注。", "They can write on it too." }
    button_co_handler { "添加协办人", "Add" }
    do_hot { "请主管关注", "Show it to the supervisor" }
    hint_hot { "急事、大事，立即通知主管。", "Urgent or grave: they are told at once." }
    button_hot { "通知主管", "Tell the supervisor" }
    do_dispute { "提出异议", "Disagree" }
    hint_dispute { "对首问认定或逾期认定有不同意见。", "With what this case says of you." }
    button_dispute { "提交异议", "Send" }
    do_assign { "指定承办人", "Assign" }
    hint_assign { "直接交给某人，无需接收，不能退回。", "Theirs at once; it can't be returned." }
    button_assign { "指定", "Assign" }
    do_rule { "裁定承办人", "Rule who handles it" }
    hint_rule { "多次转办或退回，由您裁定。", "It went to and fro too often; your word counts." }
    button_rule { "裁定", "Rule" }
    do_approve { "批准", "Approve" }
    hint_approve { "批准上面的申请。", "Grant what is asked above." }
    button_approve { "批准", "Approve" }
    do_decline { "不批准", "Decline" }
    hint_decline { "不批准上面的申请，或不接受异议；理由会通知本人。", "Not grant what is asked above, or not agree with a dispute; who asked is told why." }
    button_decline { "不批准", "Decline" }
    do_confirm { "认定违反首问责任", "Confirm a violation" }
    hint_confirm { "认定后计入考核；当事人可提出异议。", "Then it counts; whom it concerns may disagree." }
    button_confirm { "认定违反首问责任", "Confirm it" }
    do_waive { "免除违反首问责任", "Waive a violation" }
    hint_waive { "仍然可见，但不计入考核。", "It stays visible and does not count." }
    button_waive { "免除", "Waive it" }
    label_violation { "哪一项", "Which" }
    label_sanction { "处理", "Sanction" }
    no_sanction { "不另作处理", "none" }
    violations_title { "违反首问责任", "Violations" }
    breach_line(what, name, when) { "{when}，责任人 {name}：{what}", "{when}, {name}: {what}" }
    charged_to_nobody { "不计入任何人", "charged to nobody" }
    paused_now { "暂停计时", "the clock stands" }
    do_correct { "更正首问责任人", "Correct the first answerer" }
    hint_correct { "判定有误时更正，原判定留在经过里。", "If it was somebody else; what was found stays in the history." }
    button_correct { "更正", "Correct" }
    do_unreasonable { "认定为不合理诉求", "Unreasonable demand" }
    hint_unreasonable { "认定后不计入考核。", "It no longer counts in the score." }
    button_unreasonable { "认定", "Confirm" }
    do_ask_unreasonable { "申请认定不合理诉求", "Unreasonable demand?" }
    hint_ask_unreasonable { "由主管决定；认定后不计入考核。", "The supervisor decides; then it no longer counts in the score." }
    button_ask_unreasonable { "提交主管", "Ask the supervisor" }
    do_void { "作废", "Void" }
    hint_void { "不应有这件记录时作废。", "If this never was a case." }
    button_void { "作废", "Void" }
    choose { "请选择", "Please choose" }
    label_to { "转给谁", "To whom" }
    to_by_rule { "按制度转办（投诉受理、主管等）", "Where the rules send it" }
    department_head(name) { "{name}（部门，直接交给负责人）", "{name} (department: its head has it at once)" }
    whole_department(name) { "{name}（部门，任何人可接收）", "{name} (department: anyone accepts)" }
    away_until(name, day) { "{name}（外出至 {day}）", "{name} (away until {day})" }
    label_outside { "或：外单位名称", "Or another body" }
    hint_outside { "外单位不能接收：告知来电人后按“非本单位”办结。", "It can't accept: the caller is told, and the case is closed as not ours." }
    label_hand_over_text { "转办说明", "What they must know" }
    hint_hand_over_text { "一句话，例如：咨询准营证补办，材料已核。", "One sentence, such as: lost permit, papers are checked." }
    label_rule_to { "由谁承办", "Who handles it" }
    rule_stays { "仍由现承办人办理", "Who has it now" }
    label_correct_to { "首问责任人应为", "The first answerer is" }
    label_co_handler { "协办人", "Who helps" }
    label_until { "日期", "Date" }
    hint_until { "当日下班前。", "By close of business that day." }
    label_promised { "答应了什么", "What was promised" }
    label_extend_told { "怎样告知来电人的", "What the caller was told of it" }
    label_said { "说了什么", "What was said" }
    who_link { "不知道归谁管？查一查", "Who handles it? Search" }
    who_handles_title { "这事归谁管？", "Who handles it?" }
    label_who { "事项、部门或姓名", "Matter, department or name" }
    button_who { "查找", "Search" }
    hit_give { "转给他们", "Give it to them" }
    hit_guide { "引导来电人去找", "Guide the caller there" }
    no_hit(words) { "没有找到“{words}”，换个说法再查。", "Nothing found for “{words}”; try other words." }
    offer_yours(by, text) { "{by} 转给您：{text}", "{by} offers it to you: {text}" }
    offer_waits(to, text) { "已转 {to}，待接收；在此之前仍由现承办人负责。说明：{text}", "Offered to {to}; until accepted it stays where it is: {text}" }
    by_switch { "交换机", "The switch" }
    frozen_text { "转办或退回次数已到上限，待主管裁定。", "It went to and fro too often; the supervisor rules." }
    frozen_meant(frozen, to, text) { "{frozen}（拟转办给 {to}：{text}）", "{frozen} (meant for {to}: {text})" }
    hot_text(why) { "已请主管关注：{why}", "Marked as hot, the supervisor was told: {why}" }
    rule_disputed(name) { "{name} 提出异议", "{name} disagrees with what it says" }
    disputed_text { "有人对这件记录提出异议。", "Somebody disagrees with what it says." }
    co_handlers { "协办人", "Helped by" }
    promised_until { "承诺答复", "Promised by" }
    other_things { "其他操作", "Other things to do" }
    more_fields { "引导、告知、重复等更多内容", "Guiding, relaying, duplicates, more" }
    required { "必填", "required" }
    keep_category { "各按原类别", "each keeps its own" }
    needed_for(duties) { "{duties}：必填", "required for: {duties}" }
    needed_for_outcome(outcome) { "“{outcome}”必填", "required for “{outcome}”" }
    needed_among(duties) { "{duties}：此类至少填一项", "{duties}: this or one like it is required" }
    label_outcome { "结果", "Outcome" }
    hint_outcome { "联系不上、无事项：一句话即可。重复：再填“重复”的编号。", "Unreachable, no matter: one sentence is enough. Duplicate: and the number it repeats." }
    hint_outcome_list { "联系不上、无事项：一句话即可。", "Unreachable, no matter: one sentence is enough." }
    hint_outcome_list_missed { "未接来电选“已回电”。已回电、联系不上、无事项：一句话即可。", "For missed calls pick “called back”. That, unreachable, no matter: one sentence is enough." }
    hint_outcome_missed { "已回电、联系不上、无事项：一句话即可。重复：再填“重复”的编号。", "Called back, unreachable, no matter: one sentence is enough. Duplicate: and the number it repeats." }
    label_text { "怎样办的", "What was done" }
    hint_text { "一句话，例如：已告知所需材料，本人下周来办。", "One sentence, such as: told which papers to bring, comes next week." }
    label_reason { "原因", "Reason" }
    label_note { "备注", "Remark" }
    label_more_text { "其他", "Anything else" }
    fact_duty { "职责归属", "Duty" }
    fact_category { "事项类别", "Category" }
    label_duty { "职责归属", "Duty" }
    label_category { "事项类别", "Category" }
    label_caller_name { "来电人姓名", "Caller's name" }
    label_anonymous { "来电人不愿留名", "The caller won't give a name" }
    label_phone { "另一联系电话", "Another phone" }
    hint_phone_stands(number) { "已登记 {number}；留空则不变", "{number} is registered; left empty it stays" }
    label_matter { "事项", "Matter" }
    label_caller_told { "告知来电人的去向", "What the caller was told" }
    hint_caller_told { "例如：已告知转税务科，电话 8040", "such as: goes to the tax office, phone 8040" }
    label_right_body { "正确的部门或人", "Right office or person" }
    label_right_phone { "其电话", "Its phone" }
    label_tried { "为查找作过的努力", "What was tried to find it" }
    label_of { "与哪一件重复（编号）", "Repeats case number" }
    label_basis { "依据", "Basis" }
    label_procedure { "程序", "Procedure" }
    label_materials { "材料", "Papers to bring" }
    label_limit { "办理期限", "How long it takes" }

    // What went wrong with a form.
    problems_title { "还差一点，您写的都还在：", "Not done yet; all you typed is still here:" }
    needs_sentence { "请写一句话，说明怎样办的", "please write one sentence about what was done" }
    needs_value { "请填写", "please fill this in" }
    needs_choice { "请选择", "please choose" }
    needs_one_of(fields) { "以下至少填一项：{fields}", "fill in at least one of: {fields}" }
    needs_something { "请至少填写一项", "please fill in at least one field" }
    not_known(given, known) { "没有“{given}”，可用：{known}", "there is no “{given}”; known: {known}" }
    not_there(given) { "没有“{given}”", "there is no “{given}”" }
    no_call_back(outcome) { "这件不是未接来电，不能以“{outcome}”办结", "it is no missed call, so it can't be closed as “{outcome}”" }
    itself { "就是这一件，请填另一件的编号", "that is this very case; give another one's number" }
    no_such_receiver { "不能是所选的，请另选通讯录中的人或部门", "not the one chosen; choose somebody else of the directory" }
    no_rule_sends { "制度没有规定这类事项转给谁，请选择人或部门", "the rules don't say where such a matter goes; please choose a person or department" }
    not_a_date(given) { "“{given}”不是日期", "“{given}” is no date" }
    too_early(given, limit) { "{given} 太早，须晚于 {limit}", "{given} is too early: it must be later than {limit}" }
    too_late(given, limit) { "{given} 太晚，最晚到 {limit}", "{given} is too late: {limit} is the latest" }
    not_both { "上面已选了人或部门，二者只选其一", "somebody is chosen already; choose one of the two" }
    not_a_number(given) { "“{given}”不是编号", "“{given}” is not a case number" }
    too_long(limit) { "太长了，最多 {limit} 字", "too long, {limit} characters at most" }
    forbidden_phrase(phrase) { "不能只写“{phrase}”，请写清楚怎样办的", "“{phrase}” alone won't do; please say what was done" }
    unknown_do(given, known) { "没有“{given}”这项操作，可用：{known}", "there is no action “{given}”; known: {known}" }
    stale_form { "页面缺少版本号，请重新打开链接", "the page's version is missing, please open the link again" }

    // What stood in the way.
    changed_meanwhile(who) { "您打开页面之后，{who} 作了更改。请看现在的情况，您写的还在下面，可以再次提交。", "{who} changed this after you opened the page. Please see how it stands; what you typed is still below and can be sent again." }
    wrong_state(state) { "现在的状态是“{state}”，这项操作不适用。", "This can't be done now: it is {state}." }
    form_gone(state) { "没有保存：现在的状态是“{state}”，页面上已没有这项操作。填写的内容还有问题：", "Not saved: it is {state} now, and this can no longer be done here. What was typed has mistakes, too:" }
    not_permitted(reason) { "这项操作不由您做：{reason}", "This is not yours to do: {reason}" }
    busy { "系统正忙，没有保存。您写的还在，请再提交一次。", "The system is busy; nothing was saved. What you typed is still here, please send it again." }

    // The list.
    list_title(name) { "{name} 的待办", "{name}'s open cases" }
    list_sum(cases, overdue) { "共 {cases}，逾期 {overdue} 件", "{cases}, {overdue} overdue" }
    list_empty { "没有待办，辛苦了。", "Nothing is open. Well done." }
    closed_today(cases) { "今天已办结 {cases}", "{cases} closed today" }
    offers_title { "转给您的，待接收", "Offered to you" }
    offers_hint { "不该由您办的，写明原因退回。", "If one is not yours, return it and say why." }
    return_case(id) { "退回 #{id}", "Return #{id}" }
    reason_of(id) { "退回 #{id} 的原因", "Why #{id} is returned" }
    todo_title { "要办的", "To do" }
    waits_title { "等别人的", "Waiting for others" }
    done_title { "今天办结的", "Closed today" }
    count_due_today { "今天到期", "Due today" }
    count_promised_today { "答应今天答复", "Promised for today" }
    watch_rule { "等您裁定或批准", "For you to rule on" }
    watch_pending { "待您认定的违反首问责任", "Violations for your ruling" }
    watch_escalated { "已督办到您", "Escalated to you" }
    watch_overdue { "下属逾期", "Overdue below you" }
    watch_offered { "转办久未接收", "Offered for too long" }
    watch_hot { "请您关注的", "Hot" }
    watch_more(cases) { "另有 {cases}未列出，办完这些后会显示。", "{cases} more are not listed; they appear as these are done." }
    row_offered(to, when) { "已转 {to}，{when} 起等待接收", "offered to {to} since {when}" }
    row_waits(reason, until) { "等待来电人（{reason}），最迟到 {until}", "waits for the caller ({reason}), until {until} at the latest" }
    row_asked(what) { "等主管批准：{what}", "waits for the supervisor: {what}" }
    rule_frozen { "转办或退回次数已到上限，请裁定由谁承办", "went to and fro too often: rule who handles it" }
    rule_asked(by, what, text) { "{by} 申请：{what}。理由：{text}", "{by} asks for {what}: {text}" }
    row_frozen { "等主管裁定由谁承办", "waits for the supervisor to rule who handles it" }
    row_promised(when) { "答应 {when} 前答复", "promised by {when}" }
    row_spoken(when, span) { "{when} 与来电人通话 {span}，交换机有记录", "spoke {when} for {span}, as the switch shows" }
    row_pending(n) { "{n} 项违反首问责任待认定", "violations to rule on: {n}" }
    row_disputed { "有人提出异议", "disputed" }
    row_by(policy, calendar) { "依据：{policy}；日历 {calendar}", "By: {policy}; calendar {calendar}" }
    done_proved(when, span) { "交换机证实：{when} 与来电人通话 {span}", "proved by the switch: spoke {when} for {span}" }
    done_stated { "由承办人说明；交换机没有记录到通话", "stated by the handler; the switch shows no call" }
    asked_promise(until) { "承诺到 {until}", "a promise by {until}" }
    asked_extension(until) { "延期到 {until}", "more time, until {until}" }
    asked_unreasonable { "认定为不合理诉求", "that the demand is unreasonable" }
    accept_case(id) { "接收 #{id}", "Accept #{id}" }
    select_all { "全选", "Select all" }
    select_none { "全不选", "Select none" }
    row_of(name) { "代 {name} 办理", "in the place of {name}" }
    select_case(id) { "选中 #{id}", "Select #{id}" }
    list_pick { "选中的一起办结", "Close the selected together" }
    hint_list { "先勾选，再写一句话；每件分别处理，未成功的会列出原因。", "Tick cases, write one sentence. Each is closed by itself; what could not be done is listed with the reason." }
    button_close_list { "办结选中的", "Close the selected" }
    nothing_selected { "请先勾选要办结的", "please tick at least one case" }
    list_done(cases) { "已办结 {cases}", "{cases} done" }
    list_refused(cases) { "未成功 {cases}", "{cases} not done" }
    refused_stale(who) { "{who} 已作更改，请重新查看", "{who} changed it meanwhile, please look again" }
    refused_moved(who) { "现在由 {who} 承办", "{who} handles it now" }
    refused_gone { "已不存在", "is gone" }
    refused_busy { "系统正忙，请再试", "the system was busy, please try again" }
    refused_lacks(fields) { "还缺：{fields}", "lacks: {fields}" }
    not_yours { "不在您的待办中", "not one of your open cases" }

    // Pages without a case.
    not_found_title { "没有这个页面", "No such page" }
    not_found_text { "链接不完整或有误。请从邮件中重新点开，长链接断行时请复制完整。", "The link is incomplete or wrong. Please open it from the mail again; if it was broken over two lines, copy all of it." }
    expired_title { "链接已过期", "The link has expired" }
    expired_text { "链接 30 天有效。请使用最近一封邮件里的链接。", "Links work for 30 days. Please use the one in your latest mail." }
    gone_title { "没有这件首问责任记录", "There is no such case" }
    gone_text { "这个链接所指的记录不在数据库中，可能是恢复了较早的备份。请使用最近一封邮件里的链接。", "The case of this link is not in the database; perhaps an earlier backup was put back. Please use the link in your latest mail." }
    busy_title { "系统正忙", "The system is busy" }
    busy_text { "没有保存任何内容，请稍后再试。", "Nothing was saved; please try again in a moment." }
    too_large_title { "内容太长", "Too much at once" }
    too_large_text { "一次最多提交 64 KB，没有保存任何内容。", "64 KB can be sent at once; nothing was saved." }
    bad_form_title { "无法读取表单", "The form can't be read" }
    bad_form_text { "请用页面上的表单提交。", "Please send it from the form on the page." }
}
