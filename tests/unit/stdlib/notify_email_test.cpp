// Mail against a real server on loopback, and into the outbox.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "notify_support.h"
#include "stdlib/notify/mime.h"

namespace weft::stdlib::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const Json kTo = {"ann@example.org", "Ben@example.org"};

Json arguments(const Json& to = kTo) {
    return {{"to", to}, {"subject", "Your pack: Zürich, naïve 日本"}, {"body", "Hello.\n.\nÄ=b\n"}};
}

struct EmailTest : testing::Test {
    Bench bench;
    Server server{"smtp_server.py", bench.folder.path() / "smtp"};
    std::string key = key_of(1);

    void SetUp() override {
        bench.settings = {{"smtp", "smtp://" + server.address()},
                          {"from", "Weft Ärchive <weft@example.org>"}};
    }
    WorkerError expect_error(const WorkerOutcome& outcome) {
        EXPECT_FALSE(outcome.has_value());
        return outcome ? WorkerError{} : outcome.error();
    }
};

TEST_F(EmailTest, ArrivesWholeWithItsAttachments) {
    std::string bytes;
    for (int i = 0; i < 100'000; ++i) bytes += static_cast<char>(i * 7 % 256);
    auto args = arguments();
    args["attach"] = {
        Json::parse(*bench.files.write(bytes, "Übersicht \"1\".pdf", "application/pdf"))};
    const auto outcome = bench.call("notify.email", args, key);
    ASSERT_TRUE(outcome) << outcome.error().message;
    const auto receipt = Json::parse(outcome->json);
    EXPECT_EQ(receipt["channel"], "smtp");
    EXPECT_EQ(receipt["accepted"], 2);
    EXPECT_EQ(receipt["id"], "<" + key + "@example.org>");
    ASSERT_EQ(server.delivered(), 1);

    const auto mail = read_mail(server.folder() / "message-1.eml");
    EXPECT_EQ(mail["defects"], Json::array());
    EXPECT_EQ(mail["headers"]["subject"], "Your pack: Zürich, naïve 日本");
    EXPECT_EQ(mail["headers"]["from"], "Weft Ärchive <weft@example.org>");
    EXPECT_EQ(mail["headers"]["message-id"], receipt["id"]);
    EXPECT_EQ(mail["body"], "Hello.\n.\nÄ=b\n");
    EXPECT_EQ(mail["attachments"][0]["name"], "Übersicht \"1\".pdf");
    EXPECT_EQ(mail["attachments"][0]["media"], "application/pdf");
    EXPECT_EQ(mail["attachments"][0]["sha256"], to_hex(view(sha256(bytes))));
    const auto envelope = Json::parse(read_text(server.folder() / "envelope-1.json"));
    EXPECT_EQ(envelope["to"], kTo);
    EXPECT_EQ(bench.probe(key), "receipt");
}

TEST_F(EmailTest, RecipientsDoNotSeeEachOther) {
    ASSERT_TRUE(bench.call("notify.email", arguments(), key));
    const auto text = read_text(server.folder() / "message-1.eml");
    EXPECT_THAT(text, Not(HasSubstr("ann@")));
    EXPECT_THAT(text, Not(HasSubstr("Ben@")));
    const auto mail = read_mail(server.folder() / "message-1.eml");
    EXPECT_EQ(mail["headers"]["to"], "undisclosed-recipients:;");
    EXPECT_EQ(mail["defects"], Json::array());
    ASSERT_TRUE(bench.call("notify.email", arguments({"ann@example.org"}), key_of(2)));
    EXPECT_EQ(read_mail(server.folder() / "message-2.eml")["headers"]["to"], "ann@example.org");
}

TEST_F(EmailTest, TheSameKeyIsSentOnce) {
    const auto first = bench.call("notify.email", arguments(), key);
    const auto second = bench.call("notify.email", arguments(), key, 2);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->json, second->json);
    EXPECT_EQ(server.delivered(), 1);
    EXPECT_TRUE(bench.call("notify.email", arguments(), key_of(2)));
    EXPECT_EQ(server.delivered(), 2);
}

