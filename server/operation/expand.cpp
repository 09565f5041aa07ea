/// ValueSet/$expand and ValueSet/[id]/$expand.
/// Source: https://hl7.org/fhir/R4/valueset-operation-expand.html
#include <algorithm>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "server/interaction/answer.h"
#include "server/interaction/text.h"
#include "server/operation/asked_terms.h"
#include "server/operation/names.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

constexpr std::size_t kFurthestOffset = 1'000'000;

struct Question {
  std::string filter, language;
  std::vector<std::string> designation;  ///< use or language of those that are wanted; none: all
  terminology::Wanted wanted;
  bool designations = false, definition = false, active = false, selectable = false;
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
  const auto selectable = input.flag("excludeNotForUI");
  FHIR_TRY(selectable);
  for (const auto name : {"excludeNested", "excludePostCoordinated"}) FHIR_TRY(input.flag(name));  // it has neither
  Question question{input.one("filter").value_or(""),
                    input.one("displayLanguage").value_or(""),
                    input.all("designation"),
                    {},
                    *designations,
                    *definition,
                    *active,
                    *selectable};
  if (!question.designation.empty()) question.designations = true;
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

/// The code systems that an expansion draws on, each looked up once.
class Named {
 public:
  Named(Terms& terms, fhir::Element set) : terms_(terms), set_(set) {}
  Names of(const terminology::Concept& said) {
    auto& system = systems_[std::string(said.system)];
    if (!system) {
      const auto stored = terms_.stored(said.system);
      const bool is_one = stored && stored.type_name() == "CodeSystem";
      system = std::make_unique<System>(
          System{is_one ? stored : fhir::Element{},
                 is_one ? terminology::Codes(stored) : terminology::Codes(terminology::find_code_system(said.system))});
    }
    const Coded coded{std::string(said.system), {}, std::string(said.code), {}};
    Names names;
    if (set_) add_names_of_set(set_, coded, names);
    add_names_of_system(system->codes, system->resource, coded, names);
    return names;
  }

 private:
  struct System {
    fhir::Element resource;
    terminology::Codes codes;
  };
  Terms& terms_;
  const fhir::Element set_;
  std::map<std::string, std::unique_ptr<System>> systems_;
};

bool is_wanted(const Name& name, std::string_view display, const Question& question) {
  if (name.text == display) return false;
  if (question.designation.empty()) return true;
  return std::any_of(question.designation.begin(), question.designation.end(), [&](const std::string& wanted) {
    return is_in_language(name, std::string_view(wanted).substr(wanted.find('|') + 1));  // urn:ietf:bcp:47|nb
  });
}

void add_names(fhir::Editor entry, const terminology::Concept& said, const Names& names, const Question& question) {
  std::string_view display = said.display;
  if (const Name* asked = name_in(names, question.language)) display = asked->text;
  if (!display.empty()) entry.set("display", display);
  if (!question.designations) return;
  for (const Name& name : names) {
    if (!is_wanted(name, display, question)) continue;
    auto out = entry.add("designation");
    if (!name.language.empty()) out.set("language", name.language);
    out.set("value", name.text);
  }
}

/// What the expansion was asked with, so that whoever keeps it knows.
void add_parameters(fhir::Editor expansion, const Question& question) {
  const auto add = [&](std::string_view name, std::string_view value, std::string_view text) {
    if (text.empty()) return;
    auto parameter = expansion.add("parameter");
    parameter.set("name", name);
    parameter.set(value, text);
  };
  add("filter", "valueString", question.filter);
  add("displayLanguage", "valueCode", question.language);
  add("activeOnly", "valueBoolean", question.active ? "true" : "");
  add("excludeNotForUI", "valueBoolean", question.selectable ? "true" : "");
  add("includeDesignations", "valueBoolean", question.designations ? "true" : "");
  for (const std::string& one : question.designation) add("designation", "valueString", one);
  if (question.wanted.count != SIZE_MAX) add("count", "valueInteger", std::to_string(question.wanted.count));
}

void add_expansion(fhir::Editor value_set, const terminology::Expansion& expansion, const Question& question,
                   Named named, const interaction::View& view) {
  auto out = value_set.add("expansion");
  out.set("identifier", "urn:uuid:" + view.new_id());
  out.set("timestamp", interaction::fhir_instant(view.now()));
  out.set("total", std::to_string(expansion.total));
  out.set("offset", std::to_string(question.wanted.offset));
  add_parameters(out, question);
  const bool asks_for_names = question.designations || !question.language.empty();
  for (const auto& said : expansion.contains) {
    auto entry = out.add("contains");
    entry.set("system", said.system);
    if (said.abstract) entry.set("abstract", "true");
    if (said.inactive) entry.set("inactive", "true");
    entry.set("code", said.code);
    add_names(entry, said, asks_for_names ? named.of(said) : Names(), question);
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
  question->wanted.only_selectable = question->selectable;
  question->wanted.budget = request.budget.get();
  Terms terms(view, request.base);
  const auto set = asked_set(request, *input, terms);
  FHIR_TRY(set);
  const auto expansion = set->written ? terminology::expand(set->written, question->wanted, terms.written())
                                      : terminology::expand(set->known, question->wanted);
  FHIR_TRY(request.budget->within());
  FHIR_TRY(expansion);
  auto tree = head_of(*set, *question);
  add_expansion(tree.edit(), *expansion, *question, Named(terms, set->written), view);
  return interaction::answer_with(tree.root());
}

}  // namespace varde::operation
