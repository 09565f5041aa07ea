/// [Patient|Encounter|EpisodeOfCare]/[id]/$everything: the resource itself, all that belongs to it, in order of
/// creation, and what those point to outside of every patient (practitioners, organizations, devices ...), paged,
/// without a cap. To a Patient belongs the compartment; to an Encounter what search parameters lead to it by; to an
/// EpisodeOfCare that too, and all of its Encounters. Asked of a deleted Patient it answers for what is left.
///   start, end  by the date of care that a resource tells; what tells none is in every span
/// Sources: https://hl7.org/fhir/R4/patient-operation-everything.html,
/// https://hl7.org/fhir/R4/encounter-operation-everything.html
#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "fhir-model/element/reference.h"
#include "fhir-model/text/percent.h"
#include "server/interaction/answer.h"
#include "server/interaction/bundle.h"
#include "server/interaction/text.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"
#include "server/search/parameter.h"

namespace varde::operation {

namespace {

using storage::ResourceKey;
using storage::Version;

const fhir::TypeId kPatient = fhir::find_resource_type("Patient"), kEncounter = fhir::find_resource_type("Encounter"),
                   kEpisode = fhir::find_resource_type("EpisodeOfCare");

/// Search parameters that tell when care was given; the first that a resource has a date of decides.
constexpr std::array<std::string_view, 14> kCareDates{
    "date", "effective", "effective-time", "occurrence",  "period",        "onset-date", "start-date",
    "sent", "authored",  "authoredon",     "authored-on", "recorded-date", "created",    "issued"};

struct Question {
  std::set<fhir::TypeId> types;  ///< none: all
  std::optional<storage::Instant> since;
  std::string start, end;                    ///< as they were sent
  std::optional<storage::Instant> from, to;  ///< of care, half-open
  std::size_t count = 0;
  ResourceKey after = ResourceKey::none;

