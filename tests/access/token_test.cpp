// Holds us to RFC 9068 (access tokens), RFC 8725 (what goes wrong with JWTs), RFC 6750: with keys of the test's own.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "fhir-model/text/base64.h"
#include "server/access/authenticator.h"
#include "server/access/grant.h"
#include "tests/access/support/tokens.h"

namespace varde::test {
namespace {

using access::Authenticator;
using access::Seconds;

class AccessToken : public testing::Test {
 protected:
  AccessToken() {
    issuer.name = "test", issuer.issuer = "https://sts.example", issuer.audience = "varde";
    issuer.algorithms = {"ES256", "PS256"};
    issuer.bearer = true, issuer.role_claim = "role";
  }
  Authenticator& logins() {
    if (!logins_) {
      auto keys =
          std::make_shared<access::KeySource>([this] { return std::optional(set); }, access::KeySource::Times{});
      logins_.emplace(Authenticator::Settings{{{issuer, keys}}, "https://fhir.example", ""}, seen,
                      [this] { return now; });
    }
    return *logins_;
  }
  access::Checked<std::shared_ptr<const access::Principal>> who(const std::string& token,
                                                                const std::string& scheme = "Bearer") {
    const std::string header = scheme + " " + token;
    return logins().who({{header}, {}, "GET", "/fhir/Patient/p"});
  }
  /// Why it is refused; "taken" when it is not.
  std::string refusal(const std::string& token) {
    const auto found = who(token);
    return found ? "taken" : std::string(found.error().error) + ": " + found.error().diagnostics;
  }
  void expect_refused(const std::string& token, const std::string& because) {
    const std::string said = refusal(token);
    EXPECT_EQ(said.substr(0, 15), "invalid_token: ");
    EXPECT_NE(said.find(because), std::string::npos) << said;
    EXPECT_EQ(said.find("person-1"), std::string::npos) << "a refusal repeats no claim";
  }

