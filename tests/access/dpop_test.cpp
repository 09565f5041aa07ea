// Holds us to RFC 9449 4.3 and 7: each check of a proof of possession has its bad proof.
#include <gtest/gtest.h>

#include "server/access/authenticator.h"
#include "tests/access/support/tokens.h"

namespace varde::test {
namespace {

using access::Seconds;

class ProofOfPossession : public testing::Test {
 protected:
  ProofOfPossession() {
    access::Issuer issuer;
    issuer.name = "test", issuer.issuer = "https://sts.example", issuer.audience = "varde",
    issuer.algorithms = {"ES256"};
    auto keys = std::make_shared<access::KeySource>([this] { return std::optional(key_set({&issuer_key})); },
                                                    access::KeySource::Times{});
    logins.emplace(access::Authenticator::Settings{{{issuer, keys}}, "https://fhir.example", ""}, seen,
                   [this] { return now; });
    Token bound;
    bound.jkt = client_key.thumbprint();
    token = bound.by(issuer_key);
  }
  std::string answer(const std::vector<std::string>& proofs, const std::string& scheme = "DPoP",
                     const std::string& method = "GET", const std::string& path = "/fhir/Patient/p") {
    const std::string header = scheme + " " + token;
    const auto found = logins->who({{header}, {proofs.begin(), proofs.end()}, method, path});
    return found ? "taken" : std::string(found.error().error) + ": " + found.error().diagnostics;
  }
  void expect_refused(const std::string& proof, const std::string& because) {
    const std::string said = answer({proof});
    EXPECT_EQ(said.substr(0, 18), "invalid_dpop_proof") << said;
    EXPECT_NE(said.find(because), std::string::npos) << said;
  }
  std::string proof(const std::function<void(Proof&)>& spoil = [](Proof&) {}) {
    Proof one;
    one.jti = "j" + std::to_string(++number);
    spoil(one);
    return one.by(client_key, token);
  }

