#include "server/http/dispatch.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "fhir-model/json/json.h"
#include "fhir-model/text/lower.h"
#include "fhir-model/text/percent.h"
#include "fhir-model/text/utf8.h"
#include "fhir-model/validation/validation.h"
#include "fhir-model/xml/xml.h"
#include "server/access/attestation.h"
#include "server/http/negotiation.h"
#include "server/http/range.h"
#include "server/interaction/answer.h"
#include "server/interaction/binary.h"
#include "server/interaction/capabilities.h"
#include "server/interaction/patch.h"
#include "server/interaction/terminology_capabilities.h"
#include "server/interaction/text.h"

namespace varde::http {
namespace {

using interaction::Request;
using interaction::Response;

constexpr std::string_view kFhirRoot = "/fhir";
/// Who asks, where logins are asked for and none is good.
const std::shared_ptr<const access::Principal> kNobody =
    std::make_shared<const access::Principal>(access::Principal{access::Principal::Kind::system, "not logged in"});
constexpr interaction::Software kSoftware{"0.1.0", "2026-11-22"};

struct Target {
  std::string_view path, query;
};

/// Path and query; the absolute form of a proxy's request is accepted.
Target split(std::string_view target) {
  if (const std::size_t scheme = target.find("://"); scheme < 6) {
    const std::size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  target = target.substr(0, target.find('#'));
  const std::size_t mark = target.find('?');
  return {target.substr(0, mark), mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1)};
}

std::string header(const Received& received, std::string_view name) { return std::string(received.header(name)); }

/// Media types have no case; what follows them may.
std::string with_plain_type(std::string content_type) {
  const auto end = std::min(content_type.find(';'), content_type.size());
  return fhir::text::lower_ascii(content_type.substr(0, end)) + content_type.substr(end);
}

/// A condition of a write that says nothing was meant to say something: to pass it over would write all the same.
Result<void> refuse_empty_conditions(const Received& received) {
  if (received.method == "GET" || received.method == "HEAD") return {};
  for (const std::string_view name : {"if-match", "if-none-match", "if-none-exist", "if-unmodified-since"})
    for (const auto& [sent, value] : received.headers)
      if (sent == name && value.find_first_not_of(" \t") == value.npos)
        return fail(Fault::version_malformed, "The header " + std::string(name) +
                                                  " is there and says nothing: give its condition, or leave it out.");
  return {};
}

Result<void> take_path(std::string_view path, Request& request) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    auto segment = fhir::text::percent_decoded(path.substr(0, slash), fhir::text::Plus::stays);
    if (!segment || !fhir::text::is_utf8(*segment))
      return fail(Fault::parameter_malformed, "The path is not well percent-encoded UTF-8.");
    request.path.push_back(std::move(*segment));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return {};
}

Result<void> take_form(std::string_view text, Request& request) {
  auto parameters = interaction::parse_form(text);
  if (!parameters) return fail(Fault::parameter_malformed, "The parameters are not well percent-encoded UTF-8.");
  // RFC 6750 2.2 and 2.3 let servers take it there; addresses and forms are written down, tokens never.
  for (const auto& parameter : *parameters)
    if (parameter.first == "access_token")
      return fail(Fault::parameter_malformed,
                  "An access token is taken in the header Authorization alone, never in an address or a form.");
  request.query.insert(request.query.end(), std::make_move_iterator(parameters->begin()),
                       std::make_move_iterator(parameters->end()));
  return {};
}

/// POST _search brings its parameters in a form.
Result<void> take_search_form(Request& request) {
  if (request.method != "POST" || request.path.empty() || request.path.back() != "_search") return {};
  if (request.body.empty()) return {};
  if (!request.content_type.starts_with("application/x-www-form-urlencoded"))
    return fail(Fault::content_type_unsupported,
                "POST _search takes its parameters as Content-Type application/x-www-form-urlencoded.");
  return take_form(request.body, request);
}

void to_form(const Form& form, Response& response) {
  if ((!form.xml && !form.pretty) || response.body.empty() ||
      !response.content_type.starts_with("application/fhir+json"))
    return;
  const auto tree = fhir::parse_json(response.body, {.bytes = SIZE_MAX, .depth = 1000, .elements = SIZE_MAX});
  if (!tree) throw std::logic_error("an answer of ours does not parse");
  response.body = form.xml ? (form.pretty ? fhir::to_pretty_xml(tree->root()) : fhir::to_xml(tree->root()))
                           : fhir::to_pretty_json(tree->root());
  if (form.xml) response.content_type = "application/fhir+xml; charset=utf-8";
}

/// An operation takes FHIR, or nothing. What a form of a web page can send is none of it.
Result<void> refuse_forms(const Request& request) {
  if (request.method != "POST" || request.path.empty() || !request.path.back().starts_with('$')) return {};
  if (request.content_type.empty() ? request.body.empty() : names_fhir(interaction::media_type(request.content_type)))
    return {};
  return fail(
      Fault::content_type_unsupported,
      "Send the parameters as a Parameters resource, Content-Type application/fhir+json or application/fhir+xml.");
}

Response refusal(const Failure& failure, const std::string& allowed) {
  Response out = interaction::outcome(failure);
  if (failure.fault == Fault::method_not_allowed && !allowed.empty()) out.headers.emplace_back("Allow", allowed);
  if (failure.fault == Fault::busy) out.headers.emplace_back("Retry-After", "1");
  return out;
}

Response too_many() {
  Response out = refusal(
      {Fault::too_many_requests, "You ask more often than one client may here (setting rate-limit); wait a second."},
      {});
  out.headers.emplace_back("Retry-After", "1");
  return out;
}

/// By its text (FNV-1a 64): the same as long as the server offers the same.
std::string etag_of_text(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return fmt::format("W/\"{:016x}\"", hash);
}

bool holds_etag(std::string_view list, std::string_view etag) {
  if (list == "*") return true;
  const std::string_view strong = etag.substr(2);
  for (std::size_t at = list.find(strong); at != std::string_view::npos; at = list.find(strong, at + 1))
    if (at + strong.size() == list.size() || list[at + strong.size()] == ',' || list[at + strong.size()] == ' ')
      return true;
  return false;
}

/// https://hl7.org/fhir/R4/http.html#capabilities: mode says of what.
Result<Response> capability_statement(const Request& request, const interaction::Routes& all,
                                      const interaction::View& view, const interaction::Context& context) {
  std::string_view mode = "full";
  for (const auto& [name, value] : request.query)
    if (name == "mode") mode = value;
  Response out;
  if (mode == "terminology")
    out.body = interaction::terminology_capabilities(request.base, kSoftware, view);
  else if (mode == "full" || mode == "normative")  // what is normative is a part of the whole
    out.body = interaction::capabilities(request.base, kSoftware, all.rows(), context, view.own_parameters());
  else
    return fail(Fault::parameter_malformed, "mode is full, normative or terminology.", "mode");
  FHIR_TRY(view.budget().within());
  out.etag = etag_of_text(out.body);
  if (!holds_etag(request.if_none_match, out.etag)) return out;
  out.status = 304;
  out.body.clear();
  return out;
}

/// `all`: where they will stand, for the CapabilityStatement is printed from them.
std::vector<interaction::Route> all_routes(std::vector<interaction::Route> operations, const interaction::Routes& all) {
  using interaction::Route;
  std::vector<Route> rows{
      Route{"GET", "metadata",
            [&all](const Request& request, const interaction::View& view, const interaction::Context& context)
                -> Result<Response> { return capability_statement(request, all, view, context); },
            interaction::Doing::read},
      Route{"GET", ".well-known/smart-configuration",
            [](const Request&, const interaction::View&, const interaction::Context& context) -> Result<Response> {
              if (context.smart_configuration.empty())
                return fail(Fault::not_found, "Nobody has to log in here (setting access).");
              Response out;
              out.content_type = "application/json";
              out.body = context.smart_configuration;
              return out;
            },
            interaction::Doing::read}};
  // What answers for one type goes before what answers for all.
  const auto first =
      std::stable_partition(operations.begin(), operations.end(), [](const Route& row) { return !row.is_operation(); });
  rows.insert(rows.end(), std::make_move_iterator(operations.begin()), std::make_move_iterator(first));
  rows.insert(rows.end(), interaction::interactions().begin(), interaction::interactions().end());
  rows.insert(rows.end(), std::make_move_iterator(first), std::make_move_iterator(operations.end()));
  return rows;
}

}  // namespace

