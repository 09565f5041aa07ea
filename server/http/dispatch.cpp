#include "server/http/dispatch.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "fhir-model/json/json.h"
#include "fhir-model/validation/validation.h"
#include "fhir-model/xml/xml.h"
#include "server/http/negotiation.h"
#include "server/interaction/answer.h"
#include "server/interaction/patch.h"
#include "server/interaction/routes.h"
#include "server/interaction/text.h"

namespace varde::http {
namespace {

using interaction::Request;
using interaction::Response;
using operation::Level;

constexpr std::string_view kFhirRoot = "/fhir";
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

Result<void> take_path(std::string_view path, Request& request) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    auto segment = interaction::percent_decoded(path.substr(0, slash), false);
    if (!segment || !interaction::is_utf8(*segment))
      return fail(Fault::parameter_malformed, "The path is not well percent-encoded UTF-8.");
    request.path.push_back(std::move(*segment));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return {};
}

Result<void> take_form(std::string_view text, Request& request) {
  auto parameters = interaction::parse_form(text);
  if (!parameters) return fail(Fault::parameter_malformed, "The parameters are not well percent-encoded UTF-8.");
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
  response.body = form.xml ? fhir::to_xml(tree->root()) : fhir::to_pretty_json(tree->root());
  if (form.xml) response.content_type = "application/fhir+xml; charset=utf-8";
}

/// A body is read as it comes: one that was packed is no JSON, XML or message.
bool is_packed(const Received& received) {
  const std::string_view coding = received.header("content-encoding");
  return !received.body.empty() && !coding.empty() && coding != "identity";
}

/// An operation takes FHIR, or nothing. What a form of a web page can send is none of it.
bool takes(const Request& request) {
  if (request.content_type.empty()) return request.body.empty();
  const std::string_view media = interaction::media_type(request.content_type);
  return names_fhir(media);
}

Response refusal(const Failure& failure, const std::string& allowed) {
  Response out = interaction::outcome(failure);
  if (failure.fault == Fault::method_not_allowed && !allowed.empty()) out.headers.emplace_back("Allow", allowed);
  if (failure.fault == Fault::busy) out.headers.emplace_back("Retry-After", "1");
  return out;
}

}  // namespace

Dispatch::Dispatch(interaction::Context& context, std::vector<operation::Operation> operations,
                   std::vector<PlainRoute> plain)
    : context_(context), operations_(std::move(operations)), plain_(std::move(plain)) {
  for (const auto& operation : operations_) {
    const bool of_every_type = operation.type.empty() && operation.level != Level::system;
    const interaction::OfferedOperation offer{operation.name, of_every_type ? "Resource" : operation.type,
                                              operation.definition};
    const auto same = [&](const auto& other) { return other.name == offer.name && other.type == offer.type; };
    if (std::ranges::none_of(offered_, same)) offered_.push_back(offer);  // of a type and of its instances: once
  }
}

Response Dispatch::answer(Received& received, const std::string& base) const {
  if (is_packed(received)) {
    Response out = refusal({Fault::content_type_unsupported, "Send the body without Content-Encoding."}, {});
    out.headers.emplace_back("Accept-Encoding", "identity");  // RFC 9110 15.5.16
    return out;
  }
  Request request;
  request.method = received.method;
  request.body = std::move(received.body);
  request.base = base;
  request.budget = std::make_shared<Budget>(context_.limits.request);
  request.budget->ask(received.awaited);
  request.content_type = header(received, "content-type");
  request.accept = header(received, "accept");
  request.prefer = header(received, "prefer");
  request.if_match = header(received, "if-match");
  request.if_none_match = header(received, "if-none-match");
  request.if_none_exist = header(received, "if-none-exist");
  request.if_modified_since = header(received, "if-modified-since");
  request.if_unmodified_since = header(received, "if-unmodified-since");
  const Target target = split(received.target);
  const bool is_fhir = target.path == kFhirRoot || target.path.starts_with("/fhir/");
  const std::string_view below = is_fhir ? target.path.substr(kFhirRoot.size()) : target.path;
  auto taken = take_path(below, request).and_then([&] { return take_form(target.query, request); });
  if (!taken) return refusal(taken.error(), {});
  return is_fhir ? answer_fhir(request) : answer_plain(request, target.path);
}

