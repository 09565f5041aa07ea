#include "server/access/authenticator.h"

#include <algorithm>
#include <mutex>

#include "fhir-model/fault/fault.h"
#include "fhir-model/text/lower.h"
#include "server/access/digest.h"
#include "server/access/jwt.h"
#include "server/access/login.h"

namespace varde::access {
namespace {

constexpr std::chrono::seconds kRemembered{300};
constexpr std::size_t kMostRemembered = 20'000;
constexpr std::int64_t kFarFuture = 100'000'000'000;

bool is_same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return fhir::text::lower_ascii(x) == fhir::text::lower_ascii(y); });
}

tl::unexpected<Refusal> bad_token(const std::string& why) {
  return refuse(kInvalidToken, "The access token is not taken: " + why);
}

Checked<Seconds> check_times(const Json& claims, const Issuer& issuer, Seconds now) {
  const auto good = [](std::optional<std::int64_t> time) { return time && *time >= 0 && *time < kFarFuture; };
  const auto ends = claims.number("exp"), begins = claims.number("nbf"), made = claims.number("iat");
  if (!good(ends)) return bad_token("it does not say when it ends (exp).");
  const Seconds until{std::chrono::seconds(*ends)};
  if (until + issuer.leeway <= now) return bad_token("it has expired.");
  if (until > now + issuer.longest + issuer.leeway) return bad_token("it is good for longer than is taken here.");
  for (const auto& [name, from] : {std::pair("nbf", begins), std::pair("iat", made)}) {
    if (!claims.has(name)) continue;
    if (!good(from) || Seconds(std::chrono::seconds(*from)) > now + issuer.leeway)
      return bad_token("it is not good yet.");
  }
  return until;
}

}  // namespace

Authenticator::Authenticator(Settings settings, SeenProofs& seen, Now now)
    : settings_(std::move(settings)), seen_(seen), now_(std::move(now)), rate_(settings_.requests_per_second) {}

bool Authenticator::may_ask(const Principal& principal) {
  return rate_.take(principal.issuer + "\n" + principal.client + "\n" + principal.id);
}

Checked<Authenticator::Login> Authenticator::check(std::string_view token, Seconds now) const {
  const auto jwt = read_jwt(token, OwnKey::refused, kInvalidToken);
  if (!jwt) return bad_token(jwt.error().diagnostics);
  if (!is_same_word(jwt->type, "at+jwt") && !is_same_word(jwt->type, "application/at+jwt") &&
      !is_same_word(jwt->type, "JWT"))
    return bad_token("its typ is neither at+jwt nor JWT.");
  const auto trusted = std::find_if(settings_.issuers.begin(), settings_.issuers.end(),
                                    [&](const Trusted& one) { return one.issuer.issuer == jwt->claims.text("iss"); });
  if (trusted == settings_.issuers.end()) return bad_token("its issuer is not known here.");
  const Issuer& issuer = trusted->issuer;
  if (std::find(issuer.algorithms.begin(), issuer.algorithms.end(), jwt->algorithm->name) == issuer.algorithms.end())
    return bad_token("its algorithm is not one of its issuer's.");
  const auto keys = trusted->keys->find(jwt->key_id);
  const bool genuine =
      std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return key.verifies(token, *jwt->algorithm); });
  if (!genuine) return bad_token("its signature fits none of its issuer's keys.");
  const auto audiences = jwt->claims.texts("aud");
  if (std::find(audiences.begin(), audiences.end(), issuer.audience) == audiences.end())
    return bad_token("it is meant for another audience.");
  const auto until = check_times(jwt->claims, issuer, now);
  FHIR_TRY(until);

  Login login;
  if (jwt->claims.has("cnf")) {
    const Json bound = jwt->claims.member("cnf");
    login.key = bound.text("jkt"), login.certificate = bound.text("x5t#S256");
    if (login.key.empty() && login.certificate.empty())
      return bad_token("it is bound in a way that is not known here (cnf without jkt or x5t#S256).");
    if ((bound.has("jkt") && login.key.empty()) || (bound.has("x5t#S256") && login.certificate.empty()))
      return bad_token("what it is bound to (cnf) is no text.");
  }
  login.bearer = issuer.bearer;
  login.until = *until + issuer.leeway;
  login.principal = principal_of(jwt->claims, issuer, settings_.own_organisation);
  const bool is_somebody = login.principal->kind != Principal::Kind::system;
  if (is_somebody && !issuer.least_level.empty() && jwt->claims.text(issuer.level_claim) < issuer.least_level)
    return bad_token("its login was at a lower level of security than is asked for here.");
  return login;
}

