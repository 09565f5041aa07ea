#include "server/http/login_pages.h"

#include "fhir-model/xml/escape.h"
#include "server/interaction/text.h"

namespace varde::http {
namespace {

using interaction::Response;

constexpr std::string_view kSession = "varde-session", kAttempt = "varde-login";

constexpr std::string_view kLeaveForm = R"(<form method="post" action="/logout"><button>Logg ut</button></form>)";

Response page(std::string_view title, std::string_view content, int status = 200) {
  Response out;
  out.status = status, out.content_type = "text/html; charset=utf-8";
  out.body.append("<!doctype html><html lang=\"nb\"><meta charset=\"utf-8\"><title>").append(title);
  out.body.append("</title>").append(content).append("</html>");
  return out;
}

std::string with_parameters(const std::string& address, const access::Form& parameters) {
  std::string query = interaction::with_query(parameters);
  if (!query.empty() && address.find('?') != std::string::npos) query.front() = '&';
  return address + query;
}

Response go(const std::string& address, const access::Form& parameters = {}) {
  Response out;
  out.status = 303, out.content_type.clear(), out.location = with_parameters(address, parameters);
  return out;
}

/// On to another server after a form: a browser holds a form's redirects to the page's form-action, and a page's own
/// going on not.
Response go_on(const std::string& address, const access::Form& parameters) {
  const std::string to = fhir::xml::escaped(with_parameters(address, parameters));
  return page("Logget ut", "<meta http-equiv=\"refresh\" content=\"0;url=" + to +
                               "\"><p>Du er logget ut her. <a href=\"" + to +
                               "\">Logg ut der du logget inn, også</a></p>");
}

/// The one cookie of that name; empty where there is none, or more than one (somebody has put one beside ours).
std::string cookie_of(const Received& received, std::string_view name) {
  std::string found;
  std::size_t count = 0;
  for (const auto& [header, value] : received.headers) {
    if (header != "cookie") continue;
    for (std::string_view rest = value; !rest.empty();) {
      std::string_view pair = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      const std::size_t equals = pair.find('=');
      if (equals != pair.npos && pair.substr(0, equals) == name) found = pair.substr(equals + 1), ++count;
    }
  }
  return count == 1 ? found : std::string();
}

Response not_logged_in(const access::Refusal& why, int status) {
  return page("Ikke logget inn",
              "<p>Innloggingen ble ikke fullført. <a href=\"/login\">Prøv igjen</a></p><p lang=\"en\">" +
                  fhir::xml::escaped(why.diagnostics) + "</p>",
              status);
}

std::string value_of(const access::Form& form, std::string_view name) {
  for (const auto& [key, value] : form)
    if (key == name) return value;
  return {};
}

}  // namespace

LoginPages::LoginPages(access::PageLogin& login, std::string_view base, interaction::Auditor* auditor,
                       std::function<storage::Instant()> now)
    : login_(login),
      origin_(base.substr(0, base.find('/', base.find("://") + 3))),
      secure_(base.starts_with("https://")),
      auditor_(auditor),
      now_(std::move(now)) {}

void LoginPages::tell(const access::Principal* who, const char* event) const {
  if (auditor_ && who) auditor_->seen(*who, {event}, {}, now_());
}

/// A login that failed, or an issuer's word that is none: told as other requests without a good login are.
void LoginPages::tell_refused(const Received& received, const char* event, const access::Refusal& why) const {
  if (!auditor_) return;
  interaction::AuditableEvent told{event};
  told.circumstances.address = received.address;
  auditor_->refused({access::Principal::Kind::system, "not logged in: " + std::string(why.error)}, told, 400, now_());
}

/// By https the browser holds it to our own host (__Host-) and never sends it in the open. Lax: whoever comes back from
/// the issuer, or by a link, is known; a form of another site is not.
std::string LoginPages::cookie(std::string_view name, std::string_view value, bool kept) const {
  std::string out = (secure_ ? "__Host-" : "") + std::string(name) + "=" + std::string(value) + "; Path=/; HttpOnly";
  out += secure_ ? "; Secure; SameSite=Lax" : "; SameSite=Lax";
  return kept ? out : out + "; Max-Age=0";
}

std::shared_ptr<const access::Principal> LoginPages::who(const Received& received) const {
  return login_.who(cookie_of(received, (secure_ ? "__Host-" : "") + std::string(kSession)));
}

bool LoginPages::may_write(const Received& received) const {
  if (received.method == "GET" || received.method == "HEAD") return true;
  const std::string_view origin = received.header("origin"), from = received.header("sec-fetch-site");
  if (!from.empty() && from != "same-origin") return false;
  if (origin.empty()) return !from.empty();
  const std::string_view host = received.header("host");
  return origin == origin_ || (!host.empty() && origin.substr(std::min(origin.find("://") + 3, origin.size())) == host);
}

Response LoginPages::refused() {
  return interaction::outcome(
      {Fault::forbidden, "What a browser's login changes must come from a page of this server."});
}

Response LoginPages::not_for_you(const Failure& why) {
  return page("Ingen tilgang",
              "<p>Innloggingen din gir ikke tilgang til denne siden.</p><p lang=\"en\">" +
                  fhir::xml::escaped(why.diagnostics) + "</p>" + std::string(kLeaveForm),
              row_of(why.fault).http_status);
}

Response LoginPages::to_login(std::string_view target) { return go("/login", {{"to", std::string(target)}}); }

Response LoginPages::begin(std::string_view query) const {
  const auto form = interaction::parse_form(query);
  const auto begun = login_.begin(form ? value_of(*form, "to") : "/");
  if (!begun) return not_logged_in(begun.error(), 503);
  Response out = go(begun->address, begun->parameters);
  out.headers.emplace_back("Set-Cookie", cookie(kAttempt, begun->attempt, true));
  return out;
}

Response LoginPages::finish(const Received& received, std::string_view query) const {
  const auto form = interaction::parse_form(query);
  const std::string prefix = secure_ ? "__Host-" : "";
  const auto done = form ? login_.finish(*form, cookie_of(received, prefix + std::string(kAttempt)))
                         : access::refuse(access::kInvalidRequest, "The address is not well encoded.");
  if (!done) {
    tell_refused(received, "login", done.error());
    Response out = not_logged_in(done.error(), 400);
    out.headers.emplace_back("Set-Cookie", cookie(kAttempt, "", false));
    return out;
  }
  // Whoever was logged in here before is not any longer: the session's name is always a new one.
  (void)login_.end(cookie_of(received, prefix + std::string(kSession)));
  tell(done->who.get(), "login");
  Response out = go(done->to);
  out.headers.emplace_back("Set-Cookie", cookie(kSession, done->session, true));
  out.headers.emplace_back("Set-Cookie", cookie(kAttempt, "", false));
  return out;
}

Response LoginPages::leave(const Received& received) const {
  const auto ended = login_.end(cookie_of(received, (secure_ ? "__Host-" : "") + std::string(kSession)));
  if (!ended) return interaction::outcome(ended.error());
  tell(ended->who.get(), "logout");
  Response out = ended->address.empty() ? go("/") : go_on(ended->address, ended->parameters);
  out.headers.emplace_back("Set-Cookie", cookie(kSession, "", false));
  return out;
}

Response LoginPages::told_by_issuer(const Received& received) const {
  const auto form = interaction::parse_form(received.body);
  Response out;
  out.content_type.clear();
  const bool ended = form && login_.end_by(value_of(*form, "logout_token"));
  out.status = ended ? 200 : 400;
  if (!ended) tell_refused(received, "logout by the issuer", {access::kInvalidToken, {}});
  return out;
}

std::optional<Response> LoginPages::answer(const Received& received, std::string_view path,
                                           std::string_view query) const {
  const bool get = received.method == "GET", post = received.method == "POST";
  if (get && path == "/login") return begin(query);
  if (get && path == "/login/callback") return finish(received, query);
  if (post && path == "/login/ended") return told_by_issuer(received);
  if (get && path == "/logout") return page("Logg ut", kLeaveForm);
  if (post && path == "/logout") return may_write(received) ? leave(received) : refused();
  return std::nullopt;
}

}  // namespace varde::http
