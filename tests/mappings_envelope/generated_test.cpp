// Messages made from nothing but our own definitions, at random: the official schemas must accept every one. So a
// definition allows no element, order or value that the standard does not (issue 11: a thousand of them).
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>

#include "mappings/message_type.h"
#include "mappings/msghead/bare_head.h"
#include "mappings/reader/schema.h"
#include "tests/mappings_envelope/support/reference.h"

namespace varde::mappings {
namespace {

using namespace test;

struct Line {
  std::vector<std::string> words;
  std::vector<Line> below;
  const std::string& word(std::size_t i) const {
    static const std::string none;
    return i < words.size() ? words[i] : none;
  }
};

struct File {
  std::string prefix, ns;
  bool qualified = true;
  std::map<std::string, std::string> uses;  ///< prefix -> namespace
  std::vector<Line> lines;
};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t i = text.find_first_not_of(' '); i < text.size(); i = text.find_first_not_of(' ', i)) {
    const bool quoted = text[i] == '"';
    const auto begin = quoted ? i + 1 : i;
    const auto end = std::min(text.find(quoted ? '"' : ' ', begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    i = std::min(end + quoted, text.size());
  }
  return words;
}

File parse(std::string_view text) {
  File file;
  std::vector<std::vector<Line>*> open{&file.lines};
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto indent = line.find_first_not_of(' ');
    if (indent == std::string_view::npos || line[indent] == '#') continue;
    auto words = words_of(line);
    if (words[0] == "namespace") file.prefix = words[1], file.ns = words[2], file.qualified = words.size() < 4;
    if (words[0] == "uses") file.uses[words[1]] = words[2];
    open.resize(indent / 2 + 1);
    open.back()->push_back({std::move(words), {}});
    open.push_back(&open.back()->back().below);
  }
  file.uses[file.prefix] = file.ns;
  return file;
}

bool is_times(const std::string& word) { return word.find("..") != std::string::npos; }

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {
    for (const auto& source : built_in_definitions()) files_.push_back(parse(source.text));
  }

  std::string message(const MessageVersion& version) {
    const std::string head = "http://www.kith.no/xmlstds/msghead/2006-05-24";
    payload_ = msghead::is_bare(version) ? nullptr : &version;
    payloads_ = 0;
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" +
           (payload_ ? element(head, "MsgHead", "", 0) : element(std::string(version.ns), "Message", "", 0));
  }

