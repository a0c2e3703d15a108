//! Sentences of `doctor`: what was looked at, what was found, the way out. What the system itself says of a file or a
//! server stays in its words.

use super::{Lang, Say, catalogue};

catalogue! { DOCTOR;
    doc_sum(checks, wrong, notes) { "检查 {checks} 项，错误 {wrong} 项，注意 {notes} 项", "{checks} checks, {wrong} wrong, {notes} notes" }

    // Files.
    doc_config(file, people, numbers, feeds) { "{file}：人员 {people} 名，号码 {numbers} 个，话单源 {feeds} 个", "{file}: {people} people, {numbers} numbers, {feeds} feeds" }
    doc_password_way_out { "请把密码写进该文件，只占一行", "write the password on one line into that file" }
    doc_password_open(file) { "{file}：本机所有用户都能读取", "{file}: every user of this machine can read it" }
    doc_closed(file) { "{file}：并非所有人都能读取", "{file}: not for all to read" }

    // The database.
    doc_spill(file, lines) { "{file}：数据库已损坏，{lines} 行原始话单在此等待", "{file}: {lines} lines wait, for the database was found damaged" }
    doc_spill_since(file, lines, when) { "{file}：数据库已损坏，自 {when} 起有 {lines} 行原始话单在此等待", "{file}: {lines} lines since {when} wait, for the database was found damaged" }
    doc_spill_read { "当前用户能读取它吗？", "may this user read it?" }
    doc_spill_running { "请停止守护程序，再运行 firstanswer restore 备份文件；下次启动时这些话单补入数据库", "stop the daemon, then: firstanswer restore BACKUP; the next start puts the lines into the database" }
    doc_spill_stopped { "请先恢复数据库（firstanswer restore 备份文件），下次启动时这些话单补入", "when the database is whole (firstanswer restore BACKUP), the next start puts the lines into it" }
    doc_database_none(file) { "{file}：尚未建立", "{file}: not there yet" }
    doc_database_none_way_out { "守护程序启动时会建立", "it is made when the daemon is started" }
    doc_database_shut { "在此之前守护程序不能启动，各命令也会失败", "until then the daemon does not start, and commands fail" }
    doc_database_suspect(file) { "{file}：完好，但此前写入失败过或发现过损坏", "{file}: whole, though a write failed or damage was found before" }
    doc_database_suspect_way_out { "请重启守护程序：启动时先检查整个数据库", "restart the daemon: it then checks all of it first" }
    doc_database_whole(file) { "{file}：完好", "{file}: whole" }
    doc_database_restore { "请停止守护程序，再运行 firstanswer restore 备份文件", "stop the daemon, then: firstanswer restore BACKUP" }
    doc_daemon_stopped { "没有运行", "it does not run" }
    doc_daemon_start { "请运行 systemctl start firstanswer，或 firstanswer serve", "systemctl start firstanswer, or: firstanswer serve" }
    doc_daemon_runs { "正在运行", "it runs" }
    doc_access_open(file) { "{file}：本机所有用户都能读取来电和链接的密钥", "{file}: every user of this machine can read the calls and the key of the links" }
    doc_access_other(file) { "{file}：与数据库不属于同一用户", "{file}: belongs to another user than the database" }

    // Disk, clock, calendar, alarms.
    doc_disk_folder(file, error) { "{file} 所在的文件夹：{error}", "the folder of {file}: {error}" }
    doc_disk_folder_way_out { "请建立该文件夹，并交给守护程序所用的用户", "make the folder, and give it to the user that the daemon runs as" }
    doc_disk_none(megabytes) { "只剩 {megabytes} MB：用完后话单留在交换机中，会在那里丢失", "{megabytes} MB are left: when none is, lines wait in the switch and are lost there" }
    doc_disk_none_way_out { "请腾出空间", "make room" }
    doc_disk_left(megabytes) { "还剩 {megabytes} MB", "{megabytes} MB are left" }
    doc_disk_little_way_out { "请在写满之前腾出空间", "make room before it is full" }
    doc_log_grown(megabytes) { "数据库的日志已增长到 {megabytes} MB：有进程读取过久", "the database's log has grown to {megabytes} MB: somebody reads for too long" }
    doc_log_way_out(processes) { "请结束正在读取的进程：{processes}", "end the process that reads: {processes}" }
    doc_clock_set { "由网络校时（NTP）", "set by the network (NTP)" }
    doc_clock_unset { "没有网络校时：时限依据的时钟无人校准", "not set by the network: deadlines run by a clock that nobody keeps" }
    doc_clock_unset_way_out { "请运行 timedatectl set-ntp true，或安装 chrony", "timedatectl set-ntp true, or install chrony" }
    doc_clock_unknown { "此处无法判断是否由网络校时", "whether it is set by the network can't be told here" }
    doc_clock_unknown_way_out { "请确认有程序为本机校时", "see that something keeps the machine's time" }
    doc_calendar_plain(calendar) { "{calendar}：没有节假日", "{calendar}: has no holidays" }
    doc_calendar_ends(calendar, date) { "{calendar}：节假日只编到 {date}", "{calendar}: holidays are known until {date} only" }
    doc_calendar_way_out { "请在日历文件中补充下一年的休息日，然后重新加载", "put the days off of the coming year into the calendar file, and reload" }
    doc_calendar_known(calendar, date) { "{calendar}：已编到 {date}", "{calendar}: known until {date}" }
    doc_alarms_shut { "请看关于数据库的说明", "see what is said of the database" }
    doc_alarms_none { "没有告警", "none stands" }

    // Feeds and pages.
    doc_feeds_none { "一个也没有：看不到任何来电", "there is none: no call is seen" }
    doc_feeds_none_way_out { "请在配置中添加一个 feed，写法见 docs/feeds.md", "add a feed to the configuration; docs/feeds.md shows how" }
    doc_feed_dialled(to) { "{to}：由守护程序连接，见告警", "{to}: dialled by the daemon; see the alarms" }
    doc_feed_read(file) { "{file}：可以读取", "{file}: can be read" }
    doc_feed_file_way_out { "请检查路径，并确认服务的用户能读取该文件（示例中的 file.conf）", "see the path, and that the service's user may read it (file.conf among the examples)" }
    doc_port_listens(address) { "{address}：守护程序正在监听", "{address}: the daemon listens" }
    doc_port_taken(address) { "{address}：被另一程序占用", "{address}: another program listens there" }
    doc_port_taken_way_out(port) { "ss -ltnp 'sport = :{port}' 显示是哪个程序；请停止它，或改用另一端口", "ss -ltnp 'sport = :{port}' names it; stop it, or listen on another port" }
    doc_port_unheard(address) { "{address}：守护程序在运行，却没有监听这里", "{address}: the daemon runs, but does not listen there" }
    doc_port_unheard_way_out { "systemctl reload firstanswer 使其监听；如仍不行，journalctl -u firstanswer 说明原因", "systemctl reload firstanswer takes it over; if it could not be had, journalctl -u firstanswer says why" }
    doc_port_free(address) { "{address}：空闲", "{address}: free" }
    doc_port_foreign(address) { "{address}：本机没有这个地址", "{address}: this machine has no such address" }
    doc_port_foreign_way_out { "请从 `ip address` 列出的地址中选一个，或用 0.0.0.0 表示全部", "name one of `ip address`, or 0.0.0.0 for all" }
    doc_port_as_root { "请以 root 运行本命令", "run this as root" }
    doc_port_refused(address, error) { "{address}：不能监听：{error}", "{address}: can't be listened on: {error}" }
    doc_port_refused_way_out { "请改用 1023 以上的端口，服务没有使用低端口的权限", "take a port above 1023, for the service has no rights" }
    doc_dial_way_out { "请检查地址、交换机的设置和防火墙；内网以外的地址需要 network.conf", "see the address, the switch's settings and the firewall; addresses outside private networks need network.conf" }
    doc_dial_unnamed(host) { "{host}：没有地址", "{host}: has no address" }
    doc_dial_answers(to) { "{to}：有应答", "{to}: answers" }
    doc_device_way_out { "适配器插好了吗？ls -l /dev/serial/by-id 列出设备", "is the adapter plugged in? ls -l /dev/serial/by-id names them" }
    doc_device_none(file) { "{file}：不是设备", "{file}: is no device" }
    doc_device_none_way_out { "ls -l /dev/serial/by-id 列出设备", "ls -l /dev/serial/by-id names them" }
    doc_device_shut(file) { "{file}：只有其所属用户能使用", "{file}: only the user it belongs to may use it" }
    doc_device_shut_way_out { "请用 udev 规则把它交给 dialout 组", "give it to the group dialout by a udev rule" }
    doc_device_there(file) { "{file}：设备存在（服务需要示例中的 serial.conf）", "{file}: is there (the service needs serial.conf among the examples)" }
    doc_feed_unheard { "还没有收到任何原始话单", "no line has come yet" }
    doc_feed_unheard_way_out { "请打一个电话，并确认交换机把话单发到这里", "make a call; see that the switch sends its call log here" }
    doc_feed_unread(lines, unread) { "{lines} 行原始话单中有 {unread} 行无法识别", "of {lines} lines {unread} could not be read" }
    doc_feed_unread_way_out { "firstanswer journal list --quarantined 说明原因；话单格式选对了吗？firstanswer detect 文件", "firstanswer journal list --quarantined shows why; is the dialect right? firstanswer detect FILE" }
    doc_extensions_known { "接听过的分机都在通讯录中", "each one that answered is in the directory" }
    doc_extensions_nobody(extension, calls) { "分机 {extension} 接听过 {calls} 个来电，却不属于任何人：由兜底人承办", "{extension} has answered {calls} calls and is nobody's: their cases go to the fallback" }
    doc_extensions_way_out(extension) { "请在 holding 中添加 {{ext=\"{extension}\", person=\"…\"}}，或写明它是哪种自动设备", "add {{ext=\"{extension}\", person=\"…\"}} to holding, or say which machine it is" }
    doc_pages_ready(address) { "{address}：就绪", "{address}: ready" }
    doc_pages_log { "请看 journalctl -u firstanswer -n 50", "journalctl -u firstanswer -n 50" }
    doc_pages_restart { "请运行 systemctl restart firstanswer", "systemctl restart firstanswer" }
    doc_pages_local(url) { "邮件中的链接以 {url} 开头：只能在本机打开", "links in mails begin with {url}: they open on this machine only" }
    doc_pages_local_way_out { "请把 web.public_url 设为大家的浏览器能访问的地址，并在前面加一个带 TLS 的代理", "set web.public_url to what people's browsers reach, and put a proxy with TLS before it" }

    // Mail.
    doc_mail_no_admin { "告警只通知兜底人", "nobody is told of alarms but the fallback" }
    doc_mail_no_admin_way_out { "请设置 mail.admin", "set mail.admin" }
    doc_mail_tested(to) { "发往 {to} 的测试邮件已由守护程序交出", "a test mail to {to} was handed over by the daemon" }
    doc_mail_tested_here(to) { "发往 {to} 的测试邮件已由本命令交出（守护程序没有运行）", "a test mail to {to} was handed over by this command (no daemon runs)" }
    doc_mail_tested_way_out { "docs/mail.md 说明各种应答的含义", "see docs/mail.md for what the answer means" }
    doc_mail_folder(folder) { "邮件只放进文件夹 {folder}：没有人会收到", "mails are put into the folder {folder}: nobody is mailed" }
    doc_mail_folder_way_out { "请写明邮件服务器：transport = \"smtp+starttls://HOST:587\"", "name a mail server: transport = \"smtp+starttls://HOST:587\"" }
    doc_mail_no_maildir(folder) { "{folder}：不是 maildir", "{folder}: is no maildir" }
    doc_mail_no_maildir_way_out { "请换一个文件夹", "name another folder" }
    doc_mail_untried(server) { "{server}：有应答；密码只有守护程序能读，因此没有试登录", "{server}: answers; the login was not tried, for its password is the daemon's alone" }
    doc_mail_untried_way_out { "firstanswer doctor --mail 地址 让守护程序发一封测试邮件", "firstanswer doctor --mail ADDRESS lets the daemon send a test" }
    doc_mail_login(server) { "{server}：有应答，登录成功", "{server}: answers and takes the login" }
    doc_mail_answers(server) { "{server}：有应答", "{server}: answers" }
    doc_mail_way_out { "见 docs/mail.md；内网以外的服务器需要 network.conf", "see docs/mail.md; a server outside private networks needs network.conf" }
    doc_outbox_held(why) { "所有邮件已暂停发送：{why}", "all mail is held: {why}" }
    doc_outbox_held_way_out { "运行 firstanswer outbox retry 后恢复发送", "firstanswer outbox retry lets it go" }
    doc_outbox_dead(address, why) { "{address} 拒收邮件：{why}", "{address} takes no mail: {why}" }
    doc_outbox_dead_way_out { "请在通讯录中更正地址，再运行 firstanswer outbox retry", "mend the address in the directory, then: firstanswer outbox retry" }
    doc_outbox_given_up(mails) { "{mails} 封邮件已放弃发送", "{mails} mails were given up" }
    doc_outbox_stuck(mail, why) { "邮件 {mail} 还没有发出：{why}", "mail {mail} did not go yet: {why}" }
    doc_outbox_way_out { "firstanswer outbox list 列出它们；firstanswer outbox retry 重新发送", "firstanswer outbox list shows them; firstanswer outbox retry tries again" }
    doc_outbox_clear { "没有滞留的邮件", "nothing is stuck" }
}

impl Say {
    /// What was looked at; a check that is not known keeps its name.
    pub fn checked(self, check: &str) -> String {
        if self.0 == Lang::En {
            return check.to_owned();
        }
        if let Some(of) = check.strip_prefix("password of ") {
            return format!("{}的密码", self.checked(of));
        }
        if let Some(feed) = check.strip_prefix("feed ") {
            return format!("话单源 {feed}");
        }
        let name = match check {
            "config" => "配置",
            "spill" => "暂存话单",
            "database" => "数据库",
            "daemon" => "守护程序",
            "access" => "读取权限",
            "disk" => "磁盘",
            "clock" => "时钟",
            "calendar" => "日历",
            "feeds" => "话单源",
            "extensions" => "分机",
            "pages" => "网页",
            "mail" => "邮件",
            "outbox" => "待发邮件",
            "alarms" => "告警",
            other => other,
        };
        name.to_owned()
    }
}
