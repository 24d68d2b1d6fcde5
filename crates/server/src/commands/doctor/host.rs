//! What the host offers: open files, the data directory and what lies in it.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use gathering_config::Config;
use rustix::fs::{Access, access};

use super::Check;
use crate::{commands::serve::scripts_folder, models::Models, open_files, secret_key};

/// Open files below which many connections and runs at once cannot be served.
const FEW_OPEN_FILES: u64 = 4_096;

/// How many files and connections this process may have open.
pub(super) fn open_files() -> Check {
    let name = "open files";
    match open_files::most() {
        Some(most) if most < FEW_OPEN_FILES => {
            let hint =
                format!("`ulimit -n {FEW_OPEN_FILES}` (or `LimitNOFILE=` of the unit) allows more");
            Check::doubtful(name, format!("at most {most} at once"), hint)
        }
        Some(most) => Check::good(name, format!("at most {most} at once")),
        None => Check::good(name, "without a limit"),
    }
}

/// Whether the data directory can be written, or made.
pub(super) fn data_directory(folder: &Path) -> Check {
    let name = "data directory";
    let shown = folder.display();
    let hint = "choose another with --data-dir, or give it to the user of the server";
    match fs::metadata(folder) {
        Ok(found) if !found.is_dir() => {
            Check::bad(name, format!("`{shown}` is not a directory"), hint)
        }
        Ok(found) if can_write(folder) && found.permissions().mode() & 0o077 != 0 => {
            let found = format!("others can look into `{shown}`, where runs and secrets are kept");
            Check::doubtful(name, found, format!("chmod 700 {shown}"))
        }
        Ok(_) if can_write(folder) => Check::good(name, format!("`{shown}`")),
        Ok(_) => Check::bad(name, format!("`{shown}` cannot be written"), hint),
        Err(fault) if fault.kind() == ErrorKind::NotFound => {
            let above = nearest(folder);
            if can_write(&above) {
                Check::good(name, format!("`{shown}` is made at the first start"))
            } else {
                Check::bad(name, format!("`{shown}` cannot be made in `{}`", above.display()), hint)
            }
        }
        Err(fault) => Check::bad(name, format!("`{shown}` cannot be read: {fault}"), hint),
    }
}

/// The check of the key that encrypts stored secrets.
pub(super) const SECRET_KEY: &str = "secret key";

/// Whether the key that encrypts stored secrets is there and nobody else can read it.
pub(super) fn secret_key(config: &Config) -> Check {
    let name = SECRET_KEY;
    if config.secrets.key.is_some() {
        return Check::good(name, "configured");
    }
    let file = secret_key::file(config);
    let several = config.database.url.is_some();
    match fs::metadata(&file) {
        Ok(found) if found.permissions().mode() & 0o077 != 0 => {
            let shown = file.display();
            Check::bad(name, format!("others can read `{shown}`"), format!("chmod 600 {shown}"))
        }
        _ if several => {
            let hint = "instances that share a database must share a key: set `secrets.key` for all of them";
            Check::doubtful(name, "this instance's own, in its data directory", hint)
        }
        Ok(_) => Check::good(name, format!("`{}`; a backup needs it, too", file.display())),
        Err(_) => Check::good(name, "made at the first start"),
    }
}

/// Whether the scripts of scripted models can be read.
pub(super) fn scripts(data_dir: &Path) -> Check {
    let name = "scripted models";
    match Models::with_scripts(&scripts_folder(data_dir)) {
        Ok(models) => Check::good(name, format!("{} scripts", models.scripts())),
        Err(error) => Check::bad(
            name,
            format!("{error:#}"),
            "mend or remove the script: the server does not start",
        ),
    }
}

fn can_write(folder: &Path) -> bool {
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// The nearest directory above that exists.
fn nearest(folder: &Path) -> PathBuf {
    let above = folder.ancestors().skip(1).find(|above| above.is_dir());
    above.map_or_else(|| PathBuf::from("."), Path::to_owned)
}
