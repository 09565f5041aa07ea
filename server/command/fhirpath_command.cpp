// varde fhirpath
#include <fmt/format.h>

#include <cstdio>
#include <iostream>

#include "fhir-model/fhirpath/jsonl.h"
#include "fhir-model/json/json.h"
#include "fhir-model/profile/check.h"
#include "server/command/command.h"
#include "server/command/files.h"
#include "server/command/tell.h"

namespace varde::command {
namespace {

int answer_lines(const fhirpath::Environment& environment) {
  const auto read = [](const std::string& name) -> Result<std::string> {
    if (name == "-") return fail(Fault::not_found, "Standard input holds the lines; a resource has a file of its own.");
    return read_file(name);
  };
  for (std::string line; std::getline(std::cin, line);) {
    const std::string answer = fhirpath::fhirpath_line(line, read, environment) + "\n";
    std::fwrite(answer.data(), 1, answer.size(), stdout);
    std::fflush(stdout);  // whoever asks line by line waits for it
  }
  return kOk;
}

void print(const fhirpath::Item& item) {
  const auto text = item.text();
  const std::string shown = text ? *text : item.element() ? fhir::to_json(item.element()) : std::string();
  fmt::print("{}\t{}\n", item.type_info().name, shown);
}

}  // namespace

int fhirpath(const Arguments& arguments) {
  const fhir::Profiles profiles;
  const fhirpath::Environment environment = fhir::environment_with(profiles);
  if (arguments.has("--jsonl") && arguments.words.empty()) return answer_lines(environment);
  if (arguments.has("--jsonl") || arguments.words.size() != 2) {
    tell("varde: fhirpath needs an expression and a file, or --jsonl alone\n");
    return kWrongUse;
  }
  const auto& expression = arguments.words[0];
  const auto& name = arguments.words[1];
  const auto tree = read_resource(name);
  if (!tree) {
    print_failures(name, tree.error());
    return kProblems;
  }
  const auto result = fhirpath::compile(expression).and_then([&](const fhirpath::Expression& compiled) {
    return fhirpath::check(compiled, tree->root().type()).and_then([&] {
      return fhirpath::evaluate(compiled, tree->root(), environment);
    });
  });
  if (!result) {
    tell("{}\n", result.error().diagnostics);
    return kProblems;
  }
  for (const auto& item : *result) print(item);
  return kOk;
}

}  // namespace varde::command
