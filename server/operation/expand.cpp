/// ValueSet/$expand and ValueSet/[id]/$expand.
/// Source: https://hl7.org/fhir/R4/valueset-operation-expand.html
#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "server/interaction/text.h"
#include "server/operation/asked_terms.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

constexpr std::size_t kFurthestOffset = 1'000'000;

struct Question {
  std::string filter;
  terminology::Wanted wanted;
  bool designations = false, definition = false;
};

/// 0 is a number of codes too: only the total is wanted.
Result<std::size_t> number(const Input& input, const std::string& name, std::size_t otherwise) {
  if (input.one(name) == "0") return std::size_t{0};
  return input.count(name, otherwise, kFurthestOffset);
}

Result<Question> question_of(const Input& input) {
  const auto active = input.flag("activeOnly"), designations = input.flag("includeDesignations"),
             definition = input.flag("includeDefinition");
  for (const auto* said : {&active, &designations, &definition}) FHIR_TRY(*said);
  const auto offset = number(input, "offset", 0), count = number(input, "count", SIZE_MAX);
  for (const auto* said : {&offset, &count}) FHIR_TRY(*said);
  Question question{input.one("filter").value_or(""), {}, *designations, *definition};
  question.wanted.offset = *offset, question.wanted.count = *count;
  if (*active) question.wanted.inactive = terminology::Inactive::leave_out;
  return question;
}

/// The value set without its expansion.
fhir::Tree head_of(const AskedSet& set, const Question& question) {
  if (set.written) {
    auto tree = fhir::Tree::copy_of(set.written);
    for (const auto name : {"text", "expansion", "contained"}) tree.edit().remove(name);
    if (!question.definition) tree.edit().remove("compose");
    return tree;
  }
  const auto known = terminology::describe(set.known);
  auto tree = fhir::Tree::of("ValueSet");
  auto out = tree.edit();
  out.set("url", known.url);
  if (!known.version.empty()) out.set("version", known.version);
  out.set("name", known.name);
  out.set("title", known.title);
  out.set("status", known.status);
  return tree;
}

void add_designations(fhir::Editor entry, const terminology::Concept& concept_said) {
  const auto system = terminology::find_code_system(concept_said.system);
  const auto found = terminology::find_concept(system, concept_said.code);
  if (found == terminology::ConceptId::none) return;
  for (const auto& designation : terminology::designations_of(found)) {
    auto out = entry.add("designation");
    if (!designation.language.empty()) out.set("language", designation.language);
    out.set("value", designation.text);
  }
}

void add_expansion(fhir::Editor value_set, const terminology::Expansion& expansion, const Question& question,
                   std::string_view now) {
  auto out = value_set.add("expansion");
  out.set("timestamp", now);
  out.set("total", std::to_string(expansion.total));
  out.set("offset", std::to_string(question.wanted.offset));
  for (const auto& said : expansion.contains) {
    auto entry = out.add("contains");
    entry.set("system", said.system);
    if (said.abstract) entry.set("abstract", "true");
    if (said.inactive) entry.set("inactive", "true");
    entry.set("code", said.code);
    if (!said.display.empty()) entry.set("display", said.display);
    if (question.designations) add_designations(entry, said);
  }
}

}  // namespace

Result<interaction::Response> expand(const interaction::Request& request, const interaction::View& view,
                                     const interaction::Context&) {
  const auto input =
      Input::read(request, {"url", "valueSet", "valueSetVersion", "filter", "offset", "count", "activeOnly",
                            "includeDesignations", "includeDefinition", "date", "designation", "displayLanguage",
                            "excludeNested", "excludeNotForUI", "excludePostCoordinated"});
  FHIR_TRY(input);
  auto question = question_of(*input);
  FHIR_TRY(question);
  question->wanted.filter = question->filter;
  question->wanted.budget = request.budget.get();
  Terms terms(view, request.base);
  const auto set = asked_set(request, *input, terms);
  FHIR_TRY(set);
  const auto expansion = set->written ? terminology::expand(set->written, question->wanted, terms.written())
                                      : terminology::expand(set->known, question->wanted);
  FHIR_TRY(request.budget->within());
  FHIR_TRY(expansion);
  auto tree = head_of(*set, *question);
  add_expansion(tree.edit(), *expansion, *question, interaction::fhir_instant(view.now()));
  interaction::Response response;
  response.body = fhir::to_json(tree.root());
  return response;
}

}  // namespace varde::operation
