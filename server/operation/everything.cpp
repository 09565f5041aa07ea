/// Patient/[id]/$everything: https://hl7.org/fhir/R4/patient-operation-everything.html
/// The Patient, all that is in the patient's compartment, in order of creation, and what those point to outside of it
/// (practitioners, organizations, devices ...), paged. Asked of a deleted Patient it answers for what is left.
#include <algorithm>
#include <charconv>
#include <set>

#include "fhir-model/element/reference.h"
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

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");

struct Question {
  std::set<fhir::TypeId> types;  ///< none: all
  std::optional<storage::Instant> since;
  std::size_t count = 0;
  ResourceKey after = ResourceKey::none;

  bool takes(const Version& version) const {
    return version.method != storage::Method::remove && (types.empty() || types.contains(version.type)) &&
           (!since || version.updated >= *since);
  }
};

Result<ResourceKey> after_of(const Input& input, const std::string& id, const Context& context) {
  const auto sealed = input.one("_cursor");
  if (!sealed) return ResourceKey::none;
  auto plain = context.cursor_key.open(*sealed);
  FHIR_TRY(plain);
  std::int64_t key = 0;
  const auto space = std::min(plain->find(' '), plain->size());
  const auto [end, error] = std::from_chars(plain->data(), plain->data() + space, key);
  if (error != std::errc{} || plain->substr(std::min(space + 1, plain->size())) != "everything " + id)
    return fail(Fault::parameter_malformed, "This page link belongs to another request.", "_cursor");
  return ResourceKey{key};
}

Result<Question> question_of(const Input& input, const std::string& id, const View& view, const Context& context) {
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
  const auto after = after_of(input, id, context);
  FHIR_TRY(after);
  question.after = *after;
  return question;
}

/// Every resource that a parameter of the compartment leads to the patient by: by a reference, or by an identifier.
Result<std::vector<ResourceKey>> compartment_of(const View& view, const std::string& id) {
  std::set<ResourceKey> found;
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
  return std::vector<ResourceKey>(found.begin(), found.end());
}

/// Literal references to our own resources outside every patient's compartment.
void collect_outside(fhir::Element element, const View& view, std::set<ResourceKey>& found) {
  if (element.name() == "reference" && element.has_value()) {
    const auto parsed = fhir::parse_reference(element.value());
    if (parsed.type == fhir::TypeId::none || !fhir::patient_compartment(parsed.type).empty()) return;
    if (const auto id = view.own_id(element.value(), parsed.type); !id.empty())
      if (const auto version = view.current(parsed.type, id)) found.insert(version->key);
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
  std::string link = request.base + "/Patient/" + request.id + "/$everything?_count=" + std::to_string(question.count);
  std::string types;
  for (const auto type : question.types)
    types += (types.empty() ? "&_type=" : ",") + std::string(fhir::row_of(type).name);
  link += types;
  if (question.since) link += "&_since=" + interaction::percent_encoded(interaction::fhir_instant(*question.since));
  return link + "&_cursor=" +
         context.cursor_key.seal(std::to_string(static_cast<std::int64_t>(last)) + " everything " + request.id);
}

}  // namespace

Result<Response> everything(const Request& request, const View& view, const Context& context) {
  const auto input = Input::read(request, {"_count", "_type", "_since", "_cursor"});
  FHIR_TRY(input);
  const auto question = question_of(*input, request.id, view, context);
  FHIR_TRY(question);
  auto patient = view.current(kPatient, request.id);
  if (!patient) return tl::unexpected<Failure>(interaction::not_found(kPatient));
  const auto keys = compartment_of(view, request.id);
  FHIR_TRY(keys);
  auto page = page_of(*keys, *question, view, context.limits);
  FHIR_TRY(page);
  interaction::BundleText bundle("searchset");
  if (page->more) bundle.link("next", next_link(request, *question, page->matches.back().key, context));
  if (question->after == ResourceKey::none && question->takes(*patient)) {
    if (question->types.empty()) collect_outside(view.tree(*patient).root(), view, page->outside);
    add(*patient, "match", request.base, bundle);
  }
  for (const auto& version : page->matches) add(version, "match", request.base, bundle);
  for (const auto key : page->outside)
    if (const auto version = view.current(key); version && version->method != storage::Method::remove)
      add(*version, "include", request.base, bundle);
  Response response;
  response.body = std::move(bundle).finish();
  return response;
}

}  // namespace varde::operation
