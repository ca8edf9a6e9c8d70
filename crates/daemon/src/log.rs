//! A line of a program's log, for the journal, which adds the time.

use std::io::{Write, stderr};

/// `program: text`, to standard error. A log that cannot be written is no reason to end.
pub fn line(program: &str, text: &str) {
    write_whole(&mut stderr(), program, text);
}

/// In one go: whoever shares the place, as an agent does with the shield that started it, would write into the middle of it.
fn write_whole(to: &mut impl Write, program: &str, text: &str) {
    let _ = to.write_all(format!("{program}: {text}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// What came in one go each.
    struct Pieces(Vec<Vec<u8>>);

    impl Write for Pieces {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            self.0.push(piece.to_vec());
            Ok(piece.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_can_write_into_the_middle_of_a_line() {
        let mut pieces = Pieces(Vec::new());

        write_whole(&mut pieces, "tapward-shield", "covered");

        assert_eq!(pieces.0, [b"tapward-shield: covered\n".to_vec()]);
    }
}