Response Dispatch::answer_fhir(Request& request) const {
  const auto form = wanted_form(request);
  if (!form) return refusal(form.error(), {});
  std::string allowed;
  auto response = take_search_form(request).and_then([&]() -> Result<Response> {
    try {
      return handle_fhir(request, allowed);
    } catch (const OverBudget& over) {
      return tl::unexpected<Failure>(over.failure());
    }
  });
  if (!response) interaction::locate(request, response.error());
  Response out = response ? std::move(*response) : refusal(response.error(), allowed);
  if (request.method == "PATCH" && !response && response.error().fault == Fault::content_type_unsupported)
    out.headers.emplace_back("Accept-Patch", fmt::format("{}", fmt::join(interaction::kPatchFormats, ", ")));
  to_form(*form, out);
  return out;
}

Result<Response> Dispatch::handle_fhir(Request& request, std::string& allowed) const {
  if (request.path.size() == 1 && request.path[0] == "metadata") {
    allowed = "GET, HEAD";
    if (request.method != "GET" && request.method != "HEAD")
      return fail(Fault::method_not_allowed, "This address takes GET, HEAD.");
    Response out;
    out.body = interaction::capabilities(request.base, kSoftware, offered_, context_.supported_profiles);
    return out;
  }
  if (!request.path.empty() && request.path.back().starts_with('$')) return operate(request, allowed);
  const auto route = interaction::route(request, allowed);
  FHIR_TRY(route);
  return (*route)->handler(request, context_);
}

Result<Response> Dispatch::operate(Request& request, std::string& allowed) const {
  const std::size_t depth = request.path.size();
  const Level level = depth == 1 ? Level::system : depth == 2 ? Level::type : Level::instance;
  const std::string_view name = std::string_view(request.path.back()).substr(1);
  const std::string_view type = depth > 1 ? std::string_view(request.path[0]) : std::string_view();
  if (depth > 1) request.type = fhir::find_resource_type(type);
  if (depth > 1 && request.type == fhir::TypeId::none)
    return fail(Fault::type_unknown, "R4 has no resource type of that name.");
  const auto found = std::ranges::find_if(operations_, [&](const operation::Operation& one) {
    return one.name == name && one.level == level && (one.type == type || one.type.empty());
  });
  if (depth > 3 || found == operations_.end())
    return fail(Fault::not_found, "There is no such operation here. See /metadata for those there are.");
  if (level == Level::instance) request.id = request.path[1];
  if (level == Level::instance && !fhir::is_id(request.id))
    return fail(Fault::id_malformed, "An id is 1 to 64 of the characters A-Z a-z 0-9 - and dot.");
  allowed = found->changes == operation::Changes::state ? "POST" : "GET, HEAD, POST";
  if (request.method != "POST" &&
      (found->changes == operation::Changes::state || (request.method != "GET" && request.method != "HEAD")))
    return fail(Fault::method_not_allowed, "This operation takes " + allowed + ".");
  if (request.method == "POST" && !takes(request))
    return fail(
        Fault::content_type_unsupported,
        "Send the parameters as a Parameters resource, Content-Type application/fhir+json or application/fhir+xml.");
  return found->handler(request, context_);
}

Response Dispatch::answer_plain(const Request& request, std::string_view path) const {
  std::string allowed;
  for (const PlainRoute& route : plain_) {
    if (route.path != path) continue;
    const bool as_get = request.method == "HEAD" && route.method == "GET";
    if (route.method != request.method && !as_get) {
      allowed += (allowed.empty() ? "" : ", ") + route.method;
      continue;
    }
    auto response = route.handler(request);
    if (response) return std::move(*response);
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
