#include "fhir-model/validation/shortcuts.h"

#include <algorithm>
#include <array>

#include "fhir-model/validation/moment.h"

namespace varde::fhir {
namespace {

bool has(Element e, std::string_view name) { return bool(e[name]); }
bool has_choice(Element e, std::string_view base) { return bool(e.choice(base)); }
bool implies(bool a, bool b) { return !a || b; }

template <const char* needs, const char* other>
bool needs_other(Element e) {
  return implies(has(e, needs), has(e, other));
}
template <const char* one, const char* other>
bool not_both(Element e) {
  return !has(e, one) || !has(e, other);
}
template <const char* name>
bool absent(Element e) {
  return !has(e, name);
}
template <const char* name>
bool absent_choice(Element e) {
  return !has_choice(e, name);
}
constexpr char kValue[] = "value", kSystem[] = "system", kData[] = "data", kContentType[] = "contentType",
               kComparator[] = "comparator";
constexpr char kDuration[] = "duration", kDurationUnit[] = "durationUnit", kPeriod[] = "period",
               kPeriodUnit[] = "periodUnit", kPeriodMax[] = "periodMax", kDurationMax[] = "durationMax",
               kCountMax[] = "countMax", kCount[] = "count", kOffset[] = "offset", kTimeOfDay[] = "timeOfDay",
               kWhen[] = "when";
constexpr char kOrderDetail[] = "orderDetail", kCode[] = "code", kDetail[] = "detail", kReference[] = "reference",
               kEmptyReason[] = "emptyReason", kEntry[] = "entry", kAbatement[] = "abatement", kItem[] = "item",
               kAnswer[] = "answer", kTotal[] = "total", kDataAbsentReason[] = "dataAbsentReason",
               kComponent[] = "component", kFullUrl[] = "fullUrl", kClinicalStatus[] = "clinicalStatus";

bool not_negative(Element number) { return !number || (number.has_value() && !number.value().starts_with('-')); }

/// Both times are exact, and the first is not after the last.
bool in_order(Element first, Element last) {
  if (!first.has_value() || !last.has_value()) return true;
  const auto a = parse_moment(first.value()), b = parse_moment(last.value());
  return a && b && a->zoned && b->zoned && a->precision >= Precision::second && b->precision >= Precision::second &&
         a->begin <= b->begin;
}
bool period_in_order(Element e) { return in_order(e["start"], e["end"]); }
bool task_modified_after_authored(Element e) { return in_order(e["authoredOn"], e["lastModified"]); }

bool says_who(Element e) { return has(e, "name") || has(e, "telecom") || has(e, "address") || has(e, "organization"); }
bool range_says_something(Element e) { return has(e, "low") || has(e, "high") || has(e, "text"); }
bool value_or_reason(Element e) { return !has(e, kDataAbsentReason) || !has_choice(e, "value"); }
bool value_and_no_components(Element e) { return !has_choice(e, "value") || !has(e, kComponent); }
bool not_at_home(Element e) { return e["use"].value() != "home"; }
bool is_identified(Element e) { return has(e, "identifier") || has(e, "name"); }
bool stage_says_something(Element e) { return has(e, "summary") || has(e, "assessment"); }
bool evidence_says_something(Element e) { return has(e, "code") || has(e, "detail"); }
bool target_has_measure(Element e) { return has(e, "measure") || !has_choice(e, "detail"); }
bool section_says_something(Element e) { return has(e, "text") || has(e, "entry") || has(e, "section"); }
bool parameter_holds_one_thing(Element e) { return has(e, "part") + has_choice(e, "value") + has(e, "resource") == 1; }
bool entry_holds_something(Element e) { return has(e, "resource") || has(e, "request") || has(e, "response"); }
bool full_url_without_version(Element e) { return e[kFullUrl].value().find("/_history/") == std::string_view::npos; }

std::string_view bundle_type(Element bundle) { return bundle["type"].value(); }
bool no_document(Element e) { return bundle_type(e) != "document"; }
bool no_message(Element e) { return bundle_type(e) != "message"; }

// clang-format off
constexpr std::array kShortcuts{
  //          stated by           key       surely holds                             what would be right
  ShortcutRow{"AllergyIntolerance", "ait-1", [](Element e) { return has(e, kClinicalStatus); }, "clinicalStatus must be present unless verificationStatus is entered-in-error"},
  ShortcutRow{"AllergyIntolerance", "ait-2", absent<kClinicalStatus>,                "clinicalStatus must be absent when verificationStatus is entered-in-error"},
  ShortcutRow{"Attachment",       "att-1",  needs_other<kData, kContentType>,        "An attachment with data needs contentType"},
  ShortcutRow{"Bundle",           "bdl-1",  absent<kTotal>,                          "total stands only in a searchset or history"},
  ShortcutRow{"Bundle",           "bdl-5",  entry_holds_something,                   "An entry holds a resource, unless it has a request or a response"},
  ShortcutRow{"Bundle",           "bdl-8",  full_url_without_version,                "fullUrl does not name a version"},
  ShortcutRow{"Bundle",           "bdl-9",  no_document,                             "A document has an identifier with system and value"},
  ShortcutRow{"Bundle",           "bdl-10", no_document,                             "A document has a timestamp"},
  ShortcutRow{"Bundle",           "bdl-11", no_document,                             "The first resource of a document is a Composition"},
  ShortcutRow{"Bundle",           "bdl-12", no_message,                              "The first resource of a message is a MessageHeader"},
  ShortcutRow{"CarePlan",         "cpl-3",  not_both<kDetail, kReference>,           "An activity has a detail or a reference, not both"},
  ShortcutRow{"Composition",      "cmp-1",  section_says_something,                  "A section has text, entries or sections"},
  ShortcutRow{"Composition",      "cmp-2",  not_both<kEmptyReason, kEntry>,          "emptyReason stands only where entry is absent"},
  ShortcutRow{"Condition",        "con-1",  stage_says_something,                    "A stage has a summary or an assessment"},
  ShortcutRow{"Condition",        "con-2",  evidence_says_something,                 "Evidence has a code or a detail"},
  ShortcutRow{"Condition",        "con-4",  absent_choice<kAbatement>,               "A condition that is abated has clinicalStatus inactive, resolved or remission"},
  ShortcutRow{"Condition",        "con-5",  absent<kClinicalStatus>,                 "clinicalStatus must be absent when verificationStatus is entered-in-error"},
  ShortcutRow{"ContactPoint",     "cpt-2",  needs_other<kValue, kSystem>,            "A contact point with a value needs a system (phone, email ...)"},
  ShortcutRow{"Goal",             "gol-1",  target_has_measure,                      "A target with a detail needs a measure"},
  ShortcutRow{"Observation",      "obs-3",  range_says_something,                    "A reference range has low, high or text"},
  ShortcutRow{"Observation",      "obs-6",  value_or_reason,                         "dataAbsentReason stands only where value[x] is absent"},
  ShortcutRow{"Observation",      "obs-7",  value_and_no_components,                 "With a component of the same code, the value stands in the component only"},
  ShortcutRow{"Organization",     "org-1",  is_identified,                           "An organization has an identifier or a name"},
  ShortcutRow{"Organization",     "org-2",  not_at_home,                             "Addresses of an organization are not of use home"},
  ShortcutRow{"Organization",     "org-3",  not_at_home,                             "Telecoms of an organization are not of use home"},
  ShortcutRow{"Parameters",       "inv-1",  parameter_holds_one_thing,               "A parameter has exactly one of value[x], resource and part"},
  ShortcutRow{"Patient",          "pat-1",  says_who,                                "A contact has a name, telecom, address or organization"},
  ShortcutRow{"Period",           "per-1",  period_in_order,                         "start is not after end"},
  ShortcutRow{"Quantity",         "qty-3",  needs_other<kCode, kSystem>,             "A quantity with a code needs its system, for UCUM http://unitsofmeasure.org"},
  ShortcutRow{"QuestionnaireResponse", "qrs-1", not_both<kAnswer, kItem>,            "Items stand below the item or below its answers, not both"},
  ShortcutRow{"ServiceRequest",   "prr-1",  needs_other<kOrderDetail, kCode>,        "orderDetail stands only with code"},
  ShortcutRow{"SimpleQuantity",   "sqty-1", absent<kComparator>,                     "This quantity is exact: it has no comparator"},
  ShortcutRow{"Task",             "inv-1",  task_modified_after_authored,            "lastModified is not before authoredOn"},
  ShortcutRow{"Timing",           "tim-1",  needs_other<kDuration, kDurationUnit>,   "duration needs durationUnit"},
  ShortcutRow{"Timing",           "tim-2",  needs_other<kPeriod, kPeriodUnit>,       "period needs periodUnit"},
  ShortcutRow{"Timing",           "tim-4",  [](Element e) { return not_negative(e[kDuration]); }, "duration is not negative"},
  ShortcutRow{"Timing",           "tim-5",  [](Element e) { return not_negative(e[kPeriod]); },   "period is not negative"},
  ShortcutRow{"Timing",           "tim-6",  needs_other<kPeriodMax, kPeriod>,        "periodMax needs period"},
  ShortcutRow{"Timing",           "tim-7",  needs_other<kDurationMax, kDuration>,    "durationMax needs duration"},
  ShortcutRow{"Timing",           "tim-8",  needs_other<kCountMax, kCount>,          "countMax needs count"},
  ShortcutRow{"Timing",           "tim-9",  absent<kOffset>,                         "offset needs when, and not a meal itself (C, CM, CD, CV)"},
  ShortcutRow{"Timing",           "tim-10", not_both<kTimeOfDay, kWhen>,             "Give timeOfDay or when, not both"},
};
// clang-format on

}  // namespace

std::span<const ShortcutRow> shortcuts() { return kShortcuts; }

const ShortcutRow* find_shortcut(const ConstraintRow& row) {
  const auto found = std::ranges::find_if(kShortcuts, [&](const ShortcutRow& shortcut) {
    return shortcut.key == row.key && shortcut.defined_by == row.defined_by;
  });
  return found == kShortcuts.end() ? nullptr : &*found;
}

}  // namespace varde::fhir
