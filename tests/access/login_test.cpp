// Logging in over HTTP: what a request with a token, without one, and with a bad one is answered. RFC 6750, RFC 9449.
#include <gtest/gtest.h>

#include "fhir-model/json/json.h"
#include "server/access/discovery.h"
#include "tests/access/support/tokens.h"
#include "tests/http/support/certificates.h"
#include "tests/http/support/json.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

class Login : public testing::Test {
 protected:
  Login() {
    issuer.name = "test", issuer.issuer = "https://sts.example", issuer.audience = "varde",
    issuer.algorithms = {"ES256"};
    issuer.bearer = true, issuer.role_claim = "role";
    auto keys = std::make_shared<access::KeySource>([this] { return std::optional(key_set({&key})); },
                                                    access::KeySource::Times{});
    logins = std::make_unique<access::Authenticator>(
        access::Authenticator::Settings{{{issuer, keys}}, "http://varde.test", ""}, seen,
        [] { return access::Seconds{std::chrono::seconds{1'000'100}}; });
    World::Options options;
    options.logins = logins.get();
    options.plain.push_back(
        {"GET", "/messages", [](const auto&) -> Result<interaction::Response> { return interaction::Response{}; }});
    world = std::make_unique<World>(options);
    world->context->smart_configuration = access::smart_configuration({issuer});
    world->context->security = access::capability_security({issuer});
    store("a", R"({"resourceType":"Patient"})");
    store("b", R"({"resourceType":"Patient"})");
  }
  void store(const std::string& id, const std::string& json) {
    auto tree = fhir::parse_json(json);
    ASSERT_TRUE(world->repository->write([&](interaction::Act& act) { return act.create(tree->edit(), id); }));
  }
  std::string token(const std::string& more, const std::string& scope = "user/*.cruds") const {
    Token one;
    one.more = more, one.scope = scope;
    return "Bearer " + one.by(key);
  }
  Answer get(const std::string& target, const std::string& authorization) const {
    return world->ask("GET", target, {{"Authorization", authorization}});
  }

  SigningKey key;
  access::Issuer issuer;
  access::SeenProofs seen;
  std::unique_ptr<access::Authenticator> logins;
  std::unique_ptr<World> world;
};

TEST_F(Login, without_a_token_is_asked_for) {
  const auto answer = world->get("/fhir/Patient/a");
  EXPECT_EQ(answer.status, 401);
  EXPECT_NE(answer.headers.at("www-authenticate").find("realm=\"varde\""), std::string::npos);
  EXPECT_EQ(answer.headers.at("www-authenticate").find("error="), std::string::npos)
      << "there was nothing wrong, there was nothing";
  EXPECT_EQ(text_at(answer.body, "issue[0].code"), "login");
  for (const std::string target : {"/fhir/Patient", "/fhir/no-such", "/fhir/Patient/a/_history", "/messages",
                                   "/fhir/_history", "/fhir/Patient/a/$everything"})
    EXPECT_NE(world->get(target).status, 200) << target;
  EXPECT_EQ(world->post("/fhir", R"({"resourceType":"Bundle","type":"batch","entry":[]})").status, 401);
  EXPECT_EQ(world->post("/fhir/Patient", R"({"resourceType":"Patient"})").status, 401);
}

TEST_F(Login, is_not_asked_for_what_tells_nothing) {
  for (const std::string target :
       {"/health", "/ready", "/metrics", "/", "/fhir/metadata", "/fhir/.well-known/smart-configuration"})
    EXPECT_EQ(world->get(target).status, 200) << target;
  EXPECT_EQ(get("/fhir/metadata", "Bearer nonsense").status, 200);
}

TEST_F(Login, with_a_good_token_is_somebody) {
  EXPECT_EQ(get("/fhir/Patient/a", token(R"(,"role":"epj")")).status, 200);
  EXPECT_EQ(get("/fhir/Patient/a", token(R"(,"role":"patient","patient":"a")")).status, 200);
  EXPECT_EQ(get("/fhir/Patient/b", token(R"(,"role":"patient","patient":"a")")).status, 404);
}

