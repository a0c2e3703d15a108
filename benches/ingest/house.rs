//! The configuration that all measurements share: two extensions, one feed, the policy `bureau`.

use std::fs;
use std::path::Path;

use crate::pbx::ZONE;

const DIRECTORY: &str = r#"
fallback = "li"
department = [ {id="permits", name="审批科", name_en="Permits", head="li", complaints=true} ]
person = [
 {id="wang", name="王芳", mail="wang@x.cn", department="permits", rank=3},
 {id="liu", name="刘洋", mail="liu@x.cn", department="permits"},
 {id="li", name="李强", mail="li@x.cn", department="permits", roles=["supervisor"]} ]
holding = [ {ext="8021", person="wang"}, {ext="8022", person="liu"} ]
"#;

/// Name of the feed.
pub const FEED: &str = "pbx";

/// Writes `firstanswer.toml` and the directory into `folder`.
pub fn write(folder: &Path, feed_port: u16, web_port: u16) {
    fs::create_dir_all(folder.join("var")).unwrap();
    fs::write(folder.join("directory.toml"), DIRECTORY).unwrap();
    let config = format!(
        r#"site = {{name="House", time_zone="{ZONE}", language="zh", country="CN", area_code="021", dial_out=["9"]}}
store = {{path="{store}"}}
directory = {{path="directory.toml"}}
calendar = {{hours="24x7"}}
mail = {{transport="maildir:var/mail", from="fa@x.cn", admin="root@x.cn", digest_window="60s"}}
web = {{listen="127.0.0.1:{web_port}", public_url="http://127.0.0.1:{web_port}"}}
policy = {{use="bureau"}}
[[feed]]
name = "{FEED}"
dialect = "avaya-ip-office"
tcp_listen = "127.0.0.1:{feed_port}"
allow = ["127.0.0.0/8"]
"#,
        store = folder.join("var/firstanswer.db").display()
    );
    fs::write(folder.join("firstanswer.toml"), config).unwrap();
}
