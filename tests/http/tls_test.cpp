// TLS of our own, over real sockets: what is spoken, what is not, whose certificate is taken, and who starves nobody.
// RFC 8446, RFC 9325
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "tests/http/support/certificates.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

using http::TlsSettings;
using testing::HasSubstr;

class Tls : public testing::Test {
 protected:
  Tls() {
    std::string name = (std::filesystem::temp_directory_path() / "varde-tls-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
    directory = name;
    ours.write(directory, "ours");
    settings.certificate = file("ours.crt"), settings.key = file("ours.key");
  }
  ~Tls() override { std::filesystem::remove_all(directory); }
  std::string file(const std::string& name) const { return (directory / name).string(); }
  World& start() {
    World::Options options;
    options.tls = settings, options.wire.header = std::chrono::seconds{1}, options.slots.all = 6;
    world = std::make_unique<World>(options);
    return *world;
  }
  std::string trouble() const {
    try {
      const http::Tls tls(settings);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return {};
  }
  std::vector<std::string> weak(const std::string& host) const {
    return http::weaknesses(settings, host, std::chrono::system_clock::now());
  }

  std::filesystem::path directory;
  Certificate ours = make_certificate({});
  TlsSettings settings;
  std::unique_ptr<World> world;
};

TEST_F(Tls, carries_requests_and_answers_of_any_size_on_one_connection) {
  start();
  TlsClient client(world->port());
  ASSERT_TRUE(client.is_connected());
  EXPECT_EQ(client.version(), "TLSv1.3");
  const std::string text(300'000, 'x');
  const auto stored = client.ask("POST", "/fhir/Basic", {{"Content-Type", "application/fhir+json"}},
                                 R"({"resourceType":"Basic","code":{"text":")" + text + "\"}}");
  ASSERT_EQ(stored.status, 201) << stored.body.substr(0, 300);
  const auto found = client.ask("GET", "/fhir/Basic");
  EXPECT_EQ(found.status, 200);
  EXPECT_NE(found.body.find(text), std::string::npos);
  EXPECT_EQ(client.ask("GET", "/health").body, "ok\n");
}

TEST_F(Tls, speaks_1_2_and_1_3_and_nothing_older) {
  start();
  for (const auto& [version, spoken] : {std::pair(TLS1_VERSION, false), std::pair(TLS1_1_VERSION, false),
                                        std::pair(TLS1_2_VERSION, true), std::pair(TLS1_3_VERSION, true)}) {
    TlsClient client(world->port(), {.version = version});
    EXPECT_EQ(client.is_connected(), spoken) << version;
    if (spoken) {
      EXPECT_EQ(client.ask("GET", "/health").status, 200);
    }
  }
}

TEST_F(Tls, speaks_1_3_alone_where_set) {
  settings.least = TlsSettings::Least::v1_3;
  start();
  EXPECT_FALSE(TlsClient(world->port(), {.version = TLS1_2_VERSION}).is_connected());
  EXPECT_TRUE(TlsClient(world->port()).is_connected());
}

TEST_F(Tls, takes_no_cipher_without_forward_secrecy_and_authentication) {
  start();
  for (const std::string ciphers :
       {"AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "eNULL:aNULL", "ALL:!AESGCM:!CHACHA20"})
    EXPECT_FALSE(TlsClient(world->port(), {.version = TLS1_2_VERSION, .ciphers = ciphers}).is_connected()) << ciphers;
  EXPECT_TRUE(
      TlsClient(world->port(), {.version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"}).is_connected());
}

TEST_F(Tls, does_not_pretend_to_speak_http_2) {
  start();
  EXPECT_FALSE(TlsClient(world->port(), {.protocols = "\x02h2"}).is_connected());
  TlsClient both(world->port(), {.protocols = "\x02h2\x08http/1.1"});
  EXPECT_EQ(both.ask("GET", "/health").status, 200);
}

TEST_F(Tls, tells_whoever_speaks_plainly_what_is_spoken_here) {
  start();
  Client plain(world->port());
  const auto answer = plain.ask("GET", "/fhir/Patient");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("HTTPS"));
}

TEST_F(Tls, ends_a_connection_that_sends_nonsense_and_goes_on) {
  start();
  Client nonsense(world->port());
  nonsense.send(std::string("\x16\x03\x01\xff\xff") + std::string(4000, '\0'));
  EXPECT_EQ(nonsense.receive().status, 0);
  EXPECT_EQ(TlsClient(world->port()).ask("GET", "/health").status, 200);
}

TEST_F(Tls, is_kept_from_nobody_by_those_who_never_finish_the_handshake) {
  start();
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 40; ++i) {
    silent.push_back(std::make_unique<Client>(world->port()));
    silent.back()->send("\x16\x03\x01");
  }
  EXPECT_EQ(TlsClient(world->port()).ask("GET", "/health").status, 200);
  const auto begin = std::chrono::steady_clock::now();
  Client late(world->port());
  late.send("\x16");
  EXPECT_TRUE(late.closed_by_server());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{5}) << "a handshake has as long as a header";
}

TEST_F(Tls, takes_new_certificates_without_a_stop_and_keeps_the_old_ones_where_the_new_are_no_good) {
  start();
  TlsClient open(world->port());
  EXPECT_EQ(open.server_thumbprint(), ours.thumbprint());
  const Certificate fresh = make_certificate({});
  fresh.write(directory, "ours");
  world->server->reload_certificates();
  EXPECT_EQ(TlsClient(world->port()).server_thumbprint(), fresh.thumbprint());
  EXPECT_EQ(open.ask("GET", "/health").status, 200) << "who is connected stays so";
  ours.write(directory, "other");
  std::filesystem::copy_file(file("other.key"), file("ours.key"), std::filesystem::copy_options::overwrite_existing);
  EXPECT_THROW(world->server->reload_certificates(), std::runtime_error);
  EXPECT_EQ(TlsClient(world->port()).server_thumbprint(), fresh.thumbprint());
}

TEST_F(Tls, asks_for_a_certificate_where_set_and_takes_only_those_that_somebody_vouches_for) {
  const Certificate authority = make_certificate({.name = "authority"});
  const Certificate known = make_certificate({.name = "client", .issuer = &authority});
  const Certificate stranger = make_certificate({.name = "stranger"});
  const Certificate expired =
      make_certificate({.name = "old", .valid_for = std::chrono::hours{-24}, .issuer = &authority});
  authority.write(directory, "authority");
  settings.clients = TlsSettings::Clients::required, settings.authorities = file("authority.crt");
  start();
  const auto status = [&](const Certificate* certificate) {
    return TlsClient(world->port(), {.certificate = certificate}).ask("GET", "/health").status;
  };
  EXPECT_EQ(status(&known), 200);
  EXPECT_EQ(status(nullptr), 0);
  EXPECT_EQ(status(&stranger), 0);
  EXPECT_EQ(status(&expired), 0);
}

TEST_F(Tls, asks_for_a_certificate_that_need_not_come) {
  settings.clients = TlsSettings::Clients::asked;
  start();
  const Certificate anybody = make_certificate({.name = "anybody"});
  EXPECT_EQ(TlsClient(world->port()).ask("GET", "/health").status, 200);
  EXPECT_EQ(TlsClient(world->port(), {.certificate = &anybody}).ask("GET", "/health").status, 200);
}

TEST_F(Tls, is_refused_with_a_key_that_others_may_read_or_that_does_not_fit) {
  EXPECT_EQ(trouble(), "");
  ::chmod(settings.key.c_str(), 0640);
  EXPECT_EQ(trouble(), "");
  ::chmod(settings.key.c_str(), 0644);
  EXPECT_THAT(trouble(), HasSubstr("ours.key: a private key that others than its owner may read"));
  ::chmod(settings.key.c_str(), 0600), ::chmod(settings.certificate.c_str(), 0666);
  EXPECT_THAT(trouble(), HasSubstr("ours.crt: others than its owner may write it"));
  ::chmod(settings.certificate.c_str(), 0644);
  make_certificate({}).write(directory, "other");
  settings.key = file("other.key");
  EXPECT_THAT(trouble(), HasSubstr("other.key: "));
  settings.key = file("none.key");
  EXPECT_THAT(trouble(), HasSubstr("none.key: there is no such file"));
  settings.key = file("ours.key"), settings.certificate = file("ours.key");
  EXPECT_THAT(trouble(), HasSubstr("no PEM file of a certificate"));
}

TEST_F(Tls, names_what_is_weak_in_a_certificate) {
  const Certificate authority = make_certificate({.name = "authority"});
  const auto put = [&](std::chrono::hours valid_for) {
    make_certificate({.name = "fhir.example.no", .valid_for = valid_for, .issuer = &authority})
        .write(directory, "ours");
  };
  put(std::chrono::hours{24 * 365});
  EXPECT_TRUE(weak("fhir.example.no").empty());
  EXPECT_THAT(weak("other.example.no"), testing::ElementsAre(HasSubstr("does not name other.example.no")));
  put(std::chrono::hours{24 * 3});
  EXPECT_THAT(weak("fhir.example.no"), testing::ElementsAre(HasSubstr("expires within two weeks")));
  put(std::chrono::hours{-1});
  EXPECT_THAT(weak("fhir.example.no"), testing::ElementsAre(HasSubstr("has expired")));
  ours.write(directory, "ours");
  EXPECT_THAT(weak("localhost"), testing::ElementsAre(HasSubstr("signed by itself")));
}

}  // namespace
}  // namespace varde::test
