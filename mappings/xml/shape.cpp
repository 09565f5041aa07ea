#include "mappings/xml/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <vector>

#include "mappings/reader/schema.h"

namespace varde::mappings::xml {
namespace {

struct Content;

struct Child {
  std::string name, ns, times;       ///< times: "0..1"
  bool required = false;             ///< not within a choice or an optional group
  const Content* content = nullptr;  ///< nullptr: text or attributes only
};

struct Content {
  std::vector<Child> children;                             ///< in order; those of choices one after the other
  std::vector<std::pair<std::string, std::string>> fixed;  ///< "m1:komponenttype" -> value
  std::vector<std::vector<std::string>> one_of;            ///< choices that must be made
  bool component = false;                                  ///< an EPJ component: has a komponentID
  bool any = false;                                        ///< takes elements of other definitions
};

struct Line {
  std::vector<std::string> words;
  std::vector<Line> below;
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

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> top;
  std::vector<std::vector<Line>*> open{&top};
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto indent = line.find_first_not_of(' ');
    if (indent == std::string_view::npos || line[indent] == '#') continue;
    open.resize(indent / 2 + 1);
    open.back()->push_back({words_of(line), {}});
    open.push_back(&open.back()->back().below);
  }
  return top;
}

/// All definitions, read once.
class Definitions {
 public:
  Definitions() {
    for (const auto& source : built_in_definitions()) files_.push_back({{}, {}, {}, lines_of(source.text)});
    for (auto& file : files_) {
      for (const auto& line : file.lines) {
        if (line.words[0] == "namespace") file.prefix = line.words[1], file.ns = line.words[2];
        if (line.words[0] == "uses") file.uses[line.words[1]] = line.words[2];
        if (line.words[0] == "element" || line.words[0] == "type") content(line.words[0], file.ns, line.words[1]);
      }
      file.uses[file.prefix] = file.ns;
    }
    for (const auto& file : files_)
      for (const auto& line : file.lines)
        if (line.words[0] == "element" || line.words[0] == "type") define(file, line);
  }

  const Content* element(std::string_view ns, std::string_view name) const {
    const auto found = contents_.find(key("element", ns, name));
    return found == contents_.end() ? nullptr : found->second.get();
  }

 private:
  struct File {
    std::string prefix, ns;
    std::map<std::string, std::string> uses;
    std::vector<Line> lines;
  };

  static std::string key(std::string_view kind, std::string_view ns, std::string_view name) {
    return fmt::format("{} {} {}", kind, ns, name);
  }

  Content& content(std::string_view kind, std::string_view ns, std::string_view name) {
    auto& place = contents_[key(kind, ns, name)];
    if (!place) place = std::make_unique<Content>();
    return *place;
  }

  /// "fk1:Person" -> namespace and name; no namespace for a built-in type.
  static std::pair<std::string, std::string> resolve(const File& file, const std::string& name) {
    const auto colon = name.find(':');
    if (colon == std::string::npos) return {{}, name};
    const auto uses = file.uses.find(name.substr(0, colon));
    if (uses == file.uses.end()) throw std::logic_error("message definitions: unknown prefix in " + name);
    return {uses->second, name.substr(colon + 1)};
  }

  const Content* type(const File& file, const std::string& name) {
    const auto [ns, local] = resolve(file, name);
    const auto found = contents_.find(key("type", ns, local));
    return found == contents_.end() ? nullptr : found->second.get();
  }

  void define(const File& file, const Line& line) {
    Content& made = content(line.words[0], file.ns, line.words[1]);
    if (line.words.size() > 2)
      if (const Content* base = type(file, line.words[2])) made = *base;
    for (const auto& below : line.below) add(file, below, true, made);
  }

  static bool is_times(const std::string& word) { return word.find("..") != std::string::npos; }

  void add(const File& file, const Line& line, bool required, Content& to) {
    const auto& words = line.words;
    const auto times = std::ranges::find_if(words, is_times);
    const std::string often = times == words.end() ? "1..1" : *times;
    const bool needed = required && !often.starts_with("0");
    const auto fixed = std::ranges::find(words, "fixed");
    if (words[0] == "choice" || words[0] == "sequence") {
      const auto first = to.children.size();
      for (const auto& below : line.below) add(file, below, needed && words[0] == "sequence", to);
      if (words[0] == "choice" && needed) demand_one(to, first);
    } else if (words[0] == "any") {
      to.any = true;
    } else if (words[0] == "->" && words[1].starts_with("@")) {
      if (fixed != words.end()) to.fixed.emplace_back(words[1].substr(1), fixed[1]);
    } else if (words[0] == "->") {
      const auto [ns, name] = resolve(file, words[1]);
      to.children.push_back({name, ns, often, needed, &content("element", ns, name)});
    } else if (words[0].starts_with("@")) {
      to.component |= words[0] == "@komponentID";
    } else if (words[0] != "text") {
      const Content* below = nullptr;
      if (words.size() > 1 && !is_times(words[1])) {
        below = type(file, words[1]);
      } else if (!line.below.empty()) {
        auto& inside = inline_.emplace_back(std::make_unique<Content>());
        for (const auto& each : line.below) add(file, each, true, *inside);
        below = inside.get();
      }
      to.children.push_back({words[0], file.ns, often, needed, below});
    }
  }

