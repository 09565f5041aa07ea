// Logging in with a browser as HelseID demands it: announced logins, private_key_jwt, DPoP with the issuer's nonce, and
// an issuer that gives something else than it should. FAPI 2.0 Security Profile, RFC 9126, RFC 7523, RFC 9449, RFC
// 9207, OpenID Connect Core 1.0 3.1.3.7
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "server/access/digest.h"
#include "server/access/jwt.h"
#include "server/access/page_login.h"
#include "tests/access/support/land.h"
#include "tests/access/support/pages.h"
#include "tests/access/support/tokens.h"

namespace varde::test {
namespace {

using access::Form;
using access::Posted;
using testing::HasSubstr;
using testing::Not;

std::string value(const Form& form, std::string_view name) {
  for (const auto& [key, text] : form)
    if (key == name) return text;
  return {};
}

access::Issuer the_issuer() {
  access::Issuer out;
  out.name = "sts", out.issuer = "https://sts.example", out.audience = "varde", out.algorithms = {"ES256"};
  out.authorization_endpoint = "https://sts.example/authorize", out.token_endpoint = "https://sts.example/token";
  out.pushed_endpoint = "https://sts.example/par", out.client_id = "varde-pages", out.fapi = true;
  out.role_claim = "role";
  return out;
}

/// The issuer, each part of which a test may spoil.
class FapiLogin : public testing::Test {
 protected:
  FapiLogin() {
    keys = std::make_shared<access::KeySource>([this] { return std::optional(key_set({&issuers})); },
                                               access::KeySource::Times{});
    logins = std::make_unique<access::Authenticator>(
        access::Authenticator::Settings{{{the_issuer(), keys}}, "https://varde.example", ""}, seen,
        [this] { return now; });
    login = std::make_unique<access::PageLogin>(
        access::PageLogin::Settings{the_issuer(), keys, "https://varde.example/login/callback", client_key}, *logins,
        sessions, seen,
        [this](const std::string& address, const Form& form, const std::string& proof) {
          return address.ends_with("/par") ? par(form) : token(address, form, proof);
        },
        [this] { return now; });
  }

