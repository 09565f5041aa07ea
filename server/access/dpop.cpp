#include "server/access/dpop.h"

#include <algorithm>
#include <stdexcept>

#include "fhir-model/text/base64.h"
#include "fhir-model/text/lower.h"
#include "server/access/digest.h"
#include "server/access/jwt.h"

namespace varde::access {
namespace {

constexpr std::size_t kLongestProof = 8u << 10, kLongestId = 256;

/// As two addresses are compared (RFC 9449 4.3, RFC 3986 6.2.2 and 6.2.3): without query and fragment, the scheme and
/// the host in small letters, without the scheme's own port.
std::string comparable(std::string_view address) {
  std::string out(address.substr(0, address.find_first_of("?#")));
  const std::size_t scheme = out.find("://");
  if (scheme == std::string::npos) return out;
  const std::size_t path = std::min(out.find('/', scheme + 3), out.size());
  std::transform(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(path), out.begin(),
                 [](char c) { return fhir::text::lower_ascii(c); });
  const std::string_view port = out.starts_with("https:") ? ":443" : ":80";
  if (std::string_view(out).substr(0, path).ends_with(port)) out.erase(path - port.size(), port.size());
  return out;
}

}  // namespace

Checked<Proven> check_proof(std::string_view proof, const ProofOf& of, SeenProofs& seen, Seconds now) {
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
  if (comparable(claims.text("htu")) != comparable(of.address))
    return refused("its htu is not the address of the request.");  // 9
  constexpr std::int64_t kFarFuture = 100'000'000'000;
  if (*made < 0 || *made > kFarFuture) return refused("its iat is no time.");
  const Seconds at{std::chrono::seconds(*made)};  // 11: recent
  if (at > now + kProofLeeway || at + kProofLife < now) return refused("it is too old, or made in the future.");
  if (of.token && token_hash != fhir::text::to_base64url(sha256(*of.token)))
    return refused("its ath is not the hash of the token.");  // 12
  if (of.key && key->thumbprint() != *of.key) return refused("it is made by another key than the token is bound to.");
  switch (seen.use(sha256(key->thumbprint() + " " + id), at + kProofLife + std::chrono::seconds{1}, now)) {
    case SeenProofs::Is::fresh: return Proven{key->thumbprint(), claims.text("nonce")};
    case SeenProofs::Is::used: return refused("it has been used.");
    case SeenProofs::Is::too_many: return refused("there are too many just now; try again in a minute.");
  }
  throw std::logic_error("a proof is fresh, used or one too many");
}

}  // namespace varde::access
