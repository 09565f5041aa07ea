/// [Patient|Encounter|EpisodeOfCare]/[id]/$everything: the resource itself, all that belongs to it, in order of
/// creation, and what those point to outside of every patient (practitioners, organizations, devices ...), paged,
/// without a cap. Asked of a deleted Patient it answers for what is left. Patient/$everything: the same of each patient
/// whom the asker may see, one after the other.
///   start, end  by the date of care that a resource tells; what tells none is in every span
/// Sources: https://hl7.org/fhir/R4/patient-operation-everything.html,
/// https://hl7.org/fhir/R4/encounter-operation-everything.html
#include <algorithm>
#include <charconv>
#include <set>

#include "fhir-model/element/reference.h"
#include "fhir-model/text/percent.h"
#include "server/interaction/answer.h"
#include "server/interaction/bundle.h"
#include "server/interaction/text.h"
#include "server/operation/everything/belonging.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"
#include "server/search/find.h"

namespace varde::operation {

namespace {

using interaction::Limits;
using storage::ResourceKey;
using storage::Version;
using Keys = std::set<ResourceKey>;

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");

/// Where a page goes on: with whom, and behind which of what belongs to that one.
struct Place {
  std::optional<search::Mark> mark;  ///< of all patients: where whom it goes on with is found behind; none: the first
  std::string id;                    ///< whom it goes on with; empty: whoever comes
  std::optional<ResourceKey> after;  ///< none: the focus itself is still to be sent; ResourceKey::none: it is sent
};

struct Question {
  std::set<fhir::TypeId> types;  ///< none: all
  std::optional<storage::Instant> since;
  std::string start, end;  ///< as they were sent
  CareSpan span;
  std::size_t count = 0;
  Place place;

  bool takes(const Version& version) const {
    return version.method != storage::Method::remove && (types.empty() || types.contains(version.type)) &&
           (!since || version.updated >= *since);
  }
};

std::string path_of(const Request& request) {
  const std::string type(fhir::row_of(request.type).name);
  return request.id.empty() ? type + "/$everything" : type + "/" + request.id + "/$everything";
}

// --- the place, sealed into the next link ----------------------------------------------------------------------------

constexpr std::string_view kNothing = "-";

std::string text_of(const Place& place, const Request& request) {
  const auto key = place.after ? std::to_string(static_cast<std::int64_t>(*place.after)) : std::string(kNothing);
  const auto or_nothing = [](std::string text) { return text.empty() ? std::string(kNothing) : text; };
  return key + " " + or_nothing(place.id) + " " + or_nothing(place.mark ? place.mark->encode() : "") + " " +
         path_of(request);
}

std::optional<Place> place_of(std::string_view text, const Request& request) {
  const auto cut = [&] {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    return word == kNothing ? std::string_view{} : word;
  };
  Place place;
  if (const auto after = cut(); !after.empty()) {
    std::int64_t key = 0;
    if (std::from_chars(after.data(), after.data() + after.size(), key).ec != std::errc{}) return std::nullopt;
    place.after = ResourceKey{key};
  }
  place.id = cut();
  if (const auto mark = cut(); !mark.empty() && !(place.mark = search::Mark::decode(mark))) return std::nullopt;
  if (text != path_of(request)) return std::nullopt;
  return place;
}

std::string next_link(const Request& request, const Question& question, const Place& place, const Context& context) {
  std::string link = request.base + "/" + path_of(request) + "?_count=" + std::to_string(question.count);
  std::string types;
  for (const auto type : question.types)
    types += (types.empty() ? "&_type=" : ",") + std::string(fhir::row_of(type).name);
  link += types;
  if (question.since) link += "&_since=" + fhir::text::percent_encoded(interaction::fhir_instant(*question.since));
  if (!question.start.empty()) link += "&start=" + fhir::text::percent_encoded(question.start);
  if (!question.end.empty()) link += "&end=" + fhir::text::percent_encoded(question.end);
  return link + "&_cursor=" + context.cursor_key.seal(text_of(place, request));
}

// --- what is asked ---------------------------------------------------------------------------------------------------

Result<void> take_place(const Input& input, const Request& request, const Context& context, Question& question) {
  const auto sealed = input.one("_cursor");
  if (!sealed) return {};
  const auto plain = context.cursor_key.open(*sealed);
  FHIR_TRY(plain);
  auto place = place_of(*plain, request);
  if (!place) return fail(Fault::parameter_malformed, "This page link belongs to another request.", "_cursor");
  question.place = std::move(*place);
  return {};
}

Result<void> take_types(const Input& input, Question& question) {
  for (const auto& value : input.all("_type"))
    for (std::size_t at = 0; at <= value.size();) {
      const auto comma = std::min(value.find(',', at), value.size());
      const auto type = fhir::find_resource_type(std::string_view(value).substr(at, comma - at));
      if (type == fhir::TypeId::none)
        return fail(Fault::parameter_malformed, "_type is a list of R4's resource types.", "_type");
      question.types.insert(type);
      at = comma + 1;
    }
  return {};
}

Result<void> take_span(const Input& input, const View& view, Question& question) {
  if (const auto start = input.one("start")) {
    const auto from = followup::parse_instant(*start, view.zone());
    if (!from) return fail(Fault::parameter_malformed, "start is a date or a time.", "start");
    question.start = *start, question.span.from = *from;
  }
  if (const auto end = input.one("end")) {
    const auto to = end_of(*end, view.zone());
    if (!to) return fail(Fault::parameter_malformed, "end is a date or a time.", "end");
    question.end = *end, question.span.to = *to;
  }
  if (question.span.from && question.span.to && *question.span.from >= *question.span.to)
    return fail(Fault::parameter_malformed, "The end is before the start.", "end");
  return {};
}

Result<Question> question_of(const Request& request, const View& view, const Context& context) {
  const auto input = Input::read(request, {"_count", "_type", "_since", "start", "end", "_cursor"});
  FHIR_TRY(input);
  Question question;
  const auto count = input->count("_count", context.limits.longest_page, context.limits.longest_page);
  FHIR_TRY(count);
  question.count = *count;
  FHIR_TRY(take_types(*input, question));
  if (const auto since = input->one("_since")) {
    const auto instant = followup::parse_instant(*since, view.zone());
    if (!instant) return fail(Fault::parameter_malformed, "_since is an instant.", "_since");
    question.since = *instant;
  }
  FHIR_TRY(take_span(*input, view, question));
  FHIR_TRY(take_place(*input, request, context, question));
  return question;
}

// --- the page --------------------------------------------------------------------------------------------------------

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

class Page {
 public:
  Page(const Question& question, const View& view, const Limits& limits)
      : question_(question), view_(view), limits_(limits) {}