  SigningKey key, stranger;
  access::Issuer issuer;
  std::string set = key_set({&key});
  access::SeenProofs seen;
  Seconds now{std::chrono::seconds{1'000'100}};
  std::optional<Authenticator> logins_;
};

TEST_F(AccessToken, of_a_good_issuer_says_who_it_is) {
  Token token;
  token.more = R"(,"role":"nurse","patient":"p")";
  const auto found = who(token.by(key));
  ASSERT_TRUE(found) << found.error().diagnostics;
  EXPECT_EQ((*found)->id, "person-1");
  EXPECT_EQ((*found)->kind, access::Principal::Kind::person);
  EXPECT_EQ((*found)->roles, std::vector<std::string>{"nurse"});
  EXPECT_EQ((*found)->patient, "p");
  EXPECT_FALSE((*found)->is_unrestricted());
}

TEST_F(AccessToken, is_taken_with_RSASSA_PSS_as_well) {
  const SigningKey rsa(SigningKey::Kind::rsa2048, "rsa");
  set = key_set({&key, &rsa});
  Token token;
  token.alg = "PS256", token.kid = "rsa";
  EXPECT_EQ(refusal(token.by(rsa)), "taken");
}

TEST_F(AccessToken, without_one_nobody_is_known) {
  const auto none = logins().who({{}, {}, "GET", "/"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().error, "");
  EXPECT_FALSE(logins().who({{"Basic abc"}, {}, "GET", "/"}));
  EXPECT_FALSE(logins().who({{"Bearer"}, {}, "GET", "/"}));
  const std::string good = "Bearer " + Token{}.by(key);
  EXPECT_TRUE(logins().who({{good}, {}, "GET", "/"}));
  EXPECT_FALSE(logins().who({{good, good}, {}, "GET", "/"})) << "two are none";
}

TEST_F(AccessToken, with_a_spoilt_claim_is_refused) {
  const auto spoilt = [&](auto spoil) {
    Token token;
    spoil(token);
    return token.by(key);
  };
  expect_refused(spoilt([](Token& t) { t.iss = "https://sts.example/"; }), "issuer");
  expect_refused(spoilt([](Token& t) { t.iss = "https://STS.example"; }), "issuer");
  expect_refused(spoilt([](Token& t) { t.aud = "other"; }), "audience");
  expect_refused(spoilt([](Token& t) { t.exp = 1'000'069; }), "expired");
  expect_refused(spoilt([](Token& t) { t.exp = 1'000'100 + 86'400 + 31; }), "longer");
  expect_refused(spoilt([](Token& t) { t.exp = 9'000'000'000'000'000'000; }), "exp");
  expect_refused(spoilt([](Token& t) { t.exp = -1; }), "exp");
  expect_refused(spoilt([](Token& t) { t.nbf = 1'000'131; }), "not good yet");
  expect_refused(spoilt([](Token& t) { t.iat = 1'000'131; }), "not good yet");
  expect_refused(spoilt([](Token& t) { t.typ = "dpop+jwt"; }), "typ");
  expect_refused(spoilt([](Token& t) { t.typ = "logout+jwt"; }), "typ");
  expect_refused(spoilt([](Token& t) { t.more = R"(,"cnf":{"x5t#S256":"abc"})"; }), "bound");
}

TEST_F(AccessToken, is_taken_as_far_as_the_leeway_goes) {
  Token token;
  token.exp = 1'000'071;
  EXPECT_EQ(refusal(token.by(key)), "taken");
  token.exp = 1'000'600, token.nbf = 1'000'130;
  EXPECT_EQ(refusal(token.by(key)), "taken");
}

TEST_F(AccessToken, with_the_audience_in_a_list_is_taken) {
  Token token;
  token.aud = R"(other","varde)";
  std::string claims = token.claims();
  const auto at = claims.find(R"("aud":")");
  claims.replace(at, std::string(R"("aud":"other","varde")").size(), R"("aud":["other","varde"])");
  EXPECT_EQ(refusal(key.sign(token.header(), claims)), "taken");
}

TEST_F(AccessToken, whose_signature_is_not_its_issuers_is_refused) {
  expect_refused(Token{}.by(stranger), "signature");
  std::string token = Token{}.by(key);
  token[token.size() - 10] = token[token.size() - 10] == 'A' ? 'B' : 'A';
  expect_refused(token, "signature");
  // The claims of one with the signature of another.
  Token other;
  other.sub = "somebody-else";
  const std::string a = Token{}.by(key), b = other.by(key);
  expect_refused(b.substr(0, b.rfind('.')) + a.substr(a.rfind('.')), "signature");
  Token unknown;
  unknown.kid = "k2";
  expect_refused(unknown.by(key), "signature");
}

TEST_F(AccessToken, that_is_not_signed_is_refused) {
  for (const std::string alg : {"none", "None", "NONE", "nOnE", ""}) {
    Token token;
    token.alg = alg;
    const std::string body =
        fhir::text::to_base64url(token.header()) + "." + fhir::text::to_base64url(token.claims()) + ".";
    expect_refused(body, "");
    expect_refused(body + "AA", "algorithm");
  }
}

TEST_F(AccessToken, by_a_public_key_used_as_a_secret_is_refused) {
  // Algorithm confusion: HS256 with what everybody can read as its key.
  for (const std::string& secret : {key.public_jwk(), set}) {
    cjose_err error{};
    cjose_jwk_t* const as_secret =
        cjose_jwk_create_oct_spec(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), &error);
    ASSERT_TRUE(as_secret);
    cjose_header_t* const header = cjose_header_new(&error);
    cjose_header_set(header, "alg", "HS256", &error), cjose_header_set(header, "typ", "at+jwt", &error);
    const std::string claims = Token{}.claims();
    cjose_jws_t* const jws =
        cjose_jws_sign(as_secret, header, reinterpret_cast<const unsigned char*>(claims.data()), claims.size(), &error);
    const char* text = nullptr;
    ASSERT_TRUE(cjose_jws_export(jws, &text, &error));
    expect_refused(text, "algorithm");
    cjose_jws_release(jws), cjose_header_release(header), cjose_jwk_release(as_secret);
  }
}

TEST_F(AccessToken, by_an_algorithm_that_its_issuer_does_not_use_is_refused) {
  const SigningKey ec384(SigningKey::Kind::ec384, "k3"), rsa(SigningKey::Kind::rsa2048, "rsa");
  set = key_set({&key, &ec384, &rsa});
  Token token;
  token.alg = "ES384", token.kid = "k3";
  expect_refused(token.by(ec384), "algorithm");
  token.alg = "RS256", token.kid = "rsa";
  expect_refused(token.by(rsa), "algorithm");
}

TEST_F(AccessToken, that_brings_its_own_key_is_refused) {
  Token token;
  token.more_header = R"(,"jwk":)" + stranger.public_jwk();
  expect_refused(token.by(stranger), "'jwk'");
  for (const std::string name : {"jku", "x5u"}) {
    token.more_header = ",\"" + name + R"(":"https://evil.example/keys")";
    expect_refused(token.by(stranger), name);
    expect_refused(token.by(key), name);  // even where it is genuine
  }
  token.more_header = R"(,"x5c":["MIIB"])";
  expect_refused(token.by(key), "x5c");
  token.more_header = R"(,"crit":["exp"])";
  expect_refused(token.by(key), "crit");
}

TEST_F(AccessToken, that_is_huge_nested_or_no_token_at_all_is_refused) {
  Token token;
  token.more = R"(,"x":")" + std::string(20'000, 'a') + '"';
  expect_refused(token.by(key), "16 KB");
  token.more = R"(,"x":)" + std::string(40, '[') + std::string(40, ']');
  expect_refused(token.by(key), "JSON object");
  token.more = R"(,"x":)" + std::string(3'000, '[') + std::string(3'000, ']');
  expect_refused(token.by(key), "JSON object");
  token.more = R"(,"aud":"varde")";
  expect_refused(token.by(key), "JSON object");  // a claim twice
  token.more.clear(), token.more_header = R"(,"cty":"JWT")";
  expect_refused(token.by(key), "another token");
  const std::string good = Token{}.by(key);
  for (const std::string& bad : {std::string("a.b"), std::string("...."), good + ".a.b", good + "=", " " + good,
                                 good.substr(1), std::string(100'000, '.'), std::string("\0\0.\0.\0", 7)})
    EXPECT_NE(refusal(bad), "taken") << bad.substr(0, 50);
}

TEST_F(AccessToken, with_a_time_that_is_no_whole_number_is_refused) {
  const std::string header = R"({"typ":"at+jwt","alg":"ES256","kid":"k1"})";
  const auto with = [&](const std::string& times) {
    return key.sign(header, R"({"iss":"https://sts.example","aud":"varde","sub":"person-1",)" + times + "}");
  };
  EXPECT_EQ(refusal(with(R"("exp":1000200)")), "taken");
  for (const std::string exp : {"1000200.5", "1e6", "\"1000200\"", "null", "true", "[1000200]", "{}"})
    expect_refused(with("\"exp\":" + exp), "exp");
  expect_refused(with(R"("exp":1000200,"nbf":"0")"), "not good yet");
  expect_refused(with(R"("exp":1000200,"iat":null)"), "not good yet");
}

TEST_F(AccessToken, that_says_something_twice_is_refused) {
  const std::string header = R"({"typ":"at+jwt","alg":"ES256","kid":"k1"})",
                    claims = R"("iss":"https://sts.example","aud":"varde","exp":1000200)";
  expect_refused(key.sign(header, "{" + claims + R"(,"sub":"a","sub":"b"})"), "JSON object");
  expect_refused(key.sign(header, "{" + claims + R"(,"exp":9000000})"), "JSON object");
  expect_refused(key.sign(header, "{" + claims + R"(,"cnf":{"jkt":"a","jkt":"b"}})"), "JSON object");
}

TEST_F(AccessToken, whose_audience_or_issuer_is_of_another_kind_is_refused) {
  const std::string header = R"({"typ":"at+jwt","alg":"ES256","kid":"k1"})";
  const auto with = [&](const std::string& iss, const std::string& aud) {
    return key.sign(header, "{\"iss\":" + iss + ",\"aud\":" + aud + R"(,"exp":1000200})");
  };
  EXPECT_EQ(refusal(with(R"("https://sts.example")", R"(["other","varde"])")), "taken");
  for (const std::string aud : {"[]", R"(["other"])", R"(["varde",1])", R"({"varde":1})", "1", R"("varde ")",
                                R"("VARDE")", R"("other varde")", R"([["varde"]])"})
    expect_refused(with(R"("https://sts.example")", aud), "audience");
  for (const std::string iss : {R"(["https://sts.example"])", R"("https://sts.example:443")",
                                R"("https://sts.example#")", R"("https://sts.example ")", "null"})
    expect_refused(with(iss, R"("varde")"), "issuer");
}

TEST_F(AccessToken, whose_kid_leads_elsewhere_finds_no_key) {
  for (const std::string kid : {"../../../../dev/null", "/etc/passwd", "k1' OR '1'='1", "http://evil.example/k"}) {
    Token token;
    token.kid = kid;
    expect_refused(token.by(key), "signature");
  }
}

TEST_F(AccessToken, at_too_low_a_level_is_refused) {
  issuer.level_claim = "level", issuer.least_level = "4";
  Token token;
  expect_refused(token.by(key), "level");
  token.more = R"(,"level":"3")";
  expect_refused(token.by(key), "level");
  token.more = R"(,"level":"4")";
  EXPECT_EQ(refusal(token.by(key)), "taken");
}

TEST_F(AccessToken, is_not_remembered_longer_than_it_is_good_for) {
  Token token;
  token.exp = 1'000'200;
  const std::string text = token.by(key);
  EXPECT_EQ(refusal(text), "taken");
  EXPECT_EQ(refusal(text), "taken");
  now += std::chrono::seconds{129};
  EXPECT_EQ(refusal(text), "taken");
  now += std::chrono::seconds{1};
  expect_refused(text, "expired");
}

TEST_F(AccessToken, is_looked_at_again_after_five_minutes) {
  Token token;
  token.exp = 1'003'600;
  const std::string text = token.by(key);
  EXPECT_EQ(refusal(text), "taken");
  logins().settings().issuers[0].keys->find("gone");  // nothing: the pause between two fetches
  set = key_set({&stranger});
  now += std::chrono::seconds{299};
  EXPECT_EQ(refusal(text), "taken");
}

TEST(IssuerKeys, with_a_private_part_or_too_short_or_for_encryption_are_no_keys) {
  const auto read = [](const std::string& jwk) { return access::Key::read(*access::Json::object(jwk)).has_value(); };
  const SigningKey good, short_one(SigningKey::Kind::rsa1024);
  EXPECT_TRUE(read(good.public_jwk()));
  EXPECT_FALSE(read(good.private_jwk()));
  EXPECT_FALSE(read(short_one.public_jwk()));
  std::string other = good.public_jwk();
  other.insert(1, R"("use":"enc",)");
  EXPECT_FALSE(read(other));
  EXPECT_FALSE(read(R"({"kty":"oct","k":"c2VjcmV0"})"));
  EXPECT_FALSE(read(R"({"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"})"));
}

TEST(IssuerKeys, have_the_thumbprint_of_RFC_7638) {
  const auto key = access::Key::read(*access::Json::object(
      R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})"));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

struct Fetching {
  int times = 0;
  std::optional<std::string> answer;
  access::SteadyTime now{};
  access::KeySource source{[this] {
                             ++times;
                             return answer;
                           },
                           {.fresh = std::chrono::seconds{600},
                            .pause = std::chrono::seconds{30},
                            .longest_stale = std::chrono::seconds{3600}},
                           [this] { return now; }};
};

TEST(IssuerKeys, are_fetched_once_and_kept) {
  const SigningKey key;
  Fetching fetching{.answer = key_set({&key})};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(fetching.source.find("k1").size(), 1u);
  EXPECT_EQ(fetching.times, 1);
}

TEST(IssuerKeys, that_nobody_has_heard_of_make_no_storm_of_fetches) {
  const SigningKey key;
  Fetching fetching{.answer = key_set({&key})};
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(fetching.source.find("made-up-" + std::to_string(i)).empty());
  EXPECT_EQ(fetching.times, 1);
  fetching.now += std::chrono::seconds{31};
  for (int i = 0; i < 1000; ++i) fetching.source.find("made-up");
  EXPECT_EQ(fetching.times, 2);
}

TEST(IssuerKeys, are_changed_when_the_issuer_changes_them) {
  const SigningKey old_key, new_key(SigningKey::Kind::ec256, "k2");
  Fetching fetching{.answer = key_set({&old_key})};
  EXPECT_EQ(fetching.source.find("k1").size(), 1u);
  fetching.answer = key_set({&new_key});
  fetching.now += std::chrono::seconds{31};
  EXPECT_EQ(fetching.source.find("k2").size(), 1u);
  EXPECT_TRUE(fetching.source.find("k1").empty());
}

TEST(IssuerKeys, are_used_no_longer_than_set_when_they_cannot_be_had) {
  const SigningKey key;
  Fetching fetching{.answer = key_set({&key})};
  EXPECT_EQ(fetching.source.find("k1").size(), 1u);
  fetching.answer.reset();
  fetching.now += std::chrono::seconds{3599};
  EXPECT_EQ(fetching.source.find("k1").size(), 1u);
  fetching.now += std::chrono::seconds{31};
  EXPECT_TRUE(fetching.source.find("k1").empty());
}

/// One asks first, and its fetch lasts until the other has been answered, or is seen to wait.
std::size_t found_while_another_fetches(access::KeySource& source, std::promise<void>& begun, const std::string& kid) {
  auto first = std::async(std::launch::async, [&] { return source.find(kid).size(); });
  begun.get_future().wait();
  const std::size_t second = source.find(kid).size();
  EXPECT_EQ(first.get(), 1u);
  return second;
}

TEST(IssuerKeys, that_are_on_their_way_are_waited_for) {
  const SigningKey key;
  std::promise<void> begun;
  access::KeySource source{[&]() -> std::optional<std::string> {
                             begun.set_value();
                             std::this_thread::sleep_for(std::chrono::milliseconds{50});
                             return key_set({&key});
                           },
                           access::KeySource::Times{}};
  EXPECT_EQ(found_while_another_fetches(source, begun, "k1"), 1u) << "a good token is refused beside the first one";
}

TEST(IssuerKeys, that_are_new_are_waited_for_by_those_who_come_with_them) {
  const SigningKey old_key, new_key(SigningKey::Kind::ec256, "k2");
  std::promise<void> begun;
  bool changed = false;
  access::SteadyTime now{};
  access::KeySource source{[&]() -> std::optional<std::string> {
                             if (!changed) return key_set({&old_key});
                             begun.set_value();
                             std::this_thread::sleep_for(std::chrono::milliseconds{50});
                             return key_set({&new_key});
                           },
                           access::KeySource::Times{}, [&] { return now; }};
  EXPECT_EQ(source.find("k1").size(), 1u);
  changed = true, now += std::chrono::seconds{31};
  EXPECT_EQ(found_while_another_fetches(source, begun, "k2"), 1u);
}

}  // namespace
}  // namespace varde::test
