#include "tests/access/support/tokens.h"

#include <jansson.h>

#include <stdexcept>

#include "fhir-model/text/base64.h"
#include "server/access/digest.h"
#include "server/access/key.h"

namespace varde::test {
namespace {

std::string json_of(const cjose_jwk_t* key, bool with_private) {
  cjose_err error{};
  char* const text = cjose_jwk_to_json(key, with_private, &error);
  if (!text) throw std::runtime_error("no JWK");
  std::string out(text);
  cjose_get_dealloc()(text);
  return out;
}

}  // namespace

SigningKey::SigningKey(Kind kind, std::string kid) : kid_(std::move(kid)) {
  cjose_err error{};
  cjose_jwk_t* key = nullptr;
  const unsigned char exponent[] = {1, 0, 1};
  switch (kind) {
    case Kind::ec256: key = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error); break;
    case Kind::ec384: key = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_384, &error); break;
    case Kind::rsa2048: key = cjose_jwk_create_RSA_random(2048, exponent, sizeof exponent, &error); break;
    case Kind::rsa1024: key = cjose_jwk_create_RSA_random(1024, exponent, sizeof exponent, &error); break;
  }
  if (!key || !cjose_jwk_set_kid(key, kid_.c_str(), kid_.size(), &error)) throw std::runtime_error("no key");
  key_ = std::shared_ptr<cjose_jwk_t>(key, [](cjose_jwk_t* one) { cjose_jwk_release(one); });
}

std::string SigningKey::public_jwk() const { return json_of(key_.get(), false); }
std::string SigningKey::private_jwk() const { return json_of(key_.get(), true); }

std::string SigningKey::thumbprint() const {
  return access::Key::read(*access::Json::object(public_jwk())).value().thumbprint();
}

std::string SigningKey::sign(std::string_view header, std::string_view claims) const {
  cjose_err error{};
  json_error_t wrong;
  json_t* const parsed = json_loadb(header.data(), header.size(), 0, &wrong);
  if (!parsed) throw std::runtime_error("the header is no JSON");
  cjose_jws_t* const jws =
      cjose_jws_sign(key_.get(), parsed, reinterpret_cast<const unsigned char*>(claims.data()), claims.size(), &error);
  json_decref(parsed);
  const char* text = nullptr;
  if (!jws || !cjose_jws_export(jws, &text, &error)) throw std::runtime_error("cannot sign");
  std::string out(text);
  cjose_jws_release(jws);
  return out;
}

std::string key_set(std::initializer_list<const SigningKey*> keys) {
  std::string out = "{\"keys\":[";
  for (const SigningKey* key : keys) out += (out.back() == '[' ? "" : ",") + key->public_jwk();
  return out + "]}";
}

std::string Token::header() const {
  std::string out = R"({"typ":")" + typ + R"(","alg":")" + alg + '"';
  if (!kid.empty()) out += R"(,"kid":")" + kid + '"';
  return out + more_header + "}";
}

std::string Token::claims() const {
  std::string out =
      R"({"iss":")" + iss + R"(","aud":")" + aud + R"(","client_id":")" + client_id + R"(","scope":")" + scope + '"';
  if (!sub.empty()) out += R"(,"sub":")" + sub + '"';
  out += ",\"iat\":" + std::to_string(iat) + ",\"nbf\":" + std::to_string(nbf) + ",\"exp\":" + std::to_string(exp);
  std::string bound = jkt.empty() ? std::string() : R"("jkt":")" + jkt + '"';
  if (!x5t.empty()) bound += (bound.empty() ? "" : ",") + (R"("x5t#S256":")" + x5t + '"');
  if (!bound.empty()) out += ",\"cnf\":{" + bound + "}";
  return out + more + "}";
}

std::string Proof::by(const SigningKey& key, std::string_view token) const {
  const std::string hash = ath.empty() ? fhir::text::to_base64url(access::sha256(token)) : ath;
  std::string claims = "{";
  const auto add = [&](const std::string& name, const std::string& value) {
    if (name != without) claims += (claims.size() > 1 ? "," : "") + ("\"" + name + "\":") + value;
  };
  add("jti", '"' + jti + '"'), add("htm", '"' + htm + '"'), add("htu", '"' + htu + '"');
  add("iat", std::to_string(iat)), add("ath", '"' + hash + '"');
  return key.sign(
      R"({"typ":")" + typ + R"(","alg":")" + alg + R"(","jwk":)" + (jwk.empty() ? key.public_jwk() : jwk) + "}",
      claims + "}");
}

}  // namespace varde::test
