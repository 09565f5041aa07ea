#include "server/access/page_login.h"

#include <algorithm>

#include "fhir-model/text/base64.h"
#include "server/access/digest.h"
#include "server/access/jwt.h"

namespace varde::access {
namespace {

constexpr std::chrono::seconds kAttemptLife{600};
constexpr std::size_t kMostAttempts = 10'000, kMostSessions = 10'000;
constexpr const char* kLogoutEvent = "http://schemas.openid.net/event/backchannel-logout";

std::string one(const Form& form, std::string_view name) {
  std::string found;
  std::size_t count = 0;
  for (const auto& [key, value] : form)
    if (key == name) found = value, ++count;
  return count == 1 ? found : std::string();
}

tl::unexpected<Refusal> refused(std::string why) { return refuse(kInvalidRequest, std::move(why)); }

/// Makes room by what ends first.
template <class Entries, class Time>
void make_room(Entries& entries, std::size_t most, Time time) {
  while (entries.size() >= most)
    entries.erase(std::min_element(entries.begin(), entries.end(),
                                   [&](const auto& a, const auto& b) { return time(a.second) < time(b.second); }));
}

}  // namespace

bool is_own_address(const std::string& to) {
  if (to.empty() || to.front() != '/' || to.starts_with("//") || to.size() > 500) return false;
  return to.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_.~?=&%$") == to.npos;
}

PageLogin::Begun PageLogin::begin(const std::string& to) {
  const Issuer& issuer = settings_.issuer;
  Attempt attempt{unguessable(), unguessable(), unguessable(), is_own_address(to) ? to : "/", now_() + kAttemptLife};
  Begun out{issuer.authorization_endpoint,
            {{"response_type", "code"},
             {"client_id", issuer.client_id},
             {"redirect_uri", settings_.redirect},
             {"scope", issuer.login_scope},
             {"state", attempt.state},
             {"nonce", attempt.nonce},
             {"aud", issuer.audience},
             {"code_challenge", fhir::text::to_base64url(sha256(attempt.verifier))},
             {"code_challenge_method", "S256"}},
            unguessable()};
  const std::lock_guard lock(mutex_);
  std::erase_if(attempts_, [&](const auto& each) { return each.second.until <= now_(); });
  make_room(attempts_, kMostAttempts, [](const Attempt& each) { return each.until; });
  attempts_.emplace(out.attempt, std::move(attempt));
  return out;
}

/// Of a token that the issuer made for us as its client: an ID token or a logout token.
Checked<Json> PageLogin::claims_of(std::string_view token) const {
  auto jwt = read_jwt(token, OwnKey::refused, kInvalidToken);
  if (!jwt) return tl::unexpected<Refusal>(std::move(jwt.error()));
  const Issuer& issuer = settings_.issuer;
  const auto keys = settings_.keys->find(jwt->key_id);
  const bool genuine =
      std::find(issuer.algorithms.begin(), issuer.algorithms.end(), jwt->algorithm->name) != issuer.algorithms.end() &&
      std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return key.verifies(token, *jwt->algorithm); });
  const auto audiences = jwt->claims.texts("aud");
  const bool ours = std::find(audiences.begin(), audiences.end(), issuer.client_id) != audiences.end() &&
                    (audiences.size() == 1 || jwt->claims.text("azp") == issuer.client_id);
  const Seconds now = now_();
  const auto within = [&](const char* name, bool later) {
    const auto at = jwt->claims.number(name);
    if (!at || *at < 0 || *at > 100'000'000'000) return false;
    const Seconds time{std::chrono::seconds(*at)};
    return later ? time + issuer.leeway > now : time <= now + issuer.leeway;
  };
  if (!genuine || !ours || jwt->claims.text("iss") != issuer.issuer || !within("iat", false) ||
      (jwt->type != "logout+jwt" && !within("exp", true)))
    return refuse(kInvalidToken, "The issuer's token about the login is not taken.");
  return std::move(jwt->claims);
}

