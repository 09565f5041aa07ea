/// create: https://hl7.org/fhir/R4/http.html#create, conditional create: #ccreate
#include <algorithm>

#include <memory>

#include "server/interaction/answer.h"
#include "server/interaction/interactions.h"
#include "server/interaction/reach.h"
#include "server/interaction/write.h"
#include "server/search/subset.h"

namespace varde::interaction {

bool hides_readings(fhir::Element resource, const Store& store) {
  const auto is_judged = [&](fhir::Element place) {
    const fhir::Element held = place["resource"];
    return held && store.is_judged(held.type());
  };
  if (resource.type_name() == "Parameters") return std::ranges::any_of(resource.each("parameter"), is_judged);
  if (resource.type_name() != "Bundle") return false;
  const std::string_view type = resource["type"].value();
  if (type != "collection" && type != "batch" && type != "transaction") return false;
  return std::ranges::any_of(resource.each("entry"), is_judged);
}

Result<void> refuse_loss(fhir::Element resource, const Store& store) {
  if (search::is_subsetted(resource))
    return fail(Fault::business_rule,
                "This is a part of a resource (it has the tag SUBSETTED): written, it would be the loss of the rest.",
                std::string(resource.type_name()) + ".meta.tag");
  if (!hides_readings(resource, store)) return {};
  return fail(
      Fault::business_rule,
      "Readings in a Bundle or Parameters that is stored as one resource would be judged by nobody: POST a Bundle of "
      "them to the base of the server, where each becomes a resource of its own.",
      std::string(resource.type_name()));
}

Result<Written> create_in(Act& act, fhir::Editor resource, const std::optional<std::string>& existing,
                          std::optional<std::string> id) {
  if (existing) return Written{*act.current(resource.type(), *existing), 200};
  FHIR_TRY(refuse_loss(resource, act.store()));
  auto version = act.create(resource, std::move(id));
  FHIR_TRY(version);
  return Written{std::move(*version), 201};
}

Result<Work> create(const Request& request, const Context&, const Reads&) {
  FHIR_TRY(refuse_preconditions(request));
  auto tree = parse_resource(request);
  FHIR_TRY(tree);
  tree->edit().remove("id");  // "If an id is provided, the server SHALL ignore it"
  storage::Reach reach;
  if (request.if_none_exist.empty()) reach = reach_of({tree->root()}, request.base);
  return Work(
      [&request, resource = std::make_shared<fhir::Tree>(std::move(*tree))](Act& act) -> Result<Response> {
        Result<std::optional<std::string>> existing;
        if (!request.if_none_exist.empty())
          existing = find_one(resource->root().type(), request.if_none_exist, request.base, act);
        FHIR_TRY(existing);
        return create_in(act, resource->edit(), *existing).map([&](Written&& written) {
          return answer_written(request, std::move(written));
        });
      },
      std::move(reach));
}

}  // namespace varde::interaction
