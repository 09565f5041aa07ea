// varde erase: one person's data taken out for good, with a receipt.
#include <cstdio>

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "server/command/command.h"
#include "server/command/config.h"
#include "server/command/unserved.h"
#include "server/interaction/text.h"

namespace varde::command {

int erase(const Arguments& arguments) {
  const auto config = config_of(arguments);
  if (!config) {
    fmt::print(stderr, "varde: {}\n", config.error().diagnostics);
    return kWrongUse;
  }
  const std::string reason = arguments.get("--reason").value_or("");
  const bool dry_run = arguments.has("--dry-run");
  if (reason.find_first_not_of(" \t") == std::string::npos && !dry_run) {
    fmt::print(stderr,
               "varde: say why (--reason TEXT), or look first (--dry-run): what is erased cannot be brought back\n");
    return kWrongUse;
  }
  const auto erased = erase_patient(*config, arguments.words.front(), reason, dry_run);
  if (!erased) {
    fmt::print(stderr, "varde: {}\n", erased.error().diagnostics);
    return kProblems;
  }
  std::string receipt = "{";
  interaction::append_json_member(receipt, "patient", "Patient/" + arguments.words.front());
  interaction::append_json_member(receipt, dry_run ? "wouldBeErased" : "erased", interaction::fhir_instant(erased->at));
  if (!dry_run) interaction::append_json_member(receipt, "reason", reason);
  receipt += ",\"resources\":{";
  for (std::size_t i = 0; i < erased->what.resources.size(); ++i)
    receipt += fmt::format("{}\"{}\":{}", i == 0 ? "" : ",", erased->what.resources[i].first,
                           erased->what.resources[i].second);
  receipt += fmt::format("}},\"olderVersions\":{},\"messagesReceived\":{},\"messagesSent\":{},\"stillNamedBy\":{}",
                         erased->what.older_versions, erased->what.received, erased->what.sent, erased->what.named_by);
  receipt += fmt::format(",\"messageFiles\":{},\"filesThatNameThePatient\":[", erased->files.own.size());
  for (const auto& file : erased->files.naming) {
    receipt += receipt.back() == '[' ? "" : ",";
    fhir::write_json_string(file.string(), receipt);
  }
  receipt += "],";
  receipt += R"("notReached":["backups","exports","what was sent to others","the audit log"])";
  fmt::print("{}}}\n", receipt);
  return kOk;
}

}  // namespace varde::command