TEST_F(Login, with_a_bad_token_is_nobody_and_hears_why_without_its_contents) {
  const auto answer = get("/fhir/Patient/a", token(R"(,"role":"epj")") + "x");
  EXPECT_EQ(answer.status, 401);
  EXPECT_NE(answer.headers.at("www-authenticate").find("error=\"invalid_token\""), std::string::npos);
  EXPECT_EQ(answer.body.find("person-1"), std::string::npos);
  EXPECT_EQ(world->log(), "") << "a token is nothing for the log";
}

TEST_F(Login, is_kept_to_the_scopes) {
  const std::string reading = token(R"(,"role":"epj")", "user/Patient.rs");
  EXPECT_EQ(get("/fhir/Patient/a", reading).status, 200);
  EXPECT_EQ(get("/fhir/Observation", reading).status, 403);
  EXPECT_EQ(world
                ->ask("POST", "/fhir/Patient", {{"Authorization", reading}, {"Content-Type", "application/fhir+json"}},
                      R"({"resourceType":"Patient"})")
                .status,
            403);
  EXPECT_EQ(get("/fhir/Patient/a", token(R"(,"role":"epj")", "openid profile")).status, 403);
  EXPECT_EQ(get("/fhir/Patient/a", token(R"(,"role":"nobody-knows")")).status, 403);
  EXPECT_EQ(get("/messages", token(R"(,"role":"nurse")")).status, 403);
  EXPECT_EQ(get("/messages", token(R"(,"role":"team-lead")")).status, 200);
}

TEST_F(Login, is_kept_to_them_in_the_entries_of_a_bundle_too) {
  const std::string reading = token(R"(,"role":"epj")", "user/Patient.r");
  const auto answer = world->ask(
      "POST", "/fhir", {{"Authorization", reading}, {"Content-Type", "application/fhir+json"}},
      R"({"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient/a"}},{"request":{"method":"GET","url":"Patient"}},{"request":{"method":"DELETE","url":"Patient/a"}},{"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}},{"request":{"method":"GET","url":"Observation?patient=a"}}]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(text_at(answer.body, "entry[0].response.status").substr(0, 3), "200");
  for (const std::string i : {"1", "2", "3", "4"})
    EXPECT_EQ(text_at(answer.body, "entry[" + i + "].response.status").substr(0, 3), "403") << i;
}

TEST_F(Login, by_a_proof_of_possession_is_checked_against_our_public_address) {
  const SigningKey client(SigningKey::Kind::ec256, "c");
  Token bound;
  bound.jkt = client.thumbprint(), bound.more = R"(,"role":"epj")";
  const std::string text = bound.by(key);
  Proof proof;
  proof.iat = 1'000'100, proof.htu = "http://varde.test/fhir/Patient/a";
  const Headers headers{{"Authorization", "DPoP " + text}, {"DPoP", proof.by(client, text)}};
  EXPECT_EQ(world->ask("GET", "/fhir/Patient/a?_format=json", headers).status, 200);
  const auto again = world->ask("GET", "/fhir/Patient/a?_format=json", headers);
  EXPECT_EQ(again.status, 401) << "a proof works once";
  EXPECT_NE(again.headers.at("www-authenticate").find("invalid_dpop_proof"), std::string::npos);
  EXPECT_EQ(get("/fhir/Patient/a", "Bearer " + text).status, 401);
}

TEST_F(Login, that_asks_too_often_is_told_to_wait) {
  access::Authenticator::Settings settings = logins->settings();
  settings.requests_per_second = 2;
  access::Authenticator few(settings, seen, [] { return access::Seconds{std::chrono::seconds{1'000'100}}; });
  World::Options options;
  options.logins = &few;
  const World other(options);
  const Headers headers{{"Authorization", token(R"(,"role":"epj")")}};
  int refused = 0;
  for (int i = 0; i < 12; ++i) {
    const auto answer = other.ask("GET", "/fhir/Patient", headers);
    if (answer.status != 429) continue;
    ++refused;
    EXPECT_EQ(answer.headers.at("retry-after"), "1");
  }
  EXPECT_GE(refused, 4);
  EXPECT_EQ(other.get("/health").status, 200);
}

