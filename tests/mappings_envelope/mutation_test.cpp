// Messages changed one thing at a time: our schemas and the official ones must agree on every one of them.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/mappings_envelope/support/reference.h"

namespace varde::mappings {
namespace {

using namespace test;

/// A place in the text where an element stands, with its start tag, its whole extent and its parent.
struct Place {
  std::size_t begin, tag_end, end;
  std::string name, path;
  std::size_t parent;
  bool leaf;
};

/// A scan good enough for samples that are known to be well-formed: no CDATA, comments skipped.
std::vector<Place> places_of(const std::string& text) {
  std::vector<Place> places;
  std::vector<std::size_t> open;
  for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at + 1)) {
    if (text.compare(at, 4, "<!--") == 0) {
      at = text.find("-->", at);
      continue;
    }
    if (text[at + 1] == '?' || text[at + 1] == '!') continue;
    const std::size_t close = text.find('>', at);
    if (text[at + 1] == '/') {
      places[open.back()].end = close + 1;
      open.pop_back();
      continue;
    }
    const std::size_t name_end = text.find_first_of(" \t\r\n/>", at);
    const std::string name = text.substr(at + 1, name_end - at - 1);
    const std::size_t parent = open.empty() ? std::string::npos : open.back();
    if (!open.empty()) places[parent].leaf = false;
    const std::string path = (open.empty() ? "" : places[parent].path) + "/" + name.substr(name.find(':') + 1);
    places.push_back({at, close + 1, close + 1, name, path, parent, true});
    if (text[close - 1] != '/') open.push_back(places.size() - 1);
  }
  return places;
}

struct Mutation {
  std::string kind;
  std::string text;
};

std::vector<Mutation> mutations_at(const std::string& text, const std::vector<Place>& places, std::size_t index) {
  const Place& place = places[index];
  const auto spliced = [&](std::size_t begin, std::size_t end, const std::string& with) {
    return text.substr(0, begin) + with + text.substr(end);
  };
  const std::string whole = text.substr(place.begin, place.end - place.begin);
  const bool empty_tag = text[place.tag_end - 2] == '/';
  const std::size_t in_tag = place.tag_end - (empty_tag ? 2 : 1);
  std::vector<Mutation> out;
  out.push_back({"dropped", spliced(place.begin, place.end, "")});
  out.push_back({"doubled", spliced(place.end, place.end, whole)});
  out.push_back({"unknown element before", spliced(place.begin, place.begin, "<Ukjent/>")});
  out.push_back({"unknown attribute", spliced(in_tag, in_tag, " ukjent=\"1\"")});
  out.push_back(
      {"V attribute broken", spliced(in_tag, in_tag, text.find(" V=\"", place.begin) < in_tag ? "" : " V=\"x y\"")});
  if (!empty_tag) {
    out.push_back({"emptied", spliced(place.tag_end, text.rfind('<', place.end - 1), "")});
    out.push_back({"text put in", spliced(place.tag_end, place.tag_end, "ikke tillatt")});
    if (place.leaf)
      out.push_back({"value replaced", spliced(place.tag_end, text.rfind('<', place.end - 1), "31.12.2020")});
  }
  const std::size_t value = text.find("V=\"", place.begin);
  if (value < in_tag) out.push_back({"V replaced", spliced(value + 3, text.find('"', value + 3), "en to tre")});
  for (std::size_t next = index + 1; next < places.size(); ++next)
    if (places[next].parent == place.parent) {
      const Place& sibling = places[next];
      out.push_back({"swapped with the next",
                     text.substr(0, place.begin) + text.substr(sibling.begin, sibling.end - sibling.begin) +
                         text.substr(place.end, sibling.begin - place.end) + whole + text.substr(sibling.end)});
      break;
    }
  return out;
}

TEST(MessageDefinitions, agree_with_the_official_schemas_on_every_mutation) {
  NEEDS_REFERENCE();
  const auto official = official_reader();
  std::set<std::string> seen;  // by path and kind of payload: the same element is judged once per namespace
  std::map<std::string, std::size_t> tried, invalid;
  std::size_t differences = 0;
  for (const auto& file : covered_messages()) {
    const std::string bytes = file_content(file);
    if (!official->read(bytes).schema_valid || bytes.find("<![CDATA[") != std::string::npos) continue;
    const auto po = bytes.find("xmlstds/po/poKomponent/");
    const std::string era = po == std::string::npos ? "" : bytes.substr(po + 23, 4);
    const auto places = places_of(bytes);
    for (std::size_t i = 1; i < places.size(); ++i) {
      if (!seen.insert(era + places[i].path).second) continue;
      for (const Mutation& mutation : mutations_at(bytes, places, i)) {
        const Reading ours = message_reader().read(mutation.text), theirs = official->read(mutation.text);
        ++tried[mutation.kind];
        invalid[mutation.kind] += !theirs.schema_valid;
        if (ours.schema_valid == theirs.schema_valid && ours.well_formed == theirs.well_formed) continue;
        if (++differences < 20)
          ADD_FAILURE() << file.filename() << " " << places[i].path << " " << mutation.kind << ": ours "
                        << (ours.schema_valid ? "valid" : ours.failures.at(0).diagnostics) << ", official "
                        << (theirs.schema_valid ? "valid" : theirs.failures.at(0).diagnostics);
      }
    }
  }
  std::size_t all = 0;
  for (const auto& [kind, count] : tried) {
    all += count;
    EXPECT_GT(invalid[kind], 0u) << kind << " never broke a message";
    std::cout << "  " << kind << ": " << count << " tried, " << invalid[kind] << " invalid\n";
  }
  EXPECT_EQ(differences, 0u) << "of " << all;
  EXPECT_GT(all, 5000u);
}

}  // namespace
}  // namespace varde::mappings
