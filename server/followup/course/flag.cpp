#include "server/followup/course/flag.h"

#include "server/followup/codes.h"
#include "server/followup/parts.h"
#include "server/interaction/text.h"

namespace varde::followup {
namespace {

const fhir::TypeId kFlag = fhir::find_resource_type("Flag");

std::optional<fhir::Tree> flag_of(const interaction::View& view, const std::string& episode_id) {
  for (const auto key : view.by_identifier(kFlag, codes::kFlag, episode_id))
    if (auto tree = view.tree(key)) return tree;
  return std::nullopt;
}

Result<void> set_status(interaction::Act& act, fhir::Tree tree, std::string_view status) {
  if (tree.root()["status"].value() == status) return {};
  auto flag = tree.edit();
  flag.set("status", status);
  auto period = flag.ensure("period");
  period.remove("end");
  if (status == "inactive") period.set("end", interaction::fhir_instant(act.now()));
  return act.update(flag, std::string(tree.root()["id"].value())).map([](const auto&) {});
}

}  // namespace

Result<void> raise_flag(interaction::Act& act, const std::string& patient_id, const std::string& episode_id) {
  if (auto tree = flag_of(act, episode_id)) return set_status(act, std::move(*tree), "active");
  auto tree = fhir::Tree::of("Flag");
  auto flag = tree.edit();
  auto identifier = flag.add("identifier");
  identifier.set("system", codes::kFlag);
  identifier.set("value", episode_id);
  flag.set("status", "active");
  auto code = flag.add("code");
  add_coding(code, codes::kServiceType, "DHO", "Digital hjemmeoppfølging");
  code.set("text", "Har digital hjemmeoppfølging (DHO)");
  add_reference(flag, "subject", "Patient/" + patient_id);
  flag.add("period").set("start", interaction::fhir_instant(act.now()));
  return act.create(flag).map([](const auto&) {});
}

Result<void> lower_flag(interaction::Act& act, const std::string& episode_id) {
  auto tree = flag_of(act, episode_id);
  return tree ? set_status(act, std::move(*tree), "inactive") : Result<void>{};
}

}  // namespace varde::followup
