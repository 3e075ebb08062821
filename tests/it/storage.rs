//! Places, patterns and streams over every kind of store that needs no network.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use chrono::NaiveDate;
use journeymart::{
    error::{Kind, codes},
    storage::{Found, Location, Storage, sha256},
};
use uuid::Uuid;

async fn filled(storage: &Storage, root: &str, names: &[&str]) {
    for name in names {
        storage.location(root).unwrap().join(name).put(name.to_string()).await.unwrap();
    }
}

fn paths(found: &Found) -> Vec<&str> {
    found.files.iter().map(|file| file.path.as_str()).collect()
}

/// The same questions for a folder and for memory.
async fn finds(storage: &Storage, root: &str) {
    let names = [
        "web/events_20260629.gz",
        "web/events_20260630.gz",
        "web/events_20260631.gz",
        "web/README.txt",
        "web/_SUCCESS",
        "web/.hidden.gz",
        "web/old/events_20250101.gz",
    ];
    filled(storage, root, &names).await;

    let found = storage.find(&format!("{root}/web/events_{{date:YYYYMMDD}}.gz")).await.unwrap();
    let expected = ["events_20260629.gz", "events_20260630.gz"];
    assert_eq!(paths(&found), expected.map(|name| format!("{root}/web/{name}")));
    let day = NaiveDate::from_ymd_opt(2026, 6, 30).and_then(|day| day.and_hms_opt(0, 0, 0));
    assert_eq!(found.files[1].period, day);
    assert_eq!(found.files[1].size, names[1].len() as u64);
    // 31 June is no day, so that file matches no pattern.
    let beside = ["README.txt", "events_20260631.gz"].map(|name| format!("{root}/web/{name}"));
    assert_eq!(found.unmatched, beside);

    let found = storage.find(&format!("{root}/**/*.gz")).await.unwrap();
    assert_eq!(found.files.len(), 4);
    assert_eq!(found.unmatched, [format!("{root}/web/README.txt")]);

    let found = storage.find(&format!("{root}/web/README.txt")).await.unwrap();
    assert_eq!(paths(&found), [format!("{root}/web/README.txt")]);
    assert_eq!(&found.files[0].location.get().await.unwrap()[..], b"web/README.txt");

    assert!(storage.find(&format!("{root}/web/*.csv")).await.unwrap().files.is_empty());
    let error = storage.find(&format!("{root}/web/absent.csv")).await.unwrap_err();
    assert_eq!(error.diagnostics[0].code, codes::STORAGE_MISSING);
}

#[tokio::test]
async fn patterns_find_files_in_folders() {
    let project = tempfile::tempdir().unwrap();
    let storage = Storage::new(project.path());
    finds(&storage, "exports").await;
    finds(&storage, project.path().join("absolute").to_str().unwrap()).await;

    let error = storage.find("nowhere/*.csv").await.unwrap_err();
    assert_eq!(error.to_string(), "folder `nowhere/` does not exist");
    assert_eq!(error.kind, Kind::Usage);
    let error = storage.find("exports/web").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`exports/web` is a folder (hint: name the files in it: `exports/web/*`)"
    );
    // A local file's content is known by its bytes, never by its times.
    assert!(storage.find("exports/web/*.gz").await.unwrap().files[0].version.is_none());
}

#[tokio::test]
async fn patterns_find_files_in_memory() {
    let storage = Storage::new(".");
    finds(&storage, "memory://test/exports").await;
    assert!(
        storage.find("memory://test/exports/web/*.gz").await.unwrap().files[0].version.is_some()
    );
}

#[tokio::test]
async fn files_are_created_once() {
    let project = tempfile::tempdir().unwrap();
    let storage = Storage::new(project.path());
    for place in ["folder/new/file", "memory://test/file"] {
        let location = storage.location(place).unwrap();
        assert!(location.get_if_exists().await.unwrap().is_none());
        assert!(location.put_if_absent("one").await.unwrap());
        assert!(!location.put_if_absent("two").await.unwrap());
        assert_eq!(&location.get().await.unwrap()[..], b"one");
        location.delete().await.unwrap();
        location.delete().await.unwrap();
        assert!(location.head().await.unwrap().is_none());
    }
}

/// More than two ranges of a remote reader and two parts of an upload.
fn long_content() -> Vec<u8> {
    (0..40_000_000_u32).map(|index| (index % 251) as u8).collect()
}

/// Places on servers, where the environment names some (`tests/servers`).
fn on_servers() -> Vec<String> {
    let variables = ["JOURNEYMART_TEST_S3", "JOURNEYMART_TEST_AZURE"];
    let places = variables.into_iter().filter_map(|variable| match std::env::var(variable) {
        Ok(root) => Some(format!("{}/{}", root.trim_end_matches('/'), Uuid::now_v7())),
        Err(_) => {
            println!("skipped: {variable} names no place to write to");
            None
        }
    });
    places.collect()
}

