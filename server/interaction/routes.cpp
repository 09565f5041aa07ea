#include "server/interaction/routes.h"

#include <array>

#include "server/interaction/interactions.h"

namespace varde::interaction {
namespace {

using P = Route::Parameters;

// Earlier rows win: a condition in the query before the plain path.
// clang-format off
constexpr std::array kRoutes{
    //    method    pattern                            handler                 capability
    Route{"POST",   "",                                batch_or_transaction,   ""},
    Route{"GET",    "{type}/{id}/_history/{version}",  vread,                  "vread"},
    Route{"GET",    "{type}/{id}/_history",            history_instance,       "history-instance"},
    Route{"GET",    "{type}/{id}",                     read,                   "read"},
    Route{"GET",    "{type}",                          search_type,            "search-type"},
    Route{"POST",   "{type}/_search",                  search_type,            ""},
    Route{"POST",   "{type}",                          create,                 "create"},
    Route{"PUT",    "{type}",                          update_conditionally,   "",       P::some},
    Route{"PUT",    "{type}/{id}",                     update,                 "update"},
    Route{"PATCH",  "{type}",                          patch_conditionally,    "",       P::some},
    Route{"PATCH",  "{type}/{id}",                     patch,                  "patch"},
    Route{"DELETE", "{type}",                          remove_conditionally,   "",       P::some},
    Route{"DELETE", "{type}/{id}",                     remove,                 "delete"},
    Route{"GET",    "Patient/{id}/{type}",             search_compartment,     ""},
    Route{"POST",   "Patient/{id}/{type}/_search",     search_compartment,     ""},
};
// clang-format on

enum class Fit { no, path, type_unknown };

/// Fills type, id and version_id when the path fits.
Fit fit(std::string_view pattern, Request& request) {
  request.type = fhir::TypeId::none;
  request.id.clear(), request.version_id.clear();
  std::size_t at = 0;
  bool known = true;
  while (!pattern.empty()) {
    const std::size_t slash = pattern.find('/');
    const std::string_view step = pattern.substr(0, slash);
    pattern.remove_prefix(slash == std::string_view::npos ? pattern.size() : slash + 1);
    if (at == request.path.size()) return Fit::no;
    const std::string& segment = request.path[at++];
    if (step == "{type}") {
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
    }
  }
  if (at != request.path.size()) return Fit::no;
  return known ? Fit::path : Fit::type_unknown;
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Result<const Route*> route(Request& request, std::string& allowed) {
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  bool type_unknown = false;
  for (const Route& row : kRoutes) {
    const bool wanted = row.method == method && (row.parameters == P::either || !request.query.empty());
    if (!wanted && allowed.find(row.method) != std::string::npos) continue;
    const Fit fits = fit(row.pattern, request);
    if (fits == Fit::no) continue;
    if (fits == Fit::type_unknown) {
      type_unknown = true;
      continue;
    }
    if (wanted) return &row;
    if (row.parameters == P::some) continue;
    allowed += allowed.empty() ? "" : ", ";
    allowed += row.method;
    if (row.method == "GET") allowed += ", HEAD";
  }
  if (!allowed.empty()) return fail(Fault::method_not_allowed, "This address takes " + allowed + ".");
  if (type_unknown) return fail(Fault::type_unknown, "R4 has no resource type of that name.");
  return fail(Fault::not_found, "There is nothing at this address. See /metadata for what this server offers.");
}

}  // namespace varde::interaction