  bool is_full() const { return matches_.size() >= question_.count || bytes_ > limits_.page_bytes; }

  /// The focus and what belongs to it, behind `after`. Says behind what another page goes on, where this one is full.
  Result<std::optional<Place>> take(const Version& focus, std::optional<ResourceKey> after) {
    if (is_full()) return Place{.id = focus.id, .after = after};
    const auto keys = belonging(view_, focus.type, focus.id);
    FHIR_TRY(keys);
    sent_.insert(keys->begin(), keys->end()), sent_.insert(focus.key);
    if (!after && question_.takes(focus)) FHIR_TRY(add(focus));
    auto last = after.value_or(ResourceKey::none);
    for (auto key = std::ranges::upper_bound(*keys, last); key != keys->end(); ++key) {
      auto version = *key == focus.key ? std::nullopt : view_.current(*key);
      if (!version || version->type == kPatient || !question_.takes(*version)) continue;
      if (question_.span.is_asked() && !is_in_span(View::tree(*version).root(), question_.span, view_)) continue;
      if (is_full()) return Place{.id = focus.id, .after = last};
      FHIR_TRY(add(std::move(*version)));
      last = *key;
    }
    return std::nullopt;
  }

  void write(const std::string& base, interaction::BundleText& bundle) const {
    const auto entry = [&](const Version& version, std::string_view mode) {
      const std::string url = base + "/" + std::string(fhir::row_of(version.type).name) + "/" + version.id;
      bundle.entry({.full_url = url, .resource = version.bytes, .search_mode = mode});
    };
    for (const auto& version : matches_) entry(version, "match");
    for (const auto key : outside_) {
      if (sent_.contains(key)) continue;
      if (const auto version = view_.current(key); version && version->method != storage::Method::remove)
        entry(*version, "include");
    }
  }

 private:
  Result<void> add(Version version) {
    view_.budget().spend(), view_.budget().take(version.bytes.size());
    FHIR_TRY(view_.budget().within());
    if (question_.types.empty()) collect_outside(View::tree(version).root(), view_, outside_);
    bytes_ += version.bytes.size();
    matches_.push_back(std::move(version));
    return {};
  }

  const Question& question_;
  const View& view_;
  const Limits& limits_;
  std::vector<Version> matches_;
  Keys outside_, sent_;
  std::size_t bytes_ = 0;
};

Response answer(const Request& request, const Question& question, const Page& page, const std::optional<Place>& next,
                const Context& context) {
  interaction::BundleText bundle("searchset");
  if (next) bundle.link("next", next_link(request, question, *next, context));
  page.write(request.base, bundle);
  Response response;
  response.body = std::move(bundle).finish();
  return response;
}

/// The patient who comes behind the mark, and the mark of the one after.
Result<search::Found> next_patient(const std::optional<search::Mark>& behind, const View& view) {
  search::Query query{.type = kPatient, .count = 1, .page_bytes = 1, .restriction = view.restriction()};
  return search::find(query, view, behind ? &*behind : nullptr);
}

}  // namespace

Result<Response> everything(const Request& request, const View& view, const Context& context) {
  const auto question = question_of(request, view, context);
  FHIR_TRY(question);
  const auto focus = view.current(request.type, request.id);
  if (!focus) return tl::unexpected<Failure>(interaction::not_found(request.type));
  if (request.type != kPatient) FHIR_TRY(interaction::find_live(view, request.type, request.id));
  Page page(*question, view, context.limits);
  const auto next = page.take(*focus, question->place.after);
  FHIR_TRY(next);
  return answer(request, *question, page, *next, context);
}

Result<Response> everything_of_all(const Request& request, const View& view, const Context& context) {
  const auto question = question_of(request, view, context);
  FHIR_TRY(question);
  Page page(*question, view, context.limits);
  Place place = question->place;
  for (;;) {
    const auto found = next_patient(place.mark, view);
    FHIR_TRY(found);
    if (found->hits.empty()) return answer(request, *question, page, std::nullopt, context);
    const auto focus = view.current(found->hits.front().key);
    const bool goes_on = focus && focus->id == place.id;
    if (focus) {
      auto next = page.take(*focus, goes_on ? place.after : std::nullopt);
      FHIR_TRY(next);
      if (*next) {
        (*next)->mark = place.mark;
        return answer(request, *question, page, *next, context);
      }
    }
    if (!found->next) return answer(request, *question, page, std::nullopt, context);
    place = {.mark = found->next};
  }
}

}  // namespace varde::operation