  bool asks_for_span() const { return from || to; }
  bool takes(const Version& version) const {
    return version.method != storage::Method::remove && (types.empty() || types.contains(version.type)) &&
           (!since || version.updated >= *since);
  }
};

std::string of_link(const Request& request) {
  return "everything " + std::string(fhir::row_of(request.type).name) + "/" + request.id;
}

Result<ResourceKey> after_of(const Input& input, const Request& request, const Context& context) {
  const auto sealed = input.one("_cursor");
  if (!sealed) return ResourceKey::none;
  auto plain = context.cursor_key.open(*sealed);
  FHIR_TRY(plain);
  std::int64_t key = 0;
  const auto space = std::min(plain->find(' '), plain->size());
  const auto [end, error] = std::from_chars(plain->data(), plain->data() + space, key);
  if (error != std::errc{} || plain->substr(std::min(space + 1, plain->size())) != of_link(request))
    return fail(Fault::parameter_malformed, "This page link belongs to another request.", "_cursor");
  return ResourceKey{key};
}

Result<void> take_span(const Input& input, const View& view, Question& question) {
  if (const auto start = input.one("start")) {
    const auto from = followup::parse_instant(*start, view.zone());
    if (!from) return fail(Fault::parameter_malformed, "start is a date or a time.", "start");
    question.start = *start, question.from = *from;
  }
  if (const auto end = input.one("end")) {
    const auto to = end_of(*end, view.zone());
    if (!to) return fail(Fault::parameter_malformed, "end is a date or a time.", "end");
    question.end = *end, question.to = *to;
  }
  if (question.from && question.to && *question.from >= *question.to)
    return fail(Fault::parameter_malformed, "The end is before the start.", "end");
  return {};
}

Result<Question> question_of(const Input& input, const Request& request, const View& view, const Context& context) {
  Question question;
  const auto count = input.count("_count", context.limits.longest_page, context.limits.longest_page);
  FHIR_TRY(count);
  question.count = *count;
  for (const auto& value : input.all("_type"))
    for (std::size_t at = 0; at <= value.size();) {
      const auto comma = std::min(value.find(',', at), value.size());
      const auto type = fhir::find_resource_type(std::string_view(value).substr(at, comma - at));
      if (type == fhir::TypeId::none)
        return fail(Fault::parameter_malformed, "_type is a list of R4's resource types.", "_type");
      question.types.insert(type);
      at = comma + 1;
    }
  if (const auto since = input.one("_since")) {
    const auto instant = followup::parse_instant(*since, view.zone());
    if (!instant) return fail(Fault::parameter_malformed, "_since is an instant.", "_since");
    question.since = *instant;
  }
  FHIR_TRY(take_span(input, view, question));
  const auto after = after_of(input, request, context);
  FHIR_TRY(after);
  question.after = *after;
  return question;
}

using Keys = std::set<ResourceKey>;

/// Every resource that a parameter of the compartment leads to the patient by: by a reference, or by an identifier.
Result<void> gather_compartment(const View& view, const std::string& id, Keys& found) {
  const auto add = [&](const std::vector<ResourceKey>& keys) { found.insert(keys.begin(), keys.end()); };
  const auto patient = view.tree(kPatient, id);
  for (const auto& row : fhir::patient_compartment()) {
    const auto* parameter = search::parameters_of(row.type).find(row.parameter);
    if (!parameter) continue;
    view.budget().spend();
    FHIR_TRY(view.budget().within());
    for (const auto key : parameter->keys) add(view.referring(key, kPatient, id));
    if (!patient) continue;
    for (const auto identifier : patient->root().each("identifier"))
      for (const auto key : parameter->identifier_keys)
        add(view.by_token(key, identifier["system"].value(), identifier["value"].value()));
  }
  return {};
}

/// Every resource with a parameter that is made for such a target and leads to this one.
Result<void> gather_referring(const View& view, fhir::TypeId target, const std::string& id, Keys& found) {
  for (const auto& type : fhir::types()) {
    if (type.kind != fhir::TypeKind::resource) continue;
    for (const auto& parameter : search::parameters_of(fhir::find_resource_type(type.name)).all) {
      const bool leads = parameter.kind == fhir::SearchKind::reference && !parameter.targets.empty() &&
                         std::find(parameter.target_types.begin(), parameter.target_types.end(), target) !=
                             parameter.target_types.end();
      if (!leads) continue;
      view.budget().spend();
      FHIR_TRY(view.budget().within());
      for (const auto key : parameter.keys) {
        const auto keys = view.referring(key, target, id);
        found.insert(keys.begin(), keys.end());
      }
    }
  }
  return {};
}

Result<void> gather_episode(const View& view, const std::string& id, Keys& found) {
  FHIR_TRY(gather_referring(view, kEpisode, id, found));
  const std::vector<ResourceKey> first(found.begin(), found.end());
  for (const auto key : first)
    if (const auto version = view.current(key); version && version->type == kEncounter)
      FHIR_TRY(gather_referring(view, kEncounter, version->id, found));
  return {};
}

Result<std::vector<ResourceKey>> belonging(const View& view, const Request& request) {
  Keys found;
  FHIR_TRY(request.type == kPatient   ? gather_compartment(view, request.id, found)
           : request.type == kEpisode ? gather_episode(view, request.id, found)
                                      : gather_referring(view, request.type, request.id, found));
  if (const auto own = view.current(request.type, request.id)) found.erase(own->key);
  return std::vector<ResourceKey>(found.begin(), found.end());
}

/// Whether the care that it tells of lies in the span that is asked about.
bool is_in_span(const fhir::Element resource, const Question& question, const View& view) {
  storage::IndexRows rows;
  view.store().index(resource, view, rows);
  for (const std::string_view code : kCareDates) {
    const auto* parameter = search::parameters_of(resource.type()).find(code);
    if (!parameter || parameter->kind != fhir::SearchKind::date) continue;
    bool tells = false;
    for (const auto& row : rows.dates) {
      const auto is_of = [&](const std::vector<storage::ParameterKey>& keys) {
        return std::find(keys.begin(), keys.end(), row.parameter) != keys.end();
      };
      if (!is_of(parameter->keys) && !is_of(parameter->long_keys)) continue;
      tells = true;
      if ((!question.to || row.begin < *question.to) && (!question.from || row.end > *question.from)) return true;
    }
    if (tells) return false;
  }
  return true;
}

/// Literal references to our own resources that belong to no patient.
void collect_outside(fhir::Element element, const View& view, Keys& found) {
  if (element.name() == "reference" && element.has_value()) {
    const auto parsed = fhir::parse_reference(element.value());
    if (parsed.type == fhir::TypeId::none || parsed.type == kPatient) return;
    if (const auto id = view.own_id(element.value(), parsed.type); !id.empty())
      if (const auto version = view.current(parsed.type, id))
        if (version->patient == storage::PatientKey::none) found.insert(version->key);
    return;
  }
  for (const auto child : element.children()) collect_outside(child, view, found);
}

void add(const Version& version, std::string_view mode, const std::string& base, interaction::BundleText& bundle) {
  const std::string url = base + "/" + std::string(fhir::row_of(version.type).name) + "/" + version.id;
  bundle.entry({.full_url = url, .resource = version.bytes, .search_mode = mode});
}

using interaction::Limits;

struct Page {
  std::vector<Version> matches;
  std::set<ResourceKey> outside;
  bool more = false;
};

Result<Page> page_of(const std::vector<ResourceKey>& keys, const Question& question, const View& view,
                     const Limits& limits) {
  Page page;
  std::size_t bytes = 0;
  for (auto key = std::ranges::upper_bound(keys, question.after); key != keys.end(); ++key) {
    auto version = view.current(*key);
    if (!version || version->type == kPatient || !question.takes(*version)) continue;
    const auto tree = question.asks_for_span() ? std::optional(view.tree(*version)) : std::nullopt;
    if (tree && !is_in_span(tree->root(), question, view)) continue;
    if (page.matches.size() >= question.count || bytes > limits.page_bytes) {
      page.more = true;
      break;
    }
    view.budget().spend(), view.budget().take(version->bytes.size());
    FHIR_TRY(view.budget().within());
    if (question.types.empty()) collect_outside(view.tree(*version).root(), view, page.outside);
    bytes += version->bytes.size();
    page.matches.push_back(std::move(*version));
  }
  return page;
}

std::string next_link(const Request& request, const Question& question, ResourceKey last, const Context& context) {
  std::string link = request.base + "/" + std::string(fhir::row_of(request.type).name) + "/" + request.id +
                     "/$everything?_count=" + std::to_string(question.count);
  std::string types;
  for (const auto type : question.types)
    types += (types.empty() ? "&_type=" : ",") + std::string(fhir::row_of(type).name);
  link += types;
  if (question.since) link += "&_since=" + fhir::text::percent_encoded(interaction::fhir_instant(*question.since));
  if (!question.start.empty()) link += "&start=" + fhir::text::percent_encoded(question.start);
  if (!question.end.empty()) link += "&end=" + fhir::text::percent_encoded(question.end);
  return link + "&_cursor=" +
         context.cursor_key.seal(std::to_string(static_cast<std::int64_t>(last)) + " " + of_link(request));
}

}  // namespace

Result<Response> everything(const Request& request, const View& view, const Context& context) {
  const auto input = Input::read(request, {"_count", "_type", "_since", "start", "end", "_cursor"});
  FHIR_TRY(input);
  const auto question = question_of(*input, request, view, context);
  FHIR_TRY(question);
  const auto focus = view.current(request.type, request.id);
  if (!focus) return tl::unexpected<Failure>(interaction::not_found(request.type));
  if (request.type != kPatient) FHIR_TRY(interaction::find_live(view, request.type, request.id));
  const auto keys = belonging(view, request);
  FHIR_TRY(keys);
  auto page = page_of(*keys, *question, view, context.limits);
  FHIR_TRY(page);
  interaction::BundleText bundle("searchset");
  if (page->more) bundle.link("next", next_link(request, *question, page->matches.back().key, context));
  if (question->after == ResourceKey::none && question->takes(*focus)) {
    if (question->types.empty()) collect_outside(view.tree(*focus).root(), view, page->outside);
    add(*focus, "match", request.base, bundle);
  }
  for (const auto& version : page->matches) add(version, "match", request.base, bundle);
  for (const auto key : page->outside) {
    const auto version = view.current(key);
    const bool is_sent = !version || version->key == focus->key || std::binary_search(keys->begin(), keys->end(), key);
    if (!is_sent && version->method != storage::Method::remove) add(*version, "include", request.base, bundle);
  }
  Response response;
  response.body = std::move(bundle).finish();
  return response;
}

}  // namespace varde::operation
