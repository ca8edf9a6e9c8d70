//! Server-sent events, as far as we need them: `data:` lines up to a blank one, bounded.

use std::mem;

/// A larger event ends the stream.
pub(crate) const EVENT_SIZE_BYTES_MAX: usize = 64 * 1024;

/// The event is larger than [`EVENT_SIZE_BYTES_MAX`], or not text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event stream cannot be read")]
pub(crate) struct Unreadable;

/// Takes bytes as they come and gives the data of each finished event.
#[derive(Debug, Default)]
pub(crate) struct EventReader {
    line: Vec<u8>,
    data: String,
    has_data: bool,
    skip_line_feed: bool,
}

impl EventReader {
    /// The data of each event that `bytes` complete.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Result<Vec<String>, Unreadable> {
        let mut events = Vec::new();
        for &byte in bytes {
            let is_second_half = mem::take(&mut self.skip_line_feed) && byte == b'\n';
            match byte {
                b'\n' if is_second_half => {}
                b'\n' | b'\r' => {
                    self.skip_line_feed = byte == b'\r';
                    events.extend(self.end_line()?);
                }
                _ => self.line.push(byte),
            }
            if self.line.len() + self.data.len() > EVENT_SIZE_BYTES_MAX {
                return Err(Unreadable);
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Result<Option<String>, Unreadable> {
        let line = mem::take(&mut self.line);
        if line.is_empty() {
            let data = mem::take(&mut self.data);
            return Ok(mem::take(&mut self.has_data).then_some(data));
        }
        let line = str::from_utf8(&line).map_err(|_| Unreadable)?;
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field == "data" {
            if mem::replace(&mut self.has_data, true) {
                self.data.push('\n');
            }
            self.data.push_str(value.strip_prefix(' ').unwrap_or(value));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_whole_however_the_bytes_are_cut() {
        let stream =
            b"event: hello\nid: 1\ndata: {\"kind\":\"hello\"}\n\n: still here\n\ndata: a\r\ndata:b\r\n\r\n";
        for size in 1..stream.len() {
            let mut reader = EventReader::default();
            let events: Vec<_> = stream.chunks(size).flat_map(|chunk| reader.read(chunk).unwrap()).collect();

            assert_eq!(events, ["{\"kind\":\"hello\"}", "a\nb"], "cut in {size}s");
        }
    }

    #[test]
    fn a_comment_or_a_blank_line_is_no_event() {
        assert_eq!(EventReader::default().read(b":\n\n\n\n: x\n\n").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn an_unfinished_event_is_not_told() {
        assert_eq!(EventReader::default().read(b"data: {}\n").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_line_without_end_is_given_up_at_the_limit() {
        let mut reader = EventReader::default();
        let result = (0..=EVENT_SIZE_BYTES_MAX / 1024).try_for_each(|_| reader.read(&[b'x'; 1024]).map(drop));

        assert_eq!(result, Err(Unreadable));
    }

    #[test]
    fn many_lines_of_one_event_are_given_up_at_the_limit() {
        let mut reader = EventReader::default();
        let line = [b"data: ", &[b'x'; 1000][..], b"\n"].concat();
        let result = (0..100).try_for_each(|_| reader.read(&line).map(drop));

        assert_eq!(result, Err(Unreadable));
    }

    #[test]
    fn bytes_that_are_no_text_end_the_stream() {
        assert_eq!(EventReader::default().read(b"data: \xff\xfe\n\n"), Err(Unreadable));
    }
}
