#include "mappings/reader/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "conformance/embedded.h"
#include "fhir-model/xml/escape.h"

namespace varde::mappings {
namespace {

/// A line of a definition and the lines indented below it.
struct Line {
  std::vector<std::string_view> words;  ///< quoted words without their quotes
  std::vector<Line> below;
  std::string_view word(std::size_t i) const { return i < words.size() ? words[i] : std::string_view(); }
};

struct Definition {
  std::string_view name;
  std::string_view prefix, ns;
  bool qualified = true;
  std::vector<std::pair<std::string_view, std::string_view>> uses;  ///< prefix, namespace
  std::vector<Line> lines;
};

[[noreturn]] void malformed(std::string_view file, std::size_t line, std::string_view why) {
  throw std::logic_error(fmt::format("conformance/messages/{}:{}: {}", file, line, why));
}

std::vector<std::string_view> split_words(std::string_view text, std::string_view file, std::size_t number) {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ') {
      ++i;
      continue;
    }
    const bool quoted = text[i] == '"';
    const std::size_t begin = quoted ? i + 1 : i;
    std::size_t end = text.find(quoted ? '"' : ' ', begin);
    if (end == std::string_view::npos) {
      if (quoted) malformed(file, number, "a quote is not closed");
      end = text.size();
    }
    words.push_back(text.substr(begin, end - begin));
    i = quoted ? end + 1 : end;
  }
  return words;
}

Definition parse(const DefinitionText& source) {
  Definition definition;
  definition.name = source.name;
  std::vector<std::vector<Line>*> open{&definition.lines};  // by depth: where a line of that depth goes
  std::size_t number = 0;
  for (std::size_t at = 0; at < source.text.size();) {
    const auto end = std::min(source.text.find('\n', at), source.text.size());
    const std::string_view text = source.text.substr(at, end - at);
    at = end + 1;
    ++number;
    const auto indent = text.find_first_not_of(' ');
    if (indent == std::string_view::npos || text[indent] == '#') continue;
    Line line{split_words(text, source.name, number), {}};
    const std::size_t depth = indent / 2;
    if (indent % 2 != 0 || depth >= open.size()) malformed(source.name, number, "the indentation fits no line above");
    if (line.words[0] == "namespace") {
      definition.prefix = line.word(1);
      definition.ns = line.word(2);
      definition.qualified = line.word(3) != "unqualified";
    } else if (line.words[0] == "uses") {
      definition.uses.emplace_back(line.word(1), line.word(2));
    } else {
      open.resize(depth + 1);
      open[depth]->push_back(std::move(line));
      open.push_back(&open[depth]->back().below);
    }
  }
  if (definition.ns.empty()) malformed(source.name, number, "no namespace line");
  return definition;
}

/// Types of the definitions carry a prefix; those of XML Schema do not.
std::string type_name(std::string_view name) {
  return name.find(':') == std::string_view::npos ? fmt::format("xs:{}", name) : std::string(name);
}

bool is_cardinality(std::string_view word) { return word.find("..") != std::string_view::npos; }

std::string occurs(std::string_view cardinality) {
  const auto dots = cardinality.find("..");
  const auto min = cardinality.substr(0, dots);
  const auto max = cardinality.substr(dots + 2);
  std::string out;
  if (min != "1") out += fmt::format(" minOccurs=\"{}\"", min);
  if (max != "1") out += fmt::format(" maxOccurs=\"{}\"", max == "*" ? "unbounded" : max);
  return out;
}

/// A type as written from word `i` on: "token pattern …", "any-of date,time", or just a name.
struct TypeUse {
  std::string named;       ///< when it is just a name
  std::string definition;  ///< else the simpleType element
  std::size_t next;        ///< first word after it
};