TEST_F(EmailTest, RefusalsAreTypedAndSurelyNotDone) {
    server.behave({{"rcpt", {{"reply", "550 5.1.1 bad@example.org is unknown"}}}});
    const auto unknown = expect_error(
        bench.call("notify.email", arguments({"ann@example.org", "bad@example.org"}), key));
    EXPECT_EQ(unknown.name, "Rejected");
    EXPECT_TRUE(unknown.surely_not_done);
    EXPECT_EQ(unknown.message, "the mail server refused recipient 2 (550 5.1.1)");
    EXPECT_EQ(bench.probe(key), "none");

    server.behave({{"data", {{"reply", "451 4.3.0 try later"}}}});
    const auto later = expect_error(bench.call("notify.email", arguments(), key, 2));
    EXPECT_EQ(later.name, "Transient");
    EXPECT_TRUE(later.surely_not_done);
    EXPECT_EQ(bench.probe(key), "none");

    server.behave({{"data", {{"reply", "554 5.6.0 no"}}}});
    const auto never = expect_error(bench.call("notify.email", arguments(), key, 3));
    EXPECT_EQ(never.name, "Rejected");
    EXPECT_THAT(never.message, HasSubstr("554 5.6.0"));
    EXPECT_EQ(server.delivered(), 0);

    server.behave(Json::object());
    EXPECT_TRUE(bench.call("notify.email", arguments(), key, 4));
    EXPECT_EQ(server.delivered(), 1);
}

TEST_F(EmailTest, SilenceAfterTheMessageIsInDoubt) {
    server.behave({{"data", {{"drop", true}}}});
    const auto lost = expect_error(bench.call("notify.email", arguments(), key));
    EXPECT_EQ(lost.name, "Unavailable");
    EXPECT_FALSE(lost.surely_not_done);
    EXPECT_EQ(server.delivered(), 1);
    EXPECT_EQ(bench.probe(key), "Unavailable");

    server.behave(Json::object());
    const auto again = expect_error(bench.call("notify.email", arguments(), key, 2));
    EXPECT_FALSE(again.surely_not_done);
    EXPECT_EQ(server.delivered(), 1);
}

