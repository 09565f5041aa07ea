#include "server/access/jwt.h"

#include <array>

#include "fhir-model/text/base64.h"

namespace varde::access {
namespace {

/// Header members that name a key, another content or rules of their own.
constexpr std::array<const char*, 6> kForeignKeys{"jku", "x5u", "x5c", "crit", "zip", "b64"};

std::optional<Json> part_of(std::string_view text) {
  const auto bytes = fhir::text::from_base64url(text);
  return bytes ? Json::object(*bytes) : std::nullopt;
}

}  // namespace

Checked<Jwt> read_jwt(std::string_view compact, OwnKey own_key, std::string_view error) {
  if (compact.empty() || compact.size() > kLongestToken) return refuse(error, "It is empty or longer than 16 KB.");
  const std::size_t first = compact.find('.'), second = compact.find('.', first == compact.npos ? first : first + 1);
  if (second == compact.npos || compact.find('.', second + 1) != compact.npos || second + 1 == compact.size())
    return refuse(error, "It is no signed JWT in compact form: three parts with dots between.");
  if (!fhir::text::from_base64url(compact.substr(second + 1))) return refuse(error, "Its signature is not base64url.");
  auto header = part_of(compact.substr(0, first));
  auto claims = part_of(compact.substr(first + 1, second - first - 1));
  if (!header || !claims) return refuse(error, "Its header or its claims are not a JSON object in base64url.");
  Jwt jwt{std::move(*header), std::move(*claims), compact};
  for (const char* const name : kForeignKeys)
    if (jwt.header.has(name))
      return refuse(error, "Its header has '" + std::string(name) + "', which is not taken here.");
  if (jwt.header.has("cty")) return refuse(error, "It holds another token, which is not taken here.");
  if (jwt.header.has("jwk") != (own_key == OwnKey::demanded))
    return refuse(error, own_key == OwnKey::demanded ? "Its header lacks the public key (jwk)."
                                                     : "Its header has 'jwk', which is not taken here.");
  jwt.algorithm = find_algorithm(jwt.header.text("alg"));
  if (!jwt.algorithm) return refuse(error, "Its algorithm is none of " + algorithm_names() + ".");
  jwt.type = jwt.header.text("typ"), jwt.key_id = jwt.header.text("kid");
  return jwt;
}

}  // namespace varde::access
