// varde ucum
#include <fmt/format.h>

#include <cstdio>
#include <iostream>

#include "fhir-model/ucum/jsonl.h"
#include "fhir-model/ucum/ucum.h"
#include "server/command/command.h"
#include "server/command/tell.h"

namespace varde::command {
namespace {

int answer_lines() {
  for (std::string line; std::getline(std::cin, line);) {
    const std::string answer = fhir::ucum_line(line) + "\n";
    std::fwrite(answer.data(), 1, answer.size(), stdout);
    std::fflush(stdout);  // whoever asks line by line waits for it
  }
  return kOk;
}

}  // namespace

int ucum(const Arguments& arguments) {
  if (arguments.has("--jsonl") && arguments.words.empty()) return answer_lines();
  if (arguments.has("--jsonl") || arguments.words.empty()) {
    tell("varde: ucum needs a unit, or --jsonl alone\n");
    return kWrongUse;
  }
  const auto canonical = fhir::to_canonical(1, arguments.words[0]);
  if (!canonical) {
    tell("{}\n", canonical.error().diagnostics);
    return kProblems;
  }
  fmt::print("{} {}\n", canonical->value, canonical->unit);
  return kOk;
}

}  // namespace varde::command
