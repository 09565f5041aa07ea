// What the built-in authorization server demands of a program with a key, over real sockets: our own client gets
// through, and whoever leaves out or bends anything does not. RFC 9126, RFC 7523, RFC 9449
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fhir-model/text/base64.h"
#include "server/access/digest.h"
#include "server/command/demo_login.h"
#include "server/interaction/text.h"
#include "tests/access/support/tokens.h"
#include "tests/http/support/json.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using Parameters = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kVerifier = "a-verifier-of-forty-three-letters-or-more-1234";
const std::string kIssuer = "http://varde.test/demo-login", kRedirect = "http://127.0.0.1:8000/callback";

class DemoConfidential : public testing::Test {
 protected:
  DemoConfidential() {
    login = std::make_unique<access::DemoLogin>(access::DemoLogin::Settings{"http://varde.test",
                                                                            "http://varde.test/fhir",
                                                                            {{"journal", {kRedirect}, key_set({&own})},
                                                                             {"second", {kRedirect}, key_set({&other})},
                                                                             {"public", {kRedirect}}}},
                                                [this] { return now; });
    const auto keys = std::make_shared<access::KeySource>(command::keys_of(login.get()), access::KeySource::Times{});
    logins = std::make_unique<access::Authenticator>(
        access::Authenticator::Settings{{{login->issuer(), keys}}, "http://varde.test", ""}, seen,
        [this] { return now; });
    login->tell_taken_back([this](const std::string& digest, access::Seconds until) { logins->end(digest, until); });
    World::Options options;
    options.logins = logins.get(), options.plain = command::demo_login_routes(*login);
    world = std::make_unique<World>(options);
  }
  std::string assertion(const std::string& more = {}, const std::string& aud = kIssuer,
                        const std::string& sub = "journal", std::int64_t ends = 60) {
    const auto at = now.time_since_epoch().count();
    return own.sign(R"({"typ":"client-authentication+jwt","alg":"ES256","kid":"k1"})",
                    R"({"iss":"journal","sub":")" + sub + R"(","aud":")" + aud + R"(","jti":")" +
                        std::to_string(++made) + R"(","exp":)" + std::to_string(at + ends) + more + "}");
  }
  static void prove(Parameters& form, const std::string& with) {
    form.emplace_back("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    form.emplace_back("client_assertion", with);
  }
  Parameters request() const {
    return {{"response_type", "code"},
            {"client_id", "journal"},
            {"redirect_uri", kRedirect},
            {"scope", "openid user/*.rs offline_access"},
            {"state", "s"},
            {"nonce", "n"},
            {"aud", "http://varde.test/fhir"},
            {"dpop_jkt", device.thumbprint()},
            {"code_challenge", fhir::text::to_base64url(access::sha256(kVerifier))},
            {"code_challenge_method", "S256"}};
  }
  Answer post(const std::string& endpoint, const Parameters& form, const Headers& more = {}) const {
    Headers headers{{"Content-Type", "application/x-www-form-urlencoded"}};
    headers.insert(headers.end(), more.begin(), more.end());
    return world->ask("POST", "/demo-login/" + endpoint, headers, interaction::with_query(form).substr(1));
  }
  Answer push(Parameters form, const std::string& with) const { return prove(form, with), post("par", form); }
  Answer authorize(const std::string& name, const std::string& client = "journal") const {
    return world->get("/demo-login/authorize" +
                      interaction::with_query({{"client_id", client}, {"request_uri", name}}));
  }
  std::string code() {
    const std::string page = authorize(text_at(push(request(), assertion()).body, "request_uri")).body;
    const std::size_t at = page.find("name=\"request\" value=\"") + 22;
    const auto sent = post("authorize", {{"request", page.substr(at, page.find('"', at) - at)}, {"user", "anne"}});
    const std::string& address = sent.headers.at("location");
    const std::size_t from = address.find("code=") + 5;
    return address.substr(from, address.find('&', from) - from);
  }
  std::string proof(const SigningKey& by, const std::string& nonce, const std::string& htu = kIssuer + "/token") {
    const std::string says = nonce.empty() ? "" : R"(,"nonce":")" + nonce + '"';
    return by.sign(R"({"typ":"dpop+jwt","alg":"ES256","jwk":)" + by.public_jwk() + "}",
                   R"({"jti":"p)" + std::to_string(++made) + R"(","htm":"POST","htu":")" + htu + R"(","iat":)" +
                       std::to_string(now.time_since_epoch().count()) + says + "}");
  }
  Answer exchange(const std::string& with_code, const std::string& with_proof) {
    Parameters form{{"grant_type", "authorization_code"},
                    {"code", with_code},
                    {"redirect_uri", kRedirect},
                    {"client_id", "journal"},
                    {"code_verifier", std::string(kVerifier)}};
    prove(form, assertion());
    return post("token", form, {{"DPoP", with_proof}});
  }
  std::string nonce() { return exchange("none", proof(device, "")).headers.at("dpop-nonce"); }

  access::Seconds now{std::chrono::seconds{1'800'000'000}};
  access::SeenProofs seen;
  int made = 0;
  SigningKey own{SigningKey::Kind::ec256, "k1"}, other{SigningKey::Kind::ec256, "k1"},
      device{SigningKey::Kind::ec256, "d"};
  std::unique_ptr<access::DemoLogin> login;
  std::unique_ptr<access::Authenticator> logins;
  std::unique_ptr<World> world;
};

TEST_F(DemoConfidential, gives_a_token_that_is_bound_to_the_key_it_was_asked_for_with) {
  const auto pushed = push(request(), assertion());
  ASSERT_EQ(pushed.status, 201) << pushed.body;
  EXPECT_THAT(text_at(pushed.body, "request_uri"), testing::StartsWith("urn:ietf:params:oauth:request_uri:"));
  const auto given = exchange(code(), proof(device, nonce()));
  ASSERT_EQ(given.status, 200) << given.body;
  EXPECT_EQ(text_at(given.body, "token_type"), "DPoP");
  const std::string token = text_at(given.body, "access_token");
  EXPECT_EQ(world->ask("GET", "/fhir/Patient", {{"Authorization", "Bearer " + token}}).status, 401);
  Proof good;
  good.htu = "http://varde.test/fhir/Patient", good.iat = now.time_since_epoch().count();
  EXPECT_EQ(
      world->ask("GET", "/fhir/Patient", {{"Authorization", "DPoP " + token}, {"DPoP", good.by(device, token)}}).status,
      200);
  good.jti = "j2";
  EXPECT_EQ(
      world->ask("GET", "/fhir/Patient", {{"Authorization", "DPoP " + token}, {"DPoP", good.by(other, token)}}).status,
      401);

  Parameters again{{"grant_type", "refresh_token"},
                   {"refresh_token", text_at(given.body, "refresh_token")},
                   {"client_id", "journal"}};
  auto by_another = again;
  prove(by_another, assertion()), prove(again, assertion());
  EXPECT_EQ(post("token", by_another, {{"DPoP", proof(other, nonce())}}).status, 400) << "and so is what refreshes it";
}

TEST_F(DemoConfidential, takes_an_assertion_in_all_its_parts_or_not_at_all) {
  const std::string once = assertion();
  EXPECT_EQ(push(request(), once).status, 201);
  const auto at = std::to_string(now.time_since_epoch().count() + 60);
  const std::string claims =
      R"({"iss":"journal","sub":"journal","aud":")" + kIssuer + R"(","jti":"x","exp":)" + at + "}";
  const std::vector<std::pair<const char*, std::string>> bad{
      {"twice", once},
      {"none", ""},
      {"for the token endpoint", assertion("", kIssuer + "/token")},
      {"for another", assertion("", "https://sts.example")},
      {"about another", assertion("", kIssuer, "second")},
      {"ended", assertion("", kIssuer, "journal", -60)},
      {"for a day", assertion("", kIssuer, "journal", 86400)},
      {"by another program's key", other.sign(R"({"typ":"JWT","alg":"ES256","kid":"k1"})", claims)},
      {"by a key that it brings", own.sign(R"({"typ":"JWT","alg":"ES256","jwk":)" + own.public_jwk() + "}", claims)},
      {"by nobody", fhir::text::to_base64url(R"({"alg":"none"})") + "." + fhir::text::to_base64url(claims) + "."},
      {"without a name", own.sign(R"({"alg":"ES256"})",
                                  R"({"iss":"journal","sub":"journal","aud":")" + kIssuer + R"(","exp":)" + at + "}")},
  };
  for (const auto& [what, one] : bad) EXPECT_EQ(push(request(), one).status, 400) << what;
  auto without = request();
  EXPECT_EQ(post("par", without).status, 400);
  auto of_public = request();
  of_public[1].second = "public";
  EXPECT_EQ(push(of_public, assertion()).status, 400);
  auto elsewhere = request();
  elsewhere[2].second = "https://evil.example/";
  EXPECT_EQ(push(elsewhere, assertion()).status, 400);
  auto nested = request();
  nested.emplace_back("request_uri", "urn:x");
  EXPECT_EQ(push(nested, assertion()).status, 400);
}

TEST_F(DemoConfidential, begins_a_login_by_what_was_announced_alone_and_once) {
  EXPECT_EQ(world->get("/demo-login/authorize" + interaction::with_query(request())).status, 400) << "not announced";
  const std::string name = text_at(push(request(), assertion()).body, "request_uri");
  EXPECT_EQ(authorize(name, "second").status, 400) << "another's, and used up by that";
  const std::string mine = text_at(push(request(), assertion()).body, "request_uri");
  EXPECT_EQ(authorize(mine).status, 200);
  EXPECT_EQ(authorize(mine).status, 400) << "once";
  const std::string late = text_at(push(request(), assertion()).body, "request_uri");
  now += std::chrono::seconds{61};
  EXPECT_EQ(authorize(late).status, 400);
  EXPECT_EQ(authorize("urn:ietf:params:oauth:request_uri:made-up").status, 400);
  EXPECT_EQ(authorize("https://evil.example/request").status, 400) << "nothing is fetched";
}

TEST_F(DemoConfidential, wants_its_nonce_and_the_key_that_was_announced) {
  const auto asked = exchange(code(), proof(device, ""));
  EXPECT_EQ(asked.status, 400);
  EXPECT_EQ(text_at(asked.body, "error"), "use_dpop_nonce");
  EXPECT_EQ(text_at(exchange(code(), proof(device, "made-up")).body, "error"), "use_dpop_nonce");
  EXPECT_EQ(text_at(exchange(code(), "").body, "error"), "invalid_dpop_proof");
  EXPECT_EQ(text_at(exchange(code(), proof(device, nonce(), kIssuer + "/par")).body, "error"), "invalid_dpop_proof");
  EXPECT_EQ(text_at(exchange(code(), proof(other, nonce())).body, "error"), "invalid_grant") << "dpop_jkt";
  const std::string used = proof(device, nonce());
  EXPECT_EQ(exchange(code(), used).status, 200);
  EXPECT_EQ(text_at(exchange(code(), used).body, "error"), "invalid_dpop_proof");
  const std::string old = nonce();
  now += std::chrono::seconds{61};
  EXPECT_EQ(exchange(code(), proof(device, old)).status, 200) << "the one before is taken";
  now += std::chrono::seconds{300};
  EXPECT_EQ(text_at(exchange(code(), proof(device, old)).body, "error"), "use_dpop_nonce");
  Parameters bare{{"grant_type", "authorization_code"},
                  {"code", code()},
                  {"redirect_uri", kRedirect},
                  {"client_id", "journal"},
                  {"code_verifier", std::string(kVerifier)}};
  EXPECT_EQ(post("token", bare, {{"DPoP", proof(device, nonce())}}).status, 401) << "nobody has proven who it is";
}

TEST_F(DemoConfidential, takes_back_the_access_token_of_a_code_that_comes_twice) {
  const std::string once = code();
  const auto given = exchange(once, proof(device, nonce()));
  const std::string token = text_at(given.body, "access_token");
  Proof good;
  good.htu = "http://varde.test/fhir/Patient", good.iat = now.time_since_epoch().count();
  const auto read = [&] {
    good.jti = "r" + std::to_string(++made);
    return world->ask("GET", "/fhir/Patient", {{"Authorization", "DPoP " + token}, {"DPoP", good.by(device, token)}})
        .status;
  };
  EXPECT_EQ(read(), 200);
  EXPECT_EQ(exchange(once, proof(device, nonce())).status, 400);
  EXPECT_EQ(read(), 401) << "RFC 6749 4.1.2";
}

}  // namespace
}  // namespace varde::test
