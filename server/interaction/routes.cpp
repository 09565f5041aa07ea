#include <algorithm>
#include <array>

#include "fhir-model/definitions/compartments.h"
#include "fhir-model/text/name.h"
#include "fhir-model/validation/validation.h"
#include "server/interaction/answer.h"
#include "server/interaction/definitions.h"
#include "server/interaction/interactions.h"
#include "server/interaction/route.h"

namespace varde::interaction {
namespace {

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parts;
}

bool lists(std::string_view methods, std::string_view method) {
  for (std::size_t at = 0; at < methods.size();) {
    const std::size_t end = std::min(methods.find(' ', at), methods.size());
    if (methods.substr(at, end - at) == method) return true;
    at = end + 1;
  }
  return false;
}

enum class Fit : std::uint8_t { no, path, type_unknown };

/// Fills type, id and version_id when the path fits.
Fit fit(const std::vector<std::string_view>& steps, Request& request) {
  if (steps.size() != request.path.size()) return Fit::no;
  request.type = fhir::TypeId::none;
  request.id.clear(), request.version_id.clear();
  bool known = true;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::string_view step = steps[i];
    const std::string& segment = request.path[i];
    if (step == "{compartment}") {
      const auto all = fhir::compartments();
      if (std::ranges::find(all, fhir::find_resource_type(segment)) == all.end()) return Fit::no;
    } else if (step == "{type}") {
      request.type = fhir::find_resource_type(segment);
      // "_history" or "metadata" in a type's place is another path; a name that looks like a type is an unknown type.
      if (request.type == fhir::TypeId::none) {
        if (segment.empty() || segment[0] < 'A' || segment[0] > 'z' || segment[0] == '_') return Fit::no;
        known = false;
      }
    } else if (step == "{id}") {
      if (segment.empty() || segment[0] == '_' || segment[0] == '$') return Fit::no;
      request.id = segment;
    } else if (step == "{version}") {
      request.version_id = segment;
    } else if (segment != step) {
      return Fit::no;
    } else if (i == 0) {
      request.type = fhir::find_resource_type(segment);
    }
  }
  return known ? Fit::path : Fit::type_unknown;
}

void add(std::string& allowed, std::string_view methods) {
  for (const std::string_view method : split(methods, ' ')) {
    if (lists(allowed, method) || lists(allowed, std::string(method) + ",")) continue;
    allowed += allowed.empty() ? "" : ", ";
    allowed += method;
    if (method == "GET") allowed += ", HEAD";
  }
}

Result<void> check_id(const Request& request) {
  if (request.id.empty() || fhir::is_id(request.id)) return {};
  return fail(Fault::id_malformed, "An id is 1 to 64 of the characters A-Z a-z 0-9 - and dot.");
}

/// `DELETE Patient/1?_cascade=delete` means more than a delete. A lenient client may send what is not known.
Result<void> check_parameters(const Route& route, const Request& request) {
  if (route.parameters != Route::Parameters::none || prefers_lenient(request)) return {};
  for (const auto& [name, value] : request.query) {
    if (name == "_format" || name == "_pretty") continue;
    const std::string shown(fhir::text::repeatable(name));
    return fail(Fault::parameter_unknown,
                "A write takes _format and _pretty, not " + shown +
                    ". A condition stands in If-None-Exist, or in the URL of the type with PUT, PATCH or DELETE.",
                shown);
  }
  return {};
}

}  // namespace

std::span<const Route> interactions() {
  using P = Route::Parameters;
  using enum Doing;
  // Earlier rows win: a condition in the query before the plain path.
  // clang-format off
  static const std::array kRoutes{
      //    methods     pattern                            handler                 of an entry  capability
      Route{"POST",     "",                                batch_or_transaction,   nothing,     "",       P::none},
      Route{"GET",      "",                                search_type,            read,        "search-system",  P::some},
      Route{"POST",     "_search",                         search_type,            read},
      Route{"POST",     "Bundle",                          create_bundle,          create,      "",       P::none},
      Route{"GET",      "{type}/{id}/_history/{version}",  vread,                  read,        "vread"},
      Route{"GET",      "{type}/{id}/_history",            history_instance,       read,        "history-instance"},
      Route{"GET",      "{type}/_history",                 history_type,           read,        "history-type"},
      Route{"GET",      "_history",                        history_system,         read,        "history-system"},
      Route{"GET",      "{type}/{id}",                     interaction::read,      read,        "read"},
      Route{"GET",      "{type}",                          search_with_definitions, read,       "search-type"},
      Route{"POST",     "{type}/_search",                  search_with_definitions, read},
      Route{"POST",     "{type}",                          interaction::create,    create,      "create",  P::none},
      Route{"PUT",      "{type}",                          update_conditionally,   update,      "",       P::some},
      Route{"PUT",      "{type}/{id}",                     interaction::update,    update,      "update",  P::none},
      Route{"PATCH",    "{type}",                          patch_conditionally,    patch,       "",       P::some},
      Route{"PATCH",    "{type}/{id}",                     interaction::patch,     patch,       "patch",   P::none},
      Route{"DELETE",   "{type}",                          remove_conditionally,   remove,      "",       P::some},
      Route{"DELETE",   "{type}/{id}",                     interaction::remove,    remove,      "delete",  P::none},
      Route{"GET",      "{compartment}/{id}/{type}",       search_compartment,     read},
      Route{"POST",     "{compartment}/{id}/{type}/_search", search_compartment,   read},
      Route{"GET",      "{compartment}/{id}/*",            search_compartment,     read},
      Route{"POST",     "{compartment}/{id}/*/_search",    search_compartment,     read},
  };
  // clang-format on
  return kRoutes;
}

std::string_view Route::operation() const { return pattern.substr(pattern.find('$') + 1); }

Routes::Routes(std::vector<Route> rows) : rows_(std::move(rows)) {
  for (const Route& row : rows_) steps_.push_back(split(row.pattern, '/'));
}

Result<const Route*> Routes::find(Request& request, std::string& allowed) const {
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  bool type_unknown = false;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Route& row = rows_[i];
    if (steps_[i].size() != request.path.size()) continue;
    const bool any_query = row.parameters != Route::Parameters::some || !request.query.empty();
    const Fit fits = fit(steps_[i], request);
    if (fits == Fit::no) continue;
    if (fits == Fit::type_unknown) {
      type_unknown = true;
      continue;
    }
    if (any_query && lists(row.methods, method)) {
      FHIR_TRY(check_id(request));
      FHIR_TRY(check_parameters(row, request));
      return &row;
    }
    if (row.parameters != Route::Parameters::some) add(allowed, row.methods);
  }
  if (!allowed.empty()) return fail(Fault::method_not_allowed, "This address takes " + allowed + ".");
  if (type_unknown) return fail(Fault::type_unknown, "R4 has no resource type of that name.");
  if (!request.path.empty() && request.path.back().starts_with('$'))
    return fail(Fault::not_found, "There is no such operation here. See /metadata for those there are.");
  return fail(Fault::not_found, "There is nothing at this address. See /metadata for what this server offers.");
}

}  // namespace varde::interaction
