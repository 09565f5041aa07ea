#include "server/access/demo_login/confidential.h"

#include <algorithm>

#include "fhir-model/fault/fault.h"
#include "server/access/digest.h"
#include "server/access/dpop.h"
#include "server/access/jwt.h"
#include "server/access/signing_key.h"

namespace varde::access {
namespace {

constexpr std::string_view kAssertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr std::chrono::seconds kLongestAssertion{300}, kLeeway{10}, kNonceLife{60};

tl::unexpected<Refusal> unknown(const char* why) { return refuse(kInvalidClient, why); }

}  // namespace

Checked<void> Confidential::authenticated(const Form& form, const std::string& client, const std::string& keys,
                                          const std::string& issuer, Seconds now) {
  const auto value = [&](std::string_view name) {
    const auto found = std::find_if(form.begin(), form.end(), [&](const auto& each) { return each.first == name; });
    return found == form.end() ? std::string() : found->second;
  };
  if (value("client_assertion_type") != kAssertion) return unknown("A client_assertion is demanded (private_key_jwt).");
  const std::string assertion = value("client_assertion");
  const auto jwt = read_jwt(assertion, OwnKey::refused, kInvalidClient);
  const auto known = read_key_set(keys);
  if (!jwt || !known || jwt->algorithm->weak) return unknown("The client_assertion is no JWT that is taken here.");
  const Json& claims = jwt->claims;
  const bool genuine = std::any_of(known->begin(), known->end(),
                                   [&](const Key& key) { return key.verifies(assertion, *jwt->algorithm); });
  if (!genuine) return unknown("The client_assertion is not signed by a key of the program.");
  if (claims.text("iss") != client || claims.text("sub") != client)
    return unknown("The client_assertion is about another program.");
  if (const auto audiences = claims.texts("aud"); audiences.size() != 1 || audiences.front() != issuer)
    return unknown("The client_assertion's aud is not the issuer alone.");
  const auto ends = claims.number("exp");
  if (!ends || *ends < (now - kLeeway).time_since_epoch().count() ||
      *ends > (now + kLongestAssertion).time_since_epoch().count())
    return unknown("The client_assertion has ended, or lasts longer than five minutes.");
  const std::string id = claims.text("jti");
  if (id.empty() || seen_.use(sha256("assertion " + client + " " + id), now + kLongestAssertion + kLeeway, now) !=
                        SeenProofs::Is::fresh)
    return unknown("The client_assertion has no jti, or was used before.");
  return {};
}

Checked<std::string> Confidential::key_of(std::string_view proof, const std::string& address, Seconds now) {
  if (proof.empty()) return refuse(kInvalidProof, "A DPoP proof is demanded.");
  const std::string newest = nonce(now);
  auto proven = check_proof(proof, {"POST", address, std::nullopt, std::nullopt}, seen_, now);
  FHIR_TRY(proven);
  const std::lock_guard lock(mutex_);
  if (proven->nonce.empty() || (proven->nonce != newest && proven->nonce != before_))
    return refuse(kUseNonce, "The proof must hold the nonce of the header DPoP-Nonce.");
  return std::move(proven->key);
}

std::string Confidential::nonce(Seconds now) {
  const std::lock_guard lock(mutex_);
  if (newest_.empty() || made_ + kNonceLife <= now) {
    before_ = made_ + 2 * kNonceLife > now ? newest_ : std::string();
    newest_ = unguessable(), made_ = now;
  }
  return newest_;
}

}  // namespace varde::access
