#include "server/interaction/history_import.h"

#include "server/interaction/bundle_answer.h"
#include "server/interaction/condition.h"
#include "server/interaction/entry.h"
#include "server/interaction/integrity.h"
#include "server/interaction/write.h"

namespace varde::interaction {
namespace {

/// A create had no id in its address, and has one now; what it was conditional on was true then.
void settle_request(fhir::Editor entry) {
  fhir::Editor request = entry["request"];
  if (!request) return;
  for (const auto condition : {"ifMatch", "ifNoneMatch", "ifNoneExist", "ifModifiedSince"}) request.remove(condition);
  const fhir::Element resource = entry["resource"];
  const std::string_view method = request["method"].value();
  if (!resource["id"] || (method != "POST" && method != "PUT" && method != "PATCH")) return;
  request.set("method", "PUT");
  request.set("url", std::string(resource.type_name()) + "/" + std::string(resource["id"].value()));
}

Result<EntryAnswer> again(Entry& entry, Act& act, const Dispatcher& dispatcher, const std::string& base) {
  if (entry.failure) return tl::unexpected<Failure>(std::move(*entry.failure));
  if (!entry.writes() || (entry.doing != Doing::update && entry.doing != Doing::remove))
    return fail(Fault::value_malformed, "An entry of a history tells of a create, an update or a delete, with its id.");
  const FindOne finding = [&](fhir::TypeId type, const Parameters& criteria) {
    return find_one(type, criteria, base, act);
  };
  const auto known = identify(entry, act, {}, finding);
  FHIR_TRY(known);
  return perform(entry, act, dispatcher);
}

}  // namespace

Result<Response> import_history(const Request& request, const Dispatcher& dispatcher, fhir::Tree bundle) {
  for (const fhir::Element entry : bundle.root().each("entry")) settle_request(bundle.edit().edit(entry));
  auto entries = read_entries(bundle.root(), Reading::requests, request, dispatcher);
  FHIR_TRY(entries);
  auto answers = dispatcher.repository_of(request).write([&](Act& act) -> Result<std::vector<EntryAnswer>> {
    std::vector<EntryAnswer> out(entries->size());
    for (const Entry& entry : *entries)  // what was referred to may have come later there
      if (entry.doing == Doing::update && !entry.request.id.empty())
        act.state<Together>().written.insert(std::string(fhir::row_of(entry.request.type).name) + "/" +
                                             entry.request.id);
    for (std::size_t i = entries->size(); i-- > 0;) {  // the newest comes first in a history
      auto answer = again((*entries)[i], act, dispatcher, request.base);
      if (!answer) say_entry(answer.error(), i);
      FHIR_TRY(answer);
      out[i] = std::move(*answer);
    }
    return out;
  });
  FHIR_TRY(answers);
  return respond(*entries, *answers, "transaction-response", request);
}

}  // namespace varde::interaction