Dispatch::Dispatch(interaction::Context& context, interaction::Repository repository,
                   std::vector<interaction::Route> operations, std::vector<PlainRoute> plain,
                   access::Authenticator* logins, std::vector<std::pair<std::string, std::string>> also_at)
    : context_(context),
      routes_(all_routes(std::move(operations), routes_)),
      dispatcher_(repository, context, routes_),
      plain_(std::move(plain)),
      logins_(logins),
      now_([repository] { return repository.now(); }),
      also_at_(std::move(also_at)) {}

std::optional<std::string_view> Dispatch::below_base(std::string_view target) const {
  const bool is_fhir = target == kFhirRoot || target.starts_with("/fhir/");
  const std::string_view below = is_fhir ? target.substr(kFhirRoot.size()) : target;
  for (const auto& [address, stands_for] : also_at_)
    if (below.substr(std::min<std::size_t>(below.size(), 1)) == address) return stands_for;
  return is_fhir ? std::optional(below) : std::nullopt;
}

void Dispatch::log_in_by(access::PageLogin& pages, std::string_view base) {
  pages_.emplace(pages, base, context_.auditor, now_);
}

std::optional<access::Refusal> Dispatch::take_login(const Received& received, std::string_view path, Request& request,
                                                    bool& by_cookie) const {
  if (!logins_) return std::nullopt;
  if (pages_ && received.header("authorization").empty()) {
    if (auto who = pages_->who(received)) {
      request.principal = std::move(who), by_cookie = true;
      return std::nullopt;
    }
  }
  access::Credentials credentials;
  credentials.method = received.method, credentials.path = path, credentials.certificate = received.certificate;
  for (const auto& [name, value] : received.headers) {
    if (name == "authorization") credentials.authorization.emplace_back(value);
    if (name == "dpop") credentials.proofs.emplace_back(value);
  }
  auto who = logins_->who(credentials);
  if (who) {
    request.principal = std::move(*who);
    return std::nullopt;
  }
  // By what was wrong: that somebody tries tokens shows in the audit log.
  request.principal = who.error().error.empty()
                          ? kNobody
                          : std::make_shared<const access::Principal>(access::Principal{
                                access::Principal::Kind::system, "not logged in: " + std::string(who.error().error)});
  return std::move(who.error());
}

