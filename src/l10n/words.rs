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
    bounced { "无人接收", "Not accepted" }
    hot_case { "热点", "Hot" }
    to_rule { "请您裁定", "Your ruling" }
    declined_to_you { "未获批准", "Declined" }
    approved_to_you { "已批准", "Approved" }
    given_away { "已改由他人承办", "Given to somebody else" }
    violation_confirmed { "违反首问责任已认定", "Violation confirmed" }
    violation_waived { "违反首问责任已免除", "Violation waived" }
    first_corrected { "首问责任人已更正", "First answerer corrected" }
    also_happened { "另有", "Also" }
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
    head_bounced(id) { "#{id} 转办后无人在时限内接收，已回到您处，仍由您办理。", "Nobody accepted #{id} in time: it is back with you, and you handle it." }
    head_hot(id) { "#{id} 被标为热点，请您关注并协调。", "#{id} was marked as hot; please look and coordinate." }
    head_to_rule(id) { "#{id} 等待您的裁定或批准。", "#{id} waits for your ruling or approval." }
    head_declined(id) { "#{id} 您的申请或异议未获批准，理由见说明。", "#{id}: what you asked for or disputed was declined; the reason is below." }
    head_approved(id) { "#{id} 您的申请已获批准。", "#{id}: what you asked for was approved." }
    head_given_away(id) { "#{id} 已由主管改交他人承办。", "#{id} was given to somebody else by the supervisor." }
    head_confirmed(id) { "#{id} 记在您名下的一项违反首问责任已被认定。", "#{id}: a violation that is charged to you was confirmed." }
    head_waived(id) { "#{id} 记在您名下的一项违反首问责任已被免除。", "#{id}: a violation that was charged to you was waived." }
    head_corrected(id) { "#{id} 的首问责任人已更正。", "#{id}: the first answerer was corrected." }
    why_and_how { "为何是您、时限怎样计算", "Why you, and how the deadline was computed" }
    in_copy { "此件抄送给您，由承办人办理。", "You are in copy; the handler is to act." }
    urged(rung) { "督办第 {rung} 级", "urging, rung {rung}" }
    digest_head(cases) { "有 {cases}需要您处理，最急的在前。", "You have {cases} to see to, the most urgent first." }
    digest_and_copies(cases, copies) { "有 {cases}需要您处理，另有 {copies}抄送给您，最急的在前。", "You have {cases} to see to, and {copies} in copy; the most urgent first." }
    digest_copies(copies) { "有 {copies}抄送给您，由承办人办理，最急的在前。", "You are in copy of {copies}; the handlers are to act. The most urgent first." }
    not_registered { "尚未登记", "nothing registered yet" }
    matter { "事项", "Matter" }
    caller { "来电人", "Caller" }
    why_you { "为何是您", "Why you" }
    you_answered(ext, when) { "您在{when} 用分机 {ext} 首先接听", "you answered first, on extension {ext}, {when}" }
    you_answered_no_ext(when) { "您在{when} 首先接听", "you answered first, {when}" }
    you_handle(name, ext, when) { "您是承办人；{name} 在{when} 用分机 {ext} 首先接听", "you are the handler; {name} answered first, on extension {ext}, {when}" }
    you_handle_no_ext(name, when) { "您是承办人；{name} 在{when} 首先接听", "you are the handler; {name} answered first, {when}" }
    you_offered(name) { "{name} 转给您，接收前仍由承办人负责", "{name} offers it to you; until you accept, the handler keeps it" }
    said_with_it { "说明", "Said with it" }
    you_call_back(ext, when) { "{when} 打到分机 {ext} 的电话无人接听，由您回电", "the call to extension {ext}, {when}, was missed; calling back is yours" }
    you_call_back_no_ext(when) { "{when} 的来电无人接听，由您回电", "the call of {when} was missed; calling back is yours" }
    you_visit(when) { "{when} 登记的来访由您承办", "the visit of {when} is yours to handle" }
    you_by_lead(when) { "{when} 的来电不能确定由谁首先接听，由您先行承办", "who answered the call of {when} first is not sure; you handle it for now" }
    you_deputy(name) { "{name} 不在或收不到邮件，请您代为办理", "{name} is away or can't be mailed; please act in their place" }
    you_rule(name) { "承办人是 {name}，请您裁定或批准", "{name} handles it; your ruling or approval is asked for" }
    you_watch(name) { "承办人是 {name}，请您关注", "{name} handles it; please keep an eye on it" }
    you_concerned(name) { "承办人是 {name}，此事与您有关，特此告知", "{name} handles it; you are told because it concerns you" }
    you_supervise(name) { "承办人 {name} 逾期未办，请您督办", "{name} handles it and is late; please see to it" }
    you_copy(name) { "承办人是 {name}，您收到抄送", "{name} handles it; you are in copy" }
    read_for(name) { "（代{name}收阅）", " (read for {name})" }
    and_more(list) { "另有：{list}", "And: {list}" }
    how_sure { "确定程度", "How sure" }
    the_call { "通话", "Call" }
    dialled(number) { "打到 {number}", "to {number}" }
    talked(span) { "谈了 {span}", "{span} of talk" }
    deadline_label { "时限", "Deadline" }
    also_due { "还有", "And" }
    deadline_is(what, when) { "{what}，{when} 前", "{what}, by {when}" }
    deadline_was(what, when) { "{what}，应在{when} 前，已逾期", "{what}, was due {when}: overdue" }
    computed { "计算依据", "Computed" }
    rang_again { "再次来电", "Rang again" }
    first_answerer { "首问责任人", "First answerer" }
    handler { "承办人", "Handler" }
    nobody_missed { "无，此来电无人接听", "nobody, the call was missed" }
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
    dead_way_out { "请在通讯录中更正地址并重新加载配置；如该地址已恢复，请运行 firstanswer outbox retry。", "Mend the address in the directory and reload; if the address works again, run: firstanswer outbox retry" }
    given_up_subject(address) { "邮件五天未能送达：{address}", "Not delivered for five days: {address}" }
    given_up_text(address, subject) { "发往 {address} 的邮件“{subject}”五天内未能送达，已停止重试。", "The mail “{subject}” to {address} could not be delivered for five days; it is no longer tried." }
    given_up_way_out { "排除故障后请运行 firstanswer outbox retry。", "When the cause is mended, run: firstanswer outbox retry" }
    server_said(why) { "原因：{why}", "Why: {why}" }

    // Alarms: subject, what it means, the way out.
    feed_silent_subject(feed) { "话单源 {feed} 没有数据", "Feed {feed} is silent" }
    feed_silent_text(feed, when) { "话单源 {feed} 自{when} 起没有收到任何话单，超过了设定的时限。来电可能没有被记录。", "No line has come from feed {feed} since {when}, for longer than its limit. Calls may be going unseen." }
    feed_silent_way_out(feed) { "请检查交换机的话单输出、线路和地址；firstanswer feed status 显示 {feed} 的状态。", "Check the switch's call log output, the cable and the address; firstanswer feed status shows the state of {feed}." }
    no_calls_subject { "没有收到任何来电", "No call has come from any switch" }
    no_calls_text(since) { "自 {since} 起，没有从任何交换机收到话单；其间的工作时间已超过设定的时限。", "No call has come from any switch since {since}; there has been more working time since then than the limit allows." }
    no_calls_way_out { "请打一个测试电话，再看 firstanswer feed status：交换机是否仍在输出话单，格式是否变了。确属无人来电时可不理会；来电后本告警自行解除。期限由 mail.dead_man 设定。", "Make a test call, then look at `firstanswer feed status`: does the switch still send its log, and in a layout that is understood? If really nobody called, let it be: the alarm ends with the next call. `mail.dead_man` sets the time." }
    feed_lost_subject(feed) { "话单源 {feed} 连接中断", "Feed {feed} is cut off" }
    feed_lost_text(feed) { "话单源 {feed} 无法连接，程序会不断重试。", "Feed {feed} can't be reached; it is tried again and again." }
    feed_lost_way_out { "请检查设备、线路和防火墙；恢复后无需任何操作。", "Check the device, the cable and the firewall; once it is back nothing needs doing." }
    login_refused_subject(feed) { "交换机拒绝登录：{feed}", "The switch refused the login: {feed}" }
    login_refused_text(feed) { "话单源 {feed} 的用户名或密码被拒绝。为避免账号被锁定，重试间隔已加长。", "The user name or password of feed {feed} was refused. It is tried again only after long pauses, so that nothing is locked out." }
    login_refused_way_out { "请更正 login 设置后重新加载配置。", "Correct the feed's login setting and reload." }
    quarantine_subject(feed) { "话单源 {feed} 的话单无法识别", "Lines of feed {feed} are not understood" }
    quarantine_text(feed, percent) { "话单源 {feed} 最近的话单有 {percent}% 无法识别，已原样保存。", "Of the last lines of feed {feed}, {percent}% were not understood. They are kept as they came." }
    quarantine_way_out { "firstanswer journal list --quarantined 显示原因和位置；更正话单格式设置后运行 firstanswer journal reparse。", "firstanswer journal list --quarantined shows why and where; mend the dialect or its options, then run firstanswer journal reparse." }
    garbage_subject(feed) { "话单源 {feed} 收到乱码", "Feed {feed} receives garbage" }
    garbage_text(feed, percent, cause) { "话单源 {feed} 最近的字节有 {percent}% 不是文字，可能的原因：{cause}。已原样保存，没有据此生成来电。", "Of the last bytes of feed {feed}, {percent}% are no text; the likely cause: {cause}. They are kept, and no call was made of them." }
    garbage_way_out { "请核对串口速率、校验位和数据位与交换机一致。", "Make baud rate, parity and data bits the same as the switch's." }
    drift_subject(feed) { "交换机时钟偏差：{feed}", "The switch's clock is off: {feed}" }
    drift_text(feed, span) { "话单源 {feed} 的时钟与本机相差 {span}。时限仍按交换机的接听时间计算。", "The clock behind feed {feed} differs from ours by {span}. Deadlines still run from the switch's answer time." }
    drift_way_out { "请校准交换机时钟；也请确认话单源的时区设置。", "Set the switch's clock; check the feed's time zone, too." }
    lines_lost_subject(feed) { "话单源 {feed} 可能丢失话单", "Lines of feed {feed} may be lost" }
    lines_lost_text(feed) { "话单源 {feed} 的一部分话单没有到达。", "Some lines of feed {feed} have not arrived." }
    lines_lost_way_out { "firstanswer feed status 显示缺口；如交换机仍保存着话单，请再次输出。", "firstanswer feed status shows the gaps; if the switch still holds the lines, have it send them again." }
    calendar_ends_subject(date) { "日历只到{date}", "The calendar ends on {date}" }
    calendar_ends_text(date) { "日历中的节假日只编到{date}，此后只按每周工作时间计算。", "Holidays are known until {date} only; later deadlines run on the weekly hours alone." }
    calendar_ends_way_out { "请在日历文件中补充下一年的 off 和 work，并更改 known_until，然后重新加载。", "Add next year's off and work days to the calendar file, change known_until, and reload." }
    no_working_time_subject { "日历没有工作时间", "The calendar has no working time" }
    no_working_time_text { "日历中没有任何工作时间，因此时限没有日期，不会催办。", "The calendar has no working time at all, so deadlines have no date and nobody is reminded." }
    no_working_time_way_out { "请在日历文件中设置 hours 并重新加载。", "Set hours in the calendar file and reload." }
    policy_unread_subject(policy) { "无法读取已保存的制度：{policy}", "A stored policy can't be read: {policy}" }
    policy_unread_text(policy, cases) { "本版本程序无法读取数据库中保存的制度 {policy}；其 {cases} 件未办结的首问责任记录暂按当前加载的制度计算。", "This version of the program can't read policy {policy} as the database keeps it. Its {cases} open cases go by the policy loaded now." }
    policy_unread_way_out { "请核对这些首问责任记录的时限；如时限须按原制度计算，请换回原版本程序。日志列出全部问题；这些记录办结后，下次启动时此告警解除。", "Look at the deadlines of those cases; where they must be the old ones, go back to the version of the program before. The log lists all problems; the alarm ends at the first start after those cases are closed." }
    mail_down_subject { "邮件无法发出", "Mail does not go out" }
    mail_down_text(when) { "自{when} 起邮件无法发出；邮件在排队，不会丢失。如果您是在邮件里读到这一条，邮件已恢复。", "From {when} on no mail went out; it waits and is not lost. If you read this in a mail, mail works again." }
    mail_down_way_out { "请检查邮件服务器；firstanswer outbox list 显示等待的邮件及原因。", "Check the mail server; firstanswer outbox list shows what waits and why." }
    mail_held_subject { "邮件已暂停发送", "Mail is held" }
    mail_held_text { "所有邮件已暂停，等待管理员确认。", "All mail is held until you say otherwise." }
    mail_held_way_out { "确认无误（时钟正确，或可以重发）后运行 firstanswer outbox retry。", "Once that is settled (the clock is right, or sending anew is fine), run: firstanswer outbox retry" }
    nobody_to_tell_subject(person) { "通知无人可送：{person}", "Nobody can be told: {person}" }
    nobody_to_tell_text(person) { "{person} 的通知没有任何可送达的邮箱。", "What {person} should be told reaches no mailbox at all." }
    nobody_to_tell_way_out { "请在通讯录中补充邮箱或代理人并重新加载。", "Give a mailbox or a deputy in the directory and reload." }
    no_mailbox_subject(person) { "{person} 没有邮箱", "{person} has no mailbox" }
    no_mailbox_text(person, reader) { "{person} 有待送达的通知，但没有邮箱；邮件由 {reader} 代收。", "{person} is to be told something and has no mailbox; {reader} reads it for them." }
    no_mailbox_way_out { "如不应如此，请在通讯录中补充邮箱或代理人并重新加载。", "If that is not meant so, give a mailbox or a deputy in the directory and reload." }
    mail_stuck_subject(address) { "邮件服务器不接受发往 {address} 的邮件", "The mail server does not accept mail to {address}" }
    mail_stuck_text(address, when) { "自{when} 起，发往 {address} 的邮件没有被服务器接受，但原因似乎不在该地址；系统会继续重试五天。", "Mail to {address} has not been accepted since {when}, and the address seems not to be the cause; it is tried again for five days." }
    mail_stuck_way_out { "请检查邮件服务器的转发许可和黑名单，以及本机的登录设置；firstanswer outbox list 显示等待的邮件。", "Check whether the server relays for this machine, whether it blocks it, and the login; firstanswer outbox list shows what waits." }
    long_reader_subject { "数据库日志不断增长", "The database's log keeps growing" }
    long_reader_text(megabytes, processes) { "预写日志已达 {megabytes} MB，因为有进程长时间读取数据库：{processes}。", "The write-ahead log has grown to {megabytes} MB, because somebody has been reading the database for long: process {processes}." }
    long_reader_way_out { "请结束该进程（例如停在分页器里的列表命令）；日志随后自行缩小。", "End that process (a list left open in a pager, say); the log then shrinks by itself." }
    disk_subject { "磁盘无法写入", "The disk can't be written" }
    disk_text { "磁盘已满或无法写入。数据库无法写入时，话单在交换机和网络中等待。", "The disk is full, or can't be written. While that is so, lines wait in the network and in the switch." }
    disk_way_out { "请腾出空间或检查磁盘；恢复后程序自动继续。", "Make room or see to the disk; once it is well the program goes on by itself." }
    disk_failed_subject { "数据库写入曾经出错", "A write to the database failed" }
    disk_failed_text { "写入或同步出错后，程序停止并重新启动；启动时检查了整个数据库，内容完好。", "After a failed write or sync the program stopped and was started again; the start checked the whole database and found it whole." }
    disk_failed_way_out { "请检查磁盘（内核日志、smartctl），并确认备份是最新的。之后一次正常的重启会解除本告警。", "Look at the disk (the kernel's log, smartctl), and whether the backup is recent. The next restart without such a failure ends the alarm." }
    slow_disk_subject { "磁盘写入很慢", "The disk is slow" }
    slow_disk_text(seconds) { "最近一分钟内，数据库提交耗时最长达 {seconds} 秒（正常为几毫秒）。话单没有丢失，但会晚些入库。", "A commit of the last minute took {seconds} seconds (a few milliseconds are usual). No line is lost, but lines are stored late." }
    slow_disk_way_out { "请检查磁盘是否即将损坏、是否被备份或其他程序占用；恢复后本告警自行解除。", "Is the disk failing, or busy with a backup or another program? The alarm ends by itself when it is well again." }
    damaged_subject { "数据库已损坏，需要恢复备份", "The database is damaged: restore a backup" }
    damaged_text(spill) { "程序不再写入数据库。新话单照常接收，暂存于 {spill}；在恢复之前不会开单，也不发提醒。", "Nothing more is written into it. Lines are still taken, and kept in {spill}; until it is restored no case opens and no reminder goes out." }
    damaged_way_out { "请停止程序，执行 firstanswer restore 最近的备份，再启动程序；暂存的话单会自动补入，且只补一次。", "Stop the daemon, run `firstanswer restore` with the last backup, and start the daemon: it puts the kept lines into the database, once." }
}
