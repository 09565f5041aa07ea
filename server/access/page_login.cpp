#include "server/access/page_login.h"

#include <algorithm>

#include "fhir-model/fault/fault.h"
#include "fhir-model/text/base64.h"
#include "fhir-model/text/lower.h"
#include "server/access/digest.h"
#include "server/access/jwt.h"
#include "server/access/login.h"

namespace varde::access {
namespace {

constexpr std::chrono::seconds kAttemptLife{600};
constexpr std::chrono::seconds kUsedIsWritten{60};
constexpr std::int64_t kFarFuture = 100'000'000'000;
constexpr int kMostAnnouncing = 16;
constexpr int kDepth = 3;  // of the JSON that a browser keeps for us
constexpr const char* kLogoutEvent = "http://schemas.openid.net/event/backchannel-logout";

std::string one(const Form& form, std::string_view name) {
  std::string found;
  std::size_t count = 0;
  for (const auto& [key, value] : form)
    if (key == name) found = value, ++count;
  return count == 1 ? found : std::string();
}

tl::unexpected<Refusal> refused(std::string why) { return refuse(kInvalidRequest, std::move(why)); }

struct Counted {
  explicit Counted(std::atomic<int>& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  std::atomic<int>& count_;
};

}  // namespace

bool is_own_address(const std::string& to) {
  if (to.empty() || to.front() != '/' || to.starts_with("//") || to.size() > 500) return false;
  return to.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_.~?=&%$") == to.npos;
}

/// The parameters that the browser takes along: where logins are announced first, the name that stands for them all.
Checked<Form> PageLogin::announced(Form parameters, const Attempt& attempt) {
  const Issuer& issuer = settings_.issuer;
  if (issuer.pushed_endpoint.empty()) return parameters;
  // Whoever opens /login makes us ask the issuer: a few at a time, whatever is opened.
  const Counted one_more(announcing_);
  const bool room = announcing_ <= kMostAnnouncing;
  const auto name = room ? client_.push(std::move(parameters), attempt.proving)
                         : refuse(kInvalidRequest, "Too many log in just now; try again in a moment.");
  FHIR_TRY(name);
  return Form{{"client_id", issuer.client_id}, {"request_uri", *name}};
}

Checked<PageLogin::Begun> PageLogin::begin(const std::string& to) {
  const Issuer& issuer = settings_.issuer;
  const Attempt attempt{unguessable(),         unguessable(),        unguessable(), is_own_address(to) ? to : "/",
                        now_() + kAttemptLife, client_.proving_key()};
  auto parameters = announced({{"response_type", "code"},
                               {"client_id", issuer.client_id},
                               {"redirect_uri", settings_.redirect},
                               {"scope", issuer.login_scope},
                               {"state", attempt.state},
                               {"nonce", attempt.nonce},
                               {"aud", issuer.audience},
                               {"code_challenge", fhir::text::to_base64url(sha256(attempt.verifier))},
                               {"code_challenge_method", "S256"}},
                              attempt);
  FHIR_TRY(parameters);
  return Begun{issuer.authorization_endpoint, std::move(*parameters), sealed(attempt)};
}

std::string PageLogin::sealed(const Attempt& attempt) const {
  auto text = Json::of({{"state", attempt.state},
                        {"nonce", attempt.nonce},
                        {"verifier", attempt.verifier},
                        {"to", attempt.to},
                        {"proving", attempt.proving ? attempt.proving->private_text() : std::string()}});
  text.set("until", std::int64_t{attempt.until.time_since_epoch().count()});
  return sessions_.seal(text.compact());
}

std::optional<PageLogin::Attempt> PageLogin::opened(const std::string& cookie) const {
  const auto plain = sessions_.open(cookie);
  const auto text = plain ? Json::object(*plain, kDepth) : std::nullopt;
  if (!text) return std::nullopt;
  return Attempt{text->text("state"),
                 text->text("nonce"),
                 text->text("verifier"),
                 text->text("to"),
                 Seconds(std::chrono::seconds(text->number("until").value_or(0))),
                 OwnSigningKey::read(text->text("proving"))};
}

/// Of a token that the issuer made for us as its client: an ID token or a logout token. Each may say what it is (typ),
/// and is then not taken for the other, nor for an access token.
Checked<PageLogin::Said> PageLogin::said_by(std::string_view token, Kind kind) const {
  auto jwt = read_jwt(token, OwnKey::refused, kInvalidToken);
  FHIR_TRY(jwt);
  const Issuer& issuer = settings_.issuer;
  const auto keys = settings_.keys->find(jwt->key_id);
  const bool genuine =
      std::find(issuer.algorithms.begin(), issuer.algorithms.end(), jwt->algorithm->name) != issuer.algorithms.end() &&
      std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return key.verifies(token, *jwt->algorithm); });
  const Json& claims = jwt->claims;
  const auto audiences = claims.texts("aud");
  const bool ours = std::find(audiences.begin(), audiences.end(), issuer.client_id) != audiences.end() &&
                    (audiences.size() == 1 || claims.has("azp")) &&
                    (!claims.has("azp") || claims.text("azp") == issuer.client_id);
  const std::string type = fhir::text::lower_ascii(jwt->type);
  const bool of_kind = type.empty() || type == "jwt" || (kind == Kind::logout && type == "logout+jwt");
  const Seconds now = now_();
  const auto time = [&](const char* name) -> std::optional<Seconds> {
    const auto at = claims.number(name);
    if (!at || *at < 0 || *at > kFarFuture) return std::nullopt;
    return Seconds(std::chrono::seconds(*at));
  };
  const auto made = time("iat"), ends = time("exp"), begins = time("nbf");
  // It was made for this login, or logout, just now.
  const bool recent = made && *made <= now + issuer.leeway && *made + kAttemptLife >= now;
  const bool lasts = ends ? *ends + issuer.leeway > now : type == "logout+jwt" && !claims.has("exp");
  const bool begun = begins ? *begins <= now + issuer.leeway : !claims.has("nbf");
  if (!genuine || !ours || !of_kind || claims.text("iss") != issuer.issuer || !recent || !lasts || !begun)
    return refuse(kInvalidToken, "The issuer's token about the login is not taken.");
  return Said{std::move(jwt->claims), std::string(jwt->algorithm->name)};
}