TypeUse type_use(const Line& line, std::size_t i) {
  if (line.word(i) == "any-of") {
    std::string members;
    std::string_view names = line.word(i + 1);
    while (!names.empty()) {
      const auto comma = std::min(names.find(','), names.size());
      members += (members.empty() ? "" : " ") + type_name(names.substr(0, comma));
      names.remove_prefix(std::min(comma + 1, names.size()));
    }
    return {{}, fmt::format("<xs:simpleType><xs:union memberTypes=\"{}\"/></xs:simpleType>", members), i + 2};
  }
  std::string facets;
  std::size_t next = i + 1;
  for (; line.word(next) == "one-of" || line.word(next) == "pattern"; next += 2) {
    std::string_view values = line.word(next + 1);
    if (line.word(next) == "pattern") {
      facets += fmt::format("<xs:pattern value=\"{}\"/>", fhir::xml::escaped(values));
      continue;
    }
    while (!values.empty()) {
      const auto bar = std::min(values.find('|'), values.size());
      facets += fmt::format("<xs:enumeration value=\"{}\"/>", fhir::xml::escaped(values.substr(0, bar)));
      values.remove_prefix(std::min(bar + 1, values.size()));
    }
  }
  if (facets.empty()) return {type_name(line.word(i)), {}, next};
  return {{},
          fmt::format("<xs:simpleType><xs:restriction base=\"{}\">{}</xs:restriction></xs:simpleType>",
                      type_name(line.word(i)), facets),
          next};
}

/// fixed "…", default "…", required: as XML attributes.
std::string options(const Line& line, std::size_t i) {
  std::string out;
  for (; i < line.words.size(); ++i) {
    if (line.word(i) == "required") out += " use=\"required\"";
    if (line.word(i) == "fixed" || line.word(i) == "default") {
      out += fmt::format(" {}=\"{}\"", line.word(i), fhir::xml::escaped(line.word(i + 1)));
      ++i;
    }
  }
  return out;
}

bool is_attribute(const Line& line) {
  return line.word(0).starts_with('@') || (line.word(0) == "->" && line.word(1).starts_with('@'));
}

std::string attribute(std::string_view name, const Line& line, std::size_t type_at) {
  const TypeUse type = type_use(line, type_at);
  const std::string opening = fmt::format("<xs:attribute name=\"{}\"{}", name, options(line, type.next));
  return type.named.empty() ? fmt::format("{}>{}</xs:attribute>", opening, type.definition)
                            : fmt::format("{} type=\"{}\"/>", opening, type.named);
}

std::string attributes(const Line& owner) {
  std::string out;
  for (const Line& line : owner.below) {
    if (!is_attribute(line)) continue;
    out += line.word(0) == "->" ? fmt::format("<xs:attribute ref=\"{}\"{}/>", line.word(1).substr(1), options(line, 2))
                                : attribute(line.word(0).substr(1), line, 1);
  }
  return out;
}

std::string complex_type(const Line& owner, std::string_view name_attribute, std::string_view base, bool mixed,
                         bool abstract);

std::string particle(const Line& line) {
  const std::string_view kind = line.word(0);
  if (kind == "->") return fmt::format("<xs:element ref=\"{}\"{}/>", line.word(1), occurs(line.word(2)));
  if (kind == "any") {
    const bool other = line.word(2) == "##other";
    return fmt::format("<xs:any processContents=\"{}\"{}{}/>", line.word(1), other ? " namespace=\"##other\"" : "",
                       occurs(line.word(other ? 3 : 2)));
  }
  if (kind == "choice" || kind == "sequence") {
    std::string inside;
    for (const Line& child : line.below) inside += particle(child);
    return fmt::format("<xs:{}{}>{}</xs:{}>", kind, occurs(line.word(1)), inside, kind);
  }
  const std::size_t card = is_cardinality(line.word(1)) ? 1 : 2;
  const std::string opening =
      fmt::format("<xs:element name=\"{}\"{}{}", kind, occurs(line.word(card)), options(line, card + 1));
  if (card == 2) return fmt::format("{} type=\"{}\"/>", opening, type_name(line.word(1)));
  return fmt::format("{}>{}</xs:element>", opening, complex_type(line, "", "", false, false));
}

/// The particles below a line as one group; empty when there are none.
std::string content(const Line& owner) {
  std::string inside;
  std::size_t count = 0;
  bool is_group = false;
  for (const Line& line : owner.below) {
    if (is_attribute(line)) continue;
    inside += particle(line);
    ++count;
    is_group = line.word(0) == "choice" || line.word(0) == "sequence";
  }
  if (count == 0) return {};
  return count == 1 && is_group ? inside : fmt::format("<xs:sequence>{}</xs:sequence>", inside);
}

