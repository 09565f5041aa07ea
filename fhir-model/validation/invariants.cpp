#include "fhir-model/validation/invariants.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <vector>

#include "fhir-model/validation/moment.h"

namespace varde::fhir {
namespace {

constexpr std::string_view kUcum = "http://unitsofmeasure.org";

bool has(Element e, std::string_view name) { return bool(e[name]); }
bool has_choice(Element e, std::string_view base) { return bool(e.choice(base)); }
bool implies(bool a, bool b) { return !a || b; }
bool is_one_of(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::ranges::find(list, text) != list.end();
}

std::optional<double> number(Element e) {
  if (!e.has_value()) return {};
  return std::strtod(std::string(e.value()).c_str(), nullptr);
}
bool not_negative(Element e) { return number(e).value_or(0) >= 0; }

/// Whether `first` may be before or at the same time as `last`; true when either is not known.
bool in_order(Element first, Element last) {
  const auto a = parse_moment(first.value()), b = parse_moment(last.value());
  return !a || !b || a->begin < b->end;
}

bool same_unit(Element a, Element b) {
  return a["code"].value() == b["code"].value() && a["system"].value() == b["system"].value() &&
         a["unit"].value() == b["unit"].value();
}

bool has_code(Element concept_, std::initializer_list<std::string_view> codes) {
  for (const Element coding : concept_.each("coding"))
    if (is_one_of(coding["code"].value(), codes)) return true;
  return false;
}

bool shares_coding(Element a, Element b) {
  for (const Element one : a.each("coding"))
    for (const Element other : b.each("coding"))
      if (one["code"].has_value() && one["code"].value() == other["code"].value() &&
          one["system"].value() == other["system"].value())
        return true;
  return false;
}

// --- data types ------------------------------------------------------------------------------------------------------

bool period_in_order(Element e) { return in_order(e["start"], e["end"]); }
bool code_needs_system(Element e) { return implies(has(e, "code"), has(e, "system")); }
bool range_in_order(Element e) {
  const Element low = e["low"], high = e["high"];
  const auto a = number(low["value"]), b = number(high["value"]);
  return !a || !b || !same_unit(low, high) || *a <= *b;
}
bool ratio_is_whole(Element e) {
  return has(e, "numerator") == has(e, "denominator") && (has(e, "numerator") || has(e, "extension"));
}
bool unit_of_time_or_length(Element e) {
  return implies(has(e, "value"), has(e, "code")) && implies(has(e, "system"), e["system"].value() == kUcum);
}
bool age_is_positive(Element e) { return unit_of_time_or_length(e) && number(e["value"]).value_or(1) > 0; }
bool duration_unit(Element e) { return implies(has(e, "code"), e["system"].value() == kUcum && has(e, "value")); }
bool count_is_whole(Element e) {
  return unit_of_time_or_length(e) && implies(has(e, "code"), e["code"].value() == "1") &&
         e["value"].value().find('.') == std::string_view::npos;
}
bool offset_has_event(Element e) {
  if (!has(e, "offset")) return true;
  for (const Element when : e.each("when"))
    if (is_one_of(when.value(), {"C", "CM", "CD", "CV"})) return false;
  return has(e, "when");
}

template <const char* needs, const char* other>
bool needs_other(Element e) {
  return implies(has(e, needs), has(e, other));
}
constexpr char kValue[] = "value", kSystem[] = "system", kData[] = "data", kContentType[] = "contentType";
constexpr char kDuration[] = "duration", kDurationUnit[] = "durationUnit", kPeriod[] = "period",
               kPeriodUnit[] = "periodUnit", kPeriodMax[] = "periodMax", kDurationMax[] = "durationMax",
               kCountMax[] = "countMax", kCount[] = "count";
constexpr char kOrderDetail[] = "orderDetail", kCode[] = "code";

// --- resources -------------------------------------------------------------------------------------------------------

bool observation_value_or_reason(Element e) { return implies(has(e, "dataAbsentReason"), !has_choice(e, "value")); }
bool observation_value_not_repeated(Element e) {
  if (!has_choice(e, "value")) return true;
  for (const Element component : e.each("component"))
    if (shares_coding(component["code"], e["code"])) return false;
  return true;
}
bool reference_range_says_something(Element e) { return has(e, "low") || has(e, "high") || has(e, "text"); }
bool contact_says_who(Element e) {
  return has(e, "name") || has(e, "telecom") || has(e, "address") || has(e, "organization");
}
bool condition_abatement(Element e) {
  return implies(has_choice(e, "abatement"), has_code(e["clinicalStatus"], {"resolved", "remission", "inactive"}));
}
bool no_clinical_status_when_in_error(Element e) {
  return implies(has_code(e["verificationStatus"], {"entered-in-error"}), !has(e, "clinicalStatus"));
}
bool allergy_has_clinical_status(Element e) {
  return has_code(e["verificationStatus"], {"entered-in-error"}) || has(e, "clinicalStatus");
}
bool stage_says_something(Element e) { return has(e, "summary") || has(e, "assessment"); }
bool evidence_says_something(Element e) { return has(e, "code") || has(e, "detail"); }
bool activity_detail_or_reference(Element e) { return !(has(e, "detail") && has(e, "reference")); }
bool goal_target_has_measure(Element e) { return implies(has_choice(e, "detail"), has(e, "measure")); }
bool task_modified_after_authored(Element e) { return in_order(e["authoredOn"], e["lastModified"]); }
bool organization_is_identified(Element e) { return has(e, "identifier") || has(e, "name"); }
bool organization_not_at_home(Element e) {
  for (const auto list : {"address", "telecom"})
    for (const Element item : e.each(list))
      if (item["use"].value() == "home") return false;
  return true;
}
bool section_says_something(Element e) { return has(e, "text") || has(e, "entry") || has(e, "section"); }
bool empty_reason_only_when_empty(Element e) { return !(has(e, "emptyReason") && has(e, "entry")); }
bool parameter_holds_one_thing(Element e) { return has(e, "part") + has_choice(e, "value") + has(e, "resource") == 1; }
bool probability_is_percent(Element e) { return number(e["probabilityDecimal"]).value_or(0) <= 100; }
bool enable_behavior(Element e) { return implies(e.count("enableWhen") > 1, has(e, "enableBehavior")); }
bool answer_or_item_children(Element e) {
  for (const Element answer : e.each("answer"))
    if (has(e, "item") && has(answer, "item")) return false;
  return true;
}
bool group_questions_have_no_answers(Element e) {
  const std::string_view type = e["type"].value();
  return implies(type == "group", has(e, "item")) && implies(type == "display", !has(e, "item"));
}
bool display_has_no_code(Element e) { return implies(e["type"].value() == "display", !has(e, "code")); }
bool list_deleted_only_in_changes(Element e) {
  for (const Element entry : e.each("entry"))
    if (entry["deleted"].value() == "true" && e["mode"].value() != "changes") return false;
  return true;
}
bool appointment_both_times(Element e) { return has(e, "start") == has(e, "end"); }
bool appointment_has_times(Element e) {
  return (has(e, "start") && has(e, "end")) || is_one_of(e["status"].value(), {"proposed", "cancelled", "waitlist"});
}
bool participant_has_actor(Element e) { return has(e, "type") || has(e, "actor"); }
bool concepts_or_filters(Element e) { return !(has(e, "concept") && has(e, "filter")); }
bool system_for_concepts(Element e) { return implies(has(e, "concept") || has(e, "filter"), has(e, "system")); }

// --- bundles ---------------------------------------------------------------------------------------------------------

std::string_view bundle_type(Element bundle) { return bundle["type"].value(); }
bool total_only_in_results(Element e) {
  return implies(has(e, "total"), is_one_of(bundle_type(e), {"searchset", "history"}));
}
bool search_only_in_searchset(Element e) {
  for (const Element entry : e.each("entry"))
    if (has(entry, "search") && bundle_type(e) != "searchset") return false;
  return true;
}
bool request_where_asked(Element e) {
  return has(e, "request") == is_one_of(bundle_type(e.parent()), {"batch", "transaction", "history"});
}
bool response_where_given(Element e) {
  return has(e, "response") ==
         is_one_of(bundle_type(e.parent()), {"batch-response", "transaction-response", "history"});
}
bool links_are_unique(Element e) {
  std::vector<std::string_view> relations;
  for (const Element link : e.each("link"))
    if (const auto relation = link["relation"].value();
        is_one_of(relation, {"self", "first", "previous", "prev", "next", "last"}))
      relations.push_back(relation);
  std::ranges::sort(relations);
  return std::ranges::adjacent_find(relations) == relations.end();
}
bool entry_holds_something(Element e) { return has(e, "resource") || has(e, "request") || has(e, "response"); }
bool full_url_without_version(Element e) { return e["fullUrl"].value().find("/_history/") == std::string_view::npos; }
bool full_urls_are_unique(Element e) {
  if (bundle_type(e) == "history") return true;
  std::vector<std::pair<std::string_view, std::string_view>> seen;
  for (const Element entry : e.each("entry"))
    if (has(entry, "fullUrl"))
      seen.emplace_back(entry["fullUrl"].value(), entry["resource"]["meta"]["versionId"].value());
  std::ranges::sort(seen);
  return std::ranges::adjacent_find(seen) == seen.end();
}
bool document_is_identified(Element e) {
  return bundle_type(e) != "document" || (has(e["identifier"], "system") && has(e["identifier"], "value"));
}
bool document_has_time(Element e) { return bundle_type(e) != "document" || has(e, "timestamp"); }
bool first_is(Element bundle, std::string_view type) { return bundle["entry"]["resource"].type_name() == type; }
bool document_starts_with_composition(Element e) { return bundle_type(e) != "document" || first_is(e, "Composition"); }
bool message_starts_with_header(Element e) { return bundle_type(e) != "message" || first_is(e, "MessageHeader"); }

// clang-format off
constexpr std::array kInvariants{
  //           type                        key        holds                                      what would be right
  InvariantRow{"Age",                      "age-1",   age_is_positive,                           "An age has a positive value with a UCUM code and system"},
  InvariantRow{"AllergyIntolerance",       "ait-1",   allergy_has_clinical_status,               "clinicalStatus must be present unless verificationStatus is entered-in-error"},
  InvariantRow{"AllergyIntolerance",       "ait-2",   no_clinical_status_when_in_error,          "clinicalStatus must be absent when verificationStatus is entered-in-error"},
  InvariantRow{"Appointment",              "app-2",   appointment_both_times,                    "Give both start and end, or neither"},
  InvariantRow{"Appointment",              "app-3",   appointment_has_times,                     "Only a proposed, cancelled or waitlisted appointment may lack start and end"},
  InvariantRow{"Appointment.participant",  "app-1",   participant_has_actor,                     "A participant needs a type or an actor"},
  InvariantRow{"Attachment",               "att-1",   needs_other<kData, kContentType>,          "An attachment with data needs contentType"},
  InvariantRow{"Bundle",                   "bdl-1",   total_only_in_results,                     "total stands only in a searchset or history"},
  InvariantRow{"Bundle",                   "bdl-2",   search_only_in_searchset,                  "entry.search stands only in a searchset"},
  InvariantRow{"Bundle",                   "bdl-7",   full_urls_are_unique,                      "fullUrl is unique in a Bundle, or the entries differ in meta.versionId"},
  InvariantRow{"Bundle",                   "bdl-9",   document_is_identified,                    "A document has an identifier with system and value"},
  InvariantRow{"Bundle",                   "bdl-10",  document_has_time,                         "A document has a timestamp"},
  InvariantRow{"Bundle",                   "bdl-11",  document_starts_with_composition,          "The first resource of a document is a Composition"},
  InvariantRow{"Bundle",                   "bdl-12",  message_starts_with_header,                "The first resource of a message is a MessageHeader"},
  InvariantRow{"Bundle",                   "http",    links_are_unique,                          "Each of self, first, previous, next and last is linked at most once"},
  InvariantRow{"Bundle.entry",             "bdl-3",   request_where_asked,                       "Every entry of a batch, transaction or history has a request, and no other entry has one"},
  InvariantRow{"Bundle.entry",             "bdl-4",   response_where_given,                      "Every entry of a batch-response, transaction-response or history has a response, and no other entry has one"},
  InvariantRow{"Bundle.entry",             "bdl-5",   entry_holds_something,                     "An entry holds a resource, unless it has a request or a response"},
  InvariantRow{"Bundle.entry",             "bdl-8",   full_url_without_version,                  "fullUrl does not name a version"},
  InvariantRow{"CarePlan.activity",        "cpl-3",   activity_detail_or_reference,              "An activity has a detail or a reference, not both"},
  InvariantRow{"Composition.section",      "cmp-1",   section_says_something,                    "A section has text, entries or sections"},
  InvariantRow{"Composition.section",      "cmp-2",   empty_reason_only_when_empty,              "emptyReason stands only where entry is absent"},
  InvariantRow{"Condition",                "con-4",   condition_abatement,                       "A condition that is abated has clinicalStatus inactive, resolved or remission"},
  InvariantRow{"Condition",                "con-5",   no_clinical_status_when_in_error,          "clinicalStatus must be absent when verificationStatus is entered-in-error"},
  InvariantRow{"Condition.evidence",       "con-2",   evidence_says_something,                   "Evidence has a code or a detail"},
  InvariantRow{"Condition.stage",          "con-1",   stage_says_something,                      "A stage has a summary or an assessment"},
  InvariantRow{"ContactPoint",             "cpt-2",   needs_other<kValue, kSystem>,              "A contact point with a value needs a system (phone, email ...)"},
  InvariantRow{"Count",                    "cnt-3",   count_is_whole,                            "A count is a whole number with the UCUM code 1"},
  InvariantRow{"Distance",                 "dis-1",   unit_of_time_or_length,                    "A distance has a UCUM code and system"},
  InvariantRow{"Duration",                 "drt-1",   duration_unit,                             "A duration with a code has a value and the UCUM system"},
  InvariantRow{"Goal.target",              "gol-1",   goal_target_has_measure,                   "A target with a detail needs a measure"},
  InvariantRow{"List",                     "lst-1",   empty_reason_only_when_empty,              "emptyReason stands only where entry is absent"},
  InvariantRow{"List",                     "lst-2",   list_deleted_only_in_changes,              "deleted stands only in a list whose mode is changes"},
  InvariantRow{"Observation",              "obs-6",   observation_value_or_reason,               "dataAbsentReason stands only where value[x] is absent"},
  InvariantRow{"Observation",              "obs-7",   observation_value_not_repeated,            "With a component of the same code, the value stands in the component only"},
  InvariantRow{"Observation.referenceRange", "obs-3", reference_range_says_something,            "A reference range has low, high or text"},
  InvariantRow{"Organization",             "org-1",   organization_is_identified,                "An organization has an identifier or a name"},
  InvariantRow{"Organization",             "org-2",   organization_not_at_home,                  "Addresses and telecoms of an organization are not of use home"},
  InvariantRow{"Parameters.parameter",     "inv-1",   parameter_holds_one_thing,                 "A parameter has exactly one of value[x], resource and part"},
  InvariantRow{"Patient.contact",          "pat-1",   contact_says_who,                          "A contact has a name, telecom, address or organization"},
  InvariantRow{"Period",                   "per-1",   period_in_order,                           "start is not after end"},
  InvariantRow{"Quantity",                 "qty-3",   code_needs_system,                         "A quantity with a code needs its system, for UCUM http://unitsofmeasure.org"},
  InvariantRow{"Questionnaire.item",       "que-1",   group_questions_have_no_answers,           "A group has items, a display has none"},
  InvariantRow{"Questionnaire.item",       "que-3",   display_has_no_code,                       "A display item has no code"},
  InvariantRow{"Questionnaire.item",       "que-12",  enable_behavior,                           "With several enableWhen, enableBehavior is needed"},
  InvariantRow{"QuestionnaireResponse.item", "qrs-1", answer_or_item_children,                   "Items stand below the item or below its answers, not both"},
  InvariantRow{"Range",                    "rng-2",   range_in_order,                            "low is not larger than high"},
  InvariantRow{"Ratio",                    "rat-1",   ratio_is_whole,                            "A ratio has numerator and denominator"},
  InvariantRow{"RiskAssessment.prediction", "ras-2",  probability_is_percent,                    "A probability is at most 100"},
  InvariantRow{"ServiceRequest",           "prr-1",   needs_other<kOrderDetail, kCode>,          "orderDetail stands only with code"},
  InvariantRow{"Task",                     "inv-1",   task_modified_after_authored,              "lastModified is not before authoredOn"},
  InvariantRow{"Timing.repeat",            "tim-1",   needs_other<kDuration, kDurationUnit>,     "duration needs durationUnit"},
  InvariantRow{"Timing.repeat",            "tim-2",   needs_other<kPeriod, kPeriodUnit>,         "period needs periodUnit"},
  InvariantRow{"Timing.repeat",            "tim-4",   [](Element e) { return not_negative(e["duration"]); }, "duration is not negative"},
  InvariantRow{"Timing.repeat",            "tim-5",   [](Element e) { return not_negative(e["period"]); },   "period is not negative"},
  InvariantRow{"Timing.repeat",            "tim-6",   needs_other<kPeriodMax, kPeriod>,          "periodMax needs period"},
  InvariantRow{"Timing.repeat",            "tim-7",   needs_other<kDurationMax, kDuration>,      "durationMax needs duration"},
  InvariantRow{"Timing.repeat",            "tim-8",   needs_other<kCountMax, kCount>,            "countMax needs count"},
  InvariantRow{"Timing.repeat",            "tim-9",   offset_has_event,                          "offset needs when, and not a meal itself (C, CM, CD, CV)"},
  InvariantRow{"Timing.repeat",            "tim-10",  [](Element e) { return !(has(e, "timeOfDay") && has(e, "when")); }, "Give timeOfDay or when, not both"},
  InvariantRow{"ValueSet.compose.include", "vsd-1",   [](Element e) { return has(e, "valueSet") || has(e, "system"); }, "An include has a system or a valueSet"},
  InvariantRow{"ValueSet.compose.include", "vsd-2",   system_for_concepts,                       "Concepts and filters need a system"},
  InvariantRow{"ValueSet.compose.include", "vsd-3",   concepts_or_filters,                       "An include has concepts or filters, not both"},
};
// clang-format on

}  // namespace

std::span<const InvariantRow> invariants() { return kInvariants; }

std::span<const InvariantRow* const> invariants_of(TypeId type) {
  static const auto kByType = [] {
    std::vector<std::vector<const InvariantRow*>> rows(types().size());
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (const InvariantRow& row : kInvariants)
        if (derives_from(static_cast<TypeId>(i), find_type(row.type))) rows[i].push_back(&row);
    return rows;
  }();
  return kByType[static_cast<std::size_t>(type)];
}

}  // namespace varde::fhir