  SigningKey issuer_key, client_key{SigningKey::Kind::ec256, "c1"}, thief_key{SigningKey::Kind::ec256, "t1"};
  access::SeenProofs seen;
  Seconds now{std::chrono::seconds{1'000'010}};
  std::optional<access::Authenticator> logins;
  std::string token;
  int number = 0;
};

TEST_F(ProofOfPossession, of_the_key_that_the_token_is_bound_to_is_taken) {
  EXPECT_EQ(answer({proof()}), "taken");
  EXPECT_EQ(answer({proof([](Proof& p) { p.htu += "?_summary=true"; })}), "taken") << "the query does not count";
  EXPECT_EQ(answer({proof([](Proof& p) { p.htu = "HTTPS://FHIR.Example:443/fhir/Patient/p#x"; })}), "taken")
      << "RFC 3986 6.2: the same address";
  EXPECT_EQ(answer({proof([](Proof& p) { p.htm = "POST", p.htu = "https://fhir.example/fhir/Patient/_search"; })},
                   "DPoP", "POST", "/fhir/Patient/_search"),
            "taken");
}

TEST_F(ProofOfPossession, must_come_exactly_once) {
  EXPECT_NE(answer({}), "taken");
  EXPECT_NE(answer({proof(), proof()}), "taken");
}

TEST_F(ProofOfPossession, is_asked_for_whatever_the_scheme) {
  EXPECT_NE(answer({}, "Bearer"), "taken") << "a bound token is no bearer token";
  EXPECT_NE(answer({proof()}, "Bearer"), "taken");
}

TEST_F(ProofOfPossession, with_anything_wrong_is_refused) {
  expect_refused("no.jwt", "form");
  expect_refused("", "empty");
  for (const std::string claim : {"jti", "htm", "htu", "iat"})
    expect_refused(proof([&](Proof& p) { p.without = claim; }), "lacks one of");
  expect_refused(proof([](Proof& p) { p.without = "ath"; }), "ath");
  expect_refused(proof([](Proof& p) { p.typ = "JWT"; }), "typ");
  expect_refused(proof([&](Proof& p) { p.jwk = thief_key.public_jwk(); }), "signature");
  expect_refused(proof([&](Proof& p) { p.jwk = client_key.private_jwk(); }), "no public key");
  expect_refused(proof([](Proof& p) { p.htm = "POST"; }), "htm");
  expect_refused(proof([](Proof& p) { p.htm = "get"; }), "htm");
  expect_refused(proof([](Proof& p) { p.htu = "https://fhir.example/fhir/Patient/q"; }), "htu");
  expect_refused(proof([](Proof& p) { p.htu = "http://fhir.example/fhir/Patient/p"; }), "htu");
  expect_refused(proof([](Proof& p) { p.htu = "https://evil.example/fhir/Patient/p"; }), "htu");
  expect_refused(proof([](Proof& p) { p.htu = "/fhir/Patient/p"; }), "htu");
  for (const std::string other :
       {"https://fhir.example:80/fhir/Patient/p", "https://fhir.example:8443/fhir/Patient/p",
        "https://fhir.example/fhir/patient/p", "https://fhir.example/FHIR/Patient/p",
        "https://fhir.example//fhir/Patient/p", "https://fhir.example/fhir/Patient/p/",
        "https://fhir.example/fhir/x/../Patient/p", "https://user@fhir.example/fhir/Patient/p",
        "https://fhir.example.evil.example/fhir/Patient/p", "https://fhir.example\\\\/fhir/Patient/p",
        "https://fhir.example"})
    expect_refused(proof([&](Proof& p) { p.htu = other; }), "htu");
  expect_refused(proof([](Proof& p) { p.iat = 1'000'010 - 61; }), "too old");
  expect_refused(proof([](Proof& p) { p.iat = 1'000'010 + 11; }), "future");
  expect_refused(proof([](Proof& p) { p.iat = 9'000'000'000'000'000'000; }), "no time");
  expect_refused(proof([](Proof& p) { p.ath = "AAAA"; }), "ath");
  expect_refused(Proof{.jti = "thief"}.by(thief_key, token), "another key");
  expect_refused(proof([](Proof& p) { p.jti = std::string(300, 'j'); }), "lacks one of");
  expect_refused(proof([](Proof& p) { p.htu += std::string(9'000, 'x'); }), "8 KB");
}

TEST_F(ProofOfPossession, for_another_token_is_refused) {
  Token other;
  other.jkt = client_key.thumbprint(), other.sub = "person-2";
  expect_refused(Proof{.jti = "other"}.by(client_key, other.by(issuer_key)), "ath");
}

TEST_F(ProofOfPossession, by_a_weak_algorithm_is_refused) {
  const SigningKey rsa(SigningKey::Kind::rsa2048, "r");
  Proof one;
  one.alg = "RS256";
  expect_refused(one.by(rsa, token), "algorithm");
}

TEST_F(ProofOfPossession, works_once) {
  const std::string used = proof();
  EXPECT_EQ(answer({used}), "taken");
  expect_refused(used, "used");
  now += std::chrono::seconds{49};
  expect_refused(used, "used");
  now += std::chrono::seconds{2};
  expect_refused(used, "too old");
}

TEST_F(ProofOfPossession, of_two_clients_may_have_one_id) {
  EXPECT_EQ(answer({proof([](Proof& p) { p.jti = "same"; })}), "taken");
  Token other;
  other.jkt = thief_key.thumbprint();
  token = other.by(issuer_key);
  EXPECT_EQ(answer({Proof{.jti = "same"}.by(thief_key, token)}), "taken");
}

TEST_F(ProofOfPossession, that_was_used_is_told_and_brought_back) {
  std::vector<std::pair<std::string, Seconds>> told;
  access::SeenProofs first([&](const std::string& one, Seconds until) {
    told.emplace_back(one, until);
    return true;
  });
  EXPECT_EQ(first.use("p", now + std::chrono::seconds{60}, now), access::SeenProofs::Is::fresh);
  EXPECT_EQ(first.use("p", now + std::chrono::seconds{60}, now), access::SeenProofs::Is::used);
  ASSERT_EQ(told.size(), 1u);
  access::SeenProofs again;
  again.restore(told[0].first, told[0].second);
  EXPECT_EQ(again.use("p", now + std::chrono::seconds{60}, now), access::SeenProofs::Is::used);
  EXPECT_EQ(again.use("q", now + std::chrono::seconds{120}, now + std::chrono::seconds{61}),
            access::SeenProofs::Is::fresh);
  EXPECT_EQ(again.size(), 1u) << "what is too old to be used again is forgotten";
}

TEST_F(ProofOfPossession, are_not_remembered_without_bound) {
  access::SeenProofs few({}, 2);
  EXPECT_EQ(few.use("a", now + std::chrono::seconds{60}, now), access::SeenProofs::Is::fresh);
  EXPECT_EQ(few.use("b", now + std::chrono::seconds{60}, now), access::SeenProofs::Is::fresh);
  EXPECT_EQ(few.use("c", now + std::chrono::seconds{60}, now), access::SeenProofs::Is::too_many);
}

TEST_F(ProofOfPossession, is_not_asked_for_a_token_that_is_bound_to_nothing_and_that_one_is_refused) {
  token = Token{}.by(issuer_key);
  EXPECT_NE(answer({}, "Bearer"), "taken") << "this issuer's tokens must be bound";
  EXPECT_NE(answer({proof()}), "taken");
}

}  // namespace
}  // namespace varde::test
