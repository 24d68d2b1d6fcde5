//! Every command that the documentation shows to a first user.

use std::{fs, path::Path, process::Stdio, time::Duration};

use gathering_testkit::Place;
use rustix::process::Signal;
use tokio::process::Command;

use crate::{
    program::{Program, repository},
    server::{Home, PATIENCE},
    target::Target,
};

/// The commands of the consoles in a part of a page, each with the lines that continue it.
fn commands(page: &str, heading: Option<&str>) -> Vec<String> {
    let text = fs::read_to_string(repository().join(page)).unwrap();
    let part = match heading {
        None => text.as_str(),
        Some(heading) => text.split("\n## ").find(|part| part.starts_with(heading)).unwrap(),
    };
    let mut commands: Vec<String> = Vec::new();
    for console in part.split("```console\n").skip(1) {
        let console = console.split("\n```").next().unwrap();
        let mut goes_on = false;
        for line in console.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                commands.push(command.to_owned());
            } else if goes_on {
                let last = commands.last_mut().unwrap();
                last.push('\n');
                last.push_str(line);
            } else {
                continue;
            }
            let text = commands.last().unwrap();
            goes_on = line.ends_with('\\') || text.matches('\'').count() % 2 == 1;
        }
    }
    commands
}

/// A directory as a reader has it: the examples, the binary in the path, the server's data.
struct Desk {
    home: Home,
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let (home, folder) = (Home::new(Place::sqlite()), gathering_testkit::temp_dir());
        let link = |to: &Path, name: &str| {
            std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
        };
        link(&repository().join("examples"), "examples");
        link(Path::new(env!("CARGO_BIN_EXE_gathering")), "gathering");
        link(home.data_dir(), "gathering-data");
        Self { home, folder }
    }

    /// Types commands into one shell; the first that fails ends it.
    async fn types(&self, commands: &[String], variables: &[(&str, String)]) -> String {
        #[expect(clippy::disallowed_methods, reason = "a reader of the documentation has a shell")]
        let mut shell = Command::new("bash");
        #[expect(clippy::disallowed_methods, reason = "a reader of the documentation has a shell")]
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", self.folder.path().display());
        shell.args(["-euo", "pipefail", "-c", &commands.join("\n")]).env("PATH", path);
        shell.current_dir(self.folder.path()).stdin(Stdio::null()).kill_on_drop(true);
        for (name, value) in variables {
            shell.env(name, value);
        }
        let said = tokio::time::timeout(PATIENCE, shell.output()).await.expect("in time").unwrap();
        let (out, err) =
            (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
        assert!(said.status.success(), "{commands:#?}\n{out}\n{err}");
        out.into_owned()
    }
}

#[tokio::test]
async fn the_tour_of_the_readme_works() {
    let desk = Desk::new();
    let commands = commands("README.md", Some("Five minutes"));
    let serve = commands.iter().position(|command| command == "gathering serve").unwrap();
    let said = desk.types(&commands[..serve], &[]).await;
    assert!(said.contains("# Heat pumps in old apartment buildings"), "{said}");

    let server = desk.home.serve().await;
    let token = server.setup_token.clone().unwrap();
    let here = |command: &String| {
        command.replace("http://127.0.0.1:7400", &server.url).replace("gtu_…", &token)
    };
    let rest: Vec<String> = commands[serve + 1..].iter().map(here).collect();
    assert!(rest.len() >= 4, "{rest:#?}");
    let said = desk.types(&rest, &[]).await;
    assert!(said.contains("\"succeeded\"") && said.contains("release-notes-1.5.md"), "{said}");
}

#[tokio::test]
async fn the_commands_of_the_examples_work() {
    let desk = Desk::new();
    let target = Target::start(Duration::ZERO).await;
    // What needs a key, or the reader's own project, is left out.
    let own = |command: &String| !command.contains("--provider") && !command.starts_with("git ");
    let webhook = format!("http://{}/page --approve", target.address);
    let commands: Vec<String> = commands("examples/README.md", None)
        .iter()
        .filter(|command| own(command))
        .map(|command| command.replace("https://hooks.example.com/page", &webhook))
        .collect();
    assert_eq!(commands.len(), 3, "{commands:#?}");
    let address = target.address.to_string();
    desk.types(&commands, &[("GATHERING_EGRESS_ALLOW_PRIVATE", address)]).await;
    assert_eq!(target.counts().get("/page"), Some(&1));
    for artifact in ["out/brief.md", "out/release-notes-1.5.md"] {
        assert!(desk.folder.path().join(artifact).exists(), "{artifact}");
    }
}

