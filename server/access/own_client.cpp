#include "server/access/own_client.h"

#include "fhir-model/text/lower.h"

namespace varde::access {
namespace {

/// What an operator can look for: the status and the code of RFC 6749 5.2, and nothing else of what was answered.
tl::unexpected<Refusal> not_given(const char* what, const std::optional<Posted>& answer) {
  if (!answer) return refuse(kInvalidRequest, std::string(what) + " (no answer).");
  const auto json = Json::object(answer->body);
  const std::string code = json ? json->text("error") : std::string();
  constexpr std::size_t kLongestCode = 60;
  const bool plain = !code.empty() && code.size() <= kLongestCode &&
                     code.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == code.npos;
  return refuse(kInvalidRequest, std::string(what) + " (status " + std::to_string(answer->status) +
                                     (plain ? ", " + code : std::string()) + ").");
}

}  // namespace

OwnClient::OwnClient(Issuer issuer, std::shared_ptr<const OwnSigningKey> key, Post post, std::function<Seconds()> now)
    : issuer_(std::move(issuer)), key_(std::move(key)), post_(std::move(post)), now_(std::move(now)) {}

std::optional<OwnSigningKey> OwnClient::proving_key() const {
  return issuer_.fapi ? std::optional<OwnSigningKey>(std::in_place) : std::nullopt;
}

void OwnClient::authenticate(Form& form, const std::string& endpoint) const {
  if (!key_) return;
  const std::int64_t now = now_().time_since_epoch().count();
  // FAPI 2.0 5.3.3.1: the audience is the issuer alone, so that no endpoint of another's can use the assertion. Some
  // issuers want an address of theirs.
  const std::string& said = issuer_.assertion_audience;
  const std::string& audience = said == "endpoint" ? endpoint
                                : !said.empty()    ? said
                                : issuer_.fapi     ? issuer_.issuer
                                                   : issuer_.token_endpoint;
  Json claims =
      Json::of({{"iss", issuer_.client_id}, {"sub", issuer_.client_id}, {"aud", audience}, {"jti", unguessable()}});
  claims.set("iat", now), claims.set("nbf", now), claims.set("exp", now + 60);
  form.emplace_back("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  form.emplace_back("client_assertion", key_->sign(issuer_.fapi ? "client-authentication+jwt" : "JWT", claims));
}

Checked<std::string> OwnClient::push(Form parameters, const std::optional<OwnSigningKey>& proving) const {
  if (proving) parameters.emplace_back("dpop_jkt", proving->thumbprint());  // RFC 9449 10: the code is bound, too
  authenticate(parameters, issuer_.pushed_endpoint);
  const auto answer = post_(issuer_.pushed_endpoint, parameters, {});
  const auto json = answer && answer->status == 201 ? Json::object(answer->body) : std::nullopt;
  std::string name = json ? json->text("request_uri") : std::string();
  if (name.empty()) return not_given("The issuer takes no login just now", answer);
  return name;
}

std::string OwnClient::proof_for(const std::string& address, const OwnSigningKey& proving) const {
  Json claims =
      Json::of({{"jti", unguessable()}, {"htm", "POST"}, {"htu", address.substr(0, address.find_first_of("?#"))}});
  claims.set("iat", std::int64_t{now_().time_since_epoch().count()});
  const std::lock_guard lock(mutex_);
  if (!nonce_.empty()) claims.set("nonce", nonce_);
  return proving.prove(claims);
}

void OwnClient::learn_nonce(const std::string& nonce) const {
  if (nonce.empty()) return;
  const std::lock_guard lock(mutex_);
  nonce_ = nonce;
}

/// RFC 9449 8: an issuer that wants its nonce in the proof refuses once and says it.
std::optional<Posted> OwnClient::proven_post(const std::string& address, const Form& form,
                                             const OwnSigningKey& proving) const {
  auto answer = post_(address, form, proof_for(address, proving));
  if (!answer) return answer;
  learn_nonce(answer->nonce);
  if (answer->nonce.empty() || (answer->status != 400 && answer->status != 401)) return answer;
  const auto json = Json::object(answer->body);
  if (!json || json->text("error") != "use_dpop_nonce") return answer;
  Form again = form;
  std::erase_if(again, [](const auto& one) { return one.first.starts_with("client_assertion"); });
  authenticate(again, address);  // an assertion works once
  answer = post_(address, again, proof_for(address, proving));
  if (answer) learn_nonce(answer->nonce);
  return answer;
}

Checked<Json> OwnClient::tokens(Form form, const std::optional<OwnSigningKey>& proving) const {
  const std::string& address = issuer_.token_endpoint;
  authenticate(form, address);
  const auto answer = proving ? proven_post(address, form, *proving) : post_(address, form, {});
  auto json = answer && answer->status == 200 ? Json::object(answer->body) : std::nullopt;
  // RFC 6749 5.1, RFC 9449 5: a token that is not of the kind that was asked for is not used.
  if (!json || fhir::text::lower_ascii(json->text("token_type")) != (proving ? "dpop" : "bearer"))
    return not_given("The issuer gives no tokens that are taken here", answer);
  return std::move(*json);
}

}  // namespace varde::access
