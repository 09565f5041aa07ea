#include "server/command/demo_login.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "fhir-model/text/trim.h"
#include "fhir-model/time/system_clock.h"
#include "fhir-model/xml/escape.h"
#include "server/access/demo_login/users.h"
#include "server/access/key.h"
#include "server/access/role.h"
#include "server/command/files.h"
#include "server/command/issuers.h"
#include "server/command/message_page.h"
#include "server/interaction/text.h"

namespace varde::command {
namespace {

using fhir::xml::escaped;

using access::DemoAnswer;
using access::DemoLogin;
using interaction::Request;
using interaction::Response;

constexpr std::string_view kOwnPages = "varde-pages";

constexpr std::string_view kPage =
    R"(<!doctype html><html lang="nb"><meta charset="utf-8"><title>Prøveinnlogging</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:2em auto;padding:0 1em;color:#1b2a33;background:#fbfaf7}}
button{{display:block;width:100%;text-align:left;margin:.3em 0;padding:.6em 1em;font:inherit;border:1px solid #9ab;border-radius:.3em;background:#fff;cursor:pointer}}
small{{color:#567}}code{{background:#eee9df}}input{{font:inherit;padding:.3em}}</style>
<h1>Prøveinnlogging</h1>{}</html>)";

std::string origin_part(const std::string& address) {
  return address.substr(0, address.find('/', address.find("://") + 3));
}

/// A browser holds the form's redirect, too, to form-action.
std::string policy_for(const std::string& redirect) {
  return "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' " + origin_part(redirect) +
         "; frame-ancestors 'none'; base-uri 'none'";
}

std::string choice_page(const DemoAnswer::Choice& choice) {
  std::string body = fmt::format(
      R"(<p>Ingen av brukerne finnes. Programmet <code>{}</code> ber om <code>{}</code>.</p><p lang="en"><small>None of the users exist. Who do you want to be?</small></p>)",
      escaped(choice.client), escaped(choice.scopes));
  body += R"(<form method="post" action="/demo-login/authorize">)";
  body += fmt::format(R"(<input type="hidden" name="request" value="{}">)", choice.request);
  if (choice.asks_patient)
    body += R"(<p><label>Pasient (id) <input name="patient" value="astrid" list="patients"></label>)"
            R"(<datalist id="patients"><option>astrid<option>marit<option>nils</datalist></p>)";
  for (const access::DemoUser& user : access::kDemoUsers)
    body += fmt::format(R"(<button name="user" value="{}">{}<br><small>{}</small></button>)", user.id, user.name,
                        access::find_role(user.role)->norwegian);
  return fmt::format(kPage, body + "</form>");
}

std::string address_of(const DemoAnswer& answer) {
  std::string query = interaction::with_query(answer.parameters);
  if (!query.empty() && answer.redirect.find('?') != std::string::npos) query.front() = '&';
  return answer.redirect + query;
}

Response response_of(const DemoAnswer& answer) {
  Response out;
  out.status = answer.status;
  if (!answer.redirect.empty()) {
    out.content_type.clear(), out.location = address_of(answer);
  } else if (answer.choice) {
    out.content_type = "text/html; charset=utf-8", out.body = choice_page(*answer.choice);
    out.headers.emplace_back("Content-Security-Policy", policy_for(answer.choice->redirect));
  } else if (!answer.problem.empty()) {
    out.content_type = "text/html; charset=utf-8",
    out.body = fmt::format(kPage, "<p lang=\"en\">" + escaped(answer.problem) + "</p>");
  } else {
    out.content_type = "application/json", out.body = answer.json;
  }
  if (!answer.nonce.empty()) out.headers.emplace_back("DPoP-Nonce", answer.nonce);
  return out;
}

/// A form, as the endpoints take it (RFC 6749 4.1.3).
Result<access::Form> form_of(const Request& request) {
  if (!request.content_type.starts_with("application/x-www-form-urlencoded"))
    return fail(Fault::content_type_unsupported, "Send a form, Content-Type application/x-www-form-urlencoded.");
  auto form = interaction::parse_form(request.body);
  if (!form) return fail(Fault::parameter_malformed, "The form is not well percent-encoded.");
  return std::move(*form);
}

template <class Answer>
http::PlainRoute get(std::string path, Answer answer) {
  return {"GET", "/demo-login/" + std::move(path),
          [answer](const Request& request) -> Result<Response> { return response_of(answer(request.query)); }};
}
template <class Answer>
http::PlainRoute post(std::string path, Answer answer) {
  return {"POST", "/demo-login/" + std::move(path), [answer](const Request& request) -> Result<Response> {
            return form_of(request).map([&](const access::Form& form) { return response_of(answer(form)); });
          }};
}

/// The token endpoint: a form, and a proof beside it.
http::PlainRoute token_route(DemoLogin& login) {
  http::PlainRoute out{"POST", "/demo-login/token", {}};
  out.with_headers = [&login](const Request& request, const http::Received& received) -> Result<Response> {
    std::vector<std::string_view> proofs;
    for (const auto& [name, value] : received.headers)
      if (name == "dpop") proofs.emplace_back(value);
    return form_of(request).map([&](const access::Form& form) {
      return response_of(login.token(form, proofs.size() == 1 ? proofs.front() : std::string_view()));
    });
  };
  return out;
}

}  // namespace

std::unique_ptr<DemoLogin> demo_login_of(const Config& config) {
  if (config.access != Config::Access::demo_login) return nullptr;
  return std::make_unique<DemoLogin>(DemoLogin::Settings{origin_of(config), config.public_base, config.demo_clients},
                                     time::system_seconds);
}

access::Issuer issuer_of(const DemoLogin& demo_login) {
  auto out = demo_login.issuer();
  out.client_id = kOwnPages, out.fapi = true, out.pushed_endpoint = out.issuer + "/par";
  return out;
}

access::FetchKeys keys_of(const DemoLogin* demo_login) {
  if (!demo_login) return {};
  return [keys = demo_login->keys()] { return std::optional(keys); };
}

std::vector<std::string> demo_origins(const Config& config) {
  std::vector<std::string> out;
  if (config.access != Config::Access::demo_login) return out;
  for (const auto& client : config.demo_clients)
    for (const std::string& redirect : client.redirects) out.push_back(origin_part(redirect));
  return out;
}

std::vector<http::PlainRoute> demo_login_routes(DemoLogin& login) {
  using access::Form;
  return {get(".well-known/openid-configuration", [&login](const Form&) { return login.discovery(); }),
          get("jwks", [&login](const Form&) { return login.key_set(); }),
          get("authorize", [&login](const Form& query) { return login.authorize(query); }),
          post("authorize", [&login](const Form& form) { return login.chosen(form); }),
          post("par", [&login](const Form& form) { return login.push(form); }),
          token_route(login),
          get("launch", [&login](const Form& query) { return login.launch(query); }),
          get("logout", [&login](const Form& query) { return login.logout(query); })};
}

Result<void> set_demo_clients(Config& config, std::string_view value) {
  std::vector<access::DemoClient> clients;
  while (!value.empty()) {
    const std::string_view pair = value.substr(0, value.find(' '));
    value = fhir::text::trimmed(value.substr(pair.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string id(pair.substr(0, equals)), address(pair.substr(std::min(equals + 1, pair.size())));
    const std::size_t scheme = address.find("://");
    const bool is_web = address.starts_with("https://") || address.starts_with("http://");
    if (id.empty() || !is_web || address.find('/', scheme + 3) == address.npos ||
        address.find_first_of("#*;,'\"\\@<>") != address.npos)
      return fail(Fault::parameter_malformed,
                  "must be ID=ADDRESS, such as demo-app=http://127.0.0.1:8000/callback, with spaces between several; "
                  "addresses are compared to the letter");
    const auto known =
        std::find_if(clients.begin(), clients.end(), [&](const access::DemoClient& one) { return one.id == id; });
    if (known == clients.end())
      clients.push_back({id, {address}});
    else
      known->redirects.push_back(address);
  }
  config.demo_clients = std::move(clients);
  return {};
}

Result<void> set_demo_client_keys(Config& config, std::string_view value) {
  while (!value.empty()) {
    const std::string_view pair = value.substr(0, value.find(' '));
    value = fhir::text::trimmed(value.substr(pair.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto client = std::find_if(config.demo_clients.begin(), config.demo_clients.end(),
                                     [&](const access::DemoClient& one) { return one.id == pair.substr(0, equals); });
    if (equals == pair.size() || client == config.demo_clients.end())
      return fail(Fault::parameter_malformed,
                  "must be ID=FILE, with a program of demo-clients, which is set before, and a file of its JWK set");
    client->keys_from = pair.substr(equals + 1);
    const auto text = read_file(client->keys_from);
    if (!text) return fail(text.error().fault, client->keys_from + ": " + text.error().diagnostics);
    const auto keys = access::read_key_set(*text);
    if (!keys || keys->empty())
      return fail(Fault::parameter_malformed, client->keys_from + ": no JWK set with a public key for signatures");
    client->keys = *text;
  }
  return {};
}

std::string show_demo_client_keys(const Config& config) {
  std::string out;
  for (const auto& client : config.demo_clients)
    if (!client.keys_from.empty()) out.append(out.empty() ? "" : " ").append(client.id + "=" + client.keys_from);
  return out;
}

std::string show_demo_clients(const Config& config) {
  std::string out;
  for (const auto& client : config.demo_clients)
    for (const std::string& redirect : client.redirects)
      out.append(out.empty() ? "" : " ").append(client.id).append("=").append(redirect);
  return out;
}

}  // namespace varde::command
