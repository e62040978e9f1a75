//! Files that hold one secret each.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use super::substitute::Refusal;

/// A secret is short; whatever is longer is the wrong file.
const LONGEST_BYTES: u64 = 64 * 1024;

/// The file's content without the line break at its end.
///
/// # Errors
/// When it cannot be read, is empty or too long, or when others than its owner may read it.
pub fn read(path: &Path) -> Result<String, Refusal> {
    let unreadable = |error: io::Error| {
        Refusal {
        message: format!("the secret file cannot be read: {}", error.kind()),
        help: "write file: and the path of a readable file; a relative path starts in the folder of the settings file".into(),
    }
    };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    check(&metadata)?;
    let mut text = String::new();
    file.take(LONGEST_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    let secret =
        text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if secret.is_empty() {
        return Err(Refusal {
            message: "the secret file is empty".into(),
            help: "put the secret into it".into(),
        });
    }
    Ok(secret.to_owned())
}

fn check(metadata: &Metadata) -> Result<(), Refusal> {
    if metadata.len() > LONGEST_BYTES {
        return Err(Refusal {
            message: format!("the secret file is longer than {LONGEST_BYTES} bytes"),
            help: "name the file that holds the secret, and nothing else".into(),
        });
    }
    if is_open_to_others(metadata) {
        return Err(Refusal {
            message: "others than its owner may read the secret file".into(),
            help: "close it: chmod 600 FILE".into(),
        });
    }
    Ok(())
}

#[cfg(unix)]
fn is_open_to_others(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_metadata: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_secret_file_must_be_closed_to_others() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "s3cret\n").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        assert!(read(&path).unwrap_err().help.contains("chmod 600"));
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        assert_eq!(read(&path).unwrap(), "s3cret");
        std::fs::write(&path, "\n").unwrap();
        assert_eq!(read(&path).unwrap_err().message, "the secret file is empty");
        assert!(read(&folder.path().join("none")).unwrap_err().message.contains("not found"));
    }
}
