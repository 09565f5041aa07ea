#include "server/access/dpop.h"

#include "fhir-model/text/base64.h"
#include "server/access/digest.h"
#include "server/access/jwt.h"

namespace varde::access {
namespace {

constexpr std::size_t kLongestProof = 8u << 10, kLongestId = 256;

std::string_view without_query(std::string_view address) { return address.substr(0, address.find_first_of("?#")); }

}  // namespace

Checked<void> check_proof(std::string_view proof, const ProofOf& of, SeenProofs& seen, Seconds now) {
  const auto refused = [](const char* why) {
    return refuse(kInvalidProof, "The DPoP proof is not taken: " + std::string(why));
  };
  if (proof.size() > kLongestProof) return refused("it is longer than 8 KB.");
  const auto jwt = read_jwt(proof, OwnKey::demanded, kInvalidProof);  // 2: a well-formed JWT
  if (!jwt) return refused(jwt.error().diagnostics.c_str());
  const Json& claims = jwt->claims;
  const std::string id = claims.text("jti"), token_hash = claims.text("ath");
  const auto made = claims.number("iat");
  if (id.empty() || id.size() > kLongestId || claims.text("htm").empty() || claims.text("htu").empty() || !made)
    return refused("it lacks one of jti, htm, htu, iat.");                  // 3: all claims are there
  if (jwt->type != "dpop+jwt") return refused("its typ is not dpop+jwt.");  // 4
  if (jwt->algorithm->weak) return refused("its algorithm is none of ES256, ES384, ES512, PS256, PS384, PS512.");  // 5
  const auto key = Key::read(jwt->header.member("jwk"));  // 7: no private key in it
  if (!key) return refused("its jwk is no public key for signatures.");
  if (!key->verifies(proof, *jwt->algorithm)) return refused("its signature does not fit its key.");  // 6
  if (claims.text("htm") != of.method) return refused("its htm is not the method of the request.");   // 8
  if (without_query(claims.text("htu")) != of.address)
    return refused("its htu is not the address of the request.");  // 9
  constexpr std::int64_t kFarFuture = 100'000'000'000;
  if (*made < 0 || *made > kFarFuture) return refused("its iat is no time.");
  const Seconds at{std::chrono::seconds(*made)};  // 11: recent
  if (at > now + kProofLeeway || at + kProofLife < now) return refused("it is too old, or made in the future.");
  if (token_hash != fhir::text::to_base64url(sha256(of.token)))
    return refused("its ath is not the hash of the token.");  // 12
  if (key->thumbprint() != of.key) return refused("it is made by another key than the token is bound to.");
  switch (seen.use(sha256(key->thumbprint() + " " + id), at + kProofLife + std::chrono::seconds{1}, now)) {
    case SeenProofs::Is::fresh: return {};
    case SeenProofs::Is::used: return refused("it has been used.");
    case SeenProofs::Is::too_many: return refused("there are too many just now; try again in a minute.");
  }
  return {};
}

}  // namespace varde::access
