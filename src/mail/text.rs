//! The text part: aligned rows that a terminal shows well, Chinese counted as two columns, links on lines of their own.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::view::{ItemView, View};

/// Columns of a line; mail readers on terminals quote with `> ` and still fit 80.
const WIDTH: usize = 74;

/// The whole text part, lines ended by CR LF.
pub(super) fn text(view: &View) -> String {
    let mut out = Vec::new();
    out.push(view.greeting.clone());
    out.push(String::new());
    if let Some(digest) = &view.digest {
        out.push(digest.clone());
        out.push(String::new());
    }
    for item in &view.items {
        item_lines(view, item, &mut out);
    }
    if let Some(rest) = &view.rest {
        out.extend(wrap(rest, WIDTH));
        out.push(String::new());
    }
    out.push(view.say.list_line());
    out.push(view.list_url.clone());
    out.push(String::new());
    out.push("--".to_owned());
    out.extend(wrap(&view.say.footer_link(), WIDTH));
    out.extend(wrap(&view.say.footer_auto(), WIDTH));
    out.push(String::new());
    out.join("\r\n")
}

fn item_lines(view: &View, item: &ItemView, out: &mut Vec<String>) {
    out.extend(wrap(&format!("[{}] {}", item.badge, item.heading), WIDTH));
    if item.copy {
        out.extend(wrap(&view.say.in_copy(), WIDTH));
    }
    out.push(String::new());
    let label_width = item.rows.iter().map(|row| row.label.width()).max().unwrap_or(0);
    for row in &item.rows {
        let indent = label_width + 4;
        let padding = " ".repeat(label_width - row.label.width() + 2);
        for (nth, line) in wrap(&row.value, WIDTH - indent).into_iter().enumerate() {
            out.push(match nth {
                0 => format!("  {}{padding}{line}", row.label),
                _ => format!("{}{line}", " ".repeat(indent)),
            });
        }
    }
    out.push(String::new());
    out.push(format!("  {}", item.button));
    out.push(format!("  {}", item.url));
    out.push(String::new());
}

/// Breaks at spaces and between Chinese characters, never before closing punctuation; a longer word is cut.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        let room = width.saturating_sub(line.width());
        if piece.trim_end().width() > room && !line.is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        for c in piece.chars() {
            if line.width() + c.width().unwrap_or(0) > width && c != ' ' {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            if !(line.is_empty() && c == ' ') {
                line.push(c);
            }
        }
    }
    let rest = line.trim_end();
    if !rest.is_empty() || lines.is_empty() {
        lines.push(rest.to_owned());
    }
    lines
}

/// Words with their spaces, and Chinese characters with the punctuation that must not begin a line.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut open = false;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0) > 1;
        let clings = "，。、；：！？）」』”’》…".contains(c);
        match pieces.last_mut() {
            Some(last) if clings || (c == ' ') || (open && !wide) => last.push(c),
            _ => pieces.push(c.to_string()),
        }
        // An opening bracket keeps what follows it on its line.
        open = "（「『“‘《".contains(c) || !(wide || c == ' ');
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_breaks_at_spaces() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghijkl", 5), ["abcde", "fghij", "kl"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn chinese_counts_two_columns_and_keeps_its_punctuation() {
        assert_eq!(wrap("一二三四五", 6), ["一二三", "四五"]);
        assert_eq!(wrap("一二三，四五", 6), ["一二", "三，四", "五"]);
        assert_eq!(wrap("分机 8021 接听", 7), ["分机", "8021 接", "听"]);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let text = "王芳在 8021 分机上接听（确定），then a-very-long-word-without-any-space-in-it and 更多的字。";
        for width in 4..40 {
            for line in wrap(text, width) {
                // Clinging punctuation may hang over by one character.
                assert!(line.width() <= width + 2, "{width}: {line}");
            }
        }
    }
}
