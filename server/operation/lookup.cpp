/// CodeSystem/$lookup: what a code means, and where it stands.
/// Source: https://hl7.org/fhir/R4/codesystem-operation-lookup.html
#include <algorithm>

#include "fhir-model/terminology/codes.h"
#include "server/operation/asked_terms.h"
#include "server/operation/names.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

/// Which properties the answer has: all, unless some are asked for by name.
class Wanted {
 public:
  explicit Wanted(std::vector<std::string> names) : names_(std::move(names)) {}
  bool operator()(std::string_view name) const {
    return names_.empty() || std::find(names_.begin(), names_.end(), name) != names_.end();
  }

 private:
  std::vector<std::string> names_;
};

void add_designation(Answer& out, std::string_view language, std::string_view text) {
  auto designation = out.add("designation");
  const auto part = [&](std::string_view name, std::string_view value, std::string_view content) {
    auto added = designation.add("part");
    added.set("name", name);
    added.set(value, content);
  };
  if (!language.empty()) part("language", "valueCode", language);
  part("value", "valueString", text);
}

void add_from_tables(Answer& out, terminology::ConceptId found, const Wanted& wanted) {
  if (wanted("designation"))
    for (const auto& designation : terminology::designations_of(found))
      add_designation(out, designation.language, designation.text);
  if (wanted("parent"))
    for (const auto parent : terminology::parents_of(found))
      out.add_property("parent", "valueCode", terminology::describe(parent).code);
  if (wanted("child"))
    for (const auto child : terminology::children_of(found))
      out.add_property("child", "valueCode", terminology::describe(child).code);
}

void add_from_resource(Answer& out, fhir::Element source, const Wanted& wanted) {
  if (wanted("designation"))
    for (const auto designation : source.each("designation"))
      add_designation(out, designation["language"].value(), designation["value"].value());
  for (const auto property : source.each("property"))
    if (const auto value = property.choice("value"); value.has_value() && wanted(property["code"].value()))
      out.add_property(property["code"].value(), value.name(), value.value());
  if (wanted("parent")) out.add_property("parent", "valueCode", source.parent()["code"].value());
  if (wanted("child"))
    for (const auto child : source.each("concept")) out.add_property("child", "valueCode", child["code"].value());
}

void add_state(Answer& out, const terminology::Concept& said, const Wanted& wanted) {
  if (wanted("definition")) out.add_property("definition", "valueString", said.definition);
  if (wanted("inactive")) out.add_property("inactive", "valueBoolean", said.inactive ? "true" : "false");
  if (wanted("notSelectable") && said.abstract) out.add_property("notSelectable", "valueBoolean", "true");
  if (wanted("status") && said.deprecated) out.add_property("status", "valueCode", "deprecated");
}

/// `display`: in the language that is asked for; empty: as the system calls it.
interaction::Response of_tables(terminology::SystemId id, const terminology::Concept& said, std::string_view display,
                                const Wanted& wanted) {
  const auto system = terminology::describe(id);
  Answer out;
  out.add("name", "valueString", system.name.empty() ? system.url : system.name);
  out.add("version", "valueString", system.version);
  if (display.empty()) display = said.display.empty() ? said.code : said.display;
  out.add("display", "valueString", display);
  add_state(out, said, wanted);
  const auto found = terminology::find_concept(id, said.code);
  if (found != terminology::ConceptId::none) add_from_tables(out, found, wanted);
  return out.response();
}

Result<interaction::Response> of_resource(fhir::Element system, std::string_view code, std::string_view display,
                                          const Wanted& wanted) {
  const terminology::Codes codes(system);
  const auto said = codes.find(code);
  if (!said) return fail(Fault::not_found, "The code system has no such code.", "code");
  Answer out;
  const auto name = system["name"].value();
  out.add("name", "valueString", name.empty() ? system["url"].value() : name);
  out.add("version", "valueString", system["version"].value());
  if (display.empty()) display = said->display.empty() ? said->code : said->display;
  out.add("display", "valueString", display);
  const auto source = codes.source(code);
  if (wanted("definition")) out.add_property("definition", "valueString", said->definition);
  add_from_resource(out, source, wanted);
  return out.response();
}

}  // namespace

Result<interaction::Response> lookup(const interaction::Request& request, const interaction::View& view,
                                     const interaction::Context&) {
  const auto input =
      Input::read(request, {"code", "system", "version", "coding", "date", "displayLanguage", "property"});
  FHIR_TRY(input);
  const auto codes = asked_codes(*input);
  FHIR_TRY(codes);
  const Coded& coded = codes->front();
  const Wanted wanted(input->all("property"));
  Terms terms(view, request.base);
  const auto system = asked_system(request, *input, coded.system, terms);
  FHIR_TRY(system);
  Coded named = coded;
  named.system = system->url();
  Names names;
  add_names_of_system(system->codes(), system->written, named, names);
  const Name* asked = name_in(names, input->one("displayLanguage").value_or(""));
  const std::string_view display = asked ? asked->text : std::string_view();
  if (system->written) return of_resource(system->written, coded.code, display, wanted);
  auto said = terminology::lookup(system->url(), coded.code);
  if (said) return of_tables(system->known, *said, display, wanted);
  said.error().fault = Fault::not_found;  // asked for by name: it is not there
  return hand_on(said);
}

}  // namespace varde::operation
