/// https://hl7.org/fhir/R4/fhirpath.html#functions: conformsTo, slice, checkModifiers, htmlChecks
#include <algorithm>

#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/validation/xhtml.h"

namespace varde::fhirpath::functions {
namespace {

constexpr std::string_view kBaseProfile = "http://hl7.org/fhir/StructureDefinition/";

}  // namespace

Collection conforms_to(Call& call) {
  const Item* item = call.only();
  const auto profile = call.string(0);
  if (!item || !profile) return {};
  const Element element = item->element();
  if (profile->starts_with(kBaseProfile)) {
    const TypeId type = fhir::find_type(std::string_view(*profile).substr(kBaseProfile.size()));
    if (type != TypeId::none) return {element && fhir::derives_from(element.type(), type)};
  }
  const auto& ask = call.run.environment().conforms_to;
  const auto answer = ask ? ask(element, *profile) : std::nullopt;
  if (!answer) call.fail("conformsTo() names a profile that is not known here");
  return answer ? Collection{*answer} : Collection{};
}

/// What of the focus's children is that slice, as the profile defines it.
Collection slice(Call& call) {
  const auto structure = call.string(0), name = call.string(1);
  if (!structure || !name) return {};
  const auto& ask = call.run.environment().slice;
  Collection out;
  for (const Item& item : call.focus) {
    const auto found = ask && item.element() ? ask(item.element(), *structure, *name) : std::nullopt;
    if (!found) {
      call.fail("slice() names a structure or a slice that is not known here");
      return {};
    }
    for (const Element element : *found) out.emplace_back(element);
  }
  return out;
}

/// Passes the focus on when it has no modifier extensions but those that are named.
Collection check_modifiers(Call& call) {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < call.argument_count(); ++i)
    if (auto url = call.string(i)) known.push_back(std::move(*url));
  for (const Item& item : call.focus)
    for (const Element extension : item.element().each("modifierExtension"))
      if (!std::ranges::count(known, extension["url"].value())) {
        call.fail("a modifier extension that checkModifiers() does not name changes what the element means");
        return {};
      }
  return std::move(call.focus);
}

Collection html_checks(Call& call) {
  const Item* item = call.only();
  const Element element = item ? item->element() : Element{};
  if (element.type_name() != "xhtml") return {};
  return {fhir::is_narrative_xhtml(element.value())};
}

}  // namespace varde::fhirpath::functions