void Authenticator::remember(std::string digest, const Login& login, Seconds now) {
  const std::unique_lock lock(mutex_);
  if (known_.size() >= kMostRemembered) {
    std::erase_if(known_, [&](const auto& one) { return one.second.until <= now; });
    if (known_.size() >= kMostRemembered) known_.clear();
  }
  Login kept = login;
  kept.until = std::min(kept.until, now + kRemembered);
  known_.insert_or_assign(std::move(digest), std::move(kept));
}

Checked<Authenticator::Login> Authenticator::login_of(std::string_view token, Seconds now) {
  if (token.empty() || token.size() > kLongestToken) return bad_token("it is empty or longer than 16 KB.");
  std::string digest = sha256(token);
  {
    const std::shared_lock lock(mutex_);
    if (ended_.contains(digest)) return bad_token("it was taken back.");
    if (const auto known = known_.find(digest); known != known_.end() && known->second.until > now)
      return known->second;
  }
  auto login = check(token, now);
  if (login) remember(std::move(digest), *login, now);
  return login;
}

Checked<std::shared_ptr<const Principal>> Authenticator::holder_of(std::string_view token, std::string_view key) {
  auto login = login_of(token, now_());
  FHIR_TRY(login);
  if (login->key != key || !login->certificate.empty())
    return bad_token(key.empty() ? "it is bound, and came without a proof."
                                 : "it is not bound to the key that it must be.");
  return login->principal;
}

void Authenticator::end(const std::string& digest, Seconds until) {
  const Seconds now = now_();
  const std::unique_lock lock(mutex_);
  std::erase_if(ended_, [&](const auto& one) { return one.second <= now; });
  ended_.insert_or_assign(digest, until);
}

Checked<std::shared_ptr<const Principal>> Authenticator::who(const Credentials& credentials) {
  if (credentials.authorization.empty()) return refuse({}, "Log in first: the request has no access token.");
  if (credentials.authorization.size() > 1)
    return refuse(kInvalidRequest, "There is more than one Authorization header.");
  const std::string_view header = credentials.authorization.front();
  const std::size_t blank = std::min(header.find(' '), header.size());
  const std::string_view scheme = header.substr(0, blank);
  const std::string_view token = header.substr(std::min(blank + 1, header.size()));
  const bool dpop = is_same_word(scheme, "DPoP");
  if (!dpop && !is_same_word(scheme, "Bearer"))
    return refuse(kInvalidRequest, "The Authorization header is neither DPoP nor Bearer.");
  const Seconds now = now_();
  auto login = login_of(token, now);
  FHIR_TRY(login);
  if (!login->certificate.empty() && login->certificate != credentials.certificate)
    return bad_token("it is bound to a certificate that the connection has not shown.");
  if (!dpop) {
    if (!login->key.empty()) return bad_token("it is bound to a key; present it with the scheme DPoP and a proof.");
    if (!login->bearer && login->certificate.empty())
      return bad_token("its issuer's tokens must be bound to a key (DPoP) or to a certificate.");
    return login->principal;
  }
  if (login->key.empty()) return bad_token("it is bound to no key; it cannot be presented with the scheme DPoP.");
  if (credentials.proofs.size() != 1)
    return refuse(kInvalidProof, "The DPoP proof is not taken: exactly one header DPoP must come with the token.");
  const std::string address = settings_.origin + std::string(credentials.path);
  auto proved = check_proof(credentials.proofs.front(), {credentials.method, address, token, login->key}, seen_, now);
  FHIR_TRY(proved);
  return login->principal;
}

std::vector<std::string> Authenticator::challenges(const Refusal& refusal) const {
  const std::string error = refusal.error.empty() ? std::string() : ", error=\"" + std::string(refusal.error) + "\"";
  std::vector<std::string> out{"DPoP realm=\"varde\", algs=\"ES256 ES384 ES512 PS256 PS384 PS512\"" + error};
  if (settings_.sees_certificates || std::any_of(settings_.issuers.begin(), settings_.issuers.end(),
                                                 [](const Trusted& one) { return one.issuer.bearer; }))
    out.push_back("Bearer realm=\"varde\"" + error);
  return out;
}

}  // namespace varde::access