TEST_F(Login, is_told_of_where_clients_look) {
  const auto smart = world->get("/fhir/.well-known/smart-configuration");
  EXPECT_EQ(smart.headers.at("content-type"), "application/json");
  EXPECT_EQ(text_at(smart.body, "issuer"), "https://sts.example");
  EXPECT_NE(smart.body.find("permission-v2"), std::string::npos);
  EXPECT_EQ(text_at(world->get("/fhir/metadata").body, "rest[0].security.service[0].coding[0].code"), "SMART-on-FHIR");
}

/// RFC 8705 3: the token is good only on a connection whose client holds the certificate that it names.
TEST_F(Login, by_a_token_that_is_bound_to_a_certificate_needs_that_certificate) {
  const auto mine = make_certificate({.name = "mine"}), other = make_certificate({.name = "other"});
  mine.write(world->directory, "server");
  issuer.bearer = false;
  auto keys = std::make_shared<access::KeySource>([this] { return std::optional(key_set({&key})); },
                                                  access::KeySource::Times{});
  access::Authenticator bound_only({{{issuer, keys}}, "https://varde.test", "", 0, true}, seen,
                                   [] { return access::Seconds{std::chrono::seconds{1'000'100}}; });
  World::Options options;
  options.logins = &bound_only, options.public_base = "https://varde.test/fhir";
  options.tls = {(world->directory / "server.crt").string(),
                 (world->directory / "server.key").string(),
                 http::TlsSettings::Least::v1_2,
                 http::TlsSettings::Clients::asked,
                 {}};
  const World encrypted(options);
  const auto status = [&](const Certificate* certificate, const Headers& headers) {
    return TlsClient(encrypted.port(), {.certificate = certificate}).ask("GET", "/fhir/Patient", headers).status;
  };
  Token token_of_mine;
  token_of_mine.x5t = mine.thumbprint(), token_of_mine.more = R"(,"role":"epj")";
  const std::string text = token_of_mine.by(key);
  const Headers bearer{{"Authorization", "Bearer " + text}};
  EXPECT_EQ(status(&mine, bearer), 200);
  EXPECT_EQ(status(&other, bearer), 401);
  EXPECT_EQ(status(nullptr, bearer), 401);
  EXPECT_EQ(status(&mine, {{"Authorization", "DPoP " + text}}), 401);
  EXPECT_EQ(get("/fhir/Patient/a", "Bearer " + text).status, 401) << "without TLS nobody can show one";
  Token unbound;
  unbound.more = R"(,"role":"epj")";
  EXPECT_EQ(status(&mine, {{"Authorization", "Bearer " + unbound.by(key)}}), 401)
      << "a certificate binds no token that does not name it";
  const auto challenge = TlsClient(encrypted.port()).ask("GET", "/fhir/Patient");
  EXPECT_NE(challenge.headers.at("www-authenticate").find("Bearer"), std::string::npos);
  EXPECT_EQ(challenge.headers.at("strict-transport-security"), "max-age=31536000");

  // Bound to a key as well: both are asked for.
  const SigningKey client(SigningKey::Kind::ec256, "c");
  Token both = token_of_mine;
  both.jkt = client.thumbprint();
  const std::string twice = both.by(key);
  Proof proof;
  proof.iat = 1'000'100, proof.htu = "https://varde.test/fhir/Patient";
  EXPECT_EQ(status(&other, {{"Authorization", "DPoP " + twice}, {"DPoP", proof.by(client, twice)}}), 401);
  proof.jti = "j2";
  EXPECT_EQ(status(&mine, {{"Authorization", "DPoP " + twice}, {"DPoP", proof.by(client, twice)}}), 200);
  EXPECT_EQ(status(&mine, {{"Authorization", "Bearer " + twice}}), 401);
}

TEST(NoLogin, is_asked_for_where_access_is_open) {
  World world;
  EXPECT_EQ(world.get("/fhir/Patient").status, 200);
  EXPECT_EQ(world.get("/fhir/.well-known/smart-configuration").status, 404);
  EXPECT_EQ(world.get("/fhir/metadata").body.find("\"security\""), std::string::npos);
}

}  // namespace
}  // namespace varde::test
