// varde message check | to-fhir | from-fhir
#include <chrono>
#include <cstdio>

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "fhir-model/time/system_clock.h"
#include "mappings/check.h"
#include "mappings/message.h"
#include "server/command/command.h"
#include "server/command/files.h"

namespace varde::command {

int message_check(const Arguments& arguments) {
  bool all_good = true;
  const time::Instant now = time::system_now();
  for (const auto& name : arguments.words) {
    const auto bytes = read_file(name);
    if (!bytes) {
      print_failures(name, bytes.error());
      all_good = false;
      continue;
    }
    const auto checked = mappings::check(name, *bytes, now);
    fmt::print("{}\n", checked.line);
    all_good &= checked.acceptable;
  }
  return all_good ? kOk : kProblems;
}

int message_to_fhir(const Arguments& arguments) {
  const auto& name = arguments.words.front();
  const auto bytes = read_file(name);
  if (!bytes) return print_failures(name, bytes.error()), kProblems;
  const auto message = mappings::read_message(*bytes);
  for (const auto& failure : message.failures) print_failures(name, failure);
  if (!message.acceptable()) return kProblems;
  const auto bundle = mappings::to_fhir(message, *bytes);
  if (!bundle) return print_failures(name, bundle.error()), kProblems;
  fmt::print("{}\n", fhir::to_pretty_json(bundle->root()));
  return kOk;
}

int message_from_fhir(const Arguments& arguments) {
  const auto& name = arguments.words.front();
  const auto xml =
      read_resource(name).and_then([](const fhir::Tree& bundle) { return mappings::from_fhir(bundle.root()); });
  if (!xml) return print_failures(name, xml.error()), kProblems;
  fmt::print("{}\n", *xml);
  return kOk;
}

}  // namespace varde::command
