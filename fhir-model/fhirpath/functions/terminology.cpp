/// https://hl7.org/fhir/R4/fhirpath.html#functions: memberOf, subsumes, subsumedBy
#include <utility>

#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/terminology/terminology.h"

namespace varde::fhirpath::functions {
namespace {

std::optional<bool> as_condition(terminology::Membership said) {
  if (said == terminology::Membership::unknown) return std::nullopt;
  return said == terminology::Membership::in;
}

/// A code whose system the place implies. What the environment does not know, R4 may define.
std::optional<bool> is_code_member(const Call& call, std::string_view code, std::string_view value_set) {
  const auto& ask = call.run.environment().member_of;
  const auto answer = ask ? ask(value_set, {}, code) : std::nullopt;
  return answer ? answer : as_condition(terminology::member(value_set, {}, code));
}

/// code, Coding, Quantity or CodeableConcept; nullopt when it cannot be told.
std::optional<bool> is_member(const Call& call, Element coded, std::string_view value_set) {
  const auto& ask = call.run.environment().member_of;
  if (fhir::is_primitive(coded.type())) return is_code_member(call, coded.value(), value_set);
  if (coded.type_name() != "CodeableConcept") {
    const auto answer = ask ? ask(value_set, coded["system"].value(), coded["code"].value()) : std::nullopt;
    return answer ? answer : as_condition(terminology::member(terminology::find_value_set(value_set), coded));
  }
  std::optional<bool> found = false;
  for (const Element coding : coded.each("coding")) {
    const auto one = is_member(call, coding, value_set);
    if (one == true) return true;
    if (!one) found = std::nullopt;
  }
  return found;
}

/// The codings of a Coding or CodeableConcept.
std::optional<std::vector<Element>> codings_of(const Item& item) {
  const Element element = item.element();
  if (element.type_name() == "Coding") return std::vector{element};
  if (element.type_name() != "CodeableConcept") return std::nullopt;
  const auto all = element.each("coding");
  return std::vector<Element>(all.begin(), all.end());
}

/// Whether the first code is the second or one of its ancestors; nullopt when their code system does not tell.
std::optional<bool> subsumes(const Call& call, Element ancestor, Element code) {
  const auto system = ancestor["system"].value();
  if (system != code["system"].value()) return std::nullopt;
  if (ancestor["code"].value() == code["code"].value()) return true;
  const auto& ask = call.run.environment().subsumes;
  const auto answer = ask ? ask(system, ancestor["code"].value(), code["code"].value()) : std::nullopt;
  if (answer) return answer;
  const auto outcome = terminology::subsumes(system, ancestor["code"].value(), code["code"].value());
  if (!outcome) return std::nullopt;
  return *outcome == terminology::Subsumption::subsumes || *outcome == terminology::Subsumption::equivalent;
}

enum class Ancestor : std::uint8_t { focus, argument };

Collection subsumption(Call& call, Ancestor which) {
  const Item* item = call.only();
  const auto other = call.one(0);
  if (!item || !other) return {};
  const auto own = codings_of(*item), given = codings_of(*other);
  if (!own || !given) {
    call.fail(call.node.name + "() is about a Coding or CodeableConcept on both sides");
    return {};
  }
  if (!call.run.spend(call.node, own->size() * given->size())) return {};
  bool unknown = false;
  for (const Element mine : *own)
    for (const Element theirs : *given) {
      const auto answer = which == Ancestor::focus ? subsumes(call, mine, theirs) : subsumes(call, theirs, mine);
      if (answer == true) return {true};
      unknown |= !answer;
    }
  if (!unknown) return {false};
  call.fail(call.node.name + "() compares codes whose relation is not known here");
  return {};
}

}  // namespace

Collection member_of(Call& call) {
  const Item* item = call.only();
  const auto value_set = call.string(0);
  if (!item || !value_set) return {};
  std::optional<bool> answer;
  if (const Element element = item->element())
    answer = is_member(call, element, *value_set);
  else if (const auto code = item->string())
    answer = is_code_member(call, *code, *value_set);
  if (!answer) call.fail("memberOf() names a value set whose codes are not known here");
  return answer ? Collection{*answer} : Collection{};
}

Collection subsumes(Call& call) { return subsumption(call, Ancestor::focus); }
Collection subsumed_by(Call& call) { return subsumption(call, Ancestor::argument); }

}  // namespace varde::fhirpath::functions
