// varde retention: what is older than the rules keep it is taken out for good, with a receipt.
#include <cstdio>

#include <fmt/format.h>

#include "server/command/command.h"
#include "server/command/config.h"
#include "server/command/unserved.h"
#include "server/interaction/text.h"

namespace varde::command {

int retention(const Arguments& arguments) {
  const auto config = config_of(arguments);
  if (!config) return wrong_settings(config.error());
  if (config->retention.empty()) {
    fmt::print(stderr, "varde: no rule says how long anything is kept (setting retention): everything is\n");
    return kWrongUse;
  }
  const bool dry_run = !arguments.has("--apply");
  const auto retained = apply_retention(*config, dry_run);
  std::string receipt = "{";
  interaction::append_json_member(receipt, dry_run ? "wouldBeRemoved" : "removed",
                                  interaction::fhir_instant(retained.at));
  receipt += ",\"rules\":[";
  for (const auto& line : retained.lines) {
    receipt += receipt.back() == '[' ? "{" : ",{";
    interaction::append_json_member(receipt, "type", fhir::row_of(line.rule.type).name);
    interaction::append_json_member(receipt, "age", line.rule.age);
    interaction::append_json_member(receipt, "lastWrittenBefore", interaction::fhir_instant(line.before));
    receipt += fmt::format(R"(,"{}":{},"keptFollowedUp":{},"keptRecordInUse":{}}})",
                           line.rule.type == fhir::find_type("Patient") ? "records" : "resources", line.removed,
                           line.followed_up, line.record_in_use);
  }
  receipt += R"(],"notReached":["backups","exports","what was sent to others","the audit log"])";
  fmt::print("{}}}\n", receipt);
  if (dry_run) fmt::print(stderr, "varde: nothing was changed; --apply takes it out, and nothing brings it back\n");
  return kOk;
}

}  // namespace varde::command