std::string complex_type(const Line& owner, std::string_view name_attribute, std::string_view base, bool mixed,
                         bool abstract) {
  std::string inside;
  if (!owner.below.empty() && owner.below[0].word(0) == "text") {
    inside = fmt::format("<xs:simpleContent><xs:extension base=\"{}\">{}</xs:extension></xs:simpleContent>",
                         type_name(owner.below[0].word(1)), attributes(owner));
  } else if (base.empty()) {
    inside = content(owner) + attributes(owner);
  } else {
    inside = fmt::format("<xs:complexContent{}><xs:extension base=\"{}\">{}{}</xs:extension></xs:complexContent>",
                         mixed ? " mixed=\"true\"" : "", type_name(base), content(owner), attributes(owner));
  }
  return fmt::format("<xs:complexType{}{}{}>{}</xs:complexType>", name_attribute, mixed ? " mixed=\"true\"" : "",
                     abstract ? " abstract=\"true\"" : "", inside);
}

std::string global(const Line& line, std::string_view file) {
  const std::string_view kind = line.word(0);
  const std::string_view name = line.word(1);
  const auto has = [&](std::string_view word) { return std::ranges::count(line.words, word) > 0; };
  const std::string_view named = line.word(2) == "mixed" || line.word(2) == "abstract" ? "" : line.word(2);
  if (kind == "element") {
    if (!named.empty()) return fmt::format("<xs:element name=\"{}\" type=\"{}\"/>\n", name, type_name(named));
    return fmt::format("<xs:element name=\"{}\">{}</xs:element>\n", name,
                       complex_type(line, "", "", has("mixed"), false));
  }
  if (kind == "type")
    return complex_type(line, fmt::format(" name=\"{}\"", name), named, has("mixed"), has("abstract")) + "\n";
  if (kind == "attribute") return attribute(name, line, 2) + "\n";
  if (kind == "value") {
    TypeUse type = type_use(line, 2);
    if (type.definition.empty())
      type.definition = fmt::format("<xs:simpleType><xs:restriction base=\"{}\"/></xs:simpleType>", type.named);
    return type.definition.insert(std::string_view("<xs:simpleType").size(), fmt::format(" name=\"{}\"", name)) + "\n";
  }
  throw std::logic_error(fmt::format("conformance/messages/{}: unknown word {}", file, kind));
}

}  // namespace

std::vector<SchemaText> write_schemas(std::span<const DefinitionText> sources) {
  std::vector<Definition> definitions;
  std::map<std::string_view, std::string_view> file_of;  // namespace -> file
  for (const DefinitionText& source : sources) {
    definitions.push_back(parse(source));
    file_of[definitions.back().ns] = source.name;
  }
  std::vector<SchemaText> schemas;
  for (const Definition& definition : definitions) {
    std::string declared = fmt::format(" xmlns:{}=\"{}\"", definition.prefix, definition.ns), imports, body;
    for (const auto& [prefix, ns] : definition.uses) {
      if (!file_of.contains(ns)) throw std::logic_error(fmt::format("{} uses an unknown namespace", definition.name));
      declared += fmt::format(" xmlns:{}=\"{}\"", prefix, ns);
      imports += fmt::format("<xs:import namespace=\"{}\" schemaLocation=\"{}\"/>\n", ns, file_of[ns]);
    }
    for (const Line& line : definition.lines) body += global(line, definition.name);
    schemas.push_back(
        {std::string(definition.name), std::string(definition.ns),
         fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xs:schema "
                     "xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"{} targetNamespace=\"{}\"{}>\n{}{}</xs:schema>\n",
                     declared, definition.ns, definition.qualified ? " elementFormDefault=\"qualified\"" : "", imports,
                     body)});
  }
  return schemas;
}

std::vector<DefinitionText> built_in_definitions() {
  constexpr std::string_view folder = "messages/";
  std::vector<DefinitionText> definitions;
  for (const embedded::File& file : embedded::conformance::files())
    if (file.path.starts_with(folder)) definitions.push_back({file.path.substr(folder.size()), file.content});
  return definitions;
}

}  // namespace varde::mappings
