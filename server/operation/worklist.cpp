/// Task/$worklist: open work by urgency and due time, as a searchset Bundle in pages. See server/followup/README.md.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <set>

#include "server/followup/work/colour.h"
#include "server/interaction/bundle.h"
#include "server/interaction/text.h"
#include "server/operation/codes.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"
#include "server/storage/patients.h"
#include "server/storage/worklist.h"

namespace varde::operation {

namespace {

namespace worklist = storage::worklist;

const fhir::TypeId kPatient = fhir::find_resource_type("Patient"), kTask = fhir::find_resource_type("Task");
constexpr std::size_t kUsualPage = 50;

struct Asked {
  worklist::Filter filter;
  std::set<followup::Colour> colours;
  std::size_t count = kUsualPage;
  bool with_patients = false;
  bool nobody_is_meant = false;  ///< a patient whom nobody knows
};

Result<std::set<followup::Colour>> colours_of(const Input& input) {
  std::set<followup::Colour> colours;
  for (const auto& value : input.all("colour"))
    for (const auto& code : alternatives(value)) {
      const auto colour = followup::colour_of_code(code);
      if (!colour) {
        std::string known;
        for (const auto& row : followup::kColours) known.append(known.empty() ? "" : ", ").append(row.code);
        return fail(Fault::code_invalid, fmt::format("fargene er {0} (the colours are {0})", known), "colour");
      }
      colours.insert(*colour);
    }
  if (colours.empty())
    for (const auto& row : followup::kColours) colours.insert(row.colour);
  return colours;
}

/// "Practitioner/7", or "system|value" of an identifier.
Result<std::string> party_in(const Input& input, std::string_view name) {
  auto text = input.one(name).value_or("");
  if (text.empty() || text.find('/') != std::string::npos || text.find('|') != std::string::npos) return text;
  return fail(Fault::parameter_malformed, fmt::format("{} is given as Type/[id] or system|value", name),
              std::string(name));
}

Result<storage::Instant> moment_in(const Input& input, std::string_view name, const time::Zone& zone) {
  const auto text = input.one(name);
  if (!text) return storage::Instant::max();
  auto moment = followup::parse_instant(*text, zone);
  if (!moment)
    return fail(Fault::parameter_malformed, fmt::format("{} is a date or dateTime", name), std::string(name));
  return moment;
}

Result<Asked> ask(const Input& input, const View& view, const Context& context) {
  Asked asked;
  auto colours = colours_of(input);
  FHIR_TRY(colours);
  asked.colours = std::move(*colours);
  auto owner = party_in(input, "owner"), district = party_in(input, "organization");
  FHIR_TRY(owner);
  FHIR_TRY(district);
  asked.filter.owner = std::move(*owner), asked.filter.district = std::move(*district);
  const auto nobodys = input.flag("unowned"), all = input.flag("all");
  FHIR_TRY(nobodys);
  FHIR_TRY(all);
  asked.filter.nobodys = *nobodys, asked.filter.all_of_a_group = *all;
  if (*nobodys && !asked.filter.owner.empty())
    return fail(Fault::parameter_malformed, "either owner or unowned, not both", "unowned");
  const auto opened = moment_in(input, "opened-before", view.zone()), due = moment_in(input, "due-before", view.zone());
  FHIR_TRY(opened);
  FHIR_TRY(due);
  asked.filter.opened_before = *opened, asked.filter.due_before = *due;
  const auto count = input.count("_count", kUsualPage, context.limits.longest_page);
  FHIR_TRY(count);
  asked.count = *count;
  if (const auto include = input.one("_include")) {
    if (*include != "Task:patient")
      return fail(Fault::not_supported, "of a worklist _include=Task:patient is what can be included", "_include");
    asked.with_patients = true;
  }
  if (!input.all("patient").empty() || !input.all("patient.identifier").empty()) {
    const auto subject = subject_of(input, view);
    FHIR_TRY(subject);
    asked.filter.patient = storage::patients::survivor(view, subject->key);
    asked.nobody_is_meant = subject->key == storage::PatientKey::none;
  }
  return asked;
}

/// Where what may be seen is a condition of the statement, one statement is enough. Else it goes on until the page is
/// full: what may not be seen takes no place on it.
void add_seen(const Asked& asked, const worklist::Filter& filter, const View& view, worklist::Mark after,
              std::vector<worklist::Entry>& found) {
  for (bool more = true; more && found.size() <= asked.count && view.budget().spend();) {
    const std::size_t wanted = asked.count + 1 - found.size();
    auto some = worklist::page(view, filter, after, wanted);
    more = some.size() == wanted;
    if (!some.empty()) after = some.back().mark;
    for (auto& entry : some)
      if (filter.seen || view.sight().admits(kTask, entry.patient)) found.push_back(std::move(entry));
  }
}

/// One more than the page, so that it is known whether there is a next. Colours that follow each other are one walk.
std::vector<worklist::Entry> find(const Asked& asked, const View& view, const worklist::Mark& after) {
  std::vector<worklist::Entry> found;
  if (asked.nobody_is_meant) return found;
  const auto seen = view.sight().is_restricted() ? view.sight().condition(kTask) : std::nullopt;
  for (auto at = asked.colours.begin(); at != asked.colours.end();) {
    auto filter = asked.filter;
    filter.seen = seen;
    filter.most_urgent = filter.least_urgent = static_cast<std::int64_t>(*at);
    for (++at; at != asked.colours.end() && static_cast<std::int64_t>(*at) == filter.least_urgent + 1; ++at)
      ++filter.least_urgent;
    if (filter.least_urgent < after.colour) continue;
    add_seen(asked, filter, view, after, found);
    if (found.size() > asked.count) break;
  }
  return found;
}

std::string encode(const worklist::Mark& mark) {
  return fmt::format("{}.{}.{}", mark.colour, mark.due.time_since_epoch().count(),
                     static_cast<std::int64_t>(mark.task));
}

std::optional<worklist::Mark> decode(std::string_view text) {
  std::array<std::int64_t, 3> numbers{};
  for (auto& number : numbers) {
    const auto part = text.substr(0, text.find('.'));
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
    text.remove_prefix(std::min(part.size() + 1, text.size()));
  }
  return worklist::Mark{numbers[0], storage::Instant(std::chrono::microseconds(numbers[1])),
                        static_cast<storage::ResourceKey>(numbers[2])};
}

/// What a page link stands for: the parameters as they were asked, and where the page before ended.
struct Link {
  interaction::Parameters parameters;
  worklist::Mark after;
};

constexpr std::string_view kPage = "_page";  // inside of a sealed link only

std::string seal(const Input& input, std::initializer_list<std::string_view> names, const worklist::Mark& mark,
                 const Context& context) {
  interaction::Parameters parameters{{std::string(kPage), encode(mark)}};
  for (const auto name : names)
    for (auto& value : input.all(name)) parameters.emplace_back(name, std::move(value));
  return context.cursor_key.seal("worklist" + interaction::with_query(parameters));
}

Result<Link> open(std::string_view sealed, const Context& context) {
  const auto refused = [] {
    return fail(Fault::parameter_malformed, "This is no page link of a worklist.", "_cursor");
  };
  const auto plain = context.cursor_key.open(sealed);
  FHIR_TRY(plain);
  if (!plain->starts_with("worklist?")) return refused();
  auto parameters = interaction::parse_form(std::string_view(*plain).substr(9));
  if (!parameters || parameters->empty() || parameters->front().first != kPage) return refused();
  const auto mark = decode(parameters->front().second);
  if (!mark) return refused();
  parameters->erase(parameters->begin());
  return Link{std::move(*parameters), *mark};
}

const std::initializer_list<std::string_view> kParameters{
    "colour", "patient",       "patient.identifier", "owner",    "organization", "unowned",
    "all",    "opened-before", "due-before",         "_include", "_count",       "_cursor"};

std::string bundle_of(const Request& request, std::vector<worklist::Entry> found, const Asked& asked, bool first,
                      const std::function<std::string(const worklist::Mark&)>& next, const View& view) {
  interaction::BundleText bundle("searchset");
  const bool more = found.size() > asked.count;
  if (more) found.resize(asked.count);
  if (first && !more) bundle.total(found.size());
  if (more) bundle.link("next", request.base + "/Task/$worklist?_cursor=" + next(found.back().mark));
  for (const auto& entry : found)
    bundle.entry({.full_url = request.base + "/Task/" + entry.id, .resource = entry.bytes, .search_mode = "match"});
  if (!asked.with_patients) return std::move(bundle).finish();
  std::set<storage::PatientKey> told;
  for (const auto& entry : found) {
    if (entry.patient == storage::PatientKey::none || !told.insert(entry.patient).second) continue;
    const auto patient = view.current(kPatient, view.patient_id(entry.patient));
    if (!patient || patient->method == storage::Method::remove) continue;
    bundle.entry(
        {.full_url = request.base + "/Patient/" + patient->id, .resource = patient->bytes, .search_mode = "include"});
  }
  return std::move(bundle).finish();
}

}  // namespace

Result<Response> worklist_operation(const Request& request, const View& view, const Context& context) {
  auto input = Input::read(request, kParameters);
  FHIR_TRY(input);
  worklist::Mark after;
  const auto cursor = input->one("_cursor");
  if (cursor) {
    for (const auto name : kParameters)
      if (name != "_cursor" && !input->all(name).empty())
        return fail(Fault::parameter_malformed, "A page link is used as it is, without further parameters.", "_cursor");
    auto link = open(*cursor, context);
    FHIR_TRY(link);
    Request again;
    again.query = std::move(link->parameters);
    after = link->after;
    input = Input::read(again, kParameters);
    FHIR_TRY(input);
  }
  const auto asked = ask(*input, view, context);
  FHIR_TRY(asked);
  auto found = find(*asked, view, after);
  FHIR_TRY(view.budget().within());
  if (view.notes())
    for (std::size_t i = 0; i < std::min(found.size(), asked->count); ++i)
      view.notes()->push_back({'R', kTask, found[i].id, 0, found[i].patient});
  Response response;
  response.body = bundle_of(
      request, std::move(found), *asked, !cursor,
      [&](const worklist::Mark& mark) { return seal(*input, kParameters, mark, context); }, view);
  return response;
}

}  // namespace varde::operation