  /// A choice that may stay empty (all alternatives optional) demands nothing.
  static void demand_one(Content& to, std::size_t first) {
    std::vector<std::string> names;
    for (std::size_t i = first; i < to.children.size(); ++i) {
      if (to.children[i].times.starts_with("0")) return;
      names.push_back(to.children[i].name);
    }
    if (!names.empty()) to.one_of.push_back(std::move(names));
  }

  std::vector<File> files_;
  std::map<std::string, std::unique_ptr<Content>> contents_;
  std::vector<std::unique_ptr<Content>> inline_;
};

const Definitions& definitions() {
  static const Definitions all;
  return all;
}

/// What sets apart the EPJ components in the records of the receiver. Optional in the schema, always there in practice.
constexpr std::array kCategories{
    std::pair{std::string_view("Cave"), std::string_view("Cave/allergier")},
    std::pair{std::string_view("SakshodeCave"), std::string_view("Cave/allergier")},
    std::pair{std::string_view("GenereltJournalnotat"), std::string_view("Andre notater")},
    std::pair{std::string_view("Legemiddelinfo"), std::string_view("Legemidler")},
    std::pair{std::string_view("LegemidlerAdministrertVedOverforing"), std::string_view("Legemidler")},
};

/// Attributes of epj-meta, as the reader gives them: without their prefix.
constexpr std::array<std::string_view, 3> kMeta{"basiskomponenttype", "komponenttype", "informasjonskategori"};

struct Order {
  const std::function<std::string(const std::string&)>& component_id;
  std::vector<Failure> failures;

  void put_in_order(XmlNode& node, const Content* content, const std::string& path) {
    if (!content) return;
    add_attributes(node, *content, path);
    std::vector<std::pair<std::size_t, XmlNode>> placed;
    std::map<std::string, int> seen;
    for (XmlNode& child : node.children) {
      const std::string child_path = fmt::format("{}/{}[{}]", path, child.name, ++seen[child.name]);
      const auto known = std::ranges::find(content->children, child.name, &Child::name);
      if (known != content->children.end()) {
        child.ns = known->ns;
        put_in_order(child, known->content, child_path);
        placed.emplace_back(known - content->children.begin(), std::move(child));
      } else if (content->any) {
        put_in_order(child, definitions().element(child.ns, child.name), child_path);
        placed.emplace_back(0, std::move(child));
      } else {
        failures.push_back({Fault::not_supported, "This version of the message has no such element.", child_path});
      }
    }
    std::ranges::stable_sort(placed, {}, &std::pair<std::size_t, XmlNode>::first);
    node.children.clear();
    for (auto& [order, child] : placed) node.children.push_back(std::move(child));
    for (const Child& each : content->children)
      if (each.required && !node.child(each.name))
        failures.push_back(
            {Fault::required_missing, fmt::format("{} must be given.", each.name), path + "/" + each.name});
    for (const auto& names : content->one_of)
      if (std::ranges::none_of(names, [&](const auto& name) { return node.child(name) != nullptr; }))
        failures.push_back(
            {Fault::required_missing, fmt::format("One of {} must be given.", fmt::join(names, ", ")), path});
  }

  void add_attributes(XmlNode& node, const Content& content, const std::string& path) {
    for (const auto& attribute : content.fixed) node.attributes.push_back(attribute);
    if (!content.component) return;
    const auto category = std::ranges::find(kCategories, node.name, [](const auto& row) { return row.first; });
    const bool categorised = !node.attribute("informasjonskategori").empty();
    for (auto& [name, value] : node.attributes)
      if (std::ranges::find(kMeta, name) != kMeta.end()) name.insert(0, "m1:");
    if (!categorised && category != kCategories.end() && node.attribute("komponentID").empty())
      node.attributes.emplace_back("m1:informasjonskategori", category->second);
    if (node.attribute("komponentID").empty()) node.attributes.emplace_back("komponentID", component_id(path));
  }
};

}  // namespace

Result<void> put_in_order(XmlNode& root, const std::function<std::string(const std::string&)>& component_id) {
  const Content* content = definitions().element(root.ns, root.name);
  if (!content) return fail(Fault::not_supported, "No message definition for this element.", "/" + root.name);
  Order order{component_id, {}};
  order.put_in_order(root, content, "/" + root.name);
  if (order.failures.empty()) return {};
  Failure first = std::move(order.failures.front());
  first.also.assign(std::make_move_iterator(order.failures.begin() + 1), std::make_move_iterator(order.failures.end()));
  return tl::unexpected(std::move(first));
}

std::vector<Part> parts_of(std::string_view ns, std::string_view path) {
  auto slash = std::min(path.find('/'), path.size());
  const Content* at = definitions().element(ns, path.substr(0, slash));
  while (at && slash < path.size()) {
    path.remove_prefix(slash + 1);
    slash = std::min(path.find('/'), path.size());
    const auto child = std::ranges::find(at->children, path.substr(0, slash), &Child::name);
    at = child == at->children.end() ? nullptr : child->content;
  }
  std::vector<Part> parts;
  if (at)
    for (const Child& child : at->children)
      parts.push_back({child.name, child.times, child.content && !child.content->children.empty()});
  return parts;
}

}  // namespace varde::mappings::xml
