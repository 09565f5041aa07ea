// varde validate, varde convert
#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "fhir-model/profile/check.h"
#include "fhir-model/validation/validation.h"
#include "fhir-model/xml/xml.h"
#include "server/command/command.h"
#include "server/command/files.h"
#include "server/command/profile_folder.h"
#include "server/command/tell.h"

namespace varde::command {
int validate(const Arguments& arguments) {
  fhir::Profiles profiles;
  if (const auto folder = arguments.get("--definitions"))
    if (const auto loaded = load_profiles(*folder, profiles); !loaded) {
      tell("varde: {}\n", loaded.error().diagnostics);
      return kWrongUse;
    }
  fhir::Asked asked{.vital_signs = true};
  if (const auto profile = arguments.get("--profile")) asked.profiles.emplace_back(*profile);
  const auto report = arguments.has("--errors-only") ? fhir::Report::errors : fhir::Report::everything;
  std::size_t wrong = 0;
  for (const auto& name : arguments.words) {
    const auto bytes = read_file(name);
    const auto tree = bytes.and_then([](const std::string& text) { return parse_resource(text); });
    if (!tree) {
      print_failures(name, tree.error());
      ++wrong;
      continue;
    }
    auto findings = fhir::validate(tree->root(), profiles, asked, report);
    const bool valid = std::ranges::none_of(findings, [](const Failure& f) { return f.severity == Severity::error; });
    if (!findings.empty()) {
      Failure all = fhir::as_one(std::move(findings));
      locate(*bytes, all);
      print_failures(name, all);
    }
    if (valid) fmt::print("{}: valid\n", name);
    wrong += !valid;
  }
  return wrong == 0 ? kOk : kProblems;
}

int convert(const Arguments& arguments) {
  const auto to = arguments.get("--to").value_or("");
  if (to != "xml" && to != "json") {
    tell("varde: convert needs --to xml or --to json\n");
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