#[tokio::test]
async fn patterns_find_files_on_servers() {
    let storage = Storage::new(".");
    for root in on_servers() {
        finds(&storage, &root).await;
    }
}

#[tokio::test]
async fn long_files_are_written_in_parts_and_read_in_ranges() {
    let project = tempfile::tempdir().unwrap();
    let storage = Storage::new(project.path());
    let content = long_content();
    let expected = sha256(&mut content.as_slice()).unwrap();
    for place in [vec!["file".into(), "memory://test/file".into()], on_servers()].concat() {
        let location = storage.location(&place).unwrap();
        let mut upload = location.upload().unwrap();
        for piece in content.chunks(3_333_333) {
            upload.write(piece).await.unwrap();
            assert!(location.head().await.unwrap().is_none(), "visible too early");
        }
        upload.finish().await.unwrap();
        let read = thread::spawn(move || sha256(&mut location.open().unwrap()).unwrap());
        assert_eq!(read.join().unwrap(), expected, "{place}");
    }
}

#[test]
fn buckets_are_not_contacted_before_they_are_used() {
    let storage = Storage::new(".");
    for text in ["s3://acme-exports/web/a b.csv", "gs://acme-exports/web"] {
        let location = storage.location(text).unwrap();
        assert_eq!(location.to_string(), text);
        assert_eq!(location.join("x").to_string(), format!("{text}/x"));
        assert!(location.local_path().is_none());
    }
}

#[test]
fn an_absent_file_says_so_when_it_is_opened_or_read() {
    let project = tempfile::tempdir().unwrap();
    let storage = Storage::new(project.path());
    let error = storage.location("absent.csv").unwrap().open().unwrap_err();
    assert_eq!(error.to_string(), "`absent.csv` does not exist");
    let location = storage.location("memory://test/absent.csv").unwrap();
    let error = location.open().unwrap().read(&mut [0; 8]).unwrap_err();
    let error = location.explain(error);
    assert_eq!(error.to_string(), "`memory://test/absent.csv` does not exist");
    let error = storage.location(".").unwrap().open().unwrap_err();
    assert_eq!(error.to_string(), "cannot read `.`: it is a folder");
}

/// A web server that answers one request after the other, each with the next of `answers`.
fn serve(answers: Vec<String>) -> (u16, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = thread::spawn(move || {
        let answer = |answer: String| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&request[..length]).lines().next().unwrap().to_owned()
        };
        answers.into_iter().map(answer).collect()
    });
    (port, requests)
}

fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\
         Last-Modified: Mon, 29 Jun 2026 10:00:00 GMT\r\nETag: \"1\"\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn presigned_web_addresses_are_read_and_never_shown() {
    let (port, requests) = serve(vec![answer("200 OK", "a;b\n"), answer("403 Forbidden", "no")]);
    let storage = Storage::new(".");
    let address = format!("http://127.0.0.1:{port}/a%20b.csv?signature=hunter2");
    let location = storage.location(&address).unwrap();
    assert_eq!(&location.get().await.unwrap()[..], b"a;b\n");
    assert_eq!(location.to_string(), format!("http://127.0.0.1:{port}/a%20b.csv"));

    let error = location.get().await.unwrap_err();
    assert_eq!(error.diagnostics[0].code, codes::STORAGE_DENIED);
    assert!(error.to_string().contains("the store answered 403"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");

    let error = location.put("x").await.unwrap_err();
    assert!(error.to_string().contains("read-only"), "{error}");
    let requests = requests.join().unwrap();
    assert_eq!(requests[0], "GET /a%20b.csv?signature=hunter2 HTTP/1.1");
}

#[tokio::test]
async fn web_servers_cannot_be_searched() {
    let error = Storage::new(".").find("https://h.example/*.csv?sig=hunter2").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`https://h.example/*.csv`: a web server cannot list files (hint: name each file)"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_read_only_folder_is_denied() {
    use std::os::unix::fs::PermissionsExt;

    let project = tempfile::tempdir().unwrap();
    fs::set_permissions(project.path(), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(project.path().join("probe"), "").is_ok() {
        println!("skipped: this user may write to read-only folders");
        return;
    }
    let location: Location = Storage::new(project.path()).location("out/file").unwrap();
    let error = location.put("x").await.unwrap_err();
    assert_eq!(error.diagnostics[0].code, codes::STORAGE_DENIED);
    assert!(error.to_string().starts_with("cannot write `out/file`: permission denied"), "{error}");
}
