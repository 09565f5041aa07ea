/// Every element that the message definitions know, in the messages Varde maps, has a row; and a row says as often as
/// the definitions do. What has none stands in the list below with the reason.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "mappings/message.h"
#include "mappings/msghead/head.h"
#include "mappings/rows/mapping.h"
#include "mappings/xml/shape.h"

namespace varde::tests {
namespace {

using mappings::rows::Card;
using mappings::rows::Row;
using mappings::rows::Rows;
using mappings::xml::Part;

constexpr std::string_view kHeadNamespace = "http://www.kith.no/xmlstds/msghead/2006-05-24";

/// Without a row, and why.
const std::map<std::string, std::string> kUnmapped{
    {"MsgInfo/MIGversion", "always the same; written by from_fhir"},
    {"Document/RefDoc/MsgType", "always XML for the payload; written by from_fhir"},
    {"Document/RefDoc/MimeType", "of the payload: it is XML"},
    {"Document/RefDoc/Compression", "of the payload: it stands in the message as XML"},
    {"Document/RefDoc/FileReference", "a payload that is not in the message is no message Varde can map"},
    {"Document/RefDoc/Content", "the payload itself"},
};

/// Rows whose Card is wider or narrower than the definitions, and why.
const std::map<std::string, std::string> kOtherwise{
    {"MeldingInnlagtPasient/TidsfestetHendelse", "one table for all logistics messages"},
    {"MeldingOmUtskrevetPasient/TidsfestetHendelse", "one table for all logistics messages"},
    {"OrienteringOmDod/TidsfestetHendelse", "one table for all logistics messages"},
    {"OpplysningOpphold/TidsfestetHendelse", "repeats one level up"},
    {"Innleggelsesrapport/OpplysningerAndreFaggrupper", "one table for all reports"},
    {"AnalysedSubject/CollectedSample", "one of a choice"},
    {"ResultItem/NumResult", "one of a choice"},
    {"ResultItem/Interval", "one of a choice"},
    {"DateResult/DateResultValue", "of a result that is one of a choice"},
    {"ResultItem/Investigation", "an Observation has one code; what a second one says becomes codings of it"},
    {"Patient/OffId", "one table for all messages without MsgHead"},
    {"Patient/TypeOffId", "one table for all messages without MsgHead"},
    {"Patient/Address", "one table for all messages without MsgHead"},
    {"Patient/Address/Type", "one table for all addresses"},
    {"Patient/Name", "one table for all messages without MsgHead"},
    {"ServReport/Patient", "one of a choice"},
    {"Address/Postbox", "one of several lines"},
    {"MsgInfo/Patient", "optional in the envelope, demanded by every PLO message"},
};

struct Finding {
  std::set<std::string> unmapped, otherwise, wrong;
};

std::string_view first_step(std::string_view path) {
  path = path.substr(0, path.find('/'));
  if (path.ends_with('*')) path.remove_suffix(1);
  return path;
}

Card card_of(std::string_view times) {
  if (times.ends_with("*")) return Card::many;
  return times.starts_with("0") ? Card::optional : Card::one;
}

std::vector<const Row*> flattened(Rows rows) {
  std::vector<const Row*> flat;
  for (const Row& row : rows) {
    if (row.message.empty())
      for (const Row* inner : flattened(row.rows)) flat.push_back(inner);
    else
      flat.push_back(&row);
  }
  return flat;
}

/// Rows as seen one level down: what remains of their paths, with the tables of those that end there.
struct View {
  std::string path;
  const Row* row;
};

void walk(const std::string& ns, const std::string& path, const std::vector<View>& views, int depth, Finding& found) {
  const auto parts = mappings::xml::parts_of(ns, path);
  const bool kept = std::ranges::find(views, mappings::rows::kRest, &View::path) != views.end();
  for (const View& view : views)
    if (!view.path.starts_with("@") && view.path != mappings::rows::kRest &&
        std::ranges::none_of(parts, [&](const Part& part) { return part.name == first_step(view.path); }))
      found.wrong.insert(path + "/" + view.path);
  for (const Part& part : parts) {
    const std::string here = path + "/" + part.name;
    std::vector<View> below;
    bool whole = false, any = false;
    for (const View& view : views) {
      if (first_step(view.path) != part.name) continue;
      any = true;
      const auto slash = view.path.find('/');
      if (slash != std::string::npos) {
        below.push_back({view.path.substr(slash + 1), view.row});
        continue;
      }
      if (view.row->card != card_of(part.times)) found.otherwise.insert(here);
      whole |= view.row->rows.empty();
      for (const Row* inner : flattened(view.row->rows)) below.push_back({std::string(inner->message), inner});
    }
    if (!any && !kept) found.unmapped.insert(here);
    if (!whole && part.composed && any && depth < 12) walk(ns, here, below, depth + 1, found);
  }
}

Finding look(const std::string& ns, const std::string& root, Rows rows) {
  Finding found;
  std::vector<View> views;
  for (const Row* row : flattened(rows)) views.push_back({std::string(row->message), row});
  walk(ns, root, views, 0, found);
  return found;
}

bool listed(const std::map<std::string, std::string>& list, const std::string& path) {
  return std::ranges::any_of(list, [&](const auto& entry) { return path.ends_with(entry.first); });
}

void expect_covered(const std::string& ns, const std::string& root, Rows rows,
                    const std::set<std::string>& others = {}) {
  const Finding found = look(ns, root, rows);
  for (const auto& path : found.unmapped)
    if (!listed(kUnmapped, path) && !others.contains(path)) ADD_FAILURE() << "no row maps " << path;
  for (const auto& path : found.otherwise)
    if (!listed(kOtherwise, path)) ADD_FAILURE() << "the row of " << path << " says another cardinality";
  for (const auto& path : found.wrong)
    if (!path.ends_with("MeldingFravar/ParorendeForesatt/FodselsarMindrearigParorende"))  // its components are of 1.5
      ADD_FAILURE() << "the definitions know no " << path;
}

class Payload : public testing::TestWithParam<std::string> {};

TEST_P(Payload, has_a_row_for_every_element_of_its_definition) {
  const auto* type = mappings::find_message_type(GetParam());
  ASSERT_TRUE(type && type->mapping);
  const auto& newest = type->versions.front();
  // Types that share a root have a branch of it each.
  std::set<std::string> others;
  for (const auto& other : mappings::message_types())
    if (!other.branch.empty() && other.code != type->code && other.versions.data() == type->versions.data())
      others.insert(std::string(newest.root) + "/" + std::string(other.branch));
  expect_covered(std::string(newest.ns), std::string(newest.root), type->mapping->payload, others);
}

std::vector<std::string> mapped_types() {
  std::vector<std::string> codes;
  for (const auto& type : mappings::message_types())
    if (type.mapping) codes.emplace_back(type.code);
  return codes;
}

INSTANTIATE_TEST_SUITE_P(Types, Payload, testing::ValuesIn(mapped_types()));

TEST(Envelope, has_a_row_for_every_element_of_its_definition) {
  expect_covered(std::string(kHeadNamespace), "MsgInfo", mappings::msghead::kMsgInfo);
  expect_covered(std::string(kHeadNamespace), "Document", mappings::msghead::kDocument);
}

}  // namespace
}  // namespace varde::tests