std::string Dispatch::allowed(const Received& received) const {
  const Target target = split(received.target);
  const auto below = below_base(target.path);
  Request request;
  std::string methods;
  if (!below) {
    for (const PlainRoute& route : plain_)
      if (route.path == target.path)
        methods += (methods.empty() ? "" : ", ") + route.method + (route.method == "GET" ? ", HEAD" : "");
  } else if (take_path(*below, request)) {
    request.method = "OPTIONS";  // which no route takes, so that it says what it does
    (void)routes_.find(request, methods);
  }
  return methods.empty() ? methods : methods + ", OPTIONS";
}

Response Dispatch::answer(Received& received, const std::string& base) const {
  const Target target = split(received.target);
  if (pages_)
    if (auto page = pages_->answer(received, target.path, target.query)) return std::move(*page);
  Request request;
  request.method = received.method;
  request.body = std::move(received.body);
  request.base = base;
  request.budget = std::make_shared<Budget>(context_.limits.request);
  request.budget->ask(received.awaited);
  request.content_type = with_plain_type(header(received, "content-type"));
  request.accept = fhir::text::lower_ascii(header(received, "accept"));
  request.prefer = header(received, "prefer");
  request.if_match = header(received, "if-match");
  request.if_none_match = header(received, "if-none-match");
  request.if_none_exist = header(received, "if-none-exist");
  request.if_modified_since = header(received, "if-modified-since");
  request.if_unmodified_since = header(received, "if-unmodified-since");
  request.security_context = header(received, "x-security-context");
  request.circumstances.address = received.address;
  const auto below = below_base(target.path);
  auto taken = refuse_empty_conditions(received)
                   .and_then([&] { return take_path(below.value_or(target.path), request); })
                   .and_then([&] { return take_form(target.query, request); });
  if (!taken) return refusal(taken.error(), {});
  bool by_cookie = false;
  const auto refused = take_login(received, target.path, request, by_cookie);
  if (by_cookie && !pages_->may_write(received)) return LoginPages::refused();
  if (logins_ && !refused && !logins_->may_ask(*request.principal)) return too_many();
  if (const auto attestation = received.header("x-attestation"); !attestation.empty() && !refused)
    if (auto attested = access::take_attestation(
            attestation, *request.principal, std::chrono::floor<std::chrono::seconds>(now_()), request.circumstances);
        !attested)
      return refusal(attested.error(), {});
  Response out = below ? answer_fhir(request) : answer_plain(request, received, target.path);
  if (request.native && request.method == "GET")
    answer_range(header(received, "range"), header(received, "if-range"), out);
  if (refused && out.status == row_of(Fault::unauthenticated).http_status) {
    const bool page = !below && received.method == "GET" && request.accept.find("text/html") != std::string::npos;
    if (pages_ && page) return LoginPages::to_login(received.target);
    out = refusal({Fault::unauthenticated, refused->diagnostics}, {});
    for (std::string& challenge : logins_->challenges(*refused))
      out.headers.emplace_back("WWW-Authenticate", std::move(challenge));
  }
  return out;
}

