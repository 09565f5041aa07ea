#include "server/access/signing_key.h"

#include <cjose/cjose.h>
#include <openssl/rand.h>

#include <array>
#include <stdexcept>

#include "fhir-model/text/base64.h"
#include "server/access/key.h"

namespace varde::access {
namespace {

struct ReleaseJws {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};

}  // namespace

OwnSigningKey::OwnSigningKey() : id_(unguessable().substr(0, 16)) {
  cjose_err error{};
  cjose_jwk_t* const made = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error);
  if (!made) throw std::runtime_error("no key can be made to sign tokens with");
  key_ = std::shared_ptr<cjose_jwk_t>(made, [](cjose_jwk_t* one) { cjose_jwk_release(one); });
  if (!cjose_jwk_set_kid(made, id_.data(), id_.size(), &error)) throw std::runtime_error("a key takes no name");
}

std::optional<OwnSigningKey> OwnSigningKey::read(std::string_view jwk) {
  const auto json = Json::object(jwk);
  if (!json || json->text("d").empty()) return std::nullopt;
  const std::string kind = json->text("kty"), curve = json->text("crv"), said = json->text("alg");
  const Algorithm* const algorithm = find_algorithm(!said.empty()      ? said
                                                    : kind == "RSA"    ? "PS256"
                                                    : curve == "P-384" ? "ES384"
                                                    : curve == "P-521" ? "ES512"
                                                                       : "ES256");
  if (!algorithm || algorithm->kind != kind) return std::nullopt;
  cjose_err error{};
  cjose_jwk_t* const key = cjose_jwk_import_json(json->get(), &error);
  if (!key) return std::nullopt;
  return OwnSigningKey(std::shared_ptr<cjose_jwk_t>(key, [](cjose_jwk_t* one) { cjose_jwk_release(one); }),
                       json->text("kid"), std::string(algorithm->name));
}

std::string OwnSigningKey::written(bool whole) const {
  cjose_err error{};
  char* const text = cjose_jwk_to_json(key_.get(), whole, &error);
  if (!text) throw std::runtime_error("a key cannot be written");
  std::string out(text);
  cjose_get_dealloc()(text);
  return out;
}

std::string OwnSigningKey::private_text() const { return written(true); }

Json OwnSigningKey::public_key() const {
  auto out = Json::object(written(false));
  if (!out) throw std::runtime_error("a key is no JSON");
  return std::move(*out);
}

std::string OwnSigningKey::public_set() const { return "{\"keys\":[" + public_key().compact() + "]}"; }

std::string OwnSigningKey::thumbprint() const {
  const auto key = Key::read(public_key());
  if (!key) throw std::runtime_error("a key of ours is none for signatures");
  return key->thumbprint();
}

std::string OwnSigningKey::sign(const std::string& type, const Json& claims) const {
  return signed_by(Json::of({{"alg", algorithm_}, {"typ", type}, {"kid", id_}}), claims);
}

std::string OwnSigningKey::prove(const Json& claims) const {
  Json header = Json::of({{"alg", algorithm_}, {"typ", "dpop+jwt"}});
  header.set("jwk", public_key());
  return signed_by(header, claims);
}

std::string OwnSigningKey::signed_by(const Json& header, const Json& claims) const {
  const std::string text = claims.compact();
  cjose_err error{};
  const std::unique_ptr<cjose_jws_t, ReleaseJws> jws(cjose_jws_sign(
      key_.get(), header.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), &error));
  const char* signed_text = nullptr;
  if (!jws || !cjose_jws_export(jws.get(), &signed_text, &error)) throw std::runtime_error("a token cannot be signed");
  return signed_text;
}

std::string unguessable() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) throw std::runtime_error("no random numbers");
  return fhir::text::to_base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace varde::access
