/// subsumes and validate_code: what terminology.h promises, in sentences.
#include <fmt/format.h>

#include <algorithm>

#include "fhir-model/terminology/tables.h"
#include "fhir-model/terminology/terminology.h"
#include "fhir-model/text/lower.h"

namespace varde::terminology {
namespace {

using tables::row_of;
using tables::text;

bool is_under(ConceptId lower, ConceptId upper) {
  std::vector<ConceptId> waiting{lower}, seen;
  while (!waiting.empty()) {
    const ConceptId at = waiting.back();
    waiting.pop_back();
    if (at == upper) return true;
    if (std::find(seen.begin(), seen.end(), at) != seen.end()) continue;
    seen.push_back(at);
    for (const ConceptId parent : parents_of(at)) waiting.push_back(parent);
  }
  return false;
}

/// Upper and lower case and the width of blanks make no other name.
/// https://hl7.org/fhir/R4/terminology-service.html#validation
std::string folded(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
      out += fhir::text::lower_ascii(c);
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool is_name_of(ConceptId concept_id, std::string_view display) {
  const std::string said = folded(display);
  if (folded(describe(concept_id).display) == said) return true;
  const auto others = designations_of(concept_id);
  return std::any_of(others.begin(), others.end(), [&](const Designation& d) { return folded(d.text) == said; });
}

/// What can be said of a code besides whether it is in: its name, its letters, its state.
void remark(Verdict& verdict, SystemId system, std::string_view code, std::string_view display) {
  const ConceptId concept_id = find_concept(system, code);
  if (concept_id == ConceptId::none) return;
  const Concept found = describe(concept_id);
  verdict.display = found.display;
  if (verdict.result != Membership::in) return;
  if (!display.empty() && !found.display.empty() && !is_name_of(concept_id, display)) {
    if (row_of(system).known == Known::all) verdict.result = Membership::out;
    verdict.message =
        fmt::format("The display is not one of the names of {}, which is called '{}'.", found.code, found.display);
  } else if (found.code != code) {
    verdict.message = fmt::format("The code is written {}.", found.code);
  } else if (found.inactive) {
    verdict.message = fmt::format("The code {} is no longer active.", found.code);
  }
}

}  // namespace

std::string_view code_of(Subsumption outcome) {
  constexpr std::string_view kCodes[] = {"equivalent", "subsumes", "subsumed-by", "not-subsumed"};
  return kCodes[static_cast<std::size_t>(outcome)];
}

Result<Subsumption> subsumes(std::string_view system, std::string_view a, std::string_view b) {
  for (const auto code : {a, b}) FHIR_TRY(lookup(system, code));
  const SystemId id = find_code_system(system);
  const ConceptId first = find_concept(id, a), second = find_concept(id, b);
  if (first == second && (first != ConceptId::none || a == b)) return Subsumption::equivalent;
  if (row_of(id).known != Known::all)
    return fail(Fault::not_supported,
                fmt::format("How the codes of {} stand to one another is not known here.", text(row_of(id).url)),
                "system");
  if (is_under(second, first)) return Subsumption::subsumes;
  return is_under(first, second) ? Subsumption::subsumed_by : Subsumption::not_subsumed;
}

Verdict validate_code(ValueSetId set, std::string_view system, std::string_view code, std::string_view display) {
  if (set == ValueSetId::none)
    return {Membership::unknown, {}, "The value set is not known here, or not in that version."};
  const SystemId id = find_code_system(system);
  if (id == SystemId::none && find_code_system(system.substr(0, system.rfind('|'))) != SystemId::none)
    return {Membership::unknown, {}, "The code system is not known here in that version."};
  const auto bare = id == SystemId::none ? system : describe(id).url;  // without a version
  Verdict verdict{member(set, bare, code)};
  if (system.empty()) {
    for (const auto& part : tables::parts_of(set))
      if (in_system(static_cast<SystemId>(part.system), code) == Membership::in && verdict.display.empty())
        remark(verdict, static_cast<SystemId>(part.system), code, display);
  } else {
    remark(verdict, id, code, display);
  }
  if (!verdict.message.empty()) return verdict;
  const auto subject = [&] { return system.empty() ? std::string("The code") : fmt::format("The code of {}", bare); };
  if (verdict.result == Membership::out)
    verdict.message = fmt::format("{} is not in the value set {}.", subject(), describe(set).url);
  else if (verdict.result == Membership::unknown)
    verdict.message = fmt::format(
        "Whether the value set {} holds the code cannot be told here: it draws on a code system that others keep.",
        describe(set).url);
  return verdict;
}

Verdict validate_code(SystemId system, std::string_view code, std::string_view display) {
  if (system == SystemId::none)
    return {Membership::unknown, {}, "The code system is not known here, or not in that version."};
  Verdict verdict{in_system(system, code)};
  remark(verdict, system, code, display);
  if (!verdict.message.empty()) return verdict;
  const auto url = text(row_of(system).url);
  if (verdict.result == Membership::out)
    verdict.message = fmt::format("{} has no such code.", url);
  else if (verdict.result == Membership::unknown)
    verdict.message = fmt::format("Not all codes of {} are known here, and this is none of them.", url);
  return verdict;
}

}  // namespace varde::terminology