std::string_view Dispatch::offered_beside_fhir(Request& request) const {
  if (!names_other_forms(request)) return {};
  std::string allowed;
  const auto route = routes_.find(request, allowed);
  return route ? (*route)->media : std::string_view();
}

namespace {

/// "subject, code:in, _sort": what a search went by. A name may hold anything; only what looks like one is repeated.
std::string names_of(const interaction::Parameters& query) {
  std::string out;
  for (const auto& [name, value] : query) {
    const bool plain =
        name.size() <= 64 && std::ranges::all_of(name, [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == ':' || c == '.';
        });
    out.append(out.empty() ? "" : ", ").append(plain ? name : "(unnamed)");
  }
  return out.empty() ? "nothing" : out;
}

bool is_search(const interaction::Route& route) {
  return route.code.starts_with("search-") || route.pattern.ends_with("_search") ||
         route.pattern.starts_with("{compartment}");
}

}  // namespace

void Dispatch::tell_if_slow(Request& request, std::chrono::steady_clock::time_point began) const {
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  if (!log_ || took < slow_) return;
  std::string allowed;
  const auto route = routes_.find(request, allowed);
  if (!route || !is_search(**route)) return;
  const std::string_view type = request.type == fhir::TypeId::none ? "all types" : fhir::row_of(request.type).name;
  log_(fmt::format("slow search: {} by {}, {} ms", type, names_of(request.query), took.count()));
}

Response Dispatch::answer_fhir(Request& request) const {
  const auto began = std::chrono::steady_clock::now();
  request.native = interaction::asks_for_bytes(request);
  const auto form_taken = take_search_form(request);  // it may say _format
  const auto form = request.native ? Result<Form>(Form{}) : wanted_form(request, offered_beside_fhir(request));
  if (!form) return refusal(form.error(), {});
  request.media = form->media;
  std::string allowed;
  auto response = form_taken.and_then([&] { return refuse_forms(request); }).and_then([&] {
    return dispatcher_.answer(request, allowed);
  });
  if (!response) interaction::locate(request, response.error());
  Response out = response ? std::move(*response) : refusal(response.error(), allowed);
  if (request.method == "PATCH" && !response && response.error().fault == Fault::content_type_unsupported)
    out.headers.emplace_back("Accept-Patch", fmt::format("{}", fmt::join(interaction::kPatchFormats, ", ")));
  to_form(*form, out);
  tell_if_slow(request, began);
  return out;
}

Response Dispatch::answer_plain(const Request& request, const Received& received, std::string_view path) const {
  std::string allowed;
  for (const PlainRoute& route : plain_) {
    if (route.path != path) continue;
    const bool as_get = request.method == "HEAD" && route.method == "GET";
    if (route.method != request.method && !as_get) {
      allowed += (allowed.empty() ? "" : ", ") + route.method;
      continue;
    }
    auto response = dispatcher_.admit(request, path).and_then([&] {
      return route.with_headers ? route.with_headers(request, received) : route.handler(request);
    });
    if (response) return std::move(*response);
    const bool by_a_person = request.accept.find("text/html") != std::string::npos;
    if (pages_ && by_a_person && response.error().fault == Fault::forbidden)
      return LoginPages::not_for_you(response.error());
    Response out = refusal(response.error(), {});
    if (!route.fhir_errors) {
      out.body = response.error().diagnostics + "\n";
      out.content_type = "text/plain; charset=utf-8";
    }
    return out;
  }
  if (!allowed.empty()) return refusal({Fault::method_not_allowed, "This address takes " + allowed + "."}, allowed);
  return refusal({Fault::not_found, "There is nothing at this address; FHIR is below /fhir."}, {});
}

}  // namespace varde::http