TEST_F(EmailTest, ASlowServerIsATimeoutInDoubtOnlyAfterTheMessage) {
    bench.timeout = milliseconds{2'400};
    server.behave({{"mail", {{"delay_s", 30}}}});
    const auto early = expect_error(bench.call("notify.email", arguments(), key));
    EXPECT_EQ(early.name, "Timeout");
    EXPECT_TRUE(early.surely_not_done);

    server.behave({{"data", {{"delay_s", 30}}}});
    const auto late = expect_error(bench.call("notify.email", arguments(), key, 2));
    EXPECT_EQ(late.name, "Timeout");
    EXPECT_FALSE(late.surely_not_done);
}

TEST_F(EmailTest, AnAbsentServerIsUnavailable) {
    bench.settings["smtp"] = "smtp://127.0.0.1:1";
    const auto error = expect_error(bench.call("notify.email", arguments(), key));
    EXPECT_EQ(error.name, "Unavailable");
    EXPECT_TRUE(error.surely_not_done);
    EXPECT_EQ(bench.probe(key), "none");
}

TEST_F(EmailTest, LoginAndItsRefusal) {
    ::setenv("WEFT_TEST_PASSWORD", "a good password", 1);
    bench.settings["user"] = "weft";
    bench.settings["password"] = "env:WEFT_TEST_PASSWORD";
    // The server offers no STARTTLS, so the password must not go.
    EXPECT_EQ(expect_error(bench.call("notify.email", arguments(), key)).name, "Rejected");
    bench.settings["tls"] = "none";
    EXPECT_TRUE(bench.call("notify.email", arguments(), key));
    ::setenv("WEFT_TEST_PASSWORD", "a wrong one", 1);
    const auto refused = expect_error(bench.call("notify.email", arguments(), key_of(2)));
    EXPECT_EQ(refused.name, "Rejected");
    EXPECT_THAT(refused.message, HasSubstr("login"));
    bench.settings["password"] = "a good password";
    const auto literal = expect_error(bench.call("notify.email", arguments(), key_of(3)));
    EXPECT_THAT(literal.message, Not(HasSubstr("good")));
}

TEST_F(EmailTest, StartTlsWithACertificateOfOnesOwn) {
    const auto folder = bench.folder.path();
    const auto certificate = (folder / "certificate.pem").string();
    const auto secret = (folder / "key.pem").string();
    ASSERT_EQ(run_program({"/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                           "-keyout", secret, "-out", certificate, "-days", "2", "-subj",
                           "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"})
                  .first,
              0);
    Server secure("smtp_server.py", folder / "secure", {certificate, secret});
    bench.settings["smtp"] = "smtp://" + secure.address();
    bench.settings["tls"] = "required";
    EXPECT_FALSE(bench.call("notify.email", arguments(), key));
    EXPECT_EQ(secure.delivered(), 0);
    bench.settings["ca"] = "certificate.pem";
    const auto outcome = bench.call("notify.email", arguments(), key);
    EXPECT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(secure.delivered(), 1);
}

TEST_F(EmailTest, NoTextCanEndAHeader) {
    auto args = arguments();
    args["subject"] = "a\r\nBcc: eve@example.org\r\n\r\nb";
    args["attach"] = {
        Json::parse(*bench.files.write("x", "a\r\nX-Evil: 1\".pdf", "text/x\r\nY: 1"))};
    ASSERT_TRUE(bench.call("notify.email", args, key));
    const auto mail = read_mail(server.folder() / "message-1.eml");
    EXPECT_FALSE(mail["headers"].contains("bcc"));
    EXPECT_EQ(mail["attachments"][0]["media"], "application/octet-stream");
    EXPECT_THAT(read_text(server.folder() / "message-1.eml"), Not(HasSubstr("\nX-Evil")));
    for (const char* address :
         {"a@b\r\nRCPT TO:<c@d>", "a b@c", "a@b,c@d", "<a@b>", "a@", "@b", "a@b>", "ä@b.org", ""}) {
        const auto error =
            expect_error(bench.call("notify.email", arguments({address}), key_of(7)));
        EXPECT_EQ(error.message, "recipient 1 is not an address that mail can be sent to");
    }
    EXPECT_EQ(server.delivered(), 1);
}

TEST_F(EmailTest, WithoutRecipientsItLiesInTheOutbox) {
    const auto outcome = bench.call("notify.email", arguments(Json::array()), key);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(Json::parse(outcome->json)["accepted"], 0);
    EXPECT_EQ(Json::parse(outcome->json)["channel"], "outbox");
    EXPECT_EQ(server.delivered(), 0);
    EXPECT_TRUE(fs::exists(bench.outbox() / (key + ".eml")));
}

TEST_F(EmailTest, UnboundItLiesInTheOutboxOnce) {
    bench.settings = Json::object();
    const auto path = bench.outbox() / (key + ".eml");
    ASSERT_TRUE(bench.call("notify.email", arguments(), key));
    const auto first = read_text(path);
    bench.time_ms += 5'000;
    ASSERT_TRUE(bench.call("notify.email", arguments(), key, 2));
    EXPECT_EQ(read_text(path), first);
    EXPECT_EQ(std::distance(fs::directory_iterator(bench.outbox()), {}), 1);
    EXPECT_EQ(read_mail(path)["headers"]["to"], "undisclosed-recipients:;");
    EXPECT_EQ(read_mail(path)["headers"]["bcc"], "ann@example.org, Ben@example.org");
    EXPECT_EQ(bench.probe(key), "receipt");
    bench.settings["outbox"] = "elsewhere/out";
    ASSERT_TRUE(bench.call("notify.email", arguments(), key_of(2)));
    EXPECT_TRUE(fs::exists(bench.folder.path() / "elsewhere/out" / (key_of(2) + ".eml")));
}

TEST(Mime, LongAndStrangeTextsStayWithinTheLines) {
    notify::Message message;
    message.key = key_of(1);
    message.from = "weft@example.org";
    for (int i = 0; i < 60; ++i) message.subject += "überlang ";
    message.body = std::string(5'000, 'x') + "\n.\nFrom here \t \n\x01" + std::string(300, '=');
    message.attachments = {{"a", "text/plain", std::string(1'000, '\n')}};
    const std::string text = notify::write_message(message);
    std::size_t longest = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find("\r\n", begin);
        ASSERT_NE(end, std::string::npos);
        longest = std::max(longest, end - begin);
        begin = end + 2;
    }
    EXPECT_LE(longest, 78U);
    TemporaryFolder folder;
    write_text(folder.path() / "a.eml", text);
    const auto mail = read_mail(folder.path() / "a.eml");
    EXPECT_EQ(mail["headers"]["subject"], message.subject);
    EXPECT_EQ(mail["body"], message.body + "\n");
    EXPECT_EQ(mail["defects"], Json::array());
}

TEST(Mime, ALineThatIsBrokenBeginsWithNoMarkEither) {
    notify::Message message;
    message.key = key_of(1);
    message.from = "weft@example.org";
    message.body = std::string(75, 'x') + ".\n" + std::string(75, 'y') + "From me\n";
    const std::string text = notify::write_message(message);
    EXPECT_EQ(text.find("\r\n."), std::string::npos) << text;
    EXPECT_EQ(text.find("\r\nFrom me"), std::string::npos) << text;
    TemporaryFolder folder;
    write_text(folder.path() / "a.eml", text);
    EXPECT_EQ(read_mail(folder.path() / "a.eml")["body"], message.body);
}

}  // namespace
}  // namespace weft::stdlib::test
