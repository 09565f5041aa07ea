// varde validate, varde convert
#include <cstdio>

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "fhir-model/validation/validation.h"
#include "fhir-model/xml/xml.h"
#include "server/command/command.h"
#include "server/command/files.h"

namespace varde::command {
namespace {

Result<void> valid_file(const std::string& name) {
  const auto bytes = read_file(name);
  if (!bytes) return tl::unexpected(bytes.error());
  auto valid = parse_resource(*bytes).and_then([](const fhir::Tree& tree) { return fhir::require_valid(tree.root()); });
  if (!valid) locate(*bytes, valid.error());
  return valid;
}

}  // namespace

int validate(const Arguments& arguments) {
  std::size_t wrong = 0;
  for (const auto& name : arguments.words) {
    const auto valid = valid_file(name);
    if (valid) {
      fmt::print("{}: valid\n", name);
    } else {
      print_failures(name, valid.error());
      ++wrong;
    }
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
