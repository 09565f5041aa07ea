#include "server/operation/forms/question.h"

#include <fmt/format.h>

namespace varde::operation::forms {

Result<void> refuse_extensions(Element of, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const Element found = sdc_extension(of, name))
      return fail(Fault::not_supported, fmt::format("sdc-questionnaire-{} is not followed here.", name), found.path());
  for (const Element item : of.each("item")) FHIR_TRY(refuse_extensions(item, names));
  return {};
}

bool add_quantity(fhir::Editor owner, std::string_view name, std::string_view value, Element item) {
  const Element unit = item.extension(kUnit)["valueCoding"];
  if (!unit) return false;
  auto quantity = owner.add(name);
  quantity.set("value", value);
  quantity.set("unit", unit["display"] ? unit["display"].value() : unit["code"].value());
  if (unit["system"]) quantity.set("system", unit["system"].value());
  if (unit["code"]) quantity.set("code", unit["code"].value());
  return true;
}

}  // namespace varde::operation::forms
