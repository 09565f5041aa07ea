#include "server/access/demo_login/demo_login.h"

#include <algorithm>

#include "fhir-model/text/base64.h"
#include "server/access/demo_login/users.h"
#include "server/access/digest.h"
#include "server/access/scope.h"

namespace varde::access {
namespace {

constexpr std::chrono::seconds kRequestLife{600}, kCodeLife{60}, kTokenLife{900}, kRefreshLife{8 * 3600},
    kPushedLife{60};
constexpr std::string_view kPushedName = "urn:ietf:params:oauth:request_uri:";
constexpr std::size_t kMostKept = 1000, kLongestValue = 2048;
constexpr std::size_t kDigestLetters = 43;  // of SHA-256 in base64url

std::string one(const Form& form, std::string_view name) {
  for (const auto& [key, value] : form)
    if (key == name) return value;
  return {};
}

/// RFC 6749 3.1: nothing more than once.
bool is_plain(const Form& form) {
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i].second.size() > kLongestValue) return false;
    for (std::size_t j = 0; j < i; ++j)
      if (form[i].first == form[j].first) return false;
  }
  return true;
}

std::vector<std::string> words_in(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

bool has_word(const std::string& text, const std::string& word) {
  const auto words = words_in(text);
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Those of the scopes that mean something here.
std::string understood(const std::string& scopes) {
  constexpr std::string_view kKnown[] = {"openid",         "profile",        "fhirUser",     "launch",
                                         "launch/patient", "offline_access", "online_access"};
  std::string out;
  for (const std::string& word : words_in(scopes))
    if ((std::find(std::begin(kKnown), std::end(kKnown), word) != std::end(kKnown) || read_scope(word)) &&
        !has_word(out, word))
      out.append(out.empty() ? "" : " ").append(word);
  return out;
}

std::string origin_of(const std::string& address) {
  const std::size_t scheme = address.find("://");
  return scheme == address.npos ? std::string() : address.substr(0, address.find('/', scheme + 3));
}

bool is_of_origin(const DemoClient& client, const std::string& address) {
  const std::string origin = origin_of(address);
  return !origin.empty() && address.find('@') == address.npos && address.find('\\') == address.npos &&
         std::any_of(client.redirects.begin(), client.redirects.end(),
                     [&](const std::string& redirect) { return origin_of(redirect) == origin; });
}

bool may_go_to(const DemoClient& known, const std::string& address) {
  return std::find(known.redirects.begin(), known.redirects.end(), address) != known.redirects.end();
}

DemoAnswer told(std::string problem) {
  DemoAnswer out;
  out.status = 400, out.problem = std::move(problem);
  return out;
}

DemoAnswer json(const Json& body, int status = 200) {
  DemoAnswer out;
  out.status = status, out.json = body.compact();
  return out;
}

DemoAnswer error(std::string_view code, std::string_view description) {
  return json(Json::of({{"error", code}, {"error_description", description}}), 400);
}

}  // namespace

Issuer DemoLogin::issuer() const {
  Issuer out;
  out.name = "demo-login", out.issuer = settings_.origin + "/demo-login", out.audience = settings_.fhir_base;
  out.keys = out.issuer + "/jwks";
  out.algorithms = {"ES256"}, out.bearer = true, out.public_clients = true;
  out.authorization_endpoint = out.issuer + "/authorize", out.token_endpoint = out.issuer + "/token";
  out.logout_endpoint = out.issuer + "/logout";
  out.name_claim = "name", out.hpr_claim = "hpr", out.organisation_claim = "organisation", out.role_claim = "role";
  return out;
}

DemoAnswer DemoLogin::discovery() const {
  const Issuer us = issuer();
  Json out = Json::of({{"issuer", us.issuer},
                       {"authorization_endpoint", us.authorization_endpoint},
                       {"token_endpoint", us.token_endpoint},
                       {"pushed_authorization_request_endpoint", us.issuer + "/par"},
                       {"jwks_uri", us.issuer + "/jwks"},
                       {"end_session_endpoint", us.issuer + "/logout"}});
  out.set_texts("response_types_supported", {"code"});
  out.set_texts("response_modes_supported", {"query"});
  out.set_texts("grant_types_supported", {"authorization_code", "refresh_token"});
  out.set_texts("code_challenge_methods_supported", {"S256"});
  out.set_texts("subject_types_supported", {"public"});
  out.set_texts("id_token_signing_alg_values_supported", {"ES256"});
  out.set_texts("token_endpoint_auth_methods_supported", {"none", "private_key_jwt"});
  out.set_texts("token_endpoint_auth_signing_alg_values_supported",
                {"ES256", "ES384", "ES512", "PS256", "PS384", "PS512"});
  out.set_texts("dpop_signing_alg_values_supported", {"ES256", "ES384", "ES512", "PS256", "PS384", "PS512"});
  out.set_texts("scopes_supported", {"openid", "profile", "fhirUser", "launch", "launch/patient", "offline_access",
                                     "patient/*.cruds", "user/*.cruds"});
  out.set_texts("claims_supported", {"sub", "name", "fhirUser", "role"});
  out.set_flag("authorization_response_iss_parameter_supported", true);
  return json(out);
}

const DemoClient* DemoLogin::client(const std::string& id) const {
  const auto found = std::find_if(settings_.clients.begin(), settings_.clients.end(),
                                  [&](const DemoClient& known) { return known.id == id; });
  return found == settings_.clients.end() ? nullptr : &*found;
}

// --- what is kept for a while, under the lock
void DemoLogin::forget(Entries& entries) const {
  const Seconds now = now_();
  std::erase_if(entries, [&](const auto& entry) { return entry.second.until <= now; });
}

std::string DemoLogin::keep(Entries& entries, Given given, std::chrono::seconds life) {
  forget(entries);
  while (entries.size() >= kMostKept)
    entries.erase(std::min_element(entries.begin(), entries.end(),
                                   [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
  std::string name = unguessable();
  entries.emplace(name, Entry{std::move(given), now_() + life});
  return name;
}

void DemoLogin::forget_family(const std::string& family) {
  std::erase_if(refreshes_, [&](const auto& entry) { return entry.second.given.family == family; });
  for (const GivenToken& token : tokens_)
    if (token.family == family) taken_back_(token.digest, token.until);
  std::erase_if(tokens_, [&](const GivenToken& token) { return token.family == family; });
}

void DemoLogin::note_token(const std::string& family, const std::string& token) {
  const Seconds now = now_();
  std::erase_if(tokens_, [&](const GivenToken& one) { return one.until <= now; });
  tokens_.push_back({family, sha256(token), now + kTokenLife});
}

// --- the authorization endpoint
/// An error code of RFC 6749 4.1.2.1 where something is wrong that the program is told of.
std::optional<std::string> DemoLogin::checked(const Form& query, Asked& asked) {
  if (one(query, "response_type") != "code") return "unsupported_response_type";
  asked.challenge = one(query, "code_challenge");
  const auto digest = fhir::text::from_base64url(asked.challenge);
  if (one(query, "code_challenge_method") != "S256" || asked.challenge.size() != kDigestLetters || !digest)
    return "invalid_request";
  std::string audience = one(query, "aud");
  while (audience.ends_with('/')) audience.pop_back();
  if (audience != settings_.fhir_base) return "invalid_request";
  if (const std::string mode = one(query, "response_mode"); !mode.empty() && mode != "query") return "invalid_request";
  if (one(query, "prompt") == "none") return "login_required";
  asked.scopes = understood(one(query, "scope"));
  if (asked.scopes.empty()) return "invalid_scope";
  const std::string name = one(query, "launch");
  if (has_word(asked.scopes, "launch") != !name.empty()) return "invalid_request";
  if (name.empty()) return std::nullopt;
  forget(launches_);
  const auto launched = launches_.extract(name);
  if (launched.empty() || launched.mapped().given.asked.client != asked.client) return "invalid_request";
  asked.patient = launched.mapped().given.patient;
  return std::nullopt;
}

std::optional<std::string> DemoLogin::asked_of(const DemoClient& known, const Form& query, Asked& asked) {
  asked.client = known.id, asked.redirect = one(query, "redirect_uri");
  asked.state = one(query, "state"), asked.nonce = one(query, "nonce"), asked.key = one(query, "dpop_jkt");
  return checked(query, asked);
}

/// RFC 9126: what a login asks for, said by the program itself beforehand. The browser carries a name alone.
DemoAnswer DemoLogin::push(const Form& form) {
  if (!is_plain(form)) return error("invalid_request", "A parameter comes more than once, or is too long.");
  const DemoClient* const known = client(one(form, "client_id"));
  if (!known || known->keys.empty()) return error(kInvalidClient, "No program with a key has this client_id.");
  if (const auto us = confidential_.authenticated(form, known->id, known->keys, issuer().issuer, now_()); !us)
    return error(us.error().error, us.error().diagnostics);
  if (!one(form, "request_uri").empty()) return error("invalid_request", "A pushed request has no request_uri.");
  if (!may_go_to(*known, one(form, "redirect_uri")))
    return error("invalid_request", "The redirect_uri is not, to the letter, one of the program's.");
  Given given;
  const std::lock_guard lock(mutex_);
  if (const auto wrong = asked_of(*known, form, given.asked)) return error(*wrong, "The login cannot be asked for so.");
  Json out = Json::of({{"request_uri", std::string(kPushedName) + keep(pushed_, std::move(given), kPushedLife)}});
  out.set("expires_in", std::int64_t{kPushedLife.count()});
  return json(out, 201);
}

DemoAnswer DemoLogin::authorize(const Form& query) {
  // To whom nobody may be redirected by a mistake, nor by an attack.
  const DemoClient* const known = client(one(query, "client_id"));
  if (!is_plain(query)) return told("A parameter comes more than once, or is too long.");
  if (!known) return told("The program (client_id) is not known here: see the setting demo-clients.");
  const std::lock_guard lock(mutex_);
  Asked asked;
  std::optional<std::string> wrong;
  if (const std::string name = one(query, "request_uri"); !name.empty() || !known->keys.empty()) {
    forget(pushed_);
    auto pushed =
        name.starts_with(kPushedName) ? pushed_.extract(name.substr(kPushedName.size())) : Entries::node_type();
    if (pushed.empty() || pushed.mapped().given.asked.client != known->id)
      return told("The login was not announced by the program (request_uri), was begun already, or too long ago.");
    asked = std::move(pushed.mapped().given.asked);
  } else {
    if (!may_go_to(*known, one(query, "redirect_uri")))
      return told("The redirect_uri is not, to the letter, one of the program's: see the setting demo-clients.");
    wrong = asked_of(*known, query, asked);
  }
  if (wrong) {
    DemoAnswer out;
    out.status = 303, out.redirect = asked.redirect, out.parameters = {{"error", *wrong}, {"iss", issuer().issuer}};
    if (!asked.state.empty()) out.parameters.emplace_back("state", asked.state);
    return out;
  }
  DemoAnswer out;
  out.choice = DemoAnswer::Choice{{},
                                  asked.client,
                                  asked.redirect,
                                  asked.scopes,
                                  asked.patient.empty() && has_word(asked.scopes, "launch/patient")};
  out.choice->request = keep(requests_, {{}, {}, {}, asked}, kRequestLife);
  return out;
}

DemoAnswer DemoLogin::chosen(const Form& form) {
  const DemoUser* const user = find_demo_user(one(form, "user"));
  if (!is_plain(form) || !user) return told("There is no such user.");
  const std::lock_guard lock(mutex_);
  forget(requests_);
  auto request = requests_.extract(one(form, "request"));
  if (request.empty()) return told("The request is not known, or too old. Begin again in the program.");
  Given given = std::move(request.mapped().given);
  const Asked asked = given.asked;
  given.user = user->id, given.family = unguessable();
  // Who is a patient, or acts for one, chooses none.
  given.patient = !user->patient.empty()                                              ? std::string(user->patient)
                  : asked.patient.empty() && has_word(asked.scopes, "launch/patient") ? one(form, "patient")
                                                                                      : asked.patient;
  DemoAnswer out;
  out.status = 303, out.redirect = asked.redirect;
  out.parameters = {{"code", keep(codes_, std::move(given), kCodeLife)}, {"iss", issuer().issuer}};
  if (!asked.state.empty()) out.parameters.emplace_back("state", asked.state);
  return out;
}

DemoAnswer DemoLogin::launch(const Form& query) {
  const DemoClient* const known = client(one(query, "client_id"));
  const std::string address = one(query, "launch_uri");
  if (!is_plain(query) || !known || !is_of_origin(*known, address))
    return told("launch_uri must lie where one of the redirects of a known client_id does (setting demo-clients).");
  Given given;
  given.patient = one(query, "patient"), given.asked.client = known->id;
  const std::lock_guard lock(mutex_);
  DemoAnswer out;
  out.status = 303, out.redirect = address;
  out.parameters = {{"iss", settings_.fhir_base}, {"launch", keep(launches_, std::move(given), kRequestLife)}};
  return out;
}

DemoAnswer DemoLogin::logout(const Form& query) const {
  const std::string back = one(query, "post_logout_redirect_uri");
  const bool known = std::any_of(settings_.clients.begin(), settings_.clients.end(),
                                 [&](const DemoClient& each) { return is_of_origin(each, back); });
  DemoAnswer out;
  if (back.empty()) return out.problem = "Du er logget ut. You are logged out.", out;
  if (!known) return told("The address to go back to is of no known program.");
  out.status = 303, out.redirect = back;
  if (const std::string state = one(query, "state"); !state.empty()) out.parameters.emplace_back("state", state);
  return out;
}

// --- the token endpoint
DemoAnswer DemoLogin::tokens_for(const Given& given, const std::string& scopes) {
  const DemoUser& user = *find_demo_user(given.user);
  const Issuer us = issuer();
  const std::int64_t now = now_().time_since_epoch().count();
  Json access = Json::of({{"iss", us.issuer},
                          {"aud", us.audience},
                          {"sub", user.id},
                          {"name", user.name},
                          {"client_id", given.asked.client},
                          {"scope", scopes},
                          {"role", user.role},
                          {"hpr", user.hpr},
                          {"organisation", user.organisation},
                          {"patient", given.patient},
                          {"jti", unguessable()}});
  access.set("iat", now), access.set("nbf", now), access.set("exp", now + kTokenLife.count());
  if (!given.asked.key.empty()) access.set("cnf", Json::of({{"jkt", given.asked.key}}));
  const std::string token = key_.sign("at+jwt", access);
  note_token(given.family, token);
  Json out = Json::of({{"access_token", token},
                       {"token_type", given.asked.key.empty() ? "Bearer" : "DPoP"},
                       {"scope", scopes},
                       {"patient", given.patient}});
  out.set("expires_in", std::int64_t{kTokenLife.count()});
  if (!given.patient.empty()) out.set_flag("need_patient_banner", given.asked.patient.empty());
  if (has_word(scopes, "openid")) {
    const std::string fhir_user = user.fhir_user.empty() || !has_word(scopes, "fhirUser")
                                      ? std::string()
                                      : settings_.fhir_base + "/" + std::string(user.fhir_user);
    Json id = Json::of({{"iss", us.issuer},
                        {"aud", given.asked.client},
                        {"sub", user.id},
                        {"nonce", given.asked.nonce},
                        {"sid", given.family},
                        {"at_hash", half_digest("ES256", token)},
                        {"name", user.name},
                        {"fhirUser", fhir_user}});
    id.set("iat", now), id.set("exp", now + kTokenLife.count());
    out.set("id_token", key_.sign("JWT", id));
  }
  if (has_word(given.asked.scopes, "offline_access") || has_word(given.asked.scopes, "online_access"))
    out.set("refresh_token", keep(refreshes_, given, kRefreshLife));
  return json(out);
}

DemoAnswer DemoLogin::by_code(const Form& form, const std::string& key) {
  forget(codes_);
  const auto found = codes_.find(one(form, "code"));
  if (found == codes_.end()) return error("invalid_grant", "The code is not known, or too old.");
  Entry& entry = found->second;
  Given given = entry.given;
  if (std::exchange(entry.used, true)) {  // RFC 6749 4.1.2: somebody has it who should not
    forget_family(given.family);
    return error("invalid_grant", "The code was used before; what came of it is no longer good.");
  }
  const std::string verifier = one(form, "code_verifier");
  if (one(form, "client_id") != given.asked.client || one(form, "redirect_uri") != given.asked.redirect)
    return error("invalid_grant", "The code was given to another program, or for another redirect_uri.");
  if (verifier.size() < kDigestLetters || fhir::text::to_base64url(sha256(verifier)) != given.asked.challenge)
    return error("invalid_grant", "The code_verifier does not fit the code_challenge.");
  if (!given.asked.key.empty() && given.asked.key != key)
    return error("invalid_grant", "The code was asked for with another key (dpop_jkt).");
  given.asked.key = key;
  return tokens_for(given, given.asked.scopes);
}

DemoAnswer DemoLogin::by_refresh(const Form& form, const std::string& key) {
  forget(refreshes_);
  const auto found = refreshes_.find(one(form, "refresh_token"));
  if (found == refreshes_.end()) return error("invalid_grant", "The refresh token is not known, or too old.");
  Entry& entry = found->second;
  const Given given = entry.given;
  if (std::exchange(entry.used, true)) {
    forget_family(given.family);
    return error("invalid_grant", "The refresh token was used before; what came of it is no longer good.");
  }
  if (one(form, "client_id") != given.asked.client)
    return error("invalid_grant", "The refresh token was given to another program.");
  if (given.asked.key != key) return error("invalid_grant", "The refresh token is bound to another key.");
  const std::string wanted = one(form, "scope");
  for (const std::string& word : words_in(wanted))
    if (!has_word(given.asked.scopes, word)) return error("invalid_scope", "More than was given at first.");
  return tokens_for(given, wanted.empty() ? given.asked.scopes : wanted);
}

DemoAnswer DemoLogin::token(const Form& form, std::string_view proof) {
  if (!is_plain(form)) return error("invalid_request", "A parameter comes more than once, or is too long.");
  const std::string kind = one(form, "grant_type");
  std::string key;
  if (const DemoClient* const known = client(one(form, "client_id")); known && !known->keys.empty()) {
    const Seconds now = now_();
    auto proven = confidential_.authenticated(form, known->id, known->keys, issuer().issuer, now).and_then([&] {
      return confidential_.key_of(proof, issuer().token_endpoint, now);
    });
    if (!proven) {
      DemoAnswer out = error(proven.error().error, proven.error().diagnostics);
      if (proven.error().error == kInvalidClient) out.status = 401;
      if (proven.error().error == kUseNonce) out.nonce = confidential_.nonce(now);
      return out;
    }
    key = std::move(*proven);
  }
  const std::lock_guard lock(mutex_);
  if (kind == "authorization_code") return by_code(form, key);
  if (kind == "refresh_token") return by_refresh(form, key);
  return error("unsupported_grant_type", "grant_type is authorization_code or refresh_token.");
}

}  // namespace varde::access