#[tokio::test]
async fn the_commands_of_the_guides_about_people_and_keys_work() {
    let desk = Desk::new();
    let server = desk.home.serve().await;
    let owner = server.set_up().await;
    let (_, projects) = owner.get("/api/v1/projects").await;
    let project = projects["items"][0]["id"].as_str().unwrap();
    let here = |command: &String| {
        command.replace("http://127.0.0.1:7400", &server.url).replace("prj_…", project)
    };
    let mut at_the_host = Vec::new();
    // What follows what on one page is typed into one shell.
    for (page, told) in [
        ("sign-in.md", &["\"permissions\"", "\"current\"", "\"csrf_token\"", "\"items\""][..]),
        ("people.md", &["\"grace@example.com\"", "#invite="][..]),
    ] {
        let page = format!("docs/guides/{page}");
        let all = commands(&page, None);
        let (offline, online): (Vec<_>, Vec<_>) =
            all.iter().map(here).partition(|command| command.starts_with("gathering "));
        assert!(!online.is_empty() && !offline.is_empty(), "{all:#?}");
        at_the_host.extend(offline);
        let text = fs::read_to_string(repository().join(&page)).unwrap();
        let shown =
            |commands: &[String]| commands.iter().map(|one| one.matches("curl ").count()).sum();
        let typed: usize = shown(&online);
        assert_eq!(
            typed,
            text.matches("curl ").count(),
            "{page} has commands that are not typed here"
        );
        let token = owner.token.clone().unwrap();
        let said = desk.types(&online, &[("TOKEN", token)]).await;
        for word in told {
            assert!(said.contains(word), "{page}: {word} is not in {said}");
        }
    }
    server.signal(Signal::TERM);
    assert!(server.ended().await.success());
    // A password is asked for.
    let typed = |command: &String| {
        if command.starts_with("gathering user password ") {
            return format!("{command} <<< 'harbour nine lantern'");
        }
        command.clone()
    };
    let at_the_host: Vec<String> = at_the_host.iter().map(typed).collect();
    let said = desk.types(&at_the_host, &[]).await;
    assert!(said.contains("gtk_") && said.contains("backup"), "{said}");
    let server = desk.home.serve().await;
    server.stranger().sign_in("ada@example.com", "harbour nine lantern").await;
}

#[tokio::test]
async fn the_pipelines_of_the_guides_are_valid() {
    let (folder, mut seen) = (gathering_testkit::temp_dir(), Vec::new());
    let is_whole = |block: &str| block.split("\n```").next().unwrap().contains("\nnodes:");
    for guide in fs::read_dir(repository().join("docs/guides")).unwrap() {
        let guide = guide.unwrap().path();
        let text = fs::read_to_string(&guide).unwrap();
        let blocks = text.split("```yaml\n").skip(1);
        // Others are parts of one.
        for block in blocks.filter(|block| block.starts_with("name: ") && is_whole(block)) {
            let file = folder.path().join("pipeline.yaml");
            fs::write(&file, block.split("\n```").next().unwrap()).unwrap();
            let file = file.display().to_string();
            let said = Program::new(["validate", &file, "--json"]).run().await.ends_with(0);
            assert_eq!(said.json()["valid"], true, "{}", guide.display());
            seen.push(guide.file_name().unwrap().to_owned());
        }
    }
    for guide in ["approvals.md", "effects.md"] {
        assert!(seen.iter().any(|name| name == guide), "{guide} is not among {seen:?}");
    }
}

#[tokio::test]
async fn the_commands_of_the_guides_about_what_starts_by_itself_work() {
    let desk = Desk::new();
    let server = desk.home.serve().await;
    let owner = server.set_up().await;
    for (page, told) in [("docs/guides/schedules.md", "At 03:00 on Monday through Friday")] {
        let here = |command: &String| command.replace("http://127.0.0.1:7400", &server.url);
        let all: Vec<String> = commands(page, None).iter().map(here).collect();
        assert!(!all.is_empty(), "{page} shows no command");
        let said = desk.types(&all, &[("TOKEN", owner.token.clone().unwrap())]).await;
        assert!(said.contains(told), "{page}: {said}");
    }
}
