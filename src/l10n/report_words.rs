//! Sentences of the managers' report.

use super::catalogue;

catalogue! { REPORT;
    accountability { "首问责任统计", "Accountability" }
    by_person { "人员", "Person" }
    by_department { "部门", "Department" }
    by_hour { "时段", "Hour" }
    by_weekday { "星期", "Weekday" }
    by_day { "日期", "Day" }
    by_month { "月份", "Month" }
    report_range(from, to) { "{from} 至 {to}（按接听时间）", "{from} to {to}, by the date of the answer" }
    report_made(when) { "统计时间：{when}", "Made {when}" }
    report_total { "合计", "Total" }
    report_empty { "该时段内没有来电。", "No calls in this range." }
    report_unsure(count) { "首问责任人不能确定的来电：{count}，不计入任何人。", "Calls whose first answerer is not sure: {count}, charged to nobody." }
    report_gaps(count) { "该时段内话单有 {count} 处缺口，数字可能偏低；firstanswer feed status 显示详情。", "The call log has {count} gaps in this range, so figures may be low; firstanswer feed status shows them." }
    report_no_gaps { "该时段内未发现话单缺口。", "No gaps of the call log are known in this range." }
    report_counts { "数字", "Counts" }
    report_rates { "比率", "Rates" }
    col_answered_first { "首问", "Answered first" }
    col_ambiguous { "不确定", "Not sure" }
    col_registered { "已登记", "Registered" }
    col_registered_in_time { "按时登记", "Registered in time" }
    col_handed_over { "转办", "Handed over" }
    col_closed { "已办结", "Closed" }
    col_closed_in_time { "按时办结", "Closed in time" }
    col_open { "未办结", "Open" }
    col_overdue { "逾期未办", "Overdue" }
    col_missed { "未接", "Missed" }
    col_called_back { "已回电", "Called back" }
    col_called_back_in_time { "按时回电", "Called back in time" }
    col_called_back_proven { "交换机证实已回电", "Call-back proved" }
    col_violations_pending { "违反首问责任，待认定", "Violations pending" }
    col_violations_confirmed { "违反首问责任，已认定", "Violations confirmed" }
    col_answered_rate { "接听率", "Answered, share" }
    col_registered_rate { "登记率", "Registered, share" }
    col_registered_in_time_rate { "按时登记率", "Registered in time, share" }
    col_handed_over_rate { "转办率", "Handed over, share" }
    col_closed_in_time_rate { "按时办结率", "Closed in time, share" }
    col_called_back_rate { "回电率", "Called back, share" }
    col_called_back_in_time_rate { "按时回电率", "Called back in time, share" }

    // The page.
    range_today { "今天", "Today" }
    range_this_month { "本月", "This month" }
    range_last_month { "上月", "Last month" }
    overdue_now { "现在逾期", "Overdue now" }
    caller_digits { "来电号码末四位", "Last four digits of a caller" }
    caller_show { "查来电人", "Find the caller" }
    caller_title(digits) { "来电号码 …{digits}", "Caller …{digits}" }
    bad_number_title { "号码太短", "Too few digits" }
    bad_number_text(fewest) { "请至少输入号码的末 {fewest} 位。", "Give at least the last {fewest} digits of the number." }
    why_title(id) { "#{id} 的依据", "Why #{id} is as it is" }
    head_called_back { "回电", "Called back" }
    not_called_back { "未回电", "not called back" }
    called_back_at(when) { "{when} 已回电，交换机证实", "called back {when}, as the switch proves" }
    called_back_stated(when) { "{when} 已回电，仅由承办人说明", "called back {when}, as the handler says" }
    owes_nothing { "不需回电", "nothing owed" }
    no_case_title(id) { "没有首问责任记录 #{id}", "There is no case {id}" }
    no_case_text { "请核对编号，或从报表中打开。编号不会重复使用；恢复较早的备份后，备份之后的记录不在其中。", "Please check the number, or open it from the report. Numbers are never used twice; after an earlier backup was put back, what came later is not in it." }
    no_count_title { "报表中没有这一项", "The report has no such figure" }
    no_count_text(count) { "没有名为“{count}”的数字，或没有这一行。请从报表中打开。", "There is no figure `{count}`, or no such row. Please open it from the report." }
    range_from { "从", "From" }
    range_to { "到", "To" }
    range_by { "按", "By" }
    range_show { "查看", "Show" }
    behind_more(count) { "另有 {count} 条未显示，请用命令行查看。", "{count} more are not shown; the command line lists all." }
    local_only_title { "只能在本机查看", "On this machine only" }
    local_only_text { "统计页面目前只能在运行本程序的机器上打开，也不能经由代理服务器。", "These figures are shown on the machine that runs the program, and through no proxy." }
    bad_range_title { "没有这样的报表", "No such report" }
    bad_range_text { "请把日期写成 2026-10-08，并且结束日期不早于开始日期；by 为 person、department、hour、weekday、day 或 month，sort 为某一列的名称。", "Write dates as 2026-10-08, the last not before the first; by is person, department, hour, weekday, day or month, sort the name of a column." }
    head_call { "来电", "Call" }
    head_case { "首问责任记录", "Case" }
    head_time { "时间", "Time" }
    head_caller { "来电人", "Caller" }
    head_called { "被叫", "Called" }
    head_extension { "分机", "Extension" }
    head_person { "人员", "Person" }
    head_ring { "振铃", "Ring" }
    head_talk { "通话时长", "Talk" }
    head_sure { "确定程度", "How sure" }
    head_matter { "事项", "Matter" }
    head_handler { "承办人", "Handler" }
    head_state { "状态", "State" }
    head_deadline { "时限", "Due" }
    head_kind { "种类", "Kind" }
    head_article { "条款", "Article" }
    head_violation { "违反首问责任", "Violation" }
}
