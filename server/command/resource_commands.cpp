// varde validate, varde convert
#include <cstdio>

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "fhir-model/profile/check.h"
#include "fhir-model/xml/xml.h"
#include "server/command/command.h"
#include "server/command/files.h"

namespace varde::command {

int validate(const Arguments& arguments) {
  static const fhir::Profiles kProfiles;
  const auto report = arguments.has("--errors-only") ? fhir::Report::errors : fhir::Report::everything;
  std::size_t wrong = 0;
  for (const auto& name : arguments.words) {
    const auto tree = read_resource(name);
    if (!tree) {
      print_failures(name, tree.error());
      ++wrong;
      continue;
    }
    std::size_t errors = 0;
    for (const Failure& found : fhir::validate(tree->root(), kProfiles, {}, report)) {
      print_failures(name, found);
      errors += found.severity == Severity::error;
    }
    if (errors == 0) fmt::print("{}: valid\n", name);
    wrong += errors > 0;
  }
  return wrong == 0 ? kOk : kProblems;
}

int convert(const Arguments& arguments) {
  const auto to = arguments.get("--to").value_or("");
  if (to != "xml" && to != "json") {
    fmt::print(stderr, "varde: convert needs --to xml or --to json\n");
    return kWrongUse;
  }
  const auto tree = read_resource(arguments.words.front());
  if (!tree) {
    print_failures(arguments.words.front(), tree.error());
    return kProblems;
  }
  const std::string text = to == "xml" ? fhir::to_xml(tree->root()) : fhir::to_pretty_json(tree->root());
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (!text.ends_with('\n')) std::fputc('\n', stdout);
  return kOk;
}

}  // namespace varde::command