  std::optional<Posted> par(const Form& form) {
    pushed = form;
    if (refuses_par) return Posted{400, R"({"error":"invalid_request"})"};
    return Posted{201, par_answer};
  }
  std::optional<Posted> token(const std::string& address, const Form& form, const std::string& proof) {
    exchanged = form, ++exchanges;
    assertions.push_back(value(form, "client_assertion"));
    const auto read = access::read_jwt(proof, access::OwnKey::demanded, "x");
    if (!read) return Posted{400, R"({"error":"invalid_dpop_proof"})"};
    const std::string said = read->claims.text("nonce");
    if (nonces.empty() ? !said.empty() : said != nonces.front()) {
      Posted out{400, R"({"error":"use_dpop_nonce"})", nonces.empty() ? "" : nonces.front()};
      if (nonces.size() > 1) nonces.erase(nonces.begin());
      return out;
    }
    access::SeenProofs proofs;
    const auto proven = access::check_proof(proof, {"POST", address, std::nullopt, std::nullopt}, proofs, now);
    if (!proven) return Posted{400, R"({"error":"invalid_dpop_proof"})"};
    access_token.jkt = unbound ? "" : other_key ? issuers.thumbprint() : proven->key;
    proven_key = proven->key;
    const std::string of_access = access_token.by(issuers);
    id_nonce = id_nonce.empty() ? value(pushed, "nonce") : id_nonce;
    const std::string hash = at_hash.empty() ? access::half_digest("ES256", of_access) : at_hash;
    const std::string claims = R"({"iss":")" + id_iss + R"(","aud":)" + id_aud + R"(,"sub":")" + id_sub +
                               R"(","nonce":")" + id_nonce + R"(","at_hash":")" + hash + R"(","iat":)" + id_iat +
                               R"(,"exp":)" + id_exp + id_more + "}";
    const std::string id =
        (by_stranger ? stranger : issuers).sign(R"({"typ":")" + id_typ + R"(","alg":"ES256","kid":"k1"})", claims);
    return Posted{200, R"({"token_type":")" + token_type + R"(","access_token":")" + of_access + R"(","id_token":")" +
                           id + "\"}"};
  }

  /// Nothing spoiled but what `spoil` does; empty: it went well, else what was told.
  std::string tried(
      const std::function<void()>& spoil = [] {}, Form more = {{"iss", "https://sts.example"}}) {
    access_token = {}, access_token.iat = access_token.nbf = 1'800'000'000, access_token.exp = 1'800'000'300;
    access_token.more = R"(,"role":"nurse")";
    unbound = other_key = by_stranger = refuses_par = false, exchanges = 0, assertions.clear();
    token_type = "DPoP", id_iss = "https://sts.example", id_aud = R"("varde-pages")", id_sub = "person-1",
    id_nonce = "";
    id_typ = "JWT", id_iat = "1800000000", id_exp = "1800000300", id_more = at_hash = "", nonces.clear();
    par_answer = R"({"request_uri":"urn:example:1","expires_in":60})";
    spoil();
    const auto begun = login->begin("/messages");
    if (!begun) return begun.error().diagnostics;
    sent = begun->parameters;
    more.emplace_back("code", "c1"), more.emplace_back("state", value(pushed, "state"));
    const auto done = login->finish(more, begun->attempt);
    return done ? "" : done.error().diagnostics;
  }

  access::Seconds now{std::chrono::seconds{1'800'000'000}};
  access::SeenProofs seen;
  Land land;
  command::PageSessions sessions{*land.repository, land.key->text()};
  SigningKey issuers{SigningKey::Kind::ec256, "k1"}, stranger{SigningKey::Kind::ec256, "k1"};
  std::shared_ptr<const access::OwnSigningKey> client_key = std::make_shared<const access::OwnSigningKey>();
  std::shared_ptr<access::KeySource> keys;
  std::unique_ptr<access::Authenticator> logins;
  std::unique_ptr<access::PageLogin> login;
  Form pushed, exchanged, sent;
  Token access_token;
  bool unbound = false, other_key = false, by_stranger = false, refuses_par = false;
  int exchanges = 0;
  std::vector<std::string> nonces, assertions;
  std::string token_type, id_iss, id_aud, id_sub, id_nonce, id_typ, id_iat, id_exp, id_more, at_hash, par_answer,
      proven_key;
};

TEST_F(FapiLogin, announces_the_login_and_sends_the_browser_with_a_name_alone) {
  ASSERT_EQ(tried(), "");
  EXPECT_EQ(sent, (Form{{"client_id", "varde-pages"}, {"request_uri", "urn:example:1"}}));
  EXPECT_EQ(value(pushed, "response_type"), "code");
  EXPECT_EQ(value(pushed, "code_challenge_method"), "S256");
  EXPECT_EQ(value(pushed, "redirect_uri"), "https://varde.example/login/callback");
  EXPECT_EQ(value(pushed, "dpop_jkt"), proven_key);
  EXPECT_EQ(value(exchanged, "code"), "c1");
  EXPECT_EQ(access::sha256(value(exchanged, "code_verifier")).size(), 32u);
  for (const Form& form : {pushed, exchanged}) {
    const std::string assertion = value(form, "client_assertion");
    const auto jwt = access::read_jwt(assertion, access::OwnKey::refused, "x");
    ASSERT_TRUE(jwt);
    EXPECT_EQ(jwt->type, "client-authentication+jwt");
    EXPECT_EQ(jwt->claims.texts("aud"), std::vector<std::string>{"https://sts.example"});
    EXPECT_EQ(jwt->claims.text("iss"), "varde-pages");
    EXPECT_EQ(jwt->claims.text("sub"), "varde-pages");
    EXPECT_EQ(*jwt->claims.number("exp") - *jwt->claims.number("iat"), 60);
    const auto own = access::read_key_set(client_key->public_set()).value();
    EXPECT_TRUE(own.front().verifies(assertion, *jwt->algorithm));
    EXPECT_EQ(value(form, "client_assertion_type"), "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  }
  EXPECT_NE(value(pushed, "client_assertion"), value(exchanged, "client_assertion")) << "each works once";
}

TEST_F(FapiLogin, works_once_and_by_a_key_of_its_own) {
  ASSERT_EQ(tried(), "");
  const std::string first = value(pushed, "dpop_jkt");
  const auto begun = login->begin("/messages");
  EXPECT_NE(value(pushed, "dpop_jkt"), first);
  const auto back = [&](const std::string& attempt, const std::string& state) -> std::string {
    id_nonce = "";
    const auto done = login->finish({{"iss", "https://sts.example"}, {"code", "c1"}, {"state", state}}, attempt);
    return done ? "" : done.error().diagnostics;
  };
  const std::string none_of_ours = "The login was not begun in this browser, or too long ago.";
  EXPECT_EQ(back(begun->attempt, "another"), none_of_ours);
  EXPECT_EQ(back(begun->attempt, value(pushed, "state")), "");
  EXPECT_EQ(back(begun->attempt, value(pushed, "state")), none_of_ours) << "though the browser still holds it";
  const auto late = login->begin("/messages");
  now += std::chrono::seconds{600};
  EXPECT_EQ(back(late->attempt, value(pushed, "state")), none_of_ours);
}

TEST_F(FapiLogin, says_the_issuers_nonce_once_it_is_asked_for_and_asks_no_more_than_twice) {
  EXPECT_EQ(tried([&] { nonces = {"n1"}; }), "");
  EXPECT_EQ(exchanges, 2);
  EXPECT_NE(assertions.at(0), assertions.at(1));
  EXPECT_EQ(tried([&] { nonces = {"n1"}; }), "");
  EXPECT_EQ(exchanges, 1) << "it is remembered";
  EXPECT_EQ(tried([&] { nonces = {"n2"}; }), "") << "and changed when the issuer changes it";
  EXPECT_THAT(tried([&] { nonces = {"a", "b", "c", "d"}; }), HasSubstr("gives no tokens"));
  EXPECT_EQ(exchanges, 2);
}

TEST_F(FapiLogin, begins_no_login_that_the_issuer_does_not_take) {
  EXPECT_THAT(tried([&] { refuses_par = true; }), HasSubstr("takes no login"));
  for (const std::string answer : {"", "{}", "[]", R"({"request_uri":""})", R"({"request_uri":7})"})
    EXPECT_THAT(tried([&] { par_answer = answer; }), HasSubstr("takes no login")) << answer;
  EXPECT_EQ(tried(), "");
}

TEST_F(FapiLogin, takes_no_answer_of_another_than_was_asked) {
  for (const Form& said :
       {Form{}, Form{{"iss", ""}}, Form{{"iss", "https://evil.example"}}, Form{{"iss", "https://sts.example/"}},
        Form{{"iss", "https://sts.example"}, {"iss", "https://evil.example"}},
        Form{{"iss", "https://sts.example"}, {"iss", "https://sts.example"}}})
    EXPECT_THAT(tried([] {}, said), HasSubstr("Another than"));
  EXPECT_EQ(exchanges, 0) << "the code goes to nobody";
  EXPECT_THAT(tried([] {}, {{"iss", "https://sts.example"}, {"error", "access_denied"}}),
              HasSubstr("Nobody logged in"));
  EXPECT_EQ(sessions_in(*land.database), 0);
}

TEST_F(FapiLogin, takes_tokens_that_are_bound_to_its_own_key_alone) {
  EXPECT_THAT(tried([&] { token_type = "Bearer"; }), HasSubstr("gives no tokens"));
  EXPECT_THAT(tried([&] { unbound = true; }), HasSubstr("not bound to the key"));
  EXPECT_THAT(tried([&] { other_key = true; }), HasSubstr("not bound to the key"));
  EXPECT_EQ(sessions_in(*land.database), 0);
  EXPECT_EQ(tried(), "");
}

TEST_F(FapiLogin, believes_an_id_token_in_all_its_parts_or_not_at_all) {
  const std::vector<std::pair<const char*, std::function<void()>>> spoiled{
      {"of another issuer", [&] { id_iss = "https://evil.example"; }},
      {"for another program", [&] { id_aud = R"("another")"; }},
      {"for several, and none says which", [&] { id_aud = R"(["varde-pages","another"])"; }},
      {"given to another", [&] { id_more = R"(,"azp":"another")"; }},
      {"azp is no text", [&] { id_more = R"(,"azp":["varde-pages"])"; }},
      {"of another login", [&] { id_nonce = "another"; }},
      {"ended", [&] { id_exp = "1799999900"; }},
      {"ends at no time", [&] { id_exp = "\"1800000300\""; }},
      {"made long ago", [&] { id_iat = "1799999000"; }},
      {"made in the future", [&] { id_iat = "1800000100"; }},
      {"made at no time", [&] { id_iat = "-1"; }},
      {"not good yet", [&] { id_more = R"(,"nbf":1800000200)"; }},
      {"signed by a stranger", [&] { by_stranger = true; }},
      {"an access token", [&] { id_typ = "at+jwt"; }},
      {"a logout token", [&] { id_typ = "logout+jwt"; }},
      {"beside another access token", [&] { at_hash = access::half_digest("ES256", "another"); }},
      {"for another code", [&] { id_more = R"(,"c_hash":")" + access::half_digest("ES256", "c2") + '"'; }},
      {"about nobody", [&] { id_sub = ""; }},
      {"about another than the access token", [&] { id_sub = "person-2"; }},
      {"the access token is about another", [&] { access_token.sub = "person-2"; }},
      {"the access token is for another audience", [&] { access_token.aud = "other"; }},
  };
  for (const auto& [what, spoil] : spoiled) EXPECT_NE(tried(spoil), "") << what;
  EXPECT_EQ(sessions_in(*land.database), 0);
  EXPECT_EQ(tried([&] { id_aud = R"(["varde-pages","another"])", id_more = R"(,"azp":"varde-pages")"; }), "");
  EXPECT_EQ(tried([&] { id_more = R"(,"c_hash":")" + access::half_digest("ES256", "c1") + '"'; }), "");
}

}  // namespace
}  // namespace varde::test