/// OpenID Connect Core 1.0 3.1.3.7, and that what came with the token is what it was made for (at_hash, c_hash).
Checked<PageLogin::Said> PageLogin::id_token(const Json& tokens, const Attempt& attempt,
                                             const std::string& code) const {
  auto said = said_by(tokens.text("id_token"), Kind::login);
  if (!said) return said;
  const Json& claims = said->claims;
  if (claims.text("nonce") != attempt.nonce) return refused("The issuer's token is about another login.");
  const auto holds = [&](const char* name, const std::string& what) {
    return !claims.has(name) || claims.text(name) == half_digest(said->algorithm, what);
  };
  if (claims.text("sub").empty() || !holds("at_hash", tokens.text("access_token")) || !holds("c_hash", code))
    return refused("The issuer's tokens do not belong together.");
  return said;
}

Checked<PageLogin::Done> PageLogin::finish(const Form& query, const std::string& cookie) {
  const auto attempt = opened(cookie);
  const Issuer& issuer = settings_.issuer;
  // Each works once, at whichever process: what the browser still holds does not let anybody in again.
  if (!attempt || attempt->until <= now_() || attempt->state != one(query, "state") ||
      attempt->proving.has_value() != issuer.fapi ||
      seen_.use(sha256("login\n" + attempt->state), attempt->until, now_()) != SeenProofs::Is::fresh)
    return refused("The login was not begun in this browser, or too long ago.");
  const bool says_who = std::any_of(query.begin(), query.end(), [](const auto& each) { return each.first == "iss"; });
  if ((says_who || issuer.fapi) && one(query, "iss") != issuer.issuer)
    return refused("Another than the one who was asked has answered.");  // RFC 9207
  const std::string code = one(query, "code");
  if (code.empty() || !one(query, "error").empty()) return refused("Nobody logged in.");
  const auto tokens = client_.tokens({{"grant_type", "authorization_code"},
                                      {"code", code},
                                      {"redirect_uri", settings_.redirect},
                                      {"client_id", issuer.client_id},
                                      {"code_verifier", attempt->verifier}},
                                     attempt->proving);
  FHIR_TRY(tokens);
  const auto said = id_token(*tokens, *attempt, code);
  FHIR_TRY(said);
  const std::string access_token = tokens->text("access_token");
  auto who = logins_.holder_of(access_token, attempt->proving ? attempt->proving->thumbprint() : "");
  FHIR_TRY(who);
  if (issuer.subject_claim == "sub" && (*who)->id != said->claims.text("sub"))
    return refused("The issuer's tokens are about different people.");
  auto claims = read_jwt(access_token, OwnKey::refused, kInvalidToken);
  FHIR_TRY(claims);
  const Seconds now = now_();
  const Session session{std::move(claims->claims), tokens->text("id_token"), now, now};
  Done out{unguessable(), attempt->to, *who};
  const auto kept = sessions_.keep(
      out.session, session, {issuer.issuer, said->claims.text("sub"), said->claims.text("sid")}, end_of(session));
  if (!kept) return refuse(kInvalidRequest, "The login cannot be kept just now; try again in a moment.");
  return out;
}

