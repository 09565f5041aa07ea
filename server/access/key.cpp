#include "server/access/key.h"

#include <cjose/cjose.h>

#include <algorithm>
#include <array>

#include "fhir-model/text/base64.h"
#include "server/access/digest.h"

namespace varde::access {
namespace {

// clang-format off
constexpr std::array kAlgorithms{
    Algorithm{"ES256", "EC",  "P-256", false}, Algorithm{"ES384", "EC",  "P-384", false}, Algorithm{"ES512", "EC",  "P-521", false},
    Algorithm{"PS256", "RSA", "",      false}, Algorithm{"PS384", "RSA", "",      false}, Algorithm{"PS512", "RSA", "",      false},
    Algorithm{"RS256", "RSA", "",      true},  Algorithm{"RS384", "RSA", "",      true},  Algorithm{"RS512", "RSA", "",      true},
};
// clang-format on

constexpr std::size_t kLeastRsaBits = 2048;

struct ReleaseJws {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};

/// The members that a thumbprint is made of, in the order of their names (RFC 7638 3.2).
std::string thumbprint_of(const Json& jwk, std::string_view kind) {
  const auto member = [&](const char* name) { return "\"" + std::string(name) + "\":\"" + jwk.text(name) + "\""; };
  const std::string text = kind == "EC"
                               ? "{" + member("crv") + "," + member("kty") + "," + member("x") + "," + member("y") + "}"
                               : "{" + member("e") + "," + member("kty") + "," + member("n") + "}";
  return fhir::text::to_base64url(sha256(text));
}

/// Every member of a public key is base64url or a known word: nothing that JSON would have to escape.
bool is_plain(const Json& jwk, std::initializer_list<const char*> members) {
  return std::all_of(members.begin(), members.end(), [&](const char* name) {
    const std::string text = jwk.text(name);
    return !text.empty() && fhir::text::from_base64url(text).has_value();
  });
}

std::size_t leading_bits(std::string_view number) {
  const auto first = std::find_if(number.begin(), number.end(), [](char c) { return c != 0; });
  if (first == number.end()) return 0;
  std::size_t bits = static_cast<std::size_t>(number.end() - first - 1) * 8;
  for (auto top = static_cast<unsigned char>(*first); top != 0; top >>= 1) ++bits;
  return bits;
}

}  // namespace

const Algorithm* find_algorithm(std::string_view name) {
  const auto found =
      std::find_if(kAlgorithms.begin(), kAlgorithms.end(), [&](const Algorithm& one) { return one.name == name; });
  return found == kAlgorithms.end() ? nullptr : &*found;
}

std::string algorithm_names() {
  std::string out;
  for (const Algorithm& one : kAlgorithms) out.append(out.empty() ? "" : " ").append(one.name);
  return out;
}

std::optional<Key> Key::read(const Json& jwk) {
  Key key;
  key.kind_ = jwk.text("kty"), key.curve_ = jwk.text("crv"), key.algorithm_ = jwk.text("alg"),
  key.id_ = jwk.text("kid");
  for (const char* const secret : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
    if (jwk.has(secret)) return std::nullopt;
  if (const std::string use = jwk.text("use"); !use.empty() && use != "sig") return std::nullopt;
  if (key.kind_ == "EC") {
    if ((key.curve_ != "P-256" && key.curve_ != "P-384" && key.curve_ != "P-521") || !is_plain(jwk, {"x", "y"}))
      return std::nullopt;
  } else if (key.kind_ == "RSA") {
    if (!is_plain(jwk, {"n", "e"}) || leading_bits(*fhir::text::from_base64url(jwk.text("n"))) < kLeastRsaBits)
      return std::nullopt;
  } else {
    return std::nullopt;
  }
  cjose_err error{};
  cjose_jwk_t* const read = cjose_jwk_import_json(jwk.get(), &error);
  if (!read) return std::nullopt;  // a point that is not on its curve, too
  key.jwk_ = std::shared_ptr<const cjose_jwk_t>(
      read, [](const cjose_jwk_t* one) { cjose_jwk_release(const_cast<cjose_jwk_t*>(one)); });
  key.thumbprint_ = thumbprint_of(jwk, key.kind_);
  return key;
}

bool Key::fits(const Algorithm& algorithm) const {
  return kind_ == algorithm.kind && (algorithm.curve.empty() || curve_ == algorithm.curve) &&
         (algorithm_.empty() || algorithm_ == algorithm.name);
}

bool Key::verifies(std::string_view compact, const Algorithm& algorithm) const {
  if (!fits(algorithm)) return false;
  cjose_err error{};
  const std::unique_ptr<cjose_jws_t, ReleaseJws> jws(cjose_jws_import(compact.data(), compact.size(), &error));
  if (!jws) return false;
  const char* const said = cjose_header_get(cjose_jws_get_protected(jws.get()), CJOSE_HDR_ALG, &error);
  return said && algorithm.name == said && cjose_jws_verify(jws.get(), jwk_.get(), &error);
}

std::optional<std::vector<Key>> read_key_set(std::string_view text) {
  const auto set = Json::object(text);
  if (!set || !set->has("keys")) return std::nullopt;
  std::vector<Key> out;
  for (const Json& one : set->members("keys"))
    if (auto key = Key::read(one)) out.push_back(std::move(*key));
  return out;
}

}  // namespace varde::access
