/// Composition/$journal and Composition/$acknowledge: the journal feed, which a municipal EPJ reads at its own pace.
/// Everything that was committed comes in the order in which it was, each version of an entry once; where the receiver
/// has come is kept here when it acknowledges, and may be kept by itself (`cursor`). See server/followup/README.md.
#include <fmt/format.h>

#include <charconv>
#include <set>

#include "fhir-model/element/reference.h"
#include "fhir-model/validation/validation.h"
#include "server/followup/codes.h"
#include "server/interaction/answer.h"
#include "server/interaction/bundle.h"
#include "server/interaction/text.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"
#include "server/storage/journal.h"

namespace varde::operation {
namespace {

namespace feed = storage::journal;

const fhir::TypeId kComposition = fhir::find_resource_type("Composition");
constexpr std::size_t kUsualPage = 50, kMostReceivers = 200;

Result<std::int64_t> number_in(const std::string& text) {
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0)
    return fail(
        Fault::parameter_malformed,
        "cursor er tallet i Bundle.identifier på siste side (cursor is the number in the identifier of the last "
        "page)",
        "cursor");
  return number;
}

/// Behind a cursor of another store, or of none, new entries would be missed without a word.
Result<void> reached(std::int64_t number, std::int64_t newest) {
  if (number <= newest) return {};
  return fail(Fault::business_rule,
              fmt::format("Så langt er journalen ikke kommet: siste er {0} (the journal has not come so far: its "
                          "newest is {0})",
                          newest),
              "cursor");
}

/// Who logs in is the receiver of that name; where nobody has to, the receiver says who it is.
Result<std::string> receiver_of(const Input& input, const View& view) {
  const auto said = input.one("receiver");
  if (!view.principal().is_unrestricted()) {
    const auto& who = view.principal().client.empty() ? view.principal().id : view.principal().client;
    if (said && *said != who)
      return fail(Fault::parameter_malformed,
                  "Den som er logget inn er mottakeren: utelat receiver (who is logged in is the receiver)",
                  "receiver");
    return who;
  }
  if (!said)
    return fail(Fault::required_missing,
                "Oppgi hvem som mottar: receiver=navn (say who receives: receiver is a name that you choose)",
                "receiver");
  if (!fhir::is_id(*said))
    return fail(Fault::parameter_malformed,
                "receiver er 1 til 64 tegn av A-Z a-z 0-9 - og punktum (receiver is 1 to 64 of A-Z a-z 0-9 - and dot)",
                "receiver");
  return *said;
}

// --- a page ----------------------------------------------------------------------------------------------------------

struct Page {
  std::vector<storage::Version> entries;
  std::int64_t cursor = 0;  ///< behind what it tells of
  bool more = false;
};

/// What may not be seen takes no place on the page; the cursor goes past it.
Page read_page(const View& view, std::int64_t after, std::size_t count) {
  Page page{{}, after, false};
  while (view.budget().spend()) {
    const auto wanted = count + 1 - page.entries.size();
    const auto rows = feed::after(view, page.cursor, wanted);
    for (const auto& row : rows) {
      if (page.entries.size() == count) {
        page.more = true;
        return page;
      }
      page.cursor = row.number;
      auto version = static_cast<const storage::Snapshot&>(view).version(row.composition, row.version);
      if (!version || !view.sight().admits(*version)) continue;
      view.note('R', *version);
      page.entries.push_back(std::move(*version));
    }
    if (rows.size() < wanted) return page;
  }
  return page;
}

/// What the entries refer to, as it is now.
class Included {
 public:
  Included(const View& view, const std::string& base, interaction::BundleText& bundle)
      : view_(view), base_(base), bundle_(bundle) {}

  void add(fhir::Element reference) {
    const auto parsed = fhir::parse_reference(reference["reference"].value());
    if (parsed.type == fhir::TypeId::none || parsed.type == kComposition) return;
    const auto id = view_.own_id(reference["reference"].value(), parsed.type);
    const auto name = fmt::format("{}/{}", fhir::row_of(parsed.type).name, id);
    if (id.empty() || !told_.insert(name).second) return;
    const auto version = view_.current(parsed.type, id);
    if (!version || version->method == storage::Method::remove) return;
    const auto url = base_ + "/" + name;
    bundle_.entry({.full_url = url, .resource = version->bytes, .search_mode = "include"});
  }