Seconds PageLogin::end_of(const Session& session) const {
  return std::min(session.used + settings_.idle, session.begun + settings_.longest);
}

std::shared_ptr<const Principal> PageLogin::holder(const Session& session) const {
  if (session.claims.text("iss") != settings_.issuer.issuer) return nullptr;  // another was trusted when it began
  return principal_of(session.claims, settings_.issuer, logins_.settings().own_organisation);
}

std::shared_ptr<const Principal> PageLogin::who(const std::string& cookie) {
  auto session = sessions_.find(cookie);
  const Seconds now = now_();
  if (!session || end_of(*session) <= now) return nullptr;
  auto who = holder(*session);
  if (who && session->used + std::min(kUsedIsWritten, settings_.idle / 15) <= now) {
    session->used = now;
    sessions_.use(cookie, now, end_of(*session));
  }
  return who;
}

Result<PageLogin::Ended> PageLogin::end(const std::string& cookie) {
  const auto session = sessions_.find(cookie);
  if (!session) return Ended{};
  FHIR_TRY(sessions_.end(cookie));
  const Issuer& issuer = settings_.issuer;
  Ended out{issuer.logout_endpoint, {}, holder(*session)};
  if (!out.address.empty())
    out.parameters = {
        {"id_token_hint", session->id_token},
        {"client_id", issuer.client_id},
        {"post_logout_redirect_uri", settings_.redirect.substr(0, settings_.redirect.find("/login/") + 1)}};
  return out;
}

bool PageLogin::end_by(const std::string& logout_token) {
  const auto said = said_by(logout_token, Kind::logout);
  if (!said) return false;
  const Json& claims = said->claims;
  const std::string subject = claims.text("sub"), session = claims.text("sid"), id = claims.text("jti");
  if (claims.has("nonce") || !claims.member("events").member(kLogoutEvent) || id.empty()) return false;
  if (subject.empty() && session.empty()) return false;
  // Taken twice, by whichever process, an old word would end a session that began since.
  const Seconds now = now_();
  const std::string& issuer = settings_.issuer.issuer;
  const Seconds until = now + kAttemptLife + settings_.issuer.leeway + kAttemptLife;
  if (seen_.use(sha256("logout\n" + issuer + "\n" + id), until, now) != SeenProofs::Is::fresh) return false;
  return sessions_.end_of({issuer, subject, session}).has_value();
}

}  // namespace varde::access
