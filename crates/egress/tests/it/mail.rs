//! Mail: what a server gets, and what is known where one does not take it.

use gathering_domain::{Advice, Failure, Timestamp};
use gathering_egress::{Mail, MailServer as Settings, MailTls, Mailer, RootCertificates};
use gathering_testkit::{Certificate, MailFate, MailSecurity, MailServer};

fn settings(server: &MailServer, tls: MailTls) -> Settings {
    Settings {
        host: "127.0.0.1".to_owned(),
        port: server.address.port(),
        tls,
        login: None,
        from: "gathering@example.com".to_owned(),
    }
}

fn mailer(server: &MailServer) -> Mailer {
    Mailer::new(settings(server, MailTls::Off), &RootCertificates::default()).unwrap()
}

fn mail() -> Mail {
    Mail {
        to: vec!["ann@example.com".to_owned(), "ben@example.com".to_owned()],
        subject: "Grüße\r\nBcc: eve@example.com".to_owned(),
        text: "First line\n.\n.dotted\nÄ\n".to_owned(),
        id: "eff_1".to_owned(),
        at: Timestamp::parse_rfc3339("2026-11-01T09:00:00Z").unwrap(),
    }
}

async fn refused(fate: MailFate) -> Failure {
    let server = MailServer::start(&[fate]).await;
    mailer(&server).send(mail()).await.unwrap_err()
}

#[tokio::test]
async fn a_message_arrives_as_it_was_meant() {
    let server = MailServer::start(&[]).await;
    let told = mailer(&server).send(mail()).await.unwrap();
    assert_eq!(told, "queued as 1");
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].from, "gathering@example.com");
    assert_eq!(taken[0].to, ["ann@example.com", "ben@example.com"]);
    let (head, text) = taken[0].content.split_once("\n\n").unwrap();
    for line in [
        "MIME-Version: 1.0",
        "Message-ID: <eff_1@example.com>",
        "From: gathering@example.com",
        "To: ann@example.com, ben@example.com",
        "Date: Sun, 01 Nov 2026 09:00:00 +0000",
    ] {
        assert!(head.lines().any(|of| of == line), "{line}: {head}");
    }
    assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    assert!(text.contains("First line") && !text.contains("eve"), "{text}");
}

#[tokio::test]
async fn what_is_known_of_a_message_that_was_not_taken_is_told() {
    for (fate, code, advice) in [
        (MailFate::RefuseRecipient, "mail_refused", Advice::Fail),
        (MailFate::RefuseMessage, "mail_refused", Advice::Fail),
        (MailFate::Busy, "mail_refused", Advice::Retry { after: None }),
        (MailFate::CutBefore, "not_connected", Advice::Retry { after: None }),
        (MailFate::CutAfter, "connection_lost", Advice::Unknown { after: None }),
    ] {
        let failure = refused(fate).await;
        assert_eq!((failure.code.as_str(), failure.advice), (code, advice), "{fate:?}");
    }
    let refused = refused(MailFate::RefuseRecipient).await;
    assert!(refused.message.contains("550"), "{}", refused.message);
    assert!(refused.message.contains("nobody of that name"), "{}", refused.message);
    assert!(refused.message.contains("the address `ann@example.com`"), "{}", refused.message);
}

#[tokio::test]
async fn a_server_that_is_not_there_took_nothing() {
    let server = MailServer::start(&[]).await;
    let mailer = mailer(&server);
    drop(server);
    let failure = mailer.send(mail()).await.unwrap_err();
    assert_eq!(failure.advice, Advice::Retry { after: None }, "{failure:?}");
}

#[tokio::test]
async fn mail_is_encrypted_as_it_is_configured_and_the_password_goes_nowhere_else() {
    let certificate = Certificate::self_signed("mail");
    let roots = RootCertificates::from_pem(certificate.pem.as_bytes()).unwrap();
    let login = Some(("ann".to_owned(), "secret".to_owned().into()));
    for (security, tls) in [
        (MailSecurity::StartTls(certificate.clone()), MailTls::StartTls),
        (MailSecurity::Tls(certificate.clone()), MailTls::Implicit),
    ] {
        let server = MailServer::secured(security, &[]).await;
        let with_login = Settings { login: login.clone(), ..settings(&server, tls) };
        Mailer::new(with_login.clone(), &roots).unwrap().send(mail()).await.unwrap();
        let taken = server.taken();
        assert!(taken[0].encrypted);
        assert_eq!(taken[0].login, Some(("ann".to_owned(), "secret".to_owned())));
        // Nobody vouches for the certificate.
        let unknown = Mailer::new(with_login, &RootCertificates::default()).unwrap();
        assert!(unknown.send(mail()).await.is_err());
        assert_eq!(server.taken().len(), 1);
    }
    // A server that does not encrypt is not spoken to.
    let plain = MailServer::start(&[]).await;
    let with_login = Settings { login, ..settings(&plain, MailTls::StartTls) };
    let failure = Mailer::new(with_login, &roots).unwrap().send(mail()).await.unwrap_err();
    assert_eq!(failure.code, "mail_refused");
    assert!(plain.taken().is_empty());
}

#[tokio::test]
async fn a_wrong_password_and_a_wrong_address_are_told() {
    let server = MailServer::start(&[]).await;
    let login = Some(("ann".to_owned(), "wrong".to_owned().into()));
    let with_login = Settings { login, ..settings(&server, MailTls::Off) };
    let mailer = Mailer::new(with_login, &RootCertificates::default()).unwrap();
    let failure = mailer.send(mail()).await.unwrap_err();
    assert_eq!(failure.advice, Advice::Fail);
    assert!(!failure.message.contains("wrong"), "{}", failure.message);
    let nobody = Mail { to: vec!["no address".to_owned()], ..mail() };
    let failure = self::mailer(&server).send(nobody).await.unwrap_err();
    assert_eq!(failure.code, "invalid_input");
}