Form PageLogin::exchange_form(const Attempt& attempt, const std::string& code) const {
  const Issuer& issuer = settings_.issuer;
  Form form{{"grant_type", "authorization_code"},
            {"code", code},
            {"redirect_uri", settings_.redirect},
            {"client_id", issuer.client_id},
            {"code_verifier", attempt.verifier}};
  if (!settings_.key) return form;
  const std::int64_t now = now_().time_since_epoch().count();
  Json claims = Json::of(
      {{"iss", issuer.client_id}, {"sub", issuer.client_id}, {"aud", issuer.token_endpoint}, {"jti", unguessable()}});
  claims.set("iat", now), claims.set("exp", now + 60);
  form.emplace_back("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  form.emplace_back("client_assertion", settings_.key->sign("JWT", claims));
  return form;
}

Checked<PageLogin::Done> PageLogin::finish(const Form& query, const std::string& cookie) {
  Attempt attempt;
  {
    const std::lock_guard lock(mutex_);
    const auto found = attempts_.find(cookie);
    if (found == attempts_.end() || found->second.until <= now_() || found->second.state != one(query, "state"))
      return refused("The login was not begun in this browser, or too long ago.");
    attempt = std::move(found->second);
    attempts_.erase(found);
  }
  if (const std::string issuer = one(query, "iss"); !issuer.empty() && issuer != settings_.issuer.issuer)
    return refused("Another than the one who was asked has answered.");  // RFC 9207
  const std::string code = one(query, "code");
  if (code.empty()) return refused("Nobody logged in.");
  const auto answer = exchange_(exchange_form(attempt, code));
  const auto tokens = answer ? Json::object(*answer) : std::nullopt;
  if (!tokens) return refused("The issuer gives no tokens.");
  const std::string id_token = tokens->text("id_token");
  const auto claims = claims_of(id_token);
  if (!claims) return tl::unexpected<Refusal>(claims.error());
  if (claims->text("nonce") != attempt.nonce) return refused("The issuer's token is about another login.");
  auto who = logins_.holder_of(tokens->text("access_token"));
  if (!who) return tl::unexpected<Refusal>(std::move(who.error()));
  const Seconds now = now_();
  return Done{keep({*who, claims->text("sub"), claims->text("sid"), id_token, now, now}), attempt.to, *who};
}

std::string PageLogin::keep(Session session) {
  std::string cookie = unguessable();
  const std::lock_guard lock(mutex_);
  std::erase_if(sessions_, [&](const auto& each) { return is_over(each.second, session.begun); });
  make_room(sessions_, kMostSessions, [](const Session& each) { return each.used; });
  sessions_.emplace(sha256(cookie), std::move(session));
  return cookie;
}

bool PageLogin::is_over(const Session& session, Seconds now) const {
  return session.used + settings_.idle <= now || session.begun + settings_.longest <= now;
}

std::shared_ptr<const Principal> PageLogin::who(const std::string& cookie) {
  if (cookie.empty()) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(sha256(cookie));
  if (found == sessions_.end()) return nullptr;
  const Seconds now = now_();
  if (is_over(found->second, now)) return sessions_.erase(found), nullptr;
  found->second.used = now;
  return found->second.principal;
}

PageLogin::Ended PageLogin::end(const std::string& cookie) {
  const std::lock_guard lock(mutex_);
  const auto ended = sessions_.extract(sha256(cookie));
  const Issuer& issuer = settings_.issuer;
  if (ended.empty()) return {};
  Ended out{issuer.logout_endpoint, {}, ended.mapped().principal};
  if (!out.address.empty())
    out.parameters = {
        {"id_token_hint", ended.mapped().id_token},
        {"client_id", issuer.client_id},
        {"post_logout_redirect_uri", settings_.redirect.substr(0, settings_.redirect.find("/login/") + 1)}};
  return out;
}

bool PageLogin::end_by(const std::string& logout_token) {
  const auto claims = claims_of(logout_token);
  if (!claims || claims->has("nonce") || !claims->member("events").has(kLogoutEvent)) return false;
  const std::string subject = claims->text("sub"), session = claims->text("sid");
  if (subject.empty() && session.empty()) return false;
  const std::lock_guard lock(mutex_);
  std::erase_if(sessions_, [&](const auto& each) {
    return (session.empty() || each.second.of_issuer == session) && (subject.empty() || each.second.subject == subject);
  });
  return true;
}

std::size_t PageLogin::size() const {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

}  // namespace varde::access