 private:
  const File& file_of(const std::string& ns) const { return *std::ranges::find(files_, ns, &File::ns); }
  const Line* global(const File& file, std::string_view kind, const std::string& name) const {
    for (const auto& line : file.lines)
      if (line.word(0) == kind && line.word(1) == name) return &line;
    return nullptr;
  }
  std::size_t up_to(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random_); }

  std::size_t times(const Line& line, int depth) {
    const auto word = std::ranges::find_if(line.words, is_times);
    if (word == line.words.end()) return 1;
    const auto dots = word->find("..");
    const auto least = static_cast<std::size_t>(std::stoul(word->substr(0, dots)));
    const std::string most = word->substr(dots + 2);
    if (depth > 9) return least;
    const std::size_t limit = most == "*" ? least + 2 : static_cast<std::size_t>(std::stoul(most));
    return std::max(least, least + up_to(limit - least));
  }

  /// A value of a simple type; nullopt: it is none.
  std::optional<std::string> value(const File& file, const std::vector<std::string>& words, std::size_t at) {
    for (std::size_t i = at; i + 1 < words.size(); ++i) {
      if (words[i] == "fixed") return words[i + 1];
      if (words[i] == "one-of") return words[i + 1].substr(0, words[i + 1].find('|'));
      if (words[i] == "pattern" && words[i + 1].find_first_of("\\[(+*") == std::string::npos)
        return words[i + 1].substr(0, words[i + 1].find('|'));
    }
    std::string type = at < words.size() ? words[at] : "string";
    if (type == "any-of") type = words[at + 1].substr(0, words[at + 1].find(','));
    const auto colon = type.find(':');
    if (colon == std::string::npos) return built_in(type);
    const File& where = file_of(file.uses.at(type.substr(0, colon)));
    const std::string name = type.substr(colon + 1);
    if (name == "oid") return "2.16.578.1.12.4.1.1.8116";
    const Line* named = global(where, "value", name);
    return named ? value(where, named->words, 2) : std::nullopt;
  }

  static std::string built_in(const std::string& type) {
    static const std::map<std::string, std::string> kValues{{"date", "2026-03-02"},
                                                            {"dateTime", "2026-03-02T08:15:30"},
                                                            {"time", "08:15:30"},
                                                            {"boolean", "true"},
                                                            {"integer", "3"},
                                                            {"positiveInteger", "3"},
                                                            {"double", "1.5"},
                                                            {"decimal", "1.5"},
                                                            {"base64Binary", "AAAA"},
                                                            {"anyURI", "http://example.no/x"},
                                                            {"NMTOKEN", "a"},
                                                            {"token", "N"},
                                                            {"int", "3"},
                                                            {"nonNegativeInteger", "3"},
                                                            {"gYear", "2026"},
                                                            {"duration", "P1D"},
                                                            {"unsignedShort", "3"},
                                                            {"ID", "a"},
                                                            {"hexBinary", "00"},
                                                            {"language", "no"}};
    const auto found = kValues.find(type);
    return found == kValues.end() ? "Blåbærsyltetøy & fløte" : found->second;
  }

  static std::string escaped(std::string text) {
    for (std::size_t i = 0; (i = text.find('&', i)) != std::string::npos; i += 5) text.replace(i, 1, "&amp;");
    return text;
  }

  struct Made {
    std::string attributes, content;
  };

  void attribute(const File& file, const Line& line, Made& made) {
    const bool reference = line.word(0) == "->";
    const std::string name = line.word(reference ? 1 : 0).substr(1);
    const bool required = std::ranges::count(line.words, "required") > 0;
    if (!required && up_to(1) == 0) return;
    if (!reference) {
      made.attributes += fmt::format(" {}=\"{}\"", name, escaped(value(file, line.words, 1).value_or("a")));
      return;
    }
    const auto prefix = name.substr(0, name.find(':'));
    const File& where = file_of(file.uses.at(prefix));
    const Line* named = global(where, "attribute", name.substr(name.find(':') + 1));
    const auto fixed = std::ranges::find(line.words, "fixed");
    const std::string text = fixed != line.words.end() ? fixed[1] : value(where, named->words, 2).value_or("a");
    made.attributes += fmt::format(" xmlns:{0}=\"{1}\" {2}=\"{3}\"", prefix, where.ns, name, escaped(text));
    // A prefix is declared once per element.
    const std::string declaration = fmt::format(" xmlns:{}=\"{}\"", prefix, where.ns);
    const auto first = made.attributes.find(declaration);
    for (auto again = made.attributes.find(declaration, first + 1); again != std::string::npos;
         again = made.attributes.find(declaration, first + 1))
      made.attributes.erase(again, declaration.size());
  }

  void particle(const File& file, const Line& line, const std::string& parent_ns, int depth, Made& made) {
    const std::string& kind = line.word(0);
    for (std::size_t n = times(line, depth); n > 0; --n) {
      if (kind == "any") {
        if (payload_ && file.ns.find("msghead") != std::string::npos && payloads_++ == 0)
          made.content += element(std::string(payload_->ns), std::string(payload_->root), parent_ns, depth + 1);
        else if (payload_ && file.ns.find("msghead") != std::string::npos)
          made.content +=
              element("http://www.kith.no/xmlstds/base64container", "Base64Container", parent_ns, depth + 1);
      } else if (kind == "->") {
        const auto colon = line.word(1).find(':');
        const std::string ns = file.uses.at(line.word(1).substr(0, colon));
        if (ns.find("xmldsig") == std::string::npos)
          made.content += element(ns, line.word(1).substr(colon + 1), parent_ns, depth + 1);
      } else if (kind == "sequence") {
        for (const auto& each : line.below) particle(file, each, parent_ns, depth + 1, made);
      } else if (kind == "choice") {
        const std::size_t chosen = up_to(line.below.size() - 1);
        particle(file, line.below[chosen], parent_ns, depth + 1, made);
      } else {
        made.content += local(file, line, parent_ns, depth + 1);
      }
    }
  }

  Made inside(const File& file, const Line& owner, const std::string& ns, int depth) {
    Made made;
    if (owner.word(0) == "type" && owner.words.size() > 2 && owner.word(2).find(':') != std::string::npos)
      made = of_type(file, owner.word(2), ns, depth).value_or(Made{});
    for (const auto& line : owner.below) {
      if (line.word(0).starts_with("@") || (line.word(0) == "->" && line.word(1).starts_with("@")))
        attribute(file, line, made);
      else if (line.word(0) == "text")
        made.content = escaped(value(file, line.words, 1).value_or("tekst"));
      else
        particle(file, line, ns, depth, made);
    }
    return made;
  }

  /// Content of a named complex type; nullopt: it is a simple one.
  std::optional<Made> of_type(const File& file, const std::string& name, const std::string& ns, int depth) {
    const auto colon = name.find(':');
    if (colon == std::string::npos) return std::nullopt;
    const File& where = file_of(file.uses.at(name.substr(0, colon)));
    const Line* type = global(where, "type", name.substr(colon + 1));
    return type ? std::optional(inside(where, *type, ns, depth)) : std::nullopt;
  }

  static std::string written(const std::string& name, const std::string& ns, const std::string& parent_ns,
                             const Made& made) {
    const std::string declared = ns == parent_ns ? "" : fmt::format(" xmlns=\"{}\"", ns);
    return fmt::format("<{0}{1}{2}>{3}</{0}>", name, declared, made.attributes, made.content);
  }

  std::string local(const File& file, const Line& line, const std::string& parent_ns, int depth) {
    const std::string ns = file.qualified ? file.ns : std::string();
    const bool inline_ = line.words.size() < 2 || is_times(line.words[1]);
    Made made;
    if (inline_)
      made = inside(file, line, ns, depth);
    else if (auto typed = of_type(file, line.word(1), ns, depth))
      made = std::move(*typed);
    else
      made.content = escaped(value(file, line.words, 1).value_or("tekst"));
    return written(line.word(0), ns, parent_ns, made);
  }

  std::string element(const std::string& ns, const std::string& name, const std::string& parent_ns, int depth) {
    const File& file = file_of(ns);
    const Line* line = global(file, "element", name);
    if (line == nullptr) throw std::logic_error("no element " + name);
    const std::string type = line->words.size() > 2 && line->word(2) != "mixed" ? line->word(2) : "";
    Made made;
    if (type.empty())
      made = inside(file, *line, ns, depth);
    else if (auto typed = of_type(file, type, ns, depth))
      made = std::move(*typed);
    else
      made.content = escaped(value(file, line->words, 2).value_or("tekst"));
    return written(name, ns, parent_ns, made);
  }

  std::mt19937 random_;
  std::vector<File> files_;
  const MessageVersion* payload_ = nullptr;
  int payloads_ = 0;
};

TEST(GeneratedMessages, are_all_accepted_by_the_official_schemas) {
  NEEDS_REFERENCE();
  const auto official = official_reader();
  Generator generator(20261126);
  std::map<std::string_view, const MessageVersion*> versions;  // types share them
  for (const auto& type : message_types())
    for (const auto& version : type.versions) versions[version.ns] = &version;
  std::size_t made = 0, refused = 0, elements = 0;
  while (made < 1000)
    for (const auto& [ns, version] : versions) {
      const std::string xml = generator.message(*version);
      ++made;
      elements += static_cast<std::size_t>(std::ranges::count(xml, '<'));
      const Reading theirs = official->read(xml), ours = message_reader().read(xml);
      EXPECT_TRUE(ours.schema_valid) << ns << " " << (ours.failures.empty() ? "" : ours.failures[0].diagnostics);
      if (theirs.schema_valid || ++refused > 10) continue;
      ADD_FAILURE() << ns << ": " << theirs.failures.at(0).expression << " " << theirs.failures.at(0).diagnostics;
    }
  EXPECT_EQ(refused, 0u) << "of " << made;
  EXPECT_GT(elements, 100'000u);
}

}  // namespace
}  // namespace varde::mappings