 private:
  const View& view_;
  const std::string& base_;
  interaction::BundleText& bundle_;
  std::set<std::string> told_;
};

std::string bundle_of(const Request& request, const std::string& receiver, const Page& page, std::size_t count,
                      const View& view) {
  interaction::BundleText bundle("searchset");
  bundle.identifier(followup::codes::kJournalCursor, std::to_string(page.cursor));
  if (page.more)
    bundle.link("next", request.base + "/Composition/$journal" +
                            interaction::with_query({{"receiver", receiver},
                                                     {"cursor", std::to_string(page.cursor)},
                                                     {"_count", std::to_string(count)}}));
  for (const auto& entry : page.entries)
    bundle.entry(
        {.full_url = request.base + "/Composition/" + entry.id, .resource = entry.bytes, .search_mode = "match"});
  Included included(view, request.base, bundle);
  for (const auto& entry : page.entries) {
    const auto tree = View::tree(entry);
    included.add(tree.root()["subject"]);
    for (const auto author : tree.root().each("author")) included.add(author);
    for (const auto section : tree.root().each("section"))
      for (const auto reference : section.each("entry")) included.add(reference);
  }
  return std::move(bundle).finish();
}

Response acknowledged_json(const std::string& receiver, std::int64_t acknowledged, std::int64_t newest) {
  auto tree = fhir::Tree::of("Parameters");
  const auto add = [&](std::string_view name, std::string_view type, const std::string& value) {
    auto parameter = tree.edit().add("parameter");
    parameter.set("name", name);
    parameter.set(type, value);
  };
  add("receiver", "valueString", receiver);
  add("cursor", "valueString", std::to_string(acknowledged));
  add("newest", "valueString", std::to_string(newest));
  return interaction::answer_with(tree.root());
}

}  // namespace

Result<Response> journal_feed(const Request& request, const View& view, const Context& context) {
  const auto input = Input::read(request, {"receiver", "cursor", "_count"});
  FHIR_TRY(input);
  const auto receiver = receiver_of(*input, view);
  FHIR_TRY(receiver);
  const auto count = input->count("_count", kUsualPage, context.limits.longest_page);
  FHIR_TRY(count);
  if (*count == 0) return fail(Fault::parameter_malformed, "_count is 1 or more", "_count");
  std::int64_t after = feed::acknowledged(view, *receiver).value_or(0);
  if (const auto cursor = input->one("cursor")) {
    const auto number = number_in(*cursor);
    FHIR_TRY(number);
    FHIR_TRY(reached(*number, feed::newest(view)));
    after = *number;
  }
  const auto page = read_page(view, after, *count);
  FHIR_TRY(view.budget().within());
  Response response;
  response.body = bundle_of(request, *receiver, page, *count, view);
  return response;
}

Result<Work> acknowledge_journal(const Request& request, const Context&, const Reads&) {
  auto read = Input::read(request, {"receiver", "cursor"});
  FHIR_TRY(read);
  return [input = std::make_shared<const Input>(std::move(*read))](interaction::Act& act) -> Result<Response> {
    const auto receiver = receiver_of(*input, act);
    FHIR_TRY(receiver);
    const auto cursor = input->one("cursor");
    if (!cursor) return fail(Fault::required_missing, "cursor mangler (cursor is missing)", "cursor");
    const auto number = number_in(*cursor);
    FHIR_TRY(number);
    const auto newest = feed::newest(act);
    FHIR_TRY(reached(*number, newest));
    const auto before = feed::acknowledged(act, *receiver);
    if (!before && feed::receivers(act) >= kMostReceivers)
      return fail(Fault::business_rule, "Det er for mange mottakere (there are too many receivers)", "receiver");
    // What was acknowledged stays so: an answer that got lost is asked for again.
    if (!before || *number > *before) feed::acknowledge(act, *receiver, *number);
    return acknowledged_json(*receiver, std::max(*number, before.value_or(0)), newest);
  };
}

}  // namespace varde::operation
