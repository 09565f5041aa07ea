#include "server/operation/apply/activity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fhir-model/validation/validation.h"
#include "server/followup/codes.h"
#include "server/operation/apply/kind.h"
#include "server/operation/apply/place.h"
#include "server/operation/apply/when.h"

namespace varde::operation::apply {

namespace {

using fhir::Editor;

/// What changes what is to be done: a resource that could not say it would say something else.
constexpr std::array<std::string_view, 6> kMustBeSaid{"bodySite", "dosage",  "location",
                                                      "priority", "product", "quantity"};

Failure at(Failure failure, Element place) {
  if (failure.expression.empty()) failure.expression = place.path();
  return failure;
}

std::vector<Element> values_of(Element definition, std::string_view name, Element action) {
  std::vector<Element> found;
  if (name == "role") {
    for (const Element participant : definition.each("participant"))
      for (const Element role : participant.each("role")) found.push_back(role);
    if (found.size() > 1) found.clear();  // several may take part: none of them is the performer
  } else if (name == "reason") {
    for (const Element reason : action.each("reason")) found.push_back(reason);
  } else if (name == "priority" && action["priority"]) {
    found.push_back(action["priority"]);
  } else if (const Element choice = definition.choice(name)) {
    found.push_back(choice);
  } else {
    for (const Element value : definition.each(name)) found.push_back(value);
  }
  return found;
}

/// Whether an earlier row has said that already: a product goes before a code.
bool is_said(Element made, std::string_view to) {
  return to.find('.') == std::string_view::npos && (made[to] || made.choice(to));
}

Result<void> carry(Editor made, const Kind& kind, Element definition, Element action) {
  for (const Carried& row : kind.carried) {
    const auto values = values_of(definition, row.from, action);
    if (values.empty() || is_said(made, row.to)) continue;
    fhirpath::Collection items(values.begin(), values.end());
    if (auto put = put_at(made, row.to, items); !put) return tl::unexpected<Failure>(at(put.error(), values.front()));
  }
  for (const std::string_view name : kMustBeSaid) {
    const auto values = values_of(definition, name, {});
    const bool has_place =
        std::any_of(kind.carried.begin(), kind.carried.end(), [&](const Carried& row) { return row.from == name; });
    if (!values.empty() && !has_place)
      return fail(Fault::business_rule, fmt::format("A {} has no place for {}.", kind.type, name),
                  values.front().path());
  }
  const bool may_forbid = std::any_of(kind.carried.begin(), kind.carried.end(),
                                      [](const Carried& row) { return row.from == "doNotPerform"; });
  if (definition["doNotPerform"].value() == "true" && !may_forbid)
    return fail(Fault::business_rule, fmt::format("A {} cannot say what is not to be done.", kind.type),
                definition["doNotPerform"].path());
  return {};
}

/// A moment where a period is wanted.
fhir::Tree period_at(std::string_view moment) {
  auto tree = fhir::Tree::of("Parameters");
  auto period = tree.edit().add("parameter").add("valuePeriod");
  period.set("start", moment);
  period.set("end", moment);
  return tree;
}

Result<void> set_time(Editor made, const Kind& kind, Element definition, Setting& setting, Element action) {
  const Element timing = action.choice("timing") ? action.choice("timing") : definition.choice("timing");
  if (!timing) return {};
  if (kind.occurrence.empty() && action.choice("timing")) return {};  // the RequestGroup's action says it
  if (kind.occurrence.empty())
    return fail(Fault::business_rule, fmt::format("A {} has no place for when it is to be done.", kind.type),
                timing.path());
  const auto when = When::of(timing, setting);
  FHIR_TRY(when);
  const Element value = when->value();
  auto put = put_at(made, kind.occurrence, {value});
  if (!put && value.type_name() == "dateTime") {
    const auto period = period_at(value.value());
    put = put_at(made, kind.occurrence, {period.root().at("parameter", 0).choice("value")});
  }
  if (!put) return tl::unexpected<Failure>(at(put.error(), timing));
  return {};
}

void set_reference(Editor made, std::string_view path, const std::string& reference) {
  if (path.empty() || reference.empty()) return;
  if (auto put = put_at(made, std::string(path) + ".reference", {fhirpath::Item(reference)}); !put)
    throw std::logic_error("a row of the kinds names no reference: " + std::string(path));
}

/// What a plan says of a measurement beside R4's own words: limits, rules and deadlines stand on the definition as they
/// do on the request.
void hand_on_extensions(Editor made, const Kind& kind, Element definition) {
  constexpr std::array kHandedOn{followup::codes::kLimit, followup::codes::kRule, followup::codes::kDeadline};
  if (kind.type != "ServiceRequest") return;
  for (const Element extension : definition.each("extension"))
    if (std::find(kHandedOn.begin(), kHandedOn.end(), extension["url"].value()) != kHandedOn.end())
      made.add_copy("extension", extension);
}

void set_head(Editor made, const Kind& kind, Element definition, const Setting& setting) {
  for (const Element profile : definition.each("profile")) made.ensure("meta").add("profile", profile.value());
  made.set("status", kind.status);
  const Element intent = definition["intent"];
  if (kind.intent) made.set("intent", intent ? intent.value() : "proposal");
  set_reference(made, kind.subject, setting.subject());
  if (kind.type == "Appointment") made.ensure("participant").set("status", "needs-action");
  set_reference(made, kind.encounter, setting.encounter());
  set_reference(made, kind.requester, setting.author());
  if (!kind.authored.empty()) made.set(kind.authored, setting.now());
  if (!kind.instantiates.empty()) made.add(kind.instantiates, canonical_of(definition));
  hand_on_extensions(made, kind, definition);
}

/// What the definition contains and the made resource refers to.
void bring_contained(Editor made, Element definition) {
  const auto refers = [](auto&& self, Element in, std::string_view id) -> bool {
    for (const Element child : in.children()) {
      const auto text = child.value();
      if (text.size() == id.size() + 1 && text.front() == '#' && text.substr(1) == id) return true;
      if (self(self, child, id)) return true;
    }
    return false;
  };
  for (const Element contained : definition.each("contained"))
    if (refers(refers, made, contained["id"].value())) made.add_copy("contained", contained);
}

}  // namespace

std::string canonical_of(Element definition) {
  if (!definition["url"]) return fmt::format("{}/{}", definition.type_name(), definition["id"].value());
  return definition["version"] ? fmt::format("{}|{}", definition["url"].value(), definition["version"].value())
                               : std::string(definition["url"].value());
}

Result<void> check_use(Element definition, const Setting& setting) {
  if (definition["status"].value() == "retired")
    return fail(Fault::business_rule, fmt::format("This {} is retired.", definition.type_name()),
                definition["status"].path());
  const Element subject = definition.choice("subject");
  const std::string_view wanted = subject ? subject["coding"]["code"].value() : std::string_view("Patient");
  const std::string_view given = fhir::row_of(setting.subject_type()).name;
  if (!wanted.empty() && wanted != given)
    return fail(Fault::business_rule,
                fmt::format("This {} is for a {}, not for a {}.", definition.type_name(), wanted, given), "subject");
  return {};
}

Result<void> check_made(Element made, Setting& setting) {
  auto wrong = fhir::validate(made, fhir::Report::errors, setting.budget());
  FHIR_TRY(setting.budget()->within());
  if (wrong.empty()) return {};
  Failure all = fhir::as_one(std::move(wrong));
  all.fault = Fault::business_rule;
  all.diagnostics = "What the definition makes is not valid: " + all.diagnostics;
  for (Failure& more : all.also) more.fault = Fault::business_rule;
  return tl::unexpected<Failure>(std::move(all));
}

Result<void> put_dynamic(Editor into, std::string_view path, Element dynamic_value, Element definition,
                         Setting& setting) {
  if (path.empty() || path == "~")
    return fail(Fault::not_supported, "A dynamic value says by its path which element it sets.", dynamic_value.path());
  const auto values = setting.evaluate(dynamic_value["expression"], definition);
  FHIR_TRY(values);
  if (values->empty()) return {};
  if (auto put = put_at(into, path, *values); !put)
    return tl::unexpected<Failure>(at(put.error(), dynamic_value["path"]));
  return {};
}

Result<fhir::Tree> make_activity(Element definition, Setting& setting, Element action) {
  FHIR_TRY(check_use(definition, setting));
  if (definition["transform"])
    return fail(Fault::not_supported, "A StructureMap is not followed here; dynamicValue is.",
                definition["transform"].path());
  const Kind* kind = find_kind(definition["kind"].value());
  if (!kind && !definition["kind"])
    return fail(Fault::business_rule, "The definition must say its kind: what resource it becomes.",
                "ActivityDefinition.kind");
  if (!kind)
    return fail(Fault::not_supported, fmt::format("What can be made is {}.", kind_names()), definition["kind"].path());
  auto tree = fhir::Tree::of(kind->type);
  auto made = tree.edit();
  set_head(made, *kind, definition, setting);
  FHIR_TRY(carry(made, *kind, definition, action));
  FHIR_TRY(set_time(made, *kind, definition, setting, action));
  for (const Element dynamic : definition.each("dynamicValue"))
    FHIR_TRY(put_dynamic(made, dynamic["path"].value(), dynamic, definition, setting));
  bring_contained(made, definition);
  return tree;
}

}  // namespace varde::operation::apply
